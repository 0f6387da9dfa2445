/* test_stats_golden.c - every answer of R in tests/golden/stats/stats.csv (made by make.R there).
 *
 * A row is "name,values..."; the part of the name before the first '.' says which function is
 * asked, the part after it which data set. A row that no function claims is a failure. */
#include "unit.h"

#include <base/buf.h>
#include <stats/bootstrap.h>
#include <stats/distribution.h>
#include <stats/effective.h>
#include <stats/interval.h>
#include <stats/multiple.h>
#include <stats/outlier.h>
#include <stats/paired.h>
#include <stats/slope.h>
#include <stats/summary.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_MAX = 1000, NAME_SIZE = 40, FILE_MAX = 1 << 20 };

struct row {
    char name[NAME_SIZE];
    double *values;
    size_t count;
};

static struct row rows[ROW_MAX];
static size_t row_count;

static void parse_row(char *line, struct row *row)
{
    char *comma = strchr(line, ',');
    assert_non_null(comma);
    *comma = '\0';
    assert_true(strlen(line) < NAME_SIZE);
    strcpy(row->name, line);
    size_t capacity = 1;
    for (const char *c = comma + 1; *c != '\0'; c++)
        capacity += *c == ',';
    row->values = malloc(capacity * sizeof *row->values);
    assert_non_null(row->values);
    for (char *at = comma; at != NULL; at = strchr(at + 1, ','))
        row->values[row->count++] = strtod(at + 1, NULL);
    assert_int_equal(row->count, capacity);
}

static int load_rows(const char *path)
{
    struct base_buf buf = { 0 };
    struct base_why why = { 0 };
    if (base_buf_read_file(&buf, path, FILE_MAX, &why) != BASE_OK) {
        fprintf(stderr, "%s\n", why.text);
        return 1;
    }
    char *save = NULL;
    char *text = strdup(base_buf_text(&buf));
    for (char *line = strtok_r(text, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        if (line[0] != '#' && row_count < ROW_MAX)
            parse_row(line, &rows[row_count++]);
    }
    free(text);
    base_buf_done(&buf);
    return 0;
}

static const struct row *find_row(const char *kind, const char *name)
{
    char wanted[NAME_SIZE];
    snprintf(wanted, sizeof wanted, "%s.%s", kind, name);
    for (size_t i = 0; i < row_count; i++) {
        if (strcmp(rows[i].name, wanted) == 0)
            return &rows[i];
    }
    fail_msg("no row %s", wanted);
    return NULL;
}

/* The data set a row is about, and a sorted copy of it that the caller frees. */
static const struct row *data_of(const struct row *row)
{
    return find_row("data", strchr(row->name, '.') + 1);
}

static double *sorted_of(const struct row *data)
{
    double *copy = malloc(data->count * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, data->values, data->count * sizeof *copy);
    stats_sort(copy, data->count);
    return copy;
}

static void check_within(const struct row *row, double got, double expect, double tolerance)
{
    if (isnan(expect) && isnan(got))
        return;
    if (!(fabs(got - expect) <= tolerance * fmax(fabs(expect), 1e-300)) && got != expect)
        fail_msg("%s (%.17g, ...): got %.17g, R says %.17g", row->name, row->values[0], got,
                 expect);
}

static void check(const struct row *row, double got, double expect)
{
    check_within(row, got, expect, 1e-12);
}

/* For figures near zero that are differences of figures of size one. */
static void check_near(const struct row *row, double got, double expect)
{
    if (fabs(got - expect) > 1e-12)
        check(row, got, expect);
}

static void row_pnorm(const struct row *row)
{
    check(row, stats_normal_cdf(row->values[0]), row->values[1]);
}

static void row_qnorm(const struct row *row)
{
    check(row, stats_normal_quantile(row->values[0]), row->values[1]);
}

static void row_pt(const struct row *row)
{
    check(row, stats_student_cdf(row->values[0], row->values[1]), row->values[2]);
}

static void row_qt(const struct row *row)
{
    check_near(row, stats_student_quantile(row->values[0], row->values[1]), row->values[2]);
}

static void row_pbeta(const struct row *row)
{
    check(row, stats_beta_cdf(row->values[0], row->values[1], row->values[2]), row->values[3]);
}

static void row_qbeta(const struct row *row)
{
    check(row, stats_beta_quantile(row->values[0], row->values[1], row->values[2]), row->values[3]);
}

static void row_summary(const struct row *row)
{
    const struct row *data = data_of(row);
    double *sample = malloc(data->count * sizeof *sample);
    memcpy(sample, data->values, data->count * sizeof *sample);
    struct stats_summary s;
    assert_int_equal(stats_summary_of(sample, data->count, &s), BASE_OK);
    assert_true(stats_is_sorted(sample, data->count));
    const double got[] = { s.mean, s.trimmed_mean, s.median, s.mad, s.mad_scaled, s.stddev, s.min,
                           s.max,  s.p05,          s.p25,    s.p75, s.p95,        s.p99 };
    assert_int_equal(row->count, sizeof got / sizeof *got);
    for (size_t i = 0; i < row->count; i++)
        check(row, got[i], row->values[i]);
    free(sample);
}

static void row_quantile(const struct row *row)
{
    static const double ps[] = { 0, 0.01, 0.1, 0.5, 0.731, 0.99, 1 };
    const struct row *data = data_of(row);
    double *sorted = sorted_of(data);
    const enum stats_quantile_method method = (enum stats_quantile_method)row->values[0];
    for (size_t i = 0; i < 7; i++)
        check(row, stats_quantile_sorted(sorted, data->count, ps[i], method), row->values[i + 1]);
    free(sorted);
}

static void row_walsh(const struct row *row)
{
    const struct row *data = data_of(row);
    double *sorted = sorted_of(data);
    check(row, stats_hodges_lehmann_sorted(sorted, data->count), row->values[0]);
    free(sorted);
}

static void row_outliers(const struct row *row)
{
    const struct row *data = data_of(row);
    double *sorted = sorted_of(data);
    const struct stats_outliers o = stats_outliers_sorted(sorted, data->count);
    const double got[] = { (double)o.low_severe, (double)o.low_mild, (double)o.high_mild,
                           (double)o.high_severe };
    for (size_t i = 0; i < 4; i++)
        assert_float_equal(got[i], row->values[i], 0);
    free(sorted);
}

static void row_slope(const struct row *row)
{
    const struct row *x = find_row("data", "slope_x");
    const struct row *y = find_row("data", "slope_y");
    const char *kind = strchr(row->name, '.') + 1;
    struct stats_slope s = { 0 };
    if (strcmp(kind, "origin") == 0)
        s = stats_slope_origin(x->values, y->values, x->count);
    else if (strcmp(kind, "line") == 0)
        s = stats_slope_line(x->values, y->values, x->count);
    else if (strcmp(kind, "ratio") == 0)
        s = stats_slope_ratio(x->values, y->values, x->count);
    else
        assert_int_equal(stats_slope_theil_sen(x->values, y->values, x->count, &s), BASE_OK);
    check(row, s.slope, row->values[0]);
    if (strcmp(kind, "ratio") == 0) {
        check(row, s.slope_error, row->values[1]);
        return;
    }
    check(row, s.intercept, row->values[1]);
    if (strcmp(kind, "theil") != 0) {
        check(row, s.slope_error, row->values[2]);
        check(row, s.r2, row->values[3]);
    }
}

static void row_acf(const struct row *row)
{
    const struct row *data = data_of(row);
    for (size_t lag = 1; lag <= row->count; lag++)
        check_near(row, stats_autocorrelation(data->values, data->count, lag),
                   row->values[lag - 1]);
}

static void row_effective(const struct row *row)
{
    const struct row *data = data_of(row);
    check(row, stats_effective_size(data->values, data->count), row->values[0]);
    assert_int_equal(stats_block_length(data->values, data->count), (size_t)row->values[1]);
}

static void row_share(const struct row *row)
{
    const uint64_t successes = (uint64_t)row->values[0];
    const uint64_t trials = (uint64_t)row->values[1];
    const struct stats_interval i = row->name[0] == 'w'
                                        ? stats_interval_wilson(successes, trials, 0.95)
                                        : stats_interval_clopper_pearson(successes, trials, 0.95);
    assert_float_equal(i.value, row->values[0] / row->values[1], 0);
    check(row, i.low, row->values[2]);
    check(row, i.high, row->values[3]);
}

static void row_student(const struct row *row)
{
    const struct row *data = find_row("data", "heavy");
    const struct stats_interval i = stats_interval_t(data->values, (size_t)row->values[0], 0.9);
    check(row, i.low, row->values[1]);
    check(row, i.high, row->values[2]);
}

/* R's uniroot stops at 1e-15 of the share, which an interpolation between far observations
 * enlarges. */
static void row_order(const struct row *row)
{
    const struct row *data = data_of(row);
    double *sorted = sorted_of(data);
    const bool is_exact = row->name[0] == 'e';
    const struct stats_interval i =
        is_exact ? stats_interval_quantile_exact(sorted, data->count, row->values[0], 0.95)
                 : stats_interval_quantile_hutson(sorted, data->count, row->values[0], 0.95);
    check_within(row, isinf(i.low) ? -1e300 : i.low, row->values[1], 1e-9);
    check_within(row, isinf(i.high) ? 1e300 : i.high, row->values[2], 1e-9);
    free(sorted);
}

static void row_limits(const struct row *row)
{
    const char *statistic = strchr(row->name, '.') + 1;
    const struct row *replicates = find_row("replicates", statistic);
    const struct row *jackknife = find_row("jackknife", statistic);
    double *copy = malloc(replicates->count * sizeof *copy);
    memcpy(copy, replicates->values, replicates->count * sizeof *copy);
    const struct stats_interval i =
        row->name[0] == 'b'
            ? stats_interval_bca(copy, replicates->count, row->values[1], jackknife->values,
                                 jackknife->count, row->values[0])
            : stats_interval_percentile(copy, replicates->count, row->values[1], row->values[0]);
    assert_float_equal(i.value, row->values[1], 0);
    check(row, i.low, row->values[2]);
    check(row, i.high, row->values[3]);
    free(copy);
}

static struct stats_paired paired_of(const struct row *row)
{
    const struct row *data = data_of(row);
    struct stats_paired paired;
    assert_int_equal(stats_paired_init(&paired, data->values, data->count), BASE_OK);
    return paired;
}

static void row_signrank(const struct row *row)
{
    struct stats_paired paired = paired_of(row);
    const struct stats_interval i = stats_paired_interval(&paired, 1 - row->values[0]);
    check(row, i.value, row->values[1]);
    check(row, i.low, row->values[2]);
    check(row, i.high, row->values[3]);
    stats_paired_done(&paired);
}

/* R finds a tail near one from its counterpart, too, but from the rounded sum of the other half. */
static void row_signp(const struct row *row)
{
    struct stats_paired paired = paired_of(row);
    for (enum stats_side side = STATS_SIDE_BOTH; side <= STATS_SIDE_BELOW; side++)
        check_within(row, stats_paired_p(&paired, row->values[0], side), row->values[side + 1],
                     1e-11);
    stats_paired_done(&paired);
}

static void row_adjust(const struct row *row)
{
    const struct row *data = data_of(row);
    double p[ROW_MAX];
    memcpy(p, data->values, data->count * sizeof *p);
    const enum stats_correction correction =
        row->name[0] == 'h' ? STATS_CORRECTION_HOLM : STATS_CORRECTION_BH;
    assert_int_equal(stats_adjust(p, data->count, correction, NULL), BASE_OK);
    for (size_t i = 0; i < data->count; i++)
        check(row, p[i], row->values[i]);
}

static void row_input(const struct row *row)
{
    assert_true(row->count > 0);
}

static const struct {
    const char *kind;
    void (*check)(const struct row *row);
} kinds[] = {
    { "data", row_input },
    { "replicates", row_input },
    { "jackknife", row_input },
    { "pnorm", row_pnorm },
    { "qnorm", row_qnorm },
    { "pt", row_pt },
    { "qt", row_qt },
    { "pbeta", row_pbeta },
    { "qbeta", row_qbeta },
    { "summary", row_summary },
    { "quantile", row_quantile },
    { "walsh", row_walsh },
    { "outliers", row_outliers },
    { "slope", row_slope },
    { "acf", row_acf },
    { "effective", row_effective },
    { "wilson", row_share },
    { "clopper", row_share },
    { "student", row_student },
    { "hutson", row_order },
    { "exact", row_order },
    { "bca", row_limits },
    { "perc", row_limits },
    { "signrank", row_signrank },
    { "signp", row_signp },
    { "holm", row_adjust },
    { "bh", row_adjust },
};

enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

static void every_row_agrees_with_r(void **state)
{
    (void)state;
    size_t asked[KIND_COUNT] = { 0 };
    for (size_t i = 0; i < row_count; i++) {
        const size_t length = strcspn(rows[i].name, ".");
        size_t k = 0;
        while (k < KIND_COUNT &&
               (strncmp(kinds[k].kind, rows[i].name, length) != 0 || kinds[k].kind[length] != '\0'))
            k++;
        if (k == KIND_COUNT)
            fail_msg("nobody claims row %s", rows[i].name);
        kinds[k].check(&rows[i]);
        asked[k]++;
    }
    for (size_t k = 0; k < KIND_COUNT; k++)
        assert_true(asked[k] > 0);
}

int main(int argc, char **argv)
{
    if (argc != 2 || load_rows(argv[1]) != 0)
        return 1;
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_row_agrees_with_r) };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (size_t i = 0; i < row_count; i++)
        free(rows[i].values);
    return failed;
}
