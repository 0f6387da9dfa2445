/* udp_peer.c - see the header. */
#include "udp_peer.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct base_address udp_loopback(bool is_ipv4, uint16_t port)
{
    struct base_address address = { .port = port };
    static const uint8_t ipv4[16] = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 };
    address.ip[15] = 1;
    if (is_ipv4)
        memcpy(address.ip, ipv4, sizeof ipv4);
    return address;
}

uint64_t udp_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- twins ---- */

static void twin_expect(struct udp_twin *twin, const void *data, size_t size)
{
    const uint32_t head = (uint32_t)size;
    if (twin->at == twin->bytes.size)
        twin->at = twin->bytes.size = 0;
    assert_int_equal(base_buf_put(&twin->bytes, &head, sizeof head), BASE_OK);
    if (size > 0)
        assert_int_equal(base_buf_put(&twin->bytes, data, size), BASE_OK);
}

static void twin_check(struct udp_twin *twin, const uint8_t *data, size_t size)
{
    uint32_t head = 0;
    assert_true(twin->at < twin->bytes.size);
    memcpy(&head, twin->bytes.data + twin->at, sizeof head);
    assert_int_equal(head, size);
    if (size > 0)
        assert_memory_equal(twin->bytes.data + twin->at + sizeof head, data, size);
    twin->at += sizeof head + size;
}

/* ---- machines ---- */

static void no_start(void *state, const struct base_step_world *world)
{
    (void)state;
    (void)world;
}

static uint64_t no_wake(const void *state)
{
    (void)state;
    return UINT64_MAX;
}

static void peer_datagram(void *state, const struct base_step_world *world,
                          const struct base_address *from, uint8_t *data, size_t size)
{
    struct udp_peer *const peer = state;
    twin_check(&peer->there, data, size);
    world->send(world->context, from, data, size);
    if (size > 0)
        memset(data, 0xee, size); /* it may be changed */
}

static void centre_datagram(void *state, const struct base_step_world *world,
                            const struct base_address *from, uint8_t *data, size_t size)
{
    struct udp_world *const all = state;
    (void)world;
    for (size_t i = 0; i < all->peer_count; i++)
        if (base_address_is(&all->peers[i].address, from)) {
            twin_check(&all->peers[i].back, data, size);
            return;
        }
    fail_msg("a datagram of nobody's");
}

static void idle_datagram(void *state, const struct base_step_world *world,
                          const struct base_address *from, uint8_t *data, size_t size)
{
    (void)state;
    (void)world;
    (void)from;
    (void)data;
    (void)size;
}

const struct base_step udp_idle_step = { "idle", no_start, idle_datagram, no_start, no_wake };
static const struct base_step peer_step = { "peer", no_start, peer_datagram, no_start, no_wake };
static const struct base_step centre_step = { "centre", no_start, centre_datagram, no_start,
                                              no_wake };

/* ---- the world ---- */

static struct bpi_udp *driver_open(const struct base_step *step, void *state, bool is_plain)
{
    const struct bpi_udp_config config = { .step = step, .state = state, .is_plain = is_plain };
    struct base_why why = { 0 };
    struct bpi_udp *udp = NULL;
    if (bpi_udp_open(&config, &udp, &why) != BASE_OK)
        fail_msg("%s", why.text);
    return udp;
}

void udp_world_open(struct udp_world *world, size_t peer_count, bool is_plain)
{
    *world = (struct udp_world){ .peer_count = peer_count };
    world->centre = driver_open(&centre_step, world, is_plain);
    for (size_t i = 0; i < peer_count; i++) {
        struct udp_peer *const peer = &world->peers[i];
        peer->world = world;
        peer->udp = driver_open(&peer_step, peer, is_plain);
        peer->address = udp_loopback(i % 2 == 0, bpi_udp_address(peer->udp).port);
    }
}

void udp_world_close(struct udp_world *world)
{
    bpi_udp_close(world->centre);
    for (size_t i = 0; i < world->peer_count; i++) {
        bpi_udp_close(world->peers[i].udp);
        base_buf_done(&world->peers[i].there.bytes);
        base_buf_done(&world->peers[i].back.bytes);
    }
}

void udp_world_send(struct udp_world *world, size_t peer, const void *data, size_t size)
{
    struct udp_peer *const to = &world->peers[peer];
    const struct base_step_world *const step = bpi_udp_world(world->centre);
    twin_expect(&to->there, data, size);
    twin_expect(&to->back, data, size);
    step->send(step->context, &to->address, data, size);
}

static bool is_satisfied(const struct udp_world *world)
{
    for (size_t i = 0; i < world->peer_count; i++)
        if (world->peers[i].back.at < world->peers[i].back.bytes.size)
            return false;
    return true;
}

void udp_world_drain(struct udp_world *world)
{
    const uint64_t end_ns = udp_clock_ns() + UINT64_C(20000000000);
    while (!is_satisfied(world)) {
        assert_int_equal(bpi_udp_poll(world->centre, 0, -1, NULL), BASE_OK);
        for (size_t i = 0; i < world->peer_count; i++)
            assert_int_equal(bpi_udp_poll(world->peers[i].udp, 0, -1, NULL), BASE_OK);
        if (udp_clock_ns() > end_ns)
            fail_msg("datagrams are missing after 20 s");
    }
}
