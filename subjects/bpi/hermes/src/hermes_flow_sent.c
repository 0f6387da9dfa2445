/* hermes_flow_sent.c - what was sent, what became of it, and what to send again. A packet is lost
 * when one that was sent later (by more than the reordering seen so far) has come, or when the ack
 * was written so long after that one that it should have come by then; the last packets of all only
 * when the other side says that nothing comes any more. */
#include "hermes_flow_state_internal.h"

#include <stdlib.h>

enum { PACKETS_START = 32 };

static const uint64_t reorder_start_ns = 1000000, wait_unit_ns = 500000;
static const double repair_failure_least = 2e-4, repair_failure_most = 0.05;

static struct hermes_packet *packet(const struct hermes_sent *sent, uint64_t number)
{
    return &sent->ring[number & (sent->capacity - 1)];
}

static bool grow(struct hermes_sent *sent)
{
    const uint32_t capacity = sent->capacity > 0 ? 2 * sent->capacity : PACKETS_START;
    if (capacity > HERMES_FLOW_PACKETS_MAX)
        return false;
    struct hermes_packet *const ring = malloc(capacity * sizeof *ring);
    if (ring == NULL)
        return false;
    for (uint64_t i = sent->base; i < sent->next; i++)
        ring[i & (capacity - 1)] = *packet(sent, i);
    free(sent->ring);
    sent->ring = ring;
    sent->capacity = capacity;
    return true;
}

bool hermes_sent_has_room(struct hermes_flow *flow)
{
    struct hermes_sent *const sent = &flow->sent;
    sent->is_full = sent->next - sent->base >= sent->capacity && !grow(sent);
    return !sent->is_full;
}

uint64_t hermes_sent_add(struct hermes_flow *flow, uint64_t now_ns, struct hermes_block *block,
                         unsigned index, size_t size)
{
    struct hermes_sent *const sent = &flow->sent;
    const uint64_t number = sent->next++;
    const uint64_t before = block->last_packet > 0 ? number - (block->last_packet - 1) : 0;
    const size_t wire = size + HERMES_RATE_WIRE;
    *packet(sent, number) =
        (struct hermes_packet){ .sent_ns = now_ns,
                                .block = block,
                                .previous = before <= UINT32_MAX ? (uint32_t)before : 0,
                                .size = (uint16_t)wire,
                                .index = (uint8_t)index,
                                .state = HERMES_IN_FLIGHT };
    block->last_packet = number + 1;
    block->in_flight++;
    sent->last_ns = now_ns;
    hermes_rate_sent(&flow->rate, now_ns, wire);
    return number;
}

void hermes_sent_forget(struct hermes_flow *flow, struct hermes_block *block)
{
    const struct hermes_sent *const sent = &flow->sent;
    for (uint64_t at = block->last_packet; at > sent->base;) {
        struct hermes_packet *const one = packet(sent, at - 1);
        one->block = NULL;
        if (one->previous == 0 || one->previous >= at)
            break;
        at -= one->previous;
    }
}

/* A repair that fails costs one more. Bulk does not mind, as long as other bulk can use the time.
 */
static double repair_failure(const struct hermes_flow *flow, const struct hermes_lane *lane,
                             const struct hermes_block *block)
{
    if (block->class == BPI_HERMES_SHADOW_DATA && !TAILQ_EMPTY(&lane->waiting))
        return repair_failure_most;
    const double failure = hermes_parity_failure(flow, block->class);
    return failure < repair_failure_least  ? repair_failure_least
           : failure > repair_failure_most ? repair_failure_most
                                           : failure;
}

void hermes_sent_repair(struct hermes_flow *flow, struct hermes_block *block)
{
    struct hermes_lane *const lane = &flow->lanes[block->class];
    const unsigned have = block->acked_count + block->in_flight;
    /* All had come before it was closed, and nothing more will: an ack has to finish it. */
    const bool is_stuck = block->acked_count >= block->data_count && block->in_flight == 0;
    if ((have >= block->data_count && !is_stuck) || lane->sending == block || block->is_growing)
        return;
    const unsigned due = hermes_fec_repair(is_stuck ? 1 : block->data_count - have,
                                           hermes_parity_loss(flow, block->class),
                                           repair_failure(flow, lane, block));
    if (due > block->repair_due)
        block->repair_due = (uint16_t)due;
    if (block->is_repairing)
        return;
    block->is_repairing = true;
    TAILQ_INSERT_TAIL(&lane->repairs, block, repair);
}

static void mark_acked(struct hermes_flow *flow, struct hermes_packet *one)
{
    struct hermes_block *const block = one->block;
    if (one->state == HERMES_IN_FLIGHT) {
        hermes_rate_resolved(&flow->rate, one->size, HERMES_FATE_CAME);
        if (block != NULL)
            block->in_flight--;
    } else {
        /* Taken for lost too early: allow for more reordering. */
        hermes_rate_unlost(&flow->rate);
        const uint64_t most = flow->rate.srtt_ns;
        const uint64_t twice = 2 * flow->sent.reorder_ns;
        if (twice <= most)
            flow->sent.reorder_ns = twice;
    }
    one->state = HERMES_ACKED;
    if (block != NULL && !hermes_indices_has(&block->acked, one->index)) {
        hermes_indices_add(&block->acked, one->index);
        block->acked_count++;
    }
}

static void take_ranges(struct hermes_flow *flow, const struct hermes_ack *ack,
                        const struct hermes_flow_sink *sink)
{
    struct hermes_sent *const sent = &flow->sent;
    for (unsigned i = 0; i < ack->count; i++) {
        const struct hermes_range range = ack->ranges[i];
        if (range.last < sent->base)
            break;
        const uint64_t first = range.first > sent->base ? range.first : sent->base;
        for (uint64_t number = first; number <= range.last; number++) {
            struct hermes_packet *const one = packet(sent, number);
            if (one->state == HERMES_ACKED)
                continue;
            mark_acked(flow, one);
            if (one->block != NULL && !one->block->is_growing &&
                one->block->acked_count >= one->block->data_count)
                hermes_block_finish(flow, one->block, sink);
        }
    }
}

/* until_ns: the sender's time up to which everything sent should have come by now; latest: one that
 * has come; end: packets from here on may still wait in a queue on the way. */
static void take_losses(struct hermes_flow *flow, uint64_t until_ns, uint64_t latest, uint64_t end)
{
    struct hermes_sent *const sent = &flow->sent;
    for (uint64_t number = sent->base; number < end; number++) {
        struct hermes_packet *const one = packet(sent, number);
        if (one->sent_ns + sent->reorder_ns > until_ns)
            break;
        if (one->state != HERMES_IN_FLIGHT)
            continue;
        one->state = HERMES_LOST;
        hermes_rate_resolved(&flow->rate, one->size,
                             number < latest ? HERMES_FATE_LOST : HERMES_FATE_OVERDUE);
        if (one->block != NULL) {
            one->block->in_flight--;
            hermes_sent_repair(flow, one->block);
        }
    }
}

/* Lost ones are kept for a while: they may only be late. */
static void forget_old(struct hermes_flow *flow, uint64_t now_ns)
{
    struct hermes_sent *const sent = &flow->sent;
    const uint64_t late_ns = 2 * flow->rate.srtt_ns;
    sent->is_full = false;
    while (sent->base < sent->next) {
        const struct hermes_packet *const one = packet(sent, sent->base);
        if (one->state == HERMES_IN_FLIGHT ||
            (one->state == HERMES_LOST && one->sent_ns + late_ns > now_ns))
            break;
        sent->base++;
    }
}

static void take_finished(struct hermes_flow *flow, const struct hermes_ack *ack,
                          const struct hermes_flow_sink *sink)
{
    for (unsigned i = 0; i < ack->finished_count; i++) {
        struct hermes_lane *const lane = &flow->lanes[ack->finished[i].class];
        struct hermes_block *block;
        TAILQ_FOREACH(block, &lane->open, lane)
        {
            if ((uint16_t)block->number == ack->finished[i].number)
                break;
        }
        if (block != NULL)
            hermes_block_finish(flow, block, sink);
    }
}

void hermes_sent_acked(struct hermes_flow *flow, uint64_t now_ns, const struct hermes_ack *ack,
                       const struct hermes_flow_sink *sink)
{
    struct hermes_sent *const sent = &flow->sent;
    const uint64_t largest = ack->ranges[0].last;
    const bool is_known = largest >= sent->base;
    const uint64_t sent_ns = is_known ? packet(sent, largest)->sent_ns : 0;
    struct hermes_rate_sample sample = { .largest = largest, .next = sent->next };
    take_ranges(flow, ack, sink);
    take_finished(flow, ack, sink);
    if (is_known)
        take_losses(flow, sent_ns + ack->waited_ns, largest, ack->is_quiet ? sent->next : largest);
    if (largest >= sent->acked_next && is_known) {
        sent->acked_next = largest + 1;
        const uint64_t whole = now_ns - sent_ns;
        sample.rtt_ns = whole > ack->waited_ns ? whole - ack->waited_ns : whole;
        sample.arrived_us = ack->arrived_us;
        /* The difference of the clocks modulo 2^32 us, as a signed number around the first. */
        const uint32_t delay_us = ack->arrived_us - (uint32_t)(sent_ns / 1000);
        if (!flow->has_clock) {
            flow->has_clock = true;
            flow->clock_us = delay_us;
        }
        sample.delay_us = (int32_t)(delay_us - flow->clock_us);
        hermes_rate_acked(&flow->rate, now_ns, &sample);
    }
    forget_old(flow, now_ns);
}

/* ---- probes: nothing has been heard of the last packets ---- */

unsigned hermes_sent_wait_code(const struct hermes_flow *flow)
{
    const uint64_t share = flow->rate.srtt_ns / (flow->rate.is_limited ? 8 : 4);
    unsigned code = 0;
    while (code < 7 && hermes_wait_ns(code + 1) <= share)
        code++;
    return flow->rate.srtt_ns > 0 ? code : 3;
}

uint64_t hermes_wait_ns(unsigned code)
{
    return wait_unit_ns << code;
}

static bool is_idle(const struct hermes_lane *lane)
{
    return TAILQ_EMPTY(&lane->open) && TAILQ_EMPTY(&lane->waiting);
}

uint64_t hermes_sent_probe_ns(const struct hermes_flow *flow)
{
    bool is_any = false;
    for (unsigned i = 0; i < BPI_HERMES_CLASSES; i++)
        is_any = is_any || !is_idle(&flow->lanes[i]);
    if (!is_any || flow->rate.in_flight == 0)
        return HERMES_NEVER;
    const uint64_t wait_ns = hermes_wait_ns(hermes_sent_wait_code(flow));
    return flow->sent.last_ns + hermes_rate_probe_ns(&flow->rate, wait_ns);
}

void hermes_sent_probe(struct hermes_flow *flow, uint64_t now_ns)
{
    struct hermes_sent *const sent = &flow->sent;
    hermes_rate_probed(&flow->rate);
    if (sent->is_full)
        take_losses(flow, packet(sent, sent->base)->sent_ns + sent->reorder_ns, sent->acked_next,
                    sent->next);
    forget_old(flow, now_ns);
    sent->last_ns = now_ns;
    sent->probes = 0;
    for (unsigned i = 0; i < BPI_HERMES_CLASSES; i++) {
        struct hermes_lane *const lane = &flow->lanes[i];
        if (is_idle(lane))
            continue;
        const unsigned count = i == BPI_HERMES_SHADOW_DATA ? 1 : 2;
        sent->probes += count;
        struct hermes_block *const block = TAILQ_FIRST(&lane->open);
        if (block != NULL && block == lane->growing)
            hermes_parity_close(flow, lane);
        if (block == NULL || block == lane->sending)
            continue;
        if (block->repair_due < count)
            block->repair_due = (uint16_t)count;
        if (block->is_repairing)
            TAILQ_REMOVE(&lane->repairs, block, repair);
        block->is_repairing = true;
        TAILQ_INSERT_HEAD(&lane->repairs, block, repair);
    }
}

void hermes_sent_init(struct hermes_sent *sent)
{
    sent->reorder_ns = reorder_start_ns;
}

void hermes_sent_done(struct hermes_sent *sent)
{
    free(sent->ring);
}
