/* suggest.c - the nearest word, by insertions, deletions, exchanges and swaps of neighbours. */
#include "cli.h"

#include <string.h>

enum { WORD_MAX = 63 };

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    const unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

static unsigned distance(const char *a, const char *b)
{
    const size_t m = strlen(a), n = strlen(b);
    unsigned rows[3][WORD_MAX + 1];
    if (m > WORD_MAX || n > WORD_MAX)
        return WORD_MAX;
    for (unsigned j = 0; j <= n; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= m; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3];
        const unsigned *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= n; j++) {
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                above2[j - 2] + 1 < row[j])
                row[j] = above2[j - 2] + 1;
        }
    }
    return rows[m % 3][n];
}

const char *cli_nearest(const char *typed, const char *const *words)
{
    const char *nearest = NULL;
    const size_t size = strlen(typed);
    unsigned best = (unsigned)(size < 4 ? 1 : size < 8 ? 2 : 3); /* farther is no help */
    for (; *words != NULL; words++) {
        const bool begins = size >= 3 && strncmp(*words, typed, size) == 0;
        const unsigned far = begins ? 1 : distance(typed, *words);
        if (far < best || (far == best && nearest == NULL)) {
            best = far;
            nearest = *words;
        }
    }
    return nearest;
}
