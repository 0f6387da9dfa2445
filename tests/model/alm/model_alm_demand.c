/* model_alm_demand.c - random demands: loads are those of the paths, nothing is too full, only
 * lesser demands give way, and what is refused did not fit. Then: fuller or emptier than plain
 * shortest paths?
 *
 *   model_alm_demand [TIMES]    TIMES the usual number of operations
 *
 * SEED in the environment repeats a run. */
#include "alm_twin.h"

#include "alm_demand_internal.h"

#include <mfn/alm_search.h>

enum {
    LEDGERS = 300,
    OPERATIONS = 150,
    NODES_MAX = 14,
    EDGES_MAX = 60,
    DEMANDS_MAX = 256,
    BATCH_MAX = 6,
    MESHES = 40,
    MESH_NODES = 40,
    MESH_DEMANDS = 60,
};

static uint64_t seed;
static unsigned times = 1;

/* What the ledger said of each demand, by id, to see who is touched. */
struct carried {
    bool is_used, is_carried;
    uint32_t priority;
    double load[EDGES_MAX];
};

struct twin {
    struct mfn_alm_edge edges[EDGES_MAX];
    size_t edge_count;
    uint32_t node_count;
    bool is_preemptive;
    struct carried demands[DEMANDS_MAX];
    size_t count;
};

static struct twin twin, old;

static uint32_t priority_of(const struct mfn_alm_request *r)
{
    return r->priority == 0 ? 1 : r->priority;
}

/* One path of a demand is a path, within the limits of its request. */
static void check_path(const struct mfn_alm_request *r, const struct mfn_alm_demand_path *path)
{
    double latency = 0, cost = 0, unreliability = 0;
    uint32_t at = r->from;
    for (uint32_t i = 0; i < path->hop_count; i++) {
        assert_true(path->edges[i] < twin.edge_count);
        const struct mfn_alm_edge *const e = &twin.edges[path->edges[i]];
        assert_int_equal(e->from, at);
        at = e->to;
        latency += e->latency_ms;
        cost += e->cost;
        unreliability -= log(e->reliability);
        for (uint32_t k = 0; k < r->avoid_count; k++)
            assert_int_not_equal(at, r->avoid[k]);
    }
    assert_int_equal(at, r->to);
    assert_true(path->hop_count < twin.node_count);
    assert_true(r->latency_ms_max == 0 || latency <= r->latency_ms_max * (1 + 2e-9));
    assert_true(r->cost_max == 0 || cost <= r->cost_max * (1 + 2e-9));
    assert_true(r->hop_max == 0 || path->hop_count <= r->hop_max);
    assert_true(r->reliability_min == 0 ||
                unreliability <= -log(r->reliability_min) * (1 + 2e-9) + 1e-12);
}

/* Learn a demand from the ledger, and check it. */
static void learn(const struct mfn_alm_demands *d, uint32_t id)
{
    struct carried *const c = &twin.demands[id];
    struct mfn_alm_demand demand;
    struct mfn_alm_demand_path path;
    *c = (struct carried){ 0 };
    if (mfn_alm_demands_get(d, id, &demand) != BASE_OK)
        return;
    c->is_used = true;
    c->is_carried = demand.path_count > 0;
    c->priority = priority_of(&demand.request);
    twin.count++;
    assert_int_equal(demand.state, demand.path_count == 0   ? MFN_ALM_DEMAND_PREEMPTED
                                   : demand.path_count == 1 ? MFN_ALM_DEMAND_PLACED
                                                            : MFN_ALM_DEMAND_SPLIT);
    double sum = 0;
    for (uint32_t i = 0; i < demand.path_count; i++) {
        assert_int_equal(mfn_alm_demands_path(d, id, i, &path), BASE_OK);
        assert_true(path.bandwidth_mbps > 0);
        check_path(&demand.request, &path);
        sum += path.bandwidth_mbps;
        for (uint32_t k = 0; k < path.hop_count; k++)
            c->load[path.edges[k]] += path.bandwidth_mbps;
    }
    assert_true(!c->is_carried || fabs(sum - demand.request.bandwidth_mbps_min) < 1e-5);
}

/* Loads by demands of a priority and more are kept to the bit. */
static void check_levels(const struct mfn_alm_demands *d, size_t edge)
{
    for (uint32_t p = 1; p <= MFN_ALM_PRIORITY_MAX && d->arcs[edge] != MFN_ALM_NONE; p++) {
        double load = 0;
        for (uint32_t id = 0; id < DEMANDS_MAX; id++)
            load += twin.demands[id].priority >= p ? twin.demands[id].load[edge] : 0;
        assert_true((double)d->loads[p][d->arcs[edge]] == nearbyint(load * 1e6));
    }
}

/* Everything that is true at all times. */
static void check(const struct mfn_alm_demands *d)
{
    double most = 0;
    twin.count = 0;
    for (uint32_t id = 0; id < DEMANDS_MAX; id++)
        learn(d, id);
    assert_int_equal(twin.count, mfn_alm_demands_count(d));
    for (size_t i = 0; i < twin.edge_count; i++) {
        double load = 0;
        for (uint32_t id = 0; id < DEMANDS_MAX; id++)
            load += twin.demands[id].load[i];
        assert_true(fabs(load - mfn_alm_demands_load_mbps(d, i)) < 1e-5);
        check_levels(d, i);
        assert_true(mfn_alm_demands_utilisation(d, i) <= 1);
        most = fmax(most, mfn_alm_demands_utilisation(d, i));
    }
    size_t edge = 0;
    assert_true(mfn_alm_demands_utilisation_max(d, &edge) == most);
    assert_true(twin.edge_count == 0 || mfn_alm_demands_utilisation(d, edge) == most);
}

static bool is_touched(uint32_t id)
{
    return memcmp(&old.demands[id], &twin.demands[id], sizeof(struct carried)) != 0;
}

/* Could it have been placed on one path, going by bandwidth alone, with only demands of that
 * priority and more in the way? As it was before. */
static bool fits(const struct mfn_alm_request *r, uint32_t least_priority)
{
    bool is_reached[NODES_MAX] = { false };
    is_reached[r->from] = true;
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (size_t i = 0; i < twin.edge_count; i++) {
            const struct mfn_alm_edge *const e = &twin.edges[i];
            double load = r->bandwidth_mbps_min;
            for (uint32_t id = 0; id < DEMANDS_MAX; id++)
                load += old.demands[id].priority >= least_priority ? old.demands[id].load[i] : 0;
            if (is_reached[e->from] && !is_reached[e->to] && load <= e->bandwidth_mbps - 1e-4)
                is_reached[e->to] = is_changed = true;
        }
    }
    return is_reached[r->to];
}

static void random_request(struct base_rng *rng, struct mfn_alm_request *r)
{
    *r = (struct mfn_alm_request){
        .from = (uint32_t)base_rng_below(rng, twin.node_count),
        .to = (uint32_t)base_rng_below(rng, twin.node_count),
        .metric = (enum mfn_alm_metric)base_rng_below(rng, MFN_ALM_METRIC_COUNT),
        .priority = (uint32_t)base_rng_below(rng, MFN_ALM_PRIORITY_MAX + 1),
        .bandwidth_mbps_min = base_rng_below(rng, 2) == 0 ? 1 + (double)base_rng_below(rng, 2000)
                                                          : 0.001 + 3000 * base_rng_uniform(rng),
    };
    if (base_rng_below(rng, 3) > 0)
        return;
    r->latency_ms_max = base_rng_below(rng, 2) == 0 ? 0 : 200 * base_rng_uniform(rng);
    r->cost_max = base_rng_below(rng, 2) == 0 ? 0 : 200 * base_rng_uniform(rng);
    r->hop_max = (uint32_t)base_rng_below(rng, 5);
    r->reliability_min = base_rng_below(rng, 2) == 0 ? 0 : 0.8 + 0.2 * base_rng_uniform(rng);
    r->avoid[0] = (uint32_t)base_rng_below(rng, twin.node_count);
    r->avoid_count = r->avoid[0] != r->from && r->avoid[0] != r->to;
}

static bool is_unlimited(const struct mfn_alm_request *r)
{
    return r->latency_ms_max == 0 && r->cost_max == 0 && r->hop_max == 0 &&
           r->reliability_min == 0 && r->avoid_count == 0;
}

static void add(struct base_rng *rng, struct mfn_alm_demands *d)
{
    struct mfn_alm_request request;
    struct mfn_alm_demand out = { 0 };
    struct base_why why = { 0 };
    random_request(rng, &request);
    const uint32_t priority = priority_of(&request);
    if (mfn_alm_demands_add(d, &request, &out, &why) != BASE_OK)
        fail_msg("%s", why.text);
    check(d);
    uint32_t lost = 0;
    for (uint32_t id = 0; id < DEMANDS_MAX; id++) {
        if (id == out.id || !is_touched(id))
            continue;
        assert_true(twin.is_preemptive && out.state == MFN_ALM_DEMAND_PLACED);
        assert_true(old.demands[id].priority < priority);
        lost += old.demands[id].is_carried && !twin.demands[id].is_carried;
    }
    assert_int_equal(lost, out.preempted_count);
    if (out.state == MFN_ALM_DEMAND_REFUSED) {
        assert_int_not_equal(out.reason, MFN_ALM_REASON_NONE);
        if (is_unlimited(&request))
            assert_false(fits(&request, twin.is_preemptive ? priority : 1));
        return;
    }
    assert_int_equal(out.reason, MFN_ALM_REASON_NONE);
    assert_true(twin.demands[out.id].is_carried && !old.demands[out.id].is_used);
}

static void add_all(struct base_rng *rng, struct mfn_alm_demands *d)
{
    struct mfn_alm_request requests[BATCH_MAX];
    struct mfn_alm_demand out[BATCH_MAX], now;
    const size_t count = base_rng_below(rng, BATCH_MAX + 1);
    for (size_t i = 0; i < count; i++)
        random_request(rng, &requests[i]);
    assert_int_equal(mfn_alm_demands_add_all(d, requests, count, out, NULL), BASE_OK);
    check(d);
    for (size_t i = 0; i < count; i++) {
        assert_memory_equal(&out[i].request, &requests[i], sizeof requests[i]);
        if (out[i].state == MFN_ALM_DEMAND_REFUSED)
            continue;
        assert_int_equal(mfn_alm_demands_get(d, out[i].id, &now), BASE_OK);
        assert_int_equal(now.state, out[i].state);
    }
}

static void release(struct base_rng *rng, struct mfn_alm_demands *d)
{
    const uint32_t id = (uint32_t)base_rng_below(rng, DEMANDS_MAX);
    assert_int_equal(mfn_alm_demands_release(d, id),
                     twin.demands[id].is_used ? BASE_OK : BASE_ENOTFOUND);
    check(d);
    for (uint32_t i = 0; i < DEMANDS_MAX; i++)
        assert_true(i == id ? !twin.demands[i].is_used : !is_touched(i));
}

static void retry(struct mfn_alm_demands *d)
{
    size_t count = 0, expected = 0;
    assert_int_equal(mfn_alm_demands_retry(d, &count), BASE_OK);
    check(d);
    for (uint32_t id = 0; id < DEMANDS_MAX; id++) {
        assert_true(!old.demands[id].is_carried || !is_touched(id));
        expected += !old.demands[id].is_carried && twin.demands[id].is_carried;
    }
    assert_int_equal(count, expected);
}

static void balance(struct base_rng *rng, struct mfn_alm_demands *d)
{
    size_t count = 0;
    const double before = mfn_alm_demands_utilisation_max(d, NULL);
    const size_t most = base_rng_below(rng, 10);
    assert_int_equal(mfn_alm_demands_balance(d, most, &count), BASE_OK);
    check(d);
    assert_true(count <= most);
    assert_true(mfn_alm_demands_utilisation_max(d, NULL) <= before);
    for (uint32_t id = 0; id < DEMANDS_MAX; id++)
        assert_true(old.demands[id].is_carried == twin.demands[id].is_carried);
}

static void operate(struct base_rng *rng, struct mfn_alm_demands *d)
{
    old = twin;
    if (twin.count + BATCH_MAX >= DEMANDS_MAX / 2) {
        for (uint32_t id = 0; id < DEMANDS_MAX; id++)
            if (twin.demands[id].is_used)
                assert_int_equal(mfn_alm_demands_release(d, id), BASE_OK);
        check(d);
        return;
    }
    switch (base_rng_below(rng, 8)) {
    case 0:
        add_all(rng, d);
        break;
    case 1:
        retry(d);
        break;
    case 2:
        balance(rng, d);
        break;
    case 3:
        release(rng, d);
        break;
    default:
        add(rng, d);
    }
}

static struct mfn_alm_demands *random_ledger(struct base_rng *rng)
{
    struct mfn_alm_demands *d = NULL;
    twin = (struct twin){ .node_count = 1 + (uint32_t)base_rng_below(rng, NODES_MAX),
                          .edge_count = base_rng_below(rng, EDGES_MAX),
                          .is_preemptive = base_rng_below(rng, 2) == 0 };
    alm_twin_edges(rng, twin.edges, twin.edge_count, twin.node_count,
                   (enum alm_twin_weights)base_rng_below(rng, ALM_TWIN_KINDS));
    const struct mfn_alm_demands_options options = {
        .is_preemptive = twin.is_preemptive,
        .path_max = (uint32_t)base_rng_below(rng, 6),
        .label_max = base_rng_below(rng, 4) == 0 ? 1 + base_rng_below(rng, 20) : 0,
    };
    assert_int_equal(
        mfn_alm_demands_new(twin.edges, twin.edge_count, twin.node_count, NULL, &options, &d, NULL),
        BASE_OK);
    return d;
}

static void random_operations(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (unsigned n = 0; n < LEDGERS * times; n++) {
        struct mfn_alm_demands *const d = random_ledger(&rng);
        for (unsigned i = 0; i < OPERATIONS; i++)
            operate(&rng, d);
        for (uint32_t id = 0; id < DEMANDS_MAX; id++)
            if (twin.demands[id].is_used)
                assert_int_equal(mfn_alm_demands_release(d, id), BASE_OK);
        check(d);
        assert_int_equal(mfn_alm_demands_count(d), 0);
        for (size_t i = 0; i < twin.edge_count; i++)
            assert_true(mfn_alm_demands_load_mbps(d, i) == 0);
        mfn_alm_demands_free(d);
    }
    printf("%u operations\n", LEDGERS * OPERATIONS * times);
}

/* A mesh of links both ways: a ring with chords. */
static size_t random_mesh(struct base_rng *rng, struct mfn_alm_edge *edges)
{
    size_t count = 0;
    for (uint32_t i = 0; i < 3 * MESH_NODES; i++) {
        const uint32_t from = i % MESH_NODES;
        const uint32_t to =
            i < MESH_NODES ? (from + 1) % MESH_NODES : (uint32_t)base_rng_below(rng, MESH_NODES);
        const double latency = 1 + 9 * base_rng_uniform(rng);
        edges[count++] = (struct mfn_alm_edge){ from, to, latency, 1000, 1, 1 };
        edges[count++] = (struct mfn_alm_edge){ to, from, latency, 1000, 1, 1 };
    }
    return count;
}

/* The most that the twin's plain shortest paths load on an edge. */
static double shortest_paths_load(const struct mfn_alm_graph *g,
                                  const struct mfn_alm_request *requests, size_t count)
{
    static double loads[MESH_NODES][MESH_NODES];
    struct mfn_alm_search *s = NULL;
    uint32_t nodes[MESH_NODES];
    double most = 0;
    memset(loads, 0, sizeof loads);
    assert_int_equal(mfn_alm_search_new(g, &s), BASE_OK);
    for (size_t i = 0; i < count; i++) {
        size_t length = 0;
        mfn_alm_search_run(s, requests[i].from, MFN_ALM_FROM);
        assert_int_equal(mfn_alm_search_path(s, requests[i].to, nodes, MESH_NODES, &length),
                         BASE_OK);
        for (size_t k = 0; k + 1 < length; k++)
            most = fmax(most, loads[nodes[k]][nodes[k + 1]] += requests[i].bandwidth_mbps_min);
    }
    mfn_alm_search_free(s);
    return most / 1000;
}

/* The utilisation of the fullest edge when all is admitted; less than 0 when something is not. */
static double admit(const struct mfn_alm_edge *edges, size_t count,
                    const struct mfn_alm_demands_options *options,
                    const struct mfn_alm_request *requests, bool is_balanced)
{
    static struct mfn_alm_demand out[MESH_DEMANDS];
    struct mfn_alm_demands *d = NULL;
    bool is_all = true;
    assert_int_equal(mfn_alm_demands_new(edges, count, MESH_NODES, NULL, options, &d, NULL),
                     BASE_OK);
    assert_int_equal(mfn_alm_demands_add_all(d, requests, MESH_DEMANDS, out, NULL), BASE_OK);
    if (is_balanced)
        assert_int_equal(mfn_alm_demands_balance(d, 1000, NULL), BASE_OK);
    for (size_t i = 0; i < MESH_DEMANDS; i++)
        is_all &= out[i].state != MFN_ALM_DEMAND_REFUSED;
    const double most = mfn_alm_demands_utilisation_max(d, NULL);
    mfn_alm_demands_free(d);
    return is_all ? most : -1;
}

static void emptier_than_shortest_paths(void **state)
{
    (void)state;
    static struct mfn_alm_edge edges[6 * MESH_NODES];
    const struct mfn_alm_demands_options plain = { .is_plain = true };
    struct base_rng rng;
    double sums[3] = { 0 };
    unsigned compared = 0, lower = 0;
    base_rng_init(&rng, seed + 1);
    for (unsigned n = 0; n < MESHES * times; n++) {
        struct mfn_alm_request requests[MESH_DEMANDS];
        const size_t count = random_mesh(&rng, edges);
        for (size_t i = 0; i < MESH_DEMANDS; i++)
            requests[i] = (struct mfn_alm_request){
                .from = (uint32_t)base_rng_below(&rng, MESH_NODES),
                .to = (uint32_t)base_rng_below(&rng, MESH_NODES),
                .bandwidth_mbps_min = 10 + (double)base_rng_below(&rng, 300),
                .priority = 1 + (uint32_t)base_rng_below(&rng, MFN_ALM_PRIORITY_MAX),
            };
        struct mfn_alm_graph *const g = alm_twin_graph(edges, count, MESH_NODES, MFN_ALM_LATENCY);
        const double shortest = shortest_paths_load(g, requests, MESH_DEMANDS);
        mfn_alm_graph_free(g);
        assert_true(fabs(admit(edges, count, &plain, requests, false) - shortest) < 1e-9);
        const double placed = admit(edges, count, NULL, requests, false);
        const double balanced = admit(edges, count, NULL, requests, true);
        if (placed < 0)
            continue;
        assert_true(balanced <= placed);
        compared++;
        lower += balanced < shortest;
        sums[0] += shortest;
        sums[1] += placed;
        sums[2] += balanced;
    }
    printf("fullest edge, mean of %u meshes: shortest paths %.3f, placed %.3f, balanced %.3f; "
           "balanced is lower in %u\n",
           compared, sums[0] / compared, sums[1] / compared, sums[2] / compared, lower);
    assert_true(compared > MESHES * times / 2);
    assert_true(sums[1] <= sums[0] && sums[2] <= sums[1]);
}

int main(int count, char **args)
{
    seed = alm_twin_seed();
    if (count > 1)
        times = (unsigned)strtoul(args[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations),
        cmocka_unit_test(emptier_than_shortest_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
