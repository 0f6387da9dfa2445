/* alm_routes.h - next hops and distances from every node to many targets, kept right while the
 * topology changes.
 *
 * The answer after any sequence of changes is the one a table made anew would give: the distances
 * are the shortest, and the next hop is the smallest node number among those that lie on a shortest
 * path. Following next hops therefore never goes in circles.
 *
 * A table has a quantum of its own, coarser than its graph's: distances are kept in 32 bits, and
 * even a path through all nodes must fit. With 1000 nodes the heaviest possible arc weighs 2^22
 * quanta.
 *
 * Ownership the graph is only read by _new
 * Threads   one writer or many readers, not both
 */
#ifndef MFN_ALM_ROUTES_H
#define MFN_ALM_ROUTES_H

#include <mfn/alm_graph.h>

#include <stdbool.h>

enum { MFN_ALM_ROUTES_NODE_MAX = 1 << 16 };

struct mfn_alm_routes_options {
    const uint32_t *targets; /* [target_count], no node twice; NULL: all nodes */
    size_t target_count;
    double weight_max; /* the largest weight that will ever be set; 0: four times the graph's */
};

/* Set the weight of the arc between two nodes, making it where it is missing, or remove it. */
struct mfn_alm_change {
    uint32_t from, to;
    bool is_removed; /* an arc that is not there may be removed: nothing happens */
    double weight;   /* 0 .. weight_max, in the metric's unit; not read when removed */
};

struct mfn_alm_routes;

/* Make the table of a graph. Nodes come and go by their arcs: leave spare numbers in the graph for
 * nodes to come.
 *
 *   options  may be NULL
 *
 * Cost     8 bytes a node and target (rounded up to 32 targets) and 40 an arc. 1000 nodes of degree
 * 4, all targets, take as long as some 150 single searches. Errors   EFULL (more than
 * MFN_ALM_ROUTES_NODE_MAX nodes), EINVALID (a target is no node or is named twice), ERANGE
 * (weight_max is NaN, negative or below the graph's largest), ENOMEM Source   Bellman, Quarterly of
 * Applied Mathematics 16 (1958) 87-90, from a work list, for 32 targets at once
 */
BASE_MUST_USE base_err mfn_alm_routes_new(const struct mfn_alm_graph *graph,
                                          const struct mfn_alm_routes_options *options,
                                          struct mfn_alm_routes **out, struct base_why *why);
void mfn_alm_routes_free(struct mfn_alm_routes *routes);

/* Apply changes, in order, and repair what they touch: distances that lead over an arc that became
 * heavier are raised first, then everything is lowered that can be. When very many change, the
 * table is made anew, which is the cheaper way then. All changes are made or, on an error, none.
 *
 * Errors   EINVALID (an end is no node, or both are the same), ERANGE (a weight is NaN, negative or
 *          larger than weight_max); why->at is the change. ENOMEM
 * Source   Ramalingam & Reps, J. Algorithms 21 (1996) 267-305
 */
BASE_MUST_USE base_err mfn_alm_routes_change(struct mfn_alm_routes *routes,
                                             const struct mfn_alm_change *changes, size_t count,
                                             struct base_why *why);

/* Remove all arcs from and to a node. Errors: EINVALID (no such node), ENOMEM */
BASE_MUST_USE base_err mfn_alm_routes_remove_node(struct mfn_alm_routes *routes, uint32_t node,
                                                  struct base_why *why);

/* Make the whole table anew, as after _new. */
void mfn_alm_routes_rebuild(struct mfn_alm_routes *routes);

/* The neighbour to which `from` sends what is meant for `to`; MFN_ALM_NONE when they are the same,
 * when there is no path, or `to` is not a target. Cost: two loads */
uint32_t mfn_alm_routes_next(const struct mfn_alm_routes *routes, uint32_t from, uint32_t to);

/* Quanta of the table; MFN_ALM_FAR when there is no path or `to` is not a target. */
uint64_t mfn_alm_routes_distance(const struct mfn_alm_routes *routes, uint32_t from, uint32_t to);

/* Quanta that the arc weighs now; 0 when there is none. */
uint32_t mfn_alm_routes_weight(const struct mfn_alm_routes *routes, uint32_t from, uint32_t to);

/* A quantum in the metric's unit, a power of two. */
double mfn_alm_routes_quantum(const struct mfn_alm_routes *routes);
size_t mfn_alm_routes_size_bytes(const struct mfn_alm_routes *routes);

/* Write the path from one node to a target, both ends included, as next hops give it.
 * count: its length, also on EFULL. Errors: ENOTFOUND (no path), EFULL (longer than capacity) */
BASE_MUST_USE base_err mfn_alm_routes_path(const struct mfn_alm_routes *routes, uint32_t from,
                                           uint32_t to, uint32_t *nodes, size_t capacity,
                                           size_t *count);

#endif
