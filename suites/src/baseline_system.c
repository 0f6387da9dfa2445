/* baseline_system.c - set-up and the four parts of a flow's way. */
#include "baseline_system.h"

#include <stdlib.h>
#include <string.h>

static base_err fail_memory(struct bench_env *env)
{
    return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for the conventional system");
}

/* One of two words; a case without the parameter has `no`. */
static base_err choose(struct bench_env *env, const char *name, const char *no, const char *yes,
                       bool *is_yes)
{
    const char *value = bench_env_text(env, name);
    *is_yes = strcmp(value, yes) == 0;
    if (*is_yes || value[0] == '\0' || strcmp(value, no) == 0)
        return BASE_OK;
    return base_fail(&env->why, BASE_EINVALID, 0, "%s: \"%s\" is neither %s nor %s", name, value,
                     yes, no);
}

static base_err read_switches(struct bench_env *env, struct baseline_system *system, bool *is_wal)
{
    base_err err = choose(env, "network", "off", "on", &system->has_network);
    if (err == BASE_OK)
        err = choose(env, "database", "off", "on", &system->has_database);
    if (err == BASE_OK)
        err = choose(env, "ml", "off", "on", &system->has_ml);
    return err == BASE_OK ? choose(env, "journal", "delete", "wal", is_wal) : err;
}

static base_err read_counts(struct bench_env *env, struct baseline_system *system)
{
    uint64_t nodes = BASELINE_NODES_MIN;
    base_err err = BASE_OK;
    if (bench_env_text(env, "flows")[0] != '\0')
        err = bench_env_count(env, "flows", 1, BASELINE_FLOWS_MAX, &system->known_count);
    if (err == BASE_OK && bench_env_text(env, "nodes")[0] != '\0')
        err = bench_env_count(env, "nodes", BASELINE_NODES_MIN, BASELINE_NODES_MAX, &nodes);
    system->node_count = (uint32_t)nodes;
    system->seed = env->seed;
    return err;
}

static base_err open_registry(struct bench_env *env, struct baseline_system *system)
{
    struct baseline_map map = { 0 };
    struct baseline_flow flow;
    for (uint64_t i = 0; i < system->known_count; i++) {
        baseline_flow_name(system->seed, i, system->node_count, &flow);
        if (baseline_map_put(&map, flow.id, flow.record) != BASE_OK) {
            baseline_map_done(&map);
            return fail_memory(env);
        }
    }
    return baseline_registry_open(&system->registry, system->has_network, &map, &env->why);
}

static base_err fill_routes(struct baseline_system *system)
{
    struct baseline_flow flow;
    base_err err = baseline_index_begin(&system->index);
    for (uint64_t i = 0; i < system->known_count && err == BASE_OK; i++) {
        baseline_flow_name(system->seed, i, system->node_count, &flow);
        err = baseline_search_run(&system->search, baseline_graph_links, &system->graph, flow.from,
                                  flow.to);
        if (err == BASE_OK)
            err = baseline_index_put(&system->index, flow.id, flow.from, flow.to,
                                     system->search.path, system->search.path_count);
    }
    return err == BASE_OK ? baseline_index_commit(&system->index) : err;
}

static base_err open_routes(struct bench_env *env, struct baseline_system *system, bool is_wal)
{
    if (baseline_graph_make(&system->graph, system->node_count, env->seed) != BASE_OK ||
        baseline_search_open(&system->search, system->node_count) != BASE_OK ||
        baseline_search_open(&system->twin, system->node_count) != BASE_OK)
        return fail_memory(env);
    bench_env_fact(env, "links", system->graph.first[system->node_count], "1");
    if (!system->has_database)
        return BASE_OK;
    base_err err = baseline_index_open(&system->index, &system->graph, is_wal, &env->why);
    if (err != BASE_OK)
        return err;
    err = fill_routes(system);
    if (err != BASE_OK)
        env->why = system->index.why;
    bench_env_fact(env, "index_bytes", (double)baseline_index_size_bytes(&system->index), "B");
    return err;
}

static base_err open_models(struct bench_env *env, struct baseline_system *system)
{
    if (baseline_model_open(&system->model) != BASE_OK)
        return fail_memory(env);
    if (system->has_ml)
        bench_env_fact(env, "weights_bytes", (double)(system->model.weight_count * sizeof(float)),
                       "B");
    return BASE_OK;
}

base_err baseline_system_open(struct bench_env *env, unsigned parts, struct baseline_system **out)
{
    struct baseline_system *system = calloc(1, sizeof *system);
    bool is_wal = true;
    if (system == NULL)
        return fail_memory(env);
    system->parts = parts;
    base_err err = read_switches(env, system, &is_wal);
    if (err == BASE_OK)
        err = read_counts(env, system);
    if (err == BASE_OK && parts & BASELINE_REGISTER)
        err = open_registry(env, system);
    if (err == BASE_OK && parts & BASELINE_ROUTE)
        err = open_routes(env, system, is_wal);
    if (err == BASE_OK && parts & BASELINE_MODELS)
        err = open_models(env, system);
    if (err == BASE_OK)
        *out = system;
    else
        baseline_system_close(system);
    return err;
}

void baseline_system_close(struct baseline_system *system)
{
    if (system == NULL)
        return;
    baseline_registry_close(&system->registry);
    baseline_index_close(&system->index);
    baseline_search_done(&system->search);
    baseline_search_done(&system->twin);
    baseline_graph_done(&system->graph);
    baseline_model_close(&system->model);
    free(system);
}

uint64_t baseline_system_next(const struct baseline_system *system)
{
    const uint64_t done =
        system->round > 0 ? system->done_count % system->round : system->done_count;
    return system->known_count + done;
}

static void keep_failure(struct baseline_system *system, base_err err, const struct base_why *why)
{
    system->err = err;
    system->why = *why;
}

void baseline_system_register(struct baseline_system *system)
{
    struct baseline_record found = { 0 };
    const struct baseline_record sent = system->flow.record;
    struct base_why why;
    if (system->err != BASE_OK)
        return;
    base_err err = baseline_registry_put(&system->registry, system->flow.id, sent, &why);
    if (err == BASE_OK)
        err = baseline_registry_find(&system->registry, system->flow.id, &found, &why);
    if (err == BASE_OK &&
        (found.component != sent.component || found.timestamp_ns != sent.timestamp_ns))
        err = base_fail(&why, BASE_EWRONG, 0,
                        "the registry has component %u for a flow that was registered with %u",
                        found.component, sent.component);
    if (err != BASE_OK)
        keep_failure(system, err, &why);
}

void baseline_system_similarity(struct baseline_system *system, const struct baseline_flow *flow)
{
    const float *context = baseline_flow_context(flow);
    system->similarity = system->has_ml
                             ? baseline_model_similarity(&system->model, flow->features, context)
                             : baseline_cosine(flow->features, context);
}

/* Is the flow's route known? It is not: it is new. The search, then the write. */
static base_err route_in_index(struct baseline_system *system)
{
    const struct baseline_flow *flow = &system->flow;
    struct baseline_search *search = &system->search;
    base_err err = baseline_index_find(&system->index, flow->id, search->path, &search->path_count);
    if (err != BASE_ENOTFOUND)
        return err != BASE_OK ? err
                              : base_fail(&system->index.why, BASE_EWRONG, 0,
                                          "the index has a route for a flow that is new");
    err = baseline_search_run(search, baseline_index_links, &system->index, flow->from, flow->to);
    return err != BASE_OK ? err
                          : baseline_index_put(&system->index, flow->id, flow->from, flow->to,
                                               search->path, search->path_count);
}

void baseline_system_route(struct baseline_system *system)
{
    if (system->err != BASE_OK)
        return;
    const base_err err =
        system->has_database
            ? route_in_index(system)
            : baseline_search_run(&system->search, baseline_graph_links, &system->graph,
                                  system->flow.from, system->flow.to);
    if (err != BASE_OK)
        keep_failure(system, err, &system->index.why);
}

void baseline_system_predict(struct baseline_system *system, const struct baseline_flow *flow)
{
    if (system->has_ml)
        baseline_model_predict(&system->model, flow->history, system->next);
    else
        baseline_extrapolate(flow->history, system->next);
}
