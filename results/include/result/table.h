/* table.h - small aligned tables without boxes.
 *
 * Columns are aligned by what a terminal shows, not by bytes. On a page that is too narrow the
 * columns that may shrink are cut with an ellipsis, then the least important ones are left out.
 *
 * Ownership a table copies what it is given; result_table_done releases it
 * Threads   objects are not shared
 */
#ifndef RESULT_TABLE_H
#define RESULT_TABLE_H

#include <base/arena.h>
#include <result/text.h>

enum { RESULT_COLUMN_MAX = 24 };

enum result_align { RESULT_LEFT, RESULT_RIGHT };

struct result_column {
    const char *title; /* also the CSV header and the JSON name */
    enum result_align align;
    unsigned drop;        /* 0: always shown; the largest is left out first */
    size_t width_least;   /* may be cut down to so many cells; 0: never cut */
    const char *title_in; /* of machine formats, when it differs; else NULL */
};

struct result_cell {
    const char *text; /* NULL: empty */
    enum result_style style;
};

struct result_row;

struct result_table {
    struct base_arena arena;
    const struct result_column *columns; /* [column_count] the caller's, kept alive by it */
    size_t column_count;
    size_t indent;
    struct result_row *first, *last;
};

void result_table_init(struct result_table *table, const struct result_column *columns,
                       size_t column_count, size_t indent);
void result_table_done(struct result_table *table);

/* cells  [column_count]. Errors: ENOMEM */
BASE_MUST_USE base_err result_table_add(struct result_table *table,
                                        const struct result_cell *cells);

/* Text for a terminal: titles, rows, a line break after each, no trailing blanks. A column whose
 * cells are all empty is left out. A table without rows writes nothing. */
BASE_MUST_USE base_err result_table_write(const struct result_table *table,
                                          const struct result_page *page, struct base_buf *out);

/* The same table for others: GitHub Markdown; CSV (RFC 4180, CRLF); a JSON array of objects whose
 * values are the cells' texts, null where empty. Errors: ENOMEM */
BASE_MUST_USE base_err result_table_write_markdown(const struct result_table *table,
                                                   struct base_buf *out);
BASE_MUST_USE base_err result_table_write_csv(const struct result_table *table,
                                              struct base_buf *out);
BASE_MUST_USE base_err result_table_write_json(const struct result_table *table,
                                               struct base_buf *out);

#endif
