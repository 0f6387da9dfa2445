/* net_store.h - fragments a node knows of: that it has them, their datagrams for a while, which
 * neighbours said what about them.
 *
 * The newest `capacity` fragments are known; a fragment is known once somebody has named it. Of the
 * datagrams the newest `memory_size` bytes are kept.
 *
 * Ownership all memory is taken at the start; what find, make and at give is valid until the next
 * make
 */
#ifndef SUITE_NET_STORE_H
#define SUITE_NET_STORE_H

#include <base/buf.h>

struct net_fragment {
    uint32_t origin, sequence;
    uint16_t index;
};

struct net_known {
    struct net_fragment id;
    bool is_here;        /* its datagram has come */
    bool is_awaited;     /* the protocol's: a timer runs for it */
    uint32_t window;     /* the protocol's */
    uint64_t asked_ns;   /* the protocol's */
    uint64_t announcers; /* the protocol's: neighbours that offer it, by bit */
    uint64_t untold;     /* the protocol's: neighbours that are to hear of it, by bit */
    uint64_t owners;     /* the protocol's: neighbours that have it or do not want it, by bit */
    uint64_t place;      /* internal: in the ring of bytes, counted without end */
    uint32_t size, next; /* internal */
};

struct net_store;

/* capacity 1 .. 2^24. Errors: ENOMEM */
BASE_MUST_USE base_err net_store_new(size_t capacity, size_t memory_size, struct net_store **store);
void net_store_free(struct net_store *store);
/* NULL: never named, or forgotten. */
struct net_known *net_store_find(struct net_store *store, const struct net_fragment *id);
/* Find, or begin to know; the oldest is forgotten. */
struct net_known *net_store_make(struct net_store *store, const struct net_fragment *id);
/* The datagram has come; size at most memory_size. */
void net_store_keep(struct net_store *store, struct net_known *known, const uint8_t *data,
                    size_t size);
/* Empty: not here, or no longer. */
struct base_span net_store_datagram(const struct net_store *store, const struct net_known *known);
/* Fragments in the order in which they came to be known, 0 .. count-1; NULL: forgotten. */
uint64_t net_store_count(const struct net_store *store);
struct net_known *net_store_at(struct net_store *store, uint64_t i);
size_t net_store_memory(const struct net_store *store); /* bytes in use now */

#endif
