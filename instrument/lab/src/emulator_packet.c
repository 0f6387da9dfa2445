/* emulator_packet.c - two IP headers, read and written by hand. */
#include "emulator_packet.h"

#include <stdbool.h>
#include <string.h>

enum {
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    ICMP_HEADER = 8,
    PROTOCOL_ICMP = 1,
    PROTOCOL_ICMPV6 = 58,
    ICMPV4_QUOTE = 28, /* the offender's header and eight bytes (RFC 792) when it has no options */
};

static const uint8_t ipv4_prefix[3] = { 10, 77, 0 };
static const uint8_t ipv6_prefix[15] = { 0xfd, 0x77 };

static uint32_t host_of(uint8_t last, uint32_t host_count)
{
    return last >= 1 && last <= host_count ? last - 1u : LAB_NO_HOST;
}

uint32_t lab_packet_host(const uint8_t *packet, size_t size, uint32_t host_count)
{
    if (size >= IPV4_HEADER && packet[0] >> 4 == 4 &&
        memcmp(packet + 16, ipv4_prefix, sizeof ipv4_prefix) == 0)
        return host_of(packet[19], host_count);
    if (size >= IPV6_HEADER && packet[0] >> 4 == 6 &&
        memcmp(packet + 24, ipv6_prefix, sizeof ipv6_prefix) == 0)
        return host_of(packet[39], host_count);
    return LAB_NO_HOST;
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* One's complement sum of 16-bit words (RFC 1071), not yet folded. */
static uint32_t sum_of(const uint8_t *data, size_t size, uint32_t sum)
{
    for (size_t i = 0; i + 1 < size; i += 2)
        sum += (uint32_t)data[i] << 8 | data[i + 1];
    return size % 2 ? sum + ((uint32_t)data[size - 1] << 8) : sum;
}

static uint32_t checksum(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

static bool is_error_v4(const uint8_t *packet, size_t size, size_t header)
{
    if (packet[9] != PROTOCOL_ICMP)
        return false;
    const uint8_t type = size > header ? packet[header] : 3;
    return type != 0 && type != 8; /* echoes get an answer, errors do not (RFC 1122, 3.2.2) */
}

static size_t too_big_v4(const uint8_t *packet, size_t size, uint32_t mtu_bytes, uint32_t router,
                         uint8_t *out)
{
    const size_t header = (packet[0] & 15u) * 4;
    const bool may_fragment = !(packet[6] & 0x40), is_later_part = packet[6] & 0x1f || packet[7];
    if (header < IPV4_HEADER || header > size || may_fragment || is_later_part ||
        is_error_v4(packet, size, header))
        return 0;
    const size_t wanted = header + ICMPV4_QUOTE - IPV4_HEADER,
                 quote = size < wanted ? size : wanted;
    const size_t total = IPV4_HEADER + ICMP_HEADER + quote;
    memset(out, 0, IPV4_HEADER + ICMP_HEADER);
    out[0] = 0x45;
    put16(out + 2, (uint32_t)total);
    out[8] = 64;
    out[9] = PROTOCOL_ICMP;
    memcpy(out + 12, ipv4_prefix, sizeof ipv4_prefix);
    out[15] = (uint8_t)(router + 1);
    memcpy(out + 16, packet + 12, 4);
    put16(out + 10, checksum(sum_of(out, IPV4_HEADER, 0)));
    uint8_t *const icmp = out + IPV4_HEADER;
    icmp[0] = 3; /* destination unreachable: */
    icmp[1] = 4; /* fragmentation needed and DF set */
    put16(icmp + 6, mtu_bytes);
    memcpy(icmp + ICMP_HEADER, packet, quote);
    put16(icmp + 2, checksum(sum_of(icmp, ICMP_HEADER + quote, 0)));
    return total;
}

static size_t too_big_v6(const uint8_t *packet, size_t size, uint32_t mtu_bytes, uint32_t router,
                         uint8_t *out)
{
    if (packet[6] == PROTOCOL_ICMPV6 && (size <= IPV6_HEADER || !(packet[IPV6_HEADER] & 0x80)))
        return 0; /* an error, whose type is below 128 */
    const size_t room = LAB_TOO_BIG_MAX - IPV6_HEADER - ICMP_HEADER;
    const size_t quote = size < room ? size : room, message = ICMP_HEADER + quote;
    memset(out, 0, IPV6_HEADER + ICMP_HEADER);
    out[0] = 0x60;
    put16(out + 4, (uint32_t)message);
    out[6] = PROTOCOL_ICMPV6;
    out[7] = 64;
    memcpy(out + 8, ipv6_prefix, sizeof ipv6_prefix);
    out[23] = (uint8_t)(router + 1);
    memcpy(out + 24, packet + 8, 16);
    uint8_t *const icmp = out + IPV6_HEADER;
    icmp[0] = 2; /* packet too big */
    put16(icmp + 4, mtu_bytes >> 16);
    put16(icmp + 6, mtu_bytes);
    memcpy(icmp + ICMP_HEADER, packet, quote);
    const uint32_t pseudo = sum_of(out + 8, 32, (uint32_t)message + PROTOCOL_ICMPV6);
    put16(icmp + 2, checksum(sum_of(icmp, message, pseudo)));
    return IPV6_HEADER + message;
}

size_t lab_packet_too_big(const uint8_t *packet, size_t size, uint32_t mtu_bytes, uint32_t router,
                          uint8_t *out)
{
    if (size >= IPV4_HEADER && packet[0] >> 4 == 4)
        return too_big_v4(packet, size, mtu_bytes, router, out);
    if (size >= IPV6_HEADER && packet[0] >> 4 == 6)
        return too_big_v6(packet, size, mtu_bytes, router, out);
    return 0;
}
