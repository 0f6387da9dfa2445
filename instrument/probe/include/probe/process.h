/* process.h - what one process uses, from /proc.
 *
 * Threads   no shared state
 */
#ifndef PROBE_PROCESS_H
#define PROBE_PROCESS_H

#include <base/err.h>

/* -1: not told (no permission, kernel without smaps_rollup). */
struct probe_process {
    int64_t rss_bytes;         /* resident, shared pages in full; now */
    int64_t peak_rss_bytes;    /* VmHWM */
    int64_t pss_bytes;         /* resident, a shared page divided by its sharers */
    int64_t uss_bytes;         /* resident and private: what its end would free */
    int64_t large_pages_bytes; /* anonymous memory in the processor's large pages */
    int64_t swap_bytes;
    int64_t threads;
    int64_t descriptors; /* open files */
    int64_t user_ns;     /* of all threads, also ended ones; in kernel ticks (10 ms as a rule) */
    int64_t system_ns;
    int64_t voluntary_switches; /* of the threads that live */
    int64_t involuntary_switches;
    int64_t minor_faults;
    int64_t major_faults;
};

/* Read a process; `root` as in host.h, pid 0: the calling process.
 * Errors: ENOTFOUND (no such process), EINVALID (/proc/PID/stat is not as proc(5) says) */
BASE_MUST_USE base_err probe_process_read(const char *root, int pid, struct probe_process *process,
                                          struct base_why *why);

#endif
