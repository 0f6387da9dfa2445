/* fuzz_net_baselines.c - any datagrams at a node of each baseline, with its timer in between.
 *
 *   input   protocol (a byte); then, again and again: 0 .. 5: from a neighbour, else: the timer,
 * that many milliseconds later; size (a byte, times 8 when above 127), bytes
 */
#include "net_baselines.h"
#include "net_wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NODES = 6 };

static struct base_address addresses[NODES];
static uint64_t told, sent;

static void take(void *context, const struct base_address *to, const void *data, size_t size)
{
    (void)context;
    sent += size + to->port + (size > 0 ? *(const uint8_t *)data : 0);
}

static void hear(void *context, const void *event)
{
    const struct net_delivery *const d = event;
    (void)context;
    if (d->payload.size < 16 || d->payload.size > NET_WIRE_MESSAGE_MAX || d->origin >= NODES)
        abort();
    told += d->payload.data[0] + d->payload.data[d->payload.size - 1];
}

static void run(const struct net_protocol *protocol, void *node, const uint8_t *data, size_t size)
{
    struct base_rng rng;
    struct base_step_world world = {
        .now_ns = 1000000000, .rng = &rng, .send = take, .tell = hear
    };
    uint8_t payload[64] = { 1 };
    base_rng_init(&rng, 1);
    protocol->step->start(node, &world);
    if (protocol->publish(node, &world, 0, base_span_of(payload, sizeof payload), NULL) != BASE_OK)
        abort();
    while (size >= 2) {
        const uint8_t what = data[0];
        size_t part = data[1] > 127 ? (data[1] - 127u) * 8 : data[1];
        data += 2;
        size -= 2;
        if (what >= NODES) {
            world.now_ns += what * UINT64_C(1000000);
            protocol->step->timer(node, &world);
            if (protocol->step->wake_ns(node) <= world.now_ns)
                abort();
            continue;
        }
        part = part < size ? part : size;
        uint8_t *const copy = malloc(part + 1); /* exactly, so that a read past its end is seen */
        if (copy == NULL)
            abort();
        memcpy(copy, data, part);
        protocol->step->datagram(node, &world, &addresses[what], copy, part);
        free(copy);
        data += part;
        size -= part;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct net_protocol *const protocols[] = { &net_gossip, &net_gossipsub,
                                                            &net_plumtree };
    struct net_node_config config = {
        .index = 0, .count = NODES, .addresses = addresses, .seed = 1, .mtu_bytes = 576
    };
    void *node = NULL;
    if (size == 0)
        return 0;
    for (uint16_t i = 0; i < NODES; i++)
        addresses[i] = (struct base_address){ .ip = { 0xfd, [15] = 1 }, .port = 9000 + i };
    const struct net_protocol *const protocol = protocols[data[0] % 3];
    if (protocol->open(&config, &node, NULL) != BASE_OK)
        abort();
    run(protocol, node, data + 1, size - 1);
    protocol->close(node);
    return 0;
}
