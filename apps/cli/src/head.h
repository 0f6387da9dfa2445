/* head.h - the head of a run: when, on what, with which program and settings. */
#ifndef CLI_HEAD_H
#define CLI_HEAD_H

#include "plan.h"
#include "speed.h"

#include <result/run.h>

uint64_t cli_head_unix_ms(void);

/* id, command, start, host and build facts. `run` is zeroed. Errors: ENOMEM */
BASE_MUST_USE base_err cli_head_write(struct result_run *run, const struct cli_args *args,
                                      struct base_why *why);

/* Every setting that holds, and the reference speed. Errors: ENOMEM */
BASE_MUST_USE base_err cli_head_write_config(struct result_run *run, const struct cli_plan *plan,
                                             const struct bench_plan *first,
                                             const struct cli_speed *speed);

/* The value of a host fact, "" when there is none. */
const char *cli_head_host(const struct result_run *run, const char *name);

#endif
