/* alm_methods.h - ways of answering one kind of question: ours, textbooks', and those of libraries
 * beside which ours is measured. A case is a kind of question and a way of answering it.
 *
 * Distances are quanta of the graph, which all of them add up exactly. `open` answers with a
 * sentence in why; `close` accepts NULL. A way that fails answers MFN_ALM_FAR, or no path.
 */
#ifndef SUITE_ALM_METHODS_H
#define SUITE_ALM_METHODS_H

#include <base/err.h>
#include <mfn/alm_graph.h>

/* From one node to all others. */
struct alm_tree_method {
    base_err (*open)(const struct mfn_alm_graph *graph, void **solver, struct base_why *why);
    void (*run)(void *solver, uint32_t root);
    uint64_t (*distance)(const void *solver, uint32_t node); /* of the last run */
    void (*close)(void *solver);
};

/* From one node to one other. */
struct alm_pair_method {
    base_err (*open)(const struct mfn_alm_graph *graph, void **solver, struct base_why *why);
    uint64_t (*find)(void *solver, uint32_t from, uint32_t to);
    void (*close)(void *solver);
};

/* The k shortest loopless paths. */
struct alm_kpaths_method {
    base_err (*open)(const struct mfn_alm_graph *graph, size_t k_max, void **solver,
                     struct base_why *why);
    /* How many were found, up to k. */
    size_t (*find)(void *solver, uint32_t from, uint32_t to, size_t k);
    /* The nodes of a path of the last find, into [capacity]; how many there are. */
    size_t (*path)(const void *solver, size_t index, uint32_t *nodes, size_t capacity);
    void (*close)(void *solver);
};

extern const struct alm_tree_method alm_tree_ours, alm_tree_heap;
extern const struct alm_pair_method alm_pair_ours, alm_pair_heap;
extern const struct alm_kpaths_method alm_kpaths_ours, alm_kpaths_yen;
#ifdef SUITE_HAS_BOOST
extern const struct alm_tree_method alm_tree_boost;
extern const struct alm_pair_method alm_pair_boost;
#endif
#ifdef SUITE_HAS_IGRAPH
extern const struct alm_tree_method alm_tree_igraph;
extern const struct alm_pair_method alm_pair_igraph;
extern const struct alm_kpaths_method alm_kpaths_igraph;
#endif

#endif
