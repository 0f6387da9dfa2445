/* test_stats_coverage.c - do 95 % intervals hold the truth in 95 % of experiments?
 *
 * Experiments with a known truth and a fixed seed. The bounds are the known behaviour of each
 * method at its sample size, plus simulation error (0.7 % at 1000 experiments): too narrow to pass
 * when a limit is swapped, a tail halved, a bias correction's sign wrong, or a block ignored. */
#include "unit.h"

#include <base/rng.h>
#include <stats/bootstrap.h>
#include <stats/effective.h>
#include <stats/interval.h>
#include <stats/summary.h>

#include <math.h>

#ifdef BPI_SANITIZED
enum { EXPERIMENTS = 300 };
#define SLACK 0.03
#else
enum { EXPERIMENTS = 1000 };
#define SLACK 0.0
#endif

enum { RESAMPLES = 1000, COUNT_MAX = 600 };

/* A world: how a sample is drawn, and what is true in it. */
struct world {
    const char *name;
    double (*draw)(struct base_rng *rng, double last);
    double truth[STATS_STATISTIC_COUNT];
};

static double draw_normal(struct base_rng *rng, double last)
{
    (void)last;
    return 10 + 2 * base_rng_normal(rng);
}

static double draw_exponential(struct base_rng *rng, double last)
{
    (void)last;
    return base_rng_exponential(rng, 3);
}

static double draw_lognormal(struct base_rng *rng, double last)
{
    (void)last;
    return exp(0.5 * base_rng_normal(rng));
}

/* AR(1), coefficient 0.6, about 20. */
static double draw_autoregression(struct base_rng *rng, double last)
{
    return 20 + 0.6 * (last - 20) + base_rng_normal(rng);
}

static const struct world normal = { "normal", draw_normal, { 10, 10, 2, 1.3489795, 10 } };
static const struct world exponential = { "exponential",
                                          draw_exponential,
                                          { 3, 2.0794415, 3, 1.4436355, 3 } };
static const struct world lognormal = { "lognormal",
                                        draw_lognormal,
                                        { 1.1331485, 1, 0.60390053, 0.32694582, 1.1331485 } };
static const struct world autoregression = { "AR(1)",
                                             draw_autoregression,
                                             { 20, 20, 1.25, 0.84311219, 20 } };

static void make_series(const struct world *world, struct base_rng *rng, size_t count,
                        double *values)
{
    double last = world->truth[STATS_MEDIAN];
    for (int i = 0; i < 50; i++) /* long enough to forget where it began */
        last = world->draw(rng, last);
    for (size_t i = 0; i < count; i++)
        values[i] = last = world->draw(rng, last);
}

static bool holds(struct stats_interval interval, double truth)
{
    return interval.low <= truth && truth <= interval.high;
}

/* Shares of experiments whose interval held the truth. */
struct coverage {
    double bca[STATS_STATISTIC_COUNT], percentile[STATS_STATISTIC_COUNT];
};

static struct coverage cover(const struct world *world, size_t count, size_t block)
{
    struct coverage coverage = { 0 };
    struct base_rng rng;
    base_rng_init(&rng, 2026);
    for (int e = 0; e < EXPERIMENTS; e++) {
        double times[COUNT_MAX], items[COUNT_MAX];
        make_series(world, &rng, count, times);
        for (size_t i = 0; i < count; i++) {
            items[i] = (double)(1 + i % 10);
            times[i] *= items[i];
        }
        const struct stats_source source = { times, items, count, NULL, 0, block };
        const struct stats_bootstrap_options options = { 0.95, RESAMPLES, (uint64_t)e };
        struct stats_bootstrap out[STATS_STATISTIC_COUNT];
        assert_int_equal(stats_bootstrap_of(&source, &options, out), BASE_OK);
        for (int s = 0; s < STATS_STATISTIC_COUNT; s++) {
            coverage.bca[s] += holds(out[s].bca, world->truth[s]) / (double)EXPERIMENTS;
            coverage.percentile[s] +=
                holds(out[s].percentile, world->truth[s]) / (double)EXPERIMENTS;
        }
    }
    print_message(
        "%-12s n %3zu block %2d  BCa mean %.3f median %.3f stddev %.3f MAD %.3f slope %.3f"
        "   percentile %.3f %.3f %.3f %.3f %.3f\n",
        world->name, count, block == STATS_BLOCK_AUTO ? -1 : (int)block, coverage.bca[0],
        coverage.bca[1], coverage.bca[2], coverage.bca[3], coverage.bca[4], coverage.percentile[0],
        coverage.percentile[1], coverage.percentile[2], coverage.percentile[3],
        coverage.percentile[4]);
    return coverage;
}

#define assert_between(x, low, high) assert_true((x) >= (low)-SLACK && (x) <= (high) + SLACK)

/* Means, medians and slopes lose 1 to 3 % at n = 100, standard deviations up to 10 %; and for those
 * BCa must gain on the percentile interval, which a wrong sign of bias or acceleration turns into a
 * loss. */
static void independent_samples(void **state)
{
    (void)state;
    static const struct world *const worlds[] = { &normal, &exponential, &lognormal };
    static const double gain[] = { 0.003, 0.008, 0.02 };
    for (int w = 0; w < 3; w++) {
        const struct coverage c = cover(worlds[w], 100, 1);
        assert_between(c.bca[STATS_MEAN], 0.92, 0.96);
        assert_between(c.bca[STATS_MEDIAN], 0.925, 0.97);
        assert_between(c.bca[STATS_STDDEV], 0.85, 0.95);
        assert_between(c.bca[STATS_MAD], 0.92, 0.97);
        assert_between(c.bca[STATS_SLOPE], 0.90, 0.96);
        assert_between(c.percentile[STATS_MEAN], 0.915, 0.96);
        assert_between(c.percentile[STATS_MEDIAN], 0.925, 0.97);
        assert_between(c.bca[STATS_STDDEV] - c.percentile[STATS_STDDEV], gain[w], 0.07);
    }
}

/* Blocks know the autocorrelation; the same bootstrap without them is far too narrow. */
static void correlated_samples(void **state)
{
    (void)state;
    const struct coverage automatic = cover(&autoregression, 300, STATS_BLOCK_AUTO);
    const struct coverage fixed = cover(&autoregression, 300, 20);
    const struct coverage none = cover(&autoregression, 300, 1);
    for (int s = 0; s < STATS_STATISTIC_COUNT; s++) {
        assert_between(automatic.bca[s], 0.885, 0.96);
        assert_between(fixed.bca[s], 0.885, 0.96);
        assert_true(none.bca[s] < automatic.bca[s] - 0.02);
    }
    assert_between(none.bca[STATS_MEAN], 0.60, 0.72);
}

/* k processes with a level of their own; batches inside scatter less than processes do. */
static void make_processes(struct base_rng *rng, size_t k, size_t size, double *values,
                           double *levels)
{
    for (size_t p = 0; p < k; p++) {
        const double level = 100 + 2 * base_rng_normal(rng);
        for (size_t i = 0; i < size; i++)
            values[p * size + i] = level + base_rng_normal(rng);
        levels[p] = stats_mean(values + p * size, size);
    }
}

struct process_coverage {
    double student, studentised, two_level, pooled;
};

static struct process_coverage cover_processes(size_t k)
{
    enum { SIZE = 20 };
    struct process_coverage c = { 0 };
    struct base_rng rng;
    base_rng_init(&rng, 7);
    for (int e = 0; e < EXPERIMENTS; e++) {
        double values[COUNT_MAX], levels[COUNT_MAX / SIZE];
        size_t sizes[COUNT_MAX / SIZE];
        make_processes(&rng, k, SIZE, values, levels);
        for (size_t p = 0; p < k; p++)
            sizes[p] = SIZE;
        struct stats_interval studentised;
        assert_int_equal(
            stats_interval_studentised(levels, k, 0.95, RESAMPLES, (uint64_t)e, &studentised),
            BASE_OK);
        c.student += holds(stats_interval_t(levels, k, 0.95), 100) / (double)EXPERIMENTS;
        c.studentised += holds(studentised, 100) / (double)EXPERIMENTS;
        const struct stats_bootstrap_options options = { 0.95, RESAMPLES, (uint64_t)e };
        struct stats_bootstrap out[STATS_STATISTIC_COUNT];
        struct stats_source source = { values, NULL, k * SIZE, NULL, 0, 1 };
        assert_int_equal(stats_bootstrap_of(&source, &options, out), BASE_OK);
        c.pooled += holds(out[STATS_MEAN].bca, 100) / (double)EXPERIMENTS;
        if (k < STATS_BOOTSTRAP_PROCESS_MIN)
            continue;
        source.process_sizes = sizes;
        source.process_count = k;
        source.block = STATS_BLOCK_WHOLE;
        assert_int_equal(stats_bootstrap_of(&source, &options, out), BASE_OK);
        c.two_level += holds(out[STATS_MEAN].bca, 100) / (double)EXPERIMENTS;
    }
    print_message("%zu processes: t %.3f studentised %.3f two-level BCa %.3f pooled BCa %.3f\n", k,
                  c.student, c.studentised, c.two_level, c.pooled);
    return c;
}

static void processes(void **state)
{
    (void)state;
    const struct process_coverage three = cover_processes(3);
    assert_between(three.student, 0.93, 0.97);
    assert_between(three.pooled, 0.2, 0.4);
    const struct process_coverage ten = cover_processes(10);
    assert_between(ten.student, 0.93, 0.97);
    assert_between(ten.studentised, 0.93, 0.97);
    assert_between(ten.two_level, 0.88, 0.93);
    assert_between(ten.pooled, 0.28, 0.42);
    const struct process_coverage thirty = cover_processes(30);
    assert_between(thirty.studentised, 0.93, 0.97);
    assert_between(thirty.two_level, 0.915, 0.96);
}

static void quantiles(void **state)
{
    (void)state;
    enum { COUNT = 60, MANY = 10 * EXPERIMENTS };
    double exact = 0;
    double hutson = 0;
    struct base_rng rng;
    base_rng_init(&rng, 8);
    for (int e = 0; e < MANY; e++) {
        double values[COUNT];
        make_series(&exponential, &rng, COUNT, values);
        stats_sort(values, COUNT);
        const double truth = -3 * log(1 - 0.8);
        exact += holds(stats_interval_quantile_exact(values, COUNT, 0.8, 0.95), truth);
        hutson += holds(stats_interval_quantile_hutson(values, COUNT, 0.8, 0.95), truth);
    }
    print_message("p80 of 60: exact %.4f hutson %.4f\n", exact / MANY, hutson / MANY);
    assert_between(exact / MANY, 0.95, 0.98);
    assert_between(hutson / MANY, 0.94, 0.96);
}

static void shares(void **state)
{
    (void)state;
    enum { TRIALS = 40 };
    double wilson = 0;
    double clopper = 0;
    double least = 1; /* coverage of Clopper-Pearson over the worlds */
    int worlds = 0;
    for (double p = 0.05; p < 0.96; p += 0.01, worlds++) {
        double here = 0;
        for (uint64_t x = 0; x <= TRIALS; x++) {
            const double chance =
                exp(lgamma(TRIALS + 1) - lgamma((double)x + 1) - lgamma(TRIALS - (double)x + 1) +
                    (double)x * log(p) + (TRIALS - (double)x) * log1p(-p));
            wilson += chance * holds(stats_interval_wilson(x, TRIALS, 0.95), p);
            here += chance * holds(stats_interval_clopper_pearson(x, TRIALS, 0.95), p);
        }
        clopper += here;
        least = here < least ? here : least;
    }
    print_message("shares: wilson %.4f clopper %.4f\n", wilson / worlds, clopper / worlds);
    assert_float_equal(wilson / worlds, 0.95, 0.003);
    assert_true(least >= 0.95 && clopper / worlds < 0.98);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(independent_samples),
        cmocka_unit_test(correlated_samples),
        cmocka_unit_test(processes),
        cmocka_unit_test(quantiles),
        cmocka_unit_test(shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
