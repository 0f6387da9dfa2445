/* alm_cache_order.c - who goes when the cache is full.
 *
 * LRU is one list. ARC is four, as in the paper: the residents seen once and seen again, and the
 * keys of those that went from either. LFU is a binary heap of residents by use count and then
 * last use.
 */
#include "alm_cache_internal.h"

static void order_link(struct mfn_alm_cache *cache, uint32_t node, enum cache_list list)
{
    struct cache_ends *const ends = &cache->lists[list];
    struct cache_node *const linked = &cache->nodes[node];
    linked->list = list;
    linked->prev = CACHE_NONE;
    linked->next = ends->first;
    if (ends->first != CACHE_NONE)
        cache->nodes[ends->first].prev = node;
    else
        ends->last = node;
    ends->first = node;
    ends->count++;
}

static void order_unlink(struct mfn_alm_cache *cache, uint32_t node)
{
    const struct cache_node *const from = &cache->nodes[node];
    struct cache_ends *const ends = &cache->lists[from->list];
    if (from->prev != CACHE_NONE)
        cache->nodes[from->prev].next = from->next;
    else
        ends->first = from->next;
    if (from->next != CACHE_NONE)
        cache->nodes[from->next].prev = from->prev;
    else
        ends->last = from->prev;
    ends->count--;
}

static bool order_is_before(const struct mfn_alm_cache *cache, uint32_t a, uint32_t b)
{
    const struct cache_node *const one = &cache->nodes[a];
    const struct cache_node *const other = &cache->nodes[b];
    return one->uses != other->uses ? one->uses < other->uses : one->used < other->used;
}

static void order_set(struct mfn_alm_cache *cache, uint32_t at, uint32_t node)
{
    cache->heap[at] = node;
    cache->nodes[node].heap = at;
}

static void order_sift_up(struct mfn_alm_cache *cache, uint32_t at)
{
    const uint32_t node = cache->heap[at];
    while (at > 0 && order_is_before(cache, node, cache->heap[(at - 1) / 2])) {
        order_set(cache, at, cache->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    order_set(cache, at, node);
}

static void order_sift_down(struct mfn_alm_cache *cache, uint32_t at)
{
    const uint32_t count = cache->lists[CACHE_RECENT].count;
    const uint32_t node = cache->heap[at];
    for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && order_is_before(cache, cache->heap[child + 1], cache->heap[child]))
            child++;
        if (!order_is_before(cache, cache->heap[child], node))
            break;
        order_set(cache, at, cache->heap[child]);
        at = child;
    }
    order_set(cache, at, node);
}

static void order_heap_enter(struct mfn_alm_cache *cache, uint32_t node)
{
    const uint32_t at = cache->lists[CACHE_RECENT].count++;
    cache->nodes[node].list = CACHE_RECENT;
    cache->nodes[node].uses = 1;
    cache->nodes[node].used = ++cache->clock;
    order_set(cache, at, node);
    order_sift_up(cache, at);
}

static void order_heap_leave(struct mfn_alm_cache *cache, uint32_t node)
{
    const uint32_t at = cache->nodes[node].heap;
    const uint32_t last = cache->heap[--cache->lists[CACHE_RECENT].count];
    if (last == node)
        return;
    order_set(cache, at, last);
    order_sift_up(cache, at);
    order_sift_down(cache, cache->nodes[last].heap);
}

void alm_cache_enter(struct mfn_alm_cache *cache, uint32_t node, enum cache_list list)
{
    if (cache->options.policy == MFN_ALM_CACHE_LFU)
        order_heap_enter(cache, node);
    else
        order_link(cache, node, list);
}

void alm_cache_leave(struct mfn_alm_cache *cache, uint32_t node)
{
    if (cache->options.policy == MFN_ALM_CACHE_LFU)
        order_heap_leave(cache, node);
    else
        order_unlink(cache, node);
}

void alm_cache_touch(struct mfn_alm_cache *cache, uint32_t node)
{
    if (cache->options.policy == MFN_ALM_CACHE_LFU) {
        cache->nodes[node].uses++;
        cache->nodes[node].used = ++cache->clock;
        order_sift_down(cache, cache->nodes[node].heap);
        return;
    }
    order_unlink(cache, node);
    order_link(cache, node,
               cache->options.policy == MFN_ALM_CACHE_ARC ? CACHE_FREQUENT : CACHE_RECENT);
}

static bool order_is_full(const struct mfn_alm_cache *cache)
{
    return cache->resident_count == cache->options.capacity;
}

/* The last of a list goes for good. */
static void order_delete_last(struct mfn_alm_cache *cache, enum cache_list list)
{
    const uint32_t node = cache->lists[list].last;
    cache->counts.replaced += cache->nodes[node].place != CACHE_NONE;
    order_unlink(cache, node);
    alm_cache_forget(cache, node);
}

/* REPLACE of the paper: one resident becomes a ghost. */
static void order_replace(struct mfn_alm_cache *cache, bool is_frequent_ghost)
{
    if (!order_is_full(cache))
        return;
    const uint32_t recent = cache->lists[CACHE_RECENT].count;
    const bool takes_recent =
        recent > 0 && (recent > cache->target || (is_frequent_ghost && recent == cache->target) ||
                       cache->lists[CACHE_FREQUENT].count == 0);
    const enum cache_list list = takes_recent ? CACHE_RECENT : CACHE_FREQUENT;
    const uint32_t node = cache->lists[list].last;
    order_unlink(cache, node);
    alm_cache_vacate(cache, node);
    cache->counts.replaced++;
    order_link(cache, node, takes_recent ? CACHE_RECENT_GHOSTS : CACHE_FREQUENT_GHOSTS);
}

static uint32_t order_ratio(uint32_t a, uint32_t b)
{
    return a / b > 1 ? a / b : 1;
}

/* Cases II and III of the paper. */
static void order_arc_ghost(struct mfn_alm_cache *cache, uint32_t ghost)
{
    const uint32_t recent = cache->lists[CACHE_RECENT_GHOSTS].count;
    const uint32_t frequent = cache->lists[CACHE_FREQUENT_GHOSTS].count;
    const bool is_frequent = cache->nodes[ghost].list == CACHE_FREQUENT_GHOSTS;
    if (is_frequent) {
        const uint32_t less = order_ratio(recent, frequent);
        cache->target = cache->target > less ? cache->target - less : 0;
    } else {
        const uint32_t more = order_ratio(frequent, recent);
        cache->target = cache->options.capacity - cache->target > more ? cache->target + more
                                                                       : cache->options.capacity;
    }
    order_replace(cache, is_frequent);
    order_unlink(cache, ghost);
}

/* Case IV of the paper. */
static void order_arc_new(struct mfn_alm_cache *cache)
{
    const uint32_t capacity = cache->options.capacity;
    uint32_t total = 0;
    for (int list = 0; list < CACHE_LISTS; list++)
        total += cache->lists[list].count;
    if (cache->lists[CACHE_RECENT].count == capacity) {
        order_delete_last(cache, CACHE_RECENT);
        return;
    }
    if (cache->lists[CACHE_RECENT].count + cache->lists[CACHE_RECENT_GHOSTS].count == capacity)
        order_delete_last(cache, CACHE_RECENT_GHOSTS);
    else if (total == 2 * capacity)
        order_delete_last(cache, CACHE_FREQUENT_GHOSTS);
    order_replace(cache, false);
}

enum cache_list alm_cache_make_room(struct mfn_alm_cache *cache, uint32_t ghost)
{
    if (cache->options.policy == MFN_ALM_CACHE_ARC) {
        if (ghost == CACHE_NONE)
            order_arc_new(cache);
        else
            order_arc_ghost(cache, ghost);
        return ghost == CACHE_NONE ? CACHE_RECENT : CACHE_FREQUENT;
    }
    if (!order_is_full(cache))
        return CACHE_RECENT;
    if (cache->options.policy == MFN_ALM_CACHE_LRU) {
        order_delete_last(cache, CACHE_RECENT);
    } else {
        const uint32_t node = cache->heap[0];
        cache->counts.replaced++;
        order_heap_leave(cache, node);
        alm_cache_forget(cache, node);
    }
    return CACHE_RECENT;
}
