/* alm_links.c - the edges of a list, all of them, as arcs by their head: each value in an array of
 * its own, so that a search reads only what it needs. */
#include "alm_constrain_internal.h"
#include "alm_weight.h"

#include <math.h>
#include <string.h>

static const double bps_of_mbps = 1e6;

uint64_t alm_bps_of(double mbps)
{
    return (uint64_t)nearbyint(mbps * bps_of_mbps);
}

static void *room(size_t count, size_t size)
{
    return malloc((count + 1) * size);
}

static bool links_alloc(struct alm_links *l, size_t node_count)
{
    bool is_there = true;
    l->first = calloc(node_count + 2, sizeof *l->first);
    l->out_first = calloc(node_count + 2, sizeof *l->out_first);
    l->out_arcs = room(l->count, sizeof *l->out_arcs);
    l->from = room(l->count, sizeof *l->from);
    l->to = room(l->count, sizeof *l->to);
    l->edges = room(l->count, sizeof *l->edges);
    l->capacities = room(l->count, sizeof *l->capacities);
    for (unsigned i = 0; i < MFN_ALM_METRIC_COUNT; i++) {
        l->weights[i] = room(l->count, sizeof *l->weights[i]);
        is_there &= l->weights[i] != NULL;
    }
    return is_there && l->first != NULL && l->out_first != NULL && l->out_arcs != NULL &&
           l->from != NULL && l->to != NULL && l->edges != NULL && l->capacities != NULL;
}

/* Arcs by head, in the order of the list; first[i + 2] is used to count, so that places can be
 * handed out from first[i + 1]. */
static void arcs_place(struct alm_links *l, const struct mfn_alm_edge *edges, size_t edge_count,
                       uint32_t node_count)
{
    for (size_t i = 0; i < edge_count; i++)
        l->first[edges[i].to + 2] += edges[i].from != edges[i].to;
    for (uint32_t i = 0; i < node_count; i++)
        l->first[i + 2] += l->first[i + 1];
    for (size_t i = 0; i < edge_count; i++) {
        if (edges[i].from == edges[i].to)
            continue;
        const uint32_t arc = l->first[edges[i].to + 1]++;
        l->from[arc] = edges[i].from;
        l->to[arc] = edges[i].to;
        l->edges[arc] = (uint32_t)i;
        l->capacities[arc] = alm_bps_of(edges[i].bandwidth_mbps);
    }
}

static void out_place(struct alm_links *l, uint32_t node_count)
{
    for (uint32_t i = 0; i < l->count; i++)
        l->out_first[l->from[i] + 2]++;
    for (uint32_t i = 0; i < node_count; i++)
        l->out_first[i + 2] += l->out_first[i + 1];
    for (uint32_t i = 0; i < l->count; i++)
        l->out_arcs[l->out_first[l->from[i] + 1]++] = i;
}

base_err alm_links_init(struct alm_links *links, const struct mfn_alm_edge *edges,
                        size_t edge_count, uint32_t node_count, const struct mfn_alm_mix *mix,
                        struct base_why *why)
{
    struct alm_weigher weighers[MFN_ALM_METRIC_COUNT];
    *links = (struct alm_links){ 0 };
    for (unsigned i = 0; i < MFN_ALM_METRIC_COUNT; i++) {
        const base_err err = alm_weigher_init(&weighers[i], edges, edge_count, node_count,
                                              (enum mfn_alm_metric)i, mix, why);
        if (err != BASE_OK)
            return err;
        links->least[i] = weighers[i].heaviest > 0 ? ldexp(weighers[i].heaviest, -31) : 1;
    }
    for (size_t i = 0; i < edge_count; i++)
        links->count += edges[i].from != edges[i].to;
    if (!links_alloc(links, node_count))
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %zu edges", edge_count);
    arcs_place(links, edges, edge_count, node_count);
    out_place(links, node_count);
    for (unsigned i = 0; i < MFN_ALM_METRIC_COUNT; i++)
        for (uint32_t arc = 0; arc < links->count; arc++)
            links->weights[i][arc] = alm_weigh(&weighers[i], &edges[links->edges[arc]]);
    return BASE_OK;
}

void alm_links_done(struct alm_links *links)
{
    free(links->first);
    free(links->out_first);
    free(links->out_arcs);
    free(links->from);
    free(links->to);
    free(links->edges);
    free(links->capacities);
    for (unsigned i = 0; i < MFN_ALM_METRIC_COUNT; i++)
        free(links->weights[i]);
}

/* Fortz and Thorup's cost of load, for utilisations up to 1: continuous, of slopes 1, 3, 10, 70. */
static double load_cost(double utilisation)
{
    if (utilisation < 1.0 / 3)
        return utilisation;
    if (utilisation < 2.0 / 3)
        return 3 * utilisation - 2.0 / 3;
    if (utilisation < 9.0 / 10)
        return 10 * utilisation - 16.0 / 3;
    return 70 * utilisation - 178.0 / 3;
}

static double load_slope(double utilisation)
{
    return utilisation < 1.0 / 3 ? 1 : utilisation < 2.0 / 3 ? 3 : utilisation < 9.0 / 10 ? 10 : 70;
}

double alm_load_price(uint64_t load, uint64_t more, uint64_t capacity)
{
    const double before = (double)load / (double)capacity;
    const double after = (double)(load + more) / (double)capacity;
    if (after - before < 1e-9)
        return load_slope(after);
    return fmax(1, (load_cost(after) - load_cost(before)) / (after - before));
}

double alm_arc_weight_adjusted(const struct mfn_alm_constrain *c, uint32_t arc)
{
    const struct alm_question *const q = &c->question;
    const struct mfn_alm_request *const r = q->request;
    double weight = q->weights[arc];
    if (q->loading.is_priced)
        weight = fmax(weight, c->links.least[r->metric]) *
                 alm_load_price(q->loading.loads[arc], q->loading.bps, c->links.capacities[arc]);
    if ((c->flags[c->links.to[arc]] & ALM_NODE_PREFER) != 0)
        weight *= r->prefer_factor > 0 ? r->prefer_factor : 0.5;
    return weight;
}
