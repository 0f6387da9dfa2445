/* udp_peer.h - step machines for the tests of the driver: one centre that sends, some others that
 * send back what they get, and a naive twin of each way: the bytes that must come, in order. */
#ifndef TESTS_UDP_PEER_H
#define TESTS_UDP_PEER_H

#include "unit.h"

#include <base/buf.h>
#include <bpi/udp.h>

enum { UDP_PEERS_MAX = 4 };

struct udp_twin {
    struct base_buf bytes; /* size (u32) and bytes of each datagram */
    size_t at;             /* read so far */
};

struct udp_world;

struct udp_peer {
    struct udp_world *world;
    struct bpi_udp *udp;
    struct base_address address;
    struct udp_twin there, back; /* to it, and what the centre must get from it */
};

struct udp_world {
    struct bpi_udp *centre;
    struct udp_peer peers[UDP_PEERS_MAX];
    size_t peer_count;
};

/* 127.0.0.1 or ::1 */
struct base_address udp_loopback(bool is_ipv4, uint16_t port);
uint64_t udp_clock_ns(void);

/* A centre and peers, by turns on IPv4 and IPv6. */
void udp_world_open(struct udp_world *world, size_t peer_count, bool is_plain);
void udp_world_close(struct udp_world *world);
/* Let the centre send, and both twins expect it. */
void udp_world_send(struct udp_world *world, size_t peer, const void *data, size_t size);
/* Poll all until every twin is satisfied; fails after 20 s. */
void udp_world_drain(struct udp_world *world);

/* A machine that does nothing. */
extern const struct base_step udp_idle_step;

#endif
