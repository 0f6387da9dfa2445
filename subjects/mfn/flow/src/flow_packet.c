/* flow_packet.c - one walk over the headers with a cursor that knows two ends: where the packet
 * ends by its own account, and where the capture does. Before it, what most traffic is – TCP, UDP
 * or SCTP right behind Ethernet, its tags and an IP header without options – is recognised by a few
 * comparisons and copied: addresses and ports lie side by side there, in the key's own order. */
#include <mfn/flow_packet.h>

#include <string.h>

enum {
    ETHERNET_SIZE = 14,
    SLL_SIZE = 16,
    SLL2_SIZE = 20,
    FAMILY_SIZE = 4,
    VLAN_SIZE = 4,
    TYPE_SIZE = 2,
    IPV4_SIZE = 20,
    IPV6_SIZE = 40,
    EXTENSION_SIZE = 8,
    PORTS_SIZE = 4,
    ICMP_SIZE = 2,

    TYPE_IPV4 = 0x0800,
    TYPE_IPV6 = 0x86dd,
    TYPE_8021Q = 0x8100,
    TYPE_8021AD = 0x88a8,

    NEXT_HOP_BY_HOP = 0,
    NEXT_ROUTING = 43,
    NEXT_FRAGMENT = 44,
    NEXT_AUTHENTICATION = 51,
    NEXT_DESTINATION = 60,
    NEXT_MOBILITY = 135,
    NEXT_HIP = 139,
    NEXT_SHIM6 = 140,

    PROTOCOL_ICMP = 1,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_DCCP = 33,
    PROTOCOL_ICMPV6 = 58,
    PROTOCOL_SCTP = 132,
    PROTOCOL_UDPLITE = 136,

    PREFETCH_DISTANCE = 8,
};

struct cursor {
    const uint8_t *data;
    uint64_t size; /* captured */
    uint64_t end;  /* of the packet, captured or not */
    uint64_t at;
};

static inline uint32_t be16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static inline uint32_t be32(const uint8_t *at)
{
    return be16(at) << 16 | be16(at + 2);
}

/* Are `count` bytes there? Short is the packet's fault, cut is the capture's. */
static inline enum mfn_flow_result need(const struct cursor *c, uint64_t count,
                                        enum mfn_flow_result when_short)
{
    if (c->at + count > c->end)
        return when_short;
    return c->at + count > c->size ? MFN_FLOW_CUT : MFN_FLOW_OK;
}

static inline bool is_tag(uint32_t type)
{
    return type == TYPE_8021Q || type == TYPE_8021AD;
}

static enum mfn_flow_result vlan_skip(struct cursor *c, uint32_t *type)
{
    for (int tags = 0; is_tag(*type); tags++) {
        if (tags == MFN_FLOW_VLAN_MAX)
            return MFN_FLOW_VLAN_DEEP;
        const enum mfn_flow_result result = need(c, VLAN_SIZE, MFN_FLOW_LINK_SHORT);
        if (result != MFN_FLOW_OK)
            return result;
        *type = be16(c->data + c->at + 2);
        c->at += VLAN_SIZE;
    }
    return MFN_FLOW_OK;
}

/* A header of `size` bytes whose EtherType is at `type_at`, then VLAN tags. */
static enum mfn_flow_result type_find(struct cursor *c, uint64_t size, uint64_t type_at,
                                      uint32_t *version)
{
    enum mfn_flow_result result = need(c, size, MFN_FLOW_LINK_SHORT);
    if (result != MFN_FLOW_OK)
        return result;
    uint32_t type = be16(c->data + type_at);
    c->at = size;
    result = vlan_skip(c, &type);
    *version = type == TYPE_IPV4 ? 4 : type == TYPE_IPV6 ? 6 : 0;
    return result == MFN_FLOW_OK && *version == 0 ? MFN_FLOW_NOT_IP : result;
}

/* The family of a loopback header: 2 is IPv4 everywhere; IPv6 is 10 on Linux, 24 on NetBSD and
 * OpenBSD, 28 on FreeBSD, 30 on macOS. */
static enum mfn_flow_result family_find(struct cursor *c, bool is_network_order, uint32_t *version)
{
    const enum mfn_flow_result result = need(c, FAMILY_SIZE, MFN_FLOW_LINK_SHORT);
    if (result != MFN_FLOW_OK)
        return result;
    uint32_t family = be32(c->data);
    if (!is_network_order && family > 0xffff)
        family = __builtin_bswap32(family);
    c->at = FAMILY_SIZE;
    const bool is_ipv6 = family == 10 || family == 24 || family == 28 || family == 30;
    *version = family == 2 ? 4 : is_ipv6 ? 6 : 0;
    return *version == 0 ? MFN_FLOW_NOT_IP : MFN_FLOW_OK;
}

static enum mfn_flow_result raw_find(const struct cursor *c, uint32_t *version)
{
    const enum mfn_flow_result result = need(c, 1, MFN_FLOW_IP_SHORT);
    if (result != MFN_FLOW_OK)
        return result;
    *version = c->data[0] >> 4;
    return *version == 4 || *version == 6 ? MFN_FLOW_OK : MFN_FLOW_IP_VERSION;
}

static enum mfn_flow_result link_find(struct cursor *c, uint32_t link, uint32_t *version)
{
    switch (link) {
    case MFN_FLOW_LINK_ETHERNET:
        return type_find(c, ETHERNET_SIZE, 12, version);
    case MFN_FLOW_LINK_LINUX_SLL:
        return type_find(c, SLL_SIZE, 14, version);
    case MFN_FLOW_LINK_LINUX_SLL2:
        return type_find(c, SLL2_SIZE, 0, version);
    case MFN_FLOW_LINK_LOCAL:
        return family_find(c, false, version);
    case MFN_FLOW_LINK_LOOP:
        return family_find(c, true, version);
    case MFN_FLOW_LINK_RAW:
    case MFN_FLOW_LINK_RAW_OLD:
        return raw_find(c, version);
    case MFN_FLOW_LINK_IPV4:
        *version = 4;
        return MFN_FLOW_OK;
    case MFN_FLOW_LINK_IPV6:
        *version = 6;
        return MFN_FLOW_OK;
    default:
        return MFN_FLOW_LINK_UNKNOWN;
    }
}

/* What stands in the place of the ports; for protocols without, zeros. */
static enum mfn_flow_result ports_find(const struct cursor *c, uint32_t version, uint32_t protocol,
                                       uint8_t ports[PORTS_SIZE])
{
    enum mfn_flow_result result;
    switch (protocol) {
    case PROTOCOL_TCP:
    case PROTOCOL_UDP:
    case PROTOCOL_SCTP:
    case PROTOCOL_DCCP:
    case PROTOCOL_UDPLITE:
        result = need(c, PORTS_SIZE, MFN_FLOW_TRANSPORT_SHORT);
        if (result == MFN_FLOW_OK)
            memcpy(ports, c->data + c->at, PORTS_SIZE);
        return result;
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6:
        if ((protocol == PROTOCOL_ICMP) != (version == 4))
            return MFN_FLOW_NO_PORTS;
        result = need(c, ICMP_SIZE, MFN_FLOW_TRANSPORT_SHORT);
        if (result == MFN_FLOW_OK) {
            ports[1] = c->data[c->at];
            ports[3] = c->data[c->at + 1];
        }
        return result;
    default:
        return MFN_FLOW_NO_PORTS;
    }
}

static void key_put(struct mfn_flow_key *out, const uint8_t *addresses, size_t size,
                    const uint8_t ports[PORTS_SIZE], uint32_t protocol)
{
    memcpy(out->bytes, addresses, size);
    memcpy(out->bytes + size, ports, PORTS_SIZE);
    out->bytes[size + PORTS_SIZE] = (uint8_t)protocol;
    out->size = (uint8_t)(size + PORTS_SIZE + 1);
}

/* The packet ends where its header says, within the frame; 0 means as long as the frame. */
static bool end_set(struct cursor *c, uint64_t header_and_payload, bool is_stated)
{
    if (!is_stated)
        return true;
    if (c->at + header_and_payload > c->end)
        return false;
    c->end = c->at + header_and_payload;
    return true;
}

static enum mfn_flow_result ipv4_read(struct cursor *c, struct mfn_flow_key *out)
{
    enum mfn_flow_result result = need(c, IPV4_SIZE, MFN_FLOW_IP_SHORT);
    if (result != MFN_FLOW_OK)
        return result;
    const uint8_t *const ip = c->data + c->at;
    const uint64_t header = (ip[0] & 15) * 4u;
    const uint64_t total = be16(ip + 2);
    if (ip[0] >> 4 != 4)
        return MFN_FLOW_IP_VERSION;
    if (header < IPV4_SIZE || (total != 0 && total < header) || !end_set(c, total, total != 0))
        return MFN_FLOW_IP_LENGTH;
    uint8_t ports[PORTS_SIZE] = { 0 };
    if ((be16(ip + 6) & 0x1fff) != 0) {
        result = MFN_FLOW_FRAGMENT;
    } else {
        result = need(c, header, MFN_FLOW_IP_SHORT);
        c->at += header;
        if (result == MFN_FLOW_OK)
            result = ports_find(c, 4, ip[9], ports);
    }
    if (result <= MFN_FLOW_FRAGMENT)
        key_put(out, ip + 12, 8, ports, ip[9]);
    return result;
}

static bool is_extension(uint32_t next)
{
    return next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_FRAGMENT ||
           next == NEXT_AUTHENTICATION || next == NEXT_DESTINATION || next == NEXT_MOBILITY ||
           next == NEXT_HIP || next == NEXT_SHIM6;
}

static uint64_t extension_size(uint32_t next, const uint8_t *at)
{
    if (next == NEXT_FRAGMENT)
        return EXTENSION_SIZE;
    return next == NEXT_AUTHENTICATION ? (at[1] + 2u) * 4 : (at[1] + 1u) * 8;
}

/* Over the extension headers, to the transport header (OK) or to where it would be (FRAGMENT). */
static enum mfn_flow_result extensions_skip(struct cursor *c, uint32_t *next)
{
    for (int count = 0; is_extension(*next); count++) {
        if (count == MFN_FLOW_EXTENSION_MAX)
            return MFN_FLOW_EXTENSION_DEEP;
        enum mfn_flow_result result = need(c, EXTENSION_SIZE, MFN_FLOW_EXTENSION_SHORT);
        if (result != MFN_FLOW_OK)
            return result;
        const uint8_t *const at = c->data + c->at;
        const bool is_later = *next == NEXT_FRAGMENT && be16(at + 2) >> 3 != 0;
        const uint64_t size = extension_size(*next, at);
        *next = at[0];
        if (is_later)
            return MFN_FLOW_FRAGMENT;
        result = need(c, size, MFN_FLOW_EXTENSION_SHORT);
        if (result != MFN_FLOW_OK)
            return result;
        c->at += size;
    }
    return MFN_FLOW_OK;
}

static enum mfn_flow_result ipv6_read(struct cursor *c, struct mfn_flow_key *out)
{
    enum mfn_flow_result result = need(c, IPV6_SIZE, MFN_FLOW_IP_SHORT);
    if (result != MFN_FLOW_OK)
        return result;
    const uint8_t *const ip = c->data + c->at;
    const uint64_t payload = be16(ip + 4);
    if (ip[0] >> 4 != 6)
        return MFN_FLOW_IP_VERSION;
    if (!end_set(c, IPV6_SIZE + payload, payload != 0))
        return MFN_FLOW_IP_LENGTH;
    uint32_t next = ip[6];
    uint8_t ports[PORTS_SIZE] = { 0 };
    c->at += IPV6_SIZE;
    result = extensions_skip(c, &next);
    if (result == MFN_FLOW_OK)
        result = ports_find(c, 6, next, ports);
    if (result <= MFN_FLOW_FRAGMENT)
        key_put(out, ip + 8, 32, ports, next);
    return result;
}

static void frame_walk(uint32_t link, const struct mfn_flow_frame *frame, struct mfn_flow_key *out)
{
    struct cursor c = { .data = frame->data, .size = frame->size, .end = frame->wire_size };
    if (c.end < c.size)
        c.end = c.size;
    uint32_t version = 0;
    memset(out, 0, sizeof *out);
    enum mfn_flow_result result = link_find(&c, link, &version);
    if (result == MFN_FLOW_OK)
        result = version == 4 ? ipv4_read(&c, out) : ipv6_read(&c, out);
    out->result = (uint8_t)result;
}

static inline bool has_plain_ports(uint32_t protocol)
{
    return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_SCTP;
}

static inline bool fits(const struct mfn_flow_frame *frame, uint32_t end)
{
    return end <= frame->size || end <= frame->wire_size;
}

/* Where the EtherType behind up to two tags is; not looked for beyond what was captured. */
static inline uint32_t type_place(const struct mfn_flow_frame *frame)
{
    uint32_t at = ETHERNET_SIZE - TYPE_SIZE;
    for (int tags = 0; tags < MFN_FLOW_VLAN_MAX && frame->size >= at + TYPE_SIZE &&
                       is_tag(be16(frame->data + at));
         tags++)
        at += VLAN_SIZE;
    return at;
}

/* IPv4 without options, not a later fragment, ports right behind. */
static inline __attribute__((always_inline)) bool plain_ipv4(const struct mfn_flow_frame *frame,
                                                             uint32_t type_at,
                                                             struct mfn_flow_key *out)
{
    const uint32_t ip_at = type_at + TYPE_SIZE;
    if (frame->size < ip_at + IPV4_SIZE + PORTS_SIZE || be16(frame->data + type_at) != TYPE_IPV4)
        return false;
    const uint8_t *const ip = frame->data + ip_at;
    if (ip[0] != 0x45)
        return false;
    const uint32_t total = be16(ip + 2);
    if ((be16(ip + 6) & 0x1fff) != 0 || !has_plain_ports(ip[9]) || total < IPV4_SIZE + PORTS_SIZE ||
        !fits(frame, ip_at + total))
        return false;
    memset(out, 0, sizeof *out);
    memcpy(out->bytes, ip + 12, 12);
    out->bytes[12] = ip[9];
    out->size = MFN_FLOW_KEY_IPV4;
    return true;
}

/* IPv6 without extension headers. */
static inline __attribute__((always_inline)) bool plain_ipv6(const struct mfn_flow_frame *frame,
                                                             uint32_t type_at,
                                                             struct mfn_flow_key *out)
{
    const uint32_t ip_at = type_at + TYPE_SIZE;
    if (frame->size < ip_at + IPV6_SIZE + PORTS_SIZE || be16(frame->data + type_at) != TYPE_IPV6)
        return false;
    const uint8_t *const ip = frame->data + ip_at;
    if (ip[0] >> 4 != 6)
        return false;
    const uint32_t payload = be16(ip + 4);
    if (!has_plain_ports(ip[6]) || payload < PORTS_SIZE ||
        !fits(frame, ip_at + IPV6_SIZE + payload))
        return false;
    memcpy(out->bytes, ip + 8, 36);
    out->bytes[36] = ip[6];
    out->size = MFN_FLOW_KEY_IPV6;
    out->result = MFN_FLOW_OK;
    out->unused = 0;
    return true;
}

/* Apart, so that the loop over frames without tags stays small. */
static __attribute__((noinline)) void other_key(uint32_t link, const struct mfn_flow_frame *frame,
                                                struct mfn_flow_key *out)
{
    if (link == MFN_FLOW_LINK_ETHERNET) {
        const uint32_t type_at = type_place(frame);
        if (plain_ipv4(frame, type_at, out) || plain_ipv6(frame, type_at, out))
            return;
    }
    frame_walk(link, frame, out);
}

static inline __attribute__((always_inline)) void frame_key(uint32_t link,
                                                            const struct mfn_flow_frame *frame,
                                                            struct mfn_flow_key *out)
{
    enum { TYPE_AT = ETHERNET_SIZE - TYPE_SIZE };
    if (link != MFN_FLOW_LINK_ETHERNET ||
        (!plain_ipv4(frame, TYPE_AT, out) && !plain_ipv6(frame, TYPE_AT, out)))
        other_key(link, frame, out);
}

void mfn_flow_packet_key(uint32_t link, const struct mfn_flow_frame *frame,
                         struct mfn_flow_key *out)
{
    frame_key(link, frame, out);
}

size_t mfn_flow_packet_keys(uint32_t link, const struct mfn_flow_frame *frames, size_t count,
                            struct mfn_flow_key *out)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (i + PREFETCH_DISTANCE < count)
            __builtin_prefetch(frames[i + PREFETCH_DISTANCE].data);
        frame_key(link, &frames[i], &out[i]);
        found += mfn_flow_has_key(&out[i]);
    }
    return found;
}

const char *mfn_flow_result_text(enum mfn_flow_result result)
{
    static const char *const texts[] = {
#define RESULT_TEXT(name, text) text,
        MFN_FLOW_RESULT_MAP(RESULT_TEXT)
#undef RESULT_TEXT
    };
    return (unsigned)result < MFN_FLOW_RESULT_COUNT ? texts[result] : "an unknown result";
}

const char *mfn_flow_link_text(uint32_t link)
{
    switch (link) {
#define LINK_TEXT(name, number, text)                                                              \
    case number:                                                                                   \
        return text;
        MFN_FLOW_LINK_MAP(LINK_TEXT)
#undef LINK_TEXT
    default:
        return "an unknown link type";
    }
}
