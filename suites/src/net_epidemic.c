/* net_epidemic.c - one path for every fragment, our own or another's: known to the join (which
 * tells new from repeated, and counts), kept in the store with the ttl with which it goes on. */
#include "net_epidemic.h"

#include "net_view.h"

#include <stdlib.h>

enum { ID_SIZE = 10, DATAGRAM_MAX = 65536, JOIN_MEMORY = 4 << 20, STORE_MEMORY = 4 << 20 };

size_t net_epidemic_capacity(uint32_t count)
{
    if (count <= 256)
        return 1 << 16;
    return count <= 2048 ? 1 << 14 : 1 << 12;
}

static base_err check(const struct net_node_config *config, struct base_why *why)
{
    if (config->count < 2 || config->index >= config->count)
        return base_fail(why, BASE_ERANGE, 0, "node %u of %u: two nodes at least are needed",
                         config->index, config->count);
    if (config->neighbor_count > NET_PEERS_MAX)
        return base_fail(why, BASE_ERANGE, 0, "%zu neighbors; at most %d are possible",
                         config->neighbor_count, NET_PEERS_MAX);
    if (config->mtu_bytes < NET_WIRE_MTU_LEAST || config->mtu_bytes > DATAGRAM_MAX - 1)
        return base_fail(why, BASE_ERANGE, 0, "an MTU of %zu bytes is not %d to %d",
                         config->mtu_bytes, NET_WIRE_MTU_LEAST, DATAGRAM_MAX - 1);
    return BASE_OK;
}

base_err net_epidemic_init(struct net_epidemic *e, const struct net_node_config *config,
                           size_t degree, struct base_why *why)
{
    base_err err = check(config, why);
    if (err != BASE_OK)
        return err;
    *e = (struct net_epidemic){ .config = *config,
                                .key = net_wire_key_of(config->seed, config->is_authenticated),
                                .peer_count = config->neighbor_count };
    e->ids_max = net_wire_fragment_size(config->mtu_bytes, &e->key) / ID_SIZE;
    for (size_t i = 0; i < config->neighbor_count; i++)
        e->peers[i] = config->neighbors[i];
    if (e->peer_count == 0)
        e->peer_count = net_view_make(config->seed, config->index, config->count, degree, e->peers);
    const size_t capacity = net_epidemic_capacity(config->count);
    err = net_join_new(capacity, JOIN_MEMORY, &e->join);
    if (err == BASE_OK)
        err = net_store_new(capacity, STORE_MEMORY, &e->store);
    if (err == BASE_OK)
        return BASE_OK;
    net_epidemic_done(e);
    return base_fail(why, err, 0, "no memory for a node");
}

void net_epidemic_done(struct net_epidemic *e)
{
    net_join_free(e->join);
    net_store_free(e->store);
    *e = (struct net_epidemic){ 0 };
}

uint32_t net_epidemic_peer(const struct net_epidemic *e, uint32_t node)
{
    for (uint32_t i = 0; i < e->peer_count; i++)
        if (e->peers[i] == node)
            return i;
    return NET_NO_PEER;
}

static uint32_t peer_at(const struct net_epidemic *e, const struct base_address *from)
{
    for (uint32_t i = 0; i < e->peer_count; i++)
        if (base_address_is(&e->config.addresses[e->peers[i]], from))
            return i;
    return NET_NO_PEER;
}

void net_epidemic_send(struct net_epidemic *e, const struct base_step_world *world, uint32_t node,
                       struct base_span bytes)
{
    world->send(world->context, &e->config.addresses[node], bytes.data, bytes.size);
    e->stats.sent_packets++;
    e->stats.sent_bytes += bytes.size;
}

void net_epidemic_control(struct net_epidemic *e, const struct base_step_world *world,
                          uint32_t node, uint8_t kind, const void *body, size_t size)
{
    uint8_t out[NET_IDS_MAX * ID_SIZE + NET_WIRE_HEADER_SIZE + NET_WIRE_TAG_SIZE];
    const struct net_wire wire = { .kind = kind,
                                   .ttl = 1,
                                   .origin = e->config.index,
                                   .fragment_count = 1,
                                   .message_size = (uint32_t)size,
                                   .payload = base_span_of(body, size) };
    const struct base_span bytes = base_span_of(out, net_wire_encode(&wire, &e->key, out));
    e->stats.control_bytes += bytes.size;
    net_epidemic_send(e, world, node, bytes);
}

static void put(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get(const uint8_t *at, size_t size)
{
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint32_t)at[i] << 8 * i;
    return value;
}

void net_epidemic_tell(struct net_epidemic *e, const struct base_step_world *world, uint32_t node,
                       uint8_t kind, const struct net_ids *ids)
{
    uint8_t body[NET_IDS_MAX * ID_SIZE];
    const size_t most = e->ids_max < NET_IDS_MAX ? e->ids_max : NET_IDS_MAX;
    for (size_t i = 0; i < ids->count;) {
        size_t size = 0;
        for (size_t k = 0; k < most && i < ids->count; k++, i++, size += ID_SIZE) {
            put(body + size, ids->ids[i].origin, 4);
            put(body + size + 4, ids->ids[i].sequence, 4);
            put(body + size + 8, ids->ids[i].index, 2);
        }
        net_epidemic_control(e, world, node, kind, body, size);
    }
}

void net_epidemic_read(const struct net_wire *wire, struct net_ids *ids)
{
    ids->count = 0;
    for (size_t at = 0; at + ID_SIZE <= wire->payload.size && ids->count < NET_IDS_MAX;
         at += ID_SIZE) {
        const uint8_t *const from = wire->payload.data + at;
        ids->ids[ids->count++] =
            (struct net_fragment){ get(from, 4), get(from + 4, 4), (uint16_t)get(from + 8, 2) };
    }
}

static void deliver(struct net_epidemic *e, const struct base_step_world *world,
                    const struct net_wire *wire, struct base_span message)
{
    if (message.size < NET_MESSAGE_LEAST)
        return;
    const struct net_delivery delivery = { .origin = wire->origin,
                                           .payload = message,
                                           .hops = NET_WIRE_TTL - wire->ttl + 1u };
    e->stats.delivered++;
    world->tell(world->context, &delivery);
}

static struct net_fragment fragment_of(const struct net_wire *wire)
{
    return (struct net_fragment){ wire->origin, wire->sequence, wire->fragment };
}

static enum net_taken take_data(struct net_epidemic *e, const struct base_step_world *world,
                                uint8_t *data, size_t size, struct net_datagram *out)
{
    const struct net_wire *const wire = &out->wire;
    const struct net_fragment id = fragment_of(wire);
    struct base_span message;
    if (wire->origin >= e->config.count || wire->ttl == 0 || wire->ttl > NET_WIRE_TTL) {
        e->stats.rejected++;
        return NET_TAKEN_NOT;
    }
    const enum net_join_kind kind = net_join_add(e->join, wire, &message);
    if (kind == NET_JOIN_REFUSED) {
        e->stats.rejected++;
        return NET_TAKEN_NOT;
    }
    if (kind == NET_JOIN_REPEATED) {
        out->known = net_store_find(e->store, &id);
        if (wire->message_size < NET_MESSAGE_LEAST) {
            e->own_repeated++;
            e->own_repeated_bytes += wire->payload.size;
        }
        return NET_TAKEN_REPEATED;
    }
    if (kind == NET_JOIN_WHOLE)
        deliver(e, world, wire, message);
    net_wire_set_ttl(data, (uint8_t)(wire->ttl - 1));
    out->known = net_store_make(e->store, &id);
    net_store_keep(e->store, out->known, data, size);
    out->bytes = base_span_of(data, wire->ttl > 1 ? size : 0);
    return NET_TAKEN_NEW;
}

enum net_taken net_epidemic_take(struct net_epidemic *e, const struct base_step_world *world,
                                 const struct base_address *from, uint8_t *data, size_t size,
                                 struct net_datagram *out)
{
    *out = (struct net_datagram){ .peer = peer_at(e, from) };
    e->stats.received_bytes += size;
    if (net_wire_decode(data, size, &e->key, &out->wire) != BASE_OK) {
        e->stats.rejected++;
        return NET_TAKEN_NOT;
    }
    if (out->wire.kind == NET_WIRE_KIND_DATA)
        return take_data(e, world, data, size, out);
    /* Only neighbours have a say, and only for themselves. */
    if (out->peer == NET_NO_PEER || e->peers[out->peer] != out->wire.origin ||
        out->wire.kind > NET_KIND_PONG) {
        e->stats.rejected++;
        return NET_TAKEN_NOT;
    }
    return NET_TAKEN_CONTROL;
}

void net_epidemic_cut(struct net_epidemic *e, const struct base_step_world *world, uint32_t class,
                      struct base_span payload, net_spread *spread, void *state)
{
    uint8_t out[DATAGRAM_MAX];
    const size_t part = net_wire_fragment_size(e->config.mtu_bytes, &e->key);
    struct net_datagram datagram = { .peer = NET_NO_PEER };
    struct net_wire *const wire = &datagram.wire;
    *wire = (struct net_wire){ .kind = NET_WIRE_KIND_DATA,
                               .ttl = NET_WIRE_TTL,
                               .class = (uint8_t) class,
                               .origin = e->config.index,
                               .sequence = e->sequence++,
                               .fragment_count = net_wire_fragments(payload.size, part),
                               .message_size = (uint32_t)payload.size };
    for (size_t at = 0; at < payload.size; at += part, wire->fragment++) {
        const size_t left = payload.size - at;
        const struct net_fragment id = fragment_of(wire);
        struct base_span message;
        wire->payload = base_span_of(payload.data + at, left < part ? left : part);
        (void)net_join_add(e->join, wire, &message); /* so that it is known when it comes back */
        datagram.known = net_store_make(e->store, &id);
        datagram.bytes = base_span_of(out, net_wire_encode(wire, &e->key, out));
        net_store_keep(e->store, datagram.known, out, datagram.bytes.size);
        spread(state, world, &datagram);
    }
}

base_err net_epidemic_publish(struct net_epidemic *e, const struct base_step_world *world,
                              uint32_t class, struct base_span payload, net_spread *spread,
                              void *state, struct base_why *why)
{
    if (payload.size < NET_MESSAGE_LEAST || payload.size > NET_WIRE_MESSAGE_MAX)
        return base_fail(why, BASE_ERANGE, 0, "a message of %zu bytes is not %d to %d",
                         payload.size, NET_MESSAGE_LEAST, NET_WIRE_MESSAGE_MAX);
    net_epidemic_cut(e, world, class, payload, spread, state);
    e->stats.published++;
    return BASE_OK;
}

void net_epidemic_stats(const struct net_epidemic *e, struct net_node_stats *stats)
{
    const struct net_join_counts counts = net_join_counts(e->join);
    *stats = e->stats;
    stats->redundant = counts.repeated - e->own_repeated;
    stats->redundant_bytes = counts.repeated_bytes - e->own_repeated_bytes;
    stats->memory_bytes = net_join_memory(e->join) + net_store_memory(e->store);
}
