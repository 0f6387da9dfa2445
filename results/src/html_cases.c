/* html_cases.c - the table of all cases: a body a suite, a row a case with its mark on an axis that
 * all share, baselines beneath what they are compared with. */
#include "html_page.h"
#include "report_internal.h"

#include <string.h>

enum { COLUMNS = RESULT_REPORT_COLUMN_COUNT + 1 };

struct cases {
    struct result_sink *sink;
    const struct result_run *run;
    struct result_scale x;
    bool has_marks;
};

/* In the order they are shown; class p1 to p3: left out on narrow screens, p1 last. */
static const struct {
    int column; /* -1: the mark */
    const char *title, *class;
} shown[COLUMNS] = {
    { RESULT_REPORT_CASE, "case", "" },
    { RESULT_REPORT_TIME, "time/item", "num" },
    { RESULT_REPORT_TIME_HALF, "\u00b1", "num" },
    { -1, "distribution", "p1" },
    { RESULT_REPORT_REFERENCE, "at ref. speed", "num p2" },
    { RESULT_REPORT_REFERENCE_HALF, "\u00b1", "num p3" },
    { RESULT_REPORT_RATIO, "ratio", "num p1" },
    { RESULT_REPORT_THROUGHPUT, "throughput", "num p2" },
    { RESULT_REPORT_SPREAD, "spread", "num p3" },
    { RESULT_REPORT_OUTLIERS, "outliers", "num p3" },
    { RESULT_REPORT_NOTE, "note", "p1" },
};

static void put_head(struct cases *cases)
{
    result_sink_printf(cases->sink,
                       "<table class=\"sortable\"><caption>A row a case; the mark: box "
                       "middle half of the batches, line 5 %% to 95 %%, thick line "
                       "interval, on one logarithmic axis</caption>\n<thead><tr>");
    for (size_t i = 0; i < COLUMNS; i++)
        result_sink_printf(cases->sink, "<th scope=\"col\" class=\"%s%s\">%s</th>", shown[i].class,
                           shown[i].column < 0 ? " fixed" : "", shown[i].title);
    result_sink_printf(cases->sink, "</tr></thead>\n");
}

static void put_mark(struct cases *cases, const struct result_case *one)
{
    struct result_svg svg;
    if (!cases->has_marks || !result_figure_has_mark(one) || cases->sink->err != BASE_OK)
        return;
    result_sink_printf(cases->sink, "<svg viewBox=\"0 0 %d %d\" aria-hidden=\"true\">",
                       RESULT_FIGURE_MARK_WIDTH, RESULT_FIGURE_MARK_HEIGHT);
    result_svg_init(&svg, cases->sink->out, true);
    svg.is_bare = true;
    result_figure_mark(&svg.canvas, &cases->x, one, RESULT_FIGURE_MARK_HEIGHT / 2.0);
    const base_err err = result_canvas_end(&svg.canvas);
    cases->sink->err = cases->sink->err != BASE_OK ? cases->sink->err : err;
}

static void put_cell(struct cases *cases, const struct result_case *one,
                     const struct result_report_row *row, size_t at)
{
    const int column = shown[at].column;
    const bool is_bad = column == RESULT_REPORT_NOTE && !result_report_is_ok(one);
    result_sink_printf(cases->sink, "<td class=\"%s%s\">", shown[at].class, is_bad ? " bad" : "");
    if (column < 0)
        put_mark(cases, one);
    else if (column == RESULT_REPORT_TIME && !result_report_is_ok(one))
        result_sink_html(cases->sink, one->status); /* the note is not shown on narrow screens */
    else
        result_sink_html(cases->sink, row->texts[column]);
    result_sink_printf(cases->sink, "</td>");
}

static void put_row(struct cases *cases, const struct result_case *one,
                    const struct result_case *host)
{
    struct result_report_row row = { 0 };
    result_report_row_fill(&row, one, host);
    result_sink_printf(cases->sink, "<tr%s data-id=\"", host != NULL ? " class=\"peer\"" : "");
    result_sink_html(cases->sink, one->id);
    result_sink_printf(cases->sink, "\"><th scope=\"row\"><a href=\"#c%zu\">",
                       (size_t)(one - cases->run->cases));
    result_sink_html(cases->sink, result_report_label(one, host));
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

void result_html_cases(struct result_sink *sink, const struct result_run *run)
{
    struct cases cases = { .sink = sink, .run = run };
    result_sink_printf(sink, "<section id=\"cases\"><h2>Cases</h2>\n");
    if (run->case_count == 0) {
        result_sink_printf(sink, "<p>No case was measured.</p></section>\n");
        return;
    }
    cases.has_marks = result_figure_scale_of(run, &cases.x);
    cases.x.from = 5;
    cases.x.to = RESULT_FIGURE_MARK_WIDTH - 5;
    put_head(&cases);
    for (size_t i = 0; i < run->case_count; i++)
        if (result_report_is_suite_start(run, i))
            put_suite(&cases, run->cases[i].suite);
    result_sink_printf(sink, "</table>\n");
    put_notes(sink, run);
    result_sink_printf(sink, "</section>\n");
}
