/* test_ifr_cache.c - each policy on sequences that can be followed by hand; names, errors, age. */
#include "unit.h"

#include "ifr_cache_key.h"

#include <mfn/ifr_cache.h>

#include <stdio.h>

static struct mfn_ifr_cache *make(enum mfn_ifr_policy policy, size_t capacity, uint64_t ttl_ns)
{
    const struct mfn_ifr_cache_options options = {
        .key_size = MFN_IFR_KEY_IPV4, .capacity = capacity, .policy = policy, .ttl_ns = ttl_ns
    };
    struct mfn_ifr_cache *cache = NULL;
    assert_int_equal(mfn_ifr_cache_new(&options, &cache), BASE_OK);
    return cache;
}

static void put(struct mfn_ifr_cache *cache, uint32_t id, uint64_t now_ns)
{
    unsigned char key[MFN_IFR_KEY_IPV4];
    ifr_cache_key(id, key, sizeof key);
    const struct mfn_ifr_value value = { .component_id = id * 3, .timestamp_ns = now_ns };
    mfn_ifr_cache_put(cache, key, ifr_cache_mix(id), now_ns, &value);
}

static bool find(struct mfn_ifr_cache *cache, uint32_t id, uint64_t now_ns)
{
    unsigned char key[MFN_IFR_KEY_IPV4];
    ifr_cache_key(id, key, sizeof key);
    struct mfn_ifr_value value = { .component_id = 77777 };
    const bool found = mfn_ifr_cache_find(cache, key, ifr_cache_mix(id), now_ns, &value);
    assert_int_equal(value.component_id, found ? id * 3 : 77777);
    return found;
}

static bool peek(const struct mfn_ifr_cache *cache, uint32_t id, uint64_t now_ns)
{
    unsigned char key[MFN_IFR_KEY_IPV4];
    ifr_cache_key(id, key, sizeof key);
    struct mfn_ifr_value value = { .component_id = 77777 };
    const bool found = mfn_ifr_cache_peek(cache, key, ifr_cache_mix(id), now_ns, &value);
    assert_int_equal(value.component_id, found ? id * 3 : 77777);
    return found;
}

static bool drop(struct mfn_ifr_cache *cache, uint32_t id)
{
    unsigned char key[MFN_IFR_KEY_IPV4];
    ifr_cache_key(id, key, sizeof key);
    return mfn_ifr_cache_remove(cache, key, ifr_cache_mix(id));
}

/* Letters: a capital is put, a small letter is asked for (and must be there), '-' and a letter
 * drops it. `left` are those that are there in the end. */
static void play(enum mfn_ifr_policy policy, size_t capacity, const char *script, const char *left)
{
    struct mfn_ifr_cache *const cache = make(policy, capacity, 0);
    for (const char *at = script; *at != '\0'; at++) {
        if (*at == '-')
            assert_true(drop(cache, (uint32_t)(*++at - 'a')));
        else if (*at >= 'a')
            assert_true(find(cache, (uint32_t)(*at - 'a'), 0));
        else
            put(cache, (uint32_t)(*at - 'A'), 0);
    }
    char there[27] = "";
    size_t count = 0;
    for (uint32_t id = 0; id < 26; id++)
        if (peek(cache, id, 0))
            there[count++] = (char)('a' + id);
    there[count] = '\0';
    if (strcmp(there, left) != 0)
        fail_msg("%s, %zu items: %s leaves %s, not %s", mfn_ifr_policy_name(policy), capacity,
                 script, there, left);
    struct mfn_ifr_cache_stats stats;
    mfn_ifr_cache_stats(cache, &stats);
    assert_int_equal(stats.count, count);
    mfn_ifr_cache_free(cache);
}

static void policies_on_paper(void **state)
{
    (void)state;
    static const struct {
        enum mfn_ifr_policy policy;
        size_t capacity;
        const char *script, *left;
    } rows[] = {
        { MFN_IFR_LRU, 1, "ABC", "c" },
        { MFN_IFR_LRU, 3, "ABCaD", "acd" },
        { MFN_IFR_LRU, 3, "ABCABD", "abd" },
        { MFN_IFR_LRU, 3, "ABCa-bDE", "ade" },
        { MFN_IFR_FIFO, 3, "ABCaAD", "bcd" },
        { MFN_IFR_FIFO, 3, "ABC-bDE", "cde" },
        { MFN_IFR_LFU, 3, "ABCaabD", "abd" },
        { MFN_IFR_LFU, 3, "ABCaabDE", "abe" },
        { MFN_IFR_LFU, 3, "ABCabcD", "bcd" },
        { MFN_IFR_LFU, 3, "ABCbacD", "acd" },
        /* the hand passes a, takes b; then stands at c */
        { MFN_IFR_SIEVE, 3, "ABCaD", "acd" },
        { MFN_IFR_SIEVE, 3, "ABCaDE", "ade" },
        /* all are visited: a whole round, and the oldest goes */
        { MFN_IFR_SIEVE, 3, "ABCabcD", "bcd" },
        { MFN_IFR_SIEVE, 3, "ABCaDaE", "ade" },
        { MFN_IFR_SIEVE, 3, "ABCaDEF", "aef" },
        /* the hand passes a and b, takes c, the newest, and begins again at the oldest */
        { MFN_IFR_SIEVE, 3, "ABCabD", "abd" },
        { MFN_IFR_SIEVE, 3, "ABCabDE", "bde" },
        /* the one that the hand stands at is dropped */
        { MFN_IFR_SIEVE, 3, "ABCaD-cEF", "aef" },
        { MFN_IFR_SIEVE, 1, "ABC", "c" },
        { MFN_IFR_TINYLFU, 1, "ABC", "c" },
        /* 1 in the window, 2 in the main part: who was not seen more often does not get in */
        { MFN_IFR_TINYLFU, 3, "ABCD", "abd" },
        { MFN_IFR_TINYLFU, 3, "ABCccD", "bcd" },
        { MFN_IFR_TINYLFU, 3, "ABCaaccD", "acd" },
        { MFN_IFR_TINYLFU, 3, "ABC-bDE", "ace" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        play(rows[i].policy, rows[i].capacity, rows[i].script, rows[i].left);
}

/* In a cache where all was visited the hand goes no further than 4096 items, then round and round.
 */
static void sieve_walks_not_too_far(void **state)
{
    (void)state;
    enum { ITEMS = 10000, FAR = 4096 };
    struct mfn_ifr_cache *const cache = make(MFN_IFR_SIEVE, ITEMS, 0);
    for (uint32_t id = 0; id < ITEMS; id++)
        put(cache, id, 0);
    for (uint32_t id = 0; id < ITEMS; id++)
        assert_true(find(cache, id, 0));
    put(cache, ITEMS, 0); /* passes 0 .. 4095, takes 4096 */
    assert_false(peek(cache, FAR, 0));
    put(cache, ITEMS + 1, 0); /* passes 4097 .. 8192, takes 8193 */
    assert_false(peek(cache, 2 * FAR + 1, 0));
    put(cache, ITEMS + 2, 0); /* passes the rest; what came since was not visited */
    assert_false(peek(cache, ITEMS, 0));
    struct mfn_ifr_cache_stats stats;
    mfn_ifr_cache_stats(cache, &stats);
    assert_true(stats.evictions == 3 && stats.count == ITEMS);
    mfn_ifr_cache_free(cache);
}

static void policies_have_names(void **state)
{
    (void)state;
    static const char *const names[] = { "sieve", "tinylfu", "lru", "lfu", "fifo", "random" };
    for (unsigned i = 0; i < MFN_IFR_POLICY_COUNT; i++) {
        enum mfn_ifr_policy policy = MFN_IFR_POLICY_COUNT;
        assert_string_equal(mfn_ifr_policy_name((enum mfn_ifr_policy)i), names[i]);
        assert_int_equal(mfn_ifr_policy_parse(names[i], &policy, NULL), BASE_OK);
        assert_int_equal(policy, i);
    }
    assert_string_equal(mfn_ifr_policy_name(MFN_IFR_POLICY_COUNT), "?");
    enum mfn_ifr_policy policy = MFN_IFR_LFU;
    struct base_why why;
    assert_int_equal(mfn_ifr_policy_parse("LRU", &policy, NULL), BASE_OK);
    assert_int_equal(policy, MFN_IFR_LRU);
    assert_int_equal(mfn_ifr_policy_parse("mru", &policy, &why), BASE_EPARSE);
    assert_int_equal(policy, MFN_IFR_LRU);
    assert_string_equal(
        why.text, "cache policy \"mru\" is not one of sieve, tinylfu, lru, lfu, fifo, random");
    assert_int_equal(mfn_ifr_policy_parse("", &policy, NULL), BASE_EPARSE);
}

static void options_out_of_range_are_named(void **state)
{
    (void)state;
    static const struct {
        struct mfn_ifr_cache_options options;
        const char *text;
    } rows[] = {
        { { 16, 1, MFN_IFR_LRU }, "cache: a key of 16 bytes is not of 13, 32 or 37" },
        { { 13, 0, MFN_IFR_LRU }, "cache: a capacity of 0 items is not in 1 .. 1073741824" },
        { { 13, ((size_t)1 << 30) + 1, MFN_IFR_LRU },
          "cache: a capacity of 1073741825 items is not in 1 .. 1073741824" },
        { { 13, 1, MFN_IFR_POLICY_COUNT }, "cache: policy number 6 is not in 0 .. 5" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct base_why why = { 0 };
        struct mfn_ifr_cache *cache = NULL;
        assert_int_equal(mfn_ifr_cache_check(&rows[i].options, &why), BASE_ERANGE);
        assert_string_equal(why.text, rows[i].text);
        assert_int_equal(mfn_ifr_cache_new(&rows[i].options, &cache), BASE_ERANGE);
        assert_null(cache);
    }
    mfn_ifr_cache_free(NULL);
}

static void items_expire(void **state)
{
    (void)state;
    for (unsigned policy = 0; policy < MFN_IFR_POLICY_COUNT; policy++) {
        struct mfn_ifr_cache *const cache = make((enum mfn_ifr_policy)policy, 4, 100);
        for (uint32_t id = 0; id < 4; id++)
            put(cache, id, 1000 + id);
        assert_true(find(cache, 0, 1099) && !peek(cache, 0, 1100) && !find(cache, 0, 1100));
        assert_true(find(cache, 1, 1100));
        put(cache, 1, 1100); /* lives on */
        assert_true(find(cache, 1, 1199) && !peek(cache, 1, 1200));
        struct mfn_ifr_cache_stats stats;
        mfn_ifr_cache_stats(cache, &stats);
        assert_true(stats.count == 3 && stats.expirations == 1 && stats.evictions == 0);
        put(cache, 8, 1150); /* two that expired go */
        mfn_ifr_cache_stats(cache, &stats);
        assert_true(stats.count == 2 && stats.expirations == 3 && stats.evictions == 0);
        assert_true(peek(cache, 1, 1150) && peek(cache, 8, 1150));
        put(cache, 8, UINT64_MAX - 50); /* an end beyond the end of time */
        assert_true(peek(cache, 8, UINT64_MAX - 1));
        mfn_ifr_cache_free(cache);
    }
}

static void statistics_count(void **state)
{
    (void)state;
    struct mfn_ifr_cache *const cache = make(MFN_IFR_LRU, 2, 0);
    put(cache, 1, 0);
    put(cache, 2, 0);
    put(cache, 2, 0);
    put(cache, 3, 0);
    assert_true(find(cache, 3, 0) && !find(cache, 1, UINT64_MAX) && find(cache, 2, UINT64_MAX));
    assert_true(drop(cache, 2) && !drop(cache, 2));
    struct mfn_ifr_cache_stats stats;
    mfn_ifr_cache_stats(cache, &stats);
    assert_true(stats.hits == 2 && stats.misses == 1 && stats.insertions == 3);
    assert_true(stats.updates == 1 && stats.evictions == 1 && stats.expirations == 0);
    assert_true(stats.count == 1 && stats.capacity == 2 && stats.size_bytes > 2 * 64);
    mfn_ifr_cache_free(cache);
}

/* Every byte of key and value counts, in each size of key. */
static void keys_and_values_are_whole(void **state)
{
    (void)state;
    static const size_t sizes[] = { MFN_IFR_KEY_IPV4, MFN_IFR_KEY_HASHED, MFN_IFR_KEY_IPV6 };
    for (size_t s = 0; s < 3; s++) {
        const struct mfn_ifr_cache_options options = { .key_size = sizes[s], .capacity = 64 };
        struct mfn_ifr_cache *cache = NULL;
        assert_int_equal(mfn_ifr_cache_new(&options, &cache), BASE_OK);
        unsigned char key[MFN_IFR_KEY_IPV6] = { 0 };
        for (uint32_t i = 0; i <= sizes[s]; i++) { /* one bit in a different byte; none */
            const struct mfn_ifr_value value = { ~i,           (uint8_t)i, 7, (uint16_t)(i << 9),
                                                 ~(uint64_t)i, i };
            if (i < sizes[s])
                key[i] ^= 0x80;
            mfn_ifr_cache_put(cache, key, 42, 0, &value); /* all hashes are equal */
            if (i < sizes[s])
                key[i] ^= 0x80;
        }
        for (uint32_t i = 0; i <= sizes[s]; i++) {
            struct mfn_ifr_value value;
            if (i < sizes[s])
                key[i] ^= 0x80;
            assert_true(mfn_ifr_cache_find(cache, key, 42, 0, &value));
            if (i < sizes[s])
                key[i] ^= 0x80;
            assert_true(value.component_id == ~i && value.flow_type == i && value.priority == 7);
            assert_true(value.flags == (uint16_t)(i << 9) && value.timestamp_ns == ~(uint64_t)i);
            assert_true(value.size == i);
        }
        mfn_ifr_cache_free(cache);
    }
}

/* Random evictions hit young and old alike: with n slots an item survives m insertions with
 * (1 - 1/n)^m; a second seed chooses others. */
static void random_is_even(void **state)
{
    (void)state;
    enum { ITEMS = 20000 };
    bool there[2][ITEMS];
    for (unsigned seed = 0; seed < 2; seed++) {
        const struct mfn_ifr_cache_options options = { .key_size = MFN_IFR_KEY_IPV4,
                                                       .capacity = ITEMS,
                                                       .policy = MFN_IFR_RANDOM,
                                                       .seed = { { seed } } };
        struct mfn_ifr_cache *cache = NULL;
        assert_int_equal(mfn_ifr_cache_new(&options, &cache), BASE_OK);
        for (uint32_t id = 0; id < 2 * ITEMS; id++)
            put(cache, id, 0);
        size_t halves[2] = { 0 };
        for (uint32_t id = 0; id < ITEMS; id++) {
            there[seed][id] = peek(cache, id, 0);
            halves[id / (ITEMS / 2)] += there[seed][id];
        }
        /* 10000 * 0.3679 = 3679, deviation below 48 */
        for (int i = 0; i < 2; i++)
            assert_true(halves[i] > 3679 - 240 && halves[i] < 3679 + 240);
        mfn_ifr_cache_free(cache);
    }
    assert_memory_not_equal(there[0], there[1], sizeof there[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_on_paper),
        cmocka_unit_test(sieve_walks_not_too_far),
        cmocka_unit_test(policies_have_names),
        cmocka_unit_test(options_out_of_range_are_named),
        cmocka_unit_test(items_expire),
        cmocka_unit_test(statistics_count),
        cmocka_unit_test(keys_and_values_are_whole),
        cmocka_unit_test(random_is_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
