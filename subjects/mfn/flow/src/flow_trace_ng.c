/* flow_trace_ng.c - pcapng: blocks with a length at both ends. Each is checked as a whole before
 * anything in it is looked at; blocks that are not known are stepped over. */
#include "flow_trace_internal.h"

#define TYPE_SECTION     UINT32_C(0x0a0d0d0a)
#define BYTE_ORDER_MAGIC UINT32_C(0x1a2b3c4d)

enum {
    TYPE_INTERFACE = 1,
    TYPE_OBSOLETE_PACKET = 2,
    TYPE_SIMPLE_PACKET = 3,
    TYPE_ENHANCED_PACKET = 6,

    BLOCK_SIZE_MIN = 12, /* type, length, length again */
    BLOCK_TAIL_SIZE = 4,
    SECTION_SIZE_MIN = 28,
    INTERFACE_SIZE_MIN = 20,
    SIMPLE_SIZE_MIN = 16,
    ENHANCED_SIZE_MIN = 32,
    MAJOR = 1,

    OPTION_END = 0,
    OPTION_RESOLUTION = 9,
    OPTION_OFFSET = 14,
    RESOLUTION_DECIMAL_MAX = 28, /* 10^(28-9) still fits 64 bits */
    RESOLUTION_BINARY_MAX = 63,
    NS_PER_S = 1000000000,
};

/* The lengths of the block at trace->at: its own at both ends, and the file's. */
static base_err block_check(struct mfn_flow_trace *trace, uint32_t size_min, uint32_t *size,
                            struct base_why *why)
{
    const size_t at = trace->at;
    const size_t left = trace->bytes.size - at;
    const uint32_t stated = trace_u32(trace, at + 4);
    if (stated < size_min || stated % 4 != 0)
        return base_fail(why, BASE_ECORRUPT, at,
                         "the block at byte %zu states a length of %u, at least %u and a multiple "
                         "of 4 is right",
                         at, stated, size_min);
    if (stated > MFN_FLOW_TRACE_BLOCK_MAX)
        return base_fail(why, BASE_ECORRUPT, at,
                         "the block at byte %zu states a length of %u, at most %d can be read", at,
                         stated, MFN_FLOW_TRACE_BLOCK_MAX);
    if (stated > left)
        return base_fail(why, BASE_ECORRUPT, at,
                         "the file ends inside the block at byte %zu (%u bytes, %zu are there)", at,
                         stated, left);
    const uint32_t again = trace_u32(trace, at + stated - BLOCK_TAIL_SIZE);
    if (again != stated)
        return base_fail(why, BASE_ECORRUPT, at,
                         "the block at byte %zu states a length of %u at its beginning and %u at "
                         "its end",
                         at, stated, again);
    *size = stated;
    return BASE_OK;
}

base_err trace_ng_section(struct mfn_flow_trace *trace, struct base_why *why)
{
    const size_t at = trace->at;
    const size_t left = trace->bytes.size - at;
    if (left < SECTION_SIZE_MIN)
        return base_fail(why, BASE_ECORRUPT, at,
                         "the file ends inside the section header at byte %zu (%d bytes, %zu are "
                         "there)",
                         at, SECTION_SIZE_MIN, left);
    trace->is_swapped = false;
    const uint32_t magic = trace_u32(trace, at + 8);
    trace->is_swapped = magic == __builtin_bswap32(BYTE_ORDER_MAGIC);
    if (magic != BYTE_ORDER_MAGIC && !trace->is_swapped)
        return base_fail(why, BASE_ECORRUPT, at,
                         "the section at byte %zu has the byte-order magic %08x, 1a2b3c4d in "
                         "either order is right",
                         at, magic);
    uint32_t size;
    const base_err err = block_check(trace, SECTION_SIZE_MIN, &size, why);
    if (err != BASE_OK)
        return err;
    const uint32_t major = trace_u16(trace, at + 12);
    if (major != MAJOR)
        return base_fail(why, BASE_EUNSUPPORTED, at,
                         "the section at byte %zu is pcapng %u.%u, %d.x can be read", at, major,
                         trace_u16(trace, at + 14), MAJOR);
    trace->interface_count = 0;
    return BASE_OK;
}

static base_err resolution_read(struct mfn_flow_trace *trace, size_t at,
                                struct mfn_flow_interface *out, struct base_why *why)
{
    const uint8_t value = trace->bytes.data[at];
    out->is_binary = (value & 0x80) != 0;
    out->resolution = value & 0x7f;
    if (out->resolution > (out->is_binary ? RESOLUTION_BINARY_MAX : RESOLUTION_DECIMAL_MAX))
        return base_fail(
            why, BASE_EUNSUPPORTED, trace->at,
            "the interface at byte %zu has ticks of %s^-%d s, down to 10^-%d and 2^-%d "
            "s can be read",
            trace->at, out->is_binary ? "2" : "10", out->resolution, RESOLUTION_DECIMAL_MAX,
            RESOLUTION_BINARY_MAX);
    return BASE_OK;
}

static base_err option_read(struct mfn_flow_trace *trace, size_t at, uint32_t code, uint32_t size,
                            struct mfn_flow_interface *out, struct base_why *why)
{
    const uint32_t right = code == OPTION_RESOLUTION ? 1 : code == OPTION_OFFSET ? 8 : size;
    if (size != right)
        return base_fail(why, BASE_ECORRUPT, trace->at,
                         "the interface at byte %zu has an option %u of %u bytes, %u is right",
                         trace->at, code, size, right);
    if (code == OPTION_OFFSET)
        out->offset_s = (int64_t)trace_u64(trace, at);
    return code == OPTION_RESOLUTION ? resolution_read(trace, at, out, why) : BASE_OK;
}

static base_err options_read(struct mfn_flow_trace *trace, size_t at, size_t end,
                             struct mfn_flow_interface *out, struct base_why *why)
{
    while (end - at >= 4) {
        const uint32_t code = trace_u16(trace, at), size = trace_u16(trace, at + 2);
        const size_t padded = (size + 3) & ~(size_t)3;
        at += 4;
        if (code == OPTION_END)
            break;
        if (padded > end - at)
            return base_fail(why, BASE_ECORRUPT, trace->at,
                             "the interface at byte %zu has an option %u of %u bytes that does not "
                             "fit into its block",
                             trace->at, code, size);
        const base_err err = option_read(trace, at, code, size, out, why);
        if (err != BASE_OK)
            return err;
        at += padded;
    }
    return BASE_OK;
}

static base_err interface_add(struct mfn_flow_trace *trace, uint32_t size, struct base_why *why)
{
    const size_t at = trace->at;
    struct mfn_flow_interface found = { .link = trace_u16(trace, at + 8),
                                        .snaplen = trace_u32(trace, at + 12),
                                        .resolution = 6 };
    if (trace->interface_count == MFN_FLOW_TRACE_INTERFACE_MAX)
        return base_fail(why, BASE_EFULL, at,
                         "the interface at byte %zu is one too many, %d in a section can be read",
                         at, MFN_FLOW_TRACE_INTERFACE_MAX);
    const base_err err = options_read(trace, at + 16, at + size - BLOCK_TAIL_SIZE, &found, why);
    if (err == BASE_OK)
        trace->interfaces[trace->interface_count++] = found;
    return err;
}

static uint64_t power_of_10(int exponent)
{
    uint64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

static uint64_t time_ns_of(const struct mfn_flow_interface *interface, uint64_t ticks)
{
    unsigned __int128 ns;
    if (interface->is_binary)
        ns = (unsigned __int128)ticks * NS_PER_S >> interface->resolution;
    else if (interface->resolution <= 9)
        ns = (unsigned __int128)ticks * power_of_10(9 - interface->resolution);
    else
        ns = ticks / power_of_10(interface->resolution - 9);
    const __int128 sum = (__int128)ns + (__int128)interface->offset_s * NS_PER_S;
    return sum < 0 ? 0 : sum > UINT64_MAX ? UINT64_MAX : (uint64_t)sum;
}

static base_err packet_put(struct mfn_flow_trace *trace, const struct trace_record *record,
                           uint32_t interface, struct mfn_flow_trace_packet *out,
                           struct base_why *why)
{
    if (interface >= trace->interface_count)
        return base_fail(why, BASE_ECORRUPT, trace->at,
                         "the packet at byte %zu is of interface %u, the section has %u so far",
                         trace->at, interface, trace->interface_count);
    const base_err err = trace_record_check(record, why);
    if (err != BASE_OK)
        return err;
    trace_record_put(trace, record, out);
    out->interface = interface;
    out->link = trace->interfaces[interface].link;
    out->time_ns = 0;
    return BASE_OK;
}

/* Enhanced, and obsolete: that one has 16 bits of interface and 16 of drops in the same place. */
static base_err enhanced_read(struct mfn_flow_trace *trace, uint32_t size, bool is_obsolete,
                              struct mfn_flow_trace_packet *out, struct base_why *why)
{
    const size_t at = trace->at;
    const struct trace_record record = { .at = at,
                                         .data_at = at + 28,
                                         .room = size - ENHANCED_SIZE_MIN,
                                         .captured = trace_u32(trace, at + 20),
                                         .wire = trace_u32(trace, at + 24) };
    const uint32_t interface = is_obsolete ? trace_u16(trace, at + 8) : trace_u32(trace, at + 8);
    const base_err err = packet_put(trace, &record, interface, out, why);
    if (err == BASE_OK)
        out->time_ns =
            time_ns_of(&trace->interfaces[interface],
                       (uint64_t)trace_u32(trace, at + 12) << 32 | trace_u32(trace, at + 16));
    return err;
}

/* Simple: of the section's first interface, whose snaplen says how much was captured. */
static base_err simple_read(struct mfn_flow_trace *trace, uint32_t size,
                            struct mfn_flow_trace_packet *out, struct base_why *why)
{
    const size_t at = trace->at;
    const uint32_t wire = trace_u32(trace, at + 8);
    const uint32_t snaplen = trace->interface_count > 0 ? trace->interfaces[0].snaplen : 0;
    const struct trace_record record = { .at = at,
                                         .data_at = at + 12,
                                         .room = size - SIMPLE_SIZE_MIN,
                                         .captured =
                                             snaplen != 0 && snaplen < wire ? snaplen : wire,
                                         .wire = wire };
    return packet_put(trace, &record, 0, out, why);
}

static uint32_t size_min_of(uint32_t type)
{
    switch (type) {
    case TYPE_INTERFACE:
        return INTERFACE_SIZE_MIN;
    case TYPE_SIMPLE_PACKET:
        return SIMPLE_SIZE_MIN;
    case TYPE_OBSOLETE_PACKET:
    case TYPE_ENHANCED_PACKET:
        return ENHANCED_SIZE_MIN;
    default:
        return BLOCK_SIZE_MIN;
    }
}

/* One block: *is_packet says whether it was one. */
static base_err block_read(struct mfn_flow_trace *trace, struct mfn_flow_trace_packet *out,
                           bool *is_packet, struct base_why *why)
{
    const size_t left = trace->bytes.size - trace->at;
    if (left < BLOCK_SIZE_MIN)
        return base_fail(why, BASE_ECORRUPT, trace->at,
                         "the file ends inside the block at byte %zu (at least %d bytes, %zu are "
                         "there)",
                         trace->at, BLOCK_SIZE_MIN, left);
    const uint32_t type = trace_u32(trace, trace->at);
    base_err err = type == TYPE_SECTION ? trace_ng_section(trace, why) : BASE_OK;
    uint32_t size = 0;
    if (err == BASE_OK)
        err = block_check(trace, size_min_of(type), &size, why);
    if (err != BASE_OK)
        return err;
    *is_packet =
        type == TYPE_ENHANCED_PACKET || type == TYPE_OBSOLETE_PACKET || type == TYPE_SIMPLE_PACKET;
    if (type == TYPE_INTERFACE)
        err = interface_add(trace, size, why);
    else if (type == TYPE_SIMPLE_PACKET)
        err = simple_read(trace, size, out, why);
    else if (*is_packet)
        err = enhanced_read(trace, size, type == TYPE_OBSOLETE_PACKET, out, why);
    if (err == BASE_OK)
        trace->at += size;
    return err;
}

base_err trace_ng_next(struct mfn_flow_trace *trace, struct mfn_flow_trace_packet *out,
                       struct base_why *why)
{
    while (trace->at < trace->bytes.size) {
        bool is_packet = false;
        const base_err err = block_read(trace, out, &is_packet, why);
        if (err != BASE_OK || is_packet)
            return err;
    }
    return BASE_ENOTFOUND;
}
