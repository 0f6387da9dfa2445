/* made_frame.c - header by header, front to back; what the key must be is noted along the way. */
#include "made_frame.h"

#include <string.h>

struct maker {
    struct made_frame *out;
    struct base_rng *rng;
    bool is_done; /* the answer is known, whatever follows */
};

static uint64_t below(struct maker *m, uint64_t bound)
{
    return base_rng_below(m->rng, bound);
}

static void put(struct maker *m, uint64_t value, int size)
{
    while (size-- > 0)
        m->out->bytes[m->out->size++] = (uint8_t)(value >> (8 * size));
}

static void put_random(struct maker *m, uint64_t size)
{
    while (size-- > 0)
        put(m, below(m, 256), 1);
}

static void set16(struct maker *m, uint32_t at, uint64_t value)
{
    m->out->bytes[at] = (uint8_t)(value >> 8);
    m->out->bytes[at + 1] = (uint8_t)value;
}

/* From here on nothing that follows changes the answer. */
static void answer(struct maker *m, enum mfn_flow_result result)
{
    m->out->key.result = (uint8_t)result;
    m->out->needed = m->out->size;
    m->is_done = true;
}

static uint32_t type_of(struct maker *m, uint32_t version)
{
    if (below(m, 40) != 0)
        return version == 4 ? 0x0800 : 0x86dd;
    static const uint16_t others[] = { 0x0806, 0x8847, 0x8864, 0x0026, 0x9100, 0xffff };
    m->is_done = true;
    return others[below(m, 6)];
}

/* EtherType and up to three tags in front of it. */
static void put_type(struct maker *m, uint32_t version)
{
    const uint64_t tags = below(m, 3) != 0 ? 0 : 1 + below(m, 3);
    for (uint64_t i = 0; i < tags; i++) {
        put(m, below(m, 2) != 0 ? 0x8100 : 0x88a8, 2);
        if (i == MFN_FLOW_VLAN_MAX) {
            answer(m, MFN_FLOW_VLAN_DEEP);
            return;
        }
        put_random(m, 2);
    }
    put(m, type_of(m, version), 2);
    if (m->is_done)
        answer(m, MFN_FLOW_NOT_IP);
}

static void put_family(struct maker *m, uint32_t version, bool is_network_order)
{
    static const uint8_t six[] = { 10, 24, 28, 30 };
    uint32_t family = version == 4 ? 2 : six[below(m, 4)];
    const bool is_other = below(m, 40) == 0;
    if (is_other)
        family = 3 + (uint32_t)below(m, 7);
    if (!is_network_order && below(m, 2) != 0)
        family = __builtin_bswap32(family);
    put(m, family, 4);
    if (is_other)
        answer(m, MFN_FLOW_NOT_IP);
}

static void put_link(struct maker *m, uint32_t version)
{
    static const uint16_t links[] = { 0, 1, 1, 1, 1, 12, 101, 108, 113, 228, 276, 300 };
    uint32_t link = links[below(m, sizeof links / sizeof links[0])];
    if (link == 228 && version == 6)
        link = 229;
    m->out->link = link;
    switch (link) {
    case 0:
    case 108:
        put_family(m, version, link == 108);
        break;
    case 1:
        put_random(m, 12);
        put_type(m, version);
        break;
    case 113:
        put_random(m, 14);
        put_type(m, version);
        break;
    case 276: /* the type comes first, so that tags stand behind the rest */
        put(m, version == 4 ? 0x0800 : 0x86dd, 2);
        put_random(m, 18);
        break;
    case 300:
        answer(m, MFN_FLOW_LINK_UNKNOWN);
        break;
    }
}

static bool has_ports(uint32_t protocol)
{
    return protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 || protocol == 136;
}

static void key_fill(struct maker *m, uint32_t addresses_at, uint32_t addresses_size,
                     const uint8_t ports[4], uint32_t protocol)
{
    struct mfn_flow_key *const key = &m->out->key;
    memcpy(key->bytes, m->out->bytes + addresses_at, addresses_size);
    memcpy(key->bytes + addresses_size, ports, 4);
    key->bytes[addresses_size + 4] = (uint8_t)protocol;
    key->size = (uint8_t)(addresses_size + 5);
}

/* The first bytes of the transport header, sometimes too few; then the answer is known. */
static void put_transport(struct maker *m, uint32_t version, uint32_t addresses_at,
                          uint32_t protocol)
{
    const uint32_t at = m->out->size;
    const uint8_t *const bytes = m->out->bytes + at;
    const uint32_t addresses_size = version == 4 ? 8 : 32;
    const bool is_icmp = protocol == (version == 4 ? 1 : 58);
    const uint32_t need = has_ports(protocol) ? 4 : is_icmp ? 2 : 0;
    const bool is_short = need > 0 && below(m, 20) == 0;
    uint8_t ports[4] = { 0 };
    put_random(m, is_short ? below(m, need) : need);
    if (is_short) {
        answer(m, MFN_FLOW_TRANSPORT_SHORT);
        m->out->needed = at;
        return;
    }
    if (has_ports(protocol))
        memcpy(ports, bytes, 4);
    if (is_icmp) {
        ports[1] = bytes[0];
        ports[3] = bytes[1];
    }
    key_fill(m, addresses_at, addresses_size, ports, protocol);
    answer(m, need > 0 ? MFN_FLOW_OK : MFN_FLOW_NO_PORTS);
    put_random(m, below(m, 60));
}

static uint32_t protocol_random(struct maker *m)
{
    static const uint8_t usual[] = { 1, 6, 6, 6, 17, 17, 33, 47, 50, 58, 59, 132, 136 };
    return usual[below(m, sizeof usual)];
}

static void put_ipv4(struct maker *m)
{
    const uint32_t ip = m->out->size;
    const uint32_t words = below(m, 2) != 0 ? 5 : 5 + (uint32_t)below(m, 11);
    const uint32_t protocol = protocol_random(m);
    const bool is_later = below(m, 8) == 0;
    const uint64_t offset = is_later ? 1 + below(m, 0x1fff) : 0;
    static const uint8_t none[4];
    put(m, 0x40 | words, 1);
    put_random(m, 1);
    put(m, 0, 2);
    put_random(m, 2);
    put(m, below(m, 8) << 13 | offset, 2);
    put_random(m, 1);
    put(m, protocol, 1);
    put_random(m, 10);
    const uint64_t broken = below(m, 30);
    if (is_later && broken > 2) {
        key_fill(m, ip + 12, 8, none, protocol);
        answer(m, MFN_FLOW_FRAGMENT);
    }
    if (broken <= 2)
        answer(m, broken == 0 ? MFN_FLOW_IP_VERSION : MFN_FLOW_IP_LENGTH);
    put_random(m, (words - 5) * 4);
    if (m->is_done)
        put_random(m, below(m, 30));
    else
        put_transport(m, 4, ip + 12, protocol);
    set16(m, ip + 2, m->out->size - ip);
    if (broken == 0)
        m->out->bytes[ip] ^= 0x10;
    if (broken == 1)
        m->out->bytes[ip] = 0x40 | (uint8_t)below(m, 5);
    if (broken == 2)
        set16(m, ip + 2, below(m, 2) != 0 ? 1 + below(m, words * 4 - 1) : 0xffff);
}

/* Extension headers until one says what follows; *next is set to it. */
static void put_extensions(struct maker *m, uint32_t next_at, uint32_t ip, uint32_t *next)
{
    static const uint8_t kinds[] = { 0, 43, 44, 51, 60, 135, 139, 140 };
    static const uint8_t none[4];
    const uint64_t count = below(m, 3) != 0 ? 0 : below(m, 11);
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t kind = kinds[below(m, sizeof kinds)];
        const bool is_later = kind == 44 && below(m, 2) != 0;
        const uint32_t at = m->out->size;
        m->out->bytes[next_at] = kind;
        if (i == MFN_FLOW_EXTENSION_MAX) {
            answer(m, MFN_FLOW_EXTENSION_DEEP);
            return;
        }
        const uint64_t length = kind == 44 ? 0 : below(m, 6);
        put(m, *next, 1);
        put(m, length, 1);
        put(m, is_later ? (1 + below(m, 0x1fff)) << 3 | below(m, 8) : below(m, 8), 2);
        put_random(m, kind == 51 ? 4 + length * 4 : 4 + length * 8);
        next_at = at;
        if (is_later) {
            m->out->size = at + 8;
            key_fill(m, ip + 8, 32, none, *next);
            answer(m, MFN_FLOW_FRAGMENT);
            return;
        }
    }
    m->out->bytes[next_at] = (uint8_t)*next;
}

static void put_ipv6(struct maker *m)
{
    const uint32_t ip = m->out->size;
    uint32_t next = protocol_random(m);
    put(m, 6, 1);
    m->out->bytes[ip] = (uint8_t)(0x60 | below(m, 16));
    put_random(m, 3);
    put(m, 0, 2);
    put(m, next, 1);
    put_random(m, 33);
    const uint64_t broken = below(m, 30);
    if (broken <= 1)
        answer(m, broken == 0 ? MFN_FLOW_IP_VERSION : MFN_FLOW_IP_LENGTH);
    else
        put_extensions(m, ip + 6, ip, &next);
    if (m->is_done)
        put_random(m, 1 + below(m, 30));
    else
        put_transport(m, 6, ip + 8, next);
    set16(m, ip + 4, broken == 1 ? 0xffff : m->out->size - ip - 40);
    if (broken == 0)
        m->out->bytes[ip] ^= 0x10;
}

void made_frame_random(struct made_frame *out, struct base_rng *rng)
{
    struct maker m = { .out = out, .rng = rng };
    const uint32_t version = base_rng_below(rng, 2) != 0 ? 4 : 6;
    memset(out, 0, sizeof *out);
    put_link(&m, version);
    if (m.is_done) {
        put_random(&m, base_rng_below(rng, 60));
        return;
    }
    const uint32_t ip = out->size;
    if (version == 4)
        put_ipv4(&m);
    else
        put_ipv6(&m);
    /* A link type without a header takes the version's word for it, where it is 4 or 6. */
    const bool is_raw = out->link == 12 || out->link == 101;
    if (out->key.result == MFN_FLOW_IP_VERSION && is_raw)
        out->needed = ip + 1;
    /* Padding; not where a payload of 0 would take it for its own. */
    if (version == 4 || out->bytes[ip + 4] != 0 || out->bytes[ip + 5] != 0)
        put_random(&m, base_rng_below(rng, 3) != 0 ? 0 : base_rng_below(rng, 20));
}
