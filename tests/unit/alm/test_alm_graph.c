/* test_alm_graph.c - rows of arcs from lists of edges, weights of each metric, what is refused. */
#include "unit.h"

#include <mfn/alm_graph.h>

#include <math.h>
#include <string.h>

#define EDGE(a, b, latency)                                                                        \
    {                                                                                              \
        (a), (b), (latency), 1000, 1, 1                                                            \
    }

static struct mfn_alm_graph *make(const struct mfn_alm_edge *edges, size_t count, size_t nodes,
                                  enum mfn_alm_metric metric)
{
    struct mfn_alm_graph *graph = NULL;
    struct base_why why = { 0 };
    if (mfn_alm_graph_new(edges, count, nodes, metric, NULL, &graph, &why) != BASE_OK)
        fail_msg("%s", why.text);
    return graph;
}

static void rows_are_sorted_and_lightest(void **state)
{
    (void)state;
    const struct mfn_alm_edge edges[] = {
        EDGE(2, 0, 5), EDGE(0, 2, 7),   EDGE(0, 1, 4), EDGE(0, 2, 3),
        EDGE(1, 1, 1), EDGE(0, 2, 3.5), EDGE(3, 2, 2), EDGE(0, 1, 4),
    };
    struct mfn_alm_graph *const g = make(edges, 8, 5, MFN_ALM_LATENCY);
    static const uint32_t out_first[] = { 0, 2, 2, 3, 4, 4 }, in_first[] = { 0, 1, 2, 4, 4, 4 };
    static const uint32_t out_nodes[] = { 1, 2, 0, 2 }, in_nodes[] = { 2, 0, 0, 3 };
    static const double out_weights[] = { 4, 3, 5, 2 }, in_weights[] = { 5, 4, 3, 2 };
    static const uint32_t list[] = { 2, 3, 0, 6 };
    assert_int_equal(g->node_count, 5);
    assert_int_equal(g->arc_count, 4);
    assert_memory_equal(g->out.first, out_first, sizeof out_first);
    assert_memory_equal(g->in.first, in_first, sizeof in_first);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(g->out.arcs[i].node, out_nodes[i]);
        assert_int_equal(g->in.arcs[i].node, in_nodes[i]);
        assert_true(mfn_alm_graph_units(g, g->out.arcs[i].weight) == out_weights[i]);
        assert_true(mfn_alm_graph_units(g, g->in.arcs[i].weight) == in_weights[i]);
        assert_int_equal(g->edges[i], list[i]);
    }
    assert_true(mfn_alm_graph_units(g, g->weight_min) == 2);
    assert_true(mfn_alm_graph_units(g, g->weight_max) == 5);
    assert_true(mfn_alm_graph_units(g, mfn_alm_graph_weight(g, 0, 2)) == 3);
    assert_int_equal(mfn_alm_graph_edge(g, 0, 2), 3);
    assert_int_equal(mfn_alm_graph_weight(g, 1, 1), 0);
    assert_int_equal(mfn_alm_graph_weight(g, 4, 0), 0);
    assert_int_equal(mfn_alm_graph_weight(g, 99, 0), 0);
    assert_int_equal(mfn_alm_graph_edge(g, 2, 1), MFN_ALM_NONE);
    mfn_alm_graph_free(g);
}

static void small_graphs(void **state)
{
    (void)state;
    struct mfn_alm_graph *g = make(NULL, 0, 0, MFN_ALM_COST);
    assert_int_equal(g->node_count, 0);
    assert_int_equal(g->arc_count, 0);
    assert_int_equal(g->out.first[0], 0);
    mfn_alm_graph_free(g);
    const struct mfn_alm_edge loop[] = { EDGE(0, 0, 1) };
    g = make(loop, 1, 1, MFN_ALM_LATENCY);
    assert_int_equal(g->arc_count, 0);
    assert_int_equal(g->weight_min, 1);
    mfn_alm_graph_free(g);
    mfn_alm_graph_free(NULL);
    /* Nothing costs anything: every arc is one quantum, and paths are counted in hops. */
    const struct mfn_alm_edge nothing[] = { EDGE(0, 1, 0), EDGE(1, 0, 0) };
    g = make(nothing, 2, 2, MFN_ALM_LATENCY);
    assert_int_equal(mfn_alm_graph_weight(g, 0, 1), 1);
    assert_true(mfn_alm_graph_units(g, 1) == 1);
    assert_true(isinf(mfn_alm_graph_units(g, MFN_ALM_FAR)));
    mfn_alm_graph_free(g);
}

static void weights_of_each_metric(void **state)
{
    (void)state;
    const struct mfn_alm_edge edges[] = { { 0, 1, 8, 250, 0.9, 40 }, { 1, 0, 2, 1000, 1, 10 } };
    static const double expect[MFN_ALM_METRIC_COUNT][2] = {
        { 8, 2 },
        { 0.004, 0.001 },
        { 0.10536051565782628, 0 },
        { 40, 10 },
        { 1, 0.4 * 0.25 + 0.3 * 0.25 + 0.1 * 0.25 },
    };
    for (unsigned metric = 0; metric < MFN_ALM_METRIC_COUNT; metric++) {
        struct mfn_alm_graph *const g = make(edges, 2, 2, (enum mfn_alm_metric)metric);
        assert_true(g->out.arcs[0].weight >= 1U << 30 && g->out.arcs[0].weight <= 1U << 31);
        for (unsigned i = 0; i < 2; i++)
            assert_true(fabs(mfn_alm_graph_units(g, g->out.arcs[i].weight) - expect[metric][i]) <=
                        g->quantum);
        int exponent;
        assert_true(frexp(g->quantum, &exponent) == 0.5);
        mfn_alm_graph_free(g);
    }
    struct mfn_alm_graph *g = NULL;
    const struct mfn_alm_mix mix = { .latency = 3, .cost = 1 };
    assert_int_equal(mfn_alm_graph_new(edges, 2, 2, MFN_ALM_MIX, &mix, &g, NULL), BASE_OK);
    assert_true(fabs(mfn_alm_graph_units(g, g->out.arcs[1].weight) - 0.25) < 1e-9);
    mfn_alm_graph_free(g);
    assert_string_equal(mfn_alm_metric_name(MFN_ALM_RELIABILITY), "reliability");
    assert_string_equal(mfn_alm_metric_name(MFN_ALM_METRIC_COUNT), "unknown");
}

static void refusals(void **state)
{
    (void)state;
    const struct {
        struct mfn_alm_edge edge;
        base_err err;
        const char *text;
    } rows[] = {
        { { 0, 3, 1, 1, 1, 1 }, BASE_EINVALID, "edge 1 (0 to 3): there are 3 nodes" },
        { { 3, 0, 1, 1, 1, 1 }, BASE_EINVALID, "edge 1 (3 to 0): there are 3 nodes" },
        { { 0, 1, -1, 1, 1, 1 }, BASE_ERANGE, "latency_ms: -1 is not between 0" },
        { { 0, 1, NAN, 1, 1, 1 }, BASE_ERANGE, "latency_ms: nan" },
        { { 0, 1, INFINITY, 1, 1, 1 }, BASE_ERANGE, "latency_ms: inf" },
        { { 0, 1, 1, 0, 1, 1 }, BASE_ERANGE, "bandwidth_mbps: 0 is not between 1e-06" },
        { { 0, 1, 1, -5, 1, 1 }, BASE_ERANGE, "bandwidth_mbps: -5" },
        { { 0, 1, 1, 1, 0, 1 }, BASE_ERANGE, "reliability: 0 is not" },
        { { 0, 1, 1, 1, 1.5, 1 }, BASE_ERANGE, "reliability: 1.5 is not between 1e-09 and 1" },
        { { 0, 1, 1, 1, NAN, 1 }, BASE_ERANGE, "reliability: nan" },
        { { 0, 1, 1, 1, 1, -0.5 }, BASE_ERANGE, "cost: -0.5" },
        { { 1, 1, 1, 1, 1, NAN }, BASE_ERANGE, "edge 1 (1 to 1): cost: nan" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct mfn_alm_edge edges[] = { EDGE(0, 1, 1), rows[i].edge };
        struct mfn_alm_graph *g = NULL;
        struct base_why why = { 0 };
        assert_int_equal(mfn_alm_graph_new(edges, 2, 3, MFN_ALM_LATENCY, NULL, &g, &why),
                         rows[i].err);
        assert_null(g);
        assert_int_equal(why.at, 1);
        if (strstr(why.text, rows[i].text) == NULL)
            fail_msg("'%s' lacks '%s'", why.text, rows[i].text);
    }
    const struct mfn_alm_edge edge[] = { EDGE(0, 1, 1) };
    const struct mfn_alm_mix none = { 0 }, negative = { .latency = 1, .cost = -1 };
    struct mfn_alm_graph *g = NULL;
    assert_int_equal(mfn_alm_graph_new(edge, 1, 2, MFN_ALM_MIX, &none, &g, NULL), BASE_EINVALID);
    assert_int_equal(mfn_alm_graph_new(edge, 1, 2, MFN_ALM_MIX, &negative, &g, NULL),
                     BASE_EINVALID);
    assert_int_equal(mfn_alm_graph_new(edge, 1, 2, MFN_ALM_METRIC_COUNT, NULL, &g, NULL),
                     BASE_EINVALID);
    assert_int_equal(
        mfn_alm_graph_new(edge, 1, MFN_ALM_NODE_MAX + (size_t)1, MFN_ALM_COST, NULL, &g, NULL),
        BASE_EFULL);
    assert_null(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_sorted_and_lightest),
        cmocka_unit_test(small_graphs),
        cmocka_unit_test(weights_of_each_metric),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
