/* speed.c - the first entry of the speed log is the reference, the rest is drift. */
#include "speed.h"

#include "signals.h"

#include <base/log.h>
#include <stats/drift.h>
#include <stats/estimate.h>
#include <stats/summary.h>

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of the finite, positive ones; NaN when there is none. Reorders the values. */
static double median_of(double *values, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i]))
            values[kept++] = values[i];
    if (kept == 0)
        return NAN;
    stats_sort(values, kept);
    return stats_median_sorted(values, kept);
}

double cli_speed_drift(double *values, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i]) && values[i] > 0)
            values[kept++] = values[i];
    return stats_drift_share(values, kept, NAN);
}

/* One row a kernel: where its figures are. measure_steps has the same order. */
static const struct kernel {
    size_t step, drift;    /* in struct cli_speed */
    size_t entry, process; /* in struct result_history_speed, struct result_process */
} kernels[] = {
#define KERNEL(name_)                                                                              \
    {                                                                                              \
        .step = offsetof(struct cli_speed, name_##_ns),                                            \
        .drift = offsetof(struct cli_speed, name_##_drift),                                        \
        .entry = offsetof(struct result_history_speed, name_##_ns),                                \
        .process = offsetof(struct result_process, name_##_ns)                                     \
    }
    KERNEL(core), KERNEL(wide), KERNEL(cache), KERNEL(memory)
#undef KERNEL
};
enum { KERNELS = sizeof kernels / sizeof kernels[0] };

static double *member(void *object, size_t offset)
{
    return (double *)(void *)((char *)object + offset);
}

static double value(const void *object, size_t offset)
{
    return *(const double *)(const void *)((const char *)object + offset);
}

static double first_of(const struct result_history_speed *speeds, size_t count, size_t entry)
{
    for (size_t i = 0; i < count; i++)
        if (isfinite(value(&speeds[i], entry)) && value(&speeds[i], entry) > 0)
            return value(&speeds[i], entry);
    return 0;
}

/* Takes what the log says of one kernel; true: it says enough of the drift. */
static bool use_kernel(struct cli_speed *speed, const struct kernel *kernel,
                       const struct result_history_speed *speeds, size_t count, bool is_long,
                       double *scratch)
{
    double *drift = member(speed, kernel->drift);
    for (size_t i = 0; i < count; i++)
        scratch[i] = value(&speeds[i], kernel->entry);
    const double seen = cli_speed_drift(scratch, count);
    *member(speed, kernel->step) = first_of(speeds, count, kernel->entry);
    *drift = is_long && isfinite(seen) ? seen : fmax(seen, *drift);
    return is_long && isfinite(seen);
}

static base_err use_log(struct cli_speed *speed, struct result_history *history,
                        const char *host_id, struct base_why *why)
{
    struct base_arena arena = { 0 };
    struct result_history_speed *speeds = NULL;
    size_t count = 0;
    base_err err = result_history_speeds(history, host_id, CLI_SPEED_ENTRIES_MAX, &arena, &speeds,
                                         &count, why);
    double *scratch = base_arena_array(&arena, count + 1, sizeof *scratch);
    if (err == BASE_OK && scratch == NULL)
        err = base_fail(why, BASE_ENOMEM, 0, "out of memory");
    if (err == BASE_OK) {
        const bool is_long =
            count > 0 && speeds[count - 1].when_ms - speeds[0].when_ms >= CLI_SPEED_SPAN_MIN_MS;
        speed->entry_count = count;
        speed->is_assumed = false;
        for (size_t k = 0; k < KERNELS; k++)
            if (!use_kernel(speed, &kernels[k], speeds, count, is_long, scratch))
                speed->is_assumed = true;
    }
    base_arena_done(&arena);
    return err;
}

/* One step of each kernel, over a few fresh processes, beside a case as it will be: a walk costs
 * more where something else has moved its lines out. NaN where a step cannot be had. */
static base_err measure_steps(const struct cli_plan *plan, struct cli_progress *progress,
                              struct result_history_speed *out)
{
    const struct bench_launch self = { .argv = plan->own_argv };
    struct bench_plan brief = {
        .warm_up_ns = 50000000,
        .measurement_ns = 500000000,
        .processes = 5,
        .sample_size = 50,
        .seed = plan->config.plan.seed,
        .cpus = plan->config.plan.cpus,
        .cpu_count = plan->config.plan.cpu_count,
        .interrupted = &cli_signals_interrupted,
    };
    struct bench_target target = { .name = "reference/core", .id = "reference/core" };
    struct bench_record record = { 0 };
    const base_err err =
        bench_drive_case(&self, &brief, &target, cli_progress_show, progress, &record);
    if (err != BASE_OK && err != BASE_EINTERRUPTED)
        base_log(BASE_LOG_WARNING, "the reference speed cannot be measured: %s", record.why.text);
    for (size_t k = 0; k < KERNELS; k++) {
        double medians[BENCH_PROCESS_MAX];
        for (size_t i = 0; err == BASE_OK && i < record.process_count; i++) {
            struct bench_process *process = &record.processes[i];
            double *const steps[] = { process->core_ns, process->wide_ns, process->cache_ns,
                                      process->memory_ns };
            medians[i] = median_of(steps[k], process->batch_count);
        }
        *member(out, kernels[k].entry) =
            err == BASE_OK ? median_of(medians, record.process_count) : NAN;
    }
    bench_record_done(&record);
    return err == BASE_EINTERRUPTED ? err : BASE_OK;
}

static bool is_complete(const struct cli_speed *speed)
{
    for (size_t k = 0; k < KERNELS; k++)
        if (!(value(speed, kernels[k].step) > 0))
            return false;
    return true;
}

/* Of the kernels whose speed is not known; the log gets an entry of those. */
static base_err calibrate(struct cli_speed *speed, struct result_history *history,
                          const char *host_id, const struct cli_plan *plan,
                          struct cli_progress *progress, struct base_why *why)
{
    struct timespec when;
    struct result_history_speed entry = { 0 };
    base_log(BASE_LOG_INFO, "measuring the reference speed of this host%s",
             history != NULL ? ", once" : "");
    const base_err err = measure_steps(plan, progress, &entry);
    for (size_t k = 0; k < KERNELS && err == BASE_OK; k++) {
        double *step = member(speed, kernels[k].step), *now = member(&entry, kernels[k].entry);
        if (!(*step > 0))
            *step = *now > 0 ? *now : 0;
        else
            *now = NAN;
    }
    cli_progress_clear(progress);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "interrupted while the reference speed was measured");
    if (history == NULL || !is_complete(speed))
        return BASE_OK;
    clock_gettime(CLOCK_REALTIME, &when);
    entry.when_ms = (uint64_t)when.tv_sec * 1000 + (uint64_t)when.tv_nsec / 1000000;
    speed->entry_count++;
    return result_history_add_speed(history, host_id, &entry, why);
}

base_err cli_speed_open(struct cli_speed *speed, struct result_history *history,
                        const char *host_id, const struct cli_plan *plan,
                        struct cli_progress *progress, struct base_why *why)
{
    *speed = (struct cli_speed){ .core_drift = STATS_DRIFT_CORE_ASSUMED,
                                 .wide_drift = STATS_DRIFT_WIDE_ASSUMED,
                                 .cache_drift = STATS_DRIFT_MEMORY_ASSUMED,
                                 .memory_drift = STATS_DRIFT_MEMORY_ASSUMED,
                                 .is_assumed = true };
    if (history != NULL)
        CLI_TRY(use_log(speed, history, host_id, why));
    if (plan->config.plan.is_without_references || is_complete(speed))
        return BASE_OK;
    return calibrate(speed, history, host_id, plan, progress, why);
}

static double median_over(const struct result_run *run, size_t member_offset)
{
    size_t total = 0, used = 0;
    for (size_t i = 0; i < run->case_count; i++)
        total += run->cases[i].process_count;
    double *values = malloc((total + 1) * sizeof *values);
    if (values == NULL)
        return NAN;
    for (size_t i = 0; i < run->case_count; i++)
        for (size_t k = 0; k < run->cases[i].process_count; k++) {
            values[used] = value(&run->cases[i].processes[k], member_offset);
            values[used] = values[used] > 0 ? values[used] : NAN;
            used++;
        }
    const double median = median_of(values, used);
    free(values);
    return median;
}

struct result_history_speed cli_speed_of_run(const struct result_run *run, uint64_t unix_ms)
{
    struct result_history_speed speed = { .when_ms = unix_ms };
    for (size_t k = 0; k < KERNELS; k++)
        *member(&speed, kernels[k].entry) = median_over(run, kernels[k].process);
    return speed;
}
