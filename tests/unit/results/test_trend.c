/* test_trend.c - pictures of histories compared with files, and what is said of changes. */
#include "golden.h"

#include <base/rng.h>
#include <result/trend.h>

#include <jansson.h>
#include <math.h>

enum { RUNS_MAX = 12000 };

struct shape {
    size_t count;
    double noise;
    size_t at[3];
    double ratio[3]; /* 0: no step */
    double drift;    /* share over the whole */
    size_t runs_per_commit;
    bool has_spikes, is_sparse;
};

static struct result_history_point points[RUNS_MAX];

static void print_names(size_t i, size_t runs_per_commit)
{
    static char ids[RUNS_MAX][28], times[RUNS_MAX][32], revisions[RUNS_MAX][16];
    snprintf(ids[i], sizeof ids[i], "01HZTREND00000000000%06zu", i + 1);
    snprintf(times[i], sizeof times[i], "2026-%02zu-%02zuT12:00:00.000Z", 1 + i / 28 % 12,
             1 + i % 28);
    snprintf(revisions[i], sizeof revisions[i], "c%06zu", 1 + i / runs_per_commit);
    points[i].run_id = ids[i];
    points[i].started = times[i];
    points[i].revision = revisions[i];
    points[i].host = "lab";
}

static void make(const struct shape *shape)
{
    struct base_rng rng;
    base_rng_init(&rng, 7);
    for (size_t i = 0; i < shape->count; i++) {
        double value = 1200 * exp(shape->noise * base_rng_normal(&rng));
        value *= 1 + shape->drift * (double)i / (double)shape->count;
        for (size_t k = 0; k < 3; k++)
            if (shape->ratio[k] > 0 && i >= shape->at[k])
                value *= shape->ratio[k];
        if (shape->has_spikes && i % 17 == 5)
            value *= 1.4;
        points[i].median_ns = (struct result_estimate){ value, value * 0.97, value * 1.03 };
        points[i].normalised_ns = (struct result_estimate){ value, value * 0.995, value * 1.005 };
        if (shape->is_sparse && i % 10 == 3)
            points[i].normalised_ns = (struct result_estimate){ NAN, NAN, NAN };
        print_names(i, shape->runs_per_commit == 0 ? 1 : shape->runs_per_commit);
    }
}

static void trend_of(const struct shape *shape, struct result_trend *trend)
{
    struct base_why why = { 0 };
    make(shape);
    *trend = (struct result_trend){ 0 };
    if (result_trend_of("enc/encode:entries=100", points, shape->count, NULL, trend, &why) !=
        BASE_OK)
        fail_msg("%s", why.text);
}

static const struct shape typical = { .count = 90,
                                      .noise = 0.004,
                                      .at = { 30, 64 },
                                      .ratio = { 1.05, 0.97 },
                                      .has_spikes = true,
                                      .runs_per_commit = 3 };

static void check_text(const char *name, const struct shape *shape, struct result_page page)
{
    struct result_trend trend;
    struct base_buf out = { 0 };
    trend_of(shape, &trend);
    assert_int_equal(result_trend_write(&trend, "text", &page, &out), BASE_OK);
    golden_check(name, &out);
    if (!page.is_coloured)
        GOLDEN_ASSERT_WIDTH(&out, page.width);
    base_buf_done(&out);
    result_trend_done(&trend);
}

static void the_picture_fits_its_page(void **state)
{
    (void)state;
    check_text("trend_60.txt", &typical, (struct result_page){ .width = 60 });
    check_text("trend_80.txt", &typical, (struct result_page){ .width = 80 });
    check_text("trend_120.txt", &typical, (struct result_page){ .width = 120 });
    check_text("trend_ascii.txt", &typical, (struct result_page){ .width = 80, .is_ascii = true });
    check_text("trend_coloured.txt", &typical,
               (struct result_page){ .width = 80, .is_coloured = true });
}

static void odd_histories_are_drawn(void **state)
{
    (void)state;
    const struct result_page page = { .width = 80 };
    check_text("trend_one.txt", &(struct shape){ .count = 1, .noise = 0.01 }, page);
    check_text("trend_equal.txt", &(struct shape){ .count = 20 }, page);
    check_text(
        "trend_sparse.txt",
        &(struct shape){
            .count = 40, .noise = 0.005, .at = { 20 }, .ratio = { 1.04 }, .is_sparse = true },
        page);
    check_text("trend_drift.txt", &(struct shape){ .count = 60, .noise = 0.004, .drift = 0.06 },
               page);
    check_text("trend_long.txt",
               &(struct shape){ .count = 10000,
                                .noise = 0.01,
                                .at = { 2500, 7000 },
                                .ratio = { 1.03, 0.98 },
                                .runs_per_commit = 10 },
               page);
}

static void other_formats_say_the_same(void **state)
{
    (void)state;
    static const char *const formats[] = { "markdown", "csv", "json" };
    static const char *const names[] = { "trend.md", "trend.csv", "trend.json" };
    for (size_t i = 0; i < 3; i++) {
        struct result_trend trend;
        struct base_buf out = { 0 };
        trend_of(&typical, &trend);
        assert_int_equal(result_trend_write(&trend, formats[i], &(struct result_page){ 0 }, &out),
                         BASE_OK);
        golden_check(names[i], &out);
        if (i == 2) {
            json_t *root = json_loadb((const char *)out.data, out.size, 0, NULL);
            assert_int_equal(json_array_size(json_object_get(root, "changes")), 2);
            assert_int_equal(json_array_size(json_object_get(root, "points")), 90);
            json_decref(root);
        }
        base_buf_clear(&out);
        assert_int_equal(result_trend_write(&trend, "pdf", &(struct result_page){ 0 }, &out),
                         BASE_ENOTFOUND);
        base_buf_done(&out);
        result_trend_done(&trend);
    }
}

static bool is_after_dirty(const char *run_id, void *context)
{
    return strcmp(run_id, context) == 0;
}

static void a_change_lies_between_two_commits(void **state)
{
    (void)state;
    struct result_trend trend;
    trend_of(&typical, &trend);
    assert_int_equal(trend.change_count, 2);
    const struct result_trend_change *change = &trend.changes[0];
    assert_int_equal(change->index, 30);
    assert_true(change->before < 30 && change->after >= 30 && change->after <= 31);
    assert_string_equal(result_trend_range(&trend, change), "c000010 .. c000011");
    assert_null(change->remark);
    assert_true(trend.changes[1].ratio.value < 1);
    char dirty[28];
    snprintf(dirty, sizeof dirty, "%s", trend.points[change->after].run_id);
    assert_int_equal(result_trend_remark(&trend, is_after_dirty, dirty), BASE_OK);
    assert_non_null(strstr(trend.changes[0].remark, "the run after was of a tree"));
    result_trend_done(&trend);
}

static void one_commit_or_none_is_said(void **state)
{
    (void)state;
    struct result_trend trend = { 0 };
    const struct shape shape = {
        .count = 40, .noise = 0.002, .at = { 20 }, .ratio = { 1.1 }, .runs_per_commit = 100
    };
    trend_of(&shape, &trend);
    assert_int_equal(trend.change_count, 1);
    assert_string_equal(result_trend_range(&trend, &trend.changes[0]), "c000001");
    assert_non_null(strstr(trend.changes[0].remark, "no commit lies between"));
    result_trend_done(&trend);
    make(&shape);
    for (size_t i = 0; i < shape.count; i++)
        points[i].revision = "";
    assert_int_equal(result_trend_of("a", points, shape.count, NULL, &trend, NULL), BASE_OK);
    assert_string_equal(result_trend_range(&trend, &trend.changes[0]), "no revision is known");
    result_trend_done(&trend);
}

/* Times of another host are no change of the code. */
static void hosts_are_not_mixed(void **state)
{
    (void)state;
    struct result_trend trend = { 0 };
    make(&(struct shape){ .count = 60, .noise = 0.004 });
    for (size_t i = 0; i < 60; i += 2) {
        points[i].host = "old";
        points[i].normalised_ns.value *= i < 30 ? 1.5 : 0.5;
    }
    assert_int_equal(result_trend_of("a", points, 60, NULL, &trend, NULL), BASE_OK);
    assert_int_equal(trend.count, 30);
    assert_int_equal(trend.other_hosts, 30);
    assert_int_equal(trend.change_count, 0);
    result_trend_done(&trend);
}

static void the_newest_are_enough(void **state)
{
    (void)state;
    struct result_trend trend = { 0 };
    make(&(struct shape){ .count = RUNS_MAX, .noise = 0.004 });
    assert_int_equal(result_trend_of("a", points, RUNS_MAX, NULL, &trend, NULL), BASE_OK);
    assert_int_equal(trend.count, STATS_CHANGEPOINT_MAX);
    assert_string_equal(trend.points[0].run_id, points[RUNS_MAX - STATS_CHANGEPOINT_MAX].run_id);
    result_trend_done(&trend);
}

static void nothing_and_nonsense(void **state)
{
    (void)state;
    struct result_trend trend = { 0 };
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    assert_int_equal(result_trend_of("a", NULL, 0, NULL, &trend, NULL), BASE_OK);
    assert_int_equal(trend.change_count, 0);
    assert_int_equal(result_trend_write(&trend, "text", &(struct result_page){ 0 }, &out), BASE_OK);
    assert_non_null(strstr(base_buf_text(&out), "Too few runs"));
    base_buf_done(&out);
    result_trend_done(&trend);
    make(&(struct shape){ .count = 20, .noise = 0.004 });
    for (size_t i = 0; i < 20; i++)
        points[i].normalised_ns = points[i].median_ns = (struct result_estimate){ NAN, NAN, NAN };
    assert_int_equal(result_trend_of("a", points, 20, NULL, &trend, NULL), BASE_OK);
    assert_int_equal(trend.missing, 20);
    assert_int_equal(result_trend_write(&trend, "text", &(struct result_page){ 0 }, &out), BASE_OK);
    base_buf_done(&out);
    result_trend_done(&trend);
    const struct result_trend_options wrong = { .significance = 0.9 };
    assert_int_equal(result_trend_of("a", points, 20, &wrong, &trend, &why), BASE_EINVALID);
    assert_non_null(strstr(why.text, "0.0001 .. 0.5"));
}

/* tests/golden/changes: the work was changed after the runs 45 and 85, by +4.98 % and -1.95 %. */
static void a_recorded_history_shows_its_changes(void **state)
{
    (void)state;
    FILE *file = fopen(BPI_SOURCE "/tests/golden/changes/recorded.csv", "r");
    struct result_trend trend = { 0 };
    char line[400], name[40];
    size_t count = 0;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        struct result_estimate value = { NAN, NAN, NAN };
        if (sscanf(line, "%39[^,],%*d,%*d,%lf,%lf,%lf", name, &value.value, &value.low,
                   &value.high) < 1 ||
            strcmp(name, "changed") != 0)
            continue;
        points[count].normalised_ns = value;
        points[count].median_ns = value;
        print_names(count++, 1);
    }
    fclose(file);
    assert_int_equal(count, 120);
    assert_int_equal(result_trend_of("changed", points, count, NULL, &trend, NULL), BASE_OK);
    assert_int_equal(trend.change_count, 2);
    assert_true(trend.changes[0].before <= 44 && trend.changes[0].after >= 45);
    assert_true(trend.changes[1].before <= 84 && trend.changes[1].after >= 85);
    assert_float_equal(trend.changes[0].ratio.value, 1.0498, 0.006);
    assert_float_equal(trend.changes[1].ratio.value, 0.9805, 0.004);
    result_trend_done(&trend);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_picture_fits_its_page),
        cmocka_unit_test(odd_histories_are_drawn),
        cmocka_unit_test(other_formats_say_the_same),
        cmocka_unit_test(a_change_lies_between_two_commits),
        cmocka_unit_test(one_commit_or_none_is_said),
        cmocka_unit_test(hosts_are_not_mixed),
        cmocka_unit_test(the_newest_are_enough),
        cmocka_unit_test(nothing_and_nonsense),
        cmocka_unit_test(a_recorded_history_shows_its_changes),
    };
    if (argc < 2)
        return 2;
    golden_folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
