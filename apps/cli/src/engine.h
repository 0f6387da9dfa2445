/* engine.h - one measurement from plan to exit status.
 *
 * plan -> each case measured and estimated -> kept in the history -> claims judged -> signed ->
 * reported. A case that fails is reported as failed and the others go on; an interrupt ends the
 * loop and everything after it still happens.
 */
#ifndef CLI_ENGINE_H
#define CLI_ENGINE_H

#include "plan.h"

#include <result/run.h>

/* What a command does on the way beyond what all do; each may be NULL. */
struct cli_engine_face {
    void *context;
    /* In place of the coordinator: fill a zeroed record (bench/drive.h) whose target is set; its
     * memory is the record's arena. */
    void (*record)(void *context, size_t index, struct bench_record *record);
    /* A case was measured; `plan` is the one that held for it. Not called after an interrupt. */
    void (*measured)(void *context, const struct bench_plan *plan,
                     const struct bench_record *record);
    /* Verdicts of its own, put after those of the claims. Errors: ENOMEM */
    base_err (*judge)(void *context, struct result_run *run, struct base_why *why);
    /* In place of the report. `after`: what --regression-check says. Returns a status, as
     * cli_show_run does. */
    int (*show)(void *context, const struct result_run *run, const struct base_buf *after,
                int status);
};

/* Run the plan and write what the options ask for. Returns the exit status. */
int cli_engine_run(const struct cli_args *args, struct cli_plan *plan);
int cli_engine_run_as(const struct cli_args *args, struct cli_plan *plan,
                      const struct cli_engine_face *face);

/* The same for a plan that is made here: `make` fills a zeroed one. Its failure is reported. */
typedef base_err cli_plan_fn(struct cli_plan *plan, const struct cli_args *args,
                             struct base_why *why);
int cli_engine_plan_and_run(const struct cli_args *args, cli_plan_fn *make);

/* A case's exit status, and a run's: the worst of its cases and verdicts. */
int cli_engine_status(const struct result_run *run);

#endif
