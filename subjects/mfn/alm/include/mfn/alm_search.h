/* alm_search.h - shortest paths from one node to all others, or from all others to one.
 *
 * A search is a workspace for one graph: made once, it answers any number of questions without
 * allocating. What it found stays readable until the next run.
 *
 * Ownership the graph must outlive the search
 * Threads   one search, one thread; many searches may share a graph
 */
#ifndef MFN_ALM_SEARCH_H
#define MFN_ALM_SEARCH_H

#include <mfn/alm_graph.h>

enum mfn_alm_direction {
    MFN_ALM_FROM, /* paths from the root to each node */
    MFN_ALM_TO    /* paths from each node to the root */
};

struct mfn_alm_search;

/* Cost: O(nodes + arcs) memory, 20 bytes a node and 8 an arc. Errors: ENOMEM */
BASE_MUST_USE base_err mfn_alm_search_new(const struct mfn_alm_graph *graph,
                                          struct mfn_alm_search **out);
void mfn_alm_search_free(struct mfn_alm_search *search);

/* All shortest paths from or to `root`, a node of the graph.
 *
 * Cost     O(arcs + nodes + buckets) when the heaviest arc weighs at most some thousand times the
 *          lightest; O(arcs + nodes log nodes) otherwise. Does not allocate.
 * Source   Dijkstra, Numerische Mathematik 1 (1959) 269-271; Denardo & Fox, Operations Research 27
 *          (1979) 161-186 (buckets no wider than the lightest arc need no order inside);
 *          Cherkassky, Goldberg & Silverstein, SIAM J. Computing 28 (1999) 1326-1346 (a heap for
 * the bucket that is open)
 */
void mfn_alm_search_run(struct mfn_alm_search *search, uint32_t root,
                        enum mfn_alm_direction direction);

/* Quanta of the graph between the root and the node of the last run; MFN_ALM_FAR when there is no
 * path. */
uint64_t mfn_alm_search_distance(const struct mfn_alm_search *search, uint32_t node);

/* The next node on the node's path on the way to the root (MFN_ALM_FROM: the one before it,
 * MFN_ALM_TO: the one after it); MFN_ALM_NONE for the root and for what has no path. */
uint32_t mfn_alm_search_parent(const struct mfn_alm_search *search, uint32_t node);

/* Write the path between the root and `node` in the direction of travel, both ends included.
 *
 *   nodes    [capacity]; written only on BASE_OK
 *   count    its length, also on EFULL
 *
 * Errors   ENOTFOUND (no path), EFULL (longer than capacity)
 */
BASE_MUST_USE base_err mfn_alm_search_path(const struct mfn_alm_search *search, uint32_t node,
                                           uint32_t *nodes, size_t capacity, size_t *count);

#endif
