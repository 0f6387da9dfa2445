/* test_udp_volume.c - many datagrams: random sizes and addresses against naive twins, and 10^5 that
 * must be the same to the machine with and without batching.
 * usage: test_udp_volume [SEED [SECONDS]] */
#define _GNU_SOURCE
#include "udp_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed = 1, seconds = 1;
static uint8_t bytes[BASE_STEP_DATAGRAM_MAX + 4096];

/* Mostly what travels: small and packet-sized, now and then anything. */
static size_t random_size(struct base_rng *rng)
{
    switch (base_rng_below(rng, 4)) {
    case 0:
        return 1 + base_rng_below(rng, 100);
    case 1:
        return 1200;
    case 2:
        return 1 + base_rng_below(rng, 3000);
    default:
        return 1 + base_rng_below(rng, BASE_STEP_DATAGRAM_MAX);
    }
}

/* Bursts stay below what a socket's buffer takes. */
static void burst(struct udp_world *world, struct base_rng *rng)
{
    enum { BURST_SIZE = 200000, BURST_COUNT = 300 };
    size_t size = random_size(rng), peer = 0;
    for (size_t sent = 0, count = 0; sent < BURST_SIZE && count < BURST_COUNT; count++) {
        if (base_rng_below(rng, 5) == 0)
            size = random_size(rng);
        if (base_rng_below(rng, 3) == 0)
            peer = base_rng_below(rng, world->peer_count);
        udp_world_send(world, peer, bytes + base_rng_below(rng, 4096), size);
        sent += size;
    }
    udp_world_drain(world);
}

static void twins(void **state)
{
    (void)state;
    for (unsigned is_plain = 0; is_plain < 2; is_plain++) {
        struct udp_world world;
        struct base_rng rng;
        base_rng_init(&rng, seed);
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)base_rng_u64(&rng);
        udp_world_open(&world, UDP_PEERS_MAX, is_plain);
        const uint64_t end_ns = udp_clock_ns() + seconds * 1000000000u;
        do
            burst(&world, &rng);
        while (udp_clock_ns() < end_ns);
        const struct bpi_udp_stats stats = bpi_udp_stats(world.centre);
        assert_int_equal(stats.sent, stats.received);
        assert_int_equal(stats.sent_bytes, stats.received_bytes);
        assert_int_equal(stats.send_failed, 0);
        udp_world_close(&world);
    }
}

/* ---- 10^5 ---- */

struct digest {
    uint64_t value, count; /* FNV-1a of sizes and bytes, eight at a time */
};

static void digest_add(struct digest *digest, const uint8_t *data, size_t size)
{
    const uint64_t prime = UINT64_C(0x100000001b3);
    uint64_t word, value = (digest->value ^ size) * prime;
    for (; size >= sizeof word; data += sizeof word, size -= sizeof word) {
        memcpy(&word, data, sizeof word);
        value = (value ^ word) * prime;
    }
    while (size-- > 0)
        value = (value ^ *data++) * prime;
    digest->value = value;
    digest->count++;
}

static void digest_datagram(void *state, const struct base_step_world *world,
                            const struct base_address *from, uint8_t *data, size_t size)
{
    (void)world;
    (void)from;
    digest_add(state, data, size);
}

static void digest_drain(struct bpi_udp *udp, const struct digest *got, uint64_t count)
{
    const uint64_t end_ns = udp_clock_ns() + UINT64_C(20000000000);
    while (got->count < count && udp_clock_ns() < end_ns)
        assert_int_equal(bpi_udp_poll(udp, 0, -1, NULL), BASE_OK);
    assert_int_equal(got->count, count);
}

static struct digest run(bool is_plain)
{
    enum { COUNT = 100000, BURST = 100 };
    struct digest expected = { 0 }, got = { 0 };
    struct base_step step = udp_idle_step;
    struct bpi_udp *from = NULL, *to = NULL;
    struct bpi_udp_config config = { .step = &udp_idle_step, .is_plain = is_plain };
    struct base_rng rng;
    step.datagram = digest_datagram;
    base_rng_init(&rng, seed);
    assert_int_equal(bpi_udp_open(&config, &from, NULL), BASE_OK);
    config.step = &step;
    config.state = &got;
    assert_int_equal(bpi_udp_open(&config, &to, NULL), BASE_OK);
    const struct base_address there = udp_loopback(false, bpi_udp_address(to).port);
    const struct base_step_world *const world = bpi_udp_world(from);
    size_t size = 1;
    for (uint64_t i = 1; i <= COUNT; i++) {
        const uint8_t *const data = bytes + base_rng_below(&rng, 4096);
        if (base_rng_below(&rng, 8) == 0)
            size = 1 + base_rng_below(&rng, 1400);
        digest_add(&expected, data, size);
        world->send(world->context, &there, data, size);
        if (i % BURST != 0)
            continue;
        bpi_udp_flush(from);
        digest_drain(to, &got, i);
    }
    assert_true(got.value == expected.value);
    bpi_udp_close(from);
    bpi_udp_close(to);
    return got;
}

static void plain_and_batched(void **state)
{
    (void)state;
    const struct digest plain = run(true), batched = run(false);
    assert_true(plain.value == batched.value);
    assert_int_equal(plain.count, batched.count);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twins),
        cmocka_unit_test(plain_and_batched),
    };
    seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    seconds = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    printf("seed %llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
