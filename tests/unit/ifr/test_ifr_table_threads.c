/* test_ifr_table_threads.c - one writer, several readers; tables that grow from one group on, and
 * fixed ones that get full.
 *
 * Three kinds of keys: steady ones are there from the start and get new values, always with a
 * higher generation; restless ones come and go; strangers never come. A value is made from its key
 * and generation, so a mixture of two is seen. Readers know from counters that the writer keeps
 * what they must see.
 */
#include "unit.h"

#include "ifr_keys.h"

#include <mfn/ifr_table.h>

#include <pthread.h>
#include <stdatomic.h>

#ifdef BPI_SANITIZED
enum { ROUNDS = 6, FLOWS = 8000 };
#else
enum { ROUNDS = 30, FLOWS = 30000 };
#endif

enum {
    READERS = 3,
    STEADY = 300,
    RESTLESS = 300,
    FIRST_RESTLESS = 1000,
    FIRST_FILLER = 10000,
    FIRST_STRANGER = 1 << 30,
    BATCH = 40,
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

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(readers_see_what_was_written) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
