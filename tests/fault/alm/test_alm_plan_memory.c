/* test_alm_plan_memory.c - the k-th allocation fails, for every k, in paths within limits, demands
 * and recovery: ENOMEM, nothing is changed, and the object goes on working. */
#include "alm_twin.h"
#include "fault.h"

#include <mfn/alm_constrain.h>
#include <mfn/alm_demand.h>
#include <mfn/alm_recover.h>

enum { NODES = 30, EDGES = 160, DEMANDS = 200 };

static struct mfn_alm_edge edges[EDGES];
static struct mfn_alm_graph *graph;

static base_err new_constrain(size_t allowed)
{
    struct mfn_alm_constrain *c = NULL;
    struct base_why why = { 0 };
    fault_left = allowed;
    const base_err err = mfn_alm_constrain_new(edges, EDGES, NODES, NULL, 0, &c, &why);
    fault_left = SIZE_MAX;
    assert_true((c != NULL) == (err == BASE_OK));
    assert_int_equal(why.err, err);
    mfn_alm_constrain_free(c);
    return err;
}

/* Not one allocation after _new, with labels too. */
static base_err find_allocates_nothing(size_t allowed)
{
    struct mfn_alm_constrain *c = NULL;
    size_t by_labels = 0;
    (void)allowed;
    assert_int_equal(mfn_alm_constrain_new(edges, EDGES, NODES, NULL, 0, &c, NULL), BASE_OK);
    fault_left = 0;
    for (uint32_t i = 0; i < 20 * NODES; i++) {
        struct mfn_alm_way way = { 0 };
        const struct mfn_alm_request request = { .from = 0,
                                                 .to = i % NODES,
                                                 .metric = MFN_ALM_COST,
                                                 .latency_ms_max = 10 + i / NODES * 10,
                                                 .reliability_min = 0.5 };
        const base_err err = mfn_alm_constrain_find(c, &request, &way, NULL);
        assert_true(err == BASE_OK || err == BASE_ENOTFOUND);
        by_labels += way.label_count > 0;
    }
    fault_left = SIZE_MAX;
    assert_true(by_labels > 20);
    mfn_alm_constrain_free(c);
    return BASE_OK;
}

static base_err new_demands(size_t allowed)
{
    struct mfn_alm_demands *d = NULL;
    struct base_why why = { 0 };
    fault_left = allowed;
    const base_err err = mfn_alm_demands_new(edges, EDGES, NODES, NULL, NULL, &d, &why);
    fault_left = SIZE_MAX;
    assert_true((d != NULL) == (err == BASE_OK));
    assert_int_equal(why.err, err);
    mfn_alm_demands_free(d);
    return err;
}

static struct mfn_alm_request demand(uint32_t index, uint32_t priority)
{
    return (struct mfn_alm_request){ .from = index % NODES,
                                     .to = (index * 7 + 1) % NODES,
                                     .bandwidth_mbps_min = 900 + 100 * (index % 9),
                                     .priority = priority };
}

/* A ledger that is rather full of demands of low priority. */
static struct mfn_alm_demands *full_ledger(void)
{
    const struct mfn_alm_demands_options options = { .is_preemptive = true };
    struct mfn_alm_demands *d = NULL;
    struct mfn_alm_demand out;
    assert_int_equal(mfn_alm_demands_new(edges, EDGES, NODES, NULL, &options, &d, NULL), BASE_OK);
    for (uint32_t i = 0; i < DEMANDS; i++) {
        const struct mfn_alm_request request = demand(i, 1 + i % 2);
        assert_int_equal(mfn_alm_demands_add(d, &request, &out, NULL), BASE_OK);
    }
    return d;
}

struct loads {
    double items[EDGES];
    size_t count;
};

static struct loads loads_of(const struct mfn_alm_demands *d)
{
    struct loads loads = { .count = mfn_alm_demands_count(d) };
    for (size_t i = 0; i < EDGES; i++)
        loads.items[i] = mfn_alm_demands_load_mbps(d, i);
    return loads;
}

/* A demand that pre-empts many, or nothing at all. */
static base_err add_demand(size_t allowed)
{
    struct mfn_alm_demands *const d = full_ledger();
    const struct loads before = loads_of(d);
    struct mfn_alm_demand out = { .id = 77 };
    struct mfn_alm_request request = demand(3, 5);
    struct base_why why = { 0 };
    request.bandwidth_mbps_min = 4500;
    fault_left = allowed;
    const base_err err = mfn_alm_demands_add(d, &request, &out, &why);
    fault_left = SIZE_MAX;
    if (err != BASE_OK) {
        const struct loads after = loads_of(d);
        assert_int_equal(err, BASE_ENOMEM);
        assert_int_equal(why.err, err);
        assert_memory_equal(&before, &after, sizeof before);
        assert_int_equal(out.id, 77);
        assert_int_equal(mfn_alm_demands_add(d, &request, &out, NULL), BASE_OK);
    }
    assert_int_equal(out.state, MFN_ALM_DEMAND_PLACED);
    assert_true(out.preempted_count > 0);
    mfn_alm_demands_free(d);
    return err;
}

static base_err add_many(size_t allowed)
{
    struct mfn_alm_demands *d = NULL;
    struct mfn_alm_request requests[DEMANDS];
    struct mfn_alm_demand out[DEMANDS];
    for (uint32_t i = 0; i < DEMANDS; i++)
        requests[i] = demand(i, 1 + i % 5);
    assert_int_equal(mfn_alm_demands_new(edges, EDGES, NODES, NULL, NULL, &d, NULL), BASE_OK);
    fault_left = allowed;
    const base_err err = mfn_alm_demands_add_all(d, requests, DEMANDS, out, NULL);
    fault_left = SIZE_MAX;
    if (err != BASE_OK) {
        assert_int_equal(mfn_alm_demands_count(d), 0);
        assert_true(mfn_alm_demands_utilisation_max(d, NULL) == 0);
        assert_int_equal(mfn_alm_demands_add_all(d, requests, DEMANDS, out, NULL), BASE_OK);
    }
    assert_true(mfn_alm_demands_count(d) > DEMANDS / 2);
    mfn_alm_demands_free(d);
    return err;
}

/* Two ways, one far longer: all demands go the same way until they are balanced. */
static base_err balance(size_t allowed)
{
    static const struct mfn_alm_edge ways[] = { { 0, 1, 1, 100, 1, 1 }, { 0, 1, 1000, 100, 1, 1 } };
    const struct mfn_alm_request request = { .to = 1, .bandwidth_mbps_min = 25 };
    struct mfn_alm_demands *d = NULL;
    struct mfn_alm_demand out;
    assert_int_equal(mfn_alm_demands_new(ways, 2, 2, NULL, NULL, &d, NULL), BASE_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(mfn_alm_demands_add(d, &request, &out, NULL), BASE_OK);
    fault_left = allowed;
    const base_err err = mfn_alm_demands_balance(d, 100, NULL);
    fault_left = SIZE_MAX;
    assert_true(err == BASE_OK || err == BASE_ENOMEM);
    assert_true(mfn_alm_demands_load_mbps(d, 0) + mfn_alm_demands_load_mbps(d, 1) == 100);
    assert_int_equal(mfn_alm_demands_balance(d, 100, NULL), BASE_OK);
    assert_true(mfn_alm_demands_utilisation_max(d, NULL) == 0.5);
    mfn_alm_demands_free(d);
    return err;
}

static base_err retry(size_t allowed)
{
    struct mfn_alm_demands *const d = full_ledger();
    struct mfn_alm_request request = demand(3, 5);
    struct mfn_alm_demand out;
    size_t count = 0, again = 0;
    request.bandwidth_mbps_min = 4500;
    assert_int_equal(mfn_alm_demands_add(d, &request, &out, NULL), BASE_OK);
    const size_t lost = out.preempted_count;
    assert_int_equal(mfn_alm_demands_release(d, out.id), BASE_OK);
    fault_left = allowed;
    const base_err err = mfn_alm_demands_retry(d, &count);
    fault_left = SIZE_MAX;
    assert_int_equal(mfn_alm_demands_retry(d, &again), BASE_OK);
    if (err == BASE_OK)
        assert_true(count > 0 && count <= lost && again == 0);
    mfn_alm_demands_free(d);
    return err;
}

static base_err new_recover(size_t allowed)
{
    struct mfn_alm_recover *r = NULL;
    struct base_why why = { 0 };
    fault_left = allowed;
    const base_err err = mfn_alm_recover_new(graph, &r, &why);
    fault_left = SIZE_MAX;
    assert_true((r != NULL) == (err == BASE_OK));
    assert_int_equal(why.err, err);
    mfn_alm_recover_free(r);
    return err;
}

static base_err protect(size_t allowed)
{
    const struct mfn_alm_fault fault = { 0, MFN_ALM_NONE };
    struct mfn_alm_recover *r = NULL;
    struct mfn_alm_protection p = { .pair_count = 77 };
    struct mfn_alm_recovered out;
    uint32_t nodes[NODES];
    assert_int_equal(mfn_alm_recover_new(graph, &r, NULL), BASE_OK);
    fault_left = allowed;
    const base_err err = mfn_alm_recover_protect(r, &p, NULL);
    assert_true((p.pair_count == 77) == (err != BASE_OK));
    fault_left = 0; /* neither allocates */
    assert_int_equal(mfn_alm_recover_fail(r, &fault, 1, NULL), BASE_OK);
    for (uint32_t i = 2; i < NODES; i++)
        assert_int_equal(mfn_alm_recover_route(r, MFN_ALM_RECOVERY_FAST, 1, i, nodes, NODES, &out),
                         BASE_OK);
    fault_left = SIZE_MAX;
    assert_int_equal(mfn_alm_recover_protect(r, &p, NULL), BASE_OK);
    assert_true(p.node_count > 0 && p.pair_count > NODES);
    mfn_alm_recover_free(r);
    return err;
}

static base_err recompute(size_t allowed)
{
    const struct mfn_alm_fault fault = { 4, MFN_ALM_NONE };
    struct mfn_alm_recover *r = NULL;
    struct mfn_alm_recovered out;
    uint32_t nodes[NODES];
    assert_int_equal(mfn_alm_recover_new(graph, &r, NULL), BASE_OK);
    assert_int_equal(mfn_alm_recover_fail(r, &fault, 1, NULL), BASE_OK);
    fault_left = allowed;
    const base_err err = mfn_alm_recover_recompute(r, NULL);
    fault_left = SIZE_MAX;
    assert_int_equal(mfn_alm_recover_recompute(r, NULL), BASE_OK);
    for (uint32_t i = 5; i < NODES; i++) {
        assert_int_equal(
            mfn_alm_recover_route(r, MFN_ALM_RECOVERY_GLOBAL, 3, i, nodes, NODES, &out), BASE_OK);
        for (size_t k = 0; k < out.node_count; k++)
            assert_int_not_equal(nodes[k], 4);
    }
    mfn_alm_recover_free(r);
    return err;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        base_err (*run)(size_t allowed);
        size_t least; /* allocations that there are at least */
    } rows[] = {
        { "constrain", new_constrain, 30 },
        { "find", find_allocates_nothing, 0 },
        { "demands", new_demands, 38 },
        { "add", add_demand, 4 },
        { "add many", add_many, DEMANDS / 2 },
        { "balance", balance, 2 },
        { "retry", retry, 1 },
        { "recover", new_recover, 50 },
        { "protect", protect, 3 },
        { "recompute", recompute, 2 },
    };
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
    graph = alm_twin_drawn(edges, EDGES, NODES, ALM_TWIN_ANY);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    mfn_alm_graph_free(graph);
    return failed;
}
