/* resample_internal.h - the inner operations of resampling, one table for each processor variant.
 *
 * Every variant gives the same bits: the same eight generators, the same eight partial sums added
 * in the same order, whole numbers elsewhere.
 */
#ifndef STATS_RESAMPLE_INTERNAL_H
#define STATS_RESAMPLE_INTERNAL_H

#include <stats/bootstrap.h>

#include <math.h>

enum {
    RESAMPLE_LANES = 8,   /* generators side by side; partial sums side by side */
    RESAMPLE_DRAW = 16,   /* indices from one step of all generators */
    RESAMPLE_PAD = 8,     /* counts, running sums and columns are padded to a multiple of this */
    RESAMPLE_SLACK = 128, /* readable running sums after those, all 65535 */
    RESAMPLE_COLUMNS = 4  /* centred value, its square, items times time, items squared */
};

/* xoshiro256++, eight of them: state[word][lane]. */
struct resample_rng {
    _Alignas(64) uint64_t state[4][RESAMPLE_LANES];
};

/* A multiset of order statistics, as the searches see it. */
struct resample_drawn {
    const double *sorted;   /* [padded] */
    const uint16_t *prefix; /* [padded], and prefix[-1] is 0: drawn of rank 0 .. i */
    size_t padded;
    size_t total; /* drawn in all, >= 1 */
};

struct resample_kernel {
    const char *name;
    bool (*is_supported)(void);

    /* `count` (rounded up to RESAMPLE_DRAW) numbers in 0 .. bound-1, from 32 random bits each; the
     * bias is below bound / 2^32, far under the noise of any number of resamples. */
    void (*draw)(struct resample_rng *rng, uint32_t bound, uint32_t *out, size_t count);

    /* sums[c] = sum of counts[i] * columns[c][i], columns being `padded` apart. */
    void (*sums)(const uint16_t *counts, const double *columns, size_t padded,
                 double sums[RESAMPLE_COLUMNS]);

    /* Running sum of counts. */
    void (*prefix)(const uint16_t *counts, uint16_t *prefix, size_t padded);

    /* Median and median absolute deviation of what was drawn. */
    void (*middle)(const struct resample_drawn *drawn, double *median, double *mad);
};

extern const struct resample_kernel resample_plain;
extern const struct resample_kernel resample_avx2;
extern const struct resample_kernel resample_avx512;

/* The running sum four counts at a time, for little-endian processors. */
void resample_prefix_words(const uint16_t *counts, uint16_t *prefix, size_t padded);

/* How many of prefix[0 .. padded) are below a target in 1 .. total: the rank of the target-th
 * smallest drawn. */
typedef size_t resample_below_fn(const struct resample_drawn *drawn, size_t target);

/* Narrow the search to `span` running sums (a power of two) that hold the answer. */
static inline __attribute__((always_inline)) size_t resample_narrow(
    const struct resample_drawn *drawn, size_t target, size_t span)
{
    size_t base = 0;
    size_t left = drawn->padded;
    while (left > span) {
        const size_t half = left / 2;
        base += drawn->prefix[base + half - 1] < target ? half : 0;
        left -= half;
    }
    return base;
}

/* The distance of rank `rank` from the median: among windows that hold rank + 1 drawn values the
 * narrowest, measured from the median. With the window's start its left distance falls and its
 * right distance rises; the answer is at the crossing, which is not right of `last`. */
static inline __attribute__((always_inline)) double resample_distance(
    const struct resample_drawn *drawn, double median, size_t rank, size_t last,
    resample_below_fn *below)
{
    const double *const x = drawn->sorted;
    size_t low = 0;
    size_t high = last + 1;
    double nearest = INFINITY; /* right of the crossing, or at it; found at the latest at `last` */
    double before = INFINITY;  /* left of it */
    while (low < high) {
        const size_t start = low + (high - low) / 2;
        const size_t target = drawn->prefix[(ptrdiff_t)start - 1] + rank + 1;
        const double left = median - x[start];
        const double right = target > drawn->total ? INFINITY : x[below(drawn, target)] - median;
        if (right >= left) {
            nearest = right;
            high = start;
        } else {
            before = left;
            low = start + 1;
        }
    }
    return nearest < before ? nearest : before;
}

static inline __attribute__((always_inline)) void resample_middle(
    const struct resample_drawn *drawn, double *median, double *mad, resample_below_fn *below)
{
    const size_t first = (drawn->total - 1) / 2;
    const size_t second = drawn->total / 2;
    const size_t low = below(drawn, first + 1);
    const size_t high = first == second ? low : below(drawn, second + 1);
    const double x = drawn->sorted[low];
    const double centre = x + (drawn->sorted[high] - x) / 2;
    const double near = resample_distance(drawn, centre, first, high, below);
    const double far =
        first == second ? near : resample_distance(drawn, centre, second, high, below);
    *median = centre;
    *mad = near + (far - near) / 2;
}

/* The order in which the eight partial sums become one. */
static inline double resample_fold(const double lanes[RESAMPLE_LANES])
{
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
           ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

#endif
