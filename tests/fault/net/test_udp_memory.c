/* test_udp_memory.c - memory that is not there: a driver fails whole, and its port is free again.
 */
#include "unit.h"

#include "fault.h"

#include <bpi/udp.h>

static void nothing(void *state, const struct base_step_world *world)
{
    (void)state;
    (void)world;
}

static uint64_t never(const void *state)
{
    (void)state;
    return UINT64_MAX;
}

static void a_driver_fails_whole(void **state)
{
    (void)state;
    static const struct base_step step = { .name = "nothing", .start = nothing, .wake_ns = never };
    const struct bpi_udp_config config = { .step = &step };
    struct bpi_udp *udp = NULL;
    struct base_why why = { 0 };
    size_t k = 0;
    for (base_err err = BASE_ENOMEM; err != BASE_OK; k++) {
        fault_left = k;
        err = bpi_udp_open(&config, &udp, &why);
        fault_left = SIZE_MAX;
        assert_true(err == BASE_OK || err == BASE_ENOMEM);
        assert_true(err == BASE_OK || (udp == NULL && why.text[0] != '\0'));
    }
    assert_int_equal(k, 4);
    bpi_udp_close(udp);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_driver_fails_whole) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
