/* suite_null.c - the instrument measures itself: nothing, known steps, known delays, known memory.
 *
 * Every case here has an answer that is known before it is measured, so that a wrong number is the
 * instrument's fault. The checks count the items and compute the result by another route.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RUSAGE_THREAD */
#endif
#include <suite/suite.h>

#include "null_memory.h"
#include "suite_claims.h"

#include <bench/keep.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

SUITE_CLAIMS(null);

/* null/empty, null/loop */

struct counted {
    uint64_t asked; /* items that run was asked for */
    uint64_t done;  /* steps that were made */
};

static base_err counted_setup(struct bench_env *env)
{
    env->state = calloc(1, sizeof(struct counted));
    return env->state != NULL ? BASE_OK : base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
}

static void empty_run(void *state, uint64_t count)
{
    (void)state;
    (void)count;
    __asm__ volatile("");
}

static void loop_run(void *state, uint64_t count)
{
    struct counted *counted = state;
    uint64_t done = 0;
    for (; done < count; done++)
        __asm__ volatile("");
    counted->asked += count;
    counted->done += done;
}

static base_err loop_check(void *state, struct base_why *why)
{
    const struct counted *counted = state;
    if (counted->done == counted->asked)
        return BASE_OK;
    return base_fail(why, BASE_EWRONG, 0, "%llu steps were made instead of %llu",
                     (unsigned long long)counted->done, (unsigned long long)counted->asked);
}

/* null/step: one xorshift step depends on the one before (Marsaglia, J. Stat. Softw. 8 (2003) 14).
 * It is linear over bits, so the check jumps to the same place by powers of its matrix. */

enum { STEP_START = 88172645 };

struct stepped {
    uint64_t x;
    uint64_t steps;
};

static uint64_t step_of(uint64_t x)
{
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

static base_err step_setup(struct bench_env *env)
{
    struct stepped *stepped = calloc(1, sizeof *stepped);
    if (stepped == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    stepped->x = STEP_START;
    env->state = stepped;
    return BASE_OK;
}

static void step_run(void *state, uint64_t count)
{
    struct stepped *stepped = state;
    uint64_t x = stepped->x;
    BENCH_LOOP(count) {
        x = step_of(x);
        BENCH_HIDE(x);
    }
    stepped->x = x;
    stepped->steps += count;
}

static uint64_t matrix_apply(const uint64_t columns[64], uint64_t x)
{
    uint64_t result = 0;
    for (; x != 0; x &= x - 1)
        result ^= columns[__builtin_ctzll(x)];
    return result;
}

/* Where `steps` steps lead from x: square and multiply. */
static uint64_t step_jump(uint64_t x, uint64_t steps)
{
    uint64_t power[64], square[64];
    for (unsigned bit = 0; bit < 64; bit++)
        power[bit] = step_of(UINT64_C(1) << bit);
    for (; steps != 0; steps >>= 1) {
        if (steps & 1)
            x = matrix_apply(power, x);
        for (unsigned bit = 0; bit < 64; bit++)
            square[bit] = matrix_apply(power, power[bit]);
        memcpy(power, square, sizeof power);
    }
    return x;
}

static base_err step_check(void *state, struct base_why *why)
{
    const struct stepped *stepped = state;
    const uint64_t expected = step_jump(STEP_START, stepped->steps);
    if (stepped->x == expected)
        return BASE_OK;
    return base_fail(why, BASE_EWRONG, 0, "%llu steps lead to %016llx, not to %016llx",
                     (unsigned long long)stepped->steps, (unsigned long long)expected,
                     (unsigned long long)stepped->x);
}

/* null/spin: item i ends when i times the delay have passed since the batch began, so that the
 * batch lasts as long as it says, however slow the clock is. */

struct spun {
    uint64_t delay_ns;
    uint64_t batches, short_batches;
};

static uint64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static base_err spin_setup(struct bench_env *env)
{
    uint64_t delay_ns;
    const base_err err = bench_env_count(env, "ns", 100, 1000000000, &delay_ns);
    if (err != BASE_OK)
        return err;
    struct spun *spun = calloc(1, sizeof *spun);
    if (spun == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    spun->delay_ns = delay_ns;
    env->state = spun;
    return BASE_OK;
}

static void spin_run(void *state, uint64_t count)
{
    struct spun *spun = state;
    const uint64_t start = monotonic_ns();
    uint64_t now = start, until = start;
    BENCH_LOOP(count) {
        until += spun->delay_ns;
        while (now < until)
            now = monotonic_ns();
    }
    spun->batches++;
    spun->short_batches += now - start < count * spun->delay_ns;
}

static base_err spin_check(void *state, struct base_why *why)
{
    const struct spun *spun = state;
    if (spun->batches > 0 && spun->short_batches == 0)
        return BASE_OK;
    return base_fail(why, BASE_EWRONG, 0, "%llu of %llu batches were shorter than their delay",
                     (unsigned long long)spun->short_batches, (unsigned long long)spun->batches);
}

/* null/malloc */

struct allocated {
    uint64_t size;
    uint64_t failures;
};

static base_err malloc_setup(struct bench_env *env)
{
    uint64_t size;
    const base_err err = bench_env_count(env, "size", 1, 1 << 20, &size);
    if (err != BASE_OK)
        return err;
    struct allocated *allocated = calloc(1, sizeof *allocated);
    if (allocated == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    allocated->size = size;
    env->state = allocated;
    bench_env_fact(env, "expected_allocs", 1, "1");
    bench_env_fact(env, "expected_alloc_bytes", (double)size, "B");
    return BASE_OK;
}

static void malloc_run(void *state, uint64_t count)
{
    struct allocated *allocated = state;
    BENCH_LOOP(count) {
        void *memory = malloc(allocated->size);
        BENCH_HIDE(memory);
        allocated->failures += memory == NULL;
        free(memory);
    }
}

static base_err malloc_check(void *state, struct base_why *why)
{
    const struct allocated *allocated = state;
    if (allocated->failures == 0)
        return BASE_OK;
    return base_fail(why, BASE_EWRONG, 0, "%llu allocations of %llu bytes failed",
                     (unsigned long long)allocated->failures, (unsigned long long)allocated->size);
}

static const struct bench_case case_empty = {
    .name = "null/empty",
    .doc = "nothing at all: the floor of the instrument",
    .setup = counted_setup,
    .run = empty_run,
    .teardown = free,
};

static const struct bench_case case_loop = {
    .name = "null/loop",
    .doc = "an empty loop: one increment, one compare, one branch",
    .item = "step",
    .setup = counted_setup,
    .run = loop_run,
    .check = loop_check,
    .teardown = free,
};

static const struct bench_case case_step = {
    .name = "null/step",
    .doc = "a xorshift step that waits for the one before: six dependent operations",
    .item = "step",
    .setup = step_setup,
    .run = step_run,
    .check = step_check,
    .teardown = free,
};

static const struct bench_case case_spin = {
    .name = "null/spin",
    .doc = "a known delay: read the clock until the time has passed",
    .item = "delay",
    .params = { { "ns", "1000,100000", "length of the delay in nanoseconds" } },
    .setup = spin_setup,
    .run = spin_run,
    .check = spin_check,
    .teardown = free,
};

static const struct bench_case case_malloc = {
    .name = "null/malloc",
    .doc = "one malloc and its free: exactly one allocation of a known size",
    .item = "allocation",
    .params = { { "size", "64", "bytes asked for" } },
    .setup = malloc_setup,
    .run = malloc_run,
    .check = malloc_check,
    .teardown = free,
};

static const struct bench_case *const null_cases[] = {
    &case_empty, &case_loop, &case_step, &case_spin, &suite_null_l1, &suite_null_dram, &case_malloc,
};

const struct suite suite_null = {
    .name = "null",
    .doc = "the instrument measures itself: nothing, known steps, known delays, known memory",
    .cases = null_cases,
    .case_count = SUITE_COUNT(null_cases),
    .claims_yaml = suite_claims_null,
};
