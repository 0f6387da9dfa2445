/* alm_graph.h - a directed graph, weighed by one metric, as compressed rows of arcs.
 *
 * Weights are whole numbers of a quantum, a power of two of the metric's unit that is chosen so
 * that the heaviest arc weighs 2^30 .. 2^31: sums of weights are exact, so every algorithm gives
 * the very same distance, and latencies in whole or dyadic milliseconds are kept as they are. What
 * a list says is rounded to the nearest quantum; an arc never weighs less than one, so that no
 * circle is free.
 *
 * Threads   a graph is constant once made; any number of threads may read it
 */
#ifndef MFN_ALM_GRAPH_H
#define MFN_ALM_GRAPH_H

#include <base/err.h>

enum mfn_alm_metric {
    MFN_ALM_LATENCY,     /* ms */
    MFN_ALM_BANDWIDTH,   /* 1 / Mbit/s: a path's weight is the time of one Mbit, hop by hop, in s */
    MFN_ALM_RELIABILITY, /* -ln(reliability): weights add as probabilities multiply */
    MFN_ALM_COST,        /* as given */
    MFN_ALM_MIX,         /* each of the four as a share of the list's largest, times its part */
    MFN_ALM_METRIC_COUNT
};

enum {
    MFN_ALM_NODE_MAX = 1 << 28,
    MFN_ALM_EDGE_MAX = 1 << 30,
};

#define MFN_ALM_NONE      UINT32_MAX /* no node */
#define MFN_ALM_FAR       UINT64_MAX /* the distance of what cannot be reached */
#define MFN_ALM_VALUE_MAX 1e12       /* largest latency, bandwidth and cost */

/* Smallest bandwidth and reliability: what is less is no edge. */
#define MFN_ALM_BANDWIDTH_MIN   1e-6
#define MFN_ALM_RELIABILITY_MIN 1e-9

struct mfn_alm_edge {
    uint32_t from, to;
    double latency_ms;     /* 0 .. MFN_ALM_VALUE_MAX */
    double bandwidth_mbps; /* MFN_ALM_BANDWIDTH_MIN .. MFN_ALM_VALUE_MAX */
    double reliability;    /* MFN_ALM_RELIABILITY_MIN .. 1 */
    double cost;           /* 0 .. MFN_ALM_VALUE_MAX */
};

/* Parts of the mix: 0 or more, not all 0; they are divided by their sum. */
struct mfn_alm_mix {
    double latency, bandwidth, reliability, cost;
};

/* .4 latency, .3 bandwidth, .2 reliability, .1 cost. */
extern const struct mfn_alm_mix mfn_alm_mix_usual;

struct mfn_alm_arc {
    uint32_t node;   /* the other end */
    uint32_t weight; /* quanta, 1 or more */
};

/* Row `node` is arcs[first[node]] .. arcs[first[node + 1] - 1], by ascending other end. */
struct mfn_alm_rows {
    uint32_t *first; /* [node_count + 1] */
    struct mfn_alm_arc *arcs;
};

/* Read it, do not change it. */
struct mfn_alm_graph {
    uint32_t node_count;
    uint32_t arc_count;  /* without self loops and the heavier ones of parallel edges */
    uint32_t weight_min; /* quanta; 1 when there is no arc */
    uint32_t weight_max; /* quanta; 1 when there is no arc */
    double quantum;      /* a power of two, in the metric's unit */
    struct mfn_alm_rows out, in;
    uint32_t *edges; /* [arc_count] beside out.arcs: the arc's place in the list of edges */
};

/* Build the rows of one metric.
 *
 *   edges       [edge_count], in any order. Self loops are left out: no shortest or loopless path
 * has one. Of parallel edges the lightest counts, the first of equals. node_count  0 ..
 * MFN_ALM_NODE_MAX; nodes without an edge are nodes too mix         only read for MFN_ALM_MIX; NULL
 * is mfn_alm_mix_usual out         written only on BASE_OK; mfn_alm_graph_free
 *
 * Cost     O(nodes + edges); 20 bytes an arc and 8 a node stay, as much again while it builds
 * Errors   EINVALID  an edge's end is no node, or a part of the mix is wrong; why->at is the edge
 *          ERANGE    a value is NaN, negative or out of the ranges above (all four are looked at)
 *          EFULL     more than MFN_ALM_NODE_MAX nodes or MFN_ALM_EDGE_MAX edges
 *          ENOMEM
 */
BASE_MUST_USE base_err mfn_alm_graph_new(const struct mfn_alm_edge *edges, size_t edge_count,
                                         size_t node_count, enum mfn_alm_metric metric,
                                         const struct mfn_alm_mix *mix, struct mfn_alm_graph **out,
                                         struct base_why *why);
void mfn_alm_graph_free(struct mfn_alm_graph *graph);

/* The weight in quanta of the arc from one node to another; 0 when there is none, or no such node.
 * Cost: O(log degree) */
uint32_t mfn_alm_graph_weight(const struct mfn_alm_graph *graph, uint32_t from, uint32_t to);

/* The place in the list of the edge that stands for that arc; MFN_ALM_NONE when there is none. */
uint32_t mfn_alm_graph_edge(const struct mfn_alm_graph *graph, uint32_t from, uint32_t to);

/* Quanta in the metric's unit; MFN_ALM_FAR is INFINITY. Exact below 2^53 quanta. */
double mfn_alm_graph_units(const struct mfn_alm_graph *graph, uint64_t distance);

/* "latency", "bandwidth", "reliability", "cost", "mix"; never NULL. */
const char *mfn_alm_metric_name(enum mfn_alm_metric metric);

#endif
