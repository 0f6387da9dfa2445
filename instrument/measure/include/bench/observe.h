/* observe.h - running a case for somebody who watches its process: a profiler.
 *
 * Nothing is timed and no result comes out: the case runs in a worker of its own after it was
 * measured, and the watcher is told which process it is, when batches run, and how many items were
 * run meanwhile. Set-up, warm-up and check lie outside.
 * Threads   the callbacks are called by the caller's thread
 */
#ifndef BENCH_OBSERVE_H
#define BENCH_OBSERVE_H

#include <bench/drive.h>

#include <sys/types.h>

/* Each may be NULL. An error of one ends the run and is passed on. */
struct bench_observer {
    void *context;
    base_err (*begin)(void *context, pid_t pid, struct base_why *why); /* warm, idle, alive */
    void (*running)(void *context, bool is_running);
    /* Asked between batches: was as much seen as the duration promised? On a busy machine batches
     * take longer than the processor works on them. NULL: the batches' own time counts. */
    bool (*has_enough)(void *context);
    /* A place that allocates: return addresses in the worker, [count] innermost first. */
    base_err (*allocated)(void *context, const uint64_t *addresses, size_t count, double calls,
                          double bytes, struct base_why *why);
    base_err (*end)(void *context, double items, struct base_why *why); /* idle, still alive */
};

/* Run batches, as long as measuring would make them, until they took `duration_ns` in all and the
 * watcher has enough, at most for three times as long.
 *
 *   plan     threads, seed, cpus, timeout and interrupted hold; warm-up and measuring do not
 *
 * Errors   those of bench_drive_case, EINTERRUPTED, the observer's
 */
BASE_MUST_USE base_err bench_drive_observe(const struct bench_launch *launch,
                                           const struct bench_plan *plan,
                                           const struct bench_target *target, uint64_t duration_ns,
                                           const struct bench_observer *observer,
                                           struct base_why *why);

/* Run enough items to see some ten thousand allocations, all of them recorded where they are few,
 * else a random choice by size that is scaled up (poisson sampling, as tcmalloc and Go do).
 *
 *   period   out: mean bytes between two recorded allocations; 0: all were recorded
 *   dropped  out: allocations whose stack did not fit any more, scaled up
 *
 * Errors   as above, EUNSUPPORTED (the worker cannot: no libbench, a sanitizer)
 */
BASE_MUST_USE base_err bench_drive_allocations(const struct bench_launch *launch,
                                               const struct bench_plan *plan,
                                               const struct bench_target *target,
                                               const struct bench_observer *observer,
                                               double *period, double *dropped,
                                               struct base_why *why);

#endif
