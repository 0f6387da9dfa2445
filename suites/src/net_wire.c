/* net_wire.c - fixed offsets; every length is checked against the datagram before it is believed.
 */
#include "net_wire.h"

#include <blake3.h>

#include <string.h>

enum { AT_KIND, AT_FLAGS, AT_TTL, AT_CLASS, AT_ORIGIN, AT_SEQUENCE = 8, AT_FRAGMENT = 12 };
enum { AT_COUNT = 14, AT_SIZE = 16, FLAG_TAG = 1 };

static void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, (uint16_t)value);
    put16(at + 2, (uint16_t)(value >> 16));
}

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t get32(const uint8_t *at)
{
    return get16(at) | (uint32_t)get16(at + 2) << 16;
}

struct net_wire_key net_wire_key_of(uint64_t seed, bool is_used)
{
    struct net_wire_key key = { .is_used = is_used };
    blake3_hasher hasher;
    blake3_hasher_init_derive_key(&hasher, "bpi-perf net_wire group key");
    blake3_hasher_update(&hasher, &seed, sizeof seed);
    blake3_hasher_finalize(&hasher, key.bytes, sizeof key.bytes);
    return key;
}

size_t net_wire_fragment_size(size_t mtu_bytes, const struct net_wire_key *key)
{
    return mtu_bytes - NET_WIRE_HEADERS_SIZE - NET_WIRE_HEADER_SIZE -
           (key->is_used ? NET_WIRE_TAG_SIZE : 0);
}

uint16_t net_wire_fragments(size_t message_size, size_t fragment_size)
{
    return (uint16_t)((message_size + fragment_size - 1) / fragment_size);
}

static void tag_of(const uint8_t *data, size_t size, const struct net_wire_key *key,
                   uint8_t out[NET_WIRE_TAG_SIZE])
{
    const uint8_t no_ttl = 0;
    blake3_hasher hasher;
    blake3_hasher_init_keyed(&hasher, key->bytes);
    blake3_hasher_update(&hasher, data, AT_TTL);
    blake3_hasher_update(&hasher, &no_ttl, 1);
    blake3_hasher_update(&hasher, data + AT_TTL + 1, size - AT_TTL - 1);
    blake3_hasher_finalize(&hasher, out, NET_WIRE_TAG_SIZE);
}

size_t net_wire_encode(const struct net_wire *wire, const struct net_wire_key *key, uint8_t *out)
{
    const size_t size = NET_WIRE_HEADER_SIZE + wire->payload.size;
    out[AT_KIND] = wire->kind;
    out[AT_FLAGS] = key->is_used ? FLAG_TAG : 0;
    out[AT_TTL] = wire->ttl;
    out[AT_CLASS] = wire->class;
    put32(out + AT_ORIGIN, wire->origin);
    put32(out + AT_SEQUENCE, wire->sequence);
    put16(out + AT_FRAGMENT, wire->fragment);
    put16(out + AT_COUNT, wire->fragment_count);
    put32(out + AT_SIZE, wire->message_size);
    if (wire->payload.size > 0)
        memcpy(out + NET_WIRE_HEADER_SIZE, wire->payload.data, wire->payload.size);
    if (!key->is_used)
        return size;
    tag_of(out, size, key, out + size);
    return size + NET_WIRE_TAG_SIZE;
}

/* The fields agree with each other: the fragment lies in the message and fills its place. */
static bool is_sound(const struct net_wire *wire)
{
    if (wire->kind == 0 || wire->fragment_count == 0 || wire->fragment >= wire->fragment_count ||
        wire->message_size > NET_WIRE_MESSAGE_MAX)
        return false;
    if (wire->kind != NET_WIRE_KIND_DATA)
        return true;
    const size_t size = wire->payload.size, count = wire->fragment_count;
    if (wire->fragment + 1u < count) /* of one size, so that the last has 1 .. size bytes */
        return size > 0 && size * (count - 1) < wire->message_size &&
               size * count >= wire->message_size;
    if (count == 1)
        return size > 0 && size == wire->message_size;
    return size > 0 && size < wire->message_size && (wire->message_size - size) % (count - 1) == 0;
}

/* In constant time: how much of a guess was right is not told. */
static bool is_equal(const uint8_t *a, const uint8_t *b)
{
    uint8_t difference = 0;
    for (size_t i = 0; i < NET_WIRE_TAG_SIZE; i++)
        difference |= (uint8_t)(a[i] ^ b[i]);
    return difference == 0;
}

base_err net_wire_decode(const uint8_t *data, size_t size, const struct net_wire_key *key,
                         struct net_wire *wire)
{
    uint8_t tag[NET_WIRE_TAG_SIZE];
    const size_t around = NET_WIRE_HEADER_SIZE + (key->is_used ? NET_WIRE_TAG_SIZE : 0);
    if (size < around || data[AT_FLAGS] != (key->is_used ? FLAG_TAG : 0))
        return BASE_EPROTOCOL;
    const struct net_wire read = {
        .kind = data[AT_KIND],
        .ttl = data[AT_TTL],
        .class = data[AT_CLASS],
        .origin = get32(data + AT_ORIGIN),
        .sequence = get32(data + AT_SEQUENCE),
        .fragment = get16(data + AT_FRAGMENT),
        .fragment_count = get16(data + AT_COUNT),
        .message_size = get32(data + AT_SIZE),
        .payload = { data + NET_WIRE_HEADER_SIZE, size - around },
    };
    if (!is_sound(&read))
        return BASE_EPROTOCOL;
    if (key->is_used) {
        tag_of(data, size - NET_WIRE_TAG_SIZE, key, tag);
        if (!is_equal(tag, data + size - NET_WIRE_TAG_SIZE))
            return BASE_EWRONG;
    }
    *wire = read;
    return BASE_OK;
}

void net_wire_set_ttl(uint8_t *data, uint8_t ttl)
{
    data[AT_TTL] = ttl;
}
