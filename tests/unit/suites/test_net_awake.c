/* test_net_awake.c - the limit is there while the descriptor is open. That it ends with it is the
 * kernel's promise, and other laboratories of this machine may have asked for the same: so only the
 * descriptor is looked at then. */
#include "net_awake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

/* Of the machine; a reader asks for nothing until it writes. */
static int32_t limit_us(void)
{
    int32_t limit = -1;
    const int fd = open("/dev/cpu_dma_latency", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, &limit, sizeof limit), sizeof limit);
    close(fd);
    return limit;
}

static void the_limit_lasts_as_long_as_the_descriptor(void **state)
{
    (void)state;
    const int awake = net_awake_open();
    if (awake < 0)
        skip(); /* not root, or no driver of cpuidle */
    assert_int_equal(limit_us(), 0);
    net_awake_close(awake);
    assert_int_equal(fcntl(awake, F_GETFD), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_lasts_as_long_as_the_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
