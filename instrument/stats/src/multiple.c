/* multiple.c - both corrections walk through the p-values in order, each keeping the extreme so
 * far: Holm from the smallest with a running maximum, Benjamini-Hochberg from the largest with a
 * running minimum. */
#include <stats/multiple.h>

#include <math.h>
#include <stdlib.h>

struct ranked {
    double p;
    size_t index;
};

const char *stats_correction_text(enum stats_correction correction)
{
    static const char *const texts[] = {
#define CORRECTION_TEXT(name, word, text) text,
        STATS_CORRECTION_MAP(CORRECTION_TEXT)
#undef CORRECTION_TEXT
    };
    return texts[correction];
}

static int by_p(const void *a, const void *b)
{
    const double x = ((const struct ranked *)a)->p, y = ((const struct ranked *)b)->p;
    return (x > y) - (x < y);
}

static void adjust_holm(double *p, const struct ranked *order, size_t tests)
{
    double most = 0;
    for (size_t k = 0; k < tests; k++) {
        most = fmax(most, fmin(1, order[k].p * (double)(tests - k)));
        p[order[k].index] = most;
    }
}

static void adjust_bh(double *p, const struct ranked *order, size_t tests)
{
    double least = 1;
    for (size_t k = tests; k-- > 0;) {
        least = fmin(least, order[k].p * ((double)tests / (double)(k + 1)));
        p[order[k].index] = least;
    }
}

base_err stats_adjust(double *p, size_t count, enum stats_correction correction, size_t *tests)
{
    for (size_t i = 0; i < count; i++)
        if (p[i] < 0 || p[i] > 1)
            return BASE_EINVALID;
    struct ranked *order = calloc(count + 1, sizeof *order);
    if (order == NULL)
        return BASE_ENOMEM;
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(p[i]))
            order[found++] = (struct ranked){ p[i], i };
    qsort(order, found, sizeof *order, by_p);
    if (correction == STATS_CORRECTION_BH)
        adjust_bh(p, order, found);
    else
        adjust_holm(p, order, found);
    free(order);
    if (tests != NULL)
        *tests = found;
    return BASE_OK;
}
