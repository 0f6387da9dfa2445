/* ifr_cache_index.c - from key to slot. See ifr_cache_internal.h. */
#include "ifr_cache_internal.h"

#include <assert.h>

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

uint32_t ifr_cache_index_find(const struct mfn_ifr_cache *cache, const void *key, uint64_t hash)
{
    const uint32_t mask = cache->index_mask;
    for (uint32_t at = tag_of(hash) & mask;; at = (at + 1) & mask) {
        const uint64_t entry = cache->index[at];
        if (entry == 0)
            return IFR_NONE;
        if (tag_of(entry) != tag_of(hash))
            continue;
        const struct ifr_cache_item *const item = ifr_cache_item_of(cache, (uint32_t)entry - 1);
        if (ifr_cache_key_equal(item->key, key, cache->key_size))
            return (uint32_t)entry - 1;
    }
}

void ifr_cache_index_add(struct mfn_ifr_cache *cache, uint64_t hash, uint32_t slot)
{
    const uint32_t mask = cache->index_mask;
    uint32_t at = tag_of(hash) & mask;
    while (cache->index[at] != 0)
        at = (at + 1) & mask;
    cache->index[at] = (uint64_t)tag_of(hash) << 32 | (slot + 1);
}

/* Close the gap: an entry behind it moves in when its own place is not between gap and entry. */
void ifr_cache_index_remove(struct mfn_ifr_cache *cache, uint64_t hash, uint32_t slot)
{
    const uint32_t mask = cache->index_mask;
    const uint64_t wanted = (uint64_t)tag_of(hash) << 32 | (slot + 1);
    uint32_t gap = tag_of(hash) & mask;
    while (cache->index[gap] != wanted) {
        assert(cache->index[gap] != 0);
        gap = (gap + 1) & mask;
    }
    for (uint32_t at = (gap + 1) & mask; cache->index[at] != 0; at = (at + 1) & mask) {
        const uint32_t home = tag_of(cache->index[at]) & mask;
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            cache->index[gap] = cache->index[at];
            gap = at;
        }
    }
    cache->index[gap] = 0;
}
