/* model_alm_recover.c - random faults: every answer of all three ways is a path of what remains,
 * there is none exactly when nothing remains, and the repaired table is one made anew.
 *
 *   model_alm_recover [TIMES]    TIMES the usual number of graphs
 *
 * SEED in the environment repeats a run. */
#include "alm_twin.h"

#include <mfn/alm_recover.h>
#include <mfn/alm_routes.h>

enum { GRAPHS = 800, ROUNDS = 4, NODES_MAX = 24, EDGES_MAX = 90, FAULTS_MAX = 8 };

static uint64_t seed;
static unsigned times = 1;

/* The naive twin: a matrix of weights as the table has them, 0 where there is no arc. */
struct twin {
    uint32_t nodes;
    bool is_symmetric;
    uint32_t whole[NODES_MAX][NODES_MAX], weights[NODES_MAX][NODES_MAX];
    uint64_t distances[NODES_MAX][NODES_MAX];
    uint32_t next[NODES_MAX][NODES_MAX]; /* before any fault */
    bool is_down[NODES_MAX];
    struct mfn_alm_fault faults[FAULTS_MAX];
    size_t fault_count;
};

static struct twin twin;
static struct mfn_alm_edge edges[2 * EDGES_MAX];

static void solve(uint32_t weights[NODES_MAX][NODES_MAX], uint64_t distances[NODES_MAX][NODES_MAX])
{
    for (uint32_t u = 0; u < twin.nodes; u++)
        for (uint32_t v = 0; v < twin.nodes; v++)
            distances[u][v] = u == v ? 0 : weights[u][v] == 0 ? MFN_ALM_FAR : weights[u][v];
    for (uint32_t k = 0; k < twin.nodes; k++)
        for (uint32_t u = 0; u < twin.nodes; u++)
            for (uint32_t v = 0; v < twin.nodes; v++) {
                const uint64_t a = distances[u][k], b = distances[k][v];
                if (a != MFN_ALM_FAR && b != MFN_ALM_FAR && a + b < distances[u][v])
                    distances[u][v] = a + b;
            }
}

static bool is_cut(uint32_t from, uint32_t to)
{
    return twin.is_down[from] || twin.is_down[to];
}

/* Answers the distance; fails unless it is a loopless path of what remains. */
static uint64_t check_path(const uint32_t *nodes, const struct mfn_alm_recovered *out,
                           uint32_t from, uint32_t to)
{
    bool is_seen[NODES_MAX] = { false };
    uint64_t sum = 0;
    assert_int_equal(nodes[0], from);
    assert_int_equal(nodes[out->node_count - 1], to);
    for (size_t i = 0; i < out->node_count; i++) {
        assert_false(is_seen[nodes[i]]);
        is_seen[nodes[i]] = true;
        if (i > 0) {
            assert_int_not_equal(twin.weights[nodes[i - 1]][nodes[i]], 0);
            sum += twin.weights[nodes[i - 1]][nodes[i]];
        }
    }
    assert_true(sum == out->distance);
    return sum;
}

struct tally {
    size_t answers, backups, searches, single;
};

/* Does the fault begin at the first link of the old route? */
static bool is_at_the_fault(uint32_t from, uint32_t to)
{
    const uint32_t next = twin.next[from][to];
    return next != MFN_ALM_NONE && twin.weights[from][next] == 0;
}

static void check_way(struct mfn_alm_recover *r, enum mfn_alm_recovery way, uint32_t from,
                      uint32_t to, struct tally *tally)
{
    uint32_t nodes[NODES_MAX];
    struct mfn_alm_recovered out = { 0 };
    const uint64_t least = is_cut(from, to) ? MFN_ALM_FAR : twin.distances[from][to];
    const base_err err = mfn_alm_recover_route(r, way, from, to, nodes, NODES_MAX, &out);
    assert_int_equal(err, least == MFN_ALM_FAR ? BASE_ENOTFOUND : BASE_OK);
    if (err != BASE_OK)
        return;
    const uint64_t distance = check_path(nodes, &out, from, to);
    assert_true(distance >= least && least >= out.distance_before);
    if (out.repair == MFN_ALM_REPAIR_NONE)
        assert_true(distance == out.distance_before);
    tally->answers++;
    if (way == MFN_ALM_RECOVERY_GLOBAL)
        assert_true(distance == least && out.repair == MFN_ALM_REPAIR_TABLE);
    if (way == MFN_ALM_RECOVERY_LOCAL)
        assert_int_equal(out.backup_count, 0);
    if (way == MFN_ALM_RECOVERY_LOCAL && out.repair == MFN_ALM_REPAIR_NONE)
        assert_true(distance == least);
    if (out.repair == MFN_ALM_REPAIR_SEARCH && out.backup_count == 0 && is_at_the_fault(from, to))
        assert_true(distance == least);
    if (way != MFN_ALM_RECOVERY_FAST)
        return;
    tally->backups += out.repair == MFN_ALM_REPAIR_BACKUP;
    tally->searches += out.repair == MFN_ALM_REPAIR_SEARCH;
    if (twin.fault_count == 1 && twin.is_symmetric) { /* always survived, by one backup */
        assert_int_not_equal(out.repair, MFN_ALM_REPAIR_SEARCH);
        assert_true(out.backup_count <= 1);
        tally->single++;
    }
}

static void check_all(struct mfn_alm_recover *r, struct tally *tally)
{
    for (uint32_t from = 0; from < twin.nodes; from++)
        for (uint32_t to = 0; to < twin.nodes; to++)
            for (unsigned way = 0; way < MFN_ALM_RECOVERY_COUNT; way++)
                check_way(r, (enum mfn_alm_recovery)way, from, to, tally);
}

/* Which pairs have a backup, by taking away each link and asking again. */
static void check_protection(struct mfn_alm_recover *r, const struct mfn_alm_routes *routes)
{
    struct mfn_alm_protection p = { 0 }, expected = { 0 };
    static uint64_t distances[NODES_MAX][NODES_MAX];
    assert_int_equal(mfn_alm_recover_protect(r, &p, NULL), BASE_OK);
    for (uint32_t u = 0; u < twin.nodes; u++)
        for (uint32_t v = 0; v < twin.nodes; v++) {
            const uint32_t there = twin.weights[u][v], back = twin.weights[v][u];
            twin.weights[u][v] = twin.weights[v][u] = 0;
            solve(twin.weights, distances);
            twin.weights[u][v] = there;
            twin.weights[v][u] = back;
            for (uint32_t to = 0; to < twin.nodes; to++) {
                if (u == v || mfn_alm_routes_next(routes, u, to) != v)
                    continue;
                expected.pair_count++;
                expected.bare_count += distances[u][to] == MFN_ALM_FAR;
            }
        }
    assert_true(p.pair_count == expected.pair_count && p.bare_count == expected.bare_count);
    assert_true(p.node_count + p.link_count + p.bare_count == p.pair_count);
    assert_true(p.near_count <= p.pair_count - p.bare_count);
}

static struct mfn_alm_graph *random_graph(struct base_rng *rng)
{
    const enum alm_twin_weights kind = (enum alm_twin_weights)base_rng_below(rng, ALM_TWIN_KINDS);
    size_t count = base_rng_below(rng, EDGES_MAX);
    twin.nodes = 1 + (uint32_t)base_rng_below(rng, NODES_MAX);
    twin.is_symmetric = base_rng_below(rng, 2) == 0;
    alm_twin_edges(rng, edges, count, twin.nodes, kind);
    for (size_t i = 0; i < count && twin.is_symmetric; i++) {
        edges[count + i] = edges[i];
        edges[count + i].from = edges[i].to;
        edges[count + i].to = edges[i].from;
    }
    return alm_twin_graph(edges, twin.is_symmetric ? 2 * count : count, twin.nodes,
                          MFN_ALM_LATENCY);
}

static void take_away(uint32_t from, uint32_t to)
{
    if (to != MFN_ALM_NONE) {
        twin.weights[from][to] = twin.weights[to][from] = 0;
        return;
    }
    twin.is_down[from] = true;
    for (uint32_t i = 0; i < twin.nodes; i++)
        twin.weights[from][i] = twin.weights[i][from] = 0;
}

static void random_faults(struct base_rng *rng, struct mfn_alm_recover *r, size_t wanted)
{
    struct base_why why = { 0 };
    twin.fault_count = 0;
    for (int tries = 0; twin.fault_count < wanted && tries < 200; tries++) {
        struct mfn_alm_fault fault = { (uint32_t)base_rng_below(rng, twin.nodes),
                                       (uint32_t)base_rng_below(rng, twin.nodes) };
        if (base_rng_below(rng, 30) == 0)
            fault.to = MFN_ALM_NONE;
        else if (twin.whole[fault.from][fault.to] == 0 && twin.whole[fault.to][fault.from] == 0)
            continue;
        twin.faults[twin.fault_count++] = fault;
        take_away(fault.from, fault.to);
    }
    if (mfn_alm_recover_fail(r, twin.faults, twin.fault_count, &why) != BASE_OK)
        fail_msg("%s", why.text);
}

static void heal(struct mfn_alm_recover *r)
{
    mfn_alm_recover_heal(r);
    memcpy(twin.weights, twin.whole, sizeof twin.whole);
    memset(twin.is_down, 0, sizeof twin.is_down);
    twin.fault_count = 0;
}

static void faults_on_one_graph(struct base_rng *rng, struct tally *tally)
{
    struct mfn_alm_graph *const g = random_graph(rng);
    struct mfn_alm_recover *r = NULL;
    struct mfn_alm_routes *routes = NULL;
    assert_int_equal(mfn_alm_recover_new(g, &r, NULL), BASE_OK);
    assert_int_equal(mfn_alm_routes_new(g, NULL, &routes, NULL), BASE_OK);
    mfn_alm_graph_free(g);
    for (uint32_t u = 0; u < twin.nodes; u++)
        for (uint32_t v = 0; v < twin.nodes; v++) {
            twin.whole[u][v] = mfn_alm_routes_weight(routes, u, v);
            twin.next[u][v] = mfn_alm_routes_next(routes, u, v);
        }
    heal(r);
    if (base_rng_below(rng, 4) > 0)
        check_protection(r, routes);
    else
        twin.is_symmetric = false; /* nothing is promised of backups */
    for (int i = 0; i < ROUNDS; i++) {
        random_faults(rng, r, i == 0 ? 1 : 1 + base_rng_below(rng, FAULTS_MAX));
        if (base_rng_below(rng, 4) == 0) { /* in two steps */
            assert_int_equal(mfn_alm_recover_recompute(r, NULL), BASE_OK);
            random_faults(rng, r, 2);
            twin.fault_count = FAULTS_MAX; /* more than one */
        }
        assert_int_equal(mfn_alm_recover_recompute(r, NULL), BASE_OK);
        solve(twin.weights, twin.distances);
        check_all(r, tally);
        if (base_rng_below(rng, 3) == 0)
            heal(r);
        else
            twin.is_symmetric = false; /* faults add up */
    }
    heal(r);
    assert_int_equal(mfn_alm_recover_recompute(r, NULL), BASE_OK);
    solve(twin.weights, twin.distances);
    check_all(r, tally);
    mfn_alm_routes_free(routes);
    mfn_alm_recover_free(r);
}

static void every_answer_is_a_path_of_what_remains(void **state)
{
    (void)state;
    struct base_rng rng;
    struct tally tally = { 0 };
    base_rng_init(&rng, seed);
    for (unsigned n = 0; n < GRAPHS * times; n++)
        faults_on_one_graph(&rng, &tally);
    printf("%zu answers, fast: %zu by backups, %zu by search, %zu of single faults\n",
           tally.answers, tally.backups, tally.searches, tally.single);
    assert_true(tally.backups > 100 && tally.searches > 100 && tally.single > 100);
}

int main(int count, char **args)
{
    seed = alm_twin_seed();
    if (count > 1)
        times = (unsigned)strtoul(args[1], NULL, 10);
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_answer_is_a_path_of_what_remains) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
