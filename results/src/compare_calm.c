/* compare_calm.c - what the wide kernel shows of a process says whether it was alone; what is left
 * of it among those that were is where its code lies, and explains nothing. */
#include "compare_calm.h"

#include <stats/calm.h>
#include <stats/summary.h>

#include <assert.h>
#include <math.h>

/* Processes that agree better do so by chance. */
#define CALM_TOGETHER 0.0005
enum { CALM_LEAST = 3, CALM_CASES_MAX = 64 };

double compare_speed_of(const struct result_process *process, size_t kernel)
{
    const double ns[STATS_SHARES] = { [STATS_SHARE_WIDE] = process->wide_ns,
                                      [STATS_SHARE_CACHE] = process->cache_ns,
                                      [STATS_SHARE_MEMORY] = process->memory_ns };
    return ns[kernel] > 0 ? log(ns[kernel] / process->core_ns) : NAN;
}

static double calm_speed_of(const struct result_process *process, size_t kernel)
{
    const double ns[STATS_SHARES] = { [STATS_SHARE_WIDE] = process->calm_wide_ns,
                                      [STATS_SHARE_CACHE] = process->calm_cache_ns,
                                      [STATS_SHARE_MEMORY] = process->calm_memory_ns };
    return ns[kernel] > 0 ? log(ns[kernel] / process->core_ns) : NAN;
}

static bool has_calm(const struct result_process *process)
{
    if (!(process->calm_ns > 0 && process->calm_wide_ns > 0 && process->core_ns > 0))
        return false;
    bool is_good = isfinite(log(process->calm_ns / process->core_ns));
    for (size_t k = 0; k < STATS_SHARES; k++) {
        const double speed = calm_speed_of(process, k);
        is_good = is_good && isnan(speed) == isnan(compare_speed_of(process, k)) && !isinf(speed);
    }
    return is_good;
}

/* The lowest ones, in order: what one process shows may be an error of its own. */
static void keep_lowest(const struct result_case *one, double lowest[CALM_LEAST])
{
    for (size_t i = 0; i < one->process_count; i++) {
        double next = has_calm(&one->processes[i])
                          ? calm_speed_of(&one->processes[i], STATS_SHARE_WIDE)
                          : INFINITY;
        for (size_t l = 0; l < CALM_LEAST; l++)
            if (next < lowest[l]) {
                const double held = lowest[l];
                lowest[l] = next;
                next = held;
            }
    }
}

double compare_calm_level(const struct result_comparison *all, const struct result_case *baseline,
                          const struct result_case *current)
{
    double lowest[CALM_LEAST] = { INFINITY, INFINITY, INFINITY };
    keep_lowest(baseline, lowest);
    keep_lowest(current, lowest);
    const struct result_run *const runs[] = { all->baseline, all->current };
    for (size_t r = 0; r < 2; r++)
        for (size_t i = 0; i < runs[r]->case_count && i < CALM_CASES_MAX; i++)
            if (&runs[r]->cases[i] != baseline && &runs[r]->cases[i] != current)
                keep_lowest(&runs[r]->cases[i], lowest);
    return lowest[CALM_LEAST - 1];
}

bool compare_calm_side(const struct result_case *one, double level,
                       const struct stats_shares *shares, struct compare_side *side)
{
    double times[RESULT_PROCESS_MAX];
    assert(one->process_count <= RESULT_PROCESS_MAX);
    *side = (struct compare_side){ .error = NAN };
    for (size_t i = 0; i < one->process_count; i++) {
        const struct result_process *process = &one->processes[i];
        double speed[STATS_SHARES];
        for (size_t k = 0; k < STATS_SHARES; k++)
            speed[k] = calm_speed_of(process, k);
        const bool is_alone = fabs(speed[STATS_SHARE_WIDE] - level) < STATS_CALM_APART;
        if (!has_calm(process) || !(is_alone || stats_calm_follows_memory(shares)))
            continue;
        speed[STATS_SHARE_WIDE] = 0;
        times[side->count++] =
            log(process->calm_ns / process->core_ns) - stats_shares_explained(shares, speed);
        for (size_t k = 0; k < STATS_SHARES; k++)
            side->speed[k] += (speed[k] - side->speed[k]) / (double)side->count;
    }
    if (side->count < CALM_LEAST)
        return false;
    stats_sort(times, side->count);
    side->mean =
        stats_together_mean_sorted(times, side->count, CALM_TOGETHER, &side->error, &side->degrees);
    return true;
}
