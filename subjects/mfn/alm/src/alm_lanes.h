/* alm_lanes.h - the inner loops of a table of routes: 32 targets at once, in three forms of one
 * text.
 *
 * A block holds, for each node, the distances to 32 targets and the next hops towards them. */
#ifndef ALM_LANES_H
#define ALM_LANES_H

#include <mfn/alm_graph.h>

#include <stdbool.h>

enum { ALM_LANES = 32 };

struct alm_arcs {
    struct mfn_alm_arc *items; /* by ascending node */
    uint32_t count, capacity;
    uint32_t pending; /* arcs for which room is being made */
};

struct alm_arc_change {
    uint32_t from, to;
    uint32_t before, after; /* quanta; 0: no arc */
};

struct alm_work {
    const struct alm_arcs *out, *in; /* [node_count], as they are after the changes */
    uint32_t far;                    /* no distance; far plus any weight does not wrap */
    uint32_t *distances;             /* [node_count][ALM_LANES] of the block, aligned to 64 bytes */
    uint32_t *hops;                  /* the same */
    uint32_t *queue;                 /* [queue_mask + 1]: a ring of nodes, each in it once */
    uint32_t queue_mask, head, tail;
    uint8_t *is_queued;  /* [node_count] */
    uint8_t *is_listed;  /* [node_count]: in rows */
    uint8_t *is_pointed; /* [node_count]: its next hops were set */
    uint32_t *rows;      /* [node_count + 1]: raised rows, then those pulled or changed */
    uint32_t row_count;
};

static inline void alm_work_queue(struct alm_work *work, uint32_t node)
{
    work->queue[work->tail & work->queue_mask] = node;
    work->tail += !work->is_queued[node];
    work->is_queued[node] = 1;
}

static inline void alm_work_list(struct alm_work *work, uint32_t node)
{
    work->rows[work->row_count] = node;
    work->row_count += !work->is_listed[node];
    work->is_listed[node] = 1;
}

struct alm_lanes_kernel {
    const char *name;

    /* Raise to `far` all distances of the block that lead over an arc that became heavier, and
     * queue the rows that changed; the queue is empty before. */
    void (*raise)(struct alm_work *work, const struct alm_arc_change *changes, size_t count);

    /* Lower what can be lowered, beginning with the queued rows, and set the next hops of all rows
     * looked at. */
    void (*settle)(struct alm_work *work);

    /* Find all distances and next hops of a block in which only the targets' own distances are set.
     *
     *   order   [node_count]: all nodes, best those near the targets first; any order will do */
    void (*rebuild)(struct alm_work *work, const uint32_t *order, uint32_t node_count);
};

/* NULL where the machine or the compiler has no such thing. */
const struct alm_lanes_kernel *alm_lanes_plain(void);
const struct alm_lanes_kernel *alm_lanes_avx2(void);
const struct alm_lanes_kernel *alm_lanes_avx512(void);

/* The best of them here. */
const struct alm_lanes_kernel *alm_lanes_best(void);

#endif
