/* changepoint_clean.c - noise from differences of neighbours, and the runs that are left out.
 *
 * Differences do not see levels; the largest fifth of them is left out of the mean square, so that
 * jumps and outliers up to a tenth of the runs do not count as noise. A fifth and not a half (the
 * median): noise with two modes has differences that are small or large and little between, and a
 * median of them is a matter of luck.
 */
#include "changepoint_internal.h"

#include <stats/summary.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* E[z^2 | z^2 is among the smallest 80 %] of a standard normal z: with q = 1.2815515655446,
 * (0.8 - 2 q phi(q)) / 0.8. */
#define TRIMMED_SQUARE 0.43771
#define KEPT_SHARE     0.8

/* Nothing is known better than this: counts of instructions have no noise at all. */
#define NOISE_LEAST 1e-6

enum {
    LOCAL_HALF = 20, /* differences on either side that the local noise is taken from */
    LOCAL_STEP = 5,  /* it is computed for every so many values */
    LOCAL_MIN = 40,  /* fewer values have one noise */
    NEIGHBOURS = 5,
    LAGS = 4,
    PASSES = 5,
};
#define OUTLIER_FACTOR  4.5
#define CORRELATION_MAX 0.95

/* The mean of the squares without the largest fifth. squares are reordered. */
static double trimmed_square(double *squares, size_t count)
{
    const size_t kept = (size_t)ceil(KEPT_SHARE * (double)count);
    if (count == 0)
        return NAN;
    (void)stats_select(squares, count, kept - 1);
    /* A few differences are a small sample of the whole distribution: the same share is kept. */
    return stats_sum(squares, kept) / (double)kept / TRIMMED_SQUARE;
}

static double lag_square(const double *y, const double *base, size_t count, size_t lag,
                         double *scratch)
{
    for (size_t i = 0; i + lag < count; i++) {
        const double variance =
            base == NULL ? 2 : base[i] * base[i] + base[i + lag] * base[i + lag];
        scratch[i] = (y[i + lag] - y[i]) * (y[i + lag] - y[i]) / variance;
    }
    return trimmed_square(scratch, count - lag);
}

double stats_change_noise(const double *y, size_t count, double *scratch)
{
    return count < 2 ? NAN : sqrt(lag_square(y, NULL, count, 1, scratch));
}

/* The noise of the neighbourhood, drawn towards that of the whole: a small sample by itself is off
 * by a fifth. */
static double local_square(const double *y, const double *base, size_t count, size_t at,
                           double whole, double *scratch)
{
    const size_t first = at > LOCAL_HALF ? at - LOCAL_HALF : 0;
    const size_t last = at + LOCAL_HALF < count ? at + LOCAL_HALF : count;
    const double weight = (double)(last - first) / (2.0 * LOCAL_HALF);
    const double local =
        lag_square(&y[first], base == NULL ? NULL : &base[first], last - first, 1, scratch);
    return (2 * weight * local + whole) / (2 * weight + 1);
}

void stats_change_scales(const double *y, const double *base, size_t count, double *scratch,
                         double *scale)
{
    const double least = NOISE_LEAST * NOISE_LEAST;
    const double whole = count < 2 ? 1 : fmax(least, lag_square(y, base, count, 1, scratch));
    double left = whole, right = whole;
    for (size_t i = 0; i < count; i++) {
        if (count >= LOCAL_MIN && i % LOCAL_STEP == 0) {
            left = i == 0 ? local_square(y, base, count, 0, whole, scratch) : right;
            right = local_square(y, base, count, i + LOCAL_STEP, whole, scratch);
        }
        const double share = (double)(i % LOCAL_STEP) / LOCAL_STEP;
        const double square = (1 - share) * left + share * right;
        scale[i] = sqrt(fmax(least, square)) * (base == NULL ? 1 : base[i]);
    }
}

static double middle_of(const double *y, size_t first, size_t last, size_t without)
{
    double values[NEIGHBOURS];
    size_t used = 0;
    for (size_t i = first; i < last && used < NEIGHBOURS; i++)
        if (i != without)
            values[used++] = y[i];
    stats_sort(values, used);
    return stats_median_sorted(values, used);
}

/* Far from the three before and from the three after. At an end, where one side is short, the
 * others of the outermost three stand for it: the newest two runs alone show no change yet. */
static bool is_outlier(const double *y, const double *scale, size_t count, size_t i)
{
    const double far = OUTLIER_FACTOR * scale[i];
    const size_t before = i >= NEIGHBOURS ? i - NEIGHBOURS : 0;
    const double left = middle_of(y, before, i >= NEIGHBOURS ? i : NEIGHBOURS, i);
    const size_t after = i + NEIGHBOURS < count ? i + 1 : count - NEIGHBOURS;
    const double right =
        middle_of(y, after, i + NEIGHBOURS < count ? i + 1 + NEIGHBOURS : count, i);
    return fabs(y[i] - left) > far && fabs(y[i] - right) > far;
}

/* From the growth of the variogram: that of neighbours' correlation r is (1 - r^k) / (1 - r) times
 * its first lag. Jumps and slow drift are seen once by each lag and hardly matter. */
static double correlation_of(const double *y, const double *base, size_t count, double *scratch)
{
    if (count < 4 * LAGS)
        return 0;
    double shares[LAGS + 1];
    const double first = lag_square(y, base, count, 1, scratch);
    for (size_t lag = 1; lag <= LAGS; lag++)
        shares[lag] = lag_square(y, base, count, lag, scratch) / first;
    double best = 0, best_miss = INFINITY;
    for (double r = 0; r <= CORRELATION_MAX; r += 0.01) {
        double miss = 0;
        for (size_t lag = 2; lag <= LAGS; lag++) {
            const double wanted = (1 - pow(r, (double)lag)) / (1 - r);
            miss += pow(log(shares[lag] / wanted), 2);
        }
        if (miss < best_miss) {
            best_miss = miss;
            best = r;
        }
    }
    return first > 0 ? best : 0;
}

static base_err make_room(struct change_series *series, size_t count)
{
    series->y = calloc(count + 1, sizeof *series->y);
    series->scale = calloc(count + 1, sizeof *series->scale);
    series->base = calloc(count + 1, sizeof *series->base);
    series->index = calloc(count + 1, sizeof *series->index);
    series->sums = calloc(count + 1, sizeof *series->sums);
    const bool is_made = series->y != NULL && series->scale != NULL && series->base != NULL &&
                         series->index != NULL && series->sums != NULL;
    return is_made ? BASE_OK : BASE_ENOMEM;
}

void stats_change_done(struct change_series *series)
{
    free(series->y);
    free(series->scale);
    free(series->base);
    free(series->index);
    free(series->sums);
    *series = (struct change_series){ 0 };
}

static void take_values(const double *values, size_t count, const double *errors,
                        struct change_series *series, bool *is_left_out, double *scratch)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        is_left_out[i] = !(values[i] > 0) || !isfinite(values[i]);
        if (is_left_out[i])
            continue;
        const double error = errors == NULL ? NAN : errors[i];
        series->y[series->count] = log(values[i]);
        series->index[series->count] = i;
        series->base[series->count++] = error > 0 && isfinite(error) ? error : NAN;
        if (error > 0 && isfinite(error))
            scratch[known++] = error;
    }
    stats_sort(scratch, known);
    const double typical = known > 0 ? stats_median_sorted(scratch, known) : 1;
    for (size_t i = 0; i < series->count; i++)
        series->base[i] = isnan(series->base[i]) ? 1 : series->base[i] / typical;
}

static double base_of(double error, double others)
{
    return sqrt((others + error * error) / (others + 1));
}

/* A run's variance is what runs differ by anyway and its own error; how much the first is of the
 * typical error is what the differences of neighbours are most likely under. */
static void weigh(struct change_series *series, double *scratch)
{
    static const double tried[] = { 1000, 10, 3, 1, 0.3, 0.1, 0.03 };
    double best = INFINITY, chosen = tried[0];
    for (size_t k = 0; k < sizeof tried / sizeof tried[0]; k++) {
        double size = 0;
        for (size_t i = 0; i < series->count; i++)
            series->scale[i] = base_of(series->base[i], tried[k]);
        for (size_t i = 0; i + 1 < series->count; i++)
            size += log(series->scale[i] * series->scale[i] +
                        series->scale[i + 1] * series->scale[i + 1]);
        const double square = lag_square(series->y, series->scale, series->count, 1, scratch);
        const double unlikely = size + (double)(series->count - 1) * log(fmax(1e-12, square));
        if (unlikely < best - 2) { /* plainer is better while it is about as likely */
            best = unlikely;
            chosen = tried[k];
        }
    }
    for (size_t i = 0; i < series->count; i++)
        series->base[i] = base_of(series->base[i], chosen);
}

/* Take out a median and the noise, so that everything after is of the order of one. */
static void standardise(struct change_series *series, double *scratch)
{
    memcpy(scratch, series->y, series->count * sizeof *scratch);
    stats_sort(scratch, series->count);
    series->centre = stats_median_sorted(scratch, series->count);
    series->noise = fmax(NOISE_LEAST, stats_change_noise(series->y, series->count, scratch));
    for (size_t i = 0; i < series->count; i++)
        series->y[i] = (series->y[i] - series->centre) / series->noise;
}

static size_t drop_outliers(struct change_series *series, bool *is_left_out)
{
    size_t kept = 0, dropped = 0;
    if (series->count <= 2 * NEIGHBOURS)
        return 0;
    for (size_t i = 0; i < series->count; i++)
        if (is_outlier(series->y, series->scale, series->count, i)) {
            is_left_out[series->index[i]] = true;
            dropped++;
        }
    for (size_t i = 0; i < series->count; i++) {
        if (is_left_out[series->index[i]])
            continue;
        series->y[kept] = series->y[i];
        series->base[kept] = series->base[i];
        series->index[kept++] = series->index[i];
    }
    series->count = kept;
    return dropped;
}

void stats_change_sum(struct change_series *series)
{
    struct change_sums sum = { 0 };
    series->sums[0] = sum;
    for (size_t i = 0; i < series->count; i++) {
        const double w = 1 / (series->scale[i] * series->scale[i]);
        const double t = (double)i, y = series->y[i];
        sum.w += w;
        sum.t += w * t;
        sum.tt += w * t * t;
        sum.y += w * y;
        sum.ty += w * t * y;
        sum.yy += w * y * y;
        series->sums[i + 1] = sum;
    }
}

base_err stats_change_clean(const double *values, size_t count, const double *errors,
                            struct change_series *series, bool *is_left_out, size_t *outliers)
{
    double *scratch = calloc(count + 1, sizeof *scratch);
    *series = (struct change_series){ .noise = NAN };
    if (scratch == NULL || make_room(series, count) != BASE_OK) {
        free(scratch);
        stats_change_done(series);
        return BASE_ENOMEM;
    }
    *outliers = 0;
    take_values(values, count, errors, series, is_left_out, scratch);
    if (series->count >= 2) {
        standardise(series, scratch);
        weigh(series, scratch);
        stats_change_scales(series->y, series->base, series->count, scratch, series->scale);
        for (size_t pass = 0; pass < PASSES; pass++) { /* some hide the others in the noise */
            const size_t dropped = drop_outliers(series, is_left_out);
            stats_change_scales(series->y, series->base, series->count, scratch, series->scale);
            *outliers += dropped;
            if (dropped == 0)
                break;
        }
        const double r = correlation_of(series->y, series->base, series->count, scratch);
        series->correlation = r;
        series->inflation = (1 + r) / ((1 - r) * (1 - r));
        stats_change_sum(series);
    }
    free(scratch);
    return BASE_OK;
}
