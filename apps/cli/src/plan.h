/* plan.h - what will be measured: cases with arguments, in order, and the worker that has them.
 *
 * Ownership everything lives in plan->arena; a zeroed plan is empty
 */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include "config.h"
#include "sections.h"

#include <bench/drive.h>
#include <result/run.h>

enum { CLI_JOBS_MAX = 4096, CLI_NOTES_MAX = 8 };

struct cli_job {
    const struct bench_target *target;
    const char *item;
    uint64_t iterations;                 /* at least so many items; 0: config->plan.iterations */
    uint64_t items_exact;                /* bench_plan's; 0: not used */
    uint32_t processes;                  /* 0: config->plan.processes */
    uint32_t sample_size;                /* 0: config->plan.sample_size */
    uint64_t measurement_ns, warm_up_ns; /* 0: config->plan's */
};

struct cli_plan {
    struct base_arena arena;
    struct cli_config config;
    struct bench_launch launch;
    const char *own_path; /* of this program */
    const char *own_argv[2];
    struct bench_listed *listed; /* [listed_count] what the worker offers */
    size_t listed_count;
    struct cli_job jobs[CLI_JOBS_MAX];
    size_t job_count;
    uint64_t budget_ns; /* wall time for all jobs; 0: each has the configured time */
    struct result_pair notes[CLI_NOTES_MAX]; /* [note_count] settings of the command, for the run */
    size_t note_count;
};

/* Settings from the command line, and the launch of this program as the worker.
 * Errors: those of cli_config_of; EIO (the program does not find itself) */
BASE_MUST_USE base_err cli_plan_open(struct cli_plan *plan, const struct cli_args *args,
                                     struct base_why *why);
/* Only the launch of this program, no settings. */
BASE_MUST_USE base_err cli_plan_self(struct cli_plan *plan, struct base_why *why);
void cli_plan_done(struct cli_plan *plan);

/* Use another worker. argv  [count] copied into the arena. Errors: ENOMEM */
BASE_MUST_USE base_err cli_plan_launch(struct cli_plan *plan, const char *const *argv, size_t count,
                                       struct base_why *why);

/* Ask the worker what it has, once. Errors: those of bench_drive_list */
BASE_MUST_USE base_err cli_plan_list(struct cli_plan *plan, struct base_why *why);

/* The listed case of that name, or NULL. */
const struct bench_listed *cli_plan_find(const struct cli_plan *plan, const char *name);

/* Which targets a command wants. */
struct cli_wanted {
    const char *const *filters; /* [filter_count] a target that matches one is taken; none: all */
    size_t filter_count;
    const struct bench_arg *args; /* [arg_count] value lists, for cases that have the parameter */
    size_t arg_count;
    const char *name;  /* only the case of this name; NULL: all */
    const char *needs; /* only cases with this parameter; NULL: all */
    /* further choice; NULL: all */
    bool (*is_wanted)(const struct cli_config *config, const struct bench_listed *listed);
};

/* Add jobs for all targets that are wanted. Lists first when that was not done yet.
 *
 * Errors   ENOTFOUND (nothing matches; why names the nearest), EFULL, those of bench_drive_expand
 */
BASE_MUST_USE base_err cli_plan_add(struct cli_plan *plan, const struct cli_wanted *wanted,
                                    struct base_why *why);

/* Has at least one job each of these parameters? Errors: ENOTFOUND; why names the nearest */
BASE_MUST_USE base_err cli_plan_check_args(const struct cli_plan *plan,
                                           const struct bench_arg *args, size_t count,
                                           struct base_why *why);

/* Add jobs for one case with values taken letter for letter, commas and all: paths, commands. The
 * other parameters are multiplied out as usual.
 *
 *   exact     [exact_count] whole values
 *   swept     [swept_count] value lists; names that the case lacks are passed over
 *   label     what the id says instead of the exact arguments; NULL: name=value of each
 *
 * Errors   ENOTFOUND (no such case or parameter), EFULL, ENOMEM
 */
struct cli_exact {
    const char *case_name;
    const struct bench_arg *exact;
    size_t exact_count;
    const struct bench_arg *swept;
    size_t swept_count;
    const char *label;
};

BASE_MUST_USE base_err cli_plan_add_exact(struct cli_plan *plan, const struct cli_exact *exact,
                                          struct base_why *why);

/* The --arg options of the command line. Errors: EINVALID (no '='), EFULL, ENOMEM */
BASE_MUST_USE base_err cli_plan_args(struct cli_plan *plan, const struct cli_args *args,
                                     struct bench_arg out[BENCH_PARAM_MAX], size_t *count,
                                     struct base_why *why);

/* The listed cases that the words of the command line match: names (--names), JSON (--json), text.
 * Errors: ENOMEM */
BASE_MUST_USE base_err cli_list_write(const struct cli_args *args, const struct cli_plan *plan,
                                      struct base_buf *out);

/* Has a case this parameter? */
bool cli_plan_has_param(const struct bench_listed *listed, const char *name);

/* Does a name belong to a suite: "enc/encode" to "enc"? */
bool cli_plan_is_in(const char *name, const char *suite);

#endif
