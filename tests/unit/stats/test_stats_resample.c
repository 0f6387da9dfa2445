/* test_stats_resample.c - the resampling engine against naive twins.
 *
 * The naive twin of a resample is rebuilt from what the engine gives: with values that are distinct
 * powers, the mean alone tells how often each observation was drawn. */
#include "unit.h"

#include <base/rng.h>
#include <stats/bootstrap.h>
#include <stats/summary.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 400 };

struct replicates {
    double values[STATS_STATISTIC_COUNT][RESAMPLES];
    double *at[STATS_STATISTIC_COUNT];
};

static void point(struct replicates *r)
{
    for (int s = 0; s < STATS_STATISTIC_COUNT; s++)
        r->at[s] = r->values[s];
}

static void make_sample(uint64_t seed, size_t count, double *times, double *items)
{
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (size_t i = 0; i < count; i++) {
        items[i] = 1 + (double)base_rng_below(&rng, 50);
        times[i] = items[i] * (100 + round(4 * base_rng_normal(&rng)) / 4);
    }
}

static struct stats_resampler *open_variant(const struct stats_source *source, const char *name)
{
    struct stats_resampler *r = NULL;
    assert_int_equal(stats_resampler_new(source, 5, &r), BASE_OK);
    const base_err err = stats_resampler_choose(r, name);
    if (err == BASE_OK) {
        assert_string_equal(stats_resampler_variant(r), name);
        return r;
    }
    assert_int_equal(err, BASE_EUNSUPPORTED);
    stats_resampler_free(r);
    return NULL;
}

/* One source, all variants, all bits. */
static void check_variants(const struct stats_source *source)
{
    static struct replicates plain, other;
    point(&plain);
    point(&other);
    struct stats_resampler *r = open_variant(source, "plain");
    stats_resampler_run(r, RESAMPLES, plain.at);
    stats_resampler_free(r);
    static const char *const names[] = { "avx2", "avx512" };
    for (int i = 0; i < 2; i++) {
        r = open_variant(source, names[i]);
        if (r == NULL) {
            print_message("%s: not on this processor\n", names[i]);
            continue;
        }
        stats_resampler_run(r, RESAMPLES / 2, other.at);
        double *rest[STATS_STATISTIC_COUNT];
        for (int s = 0; s < STATS_STATISTIC_COUNT; s++)
            rest[s] = other.values[s] + RESAMPLES / 2;
        stats_resampler_run(r, RESAMPLES / 2, rest);
        assert_memory_equal(plain.values, other.values, sizeof plain.values);
        stats_resampler_free(r);
    }
}

static void all_variants_give_the_same_bits(void **state)
{
    (void)state;
    enum { MOST = 5000 };
    static double times[MOST], items[MOST];
    static const size_t counts[] = { 2,   3,   7,   8,   9,   15,  16,  63,  64,   65,  100,
                                     127, 128, 129, 200, 255, 256, 257, 511, 1000, MOST };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        make_sample(i, counts[i], times, items);
        check_variants(&(struct stats_source){ times, items, counts[i], NULL, 0, 1 });
        if (counts[i] > 20)
            check_variants(&(struct stats_source){ times, items, counts[i], NULL, 0, 7 });
    }
    const size_t sizes[] = { 10, 30, 20, 1, 39 };
    check_variants(&(struct stats_source){ times, items, 100, sizes, 5, STATS_BLOCK_WHOLE });
    check_variants(&(struct stats_source){ times, items, 100, sizes, 5, 1 });
}

/* Observations 1, B, B^2, ... : the mean times n, written to base B, is the counts. */
enum { DIGITS = 12, BASE = 16 };

static void counts_of(double mean, size_t total, unsigned counts[DIGITS])
{
    uint64_t sum = (uint64_t)llround(mean * (double)total);
    for (int i = 0; i < DIGITS; i++, sum /= BASE)
        counts[i] = (unsigned)(sum % BASE);
}

static int compare(const void *left, const void *right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double naive_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* Statistics of a resample that is written out, in time order of the source. */
static void naive(const double *times, const double *items, const unsigned *counts, size_t total,
                  double out[STATS_STATISTIC_COUNT])
{
    double values[BASE * DIGITS];
    double distance[BASE * DIGITS];
    double xy = 0;
    double xx = 0;
    size_t n = 0;
    for (size_t i = 0; i < DIGITS; i++) {
        for (unsigned c = 0; c < counts[i]; c++, n++) {
            values[n] = times[i] / items[i];
            xy += items[i] * times[i];
            xx += items[i] * items[i];
        }
    }
    assert_int_equal(n, total);
    out[STATS_MEAN] = stats_mean(values, n);
    out[STATS_STDDEV] = stats_stddev(values, n, out[STATS_MEAN]);
    out[STATS_MEDIAN] = naive_median(values, n);
    for (size_t i = 0; i < n; i++)
        distance[i] = fabs(values[i] - out[STATS_MEDIAN]);
    out[STATS_MAD] = naive_median(distance, n);
    out[STATS_SLOPE] = xy / xx;
}

/* Powers in a scrambled order of time, so that ranks and times differ. */
static void make_powers(double *times, double *items)
{
    for (size_t i = 0; i < DIGITS; i++) {
        items[i] = (double)(1 + i % 4);
        times[i] = ldexp(1, 4 * (int)(5 * i % DIGITS)) * items[i];
    }
}

static void resamples_are_what_they_say(void **state)
{
    (void)state;
    double times[DIGITS], items[DIGITS];
    make_powers(times, items);
    static struct replicates got;
    point(&got);
    struct stats_resampler *r;
    const struct stats_source source = { times, items, DIGITS, NULL, 0, 1 };
    assert_int_equal(stats_resampler_new(&source, 77, &r), BASE_OK);
    stats_resampler_run(r, RESAMPLES, got.at);
    for (int i = 0; i < RESAMPLES; i++) {
        unsigned by_rank[DIGITS], by_time[DIGITS];
        counts_of(got.values[STATS_MEAN][i], DIGITS, by_rank);
        for (size_t t = 0; t < DIGITS; t++)
            by_time[t] = by_rank[5 * t % DIGITS];
        double expect[STATS_STATISTIC_COUNT];
        naive(times, items, by_time, DIGITS, expect);
        for (int s = 0; s < STATS_STATISTIC_COUNT; s++)
            assert_float_equal(got.values[s][i] / expect[s], 1, 1e-12);
    }
    stats_resampler_free(r);
}

static void every_observation_is_drawn_equally_often(void **state)
{
    (void)state;
    enum { RUNS = 500 };
    double times[DIGITS], items[DIGITS];
    make_powers(times, items);
    static struct replicates got;
    point(&got);
    for (size_t block = 1; block <= 5; block += 4) { /* 5 + 5 + 2: the last block is cut */
        const struct stats_source source = { times, items, DIGITS, NULL, 0, block };
        double drawn[DIGITS] = { 0 };
        struct stats_resampler *r;
        assert_int_equal(stats_resampler_new(&source, 3, &r), BASE_OK);
        for (int run = 0; run < RUNS; run++) {
            stats_resampler_run(r, RESAMPLES, got.at);
            for (int i = 0; i < RESAMPLES; i++) {
                unsigned counts[DIGITS];
                counts_of(got.values[STATS_MEAN][i], DIGITS, counts);
                for (int d = 0; d < DIGITS; d++)
                    drawn[d] += counts[d];
            }
        }
        /* 200 000 resamples: the error of a share is about 0.0022 sqrt(block). */
        for (int d = 0; d < DIGITS; d++)
            assert_float_equal(drawn[d] / (RUNS * RESAMPLES), 1, 0.01 * sqrt((double)block));
        stats_resampler_free(r);
    }
}

/* Blocks of 5 from 12 in a circle: the counts over time are a sum of runs of 5, 5 and 2. */
static bool is_sum_of_runs(const unsigned counts[DIGITS])
{
    static const unsigned lengths[] = { 5, 5, 2 };
    for (unsigned pick = 0; pick < DIGITS * DIGITS * DIGITS; pick++) {
        unsigned sum[DIGITS] = { 0 };
        for (unsigned i = 0, rest = pick; i < 3; i++, rest /= DIGITS) {
            for (unsigned j = 0; j < lengths[i]; j++)
                sum[(rest % DIGITS + j) % DIGITS]++;
        }
        if (memcmp(sum, counts, sizeof sum) == 0)
            return true;
    }
    return false;
}

static void blocks_are_runs_of_neighbours(void **state)
{
    (void)state;
    double times[DIGITS], items[DIGITS];
    make_powers(times, items);
    static struct replicates got;
    point(&got);
    const struct stats_source source = { times, NULL, DIGITS, NULL, 0, 5 };
    for (size_t i = 0; i < DIGITS; i++)
        times[i] /= items[i];
    struct stats_resampler *r;
    assert_int_equal(stats_resampler_new(&source, 9, &r), BASE_OK);
    stats_resampler_run(r, RESAMPLES, got.at);
    for (int i = 0; i < RESAMPLES; i++) {
        unsigned by_rank[DIGITS], by_time[DIGITS];
        counts_of(got.values[STATS_MEAN][i], DIGITS, by_rank);
        for (size_t t = 0; t < DIGITS; t++)
            by_time[t] = by_rank[5 * t % DIGITS];
        assert_true(is_sum_of_runs(by_time));
        assert_true(isnan(got.values[STATS_SLOPE][i]));
    }
    stats_resampler_free(r);
}

/* Whole processes: the replicate's size tells which were drawn; all members have the same count. */
static void processes_are_drawn_whole(void **state)
{
    (void)state;
    double times[DIGITS];
    for (int i = 0; i < DIGITS; i++)
        times[i] = ldexp(1, 4 * i);
    const size_t sizes[] = { 2, 2, 2, 2, 2, 2 };
    const struct stats_source source = { times, NULL, DIGITS, sizes, 6, STATS_BLOCK_WHOLE };
    static struct replicates got;
    point(&got);
    struct stats_resampler *r;
    assert_int_equal(stats_resampler_new(&source, 9, &r), BASE_OK);
    stats_resampler_run(r, RESAMPLES, got.at);
    bool has_repeated = false;
    for (int i = 0; i < RESAMPLES; i++) {
        unsigned counts[DIGITS];
        counts_of(got.values[STATS_MEAN][i], DIGITS, counts);
        unsigned total = 0;
        for (int p = 0; p < 6; p++) {
            assert_int_equal(counts[2 * p], counts[2 * p + 1]);
            total += counts[2 * p];
            has_repeated |= counts[2 * p] > 1;
        }
        assert_int_equal(total, 6);
    }
    assert_true(has_repeated);
    stats_resampler_free(r);
}

static void the_jackknife_leaves_one_out(void **state)
{
    (void)state;
    double times[DIGITS], items[DIGITS];
    make_powers(times, items);
    static double values[STATS_STATISTIC_COUNT][STATS_JACKKNIFE_MAX];
    double *at[STATS_STATISTIC_COUNT];
    for (int s = 0; s < STATS_STATISTIC_COUNT; s++)
        at[s] = values[s];
    const size_t sizes[] = { 3, 3, 3, 3 };
    for (size_t width = 1; width <= 3; width += 2) {
        const struct stats_source source = {
            times, items, DIGITS, width == 3 ? sizes : NULL, width == 3 ? 4 : 0, 1,
        };
        struct stats_resampler *r;
        assert_int_equal(stats_resampler_new(&source, 1, &r), BASE_OK);
        const size_t groups = stats_resampler_jackknife(r, at);
        assert_int_equal(groups, DIGITS / width);
        for (size_t g = 0; g < groups; g++) {
            unsigned counts[DIGITS];
            for (size_t i = 0; i < DIGITS; i++)
                counts[i] = i / width == g ? 0 : 1;
            double expect[STATS_STATISTIC_COUNT];
            naive(times, items, counts, DIGITS - width, expect);
            for (int s = 0; s < STATS_STATISTIC_COUNT; s++)
                assert_float_equal(values[s][g] / expect[s], 1, 1e-12);
        }
        stats_resampler_free(r);
    }
}

static void the_estimate_is_the_summary(void **state)
{
    (void)state;
    enum { COUNT = 1001 };
    static double times[COUNT], items[COUNT];
    make_sample(4, COUNT, times, items);
    const struct stats_source source = { times, items, COUNT, NULL, 0, STATS_BLOCK_AUTO };
    struct stats_resampler *r;
    assert_int_equal(stats_resampler_new(&source, 1, &r), BASE_OK);
    double got[STATS_STATISTIC_COUNT];
    stats_resampler_estimate(r, got);
    stats_resampler_free(r);
    for (int i = 0; i < COUNT; i++)
        times[i] /= items[i];
    struct stats_summary s;
    assert_int_equal(stats_summary_of(times, COUNT, &s), BASE_OK);
    assert_float_equal(got[STATS_MEAN], s.mean, 1e-11);
    assert_float_equal(got[STATS_MEDIAN], s.median, 0);
    assert_float_equal(got[STATS_STDDEV], s.stddev, 1e-11);
    assert_float_equal(got[STATS_MAD], s.mad, 0);
}

static void bad_sources_are_refused(void **state)
{
    (void)state;
    static double many[STATS_SAMPLE_MAX + 1];
    const double good[] = { 1, 2, 3, 4 };
    const double bad[] = { 1, NAN, 3, 4 };
    const double zero[] = { 1, 0, 3, 4 };
    const size_t sizes[] = { 1, 3 };
    const size_t wrong[] = { 1, 2 };
    const size_t empty[] = { 0, 4 };
    const size_t uneven[] = { 1, 40000 };
    const struct {
        struct stats_source source;
        base_err expect;
    } table[] = {
        { { good, NULL, 4, NULL, 0, 1 }, BASE_OK },
        { { good, good, 4, sizes, 2, STATS_BLOCK_WHOLE }, BASE_OK },
        { { good, NULL, 4, sizes, 2, STATS_BLOCK_AUTO }, BASE_OK },
        { { good, NULL, 4, NULL, 0, STATS_BLOCK_AUTO }, BASE_OK },
        { { good, NULL, 1, NULL, 0, 1 }, BASE_EINVALID },
        { { bad, NULL, 4, NULL, 0, 1 }, BASE_EINVALID },
        { { good, bad, 4, NULL, 0, 1 }, BASE_EINVALID },
        { { good, zero, 4, NULL, 0, 1 }, BASE_EINVALID },
        { { good, NULL, 4, NULL, 0, STATS_BLOCK_WHOLE }, BASE_EINVALID },
        { { good, NULL, 4, NULL, 0, 5 }, BASE_EINVALID },
        { { good, NULL, 4, sizes, 2, 2 }, BASE_EINVALID },
        { { good, NULL, 4, wrong, 2, 1 }, BASE_EINVALID },
        { { good, NULL, 4, empty, 2, 1 }, BASE_EINVALID },
        { { many, NULL, STATS_SAMPLE_MAX, NULL, 0, 1 }, BASE_OK },
        { { many, NULL, STATS_SAMPLE_MAX + 1, NULL, 0, 1 }, BASE_ERANGE },
        { { many, NULL, 40001, uneven, 2, STATS_BLOCK_WHOLE }, BASE_ERANGE },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct stats_resampler *r = NULL;
        assert_int_equal(stats_resampler_new(&table[i].source, 1, &r), table[i].expect);
        assert_true((r != NULL) == (table[i].expect == BASE_OK));
        if (r != NULL)
            assert_int_equal(stats_resampler_choose(r, "abacus"), BASE_ENOTFOUND);
        stats_resampler_free(r);
    }
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    const double good[] = { 1, 2, 3, 4, 5, 6 };
    const size_t sizes[] = { 1, 1, 2, 2 };
    const struct stats_source source = { good, NULL, 6, NULL, 0, 1 };
    const struct stats_source few = { good, NULL, 6, sizes, 4, 1 };
    struct stats_bootstrap out[STATS_STATISTIC_COUNT];
    const struct stats_bootstrap_options fine = { 0.95, 1000, 1 };
    assert_int_equal(stats_bootstrap_of(&source, &fine, out), BASE_OK);
    assert_int_equal(stats_bootstrap_of(&few, &fine, out), BASE_EINVALID);
    const struct stats_bootstrap_options bad[] = {
        { 0, 1000, 1 },
        { 1, 1000, 1 },
        { NAN, 1000, 1 },
        { 0.9, 99, 1 },
        { 0.9, (size_t)STATS_RESAMPLE_MAX + 1, 1 },
    };
    struct stats_interval interval;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(stats_bootstrap_of(&source, &bad[i], out), BASE_EINVALID);
        assert_int_equal(
            stats_interval_studentised(good, 6, bad[i].confidence, bad[i].resamples, 1, &interval),
            BASE_EINVALID);
    }
    assert_int_equal(stats_interval_studentised(good, 0, 0.9, 100, 1, &interval), BASE_EINVALID);
    assert_int_equal(stats_interval_studentised(good, 3, 0.9, 100, 1, &interval), BASE_OK);
    assert_float_equal(interval.value, 2, 0);
    assert_true(isnan(interval.low) && isnan(interval.high));
}

/* Values with a long right tail: the studentised interval reaches farther to the right. */
static void studentised_intervals_follow_the_skew(void **state)
{
    (void)state;
    const double values[] = { 1, 1.1, 1.3, 1.4, 1.8, 2.5, 4, 9 };
    double mirrored[8];
    for (int i = 0; i < 8; i++)
        mirrored[i] = -values[i];
    struct stats_interval right, left;
    assert_int_equal(stats_interval_studentised(values, 8, 0.9, 4000, 1, &right), BASE_OK);
    assert_int_equal(stats_interval_studentised(mirrored, 8, 0.9, 4000, 1, &left), BASE_OK);
    assert_true(right.high - right.value > 2 * (right.value - right.low));
    assert_float_equal(left.low, -right.high, 1e-12);
    assert_float_equal(left.high, -right.low, 1e-12);
    const double same[] = { 3, 3, 3, 3 };
    assert_int_equal(stats_interval_studentised(same, 4, 0.9, 100, 1, &left), BASE_OK);
    assert_float_equal(left.low, 3, 0);
    assert_float_equal(left.high, 3, 0);
}

static void intervals_of_odd_replicates(void **state)
{
    (void)state;
    double same[200], broken[200], far[200];
    for (int i = 0; i < 200; i++) {
        same[i] = 3;
        broken[i] = i == 50 ? NAN : i;
        far[i] = i;
    }
    const double jackknife[] = { 1, 2, 3 };
    const struct stats_interval point_interval =
        stats_interval_bca(same, 200, 3, jackknife, 3, 0.9);
    assert_float_equal(point_interval.low, 3, 0);
    assert_float_equal(point_interval.high, 3, 0);
    assert_true(isnan(stats_interval_bca(broken, 200, 3, jackknife, 3, 0.9).low));
    assert_true(isnan(stats_interval_percentile(broken, 200, 3, 0.9).low));
    /* All replicates on one side of the estimate: the bias correction has no answer. */
    assert_true(isnan(stats_interval_bca(far, 200, 1000, jackknife, 3, 0.9).low));
    assert_true(isnan(stats_interval_bca(far, 200, 100, jackknife, 1, 0.9).low));
    assert_true(isnan(stats_interval_bca(far, 0, 100, jackknife, 3, 0.9).low));
    assert_false(isnan(stats_interval_bca(far, 200, 100, jackknife, 3, 0.9).low));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_variants_give_the_same_bits),
        cmocka_unit_test(resamples_are_what_they_say),
        cmocka_unit_test(every_observation_is_drawn_equally_often),
        cmocka_unit_test(blocks_are_runs_of_neighbours),
        cmocka_unit_test(processes_are_drawn_whole),
        cmocka_unit_test(the_jackknife_leaves_one_out),
        cmocka_unit_test(the_estimate_is_the_summary),
        cmocka_unit_test(bad_sources_are_refused),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(studentised_intervals_follow_the_skew),
        cmocka_unit_test(intervals_of_odd_replicates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
