/* model_alm_paths.c - random graphs: one to all, one pair and K paths against the twin.
 *
 *   model_alm_paths [TIMES]    TIMES the usual number of graphs: 10000 small ones for K paths
 *
 * SEED in the environment repeats a run. */
#include "alm_twin.h"

#include <mfn/alm_kpaths.h>
#include <mfn/alm_pair.h>
#include <mfn/alm_search.h>

enum {
    GRAPHS = 600,
    NODES_MAX = 80,
    EDGES_MAX = 600,
    SMALL_GRAPHS = 10000,
    SMALL_NODES = 7,
    SMALL_EDGES = 24,
    SPARSE_NODES = 14,
    SPARSE_EDGES = 36,
    K_MAX = 2000,
    PATHS_MAX =
        20000 /* a full graph of 7 nodes has 326 paths between two; more are not asked for */
};

static uint64_t seed;
static unsigned times = 1;
static struct mfn_alm_edge edges[EDGES_MAX];

/* A graph of up to nodes_max nodes and edges_max edges, weighed by any metric. */
static struct mfn_alm_graph *random_graph(struct base_rng *rng, uint32_t nodes_max,
                                          uint32_t edges_max)
{
    const uint32_t nodes = 1 + (uint32_t)base_rng_below(rng, nodes_max);
    const size_t count = base_rng_below(rng, edges_max + 1);
    alm_twin_edges(rng, edges, count, nodes,
                   (enum alm_twin_weights)base_rng_below(rng, ALM_TWIN_KINDS));
    const bool is_latency = base_rng_below(rng, 2) == 0;
    return alm_twin_graph(edges, count, nodes,
                          is_latency
                              ? MFN_ALM_LATENCY
                              : (enum mfn_alm_metric)base_rng_below(rng, MFN_ALM_METRIC_COUNT));
}

static void check_path(const struct mfn_alm_graph *g, const uint32_t *nodes, size_t count,
                       uint32_t from, uint32_t to, uint64_t distance)
{
    assert_int_equal(nodes[0], from);
    assert_int_equal(nodes[count - 1], to);
    assert_true(alm_twin_walk(g, nodes, count) == distance);
}

static void check_search(const struct mfn_alm_graph *g, struct mfn_alm_search *s, uint32_t root,
                         enum mfn_alm_direction direction)
{
    uint64_t expect[NODES_MAX];
    uint32_t nodes[NODES_MAX];
    mfn_alm_search_run(s, root, direction);
    alm_twin_distances(g, root, direction == MFN_ALM_TO, expect);
    for (uint32_t i = 0; i < g->node_count; i++) {
        size_t count = 0;
        assert_true(mfn_alm_search_distance(s, i) == expect[i]);
        const base_err err = mfn_alm_search_path(s, i, nodes, NODES_MAX, &count);
        assert_int_equal(err, expect[i] == MFN_ALM_FAR ? BASE_ENOTFOUND : BASE_OK);
        if (err == BASE_OK)
            check_path(g, nodes, count, direction == MFN_ALM_FROM ? root : i,
                       direction == MFN_ALM_FROM ? i : root, expect[i]);
    }
}

static void one_to_all_is_bellmans(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (unsigned n = 0; n < GRAPHS * times; n++) {
        struct mfn_alm_graph *const g = random_graph(&rng, NODES_MAX, EDGES_MAX);
        struct mfn_alm_search *s = NULL;
        assert_int_equal(mfn_alm_search_new(g, &s), BASE_OK);
        for (int i = 0; i < 4; i++)
            check_search(g, s, (uint32_t)base_rng_below(&rng, g->node_count),
                         i % 2 == 0 ? MFN_ALM_FROM : MFN_ALM_TO);
        mfn_alm_search_free(s);
        mfn_alm_graph_free(g);
    }
}

static void check_pair(const struct mfn_alm_graph *g, struct mfn_alm_pair *p, uint32_t from)
{
    uint64_t expect[NODES_MAX];
    uint32_t nodes[2 * NODES_MAX];
    alm_twin_distances(g, from, false, expect);
    for (uint32_t to = 0; to < g->node_count; to++) {
        size_t count = 0;
        assert_true(mfn_alm_pair_find(p, from, to) == expect[to]);
        const base_err err = mfn_alm_pair_path(p, nodes, 2 * NODES_MAX, &count);
        assert_int_equal(err, expect[to] == MFN_ALM_FAR ? BASE_ENOTFOUND : BASE_OK);
        if (err == BASE_OK)
            check_path(g, nodes, count, from, to, expect[to]);
    }
}

static void one_pair_is_bellmans(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, seed + 1);
    for (unsigned n = 0; n < GRAPHS * times; n++) {
        struct mfn_alm_graph *const g = random_graph(&rng, NODES_MAX, EDGES_MAX);
        struct mfn_alm_landmarks *landmarks = NULL;
        struct mfn_alm_pair *p = NULL;
        const size_t count = base_rng_below(&rng, 9);
        if (count > 0)
            assert_int_equal(mfn_alm_landmarks_new(g, count, &landmarks), BASE_OK);
        assert_int_equal(mfn_alm_pair_new(g, landmarks, &p), BASE_OK);
        for (int i = 0; i < 4; i++)
            check_pair(g, p, (uint32_t)base_rng_below(&rng, g->node_count));
        mfn_alm_pair_free(p);
        mfn_alm_landmarks_free(landmarks);
        mfn_alm_graph_free(g);
    }
}

/* All loopless paths, by trying all. */
struct walk {
    const struct mfn_alm_graph *graph;
    uint32_t to;
    bool is_used[SPARSE_NODES];
    uint64_t distances[PATHS_MAX];
    size_t count;
};

static void try_all(struct walk *walk, uint32_t at, uint64_t distance)
{
    if (walk->count == PATHS_MAX)
        return;
    if (at == walk->to) {
        walk->distances[walk->count++] = distance;
        return;
    }
    walk->is_used[at] = true;
    for (uint32_t i = walk->graph->out.first[at]; i < walk->graph->out.first[at + 1]; i++)
        if (!walk->is_used[walk->graph->out.arcs[i].node])
            try_all(walk, walk->graph->out.arcs[i].node,
                    distance + walk->graph->out.arcs[i].weight);
    walk->is_used[at] = false;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* a stands before b in the promised order. */
static bool is_before(const struct mfn_alm_path *a, const struct mfn_alm_path *b)
{
    if (a->distance != b->distance)
        return a->distance < b->distance;
    if (a->count != b->count)
        return a->count < b->count;
    for (uint32_t i = 0; i < a->count; i++)
        if (a->nodes[i] != b->nodes[i])
            return a->nodes[i] < b->nodes[i];
    return false; /* the same path twice */
}

static void check_kpaths(const struct walk *walk, const struct mfn_alm_kpaths *kp, uint32_t from,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct mfn_alm_path path = mfn_alm_kpaths_get(kp, i);
        bool is_seen[SPARSE_NODES] = { false };
        assert_true(path.distance == walk->distances[i]);
        check_path(walk->graph, path.nodes, path.count, from, walk->to, path.distance);
        for (uint32_t n = 0; n < path.count; n++) {
            assert_false(is_seen[path.nodes[n]]);
            is_seen[path.nodes[n]] = true;
        }
        if (i > 0) {
            const struct mfn_alm_path last = mfn_alm_kpaths_get(kp, i - 1);
            assert_true(is_before(&last, &path));
        }
    }
}

/* Answers how many paths were compared. */
static size_t ask_k_paths(struct base_rng *rng, const struct mfn_alm_graph *g,
                          struct mfn_alm_kpaths *kp, size_t k)
{
    static struct walk walk;
    const uint32_t from = (uint32_t)base_rng_below(rng, g->node_count);
    walk = (struct walk){ .graph = g, .to = (uint32_t)base_rng_below(rng, g->node_count) };
    try_all(&walk, from, 0);
    if (walk.count == PATHS_MAX)
        return 0;
    qsort(walk.distances, walk.count, sizeof walk.distances[0], by_value);
    size_t count = 0;
    assert_int_equal(mfn_alm_kpaths_find(kp, from, walk.to, k, &count), BASE_OK);
    assert_int_equal(count, k < walk.count ? k : walk.count);
    check_kpaths(&walk, kp, from, count);
    return count;
}

static void k_paths_are_all_paths_in_order(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, seed + 2);
    size_t seen = 0;
    for (unsigned n = 0; n < SMALL_GRAPHS * times; n++) {
        struct mfn_alm_graph *const g = n % 4 == 0 ? random_graph(&rng, SPARSE_NODES, SPARSE_EDGES)
                                                   : random_graph(&rng, SMALL_NODES, SMALL_EDGES);
        struct mfn_alm_kpaths *kp = NULL;
        assert_int_equal(mfn_alm_kpaths_new(g, K_MAX, &kp), BASE_OK);
        for (int i = 0; i < 6; i++)
            seen += ask_k_paths(&rng, g, kp, 1 + base_rng_below(&rng, i % 2 == 0 ? 8 : K_MAX));
        mfn_alm_kpaths_free(kp);
        mfn_alm_graph_free(g);
    }
    printf("%u graphs, %zu paths\n", SMALL_GRAPHS * times, seen);
}

int main(int count, char **args)
{
    seed = alm_twin_seed();
    if (count > 1)
        times = (unsigned)strtoul(args[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_to_all_is_bellmans),
        cmocka_unit_test(one_pair_is_bellmans),
        cmocka_unit_test(k_paths_are_all_paths_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
