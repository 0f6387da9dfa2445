/* alm_cache_uses.c - from a node or edge to the routes that use it.
 *
 * Each id of a stored route is itself an element of the list of its hash bucket, found by its place
 * in memory: nothing is allocated, and one changed edge costs a walk over the routes that use it
 * (and a few others of the same bucket).
 */
#include "alm_cache_internal.h"

static bool uses_is_edge(const struct mfn_alm_cache *cache, uint32_t use)
{
    return use % cache->stride > cache->options.hop_max;
}

static uint32_t *uses_bucket(struct mfn_alm_cache *cache, bool is_edge, uint32_t id)
{
    const uint64_t mixed = ((uint64_t)id << 1 | is_edge) * UINT64_C(0x9e3779b97f4a7c15);
    return &cache->use_buckets[(mixed >> 32) & cache->use_mask];
}

static void uses_link(struct mfn_alm_cache *cache, uint32_t use)
{
    uint32_t *const first = uses_bucket(cache, uses_is_edge(cache, use), cache->ids[use]);
    cache->uses[use] = (struct cache_use){ CACHE_NONE, *first };
    if (*first != CACHE_NONE)
        cache->uses[*first].prev = use;
    *first = use;
}

static void uses_unlink(struct mfn_alm_cache *cache, uint32_t use)
{
    const struct cache_use from = cache->uses[use];
    if (from.prev != CACHE_NONE)
        cache->uses[from.prev].next = from.next;
    else
        *uses_bucket(cache, uses_is_edge(cache, use), cache->ids[use]) = from.next;
    if (from.next != CACHE_NONE)
        cache->uses[from.next].prev = from.prev;
}

static void uses_each(struct mfn_alm_cache *cache, uint32_t node,
                      void (*apply)(struct mfn_alm_cache *cache, uint32_t use))
{
    const uint32_t first = cache->nodes[node].place * cache->stride;
    const uint32_t count = cache->nodes[node].node_count;
    for (uint32_t k = 0; k < count; k++)
        apply(cache, first + k);
    for (uint32_t k = 0; k + 1 < count; k++)
        apply(cache, first + cache->options.hop_max + 1 + k);
}

void alm_cache_link_uses(struct mfn_alm_cache *cache, uint32_t node)
{
    uses_each(cache, node, uses_link);
}

void alm_cache_unlink_uses(struct mfn_alm_cache *cache, uint32_t node)
{
    uses_each(cache, node, uses_unlink);
}

/* All uses by one route follow each other in a bucket, so a victim is found twice only in a row. */
static uint32_t uses_drop(struct mfn_alm_cache *cache, bool is_edge, uint32_t id, uint32_t metric)
{
    uint32_t count = 0;
    for (uint32_t use = *uses_bucket(cache, is_edge, id); use != CACHE_NONE;
         use = cache->uses[use].next) {
        const uint32_t node = cache->owners[use / cache->stride];
        if (cache->ids[use] != id || uses_is_edge(cache, use) != is_edge ||
            (metric != MFN_ALM_METRIC_ANY && metric != cache->nodes[node].key.metric))
            continue;
        if (count == 0 || cache->victims[count - 1] != node)
            cache->victims[count++] = node;
    }
    for (uint32_t i = 0; i < count; i++)
        alm_cache_drop(cache, cache->victims[i]);
    return count;
}

uint32_t mfn_alm_cache_drop_edge(struct mfn_alm_cache *cache, uint32_t edge, uint32_t metric)
{
    return uses_drop(cache, true, edge, metric);
}

uint32_t mfn_alm_cache_drop_node(struct mfn_alm_cache *cache, uint32_t node, uint32_t metric)
{
    return uses_drop(cache, false, node, metric);
}
