/* test_ifr_table_threads.c - one writer, several readers; tables that grow from one group on, and
 * fixed ones that get full.
 *
 * Three kinds of keys: steady ones are there from the start and get new values, always with a
 * higher generation; restless ones come and go; strangers never come. A value is made from its key
 * and generation, so a mixture of two is seen. Readers know from counters that the writer keeps
 * what they must see.
 */
#include "unit.h"

#include "ifr_key.h"
#include "ifr_keys.h"

#include <mfn/ifr_table.h>

#include <pthread.h>
#include <stdatomic.h>

#ifdef BPI_SANITIZED
enum { ROUNDS = 6, FLOWS = 8000, SPOT_TABLES = 50 };
#else
enum { ROUNDS = 6, FLOWS = 30000, SPOT_TABLES = 3000 };
#endif

enum {
    READERS = 3,
    STEADY = 300,
    RESTLESS = 300,
    FIRST_RESTLESS = 1000,
    FIRST_FILLER = 10000,
    FIRST_STRANGER = 1 << 30,
    BATCH = 40,
    SPOT_STEADY = 40,
    SPOT_CROWD = 90 /* seven groups full */,
    SPOT_FLOWS = 1000,
};

/* What a round shares. restless[i] counts events of a key: 4g absent, 4g + 1 coming, 4g + 2 there,
 * 4g + 3 going. */
struct round {
    struct mfn_ifr_table *table;
    size_t key_size;
    _Atomic uint64_t steady[STEADY]; /* generation that is certainly there */
    _Atomic uint64_t restless[RESTLESS];
    atomic_bool is_over;
};

struct reader {
    pthread_t thread;
    struct round *round;
    uint64_t seen[STEADY], looks;
    const char *wrong; /* NULL: nothing was */
};

static struct mfn_ifr_value value_of(uint64_t number, uint64_t generation)
{
    struct base_rng rng;
    base_rng_init(&rng, number << 32 ^ generation);
    struct mfn_ifr_value value = ifr_keys_value(&rng);
    value.timestamp_ns = generation;
    return value;
}

static bool is_whole(uint64_t number, const struct mfn_ifr_value *value)
{
    const struct mfn_ifr_value expected = value_of(number, value->timestamp_ns);
    return ifr_keys_same(value, &expected);
}

static void put(struct round *round, uint64_t number, uint64_t generation)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    ifr_keys_make(number, round->key_size, key);
    const struct mfn_ifr_value value = value_of(number, generation);
    assert_int_equal(mfn_ifr_table_insert(round->table, key, &value), BASE_OK);
}

static void drop(struct round *round, uint64_t number)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    ifr_keys_make(number, round->key_size, key);
    assert_true(mfn_ifr_table_remove(round->table, key));
}

static void renew_steady(struct round *round, uint64_t i)
{
    const uint64_t next = round->steady[i] + 1;
    put(round, i, next);
    round->steady[i] = next;
}

static void toggle_restless(struct round *round, uint64_t i)
{
    const uint64_t events = round->restless[i]++;
    if (events % 4 == 0)
        put(round, FIRST_RESTLESS + i, events);
    else
        drop(round, FIRST_RESTLESS + i);
    round->restless[i]++;
}

/* The table grows by fillers, of which the older half goes again. */
static void write_round(struct round *round, uint64_t seed)
{
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (uint64_t i = 0; i < FLOWS; i++) {
        put(round, FIRST_FILLER + i, 1);
        if (i % 2 == 1)
            drop(round, FIRST_FILLER + i / 2);
        renew_steady(round, base_rng_below(&rng, STEADY));
        toggle_restless(round, base_rng_below(&rng, RESTLESS));
    }
}

static bool find(const struct round *round, uint64_t number, struct mfn_ifr_value *value)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    ifr_keys_make(number, round->key_size, key);
    return mfn_ifr_table_find(round->table, key, value);
}

static const char *judge_steady(struct reader *reader, uint64_t i, uint64_t before, bool is_found,
                                const struct mfn_ifr_value *value)
{
    if (!is_found)
        return "a steady flow was not found";
    if (!is_whole(i, value))
        return "a value is a mixture";
    if (value->timestamp_ns < before || value->timestamp_ns < reader->seen[i])
        return "a value is older than one that was there before";
    reader->seen[i] = value->timestamp_ns;
    return NULL;
}

static const char *look_at_steady(struct reader *reader, uint64_t i)
{
    struct mfn_ifr_value value;
    const uint64_t before = reader->round->steady[i];
    const bool is_found = find(reader->round, i, &value);
    return judge_steady(reader, i, before, is_found, &value);
}

static const char *look_at_restless(struct reader *reader, uint64_t i)
{
    struct round *const round = reader->round;
    struct mfn_ifr_value value;
    const uint64_t before = round->restless[i];
    const bool is_found = find(round, FIRST_RESTLESS + i, &value);
    const uint64_t after = round->restless[i];
    if (is_found && !is_whole(FIRST_RESTLESS + i, &value))
        return "a restless value is a mixture";
    if (before != after || before % 2 != 0)
        return NULL;
    if (is_found != (before % 4 == 2))
        return is_found ? "a flow was found that had gone" : "a flow was not found that had come";
    return is_found && value.timestamp_ns != before - 2 ? "a restless value is stale" : NULL;
}

static const char *look_at_many(struct reader *reader, struct base_rng *rng)
{
    static _Thread_local uint8_t bytes[BATCH][MFN_IFR_KEY_SIZE_MAX];
    const void *keys[BATCH];
    struct mfn_ifr_value values[BATCH];
    uint64_t numbers[BATCH], before[BATCH], found = 0;
    for (size_t i = 0; i < BATCH; i++) {
        const bool is_stranger = i % 8 == 7;
        numbers[i] = is_stranger ? FIRST_STRANGER + i : base_rng_below(rng, STEADY);
        before[i] = is_stranger ? 0 : reader->round->steady[numbers[i]];
        ifr_keys_make(numbers[i], reader->round->key_size, bytes[i]);
        keys[i] = bytes[i];
    }
    (void)mfn_ifr_table_find_batch(reader->round->table, keys, BATCH, values, &found);
    const char *wrong = NULL;
    uint64_t seen[STEADY];
    memcpy(seen, reader->seen, sizeof seen);
    for (size_t i = 0; i < BATCH && wrong == NULL; i++) {
        const bool is_found = found >> i & 1;
        if (i % 8 == 7) {
            wrong = is_found ? "a stranger was found" : NULL;
            continue;
        }
        /* keys of one batch have no order among each other: each is held against calls before */
        const uint64_t highest = reader->seen[numbers[i]];
        reader->seen[numbers[i]] = seen[numbers[i]];
        wrong = judge_steady(reader, numbers[i], before[i], is_found, &values[i]);
        if (reader->seen[numbers[i]] < highest)
            reader->seen[numbers[i]] = highest;
    }
    return wrong;
}

static const char *walk(struct reader *reader)
{
    const struct round *const round = reader->round;
    uint8_t shown[STEADY] = { 0 };
    struct mfn_ifr_scan scan = { 0 };
    struct mfn_ifr_flow flows[MFN_IFR_SCAN_MAX];
    size_t count;
    while ((count = mfn_ifr_table_scan(round->table, &scan, flows)) > 0) {
        for (size_t i = 0; i < count; i++) {
            const uint64_t number = ifr_keys_number(flows[i].key, round->key_size);
            if (!is_whole(number, &flows[i].value))
                return "a flow that was shown is a mixture";
            if (number < STEADY)
                shown[number]++;
        }
    }
    for (size_t i = 0; i < STEADY; i++)
        if (shown[i] != 1)
            return shown[i] == 0 ? "a steady flow was not shown" : "a steady flow was shown twice";
    return NULL;
}

static void *read_round(void *argument)
{
    struct reader *const reader = argument;
    struct base_rng rng;
    base_rng_init(&rng, (uint64_t)(uintptr_t)reader);
    while (reader->wrong == NULL && !reader->round->is_over) {
        const uint64_t choice = base_rng_below(&rng, 1000);
        if (choice < 500)
            reader->wrong = look_at_steady(reader, base_rng_below(&rng, STEADY));
        else if (choice < 900)
            reader->wrong = look_at_restless(reader, base_rng_below(&rng, RESTLESS));
        else if (choice < 998)
            reader->wrong = look_at_many(reader, &rng);
        else
            reader->wrong = walk(reader);
        reader->looks++;
    }
    return NULL;
}

static void run_round(struct round *round, uint64_t seed)
{
    static struct reader readers[READERS];
    for (uint64_t i = 0; i < STEADY; i++)
        put(round, i, 0);
    memset(readers, 0, sizeof readers);
    for (size_t i = 0; i < READERS; i++) {
        readers[i].round = round;
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_round, &readers[i]), 0);
    }
    write_round(round, seed);
    round->is_over = true;
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
    for (size_t i = 0; i < READERS; i++)
        if (readers[i].wrong != NULL)
            fail_msg("round %llu, reader %zu, look %llu: %s", (unsigned long long)seed, i,
                     (unsigned long long)readers[i].looks, readers[i].wrong);
}

static void readers_see_what_was_written(void **state)
{
    (void)state;
    static const size_t key_sizes[] = { MFN_IFR_KEY_IPV4, MFN_IFR_KEY_HASHED, MFN_IFR_KEY_IPV6 };
    for (uint64_t i = 0; i < ROUNDS; i++) {
        static struct round round;
        memset(&round, 0, sizeof round);
        round.key_size = key_sizes[i % 3];
        struct mfn_ifr_table_options options = { .key_size = round.key_size,
                                                 .is_fixed = i % 2 != 0,
                                                 .want_large_pages = i / 2 % 2 != 0 };
        if (options.is_fixed) /* full at the end */
            options.capacity = FLOWS / 2 + STEADY + RESTLESS + 1;
        mfn_ifr_seed_random(&options.seed);
        assert_int_equal(mfn_ifr_table_new(&options, &round.table), BASE_OK);
        run_round(&round, i);
        mfn_ifr_table_free(round.table);
    }
}

/* Tables so small that a reader is often on the spot where the writer moves something: a fixed one
 * that is full, where each removal brings flows back, and ones that grow from one group on. The
 * flows of the first have one home among seven and one tag, so a search takes long. */
static const struct mfn_ifr_seed spot_seed = { { 1, 2, 3, 4 } };
static uint64_t crowd[SPOT_CROWD];

struct spot {
    struct mfn_ifr_table *_Atomic table;
    atomic_bool is_over;
};

static void find_crowd(void)
{
    uint64_t number = 0;
    for (size_t count = 0; count < SPOT_CROWD; number++) {
        uint8_t key[MFN_IFR_KEY_IPV4];
        ifr_keys_make(number, sizeof key, key);
        const uint64_t hash = mfn_ifr_hash(&spot_seed, key, sizeof key);
        if (ifr_home(hash, 7) == 5 && ifr_tag(hash) == 99)
            crowd[count++] = number;
    }
}

static void make_spot_key(uint64_t number, uint8_t *key)
{
    const uint64_t other = (uint64_t)1 << 50 | number;
    ifr_keys_make(number < SPOT_CROWD ? crowd[number] : other, MFN_IFR_KEY_IPV4, key);
}

static void put_spot(struct mfn_ifr_table *table, uint64_t number)
{
    uint8_t key[MFN_IFR_KEY_IPV4];
    make_spot_key(number, key);
    const struct mfn_ifr_value value = { .timestamp_ns = number };
    assert_int_equal(mfn_ifr_table_insert(table, key, &value), BASE_OK);
}

static struct mfn_ifr_table *new_spot(bool is_fixed)
{
    const struct mfn_ifr_table_options options = { .key_size = MFN_IFR_KEY_IPV4,
                                                   .capacity = is_fixed ? SPOT_CROWD : 0,
                                                   .is_fixed = is_fixed,
                                                   .seed = spot_seed };
    struct mfn_ifr_table *table = NULL;
    assert_int_equal(mfn_ifr_table_new(&options, &table), BASE_OK);
    for (uint64_t i = SPOT_STEADY; is_fixed && i < SPOT_CROWD; i++)
        put_spot(table, i);
    for (uint64_t i = 0; i < SPOT_STEADY; i++)
        put_spot(table, i);
    return table;
}

static const char *look_at_spot(const struct mfn_ifr_table *table, uint64_t number)
{
    uint8_t key[MFN_IFR_KEY_IPV4];
    struct mfn_ifr_value value;
    make_spot_key(number, key);
    if (!mfn_ifr_table_find(table, key, &value))
        return "a flow that stays was not found";
    return value.timestamp_ns == number ? NULL : "a flow that stays has another's value";
}

static const char *look_at_spots(const struct mfn_ifr_table *table)
{
    uint8_t bytes[SPOT_STEADY][MFN_IFR_KEY_IPV4];
    const void *keys[SPOT_STEADY];
    struct mfn_ifr_value values[SPOT_STEADY];
    uint64_t found = 0;
    for (uint64_t i = 0; i < SPOT_STEADY; i++) {
        make_spot_key(i, bytes[i]);
        keys[i] = bytes[i];
    }
    const size_t count = mfn_ifr_table_find_batch(table, keys, SPOT_STEADY, values, &found);
    return count == SPOT_STEADY ? NULL : "flows that stay were not found in a batch";
}

static const char *walk_spot(const struct mfn_ifr_table *table)
{
    struct mfn_ifr_scan scan = { 0 };
    struct mfn_ifr_flow flows[MFN_IFR_SCAN_MAX];
    unsigned shown[SPOT_STEADY] = { 0 };
    size_t count;
    while ((count = mfn_ifr_table_scan(table, &scan, flows)) > 0)
        for (size_t i = 0; i < count; i++)
            if (flows[i].value.timestamp_ns < SPOT_STEADY)
                shown[flows[i].value.timestamp_ns]++;
    for (size_t i = 0; i < SPOT_STEADY; i++)
        if (shown[i] != 1)
            return "a flow that stays was not shown once";
    return NULL;
}

static void *watch_spot(void *argument)
{
    struct spot *const spot = argument;
    const char *wrong = NULL;
    for (uint64_t i = 0; wrong == NULL && !spot->is_over; i++) {
        const struct mfn_ifr_table *const table = spot->table;
        if (i % 64 == 0)
            wrong = walk_spot(table);
        else
            wrong = i % 8 == 0 ? look_at_spots(table) : look_at_spot(table, i % SPOT_STEADY);
    }
    return (void *)wrong;
}

/* Removing the flows that came first brings back those that stay, each a few times. */
static void empty_spot(struct mfn_ifr_table *table)
{
    for (uint64_t i = SPOT_STEADY; i < SPOT_CROWD; i++) {
        uint8_t key[MFN_IFR_KEY_IPV4];
        make_spot_key(i, key);
        assert_true(mfn_ifr_table_remove(table, key));
    }
}

static void fill_spot(struct mfn_ifr_table *table)
{
    for (uint64_t i = SPOT_CROWD; i < SPOT_FLOWS; i++)
        put_spot(table, i);
}

static void readers_are_on_the_spot(void **state)
{
    (void)state;
    static struct mfn_ifr_table *tables[SPOT_TABLES];
    static struct spot spot;
    pthread_t threads[READERS];
    find_crowd();
    for (size_t i = 0; i < SPOT_TABLES; i++) {
        const bool is_fixed = i % 4 != 0;
        tables[i] = new_spot(is_fixed);
        spot.table = tables[i];
        for (size_t k = 0; i == 0 && k < READERS; k++)
            assert_int_equal(pthread_create(&threads[k], NULL, watch_spot, &spot), 0);
        if (is_fixed)
            empty_spot(tables[i]);
        else
            fill_spot(tables[i]);
    }
    spot.is_over = true;
    for (size_t k = 0; k < READERS; k++) {
        void *wrong = NULL;
        assert_int_equal(pthread_join(threads[k], &wrong), 0);
        if (wrong != NULL)
            fail_msg("%s", (const char *)wrong);
    }
    for (size_t i = 0; i < SPOT_TABLES; i++)
        mfn_ifr_table_free(tables[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_see_what_was_written),
        cmocka_unit_test(readers_are_on_the_spot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
