/* test_hermes_node.c - whole nodes on simulated links: two, a direct group, a tree, a slow peer, a
 * restart, and every refusal. */
#include <unit.h>

#include "hermes_group.h"
#include "hermes_node_internal.h"

#include <stdlib.h>
#include <string.h>

#define MS     UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

enum { HOSTS_MAX = 64, MESSAGES_MAX = 4096, PAYLOAD_MAX = 1 << 20 };

/* What the nodes told. Messages are numbered by their first four bytes. */
struct heard {
    struct hermes_group *group;
    uint16_t times[MESSAGES_MAX][HOSTS_MAX];
    uint32_t origin[MESSAGES_MAX];
    size_t size[MESSAGES_MAX];
    uint32_t delivered, wrong, done, addressees, missed, ups, downs, writable, hops_max;
    uint32_t delivered_at[HOSTS_MAX];
    uint64_t late_ns; /* of the latest delivery */
};

static struct heard heard;
static uint8_t bytes[PAYLOAD_MAX];

static struct base_span payload_of(uint32_t number, size_t size)
{
    for (size_t i = 4; i < size; i++)
        bytes[i] = (uint8_t)(number * 31 + i * 7);
    memcpy(bytes, &number, sizeof number);
    return base_span_of(bytes, size);
}

static void on_message(uint32_t host, const struct bpi_hermes_event *event)
{
    uint32_t number;
    heard.delivered++;
    heard.delivered_at[host]++;
    memcpy(&number, event->payload.data, sizeof number);
    if (event->payload.size < 4 || number >= MESSAGES_MAX ||
        event->payload.size != heard.size[number] ||
        hermes_group_host(heard.group, &event->id) != heard.origin[number]) {
        heard.wrong++;
        return;
    }
    for (size_t i = 4; i < event->payload.size; i++)
        heard.wrong += event->payload.data[i] != (uint8_t)(number * 31 + i * 7);
    heard.times[number][host]++;
    if (event->hops > heard.hops_max)
        heard.hops_max = event->hops;
}

static void tell(void *context, uint32_t host, uint64_t now_ns,
                 const struct bpi_hermes_event *event)
{
    (void)context;
    switch (event->kind) {
    case BPI_HERMES_MESSAGE:
        heard.late_ns = now_ns;
        on_message(host, event);
        break;
    case BPI_HERMES_DONE:
        heard.done++;
        heard.addressees += event->addressees;
        heard.missed += event->missed;
        break;
    case BPI_HERMES_PEER_UP:
        heard.ups++;
        break;
    case BPI_HERMES_PEER_DOWN:
        heard.downs++;
        break;
    case BPI_HERMES_WRITABLE:
        heard.writable++;
        break;
    }
}

static struct hermes_group_config config_of(uint32_t count, double loss)
{
    struct hermes_group_config config = { .count = count,
                                          .seed = 1,
                                          .link = { .delay_ns = 10 * MS, .loss_share = loss },
                                          .boots = count,
                                          .tell = tell };
    if (loss > 0)
        config.link.loss = LAB_LOSS_BERNOULLI;
    bpi_hermes_defaults(&config.node);
    return config;
}

static void begin(struct hermes_group *group, const struct hermes_group_config *config)
{
    memset(&heard, 0, sizeof heard);
    heard.group = group;
    hermes_group_open(group, config);
}

/* All nodes started, and acquainted. */
static void begin_running(struct hermes_group *group, const struct hermes_group_config *config)
{
    begin(group, config);
    hermes_group_start_all(group);
    hermes_group_run(group, SECOND);
}

static base_err send_number(struct hermes_group *group, uint32_t host, enum bpi_hermes_type type,
                            const struct bpi_hermes_id *to, uint32_t number, size_t size)
{
    struct base_why why = { 0 };
    const base_err err =
        hermes_group_send(group, host, type, to, payload_of(number, size), NULL, &why);
    if (err == BASE_OK) {
        heard.origin[number] = host;
        heard.size[number] = size;
    } else {
        assert_true(why.text[0] != '\0');
    }
    return err;
}

static void check_ready(struct hermes_group *group, uint32_t sessions)
{
    for (uint32_t i = 0; i < group->config.count; i++) {
        const struct bpi_hermes_status s = bpi_hermes_status(group->nodes[i]);
        if (!s.is_ready || s.sessions < sessions)
            fail_msg("host %u: ready %d, %u sessions, %u members", i, s.is_ready, s.sessions,
                     s.members);
    }
}

/* Every one of the messages once at every host but its origin. */
static void check_all_once(struct hermes_group *group, uint32_t messages)
{
    uint32_t bad = 0;
    for (uint32_t m = 0; m < messages; m++)
        for (uint32_t i = 0; i < group->config.count; i++)
            if (heard.times[m][i] != (i != heard.origin[m]) && bad++ < 5)
                print_error("message %u of %u came %u times to %u\n", m, heard.origin[m],
                            heard.times[m][i], i);
    assert_int_equal(bad, 0);
    assert_int_equal(heard.wrong, 0);
}

static void test_two_nodes(void **state)
{
    (void)state;
    struct hermes_group group;
    const struct hermes_group_config config = config_of(2, 0);
    begin_running(&group, &config);
    check_ready(&group, 1);
    assert_int_equal(heard.ups, 2);
    for (uint32_t i = 0; i < BPI_HERMES_TYPES; i++)
        assert_int_equal(
            send_number(&group, 0, (enum bpi_hermes_type)i, &group.ids[1], i, 4 + i * 700),
            BASE_OK);
    assert_int_equal(
        send_number(&group, 1, BPI_HERMES_BLOCK_DATA, NULL, BPI_HERMES_TYPES, PAYLOAD_MAX),
        BASE_OK);
    hermes_group_run(&group, 5 * SECOND);
    check_all_once(&group, BPI_HERMES_TYPES + 1);
    assert_int_equal(heard.done, BPI_HERMES_TYPES + 1);
    assert_int_equal(heard.addressees, BPI_HERMES_TYPES + 1);
    assert_int_equal(heard.missed, 0);
    assert_int_equal(heard.hops_max, 1);
    struct bpi_hermes_neighbor neighbor;
    assert_int_equal(bpi_hermes_neighbors(group.nodes[0], &neighbor, 1), 1);
    assert_memory_equal(&neighbor.id, &group.ids[1], sizeof neighbor.id);
    assert_true(neighbor.rtt_ns >= 20 * MS && neighbor.rtt_ns < 60 * MS);
    assert_true(neighbor.is_neighbor);
    assert_true(bpi_hermes_status(group.nodes[0]).rtt_min_ns == neighbor.rtt_ns);
    hermes_group_close(&group);
    begin(&group, &config);
    hermes_group_start(&group, 0);
    assert_int_equal(bpi_hermes_status(group.nodes[0]).rtt_min_ns, 0);
    hermes_group_close(&group);
}

static void test_refusals(void **state)
{
    (void)state;
    struct hermes_group group;
    struct hermes_group_config config = config_of(2, 0);
    config.node.peer_memory_bytes = 64 << 10;
    begin(&group, &config);
    hermes_group_start(&group, 0);
    const struct bpi_hermes_id nobody = { { 1 } };
    assert_int_equal(send_number(&group, 0, BPI_HERMES_BLOCK_DATA, NULL, 0, 10), BASE_ENOTFOUND);
    hermes_group_start(&group, 1);
    hermes_group_run(&group, SECOND);
    const struct bpi_hermes_id *const other = &group.ids[1];
    assert_int_equal(send_number(&group, 0, BPI_HERMES_BLOCK_DATA, other, 0, 0), BASE_ERANGE);
    assert_int_equal(send_number(&group, 0, BPI_HERMES_BLOCK_DATA, other, 0, 40 << 10),
                     BASE_ERANGE);
    static uint8_t large[PAYLOAD_MAX + 1];
    struct base_why why;
    assert_int_equal(hermes_group_send(&group, 0, BPI_HERMES_BLOCK_DATA, other,
                                       base_span_of(large, sizeof large), NULL, &why),
                     BASE_ERANGE);
    assert_non_null(strstr(why.text, "1048576"));
    assert_int_equal(send_number(&group, 0, BPI_HERMES_TYPES, other, 0, 10), BASE_ERANGE);
    assert_int_equal(send_number(&group, 0, BPI_HERMES_BLOCK_DATA, &nobody, 0, 10), BASE_ENOTFOUND);
    assert_int_equal(send_number(&group, 0, BPI_HERMES_BLOCK_DATA, &group.ids[0], 0, 10),
                     BASE_EINVALID);
    assert_int_equal(heard.delivered, 0);
    hermes_group_close(&group);
}

static void test_configurations(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        size_t at;
        bool is_long;
        uint64_t value;
    } rows[] = {
#define FIELD(name, is_long, value)                                                                \
    { #name, offsetof(struct bpi_hermes_config, name), is_long, value }
        FIELD(max_neighbors, false, 0),
        FIELD(max_neighbors, false, 65),
        FIELD(mtu_bytes, false, 575),
        FIELD(mtu_bytes, false, 9001),
        FIELD(members_max, false, 0),
        FIELD(inactive_ns, true, 0),
        FIELD(rekey_ns, true, 0),
        FIELD(peer_memory_bytes, true, 100),
        FIELD(auction_retries, false, 1000),
        FIELD(direct_max, false, 100000),
#undef FIELD
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bpi_hermes_config config;
        bpi_hermes_defaults(&config);
        const uint32_t small = (uint32_t)rows[i].value;
        if (rows[i].is_long)
            memcpy((uint8_t *)&config + rows[i].at, &rows[i].value, 8);
        else
            memcpy((uint8_t *)&config + rows[i].at, &small, 4);
        struct bpi_hermes *node = NULL;
        struct base_why why = { 0 };
        assert_int_equal(bpi_hermes_new(&config, &node, &why), BASE_ERANGE);
        assert_non_null(strstr(why.text, rows[i].field));
        assert_null(node);
    }
}

static void test_the_seed_is_not_kept(void **state)
{
    (void)state;
    struct bpi_hermes_config config;
    bpi_hermes_defaults(&config);
    memset(config.seed, 0xa5, sizeof config.seed);
    struct bpi_hermes *node = NULL;
    assert_int_equal(bpi_hermes_new(&config, &node, NULL), BASE_OK);
    for (size_t at = 0; at + 8 <= sizeof *node; at++)
        assert_memory_not_equal((const uint8_t *)node + at, config.seed, 8);
    bpi_hermes_free(node);
}

static void test_direct_group(void **state)
{
    (void)state;
    struct hermes_group group;
    const struct hermes_group_config config = config_of(10, 0.02);
    begin(&group, &config);
    hermes_group_start_all(&group);
    hermes_group_run(&group, 4 * SECOND);
    check_ready(&group, 9);
    uint32_t number = 0;
    for (int round = 0; round < 20; round++) {
        for (uint32_t i = 0; i < 10; i++, number++)
            assert_int_equal(
                send_number(&group, i, (enum bpi_hermes_type)(number % 9), NULL, number, 2048),
                BASE_OK);
        hermes_group_run(&group, 50 * MS);
    }
    hermes_group_run(&group, 20 * SECOND);
    check_all_once(&group, number);
    assert_int_equal(heard.done, number);
    assert_int_equal(heard.addressees, 9 * number);
    assert_int_equal(heard.missed, 0);
    assert_int_equal(heard.hops_max, 1);
    hermes_group_close(&group);
}

/* One list for all, with everybody's own address in it. */
static void test_own_address_in_the_list(void **state)
{
    (void)state;
    struct hermes_group group;
    struct hermes_group_config config = config_of(4, 0);
    config.is_self_told = true;
    begin_running(&group, &config);
    check_ready(&group, 3);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(bpi_hermes_status(group.nodes[i]).members, 3);
    assert_int_equal(heard.ups, 12);
    assert_int_equal(heard.downs, 0);
    hermes_group_close(&group);
}

/* The same list with ids, for each host itself among them. */
static void test_ids_in_the_list(void **state)
{
    (void)state;
    for (uint32_t boots = 2; boots <= 6; boots += 4) {
        struct hermes_group group;
        struct hermes_group_config config = config_of(6, 0.01);
        config.has_boot_ids = config.is_self_told = true;
        config.boots = boots;
        begin(&group, &config);
        hermes_group_start_all(&group);
        hermes_group_run(&group, 5 * SECOND);
        check_ready(&group, 5);
        for (uint32_t i = 0; i < 6; i++)
            for (uint32_t k = 0; k < group.nodes[i]->boot_count; k++)
                assert_true(group.nodes[i]->boots[k].is_met || group.nodes[i]->boots[k].is_self);
        hermes_group_close(&group);
    }
}

/* A list that gives two nodes each other's address: who is met is who answers, not where. */
static void test_moved_since_the_list(void **state)
{
    (void)state;
    struct hermes_group group;
    struct hermes_group_config config = config_of(3, 0);
    config.has_boot_ids = true;
    begin(&group, &config);
    struct bpi_hermes *const node = hermes_group_node(&group, 0);
    struct hermes_boot *const boots = node->boots;
    assert_int_equal(node->boot_count, 2);
    const struct base_address first = boots[0].address;
    boots[0].address = boots[1].address;
    boots[1].address = first;
    group.nodes[0] = node;
    assert_int_equal(lab_sim_start(group.sim, 0, &bpi_hermes_step, node), BASE_OK);
    hermes_group_start(&group, 1);
    hermes_group_run(&group, 5 * SECOND);
    assert_memory_equal(&boots[0].id, &group.ids[1], sizeof group.ids[1]);
    assert_true(boots[0].is_met);
    assert_false(boots[1].is_met);
    hermes_group_start(&group, 2);
    hermes_group_run(&group, 5 * SECOND);
    assert_true(boots[1].is_met);
    check_ready(&group, 2);
    hermes_group_close(&group);
}

static uint32_t votes_of(const struct bpi_hermes *node)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < node->capacity; i++)
        count += node->peers[i].seen_at.port != 0;
    return count;
}

struct lie {
    uint32_t handle;
    struct base_address address;
};

static void act_lie(void *context, void *state, const struct base_step_world *world)
{
    const struct lie *const lie = context;
    hermes_node_enter(state, world);
    hermes_self_named(state, lie->handle, &lie->address);
    hermes_node_leave(state);
}

/* Host 4 is told first, by host 0, that it is where host 3 is, of whose id it does not know. */
static void test_a_false_hello(void **state)
{
    (void)state;
    struct hermes_group group;
    struct hermes_group_config config = config_of(5, 0);
    config.is_earlier_only = true;
    begin(&group, &config);
    hermes_group_start(&group, 0);
    hermes_group_start(&group, 4);
    struct bpi_hermes *const node = group.nodes[4];
    while (node->up_count == 0)
        hermes_group_run(&group, MS);
    const struct base_address own = lab_sim_address(4);
    struct lie lie = { .handle = node->heap[0], .address = lab_sim_address(3) };
    assert_int_equal(votes_of(node), 0);
    lab_sim_call(group.sim, 4, act_lie, &lie);
    hermes_group_run(&group, SECOND);
    assert_int_equal(votes_of(node), 1);
    assert_true(base_address_is(&node->self_record.address, &lie.address));
    assert_true(node->boots[3].is_self);
    hermes_group_start(&group, 1);
    hermes_group_start(&group, 2);
    hermes_group_run(&group, 10 * SECOND);
    assert_true(base_address_is(&node->self_record.address, &own));
    assert_false(node->boots[3].is_self);
    hermes_group_start(&group, 3);
    hermes_group_run(&group, 60 * SECOND);
    assert_true(node->boots[3].is_met);
    check_ready(&group, 4);
    hermes_group_close(&group);
}

/* Who comes again votes again, for its old vote went with its session. */
static void test_votes_end_with_sessions(void **state)
{
    (void)state;
    struct hermes_group group;
    const struct hermes_group_config config = config_of(4, 0);
    begin_running(&group, &config);
    struct bpi_hermes *const node = group.nodes[0];
    for (uint32_t i = 0; i < 9; i++) {
        assert_int_equal(votes_of(node), 3);
        hermes_group_crash(&group, 1 + i % 3);
        hermes_group_start(&group, 1 + i % 3);
        hermes_group_run(&group, 5 * SECOND);
        check_ready(&group, 3);
    }
    hermes_group_crash(&group, 1);
    hermes_group_run(&group, 400 * SECOND);
    assert_int_equal(node->up_count, 2);
    assert_int_equal(votes_of(node), 2);
    hermes_group_close(&group);
}

/* Far apart: nothing may depend on an answer within some hundred milliseconds. */
static void test_far_apart(void **state)
{
    (void)state;
    for (uint32_t direct_max = 0; direct_max <= 64; direct_max += 64) {
        struct hermes_group group;
        struct hermes_group_config config = config_of(5, 0.01);
        config.link.delay_ns = 600 * MS;
        config.node.direct_max = direct_max;
        for (int i = 0; i < BPI_HERMES_CLASSES; i++)
            config.node.deadline_ns[i] = 30 * SECOND;
        begin(&group, &config);
        hermes_group_start_all(&group);
        hermes_group_run(&group, 20 * SECOND);
        check_ready(&group, 4);
        for (uint32_t i = 0; i < 5; i++)
            assert_int_equal(send_number(&group, i, BPI_HERMES_IBFT_COMMIT, NULL, i, 3000),
                             BASE_OK);
        hermes_group_run(&group, 20 * SECOND);
        check_all_once(&group, 5);
        hermes_group_close(&group);
    }
}

/* Told of two earlier hosts each, they find one another. */
static void test_discovery(void **state)
{
    (void)state;
    struct hermes_group group;
    struct hermes_group_config config = config_of(30, 0.01);
    config.boots = 2;
    begin(&group, &config);
    hermes_group_start_all(&group);
    hermes_group_run(&group, 30 * SECOND);
    check_ready(&group, 29);
    hermes_group_close(&group);
}

static void test_tree(void **state)
{
    (void)state;
    enum { COUNT = 60, MESSAGES = 60 };
    struct hermes_group group;
    struct hermes_group_config config = config_of(COUNT, 0.02);
    config.boots = 3;
    config.node.direct_max = 0;
    config.node.members_max = 64;
    begin(&group, &config);
    hermes_group_start_all(&group);
    hermes_group_run(&group, 20 * SECOND);
    check_ready(&group, 1);
    for (uint32_t i = 0; i < COUNT; i++) {
        const struct bpi_hermes_status s = bpi_hermes_status(group.nodes[i]);
        assert_in_range(s.neighbors, 2, 8);
    }
    for (uint32_t m = 0; m < MESSAGES; m++) {
        assert_int_equal(send_number(&group, m * 7 % COUNT, (enum bpi_hermes_type)(m % 9), NULL, m,
                                     100 + m * 40),
                         BASE_OK);
        hermes_group_run(&group, 100 * MS);
    }
    hermes_group_run(&group, 20 * SECOND);
    check_all_once(&group, MESSAGES);
    assert_true(heard.hops_max > 1);
    uint64_t duplicates = 0;
    for (uint32_t i = 0; i < COUNT; i++)
        duplicates += bpi_hermes_status(group.nodes[i]).duplicates;
    print_message("tree: %llu copies beyond the first in %u deliveries, at most %u hops\n",
                  (unsigned long long)duplicates, heard.delivered, heard.hops_max);
    assert_true(duplicates < heard.delivered / 2);
    hermes_group_close(&group);
}

/* One link of a sender is slow: its peer gets less, the others all, and nothing piles up. */
static void test_slow_peer(void **state)
{
    (void)state;
    struct hermes_group group;
    struct hermes_group_config config = config_of(6, 0);
    config.link.rate_bits = 100000000;
    const struct lab_change slow = { .kind = LAB_SET,
                                     .a = 0,
                                     .b = 5,
                                     .is_one_way = true,
                                     .config = { .delay_ns = 10 * MS, .rate_bits = 50000 } };
    config.changes = &slow;
    config.change_count = 1;
    config.node.peer_memory_bytes = 128 << 10;
    begin(&group, &config);
    hermes_group_start_all(&group);
    hermes_group_run(&group, 5 * SECOND);
    check_ready(&group, 5);
    size_t memory_max = 0;
    uint32_t number = 0;
    for (int step = 0; step < 3000; step++) {
        for (int burst = 0; burst < 4 && number < MESSAGES_MAX; burst++)
            number += send_number(&group, 0, BPI_HERMES_BLOCK_DATA, NULL, number, 1000) == BASE_OK;
        const size_t memory = bpi_hermes_status(group.nodes[0]).memory_bytes;
        memory_max = memory > memory_max ? memory : memory_max;
        hermes_group_run(&group, 10 * MS);
    }
    hermes_group_run(&group, 35 * SECOND);
    print_message("slow: %u sent, %u and %u delivered, %zu KiB at most\n", number,
                  heard.delivered_at[1], heard.delivered_at[5], memory_max >> 10);
    assert_true(number > 2000);
    for (uint32_t i = 1; i < 5; i++)
        assert_int_equal(heard.delivered_at[i], number);
    assert_true(heard.delivered_at[5] < number);
    assert_int_equal(heard.done, number);
    assert_int_equal(heard.missed, number - heard.delivered_at[5]);
    assert_true(memory_max < (size_t)2 * 5 * (128 << 10) + (512 << 10));
    assert_int_equal(heard.wrong, 0);
    hermes_group_close(&group);
}

static void test_back_pressure(void **state)
{
    (void)state;
    struct hermes_group group;
    struct hermes_group_config config = config_of(3, 0);
    config.link.rate_bits = 2000000;
    config.node.peer_memory_bytes = 128 << 10;
    begin(&group, &config);
    hermes_group_start_all(&group);
    hermes_group_run(&group, 3 * SECOND);
    check_ready(&group, 2);
    uint32_t number = 0, refused = 0;
    for (int step = 0; step < 500; step++) {
        while (number < MESSAGES_MAX &&
               send_number(&group, 0, BPI_HERMES_BLOCK_DATA, NULL, number, 1000) == BASE_OK)
            number++;
        refused++;
        /* There is always room for what is urgent. */
        if (step == 100)
            assert_int_equal(
                send_number(&group, 0, BPI_HERMES_HOTSTUFF_VOTE, NULL, MESSAGES_MAX - 1, 1000),
                BASE_OK);
        hermes_group_run(&group, 10 * MS);
    }
    hermes_group_run(&group, 35 * SECOND);
    assert_true(refused > 0 && heard.writable > 0);
    check_all_once(&group, number);
    assert_int_equal(heard.times[MESSAGES_MAX - 1][1], 1);
    assert_int_equal(heard.missed, 0);
    hermes_group_close(&group);
}

/* Both sides fill their links with bulk, so that each holds much that has come in part: that takes
 * nothing from what is urgent and goes out. */
static void test_urgent_against_bulk_coming_in(void **state)
{
    (void)state;
    struct hermes_group group;
    struct hermes_group_config config = config_of(2, 0);
    config.link.rate_bits = 1000000;
    config.node.peer_memory_bytes = 128 << 10;
    begin_running(&group, &config);
    uint32_t number = 0;
    for (uint32_t host = 0; host < 2; host++) {
        while (send_number(&group, host, BPI_HERMES_BLOCK_DATA, NULL, number, 60000) == BASE_OK)
            number++;
        while (send_number(&group, host, BPI_HERMES_BLOCK_DATA, NULL, number, 500) == BASE_OK)
            number++;
    }
    hermes_group_run(&group, 300 * MS);
    assert_true(bpi_hermes_status(group.nodes[0]).memory_bytes > 128 << 10);
    for (uint32_t host = 0; host < 2; host++, number++)
        assert_int_equal(send_number(&group, host, BPI_HERMES_IBFT_COMMIT, NULL, number, 8000),
                         BASE_OK);
    hermes_group_run(&group, 35 * SECOND);
    check_all_once(&group, number);
    assert_int_equal(heard.missed, 0);
    hermes_group_close(&group);
}

/* Where memory just suffices, or just not: what is taken is sent. */
static void test_room_that_was_promised(void **state)
{
    (void)state;
    for (size_t more = 1 << 10; more < 20 << 10; more += 1 << 10) {
        struct hermes_group group;
        struct hermes_group_config config = config_of(2, 0);
        config.node.peer_memory_bytes = (2 << 20) + more;
        begin(&group, &config);
        hermes_group_start_all(&group);
        hermes_group_run(&group, SECOND);
        uint32_t number = 0;
        while (send_number(&group, 0, BPI_HERMES_IBFT_COMMIT, NULL, number, PAYLOAD_MAX) == BASE_OK)
            number++;
        assert_in_range(number, 1, 2);
        hermes_group_run(&group, 10 * SECOND);
        assert_int_equal(heard.done, number);
        assert_int_equal(heard.missed, 0);
        hermes_group_close(&group);
    }
}

static void test_auction_waits_for_a_session(void **state)
{
    (void)state;
    struct hermes_group group;
    const struct hermes_group_config config = config_of(2, 0);
    begin_running(&group, &config);
    hermes_group_crash(&group, 1);
    /* Its session is still believed in: the message is given up at its deadline. */
    assert_int_equal(send_number(&group, 0, BPI_HERMES_AUCTION_BID, &group.ids[1], 0, 100),
                     BASE_OK);
    hermes_group_run(&group, 7 * SECOND);
    assert_int_equal(heard.done, 1);
    assert_int_equal(heard.missed, 1);
    /* Silence ends the session; the member is known for a while, and tried again. */
    hermes_group_run(&group, 320 * SECOND);
    assert_int_equal(heard.downs, 1);
    assert_int_equal(bpi_hermes_status(group.nodes[0]).members, 1);
    assert_int_equal(send_number(&group, 0, BPI_HERMES_IBFT_COMMIT, &group.ids[1], 1, 100),
                     BASE_ENOTFOUND);
    assert_int_equal(send_number(&group, 0, BPI_HERMES_AUCTION_BID, &group.ids[1], 1, 100),
                     BASE_OK);
    hermes_group_run(&group, SECOND);
    assert_int_equal(heard.done, 2);
    assert_int_equal(heard.missed, 2);
    /* It returns while a message is held for it. */
    assert_int_equal(send_number(&group, 0, BPI_HERMES_AUCTION_BID, &group.ids[1], 2, 100),
                     BASE_OK);
    assert_int_equal(heard.done, 2);
    hermes_group_start(&group, 1);
    hermes_group_run(&group, SECOND);
    assert_int_equal(heard.times[2][1], 1);
    assert_int_equal(heard.done, 3);
    assert_int_equal(heard.missed, 2);
    hermes_group_close(&group);
}

/* While all tickets are out, a message is refused with the promise to tell, held or not. */
static void test_writable_after_tickets(void **state)
{
    (void)state;
    struct hermes_group group;
    const struct hermes_group_config config = config_of(2, 0);
    begin_running(&group, &config);
    hermes_group_crash(&group, 1);
    hermes_group_run(&group, 320 * SECOND);
    assert_int_equal(heard.downs, 1);
    struct bpi_hermes *const node = group.nodes[0];
    const uint32_t capacity = node->ticket_capacity, first = node->ticket_free;
    node->ticket_capacity = HERMES_TICKETS_MAX;
    node->ticket_free = HERMES_NO_PLACE;
    assert_int_equal(send_number(&group, 0, BPI_HERMES_AUCTION_BID, &group.ids[1], 0, 100),
                     BASE_EFULL);
    assert_int_equal(heard.writable, 0);
    node->ticket_capacity = capacity;
    node->ticket_free = first;
    hermes_group_run(&group, 10 * SECOND);
    assert_int_equal(heard.writable, 1);
    assert_int_equal(send_number(&group, 0, BPI_HERMES_AUCTION_BID, &group.ids[1], 0, 100),
                     BASE_OK);
    hermes_group_close(&group);
}

static void test_restart(void **state)
{
    (void)state;
    struct hermes_group group;
    const struct hermes_group_config config = config_of(4, 0);
    begin(&group, &config);
    hermes_group_start_all(&group);
    hermes_group_run(&group, 2 * SECOND);
    assert_int_equal(send_number(&group, 3, BPI_HERMES_IBFT_COMMIT, NULL, 0, 100), BASE_OK);
    hermes_group_run(&group, SECOND);
    hermes_group_crash(&group, 3);
    hermes_group_run(&group, SECOND);
    hermes_group_start(&group, 3);
    hermes_group_run(&group, 5 * SECOND);
    check_ready(&group, 3);
    assert_int_equal(heard.downs, 3);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(send_number(&group, i, BPI_HERMES_IBFT_COMMIT, NULL, 1 + i, 100), BASE_OK);
    hermes_group_run(&group, 2 * SECOND);
    check_all_once(&group, 5);
    assert_int_equal(heard.missed, 0);
    hermes_group_close(&group);
}

static uint64_t digest_of(uint64_t seed)
{
    struct hermes_group group;
    struct hermes_group_config config = config_of(5, 0.05);
    config.seed = seed;
    begin(&group, &config);
    hermes_group_start_all(&group);
    hermes_group_run(&group, 2 * SECOND);
    for (uint32_t i = 0; i < 5; i++)
        (void)send_number(&group, i, BPI_HERMES_BLOCK_DATA, NULL, i, 5000);
    hermes_group_run(&group, 3 * SECOND);
    const uint64_t digest = lab_sim_digest(group.sim);
    hermes_group_close(&group);
    return digest;
}

static void test_one_seed_one_history(void **state)
{
    (void)state;
    assert_int_equal(digest_of(5), digest_of(5));
    assert_int_not_equal(digest_of(5), digest_of(6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_nodes),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_configurations),
        cmocka_unit_test(test_the_seed_is_not_kept),
        cmocka_unit_test(test_direct_group),
        cmocka_unit_test(test_own_address_in_the_list),
        cmocka_unit_test(test_ids_in_the_list),
        cmocka_unit_test(test_moved_since_the_list),
        cmocka_unit_test(test_a_false_hello),
        cmocka_unit_test(test_votes_end_with_sessions),
        cmocka_unit_test(test_far_apart),
        cmocka_unit_test(test_discovery),
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_slow_peer),
        cmocka_unit_test(test_back_pressure),
        cmocka_unit_test(test_urgent_against_bulk_coming_in),
        cmocka_unit_test(test_room_that_was_promised),
        cmocka_unit_test(test_auction_waits_for_a_session),
        cmocka_unit_test(test_writable_after_tickets),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_one_seed_one_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
