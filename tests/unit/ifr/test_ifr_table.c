/* test_ifr_table.c - limits and refusals, crowded homes, growth and its memory, what removal
 * leaves. Random operations are in tests/model/ifr. */
#include "unit.h"

#include "ifr_keys.h"
#include "ifr_table_internal.h"

enum { CROWD = 200 };

static const struct mfn_ifr_seed test_seed = { { 11, 22, 33, 44 } };

static struct mfn_ifr_table *new_table(size_t key_size, size_t capacity, bool is_fixed)
{
    const struct mfn_ifr_table_options options = {
        .key_size = key_size, .capacity = capacity, .is_fixed = is_fixed, .seed = test_seed
    };
    struct mfn_ifr_table *table = NULL;
    assert_int_equal(mfn_ifr_table_new(&options, &table), BASE_OK);
    return table;
}

static base_err insert(struct mfn_ifr_table *table, uint64_t number)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    ifr_keys_make(number, table->key_size, key);
    return mfn_ifr_table_insert(table, key,
                                &(struct mfn_ifr_value){ .timestamp_ns = number, .size = 9 });
}

static bool find(const struct mfn_ifr_table *table, uint64_t number)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    ifr_keys_make(number, table->key_size, key);
    struct mfn_ifr_value value = { 0 };
    if (!mfn_ifr_table_find(table, key, &value))
        return false;
    assert_int_equal(value.timestamp_ns, number);
    assert_int_equal(value.size, 9);
    return true;
}

static bool remove_one(struct mfn_ifr_table *table, uint64_t number)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    ifr_keys_make(number, table->key_size, key);
    return mfn_ifr_table_remove(table, key);
}

static void options_are_checked(void **state)
{
    (void)state;
    static const struct {
        size_t key_size, capacity;
        bool is_fixed;
        base_err err;
    } rows[] = {
        { 0, 10, false, BASE_EINVALID },
        { 12, 10, false, BASE_EINVALID },
        { 14, 10, false, BASE_EINVALID },
        { 64, 10, false, BASE_EINVALID },
        { 13, 0, true, BASE_EINVALID },
        { 13, MFN_IFR_CAPACITY_MAX + 1, false, BASE_ERANGE },
        { 13, SIZE_MAX, true, BASE_ERANGE },
        { 13, 0, false, BASE_OK },
        { 32, 1, true, BASE_OK },
        { 37, 1000, false, BASE_OK },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct mfn_ifr_table_options options = { .key_size = rows[i].key_size,
                                                       .capacity = rows[i].capacity,
                                                       .is_fixed = rows[i].is_fixed };
        struct mfn_ifr_table *table = NULL;
        assert_int_equal(mfn_ifr_table_new(&options, &table), rows[i].err);
        assert_int_equal(table != NULL, rows[i].err == BASE_OK);
        mfn_ifr_table_free(table);
    }
    mfn_ifr_table_free(NULL);
}

static void an_empty_table_has_nothing(void **state)
{
    (void)state;
    struct mfn_ifr_table *const table = new_table(MFN_IFR_KEY_HASHED, 0, false);
    struct mfn_ifr_scan scan = { 0 };
    struct mfn_ifr_flow flows[MFN_IFR_SCAN_MAX];
    assert_false(find(table, 0)); /* a key of zeros is a key, and empty slots are zeros */
    assert_false(remove_one(table, 0));
    assert_int_equal(mfn_ifr_table_scan(table, &scan, flows), 0);
    assert_int_equal(mfn_ifr_table_scan(table, &scan, flows), 0);
    assert_int_equal(mfn_ifr_table_find_batch(table, NULL, 0, NULL, NULL), 0);
    assert_int_equal(insert(table, 0), BASE_OK);
    assert_true(find(table, 0));
    assert_int_equal(mfn_ifr_table_count(table), 1);
    mfn_ifr_table_free(table);
}

static void a_fixed_table_takes_exactly_its_capacity(void **state)
{
    (void)state;
    for (size_t capacity = 1; capacity < 400; capacity += capacity < 30 ? 1 : 37) {
        struct mfn_ifr_table *const table = new_table(MFN_IFR_KEY_IPV4, capacity, true);
        for (size_t i = 0; i < capacity; i++)
            assert_int_equal(insert(table, i), BASE_OK);
        assert_int_equal(insert(table, capacity), BASE_EFULL);
        assert_false(find(table, capacity));
        assert_int_equal(insert(table, 0), BASE_OK); /* there already: replaced */
        assert_true(remove_one(table, 0));
        assert_int_equal(insert(table, capacity), BASE_OK);
        for (size_t i = 1; i <= capacity; i++)
            assert_true(find(table, i));
        mfn_ifr_table_free(table);
    }
}

/* Numbers whose keys have their home in the first of 16 groups. */
static void find_crowd(uint64_t *numbers, size_t home)
{
    uint64_t number = 0;
    for (size_t count = 0; count < CROWD; number++) {
        uint8_t key[MFN_IFR_KEY_IPV6];
        ifr_keys_make(number, sizeof key, key);
        if (ifr_home(mfn_ifr_hash(&test_seed, key, sizeof key), 16) == home)
            numbers[count++] = number;
    }
}

static bool is_spotless(const struct mfn_ifr_table *table)
{
    const struct ifr_array *const array = &table->arrays[table->last];
    for (size_t i = 0; i < array->group_count; i++) {
        const struct ifr_tags tags = ifr_group_load(&array->groups[i]);
        if ((tags.low | tags.high) != 0)
            return false;
    }
    return true;
}

/* 200 flows of one home, round the end; they leave in another order, and no trace. */
static void a_crowded_home_overflows(void **state)
{
    (void)state;
    for (size_t home = 0; home < 16; home += 15) {
        uint64_t numbers[CROWD];
        find_crowd(numbers, home);
        struct mfn_ifr_table *const table = new_table(MFN_IFR_KEY_IPV6, 210, true);
        assert_int_equal(table->arrays[0].group_count, 16);
        for (size_t i = 0; i < CROWD; i++)
            assert_int_equal(insert(table, numbers[i]), BASE_OK);
        for (size_t i = 0; i < CROWD; i++) {
            const size_t at = i * 77 % CROWD;
            assert_true(find(table, numbers[at]));
            assert_true(remove_one(table, numbers[at]));
            assert_false(find(table, numbers[at]));
            if (i == CROWD / 2)
                for (size_t k = i + 1; k < CROWD; k++)
                    assert_true(find(table, numbers[k * 77 % CROWD]));
        }
        assert_true(is_spotless(table));
        mfn_ifr_table_free(table);
    }
}

static void a_crowded_home_is_shown_in_pieces(void **state)
{
    (void)state;
    uint64_t numbers[CROWD];
    find_crowd(numbers, 3);
    struct mfn_ifr_table *const table = new_table(MFN_IFR_KEY_IPV6, 210, true);
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(insert(table, numbers[i]), BASE_OK);
    struct mfn_ifr_scan scan = { 0 };
    struct mfn_ifr_flow flows[MFN_IFR_SCAN_MAX];
    size_t shown[CROWD] = { 0 }, count, pieces = 0;
    while ((count = mfn_ifr_table_scan(table, &scan, flows)) > 0) {
        pieces++;
        for (size_t i = 0; i < count; i++)
            for (size_t k = 0; k < CROWD; k++)
                shown[k] += ifr_keys_number(flows[i].key, MFN_IFR_KEY_IPV6) == numbers[k];
    }
    assert_true(pieces >= CROWD / MFN_IFR_SCAN_MAX + 1);
    for (size_t k = 0; k < CROWD; k++)
        assert_int_equal(shown[k], 1);
    mfn_ifr_table_free(table);
}

/* Full groups that the flows went past, all together. */
static size_t count_passed(const struct mfn_ifr_table *table)
{
    const struct ifr_array *const array = &table->arrays[table->last];
    size_t passed = 0;
    for (size_t i = 0; i < array->group_count; i++)
        passed += ifr_tags_overflow(ifr_group_load(&array->groups[i]));
    return passed;
}

/* A full table through which a hundred times its flows pass keeps its ways short. */
static void coming_and_going_leaves_nothing(void **state)
{
    (void)state;
    enum { CAPACITY = 2000 };
    struct mfn_ifr_table *const table = new_table(MFN_IFR_KEY_HASHED, CAPACITY, true);
    size_t passed = 0;
    for (uint64_t i = 0; i < 100 * CAPACITY; i++) {
        if (i >= CAPACITY)
            assert_true(remove_one(table, i - CAPACITY));
        assert_int_equal(insert(table, i), BASE_OK);
        if (i == CAPACITY - 1)
            passed = count_passed(table);
    }
    assert_true(passed > 0);
    assert_true(count_passed(table) < 2 * passed);
    for (uint64_t i = 99 * CAPACITY; i < 100 * CAPACITY; i++)
        assert_true(remove_one(table, i));
    assert_true(is_spotless(table));
    mfn_ifr_table_free(table);
}

/* Everything is found at every moment of growth, which takes a bounded number of writes and gives
 * memory back while it goes on. */
static void growth_is_spread(void **state)
{
    (void)state;
    enum { FLOWS = 60000 };
    struct mfn_ifr_table *const table = new_table(MFN_IFR_KEY_IPV4, 0, false);
    size_t under_way = 0, growths = 0, shed_early = 0;
    for (uint64_t i = 0; i < FLOWS; i++) {
        const size_t size = mfn_ifr_table_size_bytes(table);
        const uint32_t last = table->last;
        assert_int_equal(insert(table, i), BASE_OK);
        growths += table->last != last;
        under_way = table->first != table->last ? under_way + 1 : 0;
        shed_early += under_way != 0 && mfn_ifr_table_size_bytes(table) < size;
        assert_true(under_way <= table->arrays[table->first].group_count / 2 + 1);
        for (uint64_t k = 0; k < 4; k++)
            assert_true(find(table, (i * 2654435761U + k * 977) % (i + 1)));
        assert_false(find(table, i + 1));
    }
    assert_int_equal(growths, table->last);
    assert_true(growths >= 12);
    assert_true(shed_early > 5);
    while (table->first != table->last)
        (void)remove_one(table, FLOWS);
    assert_int_equal(mfn_ifr_table_size_bytes(table),
                     table->arrays[table->last].group_count * (16 + 15 * 64));
    assert_true(mfn_ifr_table_size_bytes(table) < 150 * FLOWS);
    mfn_ifr_table_free(table);
}

/* Removing all while it grows, down to nothing, and beginning again. */
static void removal_goes_on_during_growth(void **state)
{
    (void)state;
    struct mfn_ifr_table *const table = new_table(MFN_IFR_KEY_IPV6, 0, false);
    uint64_t count = 0;
    while (table->first == table->last || table->arrays[table->first].group_count < 1024)
        assert_int_equal(insert(table, count++), BASE_OK);
    for (uint64_t i = 0; i < count; i++)
        assert_true(remove_one(table, i));
    assert_int_equal(mfn_ifr_table_count(table), 0);
    assert_int_equal(table->first, table->last);
    assert_true(is_spotless(table));
    for (uint64_t i = 0; i < count; i++)
        assert_int_equal(insert(table, i), BASE_OK);
    for (uint64_t i = 0; i < count; i++)
        assert_true(find(table, i));
    mfn_ifr_table_free(table);
}

static void versions_come_round(void **state)
{
    (void)state;
    struct ifr_slot slot = { { 0 } };
    const uint64_t key[2] = { 5, 6 };
    const struct mfn_ifr_value value = { .size = 7 };
    struct mfn_ifr_value out;
    assert_false(ifr_slot_read(&slot, (const uint64_t[2]){ 0, 0 }, 2, &out));
    atomic_store(&slot.word[0], UINT32_MAX - 1);
    ifr_slot_write(&slot, key, 2, &value);
    assert_int_equal((uint32_t)ifr_slot_word(&slot, 0), 2);
    assert_true(ifr_slot_read(&slot, key, 2, &out));
    assert_int_equal(out.size, 7);
}

/* One step is one group, also where nothing is. */
static void a_walk_goes_in_bounded_steps(void **state)
{
    (void)state;
    enum { FLOWS = 5000 };
    struct mfn_ifr_table *const table = new_table(MFN_IFR_KEY_IPV6, 0, false);
    for (uint64_t i = 0; i < FLOWS; i++)
        assert_int_equal(insert(table, i), BASE_OK);
    for (uint64_t i = 10; i < FLOWS; i++)
        assert_true(remove_one(table, i));
    struct mfn_ifr_flow flows[MFN_IFR_SCAN_MAX];
    struct mfn_ifr_scan scan = { 0 };
    size_t steps = 0, found = 0;
    for (; !scan.is_done; steps++)
        found += mfn_ifr_table_scan_step(table, &scan, flows);
    assert_int_equal(found, 10);
    assert_int_equal(steps, table->arrays[table->last].group_count);
    mfn_ifr_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(an_empty_table_has_nothing),
        cmocka_unit_test(a_fixed_table_takes_exactly_its_capacity),
        cmocka_unit_test(a_crowded_home_overflows),
        cmocka_unit_test(a_crowded_home_is_shown_in_pieces),
        cmocka_unit_test(coming_and_going_leaves_nothing),
        cmocka_unit_test(growth_is_spread),
        cmocka_unit_test(a_walk_goes_in_bounded_steps),
        cmocka_unit_test(removal_goes_on_during_growth),
        cmocka_unit_test(versions_come_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
