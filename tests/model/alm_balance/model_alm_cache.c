/* model_alm_cache.c - random finds, puts and drops: every answer and count is the naive twin's.
 * SEED in the environment repeats a run; an argument is the number of operations per policy. */
#include "unit.h"

#include "cache_twin.h"

#include <base/rng.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PER_CACHE = 20000, ENDS = 12, IDS = 30 };

static uint64_t seed;
static uint64_t operations = 1000000;

/* Of nodes and edges; others for each cache, so that some share a bucket. */
static uint32_t ids[IDS];

static uint32_t random_id(struct base_rng *rng)
{
    return ids[base_rng_below(rng, IDS)];
}

static bool is_of_metric(const struct cache_twin_entry *entry, uint32_t metric)
{
    return metric == MFN_ALM_METRIC_ANY || entry->key.metric == metric;
}

/* what: id, metric */
static bool uses_node(const struct cache_twin_entry *entry, const uint32_t *what)
{
    for (uint32_t i = 0; i < entry->node_count; i++)
        if (entry->nodes[i] == what[0])
            return is_of_metric(entry, what[1]);
    return false;
}

static bool uses_edge(const struct cache_twin_entry *entry, const uint32_t *what)
{
    for (uint32_t i = 0; i + 1 < entry->node_count; i++)
        if (entry->edges[i] == what[0])
            return is_of_metric(entry, what[1]);
    return false;
}

static bool costs_that(const struct cache_twin_entry *entry, const uint32_t *what)
{
    return (uint32_t)entry->cost % 16 == what[0];
}

static bool does_cost_that(void *context, const struct mfn_alm_cache_key *key,
                           const struct mfn_alm_cached_route *route)
{
    assert_in_range(key->from, 0, ENDS - 1);
    return (uint32_t)route->cost % 16 == *(const uint32_t *)context;
}

static struct mfn_alm_cache_key random_key(struct base_rng *rng, const struct base_zipf *zipf)
{
    return (struct mfn_alm_cache_key){ .from = (uint32_t)base_zipf_next(zipf, rng),
                                       .to = (uint32_t)base_zipf_next(zipf, rng),
                                       .metric = (uint32_t)base_rng_below(rng, 2),
                                       .constraints = base_rng_below(rng, 4) == 0 };
}

static struct cache_twin_entry random_entry(struct base_rng *rng, const struct base_zipf *zipf,
                                            uint64_t now_ns)
{
    struct cache_twin_entry entry = { .key = random_key(rng, zipf), .stored_ns = now_ns };
    entry.node_count = (uint32_t)base_rng_below(rng, CACHE_TWIN_HOPS + 2);
    entry.cost = (double)base_rng_below(rng, 1000);
    for (uint32_t i = 0; i < entry.node_count; i++)
        entry.nodes[i] = random_id(rng);
    for (uint32_t i = 0; i + 1 < entry.node_count; i++)
        entry.edges[i] = random_id(rng);
    return entry;
}

static void check_find(struct mfn_alm_cache *cache, struct cache_twin *twin,
                       const struct mfn_alm_cache_key *key, uint64_t now_ns)
{
    struct mfn_alm_cached_route found;
    const bool is_found = mfn_alm_cache_find(cache, key, now_ns, &found);
    const struct cache_twin_entry *const expect = cache_twin_find(twin, key, now_ns);
    assert_int_equal(is_found, expect != NULL);
    if (!is_found)
        return;
    assert_true(found.cost == expect->cost);
    assert_int_equal(found.node_count, expect->node_count);
    for (uint32_t i = 0; i < found.node_count; i++)
        assert_int_equal(found.nodes[i], expect->nodes[i]);
    for (uint32_t i = 0; i + 1 < found.node_count; i++)
        assert_int_equal(found.edges[i], expect->edges[i]);
}

static void check_drop(struct mfn_alm_cache *cache, struct cache_twin *twin, struct base_rng *rng)
{
    static const uint32_t metrics[] = { 0, 1, MFN_ALM_METRIC_ANY };
    uint32_t what[2] = { random_id(rng), metrics[base_rng_below(rng, 3)] };
    switch (base_rng_below(rng, 8)) {
    case 0:
        what[0] %= 16;
        assert_int_equal(mfn_alm_cache_drop_if(cache, does_cost_that, what),
                         cache_twin_drop(twin, costs_that, what));
        break;
    case 1:
    case 2:
    case 3:
        assert_int_equal(mfn_alm_cache_drop_node(cache, what[0], what[1]),
                         cache_twin_drop(twin, uses_node, what));
        break;
    default:
        assert_int_equal(mfn_alm_cache_drop_edge(cache, what[0], what[1]),
                         cache_twin_drop(twin, uses_edge, what));
    }
}

static void one_cache(enum mfn_alm_cache_policy policy, struct base_rng *rng,
                      const struct base_zipf *zipf)
{
    static struct cache_twin twin;
    const struct mfn_alm_cache_options options = {
        .policy = policy,
        .capacity = 1 + (uint32_t)base_rng_below(rng, CACHE_TWIN_MAX),
        .hop_max = CACHE_TWIN_HOPS,
        .ttl_ns = base_rng_below(rng, 2) * 300,
        .seed = base_rng_u64(rng),
    };
    struct mfn_alm_cache *cache = NULL;
    assert_int_equal(mfn_alm_cache_new(&options, &cache, NULL), BASE_OK);
    memset(&twin, 0, sizeof twin);
    twin.policy = policy;
    twin.capacity = options.capacity;
    twin.ttl_ns = options.ttl_ns;
    for (int i = 0; i < IDS; i++)
        ids[i] = (uint32_t)base_rng_u64(rng);
    const uint64_t drop_every = 2 + base_rng_below(rng, 500);
    uint64_t now_ns = 0;
    for (int i = 0; i < PER_CACHE; i++) {
        now_ns += base_rng_below(rng, 3);
        const struct cache_twin_entry entry = random_entry(rng, zipf, now_ns);
        if (base_rng_below(rng, drop_every) == 0) {
            check_drop(cache, &twin, rng);
        } else if (base_rng_below(rng, 2) == 0) {
            check_find(cache, &twin, &entry.key, now_ns);
        } else {
            const struct mfn_alm_cached_route route = { entry.cost, entry.node_count, entry.nodes,
                                                        entry.edges };
            assert_int_equal(mfn_alm_cache_put(cache, &entry.key, &route, now_ns), BASE_OK);
            cache_twin_put(&twin, &entry);
        }
        assert_int_equal(mfn_alm_cache_count(cache), twin.t1.count + twin.t2.count);
        if (base_rng_below(rng, PER_CACHE) == 0) {
            assert_int_equal(mfn_alm_cache_clear(cache), twin.t1.count + twin.t2.count);
            twin.t1.count = twin.t2.count = twin.b1.count = twin.b2.count = twin.p = 0;
        }
    }
    mfn_alm_cache_free(cache);
}

static void answers_are_the_twins(void **state)
{
    (void)state;
    struct base_rng rng;
    struct base_zipf zipf;
    assert_int_equal(base_zipf_init(&zipf, ENDS, 0.8), BASE_OK);
    for (int policy = 0; policy < MFN_ALM_CACHE_POLICY_COUNT; policy++) {
        base_rng_init(&rng, seed + (uint64_t)policy);
        for (uint64_t done = 0; done < operations; done += PER_CACHE)
            one_cache((enum mfn_alm_cache_policy)policy, &rng, &zipf);
    }
}

/* Hits of a policy on references that are mostly Zipf, with a scan of once-used keys now and then.
 */
static double hit_ratio(enum mfn_alm_cache_policy policy)
{
    struct base_rng rng;
    struct base_zipf zipf;
    base_rng_init(&rng, 20261122);
    assert_int_equal(base_zipf_init(&zipf, 10000, 0.9), BASE_OK);
    const struct mfn_alm_cache_options options = { .policy = policy,
                                                   .capacity = 1000,
                                                   .hop_max = 1 };
    struct mfn_alm_cache *cache = NULL;
    assert_int_equal(mfn_alm_cache_new(&options, &cache, NULL), BASE_OK);
    uint32_t scanned = 20000;
    for (uint32_t i = 0; i < 200000; i++) {
        const bool is_scan = i % 10000 < 2000;
        const struct mfn_alm_cache_key key = {
            .from = is_scan ? scanned++ : (uint32_t)base_zipf_next(&zipf, &rng)
        };
        const struct mfn_alm_cached_route route = { 1, 1, &key.from, NULL };
        struct mfn_alm_cached_route found;
        if (!mfn_alm_cache_find(cache, &key, 0, &found))
            assert_int_equal(mfn_alm_cache_put(cache, &key, &route, 0), BASE_OK);
    }
    const struct mfn_alm_cache_counts counts = mfn_alm_cache_counts_of(cache);
    assert_int_equal(counts.hits + counts.misses, 200000);
    assert_int_equal(counts.replaced + 1000, counts.misses);
    mfn_alm_cache_free(cache);
    return (double)counts.hits / 200000;
}

static void arc_resists_scans(void **state)
{
    (void)state;
    const double lru = hit_ratio(MFN_ALM_CACHE_LRU);
    const double arc = hit_ratio(MFN_ALM_CACHE_ARC);
    print_message("hit ratio with scans: lru %.3f lfu %.3f arc %.3f\n", lru,
                  hit_ratio(MFN_ALM_CACHE_LFU), arc);
    assert_true(arc > lru);
}

int main(int argc, char **argv)
{
    const char *const given = getenv("SEED");
    seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    if (argc > 1)
        operations = strtoull(argv[1], NULL, 10);
    print_message("SEED=%llu\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_the_twins),
        cmocka_unit_test(arc_resists_scans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
