/* drift.h - how much a figure moves from run to run, learned from the runs there have been.
 *
 * Threads   no shared state
 */
#ifndef STATS_DRIFT_H
#define STATS_DRIFT_H

#include <base/err.h>

enum { STATS_DRIFT_RUNS_LEAST = 8 }; /* fewer runs teach nothing: the assumption is used */

/* Both give a standard deviation as a share of the figure, multiplied by the factor by which
 * Student's quantile exceeds the normal one at this many runs (at 95 %), because it is known from
 * few. values [count] > 0, in the order of time.
 *
 * stats_drift_share      about the mean of all: what a host's speed does over hours
 * stats_residual_share   from the differences of successive runs (von Neumann, Annals of
 *                        Mathematical Statistics 12 (1941) 367) without the largest one, which may
 *                        be a change of the code: what a normalised time still does
 */
double stats_drift_share(const double *values, size_t count, double assumed);
double stats_residual_share(const double *values, size_t count, double assumed);

#endif
