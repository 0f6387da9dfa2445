/* alm_lanes_body.h - the loops over lanes, in terms of a vector that the including file defines:
 *
 *   LANES_TARGET          an attribute for every function, or nothing
 *   vec, VEC_LANES        a vector of that many distances
 *   vec_mask              the answer of a comparison, lane by lane
 *   vec_load, vec_store, vec_set, vec_add, vec_min
 *   vec_equal, mask_and, mask_and_not (a and not b), vec_select (where the mask, a; else b)
 *   mask_any
 */
#ifndef ALM_LANES_BODY_H
#define ALM_LANES_BODY_H

#include "alm_lanes.h"

enum { VECS = ALM_LANES / VEC_LANES };

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
    work->rows[work->row_count] = node;
    work->row_count += !work->is_pulled[node];
    work->is_pulled[node] = 1;
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
        work->is_pulled[work->rows[i]] = 0;
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
    bool is_all_same = true;
    for (unsigned k = 0; k < VECS; k++) {
        is_all_same &=
            !mask_any(mask_and_not(vec_equal(now[k], now[k]), vec_equal(now[k], before[k])));
        vec_store(distances + k * VEC_LANES, now[k]);
    }
    return !is_all_same;
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

LANES_TARGET static void lanes_settle(struct alm_work *work)
{
    while (work->head != work->tail) {
        const uint32_t node = work->queue[work->head++ & work->queue_mask];
        work->is_queued[node] = 0;
        work->rows[work->row_count] = node;
        work->row_count += !work->is_pulled[node];
        work->is_pulled[node] = 1;
        if (!pull(work, node))
            continue;
        const struct alm_arcs *const in = &work->in[node];
        for (uint32_t i = 0; i < in->count; i++)
            alm_work_queue(work, in->items[i].node);
    }
    for (uint32_t i = 0; i < work->row_count; i++) {
        point(work, work->rows[i]);
        work->is_pulled[work->rows[i]] = 0;
    }
    work->row_count = 0;
    work->head = work->tail = 0;
}

#endif
