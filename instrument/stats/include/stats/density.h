/* density.h - the shape of a sample: a Gaussian kernel density estimate on an even grid.
 *
 * Threads   no shared state
 */
#ifndef STATS_DENSITY_H
#define STATS_DENSITY_H

#include <base/err.h>

enum { STATS_DENSITY_GRID_MAX = 1024 };

/* Silverman's rule of thumb: 0.9 min(s, IQR / 1.349) n^(-1/5), with the one of the two that is not
 * zero; 0 for a sample without spread, NaN for an empty one.
 *
 *   sorted   [count] ascending, finite
 *
 * Source   Silverman, Density Estimation (1986), eq. 3.31 */
double stats_density_bandwidth(const double *sorted, size_t count);

/* The density at grid points low + i (high - low) / (grid_count - 1), per unit of the sample.
 * Observations are first shared linearly between their two neighbours on the grid; those outside
 * low .. high by more than the kernel's reach count for n but not for the curve.
 *
 *   sorted      [count] ascending, finite, count >= 1
 *   bandwidth   > 0
 *   low, high   low < high
 *   out         [grid_count], 2 .. STATS_DENSITY_GRID_MAX
 *
 * Cost     O(count + grid_count * 8 bandwidth / step)
 * Source   Fan & Marron, J. Comput. Graph. Statist. 3 (1994) 35 (linear binning) */
void stats_density_of(const double *sorted, size_t count, double bandwidth, double low, double high,
                      double *out, size_t grid_count);

#endif
