/* net_epidemic.h - what gossip, gossipsub and Plumtree have in common: neighbours, datagrams with
 * their keyed tags, fragments that are put together and told, fragments that are kept for others,
 * lists of fragments as bodies of control datagrams, counts.
 *
 *   control datagrams   the wire of net_wire.h, `origin` being the sender; body: for each fragment
 *                       origin and sequence (32 bits) and number (16 bits), little-endian
 */
#ifndef SUITE_NET_EPIDEMIC_H
#define SUITE_NET_EPIDEMIC_H

#include "net_join.h"
#include "net_protocol.h"
#include "net_store.h"

enum {
    NET_PEERS_MAX = 64, /* each is a bit of net_known's sets */
    NET_NO_PEER = NET_PEERS_MAX,
    NET_IDS_MAX = 512,      /* in one list that is being made */
    NET_MESSAGE_LEAST = 16, /* bytes; a smaller message is the protocol's own and is not told */
};

/* Kinds of datagrams beside NET_WIRE_KIND_DATA. */
enum {
    NET_KIND_IHAVE = 2,
    NET_KIND_IWANT,
    NET_KIND_IDONTWANT,
    NET_KIND_GRAFT,
    NET_KIND_PRUNE,
    NET_KIND_PING, /* body: 8 bytes that the PONG brings back */
    NET_KIND_PONG,
};

struct net_epidemic {
    struct net_node_config config;
    struct net_wire_key key;
    struct net_join *join;
    struct net_store *store;
    uint32_t peers[NET_PEERS_MAX]; /* nodes */
    size_t peer_count;
    size_t ids_max; /* in one control datagram */
    uint32_t sequence;
    struct net_node_stats stats;
    uint64_t own_repeated, own_repeated_bytes; /* of messages that are the protocol's own */
};

/* A list of fragments for one control datagram or more. */
struct net_ids {
    struct net_fragment ids[NET_IDS_MAX];
    size_t count;
};

/* What a datagram turned out to be. */
enum net_taken {
    NET_TAKEN_NOT, /* refused, counted */
    NET_TAKEN_NEW, /* a fragment for the first time; kept, and told when the message is whole */
    NET_TAKEN_REPEATED, /* a fragment once more */
    NET_TAKEN_CONTROL,
};

struct net_datagram {
    struct net_wire wire;
    uint32_t peer;           /* who sent it; NET_NO_PEER: no neighbour */
    struct net_known *known; /* of NEW and REPEATED; NULL: forgotten */
    struct base_span bytes;  /* of NEW: to be passed on as they are; empty: gone far enough */
};

/* Neighbours: those given (at most NET_PEERS_MAX), else net_view_make with `degree`. Errors: ERANGE
 * (the configuration; why says what), ENOMEM */
BASE_MUST_USE base_err net_epidemic_init(struct net_epidemic *e,
                                         const struct net_node_config *config, size_t degree,
                                         struct base_why *why);
void net_epidemic_done(struct net_epidemic *e);
/* Fragments that a node of so many remembers; thousands of nodes in one process, as in virtual
 * time, must not remember as much each. */
size_t net_epidemic_capacity(uint32_t count);
/* Index of a neighbour by node; NET_NO_PEER. */
uint32_t net_epidemic_peer(const struct net_epidemic *e, uint32_t node);
void net_epidemic_send(struct net_epidemic *e, const struct base_step_world *world, uint32_t node,
                       struct base_span bytes);
/* One control datagram; body at most 10 * ids_max bytes. */
void net_epidemic_control(struct net_epidemic *e, const struct base_step_world *world,
                          uint32_t node, uint8_t kind, const void *body, size_t size);
/* As many control datagrams as the list needs; none for an empty one. */
void net_epidemic_tell(struct net_epidemic *e, const struct base_step_world *world, uint32_t node,
                       uint8_t kind, const struct net_ids *ids);
/* A list that has come; what is beyond NET_IDS_MAX is left out. */
void net_epidemic_read(const struct net_wire *wire, struct net_ids *ids);
enum net_taken net_epidemic_take(struct net_epidemic *e, const struct base_step_world *world,
                                 const struct base_address *from, uint8_t *data, size_t size,
                                 struct net_datagram *out);
/* What is to be done with a fragment that is new. */
typedef void net_spread(void *state, const struct base_step_world *world,
                        struct net_datagram *datagram);
/* Cut a message into fragments and hand each to `spread`, as NEW ones of no peer. */
void net_epidemic_cut(struct net_epidemic *e, const struct base_step_world *world, uint32_t class,
                      struct base_span payload, net_spread *spread, void *state);
/* The same for a message of the application's. Errors: ERANGE (its size) */
BASE_MUST_USE base_err net_epidemic_publish(struct net_epidemic *e,
                                            const struct base_step_world *world, uint32_t class,
                                            struct base_span payload, net_spread *spread,
                                            void *state, struct base_why *why);
void net_epidemic_stats(const struct net_epidemic *e, struct net_node_stats *stats);

#endif
