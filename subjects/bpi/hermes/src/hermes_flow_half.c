/* hermes_flow_half.c - blocks become messages: whole ones are handed out where they lie, parts are
 * put together. A message is cut into parts of equal size (the last may be shorter), so one bit for
 * each says what has come. */
#include "hermes_flow_state_internal.h"

#include <stdlib.h>
#include <string.h>

/* One entry of a block. */
struct piece {
    const uint8_t *data;
    size_t size, end; /* of the bytes; where the next begins */
    uint32_t id, total, parts, part;
    bool is_part;
};

static size_t share_of(const struct piece *piece)
{
    return (piece->total + piece->parts - 1) / piece->parts;
}

static bool is_part_sound(const struct piece *piece)
{
    if (piece->total <= HERMES_FLOW_LONG_MIN || piece->total > HERMES_FLOW_MESSAGE_MAX ||
        piece->parts < 2 || piece->parts > HERMES_FLOW_PARTS_MAX || piece->part >= piece->parts)
        return false;
    const size_t share = share_of(piece);
    const bool is_last = piece->part + 1 == piece->parts;
    const size_t before = piece->part * share;
    return before < piece->total && piece->size == (is_last ? piece->total - before : share);
}

/* Zeros fill up a fragment; the next batch begins behind it. ENOTFOUND: no more. */
static base_err piece_next(struct base_span block, size_t stride, size_t at, struct piece *piece)
{
    uint32_t head;
    while (at < block.size && block.data[at] == 0)
        at += stride - at % stride;
    if (at >= block.size)
        return BASE_ENOTFOUND;
    size_t part = hermes_get_v(block.data + at, block.size - at, &head);
    if (part == 0 || head < 2)
        return BASE_EPROTOCOL;
    at += part;
    *piece = (struct piece){ .size = head / 2, .is_part = (head & 1) != 0 };
    if (piece->is_part) {
        part = hermes_get_v(block.data + at, block.size - at, &piece->id);
        at += part;
        const size_t more = hermes_get_v(block.data + at, block.size - at, &piece->total);
        at += more;
        if (part == 0 || more == 0 || block.size - at < 2)
            return BASE_EPROTOCOL;
        piece->parts = block.data[at++];
        piece->part = block.data[at++];
    }
    if (block.size - at < piece->size || (piece->is_part && !is_part_sound(piece)))
        return BASE_EPROTOCOL;
    piece->data = block.data + at;
    piece->end = at + piece->size;
    return BASE_OK;
}

/* A mark that may be used anew; NULL: all are needed. */
static struct hermes_dropped *mark_free(struct hermes_inbox *inbox, uint64_t now_ns)
{
    struct hermes_dropped *first = &inbox->dropped[0];
    for (unsigned i = 1; i < HERMES_FLOW_DROPPED_MAX; i++)
        if (inbox->dropped[i].until_ns < first->until_ns)
            first = &inbox->dropped[i];
    return first->until_ns <= now_ns ? first : NULL;
}

bool hermes_half_drop(struct hermes_inbox *inbox, uint64_t now_ns, struct hermes_half *half)
{
    struct hermes_dropped *const mark = mark_free(inbox, now_ns);
    if (mark == NULL && half->until_ns > now_ns)
        return false;
    if (mark != NULL)
        *mark = (struct hermes_dropped){ .until_ns = half->until_ns, .id = half->id };
    TAILQ_REMOVE(&inbox->halves[half->class], half, age);
    inbox->memory -= sizeof *half + half->size;
    free(half);
    return true;
}

static bool is_dropped(const struct hermes_inbox *inbox, uint32_t id)
{
    for (unsigned i = 0; i < HERMES_FLOW_DROPPED_MAX; i++)
        if (inbox->dropped[i].until_ns > 0 && inbox->dropped[i].id == id)
            return true;
    return false;
}

static struct hermes_half *half_of(struct hermes_flow *flow, uint64_t now_ns, unsigned class,
                                   const struct piece *piece)
{
    struct hermes_inbox *const inbox = &flow->inbox;
    struct hermes_half *half;
    TAILQ_FOREACH(half, &inbox->halves[class], age)
    {
        if (half->id == piece->id)
            return half;
    }
    const size_t size = sizeof *half + piece->total;
    /* What could not be dropped again is not begun. */
    if (is_dropped(inbox, piece->id) || mark_free(inbox, now_ns) == NULL ||
        !hermes_inbox_make_room(flow, now_ns, class, size))
        return NULL;
    half = malloc(size);
    if (half == NULL)
        return NULL;
    *half = (struct hermes_half){ .until_ns = now_ns + 2 * flow->config.deadline_ns[class],
                                  .id = piece->id,
                                  .size = piece->total,
                                  .class = (uint8_t) class,
                                  .parts = (uint8_t)piece->parts };
    inbox->memory += size;
    TAILQ_INSERT_TAIL(&inbox->halves[class], half, age);
    return half;
}

static void part_add(struct hermes_flow *flow, struct hermes_half *half, const struct piece *piece,
                     const struct hermes_flow_sink *sink)
{
    struct hermes_inbox *const inbox = &flow->inbox;
    memcpy(half->bytes + piece->part * share_of(piece), piece->data, piece->size);
    half->parts_seen |= (uint64_t)1 << piece->part;
    if (half->parts_seen != UINT64_MAX >> (64 - half->parts))
        return;
    TAILQ_REMOVE(&inbox->halves[half->class], half, age);
    sink->message(sink->context, (enum bpi_hermes_class)half->class,
                  (struct base_span){ half->bytes, half->size });
    inbox->memory -= sizeof *half + half->size;
    free(half);
}

static base_err part_deliver(struct hermes_flow *flow, uint64_t now_ns, unsigned class,
                             const struct piece *piece, const struct hermes_flow_sink *sink,
                             enum hermes_taken *taken)
{
    struct hermes_half *const half = half_of(flow, now_ns, class, piece);
    if (half == NULL) {
        *taken = HERMES_REFUSED;
        return BASE_OK;
    }
    if (half->size != piece->total || half->parts != piece->parts)
        return BASE_EPROTOCOL;
    part_add(flow, half, piece, sink);
    return BASE_OK;
}

base_err hermes_half_deliver(struct hermes_flow *flow, uint64_t now_ns, unsigned class,
                             struct base_span batches, size_t stride,
                             const struct hermes_flow_sink *sink, enum hermes_taken *taken)
{
    struct piece piece;
    base_err err;
    for (size_t at = 0; (err = piece_next(batches, stride, at, &piece)) == BASE_OK;)
        at = piece.end;
    if (err != BASE_ENOTFOUND)
        return err;
    for (size_t at = 0; piece_next(batches, stride, at, &piece) == BASE_OK; at = piece.end) {
        if (!piece.is_part) {
            sink->message(sink->context, (enum bpi_hermes_class) class,
                          (struct base_span){ piece.data, piece.size });
            continue;
        }
        err = part_deliver(flow, now_ns, class, &piece, sink, taken);
        if (err != BASE_OK)
            return err;
    }
    return BASE_OK;
}
