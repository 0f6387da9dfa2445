/* trend_write.c - what a trend says, in words and in fields. */
#include <result/table.h>
#include <result/trend.h>

#include "json_internal.h"
#include "report_internal.h"

#include <base/units.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS = 9, INDENT = 3, WIDTH_OF_IDS = 70, RUNS_LEAST = 2 * STATS_CHANGEPOINT_SEGMENT };

/* "4.9 % slower (4.6 % .. 5.2 %), p < 0.0001"; out [RESULT_SHORT_SIZE * 2] */
static void size_text(const struct result_trend_change *change, char *out, size_t size)
{
    const bool is_slower = change->ratio.value > 1;
    char p[RESULT_SHORT_SIZE];
    const double shown = isnan(change->p_adjusted) ? change->p : change->p_adjusted;
    if (shown < 1e-4)
        snprintf(p, sizeof p, "p < 0.0001");
    else
        snprintf(p, sizeof p, "p = %.4f", shown);
    snprintf(out, size, "%.2f %% %s (%+.2f %% .. %+.2f %%), %s",
             100 * fabs(change->ratio.value - 1), is_slower ? "slower" : "faster",
             100 * (change->ratio.low - 1), 100 * (change->ratio.high - 1), p);
}

static const char *metric_words(const struct result_trend *trend)
{
    return strcmp(trend->metric, "normalised_ns") == 0 ? "median at reference speed"
                                                       : "median as measured";
}

/* "120 runs, noise of one 0.5 %, 3 outliers left out, ..." */
static void put_summary(struct result_sink *sink, const struct result_trend *trend)
{
    result_sink_printf(sink, "%zu run%s, %s", trend->count, trend->count == 1 ? "" : "s",
                       metric_words(trend));
    if (trend->noise < 1e-6)
        result_sink_printf(sink, "; one run is like another");
    else if (isfinite(trend->noise))
        result_sink_printf(sink, "; noise of one run %.2g %%", 100 * trend->noise);
    if (trend->correlation >= 0.1)
        result_sink_printf(sink, ", correlation of neighbours %.2f", trend->correlation);
    if (trend->outliers > 0)
        result_sink_printf(sink, "; %zu outlier%s left out", trend->outliers,
                           trend->outliers == 1 ? "" : "s");
    if (trend->missing > 0)
        result_sink_printf(sink, "; %zu without a time", trend->missing);
    if (trend->other_hosts > 0)
        result_sink_printf(sink, "; %zu of other hosts not looked at", trend->other_hosts);
}

static void put_verdict(struct result_sink *sink, const struct result_trend *trend)
{
    if (trend->count - trend->missing < RUNS_LEAST)
        result_sink_printf(sink, "Too few runs to see a change: %d are needed.", RUNS_LEAST);
    else if (trend->change_count == 0)
        result_sink_printf(sink, "No change.");
    else
        result_sink_printf(sink, "%zu change%s.", trend->change_count,
                           trend->change_count == 1 ? "" : "s");
}

/* What drifts without a jump: one line for each piece of the history. */
static void put_drifts(struct result_sink *sink, const struct result_trend *trend)
{
    for (size_t i = 0; i < trend->segment_count; i++) {
        const struct stats_segment *segment = &trend->segments[i];
        if (!segment->is_drift)
            continue;
        result_sink_printf(sink, "Drift of %+.2f %% from run %zu to %zu (%.10s .. %.10s).\n",
                           100 * (segment->level_last / segment->level_first - 1),
                           segment->first + 1, segment->first + segment->count,
                           trend->points[segment->first].started,
                           trend->points[segment->first + segment->count - 1].started);
    }
}

/* "run 30, 2026-02-02T12:00, 01HZ..." */
static void put_run(struct result_sink *sink, const struct result_trend *trend, size_t index,
                    const struct result_page *page)
{
    result_sink_printf(sink, "run %zu, %.16s", index + 1, trend->points[index].started);
    if (page->width > 0 && page->width < WIDTH_OF_IDS)
        return;
    result_sink_printf(sink, ", ");
    result_sink_text(sink, trend->points[index].run_id);
}

static void put_change(struct result_sink *sink, struct result_trend *trend, size_t i,
                       const struct result_page *page)
{
    const struct result_trend_change *change = &trend->changes[i];
    const enum result_style style = change->ratio.value > 1 ? RESULT_BAD : RESULT_GOOD;
    char size[2 * RESULT_SHORT_SIZE];
    size_text(change, size, sizeof size);
    result_sink_printf(sink, "\n%s%zu%s  %s\n%*s", result_style_begin(page, style), i + 1,
                       result_style_end(page, style), size, INDENT, "");
    result_sink_printf(sink, "commits ");
    result_sink_text(sink, result_trend_range(trend, change));
    result_sink_printf(sink, "\n%*sbetween ", INDENT, "");
    put_run(sink, trend, change->before, page);
    result_sink_printf(sink, "\n%*sand     ", INDENT, "");
    put_run(sink, trend, change->after, page);
    result_sink_printf(sink, "\n");
    if (change->remark != NULL) {
        result_sink_printf(sink, "%*s", INDENT, "");
        result_sink_wrapped(sink, change->remark, page->width, INDENT, INDENT);
        result_sink_printf(sink, "\n");
    }
}

static base_err write_text(struct result_trend *trend, const struct result_page *page,
                           struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    struct base_buf summary = { 0 };
    struct result_sink words = { &summary, BASE_OK };
    result_sink_printf(&sink, "%s", result_style_begin(page, RESULT_BOLD));
    result_sink_text(&sink, trend->case_id);
    result_sink_printf(&sink, "%s\n", result_style_end(page, RESULT_BOLD));
    put_summary(&words, trend);
    result_sink_wrapped(&sink, words.err == BASE_OK ? base_buf_text(&summary) : NULL, page->width,
                        0, 0);
    result_sink_printf(&sink, "\n\n");
    if (sink.err == BASE_OK)
        sink.err = words.err != BASE_OK ? words.err : result_trend_draw(trend, page, out);
    result_sink_printf(&sink, "\n");
    put_verdict(&sink, trend);
    result_sink_printf(&sink, "\n");
    for (size_t i = 0; i < trend->change_count; i++)
        put_change(&sink, trend, i, page);
    put_drifts(&sink, trend);
    base_buf_done(&summary);
    return sink.err;
}

static base_err write_markdown(struct result_trend *trend, const struct result_page *page,
                               struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    (void)page;
    result_sink_printf(&sink, "# Trend of ");
    result_sink_markdown(&sink, trend->case_id);
    result_sink_printf(&sink, "\n\n");
    put_summary(&sink, trend);
    result_sink_printf(&sink, ".\n");
    put_verdict(&sink, trend);
    result_sink_printf(&sink, "\n");
    if (trend->change_count > 0)
        result_sink_printf(&sink, "\n| change | commits | first run after | remark |\n"
                                  "|---|---|---|---|\n");
    for (size_t i = 0; i < trend->change_count; i++) {
        const struct result_trend_change *change = &trend->changes[i];
        char size[2 * RESULT_SHORT_SIZE];
        size_text(change, size, sizeof size);
        result_sink_printf(&sink, "| %s | ", size);
        result_sink_markdown(&sink, result_trend_range(trend, change));
        result_sink_printf(&sink, " | ");
        result_sink_markdown(&sink, trend->points[change->index].run_id);
        result_sink_printf(&sink, ", %.16s | ", trend->points[change->index].started);
        result_sink_markdown(&sink, change->remark);
        result_sink_printf(&sink, " |\n");
    }
    if (sink.err == BASE_OK && trend->change_count > 0)
        result_sink_printf(&sink, "\n");
    put_drifts(&sink, trend);
    return sink.err;
}

/* --- csv, json ----------------------------------------------------------------------------- */

static void put_number(struct result_sink *sink, double value)
{
    if (isfinite(value))
        result_sink_printf(sink, ",%.*g", DIGITS, value);
    else
        result_sink_printf(sink, ",");
}

/* Level of the fit at a point; NaN: none. */
static double level_at(const struct result_trend *trend, size_t index)
{
    for (size_t i = 0; i < trend->segment_count; i++) {
        const struct stats_segment *segment = &trend->segments[i];
        if (index < segment->first || index >= segment->first + segment->count)
            continue;
        const double share = segment->count > 1
                                 ? (double)(index - segment->first) / (double)(segment->count - 1)
                                 : 0;
        return segment->level_first * pow(segment->level_last / segment->level_first, share);
    }
    return NAN;
}

static const struct result_trend_change *change_at(const struct result_trend *trend, size_t index)
{
    for (size_t i = 0; i < trend->change_count; i++)
        if (trend->changes[i].index == index)
            return &trend->changes[i];
    return NULL;
}

static base_err write_csv(struct result_trend *trend, const struct result_page *page,
                          struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    (void)page;
    result_sink_printf(&sink, "run,started,revision,metric,value_ns,low_ns,high_ns,kept,level_ns,"
                              "change_ratio,change_low,change_high,change_p\r\n");
    for (size_t i = 0; i < trend->count; i++) {
        const struct result_history_point *point = &trend->points[i];
        const struct result_trend_change *change = change_at(trend, i);
        result_sink_csv(&sink, point->run_id);
        result_sink_printf(&sink, ",%s,", point->started);
        result_sink_csv(&sink, point->revision);
        result_sink_printf(&sink, ",%s", trend->metric);
        put_number(&sink, trend->values[i].value);
        put_number(&sink, trend->values[i].low);
        put_number(&sink, trend->values[i].high);
        result_sink_printf(&sink, ",%s", trend->is_left_out[i] ? "no" : "yes");
        put_number(&sink, level_at(trend, i));
        put_number(&sink, change == NULL ? NAN : change->ratio.value);
        put_number(&sink, change == NULL ? NAN : change->ratio.low);
        put_number(&sink, change == NULL ? NAN : change->ratio.high);
        put_number(&sink, change == NULL ? NAN : change->p);
        result_sink_printf(&sink, "\r\n");
    }
    return sink.err;
}

static bool set_number(json_t *object, const char *name, double value)
{
    return !isfinite(value) || json_object_set_new(object, name, json_real(value)) == 0;
}

static bool set_text(json_t *object, const char *name, const char *text)
{
    return text == NULL || json_object_set_new(object, name, result_json_text(text)) == 0;
}

static bool set_count(json_t *object, const char *name, size_t count)
{
    return json_object_set_new(object, name, json_integer((json_int_t)count)) == 0;
}

static bool fill_change(json_t *object, struct result_trend *trend,
                        const struct result_trend_change *change)
{
    const struct result_history_point *before = &trend->points[change->before];
    const struct result_history_point *after = &trend->points[change->after];
    return set_count(object, "index", change->index) &&
           set_text(object, "before_run", before->run_id) &&
           set_text(object, "before_revision", before->revision) &&
           set_text(object, "after_run", after->run_id) &&
           set_text(object, "after_revision", after->revision) &&
           set_number(object, "ratio", change->ratio.value) &&
           set_number(object, "low", change->ratio.low) &&
           set_number(object, "high", change->ratio.high) && set_number(object, "p", change->p) &&
           set_number(object, "p_adjusted", change->p_adjusted) &&
           set_text(object, "remark", change->remark);
}

static bool fill_segment(json_t *object, const struct stats_segment *segment)
{
    return set_count(object, "first", segment->first) &&
           set_count(object, "count", segment->count) &&
           set_number(object, "level_first_ns", segment->level_first) &&
           set_number(object, "level_last_ns", segment->level_last) &&
           json_object_set_new(object, "drift", json_boolean(segment->is_drift)) == 0;
}

static bool fill_point(json_t *object, const struct result_trend *trend, size_t i)
{
    return set_text(object, "run", trend->points[i].run_id) &&
           set_text(object, "started", trend->points[i].started) &&
           set_text(object, "revision", trend->points[i].revision) &&
           set_number(object, "value_ns", trend->values[i].value) &&
           set_number(object, "low_ns", trend->values[i].low) &&
           set_number(object, "high_ns", trend->values[i].high) &&
           json_object_set_new(object, "kept", json_boolean(!trend->is_left_out[i])) == 0;
}

static json_t *new_item(json_t *list)
{
    json_t *object = json_object();
    return json_array_append_new(list, object) == 0 ? object : NULL;
}

static bool fill_root(json_t *root, struct result_trend *trend)
{
    json_t *changes = json_array(), *segments = json_array(), *points = json_array();
    bool is_good = set_text(root, "schema", "bpi-perf/trend/1") &&
                   set_text(root, "case", trend->case_id) && set_text(root, "host", trend->host) &&
                   set_text(root, "metric", trend->metric) &&
                   set_number(root, "noise_share", trend->noise) &&
                   set_number(root, "correlation", trend->correlation) &&
                   set_count(root, "outliers", trend->outliers) &&
                   set_count(root, "missing", trend->missing) &&
                   set_count(root, "other_hosts", trend->other_hosts);
    is_good = json_object_set_new(root, "changes", changes) == 0 && is_good;
    is_good = json_object_set_new(root, "segments", segments) == 0 && is_good;
    is_good = json_object_set_new(root, "points", points) == 0 && is_good;
    for (size_t i = 0; is_good && i < trend->change_count; i++) {
        json_t *object = new_item(changes);
        is_good = object != NULL && fill_change(object, trend, &trend->changes[i]);
    }
    for (size_t i = 0; is_good && i < trend->segment_count; i++) {
        json_t *object = new_item(segments);
        is_good = object != NULL && fill_segment(object, &trend->segments[i]);
    }
    for (size_t i = 0; is_good && i < trend->count; i++) {
        json_t *object = new_item(points);
        is_good = object != NULL && fill_point(object, trend, i);
    }
    return is_good;
}

static base_err write_json(struct result_trend *trend, const struct result_page *page,
                           struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    json_t *root = json_object();
    (void)page;
    if (root == NULL || !fill_root(root, trend))
        sink.err = BASE_ENOMEM;
    result_json_dump(&sink, root, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));
    json_decref(root);
    return sink.err;
}

base_err result_trend_write(struct result_trend *trend, const char *format,
                            const struct result_page *page, struct base_buf *out)
{
    static const struct {
        const char *name, *extension;
        base_err (*write)(struct result_trend *, const struct result_page *, struct base_buf *);
    } formats[] = { { "text", "txt", write_text },
                    { "markdown", "md", write_markdown },
                    { "csv", "csv", write_csv },
                    { "json", "json", write_json } };
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(format, formats[i].name) == 0 || strcmp(format, formats[i].extension) == 0)
            return formats[i].write(trend, page, out);
    return BASE_ENOTFOUND;
}
