/* fabric.h - packets under way: a topology's links, shortest routes over them, and a queue of what
 * comes out when. The same code moves packets in real time (net.h) and in virtual time (sim.h).
 *
 * A packet goes from host to host over the links of a shortest path (by delay, then hops; equals
 * take turns by destination); each link on the way takes it when it is there, behind the host's own
 * rate limit. Routes are those of the topology as it was given: a cut drops packets, it does not
 * detour them. Where every pair has the same link (lab_topology.is_uniform) a packet takes that; of
 * more than 1024 hosts the links of one sender are one object, counted as one, if what befalls a
 * packet does not depend on those before it (no bandwidth, jitter, bursts of loss, traces).
 *
 * What happens at one time happens in the order in which the packets were pushed.
 *
 * Ownership packets are copied in and out of a pool of the fabric; the topology is borrowed
 * Cost      O(log n) for n packets under way, and one search of the graph for a destination that is
 *           new (at most 256 MiB of tables are kept); no allocation once the pools have grown
 * Threads   one fabric, one thread at a time
 */
#ifndef LAB_FABRIC_H
#define LAB_FABRIC_H

#include <base/buf.h>
#include <lab/topology.h>

enum {
    LAB_PACKET_MAX = 65536,          /* bytes of data */
    LAB_UNIFORM_LINKS_MAX = 1 << 20, /* pairs of a uniform topology that have talked */
};

struct lab_fabric;

/* A packet that has come to its host; data is valid, and the caller's to change, until the next
 * pop. A corrupt packet has one bit flipped. */
struct lab_arrival {
    uint32_t from, to;
    uint64_t sent_ns; /* when it was pushed */
    uint64_t at_ns;   /* when the links let it out; the caller may be later */
    uint8_t *data;
    size_t size;
    bool is_corrupt;
};

/* Since lab_fabric_new, end to end. What links and hosts dropped is in lab_fabric_total. */
struct lab_fabric_stats {
    uint64_t pushed, pushed_bytes;   /* with `extra` */
    uint64_t arrived, arrived_bytes; /* popped, second copies too */
    uint64_t no_route, no_memory;    /* packets gone for these reasons */
    uint64_t under_way;              /* now, copies counted */
    size_t memory_bytes;             /* of packets, now */
};

/* memory_max: bytes of packets under way at once; what does not fit is dropped and counted (0: 256
 * MiB). Errors: ERANGE (an edge names no host, two edges for one pair, a link that is not possible;
 * why says which), ENOMEM. */
BASE_MUST_USE base_err lab_fabric_new(const struct lab_topology *topology, uint64_t seed,
                                      size_t memory_max, struct lab_fabric **fabric,
                                      struct base_why *why);
void lab_fabric_free(struct lab_fabric *fabric);
/* Put a packet into the network at host `from`; now_ns never goes back between calls.
 *
 *   size    0 .. LAB_PACKET_MAX
 *   extra   size that counts on the wire beyond `size` (headers that a simulation does not carry);
 *           at most LAB_PACKET_MAX
 *
 * Errors   ENOTFOUND (no route), EFULL (no memory); both are counted, the packet is gone. A packet
 *          that a link drops is no error. */
base_err lab_fabric_push(struct lab_fabric *fabric, uint64_t now_ns, uint32_t from, uint32_t to,
                         const void *data, size_t size, size_t extra);
/* When the next thing happens inside; UINT64_MAX: nothing is under way. */
uint64_t lab_fabric_next_ns(const struct lab_fabric *fabric);
/* Move everything up to now_ns on; true when a packet came out (call again until false). Arrivals
 * come in the order of their times, ties in the order they were pushed. */
bool lab_fabric_pop(struct lab_fabric *fabric, uint64_t now_ns, struct lab_arrival *arrival);
/* Cut, heal, set, partition: now. A cut and its healing are of the links between two hosts; a
 * partition (copied) drops what is pushed from one part to another, whatever the way, and what
 * crosses between programs' hosts of two parts. HEAL_ALL ends every cut and the partition.
 * Errors: ENOTFOUND (no such link), ERANGE, ENOMEM; nothing has changed then. */
BASE_MUST_USE base_err lab_fabric_change(struct lab_fabric *fabric, uint64_t now_ns,
                                         const struct lab_change *change, struct base_why *why);
/* Counts of one link, or NULL where there is no link; all links added up, and with them what the
 * hosts' own limits dropped (as packets and queue_dropped). */
const struct lab_link_counts *lab_fabric_counts(const struct lab_fabric *fabric, uint32_t from,
                                                uint32_t to);
/* The MTU, as it is now, of the link that joins two hosts; 0: it has none, or there is no link. */
uint32_t lab_fabric_mtu(const struct lab_fabric *fabric, uint32_t from, uint32_t to);
struct lab_link_counts lab_fabric_total(const struct lab_fabric *fabric);
struct lab_fabric_stats lab_fabric_stats(const struct lab_fabric *fabric);

#endif
