/* alm_recover_internal.h - what recovery keeps, and the search around a fault. */
#ifndef ALM_RECOVER_INTERNAL_H
#define ALM_RECOVER_INTERNAL_H

#include "alm_heap.h"
#include "alm_routes_internal.h"

#include <mfn/alm_recover.h>

/* What is in the way: all that has failed, or, when a backup is made, one supposed fault. */
struct alm_obstacle {
    bool is_supposed;
    uint32_t node;     /* supposed: a node that failed, or MFN_ALM_NONE */
    uint32_t from, to; /* supposed: a link that failed */
};

/* The search from a node to the first one whose old route is untouched. */
struct alm_detour {
    uint64_t *distances; /* [node_count] from the node; good where stamps say so */
    uint32_t *parents;   /* [node_count] */
    uint32_t *stamps;    /* [node_count] */
    uint32_t stamp;
    uint32_t settled_count;
    struct alm_heap heap;
};

struct mfn_alm_recover {
    uint32_t node_count, arc_count;
    struct mfn_alm_routes *before; /* without faults; never changed */
    struct mfn_alm_routes *now;    /* as it was last recomputed */
    uint32_t *first;               /* [node_count + 1]: numbers of arcs in rows of before->out */
    uint8_t *is_failed;            /* [arc_count] */
    uint8_t *is_missing;           /* [arc_count]: in now */
    uint8_t *is_down;              /* [node_count] */
    struct alm_detour detour;
    uint32_t
        *backups;   /* [node_count][node_count] by target and node: places in the pool, 0: none */
    uint32_t *pool; /* each backup: how many nodes, the nodes after the one that takes it */
    size_t pool_count, pool_capacity;
    uint32_t *path, *places; /* [node_count] of the path that is made, and where a node is in it */
    uint32_t *way;           /* [node_count] of a search, not yet in the path */
};

/* The number of an arc; MFN_ALM_NONE when there is none. */
uint32_t alm_recover_arc(const struct mfn_alm_recover *r, uint32_t from, uint32_t to);

/* alm_detour.c */
bool alm_detour_init(struct alm_detour *detour, uint32_t node_count);
void alm_detour_done(struct alm_detour *detour);

/* The shortest way from a node to a target around an obstacle, up to where the old route is good
 * again: the node where that is, whose parents lead back to `from`; MFN_ALM_NONE: there is none. */
uint32_t alm_detour_find(struct mfn_alm_recover *r, const struct alm_obstacle *obstacle,
                         uint32_t from, uint32_t to);

/* Nodes of the way to the answer of the last find, `from` not counted; written from the first on.
 */
uint32_t alm_detour_count(const struct mfn_alm_recover *r, uint32_t from, uint32_t last);
void alm_detour_write(const struct mfn_alm_recover *r, uint32_t from, uint32_t last,
                      uint32_t *nodes);

#endif
