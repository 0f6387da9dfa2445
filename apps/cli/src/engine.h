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

/* Run the plan and write what the options ask for. Returns the exit status. */
int cli_engine_run(const struct cli_args *args, struct cli_plan *plan);

/* The same for a plan that is made here: `make` fills a zeroed one. Its failure is reported. */
typedef base_err cli_plan_fn(struct cli_plan *plan, const struct cli_args *args,
                             struct base_why *why);
int cli_engine_plan_and_run(const struct cli_args *args, cli_plan_fn *make);

/* A case's exit status, and a run's: the worst of its cases and verdicts. */
int cli_engine_status(const struct result_run *run);

#endif
