/* net_wire.h - the datagrams of the baselines: one message, or one fragment of it, and a keyed tag
 * when messages are authenticated.
 *
 *   0  kind: 1 data, 2 .. the protocol's own      12  fragment, 0 ..
 *   1  flags: bit 0, a tag follows the payload    14  fragments of the message, 1 ..
 *   2  ttl, one less with each relay              16  bytes of the whole message
 *   3  class                                      20  payload
 *   4  origin, index of a node                        tag, 16 bytes: keyed BLAKE3 over all before
 *   8  sequence of the origin, 0 ..                   it with ttl 0
 *
 * Numbers are little-endian. All fragments of a message but its last are of one size.
 * Source   BLAKE3, keyed mode: O'Connor et al., "BLAKE3" (2020) 2.4
 */
#ifndef SUITE_NET_WIRE_H
#define SUITE_NET_WIRE_H

#include <base/buf.h>

enum {
    NET_WIRE_HEADER_SIZE = 20,
    NET_WIRE_TAG_SIZE = 16,
    NET_WIRE_KEY_SIZE = 32,
    NET_WIRE_KIND_DATA = 1,
    NET_WIRE_TTL = 32,
    NET_WIRE_HEADERS_SIZE = 48, /* of IPv6 and UDP: what a datagram leaves of the path's MTU */
    NET_WIRE_MESSAGE_MAX = 1 << 20,
    NET_WIRE_MTU_LEAST = 576,
};

struct net_wire {
    uint8_t kind, ttl, class;
    uint32_t origin, sequence;
    uint16_t fragment, fragment_count;
    uint32_t message_size;
    struct base_span payload;
};

/* The group's key, derived from its seed; not used: datagrams have no tag. */
struct net_wire_key {
    bool is_used;
    uint8_t bytes[NET_WIRE_KEY_SIZE];
};
struct net_wire_key net_wire_key_of(uint64_t seed, bool is_used);

/* Payload of one fragment, and how many fragments a message of size 1 .. NET_WIRE_MESSAGE_MAX has
 * on a path of that MTU (NET_WIRE_MTU_LEAST .. 65535). */
size_t net_wire_fragment_size(size_t mtu_bytes, const struct net_wire_key *key);
uint16_t net_wire_fragments(size_t message_size, size_t fragment_size);

/* Size of the datagram, written to out[payload.size + header + tag]. */
size_t net_wire_encode(const struct net_wire *wire, const struct net_wire_key *key, uint8_t *out);

/* wire->payload points into `data`. Errors: EPROTOCOL (no such datagram), EWRONG (its tag) */
BASE_MUST_USE base_err net_wire_decode(const uint8_t *data, size_t size,
                                       const struct net_wire_key *key, struct net_wire *wire);
/* One relay more, in the datagram itself; the tag does not cover it. */
void net_wire_set_ttl(uint8_t *data, uint8_t ttl);

#endif
