/* test_stats_shares.c - simulated hosts with four speeds, cases that follow some of them. */
#include "unit.h"

#include <base/rng.h>
#include <stats/shares.h>

#include <math.h>
#include <stdlib.h>

enum { PROCESSES = 10, WINDOWS = 60 };

struct world {
    double share[STATS_SHARES];
    double movement[STATS_SHARES]; /* of each speed's slow walk, a step */
    double noise;                  /* of a window of the case */
    double speed_noise;            /* of a window of a reference */
};

struct data {
    double time[PROCESSES][WINDOWS], speed[STATS_SHARES][PROCESSES][WINDOWS];
    struct stats_share_windows windows[PROCESSES];
};

static void simulate(const struct world *world, struct base_rng *rng, struct data *data)
{
    double walk[STATS_SHARES] = { 0 };
    for (size_t p = 0; p < PROCESSES; p++) {
        data->windows[p] = (struct stats_share_windows){ WINDOWS, data->time[p], { NULL } };
        for (size_t k = 0; k < STATS_SHARES; k++)
            data->windows[p].speed[k] = data->speed[k][p];
        for (size_t i = 0; i < WINDOWS; i++) {
            data->time[p][i] = 3 + world->noise * base_rng_normal(rng);
            for (size_t k = 0; k < STATS_SHARES; k++) {
                walk[k] = 0.95 * walk[k] + world->movement[k] * base_rng_normal(rng);
                data->time[p][i] += world->share[k] * walk[k];
                data->speed[k][p][i] = walk[k] + world->speed_noise * base_rng_normal(rng);
            }
        }
    }
}

static struct stats_shares fit(struct data *data)
{
    struct stats_shares out;
    assert_int_equal(stats_shares_fit(data->windows, PROCESSES, &out), BASE_OK);
    return out;
}

static void shares_are_found(void **state)
{
    (void)state;
    static const double rows[][STATS_SHARES] = { { 0, 0, 0 }, { 1, 0, 0 },       { 0, 1, 0 },
                                                 { 0, 0, 1 }, { 0.3, 0.2, 0.4 }, { 0.5, 0, 0.5 } };
    struct data *data = calloc(1, sizeof *data);
    struct base_rng rng;
    base_rng_init(&rng, 1);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct world world = { .movement = { 0.05, 0.03, 0.03 },
                               .noise = 0.01,
                               .speed_noise = 0.03 };
        double sum = 0;
        for (size_t k = 0; k < STATS_SHARES; k++)
            world.share[k] = rows[r][k];
        simulate(&world, &rng, data);
        const struct stats_shares out = fit(data);
        for (size_t k = 0; k < STATS_SHARES; k++) {
            assert_float_equal(out.of[k], rows[r][k], 0.12);
            assert_true(out.of[k] >= 0);
            assert_true(stats_shares_deviation(&out, k) < 0.1);
            sum += out.of[k];
        }
        assert_true(sum <= 1 + 1e-9);
    }
    free(data);
}

/* Nothing moved: what is said is the prior, and that nothing is known. */
static void a_calm_run_knows_nothing(void **state)
{
    (void)state;
    struct data *data = calloc(1, sizeof *data);
    struct base_rng rng;
    base_rng_init(&rng, 2);
    const struct world world = { .noise = 0.0001, .speed_noise = 0.02 };
    simulate(&world, &rng, data);
    const struct stats_shares out = fit(data);
    assert_float_equal(stats_shares_deviation(&out, STATS_SHARE_WIDE), 0.5, 0.2);
    assert_float_equal(stats_shares_deviation(&out, STATS_SHARE_MEMORY), 0.5, 0.2);
    const double far[STATS_SHARES] = { 0.5, 0, 0 };
    assert_true(stats_shares_error(&out, far) > 0.1);
    free(data);
}

/* A host that jumps between two states, half of the windows in either, and a case that follows
 * half of it: by a median of each the two would stand in different states. */
static void a_process_stands_on_the_line(void **state)
{
    (void)state;
    enum { COUNT = 101 };
    double time[COUNT], wide[COUNT], scratch[COUNT], at = 0, speed[STATS_SHARES];
    const struct stats_shares shares = { .of = { 0.5, 0, 0 } };
    const struct stats_share_windows one = { COUNT, time, { wide, NULL, NULL } };
    for (size_t i = 0; i < COUNT; i++) {
        wide[i] = i % 2 == 0 ? 0.6 : 0;
        time[i] = 3 + 0.5 * wide[i] + (i % 3 == 0 ? 0.001 : -0.001);
    }
    time[7] += 2; /* preempted, seen by nothing else */
    wide[50] += 1;
    stats_shares_place(&shares, &one, scratch, &at, speed);
    assert_float_equal(at - 0.5 * speed[STATS_SHARE_WIDE], 3, 0.0011);
    assert_float_equal(speed[STATS_SHARE_WIDE], 0.3, 0.01);
    assert_true(isnan(speed[STATS_SHARE_CACHE]) && isnan(speed[STATS_SHARE_MEMORY]));
}

/* A busy run teaches a calm one, and not the other way round. */
static void two_runs_know_more(void **state)
{
    (void)state;
    struct data *data = calloc(1, sizeof *data);
    struct base_rng rng;
    base_rng_init(&rng, 3);
    const struct world calm = { .share = { 0.6, 0, 0 },
                                .movement = { 0.0005, 0.0005, 0.0005 },
                                .noise = 0.001,
                                .speed_noise = 0.001 };
    const struct world busy = {
        .share = { 0.6, 0, 0 }, .movement = { 0.1, 0.02, 0.02 }, .noise = 0.05, .speed_noise = 0.02
    };
    simulate(&calm, &rng, data);
    const struct stats_shares a = fit(data);
    simulate(&busy, &rng, data);
    const struct stats_shares b = fit(data);
    const struct stats_shares both = stats_shares_pool(&a, &b), turned = stats_shares_pool(&b, &a);
    assert_float_equal(both.of[STATS_SHARE_WIDE], 0.6, 0.1);
    for (size_t k = 0; k < STATS_SHARES; k++) {
        assert_float_equal(both.of[k], turned.of[k], 1e-6);
        assert_true(stats_shares_deviation(&both, k) <= stats_shares_deviation(&b, k) + 1e-9);
    }
    assert_float_equal(both.noise, fmax(a.noise, b.noise), 0);
    free(data);
}

/* By hand: one share known to +- 0.1, at a distance of 0.2. */
static void errors_and_what_is_explained(void **state)
{
    (void)state;
    const struct stats_shares shares = {
        .of = { 0, 0, 0.5 },
        .precision = { { 100, 0, 0 }, { 0, 100, 0 }, { 0, 0, 100 } },
        .noise = 0.005
    };
    const double speed[STATS_SHARES] = { NAN, 0, 0.2 };
    assert_float_equal(stats_shares_explained(&shares, speed), 0.1, 1e-12);
    assert_float_equal(stats_shares_error(&shares, speed),
                       hypot(0.1 * 0.2, STATS_SHARES_BEND_OTHER * 0.5 * 0.2), 1e-12);
    assert_float_equal(stats_shares_deviation(&shares, STATS_SHARE_WIDE), 0.1, 1e-12);
    const double nowhere[STATS_SHARES] = { 0, 0, 0 };
    assert_float_equal(stats_shares_error(&shares, nowhere), 0, 0);
}

static void a_kernel_that_was_not_timed_has_no_share(void **state)
{
    (void)state;
    struct data *data = calloc(1, sizeof *data);
    struct base_rng rng;
    base_rng_init(&rng, 4);
    const struct world world = {
        .share = { 0, 0, 0.7 }, .movement = { 0.02, 0.02, 0.03 }, .noise = 0.01, .speed_noise = 0.01
    };
    simulate(&world, &rng, data);
    for (size_t p = 0; p < PROCESSES; p++)
        data->windows[p].speed[STATS_SHARE_WIDE] = data->windows[p].speed[STATS_SHARE_CACHE] = NULL;
    const struct stats_shares out = fit(data);
    assert_float_equal(out.of[STATS_SHARE_WIDE] + out.of[STATS_SHARE_CACHE], 0, 1e-6);
    assert_float_equal(out.of[STATS_SHARE_MEMORY], 0.7, 0.1);
    assert_true(stats_shares_deviation(&out, STATS_SHARE_WIDE) < 1e-5);
    free(data);
}

static void numbers_of_a_file_are_checked(void **state)
{
    (void)state;
    const struct stats_shares good = { .of = { 0.5, 0, 0.5 },
                                       .precision = { { 4, 1, 1 }, { 1, 4, 1 }, { 1, 1, 4 } },
                                       .noise = 0.01 };
    assert_true(stats_shares_is_known(&good));
    struct stats_shares bad[8];
    for (size_t i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].of[0] = 0.6; /* more than all */
    bad[1].of[0] = -0.1;
    bad[2].of[1] = NAN;
    bad[3].noise = 0;
    bad[4].noise = INFINITY;
    bad[5].precision[0][1] = bad[5].precision[1][0] = 5; /* not definite */
    bad[6].precision[2][2] = NAN;
    bad[7].precision[0][0] = 1e308;
    bad[7].precision[1][1] = 1e308;
    for (size_t i = 0; i < 8; i++)
        assert_false(stats_shares_is_known(&bad[i]));
    const double no[3] = { -3, -3, -3 };
    struct stats_shares pairs = good; /* every pair of rows is fine, the three are not */
    pairs.precision[0][1] = pairs.precision[1][0] = no[0];
    pairs.precision[0][2] = pairs.precision[2][0] = no[1];
    pairs.precision[1][2] = pairs.precision[2][1] = no[2];
    assert_false(stats_shares_is_known(&pairs));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_found),
        cmocka_unit_test(a_calm_run_knows_nothing),
        cmocka_unit_test(a_process_stands_on_the_line),
        cmocka_unit_test(two_runs_know_more),
        cmocka_unit_test(errors_and_what_is_explained),
        cmocka_unit_test(a_kernel_that_was_not_timed_has_no_share),
        cmocka_unit_test(numbers_of_a_file_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
