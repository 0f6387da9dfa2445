/* alm_kpaths_cases.c - K shortest loopless paths. The check counts them: all loopless walks that
 * are no longer than the last path said are looked for, one step after the other, and left as soon
 * as Bellman and Ford's distance to the target says that they must become longer. */
#include "alm_path_cases.h"

#include <bench/keep.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { K_MAX = 64, CHECKED_PAIRS = 16 };

static void kpaths_teardown(void *state)
{
    struct alm_kpaths_state *const kpaths = state;
    if (kpaths == NULL)
        return;
    kpaths->method->close(kpaths->solver);
    alm_world_done(&kpaths->world);
    free(kpaths);
}

base_err alm_kpaths_open(struct bench_env *env, const struct alm_kpaths_method *method)
{
    struct alm_kpaths_state *const kpaths = calloc(1, sizeof *kpaths);
    if (kpaths == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    kpaths->method = method;
    uint64_t k = 0;
    base_err err = bench_env_count(env, "k", 1, K_MAX, &k);
    kpaths->k = (size_t)k;
    if (err == BASE_OK)
        err = alm_world_open(env, &kpaths->world);
    if (err == BASE_OK)
        err = method->open(kpaths->world.graph, kpaths->k, &kpaths->solver, &env->why);
    if (err == BASE_OK)
        env->state = kpaths;
    else
        kpaths_teardown(kpaths);
    return err;
}

static void kpaths_run(void *state, uint64_t count)
{
    struct alm_kpaths_state *const kpaths = state;
    BENCH_LOOP(count) {
        const struct alm_pair_of_nodes ask = kpaths->world.pairs[kpaths->asked++ % ALM_PAIRS];
        kpaths->found = kpaths->method->find(kpaths->solver, ask.from, ask.to, kpaths->k);
        BENCH_KEEP(kpaths->found);
    }
}

/* The walks of up to `limit` quanta from a node. */
struct count {
    const struct mfn_alm_graph *graph;
    const uint64_t *rest; /* from each node to the target */
    uint32_t target;
    uint64_t limit, distance;
    uint8_t *is_on; /* [node_count]: on the walk */
    uint32_t *nodes, *arcs;
    size_t shorter, equal; /* loopless paths shorter than the limit, and as long */
};

/* Count them; no more than `most` shorter ones. */
static void count_paths(struct count *count, uint32_t from, size_t most)
{
    const uint32_t *const first = count->graph->out.first;
    size_t depth = 0;
    count->nodes[0] = from;
    count->arcs[0] = first[from];
    count->is_on[from] = 1;
    while (count->shorter <= most) {
        const uint32_t node = count->nodes[depth];
        const bool is_there = node == count->target;
        if (is_there) {
            count->shorter += count->distance < count->limit;
            count->equal += count->distance == count->limit;
        }
        while (!is_there && count->arcs[depth] < first[node + 1]) {
            const struct mfn_alm_arc arc = count->graph->out.arcs[count->arcs[depth]];
            if (!count->is_on[arc.node] && count->rest[arc.node] != MFN_ALM_FAR &&
                count->distance + arc.weight + count->rest[arc.node] <= count->limit)
                break;
            count->arcs[depth]++;
        }
        if (!is_there && count->arcs[depth] < first[node + 1]) {
            const struct mfn_alm_arc arc = count->graph->out.arcs[count->arcs[depth]];
            count->distance += arc.weight;
            count->nodes[++depth] = arc.node;
            count->arcs[depth] = first[arc.node];
            count->is_on[arc.node] = 1;
            continue;
        }
        count->is_on[node] = 0;
        if (depth-- == 0)
            return;
        count->distance -= count->graph->out.arcs[count->arcs[depth]++].weight;
    }
}

static bool count_allocate(struct count *count)
{
    const size_t nodes = count->graph->node_count;
    count->is_on = calloc(nodes, 1);
    count->nodes = malloc((nodes + 1) * sizeof *count->nodes);
    count->arcs = malloc((nodes + 1) * sizeof *count->arcs);
    return count->is_on != NULL && count->nodes != NULL && count->arcs != NULL;
}

static void count_free(struct count *count)
{
    free(count->is_on);
    free(count->nodes);
    free(count->arcs);
}

/* The place of a path that is equal to the one at `last`, and before it; else `last`. */
static size_t find_equal(const uint32_t *nodes, size_t node_count, const size_t *counts,
                         size_t last)
{
    for (size_t i = 0; i < last; i++)
        if (counts[i] == counts[last] && memcmp(nodes + i * node_count, nodes + last * node_count,
                                                counts[i] * sizeof *nodes) == 0)
            return i;
    return last;
}

/* The lengths of the paths found are those of real walks, in order, none of them twice; *longest is
 * the last. nodes: [k][node_count] */
static base_err check_walks(const struct alm_kpaths_state *kpaths, struct alm_pair_of_nodes ask,
                            size_t found, uint32_t *nodes, uint64_t *longest, size_t *ties,
                            struct base_why *why)
{
    const size_t node_count = kpaths->world.node_count;
    size_t counts[K_MAX];
    *longest = 0;
    *ties = 0;
    if (found > kpaths->k)
        return base_fail(why, BASE_EWRONG, 0, "%zu paths are more than %zu", found, kpaths->k);
    for (size_t i = 0; i < found; i++) {
        uint32_t *const path = nodes + i * node_count;
        const size_t count = kpaths->method->path(kpaths->solver, i, path, node_count);
        const bool is_fine =
            count > 0 && count <= node_count && path[0] == ask.from && path[count - 1] == ask.to;
        const uint64_t length =
            is_fine ? alm_world_walk(kpaths->world.graph, path, count) : MFN_ALM_FAR;
        if (length == MFN_ALM_FAR || length < *longest)
            return base_fail(why, BASE_EWRONG, i,
                             "path %zu from node %" PRIu32 " to node %" PRIu32 " is %s", i,
                             ask.from, ask.to,
                             length == MFN_ALM_FAR ? "no loopless path" : "shorter than the last");
        counts[i] = count;
        const size_t equal = find_equal(nodes, node_count, counts, i);
        if (equal < i)
            return base_fail(why, BASE_EWRONG, i,
                             "from node %" PRIu32 " to node %" PRIu32
                             " paths %zu and %zu are the same",
                             ask.from, ask.to, equal, i);
        *ties = length == *longest ? *ties + 1 : 1;
        *longest = length;
    }
    return BASE_OK;
}

static base_err check_question(const struct alm_kpaths_state *kpaths, struct alm_pair_of_nodes ask,
                               size_t found, uint32_t *nodes, uint64_t *rest, struct base_why *why)
{
    uint64_t longest;
    size_t ties;
    base_err err = check_walks(kpaths, ask, found, nodes, &longest, &ties, why);
    if (err != BASE_OK)
        return err;
    struct count count = { .graph = kpaths->world.graph,
                           .rest = rest,
                           .target = ask.to,
                           .limit = found < kpaths->k ? MFN_ALM_FAR - 1 : longest };
    if (!count_allocate(&count)) {
        count_free(&count);
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the check");
    }
    alm_world_distances(kpaths->world.graph, ask.to, rest); /* links go both ways */
    count_paths(&count, ask.from, found);
    count_free(&count);
    const size_t expect = found < kpaths->k ? found : found - ties;
    if (count.shorter != expect || (found == kpaths->k && count.equal < ties))
        err = base_fail(why, BASE_EWRONG, 0,
                        "from node %" PRIu32 " to node %" PRIu32 " %zu paths%s were found; there "
                        "are %zu or more",
                        ask.from, ask.to, expect, found < kpaths->k ? "" : " shorter than the last",
                        count.shorter);
    return err;
}

static base_err kpaths_check(void *state, struct base_why *why)
{
    const struct alm_kpaths_state *const kpaths = state;
    if (kpaths->asked == 0)
        return BASE_OK;
    const size_t count = kpaths->world.node_count;
    uint32_t *const nodes = calloc(count * kpaths->k, sizeof *nodes);
    uint64_t *const rest = malloc(count * sizeof *rest);
    base_err err = BASE_OK;
    if (nodes == NULL || rest == NULL)
        err = base_fail(why, BASE_ENOMEM, 0, "no memory for the check");
    size_t found = kpaths->found;
    for (uint64_t i = 0; err == BASE_OK && i < CHECKED_PAIRS; i++) {
        const struct alm_pair_of_nodes ask =
            kpaths->world.pairs[(kpaths->asked - 1 + i) % ALM_PAIRS];
        if (i > 0)
            found = kpaths->method->find(kpaths->solver, ask.from, ask.to, kpaths->k);
        err = check_question(kpaths, ask, found, nodes, rest, why);
    }
    free(nodes);
    free(rest);
    return err;
}

#define KPATHS_CASE(suffix, method_name, case_name, peer, words, ks)                               \
    static base_err kpaths_setup##suffix(struct bench_env *env)                                    \
    {                                                                                              \
        return alm_kpaths_open(env, &method_name);                                                 \
    }                                                                                              \
    const struct bench_case alm_case_kpaths##suffix = {                                            \
        .name = case_name,                                                                         \
        .doc = words,                                                                              \
        .item = "question",                                                                        \
        .peer_of = peer,                                                                           \
        .params = { ALM_PARAM_NODES,                                                               \
                    ALM_PARAM_DEGREE("4,8"),                                                       \
                    { "k", ks, "paths that are wanted" } },                                        \
        .setup = kpaths_setup##suffix,                                                             \
        .run = kpaths_run,                                                                         \
        .check = kpaths_check,                                                                     \
        .teardown = kpaths_teardown,                                                               \
    };

KPATHS_CASE(, alm_kpaths_ours, "alm/kpaths", NULL,
            "the K shortest loopless paths between two nodes", "4,2,8")
KPATHS_CASE(_yen, alm_kpaths_yen, "alm/kpaths.yen", "alm/kpaths",
            "the same as in Yen's paper, with the textbook's search", "4")
#ifdef SUITE_HAS_IGRAPH
KPATHS_CASE(_igraph, alm_kpaths_igraph, "alm/kpaths.igraph", "alm/kpaths", "the same by igraph",
            "4")
#endif
