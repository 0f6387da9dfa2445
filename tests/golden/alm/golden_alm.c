/* golden_alm.c - GraphML as other programs lay it out: networkx (a graph with values of several
 * types and defaults; a multigraph that is directed) and graphical editors (prefixes, drawings,
 * ports). The files are written by hand. */
#include "unit.h"

#include <mfn/alm_graphml.h>

#include <stdio.h>
#include <string.h>

static const char *folder;

static const struct {
    const char *file;
    const char *names[4];
    uint32_t node_count;
    struct mfn_alm_edge edges[4];
    size_t edge_count;
} rows[] = {
    { "mixed.graphml",
      { "New York", "Z\xc3\xbcrich", "A & B", "alone" },
      4,
      { { 0, 1, 44.25, 10000, 1, 2.5 },
        { 1, 0, 44.25, 10000, 1, 2.5 },
        { 1, 2, 3, 1000, 0.9999, 0 },
        { 2, 1, 3, 1000, 0.9999, 0 } },
      4 },
    { "multi.graphml",
      { "1", "2" },
      2,
      { { 0, 1, 2.5, 1000, 1, 1 }, { 0, 1, 7, 1000, 1, 1 }, { 1, 1, 1, 1000, 1, 1 } },
      3 },
    { "editor.graphml",
      { "n0", "n1", "n2" },
      3,
      { { 0, 1, 5, 100, 1, 1 }, { 1, 2, 10, 1000, 1, 1 }, { 2, 1, 10, 1000, 1, 1 } },
      3 },
};

static void files_of_other_programs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[600];
        struct mfn_alm_edges e = { 0 };
        struct base_why why = { 0 };
        snprintf(path, sizeof path, "%s/%s", folder, rows[i].file);
        if (mfn_alm_graphml_load(&e, path, &why) != BASE_OK)
            fail_msg("%s", why.text);
        assert_int_equal(e.node_count, rows[i].node_count);
        for (uint32_t node = 0; node < e.node_count; node++)
            assert_string_equal(mfn_alm_edges_name(&e, node), rows[i].names[node]);
        assert_int_equal(e.count, rows[i].edge_count);
        assert_memory_equal(e.items, rows[i].edges, e.count * sizeof *e.items);
        mfn_alm_edges_done(&e);
    }
}

int main(int argc, char **argv)
{
    folder = argc > 1 ? argv[1] : "tests/golden/alm";
    const struct CMUnitTest tests[] = { cmocka_unit_test(files_of_other_programs) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
