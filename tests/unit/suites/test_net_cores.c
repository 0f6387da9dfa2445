/* test_net_cores.c - whose core is whose. In a network namespace of its own, so that laboratories
 * that run meanwhile have their cores elsewhere. */
#define _GNU_SOURCE
#include "net_cores.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static cpu_set_t mine(void)
{
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    return set;
}

static int last_of(const cpu_set_t *set)
{
    for (int i = CPU_SETSIZE - 1; i >= 0; i--)
        if (CPU_ISSET((size_t)i, set))
            return i;
    return -1;
}

static bool is_apart(void)
{
    static int result = -1;
    if (result < 0)
        result = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
    return result;
}

static void the_last_core_is_the_emulators(void **state)
{
    (void)state;
    const cpu_set_t before = mine();
    struct net_cores cores;
    if (!is_apart() || CPU_COUNT(&before) < 2)
        skip();
    net_cores_open(&cores);
    assert_non_null(cores.before);
    cpu_set_t now = mine();
    assert_true(CPU_EQUAL(&now, &before)); /* nothing has moved yet */
    net_cores_go_emulator(&cores);
    now = mine();
    assert_int_equal(CPU_COUNT(&now), 1);
    assert_int_equal(last_of(&now), last_of(&before));
    net_cores_go_nodes(&cores);
    now = mine();
    assert_int_equal(CPU_COUNT(&now), CPU_COUNT(&before) - 1);
    assert_false(CPU_ISSET((size_t)last_of(&before), &now));
    net_cores_close(&cores);
    now = mine();
    assert_true(CPU_EQUAL(&now, &before));
    net_cores_close(&cores); /* of nothing */
}

static void two_laboratories_do_not_share(void **state)
{
    (void)state;
    enum { MANY = 64 };
    const cpu_set_t before = mine();
    struct net_cores all[MANY];
    if (!is_apart() || CPU_COUNT(&before) < 2)
        skip();
    const int bound = CPU_COUNT(&before) - 1 < MANY ? CPU_COUNT(&before) - 1 : MANY;
    for (int i = 0; i < MANY; i++) {
        net_cores_open(&all[i]);
        assert_true((all[i].before != NULL) == (i < bound));
        for (int k = 0; k < i && i < bound; k++)
            assert_int_not_equal(all[k].emulator, all[i].emulator);
    }
    net_cores_go_emulator(&all[MANY - 1]); /* none was free: it stays */
    cpu_set_t now = mine();
    assert_true(bound == MANY || CPU_EQUAL(&now, &before));
    const int first = all[0].emulator;
    for (int i = 0; i < MANY; i++)
        net_cores_close(&all[i]);
    net_cores_open(&all[0]);
    assert_int_equal(all[0].emulator, first);
    net_cores_close(&all[0]);
}

static void one_core_is_for_all(void **state)
{
    (void)state;
    const cpu_set_t before = mine();
    cpu_set_t one;
    struct net_cores cores;
    CPU_ZERO(&one);
    CPU_SET((size_t)last_of(&before), &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    net_cores_open(&cores);
    assert_null(cores.before);
    net_cores_go_nodes(&cores);
    cpu_set_t now = mine();
    assert_true(CPU_EQUAL(&now, &one));
    net_cores_close(&cores);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_core_is_the_emulators),
        cmocka_unit_test(two_laboratories_do_not_share),
        cmocka_unit_test(one_core_is_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
