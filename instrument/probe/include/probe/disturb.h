/* disturb.h - what disturbs measuring on this machine right now.
 *
 * Two looks at /proc, an interval apart, and the run queue in between; the difference is what other
 * processes, the hypervisor and the kernel did meanwhile. The looks and the judgement are apart, so
 * that tests judge written-down looks.
 *
 * Ownership every pointer lives in the arena of the object it is in
 * Threads   no shared state
 */
#ifndef PROBE_DISTURB_H
#define PROBE_DISTURB_H

#include <base/arena.h>
#include <base/err.h>
#include <probe/finding.h>
#include <probe/host.h>

enum {
    PROBE_OFFENDER_MAX = 8,
    PROBE_TASK_NAME_SIZE = 16,
    PROBE_TASK_MAX = 1 << 20, /* processes looked at */
};

struct probe_ticks { /* of one processor, in kernel ticks since boot */
    int cpu;
    uint64_t all, idle, steal;
};

struct probe_task {
    int pid;
    uint64_t started; /* tells a pid that was used again */
    uint64_t ticks;   /* user and system */
    char name[PROBE_TASK_NAME_SIZE];
};

/* One look. Counters that are not there are 0 in both looks and so make no difference; the has_
 * fields say which are absent. */
struct probe_look {
    struct base_arena arena;
    struct probe_ticks total;
    struct probe_ticks *cpus; /* [cpu_count] */
    size_t cpu_count;
    struct probe_task *tasks; /* [task_count] ascending pid */
    size_t task_count;
    uint64_t interrupts, switches;
    uint64_t swap_pages; /* in and out */
    uint64_t major_faults;
    bool has_pressure;
    uint64_t pressure_cpu_us, pressure_memory_us, pressure_io_us; /* "some" */
};

/* What is seen between two looks rather than in them; NaN: not seen. */
struct probe_watch {
    double elapsed_s;
    double run_queue_mean, run_queue_max; /* threads running or ready, without the one that looks */
    double mhz_low, mhz_high;
};

struct probe_offender {
    int pid;
    char name[PROBE_TASK_NAME_SIZE];
    double cpus; /* processor time over wall time */
};

struct probe_disturb {
    struct base_arena arena;
    double elapsed_s;
    size_t cpu_count;
    double steal_share; /* of the time of all processors */
    double busy_cpus;   /* processors kept busy by others, also by processes that came and went */
    double *cpu_busy;   /* [cpu_count] share, own use included */
    int *cpu_ids;       /* [cpu_count] */
    struct probe_offender offenders[PROBE_OFFENDER_MAX]; /* most first */
    size_t offender_count;
    double run_queue_mean, run_queue_max;
    double interrupts_per_s, switches_per_s;
    double swap_pages_per_s, major_faults_per_s;
    double pressure_cpu, pressure_memory, pressure_io; /* share of time somebody waited; NaN */
    double mhz_low, mhz_high;
    struct probe_finding
        findings[PROBE_FINDING_MAX]; /* worst first; one PROBE_OK when all is calm */
    size_t finding_count;
};

/* Look once; `root` as in host.h. Errors: ENOTFOUND (no /proc/stat), ENOMEM */
BASE_MUST_USE base_err probe_look_take(const char *root, struct probe_look *look,
                                       struct base_why *why);
void probe_look_done(struct probe_look *look);

/* Judge two looks.
 *
 *   own_pid        process whose use is not a disturbance; 0: none
 *   ticks_per_s    of the kernel's counters (100)
 *   disturb        out: valid for probe_disturb_done whatever the answer
 *
 * Errors   ERANGE (elapsed_s not above 0), ENOMEM
 */
BASE_MUST_USE base_err probe_disturb_judge(const struct probe_look *before,
                                           const struct probe_look *after,
                                           const struct probe_watch *watch, int own_pid,
                                           double ticks_per_s, struct probe_disturb *disturb);

/* Watch the machine for `interval_ns` (50 ms .. 60 s; 500 ms is enough to see a per cent) and
 * judge. The calling process sleeps meanwhile. Errors: ERANGE, ENOTFOUND, ENOMEM */
BASE_MUST_USE base_err probe_disturb_sample(const char *root, uint64_t interval_ns,
                                            struct probe_disturb *disturb, struct base_why *why);
void probe_disturb_done(struct probe_disturb *disturb);

#endif
