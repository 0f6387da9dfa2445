/* interval.h - confidence intervals that need no resampling.
 *
 * `confidence` is two-sided, 0 < confidence < 1, with equal tails. Functions are total: what cannot
 * be had is NaN.
 * Threads   no shared state
 */
#ifndef STATS_INTERVAL_H
#define STATS_INTERVAL_H

#include <base/err.h>
#include <stats/summary.h>

struct stats_interval {
    double value, low, high; /* NaN: not to be had */
};

/* Mean of a few independent values (means or medians of processes) with Student's t and count - 1
 * degrees of freedom. One value has no interval: low and high are NaN.
 * Source   Student, Biometrika 6 (1908) 1 */
struct stats_interval stats_interval_t(const double *values, size_t count, double confidence);

/* A share of `trials` >= 1 that were `successes` <= trials; value is the plain share.
 * Wilson is close to the stated confidence on average, Clopper-Pearson never below it.
 * Source   Wilson, JASA 22 (1927) 209; Clopper & Pearson, Biometrika 26 (1934) 404 */
struct stats_interval stats_interval_wilson(uint64_t successes, uint64_t trials, double confidence);
struct stats_interval stats_interval_clopper_pearson(uint64_t successes, uint64_t trials,
                                                     double confidence);

/* The p-quantile of what independent observations were drawn from, 0 < p < 1, without assuming a
 * distribution. value is the type 7 quantile.
 *
 * exact    from two order statistics, at least the stated confidence; a side for which the sample
 *          is too small is -inf or inf
 * hutson   from interpolated order statistics, close to the stated confidence; clamped to the
 *          smallest and largest observation
 *
 * Source   David & Nagaraja, "Order Statistics" (2003) 7.1; Hutson, Journal of Applied Statistics
 *          26 (1999) 343 */
struct stats_interval stats_interval_quantile_exact(const double *sorted, size_t count, double p,
                                                    double confidence);
struct stats_interval stats_interval_quantile_hutson(const double *sorted, size_t count, double p,
                                                     double confidence);

#endif
