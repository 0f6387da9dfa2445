/* test_alm_demand.c - demands on a small graph: placed, split, pre-empted, refused, moved. */
#include "alm_twin.h"

#include <mfn/alm_demand.h>

/* Two ways from 0 to 3, the one above shorter, each of 100 Mbit/s; 4 cannot be reached. */
static const struct mfn_alm_edge edges[] = { { 0, 1, 1, 100, 1, 1 },
                                             { 1, 3, 1, 100, 1, 1 },
                                             { 0, 2, 2, 100, 1, 1 },
                                             { 2, 3, 2, 100, 1, 1 },
                                             { 1, 1, 1, 100, 1, 1 } };
enum { EDGES = 5, NODES = 5 };

static struct mfn_alm_demands *ledger(const struct mfn_alm_demands_options *options)
{
    struct mfn_alm_demands *d = NULL;
    struct base_why why = { 0 };
    if (mfn_alm_demands_new(edges, EDGES, NODES, NULL, options, &d, &why) != BASE_OK)
        fail_msg("%s", why.text);
    return d;
}

static struct mfn_alm_request demand(double mbps, uint32_t priority)
{
    return (struct mfn_alm_request){
        .from = 0, .to = 3, .bandwidth_mbps_min = mbps, .priority = priority
    };
}

static struct mfn_alm_demand add(struct mfn_alm_demands *d, struct mfn_alm_request request)
{
    struct mfn_alm_demand out = { 0 };
    struct base_why why = { 0 };
    if (mfn_alm_demands_add(d, &request, &out, &why) != BASE_OK)
        fail_msg("%s", why.text);
    return out;
}

static void expect_loads(const struct mfn_alm_demands *d, double above, double below)
{
    const double expected[EDGES] = { above, above, below, below, 0 };
    for (size_t i = 0; i < EDGES; i++) {
        assert_true(mfn_alm_demands_load_mbps(d, i) == expected[i]);
        assert_true(mfn_alm_demands_utilisation(d, i) == expected[i] / 100);
    }
    size_t edge = 0;
    assert_true(mfn_alm_demands_utilisation_max(d, &edge) == fmax(above, below) / 100);
    assert_true(mfn_alm_demands_load_mbps(d, edge) == fmax(above, below));
}

static void demands_come_and_go(void **state)
{
    (void)state;
    struct mfn_alm_demands *const d = ledger(NULL);
    struct mfn_alm_demand_path path;
    expect_loads(d, 0, 0);
    const struct mfn_alm_demand a = add(d, demand(30, 1));
    assert_int_equal(a.state, MFN_ALM_DEMAND_PLACED);
    expect_loads(d, 30, 0);
    const struct mfn_alm_demand b = add(d, demand(60, 0)); /* above it would be dear: below */
    expect_loads(d, 30, 60);
    assert_int_equal(mfn_alm_demands_path(d, b.id, 0, &path), BASE_OK);
    assert_true(path.bandwidth_mbps == 60 && path.hop_count == 2);
    assert_true(path.edges[0] == 2 && path.edges[1] == 3);
    const struct mfn_alm_demand c = add(d, demand(80, 5)); /* fits on neither */
    assert_int_equal(c.state, MFN_ALM_DEMAND_SPLIT);
    assert_int_equal(c.path_count, 2);
    assert_int_equal(c.preempted_count, 0);
    assert_true(mfn_alm_demands_utilisation_max(d, NULL) <= 1);
    const struct mfn_alm_demand e = add(d, demand(31, 5));
    assert_int_equal(e.state, MFN_ALM_DEMAND_REFUSED);
    assert_int_equal(e.reason, MFN_ALM_REASON_BANDWIDTH);
    assert_int_equal(e.id, MFN_ALM_DEMAND_NONE);
    assert_int_equal(mfn_alm_demands_count(d), 3);
    assert_int_equal(mfn_alm_demands_release(d, a.id), BASE_OK);
    assert_int_equal(mfn_alm_demands_release(d, a.id), BASE_ENOTFOUND);
    assert_int_equal(mfn_alm_demands_release(d, c.id), BASE_OK);
    expect_loads(d, 0, 60);
    assert_int_equal(mfn_alm_demands_release(d, b.id), BASE_OK);
    expect_loads(d, 0, 0);
    assert_int_equal(mfn_alm_demands_count(d), 0);
    mfn_alm_demands_free(d);
}

static void limits_bind_the_place(void **state)
{
    (void)state;
    struct mfn_alm_demands *const d = ledger(NULL);
    struct mfn_alm_request fast = demand(60, 1);
    fast.latency_ms_max = 2;
    assert_int_equal(add(d, fast).state, MFN_ALM_DEMAND_PLACED);
    expect_loads(d, 60, 0);
    const struct mfn_alm_demand refused = add(d, fast); /* below there is room, but it is slow */
    assert_int_equal(refused.state, MFN_ALM_DEMAND_REFUSED);
    assert_int_equal(refused.reason, MFN_ALM_REASON_LATENCY);
    struct mfn_alm_request nowhere = demand(1, 1);
    nowhere.to = 4;
    assert_int_equal(add(d, nowhere).reason, MFN_ALM_REASON_PATH);
    nowhere.to = nowhere.from;
    const struct mfn_alm_demand here = add(d, nowhere);
    assert_int_equal(here.state, MFN_ALM_DEMAND_PLACED);
    expect_loads(d, 60, 0);
    mfn_alm_demands_free(d);
}

static void higher_priorities_pre_empt(void **state)
{
    (void)state;
    const struct mfn_alm_demands_options options = { .is_preemptive = true, .path_max = 1 };
    struct mfn_alm_demands *const d = ledger(&options);
    struct mfn_alm_demand now;
    size_t count = 0;
    const struct mfn_alm_demand low = add(d, demand(60, 2));
    const struct mfn_alm_demand late = add(d, demand(90, 2));
    expect_loads(d, 60, 90);
    const struct mfn_alm_demand same = add(d, demand(70, 2));
    assert_int_equal(same.state, MFN_ALM_DEMAND_REFUSED);
    expect_loads(d, 60, 90);
    const struct mfn_alm_demand high = add(d, demand(70, 3)); /* above, as if nothing was there */
    assert_int_equal(high.state, MFN_ALM_DEMAND_PLACED);
    assert_int_equal(high.preempted_count, 1);
    expect_loads(d, 70, 90);
    assert_int_equal(mfn_alm_demands_get(d, low.id, &now), BASE_OK);
    assert_int_equal(now.state, MFN_ALM_DEMAND_PREEMPTED);
    assert_int_equal(now.reason, MFN_ALM_REASON_PREEMPTED);
    assert_int_equal(mfn_alm_demands_count(d), 3);
    assert_int_equal(mfn_alm_demands_retry(d, &count), BASE_OK);
    assert_int_equal(count, 0);
    assert_int_equal(mfn_alm_demands_release(d, late.id), BASE_OK);
    assert_int_equal(mfn_alm_demands_retry(d, &count), BASE_OK);
    assert_int_equal(count, 1);
    expect_loads(d, 70, 60);
    assert_int_equal(mfn_alm_demands_get(d, low.id, &now), BASE_OK);
    assert_int_equal(now.state, MFN_ALM_DEMAND_PLACED);
    assert_int_equal(now.reason, MFN_ALM_REASON_NONE);
    mfn_alm_demands_free(d);
}

static void all_pre_empted_ones_come_back(void **state)
{
    (void)state;
    const struct mfn_alm_demands_options options = { .is_preemptive = true };
    struct mfn_alm_demands *const d = ledger(&options);
    size_t count = 0;
    for (int i = 0; i < 4; i++)
        add(d, demand(45, 1));
    const struct mfn_alm_demand high[] = { add(d, demand(100, 2)), add(d, demand(100, 2)) };
    assert_int_equal(high[0].preempted_count + high[1].preempted_count, 4);
    expect_loads(d, 100, 100);
    for (int i = 0; i < 2; i++)
        assert_int_equal(mfn_alm_demands_release(d, high[i].id), BASE_OK);
    expect_loads(d, 0, 0);
    assert_int_equal(mfn_alm_demands_retry(d, &count), BASE_OK);
    assert_int_equal(count, 4);
    expect_loads(d, 90, 90);
    mfn_alm_demands_free(d);
}

static void pre_empted_ones_go_elsewhere(void **state)
{
    (void)state;
    const struct mfn_alm_demands_options options = { .is_preemptive = true };
    struct mfn_alm_demands *const d = ledger(&options);
    struct mfn_alm_request fast = demand(80, 5);
    fast.latency_ms_max = 2;
    add(d, demand(30, 1));
    expect_loads(d, 30, 0);
    const struct mfn_alm_demand high = add(d, fast);
    assert_int_equal(high.state, MFN_ALM_DEMAND_PLACED);
    assert_int_equal(high.preempted_count, 0); /* it is carried below now */
    expect_loads(d, 80, 30);
    mfn_alm_demands_free(d);
}

static void all_at_once_by_priority(void **state)
{
    (void)state;
    struct mfn_alm_demands *const d = ledger(NULL);
    const struct mfn_alm_request requests[] = { demand(90, 1), demand(80, 5), demand(70, 3),
                                                demand(20, 1) };
    struct mfn_alm_demand out[4];
    struct base_why why = { 0 };
    assert_int_equal(mfn_alm_demands_add_all(d, requests, 4, out, NULL), BASE_OK);
    assert_int_equal(out[0].state, MFN_ALM_DEMAND_REFUSED);
    assert_int_equal(out[1].state, MFN_ALM_DEMAND_PLACED);
    assert_int_equal(out[2].state, MFN_ALM_DEMAND_PLACED);
    assert_int_equal(out[3].state, MFN_ALM_DEMAND_PLACED);
    assert_true(out[0].request.bandwidth_mbps_min == 90 && out[3].request.priority == 1);
    const struct mfn_alm_request bad[] = { demand(1, 1), demand(-1, 1) };
    assert_int_equal(mfn_alm_demands_add_all(d, bad, 2, out, &why), BASE_ERANGE);
    assert_int_equal(why.at, 1);
    assert_non_null(strstr(why.text, "demand 1: bandwidth_mbps_min: -1"));
    assert_int_equal(mfn_alm_demands_count(d), 3);
    mfn_alm_demands_free(d);
}

static void a_full_ledger(void **state)
{
    (void)state;
    const struct mfn_alm_demands_options options = { .capacity = 2 };
    struct mfn_alm_demands *const d = ledger(&options);
    const struct mfn_alm_request three[] = { demand(1, 1), demand(1, 1), demand(1, 1) };
    struct mfn_alm_demand out[3];
    struct base_why why = { 0 };
    assert_int_equal(mfn_alm_demands_add_all(d, three, 3, out, &why), BASE_EFULL);
    assert_int_equal(why.at, 2);
    assert_int_equal(mfn_alm_demands_count(d), 0);
    expect_loads(d, 0, 0);
    assert_int_equal(mfn_alm_demands_add_all(d, three, 2, out, &why), BASE_OK);
    assert_int_equal(mfn_alm_demands_add(d, three, out, &why), BASE_EFULL);
    assert_int_equal(mfn_alm_demands_release(d, 0), BASE_OK);
    assert_int_equal(add(d, demand(1, 1)).id, 0); /* ids are given again */
    mfn_alm_demands_free(d);
}

static void demands_are_moved_off_the_fullest(void **state)
{
    (void)state;
    struct mfn_alm_demands *const d = ledger(NULL);
    size_t count = 0;
    struct mfn_alm_demand all[4];
    for (int i = 0; i < 4; i++)
        all[i] = add(d, demand(25, 1));
    assert_int_equal(mfn_alm_demands_release(d, all[3].id), BASE_OK);
    assert_int_equal(mfn_alm_demands_balance(d, 100, &count), BASE_OK);
    assert_true(mfn_alm_demands_utilisation_max(d, NULL) == 0.5);
    assert_int_equal(mfn_alm_demands_balance(d, 100, &count), BASE_OK);
    assert_int_equal(count, 0);
    mfn_alm_demands_free(d);
}

static void plain_is_the_shortest_path(void **state)
{
    (void)state;
    const struct mfn_alm_demands_options options = { .is_plain = true };
    struct mfn_alm_demands *const d = ledger(&options);
    size_t count = 0;
    for (int i = 0; i < 4; i++)
        assert_int_equal(add(d, demand(50, 1)).state, MFN_ALM_DEMAND_PLACED);
    expect_loads(d, 200, 0);
    assert_int_equal(add(d, demand(101, 1)).state, MFN_ALM_DEMAND_REFUSED);
    assert_int_equal(mfn_alm_demands_balance(d, 9, &count), BASE_OK);
    assert_int_equal(count, 0);
    mfn_alm_demands_free(d);
}

static void what_is_refused(void **state)
{
    (void)state;
    struct mfn_alm_demands *d = NULL;
    struct base_why why = { 0 };
    struct mfn_alm_demand out;
    struct mfn_alm_demand_path path;
    const struct mfn_alm_demands_options capacity = { .capacity = MFN_ALM_DEMANDS_MAX + 1 };
    const struct mfn_alm_demands_options paths = { .path_max = 17 };
    const struct mfn_alm_edge bad = { 0, 1, 1, NAN, 1, 1 };
    assert_int_equal(mfn_alm_demands_new(edges, EDGES, NODES, NULL, &capacity, &d, &why),
                     BASE_ERANGE);
    assert_int_equal(mfn_alm_demands_new(edges, EDGES, NODES, NULL, &paths, &d, &why), BASE_ERANGE);
    assert_int_equal(mfn_alm_demands_new(&bad, 1, 2, NULL, NULL, &d, &why), BASE_ERANGE);
    assert_int_equal(mfn_alm_demands_new(NULL, 0, 0, NULL, NULL, &d, &why), BASE_OK);
    assert_true(mfn_alm_demands_utilisation_max(d, NULL) == 0);
    const struct mfn_alm_request nothing = { 0 };
    assert_int_equal(mfn_alm_demands_add(d, &nothing, &out, &why), BASE_EINVALID);
    mfn_alm_demands_free(d);
    d = ledger(NULL);
    const struct mfn_alm_request rows[] = { demand(0, 1), demand(1e-9, 1), demand(NAN, 1),
                                            demand(-3, 1), demand(1, 6) };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(mfn_alm_demands_add(d, &rows[i], &out, &why), BASE_ERANGE);
    assert_int_equal(mfn_alm_demands_get(d, 0, &out), BASE_ENOTFOUND);
    assert_int_equal(mfn_alm_demands_path(d, 0, 0, &path), BASE_ENOTFOUND);
    assert_int_equal(mfn_alm_demands_release(d, MFN_ALM_DEMAND_NONE), BASE_ENOTFOUND);
    assert_true(mfn_alm_demands_load_mbps(d, 99) == 0 && mfn_alm_demands_utilisation(d, 99) == 0);
    const struct mfn_alm_demand one = add(d, demand(1, 1));
    assert_int_equal(mfn_alm_demands_path(d, one.id, 1, &path), BASE_ENOTFOUND);
    mfn_alm_demands_free(d);
    mfn_alm_demands_free(NULL);
    assert_string_equal(mfn_alm_demand_state_name(MFN_ALM_DEMAND_SPLIT), "split");
    assert_string_equal(mfn_alm_demand_state_name(MFN_ALM_DEMAND_STATE_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(demands_come_and_go),
        cmocka_unit_test(limits_bind_the_place),
        cmocka_unit_test(higher_priorities_pre_empt),
        cmocka_unit_test(all_pre_empted_ones_come_back),
        cmocka_unit_test(pre_empted_ones_go_elsewhere),
        cmocka_unit_test(all_at_once_by_priority),
        cmocka_unit_test(a_full_ledger),
        cmocka_unit_test(demands_are_moved_off_the_fullest),
        cmocka_unit_test(plain_is_the_shortest_path),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
