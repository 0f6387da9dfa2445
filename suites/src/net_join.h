/* net_join.h - what a node has seen of messages: fragments put together, each told once.
 *
 * Messages are known by origin and sequence. The newest `capacity` of them are remembered, so that
 * what comes again is known to have come; older ones are forgotten. Payloads under way lie in a
 * ring of bytes: a message whose place is needed before it is whole is given up.
 *
 * Ownership all memory is taken at the start
 */
#ifndef SUITE_NET_JOIN_H
#define SUITE_NET_JOIN_H

#include "net_wire.h"

struct net_join;

struct net_join_counts {
    uint64_t repeated;       /* messages that came whole again */
    uint64_t repeated_bytes; /* of fragments that were there already */
    uint64_t given_up;
};

enum net_join_kind {
    NET_JOIN_NEW,      /* a fragment that was not there; others are missing */
    NET_JOIN_WHOLE,    /* the last one that was missing */
    NET_JOIN_REPEATED, /* it was there */
    NET_JOIN_REFUSED,  /* it contradicts what was there, or the message was given up */
};

/* capacity 1 .. 2^24 messages; memory_size at least NET_WIRE_MESSAGE_MAX * 2. Errors: ENOMEM */
BASE_MUST_USE base_err net_join_new(size_t capacity, size_t memory_size, struct net_join **join);
void net_join_free(struct net_join *join);
/* WHOLE: *message is the payload, valid until the next call. Cost: O(1), and the copy. */
enum net_join_kind net_join_add(struct net_join *join, const struct net_wire *wire,
                                struct base_span *message);
/* Is it known, whole or in part? */
bool net_join_has(const struct net_join *join, uint32_t origin, uint32_t sequence);
struct net_join_counts net_join_counts(const struct net_join *join);
size_t net_join_memory(const struct net_join *join); /* bytes in use now */

#endif
