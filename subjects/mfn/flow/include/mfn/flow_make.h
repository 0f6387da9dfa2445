/* flow_make.h - made traffic: flows from a seed and the order in which they come, frames of a flow,
 * and pcap files of frames. For tests and benchmarks.
 *
 * Flow number `index` has one key for each seed and key size, and no two numbers share one; numbers
 * from flow_count on are flows that do not come, for misses. Addresses and ports are spread evenly,
 * unlike a real network's; the protocol is TCP for three of four flows, else UDP.
 * Threads   one object, one thread; mfn_flow_make_key and _index only read
 */
#ifndef MFN_FLOW_MAKE_H
#define MFN_FLOW_MAKE_H

#include <base/buf.h>
#include <base/rng.h>
#include <mfn/flow_packet.h>

enum { MFN_FLOW_KEY_HASHED = 32 }; /* an already hashed flow number */

#define MFN_FLOW_MAKE_COUNT_MAX (UINT64_C(1) << 53)

struct mfn_flow_make_options {
    uint64_t flow_count; /* 1 .. 2^53 */
    double exponent;     /* 0: uniform; else Zipf's, 0.99 is usual; below 100 */
    size_t key_size;     /* 13, 32 or 37 */
    uint64_t seed;
};

struct mfn_flow_make {
    struct mfn_flow_make_options options;
    struct base_rng rng; /* internal, as all that follows */
    struct base_zipf zipf;
    uint64_t step, offset; /* rank to index: rank * step + offset, modulo flow_count */
    uint64_t key_seed;
};

/* Errors   ERANGE (flow_count, exponent), EINVALID (key_size); why names the value */
BASE_MUST_USE base_err mfn_flow_make_init(const struct mfn_flow_make_options *options,
                                          struct mfn_flow_make *out, struct base_why *why);

/* The number of the flow whose packet comes next, 0 .. flow_count - 1.
 *
 * Cost     about 3 ns uniform, 30 ns Zipf: draw a sequence before measuring, not while
 * Source   Hormann & Derflinger, ACM TOMACS 6 (1996) 169, rejection-inversion (<base/rng.h>)
 */
uint64_t mfn_flow_make_next(struct mfn_flow_make *make);

/* The number of the flow that is `rank`-th in frequency (0: the most frequent), rank < flow_count.
 * Frequent flows are scattered over the numbers, so that they are not neighbours in memory. */
uint64_t mfn_flow_make_index(const struct mfn_flow_make *make, uint64_t rank);

/* The key of flow `index`, key_size bytes. */
void mfn_flow_make_key(const struct mfn_flow_make *make, uint64_t index, void *out);

/* An Ethernet frame of a 13- or 37-byte key: IP header (its check sum right for IPv4), the first
 * bytes of the transport header (its check sum 0), zeros up to frame_size.
 *
 *   frame_size   54 (IPv4) or 74 (IPv6) .. 9000 bytes
 *   out          [frame_size] bytes
 *
 * Errors   EINVALID (key_size), ERANGE (frame_size)
 */
enum { MFN_FLOW_MAKE_FRAME_MAX = 9000 };
BASE_MUST_USE base_err mfn_flow_make_frame(const void *key, size_t key_size, size_t frame_size,
                                           uint8_t *out);

/* A pcap file: `begin` puts its header, `put` one packet of `size` bytes, cut to snaplen.
 * Errors   ENOMEM, EFULL (of the buffer), ERANGE (a time after February 2106) */
struct mfn_flow_make_file {
    uint32_t link;
    uint32_t snaplen; /* 1 .. 262144 */
    bool is_ns;       /* else microseconds, rounded down */
    bool is_big_endian;
};
BASE_MUST_USE base_err mfn_flow_make_file_begin(const struct mfn_flow_make_file *file,
                                                struct base_buf *out);
BASE_MUST_USE base_err mfn_flow_make_file_put(const struct mfn_flow_make_file *file,
                                              uint64_t time_ns, struct base_span frame,
                                              struct base_buf *out);

#endif
