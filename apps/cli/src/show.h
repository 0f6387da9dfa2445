/* show.h - a run in the format that the options ask for; stored runs by file or id; the history. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "cli.h"

#include <result/history.h>
#include <result/report.h>
#include <result/run.h>
#include <result/table.h>

/* The name of the chosen format: --json, --csv, --markdown, --format; "text" without. */
const char *cli_show_format(const struct cli_args *args);

/* Standard output as a page. */
struct result_page cli_show_page(const struct cli_args *args);

/* The page of text output: the terminal's width when it is one, colour as told. */
struct result_report_options cli_show_options(const struct cli_args *args);

/* Write the report where --output says, the document where --save says. Returns `status`, or what
 * a failure means.
 *   after   what follows the report; NULL: nothing */
int cli_show_run(const struct cli_args *args, const struct result_run *run,
                 const struct base_buf *after, int status);

/* Only what --save and --save-report ask for, for commands with a report of their own. */
BASE_MUST_USE base_err cli_show_save(const struct cli_args *args, const struct result_run *run,
                                     struct base_why *why);

/* The same with options of one's own. */
int cli_show_run_with(const struct cli_args *args, const struct result_run *run,
                      const struct result_report_options *options, const struct base_buf *after,
                      int status);

/* Before anything is measured: can the formats that were asked for be written where they go?
 * Errors: EINVALID (PDF to a terminal; --save-report of a name without a known extension) */
BASE_MUST_USE base_err cli_show_check_report(const struct cli_args *args, struct base_why *why);
BASE_MUST_USE base_err cli_show_check_binary(const struct cli_args *args, struct base_why *why);

/* A table in the chosen format. Errors: ENOMEM */
BASE_MUST_USE base_err cli_show_table(const struct cli_args *args, const struct result_table *table,
                                      struct base_buf *out);

/* The verdicts alone as CSV or JSON. Errors: ENOMEM */
BASE_MUST_USE base_err cli_show_verdicts(const struct cli_args *args, const struct result_run *run,
                                         struct base_buf *out);

/* cli_load_run (load.h), with what an import had to say on standard error. */
BASE_MUST_USE base_err cli_show_load(const char *which, struct result_run *run,
                                     struct base_why *why);

/* Open the history, let `write` fill a buffer, show that: where --output says, if the command has
 * the option. Returns the status. */
typedef base_err cli_show_history_fn(const struct cli_args *args, struct result_history *history,
                                     struct base_buf *out, struct base_why *why);
int cli_show_history(const struct cli_args *args, cli_show_history_fn *write);

#endif
