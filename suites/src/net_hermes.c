/* net_hermes.c - a node of bpi/hermes.h behind the table of overlays: keys come from the group's
 * seed and the index, everybody knows everybody's address and, in groups up to IDS_MAX, key. Its
 * events are turned into deliveries by a world around the driver's. */
#include "net_hermes.h"

#include <blake3.h>
#include <bpi/hermes.h>

#include <stdlib.h>

/* Larger groups: finding all keys would take longer than agreeing on some. */
enum { IDS_MAX = 64 };

struct hermes {
    struct bpi_hermes *node;
    uint32_t count;
    struct bpi_hermes_id *ids; /* [count] of all nodes; NULL in a large group */
    uint64_t told, told_bytes; /* deliveries */
};

static void seed_of(uint64_t group, uint32_t index, uint8_t out[BPI_HERMES_SEED_SIZE])
{
    blake3_hasher hasher;
    blake3_hasher_init_derive_key(&hasher, "bpi-perf net_hermes identity");
    blake3_hasher_update(&hasher, &group, sizeof group);
    blake3_hasher_update(&hasher, &index, sizeof index);
    blake3_hasher_finalize(&hasher, out, BPI_HERMES_SEED_SIZE);
}

/* A node says what its key is. */
static base_err id_of(const struct net_node_config *config, uint32_t index,
                      struct bpi_hermes_id *id, struct base_why *why)
{
    struct bpi_hermes_config hermes = { 0 };
    struct bpi_hermes *node = NULL;
    bpi_hermes_defaults(&hermes);
    hermes.members_max = 8; /* it lives for a moment */
    seed_of(config->seed, index, hermes.seed);
    const base_err err = bpi_hermes_new(&hermes, &node, why);
    if (err != BASE_OK)
        return err;
    *id = bpi_hermes_status(node).id;
    bpi_hermes_free(node);
    return BASE_OK;
}

static void hermes_close(void *state)
{
    struct hermes *hermes = state;
    if (hermes == NULL)
        return;
    bpi_hermes_free(hermes->node);
    free(hermes->ids);
    free(hermes);
}

static base_err find_ids(struct hermes *hermes, const struct net_node_config *config,
                         struct base_why *why)
{
    base_err err = BASE_OK;
    if (config->count > IDS_MAX)
        return BASE_OK;
    hermes->ids = calloc(config->count, sizeof *hermes->ids);
    if (hermes->ids == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a node");
    for (uint32_t i = 0; i < config->count && err == BASE_OK; i++)
        err = id_of(config, i, &hermes->ids[i], why);
    return err;
}

static base_err make_node(struct hermes *hermes, const struct net_node_config *config,
                          struct base_why *why)
{
    struct bpi_hermes_config own = { 0 };
    struct bpi_hermes_member *members = calloc(config->count, sizeof *members);
    if (members == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a node");
    bpi_hermes_defaults(&own);
    seed_of(config->seed, config->index, own.seed);
    own.mtu_bytes = (uint32_t)config->mtu_bytes;
    /* Each peer's share of the uplink, where the operator knows it: the rate to begin with. */
    own.rate_bits = config->count > 1 ? config->uplink_bits / (config->count - 1) : 0;
    for (uint32_t i = 0; i < config->count; i++)
        if (i != config->index) {
            struct bpi_hermes_member *member = &members[own.bootstrap_count++];
            member->address = config->addresses[i];
            if (hermes->ids != NULL)
                member->id = hermes->ids[i];
        }
    own.bootstrap = members;
    const base_err err = bpi_hermes_new(&own, &hermes->node, why);
    free(members);
    return err;
}

static base_err hermes_open(const struct net_node_config *config, void **state,
                            struct base_why *why)
{
    struct hermes *hermes = calloc(1, sizeof *hermes);
    if (hermes == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a node");
    hermes->count = config->count;
    base_err err = find_ids(hermes, config, why);
    if (err == BASE_OK)
        err = make_node(hermes, config, why);
    if (err != BASE_OK) {
        hermes_close(hermes);
        return err;
    }
    *state = hermes;
    return BASE_OK;
}

/* Has every path's round trip been measured once? Small groups only. */
static bool knows_paths(const struct hermes *hermes)
{
    struct bpi_hermes_neighbor peers[IDS_MAX];
    const size_t count = bpi_hermes_neighbors(hermes->node, peers, IDS_MAX);
    for (size_t i = 0; i < count && i < IDS_MAX; i++)
        if (peers[i].rtt_ns == 0)
            return false;
    return true;
}

static bool hermes_is_ready(const void *state)
{
    const struct hermes *hermes = state;
    const struct bpi_hermes_status status = bpi_hermes_status(hermes->node);
    return status.is_ready && (hermes->count > IDS_MAX ||
                               (status.sessions + 1 >= hermes->count && knows_paths(hermes)));
}

static void hermes_stats(const void *state, struct net_node_stats *stats)
{
    const struct hermes *hermes = state;
    const struct bpi_hermes_status status = bpi_hermes_status(hermes->node);
    const uint64_t fragments = status.fragments_sent; /* repeated ones and parity are among them */
    /* the node counts fragments: an average one has this many bytes */
    const uint64_t part = fragments > 0 ? status.bytes_sent / fragments : 0;
    /* what came again whole is not among its flow's redundant fragments */
    const uint64_t whole = hermes->told > 0 ? hermes->told_bytes / hermes->told : 0;
    *stats = (struct net_node_stats){
        .redundant = status.duplicates,
        .redundant_bytes = status.fragments_redundant * part + status.duplicates * whole,
        .sent_packets = fragments,
        .parity_bytes = status.fragments_parity * part,
        .repeated_bytes = status.fragments_repeated * part,
        .sent_bytes = status.bytes_sent,
        .received_bytes = status.bytes_received,
        .rejected = status.rejected_forged + status.rejected_replayed + status.rejected_malformed +
                    status.rejected_unknown,
        .expired = status.expired,
        .memory_bytes = status.memory_bytes,
    };
    for (size_t i = 0; i < BPI_HERMES_CLASSES; i++) {
        stats->published += status.sent[i];
        stats->delivered += status.delivered[i];
    }
}

/* The driver's world, with events turned into deliveries. */
struct around {
    struct hermes *hermes;
    const struct base_step_world *world;
};

static void around_secret(void *context, void *out, size_t size)
{
    const struct around *around = context;
    around->world->secret(around->world->context, out, size);
}

static void around_send(void *context, const struct base_address *to, const void *data, size_t size)
{
    const struct around *around = context;
    around->world->send(around->world->context, to, data, size);
}

static uint32_t index_of(const struct hermes *hermes, const struct bpi_hermes_id *id)
{
    for (uint32_t i = 0; hermes->ids != NULL && i < hermes->count; i++)
        if (memcmp(&hermes->ids[i], id, sizeof *id) == 0)
            return i;
    return UINT32_MAX;
}

static void around_tell(void *context, const void *told)
{
    const struct around *around = context;
    const struct bpi_hermes_event *event = told;
    if (event->kind != BPI_HERMES_MESSAGE)
        return;
    const struct net_delivery delivery = { .origin = index_of(around->hermes, &event->id),
                                           .payload = event->payload,
                                           .hops = event->hops };
    around->hermes->told++;
    around->hermes->told_bytes += event->payload.size;
    around->world->tell(around->world->context, &delivery);
}

static struct base_step_world around_world(struct around *around)
{
    struct base_step_world world = *around->world;
    world.context = around;
    world.secret = around_secret;
    world.send = around_send;
    world.tell = around_tell;
    return world;
}

/* What a node has to say it may say in any call: that it is writable again, in this one. */
static base_err hermes_publish(void *state, const struct base_step_world *world, uint32_t class,
                               struct base_span payload, struct base_why *why)
{
    static const enum bpi_hermes_type types[BPI_HERMES_CLASSES] = { BPI_HERMES_IBFT_PREPARE,
                                                                    BPI_HERMES_AUCTION_BID,
                                                                    BPI_HERMES_BLOCK_DATA };
    struct hermes *hermes = state;
    struct around around = { hermes, world };
    const struct base_step_world own = around_world(&around);
    return bpi_hermes_send(hermes->node, &own, types[class], NULL, payload, NULL, why);
}

static void hermes_start(void *state, const struct base_step_world *world)
{
    struct hermes *hermes = state;
    struct around around = { hermes, world };
    const struct base_step_world own = around_world(&around);
    bpi_hermes_step.start(hermes->node, &own);
}

static void hermes_datagram(void *state, const struct base_step_world *world,
                            const struct base_address *from, uint8_t *data, size_t size)
{
    struct hermes *hermes = state;
    struct around around = { hermes, world };
    const struct base_step_world own = around_world(&around);
    bpi_hermes_step.datagram(hermes->node, &own, from, data, size);
}

static void hermes_timer(void *state, const struct base_step_world *world)
{
    struct hermes *hermes = state;
    struct around around = { hermes, world };
    const struct base_step_world own = around_world(&around);
    bpi_hermes_step.timer(hermes->node, &own);
}

static uint64_t hermes_wake_ns(const void *state)
{
    const struct hermes *hermes = state;
    return bpi_hermes_step.wake_ns(hermes->node);
}

static const struct base_step hermes_step = { .name = "hermes",
                                              .start = hermes_start,
                                              .datagram = hermes_datagram,
                                              .timer = hermes_timer,
                                              .wake_ns = hermes_wake_ns };

const struct net_protocol net_hermes = {
    .name = "hermes",
    .doc = "HERMES-Lite: sessions with everybody, each message sent once to each, with repair",
    .step = &hermes_step,
    .open = hermes_open,
    .close = hermes_close,
    .is_ready = hermes_is_ready,
    .publish = hermes_publish,
    .stats = hermes_stats,
};
