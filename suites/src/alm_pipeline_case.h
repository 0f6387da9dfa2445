/* alm_pipeline_case.h - a request through the whole layer: a server is chosen, the route cache is
 * asked, else four paths are found and the first that keeps the request's limits is taken.
 */
#ifndef SUITE_ALM_PIPELINE_CASE_H
#define SUITE_ALM_PIPELINE_CASE_H

#include "alm_world.h"

#include <mfn/alm_balance.h>
#include <mfn/alm_cache.h>
#include <mfn/alm_kpaths.h>

enum {
    ALM_PIPELINE_REQUESTS = 1000,
    ALM_PIPELINE_TRACE = 65536, /* a power of two */
    ALM_PIPELINE_SERVERS = 20,
    ALM_PIPELINE_PATHS = 4,
    ALM_PIPELINE_NODES = 256 /* of a path; the cache takes fewer */
};

struct alm_pipeline_request {
    uint32_t from;
    uint64_t flow_hash;
    double bandwidth_mbps, latency_ms_max, reliability_min;
    uint64_t limits_hash;
};

struct alm_pipeline_route {
    uint32_t server; /* its index; it stands at servers[server] */
    uint32_t count;  /* nodes; 0: no path keeps the limits */
    uint32_t nodes[ALM_PIPELINE_NODES];
};

struct alm_pipeline_state {
    struct alm_world world;
    struct mfn_alm_kpaths *kpaths;
    struct mfn_alm_cache *cache;
    struct mfn_alm_pool *pool;
    uint32_t servers[ALM_PIPELINE_SERVERS]; /* the nodes where they stand */
    struct alm_pipeline_request requests[ALM_PIPELINE_REQUESTS];
    uint16_t trace[ALM_PIPELINE_TRACE]; /* which request comes: all equally often */
    uint64_t asked;
    uint64_t now_ns;
    struct alm_pipeline_route route; /* of the last */
    base_err err;
};

extern const struct bench_case alm_case_pipeline;

#endif
