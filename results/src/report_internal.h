/* report_internal.h - what the formats share: the order of cases, a row's texts, numbers. */
#ifndef RESULT_REPORT_INTERNAL_H
#define RESULT_REPORT_INTERNAL_H

#include <result/report.h>
#include <result/table.h>

#include "sink_internal.h"

enum { RESULT_SHORT_SIZE = 64, RESULT_NUMBER_SIZE = 32 };

/* Half the interval's width as a share of the value, the larger half; NaN without an interval. */
double result_report_half_share(const struct result_estimate *estimate);

/* "1.203 us [1.190 us, 1.215 us]", "1.203 us, no interval", "-". out [3 * RESULT_SHORT_SIZE] */
const char *result_report_estimate(const struct result_estimate *estimate, char *out);

/* The shortest decimal that reads back as the same double; "" for NaN, "inf". */
const char *result_report_number(double value, char out[RESULT_NUMBER_SIZE]);

/* Per second: bytes where an item has bytes, else parts, else items; "" at the floor. */
const char *result_report_throughput(const struct result_case *one, char out[RESULT_SHORT_SIZE]);

bool result_report_is_ok(const struct result_case *one);
bool result_report_has_ok(const struct result_run *run); /* any case */
uint64_t result_report_batches(const struct result_case *one);

/* Is `peer` a baseline for `one`: peer_of names it, and no argument that both have differs? */
bool result_report_is_peer(const struct result_case *peer, const struct result_case *one);

/* Is cases[index] the first of its suite? The first with its `interval` words? */
bool result_report_is_suite_start(const struct result_run *run, size_t index);
bool result_report_is_new_interval(const struct result_run *run, size_t index);
bool result_report_is_of_suite(const struct result_case *one, const char *suite);

/* What the columns mean, note by note: "" where it does not apply to this run, NULL past the last.
 */
const char *result_report_note(const struct result_run *run, size_t index);

/* The columns of a case's row, and the texts in them; "" where there is nothing to say. */
enum result_report_column {
    RESULT_REPORT_CASE,
    RESULT_REPORT_TIME,
    RESULT_REPORT_TIME_HALF,
    RESULT_REPORT_REFERENCE,
    RESULT_REPORT_REFERENCE_HALF,
    RESULT_REPORT_RATIO,
    RESULT_REPORT_NOTE,
    RESULT_REPORT_THROUGHPUT,
    RESULT_REPORT_SPREAD,
    RESULT_REPORT_OUTLIERS,
    RESULT_REPORT_COLUMN_COUNT
};

struct result_report_row {
    char texts[RESULT_REPORT_COLUMN_COUNT][RESULT_SHORT_SIZE]; /* RESULT_REPORT_CASE stays empty */
};

extern const struct result_column result_report_columns[RESULT_REPORT_COLUMN_COUNT];

/*   host   the case that this one is a baseline for; NULL: none */
void result_report_row_fill(struct result_report_row *row, const struct result_case *one,
                            const struct result_case *host);

/* Is the case a baseline of another one in the run? */
bool result_report_has_host(const struct result_run *run, const struct result_case *peer);

/* "encode:entries=100" without its suite; a peer without what it shares with its host. It points
 * into the id. */
const char *result_report_label(const struct result_case *one, const struct result_case *host);

/* The table of one suite; peers stand beneath each case that they are a baseline for. The caller
 * releases it. Errors: ENOMEM */
BASE_MUST_USE base_err result_report_table(const struct result_run *run, const char *suite,
                                           struct result_table *table);

/* The numbers of one case as labels and texts, in the order they are shown. */
typedef void result_report_detail_put(void *context, const char *label, const char *text);
BASE_MUST_USE base_err result_report_details_each(const struct result_case *one,
                                                  result_report_detail_put *put, void *context);

/* All numbers of one case, for the text format's is_verbose, with a histogram of its samples. */
BASE_MUST_USE base_err result_report_details(const struct result_case *one,
                                             const struct result_page *page, struct base_buf *out);

#endif
