/* bootstrap.c - intervals from replicates. Only the order statistics that an interval needs are
 * selected; the replicates are never sorted as a whole. */
#include <stats/bootstrap.h>

#include <stats/distribution.h>

#include <base/rng.h>

#include <math.h>
#include <stdlib.h>

static bool is_share(double confidence)
{
    return confidence > 0 && confidence < 1;
}

/* Order statistic `rank` (from 1) and the one after it. */
static void two_of_rank(double *values, size_t count, size_t rank, double *low, double *high)
{
    *low = stats_select(values, count, rank - 1);
    *high = rank < count ? values[rank] : *low;
    for (size_t i = rank; i < count; i++)
        *high = values[i] < *high ? values[i] : *high;
}

/* The quantile at share p of count + 1, interpolated on the normal scale. */
static double quantile_of(double *replicates, size_t count, double p)
{
    const double n = (double)count + 1;
    const double position = n * p;
    if (!(position >= 1))
        return stats_select(replicates, count, 0);
    if (position >= (double)count)
        return stats_select(replicates, count, count - 1);
    const size_t rank = (size_t)position;
    double low;
    double high;
    two_of_rank(replicates, count, rank, &low, &high);
    if (position == (double)rank)
        return low;
    const double from = stats_normal_quantile((double)rank / n);
    const double to = stats_normal_quantile((double)(rank + 1) / n);
    return low + (stats_normal_quantile(p) - from) / (to - from) * (high - low);
}

/* What the replicates look like from the estimate. */
struct look {
    bool is_bad;        /* a NaN among them */
    bool is_constant;   /* all the same */
    double share_below; /* those below the estimate, and half of those equal to it */
};

static struct look look_at(const double *replicates, size_t count, double estimate)
{
    struct look look = { .is_bad = count == 0 || isnan(estimate), .is_constant = true };
    size_t twice_below = 0;
    for (size_t i = 0; i < count; i++) {
        look.is_bad |= isnan(replicates[i]);
        look.is_constant &= replicates[i] == replicates[0];
        twice_below += (replicates[i] < estimate) + (replicates[i] <= estimate);
    }
    look.share_below = (double)twice_below / (2 * (double)count);
    return look;
}

/* Skewness of the jackknife values, over six: Efron's acceleration. */
static double acceleration_of(const double *jackknife, size_t count)
{
    const double mean = stats_mean(jackknife, count);
    double square = 0;
    double cube = 0;
    for (size_t i = 0; i < count; i++) {
        const double d = mean - jackknife[i];
        square += d * d;
        cube += d * d * d;
    }
    return square > 0 ? cube / (6 * square * sqrt(square)) : 0;
}

struct stats_interval stats_interval_bca(double *replicates, size_t count, double estimate,
                                         const double *jackknife, size_t jackknife_count,
                                         double confidence)
{
    struct stats_interval out = { estimate, NAN, NAN };
    const struct look look = look_at(replicates, count, estimate);
    if (look.is_bad || !is_share(confidence) || jackknife_count < 2)
        return out;
    if (look.is_constant) {
        out.low = out.high = replicates[0];
        return out;
    }
    const double bias = stats_normal_quantile(look.share_below);
    const double acceleration = acceleration_of(jackknife, jackknife_count);
    const double z = stats_normal_quantile(0.5 + confidence / 2);
    const double below = 1 - acceleration * (bias - z);
    const double above = 1 - acceleration * (bias + z);
    if (!isfinite(bias) || isnan(acceleration) || below <= 0 || above <= 0)
        return out;
    const double low = stats_normal_cdf(bias + (bias - z) / below);
    const double high = stats_normal_cdf(bias + (bias + z) / above);
    out.low = quantile_of(replicates, count, low);
    out.high = quantile_of(replicates, count, high);
    return out;
}

struct stats_interval stats_interval_percentile(double *replicates, size_t count, double estimate,
                                                double confidence)
{
    struct stats_interval out = { estimate, NAN, NAN };
    if (look_at(replicates, count, estimate).is_bad || !is_share(confidence))
        return out;
    out.low = quantile_of(replicates, count, (1 - confidence) / 2);
    out.high = quantile_of(replicates, count, (1 + confidence) / 2);
    return out;
}

/* (mean of a resample - mean) / its standard error, for a resample that has one. */
static double studentised(struct base_rng *rng, const double *values, size_t count, double mean,
                          double *drawn)
{
    for (;;) {
        bool is_one = true;
        for (size_t i = 0; i < count; i++) {
            drawn[i] = values[base_rng_below(rng, count)];
            is_one &= drawn[i] == drawn[0];
        }
        if (is_one)
            continue;
        const double centre = stats_mean(drawn, count);
        const double spread = stats_stddev(drawn, count, centre);
        return (centre - mean) / (spread / sqrt((double)count));
    }
}

static bool all_equal(const double *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (values[i] != values[0])
            return false;
    }
    return true;
}

base_err stats_interval_studentised(const double *values, size_t count, double confidence,
                                    size_t resamples, uint64_t seed, struct stats_interval *out)
{
    if (count == 0 || !is_share(confidence) || resamples < STATS_RESAMPLE_MIN ||
        resamples > STATS_RESAMPLE_MAX)
        return BASE_EINVALID;
    const double mean = stats_mean(values, count);
    if (count < 4 || all_equal(values, count)) {
        const double limit = count < 4 ? NAN : values[0];
        *out = (struct stats_interval){ mean, limit, limit };
        return BASE_OK;
    }
    double *scratch = malloc((resamples + count) * sizeof *scratch);
    if (scratch == NULL)
        return BASE_ENOMEM;
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (size_t i = 0; i < resamples; i++)
        scratch[i] = studentised(&rng, values, count, mean, scratch + resamples);
    const double error = stats_stddev(values, count, mean) / sqrt((double)count);
    const double upper = quantile_of(scratch, resamples, (1 + confidence) / 2);
    const double lower = quantile_of(scratch, resamples, (1 - confidence) / 2);
    *out = (struct stats_interval){ mean, mean - error * upper, mean - error * lower };
    free(scratch);
    return BASE_OK;
}

static bool is_possible(const struct stats_source *source,
                        const struct stats_bootstrap_options *options)
{
    const bool is_few = source->process_sizes != NULL && source->process_count > 1 &&
                        source->process_count < STATS_BOOTSTRAP_PROCESS_MIN;
    return !is_few && is_share(options->confidence) && options->resamples >= STATS_RESAMPLE_MIN &&
           options->resamples <= STATS_RESAMPLE_MAX;
}

/* Replicates and jackknife values of all statistics, in one piece of memory. */
struct work {
    double *memory;
    double *replicates[STATS_STATISTIC_COUNT];
    double *jackknife[STATS_STATISTIC_COUNT];
};

static bool take_work(struct work *work, size_t count)
{
    const size_t size = (count + STATS_JACKKNIFE_MAX) * STATS_STATISTIC_COUNT;
    work->memory = malloc(size * sizeof *work->memory);
    if (work->memory == NULL)
        return false;
    for (size_t s = 0; s < STATS_STATISTIC_COUNT; s++) {
        work->jackknife[s] = work->memory + s * STATS_JACKKNIFE_MAX;
        work->replicates[s] =
            work->memory + STATS_STATISTIC_COUNT * STATS_JACKKNIFE_MAX + s * count;
    }
    return true;
}

static struct stats_bootstrap conclude(double *replicates, size_t count, double estimate,
                                       const double *jackknife, size_t groups, double confidence)
{
    const double mean = stats_mean(replicates, count);
    return (struct stats_bootstrap){
        .bca = stats_interval_bca(replicates, count, estimate, jackknife, groups, confidence),
        .percentile = stats_interval_percentile(replicates, count, estimate, confidence),
        .standard_error = stats_stddev(replicates, count, mean),
        .bias = mean - estimate,
    };
}

base_err stats_bootstrap_of(const struct stats_source *source,
                            const struct stats_bootstrap_options *options,
                            struct stats_bootstrap out[STATS_STATISTIC_COUNT])
{
    if (!is_possible(source, options))
        return BASE_EINVALID;
    struct stats_resampler *resampler = NULL;
    struct work work = { 0 };
    base_err err = stats_resampler_new(source, options->seed, &resampler);
    if (err == BASE_OK && !take_work(&work, options->resamples))
        err = BASE_ENOMEM;
    if (err != BASE_OK)
        goto done;
    double estimate[STATS_STATISTIC_COUNT];
    stats_resampler_estimate(resampler, estimate);
    const size_t groups = stats_resampler_jackknife(resampler, work.jackknife);
    stats_resampler_run(resampler, options->resamples, work.replicates);
    for (int s = 0; s < STATS_STATISTIC_COUNT; s++)
        out[s] = conclude(work.replicates[s], options->resamples, estimate[s], work.jackknife[s],
                          groups, options->confidence);
done:
    free(work.memory);
    stats_resampler_free(resampler);
    return err;
}
