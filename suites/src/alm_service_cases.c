/* alm_service_cases.c - see alm_service_cases.h. Everyone is asked the same questions about the
 * same graph and answers distance and nodes; the service says them in JSON, and its client is
 * spared reading them (the check does). */
#include "alm_service_cases.h"

#include <base/rng.h>
#include <bench/keep.h>

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHECKED = 64, CACHE_ROUTES = 10000, CACHE_HOPS = 64, PATH_SIZE = 64 };

static void service_teardown(void *state)
{
    struct alm_service_state *const service = state;
    if (service == NULL)
        return;
    suite_http_close(service->http);
    mfn_alm_cache_free(service->cache);
    alm_finder_done(&service->finder);
    alm_world_done(&service->world);
    free(service->trace);
    free(service);
}

static bool draw_trace(struct alm_service_state *service, uint64_t seed)
{
    struct base_rng rng;
    struct base_zipf zipf;
    base_rng_init(&rng, seed + 3);
    service->trace = malloc(ALM_TRACE * sizeof *service->trace);
    struct alm_pair_of_nodes *const pairs = malloc(ALM_SERVED_PAIRS * sizeof *pairs);
    const bool is_fine = service->trace != NULL && pairs != NULL &&
                         base_zipf_init(&zipf, ALM_SERVED_PAIRS, 0.99) == BASE_OK;
    for (size_t i = 0; is_fine && i < ALM_SERVED_PAIRS; i++) {
        const uint32_t from = (uint32_t)base_rng_below(&rng, service->world.node_count);
        const uint32_t to = (uint32_t)base_rng_below(&rng, service->world.node_count - 1);
        pairs[i] = (struct alm_pair_of_nodes){ from, to + (to >= from) };
    }
    for (size_t i = 0; is_fine && i < ALM_TRACE; i++)
        service->trace[i] = pairs[base_zipf_next(&zipf, &rng)];
    free(pairs);
    return is_fine;
}

static base_err service_open(struct bench_env *env, bool is_textbook,
                             struct alm_service_state **out)
{
    struct alm_service_state *const service = calloc(1, sizeof *service);
    if (service == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    base_err err = alm_world_open(env, &service->world);
    if (err == BASE_OK && !draw_trace(service, env->seed))
        err = base_fail(&env->why, BASE_ENOMEM, 0, "no memory for the questions");
    if (err == BASE_OK)
        err = alm_finder_init(&service->finder, service->world.graph, is_textbook, &env->why);
    if (err == BASE_OK)
        *out = service;
    else
        service_teardown(service);
    return err;
}

/* True: the cache had it. */
static bool answer(struct alm_service_state *service, struct alm_pair_of_nodes ask)
{
    struct alm_answer *const out = &service->answer;
    const struct mfn_alm_cache_key key = { .from = ask.from, .to = ask.to };
    struct mfn_alm_cached_route route;
    if (service->cache != NULL && mfn_alm_cache_find(service->cache, &key, 0, &route)) {
        out->distance = (uint64_t)route.cost; /* quanta of a path are below 2^53 */
        out->count = route.node_count;
        memcpy(out->nodes, route.nodes, route.node_count * sizeof *out->nodes);
        return true;
    }
    alm_finder_find(&service->finder, ask, out);
    if (service->cache != NULL && out->distance != MFN_ALM_FAR && out->count <= CACHE_HOPS) {
        route = (struct mfn_alm_cached_route){ (double)out->distance, (uint32_t)out->count,
                                               out->nodes, out->nodes }; /* edges: not asked for */
        service->err |= mfn_alm_cache_put(service->cache, &key, &route, 0);
    }
    return false;
}

/* The share of questions that it has once it is full. */
static double warm(struct alm_service_state *service)
{
    size_t hits = 0;
    for (size_t i = 0; i < 2 * ALM_TRACE; i++)
        hits += answer(service, service->trace[i % ALM_TRACE]) && i >= ALM_TRACE;
    return (double)hits / ALM_TRACE;
}

static base_err service_setup(struct bench_env *env)
{
    const char *const word = bench_env_text(env, "cache");
    const bool is_cached = strcmp(word, "on") == 0;
    if (!is_cached && strcmp(word, "off") != 0)
        return base_fail(&env->why, BASE_EINVALID, 0, "cache: \"%s\" is neither off nor on", word);
    struct alm_service_state *service;
    base_err err = service_open(env, false, &service);
    if (err != BASE_OK)
        return err;
    if (is_cached) {
        const struct mfn_alm_cache_options options = { .policy = MFN_ALM_CACHE_LRU,
                                                       .capacity = CACHE_ROUTES,
                                                       .hop_max = CACHE_HOPS,
                                                       .seed = env->seed };
        err = mfn_alm_cache_new(&options, &service->cache, &env->why);
        if (err != BASE_OK) {
            service_teardown(service);
            return err;
        }
        bench_env_fact(env, "hit_ratio", warm(service), "1");
    }
    env->state = service;
    return BASE_OK;
}

static void service_run(void *state, uint64_t count)
{
    struct alm_service_state *const service = state;
    BENCH_LOOP(count) {
        answer(service, service->trace[service->asked++ % ALM_TRACE]);
        BENCH_KEEP(&service->answer);
    }
}

static base_err check_answer(const struct alm_service_state *service, struct alm_pair_of_nodes ask,
                             const struct alm_answer *given, uint64_t *expect, struct base_why *why)
{
    alm_world_distances(service->world.graph, ask.from, expect);
    const bool is_path = given->count > 0 && given->count <= ALM_SERVED_NODES &&
                         given->nodes[0] == ask.from && given->nodes[given->count - 1] == ask.to;
    if (is_path && given->distance == expect[ask.to] &&
        alm_world_walk(service->world.graph, given->nodes, given->count) == given->distance)
        return BASE_OK;
    return base_fail(why, BASE_EWRONG, ask.from,
                     "from node %" PRIu32 " to node %" PRIu32
                     " the answer is %zu nodes and %" PRIu64 " quanta, which is not the shortest "
                     "path of %" PRIu64,
                     ask.from, ask.to, given->count, given->distance, expect[ask.to]);
}

static size_t write_answer(const struct alm_answer *given, char *out, size_t size)
{
    int used = snprintf(out, size, "{\"quanta\":%" PRIu64 ",\"nodes\":[", given->distance);
    for (size_t i = 0; i < given->count && (size_t)used < size; i++)
        used += snprintf(out + used, size - (size_t)used, "%s%" PRIu32, i == 0 ? "" : ",",
                         given->nodes[i]);
    if ((size_t)used < size)
        used += snprintf(out + used, size - (size_t)used, "]}");
    return (size_t)used < size ? (size_t)used : 0;
}

/* In the service's process. */
static size_t http_answer(void *context, const char *path, char *out, size_t out_size)
{
    struct alm_service_state *const service = context;
    struct alm_pair_of_nodes ask;
    char rest;
    if (sscanf(path, "/route/%" SCNu32 "/%" SCNu32 "%c", &ask.from, &ask.to, &rest) != 2 ||
        ask.from >= service->world.node_count || ask.to >= service->world.node_count)
        return 0;
    alm_finder_find(&service->finder, ask, &service->answer);
    return service->answer.distance != MFN_ALM_FAR ? write_answer(&service->answer, out, out_size)
                                                   : 0;
}

static void get(struct alm_service_state *service, struct alm_pair_of_nodes ask)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "/route/%" PRIu32 "/%" PRIu32, ask.from, ask.to);
    service->err |= suite_http_get(service->http, path, service->body, SUITE_HTTP_BODY_MAX,
                                   &service->body_size);
}

static base_err read_body(struct alm_service_state *service, struct base_why *why)
{
    struct alm_answer *const out = &service->answer;
    json_t *const root = json_loadb(service->body, service->body_size, 0, NULL);
    const json_t *const nodes = json_object_get(root, "nodes");
    const json_t *const quanta = json_object_get(root, "quanta");
    const bool is_fine = json_is_integer(quanta) && json_is_array(nodes) &&
                         json_array_size(nodes) <= ALM_SERVED_NODES;
    out->count = 0;
    if (is_fine) {
        out->distance = (uint64_t)json_integer_value(quanta);
        for (; out->count < json_array_size(nodes); out->count++)
            out->nodes[out->count] =
                (uint32_t)json_integer_value(json_array_get(nodes, out->count));
    }
    json_decref(root);
    return is_fine ? BASE_OK
                   : base_fail(why, BASE_EWRONG, 0, "the service's answer is not a route in JSON");
}

static base_err http_setup(struct bench_env *env)
{
    const char *const word = bench_env_text(env, "search");
    const bool is_textbook = strcmp(word, "textbook") == 0;
    if (!is_textbook && strcmp(word, "alm") != 0)
        return base_fail(&env->why, BASE_EINVALID, 0, "search: \"%s\" is neither alm nor textbook",
                         word);
    struct alm_service_state *service;
    base_err err = service_open(env, is_textbook, &service);
    if (err == BASE_OK) {
        err = suite_http_open(http_answer, service, &service->http, &env->why);
        if (err == BASE_OK)
            env->state = service;
        else
            service_teardown(service);
    }
    return err;
}

static void http_run(void *state, uint64_t count)
{
    struct alm_service_state *const service = state;
    BENCH_LOOP(count) {
        get(service, service->trace[service->asked++ % ALM_TRACE]);
    }
}

/* The last answer, and those to the questions that follow. */
static base_err check_all(struct alm_service_state *service, struct base_why *why)
{
    uint64_t *const expect = malloc(service->world.node_count * sizeof *expect);
    if (expect == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the check");
    base_err err = BASE_OK;
    for (uint64_t i = 0; err == BASE_OK && i < CHECKED; i++) {
        const struct alm_pair_of_nodes ask = service->trace[(service->asked - 1 + i) % ALM_TRACE];
        if (i > 0 && service->http != NULL)
            get(service, ask);
        else if (i > 0)
            answer(service, ask);
        if (service->http != NULL)
            err = read_body(service, why);
        if (err == BASE_OK)
            err = check_answer(service, ask, &service->answer, expect, why);
    }
    free(expect);
    return err;
}

static base_err service_check(void *state, struct base_why *why)
{
    struct alm_service_state *const service = state;
    if (service->asked == 0)
        return BASE_OK;
    if (service->err == BASE_OK)
        return check_all(service, why);
    return base_fail(why, BASE_EWRONG, 0, "a question failed: %s",
                     service->http != NULL ? suite_http_why(service->http)
                                           : base_err_text(service->err));
}

const struct bench_case alm_case_route_service = {
    .name = "alm/route_service",
    .doc = "which way from here to there: computed, or out of a cache of 10000 routes",
    .item = "route",
    .params = { ALM_PARAM_NODES,
                ALM_PARAM_DEGREE("4"),
                { "cache", "off,on", "off: every path is computed; on: an lru cache first" } },
    .setup = service_setup,
    .run = service_run,
    .check = service_check,
    .teardown = service_teardown,
};

const struct bench_case alm_case_route_http = {
    .name = "alm/route.http",
    .doc = "the same from a local HTTP/1.1 service over a kept connection, that computes it",
    .item = "route",
    .peer_of = "alm/route_service",
    .params = { ALM_PARAM_NODES,
                ALM_PARAM_DEGREE("4"),
                { "search", "alm,textbook", "how it computes: as we do, or as in a textbook" } },
    .setup = http_setup,
    .run = http_run,
    .check = service_check,
    .teardown = service_teardown,
};
