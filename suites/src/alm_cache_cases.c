/* alm_cache_cases.c - the route cache under requests of which few are asked often: Zipf with
 * exponent 0.99 over 100 000 pairs. A miss puts the route. The check asks the whole trace again
 * and, for lru and lfu, plays part of it to a small cache and to a list that is searched. */
#include "alm_service_cases.h"

#include <base/rng.h>
#include <bench/keep.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 100000, TWIN_CAPACITY = 200, TWIN_QUERIES = 5000 };

static void cache_teardown(void *state)
{
    struct alm_cache_state *const cached = state;
    if (cached == NULL)
        return;
    mfn_alm_cache_free(cached->cache);
    free(cached->trace);
    free(cached);
}

/* The route of a pair that is as good as any: eight nodes, made of the number of the pair. */
static void make_route(uint32_t pair, uint32_t *nodes)
{
    for (uint32_t i = 0; i < ALM_CACHED_NODES; i++)
        nodes[i] = pair + i * UINT32_C(2654435761);
}

/* True: it was in the cache, and `out` is it. */
static bool ask(struct mfn_alm_cache *cache, uint32_t pair, struct mfn_alm_cached_route *out)
{
    const struct mfn_alm_cache_key key = { .from = pair / 1000, .to = pair % 1000 };
    if (mfn_alm_cache_find(cache, &key, 0, out))
        return true;
    uint32_t nodes[ALM_CACHED_NODES];
    make_route(pair, nodes);
    const struct mfn_alm_cached_route route = { pair, ALM_CACHED_NODES, nodes, nodes };
    return mfn_alm_cache_put(cache, &key, &route, 0) != BASE_OK;
}

static bool cache_fill(struct alm_cache_state *cached, uint64_t seed)
{
    struct base_rng rng;
    struct base_zipf zipf;
    base_rng_init(&rng, seed);
    cached->trace = malloc(ALM_TRACE * sizeof *cached->trace);
    if (cached->trace == NULL || base_zipf_init(&zipf, PAIRS, 0.99) != BASE_OK)
        return false;
    for (size_t i = 0; i < ALM_TRACE; i++)
        cached->trace[i] = (uint32_t)base_zipf_next(&zipf, &rng);
    return true;
}

static base_err cache_make(struct bench_env *env, struct alm_cache_state *cached)
{
    uint64_t size = 0;
    base_err err = bench_env_count(env, "size", 1, PAIRS, &size);
    if (err != BASE_OK)
        return err;
    err =
        mfn_alm_cache_policy_of(bench_env_text(env, "policy"), &cached->options.policy, &env->why);
    if (err != BASE_OK)
        return base_fail_prefix(&env->why, BASE_EINVALID, "policy");
    cached->options.capacity = (uint32_t)size;
    cached->options.seed = env->seed;
    err = mfn_alm_cache_new(&cached->options, &cached->cache, &env->why);
    if (err == BASE_OK && !cache_fill(cached, env->seed))
        err = base_fail(&env->why, BASE_ENOMEM, 0, "no memory for the trace");
    return err;
}

static base_err cache_setup(struct bench_env *env)
{
    struct alm_cache_state *const cached = calloc(1, sizeof *cached);
    if (cached == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    const base_err err = cache_make(env, cached);
    if (err != BASE_OK) {
        cache_teardown(cached);
        return err;
    }
    uint64_t hits = 0; /* in the second time through, when it is full */
    for (size_t i = 0; i < 2 * ALM_TRACE; i++) {
        struct mfn_alm_cached_route route;
        hits += ask(cached->cache, cached->trace[i % ALM_TRACE], &route) && i >= ALM_TRACE;
    }
    cached->counted = mfn_alm_cache_counts_of(cached->cache);
    bench_env_fact(env, "hit_ratio", (double)hits / ALM_TRACE, "1");
    env->state = cached;
    return BASE_OK;
}

static void cache_run(void *state, uint64_t count)
{
    struct alm_cache_state *const cached = state;
    BENCH_LOOP(count) {
        cached->is_hit =
            ask(cached->cache, cached->trace[cached->asked++ % ALM_TRACE], &cached->route);
        BENCH_KEEP(cached->is_hit);
    }
}

static base_err check_route(uint32_t pair, const struct mfn_alm_cached_route *route,
                            struct base_why *why)
{
    uint32_t nodes[ALM_CACHED_NODES];
    make_route(pair, nodes);
    if (route->node_count == ALM_CACHED_NODES && memcmp(route->nodes, nodes, sizeof nodes) == 0 &&
        (uint32_t)route->cost == pair)
        return BASE_OK;
    return base_fail(why, BASE_EWRONG, pair, "the cached route of pair %" PRIu32 " is another's",
                     pair);
}

/* What lru and lfu do, with a search of all for who must go. */
static uint64_t naive_hits(const struct alm_cache_state *cached)
{
    uint32_t pairs[TWIN_CAPACITY];
    uint64_t uses[TWIN_CAPACITY], used_at[TWIN_CAPACITY], hits = 0;
    const bool is_lfu = cached->options.policy == MFN_ALM_CACHE_LFU;
    size_t count = 0;
    for (uint64_t now = 0; now < TWIN_QUERIES; now++) {
        size_t i = 0, worst = 0;
        while (i < count && pairs[i] != cached->trace[now])
            i++;
        hits += i < count;
        for (size_t k = 1; i == count && count == TWIN_CAPACITY && k < count; k++)
            if (is_lfu && uses[k] != uses[worst] ? uses[k] < uses[worst]
                                                 : used_at[k] < used_at[worst])
                worst = k;
        const bool is_new = i == count;
        if (is_new)
            i = count < TWIN_CAPACITY ? count++ : worst;
        uses[i] = is_new ? 0 : uses[i] + 1;
        used_at[i] = now;
        pairs[i] = cached->trace[now];
    }
    return hits;
}

static base_err check_twin(const struct alm_cache_state *cached, struct base_why *why)
{
    struct mfn_alm_cache_options options = cached->options;
    options.capacity = TWIN_CAPACITY;
    struct mfn_alm_cache *small;
    base_err err = mfn_alm_cache_new(&options, &small, why);
    if (err != BASE_OK)
        return err;
    uint64_t hits = 0;
    for (size_t i = 0; i < TWIN_QUERIES; i++) {
        struct mfn_alm_cached_route route;
        hits += ask(small, cached->trace[i], &route);
    }
    mfn_alm_cache_free(small);
    const uint64_t expect = naive_hits(cached);
    return hits == expect
               ? BASE_OK
               : base_fail(why, BASE_EWRONG, 0, "%" PRIu64 " of %d requests hit, not %" PRIu64,
                           hits, TWIN_QUERIES, expect);
}

static base_err cache_check(void *state, struct base_why *why)
{
    struct alm_cache_state *const cached = state;
    if (cached->asked == 0)
        return BASE_OK;
    const struct mfn_alm_cache_counts counts = mfn_alm_cache_counts_of(cached->cache);
    if (counts.hits + counts.misses - cached->counted.hits - cached->counted.misses !=
            cached->asked ||
        mfn_alm_cache_count(cached->cache) > cached->options.capacity)
        return base_fail(why, BASE_EWRONG, 0, "the cache did not count what it was asked");
    base_err err = BASE_OK;
    if (cached->is_hit)
        err = check_route(cached->trace[(cached->asked - 1) % ALM_TRACE], &cached->route, why);
    for (size_t i = 0; err == BASE_OK && i < ALM_TRACE; i++) {
        struct mfn_alm_cached_route route;
        if (ask(cached->cache, cached->trace[i], &route))
            err = check_route(cached->trace[i], &route, why);
    }
    cached->counted = mfn_alm_cache_counts_of(cached->cache);
    cached->asked = 0;
    if (err == BASE_OK && cached->options.policy != MFN_ALM_CACHE_ARC)
        err = check_twin(cached, why);
    return err;
}

const struct bench_case alm_case_cache = {
    .name = "alm/cache",
    .doc = "a route out of the route cache, or into it when it is not there",
    .item = "request",
    .params = { { "size", "10000", "routes that it holds; 100000 pairs are asked for" },
                { "policy", "lru,lfu,arc", "which route goes when it is full" } },
    .setup = cache_setup,
    .run = cache_run,
    .check = cache_check,
    .teardown = cache_teardown,
};
