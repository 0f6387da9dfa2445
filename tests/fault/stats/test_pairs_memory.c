/* test_pairs_memory.c - the k-th allocation fails, for every k: ENOMEM, nothing is written, and
 * what was begun can be done again. */
#include "unit.h"

#include "fault.h"

#include <stats/multiple.h>
#include <stats/sequential.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static base_err init_paired(void)
{
    static const double values[] = { 3, 1, 2 };
    struct stats_paired paired = { .count = 77 };
    const base_err err = stats_paired_init(&paired, values, 3);
    fault_left = SIZE_MAX;
    assert_int_equal(paired.count, err == BASE_OK ? 3 : 77);
    if (err == BASE_OK)
        stats_paired_done(&paired);
    return err;
}

static base_err adjust(void)
{
    double p[] = { 0.02, 0.01 };
    size_t tests = 77;
    const base_err err = stats_adjust(p, 2, STATS_CORRECTION_HOLM, &tests);
    fault_left = SIZE_MAX;
    assert_int_equal(tests, err == BASE_OK ? 2 : 77);
    assert_true(p[1] == (err == BASE_OK ? 0.02 : 0.01));
    return err;
}

static base_err look(void)
{
    static struct stats_sequential s;
    const struct stats_sequential_options options = { .alpha = 0.05 };
    const size_t allowed = fault_left;
    fault_left = SIZE_MAX;
    assert_int_equal(stats_sequential_init(&s, &options), BASE_OK);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(stats_sequential_add(&s, 1 + (double)i), BASE_OK);
    const struct stats_look before = s.look;
    fault_left = allowed;
    const base_err err = stats_sequential_look(&s, false);
    fault_left = SIZE_MAX;
    if (err != BASE_OK)
        assert_memory_equal(&before, &s.look, sizeof before);
    /* The look is still due. */
    assert_int_equal(stats_sequential_look(&s, false), BASE_OK);
    assert_int_equal(s.look.verdict, STATS_VERDICT_SLOWER);
    assert_int_equal(s.look.looks, 1);
    return err;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const struct {
        base_err (*run)(void);
        size_t allocations;
    } rows[] = { { init_paired, 2 }, { adjust, 1 }, { look, 2 } };
    for (size_t r = 0; r < 3; r++)
        for (size_t k = 0; k <= rows[r].allocations; k++) {
            fault_left = k;
            assert_int_equal(rows[r].run(), k < rows[r].allocations ? BASE_ENOMEM : BASE_OK);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_allocation_may_fail) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
