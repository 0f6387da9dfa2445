/* net_gossip.c - rumour by push: a datagram that is new goes to some nodes chosen at random, and
 * the same number once more a round later, which is what makes up for losses. Rounds that are to
 * come are one queue: all wait equally long. */
#include "net_baselines.h"
#include "net_epidemic.h"

#include <math.h>
#include <stdlib.h>

enum { ROUNDS = 2, EXTRA = 2, TARGETS_MAX = 64, SENDERS = 64 };

static const uint64_t round_ns = 100000000;

struct again {
    uint64_t at_ns;
    struct net_fragment id;
    uint8_t rounds; /* still to come */
};

struct gossip {
    struct net_epidemic e;
    uint32_t fanout;
    struct again *queue; /* [capacity] */
    size_t first, count, capacity;
};

static void gossip_close(void *state)
{
    struct gossip *const g = state;
    if (g == NULL)
        return;
    net_epidemic_done(&g->e);
    free(g->queue);
    free(g);
}

static base_err gossip_open(const struct net_node_config *config, void **state,
                            struct base_why *why)
{
    struct gossip *const g = calloc(1, sizeof *g);
    if (g == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a node");
    /* Without given neighbours targets are any nodes; the view is not used. */
    base_err err = net_epidemic_init(&g->e, config, 2, why);
    g->capacity = net_epidemic_capacity(config->count) / 4;
    if (err == BASE_OK && (g->queue = calloc(g->capacity, sizeof *g->queue)) == NULL)
        err = base_fail(why, BASE_ENOMEM, 0, "no memory for a node");
    if (err != BASE_OK) {
        gossip_close(g);
        return err;
    }
    g->fanout = (uint32_t)ceil(log(config->count)) + EXTRA;
    *state = g;
    return BASE_OK;
}

static bool gossip_is_ready(const void *state)
{
    (void)state;
    return true;
}

/* Those that a datagram may go to: n nodes, the i-th of which is this. */
static uint32_t candidates(const struct gossip *g)
{
    return g->e.config.neighbor_count > 0 ? (uint32_t)g->e.peer_count : g->e.config.count;
}

static uint32_t candidate(const struct gossip *g, uint32_t i)
{
    return g->e.config.neighbor_count > 0 ? g->e.peers[i] : i;
}

static bool is_left_out(const struct gossip *g, uint32_t node, uint32_t origin, uint32_t sender)
{
    return node == g->e.config.index || node == origin || node == sender;
}

/* `fanout` different nodes, neither us nor the two that have it; all when there are no more. */
static void push(struct gossip *g, const struct base_step_world *world, struct base_span bytes,
                 uint32_t origin, uint32_t sender)
{
    const uint32_t count = candidates(g);
    uint32_t chosen[TARGETS_MAX], sent = 0, wanted = g->fanout;
    if (count < g->fanout + 3) { /* three may be left out */
        wanted = 0;
        for (uint32_t i = 0; i < count && wanted < g->fanout; i++)
            wanted += !is_left_out(g, candidate(g, i), origin, sender);
    }
    while (sent < wanted) {
        const uint32_t node = candidate(g, (uint32_t)base_rng_below(world->rng, count));
        bool is_new = !is_left_out(g, node, origin, sender);
        for (uint32_t i = 0; i < sent; i++)
            is_new &= chosen[i] != node;
        if (!is_new)
            continue;
        chosen[sent++] = node;
        net_epidemic_send(&g->e, world, node, bytes);
    }
}

static void wait_round(struct gossip *g, uint64_t now_ns, const struct net_fragment *id,
                       uint8_t rounds)
{
    if (g->count == g->capacity)
        return; /* too many for one round: they have had their first */
    g->queue[(g->first + g->count++) % g->capacity] =
        (struct again){ now_ns + round_ns, *id, rounds };
}

static void spread_from(struct gossip *g, const struct base_step_world *world,
                        const struct net_datagram *datagram, uint32_t sender)
{
    if (datagram->bytes.size == 0)
        return;
    push(g, world, datagram->bytes, datagram->wire.origin, sender);
    wait_round(g, world->now_ns, &datagram->known->id, ROUNDS - 1);
}

static void gossip_spread(void *state, const struct base_step_world *world,
                          struct net_datagram *datagram)
{
    spread_from(state, world, datagram, UINT32_MAX);
}

static base_err gossip_publish(void *state, const struct base_step_world *world, uint32_t class,
                               struct base_span payload, struct base_why *why)
{
    struct gossip *const g = state;
    return net_epidemic_publish(&g->e, world, class, payload, gossip_spread, g, why);
}

/* The node at an address, looked for in small groups alone: in large ones the sender is hardly ever
 * chosen, and then it costs a copy. */
static uint32_t sender_of(const struct gossip *g, const struct base_address *from)
{
    for (uint32_t i = 0; g->e.config.count <= SENDERS && i < g->e.config.count; i++)
        if (base_address_is(&g->e.config.addresses[i], from))
            return i;
    return UINT32_MAX;
}

static void gossip_datagram(void *state, const struct base_step_world *world,
                            const struct base_address *from, uint8_t *data, size_t size)
{
    struct gossip *const g = state;
    struct net_datagram datagram;
    if (net_epidemic_take(&g->e, world, from, data, size, &datagram) == NET_TAKEN_NEW)
        spread_from(g, world, &datagram, sender_of(g, from));
}

static void gossip_start(void *state, const struct base_step_world *world)
{
    (void)state;
    (void)world;
}

static void gossip_timer(void *state, const struct base_step_world *world)
{
    struct gossip *const g = state;
    while (g->count > 0 && g->queue[g->first].at_ns <= world->now_ns) {
        const struct again due = g->queue[g->first];
        const struct net_known *const known = net_store_find(g->e.store, &due.id);
        g->first = (g->first + 1) % g->capacity;
        g->count--;
        const struct base_span bytes =
            known != NULL ? net_store_datagram(g->e.store, known) : base_span_of(NULL, 0);
        if (bytes.size == 0)
            continue;
        push(g, world, bytes, due.id.origin, UINT32_MAX);
        if (due.rounds > 1)
            wait_round(g, world->now_ns, &due.id, due.rounds - 1);
    }
}

static uint64_t gossip_wake_ns(const void *state)
{
    const struct gossip *const g = state;
    return g->count > 0 ? g->queue[g->first].at_ns : UINT64_MAX;
}

static void gossip_stats(const void *state, struct net_node_stats *stats)
{
    net_epidemic_stats(&((const struct gossip *)state)->e, stats);
}

static const struct base_step gossip_step = { .name = "gossip",
                                              .start = gossip_start,
                                              .datagram = gossip_datagram,
                                              .timer = gossip_timer,
                                              .wake_ns = gossip_wake_ns };

const struct net_protocol net_gossip = {
    .name = "gossip",
    .doc = "random gossip: each datagram that is new goes to ln n + 2 random nodes, twice",
    .step = &gossip_step,
    .open = gossip_open,
    .close = gossip_close,
    .is_ready = gossip_is_ready,
    .publish = gossip_publish,
    .stats = gossip_stats,
};
