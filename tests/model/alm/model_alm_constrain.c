/* model_alm_constrain.c - paths within limits against trying all paths of small graphs.
 *
 *   model_alm_constrain [TIMES]    TIMES the usual number of graphs
 *
 * SEED in the environment repeats a run. */
#include "alm_twin.h"

#include <mfn/alm_constrain.h>

enum { GRAPHS = 10000, QUESTIONS = 6, NODES_MAX = 8, EDGES_MAX = 26, WAYS_MAX = 20000 };

static uint64_t seed;
static unsigned times = 1;

/* One loopless path, by its values. */
struct way {
    double weight; /* without preferences */
    double latency, unreliability, cost, bandwidth;
    double preferred; /* weight with preferences */
    uint32_t hops;
    bool is_avoiding;
};

struct twin {
    struct mfn_alm_edge edges[EDGES_MAX];
    size_t edge_count;
    uint32_t node_count;
    struct mfn_alm_request request;
    double weights[EDGES_MAX]; /* by the metric asked */
    bool is_used[NODES_MAX];
    struct way ways[WAYS_MAX];
    size_t way_count;
};

static struct twin twin;

static bool is_listed(const uint32_t *nodes, uint32_t count, uint32_t node)
{
    for (uint32_t i = 0; i < count; i++)
        if (nodes[i] == node)
            return true;
    return false;
}

static double weight_of(const struct mfn_alm_edge *e, enum mfn_alm_metric metric)
{
    double most[4] = { 0 };
    const double part[4] = { 0.4, 0.3, 0.2, 0.1 };
    const double own[4] = { e->latency_ms, 1 / e->bandwidth_mbps, -log(e->reliability), e->cost };
    if (metric != MFN_ALM_MIX)
        return own[metric];
    for (size_t i = 0; i < twin.edge_count; i++) {
        const struct mfn_alm_edge *const o = &twin.edges[i];
        const double values[4] = { o->latency_ms, 1 / o->bandwidth_mbps, -log(o->reliability),
                                   o->cost };
        for (int k = 0; k < 4; k++)
            most[k] = fmax(most[k], values[k]);
    }
    double sum = 0;
    for (int k = 0; k < 4; k++)
        sum += most[k] > 0 ? part[k] * own[k] / most[k] : 0;
    return sum;
}

static void try_all(uint32_t at, struct way so_far)
{
    const struct mfn_alm_request *const r = &twin.request;
    if (at == r->to && twin.way_count < WAYS_MAX)
        twin.ways[twin.way_count++] = so_far;
    if (at == r->to || twin.way_count == WAYS_MAX)
        return;
    twin.is_used[at] = true;
    for (size_t i = 0; i < twin.edge_count; i++) {
        const struct mfn_alm_edge *const e = &twin.edges[i];
        struct way next = so_far;
        if (e->from != at || twin.is_used[e->to] || e->to == at)
            continue;
        const double factor = !is_listed(r->prefer, r->prefer_count, e->to) ? 1
                              : r->prefer_factor > 0                        ? r->prefer_factor
                                                                            : 0.5;
        next.weight += twin.weights[i];
        next.preferred += twin.weights[i] * factor;
        next.latency += e->latency_ms;
        next.unreliability -= log(e->reliability);
        next.cost += e->cost;
        next.bandwidth = fmin(next.bandwidth, e->bandwidth_mbps);
        next.hops++;
        next.is_avoiding &= !is_listed(r->avoid, r->avoid_count, e->to);
        try_all(e->to, next);
    }
    twin.is_used[at] = false;
}

static bool is_within(double value, double limit)
{
    return value <= limit * (1 + 1e-9);
}

/* The limits that a path breaks, each a bit in the order of the reasons. */
static unsigned broken(const struct way *w)
{
    const struct mfn_alm_request *const r = &twin.request;
    unsigned bits = 0;
    bits |= w->is_avoiding ? 0 : 1u << MFN_ALM_REASON_AVOID;
    bits |= w->bandwidth >= r->bandwidth_mbps_min ? 0 : 1u << MFN_ALM_REASON_BANDWIDTH;
    if (r->latency_ms_max > 0 && !is_within(w->latency, r->latency_ms_max))
        bits |= 1u << MFN_ALM_REASON_LATENCY;
    if (r->reliability_min > 0 && !is_within(w->unreliability, -log(r->reliability_min)))
        bits |= 1u << MFN_ALM_REASON_RELIABILITY;
    if (r->cost_max > 0 && !is_within(w->cost, r->cost_max))
        bits |= 1u << MFN_ALM_REASON_COST;
    if (r->hop_max > 0 && w->hops > r->hop_max)
        bits |= 1u << MFN_ALM_REASON_HOPS;
    return bits;
}

/* Is there a path that keeps at least these? */
static bool can_keep(unsigned bits)
{
    for (size_t i = 0; i < twin.way_count; i++)
        if ((broken(&twin.ways[i]) & bits) == 0)
            return true;
    return false;
}

static enum mfn_alm_reason reason_of(void)
{
    const unsigned barred = 1u << MFN_ALM_REASON_AVOID | 1u << MFN_ALM_REASON_BANDWIDTH;
    if (twin.way_count == 0)
        return MFN_ALM_REASON_PATH;
    if (!can_keep(1u << MFN_ALM_REASON_AVOID))
        return MFN_ALM_REASON_AVOID;
    if (!can_keep(barred))
        return MFN_ALM_REASON_BANDWIDTH;
    for (unsigned i = MFN_ALM_REASON_LATENCY; i <= MFN_ALM_REASON_HOPS; i++)
        if (!can_keep(barred | 1u << i))
            return (enum mfn_alm_reason)i;
    return MFN_ALM_REASON_TOGETHER;
}

/* The least weight within all limits; INFINITY when there is none. */
static double best(void)
{
    double least = INFINITY;
    for (size_t i = 0; i < twin.way_count; i++)
        if (broken(&twin.ways[i]) == 0)
            least = fmin(least, twin.ways[i].preferred);
    return least;
}

static bool is_same(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b)) + 1e-300;
}

/* The answer is a loopless path whose values are what it says, within the limits. */
static void check_way(const struct mfn_alm_way *way)
{
    const struct mfn_alm_request *const r = &twin.request;
    struct way sums = { .bandwidth = INFINITY, .is_avoiding = true };
    bool is_seen[NODES_MAX] = { false };
    assert_int_equal(way->nodes[0], r->from);
    assert_int_equal(way->nodes[way->hop_count], r->to);
    for (uint32_t i = 0; i <= way->hop_count; i++) {
        assert_false(is_seen[way->nodes[i]]);
        is_seen[way->nodes[i]] = true;
    }
    for (uint32_t i = 0; i < way->hop_count; i++) {
        assert_true(way->edges[i] < twin.edge_count);
        const struct mfn_alm_edge *const e = &twin.edges[way->edges[i]];
        assert_int_equal(e->from, way->nodes[i]);
        assert_int_equal(e->to, way->nodes[i + 1]);
        sums.latency += e->latency_ms;
        sums.unreliability -= log(e->reliability);
        sums.cost += e->cost;
        sums.bandwidth = fmin(sums.bandwidth, e->bandwidth_mbps);
        sums.hops++;
        sums.is_avoiding &= !is_listed(r->avoid, r->avoid_count, e->to);
    }
    assert_int_equal(broken(&sums), 0);
    assert_true(is_same(way->latency_ms, sums.latency) && is_same(way->cost, sums.cost));
    assert_true(is_same(way->reliability, exp(-sums.unreliability)));
    assert_true(way->hop_count == 0 ? isinf(way->bandwidth_mbps)
                                    : is_same(way->bandwidth_mbps, sums.bandwidth));
}

static void random_nodes(struct base_rng *rng, uint32_t *nodes, uint32_t *count)
{
    *count = base_rng_below(rng, 3) > 0 ? 0 : (uint32_t)base_rng_below(rng, 3);
    for (uint32_t i = 0; i < *count; i++)
        nodes[i] = (uint32_t)base_rng_below(rng, twin.node_count);
}

/* Limits near what some path has, or just that. */
static double random_limit(struct base_rng *rng, double value)
{
    if (base_rng_below(rng, 2) == 0)
        return 0;
    return base_rng_below(rng, 2) == 0 ? value : value * (0.7 + 0.6 * base_rng_uniform(rng));
}

static void random_request(struct base_rng *rng)
{
    struct mfn_alm_request *const r = &twin.request;
    *r = (struct mfn_alm_request){
        .from = (uint32_t)base_rng_below(rng, twin.node_count),
        .to = (uint32_t)base_rng_below(rng, twin.node_count),
        .metric = (enum mfn_alm_metric)base_rng_below(rng, MFN_ALM_METRIC_COUNT),
        .prefer_factor = base_rng_below(rng, 2) == 0 ? 0 : base_rng_uniform(rng),
    };
    random_nodes(rng, r->avoid, &r->avoid_count);
    random_nodes(rng, r->prefer, &r->prefer_count);
    for (uint32_t i = r->avoid_count; i-- > 0;)
        if (r->avoid[i] == r->from || r->avoid[i] == r->to)
            r->avoid[i] = r->avoid[--r->avoid_count];
    for (size_t i = 0; i < twin.edge_count; i++)
        twin.weights[i] = weight_of(&twin.edges[i], r->metric);
    twin.way_count = 0;
    try_all(r->from, (struct way){ .bandwidth = INFINITY, .is_avoiding = true });
    if (twin.way_count == 0)
        return;
    const struct way *const some = &twin.ways[base_rng_below(rng, twin.way_count)];
    r->latency_ms_max = random_limit(rng, some->latency);
    r->cost_max = random_limit(rng, some->cost);
    r->reliability_min = fmin(1, random_limit(rng, exp(-some->unreliability)));
    r->hop_max = base_rng_below(rng, 3) == 0 ? some->hops : 0;
    if (base_rng_below(rng, 2) == 0 && isfinite(some->bandwidth))
        r->bandwidth_mbps_min = some->bandwidth;
    if (base_rng_below(rng, 16) == 0)
        r->reliability_min = 1;
}

static void random_edges(struct base_rng *rng)
{
    const enum alm_twin_weights kind = (enum alm_twin_weights)base_rng_below(rng, ALM_TWIN_KINDS);
    twin.node_count = 1 + (uint32_t)base_rng_below(rng, NODES_MAX);
    twin.edge_count = base_rng_below(rng, EDGES_MAX + 1);
    alm_twin_edges(rng, twin.edges, twin.edge_count, twin.node_count, kind);
    for (size_t i = 0; i < twin.edge_count; i++) {
        twin.edges[i].bandwidth_mbps = nearbyint(twin.edges[i].bandwidth_mbps);
        if (kind == ALM_TWIN_EQUAL || kind == ALM_TWIN_WHOLE)
            twin.edges[i].cost = nearbyint(twin.edges[i].cost);
        if (base_rng_below(rng, 4) == 0)
            twin.edges[i].reliability = 1;
    }
}

/* proven, all: counted for the report. */
static void ask(struct base_rng *rng, struct mfn_alm_constrain *c, bool is_short, size_t *found,
                size_t *by_labels)
{
    struct mfn_alm_way way;
    struct base_why why = { 0 };
    random_request(rng);
    if (twin.way_count == WAYS_MAX)
        return;
    const double least = best();
    const base_err err = mfn_alm_constrain_find(c, &twin.request, &way, &why);
    if (err == BASE_EFULL && is_short) {
        assert_int_equal(mfn_alm_constrain_reason(c), MFN_ALM_REASON_LABELS);
        return;
    }
    if (isinf(least)) {
        if (err != BASE_ENOTFOUND)
            fail_msg("found what is not there: %s", why.text);
        assert_int_equal(mfn_alm_constrain_reason(c), reason_of());
        return;
    }
    if (err != BASE_OK)
        fail_msg("%s", why.text);
    check_way(&way);
    if (!way.is_proven) {
        assert_true(is_short && way.weight >= least * (1 - 1e-9));
        assert_true(way.weight_least <= least * (1 + 1e-9));
        return;
    }
    assert_true(is_same(way.weight, least) && way.weight == way.weight_least);
    ++*found;
    *by_labels += way.label_count > 0;
}

static void run(uint64_t my_seed, bool is_short)
{
    struct base_rng rng;
    size_t found = 0, by_labels = 0;
    base_rng_init(&rng, my_seed);
    for (unsigned n = 0; n < GRAPHS * times; n++) {
        struct mfn_alm_constrain *c = NULL;
        struct base_why why = { 0 };
        random_edges(&rng);
        const size_t labels = is_short ? 1 + base_rng_below(&rng, 6) : 0;
        if (mfn_alm_constrain_new(twin.edges, twin.edge_count, twin.node_count, NULL, labels, &c,
                                  &why) != BASE_OK)
            fail_msg("%s", why.text);
        for (int i = 0; i < QUESTIONS; i++)
            ask(&rng, c, is_short, &found, &by_labels);
        mfn_alm_constrain_free(c);
    }
    printf("%u graphs, %zu paths found, %zu of them by labels\n", GRAPHS * times, found, by_labels);
    assert_true(by_labels > GRAPHS * times / 40);
}

static void answers_are_those_of_trying_all(void **state)
{
    (void)state;
    run(seed, false);
}

static void with_few_labels_it_says_so(void **state)
{
    (void)state;
    run(seed + 1, true);
}

int main(int count, char **args)
{
    seed = alm_twin_seed();
    if (count > 1)
        times = (unsigned)strtoul(args[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_those_of_trying_all),
        cmocka_unit_test(with_few_labels_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
