/* test_ifr_shards.c - shards of a table: refusals, the spread of flows, several writers at once. */
#include "unit.h"

#include "ifr_keys.h"

#include <mfn/ifr_shards.h>

#include <pthread.h>

#ifdef BPI_SANITIZED
enum { OPERATIONS = 20000 };
#else
enum { OPERATIONS = 300000 };
#endif

enum { WRITERS = 4, KEYS = 5000, STEP = 1 << 20 };

static struct mfn_ifr_shards *new_shards(size_t shard_count, size_t capacity, bool is_fixed)
{
    struct mfn_ifr_shards_options options = {
        .table = { .key_size = MFN_IFR_KEY_IPV4, .capacity = capacity, .is_fixed = is_fixed },
        .shard_count = shard_count
    };
    struct mfn_ifr_shards *shards = NULL;
    mfn_ifr_seed_random(&options.table.seed);
    assert_int_equal(mfn_ifr_shards_new(&options, &shards), BASE_OK);
    return shards;
}

static void options_are_checked(void **state)
{
    (void)state;
    struct mfn_ifr_shards *shards = NULL;
    struct mfn_ifr_shards_options options = { .table = { .key_size = 13 } };
    assert_int_equal(mfn_ifr_shards_new(&options, &shards), BASE_EINVALID);
    options.shard_count = MFN_IFR_SHARDS_MAX + 1;
    assert_int_equal(mfn_ifr_shards_new(&options, &shards), BASE_EINVALID);
    options.shard_count = 2;
    options.table.is_fixed = true;
    assert_int_equal(mfn_ifr_shards_new(&options, &shards), BASE_EINVALID);
    options.table.capacity = SIZE_MAX;
    assert_int_equal(mfn_ifr_shards_new(&options, &shards), BASE_ERANGE);
    options = (struct mfn_ifr_shards_options){ .table = { .key_size = 12 }, .shard_count = 3 };
    assert_int_equal(mfn_ifr_shards_new(&options, &shards), BASE_EINVALID);
    assert_null(shards);
    mfn_ifr_shards_free(NULL);
}

static void fixed_shards_take_their_capacity(void **state)
{
    (void)state;
    static const size_t counts[] = { 1, 2, 7, 64, MFN_IFR_SHARDS_MAX };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        for (size_t capacity = 1; capacity < 30000; capacity = capacity * 5 + 3) {
            struct mfn_ifr_shards *const shards = new_shards(counts[i], capacity, true);
            uint8_t key[MFN_IFR_KEY_IPV4];
            for (size_t k = 0; k < capacity; k++) {
                ifr_keys_make(k, sizeof key, key);
                assert_int_equal(
                    mfn_ifr_shards_insert(shards, key, &(struct mfn_ifr_value){ .size = 1 }),
                    BASE_OK);
            }
            assert_int_equal(mfn_ifr_shards_count(shards), capacity);
            ifr_keys_make(capacity, sizeof key, key);
            if (counts[i] == 1)
                assert_int_equal(
                    mfn_ifr_shards_insert(shards, key, &(struct mfn_ifr_value){ .size = 1 }),
                    BASE_EFULL);
            mfn_ifr_shards_free(shards);
        }
    }
}

/* Each writer has its own keys and knows what must be there. */
struct writer {
    pthread_t thread;
    struct mfn_ifr_shards *shards;
    uint64_t first;
    bool is_there[KEYS];
    uint64_t stamps[KEYS];
    size_t count;
    const char *wrong;
};

static const char *one_operation(struct writer *writer, struct base_rng *rng, uint64_t i)
{
    const size_t number = base_rng_below(rng, KEYS);
    uint8_t key[MFN_IFR_KEY_IPV4];
    ifr_keys_make(writer->first + number, sizeof key, key);
    struct mfn_ifr_value value = { .timestamp_ns = i };
    const uint64_t choice = base_rng_below(rng, 3);
    if (choice == 0) {
        if (mfn_ifr_shards_insert(writer->shards, key, &value) != BASE_OK)
            return "insert";
        writer->count += !writer->is_there[number];
        writer->is_there[number] = true;
        writer->stamps[number] = i;
    } else if (choice == 1) {
        if (mfn_ifr_shards_find(writer->shards, key, &value) != writer->is_there[number] ||
            (writer->is_there[number] && value.timestamp_ns != writer->stamps[number]))
            return "find";
    } else {
        if (mfn_ifr_shards_remove(writer->shards, key) != writer->is_there[number])
            return "remove";
        writer->count -= writer->is_there[number];
        writer->is_there[number] = false;
    }
    return NULL;
}

static void *write_some(void *argument)
{
    struct writer *const writer = argument;
    struct base_rng rng;
    base_rng_init(&rng, writer->first);
    for (uint64_t i = 0; i < OPERATIONS && writer->wrong == NULL; i++)
        writer->wrong = one_operation(writer, &rng, i);
    return NULL;
}

static size_t count_shown(const struct mfn_ifr_shards *shards, const struct writer *writers)
{
    struct mfn_ifr_shards_scan scan = { 0 };
    struct mfn_ifr_flow flows[MFN_IFR_SCAN_MAX];
    size_t all = 0, count;
    while ((count = mfn_ifr_shards_scan(shards, &scan, flows)) > 0) {
        for (size_t i = 0; i < count; i++) {
            const uint64_t number = ifr_keys_number(flows[i].key, MFN_IFR_KEY_IPV4);
            assert_true(number / STEP < WRITERS && number % STEP < KEYS);
            assert_true(writers[number / STEP].is_there[number % STEP]);
        }
        all += count;
    }
    return all;
}

static void many_write_at_once(void **state)
{
    (void)state;
    static struct writer writers[WRITERS];
    struct mfn_ifr_shards *const shards = new_shards(8, 0, false);
    for (size_t i = 0; i < WRITERS; i++) {
        writers[i].shards = shards;
        writers[i].first = i * STEP;
        assert_int_equal(pthread_create(&writers[i].thread, NULL, write_some, &writers[i]), 0);
    }
    size_t count = 0;
    for (size_t i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_join(writers[i].thread, NULL), 0);
        if (writers[i].wrong != NULL)
            fail_msg("writer %zu: %s", i, writers[i].wrong);
        count += writers[i].count;
    }
    assert_int_equal(mfn_ifr_shards_count(shards), count);
    assert_int_equal(count_shown(shards, writers), count);
    assert_true(mfn_ifr_shards_size_bytes(shards) > 64 * count);
    mfn_ifr_shards_free(shards);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(fixed_shards_take_their_capacity),
        cmocka_unit_test(many_write_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
