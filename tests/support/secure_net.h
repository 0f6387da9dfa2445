/* secure_net.h - nodes that have sessions and nothing else, on a network in memory: one seed, one
 * history. Losses, copies, delays and cuts are the test's; every packet can be looked at, changed
 * or dropped on its way. What must always hold is checked at every step: nothing is received twice,
 * from anybody but its sender, changed, or by a session that is not up.
 */
#ifndef TESTS_SECURE_NET_H
#define TESTS_SECURE_NET_H

#include "unit.h"

#include "hermes_secure_internal.h"

enum {
    NET_NODES_MAX = 4,
    NET_CAPACITY_MAX = 64,
    NET_DATAGRAM_MAX = 400,
    NET_QUEUE_MAX = 4096,
    NET_SAID_MAX = 1 << 16, /* data packets of one node to one other */
};

#define NET_MS UINT64_C(1000000)
#define NET_S  UINT64_C(1000000000)

struct net;

struct net_packet {
    uint64_t at_ns, order;
    struct base_address from, to;
    size_t size;
    uint8_t data[NET_DATAGRAM_MAX];
};

struct net_node {
    struct net *net;
    uint32_t number;
    struct hermes_secure *secure;
    struct bpi_hermes_config config;
    struct base_address address;
    struct base_rng rng, secrets;
    struct base_step_world world;
    bool is_up[NET_CAPACITY_MAX];
    uint32_t ups, downs;
    uint64_t sent_bytes, sent_packets;
    uint64_t said[NET_NODES_MAX], heard[NET_NODES_MAX]; /* data packets to, and from */
    uint8_t seen[NET_NODES_MAX][NET_SAID_MAX / 8];
};

struct net {
    struct base_rng rng;
    uint64_t now_ns, order, seed;
    uint32_t node_count, capacity;
    struct net_node nodes[NET_NODES_MAX];
    struct net_packet *queue; /* [queue_count], in no order */
    size_t queue_count;
    uint64_t delay_ns, jitter_ns;
    uint32_t lost_permille, twice_permille;
    bool is_cut;
    /* May be NULL; false: the packet is dropped. */
    bool (*see)(struct net *net, struct net_packet *packet, void *context);
    void *context;
};

void net_init(struct net *net, uint64_t seed, uint32_t count, uint32_t capacity, uint64_t rekey_ns);
void net_done(struct net *net);
/* Sockets do not answer any more, and a new process with the same identity takes over. */
void net_restart(struct net *net, uint32_t node);
/* Everything until a time, then the time is that. */
void net_run(struct net *net, uint64_t until_ns);
static inline void net_wait(struct net *net, uint64_t ns)
{
    net_run(net, net->now_ns + ns);
}
base_err net_call(struct net *net, uint32_t from, uint32_t to, bool is_expected, uint32_t *peer);
void net_close(struct net *net, uint32_t node, uint32_t of);
/* The handle one node has for another that is up; HERMES_NO_PEER: none. */
uint32_t net_peer(struct net *net, uint32_t node, uint32_t of);
bool net_are_up(struct net *net, uint32_t a, uint32_t b);
/* One data packet of `size` bytes, 16 at least; false: there is no session. */
bool net_say(struct net *net, uint32_t from, uint32_t to, bool is_encrypted, size_t size);
/* Hand a datagram to a node now, and record what comes of it. */
enum hermes_opened_kind net_deliver(struct net *net, uint32_t to, const struct base_address *from,
                                    const uint8_t *data, size_t size);
struct net_node *net_at(struct net *net, const struct base_address *address);
const struct bpi_hermes_id *net_id(struct net *net, uint32_t node);

#endif
