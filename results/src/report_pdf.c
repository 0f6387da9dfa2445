/* report_pdf.c - a run, or a comparison, as A4 pages: the same figures as the page for browsers,
 * two in a row, with the numbers beside them. Text is laid out by the average width of a letter,
 * which is on the safe side for DejaVu Sans. */
#include "compare_internal.h"
#include "figure_draw.h"
#include "report_formats_internal.h"
#include "report_internal.h"

#include <base/units.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_WIDTH = 794, /* A4 in pixels of 1/96 inch */
    PAGE_HEIGHT = 1123,
    MARGIN = 37,
    INNER = 720, /* two figures of one case */
    FOOT = PAGE_HEIGHT - 50,
    LINE = 15,
    OVERVIEW_ROWS = 44,
    NAME_WIDTH = 170,   /* of the first column of a front's table */
    FRONT_FIGURE = 300, /* the most that one takes, with name and note */
    FOREST_ROWS = 34,
    LETTER_TENTHS = 57, /* pixels, of the 9.9 px that 11 px text is drawn in */
};

struct pages {
    struct result_cairo *cairo;
    struct result_canvas *canvas;
    double y;
    size_t number;
    base_err err;
};

static void put_number(struct pages *pages)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", pages->number);
    result_cairo_place(pages->cairo, 0, 0);
    result_canvas_pen_text(pages->canvas, RESULT_ROLE_MUTED, RESULT_PEN_TEXT, RESULT_ANCHOR_MIDDLE);
    result_canvas_text(pages->canvas, PAGE_WIDTH / 2.0, PAGE_HEIGHT - 22, text);
}

static void next_page(struct pages *pages)
{
    put_number(pages);
    result_cairo_next_page(pages->cairo);
    pages->number++;
    pages->y = MARGIN + 10;
}

/* Room for `height` more on this page, or a new one. */
static void need(struct pages *pages, double height)
{
    if (pages->y + height > FOOT && pages->y > MARGIN + 10)
        next_page(pages);
}

/* Text in lines of `width` from `x`; the page breaks between lines when it may. */
static void put_text(struct pages *pages, double x, double width, enum result_role role,
                     enum result_pen pen, const char *text)
{
    struct base_buf lines = { 0 };
    const size_t tenths = pen == RESULT_PEN_TITLE ? LETTER_TENTHS + 22 : LETTER_TENTHS;
    const base_err err = result_text_put_wrapped(&lines, text, (size_t)(width * 10) / tenths, 0, 0);
    char *copy = err == BASE_OK ? strdup(base_buf_text(&lines)) : NULL;
    base_buf_done(&lines);
    if (copy == NULL) {
        pages->err = err != BASE_OK ? err : BASE_ENOMEM;
        return;
    }
    char *rest = copy;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        need(pages, LINE);
        result_cairo_place(pages->cairo, 0, 0);
        result_canvas_pen_text(pages->canvas, role, pen, RESULT_ANCHOR_START);
        result_canvas_text(pages->canvas, x, pages->y + 11, line);
        pages->y += LINE;
    }
    free(copy);
}

static void put_paragraph(struct pages *pages, enum result_role role, const char *text)
{
    if (text != NULL && *text != '\0')
        put_text(pages, MARGIN, INNER, role, RESULT_PEN_TEXT, text);
}

static void put_heading(struct pages *pages, const char *text, double below)
{
    need(pages, 30 + below);
    pages->y += 12;
    put_text(pages, MARGIN, INNER, RESULT_ROLE_INK, RESULT_PEN_TITLE, text);
    pages->y += 3;
}

/* --- a run --------------------------------------------------------------------------------- */

static void put_pairs(struct pages *pages, const char *title, const struct result_pairs *pairs)
{
    struct base_buf text = { 0 };
    base_err err = base_buf_printf(&text, "%s: ", title);
    for (size_t i = 0; err == BASE_OK && i < pairs->count; i++)
        err = base_buf_printf(&text, "%s%s %s", i > 0 ? "; " : "", pairs->items[i].name,
                              pairs->items[i].value);
    if (err == BASE_OK && base_buf_text(&text) != NULL && pairs->count > 0)
        put_paragraph(pages, RESULT_ROLE_MUTED, base_buf_text(&text));
    pages->err = pages->err != BASE_OK ? pages->err : err;
    base_buf_done(&text);
}

static void put_head(struct pages *pages, const struct result_run *run, const char *title)
{
    struct base_buf text = { 0 };
    put_text(pages, MARGIN, INNER, RESULT_ROLE_INK, RESULT_PEN_TITLE, title);
    if (title != run->command)
        put_paragraph(pages, RESULT_ROLE_INK, run->command);
    const base_err err = base_buf_printf(&text, "run %s, %s, %s, %zu cases", run->id, run->state,
                                         run->started, run->case_count);
    if (err == BASE_OK)
        put_paragraph(pages, RESULT_ROLE_MUTED, base_buf_text(&text));
    base_buf_done(&text);
    pages->err = pages->err != BASE_OK ? pages->err : err;
    for (size_t i = 0; i < run->case_count; i++)
        if (!result_report_is_ok(&run->cases[i])) {
            put_text(pages, MARGIN, INNER, RESULT_ROLE_BAD, RESULT_PEN_STRONG,
                     run->cases[i].status);
            put_text(pages, MARGIN + 12, INNER - 12, RESULT_ROLE_INK, RESULT_PEN_TEXT,
                     run->cases[i].id);
            put_text(pages, MARGIN + 12, INNER - 12, RESULT_ROLE_MUTED, RESULT_PEN_TEXT,
                     run->cases[i].why != NULL ? run->cases[i].why : "no reason was given");
        }
}

static void put_overview(struct pages *pages, const struct result_run *run)
{
    for (size_t first = 0; first < run->case_count && pages->err == BASE_OK;
         first += OVERVIEW_ROWS) {
        struct result_run part = *run;
        part.cases += first;
        part.case_count =
            run->case_count - first < OVERVIEW_ROWS ? run->case_count - first : OVERVIEW_ROWS;
        need(pages, 19.0 * (double)part.case_count + 80);
        result_cairo_place(pages->cairo, MARGIN, pages->y + 8);
        const base_err err = result_figure_overview(pages->canvas, &part, INNER);
        if (err == BASE_ENOTFOUND)
            continue;
        pages->err = pages->err != BASE_OK ? pages->err : err;
        double width = 0, height = 0;
        result_cairo_size(pages->cairo, &width, &height);
        pages->y += height + 14;
        if (first + OVERVIEW_ROWS >= run->case_count)
            put_paragraph(pages, RESULT_ROLE_MUTED,
                          "dot: typical time of an item with its interval; box: the middle half of "
                          "the batches, line: 5 % to 95 %; logarithmic axis; peers in grey");
    }
}

static enum result_role role_of(enum result_state state)
{
    static const enum result_role roles[RESULT_STATE_COUNT] = {
        [RESULT_STATE_PROVEN] = RESULT_ROLE_GOOD,
        [RESULT_STATE_REFUTED] = RESULT_ROLE_BAD,
        [RESULT_STATE_UNDECIDED] = RESULT_ROLE_WARN,
        [RESULT_STATE_NOT_RUN] = RESULT_ROLE_MUTED,
    };
    return roles[state];
}

static void put_claims(struct pages *pages, const struct result_run *run)
{
    const struct result_ledger ledger = result_ledger_of(run);
    if (ledger.total == 0)
        return;
    char title[120];
    snprintf(title, sizeof title, "Claims: %zu proven, %zu refuted, %zu undecided, %zu not run",
             ledger.counts[RESULT_STATE_PROVEN], ledger.counts[RESULT_STATE_REFUTED],
             ledger.counts[RESULT_STATE_UNDECIDED], ledger.counts[RESULT_STATE_NOT_RUN]);
    put_heading(pages, title, 3 * LINE);
    for (size_t i = 0; i < run->verdict_count; i++) {
        const struct result_verdict *verdict = &run->verdicts[i];
        const enum result_state state = result_state_of(verdict->state);
        if (state == RESULT_STATE_NOT_RUN)
            continue;
        need(pages, 3 * LINE);
        const double top = pages->y;
        put_text(pages, MARGIN, 80, role_of(state), RESULT_PEN_STRONG, result_state_text(state));
        pages->y = top;
        put_text(pages, MARGIN + 80, INNER - 80, RESULT_ROLE_INK, RESULT_PEN_TEXT,
                 verdict->sentence);
        put_text(pages, MARGIN + 80, INNER - 80, RESULT_ROLE_MUTED, RESULT_PEN_TEXT,
                 verdict->why != NULL ? verdict->why : "");
    }
}

struct numbers {
    struct pages *pages;
    double x, width;
};

static void put_number_line(void *context, const char *label, const char *text)
{
    struct numbers *numbers = context;
    struct base_buf line = { 0 };
    const base_err err = base_buf_printf(&line, "%s: %s", label, text);
    if (err == BASE_OK)
        put_text(numbers->pages, numbers->x, numbers->width, RESULT_ROLE_INK, RESULT_PEN_TEXT,
                 base_buf_text(&line));
    numbers->pages->err = numbers->pages->err != BASE_OK ? numbers->pages->err : err;
    base_buf_done(&line);
}

typedef base_err figure_fn(struct result_canvas *canvas, const struct result_case *one);

enum { CASE_ROW = RESULT_FIGURE_HEIGHT + 2 * LINE + 4 };

/* A figure in the left or the right half, its note beneath; false when it lacks data. */
static bool put_figure(struct pages *pages, figure_fn *figure, const struct result_case *one,
                       double x, double top)
{
    result_cairo_place(pages->cairo, x, top);
    const base_err err = figure(pages->canvas, one);
    if (err != BASE_OK && err != BASE_ENOTFOUND)
        pages->err = err;
    if (err != BASE_OK)
        return false;
    const double y = pages->y;
    pages->y = top + RESULT_FIGURE_HEIGHT - 4;
    put_text(pages, x, RESULT_FIGURE_WIDTH - 10, RESULT_ROLE_MUTED, RESULT_PEN_TEXT,
             result_cairo_note(pages->cairo));
    pages->y = y;
    return true;
}

/* Figures two in a row from the left; those without data leave no gap. The numbers stand beside the
 * last one when it is alone in its row. */
static void put_case(struct pages *pages, const struct result_case *one)
{
    static figure_fn *const figures[] = { result_figure_density, result_figure_percentiles,
                                          result_figure_slope };
    size_t drawn = 0;
    put_heading(pages, one->id, 2 * CASE_ROW);
    result_cairo_outline(pages->cairo, one->id);
    const double top = pages->y;
    for (size_t i = 0; i < sizeof figures / sizeof figures[0] && pages->err == BASE_OK; i++)
        drawn +=
            put_figure(pages, figures[i], one, MARGIN + (double)(drawn % 2) * RESULT_FIGURE_WIDTH,
                       top + (double)(drawn / 2) * CASE_ROW);
    const bool is_beside = drawn % 2 == 1;
    struct numbers numbers = { pages, is_beside ? MARGIN + RESULT_FIGURE_WIDTH + 10 : MARGIN,
                               is_beside ? RESULT_FIGURE_WIDTH - 10 : INNER };
    pages->y = top + (double)(drawn / 2) * CASE_ROW;
    const double row = pages->y;
    const base_err err = result_report_details_each(one, put_number_line, &numbers);
    pages->err = pages->err != BASE_OK ? pages->err : err;
    if (is_beside && pages->y >= row && pages->y < row + CASE_ROW)
        pages->y = row + CASE_ROW;
}

static void put_trends(struct pages *pages, const struct result_report_options *options)
{
    if (options->trend_count > 0)
        put_heading(pages, "Histories", 280);
    for (size_t i = 0; i < options->trend_count && pages->err == BASE_OK; i++) {
        need(pages, 280);
        put_paragraph(pages, RESULT_ROLE_INK, options->trends[i].case_id);
        result_cairo_place(pages->cairo, MARGIN, pages->y);
        const base_err err =
            result_figure_history(pages->canvas, &options->trends[i], RESULT_FIGURE_HISTORY_WIDTH);
        if (err == BASE_ENOTFOUND)
            continue;
        pages->err = pages->err != BASE_OK ? pages->err : err;
        pages->y += 230;
        put_paragraph(pages, RESULT_ROLE_MUTED, result_cairo_note(pages->cairo));
    }
}

static base_err finish(struct pages *pages, base_err err, struct base_buf *out, size_t before)
{
    put_number(pages);
    if (err == BASE_OK)
        err = pages->err;
    if (err != BASE_OK)
        result_cairo_free(pages->cairo);
    else
        err = result_cairo_finish(pages->cairo);
    if (err != BASE_OK)
        out->size = before;
    return err;
}

static base_err begin(struct pages *pages, const char *title, struct base_buf *out)
{
    *pages = (struct pages){ .y = MARGIN, .number = 1 };
    const base_err err = result_cairo_new("pdf", PAGE_WIDTH, PAGE_HEIGHT, out, &pages->cairo);
    if (err != BASE_OK)
        return err;
    pages->canvas = result_cairo_canvas(pages->cairo);
    result_cairo_meta(pages->cairo, title, "bpi-perf");
    return BASE_OK;
}

/* --- a comparison -------------------------------------------------------------------------- */

static void put_forest(struct pages *pages, const struct result_comparison *all)
{
    for (size_t first = 0; first < all->count && pages->err == BASE_OK; first += FOREST_ROWS) {
        struct result_comparison part = *all;
        part.items += first;
        part.count = all->count - first < FOREST_ROWS ? all->count - first : FOREST_ROWS;
        need(pages, 24.0 * (double)part.count + 90);
        result_cairo_place(pages->cairo, MARGIN, pages->y + 8);
        const base_err err = result_figure_forest(pages->canvas, &part, INNER);
        pages->err = pages->err != BASE_OK ? pages->err : err;
        double width = 0, height = 0;
        result_cairo_size(pages->cairo, &width, &height);
        pages->y += height + 14;
    }
}

static void put_comparison(struct pages *pages, const struct result_comparison *all)
{
    char method[RESULT_METHOD_SIZE];
    put_paragraph(pages, RESULT_ROLE_MUTED, "baseline");
    put_paragraph(pages, RESULT_ROLE_INK, all->baseline_name);
    put_paragraph(pages, RESULT_ROLE_MUTED, "current");
    put_paragraph(pages, RESULT_ROLE_INK, all->current_name);
    for (size_t i = 0; i < all->caveat_count; i++)
        put_paragraph(pages, RESULT_ROLE_WARN, all->caveats[i]);
    put_forest(pages, all);
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].why == NULL)
            continue;
        put_paragraph(pages, RESULT_ROLE_INK, all->items[i].id);
        put_text(pages, MARGIN + 12, INNER - 12, RESULT_ROLE_MUTED, RESULT_PEN_TEXT,
                 all->items[i].why);
    }
    result_compare_method(all, method, sizeof method);
    pages->y += 6;
    put_paragraph(pages, RESULT_ROLE_MUTED, method);
}

/* --- a front -------------------------------------------------------------------------------- */

static void put_line(struct pages *pages, const struct result_front_table *table,
                     const struct result_front_cell *cells, bool is_note)
{
    const double each =
        table->column_count > 1 ? (INNER - NAME_WIDTH) / (double)(table->column_count - 1) : 0;
    result_cairo_place(pages->cairo, 0, 0);
    for (size_t k = 0; k < table->column_count; k++) {
        const char *text = is_note ? cells[k].note : cells[k].text;
        const double x = MARGIN + (k > 0 ? NAME_WIDTH + (double)(k - 1) * each : 0);
        if (text == NULL)
            continue;
        result_canvas_pen_text(pages->canvas,
                               is_note || k == 0 ? RESULT_ROLE_MUTED : RESULT_ROLE_INK,
                               RESULT_PEN_TEXT, RESULT_ANCHOR_START);
        result_canvas_text_cut(pages->canvas, x, pages->y + 11, (k > 0 ? each : NAME_WIDTH) - 4,
                               text);
    }
    pages->y += LINE;
}

static void put_rule(struct pages *pages)
{
    result_cairo_place(pages->cairo, 0, 0);
    result_canvas_pen(pages->canvas, RESULT_ROLE_GRID, RESULT_PEN_HAIR);
    result_canvas_segment(pages->canvas, MARGIN, pages->y + 1, MARGIN + INNER, pages->y + 1);
    pages->y += 2;
}

static void put_titles(struct pages *pages, const struct result_front_table *table)
{
    struct result_front_cell cells[RESULT_FRONT_COLUMN_MAX] = { 0 };
    if (!result_front_has_heads(table))
        return;
    for (size_t k = 0; k < table->column_count; k++)
        cells[k].text = table->columns[k];
    put_line(pages, table, cells, false);
    put_rule(pages);
}

/* Titles again where a page begins within the table. */
static void put_table(struct pages *pages, const struct result_front_table *table)
{
    if (table->row_count == 0)
        return;
    if (table->title != NULL)
        put_heading(pages, table->title, 4 * LINE);
    put_titles(pages, table);
    for (size_t i = 0; i < table->row_count && pages->err == BASE_OK; i++) {
        const struct result_front_cell *cells = table->cells + i * table->column_count;
        const size_t page = pages->number;
        bool has_note = false;
        for (size_t k = 0; k < table->column_count; k++)
            has_note = has_note || cells[k].note != NULL;
        need(pages, (has_note ? 2 : 1) * LINE + 2);
        if (pages->number != page)
            put_titles(pages, table);
        put_line(pages, table, cells, false);
        if (has_note)
            put_line(pages, table, cells, true);
        put_rule(pages);
    }
    put_paragraph(pages, RESULT_ROLE_MUTED, table->caption);
}

/* In the left or the right half; where it ends. */
static double put_front_figure(struct pages *pages, const struct result_front_figure *figure,
                               double x, double top)
{
    double width = 0, height = 0;
    pages->y = top;
    put_text(pages, x, RESULT_FIGURE_WIDTH - 10, RESULT_ROLE_INK, RESULT_PEN_STRONG, figure->name);
    result_cairo_place(pages->cairo, x, pages->y + 4);
    const base_err err = result_figure_front(pages->canvas, figure);
    if (err != BASE_OK && err != BASE_ENOTFOUND)
        pages->err = err;
    if (err == BASE_OK)
        result_cairo_size(pages->cairo, &width, &height);
    pages->y += 4 + height;
    put_text(pages, x, RESULT_FIGURE_WIDTH - 20, RESULT_ROLE_MUTED, RESULT_PEN_TEXT,
             err == BASE_OK ? figure->note : "nothing was measured of it");
    return pages->y;
}

static void put_front_figures(struct pages *pages, const struct result_front *front)
{
    if (front->figure_count > 0)
        put_heading(pages, "Figures", FRONT_FIGURE);
    for (size_t i = 0; i < front->figure_count && pages->err == BASE_OK; i += 2) {
        need(pages, FRONT_FIGURE);
        const double top = pages->y;
        double end = put_front_figure(pages, &front->figures[i], MARGIN, top);
        if (i + 1 < front->figure_count)
            end = fmax(end, put_front_figure(pages, &front->figures[i + 1],
                                             MARGIN + RESULT_FIGURE_WIDTH, top));
        pages->y = end + 8;
    }
}

/* --- documents ----------------------------------------------------------------------------- */

base_err result_report_pdf(const struct result_run *run,
                           const struct result_report_options *options, struct base_buf *out)
{
    struct pages pages;
    const size_t before = out->size;
    const struct result_front *front = options->front;
    const char *title = front != NULL ? front->title : run->command;
    const base_err err = begin(&pages, title, out);
    if (err != BASE_OK)
        return err;
    put_head(&pages, run, title);
    for (size_t i = 0; front != NULL && i < front->table_count; i++)
        put_table(&pages, &front->tables[i]);
    if (front == NULL)
        put_overview(&pages, run);
    if (options->comparison != NULL) {
        put_heading(&pages, "Comparison", 120);
        put_comparison(&pages, options->comparison);
    }
    put_claims(&pages, run);
    if (front != NULL) {
        put_front_figures(&pages, front);
        put_heading(&pages, front->cases, 2 * CASE_ROW);
    }
    for (size_t i = 0; i < run->case_count && pages.err == BASE_OK; i++)
        if (result_report_is_ok(&run->cases[i]))
            put_case(&pages, &run->cases[i]);
    put_trends(&pages, options);
    put_heading(&pages, "Machine and settings", 6 * LINE);
    put_pairs(&pages, "host", &run->host);
    put_pairs(&pages, "build", &run->build);
    put_pairs(&pages, "settings", &run->config);
    return finish(&pages, BASE_OK, out, before);
}

base_err result_compare_pdf(const struct result_comparison *all, const struct result_page *page,
                            struct base_buf *out)
{
    struct pages pages;
    const size_t before = out->size;
    (void)page;
    const base_err err = begin(&pages, "Comparison", out);
    if (err != BASE_OK)
        return err;
    put_text(&pages, MARGIN, INNER, RESULT_ROLE_INK, RESULT_PEN_TITLE, "Comparison");
    put_comparison(&pages, all);
    return finish(&pages, BASE_OK, out, before);
}
