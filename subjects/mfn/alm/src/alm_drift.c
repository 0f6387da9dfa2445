/* alm_drift.c - adaptive: shares follow latencies.
 *
 * Requests under way on a server are its rate times its latency (Little's law). With a rate of
 * w L / l they are w L: even in weight, which is also what the bound asks for, so that few
 * flows meet the bound. For queues whose latency is 1 / (capacity - rate) equal weights then settle
 * at equal utilisation. L is the harmonic mean, so that the shares sum to the weights and one slow
 * server does not raise the others. Half a step in logarithms damps the loop: the server reacts to
 * what it was given one period ago.
 */
#include "alm_balance_internal.h"

#include <math.h>

enum { DRIFT_SAMPLES_LEAST = 32 }; /* fewer wait for the next period */

#define DRIFT_FACTOR_MAX 8.0   /* and 1/8 at least: a slow server keeps being measured */
#define DRIFT_TOLERATED  0.125 /* a table this far off is still good */

static double drift_clamp(double factor)
{
    return fmin(fmax(factor, 1 / DRIFT_FACTOR_MAX), DRIFT_FACTOR_MAX);
}

static double drift_mean_ns(const struct alm_server *server)
{
    return server->latency_sum_ns / server->latency_count;
}

static bool drift_has_samples(const struct mfn_alm_pool *pool, uint32_t i)
{
    return pool->servers[i].is_present && pool->servers[i].latency_count >= DRIFT_SAMPLES_LEAST;
}

void alm_pool_drift(struct mfn_alm_pool *pool)
{
    double weight = 0;
    double speed = 0;
    for (uint32_t i = 0; i < pool->options.capacity; i++) {
        if (!drift_has_samples(pool, i))
            continue;
        weight += pool->weights[i];
        speed += pool->weights[i] / drift_mean_ns(&pool->servers[i]);
    }
    bool is_off = false;
    for (uint32_t i = 0; i < pool->options.capacity; i++) {
        struct alm_server *const server = &pool->servers[i];
        if (!drift_has_samples(pool, i))
            continue;
        const double wanted = drift_clamp(weight / speed / drift_mean_ns(server));
        server->factor = sqrt(server->factor * wanted);
        server->latency_sum_ns = 0;
        server->latency_count = 0;
        is_off |= fabs(server->factor / server->factor_built - 1) > DRIFT_TOLERATED;
    }
    if (is_off)
        alm_pool_stale(pool, false);
}

/* Slots by share, rounded so that they sum to all. Returns whether they differ from `factor_built`.
 */
static bool drift_targets(struct mfn_alm_pool *pool, uint32_t *wanted)
{
    double total = 0;
    bool is_off = false;
    for (uint32_t i = 0; i < pool->options.capacity; i++) {
        if (!pool->servers[i].is_present)
            continue;
        total += pool->weights[i] * pool->servers[i].factor;
        is_off |=
            fabs(pool->servers[i].factor / pool->servers[i].factor_built - 1) > DRIFT_TOLERATED;
    }
    double sum = 0;
    uint32_t given = 0;
    for (uint32_t i = 0; i < pool->options.capacity; i++) {
        wanted[i] = 0;
        if (!pool->servers[i].is_present)
            continue;
        sum += pool->weights[i] * pool->servers[i].factor;
        const uint32_t until = (uint32_t)lround(sum / total * pool->slot_count);
        wanted[i] = until - given;
        given = until;
    }
    return is_off;
}

void alm_pool_shift(struct mfn_alm_pool *pool)
{
    uint32_t wanted[MFN_ALM_SERVERS_MAX];
    uint32_t *const owned = pool->owned;
    if (!drift_targets(pool, wanted))
        return;
    /* A stride over a prime number of slots visits all of them, scattered. */
    const uint32_t stride = (uint32_t)(pool->slot_count * 0.6180339887498949);
    uint32_t slot = 0;
    uint32_t taker = 0;
    for (uint32_t k = 0; k < pool->slot_count; k++) {
        const uint16_t owner = pool->base[slot];
        if (owned[owner] > wanted[owner]) {
            while (owned[taker] >= wanted[taker])
                taker++;
            pool->base[slot] = (uint16_t)taker;
            owned[owner]--;
            owned[taker]++;
        }
        slot = (uint32_t)(((uint64_t)slot + stride) % pool->slot_count);
    }
    for (uint32_t i = 0; i < pool->options.capacity; i++)
        pool->servers[i].factor_built = pool->servers[i].factor;
}
