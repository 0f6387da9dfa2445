/* slope.h - a straight line through points: time over counts.
 *
 * x and y are finite; the slope is in units of y per unit of x. What a set of points does not have
 * (a slope when all x are equal) is NaN.
 * Threads   no shared state
 */
#ifndef STATS_SLOPE_H
#define STATS_SLOPE_H

#include <base/err.h>

struct stats_slope {
    double slope;
    double intercept;   /* 0 for a line through the origin */
    double slope_error; /* standard error under equal variances; NaN without spare points */
    double r2;          /* share of the variation that the line explains: about the mean with an
                           intercept, about zero without */
};

/* Least squares through the origin. Count 1 .. */
struct stats_slope stats_slope_origin(const double *x, const double *y, size_t count);

/* Least squares through the origin when the variance of y grows with x: the ratio of the sums.
 * x > 0. This is the total time over the total count, with r2 as above. */
struct stats_slope stats_slope_ratio(const double *x, const double *y, size_t count);

/* Least squares with an intercept. Count 2 .. */
struct stats_slope stats_slope_line(const double *x, const double *y, size_t count);

enum {
    STATS_THEIL_SEN_MAX = 1024, /* points whose pairs are all used */
};

/* Robust line: the median of the slopes of all pairs with different x; the intercept is the median
 * of y - slope x; slope_error is NaN. With more than STATS_THEIL_SEN_MAX points, point i is paired
 * with point i + count / 2 only (Theil's incomplete method): x should then be in time order.
 *
 * Cost     O(n^2) up to the limit, O(n log n) above; allocates and frees scratch
 * Errors   EINVALID (fewer than 2 points, or all x equal), ENOMEM
 * Source   Theil, Indagationes Mathematicae 12 (1950) 85; Sen, JASA 63 (1968) 1379
 */
BASE_MUST_USE base_err stats_slope_theil_sen(const double *x, const double *y, size_t count,
                                             struct stats_slope *out);

#endif
