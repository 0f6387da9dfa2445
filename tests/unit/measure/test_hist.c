/* test_hist.c - the histogram against a sorted array, and against HdrHistogram's published answers.
 */
#include "unit.h"

#include <base/rng.h>
#include <bench/hist.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void make(struct bench_hist *hist, uint64_t lowest, uint64_t highest, uint32_t digits)
{
    assert_int_equal(bench_hist_init(hist, lowest, highest, digits, NULL), BASE_OK);
}

static void arguments_are_checked(void **state)
{
    (void)state;
    static const struct {
        uint64_t lowest, highest;
        uint32_t digits;
    } rows[] = {
        { 0, 1000, 3 },
        { 1, 1, 3 },
        { 1000, 1999, 3 },
        { 1, 1000, 0 },
        { 1, 1000, 6 },
        { 1, UINT64_C(1) << 63, 3 },
        { UINT64_C(1) << 61, INT64_MAX, 5 },
        { UINT64_MAX, UINT64_MAX, 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench_hist hist = { .digits = 77 };
        assert_int_equal(
            bench_hist_init(&hist, rows[i].lowest, rows[i].highest, rows[i].digits, NULL),
            BASE_ERANGE);
        assert_int_equal(hist.digits, 77);
    }
}

/* Sizes as HdrHistogram computes them (bucket and sub-bucket counts of its own tests). */
static void shapes_are_those_of_hdrhistogram(void **state)
{
    (void)state;
    static const struct {
        uint64_t lowest, highest;
        uint32_t digits;
        size_t capacity, buckets, steps;
    } rows[] = {
        { 1, 3600000000, 3, 23552, 22, 2048 },
        { 1, 3600000000000, 3, 33792, 32, 2048 },
        { 20000000, 100000000, 5, 262144, 1, 262144 },
        { 1, INT64_MAX, 5, BENCH_HIST_CAPACITY_MAX, 46, 262144 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench_hist hist;
        make(&hist, rows[i].lowest, rows[i].highest, rows[i].digits);
        assert_int_equal((size_t)2 << hist.half_log, rows[i].steps);
        assert_int_equal((hist.capacity >> hist.half_log) - 1, rows[i].buckets);
        assert_int_equal(hist.capacity, rows[i].capacity);
        bench_hist_done(&hist);
        bench_hist_done(&hist);
    }
}

static void check_precision(uint64_t lowest, uint32_t digits, struct base_rng *rng)
{
    struct bench_hist hist;
    make(&hist, lowest, INT64_MAX, digits);
    for (int i = 0; i < 20000; i++) {
        const uint64_t value = base_rng_u64(rng) >> (1 + base_rng_below(rng, 63));
        const uint64_t low = bench_hist_low(&hist, value);
        const uint64_t high = bench_hist_high(&hist, value);
        assert_true(low <= value && value <= high);
        assert_true(bench_hist_index(&hist, value) < hist.capacity);
        assert_int_equal(bench_hist_index(&hist, low), bench_hist_index(&hist, high));
        if (low > 0)
            assert_int_equal(bench_hist_index(&hist, low - 1) + 1, bench_hist_index(&hist, low));
        const double width = (double)(high - low);
        assert_true(width < (double)lowest || width <= (double)value * pow(10, -(double)digits));
    }
    bench_hist_done(&hist);
}

static void every_value_is_kept_to_its_digits(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 1);
    for (uint32_t digits = 1; digits <= BENCH_HIST_DIGITS_MAX; digits++) {
        check_precision(1, digits, &rng);
        check_precision(1024, digits, &rng);
        check_precision(1000, digits, &rng);
    }
}

static void values_beyond_the_range_are_refused(void **state)
{
    (void)state;
    struct base_arena arena = { 0 };
    struct bench_hist hist;
    assert_int_equal(bench_hist_init(&hist, 1, 1000000, 3, &arena), BASE_OK);
    assert_int_equal(bench_hist_record(&hist, 1000000), BASE_OK);
    assert_int_equal(bench_hist_record(&hist, UINT64_C(1) << 20), BASE_ERANGE);
    assert_int_equal(bench_hist_record(&hist, UINT64_MAX), BASE_ERANGE);
    assert_int_equal(bench_hist_record_n(&hist, UINT64_MAX, 1), BASE_ERANGE);
    assert_int_equal(bench_hist_record_corrected(&hist, UINT64_MAX, 10), BASE_ERANGE);
    assert_int_equal(bench_hist_record_n(&hist, 5, UINT64_MAX), BASE_EFULL);
    assert_int_equal(bench_hist_record_n(&hist, 5, INT64_MAX), BASE_EFULL);
    assert_int_equal(hist.total, 1);
    assert_int_equal(bench_hist_count_at(&hist, UINT64_MAX), 0);
    bench_hist_done(&hist);
    base_arena_done(&arena);
}

static void an_empty_histogram_has_answers(void **state)
{
    (void)state;
    struct bench_hist hist;
    make(&hist, 1, 1000, 2);
    assert_int_equal(bench_hist_quantile(&hist, 0.5), 0);
    assert_int_equal(bench_hist_min(&hist), 0);
    assert_int_equal(bench_hist_max(&hist), 0);
    assert_true(isnan(bench_hist_mean(&hist)));
    assert_true(isnan(bench_hist_stddev(&hist)));
    assert_true(isnan(bench_hist_share(&hist, 5)));
    struct bench_hist_iter iter = { .hist = &hist };
    assert_false(bench_hist_next(&iter));
    bench_hist_done(&hist);
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* All quantiles and moments against the sorted sample itself. */
static void model_agrees(void **state)
{
    (void)state;
    enum { N = 5000 };
    static uint64_t values[N];
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct base_rng rng;
        base_rng_init(&rng, seed);
        struct bench_hist hist;
        make(&hist, 1, 3600000000000, 3);
        double sum = 0;
        for (int i = 0; i < N; i++) {
            values[i] = (uint64_t)base_rng_exponential(&rng, 1e6 * (double)seed);
            assert_int_equal(bench_hist_record(&hist, values[i]), BASE_OK);
            sum += (double)values[i];
        }
        qsort(values, N, sizeof values[0], by_value);
        for (int rank = 1; rank <= N; rank++) {
            const uint64_t got = bench_hist_quantile(&hist, (double)rank / N);
            assert_int_equal(got, bench_hist_high(&hist, values[rank - 1]));
        }
        assert_int_equal(bench_hist_quantile(&hist, 0), bench_hist_low(&hist, values[0]));
        assert_int_equal(bench_hist_min(&hist), bench_hist_low(&hist, values[0]));
        assert_int_equal(bench_hist_max(&hist), bench_hist_high(&hist, values[N - 1]));
        assert_float_equal(bench_hist_mean(&hist) / (sum / N), 1, 1e-3);
        double square = 0;
        for (int i = 0; i < N; i++)
            square += ((double)values[i] - sum / N) * ((double)values[i] - sum / N);
        assert_float_equal(bench_hist_stddev(&hist) / sqrt(square / N), 1, 1e-3);
        assert_true(bench_hist_share(&hist, values[N / 2]) >= (N / 2 + 1.0) / N);
        bench_hist_done(&hist);
    }
}

/* 10 000 values of 1000 each and one of 100 s, expected every 10 ms: the raw and the corrected
 * histogram of HdrHistogram's own tests, whose answers stand in its HistogramDataAccessTest. */
static void published_answers(void **state)
{
    (void)state;
    struct bench_hist raw;
    struct bench_hist corrected;
    make(&raw, 1, 3600000000, 3);
    make(&corrected, 1, 3600000000, 3);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(bench_hist_record(&raw, 1000), BASE_OK);
        assert_int_equal(bench_hist_record_corrected(&corrected, 1000, 10000), BASE_OK);
    }
    assert_int_equal(bench_hist_record(&raw, 100000000), BASE_OK);
    assert_int_equal(bench_hist_record_corrected(&corrected, 100000000, 10000), BASE_OK);
    assert_int_equal(raw.total, 10001);
    assert_int_equal(corrected.total, 20000);
    assert_float_equal(bench_hist_mean(&raw), (1000.0 * 10000 + 1e8) / 10001, 1e-3 * 10999);
    assert_float_equal(bench_hist_mean(&corrected), (1000.0 + 50000000.0) / 2, 25000);
    assert_float_equal(bench_hist_stddev(&raw), 999900, 1000);
    static const struct {
        double q;
        double raw, corrected;
    } rows[] = { { 0.3, 1000, 1000 },     { 0.5, 1000, 1000 },      { 0.75, 1000, 50000000 },
                 { 0.9, 1000, 80000000 }, { 0.99, 1000, 98000000 }, { 0.99999, 1e8, 1e8 },
                 { 1, 1e8, 1e8 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_float_equal((double)bench_hist_quantile(&raw, rows[i].q) / rows[i].raw, 1, 1e-3);
        assert_float_equal((double)bench_hist_quantile(&corrected, rows[i].q) / rows[i].corrected,
                           1, 1e-3);
    }
    assert_float_equal(bench_hist_share(&raw, 5000), 10000.0 / 10001, 1e-9);
    assert_float_equal(bench_hist_share(&corrected, 5000), 0.5, 1e-9);
    bench_hist_done(&raw);
    bench_hist_done(&corrected);
}

/* The bucket-wise correction is the loop of single values that it stands for. */
static void correction_equals_the_plain_loop(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 3);
    for (int round = 0; round < 300; round++) {
        struct bench_hist fast;
        struct bench_hist plain;
        make(&fast, 1, 1 << 24, 2);
        make(&plain, 1, 1 << 24, 2);
        const uint64_t value = base_rng_below(&rng, 1 << 20);
        const uint64_t expected = base_rng_below(&rng, 3000);
        assert_int_equal(bench_hist_record_corrected(&fast, value, expected), BASE_OK);
        assert_int_equal(bench_hist_record(&plain, value), BASE_OK);
        if (expected > 0 && value >= expected)
            for (uint64_t at = value - expected; at >= expected; at -= expected)
                assert_int_equal(bench_hist_record(&plain, at), BASE_OK);
        assert_int_equal(fast.total, plain.total);
        assert_int_equal(fast.min_value, plain.min_value);
        assert_int_equal(fast.max_value, plain.max_value);
        assert_memory_equal(fast.counts, plain.counts, fast.capacity * sizeof *fast.counts);
        bench_hist_done(&fast);
        bench_hist_done(&plain);
    }
    struct bench_hist huge; /* 10^18 filled-in values are no work */
    make(&huge, 1, INT64_MAX, 3);
    assert_int_equal(bench_hist_record_corrected(&huge, UINT64_C(1000000000000000000), 1), BASE_OK);
    assert_int_equal(huge.total, UINT64_C(1000000000000000000));
    assert_float_equal((double)bench_hist_quantile(&huge, 0.5) / 5e17, 1, 1e-3);
    bench_hist_done(&huge);
}

static void histograms_add_up(void **state)
{
    (void)state;
    struct bench_hist a;
    struct bench_hist b;
    struct bench_hist coarse;
    make(&a, 1, 1000000, 3);
    make(&b, 1, 100000000, 3);
    make(&coarse, 1, 1000000, 1);
    for (uint64_t value = 1; value <= 1000; value++) {
        assert_int_equal(bench_hist_record(&a, value * 100), BASE_OK);
        assert_int_equal(bench_hist_record_n(&b, value * 200, 2), BASE_OK);
    }
    assert_int_equal(bench_hist_add(&a, &b), BASE_OK);
    assert_int_equal(a.total, 3000);
    assert_int_equal(bench_hist_count_at(&a, 200), 3);
    assert_int_equal(bench_hist_max(&a), bench_hist_high(&a, 200000));
    assert_int_equal(bench_hist_add(&coarse, &a), BASE_OK);
    assert_int_equal(coarse.total, 3000);
    assert_float_equal(bench_hist_mean(&coarse) / bench_hist_mean(&a), 1, 0.05);
    assert_int_equal(bench_hist_record(&b, 50000000), BASE_OK);
    assert_int_equal(bench_hist_add(&a, &b), BASE_ERANGE);
    assert_int_equal(a.total, 3000);
    struct bench_hist full;
    make(&full, 1, 1000000, 3);
    assert_int_equal(bench_hist_record_n(&full, 1, INT64_MAX), BASE_OK);
    assert_int_equal(bench_hist_add(&full, &a), BASE_EFULL);
    bench_hist_clear(&full);
    assert_int_equal(full.total, 0);
    assert_int_equal(bench_hist_add(&full, &a), BASE_OK);
    assert_int_equal(full.total, 3000);
    bench_hist_done(&full);
    bench_hist_done(&a);
    bench_hist_done(&b);
    bench_hist_done(&coarse);
}

static void the_walk_sees_every_count(void **state)
{
    (void)state;
    struct bench_hist hist;
    make(&hist, 1, INT64_MAX, 3);
    assert_int_equal(bench_hist_record(&hist, 0), BASE_OK);
    assert_int_equal(bench_hist_record_n(&hist, 2047, 4), BASE_OK);
    assert_int_equal(bench_hist_record_n(&hist, 2049, 5), BASE_OK);
    assert_int_equal(bench_hist_record(&hist, INT64_MAX), BASE_OK);
    struct bench_hist_iter iter = { .hist = &hist };
    assert_true(bench_hist_next(&iter));
    assert_true(iter.low == 0 && iter.high == 0 && iter.cumulative == 1);
    assert_true(bench_hist_next(&iter));
    assert_true(iter.low == 2047 && iter.high == 2047 && iter.count == 4);
    assert_true(bench_hist_next(&iter));
    assert_true(iter.low == 2048 && iter.high == 2049 && iter.cumulative == 10);
    assert_true(bench_hist_next(&iter));
    assert_true(iter.high == INT64_MAX && iter.cumulative == 11);
    assert_false(bench_hist_next(&iter));
    assert_int_equal(bench_hist_max(&hist), INT64_MAX);
    bench_hist_done(&hist);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(shapes_are_those_of_hdrhistogram),
        cmocka_unit_test(every_value_is_kept_to_its_digits),
        cmocka_unit_test(values_beyond_the_range_are_refused),
        cmocka_unit_test(an_empty_histogram_has_answers),
        cmocka_unit_test(model_agrees),
        cmocka_unit_test(published_answers),
        cmocka_unit_test(correction_equals_the_plain_loop),
        cmocka_unit_test(histograms_add_up),
        cmocka_unit_test(the_walk_sees_every_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
