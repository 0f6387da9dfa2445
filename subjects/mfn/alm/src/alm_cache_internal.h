/* alm_cache_internal.h - the route cache's memory; order (who goes when it is full) is one file,
 * keys and routes another, what uses what a third. */
#ifndef MFN_ALM_CACHE_INTERNAL_H
#define MFN_ALM_CACHE_INTERNAL_H

#include <mfn/alm_cache.h>

#define CACHE_NONE UINT32_MAX

/* Lists of nodes. LRU and LFU have one of residents, RECENT. */
enum cache_list {
    CACHE_RECENT,
    CACHE_FREQUENT,
    CACHE_RECENT_GHOSTS,
    CACHE_FREQUENT_GHOSTS,
    CACHE_LISTS
};

/* A key that is known: of a route that is here, or (arc) of one that was. */
struct cache_node {
    struct mfn_alm_cache_key key;
    uint32_t chain;      /* the next of the same bucket, or of the free nodes */
    uint32_t prev, next; /* in its list, most recent first */
    uint32_t place;      /* of its route; CACHE_NONE: a ghost */
    enum cache_list list;
    uint64_t uses; /* lfu */
    uint64_t used; /* lfu: when last, by a clock that counts uses */
    uint32_t heap; /* lfu: where in the heap */
    uint64_t good_until_ns;
    double cost;
    uint32_t node_count;
};

struct cache_ends {
    uint32_t first, last, count;
};

/* A place's use of a node or edge, in the list of its bucket. */
struct cache_use {
    uint32_t prev, next;
};

struct mfn_alm_cache {
    struct mfn_alm_cache_options options;
    struct mfn_alm_cache_counts counts;
    uint32_t node_max; /* capacity, arc: twice that */
    uint32_t resident_count;
    uint32_t free_node;  /* a list through chain */
    uint32_t free_place; /* a list through owners */
    uint32_t stride;     /* ids of a place: hop_max + 1 nodes, then hop_max edges */
    uint32_t bucket_mask;
    uint32_t use_mask;
    uint32_t target;     /* arc: the size wanted for RECENT */
    uint64_t clock;      /* lfu */
    uint64_t secrets[3]; /* of the hash */
    struct cache_ends lists[CACHE_LISTS];
    struct cache_node *nodes; /* [node_max] */
    uint32_t *buckets;        /* [bucket_mask + 1] first node */
    uint32_t *owners;         /* [capacity] the node of a place */
    uint32_t *victims;        /* [capacity] for dropping */
    uint32_t *ids;            /* [capacity * stride] */
    struct cache_use *uses;   /* [capacity * stride] */
    uint32_t *use_buckets;    /* [use_mask + 1] first use */
    uint32_t *heap;           /* lfu: [capacity] nodes, the next to go first */
};

/* Order. A new node is in no list before `enter`. */
void alm_cache_enter(struct mfn_alm_cache *cache, uint32_t node, enum cache_list list);
void alm_cache_leave(struct mfn_alm_cache *cache, uint32_t node);
void alm_cache_touch(struct mfn_alm_cache *cache, uint32_t node);

/* Make room for one route for a key whose node is `ghost` (CACHE_NONE: not known). Returns the list
 * that the key shall enter; the ghost is in no list then. */
enum cache_list alm_cache_make_room(struct mfn_alm_cache *cache, uint32_t ghost);

/* Keys. Free a node that is in no list, and what it holds; take its route from a node. */
void alm_cache_forget(struct mfn_alm_cache *cache, uint32_t node);
void alm_cache_vacate(struct mfn_alm_cache *cache, uint32_t node);

/* Drop a resident and count it. */
void alm_cache_drop(struct mfn_alm_cache *cache, uint32_t node);

/* What uses what. */
void alm_cache_link_uses(struct mfn_alm_cache *cache, uint32_t node);
void alm_cache_unlink_uses(struct mfn_alm_cache *cache, uint32_t node);

static inline uint32_t *alm_cache_nodes(const struct mfn_alm_cache *cache, uint32_t place)
{
    return cache->ids + (size_t)place * cache->stride;
}

static inline uint32_t *alm_cache_edges(const struct mfn_alm_cache *cache, uint32_t place)
{
    return alm_cache_nodes(cache, place) + cache->options.hop_max + 1;
}

#endif
