/* alm_constrain_way.c - writes out a path: the arcs of a label from the source, then those of a
 * tail. The two never meet in between: where a tail comes back to a node of the label's way, the
 * label of that node was completed by the same tail before, and is no worse. */
#include "alm_constrain_internal.h"

#include <assert.h>
#include <math.h>

static void step(struct mfn_alm_constrain *c, struct mfn_alm_way *way, uint32_t arc)
{
    assert(way->hop_count < c->node_count);
    c->chain[way->hop_count++] = arc;
    c->nodes[way->hop_count] = c->links.to[arc];
}

/* The arcs of a label from the source on, at the end of the buffer: step fills it from the front,
 * and is done with each before it comes there. */
static uint32_t *label_arcs(struct mfn_alm_constrain *c, uint32_t label, uint32_t *end)
{
    const struct alm_partial *const items = c->labels.items;
    uint32_t *at = end;
    for (uint32_t i = label; i != MFN_ALM_NONE && items[i].arc != MFN_ALM_NONE; i = items[i].parent)
        *--at = items[i].arc;
    return at;
}

static void add_up(const struct mfn_alm_constrain *c, struct mfn_alm_way *way)
{
    struct alm_sums sums = { 0 };
    double narrowest = (double)INFINITY;
    for (uint32_t i = 0; i < way->hop_count; i++) {
        sums = alm_sums_after(c, &sums, c->chain[i]);
        narrowest = fmin(narrowest, (double)c->links.capacities[c->chain[i]]);
        c->edges[i] = c->links.edges[c->chain[i]];
    }
    way->weight = sums.of[ALM_SUM_WEIGHT];
    way->latency_ms = sums.of[ALM_SUM_LATENCY];
    way->reliability = exp(-sums.of[ALM_SUM_UNRELIABILITY]);
    way->cost = sums.of[ALM_SUM_COST];
    way->bandwidth_mbps = narrowest / 1e6;
}

void alm_way_write(struct mfn_alm_constrain *c, const struct alm_incumbent *path,
                   struct mfn_alm_way *out)
{
    const uint32_t from = c->question.request->from;
    const struct alm_tail *const tail = &c->tails[path->tail];
    struct mfn_alm_way way = { .nodes = c->nodes, .edges = c->edges };
    uint32_t *const end = c->chain + 2 * (size_t)c->node_count + 2;
    c->nodes[0] = from;
    for (const uint32_t *arc = label_arcs(c, path->label, end); arc < end; arc++)
        step(c, &way, *arc);
    while (c->nodes[way.hop_count] != c->question.request->to)
        step(c, &way, tail->arcs[c->nodes[way.hop_count]]);
    add_up(c, &way);
    *out = way;
}
