/* flow_trace_internal.h - what the readers of both formats share. */
#ifndef FLOW_TRACE_INTERNAL_H
#define FLOW_TRACE_INTERNAL_H

#include <mfn/flow_trace.h>

#include <string.h>

static inline uint32_t trace_u16(const struct mfn_flow_trace *trace, size_t at)
{
    uint16_t value;
    memcpy(&value, trace->bytes.data + at, sizeof value);
    return trace->is_swapped ? __builtin_bswap16(value) : value;
}

static inline uint32_t trace_u32(const struct mfn_flow_trace *trace, size_t at)
{
    uint32_t value;
    memcpy(&value, trace->bytes.data + at, sizeof value);
    return trace->is_swapped ? __builtin_bswap32(value) : value;
}

static inline uint64_t trace_u64(const struct mfn_flow_trace *trace, size_t at)
{
    uint64_t value;
    memcpy(&value, trace->bytes.data + at, sizeof value);
    return trace->is_swapped ? __builtin_bswap64(value) : value;
}

/* What a packet's own record says of it, checked and handed out. `at` is the record's place,
 * `data_at` that of its bytes, of which `room` are there. */
struct trace_record {
    size_t at, data_at, room;
    uint32_t captured, wire;
};
base_err trace_record_check(const struct trace_record *record, struct base_why *why);
void trace_record_put(const struct mfn_flow_trace *trace, const struct trace_record *record,
                      struct mfn_flow_trace_packet *out);

/* pcapng: is the section header at trace->at one that can be read? Sets the byte order. */
base_err trace_ng_section(struct mfn_flow_trace *trace, struct base_why *why);
base_err trace_ng_next(struct mfn_flow_trace *trace, struct mfn_flow_trace_packet *out,
                       struct base_why *why);

#endif
