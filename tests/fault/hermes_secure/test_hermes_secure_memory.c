/* test_hermes_secure_memory.c - memory that is not there: each allocation of a new set of sessions;
 * and that there is none after it, whatever the sessions do. */
#include "secure_net.h"

#include "fault.h"

#include <string.h>

static struct net net;

static void every_allocation_may_fail(void **state)
{
    struct bpi_hermes_config config = { .rekey_ns = NET_S };
    struct hermes_secure *secure = NULL;
    size_t left = 0;
    base_err err;
    (void)state;
    for (;; left++) {
        struct base_why why = { 0 };
        fault_left = left;
        err = hermes_secure_new(&config, 100, &secure, &why);
        fault_left = SIZE_MAX;
        if (err == BASE_OK)
            break;
        assert_int_equal(err, BASE_ENOMEM);
        assert_null(secure);
        assert_string_equal(why.text, "no memory for 100 sessions");
    }
    assert_in_range(left, 8, 16);
    hermes_secure_free(secure);
}

/* A node that does nothing with the network but count. */
static void count_send(void *context, const struct base_address *to, const void *data, size_t size)
{
    size_t *const count = context;
    (void)to;
    (void)data;
    (void)size;
    ++*count;
}

static void count_secret(void *context, void *out, size_t size)
{
    static uint8_t next;
    (void)context;
    memset(out, ++next, size);
}

static void calls_take_no_memory(void **state)
{
    struct bpi_hermes_config config = { .rekey_ns = NET_S };
    struct hermes_secure *secure;
    struct base_rng rng;
    size_t count = 0;
    struct base_step_world world = {
        .context = &count, .rng = &rng, .secret = count_secret, .send = count_send
    };
    (void)state;
    base_rng_init(&rng, 1);
    assert_int_equal(hermes_secure_new(&config, 100, &secure, NULL), BASE_OK);
    fault_left = 0;
    const size_t refused = fault_refused;
    for (uint16_t i = 0; i < 100; i++) {
        const struct base_address to = { .ip = { 1 }, .port = (uint16_t)(i + 1) };
        uint32_t peer;
        const base_err err = hermes_secure_connect(secure, &world, &to, NULL, &peer);
        assert_int_equal(err, BASE_OK);
    }
    for (world.now_ns = 0; world.now_ns < 40 * NET_S; world.now_ns += NET_S)
        while (hermes_secure_timer(secure, &world).kind != HERMES_NOTHING)
            continue;
    fault_left = SIZE_MAX;
    assert_int_equal(fault_refused, refused);
    assert_true(count >= 500);
    hermes_secure_free(secure);
}

/* Handshakes, data, new keys, close: the network of the test allocates, the sessions do not. */
static void sessions_take_no_memory(void **state)
{
    (void)state;
    net_init(&net, 41, 2, 4, 5 * NET_S);
    assert_int_equal(net_call(&net, 0, 1, true, NULL), BASE_OK);
    net_wait(&net, NET_S);
    const size_t asked = fault_asked;
    const uint64_t packets = net.order;
    for (int i = 0; i < 30; i++) {
        net_say(&net, 0, 1, true, 100);
        net_wait(&net, NET_S);
    }
    net_close(&net, 0, 1);
    net_wait(&net, NET_S);
    assert_int_equal(fault_asked - asked, net.order - packets); /* one a delivered datagram */
    net_done(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(calls_take_no_memory),
        cmocka_unit_test(sessions_take_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
