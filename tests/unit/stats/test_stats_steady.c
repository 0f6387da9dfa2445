/* test_stats_steady.c - series that are steady and series that are not. */
#include "unit.h"

#include <base/rng.h>
#include <stats/steady.h>

#include <math.h>

enum { COUNT = 400, SEEDS = 200 };

static const struct stats_steady_options defaults = { 0 };

/* A shape: the value at time t without noise, about 100. */
typedef double shape(double t);

static double flat(double t)
{
    (void)t;
    return 100;
}

static double step_at_100(double t)
{
    return t < 100 ? 110 : 100;
}

static double decay(double t)
{
    return 100 + 80 * exp(-t / 30);
}

static double drifting(double t)
{
    return 100 + 0.2 * t;
}

static double short_period(double t)
{
    return 100 + 3 * sin(2 * 3.14159265358979 * t / 5);
}

static double long_period(double t)
{
    return 100 + 5 * sin(2 * 3.14159265358979 * t / 120);
}

static double alternating(double t)
{
    return fmod(t, 2) < 1 ? 95 : 105;
}

static void make(shape *value, double noise, double spikes, uint64_t seed, double *values)
{
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (int t = 0; t < COUNT; t++) {
        values[t] = value(t) + noise * base_rng_normal(&rng);
        if (base_rng_uniform(&rng) < spikes)
            values[t] += 1000 * base_rng_uniform(&rng);
    }
}

/* Share of seeds that are steady when `count` values have been seen. */
static double steady_share(shape *value, double noise, double spikes, size_t count)
{
    double share = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double values[COUNT];
        make(value, noise, spikes, seed, values);
        share += stats_steady_of(values, count, &defaults).is_steady / (double)SEEDS;
    }
    return share;
}

static void noise_is_steady_at_any_level(void **state)
{
    (void)state;
    assert_float_equal(steady_share(flat, 0, 0, 30), 1, 0);
    assert_true(steady_share(flat, 0.2, 0, 200) > 0.99);
    assert_true(steady_share(flat, 2, 0, 200) > 0.95);
    assert_true(steady_share(flat, 30, 0, 200) > 0.95);
    assert_true(steady_share(flat, 0.5, 0.1, 200) > 0.95); /* one value in ten is preempted */
}

static void a_step_is_seen_until_it_has_left(void **state)
{
    (void)state;
    assert_true(steady_share(step_at_100, 0.5, 0, 100) > 0.95);
    for (size_t seen = 107; seen <= 123; seen += 4)
        assert_true(steady_share(step_at_100, 0.5, 0, seen) < 0.05);
    assert_true(steady_share(step_at_100, 0.5, 0, 131) > 0.95);
    assert_true(steady_share(step_at_100, 0.5, 0.05, 115) < 0.05);
}

/* 80 % too slow at first, time constant 30 batches: within 1 % over the window from about t = 140.
 */
static void a_decay_is_seen_until_it_is_small(void **state)
{
    (void)state;
    for (size_t seen = 30; seen <= 110; seen += 20)
        assert_true(steady_share(decay, 0.3, 0, seen) < 0.02);
    assert_true(steady_share(decay, 0.3, 0, 220) > 0.98);
    for (size_t seen = 30; seen <= 70; seen += 20) /* also under more noise */
        assert_true(steady_share(decay, 3, 0.02, seen) < 0.1);
}

static void a_drift_is_never_steady(void **state)
{
    (void)state;
    for (size_t seen = 30; seen <= COUNT; seen += 37)
        assert_true(steady_share(drifting, 0.5, 0, seen) < 0.02);
}

static void a_short_period_passes_a_long_one_does_not(void **state)
{
    (void)state;
    assert_true(steady_share(short_period, 0.2, 0, 200) > 0.95);
    assert_true(steady_share(alternating, 0.2, 0, 200) > 0.95);
    /* Rising and falling flanks of the long one; at a crest it is flat for a window. */
    assert_true(steady_share(long_period, 0.2, 0, 135) < 0.05);
    assert_true(steady_share(long_period, 0.2, 0, 195) < 0.05);
}

/* Noise with a memory looks like small drifts: it delays the verdict, by a few windows at most. */
static void correlated_noise_only_delays(void **state)
{
    (void)state;
    double waited = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct base_rng rng;
        base_rng_init(&rng, seed);
        double values[COUNT];
        double last = 0;
        for (int t = 0; t < COUNT; t++) {
            last = 0.6 * last + 0.8 * base_rng_normal(&rng);
            values[t] = 100 + 3 * last;
        }
        size_t seen = 30;
        while (seen < COUNT && !stats_steady_of(values, seen, &defaults).is_steady)
            seen += 5;
        assert_true(seen < 150);
        waited += (double)seen / SEEDS;
    }
    assert_true(waited < 45);
}

static void figures_are_the_series_own(void **state)
{
    (void)state;
    double values[COUNT];
    make(drifting, 0, 0, 1, values);
    const struct stats_steady s = stats_steady_of(values, 100, &defaults);
    assert_float_equal(s.drift, 0.2 * 29, 1e-9);
    assert_float_equal(s.step, 0.2 * 20, 1e-9);
    assert_float_equal(s.spread, 0.2 * 20, 1e-9);
    assert_float_equal(s.level, 100 + 0.2 * 84.5, 1e-9);
    make(flat, 2, 0, 1, values);
    const struct stats_steady_options wide = { .window = 10000 };
    assert_float_equal(stats_steady_of(values, COUNT, &wide).noise, 2, 0.6);
}

static void options_and_short_series(void **state)
{
    (void)state;
    double values[COUNT];
    make(flat, 0, 0, 1, values);
    assert_false(stats_steady_of(values, 29, &defaults).is_steady);
    assert_true(isnan(stats_steady_of(values, 29, &defaults).level));
    assert_true(stats_steady_of(values, 30, &defaults).is_steady);
    const struct stats_steady_options tiny = { .window = 1 };
    assert_false(stats_steady_of(values, STATS_STEADY_WINDOW_MIN - 1, &tiny).is_steady);
    assert_true(stats_steady_of(values, STATS_STEADY_WINDOW_MIN, &tiny).is_steady);
    const struct stats_steady_options huge = { .window = 5000 };
    assert_false(stats_steady_of(values, STATS_STEADY_WINDOW_MAX - 1, &huge).is_steady);
    assert_true(stats_steady_of(values, STATS_STEADY_WINDOW_MAX, &huge).is_steady);
    make(drifting, 0, 0, 1, values);
    const struct stats_steady_options lenient = { .tolerance = 0.1 };
    assert_true(stats_steady_of(values, 100, &lenient).is_steady);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_is_steady_at_any_level),
        cmocka_unit_test(a_step_is_seen_until_it_has_left),
        cmocka_unit_test(a_decay_is_seen_until_it_is_small),
        cmocka_unit_test(a_drift_is_never_steady),
        cmocka_unit_test(a_short_period_passes_a_long_one_does_not),
        cmocka_unit_test(correlated_noise_only_delays),
        cmocka_unit_test(figures_are_the_series_own),
        cmocka_unit_test(options_and_short_series),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
