/* summary.h - order statistics and moments of one sample.
 *
 * A sample is a plain array of finite observations in one unit; the unit goes in and comes out
 * unchanged. Functions whose name ends in `_sorted` want ascending order, so that nothing is sorted
 * twice. Functions are total: what an empty (or too small) sample does not have is NaN.
 * Threads   no shared state
 */
#ifndef STATS_SUMMARY_H
#define STATS_SUMMARY_H

#include <base/err.h>

#include <stdbool.h>

/* The quantile definitions of Hyndman & Fan, The American Statistician 50 (1996) 361, by number. */
enum stats_quantile_method {
    STATS_QUANTILE_WEIBULL = 6,         /* position p (n + 1) */
    STATS_QUANTILE_LINEAR = 7,          /* position p (n - 1) + 1: R's and NumPy's default */
    STATS_QUANTILE_MEDIAN_UNBIASED = 8, /* position p (n + 1/3) + 1/3 */
};

/* MAD times this estimates the standard deviation of a normal sample: 1 / normal_quantile(3/4). */
#define STATS_MAD_SCALE 1.482602218505602

/* Ascending, in place. Cost: O(n log n) at worst; does not allocate */
void stats_sort(double *sample, size_t count);
bool stats_is_sorted(const double *sample, size_t count);

/* The observation of rank `rank` (0 is the smallest; < count). Reorders the sample so that nothing
 * before it is larger and nothing after it smaller. Cost: O(n) expected, O(n log n) at worst */
double stats_select(double *sample, size_t count, size_t rank);

/* Compensated sum (Neumaier, ZAMM 54 (1974) 39): error independent of the count. */
double stats_sum(const double *sample, size_t count);
double stats_mean(const double *sample, size_t count);

/* With divisor n - 1, in two passes; NaN for fewer than two. `mean` is stats_mean's. */
double stats_stddev(const double *sample, size_t count, double mean);

double stats_median_sorted(const double *sorted, size_t count);

/* p is 0 .. 1; positions outside the sample are clamped to its ends. */
double stats_quantile_sorted(const double *sorted, size_t count, double p,
                             enum stats_quantile_method method);

/* Median of the distances from the median: raw, in the sample's unit. Multiply by STATS_MAD_SCALE
 * for the estimate of a standard deviation. Cost: O(log^2 n) */
double stats_mad_sorted(const double *sorted, size_t count);

/* Mean without the floor(share n) smallest and as many largest; share 0 <= share < 0.5. */
double stats_trimmed_mean_sorted(const double *sorted, size_t count, double share);

/* Its standard error, from the deviation of the sample whose cut ends are moved to the last ones
 * that are left; NaN when fewer than two are left. Student's, with `*degrees` of freedom.
 * Source   Tukey & McLaughlin, Sankhya A 25 (1963) 331 */
double stats_trimmed_error_sorted(const double *sorted, size_t count, double share,
                                  double *degrees);

/* Mean of those that stand together, however far the others are and on whichever side: the middle
 * of the shortest interval that holds more than half of the sample, then the mean of what lies
 * within 2.5 deviations of it, the deviation from the nearest half (with Rousseeuw & Leroy's factor
 * for small samples) and at least `least`. Its standard error allows for what is cut from a normal
 * sample: Student's interval with `*degrees` of freedom covers 95 to 97 % where 95 % is promised,
 * 97.9 to 99.3 % where 99 % is; of three values it is therefore more than twice as wide as of four.
 * NaN, all three, for fewer than two.
 * Cost     O(n)
 * Source   Rousseeuw, Journal of the American Statistical Association 79 (1984) 871; Rousseeuw &
 *          Leroy, Robust Regression and Outlier Detection (1987), 4.3 */
double stats_together_mean_sorted(const double *sorted, size_t count, double least, double *error,
                                  double *degrees);

/* Hodges-Lehmann location: the median of the means of all pairs, each observation also paired with
 * itself. Exact for every count, by bisection over the sums without storing them.
 * Cost     O(64 n)
 * Source   Hodges & Lehmann, Annals of Mathematical Statistics 34 (1963) 598 */
double stats_hodges_lehmann_sorted(const double *sorted, size_t count);

/* Those count (count + 1) / 2 sums x_i + x_j, i <= j (twice the Walsh averages): the one of rank
 * `rank` (0 is the smallest), count >= 1, and how many are at most `sum`. Cost: O(64 n), O(n) */
double stats_walsh_rank_sorted(const double *sorted, size_t count, uint64_t rank);
uint64_t stats_walsh_up_to_sorted(const double *sorted, size_t count, double sum);

#define STATS_SUMMARY_TRIM 0.1 /* share cut from either end for trimmed_mean */

struct stats_summary {
    size_t count;
    double mean, trimmed_mean, median;
    double mad;        /* raw */
    double mad_scaled; /* times STATS_MAD_SCALE */
    double stddev;     /* n - 1 */
    double min, max;
    double p05, p25, p75, p95, p99; /* type 7 */
};

/* Summarise a sample.
 *
 *   sample   [count] observations; sorted in place by stats_summary_of
 *   count    1 ..
 *
 * Cost     O(count log count), or O(count) when sorted; does not allocate
 * Errors   EINVALID  count is 0, or an observation is not finite
 */
BASE_MUST_USE base_err stats_summary_of(double *sample, size_t count, struct stats_summary *out);
BASE_MUST_USE base_err stats_summary_of_sorted(const double *sorted, size_t count,
                                               struct stats_summary *out);

#endif
