/* suite_stats.c - what this program's own statistics cost, and whether their intervals keep their
 * word: resamples and BCa intervals of a sample of 100, and the coverage of simulated experiments.
 */
#include <suite/suite.h>

#include "suite_claims.h"

#include <base/rng.h>
#include <stats/bootstrap.h>
#include <stats/interval.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

SUITE_CLAIMS(stats);

enum {
    SAMPLE = 100,
    CHUNK = 1000,               /* replicates kept at a time */
    EXPERIMENTS = 1000,         /* behind the fact "coverage" */
    EXPERIMENT_RESAMPLES = 1000 /* of each */
};

/* What the experiments draw from. */
#define TRUE_MEAN   100.0
#define TRUE_STDDEV 2.0
#define CONFIDENCE  0.95

struct stats_state {
    double times[SAMPLE], items[SAMPLE];
    struct stats_source source;
    uint64_t seed;
    struct stats_resampler *resampler;
    struct stats_bootstrap_options options;
    struct stats_bootstrap intervals[STATS_STATISTIC_COUNT]; /* of the last item */
    uint64_t done;                                           /* items so far */
    size_t kept;                                             /* of replicates, by the last batch */
    double replicates[STATS_STATISTIC_COUNT][CHUNK];         /* the last ones */
};

static void draw_sample(struct base_rng *rng, double *times, double *items)
{
    for (int i = 0; i < SAMPLE; i++) {
        items[i] = (double)(1 + i);
        times[i] = items[i] * (TRUE_MEAN + TRUE_STDDEV * base_rng_normal(rng));
    }
}

static struct stats_state *new_state(struct bench_env *env)
{
    struct stats_state *state = calloc(1, sizeof *state);
    if (state == NULL) {
        base_fail(&env->why, BASE_ENOMEM, 0, "no memory for a sample of %d", SAMPLE);
        return NULL;
    }
    struct base_rng rng;
    base_rng_init(&rng, env->seed);
    draw_sample(&rng, state->times, state->items);
    state->source = (struct stats_source){
        .times = state->times, .items = state->items, .count = SAMPLE, .block = 1
    };
    state->seed = env->seed;
    return state;
}

static void stats_teardown(void *opaque)
{
    struct stats_state *state = opaque;
    if (state != NULL)
        stats_resampler_free(state->resampler);
    free(state);
}

static void point_at(double replicates[STATS_STATISTIC_COUNT][CHUNK],
                     double *at[STATS_STATISTIC_COUNT])
{
    for (int s = 0; s < STATS_STATISTIC_COUNT; s++)
        at[s] = replicates[s];
}

static base_err resample_setup(struct bench_env *env)
{
    struct stats_state *state = new_state(env);
    if (state == NULL)
        return BASE_ENOMEM;
    const base_err err = stats_resampler_new(&state->source, state->seed, &state->resampler);
    if (err != BASE_OK) {
        stats_teardown(state);
        return base_fail(&env->why, err, 0, "no resampler for a sample of %d", SAMPLE);
    }
    env->state = state;
    return BASE_OK;
}

static void resample_run(void *opaque, uint64_t count)
{
    struct stats_state *state = opaque;
    double *at[STATS_STATISTIC_COUNT];
    point_at(state->replicates, at);
    state->done += count;
    for (; count > CHUNK; count -= CHUNK)
        stats_resampler_run(state->resampler, CHUNK, at);
    state->kept = (size_t)count;
    stats_resampler_run(state->resampler, (size_t)count, at);
}

/* The first CHUNK replicates of a fresh resampler of this state, by the best variant or plain. */
static base_err fresh_replicates(const struct stats_state *state, bool is_plain,
                                 double replicates[STATS_STATISTIC_COUNT][CHUNK])
{
    struct stats_resampler *resampler;
    base_err err = stats_resampler_new(&state->source, state->seed, &resampler);
    if (err != BASE_OK)
        return err;
    if (is_plain)
        err = stats_resampler_choose(resampler, "plain");
    double *at[STATS_STATISTIC_COUNT];
    point_at(replicates, at);
    if (err == BASE_OK)
        stats_resampler_run(resampler, CHUNK, at);
    stats_resampler_free(resampler);
    return err;
}

/* Replicates of the mean scatter as the standard error says, and about the estimate. */
static base_err check_scatter(struct stats_state *state, const double *means, struct base_why *why)
{
    double estimate[STATS_STATISTIC_COUNT];
    stats_resampler_estimate(state->resampler, estimate);
    const double error = estimate[STATS_STDDEV] / sqrt((double)SAMPLE);
    const double centre = stats_mean(means, CHUNK);
    const double scatter = stats_stddev(means, CHUNK, centre);
    if (fabs(centre - estimate[STATS_MEAN]) > 6 * error / sqrt((double)CHUNK))
        return base_fail(why, BASE_EWRONG, 0,
                         "resampled means centre at %.6g, the sample's is %.6g", centre,
                         estimate[STATS_MEAN]);
    if (!(scatter > 0.8 * error && scatter < 1.2 * error))
        return base_fail(why, BASE_EWRONG, 0,
                         "resampled means scatter by %.3g, the standard error is %.3g", scatter,
                         error);
    return BASE_OK;
}

/* What was timed: every statistic of the last batch is one that this sample can have. */
static base_err check_timed(const struct stats_state *state, struct base_why *why)
{
    const double middle = TRUE_MEAN;
    const double reach = 6 * TRUE_STDDEV;
    for (size_t i = 0; i < state->kept; i++) {
        for (int s = 0; s < STATS_STATISTIC_COUNT; s++) {
            const bool is_spread = s == STATS_STDDEV || s == STATS_MAD;
            const double x = state->replicates[s][i] - (is_spread ? 0 : middle);
            if (!(fabs(x) < reach) || (is_spread && x <= 0))
                return base_fail(why, BASE_EWRONG, i, "statistic %d of a timed resample is %.6g", s,
                                 state->replicates[s][i]);
        }
    }
    return BASE_OK;
}

static base_err resample_check(void *opaque, struct base_why *why)
{
    struct stats_state *state = opaque;
    static const size_t size = sizeof state->replicates;
    double(*twins)[CHUNK] = malloc(2 * size);
    if (twins == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %d replicates", CHUNK);
    double(*plain)[CHUNK] = twins + STATS_STATISTIC_COUNT;
    base_err err = fresh_replicates(state, false, twins);
    if (err == BASE_OK)
        err = fresh_replicates(state, true, plain);
    if (err != BASE_OK)
        base_fail(why, err, 0, "the twins could not be made");
    else if (memcmp(twins, plain, size) != 0)
        err = base_fail(why, BASE_EWRONG, 0, "variant %s and its plain twin differ",
                        stats_resampler_variant(state->resampler));
    else
        err = check_scatter(state, twins[STATS_MEAN], why);
    if (err == BASE_OK)
        err = check_timed(state, why);
    free(twins);
    return err;
}

/* In how many simulated experiments the interval of the mean holds the true mean. */
static base_err count_covered(uint64_t seed, uint64_t *covered)
{
    struct base_rng rng;
    base_rng_init(&rng, seed);
    *covered = 0;
    for (uint64_t e = 0; e < EXPERIMENTS; e++) {
        double times[SAMPLE];
        double items[SAMPLE];
        draw_sample(&rng, times, items);
        const struct stats_source source = { times, items, SAMPLE, NULL, 0, 1 };
        const struct stats_bootstrap_options options = { CONFIDENCE, EXPERIMENT_RESAMPLES,
                                                         base_rng_u64(&rng) };
        struct stats_bootstrap out[STATS_STATISTIC_COUNT];
        const base_err err = stats_bootstrap_of(&source, &options, out);
        if (err != BASE_OK)
            return err;
        *covered += out[STATS_MEAN].bca.low <= TRUE_MEAN && TRUE_MEAN <= out[STATS_MEAN].bca.high;
    }
    return BASE_OK;
}

static base_err state_coverage(struct bench_env *env)
{
    uint64_t covered;
    const base_err err = count_covered(env->seed, &covered);
    if (err != BASE_OK)
        return base_fail(&env->why, err, 0, "a simulated experiment has no interval");
    const struct stats_interval share = stats_interval_wilson(covered, EXPERIMENTS, 0.95);
    bench_env_fact(env, "coverage", share.value, "1");
    bench_env_fact(env, "coverage_low", share.low, "1");
    bench_env_fact(env, "coverage_high", share.high, "1");
    return BASE_OK;
}

static base_err interval_setup(struct bench_env *env)
{
    uint64_t resamples;
    base_err err =
        bench_env_count(env, "resamples", STATS_RESAMPLE_MIN, STATS_RESAMPLE_MAX, &resamples);
    if (err == BASE_OK && env->thread == 0)
        err = state_coverage(env);
    if (err != BASE_OK)
        return err;
    struct stats_state *state = new_state(env);
    if (state == NULL)
        return BASE_ENOMEM;
    err = stats_resampler_new(&state->source, state->seed, &state->resampler);
    if (err != BASE_OK) {
        stats_teardown(state);
        return base_fail(&env->why, err, 0, "no resampler for a sample of %d", SAMPLE);
    }
    state->options = (struct stats_bootstrap_options){ CONFIDENCE, (size_t)resamples, state->seed };
    env->state = state;
    env->parts_per_item = (double)resamples;
    return BASE_OK;
}

static void interval_run(void *opaque, uint64_t count)
{
    struct stats_state *state = opaque;
    for (uint64_t i = 0; i < count; i++) {
        /* Cannot fail but for memory; then the check sees the intervals that are missing. */
        if (stats_bootstrap_of(&state->source, &state->options, state->intervals) != BASE_OK)
            memset(state->intervals, 0, sizeof state->intervals);
    }
    state->done += count;
}

/* The mean's interval again, from plain resamples. */
static base_err plain_interval(const struct stats_state *state, struct stats_interval *out)
{
    const size_t count = state->options.resamples;
    double *memory = malloc((count + STATS_JACKKNIFE_MAX) * sizeof *memory);
    struct stats_resampler *resampler = NULL;
    base_err err = memory == NULL ? BASE_ENOMEM : BASE_OK;
    if (err == BASE_OK)
        err = stats_resampler_new(&state->source, state->seed, &resampler);
    if (err == BASE_OK)
        err = stats_resampler_choose(resampler, "plain");
    if (err != BASE_OK)
        goto done;
    double *means[STATS_STATISTIC_COUNT] = { [STATS_MEAN] = memory };
    double *jackknife[STATS_STATISTIC_COUNT] = { [STATS_MEAN] = memory + count };
    double estimate[STATS_STATISTIC_COUNT];
    stats_resampler_estimate(resampler, estimate);
    const size_t groups = stats_resampler_jackknife(resampler, jackknife);
    stats_resampler_run(resampler, count, means);
    *out = stats_interval_bca(memory, count, estimate[STATS_MEAN], memory + count, groups,
                              state->options.confidence);
done:
    stats_resampler_free(resampler);
    free(memory);
    return err;
}

/* Equal to the plain twin's, and about as wide as Student's: the sample is normal. */
static base_err interval_check(void *opaque, struct base_why *why)
{
    struct stats_state *state = opaque;
    if (state->done == 0)
        return BASE_OK;
    const struct stats_interval got = state->intervals[STATS_MEAN].bca;
    struct stats_interval plain;
    const base_err err = plain_interval(state, &plain);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "the plain twin has no interval");
    if (got.low != plain.low || got.high != plain.high)
        return base_fail(why, BASE_EWRONG, 0,
                         "interval %.17g .. %.17g, its plain twin is %.17g .. %.17g", got.low,
                         got.high, plain.low, plain.high);
    double values[SAMPLE];
    for (int i = 0; i < SAMPLE; i++)
        values[i] = state->times[i] / state->items[i];
    const struct stats_interval student = stats_interval_t(values, SAMPLE, CONFIDENCE);
    const double width = (got.high - got.low) / (student.high - student.low);
    if (!(width > 0.75 && width < 1.25 && got.low < got.value && got.value < got.high))
        return base_fail(why, BASE_EWRONG, 0, "interval is %.3g times as wide as Student's", width);
    return BASE_OK;
}

static const struct bench_case resample_case = {
    .name = "stats/resample",
    .doc = "One bootstrap resample of mean, median, stddev, MAD and slope; sample of 100",
    .item = "resample",
    .setup = resample_setup,
    .run = resample_run,
    .check = resample_check,
    .teardown = stats_teardown,
};

static const struct bench_case interval_case = {
    .name = "stats/interval",
    .doc = "One analysis of a sample of 100: BCa intervals of the five statistics",
    .item = "analysis",
    .params = { { "resamples", "10000", "bootstrap resamples behind each interval" } },
    .setup = interval_setup,
    .run = interval_run,
    .check = interval_check,
    .teardown = stats_teardown,
};

static const struct bench_case *const stats_cases[] = { &resample_case, &interval_case };

const struct suite suite_stats = {
    .name = "stats",
    .doc = "The instrument's own statistics: their cost, and the coverage of their intervals",
    .cases = stats_cases,
    .case_count = SUITE_COUNT(stats_cases),
    .claims_yaml = suite_claims_stats,
};
