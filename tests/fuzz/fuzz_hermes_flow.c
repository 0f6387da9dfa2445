/* fuzz_hermes_flow.c - what a peer may write: the input is a list of steps of two flows. A step is
 * a byte and what it needs: submit, let time pass, carry packets over (whole, cut, with a byte
 * changed, twice, or not at all), or give a packet of the input's own bytes. Memory stays bounded,
 * nothing is called for ever, and no message is done twice. */
#include "hermes_flow_internal.h"

#include <stdlib.h>
#include <string.h>

enum { MEMORY = 1 << 18, MESSAGES = 256, PACKETS = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct end {
    uint8_t done[MESSAGES];
    size_t count;
};

static volatile uint8_t read_sum;

static void need(bool is_true)
{
    if (!is_true)
        abort();
}

static void on_message(void *context, enum bpi_hermes_class class, struct base_span message)
{
    (void)context;
    need((unsigned)class < BPI_HERMES_CLASSES);
    need(message.size > 0 && message.size <= BPI_HERMES_MESSAGE_MAX + 256);
    for (size_t i = 0; i < message.size; i++)
        read_sum ^= message.data[i]; /* a sanitizer sees bytes that nobody wrote */
}

static void on_done(void *context, uint64_t ticket, bool is_delivered)
{
    struct end *const end = context;
    (void)is_delivered;
    need(ticket < end->count && end->done[ticket] == 0);
    end->done[ticket] = 1;
}

struct world {
    struct hermes_flow *flows[2];
    struct end ends[2];
    uint64_t now_ns;
    size_t packets;
    const uint8_t *data;
    size_t size;
};

static unsigned take(struct world *world)
{
    if (world->size == 0)
        return 0;
    world->size--;
    return *world->data++;
}

static void give(struct world *world, unsigned to, const uint8_t *data, size_t size)
{
    const struct hermes_flow_sink sink = { &world->ends[to], on_message, on_done };
    uint8_t *const exact = malloc(size > 0 ? size : 1);
    need(exact != NULL);
    if (size > 0)
        memcpy(exact, data, size);
    const base_err err = hermes_flow_receive(world->flows[to], world->now_ns, exact, size, &sink);
    need(err == BASE_OK || err == BASE_EPROTOCOL);
    free(exact);
    need(hermes_flow_stats(world->flows[to]).memory_bytes <= 2 * MEMORY);
}

static void carry(struct world *world, unsigned from)
{
    uint8_t packet[600];
    enum bpi_hermes_class class;
    const unsigned how = take(world);
    for (size_t size;
         (size = hermes_flow_next(world->flows[from], world->now_ns, packet, &class)) > 0;) {
        need(size <= sizeof packet && (unsigned)class < BPI_HERMES_CLASSES);
        need(world->packets++ < PACKETS);
        if ((how & 3) == 1)
            packet[take(world) % size] ^= (uint8_t)(1 + take(world) % 255);
        if ((how & 3) == 2)
            continue;
        give(world, 1 - from, packet, (how & 3) == 3 ? take(world) % size : size);
        if ((how & 4) != 0)
            give(world, 1 - from, packet, size);
    }
}

static void submit(struct world *world, unsigned from)
{
    static const uint8_t bytes[255 * 157];
    struct end *const end = &world->ends[from];
    const size_t size = take(world) * 157;
    const enum bpi_hermes_class class = (enum bpi_hermes_class)(take(world) % 4);
    if (end->count < MESSAGES &&
        hermes_flow_submit(world->flows[from], world->now_ns, class,
                           (struct base_span){ bytes, size }, end->count) == BASE_OK)
        end->count++;
}

static void step(struct world *world)
{
    const unsigned what = take(world), host = what & 1;
    const struct hermes_flow_sink sink = { &world->ends[host], on_message, on_done };
    switch (what >> 1 & 3) {
    case 0:
        submit(world, host);
        break;
    case 1:
        carry(world, host);
        break;
    case 2:
        world->now_ns += (uint64_t)take(world) << (what >> 3);
        hermes_flow_timer(world->flows[host], world->now_ns, &sink);
        break;
    default: {
        const size_t size = take(world) < world->size ? take(world) : world->size;
        const size_t own = size < world->size ? size : world->size;
        give(world, host, world->data, own);
        world->data += own;
        world->size -= own;
    }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hermes_flow_config config = { .packet_max = 600,
                                         .memory_bytes = MEMORY,
                                         .deadline_ns = { 1000000000, 2000000000, 3000000000 } };
    struct world world = { .data = data, .size = size, .now_ns = 1 };
    for (int i = 0; i < 2; i++)
        need(hermes_flow_new(&config, world.now_ns, &world.flows[i]) == BASE_OK);
    while (world.size > 0 && world.packets < PACKETS / 2)
        step(&world);
    for (unsigned i = 0; i < 2; i++) {
        const struct hermes_flow_sink sink = { &world.ends[i], on_message, on_done };
        hermes_flow_timer(world.flows[i], world.now_ns + 100000000000, &sink);
        for (size_t j = 0; j < world.ends[i].count; j++)
            need(world.ends[i].done[j] == 1);
        need(hermes_flow_stats(world.flows[i]).memory_bytes == 0);
        hermes_flow_free(world.flows[i]);
    }
    return 0;
}
