/* doctor.c - one small check per property of the machine; the table at the end is the examination.
 */
#include <probe/doctor.h>

#include "finding_internal.h"

#include <math.h>
#include <string.h>

struct patient {
    const struct probe_host *host;
    const struct probe_disturb *disturb;
    const struct probe_floor *floor;
    const int *cpus;
    size_t cpu_count;
};

typedef void check_fn(const struct patient *patient, struct probe_findings *list);

static const double sibling_busy = 0.05;   /* share from where a sibling slows its core down */
static const double load_note = 0.25;      /* load over processors */
static const double available_note = 0.10; /* share of memory */

static void check_governor(const struct patient *patient, struct probe_findings *list)
{
    const char *governor = patient->host->governor;
    if (governor == NULL)
        return;
    if (strcmp(governor, "performance") == 0)
        probe_findings_add(list, PROBE_OK, "governor", "the frequency governor holds the speed",
                           NULL, "scaling_governor is performance");
    else
        probe_findings_add(list, PROBE_WARNING, "governor",
                           "the frequency governor changes the processors' speed",
                           "cpupower frequency-set -g performance",
                           "scaling_governor is %s, not performance", governor);
}

static void check_turbo(const struct patient *patient, struct probe_findings *list)
{
    const struct probe_host *host = patient->host;
    if (host->boost == 0)
        probe_findings_add(list, PROBE_OK, "turbo", "turbo is off", NULL,
                           "the kernel says that boost is off");
    else if (host->boost == 1)
        probe_findings_add(list, PROBE_NOTE, "turbo",
                           "turbo is on: speed depends on heat and on what other cores do",
                           "echo 0 > /sys/devices/system/cpu/cpufreq/boost, or "
                           "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo",
                           "the kernel says that boost is on");
}

static void check_tsc(const struct patient *patient, struct probe_findings *list)
{
    const struct probe_host *host = patient->host;
    const char *source = host->clocksource != NULL ? host->clocksource : "not told";
    if (host->invariant_tsc == 0)
        probe_findings_add(
            list, PROBE_WARNING, "tsc", "the time stamp counter is not invariant",
            "nothing to change: times are taken from CLOCK_MONOTONIC, which costs more",
            "constant_tsc and nonstop_tsc are not both in /proc/cpuinfo; clock source %s", source);
    else if (host->invariant_tsc == 1)
        probe_findings_add(list, PROBE_OK, "tsc", "the time stamp counter is invariant", NULL,
                           "constant_tsc and nonstop_tsc; clock source %s", source);
    if (host->clocksource != NULL &&
        (strcmp(host->clocksource, "hpet") == 0 || strcmp(host->clocksource, "acpi_pm") == 0))
        probe_findings_add(list, PROBE_WARNING, "clocksource",
                           "the kernel's clock is read from a slow device",
                           "boot with tsc=reliable if the counter is known to be good",
                           "current_clocksource is %s: about 1 us a reading", host->clocksource);
}

static void check_hypervisor(const struct patient *patient, struct probe_findings *list)
{
    const struct probe_host *host = patient->host;
    if (host->hypervisor != NULL)
        probe_findings_add(list, PROBE_NOTE, "hypervisor",
                           "this is a virtual machine: neighbours change its speed unseen",
                           "compare only what was interleaved, or times at reference speed",
                           "hypervisor %s", host->hypervisor);
    if (!isnan(host->steal_share) && host->steal_share >= 0.01)
        probe_findings_add(list, PROBE_NOTE, "steal_since_boot",
                           "the hypervisor has been taking processor time away",
                           "measure at another time, or on a machine of your own",
                           "%.2f %% of all time since boot", host->steal_share * 100);
}

static bool is_measured_on(const struct patient *patient, int cpu)
{
    if (patient->cpu_count == 0)
        return true;
    for (size_t i = 0; i < patient->cpu_count; i++)
        if (patient->cpus[i] == cpu)
            return true;
    return false;
}

static double busy_of(const struct probe_disturb *disturb, int cpu)
{
    for (size_t i = 0; i < disturb->cpu_count; i++)
        if (disturb->cpu_ids[i] == cpu)
            return disturb->cpu_busy[i];
    return 0;
}

/* The busiest processor that shares a core with one that is measured on. */
static int busiest_sibling(const struct patient *patient, double *busy)
{
    const struct probe_host *host = patient->host;
    int worst = PROBE_UNKNOWN;
    *busy = 0;
    for (int i = 0; i < host->cpu_count; i++) {
        for (int k = 0; k < host->cpu_count; k++) {
            if (i == k || host->cpus[i].core != host->cpus[k].core ||
                !is_measured_on(patient, host->cpus[i].id))
                continue;
            const double share = busy_of(patient->disturb, host->cpus[k].id);
            if (share > *busy) {
                *busy = share;
                worst = host->cpus[k].id;
            }
        }
    }
    return worst;
}

static void check_smt(const struct patient *patient, struct probe_findings *list)
{
    const struct probe_host *host = patient->host;
    if (host->cpu_count == 0)
        return;
    if (host->cpu_count <= host->cores) {
        probe_findings_add(list, PROBE_OK, "smt", "no two processors share a core", NULL,
                           "%d processors on %d cores, as far as the topology tells",
                           host->cpu_count, host->cores);
        return;
    }
    double busy = 0;
    const int cpu = patient->disturb != NULL ? busiest_sibling(patient, &busy) : PROBE_UNKNOWN;
    if (busy >= sibling_busy)
        probe_findings_add(list, PROBE_WARNING, "smt_busy",
                           "the sibling of a processor to measure on is busy",
                           "keep it free with --cpu-affinity, or switch SMT off: "
                           "echo off > /sys/devices/system/cpu/smt/control",
                           "processor %d was %.0f %% busy", cpu, busy * 100);
    else
        probe_findings_add(list, PROBE_NOTE, "smt", "two processors share a core",
                           "measure on one of each pair: --cpu-affinity",
                           "%d processors on %d cores", host->cpu_count, host->cores);
}

static void check_memory_layout(const struct patient *patient, struct probe_findings *list)
{
    const struct probe_host *host = patient->host;
    if (host->aslr > 0)
        probe_findings_add(
            list, PROBE_NOTE, "aslr",
            "addresses differ from process to process, and times with them",
            "nothing to change: several fresh processes are measured, so that the interval has it",
            "randomize_va_space is %d", host->aslr);
    else if (host->aslr == 0)
        probe_findings_add(list, PROBE_NOTE, "aslr",
                           "addresses are the same in each process: one layout stands for all",
                           "echo 2 > /proc/sys/kernel/randomize_va_space",
                           "randomize_va_space is 0");
    if (host->thp != NULL && strcmp(host->thp, "always") == 0)
        probe_findings_add(list, PROBE_NOTE, "thp",
                           "the kernel may merge pages at any time: memory gets faster in jumps",
                           "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled",
                           "transparent huge pages: always");
    else if (host->thp != NULL)
        probe_findings_add(list, PROBE_OK, "thp", "huge pages are given on request only", NULL,
                           "transparent huge pages: %s", host->thp);
}

static void check_load(const struct patient *patient, struct probe_findings *list)
{
    const struct probe_host *host = patient->host;
    const double load = host->cpu_count > 0 ? host->load_1 / host->cpu_count : NAN;
    const enum probe_severity severity =
        probe_severity_of(load, load_note, 2 * load_note, INFINITY);
    if (severity > PROBE_OK)
        probe_findings_add(list, severity, "load", "the machine has been busy in the last minute",
                           "wait until it is calm",
                           "load %.2f on %d processors (it counts what has ended, too)",
                           host->load_1, host->cpu_count);
    else if (!isnan(load))
        probe_findings_add(list, PROBE_OK, "load", "the machine has been calm in the last minute",
                           NULL, "load %.2f on %d processors", host->load_1, host->cpu_count);
    const double available =
        host->memory_bytes > 0 ? (double)host->available_bytes / (double)host->memory_bytes : NAN;
    if (available < available_note && host->available_bytes > 0)
        probe_findings_add(list, PROBE_WARNING, "memory_short", "little memory is free",
                           "end what uses it", "%.1f %% of memory is available", available * 100);
}

static void check_limits(const struct patient *patient, struct probe_findings *list)
{
    const struct probe_host *host = patient->host;
    if (host->cgroup_cpus < host->cpu_count)
        probe_findings_add(list, PROBE_WARNING, "cgroup_cpus",
                           "a quota stops processes for the rest of each period once it is used up",
                           "lift the quota (cpu.max; docker run without --cpus), or bind to "
                           "processors instead (cpuset)",
                           "%.2f of %d processors", host->cgroup_cpus, host->cpu_count);
    if (host->cgroup_memory_bytes > 0 && host->cgroup_memory_bytes < host->memory_bytes)
        probe_findings_add(list, PROBE_NOTE, "cgroup_memory", "memory is limited for this process",
                           NULL, "%.0f MiB of %.0f MiB", (double)host->cgroup_memory_bytes / 0x1p20,
                           (double)host->memory_bytes / 0x1p20);
    if (host->container != NULL)
        probe_findings_add(
            list, PROBE_NOTE, "container",
            "this is a container: other processes of the machine may not be seen from here",
            "look at the host, too", "%s", host->container);
    if (host->on_battery == 1)
        probe_findings_add(list, PROBE_WARNING, "battery", "the machine runs on its battery",
                           "plug it in: firmware lowers the speed", "the mains are offline");
}

static void check_counters(const struct patient *patient, struct probe_findings *list)
{
    const struct probe_host *host = patient->host;
    const int level = host->perf_paranoid;
    if (host->has_pmu == 0)
        probe_findings_add(list, PROBE_NOTE, "pmu", "there are no hardware counters",
                           "count instructions with --instructions (callgrind)",
                           "no processor PMU in /sys/bus/event_source/devices");
    else if (host->has_pmu == 1 && level != PROBE_PARANOID_UNKNOWN && level > 2)
        probe_findings_add(list, PROBE_NOTE, "perf_paranoid",
                           "hardware counters are there, but not for ordinary users",
                           "sysctl kernel.perf_event_paranoid=2", "perf_event_paranoid is %d",
                           level);
    else if (host->has_pmu == 1)
        probe_findings_add(list, PROBE_OK, "pmu", "hardware counters are there", NULL,
                           "a processor PMU; perf_event_paranoid %d", level);
    if (host->is_mitigation_off)
        probe_findings_add(list, PROBE_NOTE, "mitigations",
                           "mitigations are off: system calls are faster than elsewhere",
                           "compare only with machines set up alike", "mitigations=off");
}

static void check_wander(struct probe_findings *list, const char *id, const char *what,
                         double wander, double note)
{
    if (isnan(wander))
        return;
    const enum probe_severity severity = probe_severity_of(wander, note, 3 * note, 10 * note);
    probe_findings_add(list, severity, id, what,
                       severity > PROBE_OK
                           ? "use times at reference speed; end what disturbs; measure longer"
                           : NULL,
                       "standard deviation %.2f %% of the mean", wander * 100);
}

static void check_floor(const struct patient *patient, struct probe_findings *list)
{
    const struct probe_floor *floor = patient->floor;
    if (floor == NULL)
        return;
    check_wander(list, "core_wander", "how far the core-bound reference wanders",
                 floor->core_wander, 0.01);
    check_wander(list, "memory_wander", "how far the memory-bound reference wanders",
                 floor->memory_wander, 0.03);
    if (!isnan(floor->clock_cost_ns) && !isnan(floor->clock_resolution_ns))
        probe_findings_add(list,
                           probe_severity_of(fmax(floor->clock_cost_ns, floor->clock_resolution_ns),
                                             100, 1000, INFINITY),
                           "clock", "what reading the clock costs and shows", NULL,
                           "%.1f ns a reading, steps of %.2f ns", floor->clock_cost_ns,
                           floor->clock_resolution_ns);
}

static void take_over_disturbances(const struct patient *patient, struct probe_findings *list)
{
    for (size_t i = 0; patient->disturb != NULL && i < patient->disturb->finding_count; i++) {
        const struct probe_finding *found = &patient->disturb->findings[i];
        probe_findings_add(list, found->severity, found->id, found->what, found->advice, "%s",
                           found->evidence);
    }
}

base_err probe_doctor(const struct probe_host *host, const struct probe_disturb *disturb,
                      const struct probe_floor *floor, const int *cpus, size_t cpu_count,
                      struct probe_report *report)
{
    static check_fn *const checks[] = {
        take_over_disturbances, check_floor,         check_load,     check_limits,
        check_governor,         check_turbo,         check_smt,      check_tsc,
        check_hypervisor,       check_memory_layout, check_counters,
    };
    *report = (struct probe_report){ 0 };
    const struct patient patient = { host, disturb, floor, cpus, cpu_count };
    struct probe_findings list = { .arena = &report->arena, .items = report->findings };
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        checks[i](&patient, &list);
    probe_findings_sort(&list);
    report->finding_count = list.count;
    report->verdict = list.count > 0 ? list.items[0].severity : PROBE_OK;
    return list.is_out_of_memory ? BASE_ENOMEM : BASE_OK;
}

void probe_report_done(struct probe_report *report)
{
    base_arena_done(&report->arena);
    *report = (struct probe_report){ 0 };
}
