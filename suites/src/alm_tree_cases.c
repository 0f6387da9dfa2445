/* alm_tree_cases.c - one to all and one pair, on made graphs and on the user's own. The check asks
 * every question of the case again and compares all answers with Bellman and Ford's. */
#include "alm_path_cases.h"

#include <bench/keep.h>
#include <mfn/alm_graphml.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void tree_teardown(void *state)
{
    struct alm_tree_state *const tree = state;
    if (tree == NULL)
        return;
    tree->method->close(tree->solver);
    alm_world_done(&tree->world);
    free(tree);
}

/* A state with a world in it; the rest of opening is the same for all. */
static base_err tree_finish(struct bench_env *env, struct alm_tree_state *tree, base_err err)
{
    if (err == BASE_OK)
        err = tree->method->open(tree->world.graph, &tree->solver, &env->why);
    if (err == BASE_OK)
        env->state = tree;
    else
        tree_teardown(tree);
    return err;
}

base_err alm_tree_open(struct bench_env *env, const struct alm_tree_method *method)
{
    struct alm_tree_state *const tree = calloc(1, sizeof *tree);
    if (tree == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    tree->method = method;
    return tree_finish(env, tree, alm_world_open(env, &tree->world));
}

static void tree_run(void *state, uint64_t count)
{
    struct alm_tree_state *const tree = state;
    BENCH_LOOP(count) {
        tree->method->run(tree->solver, tree->world.roots[tree->asked++ % ALM_ROOTS]);
        BENCH_KEEP(tree->solver);
    }
}

static base_err check_tree(const struct alm_tree_state *tree, uint32_t root, uint64_t *expect,
                           struct base_why *why)
{
    alm_world_distances(tree->world.graph, root, expect);
    for (uint32_t i = 0; i < tree->world.node_count; i++) {
        const uint64_t distance = tree->method->distance(tree->solver, i);
        if (distance != expect[i])
            return base_fail(why, BASE_EWRONG, i,
                             "from node %" PRIu32 " to node %" PRIu32 " are %" PRIu64
                             " quanta, not %" PRIu64,
                             root, i, distance, expect[i]);
    }
    return BASE_OK;
}

static base_err tree_check(void *state, struct base_why *why)
{
    const struct alm_tree_state *const tree = state;
    if (tree->asked == 0)
        return BASE_OK;
    uint64_t *const expect = malloc(tree->world.node_count * sizeof *expect);
    if (expect == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the check");
    const uint64_t last = tree->asked - 1;
    base_err err = BASE_OK;
    for (uint64_t i = 0; err == BASE_OK && i < ALM_ROOTS; i++) {
        const uint32_t root = tree->world.roots[(last + i) % ALM_ROOTS];
        if (i > 0) /* the first is what the last item left */
            tree->method->run(tree->solver, root);
        err = check_tree(tree, root, expect, why);
    }
    free(expect);
    return err;
}

static void pair_teardown(void *state)
{
    struct alm_pair_state *const pair = state;
    if (pair == NULL)
        return;
    pair->method->close(pair->solver);
    alm_world_done(&pair->world);
    free(pair);
}

base_err alm_pair_open(struct bench_env *env, const struct alm_pair_method *method)
{
    struct alm_pair_state *const pair = calloc(1, sizeof *pair);
    if (pair == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    pair->method = method;
    base_err err = alm_world_open(env, &pair->world);
    if (err == BASE_OK)
        err = method->open(pair->world.graph, &pair->solver, &env->why);
    if (err == BASE_OK)
        env->state = pair;
    else
        pair_teardown(pair);
    return err;
}

static void pair_run(void *state, uint64_t count)
{
    struct alm_pair_state *const pair = state;
    BENCH_LOOP(count) {
        const struct alm_pair_of_nodes ask = pair->world.pairs[pair->asked++ % ALM_PAIRS];
        pair->distance = pair->method->find(pair->solver, ask.from, ask.to);
        BENCH_KEEP(pair->distance);
    }
}

static base_err pair_check(void *state, struct base_why *why)
{
    const struct alm_pair_state *const pair = state;
    if (pair->asked == 0)
        return BASE_OK;
    uint64_t *const expect = malloc(pair->world.node_count * sizeof *expect);
    if (expect == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the check");
    base_err err = BASE_OK;
    for (uint64_t i = 0; err == BASE_OK && i < ALM_PAIRS; i++) {
        const struct alm_pair_of_nodes ask = pair->world.pairs[(pair->asked - 1 + i) % ALM_PAIRS];
        const uint64_t distance =
            i > 0 ? pair->method->find(pair->solver, ask.from, ask.to) : pair->distance;
        alm_world_distances(pair->world.graph, ask.from, expect);
        if (distance != expect[ask.to])
            err = base_fail(why, BASE_EWRONG, i,
                            "from node %" PRIu32 " to node %" PRIu32 " are %" PRIu64
                            " quanta, not %" PRIu64,
                            ask.from, ask.to, distance, expect[ask.to]);
    }
    free(expect);
    return err;
}

/* A backbone of some European cities, milliseconds one way: what alm/file has without a file. */
static const char sample[] = "# from      to         latency bandwidth reliability cost\n"
                             "amsterdam   london     3.5     100000    0.9999      2\n"
                             "amsterdam   frankfurt  4       100000    0.9999      2\n"
                             "amsterdam   hamburg    4.5     40000     0.9998      2\n"
                             "frankfurt   paris      5       100000    0.9999      3\n"
                             "frankfurt   zurich     3.5     100000    0.9999      2\n"
                             "frankfurt   prague     4.5     40000     0.9997      2\n"
                             "frankfurt   berlin     5       40000     0.9999      2\n"
                             "hamburg     berlin     3       40000     0.9999      1\n"
                             "hamburg     copenhagen 3.5     40000     0.9998      2\n"
                             "copenhagen  stockholm  6       40000     0.9997      3\n"
                             "berlin      warsaw     6       40000     0.9996      3\n"
                             "prague      vienna     3       40000     0.9998      1\n"
                             "prague      warsaw     6.5     10000     0.9995      3\n"
                             "vienna      budapest   2.5     40000     0.9998      1\n"
                             "vienna      milan      8       40000     0.9996      4\n"
                             "zurich      milan      3       100000    0.9998      3\n"
                             "milan       marseille  5.5     100000    0.9997      3\n"
                             "marseille   barcelona  5       40000     0.9997      3\n"
                             "barcelona   madrid     6       40000     0.9998      3\n"
                             "madrid      lisbon     6.5     40000     0.9997      3\n"
                             "madrid      paris      12      40000     0.9996      6\n"
                             "marseille   paris      8       100000    0.9998      4\n"
                             "paris       london     4       100000    0.9999      2\n"
                             "london      lisbon     16      10000     0.999       9\n";

/* GraphML says itself which way its edges go. The file is read once: it may be a pipe. */
static base_err load_list(struct mfn_alm_edges *list, const char *path, bool is_both,
                          struct base_why *why)
{
    struct base_buf text = { 0 };
    base_err err = base_buf_read_file(&text, path, MFN_ALM_TEXT_MAX_BYTES, why);
    if (err == BASE_OK) {
        const struct base_span span = base_buf_span(&text);
        err = mfn_alm_graphml_is(span) ? mfn_alm_graphml_read(list, span, why)
                                       : mfn_alm_edges_read(list, span, is_both, why);
        if (err != BASE_OK)
            base_fail_prefix(why, err, "%s", path);
    }
    base_buf_done(&text);
    return err;
}

static base_err file_load(struct bench_env *env, struct alm_world *world)
{
    const char *const path = bench_env_text(env, "file");
    struct alm_shape shape = { .metric = MFN_ALM_LATENCY };
    struct mfn_alm_edges list = { 0 };
    const char *const links = bench_env_text(env, "links");
    const bool is_both = strcmp(links, "both") == 0;
    base_err err = alm_metric_read(env, &shape);
    if (err == BASE_OK && !is_both && strcmp(links, "one") != 0)
        err =
            base_fail(&env->why, BASE_EINVALID, 0, "links: \"%s\" is neither both nor one", links);
    else if (err == BASE_OK && path[0] == '\0')
        err = base_fail(&env->why, BASE_EINVALID, 0, "file: no path is given");
    else if (err == BASE_OK && strcmp(path, "-") == 0)
        err = base_fail(&env->why, BASE_EINVALID, 0,
                        "file: \"-\" is no path; a worker has no standard input to read");
    else if (err == BASE_OK && strcmp(path, "sample") == 0)
        err = mfn_alm_edges_read(&list, base_span_of(sample, sizeof sample - 1), true, &env->why);
    else if (err == BASE_OK)
        err = load_list(&list, path, is_both, &env->why);
    if (err == BASE_OK) {
        struct mfn_alm_edge *const edges = list.items;
        list.items = NULL;
        err = alm_world_take(world, edges, list.count, list.node_count, shape.metric, env->seed,
                             &env->why);
        if (err != BASE_OK)
            base_fail_prefix(&env->why, err, "%s", path);
    }
    mfn_alm_edges_done(&list);
    return err;
}

static base_err file_setup(struct bench_env *env)
{
    struct alm_tree_state *const tree = calloc(1, sizeof *tree);
    if (tree == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    tree->method = &alm_tree_ours;
    const base_err err = file_load(env, &tree->world);
    if (err == BASE_OK) {
        bench_env_fact(env, "nodes", tree->world.node_count, "1");
        bench_env_fact(env, "arcs", tree->world.graph->arc_count, "1");
    }
    return tree_finish(env, tree, err);
}

#define PARAM_METRIC                                                                               \
    {                                                                                              \
        "metric", "latency", "latency, bandwidth, reliability, cost or mix"                        \
    }
#define PARAM_KIND                                                                                 \
    {                                                                                              \
        "kind", "random,mesh", "random links, or a square mesh (the degree has no say then)"       \
    }

/* A case of one to all, and one of a pair, by a way of answering. */
#define TREE_CASE(suffix, method_name, case_name, peer, words, degrees)                            \
    static base_err tree_setup##suffix(struct bench_env *env)                                      \
    {                                                                                              \
        return alm_tree_open(env, &method_name);                                                   \
    }                                                                                              \
    const struct bench_case alm_case_dijkstra##suffix = {                                          \
        .name = case_name,                                                                         \
        .doc = words,                                                                              \
        .item = "search",                                                                          \
        .peer_of = peer,                                                                           \
        .params = { ALM_PARAM_NODES, ALM_PARAM_DEGREE(degrees), PARAM_METRIC },                    \
        .setup = tree_setup##suffix,                                                               \
        .run = tree_run,                                                                           \
        .check = tree_check,                                                                       \
        .teardown = tree_teardown,                                                                 \
    };

#define PAIR_CASE(suffix, method_name, case_name, peer, words)                                     \
    static base_err pair_setup##suffix(struct bench_env *env)                                      \
    {                                                                                              \
        return alm_pair_open(env, &method_name);                                                   \
    }                                                                                              \
    const struct bench_case alm_case_pair##suffix = {                                              \
        .name = case_name,                                                                         \
        .doc = words,                                                                              \
        .item = "pair",                                                                            \
        .peer_of = peer,                                                                           \
        .params = { ALM_PARAM_NODES, ALM_PARAM_DEGREE("4"), PARAM_KIND, PARAM_METRIC },            \
        .setup = pair_setup##suffix,                                                               \
        .run = pair_run,                                                                           \
        .check = pair_check,                                                                       \
        .teardown = pair_teardown,                                                                 \
    };

TREE_CASE(, alm_tree_ours, "alm/dijkstra", NULL, "shortest paths from one node to all", "4,8,0.3")
TREE_CASE(_heap, alm_tree_heap, "alm/dijkstra.heap", "alm/dijkstra",
          "the same as in a textbook: a binary heap with lazy deletion", "4,8")
PAIR_CASE(, alm_pair_ours, "alm/pair", NULL,
          "the distance of two nodes: from both ends, by landmarks where they help")
PAIR_CASE(_heap, alm_pair_heap, "alm/pair.heap", "alm/pair",
          "the same as in a textbook: from one end until the other is met")
#ifdef SUITE_HAS_BOOST
TREE_CASE(_boost, alm_tree_boost, "alm/dijkstra.boost", "alm/dijkstra",
          "the same by Boost Graph on its compressed sparse rows", "4,8")
PAIR_CASE(_boost, alm_pair_boost, "alm/pair.boost", "alm/pair",
          "the same by Boost Graph, ended when the other node is met")
#endif
#ifdef SUITE_HAS_IGRAPH
TREE_CASE(_igraph, alm_tree_igraph, "alm/dijkstra.igraph", "alm/dijkstra", "the same by igraph",
          "4,8")
PAIR_CASE(_igraph, alm_pair_igraph, "alm/pair.igraph", "alm/pair",
          "the same by igraph, for one target")
#endif

const struct bench_case alm_case_file = {
    .name = "alm/file",
    .doc = "shortest paths from one node to all in a graph of your own",
    .item = "search",
    .params = { { "file", "sample",
                  "path of a GraphML file or an edge list; \"sample\": a small backbone" },
                { "links", "both", "each line of a list goes both ways (both) or one (one)" },
                PARAM_METRIC },
    .setup = file_setup,
    .run = tree_run,
    .check = tree_check,
    .teardown = tree_teardown,
};
