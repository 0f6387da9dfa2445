/* emulator_packet.h - what the emulator reads in IP packets, and the few it writes itself.
 *
 * Hosts have the addresses 10.77.0.N and fd77::N with N = 1 + their index.
 * Threads   no shared state
 * Source    RFC 791, RFC 8200; ICMP "fragmentation needed": RFC 792 and 1191, section 4;
 *           "packet too big": RFC 4443, 3.2
 */
#ifndef LAB_EMULATOR_PACKET_H
#define LAB_EMULATOR_PACKET_H

#include <stddef.h>
#include <stdint.h>

enum {
    LAB_NO_HOST = UINT32_MAX,
    LAB_TOO_BIG_MAX = 1280, /* bytes of the answer to a packet that is too big */
};

/* Which of host_count hosts a packet is for; LAB_NO_HOST: broadcast, multicast, elsewhere, or no IP
 * packet at all. */
uint32_t lab_packet_host(const uint8_t *packet, size_t size, uint32_t host_count);

/* The answer of a router whose next link takes mtu_bytes only, from `router` (an index of a host,
 * whose address it borrows) to the sender. Its size; 0 when there is none to give: the packet may
 * be fragmented (IPv4 without DF: dropped silently here), is an ICMP error itself, or is broken.
 *
 *   out   [LAB_TOO_BIG_MAX]
 */
size_t lab_packet_too_big(const uint8_t *packet, size_t size, uint32_t mtu_bytes, uint32_t router,
                          uint8_t *out);

#endif
