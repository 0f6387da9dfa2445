/* alm_lanes_body.h - the loops over lanes, in terms of a vector that the including file defines:
 *
 *   LANES_TARGET          an attribute for every function, or nothing
 *   vec, VEC_LANES        a vector of that many distances
 *   vec_mask              the answer of a comparison, lane by lane
 *   vec_load, vec_store, vec_set, vec_add, vec_min
 *   vec_equal, mask_and, mask_and_not (a and not b), vec_select (where the mask, a; else b)
 *   mask_none, mask_or, mask_any, and vec_differ, the opposite of vec_equal
 */
#ifndef ALM_LANES_BODY_H
#define ALM_LANES_BODY_H

#include "alm_lanes.h"

enum {
    VECS = ALM_LANES / VEC_LANES,
    SWEEP_SHARE = 4, /* rows are swept until no more than 1 / SWEEP_SHARE of them change */
};

LANES_TARGET static inline uint32_t *row_of(uint32_t *block, uint32_t node)
{
    return block + (size_t)node * ALM_LANES;
}

/* Lanes of `node` whose next hop is `hop`, and where that is far now (or anyway), become far too.
 * Answers whether there were any. */
LANES_TARGET static inline bool cut(struct alm_work *work, uint32_t node, uint32_t hop,
                                    bool is_anyway)
{
    uint32_t *const distances = row_of(work->distances, node);
    const uint32_t *const hops = row_of(work->hops, node);
    const uint32_t *const ahead = row_of(work->distances, hop);
    const vec far = vec_set(work->far);
    const vec through = vec_set(hop);
    bool is_any = false;
    for (unsigned i = 0; i < VECS; i++) {
        const vec distance = vec_load(distances + i * VEC_LANES);
        vec_mask mask = vec_equal(vec_load(hops + i * VEC_LANES), through);
        if (!is_anyway)
            mask = mask_and(mask, vec_equal(vec_load(ahead + i * VEC_LANES), far));
        mask = mask_and_not(mask, vec_equal(distance, far));
        vec_store(distances + i * VEC_LANES, vec_select(mask, far, distance));
        is_any |= mask_any(mask);
    }
    return is_any;
}

LANES_TARGET static inline void raised(struct alm_work *work, uint32_t node)
{
    alm_work_queue(work, node);
    alm_work_list(work, node);
}

LANES_TARGET static void lanes_raise(struct alm_work *work, const struct alm_arc_change *changes,
                                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const bool is_heavier = changes[i].before > 0 &&
                                (changes[i].after == 0 || changes[i].after > changes[i].before);
        if (is_heavier && cut(work, changes[i].from, changes[i].to, true))
            raised(work, changes[i].from);
    }
    while (work->head != work->tail) {
        const uint32_t node = work->queue[work->head++ & work->queue_mask];
        work->is_queued[node] = 0;
        const struct alm_arcs *const in = &work->in[node];
        for (uint32_t i = 0; i < in->count; i++)
            if (cut(work, in->items[i].node, node, false))
                raised(work, in->items[i].node);
    }
    for (uint32_t i = 0; i < work->row_count; i++) {
        work->is_listed[work->rows[i]] = 0;
        alm_work_queue(work, work->rows[i]);
    }
    work->row_count = 0;
}

/* The row of a node from the rows of its neighbours; answers whether any lane became smaller. */
LANES_TARGET static inline bool pull(struct alm_work *work, uint32_t node)
{
    uint32_t *const distances = row_of(work->distances, node);
    const struct alm_arcs *const out = &work->out[node];
    vec before[VECS], now[VECS];
    for (unsigned k = 0; k < VECS; k++)
        now[k] = before[k] = vec_load(distances + k * VEC_LANES);
    for (uint32_t i = 0; i < out->count; i++) {
        const uint32_t *const ahead = row_of(work->distances, out->items[i].node);
        const vec weight = vec_set(out->items[i].weight);
        for (unsigned k = 0; k < VECS; k++)
            now[k] = vec_min(now[k], vec_add(vec_load(ahead + k * VEC_LANES), weight));
    }
    vec_mask differ = mask_none;
    for (unsigned k = 0; k < VECS; k++) {
        differ = mask_or(differ, vec_differ(now[k], before[k]));
        vec_store(distances + k * VEC_LANES, now[k]);
    }
    return mask_any(differ);
}

/* The smallest neighbour on a shortest path, for every lane. */
LANES_TARGET static inline void point(struct alm_work *work, uint32_t node)
{
    const uint32_t *const distances = row_of(work->distances, node);
    const struct alm_arcs *const out = &work->out[node];
    vec distance[VECS], hop[VECS];
    for (unsigned k = 0; k < VECS; k++) {
        distance[k] = vec_load(distances + k * VEC_LANES);
        hop[k] = vec_set(MFN_ALM_NONE);
    }
    for (uint32_t i = out->count; i-- > 0;) {
        const uint32_t *const ahead = row_of(work->distances, out->items[i].node);
        const vec weight = vec_set(out->items[i].weight);
        const vec name = vec_set(out->items[i].node);
        for (unsigned k = 0; k < VECS; k++) {
            const vec there = vec_add(vec_load(ahead + k * VEC_LANES), weight);
            hop[k] = vec_select(vec_equal(there, distance[k]), name, hop[k]);
        }
    }
    for (unsigned k = 0; k < VECS; k++)
        vec_store(row_of(work->hops, node) + k * VEC_LANES, hop[k]);
}

/* Lower the rows of those with an arc to `node`, and queue the ones that became smaller; answers
 * the new end of the queue. Whether a row becomes smaller is hard to foresee: no branch depends on
 * it. */
LANES_TARGET static inline uint32_t push(const struct alm_work *work, uint32_t node, uint32_t tail)
{
    uint32_t *const distances = work->distances;
    uint32_t *const queue = work->queue;
    uint8_t *const is_queued = work->is_queued;
    const uint32_t mask = work->queue_mask;
    const struct mfn_alm_arc *arc = work->in[node].items;
    const struct mfn_alm_arc *const end = arc + work->in[node].count;
    vec mine[VECS];
    for (unsigned k = 0; k < VECS; k++)
        mine[k] = vec_load(row_of(distances, node) + k * VEC_LANES);
    for (; arc < end; arc++) {
        const uint32_t other = arc->node;
        uint32_t *const theirs = row_of(distances, other);
        const vec weight = vec_set(arc->weight);
        vec_mask differ = mask_none;
        for (unsigned k = 0; k < VECS; k++) {
            const vec before = vec_load(theirs + k * VEC_LANES);
            const vec now = vec_min(before, vec_add(mine[k], weight));
            vec_store(theirs + k * VEC_LANES, now);
            differ = mask_or(differ, vec_differ(now, before));
        }
        const bool is_better = mask_any(differ);
        queue[tail & mask] = other;
        tail += is_better & !is_queued[other];
        is_queued[other] |= is_better;
    }
    return tail;
}

/* Set the next hops of `node` and those with an arc to it, each once. */
LANES_TARGET static inline void point_once(struct alm_work *work, uint32_t node)
{
    if (work->is_pointed[node])
        return;
    work->is_pointed[node] = 1;
    point(work, node);
}

/* The rows pulled and changed are in `rows`: all next hops that may be others now, then tidy up. */
LANES_TARGET static void point_all(struct alm_work *work)
{
    for (uint32_t i = 0; i < work->row_count; i++) {
        const struct alm_arcs *const in = &work->in[work->rows[i]];
        point_once(work, work->rows[i]);
        for (uint32_t k = 0; k < in->count; k++)
            point_once(work, in->items[k].node);
    }
    for (uint32_t i = 0; i < work->row_count; i++) {
        const struct alm_arcs *const in = &work->in[work->rows[i]];
        work->is_listed[work->rows[i]] = work->is_pointed[work->rows[i]] = 0;
        for (uint32_t k = 0; k < in->count; k++)
            work->is_pointed[in->items[k].node] = 0;
    }
    work->row_count = 0;
}

/* Push the queued rows, which became smaller, and what becomes smaller by it, until nothing does.
 */
LANES_TARGET static void drain(struct alm_work *work)
{
    uint32_t head = work->head, tail = work->tail;
    while (head != tail) {
        const uint32_t node = work->queue[head++ & work->queue_mask];
        work->is_queued[node] = 0;
        alm_work_list(work, node);
        tail = push(work, node, tail);
    }
    work->head = work->tail = 0;
}

LANES_TARGET static void lanes_settle(struct alm_work *work)
{
    for (uint32_t left = work->tail - work->head; left > 0; left--) {
        const uint32_t node = work->queue[work->head++ & work->queue_mask];
        work->is_queued[node] = 0;
        alm_work_list(work, node);
        if (pull(work, node))
            alm_work_queue(work, node);
    }
    drain(work);
    point_all(work);
}

LANES_TARGET static void lanes_rebuild(struct alm_work *work, const uint32_t *order,
                                       uint32_t node_count)
{
    uint32_t changed = 0;
    do {
        changed = 0;
        for (uint32_t i = 0; i < node_count; i++) {
            work->queue[changed] = order[i];
            changed += pull(work, order[i]);
        }
    } while (changed > node_count / SWEEP_SHARE);
    for (uint32_t i = 0; i < changed; i++)
        work->is_queued[work->queue[i]] = 1;
    work->tail = changed;
    drain(work);
    for (uint32_t i = 0; i < node_count; i++)
        point(work, i);
    for (uint32_t i = 0; i < work->row_count; i++)
        work->is_listed[work->rows[i]] = 0;
    work->row_count = 0;
}

#endif
