/* test_stats_paired.c - signed ranks against a naive twin that tries every pattern of signs, and
 * the corrections for many tests. R's answers are in test_stats_golden.c. */
#include "unit.h"

#include <base/rng.h>
#include <stats/multiple.h>
#include <stats/paired.h>
#include <stats/summary.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAIVE_MAX = 12, AVERAGES_MAX = NAIVE_MAX * (NAIVE_MAX + 1) / 2 };

/* --- the naive twin ------------------------------------------------------------------------ */

/* P(T <= k) by all 2^n patterns. tail [averages + 1] */
static void naive_tail(size_t count, double *tail)
{
    const size_t averages = count * (count + 1) / 2;
    memset(tail, 0, (averages + 1) * sizeof *tail);
    for (size_t pattern = 0; pattern < (size_t)1 << count; pattern++) {
        size_t sum = 0;
        for (size_t k = 0; k < count; k++)
            sum += pattern >> k & 1 ? k + 1 : 0;
        tail[sum] += ldexp(1, -(int)count);
    }
    for (size_t k = 1; k <= averages; k++)
        tail[k] += tail[k - 1];
}

static size_t naive_averages(const double *values, size_t count, double *averages)
{
    size_t made = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i; j < count; j++)
            averages[made++] = (values[i] + values[j]) / 2;
    stats_sort(averages, made);
    return made;
}

static double naive_p(const double *values, size_t count, double bound, enum stats_side side)
{
    double averages[AVERAGES_MAX], tail[AVERAGES_MAX + 1];
    const size_t n = naive_averages(values, count, averages);
    size_t above = 0, below = 0;
    naive_tail(count, tail);
    for (size_t i = 0; i < n; i++) {
        above += averages[i] > bound;
        below += averages[i] < bound;
    }
    const double p_above = tail[n - above], p_below = tail[n - below];
    if (side == STATS_SIDE_BOTH)
        return fmin(1, 2 * fmin(p_above, p_below));
    return side == STATS_SIDE_ABOVE ? p_above : p_below;
}

static struct stats_interval naive_interval(const double *values, size_t count, double alpha)
{
    double averages[AVERAGES_MAX], tail[AVERAGES_MAX + 1];
    const size_t n = naive_averages(values, count, averages);
    struct stats_interval out = { stats_median_sorted(averages, n), -INFINITY, INFINITY };
    naive_tail(count, tail);
    for (size_t k = 0; 2 * tail[k] <= alpha; k++) {
        out.low = averages[k];
        out.high = averages[n - 1 - k];
    }
    return out;
}

/* --- samples ------------------------------------------------------------------------------- */

enum kind { CONTINUOUS, TIED, KIND_COUNT };

static void draw(struct base_rng *rng, enum kind kind, double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = kind == TIED ? (double)base_rng_below(rng, 7) - 3 : base_rng_normal(rng) + 0.3;
}

static struct stats_paired open_paired(const double *values, size_t count)
{
    struct stats_paired paired;
    assert_int_equal(stats_paired_init(&paired, values, count), BASE_OK);
    return paired;
}

static void agrees_with_the_naive_twin(void **state)
{
    (void)state;
    static const double alphas[] = { 0.9, 0.5, 0.25, 0.1, 0.0625, 0.05, 0.01, 0.001 };
    static const double bounds[] = { -1, -0.5, 0, 0.25, 0.5, 1, 3, 10 };
    struct base_rng rng;
    base_rng_init(&rng, 31);
    for (size_t n = 1; n <= NAIVE_MAX; n++) {
        for (int kind = 0; kind < 3 * KIND_COUNT; kind++) {
            double values[NAIVE_MAX];
            draw(&rng, kind % KIND_COUNT, values, n);
            struct stats_paired paired = open_paired(values, n);
            for (size_t i = 0; i < 8; i++) {
                const struct stats_interval got = stats_paired_interval(&paired, alphas[i]);
                const struct stats_interval want = naive_interval(values, n, alphas[i]);
                assert_float_equal(got.value, want.value, 1e-15);
                assert_true(got.low == want.low && got.high == want.high);
                for (enum stats_side side = STATS_SIDE_BOTH; side <= STATS_SIDE_BELOW; side++)
                    assert_float_equal(stats_paired_p(&paired, bounds[i], side),
                                       naive_p(values, n, bounds[i], side), 1e-14);
            }
            stats_paired_done(&paired);
        }
    }
}

/* Under the null hypothesis every pattern of signs of the same magnitudes is equally likely. With
 * ties and zeros, too, p <= alpha and an interval beside 0 must be as rare as they say. */
static void ties_are_never_too_sure(void **state)
{
    (void)state;
    static const double magnitudes[][8] = {
        { 1, 2, 3, 4, 5, 6, 7, 8 }, { 1, 1, 1, 1, 1, 1, 1, 1 }, { 0, 0, 1, 2, 3, 4, 5, 6 },
        { 0, 1, 1, 2, 2, 3, 3, 9 }, { 0, 0, 0, 0, 0, 0, 0, 1 }, { 5, 5, 5, 0, 5, 5, 7, 7 },
    };
    for (size_t m = 0; m < 6; m++) {
        static const double alphas[] = { 0.5, 0.2, 0.1, 0.05, 0.01 };
        size_t refused[3][5] = { 0 }, missed[5] = { 0 };
        for (size_t pattern = 0; pattern < 256; pattern++) {
            double values[8];
            for (size_t i = 0; i < 8; i++)
                values[i] = pattern >> i & 1 ? magnitudes[m][i] : -magnitudes[m][i];
            struct stats_paired paired = open_paired(values, 8);
            for (size_t a = 0; a < 5; a++) {
                const struct stats_interval interval = stats_paired_interval(&paired, alphas[a]);
                missed[a] += interval.low > 0 || interval.high < 0;
                for (enum stats_side side = STATS_SIDE_BOTH; side <= STATS_SIDE_BELOW; side++)
                    refused[side][a] += stats_paired_p(&paired, 0, side) <= alphas[a];
            }
            stats_paired_done(&paired);
        }
        for (size_t a = 0; a < 5; a++) {
            const double most = 256 * alphas[a];
            assert_true((double)missed[a] <= most && missed[a] == refused[STATS_SIDE_BOTH][a]);
            assert_true((double)refused[STATS_SIDE_ABOVE][a] <= most);
            assert_true((double)refused[STATS_SIDE_BELOW][a] <= most);
            /* Without ties the level is met as closely as 256 patterns can. */
            if (m == 0)
                assert_true((double)missed[a] > 0.7 * most - 2);
        }
    }
}

/* The bound lies outside the interval exactly when its p-value is at most alpha, at the averages
 * themselves and one step beside them. */
static void test_and_interval_are_one(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 33);
    for (int round = 0; round < 200; round++) {
        double values[40];
        const size_t n = 1 + base_rng_below(&rng, 40);
        const double alpha = pow(10, -4 * base_rng_uniform(&rng)) * 0.99;
        draw(&rng, round % KIND_COUNT, values, n);
        struct stats_paired paired = open_paired(values, n);
        const struct stats_interval both = stats_paired_interval(&paired, alpha);
        for (size_t i = 0; i < n; i++) {
            const double at = (values[i] + values[n - 1 - i]) / 2;
            const double bounds[] = {
                at,        nextafter(at, -9),       nextafter(at, 9),       both.low,
                both.high, nextafter(both.low, -9), nextafter(both.high, 9)
            };
            for (size_t b = 0; b < 7; b++) {
                if (!isfinite(bounds[b]) || fabs(bounds[b]) >= STATS_PAIRED_VALUE_MAX)
                    continue;
                const double p = stats_paired_p(&paired, bounds[b], STATS_SIDE_BOTH);
                assert_int_equal(p <= alpha, bounds[b] < both.low || bounds[b] > both.high);
                assert_int_equal(stats_paired_p(&paired, bounds[b], STATS_SIDE_ABOVE) <= alpha / 2,
                                 bounds[b] < both.low);
            }
        }
        stats_paired_done(&paired);
    }
}

static void a_thousand_pairs(void **state)
{
    (void)state;
    double values[STATS_PAIRED_MAX];
    const double n = STATS_PAIRED_MAX;
    for (size_t i = 0; i < STATS_PAIRED_MAX; i++)
        values[i] = (double)(i + 1);
    struct stats_paired paired = open_paired(values, STATS_PAIRED_MAX);
    const double p = stats_paired_p(&paired, 0, STATS_SIDE_ABOVE);
    assert_true(p == ldexp(1, -STATS_PAIRED_MAX));
    assert_true(stats_paired_p(&paired, 0, STATS_SIDE_BELOW) == 1);
    /* The tail is the normal one with the variance of the signed-rank statistic, but for 0.1 %. */
    const double mean = n * (n + 1) / 4, deviation = sqrt(n * (n + 1) * (2 * n + 1) / 24);
    const size_t k = (size_t)(mean - 1.959963984540054 * deviation);
    assert_float_equal(paired.tail[k], 0.025, 0.025e-3);
    const struct stats_interval i = stats_paired_interval(&paired, 0.05);
    assert_float_equal(i.value, 500.5, 0);
    assert_float_equal(i.high - i.value, i.value - i.low, 1e-9);
    assert_in_range((int)(i.high - i.low), 30, 40); /* 1.96 * 2 * 289 / sqrt(1000) = 35.8 */
    stats_paired_done(&paired);
}

static void few_and_equal_values(void **state)
{
    (void)state;
    static const double same[] = { 0.25, 0.25, 0.25, 0.25, 0.25, 0.25 };
    struct stats_paired paired = open_paired(same, 6);
    struct stats_interval i = stats_paired_interval(&paired, 0.05);
    assert_true(i.low == 0.25 && i.value == 0.25 && i.high == 0.25);
    assert_true(stats_paired_p(&paired, 0.25, STATS_SIDE_BOTH) == 1);
    assert_float_equal(stats_paired_p(&paired, 0, STATS_SIDE_BOTH), 0.03125, 0);
    i = stats_paired_interval(&paired, 0.03);
    assert_true(i.low == -INFINITY && i.value == 0.25 && i.high == INFINITY);
    stats_paired_done(&paired);
    stats_paired_done(&paired); /* a second time does nothing */
    paired = open_paired(same, 1);
    i = stats_paired_interval(&paired, 0.9);
    assert_true(i.low == -INFINITY && i.value == 0.25 && i.high == INFINITY);
    assert_true(stats_paired_p(&paired, 0, STATS_SIDE_BOTH) == 1);
    assert_true(stats_paired_p(&paired, 0, STATS_SIDE_ABOVE) == 0.5);
    stats_paired_done(&paired);
}

static void least_counts(void **state)
{
    (void)state;
    static const struct {
        double alpha;
        size_t least;
    } rows[] = { { 0.9, 2 },     { 0.5, 2 },   { 0.25, 3 }, { 0.05, 6 },
                 { 0.03125, 6 }, { 0.031, 7 }, { 0.01, 8 }, { 0.0008, 12 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double values[16];
        assert_int_equal(stats_paired_least(rows[i].alpha), rows[i].least);
        for (size_t k = 0; k < 16; k++)
            values[k] = (double)k;
        struct stats_paired paired = open_paired(values, rows[i].least);
        assert_true(isfinite(stats_paired_interval(&paired, rows[i].alpha).low));
        stats_paired_done(&paired);
        paired = open_paired(values, rows[i].least - 1);
        assert_true(isinf(stats_paired_interval(&paired, rows[i].alpha).low));
        stats_paired_done(&paired);
    }
}

static void refuses_values(void **state)
{
    (void)state;
    double values[STATS_PAIRED_MAX + 1] = { 1, 2, 3 };
    const struct {
        double third;
        size_t count;
        base_err err;
    } rows[] = {
        { 3, 0, BASE_EINVALID },
        { NAN, 3, BASE_EINVALID },
        { INFINITY, 3, BASE_EINVALID },
        { -INFINITY, 3, BASE_EINVALID },
        { 1e300, 3, BASE_EINVALID },
        { 3, STATS_PAIRED_MAX + 1, BASE_ERANGE },
        { NAN, 2, BASE_OK },
        { -9.9e299, 3, BASE_OK },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stats_paired paired = { .count = 77 };
        values[2] = rows[i].third;
        assert_int_equal(stats_paired_init(&paired, values, rows[i].count), rows[i].err);
        if (rows[i].err == BASE_OK)
            stats_paired_done(&paired);
        else
            assert_int_equal(paired.count, 77);
    }
}

/* --- many tests ---------------------------------------------------------------------------- */

static void adjusts_and_leaves_out(void **state)
{
    (void)state;
    size_t tests = 9;
    double p[] = { 0.04, NAN, 0.01, 0.03, NAN };
    assert_int_equal(stats_adjust(p, 5, STATS_CORRECTION_HOLM, &tests), BASE_OK);
    assert_int_equal(tests, 3);
    assert_true(isnan(p[1]) && isnan(p[4]));
    assert_float_equal(p[2], 0.03, 1e-15);
    assert_float_equal(p[3], 0.06, 1e-15);
    assert_float_equal(p[0], 0.06, 1e-15); /* not less than the one before */
    double q[] = { 0.04, NAN, 0.01, 0.03, NAN };
    assert_int_equal(stats_adjust(q, 5, STATS_CORRECTION_BH, NULL), BASE_OK);
    assert_true(isnan(q[1]) && isnan(q[4]));
    assert_float_equal(q[2], 0.03, 1e-15);
    assert_float_equal(q[3], 0.04, 1e-15); /* not more than the one after */
    assert_float_equal(q[0], 0.04, 1e-15);
    assert_int_equal(stats_adjust(NULL, 0, STATS_CORRECTION_BH, &tests), BASE_OK);
    assert_int_equal(tests, 0);
    assert_string_equal(stats_correction_text(STATS_CORRECTION_HOLM), "Holm");
    assert_string_equal(stats_correction_text(STATS_CORRECTION_BH), "Benjamini-Hochberg");
}

static void refuses_what_is_no_p(void **state)
{
    (void)state;
    static const double wrong[] = { -0.001, 1.001, INFINITY, -INFINITY };
    for (size_t i = 0; i < 4; i++) {
        double p[] = { 0.01, wrong[i], 0.02 };
        size_t tests = 9;
        assert_int_equal(stats_adjust(p, 3, STATS_CORRECTION_HOLM, &tests), BASE_EINVALID);
        assert_true(p[0] == 0.01 && p[2] == 0.02 && tests == 9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_naive_twin),
        cmocka_unit_test(ties_are_never_too_sure),
        cmocka_unit_test(test_and_interval_are_one),
        cmocka_unit_test(a_thousand_pairs),
        cmocka_unit_test(few_and_equal_values),
        cmocka_unit_test(least_counts),
        cmocka_unit_test(refuses_values),
        cmocka_unit_test(adjusts_and_leaves_out),
        cmocka_unit_test(refuses_what_is_no_p),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
