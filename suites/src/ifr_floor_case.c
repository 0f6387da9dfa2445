/* ifr_floor_case.c - what two processors need to tell each other a number through one cache line
 * each way: the floor of the ring, which no protocol over shared memory goes below. It depends on
 * where the host runs the processors: threads of a core, cores of one cache, or of two. */
#include "ifr_service_cases.h"
#include "suite_cores.h"

#include <pthread.h>
#include <sched.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { LINE = 128 /* two lines: some processors fetch the neighbour as well */, SPINS = 4096 };

#define FACTOR UINT64_C(0x9e3779b97f4a7c15) /* odd: no two numbers have one answer */

struct floor {
    alignas(LINE) _Atomic uint64_t question; /* a number from 1; 0: none yet */
    alignas(LINE) _Atomic uint64_t answer;   /* FACTOR times the question that was seen last */
    alignas(LINE) atomic_bool is_over;
    pthread_t other;
    bool has_other;
    struct suite_cores cores;
    uint64_t asked, wrong_at; /* wrong_at 0: all answers were right */
};

/* With one processor for both the other end would never come to run. */
static void relax(unsigned *spins)
{
    if (++*spins % SPINS == 0)
        sched_yield();
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void *other_main(void *argument)
{
    struct floor *const floor = argument;
    uint64_t seen = 0;
    suite_cores_go_other(&floor->cores);
    for (unsigned spins = 0; !atomic_load_explicit(&floor->is_over, memory_order_relaxed);) {
        const uint64_t question = atomic_load_explicit(&floor->question, memory_order_acquire);
        if (question == seen) {
            relax(&spins);
            continue;
        }
        seen = question;
        atomic_store_explicit(&floor->answer, question * FACTOR, memory_order_release);
    }
    return NULL;
}

static void floor_teardown(void *state)
{
    struct floor *const floor = state;
    if (floor == NULL)
        return;
    atomic_store(&floor->is_over, true);
    if (floor->has_other)
        pthread_join(floor->other, NULL);
    suite_cores_close(&floor->cores);
    free(floor);
}

static base_err floor_open(struct bench_env *env, struct floor *floor)
{
    const base_err err = suite_cores_open_place(env, SUITE_CORES_TWO, &floor->cores);
    if (err != BASE_OK)
        return err;
    suite_cores_go_mine(&floor->cores);
    floor->has_other = pthread_create(&floor->other, NULL, other_main, floor) == 0;
    return floor->has_other ? BASE_OK : base_fail(&env->why, BASE_ENOMEM, 0, "no thread");
}

static base_err floor_setup(struct bench_env *env)
{
    struct floor *const floor = aligned_alloc(LINE, sizeof *floor);
    if (floor == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    *floor = (struct floor){ 0 };
    const base_err err = floor_open(env, floor);
    if (err != BASE_OK) {
        floor_teardown(floor);
        return err;
    }
    env->state = floor;
    return BASE_OK;
}

static void floor_run(void *state, uint64_t count)
{
    struct floor *const floor = state;
    unsigned spins = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t question = ++floor->asked;
        const uint64_t before = (question - 1) * FACTOR;
        uint64_t answer;
        atomic_store_explicit(&floor->question, question, memory_order_release);
        while ((answer = atomic_load_explicit(&floor->answer, memory_order_acquire)) == before)
            relax(&spins);
        if (answer != question * FACTOR && floor->wrong_at == 0)
            floor->wrong_at = question;
    }
}

static base_err floor_check(void *state, struct base_why *why)
{
    const struct floor *const floor = state;
    if (floor->wrong_at != 0)
        return base_fail(why, BASE_EWRONG, floor->wrong_at, "question %llu was answered wrongly",
                         (unsigned long long)floor->wrong_at);
    if (atomic_load(&floor->answer) != floor->asked * FACTOR)
        return base_fail(why, BASE_EWRONG, floor->asked, "the last answer is not to question %llu",
                         (unsigned long long)floor->asked);
    return BASE_OK;
}

const struct bench_case ifr_ring_floor_case = {
    .name = "ifr/ring.floor",
    .doc = "a number to another processor and another one back, a cache line each way",
    .item = "round trip",
    .peer_of = "ifr/ring",
    .setup = floor_setup,
    .run = floor_run,
    .check = floor_check,
    .teardown = floor_teardown,
};
