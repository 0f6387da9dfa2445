/* test_lab_fabric.c - packets over a topology: routes, limits, changes, memory, bad topologies. */
#include "unit.h"

#include <lab/fabric.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS UINT64_C(1000000)

enum { HOSTS = 8, EDGES = 64 };

static struct lab_host hosts[HOSTS];
static struct lab_edge edges[EDGES];
static struct lab_topology topology;

static void begin(uint32_t count)
{
    memset(hosts, 0, sizeof hosts);
    for (uint32_t i = 0; i < HOSTS; i++)
        snprintf(hosts[i].name, sizeof hosts[i].name, "node%u", i);
    topology = (struct lab_topology){
        .hosts = hosts, .host_count = count, .program_count = count, .edges = edges
    };
}

static void add_edge(uint32_t from, uint32_t to, struct lab_link_config config)
{
    edges[topology.edge_count++] = (struct lab_edge){ from, to, config };
}

static void add_path(uint32_t a, uint32_t b, uint64_t delay_ns)
{
    add_edge(a, b, (struct lab_link_config){ .delay_ns = delay_ns });
    add_edge(b, a, (struct lab_link_config){ .delay_ns = delay_ns });
}

static struct lab_fabric *open_fabric(size_t memory_max)
{
    struct lab_fabric *fabric = NULL;
    struct base_why why = { 0 };
    if (lab_fabric_new(&topology, 1, memory_max, &fabric, &why) != BASE_OK)
        fail_msg("%s", why.text);
    return fabric;
}

static void push(struct lab_fabric *fabric, uint64_t now_ns, uint32_t from, uint32_t to,
                 size_t size)
{
    static const uint8_t zeros[LAB_PACKET_MAX];
    assert_int_equal(lab_fabric_push(fabric, now_ns, from, to, zeros, size, 0), BASE_OK);
}

/* When the only packet arrives; UINT64_MAX: never. */
static uint64_t arrival_ns(struct lab_fabric *fabric)
{
    struct lab_arrival a;
    while (lab_fabric_next_ns(fabric) != UINT64_MAX)
        if (lab_fabric_pop(fabric, lab_fabric_next_ns(fabric), &a))
            return a.at_ns;
    return UINT64_MAX;
}

static void the_shortest_way_is_taken(void **state)
{
    (void)state;
    begin(5);
    add_path(0, 1, 10 * MS); /* straight, but slower than over 2 and 3 */
    add_path(0, 2, 2 * MS);
    add_path(2, 3, 3 * MS);
    add_path(3, 1, 4 * MS);
    struct lab_fabric *const f = open_fabric(0);
    push(f, MS, 0, 1, 100);
    assert_int_equal(arrival_ns(f), 10 * MS);
    assert_int_equal(lab_fabric_counts(f, 2, 3)->delivered, 1);
    assert_int_equal(lab_fabric_counts(f, 0, 1)->packets, 0);
    assert_null(lab_fabric_counts(f, 1, 2));
    assert_null(lab_fabric_counts(f, 0, 77));
    assert_int_equal(lab_fabric_push(f, 20 * MS, 0, 4, "x", 1, 0), BASE_ENOTFOUND);
    assert_int_equal(lab_fabric_push(f, 20 * MS, 0, 9, "x", 1, 0), BASE_ENOTFOUND);
    assert_int_equal(lab_fabric_stats(f).no_route, 2);
    push(f, 20 * MS, 3, 3, 0); /* to itself: at once */
    assert_int_equal(arrival_ns(f), 20 * MS);
    lab_fabric_free(f);
}

static void a_host_sends_no_faster_than_its_limit(void **state)
{
    struct lab_arrival a;
    (void)state;
    begin(3);
    add_path(0, 1, MS);
    add_path(0, 2, MS);
    hosts[0].rate_bits = 8000000; /* 1000 bytes in 1 ms, over both links */
    struct lab_fabric *const f = open_fabric(0);
    for (uint32_t i = 0; i < 4; i++)
        push(f, 0, 0, 1 + i % 2, 1000);
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(lab_fabric_pop(f, 100 * MS, &a));
        assert_int_equal(a.to, 1 + i % 2);
        assert_int_equal(a.at_ns, (2 + i) * MS);
    }
    for (uint32_t i = 0; i < 200; i++)
        push(f, 200 * MS, 0, 1, 1000);
    const struct lab_link_counts total = lab_fabric_total(f);
    assert_int_equal(total.queue_dropped, 100); /* 100 ms of the rate */
    lab_fabric_free(f);
}

static void a_host_queues_as_much_as_it_is_told(void **state)
{
    (void)state;
    begin(2);
    add_path(0, 1, MS);
    hosts[0].rate_bits = 8000000;
    hosts[0].queue_bytes = 150000;
    struct lab_fabric *const f = open_fabric(0);
    for (uint32_t i = 0; i < 200; i++)
        push(f, 0, 0, 1, 1000);
    assert_int_equal(lab_fabric_total(f).queue_dropped, 50);
    lab_fabric_free(f);
}

static void changes_take_effect(void **state)
{
    static const uint8_t side[3] = { 0, 1, 0 };
    struct lab_change change = { .kind = LAB_CUT, .a = 0, .b = 1, .is_one_way = true };
    struct base_why why = { 0 };
    (void)state;
    begin(3);
    hosts[2].is_switch = true;
    add_path(0, 1, MS);
    add_path(0, 2, MS);
    add_path(2, 1, MS);
    struct lab_fabric *const f = open_fabric(0);
    push(f, 0, 0, 1, 10);
    assert_int_equal(lab_fabric_change(f, MS / 2, &change, &why), BASE_OK);
    assert_int_equal(arrival_ns(f), MS); /* was under way */
    push(f, 2 * MS, 0, 1, 10);
    assert_int_equal(arrival_ns(f), UINT64_MAX);
    push(f, 3 * MS, 1, 0, 10);
    assert_int_equal(arrival_ns(f), 4 * MS);
    change.is_one_way = false;
    assert_int_equal(lab_fabric_change(f, 5 * MS, &change, &why), BASE_OK);
    push(f, 5 * MS, 1, 0, 10);
    assert_int_equal(arrival_ns(f), UINT64_MAX);
    change.kind = LAB_SET;
    change.config = (struct lab_link_config){ .delay_ns = 7 * MS };
    assert_int_equal(lab_fabric_change(f, 6 * MS, &change, &why), BASE_OK);
    push(f, 6 * MS, 1, 0, 10);
    assert_int_equal(arrival_ns(f), 13 * MS);
    change = (struct lab_change){ .kind = LAB_PARTITION, .side = side };
    assert_int_equal(lab_fabric_change(f, 20 * MS, &change, &why), BASE_OK);
    push(f, 20 * MS, 0, 1, 10);
    assert_int_equal(arrival_ns(f), UINT64_MAX);
    push(f, 20 * MS, 0, 2, 10);
    assert_int_equal(arrival_ns(f), 21 * MS);
    change.kind = LAB_HEAL_ALL;
    assert_int_equal(lab_fabric_change(f, 22 * MS, &change, &why), BASE_OK);
    push(f, 22 * MS, 0, 1, 10);
    assert_int_equal(arrival_ns(f), 29 * MS);
    assert_int_equal(lab_fabric_total(f).down_dropped, 3);
    lab_fabric_free(f);
}

static void impossible_changes_are_refused(void **state)
{
    struct base_why why = { 0 };
    struct lab_change change = { .kind = LAB_CUT, .a = 0, .b = 2 };
    (void)state;
    begin(3);
    add_path(0, 1, MS);
    struct lab_fabric *const f = open_fabric(0);
    assert_int_equal(lab_fabric_change(f, 0, &change, &why), BASE_ENOTFOUND);
    assert_string_equal(why.text, "there is no link from node0 to node2");
    change = (struct lab_change){ .kind = LAB_SET, .a = 0, .b = 1, .config.loss_share = 2 };
    assert_int_equal(lab_fabric_change(f, 0, &change, &why), BASE_ERANGE);
    change = (struct lab_change){ .kind = LAB_PARTITION };
    assert_int_equal(lab_fabric_change(f, 0, &change, &why), BASE_ERANGE);
    change = (struct lab_change){ .kind = (enum lab_change_kind)77 };
    assert_int_equal(lab_fabric_change(f, 0, &change, &why), BASE_ERANGE);
    lab_fabric_free(f);
}

static void check_refused(const char *sentence)
{
    struct lab_fabric *fabric = NULL;
    struct base_why why = { 0 };
    assert_int_equal(lab_fabric_new(&topology, 1, 0, &fabric, &why), BASE_ERANGE);
    assert_null(fabric);
    if (strstr(why.text, sentence) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", why.text, sentence);
}

static void impossible_topologies_are_refused(void **state)
{
    (void)state;
    begin(0);
    check_refused("0 hosts; 1 to 16384 are possible");
    begin(2);
    add_path(0, 2, MS);
    check_refused("link 0 goes from host 0 to host 2 of 2");
    begin(2);
    add_path(1, 1, MS);
    check_refused("it needs two hosts");
    begin(2);
    add_path(0, 1, MS);
    add_edge(1, 0, (struct lab_link_config){ 0 });
    check_refused("two links from node1 to node0");
    begin(2);
    add_edge(1, 0, (struct lab_link_config){ .loss_share = 1.01 });
    check_refused("link node1-node0: packet loss: 101% is not between 0% and 100%");
    begin(2);
    hosts[1].rate_bits = 7;
    check_refused("host node1: bandwidth: 7 bit/s");
    begin(2);
    hosts[1].queue_bytes = 3000;
    check_refused("host node1: queue: 3000 bytes without a bandwidth");
    begin(2);
    topology.is_uniform = true;
    topology.uniform.mtu_bytes = 3;
    check_refused("link of every pair: MTU");
    topology.uniform = (struct lab_link_config){ .is_down = true };
    check_refused("link of every pair: it is cut from the start");
}

static void memory_is_bounded(void **state)
{
    static const uint8_t data[LAB_PACKET_MAX];
    struct lab_arrival a;
    uint64_t count = 0;
    (void)state;
    begin(2);
    add_path(0, 1, MS);
    struct lab_fabric *const f = open_fabric(1 << 20);
    while (lab_fabric_push(f, 0, 0, 1, data, 1500, 0) == BASE_OK)
        count++;
    assert_true(count > 500 && count < 700);
    assert_int_equal(lab_fabric_stats(f).no_memory, 1);
    assert_true(lab_fabric_stats(f).memory_bytes <= 1 << 20);
    for (uint64_t i = 0; i < count; i++)
        assert_true(lab_fabric_pop(f, MS, &a));
    assert_false(lab_fabric_pop(f, MS, &a));
    assert_int_equal(lab_fabric_stats(f).memory_bytes, 0);
    push(f, 2 * MS, 0, 1, LAB_PACKET_MAX);
    assert_true(lab_fabric_pop(f, 3 * MS, &a));
    assert_int_equal(a.size, LAB_PACKET_MAX);
    assert_int_equal(lab_fabric_stats(f).arrived_bytes, count * 1500 + LAB_PACKET_MAX);
    lab_fabric_free(f);
}

static void a_packet_may_be_changed_while_others_are_pushed(void **state)
{
    uint8_t data[3000];
    struct lab_arrival a;
    (void)state;
    begin(2);
    add_path(0, 1, MS);
    struct lab_fabric *const f = open_fabric(0);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    assert_int_equal(lab_fabric_push(f, 0, 0, 1, data, sizeof data, 28), BASE_OK);
    assert_int_equal(lab_fabric_counts(f, 0, 1)->bytes, 3028);
    assert_true(lab_fabric_pop(f, MS, &a));
    push(f, MS, 1, 0, 3000);
    assert_memory_equal(a.data, data, sizeof data);
    memset(a.data, 0, a.size);
    lab_fabric_free(f);
}

/* Of links that nobody has used, were used, were changed; and where there are none. */
static void an_mtu_is_as_it_is_now(void **state)
{
    (void)state;
    for (int is_uniform = 0; is_uniform < 2; is_uniform++) {
        begin(3);
        if (is_uniform)
            topology.uniform = (struct lab_link_config){ .delay_ns = MS, .mtu_bytes = 1400 };
        else
            add_edge(0, 1, (struct lab_link_config){ .delay_ns = MS, .mtu_bytes = 1400 });
        topology.is_uniform = is_uniform;
        add_path(1, 2, MS);
        struct lab_fabric *const f = open_fabric(0);
        struct lab_change change = { .kind = LAB_SET, .a = 0, .b = 1, .is_one_way = true };
        assert_int_equal(lab_fabric_mtu(f, 0, 1), 1400);
        assert_int_equal(lab_fabric_mtu(f, 1, 2), 0);
        assert_int_equal(lab_fabric_mtu(f, 2, 0), is_uniform ? 1400 : 0);
        assert_int_equal(lab_fabric_mtu(f, 1, 1), 0);
        assert_int_equal(lab_fabric_mtu(f, 0, 77), 0);
        push(f, 0, 0, 1, 100);
        assert_int_equal(lab_fabric_mtu(f, 0, 1), 1400);
        change.config = (struct lab_link_config){ .delay_ns = MS, .mtu_bytes = 1300 };
        assert_int_equal(lab_fabric_change(f, MS, &change, NULL), BASE_OK);
        assert_int_equal(lab_fabric_mtu(f, 0, 1), 1300);
        change.config.mtu_bytes = 0;
        assert_int_equal(lab_fabric_change(f, MS, &change, NULL), BASE_OK);
        assert_int_equal(lab_fabric_mtu(f, 0, 1), 0);
        lab_fabric_free(f);
    }
}

/* Ten thousand hosts, each linked to each. */
static void a_uniform_mesh_takes_memory_for_what_is_used(void **state)
{
    enum { MANY = 10000 };
    struct lab_arrival a;
    (void)state;
    begin(1);
    topology.hosts = calloc(MANY, sizeof *topology.hosts);
    topology.host_count = topology.program_count = MANY;
    topology.is_uniform = true;
    topology.uniform = (struct lab_link_config){ .delay_ns = MS, .rate_bits = 8000000 };
    struct lab_fabric *const f = open_fabric(0);
    for (uint32_t i = 0; i < MANY; i++)
        push(f, 0, i, (i * 7919 + 1) % MANY, 1000);
    for (uint32_t i = 0; i < MANY; i++) {
        assert_true(lab_fabric_pop(f, 2 * MS, &a));
        assert_int_equal(a.from, i);
        assert_int_equal(a.to, (i * 7919 + 1) % MANY);
        assert_int_equal(a.at_ns, a.from == a.to ? 0 : 2 * MS);
    }
    assert_int_equal(lab_fabric_counts(f, 9, 8)->packets, 0);
    assert_int_equal(lab_fabric_counts(f, 0, 1)->packets, 1);
    const struct lab_change cut = { .kind = LAB_CUT, .a = 5, .b = 6 };
    assert_int_equal(lab_fabric_change(f, 3 * MS, &cut, NULL), BASE_OK);
    push(f, 3 * MS, 5, 6, 10);
    push(f, 3 * MS, 6, 7, 10);
    assert_true(lab_fabric_pop(f, 9 * MS, &a));
    assert_int_equal(a.to, 7);
    assert_false(lab_fabric_pop(f, 9 * MS, &a));
    free(topology.hosts);
    lab_fabric_free(f);
}

/* Links without memory of more pairs than can have one each: one for each sender, but for those
 * that are changed. */
static void a_large_mesh_without_memory_shares_links(void **state)
{
#ifdef BPI_SANITIZED
    enum { MANY = 3000, EACH = 20 };
#else
    enum { MANY = 3000, EACH = 360 };
#endif
    struct lab_arrival a;
    uint64_t count = 0;
    (void)state;
    begin(1);
    topology.hosts = calloc(MANY, sizeof *topology.hosts);
    topology.host_count = topology.program_count = MANY;
    topology.is_uniform = true;
    topology.uniform =
        (struct lab_link_config){ .delay_ns = MS, .loss = LAB_LOSS_BERNOULLI, .loss_share = 0.5 };
    struct lab_fabric *const f = open_fabric(0);
    const struct lab_change cut = { .kind = LAB_CUT, .a = 7, .b = 8, .is_one_way = true };
    assert_int_equal(lab_fabric_change(f, 0, &cut, NULL), BASE_OK);
    for (uint32_t k = 1; k <= EACH; k++) {
        for (uint32_t i = 0; i < MANY; i++)
            push(f, k * MS, i, (i + k) % MANY, 20);
        while (lab_fabric_pop(f, (k + 1) * MS - 1, &a))
            count++;
    }
    while (lab_fabric_pop(f, (EACH + 2) * MS, &a))
        count++;
    const struct lab_link_counts total = lab_fabric_total(f);
    assert_int_equal(lab_fabric_stats(f).no_memory, 0);
    assert_int_equal(total.packets, MANY * EACH);
    assert_int_equal(total.delivered, count);
    assert_int_equal(total.down_dropped, 1);
    assert_true(count > MANY * EACH / 2 - 5000 && count < MANY * EACH / 2 + 5000);
    assert_int_equal(lab_fabric_counts(f, 7, 8)->packets, 1);
    assert_int_equal(lab_fabric_counts(f, 7, 9)->packets, EACH - 1);
    assert_int_equal(lab_fabric_counts(f, 9, 2)->packets, EACH);
    free(topology.hosts);
    lab_fabric_free(f);
}

/* A ring of many hosts: tables for every destination, each way the shorter one. */
static void long_ways_are_found(void **state)
{
    enum { MANY = 400 };
    struct lab_arrival a;
    (void)state;
    begin(1);
    topology.hosts = calloc(MANY, sizeof *topology.hosts);
    topology.edges = calloc(2 * MANY, sizeof *topology.edges);
    topology.host_count = topology.program_count = MANY;
    for (uint32_t i = 0; i < MANY; i++) {
        const struct lab_link_config config = { .delay_ns = MS };
        topology.edges[topology.edge_count++] = (struct lab_edge){ i, (i + 1) % MANY, config };
        topology.edges[topology.edge_count++] = (struct lab_edge){ (i + 1) % MANY, i, config };
    }
    struct lab_fabric *const f = open_fabric(0);
    for (uint32_t to = 0; to < MANY; to++) {
        push(f, to * MANY * MS, 100, to, 10);
        const uint32_t away = to > 100 ? to - 100 : 100 - to;
        const uint32_t hops = away < MANY - away ? away : MANY - away;
        assert_true(lab_fabric_pop(f, (to + 1) * MANY * MS - 1, &a));
        assert_int_equal(a.at_ns, (to * MANY + hops) * MS);
    }
    free(topology.hosts);
    free(topology.edges);
    lab_fabric_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shortest_way_is_taken),
        cmocka_unit_test(a_host_sends_no_faster_than_its_limit),
        cmocka_unit_test(a_host_queues_as_much_as_it_is_told),
        cmocka_unit_test(changes_take_effect),
        cmocka_unit_test(impossible_changes_are_refused),
        cmocka_unit_test(impossible_topologies_are_refused),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(a_packet_may_be_changed_while_others_are_pushed),
        cmocka_unit_test(an_mtu_is_as_it_is_now),
        cmocka_unit_test(a_uniform_mesh_takes_memory_for_what_is_used),
        cmocka_unit_test(a_large_mesh_without_memory_shares_links),
        cmocka_unit_test(long_ways_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
