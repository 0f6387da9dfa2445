/* ifr_record.h - what the Immediate Flow Registry knows of a flow: its key and its value.
 *
 * A key is 13, 32 or 37 bytes. Addresses, ports and protocol of a packet ("5-tuple") are laid out
 * as source address, destination address      4 bytes each (IPv4) or 16 (IPv6), as in the packet
 *   source port, destination port            2 bytes each, network order
 *   protocol                                 1 byte, the IANA number
 * and a flow of any other name is known by a hash of that name, 32 bytes.
 */
#ifndef MFN_IFR_RECORD_H
#define MFN_IFR_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MFN_IFR_KEY_IPV4 = 13,
    MFN_IFR_KEY_HASHED = 32,
    MFN_IFR_KEY_IPV6 = 37,
    MFN_IFR_KEY_SIZE_MAX = MFN_IFR_KEY_IPV6,
};

/* What is kept beside the key. Every value of every field is allowed and comes back unchanged. */
struct mfn_ifr_value {
    uint32_t component_id; /* who serves this flow */
    uint8_t flow_type;
    uint8_t priority;
    uint16_t flags;
    uint64_t timestamp_ns; /* of a clock of the caller's choice */
    uint32_t size;         /* bytes of payload, as told by who registered the flow */
};

/* One flow, as iteration shows it; the bytes of `key` beyond the key's size are 0. */
struct mfn_ifr_flow {
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    struct mfn_ifr_value value;
};

static inline bool mfn_ifr_key_size_is_valid(size_t size)
{
    return size == MFN_IFR_KEY_IPV4 || size == MFN_IFR_KEY_HASHED || size == MFN_IFR_KEY_IPV6;
}

#endif
