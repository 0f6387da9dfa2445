/* test_ifr_memory.c - memory that is not there: each allocation of a new table, and each array that
 * a growing table asks for. The tables stay usable, and grow when there is memory again. */
#include "unit.h"

#include "fault.h"
#include "ifr_keys.h"

#include <mfn/ifr_robin.h>
#include <mfn/ifr_table.h>

#include <stdlib.h>

enum { KEYS = 6000, OPERATIONS = 300000 };

static const struct mfn_ifr_table_options options = { .key_size = MFN_IFR_KEY_IPV4,
                                                      .seed = { { 1, 2, 3, 4 } } };

static void a_new_table_fails_whole(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct mfn_ifr_table *table = NULL;
        struct mfn_ifr_robin *robin = NULL;
        fault_left = k;
        assert_int_equal(mfn_ifr_table_new(&options, &table), BASE_ENOMEM);
        fault_left = k;
        assert_int_equal(mfn_ifr_robin_new(&options, &robin), BASE_ENOMEM);
        fault_left = SIZE_MAX;
        assert_null(table);
        assert_null(robin);
    }
    struct mfn_ifr_table *table = NULL;
    fault_left = 2;
    assert_int_equal(mfn_ifr_table_new(&options, &table), BASE_OK);
    fault_left = SIZE_MAX;
    mfn_ifr_table_free(table);
}

static bool is_there[KEYS];
static uint64_t written[KEYS];

typedef base_err insert_fn(void *table, const void *key, const struct mfn_ifr_value *value);
typedef bool find_fn(const void *table, const void *key, struct mfn_ifr_value *out);
typedef bool remove_fn(void *table, const void *key);

static base_err table_insert(void *table, const void *key, const struct mfn_ifr_value *value)
{
    return mfn_ifr_table_insert(table, key, value);
}

static bool table_find(const void *table, const void *key, struct mfn_ifr_value *out)
{
    return mfn_ifr_table_find(table, key, out);
}

static bool table_remove(void *table, const void *key)
{
    return mfn_ifr_table_remove(table, key);
}

static base_err robin_insert(void *table, const void *key, const struct mfn_ifr_value *value)
{
    return mfn_ifr_robin_insert(table, key, value);
}

static bool robin_find(const void *table, const void *key, struct mfn_ifr_value *out)
{
    return mfn_ifr_robin_find(table, key, out);
}

static bool robin_remove(void *table, const void *key)
{
    return mfn_ifr_robin_remove(table, key);
}

/* Memory is there for a while, and not for a while. Returns how often a flow was refused. */
static size_t work(void *table, insert_fn *insert, find_fn *find, remove_fn *remove_one)
{
    struct base_rng rng;
    base_rng_init(&rng, 5);
    memset(is_there, 0, sizeof is_there);
    size_t refused = 0;
    for (size_t i = 0; i < OPERATIONS; i++) {
        const size_t number = base_rng_below(&rng, KEYS * (i / 1000 + 1) / (OPERATIONS / 1000));
        uint8_t key[MFN_IFR_KEY_IPV4];
        ifr_keys_make(number, sizeof key, key);
        struct mfn_ifr_value value = { .timestamp_ns = i };
        fault_left = base_rng_below(&rng, 50) == 0 ? SIZE_MAX : 0;
        const uint64_t choice = base_rng_below(&rng, 3);
        if (choice == 0) {
            const base_err err = insert(table, key, &value);
            assert_true(err == BASE_OK ||
                        (err == BASE_ENOMEM && fault_left == 0 && !is_there[number]));
            refused += err != BASE_OK;
            written[number] = err == BASE_OK ? i : written[number];
            is_there[number] = is_there[number] || err == BASE_OK;
        } else if (choice == 1) {
            assert_int_equal(find(table, key, &value), is_there[number]);
            assert_true(!is_there[number] || value.timestamp_ns == written[number]);
        } else if (base_rng_below(&rng, 4) == 0) {
            assert_int_equal(remove_one(table, key), is_there[number]);
            is_there[number] = false;
        }
    }
    fault_left = SIZE_MAX;
    return refused;
}

static void tables_live_on_without_memory(void **state)
{
    (void)state;
    struct mfn_ifr_table *table = NULL;
    assert_int_equal(mfn_ifr_table_new(&options, &table), BASE_OK);
    assert_true(work(table, table_insert, table_find, table_remove) > 100);
    assert_true(mfn_ifr_table_count(table) > KEYS / 2);
    mfn_ifr_table_free(table);
    struct mfn_ifr_robin *robin = NULL;
    assert_int_equal(mfn_ifr_robin_new(&options, &robin), BASE_OK);
    assert_true(work(robin, robin_insert, robin_find, robin_remove) > 100);
    assert_true(mfn_ifr_robin_count(robin) > KEYS / 2);
    mfn_ifr_robin_free(robin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_table_fails_whole),
        cmocka_unit_test(tables_live_on_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
