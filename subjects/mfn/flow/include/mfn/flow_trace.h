/* flow_trace.h - the packets of a pcap or pcapng file, one after the other.
 *
 * Read are: pcap 2.4 in both byte orders, with microseconds or nanoseconds; pcapng 1.x with
 * sections in both byte orders, if_tsresol and if_tsoffset, enhanced, simple and obsolete packet
 * blocks. Other blocks and options are skipped. The file is mapped, a buffer is used where it lies;
 * reading allocates nothing, and what is handed out points into the file.
 *
 * A damaged or truncated file loses nothing that came before: packets are handed out up to the
 * damage, then comes one error whose `why` says what is wrong, with the byte where the broken
 * record begins as why->at. Every later call says the same.
 *
 * Taken as they are, because writers do it: a packet that states a wire size below what was
 * captured (the captured size counts), captured sizes above the stated snaplen, parts of a second
 * that are a second or more.
 *
 * Limits    captured bytes of a packet 256 KiB, block of pcapng 16 MiB, interfaces of a section
 *           256; compressed files are not read. A mapped file must not be shortened while it is
 *           read (the system ends a process that touches what is gone).
 * Threads   objects are not shared; the packets' bytes may be
 * Source    draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng
 */
#ifndef MFN_FLOW_TRACE_H
#define MFN_FLOW_TRACE_H

#include <base/buf.h>
#include <mfn/flow_packet.h>

enum {
    MFN_FLOW_TRACE_PACKET_MAX = 256 << 10,
    MFN_FLOW_TRACE_BLOCK_MAX = 16 << 20,
    MFN_FLOW_TRACE_INTERFACE_MAX = 256,
};

struct mfn_flow_interface {
    uint32_t link;
    uint32_t snaplen;   /* 0: no limit */
    int64_t offset_s;   /* added to time stamps */
    uint8_t resolution; /* a tick is 10^-resolution s, or 2^-resolution s when is_binary */
    bool is_binary;
};

/* The caller's memory; only to be looked at. */
struct mfn_flow_trace {
    struct base_span bytes;
    size_t at; /* of the next record or block */
    bool is_pcapng;
    bool is_mapped;           /* internal */
    bool is_swapped;          /* internal: the other byte order than this machine's */
    uint32_t interface_count; /* so far, of the section */
    struct mfn_flow_interface interfaces[MFN_FLOW_TRACE_INTERFACE_MAX];
};

struct mfn_flow_trace_packet {
    struct mfn_flow_frame frame;
    uint64_t time_ns;   /* since 1970; 0 without a time stamp (simple packet blocks); saturated */
    uint32_t link;      /* as in mfn_flow_packet_key */
    uint32_t interface; /* of its section, from 0 */
    uint64_t offset;    /* of its record in the file, bytes */
};

/* Read a file from its first packet on; close with mfn_flow_trace_close.
 *
 * Errors   EIO (cannot open, map; not a regular file), ECORRUPT (empty, neither pcap nor pcapng, or
 *          its header is broken), EUNSUPPORTED (compressed, another version); why names the path
 */
BASE_MUST_USE base_err mfn_flow_trace_open(const char *path, struct mfn_flow_trace *out,
                                           struct base_why *why);

/* The same for bytes in memory, which must outlive the trace. */
BASE_MUST_USE base_err mfn_flow_trace_init(struct base_span bytes, struct mfn_flow_trace *out,
                                           struct base_why *why);
void mfn_flow_trace_close(struct mfn_flow_trace *trace);

/* The next packet.
 *
 *   out      written only on BASE_OK; its bytes live as long as the trace
 *
 * Errors   ENOTFOUND     no more packets, the file ends as it should (why is not written)
 *          ECORRUPT      truncated or damaged from here on
 *          EUNSUPPORTED  a section of another version, a resolution beyond 10^-28 or 2^-63 s
 *          EFULL         more than 256 interfaces in a section
 */
BASE_MUST_USE base_err mfn_flow_trace_next(struct mfn_flow_trace *trace,
                                           struct mfn_flow_trace_packet *out, struct base_why *why);

/* Back to the first packet. */
void mfn_flow_trace_rewind(struct mfn_flow_trace *trace);

#endif
