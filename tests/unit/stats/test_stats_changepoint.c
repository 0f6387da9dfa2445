/* test_stats_changepoint.c - histories with changes at known places and histories without. */
#include "unit.h"

#include "changepoint_internal.h"

#include <base/rng.h>
#include <stats/changepoint.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 100, FOUND_MAX = 50, SEEDS = 100 };

static void fill(double *values, size_t count, double noise, uint64_t seed)
{
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (size_t i = 0; i < count; i++)
        values[i] = 1000 * exp(noise * base_rng_normal(&rng));
}

static void put_step(double *values, size_t count, size_t at, double ratio)
{
    for (size_t i = at; i < count; i++)
        values[i] *= ratio;
}

static size_t find(const double *values, size_t count, struct stats_changepoint *points)
{
    size_t found = 0;
    assert_int_equal(stats_changepoint_find(values, count, NULL, points, FOUND_MAX, &found),
                     BASE_OK);
    return found;
}

static void noise_is_no_change(void **state)
{
    (void)state;
    size_t alarmed = 0;
    for (uint64_t seed = 0; seed < 3 * SEEDS; seed++) {
        double values[COUNT];
        struct stats_changepoint points[FOUND_MAX];
        fill(values, COUNT, 0.01, seed);
        alarmed += find(values, COUNT, points) > 0;
    }
    assert_true(alarmed <= 9); /* 1 % is promised; above 9 of 300 has probability 0.001 */
}

static void a_step_is_found_where_it_is(void **state)
{
    (void)state;
    size_t found_once = 0, near = 0, covered = 0, placed = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double values[COUNT];
        struct stats_changepoint points[FOUND_MAX];
        fill(values, COUNT, 0.01, seed);
        put_step(values, COUNT, 60, 1.03);
        if (find(values, COUNT, points) != 1)
            continue;
        found_once++;
        near += points[0].index >= 58 && points[0].index <= 62;
        covered += points[0].low <= 1.03 && 1.03 <= points[0].high;
        placed += points[0].first <= 60 && 60 <= points[0].last;
        assert_true(points[0].low < points[0].ratio && points[0].ratio < points[0].high);
        assert_true(points[0].p <= 0.01);
    }
    assert_true(found_once >= 97);
    assert_true(near >= 90);
    assert_true(covered >= 88); /* of 95 % */
    assert_true(placed >= 90);
}

static void the_newest_runs_are_enough(void **state)
{
    (void)state;
    double values[COUNT];
    struct stats_changepoint points[FOUND_MAX];
    fill(values, COUNT, 0.005, 1);
    put_step(values, COUNT, COUNT - 5, 1.05);
    assert_int_equal(find(values, COUNT, points), 1);
    assert_int_equal(points[0].index, COUNT - 5);
    fill(values, COUNT, 0.005, 1);
    put_step(values, COUNT, COUNT - 3, 1.05); /* three runs may be chance */
    assert_int_equal(find(values, COUNT, points), 0);
}

static void outliers_are_left_out(void **state)
{
    (void)state;
    double values[COUNT];
    bool is_left_out[COUNT];
    struct stats_changepoint points[FOUND_MAX];
    struct stats_changepoint_fit fit = { .points = points,
                                         .capacity = FOUND_MAX,
                                         .is_left_out = is_left_out };
    fill(values, COUNT, 0.005, 7);
    put_step(values, COUNT, 50, 1.05);
    const size_t spikes[] = { 0, 20, 21, 48, 53, 77, 99 };
    for (size_t i = 0; i < sizeof spikes / sizeof spikes[0]; i++)
        values[spikes[i]] *= 1.5;
    values[30] *= 100;
    values[31] /= 100;
    assert_int_equal(stats_changepoint_fit(values, COUNT, NULL, &fit), BASE_OK);
    assert_int_equal(fit.found, 1);
    assert_true(points[0].index >= 49 && points[0].index <= 51);
    for (size_t i = 0; i < sizeof spikes / sizeof spikes[0]; i++)
        assert_true(is_left_out[spikes[i]]);
    assert_true(fit.outliers >= 9 && fit.outliers <= 12);
}

static void a_drift_is_not_many_steps(void **state)
{
    (void)state;
    size_t alarmed = 0, drifting = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double values[COUNT];
        struct stats_changepoint points[FOUND_MAX];
        struct stats_segment segments[FOUND_MAX + 1];
        struct stats_changepoint_fit fit = { .points = points,
                                             .segments = segments,
                                             .capacity = FOUND_MAX };
        fill(values, COUNT, 0.005, seed);
        for (size_t i = 0; i < COUNT; i++)
            values[i] *= 1 + 0.05 * (double)i / COUNT;
        assert_int_equal(stats_changepoint_fit(values, COUNT, NULL, &fit), BASE_OK);
        alarmed += fit.found > 0;
        drifting += fit.segment_count == 1 && segments[0].is_drift &&
                    fabs(segments[0].level_last / segments[0].level_first - 1.05) < 0.01;
    }
    assert_true(alarmed <= 5);
    assert_true(drifting >= 90);
}

static void what_has_no_noise_is_exact(void **state)
{
    (void)state;
    double values[COUNT];
    struct stats_changepoint points[FOUND_MAX];
    for (size_t i = 0; i < COUNT; i++)
        values[i] = 12345;
    assert_int_equal(find(values, COUNT, points), 0);
    put_step(values, COUNT, 40, 1.001);
    assert_int_equal(find(values, COUNT, points), 1);
    assert_int_equal(points[0].index, 40);
    assert_float_equal(points[0].ratio, 1.001, 1e-9);
    assert_true(points[0].p < 1e-9);
}

static void missing_values_keep_their_place(void **state)
{
    (void)state;
    double values[COUNT];
    struct stats_changepoint points[FOUND_MAX];
    struct stats_changepoint_fit fit = { .points = points, .capacity = FOUND_MAX };
    fill(values, COUNT, 0.005, 3);
    put_step(values, COUNT, 60, 1.1);
    const double odd[] = { NAN, 0, -5, INFINITY, -INFINITY };
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        values[10 + i] = odd[i];
    values[60] = NAN;
    assert_int_equal(stats_changepoint_fit(values, COUNT, NULL, &fit), BASE_OK);
    assert_int_equal(fit.missing, 6);
    assert_int_equal(fit.found, 1);
    assert_int_equal(points[0].index, 61);
    for (size_t i = 0; i < COUNT; i++)
        values[i] = NAN;
    assert_int_equal(find(values, COUNT, points), 0);
}

static void short_histories_have_no_change(void **state)
{
    (void)state;
    const double values[] = { 100, 100, 100, 100, 100, 200, 200, 200, 200, 200, 200 };
    struct stats_changepoint points[FOUND_MAX];
    for (size_t count = 0; count < 10; count++)
        assert_int_equal(find(values, count, points), 0);
    assert_int_equal(find(values, 10, points), 1);
    assert_int_equal(points[0].index, 5);
    assert_int_equal(find(values, 11, points), 1);
}

/* An inexact run weighs less: a step of exact runs is found among runs that know nothing. */
static void errors_are_weights(void **state)
{
    (void)state;
    size_t with = 0, without = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double values[COUNT], errors[COUNT];
        struct stats_changepoint points[FOUND_MAX];
        struct base_rng rng;
        size_t found = 0;
        base_rng_init(&rng, seed);
        for (size_t i = 0; i < COUNT; i++) {
            errors[i] = base_rng_uniform(&rng) < 0.5 ? 0.003 : 0.03;
            values[i] = 1000 * exp(errors[i] * base_rng_normal(&rng));
        }
        put_step(values, COUNT, 50, 1.015);
        const struct stats_changepoint_options options = { .errors = errors };
        assert_int_equal(stats_changepoint_find(values, COUNT, &options, points, FOUND_MAX, &found),
                         BASE_OK);
        with += found == 1;
        without += find(values, COUNT, points) == 1;
    }
    if (with <= without + 10)
        fail_msg("%zu with and %zu without", with, without);
}

static void the_same_seed_gives_the_same_bits(void **state)
{
    (void)state;
    double values[COUNT];
    struct stats_changepoint first[FOUND_MAX], second[FOUND_MAX];
    memset(first, 0, sizeof first);
    memset(second, 0, sizeof second);
    fill(values, COUNT, 0.01, 5);
    put_step(values, COUNT, 30, 1.02);
    const size_t found = find(values, COUNT, first);
    assert_int_equal(find(values, COUNT, second), found);
    assert_memory_equal(first, second, sizeof first);
    for (size_t i = 0; i < COUNT; i++)
        values[i] *= 1e6; /* the unit does not matter */
    assert_int_equal(find(values, COUNT, second), found);
    for (size_t i = 0; i < found; i++) {
        assert_int_equal(first[i].index, second[i].index);
        assert_float_equal(first[i].ratio, second[i].ratio, 1e-9);
    }
}

static void long_histories_are_split_in_windows(void **state)
{
    (void)state;
    double *values = calloc(STATS_CHANGEPOINT_MAX + 1, sizeof *values);
    struct stats_changepoint points[FOUND_MAX];
    const size_t places[] = { 700, 1990, 2600, 5000, 9900 };
    fill(values, STATS_CHANGEPOINT_MAX, 0.01, 11);
    for (size_t i = 0; i < 5; i++)
        put_step(values, STATS_CHANGEPOINT_MAX, places[i], i % 2 == 0 ? 1.02 : 0.98);
    assert_int_equal(find(values, STATS_CHANGEPOINT_MAX, points), 5);
    for (size_t i = 0; i < 5; i++)
        assert_true(points[i].index + 3 >= places[i] && points[i].index <= places[i] + 3);
    size_t found = 0;
    assert_int_equal(
        stats_changepoint_find(values, STATS_CHANGEPOINT_MAX + 1, NULL, points, FOUND_MAX, &found),
        BASE_ERANGE);
    free(values);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    static const struct stats_changepoint_options wrong[] = {
        { .significance = 0.6 }, { .significance = -1 },  { .significance = NAN },
        { .confidence = 0.4 },   { .confidence = 1 },     { .confidence = NAN },
        { .min_segment = 2 },    { .min_segment = 1001 },
    };
    double values[COUNT];
    struct stats_changepoint points[FOUND_MAX];
    size_t found = 77;
    fill(values, COUNT, 0.001, 1);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(
            stats_changepoint_find(values, COUNT, &wrong[i], points, FOUND_MAX, &found),
            BASE_EINVALID);
    put_step(values, COUNT, 30, 1.1);
    put_step(values, COUNT, 60, 1.1);
    assert_int_equal(stats_changepoint_find(values, COUNT, NULL, points, 1, &found), BASE_EFULL);
    assert_int_equal(found, 77);
}

/* --- model: PELT against the same sum tried in every way ------------------------------------ */

static double optimum(const struct change_series *series, size_t min_segment, double price)
{
    double *best = calloc(series->count + 1, sizeof *best);
    best[0] = -price;
    for (size_t end = 1; end <= series->count; end++) {
        best[end] = INFINITY;
        for (size_t first = 0; first + min_segment <= end; first++) {
            const struct change_line line = stats_change_line(series, first, end, price);
            best[end] = fmin(best[end], best[first] + line.cost + price * (line.is_line ? 2 : 1));
        }
    }
    const double out = best[series->count];
    free(best);
    return out;
}

static double cost_of(const struct change_series *series, const size_t *ends, size_t count,
                      double price)
{
    double cost = -price;
    for (size_t i = 0; i < count; i++) {
        const struct change_line line =
            stats_change_line(series, i == 0 ? 0 : ends[i - 1], ends[i], price);
        cost += line.cost + price * (line.is_line ? 2 : 1);
    }
    return cost;
}

static void pruning_loses_nothing(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 42);
    for (int round = 0; round < 300; round++) {
        const size_t count = 6 + (size_t)base_rng_below(&rng, 90);
        const size_t min_segment = 3 + (size_t)base_rng_below(&rng, 4);
        const double price = 0.5 + 12 * base_rng_uniform(&rng);
        double values[COUNT];
        bool is_left_out[COUNT];
        size_t ends[COUNT + 1], end_count = 0, dropped = 0;
        struct change_series series;
        fill(values, count, 0.01, (uint64_t)round);
        for (int k = 0; k < 3; k++)
            put_step(values, count, (size_t)base_rng_below(&rng, count),
                     0.95 + 0.1 * base_rng_uniform(&rng));
        assert_int_equal(stats_change_clean(values, count, NULL, &series, is_left_out, &dropped),
                         BASE_OK);
        if (series.count >= min_segment) {
            assert_int_equal(stats_change_split(&series, min_segment, price, ends, &end_count),
                             BASE_OK);
            const double found = cost_of(&series, ends, end_count, price);
            const double wanted = optimum(&series, min_segment, price);
            if (fabs(found - wanted) > 1e-7 * (1 + fabs(wanted)))
                fail_msg("round %d: %g and not %g", round, found, wanted);
        }
        stats_change_done(&series);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_is_no_change),
        cmocka_unit_test(a_step_is_found_where_it_is),
        cmocka_unit_test(the_newest_runs_are_enough),
        cmocka_unit_test(outliers_are_left_out),
        cmocka_unit_test(a_drift_is_not_many_steps),
        cmocka_unit_test(what_has_no_noise_is_exact),
        cmocka_unit_test(missing_values_keep_their_place),
        cmocka_unit_test(short_histories_have_no_change),
        cmocka_unit_test(errors_are_weights),
        cmocka_unit_test(the_same_seed_gives_the_same_bits),
        cmocka_unit_test(long_histories_are_split_in_windows),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(pruning_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
