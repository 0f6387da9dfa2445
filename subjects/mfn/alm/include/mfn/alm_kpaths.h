/* alm_kpaths.h - the K shortest loopless paths between two nodes.
 *
 * Ownership the graph must outlive the workspace; paths stay readable until the next find
 * Threads   one workspace, one thread
 */
#ifndef MFN_ALM_KPATHS_H
#define MFN_ALM_KPATHS_H

#include <mfn/alm_graph.h>

enum { MFN_ALM_KPATHS_MAX = 1 << 12 };

struct mfn_alm_path {
    uint64_t distance; /* quanta of the graph */
    uint32_t count;    /* nodes, both ends included */
    const uint32_t *nodes;
};

struct mfn_alm_kpaths;

/* k_max  1 .. MFN_ALM_KPATHS_MAX, the most paths that will be asked for
 * Cost: 75 to 95 bytes a node, 8 an arc, 56 a path. Errors: EINVALID (k_max), ENOMEM */
BASE_MUST_USE base_err mfn_alm_kpaths_new(const struct mfn_alm_graph *graph, size_t k_max,
                                          struct mfn_alm_kpaths **out);
void mfn_alm_kpaths_free(struct mfn_alm_kpaths *kpaths);

/* Find up to k paths without a repeated node, shortest first; of equal length the one of fewer
 * nodes first, then the one whose node numbers are smaller. Which of more equally long paths than
 * there is room for are listed is not said, but the same question has the same answer.
 *
 *   from, to  nodes of the graph; when they are the same, the one path is that node
 *   k         1 .. k_max
 *   count     paths found, fewer than k when there are no more; 0 when there is none
 *
 * Cost     one search of the whole graph, and for each node of each path found a search of the few
 *          nodes whose way to the target is barred. Allocates only when the nodes of all paths need
 *          more room than any question before.
 * Errors   EINVALID (k, from or to), ENOMEM (nothing is listed; the workspace stays usable)
 * Source   Yen, Management Science 17 (1971) 712-716; Lawler, Management Science 18 (1972) 401-405;
 *          exact distances to the target as potentials: Hart, Nilsson & Raphael, IEEE Trans.
 * Systems Science and Cybernetics 4 (1968) 100-107
 */
BASE_MUST_USE base_err mfn_alm_kpaths_find(struct mfn_alm_kpaths *kpaths, uint32_t from,
                                           uint32_t to, size_t k, size_t *count);

/* Path `index` of the last find, below its count. */
struct mfn_alm_path mfn_alm_kpaths_get(const struct mfn_alm_kpaths *kpaths, size_t index);

#endif
