/* effective.h - how much a correlated series knows: autocorrelation, effective size, block length.
 *
 * A series is an array of finite observations in the order they were made.
 * Threads   no shared state
 */
#ifndef STATS_EFFECTIVE_H
#define STATS_EFFECTIVE_H

#include <base/err.h>

/* Sample autocorrelation at `lag` < count, divisor n (so that |r| <= 1); NaN when all observations
 * are equal or there are fewer than two. */
double stats_autocorrelation(const double *series, size_t count, size_t lag);

/* The number of independent observations whose mean would be as uncertain as this series' mean:
 * n / (-1 + 2 sum of the pair sums r(2t) + r(2t+1)), over Geyer's initial positive sequence made
 * monotone. Within 1 .. n: negative correlation earns nothing. A constant series is worth n.
 *
 * A memory longer than 256 lags is measured on means of 2, 4, 8... neighbours, whose mean is as
 * uncertain; that needs scratch memory, and is NaN when there is none.
 *
 * Cost     O(n * lags used), at most about 512 n
 * Source   Geyer, Statistical Science 7 (1992) 473, section 3.3
 */
double stats_effective_size(const double *series, size_t count);

/* Length of the blocks for a circular block bootstrap of the mean, 1 .. max(1, n/3): automatic
 * choice from the flat-top estimate of the spectrum at zero.
 *
 * Cost     O(n * lags used), at most O(n sqrt(n))
 * Source   Politis & White, Econometric Reviews 23 (2004) 53; corrected by Patton, Politis &
 *          White, Econometric Reviews 28 (2009) 372
 */
size_t stats_block_length(const double *series, size_t count);

#endif
