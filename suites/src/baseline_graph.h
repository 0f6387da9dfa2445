/* baseline_graph.h - the topology that flows are routed in, and breadth-first search in it.
 *
 * A random directed graph: each ordered pair of different nodes has a link with probability
 * BASELINE_DENSITY. The same seed and node count give the same graph.
 * Threads   a graph is read-only once made; a search has its own scratch
 */
#ifndef BASELINE_GRAPH_H
#define BASELINE_GRAPH_H

#include <base/err.h>

#include <stdbool.h>

#define BASELINE_DENSITY 0.3

enum { BASELINE_NODES_MIN = 2, BASELINE_NODES_MAX = 5000 };

struct baseline_graph {
    uint32_t node_count;
    uint32_t *first; /* [node_count + 1] where a node's links begin */
    uint32_t *to;    /* [first[node_count]] ascending for each node */
};

/* node_count  BASELINE_NODES_MIN .. BASELINE_NODES_MAX. Errors: ENOMEM */
BASE_MUST_USE base_err baseline_graph_make(struct baseline_graph *graph, uint32_t node_count,
                                           uint64_t seed);
void baseline_graph_done(struct baseline_graph *graph);
bool baseline_graph_has_link(const struct baseline_graph *graph, uint32_t from, uint32_t to);

/* The nodes that a node has links to, ascending; valid until the next call.
 * Errors: those of where the links are kept */
typedef base_err baseline_links_fn(void *context, uint32_t node, const uint32_t **to,
                                   size_t *count);
/* That of a graph in memory; the context is a struct baseline_graph. */
base_err baseline_graph_links(void *context, uint32_t node, const uint32_t **to, size_t *count);

struct baseline_search {
    uint32_t node_count;
    uint32_t epoch;      /* of this search; nodes seen in it have it in `seen` */
    uint32_t *seen;      /* [node_count] */
    uint32_t *parent;    /* [node_count] */
    uint32_t *queue;     /* [node_count] */
    uint32_t *path;      /* [node_count] out: the nodes of the route, both ends included */
    uint32_t path_count; /* out: 0: there is none */
};

BASE_MUST_USE base_err baseline_search_open(struct baseline_search *search, uint32_t node_count);
void baseline_search_done(struct baseline_search *search);

/* A route with the fewest links, into search->path; the search ends when it has seen `goal`.
 * Errors: those of links */
BASE_MUST_USE base_err baseline_search_run(struct baseline_search *search, baseline_links_fn *links,
                                           void *context, uint32_t start, uint32_t goal);

#endif
