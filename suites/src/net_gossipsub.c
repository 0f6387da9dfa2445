/* net_gossipsub.c - a mesh among the neighbours pushes each datagram that is new; a heartbeat mends
 * the mesh and announces what came lately to some neighbours outside it, who ask for what they
 * miss. Whoever has a large datagram says so, and is spared further copies. */
#include "net_baselines.h"
#include "net_epidemic.h"

#include <stdlib.h>

enum {
    DEGREE = 8,
    DEGREE_LOW = 6,
    DEGREE_HIGH = 12,
    DEGREE_LAZY = 6,    /* announced to at least, and to a quarter of those outside the mesh */
    KNOWN = 32,         /* neighbours, when none are given */
    GOSSIP_WINDOWS = 3, /* heartbeats in which a fragment is announced */
    IDS_MAX = 5000,     /* announced to or taken from a neighbour in a heartbeat */
    LARGE_SIZE = 1024,  /* of a payload that IDONTWANT is sent for */
};

static const uint64_t heartbeat_ns = 700000000, backoff_ns = 60000000000;

struct gossipsub {
    struct net_epidemic e;
    uint64_t mesh; /* set of peers */
    uint64_t backoff_ns[NET_PEERS_MAX];
    uint32_t heard[NET_PEERS_MAX]; /* fragments announced in this heartbeat */
    uint64_t beat_ns;              /* the next */
    uint32_t window;               /* heartbeats so far */
};

static void gossipsub_close(void *state)
{
    struct gossipsub *const g = state;
    if (g == NULL)
        return;
    net_epidemic_done(&g->e);
    free(g);
}

static base_err gossipsub_open(const struct net_node_config *config, void **state,
                               struct base_why *why)
{
    struct gossipsub *const g = calloc(1, sizeof *g);
    if (g == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a node");
    const base_err err = net_epidemic_init(&g->e, config, KNOWN, why);
    if (err != BASE_OK) {
        gossipsub_close(g);
        return err;
    }
    g->beat_ns = UINT64_MAX;
    *state = g;
    return BASE_OK;
}

static uint64_t bit(uint32_t peer)
{
    return UINT64_C(1) << peer;
}

static size_t members(uint64_t set)
{
    return (size_t)__builtin_popcountll(set);
}

/* One of a set that is not empty, at random. */
static uint32_t one_of(struct base_rng *rng, uint64_t set)
{
    for (uint64_t skip = base_rng_below(rng, members(set)); skip > 0; skip--)
        set &= set - 1;
    return (uint32_t)__builtin_ctzll(set);
}

static uint64_t everybody(const struct gossipsub *g)
{
    return g->e.peer_count == NET_PEERS_MAX ? UINT64_MAX : bit((uint32_t)g->e.peer_count) - 1;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* As many as the mesh wants, or all there are. */
static bool gossipsub_is_ready(const void *state)
{
    const struct gossipsub *const g = state;
    return members(g->mesh) >= least(DEGREE_LOW, g->e.peer_count);
}

static void tell_sets(struct gossipsub *g, const struct base_step_world *world, uint8_t kind,
                      uint64_t set, const struct net_ids *ids)
{
    for (; set != 0; set &= set - 1)
        net_epidemic_tell(&g->e, world, g->e.peers[__builtin_ctzll(set)], kind, ids);
}

static void control(struct gossipsub *g, const struct base_step_world *world, uint8_t kind,
                    uint32_t peer)
{
    net_epidemic_control(&g->e, world, g->e.peers[peer], kind, NULL, 0);
}

/* On to the mesh: not to whom it came from, has it, or does not want it. */
static void spread(void *state, const struct base_step_world *world, struct net_datagram *datagram)
{
    struct gossipsub *const g = state;
    struct net_known *const known = datagram->known;
    const uint32_t origin = net_epidemic_peer(&g->e, datagram->wire.origin);
    known->window = g->window;
    if (datagram->peer != NET_NO_PEER)
        known->owners |= bit(datagram->peer);
    if (origin != NET_NO_PEER)
        known->owners |= bit(origin);
    const uint64_t targets = g->mesh & ~known->owners;
    if (datagram->peer != NET_NO_PEER && datagram->wire.payload.size >= LARGE_SIZE) {
        struct net_ids one;
        one.ids[0] = known->id;
        one.count = 1;
        tell_sets(g, world, NET_KIND_IDONTWANT, targets, &one);
    }
    for (uint64_t set = datagram->bytes.size > 0 ? targets : 0; set != 0; set &= set - 1)
        net_epidemic_send(&g->e, world, g->e.peers[__builtin_ctzll(set)], datagram->bytes);
}

static base_err gossipsub_publish(void *state, const struct base_step_world *world, uint32_t class,
                                  struct base_span payload, struct base_why *why)
{
    struct gossipsub *const g = state;
    return net_epidemic_publish(&g->e, world, class, payload, spread, g, why);
}

static void take_graft(struct gossipsub *g, const struct base_step_world *world, uint32_t peer)
{
    if ((g->mesh & bit(peer)) != 0)
        return;
    if (world->now_ns < g->backoff_ns[peer] || members(g->mesh) >= DEGREE_HIGH) {
        control(g, world, NET_KIND_PRUNE, peer);
        return;
    }
    g->mesh |= bit(peer);
}

static void take_prune(struct gossipsub *g, uint64_t now_ns, uint32_t peer)
{
    g->mesh &= ~bit(peer);
    g->backoff_ns[peer] = now_ns + backoff_ns;
}

/* Ask for what is not here, once in a heartbeat. */
static void take_ihave(struct gossipsub *g, const struct base_step_world *world, uint32_t peer,
                       struct net_ids *ids)
{
    size_t wanted = 0;
    g->heard[peer] += (uint32_t)ids->count;
    if (g->heard[peer] > IDS_MAX)
        return;
    for (size_t i = 0; i < ids->count; i++) {
        struct net_known *const known = net_store_make(g->e.store, &ids->ids[i]);
        known->owners |= bit(peer);
        if (known->is_here ||
            (known->asked_ns > 0 && world->now_ns - known->asked_ns < heartbeat_ns))
            continue;
        known->window = g->window;
        known->asked_ns = world->now_ns;
        ids->ids[wanted++] = ids->ids[i];
    }
    ids->count = wanted;
    net_epidemic_tell(&g->e, world, g->e.peers[peer], NET_KIND_IWANT, ids);
}

static void take_iwant(struct gossipsub *g, const struct base_step_world *world, uint32_t peer,
                       const struct net_ids *ids)
{
    for (size_t i = 0; i < ids->count; i++) {
        struct net_known *const known = net_store_find(g->e.store, &ids->ids[i]);
        if (known == NULL)
            continue;
        const struct base_span bytes = net_store_datagram(g->e.store, known);
        if (bytes.size == 0)
            continue;
        known->owners |= bit(peer);
        g->e.stats.repeated_bytes += bytes.size;
        net_epidemic_send(&g->e, world, g->e.peers[peer], bytes);
    }
}

static void take_idontwant(struct gossipsub *g, uint32_t peer, const struct net_ids *ids)
{
    for (size_t i = 0; i < ids->count; i++) {
        struct net_known *const known = net_store_make(g->e.store, &ids->ids[i]);
        known->owners |= bit(peer);
        known->window = g->window;
    }
}

static void take_control(struct gossipsub *g, const struct base_step_world *world,
                         const struct net_datagram *datagram)
{
    struct net_ids ids;
    net_epidemic_read(&datagram->wire, &ids);
    switch (datagram->wire.kind) {
    case NET_KIND_GRAFT:
        take_graft(g, world, datagram->peer);
        return;
    case NET_KIND_PRUNE:
        take_prune(g, world->now_ns, datagram->peer);
        return;
    case NET_KIND_IHAVE:
        take_ihave(g, world, datagram->peer, &ids);
        return;
    case NET_KIND_IWANT:
        take_iwant(g, world, datagram->peer, &ids);
        return;
    case NET_KIND_IDONTWANT:
        take_idontwant(g, datagram->peer, &ids);
        return;
    default:
        g->e.stats.rejected++;
    }
}

static void gossipsub_datagram(void *state, const struct base_step_world *world,
                               const struct base_address *from, uint8_t *data, size_t size)
{
    struct gossipsub *const g = state;
    struct net_datagram datagram;
    switch (net_epidemic_take(&g->e, world, from, data, size, &datagram)) {
    case NET_TAKEN_NEW:
        spread(g, world, &datagram);
        return;
    case NET_TAKEN_REPEATED:
        if (datagram.known != NULL && datagram.peer != NET_NO_PEER)
            datagram.known->owners |= bit(datagram.peer);
        return;
    case NET_TAKEN_CONTROL:
        take_control(g, world, &datagram);
        return;
    case NET_TAKEN_NOT:
        return;
    }
}

/* Into the mesh while it is thin, out of it while it is thick. */
static void mend_mesh(struct gossipsub *g, const struct base_step_world *world)
{
    uint64_t others = everybody(g) & ~g->mesh;
    for (uint32_t i = 0; i < g->e.peer_count; i++)
        if (world->now_ns < g->backoff_ns[i])
            others &= ~bit(i);
    if (members(g->mesh) < DEGREE_LOW)
        while (others != 0 && members(g->mesh) < DEGREE) {
            const uint32_t peer = one_of(world->rng, others);
            others &= ~bit(peer);
            g->mesh |= bit(peer);
        }
    if (members(g->mesh) > DEGREE_HIGH)
        while (members(g->mesh) > DEGREE) {
            const uint32_t peer = one_of(world->rng, g->mesh);
            take_prune(g, world->now_ns, peer);
            control(g, world, NET_KIND_PRUNE, peer);
        }
    for (uint64_t set = g->mesh; set != 0; set &= set - 1)
        control(g, world, NET_KIND_GRAFT, (uint32_t)__builtin_ctzll(set));
}

/* What came in the last windows, the newest first, but for what the peer is known to have. */
static void announce_to(struct gossipsub *g, const struct base_step_world *world, uint32_t peer)
{
    struct net_ids ids;
    size_t left = IDS_MAX;
    ids.count = 0;
    for (uint64_t i = net_store_count(g->e.store); i-- > 0 && left > 0;) {
        const struct net_known *const known = net_store_at(g->e.store, i);
        if (known == NULL || g->window - known->window > GOSSIP_WINDOWS)
            break;
        if (!known->is_here || (known->owners & bit(peer)) != 0 ||
            g->window - known->window == GOSSIP_WINDOWS)
            continue;
        ids.ids[ids.count++] = known->id;
        left--;
        if (ids.count == NET_IDS_MAX) {
            net_epidemic_tell(&g->e, world, g->e.peers[peer], NET_KIND_IHAVE, &ids);
            ids.count = 0;
        }
    }
    net_epidemic_tell(&g->e, world, g->e.peers[peer], NET_KIND_IHAVE, &ids);
}

/* To some outside the mesh; where hardly anybody is outside, to members, too, since what the mesh
 * loses would be lost for good, as it is not on the streams of the specification. */
static void announce(struct gossipsub *g, const struct base_step_world *world)
{
    uint64_t others = everybody(g) & ~g->mesh;
    others = members(others) < DEGREE_LAZY ? everybody(g) : others;
    size_t left = members(others) / 4 > DEGREE_LAZY ? members(others) / 4 : DEGREE_LAZY;
    for (; others != 0 && left > 0; left--) {
        const uint32_t peer = one_of(world->rng, others);
        others &= ~bit(peer);
        announce_to(g, world, peer);
    }
}

static void gossipsub_timer(void *state, const struct base_step_world *world)
{
    struct gossipsub *const g = state;
    if (world->now_ns < g->beat_ns)
        return;
    mend_mesh(g, world);
    announce(g, world);
    memset(g->heard, 0, sizeof g->heard);
    g->window++;
    g->beat_ns = world->now_ns + heartbeat_ns;
}

/* The first heartbeat comes soon, but not everybody's at once. */
static void gossipsub_start(void *state, const struct base_step_world *world)
{
    struct gossipsub *const g = state;
    g->beat_ns = world->now_ns + base_rng_below(world->rng, heartbeat_ns / 4);
}

static uint64_t gossipsub_wake_ns(const void *state)
{
    return ((const struct gossipsub *)state)->beat_ns;
}

static void gossipsub_stats(const void *state, struct net_node_stats *stats)
{
    net_epidemic_stats(&((const struct gossipsub *)state)->e, stats);
}

static const struct base_step gossipsub_step = { .name = "gossipsub",
                                                 .start = gossipsub_start,
                                                 .datagram = gossipsub_datagram,
                                                 .timer = gossipsub_timer,
                                                 .wake_ns = gossipsub_wake_ns };

const struct net_protocol net_gossipsub = {
    .name = "gossipsub",
    .doc = "gossipsub-like: a mesh of degree 8, IHAVE and IWANT beside it, IDONTWANT",
    .step = &gossipsub_step,
    .open = gossipsub_open,
    .close = gossipsub_close,
    .is_ready = gossipsub_is_ready,
    .publish = gossipsub_publish,
    .stats = gossipsub_stats,
};
