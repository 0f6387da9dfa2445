/* test_front.c - what stands before the cases: the same tables in every format, in their order with
 * claims and figures, whatever the texts are; figures that lack numbers are left out. */
#include "unit.h"

#include "make_run.h"
#include "markup.h"
#include "result_sample.h"

#include <result/report.h>

#include <math.h>
#include <string.h>

static const char *const heads[] = { "", "one <b>", "other" };
static const struct result_front_cell cells[] = {
    { .text = "speed" }, { .text = "25.1 ms", .note = "\u00b1 0.2 ms" },
    { .text = "-" },     { .text = "<i>&|*" },
    { .text = NULL },    { .text = "7" },
};
static const char *const no_heads[] = { "", "" };
static const struct result_front_cell facts[] = { { .text = "nodes" }, { .text = "ten" } };

static const struct result_front_table tables[] = {
    { .title = "Conditions",
      .columns = no_heads,
      .column_count = 2,
      .cells = facts,
      .row_count = 1 },
    { .title = "Results",
      .caption = "how to read it",
      .columns = heads,
      .column_count = 3,
      .cells = cells,
      .row_count = 2 },
    { .title = "Empty", .columns = heads, .column_count = 3, .row_count = 0 },
};

static struct result_front_figure curves_of(const struct result_run *run)
{
    return (struct result_front_figure){
        .kind = RESULT_FRONT_CURVES,
        .name = "latency of all",
        .axis = "share that is faster",
        .note = "the note of curves",
        .marks = { { .label = "first", .one = &run->cases[0] },
                   { .label = "a case without samples", .one = &run->cases[2] },
                   { .label = "nothing at all" } },
        .mark_count = 3,
    };
}

static struct result_front_figure bars_of(double value)
{
    return (struct result_front_figure){
        .kind = RESULT_FRONT_BARS,
        .name = "messages a second",
        .note = "the note of bars",
        .marks = { { .label = "first", .value = { value, value, value }, .text = "12/s" },
                   { .label = "second", .value = { NAN, NAN, NAN }, .text = "-" } },
        .mark_count = 2,
    };
}

static void make_sampled_run(struct result_run *run)
{
    static struct result_verdict verdicts[] = {
        { "net.id", "a sentence", "net/x mean_ns", "< 1 s", "proven", "because", { 1, 1, 1 } }
    };
    struct base_rng rng;
    base_rng_init(&rng, 4);
    make_run(run, "01JD7Z8Q4M5N6P7R8S9TAVBWCX");
    make_case(run, "net/delivery.x", 25e6, &rng);
    make_case(run, "net/x", 1e9, &rng);
    make_empty_case(run, "net/nothing")->status = "wrong";
    run->verdicts = verdicts;
    run->verdict_count = 1;
}

static void write_as(const char *format, const struct result_run *run,
                     const struct result_front *front, struct base_buf *out)
{
    const struct result_report_options options = { .front = front };
    base_buf_clear(out);
    assert_int_equal(result_format_find(format)->write(run, &options, out), BASE_OK);
}

/* Each word stands after the one before it. */
static void assert_order(const char *text, const char *const *words)
{
    const char *at = text;
    for (size_t i = 0; words[i] != NULL; i++) {
        at = strstr(at, words[i]);
        if (at == NULL)
            fail_msg("'%s' is not where it should be", words[i]);
        at += strlen(words[i]);
    }
}

static void every_format_has_it_first(void **state)
{
    (void)state;
    struct result_run run;
    struct base_buf out = { 0 };
    struct markup markup;
    make_sampled_run(&run);
    const struct result_front_figure figures[] = { curves_of(&run), bars_of(12), bars_of(NAN) };
    const struct result_front front = { "A test <of>", "Rounds", tables, 3, figures, 3 };
    static const char *const page[] = { "<h1>A test &lt;of&gt;",
                                        "bpi-perf",
                                        "Conditions",
                                        "nodes",
                                        "ten",
                                        "Results",
                                        "one &lt;b&gt;",
                                        "25.1 ms",
                                        "0.2 ms",
                                        "&lt;i&gt;",
                                        "id=\"claims\"",
                                        "latency of all",
                                        "share that is faster",
                                        "messages a second",
                                        "<h2>Rounds",
                                        "id=\"details\"",
                                        NULL };
    write_as("html", &run, &front, &out);
    const char *wrong = markup_check(&markup, base_buf_text(&out), true);
    if (wrong != NULL)
        fail_msg("%s", wrong);
    assert_order(base_buf_text(&out), page);
    assert_null(strstr(base_buf_text(&out), "Empty"));
    assert_null(strstr(base_buf_text(&out), "id=\"overview\""));
    assert_null(strstr(base_buf_text(&out), "nan"));
    static const char *const markdown[] = {
        "# A test",       "## Conditions", "ten",       "## Results", "25.1 ms \u00b1 0.2 ms",
        "how to read it", "## Claims",     "## Rounds", NULL
    };
    write_as("markdown", &run, &front, &out);
    assert_order(base_buf_text(&out), markdown);
    static const char *const text[] = {
        "Conditions", "ten",        "Results", "25.1 ms \u00b1 0.2 ms", "how to read", "claims",
        "a sentence", "delivery.x", NULL
    };
    write_as("text", &run, &front, &out);
    assert_order(base_buf_text(&out), text);
    write_as("pdf", &run, &front, &out);
    assert_memory_equal(out.data, "%PDF-", 5);
    base_buf_done(&out);
    result_run_done(&run);
}

/* A table of many rows goes on with its heads on the next page, and nothing is lost of it. */
static void a_long_table_takes_pages(void **state)
{
    (void)state;
    enum { ROWS = 300 };
    static struct result_front_cell many[ROWS * 3];
    struct result_run run;
    struct base_buf few = { 0 }, all = { 0 };
    sample_run(&run);
    for (size_t i = 0; i < ROWS * 3; i++)
        many[i] = cells[i % 3];
    struct result_front_table table = { .columns = heads, .column_count = 3, .cells = many };
    const struct result_front front = { "x", "y", &table, 1, NULL, 0 };
    table.row_count = 2;
    write_as("pdf", &run, &front, &few);
    table.row_count = ROWS;
    write_as("pdf", &run, &front, &all);
    assert_true(all.size > few.size + 4000);
    write_as("html", &run, &front, &all);
    assert_order(base_buf_text(&all), (const char *const[]){ "<h1>x", "25.1 ms", "<h2>y", NULL });
    base_buf_done(&few);
    base_buf_done(&all);
    result_run_done(&run);
}

static void a_full_buffer_is_an_error(void **state)
{
    (void)state;
    static const char *const names[] = { "html", "text", "markdown" };
    struct result_run run;
    uint8_t memory[2000];
    make_sampled_run(&run);
    const struct result_front_figure figures[] = { curves_of(&run), bars_of(1) };
    const struct result_front front = { "x", "y", tables, 2, figures, 2 };
    const struct result_report_options options = { .front = &front };
    for (size_t size = 0; size < sizeof memory; size += 97)
        for (size_t i = 0; i < 3; i++) {
            struct base_buf out;
            base_buf_init_fixed(&out, memory, size);
            const base_err err = result_format_find(names[i])->write(&run, &options, &out);
            assert_true(err != BASE_OK || size > 1000);
        }
    result_run_done(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_has_it_first),
        cmocka_unit_test(a_long_table_takes_pages),
        cmocka_unit_test(a_full_buffer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
