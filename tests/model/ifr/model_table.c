/* model_table.c - random operations on both flow tables, all key sizes, growing and fixed, against
 * arrays indexed by the key's number.
 *
 *   model_table [OPERATIONS]   in all; SEED in the environment repeats a run
 */
#include "unit.h"

#include "ifr_keys.h"

#include <mfn/ifr_robin.h>
#include <mfn/ifr_table.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef BPI_SANITIZED
enum { OPERATIONS = 1200000 };
#else
enum { OPERATIONS = 4000000 };
#endif

enum { KEYS = 20000, EPISODE = 60000, BATCH_MAX = 100, CAPACITY = 9000 };

static uint64_t seed;
static size_t operations = OPERATIONS;

/* The flow tables under test, as one. */
struct design {
    const char *name;
    base_err (*make)(const struct mfn_ifr_table_options *options, void **out);
    void (*free)(void *table);
    base_err (*insert)(void *table, const void *key, const struct mfn_ifr_value *value);
    bool (*find)(const void *table, const void *key, struct mfn_ifr_value *out);
    size_t (*find_batch)(const void *table, const void *const *keys, size_t count,
                         struct mfn_ifr_value *out, uint64_t *found_bits);
    bool (*remove)(void *table, const void *key);
    size_t (*count)(const void *table);
    size_t (*size_bytes)(const void *table);
};

#define DESIGN(NAME)                                                                               \
    static base_err NAME##_make(const struct mfn_ifr_table_options *options, void **out)           \
    {                                                                                              \
        struct mfn_ifr_##NAME *made = NULL;                                                        \
        const base_err err = mfn_ifr_##NAME##_new(options, &made);                                 \
        *out = made;                                                                               \
        return err;                                                                                \
    }                                                                                              \
    static void NAME##_free(void *table)                                                           \
    {                                                                                              \
        mfn_ifr_##NAME##_free(table);                                                              \
    }                                                                                              \
    static base_err NAME##_insert(void *table, const void *key, const struct mfn_ifr_value *value) \
    {                                                                                              \
        return mfn_ifr_##NAME##_insert(table, key, value);                                         \
    }                                                                                              \
    static bool NAME##_find(const void *table, const void *key, struct mfn_ifr_value *out)         \
    {                                                                                              \
        return mfn_ifr_##NAME##_find(table, key, out);                                             \
    }                                                                                              \
    static size_t NAME##_find_batch(const void *table, const void *const *keys, size_t count,      \
                                    struct mfn_ifr_value *out, uint64_t *found_bits)               \
    {                                                                                              \
        return mfn_ifr_##NAME##_find_batch(table, keys, count, out, found_bits);                   \
    }                                                                                              \
    static bool NAME##_remove(void *table, const void *key)                                        \
    {                                                                                              \
        return mfn_ifr_##NAME##_remove(table, key);                                                \
    }                                                                                              \
    static size_t NAME##_count(const void *table)                                                  \
    {                                                                                              \
        return mfn_ifr_##NAME##_count(table);                                                      \
    }                                                                                              \
    static size_t NAME##_size_bytes(const void *table)                                             \
    {                                                                                              \
        return mfn_ifr_##NAME##_size_bytes(table);                                                 \
    }

#define DESIGN_ROW(NAME)                                                                           \
    {                                                                                              \
#NAME, NAME##_make, NAME##_free, NAME##_insert, NAME##_find, NAME##_find_batch,            \
            NAME##_remove, NAME##_count, NAME##_size_bytes                                         \
    }

DESIGN(table)
DESIGN(robin)

static const struct design designs[] = { DESIGN_ROW(table), DESIGN_ROW(robin) };

/* One episode: a table, what should be in it, and a walk that is under way. */
struct episode {
    const struct design *design;
    struct mfn_ifr_table_options options;
    void *table;
    struct base_rng rng;
    size_t count;
    bool is_walking;
    struct mfn_ifr_scan walk;
};

static bool is_there[KEYS], is_steady[KEYS]; /* steady: there since the walk began */
static struct mfn_ifr_value values[KEYS];
static uint8_t shown[KEYS];

static void make_key(const struct episode *episode, size_t number, uint8_t *key)
{
    ifr_keys_make(number, episode->options.key_size, key);
}

static void insert(struct episode *episode, size_t number)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    make_key(episode, number, key);
    const struct mfn_ifr_value value = ifr_keys_value(&episode->rng);
    const bool is_refused = episode->options.is_fixed && !is_there[number] &&
                            episode->count == episode->options.capacity;
    assert_int_equal(episode->design->insert(episode->table, key, &value),
                     is_refused ? BASE_EFULL : BASE_OK);
    if (is_refused)
        return;
    episode->count += !is_there[number];
    is_there[number] = true;
    values[number] = value;
}

static void remove_one(struct episode *episode, size_t number)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    make_key(episode, number, key);
    assert_int_equal(episode->design->remove(episode->table, key), is_there[number]);
    episode->count -= is_there[number];
    is_there[number] = is_steady[number] = false;
}

static void find(struct episode *episode, size_t number)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    make_key(episode, number, key);
    struct mfn_ifr_value value;
    assert_int_equal(episode->design->find(episode->table, key, &value), is_there[number]);
    if (is_there[number])
        assert_true(ifr_keys_same(&value, &values[number]));
}

static void find_batch(struct episode *episode)
{
    static uint8_t bytes[BATCH_MAX][MFN_IFR_KEY_SIZE_MAX];
    const void *keys[BATCH_MAX];
    size_t numbers[BATCH_MAX], expected = 0;
    struct mfn_ifr_value out[BATCH_MAX];
    const struct mfn_ifr_value untouched = { .component_id = 77 };
    uint64_t found[(BATCH_MAX + 63) / 64];
    memset(found, 0xff, sizeof found);
    const size_t count = base_rng_below(&episode->rng, BATCH_MAX + 1);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = base_rng_below(&episode->rng, KEYS);
        make_key(episode, numbers[i], bytes[i]);
        keys[i] = bytes[i];
        out[i] = untouched;
        expected += is_there[numbers[i]];
    }
    assert_int_equal(episode->design->find_batch(episode->table, keys, count, out, found),
                     expected);
    for (size_t i = 0; i < (count + 63) / 64 * 64; i++) {
        const bool is_found = found[i / 64] >> i % 64 & 1;
        assert_int_equal(is_found, i < count && is_there[numbers[i]]);
        if (i < count)
            assert_true(ifr_keys_same(&out[i], is_found ? &values[numbers[i]] : &untouched));
    }
}

static void show(const struct episode *episode, const struct mfn_ifr_flow *flow)
{
    const uint64_t number = ifr_keys_number(flow->key, episode->options.key_size);
    assert_true(number < KEYS && is_there[number]);
    uint8_t key[MFN_IFR_KEY_SIZE_MAX] = { 0 };
    make_key(episode, number, key);
    assert_memory_equal(key, flow->key, sizeof key);
    assert_true(ifr_keys_same(&flow->value, &values[number]));
    shown[number]++;
}

static void end_walk(struct episode *episode)
{
    for (size_t i = 0; i < KEYS; i++)
        if (is_steady[i])
            assert_int_equal(shown[i], 1);
    episode->is_walking = false;
}

static void walk(struct episode *episode)
{
    if (!episode->is_walking) {
        memcpy(is_steady, is_there, sizeof is_steady);
        memset(shown, 0, sizeof shown);
        episode->walk = (struct mfn_ifr_scan){ 0 };
        episode->is_walking = true;
    }
    struct mfn_ifr_flow flows[MFN_IFR_SCAN_MAX];
    const size_t count = mfn_ifr_table_scan(episode->table, &episode->walk, flows);
    for (size_t i = 0; i < count; i++)
        show(episode, &flows[i]);
    if (count == 0)
        end_walk(episode);
}

/* All flows of the Robin Hood table, in pieces, while nothing changes. */
static void walk_robin(struct episode *episode)
{
    struct mfn_ifr_flow flows[37];
    memcpy(is_steady, is_there, sizeof is_steady);
    memset(shown, 0, sizeof shown);
    size_t position = 0, count;
    while ((count = mfn_ifr_robin_scan(episode->table, &position, flows, 37)) > 0)
        for (size_t i = 0; i < count; i++)
            show(episode, &flows[i]);
    end_walk(episode);
}

static void one_operation(struct episode *episode, unsigned inserts_percent)
{
    const size_t number = base_rng_below(&episode->rng, KEYS);
    const uint64_t choice = base_rng_below(&episode->rng, 100);
    if (choice < 60) {
        if (base_rng_below(&episode->rng, 100) < inserts_percent)
            insert(episode, number);
        else
            remove_one(episode, number);
    } else if (choice < 85) {
        find(episode, number);
    } else if (choice < 88) {
        find_batch(episode);
    } else if (episode->design == &designs[0]) {
        walk(episode);
    }
    assert_int_equal(episode->design->count(episode->table), episode->count);
}

/* Grow, shrink, grow: the share of inserts changes at every turn. */
static void run_episode(struct episode *episode, size_t count)
{
    unsigned inserts_percent = 90;
    for (size_t i = 0; i < count; i++) {
        if (i % 10000 == 9999) {
            inserts_percent = 20 + (unsigned)base_rng_below(&episode->rng, 70);
            if (episode->design != &designs[0])
                walk_robin(episode);
        }
        one_operation(episode, inserts_percent);
    }
    assert_true(episode->design->size_bytes(episode->table) >= 64 * episode->count);
    for (size_t i = 0; i < KEYS; i++)
        remove_one(episode, i);
    assert_int_equal(episode->design->count(episode->table), 0);
}

static void tables_agree_with_the_twin(void **state)
{
    (void)state;
    static const size_t key_sizes[] = { MFN_IFR_KEY_IPV4, MFN_IFR_KEY_HASHED, MFN_IFR_KEY_IPV6 };
    size_t done = 0;
    for (uint64_t turn = 0; done < operations; turn++) {
        struct episode episode = { .design = &designs[turn % 2] };
        base_rng_init(&episode.rng, seed + turn);
        const bool is_fixed = turn / 6 % 3 == 2;
        episode.options = (struct mfn_ifr_table_options){
            .key_size = key_sizes[turn / 2 % 3],
            .capacity = is_fixed ? 1 + base_rng_below(&episode.rng, CAPACITY)
                                 : base_rng_below(&episode.rng, 20),
            .is_fixed = is_fixed,
            .want_large_pages = turn / 18 % 2 != 0,
            .seed = { { base_rng_u64(&episode.rng), 2, 3, turn } },
        };
        memset(is_there, 0, sizeof is_there);
        memset(is_steady, 0, sizeof is_steady);
        assert_int_equal(episode.design->make(&episode.options, &episode.table), BASE_OK);
        const size_t count = operations - done < EPISODE ? operations - done : EPISODE;
        run_episode(&episode, count);
        episode.design->free(episode.table);
        done += count;
    }
}

int main(int argc, char **argv)
{
    const char *const text = getenv("SEED");
    seed = text != NULL ? strtoull(text, NULL, 0) : (uint64_t)time(NULL);
    if (argc > 1)
        operations = strtoull(argv[1], NULL, 0);
    printf("SEED=%llu, %zu operations\n", (unsigned long long)seed, operations);
    const struct CMUnitTest tests[] = { cmocka_unit_test(tables_agree_with_the_twin) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
