/* test_net.c - what a round counts, on deliveries that are known beforehand; and rounds in virtual
 * time whose numbers follow from the graph. */
#include "unit.h"

#include "net_hermes.h"
#include "net_outcome.h"
#include "net_round.h"

#include <bpi/hermes.h>
#include <lab/sim.h>

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
                                         .links = { .bytes = 4800, .delivered_bytes = 9999 },
                                         .capacity_bits = NODES * 8e6,
                                         .links_until_bytes = 2400,
                                         .links_until_ns = start + 2001u * MS,
                                         .memory_bytes = 5e6,
                                         .cpu_ns = 1e9,
                                         .cpu_until_ns = start + 2000u * MS,
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
    assert_float_equal(results.forged, 1, 0);
    assert_float_equal(results.replayed, 2, 0);
    assert_float_equal(results.cpu_us_per_message, 1e6 / 4, 1e-6);
    assert_float_equal(results.link_ratio, 4800 / 1200.0, 1e-12);
    assert_float_equal(results.utilization, 2400 * 8 / (3 * 8e6 * 2.001), 1e-12);
    assert_float_equal(results.parity_share, 0.1, 1e-12);
    assert_float_equal(results.cpu_share, 0.25, 1e-12);
    assert_float_equal(results.hops, 1.5, 1e-12);
    assert_true(isnan(results.held_share) && isnan(results.phases[1].success_rate));
    assert_true(isnan(results.attack_packets) && isnan(results.amplification));
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

/* Nobody sends more than its host can, whatever comes after the last delivery: full hosts are used
 * whole, and without a limit there is no share of it. */
static void hosts_are_used_at_most_whole(void **state)
{
    (void)state;
    static const char *const protocols[] = { "hermes", "flood", "gossip" };
    for (size_t i = 0; i < 3; i++) {
        struct suite_net_plan plan = plan_of(protocols[i], 6, 4096, 20, 20000000, 0);
        struct suite_net_results results = run(&plan);
        assert_true(isnan(results.utilization) && isnan(results.cpu_us_per_message));
        suite_net_results_done(&results);
        plan.conditions.bandwidth_bits = 2000000;
        plan.class = "shadow-data";
        plan.rate_per_s = 5 * suite_net_full_rate(&plan.conditions);
        results = run(&plan);
        if (!(results.utilization > 0.5 && results.utilization <= 1))
            fail_msg("%s uses %g of its hosts", protocols[i], results.utilization);
        suite_net_results_done(&results);
    }
}

/* Without a network: processes at addresses of the loopback, which have processor time. */
static void nodes_meet_on_the_loopback(void **state)
{
    (void)state;
    static const char *const protocols[] = { "hermes", "flood" };
    for (size_t i = 0; i < 2; i++) {
        struct suite_net_plan plan = plan_of(protocols[i], 3, 500, 10, 0, 0);
        plan.is_virtual = false;
        plan.conditions.is_loopback = true;
        plan.class = "shadow-data";
        struct suite_net_results results = run(&plan);
        assert_float_equal(results.success_rate, 1, 0);
        assert_float_equal(results.wrong, 0, 0);
        assert_true(results.cpu_us_per_message > 0 && results.cpu_share > 0);
        assert_true(isnan(results.link_ratio) && isnan(results.utilization));
        assert_string_equal(results.lab.back_end, "loopback");
        suite_net_results_done(&results);
    }
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

/* No relays: each message crosses n-1 links, once, and what is lost stays so. */
static void direct_sends_once(void **state)
{
    (void)state;
    for (uint32_t nodes = 2; nodes < 8; nodes++)
        for (int is_lossy = 0; is_lossy < 2; is_lossy++) {
            const uint32_t size = 3000; /* three fragments */
            const struct suite_net_plan plan =
                plan_of("direct", nodes, size, 10, 1000000, is_lossy ? 0.3 : 0);
            struct suite_net_results results = run(&plan);
            const double packets = 10.0 * nodes * (nodes - 1) * 3;
            assert_float_equal((double)results.lab.packets, packets, 0);
            assert_float_equal(results.redundant + results.wrong + results.rejected, 0, 0);
            assert_float_equal(results.hops, 1, 0);
            if (is_lossy)
                assert_true(results.success_rate < 0.8 && results.success_rate > 0);
            else
                assert_float_equal(results.success_rate, 1, 0);
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

/* Of what there was none before, nothing can be held. */
static void nothing_is_held_of_nothing(void **state)
{
    (void)state;
    struct suite_net_plan plan = plan_of("flood", 4, 500, 5, 1000000, 1);
    plan.attack = "byzantine";
    struct suite_net_results results = run(&plan);
    assert_float_equal(results.phases[0].messages_per_s, 0, 0);
    assert_true(isnan(results.held_share));
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
        for (size_t k = 0; k < SUITE_NET_PHASES; k++)
            assert_float_equal(results.phases[k].success_rate, 1, 0);
        assert_true(isnan(results.attack_packets)); /* nobody from outside */
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
        /* parity of which little is needed, and hardly any where nothing is lost */
        print_message("loss %g: %.1f messages too many\n", losses[i], results.redundant);
        const double most = 8 * 10 * 7 * (losses[i] > 0 ? 0.6 : 0.25);
        assert_true(results.redundant >= 0 && results.redundant < most);
        assert_true(losses[i] <= 0 || results.redundant > 0);
        assert_true(losses[i] > 0 || results.repeated_share <= 0);
        assert_true(results.latency_min_ns >= 20e6);
        assert_true(results.latency_avg_ns < 40e6);
        suite_net_results_done(&results);
    }
}

/* ---- a full node ---- */

enum { FULL_NODES = 3, FULL_SIZE = 65536 };

struct full {
    void *nodes[FULL_NODES];
    uint8_t payload[FULL_SIZE];
    unsigned deliveries, others, published, refused, published_after;
};

static void full_told(void *context, uint32_t host, uint64_t now_ns, const void *event)
{
    struct full *const full = context;
    const struct net_delivery *const delivery = event;
    (void)host;
    (void)now_ns;
    const bool is_one = delivery->payload.size == FULL_SIZE;
    full->deliveries += is_one;
    full->others += !is_one;
}

static void full_publish(void *context, void *state, const struct base_step_world *world)
{
    struct full *const full = context;
    struct base_why why = { 0 };
    const base_err err = net_hermes.publish(state, world, BPI_HERMES_SHADOW_DATA,
                                            base_span_of(full->payload, FULL_SIZE), &why);
    if (err != BASE_OK && err != BASE_EFULL)
        fail_msg("%s", why.text);
    full->refused += err == BASE_EFULL;
    full->published += err == BASE_OK;
    full->published_after += err == BASE_OK && full->refused > 0;
}

/* One of three is gone and its queue full: the others are served again when it has lagged for long,
 * and that it may go on a node is told while it publishes. Only deliveries come of that here. */
static void only_deliveries_are_told(void **state)
{
    (void)state;
    static struct full full;
    struct base_address addresses[FULL_NODES];
    struct lab_topology topology = { 0 };
    struct base_why why = { 0 };
    struct lab_sim *sim = NULL;
    const struct lab_link_config link = { .delay_ns = 1000000 };
    assert_int_equal(lab_topology_make(&topology, LAB_MESH, FULL_NODES, 0, &link, 1, &why),
                     BASE_OK);
    const struct lab_sim_config config = { .topology = &topology,
                                           .seed = 1,
                                           .memory_max = (size_t)64 << 20,
                                           .header_bytes = 48,
                                           .tell = full_told,
                                           .context = &full };
    assert_int_equal(lab_sim_new(&config, &sim, &why), BASE_OK);
    for (uint32_t i = 0; i < FULL_NODES; i++)
        addresses[i] = lab_sim_address(i);
    for (uint32_t i = 0; i < FULL_NODES; i++) {
        const struct net_node_config node = { .index = i,
                                              .count = FULL_NODES,
                                              .addresses = addresses,
                                              .seed = 1,
                                              .is_authenticated = true,
                                              .mtu_bytes = 1500 };
        assert_int_equal(net_hermes.open(&node, &full.nodes[i], &why), BASE_OK);
        assert_int_equal(lab_sim_start(sim, i, net_hermes.step, full.nodes[i]), BASE_OK);
    }
    uint64_t now_ns = lab_sim_run(sim, lab_sim_now(sim) + 1000000000);
    for (uint32_t i = 0; i < FULL_NODES; i++)
        assert_true(net_hermes.is_ready(full.nodes[i]));
    lab_sim_crash(sim, 2);
    for (unsigned i = 0; i < 30000; i++) {
        lab_sim_call(sim, 0, full_publish, &full);
        now_ns = lab_sim_run(sim, now_ns + 100000);
    }
    print_message("%u published, %u of them after %u were refused\n", full.published,
                  full.published_after, full.refused);
    assert_true(full.refused > 0 && full.published_after > 0 && full.deliveries > 0);
    assert_int_equal(full.others, 0);
    lab_sim_free(sim);
    for (uint32_t i = 0; i < FULL_NODES; i++)
        net_hermes.close(full.nodes[i]);
    lab_topology_done(&topology);
}

static void arguments_go_both_ways(void **state)
{
    (void)state;
    static const char *const rows[][7] = {
        { "production", "100Mbit/s", "3000", "consensus", "none", "on", "real" },
        { "poor", "none", "full", "shadow-data", "garbage", "off", "virtual" },
        { "7x100x3@1.5ms/0.25%", "1500kbit/s", "2.5", "auction", "sybil", "on", "virtual" },
        { "loopback", "none", "3000", "consensus", "none", "on", "real" },
        { "4x100x3@loopback", "none", "3000", "consensus", "none", "off", "real" },
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
    enum { BAD = 15 };
    struct suite_net_plan bad[BAD];
    struct base_why why;
    for (size_t i = 0; i < BAD; i++)
        bad[i] = good;
    for (size_t i = 11; i < BAD; i++) { /* what a loopback has not */
        bad[i].conditions.latency_ns = 0;
        bad[i].conditions.is_loopback = true;
        bad[i].is_virtual = i == 11;
    }
    bad[12].conditions.loss_share = 0.1;
    bad[13].attack = "spoof";
    bad[14].is_full = true;
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
    for (size_t i = 0; i < BAD; i++) {
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
        cmocka_unit_test(hosts_are_used_at_most_whole),
        cmocka_unit_test(nodes_meet_on_the_loopback),
        cmocka_unit_test(flooding_floods),
        cmocka_unit_test(direct_sends_once),
        cmocka_unit_test(one_seed_is_one_history),
        cmocka_unit_test(nothing_comes_of_no_network),
        cmocka_unit_test(nothing_is_held_of_nothing),
        cmocka_unit_test(guests_do_not_forge),
        cmocka_unit_test(one_message_overflows_nothing),
        cmocka_unit_test(hermes_delivers_all),
        cmocka_unit_test(only_deliveries_are_told),
        cmocka_unit_test(arguments_go_both_ways),
        cmocka_unit_test(impossible_plans_are_refused),
        cmocka_unit_test(full_is_what_links_carry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
