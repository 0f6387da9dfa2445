/* fabric.h - packets under way: a topology's links, shortest routes over them, and a queue of what
 * comes out when. The same code moves packets in real time (emulator.h) and in virtual time
 * (sim.h).
 *
 * A packet goes from host to host over the links of a shortest path (by delay, then hops); each
 * link on the way takes it when it is there. Routes are computed once: a cut drops packets, it does
 * not detour them.
 *
 * Ownership packets are copied in and out of a pool of the fabric
 * Threads   one fabric, one thread at a time
 */
#ifndef LAB_FABRIC_H
#define LAB_FABRIC_H

#include <base/buf.h>
#include <lab/topology.h>

enum { LAB_PACKET_MAX = 65536 };

struct lab_fabric;

/* A packet that has come to its host; data is valid until the next call. */
struct lab_arrival {
    uint32_t from, to;
    uint64_t sent_ns; /* when it was pushed */
    uint64_t at_ns;   /* when the links let it out; the caller may be later */
    uint8_t *data;
    size_t size;
    bool is_corrupt;
};

/* memory_max: bytes of packets under way at once; what does not fit is dropped and counted (0: 256
 * MiB). */
BASE_MUST_USE base_err lab_fabric_new(const struct lab_topology *topology, uint64_t seed,
                                      size_t memory_max, struct lab_fabric **fabric,
                                      struct base_why *why);
void lab_fabric_free(struct lab_fabric *fabric);
/* Put a packet into the network at host `from`. `extra` is the size that counts on the wire beyond
 * `size` (headers that a simulation does not carry). Errors: ENOTFOUND (no route), EFULL; both are
 * counted, the packet is gone. */
base_err lab_fabric_push(struct lab_fabric *fabric, uint64_t now_ns, uint32_t from, uint32_t to,
                         const void *data, size_t size, size_t extra);
/* When the next thing happens inside; UINT64_MAX: nothing is under way. */
uint64_t lab_fabric_next_ns(const struct lab_fabric *fabric);
/* Move everything up to now_ns on; true when a packet came out (call again until false). Arrivals
 * come in the order of their times, ties in the order they were pushed. */
bool lab_fabric_pop(struct lab_fabric *fabric, uint64_t now_ns, struct lab_arrival *arrival);
/* Cut, heal, set, partition: now. Errors: ENOTFOUND (no such link), ERANGE. */
BASE_MUST_USE base_err lab_fabric_change(struct lab_fabric *fabric, uint64_t now_ns,
                                         const struct lab_change *change, struct base_why *why);
/* Counts of one link, all links added up, or NULL where there is no link. */
const struct lab_link_counts *lab_fabric_counts(const struct lab_fabric *fabric, uint32_t from,
                                                uint32_t to);
struct lab_link_counts lab_fabric_total(const struct lab_fabric *fabric);

#endif
