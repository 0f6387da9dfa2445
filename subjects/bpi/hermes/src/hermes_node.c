/* hermes_node.c - the step machine. Every call notes which sessions it touched; when the outermost
 * call ends, the pump takes from their flows what may leave now, seals it in place and sends it.
 * So a datagram costs the sessions it concerns, whatever the number of all, and the next time to
 * wake comes from a heap. */
#include "hermes_node_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    PACKET_HEAD = HERMES_SEAL_OVERHEAD - 16, /* before what a packet carries */
    BLAME_MALFORMED = 2
};

/* A flow that wants to be called at once, and then has nothing, would spin. */
static const uint64_t wake_least_ns = 10000;

/* Worlds */

static void world_secret(void *context, void *out, size_t size)
{
    const struct bpi_hermes *const node = context;
    node->outer->secret(node->outer->context, out, size);
}

static void world_send(void *context, const struct base_address *to, const void *data, size_t size)
{
    struct bpi_hermes *const node = context;
    node->status.bytes_sent += size;
    node->outer->send(node->outer->context, to, data, size);
}

static void world_tell(void *context, const void *event)
{
    const struct bpi_hermes *const node = context;
    node->outer->tell(node->outer->context, event);
}

static void pump(struct bpi_hermes *node);

void hermes_node_enter(struct bpi_hermes *node, const struct base_step_world *world)
{
    if (node->depth++ > 0)
        return;
    node->outer = world;
    node->world = (struct base_step_world){ .context = node,
                                            .now_ns = world->now_ns,
                                            .rng = world->rng,
                                            .secret = world_secret,
                                            .send = world_send,
                                            .tell = world_tell };
}

void hermes_node_leave(struct bpi_hermes *node)
{
    if (node->depth == 1) {
        pump(node);
        hermes_send_writable(node);
        pump(node);
        node->outer = NULL;
    }
    node->depth--;
}

/* The heap of wakes: parents are not later than children. */

static uint64_t heap_wake(const struct bpi_hermes *node, uint32_t at)
{
    return node->peers[node->heap[at]].wake_ns;
}

static void heap_put(struct bpi_hermes *node, uint32_t at, uint32_t handle)
{
    node->heap[at] = handle;
    node->peers[handle].heap_at = at;
}

static void heap_settle(struct bpi_hermes *node, uint32_t at)
{
    const uint32_t handle = node->heap[at];
    const uint64_t wake_ns = node->peers[handle].wake_ns;
    while (at > 0 && heap_wake(node, (at - 1) / 2) > wake_ns) {
        heap_put(node, at, node->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (uint32_t child = 2 * at + 1; child < node->heap_count; child = 2 * at + 1) {
        if (child + 1 < node->heap_count && heap_wake(node, child + 1) < heap_wake(node, child))
            child++;
        if (heap_wake(node, child) >= wake_ns)
            break;
        heap_put(node, at, node->heap[child]);
        at = child;
    }
    heap_put(node, at, handle);
}

void hermes_node_schedule(struct bpi_hermes *node, uint32_t handle)
{
    struct hermes_peer *const peer = &node->peers[handle];
    uint64_t wake_ns = hermes_flow_wake_ns(peer->flow);
    if (peer->next_ping_ns < wake_ns)
        wake_ns = peer->next_ping_ns;
    if (wake_ns < node->world.now_ns + wake_least_ns)
        wake_ns = node->world.now_ns + wake_least_ns;
    const bool is_new = peer->heap_at == HERMES_NO_PLACE;
    if (!is_new && peer->wake_ns == wake_ns)
        return;
    peer->wake_ns = wake_ns;
    if (is_new)
        heap_put(node, node->heap_count++, handle);
    heap_settle(node, peer->heap_at);
}

void hermes_node_unschedule(struct bpi_hermes *node, uint32_t handle)
{
    const uint32_t at = node->peers[handle].heap_at;
    node->peers[handle].heap_at = HERMES_NO_PLACE;
    if (at == HERMES_NO_PLACE || at == --node->heap_count)
        return;
    heap_put(node, at, node->heap[node->heap_count]);
    heap_settle(node, at);
}

/* What leaves */

void hermes_node_mark(struct bpi_hermes *node, uint32_t handle)
{
    struct hermes_peer *const peer = &node->peers[handle];
    if (peer->is_dirty || peer->state != HERMES_PEER_UP)
        return;
    peer->is_dirty = true;
    node->dirty[node->dirty_count++] = handle;
}

static bool seal(struct bpi_hermes *node, uint32_t handle, bool is_encrypted,
                 enum hermes_packet kind, size_t size)
{
    node->packet[PACKET_HEAD] = (uint8_t)kind;
    return hermes_secure_send(node->secure, &node->world, handle, is_encrypted, node->packet,
                              size + 1) == BASE_OK;
}

static void pump(struct bpi_hermes *node)
{
    while (node->dirty_count > 0) {
        const uint32_t handle = node->dirty[--node->dirty_count];
        struct hermes_peer *const peer = &node->peers[handle];
        peer->is_dirty = false;
        if (peer->state != HERMES_PEER_UP)
            continue;
        enum bpi_hermes_class class = BPI_HERMES_CONSENSUS;
        for (;;) {
            const size_t size = hermes_flow_next(peer->flow, node->world.now_ns,
                                                 node->packet + PACKET_HEAD + 1, &class);
            const bool is_plain = node->config.is_auth_only && class == BPI_HERMES_SHADOW_DATA;
            if (size == 0 || !seal(node, handle, !is_plain, HERMES_PACKET_FLOW, size))
                break;
        }
        hermes_node_schedule(node, handle);
    }
}

void hermes_node_packet(struct bpi_hermes *node, uint32_t handle, enum hermes_packet kind,
                        uint64_t stamp)
{
    memcpy(node->packet + PACKET_HEAD + 1, &stamp, sizeof stamp);
    if (!seal(node, handle, true, kind, sizeof stamp))
        hermes_node_mark(node, handle);
}

base_err hermes_node_submit(struct bpi_hermes *node, uint32_t handle, enum bpi_hermes_class class,
                            struct base_span message, uint64_t ticket)
{
    hermes_node_mark(node, handle);
    return hermes_flow_submit(node->peers[handle].flow, node->world.now_ns, class, message, ticket);
}

void hermes_node_say(struct bpi_hermes *node, uint32_t handle, const struct hermes_control *control)
{
    uint8_t message[HERMES_CONTROL_MAX];
    const size_t size = hermes_control_encode(control, message);
    const enum bpi_hermes_class class =
        control->kind == HERMES_MEMBERS ? BPI_HERMES_AUCTION : BPI_HERMES_CONSENSUS;
    /* Without room the peer is behind anyhow; what matters is said again by a timer. */
    if (hermes_node_submit(node, handle, class, base_span_of(message, size), 0) != BASE_OK)
        node->status.refused++;
}

bool hermes_node_is_tree(const struct bpi_hermes *node)
{
    return node->members.count > node->config.direct_max;
}

/* What comes */

struct inside {
    struct bpi_hermes *node;
    uint32_t handle;
};

static void on_message(void *context, enum bpi_hermes_class class, struct base_span message)
{
    const struct inside *const in = context;
    hermes_receive_message(in->node, in->handle, class, message);
}

static void on_done(void *context, uint64_t ticket, bool is_delivered)
{
    const struct inside *const in = context;
    if (ticket != 0)
        hermes_send_done(in->node, in->handle, ticket, is_delivered);
}

/* Call a flow that may answer: with a packet, or (NULL) with the time. */
static base_err flow_call(struct bpi_hermes *node, uint32_t handle, const uint8_t *data,
                          size_t size)
{
    struct inside in = { node, handle };
    const struct hermes_flow_sink sink = { &in, on_message, on_done };
    struct hermes_flow *const flow = node->peers[handle].flow;
    base_err err = BASE_OK;
    if (data != NULL)
        err = hermes_flow_receive(flow, node->world.now_ns, data, size, &sink);
    else
        hermes_flow_timer(flow, node->world.now_ns, &sink);
    hermes_node_mark(node, handle);
    return err;
}

static void on_data(struct bpi_hermes *node, const struct hermes_opened *opened)
{
    struct hermes_peer *const peer = &node->peers[opened->peer];
    if (opened->peer >= node->capacity || peer->state != HERMES_PEER_UP)
        return;
    peer->seen_ns = node->world.now_ns;
    const uint8_t *const data = opened->data;
    uint64_t stamp = 0;
    base_err err = opened->size > 1 ? BASE_OK : BASE_EPROTOCOL;
    if (err == BASE_OK && data[0] == HERMES_PACKET_FLOW) {
        err = flow_call(node, opened->peer, data + 1, opened->size - 1);
    } else if (err == BASE_OK && opened->size == 1 + sizeof stamp &&
               (data[0] == HERMES_PACKET_PING || data[0] == HERMES_PACKET_PONG)) {
        memcpy(&stamp, data + 1, sizeof stamp);
        if (data[0] == HERMES_PACKET_PING)
            hermes_node_packet(node, opened->peer, HERMES_PACKET_PONG, stamp);
        else
            hermes_peer_pong(node, opened->peer, stamp);
    } else {
        err = BASE_EPROTOCOL;
    }
    if (err != BASE_OK) {
        node->status.rejected_malformed++;
        hermes_peer_blame(node, opened->peer, BLAME_MALFORMED);
    }
}

void hermes_node_opened(struct bpi_hermes *node, const struct hermes_opened *opened)
{
    switch (opened->kind) {
    case HERMES_DATA:
        on_data(node, opened);
        break;
    case HERMES_UP:
        hermes_peer_up(node, opened->peer);
        break;
    case HERMES_DOWN:
        hermes_peer_down(node, opened->peer);
        break;
    case HERMES_NOTHING:
        break;
    }
}

/* The machine */

static void node_start(void *state, const struct base_step_world *world)
{
    struct bpi_hermes *const node = state;
    hermes_node_enter(node, world);
    node->incarnation = node->config.incarnation != 0 ? node->config.incarnation : world->now_ns;
    hermes_links_start(node);
    hermes_node_leave(node);
}

static void node_datagram(void *state, const struct base_step_world *world,
                          const struct base_address *from, uint8_t *data, size_t size)
{
    struct bpi_hermes *const node = state;
    hermes_node_enter(node, world);
    node->status.bytes_received += size;
    const struct hermes_opened opened =
        hermes_secure_open(node->secure, &node->world, from, data, size);
    hermes_node_opened(node, &opened);
    hermes_node_leave(node);
}

static void node_timer(void *state, const struct base_step_world *world)
{
    struct bpi_hermes *const node = state;
    hermes_node_enter(node, world);
    const uint64_t now_ns = world->now_ns;
    if (hermes_secure_wake_ns(node->secure) <= now_ns) {
        struct hermes_opened opened;
        do {
            opened = hermes_secure_timer(node->secure, &node->world);
            hermes_node_opened(node, &opened);
        } while (opened.kind != HERMES_NOTHING);
    }
    while (node->heap_count > 0 && heap_wake(node, 0) <= now_ns) {
        const uint32_t handle = node->heap[0];
        struct hermes_peer *const peer = &node->peers[handle];
        if (hermes_flow_wake_ns(peer->flow) <= now_ns)
            (void)flow_call(node, handle, NULL, 0);
        hermes_node_mark(node, handle);
        hermes_peer_timer(node, handle);
        if (peer->state == HERMES_PEER_UP)
            hermes_node_schedule(node, handle);
    }
    hermes_links_timer(node);
    hermes_tree_timer(node);
    hermes_send_held(node);
    hermes_node_leave(node);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t node_wake_ns(const void *state)
{
    const struct bpi_hermes *const node = state;
    uint64_t wake_ns = hermes_secure_wake_ns(node->secure);
    if (node->heap_count > 0)
        wake_ns = earlier(wake_ns, heap_wake(node, 0));
    wake_ns = earlier(wake_ns, hermes_links_wake_ns(node));
    wake_ns = earlier(wake_ns, hermes_tree_wake_ns(node));
    return earlier(wake_ns, hermes_send_wake_ns(node));
}

const struct base_step bpi_hermes_step = {
    .name = "hermes",
    .start = node_start,
    .datagram = node_datagram,
    .timer = node_timer,
    .wake_ns = node_wake_ns,
};
