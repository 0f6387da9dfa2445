/* alm_twin.h - random graphs, and shortest paths found in the most obvious way. */
#ifndef TESTS_ALM_TWIN_H
#define TESTS_ALM_TWIN_H

#include "unit.h"

#include <mfn/alm_graph.h>

#include <base/rng.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How weights are drawn: many equal ones, whole, any, and of very different sizes. */
enum alm_twin_weights {
    ALM_TWIN_EQUAL,
    ALM_TWIN_WHOLE,
    ALM_TWIN_ANY,
    ALM_TWIN_WIDE,
    ALM_TWIN_KINDS
};

static inline double alm_twin_weight(struct base_rng *rng, enum alm_twin_weights kind)
{
    switch (kind) {
    case ALM_TWIN_EQUAL:
        return 1 + (double)base_rng_below(rng, 2);
    case ALM_TWIN_WHOLE:
        return (double)base_rng_below(rng, 101);
    case ALM_TWIN_ANY:
        return 1 + 99 * base_rng_uniform(rng);
    default:
        return pow(10, 12 * base_rng_uniform(rng) - 6);
    }
}

/* Edges anywhere, self loops and parallel ones among them. nodes > 0 */
static inline void alm_twin_edges(struct base_rng *rng, struct mfn_alm_edge *edges, size_t count,
                                  uint32_t nodes, enum alm_twin_weights kind)
{
    for (size_t i = 0; i < count; i++)
        edges[i] = (struct mfn_alm_edge){ .from = (uint32_t)base_rng_below(rng, nodes),
                                          .to = (uint32_t)base_rng_below(rng, nodes),
                                          .latency_ms = alm_twin_weight(rng, kind),
                                          .bandwidth_mbps = 100 + 9900 * base_rng_uniform(rng),
                                          .reliability = 0.9 + 0.1 * base_rng_uniform(rng),
                                          .cost = 100 * base_rng_uniform(rng) };
}

/* Bellman and Ford: relax all arcs until nothing changes. distances [node_count] */
static inline void alm_twin_distances(const struct mfn_alm_graph *graph, uint32_t root, bool is_to,
                                      uint64_t *distances)
{
    for (uint32_t i = 0; i < graph->node_count; i++)
        distances[i] = MFN_ALM_FAR;
    distances[root] = 0;
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (uint32_t u = 0; u < graph->node_count; u++)
            for (uint32_t i = graph->out.first[u]; i < graph->out.first[u + 1]; i++) {
                const uint32_t v = graph->out.arcs[i].node;
                const uint64_t base = distances[is_to ? v : u];
                uint64_t *const there = &distances[is_to ? u : v];
                if (base != MFN_ALM_FAR && base + graph->out.arcs[i].weight < *there) {
                    *there = base + graph->out.arcs[i].weight;
                    is_changed = true;
                }
            }
    }
}

/* The weight of a walk along arcs; fails when there is no such arc. */
static inline uint64_t alm_twin_walk(const struct mfn_alm_graph *graph, const uint32_t *nodes,
                                     size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        const uint32_t weight = mfn_alm_graph_weight(graph, nodes[i], nodes[i + 1]);
        assert_int_not_equal(weight, 0);
        sum += weight;
    }
    return sum;
}

static inline struct mfn_alm_graph *alm_twin_graph(const struct mfn_alm_edge *edges, size_t count,
                                                   uint32_t nodes, enum mfn_alm_metric metric)
{
    struct mfn_alm_graph *graph = NULL;
    struct base_why why = { 0 };
    if (mfn_alm_graph_new(edges, count, nodes, metric, NULL, &graph, &why) != BASE_OK)
        fail_msg("%s", why.text);
    return graph;
}

/* The same one every time, of edges that are drawn for it. edges [count] written */
static inline struct mfn_alm_graph *alm_twin_drawn(struct mfn_alm_edge *edges, size_t count,
                                                   uint32_t nodes, enum alm_twin_weights kind)
{
    struct base_rng rng;
    base_rng_init(&rng, 5);
    alm_twin_edges(&rng, edges, count, nodes, kind);
    return alm_twin_graph(edges, count, nodes, MFN_ALM_LATENCY);
}

/* SEED in the environment repeats a run. */
static inline uint64_t alm_twin_seed(void)
{
    const char *const text = getenv("SEED");
    const uint64_t seed = text != NULL ? strtoull(text, NULL, 0) : (uint64_t)time(NULL);
    printf("SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

#endif
