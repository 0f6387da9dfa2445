/* changepoint.h - where a history of runs changed its level, and by how much.
 *
 * One value is one run of one case, oldest first. Work is done on logarithms, so a change is a
 * ratio. The history is taken for levels and straight drifts with jumps between them; only a jump
 * is a change. The steps:
 *
 *   1. Noise is the trimmed root mean square of the differences of neighbours, of the whole history
 *      and of the neighbourhood of each run, so that a few jumps do not count as noise and a
 *      history may become noisier. The variogram of the first lags gives the correlation of
 *      neighbouring runs.
 *   2. A run that is far from both the five runs before and the five after it is left out, and so
 *      is one without a value: up to three outliers in a row are no change.
 *   3. PELT (optimal partitioning with pruning) splits what is left into segments, each a level or,
 *      where that fits better by the price of a change, a straight line; so a slow drift is one
 *      line and not ten steps.
 *   4. The jump at each boundary, over its standard error, is compared with the largest such figure
 *      that histories without a change show anywhere: residuals in random order, coloured with the
 *      same correlation, noise estimated anew. p is the share of those histories that reach it,
 *      from a Gumbel tail where it is below what they can show; so p holds for the whole history
 *      and not for one place of it. The boundary with the largest p goes first, while it is above
 *      the significance. A boundary where a smooth curve fits no worse than a jump is a bend of a
 *      drift and is not a change.
 *   5. The place of a change is any where the fit is worse by less than 7.35 (the 95 % quantile of
 *      twice the log likelihood ratio), times what the correlation does to a variance.
 *
 * Threads   no shared state
 * Source    Killick, Fearnhead & Eckley, JASA 107 (2012) 1590 (PELT); von Neumann, Annals of
 *           Mathematical Statistics 12 (1941) 367 (differences); Romano, Rigaill, Runge and
 *           Fearnhead, JASA 117 (2022) 2147 (drift and correlation told from jumps, variogram);
 *           Knijnenburg et al., Bioinformatics 25 (2009) i161 (tails of permutation tests);
 *           Hansen, Econometrica 68 (2000) 575, table 1 (place). Why this and not E-divisive:
 *           docs/measuring.md
 */
#ifndef STATS_CHANGEPOINT_H
#define STATS_CHANGEPOINT_H

#include <base/err.h>

#include <stdbool.h>

enum {
    STATS_CHANGEPOINT_MAX = 10000,   /* values of a history */
    STATS_CHANGEPOINT_WINDOW = 2000, /* longer ones are split in windows of so many */
    STATS_CHANGEPOINT_SEGMENT = 5,   /* runs between changes, unless told */
};

/* A zeroed one means the defaults in brackets. */
struct stats_changepoint_options {
    double significance;  /* of a change anywhere in the history, 0.0001 .. 0.5 [0.01] */
    double confidence;    /* of low .. high, 0.5 .. 0.9999 [0.95] */
    size_t min_segment;   /* runs between changes, 3 .. 1000
                             [STATS_CHANGEPOINT_SEGMENT] */
    uint64_t seed;        /* of the random orders */
    const double *errors; /* [count] standard error of each value, as a share of it; a value with a
                             larger one weighs less, NaN or 0: not known. NULL: all alike */
};

struct stats_changepoint {
    size_t index;       /* of the first value after the change */
    size_t first, last; /* it is one of these with 95 %: how far the place can be told */
    double ratio;       /* level after / level before; > 1 is slower when values are times */
    double low, high;
    double p;
};

struct stats_segment {
    size_t first, count;            /* of values, those left out too */
    double level_first, level_last; /* of the fit, at its ends; equal: a level */
    bool is_drift;                  /* a line */
    bool is_bend;                   /* begins without a jump that is a change */
};

/* All that is found. */
struct stats_changepoint_fit {
    struct stats_changepoint *points; /* [capacity] the caller's */
    struct stats_segment *segments;   /* [capacity + 1] the caller's, or NULL */
    bool *is_left_out;                /* [count] the caller's, or NULL: outliers, missing */
    size_t capacity;
    size_t found, segment_count;
    size_t outliers, missing;
    double noise;       /* typical standard deviation of one value, as a share; NaN: fewer than
                           two values */
    double correlation; /* of neighbours, 0 .. 0.95 */
};

/* Find the changes of a history.
 *
 *   values   [count] > 0 and finite; anything else is a run without a value
 *   count    0 .. STATS_CHANGEPOINT_MAX; fewer than 2 * min_segment values have no change
 *   points   out: [capacity], in the order of index
 *
 * Cost     O(count^2) up to STATS_CHANGEPOINT_WINDOW values, linear in windows above, and the
 *          random orders, O(count log^2 count); 10 ms at 100 values, 1 s at 10 000. Allocates and
 *          frees scratch
 * Errors   EINVALID (options out of range), ERANGE (count), EFULL (more changes than capacity),
 *          ENOMEM
 */
BASE_MUST_USE base_err stats_changepoint_find(const double *values, size_t count,
                                              const struct stats_changepoint_options *options,
                                              struct stats_changepoint *points, size_t capacity,
                                              size_t *found);

/* The same with segments and what was left out. Errors: those above */
BASE_MUST_USE base_err stats_changepoint_fit(const double *values, size_t count,
                                             const struct stats_changepoint_options *options,
                                             struct stats_changepoint_fit *fit);

#endif
