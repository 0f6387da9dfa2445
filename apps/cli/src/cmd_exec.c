/* cmd_exec.c - whole commands, through the exec suite's one case. */
#include "commands.h"
#include "engine.h"
#include "exec_commands.h"
#include "signals.h"

enum { PROCESSES_MAX = 10 };

/* A number of runs takes the place of the time. */
static void set_runs(struct cli_plan *plan, const struct cli_args *args)
{
    const struct cli_value *runs = cli_value(args, "runs");
    const uint32_t wanted = plan->config.plan.processes;
    if (runs == NULL)
        return;
    for (size_t i = 0; i < plan->job_count; i++) {
        struct cli_job *job = &plan->jobs[i];
        const uint32_t most = wanted > 0 ? wanted : PROCESSES_MAX;
        job->iterations = runs->count;
        job->processes = runs->count < most ? (uint32_t)runs->count : most;
        job->sample_size = 1;
        job->measurement_ns = 1;
    }
}

/* Warm-up by a number of runs: a worker of its own does them before the case; the case then has
 * none. A failure shows when the case is measured. */
static void warm_up(struct cli_plan *plan, const struct cli_args *args)
{
    const struct cli_value *runs = cli_value(args, "warm-up");
    if (runs == NULL || runs->option->kind != CLI_TIME_OR_COUNT || runs->is_time)
        return;
    for (size_t i = 0; i < plan->job_count && !cli_signals_interrupted; i++) {
        struct bench_record record = { 0 };
        const struct bench_plan brief = { .warm_up_ns = 1,
                                          .measurement_ns = 1,
                                          .sample_size = 1,
                                          .iterations = runs->count,
                                          .processes = 1,
                                          .is_without_references = true,
                                          .timeout_ns = plan->config.plan.timeout_ns,
                                          .cpus = plan->config.plan.cpus,
                                          .cpu_count = plan->config.plan.cpu_count,
                                          .interrupted = &cli_signals_interrupted };
        plan->jobs[i].warm_up_ns = 1;
        if (runs->count > 0)
            (void)!bench_drive_case(&plan->launch, &brief, plan->jobs[i].target, NULL, NULL,
                                    &record);
        bench_record_done(&record);
    }
}

int cli_cmd_exec(const struct cli_args *args)
{
    static struct cli_plan plan;
    struct base_why why = { 0 };
    base_err err = cli_plan_open(&plan, args, &why);
    if (err == BASE_OK)
        err = cli_exec_add(&plan, args, false, &why);
    if (err != BASE_OK) {
        cli_plan_done(&plan);
        return cli_complain(err, &why);
    }
    set_runs(&plan, args);
    warm_up(&plan, args);
    const int status = cli_engine_run(args, &plan);
    cli_plan_done(&plan);
    return status;
}
