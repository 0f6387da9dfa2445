/* changepoint_internal.h - a history on its way through the steps of changepoint.h. */
#ifndef STATS_CHANGEPOINT_INTERNAL_H
#define STATS_CHANGEPOINT_INTERNAL_H

#include <base/rng.h>
#include <stats/changepoint.h>

/* Weighted sums over the first i values: i is 0 .. count. */
struct change_sums {
    double w, t, tt, y, ty, yy;
};

/* What is left of the values: logarithms in units of their typical noise. */
struct change_series {
    size_t count;
    double *y;                /* [count] (ln value - centre) / noise */
    double *scale;            /* [count] standard deviation of y, about 1 */
    double *base;             /* [count] what the value's own error says of that, about 1 */
    size_t *index;            /* [count] of the value */
    struct change_sums *sums; /* [count + 1] */
    double centre, noise;
    double slope; /* of y per value, taken out */
    double correlation;
    double inflation; /* of the variance of a long mean by the correlation */
};

/* A level or a line through values first .. last - 1. */
struct change_line {
    double level;                  /* at the middle t */
    double slope;                  /* per value */
    double middle, weight, spread; /* mean t, sum of weights, sum of weighted squares about it */
    double cost;                   /* weighted squares of the residuals */
    double gain;                   /* what the slope takes off it, or would */
    bool is_line;
};

enum { CHANGE_LINE_MIN = 8 }; /* values of a segment that may be a line */

/* Noise of differences: trimmed, consistent for a normal distribution.
 *   scratch   [count] */
double stats_change_noise(const double *y, size_t count, double *scratch);

/* Noise around each value; `base` may be NULL. scratch [count] */
void stats_change_scales(const double *y, const double *base, size_t count, double *scratch,
                         double *scale);

/* Fill a series from values; what it leaves out is marked. Errors: ENOMEM */
BASE_MUST_USE base_err stats_change_clean(const double *values, size_t count, const double *errors,
                                          struct change_series *series, bool *is_left_out,
                                          size_t *outliers);
void stats_change_done(struct change_series *series);
void stats_change_sum(struct change_series *series);

/* The line through first .. last - 1, whatever it explains. */
struct change_line stats_change_line_of(const struct change_series *series, size_t first,
                                        size_t last);

/* The best level, or line when it is better by `price`, through first .. last - 1. */
struct change_line stats_change_line(const struct change_series *series, size_t first, size_t last,
                                     double price);

/* Boundaries by PELT: ends of segments, the last one is count. ends [count + 1].
 * Errors: ENOMEM */
BASE_MUST_USE base_err stats_change_split(const struct change_series *series, size_t min_segment,
                                          double price, size_t *ends, size_t *end_count);

/* The distribution of the largest jump of histories without a change. */
struct change_null {
    double *largest; /* [count] ascending */
    size_t count;
    double place, width; /* of the Gumbel tail of its halved square */
};

/* residuals   [count] of the fit, over their scale. Errors: ENOMEM */
BASE_MUST_USE base_err stats_change_null(const double *residuals, size_t count, double correlation,
                                         size_t min_segment, uint64_t seed,
                                         struct change_null *out);
void stats_change_null_done(struct change_null *null);

/* The share of those histories whose largest jump is at least this. */
double stats_change_p(const struct change_null *null, double jump);

#endif
