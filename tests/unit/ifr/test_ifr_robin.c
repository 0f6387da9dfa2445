/* test_ifr_robin.c - refusals, crowded homes and the order of slots of the Robin Hood table. Random
 * operations are in tests/model/ifr. */
#include "unit.h"

#include "ifr_key.h"
#include "ifr_keys.h"

#include <mfn/ifr_robin.h>

enum { CROWD = 400, DISTANCE_MAX = 254, HOMES = 1250 };

static const struct mfn_ifr_seed test_seed = { { 1, 2, 3, 4 } };

static struct mfn_ifr_robin *new_robin(size_t capacity, bool is_fixed)
{
    const struct mfn_ifr_table_options options = {
        .key_size = MFN_IFR_KEY_IPV4, .capacity = capacity, .is_fixed = is_fixed, .seed = test_seed
    };
    struct mfn_ifr_robin *robin = NULL;
    assert_int_equal(mfn_ifr_robin_new(&options, &robin), BASE_OK);
    return robin;
}

static base_err insert(struct mfn_ifr_robin *robin, uint64_t number)
{
    uint8_t key[MFN_IFR_KEY_IPV4];
    ifr_keys_make(number, sizeof key, key);
    return mfn_ifr_robin_insert(robin, key, &(struct mfn_ifr_value){ .timestamp_ns = number });
}

static bool find(const struct mfn_ifr_robin *robin, uint64_t number)
{
    uint8_t key[MFN_IFR_KEY_IPV4];
    ifr_keys_make(number, sizeof key, key);
    struct mfn_ifr_value value = { 0 };
    const bool is_found = mfn_ifr_robin_find(robin, key, &value);
    assert_true(!is_found || value.timestamp_ns == number);
    return is_found;
}

static uint64_t hash_of(uint64_t number)
{
    uint8_t key[MFN_IFR_KEY_IPV4];
    ifr_keys_make(number, sizeof key, key);
    return mfn_ifr_hash(&test_seed, key, sizeof key);
}

static void find_crowd(uint64_t *numbers, size_t home)
{
    uint64_t number = 0;
    for (size_t count = 0; count < CROWD; number++)
        if (ifr_home(hash_of(number), HOMES) == home)
            numbers[count++] = number;
}

static void options_are_checked(void **state)
{
    (void)state;
    struct mfn_ifr_robin *robin = NULL;
    struct mfn_ifr_table_options options = { .key_size = 14, .capacity = 5 };
    assert_int_equal(mfn_ifr_robin_new(&options, &robin), BASE_EINVALID);
    options = (struct mfn_ifr_table_options){ .key_size = 13, .is_fixed = true };
    assert_int_equal(mfn_ifr_robin_new(&options, &robin), BASE_EINVALID);
    options = (struct mfn_ifr_table_options){ .key_size = 13, .capacity = SIZE_MAX };
    assert_int_equal(mfn_ifr_robin_new(&options, &robin), BASE_ERANGE);
    assert_null(robin);
    mfn_ifr_robin_free(NULL);
}

static void a_fixed_table_takes_exactly_its_capacity(void **state)
{
    (void)state;
    for (size_t capacity = 1; capacity < 2000; capacity += capacity < 30 ? 1 : 371) {
        struct mfn_ifr_robin *const robin = new_robin(capacity, true);
        for (size_t i = 0; i < capacity; i++)
            assert_int_equal(insert(robin, i), BASE_OK);
        assert_int_equal(insert(robin, capacity), BASE_EFULL);
        assert_int_equal(insert(robin, 0), BASE_OK);
        assert_int_equal(mfn_ifr_robin_count(robin), capacity);
        for (size_t i = 0; i <= capacity; i++)
            assert_int_equal(find(robin, i), i < capacity);
        mfn_ifr_robin_free(robin);
    }
}

/* The slots of the last home are followed by as many as a distance can say, and no more. */
static void distance_has_an_end(void **state)
{
    (void)state;
    for (size_t home = 0; home < HOMES; home += HOMES - 1) {
        uint64_t numbers[CROWD];
        find_crowd(numbers, home);
        struct mfn_ifr_robin *const robin = new_robin(1000, true);
        for (size_t i = 0; i <= DISTANCE_MAX; i++)
            assert_int_equal(insert(robin, numbers[i]), BASE_OK);
        assert_int_equal(insert(robin, numbers[DISTANCE_MAX + 1]), BASE_EFULL);
        for (size_t i = 0; i < CROWD; i++)
            assert_int_equal(find(robin, numbers[i]), i <= DISTANCE_MAX);
        for (size_t i = 0; i <= DISTANCE_MAX; i++) {
            uint8_t key[MFN_IFR_KEY_IPV4];
            ifr_keys_make(numbers[i * 7 % (DISTANCE_MAX + 1)], sizeof key, key);
            assert_true(mfn_ifr_robin_remove(robin, key));
            assert_false(mfn_ifr_robin_remove(robin, key));
        }
        assert_int_equal(mfn_ifr_robin_count(robin), 0);
        mfn_ifr_robin_free(robin);
    }
}

/* A neighbour whose flows would be pushed too far makes an insert before it fail, too. */
static void a_flow_is_not_pushed_too_far(void **state)
{
    (void)state;
    uint64_t first[CROWD], second[CROWD];
    find_crowd(first, 100);
    find_crowd(second, 101);
    struct mfn_ifr_robin *const robin = new_robin(1000, true);
    for (size_t i = 0; i <= DISTANCE_MAX; i++)
        assert_int_equal(insert(robin, second[i]), BASE_OK);
    assert_int_equal(insert(robin, first[0]), BASE_OK);
    assert_int_equal(insert(robin, first[1]), BASE_EFULL);
    assert_true(find(robin, first[0]));
    assert_false(find(robin, first[1]));
    for (size_t i = 0; i <= DISTANCE_MAX; i++)
        assert_true(find(robin, second[i]));
    mfn_ifr_robin_free(robin);
}

/* The order of homes is the invariant; the scan shows slots in their order. */
static void slots_are_in_the_order_of_homes(void **state)
{
    (void)state;
    enum { FLOWS = 30000 };
    struct mfn_ifr_robin *const robin = new_robin(FLOWS, true);
    for (uint64_t i = 0; i < FLOWS; i++)
        assert_int_equal(insert(robin, i), BASE_OK);
    for (uint64_t i = 0; i < FLOWS; i += 3) {
        uint8_t key[MFN_IFR_KEY_IPV4];
        ifr_keys_make(i, sizeof key, key);
        assert_true(mfn_ifr_robin_remove(robin, key));
    }
    struct mfn_ifr_flow flows[100];
    size_t position = 0, count, all = 0, home = 0;
    while ((count = mfn_ifr_robin_scan(robin, &position, flows, 100)) > 0) {
        for (size_t i = 0; i < count; i++) {
            const size_t next =
                ifr_home(hash_of(ifr_keys_number(flows[i].key, MFN_IFR_KEY_IPV4)), FLOWS / 4 * 5);
            assert_true(next >= home);
            home = next;
        }
        all += count;
    }
    assert_int_equal(all, FLOWS - FLOWS / 3);
    mfn_ifr_robin_free(robin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(a_fixed_table_takes_exactly_its_capacity),
        cmocka_unit_test(distance_has_an_end),
        cmocka_unit_test(a_flow_is_not_pushed_too_far),
        cmocka_unit_test(slots_are_in_the_order_of_homes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
