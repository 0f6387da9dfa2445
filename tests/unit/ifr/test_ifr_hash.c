/* test_ifr_hash.c - the keyed hash, keys as words, homes, and tags compared at once. */
#include "unit.h"

#include "ifr_group.h"
#include "ifr_keys.h"

#include <math.h>

static const size_t key_sizes[] = { MFN_IFR_KEY_IPV4, MFN_IFR_KEY_HASHED, MFN_IFR_KEY_IPV6 };

static void keys_survive_as_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        uint8_t key[MFN_IFR_KEY_SIZE_MAX] = { 0 }, again[MFN_IFR_KEY_SIZE_MAX];
        for (size_t k = 0; k < key_sizes[i]; k++)
            key[k] = (uint8_t)(200 + 7 * k);
        uint64_t words[IFR_KEY_WORDS_MAX];
        ifr_key_load(key, key_sizes[i], words);
        ifr_key_store(words, key_sizes[i], again);
        assert_memory_equal(key, again, sizeof key);
    }
}

/* Every bit of key and seed counts, wherever the key lies in memory. */
static void every_bit_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        uint8_t memory[MFN_IFR_KEY_SIZE_MAX + 8] = { 0 };
        struct mfn_ifr_seed seed = { { 1, 2, 3, 4 } };
        const uint64_t hash = mfn_ifr_hash(&seed, memory, key_sizes[i]);
        for (size_t bit = 0; bit < 8 * key_sizes[i]; bit++) {
            uint8_t *const key = memory + bit % 8;
            key[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_true(mfn_ifr_hash(&seed, key, key_sizes[i]) != hash);
            key[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_true(mfn_ifr_hash(&seed, key, key_sizes[i]) == hash);
        }
        for (size_t bit = 0; bit < 256; bit++) {
            seed.k[bit / 64] ^= (uint64_t)1 << bit % 64;
            assert_true(mfn_ifr_hash(&seed, memory, key_sizes[i]) != hash);
            seed.k[bit / 64] ^= (uint64_t)1 << bit % 64;
        }
    }
}

/* Chi-squared of `count` numbers in `bins`, in standard deviations from its mean. */
static double excess(const unsigned *bins, size_t bin_count, size_t count)
{
    const double expected = (double)count / (double)bin_count;
    double sum = 0;
    for (size_t i = 0; i < bin_count; i++)
        sum += (bins[i] - expected) * (bins[i] - expected) / expected;
    return (sum - (double)(bin_count - 1)) / sqrt(2.0 * (double)(bin_count - 1));
}

/* Keys that count up in one place, every place: homes and tags are spread like random numbers, for
 * seeds drawn here and for one of zeros. */
static void alike_keys_spread(void **state)
{
    (void)state;
    enum { KEYS = 1 << 16, BINS = 1000 };
    struct base_rng rng;
    base_rng_init(&rng, 3);
    for (size_t i = 0; i < 3 * key_sizes[2]; i++) {
        const size_t key_size = key_sizes[i % 3], at = i / 3;
        if (at + 2 > key_size)
            continue;
        for (unsigned is_random = 0; is_random < 2; is_random++) {
            static unsigned homes[BINS], tags[256];
            struct mfn_ifr_seed seed = { { 0 } };
            for (size_t k = 0; is_random && k < 4; k++)
                seed.k[k] = base_rng_u64(&rng);
            memset(homes, 0, sizeof homes);
            memset(tags, 0, sizeof tags);
            uint8_t key[MFN_IFR_KEY_SIZE_MAX] = { 0 };
            for (uint32_t k = 0; k < KEYS; k++) {
                key[at] = (uint8_t)k;
                key[at + 1] = (uint8_t)(k >> 8);
                const uint64_t hash = mfn_ifr_hash(&seed, key, key_size);
                homes[ifr_home(hash, BINS)]++;
                tags[(uint8_t)hash]++;
            }
            assert_true(excess(homes, BINS, KEYS) < 6);
            assert_true(excess(tags, 256, KEYS) < 6);
        }
    }
}

static void random_seeds_differ(void **state)
{
    (void)state;
    struct mfn_ifr_seed a = { { 0 } }, b = { { 0 } };
    mfn_ifr_seed_random(&a);
    mfn_ifr_seed_random(&b);
    for (size_t i = 0; i < 4; i++)
        assert_true(a.k[i] != b.k[i]);
}

static void homes_keep_the_order_of_hashes(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 1);
    assert_int_equal(ifr_home(0, 7), 0);
    assert_int_equal(ifr_home(UINT64_MAX, 7), 6);
    for (unsigned i = 0; i < 10000; i++) {
        const uint64_t hash = base_rng_u64(&rng);
        const size_t count = 1 + base_rng_below(&rng, 1000000);
        assert_int_equal(ifr_home(hash, 2 * count) / 2, ifr_home(hash, count));
        assert_true(ifr_tag(hash) != 0);
    }
}

static unsigned match_slowly(struct ifr_tags tags, uint8_t tag)
{
    unsigned match = 0;
    for (unsigned i = 0; i < IFR_GROUP_SLOTS; i++) {
        const uint64_t word = i < 8 ? tags.low : tags.high;
        match |= (unsigned)((uint8_t)(word >> 8 * (i % 8)) == tag) << i;
    }
    return match;
}

/* Bytes from a few values, so that equal ones, and carries between them, are frequent. */
static struct ifr_tags random_tags(struct base_rng *rng)
{
    static const uint8_t some[] = { 0, 0, 1, 0x7f, 0x80, 0x81, 0xfe, 0xff };
    uint64_t words[2] = { 0 };
    for (unsigned i = 0; i < 16; i++)
        words[i / 8] |= (uint64_t)some[base_rng_below(rng, sizeof some)] << 8 * (i % 8);
    return (struct ifr_tags){ words[0], words[1] };
}

static void tags_are_compared_alike(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 2);
    for (unsigned i = 0; i < 20000; i++) {
        const struct ifr_tags tags = random_tags(&rng);
        for (unsigned tag = 0; tag < 256; tag += tag < 2 || tag > 250 ? 1 : 3) {
            const unsigned expected = match_slowly(tags, (uint8_t)tag);
            assert_int_equal(ifr_tags_match_plain(tags, (uint8_t)tag), expected);
            assert_int_equal(ifr_tags_match(tags, (uint8_t)tag), expected);
        }
        assert_int_equal(ifr_tags_occupied(tags), IFR_GROUP_MASK & ~match_slowly(tags, 0));
    }
}

static void bytes_of_a_group_are_set(void **state)
{
    (void)state;
    struct ifr_group group = { { 0 } };
    for (unsigned i = 0; i < 16; i++)
        ifr_group_set(&group, i, (uint8_t)(i + 1));
    const struct ifr_tags tags = ifr_group_load(&group);
    for (unsigned i = 0; i < 15; i++)
        assert_int_equal(ifr_tags_match(tags, (uint8_t)(i + 1)), 1U << i);
    assert_int_equal(ifr_tags_overflow(tags), 16);
    ifr_group_overflow_add(&group, -1);
    assert_int_equal(ifr_tags_overflow(ifr_group_load(&group)), 15);
    for (unsigned i = 0; i < 300; i++)
        ifr_group_overflow_add(&group, 1);
    ifr_group_overflow_add(&group, -1);
    assert_int_equal(ifr_tags_overflow(ifr_group_load(&group)), IFR_OVERFLOW_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_survive_as_words),
        cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(alike_keys_spread),
        cmocka_unit_test(random_seeds_differ),
        cmocka_unit_test(homes_keep_the_order_of_hashes),
        cmocka_unit_test(tags_are_compared_alike),
        cmocka_unit_test(bytes_of_a_group_are_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
