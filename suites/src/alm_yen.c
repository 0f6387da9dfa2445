/* alm_yen.c - the K shortest loopless paths as in Yen's paper: after each path found, one search
 * of the textbook for each of its nodes, with the way there and the next arcs of all earlier paths
 * of the same beginning barred; the best of all candidates is the next path.
 *
 * Source    Yen, Management Science 17 (1971) 712-716 */
#include "alm_heap_paths.h"
#include "alm_methods.h"

#include <stdlib.h>
#include <string.h>

struct route {
    uint64_t distance;
    uint32_t *nodes; /* [count], of the solver's memory */
    size_t count;
};

/* Candidates and paths found have room for the nodes of a path each; of the candidates no more are
 * kept than could still be wanted. */
struct yen {
    const struct mfn_alm_graph *graph;
    struct alm_heap_search search;
    size_t k; /* the most that will be asked for */
    size_t found_count, candidate_count;
    struct route *found;      /* [k] */
    struct route *candidates; /* [k + 1] */
    uint32_t *memory;         /* of all nodes */
    uint8_t *barred_nodes, *barred_arcs;
};

static void yen_close(void *solver)
{
    struct yen *const yen = solver;
    if (yen == NULL)
        return;
    alm_heap_search_done(&yen->search);
    free(yen->found);
    free(yen->candidates);
    free(yen->memory);
    free(yen->barred_nodes);
    free(yen->barred_arcs);
    free(yen);
}

static bool yen_allocate(struct yen *yen)
{
    const size_t nodes = yen->graph->node_count;
    yen->found = calloc(yen->k, sizeof *yen->found);
    yen->candidates = calloc(yen->k + 1, sizeof *yen->candidates);
    yen->memory = malloc((2 * yen->k + 1) * nodes * sizeof *yen->memory);
    yen->barred_nodes = calloc(nodes, 1);
    yen->barred_arcs = calloc((size_t)yen->graph->arc_count + 1, 1);
    if (yen->found == NULL || yen->candidates == NULL || yen->memory == NULL ||
        yen->barred_nodes == NULL || yen->barred_arcs == NULL)
        return false;
    for (size_t i = 0; i < yen->k; i++)
        yen->found[i].nodes = yen->memory + i * nodes;
    for (size_t i = 0; i <= yen->k; i++)
        yen->candidates[i].nodes = yen->memory + (yen->k + i) * nodes;
    return true;
}

static base_err yen_open(const struct mfn_alm_graph *graph, size_t k, void **solver,
                         struct base_why *why)
{
    struct yen *const yen = calloc(1, sizeof *yen);
    if (yen != NULL) {
        yen->graph = graph;
        yen->k = k;
    }
    if (yen == NULL || !yen_allocate(yen) || alm_heap_search_init(&yen->search, graph) != BASE_OK) {
        yen_close(yen);
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %zu paths", k);
    }
    yen->search.barred_nodes = yen->barred_nodes;
    yen->search.barred_arcs = yen->barred_arcs;
    *solver = yen;
    return BASE_OK;
}

static uint32_t arc_between(const struct mfn_alm_graph *graph, uint32_t from, uint32_t to)
{
    uint32_t arc = graph->out.first[from];
    while (graph->out.arcs[arc].node != to)
        arc++;
    return arc;
}

static bool is_same(const struct route *a, const struct route *b)
{
    return a->distance == b->distance && a->count == b->count &&
           memcmp(a->nodes, b->nodes, a->count * sizeof *a->nodes) == 0;
}

/* Keep the route at the end of the candidates, unless it is one of them. */
static void keep(struct yen *yen)
{
    struct route *const last = &yen->candidates[yen->candidate_count];
    size_t worst = 0;
    for (size_t i = 0; i < yen->candidate_count; i++) {
        if (is_same(&yen->candidates[i], last))
            return;
        if (yen->candidates[i].distance > yen->candidates[worst].distance)
            worst = i;
    }
    if (yen->candidate_count < yen->k) {
        yen->candidate_count++;
    } else if (last->distance < yen->candidates[worst].distance) {
        const struct route swap = *last;
        *last = yen->candidates[worst];
        yen->candidates[worst] = swap;
    }
}

/* The route that goes with `base` to its node `at` and leaves it there, when there is one. */
static void deviate(struct yen *yen, const struct route *base, size_t at, uint32_t to)
{
    const uint32_t from = base->nodes[at];
    alm_heap_search_run(&yen->search, from, to);
    if (yen->search.distances[to] == MFN_ALM_FAR)
        return;
    struct route *const last = &yen->candidates[yen->candidate_count];
    memcpy(last->nodes, base->nodes, at * sizeof *last->nodes);
    last->distance = yen->search.distances[to];
    for (size_t i = 0; i < at; i++)
        last->distance +=
            yen->graph->out.arcs[arc_between(yen->graph, base->nodes[i], base->nodes[i + 1])]
                .weight;
    size_t rest = 1;
    for (uint32_t node = to; node != from; node = yen->search.parents[node])
        rest++;
    last->count = at + rest;
    size_t place = last->count;
    for (uint32_t node = to; node != MFN_ALM_NONE; node = yen->search.parents[node])
        last->nodes[--place] = node;
    keep(yen);
}

/* Bar, or admit again, the arcs by which the paths found leave the first `at` steps of `base`. */
static void bar_arcs(struct yen *yen, const struct route *base, size_t at, uint8_t is_barred)
{
    for (size_t i = 0; i < yen->found_count; i++) {
        const struct route *const path = &yen->found[i];
        if (path->count > at + 1 &&
            memcmp(path->nodes, base->nodes, (at + 1) * sizeof *path->nodes) == 0)
            yen->barred_arcs[arc_between(yen->graph, path->nodes[at], path->nodes[at + 1])] =
                is_barred;
    }
}

static void find_candidates(struct yen *yen, uint32_t to)
{
    const struct route *const base = &yen->found[yen->found_count - 1];
    for (size_t at = 0; at + 1 < base->count; at++) {
        bar_arcs(yen, base, at, 1);
        deviate(yen, base, at, to);
        bar_arcs(yen, base, at, 0);
        yen->barred_nodes[base->nodes[at]] = 1;
    }
    for (size_t at = 0; at + 1 < base->count; at++)
        yen->barred_nodes[base->nodes[at]] = 0;
}

/* The best candidate becomes a path. */
static bool promote(struct yen *yen)
{
    size_t best = 0;
    if (yen->candidate_count == 0)
        return false;
    for (size_t i = 1; i < yen->candidate_count; i++)
        if (yen->candidates[i].distance < yen->candidates[best].distance)
            best = i;
    const struct route swap = yen->found[yen->found_count];
    yen->found[yen->found_count++] = yen->candidates[best];
    yen->candidates[best] = yen->candidates[--yen->candidate_count];
    yen->candidates[yen->candidate_count] = swap;
    return true;
}

static size_t yen_find(void *solver, uint32_t from, uint32_t to, size_t k)
{
    struct yen *const yen = solver;
    const struct route start = { .nodes = &from, .count = 1 };
    yen->found_count = yen->candidate_count = 0;
    deviate(yen, &start, 0, to);
    while (promote(yen) && yen->found_count < k)
        find_candidates(yen, to);
    return yen->found_count;
}

static size_t yen_path(const void *solver, size_t index, uint32_t *nodes, size_t capacity)
{
    const struct yen *const yen = solver;
    const struct route *const path = &yen->found[index];
    if (path->count <= capacity)
        memcpy(nodes, path->nodes, path->count * sizeof *nodes);
    return path->count;
}

const struct alm_kpaths_method alm_kpaths_yen = { yen_open, yen_find, yen_path, yen_close };
