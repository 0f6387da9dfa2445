/* net_view.c - a ring is a permutation of the nodes; a node's neighbours are those beside its
 * place. The permutation is a Feistel network, so that a place and the node at it are found without
 * writing the ring down; results that are no node are mapped again until they are one.
 *
 * Source  Black & Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002 (cycle walking) */
#include "net_view.h"

#include <stdbool.h>

enum { ROUNDS = 4 };

struct ring {
    uint64_t seed;
    uint32_t count;
    unsigned half; /* bits */
};

static void add(uint32_t *out, size_t *count, uint32_t node)
{
    for (size_t i = 0; i < *count; i++)
        if (out[i] == node)
            return;
    out[(*count)++] = node;
}

static uint32_t mixed(const struct ring *ring, unsigned round, uint32_t half)
{
    uint64_t z = ring->seed + (half + 1) * UINT64_C(0x9e3779b97f4a7c15) + round;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(z ^ z >> 31) & ((UINT32_C(1) << ring->half) - 1);
}

static uint32_t node_at(const struct ring *ring, uint32_t place)
{
    do {
        uint32_t left = place >> ring->half, right = place & ((UINT32_C(1) << ring->half) - 1);
        for (unsigned r = 0; r < ROUNDS; r++) {
            const uint32_t next = left ^ mixed(ring, r, right);
            left = right;
            right = next;
        }
        place = left << ring->half | right;
    } while (place >= ring->count);
    return place;
}

static uint32_t place_of(const struct ring *ring, uint32_t node)
{
    do {
        uint32_t left = node >> ring->half, right = node & ((UINT32_C(1) << ring->half) - 1);
        for (unsigned r = ROUNDS; r-- > 0;) {
            const uint32_t before = right ^ mixed(ring, r, left);
            right = left;
            left = before;
        }
        node = left << ring->half | right;
    } while (node >= ring->count);
    return node;
}

size_t net_view_make(uint64_t seed, uint32_t index, uint32_t count, size_t degree, uint32_t *out)
{
    size_t out_count = 0;
    if (count - 1 <= degree) {
        for (uint32_t i = 0; i < count; i++)
            if (i != index)
                add(out, &out_count, i);
        return out_count;
    }
    struct ring ring = { .seed = seed, .count = count, .half = 1 };
    while (UINT64_C(1) << 2 * ring.half < count)
        ring.half++;
    for (size_t k = 0; k < degree / 2; k++) {
        ring.seed += UINT64_C(0xd6e8feb86659fd93);
        const uint32_t place = place_of(&ring, index);
        add(out, &out_count, node_at(&ring, (place + 1) % count));
        add(out, &out_count, node_at(&ring, (place + count - 1) % count));
    }
    return out_count;
}
