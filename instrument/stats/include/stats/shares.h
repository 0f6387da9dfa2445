/* shares.h - whose speed does a case follow? Shares of four reference kernels in its time.
 *
 * With t the time of a case and c, w, h, m a step of the core-bound, the throughput-bound ("wide"),
 * the cache-bound and the memory-bound kernel beside it, every one relative to any constant,
 *
 *   ln t = a + ln c + s_w (ln w - ln c) + s_h (ln h - ln c) + s_m (ln m - ln c),
 *   s >= 0, s_w + s_h + s_m <= 1: the core has the rest.
 *
 * The shares are estimated from windows (medians of neighbouring batches) of one run, in three
 * parts that are added as information: what moves inside processes, with the neighbouring window as
 * the instrument, because a slice of a reference is a noisy sample and noise of one window is not
 * in the next (Durbin, Review of the International Statistical Institute 22 (1954) 23); what moves
 * between processes; and a prior, which is all that is known where no
 * reference moved: 1/4 +- 1/2 each of the wide and the memory-bound kernel, 0 +- 1/5 of the
 * cache-bound one, whose movement the others share. The shares are the least-squares solution
 * within the bounds above. docs/measuring.md derives it.
 *
 * Threads   no shared state
 */
#ifndef STATS_SHARES_H
#define STATS_SHARES_H

#include <base/err.h>

#include <stdbool.h>
#include <stddef.h>

enum { STATS_SHARE_WIDE, STATS_SHARE_CACHE, STATS_SHARE_MEMORY, STATS_SHARES };

#define STATS_SHARES_NOISE_LEAST 0.005 /* movements of less tell little of larger ones */

/* How far a straight line in logarithms may miss, as a share of what is corrected: contention of a
 * core's units is not proportional, the same twice the memory's latency nearly is. */
#define STATS_SHARES_BEND_WIDE  0.25
#define STATS_SHARES_BEND_OTHER 0.10
struct stats_shares {
    double of[STATS_SHARES];                      /* 0 .. 1 each, their sum too */
    double precision[STATS_SHARES][STATS_SHARES]; /* symmetric; of what is known, prior and all */
    double noise; /* deviation of the windows about the line, as a logarithm */
};

struct stats_share_windows { /* of one process; logarithms */
    size_t count;
    double *time;                /* [count] ln t - ln c; overwritten */
    double *speed[STATS_SHARES]; /* [count] ln w - ln c and so on; NULL in every process: that
                                    kernel was not timed, its share is 0; overwritten */
};

/* Fit the shares of one run. Windows are centred within their process and pulled in to five robust
 * deviations: one that was preempted must not decide.
 *
 * Cost     O(windows log windows); allocates and frees scratch memory
 * Errors   ENOMEM
 */
BASE_MUST_USE base_err stats_shares_fit(const struct stats_share_windows *processes, size_t count,
                                        struct stats_shares *out);

/* Where a process stood: means of ln t - ln c and of the speeds over those of its windows that lie
 * near the line. They are the same windows for all, so what holds in each holds for the means; of
 * medians it would not, where the host jumps between two states.
 *
 *   one       not overwritten here, and not yet by the fit
 *   scratch   [one->count]
 *   speed     [STATS_SHARES]; NaN: not timed
 */
void stats_shares_place(const struct stats_shares *shares, const struct stats_share_windows *one,
                        double *scratch, double *time, double *speed);

/* Can these numbers be shares that were fitted? Within the bounds, finite, and the precision
 * positive definite: for what came from a file. */
bool stats_shares_is_known(const struct stats_shares *shares);

/* What two runs of one case know together. Information is weighed by how far the references moved,
 * not by how little the windows scattered: a calm run says nothing of a busy one. */
struct stats_shares stats_shares_pool(const struct stats_shares *a, const struct stats_shares *b);

/* Standard deviation of what is known of one share. */
double stats_shares_deviation(const struct stats_shares *shares, size_t kernel);

/* The part of ln t - ln c that the kernels explain where they stand at `speed`, [STATS_SHARES] as
 * above; NaN counts as 0. */
double stats_shares_explained(const struct stats_shares *shares, const double *speed);

/* Standard deviation of that: of what is known of the shares, and how far the line may bend. */
double stats_shares_error(const struct stats_shares *shares, const double *speed);

#endif
