/* alm_world.h - the graphs that the cases of the routing layer run on, questions about them, and
 * answers found in the most obvious way.
 *
 * Links go both ways. Latencies are 1 to 100 ms in steps of 1/1024 ms, so that whole quanta hold
 * them and every table and search has the very same distances.
 */
#ifndef SUITE_ALM_WORLD_H
#define SUITE_ALM_WORLD_H

#include <base/rng.h>
#include <bench/case.h>
#include <mfn/alm_graph.h>

#include <stdbool.h>

enum {
    ALM_NODES_MAX = 100000,
    ALM_LINKS_MAX = 1 << 26,
    ALM_ROOTS = 32, /* asked in turn; a power of two */
    ALM_PAIRS = 256 /* the same */
};

struct alm_pair_of_nodes {
    uint32_t from, to;
};

struct alm_world {
    struct mfn_alm_edge *edges; /* [edge_count] */
    size_t edge_count;
    uint32_t node_count;
    struct mfn_alm_graph *graph;
    uint32_t roots[ALM_ROOTS];
    struct alm_pair_of_nodes pairs[ALM_PAIRS]; /* two different nodes each */
};

/* What kind of graph: the parameters of a case that has them, else these. */
struct alm_shape {
    uint32_t nodes;
    double degree;  /* 1 or more: links of a node; below 1: the share of all pairs linked */
    bool is_mesh;   /* a square grid, in which the degree has no say */
    uint32_t spare; /* nodes without a link behind the others */
    enum mfn_alm_metric metric;
};

#define ALM_PARAM_NODES                                                                            \
    {                                                                                              \
        "nodes", "1000", "nodes of the graph"                                                      \
    }
#define ALM_PARAM_DEGREE(values)                                                                   \
    {                                                                                              \
        "degree", values, "links of a node; below 1: share of all pairs that are linked"           \
    }

/* Read nodes, degree, kind and metric from those that the case has. Errors: EPARSE, ERANGE,
 * EINVALID; env->why names the parameter */
BASE_MUST_USE base_err alm_shape_read(struct bench_env *env, struct alm_shape *shape);

/* The metric alone. Errors: EINVALID */
BASE_MUST_USE base_err alm_metric_read(struct bench_env *env, struct alm_shape *shape);

/* Draw a link's values; its ends are left alone. */
void alm_world_draw(struct base_rng *rng, struct mfn_alm_edge *edge);

/* Make a connected graph of the shape, and questions; a zeroed world is empty. Errors: ENOMEM */
BASE_MUST_USE base_err alm_world_make(struct alm_world *world, const struct alm_shape *shape,
                                      uint64_t seed, struct base_why *why);

/* Make it of edges, which the world then owns, whatever happens: there must be a node. */
BASE_MUST_USE base_err alm_world_take(struct alm_world *world, struct mfn_alm_edge *edges,
                                      size_t edge_count, uint32_t node_count,
                                      enum mfn_alm_metric metric, uint64_t seed,
                                      struct base_why *why);

/* Both, from the parameters of a case, with the facts nodes and arcs. */
BASE_MUST_USE base_err alm_world_open(struct bench_env *env, struct alm_world *world);
void alm_world_done(struct alm_world *world);

/* Distances from a root to all nodes by relaxing all arcs until nothing changes.
 * Source: Bellman, Quarterly of Applied Mathematics 16 (1958) 87-90 */
void alm_world_distances(const struct mfn_alm_graph *graph, uint32_t root, uint64_t *distances);

/* The weight of a walk in quanta; MFN_ALM_FAR when there is no such walk, or a node is in it twice.
 */
uint64_t alm_world_walk(const struct mfn_alm_graph *graph, const uint32_t *nodes, size_t count);

#endif
