/* disturb.c - the difference of two looks, and what it means for a measurement. */
#include <probe/disturb.h>

#include "finding_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* From where a disturbance is worth a note, a warning, and a refusal. The scale is that of the
 * intervals that are wanted: 1 % of a processor taken away is 1 % of a time. */
struct limits {
    double note, warning, bad;
};
static const struct limits steal_limits = { 0.001, 0.01, 0.05 };
static const struct limits busy_limits = { 0.02, 0.10, 0.50 };     /* share of all processors */
static const struct limits queue_limits = { 0.5, 1, 2 };           /* others ready, per processor */
static const struct limits memory_limits = { 0.0005, 0.01, 0.10 }; /* pressure */
static const struct limits io_limits = { 0.05, 0.25, INFINITY };
static const struct limits swap_limits = { 0.1, 1, 1000 };             /* pages a second */
static const struct limits frequency_limits = { 0.02, 0.10, 0.30 };    /* range over lowest */
static const struct limits interrupt_limits = { 5000, 20000, 100000 }; /* a second, a processor */

static enum probe_severity severity_in(double value, const struct limits *limits)
{
    return probe_severity_of(value, limits->note, limits->warning, limits->bad);
}

/* Counters do not go back; where one does (a processor went offline), nothing is seen. */
static double rise(uint64_t before, uint64_t after)
{
    return after > before ? (double)(after - before) : 0;
}

static int by_cpus(const void *a, const void *b)
{
    const struct probe_offender *x = a;
    const struct probe_offender *y = b;
    return x->cpus != y->cpus ? (x->cpus < y->cpus ? 1 : -1)
                              : (x->pid > y->pid) - (x->pid < y->pid);
}

/* Ticks that a process used between the looks; one that was not there before used all it has. */
static double task_rise(const struct probe_look *before, const struct probe_task *task)
{
    size_t low = 0;
    size_t high = before->task_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (before->tasks[middle].pid < task->pid)
            low = middle + 1;
        else
            high = middle;
    }
    const bool is_old = low < before->task_count && before->tasks[low].pid == task->pid &&
                        before->tasks[low].started == task->started;
    return is_old ? rise(before->tasks[low].ticks, task->ticks) : (double)task->ticks;
}

/* Fills the offenders; answers the ticks that own_pid used. */
static double find_offenders(const struct probe_look *before, const struct probe_look *after,
                             int own_pid, double ticks, struct probe_disturb *disturb)
{
    struct probe_offender *all =
        base_arena_array(&disturb->arena, after->task_count + 1, sizeof *all);
    if (all == NULL)
        return NAN;
    size_t count = 0;
    double own = 0;
    for (size_t i = 0; i < after->task_count; i++) {
        const struct probe_task *task = &after->tasks[i];
        const double used = task_rise(before, task);
        if (own_pid != 0 && task->pid == own_pid)
            own = used;
        else if (used > 0) {
            all[count].pid = task->pid;
            all[count].cpus = used / ticks;
            memcpy(all[count++].name, task->name, sizeof task->name);
        }
    }
    qsort(all, count, sizeof *all, by_cpus);
    disturb->offender_count = count < PROBE_OFFENDER_MAX ? count : PROBE_OFFENDER_MAX;
    memcpy(disturb->offenders, all, disturb->offender_count * sizeof *all);
    return own;
}

static base_err compare_cpus(const struct probe_look *before, const struct probe_look *after,
                             struct probe_disturb *disturb)
{
    disturb->cpu_busy = base_arena_array(&disturb->arena, after->cpu_count + 1, sizeof(double));
    disturb->cpu_ids = base_arena_array(&disturb->arena, after->cpu_count + 1, sizeof(int));
    if (disturb->cpu_busy == NULL || disturb->cpu_ids == NULL)
        return BASE_ENOMEM;
    disturb->cpu_count = after->cpu_count;
    for (size_t i = 0; i < after->cpu_count; i++) {
        const struct probe_ticks *now = &after->cpus[i];
        disturb->cpu_ids[i] = now->cpu;
        for (size_t k = 0; k < before->cpu_count; k++) {
            const struct probe_ticks *then = &before->cpus[k];
            const double all = rise(then->all, now->all);
            if (then->cpu == now->cpu && all > 0)
                disturb->cpu_busy[i] = 1 - fmin(rise(then->idle, now->idle) / all, 1);
        }
    }
    return BASE_OK;
}

static void compare_rates(const struct probe_look *before, const struct probe_look *after,
                          const struct probe_watch *watch, struct probe_disturb *disturb)
{
    const double s = watch->elapsed_s;
    disturb->elapsed_s = s;
    disturb->run_queue_mean = watch->run_queue_mean;
    disturb->run_queue_max = watch->run_queue_max;
    disturb->mhz_low = watch->mhz_low;
    disturb->mhz_high = watch->mhz_high;
    disturb->interrupts_per_s = rise(before->interrupts, after->interrupts) / s;
    disturb->switches_per_s = rise(before->switches, after->switches) / s;
    disturb->swap_pages_per_s = rise(before->swap_pages, after->swap_pages) / s;
    disturb->major_faults_per_s = rise(before->major_faults, after->major_faults) / s;
    const bool has_pressure = before->has_pressure && after->has_pressure;
    const double us = has_pressure ? s * 1e6 : NAN;
    disturb->pressure_cpu = rise(before->pressure_cpu_us, after->pressure_cpu_us) / us;
    disturb->pressure_memory = rise(before->pressure_memory_us, after->pressure_memory_us) / us;
    disturb->pressure_io = rise(before->pressure_io_us, after->pressure_io_us) / us;
}

static void judge_processors(const struct probe_disturb *disturb, struct probe_findings *list)
{
    const double cpus = disturb->cpu_count > 0 ? (double)disturb->cpu_count : 1;
    enum probe_severity severity = severity_in(disturb->steal_share, &steal_limits);
    if (severity > PROBE_OK)
        probe_findings_add(list, severity, "steal",
                           "the hypervisor gives processor time to other guests",
                           "measure at another time, or on a machine of your own",
                           "%.2f %% of all processor time was stolen within %.1f s",
                           disturb->steal_share * 100, disturb->elapsed_s);
    severity = severity_in(disturb->busy_cpus / cpus, &busy_limits);
    if (severity > PROBE_OK)
        probe_findings_add(list, severity, "busy", "other processes use the processors",
                           "stop them, or wait until they are done",
                           "%.2f of %.0f processors were busy with others", disturb->busy_cpus,
                           cpus);
    const double ready = disturb->run_queue_mean / cpus;
    severity = severity_in(ready, &queue_limits);
    if (severity > PROBE_OK)
        probe_findings_add(list, severity, "run_queue", "threads of others wait for processors",
                           "stop them, or wait until they are done",
                           "%.1f others were ready on average, %.0f at most, on %.0f processors",
                           disturb->run_queue_mean, disturb->run_queue_max, cpus);
    severity = severity_in(disturb->interrupts_per_s / cpus, &interrupt_limits);
    if (severity > PROBE_OK)
        probe_findings_add(list, severity, "interrupts", "devices interrupt often",
                           "move interrupts to processors that are not measured on "
                           "(/proc/irq/*/smp_affinity)",
                           "%.0f interrupts a second on %.0f processors", disturb->interrupts_per_s,
                           cpus);
}

static void judge_offenders(const struct probe_disturb *disturb, struct probe_findings *list)
{
    const double cpus = disturb->cpu_count > 0 ? (double)disturb->cpu_count : 1;
    for (size_t i = 0; i < disturb->offender_count; i++) {
        const struct probe_offender *offender = &disturb->offenders[i];
        const enum probe_severity severity = severity_in(offender->cpus / cpus, &busy_limits);
        if (severity > PROBE_OK)
            probe_findings_add(list, severity, "process", "a process uses much processor time",
                               "stop it, or wait until it is done",
                               "%s (process %d) used %.2f processors", offender->name,
                               offender->pid, offender->cpus);
    }
}

static void judge_memory(const struct probe_disturb *disturb, struct probe_findings *list)
{
    enum probe_severity severity = severity_in(disturb->pressure_memory, &memory_limits);
    if (severity > PROBE_OK)
        probe_findings_add(list, severity, "memory_pressure", "memory is short",
                           "free memory: processes waited for it",
                           "for %.2f %% of the time a process waited for memory",
                           disturb->pressure_memory * 100);
    severity = severity_in(disturb->swap_pages_per_s, &swap_limits);
    if (severity > PROBE_OK)
        probe_findings_add(list, severity, "swap", "pages are swapped",
                           "free memory, or swapoff -a", "%.0f pages a second went in or out",
                           disturb->swap_pages_per_s);
    severity = severity_in(disturb->pressure_io, &io_limits);
    if (severity > PROBE_OK)
        probe_findings_add(list, severity, "io_pressure", "processes wait for disks",
                           "wait until the writing or reading is done",
                           "for %.1f %% of the time a process waited for a disk",
                           disturb->pressure_io * 100);
    severity = severity_in(disturb->mhz_high / disturb->mhz_low - 1, &frequency_limits);
    if (severity > PROBE_OK)
        probe_findings_add(list, severity, "frequency", "the processors' frequency moves",
                           "use the governor \"performance\" and switch turbo off",
                           "%.0f to %.0f MHz within %.1f s", disturb->mhz_low, disturb->mhz_high,
                           disturb->elapsed_s);
}

base_err probe_disturb_judge(const struct probe_look *before, const struct probe_look *after,
                             const struct probe_watch *watch, int own_pid, double ticks_per_s,
                             struct probe_disturb *disturb)
{
    *disturb = (struct probe_disturb){ 0 };
    if (!(watch->elapsed_s > 0) || !(ticks_per_s > 0))
        return BASE_ERANGE;
    compare_rates(before, after, watch, disturb);
    const double ticks = watch->elapsed_s * ticks_per_s;
    const double own = find_offenders(before, after, own_pid, ticks, disturb);
    if (isnan(own) || compare_cpus(before, after, disturb) != BASE_OK)
        return BASE_ENOMEM;
    const double all = rise(before->total.all, after->total.all);
    const double steal = rise(before->total.steal, after->total.steal);
    const double idle = rise(before->total.idle, after->total.idle);
    disturb->steal_share = all > 0 ? steal / all : 0;
    disturb->busy_cpus = fmax(all - idle - steal - own, 0) / ticks;
    struct probe_findings list = { .arena = &disturb->arena, .items = disturb->findings };
    judge_processors(disturb, &list);
    judge_offenders(disturb, &list);
    judge_memory(disturb, &list);
    if (list.count == 0)
        probe_findings_add(&list, PROBE_OK, "calm", "nothing disturbs now", NULL,
                           "others used %.3f of %zu processors within %.1f s, %.2f %% were stolen",
                           disturb->busy_cpus, disturb->cpu_count, disturb->elapsed_s,
                           disturb->steal_share * 100);
    probe_findings_sort(&list);
    disturb->finding_count = list.count;
    return list.is_out_of_memory ? BASE_ENOMEM : BASE_OK;
}

void probe_disturb_done(struct probe_disturb *disturb)
{
    base_arena_done(&disturb->arena);
    *disturb = (struct probe_disturb){ 0 };
}
