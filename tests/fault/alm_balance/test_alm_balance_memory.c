/* test_alm_balance_memory.c - the k-th allocation fails, for every k: ENOMEM, nothing is written;
 * and after new nothing is allocated. */
#include "unit.h"

#include "fault.h"

#include <mfn/alm_balance.h>
#include <mfn/alm_cache.h>

#include <base/rng.h>

#include <stdlib.h>

static void use_pool(struct mfn_alm_pool *pool)
{
    struct base_rng rng;
    base_rng_init(&rng, 1);
    uint32_t server;
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(mfn_alm_pool_add(pool, i, 1 + i, 0, &server), BASE_OK);
    for (uint64_t now_ns = 0; now_ns < 1000; now_ns++) {
        server = mfn_alm_choose(pool, base_rng_u64(&rng), now_ns);
        assert_in_range(server, 0, 7);
        mfn_alm_started(pool, server, now_ns);
        mfn_alm_finished(pool, server, 10 * (1 + server), true, now_ns);
    }
    mfn_alm_pool_remove(pool, 3);
    assert_int_equal(mfn_alm_pool_chosen_from(pool), 7);
}

static void a_pool_allocates_at_new_only(void **state)
{
    (void)state;
    for (int policy = 0; policy < MFN_ALM_POLICY_COUNT; policy++) {
        const struct mfn_alm_pool_options options = { .policy = (enum mfn_alm_policy)policy,
                                                      .capacity = 8,
                                                      .adapt_ns = 100 };
        const size_t wanted = policy >= MFN_ALM_TWO_CHOICES            ? 3
                              : policy == MFN_ALM_WEIGHTED_ROUND_ROBIN ? 2
                                                                       : 1;
        for (size_t k = 0; k <= wanted; k++) {
            struct mfn_alm_pool *pool = NULL;
            struct base_why why = { 0 };
            fault_left = k;
            const base_err err = mfn_alm_pool_new(&options, &pool, &why);
            assert_int_equal(err, k < wanted ? BASE_ENOMEM : BASE_OK);
            assert_int_equal(why.err, err);
            fault_left = 0;
            if (err == BASE_OK)
                use_pool(pool);
            else
                assert_null(pool);
            fault_left = SIZE_MAX;
            mfn_alm_pool_free(pool);
        }
    }
}

static void use_cache(struct mfn_alm_cache *cache)
{
    for (uint32_t i = 0; i < 100; i++) {
        const struct mfn_alm_cache_key key = { .from = i % 10, .to = i % 7 };
        const uint32_t nodes[] = { key.from, key.to };
        const uint32_t edges[] = { i % 5 };
        const struct mfn_alm_cached_route route = { 1, 2, nodes, edges };
        struct mfn_alm_cached_route found;
        assert_int_equal(mfn_alm_cache_put(cache, &key, &route, 0), BASE_OK);
        assert_true(mfn_alm_cache_find(cache, &key, 0, &found));
        (void)mfn_alm_cache_drop_edge(cache, (i + 2) % 5, MFN_ALM_METRIC_ANY);
    }
}

static void a_cache_allocates_at_new_only(void **state)
{
    (void)state;
    for (int policy = 0; policy < MFN_ALM_CACHE_POLICY_COUNT; policy++) {
        for (size_t k = 0; k <= 9; k++) {
            const struct mfn_alm_cache_options options = {
                .policy = (enum mfn_alm_cache_policy)policy, .capacity = 16, .hop_max = 2
            };
            struct mfn_alm_cache *cache = NULL;
            struct base_why why = { 0 };
            fault_left = k;
            const base_err err = mfn_alm_cache_new(&options, &cache, &why);
            assert_int_equal(err, k < 9 ? BASE_ENOMEM : BASE_OK);
            assert_int_equal(why.err, err);
            fault_left = 0;
            if (err == BASE_OK)
                use_cache(cache);
            else
                assert_null(cache);
            fault_left = SIZE_MAX;
            mfn_alm_cache_free(cache);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_allocates_at_new_only),
        cmocka_unit_test(a_cache_allocates_at_new_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
