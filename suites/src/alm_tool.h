/* alm_tool.h - a user's graph in memory, and what is written about its paths. */
#ifndef ALM_TOOL_H
#define ALM_TOOL_H

#include "alm_text.h"

#include <suite/alm.h>

#include <mfn/alm_edges.h>

struct alm_tool_graph {
    struct mfn_alm_edges edges;
    bool is_graphml;
    enum mfn_alm_metric metric;
    struct mfn_alm_graph *graph;
};

/* Load the question's graph.
 *
 *   node_bytes, arc_bytes   what the search to come needs; where the machine does not have that
 *                           much, and the graph's own, the answer is ENOMEM with the amount
 *   out                     valid for alm_tool_close whatever the answer
 */
base_err alm_tool_open(const struct suite_alm_question *question, size_t node_bytes,
                       size_t arc_bytes, struct alm_tool_graph *out, struct base_why *why);

/* Weigh it by the question's metric: tool->graph. Errors: ENOMEM */
base_err alm_tool_weigh(struct alm_tool_graph *tool, struct base_why *why);
void alm_tool_close(struct alm_tool_graph *tool);

/* The node of a name. Errors: ENOTFOUND, with the nearest name */
base_err alm_tool_node(const struct alm_tool_graph *tool, const struct suite_alm_question *question,
                       const char *name, uint32_t *node, struct base_why *why);

/* "out of memory" with the amount that a graph of that size needs. */
base_err alm_tool_no_memory(const struct alm_tool_graph *tool, size_t node_bytes, size_t arc_bytes,
                            struct base_why *why);

struct alm_tool_path {
    const uint32_t *nodes; /* [count] */
    const uint32_t *edges; /* [count - 1] places in the list; NULL: those of tool->graph */
    uint32_t count;        /* 1 or more */
    double distance;       /* by the metric */
    double latency_ms, reliability, cost;
    double bandwidth_mbps; /* of the bottleneck; INFINITY without hops */
    uint32_t bottleneck;   /* index of the node where it begins */
};

/* Fill in the figures of a path of nodes, edges and count.
 *
 *   mixed   its distance where the metric is balanced, which its figures do not tell */
void alm_tool_figure(const struct alm_tool_graph *tool, struct alm_tool_path *path, double mixed);

/* The edge that stands for a hop, from nodes[index] to the next. */
const struct mfn_alm_edge *alm_tool_hop(const struct alm_tool_graph *tool,
                                        const struct alm_tool_path *path, uint32_t index);

/* The option's word of the metric; the unit of its distances, "" without one. */
const char *alm_tool_metric_word(enum mfn_alm_metric metric);
const char *alm_tool_metric_unit(enum mfn_alm_metric metric);

/* suite_alm_route where there are limits; alm_tool_limits.c. The graph is not weighed. */
base_err alm_tool_within(const struct alm_tool_graph *tool,
                         const struct suite_alm_question *question, uint32_t from, uint32_t to,
                         struct alm_text *text, size_t *found, struct base_why *why);

/* What a search within limits needs, see alm_constrain.h. */
enum { ALM_TOOL_WITHIN_NODE_BYTES = 300, ALM_TOOL_WITHIN_ARC_BYTES = 64 };

/* The beginning of a JSON answer; its object stays open. */
void alm_tool_put_head(struct alm_text *text, const struct alm_tool_graph *tool,
                       const struct suite_alm_question *question, bool is_reachable);

/* The members of a path's object, without its braces. */
void alm_tool_put_path(struct alm_text *text, const struct alm_tool_graph *tool,
                       const struct alm_tool_path *path);

/* A route with its hops: a table, or members of the JSON object that is open. */
void alm_tool_write_route(struct alm_text *text, const struct alm_tool_graph *tool,
                          const struct suite_alm_question *question,
                          const struct alm_tool_path *path);

/* A list of `count` paths as text: what comes before it, and one of its lines. */
void alm_tool_write_list_head(struct alm_text *text, const struct alm_tool_graph *tool,
                              const struct suite_alm_question *question, size_t count);
void alm_tool_write_listed(struct alm_text *text, const struct alm_tool_graph *tool,
                           const struct alm_tool_path *path, size_t number);

#endif
