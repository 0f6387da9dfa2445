/* baseline_check.c - what the conventional system answered, found out another way: routes by a
 * search in memory and link by link, models in double, tables by their counts. */
#include "baseline_system.h"
#include "baseline_twin.h"

#include <math.h>
#include <string.h>

static const double tolerance = 1e-4; /* of sums of some hundred float products of at most 1 */

static base_err check_number(const char *what, double got, double expected, struct base_why *why)
{
    if (fabs(got - expected) <= tolerance) /* false for a NaN */
        return BASE_OK;
    return base_fail(why, BASE_EWRONG, 0, "%s is %.7g, computed in double it is %.7g", what, got,
                     expected);
}

static base_err check_prediction(const struct baseline_system *system, struct base_why *why)
{
    double next[BASELINE_FEATURES];
    const struct baseline_flow *flow = &system->flow;
    base_err err = BASE_OK;
    if (system->has_ml)
        baseline_twin_predict(&system->model, flow->history, next);
    for (size_t i = 0; i < BASELINE_FEATURES && err == BASE_OK; i++) {
        const double last = (double)flow->history[BASELINE_HISTORY - 1][i];
        const double before = (double)flow->history[BASELINE_HISTORY - 2][i];
        err = check_number("a predicted value", (double)system->next[i],
                           system->has_ml ? next[i] : 1.5 * last - 0.5 * before, why);
    }
    return err;
}

base_err baseline_system_check_models(const struct baseline_system *system, bool has_similarity,
                                      bool has_prediction, struct base_why *why)
{
    const struct baseline_flow *flow = &system->flow;
    const float *context = baseline_flow_context(flow);
    base_err err = BASE_OK;
    if (has_similarity)
        err = check_number("the similarity", (double)system->similarity,
                           system->has_ml
                               ? baseline_twin_similarity(&system->model, flow->features, context)
                               : baseline_twin_cosine(flow->features, context),
                           why);
    return err == BASE_OK && has_prediction ? check_prediction(system, why) : err;
}

static base_err check_registry(const struct baseline_system *system, struct base_why *why)
{
    const uint64_t done = system->round > 0 && system->done_count > system->round
                              ? system->round
                              : system->done_count;
    if (system->registry.flow_count == system->known_count + done)
        return BASE_OK;
    return base_fail(why, BASE_EWRONG, 0, "the registry has %llu flows and was given %llu",
                     (unsigned long long)system->registry.flow_count,
                     (unsigned long long)(system->known_count + done));
}

/* As many nodes as the search in memory has, and a link from each to the next. */
static base_err check_path(struct baseline_system *system, struct base_why *why)
{
    const struct baseline_search *found = &system->search;
    const struct baseline_flow *flow = &system->flow;
    const base_err err = baseline_search_run(&system->twin, baseline_graph_links, &system->graph,
                                             flow->from, flow->to);
    if (err != BASE_OK)
        return err;
    if (found->path_count != system->twin.path_count)
        return base_fail(why, BASE_EWRONG, 0, "a route has %u nodes, the shortest %u",
                         found->path_count, system->twin.path_count);
    if (found->path_count == 0)
        return BASE_OK;
    bool is_right = found->path[0] == flow->from && found->path[found->path_count - 1] == flow->to;
    for (uint32_t i = 1; i < found->path_count && is_right; i++)
        is_right = baseline_graph_has_link(&system->graph, found->path[i - 1], found->path[i]);
    return is_right ? BASE_OK
                    : base_fail(why, BASE_EWRONG, 0,
                                "a route from %u to %u is none: it uses a link that is not there",
                                flow->from, flow->to);
}

/* The last route is read back, and there are as many as were written. */
static base_err check_index(struct baseline_system *system, struct base_why *why)
{
    struct baseline_index *index = &system->index;
    uint32_t count = 0;
    uint64_t routes = 0;
    base_err err = baseline_index_find(index, system->flow.id, system->twin.path, &count);
    if (err == BASE_ENOTFOUND)
        return base_fail(why, BASE_EWRONG, 0, "the index lacks the route that was written last");
    if (err == BASE_OK)
        err = baseline_index_count(index, &routes);
    if (err != BASE_OK) {
        *why = index->why;
        return err;
    }
    if (count != system->search.path_count ||
        memcmp(system->twin.path, system->search.path, count * sizeof *system->twin.path) != 0)
        return base_fail(why, BASE_EWRONG, 0, "the index has another route than was written last");
    if (routes == system->known_count + system->done_count)
        return BASE_OK;
    return base_fail(why, BASE_EWRONG, 0, "the index has %llu routes and was given %llu",
                     (unsigned long long)routes,
                     (unsigned long long)(system->known_count + system->done_count));
}

base_err baseline_system_check(struct baseline_system *system, struct base_why *why)
{
    base_err err = system->err;
    if (err != BASE_OK)
        *why = system->why;
    if (err != BASE_OK || system->done_count == 0)
        return err;
    if (system->parts & BASELINE_REGISTER)
        err = check_registry(system, why);
    if (err == BASE_OK && system->parts & BASELINE_ROUTE)
        err = check_path(system, why);
    if (err == BASE_OK && system->parts & BASELINE_ROUTE && system->has_database)
        err = check_index(system, why);
    return err;
}
