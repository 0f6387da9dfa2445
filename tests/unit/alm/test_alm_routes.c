/* test_alm_routes.c - a small table through changes, chosen targets, and what is refused. */
#include "alm_twin.h"

#include <mfn/alm_routes.h>

#define EDGE(a, b, latency)                                                                        \
    {                                                                                              \
        (a), (b), (latency), 1000, 1, 1                                                            \
    }

static const struct mfn_alm_edge edges[] = { EDGE(0, 1, 1), EDGE(1, 2, 1), EDGE(2, 3, 1),
                                             EDGE(0, 3, 3), EDGE(3, 0, 2) };

static double units(const struct mfn_alm_routes *r, uint32_t from, uint32_t to)
{
    const uint64_t distance = mfn_alm_routes_distance(r, from, to);
    return distance == MFN_ALM_FAR ? (double)INFINITY
                                   : (double)distance * mfn_alm_routes_quantum(r);
}

static void change(struct mfn_alm_routes *r, uint32_t from, uint32_t to, double weight)
{
    const struct mfn_alm_change one = { from, to, weight < 0, weight };
    assert_int_equal(mfn_alm_routes_change(r, &one, 1, NULL), BASE_OK);
}

static void a_table_through_changes(void **state)
{
    (void)state;
    struct mfn_alm_graph *const g = alm_twin_graph(edges, 5, 6, MFN_ALM_LATENCY);
    struct mfn_alm_routes *r = NULL;
    uint32_t nodes[6];
    size_t count = 0;
    assert_int_equal(mfn_alm_routes_new(g, NULL, &r, NULL), BASE_OK);
    mfn_alm_graph_free(g);
    assert_true(units(r, 0, 3) == 3);
    assert_int_equal(mfn_alm_routes_next(r, 0, 3), 1); /* a tie: the smaller neighbour */
    assert_int_equal(mfn_alm_routes_next(r, 3, 3), MFN_ALM_NONE);
    assert_int_equal(mfn_alm_routes_next(r, 0, 4), MFN_ALM_NONE);
    assert_true(units(r, 0, 4) == INFINITY && units(r, 4, 0) == INFINITY && units(r, 4, 4) == 0);
    change(r, 1, 2, 1.5);
    assert_int_equal(mfn_alm_routes_next(r, 0, 3), 3);
    assert_true(units(r, 0, 3) == 3 && units(r, 0, 2) == 2.5);
    change(r, 0, 3, -1); /* gone */
    assert_true(units(r, 0, 3) == 3.5);
    assert_int_equal(mfn_alm_routes_weight(r, 0, 3), 0);
    assert_int_equal(mfn_alm_routes_path(r, 0, 3, nodes, 6, &count), BASE_OK);
    assert_int_equal(count, 4);
    assert_memory_equal(nodes, ((uint32_t[]){ 0, 1, 2, 3 }), 16);
    assert_int_equal(mfn_alm_routes_path(r, 0, 3, nodes, 3, &count), BASE_EFULL);
    change(r, 0, 3, -1); /* again: nothing happens */
    change(r, 4, 0, 0);  /* a node comes; nothing is free, so an arc is one quantum */
    assert_true(units(r, 4, 3) == 3.5 + mfn_alm_routes_quantum(r));
    change(r, 3, 4, 12);
    assert_true(units(r, 1, 4) == 14.5);
    assert_int_equal(mfn_alm_routes_remove_node(r, 2, NULL), BASE_OK);
    assert_true(units(r, 0, 3) == INFINITY && units(r, 0, 1) == 1 && units(r, 3, 0) == 2);
    assert_int_equal(mfn_alm_routes_path(r, 0, 3, nodes, 6, &count), BASE_ENOTFOUND);
    assert_int_equal(mfn_alm_routes_path(r, 5, 5, nodes, 6, &count), BASE_OK);
    assert_int_equal(count, 1);
    mfn_alm_routes_free(r);
    mfn_alm_routes_free(NULL);
}

static void chosen_targets(void **state)
{
    (void)state;
    struct mfn_alm_graph *const g = alm_twin_graph(edges, 5, 6, MFN_ALM_LATENCY);
    static const uint32_t targets[] = { 3, 1 }, twice[] = { 3, 3 }, wrong[] = { 6 };
    struct mfn_alm_routes *r = NULL;
    struct base_why why = { 0 };
    struct mfn_alm_routes_options options = { .targets = targets, .target_count = 2 };
    assert_int_equal(mfn_alm_routes_new(g, &options, &r, &why), BASE_OK);
    assert_true(units(r, 0, 3) == 3 && units(r, 2, 1) == 4);
    assert_int_equal(mfn_alm_routes_next(r, 2, 1), 3);
    assert_int_equal(mfn_alm_routes_next(r, 0, 2), MFN_ALM_NONE);
    assert_true(mfn_alm_routes_distance(r, 2, 2) == MFN_ALM_FAR);
    assert_int_equal(mfn_alm_routes_size_bytes(r), 6 * 32 * 8);
    mfn_alm_routes_free(r);
    options.targets = twice;
    assert_int_equal(mfn_alm_routes_new(g, &options, &r, &why), BASE_EINVALID);
    assert_string_equal(why.text, "target 3 is named twice");
    options.targets = wrong;
    options.target_count = 1;
    assert_int_equal(mfn_alm_routes_new(g, &options, &r, &why), BASE_EINVALID);
    assert_string_equal(why.text, "target 6: there are 6 nodes, numbered from 0");
    options.target_count = 7;
    assert_int_equal(mfn_alm_routes_new(g, &options, &r, &why), BASE_EINVALID);
    mfn_alm_graph_free(g);
}

static void refusals_change_nothing(void **state)
{
    (void)state;
    struct mfn_alm_graph *const g = alm_twin_graph(edges, 5, 6, MFN_ALM_LATENCY);
    struct mfn_alm_routes *r = NULL;
    struct base_why why = { 0 };
    struct mfn_alm_routes_options options = { .weight_max = 2.5 };
    assert_int_equal(mfn_alm_routes_new(g, &options, &r, &why), BASE_ERANGE);
    options.weight_max = NAN;
    assert_int_equal(mfn_alm_routes_new(g, &options, &r, &why), BASE_ERANGE);
    options.weight_max = 10;
    assert_int_equal(mfn_alm_routes_new(g, &options, &r, &why), BASE_OK);
    static const struct {
        struct mfn_alm_change change;
        base_err err;
        const char *text;
    } rows[] = {
        { { 0, 6, false, 1 }, BASE_EINVALID, "change 1 (0 to 6): there are 6 nodes" },
        { { 6, 0, true, 1 }, BASE_EINVALID, "change 1 (6 to 0): there are 6 nodes" },
        { { 2, 2, false, 1 }, BASE_EINVALID, "an arc leads to another node" },
        { { 0, 1, false, -1 }, BASE_ERANGE, "the weight -1 is not between 0 and 10" },
        { { 0, 1, false, NAN }, BASE_ERANGE, "the weight nan" },
        { { 0, 1, false, 10.5 }, BASE_ERANGE, "the weight 10.5 is not between 0 and 10" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct mfn_alm_change changes[] = { { 0, 1, true, 0 }, rows[i].change };
        assert_int_equal(mfn_alm_routes_change(r, changes, 2, &why), rows[i].err);
        assert_int_equal(why.at, 1);
        if (strstr(why.text, rows[i].text) == NULL)
            fail_msg("'%s' lacks '%s'", why.text, rows[i].text);
        assert_true(units(r, 0, 1) == 1);
    }
    assert_int_equal(mfn_alm_routes_remove_node(r, 6, &why), BASE_EINVALID);
    mfn_alm_routes_free(r);
    mfn_alm_graph_free(g);
}

static void no_nodes(void **state)
{
    (void)state;
    struct mfn_alm_graph *g = alm_twin_graph(NULL, 0, 0, MFN_ALM_LATENCY);
    struct mfn_alm_routes *r = NULL;
    assert_int_equal(mfn_alm_routes_new(g, NULL, &r, NULL), BASE_OK);
    assert_int_equal(mfn_alm_routes_change(r, NULL, 0, NULL), BASE_OK);
    mfn_alm_routes_free(r);
    mfn_alm_graph_free(g);
    g = alm_twin_graph(NULL, 0, MFN_ALM_ROUTES_NODE_MAX + 1, MFN_ALM_LATENCY);
    assert_int_equal(mfn_alm_routes_new(g, NULL, &r, NULL), BASE_EFULL);
    mfn_alm_graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_table_through_changes),
                                        cmocka_unit_test(chosen_targets),
                                        cmocka_unit_test(refusals_change_nothing),
                                        cmocka_unit_test(no_nodes) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
