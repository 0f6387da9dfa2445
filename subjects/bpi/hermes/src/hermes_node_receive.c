/* hermes_node_receive.c - a whole message has come out of a flow. */
#include "hermes_node_internal.h"

enum { BLAME_MALFORMED = 2 };

void hermes_receive_deliver(struct bpi_hermes *node, const struct hermes_envelope *envelope)
{
    node->status.delivered[envelope->name.class]++;
    const struct bpi_hermes_event event = { .kind = BPI_HERMES_MESSAGE,
                                            .id = envelope->name.origin,
                                            .message_id = hermes_name_id(&envelope->name),
                                            .class = envelope->name.class,
                                            .type = envelope->type,
                                            .payload = envelope->payload,
                                            .hops = envelope->hops };
    node->world.tell(node->world.context, &event);
}

static base_err receive_envelope(struct bpi_hermes *node, uint32_t handle,
                                 enum bpi_hermes_class class, struct base_span message)
{
    struct hermes_peer *const peer = &node->peers[handle];
    /* The session proves the origin of what is not relayed; its flow delivers it once. */
    struct hermes_envelope envelope = { .name.origin = peer->id };
    if (hermes_envelope_decode(message, &envelope) != BASE_OK || envelope.name.class != class)
        return BASE_EPROTOCOL;
    peer->used_ns = node->world.now_ns;
    if (envelope.kind == HERMES_RELAYED)
        hermes_tree_relayed(node, handle, &envelope, message);
    else
        hermes_receive_deliver(node, &envelope);
    return BASE_OK;
}

static base_err receive_control(struct bpi_hermes *node, uint32_t handle, struct base_span message)
{
    struct hermes_control control;
    if (hermes_control_decode(message, &control) != BASE_OK)
        return BASE_EPROTOCOL;
    switch (control.kind) {
    case HERMES_HELLO:
        hermes_self_named(node, handle, &control.address);
        break;
    case HERMES_MEMBERS:
        hermes_links_members(node, handle, &control);
        break;
    case HERMES_NEIGHBOR:
        hermes_links_neighbor(node, handle, control.verb);
        break;
    default:
        hermes_tree_control(node, handle, &control);
        break;
    }
    return BASE_OK;
}

void hermes_receive_message(struct bpi_hermes *node, uint32_t handle, enum bpi_hermes_class class,
                            struct base_span message)
{
    enum hermes_kind kind;
    base_err err = hermes_message_kind(message, &kind);
    if (err == BASE_OK && kind <= HERMES_RELAYED)
        err = receive_envelope(node, handle, class, message);
    else if (err == BASE_OK)
        err = receive_control(node, handle, message);
    if (err != BASE_OK) {
        node->status.rejected_malformed++;
        hermes_peer_blame(node, handle, BLAME_MALFORMED);
    }
}
