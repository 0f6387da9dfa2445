/* alm_balance.c - the pool: servers come, go, fail and report. What choosing needs is derived from
 * that in alm_refresh.c, and only when a choice is asked for after a change: a hundred servers may
 * be added for the price of one table.
 */
#include "alm_balance_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { BALANCE_SLOTS_LEAST = 4096, BALANCE_SLOTS_PER_SERVER = 100 };

static base_err balance_check(const struct mfn_alm_pool_options *o, struct base_why *why)
{
    if ((unsigned)o->policy >= MFN_ALM_POLICY_COUNT)
        return base_fail(why, BASE_ERANGE, 0, "balancing policy: number %u is none of %d",
                         (unsigned)o->policy, MFN_ALM_POLICY_COUNT);
    if (o->capacity < 1 || o->capacity > MFN_ALM_SERVERS_MAX)
        return base_fail(why, BASE_ERANGE, 0,
                         "servers of a pool: %" PRIu32 " is not between 1 and %d", o->capacity,
                         MFN_ALM_SERVERS_MAX);
    if (o->slot_count > MFN_ALM_SLOTS_MAX)
        return base_fail(why, BASE_ERANGE, 0,
                         "slots of a balancing table: %" PRIu32 " is not between 1 and %d",
                         o->slot_count, MFN_ALM_SLOTS_MAX);
    if (o->load_bound != 0 && !(o->load_bound >= 1.01 && o->load_bound <= 16))
        return base_fail(why, BASE_ERANGE, 0, "load bound: %g is not between 1.01 and 16",
                         o->load_bound);
    if (o->adapt_ns > MFN_ALM_TIME_MAX_NS || o->decay_ns > MFN_ALM_TIME_MAX_NS)
        return base_fail(why, BASE_ERANGE, 0,
                         "adapting every %" PRIu64 " ns, decaying in %" PRIu64
                         " ns: not both are up to 2^62",
                         o->adapt_ns, o->decay_ns);
    if (o->breaker.window != 0) {
        const base_err err = mfn_alm_breaker_check(&o->breaker, why);
        if (err != BASE_OK)
            return err;
    }
    return o->health.interval_ns != 0 ? mfn_alm_health_check(&o->health, why) : BASE_OK;
}

static void balance_fill_in(struct mfn_alm_pool_options *o)
{
    if (o->slot_count == 0) {
        const uint32_t wanted = BALANCE_SLOTS_PER_SERVER * o->capacity;
        o->slot_count = wanted > BALANCE_SLOTS_LEAST ? wanted : BALANCE_SLOTS_LEAST;
    }
    if (o->load_bound == 0)
        o->load_bound = 1.25;
    if (o->adapt_ns == 0)
        o->adapt_ns = 100 * UINT64_C(1000000);
    if (o->decay_ns == 0)
        o->decay_ns = 10 * UINT64_C(1000000000);
    if (o->failure_ns == 0)
        o->failure_ns = UINT64_C(1000000000);
}

/* The tables of a policy. False: no memory. */
static bool balance_allocate(struct mfn_alm_pool *pool)
{
    const enum mfn_alm_policy policy = pool->options.policy;
    if (policy == MFN_ALM_WEIGHTED_ROUND_ROBIN) {
        pool->sequence = malloc(ALM_SEQUENCE_MAX * sizeof *pool->sequence);
        return pool->sequence != NULL;
    }
    if (policy < MFN_ALM_TWO_CHOICES)
        return true;
    pool->slot_count = mfn_alm_maglev_size(pool->options.slot_count);
    pool->base = malloc(pool->slot_count * sizeof *pool->base);
    pool->live = malloc(pool->slot_count * sizeof *pool->live);
    return pool->base != NULL && pool->live != NULL;
}

base_err mfn_alm_pool_new(const struct mfn_alm_pool_options *options, struct mfn_alm_pool **out,
                          struct base_why *why)
{
    const base_err err = balance_check(options, why);
    if (err != BASE_OK)
        return err;
    struct mfn_alm_pool *const pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "a pool of servers: out of memory");
    pool->options = *options;
    balance_fill_in(&pool->options);
    if (!balance_allocate(pool)) {
        mfn_alm_pool_free(pool);
        return base_fail(why, BASE_ENOMEM, 0, "the table of a pool of servers: out of memory");
    }
    base_rng_init(&pool->rng, options->seed);
    pool->due_ns = UINT64_MAX;
    pool->adapt_ns = UINT64_MAX;
    alm_pool_stale(pool, true);
    *out = pool;
    return BASE_OK;
}

void mfn_alm_pool_free(struct mfn_alm_pool *pool)
{
    if (pool == NULL)
        return;
    free(pool->base);
    free(pool->live);
    free(pool->sequence);
    free(pool);
}

/* Is what a server may get still what it was? */
static void balance_review(struct mfn_alm_pool *pool, struct alm_server *server)
{
    const bool has_breaker = pool->options.breaker.window != 0;
    const bool is_eligible =
        server->is_present && !server->is_draining && server->health.is_up &&
        (!has_breaker || mfn_alm_breaker_admits(&server->breaker, &pool->options.breaker));
    if (has_breaker && server->breaker.due_ns < pool->due_ns)
        pool->due_ns = server->breaker.due_ns;
    if (is_eligible == server->is_eligible)
        return;
    server->is_eligible = is_eligible;
    alm_pool_stale(pool, false);
}

static struct alm_server *balance_server(struct mfn_alm_pool *pool, uint32_t server)
{
    assert(server < pool->options.capacity && pool->servers[server].is_present);
    return &pool->servers[server];
}

base_err mfn_alm_pool_add(struct mfn_alm_pool *pool, uint64_t id, uint32_t weight, uint64_t now_ns,
                          uint32_t *server)
{
    if (weight < 1 || weight > MFN_ALM_WEIGHT_MAX)
        return BASE_ERANGE;
    uint32_t free_place = MFN_ALM_SERVER_NONE;
    for (uint32_t i = pool->options.capacity; i-- > 0;) {
        if (!pool->servers[i].is_present)
            free_place = i;
        else if (pool->servers[i].id == id)
            return BASE_EEXIST;
    }
    if (free_place == MFN_ALM_SERVER_NONE)
        return BASE_EFULL;
    struct alm_server *const added = &pool->servers[free_place];
    *added = (struct alm_server){ .id = id, .is_present = true, .factor = 1, .factor_built = 1 };
    mfn_alm_breaker_init(&added->breaker);
    mfn_alm_health_init(&added->health, true, now_ns);
    pool->weights[free_place] = weight;
    pool->active[free_place] = 0;
    pool->count++;
    if (pool->options.policy == MFN_ALM_ADAPTIVE && pool->adapt_ns == UINT64_MAX) {
        pool->adapt_ns = now_ns + pool->options.adapt_ns;
        pool->due_ns = pool->adapt_ns < pool->due_ns ? pool->adapt_ns : pool->due_ns;
    }
    balance_review(pool, added);
    alm_pool_stale(pool, true);
    *server = free_place;
    return BASE_OK;
}

void mfn_alm_pool_remove(struct mfn_alm_pool *pool, uint32_t server)
{
    struct alm_server *const removed = balance_server(pool, server);
    *removed = (struct alm_server){ 0 };
    pool->weights[server] = 0;
    pool->active[server] = 0;
    pool->count--;
    alm_pool_stale(pool, true);
}

base_err mfn_alm_pool_set_weight(struct mfn_alm_pool *pool, uint32_t server, uint32_t weight)
{
    (void)balance_server(pool, server);
    if (weight < 1 || weight > MFN_ALM_WEIGHT_MAX)
        return BASE_ERANGE;
    if (weight != pool->weights[server]) {
        pool->weights[server] = weight;
        alm_pool_stale(pool, true);
    }
    return BASE_OK;
}

void mfn_alm_pool_drain(struct mfn_alm_pool *pool, uint32_t server, bool is_draining)
{
    struct alm_server *const drained = balance_server(pool, server);
    drained->is_draining = is_draining;
    balance_review(pool, drained);
}

void mfn_alm_pool_prepare(struct mfn_alm_pool *pool)
{
    if (pool->is_stale)
        alm_pool_refresh(pool);
}

/* One more or one less under way. An infinite load stays: the server is not chosen from. */
static void balance_load(struct mfn_alm_pool *pool, uint32_t server, int change)
{
    pool->active[server] += (uint32_t)change;
    if (isinf(pool->fast.loads[server]))
        return;
    pool->fast.loads[server] = alm_pool_load(pool, server);
    pool->active_total += (uint64_t)(int64_t)change;
    pool->fast.bound = pool->bound_factor * (double)(pool->active_total + 1);
}

void mfn_alm_started(struct mfn_alm_pool *pool, uint32_t server, uint64_t now_ns)
{
    struct alm_server *const started = balance_server(pool, server);
    balance_load(pool, server, 1);
    if (pool->options.breaker.window != 0 && started->breaker.state != MFN_ALM_CLOSED) {
        mfn_alm_breaker_started(&started->breaker);
        balance_review(pool, started);
    }
    mfn_alm_pool_tick(pool, now_ns);
}

/* Source: the published description of Finagle's peak EWMA: up at once, down with time. */
static void balance_peak(struct alm_server *server, double latency_ns, uint64_t now_ns,
                         double decay_ns)
{
    const double kept = exp(-(double)(now_ns - server->peak_at_ns) / decay_ns);
    if (latency_ns >= server->peak_ns)
        server->peak_ns = latency_ns;
    else
        server->peak_ns = server->peak_ns * kept + latency_ns * (1 - kept);
    server->peak_at_ns = now_ns;
}

static void balance_latency(struct mfn_alm_pool *pool, struct alm_server *server,
                            uint64_t latency_ns, bool is_good, uint64_t now_ns)
{
    const uint64_t counted =
        !is_good && latency_ns < pool->options.failure_ns ? pool->options.failure_ns : latency_ns;
    const double sample_ns = counted > 0 ? (double)counted : 1;
    if (pool->options.policy == MFN_ALM_PEAK_EWMA) {
        balance_peak(server, sample_ns, now_ns, (double)pool->options.decay_ns);
    } else if (pool->options.policy == MFN_ALM_ADAPTIVE) {
        server->latency_sum_ns += sample_ns;
        server->latency_count++;
    }
}

void mfn_alm_finished(struct mfn_alm_pool *pool, uint32_t server, uint64_t latency_ns, bool is_good,
                      uint64_t now_ns)
{
    struct alm_server *const finished = balance_server(pool, server);
    if (pool->active[server] == 0)
        return;
    balance_load(pool, server, -1);
    balance_latency(pool, finished, latency_ns, is_good, now_ns);
    if (pool->options.breaker.window != 0) {
        mfn_alm_breaker_finished(&finished->breaker, &pool->options.breaker, is_good, now_ns);
        balance_review(pool, finished);
    }
    mfn_alm_pool_tick(pool, now_ns);
}

void mfn_alm_pool_tick(struct mfn_alm_pool *pool, uint64_t now_ns)
{
    if (now_ns < pool->due_ns)
        return;
    if (now_ns >= pool->adapt_ns) {
        alm_pool_drift(pool);
        pool->adapt_ns = now_ns + pool->options.adapt_ns;
    }
    pool->due_ns = pool->adapt_ns;
    if (pool->options.breaker.window == 0)
        return;
    for (uint32_t i = 0; i < pool->options.capacity; i++) {
        if (!pool->servers[i].is_present)
            continue;
        mfn_alm_breaker_tick(&pool->servers[i].breaker, &pool->options.breaker, now_ns);
        balance_review(pool, &pool->servers[i]);
    }
}

uint32_t mfn_alm_pool_probe(struct mfn_alm_pool *pool, uint64_t now_ns)
{
    if (pool->options.health.interval_ns == 0)
        return MFN_ALM_SERVER_NONE;
    for (uint32_t looked = 0; looked < pool->options.capacity; looked++) {
        const uint32_t i = pool->probe_turn;
        pool->probe_turn = i + 1 < pool->options.capacity ? i + 1 : 0;
        if (!pool->servers[i].is_present)
            continue;
        const bool is_due =
            mfn_alm_health_due(&pool->servers[i].health, &pool->options.health, now_ns);
        balance_review(pool, &pool->servers[i]);
        if (is_due)
            return i;
    }
    return MFN_ALM_SERVER_NONE;
}

void mfn_alm_pool_probed(struct mfn_alm_pool *pool, uint32_t server, bool is_good)
{
    struct alm_server *const probed = balance_server(pool, server);
    mfn_alm_health_answer(&probed->health, &pool->options.health, is_good);
    balance_review(pool, probed);
}

bool mfn_alm_pool_server(const struct mfn_alm_pool *pool, uint32_t server,
                         struct mfn_alm_server *out)
{
    if (server >= pool->options.capacity || !pool->servers[server].is_present)
        return false;
    const struct alm_server *const from = &pool->servers[server];
    *out = (struct mfn_alm_server){
        .id = from->id,
        .weight = pool->weights[server],
        .active = pool->active[server],
        .slots = pool->owned[server],
        .is_draining = from->is_draining,
        .is_up = from->health.is_up,
        .is_eligible = from->is_eligible,
        .breaker = from->breaker.state,
        .factor = from->factor,
        .latency_ns = from->peak_ns,
    };
    return true;
}

uint32_t mfn_alm_pool_count(const struct mfn_alm_pool *pool)
{
    return pool->count;
}

uint32_t mfn_alm_pool_chosen_from(struct mfn_alm_pool *pool)
{
    mfn_alm_pool_prepare(pool);
    return pool->up_count;
}
