/* hermes_flow.c - a flow as its node sees it: made, fed with packets and time, asked for counts. */
#include "hermes_flow_state_internal.h"

#include <stdlib.h>

/* So that a 64th of the longest message fits to a block. */
enum { PACKET_MIN = 448 };

base_err hermes_flow_new(const struct hermes_flow_config *config, uint64_t now_ns,
                         struct hermes_flow **flow)
{
    (void)now_ns;
    if (config->packet_max < PACKET_MIN || config->packet_max > UINT16_MAX - HERMES_RATE_WIRE ||
        config->memory_bytes == 0)
        return BASE_ERANGE;
    struct hermes_flow *const made = calloc(1, sizeof *made);
    if (made == NULL)
        return BASE_ENOMEM;
    made->config = *config;
    made->fragment_max = config->packet_max - HERMES_FLOW_FRAGMENT_HEAD;
    for (unsigned i = 0; i < BPI_HERMES_CLASSES; i++)
        hermes_lane_init(&made->lanes[i]);
    hermes_sent_init(&made->sent);
    hermes_rate_init(&made->rate, config->packet_max + HERMES_RATE_WIRE, config->rate_bits,
                     config->rate_max_bits);
    made->rate.losses = config->losses;
    hermes_acks_init(&made->acks);
    hermes_inbox_init(&made->inbox);
    *flow = made;
    return BASE_OK;
}

void hermes_flow_free(struct hermes_flow *flow)
{
    if (flow == NULL)
        return;
    for (unsigned i = 0; i < BPI_HERMES_CLASSES; i++)
        hermes_lane_done(&flow->lanes[i]);
    hermes_sent_done(&flow->sent);
    hermes_inbox_done(&flow->inbox);
    hermes_rate_done(&flow->rate);
    free(flow);
}

/* ---- packets ---- */

struct parsed {
    struct hermes_ack ack;
    struct hermes_fragment fragment;
    uint64_t number; /* its low 24 bits */
    bool has_ack, has_fragment;
};

/* head [HERMES_FLOW_FRAGMENT_HEAD - 1] */
static bool parse_fragment(const uint8_t *head, size_t size, unsigned flags,
                           struct hermes_fragment *out)
{
    const unsigned code = head[5];
    const bool is_data = code < HERMES_FLOW_PARITY;
    *out = (struct hermes_fragment){ .block = hermes_get(head + 3, 2),
                                     .class = flags & 3,
                                     .index = is_data ? code % HERMES_FEC_DATA_MAX : code,
                                     .end = head[6] & 127u,
                                     .is_start = code <= HERMES_FEC_DATA_MAX,
                                     .is_last = (head[6] & HERMES_MORE_FOLLOW) == 0,
                                     .bytes = head + 7,
                                     .size = size - 7,
                                     .is_repeated = (flags & HERMES_IS_REPEATED) != 0 };
    return out->end >= 1 && out->end <= HERMES_FEC_DATA_MAX && code <= HERMES_FEC_INDEX_MAX &&
           (is_data ? out->index < out->end : out->is_last);
}

/* data [size], size > 0 */
static bool parse(const struct hermes_flow *flow, const uint8_t *data, size_t size,
                  struct parsed *out)
{
    const unsigned flags = data[0];
    size_t at = 1;
    out->has_ack = (flags & HERMES_HAS_ACK) != 0;
    out->has_fragment = (flags & HERMES_HAS_FRAGMENT) != 0;
    if ((flags & 3) >= BPI_HERMES_CLASSES || (!out->has_ack && !out->has_fragment))
        return false;
    if (out->has_ack) {
        const size_t part = hermes_ack_read(data + at, size - at, flow->sent.next, &out->ack);
        if (part == 0)
            return false;
        at += part;
    }
    if (!out->has_fragment)
        return at == size;
    if (size - at < HERMES_FLOW_FRAGMENT_HEAD)
        return false;
    out->number = hermes_get(data + at, 3);
    return parse_fragment(data + at, size - at, flags, &out->fragment);
}

static base_err take_fragment(struct hermes_flow *flow, uint64_t now_ns,
                              const struct parsed *packet, const struct hermes_flow_sink *sink)
{
    const struct hermes_acks *const acks = &flow->acks;
    const uint64_t near = acks->count > 0 ? acks->ranges[0].last + 1 : 0;
    const uint64_t number = hermes_expand(near, packet->number, 24);
    flow->stats.fragments_received++;
    if (hermes_acks_has(acks, number)) {
        flow->stats.duplicates++;
        return BASE_OK;
    }
    enum hermes_taken taken = HERMES_TAKEN;
    const base_err err = hermes_inbox_take(flow, now_ns, &packet->fragment, sink, &taken);
    if (err == BASE_OK && taken != HERMES_REFUSED)
        hermes_acks_add(flow, now_ns, number,
                        taken == HERMES_CLOSED && packet->fragment.is_repeated);
    return err;
}

base_err hermes_flow_receive(struct hermes_flow *flow, uint64_t now_ns, const uint8_t *data,
                             size_t size, const struct hermes_flow_sink *sink)
{
    struct parsed packet;
    if (size == 0 || size > UINT16_MAX || !parse(flow, data, size, &packet))
        return BASE_EPROTOCOL;
    flow->acks.wait_ns = hermes_wait_ns(data[0] >> HERMES_WAIT_SHIFT);
    if (packet.has_ack)
        hermes_sent_acked(flow, now_ns, &packet.ack, sink);
    return packet.has_fragment ? take_fragment(flow, now_ns, &packet, sink) : BASE_OK;
}

/* ---- time ---- */

void hermes_flow_timer(struct hermes_flow *flow, uint64_t now_ns,
                       const struct hermes_flow_sink *sink)
{
    for (unsigned i = 0; i < BPI_HERMES_CLASSES; i++)
        hermes_lane_expire(flow, &flow->lanes[i], now_ns, sink);
    hermes_inbox_expire(flow, now_ns);
    for (unsigned i = 0; i < BPI_HERMES_CLASSES; i++) {
        struct hermes_block *const block = flow->lanes[i].growing;
        if (hermes_parity_due_ns(&flow->lanes[i]) > now_ns)
            continue;
        if (block->acked_count >= block->data_count)
            hermes_block_finish(flow, block, sink); /* parity would tell nobody anything */
        else
            hermes_parity_close(flow, &flow->lanes[i]);
    }
    if (hermes_sent_probe_ns(flow) <= now_ns)
        hermes_sent_probe(flow, now_ns);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t hermes_flow_wake_ns(const struct hermes_flow *flow)
{
    uint64_t at = earlier(flow->acks.at_ns, hermes_inbox_wake_ns(flow));
    at = earlier(at, hermes_send_ready_ns(flow));
    at = earlier(at, hermes_sent_probe_ns(flow));
    for (unsigned i = 0; i < BPI_HERMES_CLASSES; i++) {
        const struct hermes_message *const first = TAILQ_FIRST(&flow->lanes[i].live);
        if (first != NULL)
            at = earlier(at, first->deadline_ns);
        at = earlier(at, hermes_parity_due_ns(&flow->lanes[i]));
    }
    return at;
}

struct hermes_flow_stats hermes_flow_stats(const struct hermes_flow *flow)
{
    struct hermes_flow_stats stats = flow->stats;
    stats.rtt_ns = flow->rate.srtt_ns;
    stats.rtt_deviation_ns = flow->rate.rttvar_ns;
    stats.rate_bits = hermes_rate_bits(&flow->rate);
    stats.loss_share = hermes_rate_loss(&flow->rate);
    stats.loss_own_share = hermes_rate_loss_own(&flow->rate);
    stats.queued_bytes = flow->queued;
    stats.memory_bytes = flow->memory + flow->inbox.memory;
    return stats;
}
