/* alm_heap_paths.h - Dijkstra's algorithm as in a textbook: a binary heap, and a node is put into
 * it again each time that its distance falls. Our own code, as a peer, and as the search of the
 * textbook's K paths.
 *
 * Source    Dijkstra, Numerische Mathematik 1 (1959) 269-271; Cormen et al., "Introduction to
 *           Algorithms", chapter 24.3
 */
#ifndef SUITE_ALM_HEAP_PATHS_H
#define SUITE_ALM_HEAP_PATHS_H

#include <base/err.h>
#include <mfn/alm_graph.h>

#include <stdbool.h>

struct alm_heap_entry {
    uint64_t distance;
    uint32_t node;
};

struct alm_heap_search {
    const struct mfn_alm_graph *graph;
    uint64_t *distances;            /* [node_count] of the last run */
    uint32_t *parents;              /* [node_count]; MFN_ALM_NONE: none */
    struct alm_heap_entry *entries; /* [arc_count + 1] */
    size_t count;
    const uint8_t *barred_nodes; /* [node_count] not to be entered; NULL: all may */
    const uint8_t *barred_arcs;  /* [arc_count], the same */
};

BASE_MUST_USE base_err alm_heap_search_init(struct alm_heap_search *search,
                                            const struct mfn_alm_graph *graph);
void alm_heap_search_done(struct alm_heap_search *search);

/* Distances from the root, to all nodes, or until that of `target` is known. */
void alm_heap_search_run(struct alm_heap_search *search, uint32_t root, uint32_t target);

#endif
