/* alm_cache.h - routes that were computed already, and which of them a change of topology spoils.
 *
 * The key is all that an answer depends on: from, to, metric and the constraints (a hash of them,
 * made by the caller; 0: none). A route is its nodes and edges and what it costs. Memory is fixed
 * at new: `capacity` routes of up to `hop_max` edges.
 *
 * After a change of topology:
 *   - an edge or node was removed or became worse: drop_edge, drop_node drop the routes that use
 * it, and no other;
 *   - an edge was added or became better: any route may have a better one now. drop_if asks the
 *     caller about each; with the distances D from the edge's head and to its tail, a route is
 *     still right when cost <= D(from, tail) + weight + D(head, to).
 * "There is no route" may be stored too, as a route of 0 nodes; it uses nothing.
 *
 * Policies, when it is full:
 *   lru   the least recently used goes
 *   lfu   the least often used goes, among equals the least recently used; use counts since put
 *   arc   adaptive replacement: recency against frequency, balanced by what it would have hit.
 *         ratios of the two ghost lists are rounded down, at least 1; a route dropped, expired or
 *         removed leaves no ghost; nothing is replaced while there is room
 * A route is used when find shows it or put replaces it. A route whose time is over is dropped when
 * find meets it, and counts as a miss.
 *
 * Threads   one cache, one thread
 * Source    Megiddo & Modha, "ARC: a self-tuning, low overhead replacement cache", FAST 2003
 */
#ifndef MFN_ALM_CACHE_H
#define MFN_ALM_CACHE_H

#include <base/err.h>

#include <stdbool.h>

/* X(name, word) */
#define MFN_ALM_CACHE_POLICY_MAP(X)                                                                \
    X(LRU, "lru")                                                                                  \
    X(LFU, "lfu")                                                                                  \
    X(ARC, "arc")

enum mfn_alm_cache_policy {
#define MFN_ALM_CACHE_POLICY_ENUM(name, word) MFN_ALM_CACHE_##name,
    MFN_ALM_CACHE_POLICY_MAP(MFN_ALM_CACHE_POLICY_ENUM)
#undef MFN_ALM_CACHE_POLICY_ENUM
        MFN_ALM_CACHE_POLICY_COUNT
};

enum { MFN_ALM_CACHE_CAPACITY_MAX = 1 << 24, MFN_ALM_CACHE_HOPS_MAX = 1024 };

#define MFN_ALM_METRIC_ANY UINT32_MAX

/* The word of a policy; the policy of a word. Errors: ENOTFOUND, the sentence lists the words. */
const char *mfn_alm_cache_policy_name(enum mfn_alm_cache_policy policy);
BASE_MUST_USE base_err mfn_alm_cache_policy_of(const char *word, enum mfn_alm_cache_policy *out,
                                               struct base_why *why);

struct mfn_alm_cache_options {
    enum mfn_alm_cache_policy policy;
    uint32_t capacity; /* routes, 1 .. MFN_ALM_CACHE_CAPACITY_MAX */
    uint32_t hop_max;  /* edges of a route, 1 .. MFN_ALM_CACHE_HOPS_MAX; 0: 32 */
    uint64_t ttl_ns;   /* how long a route is good; 0: for ever */
    uint64_t seed;     /* of the hash of keys: secret where others choose the keys */
};

struct mfn_alm_cache_key {
    uint32_t from, to;
    uint32_t metric; /* any number but MFN_ALM_METRIC_ANY */
    uint64_t constraints;
};

struct mfn_alm_cached_route {
    double cost;
    uint32_t node_count;
    const uint32_t *nodes; /* [node_count] from the first to the last */
    const uint32_t *edges; /* [node_count - 1] */
};

struct mfn_alm_cache_counts {
    uint64_t hits, misses;
    uint64_t expired;  /* misses whose route was there, but too old */
    uint64_t replaced; /* routes that went because it was full */
    uint64_t dropped;  /* by drop_... */
};

struct mfn_alm_cache;

/* Memory: about 100 + 24 hop_max bytes a route (arc: 80 more).
 * Errors: ERANGE with a sentence in why (may be NULL), ENOMEM. */
BASE_MUST_USE base_err mfn_alm_cache_new(const struct mfn_alm_cache_options *options,
                                         struct mfn_alm_cache **out, struct base_why *why);
void mfn_alm_cache_free(struct mfn_alm_cache *cache);

/* The route of a key; it lies in the cache and is good until the next put or drop.
 * Cost: O(1), lfu O(log capacity). */
bool mfn_alm_cache_find(struct mfn_alm_cache *cache, const struct mfn_alm_cache_key *key,
                        uint64_t now_ns, struct mfn_alm_cached_route *out);

/* Store a route, new or instead of the key's old one.
 * Cost: O(hops). Errors: ERANGE (more than hop_max edges, or the metric), nothing changed. */
BASE_MUST_USE base_err mfn_alm_cache_put(struct mfn_alm_cache *cache,
                                         const struct mfn_alm_cache_key *key,
                                         const struct mfn_alm_cached_route *route, uint64_t now_ns);

/* Drop routes; each returns how many. With a metric only those of that metric.
 * Cost: O(routes dropped, and their hops), drop_if O(capacity). */
uint32_t mfn_alm_cache_drop_edge(struct mfn_alm_cache *cache, uint32_t edge, uint32_t metric);
uint32_t mfn_alm_cache_drop_node(struct mfn_alm_cache *cache, uint32_t node, uint32_t metric);
uint32_t mfn_alm_cache_drop_if(struct mfn_alm_cache *cache,
                               bool (*is_stale)(void *context, const struct mfn_alm_cache_key *key,
                                                const struct mfn_alm_cached_route *route),
                               void *context);
uint32_t mfn_alm_cache_clear(struct mfn_alm_cache *cache);

uint32_t mfn_alm_cache_count(const struct mfn_alm_cache *cache);
struct mfn_alm_cache_counts mfn_alm_cache_counts_of(const struct mfn_alm_cache *cache);

#endif
