/* test_alm_memory.c - the k-th allocation fails, for every k: ENOMEM, nothing is written, and what
 * was there before goes on working. */
#include "alm_twin.h"
#include "fault.h"

#include <mfn/alm_graphml.h>
#include <mfn/alm_kpaths.h>
#include <mfn/alm_pair.h>
#include <mfn/alm_routes.h>
#include <mfn/alm_search.h>

enum { NODES = 40, EDGES = 200 };

static struct mfn_alm_edge edges[EDGES];
static struct mfn_alm_graph *graph;

static base_err new_graph(size_t allowed)
{
    struct mfn_alm_graph *g = NULL;
    struct base_why why = { 0 };
    fault_left = allowed;
    const base_err err = mfn_alm_graph_new(edges, EDGES, NODES, MFN_ALM_MIX, NULL, &g, &why);
    fault_left = SIZE_MAX;
    assert_true((g != NULL) == (err == BASE_OK));
    assert_int_equal(why.err, err);
    mfn_alm_graph_free(g);
    return err;
}

static base_err new_search(size_t allowed)
{
    struct mfn_alm_search *s = NULL;
    fault_left = allowed;
    const base_err err = mfn_alm_search_new(graph, &s);
    fault_left = SIZE_MAX;
    assert_true((s != NULL) == (err == BASE_OK));
    mfn_alm_search_free(s);
    return err;
}

static base_err new_landmarks(size_t allowed)
{
    struct mfn_alm_landmarks *l = NULL;
    fault_left = allowed;
    const base_err err = mfn_alm_landmarks_new(graph, 4, &l);
    fault_left = SIZE_MAX;
    assert_true((l != NULL) == (err == BASE_OK));
    mfn_alm_landmarks_free(l);
    return err;
}

static base_err new_pair(size_t allowed)
{
    struct mfn_alm_pair *p = NULL;
    fault_left = allowed;
    const base_err err = mfn_alm_pair_new(graph, NULL, &p);
    fault_left = SIZE_MAX;
    assert_true((p != NULL) == (err == BASE_OK));
    mfn_alm_pair_free(p);
    return err;
}

static base_err new_kpaths(size_t allowed)
{
    struct mfn_alm_kpaths *kp = NULL;
    fault_left = allowed;
    const base_err err = mfn_alm_kpaths_new(graph, 4, &kp);
    fault_left = SIZE_MAX;
    assert_true((kp != NULL) == (err == BASE_OK));
    mfn_alm_kpaths_free(kp);
    return err;
}

static base_err find_many_paths(size_t allowed)
{
    struct mfn_alm_kpaths *kp = NULL;
    size_t count = 77, again = 0;
    assert_int_equal(mfn_alm_kpaths_new(graph, 1000, &kp), BASE_OK);
    fault_left = allowed;
    const base_err err = mfn_alm_kpaths_find(kp, 0, 1, 1000, &count);
    fault_left = SIZE_MAX;
    assert_int_equal(count, err == BASE_OK ? 1000 : 77);
    assert_int_equal(mfn_alm_kpaths_find(kp, 0, 1, 1000, &again), BASE_OK);
    assert_int_equal(again, 1000);
    mfn_alm_kpaths_free(kp);
    return err;
}

static base_err new_routes(size_t allowed)
{
    struct mfn_alm_routes *r = NULL;
    struct base_why why = { 0 };
    fault_left = allowed;
    const base_err err = mfn_alm_routes_new(graph, NULL, &r, &why);
    fault_left = SIZE_MAX;
    assert_true((r != NULL) == (err == BASE_OK));
    assert_int_equal(why.err, err);
    mfn_alm_routes_free(r);
    return err;
}

static base_err change_routes(size_t allowed)
{
    enum { COUNT = 30 };
    struct mfn_alm_routes *r = NULL;
    struct mfn_alm_change changes[COUNT];
    for (uint32_t i = 0; i < COUNT; i++)
        changes[i] = (struct mfn_alm_change){ .from = 0, .to = 1 + i, .weight = 1e-6 * (i + 1) };
    assert_int_equal(mfn_alm_routes_new(graph, NULL, &r, NULL), BASE_OK);
    const uint64_t before = mfn_alm_routes_distance(r, 0, 7);
    fault_left = allowed;
    const base_err err = mfn_alm_routes_change(r, changes, COUNT, NULL);
    fault_left = SIZE_MAX;
    const uint64_t after = mfn_alm_routes_distance(r, 0, 7);
    assert_true(before != 1);
    assert_true(after == (err == BASE_OK ? 1 : before));
    assert_int_equal(mfn_alm_routes_change(r, changes, COUNT, NULL), BASE_OK);
    assert_true(mfn_alm_routes_distance(r, 0, 7) == 1);
    mfn_alm_routes_free(r);
    return err;
}

static base_err remove_node(size_t allowed)
{
    struct mfn_alm_routes *r = NULL;
    assert_int_equal(mfn_alm_routes_new(graph, NULL, &r, NULL), BASE_OK);
    const uint64_t before = mfn_alm_routes_distance(r, 3, 7);
    assert_true(before != MFN_ALM_FAR);
    fault_left = allowed;
    const base_err err = mfn_alm_routes_remove_node(r, 3, NULL);
    fault_left = SIZE_MAX;
    assert_true(mfn_alm_routes_distance(r, 3, 7) == (err == BASE_OK ? MFN_ALM_FAR : before));
    assert_int_equal(mfn_alm_routes_remove_node(r, 3, NULL), BASE_OK);
    mfn_alm_routes_free(r);
    return err;
}

static base_err read_edges(size_t allowed)
{
    struct base_buf text = { 0 };
    for (int i = 0; i < 200; i++)
        assert_int_equal(base_buf_printf(&text, "node-%d node-%d 1\n", i, i + 1), BASE_OK);
    struct mfn_alm_edges e = { 0 };
    fault_left = allowed;
    const base_err err = mfn_alm_edges_read(&e, base_buf_span(&text), false, NULL);
    fault_left = SIZE_MAX;
    assert_int_equal(e.count, err == BASE_OK ? 200 : 0);
    mfn_alm_edges_done(&e);
    assert_int_equal(mfn_alm_edges_read(&e, base_buf_span(&text), false, NULL), BASE_OK);
    mfn_alm_edges_done(&e);
    base_buf_done(&text);
    return err;
}

static base_err read_graphml(size_t allowed)
{
    struct base_buf text = { 0 };
    assert_int_equal(base_buf_put_text(&text, "<graphml><key id='w' attr.name='weight'/>"
                                              "<graph edgedefault='directed'>"),
                     BASE_OK);
    for (int i = 0; i < 200; i++)
        assert_int_equal(base_buf_printf(&text,
                                         "<node id='n%d'/><edge source='n%d' target='n0'>"
                                         "<data key='w'>1</data></edge>",
                                         i, i),
                         BASE_OK);
    assert_int_equal(base_buf_put_text(&text, "</graph></graphml>"), BASE_OK);
    struct mfn_alm_edges e = { 0 };
    struct base_why why = { 0 };
    fault_left = allowed;
    const base_err err = mfn_alm_graphml_read(&e, base_buf_span(&text), &why);
    fault_left = SIZE_MAX;
    assert_int_equal(why.err, err);
    assert_true(err == BASE_OK || err == BASE_ENOMEM);
    assert_int_equal(e.count, err == BASE_OK ? 200 : 0);
    mfn_alm_edges_done(&e);
    assert_int_equal(mfn_alm_graphml_read(&e, base_buf_span(&text), NULL), BASE_OK);
    mfn_alm_edges_done(&e);
    base_buf_done(&text);
    return err;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        base_err (*run)(size_t allowed);
        size_t least; /* allocations that there are at least */
    } rows[] = { { "graph", new_graph, 7 },         { "search", new_search, 5 },
                 { "landmarks", new_landmarks, 8 }, { "pair", new_pair, 6 },
                 { "kpaths", new_kpaths, 12 },      { "many paths", find_many_paths, 1 },
                 { "routes", new_routes, 40 },      { "change", change_routes, 2 },
                 { "remove", remove_node, 2 },      { "edges", read_edges, 8 },
                 { "graphml", read_graphml, 20 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t allowed = 0;
        while (rows[i].run(allowed) != BASE_OK)
            assert_true(++allowed < 10000);
        if (allowed < rows[i].least)
            fail_msg("%s: only %zu allocations were seen", rows[i].name, allowed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_allocation_may_fail) };
    graph = alm_twin_drawn(edges, EDGES, NODES, ALM_TWIN_WIDE);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    mfn_alm_graph_free(graph);
    return failed;
}
