/* test_alm_recover.c - faults on a small graph, in all three ways, and what is refused. */
#include "alm_twin.h"

#include <mfn/alm_recover.h>

#define BOTH(a, b, latency)                                                                        \
    { (a), (b), (latency), 1000, 1, 1 },                                                           \
    {                                                                                              \
        (b), (a), (latency), 1000, 1, 1                                                            \
    }

/* A ring 0 1 2 3 4, heavier from 4 to 0; 5 hangs at 2; 6 is alone. */
static const struct mfn_alm_edge edges[] = { BOTH(0, 1, 1), BOTH(1, 2, 1), BOTH(2, 3, 1),
                                             BOTH(3, 4, 1), BOTH(4, 0, 4), BOTH(2, 5, 1) };
enum { NODES = 7 };

static struct mfn_alm_recover *fixture(bool is_protected)
{
    struct mfn_alm_graph *const g = alm_twin_graph(edges, 12, NODES, MFN_ALM_LATENCY);
    struct mfn_alm_recover *r = NULL;
    assert_int_equal(mfn_alm_recover_new(g, &r, NULL), BASE_OK);
    mfn_alm_graph_free(g);
    if (is_protected)
        assert_int_equal(mfn_alm_recover_protect(r, NULL, NULL), BASE_OK);
    return r;
}

static void expect(struct mfn_alm_recover *r, enum mfn_alm_recovery recovery, uint32_t from,
                   uint32_t to, const char *path, enum mfn_alm_repair repair)
{
    uint32_t nodes[NODES];
    struct mfn_alm_recovered out = { 0 };
    char text[64] = "";
    assert_int_equal(mfn_alm_recover_route(r, recovery, from, to, nodes, NODES, &out), BASE_OK);
    for (size_t i = 0; i < out.node_count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%u", nodes[i]);
    assert_string_equal(text, path);
    assert_int_equal(out.repair, repair);
}

static void take_down(struct mfn_alm_recover *r, uint32_t from, uint32_t to)
{
    const struct mfn_alm_fault fault = { from, to };
    struct base_why why = { 0 };
    if (mfn_alm_recover_fail(r, &fault, 1, &why) != BASE_OK)
        fail_msg("%s", why.text);
}

static void a_link_fails(void **state)
{
    (void)state;
    struct mfn_alm_recover *const r = fixture(true);
    struct mfn_alm_recovered out = { 0 };
    uint32_t nodes[NODES];
    expect(r, MFN_ALM_RECOVERY_FAST, 0, 3, "0123", MFN_ALM_REPAIR_NONE);
    expect(r, MFN_ALM_RECOVERY_GLOBAL, 0, 3, "0123", MFN_ALM_REPAIR_TABLE);
    take_down(r, 3, 2);
    /* From 1 the packet comes to 2, and must go back: the circle is cut. */
    expect(r, MFN_ALM_RECOVERY_FAST, 0, 3, "043", MFN_ALM_REPAIR_BACKUP);
    expect(r, MFN_ALM_RECOVERY_FAST, 1, 3, "1043", MFN_ALM_REPAIR_BACKUP);
    expect(r, MFN_ALM_RECOVERY_LOCAL, 1, 3, "1043", MFN_ALM_REPAIR_SEARCH);
    expect(r, MFN_ALM_RECOVERY_LOCAL, 4, 3, "43", MFN_ALM_REPAIR_NONE);
    assert_int_equal(mfn_alm_recover_recompute(r, NULL), BASE_OK);
    expect(r, MFN_ALM_RECOVERY_GLOBAL, 1, 3, "1043", MFN_ALM_REPAIR_TABLE);
    assert_int_equal(mfn_alm_recover_route(r, MFN_ALM_RECOVERY_GLOBAL, 1, 3, nodes, NODES, &out),
                     BASE_OK);
    assert_true((double)out.distance * mfn_alm_recover_quantum(r) == 6);
    assert_true((double)out.distance_before * mfn_alm_recover_quantum(r) == 2);
    assert_int_equal(mfn_alm_recover_route(r, MFN_ALM_RECOVERY_LOCAL, 1, 3, nodes, NODES, &out),
                     BASE_OK);
    assert_int_equal(out.settled_count, 5); /* it ends at 4, whose old route to 3 is good */
    mfn_alm_recover_heal(r);
    expect(r, MFN_ALM_RECOVERY_FAST, 0, 3, "0123", MFN_ALM_REPAIR_NONE);
    assert_int_equal(mfn_alm_recover_recompute(r, NULL), BASE_OK);
    expect(r, MFN_ALM_RECOVERY_GLOBAL, 0, 3, "0123", MFN_ALM_REPAIR_TABLE);
    mfn_alm_recover_free(r);
}

static void nodes_fail(void **state)
{
    (void)state;
    struct mfn_alm_recover *const r = fixture(true);
    struct mfn_alm_recovered out;
    uint32_t nodes[NODES];
    take_down(r, 1, MFN_ALM_NONE);
    assert_int_equal(mfn_alm_recover_recompute(r, NULL), BASE_OK);
    for (unsigned i = 0; i < MFN_ALM_RECOVERY_COUNT; i++) {
        const enum mfn_alm_recovery way = (enum mfn_alm_recovery)i;
        static const uint32_t none[][2] = { { 0, 1 }, { 1, 0 }, { 1, 1 }, { 0, 6 }, { 6, 5 } };
        for (size_t k = 0; k < 5; k++)
            assert_int_equal(
                mfn_alm_recover_route(r, way, none[k][0], none[k][1], nodes, NODES, &out),
                BASE_ENOTFOUND);
        assert_int_equal(mfn_alm_recover_route(r, way, 6, 6, nodes, NODES, &out), BASE_OK);
        assert_int_equal(out.node_count, 1);
    }
    expect(r, MFN_ALM_RECOVERY_FAST, 0, 2, "0432", MFN_ALM_REPAIR_BACKUP);
    expect(r, MFN_ALM_RECOVERY_LOCAL, 0, 5, "04325", MFN_ALM_REPAIR_SEARCH);
    expect(r, MFN_ALM_RECOVERY_GLOBAL, 0, 5, "04325", MFN_ALM_REPAIR_TABLE);
    take_down(r, 4, 0); /* and another: nothing is left */
    assert_int_equal(mfn_alm_recover_recompute(r, NULL), BASE_OK);
    for (unsigned i = 0; i < MFN_ALM_RECOVERY_COUNT; i++)
        assert_int_equal(
            mfn_alm_recover_route(r, (enum mfn_alm_recovery)i, 0, 2, nodes, NODES, &out),
            BASE_ENOTFOUND);
    mfn_alm_recover_free(r);
}

/* From 0 to 1 directly, else by 2, else by 3: what cannot be begun is no backup that was taken. */
static void backups_that_were_taken(void **state)
{
    (void)state;
    static const struct mfn_alm_edge three[] = { BOTH(0, 1, 1), BOTH(0, 2, 2), BOTH(2, 1, 1),
                                                 BOTH(0, 3, 5), BOTH(3, 1, 5) };
    struct mfn_alm_graph *const g = alm_twin_graph(three, 10, 4, MFN_ALM_LATENCY);
    struct mfn_alm_recover *r = NULL;
    struct mfn_alm_recovered out = { 0 };
    uint32_t nodes[NODES];
    assert_int_equal(mfn_alm_recover_new(g, &r, NULL), BASE_OK);
    mfn_alm_graph_free(g);
    assert_int_equal(mfn_alm_recover_protect(r, NULL, NULL), BASE_OK);
    take_down(r, 0, 1);
    expect(r, MFN_ALM_RECOVERY_FAST, 0, 1, "021", MFN_ALM_REPAIR_BACKUP);
    assert_int_equal(mfn_alm_recover_route(r, MFN_ALM_RECOVERY_FAST, 0, 1, nodes, NODES, &out),
                     BASE_OK);
    assert_int_equal(out.backup_count, 1);
    take_down(r, 0, 2);
    expect(r, MFN_ALM_RECOVERY_FAST, 0, 1, "031", MFN_ALM_REPAIR_SEARCH);
    assert_int_equal(mfn_alm_recover_route(r, MFN_ALM_RECOVERY_FAST, 0, 1, nodes, NODES, &out),
                     BASE_OK);
    assert_int_equal(out.backup_count, 0);
    mfn_alm_recover_free(r);
}

static void what_is_protected(void **state)
{
    (void)state;
    struct mfn_alm_recover *const r = fixture(false);
    struct mfn_alm_protection p = { 0 };
    take_down(r, 2, 3);
    expect(r, MFN_ALM_RECOVERY_FAST, 1, 3, "1043", MFN_ALM_REPAIR_SEARCH); /* no backups yet */
    mfn_alm_recover_heal(r);
    assert_int_equal(mfn_alm_recover_protect(r, &p, NULL), BASE_OK);
    assert_int_equal(p.pair_count, 30);
    assert_int_equal(p.bare_count, 6); /* from 5 over its only link, and from 2 to it */
    assert_int_equal(p.link_count, 2); /* from 1 and 3 to 5: 2 itself cannot be avoided */
    assert_int_equal(p.node_count, 22);
    assert_true(p.near_count > 0 && p.size_bytes > 0);
    assert_int_equal(mfn_alm_recover_protect(r, &p, NULL), BASE_OK); /* again */
    mfn_alm_recover_free(r);
}

static void what_is_refused(void **state)
{
    (void)state;
    struct mfn_alm_recover *const r = fixture(true);
    static const struct {
        struct mfn_alm_fault fault;
        base_err err;
        const char *words;
    } rows[] = {
        { { 7, MFN_ALM_NONE }, BASE_EINVALID, "no node 7" },
        { { 0, 9 }, BASE_EINVALID, "no node 9" },
        { { 3, 3 }, BASE_EINVALID, "not 3 with itself" },
        { { 0, 3 }, BASE_ENOTFOUND, "no link from 0 to 3" },
    };
    uint32_t nodes[NODES];
    struct mfn_alm_recovered out;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct base_why why = { 0 };
        const struct mfn_alm_fault two[] = { { 0, 1 }, rows[i].fault };
        assert_int_equal(mfn_alm_recover_fail(r, two, 2, &why), rows[i].err);
        assert_int_equal(why.at, 1);
        if (strstr(why.text, rows[i].words) == NULL)
            fail_msg("%s does not say: %s", why.text, rows[i].words);
        expect(r, MFN_ALM_RECOVERY_LOCAL, 0, 1, "01", MFN_ALM_REPAIR_NONE); /* none has failed */
    }
    for (unsigned i = 0; i < MFN_ALM_RECOVERY_COUNT; i++) {
        const enum mfn_alm_recovery way = (enum mfn_alm_recovery)i;
        assert_int_equal(mfn_alm_recover_route(r, way, 7, 0, nodes, NODES, &out), BASE_EINVALID);
        assert_int_equal(mfn_alm_recover_route(r, way, 0, 7, nodes, NODES, &out), BASE_EINVALID);
        assert_int_equal(mfn_alm_recover_route(r, way, 0, 3, nodes, 3, &out), BASE_EFULL);
        assert_int_equal(out.node_count, 4);
    }
    assert_int_equal(mfn_alm_recover_route(r, MFN_ALM_RECOVERY_COUNT, 0, 3, nodes, NODES, &out),
                     BASE_EINVALID);
    mfn_alm_recover_free(r);
}

static void no_nodes_and_the_words(void **state)
{
    (void)state;
    struct mfn_alm_graph *const g = alm_twin_graph(NULL, 0, 0, MFN_ALM_LATENCY);
    struct mfn_alm_recover *r = NULL;
    struct mfn_alm_recovered out;
    struct mfn_alm_protection p;
    enum mfn_alm_recovery way = MFN_ALM_RECOVERY_COUNT;
    struct base_why why = { 0 };
    assert_int_equal(mfn_alm_recover_new(g, &r, NULL), BASE_OK);
    assert_int_equal(mfn_alm_recover_protect(r, &p, NULL), BASE_OK);
    assert_int_equal(p.pair_count, 0);
    assert_int_equal(mfn_alm_recover_route(r, MFN_ALM_RECOVERY_FAST, 0, 0, NULL, 0, &out),
                     BASE_EINVALID);
    mfn_alm_recover_heal(r);
    assert_int_equal(mfn_alm_recover_recompute(r, NULL), BASE_OK);
    mfn_alm_recover_free(r);
    mfn_alm_recover_free(NULL);
    mfn_alm_graph_free(g);
    for (unsigned i = 0; i < MFN_ALM_RECOVERY_COUNT; i++) {
        assert_int_equal(
            mfn_alm_recovery_of(mfn_alm_recovery_name((enum mfn_alm_recovery)i), &way, NULL),
            BASE_OK);
        assert_int_equal(way, i);
    }
    assert_int_equal(mfn_alm_recovery_of("slow", &way, &why), BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "fast, local and global"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_fails),           cmocka_unit_test(nodes_fail),
        cmocka_unit_test(what_is_protected),      cmocka_unit_test(what_is_refused),
        cmocka_unit_test(no_nodes_and_the_words), cmocka_unit_test(backups_that_were_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
