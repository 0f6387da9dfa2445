/* hermes_flow_inbox.c - fragments become blocks. A block of one fragment is handed out from the
 * packet; others wait in memory that is counted, and that lower classes give up for higher ones. */
#include "hermes_flow_state_internal.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_BITS = 16 };

void hermes_inbox_init(struct hermes_inbox *inbox)
{
    for (unsigned i = 0; i < BPI_HERMES_CLASSES; i++) {
        TAILQ_INIT(&inbox->incomings[i]);
        TAILQ_INIT(&inbox->halves[i]);
    }
}

static size_t incoming_bytes(unsigned data_count, size_t fragment_size)
{
    return sizeof(struct hermes_incoming) + data_count * fragment_size;
}

static void incoming_drop(struct hermes_inbox *inbox, struct hermes_incoming *incoming)
{
    LIST_REMOVE(incoming, bucket);
    TAILQ_REMOVE(&inbox->incomings[incoming->class], incoming, age);
    inbox->memory -= incoming_bytes(incoming->data_count, incoming->fragment_size);
    inbox->incoming_count--;
    free(incoming);
}

void hermes_inbox_done(struct hermes_inbox *inbox)
{
    for (unsigned i = 0; i < BPI_HERMES_CLASSES; i++) {
        while (!TAILQ_EMPTY(&inbox->incomings[i]))
            incoming_drop(inbox, TAILQ_FIRST(&inbox->incomings[i]));
        while (!TAILQ_EMPTY(&inbox->halves[i]))
            (void)hermes_half_drop(inbox, HERMES_NEVER, TAILQ_FIRST(&inbox->halves[i]));
    }
}

/* ---- the window of numbers ---- */

static bool has_bit(const uint64_t *bits, uint64_t number)
{
    const uint64_t at = number % HERMES_FLOW_WINDOW;
    return (bits[at / 64] >> (at % 64) & 1) != 0;
}

static void set_bit(uint64_t *bits, uint64_t number, bool is_set)
{
    const uint64_t at = number % HERMES_FLOW_WINDOW, bit = (uint64_t)1 << (at % 64);
    bits[at / 64] = is_set ? bits[at / 64] | bit : bits[at / 64] & ~bit;
}

static struct hermes_bucket *bucket_of(struct hermes_inbox *inbox, unsigned class, uint64_t number)
{
    return &inbox->buckets[(number * BPI_HERMES_CLASSES + class) % HERMES_FLOW_BUCKETS];
}

static struct hermes_incoming *find(struct hermes_inbox *inbox, unsigned class, uint64_t number)
{
    struct hermes_incoming *incoming;
    LIST_FOREACH(incoming, bucket_of(inbox, class, number), bucket)
    {
        if (incoming->number == number && incoming->class == class)
            return incoming;
    }
    return NULL;
}

/* Let the window end with `number`; what falls out at its other end was given up by its sender. */
static void window_move(struct hermes_inbox *inbox, unsigned class, uint64_t number)
{
    struct hermes_window *const window = &inbox->windows[class];
    const uint64_t top = number + 1;
    if (top - window->top >= HERMES_FLOW_WINDOW) {
        memset(window->closed, 0, sizeof window->closed);
        memset(window->dropped, 0, sizeof window->dropped);
        while (!TAILQ_EMPTY(&inbox->incomings[class]))
            incoming_drop(inbox, TAILQ_FIRST(&inbox->incomings[class]));
        window->top = top;
    }
    for (; window->top < top; window->top++) {
        if (window->top >= HERMES_FLOW_WINDOW && !has_bit(window->closed, window->top)) {
            struct hermes_incoming *const old =
                find(inbox, class, window->top - HERMES_FLOW_WINDOW);
            if (old != NULL)
                incoming_drop(inbox, old);
        }
        set_bit(window->closed, window->top, false);
        set_bit(window->dropped, window->top, false);
    }
}

static void window_close(struct hermes_inbox *inbox, unsigned class, uint64_t number,
                         bool is_dropped)
{
    set_bit(inbox->windows[class].closed, number, true);
    set_bit(inbox->windows[class].dropped, number, is_dropped);
}

/* ---- memory ---- */

static void give_up(struct hermes_inbox *inbox, struct hermes_incoming *incoming)
{
    window_close(inbox, incoming->class, incoming->number, true);
    incoming_drop(inbox, incoming);
}

bool hermes_inbox_make_room(struct hermes_flow *flow, uint64_t now_ns, unsigned class, size_t size)
{
    struct hermes_inbox *const inbox = &flow->inbox;
    const size_t most = flow->config.memory_bytes;
    for (unsigned i = BPI_HERMES_CLASSES - 1; inbox->memory + size > most && i > class;) {
        struct hermes_incoming *const incoming = TAILQ_LAST(&inbox->incomings[i], hermes_incomings);
        struct hermes_half *const half = TAILQ_LAST(&inbox->halves[i], hermes_halves);
        if (incoming != NULL)
            give_up(inbox, incoming);
        else if (half == NULL || !hermes_half_drop(inbox, now_ns, half))
            i--;
    }
    return inbox->memory + size <= most;
}

static struct hermes_incoming *incoming_new(struct hermes_flow *flow, uint64_t now_ns,
                                            const struct hermes_fragment *fragment, uint64_t number)
{
    struct hermes_inbox *const inbox = &flow->inbox;
    const size_t size = incoming_bytes(fragment->data_count, fragment->size);
    if (!hermes_inbox_make_room(flow, now_ns, fragment->class, size))
        return NULL;
    struct hermes_incoming *const incoming = malloc(size);
    if (incoming == NULL)
        return NULL;
    *incoming = (struct hermes_incoming){ .number = number,
                                          .fragment_size = (uint16_t)fragment->size,
                                          .class = (uint8_t)fragment->class,
                                          .data_count = (uint8_t)fragment->data_count };
    /* Its sender gives up a deadline after it began at the latest; so much again for the way. */
    incoming->until_ns = now_ns + 2 * flow->config.deadline_ns[fragment->class];
    inbox->memory += size;
    inbox->incoming_count++;
    LIST_INSERT_HEAD(bucket_of(inbox, fragment->class, number), incoming, bucket);
    TAILQ_INSERT_TAIL(&inbox->incomings[fragment->class], incoming, age);
    return incoming;
}

/* ---- fragments ---- */

static base_err close_block(struct hermes_flow *flow, uint64_t now_ns, unsigned class,
                            uint64_t number, struct base_span block,
                            const struct hermes_flow_sink *sink, enum hermes_taken *taken)
{
    const base_err err = hermes_half_deliver(flow, now_ns, class, block, sink, taken);
    window_close(&flow->inbox, class, number, err != BASE_OK || *taken == HERMES_REFUSED);
    return err;
}

static base_err take_one(struct hermes_flow *flow, uint64_t now_ns,
                         const struct hermes_fragment *fragment, uint64_t number,
                         const struct hermes_flow_sink *sink, enum hermes_taken *taken)
{
    struct base_span block = { fragment->bytes, fragment->size };
    uint8_t copy[UINT16_MAX];
    if (fragment->index > 0) {
        uint8_t index = (uint8_t)fragment->index;
        memcpy(copy, fragment->bytes, fragment->size);
        hermes_fec_recover(copy, 1, fragment->size, &index);
        block.data = copy;
    }
    return close_block(flow, now_ns, fragment->class, number, block, sink, taken);
}

static base_err take_part(struct hermes_flow *flow, uint64_t now_ns,
                          const struct hermes_fragment *fragment, uint64_t number,
                          const struct hermes_flow_sink *sink, enum hermes_taken *taken)
{
    struct hermes_inbox *const inbox = &flow->inbox;
    struct hermes_incoming *incoming = find(inbox, fragment->class, number);
    if (incoming == NULL)
        incoming = incoming_new(flow, now_ns, fragment, number);
    if (incoming == NULL) {
        *taken = HERMES_REFUSED;
        return BASE_OK;
    }
    if (incoming->data_count != fragment->data_count || incoming->fragment_size != fragment->size)
        return BASE_EPROTOCOL;
    if (hermes_indices_has(&incoming->seen, fragment->index)) {
        flow->stats.fragments_redundant++;
        return BASE_OK;
    }
    hermes_indices_add(&incoming->seen, fragment->index);
    memcpy(incoming->bytes + incoming->got * fragment->size, fragment->bytes, fragment->size);
    incoming->index[incoming->got++] = (uint8_t)fragment->index;
    if (incoming->got < incoming->data_count)
        return BASE_OK;
    hermes_fec_recover(incoming->bytes, incoming->data_count, incoming->fragment_size,
                       incoming->index);
    /* Out of the lists, so that making room for its message cannot take it. */
    LIST_REMOVE(incoming, bucket);
    TAILQ_REMOVE(&inbox->incomings[incoming->class], incoming, age);
    inbox->incoming_count--;
    const size_t size = incoming->data_count * (size_t)incoming->fragment_size;
    const base_err err = close_block(flow, now_ns, fragment->class, number,
                                     (struct base_span){ incoming->bytes, size }, sink, taken);
    inbox->memory -= incoming_bytes(incoming->data_count, incoming->fragment_size);
    free(incoming);
    return err;
}

base_err hermes_inbox_take(struct hermes_flow *flow, uint64_t now_ns,
                           const struct hermes_fragment *fragment,
                           const struct hermes_flow_sink *sink, enum hermes_taken *taken)
{
    struct hermes_inbox *const inbox = &flow->inbox;
    struct hermes_window *const window = &inbox->windows[fragment->class];
    const uint64_t number = hermes_expand(window->top, fragment->block, BLOCK_BITS);
    if (number >= window->top)
        window_move(inbox, fragment->class, number);
    const bool is_old = number + HERMES_FLOW_WINDOW < window->top;
    if (is_old || has_bit(window->closed, number)) {
        *taken = !is_old && has_bit(window->dropped, number) ? HERMES_REFUSED : HERMES_CLOSED;
        flow->stats.fragments_redundant++;
        if (*taken == HERMES_CLOSED && fragment->is_repeated)
            hermes_acks_finished(&flow->acks, fragment->class, number);
        return BASE_OK;
    }
    *taken = HERMES_TAKEN;
    return fragment->data_count == 1 ? take_one(flow, now_ns, fragment, number, sink, taken)
                                     : take_part(flow, now_ns, fragment, number, sink, taken);
}

/* ---- time ---- */

uint64_t hermes_inbox_wake_ns(const struct hermes_flow *flow)
{
    uint64_t least = HERMES_NEVER;
    for (unsigned i = 0; i < BPI_HERMES_CLASSES; i++) {
        const struct hermes_incoming *const incoming = TAILQ_FIRST(&flow->inbox.incomings[i]);
        const struct hermes_half *const half = TAILQ_FIRST(&flow->inbox.halves[i]);
        if (incoming != NULL && incoming->until_ns < least)
            least = incoming->until_ns;
        if (half != NULL && half->until_ns < least)
            least = half->until_ns;
    }
    return least;
}

void hermes_inbox_expire(struct hermes_flow *flow, uint64_t now_ns)
{
    struct hermes_inbox *const inbox = &flow->inbox;
    for (unsigned i = 0; i < BPI_HERMES_CLASSES; i++) {
        for (struct hermes_incoming *one;
             (one = TAILQ_FIRST(&inbox->incomings[i])) != NULL && one->until_ns <= now_ns;)
            give_up(inbox, one);
        for (struct hermes_half *half;
             (half = TAILQ_FIRST(&inbox->halves[i])) != NULL && half->until_ns <= now_ns;)
            (void)hermes_half_drop(inbox, now_ns, half);
    }
}
