/* net_flood.c - each fragment floods by itself, so that no relay waits for a whole message; what
 * came before is known by origin, sequence and fragment. A message of our own that comes back is
 * dropped like any other repetition. `direct` is the same over one hop: no
 * relays, no repair, only what the copies themselves cost. */
#include "net_flood.h"

#include "net_join.h"

#include <stdlib.h>
#include <string.h>

enum {
    JOIN_CAPACITY = 1 << 16,
    JOIN_MEMORY = 8 << 20,
    CHUNK_SIZE = 64 << 10, /* fragments that are made at once: a neighbour gets them in a row */
};

struct flood {
    struct net_node_config config;
    uint32_t *neighbors; /* [neighbor_count] */
    size_t neighbor_count;
    struct net_wire_key key;
    struct net_join *join;
    uint8_t hops_max;
    uint32_t sequence;
    struct net_node_stats stats;
    uint8_t chunk[CHUNK_SIZE];
};

static void flood_close(void *state)
{
    struct flood *flood = state;
    if (flood == NULL)
        return;
    net_join_free(flood->join);
    free(flood->neighbors);
    free(flood);
}

/* The given neighbours, or all others. */
static base_err take_neighbors(struct flood *flood)
{
    const struct net_node_config *config = &flood->config;
    const bool is_given = config->neighbor_count > 0;
    flood->neighbors = calloc(is_given ? config->neighbor_count : config->count, sizeof(uint32_t));
    if (flood->neighbors == NULL)
        return BASE_ENOMEM;
    for (uint32_t i = 0; i < (is_given ? config->neighbor_count : config->count); i++)
        if (is_given || i != config->index)
            flood->neighbors[flood->neighbor_count++] = is_given ? config->neighbors[i] : i;
    return BASE_OK;
}

static base_err open_with(const struct net_node_config *config, uint8_t hops_max, void **state,
                          struct base_why *why)
{
    struct flood *flood = calloc(1, sizeof *flood);
    if (flood == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a node");
    flood->config = *config;
    flood->hops_max = hops_max;
    flood->key = net_wire_key_of(config->seed, config->is_authenticated);
    base_err err = take_neighbors(flood);
    if (err == BASE_OK)
        err = net_join_new(JOIN_CAPACITY, JOIN_MEMORY, &flood->join);
    if (err != BASE_OK) {
        flood_close(flood);
        return base_fail(why, err, 0, "no memory for a node");
    }
    *state = flood;
    return BASE_OK;
}

static base_err flood_open(const struct net_node_config *config, void **state, struct base_why *why)
{
    return open_with(config, NET_WIRE_TTL, state, why);
}

/* To all others, whatever neighbours there are. */
static base_err direct_open(const struct net_node_config *config, void **state,
                            struct base_why *why)
{
    struct net_node_config all = *config;
    all.neighbor_count = 0;
    return open_with(&all, 1, state, why);
}

static bool flood_is_ready(const void *state)
{
    (void)state;
    return true;
}

static void send_to(struct flood *flood, const struct base_step_world *world, uint32_t neighbor,
                    const uint8_t *data, size_t size)
{
    world->send(world->context, &flood->config.addresses[neighbor], data, size);
    flood->stats.sent_packets++;
    flood->stats.sent_bytes += size;
}

/* Datagrams of `size` bytes one behind the other in the chunk, the last one of `last_size`. */
static void send_chunk(struct flood *flood, const struct base_step_world *world, size_t count,
                       size_t size, size_t last_size)
{
    for (size_t n = 0; n < flood->neighbor_count; n++)
        for (size_t i = 0; i < count; i++)
            send_to(flood, world, flood->neighbors[n], flood->chunk + i * size,
                    i + 1 < count ? size : last_size);
}

static base_err flood_publish(void *state, const struct base_step_world *world, uint32_t class,
                              struct base_span payload, struct base_why *why)
{
    struct flood *flood = state;
    if (payload.size == 0 || payload.size > NET_WIRE_MESSAGE_MAX)
        return base_fail(why, BASE_ERANGE, 0, "a message of %zu bytes is not 1 to %d", payload.size,
                         NET_WIRE_MESSAGE_MAX);
    const size_t part = net_wire_fragment_size(flood->config.mtu_bytes, &flood->key);
    struct net_wire wire = { .kind = NET_WIRE_KIND_DATA,
                             .ttl = flood->hops_max,
                             .class = (uint8_t) class,
                             .origin = flood->config.index,
                             .sequence = flood->sequence++,
                             .fragment_count = net_wire_fragments(payload.size, part),
                             .message_size = (uint32_t)payload.size };
    size_t made = 0, size = 0;
    for (size_t at = 0; at < payload.size; at += part, wire.fragment++) {
        const size_t left = payload.size - at;
        struct base_span message;
        wire.payload = base_span_of(payload.data + at, left < part ? left : part);
        (void)net_join_add(flood->join, &wire, &message); /* so that it is known when it comes */
        const size_t whole = made == 0 ? 0 : made * size;
        const size_t last = net_wire_encode(&wire, &flood->key, flood->chunk + whole);
        size = made == 0 ? last : size;
        made++;
        if (left <= part || (made + 1) * size > sizeof flood->chunk) {
            send_chunk(flood, world, made, size, last);
            made = 0;
        }
    }
    flood->stats.published++;
    return BASE_OK;
}

static void forward(struct flood *flood, const struct base_step_world *world,
                    const struct base_address *from, const struct net_wire *wire, uint8_t *data,
                    size_t size)
{
    if (wire->ttl <= 1)
        return;
    net_wire_set_ttl(data, (uint8_t)(wire->ttl - 1));
    for (size_t n = 0; n < flood->neighbor_count; n++)
        if (!base_address_is(&flood->config.addresses[flood->neighbors[n]], from))
            send_to(flood, world, flood->neighbors[n], data, size);
}

static void flood_datagram(void *state, const struct base_step_world *world,
                           const struct base_address *from, uint8_t *data, size_t size)
{
    struct flood *flood = state;
    struct net_wire wire;
    struct base_span message;
    flood->stats.received_bytes += size;
    if (net_wire_decode(data, size, &flood->key, &wire) != BASE_OK ||
        wire.kind != NET_WIRE_KIND_DATA || wire.origin >= flood->config.count || wire.ttl == 0 ||
        wire.ttl > flood->hops_max) {
        flood->stats.rejected++;
        return;
    }
    const enum net_join_kind kind = net_join_add(flood->join, &wire, &message);
    if (kind == NET_JOIN_REFUSED)
        flood->stats.rejected++;
    if (kind != NET_JOIN_NEW && kind != NET_JOIN_WHOLE)
        return;
    forward(flood, world, from, &wire, data, size);
    if (kind == NET_JOIN_NEW)
        return;
    const struct net_delivery delivery = { .origin = wire.origin,
                                           .payload = message,
                                           .hops = (uint32_t)flood->hops_max - wire.ttl + 1 };
    flood->stats.delivered++;
    world->tell(world->context, &delivery);
}

static void flood_start(void *state, const struct base_step_world *world)
{
    (void)state;
    (void)world;
}

static uint64_t flood_wake_ns(const void *state)
{
    (void)state;
    return UINT64_MAX;
}

static void flood_stats(const void *state, struct net_node_stats *stats)
{
    const struct flood *flood = state;
    const struct net_join_counts counts = net_join_counts(flood->join);
    *stats = flood->stats;
    stats->redundant = counts.repeated;
    stats->redundant_bytes = counts.repeated_bytes;
    stats->memory_bytes = net_join_memory(flood->join);
}

static const struct base_step flood_step = { .name = "flood",
                                             .start = flood_start,
                                             .datagram = flood_datagram,
                                             .timer = flood_start,
                                             .wake_ns = flood_wake_ns };

const struct net_protocol net_flood = {
    .name = "flood",
    .doc = "UDP flooding: each datagram that is new goes to every neighbour but its sender",
    .step = &flood_step,
    .open = flood_open,
    .close = flood_close,
    .is_ready = flood_is_ready,
    .publish = flood_publish,
    .stats = flood_stats,
};

const struct net_protocol net_direct = {
    .name = "direct",
    .doc = "each datagram to each other node, once and never again: what copies cost",
    .step = &flood_step,
    .open = direct_open,
    .close = flood_close,
    .is_ready = flood_is_ready,
    .publish = flood_publish,
    .stats = flood_stats,
};
