/* alm_traffic_cases.h - requests with limits, demands on a network, faults, and the way of a
 * request through all of it.
 */
#ifndef SUITE_ALM_TRAFFIC_CASES_H
#define SUITE_ALM_TRAFFIC_CASES_H

#include "alm_world.h"

#include <mfn/alm_constrain.h>
#include <mfn/alm_demand.h>
#include <mfn/alm_recover.h>

struct alm_constrain_state {
    struct alm_world world;
    struct mfn_alm_constrain *constrain;
    struct mfn_alm_request requests[ALM_PAIRS];
    uint64_t asked;
    base_err err; /* of the last: BASE_OK, ENOTFOUND or EFULL */
    struct mfn_alm_way way;
};

struct alm_demand_state {
    struct alm_world world;
    struct mfn_alm_demands *demands;
    struct mfn_alm_request *requests;
    struct mfn_alm_demand *results; /* [count] of the last round */
    size_t count;
    uint64_t rounds;
    base_err err;
};

struct alm_recover_state {
    struct alm_world world;
    struct mfn_alm_recover *recover;
    enum mfn_alm_recovery way;
    struct mfn_alm_fault *faults;
    size_t fault_count;
    uint32_t *nodes;          /* [ALM_PAIRS][node_count] paths of the last item */
    size_t counts[ALM_PAIRS]; /* their nodes; 0: there is none, SIZE_MAX: it failed */
    uint64_t items;
    base_err err;
};

extern const struct bench_case alm_case_constrain, alm_case_demand, alm_case_recover;

#define ALM_TRAFFIC_CASES &alm_case_constrain, &alm_case_demand, &alm_case_recover,

#endif
