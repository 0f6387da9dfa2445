/* model_alm_igraph.c - K shortest paths and distances of large graphs against igraph's.
 *
 *   model_alm_igraph [TIMES]    TIMES the usual number of questions
 *
 * SEED in the environment repeats a run. Weights are whole numbers of quanta on both sides, so
 * lengths are equal to the bit; which of equally long paths are listed may differ. */
#include "alm_twin.h"

#include <mfn/alm_kpaths.h>
#include <mfn/alm_search.h>

#include <igraph/igraph.h>

enum { QUESTIONS = 4, K_MAX = 16 };

static uint64_t seed;
static unsigned times = 1;

/* The same graph twice. */
struct both {
    struct mfn_alm_graph *mine;
    igraph_t theirs;
    igraph_vector_t weights;
};

static void both_init(struct both *b, struct base_rng *rng, uint32_t nodes, size_t count,
                      enum alm_twin_weights kind)
{
    struct mfn_alm_edge *const edges = malloc(count * sizeof *edges);
    igraph_vector_int_t ends;
    assert_non_null(edges);
    alm_twin_edges(rng, edges, count, nodes, kind);
    b->mine = alm_twin_graph(edges, count, nodes, MFN_ALM_LATENCY);
    free(edges);
    const struct mfn_alm_rows *const rows = &b->mine->out;
    assert_int_equal(igraph_vector_int_init(&ends, 2 * (igraph_integer_t)b->mine->arc_count), 0);
    assert_int_equal(igraph_vector_init(&b->weights, (igraph_integer_t)b->mine->arc_count), 0);
    for (uint32_t u = 0; u < nodes; u++)
        for (uint32_t i = rows->first[u]; i < rows->first[u + 1]; i++) {
            VECTOR(ends)[2 * (size_t)i] = u;
            VECTOR(ends)[2 * (size_t)i + 1] = rows->arcs[i].node;
            VECTOR(b->weights)[i] = rows->arcs[i].weight;
        }
    assert_int_equal(igraph_create(&b->theirs, &ends, nodes, IGRAPH_DIRECTED), 0);
    igraph_vector_int_destroy(&ends);
}

static void both_done(struct both *b)
{
    igraph_destroy(&b->theirs);
    igraph_vector_destroy(&b->weights);
    mfn_alm_graph_free(b->mine);
}

static uint64_t length_of(const struct both *b, const igraph_vector_int_t *path)
{
    uint64_t sum = 0;
    for (igraph_integer_t i = 0; i < igraph_vector_int_size(path); i++)
        sum += (uint64_t)VECTOR(b->weights)[VECTOR(*path)[i]];
    return sum;
}

static size_t compare_paths(const struct both *b, struct mfn_alm_kpaths *kp, uint32_t from,
                            uint32_t to, size_t k)
{
    igraph_vector_int_list_t paths;
    size_t count = 0;
    assert_int_equal(igraph_vector_int_list_init(&paths, 0), 0);
    assert_int_equal(igraph_get_k_shortest_paths(&b->theirs, &b->weights, NULL, &paths,
                                                 (igraph_integer_t)k, from, to, IGRAPH_OUT),
                     0);
    assert_int_equal(mfn_alm_kpaths_find(kp, from, to, k, &count), BASE_OK);
    assert_int_equal(count, igraph_vector_int_list_size(&paths));
    for (size_t i = 0; i < count; i++) {
        const struct mfn_alm_path path = mfn_alm_kpaths_get(kp, i);
        assert_true(path.distance ==
                    length_of(b, igraph_vector_int_list_get_ptr(&paths, (igraph_integer_t)i)));
        assert_true(path.distance == alm_twin_walk(b->mine, path.nodes, path.count));
    }
    igraph_vector_int_list_destroy(&paths);
    return count;
}

static void compare_distances(const struct both *b, struct base_rng *rng)
{
    struct mfn_alm_search *s = NULL;
    igraph_matrix_t distances;
    const uint32_t from = (uint32_t)base_rng_below(rng, b->mine->node_count);
    assert_int_equal(mfn_alm_search_new(b->mine, &s), BASE_OK);
    assert_int_equal(igraph_matrix_init(&distances, 0, 0), 0);
    assert_int_equal(igraph_distances_dijkstra(&b->theirs, &distances, igraph_vss_1(from),
                                               igraph_vss_all(), &b->weights, IGRAPH_OUT),
                     0);
    mfn_alm_search_run(s, from, MFN_ALM_FROM);
    for (uint32_t i = 0; i < b->mine->node_count; i++) {
        const uint64_t mine = mfn_alm_search_distance(s, i);
        assert_true((mine == MFN_ALM_FAR ? IGRAPH_INFINITY : (double)mine) ==
                    MATRIX(distances, 0, i));
    }
    igraph_matrix_destroy(&distances);
    mfn_alm_search_free(s);
}

static void paths_are_igraphs(void **state)
{
    (void)state;
    static const struct {
        uint32_t nodes;
        size_t edges;
        enum alm_twin_weights kind;
    } rows[] = {
        { 1000, 4000, ALM_TWIN_ANY },   { 1000, 4000, ALM_TWIN_EQUAL },
        { 3000, 7500, ALM_TWIN_WHOLE }, { 500, 50000, ALM_TWIN_ANY },
        { 5000, 20000, ALM_TWIN_WIDE },
    };
    struct base_rng rng;
    size_t seen = 0;
    base_rng_init(&rng, seed);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct both b;
        struct mfn_alm_kpaths *kp = NULL;
        both_init(&b, &rng, rows[i].nodes, rows[i].edges, rows[i].kind);
        assert_int_equal(mfn_alm_kpaths_new(b.mine, K_MAX, &kp), BASE_OK);
        for (unsigned n = 0; n < QUESTIONS * times; n++) {
            compare_distances(&b, &rng);
            seen += compare_paths(&b, kp, (uint32_t)base_rng_below(&rng, rows[i].nodes),
                                  (uint32_t)base_rng_below(&rng, rows[i].nodes),
                                  1 + base_rng_below(&rng, K_MAX));
        }
        mfn_alm_kpaths_free(kp);
        both_done(&b);
    }
    printf("%zu paths compared with igraph %s\n", seen, IGRAPH_VERSION);
    assert_true(seen > 0);
}

int main(int count, char **args)
{
    seed = alm_twin_seed();
    if (count > 1)
        times = (unsigned)strtoul(args[1], NULL, 10);
    const struct CMUnitTest tests[] = { cmocka_unit_test(paths_are_igraphs) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
