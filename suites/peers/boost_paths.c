/* boost_paths.c - Boost Graph as a way of answering, and 1000 times its one to all as the peer of a
 * table that is repaired. */
#include "boost_paths.h"

#include "alm_methods.h"
#include "alm_table_cases.h"

#include <stdlib.h>

static base_err boost_open(const struct mfn_alm_graph *graph, void **solver, struct base_why *why)
{
    const size_t arcs = graph->arc_count;
    uint32_t *const memory = malloc((2 * arcs + 1) * sizeof *memory);
    if (memory == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %zu arcs", arcs);
    for (size_t i = 0; i < arcs; i++) {
        memory[i] = graph->out.arcs[i].node;
        memory[arcs + i] = graph->out.arcs[i].weight;
    }
    *solver = boost_paths_new(graph->node_count, graph->out.first, memory, memory + arcs);
    free(memory);
    return *solver != NULL ? BASE_OK
                           : base_fail(why, BASE_ENOMEM, 0, "no memory for %zu arcs", arcs);
}

static void boost_run(void *solver, uint32_t root)
{
    boost_paths_run(solver, root);
}

static uint64_t boost_distance(const void *solver, uint32_t node)
{
    return boost_paths_distance(solver, node);
}

static uint64_t boost_find(void *solver, uint32_t from, uint32_t to)
{
    return boost_paths_find(solver, from, to);
}

static void boost_close(void *solver)
{
    boost_paths_free(solver);
}

const struct alm_tree_method alm_tree_boost = { boost_open, boost_run, boost_distance,
                                                boost_close };
const struct alm_pair_method alm_pair_boost = { boost_open, boost_find, boost_close };

static bool boost_run_into(void *solver, uint32_t root, uint64_t *distances)
{
    return boost_paths_run_into(solver, root, distances) != 0;
}

const struct alm_all_method alm_all_boost = { boost_open, boost_run_into, boost_close };
