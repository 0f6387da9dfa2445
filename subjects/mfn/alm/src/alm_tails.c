/* alm_tails.c - Dijkstra's algorithm from the target backwards, by one of the values that add up.
 * Beside the distance, each node learns what its way adds to all the others: so a partial path can
 * be completed, and judged, at once. */
#include "alm_constrain_internal.h"

#include <math.h>
#include <string.h>

/* Doubles of 0 and more are in the same order as their bits. */
static int64_t key_of(double distance)
{
    int64_t key;
    memcpy(&key, &distance, sizeof key);
    return key;
}

static struct alm_heap *heap_of(struct mfn_alm_constrain *c, enum alm_sum sum)
{
    return &c->heaps[sum != ALM_SUM_WEIGHT];
}

void alm_tail_begin(struct mfn_alm_constrain *c, enum alm_sum sum)
{
    struct alm_tail *const tail = &c->tails[sum];
    struct alm_heap *const heap = heap_of(c, sum);
    const uint32_t target = c->question.request->to;
    for (uint32_t i = 0; i < c->node_count; i++)
        tail->distances[i] = (double)INFINITY;
    tail->distances[target] = 0;
    tail->arcs[target] = MFN_ALM_NONE;
    alm_heap_clear(heap);
    alm_heap_put(heap, target, 0);
}

static void finish(const struct mfn_alm_constrain *c, struct alm_tail *tail, uint32_t node)
{
    const uint32_t arc = tail->arcs[node];
    tail->sums[node] = arc == MFN_ALM_NONE ? (struct alm_sums){ 0 }
                                           : alm_sums_after(c, &tail->sums[c->links.to[arc]], arc);
}

static void relax(struct mfn_alm_constrain *c, enum alm_sum sum, uint32_t node, double most)
{
    struct alm_tail *const tail = &c->tails[sum];
    struct alm_heap *const heap = heap_of(c, sum);
    const struct alm_links *const l = &c->links;
    const double *const values = alm_arc_values(c, sum);
    const uint32_t *const sources = l->from;
    double *const distances = tail->distances;
    const double distance = distances[node];
    const uint32_t end = l->first[node + 1];
    for (uint32_t arc = l->first[node]; arc < end; arc++) {
        const uint32_t from = sources[arc];
        const double there = distance + (values != NULL ? values[arc] : alm_arc_adds(c, sum, arc));
        if (there >= distances[from] || there > most || (c->flags[from] & ALM_NODE_AVOID) != 0 ||
            !alm_arc_fits(c, arc))
            continue;
        distances[from] = there;
        tail->arcs[from] = arc;
        alm_heap_put(heap, from, key_of(there));
    }
}

void alm_tail_run(struct mfn_alm_constrain *c, enum alm_sum sum, uint32_t until, double most)
{
    struct alm_tail *const tail = &c->tails[sum];
    struct alm_heap *const heap = heap_of(c, sum);
    while (heap->count > 0) {
        const uint32_t node = alm_heap_take(heap).node;
        if (tail->distances[node] > most)
            return;
        finish(c, tail, node);
        relax(c, sum, node, most);
        if (node == until)
            return;
    }
}
