/* extras.h - what a report of a stored run shows besides it: histories of its cases, a comparison
 * with a baseline, or one figure alone.
 */
#ifndef CLI_EXTRAS_H
#define CLI_EXTRAS_H

#include "cli.h"

#include <result/figure.h>
#include <result/report.h>
#include <result/trend.h>

struct cli_extras {
    struct base_arena arena;
    struct result_figure_trend *trends; /* [trend_count] in the arena, drawn of `found` */
    struct result_trend *found;         /* [trend_count] in the arena */
    size_t trend_count;
    struct result_run baseline;
    struct result_comparison comparison;
    bool has_comparison;
};

/* Load what the options ask for and the format can show.
 *
 *   run      the report's; must outlive the extras
 *   extras   zeroed; released by cli_extras_done, also after a failure
 *
 * Errors   EINVALID (options that do not go together), those of loading runs and of result_compare
 */
BASE_MUST_USE base_err cli_extras_load(const struct cli_args *args, const struct result_run *run,
                                       struct cli_extras *extras, struct base_why *why);
void cli_extras_done(struct cli_extras *extras);

/* The figure of --figure, appended. Errors: those of result_figure_write; ENOTFOUND (no such case)
 */
BASE_MUST_USE base_err cli_extras_figure(const struct cli_args *args, const struct result_run *run,
                                         const struct cli_extras *extras, struct base_buf *out,
                                         struct base_why *why);

#endif
