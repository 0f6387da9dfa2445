/* test_gate_write.c - every writer of a gate against its golden file, with ordinary and with
 * hostile names; comparisons read back. */
#define _GNU_SOURCE
#include "golden.h"
#include "make_run.h"

#include <result/gate.h>

#include <sys/wait.h>
#include <unistd.h>

struct scene {
    struct result_run run, baseline;
    struct result_comparison comparison;
    struct base_arena arena;
    struct result_gate gate;
    struct result_gate_report report;
};

static struct result_case *add(struct result_run *run, const char *id, double ns, double share,
                               uint64_t seed)
{
    struct base_rng rng;
    base_rng_init(&rng, seed);
    struct result_case *one = make_empty_case(run, id);
    make_processes(run, one, 10, ns, share, &rng);
    one->median_ns = make_estimate(ns, 2 * share);
    one->elapsed_ns = 1500000000;
    return one;
}

static void set_counter(struct result_run *run, struct result_case *one, double value)
{
    one->counters = MAKE_QUANTITIES(run, { "instructions_callgrind", value, "1" });
}

static void scene_done(struct scene *scene)
{
    result_gate_report_done(&scene->report);
    result_comparison_done(&scene->comparison);
    result_run_done(&scene->run);
    result_run_done(&scene->baseline);
    base_arena_done(&scene->arena);
}

static void judge(struct scene *scene, const char *text)
{
    struct base_why why = { 0 };
    const struct result_compare_options options = { .threshold = 0.05, .confidence = 0.99 };
    if (result_gate_read(base_span_of(text, strlen(text)), "ci/gate.yaml", &scene->arena,
                         &scene->gate, &why) != BASE_OK ||
        result_compare(&scene->baseline, &scene->run, &options, &scene->comparison, &why) !=
            BASE_OK)
        fail_msg("%s", why.text);
    const struct result_gate_input input = { &scene->run, &scene->baseline, &scene->comparison,
                                             NULL, 0 };
    if (result_gate_judge(&scene->gate, &input, &scene->report, &why) != BASE_OK)
        fail_msg("%s", why.text);
}

static void make_scene(struct scene *scene)
{
    *scene = (struct scene){ 0 };
    make_run(&scene->baseline, "01JD7Z8Q4M5N6P7R8S9TAVBWCX");
    make_run(&scene->run, "01JD7ZB1C2D3E4F5G6H7J8K9MN");
    struct result_run *a = &scene->baseline, *b = &scene->run;
    scene->baseline.build = MAKE_PAIRS(a, { "revision", "aaaa" });
    scene->run.build = MAKE_PAIRS(b, { "revision", "bbbb" });
    set_counter(a, add(a, "enc/encode:entries=100", 200, 0.003, 1), 2000);
    set_counter(b, add(b, "enc/encode:entries=100", 230, 0.003, 2), 2000);
    set_counter(a, add(a, "enc/decode", 900, 0.003, 3), 9000);
    set_counter(b, add(b, "enc/decode", 901, 0.003, 4), 9100);
    add(a, "crypto/hash:size=64", 60, 0.002, 5);
    add(b, "crypto/hash:size=64", 60, 0.002, 6);
    add(a, "crypto/hash:size=1024", 300, 0.05, 7);
    add(b, "crypto/hash:size=1024", 309, 0.05, 8);
    add(b, "crypto/new", 300, 0.01, 9);
    add(a, "exec/gone", 300, 0.01, 10);
    judge(scene, "gate: {name: linux x86}\n"
                 "budgets:\n"
                 "  - cases: enc/\n"
                 "    metric: median_ns\n"
                 "    at_most: 950 ns\n"
                 "  - cases: \"*\"\n"
                 "    slower_by_at_most: 3%\n"
                 "  - cases: enc/\n"
                 "    instructions_more_by_at_most: 0.5%\n"
                 "  - group: crypto/\n"
                 "    geomean_slower_by_at_most: 2%\n"
                 "    missing: warn\n");
}

static const char nasty[] =
    "x/<b>&\"'|`*_[a](b)]]>--> \xe2\x82\xac\n::error::\r%0A,:\x1b[31m\xff \xe2\x80\xae"
    "\xef\xbf\xbf";

static void make_hostile(struct scene *scene)
{
    *scene = (struct scene){ 0 };
    make_run(&scene->baseline, "01JD7Z8Q4M5N6P7R8S9TAVBWCX");
    make_run(&scene->run, "01JD7ZB1C2D3E4F5G6H7J8K9MN");
    add(&scene->baseline, nasty, 100, 0.002, 1);
    add(&scene->run, nasty, 120, 0.002, 2);
    struct result_case *broken = make_empty_case(&scene->run, "x/broken");
    broken->status = "crashed";
    broken->why = "]]> <&\n|::error::x";
    judge(scene, "gate: {name: \"a --> b | <c>, %: \\u20ac\"}\n"
                 "budgets:\n"
                 "  - {cases: x/, slower_by_at_most: 3%, name: \"r\\\"<&>|\\n::warning::\"}\n"
                 "  - {cases: x/, metric: median_ns, at_most: 1 s}\n");
}

static const struct {
    const char *format, *extension;
} formats[] = { { "text", "txt" },
                { "markdown", "md" },
                { "csv", "csv" },
                { "json", "json" },
                { "junit", "xml" } };

static void write_goldens(struct scene *scene, const char *prefix)
{
    char name[80];
    struct base_buf out = { 0 };
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        base_buf_clear(&out);
        assert_int_equal(result_gate_write(&scene->report, formats[i].format,
                                           &(struct result_page){ .width = 100 }, &out),
                         BASE_OK);
        snprintf(name, sizeof name, "%s.%s", prefix, formats[i].extension);
        golden_check(name, &out);
    }
    base_buf_clear(&out);
    assert_int_equal(result_gate_write_annotations(&scene->report, &out), BASE_OK);
    snprintf(name, sizeof name, "%s_annotations.txt", prefix);
    golden_check(name, &out);
    base_buf_clear(&out);
    assert_int_equal(result_gate_write_alert(&scene->report, RESULT_ALERT_SLACK, &out), BASE_OK);
    snprintf(name, sizeof name, "%s_slack.json", prefix);
    golden_check(name, &out);
    base_buf_clear(&out);
    assert_int_equal(result_gate_write_alert(&scene->report, RESULT_ALERT_MAIL, &out), BASE_OK);
    snprintf(name, sizeof name, "%s_mail.txt", prefix);
    golden_check(name, &out);
    base_buf_done(&out);
}

static void ordinary(void **state)
{
    (void)state;
    struct scene scene;
    struct base_buf out = { 0 };
    make_scene(&scene);
    write_goldens(&scene, "gate");
    assert_int_equal(
        result_gate_write(&scene.report, "text", &(struct result_page){ .width = 60 }, &out),
        BASE_OK);
    GOLDEN_ASSERT_WIDTH(&out, 60);
    base_buf_clear(&out);
    assert_int_equal(result_gate_write_outputs(&scene.report, &out), BASE_OK);
    assert_string_equal(base_buf_text(&out), "outcome=fail\npassed=5\nfailed=3\nundecided=2\n"
                                             "not_run=2\nwarnings=2\n");
    assert_int_equal(result_gate_write(&scene.report, "yaml", &(struct result_page){ 0 }, &out),
                     BASE_ENOTFOUND);
    base_buf_done(&out);
    scene_done(&scene);
}

/* The status of a shell line; -1 when it did not end by itself. */
static int run_tool(const char *line)
{
    const int status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void hostile(void **state)
{
    (void)state;
    struct scene scene;
    struct base_buf out = { 0 };
    make_hostile(&scene);
    write_goldens(&scene, "gate_hostile");
    assert_int_equal(result_gate_write(&scene.report, "markdown", &(struct result_page){ 0 }, &out),
                     BASE_OK);
    const char *text = base_buf_text(&out);
    assert_int_equal(strncmp(text, "<!-- bpi-perf gate: a _-_ b | _c_, %: \xe2\x82\xac -->\n", 38),
                     0);
    assert_ptr_equal(strstr(text, "-->"), strstr(text, " -->\n") + 1); /* ends nowhere earlier */
    base_buf_clear(&out);
    assert_int_equal(result_gate_write_annotations(&scene.report, &out), BASE_OK);
    text = base_buf_text(&out);
    for (const char *at = text; at != NULL && *at != '\0'; at = strchr(at, '\n') + 1)
        assert_int_equal(strncmp(at, "::error file=ci/gate.yaml,line=", 31), 0);
    base_buf_done(&out);
    scene_done(&scene);
}

/* xmllint reads the goldens when it is installed. */
static void junit_is_xml(void **state)
{
    (void)state;
    char line[800];
    if (run_tool("command -v xmllint >/dev/null 2>&1") != 0)
        skip();
    snprintf(line, sizeof line, "xmllint --noout '%s/gate.xml' '%s/gate_hostile.xml'",
             golden_folder, golden_folder);
    assert_int_equal(run_tool(line), 0);
    snprintf(line, sizeof line,
             "test \"$(xmllint --xpath 'count(//testcase)' '%s/gate.xml')\" = "
             "\"$(xmllint --xpath 'string(/testsuites/@tests)' '%s/gate.xml')\"",
             golden_folder, golden_folder);
    assert_int_equal(run_tool(line), 0);
    snprintf(line, sizeof line,
             "test \"$(xmllint --xpath 'count(//failure)' '%s/gate.xml')\" = "
             "\"$(xmllint --xpath 'sum(/testsuites/testsuite/@failures)' '%s/gate.xml')\"",
             golden_folder, golden_folder);
    assert_int_equal(run_tool(line), 0);
}

static void an_empty_gate(void **state)
{
    (void)state;
    struct scene scene = { 0 };
    struct base_buf out = { 0 };
    make_run(&scene.run, "01JD7ZB1C2D3E4F5G6H7J8K9MN");
    make_run(&scene.baseline, "01JD7Z8Q4M5N6P7R8S9TAVBWCX");
    judge(&scene, "claims: all\n");
    assert_int_equal(scene.report.outcome, RESULT_GATE_UNMEASURED);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        assert_int_equal(
            result_gate_write(&scene.report, formats[i].format, &(struct result_page){ 0 }, &out),
            BASE_OK);
    assert_non_null(strstr(base_buf_text(&out), "gate: nothing could be judged: 0 pass"));
    base_buf_done(&out);
    scene_done(&scene);
}

/* --- comparisons ---------------------------------------------------------------------------- */

static void comparison_comes_back(void **state)
{
    (void)state;
    struct scene scene;
    struct base_buf first = { 0 }, second = { 0 };
    struct result_comparison back = { 0 };
    struct base_why why = { 0 };
    make_scene(&scene);
    assert_int_equal(
        result_comparison_write(&scene.comparison, "json", &(struct result_page){ 0 }, &first),
        BASE_OK);
    if (result_comparison_read(base_buf_span(&first), "c.json", &back, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_int_equal(back.count, scene.comparison.count);
    assert_memory_equal(back.counts, scene.comparison.counts, sizeof back.counts);
    assert_float_equal(back.items[0].ratio.high, scene.comparison.items[0].ratio.high, 1e-8);
    assert_true(isnan(back.items[0].seconds));
    assert_null(back.baseline);
    assert_int_equal(result_comparison_write(&back, "json", &(struct result_page){ 0 }, &second),
                     BASE_OK);
    assert_string_equal(base_buf_text(&first), base_buf_text(&second));
    base_buf_done(&first);
    base_buf_done(&second);
    result_comparison_done(&back);
    scene_done(&scene);
}

#define HEAD                                                                                       \
    "{\"schema\":\"bpi-perf/comparison/1\",\"baseline\":\"a\",\"current\":\"b\","                  \
    "\"threshold_share\":0.01,\"confidence\":0.99,\n\"cases\":["
#define CASE HEAD "\n{\"id\":\"x\",\"verdict\":\"same\","

static void comparisons_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        base_err err;
        uint64_t line;
        const char *sentence;
    } rows[] = {
        { "", BASE_EPARSE, 1, "c.json:1: not well-formed JSON" },
        { "[]", BASE_EINVALID, 1, "is not an object" },
        { "{\n\"a\":1}", BASE_EINVALID, 1, "schema: is missing; a comparison is written by" },
        { "{\n\"schema\":\"bpi-perf/comparison/2\"}", BASE_EUNSUPPORTED, 2,
          "c.json:2: schema: is not" },
        { "{\n\"schema\":\"bpi-perf/run/1\"}", BASE_EINVALID, 2, "is not bpi-perf/comparison/1" },
        { "{\"schema\":\"bpi-perf/comparison/1\",\"baseline\":3}", BASE_EINVALID, 1,
          "baseline: is not a text" },
        { HEAD "3]}", BASE_EINVALID, 2, "cases[0]: is not an object" },
        { HEAD "{}]}", BASE_EINVALID, 2, "cases[0].id: is missing" },
        { HEAD "{\"id\":\"x\",\"verdict\":\"slow\"}]}", BASE_EINVALID, 2,
          "cases[0].verdict: is not one of slower, faster" },
        { CASE "\n\"ratio\":\"1\"}]}", BASE_EINVALID, 4, "cases[0].ratio: is not a number" },
        { CASE "\"ratio\":0}]}", BASE_ERANGE, 3, "cases[0].ratio: is out of range" },
        { CASE "\"ratio\":-1}]}", BASE_ERANGE, 3, "cases[0].ratio: is out of range" },
        { CASE "\"ratio\":1,\"low\":0.5}]}", BASE_EINVALID, 3, "one of low and high" },
        { CASE "\"low\":0.5,\"high\":2}]}", BASE_EINVALID, 3, "an interval and no ratio" },
        { CASE "\"ratio\":1,\"low\":1.5,\"high\":2}]}", BASE_EINVALID, 3, "within low .. high" },
        { CASE "\"p\":1.5}]}", BASE_ERANGE, 3, "cases[0].p: is out of range" },
        { CASE "\"pairs\":-1}]}", BASE_EINVALID, 3, "cases[0].pairs: is not a count" },
        { CASE "\"pairs\":2,\"ln_ratios\":[1]}]}", BASE_EINVALID, 3, "as many elements" },
        { CASE "\"pairs\":1,\"ln_ratios\":[null]}]}", BASE_EINVALID, 3, "cases[0].ln_ratios[0]" },
        { "{\"schema\":\"bpi-perf/comparison/1\",\"baseline\":\"a\",\"current\":\"b\"}",
          BASE_EINVALID, 1, "lacks confidence" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result_comparison all = { 0 };
        struct base_why why = { 0 };
        const base_err err = result_comparison_read(
            base_span_of(rows[i].text, strlen(rows[i].text)), "c.json", &all, &why);
        if (err != rows[i].err || why.at != rows[i].line ||
            strstr(why.text, rows[i].sentence) == NULL || strncmp(why.text, "c.json:", 7) != 0)
            fail_msg("'%s': %d at %d: %s", rows[i].text, err, (int)why.at, why.text);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary),
        cmocka_unit_test(hostile),
        cmocka_unit_test(junit_is_xml),
        cmocka_unit_test(an_empty_gate),
        cmocka_unit_test(comparison_comes_back),
        cmocka_unit_test(comparisons_refused),
    };
    golden_folder = argc > 1 ? argv[1] : ".";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
