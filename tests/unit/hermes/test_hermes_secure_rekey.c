/* New keys inside a session: under traffic, on bad links, from both sides at once; and the end of
 * sessions whose keys could not be changed. */
#define _GNU_SOURCE
#include "secure_net.h"

#include "hermes_secure_state_internal.h"

static struct net net;

static void begin(uint64_t seed, uint64_t rekey_ns)
{
    net_init(&net, seed, 2, 4, rekey_ns);
    assert_int_equal(net_call(&net, 0, 1, true, NULL), BASE_OK);
    net_wait(&net, NET_S);
    assert_true(net_are_up(&net, 0, 1));
}

static struct hermes_session *session_of(uint32_t node)
{
    return &net.nodes[node].secure->sessions[net_peer(&net, node, 1 - node)];
}

static struct hermes_keys *keys_of(uint32_t node)
{
    struct hermes_session *const session = session_of(node);
    return &session->keys[session->cur];
}

static uint64_t rekeys(uint32_t node)
{
    return hermes_secure_counts(net.nodes[node].secure).rekeys;
}

/* As if node had sent so many packets to the other one, which knows the upper bits of counters. */
static void skip_to(uint32_t node, uint64_t counter)
{
    keys_of(node)->sent = counter;
    keys_of(1 - node)->window = (struct hermes_window){ .next = counter };
}

/* Both ways, for so long, a packet every 5 ms. */
static void talk_for(uint64_t ns)
{
    const uint64_t end_ns = net.now_ns + ns;
    for (bool is_encrypted = false; net.now_ns < end_ns; is_encrypted = !is_encrypted) {
        assert_true(net_say(&net, 0, 1, is_encrypted, 16));
        assert_true(net_say(&net, 1, 0, is_encrypted, 40));
        net_wait(&net, 5 * NET_MS);
    }
}

static void all_was_heard(void)
{
    net_wait(&net, NET_S);
    assert_int_equal(net.nodes[0].heard[1], net.nodes[1].said[0]);
    assert_int_equal(net.nodes[1].heard[0], net.nodes[0].said[1]);
    for (int i = 0; i < 2; i++)
        assert_int_equal(net.nodes[i].downs, 0);
}

static void under_traffic_nothing_is_lost(void **state)
{
    (void)state;
    begin(1, 6 * NET_S);
    net.jitter_ns = 60 * NET_MS; /* packets overtake each other */
    net.twice_permille = 100;
    talk_for(60 * NET_S);
    all_was_heard();
    assert_in_range(rekeys(0), 7, 11);
    assert_in_range(rekeys(1), 7, 11);
    net_done(&net);
}

/* Only data arrives for certain. */
static bool lose_control(struct net *on, struct net_packet *packet, void *context)
{
    (void)context;
    return packet->data[0] != HERMES_PACKET_CONTROL || base_rng_below(&on->rng, 100) >= 40;
}

static void lost_control_packets_lose_no_data(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 6; seed++) {
        begin(seed, 10 * NET_S);
        net.see = lose_control;
        net.jitter_ns = 30 * NET_MS;
        talk_for(60 * NET_S);
        all_was_heard();
        assert_true(rekeys(0) >= 3 && rekeys(1) >= 3);
        net_done(&net);
    }
}

static void idle_sessions_change_keys_too(void **state)
{
    (void)state;
    begin(3, 10 * NET_S);
    net_wait(&net, 300 * NET_S);
    assert_in_range(rekeys(0), 20, 30);
    assert_in_range(rekeys(1), 20, 30);
    talk_for(NET_S);
    all_was_heard();
    net_done(&net);
}

static void by_count(void **state)
{
    (void)state;
    for (uint32_t node = 0; node < 2; node++) {
        begin(4, UINT64_MAX); /* never by the clock */
        net_wait(&net, 3600 * NET_S);
        assert_int_equal(rekeys(0) + rekeys(1), 0);
        skip_to(node, HERMES_REKEY_COUNT - 20);
        talk_for(NET_S);
        all_was_heard();
        assert_int_equal(rekeys(0), 1);
        assert_int_equal(rekeys(1), 1);
        assert_true(keys_of(node)->sent < 1000);
        net_done(&net);
    }
}

static void both_start_at_once(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        begin(seed, UINT64_MAX);
        net.lost_permille = seed < 10 ? 0 : 300;
        skip_to(0, HERMES_REKEY_COUNT - 1);
        skip_to(1, HERMES_REKEY_COUNT - 1);
        net_say(&net, 0, 1, true, 16);
        net_wait(&net, seed * 10 * NET_MS);
        net_say(&net, 1, 0, true, 16);
        net_wait(&net, 100 * NET_S);
        net.lost_permille = 0;
        assert_true(rekeys(0) >= 1 && rekeys(1) >= 1);
        assert_int_equal(keys_of(0)->local, keys_of(1)->remote);
        assert_int_equal(keys_of(1)->local, keys_of(0)->remote);
        const uint64_t heard = net.nodes[0].heard[1], said = net.nodes[1].said[0];
        talk_for(NET_S);
        net_wait(&net, NET_S);
        assert_int_equal(net.nodes[0].heard[1] - heard, net.nodes[1].said[0] - said);
        assert_int_equal(net.nodes[0].downs + net.nodes[1].downs, 0);
        net_done(&net);
    }
}

static void every_key_is_new(void **state)
{
    uint8_t seen[40][HERMES_KEY_SIZE];
    size_t count = 0;
    (void)state;
    begin(5, 10 * NET_S);
    while (count < 40) {
        const struct hermes_keys *const keys = keys_of(0);
        if (count == 0 || memcmp(seen[count - 1], keys->send_key, HERMES_KEY_SIZE) != 0) {
            for (size_t i = 0; i < count; i++) {
                assert_memory_not_equal(seen[i], keys->send_key, HERMES_KEY_SIZE);
                assert_memory_not_equal(seen[i], keys->receive_key, HERMES_KEY_SIZE);
            }
            memcpy(seen[count++], keys->send_key, HERMES_KEY_SIZE);
        }
        net_wait(&net, NET_S);
    }
    assert_int_equal(net.nodes[0].downs + net.nodes[1].downs, 0);
    net_done(&net);
}

/* More changes than a phase counts: no key of a change passes for one of a handshake. */
static void phases_go_round(void **state)
{
    (void)state;
    begin(9, 10 * NET_S);
    for (bool is_round = false; rekeys(0) <= 257 || rekeys(1) <= 257 || !is_round;) {
        net_wait(&net, NET_S);
        for (uint32_t node = 0; node < 2; node++) {
            const struct hermes_keys *const keys = keys_of(node);
            assert_true(keys->phase != 0 || rekeys(node) == 0);
            is_round |= rekeys(node) > 255 && keys->phase == 1;
        }
    }
    talk_for(NET_S);
    all_was_heard();
    net_done(&net);
}

/* The same history up to the change, but one side draws another ephemeral key: other keys. */
static void both_sides_make_the_keys(void **state)
{
    uint8_t keys[3][HERMES_KEY_SIZE];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        begin(8, 10 * NET_S);
        if (i > 0)
            net.nodes[i - 1].secrets.state[0]++;
        while (rekeys(0) == 0 || rekeys(1) == 0)
            net_wait(&net, NET_S);
        assert_memory_equal(keys_of(0)->send_key, keys_of(1)->receive_key, HERMES_KEY_SIZE);
        memcpy(keys[i], keys_of(0)->send_key, HERMES_KEY_SIZE);
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(keys[k], keys[i], HERMES_KEY_SIZE);
        net_done(&net);
    }
}

/* After the change and the grace, nothing is left that could open what was sent before. */
static void old_keys_are_gone(void **state)
{
    uint8_t old[2][HERMES_KEY_SIZE];
    (void)state;
    begin(6, 10 * NET_S);
    memcpy(old[0], keys_of(0)->send_key, HERMES_KEY_SIZE);
    memcpy(old[1], keys_of(0)->chain, HERMES_KEY_SIZE);
    while (rekeys(0) == 0 || rekeys(1) == 0)
        net_wait(&net, NET_S);
    net_wait(&net, 7 * NET_S);
    for (uint32_t node = 0; node < 2; node++)
        for (size_t i = 0; i < 2; i++) {
            const struct hermes_session *const session = session_of(node);
            assert_null(memmem(session, sizeof *session, old[i], HERMES_KEY_SIZE));
        }
    net_done(&net);
}

static void keys_that_cannot_be_changed_end(void **state)
{
    (void)state;
    begin(7, 20 * NET_S);
    net.is_cut = true;
    net_wait(&net, 40 * NET_S);
    assert_int_equal(net.nodes[0].downs + net.nodes[1].downs, 0);
    net_wait(&net, 30 * NET_S);
    assert_int_equal(net.nodes[0].downs, 1);
    assert_int_equal(net.nodes[1].downs, 1);
    assert_int_equal(hermes_secure_wake_ns(net.nodes[0].secure), UINT64_MAX);
    net_done(&net);
}

static bool only_to_1(struct net *on, struct net_packet *packet, void *context)
{
    (void)context;
    return net_at(on, &packet->to)->number == 1;
}

static bool only_to_0(struct net *on, struct net_packet *packet, void *context)
{
    return !only_to_1(on, packet, context);
}

/* A minute in which one direction is dead, at whatever moment of the exchange: the session lives,
 * and afterwards everything passes. */
static void one_deaf_minute(void **state)
{
    (void)state;
    for (uint64_t at = 0; at < 40; at++) {
        begin(at, 120 * NET_S);
        const uint64_t from_ns =
            hermes_secure_wake_ns(net.nodes[0].secure) < hermes_secure_wake_ns(net.nodes[1].secure)
                ? hermes_secure_wake_ns(net.nodes[0].secure)
                : hermes_secure_wake_ns(net.nodes[1].secure);
        net_run(&net, from_ns - NET_S);
        net_run(&net, from_ns + at / 2 * 10 * NET_MS);
        net.see = at % 2 ? only_to_0 : only_to_1;
        for (int i = 0; i < 60; i++) {
            net_say(&net, 0, 1, true, 16);
            net_say(&net, 1, 0, true, 16);
            net_wait(&net, NET_S);
        }
        net.see = NULL;
        net_wait(&net, 5 * NET_S); /* the next repetition */
        assert_true(net_are_up(&net, 0, 1));
        const uint64_t heard[2] = { net.nodes[0].heard[1], net.nodes[1].heard[0] };
        talk_for(NET_S);
        net_wait(&net, NET_S);
        assert_int_equal(net.nodes[0].heard[1] - heard[0], 200);
        assert_int_equal(net.nodes[1].heard[0] - heard[1], 200);
        assert_int_equal(net.nodes[0].downs + net.nodes[1].downs, 0);
        net_done(&net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(under_traffic_nothing_is_lost),
        cmocka_unit_test(lost_control_packets_lose_no_data),
        cmocka_unit_test(idle_sessions_change_keys_too),
        cmocka_unit_test(by_count),
        cmocka_unit_test(both_start_at_once),
        cmocka_unit_test(every_key_is_new),
        cmocka_unit_test(phases_go_round),
        cmocka_unit_test(both_sides_make_the_keys),
        cmocka_unit_test(old_keys_are_gone),
        cmocka_unit_test(keys_that_cannot_be_changed_end),
        cmocka_unit_test(one_deaf_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
