/* hermes_flow_ack.c - which packets came, told as seldom as the sender's wait allows: sooner only
 * when a packet is missing or a block stays incomplete while nothing more comes, and then several
 * times, each twice as late, for the one report that matters may be lost as well. */
#include "hermes_flow_state_internal.h"

#include <string.h>

enum { NUMBER_BYTES = 3, NUMBER_BITS = 24, REPEATS_MAX = 3, WAITED_MAX_US = (1 << 27) - 1 };

static const uint64_t pause_ns = 20000000; /* a longer one is no part of a burst */
static const uint64_t spacing_start_ns = 2500000;
static const uint64_t hurry_min_ns = 1000000, hurry_max_ns = 8000000;

void hermes_acks_init(struct hermes_acks *acks)
{
    *acks = (struct hermes_acks){ .at_ns = HERMES_NEVER, .spacing_ns = spacing_start_ns };
}

bool hermes_acks_has(const struct hermes_acks *acks, uint64_t number)
{
    for (unsigned i = 0; i < acks->count && number <= acks->ranges[i].last; i++)
        if (number >= acks->ranges[i].first)
            return true;
    return false;
}

/* Latest first; the oldest range is forgotten when there is no place. */
static void range_add(struct hermes_acks *acks, uint64_t number)
{
    unsigned i = 0;
    while (i < acks->count && acks->ranges[i].first > number + 1)
        i++;
    if (i < acks->count && acks->ranges[i].last + 1 >= number) {
        struct hermes_range *const range = &acks->ranges[i];
        if (number > range->last)
            range->last = number;
        else if (number < range->first)
            range->first = number;
        if (i + 1 < acks->count && acks->ranges[i + 1].last + 1 == range->first) {
            range->first = acks->ranges[i + 1].first;
            acks->count--;
            memmove(range + 1, range + 2, (acks->count - i - 1) * sizeof *range);
        }
        return;
    }
    if (i == HERMES_FLOW_RANGES_MAX)
        return;
    if (acks->count < HERMES_FLOW_RANGES_MAX)
        acks->count++;
    memmove(acks->ranges + i + 1, acks->ranges + i, (acks->count - i - 1) * sizeof acks->ranges[0]);
    acks->ranges[i] = (struct hermes_range){ number, number };
}

/* How long after the last packet of a burst a report of what is missing waits. */
static uint64_t hurry_ns(const struct hermes_acks *acks)
{
    const uint64_t share = acks->wait_ns / 8, spaced = 3 * acks->spacing_ns;
    const uint64_t hurry = share < hurry_min_ns   ? hurry_min_ns
                           : share > hurry_max_ns ? hurry_max_ns
                                                  : share;
    return hurry > spaced ? hurry : spaced;
}

static void note_arrival(struct hermes_acks *acks, uint64_t now_ns, uint64_t number)
{
    const bool is_first = acks->count == 0;
    const uint64_t gap_ns = now_ns - acks->last_ns;
    if (!is_first && gap_ns < pause_ns)
        acks->spacing_ns = acks->spacing_ns - acks->spacing_ns / 8 + gap_ns / 8;
    acks->last_ns = now_ns;
    const uint64_t largest = is_first ? 0 : acks->ranges[0].last;
    if (is_first || number > largest) {
        acks->largest_ns = now_ns;
        acks->has_gap = acks->has_gap || number > largest + (is_first ? 0 : 1);
    }
}

void hermes_acks_add(struct hermes_flow *flow, uint64_t now_ns, uint64_t number, bool is_urgent)
{
    struct hermes_acks *const acks = &flow->acks;
    note_arrival(acks, now_ns, number);
    range_add(acks, number);
    if (acks->waiting++ == 0)
        acks->first_ns = now_ns;
    acks->repeats = 0;
    acks->at_ns = acks->first_ns + acks->wait_ns;
    if (acks->has_gap || flow->inbox.partial_count > 0) {
        const uint64_t soon = now_ns + hurry_ns(acks);
        acks->at_ns = soon < acks->at_ns ? soon : acks->at_ns;
    }
    if (is_urgent || acks->waiting >= HERMES_FLOW_ACK_PACKETS)
        acks->at_ns = now_ns;
}

void hermes_acks_finished(struct hermes_acks *acks, unsigned class, uint64_t number)
{
    for (unsigned i = 0; i < acks->finished_count; i++)
        if (acks->finished[i].class == class && acks->finished[i].number == (uint16_t)number)
            return;
    if (acks->finished_count < HERMES_FLOW_FINISHED_MAX)
        acks->finished[acks->finished_count++] =
            (struct hermes_finished){ (uint8_t) class, (uint16_t)number };
}

static size_t put_ranges(const struct hermes_acks *acks, uint8_t *out, size_t room, unsigned *count)
{
    const uint64_t told = acks->reported[HERMES_FLOW_REPORTS - 1];
    const struct hermes_range *range = acks->ranges;
    size_t size = hermes_put_v(out, (uint32_t)(range->last - range->first));
    for (*count = 1; *count < acks->count && size + 10 <= room; ++*count) {
        const uint64_t above = range->first;
        range++;
        if (range->last < told)
            break;
        size += hermes_put_v(out + size, (uint32_t)(above - range->last - 2));
        size += hermes_put_v(out + size, (uint32_t)(range->last - range->first));
    }
    return size;
}

/* What comes next unless packets come. */
static void written(struct hermes_flow *flow, uint64_t now_ns)
{
    struct hermes_acks *const acks = &flow->acks;
    for (unsigned i = HERMES_FLOW_REPORTS - 1; i > 0; i--)
        acks->reported[i] = acks->reported[i - 1];
    acks->reported[0] = acks->ranges[0].last + 1;
    acks->waiting = 0;
    acks->has_gap = false;
    acks->finished_count = 0;
    acks->at_ns = HERMES_NEVER;
    if (flow->inbox.partial_count > 0 && acks->repeats < REPEATS_MAX)
        acks->at_ns = now_ns + (hurry_ns(acks) << ++acks->repeats);
}

size_t hermes_acks_write(struct hermes_flow *flow, uint64_t now_ns, uint8_t *out, size_t room)
{
    struct hermes_acks *const acks = &flow->acks;
    const uint64_t waited_us = (now_ns - acks->largest_ns) / 1000;
    const uint32_t waited = waited_us < WAITED_MAX_US ? (uint32_t)waited_us : WAITED_MAX_US;
    hermes_put(out, acks->ranges[0].last, NUMBER_BYTES);
    hermes_put(out + 3, acks->largest_ns / 1000, 4);
    size_t size = 7;
    size += hermes_put_v(out + size, 2 * waited + (now_ns - acks->last_ns >= hurry_ns(acks)));
    uint8_t *const counts = out + size++;
    unsigned ranges, finished = 0;
    size += put_ranges(acks, out + size, room - size, &ranges);
    for (; finished < acks->finished_count && size + 3 <= room; finished++) {
        out[size] = acks->finished[finished].class;
        hermes_put(out + size + 1, acks->finished[finished].number, 2);
        size += 3;
    }
    *counts = (uint8_t)(ranges | finished << 5);
    written(flow, now_ns);
    return size;
}

static size_t read_ranges(const uint8_t *data, size_t size, struct hermes_ack *ack)
{
    size_t at = 0;
    for (unsigned i = 0; i < ack->count; i++) {
        struct hermes_range *const range = &ack->ranges[i];
        uint32_t gap = 0, length;
        if (i > 0) {
            const size_t part = hermes_get_v(data + at, size - at, &gap);
            if (part == 0 || range[-1].first < (uint64_t)gap + 2)
                return 0;
            at += part;
            range->last = range[-1].first - gap - 2;
        }
        const size_t part = hermes_get_v(data + at, size - at, &length);
        if (part == 0 || length > range->last)
            return 0;
        at += part;
        range->first = range->last - length;
    }
    return at;
}

size_t hermes_ack_read(const uint8_t *data, size_t size, uint64_t next, struct hermes_ack *ack)
{
    uint32_t waited_us;
    if (size < 10)
        return 0;
    const uint64_t largest = hermes_expand(next, hermes_get(data, NUMBER_BYTES), NUMBER_BITS);
    ack->arrived_us = (uint32_t)hermes_get(data + 3, 4);
    size_t at = 7;
    size_t part = hermes_get_v(data + at, size - at, &waited_us);
    at += part;
    if (part == 0 || at >= size || largest >= next)
        return 0;
    ack->is_quiet = (waited_us & 1) != 0;
    ack->waited_ns = (uint64_t)(waited_us / 2) * 1000;
    ack->count = data[at] & 31;
    ack->finished_count = data[at++] >> 5;
    ack->ranges[0].last = largest;
    part = read_ranges(data + at, size - at, ack);
    at += part;
    if (part == 0 || size - at < 3 * ack->finished_count)
        return 0;
    for (unsigned i = 0; i < ack->finished_count; i++, at += 3) {
        ack->finished[i].class = data[at];
        ack->finished[i].number = (uint16_t)hermes_get(data + at + 1, 2);
        if (data[at] >= BPI_HERMES_CLASSES)
            return 0;
    }
    return at;
}
