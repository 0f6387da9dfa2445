/* test_net_store.c - what relays remember, and whom nodes know. */
#include "unit.h"

#include "net_store.h"
#include "net_view.h"

#include <base/rng.h>

#include <stdlib.h>
#include <string.h>

static struct net_store *made(size_t capacity, size_t memory_size)
{
    struct net_store *store = NULL;
    assert_int_equal(net_store_new(capacity, memory_size, &store), BASE_OK);
    return store;
}

static void the_newest_are_known(void **state)
{
    enum { CAPACITY = 100, ALL = 1000 };
    struct net_store *const store = made(CAPACITY, 1000);
    (void)state;
    for (uint32_t i = 0; i < ALL; i++) {
        const struct net_fragment id = { i % 7, i, (uint16_t)(i % 3) };
        struct net_known *const known = net_store_make(store, &id);
        assert_false(known->is_here);
        known->window = i;
        assert_ptr_equal(net_store_make(store, &id), known);
        for (uint32_t k = i < 150 ? 0 : i - 150; k <= i; k++) {
            const struct net_fragment old = { k % 7, k, (uint16_t)(k % 3) };
            const struct net_known *const found = net_store_find(store, &old);
            assert_int_equal(found != NULL, k + CAPACITY > i);
            assert_int_equal(net_store_at(store, k) != NULL, k + CAPACITY > i);
            if (found != NULL)
                assert_true(found->window == k && net_store_at(store, k) == found);
        }
    }
    assert_int_equal(net_store_count(store), ALL);
    assert_null(net_store_at(store, ALL));
    assert_null(net_store_find(store, &(struct net_fragment){ ALL, 1, 1 }));
    net_store_free(store);
}

static void datagrams_are_there_until_written_over(void **state)
{
    enum { COUNT = 500, MEMORY = 5000 };
    static uint8_t data[COUNT][400];
    size_t sizes[COUNT], kept = 0;
    struct base_rng rng;
    struct net_store *const store = made(COUNT, MEMORY);
    (void)state;
    base_rng_init(&rng, 1);
    for (uint32_t i = 0; i < COUNT; i++) {
        const struct net_fragment id = { 1, i, 0 };
        sizes[i] = 1 + base_rng_below(&rng, sizeof data[i]);
        memset(data[i], (int)i, sizes[i]);
        net_store_keep(store, net_store_make(store, &id), data[i], sizes[i]);
        size_t newer = 0;
        for (uint32_t k = i + 1; k-- > 0;) {
            const struct net_fragment old = { 1, k, 0 };
            const struct base_span bytes = net_store_datagram(store, net_store_find(store, &old));
            newer += sizes[k];
            /* There at least while all newer ones and one gap fit, and right if there. */
            if (newer + sizeof data[0] <= MEMORY)
                assert_int_equal(bytes.size, sizes[k]);
            if (newer > MEMORY)
                assert_int_equal(bytes.size, 0);
            if (bytes.size > 0)
                assert_memory_equal(bytes.data, data[k], bytes.size);
            kept += bytes.size > 0;
        }
    }
    assert_true(kept > COUNT * 15);
    assert_true(net_store_memory(store) <= MEMORY + COUNT * sizeof(struct net_known));
    net_store_free(store);
}

static void check_view(uint32_t count, size_t degree)
{
    uint32_t(*const peers)[64] = calloc(count, sizeof *peers);
    size_t *const counts = calloc(count, sizeof *counts);
    uint32_t *const reached = calloc(count, sizeof *reached);
    assert_true(peers && counts && reached);
    for (uint32_t i = 0; i < count; i++) {
        counts[i] = net_view_make(7, i, count, degree, peers[i]);
        assert_true(counts[i] <= degree && counts[i] >= (count - 1 < degree ? count - 1 : 2));
    }
    size_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        for (size_t k = 0; k < counts[i]; k++, sum++) {
            const uint32_t other = peers[i][k];
            bool is_mutual = false;
            assert_true(other < count && other != i);
            for (size_t m = 0; m < counts[other]; m++)
                is_mutual |= peers[other][m] == i;
            assert_true(is_mutual);
        }
    if (count > 4 * degree)
        assert_true((double)sum > 0.9 * (double)(count * degree));
    size_t found = 1; /* reached[0] is node 0 */
    bool *const seen = calloc(count, sizeof *seen);
    seen[0] = true;
    for (size_t at = 0; at < found; at++)
        for (size_t k = 0; k < counts[reached[at]]; k++)
            if (!seen[peers[reached[at]][k]]) {
                seen[peers[reached[at]][k]] = true;
                reached[found++] = peers[reached[at]][k];
            }
    assert_int_equal(found, count);
    free(peers);
    free(counts);
    free(reached);
    free(seen);
}

static void views_are_mutual_and_connected(void **state)
{
    (void)state;
    check_view(2, 8);
    check_view(9, 8);
    check_view(10, 8);
    check_view(33, 32);
    check_view(34, 32);
    check_view(500, 8);
    check_view(5000, 8);
    check_view(11, 2);
    check_view(300, 32);
    check_view(40, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_are_known),
        cmocka_unit_test(datagrams_are_there_until_written_over),
        cmocka_unit_test(views_are_mutual_and_connected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
