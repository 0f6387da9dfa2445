/* test_alm_kpaths.c - the paths of a known graph in their order, ties, and what is refused. */
#include "alm_twin.h"

#include <mfn/alm_kpaths.h>

#define EDGE(a, b, latency)                                                                        \
    {                                                                                              \
        (a), (b), (latency), 1000, 1, 1                                                            \
    }

/* Yen's usual example: C D E F G H are 0 .. 5. */
static const struct mfn_alm_edge yen[] = {
    EDGE(0, 1, 3), EDGE(0, 2, 2), EDGE(1, 3, 4), EDGE(2, 1, 1), EDGE(2, 3, 2),
    EDGE(2, 4, 3), EDGE(3, 4, 2), EDGE(3, 5, 1), EDGE(4, 5, 2),
};

struct expected {
    double distance;
    uint32_t count;
    uint32_t nodes[6];
};

static void expect_paths(const struct mfn_alm_graph *g, const struct mfn_alm_kpaths *kp,
                         const struct expected *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct mfn_alm_path path = mfn_alm_kpaths_get(kp, i);
        assert_true(mfn_alm_graph_units(g, path.distance) == rows[i].distance);
        assert_int_equal(path.count, rows[i].count);
        assert_memory_equal(path.nodes, rows[i].nodes, path.count * sizeof *path.nodes);
        assert_true(alm_twin_walk(g, path.nodes, path.count) == path.distance);
    }
}

static void yens_example(void **state)
{
    (void)state;
    static const struct expected rows[] = {
        { 5, 4, { 0, 2, 3, 5 } },        { 7, 4, { 0, 2, 4, 5 } },    { 8, 4, { 0, 1, 3, 5 } },
        { 8, 5, { 0, 2, 1, 3, 5 } },     { 8, 5, { 0, 2, 3, 4, 5 } }, { 11, 5, { 0, 1, 3, 4, 5 } },
        { 11, 6, { 0, 2, 1, 3, 4, 5 } },
    };
    struct mfn_alm_graph *const g = alm_twin_graph(yen, 9, 6, MFN_ALM_LATENCY);
    struct mfn_alm_kpaths *kp = NULL;
    size_t count = 0;
    assert_int_equal(mfn_alm_kpaths_new(g, 20, &kp), BASE_OK);
    /* Of the three of 8 any two may be among the first four. */
    for (size_t k = 1; k <= 20; k++) {
        assert_int_equal(mfn_alm_kpaths_find(kp, 0, 5, k, &count), BASE_OK);
        assert_int_equal(count, k < 7 ? k : 7);
        for (size_t i = 0; i < count; i++)
            assert_true(mfn_alm_graph_units(g, mfn_alm_kpaths_get(kp, i).distance) ==
                        rows[i].distance);
        if (k == 1 || k == 2 || k == 5 || k >= 7)
            expect_paths(g, kp, rows, count);
    }
    assert_int_equal(mfn_alm_kpaths_find(kp, 5, 0, 3, &count), BASE_OK);
    assert_int_equal(count, 0);
    assert_int_equal(mfn_alm_kpaths_find(kp, 2, 2, 3, &count), BASE_OK);
    assert_int_equal(count, 1);
    expect_paths(g, kp, &(struct expected){ 0, 1, { 2 } }, 1);
    mfn_alm_kpaths_free(kp);
    mfn_alm_graph_free(g);
}

/* All paths of a full graph of equal weights: by hops, then by numbers. */
static void equals_have_an_order(void **state)
{
    (void)state;
    struct mfn_alm_edge full[20];
    size_t edge_count = 0, count = 0;
    for (uint32_t i = 0; i < 5; i++)
        for (uint32_t j = 0; j < 5; j++)
            if (i != j)
                full[edge_count++] = (struct mfn_alm_edge)EDGE(i, j, 1);
    static const struct expected rows[] = { { 1, 2, { 0, 4 } },
                                            { 2, 3, { 0, 1, 4 } },
                                            { 2, 3, { 0, 2, 4 } },
                                            { 2, 3, { 0, 3, 4 } },
                                            { 3, 4, { 0, 1, 2, 4 } } };
    struct mfn_alm_graph *const g = alm_twin_graph(full, edge_count, 5, MFN_ALM_LATENCY);
    struct mfn_alm_kpaths *kp = NULL;
    assert_int_equal(mfn_alm_kpaths_new(g, 100, &kp), BASE_OK);
    assert_int_equal(mfn_alm_kpaths_find(kp, 0, 4, 100, &count), BASE_OK);
    assert_int_equal(count, 1 + 3 + 6 + 6);
    expect_paths(g, kp, rows, 5);
    mfn_alm_kpaths_free(kp);
    mfn_alm_graph_free(g);
}

static void refusals(void **state)
{
    (void)state;
    struct mfn_alm_graph *const g = alm_twin_graph(yen, 9, 6, MFN_ALM_LATENCY);
    struct mfn_alm_kpaths *kp = NULL;
    size_t count = 77;
    assert_int_equal(mfn_alm_kpaths_new(g, 0, &kp), BASE_EINVALID);
    assert_int_equal(mfn_alm_kpaths_new(g, MFN_ALM_KPATHS_MAX + 1, &kp), BASE_EINVALID);
    assert_int_equal(mfn_alm_kpaths_new(g, 2, &kp), BASE_OK);
    assert_int_equal(mfn_alm_kpaths_find(kp, 0, 5, 0, &count), BASE_EINVALID);
    assert_int_equal(mfn_alm_kpaths_find(kp, 0, 5, 3, &count), BASE_EINVALID);
    assert_int_equal(mfn_alm_kpaths_find(kp, 6, 5, 1, &count), BASE_EINVALID);
    assert_int_equal(mfn_alm_kpaths_find(kp, 0, 6, 1, &count), BASE_EINVALID);
    assert_int_equal(count, 77);
    mfn_alm_kpaths_free(kp);
    mfn_alm_kpaths_free(NULL);
    mfn_alm_graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(yens_example),
                                        cmocka_unit_test(equals_have_an_order),
                                        cmocka_unit_test(refusals) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
