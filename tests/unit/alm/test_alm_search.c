/* test_alm_search.c - paths of a known graph, both ways, one pair and all; what has no path. */
#include "alm_twin.h"

#include "alm_search_internal.h"

#include <mfn/alm_pair.h>

#define EDGE(a, b, latency)                                                                        \
    {                                                                                              \
        (a), (b), (latency), 1000, 1, 1                                                            \
    }

/* 0 -1-> 1 -1-> 2 -1-> 3, a short cut of 5 from 0 to 3, a way back of 2; 4 leads in, 5 is alone. */
static const struct mfn_alm_edge edges[] = { EDGE(0, 1, 1), EDGE(1, 2, 1), EDGE(2, 3, 1),
                                             EDGE(0, 3, 5), EDGE(3, 0, 2), EDGE(4, 0, 1) };

static void all_from_and_to(void **state)
{
    (void)state;
    struct mfn_alm_graph *const g = alm_twin_graph(edges, 6, 6, MFN_ALM_LATENCY);
    struct mfn_alm_search *s = NULL;
    assert_int_equal(mfn_alm_search_new(g, &s), BASE_OK);
    assert_true(mfn_alm_search_distance(s, 0) == MFN_ALM_FAR);
    static const double from_0[] = { 0, 1, 2, 3, INFINITY, INFINITY };
    static const double to_0[] = { 0, 4, 3, 2, 1, INFINITY };
    uint32_t nodes[6];
    size_t count = 0;
    for (int again = 0; again < 2; again++) {
        mfn_alm_search_run(s, 0, MFN_ALM_FROM);
        for (uint32_t i = 0; i < 6; i++)
            assert_true(mfn_alm_graph_units(g, mfn_alm_search_distance(s, i)) == from_0[i]);
        assert_int_equal(mfn_alm_search_parent(s, 3), 2);
        assert_int_equal(mfn_alm_search_parent(s, 0), MFN_ALM_NONE);
        assert_int_equal(mfn_alm_search_path(s, 3, nodes, 6, &count), BASE_OK);
        assert_int_equal(count, 4);
        assert_memory_equal(nodes, ((uint32_t[]){ 0, 1, 2, 3 }), 16);
        assert_int_equal(mfn_alm_search_path(s, 4, nodes, 6, &count), BASE_ENOTFOUND);
        assert_int_equal(mfn_alm_search_path(s, 3, nodes, 3, &count), BASE_EFULL);
        assert_int_equal(count, 4);
        mfn_alm_search_run(s, 0, MFN_ALM_TO);
        for (uint32_t i = 0; i < 6; i++)
            assert_true(mfn_alm_graph_units(g, mfn_alm_search_distance(s, i)) == to_0[i]);
        assert_int_equal(mfn_alm_search_path(s, 1, nodes, 6, &count), BASE_OK);
        assert_memory_equal(nodes, ((uint32_t[]){ 1, 2, 3, 0 }), 16);
    }
    mfn_alm_search_free(s);
    mfn_alm_search_free(NULL);
    mfn_alm_graph_free(g);
}

static void one_pair(void **state)
{
    (void)state;
    struct mfn_alm_graph *const g = alm_twin_graph(edges, 6, 6, MFN_ALM_LATENCY);
    for (size_t landmark_count = 0; landmark_count <= 4; landmark_count++) {
        struct mfn_alm_landmarks *landmarks = NULL;
        struct mfn_alm_pair *p = NULL;
        if (landmark_count > 0)
            assert_int_equal(mfn_alm_landmarks_new(g, landmark_count, &landmarks), BASE_OK);
        assert_int_equal(mfn_alm_pair_new(g, landmarks, &p), BASE_OK);
        uint32_t nodes[6];
        size_t count = 0;
        assert_int_equal(mfn_alm_pair_path(p, nodes, 6, &count), BASE_ENOTFOUND);
        assert_true(mfn_alm_graph_units(g, mfn_alm_pair_find(p, 4, 3)) == 4);
        assert_int_equal(mfn_alm_pair_path(p, nodes, 6, &count), BASE_OK);
        assert_int_equal(count, 5);
        assert_memory_equal(nodes, ((uint32_t[]){ 4, 0, 1, 2, 3 }), 20);
        assert_int_equal(mfn_alm_pair_path(p, nodes, 4, &count), BASE_EFULL);
        assert_int_equal(count, 5);
        assert_true(mfn_alm_pair_find(p, 2, 2) == 0);
        assert_int_equal(mfn_alm_pair_path(p, nodes, 6, &count), BASE_OK);
        assert_int_equal(count, 1);
        assert_true(mfn_alm_pair_find(p, 0, 4) == MFN_ALM_FAR);
        assert_int_equal(mfn_alm_pair_path(p, nodes, 6, &count), BASE_ENOTFOUND);
        assert_true(mfn_alm_pair_find(p, 0, 5) == MFN_ALM_FAR);
        assert_true(mfn_alm_pair_find(p, 5, 0) == MFN_ALM_FAR);
        mfn_alm_pair_free(p);
        mfn_alm_landmarks_free(landmarks);
    }
    mfn_alm_graph_free(g);
}

static void landmarks_are_far_apart(void **state)
{
    (void)state;
    /* A line 0 - 1 - ... - 9 of one each: the first landmark is an end, the second the other. */
    struct mfn_alm_edge line[18];
    for (uint32_t i = 0; i < 9; i++) {
        line[2 * i] = (struct mfn_alm_edge)EDGE(i, i + 1, 1);
        line[2 * i + 1] = (struct mfn_alm_edge)EDGE(i + 1, i, 1);
    }
    struct mfn_alm_graph *const g = alm_twin_graph(line, 18, 10, MFN_ALM_LATENCY);
    struct mfn_alm_landmarks *landmarks = NULL;
    assert_int_equal(mfn_alm_landmarks_new(g, 0, &landmarks), BASE_EINVALID);
    assert_int_equal(mfn_alm_landmarks_new(g, MFN_ALM_LANDMARK_MAX + 1, &landmarks), BASE_EINVALID);
    assert_int_equal(mfn_alm_landmarks_new(g, 3, &landmarks), BASE_OK);
    assert_int_equal(mfn_alm_landmarks_count(landmarks), 3);
    assert_int_equal(mfn_alm_landmarks_node(landmarks, 0), 9);
    assert_int_equal(mfn_alm_landmarks_node(landmarks, 1), 0);
    assert_int_equal(mfn_alm_landmarks_node(landmarks, 2), 4);
    assert_int_equal(mfn_alm_landmarks_node(landmarks, 3), MFN_ALM_NONE);
    mfn_alm_landmarks_free(landmarks);
    /* More than nodes: as many as there are. */
    assert_int_equal(mfn_alm_landmarks_new(g, 20, &landmarks), BASE_OK);
    assert_int_equal(mfn_alm_landmarks_count(landmarks), 10);
    mfn_alm_landmarks_free(landmarks);
    mfn_alm_landmarks_free(NULL);
    mfn_alm_pair_free(NULL);
    mfn_alm_graph_free(g);
}

/* In a mesh they help; in a random graph everything is near everything. */
static void landmarks_are_left_out_where_they_do_not_help(void **state)
{
    (void)state;
    enum { WIDTH = 20, NODES = WIDTH * WIDTH };
    static struct mfn_alm_edge list[4 * NODES];
    for (unsigned is_mesh = 0; is_mesh < 2; is_mesh++) {
        struct base_rng rng;
        size_t count = 4 * NODES;
        base_rng_init(&rng, 9);
        alm_twin_edges(&rng, list, count, NODES, ALM_TWIN_ANY);
        for (uint32_t i = 0; is_mesh == 1 && i < 4 * NODES; i++) {
            static const uint32_t steps[] = { 1, WIDTH, NODES - 1, NODES - WIDTH };
            list[i].from = i / 4;
            list[i].to = (i / 4 + steps[i % 4]) % NODES;
            if (list[i].to > list[i].from + WIDTH || list[i].from > list[i].to + WIDTH)
                list[i].to = list[i].from; /* over the edge: no arc */
        }
        struct mfn_alm_graph *const g = alm_twin_graph(list, count, NODES, MFN_ALM_LATENCY);
        struct mfn_alm_landmarks *landmarks = NULL;
        struct mfn_alm_pair *p = NULL;
        assert_int_equal(mfn_alm_landmarks_new(g, 16, &landmarks), BASE_OK);
        assert_int_equal(mfn_alm_pair_new(g, landmarks, &p), BASE_OK);
        const uint64_t before = mfn_alm_pair_find(p, 30, 35);
        assert_int_equal(mfn_alm_pair_tune(p), is_mesh);
        assert_true(mfn_alm_pair_find(p, 30, 35) == before);
        mfn_alm_pair_free(p);
        assert_int_equal(mfn_alm_pair_new(g, NULL, &p), BASE_OK);
        assert_false(mfn_alm_pair_tune(p));
        mfn_alm_pair_free(p);
        mfn_alm_landmarks_free(landmarks);
        mfn_alm_graph_free(g);
    }
}

/* Weights in exact buckets, in wider ones, and so uneven that a heap is needed; dense rows. */
static void forms_of_the_queue(void **state)
{
    (void)state;
    static const struct {
        enum alm_twin_weights kind;
        uint32_t nodes, edges;
        bool is_exact, is_dense, is_ordered;
    } rows[] = { { ALM_TWIN_EQUAL, 300, 1200, true, false, false },
                 { ALM_TWIN_EQUAL, 60, 3600, true, true, false },
                 { ALM_TWIN_WHOLE, 300, 1200, false, false, false },
                 { ALM_TWIN_ANY, 300, 1200, true, false, false },
                 { ALM_TWIN_WHOLE, 60, 3600, false, true, false },
                 { ALM_TWIN_WIDE, 300, 900, false, false, true } };
    struct base_rng rng;
    base_rng_init(&rng, 7);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct mfn_alm_edge *const list = malloc(rows[r].edges * sizeof *list);
        alm_twin_edges(&rng, list, rows[r].edges, rows[r].nodes, rows[r].kind);
        struct mfn_alm_graph *const g =
            alm_twin_graph(list, rows[r].edges, rows[r].nodes, MFN_ALM_LATENCY);
        struct mfn_alm_search *s = NULL;
        uint64_t expect[300];
        assert_int_equal(mfn_alm_search_new(g, &s), BASE_OK);
        assert_int_equal(s->is_exact, rows[r].is_exact);
        assert_int_equal(s->is_dense, rows[r].is_dense);
        for (uint32_t root = 0; root < 20; root++) {
            mfn_alm_search_run(s, root, MFN_ALM_FROM);
            alm_twin_distances(g, root, false, expect);
            for (uint32_t i = 0; i < rows[r].nodes; i++)
                assert_true(mfn_alm_search_distance(s, i) == expect[i]);
        }
        assert_int_equal(s->is_ordered, rows[r].is_ordered);
        mfn_alm_search_free(s);
        mfn_alm_graph_free(g);
        free(list);
    }
}

static void a_long_line(void **state)
{
    (void)state;
    enum { NODES = 200000 };
    struct mfn_alm_edge *const list = malloc(NODES * sizeof *list);
    for (uint32_t i = 0; i + 1 < NODES; i++)
        list[i] = (struct mfn_alm_edge)EDGE(i, i + 1, i % 2 == 0 ? 1e12 : 1);
    struct mfn_alm_graph *const g = alm_twin_graph(list, NODES - 1, NODES, MFN_ALM_LATENCY);
    struct mfn_alm_search *s = NULL;
    assert_int_equal(mfn_alm_search_new(g, &s), BASE_OK);
    mfn_alm_search_run(s, 0, MFN_ALM_FROM);
    const uint64_t heavy = mfn_alm_graph_weight(g, 0, 1), light = mfn_alm_graph_weight(g, 1, 2);
    assert_int_equal(light, 1);
    assert_true(mfn_alm_search_distance(s, NODES - 1) ==
                NODES / 2 * heavy + (NODES / 2 - 1) * light);
    uint32_t *const nodes = malloc(NODES * sizeof *nodes);
    size_t count = 0;
    assert_int_equal(mfn_alm_search_path(s, NODES - 1, nodes, NODES, &count), BASE_OK);
    assert_int_equal(count, NODES);
    for (uint32_t i = 0; i < NODES; i++)
        assert_int_equal(nodes[i], i);
    free(nodes);
    mfn_alm_search_free(s);
    mfn_alm_graph_free(g);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_from_and_to),
        cmocka_unit_test(one_pair),
        cmocka_unit_test(landmarks_are_far_apart),
        cmocka_unit_test(forms_of_the_queue),
        cmocka_unit_test(a_long_line),
        cmocka_unit_test(landmarks_are_left_out_where_they_do_not_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
