/* What is refused: every changed bit, every shorter and longer packet, everything said twice,
 * senders that are not where they say, floods of first packets. And what none of it disturbs. */
#define _GNU_SOURCE
#include "secure_net.h"

#include "hermes_secure_state_internal.h"

#include <malloc.h>
#include <stdlib.h>

enum { TRACE_MAX = 64, STORY_PACKETS = 13 };

static struct net net;

struct trace {
    struct net_packet packets[TRACE_MAX];
    size_t count, held; /* packets[held - 1] is kept back; 0: none */
};

static bool record(struct net *on, struct net_packet *packet, void *context)
{
    struct trace *const trace = context;
    (void)on;
    if (trace->count < TRACE_MAX)
        trace->packets[trace->count++] = *packet;
    return trace->count != trace->held;
}

static uint64_t refused(uint32_t node)
{
    const struct hermes_secure_counts counts = hermes_secure_counts(net.nodes[node].secure);
    return counts.forged + counts.replayed + counts.malformed + counts.unknown +
           counts.cookies_sent + counts.limited;
}

static uint32_t halves(uint32_t node)
{
    const struct hermes_secure *const secure = net.nodes[node].secure;
    uint32_t count = 0;
    for (uint32_t i = 0; i < secure->half_capacity; i++)
        count += secure->halves[i].is_live;
    return count;
}

/* A handshake, data of both kinds both ways, a change of keys, data again. */
static void story(void)
{
    net_call(&net, 0, 1, true, NULL);
    net_wait(&net, NET_S);
    for (int i = 0; i < 2; i++) {
        net_say(&net, 0, 1, i == 0, 33);
        net_say(&net, 1, 0, i == 0, 20);
    }
    net_wait(&net, 15 * NET_S);
    net_say(&net, 0, 1, true, 16);
    net_wait(&net, NET_S);
}

/* The story up to a packet, which stays on the wire. */
static struct net_packet *story_until(struct trace *trace, size_t number)
{
    net_init(&net, 11, 2, 4, 10 * NET_S);
    *trace = (struct trace){ .held = number + 1 };
    net.see = record;
    net.context = trace;
    const uint64_t end_ns = net.now_ns + 20 * NET_S;
    net_call(&net, 0, 1, true, NULL);
    bool has_said = false;
    while (trace->count <= number && net.now_ns < end_ns) {
        net_wait(&net, 5 * NET_MS);
        if (!has_said && net.now_ns > 2 * NET_S) {
            has_said = true;
            net_say(&net, 0, 1, true, 33);
            net_say(&net, 1, 0, false, 20);
        }
    }
    assert_true(trace->count > number);
    net_run(&net, net.now_ns + 24 * NET_MS); /* others on the way have come, no repetition has */
    trace->held = 0;
    return &trace->packets[number];
}

static void assert_refused(uint32_t to, const struct net_packet *packet, const uint8_t *data,
                           size_t size)
{
    const uint64_t before = refused(to);
    const uint32_t half_before = halves(to);
    assert_int_equal(net_deliver(&net, to, &packet->from, data, size), HERMES_NOTHING);
    assert_int_equal(refused(to), before + 1);
    assert_int_equal(halves(to), half_before);
}

/* Then the packet itself is taken, and all goes on. */
static void goes_on(uint32_t to, const struct net_packet *packet)
{
    net.see = NULL;
    net_deliver(&net, to, &packet->from, packet->data, packet->size);
    net_wait(&net, 10 * NET_S);
    assert_true(net_are_up(&net, 0, 1));
    const uint64_t heard[2] = { net.nodes[0].heard[1], net.nodes[1].heard[0] };
    for (int i = 0; i < 10; i++) {
        net_say(&net, 0, 1, i % 2, 16);
        net_say(&net, 1, 0, i % 2, 16);
    }
    net_wait(&net, NET_S);
    assert_int_equal(net.nodes[0].heard[1], heard[0] + 10);
    assert_int_equal(net.nodes[1].heard[0], heard[1] + 10);
    assert_int_equal(net.nodes[0].ups + net.nodes[1].ups, 2);
    assert_int_equal(net.nodes[0].downs + net.nodes[1].downs, 0);
}

static struct trace trace;
static uint32_t types_seen;

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    for (size_t number = 0; number < STORY_PACKETS; number++) {
        const struct net_packet packet = *story_until(&trace, number);
        const uint32_t to = net_at(&net, &packet.to)->number;
        uint8_t data[NET_DATAGRAM_MAX];
        types_seen |= UINT32_C(1) << packet.data[0];
        net.is_cut = true; /* answers to all this are lost */
        for (size_t bit = 0; bit < 8 * packet.size; bit++) {
            memcpy(data, packet.data, packet.size);
            data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
            assert_refused(to, &packet, data, packet.size);
        }
        net.is_cut = false;
        goes_on(to, &packet);
        net_done(&net);
    }
    assert_int_equal(types_seen, 0xfe); /* all seven kinds of packets were among them */
}

static void every_other_size_is_refused(void **state)
{
    (void)state;
    for (size_t number = 0; number < STORY_PACKETS; number++) {
        const struct net_packet packet = *story_until(&trace, number);
        const uint32_t to = net_at(&net, &packet.to)->number;
        uint8_t data[NET_DATAGRAM_MAX + 1] = { 0 };
        memcpy(data, packet.data, packet.size);
        net.is_cut = true;
        for (size_t size = 0; size < packet.size + 40; size++)
            if (size != packet.size)
                assert_refused(to, &packet, data, size);
        net.is_cut = false;
        goes_on(to, &packet);
        net_done(&net);
    }
}

/* The packets of a handshake from another address than that they belong to. */
static void every_other_sender_is_refused(void **state)
{
    (void)state;
    for (size_t number = 0; number < 5; number++) {
        const struct net_packet packet = *story_until(&trace, number);
        const uint32_t to = net_at(&net, &packet.to)->number;
        struct net_packet other = packet;
        other.from.port++;
        net.is_cut = true;
        assert_refused(to, &other, other.data, other.size);
        net.is_cut = false;
        goes_on(to, &packet);
        net_done(&net);
    }
}

/* Everything ever said, again, to either side, from where it came and from elsewhere. Only a first
 * packet with its cookie is answered; nothing comes of it. */
static void everything_said_twice_is_nothing(void **state)
{
    struct base_address elsewhere = { .ip = { 9 }, .port = 9 };
    (void)state;
    net_init(&net, 12, 2, 4, 10 * NET_S);
    trace = (struct trace){ 0 };
    net.see = record;
    net.context = &trace;
    story();
    assert_in_range(trace.count, 16, TRACE_MAX - 1);
    net.see = NULL;
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < trace.count; i++)
            for (uint32_t to = 0; to < 2; to++) {
                const struct net_packet *const packet = &trace.packets[i];
                assert_int_equal(net_deliver(&net, to, &packet->from, packet->data, packet->size),
                                 HERMES_NOTHING);
                assert_int_equal(net_deliver(&net, to, &elsewhere, packet->data, packet->size),
                                 HERMES_NOTHING);
            }
        net_wait(&net, 50 * NET_MS);
    }
    assert_int_equal(halves(0) + halves(1), 1); /* the one INIT that had its cookie */
    const struct base_address at = hermes_secure_address(net.nodes[1].secure, net_peer(&net, 1, 0));
    assert_true(base_address_is(&at, &net.nodes[0].address));
    const struct net_packet last = trace.packets[trace.count - 1];
    goes_on(net_at(&net, &last.to)->number, &last);
    net_done(&net);
}

/* An old FINISH, kept back while its sender was started anew, brings nothing down. */
static void a_finish_kept_back_is_nothing(void **state)
{
    (void)state;
    net_init(&net, 13, 2, 4, 3600 * NET_S);
    trace = (struct trace){ .held = 5 };
    net.see = record;
    net.context = &trace;
    net_call(&net, 0, 1, true, NULL);
    net_wait(&net, 110 * NET_MS);
    const struct net_packet finish = trace.packets[4];
    assert_int_equal(finish.data[0], HERMES_PACKET_FINISH);
    net.see = NULL;
    net_restart(&net, 0);
    net_call(&net, 0, 1, true, NULL);
    net_wait(&net, 5 * NET_S);
    assert_true(net_are_up(&net, 0, 1));
    assert_int_equal(net_deliver(&net, 1, &finish.from, finish.data, finish.size), HERMES_NOTHING);
    net_wait(&net, 60 * NET_S);
    assert_true(net_are_up(&net, 0, 1));
    assert_int_equal(net.nodes[1].ups, 1);
    net_done(&net);
}

struct meter {
    struct base_address victim;
    uint64_t in, out;
};

static bool measure(struct net *on, struct net_packet *packet, void *context)
{
    struct meter *const meter = context;
    (void)on;
    if (!base_address_is(&packet->to, &meter->victim))
        return true;
    meter->out += packet->size;
    return false;
}

static void spoof(struct meter *meter, const uint8_t *data, size_t size)
{
    meter->in += size;
    net_deliver(&net, 1, &meter->victim, data, size);
    assert_true(meter->out <= meter->in);
}

/* Whatever is said in another's name, no more bytes reach him than were sent in his name. */
static void nothing_is_amplified(void **state)
{
    struct meter meter = { .victim = { .ip = { 8, 8 }, .port = 53 } };
    struct base_rng rng;
    uint8_t data[NET_DATAGRAM_MAX];
    (void)state;
    net_init(&net, 14, 2, 4, 10 * NET_S);
    trace = (struct trace){ 0 };
    net.see = record;
    net.context = &trace;
    story();
    net.see = measure;
    net.context = &meter;
    base_rng_init(&rng, 14);
    for (size_t i = 0; i < trace.count; i++)
        spoof(&meter, trace.packets[i].data, trace.packets[i].size);
    for (int i = 0; i < 20000; i++) {
        const struct net_packet *const packet = &trace.packets[base_rng_below(&rng, trace.count)];
        memcpy(data, packet->data, packet->size);
        for (uint64_t k = base_rng_below(&rng, 3); k > 0; k--)
            data[base_rng_below(&rng, packet->size)] = (uint8_t)base_rng_u64(&rng);
        spoof(&meter, data, packet->size);
        if (i % 100 == 0)
            net_wait(&net, NET_MS);
    }
    net_wait(&net, 60 * NET_S); /* nor does anything repeat what went there */
    assert_true(meter.out > 0 && meter.out * 4 < meter.in);
    assert_true(net_are_up(&net, 0, 1));
    net_done(&net);
}

static void init_make(uint8_t data[HERMES_INIT_SIZE], struct base_rng *rng, uint8_t type)
{
    memset(data, 0, HERMES_INIT_SIZE);
    data[0] = type;
    data[1] = HERMES_VERSION;
    for (size_t i = HERMES_INIT_E_AT; i < HERMES_INIT_PADDING_AT; i++)
        data[i] = (uint8_t)base_rng_u64(rng);
}

static void flood(uint64_t count, struct base_rng *rng)
{
    uint8_t data[HERMES_INIT_SIZE];
    net.is_cut = true;
    for (uint64_t i = 0; i < count; i++) {
        struct base_address from = { .port = (uint16_t)base_rng_u64(rng) };
        for (size_t k = 0; k < sizeof from.ip; k++)
            from.ip[k] = (uint8_t)base_rng_u64(rng);
        init_make(data, rng, HERMES_PACKET_INIT);
        assert_int_equal(net_deliver(&net, 1, &from, data, sizeof data), HERMES_NOTHING);
    }
    net.is_cut = false;
}

static size_t memory_used(void)
{
#ifdef BPI_SANITIZED
    return 0; /* the allocator is the sanitizer's */
#else
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#endif
}

/* 10^5 first packets from as many addresses: no state, and those who are known do not notice. */
static void a_flood_leaves_nothing_behind(void **state)
{
    struct base_rng rng;
    (void)state;
    net_init(&net, 15, 3, 4, 3600 * NET_S);
    base_rng_init(&rng, 15);
    net_call(&net, 0, 1, true, NULL);
    net_wait(&net, NET_S);
    const size_t memory = memory_used();
    flood(100000, &rng);
    assert_int_equal(memory_used(), memory);
    assert_int_equal(halves(1), 0);
    assert_int_equal(hermes_secure_counts(net.nodes[1].secure).cookies_sent, 100001);
    net_call(&net, 2, 1, true, NULL); /* and a newcomer still comes in */
    net_wait(&net, NET_S);
    assert_true(net_are_up(&net, 0, 1));
    assert_true(net_are_up(&net, 1, 2));
    net_done(&net);
}

struct returner {
    uint8_t cookie[HERMES_COOKIE_SIZE];
    uint32_t answers;
};

static bool take_cookie(struct net *on, struct net_packet *packet, void *context)
{
    struct returner *const returner = context;
    if (net_at(on, &packet->to) != NULL)
        return true;
    if (packet->data[0] == HERMES_PACKET_COOKIE)
        memcpy(returner->cookie, packet->data + HERMES_COOKIE_AT, HERMES_COOKIE_SIZE);
    returner->answers += packet->data[0] == HERMES_PACKET_ANSWER;
    return false;
}

/* Does an address come further with a cookie? */
static bool is_taken(struct returner *returner, uint8_t data[HERMES_INIT_SIZE],
                     const struct base_address *from)
{
    const uint32_t answers = returner->answers;
    memcpy(data + HERMES_INIT_COOKIE_AT, returner->cookie, HERMES_COOKIE_SIZE);
    net_deliver(&net, 1, from, data, HERMES_INIT_SIZE);
    return returner->answers > answers;
}

/* A cookie is good for the address and the call it was given for, and not for ever. */
static void a_cookie_is_of_one_call(void **state)
{
    const struct base_address from = { .ip = { 7 }, .port = 1 };
    struct returner returner = { .answers = 0 };
    struct base_rng rng;
    uint8_t data[HERMES_INIT_SIZE], other[HERMES_INIT_SIZE];
    (void)state;
    net_init(&net, 18, 2, 4, 3600 * NET_S);
    base_rng_init(&rng, 18);
    net.see = take_cookie;
    net.context = &returner;
    init_make(data, &rng, HERMES_PACKET_INIT);
    net_deliver(&net, 1, &from, data, sizeof data);
    const struct returner given = returner;
    for (size_t i = 0; i < 18; i++) {
        struct base_address elsewhere = from;
        if (i < 16)
            elsewhere.ip[i] ^= 1;
        else
            elsewhere.port ^= (uint16_t)(1 << (i == 16 ? 0 : 15));
        returner = given;
        assert_false(is_taken(&returner, data, &elsewhere));
    }
    init_make(other, &rng, HERMES_PACKET_INIT);
    returner = given;
    assert_false(is_taken(&returner, other, &from));
    returner = given;
    assert_true(is_taken(&returner, data, &from));
    assert_true(is_taken(&returner, data, &from)); /* the same answer again */
    assert_int_equal(halves(1), 1);
    net_wait(&net, 60 * NET_S);
    assert_true(is_taken(&returner, data, &from));
    net_wait(&net, 61 * NET_S);
    assert_false(is_taken(&returner, data, &from)); /* takes the new cookie in passing */
    assert_true(is_taken(&returner, data, &from));
    net_done(&net);
}

/* Addresses that are real, return their cookie and go no further: the half-open handshakes are
 * bounded, sessions stay, and a newcomer comes in between. */
static void handshakes_left_open_are_bounded(void **state)
{
    enum { COUNT = 2000 };
    struct returner returner = { .answers = 0 };
    struct base_rng rng;
    uint8_t data[HERMES_INIT_SIZE];
    (void)state;
    net_init(&net, 16, 3, 40, 3600 * NET_S);
    net_call(&net, 0, 1, true, NULL);
    net_wait(&net, NET_S);
    base_rng_init(&rng, 16);
    net.see = take_cookie;
    net.context = &returner;
    const size_t memory = memory_used();
    for (uint32_t i = 0; i < COUNT; i++) {
        const struct base_address from = {
            /* each of a /24 of its own */
            .ip = { [10] = 0xff, 0xff, 20, (uint8_t)(i >> 8), (uint8_t)i, 1 },
            .port = 9000
        };
        init_make(data, &rng, HERMES_PACKET_INIT);
        net_deliver(&net, 1, &from, data, sizeof data);
        memcpy(data + HERMES_INIT_COOKIE_AT, returner.cookie, HERMES_COOKIE_SIZE);
        net_deliver(&net, 1, &from, data, sizeof data);
        if (i == COUNT / 2)
            assert_int_equal(net_call(&net, 2, 1, true, NULL), BASE_OK);
        net_wait(&net, 20 * NET_MS);
    }
    assert_int_equal(returner.answers, COUNT);
    assert_int_equal(memory_used(), memory);
    assert_int_equal(halves(1), net.nodes[1].secure->half_capacity);
    assert_true(net_are_up(&net, 0, 1));
    assert_true(net_are_up(&net, 1, 2));
    assert_int_equal(net.nodes[1].downs, 0);
    net_done(&net);
}

/* Any bytes at all, at a node with sessions up and calls under way. */
static void noise_is_nothing(void **state)
{
    struct base_rng rng;
    uint8_t data[NET_DATAGRAM_MAX];
    (void)state;
    net_init(&net, 17, 3, 4, 3600 * NET_S);
    base_rng_init(&rng, 17);
    net_call(&net, 0, 1, true, NULL);
    net_wait(&net, NET_S);
    net.is_cut = true;
    net_call(&net, 1, 2, true, NULL);
    for (int i = 0; i < 100000; i++) {
        const size_t size = base_rng_below(&rng, sizeof data + 1);
        for (size_t k = 0; k < size; k++)
            data[k] = (uint8_t)base_rng_u64(&rng);
        if (size > 4) {
            data[0] %= 9;
            data[1] = (uint8_t)base_rng_below(&rng, 2);
            data[2] = data[3] = 0;
        }
        assert_int_equal(net_deliver(&net, 1, &net.nodes[0].address, data, size), HERMES_NOTHING);
    }
    net.is_cut = false;
    net_wait(&net, 10 * NET_S);
    assert_true(net_are_up(&net, 0, 1));
    assert_true(net_are_up(&net, 1, 2));
    net_done(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(every_other_size_is_refused),
        cmocka_unit_test(every_other_sender_is_refused),
        cmocka_unit_test(everything_said_twice_is_nothing),
        cmocka_unit_test(a_finish_kept_back_is_nothing),
        cmocka_unit_test(nothing_is_amplified),
        cmocka_unit_test(a_flood_leaves_nothing_behind),
        cmocka_unit_test(a_cookie_is_of_one_call),
        cmocka_unit_test(handshakes_left_open_are_bounded),
        cmocka_unit_test(noise_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
