/* ifr_cache.c - the store: items in one array, an index over them, their age, the statistics.
 *
 * One allocation holds all. What goes and in which order is the policy's (ifr_cache_policy). */
#include "ifr_cache_internal.h"

#include "ifr_zeroed.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

enum { ITEM_ALIGN = 32, EXPIRE_EACH = 2, LINE = IFR_ZEROED_ALIGN };

static const struct ifr_cache_policy *const policies[MFN_IFR_POLICY_COUNT] = {
    [MFN_IFR_SIEVE] = &ifr_cache_sieve, [MFN_IFR_TINYLFU] = &ifr_cache_tinylfu,
    [MFN_IFR_LRU] = &ifr_cache_lru,     [MFN_IFR_LFU] = &ifr_cache_lfu,
    [MFN_IFR_FIFO] = &ifr_cache_fifo,   [MFN_IFR_RANDOM] = &ifr_cache_random,
};

const char *mfn_ifr_policy_name(enum mfn_ifr_policy policy)
{
    return (unsigned)policy < MFN_IFR_POLICY_COUNT ? policies[policy]->name : "?";
}

base_err mfn_ifr_policy_parse(const char *text, enum mfn_ifr_policy *out, struct base_why *why)
{
    for (unsigned i = 0; i < MFN_IFR_POLICY_COUNT; i++)
        if (strcasecmp(text, policies[i]->name) == 0) {
            *out = (enum mfn_ifr_policy)i;
            return BASE_OK;
        }
    return base_fail(why, BASE_EPARSE, 0,
                     "cache policy \"%s\" is not one of sieve, tinylfu, lru, lfu, fifo, random",
                     text);
}

base_err mfn_ifr_cache_check(const struct mfn_ifr_cache_options *options, struct base_why *why)
{
    if (!mfn_ifr_key_size_is_valid(options->key_size))
        return base_fail(why, BASE_ERANGE, 0, "cache: a key of %zu bytes is not of 13, 32 or 37",
                         options->key_size);
    if (options->capacity < 1 || options->capacity > MFN_IFR_CACHE_CAPACITY_MAX)
        return base_fail(why, BASE_ERANGE, 0, "cache: a capacity of %zu items is not in 1 .. %zu",
                         options->capacity, MFN_IFR_CACHE_CAPACITY_MAX);
    if ((unsigned)options->policy >= MFN_IFR_POLICY_COUNT)
        return base_fail(why, BASE_ERANGE, 0, "cache: policy number %u is not in 0 .. %d",
                         (unsigned)options->policy, MFN_IFR_POLICY_COUNT - 1);
    return BASE_OK;
}

/* The places of the parts in the one allocation, in bytes from its start. */
struct layout {
    size_t items, index, ages, own, end;
    size_t item_stride, index_count;
};

static size_t up_to(size_t size, size_t align)
{
    return (size + align - 1) / align * align;
}

static struct layout layout_of(const struct mfn_ifr_cache_options *options)
{
    const size_t capacity = options->capacity;
    const struct ifr_cache_policy *const policy = policies[options->policy];
    struct layout layout = { .index_count = 2 };
    while (layout.index_count < 2 * capacity)
        layout.index_count *= 2;
    layout.item_stride =
        up_to(offsetof(struct ifr_cache_item, key) + options->key_size, ITEM_ALIGN);
    layout.items = up_to(sizeof(struct mfn_ifr_cache), LINE);
    layout.index = layout.items + up_to(layout.item_stride * capacity, LINE);
    layout.ages = layout.index + up_to(layout.index_count * sizeof(uint64_t), LINE);
    layout.own = layout.ages;
    if (options->ttl_ns > 0)
        layout.own += up_to(capacity * sizeof(struct ifr_link), LINE);
    layout.end = layout.own + (policy->size != NULL ? up_to(policy->size(capacity), LINE) : 0);
    return layout;
}

base_err mfn_ifr_cache_new(const struct mfn_ifr_cache_options *options, struct mfn_ifr_cache **out)
{
    const base_err err = mfn_ifr_cache_check(options, NULL);
    if (err != BASE_OK)
        return err;
    const struct layout layout = layout_of(options);
    char *const memory = ifr_zeroed_new(layout.end);
    if (memory == NULL)
        return BASE_ENOMEM;
    struct mfn_ifr_cache *const cache = (struct mfn_ifr_cache *)(void *)memory;
    *cache = (struct mfn_ifr_cache){
        .policy = policies[options->policy],
        .key_size = options->key_size,
        .items = { memory + layout.items + offsetof(struct ifr_cache_item, link),
                   layout.item_stride },
        .index = (uint64_t *)(void *)(memory + layout.index),
        .index_mask = (uint32_t)(layout.index_count - 1),
        .capacity = (uint32_t)options->capacity,
        .free = IFR_NONE,
        .ttl_ns = options->ttl_ns,
        .ages = { memory + layout.ages, sizeof(struct ifr_link) },
        .by_age = ifr_list_empty(),
        .stats = { .capacity = options->capacity, .size_bytes = layout.end },
    };
    base_rng_init(&cache->rng, options->seed.k[0]);
    cache->policy->open(cache, memory + layout.own);
    *out = cache;
    return BASE_OK;
}

void mfn_ifr_cache_free(struct mfn_ifr_cache *cache)
{
    free(cache);
}

/* Free a slot: out of the policy's order, the ages and the index. */
static void slot_drop(struct mfn_ifr_cache *cache, uint32_t slot)
{
    struct ifr_cache_item *const item = ifr_cache_item_of(cache, slot);
    cache->policy->dropped(cache, slot);
    if (cache->ttl_ns > 0)
        ifr_list_unlink(&cache->ages, &cache->by_age, slot);
    ifr_cache_index_remove(cache, item->hash, slot);
    item->link.next = cache->free;
    cache->free = slot;
    cache->count--;
}

static uint32_t slot_take(struct mfn_ifr_cache *cache, const void *key, uint64_t hash)
{
    uint32_t slot = cache->free;
    if (slot == IFR_NONE)
        slot = cache->fresh++;
    else
        cache->free = ifr_cache_item_of(cache, slot)->link.next;
    struct ifr_cache_item *const item = ifr_cache_item_of(cache, slot);
    item->hash = hash;
    item->mark = 0;
    memcpy(item->key, key, cache->key_size);
    ifr_cache_index_add(cache, hash, slot);
    if (cache->ttl_ns > 0)
        ifr_list_push(&cache->ages, &cache->by_age, slot);
    cache->count++;
    return slot;
}

static bool slot_is_expired(const struct mfn_ifr_cache *cache, uint32_t slot, uint64_t now_ns)
{
    return cache->ttl_ns > 0 && now_ns >= ifr_cache_item_of(cache, slot)->expires_ns;
}

/* The slot of a key that has not expired; one that has is dropped. */
static uint32_t slot_find(struct mfn_ifr_cache *cache, const void *key, uint64_t hash,
                          uint64_t now_ns)
{
    const uint32_t slot = ifr_cache_index_find(cache, key, hash);
    if (slot == IFR_NONE || !slot_is_expired(cache, slot, now_ns))
        return slot;
    slot_drop(cache, slot);
    cache->stats.expirations++;
    return IFR_NONE;
}

bool mfn_ifr_cache_find(struct mfn_ifr_cache *cache, const void *key, uint64_t hash,
                        uint64_t now_ns, struct mfn_ifr_value *out)
{
    const uint32_t slot = slot_find(cache, key, hash, now_ns);
    if (slot == IFR_NONE) {
        cache->stats.misses++;
        return false;
    }
    cache->stats.hits++;
    cache->policy->used(cache, slot);
    *out = ifr_cache_item_of(cache, slot)->value;
    return true;
}

bool mfn_ifr_cache_peek(const struct mfn_ifr_cache *cache, const void *key, uint64_t hash,
                        uint64_t now_ns, struct mfn_ifr_value *out)
{
    const uint32_t slot = ifr_cache_index_find(cache, key, hash);
    if (slot == IFR_NONE || slot_is_expired(cache, slot, now_ns))
        return false;
    *out = ifr_cache_item_of(cache, slot)->value;
    return true;
}

static void expire_some(struct mfn_ifr_cache *cache, uint64_t now_ns)
{
    for (int i = 0; i < EXPIRE_EACH && cache->by_age.tail != IFR_NONE; i++) {
        if (!slot_is_expired(cache, cache->by_age.tail, now_ns))
            return;
        slot_drop(cache, cache->by_age.tail);
        cache->stats.expirations++;
    }
}

static uint32_t slot_insert(struct mfn_ifr_cache *cache, const void *key, uint64_t hash)
{
    if (cache->count == cache->capacity) {
        slot_drop(cache, cache->policy->victim(cache));
        cache->stats.evictions++;
    }
    const uint32_t slot = slot_take(cache, key, hash);
    cache->policy->added(cache, slot);
    cache->stats.insertions++;
    return slot;
}

void mfn_ifr_cache_put(struct mfn_ifr_cache *cache, const void *key, uint64_t hash, uint64_t now_ns,
                       const struct mfn_ifr_value *value)
{
    if (cache->ttl_ns > 0)
        expire_some(cache, now_ns);
    uint32_t slot = slot_find(cache, key, hash, now_ns);
    if (slot == IFR_NONE) {
        slot = slot_insert(cache, key, hash);
    } else {
        cache->stats.updates++;
        cache->policy->used(cache, slot);
        if (cache->ttl_ns > 0)
            ifr_list_to_head(&cache->ages, &cache->by_age, slot);
    }
    struct ifr_cache_item *const item = ifr_cache_item_of(cache, slot);
    const bool is_kept = now_ns > UINT64_MAX - cache->ttl_ns;
    item->expires_ns = is_kept ? UINT64_MAX : now_ns + cache->ttl_ns;
    item->value = *value;
}

bool mfn_ifr_cache_remove(struct mfn_ifr_cache *cache, const void *key, uint64_t hash)
{
    const uint32_t slot = ifr_cache_index_find(cache, key, hash);
    if (slot == IFR_NONE)
        return false;
    slot_drop(cache, slot);
    return true;
}

void mfn_ifr_cache_stats(const struct mfn_ifr_cache *cache, struct mfn_ifr_cache_stats *out)
{
    *out = cache->stats;
    out->count = cache->count;
}
