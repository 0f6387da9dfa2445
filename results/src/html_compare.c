/* html_compare.c - a comparison as a section of a page, and as a page of its own. */
#include "compare_internal.h"
#include "html_page.h"
#include "report_internal.h"

#include <base/units.h>

#include <math.h>
#include <stdio.h>

static const char *const classes[RESULT_CHANGE_COUNT] = {
    [RESULT_CHANGE_SLOWER] = "bad",
    [RESULT_CHANGE_FASTER] = "good",
    [RESULT_CHANGE_SAME] = "",
    [RESULT_CHANGE_UNDECIDED] = "warn",
    [RESULT_CHANGE_NOT_COMPARED] = "dim",
    [RESULT_CHANGE_BROKEN] = "bad",
    [RESULT_CHANGE_MISSING] = "warn",
    [RESULT_CHANGE_ADDED] = "dim",
};

static void put_side(struct result_sink *sink, const char *label, const char *name,
                     const struct result_run *run)
{
    result_sink_printf(sink, "<p class=\"sub\">%s: ", label);
    result_sink_html(sink, name);
    if (run != NULL) {
        result_sink_printf(sink, ", ");
        result_sink_html(sink, run->started);
        result_sink_printf(sink, ", ");
        result_sink_html(sink, run->command);
    }
    result_sink_printf(sink, "</p>\n");
}

static void put_counts(struct result_sink *sink, const struct result_comparison *all)
{
    result_sink_printf(sink, "<ul class=\"chips\">");
    for (size_t i = 0; i < RESULT_CHANGE_COUNT; i++) {
        char text[80];
        if (all->counts[i] == 0 && i > RESULT_CHANGE_UNDECIDED)
            continue;
        snprintf(text, sizeof text, "%s", result_change_text((enum result_change)i));
        if (i == RESULT_CHANGE_SAME)
            snprintf(text, sizeof text, "same within %g %%", all->options.threshold * 100);
        result_page_chip(sink, all->counts[i] > 0 ? classes[i] : "dim", all->counts[i], text);
    }
    result_sink_printf(sink, "</ul>\n");
}

static void put_forest(struct result_sink *sink, const struct result_comparison *all)
{
    static const struct {
        const char *class;
        double width;
    } forms[] = { { "wide", RESULT_FIGURE_WIDE }, { "narrow", RESULT_FIGURE_NARROW } };
    for (size_t i = 0; i < 2 && sink->err == BASE_OK; i++) {
        struct result_svg svg;
        result_sink_printf(sink, "<div class=\"%s\">", forms[i].class);
        result_svg_init(&svg, sink->out, true);
        result_html_figure_end(sink, result_figure_forest(&svg.canvas, all, forms[i].width));
        result_sink_printf(sink, "</div>\n");
    }
}

static void put_time(struct result_sink *sink, double ns, const char *class)
{
    char text[BASE_UNITS_TEXT_SIZE];
    result_sink_printf(sink, "<td class=\"num %s\">%s</td>", class,
                       isfinite(ns) ? base_units_print_time(ns, 4, text) : "");
}

static void put_row(struct result_sink *sink, const struct result_compared *item)
{
    result_sink_printf(sink, "<tr><th scope=\"row\">");
    result_sink_html_name(sink, item->id);
    if (item->why != NULL) {
        result_sink_printf(sink, "<br><span class=\"note\">");
        result_sink_html(sink, item->why);
        result_sink_printf(sink, "</span>");
    }
    result_sink_printf(sink, "</th><td class=\"%s\">%s</td>", classes[item->change],
                       result_change_text(item->change));
    put_time(sink, item->baseline_ns, "p2");
    put_time(sink, item->current_ns, "p2");
    result_sink_printf(sink, "<td class=\"num\">");
    if (isfinite(item->ratio.value))
        result_sink_printf(sink, "%.4f", item->ratio.value);
    result_sink_printf(sink, "</td><td class=\"num p1\">");
    if (isfinite(item->ratio.low))
        result_sink_printf(sink, "%.4f .. %.4f", item->ratio.low, item->ratio.high);
    result_sink_printf(sink, "</td><td class=\"num p2\">");
    if (isfinite(item->p_adjusted))
        result_sink_printf(sink, item->p_adjusted < 1e-4 ? "&lt;0.0001" : "%.4f", item->p_adjusted);
    result_sink_printf(sink, "</td></tr>\n");
}

static void put_table(struct result_sink *sink, const struct result_comparison *all)
{
    result_sink_printf(
        sink, "<table class=\"sortable\"><thead><tr><th scope=\"col\">case</th><th scope=\"col\">"
              "verdict</th><th scope=\"col\" class=\"num p2\">baseline</th><th scope=\"col\" "
              "class=\"num p2\">current</th><th scope=\"col\" class=\"num\">ratio</th><th "
              "scope=\"col\" class=\"num p1\">interval</th><th scope=\"col\" class=\"num p2\">"
              "p adjusted</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < all->count; i++)
        put_row(sink, &all->items[i]);
    result_sink_printf(sink, "</tbody></table>\n");
}

void result_html_comparison(struct result_sink *sink, const struct result_comparison *all)
{
    char method[RESULT_METHOD_SIZE];
    result_sink_printf(sink, "<section id=\"comparison\"><h2>Comparison</h2>\n");
    put_side(sink, "baseline", all->baseline_name, all->baseline);
    put_side(sink, "current", all->current_name, all->current);
    put_counts(sink, all);
    if (all->caveat_count > 0) {
        result_sink_printf(sink, "<ul class=\"cautions\" aria-label=\"Cautions\">\n");
        for (size_t i = 0; i < all->caveat_count; i++) {
            result_sink_printf(sink, "<li>");
            result_sink_html(sink, all->caveats[i]);
            result_sink_printf(sink, "</li>\n");
        }
        result_sink_printf(sink, "</ul>\n");
    }
    if (all->count == 0)
        result_sink_printf(sink, "<p>Neither run has a case.</p>\n");
    put_forest(sink, all);
    if (all->count > 0)
        put_table(sink, all);
    result_compare_method(all, method, sizeof method);
    result_sink_printf(sink, "<p class=\"note\">");
    result_sink_html(sink, method);
    result_sink_printf(sink, "</p></section>\n");
}

base_err result_compare_html(const struct result_comparison *all, const struct result_page *page,
                             struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    const struct result_page_link links[] = { { "comparison", "Comparison" },
                                              { "baseline", "Baseline" },
                                              { "current", "Current" } };
    const bool has_runs = all->baseline != NULL && all->current != NULL;
    const size_t before = out->size;
    char title[300];
    (void)page;
    snprintf(title, sizeof title, "%.140s against %.140s", all->current_name, all->baseline_name);
    result_page_begin(&sink, title);
    result_sink_printf(&sink, "<header><h1>");
    result_sink_html(&sink, title);
    result_sink_printf(&sink, "</h1></header>\n");
    result_page_bar(&sink, links, has_runs ? 3 : 1, false);
    result_sink_printf(&sink, "<main>\n");
    result_html_comparison(&sink, all);
    if (has_runs) {
        result_html_environment(&sink, all->baseline, "Machine of the baseline", "baseline");
        result_html_environment(&sink, all->current, "Machine of the current run", "current");
    }
    result_sink_printf(&sink, "</main>\n");
    result_page_end(&sink, "Made by bpi-perf; the page is one file and refers to nothing else.");
    if (sink.err != BASE_OK)
        out->size = before;
    return sink.err;
}
