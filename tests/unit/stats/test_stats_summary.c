/* test_stats_summary.c - order statistics against naive twins on random samples, and the edges:
 * empty, one, equal, not finite. */
#include "unit.h"

#include <base/rng.h>
#include <stats/distribution.h>
#include <stats/effective.h>
#include <stats/interval.h>
#include <stats/outlier.h>
#include <stats/slope.h>
#include <stats/summary.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE_MAX = 3000 };

/* Shapes that are hard on a sort: random, few values, rising, falling, organ pipe, constant. */
static void fill(struct base_rng *rng, double *sample, size_t count, unsigned shape)
{
    for (size_t i = 0; i < count; i++) {
        const double at = (double)i;
        const double shapes[] = {
            base_rng_normal(rng),
            (double)base_rng_below(rng, 5),
            at,
            -at,
            i < count / 2 ? at : (double)(count - i),
            7,
        };
        sample[i] = shapes[shape % 6];
    }
}

/* Every median of three of this is nearly the smallest (Musser, Software: Practice and Experience
 * 27 (1997) 983): a plain quicksort of it is quadratic, and the heap has to step in. */
static void fill_adverse(double *sample, size_t count)
{
    const size_t half = count / 2;
    for (size_t i = 1; i <= half; i++) {
        if (i % 2) {
            sample[i - 1] = (double)i;
            sample[i] = (double)(half + i);
        }
        sample[half + i - 1] = (double)(2 * i);
    }
}

static int compare(const void *left, const void *right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

static void sorting_and_selecting_equal_qsort(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 11);
    for (unsigned round = 0; round < 600; round++) {
        double sample[SAMPLE_MAX], expect[SAMPLE_MAX], chosen[SAMPLE_MAX];
        const size_t count = 1 + base_rng_below(&rng, round % 10 == 0 ? SAMPLE_MAX : 60);
        fill(&rng, sample, count, round);
        if (round % 20 == 10)
            fill_adverse(sample, count);
        memcpy(expect, sample, sizeof expect);
        memcpy(chosen, sample, sizeof chosen);
        qsort(expect, count, sizeof *expect, compare);
        stats_sort(sample, count);
        assert_memory_equal(sample, expect, count * sizeof *sample);
        assert_true(stats_is_sorted(sample, count));
        const size_t rank = base_rng_below(&rng, count);
        assert_float_equal(stats_select(chosen, count, rank), expect[rank], 0);
        for (size_t i = 0; i < count; i++)
            assert_true(i < rank ? chosen[i] <= expect[rank] : chosen[i] >= expect[rank]);
    }
    assert_false(stats_is_sorted((double[]){ 2, 1 }, 2));
    assert_false(stats_is_sorted((double[]){ 2, NAN }, 2));
}

static double naive_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static void mad_and_walsh_equal_their_definition(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 12);
    for (unsigned round = 0; round < 600; round++) {
        double sample[40], distance[40], walsh[40 * 41 / 2];
        const size_t count = 1 + base_rng_below(&rng, 40);
        fill(&rng, sample, count, round);
        stats_sort(sample, count);
        const double median = stats_median_sorted(sample, count);
        size_t pairs = 0;
        for (size_t i = 0; i < count; i++) {
            distance[i] = fabs(sample[i] - median);
            for (size_t j = i; j < count; j++)
                walsh[pairs++] = (sample[i] + sample[j]) / 2;
        }
        assert_float_equal(stats_mad_sorted(sample, count), naive_median(distance, count), 1e-14);
        assert_float_equal(stats_hodges_lehmann_sorted(sample, count), naive_median(walsh, pairs),
                           1e-14);
    }
}

/* Ten values, two cut off at either end: 3 .. 8, deviations of 3 3 3 4 5 6 7 8 8 8. */
static void a_trimmed_mean_has_an_error(void **state)
{
    (void)state;
    double sample[] = { -100, 2, 3, 4, 5, 6, 7, 8, 9, 1e6 };
    double degrees = 0;
    assert_float_equal(stats_trimmed_mean_sorted(sample, 10, 0.2), 5.5, 1e-12);
    assert_float_equal(stats_trimmed_error_sorted(sample, 10, 0.2, &degrees), sqrt(42.5 / 30),
                       1e-12);
    assert_float_equal(degrees, 5, 0);
    /* Nothing cut: the usual one. */
    assert_float_equal(stats_trimmed_error_sorted(sample + 1, 4, 0.2, &degrees), sqrt(5.0 / 3 / 4),
                       1e-12);
    assert_float_equal(degrees, 3, 0);
    assert_true(isnan(stats_trimmed_error_sorted(sample, 1, 0.2, &degrees)) && isnan(degrees));
    assert_true(isnan(stats_trimmed_error_sorted(sample, 3, 0.4, &degrees)));
    assert_true(isnan(stats_trimmed_error_sorted(sample, 4, 0.5, &degrees)));
}

/* Six of ten stand together; what the others do, on one side or on both, changes nothing. */
static void those_that_stand_together_have_a_mean(void **state)
{
    (void)state;
    double sample[] = { 1.0, 1.01, 1.02, 1.03, 1.04, 1.05, 2, 30, 400, 5000 };
    double error = 0, degrees = 0;
    const double squares = 2 * (0.025 * 0.025 + 0.015 * 0.015 + 0.005 * 0.005);
    assert_float_equal(stats_together_mean_sorted(sample, 10, 0, &error, &degrees), 1.025, 1e-12);
    assert_float_equal(error, 1.3 * sqrt(squares / 5 / 6), 1e-12);
    assert_float_equal(degrees, 5, 0);
    sample[0] = -7; /* now five of ten: a sixth is needed, and the nearest is not near */
    sample[6] = 1.06;
    assert_float_equal(stats_together_mean_sorted(sample, 10, 0, &error, &degrees), 1.035, 1e-12);
    /* Nearer than `least` is together, whatever the half says. */
    const double grain[] = { 5, 5, 5, 5.1 };
    assert_float_equal(stats_together_mean_sorted(grain, 4, 0, &error, &degrees), 5, 0);
    assert_float_equal(degrees, 2, 0);
    assert_float_equal(stats_together_mean_sorted(grain, 4, 0.05, &error, &degrees), 5.025, 1e-12);
    assert_float_equal(degrees, 3, 0);
    assert_float_equal(stats_together_mean_sorted(grain + 2, 2, 0, &error, &degrees), 5.05, 1e-12);
    assert_true(isnan(stats_together_mean_sorted(grain, 1, 1, &error, &degrees)));
    assert_true(isnan(error) && isnan(degrees));
}

/* The same by sorting all distances; the sample shifted and turned over gives the same. */
static void together_as_a_naive_twin(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 31);
    for (int round = 0; round < 2000; round++) {
        double sample[24], distance[24], error = 0, degrees = 0;
        const size_t count = 2 + base_rng_below(&rng, 23), half = count / 2 + 1;
        const double least = base_rng_below(&rng, 2) == 0 ? 0 : 0.3;
        for (size_t i = 0; i < count; i++)
            sample[i] = base_rng_normal(&rng) + (base_rng_below(&rng, 4) == 0 ? 5 : 0);
        stats_sort(sample, count);
        size_t best = 0;
        for (size_t i = 0; i + half <= count; i++)
            if (sample[i + half - 1] - sample[i] < sample[best + half - 1] - sample[best])
                best = i;
        double centre = 0, sum = 0, squares = 0, kept = 0;
        for (size_t i = best; i < best + half; i++)
            centre += sample[i] / (double)half;
        for (size_t i = 0; i < count; i++)
            distance[i] = fabs(sample[i] - centre);
        stats_sort(distance, count);
        const double most =
            2.5 * fmax(STATS_MAD_SCALE * (1 + 5 / ((double)count - 1)) * distance[half - 1], least);
        for (size_t i = 0; i < count; i++)
            if (fabs(sample[i] - centre) <= most) {
                sum += sample[i];
                kept++;
            }
        for (size_t i = 0; i < count; i++)
            if (fabs(sample[i] - centre) <= most)
                squares += (sample[i] - sum / kept) * (sample[i] - sum / kept);
        assert_float_equal(stats_together_mean_sorted(sample, count, least, &error, &degrees),
                           sum / kept, 1e-12);
        assert_float_equal(degrees, kept - 1, 0);
        const double cut = error / sqrt(squares / (kept - 1) / kept);
        assert_in_range(lround(cut * 100), 130, 310);
        if (count > 13)
            assert_float_equal(cut, 1.3, 1e-9);
    }
}

/* Of normal samples, and from eight values on of such with a quarter far away on one side. */
static void its_interval_covers(void **state)
{
    (void)state;
    enum { EXPERIMENTS = 20000 };
    struct base_rng rng;
    base_rng_init(&rng, 32);
    double quantile[17] = { 0 };
    for (size_t degrees = 1; degrees < 17; degrees++)
        quantile[degrees] = stats_student_quantile(0.975, (double)degrees);
    for (size_t count = 2; count <= 17; count++)
        for (size_t side = 0; side < (count < 8 ? 1 : 2); side++) {
            const size_t far = side * count / 4;
            size_t covered = 0;
            for (int e = 0; e < EXPERIMENTS; e++) {
                double sample[17], error = 0, degrees = 0;
                for (size_t i = 0; i < count; i++)
                    sample[i] = base_rng_normal(&rng) + (i < far ? 20 : 0);
                stats_sort(sample, count);
                const double mean = stats_together_mean_sorted(sample, count, 0, &error, &degrees);
                covered += fabs(mean) <= quantile[(size_t)degrees] * error;
            }
            assert_in_range(covered, EXPERIMENTS * 945 / 1000, EXPERIMENTS * 985 / 1000);
        }
}

static void a_sum_keeps_what_rounding_would_lose(void **state)
{
    (void)state;
    const double sample[] = { 1, 1e100, 1, -1e100 };
    assert_float_equal(stats_sum(sample, 4), 2, 0);
    assert_float_equal(stats_mean(sample, 4), 0.5, 0);
    /* A deviation does not mind a mean that is a little off. */
    const double spread[] = { 1, 2, 4, 8 };
    assert_float_equal(stats_stddev(spread, 4, 3.75), 3.095695936834452, 1e-15);
    assert_float_equal(stats_stddev(spread, 4, 4), 3.095695936834452, 1e-14);
}

static void what_a_sample_does_not_have_is_nan(void **state)
{
    (void)state;
    const double one[] = { 3 };
    assert_true(isnan(stats_mean(one, 0)));
    assert_true(isnan(stats_median_sorted(one, 0)));
    assert_true(isnan(stats_mad_sorted(one, 0)));
    assert_true(isnan(stats_hodges_lehmann_sorted(one, 0)));
    assert_true(isnan(stats_stddev(one, 1, 3)));
    assert_true(isnan(stats_trimmed_mean_sorted(one, 1, 0.5)));
    assert_true(isnan(stats_quantile_sorted(one, 0, 0.5, STATS_QUANTILE_LINEAR)));
    assert_true(isnan(stats_quantile_sorted(one, 1, 1.01, STATS_QUANTILE_LINEAR)));
    assert_true(isnan(stats_quantile_sorted(one, 1, NAN, STATS_QUANTILE_LINEAR)));
    assert_int_equal(stats_outliers_sorted(one, 0).high_severe, 0);
    assert_true(isnan(stats_outliers_sorted(one, 0).high_mild_fence));
    struct stats_summary s;
    assert_int_equal(stats_summary_of((double[]){ 1 }, 0, &s), BASE_EINVALID);
    assert_int_equal(stats_summary_of((double[]){ 1, NAN }, 2, &s), BASE_EINVALID);
    assert_int_equal(stats_summary_of((double[]){ 1, INFINITY }, 2, &s), BASE_EINVALID);
    assert_int_equal(stats_summary_of_sorted((double[]){ -INFINITY, 1 }, 2, &s), BASE_EINVALID);
}

static void fences_separate_mild_from_severe(void **state)
{
    (void)state;
    /* Quartiles 3 and 5: mild below 0 and above 8, severe below -3 and above 11; a value on a fence
     * is inside it. */
    const double sorted[] = { -3.5, -3, 0, 3, 3, 3, 4, 4, 4, 5, 5, 5, 8, 11, 11.5 };
    const struct stats_outliers o = stats_outliers_sorted(sorted, 15);
    assert_float_equal(o.low_mild_fence, 0, 1e-15);
    assert_float_equal(o.high_severe_fence, 11, 1e-15);
    assert_int_equal(o.low_severe, 1);
    assert_int_equal(o.low_mild, 1);
    assert_int_equal(o.high_mild, 1);
    assert_int_equal(o.high_severe, 1);
}

static void slopes_without_a_line_are_nan(void **state)
{
    (void)state;
    const double same[] = { 2, 2, 2 };
    const double y[] = { 1, 2, 4 };
    assert_true(isnan(stats_slope_line(same, y, 3).slope));
    assert_true(isnan(stats_slope_line(y, same, 1).slope));
    assert_true(isnan(stats_slope_origin((double[]){ 0 }, y, 1).slope));
    assert_true(isnan(stats_slope_origin(y, same, 1).slope_error));
    assert_float_equal(stats_slope_line(y, same, 3).r2, 1, 0);
    struct stats_slope s;
    assert_int_equal(stats_slope_theil_sen(same, y, 3, &s), BASE_EINVALID);
    assert_int_equal(stats_slope_theil_sen(y, y, 1, &s), BASE_EINVALID);
}

/* A third of the points is far off: least squares is lost, Theil-Sen is not; both sizes of it. */
static void theil_sen_ignores_outliers(void **state)
{
    (void)state;
    for (size_t count = 300; count <= 3000; count *= 10) {
        double x[SAMPLE_MAX], y[SAMPLE_MAX];
        struct base_rng rng;
        base_rng_init(&rng, 13);
        for (size_t i = 0; i < count; i++) {
            x[i] = (double)i;
            y[i] = 5 + 2 * x[i] + base_rng_normal(&rng) + (i % 5 == 4 ? 40 * (double)count : 0);
        }
        struct stats_slope s;
        assert_int_equal(stats_slope_theil_sen(x, y, count, &s), BASE_OK);
        assert_float_equal(s.slope, 2, 0.02);
        assert_float_equal(s.intercept, 5, 2);
        assert_true(s.r2 < 0.5);
    }
}

static void series_without_information(void **state)
{
    (void)state;
    const double same[] = { 4, 4, 4, 4, 4 };
    assert_true(isnan(stats_autocorrelation(same, 5, 1)));
    assert_true(isnan(stats_autocorrelation(same, 1, 0)));
    assert_true(isnan(stats_autocorrelation((double[]){ 1, 2 }, 2, 2)));
    assert_float_equal(stats_effective_size(same, 5), 5, 0);
    assert_int_equal(stats_block_length(same, 5), 1);
    assert_int_equal(stats_block_length(same, 0), 1);
}

/* AR(1) with coefficient r: the effective size is n (1 - r) / (1 + r). */
static void effective_size_of_an_autoregression(void **state)
{
    (void)state;
    enum { N = 40000 };
    static double series[N];
    for (double r = 0; r < 0.95; r += 0.3) {
        struct base_rng rng;
        base_rng_init(&rng, 14);
        double last = 0;
        for (size_t i = 0; i < N; i++)
            series[i] = last = r * last + base_rng_normal(&rng);
        const double expect = N * (1 - r) / (1 + r);
        assert_float_equal(stats_effective_size(series, N) / expect, 1, 0.15);
        assert_float_equal(stats_autocorrelation(series, N, 1), r, 0.02);
    }
}

/* Memories of hundreds and thousands of lags, also seen through means of neighbours. */
static void effective_size_of_a_long_memory(void **state)
{
    (void)state;
    enum { N = 200000 };
    double *series = malloc(N * sizeof *series);
    assert_non_null(series);
    static const double rs[] = { 0.99, 0.998 };
    for (int i = 0; i < 2; i++) {
        struct base_rng rng;
        base_rng_init(&rng, 15);
        double last = 0;
        for (size_t t = 0; t < N; t++)
            series[t] = last = rs[i] * last + base_rng_normal(&rng);
        const double expect = N * (1 - rs[i]) / (1 + rs[i]);
        assert_float_equal(stats_effective_size(series, N) / expect, 1, 0.3);
    }
    for (size_t t = 0; t < N; t++) /* a drift and nothing else knows next to nothing */
        series[t] = (double)t;
    assert_true(stats_effective_size(series, N) < 10);
    assert_true(stats_block_length(series, N) > 1000);
    free(series);
}

static void intervals_that_cannot_be_had(void **state)
{
    (void)state;
    const double one[] = { 3 };
    assert_float_equal(stats_interval_t(one, 1, 0.95).value, 3, 0);
    assert_true(isnan(stats_interval_t(one, 1, 0.95).low));
    assert_true(isnan(stats_interval_t((double[]){ 1, 2 }, 2, 1).high));
    assert_true(isnan(stats_interval_wilson(1, 0, 0.95).value));
    assert_true(isnan(stats_interval_wilson(2, 1, 0.95).low));
    assert_true(isnan(stats_interval_clopper_pearson(1, 2, 0).low));
    assert_true(isnan(stats_interval_quantile_exact(one, 0, 0.5, 0.95).value));
    assert_true(isnan(stats_interval_quantile_hutson(one, 1, 0, 0.95).value));
    assert_true(isinf(stats_interval_quantile_exact(one, 1, 0.5, 0.95).low));
    /* P(0 of 3 below the median) is exactly the tail of 75 %. */
    const struct stats_interval exact =
        stats_interval_quantile_exact((double[]){ 1, 2, 3 }, 3, 0.5, 0.75);
    assert_float_equal(exact.low, 1, 0);
    assert_float_equal(exact.high, 3, 0);
}

static void distributions_refuse_what_they_are_not_defined_for(void **state)
{
    (void)state;
    const double nans[] = {
        stats_normal_quantile(-0.1), stats_normal_quantile(1.1), stats_normal_quantile(NAN),
        stats_beta_cdf(-0.1, 1, 1),  stats_beta_cdf(0.5, 0, 1),  stats_beta_quantile(2, 1, 1),
        stats_student_cdf(NAN, 3),   stats_student_cdf(1, 0),    stats_student_quantile(0.5, -1),
    };
    for (size_t i = 0; i < sizeof nans / sizeof *nans; i++)
        assert_true(isnan(nans[i]));
    assert_true(stats_normal_quantile(0) < -1e300 && stats_normal_quantile(1) > 1e300);
    assert_true(stats_student_quantile(0, 3) < -1e300 && stats_student_quantile(1, 3) > 1e300);
    assert_float_equal(stats_student_cdf(INFINITY, 3), 1, 0);
    assert_float_equal(stats_student_cdf(-INFINITY, 3), 0, 0);
    assert_float_equal(stats_beta_quantile(1, 2, 3), 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorting_and_selecting_equal_qsort),
        cmocka_unit_test(mad_and_walsh_equal_their_definition),
        cmocka_unit_test(a_trimmed_mean_has_an_error),
        cmocka_unit_test(those_that_stand_together_have_a_mean),
        cmocka_unit_test(together_as_a_naive_twin),
        cmocka_unit_test(its_interval_covers),
        cmocka_unit_test(a_sum_keeps_what_rounding_would_lose),
        cmocka_unit_test(what_a_sample_does_not_have_is_nan),
        cmocka_unit_test(fences_separate_mild_from_severe),
        cmocka_unit_test(slopes_without_a_line_are_nan),
        cmocka_unit_test(theil_sen_ignores_outliers),
        cmocka_unit_test(series_without_information),
        cmocka_unit_test(effective_size_of_an_autoregression),
        cmocka_unit_test(effective_size_of_a_long_memory),
        cmocka_unit_test(intervals_that_cannot_be_had),
        cmocka_unit_test(distributions_refuse_what_they_are_not_defined_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
