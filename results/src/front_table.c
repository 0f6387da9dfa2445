/* front_table.c - the tables of a report's front as text: a cell and its note in one. */
#include "sink_internal.h"

#include <result/front.h>
#include <result/table.h>

#include <assert.h>

bool result_front_has_heads(const struct result_front_table *table)
{
    for (size_t k = 0; k < table->column_count; k++)
        if (table->columns[k][0] != '\0')
            return true;
    return false;
}

static base_err fill(struct result_table *table, const struct result_front_table *from)
{
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < from->row_count; i++) {
        struct result_cell cells[RESULT_FRONT_COLUMN_MAX];
        for (size_t k = 0; k < from->column_count; k++) {
            const struct result_front_cell *cell = &from->cells[i * from->column_count + k];
            cells[k] = (struct result_cell){ .text = cell->text };
            if (cell->note != NULL)
                cells[k].text = base_arena_printf(&table->arena, "%s %s", cell->text, cell->note);
            if (cell->note != NULL && cells[k].text == NULL)
                return BASE_ENOMEM;
        }
        err = result_table_add(table, cells);
    }
    return err;
}

static base_err make(const struct result_front_table *from, struct result_column *columns,
                     struct result_table *table)
{
    assert(from->column_count >= 1 && from->column_count <= RESULT_FRONT_COLUMN_MAX);
    for (size_t k = 0; k < from->column_count; k++)
        columns[k] = (struct result_column){ .title = from->columns[k],
                                             .align = k > 0 ? RESULT_RIGHT : RESULT_LEFT };
    result_table_init(table, columns, from->column_count, 2);
    return fill(table, from);
}

base_err result_front_text(const struct result_front_table *table, const struct result_page *page,
                           struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    struct result_column columns[RESULT_FRONT_COLUMN_MAX];
    struct result_table text;
    if (table->row_count == 0)
        return BASE_OK;
    sink.err = make(table, columns, &text);
    result_sink_printf(&sink, "\n");
    if (table->title != NULL) {
        result_sink_printf(&sink, "%s", result_style_begin(page, RESULT_BOLD));
        result_sink_wrapped(&sink, table->title, page->width, 0, 2);
        result_sink_printf(&sink, "%s\n", result_style_end(page, RESULT_BOLD));
    }
    if (sink.err == BASE_OK)
        sink.err = result_table_write(&text, page, out);
    if (table->caption != NULL) {
        result_sink_printf(&sink, "  %s", result_style_begin(page, RESULT_DIM));
        result_sink_wrapped(&sink, table->caption, page->width, 2, 2);
        result_sink_printf(&sink, "%s\n", result_style_end(page, RESULT_DIM));
    }
    result_table_done(&text);
    return sink.err;
}

base_err result_front_markdown(const struct result_front_table *table, struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    struct result_column columns[RESULT_FRONT_COLUMN_MAX];
    struct result_table text;
    if (table->row_count == 0)
        return BASE_OK;
    sink.err = make(table, columns, &text);
    result_sink_printf(&sink, "\n");
    if (table->title != NULL) {
        result_sink_printf(&sink, "## ");
        result_sink_markdown(&sink, table->title);
        result_sink_printf(&sink, "\n\n");
    }
    if (sink.err == BASE_OK)
        sink.err = result_table_write_markdown(&text, out);
    if (table->caption != NULL) {
        result_sink_printf(&sink, "\n");
        result_sink_markdown(&sink, table->caption);
        result_sink_printf(&sink, "\n");
    }
    result_table_done(&text);
    return sink.err;
}
