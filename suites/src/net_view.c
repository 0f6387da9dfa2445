/* net_view.c - shuffles of all nodes, the same for every node; a node's neighbours are the two
 * beside it in each. */
#include "net_view.h"

#include <base/rng.h>

#include <stdbool.h>
#include <stdlib.h>

static void add(uint32_t *out, size_t *count, uint32_t node)
{
    for (size_t i = 0; i < *count; i++)
        if (out[i] == node)
            return;
    out[(*count)++] = node;
}

base_err net_view_make(uint64_t seed, uint32_t index, uint32_t count, size_t degree, uint32_t *out,
                       size_t *out_count)
{
    struct base_rng rng;
    *out_count = 0;
    if (count - 1 <= degree) {
        for (uint32_t i = 0; i < count; i++)
            if (i != index)
                add(out, out_count, i);
        return BASE_OK;
    }
    uint32_t *const ring = malloc(count * sizeof *ring);
    if (ring == NULL)
        return BASE_ENOMEM;
    base_rng_init(&rng, seed);
    for (uint32_t i = 0; i < count; i++)
        ring[i] = i;
    for (size_t k = 0; k < degree / 2; k++) {
        uint32_t place = 0;
        for (uint32_t i = count; i-- > 1;) {
            const uint32_t other = (uint32_t)base_rng_below(&rng, i + 1);
            const uint32_t node = ring[i];
            ring[i] = ring[other];
            ring[other] = node;
        }
        while (ring[place] != index)
            place++;
        add(out, out_count, ring[(place + 1) % count]);
        add(out, out_count, ring[(place + count - 1) % count]);
    }
    free(ring);
    return BASE_OK;
}
