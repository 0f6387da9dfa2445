/* runner.h - benchmark-runner: the layers of the flow network, measured by the engine as any suite.
 *
 * What is its own: which suites are a layer, targets from a TOML file, a comparison with the
 * baseline, a look at the workers' memory, and three files in the forms that scripts of the earlier
 * framework read. A layer that is not there is said to be missing everywhere, and nothing stands in
 * for it.
 */
#ifndef CLI_RUNNER_H
#define CLI_RUNNER_H

#include "plan.h"
#include "runner_config.h"

#include <result/claim.h>
#include <result/run.h>
#include <result/text.h>

enum { CLI_RUNNER_LAYERS = 5 };

/* The name that a run of this command is kept under for --regression-check without a file. */
#define CLI_RUNNER_BASELINE "benchmark-runner"

struct cli_runner_layer {
    const char *name;  /* "layer1", as --layers has it */
    const char *label; /* "Layer1-IFR", in files and tables */
    const char *title; /* "IFR" */
    const char *suite; /* that measures it; NULL: no suite does yet */
};
extern const struct cli_runner_layer cli_runner_layers[CLI_RUNNER_LAYERS];

/* How the memory of a worker behaved while its case ran. */
struct cli_runner_memory {
    const char *id;     /* of the case */
    const char *why;    /* it was not seen; NULL: it was, and the numbers hold */
    double start_bytes; /* resident, warm; */
    double end_bytes;
    double peak_bytes; /* resident, since the worker began */
    double growth_bytes_per_s;
    double items, seconds;
    double kept_bytes;  /* of the allocator, an item; NaN: not counted */
    double alloc_count; /* calls, an item; likewise */
    size_t samples;
    bool is_judged;  /* there were looks enough to see growth */
    bool is_growing; /* see runner_memory.c; false when it was not judged */
};

struct cli_runner {
    const struct cli_args *args;
    struct cli_plan *plan;
    struct base_arena arena;
    struct cli_runner_config config;
    bool is_wanted[CLI_RUNNER_LAYERS];
    bool is_missing[CLI_RUNNER_LAYERS]; /* wanted, and there is nothing that measures it */
    bool is_named;                      /* the command line says which layers */
    bool has_baseline;
    bool has_memory;
    uint64_t duration_ns;
    struct result_run against;        /* of --regression-check; zeroed without */
    const char *folder;               /* of the files; NULL: none are written */
    struct cli_runner_memory *memory; /* [memory_count] */
    size_t memory_count;
};

/* The layer that a case belongs to; NULL: none (the baseline). */
const struct cli_runner_layer *cli_runner_layer_of(const struct result_case *one);

/* How a layer that is missing is said: "layer2 (DSR) is not there yet". */
const char *cli_runner_missing(const struct cli_runner_layer *layer, struct base_arena *arena);

/* ---- the plan: runner_plan.c ---- */

/* Jobs for what the options and the configuration ask for, into runner->plan, whose launch and
 * settings are there already.
 *
 *   args   of runner->args; the options of the check are written out in it as they hold
 *
 * Errors   EINVALID (options that do not go together, a baseline without a case of this run), those
 *          of cli_plan_add and cli_show_load
 */
BASE_MUST_USE base_err cli_runner_plan(struct cli_runner *runner, struct cli_args *args,
                                       struct base_why *why);

/* ---- targets and the baseline: runner_targets.c ---- */

/* Verdicts on the targets of the wanted layers, on the baseline's comparison and on the layers that
 * are missing, appended to those of the run. Errors: ENOMEM */
BASE_MUST_USE base_err cli_runner_judge(const struct cli_runner *runner, struct result_run *run,
                                        struct base_why *why);

/* Is a verdict one of cli_runner_judge? About a target? A comparison with the baseline? */
bool cli_runner_is_own(const struct result_verdict *verdict);
bool cli_runner_is_target(const struct result_verdict *verdict);
bool cli_runner_is_comparison(const struct result_verdict *verdict);

/* The layer that such a verdict speaks of; NULL for others. */
const struct cli_runner_layer *cli_runner_layer_of_verdict(const struct result_verdict *verdict);

/* Is there a target that compares with the case of this name? */
bool cli_runner_is_compared(const char *case_name);

/* How one case stands to its own targets, the worst of them; not run: it has none that could be
 * judged on it alone. Errors: ENOMEM */
BASE_MUST_USE base_err cli_runner_case_state(const struct cli_runner *runner,
                                             const struct result_run *run,
                                             const struct result_case *one,
                                             struct base_arena *arena, enum result_state *state);

/* (baseline - ours) / baseline of a comparison's measured ratio; the ends swap. */
struct result_estimate cli_runner_improvement(const struct result_verdict *verdict);

/* ---- memory: runner_memory.c ---- */

/* Look at a case that was measured: it runs again for a short time in a worker of its own. */
void cli_runner_watch(struct cli_runner *runner, const struct bench_plan *plan,
                      const struct bench_record *record);

/* ---- files: runner_files.c ---- */

/* Before anything is measured: can the folder be written? It is made. Errors: EIO */
BASE_MUST_USE base_err cli_runner_files_check(const struct cli_runner *runner,
                                              struct base_why *why);

/* The run document, and what the configuration asks of HTML, CSV and JSON.
 *   names   what was written, a line each, appended. Errors: EIO, ENOMEM */
BASE_MUST_USE base_err cli_runner_files_write(const struct cli_runner *runner,
                                              const struct result_run *run, struct base_buf *names,
                                              struct base_why *why);

/* ---- console: runner_show.c ---- */

/* Targets, comparison, memory, layers, totals, chart: appended. Errors: ENOMEM */
BASE_MUST_USE base_err cli_runner_summary_write(const struct cli_runner *runner,
                                                const struct result_run *run,
                                                const struct result_page *page,
                                                struct base_buf *out);

/* Numbers that the summary and the JSON file share. */
struct cli_runner_totals {
    size_t cases, good, targets, met, missed, undecided, unjudged;
    double mean_latency_ms, mean_rate; /* of a call, over the cases that are good; NaN: none */
    double seconds;                    /* of the whole run */
};
struct cli_runner_totals cli_runner_totals_of(const struct result_run *run);

/* Was it measured? The same everywhere. */
bool cli_runner_is_good(const struct result_case *one);

/* By what times of an item are divided to be those of a call: the calls of an item where they are
 * timed one by one, else 1. */
double cli_runner_calls_of(const struct result_case *one);

/* The typical value of a series that the case gives for each batch; NaN: it gives none. */
double cli_runner_series_of(const struct result_case *one, const char *name);

#endif
