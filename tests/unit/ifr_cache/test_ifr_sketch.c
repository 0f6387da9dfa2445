/* test_ifr_sketch.c - the sketch never says less than what it saw, and ages as if all at once. */
#include "unit.h"

#include "ifr_sketch.h"
#include "ifr_zeroed.h"

#include <base/rng.h>

#include <stdlib.h>
#include <string.h>

static void open_sketch(struct ifr_sketch *sketch, size_t capacity)
{
    void *const memory = ifr_zeroed_new(ifr_sketch_size(capacity));
    assert_non_null(memory);
    ifr_sketch_init(sketch, capacity, memory);
}

static uint64_t hash_of(uint64_t id)
{
    struct base_rng rng;
    base_rng_init(&rng, id);
    return base_rng_u64(&rng);
}

static void never_less_than_the_truth(void **state)
{
    (void)state;
    enum { CAPACITY = 1000, IDS = 3000 };
    static unsigned truth[IDS];
    struct base_rng rng;
    base_rng_init(&rng, 5);
    struct ifr_sketch sketch;
    open_sketch(&sketch, CAPACITY);
    for (int i = 0; i < 10 * CAPACITY - 1; i++) {
        const uint64_t id = base_rng_below(&rng, 1 + base_rng_below(&rng, IDS));
        ifr_sketch_add(&sketch, hash_of(id));
        truth[id]++;
    }
    size_t exact = 0;
    for (uint64_t id = 0; id < IDS; id++) {
        const unsigned least = truth[id] < IFR_SKETCH_MAX ? truth[id] : IFR_SKETCH_MAX;
        const unsigned estimate = ifr_sketch_estimate(&sketch, hash_of(id));
        assert_true(estimate >= least && estimate <= IFR_SKETCH_MAX);
        exact += estimate == least;
    }
    assert_true(exact > IDS * 9 / 10);
    free(sketch.lines);
}

/* The twin: the same counters as plain numbers, all halved at once. Which counters a hash has is
 * found out by asking an empty sketch: those it changes. */
enum { TWIN_CAPACITY = 100, TWIN_LINES = 13, TWIN_COUNTERS = TWIN_LINES * 112, TWIN_IDS = 600 };

static unsigned places[TWIN_IDS][IFR_SKETCH_ROWS];
static unsigned char twin[TWIN_COUNTERS];

static void find_places(uint64_t id)
{
    struct ifr_sketch empty;
    open_sketch(&empty, TWIN_CAPACITY);
    assert_int_equal(empty.count, TWIN_LINES);
    ifr_sketch_add(&empty, hash_of(id));
    unsigned found = 0;
    for (unsigned i = 0; i < TWIN_COUNTERS; i++)
        if (empty.lines[i / 112].counters[i % 112 / 16] >> (i % 16 * 4) & 15) {
            assert_true(found < IFR_SKETCH_ROWS);
            assert_int_equal(i % 112 / IFR_SKETCH_ROW_SIZE, found);
            places[id][found++] = i;
        }
    assert_int_equal(found, IFR_SKETCH_ROWS);
    free(empty.lines);
}

static unsigned twin_least(uint64_t id)
{
    unsigned least = IFR_SKETCH_MAX;
    for (unsigned row = 0; row < IFR_SKETCH_ROWS; row++)
        least = twin[places[id][row]] < least ? twin[places[id][row]] : least;
    return least;
}

static void twin_add(uint64_t id, unsigned *uses)
{
    const unsigned least = twin_least(id);
    if (least == IFR_SKETCH_MAX)
        return;
    for (unsigned row = 0; row < IFR_SKETCH_ROWS; row++)
        if (twin[places[id][row]] == least)
            twin[places[id][row]]++;
    if (++*uses < 20 * TWIN_CAPACITY)
        return;
    *uses /= 2;
    for (size_t i = 0; i < TWIN_COUNTERS; i++)
        twin[i] /= 2;
}

static void ages_as_if_all_at_once(void **state)
{
    (void)state;
    for (uint64_t id = 0; id < TWIN_IDS; id++)
        find_places(id);
    struct base_rng rng;
    base_rng_init(&rng, 6);
    struct ifr_sketch sketch;
    open_sketch(&sketch, TWIN_CAPACITY);
    unsigned uses = 0;
    for (int i = 0; i < 300000; i++) {
        /* Long runs of few ids, so that lines miss several halvings. */
        const uint64_t span = i / 20000 % 2 ? 3 : TWIN_IDS;
        const uint64_t id = base_rng_below(&rng, 1 + base_rng_below(&rng, span));
        const uint64_t other = base_rng_below(&rng, TWIN_IDS);
        ifr_sketch_add(&sketch, hash_of(id));
        twin_add(id, &uses);
        assert_int_equal(ifr_sketch_estimate(&sketch, hash_of(id)), twin_least(id));
        assert_int_equal(ifr_sketch_estimate(&sketch, hash_of(other)), twin_least(other));
    }
    assert_true(sketch.age > 50);
    free(sketch.lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_less_than_the_truth),
        cmocka_unit_test(ages_as_if_all_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
