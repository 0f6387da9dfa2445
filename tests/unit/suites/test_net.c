/* test_net.c - what a round counts, on deliveries that are known beforehand; and rounds in virtual
 * time whose numbers follow from the graph. */
#include "unit.h"

#include "net_outcome.h"
#include "net_round.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct suite_net_plan plan_of(const char *protocol, uint32_t nodes, uint32_t size,
                                     uint32_t messages, uint64_t latency_ns, double loss)
{
    return (struct suite_net_plan){
        .conditions = { "test", nodes, size, messages, latency_ns, loss, 0 },
        .protocol = protocol,
        .rate_per_s = 1000,
        .is_virtual = true,
        .seed = 5,
    };
}

static void payloads_are_known(void **state)
{
    (void)state;
    for (uint32_t size = NET_PAYLOAD_LEAST; size < 60; size++) {
        const struct net_load load = {
            .node_count = 4, .messages = 9, .message_size = size, .seed = 3
        };
        uint8_t payload[64];
        uint32_t origin = 0, sequence = 0;
        net_payload_make(&load, 2, 7, 123, payload);
        assert_true(net_payload_is_good(&load, base_span_of(payload, size), &origin, &sequence));
        assert_int_equal(origin, 2);
        assert_int_equal(sequence, 7);
        for (size_t i = 0; i < size; i++) {
            if (i >= 8 && i < 16)
                continue; /* the intended time is for people with a capture */
            payload[i] ^= 1;
            assert_false(
                net_payload_is_good(&load, base_span_of(payload, size), &origin, &sequence));
            payload[i] ^= 1;
        }
        assert_false(
            net_payload_is_good(&load, base_span_of(payload, size - 1), &origin, &sequence));
    }
}

/* Three nodes, two messages each, one a millisecond from 1 s on; node 2 never gets the last. */
static void fields_follow_from_deliveries(void **state)
{
    (void)state;
    enum { NODES = 3, EACH = 2, MS = 1000000 };
    const struct net_load load = {
        .node_count = NODES, .messages = EACH, .message_size = 100, .gap_ns = MS
    };
    const struct suite_net_conditions conditions = { "test", NODES, 100, EACH, 2 * MS, 0, 8000000 };
    struct net_record *records[NODES];
    const uint64_t start = 1000u * MS;
    for (uint32_t i = 0; i < NODES; i++) {
        records[i] = calloc(1, net_record_size(&load));
        assert_non_null(records[i]);
        for (uint64_t number = 0; number < NODES * EACH; number++)
            if (number % NODES != i)
                records[i]->at_ns[number] = start + number * MS + (3 + i) * MS;
        records[i]->stats.redundant = 1000; /* of fragments: not what is asked for */
        records[i]->stats.redundant_bytes = 1000 + 100 * i;
        records[i]->stats.sent_bytes = 1000;
        records[i]->stats.parity_bytes = 100;
        records[i]->hops_sum = 6;
        records[i]->hops_known = 4;
    }
    records[2]->at_ns[4] = 0;                  /* of node 1: lost */
    records[1]->at_ns[3] = start + 2000u * MS; /* of node 0: too late */
    records[0]->wrong = 1;
    records[1]->again = 2;
    const struct net_outcome outcome = { .load = &load,
                                         .conditions = &conditions,
                                         .records = records,
                                         .start_ns = start,
                                         .deadline_ns = 1000u * MS,
                                         .links = { .bytes = 4800, .delivered_bytes = 2400 },
                                         .memory_bytes = 5e6,
                                         .cpu_ns = 1e9,
                                         .wall_ns = 2e9,
                                         .processors = 2 };
    struct suite_net_results results;
    assert_int_equal(net_outcome_count(&outcome, &results), BASE_OK);
    assert_int_equal(results.message_count, 6);
    assert_int_equal(results.latency_count, 11);
    assert_float_equal(results.duration_ns, 2000e6, 1);
    /* node 0: 3 ms four times; node 1: 4 ms three times and 1997 ms; node 2: 5 ms three times */
    assert_float_equal(results.latency_avg_ns, (4 * 3 + 3 * 4 + 1997 + 3 * 5) * 1e6 / 11, 1);
    assert_float_equal(results.latency_p50_ns, 4e6, 1);
    assert_float_equal(results.latency_min_ns, 3e6, 1);
    assert_float_equal(results.latency_max_ns, 1997e6, 1);
    assert_float_equal(results.added_avg_ns, results.latency_avg_ns - 2e6, 1);
    assert_float_equal(results.success_rate, 10.0 / 12, 1e-12);
    assert_float_equal(results.messages_per_s, 4 / 2.0, 1e-9); /* messages 3 and 4 are not whole */
    assert_float_equal(results.bytes_per_s, 200, 1e-6);
    assert_float_equal(results.redundant, 10 + 11 + 12, 1e-12);
    assert_float_equal(results.wrong, 3, 0);
    assert_float_equal(results.link_ratio, 4800 / 1200.0, 1e-12);
    assert_float_equal(results.utilization, 2400 * 8 / (3 * 8e6 * 2), 1e-12);
    assert_float_equal(results.parity_share, 0.1, 1e-12);
    assert_float_equal(results.cpu_share, 0.25, 1e-12);
    assert_float_equal(results.hops, 1.5, 1e-12);
    assert_true(isnan(results.held_share));
    suite_net_results_done(&results);
    for (uint32_t i = 0; i < NODES; i++)
        free(records[i]);
}

static struct suite_net_results run(const struct suite_net_plan *plan)
{
    struct suite_net_results results;
    struct base_why why = { 0 };
    if (suite_net_run(plan, &results, &why) != BASE_OK)
        fail_msg("%s: %s", plan->protocol, why.text);
    return results;
}

/* In a full mesh each message crosses (n-1)^2 links and comes n-2 times too often to n-1 nodes. */
static void flooding_floods(void **state)
{
    (void)state;
    for (uint32_t nodes = 2; nodes < 8; nodes++)
        for (uint32_t size = 100; size < 5000; size += 2300) {
            const struct suite_net_plan plan = plan_of("flood", nodes, size, 10, 1000000, 0);
            struct suite_net_results results = run(&plan);
            const double messages = 10.0 * nodes, fragments = ceil(size / 1416.0);
            assert_float_equal(results.success_rate, 1, 0);
            assert_float_equal(results.latency_min_ns, 1e6, 1);
            assert_float_equal(results.latency_max_ns, 1e6, 1);
            assert_float_equal(results.redundant, messages * (nodes - 1) * (nodes - 2), 0);
            assert_float_equal((double)results.lab.packets,
                               messages * fragments * (nodes - 1) * (nodes - 1), 0);
            assert_float_equal(results.hops, 1, 0);
            assert_float_equal(results.wrong + results.rejected, 0, 0);
            suite_net_results_done(&results);
        }
}

static void one_seed_is_one_history(void **state)
{
    (void)state;
    struct suite_net_plan plan = plan_of("flood", 6, 3000, 20, 20000000, 0.3);
    struct suite_net_results a = run(&plan), b = run(&plan);
    plan.seed++;
    struct suite_net_results c = run(&plan);
    assert_int_equal(a.latency_count, b.latency_count);
    assert_memory_equal(a.latencies_ns, b.latencies_ns, a.latency_count * sizeof(double));
    assert_true(a.lab.lost == b.lab.lost && a.lab.lost > 0);
    assert_true(a.lab.lost != c.lab.lost);
    suite_net_results_done(&a);
    suite_net_results_done(&b);
    suite_net_results_done(&c);
}

static void nothing_comes_of_no_network(void **state)
{
    (void)state;
    const struct suite_net_plan plan = plan_of("flood", 4, 500, 5, 1000000, 1);
    struct suite_net_results results = run(&plan);
    assert_float_equal(results.success_rate, 0, 0);
    assert_float_equal(results.messages_per_s, 0, 0);
    assert_true(isnan(results.latency_avg_ns) && isnan(results.duration_ns));
    suite_net_results_done(&results);
}

/* A byzantine guest cannot make others deliver what nobody sent, when messages have a tag. */
static void guests_do_not_forge(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct suite_net_plan plan = plan_of("flood", 5, 3000, 20, 1000000, 0);
        plan.attack = i == 0 ? "byzantine" : "sybil";
        struct suite_net_results results = run(&plan);
        assert_float_equal(results.wrong, 0, 0);
        assert_float_equal(results.success_rate, 1, 0);
        assert_true(i == 1 || results.rejected > 0);
        assert_true(results.held_share > 0.5);
        suite_net_results_done(&results);
    }
}

/* A message to everybody fits into the queue of the host that sends it, however slow that is. */
static void one_message_overflows_nothing(void **state)
{
    (void)state;
    struct suite_net_plan plan = plan_of("flood", 20, 8192, 1, 100000000, 0);
    plan.conditions.bandwidth_bits = 10000000;
    plan.class = "shadow-data";
    plan.rate_per_s = 0.2; /* 19 copies at 10 Mbit/s take 137 ms, and all hand them on */
    struct suite_net_results results = run(&plan);
    assert_int_equal(results.lab.queue_dropped, 0);
    assert_float_equal(results.success_rate, 1, 0);
    suite_net_results_done(&results);
}

/* HERMES repairs what is lost; what was not lost is not sent twice. */
static void hermes_delivers_all(void **state)
{
    (void)state;
    static const double losses[] = { 0, 0.01, 0.05 };
    for (size_t i = 0; i < 3; i++) {
        const struct suite_net_plan plan = plan_of("hermes", 8, 2048, 10, 20000000, losses[i]);
        struct suite_net_results results = run(&plan);
        assert_float_equal(results.success_rate, 1, 0);
        assert_float_equal(results.wrong, 0, 0);
        /* a message is two fragments with one of parity, of which little is needed */
        assert_true(results.redundant > 0 && results.redundant < 8 * 10 * 7 / 2.0);
        assert_true(losses[i] > 0 || results.repeated_share <= 0);
        assert_true(results.latency_min_ns >= 20e6);
        assert_true(results.latency_avg_ns < 40e6);
        suite_net_results_done(&results);
    }
}

static void arguments_go_both_ways(void **state)
{
    (void)state;
    static const char *const rows[][7] = {
        { "production", "100Mbit/s", "3000", "consensus", "none", "on", "real" },
        { "poor", "none", "full", "shadow-data", "garbage", "off", "virtual" },
        { "7x100x3@1.5ms/0.25%", "1500kbit/s", "2.5", "auction", "sybil", "on", "virtual" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct suite_net_plan plan = { .protocol = "flood" };
        struct base_why why = { 0 };
        char value[SUITE_NET_NAME_SIZE];
        for (size_t k = 0; k < 7; k++)
            if (suite_net_take(&plan, suite_net_arg_name(k), rows[i][k], &why) != BASE_OK)
                fail_msg("%s: %s", rows[i][k], why.text);
        for (size_t k = 0; k < 7; k++)
            assert_string_equal(suite_net_arg_value(&plan, k, value), rows[i][k]);
        assert_null(suite_net_arg_name(7));
    }
}

static void impossible_plans_are_refused(void **state)
{
    (void)state;
    const struct suite_net_plan good = plan_of("flood", 4, 500, 5, 1000000, 0);
    struct suite_net_plan bad[11];
    struct base_why why;
    for (size_t i = 0; i < 11; i++)
        bad[i] = good;
    bad[10].protocol = "hermes";
    bad[10].is_unauthenticated = true;
    bad[0].protocol = "carrier pigeon";
    bad[1].conditions.node_count = 1;
    bad[2].conditions.message_size = NET_PAYLOAD_LEAST - 1;
    bad[3].conditions.message_size = (1 << 20) + 1;
    bad[4].conditions.messages_per_node = 0;
    bad[5].conditions.loss_share = 1.01;
    bad[6].rate_per_s = 0;
    bad[7].attack = "garbage"; /* in virtual time */
    bad[8].class = "royal";
    bad[9].conditions.messages_per_node = 9999999;
    assert_int_equal(suite_net_check(&good, &why), BASE_OK);
    for (size_t i = 0; i < 11; i++) {
        why.text[0] = '\0';
        assert_int_not_equal(suite_net_check(&bad[i], &why), BASE_OK);
        assert_true(strlen(why.text) > 10);
    }
}

/* Full is what one copy a recipient fills, for five seconds. */
static void full_is_what_links_carry(void **state)
{
    (void)state;
    const struct suite_net_conditions local = { "local", 5, 1024, 100, 1000000, 0, 10000000 };
    const double bytes = 1024 + 84;
    assert_float_equal(suite_net_full_rate(&local), 10e6 * 5 / (4 * 8 * bytes), 1e-6);
    struct suite_net_plan plan = { .conditions = local, .protocol = "flood", .rate_per_s = 1410 };
    assert_int_equal(suite_net_messages(&plan), 100);
    plan.is_full = true;
    assert_int_equal(suite_net_messages(&plan), 1410);
    plan.attack = "garbage";
    assert_int_equal(suite_net_messages(&plan), 3 * 1410);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payloads_are_known),
        cmocka_unit_test(fields_follow_from_deliveries),
        cmocka_unit_test(flooding_floods),
        cmocka_unit_test(one_seed_is_one_history),
        cmocka_unit_test(nothing_comes_of_no_network),
        cmocka_unit_test(guests_do_not_forge),
        cmocka_unit_test(one_message_overflows_nothing),
        cmocka_unit_test(hermes_delivers_all),
        cmocka_unit_test(arguments_go_both_ways),
        cmocka_unit_test(impossible_plans_are_refused),
        cmocka_unit_test(full_is_what_links_carry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
