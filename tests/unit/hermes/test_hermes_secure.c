/* Sessions: how they come up, what passes over them, how they end. */
#define _GNU_SOURCE
#include "secure_net.h"

#include <string.h>

enum { HOUR_S = 3600, FINISH = 4 };

static struct net net;

static int setup(void **state)
{
    (void)state;
    net_init(&net, 7, 3, 4, HOUR_S * NET_S);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    net_done(&net);
    return 0;
}

static void up(uint32_t a, uint32_t b)
{
    assert_int_equal(net_call(&net, a, b, true, NULL), BASE_OK);
    net_wait(&net, NET_S);
    assert_true(net_are_up(&net, a, b));
}

/* Both ways, both kinds, small and large; all of it arrives. */
static void talk(uint32_t a, uint32_t b)
{
    const uint64_t heard_a = net.nodes[a].heard[b], heard_b = net.nodes[b].heard[a];
    for (size_t i = 0; i < 40; i++) {
        assert_true(net_say(&net, a, b, i % 2 == 0, 16 + 7 * i));
        assert_true(net_say(&net, b, a, i % 3 == 0, 16 + 5 * i));
    }
    net_wait(&net, NET_S);
    assert_int_equal(net.nodes[a].heard[b] - heard_a, 40);
    assert_int_equal(net.nodes[b].heard[a] - heard_b, 40);
}

static void a_call_brings_both_up(void **state)
{
    uint32_t peer, again;
    (void)state;
    assert_int_equal(net_call(&net, 0, 1, true, &peer), BASE_OK);
    assert_false(hermes_secure_is_up(net.nodes[0].secure, peer));
    assert_int_equal(net_call(&net, 0, 1, true, &again), BASE_EEXIST);
    assert_int_equal(again, peer);
    net_wait(&net, 95 * NET_MS); /* INIT, COOKIE, INIT, ANSWER: two round trips of 50 ms */
    assert_false(net_are_up(&net, 0, 1));
    net_wait(&net, 31 * NET_MS);
    assert_true(net_are_up(&net, 0, 1));
    assert_int_equal(net_call(&net, 0, 1, true, &again), BASE_EEXIST);
    assert_int_equal(net_call(&net, 1, 0, true, &again), BASE_EEXIST);
    talk(0, 1);
    assert_int_equal(net.nodes[0].ups + net.nodes[1].ups, 2);
    assert_int_equal(net.nodes[0].downs + net.nodes[1].downs, 0);
    assert_int_equal(hermes_secure_counts(net.nodes[0].secure).handshakes, 1);
    assert_int_equal(hermes_secure_counts(net.nodes[1].secure).handshakes, 1);
    assert_int_equal(hermes_secure_counts(net.nodes[1].secure).cookies_sent, 1);
    const struct base_address at = hermes_secure_address(net.nodes[0].secure, peer);
    assert_true(base_address_is(&at, &net.nodes[1].address));
}

/* Nothing is said that nobody asked for: seven packets, then silence until the keys are old. */
static void an_idle_session_is_silent(void **state)
{
    (void)state;
    up(0, 1);
    const uint64_t packets = net.nodes[0].sent_packets + net.nodes[1].sent_packets;
    assert_int_equal(packets, 7);
    net_wait(&net, (HOUR_S - 10) * NET_S);
    assert_int_equal(net.nodes[0].sent_packets + net.nodes[1].sent_packets, packets);
}

static void anybody_may_answer_a_call_without_a_name(void **state)
{
    (void)state;
    assert_int_equal(net_call(&net, 0, 2, false, NULL), BASE_OK);
    assert_int_equal(net_call(&net, 0, 2, false, NULL), BASE_EEXIST);
    assert_int_equal(net_call(&net, 0, 2, true, NULL), BASE_EEXIST);
    net_wait(&net, NET_S);
    assert_true(net_are_up(&net, 0, 2));
    talk(2, 0);
}

static void another_name_than_expected_does_not_come_up(void **state)
{
    uint32_t peer;
    (void)state;
    struct net_node *const node = &net.nodes[0];
    node->world.now_ns = net.now_ns;
    assert_int_equal(hermes_secure_connect(node->secure, &node->world, &net.nodes[1].address,
                                           net_id(&net, 2), &peer),
                     BASE_OK);
    net_wait(&net, 29 * NET_S);
    assert_int_equal(node->ups + net.nodes[1].ups + node->downs, 0);
    assert_true(hermes_secure_counts(node->secure).forged > 0);
    net_wait(&net, 2 * NET_S);
    assert_int_equal(node->downs, 1);
    assert_int_equal(node->ups + net.nodes[1].ups, 0);
    up(0, 1); /* and the address is free for whom it belongs to */
}

static void nobody_answers(void **state)
{
    (void)state;
    net.is_cut = true;
    assert_int_equal(net_call(&net, 0, 1, true, NULL), BASE_OK);
    net_wait(&net, 29 * NET_S);
    assert_int_equal(net.nodes[0].downs, 0);
    assert_in_range(net.nodes[0].sent_packets, 8, 16);
    net_wait(&net, 2 * NET_S);
    assert_int_equal(net.nodes[0].downs, 1);
    assert_int_equal(hermes_secure_wake_ns(net.nodes[0].secure), UINT64_MAX);
    net.is_cut = false;
    up(0, 1);
}

static void calls_that_are_refused(void **state)
{
    uint32_t peer;
    (void)state;
    struct net_node *const node = &net.nodes[0];
    assert_int_equal(net_call(&net, 0, 0, true, &peer), BASE_EINVALID);
    for (uint16_t i = 0; i < 4; i++) {
        const struct base_address to = { .ip = { 1 }, .port = (uint16_t)(i + 1) };
        assert_int_equal(hermes_secure_connect(node->secure, &node->world, &to, NULL, &peer),
                         BASE_OK);
    }
    assert_int_equal(net_call(&net, 0, 1, true, &peer), BASE_EFULL);
    hermes_secure_close(node->secure, &node->world, 2);
    hermes_secure_close(node->secure, &node->world, 2); /* nothing is there: nothing happens */
    hermes_secure_close(node->secure, &node->world, 400);
    up(0, 1);
}

/* A node that has no place left says so, and its sessions stay. */
static void callers_of_a_full_node_are_turned_away(void **state)
{
    uint32_t peer;
    (void)state;
    struct net_node *const node = &net.nodes[1];
    up(1, 2);
    for (uint16_t i = 0; i < 3; i++) {
        const struct base_address to = { .ip = { 1 }, .port = (uint16_t)(i + 1) };
        assert_int_equal(hermes_secure_connect(node->secure, &node->world, &to, NULL, &peer),
                         BASE_OK);
    }
    assert_int_equal(net_call(&net, 0, 1, true, NULL), BASE_OK);
    net_wait(&net, NET_S);
    assert_int_equal(net.nodes[0].ups, 1);
    assert_int_equal(net.nodes[0].downs, 1);
    assert_int_equal(node->ups, 1);
    assert_true(net_are_up(&net, 1, 2));
    talk(1, 2);
    net_wait(&net, 40 * NET_S); /* now there is a place */
    up(0, 1);
    talk(0, 1);
}

/* A node whose list names itself without its id. */
static void a_call_to_oneself_ends(void **state)
{
    (void)state;
    assert_int_equal(net_call(&net, 0, 0, false, NULL), BASE_OK);
    net_wait(&net, NET_S);
    assert_int_equal(net.nodes[0].ups, 0);
    assert_int_equal(net.nodes[0].downs, 1);
}

static void nothing_is_sent_by_what_is_not_up(void **state)
{
    uint8_t packet[64] = { 0 };
    uint32_t peer;
    (void)state;
    struct net_node *const node = &net.nodes[0];
    assert_int_equal(net_call(&net, 0, 1, true, &peer), BASE_OK);
    assert_int_equal(hermes_secure_send(node->secure, &node->world, peer, true, packet, 16),
                     BASE_ENOTFOUND);
    assert_int_equal(hermes_secure_send(node->secure, &node->world, 3, true, packet, 16),
                     BASE_ENOTFOUND);
    assert_int_equal(
        hermes_secure_send(node->secure, &node->world, HERMES_NO_PEER, true, packet, 16),
        BASE_ENOTFOUND);
    assert_false(hermes_secure_is_up(node->secure, HERMES_NO_PEER));
    assert_null(hermes_secure_id(node->secure, HERMES_NO_PEER));
}

/* Encrypted bytes do not look like themselves, authenticated ones do. */
static bool look(struct net *on, struct net_packet *packet, void *context)
{
    static const uint8_t pattern[] = { 116, 117, 118, 119, 120, 121, 122, 123 };
    uint32_t *const counts = context;
    (void)on;
    if (packet->size == 300 + HERMES_SEAL_OVERHEAD)
        counts[memmem(packet->data, packet->size, pattern, sizeof pattern) != NULL]++;
    return true;
}

static void encrypted_and_plain(void **state)
{
    uint32_t counts[2] = { 0 };
    (void)state;
    up(0, 1);
    net.see = look;
    net.context = counts;
    for (int i = 0; i < 10; i++)
        assert_true(net_say(&net, 0, 1, true, 300));
    assert_int_equal(counts[0], 10);
    for (int i = 0; i < 10; i++)
        assert_true(net_say(&net, 0, 1, false, 300));
    assert_int_equal(counts[1], 10);
    net_wait(&net, NET_S);
    assert_int_equal(net.nodes[1].heard[0], 20);
}

static void closing_tells_the_other_side(void **state)
{
    (void)state;
    up(0, 1);
    net_close(&net, 0, 1);
    assert_int_equal(net_peer(&net, 0, 1), HERMES_NO_PEER);
    net_wait(&net, NET_S);
    assert_int_equal(net_peer(&net, 1, 0), HERMES_NO_PEER);
    assert_int_equal(net.nodes[1].downs, 1);
    assert_int_equal(net.nodes[0].downs, 0); /* whoever closes knows */
    assert_int_equal(hermes_secure_wake_ns(net.nodes[1].secure), UINT64_MAX);
    up(1, 0);
    talk(0, 1);
}

/* The packet that says so is lost; the next call replaces the session. */
static void closing_unheard(void **state)
{
    (void)state;
    up(0, 1);
    net.is_cut = true;
    net_close(&net, 0, 1);
    net.is_cut = false;
    net_say(&net, 1, 0, true, 16);
    net_wait(&net, NET_S);
    assert_int_equal(hermes_secure_counts(net.nodes[0].secure).unknown, 1);
    up(0, 1);
    assert_int_equal(net.nodes[1].downs, 1);
    assert_int_equal(net.nodes[1].ups, 2);
    talk(0, 1);
}

static void a_restarted_node_calls_again(void **state)
{
    (void)state;
    for (uint32_t caller = 0; caller < 2; caller++) {
        up(caller, 1 - caller);
        talk(0, 1);
        net_restart(&net, 0);
        net_wait(&net, NET_S);
        up(0, 1);
        assert_int_equal(net.nodes[1].downs, caller + 1);
        talk(0, 1);
        net_close(&net, 1, 0);
        net_wait(&net, NET_S);
    }
}

struct held {
    struct net_packet packets[8];
    size_t count;
};

static bool hold_from_0(struct net *on, struct net_packet *packet, void *context)
{
    struct held *const held = context;
    if (packet->data[0] < 4 || net_at(on, &packet->from)->number != 0)
        return true;
    assert_true(held->count < 8);
    held->packets[held->count++] = *packet;
    return false;
}

/* Of a session that replaced another, UP is seen before its data, however fast that comes. */
static void a_replacing_session_is_told_before_its_data(void **state)
{
    static struct held held;
    static const enum hermes_opened_kind kinds[] = { HERMES_DOWN, HERMES_UP, HERMES_DATA };
    (void)state;
    up(0, 1);
    net_restart(&net, 0);
    held.count = 0;
    net.see = hold_from_0;
    net.context = &held;
    assert_int_equal(net_call(&net, 0, 1, true, NULL), BASE_OK);
    net_wait(&net, 110 * NET_MS);
    net_say(&net, 0, 1, true, 16);
    net_say(&net, 0, 1, true, 16);
    assert_int_equal(held.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(
            net_deliver(&net, 1, &held.packets[i].from, held.packets[i].data, held.packets[i].size),
            kinds[i]);
    net.see = NULL;
    net_wait(&net, NET_S);
    assert_int_equal(net.nodes[1].ups, 2);
    talk(0, 1);
}

/* A FINISH is not waited for longer than its sender repeats it. */
static void a_finish_that_comes_too_late(void **state)
{
    static struct held held;
    (void)state;
    held.count = 0;
    net.see = hold_from_0;
    net.context = &held;
    assert_int_equal(net_call(&net, 0, 1, true, NULL), BASE_OK);
    net_wait(&net, 110 * NET_MS);
    net.see = NULL;
    net.is_cut = true;
    net_wait(&net, 31 * NET_S);
    assert_int_equal(
        net_deliver(&net, 1, &held.packets[0].from, held.packets[0].data, held.packets[0].size),
        HERMES_NOTHING);
    assert_int_equal(hermes_secure_counts(net.nodes[1].secure).unknown, 1);
    assert_int_equal(net.nodes[1].ups, 0);
    assert_int_equal(net.nodes[0].downs, 1);
}

struct finishes {
    bool is_lost;
    uint32_t count;
    uint64_t last_ns, gap_ns; /* the longest between two */
};

static bool count_finishes(struct net *on, struct net_packet *packet, void *context)
{
    struct finishes *const finishes = context;
    if (packet->data[0] == FINISH) {
        const uint64_t gap_ns = on->now_ns - finishes->last_ns;
        if (finishes->count++ > 0 && gap_ns > finishes->gap_ns)
            finishes->gap_ns = gap_ns;
        finishes->last_ns = on->now_ns;
    }
    return !finishes->is_lost;
}

/* 0 starts anew and calls; then nothing passes for so long. 1 still has the session of before. */
static void call_anew_and_part(struct finishes *finishes, uint64_t parted_ns)
{
    up(0, 1);
    net_restart(&net, 0);
    *finishes = (struct finishes){ 0 };
    net.see = count_finishes;
    net.context = finishes;
    assert_int_equal(net_call(&net, 0, 1, true, NULL), BASE_OK);
    net_wait(&net, 90 * NET_MS);
    finishes->is_lost = true;
    net_wait(&net, parted_ns);
    assert_true(net_peer(&net, 0, 1) != HERMES_NO_PEER);
    assert_int_equal(net.nodes[1].ups, 1);
}

/* However long the network was parted: when it is not any more, it takes the two ends no longer
 * than a bit more than a second to have the same session. */
static void ends_that_differ_do_not_for_long(void **state)
{
    struct finishes finishes;
    (void)state;
    call_anew_and_part(&finishes, 20 * NET_S);
    assert_in_range(finishes.gap_ns, 500 * NET_MS, 1125 * NET_MS);
    assert_in_range(finishes.count, 18, 40);
    finishes.is_lost = false;
    net_wait(&net, 1200 * NET_MS);
    assert_int_equal(net.nodes[1].downs, 1);
    assert_int_equal(net.nodes[1].ups, 2);
    talk(0, 1);
}

/* Data bring what the other side needs to open them, but not each of them. */
static void data_bring_the_finish(void **state)
{
    struct finishes finishes;
    (void)state;
    call_anew_and_part(&finishes, 5 * NET_S);
    for (uint32_t before = finishes.count; finishes.count == before;)
        net_wait(&net, NET_MS);
    net_wait(&net, 240 * NET_MS);
    const uint32_t count = finishes.count;
    assert_true(net_say(&net, 0, 1, true, 16)); /* too early for another */
    assert_int_equal(finishes.count, count);
    net_wait(&net, 20 * NET_MS);
    finishes.is_lost = false;
    for (int i = 0; i < 3; i++)
        assert_true(net_say(&net, 0, 1, i > 0, 16));
    assert_int_equal(finishes.count, count + 1);
    net_wait(&net, 30 * NET_MS); /* one way */
    assert_int_equal(net.nodes[1].ups, 2);
    assert_int_equal(net.nodes[1].heard[0], 3);
    net_wait(&net, NET_S);
    assert_true(net_say(&net, 0, 1, true, 16)); /* it has come: no more of it */
    net_wait(&net, 30 * NET_S);
    assert_int_equal(finishes.count, count + 1);
    talk(0, 1);
}

static bool note_index(struct net *on, struct net_packet *packet, void *context)
{
    struct held *const held = context;
    (void)on;
    held->packets[held->count++] = *packet;
    return false;
}

/* The index of a session, by which its packets are found, tells nothing of others. */
static void indices_cannot_be_guessed(void **state)
{
    static struct held held;
    uint32_t indices[4], peer;
    (void)state;
    held.count = 0;
    net.see = note_index;
    net.context = &held;
    for (uint16_t i = 0; i < 4; i++) {
        struct net_node *const node = &net.nodes[0];
        const struct base_address to = { .ip = { 1 }, .port = (uint16_t)(i + 1) };
        assert_int_equal(hermes_secure_connect(node->secure, &node->world, &to, NULL, &peer),
                         BASE_OK);
        memcpy(&indices[i], held.packets[i].data + 52, 4);
        for (uint16_t k = 0; k < i; k++)
            assert_true(indices[i] - indices[k] > 1 << 16 && indices[k] - indices[i] > 1 << 16);
    }
}

static void both_call_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(net_call(&net, 0, 1, i & 1, NULL), BASE_OK);
        net_wait(&net, (i >> 2) * 10 * NET_MS);
        assert_int_equal(net_call(&net, 1, 0, i & 2, NULL), BASE_OK);
        net_wait(&net, NET_S);
        assert_true(net_are_up(&net, 0, 1));
        talk(0, 1);
        net_wait(&net, 40 * NET_S); /* nothing is left to be given up */
        talk(0, 1);
        assert_int_equal(net.nodes[0].ups, i + 1);
        assert_int_equal(net.nodes[1].ups, i + 1);
        assert_int_equal(net.nodes[0].downs, 0);
        net_close(&net, 0, 1);
        net_wait(&net, NET_S);
        assert_int_equal(net.nodes[1].downs, i + 1);
    }
}

/* A session follows its peer, and only where its newest packet came from. */
static void roaming(void **state)
{
    (void)state;
    up(0, 1);
    const struct base_address before = net.nodes[0].address;
    net.nodes[0].address.port = 9100;
    net_say(&net, 1, 0, true, 16);
    net_wait(&net, NET_S);
    assert_int_equal(net.nodes[0].heard[1], 0); /* 1 does not know yet */
    net_say(&net, 0, 1, true, 16);
    net_wait(&net, NET_S);
    assert_int_equal(net.nodes[1].heard[0], 1);
    const struct base_address at = hermes_secure_address(net.nodes[1].secure, net_peer(&net, 1, 0));
    assert_int_equal(at.port, 9100);
    talk(0, 1);
    assert_int_equal(net_call(&net, 1, 0, false, NULL), BASE_EEXIST);
    net.nodes[0].address = before; /* an address that is free again is no session's */
    struct net_node *const node = &net.nodes[1];
    uint32_t peer;
    assert_int_equal(hermes_secure_connect(node->secure, &node->world, &before, NULL, &peer),
                     BASE_OK);
}

static bool older_from_elsewhere(struct net *on, struct net_packet *packet, void *context)
{
    struct net_packet *const held = context;
    (void)on;
    if (held->size > 0)
        return true;
    *held = *packet;
    return false;
}

static void an_old_packet_from_elsewhere_moves_nothing(void **state)
{
    static struct net_packet held;
    (void)state;
    held.size = 0;
    up(0, 1);
    net.see = older_from_elsewhere;
    net.context = &held;
    net_say(&net, 0, 1, true, 16); /* held back */
    net_say(&net, 0, 1, true, 16);
    net_wait(&net, NET_S);
    held.from.port = 666;
    assert_int_equal(net_deliver(&net, 1, &held.from, held.data, held.size), HERMES_DATA);
    const struct base_address at = hermes_secure_address(net.nodes[1].secure, net_peer(&net, 1, 0));
    assert_true(base_address_is(&at, &net.nodes[0].address));
}

static void signatures(void **state)
{
    static const char text[] = "a message";
    uint8_t signature[64];
    (void)state;
    hermes_secure_sign(net.nodes[0].secure, text, sizeof text, signature);
    assert_true(hermes_secure_verify(net_id(&net, 0), text, sizeof text, signature));
    assert_false(hermes_secure_verify(net_id(&net, 1), text, sizeof text, signature));
    assert_false(hermes_secure_verify(net_id(&net, 0), text, sizeof text - 1, signature));
    for (size_t bit = 0; bit < 512; bit++) {
        signature[bit / 8] ^= (uint8_t)(1 << (bit % 8));
        assert_false(hermes_secure_verify(net_id(&net, 0), text, sizeof text, signature));
        signature[bit / 8] ^= (uint8_t)(1 << (bit % 8));
    }
}

static void new_refuses(void **state)
{
    struct hermes_secure *secure = NULL;
    struct bpi_hermes_config config = { .rekey_ns = NET_S };
    struct base_why why = { 0 };
    (void)state;
    assert_int_equal(hermes_secure_new(&config, 0, &secure, &why), BASE_ERANGE);
    assert_string_equal(why.text, "0 sessions is not between 1 and 1048576");
    assert_int_equal(hermes_secure_new(&config, (1 << 20) + 1, &secure, &why), BASE_ERANGE);
    config.rekey_ns = 0;
    assert_int_equal(hermes_secure_new(&config, 1, &secure, &why), BASE_ERANGE);
    assert_non_null(strstr(why.text, "rekey_ns"));
    assert_null(secure);
    hermes_secure_free(NULL);
}

/* RFC 8032, 7.1, test 1: the identity of a seed is its Ed25519 key. */
static void ids_as_text(void **state)
{
    static const uint8_t seed[] = { 0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60,
                                    0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
                                    0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19,
                                    0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60 };
    static const char text[] = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    struct hermes_secure *secure;
    struct bpi_hermes_config config = { .rekey_ns = NET_S };
    struct bpi_hermes_id id = { 0 };
    struct base_why why;
    char out[BPI_HERMES_ID_TEXT_SIZE], bad[80];
    (void)state;
    memcpy(config.seed, seed, sizeof seed);
    assert_int_equal(hermes_secure_new(&config, 1, &secure, NULL), BASE_OK);
    assert_string_equal(bpi_hermes_id_print(hermes_secure_self(secure), out), text);
    assert_int_equal(bpi_hermes_id_parse(text, &id, &why), BASE_OK);
    assert_memory_equal(&id, hermes_secure_self(secure), sizeof id);
    hermes_secure_free(secure);
    assert_int_equal(
        bpi_hermes_id_parse("D75A980182B10AB7D54BFED3C964073A0EE172F3DAA62325AF021A68F707511A", &id,
                            NULL),
        BASE_OK);
    assert_string_equal(bpi_hermes_id_print(&id, out), text);

    strcpy(bad, text);
    bad[10] = 'g';
    assert_int_equal(bpi_hermes_id_parse(bad, &id, &why), BASE_EPARSE);
    assert_int_equal(why.at, 10);
    assert_string_equal(why.text,
                        "node id: character 11 is no hexadecimal digit; an id is 64 of them");
    assert_int_equal(bpi_hermes_id_parse("", &id, &why), BASE_EPARSE);
    assert_string_equal(why.text, "node id: 0 characters, an id is 64 digits");
    strcpy(bad, text);
    bad[63] = '\0';
    assert_int_equal(bpi_hermes_id_parse(bad, &id, &why), BASE_EPARSE);
    strcat(strcpy(bad, text), "0");
    assert_int_equal(bpi_hermes_id_parse(bad, &id, &why), BASE_EPARSE);
    assert_string_equal(why.text, "node id: 65 characters, an id is 64 digits");
    strcat(strcpy(bad, text), " ");
    assert_int_equal(bpi_hermes_id_parse(bad, &id, NULL), BASE_EPARSE);
}

#define NET_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET_TEST(a_call_brings_both_up),
        NET_TEST(an_idle_session_is_silent),
        NET_TEST(anybody_may_answer_a_call_without_a_name),
        NET_TEST(another_name_than_expected_does_not_come_up),
        NET_TEST(nobody_answers),
        NET_TEST(calls_that_are_refused),
        NET_TEST(callers_of_a_full_node_are_turned_away),
        NET_TEST(a_call_to_oneself_ends),
        NET_TEST(nothing_is_sent_by_what_is_not_up),
        NET_TEST(encrypted_and_plain),
        NET_TEST(closing_tells_the_other_side),
        NET_TEST(closing_unheard),
        NET_TEST(a_restarted_node_calls_again),
        NET_TEST(a_replacing_session_is_told_before_its_data),
        NET_TEST(a_finish_that_comes_too_late),
        NET_TEST(ends_that_differ_do_not_for_long),
        NET_TEST(data_bring_the_finish),
        NET_TEST(indices_cannot_be_guessed),
        NET_TEST(both_call_at_once),
        NET_TEST(roaming),
        NET_TEST(an_old_packet_from_elsewhere_moves_nothing),
        NET_TEST(signatures),
        cmocka_unit_test(new_refuses),
        cmocka_unit_test(ids_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
