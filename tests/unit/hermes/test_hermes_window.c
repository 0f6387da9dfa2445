/* The replay window against a set that forgets nothing but what is too old. Argument: operations.
 */
#include "unit.h"

#include "hermes_window_internal.h"

#include <base/rng.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t operations = 300000;

enum { TWIN_MAX = 1 << 22 };

struct twin {
    uint64_t base, next; /* counters are base + 0 .. TWIN_MAX-1 */
    uint8_t *seen;
};

static bool twin_is_new(const struct twin *twin, uint64_t counter)
{
    if (counter < twin->next && twin->next - counter > HERMES_WINDOW_SIZE)
        return false;
    return !twin->seen[counter - twin->base];
}

static void twin_add(struct twin *twin, uint64_t counter)
{
    twin->seen[counter - twin->base] = 1;
    if (counter >= twin->next)
        twin->next = counter + 1;
}

/* Mostly near the front, some old, some far ahead. */
static uint64_t counter_pick(struct base_rng *rng, const struct twin *twin)
{
    const uint64_t back = twin->next - twin->base;
    switch (base_rng_below(rng, 8)) {
    case 0:
        return twin->base + base_rng_below(rng, back + 1);
    case 1:
        return twin->next + base_rng_below(rng, 2 * HERMES_WINDOW_SIZE);
    case 2:
        return twin->next + base_rng_below(rng, 70);
    case 3: /* the edge */
        return back > HERMES_WINDOW_SIZE + 2
                   ? twin->next - HERMES_WINDOW_SIZE - 2 + base_rng_below(rng, 5)
                   : twin->next;
    default:
        return twin->next - base_rng_below(rng, (back < 5000 ? back : 5000) + 1);
    }
}

/* One walk until the twin's memory is used up; how many operations that were. */
static uint64_t walk(uint64_t base, uint64_t seed)
{
    uint64_t i = 0;
    struct hermes_window window = { 0 };
    struct twin twin = { .base = base, .next = base, .seen = calloc(TWIN_MAX, 1) };
    struct base_rng rng;
    base_rng_init(&rng, seed);
    assert_non_null(twin.seen);
    if (base > 0) { /* begin there */
        hermes_window_add(&window, base);
        twin_add(&twin, base);
    }
    for (; i < operations && twin.next - base < TWIN_MAX - 4 * HERMES_WINDOW_SIZE; i++) {
        const uint64_t counter = counter_pick(&rng, &twin);
        const bool is_new = hermes_window_is_new(&window, counter);
        if (is_new != twin_is_new(&twin, counter))
            fail_msg("seed %llu, operation %llu: counter %llu", (unsigned long long)seed,
                     (unsigned long long)i, (unsigned long long)counter);
        if (is_new && base_rng_below(&rng, 4) > 0) {
            hermes_window_add(&window, counter);
            twin_add(&twin, counter);
        }
    }
    free(twin.seen);
    return i;
}

static void against_twin(uint64_t base)
{
    uint64_t seed = 20261122 + base;
    for (uint64_t done = 0; done < operations; seed++)
        done += walk(base, seed);
}

static void from_zero_is_a_set(void **state)
{
    (void)state;
    against_twin(0);
}

static void from_far_is_a_set(void **state)
{
    (void)state;
    against_twin(UINT64_C(1) << 40);
    against_twin((UINT64_C(1) << 62) + 63);
}

static void edges(void **state)
{
    struct hermes_window window = { 0 };
    (void)state;
    assert_true(hermes_window_is_new(&window, 0));
    assert_false(hermes_window_is_new(&window, UINT64_MAX)); /* there would be no next */
    hermes_window_add(&window, 0);
    assert_false(hermes_window_is_new(&window, 0));
    hermes_window_add(&window, HERMES_WINDOW_SIZE);
    assert_true(hermes_window_is_new(&window, 1));
    assert_false(hermes_window_is_new(&window, 0));
    hermes_window_add(&window, HERMES_WINDOW_SIZE + 1);
    assert_false(hermes_window_is_new(&window, 1));
    assert_true(hermes_window_is_new(&window, 2));
    hermes_window_add(&window, UINT64_MAX - 1);
    assert_false(hermes_window_is_new(&window, UINT64_MAX - 1));
    assert_true(hermes_window_is_new(&window, UINT64_MAX - 2));
    assert_false(hermes_window_is_new(&window, HERMES_WINDOW_SIZE + 2));
}

int main(int count, char **args)
{
    if (count > 1)
        operations = strtoull(args[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_zero_is_a_set),
        cmocka_unit_test(from_far_is_a_set),
        cmocka_unit_test(edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
