/* alm_recover_cases.c - links fail, and 256 pairs get their paths around them. The check makes the
 * graph that remains and compares with Bellman and Ford's distances there. */
#include "alm_traffic_cases.h"

#include <bench/keep.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { RECOVER_NODES_MAX = 5000 };

static void recover_teardown(void *state)
{
    struct alm_recover_state *const failed = state;
    if (failed == NULL)
        return;
    mfn_alm_recover_free(failed->recover);
    alm_world_done(&failed->world);
    free(failed->faults);
    free(failed->nodes);
    free(failed);
}

/* Different links, by drawing from all of them; parallel ones fail together. */
static base_err draw_faults(struct bench_env *env, struct alm_recover_state *failed,
                            uint64_t percent)
{
    const size_t links = failed->world.edge_count / 2;
    uint32_t *const order = malloc(links * sizeof *order);
    failed->fault_count = (links * percent + 99) / 100;
    failed->faults = calloc(failed->fault_count, sizeof *failed->faults);
    if (order == NULL || failed->faults == NULL) {
        free(order);
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for %zu faults",
                         failed->fault_count);
    }
    struct base_rng rng;
    base_rng_init(&rng, env->seed + 6);
    for (uint32_t i = 0; i < links; i++) {
        const uint32_t other = (uint32_t)base_rng_below(&rng, i + 1);
        order[i] = order[other];
        order[other] = i;
    }
    for (size_t i = 0; i < failed->fault_count; i++) {
        const struct mfn_alm_edge *const edge = &failed->world.edges[2 * (size_t)order[i]];
        failed->faults[i] = (struct mfn_alm_fault){ edge->from, edge->to };
    }
    free(order);
    return BASE_OK;
}

/* The faults, and a path for every pair. */
static void recover_run(void *state, uint64_t count)
{
    struct alm_recover_state *const failed = state;
    BENCH_LOOP(count) {
        failed->err |=
            mfn_alm_recover_fail(failed->recover, failed->faults, failed->fault_count, NULL);
        if (failed->way == MFN_ALM_RECOVERY_GLOBAL)
            failed->err |= mfn_alm_recover_recompute(failed->recover, NULL);
        for (size_t i = 0; i < ALM_PAIRS; i++) {
            const struct alm_pair_of_nodes ask = failed->world.pairs[i];
            struct mfn_alm_recovered out;
            const base_err err = mfn_alm_recover_route(
                failed->recover, failed->way, ask.from, ask.to,
                failed->nodes + i * failed->world.node_count, failed->world.node_count, &out);
            failed->counts[i] = err == BASE_OK          ? out.node_count
                                : err == BASE_ENOTFOUND ? 0
                                                        : SIZE_MAX;
        }
    }
    failed->items += count;
}

/* As it was before. */
static void recover_before(void *state)
{
    struct alm_recover_state *const failed = state;
    mfn_alm_recover_heal(failed->recover);
    if (failed->way == MFN_ALM_RECOVERY_GLOBAL)
        failed->err |= mfn_alm_recover_recompute(failed->recover, NULL);
}

static bool is_failed(const struct alm_recover_state *failed, const struct mfn_alm_edge *edge)
{
    for (size_t i = 0; i < failed->fault_count; i++)
        if ((failed->faults[i].from == edge->from && failed->faults[i].to == edge->to) ||
            (failed->faults[i].from == edge->to && failed->faults[i].to == edge->from))
            return true;
    return false;
}

static base_err remaining(const struct alm_recover_state *failed, struct mfn_alm_graph **out,
                          struct base_why *why)
{
    struct mfn_alm_edge *const edges = malloc((failed->world.edge_count + 1) * sizeof *edges);
    if (edges == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the check");
    size_t count = 0;
    for (size_t i = 0; i < failed->world.edge_count; i++)
        if (!is_failed(failed, &failed->world.edges[i]))
            edges[count++] = failed->world.edges[i];
    const base_err err =
        mfn_alm_graph_new(edges, count, failed->world.node_count, MFN_ALM_LATENCY, NULL, out, why);
    free(edges);
    return err;
}

/* stretch: the mean of paths' lengths over the shortest. */
static base_err check_paths(const struct alm_recover_state *failed,
                            const struct mfn_alm_graph *graph, uint64_t *expect, double *stretch,
                            struct base_why *why)
{
    size_t paths = 0;
    *stretch = 0;
    for (size_t i = 0; i < ALM_PAIRS; i++) {
        const struct alm_pair_of_nodes ask = failed->world.pairs[i];
        const uint32_t *const nodes = failed->nodes + i * failed->world.node_count;
        const size_t count = failed->counts[i];
        alm_world_distances(graph, ask.from, expect);
        const uint64_t least = expect[ask.to];
        uint64_t length = MFN_ALM_FAR;
        if (count > 0 && count <= failed->world.node_count && nodes[0] == ask.from &&
            nodes[count - 1] == ask.to)
            length = alm_world_walk(graph, nodes, count);
        if (count == SIZE_MAX || (length == MFN_ALM_FAR) != (least == MFN_ALM_FAR) ||
            length < least || (failed->way == MFN_ALM_RECOVERY_GLOBAL && length != least))
            return base_fail(why, BASE_EWRONG, i,
                             "from node %" PRIu32 " to node %" PRIu32 " %" PRIu64
                             " quanta are the way around the faults, and %" PRIu64 " the shortest",
                             ask.from, ask.to, length, least);
        if (count > 1) {
            *stretch += (double)length / (double)least;
            paths++;
        }
    }
    *stretch = paths > 0 ? *stretch / (double)paths : 1;
    return BASE_OK;
}

static base_err judge(const struct alm_recover_state *failed, double *stretch, struct base_why *why)
{
    struct mfn_alm_graph *graph = NULL;
    base_err err = remaining(failed, &graph, why);
    uint64_t *const expect = malloc(failed->world.node_count * sizeof *expect);
    if (err == BASE_OK && expect == NULL)
        err = base_fail(why, BASE_ENOMEM, 0, "no memory for the check");
    if (err == BASE_OK)
        err = check_paths(failed, graph, expect, stretch, why);
    free(expect);
    mfn_alm_graph_free(graph);
    return err;
}

static base_err recover_make(struct bench_env *env, struct alm_recover_state *failed)
{
    uint64_t percent = 0;
    base_err err = bench_env_count(env, "faults", 1, 100, &percent);
    if (err == BASE_OK) {
        err = mfn_alm_recovery_of(bench_env_text(env, "way"), &failed->way, &env->why);
        if (err != BASE_OK)
            return base_fail_prefix(&env->why, BASE_EINVALID, "way");
    }
    if (err == BASE_OK)
        err = alm_world_open(env, &failed->world);
    if (err == BASE_OK && failed->world.node_count > RECOVER_NODES_MAX)
        err = base_fail(&env->why, BASE_ERANGE, 0, "nodes: %" PRIu32 " is above %d",
                        failed->world.node_count, RECOVER_NODES_MAX);
    if (err == BASE_OK)
        err = draw_faults(env, failed, percent);
    if (err == BASE_OK)
        err = mfn_alm_recover_new(failed->world.graph, &failed->recover, &env->why);
    if (err != BASE_OK)
        return err;
    failed->nodes = malloc((size_t)ALM_PAIRS * failed->world.node_count * sizeof *failed->nodes);
    if (failed->nodes == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for paths");
    if (failed->way == MFN_ALM_RECOVERY_FAST)
        err = mfn_alm_recover_protect(failed->recover, NULL, &env->why);
    return err;
}

static base_err recover_setup(struct bench_env *env)
{
    struct alm_recover_state *const failed = calloc(1, sizeof *failed);
    if (failed == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    base_err err = recover_make(env, failed);
    double stretch = 0;
    if (err == BASE_OK) {
        recover_before(failed);
        recover_run(failed, 1);
        failed->items = 0;
        err = judge(failed, &stretch, &env->why);
    }
    if (err != BASE_OK) {
        recover_teardown(failed);
        return err;
    }
    bench_env_fact(env, "faults", (double)failed->fault_count, "1");
    bench_env_fact(env, "stretch", stretch, "1");
    env->parts_per_item = ALM_PAIRS;
    env->state = failed;
    return BASE_OK;
}

static base_err recover_check(void *state, struct base_why *why)
{
    const struct alm_recover_state *const failed = state;
    double stretch;
    if (failed->items == 0)
        return BASE_OK;
    if (failed->err != BASE_OK)
        return base_fail(why, BASE_EWRONG, 0, "an item failed: %s", base_err_text(failed->err));
    return judge(failed, &stretch, why);
}

const struct bench_case alm_case_recover = {
    .name = "alm/recover",
    .doc = "links fail, and 256 pairs get a path around them: fast reroute, local or global repair",
    .item = "failure",
    .is_exclusive = true,
    .params = { { "nodes", "500", "nodes of the graph" },
                ALM_PARAM_DEGREE("4"),
                { "faults", "5", "percent of the links that fail" },
                { "way", "fast,local,global",
                  "backups made before, a search at the fault, or the whole table repaired" } },
    .setup = recover_setup,
    .before = recover_before,
    .run = recover_run,
    .check = recover_check,
    .teardown = recover_teardown,
};
