/* ifr_cache_lfu.c - least frequently used in O(1): groups of equal use, linked in order of use.
 *
 * A group is empty only while it is free, so there are never more groups than items. */
#include "ifr_cache_internal.h"

static size_t lfu_size(size_t capacity)
{
    return capacity * (sizeof(struct ifr_cache_group) + sizeof(uint32_t));
}

static void lfu_open(struct mfn_ifr_cache *cache, void *memory)
{
    cache->groups = memory;
    cache->group_of = (uint32_t *)(void *)(cache->groups + cache->capacity);
    cache->group_least = cache->group_free = IFR_NONE;
    cache->group_fresh = 0;
}

/* A new group right after `fewer`, or before all when that is IFR_NONE. */
static uint32_t group_add(struct mfn_ifr_cache *cache, uint64_t uses, uint32_t fewer)
{
    struct ifr_cache_group *const groups = cache->groups;
    uint32_t at = cache->group_free;
    if (at == IFR_NONE)
        at = cache->group_fresh++;
    else
        cache->group_free = groups[at].more;
    const uint32_t more = fewer == IFR_NONE ? cache->group_least : groups[fewer].more;
    groups[at] = (struct ifr_cache_group){ uses, ifr_list_empty(), fewer, more };
    if (fewer == IFR_NONE)
        cache->group_least = at;
    else
        groups[fewer].more = at;
    if (more != IFR_NONE)
        groups[more].fewer = at;
    return at;
}

static void group_drop(struct mfn_ifr_cache *cache, uint32_t at)
{
    struct ifr_cache_group *const groups = cache->groups;
    const uint32_t fewer = groups[at].fewer;
    const uint32_t more = groups[at].more;
    if (fewer == IFR_NONE)
        cache->group_least = more;
    else
        groups[fewer].more = more;
    if (more != IFR_NONE)
        groups[more].fewer = fewer;
    groups[at].more = cache->group_free;
    cache->group_free = at;
}

static void group_enter(struct mfn_ifr_cache *cache, uint32_t at, uint32_t slot)
{
    ifr_list_push(&cache->items, &cache->groups[at].items, slot);
    cache->group_of[slot] = at;
}

static void group_leave(struct mfn_ifr_cache *cache, uint32_t slot)
{
    const uint32_t at = cache->group_of[slot];
    ifr_list_unlink(&cache->items, &cache->groups[at].items, slot);
    if (cache->groups[at].items.count == 0)
        group_drop(cache, at);
}

static void lfu_added(struct mfn_ifr_cache *cache, uint32_t slot)
{
    uint32_t at = cache->group_least;
    if (at == IFR_NONE || cache->groups[at].uses != 1)
        at = group_add(cache, 1, IFR_NONE);
    group_enter(cache, at, slot);
}

static void lfu_used(struct mfn_ifr_cache *cache, uint32_t slot)
{
    const uint32_t at = cache->group_of[slot];
    struct ifr_cache_group *const group = &cache->groups[at];
    uint32_t to = group->more;
    const bool is_there = to != IFR_NONE && cache->groups[to].uses == group->uses + 1;
    if (!is_there && group->items.count == 1) {
        group->uses++;
        return;
    }
    if (!is_there)
        to = group_add(cache, group->uses + 1, at);
    group_leave(cache, slot);
    group_enter(cache, to, slot);
}

static uint32_t lfu_victim(struct mfn_ifr_cache *cache)
{
    return cache->groups[cache->group_least].items.tail;
}

const struct ifr_cache_policy ifr_cache_lfu = {
    .name = "lfu",
    .size = lfu_size,
    .open = lfu_open,
    .added = lfu_added,
    .used = lfu_used,
    .dropped = group_leave,
    .victim = lfu_victim,
};
