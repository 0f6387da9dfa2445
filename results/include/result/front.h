/* front.h - what a report says before it comes to the cases: tables and figures of what the run was
 * about, made by somebody who knows. Every format draws them alike: tables, then the ledger of
 * claims, then figures, then the cases as in any report.
 *
 * Ownership every pointer is the maker's and outlives the report
 * Threads   no shared state
 */
#ifndef RESULT_FRONT_H
#define RESULT_FRONT_H

#include <result/run.h>
#include <result/text.h>

#include <stdbool.h>

struct result_front_cell {
    const char *text; /* NULL: empty */
    const char *note; /* "± 0.2 ms": smaller, behind or beneath it; NULL: none */
};

enum { RESULT_FRONT_COLUMN_MAX = 9 }; /* more do not fit onto paper */

struct result_front_table {
    const char *title;                     /* NULL: it belongs to the one before */
    const char *caption;                   /* how to read it; NULL: that is clear */
    const char *const *columns;            /* [column_count] the first is above the rows' names */
    size_t column_count;                   /* 1 .. RESULT_FRONT_COLUMN_MAX */
    const struct result_front_cell *cells; /* [row_count * column_count] */
    size_t row_count;
};

/* Curves: the times of cases by percentile, on a logarithmic axis. Bars: numbers from 0 on. */
enum result_front_kind { RESULT_FRONT_CURVES, RESULT_FRONT_BARS };

struct result_front_mark {
    const char *label;
    const struct result_case *one; /* of a curve */
    struct result_estimate value;  /* of a bar; NaN: none */
    const char *text;              /* the value as it is shown */
};

enum { RESULT_FRONT_MARK_MAX = 8 };

struct result_front_figure {
    enum result_front_kind kind;
    const char *name; /* "latency, production" */
    const char *axis; /* of curves: what the times are of; of bars NULL */
    const char *note; /* how to read it */
    struct result_front_mark marks[RESULT_FRONT_MARK_MAX];
    size_t mark_count;
};

struct result_front {
    const char *title; /* of the report, in place of the command */
    const char *cases; /* heading over the cases */
    const struct result_front_table *tables;
    size_t table_count;
    const struct result_front_figure *figures;
    size_t figure_count;
};

/* Is there a column with a head? */
bool result_front_has_heads(const struct result_front_table *table);

/* A table with its title for a terminal (nothing when it has no rows), and for Markdown ("## "
 * before the title). Errors: ENOMEM */
BASE_MUST_USE base_err result_front_text(const struct result_front_table *table,
                                         const struct result_page *page, struct base_buf *out);
BASE_MUST_USE base_err result_front_markdown(const struct result_front_table *table,
                                             struct base_buf *out);

#endif
