/* test_ifr_cache_memory.c - the k-th allocation of a new filter or cache fails, for every k:
 * ENOMEM, nothing written, nothing kept; and after new nothing allocates at all. */
#include "unit.h"

#include "ifr_cache_key.h"

#include <mfn/ifr_cache.h>
#include <mfn/ifr_filter.h>

#include <stdlib.h>

static size_t left = SIZE_MAX; /* allocations that still succeed */
static size_t asked;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);

static bool is_refused(void)
{
    asked++;
    if (left == SIZE_MAX)
        return false;
    return left == 0 || left-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return is_refused() ? NULL : __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
    return is_refused() ? NULL : __real_aligned_alloc(align, size);
}

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
            left = 0;
            assert_int_equal(mfn_ifr_cache_new(&options, &cache), BASE_ENOMEM);
            assert_null(cache);
            left = 1;
            assert_int_equal(mfn_ifr_cache_new(&options, &cache), BASE_OK);
            assert_int_equal(left, 0);
            asked = 0;
            use_cache(cache);
            const size_t allocations = asked;
            left = SIZE_MAX;
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
        left = k;
        const base_err err = mfn_ifr_filter_new(&options, &filter);
        left = SIZE_MAX;
        assert_int_equal(err, BASE_ENOMEM);
        assert_null(filter);
    }
    left = 2;
    assert_int_equal(mfn_ifr_filter_new(&options, &filter), BASE_OK);
    asked = 0;
    for (uint64_t i = 1; i < 20000; i++)
        mfn_ifr_filter_add(filter, ifr_cache_mix(i));
    mfn_ifr_filter_rotate(filter);
    mfn_ifr_filter_clear(filter);
    const size_t allocations = asked;
    left = SIZE_MAX;
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
