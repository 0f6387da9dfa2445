/* suite_baseline.c - what a flow costs in an ordinary system: a registry behind TCP, routes from an
 * index on a disk, dense models without batches or a cache; each alone, and in a row for one flow.
 *
 * What runs for a flow is written in docs/baseline.md. Nothing here waits for a clock.
 */
#include <suite/suite.h>

#include "baseline_system.h"
#include "suite_claims.h"

#include <bench/clock.h>
#include <bench/keep.h>

#include <math.h>
#include <stdlib.h>

enum {
    REGISTER_ROUND = 1 << 18, /* bounds the registry's memory */
    POOL_COUNT = 64,          /* flows that the models see in turn */
};

static void part_teardown(void *state)
{
    baseline_system_close(state);
}

static base_err part_check(void *state, struct base_why *why)
{
    return baseline_system_check(state, why);
}

static base_err register_setup(struct bench_env *env)
{
    struct baseline_system *system = NULL;
    const base_err err = baseline_system_open(env, BASELINE_REGISTER, &system);
    if (err == BASE_OK)
        system->round = REGISTER_ROUND;
    env->state = system;
    return err;
}

static void register_run(void *state, uint64_t count)
{
    struct baseline_system *system = state;
    for (; count > 0 && system->err == BASE_OK; count--) {
        baseline_flow_name(system->seed, baseline_system_next(system), system->node_count,
                           &system->flow);
        baseline_system_register(system);
        system->done_count++;
    }
}

static base_err route_setup(struct bench_env *env)
{
    struct baseline_system *system = NULL;
    const base_err err = baseline_system_open(env, BASELINE_ROUTE, &system);
    env->state = system;
    return err;
}

static void route_run(void *state, uint64_t count)
{
    struct baseline_system *system = state;
    for (; count > 0 && system->err == BASE_OK; count--) {
        baseline_flow_name(system->seed, baseline_system_next(system), system->node_count,
                           &system->flow);
        baseline_system_route(system);
        system->done_count++;
    }
}

/* The models alone: flows are made beforehand. */
struct modelling {
    struct baseline_system *system;
    struct baseline_flow pool[POOL_COUNT];
    uint64_t done_count;
    uint64_t last; /* in the pool */
};

static void models_teardown(void *state)
{
    struct modelling *modelling = state;
    if (modelling != NULL)
        baseline_system_close(modelling->system);
    free(modelling);
}

static base_err models_setup(struct bench_env *env)
{
    struct modelling *modelling = calloc(1, sizeof *modelling);
    if (modelling == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    const base_err err = baseline_system_open(env, BASELINE_MODELS, &modelling->system);
    if (err != BASE_OK) {
        free(modelling);
        return err;
    }
    for (uint64_t i = 0; i < POOL_COUNT; i++)
        baseline_flow_make(env->seed, i, BASELINE_NODES_MIN, &modelling->pool[i]);
    env->state = modelling;
    return BASE_OK;
}

static void similarity_run(void *state, uint64_t count)
{
    struct modelling *modelling = state;
    struct baseline_system *system = modelling->system;
    BENCH_LOOP(count) {
        const struct baseline_flow *flow =
            &modelling->pool[modelling->last = modelling->done_count++ % POOL_COUNT];
        BENCH_HIDE(flow);
        baseline_system_similarity(system, flow);
        BENCH_KEEP(&system->similarity);
    }
}

static void predict_run(void *state, uint64_t count)
{
    struct modelling *modelling = state;
    struct baseline_system *system = modelling->system;
    BENCH_LOOP(count) {
        const struct baseline_flow *flow =
            &modelling->pool[modelling->last = modelling->done_count++ % POOL_COUNT];
        BENCH_HIDE(flow);
        baseline_system_predict(system, flow);
        BENCH_KEEP(&system->next[0]);
    }
}

static base_err models_check(struct modelling *modelling, bool has_similarity, struct base_why *why)
{
    if (modelling->done_count == 0)
        return BASE_OK;
    modelling->system->flow = modelling->pool[modelling->last];
    return baseline_system_check_models(modelling->system, has_similarity, !has_similarity, why);
}

static base_err similarity_check(void *state, struct base_why *why)
{
    return models_check(state, true, why);
}

static base_err predict_check(void *state, struct base_why *why)
{
    return models_check(state, false, why);
}

/* The four in a row. */

enum { PARTS = 4 };

struct flowing {
    struct baseline_system *system;
    bool is_made;               /* system->flow is the next one */
    uint64_t times_ns[PARTS];   /* of the last flow */
    uint64_t calls[PARTS - 1];  /* requests, statements and model runs of the last flow */
    uint64_t before[PARTS - 1]; /* the same, before it */
};

static void flow_teardown(void *state)
{
    struct flowing *flowing = state;
    if (flowing != NULL)
        baseline_system_close(flowing->system);
    free(flowing);
}

static base_err flow_setup(struct bench_env *env)
{
    struct flowing *flowing = calloc(1, sizeof *flowing);
    if (flowing == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    const base_err err = baseline_system_open(
        env, BASELINE_REGISTER | BASELINE_ROUTE | BASELINE_MODELS, &flowing->system);
    if (err != BASE_OK) {
        free(flowing);
        return err;
    }
    env->state = flowing;
    return BASE_OK;
}

static void flow_before(void *state)
{
    struct flowing *flowing = state;
    struct baseline_system *system = flowing->system;
    if (!flowing->is_made)
        baseline_flow_make(system->seed, baseline_system_next(system), system->node_count,
                           &system->flow);
    flowing->is_made = true;
}

static void count_calls(const struct baseline_system *system, uint64_t out[PARTS - 1])
{
    out[0] = system->registry.request_count;
    out[1] = system->index.statement_count;
    out[2] = system->model.run_count;
}

static void flow_similarity(struct baseline_system *system)
{
    baseline_system_similarity(system, &system->flow);
}

static void flow_predict(struct baseline_system *system)
{
    baseline_system_predict(system, &system->flow);
}

static void flow_run(void *state, uint64_t count)
{
    static void (*const parts[PARTS])(struct baseline_system *) = {
        baseline_system_register,
        flow_similarity,
        baseline_system_route,
        flow_predict,
    };
    struct flowing *flowing = state;
    struct baseline_system *system = flowing->system;
    for (; count > 0 && system->err == BASE_OK; count--) {
        flow_before(flowing); /* does nothing for the first */
        count_calls(system, flowing->before);
        uint64_t last_ns = bench_clock_now_ns();
        for (size_t i = 0; i < PARTS; i++) {
            parts[i](system);
            const uint64_t now_ns = bench_clock_now_ns();
            flowing->times_ns[i] = now_ns - last_ns;
            last_ns = now_ns;
        }
        count_calls(system, flowing->calls);
        system->done_count++;
        flowing->is_made = false;
    }
}

/* A flow without a route is no success; a number that is none is a failure of the case. */
static bool is_success(struct baseline_system *system)
{
    bool is_finite = system->similarity >= 0 && system->similarity <= 1;
    for (size_t i = 0; i < BASELINE_FEATURES; i++)
        is_finite = is_finite && isfinite(system->next[i]);
    if (!is_finite && system->err == BASE_OK)
        system->err = base_fail(&system->why, BASE_EWRONG, 0,
                                "a model answered with a number that is out of its range");
    return system->err == BASE_OK && system->search.path_count > 0;
}

static void flow_after(void *state, double *series)
{
    struct flowing *flowing = state;
    for (size_t i = 0; i < PARTS; i++)
        series[i] = (double)flowing->times_ns[i];
    for (size_t i = 0; i < PARTS - 1; i++)
        series[PARTS + i] = (double)(flowing->calls[i] - flowing->before[i]);
    series[2 * PARTS - 1] = is_success(flowing->system) ? 1 : 0;
}

static base_err flow_check(void *state, struct base_why *why)
{
    const struct flowing *flowing = state;
    struct baseline_system *system = flowing->system;
    base_err err = baseline_system_check(system, why);
    if (err == BASE_OK && system->done_count > 0)
        err = baseline_system_check_models(system, true, true, why);
    return err;
}

#define PARAM_FLOWS                                                                                \
    {                                                                                              \
        "flows", "10000", "flows that are known before the first one is measured"                  \
    }
#define PARAM_NODES                                                                                \
    {                                                                                              \
        "nodes", "1000", "nodes of the topology, 2 to 5000; 3 of 10 possible links are there"      \
    }
#define PARAM_JOURNAL                                                                              \
    {                                                                                              \
        "journal", "wal", "of SQLite: wal or delete"                                               \
    }
#define DOC_NETWORK  "on: a service behind TCP; off: a hash table of this process"
#define DOC_DATABASE "on: SQLite on a disk, one synced write a flow; off: adjacency in memory"
#define DOC_ML       "on: the dense model; off: a plain formula"

static const struct bench_case case_register = {
    .name = "baseline/register",
    .doc = "register a new flow and look it up, at a JSON service over one kept TCP connection",
    .item = "flow",
    .params = { PARAM_FLOWS, { "network", "on,off", DOC_NETWORK } },
    .setup = register_setup,
    .run = register_run,
    .check = part_check,
    .teardown = part_teardown,
};

static const struct bench_case case_similarity = {
    .name = "baseline/similarity",
    .doc = "similarity of a flow's 256 features and its context by a dense model, one at a time",
    .item = "flow",
    .params = { { "ml", "on,off", DOC_ML } },
    .setup = models_setup,
    .run = similarity_run,
    .check = similarity_check,
    .teardown = models_teardown,
};

static const struct bench_case case_route = {
    .name = "baseline/route",
    .doc = "route a new flow: breadth-first search by queries to SQLite, the route written with "
           "fsync",
    .item = "flow",
    .params = { PARAM_FLOWS, PARAM_NODES, { "database", "on,off", DOC_DATABASE }, PARAM_JOURNAL },
    .setup = route_setup,
    .run = route_run,
    .check = part_check,
    .teardown = part_teardown,
};

static const struct bench_case case_predict = {
    .name = "baseline/predict",
    .doc = "the next context of 256 numbers from the last five by a two-layer LSTM, one at a time",
    .item = "flow",
    .params = { { "ml", "on,off", DOC_ML } },
    .setup = models_setup,
    .run = predict_run,
    .check = predict_check,
    .teardown = models_teardown,
};

static const struct bench_case case_flow = {
    .name = "baseline/flow",
    .doc = "one new flow through the conventional system: register, similarity, route, predict",
    .item = "flow",
    .params = { PARAM_FLOWS,
                PARAM_NODES,
                { "network", "on", DOC_NETWORK },
                { "database", "on", DOC_DATABASE },
                { "ml", "on", DOC_ML },
                PARAM_JOURNAL },
    .series = { "register_ns", "similarity_ns", "route_ns", "predict_ns", "network_requests",
                "database_statements", "model_runs", "success" },
    .is_exclusive = true,
    .setup = flow_setup,
    .before = flow_before,
    .run = flow_run,
    .after = flow_after,
    .check = flow_check,
    .teardown = flow_teardown,
};

static const struct bench_case *const baseline_cases[] = {
    &case_register, &case_similarity, &case_route, &case_predict, &case_flow,
};

const struct suite suite_baseline = {
    .name = "baseline",
    .doc = "the conventional system: a TCP service, an index on a disk, dense models",
    .cases = baseline_cases,
    .case_count = SUITE_COUNT(baseline_cases),
};
