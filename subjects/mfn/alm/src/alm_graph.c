/* alm_graph.c - compressed rows by two stable counting sorts, first by the far end, then by the
 * near one: rows come out ordered by their other end, so parallel edges lie side by side. */
#include <mfn/alm_graph.h>

#include "alm_weight.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { QUANTUM_BITS = 31 };

/* Weights below this are taken as 0: their quantum would be no normal number. */
static const double weight_least = 1e-200;

struct build {
    const struct mfn_alm_edge *edges;
    size_t count;
    struct alm_weigher weigher;
    struct mfn_alm_graph *graph;
    uint32_t *order; /* [count]: edges that are no self loops, by `to` */
};

static double quantum_of(double heaviest)
{
    int exponent = 0;
    if (heaviest < weight_least)
        return 1;
    frexp(heaviest, &exponent);
    return ldexp(1, exponent - QUANTUM_BITS);
}

static uint32_t quanta_of(const struct build *b, uint32_t edge)
{
    const double quanta = nearbyint(alm_weigh(&b->weigher, &b->edges[edge]) / b->graph->quantum);
    return quanta < 1 ? 1 : (uint32_t)quanta;
}

/* counts[i + 1] hold numbers of items: make counts[i] the place of the first. */
static void sum_up(uint32_t *counts, uint32_t node_count)
{
    for (uint32_t i = 0; i < node_count; i++)
        counts[i + 1] += counts[i];
}

/* After places were handed out, counts[i] is where row i ends: shift back. */
static void shift_back(uint32_t *counts, uint32_t node_count)
{
    memmove(counts + 1, counts, node_count * sizeof *counts);
    counts[0] = 0;
}

/* The edges by `to`; the same in list order. Borrows the memory of the reverse rows. */
static uint32_t sort_by_to(struct build *b)
{
    const uint32_t nodes = b->graph->node_count;
    uint32_t *const first = b->graph->in.first;
    memset(first, 0, (nodes + 1) * sizeof *first);
    for (size_t i = 0; i < b->count; i++)
        first[b->edges[i].to + 1] += b->edges[i].from != b->edges[i].to;
    sum_up(first, nodes);
    const uint32_t kept = first[nodes];
    for (size_t i = 0; i < b->count; i++)
        if (b->edges[i].from != b->edges[i].to)
            b->order[first[b->edges[i].to]++] = (uint32_t)i;
    return kept;
}

static void place_by_from(struct build *b, uint32_t kept)
{
    struct mfn_alm_graph *const g = b->graph;
    uint32_t *const first = g->out.first;
    memset(first, 0, (g->node_count + 1) * sizeof *first);
    for (uint32_t i = 0; i < kept; i++)
        first[b->edges[b->order[i]].from + 1]++;
    sum_up(first, g->node_count);
    for (uint32_t i = 0; i < kept; i++) {
        const uint32_t edge = b->order[i];
        const uint32_t at = first[b->edges[edge].from]++;
        g->out.arcs[at] = (struct mfn_alm_arc){ b->edges[edge].to, quanta_of(b, edge) };
        g->edges[at] = edge;
    }
    shift_back(first, g->node_count);
}

/* Keep the lightest of parallel arcs, close the gaps, learn the extremes. */
static void compact(struct mfn_alm_graph *g)
{
    uint32_t kept = 0, begin = 0;
    g->weight_min = UINT32_MAX;
    g->weight_max = 1;
    for (uint32_t node = 0; node < g->node_count; node++) {
        const uint32_t end = g->out.first[node + 1];
        const uint32_t row = kept;
        for (uint32_t i = begin; i < end; i++) {
            const bool is_new = kept == row || g->out.arcs[kept - 1].node != g->out.arcs[i].node;
            if (!is_new && g->out.arcs[kept - 1].weight <= g->out.arcs[i].weight)
                continue;
            kept += is_new;
            g->out.arcs[kept - 1] = g->out.arcs[i];
            g->edges[kept - 1] = g->edges[i];
        }
        for (uint32_t i = row; i < kept; i++) {
            const uint32_t weight = g->out.arcs[i].weight;
            g->weight_min = weight < g->weight_min ? weight : g->weight_min;
            g->weight_max = weight > g->weight_max ? weight : g->weight_max;
        }
        begin = end;
        g->out.first[node + 1] = kept;
    }
    g->arc_count = kept;
    if (kept == 0)
        g->weight_min = 1;
}

static void reverse(struct mfn_alm_graph *g)
{
    uint32_t *const first = g->in.first;
    memset(first, 0, (g->node_count + 1) * sizeof *first);
    for (uint32_t i = 0; i < g->arc_count; i++)
        first[g->out.arcs[i].node + 1]++;
    sum_up(first, g->node_count);
    for (uint32_t node = 0; node < g->node_count; node++)
        for (uint32_t i = g->out.first[node]; i < g->out.first[node + 1]; i++)
            g->in.arcs[first[g->out.arcs[i].node]++] =
                (struct mfn_alm_arc){ node, g->out.arcs[i].weight };
    shift_back(first, g->node_count);
}

/* Room for one more than asked, so that 0 items are memory too. */
static void *room(size_t count, size_t size)
{
    return malloc((count + 1) * size);
}

static struct mfn_alm_graph *graph_alloc(size_t node_count, size_t edge_count)
{
    struct mfn_alm_graph *const g = calloc(1, sizeof *g);
    if (g == NULL)
        return NULL;
    g->node_count = (uint32_t)node_count;
    g->out.first = room(node_count + 1, sizeof *g->out.first);
    g->in.first = room(node_count + 1, sizeof *g->in.first);
    g->out.arcs = room(edge_count, sizeof *g->out.arcs);
    g->in.arcs = room(edge_count, sizeof *g->in.arcs);
    g->edges = room(edge_count, sizeof *g->edges);
    if (g->out.first != NULL && g->in.first != NULL && g->out.arcs != NULL && g->in.arcs != NULL &&
        g->edges != NULL)
        return g;
    mfn_alm_graph_free(g);
    return NULL;
}

base_err mfn_alm_graph_new(const struct mfn_alm_edge *edges, size_t edge_count, size_t node_count,
                           enum mfn_alm_metric metric, const struct mfn_alm_mix *mix,
                           struct mfn_alm_graph **out, struct base_why *why)
{
    assert(out != NULL && (edges != NULL || edge_count == 0));
    struct build b = { .edges = edges, .count = edge_count };
    if (node_count > MFN_ALM_NODE_MAX)
        return base_fail(why, BASE_EFULL, 0, "%zu nodes: at most %d can be numbered", node_count,
                         MFN_ALM_NODE_MAX);
    if (edge_count > MFN_ALM_EDGE_MAX)
        return base_fail(why, BASE_EFULL, 0, "%zu edges: at most %d can be held", edge_count,
                         MFN_ALM_EDGE_MAX);
    const base_err err =
        alm_weigher_init(&b.weigher, edges, edge_count, node_count, metric, mix, why);
    if (err != BASE_OK)
        return err;
    b.graph = graph_alloc(node_count, edge_count);
    b.order = room(edge_count, sizeof *b.order);
    if (b.graph == NULL || b.order == NULL) {
        mfn_alm_graph_free(b.graph);
        free(b.order);
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %zu nodes and %zu edges", node_count,
                         edge_count);
    }
    b.graph->quantum = quantum_of(b.weigher.heaviest);
    place_by_from(&b, sort_by_to(&b));
    compact(b.graph);
    reverse(b.graph);
    free(b.order);
    *out = b.graph;
    return BASE_OK;
}

void mfn_alm_graph_free(struct mfn_alm_graph *graph)
{
    if (graph == NULL)
        return;
    free(graph->out.first);
    free(graph->in.first);
    free(graph->out.arcs);
    free(graph->in.arcs);
    free(graph->edges);
    free(graph);
}

/* The place of an arc in out.arcs; MFN_ALM_NONE when there is none. */
static uint32_t arc_find(const struct mfn_alm_graph *graph, uint32_t from, uint32_t to)
{
    if (from >= graph->node_count)
        return MFN_ALM_NONE;
    uint32_t low = graph->out.first[from], high = graph->out.first[from + 1];
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (graph->out.arcs[middle].node < to)
            low = middle + 1;
        else
            high = middle;
    }
    const bool is_there = low < graph->out.first[from + 1] && graph->out.arcs[low].node == to;
    return is_there ? low : MFN_ALM_NONE;
}

uint32_t mfn_alm_graph_weight(const struct mfn_alm_graph *graph, uint32_t from, uint32_t to)
{
    const uint32_t arc = arc_find(graph, from, to);
    return arc == MFN_ALM_NONE ? 0 : graph->out.arcs[arc].weight;
}

uint32_t mfn_alm_graph_edge(const struct mfn_alm_graph *graph, uint32_t from, uint32_t to)
{
    const uint32_t arc = arc_find(graph, from, to);
    return arc == MFN_ALM_NONE ? MFN_ALM_NONE : graph->edges[arc];
}

double mfn_alm_graph_units(const struct mfn_alm_graph *graph, uint64_t distance)
{
    return distance == MFN_ALM_FAR ? (double)INFINITY : (double)distance * graph->quantum;
}
