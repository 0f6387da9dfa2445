/* crew_internal.h - the threads that run one case at once.
 *
 * Thread 0 is the caller. A batch starts when all are waiting and ends when the last is done; the
 * time is taken by thread 0 outside both meetings.
 */
#ifndef BENCH_CREW_INTERNAL_H
#define BENCH_CREW_INTERNAL_H

#include <bench/case.h>
#include <bench/clock.h>

#include <pthread.h>
#include <stdatomic.h>

enum { CREW_MAX = 256 };

struct crew_member {
    struct crew *crew;
    pthread_t thread;
    struct bench_env env;
    base_err err;
};

struct crew {
    const struct bench_case *bench;
    uint32_t size;
    struct crew_member *members; /* [size] */
    uint64_t count;              /* items of the batch about to run */
    atomic_uint turn;            /* odd: a batch runs; even: between batches */
    atomic_uint arrived;         /* members that wait for the next turn */
    atomic_bool is_leaving;
};

/* Set every member up, thread 0 first. On failure nothing is left behind; why says which. */
BASE_MUST_USE base_err crew_open(struct crew *crew, const struct bench_case *bench,
                                 const struct bench_env *env, struct base_why *why);
void crew_close(struct crew *crew);

/* One batch: `count` items in each thread. Returns its time, clock cost subtracted. */
double crew_run(struct crew *crew, const struct bench_clock *clock, uint64_t count);

/* All members' checks; the first failure is the answer. */
BASE_MUST_USE base_err crew_check(struct crew *crew, struct base_why *why);

#endif
