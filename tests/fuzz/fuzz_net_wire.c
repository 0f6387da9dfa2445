/* fuzz_net_wire.c - datagrams of the baselines: decoded, put together and relayed, with and without
 * a tag. Input: bytes of several datagrams, each after its size in two bytes. */
#include "net_join.h"
#include "net_wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct net_wire *wire, const uint8_t *datagram, size_t size,
                  const struct net_wire_key *key)
{
    uint8_t *again = malloc(size);
    assert(again != NULL);
    assert(net_wire_encode(wire, key, again) == size);
    assert(memcmp(again, datagram, size) == 0);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct net_wire_key keys[] = { net_wire_key_of(1, false), net_wire_key_of(1, true) };
    struct net_join *join = NULL;
    if (net_join_new(4, 2 * NET_WIRE_MESSAGE_MAX, &join) != BASE_OK)
        return 0;
    while (size >= 2) {
        const size_t length = (size_t)(data[0] | data[1] << 8);
        data += 2;
        size -= 2;
        const size_t taken = length < size ? length : size;
        for (size_t k = 0; k < 2; k++) {
            struct net_wire wire;
            struct base_span message;
            if (net_wire_decode(data, taken, &keys[k], &wire) != BASE_OK)
                continue;
            check(&wire, data, taken, &keys[k]);
            if (wire.kind == NET_WIRE_KIND_DATA &&
                net_join_add(join, &wire, &message) == NET_JOIN_WHOLE) {
                assert(message.size == wire.message_size);
                volatile uint8_t sum = 0;
                for (size_t i = 0; i < message.size; i++)
                    sum = (uint8_t)(sum + message.data[i]);
            }
        }
        data += taken;
        size -= taken;
    }
    net_join_free(join);
    return 0;
}
