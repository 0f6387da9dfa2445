/* alm_select_cases.c - see alm_select_cases.h. The first half of the servers has weight 2, the
 * others 1. Flows are the same for all; so is the day whose imbalance is stated. */
#include "alm_select_cases.h"

#include "alm_load.h"
#include "alm_select_check.h"

#include <base/rng.h>
#include <bench/keep.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 4096, ADAPT_NS = 10000000 /* some times in the day */ };

static void select_teardown(void *state)
{
    struct alm_select_state *const select = state;
    if (select == NULL)
        return;
    mfn_alm_pool_free(select->pool);
    alm_table_done(&select->table);
    alm_ring_done(&select->ring);
    free(select);
}

static base_err select_open(struct bench_env *env, struct alm_select_state **out)
{
    uint64_t count = 0;
    const base_err err = bench_env_count(env, "servers", 1, ALM_BALANCED_MAX, &count);
    if (err != BASE_OK)
        return err;
    struct alm_select_state *const select = calloc(1, sizeof *select);
    if (select == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    select->count = (uint32_t)count;
    select->table.slot_count =
        mfn_alm_maglev_size(SLOTS < 100 * count ? 100 * (uint32_t)count : (uint32_t)SLOTS);
    struct base_rng rng;
    base_rng_init(&rng, env->seed);
    for (uint32_t i = 0; i < select->count; i++) {
        select->ids[i] = base_rng_u64(&rng);
        select->weights[i] = i < select->count / 2 ? 2 : 1;
    }
    for (size_t i = 0; i < ALM_HASHES; i++)
        select->hashes[i] = base_rng_u64(&rng);
    *out = select;
    return BASE_OK;
}

/* A day at the servers with this way of choosing, stated as facts. */
static base_err state_facts(struct bench_env *env, struct alm_select_state *select,
                            const struct alm_balancer *balancer)
{
    struct alm_load_result result;
    const base_err err = alm_load_run(balancer, select->weights, select->count, env->seed, &result);
    if (err != BASE_OK)
        return base_fail(&env->why, err, 0, "the servers could not be tried: %s",
                         base_err_text(err));
    select->now_ns = result.end_ns;
    bench_env_fact(env, "request_imbalance", result.request_imbalance, "1");
    bench_env_fact(env, "active_imbalance", result.active_imbalance, "1");
    bench_env_fact(env, "latency_ms", result.latency_ms, "ms");
    return BASE_OK;
}

static base_err select_finish(struct bench_env *env, struct alm_select_state *select, base_err err)
{
    if (err == BASE_ENOMEM)
        base_fail(&env->why, err, 0, "no memory for %" PRIu32 " servers", select->count);
    if (err == BASE_OK)
        env->state = select;
    else
        select_teardown(select);
    return err;
}

static uint32_t pool_choose(void *self, uint64_t hash, uint64_t now_ns)
{
    return mfn_alm_choose(self, hash, now_ns);
}

static void pool_started(void *self, uint32_t server, uint64_t now_ns)
{
    mfn_alm_started(self, server, now_ns);
}

static void pool_finished(void *self, uint32_t server, uint64_t latency_ns, uint64_t now_ns)
{
    mfn_alm_finished(self, server, latency_ns, true, now_ns);
}

static base_err pool_open(struct bench_env *env, struct alm_select_state *select)
{
    base_err err = mfn_alm_policy_of(bench_env_text(env, "policy"), &select->policy, &env->why);
    if (err != BASE_OK)
        return base_fail_prefix(&env->why, BASE_EINVALID, "policy");
    const struct mfn_alm_pool_options options = {
        .policy = select->policy,
        .capacity = select->count,
        .slot_count = (uint32_t)select->table.slot_count,
        .seed = env->seed,
        .adapt_ns = ADAPT_NS,
    };
    err = mfn_alm_pool_new(&options, &select->pool, &env->why);
    for (uint32_t i = 0; err == BASE_OK && i < select->count; i++) {
        uint32_t server;
        err = mfn_alm_pool_add(select->pool, select->ids[i], select->weights[i], 0, &server);
    }
    return err;
}

static base_err pool_setup(struct bench_env *env)
{
    struct alm_select_state *select;
    base_err err = select_open(env, &select);
    if (err != BASE_OK)
        return err;
    err = pool_open(env, select);
    const struct alm_balancer balancer = { select->pool, pool_choose, pool_started, pool_finished };
    if (err == BASE_OK)
        err = state_facts(env, select, &balancer);
    if (err == BASE_OK)
        mfn_alm_pool_prepare(select->pool);
    return select_finish(env, select, err);
}

static uint32_t table_choose(void *self, uint64_t hash, uint64_t now_ns)
{
    (void)now_ns;
    return alm_table_choose(self, hash);
}

static base_err table_setup(struct bench_env *env)
{
    struct alm_select_state *select;
    base_err err = select_open(env, &select);
    if (err != BASE_OK)
        return err;
    const uint32_t slots = (uint32_t)select->table.slot_count;
    uint32_t even[ALM_BALANCED_MAX];
    for (uint32_t i = 0; i < select->count; i++)
        even[i] = 1;
    err = alm_table_init(&select->table, select->ids, even, select->count, slots);
    if (err == BASE_OK)
        err = state_facts(env, select,
                          &(struct alm_balancer){ .self = &select->table, .choose = table_choose });
    return select_finish(env, select, err);
}

static uint32_t smooth_choose(void *self, uint64_t hash, uint64_t now_ns)
{
    (void)hash;
    (void)now_ns;
    return alm_smooth_choose(self);
}

static base_err smooth_setup(struct bench_env *env)
{
    struct alm_select_state *select;
    base_err err = select_open(env, &select);
    if (err != BASE_OK)
        return err;
    alm_smooth_init(&select->smooth, select->weights, select->count);
    err = state_facts(env, select,
                      &(struct alm_balancer){ .self = &select->smooth, .choose = smooth_choose });
    return select_finish(env, select, err);
}

static uint32_t ring_choose(void *self, uint64_t hash, uint64_t now_ns)
{
    (void)now_ns;
    return alm_ring_choose(self, hash);
}

static base_err ring_setup(struct bench_env *env)
{
    struct alm_select_state *select;
    base_err err = select_open(env, &select);
    if (err != BASE_OK)
        return err;
    err = alm_ring_init(&select->ring, select->ids, select->weights, select->count);
    if (err == BASE_OK)
        err = state_facts(env, select,
                          &(struct alm_balancer){ .self = &select->ring, .choose = ring_choose });
    return select_finish(env, select, err);
}

/* The loop of a way of choosing; `hash` is the flow's. */
#define SELECT_RUN(name, expression)                                                               \
    static void name(void *state, uint64_t count)                                                  \
    {                                                                                              \
        struct alm_select_state *const select = state;                                             \
        struct mfn_alm_pool *const pool = select->pool;                                            \
        const uint64_t now_ns = select->now_ns;                                                    \
        uint64_t asked = select->asked;                                                            \
        uint32_t server = select->server;                                                          \
        BENCH_LOOP(count) {                                                                        \
            const uint64_t hash = select->hashes[asked++ % ALM_HASHES];                            \
            (void)hash;                                                                            \
            (void)pool;                                                                            \
            (void)now_ns;                                                                          \
            server = (expression);                                                                 \
            BENCH_KEEP(server);                                                                    \
        }                                                                                          \
        select->asked = asked;                                                                     \
        select->server = server;                                                                   \
    }

SELECT_RUN(pool_run, mfn_alm_choose(pool, hash, now_ns))
SELECT_RUN(table_run, alm_table_choose(&select->table, hash))
SELECT_RUN(smooth_run, alm_smooth_choose(&select->smooth))
SELECT_RUN(ring_run, alm_ring_choose(&select->ring, hash))

static base_err wrong_server(struct base_why *why, uint32_t server, const char *who)
{
    return base_fail(why, BASE_EWRONG, server, "server %" PRIu32 " is not the one of %s", server,
                     who);
}

static base_err pool_check(void *state, struct base_why *why)
{
    struct alm_select_state *const select = state;
    if (select->asked == 0)
        return BASE_OK;
    if (select->server >= select->count)
        return wrong_server(why, select->server, "the pool");
    return alm_select_check_pool(select, why);
}

/* Every server has its even share of slots, but one, and the answer is its slot's. */
static base_err table_check(void *state, struct base_why *why)
{
    const struct alm_select_state *const select = state;
    if (select->asked == 0)
        return BASE_OK;
    const uint64_t hash = select->hashes[(select->asked - 1) % ALM_HASHES];
    const uint64_t slots = select->table.slot_count;
    uint64_t owned[ALM_BALANCED_MAX] = { 0 };
    for (uint64_t i = 0; i < slots; i++)
        if (select->table.slots[i] < select->count)
            owned[select->table.slots[i]]++;
    for (uint32_t i = 0; i < select->count; i++)
        if (owned[i] < slots / select->count || owned[i] > slots / select->count + 1)
            return wrong_server(why, i, "an even table");
    /* the slot by long division, a 32nd of the hash at a time */
    const uint64_t high = (hash >> 32) * slots, low = (hash & UINT32_MAX) * slots;
    const uint64_t slot = (high + (low >> 32)) >> 32;
    return select->server == select->table.slots[slot]
               ? BASE_OK
               : wrong_server(why, select->server, "the flow's slot");
}

/* In a whole cycle each server is chosen as often as it weighs. */
static base_err smooth_check(void *state, struct base_why *why)
{
    const struct alm_select_state *const select = state;
    if (select->asked == 0)
        return BASE_OK;
    struct alm_smooth again = select->smooth;
    uint64_t chosen[ALM_BALANCED_MAX] = { 0 };
    for (int64_t i = 0; i < again.total; i++)
        chosen[alm_smooth_choose(&again)]++;
    for (uint32_t i = 0; i < select->count; i++)
        if (chosen[i] != select->weights[i] || again.current[i] != select->smooth.current[i])
            return wrong_server(why, i, "a cycle by weight");
    return select->server < select->count ? BASE_OK : wrong_server(why, select->server, "the pool");
}

/* The point that follows the hash, looked for one by one. */
static base_err ring_check(void *state, struct base_why *why)
{
    const struct alm_select_state *const select = state;
    if (select->asked == 0)
        return BASE_OK;
    const struct alm_ring_point *const points = select->ring.points;
    for (uint64_t k = 0; k < ALM_HASHES; k++) {
        const uint64_t hash = select->hashes[(select->asked - 1 + k) % ALM_HASHES];
        const struct alm_ring_point *first = &points[0], *next = NULL;
        for (size_t i = 0; i < select->ring.count; i++) {
            if (points[i].at >= hash && (next == NULL || points[i].at < next->at))
                next = &points[i];
            first = points[i].at < first->at ? &points[i] : first;
        }
        const uint32_t expect = (next != NULL ? next : first)->server;
        const uint32_t server = k == 0 ? select->server : alm_ring_choose(&select->ring, hash);
        if (server != expect)
            return wrong_server(why, server, "the next point");
    }
    return BASE_OK;
}

#define PARAM_SERVERS                                                                              \
    {                                                                                              \
        "servers", "20", "in the pool; the first half has twice the weight of the others"          \
    }

const struct bench_case alm_case_select = {
    .name = "alm/select",
    .doc = "a server for a request, by a policy, in a pool as a day of work left it",
    .item = "choice",
    .params = { { "policy",
                  "adaptive,round_robin,weighted_round_robin,least_connections,"
                  "weighted_least_connections,two_choices,latency,maglev",
                  "how it is chosen" },
                PARAM_SERVERS },
    .setup = pool_setup,
    .run = pool_run,
    .check = pool_check,
    .teardown = select_teardown,
};

const struct bench_case alm_case_select_maglev = {
    .name = "alm/select.maglev",
    .doc = "plain Maglev hashing with multiply-high: neither weights nor loads",
    .item = "choice",
    .peer_of = "alm/select",
    .params = { PARAM_SERVERS },
    .setup = table_setup,
    .run = table_run,
    .check = table_check,
    .teardown = select_teardown,
};

const struct bench_case alm_case_select_nginx = {
    .name = "alm/select.nginx",
    .doc = "smooth weighted round robin, the algorithm of nginx",
    .item = "choice",
    .peer_of = "alm/select",
    .params = { PARAM_SERVERS },
    .setup = smooth_setup,
    .run = smooth_run,
    .check = smooth_check,
    .teardown = select_teardown,
};

const struct bench_case alm_case_select_ring = {
    .name = "alm/select.ring",
    .doc = "consistent hashing on a ring of 160 points a server and weight",
    .item = "choice",
    .peer_of = "alm/select",
    .params = { PARAM_SERVERS },
    .setup = ring_setup,
    .run = ring_run,
    .check = ring_check,
    .teardown = select_teardown,
};
