/* link.c - one direction of a link: what befalls a packet, one question after the other. */
#include "link_internal.h"

#include <assert.h>
#include <math.h>

static const uint64_t delay_max_ns = LAB_LINK_DELAY_MAX_S * UINT64_C(1000000000);

base_err lab_link_init(struct lab_link *link, const struct lab_link_config *config, uint64_t seed,
                       struct base_why *why)
{
    const base_err err = lab_link_check(config, why);
    if (err != BASE_OK)
        return err;
    *link = (struct lab_link){ .config = *config };
    base_rng_init(&link->rng, seed);
    return BASE_OK;
}

base_err lab_link_change(struct lab_link *link, const struct lab_link_config *config,
                         struct base_why *why)
{
    const struct lab_link_config *const old = &link->config;
    const base_err err = lab_link_check(config, why);
    if (err != BASE_OK)
        return err;
    if (config->jitter_trace != old->jitter_trace || config->jitter_count != old->jitter_count)
        link->jitter_at = 0;
    if (config->loss_trace != old->loss_trace || config->loss_count != old->loss_count)
        link->loss_at = 0;
    if (config->rate_bits != old->rate_bits)
        link->free_rest = 0;
    if (config->queue != LAB_QUEUE_CODEL)
        link->codel = (__typeof__(link->codel)){ 0 };
    link->config = *config;
    return BASE_OK;
}

static bool happens(struct lab_link *link, double share)
{
    return share > 0 && base_rng_uniform(&link->rng) < share;
}

static bool is_lost(struct lab_link *link)
{
    const struct lab_link_config *const c = &link->config;
    switch (c->loss) {
    case LAB_LOSS_NONE:
        return false;
    case LAB_LOSS_BERNOULLI:
        return happens(link, c->loss_share);
    case LAB_LOSS_GILBERT_ELLIOTT:
        link->is_bad ^= happens(link, link->is_bad ? c->bad_to_good : c->good_to_bad);
        return happens(link, link->is_bad ? c->loss_bad : c->loss_good);
    case LAB_LOSS_TRACE:
        if (link->loss_at == c->loss_count)
            link->loss_at = 0;
        return c->loss_trace[link->loss_at++] != 0;
    }
    return false;
}

/* Mean of a Pareto of type II with shape a and scale s: s / (a - 1). */
static double pareto(struct base_rng *rng, double mean)
{
    return 2 * mean * (1 / cbrt(1 - base_rng_uniform(rng)) - 1);
}

static double jitter(struct lab_link *link)
{
    const struct lab_link_config *const c = &link->config;
    switch (c->jitter) {
    case LAB_JITTER_NONE:
        return 0;
    case LAB_JITTER_UNIFORM:
        return (double)base_rng_below(&link->rng, 2 * c->jitter_ns + 1) - (double)c->jitter_ns;
    case LAB_JITTER_NORMAL:
        return (double)c->jitter_ns * base_rng_normal(&link->rng);
    case LAB_JITTER_PARETO:
        return pareto(&link->rng, (double)c->jitter_ns);
    case LAB_JITTER_TRACE:
        if (link->jitter_at == c->jitter_count)
            link->jitter_at = 0;
        return (double)c->jitter_trace[link->jitter_at++];
    }
    return 0;
}

/* When a packet that has left the wire comes out. */
static uint64_t arrival(struct lab_link *link, uint64_t out_ns)
{
    const struct lab_link_config *const c = &link->config;
    if (happens(link, c->reorder)) {
        link->counts.reordered++;
        return out_ns;
    }
    uint64_t delay_ns = c->delay_ns;
    if (c->jitter != LAB_JITTER_NONE) {
        const double ns = (double)c->delay_ns + nearbyint(jitter(link));
        delay_ns = ns <= 0 ? 0 : ns >= (double)delay_max_ns ? delay_max_ns : (uint64_t)ns;
    }
    if (out_ns + delay_ns > link->last_ns)
        link->last_ns = out_ns + delay_ns;
    return link->last_ns;
}

/* The packet gets through, in one copy or two. */
static size_t deliver(struct lab_link *link, uint64_t now_ns, uint64_t out_ns, size_t size,
                      struct lab_fate fates[LAB_FATES_MAX])
{
    struct lab_link_counts *const n = &link->counts;
    struct lab_fate fate = { .is_corrupt = happens(link, link->config.corrupt) };
    if (fate.is_corrupt) {
        fate.corrupt_bit = base_rng_below(&link->rng, 8 * (uint64_t)size);
        n->corrupted++;
    }
    fate.at_ns = arrival(link, out_ns);
    n->delivered++;
    n->delivered_bytes += size;
    n->delay_sum_ns += fate.at_ns - now_ns;
    fates[0] = fate;
    if (!happens(link, link->config.duplicate))
        return 1;
    n->duplicated++;
    fates[1] = fate;
    return 2;
}

size_t lab_link_send(struct lab_link *link, uint64_t now_ns, size_t size,
                     struct lab_fate fates[LAB_FATES_MAX])
{
    const struct lab_link_config *const c = &link->config;
    struct lab_link_counts *const n = &link->counts;
    uint64_t out_ns = now_ns;
    uint64_t *dropped = NULL;
    assert(size >= 1 && size <= LAB_LINK_PACKET_MAX);
    n->packets++;
    n->bytes += size;
    if (c->is_down)
        dropped = &n->down_dropped;
    else if (c->mtu_bytes > 0 && size > c->mtu_bytes)
        dropped = &n->mtu_dropped;
    else if (c->rate_bits > 0 && !lab_link_transmit(link, now_ns, size, &out_ns))
        dropped = &n->queue_dropped;
    else if (is_lost(link))
        dropped = &n->lost;
    if (dropped != NULL) {
        ++*dropped;
        return 0;
    }
    return deliver(link, now_ns, out_ns, size, fates);
}

void lab_link_counts_add(struct lab_link_counts *sum, const struct lab_link_counts *counts)
{
    sum->packets += counts->packets;
    sum->bytes += counts->bytes;
    sum->delivered += counts->delivered;
    sum->delivered_bytes += counts->delivered_bytes;
    sum->lost += counts->lost;
    sum->queue_dropped += counts->queue_dropped;
    sum->mtu_dropped += counts->mtu_dropped;
    sum->down_dropped += counts->down_dropped;
    sum->corrupted += counts->corrupted;
    sum->duplicated += counts->duplicated;
    sum->reordered += counts->reordered;
    sum->busy_ns += counts->busy_ns;
    sum->delay_sum_ns += counts->delay_sum_ns;
}
