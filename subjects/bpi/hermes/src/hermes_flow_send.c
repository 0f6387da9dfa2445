/* hermes_flow_send.c - the next packet: class by class, but a class that waits is owed one byte for
 * every 15 that others send, and has its turn when a packet's worth has come together. Class 0 may
 * go ahead of window and pace by a burst; lower classes then wait until the pace has caught up. */
#include "hermes_flow_state_internal.h"

#include <string.h>

enum { CREDIT_SHARE = 15, CREDIT_PACKETS = 4, ALL = HERMES_FLOW_FRAGMENT_HEAD };

static bool has_number(const struct hermes_lane *lane)
{
    const struct hermes_block *const oldest = TAILQ_FIRST(&lane->open);
    return oldest == NULL || lane->next_number - oldest->number < HERMES_FLOW_WINDOW;
}

/* Bytes on the wire of the next packet of a class, about; 0: it has nothing to send. */
static size_t next_size(const struct hermes_flow *flow, const struct hermes_lane *lane)
{
    const struct hermes_block *block = TAILQ_FIRST(&lane->repairs);
    if (block == NULL)
        block = lane->sending;
    if (block != NULL)
        return block->fragment_size + ALL + HERMES_RATE_WIRE;
    block = TAILQ_FIRST(&lane->waiting);
    if (block == NULL || (lane->growing == NULL && !has_number(lane)))
        return 0;
    if (lane->growing != NULL)
        return lane->growing->fragment_size + ALL + HERMES_RATE_WIRE;
    const size_t size = block->size < flow->fragment_max ? block->size : flow->fragment_max;
    return size + ALL + HERMES_RATE_WIRE;
}

static bool is_owed(const struct hermes_lane *lane, size_t size)
{
    return size > 0 && lane->credit >= size;
}

/* Bytes that a class may be ahead of window and pace. What is owed to a class must not wait behind
 * those that go ahead. */
static size_t ahead(const struct hermes_flow *flow, unsigned class, size_t size)
{
    if (class == BPI_HERMES_CONSENSUS || is_owed(&flow->lanes[class], size))
        return HERMES_RATE_BURST;
    return class == BPI_HERMES_AUCTION ? HERMES_RATE_BURST / 2 : 0;
}

static uint64_t lane_ready_ns(const struct hermes_flow *flow, unsigned class)
{
    const size_t size = next_size(flow, &flow->lanes[class]);
    if (size == 0)
        return HERMES_NEVER;
    if (flow->sent.probes > 0)
        return 0;
    return hermes_rate_ready_ns(&flow->rate, size, ahead(flow, class, size));
}

uint64_t hermes_send_ready_ns(const struct hermes_flow *flow)
{
    uint64_t least = HERMES_NEVER;
    if (flow->sent.is_full)
        return least;
    for (unsigned i = 0; i < BPI_HERMES_CLASSES; i++) {
        const uint64_t at = lane_ready_ns(flow, i);
        least = at < least ? at : least;
    }
    return least;
}

/* HERMES_CLASSES: none may send now. */
static unsigned pick_class(struct hermes_flow *flow, uint64_t now_ns)
{
    unsigned first = BPI_HERMES_CLASSES;
    for (unsigned i = BPI_HERMES_CLASSES; i-- > 0;) {
        const size_t size = next_size(flow, &flow->lanes[i]);
        if (size == 0)
            continue;
        if (lane_ready_ns(flow, i) > now_ns) {
            flow->rate.round.is_limited |= hermes_rate_is_full(&flow->rate, size, 0);
            continue;
        }
        if (is_owed(&flow->lanes[i], size))
            return i;
        first = i;
    }
    return first;
}

static struct hermes_block *pick_block(struct hermes_flow *flow, uint64_t now_ns,
                                       struct hermes_lane *lane)
{
    struct hermes_block *const repair = TAILQ_FIRST(&lane->repairs);
    if (repair != NULL)
        return repair;
    return lane->sending != NULL ? lane->sending : hermes_lane_start(flow, now_ns, lane);
}

static void settle_credit(struct hermes_flow *flow, unsigned class, size_t size)
{
    const size_t most = CREDIT_PACKETS * (flow->config.packet_max + HERMES_RATE_WIRE);
    for (unsigned i = 0; i < BPI_HERMES_CLASSES; i++) {
        struct hermes_lane *const lane = &flow->lanes[i];
        if (i == class)
            lane->credit -= size < lane->credit ? size : lane->credit;
        else if (next_size(flow, lane) == 0)
            lane->credit = lane->growing != NULL ? lane->credit : 0; /* its parity will be sent */
        else if (lane->credit < most)
            lane->credit += (size + CREDIT_SHARE - 1) / CREDIT_SHARE;
    }
}

/* Fragments that were never sent, as long as there are any; then such as have not come. */
static unsigned take_index(struct hermes_block *block)
{
    if (block->sent_data < block->data_count)
        return block->sent_data++;
    if (block->next_parity <= HERMES_FEC_INDEX_MAX)
        return block->next_parity++;
    for (unsigned i = 0; i < block->data_count; i++) {
        block->again = (uint8_t)((block->again + 1u) % block->data_count);
        if (!hermes_indices_has(&block->acked, block->again))
            break;
    }
    return block->again;
}

static void advance(struct hermes_flow *flow, uint64_t now_ns, struct hermes_lane *lane,
                    struct hermes_block *block, bool is_repair, bool is_data)
{
    if (is_repair) {
        flow->stats.fragments_repeated++;
        if (block->repair_due > 0 && --block->repair_due > 0)
            return;
        TAILQ_REMOVE(&lane->repairs, block, repair);
        block->is_repairing = false;
    } else {
        block->parity_due -= !is_data;
        if (block->sent_data < block->data_count || block->parity_due > 0)
            return;
        lane->sending = NULL;
        if (block->is_growing) {
            hermes_parity_wait(flow, now_ns, lane);
            return;
        }
    }
    hermes_sent_repair(flow, block);
}

static size_t write_fragment(struct hermes_flow *flow, uint64_t now_ns, struct hermes_block *block,
                             unsigned index, size_t packet_size, uint8_t *out)
{
    const bool is_data = index < block->data_count;
    const size_t stride = block->fragment_size, size = is_data ? block->sizes[index] : stride;
    const size_t whole = packet_size + HERMES_FLOW_FRAGMENT_HEAD - 1 + size;
    const uint64_t number = hermes_sent_add(flow, now_ns, block, index, whole);
    hermes_put(out, number, 3);
    hermes_put(out + 3, block->number, 2);
    if (!is_data) {
        out[5] = (uint8_t)index;
        out[6] = block->data_count;
        hermes_fec_parity(block->bytes, block->data_count, stride, index, out + 7);
        return whole;
    }
    const bool is_start = (block->starts >> index & 1) != 0;
    const bool may_grow = block->is_growing || block->ends[index] < block->data_count;
    out[5] = (uint8_t)(index + (is_start ? 0 : HERMES_FEC_DATA_MAX));
    out[6] = (uint8_t)(block->ends[index] | (may_grow ? HERMES_MORE_FOLLOW : 0));
    memcpy(out + 7, block->bytes + index * stride, size);
    return whole;
}

static size_t send_block(struct hermes_flow *flow, uint64_t now_ns, unsigned class, uint8_t *out)
{
    struct hermes_lane *const lane = &flow->lanes[class];
    struct hermes_block *const block = pick_block(flow, now_ns, lane);
    const size_t room =
        flow->config.packet_max - (HERMES_FLOW_FRAGMENT_HEAD - 1) - block->fragment_size;
    const bool is_repair = block->is_repairing;
    size_t size = 1;
    out[0] =
        (uint8_t)(class | HERMES_HAS_FRAGMENT | hermes_sent_wait_code(flow) << HERMES_WAIT_SHIFT);
    if (hermes_acks_any(&flow->acks) && room >= HERMES_FLOW_ACK_ROOM + 1) {
        out[0] |= HERMES_HAS_ACK;
        size += hermes_acks_write(flow, now_ns, out + 1, room - 1);
    }
    if (is_repair)
        out[0] |= HERMES_IS_REPEATED;
    const unsigned index = take_index(block);
    size = write_fragment(flow, now_ns, block, index, size, out + size);
    flow->stats.fragments_sent++;
    const bool is_data = index < block->data_count;
    flow->stats.fragments_parity += !is_repair && !is_data;
    if (flow->sent.probes > 0)
        flow->sent.probes--;
    advance(flow, now_ns, lane, block, is_repair, is_data);
    settle_credit(flow, class, size + HERMES_RATE_WIRE);
    return size;
}

size_t hermes_flow_next(struct hermes_flow *flow, uint64_t now_ns, uint8_t *out,
                        enum bpi_hermes_class *class)
{
    const bool is_due = flow->acks.at_ns <= now_ns;
    unsigned chosen = pick_class(flow, now_ns);
    if (chosen < BPI_HERMES_CLASSES && !hermes_sent_has_room(flow))
        chosen = BPI_HERMES_CLASSES;
    if (chosen < BPI_HERMES_CLASSES) {
        /* A full fragment leaves no room for an ack that is due: the ack goes first. */
        const size_t size = next_size(flow, &flow->lanes[chosen]) - HERMES_RATE_WIRE;
        if (!is_due || size + HERMES_FLOW_ACK_ROOM <= flow->config.packet_max) {
            *class = (enum bpi_hermes_class)chosen;
            return send_block(flow, now_ns, chosen, out);
        }
    } else {
        const uint64_t ready_ns = hermes_send_ready_ns(flow);
        hermes_rate_rest(&flow->rate, ready_ns > now_ns && ready_ns < HERMES_NEVER);
    }
    if (!is_due)
        return 0;
    *class = BPI_HERMES_CONSENSUS;
    out[0] = (uint8_t)(HERMES_HAS_ACK | hermes_sent_wait_code(flow) << HERMES_WAIT_SHIFT);
    return 1 + hermes_acks_write(flow, now_ns, out + 1, flow->config.packet_max - 1);
}
