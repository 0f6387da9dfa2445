/* effective.c - autocorrelation and what follows from it. Lags are computed one by one, as far as
 * they are asked for: a series of batches has a short memory, so this is cheaper than a transform.
 */
#include <stats/effective.h>

#include <stats/summary.h>

#include <math.h>

/* Sum of products at a lag, about the mean. */
static double product_at(const double *series, size_t count, double mean, size_t lag)
{
    double sum = 0;
    for (size_t i = 0; i + lag < count; i++)
        sum += (series[i] - mean) * (series[i + lag] - mean);
    return sum;
}

static bool is_constant(const double *series, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (series[i] != series[0])
            return false;
    }
    return true;
}

double stats_autocorrelation(const double *series, size_t count, size_t lag)
{
    if (count < 2 || lag >= count || is_constant(series, count))
        return NAN;
    const double mean = stats_mean(series, count);
    return product_at(series, count, mean, lag) / product_at(series, count, mean, 0);
}

double stats_effective_size(const double *series, size_t count)
{
    const double n = (double)count;
    if (count < 3 || is_constant(series, count))
        return n;
    const double mean = stats_mean(series, count);
    const double variance = product_at(series, count, mean, 0);
    double total = 0;
    double last = INFINITY;
    for (size_t t = 0; t + 1 < count; t += 2) {
        const double even = t == 0 ? variance : product_at(series, count, mean, t);
        double pair = (even + product_at(series, count, mean, t + 1)) / variance;
        if (pair <= 0)
            break;
        pair = pair < last ? pair : last;
        last = pair;
        total += pair;
    }
    const double time = 2 * total - 1;
    const double size = time > 1 ? n / time : n;
    return size < 1 ? 1 : size;
}

/* Weight of a lag: flat to a half, then falling to zero (Politis & Romano's trapezoid). */
static double flat_top(double share)
{
    return share <= 0.5 ? 1 : (share >= 1 ? 0 : 2 * (1 - share));
}

/* Lag after which `run` autocorrelations in a row are insignificant; `lag_max` at most. */
static size_t last_significant(const double *r, size_t lag_max, size_t run, double bound)
{
    size_t quiet = 0;
    size_t last = 0;
    for (size_t k = 1; k <= lag_max; k++) {
        if (fabs(r[k]) < bound) {
            if (++quiet == run)
                return k - run;
        } else {
            quiet = 0;
            last = k;
        }
    }
    return last;
}

enum { LAG_MAX = 2048 }; /* ceil(sqrt(n)) + run for n up to 4 million */

size_t stats_block_length(const double *series, size_t count)
{
    if (count < 4 || is_constant(series, count))
        return 1;
    const double n = (double)count;
    const double run_of = ceil(sqrt(log10(n)));
    const size_t run = run_of > 5 ? (size_t)run_of : 5;
    size_t lag_max = (size_t)ceil(sqrt(n)) + run;
    lag_max = lag_max < count ? lag_max : count - 1;
    lag_max = lag_max < LAG_MAX ? lag_max : LAG_MAX;
    double r[LAG_MAX + 1];
    const double mean = stats_mean(series, count);
    const double variance = product_at(series, count, mean, 0);
    r[0] = 1;
    for (size_t k = 1; k <= lag_max; k++)
        r[k] = product_at(series, count, mean, k) / variance;
    const size_t last = last_significant(r, lag_max, run, 1.959963984540054 * sqrt(log10(n) / n));
    size_t width = last == 0 ? 1 : 2 * last;
    width = width < lag_max ? width : lag_max;
    double spectrum = 1;
    double curvature = 0;
    for (size_t k = 1; k <= width; k++) {
        const double weight = 2 * flat_top((double)k / (double)width) * r[k];
        spectrum += weight;
        curvature += weight * (double)k;
    }
    const double longest = ceil(fmin(3 * sqrt(n), n / 3));
    double length = cbrt(2 * curvature * curvature / (4.0 / 3 * spectrum * spectrum) * n);
    length = length < longest ? length : longest;
    const double most = floor(n / 3);
    length = ceil(length < most ? length : most);
    return length >= 1 ? (size_t)length : 1;
}
