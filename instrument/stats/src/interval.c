/* interval.c - Student, binomial and order-statistic intervals; all in closed form but for the
 * quantiles of their distributions. */
#include <stats/interval.h>

#include <stats/distribution.h>

#include <math.h>

struct stats_interval stats_interval_t(const double *values, size_t count, double confidence)
{
    const double mean = stats_mean(values, count);
    struct stats_interval out = { mean, NAN, NAN };
    if (count < 2 || !(confidence > 0 && confidence < 1))
        return out;
    const double error = stats_stddev(values, count, mean) / sqrt((double)count);
    const double t = stats_student_quantile(0.5 + confidence / 2, (double)(count - 1));
    out.low = mean - t * error;
    out.high = mean + t * error;
    return out;
}

static bool is_share(uint64_t successes, uint64_t trials, double confidence)
{
    return trials > 0 && successes <= trials && confidence > 0 && confidence < 1;
}

struct stats_interval stats_interval_wilson(uint64_t successes, uint64_t trials, double confidence)
{
    if (!is_share(successes, trials, confidence))
        return (struct stats_interval){ NAN, NAN, NAN };
    const double n = (double)trials;
    const double share = (double)successes / n;
    const double z = stats_normal_quantile(0.5 + confidence / 2);
    const double scale = 1 / (1 + z * z / n);
    const double centre = (share + z * z / (2 * n)) * scale;
    const double half = z * scale * sqrt(share * (1 - share) / n + z * z / (4 * n * n));
    return (struct stats_interval){
        .value = share,
        .low = successes == 0 ? 0 : centre - half,
        .high = successes == trials ? 1 : centre + half,
    };
}

struct stats_interval stats_interval_clopper_pearson(uint64_t successes, uint64_t trials,
                                                     double confidence)
{
    if (!is_share(successes, trials, confidence))
        return (struct stats_interval){ NAN, NAN, NAN };
    const double x = (double)successes;
    const double rest = (double)(trials - successes);
    const double tail = (1 - confidence) / 2;
    return (struct stats_interval){
        .value = x / (double)trials,
        .low = successes == 0 ? 0 : stats_beta_quantile(tail, x, rest + 1),
        .high = successes == trials ? 1 : stats_beta_quantile(1 - tail, x + 1, rest),
    };
}

/* P(at most k of n observations are below the p-quantile). */
static double binomial_cdf(double k, double n, double p)
{
    if (k < 0)
        return 0;
    return k >= n ? 1 : stats_beta_cdf(1 - p, n - k, k + 1);
}

/* The smallest k with P(at most k) > level; n when there is none below. */
static size_t binomial_rank(size_t n, double p, double level)
{
    size_t low = 0;
    size_t high = n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (binomial_cdf((double)middle, (double)n, p) > level)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool has_quantile(size_t count, double p, double confidence)
{
    return count > 0 && p > 0 && p < 1 && confidence > 0 && confidence < 1;
}

struct stats_interval stats_interval_quantile_exact(const double *sorted, size_t count, double p,
                                                    double confidence)
{
    if (!has_quantile(count, p, confidence))
        return (struct stats_interval){ NAN, NAN, NAN };
    const double tail = (1 - confidence) / 2;
    /* Of ranks from 1: the lower limit is the last r with P(B <= r - 1) <= tail, the upper the
     * first s with P(B <= s - 1) >= 1 - tail, B the number of observations below the quantile. */
    const size_t lower = binomial_rank(count, p, tail);
    const size_t upper = binomial_rank(count, p, 1 - tail) + 1;
    return (struct stats_interval){
        .value = stats_quantile_sorted(sorted, count, p, STATS_QUANTILE_LINEAR),
        .low = lower == 0 ? -INFINITY : sorted[lower - 1],
        .high = upper > count ? INFINITY : sorted[upper - 1],
    };
}

/* The share u with I_p((n+1) u, (n+1)(1-u)) = level; falls as u rises. */
static double hutson_share(size_t count, double p, double level)
{
    const double n = (double)count + 1;
    double low = 0;
    double high = 1;
    for (int i = 0; i < 60; i++) {
        const double middle = (low + high) / 2;
        if (stats_beta_cdf(p, n * middle, n * (1 - middle)) > level)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

struct stats_interval stats_interval_quantile_hutson(const double *sorted, size_t count, double p,
                                                     double confidence)
{
    if (!has_quantile(count, p, confidence))
        return (struct stats_interval){ NAN, NAN, NAN };
    const double tail = (1 - confidence) / 2;
    const double low = hutson_share(count, p, 1 - tail);
    const double high = hutson_share(count, p, tail);
    return (struct stats_interval){
        .value = stats_quantile_sorted(sorted, count, p, STATS_QUANTILE_LINEAR),
        .low = stats_quantile_sorted(sorted, count, low, STATS_QUANTILE_WEIBULL),
        .high = stats_quantile_sorted(sorted, count, high, STATS_QUANTILE_WEIBULL),
    };
}
