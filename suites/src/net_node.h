/* net_node.h - one node of an experiment: a protocol, the load it carries, and a record of what
 * came.
 *
 * A step machine around the protocol's: its timer also publishes what is due, its sends can be bent
 * (a byzantine relay) or tapped (for replays), its deliveries are checked and written down. So the
 * same load and the same book-keeping run on sockets and in virtual time.
 *
 * Load is open: message k of all, k = 0 .. node_count * messages - 1, is intended at k * gap and is
 * published by node k % node_count, late if it must be; its latency counts from the intended time.
 *
 * Ownership the record is the caller's: it may be shared between processes
 */
#ifndef SUITE_NET_NODE_H
#define SUITE_NET_NODE_H

#include "net_protocol.h"

#include <stdatomic.h>

enum {
    NET_PAYLOAD_LEAST = 24, /* origin, sequence, intended time, check */
    NET_TAP_COUNT = 64,     /* datagrams kept for replays */
    NET_TAP_SIZE = 1500,
    NET_WHY_SIZE = 200,
};

/* What all nodes of an experiment agree on. */
struct net_load {
    uint32_t node_count;
    uint32_t messages;     /* of each node */
    uint32_t message_size; /* NET_PAYLOAD_LEAST .. 2^20 */
    uint32_t class;
    double gap_ns; /* between two messages of all */
    uint64_t seed;
};

static inline uint64_t net_load_total(const struct net_load *load)
{
    return (uint64_t)load->node_count * load->messages;
}

/* Number of a message, and when it is intended, from the start on. */
static inline uint64_t net_load_number(const struct net_load *load, uint32_t origin,
                                       uint32_t sequence)
{
    return (uint64_t)sequence * load->node_count + origin;
}

static inline uint64_t net_load_intended_ns(const struct net_load *load, uint64_t number)
{
    return (uint64_t)((double)number * load->gap_ns);
}

/* Datagrams of a node, as they were sent: what somebody on the way could have kept. */
struct net_tap {
    _Atomic uint32_t count; /* that are there, at most NET_TAP_COUNT */
    struct {
        struct base_address to;
        uint16_t size;
        uint8_t data[NET_TAP_SIZE];
    } datagrams[NET_TAP_COUNT];
};

/* What a node writes down. Atomic: read by others while it runs. */
struct net_record {
    _Atomic uint32_t is_ready, is_done;
    _Atomic uint64_t delivered;  /* messages of others, the first time each */
    uint64_t published, refused; /* refused: EFULL, and tried again */
    uint64_t again;              /* deliveries that the protocol let through twice */
    uint64_t wrong;              /* payloads that nobody sent */
    uint64_t hops_sum;           /* of deliveries whose hops are known */
    uint64_t hops_known;
    struct net_node_stats stats;
    base_err err; /* the node gave up: why */
    char why[NET_WHY_SIZE];
    struct net_tap tap;
    uint64_t at_ns[]; /* [net_load_total] first delivery; 0: none */
};

static inline size_t net_record_size(const struct net_load *load)
{
    return (sizeof(struct net_record) + net_load_total(load) * sizeof(uint64_t) + 63) & ~(size_t)63;
}

/* What a guest does while the attack lasts. */
enum net_behaviour {
    NET_HONEST,
    NET_BYZANTINE, /* of what it sends, a third is dropped and a third has a bit flipped */
    NET_SILENT,    /* sends nothing */
    NET_SLOW,      /* its process looks at its socket now and then only */
};

struct net_node {
    const struct net_protocol *protocol;
    void *state; /* the protocol's */
    const struct net_load *load;
    uint32_t index; /* from load->node_count on: a guest that has no load */
    enum net_behaviour behaviour;
    uint64_t attack_from_ns, attack_until_ns; /* of the load's time */
    bool is_tapped;
    uint64_t (*clock)(void); /* NULL: the world's time */
    struct net_record *record;
    /* internal */
    const struct base_step_world *world; /* of the call under way */
    struct base_rng rng;
    uint8_t *payload;            /* [message_size] */
    uint64_t start_ns, retry_ns; /* start 0: not begun */
    uint32_t next;               /* sequence */
};

/* The step of a struct net_node. */
extern const struct base_step net_node_step;

/* Opens the protocol's node; the fields before `internal` but state are set. Errors: those of open,
 * ENOMEM */
BASE_MUST_USE base_err net_node_open(struct net_node *node, const struct net_node_config *config,
                                     struct base_why *why);
void net_node_close(struct net_node *node); /* accepts a zeroed one */
/* From now on there is load; time 0 of it is start_ns. */
void net_node_begin(struct net_node *node, uint64_t start_ns);
/* Does its behaviour hold now? */
bool net_node_attacks(const struct net_node *node, uint64_t now_ns);
/* Copy the protocol's counts into the record. */
void net_node_end(struct net_node *node);

/* A payload, and is it one? The check covers all of it. */
void net_payload_make(const struct net_load *load, uint32_t origin, uint32_t sequence,
                      uint64_t intended_ns, uint8_t *out);
bool net_payload_is_good(const struct net_load *load, struct base_span payload, uint32_t *origin,
                         uint32_t *sequence);

#endif
