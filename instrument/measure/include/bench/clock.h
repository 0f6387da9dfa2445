/* clock.h - the clock that times batches.
 *
 * The time-stamp counter where it is invariant (CPUID 0x80000007 EDX bit 8), else CLOCK_MONOTONIC.
 * Threads   an opened clock is read-only and may be shared
 * Source    Intel SDM vol. 3B 18.17.1; Paoloni, "How to Benchmark Code Execution Times" (2010) for
 *           the fences around RDTSC and RDTSCP
 */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct bench_clock {
    bool is_tsc;
    double ns_per_tick;   /* 1 for CLOCK_MONOTONIC */
    double cost_ns;       /* median of an empty start-stop pair; subtracted by bench_clock_ns */
    double resolution_ns; /* smallest step seen between two readings */
};

/* Measure the clock itself: takes about 12 ms when it is the counter (its rate is found by
 * comparing it with CLOCK_MONOTONIC), 1 ms else. */
void bench_clock_open(struct bench_clock *clock);

/* The same with the counter's rate known from another clock of this machine (its ns_per_tick),
 * which saves the search; 0: search. A clock that is not the counter does not look at it. */
void bench_clock_open_rate(struct bench_clock *clock, double ns_per_tick);

/* CLOCK_MONOTONIC in nanoseconds: for budgets and deadlines. */
uint64_t bench_clock_now_ns(void);

/* Time of the interval between two readings, reading cost subtracted, never negative. */
double bench_clock_ns(const struct bench_clock *clock, uint64_t start, uint64_t stop);

/* A reading before and after what is timed. */
static inline uint64_t bench_clock_start(const struct bench_clock *clock)
{
#if defined(__x86_64__)
    if (clock->is_tsc) {
        __builtin_ia32_lfence();
        const uint64_t ticks = __builtin_ia32_rdtsc();
        __builtin_ia32_lfence();
        return ticks;
    }
#endif
    (void)clock;
    return bench_clock_now_ns();
}

static inline uint64_t bench_clock_stop(const struct bench_clock *clock)
{
#if defined(__x86_64__)
    if (clock->is_tsc) {
        unsigned processor = 0;
        const uint64_t ticks = __builtin_ia32_rdtscp(&processor);
        __builtin_ia32_lfence();
        return ticks;
    }
#endif
    (void)clock;
    return bench_clock_now_ns();
}

#endif
