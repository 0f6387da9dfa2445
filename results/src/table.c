/* table.c - rows in a list; widths are measured when the table is written, so that adding a row is
 * cheap and one table serves every page width. */
#include <result/table.h>

#include "json_internal.h"

#include <assert.h>
#include <string.h>

struct result_row {
    struct result_row *next;
    struct result_cell cells[];
};

enum { GAP = 2 }; /* blanks between columns */

void result_table_init(struct result_table *table, const struct result_column *columns,
                       size_t column_count, size_t indent)
{
    assert(column_count >= 1 && column_count <= RESULT_COLUMN_MAX);
    *table =
        (struct result_table){ .columns = columns, .column_count = column_count, .indent = indent };
}

void result_table_done(struct result_table *table)
{
    base_arena_done(&table->arena);
    *table = (struct result_table){ 0 };
}

base_err result_table_add(struct result_table *table, const struct result_cell *cells)
{
    struct result_row *row =
        base_arena_alloc(&table->arena, sizeof *row + table->column_count * sizeof row->cells[0]);
    if (row == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < table->column_count; i++) {
        const char *text = cells[i].text != NULL ? cells[i].text : "";
        row->cells[i].style = cells[i].style;
        row->cells[i].text = base_arena_text(&table->arena, text);
        if (row->cells[i].text == NULL)
            return BASE_ENOMEM;
    }
    if (table->last != NULL)
        table->last->next = row;
    else
        table->first = row;
    table->last = row;
    return BASE_OK;
}

/* The width of each column; 0 means left out. */
struct layout {
    size_t widths[RESULT_COLUMN_MAX];
};

static size_t total_width(const struct result_table *table, const struct layout *layout)
{
    size_t total = 0, shown = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        total += layout->widths[i];
        shown += layout->widths[i] > 0;
    }
    return table->indent + total + (shown > 0 ? (shown - 1) * GAP : 0);
}

static struct layout natural_layout(const struct result_table *table)
{
    struct layout layout = { { 0 } };
    for (size_t i = 0; i < table->column_count; i++) {
        for (const struct result_row *row = table->first; row != NULL; row = row->next) {
            const size_t width = result_text_width(row->cells[i].text);
            layout.widths[i] = width > layout.widths[i] ? width : layout.widths[i];
        }
        const size_t title = result_text_width(table->columns[i].title);
        if (layout.widths[i] > 0 && layout.widths[i] < title)
            layout.widths[i] = title;
    }
    return layout;
}

/* Cut the columns that may be cut, widest first, by what is too much. */
static void shrink(const struct result_table *table, size_t page_width, struct layout *layout)
{
    for (;;) {
        if (total_width(table, layout) <= page_width)
            return;
        size_t best = table->column_count;
        for (size_t i = 0; i < table->column_count; i++) {
            const size_t least = table->columns[i].width_least;
            if (least > 0 && layout->widths[i] > least &&
                (best == table->column_count || layout->widths[i] > layout->widths[best]))
                best = i;
        }
        if (best == table->column_count)
            return;
        layout->widths[best]--;
    }
}

static size_t least_important(const struct result_table *table, const struct layout *layout)
{
    size_t best = table->column_count;
    for (size_t i = 0; i < table->column_count; i++)
        if (layout->widths[i] > 0 && table->columns[i].drop > 0 &&
            (best == table->column_count || table->columns[i].drop > table->columns[best].drop))
            best = i;
    return best;
}

static struct layout layout_of(const struct result_table *table, size_t page_width)
{
    struct layout full = natural_layout(table);
    for (;;) {
        struct layout layout = full;
        if (page_width == 0)
            return layout;
        shrink(table, page_width, &layout);
        const size_t drop = least_important(table, &full);
        if (total_width(table, &layout) <= page_width || drop == table->column_count)
            return layout;
        full.widths[drop] = 0;
    }
}

static bool is_last(const struct result_table *table, const struct layout *layout,
                    const struct result_row *row, size_t column)
{
    for (size_t i = column + 1; i < table->column_count; i++)
        if (layout->widths[i] > 0 && (row == NULL || row->cells[i].text[0] != '\0'))
            return false;
    return true;
}

static void put_cell(struct result_sink *sink, const struct result_page *page,
                     struct result_cell cell, enum result_align align, size_t width, bool is_end)
{
    const size_t natural = result_text_width(cell.text);
    const size_t shown = natural < width ? natural : width;
    const int blanks = (int)(width - shown);
    if (align == RESULT_RIGHT)
        result_sink_printf(sink, "%*s", blanks, "");
    result_sink_printf(sink, "%s", result_style_begin(page, cell.style));
    if (sink->err == BASE_OK)
        sink->err = result_text_put_cut(sink->out, cell.text, width);
    result_sink_printf(sink, "%s", result_style_end(page, cell.style));
    if (align == RESULT_LEFT && !is_end)
        result_sink_printf(sink, "%*s", blanks, "");
}

/* One line; row NULL is the line of titles. */
static void put_line(struct result_sink *sink, const struct result_table *table,
                     const struct result_page *page, const struct layout *layout,
                     const struct result_row *row)
{
    result_sink_printf(sink, "%*s", (int)table->indent, "");
    for (size_t i = 0, shown = 0; i < table->column_count; i++) {
        if (layout->widths[i] == 0)
            continue;
        const struct result_cell title = { table->columns[i].title, RESULT_DIM };
        const bool is_end = is_last(table, layout, row, i);
        if (shown++ > 0)
            result_sink_printf(sink, "%*s", GAP, "");
        put_cell(sink, page, row == NULL ? title : row->cells[i], table->columns[i].align,
                 layout->widths[i], is_end);
        if (is_end)
            break;
    }
    result_sink_printf(sink, "\n");
}

base_err result_table_write(const struct result_table *table, const struct result_page *page,
                            struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    if (table->first == NULL)
        return BASE_OK;
    const struct layout layout = layout_of(table, page->width);
    put_line(&sink, table, page, &layout, NULL);
    for (const struct result_row *row = table->first; row != NULL; row = row->next)
        put_line(&sink, table, page, &layout, row);
    return sink.err;
}

static const char *machine_title(const struct result_column *column)
{
    return column->title_in != NULL ? column->title_in : column->title;
}

base_err result_table_write_markdown(const struct result_table *table, struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    for (size_t i = 0; i < table->column_count; i++) {
        result_sink_printf(&sink, "| ");
        result_sink_markdown(&sink, table->columns[i].title);
        result_sink_printf(&sink, " ");
    }
    result_sink_printf(&sink, "|\n");
    for (size_t i = 0; i < table->column_count; i++)
        result_sink_printf(&sink, "%s",
                           table->columns[i].align == RESULT_RIGHT ? "|---:" : "|:---");
    result_sink_printf(&sink, "|\n");
    for (const struct result_row *row = table->first; row != NULL; row = row->next) {
        for (size_t i = 0; i < table->column_count; i++) {
            result_sink_printf(&sink, "| ");
            result_sink_markdown(&sink, row->cells[i].text);
            result_sink_printf(&sink, "%s", row->cells[i].text[0] != '\0' ? " " : "");
        }
        result_sink_printf(&sink, "|\n");
    }
    return sink.err;
}

base_err result_table_write_csv(const struct result_table *table, struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    for (size_t i = 0; i < table->column_count; i++) {
        result_sink_printf(&sink, "%s", i > 0 ? "," : "");
        result_sink_csv(&sink, machine_title(&table->columns[i]));
    }
    result_sink_printf(&sink, "\r\n");
    for (const struct result_row *row = table->first; row != NULL; row = row->next) {
        for (size_t i = 0; i < table->column_count; i++) {
            result_sink_printf(&sink, "%s", i > 0 ? "," : "");
            result_sink_csv(&sink, row->cells[i].text);
        }
        result_sink_printf(&sink, "\r\n");
    }
    return sink.err;
}

static bool fill_json(json_t *list, const struct result_table *table)
{
    for (const struct result_row *row = table->first; row != NULL; row = row->next) {
        json_t *object = json_object();
        if (json_array_append_new(list, object) != 0)
            return false;
        for (size_t i = 0; i < table->column_count; i++) {
            const char *text = row->cells[i].text;
            json_t *value = text[0] != '\0' ? result_json_text(text) : json_null();
            if (json_object_set_new(object, machine_title(&table->columns[i]), value) != 0)
                return false;
        }
    }
    return true;
}

base_err result_table_write_json(const struct result_table *table, struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    json_t *list = json_array();
    if (list == NULL || !fill_json(list, table))
        sink.err = BASE_ENOMEM;
    result_json_dump(&sink, list, JSON_INDENT(2));
    json_decref(list);
    return sink.err;
}
