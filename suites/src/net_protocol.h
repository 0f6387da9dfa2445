/* net_protocol.h - an overlay that is measured: HERMES-Lite and what it is held against, all step
 * machines on the same drivers, links, loads and message sizes.
 *
 * A node is opened with the addresses of all; `publish` sends one message to all others. A delivery
 * is told as a struct net_delivery, whatever the protocol's own events are.
 */
#ifndef SUITE_NET_PROTOCOL_H
#define SUITE_NET_PROTOCOL_H

#include <base/buf.h>
#include <base/step.h>

struct net_node_config {
    uint32_t index, count;
    const struct base_address *addresses; /* [count] of all nodes; outlives the node */
    const uint32_t
        *neighbors;        /* [neighbor_count] of this node, for protocols that are given a graph */
    size_t neighbor_count; /* flooding: all others by default */
    uint64_t seed;         /* of the whole group: keys are derived from it and the index */
    bool is_authenticated; /* each message carries a keyed tag (baselines); HERMES always does */
    size_t mtu_bytes;
    uint64_t uplink_bits; /* what this node's host can send a second, as its operator
                             knows; 0: not known */
};

/* What every node tells. payload begins with what the experiment put there. */
struct net_delivery {
    uint32_t origin; /* index; UINT32_MAX when the protocol does not say */
    struct base_span payload;
    uint32_t hops; /* 0: not known */
};

struct net_node_stats {
    uint64_t published, delivered;
    uint64_t redundant;       /* copies that came again, in what the protocol counts: fragments;
                                 HERMES: whole packets and messages. Not comparable: see the bytes */
    uint64_t redundant_bytes; /* that came and were not needed, at the receiver: what had come
                                 already, and of HERMES parity beyond need */
    uint64_t sent_bytes, received_bytes, sent_packets;
    uint64_t parity_bytes, repeated_bytes, control_bytes;
    uint64_t rejected; /* forged, replayed, malformed */
    uint64_t expired;
    size_t memory_bytes;
};

struct net_protocol {
    const char *name; /* "hermes", "flood", "gossip", "gossipsub", "plumtree", "direct" */
    const char *doc;
    const struct base_step *step;
    base_err (*open)(const struct net_node_config *config, void **state, struct base_why *why);
    void (*close)(void *state);
    bool (*is_ready)(const void *state); /* connected as far as it wants to be */
    /* payload 16 .. 1 MiB bytes; class 0 .. 2. Errors: EFULL (try again later), ERANGE */
    base_err (*publish)(void *state, const struct base_step_world *world, uint32_t class,
                        struct base_span payload, struct base_why *why);
    void (*stats)(const void *state, struct net_node_stats *stats);
};

/* By name; NULL: none. The table, NULL past its end. */
const struct net_protocol *net_protocol_find(const char *name);
const struct net_protocol *net_protocol_at(size_t i);

#endif
