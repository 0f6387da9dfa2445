/* fuzz_hermes_secure.c - bytes as a history of two nodes: datagrams of any content in every state
 * of a handshake and after it, changed packets, and what a peer that has the keys may say. What
 * must hold is checked by secure_net.c: nothing is received that was not sent so.
 *
 * Source of an input: packets that pass first | operations, each a byte and its arguments; what is
 * missing at the end is 0.
 */
#include "secure_net.h"

#include "hermes_secure_state_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPERATIONS_MAX = 64 };

struct input {
    const uint8_t *data;
    size_t size;
};

static struct net net;

static uint8_t next(struct input *input)
{
    if (input->size == 0)
        return 0;
    input->size--;
    return *input->data++;
}

static size_t bytes(struct input *input, uint8_t *out, size_t max)
{
    size_t size = next(input);
    if (size > max)
        size = max;
    if (size > input->size)
        size = input->size;
    for (size_t i = 0; i < size; i++)
        out[i] = next(input);
    return size;
}

static void raw(struct input *input)
{
    uint8_t data[NET_DATAGRAM_MAX];
    const uint32_t to = next(input) % 2;
    struct base_address from = net.nodes[1 - to].address;
    if (next(input) % 4 == 0)
        from.port++;
    net_deliver(&net, to, &from, data, bytes(input, data, sizeof data));
}

/* A packet on its way arrives, with a byte changed. */
static void changed(struct input *input)
{
    if (net.queue_count == 0)
        return;
    struct net_packet packet = net.queue[next(input) % net.queue_count];
    const size_t at = next(input) * (size_t)2;
    packet.data[at % packet.size] ^= next(input);
    const struct net_node *const to = net_at(&net, &packet.to);
    if (to != NULL)
        net_deliver(&net, to->number, &packet.from, packet.data, packet.size);
}

/* Anything at all, under the right keys. */
static void authentic(struct input *input)
{
    uint8_t body[HERMES_CONTROL_MAX] = { 0 };
    const uint32_t from = next(input) % 2, peer = net_peer(&net, from, 1 - from);
    if (peer == HERMES_NO_PEER)
        return;
    struct net_node *const node = &net.nodes[from];
    struct hermes_session *const session = &node->secure->sessions[peer];
    const size_t size = bytes(input, body, sizeof body);
    hermes_control_send(&node->world, &session->address, hermes_keys_to_send(session), body, size);
}

static void operation(struct input *input)
{
    const uint8_t what = next(input), of = what / 16 % 2;
    switch (what % 8) {
    case 0:
        raw(input);
        break;
    case 1:
        changed(input);
        break;
    case 2:
        net_wait(&net, next(input) * 5 * NET_MS);
        break;
    case 3:
        net_say(&net, of, 1 - of, what & 32, 16);
        break;
    case 4:
        if (net_call(&net, of, 1 - of, what & 32, NULL) != BASE_OK)
            return;
        break;
    case 5:
        if (net_peer(&net, of, 1 - of) != HERMES_NO_PEER)
            net_close(&net, of, 1 - of);
        break;
    case 6:
        authentic(input);
        break;
    default:
        net_wait(&net, next(input) * NET_S);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = { data, size };
    net_init(&net, 1, 2, 3, 20 * NET_S);
    const uint64_t order = next(&input) % 16;
    assert_int_equal(net_call(&net, 0, 1, true, NULL), BASE_OK);
    for (int i = 0; i < 100 && net.order < order; i++)
        net_wait(&net, 5 * NET_MS);
    for (int i = 0; i < OPERATIONS_MAX && input.size > 0; i++)
        operation(&input);
    net_wait(&net, 2 * NET_S);
    net_done(&net);
    return 0;
}
