/* crew.c - meeting by spinning with a yield: a condition variable would add its wake-up, tens of
 * microseconds here, to every batch. */
#define _GNU_SOURCE
#include "crew_internal.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { SPINS_BEFORE_YIELD = 200 };

static void relax(unsigned *spins)
{
    if (++*spins % SPINS_BEFORE_YIELD == 0)
        sched_yield();
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void wait_for(atomic_uint *value, unsigned wanted)
{
    unsigned spins = 0;
    while (atomic_load_explicit(value, memory_order_acquire) != wanted)
        relax(&spins);
}

static void *member_main(void *argument)
{
    struct crew_member *member = argument;
    struct crew *crew = member->crew;
    const struct bench_case *bench = crew->bench;
    if (bench->setup != NULL)
        member->err = bench->setup(&member->env);
    atomic_fetch_add_explicit(&crew->arrived, 1, memory_order_release);
    for (unsigned turn = 1; member->err == BASE_OK; turn += 2) {
        wait_for(&crew->turn, turn);
        if (atomic_load(&crew->is_leaving))
            break;
        bench->run(member->env.state, crew->count);
        atomic_fetch_add_explicit(&crew->arrived, 1, memory_order_release);
    }
    if (member->err == BASE_OK && bench->teardown != NULL)
        bench->teardown(member->env.state);
    return NULL;
}

/* Start thread `index` and wait until it is set up; set-ups run one after the other. */
static base_err member_start(struct crew *crew, uint32_t index)
{
    struct crew_member *member = &crew->members[index];
    const unsigned before = atomic_load(&crew->arrived);
    if (pthread_create(&member->thread, NULL, member_main, member) != 0) {
        base_fail(&member->env.why, BASE_ENOMEM, 0, "cannot start thread %u", index);
        return BASE_ENOMEM;
    }
    wait_for(&crew->arrived, before + 1);
    if (member->err != BASE_OK)
        pthread_join(member->thread, NULL);
    return member->err;
}

static void members_stop(struct crew *crew, uint32_t count)
{
    atomic_store(&crew->is_leaving, true);
    atomic_fetch_or(&crew->turn, 1);
    for (uint32_t i = 1; i < count; i++)
        pthread_join(crew->members[i].thread, NULL);
}

base_err crew_open(struct crew *crew, const struct bench_case *bench, const struct bench_env *env,
                   struct base_why *why)
{
    memset(crew, 0, sizeof *crew);
    crew->bench = bench;
    crew->size = env->threads == 0 ? 1 : env->threads;
    crew->members = calloc(crew->size, sizeof crew->members[0]);
    if (crew->members == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %u threads", crew->size);
    uint32_t ready = 0;
    base_err err = BASE_OK;
    for (; ready < crew->size && err == BASE_OK; ready++) {
        struct crew_member *member = &crew->members[ready];
        member->crew = crew;
        member->env = *env;
        member->env.thread = ready;
        member->env.first = ready == 0 ? NULL : crew->members[0].env.state;
        if (ready > 0)
            err = member_start(crew, ready);
        else if (bench->setup != NULL)
            err = bench->setup(&member->env);
        if (err != BASE_OK) {
            const char *text = member->env.why.text;
            base_fail(why, err, 0, "%s: %s", bench->name,
                      text[0] != '\0' ? text : base_err_text(err));
            break;
        }
    }
    atomic_store(&crew->arrived, 0);
    if (err != BASE_OK) {
        crew->size = ready;
        if (ready > 0)
            crew_close(crew);
        free(crew->members);
        memset(crew, 0, sizeof *crew);
    }
    return err;
}

void crew_close(struct crew *crew)
{
    if (crew->members == NULL)
        return;
    members_stop(crew, crew->size);
    if (crew->size > 0 && crew->bench->teardown != NULL)
        crew->bench->teardown(crew->members[0].env.state);
    free(crew->members);
    memset(crew, 0, sizeof *crew);
}

double crew_run(struct crew *crew, const struct bench_clock *clock, uint64_t count)
{
    void *state = crew->members[0].env.state;
    if (crew->size == 1) {
        const uint64_t start = bench_clock_start(clock);
        crew->bench->run(state, count);
        const uint64_t stop = bench_clock_stop(clock);
        return bench_clock_ns(clock, start, stop);
    }
    crew->count = count;
    const uint64_t start = bench_clock_start(clock);
    atomic_fetch_add_explicit(&crew->turn, 1, memory_order_release);
    crew->bench->run(state, count);
    wait_for(&crew->arrived, crew->size - 1);
    const uint64_t stop = bench_clock_stop(clock);
    atomic_store(&crew->arrived, 0);
    atomic_fetch_add_explicit(&crew->turn, 1, memory_order_release);
    return bench_clock_ns(clock, start, stop);
}

base_err crew_check(struct crew *crew, struct base_why *why)
{
    for (uint32_t i = 0; i < crew->size && crew->bench->check != NULL; i++) {
        struct base_why inner = { 0 };
        const base_err err = crew->bench->check(crew->members[i].env.state, &inner);
        if (err != BASE_OK)
            return base_fail(why, err, 0, "%s: %s", crew->bench->name,
                             inner.text[0] != '\0' ? inner.text : base_err_text(err));
    }
    return BASE_OK;
}
