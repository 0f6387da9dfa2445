/* test_alm_cache.c - the route cache: what a key is, how long a route is good, what a change drops,
 * and its errors. */
#include "unit.h"

#include <mfn/alm_cache.h>

#include <math.h>
#include <string.h>

static struct mfn_alm_cache *cache_of(enum mfn_alm_cache_policy policy, uint32_t capacity,
                                      uint64_t ttl_ns)
{
    const struct mfn_alm_cache_options options = {
        .policy = policy, .capacity = capacity, .hop_max = 3, .ttl_ns = ttl_ns
    };
    struct mfn_alm_cache *cache = NULL;
    assert_int_equal(mfn_alm_cache_new(&options, &cache, NULL), BASE_OK);
    return cache;
}

/* A route of nodes a, b, c with edges a * 10 + b, b * 10 + c. */
static void put(struct mfn_alm_cache *cache, struct mfn_alm_cache_key key, uint32_t middle,
                uint64_t now_ns)
{
    const uint32_t nodes[] = { key.from, middle, key.to };
    const uint32_t edges[] = { key.from * 10 + middle, middle * 10 + key.to };
    const struct mfn_alm_cached_route route = { middle, 3, nodes, edges };
    assert_int_equal(mfn_alm_cache_put(cache, &key, &route, now_ns), BASE_OK);
}

static bool has(struct mfn_alm_cache *cache, struct mfn_alm_cache_key key, uint64_t now_ns)
{
    struct mfn_alm_cached_route found;
    return mfn_alm_cache_find(cache, &key, now_ns, &found);
}

static void every_part_of_a_key_counts(void **state)
{
    (void)state;
    static const struct mfn_alm_cache_key keys[] = {
        { 1, 2, 0, 0 }, { 2, 1, 0, 0 }, { 1, 3, 0, 0 }, { 1, 2, 1, 0 }, { 1, 2, 0, 7 }
    };
    struct mfn_alm_cache *const cache = cache_of(MFN_ALM_CACHE_LRU, 8, 0);
    for (uint32_t i = 0; i < 5; i++) {
        assert_false(has(cache, keys[i], 0));
        put(cache, keys[i], 4 + i, 0);
    }
    for (uint32_t i = 0; i < 5; i++) {
        struct mfn_alm_cached_route found;
        assert_true(mfn_alm_cache_find(cache, &keys[i], UINT64_MAX - 1, &found));
        assert_int_equal(found.node_count, 3);
        assert_int_equal(found.nodes[0], keys[i].from);
        assert_int_equal(found.nodes[1], 4 + i);
        assert_int_equal(found.nodes[2], keys[i].to);
        assert_int_equal(found.edges[0], keys[i].from * 10 + 4 + i);
        assert_int_equal(found.edges[1], (4 + i) * 10 + keys[i].to);
        assert_true(found.cost == 4 + i);
    }
    const struct mfn_alm_cache_counts counts = mfn_alm_cache_counts_of(cache);
    assert_int_equal(counts.hits, 5);
    assert_int_equal(counts.misses, 5);
    mfn_alm_cache_free(cache);
}

static void a_route_is_good_until_its_time(void **state)
{
    (void)state;
    static const struct mfn_alm_cache_key key = { 1, 2, 0, 0 };
    struct mfn_alm_cache *const cache = cache_of(MFN_ALM_CACHE_ARC, 2, 100);
    put(cache, key, 3, 50);
    assert_true(has(cache, key, 149));
    assert_false(has(cache, key, 150));
    assert_int_equal(mfn_alm_cache_count(cache), 0);
    assert_int_equal(mfn_alm_cache_counts_of(cache).expired, 1);
    put(cache, key, 3, 150);
    put(cache, key, 4, 200); /* stored again: good for longer */
    assert_true(has(cache, key, 299));
    assert_false(has(cache, key, 300));
    put(cache, key, 3, UINT64_MAX - 5);
    assert_true(has(cache, key, UINT64_MAX - 1));
    mfn_alm_cache_free(cache);
}

static void a_change_drops_the_routes_that_use_it(void **state)
{
    (void)state;
    static const struct mfn_alm_cache_key a = { 1, 2, 0, 0 }, b = { 1, 3, 0, 0 },
                                          c = { 4, 2, 1, 0 };
    for (int policy = 0; policy < MFN_ALM_CACHE_POLICY_COUNT; policy++) {
        struct mfn_alm_cache *const cache = cache_of((enum mfn_alm_cache_policy)policy, 4, 0);
        put(cache, a, 5, 0); /* 1 5 2 by 15, 52 */
        put(cache, b, 5, 0); /* 1 5 3 by 15, 53 */
        put(cache, c, 5, 0); /* 4 5 2 by 45, 52 */
        assert_int_equal(mfn_alm_cache_drop_edge(cache, 52, 2), 0);
        assert_int_equal(mfn_alm_cache_drop_edge(cache, 5, MFN_ALM_METRIC_ANY), 0); /* a node's */
        assert_int_equal(mfn_alm_cache_drop_edge(cache, 52, 1), 1);
        assert_false(has(cache, c, 0));
        assert_true(has(cache, a, 0));
        assert_int_equal(mfn_alm_cache_drop_edge(cache, 15, MFN_ALM_METRIC_ANY), 2);
        assert_int_equal(mfn_alm_cache_count(cache), 0);
        put(cache, a, 5, 0);
        put(cache, a, 6, 0); /* replaced: no longer by 5 */
        put(cache, b, 5, 0);
        assert_int_equal(mfn_alm_cache_drop_node(cache, 5, MFN_ALM_METRIC_ANY), 1);
        assert_true(has(cache, a, 0));
        assert_int_equal(mfn_alm_cache_drop_node(cache, 1, 0), 1);
        assert_int_equal(mfn_alm_cache_counts_of(cache).dropped, 5);
        mfn_alm_cache_free(cache);
    }
}

static bool costs_more(void *context, const struct mfn_alm_cache_key *key,
                       const struct mfn_alm_cached_route *route)
{
    (void)key;
    return route->cost > *(const double *)context;
}

static void no_route_may_be_stored_too(void **state)
{
    (void)state;
    static const struct mfn_alm_cache_key far = { 1, 2, 0, 0 }, near = { 1, 3, 0, 0 };
    const struct mfn_alm_cached_route none = { INFINITY, 0, NULL, NULL };
    struct mfn_alm_cache *const cache = cache_of(MFN_ALM_CACHE_LFU, 4, 0);
    assert_int_equal(mfn_alm_cache_put(cache, &far, &none, 0), BASE_OK);
    put(cache, near, 5, 0);
    struct mfn_alm_cached_route found;
    assert_true(mfn_alm_cache_find(cache, &far, 0, &found));
    assert_int_equal(found.node_count, 0);
    assert_int_equal(mfn_alm_cache_drop_node(cache, 1, MFN_ALM_METRIC_ANY), 1);
    put(cache, near, 5, 0);
    double limit = 5;
    assert_int_equal(mfn_alm_cache_drop_if(cache, costs_more, &limit), 1);
    assert_false(has(cache, far, 0));
    assert_true(has(cache, near, 0));
    assert_int_equal(mfn_alm_cache_clear(cache), 1);
    assert_false(has(cache, near, 0));
    put(cache, near, 5, 0);
    assert_true(has(cache, near, 0));
    mfn_alm_cache_free(cache);
}

static void bad_input_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct mfn_alm_cache_options options;
        const char *text;
    } rows[] = {
        { { .policy = MFN_ALM_CACHE_POLICY_COUNT, .capacity = 1 }, "policy: number 3" },
        { { .capacity = 0 }, "0 is not between 1 and 16777216" },
        { { .capacity = 1 + (1 << 24) }, "16777217" },
        { { .capacity = 1, .hop_max = 1025 }, "1025 is not between 1 and 1024" },
        { { .capacity = 1 << 24, .hop_max = 1024 }, "places" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mfn_alm_cache *cache = NULL;
        struct base_why why = { 0 };
        assert_int_equal(mfn_alm_cache_new(&rows[i].options, &cache, &why), BASE_ERANGE);
        assert_null(cache);
        assert_non_null(strstr(why.text, rows[i].text));
    }
    struct mfn_alm_cache *const cache = cache_of(MFN_ALM_CACHE_LRU, 1, 0);
    const uint32_t ids[5] = { 0 };
    const struct mfn_alm_cached_route longest = { 1, 4, ids, ids }, longer = { 1, 5, ids, ids };
    const struct mfn_alm_cache_key key = { 1, 2, 0, 0 }, any = { 1, 2, MFN_ALM_METRIC_ANY, 0 };
    assert_int_equal(mfn_alm_cache_put(cache, &key, &longest, 0), BASE_OK);
    assert_int_equal(mfn_alm_cache_put(cache, &key, &longer, 0), BASE_ERANGE);
    assert_int_equal(mfn_alm_cache_put(cache, &any, &longest, 0), BASE_ERANGE);
    assert_true(has(cache, key, 0));
    assert_int_equal(mfn_alm_cache_drop_node(cache, 0, MFN_ALM_METRIC_ANY), 1); /* 0 four times */
    mfn_alm_cache_free(cache);
    mfn_alm_cache_free(NULL);
}

static void policies_have_words(void **state)
{
    (void)state;
    for (int i = 0; i < MFN_ALM_CACHE_POLICY_COUNT; i++) {
        enum mfn_alm_cache_policy policy = MFN_ALM_CACHE_POLICY_COUNT;
        const char *const word = mfn_alm_cache_policy_name((enum mfn_alm_cache_policy)i);
        assert_int_equal(mfn_alm_cache_policy_of(word, &policy, NULL), BASE_OK);
        assert_int_equal(policy, i);
    }
    enum mfn_alm_cache_policy policy = MFN_ALM_CACHE_ARC;
    struct base_why why = { 0 };
    assert_int_equal(mfn_alm_cache_policy_of("mru", &policy, &why), BASE_ENOTFOUND);
    assert_string_equal(why.text, "route cache policy: 'mru' is none of lru lfu arc");
    assert_int_equal(policy, MFN_ALM_CACHE_ARC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_of_a_key_counts),
        cmocka_unit_test(a_route_is_good_until_its_time),
        cmocka_unit_test(a_change_drops_the_routes_that_use_it),
        cmocka_unit_test(no_route_may_be_stored_too),
        cmocka_unit_test(bad_input_is_refused),
        cmocka_unit_test(policies_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
