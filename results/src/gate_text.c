/* gate_text.c - a gate for people: on a terminal, in a comment on a pull request, in a message. */
#include "gate_internal.h"
#include "gate_write_internal.h"
#include "sink_internal.h"

#include <result/table.h>

#include <stdio.h>
#include <string.h>

/* A comment on GitHub holds 65536 characters. */
enum { VALUE_SIZE = 200, ROWS_MAX = 150, REASONS_MAX = 30 };

static const enum result_style styles[RESULT_GATE_STATE_COUNT] = {
    [RESULT_GATE_PASS] = RESULT_GOOD,
    [RESULT_GATE_FAIL] = RESULT_BAD,
    [RESULT_GATE_UNDECIDED] = RESULT_WARN,
    [RESULT_GATE_NOT_RUN] = RESULT_DIM,
};

static const struct result_column columns[] = {
    { "verdict", RESULT_LEFT, 0 },     { "case", RESULT_LEFT, 0, 14 },
    { "metric", RESULT_LEFT, 2, 12 },  { "measured", RESULT_LEFT, 0, 12 },
    { "allowed", RESULT_LEFT, 1, 12 },
};
enum { COLUMN_COUNT = sizeof columns / sizeof columns[0] };

/* A claim's metric begins with its case: that column says it already. */
static const char *metric_of(const struct result_gate_item *item)
{
    return item->metric == item->subject ? item->rule : item->metric;
}

/* "not run" of a budget that fails by policy must not look harmless. */
static const char *verdict_print(const struct result_gate_item *item, char *out, size_t size)
{
    const char *state = result_gate_state_text(item->state);
    const bool is_raised = item->state > RESULT_GATE_FAIL && item->effect == RESULT_POLICY_FAIL;
    snprintf(out, size, "%s%s", is_raised ? "fail: " : "", state);
    return out;
}

static base_err add_row(struct result_table *table, const struct result_gate_item *item)
{
    char value[VALUE_SIZE], verdict[40];
    const enum result_style style =
        item->effect == RESULT_POLICY_FAIL ? RESULT_BAD : styles[item->state];
    const struct result_cell cells[COLUMN_COUNT] = {
        { verdict_print(item, verdict, sizeof verdict), style },
        { item->subject },
        { metric_of(item) },
        { result_gate_value_print(item, value, sizeof value) },
        { item->allowed },
    };
    return result_table_add(table, cells);
}

/* What is not run and does not matter is named in one line instead of a row. */
static bool is_idle(const struct result_gate_item *item)
{
    return item->state == RESULT_GATE_NOT_RUN && item->effect == RESULT_POLICY_PASS;
}

/* Failures, then warnings, then the rest; within each the rules' order. Returns the rows that
 * did not fit. */
static base_err make_table(const struct result_gate_report *report, size_t most,
                           struct result_table *table, size_t *left)
{
    base_err err = BASE_OK;
    size_t count = 0;
    result_table_init(table, columns, COLUMN_COUNT, 2);
    for (int effect = RESULT_POLICY_FAIL; effect >= RESULT_POLICY_PASS; effect--)
        for (size_t i = 0; err == BASE_OK && i < report->count; i++) {
            const struct result_gate_item *item = &report->items[i];
            if ((int)item->effect == effect && !is_idle(item) && ++count <= most)
                err = add_row(table, item);
        }
    *left = count > most ? count - most : 0;
    return err;
}

/* "Not run, and no matter: claim a, claim b, 7 more"; NULL when there are none, or no memory. */
static const char *idle_text(const struct result_gate_report *report, struct base_arena *arena)
{
    enum { SHOWN = 12 };
    const char *text = NULL;
    size_t count = 0;
    for (size_t i = 0; i < report->count; i++) {
        const struct result_gate_item *item = &report->items[i];
        const char *name = item->metric == item->subject ? item->rule : item->subject;
        if (!is_idle(item) || ++count > SHOWN)
            continue;
        text = count == 1 ? base_arena_printf(arena, "Not run, and no matter here: %s", name)
                          : base_arena_printf(arena, "%s, %s", text, name);
        if (text == NULL)
            return NULL;
    }
    return count > SHOWN ? base_arena_printf(arena, "%s, %zu more", text, count - SHOWN) : text;
}

/* "12 pass, 1 fail, 2 undecided, 0 not run" */
static void put_counts(struct result_sink *sink, const struct result_gate_report *report)
{
    for (size_t i = 0; i < RESULT_GATE_STATE_COUNT; i++)
        result_sink_printf(sink, "%s%zu %s", i > 0 ? ", " : "", report->counts[i],
                           result_gate_state_text((enum result_gate_state)i));
}

void result_gate_put_headline(struct result_sink *sink, const struct result_gate_report *report)
{
    static const char *const words[] = { "passed", "failed", "nothing could be judged" };
    result_sink_text(sink, report->gate->name);
    result_sink_printf(sink, ": %s", words[report->outcome]);
    if (report->outcome == RESULT_GATE_FAILED)
        result_sink_printf(sink, " by %zu of %zu judgements", report->failed, report->count);
    result_sink_printf(sink, ": ");
    put_counts(sink, report);
}

void result_gate_put_method(struct result_sink *sink, const struct result_gate_report *report)
{
    const struct result_gate *gate = report->gate;
    result_sink_printf(
        sink, "A verdict is of a whole interval: pass when all of it keeps the limit, fail "
              "when none of it does, else undecided.");
    if (report->tests == 0)
        return;
    result_sink_printf(sink, " Relative limits: intervals of %g %%, missed when p is below %g",
                       (1 - gate->significance) * 100, gate->significance);
    if (gate->correction == RESULT_GATE_NONE)
        result_sink_printf(sink, ", not corrected for the %zu judgements.", report->tests);
    else
        result_sink_printf(sink, " after %s's correction over %zu judgement%s.",
                           result_gate_correction_text(gate->correction), report->tests,
                           report->tests == 1 ? "" : "s");
}

/* --- text ----------------------------------------------------------------------------------- */

static void put_line(struct result_sink *sink, const char *label, const char *text,
                     enum result_style style, const struct result_page *page)
{
    enum { INDENT = 10 };
    if (text == NULL)
        return;
    result_sink_printf(sink, "%s%-8s%s  ", result_style_begin(page, style), label,
                       result_style_end(page, style));
    result_sink_wrapped(sink, text, page->width, INDENT, INDENT);
    result_sink_printf(sink, "\n");
}

static void put_reason(struct result_sink *sink, const struct result_gate_item *item,
                       const struct result_page *page)
{
    char verdict[40];
    const enum result_style style = item->effect == RESULT_POLICY_FAIL ? RESULT_BAD : RESULT_WARN;
    verdict_print(item, verdict, sizeof verdict);
    result_sink_printf(sink, "%s%s%s  ", result_style_begin(page, style), verdict,
                       result_style_end(page, style));
    result_sink_wrapped(sink, item->subject, page->width, strlen(verdict) + 2, 2);
    result_sink_printf(sink, "\n  ");
    result_sink_wrapped(sink, item->rule, page->width, 2, 4);
    if (item->line > 0)
        result_sink_printf(sink, " (line %zu)", item->line);
    result_sink_printf(sink, "\n  ");
    result_sink_wrapped(sink, item->why, page->width, 2, 2);
    result_sink_printf(sink, "\n\n");
}

typedef void put_words(struct result_sink *sink, const struct result_gate_report *report);

/* What `put` says, broken at the page's width, or as Markdown when there is no page. */
static void put_through(struct result_sink *sink, const struct result_gate_report *report,
                        put_words *put, const struct result_page *page)
{
    struct base_buf words = { 0 };
    struct result_sink inner = { &words, sink->err };
    put(&inner, report);
    const char *text = inner.err == BASE_OK ? base_buf_text(&words) : NULL;
    if (text == NULL)
        sink->err = BASE_ENOMEM;
    else if (page != NULL)
        result_sink_wrapped(sink, text, page->width, 0, 2);
    else
        result_sink_markdown(sink, text);
    base_buf_done(&words);
}

base_err result_gate_write_text(const struct result_gate_report *report,
                                const struct result_page *page, struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    struct result_table table;
    size_t left = 0;
    put_line(&sink, "run", report->run_name, RESULT_DIM, page);
    put_line(&sink, "baseline", report->baseline_name, RESULT_DIM, page);
    for (size_t i = 0; i < report->note_count; i++)
        put_line(&sink, "caution", report->notes[i], RESULT_WARN, page);
    result_sink_printf(&sink, "\n");
    const base_err err = make_table(report, SIZE_MAX, &table, &left);
    sink.err = sink.err != BASE_OK ? sink.err : err;
    if (sink.err == BASE_OK)
        sink.err = result_table_write(&table, page, out);
    const char *idle = idle_text(report, &table.arena);
    if (idle != NULL) {
        result_sink_printf(&sink, "\n");
        result_sink_wrapped(&sink, idle, page->width, 0, 2);
        result_sink_printf(&sink, "\n");
    }
    result_table_done(&table);
    result_sink_printf(&sink, "\n");
    for (int effect = RESULT_POLICY_FAIL; effect > RESULT_POLICY_PASS; effect--)
        for (size_t i = 0; i < report->count; i++)
            if ((int)report->items[i].effect == effect)
                put_reason(&sink, &report->items[i], page);
    put_through(&sink, report, result_gate_put_method, page);
    result_sink_printf(&sink, "\n");
    if (report->is_counted_exactly) {
        result_sink_wrapped(&sink, RESULT_GATE_BLINDNESS, page->width, 0, 2);
        result_sink_printf(&sink, "\n");
    }
    const enum result_style style =
        report->outcome == RESULT_GATE_PASSED ? RESULT_GOOD : RESULT_BAD;
    result_sink_printf(&sink, "%s", result_style_begin(page, style));
    put_through(&sink, report, result_gate_put_headline, page);
    result_sink_printf(&sink, "%s\n", result_style_end(page, style));
    return sink.err;
}

/* --- Markdown ------------------------------------------------------------------------------- */

/* "<!-- bpi-perf gate: NAME -->"; a name cannot end the comment early, and the line can stand
 * between quotes in a script. */
static void put_marker(struct result_sink *sink, const char *name)
{
    struct base_buf safe = { 0 };
    base_err err = BASE_OK;
    for (const char *at = name; err == BASE_OK && *at != '\0'; at++) {
        const char byte = strchr("<>\"\\", *at) != NULL || (*at == '-' && at[1] == '-') ? '_' : *at;
        err = base_buf_put(&safe, &byte, 1);
    }
    const char *text = err == BASE_OK ? base_buf_text(&safe) : NULL;
    sink->err = sink->err != BASE_OK ? sink->err : text == NULL ? BASE_ENOMEM : BASE_OK;
    result_sink_printf(sink, "<!-- bpi-perf gate: ");
    result_sink_text(sink, text);
    result_sink_printf(sink, " -->\n");
    base_buf_done(&safe);
}

static void put_markdown_reason(struct result_sink *sink, const struct result_gate_item *item)
{
    char verdict[40];
    result_sink_printf(sink, "- **%s** ", verdict_print(item, verdict, sizeof verdict));
    result_sink_markdown(sink, item->subject);
    result_sink_printf(sink, " – ");
    result_sink_markdown(sink, item->rule);
    result_sink_printf(sink, "<br>");
    result_sink_markdown(sink, item->why);
    result_sink_printf(sink, "\n");
}

static void put_markdown_side(struct result_sink *sink, const char *label, const char *name)
{
    if (name == NULL)
        return;
    result_sink_printf(sink, "- %s: ", label);
    result_sink_markdown(sink, name);
    result_sink_printf(sink, "\n");
}

/* The reasons of one effect, as many as a comment can hold. */
static void put_markdown_reasons(struct result_sink *sink, const struct result_gate_report *report,
                                 enum result_gate_policy effect)
{
    size_t count = 0;
    for (size_t i = 0; i < report->count; i++)
        if (report->items[i].effect == effect && ++count <= REASONS_MAX)
            put_markdown_reason(sink, &report->items[i]);
    if (count > REASONS_MAX)
        result_sink_printf(sink, "- %zu more\n", count - REASONS_MAX);
    result_sink_printf(sink, "%s", count > 0 ? "\n" : "");
}

static void put_markdown_table(struct result_sink *sink, const struct result_gate_report *report)
{
    struct result_table table;
    size_t left = 0;
    const base_err err = make_table(report, ROWS_MAX, &table, &left);
    result_sink_printf(sink, "<details%s><summary>%zu judgements</summary>\n\n",
                       report->failed > 0 ? " open" : "", report->count);
    sink->err = sink->err != BASE_OK ? sink->err : err;
    if (sink->err == BASE_OK)
        sink->err = result_table_write_markdown(&table, sink->out);
    if (left > 0)
        result_sink_printf(sink, "\n%zu more rows.\n", left);
    const char *idle = idle_text(report, &table.arena);
    if (idle != NULL) {
        result_sink_printf(sink, "\n");
        result_sink_markdown(sink, idle);
        result_sink_printf(sink, "\n");
    }
    result_table_done(&table);
    result_sink_printf(sink, "\n</details>\n\n");
}

/* Failures in sight; warnings and the table folded away, the table only when nothing failed. */
base_err result_gate_write_markdown(const struct result_gate_report *report,
                                    const struct result_page *page, struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    (void)page;
    put_marker(&sink, report->gate->name);
    result_sink_printf(&sink, "### %s ", report->outcome == RESULT_GATE_PASSED ? "✅" : "❌");
    put_through(&sink, report, result_gate_put_headline, NULL);
    result_sink_printf(&sink, "\n\n");
    put_markdown_reasons(&sink, report, RESULT_POLICY_FAIL);
    if (report->warned > 0) {
        result_sink_printf(&sink, "<details><summary>%zu warning%s</summary>\n\n", report->warned,
                           report->warned == 1 ? "" : "s");
        put_markdown_reasons(&sink, report, RESULT_POLICY_WARN);
        result_sink_printf(&sink, "</details>\n");
    }
    put_markdown_table(&sink, report);
    put_markdown_side(&sink, "run", report->run_name);
    put_markdown_side(&sink, "baseline", report->baseline_name);
    for (size_t i = 0; i < report->note_count; i++)
        put_markdown_side(&sink, "**caution**", report->notes[i]);
    result_sink_printf(&sink, "- ");
    result_gate_put_method(&sink, report);
    if (report->is_counted_exactly)
        result_sink_printf(&sink, "\n- %s", RESULT_GATE_BLINDNESS);
    result_sink_printf(&sink, "\n");
    return sink.err;
}

/* --- messages ------------------------------------------------------------------------------- */

base_err result_gate_write_headline(const struct result_gate_report *report, struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    result_sink_printf(&sink, "bpi-perf gate ");
    result_gate_put_headline(&sink, report);
    return sink.err;
}

/* Slack reads &, < and > as its own. Source: Slack, "Formatting text for app surfaces" */
static void put_slack(struct result_sink *sink, const struct base_buf *text)
{
    for (size_t i = 0; sink->err == BASE_OK && i < text->size; i++) {
        const uint8_t byte = text->data[i];
        const char *name = byte == '&'   ? "&amp;"
                           : byte == '<' ? "&lt;"
                           : byte == '>' ? "&gt;"
                                         : NULL;
        sink->err =
            name != NULL ? base_buf_put_text(sink->out, name) : base_buf_put(sink->out, &byte, 1);
    }
}

base_err result_gate_write_message(const struct result_gate_report *report, bool is_slack,
                                   struct base_buf *out)
{
    enum { SHOWN = 10 };
    struct base_buf text = { 0 };
    struct result_sink sink = { &text, BASE_OK };
    size_t shown = 0;
    result_sink_printf(&sink, "%s", is_slack ? "*bpi-perf gate " : "bpi-perf gate ");
    result_gate_put_headline(&sink, report);
    result_sink_printf(&sink, "%s\n", is_slack ? "*" : "");
    for (size_t i = 0; i < report->count; i++) {
        if (report->items[i].effect != RESULT_POLICY_FAIL || ++shown > SHOWN)
            continue;
        result_sink_printf(&sink, "\n%s ", is_slack ? "•" : "-");
        result_sink_text(&sink, report->items[i].subject);
        result_sink_printf(&sink, ": ");
        result_sink_text(&sink, report->items[i].why);
        result_sink_printf(&sink, "\n");
    }
    if (shown > SHOWN)
        result_sink_printf(&sink, "\n%zu more.\n", shown - SHOWN);
    sink.out = out;
    if (is_slack)
        put_slack(&sink, &text);
    else if (sink.err == BASE_OK)
        sink.err = base_buf_put(out, text.data, text.size);
    base_buf_done(&text);
    return sink.err;
}
