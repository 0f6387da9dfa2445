/* test_lab_sim.c - machines in virtual time: one seed one history, crashes, changes, order. */
#include "unit.h"

#include <lab/sim.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS     UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

enum { HOSTS = 20, LOG = 4096 };

/* A machine that sends random bytes to a random host every now and then and answers one in two. */
struct chatter {
    uint32_t index, hosts;
    uint64_t wake_ns, got, sent, got_bytes;
    uint64_t secret;
    uint64_t period_ns; /* 0: silent */
};

static void chatter_send(struct chatter *c, const struct base_step_world *world, uint32_t to)
{
    uint8_t data[300];
    const size_t size = 1 + base_rng_below(world->rng, sizeof data);
    const struct base_address address = lab_sim_address(to);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)base_rng_u64(world->rng);
    world->send(world->context, &address, data, size);
    c->sent++;
}

static void chatter_start(void *state, const struct base_step_world *world)
{
    struct chatter *const c = state;
    world->secret(world->context, &c->secret, sizeof c->secret);
    c->wake_ns = c->period_ns > 0 ? world->now_ns + c->period_ns : UINT64_MAX;
}

static void chatter_datagram(void *state, const struct base_step_world *world,
                             const struct base_address *from, uint8_t *data, size_t size)
{
    struct chatter *const c = state;
    c->got++;
    c->got_bytes += size;
    world->tell(world->context, data);
    if (data[0] % 2 == 0)
        chatter_send(c, world, from->ip[15] - 1u);
    data[0] = 0;
}

static void chatter_timer(void *state, const struct base_step_world *world)
{
    struct chatter *const c = state;
    if (world->now_ns < c->wake_ns)
        return;
    chatter_send(c, world, (uint32_t)base_rng_below(world->rng, c->hosts));
    c->wake_ns = world->now_ns + 1 + base_rng_below(world->rng, c->period_ns);
}

static uint64_t chatter_wake(const void *state)
{
    return ((const struct chatter *)state)->wake_ns;
}

static const struct base_step chatter = { "chatter", chatter_start, chatter_datagram, chatter_timer,
                                          chatter_wake };

static struct lab_host hosts[HOSTS];
static struct lab_topology topology;
static struct chatter states[HOSTS];

static void begin(uint32_t count)
{
    memset(hosts, 0, sizeof hosts);
    memset(states, 0, sizeof states);
    for (uint32_t i = 0; i < count; i++)
        snprintf(hosts[i].name, sizeof hosts[i].name, "node%u", i);
    topology = (struct lab_topology){
        .hosts = hosts, .host_count = count, .program_count = count, .is_uniform = true
    };
    topology.uniform.delay_ns = 10 * MS;
}

static struct lab_sim *open_sim(const struct lab_sim_config *more)
{
    struct lab_sim *sim = NULL;
    struct base_why why = { 0 };
    struct lab_sim_config config = more != NULL ? *more : (struct lab_sim_config){ .seed = 1 };
    config.topology = &topology;
    if (lab_sim_new(&config, &sim, &why) != BASE_OK)
        fail_msg("%s", why.text);
    return sim;
}

static void start(struct lab_sim *sim, uint32_t host, uint64_t period_ns)
{
    states[host] =
        (struct chatter){ .index = host, .hosts = topology.host_count, .period_ns = period_ns };
    assert_int_equal(lab_sim_start(sim, host, &chatter, &states[host]), BASE_OK);
}

static uint64_t history(uint64_t seed, uint64_t *steps)
{
    const struct lab_sim_config config = { .seed = seed, .header_bytes = 48 };
    begin(HOSTS);
    topology.uniform = (struct lab_link_config){ .delay_ns = 5 * MS,
                                                 .jitter = LAB_JITTER_NORMAL,
                                                 .jitter_ns = MS,
                                                 .loss = LAB_LOSS_BERNOULLI,
                                                 .loss_share = 0.05,
                                                 .duplicate = 0.02,
                                                 .corrupt = 0.01,
                                                 .rate_bits = 10000000 };
    struct lab_sim *const sim = open_sim(&config);
    for (uint32_t i = 0; i < HOSTS; i++)
        start(sim, i, 20 * MS);
    assert_int_equal(lab_sim_run(sim, 5 * SECOND), 5 * SECOND);
    *steps = lab_sim_steps(sim);
    /* Everything that was sent is somewhere. */
    const struct lab_link_counts n = lab_fabric_total(lab_sim_fabric(sim));
    const struct lab_fabric_stats f = lab_fabric_stats(lab_sim_fabric(sim));
    uint64_t sent = 0, got = 0;
    for (uint32_t i = 0; i < HOSTS; i++) {
        sent += states[i].sent;
        got += states[i].got;
    }
    assert_int_equal(f.pushed, sent);
    assert_int_equal(f.pushed + n.duplicated, f.arrived + f.under_way + n.lost + n.queue_dropped);
    assert_true(got < f.arrived && got > f.arrived * 97 / 100); /* without the corrupt ones */
    const uint64_t digest = lab_sim_digest(sim);
    lab_sim_free(sim);
    return digest;
}

static void one_seed_is_one_history(void **state)
{
    uint64_t steps[4];
    (void)state;
    const uint64_t first = history(1, &steps[0]);
    assert_int_equal(history(1, &steps[1]), first);
    assert_int_equal(steps[0], steps[1]);
    assert_true(steps[0] > 10000);
    assert_true(history(2, &steps[2]) != first);
    assert_true(history(UINT64_MAX, &steps[3]) != first);
}

static void send_one(void *context, void *state, const struct base_step_world *world)
{
    const struct base_address to = lab_sim_address(*(const uint32_t *)context);
    (void)state;
    world->send(world->context, &to, "\1hello", 6);
}

static void datagrams_take_the_links_time(void **state)
{
    const struct lab_sim_config config = { .seed = 3, .header_bytes = 48 };
    uint32_t to = 1;
    (void)state;
    begin(3);
    struct lab_sim *const sim = open_sim(&config);
    assert_int_equal(lab_sim_now(sim), SECOND);
    start(sim, 0, 0);
    start(sim, 1, 0);
    lab_sim_call(sim, 0, send_one, &to);
    assert_int_equal(lab_sim_run(sim, SECOND + 10 * MS - 1), SECOND + 10 * MS - 1);
    assert_int_equal(states[1].got, 0);
    lab_sim_run(sim, SECOND + 10 * MS);
    assert_int_equal(states[1].got, 1);
    assert_int_equal(states[1].got_bytes, 6);
    assert_int_equal(lab_fabric_counts(lab_sim_fabric(sim), 0, 1)->bytes, 54);
    to = 2; /* nobody lives there */
    lab_sim_call(sim, 0, send_one, &to);
    to = 99; /* there is no such host */
    lab_sim_call(sim, 0, send_one, &to);
    lab_sim_call(sim, 2, send_one, &to);
    assert_int_equal(lab_sim_run(sim, UINT64_MAX), SECOND + 20 * MS);
    assert_int_equal(lab_fabric_stats(lab_sim_fabric(sim)).pushed, 2);
    lab_sim_free(sim);
}

static void crash_and_restart(void **state)
{
    uint32_t to = 1;
    (void)state;
    begin(2);
    struct lab_sim *const sim = open_sim(NULL);
    start(sim, 0, 0);
    start(sim, 1, MS);
    assert_int_equal(lab_sim_start(sim, 1, &chatter, &states[1]), BASE_EEXIST);
    const uint64_t secret = states[1].secret;
    lab_sim_run(sim, SECOND + 100 * MS);
    const uint64_t sent = states[1].sent;
    assert_true(sent > 50);
    lab_sim_crash(sim, 1);
    lab_sim_crash(sim, 1);
    lab_sim_call(sim, 0, send_one, &to);
    lab_sim_run(sim, 2 * SECOND);
    assert_int_equal(states[1].sent, sent);
    const uint64_t got = states[1].got;
    start(sim, 1, 0);
    assert_true(states[1].secret != secret && states[1].secret != states[0].secret);
    assert_int_equal(states[1].got, 0);
    lab_sim_call(sim, 0, send_one, &to);
    lab_sim_run(sim, 3 * SECOND);
    assert_int_equal(states[1].got, 1);
    (void)got;
    lab_sim_free(sim);
}

static void give_secret(void *context, uint32_t host, void *out, size_t size)
{
    const uint64_t word = 1000 + host;
    ++*(uint32_t *)context;
    assert_int_equal(size, sizeof word);
    memcpy(out, &word, size);
}

static void secrets_can_be_given(void **state)
{
    uint32_t asked = 0;
    (void)state;
    begin(2);
    const struct lab_sim_config config = { .secret = give_secret, .context = &asked };
    struct lab_sim *const sim = open_sim(&config);
    start(sim, 0, 0);
    start(sim, 1, 0);
    assert_int_equal(states[0].secret, 1000);
    assert_int_equal(states[1].secret, 1001);
    assert_int_equal(asked, 2);
    lab_sim_free(sim);
}

struct parcel {
    uint8_t data[200];
    size_t size;
};

static void send_parcel(void *context, void *state, const struct base_step_world *world)
{
    const struct parcel *const p = context;
    const struct base_address to = lab_sim_address(1);
    (void)state;
    world->send(world->context, &to, p->data, p->size);
}

static uint64_t digest_of(struct parcel *p)
{
    struct lab_sim *const sim = open_sim(NULL);
    start(sim, 0, 0);
    lab_sim_call(sim, 0, send_parcel, p);
    const uint64_t digest = lab_sim_digest(sim);
    lab_sim_free(sim);
    return digest;
}

/* Of what is sent, every byte is in the digest, and so is its place. */
static void digest_holds_every_byte(void **state)
{
    static const size_t sizes[] = { 1, 8, 9, 31, 32, 63, 64, 65, 100, 128, 200 };
    (void)state;
    begin(2);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct parcel p = { .size = sizes[i] };
        for (size_t at = 0; at < p.size; at++)
            p.data[at] = (uint8_t)(at * 7);
        const uint64_t digest = digest_of(&p);
        for (size_t at = 0; at < p.size; at++) {
            p.data[at] ^= 1;
            assert_int_not_equal(digest_of(&p), digest);
            p.data[at] ^= 1;
        }
        for (size_t at = 8; at + 8 <= p.size; at += 8) {
            uint8_t word[8];
            memcpy(word, p.data, 8);
            memcpy(p.data, p.data + at, 8);
            memcpy(p.data + at, word, 8);
            assert_int_not_equal(digest_of(&p), digest);
            memcpy(p.data + at, p.data, 8);
            memcpy(p.data, word, 8);
        }
        assert_int_equal(digest_of(&p), digest);
    }
}

static struct {
    uint64_t at_ns[LOG];
    size_t count;
} heard;

static void hear(void *context, uint32_t host, uint64_t now_ns, const void *event)
{
    assert_ptr_equal(context, &heard);
    assert_int_equal(*(const uint8_t *)event, 1);
    if (host == 1)
        heard.at_ns[heard.count++] = now_ns;
}

/* One datagram from host 0 to host 1 each millisecond. */
static void send_on(void *context, struct lab_sim *sim)
{
    uint32_t to = 1;
    lab_sim_call(sim, 0, send_one, &to);
    assert_int_equal(lab_sim_at(sim, lab_sim_now(sim) + MS, send_on, context), BASE_OK);
}

static void changes_happen_at_their_times(void **state)
{
    static const uint8_t side[2] = { 0, 1 };
    struct lab_change changes[] = {
        { .at_ns = 20 * MS, .kind = LAB_CUT, .a = 1, .b = 0 },
        { .at_ns = 40 * MS, .kind = LAB_HEAL, .a = 0, .b = 1 },
        { .at_ns = 60 * MS, .kind = LAB_PARTITION, .side = side },
        { .at_ns = 80 * MS, .kind = LAB_HEAL_ALL },
    };
    const struct lab_sim_config config = { .seed = 1, .tell = hear, .context = &heard };
    (void)state;
    begin(2);
    topology.changes = changes;
    topology.change_count = 4;
    struct lab_sim *const sim = open_sim(&config);
    heard.count = 0;
    start(sim, 0, 0);
    start(sim, 1, 0);
    assert_int_equal(lab_sim_at(sim, SECOND - 1, send_on, NULL), BASE_ERANGE);
    assert_int_equal(lab_sim_at(sim, SECOND, send_on, NULL), BASE_OK);
    lab_sim_run(sim, SECOND + 100 * MS);
    /* Sent at 0 .. 19, 40 .. 59 and 80 .. ms; the change of a time comes first. */
    assert_int_equal(heard.count, 20 + 20 + 11);
    for (size_t i = 0; i < heard.count; i++) {
        const uint64_t sent_ms = i + (i >= 20 ? 20 : 0) + (i >= 40 ? 20 : 0);
        assert_int_equal(heard.at_ns[i], SECOND + (sent_ms + 10) * MS);
    }
    lab_sim_free(sim);
}

static void impossible_changes_are_refused(void **state)
{
    struct lab_change changes[] = { { .at_ns = 5, .kind = LAB_HEAL_ALL },
                                    { .at_ns = 4, .kind = LAB_HEAL_ALL } };
    const struct lab_sim_config config = { .topology = &topology };
    struct lab_sim *sim = NULL;
    struct base_why why = { 0 };
    (void)state;
    begin(2);
    topology.changes = changes;
    topology.change_count = 2;
    assert_int_equal(lab_sim_new(&config, &sim, &why), BASE_ERANGE);
    assert_string_equal(why.text, "change 2: it is before the one in front of it");
    changes[1] = (struct lab_change){ .at_ns = 9, .kind = LAB_CUT, .a = 0, .b = 5 };
    assert_int_equal(lab_sim_new(&config, &sim, &why), BASE_ENOTFOUND);
    assert_string_equal(why.text, "change 2: there is no link from node0 to a host that is none");
    assert_null(sim);
}

static char order[64];

static void note(void *context, struct lab_sim *sim)
{
    (void)sim;
    strncat(order, context, sizeof order - strlen(order) - 1);
}

static void calls_come_in_the_order_of_their_times(void **state)
{
    (void)state;
    begin(1);
    struct lab_sim *const sim = open_sim(NULL);
    order[0] = '\0';
    assert_int_equal(lab_sim_at(sim, 3 * SECOND, note, "d"), BASE_OK);
    assert_int_equal(lab_sim_at(sim, 2 * SECOND, note, "a"), BASE_OK);
    assert_int_equal(lab_sim_at(sim, 2 * SECOND, note, "b"), BASE_OK);
    assert_int_equal(lab_sim_at(sim, 3 * SECOND, note, "e"), BASE_OK);
    assert_int_equal(lab_sim_at(sim, 2 * SECOND, note, "c"), BASE_OK);
    assert_int_equal(lab_sim_run(sim, UINT64_MAX), 3 * SECOND);
    assert_string_equal(order, "abcde");
    for (int i = 0; i < 1000; i++)
        assert_int_equal(lab_sim_at(sim, 4 * SECOND + (uint64_t)(i * 7 % 1000), note, ""), BASE_OK);
    assert_int_equal(lab_sim_run(sim, UINT64_MAX), 4 * SECOND + 999);
    lab_sim_free(sim);
}

/* A machine that always wants its timer at once. */
static uint64_t impatient_calls;

static void impatient_timer(void *state, const struct base_step_world *world)
{
    (void)state;
    (void)world;
    impatient_calls++;
}

static uint64_t impatient_wake(const void *state)
{
    (void)state;
    return 0;
}

static void time_goes_on(void **state)
{
    struct base_step impatient = chatter;
    (void)state;
    impatient.timer = impatient_timer;
    impatient.wake_ns = impatient_wake;
    begin(1);
    struct lab_sim *const sim = open_sim(NULL);
    assert_int_equal(lab_sim_start(sim, 0, &impatient, &states[0]), BASE_OK);
    lab_sim_run(sim, SECOND + MS);
    assert_int_equal(impatient_calls, 1001);
    lab_sim_free(sim);
}

static void corrupt_datagrams_come_when_asked_for(void **state)
{
    struct lab_sim_config config = { .seed = 1 };
    uint32_t to = 1;
    (void)state;
    for (int i = 0; i < 2; i++) {
        begin(2);
        topology.uniform.corrupt = 1;
        config.has_corrupt = i == 1;
        struct lab_sim *const sim = open_sim(&config);
        start(sim, 0, 0);
        start(sim, 1, 0);
        lab_sim_call(sim, 0, send_one, &to);
        lab_sim_run(sim, 2 * SECOND);
        assert_int_equal(states[1].got, i);
        lab_sim_free(sim);
    }
}

static void addresses_are_those_of_the_header(void **state)
{
    char text[BASE_ADDRESS_TEXT_SIZE];
    struct base_address a = lab_sim_address(0);
    (void)state;
    assert_string_equal(base_address_print(&a, text), "[fd00::1]:9000");
    a = lab_sim_address(65535);
    assert_string_equal(base_address_print(&a, text), "[fd00::1:0]:9000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_seed_is_one_history),
        cmocka_unit_test(datagrams_take_the_links_time),
        cmocka_unit_test(crash_and_restart),
        cmocka_unit_test(secrets_can_be_given),
        cmocka_unit_test(digest_holds_every_byte),
        cmocka_unit_test(changes_happen_at_their_times),
        cmocka_unit_test(impossible_changes_are_refused),
        cmocka_unit_test(calls_come_in_the_order_of_their_times),
        cmocka_unit_test(time_goes_on),
        cmocka_unit_test(corrupt_datagrams_come_when_asked_for),
        cmocka_unit_test(addresses_are_those_of_the_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
