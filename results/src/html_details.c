/* html_details.c - every case in full, closed until it is asked for: its figures, its numbers, its
 * history. Figures have as many points as the size of the page allows. */
#include "html_page.h"
#include "report_internal.h"

#include <base/units.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    POINTS_ALL = 5000, /* of the densities of a page, some 8 bytes each */
    POINTS_LEAST = 40,
    POINTS_MOST = 1200,
    PROCESSES_UP_TO = 20, /* cases of a page that shows the processes of each */
    OPEN_UP_TO = 3,       /* cases of a page that shows them open */
};

static unsigned detail_of(const struct result_run *run)
{
    const size_t points = POINTS_ALL / (run->case_count > 0 ? run->case_count : 1);
    return (unsigned)(points < POINTS_LEAST  ? POINTS_LEAST
                      : points > POINTS_MOST ? POINTS_MOST
                                             : points);
}

typedef base_err figure_fn(struct result_canvas *canvas, const struct result_case *one);

static void put_figures(struct result_sink *sink, const struct result_case *one, unsigned detail)
{
    static figure_fn *const figures[] = { result_figure_density, result_figure_percentiles,
                                          result_figure_slope };
    result_sink_printf(sink, "<div class=\"figures\">\n");
    for (size_t i = 0; sink->err == BASE_OK && i < sizeof figures / sizeof figures[0]; i++) {
        struct result_svg svg;
        result_svg_init(&svg, sink->out, true);
        svg.canvas.detail = detail;
        result_html_figure_end(sink, figures[i](&svg.canvas, one));
    }
    result_sink_printf(sink, "</div>\n");
}

static void put_history(struct result_sink *sink, const struct result_case *one,
                        const struct result_report_options *options)
{
    static const struct {
        const char *class;
        double width;
    } forms[] = { { "wide", RESULT_FIGURE_HISTORY_WIDTH }, { "narrow", RESULT_FIGURE_NARROW } };
    for (size_t i = 0; i < 2 * options->trend_count && sink->err == BASE_OK; i++) {
        const struct result_figure_trend *trend = &options->trends[i / 2];
        struct result_svg svg;
        if (strcmp(trend->case_id, one->id) != 0)
            continue;
        result_sink_printf(sink, "<div class=\"%s\">", forms[i % 2].class);
        result_svg_init(&svg, sink->out, true);
        svg.canvas.detail = 1;
        result_html_figure_end(sink, result_figure_history(&svg.canvas, trend, forms[i % 2].width));
        result_sink_printf(sink, "</div>\n");
    }
}

static void put_fact(void *context, const char *label, const char *text)
{
    result_page_fact(context, label, text);
}

static void put_numbers(struct result_sink *sink, const struct result_case *one)
{
    result_page_facts_begin(sink, NULL);
    if (one->why != NULL)
        result_page_fact(sink, one->status, one->why);
    else if (!result_report_is_ok(one))
        result_page_fact(sink, one->status, "no reason was given");
    const base_err err = result_report_details_each(one, put_fact, sink);
    sink->err = sink->err != BASE_OK ? sink->err : err;
    result_page_facts_end(sink);
}

static void put_time_cell(struct result_sink *sink, const char *class, double ns)
{
    char text[BASE_UNITS_TEXT_SIZE];
    result_sink_printf(sink, "<td class=\"%s\">%s</td>", class,
                       isnan(ns) ? "" : base_units_print_time(ns, 4, text));
}

static void put_processes(struct result_sink *sink, const struct result_case *one)
{
    if (one->process_count < 2)
        return;
    result_sink_printf(sink, "<table><caption>Processes, as they ran</caption><thead><tr>"
                             "<th scope=\"col\">process</th>"
                             "<th scope=\"col\" class=\"num p1\">batches</th>"
                             "<th scope=\"col\" class=\"num\">typical</th>"
                             "<th scope=\"col\" class=\"num p1\">mean</th>"
                             "<th scope=\"col\" class=\"num\">at ref. speed</th></tr></thead>"
                             "<tbody>\n");
    for (size_t i = 0; i < one->process_count; i++) {
        const struct result_process *p = &one->processes[i];
        result_sink_printf(sink, "<tr><th scope=\"row\">%zu</th><td class=\"num p1\">%llu</td>",
                           i + 1, (unsigned long long)p->batches);
        put_time_cell(sink, "num", p->median_ns);
        put_time_cell(sink, "num p1", p->mean_ns);
        put_time_cell(sink, "num", p->normalised_ns);
        result_sink_printf(sink, "</tr>\n");
    }
    result_sink_printf(sink, "</tbody></table>\n");
}

static void put_summary(struct result_sink *sink, const struct result_case *one)
{
    char text[BASE_UNITS_TEXT_SIZE];
    result_sink_printf(sink, "<summary><b>");
    result_sink_html(sink, one->id);
    result_sink_printf(sink, "</b>");
    if (!result_report_is_ok(one)) {
        result_sink_printf(sink, "<span class=\"bad\">");
        result_sink_html(sink, one->status);
        result_sink_printf(sink, "</span>");
    } else if (!isnan(one->median_ns.value)) {
        result_sink_printf(sink, "<span>%s</span>",
                           base_units_print_time(one->median_ns.value, 4, text));
    }
    result_sink_printf(sink, "</summary>\n");
}

void result_html_case_details(struct result_sink *sink, const struct result_run *run,
                              const struct result_report_options *options)
{
    const unsigned detail = detail_of(run);
    if (run->case_count == 0)
        return;
    result_sink_printf(sink, "<section id=\"details\"><h2>Each case</h2>\n");
    result_sink_printf(sink,
                       "<p class=\"note\">Figures: the distribution of the batches, under it their "
                       "samples with a row for each process, line and shade the typical time with "
                       "its %g %% interval; times by percentile; the time of batches by their "
                       "size. Dots are thinned on pages of many cases.</p>\n",
                       run->confidence * 100);
    for (size_t i = 0; i < run->case_count && sink->err == BASE_OK; i++) {
        const struct result_case *one = &run->cases[i];
        result_sink_printf(sink, "<details%s>", run->case_count <= OPEN_UP_TO ? " open" : "");
        put_summary(sink, one);
        result_sink_printf(sink, "<div class=\"body\" id=\"c%zu\">\n", i);
        put_figures(sink, one, detail);
        put_history(sink, one, options);
        put_numbers(sink, one);
        if (run->case_count <= PROCESSES_UP_TO)
            put_processes(sink, one);
        result_sink_printf(sink, "</div></details>\n");
    }
    result_sink_printf(sink, "</section>\n");
}
