/* test_hermes_seen.c - duplicate suppression: never the same name twice, orderly names never lost,
 * bounded whatever comes. */
#include <unit.h>

#include "hermes_message_seen_internal.h"

#include <base/rng.h>

#include <stdlib.h>
#include <string.h>

static struct hermes_name name_of(uint32_t origin, uint64_t incarnation, uint64_t counter)
{
    struct hermes_name name = { .incarnation = incarnation, .counter = counter };
    memcpy(name.origin.bytes, &origin, sizeof origin);
    return name;
}

static struct hermes_seen *make(uint32_t origins)
{
    struct hermes_seen *seen;
    assert_int_equal(hermes_seen_new(origins, 8, 1000, 42, &seen), BASE_OK);
    return seen;
}

static void test_each_once_in_any_order(void **state)
{
    (void)state;
    enum { COUNT = 20000, AHEAD = 600 };
    struct base_rng rng;
    base_rng_init(&rng, 7);
    struct hermes_seen *const seen = make(4);
    static uint64_t order[COUNT];
    for (uint64_t i = 0; i < COUNT; i++)
        order[i] = i;
    /* Nobody is overtaken by more than AHEAD. */
    for (size_t i = 0; i < COUNT; i++) {
        const size_t until = i + AHEAD / 2 < COUNT ? AHEAD / 2 : COUNT - i;
        const size_t other = i + base_rng_below(&rng, until);
        if (order[other] < i + AHEAD && order[i] < other + AHEAD) {
            const uint64_t kept = order[i];
            order[i] = order[other];
            order[other] = kept;
        }
    }
    /* The first decides where the window begins: what came long before it is old. */
    order[0] = order[0] < 64 ? order[0] : 0;
    struct hermes_name name = name_of(1, 5, 0);
    assert_int_equal(hermes_seen_add(seen, &name, 0, 1), HERMES_SEEN_NEW);
    for (size_t i = 0; i < COUNT; i++) {
        name = name_of(1, 5, order[i]);
        const bool was_there = hermes_seen_has(seen, &name);
        const enum hermes_seen_answer answer = hermes_seen_add(seen, &name, 0, 1);
        assert_int_equal(answer, was_there ? HERMES_SEEN_AGAIN : HERMES_SEEN_NEW);
        if (order[i] != 0)
            assert_false(was_there);
        assert_int_equal(hermes_seen_add(seen, &name, 0, 1), HERMES_SEEN_AGAIN);
    }
    hermes_seen_free(seen);
}

/* Against a list of all that was taken: nothing twice, and nothing new within reach refused. */
static void test_model(void **state)
{
    (void)state;
    enum { STEPS = 60000, SPAN = 40000 };
    struct base_rng rng;
    base_rng_init(&rng, 11);
    struct hermes_seen *const seen = make(4);
    uint8_t *const taken = calloc(2 * SPAN, 1);
    assert_non_null(taken);
    uint64_t front[2] = { 1, 1 };
    for (unsigned life = 0; life < 2; life++) {
        const struct hermes_name name = name_of(9, 100 + life, 0);
        assert_int_equal(hermes_seen_add(seen, &name, 1, 1), HERMES_SEEN_NEW);
        taken[life * SPAN] = 1;
    }
    for (int i = 0; i < STEPS; i++) {
        const unsigned life = (unsigned)base_rng_below(&rng, 2);
        const uint64_t jump = base_rng_below(&rng, 100) == 0 ? base_rng_below(&rng, 9000) : 0;
        const uint64_t back =
            base_rng_below(&rng, 10) == 0 ? base_rng_below(&rng, 12000) : base_rng_below(&rng, 50);
        uint64_t counter = front[life] + jump + base_rng_below(&rng, 3);
        counter = counter > back ? counter - back : 0;
        if (counter >= SPAN)
            continue;
        const struct hermes_name name = name_of(9, 100 + life, counter);
        const enum hermes_seen_answer answer = hermes_seen_add(seen, &name, 1, 1);
        uint8_t *const was = &taken[life * SPAN + counter];
        if (answer == HERMES_SEEN_NEW)
            assert_int_equal(*was, 0);
        else
            assert_true(*was || front[life] > counter + HERMES_WINDOW_MAX);
        if (*was)
            assert_int_equal(answer, HERMES_SEEN_AGAIN);
        *was |= answer == HERMES_SEEN_NEW;
        if (counter >= front[life])
            front[life] = counter + 1;
    }
    free(taken);
    hermes_seen_free(seen);
}

static void test_old_lives_are_over(void **state)
{
    (void)state;
    struct hermes_seen *const seen = make(4);
    for (uint64_t life = 10; life < 14; life++) {
        const struct hermes_name name = name_of(1, life, 3);
        assert_int_equal(hermes_seen_add(seen, &name, 0, 1), HERMES_SEEN_NEW);
    }
    /* Nor does a life older than the newest begin. */
    for (uint64_t life = 8; life < 14; life++) {
        struct hermes_name name = name_of(1, life, 3);
        assert_true(hermes_seen_has(seen, &name));
        assert_int_equal(hermes_seen_add(seen, &name, 0, 1), HERMES_SEEN_AGAIN);
        /* The life before the newest may still have messages under way; those before may not. */
        name.counter = 4;
        assert_int_equal(hermes_seen_add(seen, &name, 0, 1),
                         life >= 12 ? HERMES_SEEN_NEW : HERMES_SEEN_AGAIN);
    }
    hermes_seen_free(seen);
}

static void test_an_orderly_origin_is_cheap(void **state)
{
    (void)state;
    struct hermes_seen *const seen = make(4);
    struct hermes_name name = name_of(1, 1, 0);
    assert_int_equal(hermes_seen_add(seen, &name, 0, 1), HERMES_SEEN_NEW);
    const size_t before = hermes_seen_memory(seen);
    for (name.counter = 1; name.counter < 100000; name.counter++)
        assert_int_equal(hermes_seen_add(seen, &name, 0, 1), HERMES_SEEN_NEW);
    assert_int_equal(hermes_seen_memory(seen), before);
    name.counter += UINT64_C(1) << 40;
    assert_int_equal(hermes_seen_add(seen, &name, 0, 1), HERMES_SEEN_NEW);
    assert_true(hermes_seen_memory(seen) <= before + HERMES_WINDOW_MAX / 8);
    name.counter -= 1;
    assert_int_equal(hermes_seen_add(seen, &name, 0, 1), HERMES_SEEN_NEW);
    hermes_seen_free(seen);
}

static void test_origins_are_bounded(void **state)
{
    (void)state;
    struct hermes_seen *const seen = make(16);
    /* A peer makes up origins: it gets no more than half of the table. */
    uint32_t taken = 0;
    for (uint32_t i = 0; i < 100; i++) {
        const struct hermes_name name = name_of(i, 1, 1);
        taken += hermes_seen_add(seen, &name, 0, 10) == HERMES_SEEN_NEW;
    }
    assert_int_equal(taken, 8);
    /* Others bring theirs, until all is used. */
    for (uint32_t i = 0; i < 8; i++) {
        const struct hermes_name name = name_of(1000 + i, 1, 1);
        assert_int_equal(hermes_seen_add(seen, &name, 1 + i % 2, 20), HERMES_SEEN_NEW);
    }
    struct hermes_name name = name_of(2000, 1, 1);
    assert_int_equal(hermes_seen_add(seen, &name, 3, 30), HERMES_SEEN_REFUSED);
    /* Nothing was forgotten. */
    for (uint32_t i = 0; i < 8; i++) {
        name = name_of(1000 + i, 1, 1);
        assert_int_equal(hermes_seen_add(seen, &name, 1, 40), HERMES_SEEN_AGAIN);
    }
    /* After a long silence an origin may go, also for one of who has used up its share. */
    for (uint32_t i = 0; i < 9; i++) {
        name = name_of(3000 + i, 1, 1);
        assert_int_equal(hermes_seen_add(seen, &name, 0, 1019),
                         i < 8 ? HERMES_SEEN_NEW : HERMES_SEEN_REFUSED);
    }
    name = name_of(2000, 1, 1);
    assert_int_equal(hermes_seen_add(seen, &name, 3, 1100), HERMES_SEEN_NEW);
    hermes_seen_free(seen);
}

/* Every origin sends so that its windows grow, in each class and life: not all can. */
static void test_windows_are_bounded(void **state)
{
    (void)state;
    enum { ORIGINS = 200, WINDOWS = ORIGINS * 2 * BPI_HERMES_CLASSES };
    struct hermes_seen *const seen = make(ORIGINS);
    size_t first = 0, windows = 0;
    for (uint64_t counter = 0; counter <= 60000; counter += 20000) {
        for (uint32_t i = 0; i < WINDOWS; i++) {
            struct hermes_name name = name_of(i % ORIGINS, 1 + i / ORIGINS % 2, counter);
            name.class = (enum bpi_hermes_class)(i / ORIGINS / 2);
            assert_int_equal(hermes_seen_add(seen, &name, i % 8, 10), HERMES_SEEN_NEW);
            assert_int_equal(hermes_seen_add(seen, &name, i % 8, 10), HERMES_SEEN_AGAIN);
        }
        if (counter == 0)
            first = hermes_seen_memory(seen);
        windows = hermes_seen_memory(seen) - first;
    }
    assert_in_range(windows, ORIGINS * HERMES_WINDOW_MAX / 16, ORIGINS * HERMES_WINDOW_MAX / 8);
    hermes_seen_free(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_once_in_any_order),
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_old_lives_are_over),
        cmocka_unit_test(test_an_orderly_origin_is_cheap),
        cmocka_unit_test(test_origins_are_bounded),
        cmocka_unit_test(test_windows_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
