/* null_memory.c - the same two kernels that tell good tools from bad ones: one lives in the
 * first-level cache, the other waits for memory. Their speeds move with the host in different ways.
 */
#include "null_memory.h"

#include <base/rng.h>
#include <bench/keep.h>

#include <stdlib.h>
#include <string.h>

/* null/l1: FNV-1a with 64 bits (Fowler, Noll and Vo; draft-eastlake-fnv). */

enum { L1_SIZE = 1024 };

struct hashed {
    uint8_t data[L1_SIZE];
    uint64_t digest; /* of the last item; starts as the next item's offset */
    uint64_t items;
};

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME  UINT64_C(0x00000100000001b3)

static uint64_t fnv1a(const uint8_t *data, size_t size)
{
    uint64_t hash = FNV_OFFSET;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ data[i]) * FNV_PRIME;
    return hash;
}

static base_err l1_setup(struct bench_env *env)
{
    struct hashed *hashed = calloc(1, sizeof *hashed);
    if (hashed == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    struct base_rng rng;
    base_rng_init(&rng, env->seed);
    for (size_t i = 0; i < L1_SIZE; i++)
        hashed->data[i] = (uint8_t)base_rng_u64(&rng);
    env->state = hashed;
    env->bytes_per_item = L1_SIZE;
    return BASE_OK;
}

static void l1_run(void *state, uint64_t count)
{
    struct hashed *hashed = state;
    BENCH_LOOP(count) {
        const uint8_t *data = hashed->data;
        BENCH_HIDE(data);
        hashed->digest = fnv1a(data, L1_SIZE);
    }
    hashed->items += count;
}

/* The function is right on the published vector, and the last item is what it gives. */
static base_err l1_check(void *state, struct base_why *why)
{
    const struct hashed *hashed = state;
    if (fnv1a((const uint8_t *)"foobar", 6) != UINT64_C(0x85944171f73967e8))
        return base_fail(why, BASE_EWRONG, 0, "FNV-1a of \"foobar\" is wrong");
    if (hashed->items > 0 && hashed->digest != fnv1a(hashed->data, L1_SIZE))
        return base_fail(why, BASE_EWRONG, 0, "the digest %016llx is wrong",
                         (unsigned long long)hashed->digest);
    return BASE_OK;
}

const struct bench_case suite_null_l1 = {
    .name = "null/l1",
    .doc = "FNV-1a of 1 KiB in the first-level cache, bound by the core's multiplier",
    .item = "hash",
    .setup = l1_setup,
    .run = l1_run,
    .check = l1_check,
    .teardown = free,
};

/* null/dram: a walk along one cycle through all lines of 128 MiB, in random order. */

enum {
    DRAM_SIZE = 128 << 20,
    DRAM_LINE = 64,
    DRAM_LINES = DRAM_SIZE / DRAM_LINE,
    DRAM_LOADS = 100
};

struct line {
    struct line *next;
    uint64_t place; /* on the cycle, 0 .. DRAM_LINES-1 */
    uint8_t rest[DRAM_LINE - sizeof(void *) - sizeof(uint64_t)];
};

struct walk {
    struct line *lines; /* [DRAM_LINES] */
    const struct line *at;
    uint64_t loads;
};

static void dram_teardown(void *state)
{
    struct walk *walk = state;
    if (walk != NULL)
        free(walk->lines);
    free(walk);
}

/* Sattolo's shuffle would make the cycle too; shuffling the places also says where each line is. */
static bool dram_link(struct walk *walk, uint64_t seed)
{
    uint32_t *order = malloc(DRAM_LINES * sizeof *order);
    if (order == NULL)
        return false;
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (uint32_t i = 0; i < DRAM_LINES; i++) {
        const uint32_t j = (uint32_t)base_rng_below(&rng, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    for (uint32_t i = 0; i < DRAM_LINES; i++) {
        walk->lines[order[i]].next = &walk->lines[order[(i + 1) % DRAM_LINES]];
        walk->lines[order[i]].place = i;
    }
    walk->at = &walk->lines[order[0]];
    free(order);
    return true;
}

static base_err dram_setup(struct bench_env *env)
{
    struct walk *walk = calloc(1, sizeof *walk);
    if (walk != NULL)
        walk->lines = aligned_alloc(DRAM_LINE, DRAM_SIZE);
    if (walk == NULL || walk->lines == NULL || !dram_link(walk, env->seed)) {
        dram_teardown(walk);
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for a walk through 128 MiB");
    }
    env->state = walk;
    bench_env_fact(env, "loads_per_item", DRAM_LOADS, "1");
    return BASE_OK;
}

static void dram_run(void *state, uint64_t count)
{
    struct walk *walk = state;
    const struct line *at = walk->at;
    BENCH_LOOP(count) {
        for (unsigned i = 0; i < DRAM_LOADS; i++)
            at = at->next;
        BENCH_HIDE(at);
    }
    walk->at = at;
    walk->loads += count * DRAM_LOADS;
}

static base_err dram_check(void *state, struct base_why *why)
{
    const struct walk *walk = state;
    if (walk->at->place == walk->loads % DRAM_LINES)
        return BASE_OK;
    return base_fail(why, BASE_EWRONG, 0, "the walk of %llu loads ended at place %llu",
                     (unsigned long long)walk->loads, (unsigned long long)walk->at->place);
}

const struct bench_case suite_null_dram = {
    .name = "null/dram",
    .doc = "100 dependent loads from random lines of 128 MiB, bound by memory",
    .item = "walk",
    .setup = dram_setup,
    .run = dram_run,
    .check = dram_check,
    .teardown = dram_teardown,
};
