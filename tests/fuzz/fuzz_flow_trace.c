/* fuzz_flow_trace.c - hostile pcap and pcapng files: packets lie inside the file and in its order,
 * an error has a sentence and a place and stays, a second reading says the same. */
#include <mfn/flow_trace.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool is_true)
{
    if (!is_true)
        abort();
}

struct reading {
    uint64_t packets, keys, bytes, end;
    uint64_t err; /* no padding: compared as bytes */
};

static void check_packet(struct base_span file, const struct mfn_flow_trace_packet *packet,
                         struct reading *so_far)
{
    const uint8_t *const at = packet->frame.data;
    struct mfn_flow_key key;
    need(at >= file.data && at <= file.data + file.size);
    need(packet->frame.size <= (size_t)(file.data + file.size - at));
    need(packet->frame.size <= MFN_FLOW_TRACE_PACKET_MAX);
    need(packet->frame.wire_size >= packet->frame.size);
    need(packet->offset >= so_far->end && packet->offset < (uint64_t)(at - file.data));
    so_far->end = (uint64_t)(at - file.data) + packet->frame.size;
    mfn_flow_packet_key(packet->link, &packet->frame, &key);
    so_far->packets++;
    so_far->keys += mfn_flow_has_key(&key);
    so_far->bytes += packet->frame.size;
}

static struct reading read_all(struct base_span file, struct mfn_flow_trace *trace)
{
    struct reading result = { 0 };
    struct mfn_flow_trace_packet packet;
    struct base_why why = { 0 }, again = { 0 };
    while ((result.err = mfn_flow_trace_next(trace, &packet, &why)) == BASE_OK)
        check_packet(file, &packet, &result);
    need(mfn_flow_trace_next(trace, &packet, &again) == result.err);
    need(strcmp(why.text, again.text) == 0);
    if (result.err != BASE_ENOTFOUND)
        need(why.text[0] != '\0' && why.at < file.size && why.at >= result.end);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mfn_flow_trace trace;
    struct base_why why = { 0 };
    const struct base_span file = base_span_of(data, size);
    if (mfn_flow_trace_init(file, &trace, &why) != BASE_OK) {
        need(why.text[0] != '\0' && (why.at < size || size == 0));
        return 0;
    }
    const struct reading first = read_all(file, &trace);
    mfn_flow_trace_rewind(&trace);
    const struct reading second = read_all(file, &trace);
    need(memcmp(&first, &second, sizeof first) == 0);
    mfn_flow_trace_close(&trace);
    return 0;
}
