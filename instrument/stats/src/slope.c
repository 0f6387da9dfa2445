/* slope.c - least squares in two passes (centred, so that large counts lose no digits), and the
 * median of pairwise slopes. */
#include <stats/slope.h>

#include <stats/summary.h>

#include <math.h>
#include <stdlib.h>

static const struct stats_slope slope_none = { NAN, NAN, NAN, NAN };

/* 1 - unexplained / all; a line through points that do not vary at all explains everything. */
static double explained(double unexplained, double all)
{
    return all > 0 ? 1 - unexplained / all : (unexplained > 0 ? 0 : 1);
}

/* Error and R2 of a line through the origin; `weight` is the sum of squares behind the slope. */
static struct stats_slope through_origin(const double *x, const double *y, size_t count,
                                         double slope, double weight)
{
    double unexplained = 0;
    double all = 0;
    for (size_t i = 0; i < count; i++) {
        const double rest = y[i] - slope * x[i];
        unexplained += rest * rest;
        all += y[i] * y[i];
    }
    return (struct stats_slope){
        .slope = slope,
        .slope_error = count > 1 ? sqrt(unexplained / (double)(count - 1) / weight) : NAN,
        .r2 = explained(unexplained, all),
    };
}

struct stats_slope stats_slope_origin(const double *x, const double *y, size_t count)
{
    double xx = 0;
    double xy = 0;
    for (size_t i = 0; i < count; i++) {
        xx += x[i] * x[i];
        xy += x[i] * y[i];
    }
    return xx > 0 ? through_origin(x, y, count, xy / xx, xx) : slope_none;
}

struct stats_slope stats_slope_ratio(const double *x, const double *y, size_t count)
{
    const double total = stats_sum(x, count);
    if (!(total > 0))
        return slope_none;
    const double slope = stats_sum(y, count) / total;
    struct stats_slope out = through_origin(x, y, count, slope, total);
    double weighted = 0; /* residuals in units of their standard deviation, sqrt(x) */
    for (size_t i = 0; i < count; i++)
        weighted += (y[i] - slope * x[i]) * (y[i] - slope * x[i]) / x[i];
    out.slope_error = count > 1 ? sqrt(weighted / (double)(count - 1) / total) : NAN;
    return out;
}

struct stats_slope stats_slope_line(const double *x, const double *y, size_t count)
{
    if (count < 2)
        return slope_none;
    const double mean_x = stats_mean(x, count);
    const double mean_y = stats_mean(y, count);
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (size_t i = 0; i < count; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    if (!(xx > 0))
        return slope_none;
    const double slope = xy / xx;
    double unexplained = 0;
    for (size_t i = 0; i < count; i++) {
        const double rest = y[i] - mean_y - slope * (x[i] - mean_x);
        unexplained += rest * rest;
    }
    return (struct stats_slope){
        .slope = slope,
        .intercept = mean_y - slope * mean_x,
        .slope_error = count > 2 ? sqrt(unexplained / (double)(count - 2) / xx) : NAN,
        .r2 = explained(unexplained, yy),
    };
}

static double median_of(double *values, size_t count)
{
    const double high = stats_select(values, count, count / 2);
    if (count % 2)
        return high;
    double low = values[0]; /* the largest of those before it */
    for (size_t i = 1; i < count / 2; i++)
        low = values[i] > low ? values[i] : low;
    return low + (high - low) / 2;
}

static size_t pair_slopes(const double *x, const double *y, size_t count, double *slopes)
{
    size_t pairs = 0;
    const bool is_complete = count <= STATS_THEIL_SEN_MAX;
    for (size_t i = 0; i + 1 < count; i++) {
        const size_t first = is_complete ? i + 1 : i + count / 2;
        const size_t end = is_complete ? count : first + 1;
        for (size_t j = first; j < end && j < count; j++) {
            if (x[j] != x[i])
                slopes[pairs++] = (y[j] - y[i]) / (x[j] - x[i]);
        }
    }
    return pairs;
}

/* Share of the variation about the mean that the line takes away; below 0 for a bad line. */
static double line_r2(const double *x, const double *y, size_t count, double slope,
                      double intercept)
{
    const double mean = stats_mean(y, count);
    double unexplained = 0;
    double all = 0;
    for (size_t i = 0; i < count; i++) {
        const double rest = y[i] - slope * x[i] - intercept;
        unexplained += rest * rest;
        all += (y[i] - mean) * (y[i] - mean);
    }
    return explained(unexplained, all);
}

base_err stats_slope_theil_sen(const double *x, const double *y, size_t count,
                               struct stats_slope *out)
{
    if (count < 2)
        return BASE_EINVALID;
    const size_t capacity = count <= STATS_THEIL_SEN_MAX ? count * (count - 1) / 2 + count : count;
    double *scratch = malloc(capacity * sizeof *scratch);
    if (scratch == NULL)
        return BASE_ENOMEM;
    base_err err = BASE_EINVALID;
    const size_t pairs = pair_slopes(x, y, count, scratch);
    if (pairs == 0)
        goto done;
    const double slope = median_of(scratch, pairs);
    for (size_t i = 0; i < count; i++)
        scratch[i] = y[i] - slope * x[i];
    const double intercept = median_of(scratch, count);
    *out = (struct stats_slope){ slope, intercept, NAN, line_r2(x, y, count, slope, intercept) };
    err = BASE_OK;
done:
    free(scratch);
    return err;
}
