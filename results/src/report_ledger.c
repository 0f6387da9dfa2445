/* report_ledger.c - the ledger of claims: what is proven, and what the numbers were. */
#include "report_internal.h"

#include <string.h>

static const enum result_style styles[RESULT_STATE_COUNT] = {
    [RESULT_STATE_PROVEN] = RESULT_GOOD,
    [RESULT_STATE_REFUTED] = RESULT_BAD,
    [RESULT_STATE_UNDECIDED] = RESULT_WARN,
    [RESULT_STATE_NOT_RUN] = RESULT_DIM,
};

struct result_ledger result_ledger_of(const struct result_run *run)
{
    struct result_ledger ledger = { .total = run->verdict_count };
    for (size_t i = 0; i < run->verdict_count; i++)
        ledger.counts[result_state_of(run->verdicts[i].state)]++;
    return ledger;
}

static void put_counts(struct result_sink *sink, const struct result_ledger *ledger,
                       const struct result_page *page)
{
    for (size_t i = 0; i < RESULT_STATE_COUNT; i++) {
        const enum result_style style = ledger->counts[i] > 0 ? styles[i] : RESULT_PLAIN;
        result_sink_printf(sink, "%s%s%zu %s%s", i > 0 ? ", " : "", result_style_begin(page, style),
                           ledger->counts[i], result_state_text((enum result_state)i),
                           result_style_end(page, style));
    }
}

enum { STATE_WIDTH = 9, INDENT = 2 + STATE_WIDTH + 2 };

/* "enc/encode mean_ns < 1.25 ms" */
static base_err put_metric(struct result_sink *sink, const struct result_verdict *verdict,
                           const struct result_page *page)
{
    struct base_buf text = { 0 };
    base_err err = base_buf_printf(&text, "%s %s", verdict->metric, verdict->bound);
    if (err == BASE_OK)
        err = result_text_put_wrapped(sink->out, base_buf_text(&text), page->width, INDENT, INDENT);
    base_buf_done(&text);
    return err;
}

/* Of what was not run a short ledger says why, and not what it would have been. */
static void put_verdict(struct result_sink *sink, const struct result_verdict *verdict,
                        const struct result_page *page, bool is_short)
{
    const enum result_state state = result_state_of(verdict->state);
    result_sink_printf(sink, "  %s%-*s%s  ", result_style_begin(page, styles[state]), STATE_WIDTH,
                       result_state_text(state), result_style_end(page, styles[state]));
    result_sink_printf(sink, "%s", result_style_begin(page, RESULT_BOLD));
    result_sink_wrapped(sink, verdict->id, page->width, INDENT, INDENT);
    result_sink_printf(sink, "%s\n%*s", result_style_end(page, RESULT_BOLD), INDENT, "");
    if (!is_short || state != RESULT_STATE_NOT_RUN) {
        result_sink_wrapped(sink, verdict->sentence, page->width, INDENT, INDENT);
        result_sink_printf(sink, "\n%*s", INDENT, "");
        if (sink->err == BASE_OK)
            sink->err = put_metric(sink, verdict, page);
        result_sink_printf(sink, "\n%*s", INDENT, "");
    }
    result_sink_wrapped(sink, verdict->why, page->width, INDENT, INDENT);
    result_sink_printf(sink, "\n");
}

/* Its case was no part of the run, and nothing more is to be said of it. */
static bool is_elsewhere(const struct result_verdict *verdict)
{
    static const char *const ways[] = { "the run has no case ", "judged only in a run with " };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (result_state_of(verdict->state) == RESULT_STATE_NOT_RUN && verdict->why != NULL &&
            strncmp(verdict->why, ways[i], strlen(ways[i])) == 0)
            return true;
    return false;
}

/* Claims of what is not in the run, by name: their sentences would bury the results. */
static void put_not_run(struct result_sink *sink, const struct result_run *run,
                        const struct result_page *page)
{
    struct base_buf names = { 0 };
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < run->verdict_count; i++)
        if (is_elsewhere(&run->verdicts[i]))
            err = base_buf_printf(&names, "%s%s", names.size > 0 ? ", " : "", run->verdicts[i].id);
    if (names.size > 0) {
        result_sink_printf(sink, "  %s%-*s%s  ", result_style_begin(page, RESULT_DIM), STATE_WIDTH,
                           result_state_text(RESULT_STATE_NOT_RUN),
                           result_style_end(page, RESULT_DIM));
        result_sink_wrapped(sink, base_buf_text(&names), page->width, INDENT, INDENT);
        result_sink_printf(sink, "\n");
    }
    sink->err = sink->err != BASE_OK ? sink->err : err;
    base_buf_done(&names);
}

base_err result_report_ledger(const struct result_run *run,
                              const struct result_report_options *options, struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    const struct result_ledger ledger = result_ledger_of(run);
    if (ledger.total == 0)
        return BASE_OK;
    result_sink_printf(&sink, "%sclaims%s  ", result_style_begin(&options->page, RESULT_BOLD),
                       result_style_end(&options->page, RESULT_BOLD));
    put_counts(&sink, &ledger, &options->page);
    result_sink_printf(&sink, "\n");
    const bool is_short = !options->is_detailed && !options->is_verbose;
    for (size_t i = 0; i < run->verdict_count; i++)
        if (!is_short || !is_elsewhere(&run->verdicts[i]))
            put_verdict(&sink, &run->verdicts[i], &options->page, is_short);
    if (is_short)
        put_not_run(&sink, run, &options->page);
    return sink.err;
}

base_err result_report_ledger_markdown(const struct result_run *run, struct base_buf *out)
{
    static const struct result_column columns[] = { { "state", RESULT_LEFT },
                                                    { "claim", RESULT_LEFT },
                                                    { "sentence", RESULT_LEFT },
                                                    { "bound", RESULT_RIGHT },
                                                    { "why", RESULT_LEFT } };
    struct result_sink sink = { out, BASE_OK };
    const struct result_ledger ledger = result_ledger_of(run);
    const struct result_page page = { 0 };
    struct result_table table;
    if (ledger.total == 0)
        return BASE_OK;
    result_table_init(&table, columns, sizeof columns / sizeof columns[0], 0);
    for (size_t i = 0; sink.err == BASE_OK && i < run->verdict_count; i++) {
        const struct result_verdict *verdict = &run->verdicts[i];
        const struct result_cell cells[] = { { verdict->state },
                                             { verdict->id },
                                             { verdict->sentence },
                                             { verdict->bound },
                                             { verdict->why } };
        sink.err = result_table_add(&table, cells);
    }
    result_sink_printf(&sink, "## Claims\n\n");
    put_counts(&sink, &ledger, &page);
    result_sink_printf(&sink, "\n\n");
    if (sink.err == BASE_OK)
        sink.err = result_table_write_markdown(&table, out);
    result_table_done(&table);
    return sink.err;
}
