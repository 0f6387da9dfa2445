/* alm_change.c - see alm_change.h. */
#include "alm_change.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS_A_MS = 1024 };

struct maker {
    struct alm_change *change;
    struct base_rng rng;
    const struct mfn_alm_edge *edges; /* before; a link is two in a row */
    size_t link_count;
    uint32_t linked; /* nodes that have links before; spare ones follow */
    uint32_t degree; /* links of a node that is added */
    uint32_t added;  /* nodes so far */
};

void alm_change_done(struct alm_change *change)
{
    for (int i = 0; i < 2; i++) {
        free(change->steps[i]);
        free(change->lists[i]);
        mfn_alm_graph_free(change->graphs[i]);
    }
    *change = (struct alm_change){ 0 };
}

static uint32_t *place(const struct alm_change *change, int which, uint32_t from, uint32_t to)
{
    return &change->steps[which][(size_t)from * change->node_count + to];
}

static void set_link(const struct alm_change *change, int which, uint32_t a, uint32_t b,
                     double latency_ms)
{
    *place(change, which, a, b) = *place(change, which, b, a) = (uint32_t)(latency_ms * STEPS_A_MS);
}

static double draw_latency(struct maker *maker)
{
    struct mfn_alm_edge edge;
    alm_world_draw(&maker->rng, &edge);
    return edge.latency_ms;
}

/* Each answers how many arcs it changed, which may be none. */
static size_t remove_node(struct maker *maker)
{
    const uint32_t node = (uint32_t)base_rng_below(&maker->rng, maker->linked);
    size_t arcs = 0;
    for (uint32_t i = 0; i < maker->change->node_count; i++) {
        arcs += *place(maker->change, 1, node, i) != 0 ? 2 : 0;
        set_link(maker->change, 1, node, i, 0);
    }
    return arcs;
}

static size_t add_link(struct maker *maker, uint32_t a)
{
    const uint32_t b = (uint32_t)base_rng_below(&maker->rng, maker->linked);
    if (a == b || *place(maker->change, 0, a, b) != 0 || *place(maker->change, 1, a, b) != 0)
        return 0;
    set_link(maker->change, 1, a, b, draw_latency(maker));
    return 2;
}

static size_t add_any_link(struct maker *maker)
{
    return add_link(maker, (uint32_t)base_rng_below(&maker->rng, maker->linked));
}

static size_t add_node(struct maker *maker)
{
    const uint32_t spare = maker->change->node_count - maker->linked;
    const uint32_t node = maker->linked + maker->added++ % spare;
    size_t arcs = 0;
    for (uint32_t i = 0; i < maker->degree; i++)
        arcs += add_link(maker, node);
    return arcs;
}

static size_t touch_link(struct maker *maker, double latency_ms)
{
    const struct mfn_alm_edge *const link =
        &maker->edges[2 * base_rng_below(&maker->rng, maker->link_count)];
    const uint32_t before = *place(maker->change, 0, link->from, link->to);
    if (*place(maker->change, 1, link->from, link->to) != before ||
        before == (uint32_t)(latency_ms * STEPS_A_MS))
        return 0;
    set_link(maker->change, 1, link->from, link->to, latency_ms);
    return 2;
}

static size_t weigh_link(struct maker *maker)
{
    return touch_link(maker, draw_latency(maker));
}

static size_t remove_link(struct maker *maker)
{
    return touch_link(maker, 0);
}

/* Do it until so many arcs are changed, or as good as all were tried. */
static void repeat(struct maker *maker, size_t (*step)(struct maker *), size_t arcs)
{
    size_t tries = 100 * (arcs + 1);
    for (size_t changed = 0; changed < arcs && tries > 0; tries--)
        changed += step(maker);
}

/* The change after as a list, and the one back. */
static bool list_changes(struct alm_change *change)
{
    const size_t cells = (size_t)change->node_count * change->node_count;
    change->count = 0;
    for (size_t i = 0; i < cells; i++)
        change->count += change->steps[0][i] != change->steps[1][i];
    for (int which = 0; which < 2; which++) {
        struct mfn_alm_change *item = malloc((change->count + 1) * sizeof *item);
        change->lists[which] = item;
        if (item == NULL)
            return false;
        for (size_t i = 0; i < cells; i++) {
            const uint32_t steps = change->steps[which][i];
            if (change->steps[0][i] != change->steps[1][i])
                *item++ = (struct mfn_alm_change){ .from = (uint32_t)(i / change->node_count),
                                                   .to = (uint32_t)(i % change->node_count),
                                                   .is_removed = steps == 0,
                                                   .weight = (double)steps / STEPS_A_MS };
        }
    }
    return true;
}

static base_err make_graph(struct alm_change *change, int which, struct base_why *why)
{
    const size_t cells = (size_t)change->node_count * change->node_count;
    size_t count = 0;
    for (size_t i = 0; i < cells; i++)
        count += change->steps[which][i] != 0;
    struct mfn_alm_edge *const edges = malloc((count + 1) * sizeof *edges);
    if (edges == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %zu arcs", count);
    count = 0;
    for (size_t i = 0; i < cells; i++)
        if (change->steps[which][i] != 0)
            edges[count++] =
                (struct mfn_alm_edge){ .from = (uint32_t)(i / change->node_count),
                                       .to = (uint32_t)(i % change->node_count),
                                       .latency_ms = (double)change->steps[which][i] / STEPS_A_MS,
                                       .bandwidth_mbps = 1000,
                                       .reliability = 1 };
    const base_err err = mfn_alm_graph_new(edges, count, change->node_count, MFN_ALM_LATENCY, NULL,
                                           &change->graphs[which], why);
    free(edges);
    return err;
}

/* The matrix before, of the lightest of parallel links, and the same after. */
static bool fill_steps(struct alm_change *change, const struct alm_world *world)
{
    const size_t cells = (size_t)change->node_count * change->node_count;
    for (int i = 0; i < 2; i++)
        if ((change->steps[i] = calloc(cells, sizeof *change->steps[i])) == NULL)
            return false;
    for (size_t i = 0; i < world->edge_count; i += 2) {
        const struct mfn_alm_edge *const edge = &world->edges[i];
        const uint32_t now = *place(change, 0, edge->from, edge->to);
        if (now == 0 || edge->latency_ms * STEPS_A_MS < now)
            set_link(change, 0, edge->from, edge->to, edge->latency_ms);
    }
    memcpy(change->steps[1], change->steps[0], cells * sizeof *change->steps[1]);
    return true;
}

static base_err change_make(struct bench_env *env, struct alm_change *change,
                            const struct alm_shape *shape, uint64_t percent, uint64_t updates)
{
    struct alm_world world = { 0 };
    base_err err = alm_world_make(&world, shape, env->seed, &env->why);
    if (err != BASE_OK)
        return err;
    change->node_count = world.node_count;
    struct maker maker = { .change = change,
                           .edges = world.edges,
                           .link_count = world.edge_count / 2,
                           .linked = shape->nodes };
    base_rng_init(&maker.rng, env->seed + 2);
    const size_t arcs = world.graph->arc_count;
    const size_t quarter = (arcs * percent + 399) / 400;
    maker.degree = (uint32_t)(arcs / shape->nodes);
    if (fill_steps(change, &world)) {
        repeat(&maker, weigh_link, percent > 0 ? quarter : updates);
        repeat(&maker, remove_link, percent > 0 ? 0 : updates);
        repeat(&maker, add_any_link, percent > 0 ? quarter : 0);
        repeat(&maker, remove_node, percent > 0 ? quarter : 0);
        repeat(&maker, add_node, percent > 0 ? quarter : 0);
    }
    alm_world_done(&world);
    if (change->steps[1] == NULL || !list_changes(change))
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for the change");
    err = make_graph(change, 0, &env->why);
    if (err == BASE_OK)
        err = make_graph(change, 1, &env->why);
    bench_env_fact(env, "arcs", (double)arcs, "1");
    bench_env_fact(env, "changed_arcs", (double)change->count, "1");
    return err;
}

base_err alm_change_open(struct bench_env *env, struct alm_change *change)
{
    struct alm_shape shape;
    uint64_t percent = 0, updates = 0;
    *change = (struct alm_change){ 0 };
    base_err err = alm_shape_read(env, &shape);
    if (err == BASE_OK && shape.nodes > ALM_CHANGE_NODES_MAX)
        err = base_fail(&env->why, BASE_ERANGE, 0, "nodes: %u is above %d, all pairs being kept",
                        shape.nodes, ALM_CHANGE_NODES_MAX);
    if (err == BASE_OK && bench_env_text(env, "change")[0] != '\0')
        err = bench_env_count(env, "change", 1, 100, &percent);
    else if (err == BASE_OK)
        err = bench_env_count(env, "updates", 1, 10000, &updates);
    if (err != BASE_OK)
        return err;
    shape.spare = (uint32_t)(shape.nodes * percent / 800) + 1;
    err = change_make(env, change, &shape, percent, updates);
    if (err != BASE_OK)
        alm_change_done(change);
    return err;
}
