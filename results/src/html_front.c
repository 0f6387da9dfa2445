/* html_front.c - tables and figures that come before the cases. On narrow screens report.css puts a
 * row's name over its numbers. */
#include "html_page.h"

static void put_head(struct result_sink *sink, const struct result_front_table *table)
{
    result_sink_printf(sink, "<table class=\"front\">");
    if (table->caption != NULL) {
        result_sink_printf(sink, "<caption>");
        result_sink_html(sink, table->caption);
        result_sink_printf(sink, "</caption>");
    }
    if (!result_front_has_heads(table)) {
        result_sink_printf(sink, "<tbody>\n");
        return;
    }
    result_sink_printf(sink, "<thead><tr>");
    for (size_t k = 0; k < table->column_count; k++) {
        result_sink_printf(sink, "<th scope=\"col\">");
        result_sink_html(sink, table->columns[k]);
        result_sink_printf(sink, "</th>");
    }
    result_sink_printf(sink, "</tr></thead><tbody>\n");
}

static void put_row(struct result_sink *sink, const struct result_front_cell *cells, size_t count)
{
    result_sink_printf(sink, "<tr><th scope=\"row\">");
    result_sink_html(sink, cells[0].text);
    result_sink_printf(sink, "</th>");
    for (size_t k = 1; k < count; k++) {
        result_sink_printf(sink, "<td>");
        result_sink_html(sink, cells[k].text);
        if (cells[k].note != NULL) {
            result_sink_printf(sink, " <small>");
            result_sink_html(sink, cells[k].note);
            result_sink_printf(sink, "</small>");
        }
        result_sink_printf(sink, "</td>");
    }
    result_sink_printf(sink, "</tr>\n");
}

void result_html_front_tables(struct result_sink *sink, const struct result_front *front)
{
    result_sink_printf(sink, "<section id=\"front\">\n");
    for (size_t i = 0; i < front->table_count; i++) {
        const struct result_front_table *table = &front->tables[i];
        if (table->row_count == 0)
            continue;
        if (table->title != NULL) {
            result_sink_printf(sink, "<h2>");
            result_sink_html(sink, table->title);
            result_sink_printf(sink, "</h2>\n");
        }
        put_head(sink, table);
        for (size_t r = 0; r < table->row_count; r++)
            put_row(sink, table->cells + r * table->column_count, table->column_count);
        result_sink_printf(sink, "</tbody></table>\n");
    }
    result_sink_printf(sink, "</section>\n");
}

void result_html_front_figures(struct result_sink *sink, const struct result_front *front)
{
    if (front->figure_count == 0)
        return;
    result_sink_printf(sink, "<section id=\"figures\"><h2>Figures</h2>\n<div class=\"figures\">\n");
    for (size_t i = 0; sink->err == BASE_OK && i < front->figure_count; i++) {
        struct result_svg svg;
        result_sink_printf(sink, "<div><h3>");
        result_sink_html(sink, front->figures[i].name);
        result_sink_printf(sink, "</h3>\n");
        if (sink->err != BASE_OK)
            return;
        result_svg_init(&svg, sink->out, true);
        svg.canvas.detail = 1;
        const base_err err = result_figure_front(&svg.canvas, &front->figures[i]);
        result_html_figure_end(sink, err);
        result_sink_printf(
            sink, "%s</div>\n",
            err == BASE_ENOTFOUND ? "<p class=\"note\">Nothing was measured of it.</p>" : "");
    }
    result_sink_printf(sink, "</div></section>\n");
}
