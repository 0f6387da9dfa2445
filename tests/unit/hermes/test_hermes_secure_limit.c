/* test_hermes_secure_limit.c - many handshakes from one address that returns its cookies: it gets
 * its share, and everybody else what they would have had without it. */
#include "secure_net.h"

#include "hermes_secure_state_internal.h"
#include "hermes_subnet_internal.h"

#include <string.h>

enum { CAPACITY = 40, BURST = CAPACITY / 4, CALLED = 1 };

static struct net net;

/* Callers by hand, elsewhere: what is sent to them ends here. */
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

static struct returner returner;

static void begin(uint64_t seed, uint32_t nodes, uint32_t capacity)
{
    net_init(&net, seed, nodes, capacity, 3600 * NET_S);
    returner = (struct returner){ .answers = 0 };
    net.see = take_cookie;
    net.context = &returner;
}

static struct base_address four(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
    return (struct base_address){ .ip = { [10] = 0xff, 0xff, a, b, c, d }, .port = port };
}

/* A first packet and the same with its cookie, by a new caller at an address: is it answered? */
static bool knock(const struct base_address *from)
{
    uint8_t init[HERMES_INIT_SIZE] = { HERMES_PACKET_INIT, HERMES_VERSION };
    const uint32_t answers = returner.answers;
    for (size_t i = HERMES_INIT_E_AT; i < HERMES_INIT_PADDING_AT; i++)
        init[i] = (uint8_t)base_rng_u64(&net.rng);
    net_deliver(&net, CALLED, from, init, sizeof init);
    memcpy(init + HERMES_INIT_COOKIE_AT, returner.cookie, HERMES_COOKIE_SIZE);
    net_deliver(&net, CALLED, from, init, sizeof init);
    return returner.answers > answers;
}

static uint32_t knocks(const struct base_address *from, uint32_t count)
{
    uint32_t answered = 0;
    for (uint32_t i = 0; i < count; i++)
        answered += knock(from);
    return answered;
}

static void one_source_has_its_share(void **state)
{
    (void)state;
    static const struct {
        uint32_t capacity, burst;
    } rows[] = { { 1, 4 }, { 4, 4 }, { CAPACITY, BURST }, { 64, 16 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct base_address from = four(203, 0, 113, 5, 700);
        const uint32_t burst = rows[i].burst;
        begin(30 + i, 2, rows[i].capacity);
        assert_int_equal(knocks(&from, 500), burst);
        assert_int_equal(hermes_secure_counts(net.nodes[CALLED].secure).limited, 500 - burst);
        assert_int_equal(hermes_secure_counts(net.nodes[CALLED].secure).cookies_sent, 500);
        uint32_t answered = 0; /* ten seconds, 100 a second: so many a second */
        for (int k = 0; k < 1000; k++) {
            net_wait(&net, 10 * NET_MS);
            answered += knock(&from);
        }
        assert_in_range(answered, 10 * burst - 1, 10 * burst + 1);
        net_wait(&net, 3600 * NET_S); /* rest is not saved up */
        assert_int_equal(knocks(&from, 500), burst);
        net_done(&net);
    }
}

/* Whom a flood from one address, and then from everything in its network, does not keep out: the
 * half-open handshakes of others stay for longer than two slow round trips take. */
static void a_flood_does_not_keep_others_out(void **state)
{
    (void)state;
    for (int is_whole_network = 0; is_whole_network < 2; is_whole_network++) {
        uint32_t knocked = 0;
        begin(40, 3, CAPACITY);
        net.delay_ns = 300 * NET_MS;
        net_call(&net, 0, CALLED, true, NULL);
        while (net.now_ns < 10 * NET_S) {
            const uint8_t host = is_whole_network ? (uint8_t)knocked : 5;
            const struct base_address from = four(203, 0, 113, host, (uint16_t)(1 + knocked));
            knock(&from);
            knocked++;
            net_wait(&net, NET_MS);
            if (knocked == 3000)
                assert_int_equal(net_call(&net, 2, CALLED, true, NULL), BASE_OK);
        }
        assert_true(knocked > 5000);
        assert_true(net_are_up(&net, 0, CALLED));
        assert_true(net_are_up(&net, 2, CALLED));
        /* At the first attempt: nothing had to be begun anew. */
        assert_int_equal(net.nodes[0].ups + net.nodes[2].ups + net.nodes[CALLED].ups, 4);
        assert_int_equal(net.nodes[0].downs + net.nodes[2].downs + net.nodes[CALLED].downs, 0);
        assert_true(returner.answers <= BURST + 10 * BURST);
        net_done(&net);
    }
}

/* While one source has nothing left. */
static void others_have_their_own_share(void **state)
{
    (void)state;
    const struct base_address flooder = four(203, 0, 113, 5, 700);
    begin(50, 2, CAPACITY);
    assert_int_equal(knocks(&flooder, 200), BURST);
    for (uint32_t i = 0; i < 200; i++) {
        const struct base_address other = four(20, (uint8_t)(i >> 7), (uint8_t)(i << 1), 5, 700);
        assert_true(knock(&other));
        assert_false(knock(&flooder));
    }
    net_done(&net);
}

/* The same caller again gets the same answer, for nothing. */
static void repeating_is_not_counted(void **state)
{
    (void)state;
    const struct base_address from = four(203, 0, 113, 5, 700);
    uint8_t init[HERMES_INIT_SIZE] = { HERMES_PACKET_INIT, HERMES_VERSION };
    begin(60, 2, CAPACITY);
    init[HERMES_INIT_E_AT] = 9;
    net_deliver(&net, CALLED, &from, init, sizeof init);
    memcpy(init + HERMES_INIT_COOKIE_AT, returner.cookie, HERMES_COOKIE_SIZE);
    for (uint32_t i = 1; i <= 200; i++) {
        net_deliver(&net, CALLED, &from, init, sizeof init);
        assert_int_equal(returner.answers, i);
    }
    assert_int_equal(knocks(&from, 200), BURST - 1);
    net_done(&net);
}

static void what_is_one_source(void **state)
{
    (void)state;
    static const struct {
        struct base_address a, b;
        bool is_one;
    } rows[] = {
        { { { [10] = 0xff, 0xff, 8, 8, 8, 8 }, 1 },
          { { [10] = 0xff, 0xff, 8, 8, 8, 9 }, 2 },
          true },
        { { { [10] = 0xff, 0xff, 8, 8, 8, 8 }, 1 },
          { { [10] = 0xff, 0xff, 8, 8, 9, 8 }, 1 },
          false },
        { { { 0x20, 1, [7] = 1, [15] = 1 }, 1 }, { { 0x20, 1, [7] = 1, [8] = 5 }, 9 }, true },
        { { { 0x20, 1, [7] = 1, [15] = 1 }, 1 }, { { 0x20, 1, [7] = 2, [15] = 1 }, 1 }, false },
        { { { [10] = 0xff, 0xff, 10, 0, 0, 1 }, 1 },
          { { [10] = 0xff, 0xff, 10, 0, 0, 1 }, 2 },
          true },
        { { { [10] = 0xff, 0xff, 10, 0, 0, 1 }, 1 },
          { { [10] = 0xff, 0xff, 10, 0, 0, 2 }, 1 },
          false },
        { { { 0xfd, [15] = 1 }, 1 }, { { 0xfd, [15] = 1 }, 2 }, true },
        { { { 0xfd, [15] = 1 }, 1 }, { { 0xfd, [15] = 2 }, 1 }, false },
        { { { 0xfe, 0x80, [15] = 1 }, 1 }, { { 0xfe, 0x80, [15] = 2 }, 1 }, false },
        { { { [10] = 0xff, 0xff, 127, 0, 0, 1 }, 1 },
          { { [10] = 0xff, 0xff, 127, 0, 0, 1 }, 1 },
          true },
        { { { [10] = 0xff, 0xff, 127, 0, 0, 1 }, 1 },
          { { [10] = 0xff, 0xff, 127, 0, 0, 1 }, 2 },
          false },
        { { { [15] = 1 }, 1 }, { { [15] = 1 }, 256 }, false },
        /* NAT64 and other prefixes that begin with zero are public. */
        { { { 0, 0x64, 0xff, 0x9b, [15] = 1 }, 1 },
          { { 0, 0x64, 0xff, 0x9b, [15] = 2 }, 1 },
          true },
        { { { [15] = 2 }, 1 }, { { [10] = 0xff, 0xff, 0, 0, 0, 2 }, 1 }, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t a[HERMES_SOURCE_SIZE], b[HERMES_SOURCE_SIZE];
        hermes_source_of(&rows[i].a, a);
        hermes_source_of(&rows[i].b, b);
        if ((memcmp(a, b, sizeof a) == 0) != rows[i].is_one)
            fail_msg("row %zu", i);
    }
}

/* The same packets into one bucket and into a plain one that counts tokens. */
static void a_bucket_is_a_bucket(void **state)
{
    (void)state;
    const struct base_address from = four(203, 0, 113, 5, 700);
    const uint64_t each_ns = HERMES_LIMIT_NS / BURST;
    struct base_rng rng;
    base_rng_init(&rng, 70);
    begin(70, 2, CAPACITY);
    uint64_t now_ns = NET_S, tokens_ns = BURST * each_ns; /* a token is each_ns of them */
    for (int i = 0; i < 200000; i++) {
        const uint64_t wait_ns =
            base_rng_below(&rng, base_rng_below(&rng, 20) == 0 ? NET_S : each_ns);
        now_ns += wait_ns;
        tokens_ns = tokens_ns + wait_ns < BURST * each_ns ? tokens_ns + wait_ns : BURST * each_ns;
        const bool is_right = tokens_ns >= each_ns;
        tokens_ns -= is_right ? each_ns : 0;
        assert_int_equal(hermes_limit_take(net.nodes[CALLED].secure, now_ns, &from), is_right);
    }
    net_done(&net);
}

/* A caller by hand whose last packet is wrong: it is looked at once in a while, and the right one
 * is still taken. */
static bool change_finish(struct net *on, struct net_packet *packet, void *context)
{
    struct net_packet *const kept = context;
    (void)on;
    if (packet->data[0] != HERMES_PACKET_FINISH || kept->size > 0)
        return true;
    *kept = *packet;
    return false;
}

static void a_wrong_finish_is_looked_at_once_in_a_while(void **state)
{
    (void)state;
    struct net_packet kept = { .size = 0 };
    net_init(&net, 80, 2, CAPACITY, 3600 * NET_S);
    net.see = change_finish;
    net.context = &kept;
    net_call(&net, 0, CALLED, true, NULL);
    while (kept.size == 0)
        net_wait(&net, NET_MS);
    struct net_packet wrong = kept;
    wrong.data[wrong.size - 1] ^= 1; /* of the proof: all that comes before is right */
    net.is_cut = true;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(net_deliver(&net, CALLED, &wrong.from, wrong.data, wrong.size),
                         HERMES_NOTHING);
        net_wait(&net, NET_MS);
    }
    const struct hermes_secure_counts counts = hermes_secure_counts(net.nodes[CALLED].secure);
    assert_int_equal(counts.forged, 4);
    assert_int_equal(counts.limited, 996);
    net.is_cut = false;
    net_wait(&net, 10 * NET_S);
    assert_true(net_are_up(&net, 0, CALLED));
    net_done(&net);
}

/* Garbage from the caller's address, which anybody can send, does not make the right one wait. */
static void garbage_does_not_hide_the_right_finish(void **state)
{
    (void)state;
    struct net_packet kept = { .size = 0 };
    net_init(&net, 81, 2, CAPACITY, 3600 * NET_S);
    net.see = change_finish;
    net.context = &kept;
    net_call(&net, 0, CALLED, true, NULL);
    while (kept.size == 0)
        net_wait(&net, NET_MS);
    net.is_cut = true;
    for (unsigned i = 0; i < 1000; i++) {
        struct net_packet wrong = kept;
        wrong.data[HERMES_NOISE_AT + i % (HERMES_KEY_SIZE + HERMES_TAG_SIZE)] ^= 1;
        assert_int_equal(net_deliver(&net, CALLED, &wrong.from, wrong.data, wrong.size),
                         HERMES_NOTHING);
        net_wait(&net, NET_MS / 10);
    }
    const struct hermes_secure_counts counts = hermes_secure_counts(net.nodes[CALLED].secure);
    assert_int_equal(counts.forged, 1000);
    assert_int_equal(counts.limited, 0);
    net.is_cut = false;
    assert_int_equal(net_deliver(&net, CALLED, &kept.from, kept.data, kept.size), HERMES_UP);
    net_wait(&net, NET_S);
    assert_true(net_are_up(&net, 0, CALLED));
    net_done(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_source_has_its_share),
        cmocka_unit_test(a_flood_does_not_keep_others_out),
        cmocka_unit_test(others_have_their_own_share),
        cmocka_unit_test(repeating_is_not_counted),
        cmocka_unit_test(what_is_one_source),
        cmocka_unit_test(a_bucket_is_a_bucket),
        cmocka_unit_test(a_wrong_finish_is_looked_at_once_in_a_while),
        cmocka_unit_test(garbage_does_not_hide_the_right_finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
