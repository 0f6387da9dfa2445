/* budget.c - with a budget, each case gets an equal part of what is left; processes are given up
 * before samples, because starting one costs more than a batch. */
#include "budget.h"

#include "signals.h"

/* The defaults of bench/drive.h, said here so that the run document can name them. */
static const uint64_t warm_up_default_ns = 1000000000, measurement_default_ns = 3000000000,
                      timeout_default_ns = 120000000000, batch_default_ns = 150000;
enum { SAMPLES_DEFAULT = 100, PROCESSES_DEFAULT = 10, PROCESSES_LEAST = 4 };
static const double overhead_first_ns = 120e6; /* of a process, before one was seen */
static const double measurement_least_ns = 100e6;

void cli_budget_open(struct cli_budget *budget, uint64_t budget_ns, uint64_t now_ns)
{
    *budget = (struct cli_budget){ .end_ns = budget_ns > 0 ? now_ns + budget_ns : 0,
                                   .overhead_ns = overhead_first_ns };
}

static uint64_t or_u64(uint64_t first, uint64_t second, uint64_t third)
{
    return first != 0 ? first : second != 0 ? second : third;
}

static struct bench_plan full_plan(const struct cli_plan *plan, const struct cli_job *job)
{
    struct bench_plan full = plan->config.plan;
    full.warm_up_ns = or_u64(job->warm_up_ns, full.warm_up_ns, warm_up_default_ns);
    full.measurement_ns = or_u64(job->measurement_ns, full.measurement_ns, measurement_default_ns);
    full.iterations = or_u64(job->iterations, full.iterations, 0);
    full.sample_size = (uint32_t)or_u64(job->sample_size, full.sample_size, SAMPLES_DEFAULT);
    full.processes = (uint32_t)or_u64(job->processes, full.processes, PROCESSES_DEFAULT);
    full.threads = (uint32_t)or_u64(full.threads, 1, 1);
    full.timeout_ns = or_u64(full.timeout_ns, timeout_default_ns, 0);
    full.batch_ns = or_u64(full.batch_ns, batch_default_ns, 0);
    full.items_exact = job->items_exact;
    full.interrupted = &cli_signals_interrupted;
    return full;
}

static uint64_t whole_ms(double ns)
{
    return (uint64_t)(ns / 1e6) * 1000000;
}

/* Fit a plan into `share_ns` of wall time. */
static void trim(struct bench_plan *full, double share_ns, double overhead_ns, bool keep_processes)
{
    const double third_ns = share_ns / 3;
    full->iterations_ns = whole_ms(2 * share_ns) + 1000000;
    while (!keep_processes && full->processes > PROCESSES_LEAST &&
           full->processes * overhead_ns > third_ns)
        full->processes--;
    const double left_ns = share_ns - full->processes * overhead_ns;
    const double warm_up_ns = 0.15 * (left_ns > 0 ? left_ns : 0);
    double measurement_ns = 0.85 * left_ns;
    if (measurement_ns < measurement_least_ns)
        measurement_ns = measurement_least_ns;
    if (measurement_ns < (double)full->measurement_ns)
        full->measurement_ns = whole_ms(measurement_ns);
    if (warm_up_ns < (double)full->warm_up_ns)
        full->warm_up_ns = whole_ms(warm_up_ns > 10e6 ? warm_up_ns : 10e6);
}

struct bench_plan cli_budget_plan(const struct cli_plan *plan, size_t index,
                                  const struct cli_budget *budget, uint64_t now_ns)
{
    struct bench_plan full = full_plan(plan, &plan->jobs[index]);
    if (budget->end_ns == 0)
        return full;
    const double left_ns = budget->end_ns > now_ns ? (double)(budget->end_ns - now_ns) : 0;
    trim(&full, left_ns / (double)(plan->job_count - index), budget->overhead_ns,
         plan->config.plan.processes > 0);
    return full;
}

void cli_budget_learn(struct cli_budget *budget, const struct bench_plan *plan, uint64_t elapsed_ns)
{
    const double beyond_ns = (double)elapsed_ns - (double)plan->measurement_ns;
    const double each_ns = beyond_ns > 0 ? beyond_ns / plan->processes : 0;
    budget->overhead_ns = 0.7 * budget->overhead_ns + 0.3 * each_ns;
}

void cli_budget_extend(struct cli_budget *budget, uint64_t took_ns)
{
    if (budget->end_ns != 0)
        budget->end_ns += took_ns;
}

uint64_t cli_budget_left(const struct cli_plan *plan, size_t index, const struct cli_budget *budget,
                         uint64_t now_ns)
{
    if (budget->end_ns != 0)
        return index < plan->job_count && budget->end_ns > now_ns ? budget->end_ns - now_ns : 0;
    double sum_ns = 0;
    for (; index < plan->job_count; index++) {
        const struct bench_plan full = full_plan(plan, &plan->jobs[index]);
        sum_ns += (double)full.measurement_ns + full.processes * budget->overhead_ns;
    }
    return (uint64_t)sum_ns;
}
