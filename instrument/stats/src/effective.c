/* effective.c - autocorrelation and what follows from it. Lags are computed one by one, as far as
 * they are asked for: a series of batches has a short memory, so this is cheaper than a transform.
 */
#include <stats/effective.h>

#include <stats/summary.h>

#include <math.h>
#include <stdlib.h>

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

enum { PAIR_LAG_MAX = 256 }; /* longer memories are looked at through means of neighbours */

/* Sum of the monotone positive pair sums of autocorrelations; NaN when they are still positive at
 * PAIR_LAG_MAX. */
static double pair_total(const double *series, size_t count, double mean, double variance)
{
    double total = 0;
    double last = INFINITY;
    for (size_t t = 0; t + 1 < count; t += 2) {
        if (t >= PAIR_LAG_MAX)
            return NAN;
        const double even = t == 0 ? variance : product_at(series, count, mean, t);
        const double pair = (even + product_at(series, count, mean, t + 1)) / variance;
        if (pair <= 0)
            break;
        last = pair < last ? pair : last;
        total += last;
    }
    return total;
}

/* Replace a series by the means of its pairs; an odd last observation is left out. */
static size_t halve(const double *series, size_t count, double *out)
{
    for (size_t i = 0; i < count / 2; i++)
        out[i] = (series[2 * i] + series[2 * i + 1]) / 2;
    return count / 2;
}

/* Pairs have (nearly) the same mean, so the variance of the mean, variance / effective size, stays
 * what it was while the variance of one value falls. */
static double effective_of_halves(const double *series, size_t count, double variance)
{
    const double variance_of_one = variance / (double)count;
    double *coarse = malloc(count / 2 * sizeof *coarse);
    if (coarse == NULL)
        return NAN;
    double size = NAN;
    size_t left = halve(series, count, coarse);
    while (isnan(size) && left >= 2) {
        const double mean = stats_mean(coarse, left);
        const double here = product_at(coarse, left, mean, 0);
        if (!(here > 0)) { /* pairs cancel: the mean is as good as it gets */
            size = (double)count;
            break;
        }
        const double time = 2 * pair_total(coarse, left, mean, here) - 1;
        if (isnan(time))
            left = halve(coarse, left, coarse);
        else
            size = (double)left / fmax(time, 1e-9) * variance_of_one / (here / (double)left);
    }
    free(coarse);
    return size;
}

double stats_effective_size(const double *series, size_t count)
{
    const double n = (double)count;
    if (count < 3 || is_constant(series, count))
        return n;
    const double mean = stats_mean(series, count);
    const double variance = product_at(series, count, mean, 0);
    const double time = 2 * pair_total(series, count, mean, variance) - 1;
    const double size =
        isnan(time) ? effective_of_halves(series, count, variance) : (time > 1 ? n / time : n);
    if (isnan(size))
        return NAN;
    return size < 1 ? 1 : (size > n ? n : size);
}

/* Weight of a lag: flat to a half, then falling to zero (Politis & Romano's trapezoid). */
static double flat_top(double share)
{
    return share <= 0.5 ? 1 : (share >= 1 ? 0 : 2 * (1 - share));
}

enum { LAG_MAX = 2048 }; /* ceil(sqrt(n)) + run, for n up to 4 million */

/* Autocorrelations, computed as far as they are asked for. */
struct lags {
    const double *series;
    size_t count, known, most;
    double mean, variance;
    double r[LAG_MAX + 1];
};

static double lag_at(struct lags *lags, size_t lag)
{
    while (lags->known < lag) {
        lags->known++;
        lags->r[lags->known] =
            product_at(lags->series, lags->count, lags->mean, lags->known) / lags->variance;
    }
    return lags->r[lag];
}

/* Lag after which `run` autocorrelations in a row are insignificant, or else the last one that is
 * significant. */
static size_t last_significant(struct lags *lags, size_t run, double bound)
{
    size_t quiet = 0;
    size_t last = 0;
    for (size_t k = 1; k <= lags->most; k++) {
        if (fabs(lag_at(lags, k)) < bound) {
            if (++quiet == run)
                return k - run;
        } else {
            quiet = 0;
            last = k;
        }
    }
    return last;
}

/* (2 g^2 / D * n)^(1/3): g the curvature and D the level of the spectrum at zero, circular blocks.
 */
static double best_length(struct lags *lags, size_t width)
{
    double level = 1;
    double curvature = 0;
    for (size_t k = 1; k <= width; k++) {
        const double weight = 2 * flat_top((double)k / (double)width) * lag_at(lags, k);
        level += weight;
        curvature += weight * (double)k;
    }
    const double ratio = 2 * curvature * curvature / (4.0 / 3 * level * level);
    return cbrt(ratio * (double)lags->count);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t stats_block_length(const double *series, size_t count)
{
    if (count < 4 || is_constant(series, count))
        return 1;
    const double n = (double)count;
    const size_t run = (size_t)fmax(5, ceil(sqrt(log10(n))));
    struct lags lags = { .series = series, .count = count, .r = { 1 } };
    lags.most = smaller(smaller((size_t)ceil(sqrt(n)) + run, count - 1), LAG_MAX);
    lags.mean = stats_mean(series, count);
    lags.variance = product_at(series, count, lags.mean, 0);
    const size_t last = last_significant(&lags, run, 1.959963984540054 * sqrt(log10(n) / n));
    const size_t width = smaller(last == 0 ? 1 : 2 * last, lags.most);
    const double longest = fmin(ceil(3 * sqrt(n)), floor(n / 3));
    const double length = ceil(fmin(best_length(&lags, width), longest));
    return length >= 1 ? (size_t)length : 1;
}
