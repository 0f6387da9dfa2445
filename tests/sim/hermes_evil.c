/* hermes_evil.c - see hermes_evil.h. */
#include "hermes_evil.h"

#include "hermes_node_internal.h"

#include <stdlib.h>
#include <string.h>

enum { STASH = 16, STASH_SIZE = 1600, DATAGRAM_SIZE = 1600 };

struct stashed {
    uint8_t bytes[STASH_SIZE];
    size_t size;
    enum bpi_hermes_class class;
};

struct hermes_evil {
    struct bpi_hermes *node;
    struct hermes_group *group;
    struct base_rng rng;
    uint32_t crimes;
    uint64_t record[HERMES_CRIMES];
    uint64_t next_ns, every_ns;
    struct stashed messages[STASH];  /* relayed ones that came by */
    struct stashed datagrams[STASH]; /* of anybody who wrote to us, and our own */
    uint32_t message_count, datagram_count;
    const struct base_step_world *outer;
};

static bool chance(struct hermes_evil *evil, uint32_t one_in)
{
    return base_rng_below(&evil->rng, one_in) == 0;
}

static bool does(const struct hermes_evil *evil, enum hermes_crime crime)
{
    return (evil->crimes & crime) != 0;
}

static void note(struct hermes_evil *evil, enum hermes_crime crime)
{
    evil->record[__builtin_ctz((unsigned)crime)]++;
}

static void fill(struct hermes_evil *evil, void *out, size_t size)
{
    uint8_t *bytes = out;
    for (uint64_t word; size > 0;) {
        const size_t part = size < sizeof word ? size : sizeof word;
        word = base_rng_u64(&evil->rng);
        memcpy(bytes, &word, part);
        bytes += part;
        size -= part;
    }
}

static void keep(struct hermes_evil *evil, struct stashed *stash, uint32_t *count, const void *data,
                 size_t size, enum bpi_hermes_class class)
{
    if (size > STASH_SIZE)
        return;
    const uint64_t at = *count < STASH ? *count : base_rng_below(&evil->rng, STASH);
    memcpy(stash[at].bytes, data, size);
    stash[at].size = size;
    stash[at].class = class;
    *count += *count < STASH;
}

/* To the network */

static struct base_address anybody(struct hermes_evil *evil)
{
    return lab_sim_address((uint32_t)base_rng_below(&evil->rng, evil->group->config.count));
}

static void evil_send(void *context, const struct base_address *to, const void *data, size_t size)
{
    struct hermes_evil *const evil = context;
    const struct base_step_world *const outer = evil->outer;
    uint8_t changed[DATAGRAM_SIZE];
    if (does(evil, HERMES_DROPS_DATAGRAMS) && chance(evil, 6)) {
        note(evil, HERMES_DROPS_DATAGRAMS);
        return;
    }
    keep(evil, evil->datagrams, &evil->datagram_count, data, size, 0);
    if (does(evil, HERMES_CHANGES_DATAGRAMS) && chance(evil, 8) && size <= sizeof changed &&
        size > 0) {
        note(evil, HERMES_CHANGES_DATAGRAMS);
        memcpy(changed, data, size);
        changed[base_rng_below(&evil->rng, size)] ^= (uint8_t)(1 + base_rng_below(&evil->rng, 255));
        data = changed;
        size -= chance(evil, 4) ? base_rng_below(&evil->rng, size) : 0;
    }
    outer->send(outer->context, to, data, size);
    if (does(evil, HERMES_REPEATS_DATAGRAMS) && chance(evil, 4)) {
        note(evil, HERMES_REPEATS_DATAGRAMS);
        outer->send(outer->context, to, data, size);
    }
}

static void evil_secret(void *context, void *out, size_t size)
{
    const struct hermes_evil *const evil = context;
    evil->outer->secret(evil->outer->context, out, size);
}

static void evil_tell(void *context, const void *event)
{
    (void)context;
    (void)event;
}

static struct base_step_world world_of(struct hermes_evil *evil,
                                       const struct base_step_world *world)
{
    evil->outer = world;
    return (struct base_step_world){ .context = evil,
                                     .now_ns = world->now_ns,
                                     .rng = world->rng,
                                     .secret = evil_secret,
                                     .send = evil_send,
                                     .tell = evil_tell };
}

static void throw_datagrams(struct hermes_evil *evil)
{
    const struct base_step_world *const outer = evil->outer;
    if (does(evil, HERMES_SENDS_GARBAGE)) {
        uint8_t garbage[300];
        const struct base_address to = anybody(evil);
        const size_t size = base_rng_below(&evil->rng, sizeof garbage + 1);
        fill(evil, garbage, size);
        if (size > 0 && chance(evil, 2))
            garbage[0] %= 8; /* a type that exists */
        note(evil, HERMES_SENDS_GARBAGE);
        outer->send(outer->context, &to, garbage, size);
    }
    if (does(evil, HERMES_REPEATS_DATAGRAMS) && evil->datagram_count > 0) {
        const struct stashed *const old =
            &evil->datagrams[base_rng_below(&evil->rng, evil->datagram_count)];
        const struct base_address to = anybody(evil);
        note(evil, HERMES_REPEATS_DATAGRAMS);
        outer->send(outer->context, &to, old->bytes, old->size);
    }
}

/* Inside sessions */

static void submit(struct hermes_evil *evil, uint32_t handle, enum bpi_hermes_class class,
                   const void *data, size_t size)
{
    (void)!hermes_node_submit(evil->node, handle, class, base_span_of(data, size), 0);
}

static void submit_changed(struct hermes_evil *evil, uint32_t except, struct stashed *copy)
{
    const uint64_t at = base_rng_below(&evil->rng, copy->size);
    copy->bytes[at] ^= (uint8_t)(1 + base_rng_below(&evil->rng, 255));
    for (uint32_t i = 0; i < evil->node->heap_count; i++)
        if (evil->node->heap[i] != except)
            submit(evil, evil->node->heap[i], copy->class, copy->bytes, copy->size);
}

struct inside {
    struct hermes_evil *evil;
    uint32_t handle;
};

static void on_message(void *context, enum bpi_hermes_class class, struct base_span message)
{
    const struct inside *const in = context;
    struct hermes_evil *const evil = in->evil;
    enum hermes_kind kind;
    if (hermes_message_kind(message, &kind) == BASE_OK && kind == HERMES_RELAYED) {
        keep(evil, evil->messages, &evil->message_count, message.data, message.size, class);
        if (does(evil, HERMES_CHANGES_RELAYED) && message.size <= STASH_SIZE && chance(evil, 2)) {
            struct stashed copy = { .size = message.size, .class = class };
            memcpy(copy.bytes, message.data, message.size);
            note(evil, HERMES_CHANGES_RELAYED);
            submit_changed(evil, in->handle, &copy);
            return;
        }
        if (does(evil, HERMES_DROPS_RELAYED) && !chance(evil, 4)) {
            note(evil, HERMES_DROPS_RELAYED);
            return;
        }
    }
    hermes_receive_message(evil->node, in->handle, class, message);
}

static void on_done(void *context, uint64_t ticket, bool is_delivered)
{
    const struct inside *const in = context;
    hermes_send_done(in->evil->node, in->handle, ticket, is_delivered);
}

static struct bpi_hermes_id somebody(struct hermes_evil *evil)
{
    return evil->group->ids[base_rng_below(&evil->rng, evil->group->config.count)];
}

static struct hermes_name false_name(struct hermes_evil *evil)
{
    return (struct hermes_name){ .origin = somebody(evil),
                                 .incarnation = 1000000000 + base_rng_below(&evil->rng, 3),
                                 .counter = base_rng_below(&evil->rng, 20),
                                 .class = (enum bpi_hermes_class)base_rng_below(&evil->rng, 3) };
}

/* A message of somebody else, signed with noise, or a true one with another name. */
static void forge(struct hermes_evil *evil, uint32_t handle)
{
    uint8_t bytes[STASH_SIZE];
    struct hermes_envelope envelope = {
        .kind = HERMES_RELAYED, .hops = 1, .type = BPI_HERMES_IBFT_COMMIT, .name = false_name(evil)
    };
    envelope.name.class = BPI_HERMES_CONSENSUS;
    size_t size = hermes_envelope_head(&envelope, bytes);
    fill(evil, bytes + 2, HERMES_SIGNATURE_SIZE);
    bytes[2 + HERMES_SIGNATURE_SIZE - 1] &= 0x0f; /* a number that a signature may have */
    fill(evil, bytes + size, 64);
    size += 64;
    if (evil->message_count > 0 && chance(evil, 2)) {
        const struct stashed *const old =
            &evil->messages[base_rng_below(&evil->rng, evil->message_count)];
        memcpy(bytes, old->bytes, old->size);
        size = old->size;
        bytes[80] = (uint8_t)(bytes[80] + 1); /* the counter */
    }
    submit(evil, handle, BPI_HERMES_CONSENSUS, bytes, size);
}

static void false_names(struct hermes_evil *evil, uint32_t handle)
{
    static const enum hermes_kind kinds[3] = { HERMES_IHAVE, HERMES_GRAFT, HERMES_WANT };
    struct hermes_control control = { .kind = kinds[base_rng_below(&evil->rng, 3)],
                                      .count = 1 + base_rng_below(&evil->rng, HERMES_NAMES_MAX) };
    for (size_t i = 0; i < control.count; i++)
        control.names[i] = false_name(evil);
    hermes_node_say(evil->node, handle, &control);
}

static void false_records(struct hermes_evil *evil, uint32_t handle)
{
    struct hermes_control control = { .kind = HERMES_MEMBERS,
                                      .wants_answer = chance(evil, 2),
                                      .count = 1 + base_rng_below(&evil->rng, 8) };
    for (size_t i = 0; i < control.count; i++) {
        struct hermes_record *const record = &control.records[i];
        fill(evil, record, sizeof *record);
        record->address = anybody(evil);
        if (chance(evil, 2))
            record->id = somebody(evil);
    }
    hermes_node_say(evil->node, handle, &control);
}

static void false_verbs(struct hermes_evil *evil, uint32_t handle)
{
    struct hermes_control control = { .kind = chance(evil, 2) ? HERMES_PRUNE : HERMES_NEIGHBOR };
    control.verb = (enum hermes_verb)base_rng_below(&evil->rng, HERMES_VERBS);
    if (chance(evil, 4)) {
        control.kind = HERMES_HELLO;
        control.address = anybody(evil);
    }
    hermes_node_say(evil->node, handle, &control);
}

/* Bytes that no flow makes, sealed as they should be; or a message that does not parse. */
static void break_protocol(struct hermes_evil *evil, uint32_t handle)
{
    uint8_t packet[HERMES_SEAL_OVERHEAD + 200];
    const size_t size = 1 + base_rng_below(&evil->rng, 200);
    fill(evil, packet, sizeof packet);
    if (chance(evil, 2)) {
        submit(evil, handle, BPI_HERMES_AUCTION, packet, size);
        return;
    }
    packet[HERMES_SEAL_OVERHEAD - 16] %= 3;
    (void)!hermes_secure_send(evil->node->secure, &evil->node->world, handle, true, packet, size);
}

static void repeat_relayed(struct hermes_evil *evil, uint32_t handle)
{
    if (evil->message_count == 0)
        return;
    const struct stashed *const old =
        &evil->messages[base_rng_below(&evil->rng, evil->message_count)];
    note(evil, HERMES_REPEATS_RELAYED);
    submit(evil, handle, old->class, old->bytes, old->size);
}

/* Of the crimes that need no occasion, one. */
static void lie(struct hermes_evil *evil, uint32_t handle, enum hermes_crime crime)
{
    if (crime == HERMES_REPEATS_RELAYED) {
        repeat_relayed(evil, handle);
        return;
    }
    note(evil, crime);
    if (crime == HERMES_FORGES)
        forge(evil, handle);
    else if (crime == HERMES_NAMES_FALSELY)
        false_names(evil, handle);
    else if (crime == HERMES_FALSE_RECORDS)
        false_records(evil, handle);
    else if (crime == HERMES_FALSE_VERBS)
        false_verbs(evil, handle);
    else
        break_protocol(evil, handle);
}

static void do_evil(struct hermes_evil *evil)
{
    struct bpi_hermes *const node = evil->node;
    throw_datagrams(evil);
    if (node->heap_count == 0)
        return;
    const uint32_t handle = node->heap[base_rng_below(&evil->rng, node->heap_count)];
    for (uint32_t crime = HERMES_REPEATS_RELAYED; crime < 1u << HERMES_CRIMES; crime <<= 1)
        if (does(evil, (enum hermes_crime)crime))
            lie(evil, handle, (enum hermes_crime)crime);
}

const uint64_t *hermes_evil_record(const struct hermes_evil *evil)
{
    return evil->record;
}

/* The machine */

static void evil_start(void *state, const struct base_step_world *world)
{
    struct hermes_evil *const evil = state;
    const struct base_step_world mine = world_of(evil, world);
    evil->next_ns = world->now_ns + evil->every_ns;
    bpi_hermes_step.start(evil->node, &mine);
}

static void flow_packet(struct hermes_evil *evil, const struct hermes_opened *opened)
{
    struct bpi_hermes *const node = evil->node;
    struct inside in = { evil, opened->peer };
    const struct hermes_flow_sink sink = { &in, on_message, on_done };
    node->peers[opened->peer].seen_ns = node->world.now_ns;
    (void)!hermes_flow_receive(node->peers[opened->peer].flow, node->world.now_ns, opened->data + 1,
                               opened->size - 1, &sink);
    hermes_node_mark(node, opened->peer);
}

static void evil_datagram(void *state, const struct base_step_world *world,
                          const struct base_address *from, uint8_t *data, size_t size)
{
    struct hermes_evil *const evil = state;
    struct bpi_hermes *const node = evil->node;
    const struct base_step_world mine = world_of(evil, world);
    keep(evil, evil->datagrams, &evil->datagram_count, data, size, 0);
    hermes_node_enter(node, &mine);
    const struct hermes_opened opened =
        hermes_secure_open(node->secure, &node->world, from, data, size);
    if (opened.kind == HERMES_DATA && opened.size > 1 && opened.data[0] == HERMES_PACKET_FLOW &&
        node->peers[opened.peer].state == HERMES_PEER_UP)
        flow_packet(evil, &opened);
    else
        hermes_node_opened(node, &opened);
    hermes_node_leave(node);
}

static void evil_timer(void *state, const struct base_step_world *world)
{
    struct hermes_evil *const evil = state;
    const struct base_step_world mine = world_of(evil, world);
    bpi_hermes_step.timer(evil->node, &mine);
    if (evil->next_ns > world->now_ns)
        return;
    evil->next_ns = world->now_ns + evil->every_ns / 2 + base_rng_below(&evil->rng, evil->every_ns);
    hermes_node_enter(evil->node, &mine);
    do_evil(evil);
    hermes_node_leave(evil->node);
}

static uint64_t evil_wake_ns(const void *state)
{
    const struct hermes_evil *const evil = state;
    const uint64_t wake_ns = bpi_hermes_step.wake_ns(evil->node);
    return wake_ns < evil->next_ns ? wake_ns : evil->next_ns;
}

const struct base_step hermes_evil_step = {
    .name = "evil",
    .start = evil_start,
    .datagram = evil_datagram,
    .timer = evil_timer,
    .wake_ns = evil_wake_ns,
};

struct hermes_evil *hermes_evil_new(struct hermes_group *group, uint32_t host, uint64_t seed,
                                    uint32_t crimes)
{
    struct hermes_evil *const evil = calloc(1, sizeof *evil);
    if (evil == NULL)
        abort();
    evil->group = group;
    evil->node = hermes_group_node(group, host);
    base_rng_init(&evil->rng, seed);
    /* A few crimes of many: one that commits all is banned before it does harm. */
    evil->crimes = crimes;
    for (int i = 0; i < 3 && crimes == 0; i++)
        evil->crimes |= 1u << base_rng_below(&evil->rng, HERMES_CRIMES);
    evil->every_ns = (20 + base_rng_below(&evil->rng, 200)) * HERMES_MS;
    return evil;
}

void hermes_evil_free(struct hermes_evil *evil)
{
    if (evil == NULL)
        return;
    bpi_hermes_free(evil->node);
    free(evil);
}
