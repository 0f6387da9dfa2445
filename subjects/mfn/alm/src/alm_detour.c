/* alm_detour.c - A* around a fault. The distance to the target before the fault is never more than
 * the one after, so it is a bound that can be trusted; and a node whose old route is untouched has
 * exactly that distance, so the first such node that comes up ends the search. */
#include "alm_recover_internal.h"

#include <string.h>

bool alm_detour_init(struct alm_detour *detour, uint32_t node_count)
{
    const size_t nodes = (size_t)node_count + 1;
    detour->distances = malloc(nodes * sizeof *detour->distances);
    detour->parents = malloc(nodes * sizeof *detour->parents);
    detour->stamps = calloc(nodes, sizeof *detour->stamps);
    return alm_heap_init(&detour->heap, node_count) && detour->distances != NULL &&
           detour->parents != NULL && detour->stamps != NULL;
}

void alm_detour_done(struct alm_detour *detour)
{
    free(detour->distances);
    free(detour->parents);
    free(detour->stamps);
    alm_heap_done(&detour->heap);
}

/* Is the arc in the way? Supposed faults need no arc numbers. The other direction of a supposed
 * link leads back to where the way begins: no shortest way takes it. */
static bool is_blocked(const struct mfn_alm_recover *r, const struct alm_obstacle *o, uint32_t from,
                       uint32_t to)
{
    if (o->is_supposed)
        return to == o->node || (from == o->from && to == o->to);
    return r->is_failed[alm_recover_arc(r, from, to)];
}

static bool is_untouched(const struct mfn_alm_recover *r, const struct alm_obstacle *o,
                         uint32_t from, uint32_t to)
{
    for (uint32_t at = from; at != to;) {
        const uint32_t next = mfn_alm_routes_next(r->before, at, to);
        if (is_blocked(r, o, at, next))
            return false;
        at = next;
    }
    return true;
}

static void expand(struct mfn_alm_recover *r, const struct alm_obstacle *o, uint32_t node,
                   uint32_t to)
{
    struct alm_detour *const d = &r->detour;
    const struct alm_arcs *const row = &r->before->out[node];
    for (uint32_t i = 0; i < row->count; i++) {
        const struct mfn_alm_arc arc = row->items[i];
        const bool is_in_the_way =
            o->is_supposed ? is_blocked(r, o, node, arc.node) : r->is_failed[r->first[node] + i];
        const uint64_t there = d->distances[node] + arc.weight;
        if (is_in_the_way || (d->stamps[arc.node] == d->stamp && there >= d->distances[arc.node]))
            continue;
        const uint64_t ahead = mfn_alm_routes_distance(r->before, arc.node, to);
        if (ahead == MFN_ALM_FAR)
            continue;
        d->stamps[arc.node] = d->stamp;
        d->distances[arc.node] = there;
        d->parents[arc.node] = node;
        alm_heap_put(&d->heap, arc.node, (int64_t)(there + ahead));
    }
}

uint32_t alm_detour_find(struct mfn_alm_recover *r, const struct alm_obstacle *obstacle,
                         uint32_t from, uint32_t to)
{
    struct alm_detour *const d = &r->detour;
    uint32_t last = MFN_ALM_NONE;
    if (++d->stamp == 0) {
        memset(d->stamps, 0, r->node_count * sizeof *d->stamps);
        d->stamp = 1;
    }
    d->stamps[from] = d->stamp;
    d->distances[from] = 0;
    d->parents[from] = MFN_ALM_NONE;
    d->settled_count = 0;
    alm_heap_put(&d->heap, from, 0);
    while (d->heap.count > 0 && last == MFN_ALM_NONE) {
        const uint32_t node = alm_heap_take(&d->heap).node;
        d->settled_count++;
        if (is_untouched(r, obstacle, node, to))
            last = node;
        else
            expand(r, obstacle, node, to);
    }
    alm_heap_clear(&d->heap);
    return last;
}

uint32_t alm_detour_count(const struct mfn_alm_recover *r, uint32_t from, uint32_t last)
{
    uint32_t count = 0;
    for (uint32_t at = last; at != from; at = r->detour.parents[at])
        count++;
    return count;
}

void alm_detour_write(const struct mfn_alm_recover *r, uint32_t from, uint32_t last,
                      uint32_t *nodes)
{
    uint32_t at = last;
    for (uint32_t i = alm_detour_count(r, from, last); i > 0; i--, at = r->detour.parents[at])
        nodes[i - 1] = at;
}
