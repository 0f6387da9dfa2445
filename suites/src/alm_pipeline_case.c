/* alm_pipeline_case.c - see alm_pipeline_case.h. Requests are those of the seed's pipeline: 1000 of
 * them with bandwidth, latency, reliability and priority; a route cache of 10000, four paths and
 * weighted round robin. Priority is of no effect where nothing is reserved, and part of the key.
 */
#include "alm_pipeline_case.h"

#include "alm_methods.h"

#include <bench/keep.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CACHE_ROUTES = 10000, CACHE_HOPS = 64, CHECKED = 64 };

static const double slack = 1e-9;

static void pipeline_teardown(void *state)
{
    struct alm_pipeline_state *const pipeline = state;
    if (pipeline == NULL)
        return;
    mfn_alm_pool_free(pipeline->pool);
    mfn_alm_cache_free(pipeline->cache);
    mfn_alm_kpaths_free(pipeline->kpaths);
    alm_world_done(&pipeline->world);
    free(pipeline);
}

static void draw_requests(struct alm_pipeline_state *pipeline, uint64_t seed)
{
    struct base_rng rng;
    base_rng_init(&rng, seed + 7);
    for (size_t i = 0; i < ALM_PIPELINE_SERVERS; i++)
        pipeline->servers[i] = (uint32_t)base_rng_below(&rng, pipeline->world.node_count);
    for (size_t i = 0; i < ALM_PIPELINE_REQUESTS; i++)
        pipeline->requests[i] = (struct alm_pipeline_request){
            .from = (uint32_t)base_rng_below(&rng, pipeline->world.node_count),
            .flow_hash = base_rng_u64(&rng),
            .bandwidth_mbps = 100 + (double)base_rng_below(&rng, 1001),
            .latency_ms_max = 100 + 400 * base_rng_uniform(&rng),
            .reliability_min = 0.4 + 0.4 * base_rng_uniform(&rng),
            .limits_hash = base_rng_u64(&rng) | 1,
        };
    for (size_t i = 0; i < ALM_PIPELINE_TRACE; i++)
        pipeline->trace[i] = (uint16_t)base_rng_below(&rng, ALM_PIPELINE_REQUESTS);
}

static base_err open_pool(struct alm_pipeline_state *pipeline, struct base_why *why)
{
    const struct mfn_alm_pool_options options = { .policy = MFN_ALM_WEIGHTED_ROUND_ROBIN,
                                                  .capacity = ALM_PIPELINE_SERVERS };
    base_err err = mfn_alm_pool_new(&options, &pipeline->pool, why);
    for (uint32_t i = 0; err == BASE_OK && i < ALM_PIPELINE_SERVERS; i++) {
        uint32_t server;
        err = mfn_alm_pool_add(pipeline->pool, i + 1, i < ALM_PIPELINE_SERVERS / 2 ? 2 : 1, 0,
                               &server);
    }
    return err;
}

/* Bandwidth, latency and reliability of a path, along the arcs that the graph kept of the list. */
static bool keeps_limits(const struct alm_world *world, const struct alm_pipeline_request *request,
                         const uint32_t *nodes, size_t count)
{
    double latency = 0, reliability = 1;
    for (size_t i = 0; i + 1 < count; i++) {
        const struct mfn_alm_edge *const edge =
            &world->edges[mfn_alm_graph_edge(world->graph, nodes[i], nodes[i + 1])];
        if (edge->bandwidth_mbps < request->bandwidth_mbps)
            return false;
        latency += edge->latency_ms;
        reliability *= edge->reliability;
    }
    return latency <= request->latency_ms_max * (1 + slack) &&
           reliability >= request->reliability_min * (1 - slack);
}

static void find_route(struct alm_pipeline_state *pipeline,
                       const struct alm_pipeline_request *request, uint32_t to,
                       struct alm_pipeline_route *out)
{
    size_t found = 0;
    out->count = 0;
    pipeline->err |=
        mfn_alm_kpaths_find(pipeline->kpaths, request->from, to, ALM_PIPELINE_PATHS, &found);
    for (size_t i = 0; i < found; i++) {
        const struct mfn_alm_path path = mfn_alm_kpaths_get(pipeline->kpaths, i);
        if (path.count > ALM_PIPELINE_NODES ||
            !keeps_limits(&pipeline->world, request, path.nodes, path.count))
            continue;
        out->count = path.count;
        memcpy(out->nodes, path.nodes, path.count * sizeof *out->nodes);
        return;
    }
}

/* True: the cache had its route. */
static bool serve(struct alm_pipeline_state *pipeline, const struct alm_pipeline_request *request)
{
    struct alm_pipeline_route *const route = &pipeline->route;
    pipeline->now_ns += 1000;
    route->server = mfn_alm_choose(pipeline->pool, request->flow_hash, pipeline->now_ns);
    mfn_alm_started(pipeline->pool, route->server, pipeline->now_ns);
    const uint32_t to = pipeline->servers[route->server];
    const struct mfn_alm_cache_key key = { .from = request->from,
                                           .to = to,
                                           .constraints = request->limits_hash };
    struct mfn_alm_cached_route cached;
    const bool is_hit = mfn_alm_cache_find(pipeline->cache, &key, pipeline->now_ns, &cached);
    if (is_hit) {
        route->count = cached.node_count;
        memcpy(route->nodes, cached.nodes, cached.node_count * sizeof *route->nodes);
    } else {
        find_route(pipeline, request, to, route);
        cached = (struct mfn_alm_cached_route){ 0, route->count, route->nodes, route->nodes };
        if (route->count <= CACHE_HOPS)
            pipeline->err |= mfn_alm_cache_put(pipeline->cache, &key, &cached, pipeline->now_ns);
    }
    mfn_alm_finished(pipeline->pool, route->server, 1000, true, pipeline->now_ns);
    return is_hit;
}

static const struct alm_pipeline_request *request_of(const struct alm_pipeline_state *pipeline,
                                                     uint64_t index)
{
    return &pipeline->requests[pipeline->trace[index % ALM_PIPELINE_TRACE]];
}

static base_err pipeline_make(struct bench_env *env, struct alm_pipeline_state *pipeline)
{
    const struct mfn_alm_cache_options options = { .policy = MFN_ALM_CACHE_LRU,
                                                   .capacity = CACHE_ROUTES,
                                                   .hop_max = CACHE_HOPS,
                                                   .seed = env->seed };
    base_err err = alm_world_open(env, &pipeline->world);
    if (err == BASE_OK)
        err = mfn_alm_cache_new(&options, &pipeline->cache, &env->why);
    if (err == BASE_OK && (err = mfn_alm_kpaths_new(pipeline->world.graph, ALM_PIPELINE_PATHS,
                                                    &pipeline->kpaths)) != BASE_OK)
        base_fail(&env->why, err, 0, "no memory for paths");
    if (err == BASE_OK)
        err = open_pool(pipeline, &env->why);
    return err;
}

static base_err pipeline_setup(struct bench_env *env)
{
    struct alm_pipeline_state *const pipeline = calloc(1, sizeof *pipeline);
    if (pipeline == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    const base_err err = pipeline_make(env, pipeline);
    if (err != BASE_OK) {
        pipeline_teardown(pipeline);
        return err;
    }
    draw_requests(pipeline, env->seed);
    size_t hits = 0, routes = 0; /* of the second time through, when the cache is full */
    for (size_t i = 0; i < 2 * ALM_PIPELINE_TRACE; i++) {
        const bool is_hit = serve(pipeline, request_of(pipeline, i));
        hits += is_hit && i >= ALM_PIPELINE_TRACE;
        routes += pipeline->route.count > 0 && i >= ALM_PIPELINE_TRACE;
    }
    bench_env_fact(env, "hit_ratio", (double)hits / ALM_PIPELINE_TRACE, "1");
    bench_env_fact(env, "routed_share", (double)routes / ALM_PIPELINE_TRACE, "1");
    env->state = pipeline;
    return BASE_OK;
}

static void pipeline_run(void *state, uint64_t count)
{
    struct alm_pipeline_state *const pipeline = state;
    BENCH_LOOP(count) {
        serve(pipeline, request_of(pipeline, pipeline->asked++));
        BENCH_KEEP(&pipeline->route);
    }
}

/* Of the textbook's four paths: the length of the first within the limits, MFN_ALM_FAR: none. */
static uint64_t expect_length(const struct alm_pipeline_state *pipeline, void *yen, uint32_t *nodes,
                              const struct alm_pipeline_request *request, uint32_t to)
{
    const struct alm_world *const world = &pipeline->world;
    const size_t found = alm_kpaths_yen.find(yen, request->from, to, ALM_PIPELINE_PATHS);
    for (size_t i = 0; i < found; i++) {
        const size_t count = alm_kpaths_yen.path(yen, i, nodes, world->node_count);
        if (keeps_limits(world, request, nodes, count))
            return alm_world_walk(world->graph, nodes, count);
    }
    return MFN_ALM_FAR;
}

static base_err check_route(const struct alm_pipeline_state *pipeline, void *yen, uint32_t *nodes,
                            const struct alm_pipeline_request *request, struct base_why *why)
{
    const struct alm_pipeline_route *const route = &pipeline->route;
    if (route->server >= ALM_PIPELINE_SERVERS)
        return base_fail(why, BASE_EWRONG, route->server, "there is no server %" PRIu32,
                         route->server);
    const uint32_t to = pipeline->servers[route->server];
    uint64_t length = MFN_ALM_FAR;
    if (route->count > 0 && route->nodes[0] == request->from &&
        route->nodes[route->count - 1] == to &&
        keeps_limits(&pipeline->world, request, route->nodes, route->count))
        length = alm_world_walk(pipeline->world.graph, route->nodes, route->count);
    const uint64_t expect = expect_length(pipeline, yen, nodes, request, to);
    if (length == expect && (route->count > 0) == (expect != MFN_ALM_FAR))
        return BASE_OK;
    return base_fail(why, BASE_EWRONG, request->from,
                     "from node %" PRIu32 " to server %" PRIu32 " are %" PRIu64
                     " quanta, and the first path within the limits has %" PRIu64,
                     request->from, route->server, length, expect);
}

static base_err pipeline_check(void *state, struct base_why *why)
{
    struct alm_pipeline_state *const pipeline = state;
    if (pipeline->asked == 0)
        return BASE_OK;
    if (pipeline->err != BASE_OK)
        return base_fail(why, BASE_EWRONG, 0, "a request failed: %s", base_err_text(pipeline->err));
    void *yen = NULL;
    uint32_t *const nodes = malloc(pipeline->world.node_count * sizeof *nodes);
    base_err err = alm_kpaths_yen.open(pipeline->world.graph, ALM_PIPELINE_PATHS, &yen, why);
    if (err == BASE_OK && nodes == NULL)
        err = base_fail(why, BASE_ENOMEM, 0, "no memory for the check");
    for (uint64_t i = 0; err == BASE_OK && i < CHECKED; i++) {
        const struct alm_pipeline_request *const request =
            request_of(pipeline, pipeline->asked - 1 + i);
        if (i > 0)
            serve(pipeline, request);
        err = check_route(pipeline, yen, nodes, request, why);
    }
    alm_kpaths_yen.close(yen);
    free(nodes);
    return err;
}

const struct bench_case alm_case_pipeline = {
    .name = "alm/pipeline",
    .doc =
        "a request with limits: server, route cache, else the first of four paths that keeps them",
    .item = "request",
    .params = { ALM_PARAM_NODES, ALM_PARAM_DEGREE("4") },
    .setup = pipeline_setup,
    .run = pipeline_run,
    .check = pipeline_check,
    .teardown = pipeline_teardown,
};
