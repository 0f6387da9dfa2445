/* gate_json.c - a gate for programs: JSON (schema RESULT_GATE_SCHEMA), CSV, the bodies of alerts.
 */
#include "gate_internal.h"
#include "gate_write_internal.h"
#include "json_internal.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { DIGITS = 9 };

#define AT(member) offsetof(struct result_gate_item, member)

static const struct field {
    const char *name;
    bool is_text;
    size_t offset;
} fields[] = {
    { "rule", true, AT(rule) },
    { "case", true, AT(subject) },
    { "metric", true, AT(metric) },
    { "allowed", true, AT(allowed) },
    { "unit", true, AT(unit) },
    { "value", false, AT(measured.value) },
    { "low", false, AT(measured.low) },
    { "high", false, AT(measured.high) },
    { "confidence", false, AT(confidence) },
    { "over", false, AT(over) },
    { "p", false, AT(p) },
    { "p_adjusted", false, AT(p_adjusted) },
    { "seconds", false, AT(seconds) },
    { "why", true, AT(why) },
};
enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

static const char *const effects[] = { "pass", "warn", "fail" };

static const char *text_of(const struct result_gate_item *item, const struct field *field)
{
    return *(const char *const *)(const void *)((const char *)item + field->offset);
}

static double number_of(const struct result_gate_item *item, const struct field *field)
{
    return *(const double *)(const void *)((const char *)item + field->offset);
}

base_err result_gate_write_csv(const struct result_gate_report *report,
                               const struct result_page *page, struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    (void)page;
    result_sink_printf(&sink, "verdict,effect,line");
    for (size_t i = 0; i < FIELD_COUNT; i++)
        result_sink_printf(&sink, ",%s", fields[i].name);
    result_sink_printf(&sink, "\r\n");
    for (size_t row = 0; row < report->count; row++) {
        const struct result_gate_item *item = &report->items[row];
        result_sink_printf(&sink, "%s,%s,%zu", result_gate_state_text(item->state),
                           effects[item->effect], item->line);
        for (size_t i = 0; i < FIELD_COUNT; i++) {
            const double number = fields[i].is_text ? NAN : number_of(item, &fields[i]);
            result_sink_printf(&sink, ",");
            if (fields[i].is_text)
                result_sink_csv(&sink, text_of(item, &fields[i]));
            else if (isfinite(number))
                result_sink_printf(&sink, "%.*g", DIGITS, number);
        }
        result_sink_printf(&sink, "\r\n");
    }
    return sink.err;
}

static bool set_text(json_t *object, const char *name, const char *text)
{
    return text == NULL || json_object_set_new(object, name, result_json_text(text)) == 0;
}

static bool set_count(json_t *object, const char *name, size_t count)
{
    return json_object_set_new(object, name, json_integer((json_int_t)count)) == 0;
}

static bool fill_item(json_t *object, const struct result_gate_item *item)
{
    bool is_good = set_text(object, "verdict", result_gate_state_text(item->state)) &&
                   set_text(object, "effect", effects[item->effect]);
    for (size_t i = 0; is_good && i < FIELD_COUNT; i++) {
        const double number = fields[i].is_text ? NAN : number_of(item, &fields[i]);
        if (fields[i].is_text && *text_of(item, &fields[i]) != '\0')
            is_good = set_text(object, fields[i].name, text_of(item, &fields[i]));
        else if (isfinite(number))
            is_good = json_object_set_new(object, fields[i].name, json_real(number)) == 0;
    }
    return is_good && (item->line == 0 || set_count(object, "line", item->line));
}

static bool fill_lists(json_t *root, const struct result_gate_report *report)
{
    json_t *counts = json_object(), *notes = json_array(), *items = json_array();
    bool is_good = json_object_set_new(root, "counts", counts) == 0;
    is_good = json_object_set_new(root, "cautions", notes) == 0 && is_good;
    is_good = json_object_set_new(root, "judgements", items) == 0 && is_good;
    for (size_t i = 0; is_good && i < RESULT_GATE_STATE_COUNT; i++)
        is_good =
            set_count(counts, result_gate_state_text((enum result_gate_state)i), report->counts[i]);
    is_good = is_good && set_count(counts, "failed", report->failed) &&
              set_count(counts, "warned", report->warned);
    for (size_t i = 0; is_good && i < report->note_count; i++)
        is_good = json_array_append_new(notes, result_json_text(report->notes[i])) == 0;
    for (size_t i = 0; is_good && i < report->count; i++) {
        json_t *object = json_object();
        is_good = json_array_append_new(items, object) == 0 && fill_item(object, &report->items[i]);
    }
    return is_good;
}

static bool fill_root(json_t *root, const struct result_gate_report *report)
{
    const struct result_gate *gate = report->gate;
    struct base_buf method = { 0 };
    struct result_sink sink = { &method, BASE_OK };
    result_gate_put_method(&sink, report);
    const char *words = sink.err == BASE_OK ? base_buf_text(&method) : NULL;
    const bool is_good =
        words != NULL && set_text(root, "schema", RESULT_GATE_SCHEMA) &&
        set_text(root, "gate", gate->name) && set_text(root, "file", gate->path) &&
        set_text(root, "outcome", result_gate_outcome_text(report->outcome)) &&
        set_text(root, "run", report->run_name) &&
        set_text(root, "baseline", report->baseline_name) &&
        json_object_set_new(root, "significance", json_real(gate->significance)) == 0 &&
        set_text(root, "correction", result_gate_correction_text(gate->correction)) &&
        set_count(root, "tests", report->tests) && set_text(root, "method", words) &&
        set_text(root, "blindness", report->is_counted_exactly ? RESULT_GATE_BLINDNESS : NULL) &&
        fill_lists(root, report);
    base_buf_done(&method);
    return is_good;
}

base_err result_gate_write_json(const struct result_gate_report *report,
                                const struct result_page *page, struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    json_t *root = json_object();
    (void)page;
    if (root == NULL || !fill_root(root, report))
        sink.err = BASE_ENOMEM;
    result_json_dump(&sink, root, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));
    json_decref(root);
    return sink.err;
}

static base_err write_slack(const struct result_gate_report *report, struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    struct base_buf message = { 0 };
    json_t *root = json_object();
    sink.err = result_gate_write_message(report, true, &message);
    const char *text = sink.err == BASE_OK ? base_buf_text(&message) : NULL;
    /* the message has line breaks, and is UTF-8: its parts went through text.h */
    if (root == NULL || text == NULL || json_object_set_new(root, "text", json_string(text)) != 0)
        sink.err = BASE_ENOMEM;
    result_json_dump(&sink, root, JSON_COMPACT);
    json_decref(root);
    base_buf_done(&message);
    return sink.err;
}

base_err result_gate_write_alert(const struct result_gate_report *report,
                                 enum result_alert_kind kind, struct base_buf *out)
{
    if (kind == RESULT_ALERT_SLACK)
        return write_slack(report, out);
    if (kind == RESULT_ALERT_MAIL)
        return result_gate_write_message(report, false, out);
    return result_gate_write_json(report, &(struct result_page){ 0 }, out);
}
