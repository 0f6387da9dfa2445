/* alm_world.c - a circle through all nodes in random order, which connects them, and random links
 * beside it; or a grid. */
#include "alm_world.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LATENCY_STEPS = 1024, LATENCY_MAX_MS = 100 };

static base_err read_degree(struct bench_env *env, struct alm_shape *shape)
{
    const char *const text = bench_env_text(env, "degree");
    if (text[0] == '\0')
        return BASE_OK;
    char *end;
    shape->degree = strtod(text, &end);
    if (*end != '\0' || !(shape->degree > 0) || shape->degree >= shape->nodes)
        return base_fail(&env->why, BASE_ERANGE, 0,
                         "degree: \"%s\" is neither a number of links from 1 to below %" PRIu32
                         ", the nodes, nor a share between 0 and 1",
                         text, shape->nodes);
    return BASE_OK;
}

base_err alm_metric_read(struct bench_env *env, struct alm_shape *shape)
{
    const char *const text = bench_env_text(env, "metric");
    if (text[0] == '\0')
        return BASE_OK;
    for (int i = 0; i < MFN_ALM_METRIC_COUNT; i++)
        if (strcmp(text, mfn_alm_metric_name((enum mfn_alm_metric)i)) == 0) {
            shape->metric = (enum mfn_alm_metric)i;
            return BASE_OK;
        }
    return base_fail(&env->why, BASE_EINVALID, 0,
                     "metric: \"%s\" is none of latency, bandwidth, reliability, cost and mix",
                     text);
}

static base_err read_kind(struct bench_env *env, struct alm_shape *shape)
{
    const char *const text = bench_env_text(env, "kind");
    shape->is_mesh = strcmp(text, "mesh") == 0;
    if (shape->is_mesh || text[0] == '\0' || strcmp(text, "random") == 0)
        return BASE_OK;
    return base_fail(&env->why, BASE_EINVALID, 0, "kind: \"%s\" is neither random nor mesh", text);
}

base_err alm_shape_read(struct bench_env *env, struct alm_shape *shape)
{
    uint64_t nodes = 0;
    base_err err = bench_env_count(env, "nodes", 4, ALM_NODES_MAX, &nodes);
    *shape = (struct alm_shape){ .nodes = (uint32_t)nodes, .degree = 4 };
    if (err == BASE_OK)
        err = read_degree(env, shape);
    if (err == BASE_OK)
        err = alm_metric_read(env, shape);
    return err == BASE_OK ? read_kind(env, shape) : err;
}

void alm_world_draw(struct base_rng *rng, struct mfn_alm_edge *edge)
{
    const uint64_t steps = base_rng_below(rng, (LATENCY_MAX_MS - 1) * LATENCY_STEPS + 1);
    edge->latency_ms = 1 + (double)steps / LATENCY_STEPS;
    edge->bandwidth_mbps = 100 + (double)base_rng_below(rng, 9901);
    edge->reliability = 0.9 + 0.1 * base_rng_uniform(rng);
    edge->cost = (double)base_rng_below(rng, 101);
}

static void add_link(struct alm_world *world, struct base_rng *rng, uint32_t a, uint32_t b)
{
    struct mfn_alm_edge *const edge = &world->edges[world->edge_count];
    alm_world_draw(rng, edge);
    edge[1] = edge[0];
    edge[0].from = edge[1].to = a;
    edge[0].to = edge[1].from = b;
    world->edge_count += 2;
}

static void link_grid(struct alm_world *world, struct base_rng *rng, uint32_t nodes)
{
    const uint32_t width = (uint32_t)lround(sqrt(nodes));
    for (uint32_t i = 1; i < nodes; i++) {
        if (i % width != 0)
            add_link(world, rng, i - 1, i);
        if (i >= width)
            add_link(world, rng, i - width, i);
    }
}

static void link_random(struct alm_world *world, struct base_rng *rng, uint32_t nodes, size_t links,
                        uint32_t *order)
{
    for (uint32_t i = 0; i < nodes; i++) {
        const uint32_t other = (uint32_t)base_rng_below(rng, i + 1);
        order[i] = order[other];
        order[other] = i;
    }
    for (uint32_t i = 0; i < nodes; i++)
        add_link(world, rng, order[i], order[(i + 1) % nodes]);
    for (size_t i = nodes; i < links; i++) {
        const uint32_t a = (uint32_t)base_rng_below(rng, nodes);
        const uint32_t b = (uint32_t)base_rng_below(rng, nodes - 1);
        add_link(world, rng, a, b + (b >= a));
    }
}

/* A share of all pairs: links are drawn with repeats, and so many that this share of the pairs is
 * expected to be drawn at least once. */
static size_t links_of(const struct alm_shape *shape)
{
    const double nodes = shape->nodes;
    if (shape->is_mesh)
        return 2 * (size_t)shape->nodes;
    const double links = shape->degree < 1 ? -log1p(-shape->degree) * nodes * (nodes - 1) / 2
                                           : nodes * shape->degree / 2;
    return links < nodes ? (size_t)nodes : (size_t)links;
}

static void draw_questions(struct alm_world *world, uint32_t nodes, uint64_t seed)
{
    struct base_rng rng;
    base_rng_init(&rng, seed + 1);
    for (size_t i = 0; i < ALM_ROOTS; i++)
        world->roots[i] = (uint32_t)base_rng_below(&rng, nodes);
    for (size_t i = 0; i < ALM_PAIRS; i++) {
        const uint32_t from = (uint32_t)base_rng_below(&rng, nodes);
        const uint32_t to = nodes > 1 ? (uint32_t)base_rng_below(&rng, nodes - 1) : 0;
        world->pairs[i] = (struct alm_pair_of_nodes){ from, to + (nodes > 1 && to >= from) };
    }
}

base_err alm_world_make(struct alm_world *world, const struct alm_shape *shape, uint64_t seed,
                        struct base_why *why)
{
    const size_t links = links_of(shape);
    if (links > ALM_LINKS_MAX)
        return base_fail(why, BASE_ERANGE, 0, "degree: %zu links are more than %d", links,
                         ALM_LINKS_MAX);
    uint32_t *const order = malloc(shape->nodes * sizeof *order);
    world->edges = malloc(2 * links * sizeof *world->edges);
    base_err err = BASE_ENOMEM;
    if (order == NULL || world->edges == NULL) {
        base_fail(why, err, 0, "no memory for %zu links", links);
    } else {
        struct base_rng rng;
        base_rng_init(&rng, seed);
        if (shape->is_mesh)
            link_grid(world, &rng, shape->nodes);
        else
            link_random(world, &rng, shape->nodes, links, order);
        world->node_count = shape->nodes + shape->spare;
        draw_questions(world, shape->nodes, seed);
        err = mfn_alm_graph_new(world->edges, world->edge_count, world->node_count, shape->metric,
                                NULL, &world->graph, why);
    }
    free(order);
    if (err != BASE_OK)
        alm_world_done(world);
    return err;
}

base_err alm_world_take(struct alm_world *world, struct mfn_alm_edge *edges, size_t edge_count,
                        uint32_t node_count, enum mfn_alm_metric metric, uint64_t seed,
                        struct base_why *why)
{
    *world =
        (struct alm_world){ .edges = edges, .edge_count = edge_count, .node_count = node_count };
    base_err err = BASE_OK;
    if (node_count == 0)
        err = base_fail(why, BASE_EINVALID, 0, "a graph without a node");
    else
        err = mfn_alm_graph_new(edges, edge_count, node_count, metric, NULL, &world->graph, why);
    if (err == BASE_OK)
        draw_questions(world, node_count, seed);
    else
        alm_world_done(world);
    return err;
}

base_err alm_world_open(struct bench_env *env, struct alm_world *world)
{
    struct alm_shape shape;
    base_err err = alm_shape_read(env, &shape);
    if (err == BASE_OK)
        err = alm_world_make(world, &shape, env->seed, &env->why);
    if (err == BASE_OK)
        bench_env_fact(env, "arcs", world->graph->arc_count, "1");
    return err;
}

void alm_world_done(struct alm_world *world)
{
    mfn_alm_graph_free(world->graph);
    free(world->edges);
    *world = (struct alm_world){ 0 };
}

void alm_world_distances(const struct mfn_alm_graph *graph, uint32_t root, uint64_t *distances)
{
    for (uint32_t i = 0; i < graph->node_count; i++)
        distances[i] = MFN_ALM_FAR;
    distances[root] = 0;
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (uint32_t node = 0; node < graph->node_count; node++) {
            const uint64_t base = distances[node];
            if (base == MFN_ALM_FAR)
                continue;
            for (uint32_t i = graph->out.first[node]; i < graph->out.first[node + 1]; i++) {
                const struct mfn_alm_arc arc = graph->out.arcs[i];
                if (base + arc.weight < distances[arc.node]) {
                    distances[arc.node] = base + arc.weight;
                    is_changed = true;
                }
            }
        }
    }
}

uint64_t alm_world_walk(const struct mfn_alm_graph *graph, const uint32_t *nodes, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        const uint32_t weight = mfn_alm_graph_weight(graph, nodes[i], nodes[i + 1]);
        for (size_t k = i + 1; k < count; k++)
            if (nodes[k] == nodes[i])
                return MFN_ALM_FAR;
        if (weight == 0)
            return MFN_ALM_FAR;
        sum += weight;
    }
    return sum;
}
