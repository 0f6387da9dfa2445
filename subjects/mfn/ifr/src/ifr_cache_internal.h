/* ifr_cache_internal.h - the store that all policies share, and what a policy is. */
#ifndef IFR_CACHE_INTERNAL_H
#define IFR_CACHE_INTERNAL_H

#include <mfn/ifr_cache.h>

#include "ifr_list.h"
#include "ifr_sketch.h"

#include <base/rng.h>

#include <string.h>

/* An item. Its slot is in exactly one list, of the policy or the free ones (by `next`). */
struct ifr_cache_item {
    uint64_t hash;
    uint64_t expires_ns; /* with a time to live; UINT64_MAX: never */
    struct mfn_ifr_value value;
    struct ifr_link link;
    uint8_t mark;  /* the policy's: visited (SIEVE), part (W-TinyLFU) */
    uint8_t key[]; /* [key_size] */
};

/* A policy orders slots. The store calls, in this way: `added` for a slot that is now used, `used`
 * for each hit and update, `dropped` before a slot is freed for whatever reason, `victim` on a full
 * store for the slot to free before the next one is added. */
struct ifr_cache_policy {
    const char *name;
    size_t (*size)(size_t capacity); /* bytes of its own zeroed memory; may be NULL */
    void (*open)(struct mfn_ifr_cache *cache, void *memory);
    void (*added)(struct mfn_ifr_cache *cache, uint32_t slot);
    void (*used)(struct mfn_ifr_cache *cache, uint32_t slot);
    void (*dropped)(struct mfn_ifr_cache *cache, uint32_t slot);
    uint32_t (*victim)(struct mfn_ifr_cache *cache);
};

extern const struct ifr_cache_policy ifr_cache_sieve, ifr_cache_tinylfu, ifr_cache_lru,
    ifr_cache_lfu, ifr_cache_fifo, ifr_cache_random;

/* SIEVE: marks that one put clears at most; a walk of this length takes less than a millisecond. */
enum { IFR_SIEVE_PASSED_MAX = 4096 };

/* Parts of W-TinyLFU. */
enum { IFR_WINDOW, IFR_PROBATION, IFR_PROTECTED, IFR_PARTS };

/* LFU: the items that were used equally often. */
struct ifr_cache_group {
    uint64_t uses;
    struct ifr_list items;
    uint32_t fewer, more; /* the groups beside it, by uses; `more` links free groups too */
};

struct mfn_ifr_cache {
    const struct ifr_cache_policy *policy;
    size_t key_size;
    struct ifr_links items; /* the links inside the items, so also the items */
    uint64_t *index; /* [index_mask + 1] high half: of the hash; low half: slot + 1; 0: free */
    uint32_t index_mask;
    uint32_t capacity, count;
    uint32_t fresh;        /* slots that were ever used */
    uint32_t free;         /* the first of those that are free again */
    uint64_t ttl_ns;       /* 0: none, and no list `ages` */
    struct ifr_links ages; /* by last put, newest first */
    struct ifr_list by_age;
    struct mfn_ifr_cache_stats stats;

    /* the policy's */
    struct ifr_list order[IFR_PARTS]; /* all but W-TinyLFU use one; LFU none */
    uint32_t window_capacity, protected_capacity;
    uint32_t hand; /* SIEVE: where to look first; IFR_NONE: the tail */
    struct base_rng rng;
    struct ifr_sketch sketch;
    struct ifr_cache_group *groups; /* LFU, [capacity] */
    uint32_t *group_of;             /* [capacity] */
    uint32_t group_least, group_free, group_fresh;
};

static inline struct ifr_cache_item *ifr_cache_item_of(const struct mfn_ifr_cache *cache,
                                                       uint32_t slot)
{
    return (struct ifr_cache_item *)(void *)(cache->items.base -
                                             offsetof(struct ifr_cache_item, link) +
                                             (size_t)slot * cache->items.stride);
}

/* Sizes as constants: compared in a few instructions. */
static inline bool ifr_cache_key_equal(const void *a, const void *b, size_t size)
{
    switch (size) {
    case MFN_IFR_KEY_IPV4:
        return memcmp(a, b, MFN_IFR_KEY_IPV4) == 0;
    case MFN_IFR_KEY_HASHED:
        return memcmp(a, b, MFN_IFR_KEY_HASHED) == 0;
    default:
        return memcmp(a, b, MFN_IFR_KEY_IPV6) == 0;
    }
}

/* The index: linear probing, at most half full, entries moved back on removal.
 * Source   Knuth, TAOCP 3, 6.4, algorithms L and R */
uint32_t ifr_cache_index_find(const struct mfn_ifr_cache *cache, const void *key, uint64_t hash);
void ifr_cache_index_add(struct mfn_ifr_cache *cache, uint64_t hash, uint32_t slot);
void ifr_cache_index_remove(struct mfn_ifr_cache *cache, uint64_t hash, uint32_t slot);

#endif
