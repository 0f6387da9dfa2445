/* ifr_cache.h - the most wanted flows in fixed memory, by one of six replacement policies.
 *
 *   sieve     first in, first out, but who was asked for stays: a hand walks from old to new, takes
 *             the first that was not visited and clears the marks it passes (after 4096 of them it
 *             takes the next, visited or not). A hit writes one byte.
 *   tinylfu   W-TinyLFU: a window of 1 % (LRU) before a segmented LRU (20 % probation, 80 %
 *             protected); who leaves the window gets into the main part only when a sketch of
 *             4-bit counters saw it more often than the one that would have to go. Counters are
 *             halved each 20 x capacity uses (those of full counters are not counted), half of
 *             which outlive the halving.
 *   lru       the least recently used goes
 *   lfu       the least often used since it came goes; among equals the least recently used
 *   fifo      the oldest goes, however often it was used
 *   random    any goes, each with the same probability
 *
 * A put of a key that is there replaces the value and counts as a use. With a time to live, an item
 * is not found from `ttl_ns` after its last put on; each put first drops up to two expired items,
 * oldest first, so that none is kept in place of a live one. Time is the caller's and does not
 * run backwards.
 *
 * Cost      find, put, remove: O(1) expected, whatever the policy; SIEVE's put amortised, as the
 * hand passes a mark once, and 4096 at most. Nothing allocates after new. Keys      `hash` must be
 * the same for the same key: mfn_ifr_hash with a secret seed, computed once for filter, cache and
 * table Threads   one object, one thread at a time; finding changes the order too (peek does not)
 * Source    Zhang et al., "SIEVE is Simpler than LRU", NSDI 2024; Einziger, Friedman & Manes,
 * "TinyLFU: A Highly Efficient Cache Admission Policy", ACM TOS 13 (2017) 35; LFU in O(1): Shah,
 * Mitra & Matani (2010)
 */
#ifndef MFN_IFR_CACHE_H
#define MFN_IFR_CACHE_H

#include <mfn/ifr_hash.h>
#include <mfn/ifr_record.h>

#include <base/err.h>

#include <stdbool.h>

#define MFN_IFR_CACHE_CAPACITY_MAX ((size_t)1 << 30)

enum mfn_ifr_policy {
    MFN_IFR_SIEVE,
    MFN_IFR_TINYLFU,
    MFN_IFR_LRU,
    MFN_IFR_LFU,
    MFN_IFR_FIFO,
    MFN_IFR_RANDOM,
    MFN_IFR_POLICY_COUNT
};

struct mfn_ifr_cache;

struct mfn_ifr_cache_options {
    size_t key_size; /* 13, 32 or 37 */
    size_t capacity; /* 1 .. MFN_IFR_CACHE_CAPACITY_MAX items */
    enum mfn_ifr_policy policy;
    uint64_t ttl_ns;          /* 0: items do not expire */
    struct mfn_ifr_seed seed; /* of the random policy */
};

struct mfn_ifr_cache_stats {
    uint64_t hits, misses; /* answers of find */
    uint64_t insertions;   /* puts of a key that was not there */
    uint64_t updates;      /* puts of one that was */
    uint64_t evictions;    /* items the policy chose to go */
    uint64_t expirations;  /* items that went because of their age */
    size_t count, capacity;
    size_t size_bytes; /* all memory */
};

/* "sieve", "tinylfu", "lru", "lfu", "fifo", "random"; "?" for no policy. */
const char *mfn_ifr_policy_name(enum mfn_ifr_policy policy);

/* The policy of such a name, in any case. Errors: BASE_EPARSE. */
BASE_MUST_USE base_err mfn_ifr_policy_parse(const char *text, enum mfn_ifr_policy *out,
                                            struct base_why *why);

/* What is wrong with `options`: BASE_OK, or BASE_ERANGE and one sentence. */
BASE_MUST_USE base_err mfn_ifr_cache_check(const struct mfn_ifr_cache_options *options,
                                           struct base_why *why);

/* An empty cache.
 *
 * Cost     64 bytes (13-byte keys) or 96 an item and 16 .. 32 for its index; 8 more with a time to
 *          live, 8 for tinylfu, 36 for lfu. Above 4 MiB large pages are asked for.
 * Errors   BASE_ERANGE   see mfn_ifr_cache_check
 *          BASE_ENOMEM   nothing is kept
 */
BASE_MUST_USE base_err mfn_ifr_cache_new(const struct mfn_ifr_cache_options *options,
                                         struct mfn_ifr_cache **out);
void mfn_ifr_cache_free(struct mfn_ifr_cache *cache);

/* The value of a key, which counts as a use.
 *
 *   key   [key_size]
 *   out   written only when found */
bool mfn_ifr_cache_find(struct mfn_ifr_cache *cache, const void *key, uint64_t hash,
                        uint64_t now_ns, struct mfn_ifr_value *out);

/* The same, but nothing changes: neither the order nor a statistic. */
bool mfn_ifr_cache_peek(const struct mfn_ifr_cache *cache, const void *key, uint64_t hash,
                        uint64_t now_ns, struct mfn_ifr_value *out);

/* Put a new key or a new value; a full cache lets another item go. The key is there afterwards. */
void mfn_ifr_cache_put(struct mfn_ifr_cache *cache, const void *key, uint64_t hash, uint64_t now_ns,
                       const struct mfn_ifr_value *value);

/* Drop a key; true when it was there (expired or not). */
bool mfn_ifr_cache_remove(struct mfn_ifr_cache *cache, const void *key, uint64_t hash);

void mfn_ifr_cache_stats(const struct mfn_ifr_cache *cache, struct mfn_ifr_cache_stats *out);

#endif
