/* hermes_subnet.c - see hermes_subnet_internal.h. */
#include "hermes_subnet_internal.h"

#include <string.h>

enum { FOUR_SIZE = 15, SIX_SIZE = 8 }; /* bytes: an IPv4 /24 after its 12 bytes of ::ffff, a /64 */

static bool is_four(const uint8_t ip[16])
{
    static const uint8_t four[12] = { [10] = 0xff, [11] = 0xff };
    return memcmp(ip, four, sizeof four) == 0;
}

static bool is_loopback(const uint8_t ip[16])
{
    static const uint8_t loopback[16] = { [15] = 1 };
    return is_four(ip) ? ip[12] == 127 : memcmp(ip, loopback, sizeof loopback) == 0;
}

bool hermes_is_private(const uint8_t ip[16])
{
    const uint8_t *const v4 = ip + 12;
    if (is_loopback(ip))
        return true;
    if (!is_four(ip))
        return (ip[0] & 0xfe) == 0xfc || (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80);
    return v4[0] == 10 || (v4[0] == 172 && (v4[1] & 0xf0) == 16) || (v4[0] == 192 && v4[1] == 168);
}

bool hermes_is_same_subnet(const uint8_t a[16], const uint8_t b[16])
{
    return memcmp(a, b, is_four(a) ? FOUR_SIZE : SIX_SIZE) == 0;
}

void hermes_source_of(const struct base_address *address, uint8_t out[HERMES_SOURCE_SIZE])
{
    const uint8_t *const ip = address->ip;
    memset(out, 0, HERMES_SOURCE_SIZE);
    memcpy(out, ip, hermes_is_private(ip) ? 16 : is_four(ip) ? FOUR_SIZE : SIX_SIZE);
    if (!is_loopback(ip))
        return;
    out[16] = (uint8_t)address->port;
    out[17] = (uint8_t)(address->port >> 8);
}
