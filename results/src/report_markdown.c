/* report_markdown.c - GitHub tables: one a suite, failures, notes, the ledger. */
#include "report_formats_internal.h"
#include "report_internal.h"

static void put_pairs(struct result_sink *sink, const char *title, const struct result_pairs *pairs)
{
    if (pairs->count == 0)
        return;
    result_sink_printf(sink, "- **%s:** ", title);
    for (size_t i = 0; i < pairs->count; i++) {
        result_sink_printf(sink, "%s", i > 0 ? "; " : "");
        result_sink_markdown(sink, pairs->items[i].name);
        result_sink_printf(sink, " ");
        result_sink_markdown(sink, pairs->items[i].value);
    }
    result_sink_printf(sink, "\n");
}

static void put_head(struct result_sink *sink, const struct result_run *run, const char *title)
{
    result_sink_printf(sink, "# ");
    result_sink_markdown(sink, title);
    if (title != run->command) {
        result_sink_printf(sink, "\n\n");
        result_sink_markdown(sink, run->command);
    }
    result_sink_printf(sink, "\n\n- **run:** ");
    result_sink_markdown(sink, run->id);
    result_sink_printf(sink, ", ");
    result_sink_markdown(sink, run->state);
    result_sink_printf(sink, ", ");
    result_sink_markdown(sink, run->started);
    result_sink_printf(sink, "\n");
}

static void put_environment(struct result_sink *sink, const struct result_run *run)
{
    put_pairs(sink, "host", &run->host);
    put_pairs(sink, "build", &run->build);
    put_pairs(sink, "config", &run->config);
}

static void put_failures(struct result_sink *sink, const struct result_run *run, const char *suite)
{
    bool is_first = true;
    for (size_t i = 0; i < run->case_count; i++) {
        const struct result_case *one = &run->cases[i];
        if (result_report_is_ok(one) || !result_report_is_of_suite(one, suite))
            continue;
        result_sink_printf(sink, "%s- **", is_first ? "\n" : "");
        result_sink_markdown(sink, one->status);
        result_sink_printf(sink, "** ");
        result_sink_markdown(sink, one->id);
        result_sink_printf(sink, ": ");
        result_sink_markdown(sink, one->why != NULL ? one->why : "no reason was given");
        result_sink_printf(sink, "\n");
        is_first = false;
    }
}

static void put_suite(struct result_sink *sink, const struct result_run *run, const char *suite)
{
    struct result_table table;
    result_sink_printf(sink, "\n## ");
    result_sink_markdown(sink, suite);
    result_sink_printf(sink, "\n\n");
    const base_err err = result_report_table(run, suite, &table);
    sink->err = sink->err != BASE_OK ? sink->err : err;
    if (sink->err == BASE_OK)
        sink->err = result_table_write_markdown(&table, sink->out);
    result_table_done(&table);
    put_failures(sink, run, suite);
}

static void put_notes(struct result_sink *sink, const struct result_run *run)
{
    const char *note = NULL;
    result_sink_printf(sink, "\n");
    for (size_t i = 0; (note = result_report_note(run, i)) != NULL; i++) {
        if (*note == '\0')
            continue;
        result_sink_printf(sink, "- ");
        result_sink_markdown(sink, note);
        result_sink_printf(sink, "\n");
    }
    for (size_t i = 0; i < run->case_count; i++) {
        if (!result_report_is_new_interval(run, i))
            continue;
        result_sink_printf(sink, "- intervals (%g %%): ", run->confidence * 100);
        result_sink_markdown(sink, run->cases[i].interval);
        result_sink_printf(sink, "\n");
    }
}

static void put_claims(struct result_sink *sink, const struct result_run *run)
{
    if (run->verdict_count > 0)
        result_sink_printf(sink, "\n");
    if (sink->err == BASE_OK)
        sink->err = result_report_ledger_markdown(run, sink->out);
}

base_err result_report_markdown(const struct result_run *run,
                                const struct result_report_options *options, struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    const struct result_front *front = options->front;
    put_head(&sink, run, front != NULL ? front->title : run->command);
    if (front == NULL)
        put_environment(&sink, run);
    for (size_t i = 0; front != NULL && sink.err == BASE_OK && i < front->table_count; i++)
        sink.err = result_front_markdown(&front->tables[i], out);
    if (front != NULL) {
        put_claims(&sink, run);
        result_sink_printf(&sink, "\n## %s\n", front->cases);
    }
    for (size_t i = 0; i < run->case_count; i++)
        if (result_report_is_suite_start(run, i))
            put_suite(&sink, run, run->cases[i].suite);
    if (run->case_count == 0)
        result_sink_printf(&sink, "\nNo case was measured.\n");
    else if (result_report_has_ok(run))
        put_notes(&sink, run);
    if (front == NULL) {
        put_claims(&sink, run);
    } else {
        result_sink_printf(&sink, "\n## Machine and settings\n\n");
        put_environment(&sink, run);
    }
    return sink.err;
}
