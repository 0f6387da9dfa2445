/* baseline_flow.c - a generator of its own for each flow, so that any flow can be made again. */
#include "baseline_flow.h"

#include <base/rng.h>

#include <string.h>

#define TIME_FIRST_NS UINT64_C(1700000000000000000)

enum { COMPONENTS = 10000, CONTEXT_PERIOD = 1000 };

static void name(struct base_rng *rng, uint64_t seed, uint64_t number, uint32_t node_count,
                 struct baseline_flow *flow)
{
    base_rng_init(rng, seed * UINT64_C(0x9e3779b97f4a7c15) + number);
    for (size_t i = 0; i < 8; i++)
        flow->id[i] = (uint8_t)(number >> 8 * i);
    for (size_t i = 8; i < BASELINE_ID_SIZE; i += 8) {
        const uint64_t bits = base_rng_u64(rng);
        memcpy(flow->id + i, &bits, 8);
    }
    flow->record = (struct baseline_record){ (uint32_t)base_rng_below(rng, COMPONENTS),
                                             TIME_FIRST_NS + number };
    flow->from = (uint32_t)base_rng_below(rng, node_count);
    flow->to = (uint32_t)base_rng_below(rng, node_count - 1);
    flow->to += flow->to >= flow->from;
}

void baseline_flow_name(uint64_t seed, uint64_t number, uint32_t node_count,
                        struct baseline_flow *flow)
{
    struct base_rng rng;
    name(&rng, seed, number, node_count, flow);
}

static float feature_of(uint32_t bytes)
{
    const uint32_t sum = (bytes & 255) + (bytes >> 8 & 255) + (bytes >> 16 & 255) + (bytes >> 24);
    return (float)(sum % 256) / 255;
}

void baseline_flow_make(uint64_t seed, uint64_t number, uint32_t node_count,
                        struct baseline_flow *flow)
{
    struct base_rng rng;
    name(&rng, seed, number, node_count, flow);
    for (size_t i = 0; i < BASELINE_FEATURES; i += 2) {
        const uint64_t payload = base_rng_u64(&rng);
        flow->features[i] = feature_of((uint32_t)payload);
        flow->features[i + 1] = feature_of((uint32_t)(payload >> 32));
    }
    for (size_t step = 0; step < BASELINE_HISTORY; step++)
        for (size_t i = 0; i < BASELINE_FEATURES; i++)
            flow->history[step][i] = (float)((number + step + i) % CONTEXT_PERIOD) / CONTEXT_PERIOD;
}
