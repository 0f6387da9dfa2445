/* test_hermes_flow_memory.c - the k-th allocation fails: no flow, or a message refused, or packets
 * not taken; what was there before goes on, and everything is given back. */
#include "unit.h"

#include "fault.h"

#include "hermes_flow_internal.h"

#include <string.h>

enum { MESSAGE = 60000, STEPS = 400 };

static struct hermes_flow_config config = { .packet_max = 1420,
                                            .memory_bytes = 1 << 20,
                                            .deadline_ns = { 1000000000, 1000000000, 1000000000 } };

struct seen {
    size_t messages, delivered, missed;
};

static void on_message(void *context, enum bpi_hermes_class class, struct base_span message)
{
    struct seen *const seen = context;
    (void)class;
    (void)message;
    seen->messages++;
}

static void on_done(void *context, uint64_t ticket, bool is_delivered)
{
    struct seen *const seen = context;
    (void)ticket;
    seen->delivered += is_delivered ? 1 : 0;
    seen->missed += is_delivered ? 0 : 1;
}

static void open_fails(void **state)
{
    (void)state;
    struct hermes_flow *flow = NULL;
    fault_left = 0;
    assert_int_equal(hermes_flow_new(&config, 0, &flow), BASE_ENOMEM);
    fault_left = SIZE_MAX;
    assert_null(flow);
}

/* Long and short messages from one to the other, with `allowed` allocations for them. */
static void talk(size_t allowed)
{
    static uint8_t bytes[MESSAGE], packet[1420];
    static const size_t sizes[] = { 100, 3000, MESSAGE, 200, 300, 400 };
    struct hermes_flow *flows[2] = { NULL, NULL };
    struct seen seen = { 0 };
    const struct hermes_flow_sink sink = { &seen, on_message, on_done };
    enum bpi_hermes_class class;
    size_t taken = 0;
    for (int i = 0; i < 2; i++)
        assert_int_equal(hermes_flow_new(&config, 0, &flows[i]), BASE_OK);
    fault_left = allowed;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const size_t before = hermes_flow_stats(flows[0]).memory_bytes;
        const base_err err = hermes_flow_submit(flows[0], 0, BPI_HERMES_AUCTION,
                                                (struct base_span){ bytes, sizes[i] }, i);
        assert_true(err == BASE_OK || err == BASE_ENOMEM);
        taken += err == BASE_OK ? 1 : 0;
        if (err != BASE_OK)
            assert_int_equal(hermes_flow_stats(flows[0]).memory_bytes, before);
    }
    for (uint64_t step = 0; step < STEPS; step++) {
        const uint64_t now_ns = step * 10000000;
        for (int i = 0; i < 2; i++) {
            for (size_t size; (size = hermes_flow_next(flows[i], now_ns, packet, &class)) > 0;)
                assert_int_equal(hermes_flow_receive(flows[1 - i], now_ns, packet, size, &sink),
                                 BASE_OK);
            hermes_flow_timer(flows[i], now_ns, &sink);
        }
    }
    fault_left = SIZE_MAX;
    assert_int_equal(seen.delivered + seen.missed, taken);
    assert_true(seen.messages >= seen.delivered);
    assert_int_equal(hermes_flow_stats(flows[0]).memory_bytes, 0);
    for (int i = 0; i < 2; i++)
        hermes_flow_free(flows[i]);
}

static void every_allocation(void **state)
{
    (void)state;
    for (size_t allowed = 0; allowed < 60; allowed++)
        talk(allowed);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(open_fails),
                                        cmocka_unit_test(every_allocation) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
