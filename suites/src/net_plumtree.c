/* net_plumtree.c - every link begins eager; a copy that was not needed makes its link lazy on both
 * sides, so that a tree is left. There is a tree for each origin, which the paper gives as the
 * choice for many senders: in a shared one several senders at once cut every side of a triangle.
 * Over lazy links fragments are announced in bundles; what was announced and does not come in time
 * is asked for (GRAFT), and that link is eager again.
 *
 * The paper leaves its time-outs to the diameter and delays of the network. Here each neighbour is
 * pinged at the start; the first time-out is two of the longest round trips and a bundle's time,
 * the next ones one and a half. */
#include "net_baselines.h"
#include "net_epidemic.h"

#include <stdlib.h>

enum { KNOWN = 8, PINGS = 12, ASKS = 4, TREES_MAX = 64, GREETING_SIZE = 1 };

static const uint64_t bundle_ns = 20000000, ping_ns = 250000000, rtt_unknown_ns = 400000000;

/* Fragments that are waited for, all equally long: a queue is in the order of its times. */
struct waits {
    struct wait {
        uint64_t at_ns;
        struct net_fragment id;
    } * ring; /* [capacity] */
    size_t first, count, capacity;
};

struct tree {
    uint64_t eager;    /* set of peers; the others are lazy */
    uint64_t prune_ns; /* when the last PRUNE was sent */
};

struct plumtree {
    struct net_epidemic e;
    uint64_t all;       /* set of peers */
    struct tree *trees; /* [tree_count] that of origin o at o % tree_count */
    uint32_t tree_count;
    struct net_ids news;      /* to be announced */
    uint64_t announce_ns;     /* when */
    struct waits early, late; /* first time-outs, next ones */
    uint64_t rtt_ns;          /* longest; 0: none is known */
    uint64_t answered;        /* set of peers */
    uint64_t ping_at_ns;
    unsigned pings;
    uint64_t greet_ns; /* greet, and some time later be ready */
    bool has_greeted, is_ready;
};

static void plumtree_close(void *state)
{
    struct plumtree *const p = state;
    if (p == NULL)
        return;
    net_epidemic_done(&p->e);
    free(p->trees);
    free(p->early.ring);
    free(p->late.ring);
    free(p);
}

static uint64_t bit(uint32_t peer)
{
    return UINT64_C(1) << peer;
}

static base_err plumtree_open(const struct net_node_config *config, void **state,
                              struct base_why *why)
{
    struct plumtree *const p = calloc(1, sizeof *p);
    if (p == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a node");
    base_err err = net_epidemic_init(&p->e, config, KNOWN, why);
    if (err == BASE_OK) {
        p->early.capacity = p->late.capacity = net_epidemic_capacity(config->count) / 8;
        p->early.ring = calloc(p->early.capacity, sizeof *p->early.ring);
        p->late.ring = calloc(p->late.capacity, sizeof *p->late.ring);
        p->tree_count = config->count <= TREES_MAX ? config->count : 1;
        p->trees = calloc(p->tree_count, sizeof *p->trees);
        if (p->early.ring == NULL || p->late.ring == NULL || p->trees == NULL)
            err = base_fail(why, BASE_ENOMEM, 0, "no memory for a node");
    }
    if (err != BASE_OK) {
        plumtree_close(p);
        return err;
    }
    p->all = p->e.peer_count == NET_PEERS_MAX ? UINT64_MAX : bit((uint32_t)p->e.peer_count) - 1;
    for (uint32_t i = 0; i < p->tree_count; i++)
        p->trees[i].eager = p->all;
    p->announce_ns = p->ping_at_ns = p->greet_ns = UINT64_MAX;
    *state = p;
    return BASE_OK;
}

static uint64_t rtt_ns(const struct plumtree *p)
{
    return p->rtt_ns > 0 ? p->rtt_ns : rtt_unknown_ns;
}

/* Every neighbour has answered, or has been asked often enough. */
static bool is_acquainted(const struct plumtree *p)
{
    return p->all == p->answered || p->pings == PINGS;
}

static bool plumtree_is_ready(const void *state)
{
    return ((const struct plumtree *)state)->is_ready;
}

static struct tree *tree_of(const struct plumtree *p, uint32_t origin)
{
    return &p->trees[origin % p->tree_count];
}

/* The fragments that are new since the last bundle, to each neighbour that was lazy when they came,
 * whatever it is now: it got no copy. */
static void announce(struct plumtree *p, const struct base_step_world *world)
{
    for (uint32_t peer = 0; peer < p->e.peer_count; peer++) {
        struct net_ids ids;
        ids.count = 0;
        for (size_t i = 0; i < p->news.count; i++) {
            const struct net_known *const known = net_store_find(p->e.store, &p->news.ids[i]);
            if (known != NULL && (known->untold & ~known->owners & bit(peer)) != 0)
                ids.ids[ids.count++] = p->news.ids[i];
        }
        net_epidemic_tell(&p->e, world, p->e.peers[peer], NET_KIND_IHAVE, &ids);
    }
    p->news.count = 0;
    p->announce_ns = UINT64_MAX;
}

static void spread(void *state, const struct base_step_world *world, struct net_datagram *datagram)
{
    struct plumtree *const p = state;
    struct net_known *const known = datagram->known;
    struct tree *const tree = tree_of(p, known->id.origin);
    if (datagram->peer != NET_NO_PEER) {
        known->owners |= bit(datagram->peer);
        tree->eager |= bit(datagram->peer);
    }
    if (datagram->bytes.size == 0)
        return;
    for (uint64_t set = tree->eager & ~known->owners; set != 0; set &= set - 1)
        net_epidemic_send(&p->e, world, p->e.peers[__builtin_ctzll(set)], datagram->bytes);
    known->untold = p->all & ~tree->eager;
    if (p->news.count == 0)
        p->announce_ns = world->now_ns + bundle_ns;
    p->news.ids[p->news.count++] = known->id;
    if (p->news.count == NET_IDS_MAX)
        announce(p, world);
}

static base_err plumtree_publish(void *state, const struct base_step_world *world, uint32_t class,
                                 struct base_span payload, struct base_why *why)
{
    struct plumtree *const p = state;
    return net_epidemic_publish(&p->e, world, class, payload, spread, p, why);
}

static void tell_one(struct plumtree *p, const struct base_step_world *world, uint32_t peer,
                     uint8_t kind, const struct net_fragment *id)
{
    struct net_ids one;
    one.ids[0] = *id;
    one.count = 1;
    net_epidemic_tell(&p->e, world, p->e.peers[peer], kind, &one);
}

/* A copy too many: the link is none of the tree. A lost PRUNE is sent again, but not for each of
 * the copies that are under way. */
static void take_repeated(struct plumtree *p, const struct base_step_world *world,
                          const struct net_datagram *datagram)
{
    const uint32_t peer = datagram->peer;
    const struct net_wire *const wire = &datagram->wire;
    const struct net_fragment id = { wire->origin, wire->sequence, wire->fragment };
    struct tree *const tree = tree_of(p, id.origin);
    if (peer == NET_NO_PEER)
        return;
    if (datagram->known != NULL)
        datagram->known->owners |= bit(peer);
    if ((tree->eager & bit(peer)) == 0 && world->now_ns < tree->prune_ns + rtt_ns(p))
        return;
    tree->eager &= ~bit(peer);
    tree->prune_ns = world->now_ns;
    tell_one(p, world, peer, NET_KIND_PRUNE, &id);
}

/* False: no room; another announcement will start it again. */
static bool put_wait(struct waits *waits, uint64_t at_ns, const struct net_fragment *id)
{
    if (waits->count == waits->capacity)
        return false;
    waits->ring[(waits->first + waits->count++) % waits->capacity] = (struct wait){ at_ns, *id };
    return true;
}

static void take_ihave(struct plumtree *p, uint64_t now_ns, uint32_t peer,
                       const struct net_ids *ids)
{
    for (size_t i = 0; i < ids->count; i++) {
        struct net_known *const known = net_store_make(p->e.store, &ids->ids[i]);
        known->owners |= bit(peer);
        known->announcers |= bit(peer);
        if (!known->is_here && !known->is_awaited)
            known->is_awaited = put_wait(&p->early, now_ns + 2 * rtt_ns(p) + bundle_ns, &known->id);
    }
}

static void take_graft(struct plumtree *p, const struct base_step_world *world, uint32_t peer,
                       const struct net_ids *ids)
{
    for (size_t i = 0; i < ids->count; i++) {
        tree_of(p, ids->ids[i].origin)->eager |= bit(peer);
        struct net_known *const known = net_store_find(p->e.store, &ids->ids[i]);
        if (known == NULL)
            continue;
        const struct base_span bytes = net_store_datagram(p->e.store, known);
        if (bytes.size == 0)
            continue;
        p->e.stats.repeated_bytes += bytes.size;
        net_epidemic_send(&p->e, world, p->e.peers[peer], bytes);
    }
}

/* Ask the next of those that have announced it, and all of them again, since announcements and
 * answers get lost on the way; the paper's do not. */
static void graft(struct plumtree *p, const struct base_step_world *world,
                  const struct net_fragment *id)
{
    struct net_known *const known = net_store_find(p->e.store, id);
    if (known == NULL || known->is_here)
        return;
    known->is_awaited = false;
    if (known->announcers == 0 && known->window++ < ASKS)
        known->announcers = known->owners;
    if (known->announcers == 0)
        return;
    const uint32_t peer = (uint32_t)__builtin_ctzll(known->announcers);
    known->announcers &= known->announcers - 1;
    tree_of(p, id->origin)->eager |= bit(peer);
    tell_one(p, world, peer, NET_KIND_GRAFT, id);
    known->is_awaited = put_wait(&p->late, world->now_ns + rtt_ns(p) * 3 / 2, id);
}

static void do_waits(struct plumtree *p, const struct base_step_world *world, struct waits *waits)
{
    while (waits->count > 0 && waits->ring[waits->first].at_ns <= world->now_ns) {
        const struct net_fragment id = waits->ring[waits->first].id;
        waits->first = (waits->first + 1) % waits->capacity;
        waits->count--;
        graft(p, world, &id);
    }
}

static void ping(struct plumtree *p, const struct base_step_world *world)
{
    uint8_t body[sizeof world->now_ns];
    memcpy(body, &world->now_ns, sizeof body);
    for (uint64_t set = p->all & ~p->answered; set != 0; set &= set - 1)
        net_epidemic_control(&p->e, world, p->e.peers[__builtin_ctzll(set)], NET_KIND_PING, body,
                             sizeof body);
    p->pings++;
    p->ping_at_ns = is_acquainted(p) ? UINT64_MAX : world->now_ns + ping_ns;
}

static void take_pong(struct plumtree *p, uint64_t now_ns, const struct net_datagram *datagram)
{
    uint64_t sent_ns;
    if (datagram->wire.payload.size != sizeof sent_ns)
        return;
    memcpy(&sent_ns, datagram->wire.payload.data, sizeof sent_ns);
    p->answered |= bit(datagram->peer);
    if (sent_ns < now_ns && now_ns - sent_ns > p->rtt_ns && now_ns - sent_ns < PINGS * ping_ns)
        p->rtt_ns = now_ns - sent_ns;
}

static void take_control(struct plumtree *p, const struct base_step_world *world,
                         const struct net_datagram *datagram)
{
    const uint32_t peer = datagram->peer;
    struct net_ids ids;
    net_epidemic_read(&datagram->wire, &ids);
    switch (datagram->wire.kind) {
    case NET_KIND_IHAVE:
        take_ihave(p, world->now_ns, peer, &ids);
        return;
    case NET_KIND_GRAFT:
        take_graft(p, world, peer, &ids);
        return;
    case NET_KIND_PRUNE:
        for (size_t i = 0; i < ids.count; i++)
            tree_of(p, ids.ids[i].origin)->eager &= ~bit(peer);
        return;
    case NET_KIND_PING:
        if (datagram->wire.payload.size == sizeof(uint64_t))
            net_epidemic_control(&p->e, world, p->e.peers[peer], NET_KIND_PONG,
                                 datagram->wire.payload.data, sizeof(uint64_t));
        return;
    case NET_KIND_PONG:
        take_pong(p, world->now_ns, datagram);
        return;
    default:
        p->e.stats.rejected++;
    }
}

static void plumtree_datagram(void *state, const struct base_step_world *world,
                              const struct base_address *from, uint8_t *data, size_t size)
{
    struct plumtree *const p = state;
    struct net_datagram datagram;
    switch (net_epidemic_take(&p->e, world, from, data, size, &datagram)) {
    case NET_TAKEN_NEW:
        spread(p, world, &datagram);
        return;
    case NET_TAKEN_REPEATED:
        take_repeated(p, world, &datagram);
        return;
    case NET_TAKEN_CONTROL:
        take_control(p, world, &datagram);
        return;
    case NET_TAKEN_NOT:
        return;
    }
}

/* Once all are known: a message that is not told, so that the tree stands when it is needed; ready
 * when the copies too many have been answered. Nodes that start later than we are greeted by the
 * announcements. */
static void greet(struct plumtree *p, const struct base_step_world *world)
{
    static const uint8_t greeting[GREETING_SIZE];
    p->is_ready = p->has_greeted || p->tree_count == 1;
    p->greet_ns = p->is_ready ? UINT64_MAX : world->now_ns + 4 * rtt_ns(p) + bundle_ns;
    if (p->is_ready)
        return;
    p->has_greeted = true;
    net_epidemic_cut(&p->e, world, 0, base_span_of(greeting, sizeof greeting), spread, p);
}

static void plumtree_timer(void *state, const struct base_step_world *world)
{
    struct plumtree *const p = state;
    if (world->now_ns >= p->ping_at_ns)
        ping(p, world);
    if (is_acquainted(p) && !p->has_greeted && !p->is_ready && p->greet_ns == UINT64_MAX)
        p->greet_ns = world->now_ns;
    if (world->now_ns >= p->greet_ns)
        greet(p, world);
    if (world->now_ns >= p->announce_ns)
        announce(p, world);
    do_waits(p, world, &p->early);
    do_waits(p, world, &p->late);
}

static void plumtree_start(void *state, const struct base_step_world *world)
{
    ping(state, world);
}

static uint64_t first_ns(const struct waits *waits)
{
    return waits->count > 0 ? waits->ring[waits->first].at_ns : UINT64_MAX;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t plumtree_wake_ns(const void *state)
{
    const struct plumtree *const p = state;
    return least(least(least(p->announce_ns, p->ping_at_ns), p->greet_ns),
                 least(first_ns(&p->early), first_ns(&p->late)));
}

static void plumtree_stats(const void *state, struct net_node_stats *stats)
{
    net_epidemic_stats(&((const struct plumtree *)state)->e, stats);
}

static const struct base_step plumtree_step = { .name = "plumtree",
                                                .start = plumtree_start,
                                                .datagram = plumtree_datagram,
                                                .timer = plumtree_timer,
                                                .wake_ns = plumtree_wake_ns };

const struct net_protocol net_plumtree = {
    .name = "plumtree",
    .doc = "Plumtree: a tree of eager links, announcements over the others, GRAFT and PRUNE",
    .step = &plumtree_step,
    .open = plumtree_open,
    .close = plumtree_close,
    .is_ready = plumtree_is_ready,
    .publish = plumtree_publish,
    .stats = plumtree_stats,
};
