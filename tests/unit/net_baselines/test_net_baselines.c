/* test_net_baselines.c - gossip, gossipsub and Plumtree in virtual time: everything reaches
 * everybody once, losses are made good, copies are counted, forgeries refused. */
#include "unit.h"

#include "net_baselines.h"
#include "net_epidemic.h"

#include <lab/sim.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS     UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

/* A build that is ten times slower does less. */
#ifdef BPI_SANITIZED
enum { MANY = 40, LESS = 5, LARGE = 100000, LOSSY_KINDS = 2 };
#else
enum { MANY = 200, LESS = 1, LARGE = 1 << 20, LOSSY_KINDS = 3 };
#endif
enum { FEW = 20, NODES_MAX = 200, MESSAGES_MAX = 100, PAYLOAD_MAX = 1 << 20 };

static const struct net_protocol *const protocols[] = { &net_gossip, &net_gossipsub,
                                                        &net_plumtree };
enum { PROTOCOLS = 3 };

/* A group of nodes and what has come. */
static struct group {
    const struct net_protocol *protocol;
    struct net_node_config config; /* of all, but the index */
    uint32_t ring_neighbors[NODES_MAX][2];
    bool is_ring;
    struct lab_topology topology;
    struct lab_host hosts[NODES_MAX + 1];
    struct base_address addresses[NODES_MAX + 1];
    struct lab_sim *sim;
    void *nodes[NODES_MAX];
    bool is_gone[NODES_MAX];
    uint32_t sent;
    size_t sizes[MESSAGES_MAX];
    uint32_t origins[MESSAGES_MAX];
    uint8_t got[MESSAGES_MAX][NODES_MAX];
    uint32_t hops_max;
} group;

static uint8_t payload[PAYLOAD_MAX];

static void fill(uint32_t message, size_t size)
{
    struct base_rng rng;
    base_rng_init(&rng, message);
    memcpy(payload, &message, sizeof message);
    for (size_t i = sizeof message; i < size; i++)
        payload[i] = (uint8_t)base_rng_u64(&rng);
}

static void hear(void *context, uint32_t host, uint64_t now_ns, const void *event)
{
    const struct net_delivery *const d = event;
    uint32_t message;
    (void)context;
    (void)now_ns;
    assert_true(d->payload.size >= 16);
    memcpy(&message, d->payload.data, sizeof message);
    assert_true(message < group.sent);
    assert_int_equal(d->payload.size, group.sizes[message]);
    assert_int_equal(d->origin, group.origins[message]);
    fill(message, d->payload.size);
    assert_memory_equal(payload, d->payload.data, d->payload.size);
    assert_true(host != d->origin);
    group.got[message][host]++;
    group.hops_max = d->hops > group.hops_max ? d->hops : group.hops_max;
}

/* One host more than nodes: an outsider's. */
static void begin(const struct net_protocol *protocol, uint32_t count, struct lab_link_config link)
{
    memset(&group, 0, sizeof group);
    group.protocol = protocol;
    group.config = (struct net_node_config){
        .count = count, .addresses = group.addresses, .seed = 99, .mtu_bytes = 1500
    };
    for (uint32_t i = 0; i <= count; i++) {
        snprintf(group.hosts[i].name, sizeof group.hosts[i].name, "node%u", i);
        group.addresses[i] = lab_sim_address(i);
    }
    group.topology = (struct lab_topology){ .hosts = group.hosts,
                                            .host_count = count + 1,
                                            .program_count = count + 1,
                                            .is_uniform = true,
                                            .uniform = link };
}

static void open_node(uint32_t i)
{
    struct net_node_config config = group.config;
    struct base_why why = { 0 };
    config.index = i;
    if (group.is_ring) {
        group.ring_neighbors[i][0] = (i + 1) % config.count;
        group.ring_neighbors[i][1] = (i + config.count - 1) % config.count;
        config.neighbors = group.ring_neighbors[i];
        config.neighbor_count = 2;
    }
    if (group.protocol->open(&config, &group.nodes[i], &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_int_equal(lab_sim_start(group.sim, i, group.protocol->step, group.nodes[i]), BASE_OK);
}

/* Start all and wait until all are ready. */
static void start(uint64_t seed, bool has_corrupt)
{
    const struct lab_sim_config config = { .topology = &group.topology,
                                           .seed = seed,
                                           .header_bytes = NET_WIRE_HEADERS_SIZE,
                                           .has_corrupt = has_corrupt,
                                           .tell = hear };
    struct base_why why = { 0 };
    if (lab_sim_new(&config, &group.sim, &why) != BASE_OK)
        fail_msg("%s", why.text);
    for (uint32_t i = 0; i < group.config.count; i++)
        open_node(i);
    for (int k = 0; k < 100; k++) {
        uint32_t ready = 0;
        lab_sim_run(group.sim, lab_sim_now(group.sim) + 100 * MS);
        for (uint32_t i = 0; i < group.config.count; i++)
            ready += group.protocol->is_ready(group.nodes[i]);
        if (ready == group.config.count)
            return;
    }
    fail_msg("%s is not ready", group.protocol->name);
}

static void finish(void)
{
    lab_sim_free(group.sim);
    for (uint32_t i = 0; i < group.config.count; i++)
        group.protocol->close(group.nodes[i]);
}

static void publish_act(void *context, void *state, const struct base_step_world *world)
{
    struct base_why why = { 0 };
    const size_t size = *(const size_t *)context;
    fill(group.sent - 1, size);
    if (group.protocol->publish(state, world, group.sent % 3, base_span_of(payload, size), &why) !=
        BASE_OK)
        fail_msg("%s", why.text);
}

static void publish(uint32_t origin, size_t size)
{
    group.sizes[group.sent] = size;
    group.origins[group.sent++] = origin;
    lab_sim_call(group.sim, origin, publish_act, &size);
}

static void run_for(uint64_t ns)
{
    lab_sim_run(group.sim, lab_sim_now(group.sim) + ns);
}

/* From node after node, one every 20 ms. */
static void publish_many(uint32_t count, size_t size)
{
    for (uint32_t k = 0; k < count; k++) {
        uint32_t origin = k * 7 % group.config.count;
        while (group.is_gone[origin])
            origin = (origin + 1) % group.config.count;
        publish(origin, size);
        run_for(20 * MS);
    }
    run_for(10 * SECOND);
}

/* How many of what should have come are missing; none has come twice. */
static uint64_t missing(uint32_t first)
{
    uint64_t count = 0;
    for (uint32_t m = first; m < group.sent; m++)
        for (uint32_t i = 0; i < group.config.count; i++) {
            assert_true(group.got[m][i] <= 1);
            count += i != group.origins[m] && !group.is_gone[i] && group.got[m][i] == 0;
        }
    return count;
}

static struct net_node_stats sum_stats(void)
{
    struct net_node_stats sum = { 0 }, one;
    for (uint32_t i = 0; i < group.config.count; i++) {
        group.protocol->stats(group.nodes[i], &one);
        sum.published += one.published;
        sum.delivered += one.delivered;
        sum.redundant += one.redundant;
        sum.redundant_bytes += one.redundant_bytes;
        sum.sent_bytes += one.sent_bytes;
        sum.received_bytes += one.received_bytes;
        sum.sent_packets += one.sent_packets;
        sum.repeated_bytes += one.repeated_bytes;
        sum.control_bytes += one.control_bytes;
        sum.rejected += one.rejected;
    }
    return sum;
}

static struct lab_link_config link_of(double loss_share)
{
    return (struct lab_link_config){ .delay_ns = 25 * MS,
                                     .jitter = LAB_JITTER_UNIFORM,
                                     .jitter_ns = MS,
                                     .loss = LAB_LOSS_BERNOULLI,
                                     .loss_share = loss_share };
}

static void report(const char *what)
{
    const struct net_node_stats s = sum_stats();
    const double due = (double)group.sent * (group.config.count - 1);
    printf("%-9s %3u nodes, %s: %.2f copies too many a delivery, %.2f x the bytes, %u hops\n",
           group.protocol->name, group.config.count, what, (double)s.redundant / due,
           (double)s.sent_bytes / due / (double)group.sizes[0], group.hops_max);
}

static void without_loss(const struct net_protocol *protocol, uint32_t count)
{
    begin(protocol, count, link_of(0));
    group.config.is_authenticated = count == FEW;
    start(count, false);
    publish_many((count == FEW ? 100 : 10) / LESS, 2048);
    assert_int_equal(missing(0), 0);
    report("no loss");
    const struct net_node_stats s = sum_stats();
    assert_int_equal(s.published, group.sent);
    assert_int_equal(s.delivered, group.sent * (count - 1));
    assert_int_equal(s.rejected, 0);
    /* Nothing gets lost; heartbeats may be under way. */
    const uint64_t under_way = lab_fabric_stats(lab_sim_fabric(group.sim)).under_way;
    assert_true(s.sent_bytes >= s.received_bytes + under_way * NET_WIRE_HEADER_SIZE);
    assert_true(s.sent_bytes <= s.received_bytes + under_way * 1500);
    for (uint32_t i = 0; i < count; i++) {
        struct net_node_stats one;
        protocol->stats(group.nodes[i], &one);
        assert_true(one.memory_bytes > 0);
    }
    finish();
}

static void everything_reaches_everybody_once(void **state)
{
    (void)state;
    for (int p = 0; p < PROTOCOLS; p++) {
        without_loss(protocols[p], FEW);
        without_loss(protocols[p], MANY);
    }
}

static void losses_are_made_good(void **state)
{
    static const double shares[] = { 0.01, 0.05 };
    (void)state;
    for (int p = 0; p < PROTOCOLS; p++)
        for (int k = 0; k < LOSSY_KINDS; k++) {
            const uint32_t count = k < 2 ? FEW : MANY;
            begin(protocols[p], count, link_of(shares[k % 2]));
            start(count + (uint32_t)k, false);
            publish_many((count == FEW ? 50 : 10) / LESS, 8192);
            const uint64_t absent = missing(0);
            /* Gossip promises most: with these numbers nearly all, even so. */
            if (absent > (protocols[p] == &net_gossip ? 2 : 0))
                fail_msg("%s with %u nodes: %llu deliveries are missing", protocols[p]->name, count,
                         (unsigned long long)absent);
            report(k % 2 == 0 ? "1 % lost" : "5 % lost");
            finish();
        }
}

/* Messages of one fragment: every copy is either the delivery or redundant. */
static void copies_are_counted(void **state)
{
    (void)state;
    for (int p = 0; p < PROTOCOLS; p++) {
        begin(protocols[p], 50, link_of(0));
        start(5, false);
        const struct net_node_stats before = sum_stats();
        publish_many(50 / LESS, 1000);
        const struct net_node_stats s = sum_stats();
        const uint64_t datagram = 1000 + NET_WIRE_HEADER_SIZE;
        const uint64_t data =
            s.sent_bytes - before.sent_bytes - (s.control_bytes - before.control_bytes);
        assert_int_equal(data % datagram, 0);
        assert_int_equal(data / datagram, s.delivered + s.redundant);
        assert_int_equal(s.redundant_bytes, s.redundant * 1000);
        if (protocols[p] == &net_gossip)
            assert_int_equal(data / datagram,
                             50 * (50 / LESS) * 2 * 6); /* nodes, messages, ln 50 + 2 */
        finish();
    }
}

/* Once the tree stands, Plumtree sends each message over n - 1 links. */
static void a_tree_has_no_copies_too_many(void **state)
{
    (void)state;
    begin(&net_plumtree, 100 / LESS, link_of(0));
    start(3, false);
    for (int k = 0; k < 20; k++) {
        publish(0, 1000);
        run_for(SECOND);
    }
    const struct net_node_stats before = sum_stats();
    for (int k = 0; k < 20; k++) {
        publish(0, 1000);
        run_for(SECOND);
    }
    const struct net_node_stats after = sum_stats();
    assert_int_equal(missing(0), 0);
    assert_true(after.redundant - before.redundant <= 20); /* of 1980 deliveries */
    finish();
}

static void large_messages_come_whole(void **state)
{
    (void)state;
    for (int p = 0; p < PROTOCOLS; p++) {
        begin(protocols[p], 10, link_of(0));
        start(1, false);
        publish(3, LARGE);
        run_for(10 * SECOND);
        publish(4, 16);
        run_for(10 * SECOND);
        assert_int_equal(missing(0), 0);
        finish();
        begin(protocols[p], 20, link_of(0.01));
        start(2, false);
        publish(3, 100000);
        run_for(20 * SECOND);
        assert_int_equal(missing(0), 0);
        finish();
    }
}

static void given_neighbors_are_kept_to(void **state)
{
    (void)state;
    for (int p = 0; p < PROTOCOLS; p++) {
        begin(protocols[p], 12, link_of(0));
        group.is_ring = true;
        start(1, false);
        publish_many(24 / LESS, 3000);
        assert_int_equal(missing(0), 0);
        /* The tree has cut the ring somewhere. */
        assert_true(protocols[p] == &net_plumtree ? group.hops_max <= 11 : group.hops_max == 6);
        for (uint32_t a = 0; a < 12; a++)
            for (uint32_t b = 0; b < 12; b++)
                if (a != b && (a + 1) % 12 != b && (b + 1) % 12 != a)
                    assert_int_equal(lab_fabric_counts(lab_sim_fabric(group.sim), a, b)->packets,
                                     0);
        finish();
    }
}

/* Nodes die without a word; the others still hear everything. */
static void the_rest_goes_on_after_crashes(void **state)
{
    (void)state;
    for (int p = 0; p < PROTOCOLS; p++) {
        begin(protocols[p], 20, link_of(0.01));
        start(1, false);
        publish_many(20 / LESS, 2000);
        assert_int_equal(missing(0), 0);
        for (uint32_t i = 0; i < 20; i += 5) {
            lab_sim_crash(group.sim, i);
            group.is_gone[i] = true;
        }
        const uint32_t first = group.sent;
        publish_many(40 / LESS, 2000);
        const uint64_t absent = missing(first);
        if (absent > 0)
            fail_msg("%s: %llu deliveries are missing", protocols[p]->name,
                     (unsigned long long)absent);
        finish();
    }
}

static uint64_t digest_of(const struct net_protocol *protocol, uint64_t seed)
{
    begin(protocol, 12, link_of(0.02));
    start(seed, false);
    publish_many(10 / LESS, 4000);
    const uint64_t digest = lab_sim_digest(group.sim);
    finish();
    return digest;
}

static void one_seed_is_one_history(void **state)
{
    (void)state;
    for (int p = 0; p < PROTOCOLS; p++) {
        const uint64_t digest = digest_of(protocols[p], 1);
        assert_int_equal(digest_of(protocols[p], 1), digest);
        assert_true(digest_of(protocols[p], 2) != digest);
    }
}

/* An outsider's machine: it sends what it is told to. */
static void outsider_nothing(void *state, const struct base_step_world *world)
{
    (void)state;
    (void)world;
}

static void outsider_datagram(void *state, const struct base_step_world *world,
                              const struct base_address *from, uint8_t *data, size_t size)
{
    (void)state;
    (void)world;
    (void)from;
    (void)data;
    (void)size;
}

static uint64_t outsider_wake(const void *state)
{
    (void)state;
    return UINT64_MAX;
}

static const struct base_step outsider = { "outsider", outsider_nothing, outsider_datagram,
                                           outsider_nothing, outsider_wake };

/* Data in another's name with a wrong tag and with none, control, and noise. */
static void attack(void *context, void *state, const struct base_step_world *world)
{
    struct net_wire_key key = net_wire_key_of(4711, *(const bool *)context);
    uint8_t out[2000];
    (void)state;
    for (int i = 0; i < 200; i++) {
        const struct net_wire wire = { .kind = (uint8_t)(1 + i % 9),
                                       .ttl = NET_WIRE_TTL,
                                       .origin = (uint32_t)i % 5,
                                       .sequence = (uint32_t)i,
                                       .fragment_count = 1,
                                       .message_size = 100,
                                       .payload = base_span_of(payload, 100) };
        size_t size = net_wire_encode(&wire, &key, out);
        for (size_t k = 0; i % 3 == 0 && k < size; k++)
            out[k] = (uint8_t)base_rng_u64(world->rng);
        world->send(world->context, &group.addresses[1 + i % 4], out, i % 11 == 0 ? 0 : size);
    }
}

static void forgeries_are_refused(void **state)
{
    (void)state;
    for (int p = 0; p < PROTOCOLS; p++)
        for (int tagged = 0; tagged < 2; tagged++) {
            bool has_tag = tagged == 1;
            begin(protocols[p], 8, link_of(0));
            group.config.is_authenticated = true;
            start(1, false);
            assert_int_equal(lab_sim_start(group.sim, 8, &outsider, &has_tag), BASE_OK);
            lab_sim_call(group.sim, 8, attack, &has_tag);
            publish_many(5, 500);
            assert_int_equal(missing(0), 0);
            const struct net_node_stats s = sum_stats();
            assert_int_equal(s.rejected, 200);
            assert_int_equal(s.delivered, 5 * 7);
            finish();
        }
}

/* Bits flip under way; with tags nothing that is wrong is told, and copies make up for it. */
static void flipped_bits_are_noticed(void **state)
{
    (void)state;
    for (int p = 0; p < PROTOCOLS; p++) {
        begin(protocols[p], 20, link_of(0));
        group.topology.uniform.corrupt = 0.02;
        group.config.is_authenticated = true;
        start(1, true);
        publish_many(40 / LESS, 3000);
        assert_int_equal(missing(0), 0);
        assert_true(sum_stats().rejected > 4);
        finish();
    }
}

static void what_cannot_be_is_refused(void **state)
{
    static uint32_t neighbors[65];
    struct base_why why;
    void *node = NULL;
    (void)state;
    begin(&net_gossip, 3, link_of(0));
    for (int p = 0; p < PROTOCOLS; p++) {
        struct net_node_config config = group.config;
        config.index = 3;
        assert_int_equal(protocols[p]->open(&config, &node, &why), BASE_ERANGE);
        assert_string_equal(why.text, "node 3 of 3: two nodes at least are needed");
        config.index = 0;
        config.mtu_bytes = 575;
        assert_int_equal(protocols[p]->open(&config, &node, &why), BASE_ERANGE);
        assert_string_equal(why.text, "an MTU of 575 bytes is not 576 to 65535");
        config.mtu_bytes = 1500;
        config.neighbors = neighbors;
        config.neighbor_count = 65;
        assert_int_equal(protocols[p]->open(&config, &node, &why), BASE_ERANGE);
        assert_string_equal(why.text, "65 neighbors; at most 64 are possible");
        assert_null(node);
        config.neighbor_count = 0;
        assert_int_equal(protocols[p]->open(&config, &node, &why), BASE_OK);
        struct base_step_world world = { .now_ns = 1 };
        assert_int_equal(protocols[p]->publish(node, &world, 0, base_span_of(payload, 15), &why),
                         BASE_ERANGE);
        assert_int_equal(
            protocols[p]->publish(node, &world, 0, base_span_of(payload, PAYLOAD_MAX + 1), &why),
            BASE_ERANGE);
        assert_string_equal(why.text, "a message of 1048577 bytes is not 16 to 1048576");
        protocols[p]->close(node);
        protocols[p]->close(NULL);
        node = NULL;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_reaches_everybody_once),
        cmocka_unit_test(losses_are_made_good),
        cmocka_unit_test(copies_are_counted),
        cmocka_unit_test(a_tree_has_no_copies_too_many),
        cmocka_unit_test(large_messages_come_whole),
        cmocka_unit_test(given_neighbors_are_kept_to),
        cmocka_unit_test(the_rest_goes_on_after_crashes),
        cmocka_unit_test(one_seed_is_one_history),
        cmocka_unit_test(forgeries_are_refused),
        cmocka_unit_test(flipped_bits_are_noticed),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
