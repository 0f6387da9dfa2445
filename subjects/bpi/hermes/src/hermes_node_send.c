/* hermes_node_send.c - messages of the application.
 *
 * Every message has a ticket: how many addressees it has, who has not acknowledged it yet. Tickets
 * are a pool that grows to what is under way; flows carry the ticket's number.
 *
 * Back-pressure: flows keep a part of their memory free for the higher classes. A peer without room
 * refuses the message to all, unless it has been full for long while most others are nearly empty:
 * then it alone is behind, is left out, and counts as missed. */
#include "hermes_node_internal.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t lag_ns = HERMES_SECOND;
static const uint64_t retry_ns = 100 * HERMES_MS;
static const uint64_t direct_bit = UINT64_C(1) << 47;

/* Tickets */

static base_err tickets_grow(struct bpi_hermes *node)
{
    if (node->ticket_capacity >= HERMES_TICKETS_MAX)
        return BASE_EFULL;
    const uint32_t old = node->ticket_capacity, capacity = old == 0 ? 16 : old * 2;
    struct hermes_ticket *const tickets = realloc(node->tickets, capacity * sizeof *node->tickets);
    if (tickets == NULL)
        return BASE_ENOMEM;
    node->tickets = tickets;
    const size_t row = node->ticket_words * sizeof(uint64_t);
    uint64_t *const peers = realloc(node->ticket_peers, capacity * row);
    if (peers == NULL)
        return BASE_ENOMEM;
    node->ticket_peers = peers;
    memset(peers + (size_t)old * node->ticket_words, 0, (capacity - old) * row);
    for (uint32_t i = capacity; i-- > old;) {
        tickets[i] = (struct hermes_ticket){ .next_free = node->ticket_free };
        node->ticket_free = i;
    }
    node->ticket_capacity = capacity;
    return BASE_OK;
}

/* A number that is not 0. */
static base_err ticket_new(struct bpi_hermes *node, const struct hermes_envelope *envelope,
                           uint64_t *number)
{
    if (node->ticket_free == HERMES_NO_PLACE) {
        const base_err err = tickets_grow(node);
        if (err != BASE_OK)
            return err;
    }
    const uint32_t at = node->ticket_free;
    struct hermes_ticket *const ticket = &node->tickets[at];
    node->ticket_free = ticket->next_free;
    *ticket = (struct hermes_ticket){ .id = hermes_name_id(&envelope->name),
                                      .type = envelope->type,
                                      .is_relayed = envelope->kind == HERMES_RELAYED,
                                      .is_used = true };
    node->ticket_count++;
    node->relayed_count[envelope->name.class] += ticket->is_relayed;
    *number = at + 1u;
    return BASE_OK;
}

static uint64_t *pending_word(struct bpi_hermes *node, uint64_t number, uint32_t handle)
{
    return &node->ticket_peers[(number - 1) * node->ticket_words + handle / 64];
}

/* All addressees have it or are missed: tell, and free the number. */
static void ticket_finish(struct bpi_hermes *node, uint64_t number)
{
    struct hermes_ticket *const ticket = &node->tickets[number - 1];
    const enum bpi_hermes_class class = bpi_hermes_type_class(ticket->type);
    const struct bpi_hermes_event event = { .kind = BPI_HERMES_DONE,
                                            .id = node->self,
                                            .message_id = ticket->id,
                                            .class = class,
                                            .type = ticket->type,
                                            .addressees = ticket->addressees,
                                            .missed = ticket->missed };
    ticket->is_used = false;
    node->relayed_count[class] -= ticket->is_relayed;
    node->ticket_count--;
    ticket->next_free = node->ticket_free;
    node->ticket_free = (uint32_t)(number - 1);
    node->world.tell(node->world.context, &event);
}

void hermes_send_done(struct bpi_hermes *node, uint32_t handle, uint64_t number, bool is_delivered)
{
    if (number == 0)
        return;
    uint64_t *const word = pending_word(node, number, handle);
    const uint64_t bit = UINT64_C(1) << handle % 64;
    struct hermes_ticket *const ticket = &node->tickets[number - 1];
    if (!ticket->is_used || (*word & bit) == 0)
        return;
    *word &= ~bit;
    ticket->missed += !is_delivered;
    if (--ticket->pending == 0)
        ticket_finish(node, number);
}

void hermes_send_lost(struct bpi_hermes *node, uint32_t handle)
{
    for (uint32_t i = 0; i < node->ticket_capacity && node->ticket_count > 0; i++)
        if (node->tickets[i].is_used)
            hermes_send_done(node, handle, i + 1u, false);
}

bool hermes_send_to(struct bpi_hermes *node, uint32_t handle, enum bpi_hermes_class class,
                    struct base_span message, uint64_t number)
{
    struct hermes_ticket *const ticket = &node->tickets[number - 1];
    ticket->addressees++;
    if (hermes_node_submit(node, handle, class, message, number) != BASE_OK) {
        ticket->missed++;
        return false;
    }
    ticket->pending++;
    *pending_word(node, number, handle) |= UINT64_C(1) << handle % 64;
    node->peers[handle].used_ns = node->world.now_ns;
    return true;
}

/* Room */

bool hermes_send_has_room(struct bpi_hermes *node, uint32_t handle, enum bpi_hermes_class class,
                          size_t size)
{
    struct hermes_peer *const peer = &node->peers[handle];
    const size_t memory = node->config.peer_memory_bytes;
    if (hermes_flow_has_room(peer->flow, size)) {
        if (peer->full_since_ns != 0 && hermes_flow_has_room(peer->flow, memory / 8 * 3))
            peer->full_since_ns = 0;
        return true;
    }
    if (peer->full_since_ns == 0)
        peer->full_since_ns = node->world.now_ns;
    return hermes_flow_would_take(peer->flow, class, size); /* kept free for the higher classes */
}

/* Does this full peer hold up many that are not? */
static bool is_lagging(const struct bpi_hermes *node, uint32_t handle)
{
    const struct hermes_peer *const peer = &node->peers[handle];
    if (peer->full_since_ns == 0 || node->world.now_ns - peer->full_since_ns < lag_ns)
        return false;
    const size_t much = node->config.peer_memory_bytes / 2;
    uint32_t idle = 0;
    for (uint32_t i = 0; i < node->heap_count; i++)
        idle += hermes_flow_has_room(node->peers[node->heap[i]].flow, much);
    return idle * 2 >= node->heap_count;
}

/* Is a peer one that a message to all has to wait for? */
static bool is_in_the_way(struct bpi_hermes *node, uint32_t handle, enum bpi_hermes_class class,
                          size_t size)
{
    if (hermes_node_is_tree(node) && !node->peers[handle].is_eager)
        return false;
    return !hermes_send_has_room(node, handle, class, size) && !is_lagging(node, handle);
}

static base_err refuse(struct bpi_hermes *node, uint32_t handle, enum bpi_hermes_class class,
                       size_t size, struct base_why *why)
{
    node->status.refused++;
    node->blocked_size = size;
    node->blocked_class = class;
    node->blocked_handle = handle;
    return base_fail(why, BASE_EFULL, 0,
                     "no room for a message of %zu bytes now; WRITABLE will say when", size);
}

void hermes_send_writable(struct bpi_hermes *node)
{
    if (node->blocked_size == 0)
        return;
    const uint32_t only = node->blocked_handle;
    if (node->ticket_free == HERMES_NO_PLACE && node->ticket_capacity >= HERMES_TICKETS_MAX)
        return;
    if (only != HERMES_NO_SESSION) {
        if (node->peers[only].state == HERMES_PEER_UP &&
            !hermes_send_has_room(node, only, node->blocked_class, node->blocked_size))
            return;
    } else {
        if (hermes_node_is_tree(node) &&
            node->relayed_count[node->blocked_class] >= HERMES_RELAYED_MAX)
            return;
        for (uint32_t i = 0; i < node->heap_count; i++)
            if (is_in_the_way(node, node->heap[i], node->blocked_class, node->blocked_size))
                return;
    }
    node->blocked_size = 0;
    const struct bpi_hermes_event event = { .kind = BPI_HERMES_WRITABLE, .id = node->self };
    node->world.tell(node->world.context, &event);
}

/* Sending */

/* Head and payload of a message in the scratch buffer. */
static base_err compose(struct bpi_hermes *node, const struct hermes_envelope *envelope,
                        struct base_span *message)
{
    struct base_buf *const out = &node->scratch;
    base_buf_clear(out);
    const base_err err = base_buf_reserve(out, HERMES_RELAYED_HEAD_SIZE + envelope->payload.size);
    if (err != BASE_OK)
        return err;
    out->size = hermes_envelope_head(envelope, out->data);
    memcpy(out->data + out->size, envelope->payload.data, envelope->payload.size);
    out->size += envelope->payload.size;
    if (envelope->kind == HERMES_RELAYED) {
        struct base_span signed_part;
        uint8_t *const at = hermes_envelope_sign_at(out->data, out->size, &signed_part);
        hermes_secure_sign(node->secure, signed_part.data, signed_part.size, at);
    }
    *message = base_buf_span(out);
    return BASE_OK;
}

/* Compose and give it a ticket: nothing can refuse it after that. */
static base_err prepare(struct bpi_hermes *node, struct hermes_envelope *envelope,
                        struct base_span *message, uint64_t *number)
{
    const enum bpi_hermes_class class = envelope->name.class;
    const bool is_relayed = envelope->kind == HERMES_RELAYED;
    uint64_t *const counter =
        is_relayed ? &node->relayed_counters[class] : &node->direct_counters[class];
    envelope->name.counter = is_relayed ? *counter : *counter | direct_bit;
    base_err err = compose(node, envelope, message);
    if (err == BASE_OK)
        err = ticket_new(node, envelope, number);
    if (err == BASE_OK)
        ++*counter;
    return err;
}

/* After everybody was handed the message. */
static void sent(struct bpi_hermes *node, const struct hermes_envelope *envelope, uint64_t number)
{
    node->status.sent[envelope->name.class]++;
    if (node->tickets[number - 1].pending == 0)
        ticket_finish(node, number);
}

static base_err send_all(struct bpi_hermes *node, struct hermes_envelope *envelope,
                         struct base_why *why)
{
    const enum bpi_hermes_class class = envelope->name.class;
    const size_t size = HERMES_RELAYED_HEAD_SIZE + envelope->payload.size;
    const bool is_tree = hermes_node_is_tree(node);
    if (is_tree ? node->neighbor_count == 0 : node->up_count == 0)
        return base_fail(why, BASE_ENOTFOUND, 0, "there is no session with anybody yet");
    if (is_tree && node->relayed_count[class] >= HERMES_RELAYED_MAX)
        return refuse(node, HERMES_NO_SESSION, class, size, why);
    for (uint32_t i = 0; i < node->heap_count; i++)
        if (is_in_the_way(node, node->heap[i], class, size))
            return refuse(node, HERMES_NO_SESSION, class, size, why);
    struct base_span message;
    uint64_t number;
    envelope->kind = is_tree ? HERMES_RELAYED : HERMES_TO_ALL;
    envelope->is_shaping = is_tree && hermes_tree_shapes(node);
    const base_err err = prepare(node, envelope, &message, &number);
    if (err == BASE_EFULL)
        return refuse(node, HERMES_NO_SESSION, class, size, why);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "no memory for a message of %zu bytes", size);
    if (is_tree)
        hermes_tree_publish(node, envelope, message, number);
    else
        for (uint32_t i = 0; i < node->heap_count; i++)
            (void)hermes_send_to(node, node->heap[i], class, message, number);
    sent(node, envelope, number);
    return BASE_OK;
}

/* Keep an auction message for when there is a session. */
static base_err hold(struct bpi_hermes *node, struct hermes_envelope *envelope,
                     const struct bpi_hermes_id *to, uint32_t handle, struct base_why *why)
{
    struct base_span message;
    uint64_t number;
    const size_t size = HERMES_PLAIN_HEAD_SIZE + envelope->payload.size;
    if (node->held_count == HERMES_HELD_MAX ||
        node->held_bytes + size > node->config.peer_memory_bytes)
        return base_fail(why, BASE_ENOTFOUND, 0,
                         "there is no session with it yet, and too many messages wait for one");
    uint8_t *const copy = malloc(size);
    const base_err err = copy == NULL ? BASE_ENOMEM : prepare(node, envelope, &message, &number);
    if (err != BASE_OK) {
        free(copy);
        if (err == BASE_EFULL) /* of tickets, which are everybody's: WRITABLE comes */
            return refuse(node, handle, envelope->name.class, size, why);
        return base_fail(why, err, 0, "no memory for a message of %zu bytes", size);
    }
    memcpy(copy, message.data, message.size);
    node->held[node->held_count++] =
        (struct hermes_held){ .to = *to,
                              .message = copy,
                              .size = message.size,
                              .ticket = (uint32_t)number,
                              .class = envelope->name.class,
                              .due_ns = node->world.now_ns + retry_ns,
                              .tries_left = node->config.auction_retries };
    node->held_bytes += message.size;
    node->status.sent[envelope->name.class]++;
    return BASE_OK;
}

/* Submit a held message if it can be; true: it is off our hands. */
static bool held_try(struct bpi_hermes *node, struct hermes_held *held)
{
    const struct hermes_member *const member = hermes_members_find(&node->members, &held->to);
    const uint32_t handle = member == NULL ? HERMES_NO_SESSION : member->session;
    if (handle != HERMES_NO_SESSION && node->peers[handle].state == HERMES_PEER_UP &&
        hermes_send_has_room(node, handle, held->class, held->size)) {
        (void)hermes_send_to(node, handle, held->class, base_span_of(held->message, held->size),
                             held->ticket);
        return true;
    }
    held->due_ns = node->world.now_ns + retry_ns;
    if (held->tries_left-- > 1)
        return false;
    node->tickets[held->ticket - 1].addressees++;
    node->tickets[held->ticket - 1].missed++;
    node->status.expired++;
    return true;
}

void hermes_send_held(struct bpi_hermes *node)
{
    for (uint32_t i = 0; i < node->held_count;) {
        struct hermes_held *const held = &node->held[i];
        const uint32_t number = held->ticket;
        if (held->due_ns > node->world.now_ns || !held_try(node, held)) {
            i++;
            continue;
        }
        node->held_bytes -= held->size;
        free(held->message);
        node->held[i] = node->held[--node->held_count];
        if (node->tickets[number - 1].pending == 0)
            ticket_finish(node, number);
    }
}

uint64_t hermes_send_wake_ns(const struct bpi_hermes *node)
{
    uint64_t wake_ns = HERMES_NEVER;
    for (uint32_t i = 0; i < node->held_count; i++)
        if (node->held[i].due_ns < wake_ns)
            wake_ns = node->held[i].due_ns;
    return wake_ns;
}

static base_err send_one(struct bpi_hermes *node, struct hermes_envelope *envelope,
                         const struct bpi_hermes_id *to, struct base_why *why)
{
    const enum bpi_hermes_class class = envelope->name.class;
    const size_t size = HERMES_PLAIN_HEAD_SIZE + envelope->payload.size;
    if (hermes_id_is(to, &node->self))
        return base_fail(why, BASE_EINVALID, 0, "the addressee is this node itself");
    struct hermes_member *const member = hermes_members_find(&node->members, to);
    if (member == NULL)
        return base_fail(why, BASE_ENOTFOUND, 0, "nobody here knows the addressee");
    envelope->kind = HERMES_TO_ONE;
    if (member->session == HERMES_NO_SESSION)
        member->session = hermes_peer_connect(node, &member->address, &member->id);
    const uint32_t handle = member->session;
    if (handle == HERMES_NO_SESSION || node->peers[handle].state != HERMES_PEER_UP) {
        if (class == BPI_HERMES_AUCTION && node->config.auction_retries > 0)
            return hold(node, envelope, to, handle, why);
        return base_fail(why, BASE_ENOTFOUND, 0, "there is no session with the addressee yet");
    }
    if (!hermes_send_has_room(node, handle, class, size))
        return refuse(node, handle, class, size, why);
    struct base_span message;
    uint64_t number;
    const base_err err = prepare(node, envelope, &message, &number);
    if (err == BASE_EFULL)
        return refuse(node, handle, class, size, why);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "no memory for a message of %zu bytes", size);
    (void)hermes_send_to(node, handle, class, message, number);
    sent(node, envelope, number);
    return BASE_OK;
}

base_err bpi_hermes_send(struct bpi_hermes *node, const struct base_step_world *world,
                         enum bpi_hermes_type type, const struct bpi_hermes_id *to,
                         struct base_span payload, struct bpi_hermes_message_id *id,
                         struct base_why *why)
{
    if ((unsigned)type >= BPI_HERMES_TYPES)
        return base_fail(why, BASE_ERANGE, 0, "%u is no message type", (unsigned)type);
    if (payload.size < 1 || payload.size > BPI_HERMES_MESSAGE_MAX)
        return base_fail(why, BASE_ERANGE, 0, "a message has 1 to %d bytes, not %zu",
                         BPI_HERMES_MESSAGE_MAX, payload.size);
    if (payload.size + HERMES_RELAYED_HEAD_SIZE > node->config.peer_memory_bytes / 2)
        return base_fail(why, BASE_ERANGE, 0,
                         "a message of %zu bytes is more than half of peer_memory_bytes (%zu)",
                         payload.size, node->config.peer_memory_bytes);
    hermes_node_enter(node, world);
    struct hermes_envelope envelope = { .hops = 1,
                                        .type = type,
                                        .name = { .origin = node->self,
                                                  .incarnation = node->incarnation,
                                                  .class = bpi_hermes_type_class(type) },
                                        .payload = payload };
    const base_err err =
        to == NULL ? send_all(node, &envelope, why) : send_one(node, &envelope, to, why);
    if (err == BASE_OK && id != NULL)
        *id = hermes_name_id(&envelope.name);
    hermes_node_leave(node);
    return err;
}

void hermes_send_free(struct bpi_hermes *node)
{
    for (uint32_t i = 0; i < node->held_count; i++)
        free(node->held[i].message);
    free(node->tickets);
    free(node->ticket_peers);
}
