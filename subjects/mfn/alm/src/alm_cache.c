/* alm_cache.c - keys and routes: a chained hash table over fixed nodes, routes in fixed places. */
#include "alm_cache_internal.h"

#include <base/rng.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CACHE_HOPS_DEFAULT = 32, CACHE_USE_BUCKETS_PER_ROUTE = 8 };

static const char *const cache_words[] = {
#define CACHE_WORD(name, word) word,
    MFN_ALM_CACHE_POLICY_MAP(CACHE_WORD)
#undef CACHE_WORD
};

const char *mfn_alm_cache_policy_name(enum mfn_alm_cache_policy policy)
{
    return cache_words[policy];
}

base_err mfn_alm_cache_policy_of(const char *word, enum mfn_alm_cache_policy *out,
                                 struct base_why *why)
{
    for (unsigned i = 0; i < MFN_ALM_CACHE_POLICY_COUNT; i++) {
        if (strcmp(word, cache_words[i]) == 0) {
            *out = (enum mfn_alm_cache_policy)i;
            return BASE_OK;
        }
    }
#define CACHE_LIST(name, word) " " word
    return base_fail(why, BASE_ENOTFOUND, 0,
                     "route cache policy: '%.60s' is none of" MFN_ALM_CACHE_POLICY_MAP(CACHE_LIST),
                     word);
#undef CACHE_LIST
}

static base_err cache_check(const struct mfn_alm_cache_options *o, struct base_why *why)
{
    if ((unsigned)o->policy >= MFN_ALM_CACHE_POLICY_COUNT)
        return base_fail(why, BASE_ERANGE, 0, "route cache policy: number %u is none of %d",
                         (unsigned)o->policy, MFN_ALM_CACHE_POLICY_COUNT);
    if (o->capacity < 1 || o->capacity > MFN_ALM_CACHE_CAPACITY_MAX)
        return base_fail(why, BASE_ERANGE, 0,
                         "routes of a cache: %" PRIu32 " is not between 1 and %d", o->capacity,
                         MFN_ALM_CACHE_CAPACITY_MAX);
    const uint32_t hops = o->hop_max == 0 ? CACHE_HOPS_DEFAULT : o->hop_max;
    if (hops > MFN_ALM_CACHE_HOPS_MAX)
        return base_fail(why, BASE_ERANGE, 0,
                         "edges of a cached route: %" PRIu32 " is not between 1 and %d", hops,
                         MFN_ALM_CACHE_HOPS_MAX);
    const uint64_t ids = (uint64_t)o->capacity * (2 * hops + 1);
    if (ids >= CACHE_NONE)
        return base_fail(why, BASE_ERANGE, 0,
                         "a cache of %" PRIu32 " routes of %" PRIu32 " edges has %" PRIu64
                         " places, and %" PRIu32 " is the most",
                         o->capacity, hops, ids, CACHE_NONE - 1);
    return BASE_OK;
}

static uint32_t cache_power_of_two(uint64_t at_least)
{
    uint32_t power = 16;
    while (power < at_least && power < UINT32_C(1) << 31)
        power *= 2;
    return power;
}

/* Nothing known, everything free. */
static void cache_reset(struct mfn_alm_cache *cache)
{
    memset(cache->buckets, 0xff, ((size_t)cache->bucket_mask + 1) * sizeof *cache->buckets);
    memset(cache->use_buckets, 0xff, ((size_t)cache->use_mask + 1) * sizeof *cache->use_buckets);
    for (uint32_t i = 0; i < cache->node_max; i++)
        cache->nodes[i] = (struct cache_node){ .chain = i + 1, .place = CACHE_NONE };
    cache->nodes[cache->node_max - 1].chain = CACHE_NONE;
    for (uint32_t i = 0; i < cache->options.capacity; i++)
        cache->owners[i] = i + 1;
    cache->owners[cache->options.capacity - 1] = CACHE_NONE;
    for (int list = 0; list < CACHE_LISTS; list++)
        cache->lists[list] = (struct cache_ends){ CACHE_NONE, CACHE_NONE, 0 };
    cache->free_node = cache->free_place = 0;
    cache->resident_count = cache->target = 0;
}

static bool cache_allocate(struct mfn_alm_cache *cache)
{
    const size_t capacity = cache->options.capacity;
    const size_t ids = capacity * cache->stride;
    cache->nodes = calloc(cache->node_max, sizeof *cache->nodes);
    cache->buckets = malloc(((size_t)cache->bucket_mask + 1) * sizeof *cache->buckets);
    cache->owners = malloc(capacity * sizeof *cache->owners);
    cache->victims = malloc(capacity * sizeof *cache->victims);
    cache->ids = malloc(ids * sizeof *cache->ids);
    cache->uses = malloc(ids * sizeof *cache->uses);
    cache->use_buckets = malloc(((size_t)cache->use_mask + 1) * sizeof *cache->use_buckets);
    cache->heap = malloc(capacity * sizeof *cache->heap);
    return cache->nodes && cache->buckets && cache->owners && cache->victims && cache->ids &&
           cache->uses && cache->use_buckets && cache->heap;
}

base_err mfn_alm_cache_new(const struct mfn_alm_cache_options *options, struct mfn_alm_cache **out,
                           struct base_why *why)
{
    const base_err err = cache_check(options, why);
    if (err != BASE_OK)
        return err;
    struct mfn_alm_cache *const cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "a route cache: out of memory");
    cache->options = *options;
    if (cache->options.hop_max == 0)
        cache->options.hop_max = CACHE_HOPS_DEFAULT;
    cache->node_max = options->capacity * (options->policy == MFN_ALM_CACHE_ARC ? 2 : 1);
    cache->stride = 2 * cache->options.hop_max + 1;
    cache->bucket_mask = cache_power_of_two(cache->node_max) - 1;
    cache->use_mask =
        cache_power_of_two((uint64_t)options->capacity * CACHE_USE_BUCKETS_PER_ROUTE) - 1;
    struct base_rng rng;
    base_rng_init(&rng, options->seed);
    for (int i = 0; i < 3; i++)
        cache->secrets[i] = base_rng_u64(&rng) | 1;
    if (!cache_allocate(cache)) {
        mfn_alm_cache_free(cache);
        return base_fail(why, BASE_ENOMEM, 0, "a cache of %" PRIu32 " routes: out of memory",
                         options->capacity);
    }
    cache_reset(cache);
    *out = cache;
    return BASE_OK;
}

void mfn_alm_cache_free(struct mfn_alm_cache *cache)
{
    if (cache == NULL)
        return;
    free(cache->nodes);
    free(cache->buckets);
    free(cache->owners);
    free(cache->victims);
    free(cache->ids);
    free(cache->uses);
    free(cache->use_buckets);
    free(cache->heap);
    free(cache);
}

/* Source: Wang Yi, wyhash: a product folded onto itself. */
static uint64_t cache_fold(uint64_t a, uint64_t b)
{
    const unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint32_t *cache_bucket(const struct mfn_alm_cache *cache,
                              const struct mfn_alm_cache_key *key)
{
    const uint64_t ends = (uint64_t)key->from << 32 | key->to;
    const uint64_t first = cache_fold(ends ^ cache->secrets[0], key->metric ^ cache->secrets[1]);
    const uint64_t hash =
        cache_fold(first ^ cache->secrets[2], key->constraints ^ cache->secrets[1]);
    return &cache->buckets[hash & cache->bucket_mask];
}

static bool cache_is_same(const struct mfn_alm_cache_key *a, const struct mfn_alm_cache_key *b)
{
    return a->from == b->from && a->to == b->to && a->metric == b->metric &&
           a->constraints == b->constraints;
}

static uint32_t cache_lookup(const struct mfn_alm_cache *cache, const struct mfn_alm_cache_key *key)
{
    uint32_t node = *cache_bucket(cache, key);
    while (node != CACHE_NONE && !cache_is_same(&cache->nodes[node].key, key))
        node = cache->nodes[node].chain;
    return node;
}

void alm_cache_vacate(struct mfn_alm_cache *cache, uint32_t node)
{
    struct cache_node *const from = &cache->nodes[node];
    alm_cache_unlink_uses(cache, node);
    cache->owners[from->place] = cache->free_place;
    cache->free_place = from->place;
    from->place = CACHE_NONE;
    cache->resident_count--;
}

void alm_cache_forget(struct mfn_alm_cache *cache, uint32_t node)
{
    if (cache->nodes[node].place != CACHE_NONE)
        alm_cache_vacate(cache, node);
    uint32_t *link = cache_bucket(cache, &cache->nodes[node].key);
    while (*link != node)
        link = &cache->nodes[*link].chain;
    *link = cache->nodes[node].chain;
    cache->nodes[node].chain = cache->free_node;
    cache->free_node = node;
}

void alm_cache_drop(struct mfn_alm_cache *cache, uint32_t node)
{
    alm_cache_leave(cache, node);
    alm_cache_forget(cache, node);
    cache->counts.dropped++;
}

static struct mfn_alm_cached_route cache_route(const struct mfn_alm_cache *cache, uint32_t node)
{
    const struct cache_node *const from = &cache->nodes[node];
    return (struct mfn_alm_cached_route){
        .cost = from->cost,
        .node_count = from->node_count,
        .nodes = alm_cache_nodes(cache, from->place),
        .edges = alm_cache_edges(cache, from->place),
    };
}

bool mfn_alm_cache_find(struct mfn_alm_cache *cache, const struct mfn_alm_cache_key *key,
                        uint64_t now_ns, struct mfn_alm_cached_route *out)
{
    const uint32_t node = cache_lookup(cache, key);
    if (node == CACHE_NONE || cache->nodes[node].place == CACHE_NONE) {
        cache->counts.misses++;
        return false;
    }
    if (now_ns >= cache->nodes[node].good_until_ns) {
        alm_cache_leave(cache, node);
        alm_cache_forget(cache, node);
        cache->counts.expired++;
        cache->counts.misses++;
        return false;
    }
    alm_cache_touch(cache, node);
    cache->counts.hits++;
    *out = cache_route(cache, node);
    return true;
}

/* A node for a key that has none. */
static uint32_t cache_new_node(struct mfn_alm_cache *cache, const struct mfn_alm_cache_key *key)
{
    const uint32_t node = cache->free_node;
    uint32_t *const bucket = cache_bucket(cache, key);
    cache->free_node = cache->nodes[node].chain;
    cache->nodes[node] = (struct cache_node){ .key = *key, .chain = *bucket, .place = CACHE_NONE };
    *bucket = node;
    return node;
}

/* A node without a route gets a place for one. */
static void cache_occupy(struct mfn_alm_cache *cache, uint32_t node)
{
    const uint32_t place = cache->free_place;
    cache->free_place = cache->owners[place];
    cache->owners[place] = node;
    cache->nodes[node].place = place;
    cache->resident_count++;
}

static void cache_store(struct mfn_alm_cache *cache, uint32_t node,
                        const struct mfn_alm_cached_route *route, uint64_t now_ns)
{
    struct cache_node *const to = &cache->nodes[node];
    to->cost = route->cost;
    to->node_count = route->node_count;
    const uint64_t ttl_ns = cache->options.ttl_ns;
    to->good_until_ns = ttl_ns == 0 || ttl_ns > UINT64_MAX - now_ns ? UINT64_MAX : now_ns + ttl_ns;
    if (route->node_count > 0)
        memcpy(alm_cache_nodes(cache, to->place), route->nodes,
               route->node_count * sizeof *route->nodes);
    if (route->node_count > 1)
        memcpy(alm_cache_edges(cache, to->place), route->edges,
               (route->node_count - 1) * sizeof *route->edges);
    alm_cache_link_uses(cache, node);
}

base_err mfn_alm_cache_put(struct mfn_alm_cache *cache, const struct mfn_alm_cache_key *key,
                           const struct mfn_alm_cached_route *route, uint64_t now_ns)
{
    if (route->node_count > cache->options.hop_max + 1 || key->metric == MFN_ALM_METRIC_ANY)
        return BASE_ERANGE;
    uint32_t node = cache_lookup(cache, key);
    if (node != CACHE_NONE && cache->nodes[node].place != CACHE_NONE) {
        alm_cache_touch(cache, node);
        alm_cache_unlink_uses(cache, node);
    } else {
        const enum cache_list list = alm_cache_make_room(cache, node);
        if (node == CACHE_NONE)
            node = cache_new_node(cache, key);
        cache_occupy(cache, node);
        alm_cache_enter(cache, node, list);
    }
    cache_store(cache, node, route, now_ns);
    return BASE_OK;
}

uint32_t mfn_alm_cache_drop_if(struct mfn_alm_cache *cache,
                               bool (*is_stale)(void *context, const struct mfn_alm_cache_key *key,
                                                const struct mfn_alm_cached_route *route),
                               void *context)
{
    uint32_t count = 0;
    for (uint32_t node = 0; node < cache->node_max; node++) {
        if (cache->nodes[node].place == CACHE_NONE)
            continue;
        const struct mfn_alm_cached_route route = cache_route(cache, node);
        if (is_stale(context, &cache->nodes[node].key, &route)) {
            alm_cache_drop(cache, node);
            count++;
        }
    }
    return count;
}

uint32_t mfn_alm_cache_clear(struct mfn_alm_cache *cache)
{
    const uint32_t count = cache->resident_count;
    cache->counts.dropped += count;
    cache_reset(cache);
    return count;
}

uint32_t mfn_alm_cache_count(const struct mfn_alm_cache *cache)
{
    return cache->resident_count;
}

struct mfn_alm_cache_counts mfn_alm_cache_counts_of(const struct mfn_alm_cache *cache)
{
    return cache->counts;
}
