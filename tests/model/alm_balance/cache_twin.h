/* cache_twin.h - the route cache done naively: arrays of keys in order of recency, searched from
 * the front, for capacities and routes that are small. */
#ifndef TESTS_CACHE_TWIN_H
#define TESTS_CACHE_TWIN_H

#include <mfn/alm_cache.h>

#include <stddef.h>

enum { CACHE_TWIN_MAX = 64, CACHE_TWIN_HOPS = 4 };

struct cache_twin_entry {
    struct mfn_alm_cache_key key;
    uint32_t node_count;
    uint32_t nodes[CACHE_TWIN_HOPS + 1], edges[CACHE_TWIN_HOPS];
    double cost;
    uint64_t stored_ns;
    uint64_t uses;
};

/* The most recent first. */
struct cache_twin_list {
    size_t count;
    struct cache_twin_entry entries[2 * CACHE_TWIN_MAX + 1];
};

struct cache_twin {
    enum mfn_alm_cache_policy policy;
    size_t capacity;
    uint64_t ttl_ns;
    size_t p;                              /* arc */
    struct cache_twin_list t1, t2, b1, b2; /* lru, lfu: t1 only */
};

const struct cache_twin_entry *cache_twin_find(struct cache_twin *twin,
                                               const struct mfn_alm_cache_key *key,
                                               uint64_t now_ns);
void cache_twin_put(struct cache_twin *twin, const struct cache_twin_entry *entry);

/* Drop all residents of which the question is true; returns how many. */
uint32_t cache_twin_drop(struct cache_twin *twin,
                         bool (*is_hit)(const struct cache_twin_entry *entry, const uint32_t *what),
                         const uint32_t *what);

#endif
