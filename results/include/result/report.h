/* report.h - a run as people and other programs read it.
 *
 * One table of formats; each writer takes a run and appends to a buffer. What was not measured is
 * left empty, what failed is said with its sentence, and nothing is computed here that is not a
 * plain function of the run's numbers.
 * Threads   no shared state
 */
#ifndef RESULT_REPORT_H
#define RESULT_REPORT_H

#include <result/claim.h>
#include <result/front.h>
#include <result/run.h>
#include <result/text.h>

struct result_figure_trend;
struct result_comparison;

/* Zeroed: an unlimited, colourless page, no details. Only the text format uses page. */
struct result_report_options {
    struct result_page page; /* from 60 cells on */
    bool is_detailed;        /* all numbers of each case, and a histogram of its samples */
    bool is_verbose;         /* that, and every fact of host, build and configuration */
    const struct result_figure_trend *trends; /* html, pdf: histories to show (figure.h) */
    size_t trend_count;
    const struct result_comparison *comparison; /* html, pdf: shown with the run; NULL: none */
    const struct result_front *front; /* text, markdown, html, pdf: before the cases; NULL: none */
};

struct result_format {
    const char *name;      /* "text" */
    const char *extension; /* "txt" */
    const char *doc;       /* one sentence, for help */
    bool is_binary;        /* not for a terminal */
    base_err (*write)(const struct result_run *run, const struct result_report_options *options,
                      struct base_buf *out);
};

/* Text (UTF-8), markdown, csv, json, html, pdf; svg and png: the overview figure alone, which
 * answers ENOTFOUND when no case has a time. Errors of every writer: ENOMEM, and EFULL of a fixed
 * buffer. */
extern const struct result_format result_formats[];
extern const size_t result_format_count;

/* By name or by extension; NULL when there is none. */
const struct result_format *result_format_find(const char *name);

/* How many claims of a run stand how; counts[RESULT_STATE_...]. */
struct result_ledger {
    size_t counts[RESULT_STATE_COUNT];
    size_t total;
};

struct result_ledger result_ledger_of(const struct result_run *run);

/* The ledger of claims alone, as text and as Markdown. A run without verdicts writes nothing. */
BASE_MUST_USE base_err result_report_ledger(const struct result_run *run,
                                            const struct result_report_options *options,
                                            struct base_buf *out);
BASE_MUST_USE base_err result_report_ledger_markdown(const struct result_run *run,
                                                     struct base_buf *out);

#endif
