/* hermes_flow_inbox.c - fragments become blocks. A block of one fragment is handed out from the
 * packet; others wait in memory that is counted, and that lower classes give up for higher ones. Of
 * a block that grows each batch is handed out as soon as it is there; the block is kept, for its
 * parity may bring back what else of it was lost. */
#include "hermes_flow_state_internal.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_BITS = 16, SPENT_SEARCH = 64 };

void hermes_inbox_init(struct hermes_inbox *inbox)
{
    for (unsigned i = 0; i < BPI_HERMES_CLASSES; i++) {
        TAILQ_INIT(&inbox->incomings[i]);
        TAILQ_INIT(&inbox->halves[i]);
    }
}

static void unlist(struct hermes_inbox *inbox, struct hermes_incoming *incoming)
{
    LIST_REMOVE(incoming, bucket);
    TAILQ_REMOVE(&inbox->incomings[incoming->class], incoming, age);
    inbox->partial_count -= incoming->is_partial;
}

static void incoming_free(struct hermes_inbox *inbox, struct hermes_incoming *incoming)
{
    inbox->memory -= sizeof *incoming + (size_t)incoming->capacity * incoming->stride;
    free(incoming->bytes);
    free(incoming);
}

static void incoming_drop(struct hermes_inbox *inbox, struct hermes_incoming *incoming)
{
    unlist(inbox, incoming);
    incoming_free(inbox, incoming);
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

/* All of it that there is, as far as is known, was handed out: it waits for parity only, to learn
 * its end. */
static bool is_spent(const struct hermes_incoming *incoming)
{
    return incoming->last > 0 && incoming->delivered == ((uint64_t)1 << incoming->last) - 1;
}

/* The oldest first, which their senders have closed long ago. */
static void drop_spent(struct hermes_inbox *inbox, unsigned class, size_t memory_max)
{
    struct hermes_incoming *one = TAILQ_FIRST(&inbox->incomings[class]);
    for (int i = 0; i < SPENT_SEARCH && one != NULL && inbox->memory > memory_max; i++) {
        struct hermes_incoming *const next = TAILQ_NEXT(one, age);
        if (one != inbox->taking && is_spent(one))
            give_up(inbox, one);
        one = next;
    }
}

bool hermes_inbox_make_room(struct hermes_flow *flow, uint64_t now_ns, unsigned class, size_t size)
{
    struct hermes_inbox *const inbox = &flow->inbox;
    const size_t most = flow->config.memory_bytes;
    for (unsigned i = BPI_HERMES_CLASSES; size <= most && i-- > class;)
        drop_spent(inbox, i, most - size);
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
    struct hermes_incoming *const incoming = malloc(sizeof *incoming);
    if (incoming == NULL)
        return NULL;
    if (!hermes_inbox_make_room(flow, now_ns, fragment->class, sizeof *incoming)) {
        free(incoming);
        return NULL;
    }
    *incoming = (struct hermes_incoming){ .number = number, .class = (uint8_t)fragment->class };
    memset(incoming->holds, HERMES_FLOW_EMPTY, sizeof incoming->holds);
    /* Its sender gives up each message a deadline after it was submitted, and the last joins a
     * growing block a quarter of a round trip, and a batch, after it began: the rest of twice the
     * deadline is for that and for the way. */
    incoming->until_ns = now_ns + 2 * flow->config.deadline_ns[fragment->class];
    inbox->memory += sizeof *incoming;
    LIST_INSERT_HEAD(bucket_of(inbox, fragment->class, number), incoming, bucket);
    TAILQ_INSERT_TAIL(&inbox->incomings[fragment->class], incoming, age);
    return incoming;
}

/* ---- fragments ---- */

static bool is_data(const struct hermes_fragment *fragment)
{
    return fragment->index < HERMES_FLOW_PARITY;
}

/* Does a fragment belong to what has come of its block? */
static bool agrees(const struct hermes_incoming *incoming, const struct hermes_fragment *fragment)
{
    const unsigned total = incoming->total > 0 ? incoming->total
                           : fragment->is_last ? fragment->end
                                               : HERMES_FEC_DATA_MAX;
    if ((fragment->is_last && fragment->end != total) || fragment->end > total ||
        incoming->last > total)
        return false;
    if (is_data(fragment))
        return !incoming->has_parity || fragment->size <= incoming->stride;
    return incoming->has_parity ? fragment->size == incoming->stride
                                : fragment->size >= incoming->stride;
}

/* Slots for a fragment, large enough for it. */
static bool make_slots(struct hermes_flow *flow, uint64_t now_ns, struct hermes_incoming *incoming,
                       const struct hermes_fragment *fragment)
{
    enum { FIRST = 8 };
    const size_t stride =
        fragment->size > incoming->stride ? fragment->size : (size_t)incoming->stride;
    size_t capacity = incoming->capacity;
    if (fragment->end > capacity) {
        capacity = 2 * capacity > FIRST ? 2 * capacity : FIRST;
        if (capacity < fragment->end || fragment->is_last)
            capacity = fragment->end;
        capacity = capacity < HERMES_FEC_DATA_MAX ? capacity : HERMES_FEC_DATA_MAX;
    }
    if (stride == incoming->stride && capacity == incoming->capacity)
        return true;
    const size_t more = capacity * stride - (size_t)incoming->capacity * incoming->stride;
    if (!hermes_inbox_make_room(flow, now_ns, fragment->class, more))
        return false;
    uint8_t *const bytes = malloc(capacity * stride);
    if (bytes == NULL)
        return false;
    for (size_t i = 0; i < incoming->capacity; i++) {
        if (incoming->holds[i] == HERMES_FLOW_EMPTY)
            continue;
        memcpy(bytes + i * stride, incoming->bytes + i * incoming->stride, incoming->stride);
        memset(bytes + i * stride + incoming->stride, 0, stride - incoming->stride);
    }
    free(incoming->bytes);
    incoming->bytes = bytes;
    incoming->capacity = (uint8_t)capacity;
    incoming->stride = (uint16_t)stride;
    flow->inbox.memory += more;
    return true;
}

static unsigned empty_slot(const struct hermes_incoming *incoming)
{
    unsigned slot = 0;
    while (incoming->holds[slot] != HERMES_FLOW_EMPTY)
        slot++;
    return slot;
}

/* Data go to their own slot; parity that lies there, to another one. */
static void store(struct hermes_incoming *incoming, const struct hermes_fragment *fragment)
{
    const size_t stride = incoming->stride;
    const unsigned slot = is_data(fragment) ? fragment->index : empty_slot(incoming);
    uint8_t *const at = incoming->bytes + slot * stride;
    if (incoming->holds[slot] != HERMES_FLOW_EMPTY) {
        const unsigned other = empty_slot(incoming);
        memcpy(incoming->bytes + other * stride, at, stride);
        incoming->holds[other] = incoming->holds[slot];
    }
    memcpy(at, fragment->bytes, fragment->size);
    memset(at + fragment->size, 0, stride - fragment->size);
    incoming->holds[slot] = (uint8_t)fragment->index;
    incoming->got++;
    hermes_indices_add(&incoming->seen, fragment->index);
    if (fragment->end > incoming->last)
        incoming->last = (uint8_t)fragment->end;
    if (!is_data(fragment)) {
        incoming->has_parity = true;
        return;
    }
    incoming->ends[slot] = (uint8_t)fragment->end;
    incoming->starts |= (uint64_t)fragment->is_start << slot;
}

static bool is_delivered(const struct hermes_incoming *incoming, unsigned index)
{
    return (incoming->delivered >> index & 1) != 0;
}

/* The batch that a data fragment belongs to, if all of it has come. */
static bool find_batch(const struct hermes_incoming *incoming, unsigned index, unsigned *first)
{
    *first = index;
    while ((incoming->starts >> *first & 1) == 0) {
        if (*first == 0 || incoming->holds[*first - 1] != *first - 1)
            return false;
        --*first;
    }
    for (unsigned i = *first; i < incoming->ends[index]; i++)
        if (incoming->holds[i] != i || is_delivered(incoming, i))
            return false;
    return true;
}

static base_err hand_out(struct hermes_flow *flow, uint64_t now_ns,
                         struct hermes_incoming *incoming, unsigned first, unsigned end,
                         const struct hermes_flow_sink *sink, enum hermes_taken *taken)
{
    const size_t stride = incoming->stride;
    const struct base_span batches = { incoming->bytes + first * stride, (end - first) * stride };
    for (unsigned i = first; i < end; i++)
        incoming->delivered |= (uint64_t)1 << i;
    return hermes_half_deliver(flow, now_ns, incoming->class, batches, stride, sink, taken);
}

/* All is there, or can be had: hand out what was not yet. */
static base_err finish(struct hermes_flow *flow, uint64_t now_ns, struct hermes_incoming *incoming,
                       const struct hermes_flow_sink *sink, enum hermes_taken *taken)
{
    struct hermes_inbox *const inbox = &flow->inbox;
    hermes_fec_recover(incoming->bytes, incoming->total, incoming->stride, incoming->holds);
    /* Out of the lists, so that making room for its messages cannot take it. */
    unlist(inbox, incoming);
    base_err err = BASE_OK;
    for (unsigned first = 0, end; first < incoming->total && err == BASE_OK; first = end) {
        for (end = first; end < incoming->total && !is_delivered(incoming, end);)
            end++;
        if (end == first)
            end++;
        else
            err = hand_out(flow, now_ns, incoming, first, end, sink, taken);
    }
    window_close(inbox, incoming->class, incoming->number,
                 err != BASE_OK || *taken == HERMES_REFUSED);
    incoming_free(inbox, incoming);
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
    const base_err err =
        hermes_half_deliver(flow, now_ns, fragment->class, block, block.size, sink, taken);
    window_close(&flow->inbox, fragment->class, number, err != BASE_OK || *taken == HERMES_REFUSED);
    return err;
}

/* A whole batch of a block that is not whole goes out at once. */
static base_err take_batch(struct hermes_flow *flow, uint64_t now_ns,
                           struct hermes_incoming *incoming, unsigned index,
                           const struct hermes_flow_sink *sink, enum hermes_taken *taken)
{
    struct hermes_inbox *const inbox = &flow->inbox;
    unsigned first;
    if (index < HERMES_FLOW_PARITY && find_batch(incoming, index, &first)) {
        const base_err err =
            hand_out(flow, now_ns, incoming, first, incoming->ends[index], sink, taken);
        if (err != BASE_OK || *taken == HERMES_REFUSED) {
            give_up(inbox, incoming);
            return err;
        }
    }
    bool is_partial = incoming->total > 0;
    for (unsigned i = 0; i < incoming->last && !is_partial; i++)
        is_partial = incoming->holds[i] == i && !is_delivered(incoming, i);
    inbox->partial_count += is_partial;
    inbox->partial_count -= incoming->is_partial;
    incoming->is_partial = is_partial;
    return BASE_OK;
}

static base_err take_part(struct hermes_flow *flow, uint64_t now_ns,
                          const struct hermes_fragment *fragment, uint64_t number,
                          const struct hermes_flow_sink *sink, enum hermes_taken *taken)
{
    struct hermes_incoming *incoming = find(&flow->inbox, fragment->class, number);
    if (incoming == NULL)
        incoming = incoming_new(flow, now_ns, fragment, number);
    if (incoming == NULL) {
        *taken = HERMES_REFUSED;
        return BASE_OK;
    }
    if (!agrees(incoming, fragment))
        return BASE_EPROTOCOL;
    flow->inbox.taking = incoming;
    incoming->total = fragment->is_last ? (uint8_t)fragment->end : incoming->total;
    const bool is_whole = incoming->got > 0 && incoming->got == incoming->total;
    if (is_whole || hermes_indices_has(&incoming->seen, fragment->index)) {
        flow->stats.fragments_redundant++;
        return is_whole ? finish(flow, now_ns, incoming, sink, taken) : BASE_OK;
    }
    if (!make_slots(flow, now_ns, incoming, fragment)) {
        if (incoming->got == 0)
            incoming_drop(&flow->inbox, incoming);
        *taken = HERMES_REFUSED;
        return BASE_OK;
    }
    store(incoming, fragment);
    if (incoming->got == incoming->total)
        return finish(flow, now_ns, incoming, sink, taken);
    return take_batch(flow, now_ns, incoming, fragment->index, sink, taken);
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
    inbox->taking = NULL;
    const bool is_whole = fragment->is_last && fragment->end == 1;
    return is_whole && find(inbox, fragment->class, number) == NULL
               ? take_one(flow, now_ns, fragment, number, sink, taken)
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
