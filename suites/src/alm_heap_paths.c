/* alm_heap_paths.c - see alm_heap_paths.h. */
#include "alm_heap_paths.h"

#include "alm_methods.h"

#include <stdlib.h>

base_err alm_heap_search_init(struct alm_heap_search *search, const struct mfn_alm_graph *graph)
{
    const size_t nodes = graph->node_count;
    *search = (struct alm_heap_search){
        .graph = graph,
        .distances = malloc((nodes + 1) * sizeof *search->distances),
        .parents = malloc((nodes + 1) * sizeof *search->parents),
        .entries = malloc(((size_t)graph->arc_count + 1) * sizeof *search->entries),
    };
    if (search->distances != NULL && search->parents != NULL && search->entries != NULL)
        return BASE_OK;
    alm_heap_search_done(search);
    return BASE_ENOMEM;
}

void alm_heap_search_done(struct alm_heap_search *search)
{
    free(search->distances);
    free(search->parents);
    free(search->entries);
    *search = (struct alm_heap_search){ 0 };
}

static void put(struct alm_heap_search *search, struct alm_heap_entry entry)
{
    size_t at = search->count++;
    while (at > 0 && entry.distance < search->entries[(at - 1) / 2].distance) {
        search->entries[at] = search->entries[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    search->entries[at] = entry;
}

static struct alm_heap_entry take(struct alm_heap_search *search)
{
    const struct alm_heap_entry first = search->entries[0];
    const struct alm_heap_entry last = search->entries[--search->count];
    size_t at = 0;
    for (size_t child = 1; child < search->count; child = 2 * at + 1) {
        if (child + 1 < search->count &&
            search->entries[child + 1].distance < search->entries[child].distance)
            child++;
        if (last.distance <= search->entries[child].distance)
            break;
        search->entries[at] = search->entries[child];
        at = child;
    }
    search->entries[at] = last;
    return first;
}

static bool is_barred(const struct alm_heap_search *search, uint32_t arc, uint32_t node)
{
    return (search->barred_arcs != NULL && search->barred_arcs[arc]) ||
           (search->barred_nodes != NULL && search->barred_nodes[node]);
}

void alm_heap_search_run(struct alm_heap_search *search, uint32_t root, uint32_t target)
{
    const struct mfn_alm_graph *const graph = search->graph;
    for (uint32_t i = 0; i < graph->node_count; i++) {
        search->distances[i] = MFN_ALM_FAR;
        search->parents[i] = MFN_ALM_NONE;
    }
    search->distances[root] = 0;
    search->count = 0;
    put(search, (struct alm_heap_entry){ 0, root });
    while (search->count > 0) {
        const struct alm_heap_entry entry = take(search);
        if (entry.node == target)
            return;
        if (entry.distance > search->distances[entry.node])
            continue;
        for (uint32_t i = graph->out.first[entry.node]; i < graph->out.first[entry.node + 1]; i++) {
            const struct mfn_alm_arc arc = graph->out.arcs[i];
            const uint64_t distance = entry.distance + arc.weight;
            if (distance >= search->distances[arc.node] || is_barred(search, i, arc.node))
                continue;
            search->distances[arc.node] = distance;
            search->parents[arc.node] = entry.node;
            put(search, (struct alm_heap_entry){ distance, arc.node });
        }
    }
}

static base_err heap_open(const struct mfn_alm_graph *graph, void **solver, struct base_why *why)
{
    struct alm_heap_search *const search = malloc(sizeof *search);
    if (search == NULL || alm_heap_search_init(search, graph) != BASE_OK) {
        free(search);
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a search");
    }
    *solver = search;
    return BASE_OK;
}

static void heap_run(void *solver, uint32_t root)
{
    alm_heap_search_run(solver, root, MFN_ALM_NONE);
}

static uint64_t heap_distance(const void *solver, uint32_t node)
{
    const struct alm_heap_search *const search = solver;
    return search->distances[node];
}

static uint64_t heap_find(void *solver, uint32_t from, uint32_t to)
{
    const struct alm_heap_search *const search = solver;
    alm_heap_search_run(solver, from, to);
    return search->distances[to];
}

static void heap_close(void *solver)
{
    if (solver != NULL)
        alm_heap_search_done(solver);
    free(solver);
}

const struct alm_tree_method alm_tree_heap = { heap_open, heap_run, heap_distance, heap_close };
const struct alm_pair_method alm_pair_heap = { heap_open, heap_find, heap_close };
