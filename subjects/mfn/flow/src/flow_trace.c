/* flow_trace.c - opening, the pcap format, and what every error has in common: it is kept, so that
 * a damaged file says the same thing however often it is asked. */
#include "flow_trace_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_HEADER_SIZE = 24,
    RECORD_HEADER_SIZE = 16,
    MAJOR = 2,
    MINOR = 4,
    NS_PER_S = 1000000000,
};

#define MAGIC_US     UINT32_C(0xa1b2c3d4)
#define MAGIC_NS     UINT32_C(0xa1b23c4d)
#define MAGIC_PCAPNG UINT32_C(0x0a0d0d0a)

base_err trace_record_check(const struct trace_record *record, struct base_why *why)
{
    const unsigned long long at = record->at;
    if (record->captured > MFN_FLOW_TRACE_PACKET_MAX)
        return base_fail(
            why, BASE_ECORRUPT, at,
            "the packet at byte %llu states %u captured bytes, at most %d are possible", at,
            record->captured, MFN_FLOW_TRACE_PACKET_MAX);
    if (record->captured > record->room)
        return base_fail(why, BASE_ECORRUPT, at,
                         "the packet at byte %llu states %u captured bytes, only %zu are there", at,
                         record->captured, record->room);
    return BASE_OK;
}

void trace_record_put(const struct mfn_flow_trace *trace, const struct trace_record *record,
                      struct mfn_flow_trace_packet *out)
{
    const uint32_t captured = record->captured, wire = record->wire;
    out->frame = (struct mfn_flow_frame){ .data = trace->bytes.data + record->data_at,
                                          .size = captured,
                                          .wire_size = wire > captured ? wire : captured };
    out->offset = record->at;
}

/* Compressed files and relatives of pcap, by the first four bytes as a big-endian number. */
static const char *kind_of_other_file(uint32_t first)
{
    static const struct {
        uint32_t mask, first;
        const char *kind;
    } kinds[] = {
        { 0xffff0000, 0x1f8b0000, "compressed with gzip: decompress it first" },
        { 0xffffffff, 0x28b52ffd, "compressed with zstd: decompress it first" },
        { 0xffffffff, 0xfd377a58, "compressed with xz: decompress it first" },
        { 0xffffffff, 0x04224d18, "compressed with lz4: decompress it first" },
        { 0xffffff00, 0x425a6800, "compressed with bzip2: decompress it first" },
        { 0xffffffff, 0xa1b2cd34, "a modified pcap file: convert it to pcap or pcapng" },
        { 0xffffffff, 0x34cdb2a1, "a modified pcap file: convert it to pcap or pcapng" },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if ((first & kinds[i].mask) == kinds[i].first)
            return kinds[i].kind;
    return NULL;
}

static base_err header_refuse(const struct mfn_flow_trace *trace, struct base_why *why)
{
    const uint8_t *const b = trace->bytes.data;
    const uint32_t first = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    const char *const kind = kind_of_other_file(first);
    if (kind != NULL)
        return base_fail(why, BASE_EUNSUPPORTED, 0, "the file is %s", kind);
    return base_fail(why, BASE_ECORRUPT, 0,
                     "the file begins with %08x, which is neither pcap (a1b2c3d4 or a1b23c4d, in "
                     "either byte order) nor pcapng (0a0d0d0a)",
                     first);
}

static base_err pcap_header_read(struct mfn_flow_trace *trace, bool is_ns, struct base_why *why)
{
    if (trace->bytes.size < FILE_HEADER_SIZE)
        return base_fail(why, BASE_ECORRUPT, 0,
                         "the file ends inside the pcap header (%d bytes, %zu are there)",
                         FILE_HEADER_SIZE, trace->bytes.size);
    const uint32_t major = trace_u16(trace, 4), minor = trace_u16(trace, 6);
    if (major != MAJOR || minor != MINOR)
        return base_fail(why, BASE_EUNSUPPORTED, 4, "the file is pcap %u.%u, %d.%d can be read",
                         major, minor, MAJOR, MINOR);
    /* The upper half of the link type says how long the frames' check sums are. */
    trace->interfaces[0] = (struct mfn_flow_interface){ .link = trace_u32(trace, 20) & 0xffff,
                                                        .snaplen = trace_u32(trace, 16),
                                                        .resolution = is_ns ? 9 : 6 };
    return BASE_OK;
}

static base_err header_read(struct mfn_flow_trace *trace, struct base_why *why)
{
    if (trace->bytes.size == 0)
        return base_fail(why, BASE_ECORRUPT, 0, "the file is empty");
    if (trace->bytes.size < 4)
        return base_fail(why, BASE_ECORRUPT, 0,
                         "the file has %zu bytes, pcap and pcapng have at least %d",
                         trace->bytes.size, FILE_HEADER_SIZE);
    const uint32_t magic = trace_u32(trace, 0);
    if (magic == MAGIC_PCAPNG) {
        trace->is_pcapng = true;
        trace->at = 0;
        return trace_ng_section(trace, why);
    }
    trace->is_swapped =
        magic == __builtin_bswap32(MAGIC_US) || magic == __builtin_bswap32(MAGIC_NS);
    const uint32_t ours = trace->is_swapped ? __builtin_bswap32(magic) : magic;
    if (ours != MAGIC_US && ours != MAGIC_NS)
        return header_refuse(trace, why);
    return pcap_header_read(trace, ours == MAGIC_NS, why);
}

base_err mfn_flow_trace_init(struct base_span bytes, struct mfn_flow_trace *out,
                             struct base_why *why)
{
    /* The table of interfaces is large and filled as they come. */
    out->bytes = bytes;
    out->is_mapped = out->is_pcapng = out->is_swapped = false;
    mfn_flow_trace_rewind(out);
    const base_err err = header_read(out, why);
    mfn_flow_trace_rewind(out);
    return err;
}

void mfn_flow_trace_rewind(struct mfn_flow_trace *trace)
{
    trace->at = trace->is_pcapng ? 0 : FILE_HEADER_SIZE;
    trace->interface_count = trace->is_pcapng ? 0 : 1;
}

static base_err file_map(const char *path, int file, struct base_span *out, struct base_why *why)
{
    struct stat facts;
    if (fstat(file, &facts) != 0)
        return base_fail(why, BASE_EIO, 0, "%s: %s", path, strerror(errno));
    if (!S_ISREG(facts.st_mode))
        return base_fail(why, BASE_EIO, 0, "%s: not a regular file, a trace must be one", path);
    *out = base_span_of(NULL, 0);
    if (facts.st_size == 0)
        return BASE_OK;
    void *const memory = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (memory == MAP_FAILED)
        return base_fail(why, BASE_EIO, 0, "%s: cannot be mapped: %s", path, strerror(errno));
    madvise(memory, (size_t)facts.st_size, MADV_SEQUENTIAL);
    *out = base_span_of(memory, (size_t)facts.st_size);
    return BASE_OK;
}

base_err mfn_flow_trace_open(const char *path, struct mfn_flow_trace *out, struct base_why *why)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return base_fail(why, BASE_EIO, 0, "%s: %s", path, strerror(errno));
    struct base_span bytes;
    base_err err = file_map(path, file, &bytes, why);
    close(file);
    if (err != BASE_OK)
        return err;
    err = mfn_flow_trace_init(bytes, out, why);
    out->is_mapped = bytes.size > 0;
    if (err != BASE_OK) {
        mfn_flow_trace_close(out);
        return base_fail_prefix(why, err, "%s", path);
    }
    return BASE_OK;
}

void mfn_flow_trace_close(struct mfn_flow_trace *trace)
{
    if (trace->is_mapped)
        munmap((void *)(uintptr_t)trace->bytes.data, trace->bytes.size);
    trace->bytes = base_span_of(NULL, 0);
    trace->is_mapped = trace->is_pcapng = false;
    trace->at = 0;
}

static base_err pcap_next(struct mfn_flow_trace *trace, struct mfn_flow_trace_packet *out,
                          struct base_why *why)
{
    const size_t at = trace->at;
    const size_t left = trace->bytes.size - at;
    if (left == 0)
        return BASE_ENOTFOUND;
    if (left < RECORD_HEADER_SIZE)
        return base_fail(why, BASE_ECORRUPT, at,
                         "the file ends inside the header of the packet at byte %zu (%d bytes, %zu "
                         "are there)",
                         at, RECORD_HEADER_SIZE, left);
    const struct trace_record record = { .at = at,
                                         .data_at = at + RECORD_HEADER_SIZE,
                                         .room = left - RECORD_HEADER_SIZE,
                                         .captured = trace_u32(trace, at + 8),
                                         .wire = trace_u32(trace, at + 12) };
    const base_err err = trace_record_check(&record, why);
    if (err != BASE_OK)
        return err;
    const uint64_t tick_ns = trace->interfaces[0].resolution == 9 ? 1 : 1000;
    trace_record_put(trace, &record, out);
    out->time_ns = (uint64_t)trace_u32(trace, at) * NS_PER_S + trace_u32(trace, at + 4) * tick_ns;
    out->link = trace->interfaces[0].link;
    out->interface = 0;
    trace->at = record.data_at + record.captured;
    return BASE_OK;
}

base_err mfn_flow_trace_next(struct mfn_flow_trace *trace, struct mfn_flow_trace_packet *out,
                             struct base_why *why)
{
    if (trace->at > trace->bytes.size) /* closed, or refused */
        return BASE_ENOTFOUND;
    return trace->is_pcapng ? trace_ng_next(trace, out, why) : pcap_next(trace, out, why);
}
