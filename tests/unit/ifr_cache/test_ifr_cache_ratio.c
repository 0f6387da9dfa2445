/* test_ifr_cache_ratio.c - the hit ratio of each policy on Zipf(0.99) over 100 000 flows, cache of
 * 10 %: SIEVE, W-TinyLFU and LRU as other implementations have it there; the static optimum is
 * 0.800. One seed: the same numbers each time. */
#include "unit.h"

#include "ifr_cache_key.h"

#include <mfn/ifr_cache.h>

#include <base/rng.h>

#include <math.h>

enum { FLOWS = 100000, CAPACITY = FLOWS / 10, WARM = 3000000, COUNTED = 2000000 };

static double ratio_of(enum mfn_ifr_policy policy)
{
    const struct mfn_ifr_cache_options options = { .key_size = MFN_IFR_KEY_IPV4,
                                                   .capacity = CAPACITY,
                                                   .policy = policy };
    struct mfn_ifr_cache *cache = NULL;
    assert_int_equal(mfn_ifr_cache_new(&options, &cache), BASE_OK);
    struct base_rng rng;
    struct base_zipf zipf;
    base_rng_init(&rng, 99);
    assert_int_equal(base_zipf_init(&zipf, FLOWS, 0.99), BASE_OK);
    struct mfn_ifr_cache_stats before, after;
    for (int i = 0; i < WARM + COUNTED; i++) {
        const uint32_t id = (uint32_t)base_zipf_next(&zipf, &rng);
        struct mfn_ifr_value value = { .component_id = id };
        unsigned char key[MFN_IFR_KEY_IPV4];
        ifr_cache_key(id, key, sizeof key);
        if (i == WARM)
            mfn_ifr_cache_stats(cache, &before);
        if (!mfn_ifr_cache_find(cache, key, ifr_cache_mix(id), 0, &value))
            mfn_ifr_cache_put(cache, key, ifr_cache_mix(id), 0, &value);
        assert_int_equal(value.component_id, id);
    }
    mfn_ifr_cache_stats(cache, &after);
    assert_int_equal(after.hits - before.hits + after.misses - before.misses, COUNTED);
    mfn_ifr_cache_free(cache);
    return (double)(after.hits - before.hits) / COUNTED;
}

static void ratios_are_the_known_ones(void **state)
{
    (void)state;
    static const struct {
        enum mfn_ifr_policy policy;
        double ratio, within;
    } rows[] = {
        { MFN_IFR_SIEVE, 0.779, 0.003 }, { MFN_IFR_TINYLFU, 0.787, 0.003 },
        { MFN_IFR_LRU, 0.725, 0.003 },   { MFN_IFR_LFU, 0.776, 0.005 },
        { MFN_IFR_FIFO, 0.688, 0.003 },  { MFN_IFR_RANDOM, 0.688, 0.003 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double ratio = ratio_of(rows[i].policy);
        print_message("%-8s %.4f\n", mfn_ifr_policy_name(rows[i].policy), ratio);
        assert_true(fabs(ratio - rows[i].ratio) <= rows[i].within);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(ratios_are_the_known_ones) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
