/* report_text.c - a run on a terminal: what was run where, a table a suite, what failed, the
 * details when asked for, what the intervals hold, the ledger. */
#include "claim_internal.h"
#include "report_formats_internal.h"
#include "report_internal.h"

#include <base/units.h>

#include <math.h>
#include <string.h>

enum { WIDTH_LEAST = 40 };

struct writer {
    struct result_sink sink;
    const struct result_run *run;
    const struct result_report_options *options;
    struct result_page page;
};

static void put_label(struct writer *writer, const char *label, enum result_style style)
{
    result_sink_printf(&writer->sink, "%s%s%s", result_style_begin(&writer->page, style), label,
                       result_style_end(&writer->page, style));
}

/* "label  text", wrapped under the text. */
static void put_item(struct writer *writer, const char *label, const char *text)
{
    const size_t indent = strlen(label) + 2;
    put_label(writer, label, RESULT_DIM);
    result_sink_printf(&writer->sink, "  ");
    result_sink_wrapped(&writer->sink, text, writer->page.width, indent, indent);
    result_sink_printf(&writer->sink, "\n");
}

static void put_pairs(struct writer *writer, const char *label, const struct result_pairs *pairs)
{
    struct base_buf text = { 0 };
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < pairs->count; i++)
        err = base_buf_printf(&text, "%s%s %s", i > 0 ? "; " : "", pairs->items[i].name,
                              pairs->items[i].value);
    const char *joined = base_buf_text(&text);
    if (err != BASE_OK || joined == NULL)
        writer->sink.err = err != BASE_OK ? err : BASE_ENOMEM;
    else if (pairs->count > 0)
        put_item(writer, label, joined);
    base_buf_done(&text);
}

/* Of the host's facts, those that a reader of numbers asks for first; the others with --verbose. A
 * host that has none of them is shown whole. */
static void put_host(struct writer *writer)
{
    static const char *const first[] = { "cpu_model", "cpus",         "hypervisor", "memory",
                                         "kernel",    "distribution", "load" };
    struct result_pair kept[sizeof first / sizeof first[0]];
    struct result_pairs pairs = { kept, 0 };
    for (size_t f = 0; f < sizeof first / sizeof first[0]; f++)
        for (size_t i = 0; i < writer->run->host.count; i++)
            if (strcmp(writer->run->host.items[i].name, first[f]) == 0 &&
                pairs.count < sizeof first / sizeof first[0])
                kept[pairs.count++] = writer->run->host.items[i];
    const bool is_whole = writer->options->is_verbose || pairs.count == 0;
    put_pairs(writer, "host ", is_whole ? &writer->run->host : &pairs);
}

static void put_head(struct writer *writer)
{
    const struct result_run *run = writer->run;
    struct result_sink *sink = &writer->sink;
    const double elapsed_ns = result_metric_elapsed_ns(run);
    char text[BASE_UNITS_TEXT_SIZE];
    result_sink_printf(sink, "%s", result_style_begin(&writer->page, RESULT_BOLD));
    result_sink_wrapped(sink, run->command, writer->page.width, 0, 2);
    result_sink_printf(sink, "%s\n", result_style_end(&writer->page, RESULT_BOLD));
    put_label(writer, "run  ", RESULT_DIM);
    result_sink_printf(sink, "  ");
    result_sink_text(sink, run->id);
    result_sink_printf(sink, ", ");
    result_sink_text(sink, run->state);
    result_sink_printf(sink, "\n       ");
    result_sink_text(sink, run->started);
    if (!isnan(elapsed_ns))
        result_sink_printf(sink, ", %s", base_units_print_time(elapsed_ns, 3, text));
    result_sink_printf(sink, "\n");
    put_host(writer);
    if (writer->options->is_verbose) {
        put_pairs(writer, "build", &run->build);
        put_pairs(writer, "conf ", &run->config);
    }
}

static void put_failure(struct writer *writer, const struct result_case *one)
{
    result_sink_printf(&writer->sink, "  ");
    result_sink_printf(&writer->sink, "%s", result_style_begin(&writer->page, RESULT_BAD));
    result_sink_text(&writer->sink, one->status);
    result_sink_printf(&writer->sink, "%s  ", result_style_end(&writer->page, RESULT_BAD));
    result_sink_wrapped(&writer->sink, one->id, writer->page.width,
                        4 + result_text_width(one->status), 4);
    result_sink_printf(&writer->sink, "\n    ");
    result_sink_wrapped(&writer->sink, one->why != NULL ? one->why : "no reason was given",
                        writer->page.width, 4, 4);
    result_sink_printf(&writer->sink, "\n");
}

static void put_suite(struct writer *writer, const char *suite)
{
    const struct result_run *run = writer->run;
    struct result_table table;
    result_sink_printf(&writer->sink, "\n%s", result_style_begin(&writer->page, RESULT_BOLD));
    result_sink_text(&writer->sink, suite);
    result_sink_printf(&writer->sink, "%s\n", result_style_end(&writer->page, RESULT_BOLD));
    const base_err err = result_report_table(run, suite, &table);
    writer->sink.err = writer->sink.err != BASE_OK ? writer->sink.err : err;
    if (writer->sink.err == BASE_OK)
        writer->sink.err = result_table_write(&table, &writer->page, writer->sink.out);
    result_table_done(&table);
    for (size_t i = 0; i < run->case_count; i++)
        if (result_report_is_of_suite(&run->cases[i], suite) &&
            !result_report_is_ok(&run->cases[i]))
            put_failure(writer, &run->cases[i]);
    const bool is_detailed = writer->options->is_verbose || writer->options->is_detailed;
    for (size_t i = 0; is_detailed && i < run->case_count; i++)
        if (writer->sink.err == BASE_OK && result_report_is_of_suite(&run->cases[i], suite) &&
            result_report_is_ok(&run->cases[i]))
            writer->sink.err =
                result_report_details(&run->cases[i], &writer->page, writer->sink.out);
}

static void put_notes(struct writer *writer)
{
    const struct result_run *run = writer->run;
    const char *note = NULL;
    result_sink_printf(&writer->sink, "\n");
    for (size_t i = 0; (note = result_report_note(run, i)) != NULL; i++) {
        if (*note == '\0')
            continue;
        result_sink_printf(&writer->sink, "%s", result_style_begin(&writer->page, RESULT_DIM));
        result_sink_wrapped(&writer->sink, note, writer->page.width, 0, 2);
        result_sink_printf(&writer->sink, "%s\n", result_style_end(&writer->page, RESULT_DIM));
    }
    for (size_t i = 0; i < run->case_count; i++) {
        if (!result_report_is_new_interval(run, i))
            continue;
        result_sink_printf(&writer->sink, "intervals (%g %%): ", run->confidence * 100);
        result_sink_wrapped(&writer->sink, run->cases[i].interval, writer->page.width, 18, 2);
        result_sink_printf(&writer->sink, "\n");
    }
}

static void put_claims(struct writer *writer)
{
    if (writer->run->verdict_count > 0)
        result_sink_printf(&writer->sink, "\n");
    if (writer->sink.err == BASE_OK)
        writer->sink.err = result_report_ledger(writer->run, writer->options, writer->sink.out);
}

base_err result_report_text(const struct result_run *run,
                            const struct result_report_options *options, struct base_buf *out)
{
    struct writer writer = {
        .sink = { out, BASE_OK }, .run = run, .options = options, .page = options->page
    };
    if (writer.page.width > 0 && writer.page.width < WIDTH_LEAST)
        writer.page.width = WIDTH_LEAST;
    const struct result_front *front = options->front;
    put_head(&writer);
    for (size_t i = 0; front != NULL && writer.sink.err == BASE_OK && i < front->table_count; i++)
        writer.sink.err = result_front_text(&front->tables[i], &writer.page, out);
    if (front != NULL)
        put_claims(&writer);
    for (size_t i = 0; i < run->case_count; i++)
        if (result_report_is_suite_start(run, i))
            put_suite(&writer, run->cases[i].suite);
    if (run->case_count == 0)
        result_sink_printf(&writer.sink, "\nNo case was measured.\n");
    else if (result_report_has_ok(run))
        put_notes(&writer);
    if (front == NULL)
        put_claims(&writer);
    return writer.sink.err;
}
