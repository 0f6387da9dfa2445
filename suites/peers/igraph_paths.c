/* igraph_paths.c - igraph's Dijkstra and K shortest paths. Weights are doubles there; quanta and
 * their sums along a path are whole numbers below 2^53, so they are exact. */
#include "alm_methods.h"

#include <igraph/igraph.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

struct solver {
    igraph_t graph;
    igraph_vector_t weights;
    igraph_matrix_t distances; /* one row: of the last run */
    igraph_vector_int_t edges; /* of the last pair */
    igraph_vector_int_list_t paths;
    size_t inited; /* how many of the first five above are to be destroyed */
    bool has_failed;
};

static void solver_close(void *solver)
{
    struct solver *const s = solver;
    if (s == NULL)
        return;
    if (s->inited > 4)
        igraph_vector_int_list_destroy(&s->paths);
    if (s->inited > 3)
        igraph_vector_int_destroy(&s->edges);
    if (s->inited > 2)
        igraph_matrix_destroy(&s->distances);
    if (s->inited > 1)
        igraph_vector_destroy(&s->weights);
    if (s->inited > 0)
        igraph_destroy(&s->graph);
    free(s);
}

/* The graph, with arcs in the order of the rows: their number there is their edge's here. */
static bool make_graph(struct solver *s, const struct mfn_alm_graph *graph)
{
    igraph_vector_int_t ends;
    if (igraph_vector_int_init(&ends, 2 * (igraph_integer_t)graph->arc_count) != IGRAPH_SUCCESS)
        return false;
    for (uint32_t node = 0; node < graph->node_count; node++)
        for (uint32_t i = graph->out.first[node]; i < graph->out.first[node + 1]; i++) {
            VECTOR(ends)[2 * (igraph_integer_t)i] = node;
            VECTOR(ends)[2 * (igraph_integer_t)i + 1] = graph->out.arcs[i].node;
        }
    const bool is_made =
        igraph_create(&s->graph, &ends, graph->node_count, IGRAPH_DIRECTED) == IGRAPH_SUCCESS;
    igraph_vector_int_destroy(&ends);
    s->inited += is_made;
    return is_made;
}

static bool make_rest(struct solver *s, const struct mfn_alm_graph *graph)
{
    if (igraph_vector_init(&s->weights, graph->arc_count) != IGRAPH_SUCCESS)
        return false;
    s->inited++;
    for (uint32_t i = 0; i < graph->arc_count; i++)
        VECTOR(s->weights)[i] = graph->out.arcs[i].weight;
    if (igraph_matrix_init(&s->distances, 1, graph->node_count) != IGRAPH_SUCCESS)
        return false;
    s->inited++;
    if (igraph_vector_int_init(&s->edges, 0) != IGRAPH_SUCCESS)
        return false;
    s->inited++;
    if (igraph_vector_int_list_init(&s->paths, 0) != IGRAPH_SUCCESS)
        return false;
    s->inited++;
    return true;
}

static base_err solver_open(const struct mfn_alm_graph *graph, void **solver, struct base_why *why)
{
    igraph_set_error_handler(igraph_error_handler_ignore); /* the usual one ends the process */
    struct solver *const s = calloc(1, sizeof *s);
    if (s == NULL || !make_graph(s, graph) || !make_rest(s, graph)) {
        solver_close(s);
        return base_fail(why, BASE_ENOMEM, 0, "no memory for igraph's graph");
    }
    *solver = s;
    return BASE_OK;
}

static base_err kpaths_open(const struct mfn_alm_graph *graph, size_t k_max, void **solver,
                            struct base_why *why)
{
    (void)k_max;
    return solver_open(graph, solver, why);
}

static void tree_run(void *solver, uint32_t root)
{
    struct solver *const s = solver;
    s->has_failed =
        igraph_distances_dijkstra(&s->graph, &s->distances, igraph_vss_1(root), igraph_vss_all(),
                                  &s->weights, IGRAPH_OUT) != IGRAPH_SUCCESS;
}

static uint64_t tree_distance(const void *solver, uint32_t node)
{
    const struct solver *const s = solver;
    const double distance = MATRIX(s->distances, 0, node);
    return s->has_failed || !isfinite(distance) ? MFN_ALM_FAR : (uint64_t)distance;
}

static uint64_t pair_find(void *solver, uint32_t from, uint32_t to)
{
    struct solver *const s = solver;
    if (igraph_get_shortest_path_dijkstra(&s->graph, NULL, &s->edges, from, to, &s->weights,
                                          IGRAPH_OUT) != IGRAPH_SUCCESS)
        return MFN_ALM_FAR;
    const igraph_integer_t count = igraph_vector_int_size(&s->edges);
    double sum = 0;
    for (igraph_integer_t i = 0; i < count; i++)
        sum += VECTOR(s->weights)[VECTOR(s->edges)[i]];
    return count == 0 && from != to ? MFN_ALM_FAR : (uint64_t)sum;
}

static size_t kpaths_find(void *solver, uint32_t from, uint32_t to, size_t k)
{
    struct solver *const s = solver;
    if (igraph_get_k_shortest_paths(&s->graph, &s->weights, &s->paths, NULL, (igraph_integer_t)k,
                                    from, to, IGRAPH_OUT) != IGRAPH_SUCCESS)
        return 0;
    return (size_t)igraph_vector_int_list_size(&s->paths);
}

static size_t kpaths_path(const void *solver, size_t index, uint32_t *nodes, size_t capacity)
{
    const struct solver *const s = solver;
    const igraph_vector_int_t *const path =
        igraph_vector_int_list_get_ptr(&s->paths, (igraph_integer_t)index);
    const size_t count = (size_t)igraph_vector_int_size(path);
    for (size_t i = 0; i < count && count <= capacity; i++)
        nodes[i] = (uint32_t)VECTOR(*path)[i];
    return count;
}

const struct alm_tree_method alm_tree_igraph = { solver_open, tree_run, tree_distance,
                                                 solver_close };
const struct alm_pair_method alm_pair_igraph = { solver_open, pair_find, solver_close };
const struct alm_kpaths_method alm_kpaths_igraph = { kpaths_open, kpaths_find, kpaths_path,
                                                     solver_close };
