/* ifr_cache_cases.c - the registry's cache by each of its policies: an item is what a request
 * costs, asking and, when it is not there, putting it in. Beside it the offline optimum. */
#include "ifr_query.h"
#include "ifr_belady.h"
#include "ifr_cache_trace.h"
#include "ifr_service_cases.h"

#include <bench/keep.h>
#include <mfn/ifr_cache.h>

#include <math.h>
#include <stdlib.h>

enum { KEY_SIZE = MFN_IFR_KEY_IPV4 };

/* The timed requests are the counted ones again and again, so their ratio is about the fact's. */
static const double ratio_tolerance = 0.05;

struct cached {
    struct ifr_cache_trace trace;
    struct mfn_ifr_seed seed;
    struct mfn_ifr_cache *cache;
    uint8_t *keys; /* [trace.counted][KEY_SIZE] */
    double ratio;  /* of the counted requests, when the set-up made them */
    uint64_t asked, hits, wrong;
};

static void cache_teardown(void *state)
{
    struct cached *const cached = state;
    if (cached == NULL)
        return;
    mfn_ifr_cache_free(cached->cache);
    ifr_cache_trace_close(&cached->trace);
    free(cached->keys);
    free(cached);
}

/* One request for a flow; is it a hit? */
static inline bool request(struct cached *cached, const uint8_t *key, uint32_t flow)
{
    struct mfn_ifr_value value;
    const uint64_t hash = mfn_ifr_hash(&cached->seed, key, KEY_SIZE);
    if (mfn_ifr_cache_find(cached->cache, key, hash, 0, &value)) {
        cached->wrong += !ifr_query_is_right(&value, flow);
        return true;
    }
    value = ifr_query_value(flow);
    mfn_ifr_cache_put(cached->cache, key, hash, 0, &value);
    return false;
}

/* Play the trace: the first part untimed and uncounted, then the hits of each block. */
static void play(struct cached *cached, uint32_t *hits)
{
    const struct ifr_cache_trace *const trace = &cached->trace;
    uint8_t key[KEY_SIZE];
    for (uint32_t i = 0; i < trace->settle; i++) {
        mfn_flow_make_key(&trace->make, trace->flows[i], key);
        request(cached, key, trace->flows[i]);
    }
    uint64_t all = 0;
    for (uint32_t i = 0; i < trace->counted; i++) {
        const uint32_t flow = trace->flows[trace->settle + i];
        uint8_t *const mine = cached->keys + (size_t)i * KEY_SIZE;
        mfn_flow_make_key(&trace->make, flow, mine);
        const bool is_hit = request(cached, mine, flow);
        hits[(uint64_t)i * IFR_CACHE_BLOCKS / trace->counted] += is_hit;
        all += is_hit;
    }
    cached->ratio = (double)all / trace->counted;
}

static base_err cache_make(struct bench_env *env, struct cached *cached)
{
    enum mfn_ifr_policy policy;
    base_err err = mfn_ifr_policy_parse(bench_env_text(env, "policy"), &policy, &env->why);
    if (err != BASE_OK)
        return base_fail_prefix(&env->why, err, "policy");
    err = ifr_cache_trace_open(env, &cached->trace);
    if (err != BASE_OK)
        return err;
    struct base_rng rng;
    base_rng_init(&rng, env->seed);
    for (size_t i = 0; i < sizeof cached->seed.k / sizeof cached->seed.k[0]; i++)
        cached->seed.k[i] = base_rng_u64(&rng);
    const struct mfn_ifr_cache_options options = { .key_size = KEY_SIZE,
                                                   .capacity = cached->trace.capacity,
                                                   .policy = policy,
                                                   .seed = cached->seed };
    cached->keys = malloc((size_t)cached->trace.counted * KEY_SIZE);
    if (cached->keys == NULL || mfn_ifr_cache_new(&options, &cached->cache) != BASE_OK)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for a cache of %zu flows",
                         cached->trace.capacity);
    return BASE_OK;
}

static base_err cache_setup(struct bench_env *env)
{
    struct cached *const cached = calloc(1, sizeof *cached);
    if (cached == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    const base_err err = cache_make(env, cached);
    if (err != BASE_OK) {
        cache_teardown(cached);
        return err;
    }
    uint32_t hits[IFR_CACHE_BLOCKS] = { 0 };
    play(cached, hits);
    ifr_cache_trace_facts(env, &cached->trace, hits);
    struct mfn_ifr_cache_stats stats;
    mfn_ifr_cache_stats(cached->cache, &stats);
    if (env->thread == 0)
        bench_env_fact(env, "size_bytes", (double)stats.size_bytes, "B");
    env->state = cached;
    return BASE_OK;
}

static void cache_run(void *state, uint64_t count)
{
    struct cached *const cached = state;
    const uint32_t mask = cached->trace.counted - 1;
    const uint32_t *const flows = cached->trace.flows + cached->trace.settle;
    uint64_t at = cached->asked, hits = 0;
    BENCH_LOOP(count) {
        const uint32_t i = (uint32_t)at++ & mask;
        hits += request(cached, cached->keys + (size_t)i * KEY_SIZE, flows[i]);
    }
    cached->asked = at;
    cached->hits += hits;
}

static base_err cache_check(void *state, struct base_why *why)
{
    const struct cached *const cached = state;
    if (cached->wrong > 0)
        return base_fail(why, BASE_EWRONG, 0, "%llu answers had the value of another flow",
                         (unsigned long long)cached->wrong);
    if (cached->asked < cached->trace.counted)
        return BASE_OK;
    const double ratio = (double)cached->hits / (double)cached->asked;
    if (fabs(ratio - cached->ratio) > ratio_tolerance)
        return base_fail(why, BASE_EWRONG, 0, "the timed hit ratio is %.4f, the counted one %.4f",
                         ratio, cached->ratio);
    return BASE_OK;
}

/* ---- the offline optimum ---- */

struct offline {
    struct ifr_cache_trace trace;
    struct ifr_belady belady;
    uint32_t all_hits; /* of a whole trace, as counted when it was set up */
    uint64_t asked, hits;
};

static void offline_teardown(void *state)
{
    struct offline *const offline = state;
    if (offline == NULL)
        return;
    ifr_belady_close(&offline->belady);
    ifr_cache_trace_close(&offline->trace);
    free(offline);
}

static base_err offline_setup(struct bench_env *env)
{
    struct offline *const offline = calloc(1, sizeof *offline);
    if (offline == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    struct ifr_cache_trace *const trace = &offline->trace;
    base_err err = ifr_cache_trace_open(env, trace);
    if (err == BASE_OK &&
        ifr_belady_open(&offline->belady, trace->flows, trace->settle + trace->counted,
                        trace->flow_count, trace->capacity) != BASE_OK)
        err = base_fail(&env->why, BASE_ENOMEM, 0, "no memory for the trace's future");
    if (err != BASE_OK) {
        offline_teardown(offline);
        return err;
    }
    uint32_t hits[IFR_CACHE_BLOCKS] = { 0 };
    for (uint32_t i = 0; i < trace->settle; i++)
        offline->all_hits += ifr_belady_step(&offline->belady);
    for (uint32_t i = 0; i < trace->counted; i++)
        hits[(uint64_t)i * IFR_CACHE_BLOCKS / trace->counted] += ifr_belady_step(&offline->belady);
    for (int i = 0; i < IFR_CACHE_BLOCKS; i++)
        offline->all_hits += hits[i];
    ifr_cache_trace_facts(env, trace, hits);
    env->state = offline;
    return BASE_OK;
}

static void offline_run(void *state, uint64_t count)
{
    struct offline *const offline = state;
    uint64_t hits = 0;
    BENCH_LOOP(count)
        hits += ifr_belady_step(&offline->belady);
    offline->asked += count;
    offline->hits += hits;
}

/* The hits of the first requests, by looking through the trace for who comes latest. */
static base_err naive_hits(const struct ifr_cache_trace *trace, uint32_t count, size_t capacity,
                           uint32_t *out)
{
    uint32_t *const kept = malloc((capacity + 1) * sizeof *kept);
    uint32_t held = 0, hits = 0;
    if (kept == NULL)
        return BASE_ENOMEM;
    for (uint32_t t = 0; t < count; t++) {
        uint32_t place = 0;
        while (place < held && kept[place] != trace->flows[t])
            place++;
        hits += place < held;
        kept[place] = trace->flows[t];
        held += place == held;
        if (held <= capacity)
            continue;
        uint32_t latest = 0, latest_time = 0;
        for (uint32_t i = 0; i < held; i++) {
            uint32_t time = t + 1;
            while (time < count && trace->flows[time] != kept[i])
                time++;
            if (time > latest_time) {
                latest_time = time;
                latest = i;
            }
        }
        kept[latest] = kept[--held];
    }
    free(kept);
    *out = hits;
    return BASE_OK;
}

static base_err offline_check(void *state, struct base_why *why)
{
    enum { COUNT = 2000, CAPACITY = 20 };
    const struct offline *const offline = state;
    struct ifr_belady belady;
    uint32_t expected, hits = 0;
    if (naive_hits(&offline->trace, COUNT, CAPACITY, &expected) != BASE_OK ||
        ifr_belady_open(&belady, offline->trace.flows, COUNT, offline->trace.flow_count,
                        CAPACITY) != BASE_OK)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the check");
    for (uint32_t i = 0; i < COUNT; i++)
        hits += ifr_belady_step(&belady);
    ifr_belady_close(&belady);
    if (hits != expected)
        return base_fail(why, BASE_EWRONG, 0, "%u hits of %d, by looking ahead %u", hits, COUNT,
                         expected);
    const uint64_t whole = (uint64_t)offline->trace.settle + offline->trace.counted;
    const uint64_t rounds = offline->asked / whole;
    if (offline->hits < rounds * offline->all_hits ||
        offline->hits > (rounds + 1) * offline->all_hits)
        return base_fail(why, BASE_EWRONG, 0, "%llu hits in %llu requests, %u were in each %llu",
                         (unsigned long long)offline->hits, (unsigned long long)offline->asked,
                         offline->all_hits, (unsigned long long)whole);
    return BASE_OK;
}

const struct bench_case ifr_cache_case = {
    .name = "ifr/cache",
    .doc = "a request to the cache, and the flow put in when it is not there",
    .item = "request",
    .params = { IFR_CACHE_PARAMS,
                { "policy", "sieve,tinylfu,lru,lfu,fifo,random", "who has to go" } },
    .setup = cache_setup,
    .run = cache_run,
    .check = cache_check,
    .teardown = cache_teardown,
};

const struct bench_case ifr_cache_belady_case = {
    .name = "ifr/cache.belady",
    .doc = "the offline optimum on the same requests: the bound of every policy's hit ratio",
    .item = "request",
    .peer_of = "ifr/cache",
    .params = { IFR_CACHE_PARAMS },
    .setup = offline_setup,
    .run = offline_run,
    .check = offline_check,
    .teardown = offline_teardown,
};
