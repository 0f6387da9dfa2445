/* ifr_belady.c - a kept flow stands for the time it is asked for next, and no two flows are asked
 * for at one time. So the cache is a set of times: the request at t hits when t is in it, and who
 * has to go is the largest. The set is bits, with a bit for each word of them above, and so on. */
#include "ifr_belady.h"

#include <stdlib.h>
#include <string.h>

static void set(struct ifr_belady *belady, uint32_t time)
{
    size_t index = time;
    for (int level = 0; level < belady->level_count; level++, index /= 64) {
        uint64_t *const word = &belady->levels[level][index / 64];
        const uint64_t before = *word;
        *word |= UINT64_C(1) << index % 64;
        if (before != 0)
            return;
    }
}

static void clear(struct ifr_belady *belady, uint32_t time)
{
    size_t index = time;
    for (int level = 0; level < belady->level_count; level++, index /= 64) {
        uint64_t *const word = &belady->levels[level][index / 64];
        *word &= ~(UINT64_C(1) << index % 64);
        if (*word != 0)
            return;
    }
}

/* The largest time of a set that is not empty. */
static uint32_t largest(const struct ifr_belady *belady)
{
    size_t index = 0;
    for (int level = belady->level_count - 1; level >= 0; level--)
        index = index * 64 + 63 - (size_t)__builtin_clzll(belady->levels[level][index]);
    return (uint32_t)index;
}

static bool find_next(struct ifr_belady *belady, const uint32_t *trace, uint32_t flow_count)
{
    uint32_t *const seen = malloc(((size_t)flow_count + 1) * sizeof *seen);
    if (seen == NULL)
        return false;
    for (uint32_t i = 0; i < flow_count; i++)
        seen[i] = belady->count;
    for (uint32_t t = belady->count; t-- > 0;) {
        belady->next[t] = seen[trace[t]];
        seen[trace[t]] = t;
    }
    free(seen);
    return true;
}

base_err ifr_belady_open(struct ifr_belady *belady, const uint32_t *trace, uint32_t count,
                         uint32_t flow_count, size_t capacity)
{
    *belady = (struct ifr_belady){ .count = count, .capacity = capacity };
    belady->next = malloc((size_t)count * sizeof *belady->next);
    bool is_good = belady->next != NULL && find_next(belady, trace, flow_count);
    size_t bits = count;
    do {
        const size_t words = (bits + 63) / 64;
        const int level = belady->level_count++;
        belady->sizes[level] = words;
        belady->levels[level] = calloc(words, sizeof(uint64_t));
        is_good = is_good && belady->levels[level] != NULL;
        bits = words;
    } while (bits > 1);
    if (is_good)
        return BASE_OK;
    ifr_belady_close(belady);
    return BASE_ENOMEM;
}

void ifr_belady_close(struct ifr_belady *belady)
{
    free(belady->next);
    for (int level = 0; level < belady->level_count; level++)
        free(belady->levels[level]);
    *belady = (struct ifr_belady){ 0 };
}

static void begin_again(struct ifr_belady *belady)
{
    for (int level = 0; level < belady->level_count; level++)
        memset(belady->levels[level], 0, belady->sizes[level] * sizeof(uint64_t));
    belady->at = 0;
    belady->held = 0;
}

bool ifr_belady_step(struct ifr_belady *belady)
{
    const uint32_t now = belady->at++, next = belady->next[now];
    const bool is_hit = (belady->levels[0][now / 64] >> now % 64 & 1) != 0;
    if (is_hit) {
        clear(belady, now);
        belady->held--;
    }
    if (next < belady->count) {
        set(belady, next);
        if (++belady->held > belady->capacity) {
            clear(belady, largest(belady));
            belady->held--;
        }
    }
    if (belady->at == belady->count)
        begin_again(belady);
    return is_hit;
}
