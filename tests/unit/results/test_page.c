/* test_page.c - pages in HTML: well-formed whatever the names are, one file without references,
 * small; documents in PDF. */
#define _GNU_SOURCE
#include "unit.h"

#include "make_run.h"
#include "markup.h"
#include "result_sample.h"

#include <result/compare.h>
#include <result/figure.h>
#include <result/report.h>

#include <stdlib.h>

enum { PAGE_MAX = 500000 };

static const char hostile[] = "a/<script>alert(1)</script>:x=\"'><img src=x onerror=alert(1)>"
                              "&amp;\x1b[2J\xff\xe2\x80\xae]]>--></style></svg>";

/* The bytes between <style> and </style> and such are ours; all else came through the escaping. */
static void assert_page(struct base_buf *out)
{
    static const char *const forbidden[] = {
        "http:", "https:", "url(",        "@import", " src=",  "<link", "<img",
        "\x1b",  "\u202e", "javascript:", "<iframe", "srcset", "<base", "<object"
    };
    struct markup markup;
    const char *text = base_buf_text(out);
    const char *wrong = markup_check(&markup, text, true);
    if (wrong != NULL)
        fail_msg("%s", wrong);
    assert_int_equal(strncmp(text, "<!DOCTYPE html>", 15), 0);
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
        if (strstr(text, forbidden[i]) != NULL)
            fail_msg("the page has '%s': %.80s", forbidden[i], strstr(text, forbidden[i]));
    assert_int_equal(strlen(text), out->size);
    const char *script = strstr(text, "<script>");
    assert_non_null(script);
    assert_null(strstr(script + 1, "<script")); /* one, ours */
}

static void write_page(const struct result_run *run, const struct result_report_options *options,
                       struct base_buf *out)
{
    assert_int_equal(result_format_find("html")->write(run, options, out), BASE_OK);
    assert_page(out);
}

static void a_small_run(void **state)
{
    (void)state;
    struct result_run run;
    struct base_buf out = { 0 };
    const struct result_report_options options = { 0 };
    sample_run(&run);
    write_page(&run, &options, &out);
    const char *text = base_buf_text(&out);
    static const char *const words[] = {
        "enc/encode:entries=100",
        "digest differs at byte 3",
        "bench-1",
        "encode takes less than 1.25 ms",
        "gcc 12.2.0",
        "proven",
        "scope=\"col\"",
        "<title>times of batches",
        "Content-Security-Policy",
        "id=\"c0\"",
        "href=\"#c0\"",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(text, words[i]) == NULL)
            fail_msg("the page lacks '%s'", words[i]);
    base_buf_done(&out);
    result_run_done(&run);
}

static void an_empty_run(void **state)
{
    (void)state;
    struct result_run run;
    struct base_buf out = { 0 };
    const struct result_report_options options = { 0 };
    make_run(&run, "01JD7Z8Q4M5N6P7R8S9TAVBWCX");
    write_page(&run, &options, &out);
    assert_non_null(strstr(base_buf_text(&out), "No case was measured"));
    base_buf_clear(&out);
    assert_int_equal(result_format_find("pdf")->write(&run, &options, &out), BASE_OK);
    assert_int_equal(result_format_find("svg")->write(&run, &options, &out), BASE_ENOTFOUND);
    base_buf_done(&out);
    result_run_done(&run);
}

/* Every text of the run is hostile, and all of them are shown. */
static void make_hostile(struct result_run *run)
{
    struct base_rng rng;
    base_rng_init(&rng, 5);
    make_run(run, hostile);
    run->command = run->started = run->state = hostile;
    run->host = MAKE_PAIRS(run, { hostile, hostile }, { "hypervisor", hostile },
                           { "load", "99<script>" }, { "cpus", "2" });
    run->build = run->config = run->host;
    run->key = hostile;
    for (int i = 0; i < 3; i++) {
        struct result_case *one = make_case(run, hostile, 100 * (i + 1), &rng);
        one->suite = one->name = one->interval = one->reference = one->item = hostile;
        one->counters = one->facts = MAKE_QUANTITIES(run, { hostile, 1, hostile });
    }
    run->cases[1].peer_of = hostile;
    run->cases[2].status = run->cases[2].why = hostile;
    run->verdicts = make_array(run, 1, sizeof *run->verdicts);
    run->verdict_count = 1;
    run->verdicts[0] = (struct result_verdict){ hostile, hostile, hostile,    hostile,
                                                hostile, hostile, { 1, 1, 1 } };
}

static void hostile_names(void **state)
{
    (void)state;
    struct result_run run;
    struct base_buf out = { 0 };
    make_hostile(&run);
    const struct result_history_point points[] = {
        { hostile, hostile, hostile, { 1, 1, 1 }, { 1, 1, 1 } },
        { hostile, hostile, hostile, { 2, 1, 3 }, { 2, 1, 3 } },
    };
    static const size_t changes[] = { 1 };
    const struct result_figure_trend trend = { hostile, points, 2, changes, 1 };
    const struct result_report_options options = { .trends = &trend, .trend_count = 1 };
    /* What is hostile cannot be told from what is ours by a list of words: all of it is entities.
     */
    assert_int_equal(result_format_find("html")->write(&run, &options, &out), BASE_OK);
    struct markup markup;
    const char *text = base_buf_text(&out), *wrong = markup_check(&markup, text, true);
    if (wrong != NULL)
        fail_msg("%s", wrong);
    assert_null(strstr(text, "<script>alert"));
    assert_null(strstr(text, "<img"));
    assert_null(strstr(text, "\x1b"));
    assert_null(strstr(text, "\u202e"));
    assert_non_null(strstr(text, "&lt;img src=x onerror=alert(1)&gt;"));
    assert_non_null(strstr(text, "\\x1b"));
    assert_non_null(strstr(text, "change point"));
    base_buf_clear(&out);
    assert_int_equal(result_format_find("pdf")->write(&run, &options, &out), BASE_OK);
    base_buf_done(&out);
    result_run_done(&run);
}

static void a_hundred_cases(void **state)
{
    (void)state;
    struct base_rng rng;
    struct result_run run;
    struct base_buf out = { 0 };
    const struct result_report_options options = { 0 };
    base_rng_init(&rng, 1);
    sample_run_large(&rng, 100, 10, &run);
    write_page(&run, &options, &out);
    if (out.size > PAGE_MAX)
        fail_msg("%zu bytes, at most %d", out.size, PAGE_MAX);
    assert_non_null(strstr(base_buf_text(&out), "id=\"c99\""));
    base_buf_done(&out);
    result_run_done(&run);
}

static void random_runs(void **state)
{
    (void)state;
    struct base_rng rng;
    const struct result_report_options options = { 0 };
    base_rng_init(&rng, 77);
    for (int i = 0; i < 40; i++) {
        struct result_run run;
        struct base_buf out = { 0 };
        struct markup markup;
        sample_run_random(&rng, &run);
        assert_int_equal(result_format_find("html")->write(&run, &options, &out), BASE_OK);
        const char *wrong = markup_check(&markup, base_buf_text(&out), true);
        if (wrong != NULL)
            fail_msg("run %d: %s", i, wrong);
        base_buf_clear(&out);
        assert_int_equal(result_format_find("pdf")->write(&run, &options, &out), BASE_OK);
        assert_memory_equal(out.data, "%PDF-", 5);
        base_buf_done(&out);
        result_run_done(&run);
    }
}

static void a_comparison(void **state)
{
    (void)state;
    struct result_run a, b;
    struct result_comparison comparison = { 0 };
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    const struct result_page page = { 0 };
    sample_run(&a);
    sample_run(&b);
    b.host.items[0].value = "<i>other</i>";
    const struct result_compare_options defaults = { 0 };
    assert_int_equal(result_compare(&a, &b, &defaults, &comparison, &why), BASE_OK);
    assert_int_equal(result_comparison_write(&comparison, "html", &page, &out), BASE_OK);
    assert_page(&out);
    assert_non_null(strstr(base_buf_text(&out), "ratios of the times"));
    assert_non_null(strstr(base_buf_text(&out), "&lt;i&gt;other"));
    base_buf_clear(&out);
    const struct result_report_options options = { .comparison = &comparison };
    write_page(&a, &options, &out);
    assert_non_null(strstr(base_buf_text(&out), "id=\"comparison\""));
    base_buf_clear(&out);
    assert_int_equal(result_comparison_write(&comparison, "pdf", &page, &out), BASE_OK);
    assert_memory_equal(out.data, "%PDF-", 5);
    base_buf_clear(&out);
    assert_int_equal(result_comparison_write(&comparison, "svg", &page, &out), BASE_OK);
    assert_int_equal(strncmp(base_buf_text(&out), "<svg ", 5), 0);
    base_buf_done(&out);
    result_comparison_done(&comparison);
    result_run_done(&a);
    result_run_done(&b);
}

static void a_full_buffer_is_an_error(void **state)
{
    (void)state;
    static const char *const names[] = { "html", "pdf", "svg", "png" };
    struct result_run run;
    uint8_t memory[900];
    const struct result_report_options options = { 0 };
    sample_run(&run);
    for (size_t i = 0; i < 4; i++) {
        struct base_buf out;
        base_buf_init_fixed(&out, memory, sizeof memory);
        assert_int_not_equal(result_format_find(names[i])->write(&run, &options, &out), BASE_OK);
        assert_int_equal(out.size, 0);
    }
    result_run_done(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_run),
        cmocka_unit_test(an_empty_run),
        cmocka_unit_test(hostile_names),
        cmocka_unit_test(a_hundred_cases),
        cmocka_unit_test(random_runs),
        cmocka_unit_test(a_comparison),
        cmocka_unit_test(a_full_buffer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
