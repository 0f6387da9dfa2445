/* link_internal.h - what the parts of a link know of each other. */
#ifndef LAB_LINK_INTERNAL_H
#define LAB_LINK_INTERNAL_H

#include <lab/link.h>

/* Bits of a packet times nanoseconds of a second: `size` bytes take size * LAB_BYTE_NS / rate ns.
 */
#define LAB_BYTE_NS UINT64_C(8000000000)

/* The queue and the wire behind it: false when the packet is dropped; else *out_ns is when its last
 * bit has left. The configuration has a rate. */
bool lab_link_transmit(struct lab_link *link, uint64_t now_ns, size_t size, uint64_t *out_ns);

#endif
