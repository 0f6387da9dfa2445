/* fuzz_alm_edges.c - any bytes as a list of edges, or as GraphML (FUZZ_GRAPHML). What must hold:
 * what is refused has a sentence and leaves nothing; what is read makes a graph, each name is found
 * again, and distances obey the triangle inequality along every arc. The first byte of a list says
 * whether edges go both ways. */
#include <mfn/alm_graphml.h>
#include <mfn/alm_search.h>

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void check_graph(const struct mfn_alm_edges *e, enum mfn_alm_metric metric)
{
    struct mfn_alm_graph *g = NULL;
    struct mfn_alm_search *s = NULL;
    expect(mfn_alm_graph_new(e->items, e->count, e->node_count, metric, NULL, &g, NULL) == BASE_OK);
    expect(mfn_alm_search_new(g, &s) == BASE_OK);
    if (g->node_count > 0)
        mfn_alm_search_run(s, 0, MFN_ALM_FROM);
    for (uint32_t u = 0; u < g->node_count; u++)
        for (uint32_t i = g->out.first[u]; i < g->out.first[u + 1]; i++) {
            const uint64_t from = mfn_alm_search_distance(s, u);
            expect(g->out.arcs[i].weight > 0);
            expect(from == MFN_ALM_FAR ||
                   mfn_alm_search_distance(s, g->out.arcs[i].node) <= from + g->out.arcs[i].weight);
        }
    mfn_alm_search_free(s);
    mfn_alm_graph_free(g);
}

static base_err read_any(struct mfn_alm_edges *e, struct base_span bytes, struct base_why *why)
{
#ifdef FUZZ_GRAPHML
    return mfn_alm_graphml_read(e, bytes, why);
#else
    const bool is_undirected = bytes.size > 0 && bytes.data[0] % 2 == 1;
    const size_t head = bytes.size > 0;
    return mfn_alm_edges_read(e, base_span_of(bytes.data + head, bytes.size - head), is_undirected,
                              why);
#endif
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mfn_alm_edges e = { 0 };
    struct base_why why = { 0 };
    const base_err err = read_any(&e, base_span_of(data, size), &why);
    if (err != BASE_OK) {
        expect(why.err == err && why.at > 0 && why.text[0] != '\0');
        expect(e.count == 0 && e.node_count == 0 && e.items == NULL);
        return 0;
    }
    for (uint32_t i = 0; i < e.node_count; i++)
        expect(mfn_alm_edges_find(&e, mfn_alm_edges_name(&e, i)) == i);
    for (unsigned metric = 0; metric < MFN_ALM_METRIC_COUNT; metric++)
        check_graph(&e, (enum mfn_alm_metric)metric);
    mfn_alm_edges_done(&e);
    return 0;
}
