/* gate_ci.c - a gate for continuous integration: JUnit XML, GitHub's workflow commands and outputs,
 * and the table of all formats.
 *
 * Source   JUnit: the schema of the Jenkins xUnit plug-in (testsuites/testsuite/testcase with
 *          skipped, error or failure); XML 1.0 section 2.2 for the characters that may stand in it;
 *          GitHub, "Workflow commands for GitHub Actions" for the escapes
 */
#include "gate_internal.h"
#include "gate_write_internal.h"

#include <result/gate.h>

#include <math.h>
#include <string.h>

/* --- JUnit ---------------------------------------------------------------------------------- */

/* What text.h lets through is UTF-8 without controls; U+FFFE and U+FFFF are all that XML forbids
 * of the rest. */
static void put_xml(struct result_sink *sink, const char *text)
{
    struct base_buf clean = { 0 };
    if (sink->err == BASE_OK)
        sink->err = result_text_put(&clean, text);
    for (size_t i = 0; sink->err == BASE_OK && i < clean.size; i++) {
        const uint8_t byte = clean.data[i];
        const bool is_forbidden = byte == 0xef && i + 2 < clean.size && clean.data[i + 1] == 0xbf &&
                                  clean.data[i + 2] >= 0xbe;
        const char *name = byte == '&'    ? "&amp;"
                           : byte == '<'  ? "&lt;"
                           : byte == '>'  ? "&gt;"
                           : byte == '"'  ? "&quot;"
                           : byte == '\'' ? "&apos;"
                                          : NULL;
        if (is_forbidden)
            i += 2;
        sink->err = is_forbidden   ? base_buf_put_text(sink->out, "?")
                    : name != NULL ? base_buf_put_text(sink->out, name)
                                   : base_buf_put(sink->out, &byte, 1);
    }
    base_buf_done(&clean);
}

struct suite {
    size_t first, count, failures, skipped;
    double seconds;
};

/* The judgements of one rule follow each other. */
static struct suite suite_at(const struct result_gate_report *report, size_t first)
{
    struct suite suite = { .first = first };
    for (size_t i = first; i < report->count; i++) {
        const struct result_gate_item *item = &report->items[i];
        if (strcmp(item->rule, report->items[first].rule) != 0)
            break;
        suite.count++;
        suite.failures += item->effect == RESULT_POLICY_FAIL;
        suite.skipped += item->effect != RESULT_POLICY_FAIL && item->state != RESULT_GATE_PASS;
        suite.seconds += isnan(item->seconds) ? 0 : item->seconds;
    }
    return suite;
}

/* What stands inside a testcase. */
static void put_verdict(struct result_sink *sink, const struct result_gate_item *item)
{
    const char *state = result_gate_state_text(item->state);
    if (item->effect == RESULT_POLICY_FAIL) {
        result_sink_printf(sink, "<failure type=\"%s\" message=\"%s; allowed: ", state, state);
        put_xml(sink, item->allowed);
        result_sink_printf(sink, "\">");
        put_xml(sink, item->why);
        result_sink_printf(sink, "</failure>");
    } else if (item->state != RESULT_GATE_PASS) {
        result_sink_printf(sink, "<skipped message=\"%s: ", state);
        put_xml(sink, item->why);
        result_sink_printf(sink, "\"/>");
    } else {
        result_sink_printf(sink, "<system-out>");
        put_xml(sink, item->why);
        result_sink_printf(sink, "</system-out>");
    }
}

static void put_case(struct result_sink *sink, const struct result_gate_item *item)
{
    result_sink_printf(sink, "    <testcase classname=\"");
    put_xml(sink, item->rule);
    result_sink_printf(sink, "\" name=\"");
    put_xml(sink, item->subject);
    result_sink_printf(sink, "\" time=\"%.3f\">", isnan(item->seconds) ? 0 : item->seconds);
    put_verdict(sink, item);
    result_sink_printf(sink, "</testcase>\n");
}

static void put_suite(struct result_sink *sink, const struct result_gate_report *report,
                      const struct suite *suite)
{
    result_sink_printf(sink, "  <testsuite name=\"");
    put_xml(sink, report->items[suite->first].rule);
    result_sink_printf(sink,
                       "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" "
                       "time=\"%.3f\">\n",
                       suite->count, suite->failures, suite->skipped, suite->seconds);
    for (size_t i = 0; i < suite->count; i++)
        put_case(sink, &report->items[suite->first + i]);
    result_sink_printf(sink, "  </testsuite>\n");
}

base_err result_gate_write_junit(const struct result_gate_report *report,
                                 const struct result_page *page, struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    double seconds = 0;
    (void)page;
    for (size_t i = 0; i < report->count; i++)
        seconds += isnan(report->items[i].seconds) ? 0 : report->items[i].seconds;
    result_sink_printf(&sink, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"");
    put_xml(&sink, report->gate->name);
    result_sink_printf(&sink, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" time=\"%.3f\">\n",
                       report->count, report->failed, seconds);
    for (size_t at = 0; at < report->count;) {
        const struct suite suite = suite_at(report, at);
        put_suite(&sink, report, &suite);
        at += suite.count;
    }
    result_sink_printf(&sink, "</testsuites>\n");
    return sink.err;
}

/* --- GitHub --------------------------------------------------------------------------------- */

/* Percent, carriage return and line feed; in a property also colon and comma. */
static void put_github(struct result_sink *sink, const char *text, bool is_property)
{
    struct base_buf clean = { 0 };
    if (sink->err == BASE_OK)
        sink->err = result_text_put(&clean, text);
    for (size_t i = 0; sink->err == BASE_OK && i < clean.size; i++) {
        const uint8_t byte = clean.data[i];
        const bool is_escaped = byte == '%' || byte == '\r' || byte == '\n' ||
                                (is_property && (byte == ':' || byte == ','));
        sink->err = is_escaped ? base_buf_printf(sink->out, "%%%02X", byte)
                               : base_buf_put(sink->out, &byte, 1);
    }
    base_buf_done(&clean);
}

static void put_annotation(struct result_sink *sink, const struct result_gate_report *report,
                           const struct result_gate_item *item)
{
    const char *path = report->gate->path;
    result_sink_printf(sink, "::%s ", item->effect == RESULT_POLICY_FAIL ? "error" : "warning");
    if (item->line > 0 && path[0] != '/' && strcmp(path, "-") != 0) {
        result_sink_printf(sink, "file=");
        put_github(sink, path, true);
        result_sink_printf(sink, ",line=%zu,", item->line);
    }
    result_sink_printf(sink, "title=");
    put_github(sink, report->gate->name, true);
    put_github(sink, ": ", true);
    put_github(sink, item->subject, true);
    result_sink_printf(sink, "::%s: ", result_gate_state_text(item->state));
    put_github(sink, item->why, false);
    result_sink_printf(sink, "\n");
}

/* Errors first: GitHub shows ten of a kind and step. */
base_err result_gate_write_annotations(const struct result_gate_report *report,
                                       struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    for (int effect = RESULT_POLICY_FAIL; effect > RESULT_POLICY_PASS; effect--)
        for (size_t i = 0; i < report->count; i++)
            if ((int)report->items[i].effect == effect)
                put_annotation(&sink, report, &report->items[i]);
    return sink.err;
}

base_err result_gate_write_outputs(const struct result_gate_report *report, struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    result_sink_printf(&sink, "outcome=%s\n", result_gate_outcome_text(report->outcome));
    result_sink_printf(&sink, "passed=%zu\n", report->counts[RESULT_GATE_PASS]);
    result_sink_printf(&sink, "failed=%zu\n", report->failed);
    result_sink_printf(&sink, "undecided=%zu\n", report->counts[RESULT_GATE_UNDECIDED]);
    result_sink_printf(&sink, "not_run=%zu\n", report->counts[RESULT_GATE_NOT_RUN]);
    result_sink_printf(&sink, "warnings=%zu\n", report->warned);
    return sink.err;
}

/* --- all ------------------------------------------------------------------------------------ */

base_err result_gate_write(const struct result_gate_report *report, const char *format,
                           const struct result_page *page, struct base_buf *out)
{
    static const struct {
        const char *name, *extension;
        result_gate_writer *write;
    } formats[] = {
        { "text", "txt", result_gate_write_text },
        { "markdown", "md", result_gate_write_markdown },
        { "csv", "csv", result_gate_write_csv },
        { "json", "json", result_gate_write_json },
        { "junit", "xml", result_gate_write_junit },
    };
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(format, formats[i].name) == 0 || strcmp(format, formats[i].extension) == 0)
            return formats[i].write(report, page, out);
    return BASE_ENOTFOUND;
}
