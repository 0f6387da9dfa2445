/* ifr_cache_tinylfu.c - W-TinyLFU: a window, a segmented LRU, and a sketch that says who gets in.
 */
#include "ifr_cache_internal.h"

enum { WINDOW_SHARE = 100, PROTECTED_OF_TEN = 8 };

static void tinylfu_open(struct mfn_ifr_cache *cache, void *memory)
{
    for (unsigned part = 0; part < IFR_PARTS; part++)
        cache->order[part] = ifr_list_empty();
    const uint32_t window = cache->capacity / WINDOW_SHARE;
    cache->window_capacity = window > 1 ? window : 1;
    cache->protected_capacity =
        (uint32_t)((uint64_t)(cache->capacity - cache->window_capacity) * PROTECTED_OF_TEN / 10);
    ifr_sketch_init(&cache->sketch, cache->capacity, memory);
}

static void part_enter(struct mfn_ifr_cache *cache, unsigned part, uint32_t slot)
{
    ifr_cache_item_of(cache, slot)->mark = (uint8_t)part;
    ifr_list_push(&cache->items, &cache->order[part], slot);
}

static void part_leave(struct mfn_ifr_cache *cache, uint32_t slot)
{
    const unsigned part = ifr_cache_item_of(cache, slot)->mark;
    ifr_list_unlink(&cache->items, &cache->order[part], slot);
}

static void part_move(struct mfn_ifr_cache *cache, unsigned part, uint32_t slot)
{
    part_leave(cache, slot);
    part_enter(cache, part, slot);
}

static void sketch_item(struct mfn_ifr_cache *cache, uint32_t slot)
{
    ifr_sketch_add(&cache->sketch, ifr_cache_item_of(cache, slot)->hash);
}

static unsigned sketched(const struct mfn_ifr_cache *cache, uint32_t slot)
{
    return ifr_sketch_estimate(&cache->sketch, ifr_cache_item_of(cache, slot)->hash);
}

/* Into the window; while the main part has room, the window's last goes there unasked. */
static void tinylfu_added(struct mfn_ifr_cache *cache, uint32_t slot)
{
    struct ifr_list *const window = &cache->order[IFR_WINDOW];
    sketch_item(cache, slot);
    if (window->count == cache->window_capacity)
        part_move(cache, IFR_PROBATION, window->tail);
    part_enter(cache, IFR_WINDOW, slot);
}

static void tinylfu_used(struct mfn_ifr_cache *cache, uint32_t slot)
{
    const unsigned part = ifr_cache_item_of(cache, slot)->mark;
    struct ifr_list *const kept = &cache->order[IFR_PROTECTED];
    sketch_item(cache, slot);
    if (part != IFR_PROBATION) {
        ifr_list_to_head(&cache->items, &cache->order[part], slot);
        return;
    }
    part_move(cache, IFR_PROTECTED, slot);
    if (kept->count > cache->protected_capacity)
        part_move(cache, IFR_PROBATION, kept->tail);
}

/* The cache is full, so both parts are. The window's last and the main part's last meet: the one
 * that was seen less often goes, and the newcomer on a draw. */
static uint32_t tinylfu_victim(struct mfn_ifr_cache *cache)
{
    const uint32_t candidate = cache->order[IFR_WINDOW].tail;
    const uint32_t victim = cache->order[IFR_PROBATION].tail;
    if (victim == IFR_NONE || sketched(cache, candidate) <= sketched(cache, victim))
        return candidate;
    part_move(cache, IFR_PROBATION, candidate);
    return victim;
}

const struct ifr_cache_policy ifr_cache_tinylfu = {
    .name = "tinylfu",
    .size = ifr_sketch_size,
    .open = tinylfu_open,
    .added = tinylfu_added,
    .used = tinylfu_used,
    .dropped = part_leave,
    .victim = tinylfu_victim,
};
