/* test_figure.c - figures of small inputs, byte for byte as SVG; what they refuse; that PDF and PNG
 * are what they say. */
#define _GNU_SOURCE
#include "golden.h"
#include "make_run.h"
#include "markup.h"

#include <result/figure.h>

static const char golden_folder_default[] = "tests/golden/figure";

/* A case of four processes with batches of many sizes, a fixed cost, and a slow tail. */
static struct result_case *add_case(struct result_run *run, const char *id, double ns,
                                    struct base_rng *rng)
{
    struct result_case *one = make_case(run, id, ns, rng);
    one->process_count = 4;
    for (size_t p = 0; p < one->process_count; p++) {
        struct result_process *process = &one->processes[p];
        process->sample_count = 30;
        for (size_t i = 0; i < process->sample_count; i++) {
            process->counts[i] = 100 * (1 + i % 5);
            process->ns[i] = ns * (1 + 0.01 * (double)p + 0.02 * base_rng_normal(rng)) +
                             500 / (double)process->counts[i];
        }
        process->ns[7] = ns * 1.9;
    }
    return one;
}

static void make(struct result_run *run)
{
    struct base_rng rng;
    base_rng_init(&rng, 11);
    make_run(run, "01JD7Z8Q4M5N6P7R8S9TAVBWCX");
    add_case(run, "enc/encode:entries=100", 200, &rng);
    add_case(run, "enc/encode.libcbor:entries=100", 1200, &rng)->peer_of = "enc/encode";
    add_case(run, "crypto/hash:size=64", 61, &rng);
    make_case(run, "null/empty", 0.004, &rng)->is_at_floor = true;
    make_empty_case(run, "enc/broken")->status = "crashed";
}

static void check(enum result_figure figure, const struct result_figure_source *source,
                  const char *golden)
{
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    struct markup markup;
    if (result_figure_write(figure, source, "svg", &out, &why) != BASE_OK)
        fail_msg("%s", why.text);
    const char *wrong = markup_check(&markup, base_buf_text(&out), false);
    if (wrong != NULL)
        fail_msg("%s: %s", golden, wrong);
    assert_null(strstr(base_buf_text(&out), "nan"));
    assert_null(strstr(base_buf_text(&out), "inf"));
    golden_check(golden, &out);
    base_buf_done(&out);
    static const struct {
        const char *format, *magic;
        size_t size;
    } binaries[] = { { "pdf", "%PDF-1.", 7 }, { "png", "\x89PNG\r\n\x1a\n", 8 } };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(result_figure_write(figure, source, binaries[i].format, &out, &why),
                         BASE_OK);
        assert_true(out.size > 1000);
        assert_memory_equal(out.data, binaries[i].magic, binaries[i].size);
        base_buf_done(&out);
    }
}

static void of_a_run(void **state)
{
    (void)state;
    struct result_run run;
    make(&run);
    const struct result_figure_source source = { .run = &run, .one = &run.cases[0] };
    check(RESULT_FIGURE_OVERVIEW, &source, "overview.svg");
    check(RESULT_FIGURE_DENSITY, &source, "density.svg");
    check(RESULT_FIGURE_SLOPE, &source, "slope.svg");
    check(RESULT_FIGURE_PERCENTILES, &source, "percentiles.svg");
    result_run_done(&run);
}

enum { POINTS = 30 };

static void make_points(struct result_history_point *points, char (*revisions)[16])
{
    struct base_rng rng;
    base_rng_init(&rng, 3);
    for (size_t i = 0; i < POINTS; i++) {
        const double level = i < 12 ? 100 : i < 21 ? 112 : 97;
        const double ns = level * (1 + 0.008 * base_rng_normal(&rng)) + (i == 16 ? 25 : 0);
        snprintf(revisions[i], 16, "%08x", (unsigned)(0x3f2a91c0 + i * 7919));
        points[i] =
            (struct result_history_point){ "01JD7Z8Q4M5N6P7R8S9TAVBWCX", "2026-11-21T10:00:00.000Z",
                                           revisions[i], make_estimate(ns, 0.01),
                                           make_estimate(ns, 0.006) };
    }
}

static void of_a_history(void **state)
{
    (void)state;
    struct result_history_point points[POINTS];
    char revisions[POINTS][16];
    static const size_t changes[] = { 12, 21 };
    make_points(points, revisions);
    const struct result_figure_trend trend = { "enc/encode:entries=100", points, POINTS, changes,
                                               2 };
    const struct result_figure_source source = { .trend = &trend };
    check(RESULT_FIGURE_HISTORY, &source, "history.svg");
}

static void of_a_comparison(void **state)
{
    (void)state;
    static const double pairs[] = { 0.048, 0.052, 0.051, 0.047, 0.055, 0.049 };
    const double none = NAN;
    struct result_compared items[] = {
        { .id = "enc/encode:entries=100",
          .change = RESULT_CHANGE_SLOWER,
          .ratio = { 1.051, 1.047, 1.055 },
          .pairs = 6,
          .ln_ratios = pairs },
        { .id = "enc/decode:entries=100",
          .change = RESULT_CHANGE_SAME,
          .ratio = { 1.001, 0.995, 1.006 } },
        { .id = "crypto/hash:size=64",
          .change = RESULT_CHANGE_FASTER,
          .ratio = { 0.91, 0.89, 0.93 } },
        { .id = "crypto/hash:size=1048576 with an id that is longer than the room for it",
          .change = RESULT_CHANGE_UNDECIDED,
          .ratio = { 1.02, 0.96, 1.08 } },
        { .id = "enc/gone", .change = RESULT_CHANGE_MISSING, .ratio = { none, none, none } },
    };
    const struct result_comparison comparison = { .baseline_name = "main",
                                                  .current_name = "feature <x>",
                                                  .options = { 0.01, 0.95 },
                                                  .items = items,
                                                  .count = sizeof items / sizeof items[0] };
    const struct result_figure_source source = { .comparison = &comparison };
    check(RESULT_FIGURE_FOREST, &source, "forest.svg");
}

static void too_little_is_refused(void **state)
{
    (void)state;
    struct result_run run, empty;
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    make(&run);
    make_run(&empty, "01JD7Z8Q4M5N6P7R8S9TAVBWCX");
    const struct result_figure_trend trend = { .case_id = "x" };
    const struct result_comparison nothing = { .options = { 0.05, 0.95 } };
    const struct result_figure_source source = {
        .run = &empty, .one = &run.cases[4], .trend = &trend, .comparison = &nothing
    };
    for (size_t i = 0; i < RESULT_FIGURE_COUNT; i++) {
        const enum result_figure figure = (enum result_figure)i;
        assert_int_equal(result_figure_write(figure, &source, "svg", &out, &why), BASE_ENOTFOUND);
        assert_non_null(strstr(why.text, result_figure_text(figure)));
        const struct result_figure_source none = { 0 };
        assert_int_equal(result_figure_write(figure, &none, "pdf", &out, &why), BASE_EINVALID);
        assert_int_equal(out.size, 0);
    }
    assert_int_equal(result_figure_write(RESULT_FIGURE_DENSITY, &source, "gif", &out, &why),
                     BASE_EINVALID);
    assert_non_null(strstr(why.text, "gif"));
    base_buf_done(&out);
    result_run_done(&run);
    result_run_done(&empty);
}

/* Batches of one size have no slope; samples that are all equal no density. */
static void shapeless_samples(void **state)
{
    (void)state;
    struct result_run run;
    struct base_buf out = { 0 };
    make(&run);
    struct result_case *one = &run.cases[0];
    for (size_t p = 0; p < one->process_count; p++)
        for (size_t i = 0; i < one->processes[p].sample_count; i++) {
            one->processes[p].counts[i] = 100;
            one->processes[p].ns[i] = 200;
        }
    const struct result_figure_source source = { .one = one };
    assert_int_equal(result_figure_write(RESULT_FIGURE_SLOPE, &source, "svg", &out, NULL),
                     BASE_ENOTFOUND);
    assert_int_equal(result_figure_write(RESULT_FIGURE_DENSITY, &source, "svg", &out, NULL),
                     BASE_ENOTFOUND);
    assert_int_equal(result_figure_write(RESULT_FIGURE_PERCENTILES, &source, "svg", &out, NULL),
                     BASE_ENOTFOUND);
    result_run_done(&run);
}

static void changes_out_of_order(void **state)
{
    (void)state;
    struct result_history_point points[POINTS];
    char revisions[POINTS][16];
    struct base_buf out = { 0 };
    static const size_t wrong[][2] = { { 21, 12 }, { 0, 5 }, { 12, POINTS } };
    make_points(points, revisions);
    for (size_t i = 0; i < 3; i++) {
        const struct result_figure_trend trend = { "x", points, POINTS, wrong[i], 2 };
        const struct result_figure_source source = { .trend = &trend };
        assert_int_equal(result_figure_write(RESULT_FIGURE_HISTORY, &source, "svg", &out, NULL),
                         BASE_EINVALID);
    }
    assert_int_equal(out.size, 0);
}

/* Numbers of any size and sign stay on the paper and leave no word of their own in the file. */
static void extreme_numbers(void **state)
{
    (void)state;
    static const double values[] = { 1e-300, 1e300, 0, -5, 1e-9, 3e17 };
    struct result_run run;
    make(&run);
    struct result_case *one = &run.cases[0];
    for (size_t v = 0; v < 36; v++) {
        struct markup markup;
        struct base_buf out = { 0 };
        const double a = values[v / 6], b = values[v % 6];
        one->median_ns = (struct result_estimate){ a, fmin(a, b), fmax(a, b) };
        one->slope_ns = one->median_ns;
        one->p05_ns = one->p25_ns = fmin(a, b);
        one->p75_ns = one->p95_ns = one->max_ns = fmax(a, b);
        for (size_t i = 0; i < 30; i++)
            one->processes[0].ns[i] = i % 2 == 0 ? a : b;
        const struct result_figure_source source = { .run = &run, .one = one };
        for (int figure = RESULT_FIGURE_OVERVIEW; figure <= RESULT_FIGURE_PERCENTILES; figure++) {
            const base_err err =
                result_figure_write((enum result_figure)figure, &source, "svg", &out, NULL);
            assert_true(err == BASE_OK || err == BASE_ENOTFOUND);
            const char *wrong = markup_check(&markup, base_buf_text(&out), false);
            if (wrong != NULL)
                fail_msg("%g %g: %s", a, b, wrong);
            base_buf_clear(&out);
        }
        base_buf_done(&out);
    }
    result_run_done(&run);
}

int main(int argc, char **argv)
{
    golden_folder = argc > 1 ? argv[1] : golden_folder_default;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_run),          cmocka_unit_test(of_a_history),
        cmocka_unit_test(of_a_comparison),   cmocka_unit_test(too_little_is_refused),
        cmocka_unit_test(shapeless_samples), cmocka_unit_test(changes_out_of_order),
        cmocka_unit_test(extreme_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
