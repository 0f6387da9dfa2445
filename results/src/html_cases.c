/* html_cases.c - the table of all cases: a body a suite, a row a case with its mark on an axis that
 * all share, baselines beneath what they are compared with. */
#include "html_page.h"
#include "report_internal.h"

#include <string.h>

enum { COLUMNS = RESULT_REPORT_COLUMN_COUNT + 1 };

struct cases {
    struct result_sink *sink;
    const struct result_run *run;
    struct result_scale x; /* of shares of the typical time */
};

/* In the order they are shown; report.css says which are numbers and which are left out on narrow
 * screens, by their place. */
static const struct {
    int column; /* -1: the mark */
    const char *title;
} shown[COLUMNS] = {
    { RESULT_REPORT_CASE, "case" },
    { RESULT_REPORT_TIME, "time/item" },
    { RESULT_REPORT_TIME_HALF, "\u00b1" },
    { -1, "distribution" },
    { RESULT_REPORT_REFERENCE, "at ref. speed" },
    { RESULT_REPORT_REFERENCE_HALF, "\u00b1" },
    { RESULT_REPORT_RATIO, "ratio" },
    { RESULT_REPORT_THROUGHPUT, "throughput" },
    { RESULT_REPORT_SPREAD, "spread" },
    { RESULT_REPORT_OUTLIERS, "outliers" },
    { RESULT_REPORT_NOTE, "note" },
};

static bool has_ratio(const struct result_run *run)
{
    for (size_t i = 0; i < run->case_count; i++)
        if (result_report_has_host(run, &run->cases[i]))
            return true;
    return false;
}

static void put_head(struct cases *cases)
{
    result_sink_printf(cases->sink,
                       "<table class=\"sortable cases%s\"><caption>A row a case; the mark is each "
                       "case around its own typical time, from %.0f %% less to %.0f %% more: box "
                       "middle half of the batches, line 5 %% to 95 %%, thick line "
                       "interval</caption>\n<thead><tr>",
                       has_ratio(cases->run) ? "" : " unpaired", 100 * (1 - cases->x.low),
                       100 * (cases->x.high - 1));
    for (size_t i = 0; i < COLUMNS; i++)
        result_sink_printf(cases->sink, "<th scope=\"col\"%s>%s</th>",
                           shown[i].column < 0 ? " class=\"fixed\"" : "", shown[i].title);
    result_sink_printf(cases->sink, "</tr></thead>\n");
}

static void put_mark(struct cases *cases, const struct result_case *one)
{
    struct result_svg svg;
    if (!result_figure_has_mark(one) || cases->sink->err != BASE_OK)
        return;
    result_sink_printf(cases->sink, "<svg viewBox=\"0 0 %d %d\" aria-hidden=\"true\">",
                       RESULT_FIGURE_MARK_WIDTH, RESULT_FIGURE_MARK_HEIGHT);
    result_svg_init(&svg, cases->sink->out, true);
    svg.is_bare = true;
    struct result_scale x = cases->x;
    x.low *= one->median_ns.value;
    x.high *= one->median_ns.value;
    result_figure_mark(&svg.canvas, &x, one, RESULT_FIGURE_MARK_HEIGHT / 2.0);
    const base_err err = result_canvas_end(&svg.canvas);
    cases->sink->err = cases->sink->err != BASE_OK ? cases->sink->err : err;
}

/* HTML lets </td> be left out; a page has a thousand cells. */
static void put_cell(struct cases *cases, const struct result_case *one,
                     const struct result_report_row *row, size_t at)
{
    const int column = shown[at].column;
    const bool is_bad = column == RESULT_REPORT_NOTE && !result_report_is_ok(one);
    result_sink_printf(cases->sink, "<td%s>", is_bad ? " class=\"bad\"" : "");
    if (column < 0)
        put_mark(cases, one);
    else if (column == RESULT_REPORT_TIME && !result_report_is_ok(one))
        result_sink_html(cases->sink, one->status); /* the note is not shown on narrow screens */
    else
        result_sink_html(cases->sink, row->texts[column]);
}

static void put_row(struct cases *cases, const struct result_case *one,
                    const struct result_case *host)
{
    struct result_report_row row = { 0 };
    result_report_row_fill(&row, one, host);
    result_sink_printf(cases->sink, "<tr%s><th scope=\"row\"><a href=\"#c%zu\">",
                       host != NULL ? " class=\"peer\"" : "", (size_t)(one - cases->run->cases));
    result_sink_html_name(cases->sink, result_report_label(one, host));
    result_sink_printf(cases->sink, "</a></th>");
    for (size_t i = 1; i < COLUMNS; i++)
        put_cell(cases, one, &row, i);
    result_sink_printf(cases->sink, "</tr>\n");
}

static void put_with_peers(struct cases *cases, const struct result_case *one)
{
    const struct result_run *run = cases->run;
    put_row(cases, one, NULL);
    for (size_t i = 0; i < run->case_count; i++)
        if (&run->cases[i] != one && result_report_is_of_suite(&run->cases[i], one->suite) &&
            result_report_is_peer(&run->cases[i], one))
            put_row(cases, &run->cases[i], one);
}

static void put_suite(struct cases *cases, const char *suite)
{
    const struct result_run *run = cases->run;
    result_sink_printf(cases->sink,
                       "<tbody><tr class=\"suite\"><th scope=\"rowgroup\" "
                       "colspan=\"%d\">",
                       COLUMNS);
    result_sink_html(cases->sink, suite);
    result_sink_printf(cases->sink, "</th></tr>\n");
    for (size_t i = 0; i < run->case_count; i++)
        if (result_report_is_of_suite(&run->cases[i], suite) &&
            !result_report_has_host(run, &run->cases[i]))
            put_with_peers(cases, &run->cases[i]);
    result_sink_printf(cases->sink, "</tbody>\n");
}

static void put_notes(struct result_sink *sink, const struct result_run *run)
{
    const char *note = NULL;
    if (!result_report_has_ok(run))
        return;
    result_sink_printf(sink, "<ul class=\"note\">\n");
    for (size_t i = 0; (note = result_report_note(run, i)) != NULL; i++) {
        if (*note == '\0')
            continue;
        result_sink_printf(sink, "<li>");
        result_sink_html(sink, note);
        result_sink_printf(sink, "</li>\n");
    }
    for (size_t i = 0; i < run->case_count; i++) {
        if (!result_report_is_new_interval(run, i))
            continue;
        result_sink_printf(sink, "<li>intervals (%g %%): ", run->confidence * 100);
        result_sink_html(sink, run->cases[i].interval);
        result_sink_printf(sink, "</li>\n");
    }
    result_sink_printf(sink, "</ul>\n");
}

/* Wide enough for the boxes of nine cases in ten, within 5 % and a factor of two. */
static struct result_scale mark_scale(const struct result_run *run)
{
    double most = 1.05;
    for (double factor = 1.05; factor < 2; factor *= 1.1) {
        size_t count = 0, inside = 0;
        for (size_t i = 0; i < run->case_count; i++) {
            const struct result_case *one = &run->cases[i];
            count += result_figure_has_mark(one);
            inside += result_figure_has_mark(one) && one->p75_ns < one->median_ns.value * factor &&
                      one->p25_ns * factor > one->median_ns.value &&
                      one->median_ns.high < one->median_ns.value * factor;
        }
        most = factor;
        if (inside * 10 >= count * 9)
            break;
    }
    return (struct result_scale){ 1 / most, most, 1, RESULT_FIGURE_MARK_WIDTH - 1, true };
}

void result_html_cases(struct result_sink *sink, const struct result_run *run, const char *title)
{
    struct cases cases = { .sink = sink, .run = run };
    result_sink_printf(sink, "<section id=\"cases\"><h2>");
    result_sink_html(sink, title);
    result_sink_printf(sink, "</h2>\n");
    if (run->case_count == 0) {
        result_sink_printf(sink, "<p>No case was measured.</p></section>\n");
        return;
    }
    cases.x = mark_scale(run);
    put_head(&cases);
    for (size_t i = 0; i < run->case_count; i++)
        if (result_report_is_suite_start(run, i))
            put_suite(&cases, run->cases[i].suite);
    result_sink_printf(sink, "</table>\n");
    put_notes(sink, run);
    result_sink_printf(sink, "</section>\n");
}
