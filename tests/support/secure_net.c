/* secure_net.c - see secure_net.h. */
#include "secure_net.h"

#include <stdlib.h>
#include <string.h>

static uint32_t number_at(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void number_put(uint8_t *at, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(number >> (8 * i));
}

static void queue_put(struct net *net, const struct net_packet *packet)
{
    assert_true(net->queue_count < NET_QUEUE_MAX);
    struct net_packet *const queued = &net->queue[net->queue_count++];
    *queued = *packet;
    queued->order = net->order++;
    queued->at_ns = net->now_ns + net->delay_ns;
    if (net->jitter_ns > 0)
        queued->at_ns += base_rng_below(&net->rng, net->jitter_ns);
}

static void node_send(void *context, const struct base_address *to, const void *data, size_t size)
{
    struct net_node *const node = context;
    struct net *const net = node->net;
    struct net_packet packet = { .from = node->address, .to = *to, .size = size };
    assert_true(size <= NET_DATAGRAM_MAX);
    memcpy(packet.data, data, size);
    node->sent_bytes += size;
    node->sent_packets++;
    if (net->see != NULL && !net->see(net, &packet, net->context))
        return;
    if (net->is_cut || base_rng_below(&net->rng, 1000) < net->lost_permille)
        return;
    queue_put(net, &packet);
    if (base_rng_below(&net->rng, 1000) < net->twice_permille)
        queue_put(net, &packet);
}

static void node_secret(void *context, void *out, size_t size)
{
    struct net_node *const node = context;
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)out)[i] = (uint8_t)base_rng_u64(&node->secrets);
}

static void node_open(struct net_node *node)
{
    node->world = (struct base_step_world){
        .context = node, .rng = &node->rng, .secret = node_secret, .send = node_send
    };
    assert_int_equal(hermes_secure_new(&node->config, node->net->capacity, &node->secure, NULL),
                     BASE_OK);
}

void net_init(struct net *net, uint64_t seed, uint32_t count, uint32_t capacity, uint64_t rekey_ns)
{
    memset(net, 0, sizeof *net);
    assert_true(count <= NET_NODES_MAX && capacity <= NET_CAPACITY_MAX);
    base_rng_init(&net->rng, seed);
    net->seed = seed;
    net->capacity = capacity;
    net->node_count = count;
    net->now_ns = NET_S;
    net->delay_ns = 25 * NET_MS;
    net->queue = calloc(NET_QUEUE_MAX, sizeof *net->queue);
    assert_non_null(net->queue);
    for (uint32_t i = 0; i < count; i++) {
        struct net_node *const node = &net->nodes[i];
        node->net = net;
        node->number = i;
        node->config.rekey_ns = rekey_ns;
        node->address =
            (struct base_address){ .ip = { 0xfd, [15] = (uint8_t)(i + 1) }, .port = 9000 };
        for (size_t k = 0; k < BPI_HERMES_SEED_SIZE; k++)
            node->config.seed[k] = (uint8_t)base_rng_u64(&net->rng);
        base_rng_init(&node->rng, base_rng_u64(&net->rng));
        base_rng_init(&node->secrets, base_rng_u64(&net->rng));
        node_open(node);
    }
}

void net_done(struct net *net)
{
    for (uint32_t i = 0; i < net->node_count; i++)
        hermes_secure_free(net->nodes[i].secure);
    free(net->queue);
}

void net_restart(struct net *net, uint32_t number)
{
    struct net_node *const node = &net->nodes[number];
    hermes_secure_free(node->secure);
    memset(node->is_up, 0, sizeof node->is_up);
    node_open(node);
}

const struct bpi_hermes_id *net_id(struct net *net, uint32_t node)
{
    return hermes_secure_self(net->nodes[node].secure);
}

struct net_node *net_at(struct net *net, const struct base_address *address)
{
    for (uint32_t i = 0; i < net->node_count; i++)
        if (base_address_is(&net->nodes[i].address, address))
            return &net->nodes[i];
    return NULL;
}

/* Data says who sent it to whom, and a number of its own. */
static void data_check(struct net_node *node, const struct hermes_opened *opened)
{
    struct net *const net = node->net;
    assert_true(opened->size >= 16);
    const uint32_t from = number_at(opened->data), to = number_at(opened->data + 4),
                   number = number_at(opened->data + 8);
    assert_true(from < net->node_count && to == node->number && number < net->nodes[from].said[to]);
    assert_memory_equal(hermes_secure_id(node->secure, opened->peer), net_id(net, from),
                        sizeof(struct bpi_hermes_id));
    for (size_t i = 16; i < opened->size; i++)
        assert_int_equal(opened->data[i], (uint8_t)(number + i));
    uint8_t *const seen = &node->seen[from][number / 8];
    assert_int_equal(*seen >> (number % 8) & 1, 0);
    *seen |= (uint8_t)(1 << (number % 8));
    node->heard[from]++;
}

static void node_note(struct net_node *node, const struct hermes_opened *opened)
{
    if (opened->kind == HERMES_NOTHING)
        return;
    assert_true(opened->peer < node->net->capacity);
    bool *const is_up = &node->is_up[opened->peer];
    switch (opened->kind) {
    case HERMES_NOTHING:
        break;
    case HERMES_UP:
        assert_false(*is_up);
        assert_true(hermes_secure_is_up(node->secure, opened->peer));
        *is_up = true;
        node->ups++;
        break;
    case HERMES_DOWN:
        assert_false(hermes_secure_is_up(node->secure, opened->peer));
        *is_up = false;
        node->downs++;
        break;
    case HERMES_DATA:
        assert_true(*is_up);
        data_check(node, opened);
        break;
    }
}

enum hermes_opened_kind net_deliver(struct net *net, uint32_t to, const struct base_address *from,
                                    const uint8_t *data, size_t size)
{
    struct net_node *const node = &net->nodes[to];
    /* In memory of exactly its size, so that a sanitizer sees a read past the end. */
    uint8_t *const exact = malloc(size > 0 ? size : 1);
    assert_non_null(exact);
    if (size > 0)
        memcpy(exact, data, size);
    node->world.now_ns = net->now_ns;
    const struct hermes_opened opened =
        hermes_secure_open(node->secure, &node->world, from, exact, size);
    node_note(node, &opened);
    free(exact);
    return opened.kind;
}

static void node_timer(struct net_node *node)
{
    struct hermes_opened opened;
    node->world.now_ns = node->net->now_ns;
    do {
        opened = hermes_secure_timer(node->secure, &node->world);
        node_note(node, &opened);
    } while (opened.kind != HERMES_NOTHING);
    assert_true(hermes_secure_wake_ns(node->secure) > node->net->now_ns);
}

/* The next thing to happen: a packet's number, or node_count of nothing before until_ns. */
static size_t packet_next(const struct net *net)
{
    size_t next = 0;
    for (size_t i = 1; i < net->queue_count; i++) {
        const struct net_packet *const a = &net->queue[i], *const b = &net->queue[next];
        if (a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->order < b->order))
            next = i;
    }
    return next;
}

static struct net_node *timer_next(struct net *net)
{
    struct net_node *next = &net->nodes[0];
    for (uint32_t i = 1; i < net->node_count; i++)
        if (hermes_secure_wake_ns(net->nodes[i].secure) < hermes_secure_wake_ns(next->secure))
            next = &net->nodes[i];
    return next;
}

static void advance(struct net *net, uint64_t at_ns)
{
    if (at_ns > net->now_ns)
        net->now_ns = at_ns;
}

void net_run(struct net *net, uint64_t until_ns)
{
    for (;;) {
        struct net_node *const node = timer_next(net);
        const uint64_t wake_ns = hermes_secure_wake_ns(node->secure);
        const size_t next = packet_next(net);
        const uint64_t packet_ns = net->queue_count > 0 ? net->queue[next].at_ns : UINT64_MAX;
        if (wake_ns > until_ns && packet_ns > until_ns)
            break;
        if (wake_ns < packet_ns) {
            advance(net, wake_ns);
            node_timer(node);
            continue;
        }
        const struct net_packet packet = net->queue[next];
        net->queue[next] = net->queue[--net->queue_count];
        advance(net, packet.at_ns);
        struct net_node *const to = net_at(net, &packet.to);
        if (to != NULL)
            net_deliver(net, to->number, &packet.from, packet.data, packet.size);
    }
    advance(net, until_ns);
}

base_err net_call(struct net *net, uint32_t from, uint32_t to, bool is_expected, uint32_t *peer)
{
    struct net_node *const node = &net->nodes[from];
    uint32_t handle;
    node->world.now_ns = net->now_ns;
    return hermes_secure_connect(node->secure, &node->world, &net->nodes[to].address,
                                 is_expected ? net_id(net, to) : NULL,
                                 peer != NULL ? peer : &handle);
}

void net_close(struct net *net, uint32_t number, uint32_t of)
{
    struct net_node *const node = &net->nodes[number];
    const uint32_t peer = net_peer(net, number, of);
    assert_int_not_equal(peer, HERMES_NO_PEER);
    node->world.now_ns = net->now_ns;
    hermes_secure_close(node->secure, &node->world, peer);
    node->is_up[peer] = false;
}

uint32_t net_peer(struct net *net, uint32_t number, uint32_t of)
{
    const struct net_node *const node = &net->nodes[number];
    for (uint32_t peer = 0; peer < net->capacity; peer++)
        if (hermes_secure_is_up(node->secure, peer) &&
            memcmp(hermes_secure_id(node->secure, peer), net_id(net, of),
                   sizeof(struct bpi_hermes_id)) == 0)
            return peer;
    return HERMES_NO_PEER;
}

bool net_are_up(struct net *net, uint32_t a, uint32_t b)
{
    return net_peer(net, a, b) != HERMES_NO_PEER && net_peer(net, b, a) != HERMES_NO_PEER;
}

bool net_say(struct net *net, uint32_t from, uint32_t to, bool is_encrypted, size_t size)
{
    struct net_node *const node = &net->nodes[from];
    uint8_t packet[NET_DATAGRAM_MAX];
    uint8_t *const data = packet + HERMES_SEAL_OVERHEAD - 16;
    const uint32_t peer = net_peer(net, from, to);
    if (peer == HERMES_NO_PEER)
        return false;
    const uint32_t number = (uint32_t)node->said[to]++;
    assert_true(number < NET_SAID_MAX && size >= 16 &&
                size + HERMES_SEAL_OVERHEAD <= NET_DATAGRAM_MAX);
    number_put(data, from);
    number_put(data + 4, to);
    number_put(data + 8, number);
    number_put(data + 12, 0);
    for (size_t i = 16; i < size; i++)
        data[i] = (uint8_t)(number + i);
    node->world.now_ns = net->now_ns;
    assert_int_equal(
        hermes_secure_send(node->secure, &node->world, peer, is_encrypted, packet, size), BASE_OK);
    return true;
}
