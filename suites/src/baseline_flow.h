/* baseline_flow.h - the flows that arrive: everything of a flow follows from its number and a seed.
 *
 *   id         the number (8 bytes, little-endian), then 24 random bytes: no two flows have the
 * same record     a component 0 .. 9999, and a time from, to   two different nodes of the topology
 *   features   of 1024 random payload bytes: (sum of 4) mod 256 / 255, so 0 .. 1
 *   history    five contexts, oldest first: ((number + step + place) mod 1000) / 1000
 */
#ifndef BASELINE_FLOW_H
#define BASELINE_FLOW_H

#include "baseline_map.h"
#include "baseline_model.h"

struct baseline_flow {
    uint8_t id[BASELINE_ID_SIZE];
    struct baseline_record record;
    uint32_t from, to;
    float features[BASELINE_FEATURES];
    float history[BASELINE_HISTORY][BASELINE_FEATURES];
};

/* Only id, record, from and to: for what needs no more. node_count  at least 2 */
void baseline_flow_name(uint64_t seed, uint64_t number, uint32_t node_count,
                        struct baseline_flow *flow);
/* Everything. */
void baseline_flow_make(uint64_t seed, uint64_t number, uint32_t node_count,
                        struct baseline_flow *flow);

/* The newest context: what the flow's features are compared with. */
static inline const float *baseline_flow_context(const struct baseline_flow *flow)
{
    return flow->history[BASELINE_HISTORY - 1];
}

#endif
