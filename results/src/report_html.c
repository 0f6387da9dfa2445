/* report_html.c - a run as one page: what was run, what to be careful about, the table, the claims,
 * every case in full, the machine. */
#include "claim_internal.h"
#include "html_page.h"
#include "report_formats_internal.h"
#include "report_internal.h"

#include <base/units.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OVERVIEW_UP_TO = 40, OVERVIEW_CLOSED_UP_TO = 200 }; /* cases */

/* The command stands under a title that is not the command. */
static void put_title(struct result_sink *sink, const struct result_run *run, const char *title)
{
    const double elapsed_ns = result_metric_elapsed_ns(run);
    char text[BASE_UNITS_TEXT_SIZE];
    size_t failed = 0;
    for (size_t i = 0; i < run->case_count; i++)
        failed += !result_report_is_ok(&run->cases[i]);
    result_sink_printf(sink, "<header><h1>");
    result_sink_html(sink, title);
    result_sink_printf(sink, "</h1>\n<p class=\"sub\">");
    if (title != run->command) {
        result_sink_html(sink, run->command);
        result_sink_printf(sink, "<br>");
    }
    result_sink_printf(sink, "run ");
    result_sink_html(sink, run->id);
    result_sink_printf(sink, ", ");
    result_sink_html(sink, run->state);
    result_sink_printf(sink, ", ");
    result_sink_html(sink, run->started);
    if (!isnan(elapsed_ns))
        result_sink_printf(sink, ", %s", base_units_print_time(elapsed_ns, 3, text));
    result_sink_printf(sink, "</p>\n<ul class=\"chips\">");
    result_page_chip(sink, "", run->case_count, run->case_count == 1 ? "case" : "cases");
    if (failed > 0)
        result_page_chip(sink, "bad", failed, "without a result");
    const struct result_ledger ledger = result_ledger_of(run);
    static const char *const classes[] = { "good", "bad", "warn" };
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (ledger.counts[i] > 0) {
            snprintf(text, sizeof text, "%s %s", ledger.counts[i] == 1 ? "claim" : "claims",
                     result_state_text((enum result_state)i));
            result_page_chip(sink, classes[i], ledger.counts[i], text);
        }
    result_sink_printf(sink, "</ul></header>\n");
}

/* --- cautions ------------------------------------------------------------------------------ */

static const char *fact_of(const struct result_pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->items[i].name, name) == 0)
            return pairs->items[i].value;
    return NULL;
}

static bool is_fact(const struct result_pairs *pairs, const char *name, const char *value)
{
    const char *found = fact_of(pairs, name);
    return found != NULL && strcmp(found, value) == 0;
}

static void put_caution(struct result_sink *sink, const char *before, const char *text,
                        const char *after)
{
    result_sink_printf(sink, "<li>%s", before);
    result_sink_html(sink, text);
    result_sink_printf(sink, "%s</li>\n", after);
}

static void put_host_cautions(struct result_sink *sink, const struct result_run *run)
{
    const char *hypervisor = fact_of(&run->host, "hypervisor");
    const char *load = fact_of(&run->host, "load"), *cpus = fact_of(&run->host, "cpus");
    if (hypervisor != NULL && strcmp(hypervisor, "none") != 0 && strcmp(hypervisor, "no") != 0)
        put_caution(sink, "Measured in a virtual machine (", hypervisor,
                    "): its speed changes with what others do on the same host.");
    if (load != NULL && cpus != NULL && atof(load) > 0.5 * atof(cpus))
        put_caution(sink, "Other work was running when the run began: load ", load, ".");
    if (is_fact(&run->build, "optimized", "no"))
        put_caution(sink, "The program that measured was built ", "without optimisation", ".");
    if (is_fact(&run->build, "git_dirty", "yes"))
        put_caution(sink, "The sources ", "differed", " from the revision that is named below.");
}

static void put_failures(struct result_sink *sink, const struct result_run *run)
{
    for (size_t i = 0; i < run->case_count; i++) {
        const struct result_case *one = &run->cases[i];
        if (result_report_is_ok(one))
            continue;
        result_sink_printf(sink, "<li><b class=\"bad\">");
        result_sink_html(sink, one->status);
        result_sink_printf(sink, "</b> <a href=\"#c%zu\">", i);
        result_sink_html(sink, one->id);
        result_sink_printf(sink, "</a>: ");
        result_sink_html(sink, one->why != NULL ? one->why : "no reason was given");
        result_sink_printf(sink, "</li>\n");
    }
}

static void put_cautions(struct result_sink *sink, const struct result_run *run)
{
    struct base_buf list = { 0 };
    struct result_sink inner = { &list, BASE_OK };
    if (strcmp(run->state, "complete") != 0)
        put_caution(&inner, "The run is ", run->state, ": it holds only what was finished.");
    put_failures(&inner, run);
    put_host_cautions(&inner, run);
    const char *text = base_buf_text(&list);
    if (inner.err != BASE_OK || text == NULL)
        sink->err = inner.err != BASE_OK ? inner.err : BASE_ENOMEM;
    else if (list.size > 0)
        result_sink_printf(sink, "<ul class=\"cautions\" aria-label=\"Cautions\">\n%s</ul>\n",
                           text);
    base_buf_done(&list);
}

/* --- page ---------------------------------------------------------------------------------- */

static void put_overview_form(struct result_sink *sink, const struct result_run *run,
                              const char *class, double width)
{
    struct result_svg svg;
    if (sink->err != BASE_OK)
        return;
    result_sink_printf(sink, "<div class=\"%s\">", class);
    result_svg_init(&svg, sink->out, true);
    svg.canvas.detail = 1;
    result_html_figure_end(sink, result_figure_overview(&svg.canvas, run, width));
    result_sink_printf(sink, "</div>\n");
}

/* A tall figure is closed until it is asked for. */
static void put_overview(struct result_sink *sink, const struct result_run *run)
{
    const bool is_open = run->case_count <= OVERVIEW_UP_TO;
    if (run->case_count < 2 || run->case_count > OVERVIEW_CLOSED_UP_TO)
        return;
    result_sink_printf(sink, "<section id=\"overview\"%s><h2>Overview</h2>\n%s",
                       is_open ? "" : " class=\"wide\"",
                       is_open ? ""
                               : "<details><summary>All cases on one axis</summary>"
                                 "<div class=\"body\">\n");
    put_overview_form(sink, run, "wide", RESULT_FIGURE_WIDE);
    if (is_open) /* on narrow screens the table says the same in less height */
        put_overview_form(sink, run, "narrow", RESULT_FIGURE_NARROW);
    result_sink_printf(sink, "%s</section>\n", is_open ? "" : "</div></details>\n");
}

static void put_bar(struct result_sink *sink, bool has_front)
{
    static const struct result_page_link links[] = {
        { "front", "Test" },        { "figures", "Figures" }, { "cases", "Cases" },
        { "details", "Each case" }, { "claims", "Claims" },   { "machine", "Machine" },
    };
    const size_t left_out = has_front ? 0 : 2;
    result_page_bar(sink, links + left_out, sizeof links / sizeof links[0] - left_out, true);
}

base_err result_report_html(const struct result_run *run,
                            const struct result_report_options *options, struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    const bool has_comparison = options->comparison != NULL;
    const struct result_front *front = options->front;
    const char *title = front != NULL ? front->title : run->command;
    const size_t before = out->size;
    result_page_begin(&sink, title);
    put_title(&sink, run, title);
    put_bar(&sink, front != NULL);
    result_sink_printf(&sink, "<main>\n");
    put_cautions(&sink, run);
    if (front != NULL) {
        result_html_front_tables(&sink, front);
        result_html_claims(&sink, run);
        result_html_front_figures(&sink, front);
    } else {
        put_overview(&sink, run);
    }
    if (has_comparison)
        result_html_comparison(&sink, options->comparison);
    result_html_cases(&sink, run, front != NULL ? front->cases : "Cases");
    result_html_case_details(&sink, run, options);
    if (front == NULL)
        result_html_claims(&sink, run);
    result_html_environment(&sink, run, "Machine and settings", "machine");
    result_sink_printf(&sink, "</main>\n");
    result_page_end(&sink, "Made by bpi-perf; the page is one file and refers to nothing else.");
    if (sink.err != BASE_OK)
        out->size = before;
    return sink.err;
}
