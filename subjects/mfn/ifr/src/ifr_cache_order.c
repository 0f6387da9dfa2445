/* ifr_cache_order.c - the policies that need one list or none: LRU, FIFO, SIEVE, random. */
#include "ifr_cache_internal.h"

static void one_open(struct mfn_ifr_cache *cache, void *memory)
{
    (void)memory;
    cache->order[0] = ifr_list_empty();
    cache->hand = IFR_NONE;
}

static void one_added(struct mfn_ifr_cache *cache, uint32_t slot)
{
    ifr_list_push(&cache->items, &cache->order[0], slot);
}

static void one_dropped(struct mfn_ifr_cache *cache, uint32_t slot)
{
    ifr_list_unlink(&cache->items, &cache->order[0], slot);
}

static uint32_t one_victim(struct mfn_ifr_cache *cache)
{
    return cache->order[0].tail;
}

static void lru_used(struct mfn_ifr_cache *cache, uint32_t slot)
{
    ifr_list_to_head(&cache->items, &cache->order[0], slot);
}

static void nothing_used(struct mfn_ifr_cache *cache, uint32_t slot)
{
    (void)cache;
    (void)slot;
}

const struct ifr_cache_policy ifr_cache_lru = {
    .name = "lru",
    .open = one_open,
    .added = one_added,
    .used = lru_used,
    .dropped = one_dropped,
    .victim = one_victim,
};

const struct ifr_cache_policy ifr_cache_fifo = {
    .name = "fifo",
    .open = one_open,
    .added = one_added,
    .used = nothing_used,
    .dropped = one_dropped,
    .victim = one_victim,
};

/* A mark that is set already is not written: the line of a popular item stays clean. */
static void sieve_used(struct mfn_ifr_cache *cache, uint32_t slot)
{
    struct ifr_cache_item *const item = ifr_cache_item_of(cache, slot);
    if (item->mark == 0)
        item->mark = 1;
}

static void sieve_dropped(struct mfn_ifr_cache *cache, uint32_t slot)
{
    if (cache->hand == slot)
        cache->hand = ifr_cache_item_of(cache, slot)->link.prev;
    one_dropped(cache, slot);
}

/* The hand stops on the victim; dropping it moves the hand on. Its way has an end, so that the
 * first newcomer to a large cache in which all was visited does not wait for a walk through all of
 * it. */
static uint32_t sieve_victim(struct mfn_ifr_cache *cache)
{
    uint32_t slot = cache->hand == IFR_NONE ? cache->order[0].tail : cache->hand;
    for (int passed = 0; passed < IFR_SIEVE_PASSED_MAX; passed++) {
        struct ifr_cache_item *const item = ifr_cache_item_of(cache, slot);
        if (item->mark == 0)
            break;
        item->mark = 0;
        slot = item->link.prev == IFR_NONE ? cache->order[0].tail : item->link.prev;
    }
    cache->hand = slot;
    return slot;
}

const struct ifr_cache_policy ifr_cache_sieve = {
    .name = "sieve",
    .open = one_open,
    .added = one_added,
    .used = sieve_used,
    .dropped = sieve_dropped,
    .victim = sieve_victim,
};

static void random_open(struct mfn_ifr_cache *cache, void *memory)
{
    (void)cache;
    (void)memory;
}

/* A victim is asked for only when every slot is used. */
static uint32_t random_victim(struct mfn_ifr_cache *cache)
{
    return (uint32_t)base_rng_below(&cache->rng, cache->capacity);
}

const struct ifr_cache_policy ifr_cache_random = {
    .name = "random",
    .open = random_open,
    .added = nothing_used,
    .used = nothing_used,
    .dropped = nothing_used,
    .victim = random_victim,
};
