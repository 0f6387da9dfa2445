/* hermes_subnet_internal.h - the network that an address is of. Identities and ports cost nothing;
 * addresses in many networks do (Sybil bound), so what one attacker may have is bounded by network:
 * an IPv4 /24, an IPv6 /64.
 *
 * Threads   no shared state
 */
#ifndef BPI_HERMES_SUBNET_INTERNAL_H
#define BPI_HERMES_SUBNET_INTERNAL_H

#include <base/step.h>

enum { HERMES_SOURCE_SIZE = 18 };

/* Addresses that cost an attacker nothing more than its own host: not bounded by subnet, since a
 * whole laboratory lives in one. Source: RFC 1918, 4193, 4291 */
bool hermes_is_private(const uint8_t ip[16]);
bool hermes_is_same_subnet(const uint8_t a[16], const uint8_t b[16]);
/* Bytes that two addresses share when they are one source: the subnet of a public address, a
 * private one without its port, and on this host, where a whole laboratory may live, with it. */
void hermes_source_of(const struct base_address *address, uint8_t out[HERMES_SOURCE_SIZE]);

#endif
