/* test_ifr_cache_memory.c - the k-th allocation of a new filter or cache fails, for every k:
 * ENOMEM, nothing written, nothing kept; and after new nothing allocates at all. */
#include "unit.h"

#include "fault.h"
#include "ifr_cache_key.h"

#include <mfn/ifr_cache.h>
#include <mfn/ifr_filter.h>

#include <stdlib.h>

static void use_cache(struct mfn_ifr_cache *cache)
{
    for (uint32_t i = 0; i < 2000; i++) {
        unsigned char key[MFN_IFR_KEY_IPV6];
        struct mfn_ifr_value value = { .component_id = i };
        ifr_cache_key(i % 900 * (i % 7), key, sizeof key);
        const uint64_t hash = ifr_cache_mix(i % 900 * (i % 7));
        if (!mfn_ifr_cache_find(cache, key, hash, i, &value))
            mfn_ifr_cache_put(cache, key, hash, i, &value);
        if (i % 5 == 0)
            (void)mfn_ifr_cache_remove(cache, key, hash);
    }
}

static void caches_fail_and_then_work(void **state)
{
    (void)state;
    for (unsigned policy = 0; policy < MFN_IFR_POLICY_COUNT; policy++)
        for (uint64_t ttl_ns = 0; ttl_ns < 2000; ttl_ns += 1000) {
            const struct mfn_ifr_cache_options options = {
                MFN_IFR_KEY_IPV6, 100, (enum mfn_ifr_policy)policy, ttl_ns, { { 1 } }
            };
            struct mfn_ifr_cache *cache = NULL;
            fault_left = 0;
            assert_int_equal(mfn_ifr_cache_new(&options, &cache), BASE_ENOMEM);
            assert_null(cache);
            fault_left = 1;
            assert_int_equal(mfn_ifr_cache_new(&options, &cache), BASE_OK);
            assert_int_equal(fault_left, 0);
            fault_asked = 0;
            use_cache(cache);
            const size_t allocations = fault_asked;
            fault_left = SIZE_MAX;
            assert_int_equal(allocations, 0);
            mfn_ifr_cache_free(cache);
        }
}

static void filters_fail_and_then_work(void **state)
{
    (void)state;
    const struct mfn_ifr_filter_options options = { 1000, 0.01, 16 };
    struct mfn_ifr_filter *filter = NULL;
    for (size_t k = 0; k < 2; k++) {
        fault_left = k;
        const base_err err = mfn_ifr_filter_new(&options, &filter);
        fault_left = SIZE_MAX;
        assert_int_equal(err, BASE_ENOMEM);
        assert_null(filter);
    }
    fault_left = 2;
    assert_int_equal(mfn_ifr_filter_new(&options, &filter), BASE_OK);
    fault_asked = 0;
    for (uint64_t i = 1; i < 20000; i++)
        mfn_ifr_filter_add(filter, ifr_cache_mix(i));
    mfn_ifr_filter_rotate(filter);
    mfn_ifr_filter_clear(filter);
    const size_t allocations = fault_asked;
    fault_left = SIZE_MAX;
    assert_int_equal(allocations, 0);
    mfn_ifr_filter_free(filter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(caches_fail_and_then_work),
        cmocka_unit_test(filters_fail_and_then_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
