/* alm_refresh.c - what choosing reads, derived from the servers: who is chosen from, their loads,
 * the base table (by weight, whoever is up) and the live table, in which each slot of an excluded
 * server belongs to the owner of the next slot whose owner is not excluded. So excluding one moves
 * no slot of another, its slots scatter by weight, and its return restores the table exactly.
 *
 * While something is stale, the inline part of choose sees a table of one slot whose load is
 * infinite, and so comes to the slow part, at no cost to choices when nothing is stale. Policies
 * without a table always look like that.
 */
#include "alm_balance_internal.h"

#include <math.h>
#include <string.h>

/* The bound is drawn in by more than its rounding: at equality a server takes no more. */
#define REFRESH_INSIDE (1 - 1e-12)

static const uint16_t closed_slots[1] = { MFN_ALM_SERVERS_MAX };

void alm_pool_stale(struct mfn_alm_pool *pool, bool is_base_stale)
{
    pool->is_stale = true;
    pool->is_base_stale |= is_base_stale;
    pool->fast.slots = closed_slots;
    pool->fast.slot_count = 1;
    pool->fast.loads[MFN_ALM_SERVERS_MAX] = INFINITY;
}

/* Everyone eligible; else, breakers overruled, everyone up. */
static void refresh_up(struct mfn_alm_pool *pool)
{
    pool->up_count = 0;
    for (uint32_t i = 0; i < pool->options.capacity; i++)
        if (pool->servers[i].is_eligible)
            pool->up[pool->up_count++] = (uint16_t)i;
    if (pool->up_count > 0)
        return;
    for (uint32_t i = 0; i < pool->options.capacity; i++)
        if (pool->servers[i].is_present && !pool->servers[i].is_draining &&
            pool->servers[i].health.is_up)
            pool->up[pool->up_count++] = (uint16_t)i;
}

static uint64_t refresh_gcd(uint64_t a, uint64_t b)
{
    while (b != 0) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void refresh_loads(struct mfn_alm_pool *pool)
{
    uint64_t weight_total = 0;
    uint64_t divisor = 0;
    pool->active_total = 0;
    for (uint32_t i = 0; i < MFN_ALM_SERVERS_MAX; i++)
        pool->fast.loads[i] = INFINITY;
    for (uint32_t k = 0; k < pool->up_count; k++) {
        const uint32_t i = pool->up[k];
        pool->fast.loads[i] = alm_pool_load(pool, i);
        pool->currents[i] = 0;
        pool->active_total += pool->active[i];
        weight_total += pool->weights[i];
        divisor = refresh_gcd(pool->weights[i], divisor);
    }
    pool->at = pool->recorded = 0;
    pool->cycle = divisor > 0 ? (uint32_t)(weight_total / divisor) : 0;
    pool->bound_factor = pool->options.policy == MFN_ALM_ADAPTIVE
                             ? pool->options.load_bound / (double)weight_total * REFRESH_INSIDE
                             : INFINITY;
    pool->fast.bound = pool->bound_factor * (double)(pool->active_total + 1);
}

static void refresh_base(struct mfn_alm_pool *pool)
{
    struct mfn_alm_member members[MFN_ALM_SERVERS_MAX];
    struct mfn_alm_turn work[MFN_ALM_SERVERS_MAX];
    for (uint32_t i = 0; i < pool->options.capacity; i++) {
        members[i] = (struct mfn_alm_member){ pool->servers[i].id, pool->weights[i] };
        pool->servers[i].factor_built = 1;
    }
    mfn_alm_maglev_fill(members, pool->options.capacity, work, pool->base, pool->slot_count);
    memset(pool->owned, 0, sizeof pool->owned);
    for (uint32_t k = 0; k < pool->slot_count; k++)
        pool->owned[pool->base[k]]++;
}

/* up_count is 1 or more. */
static void refresh_live(struct mfn_alm_pool *pool)
{
    uint16_t heir = pool->up[0]; /* stays so only when no one who is up has a slot */
    for (uint32_t k = pool->slot_count; k-- > 0;)
        if (!isinf(pool->fast.loads[pool->base[k]]))
            heir = pool->base[k];
    for (uint32_t k = pool->slot_count; k-- > 0;) {
        if (!isinf(pool->fast.loads[pool->base[k]]))
            heir = pool->base[k];
        pool->live[k] = heir;
    }
}

void alm_pool_refresh(struct mfn_alm_pool *pool)
{
    refresh_up(pool);
    refresh_loads(pool);
    pool->is_stale = false;
    if (!alm_pool_has_table(pool) || pool->up_count == 0)
        return;
    if (pool->is_base_stale)
        refresh_base(pool);
    pool->is_base_stale = false;
    if (pool->options.policy == MFN_ALM_ADAPTIVE)
        alm_pool_shift(pool);
    refresh_live(pool);
    if (pool->options.policy == MFN_ALM_MAGLEV || pool->options.policy == MFN_ALM_ADAPTIVE) {
        pool->fast.slots = pool->live;
        pool->fast.slot_count = pool->slot_count;
    }
}
