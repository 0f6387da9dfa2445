/* steady.c - three robust looks at the last values. The noise scale comes from differences of
 * neighbours because a trend or a step would hide inside any scale taken about one centre. */
#include <stats/steady.h>

#include <stats/summary.h>

#include <math.h>
#include <string.h>

enum {
    WINDOW_DEFAULT = 30,
    PAIR_MAX = STATS_STEADY_WINDOW_MAX * (STATS_STEADY_WINDOW_MAX - 1) / 2,
};

/* Standard error of a median of n normal values is sqrt(pi/2) sigma / sqrt(n). */
#define MEDIAN_ERROR 1.2533141373155003

static double median_of(double *values, size_t count)
{
    stats_sort(values, count);
    return stats_median_sorted(values, count);
}

static double median_of_run(const double *values, size_t count)
{
    double copy[STATS_STEADY_WINDOW_MAX];
    memcpy(copy, values, count * sizeof *copy);
    return median_of(copy, count);
}

/* The difference of two independent values is sqrt(2) times as wide as one. */
static double noise_of(const double *values, size_t count)
{
    double differences[STATS_STEADY_WINDOW_MAX];
    for (size_t i = 0; i + 1 < count; i++)
        differences[i] = fabs(values[i + 1] - values[i]);
    return median_of(differences, count - 1) * STATS_MAD_SCALE / 1.4142135623730951;
}

/* Median slope of all pairs, times the length of the window. */
static double drift_of(const double *values, size_t count)
{
    double slopes[PAIR_MAX];
    size_t pairs = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++)
            slopes[pairs++] = (values[j] - values[i]) / (double)(j - i);
    }
    return stats_select(slopes, pairs, pairs / 2) * (double)(count - 1);
}

static size_t window_of(const struct stats_steady_options *options)
{
    const size_t window = options->window == 0 ? WINDOW_DEFAULT : options->window;
    if (window < STATS_STEADY_WINDOW_MIN)
        return STATS_STEADY_WINDOW_MIN;
    return window < STATS_STEADY_WINDOW_MAX ? window : STATS_STEADY_WINDOW_MAX;
}

struct stats_steady stats_steady_of(const double *values, size_t count,
                                    const struct stats_steady_options *options)
{
    const size_t window = window_of(options);
    if (count < window)
        return (struct stats_steady){ false, NAN, NAN, NAN, NAN, NAN };
    const double tolerance = options->tolerance > 0 ? options->tolerance : 0.01;
    const double z = options->z > 0 ? options->z : 3;
    const double *tail = values + (count - window);
    const size_t third = window / 3;
    const double first = median_of_run(tail, third);
    const double middle = median_of_run(tail + (window - third) / 2, third);
    const double last = median_of_run(tail + window - third, third);
    struct stats_steady out = {
        .level = median_of_run(tail, window),
        .drift = drift_of(tail, window),
        .step = last - first,
        .spread = fmax(first, fmax(middle, last)) - fmin(first, fmin(middle, last)),
        .noise = noise_of(tail, window),
    };
    const double floor = tolerance * fabs(out.level);
    const double of_median = MEDIAN_ERROR * out.noise / sqrt((double)third);
    /* A least-squares slope has the error sigma sqrt(12 / w^3); Theil-Sen's is 2 % wider. */
    const double of_drift = 1.02 * out.noise * sqrt(12 / (double)window);
    out.is_steady = fabs(out.drift) <= fmax(floor, z * of_drift) &&
                    fabs(out.step) <= fmax(floor, z * of_median * 1.4142135623730951) &&
                    out.spread <= fmax(floor, (z + 0.6) * of_median * 1.4142135623730951);
    return out;
}
