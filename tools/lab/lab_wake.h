/* lab_wake.h - how late this machine wakes a process that sleeps, while other things go on: a child
 * process that sleeps until fixed times and notes when it got the processor.
 */
#ifndef TOOLS_LAB_WAKE_H
#define TOOLS_LAB_WAKE_H

#include <base/err.h>

#include <sys/types.h>

struct lab_wake {
    pid_t pid;            /* internal */
    struct wake_log *log; /* internal: shared */
};

struct lab_wake_times {
    double mean_ns, p50_ns, p9975_ns; /* from a wake-up's time to when it came; NaN: none did */
    size_t count;
};

/* A wake-up every millisecond, from now on; the newest 2^17 count. It ends with the caller. Errors:
 * ENOMEM, EIO. */
BASE_MUST_USE base_err lab_wake_start(struct lab_wake *wake, struct base_why *why);
void lab_wake_stop(struct lab_wake *wake, struct lab_wake_times *times);

#endif
