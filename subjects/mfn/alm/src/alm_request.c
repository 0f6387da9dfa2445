/* alm_request.c - what can be asked at all. */
#include <mfn/alm_constrain.h>

static base_err nodes_check(const char *what, const uint32_t *nodes, uint32_t count,
                            size_t node_count, struct base_why *why)
{
    if (count > MFN_ALM_LISTED_MAX)
        return base_fail(why, BASE_EINVALID, 0, "%u nodes to %s: at most %d can be named", count,
                         what, MFN_ALM_LISTED_MAX);
    for (uint32_t i = 0; i < count; i++)
        if (nodes[i] >= node_count)
            return base_fail(why, BASE_EINVALID, i, "%s %u: there are %zu nodes, numbered from 0",
                             what, nodes[i], node_count);
    return BASE_OK;
}

static base_err values_check(const struct mfn_alm_request *r, struct base_why *why)
{
    const struct {
        const char *name;
        double value, most;
    } rows[] = {
        { "bandwidth_mbps_min", r->bandwidth_mbps_min, MFN_ALM_VALUE_MAX },
        { "latency_ms_max", r->latency_ms_max, MFN_ALM_LIMIT_MAX },
        { "reliability_min", r->reliability_min, 1 },
        { "cost_max", r->cost_max, MFN_ALM_LIMIT_MAX },
        { "prefer_factor", r->prefer_factor, 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!(rows[i].value >= 0 && rows[i].value <= rows[i].most))
            return base_fail(why, BASE_ERANGE, 0, "%s: %g is not between 0 and %g", rows[i].name,
                             rows[i].value, rows[i].most);
    if (r->priority > MFN_ALM_PRIORITY_MAX)
        return base_fail(why, BASE_ERANGE, 0, "priority: %u is not between 1 and %d, or 0",
                         r->priority, MFN_ALM_PRIORITY_MAX);
    return BASE_OK;
}

base_err mfn_alm_request_check(const struct mfn_alm_request *request, size_t node_count,
                               struct base_why *why)
{
    const struct mfn_alm_request *const r = request;
    if (r->from >= node_count || r->to >= node_count)
        return base_fail(why, BASE_EINVALID, 0, "%u to %u: there are %zu nodes, numbered from 0",
                         r->from, r->to, node_count);
    if ((unsigned)r->metric >= MFN_ALM_METRIC_COUNT)
        return base_fail(why, BASE_EINVALID, 0, "there is no metric %u", (unsigned)r->metric);
    base_err err = values_check(r, why);
    if (err == BASE_OK)
        err = nodes_check("avoid", r->avoid, r->avoid_count, node_count, why);
    if (err == BASE_OK)
        err = nodes_check("prefer", r->prefer, r->prefer_count, node_count, why);
    for (uint32_t i = 0; i < r->avoid_count && err == BASE_OK; i++)
        if (r->avoid[i] == r->from || r->avoid[i] == r->to)
            err = base_fail(why, BASE_EINVALID, i, "avoid %u: it is an end of the path itself",
                            r->avoid[i]);
    return err;
}
