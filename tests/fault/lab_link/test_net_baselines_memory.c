/* test_net_baselines_memory.c - nodes of the baselines that cannot be made for want of memory, and
 * that ask for none once they are. */
#include "unit.h"

#include "fault.h"
#include "net_baselines.h"

#include <string.h>

enum { NODES = 40 };

static struct base_address addresses[NODES];

static void send_nowhere(void *context, const struct base_address *to, const void *data,
                         size_t size)
{
    (void)context;
    (void)to;
    (void)data;
    (void)size;
}

static void a_node_is_made_or_not(void **state)
{
    static const struct net_protocol *const protocols[] = { &net_gossip, &net_gossipsub,
                                                            &net_plumtree };
    static uint8_t payload[5000];
    const struct net_node_config config = {
        .count = NODES, .addresses = addresses, .seed = 1, .mtu_bytes = 1500
    };
    (void)state;
    for (uint16_t i = 0; i < NODES; i++)
        addresses[i].port = i + 1;
    for (int p = 0; p < 3; p++) {
        void *node = NULL;
        size_t k = 0;
        for (;; k++) {
            struct base_why why = { 0 };
            fault_left = k;
            const base_err err = protocols[p]->open(&config, &node, &why);
            if (err == BASE_OK)
                break;
            assert_int_equal(err, BASE_ENOMEM);
            assert_string_equal(why.text, "no memory for a node");
            assert_null(node);
        }
        assert_true(k >= 9);
        /* From here on nothing is asked for. */
        struct base_rng rng;
        const struct base_step_world world = { .now_ns = 1, .rng = &rng, .send = send_nowhere };
        const size_t asked = fault_asked;
        fault_left = 0;
        base_rng_init(&rng, 1);
        protocols[p]->step->start(node, &world);
        for (int i = 0; i < 1000; i++)
            assert_int_equal(
                protocols[p]->publish(node, &world, 0, base_span_of(payload, sizeof payload), NULL),
                BASE_OK);
        protocols[p]->step->timer(node, &world);
        assert_int_equal(fault_asked, asked);
        fault_left = SIZE_MAX;
        protocols[p]->close(node);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_node_is_made_or_not) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
