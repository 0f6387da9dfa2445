/* alm_table_cases.c - see alm_table_cases.h. Latencies are such that the coarser quantum of a table
 * holds them too: its distances are compared in milliseconds, and must be the very same as Bellman
 * and Ford's. */
#include "alm_table_cases.h"

#include <bench/keep.h>

#include <inttypes.h>
#include <stdlib.h>

static void route_teardown(void *state)
{
    struct alm_route_state *const route = state;
    if (route == NULL)
        return;
    mfn_alm_routes_free(route->routes);
    alm_world_done(&route->world);
    free(route);
}

static base_err route_setup(struct bench_env *env)
{
    struct alm_route_state *const route = calloc(1, sizeof *route);
    if (route == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    base_err err = alm_world_open(env, &route->world);
    if (err == BASE_OK)
        err = mfn_alm_routes_new(route->world.graph, NULL, &route->routes, &env->why);
    if (err == BASE_OK) {
        env->state = route;
        bench_env_fact(env, "table_bytes", (double)mfn_alm_routes_size_bytes(route->routes), "B");
    } else {
        route_teardown(route);
    }
    return err;
}

static void walk(struct alm_route_state *route, struct alm_pair_of_nodes ask)
{
    if (mfn_alm_routes_path(route->routes, ask.from, ask.to, route->nodes, ALM_PATH_NODES_MAX,
                            &route->count) != BASE_OK)
        route->count = SIZE_MAX;
}

static void route_run(void *state, uint64_t count)
{
    struct alm_route_state *const route = state;
    BENCH_LOOP(count) {
        walk(route, route->world.pairs[route->asked++ % ALM_PAIRS]);
        BENCH_KEEP(&route->nodes[0]);
    }
}

static void hop_run(void *state, uint64_t count)
{
    struct alm_route_state *const route = state;
    BENCH_LOOP(count) {
        const struct alm_pair_of_nodes ask = route->world.pairs[route->asked++ % ALM_PAIRS];
        route->hop = mfn_alm_routes_next(route->routes, ask.from, ask.to);
        BENCH_KEEP(route->hop);
    }
}

static base_err wrong_route(struct base_why *why, struct alm_pair_of_nodes ask, const char *what)
{
    return base_fail(why, BASE_EWRONG, ask.from, "from node %" PRIu32 " to node %" PRIu32 " %s",
                     ask.from, ask.to, what);
}

/* Ask all pairs from the last on. rest: distances from `to`, which are those to it. */
static base_err check_routes(struct alm_route_state *route, uint64_t *rest, bool is_hop,
                             struct base_why *why)
{
    const struct mfn_alm_graph *const graph = route->world.graph;
    for (uint64_t i = 0; i < ALM_PAIRS; i++) {
        const struct alm_pair_of_nodes ask = route->world.pairs[(route->asked - 1 + i) % ALM_PAIRS];
        alm_world_distances(graph, ask.to, rest);
        if (i > 0 && is_hop)
            route->hop = mfn_alm_routes_next(route->routes, ask.from, ask.to);
        else if (i > 0)
            walk(route, ask);
        if (is_hop) {
            const uint32_t weight = mfn_alm_graph_weight(graph, ask.from, route->hop);
            if (weight == 0 || weight + rest[route->hop] != rest[ask.from])
                return wrong_route(why, ask, "the next hop is not on a shortest path");
        } else if (route->count == SIZE_MAX || route->count == 0 || route->nodes[0] != ask.from ||
                   route->nodes[route->count - 1] != ask.to) {
            return wrong_route(why, ask, "the path has other ends");
        } else if (alm_world_walk(graph, route->nodes, route->count) != rest[ask.from]) {
            return wrong_route(why, ask, "the path is not a shortest one");
        }
    }
    return BASE_OK;
}

static base_err check_asked(struct alm_route_state *route, bool is_hop, struct base_why *why)
{
    if (route->asked == 0)
        return BASE_OK;
    uint64_t *const rest = malloc(route->world.node_count * sizeof *rest);
    const base_err err = rest != NULL ? check_routes(route, rest, is_hop, why)
                                      : base_fail(why, BASE_ENOMEM, 0, "no memory for the check");
    free(rest);
    return err;
}

static base_err route_check(void *state, struct base_why *why)
{
    return check_asked(state, false, why);
}

static base_err hop_check(void *state, struct base_why *why)
{
    return check_asked(state, true, why);
}

static void adapt_teardown(void *state)
{
    struct alm_adapt_state *const adapt = state;
    if (adapt == NULL)
        return;
    mfn_alm_routes_free(adapt->routes);
    alm_change_done(&adapt->change);
    free(adapt);
}

static base_err adapt_setup(struct bench_env *env)
{
    struct alm_adapt_state *const adapt = calloc(1, sizeof *adapt);
    if (adapt == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    base_err err = alm_change_open(env, &adapt->change);
    if (err == BASE_OK)
        err = mfn_alm_routes_new(adapt->change.graphs[0], NULL, &adapt->routes, &env->why);
    env->parts_per_item = (double)adapt->change.count;
    if (err == BASE_OK)
        env->state = adapt;
    else
        adapt_teardown(adapt);
    return err;
}

static void adapt_run(void *state, uint64_t count)
{
    struct alm_adapt_state *const adapt = state;
    BENCH_LOOP(count) {
        const struct mfn_alm_change *const list = adapt->change.lists[++adapt->changes % 2];
        adapt->err |= mfn_alm_routes_change(adapt->routes, list, adapt->change.count, NULL);
    }
}

/* Is a distance in quanta of one the same time as one in quanta of the other? */
static bool is_same(uint64_t a, double a_quantum, uint64_t b, double b_quantum)
{
    if (a == MFN_ALM_FAR || b == MFN_ALM_FAR)
        return a == b;
    const double a_ms = (double)a * a_quantum, b_ms = (double)b * b_quantum;
    return !(a_ms < b_ms) && !(b_ms < a_ms);
}

/* The row of a root: distances, and next hops that lie on shortest paths. */
static base_err check_row(const struct alm_adapt_state *adapt, uint32_t root,
                          const uint64_t *expect, struct base_why *why)
{
    const struct mfn_alm_graph *const graph = adapt->change.graphs[adapt->changes % 2];
    const double quantum = mfn_alm_routes_quantum(adapt->routes);
    for (uint32_t i = 0; i < graph->node_count; i++) {
        const uint64_t distance = mfn_alm_routes_distance(adapt->routes, i, root);
        if (!is_same(distance, quantum, expect[i], graph->quantum))
            return wrong_route(why, (struct alm_pair_of_nodes){ i, root },
                               "the distance is not that of a recomputation");
        const uint32_t hop = mfn_alm_routes_next(adapt->routes, i, root);
        const bool has_hop = i != root && expect[i] != MFN_ALM_FAR;
        if (has_hop != (hop != MFN_ALM_NONE) ||
            (has_hop && mfn_alm_graph_weight(graph, i, hop) + expect[hop] != expect[i]))
            return wrong_route(why, (struct alm_pair_of_nodes){ i, root },
                               "the next hop is not on a shortest path");
    }
    return BASE_OK;
}

static base_err adapt_check(void *state, struct base_why *why)
{
    const struct alm_adapt_state *const adapt = state;
    if (adapt->changes == 0)
        return BASE_OK;
    if (adapt->err != BASE_OK)
        return base_fail(why, BASE_EWRONG, 0, "a change failed: %s", base_err_text(adapt->err));
    const struct mfn_alm_graph *const graph = adapt->change.graphs[adapt->changes % 2];
    uint64_t *const expect = malloc(graph->node_count * sizeof *expect);
    if (expect == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the check");
    base_err err = BASE_OK;
    for (uint32_t root = 0; err == BASE_OK && root < graph->node_count; root++) {
        alm_world_distances(graph, root, expect); /* links go both ways: also to the root */
        err = check_row(adapt, root, expect, why);
    }
    free(expect);
    return err;
}

#define PARAM_CHANGE(values)                                                                       \
    {                                                                                              \
        "change", values, "percent of all arcs that change"                                        \
    }

const struct bench_case alm_case_route = {
    .name = "alm/route",
    .doc = "a path of the table of routes, next hop after next hop",
    .item = "path",
    .params = { ALM_PARAM_NODES, ALM_PARAM_DEGREE("4") },
    .setup = route_setup,
    .run = route_run,
    .check = route_check,
    .teardown = route_teardown,
};

const struct bench_case alm_case_hop = {
    .name = "alm/hop",
    .doc = "one next hop of the table of routes",
    .item = "hop",
    .params = { ALM_PARAM_NODES, ALM_PARAM_DEGREE("4") },
    .setup = route_setup,
    .run = hop_run,
    .check = hop_check,
    .teardown = route_teardown,
};

const struct bench_case alm_case_adapt = {
    .name = "alm/adapt",
    .doc = "nodes and links come, go and change, until all pairs are right again",
    .item = "change",
    .params = { ALM_PARAM_NODES, ALM_PARAM_DEGREE("4,8"), PARAM_CHANGE("10") },
    .setup = adapt_setup,
    .run = adapt_run,
    .check = adapt_check,
    .teardown = adapt_teardown,
};

const struct bench_case alm_case_update = {
    .name = "alm/update",
    .doc = "links fail or are weighed anew, as many of each, until all pairs are right again",
    .item = "change",
    .params = { ALM_PARAM_NODES,
                ALM_PARAM_DEGREE("4"),
                { "updates", "10", "links weighed anew, and as many that fail or come back" } },
    .setup = adapt_setup,
    .run = adapt_run,
    .check = adapt_check,
    .teardown = adapt_teardown,
};

#ifdef SUITE_HAS_BOOST
/* One to all from every node, of graphs that were built beforehand. */
struct all {
    struct alm_change change;
    const struct alm_all_method *method;
    void *solvers[2];
    uint64_t *distances; /* [node_count][node_count] of the last item */
    uint64_t changes;
    bool has_failed;
};

static void all_teardown(void *state)
{
    struct all *const all = state;
    if (all == NULL)
        return;
    all->method->close(all->solvers[0]);
    all->method->close(all->solvers[1]);
    alm_change_done(&all->change);
    free(all->distances);
    free(all);
}

static base_err all_open(struct bench_env *env, const struct alm_all_method *method)
{
    struct all *const all = calloc(1, sizeof *all);
    if (all == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    all->method = method;
    base_err err = alm_change_open(env, &all->change);
    for (int i = 0; err == BASE_OK && i < 2; i++)
        err = method->open(all->change.graphs[i], &all->solvers[i], &env->why);
    const size_t nodes = all->change.node_count;
    if (err == BASE_OK && (all->distances = calloc(nodes * nodes, sizeof *all->distances)) == NULL)
        err = base_fail(&env->why, BASE_ENOMEM, 0, "no memory for all pairs of %zu nodes", nodes);
    env->parts_per_item = (double)all->change.count;
    if (err == BASE_OK)
        env->state = all;
    else
        all_teardown(all);
    return err;
}

static void all_run(void *state, uint64_t count)
{
    struct all *const all = state;
    const uint32_t nodes = all->change.node_count;
    BENCH_LOOP(count) {
        void *const solver = all->solvers[++all->changes % 2];
        for (uint32_t root = 0; root < nodes; root++)
            all->has_failed |=
                !all->method->run(solver, root, all->distances + (size_t)root * nodes);
    }
}

static base_err all_check(void *state, struct base_why *why)
{
    const struct all *const all = state;
    if (all->changes == 0)
        return BASE_OK;
    if (all->has_failed)
        return base_fail(why, BASE_EWRONG, 0, "a search failed");
    const uint32_t nodes = all->change.node_count;
    uint64_t *const expect = malloc(nodes * sizeof *expect);
    base_err err =
        expect != NULL ? BASE_OK : base_fail(why, BASE_ENOMEM, 0, "no memory for the check");
    for (uint32_t root = 0; err == BASE_OK && root < nodes; root++) {
        alm_world_distances(all->change.graphs[all->changes % 2], root, expect);
        for (uint32_t i = 0; err == BASE_OK && i < nodes; i++)
            if (all->distances[(size_t)root * nodes + i] != expect[i])
                err = wrong_route(why, (struct alm_pair_of_nodes){ root, i },
                                  "the distance is not that of a recomputation");
    }
    free(expect);
    return err;
}

static base_err adapt_boost_setup(struct bench_env *env)
{
    return all_open(env, &alm_all_boost);
}

const struct bench_case alm_case_adapt_boost = {
    .name = "alm/adapt.boost",
    .doc = "all pairs anew by Boost Graph, one to all from every node; graphs are built before",
    .item = "change",
    .peer_of = "alm/adapt",
    .params = { ALM_PARAM_NODES, ALM_PARAM_DEGREE("4,8"), PARAM_CHANGE("10") },
    .setup = adapt_boost_setup,
    .run = all_run,
    .check = all_check,
    .teardown = all_teardown,
};
#endif
