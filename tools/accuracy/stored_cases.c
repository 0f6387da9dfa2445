/* stored_cases.c - kernels whose work is a parameter, in thousandths: what follows the core's
 * clock, what follows how much of a core is left, and what follows memory, in large pages and in
 * small. */
#define _GNU_SOURCE
#include "stored_cases.h"

#include <base/rng.h>
#include <bench/bench.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { WORK_MAX = 2000, DRAM_LINES = STORED_WALK_BYTES / 64, DRAM_WORK = 10, LARGE_PAGE = 2 << 20 };

struct work {
    uint64_t amount; /* thousandths */
    unsigned char data[WORK_MAX];
    uint32_t (*lines)[16]; /* of dram */
    uint32_t at;
};

static base_err work_setup(struct bench_env *env)
{
    struct work *work = calloc(1, sizeof *work);
    if (work == NULL)
        return BASE_ENOMEM;
    struct base_rng rng;
    base_rng_init(&rng, env->seed);
    for (size_t i = 0; i < WORK_MAX; i++)
        work->data[i] = (unsigned char)base_rng_below(&rng, 256);
    env->state = work;
    return bench_env_count(env, "work", 1, WORK_MAX, &work->amount);
}

static void work_teardown(void *state)
{
    struct work *work = state;
    if (work != NULL)
        free(work->lines);
    free(work);
}

#define WORK                                                                                       \
    {                                                                                              \
        {                                                                                          \
            "work", "1000", "thousandths of the usual work"                                        \
        }                                                                                          \
    }

BENCH(l1, .doc = "FNV-1a over a thousand bytes", .item = "hash", .params = WORK,
      .setup = work_setup, .teardown = work_teardown)
{
    const struct work *work = state;
    BENCH_LOOP(count) {
        uint64_t hash = 14695981039346656037u;
        for (size_t i = 0; i < work->amount; i++)
            hash = (hash ^ work->data[i]) * 1099511628211u;
        BENCH_KEEP(hash);
    }
}

/* Many instructions a cycle: the decimal digits of a thousand numbers. */
BENCH(digits, .doc = "a thousand numbers in decimal", .item = "list", .params = WORK,
      .setup = work_setup, .teardown = work_teardown)
{
    const struct work *work = state;
    BENCH_LOOP(count) {
        char text[8];
        for (size_t i = 0; i < work->amount; i++) {
            uint32_t value = work->data[i] * 251u;
            char *to = text + sizeof text;
            do
                *--to = (char)('0' + value % 10);
            while ((value /= 10) > 0);
            BENCH_KEEP(*to);
        }
    }
}

/* A random cycle (Sattolo, Information Processing Letters 22 (1986) 315) through 128 MiB. */
static base_err walk_setup(struct bench_env *env, int advice)
{
    const base_err err = work_setup(env);
    struct work *work = env->state;
    if (err != BASE_OK)
        return err;
    work->lines = aligned_alloc(LARGE_PAGE, (size_t)DRAM_LINES * 64);
    if (work->lines == NULL)
        return BASE_ENOMEM;
    madvise(work->lines, (size_t)DRAM_LINES * 64, advice);
    struct base_rng rng;
    base_rng_init(&rng, env->seed);
    for (uint32_t i = 0; i < DRAM_LINES; i++)
        work->lines[i][0] = i;
    for (uint32_t i = DRAM_LINES - 1; i > 0; i--) {
        const uint32_t other = (uint32_t)base_rng_below(&rng, i);
        const uint32_t held = work->lines[i][0];
        work->lines[i][0] = work->lines[other][0];
        work->lines[other][0] = held;
    }
    return BASE_OK;
}

static base_err dram_setup(struct bench_env *env)
{
    return walk_setup(env, MADV_HUGEPAGE);
}

static base_err small_pages_setup(struct bench_env *env)
{
    return walk_setup(env, MADV_NOHUGEPAGE);
}

static void walk(struct work *work, uint64_t steps)
{
    uint32_t at = work->at;
    BENCH_LOOP(steps) {
        at = work->lines[at][0];
        BENCH_HIDE(at);
    }
    work->at = at;
}

BENCH(dram, .doc = "a hundred dependent loads from 128 MiB in pages of 2 MiB", .item = "walk",
      .params = WORK, .setup = dram_setup, .teardown = work_teardown)
{
    struct work *work = state;
    walk(work, count * work->amount / DRAM_WORK);
}

BENCH(small_pages, .doc = "the same in pages of 4 KiB", .item = "walk", .params = WORK,
      .setup = small_pages_setup, .teardown = work_teardown)
{
    struct work *work = state;
    walk(work, count * work->amount / DRAM_WORK);
}

const struct bench_case *const stored_cases[STORED_KERNELS] = { &l1, &digits, &dram, &small_pages };
