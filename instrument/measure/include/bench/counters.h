/* counters.h - what the processor and the kernel count while code runs.
 *
 * Hardware counters through perf_event_open where there is a performance monitoring unit and the
 * kernel lets us; context switches, page faults and migrations always (perf_event, else getrusage).
 * Threads   counts the process with the threads it starts after opening
 */
#ifndef BENCH_COUNTERS_H
#define BENCH_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_COUNTERS_MAX = 8 };

struct bench_counted {
    const char *name; /* "instructions"; a literal */
    double value;     /* scaled when the kernel had to share the unit's registers */
};

struct bench_counters {
    int fds[BENCH_COUNTERS_MAX]; /* -1: this one is not to be had */
    uint64_t switches, faults;   /* getrusage at the start */
};

/* Never fails: what cannot be counted is left out of the answers. */
void bench_counters_open(struct bench_counters *counters);
void bench_counters_close(struct bench_counters *counters);

void bench_counters_start(struct bench_counters *counters);

/* out       [BENCH_COUNTERS_MAX + 2]; returns how many were filled */
size_t bench_counters_stop(struct bench_counters *counters, struct bench_counted *out);

/* Is there any hardware counter? For doctor and for the tests. */
bool bench_counters_have_hardware(const struct bench_counters *counters);

#endif
