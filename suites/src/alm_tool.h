/* alm_tool.h - a user's graph in memory, and what is written about its paths. */
#ifndef ALM_TOOL_H
#define ALM_TOOL_H

#include <suite/alm.h>

#include <mfn/alm_edges.h>

struct alm_tool_graph {
    struct mfn_alm_edges edges;
    bool is_graphml;
    enum mfn_alm_metric metric;
    struct mfn_alm_graph *graph;
};

/* Load the question's graph and weigh it.
 *
 *   node_bytes, arc_bytes   what the search to come needs; where the machine does not have that
 *                           much, and the graph's own, the answer is ENOMEM with the amount
 *   out                     valid for alm_tool_close whatever the answer
 */
base_err alm_tool_open(const struct suite_alm_question *question, size_t node_bytes,
                       size_t arc_bytes, struct alm_tool_graph *out, struct base_why *why);
void alm_tool_close(struct alm_tool_graph *tool);

/* The node of a name. Errors: ENOTFOUND, with the nearest name */
base_err alm_tool_node(const struct alm_tool_graph *tool, const struct suite_alm_question *question,
                       const char *name, uint32_t *node, struct base_why *why);

/* "out of memory" with the amount that a graph of that size needs. */
base_err alm_tool_no_memory(const struct alm_tool_graph *tool, size_t node_bytes, size_t arc_bytes,
                            struct base_why *why);

struct alm_tool_path {
    const uint32_t *nodes; /* [count] */
    uint32_t count;        /* 1 or more */
    double distance;       /* by the metric */
    double latency_ms, reliability, cost;
    double bandwidth_mbps; /* of the bottleneck; INFINITY without hops */
    uint32_t bottleneck;   /* index of the node where it begins */
};

/* The figures of a path; `quanta` is its distance in the graph. */
struct alm_tool_path alm_tool_path_of(const struct alm_tool_graph *tool, const uint32_t *nodes,
                                      uint32_t count, uint64_t quanta);

/* The edge that stands for a hop, from nodes[index] to the next. */
const struct mfn_alm_edge *alm_tool_hop(const struct alm_tool_graph *tool,
                                        const struct alm_tool_path *path, uint32_t index);

/* The option's word of the metric; the unit of its distances, "" without one. */
const char *alm_tool_metric_word(enum mfn_alm_metric metric);
const char *alm_tool_metric_unit(enum mfn_alm_metric metric);

#endif
