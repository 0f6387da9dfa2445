/* alm_routes_internal.h - a table's parts, for its tests. */
#ifndef ALM_ROUTES_INTERNAL_H
#define ALM_ROUTES_INTERNAL_H

#include "alm_lanes.h"

#include <mfn/alm_routes.h>

struct mfn_alm_routes {
    uint32_t node_count, arc_count;
    uint32_t block_count;
    uint32_t target_count;
    uint32_t *targets;          /* [target_count], by lane */
    uint32_t *lanes;            /* [node_count]: the lane of a target, or MFN_ALM_NONE */
    uint32_t *order;            /* [node_count]: of the rows of one block */
    struct alm_arcs *out, *in;  /* [node_count] */
    uint32_t *distances, *hops; /* [block_count][node_count][ALM_LANES] */
    struct alm_work work;       /* of one block after the other */
    struct alm_arc_change *records;
    size_t record_capacity;
    double quantum, weight_max;
    const struct alm_lanes_kernel *kernel;
};

#endif
