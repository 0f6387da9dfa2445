/* Two calls at once, or what looks like it: packets of a life before a restart that come late, at
 * the worst moments, for the lower id and for the higher. At the end both hear each other. */
#include "secure_net.h"

#include "hermes_secure_state_internal.h"

static struct net net;

/* The packets of one kind from one node are kept back, until they are let go. */
struct hold {
    uint8_t type;
    uint32_t from;
    size_t count;
    struct net_packet packets[8];
};

static struct hold hold;

static bool keep_back(struct net *on, struct net_packet *packet, void *context)
{
    (void)context;
    if (packet->data[0] != hold.type || net_at(on, &packet->from)->number != hold.from)
        return true;
    if (hold.count < sizeof hold.packets / sizeof *hold.packets)
        hold.packets[hold.count++] = *packet;
    return false;
}

static void hold_begin(enum hermes_packet type, uint32_t from)
{
    hold = (struct hold){ .type = (uint8_t)type, .from = from };
    net.see = keep_back;
}

static void let_go(void)
{
    net.see = NULL;
    for (size_t i = 0; i < hold.count; i++) {
        const struct net_packet *const packet = &hold.packets[i];
        net_deliver(&net, net_at(&net, &packet->to)->number, &packet->from, packet->data,
                    packet->size);
    }
}

/* *a and *b: the one whose sessions are looked at, and the one that forgets. */
static void begin(bool is_a_lower, uint32_t *a, uint32_t *b)
{
    net_init(&net, 31, 2, 4, 3600 * NET_S);
    const bool is_0_lower =
        memcmp(net_id(&net, 0), net_id(&net, 1), sizeof(struct bpi_hermes_id)) < 0;
    *a = is_a_lower == is_0_lower ? 0 : 1;
    *b = 1 - *a;
}

static void both_hear(uint32_t a, uint32_t b)
{
    assert_true(net_are_up(&net, a, b));
    for (int round = 0; round < 2; round++) {
        const uint64_t heard[2] = { net.nodes[a].heard[b], net.nodes[b].heard[a] };
        for (int i = 0; i < 5; i++) {
            net_say(&net, a, b, true, 16);
            net_say(&net, b, a, true, 16);
        }
        net_wait(&net, NET_S);
        assert_int_equal(net.nodes[a].heard[b] - heard[0], 5);
        assert_int_equal(net.nodes[b].heard[a] - heard[1], 5);
        net_wait(&net, 60 * NET_S); /* and when everything provisional is gone */
    }
    net_done(&net);
}

/* a's call is up; b, which completed it, starts anew and calls. Its PING from before comes when
 * the new call is complete (or half-way). */
static void a_ping_of_the_life_before(bool is_a_lower, bool is_half_way)
{
    uint32_t a, b;
    begin(is_a_lower, &a, &b);
    net_call(&net, a, b, true, NULL);
    net_wait(&net, 110 * NET_MS);
    hold_begin(HERMES_PACKET_CONTROL, b);
    net_wait(&net, 30 * NET_MS);
    assert_int_equal(hold.count, 1);
    const struct net_packet ping = hold.packets[0];
    net_restart(&net, b);
    net.see = NULL;
    assert_int_equal(net_call(&net, b, a, true, NULL), BASE_OK);
    net_wait(&net, is_half_way ? 90 * NET_MS : NET_S);
    net_deliver(&net, a, &ping.from, ping.data, ping.size);
    net_wait(&net, 5 * NET_S);
    both_hear(a, b);
}

static void ping_after_the_later_call(void **state)
{
    (void)state;
    a_ping_of_the_life_before(false, false);
    a_ping_of_the_life_before(true, false);
}

static void ping_within_the_later_call(void **state)
{
    (void)state;
    a_ping_of_the_life_before(false, true);
    a_ping_of_the_life_before(true, true);
}

/* b calls, starts anew before its FINISH arrives; a calls b. The FINISH from before comes when a's
 * call is confirmed, or just before that. */
static void a_finish_of_the_life_before(bool is_a_lower, bool is_confirmed)
{
    uint32_t a, b;
    begin(is_a_lower, &a, &b);
    hold_begin(HERMES_PACKET_FINISH, b);
    net_call(&net, b, a, true, NULL);
    net_wait(&net, 120 * NET_MS);
    assert_int_equal(hold.count, 1);
    const struct net_packet finish = hold.packets[0];
    net_restart(&net, b);
    net.see = NULL;
    assert_int_equal(net_call(&net, a, b, true, NULL), BASE_OK);
    net_wait(&net, is_confirmed ? NET_S : 110 * NET_MS);
    net_deliver(&net, a, &finish.from, finish.data, finish.size);
    net_wait(&net, 5 * NET_S);
    assert_int_equal(net.nodes[a].downs, 0);
    both_hear(a, b);
}

static void finish_after_our_call(void **state)
{
    (void)state;
    a_finish_of_the_life_before(false, true);
    a_finish_of_the_life_before(true, true);
}

static void finish_within_our_call(void **state)
{
    (void)state;
    a_finish_of_the_life_before(false, false);
    a_finish_of_the_life_before(true, false);
}

/* True crossings: one side's FINISH is late, for a moment or for long. The lower's handshake is the
 * one that stays, nobody goes down, and data passes all the while. */
static void a_late_finish(bool is_of_lower, uint64_t late_ns)
{
    uint32_t lower, higher;
    begin(true, &lower, &higher);
    hold_begin(HERMES_PACKET_FINISH, is_of_lower ? lower : higher);
    net_call(&net, lower, higher, true, NULL);
    net_call(&net, higher, lower, true, NULL);
    net_wait(&net, NET_S);
    for (uint64_t ns = 0; ns < late_ns; ns += NET_S) {
        const uint64_t heard = net.nodes[lower].heard[higher] + net.nodes[higher].heard[lower];
        net_say(&net, lower, higher, true, 16);
        net_say(&net, higher, lower, true, 16);
        net_wait(&net, NET_S);
        assert_int_equal(net.nodes[lower].heard[higher] + net.nodes[higher].heard[lower],
                         heard + 2);
    }
    let_go();
    net_wait(&net, 5 * NET_S);
    for (uint32_t i = 0; i < 2; i++) {
        const struct hermes_session *const session =
            &net.nodes[i].secure->sessions[net_peer(&net, i, 1 - i)];
        assert_int_equal(net.nodes[i].ups, 1);
        assert_int_equal(net.nodes[i].downs, 0);
        assert_int_equal(session->keys[session->cur].is_initiator, i == lower);
    }
    both_hear(lower, higher);
}

static void late_packets_of_crossing_calls(void **state)
{
    (void)state;
    for (uint64_t s = 0; s < 20; s += 4) {
        a_late_finish(false, s * NET_S);
        a_late_finish(true, s * NET_S);
    }
}

/* The lower's handshake never completes: after half a minute that of the higher is the session. */
static void the_lower_s_call_fails(void **state)
{
    uint32_t lower, higher;
    (void)state;
    begin(true, &lower, &higher);
    hold_begin(HERMES_PACKET_FINISH, lower);
    net_call(&net, lower, higher, true, NULL);
    net_call(&net, higher, lower, true, NULL);
    for (int i = 0; i < 60; i++) {
        net_wait(&net, NET_S);
        net_say(&net, lower, higher, true, 16);
        net_say(&net, higher, lower, true, 16);
    }
    net_wait(&net, NET_S);
    assert_int_equal(net.nodes[lower].heard[higher], 60);
    assert_int_equal(net.nodes[higher].heard[lower], 60);
    assert_int_equal(net.nodes[lower].downs + net.nodes[higher].downs, 0);
    both_hear(lower, higher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ping_after_the_later_call),
        cmocka_unit_test(ping_within_the_later_call),
        cmocka_unit_test(finish_after_our_call),
        cmocka_unit_test(finish_within_our_call),
        cmocka_unit_test(late_packets_of_crossing_calls),
        cmocka_unit_test(the_lower_s_call_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
