/* hermes_flow_queue.c - from messages to blocks. A message is copied once, into the block it will
 * be sent from; blocks of messages that wait together grow, so that many small ones cost one
 * allocation now and then. All sizes count against the flow's memory as they are allocated. */
#include "hermes_flow_state_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void hermes_lane_init(struct hermes_lane *lane)
{
    TAILQ_INIT(&lane->waiting);
    TAILQ_INIT(&lane->open);
    TAILQ_INIT(&lane->repairs);
    TAILQ_INIT(&lane->live);
}

void hermes_block_free(struct hermes_flow *flow, struct hermes_block *block)
{
    flow->memory -= sizeof *block + block->capacity;
    free(block);
}

struct hermes_block *hermes_block_new(struct hermes_flow *flow, unsigned class, size_t size)
{
    const size_t capacity = size + HERMES_FEC_DATA_MAX; /* padding of the last fragment */
    struct hermes_block *const block = malloc(sizeof *block + capacity);
    if (block == NULL)
        return NULL;
    memset(block, 0, sizeof *block);
    block->capacity = capacity;
    block->class = (uint8_t) class;
    block->next_parity = HERMES_FLOW_PARITY;
    flow->memory += sizeof *block + capacity;
    return block;
}

void hermes_block_lay(struct hermes_block *block, size_t size)
{
    const size_t stride = block->fragment_size, first = block->data_count;
    const size_t count = (size + stride - 1) / stride, end = first + count;
    assert(size > 0 && end <= HERMES_FEC_DATA_MAX && end * stride <= block->capacity);
    memset(block->bytes + first * stride + size, 0, count * stride - size);
    block->starts |= (uint64_t)1 << first;
    for (size_t i = first; i < end; i++) {
        block->ends[i] = (uint8_t)end;
        block->sizes[i] = (uint16_t)(i + 1 < end ? stride : size - (count - 1) * stride);
    }
    block->data_count = (uint8_t)end;
}

static void list_free(struct hermes_blocks *list)
{
    for (struct hermes_block *block; (block = TAILQ_FIRST(list)) != NULL;) {
        TAILQ_REMOVE(list, block, lane);
        for (struct hermes_message *m = block->messages, *next; m != NULL; m = next) {
            next = m->next;
            if (--m->blocks == 0)
                free(m);
        }
        free(block);
    }
}

void hermes_lane_done(struct hermes_lane *lane)
{
    list_free(&lane->waiting);
    list_free(&lane->open);
}

/* ---- submitting ---- */

/* What a message costs at most, whatever it is put into. */
static size_t cost(size_t size, unsigned parts)
{
    const size_t each = sizeof(struct hermes_block) + HERMES_FLOW_PIECE_HEAD + HERMES_FEC_DATA_MAX;
    return sizeof(struct hermes_message) + size + (parts > 0 ? parts : 1) * each;
}

/* Lower classes leave memory to higher ones, or bulk would keep urgent messages out. */
static size_t memory_max(const struct hermes_flow *flow, unsigned class)
{
    const size_t all = flow->config.memory_bytes;
    return all - all / 8 * class;
}

/* 0: whole, in one block. */
static unsigned parts_of(const struct hermes_flow *flow, size_t size)
{
    const size_t block_max = HERMES_FLOW_BLOCK_FRAGMENTS * flow->fragment_max;
    if (size + HERMES_FLOW_PIECE_HEAD <= block_max || size <= HERMES_FLOW_LONG_MIN)
        return 0;
    const size_t parts = size > block_max ? (size + block_max - 1) / block_max : 2;
    return parts < HERMES_FLOW_PARTS_MAX ? (unsigned)parts : HERMES_FLOW_PARTS_MAX;
}

static bool has_room(const struct hermes_flow *flow, unsigned class, size_t size)
{
    return flow->memory + cost(size, parts_of(flow, size)) <= memory_max(flow, class);
}

bool hermes_flow_has_room(const struct hermes_flow *flow, size_t size)
{
    return has_room(flow, BPI_HERMES_CLASSES - 1, size);
}

bool hermes_flow_would_take(const struct hermes_flow *flow, enum bpi_hermes_class class,
                            size_t size)
{
    return has_room(flow, class, size);
}

static void piece_add(struct hermes_block *block, const uint8_t *data, size_t size,
                      uint32_t is_part)
{
    block->size += hermes_put_v(block->bytes + block->size, (uint32_t)size * 2 + is_part);
    memcpy(block->bytes + block->size, data, size);
    block->size += size;
}

/* The last waiting block, if the message fits to it, with room for it. */
static struct hermes_block *shared_block(struct hermes_flow *flow, struct hermes_lane *lane,
                                         size_t size)
{
    struct hermes_block *const last = TAILQ_LAST(&lane->waiting, hermes_blocks);
    const size_t most = HERMES_FLOW_SHARED_FRAGMENTS * flow->fragment_max;
    if (last == NULL || last->parts > 0 || last->size + size + HERMES_FLOW_PIECE_HEAD > most)
        return NULL;
    const size_t need = last->size + size + HERMES_FLOW_PIECE_HEAD + HERMES_FEC_DATA_MAX;
    if (need <= last->capacity)
        return last;
    size_t capacity = 2 * last->capacity < need ? need : 2 * last->capacity;
    if (flow->memory + capacity - last->capacity > flow->config.memory_bytes)
        capacity = need;
    struct hermes_block *const larger = malloc(sizeof *larger + capacity);
    if (larger == NULL)
        return NULL;
    memcpy(larger, last, sizeof *last + last->size);
    TAILQ_REMOVE(&lane->waiting, last, lane);
    TAILQ_INSERT_TAIL(&lane->waiting, larger, lane);
    flow->memory += capacity - last->capacity;
    larger->capacity = capacity;
    free(last);
    return larger;
}

static base_err submit_whole(struct hermes_flow *flow, unsigned class, struct base_span bytes,
                             struct hermes_message *message)
{
    struct hermes_lane *const lane = &flow->lanes[class];
    struct hermes_block *block = shared_block(flow, lane, bytes.size);
    if (block == NULL) {
        block = hermes_block_new(flow, class, bytes.size + HERMES_FLOW_PIECE_HEAD);
        if (block == NULL)
            return BASE_ENOMEM;
        TAILQ_INSERT_TAIL(&lane->waiting, block, lane);
    }
    message->next = block->messages;
    message->blocks = 1;
    block->messages = message;
    flow->queued -= block->size;
    piece_add(block, bytes.data, bytes.size, 0);
    flow->queued += block->size;
    return BASE_OK;
}

static base_err submit_parts(struct hermes_flow *flow, unsigned class, struct base_span bytes,
                             struct hermes_message *message, unsigned parts)
{
    struct hermes_blocks made = TAILQ_HEAD_INITIALIZER(made);
    const size_t share = (bytes.size + parts - 1) / parts;
    const uint32_t id = flow->next_id++;
    for (unsigned i = 0; i < parts; i++) {
        const size_t at = i * share, size = bytes.size - at < share ? bytes.size - at : share;
        struct hermes_block *const block =
            hermes_block_new(flow, class, size + HERMES_FLOW_PIECE_HEAD);
        if (block == NULL) {
            while ((TAILQ_FIRST(&made)) != NULL) {
                struct hermes_block *const first = TAILQ_FIRST(&made);
                TAILQ_REMOVE(&made, first, lane);
                hermes_block_free(flow, first);
            }
            return BASE_ENOMEM;
        }
        uint8_t *const out = block->bytes;
        block->size = hermes_put_v(out, (uint32_t)size * 2 + 1);
        block->size += hermes_put_v(out + block->size, id);
        block->size += hermes_put_v(out + block->size, (uint32_t)bytes.size);
        out[block->size++] = (uint8_t)parts;
        out[block->size++] = (uint8_t)i;
        memcpy(out + block->size, bytes.data + at, size);
        block->size += size;
        block->messages = message;
        block->parts = (uint8_t)parts;
        TAILQ_INSERT_TAIL(&made, block, lane);
    }
    struct hermes_block *block;
    TAILQ_FOREACH(block, &made, lane)
    flow->queued += block->size;
    TAILQ_CONCAT(&flow->lanes[class].waiting, &made, lane);
    message->blocks = parts;
    return BASE_OK;
}

base_err hermes_flow_submit(struct hermes_flow *flow, uint64_t now_ns, enum bpi_hermes_class class,
                            struct base_span message, uint64_t ticket)
{
    if (message.size == 0 || message.size > HERMES_FLOW_MESSAGE_MAX ||
        (unsigned)class >= BPI_HERMES_CLASSES)
        return BASE_ERANGE;
    if (!has_room(flow, class, message.size))
        return BASE_EFULL;
    struct hermes_message *const record = malloc(sizeof *record);
    if (record == NULL)
        return BASE_ENOMEM;
    *record = (struct hermes_message){ .ticket = ticket,
                                       .deadline_ns = now_ns + flow->config.deadline_ns[class] };
    const unsigned parts = parts_of(flow, message.size);
    const base_err err = parts > 0 ? submit_parts(flow, class, message, record, parts)
                                   : submit_whole(flow, class, message, record);
    if (err != BASE_OK) {
        free(record);
        return err;
    }
    flow->memory += sizeof *record;
    hermes_parity_note(flow, &flow->lanes[class], now_ns);
    TAILQ_INSERT_TAIL(&flow->lanes[class].live, record, live);
    return BASE_OK;
}

/* ---- sending and finishing ---- */

/* Parity is for what somebody waits for: of the lowest class only what waits alone gets some. What
 * shares parity with nobody has less of it than it would have together with others. */
static double failure_max(const struct hermes_flow *flow, const struct hermes_block *block)
{
    const bool is_bulk = block->parts > 0 || TAILQ_NEXT(block, lane) != NULL ||
                         TAILQ_PREV(block, hermes_blocks, lane) != NULL;
    if (block->class == BPI_HERMES_SHADOW_DATA && is_bulk)
        return 1;
    const double failure = hermes_parity_failure(flow, block->class);
    return (failure > HERMES_FEC_FAILURE ? failure : HERMES_FEC_FAILURE) /
           (block->parts > 0 ? block->parts : 1);
}

struct hermes_block *hermes_lane_start(struct hermes_flow *flow, uint64_t now_ns,
                                       struct hermes_lane *lane)
{
    if (hermes_parity_take(flow, now_ns, lane))
        return lane->growing;
    if (lane->growing != NULL) {
        hermes_parity_close(flow, lane);
        return lane->sending;
    }
    struct hermes_block *const block = TAILQ_FIRST(&lane->waiting);
    const struct hermes_fec_plan plan =
        hermes_fec_plan(block->size, flow->fragment_max, hermes_parity_loss(flow, block->class),
                        failure_max(flow, block));
    block->number = lane->next_number++;
    block->fragment_size = (uint16_t)plan.fragment_size;
    block->parity_due = (uint16_t)plan.parity;
    hermes_block_lay(block, block->size);
    flow->queued -= block->size;
    TAILQ_REMOVE(&lane->waiting, block, lane);
    TAILQ_INSERT_TAIL(&lane->open, block, lane);
    lane->sending = block;
    return block;
}

static void message_drop(struct hermes_flow *flow, struct hermes_message *message)
{
    if (--message->blocks > 0)
        return;
    flow->memory -= sizeof *message;
    free(message);
}

static void report(struct hermes_lane *lane, struct hermes_message *message, bool is_delivered,
                   const struct hermes_flow_sink *sink)
{
    message->is_reported = true;
    TAILQ_REMOVE(&lane->live, message, live);
    sink->done(sink->context, message->ticket, is_delivered);
}

/* Out of all lists but the one it is kept in. */
static void block_retire(struct hermes_flow *flow, struct hermes_lane *lane,
                         struct hermes_block *block)
{
    if (lane->sending == block)
        lane->sending = NULL;
    if (lane->growing == block)
        lane->growing = NULL;
    if (block->is_repairing)
        TAILQ_REMOVE(&lane->repairs, block, repair);
    hermes_sent_forget(flow, block);
}

void hermes_block_finish(struct hermes_flow *flow, struct hermes_block *block,
                         const struct hermes_flow_sink *sink)
{
    struct hermes_lane *const lane = &flow->lanes[block->class];
    block_retire(flow, lane, block);
    TAILQ_REMOVE(&lane->open, block, lane);
    for (struct hermes_message *m = block->messages, *next; m != NULL; m = next) {
        next = m->next;
        if (!m->is_reported && m->blocks == 1)
            report(lane, m, true, sink);
        message_drop(flow, m);
    }
    hermes_block_free(flow, block);
}

static bool is_given_up(const struct hermes_block *block)
{
    for (const struct hermes_message *m = block->messages; m != NULL; m = m->next)
        if (!m->is_reported)
            return false;
    return true;
}

/* Blocks all of whose messages were given up. */
static void sweep(struct hermes_flow *flow, struct hermes_lane *lane, struct hermes_blocks *list)
{
    for (struct hermes_block *block = TAILQ_FIRST(list), *after; block != NULL; block = after) {
        after = TAILQ_NEXT(block, lane);
        if (!is_given_up(block))
            continue;
        if (list == &lane->waiting)
            flow->queued -= block->size;
        block_retire(flow, lane, block);
        TAILQ_REMOVE(list, block, lane);
        for (struct hermes_message *m = block->messages, *next; m != NULL; m = next) {
            next = m->next;
            message_drop(flow, m);
        }
        hermes_block_free(flow, block);
    }
}

void hermes_lane_expire(struct hermes_flow *flow, struct hermes_lane *lane, uint64_t now_ns,
                        const struct hermes_flow_sink *sink)
{
    bool is_any = false;
    for (struct hermes_message *m;
         (m = TAILQ_FIRST(&lane->live)) != NULL && m->deadline_ns <= now_ns; is_any = true) {
        flow->stats.expired++;
        report(lane, m, false, sink);
    }
    if (!is_any)
        return;
    sweep(flow, lane, &lane->waiting);
    sweep(flow, lane, &lane->open);
}
