/* alm_choose.c - the policies. Table policies that find their first server good never come here. */
#include "alm_balance_internal.h"

#include <math.h>

enum { CHOOSE_WALK_MAX = 64, CHOOSE_DRAWS_MAX = 32 };

static uint32_t choose_round_robin(struct mfn_alm_pool *pool)
{
    const uint32_t at = pool->turn < pool->up_count ? pool->turn : 0;
    pool->turn = at + 1;
    return pool->up[at];
}

/* One step of smooth weighted round robin: everyone gains its weight, the first who has most is
 * chosen and pays all of them. */
static uint32_t choose_smooth_step(struct mfn_alm_pool *pool)
{
    int64_t total = 0;
    uint32_t best = pool->up[0];
    for (uint32_t k = 0; k < pool->up_count; k++) {
        const uint32_t i = pool->up[k];
        pool->currents[i] += pool->weights[i];
        total += pool->weights[i];
        if (pool->currents[i] > pool->currents[best])
            best = i;
    }
    pool->currents[best] -= total;
    return best;
}

/* After a cycle (the sum of weights over their divisor) everyone has been chosen as often as its
 * weight says and all accounts are 0 again: the first cycle, recorded, is all others. */
static uint32_t choose_smooth(struct mfn_alm_pool *pool)
{
    if (pool->cycle > ALM_SEQUENCE_MAX)
        return choose_smooth_step(pool);
    if (pool->at == pool->recorded)
        pool->sequence[pool->recorded++] = (uint16_t)choose_smooth_step(pool);
    const uint32_t server = pool->sequence[pool->at];
    pool->at = pool->at + 1 < pool->cycle ? pool->at + 1 : 0;
    return server;
}

/* Four independent minima: without branches, and none waits for the one before. Those not chosen
 * from are infinite, and so are the places up to a multiple of four. */
static double choose_least_load(const struct mfn_alm_pool *pool)
{
    double least[4] = { INFINITY, INFINITY, INFINITY, INFINITY };
    for (uint32_t i = 0; i < pool->options.capacity; i += 4)
        for (uint32_t k = 0; k < 4; k++)
            least[k] = pool->fast.loads[i + k] < least[k] ? pool->fast.loads[i + k] : least[k];
    return fmin(fmin(least[0], least[1]), fmin(least[2], least[3]));
}

/* The least loaded; among equals the first from the one after the last choice on. */
static uint32_t choose_least(struct mfn_alm_pool *pool)
{
    const double least = choose_least_load(pool);
    uint32_t i = pool->turn;
    while (i >= pool->options.capacity || pool->fast.loads[i] != least)
        i = i + 1 < pool->options.capacity ? i + 1 : 0;
    pool->turn = i + 1;
    return i;
}

static uint32_t choose_drawn(struct mfn_alm_pool *pool)
{
    return pool->live[mfn_alm_maglev_slot(base_rng_u64(&pool->rng), pool->slot_count)];
}

/* Two servers drawn by weight, different ones unless one has nearly all the weight. The next slot
 * would be cheaper than a new draw, but neighbours in the table are not independent. */
static void choose_two(struct mfn_alm_pool *pool, uint32_t *one, uint32_t *other)
{
    *one = choose_drawn(pool);
    *other = choose_drawn(pool);
    for (int draws = 1; *other == *one && draws < CHOOSE_DRAWS_MAX && pool->up_count > 1; draws++)
        *other = choose_drawn(pool);
}

static uint32_t choose_two_choices(struct mfn_alm_pool *pool)
{
    uint32_t one, other;
    choose_two(pool, &one, &other);
    return pool->fast.loads[other] < pool->fast.loads[one] ? other : one;
}

/* A server without a sample gets one request, and no other before that has ended. */
static double choose_cost(const struct mfn_alm_pool *pool, uint32_t i, uint64_t now_ns)
{
    const struct alm_server *const server = &pool->servers[i];
    const double load = pool->fast.loads[i];
    if (server->peak_ns == 0)
        return pool->active[i] == 0 ? 0 : load * 1e30;
    const double age_ns = (double)(now_ns - server->peak_at_ns);
    return load * server->peak_ns * exp(-age_ns / (double)pool->options.decay_ns);
}

static uint32_t choose_latency(struct mfn_alm_pool *pool, uint64_t now_ns)
{
    uint32_t one, other;
    choose_two(pool, &one, &other);
    return choose_cost(pool, other, now_ns) < choose_cost(pool, one, now_ns) ? other : one;
}

/* The first server from the flow's slot on that is below the bound. There is one: were all of them
 * at or above c (A + 1) / W, their requests would sum to more than A. */
static uint32_t choose_bounded(const struct mfn_alm_pool *pool, uint64_t flow_hash)
{
    uint32_t slot = mfn_alm_maglev_slot(flow_hash, pool->slot_count);
    for (int walked = 0; walked < CHOOSE_WALK_MAX; walked++) {
        if (pool->fast.loads[pool->live[slot]] < pool->fast.bound)
            return pool->live[slot];
        slot = slot + 1 < pool->slot_count ? slot + 1 : 0;
    }
    uint32_t best = pool->up[0];
    for (uint32_t k = 1; k < pool->up_count; k++)
        if (pool->fast.loads[pool->up[k]] < pool->fast.loads[best])
            best = pool->up[k];
    return best;
}

uint32_t mfn_alm_choose_slow(struct mfn_alm_pool *pool, uint64_t flow_hash, uint64_t now_ns)
{
    mfn_alm_pool_tick(pool, now_ns);
    if (pool->is_stale)
        alm_pool_refresh(pool);
    if (pool->up_count == 0)
        return MFN_ALM_SERVER_NONE;
    switch (pool->options.policy) {
    case MFN_ALM_ROUND_ROBIN:
        return choose_round_robin(pool);
    case MFN_ALM_WEIGHTED_ROUND_ROBIN:
        return choose_smooth(pool);
    case MFN_ALM_LEAST_CONNECTIONS:
    case MFN_ALM_WEIGHTED_LEAST_CONNECTIONS:
        return choose_least(pool);
    case MFN_ALM_TWO_CHOICES:
        return choose_two_choices(pool);
    case MFN_ALM_PEAK_EWMA:
        return choose_latency(pool, now_ns);
    case MFN_ALM_MAGLEV:
        return pool->live[mfn_alm_maglev_slot(flow_hash, pool->slot_count)];
    default:
        return choose_bounded(pool, flow_hash);
    }
}
