/* alm_weight.c - the four values of an edge as weights that add along a path. */
#include "alm_weight.h"

#include <math.h>

const struct mfn_alm_mix mfn_alm_mix_usual = {
    .latency = 0.4, .bandwidth = 0.3, .reliability = 0.2, .cost = 0.1
};

const char *mfn_alm_metric_name(enum mfn_alm_metric metric)
{
    static const char *const names[MFN_ALM_METRIC_COUNT] = { "latency", "bandwidth", "reliability",
                                                             "cost", "mix" };
    return (unsigned)metric < MFN_ALM_METRIC_COUNT ? names[metric] : "unknown";
}

static double component(const struct mfn_alm_edge *edge, unsigned index)
{
    switch (index) {
    case MFN_ALM_LATENCY:
        return edge->latency_ms;
    case MFN_ALM_BANDWIDTH:
        return 1 / edge->bandwidth_mbps;
    case MFN_ALM_RELIABILITY:
        return fmax(0, -log(edge->reliability)); /* not -0 */
    default:
        return edge->cost;
    }
}

double alm_weigh(const struct alm_weigher *weigher, const struct mfn_alm_edge *edge)
{
    if (weigher->metric != MFN_ALM_MIX)
        return component(edge, weigher->metric);
    double sum = 0;
    for (unsigned i = 0; i < 4; i++)
        sum += weigher->factors[i] > 0 ? weigher->factors[i] * component(edge, i) : 0;
    return sum;
}

static base_err edge_check(const struct mfn_alm_edge *edge, size_t index, size_t node_count,
                           struct base_why *why)
{
    const struct {
        const char *name;
        double value, low, high;
    } rows[] = {
        { "latency_ms", edge->latency_ms, 0, MFN_ALM_VALUE_MAX },
        { "bandwidth_mbps", edge->bandwidth_mbps, MFN_ALM_BANDWIDTH_MIN, MFN_ALM_VALUE_MAX },
        { "reliability", edge->reliability, MFN_ALM_RELIABILITY_MIN, 1 },
        { "cost", edge->cost, 0, MFN_ALM_VALUE_MAX },
    };
    if (edge->from >= node_count || edge->to >= node_count)
        return base_fail(why, BASE_EINVALID, index,
                         "edge %zu (%u to %u): there are %zu nodes, numbered from 0", index,
                         edge->from, edge->to, node_count);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!(rows[i].value >= rows[i].low && rows[i].value <= rows[i].high))
            return base_fail(why, BASE_ERANGE, index,
                             "edge %zu (%u to %u): %s: %g is not between %g and %g", index,
                             edge->from, edge->to, rows[i].name, rows[i].value, rows[i].low,
                             rows[i].high);
    return BASE_OK;
}

static base_err mix_init(struct alm_weigher *weigher, const struct mfn_alm_mix *mix,
                         const double *largest, struct base_why *why)
{
    const double parts[4] = { mix->latency, mix->bandwidth, mix->reliability, mix->cost };
    double sum = 0;
    for (unsigned i = 0; i < 4; i++) {
        if (!(parts[i] >= 0 && parts[i] <= MFN_ALM_VALUE_MAX))
            return base_fail(
                why, BASE_EINVALID, i, "mix: the part of %s, %g, is not between 0 and %g",
                mfn_alm_metric_name((enum mfn_alm_metric)i), parts[i], MFN_ALM_VALUE_MAX);
        sum += parts[i];
    }
    if (sum <= 0)
        return base_fail(why, BASE_EINVALID, 0, "mix: all parts are 0; at least one must be more");
    for (unsigned i = 0; i < 4; i++)
        weigher->factors[i] = largest[i] > 1e-200 ? parts[i] / sum / largest[i] : 0;
    return BASE_OK;
}

base_err alm_weigher_init(struct alm_weigher *weigher, const struct mfn_alm_edge *edges,
                          size_t edge_count, size_t node_count, enum mfn_alm_metric metric,
                          const struct mfn_alm_mix *mix, struct base_why *why)
{
    double largest[4] = { 0 };
    if ((unsigned)metric >= MFN_ALM_METRIC_COUNT)
        return base_fail(why, BASE_EINVALID, 0, "there is no metric %u", (unsigned)metric);
    for (size_t i = 0; i < edge_count; i++) {
        const base_err err = edge_check(&edges[i], i, node_count, why);
        if (err != BASE_OK)
            return err;
        if (metric == MFN_ALM_MIX)
            for (unsigned k = 0; k < 4; k++)
                largest[k] = fmax(largest[k], component(&edges[i], k));
    }
    *weigher = (struct alm_weigher){ .metric = metric };
    if (metric == MFN_ALM_MIX) {
        const base_err err =
            mix_init(weigher, mix != NULL ? mix : &mfn_alm_mix_usual, largest, why);
        if (err != BASE_OK)
            return err;
    }
    for (size_t i = 0; i < edge_count; i++)
        weigher->heaviest = fmax(weigher->heaviest, alm_weigh(weigher, &edges[i]));
    return BASE_OK;
}
