/* alm_pair.h - the shortest path between two nodes, without looking at the whole graph.
 *
 * Searches from both ends at once, led by landmarks: nodes far from each other whose distances to
 * and from all nodes are known, so that the triangle inequality bounds what is left to go.
 *
 * Ownership the graph must outlive the landmarks, and both the pair search
 * Threads   landmarks are constant once made; one pair search, one thread
 */
#ifndef MFN_ALM_PAIR_H
#define MFN_ALM_PAIR_H

#include <mfn/alm_graph.h>

#include <stdbool.h>

enum { MFN_ALM_LANDMARK_MAX = 64 };

struct mfn_alm_landmarks;

/* Choose landmarks one after the other, each as far as can be from those before it, the first from
 * node 0 (fewer when no node is left that they reach).
 *
 *   count    1 .. MFN_ALM_LANDMARK_MAX; 8 to 16 are usual
 *
 * Cost     2 count searches of the whole graph; 16 count bytes a node
 * Errors   EINVALID (count), ENOMEM
 * Source   Goldberg & Harrelson, SODA 2005, 156-165 (ALT, farthest landmarks)
 */
BASE_MUST_USE base_err mfn_alm_landmarks_new(const struct mfn_alm_graph *graph, size_t count,
                                             struct mfn_alm_landmarks **out);
void mfn_alm_landmarks_free(struct mfn_alm_landmarks *landmarks);
size_t mfn_alm_landmarks_count(const struct mfn_alm_landmarks *landmarks);
uint32_t mfn_alm_landmarks_node(const struct mfn_alm_landmarks *landmarks, size_t index);

struct mfn_alm_pair;

/* A workspace for any number of questions. landmarks NULL: a plain search from both ends.
 * Cost: 80 bytes a node. Errors: ENOMEM */
BASE_MUST_USE base_err mfn_alm_pair_new(const struct mfn_alm_graph *graph,
                                        const struct mfn_alm_landmarks *landmarks,
                                        struct mfn_alm_pair **out);
void mfn_alm_pair_free(struct mfn_alm_pair *pair);

/* The distance from one node to another, both nodes of the graph, in its quanta; MFN_ALM_FAR when
 * there is no path.
 *
 * Cost     in proportion to what is looked at, not to the graph; does not allocate
 * Source   Ikeda et al., VNIS 1994, 291-296 (averaged potentials agree at both ends)
 */
uint64_t mfn_alm_pair_find(struct mfn_alm_pair *pair, uint32_t from, uint32_t to);

/* Ask some questions with the landmarks and without, and leave them out from now on unless they at
 * least halve what is looked at: on meshes and roads they do, on random graphs, where everything is
 * near everything, they do not. Answers whether they are used; without a call they are.
 * Cost: 64 questions */
bool mfn_alm_pair_tune(struct mfn_alm_pair *pair);

/* How many nodes the last search settled. */
size_t mfn_alm_pair_settled(const struct mfn_alm_pair *pair);

/* Write the path that the last mfn_alm_pair_find found, both ends included.
 *
 *   nodes    [capacity]; written only on BASE_OK
 *   count    its length, also on EFULL
 *
 * Errors   ENOTFOUND (there was none), EFULL (longer than capacity)
 */
BASE_MUST_USE base_err mfn_alm_pair_path(const struct mfn_alm_pair *pair, uint32_t *nodes,
                                         size_t capacity, size_t *count);

#endif
