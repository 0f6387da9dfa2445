/* test_alm_constrain.c - limits on a small graph, each reason why there is no path, and what is
 * refused. */
#include "alm_twin.h"

#include <mfn/alm_constrain.h>

/* From 0 to 3: above fast, narrow and dear; below slow, wide and cheap; in between both. Edge 6 is
 * parallel to 0, slower and more reliable. 4 leads nowhere, 5 cannot be left but to 4. */
static const struct mfn_alm_edge edges[] = {
    { 0, 1, 1, 10, 0.9, 10 },  { 1, 3, 1, 10, 0.9, 10 },   { 0, 2, 5, 100, 0.99, 1 },
    { 2, 3, 5, 100, 0.99, 1 }, { 1, 2, 1, 100, 0.99, 1 },  { 5, 4, 1, 100, 1, 1 },
    { 0, 1, 2, 10, 0.999, 9 }, { 2, 2, 0.1, 1000, 1, 0.1 }
};
enum { EDGES = 8, NODES = 6 };

static struct mfn_alm_constrain *fixture(size_t label_max)
{
    struct mfn_alm_constrain *c = NULL;
    struct base_why why = { 0 };
    if (mfn_alm_constrain_new(edges, EDGES, NODES, NULL, label_max, &c, &why) != BASE_OK)
        fail_msg("%s", why.text);
    return c;
}

static void expect_edges(struct mfn_alm_constrain *c, const struct mfn_alm_request *request,
                         const char *expected)
{
    struct mfn_alm_way way = { 0 };
    struct base_why why = { 0 };
    char text[64] = "";
    if (mfn_alm_constrain_find(c, request, &way, &why) != BASE_OK)
        fail_msg("%s instead of %s", why.text, expected);
    for (uint32_t i = 0; i < way.hop_count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u", i > 0 ? " " : "",
                 way.edges[i]);
    assert_string_equal(text, expected);
    assert_true(way.is_proven && way.weight == way.weight_least);
    assert_int_equal(mfn_alm_constrain_reason(c), MFN_ALM_REASON_NONE);
}

static void limits_choose_the_path(void **state)
{
    (void)state;
    static const struct {
        struct mfn_alm_request request;
        const char *edges;
    } rows[] = {
        { { .from = 0, .to = 3 }, "0 1" },
        { { .from = 0, .to = 3, .metric = MFN_ALM_COST }, "2 3" },
        { { .from = 0, .to = 3, .metric = MFN_ALM_RELIABILITY }, "2 3" },
        { { .from = 0, .to = 3, .metric = MFN_ALM_BANDWIDTH }, "2 3" },
        { { .from = 0, .to = 3, .bandwidth_mbps_min = 11 }, "2 3" },
        { { .from = 0, .to = 3, .bandwidth_mbps_min = 10 }, "0 1" },
        { { .from = 0, .to = 3, .cost_max = 12 }, "0 4 3" },
        { { .from = 0, .to = 3, .cost_max = 11 }, "6 4 3" },
        { { .from = 0, .to = 3, .cost_max = 10.5 }, "2 3" },
        { { .from = 0, .to = 3, .reliability_min = 0.81 }, "0 1" },
        { { .from = 0, .to = 3, .reliability_min = 0.82 }, "6 1" },
        { { .from = 0, .to = 3, .reliability_min = 0.9 }, "6 4 3" },
        { { .from = 0, .to = 3, .reliability_min = 0.98 }, "2 3" },
        { { .from = 0, .to = 3, .metric = MFN_ALM_COST, .latency_ms_max = 9 }, "6 4 3" },
        { { .from = 0, .to = 3, .metric = MFN_ALM_COST, .latency_ms_max = 7 }, "0 4 3" },
        { { .from = 0, .to = 3, .metric = MFN_ALM_COST, .latency_ms_max = 9, .hop_max = 2 },
          "6 1" },
        { { .from = 0, .to = 3, .avoid_count = 1, .avoid = { 1 } }, "2 3" },
        { { .from = 0, .to = 2, .avoid_count = 1, .avoid = { 1 } }, "2" },
        { { .from = 0, .to = 3, .prefer_count = 1, .prefer = { 2 }, .prefer_factor = 0.1 }, "0 1" },
        { { .from = 0,
            .to = 3,
            .cost_max = 12,
            .prefer_count = 1,
            .prefer = { 2 },
            .prefer_factor = 0.1 },
          "2 3" },
        { { .from = 3, .to = 3, .latency_ms_max = 1 }, "" },
    };
    struct mfn_alm_constrain *const c = fixture(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_edges(c, &rows[i].request, rows[i].edges);
    mfn_alm_constrain_free(c);
}

static void a_path_says_what_it_has(void **state)
{
    (void)state;
    struct mfn_alm_constrain *const c = fixture(0);
    const struct mfn_alm_request request = { .from = 0, .to = 3, .cost_max = 12 };
    struct mfn_alm_way way = { 0 };
    assert_int_equal(mfn_alm_constrain_find(c, &request, &way, NULL), BASE_OK);
    assert_int_equal(way.hop_count, 3);
    assert_memory_equal(way.nodes, ((uint32_t[]){ 0, 1, 2, 3 }), 16);
    assert_true(way.weight == 7 && way.latency_ms == 7 && way.cost == 12);
    assert_true(way.bandwidth_mbps == 10);
    assert_true(fabs(way.reliability - 0.9 * 0.99 * 0.99) < 1e-12);
    assert_true(way.label_count > 0);
    const struct mfn_alm_request nowhere = { .from = 4, .to = 4 };
    assert_int_equal(mfn_alm_constrain_find(c, &nowhere, &way, NULL), BASE_OK);
    assert_true(way.hop_count == 0 && way.nodes[0] == 4 && isinf(way.bandwidth_mbps));
    assert_true(way.reliability == 1 && way.label_count == 0);
    mfn_alm_constrain_free(c);
}

static void a_limit_is_kept_to_a_part_in_a_billion(void **state)
{
    (void)state;
    static const struct mfn_alm_edge tenths[] = { { 0, 1, 0.1, 1, 1, 1 }, { 1, 2, 0.2, 1, 1, 1 } };
    struct mfn_alm_constrain *c = NULL;
    struct mfn_alm_way way;
    assert_int_equal(mfn_alm_constrain_new(tenths, 2, 3, NULL, 0, &c, NULL), BASE_OK);
    const struct mfn_alm_request fits = { .from = 0, .to = 2, .latency_ms_max = 0.3 };
    const struct mfn_alm_request not = { .from = 0, .to = 2, .latency_ms_max = 0.29999999 };
    assert_int_equal(mfn_alm_constrain_find(c, &fits, &way, NULL), BASE_OK);
    assert_int_equal(mfn_alm_constrain_find(c, &not, &way, NULL), BASE_ENOTFOUND);
    mfn_alm_constrain_free(c);
}

static void why_there_is_none(void **state)
{
    (void)state;
    static const struct {
        struct mfn_alm_request request;
        enum mfn_alm_reason reason;
        const char *words;
    } rows[] = {
        { { .from = 3, .to = 0 }, MFN_ALM_REASON_PATH, "no path leads from 3 to 0" },
        { { .from = 0, .to = 3, .avoid_count = 2, .avoid = { 1, 2 } },
          MFN_ALM_REASON_AVOID,
          "to be avoided" },
        { { .from = 0, .to = 3, .bandwidth_mbps_min = 101 },
          MFN_ALM_REASON_BANDWIDTH,
          "has 101 Mbit/s" },
        { { .from = 0, .to = 3, .latency_ms_max = 1.5 }, MFN_ALM_REASON_LATENCY, "2 ms, not 1.5" },
        { { .from = 0, .to = 3, .bandwidth_mbps_min = 50, .latency_ms_max = 2 },
          MFN_ALM_REASON_LATENCY,
          "10 ms, not 2" },
        { { .from = 0, .to = 3, .reliability_min = 0.99 },
          MFN_ALM_REASON_RELIABILITY,
          "0.9801, not 0.99" },
        { { .from = 0, .to = 3, .cost_max = 1 }, MFN_ALM_REASON_COST, "costs 2, not 1" },
        { { .from = 0, .to = 3, .hop_max = 1 }, MFN_ALM_REASON_HOPS, "has 2, not 1" },
        { { .from = 0, .to = 3, .latency_ms_max = 6.5, .cost_max = 10 },
          MFN_ALM_REASON_TOGETHER,
          "each alone" },
    };
    struct mfn_alm_constrain *const c = fixture(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mfn_alm_way way = { .hop_count = 77 };
        struct base_why why = { 0 };
        assert_int_equal(mfn_alm_constrain_find(c, &rows[i].request, &way, &why), BASE_ENOTFOUND);
        assert_int_equal(mfn_alm_constrain_reason(c), rows[i].reason);
        assert_int_equal(way.hop_count, 77);
        if (strstr(why.text, rows[i].words) == NULL)
            fail_msg("%s does not say: %s", why.text, rows[i].words);
        assert_int_equal(mfn_alm_constrain_find(c, &rows[i].request, &way, NULL), BASE_ENOTFOUND);
        expect_edges(c, &(struct mfn_alm_request){ .from = 0, .to = 3 }, "0 1");
    }
    mfn_alm_constrain_free(c);
}

/* Two ways at each of so many nodes, fast and dear or slow and cheap: 2^n paths, all different. */
static void labels_may_run_out(void **state)
{
    (void)state;
    enum { LENGTH = 24 };
    struct mfn_alm_edge ladder[2 * LENGTH];
    double half = 0;
    for (uint32_t i = 0; i < LENGTH; i++) {
        const double step = 1 + (double)(i * 7919 % 101) / 101;
        ladder[2 * i] = (struct mfn_alm_edge){ i, i + 1, step, 1, 1, 0 };
        ladder[2 * i + 1] = (struct mfn_alm_edge){ i, i + 1, 0, 1, 1, step * 1.01 };
        half += step / 2;
    }
    struct mfn_alm_constrain *c = NULL;
    struct mfn_alm_way way = { 0 };
    const struct mfn_alm_request request = {
        .from = 0, .to = LENGTH, .metric = MFN_ALM_COST, .latency_ms_max = half
    };
    assert_int_equal(mfn_alm_constrain_new(ladder, 2 * LENGTH, LENGTH + 1, NULL, 50, &c, NULL),
                     BASE_OK);
    assert_int_equal(mfn_alm_constrain_find(c, &request, &way, NULL), BASE_OK);
    assert_false(way.is_proven);
    assert_int_equal(way.label_count, 50);
    assert_true(way.latency_ms <= half && way.weight_least <= way.weight);
    const struct mfn_alm_request tight = {
        .from = 0, .to = LENGTH, .latency_ms_max = half, .cost_max = half * 1.005
    };
    struct base_why why = { 0 };
    assert_int_equal(mfn_alm_constrain_find(c, &tight, &way, &why), BASE_EFULL);
    assert_int_equal(mfn_alm_constrain_reason(c), MFN_ALM_REASON_LABELS);
    assert_non_null(strstr(why.text, "50 labels"));
    mfn_alm_constrain_free(c);
}

static void a_malformed_request(void **state)
{
    (void)state;
    static const struct {
        struct mfn_alm_request request;
        base_err err;
        const char *words;
    } rows[] = {
        { { .from = 6, .to = 0 }, BASE_EINVALID, "there are 6 nodes" },
        { { .from = 0, .to = UINT32_MAX }, BASE_EINVALID, "there are 6 nodes" },
        { { .metric = (enum mfn_alm_metric)5 }, BASE_EINVALID, "no metric 5" },
        { { .bandwidth_mbps_min = -1 }, BASE_ERANGE, "bandwidth_mbps_min: -1" },
        { { .bandwidth_mbps_min = 2e12 }, BASE_ERANGE, "bandwidth_mbps_min: 2e+12" },
        { { .latency_ms_max = NAN }, BASE_ERANGE, "latency_ms_max: nan" },
        { { .latency_ms_max = INFINITY }, BASE_ERANGE, "latency_ms_max: inf" },
        { { .reliability_min = 1.01 }, BASE_ERANGE, "reliability_min: 1.01" },
        { { .cost_max = -0.5 }, BASE_ERANGE, "cost_max: -0.5" },
        { { .prefer_factor = 1.5 }, BASE_ERANGE, "prefer_factor: 1.5" },
        { { .priority = 6 }, BASE_ERANGE, "priority: 6" },
        { { .avoid_count = 17 }, BASE_EINVALID, "17 nodes to avoid" },
        { { .prefer_count = 17 }, BASE_EINVALID, "17 nodes to prefer" },
        { { .to = 1, .avoid_count = 1, .avoid = { 9 } }, BASE_EINVALID, "avoid 9" },
        { { .to = 1, .prefer_count = 1, .prefer = { 9 } }, BASE_EINVALID, "prefer 9" },
        { { .to = 1, .avoid_count = 1, .avoid = { 1 } }, BASE_EINVALID, "an end" },
    };
    struct mfn_alm_constrain *const c = fixture(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mfn_alm_way way;
        struct base_why why = { 0 };
        assert_int_equal(mfn_alm_constrain_find(c, &rows[i].request, &way, &why), rows[i].err);
        assert_int_equal(mfn_alm_constrain_reason(c), MFN_ALM_REASON_NONE);
        if (strstr(why.text, rows[i].words) == NULL)
            fail_msg("%s does not say: %s", why.text, rows[i].words);
    }
    mfn_alm_constrain_free(c);
}

static void malformed_graphs(void **state)
{
    (void)state;
    struct mfn_alm_constrain *c = NULL;
    struct mfn_alm_way way;
    struct base_why why = { 0 };
    const struct mfn_alm_edge bad[] = { { 0, 1, NAN, 1, 1, 1 }, { 0, 1, 1, -1, 1, 1 } };
    for (int i = 0; i < 2; i++)
        assert_int_equal(mfn_alm_constrain_new(&bad[i], 1, 2, NULL, 0, &c, &why), BASE_ERANGE);
    assert_int_equal(mfn_alm_constrain_new(edges, EDGES, 3, NULL, 0, &c, &why), BASE_EINVALID);
    assert_int_equal(
        mfn_alm_constrain_new(edges, EDGES, NODES, NULL, (size_t)MFN_ALM_LABELS_MAX + 1, &c, &why),
        BASE_ERANGE);
    assert_int_equal(
        mfn_alm_constrain_new(edges, EDGES, (size_t)MFN_ALM_NODE_MAX + 1, NULL, 0, &c, &why),
        BASE_EFULL);
    assert_null(c);
    assert_int_equal(mfn_alm_constrain_new(NULL, 0, 0, NULL, 0, &c, &why), BASE_OK);
    assert_int_equal(mfn_alm_constrain_find(c, &(struct mfn_alm_request){ 0 }, &way, &why),
                     BASE_EINVALID);
    mfn_alm_constrain_free(c);
    mfn_alm_constrain_free(NULL);
    assert_string_equal(mfn_alm_reason_name(MFN_ALM_REASON_TOGETHER), "together");
    assert_string_equal(mfn_alm_reason_name(MFN_ALM_REASON_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_choose_the_path),
        cmocka_unit_test(a_path_says_what_it_has),
        cmocka_unit_test(a_limit_is_kept_to_a_part_in_a_billion),
        cmocka_unit_test(why_there_is_none),
        cmocka_unit_test(labels_may_run_out),
        cmocka_unit_test(a_malformed_request),
        cmocka_unit_test(malformed_graphs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
