/* baseline.h - a run against one that was stored: benchmark compare, and --regression-check with
 * --save-baseline of the commands that measure. */
#ifndef CLI_BASELINE_H
#define CLI_BASELINE_H

#include "cli.h"

#include <result/compare.h>
#include <result/history.h>

/* What a measuring command was asked to do with its run once it is there. */
struct cli_baseline {
    bool is_checked;            /* --regression-check */
    struct result_run baseline; /* of the check */
    const char *save_name;      /* --save-baseline; NULL: not wanted */
    bool is_worse;              /* what the check found; true also when it could not be made */
};

/* Look at the options and load the baseline, before anything is measured. `stored` is zeroed.
 * Errors: EINVALID (options that need each other, a bad name), those of cli_show_load */
BASE_MUST_USE base_err cli_baseline_open(struct cli_baseline *stored, const struct cli_args *args,
                                         struct base_why *why);
void cli_baseline_done(struct cli_baseline *stored);

/* Compare two runs as --threshold and --significance of this command say; without the latter as the
 * newer run was told, else at 0.05. Errors: those of result_compare */
BASE_MUST_USE base_err cli_baseline_compare(const struct cli_args *args,
                                            const struct result_run *baseline,
                                            const struct result_run *current,
                                            struct result_comparison *out, struct base_why *why);

/* Did a case become slower, or fail where it did not? */
bool cli_baseline_is_worse(const struct result_comparison *comparison);

/* The check, when it was asked for. Cases that only the baseline has were not asked for and are
 * left out. The comparison as text or Markdown is appended to `out`, after the report; when the
 * report is JSON or CSV it is said on standard error instead.
 * Returns `status`, or CLI_REFUTED when a case is worse and the run was not interrupted. */
int cli_baseline_check(struct cli_baseline *stored, const struct cli_args *args,
                       const struct result_run *run, int status, struct base_buf *out);

#endif
