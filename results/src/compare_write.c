/* compare_write.c - a comparison as text and Markdown (one table of texts), as CSV and JSON (one
 * table of fields). */
#include <result/compare.h>
#include <result/figure.h>
#include <result/table.h>

#include "compare_internal.h"
#include "json_internal.h"
#include "report_internal.h"

#include <base/units.h>

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const enum result_style styles[RESULT_CHANGE_COUNT] = {
    [RESULT_CHANGE_SLOWER] = RESULT_BAD,       [RESULT_CHANGE_FASTER] = RESULT_GOOD,
    [RESULT_CHANGE_SAME] = RESULT_PLAIN,       [RESULT_CHANGE_UNDECIDED] = RESULT_WARN,
    [RESULT_CHANGE_NOT_COMPARED] = RESULT_DIM, [RESULT_CHANGE_BROKEN] = RESULT_BAD,
    [RESULT_CHANGE_MISSING] = RESULT_WARN,     [RESULT_CHANGE_ADDED] = RESULT_DIM,
};

static const struct result_column columns[] = {
    { "case", RESULT_LEFT, 0, 14 },    { "verdict", RESULT_LEFT, 0 },
    { "baseline", RESULT_RIGHT, 2 },   { "current", RESULT_RIGHT, 1 },
    { "ratio", RESULT_RIGHT, 0 },      { "interval", RESULT_RIGHT, 0 },
    { "p adjusted", RESULT_RIGHT, 3 },
};
static const struct result_column paired_columns[] = {
    { "case", RESULT_LEFT, 0, 14 }, { "verdict", RESULT_LEFT, 0 }, { "baseline", RESULT_RIGHT, 3 },
    { "current", RESULT_RIGHT, 2 }, { "ratio", RESULT_RIGHT, 0 },  { "interval", RESULT_RIGHT, 0 },
    { "pairs", RESULT_RIGHT, 4 },   { "took", RESULT_RIGHT, 1 },   { "needs", RESULT_RIGHT, 0 },
};
enum {
    COLUMN_COUNT = sizeof columns / sizeof columns[0],
    PAIRED_COUNT = sizeof paired_columns / sizeof paired_columns[0],
    METHOD_SIZE = RESULT_METHOD_SIZE
};

static const char *p_text(double p, char *out)
{
    if (isnan(p))
        out[0] = '\0';
    else if (p < 1e-4)
        snprintf(out, RESULT_SHORT_SIZE, "<0.0001");
    else
        snprintf(out, RESULT_SHORT_SIZE, "%.4f", p);
    return out;
}

static const char *time_text(double ns, char *out)
{
    out[0] = '\0';
    return isnan(ns) ? out : base_units_print_time(ns, 4, out);
}

static const char *seconds_text(double seconds, char *out)
{
    return time_text(seconds * 1e9, out);
}

/* Both kinds of rows begin alike; stored runs go on with p, pairs with what they cost. */
static base_err add_row(struct result_table *table, const struct result_compared *item,
                        bool is_paired)
{
    char baseline[BASE_UNITS_TEXT_SIZE], current[BASE_UNITS_TEXT_SIZE];
    char took[BASE_UNITS_TEXT_SIZE], needs[BASE_UNITS_TEXT_SIZE], pairs[RESULT_SHORT_SIZE] = "";
    char ratio[RESULT_SHORT_SIZE] = "", interval[RESULT_SHORT_SIZE] = "", p[RESULT_SHORT_SIZE];
    if (!isnan(item->ratio.value))
        snprintf(ratio, sizeof ratio, "%.4f", item->ratio.value);
    if (!isnan(item->ratio.low))
        snprintf(interval, sizeof interval, "%.4f .. %.4f", item->ratio.low, item->ratio.high);
    if (item->pairs > 0)
        snprintf(pairs, sizeof pairs, "%zu", item->pairs);
    const struct result_cell cells[PAIRED_COUNT] = {
        { item->id },
        { result_change_text(item->change), styles[item->change] },
        { time_text(item->baseline_ns, baseline) },
        { time_text(item->current_ns, current) },
        { ratio },
        { interval },
        { is_paired ? pairs : p_text(item->p_adjusted, p) },
        { seconds_text(item->seconds, took) },
        { seconds_text(item->deciding_seconds, needs) },
    };
    return result_table_add(table, cells);
}

static base_err make_table(const struct result_comparison *all, struct result_table *table)
{
    base_err err = BASE_OK;
    const bool is_paired = all->method != NULL;
    if (is_paired)
        result_table_init(table, paired_columns, PAIRED_COUNT, 2);
    else
        result_table_init(table, columns, COLUMN_COUNT, 2);
    for (size_t i = 0; err == BASE_OK && i < all->count; i++)
        err = add_row(table, &all->items[i], is_paired);
    return err;
}

/* "2 slower, 1 faster, 3 same within 5 %, ..."; of the rare ones only those that there are. */
static void put_counts(struct result_sink *sink, const struct result_comparison *all,
                       const struct result_page *page)
{
    size_t used = 0;
    for (size_t i = 0; i < RESULT_CHANGE_COUNT; i++) {
        const enum result_style style = all->counts[i] > 0 ? styles[i] : RESULT_PLAIN;
        char text[80], within[40] = "";
        if (all->counts[i] == 0 && i > RESULT_CHANGE_UNDECIDED)
            continue;
        if (i == RESULT_CHANGE_SAME)
            snprintf(within, sizeof within, " within %g %%", all->options.threshold * 100);
        snprintf(text, sizeof text, "%zu %s%s", all->counts[i],
                 result_change_text((enum result_change)i), within);
        const bool is_full = page->width > 0 && used + strlen(text) + 3 > page->width;
        result_sink_printf(sink, "%s%s%s%s",
                           used == 0 ? ""
                           : is_full ? ",\n"
                                     : ", ",
                           result_style_begin(page, style), text, result_style_end(page, style));
        used = (is_full ? 0 : used + 2) + strlen(text);
    }
    result_sink_printf(sink, "\n");
}

void result_compare_method(const struct result_comparison *all, char *out, size_t size)
{
    if (all->method != NULL) {
        snprintf(out, size, "%s", all->method);
        return;
    }
    const double level = all->options.confidence * 100;
    char edges[RESULT_SHORT_SIZE] = "1";
    if (all->options.threshold > 0)
        snprintf(edges, sizeof edges, "1/%g .. %g", 1 + all->options.threshold,
                 1 + all->options.threshold);
    snprintf(out, size,
             "ratio: current over baseline, of the processes' geometric means at one speed of the "
             "host unless said; interval: %g %%, of each case alone; slower and faster: the whole "
             "interval beyond %s, and p below %g after %s's correction for %zu cases; "
             "same: the whole interval within, not corrected",
             level, edges, 1 - all->options.confidence, all->correction, all->tests);
}

/* --- text ---------------------------------------------------------------------------------- */

static void put_side(struct result_sink *sink, const char *label, const char *name,
                     const struct result_run *run, const struct result_page *page)
{
    enum { INDENT = 10 };
    result_sink_printf(sink, "%s%s%s  ", result_style_begin(page, RESULT_DIM), label,
                       result_style_end(page, RESULT_DIM));
    if (run == NULL) {
        result_sink_wrapped(sink, name, page->width, INDENT, INDENT);
        result_sink_printf(sink, "\n");
        return;
    }
    result_sink_wrapped(sink, run->command, page->width, INDENT, INDENT);
    result_sink_printf(sink, "\n%*s", INDENT, "");
    result_sink_wrapped(sink, run->id, page->width, INDENT, INDENT);
    result_sink_printf(sink, "\n%*s", INDENT, "");
    result_sink_wrapped(sink, run->started, page->width, INDENT, INDENT);
    result_sink_printf(sink, "\n");
}

/* Why a case stands as it does, beneath its id. */
static void put_why(struct result_sink *sink, const struct result_compared *item,
                    const struct result_page *page)
{
    result_sink_printf(sink, "  ");
    result_sink_wrapped(sink, item->id, page->width, 2, 4);
    result_sink_printf(sink, "\n    ");
    result_sink_wrapped(sink, item->why, page->width, 4, 4);
    result_sink_printf(sink, "\n");
}

static base_err write_text(const struct result_comparison *all, const struct result_page *page,
                           struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    struct result_table table;
    char method[METHOD_SIZE];
    put_side(&sink, "baseline", all->baseline_name, all->baseline, page);
    put_side(&sink, "current ", all->current_name, all->current, page);
    for (size_t i = 0; i < all->caveat_count; i++) {
        result_sink_printf(&sink, "%scaution%s   ", result_style_begin(page, RESULT_WARN),
                           result_style_end(page, RESULT_WARN));
        result_sink_wrapped(&sink, all->caveats[i], page->width, 10, 10);
        result_sink_printf(&sink, "\n");
    }
    result_sink_printf(&sink, "\n");
    const base_err err = make_table(all, &table);
    sink.err = sink.err != BASE_OK ? sink.err : err;
    if (sink.err == BASE_OK)
        sink.err = result_table_write(&table, page, out);
    result_table_done(&table);
    if (all->count == 0)
        result_sink_printf(&sink, "Neither run has a case.\n");
    result_sink_printf(&sink, "\n");
    bool has_notes = false;
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].why != NULL) {
            put_why(&sink, &all->items[i], page);
            has_notes = true;
        }
    result_sink_printf(&sink, "%s", has_notes ? "\n" : "");
    result_compare_method(all, method, sizeof method);
    result_sink_wrapped(&sink, method, page->width, 0, 2);
    result_sink_printf(&sink, "\n");
    put_counts(&sink, all, page);
    return sink.err;
}

/* --- markdown ------------------------------------------------------------------------------ */

static void put_markdown_side(struct result_sink *sink, const char *label, const char *name,
                              const struct result_run *run)
{
    result_sink_printf(sink, "- **%s:** ", label);
    result_sink_markdown(sink, name);
    if (run == NULL) {
        result_sink_printf(sink, "\n");
        return;
    }
    result_sink_printf(sink, ", ");
    result_sink_markdown(sink, run->started);
    result_sink_printf(sink, ", ");
    result_sink_markdown(sink, run->command);
    result_sink_printf(sink, "\n");
}

static base_err write_markdown(const struct result_comparison *all, const struct result_page *page,
                               struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    struct result_table table;
    char method[METHOD_SIZE];
    (void)page;
    result_sink_printf(&sink, "# Comparison\n\n");
    put_counts(&sink, all, &(struct result_page){ 0 });
    result_sink_printf(&sink, "\n");
    put_markdown_side(&sink, "baseline", all->baseline_name, all->baseline);
    put_markdown_side(&sink, "current", all->current_name, all->current);
    for (size_t i = 0; i < all->caveat_count; i++) {
        result_sink_printf(&sink, "- **caution:** ");
        result_sink_markdown(&sink, all->caveats[i]);
        result_sink_printf(&sink, "\n");
    }
    result_sink_printf(&sink, "\n");
    const base_err err = make_table(all, &table);
    sink.err = sink.err != BASE_OK ? sink.err : err;
    if (sink.err == BASE_OK)
        sink.err = result_table_write_markdown(&table, out);
    result_table_done(&table);
    result_sink_printf(&sink, "\n");
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].why == NULL)
            continue;
        result_sink_printf(&sink, "- ");
        result_sink_markdown(&sink, all->items[i].id);
        result_sink_printf(&sink, ": ");
        result_sink_markdown(&sink, all->items[i].why);
        result_sink_printf(&sink, "\n");
    }
    result_compare_method(all, method, sizeof method);
    result_sink_printf(&sink, "- ");
    result_sink_markdown(&sink, method);
    result_sink_printf(&sink, "\n");
    return sink.err;
}

/* --- csv, json ----------------------------------------------------------------------------- */

#define AT(member) offsetof(struct result_compared, member)

/* id and verdict first, then the numbers, then the words. */
static const struct field {
    const char *name;
    bool is_text;
    size_t offset;
} fields[] = {
    { "metric", true, AT(metric) },
    { "baseline_ns", false, AT(baseline_ns) },
    { "current_ns", false, AT(current_ns) },
    { "ratio", false, AT(ratio.value) },
    { "low", false, AT(ratio.low) },
    { "high", false, AT(ratio.high) },
    { "degrees_of_freedom", false, AT(degrees) },
    { "p", false, AT(p) },
    { "p_adjusted", false, AT(p_adjusted) },
    { "seconds", false, AT(seconds) },
    { "deciding_seconds", false, AT(deciding_seconds) },
    { "why", true, AT(why) },
};
enum {
    FIELD_COUNT = sizeof fields / sizeof fields[0],
    DIGITS = 9, /* what is derived from measured times needs no more */
};

static const char *text_of(const struct result_compared *item, const struct field *field)
{
    return *(const char *const *)(const void *)((const char *)item + field->offset);
}

static double number_of(const struct result_compared *item, const struct field *field)
{
    return *(const double *)(const void *)((const char *)item + field->offset);
}

static base_err write_csv(const struct result_comparison *all, const struct result_page *page,
                          struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    (void)page;
    result_sink_printf(&sink, "id,verdict,pairs");
    for (size_t i = 0; i < FIELD_COUNT; i++)
        result_sink_printf(&sink, ",%s", fields[i].name);
    result_sink_printf(&sink, "\r\n");
    for (size_t row = 0; row < all->count; row++) {
        const struct result_compared *item = &all->items[row];
        result_sink_csv(&sink, item->id);
        result_sink_printf(&sink, ",%s,%zu", result_change_text(item->change), item->pairs);
        for (size_t i = 0; i < FIELD_COUNT; i++) {
            const double number = fields[i].is_text ? NAN : number_of(item, &fields[i]);
            result_sink_printf(&sink, ",");
            if (fields[i].is_text)
                result_sink_csv(&sink, text_of(item, &fields[i]));
            else if (!isnan(number))
                result_sink_printf(&sink, "%.*g", DIGITS, number);
        }
        result_sink_printf(&sink, "\r\n");
    }
    return sink.err;
}

static bool fill_pairs(json_t *object, const struct result_compared *item)
{
    json_t *values = json_array();
    bool is_good =
        json_object_set_new(object, "pairs", json_integer((json_int_t)item->pairs)) == 0 &&
        json_object_set_new(object, "ln_ratios", values) == 0;
    for (size_t i = 0; is_good && item->ln_ratios != NULL && i < item->pairs; i++)
        is_good = json_array_append_new(values, json_real(item->ln_ratios[i])) == 0;
    return is_good;
}

static bool fill_case(json_t *object, const struct result_compared *item)
{
    bool is_good = json_object_set_new(object, "id", result_json_text(item->id)) == 0 &&
                   json_object_set_new(object, "verdict",
                                       result_json_text(result_change_text(item->change))) == 0;
    for (size_t i = 0; is_good && i < FIELD_COUNT; i++) {
        const double number = fields[i].is_text ? NAN : number_of(item, &fields[i]);
        if (fields[i].is_text && text_of(item, &fields[i]) != NULL)
            is_good = json_object_set_new(object, fields[i].name,
                                          result_json_text(text_of(item, &fields[i]))) == 0;
        else if (isfinite(number))
            is_good = json_object_set_new(object, fields[i].name, json_real(number)) == 0;
    }
    return is_good && (item->pairs == 0 || fill_pairs(object, item));
}

static bool fill_lists(json_t *root, const struct result_comparison *all)
{
    json_t *counts = json_object(), *caveats = json_array(), *cases = json_array();
    bool is_good = json_object_set_new(root, "counts", counts) == 0;
    is_good = json_object_set_new(root, "caveats", caveats) == 0 && is_good;
    is_good = json_object_set_new(root, "cases", cases) == 0 && is_good;
    for (size_t i = 0; is_good && i < RESULT_CHANGE_COUNT; i++)
        is_good = json_object_set_new(counts, result_change_text((enum result_change)i),
                                      json_integer((json_int_t)all->counts[i])) == 0;
    for (size_t i = 0; is_good && i < all->caveat_count; i++)
        is_good = json_array_append_new(caveats, result_json_text(all->caveats[i])) == 0;
    for (size_t i = 0; is_good && i < all->count; i++) {
        json_t *object = json_object();
        is_good = json_array_append_new(cases, object) == 0 && fill_case(object, &all->items[i]);
    }
    return is_good;
}

static bool fill_root(json_t *root, const struct result_comparison *all)
{
    return json_object_set_new(root, "schema", json_string("bpi-perf/comparison/1")) == 0 &&
           json_object_set_new(root, "baseline", result_json_text(all->baseline_name)) == 0 &&
           json_object_set_new(root, "current", result_json_text(all->current_name)) == 0 &&
           json_object_set_new(root, "threshold_share", json_real(all->options.threshold)) == 0 &&
           json_object_set_new(root, "confidence", json_real(all->options.confidence)) == 0 &&
           json_object_set_new(root, "correction", result_json_text(all->correction)) == 0 &&
           json_object_set_new(root, "tests", json_integer((json_int_t)all->tests)) == 0 &&
           fill_lists(root, all);
}

static base_err write_json(const struct result_comparison *all, const struct result_page *page,
                           struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    json_t *root = json_object();
    (void)page;
    if (root == NULL || !fill_root(root, all))
        sink.err = BASE_ENOMEM;
    result_json_dump(&sink, root, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));
    json_decref(root);
    return sink.err;
}

static base_err write_figure(const struct result_comparison *all, const char *format,
                             struct base_buf *out)
{
    const struct result_figure_source source = { .comparison = all };
    return result_figure_write(RESULT_FIGURE_FOREST, &source, format, out, NULL);
}

static base_err write_svg(const struct result_comparison *all, const struct result_page *page,
                          struct base_buf *out)
{
    (void)page;
    return write_figure(all, "svg", out);
}

static base_err write_png(const struct result_comparison *all, const struct result_page *page,
                          struct base_buf *out)
{
    (void)page;
    return write_figure(all, "png", out);
}

base_err result_comparison_write(const struct result_comparison *comparison, const char *format,
                                 const struct result_page *page, struct base_buf *out)
{
    static const struct {
        const char *name, *extension;
        base_err (*write)(const struct result_comparison *, const struct result_page *,
                          struct base_buf *);
    } formats[] = { { "text", "txt", write_text },
                    { "markdown", "md", write_markdown },
                    { "csv", "csv", write_csv },
                    { "json", "json", write_json },
                    { "html", "html", result_compare_html },
                    { "pdf", "pdf", result_compare_pdf },
                    { "svg", "svg", write_svg },
                    { "png", "png", write_png } };
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(format, formats[i].name) == 0 || strcmp(format, formats[i].extension) == 0)
            return formats[i].write(comparison, page, out);
    return BASE_ENOTFOUND;
}
