/* net_node.c - every call of the driver is handed on with a world of our own in the middle. */
#include "net_node.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_SIZE = 16 /* of a payload: origin, sequence, intended time */ };

static const uint64_t retry_after_ns =
    500000; /* a refused message: soon enough, and no busy loop */

/* ---- payloads: origin, sequence, intended time, then words that follow from these ---- */

static void put(uint8_t *out, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const uint8_t *in, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)in[i] << 8 * i;
    return value;
}

/* splitmix64 */
static uint64_t next_word(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* The words of a message are first, first + step, first + 2 step ...: both drawn for this message,
 * so that a word of another one, or of another place, is noticed as surely as any other change. It
 * must cost next to nothing: each delivery pays for it, and is not to be slower by being watched.
 */
struct words {
    uint64_t first, step;
};

static struct words words_of(const struct net_load *load, uint32_t origin, uint32_t sequence)
{
    uint64_t state =
        load->seed ^ ((uint64_t)origin << 32 | sequence) * UINT64_C(0xd1342543de82ef95);
    const uint64_t first = next_word(&state);
    return (struct words){ first, next_word(&state) | 1 };
}

void net_payload_make(const struct net_load *load, uint32_t origin, uint32_t sequence,
                      uint64_t intended_ns, uint8_t *out)
{
    const struct words words = words_of(load, origin, sequence);
    uint64_t word = words.first;
    put(out, origin, 4);
    put(out + 4, sequence, 4);
    put(out + 8, intended_ns, 8);
    for (size_t at = HEAD_SIZE; at < load->message_size; at += 8, word += words.step) {
        const uint64_t written = htole64(word);
        memcpy(out + at, &written, load->message_size - at < 8 ? load->message_size - at : 8);
    }
}

bool net_payload_is_good(const struct net_load *load, struct base_span payload, uint32_t *origin,
                         uint32_t *sequence)
{
    if (payload.size != load->message_size)
        return false;
    *origin = (uint32_t)get(payload.data, 4);
    *sequence = (uint32_t)get(payload.data + 4, 4);
    if (*origin >= load->node_count || *sequence >= load->messages)
        return false;
    const struct words words = words_of(load, *origin, *sequence);
    uint64_t word = words.first, wrong = 0;
    size_t at = HEAD_SIZE;
    for (; at + 8 <= payload.size; at += 8, word += words.step) {
        uint64_t read;
        memcpy(&read, payload.data + at, sizeof read);
        wrong |= le64toh(read) ^ word;
    }
    for (; at < payload.size; at++, word >>= 8)
        wrong |= payload.data[at] ^ (word & 0xff);
    return wrong == 0;
}

/* ---- the world around the protocol ---- */

static void node_secret(void *context, void *out, size_t size)
{
    const struct net_node *node = context;
    node->world->secret(node->world->context, out, size);
}

static void tap(struct net_tap *taps, const struct base_address *to, const void *data, size_t size)
{
    const uint32_t count = atomic_load_explicit(&taps->count, memory_order_relaxed);
    if (count == NET_TAP_COUNT || size > NET_TAP_SIZE)
        return;
    taps->datagrams[count].to = *to;
    taps->datagrams[count].size = (uint16_t)size;
    memcpy(taps->datagrams[count].data, data, size);
    atomic_store_explicit(&taps->count, count + 1, memory_order_release);
}

/* A third is dropped, a third is sent with a bit flipped. */
static void send_bent(struct net_node *node, const struct base_address *to, const void *data,
                      size_t size)
{
    uint8_t copy[BASE_STEP_DATAGRAM_MAX];
    const uint64_t choice = base_rng_below(&node->rng, 3);
    if (choice == 0 || size == 0)
        return;
    memcpy(copy, data, size);
    if (choice == 1) {
        const uint64_t bit = base_rng_below(&node->rng, 8 * size);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    node->world->send(node->world->context, to, copy, size);
}

static void node_send(void *context, const struct base_address *to, const void *data, size_t size)
{
    struct net_node *node = context;
    const bool is_bent =
        node->behaviour != NET_HONEST && net_node_attacks(node, node->world->now_ns);
    if (node->is_tapped)
        tap(&node->record->tap, to, data, size);
    if (is_bent && node->behaviour == NET_SILENT)
        return;
    if (is_bent && node->behaviour == NET_BYZANTINE)
        send_bent(node, to, data, size);
    else
        node->world->send(node->world->context, to, data, size);
}

/* A delivery by the protocol. */
static void node_tell(void *context, const void *event)
{
    struct net_node *node = context;
    const struct net_delivery *delivery = event;
    struct net_record *record = node->record;
    uint32_t origin = 0, sequence = 0;
    if (node->index >= node->load->node_count)
        return; /* a guest */
    if (!net_payload_is_good(node->load, delivery->payload, &origin, &sequence) ||
        (delivery->origin != UINT32_MAX && delivery->origin != origin) || origin == node->index) {
        record->wrong++;
        return;
    }
    uint64_t *at_ns = &record->at_ns[net_load_number(node->load, origin, sequence)];
    if (*at_ns != 0) {
        record->again++;
        return;
    }
    *at_ns = node->clock != NULL ? node->clock() : node->world->now_ns;
    record->hops_sum += delivery->hops;
    record->hops_known += delivery->hops > 0;
    atomic_fetch_add_explicit(&record->delivered, 1, memory_order_relaxed);
}

static struct base_step_world inner_world(struct net_node *node,
                                          const struct base_step_world *world)
{
    struct base_step_world inner = *world;
    node->world = world;
    inner.context = node;
    inner.secret = node_secret;
    inner.send = node_send;
    inner.tell = node_tell;
    return inner;
}

/* ---- load ---- */

/* When the next message is due: UINT64_MAX when there is none. */
static uint64_t due_ns(const struct net_node *node)
{
    if (node->start_ns == 0 || node->index >= node->load->node_count ||
        node->next >= node->load->messages)
        return UINT64_MAX;
    const uint64_t number = net_load_number(node->load, node->index, node->next);
    const uint64_t intended_ns = node->start_ns + net_load_intended_ns(node->load, number);
    return intended_ns > node->retry_ns ? intended_ns : node->retry_ns;
}

static void give_up(struct net_record *record, base_err err, const struct base_why *why)
{
    record->err = err;
    memcpy(record->why, why->text, NET_WHY_SIZE - 1);
    record->why[NET_WHY_SIZE - 1] = '\0';
}

static void publish_due(struct net_node *node, const struct base_step_world *inner)
{
    struct net_record *record = node->record;
    while (due_ns(node) <= inner->now_ns && record->err == BASE_OK) {
        struct base_why why = { 0 };
        const uint64_t number = net_load_number(node->load, node->index, node->next);
        net_payload_make(node->load, node->index, node->next,
                         net_load_intended_ns(node->load, number), node->payload);
        const base_err err =
            node->protocol->publish(node->state, inner, node->load->class,
                                    base_span_of(node->payload, node->load->message_size), &why);
        if (err == BASE_EFULL) {
            record->refused++;
            node->retry_ns = inner->now_ns + retry_after_ns;
            return;
        }
        if (err != BASE_OK) {
            give_up(record, err, &why);
            return;
        }
        record->published++;
        node->next++;
    }
}

static void note_ready(struct net_node *node)
{
    struct net_record *record = node->record;
    if (atomic_load_explicit(&record->is_ready, memory_order_relaxed) == 0 &&
        node->protocol->is_ready(node->state))
        atomic_store_explicit(&record->is_ready, 1, memory_order_release);
}

/* ---- the step ---- */

static void node_start(void *state, const struct base_step_world *world)
{
    struct net_node *node = state;
    const struct base_step_world inner = inner_world(node, world);
    node->protocol->step->start(node->state, &inner);
    note_ready(node);
}

static void node_datagram(void *state, const struct base_step_world *world,
                          const struct base_address *from, uint8_t *data, size_t size)
{
    struct net_node *node = state;
    const struct base_step_world inner = inner_world(node, world);
    node->protocol->step->datagram(node->state, &inner, from, data, size);
    note_ready(node);
}

static void node_timer(void *state, const struct base_step_world *world)
{
    struct net_node *node = state;
    const struct base_step_world inner = inner_world(node, world);
    publish_due(node, &inner);
    node->protocol->step->timer(node->state, &inner);
    note_ready(node);
}

static uint64_t node_wake_ns(const void *state)
{
    const struct net_node *node = state;
    const uint64_t due = node->record->err == BASE_OK ? due_ns(node) : UINT64_MAX;
    const uint64_t wake = node->protocol->step->wake_ns(node->state);
    return due < wake ? due : wake;
}

const struct base_step net_node_step = { .name = "net_node",
                                         .start = node_start,
                                         .datagram = node_datagram,
                                         .timer = node_timer,
                                         .wake_ns = node_wake_ns };

base_err net_node_open(struct net_node *node, const struct net_node_config *config,
                       struct base_why *why)
{
    node->payload = malloc(node->load->message_size);
    if (node->payload == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a node");
    base_rng_init(&node->rng, config->seed ^ (config->index + UINT64_C(0x5bd1e995)));
    const base_err err = node->protocol->open(config, &node->state, why);
    if (err != BASE_OK)
        net_node_close(node);
    return err;
}

void net_node_close(struct net_node *node)
{
    if (node->state != NULL)
        node->protocol->close(node->state);
    free(node->payload);
    node->state = NULL;
    node->payload = NULL;
}

void net_node_begin(struct net_node *node, uint64_t start_ns)
{
    node->start_ns = start_ns;
}

bool net_node_attacks(const struct net_node *node, uint64_t now_ns)
{
    return node->start_ns != 0 && now_ns >= node->start_ns + node->attack_from_ns &&
           now_ns < node->start_ns + node->attack_until_ns;
}

void net_node_end(struct net_node *node)
{
    node->protocol->stats(node->state, &node->record->stats);
}
