/* model_alm_routes.c - random changes of a topology: after each the table equals one that plain
 * relaxation makes anew, in every form of the loops.
 *
 *   model_alm_routes [TIMES]    TIMES the usual number of changes: 10 makes 10000 in each form
 *
 * SEED in the environment repeats a run. */
#include "alm_twin.h"

#include "alm_routes_internal.h"

enum {
    TABLES = 40,
    BATCHES = 20,
    NODES_MAX = 70,
    EDGES_MAX = 300,
    BATCH_MAX = 12,
    CHANGES = 10000
};

static uint64_t seed;
static unsigned times = 1;

/* The naive twin: a matrix of weights, 0 where there is no arc. */
struct twin {
    uint32_t nodes;
    uint32_t weights[NODES_MAX][NODES_MAX];
    uint64_t distances[NODES_MAX][NODES_MAX];
};

static void twin_solve(struct twin *twin)
{
    for (uint32_t u = 0; u < twin->nodes; u++)
        for (uint32_t v = 0; v < twin->nodes; v++)
            twin->distances[u][v] = u == v                     ? 0
                                    : twin->weights[u][v] == 0 ? MFN_ALM_FAR
                                                               : twin->weights[u][v];
    for (uint32_t k = 0; k < twin->nodes; k++)
        for (uint32_t u = 0; u < twin->nodes; u++)
            for (uint32_t v = 0; v < twin->nodes; v++) {
                const uint64_t a = twin->distances[u][k], b = twin->distances[k][v];
                if (a != MFN_ALM_FAR && b != MFN_ALM_FAR && a + b < twin->distances[u][v])
                    twin->distances[u][v] = a + b;
            }
}

static uint32_t twin_next(const struct twin *twin, uint32_t from, uint32_t to)
{
    if (from == to || twin->distances[from][to] == MFN_ALM_FAR)
        return MFN_ALM_NONE;
    for (uint32_t v = 0; v < twin->nodes; v++)
        if (twin->weights[from][v] > 0 && twin->distances[v][to] != MFN_ALM_FAR &&
            twin->weights[from][v] + twin->distances[v][to] == twin->distances[from][to])
            return v;
    return MFN_ALM_NONE - 1; /* equals nothing */
}

static void check(struct twin *twin, const struct mfn_alm_routes *r)
{
    twin_solve(twin);
    for (uint32_t u = 0; u < twin->nodes; u++)
        for (uint32_t i = 0; i < r->target_count; i++) {
            const uint32_t v = r->targets[i];
            assert_true(mfn_alm_routes_distance(r, u, v) == twin->distances[u][v]);
            assert_int_equal(mfn_alm_routes_next(r, u, v), twin_next(twin, u, v));
        }
}

/* What the table says an arc weighs, after checking that there is one where there should be. */
static void twin_learn(struct twin *twin, const struct mfn_alm_routes *r,
                       const struct mfn_alm_change *change)
{
    const uint32_t weight = mfn_alm_routes_weight(r, change->from, change->to);
    if (change->is_removed) {
        assert_int_equal(weight, 0);
    } else {
        const double quanta = nearbyint(change->weight / mfn_alm_routes_quantum(r));
        assert_true((double)weight == (quanta < 1 ? 1 : quanta));
    }
    twin->weights[change->from][change->to] = weight;
}

static void remove_node(struct base_rng *rng, struct twin *twin, struct mfn_alm_routes *r)
{
    const uint32_t node = (uint32_t)base_rng_below(rng, twin->nodes);
    assert_int_equal(mfn_alm_routes_remove_node(r, node, NULL), BASE_OK);
    for (uint32_t v = 0; v < twin->nodes; v++)
        twin->weights[node][v] = twin->weights[v][node] = 0;
}

static void change(struct base_rng *rng, struct twin *twin, struct mfn_alm_routes *r,
                   enum alm_twin_weights kind)
{
    struct mfn_alm_change changes[BATCH_MAX];
    size_t count = 0;
    const size_t wanted = 1 + base_rng_below(rng, base_rng_below(rng, 4) > 0 ? 2 : BATCH_MAX);
    while (count < wanted) {
        struct mfn_alm_change *const c = &changes[count];
        *c = (struct mfn_alm_change){ .from = (uint32_t)base_rng_below(rng, twin->nodes),
                                      .to = (uint32_t)base_rng_below(rng, twin->nodes),
                                      .is_removed = base_rng_below(rng, 3) == 0,
                                      .weight = alm_twin_weight(rng, kind) };
        if (c->from == c->to)
            continue;
        if (base_rng_below(rng, 2) == 0) { /* an arc that is there */
            for (uint32_t v = 0; v < twin->nodes; v++)
                if (twin->weights[c->from][v] > 0)
                    c->to = v;
        }
        count++;
    }
    struct base_why why = { 0 };
    if (mfn_alm_routes_change(r, changes, count, &why) != BASE_OK)
        fail_msg("%s", why.text);
    for (size_t i = 0; i < count; i++) {
        bool is_last = true;
        for (size_t k = i + 1; k < count; k++)
            is_last &= changes[k].from != changes[i].from || changes[k].to != changes[i].to;
        if (is_last)
            twin_learn(twin, r, &changes[i]);
    }
}

static struct mfn_alm_routes *random_table(struct base_rng *rng, struct twin *twin,
                                           enum alm_twin_weights kind)
{
    static struct mfn_alm_edge edges[EDGES_MAX];
    static uint32_t targets[NODES_MAX];
    twin->nodes = 2 + (uint32_t)base_rng_below(rng, NODES_MAX - 1);
    const size_t count = base_rng_below(rng, EDGES_MAX);
    alm_twin_edges(rng, edges, count, twin->nodes, kind);
    struct mfn_alm_graph *const g = alm_twin_graph(edges, count, twin->nodes, MFN_ALM_LATENCY);
    struct mfn_alm_routes_options options = { .weight_max = 1e6 };
    if (base_rng_below(rng, 2) == 0) {
        options.targets = targets;
        for (uint32_t i = 0; i < twin->nodes; i++)
            if (base_rng_below(rng, 2) == 0)
                targets[options.target_count++] = i;
    }
    struct mfn_alm_routes *r = NULL;
    assert_int_equal(mfn_alm_routes_new(g, &options, &r, NULL), BASE_OK);
    for (uint32_t u = 0; u < twin->nodes; u++)
        for (uint32_t v = 0; v < twin->nodes; v++)
            twin->weights[u][v] = mfn_alm_routes_weight(r, u, v);
    mfn_alm_graph_free(g);
    return r;
}

static void run(const struct alm_lanes_kernel *kernel)
{
    static struct twin twin;
    struct base_rng rng;
    if (kernel == NULL)
        skip();
    base_rng_init(&rng, seed);
    for (unsigned n = 0; n < TABLES * times; n++) {
        const enum alm_twin_weights kind =
            (enum alm_twin_weights)base_rng_below(&rng, ALM_TWIN_KINDS);
        struct mfn_alm_routes *const r = random_table(&rng, &twin, kind);
        check(&twin, r);
        r->kernel = kernel;
        mfn_alm_routes_rebuild(r);
        check(&twin, r);
        for (unsigned i = 0; i < BATCHES; i++) {
            if (base_rng_below(&rng, 8) == 0)
                remove_node(&rng, &twin, r);
            else
                change(&rng, &twin, r, kind);
            check(&twin, r);
        }
        mfn_alm_routes_free(r);
    }
    printf("%s: %u batches of changes\n", kernel->name, TABLES * BATCHES * times);
}

/* One table lives through all changes, so that whatever a repair leaves behind adds up. */
static void ten_thousand_changes_of_one_table(void **state)
{
    static struct twin twin;
    struct base_rng rng;
    (void)state;
    base_rng_init(&rng, seed + 1);
    struct mfn_alm_routes *const r = random_table(&rng, &twin, ALM_TWIN_WHOLE);
    for (unsigned i = 0; i < CHANGES * times; i++) {
        if (base_rng_below(&rng, 200) == 0)
            remove_node(&rng, &twin, r);
        else
            change(&rng, &twin, r, ALM_TWIN_WHOLE);
        if (i % 100 == 99)
            check(&twin, r);
    }
    printf("%u nodes, %u batches of changes of one table\n", twin.nodes, CHANGES * times);
    mfn_alm_routes_free(r);
}

static void plain(void **state)
{
    (void)state;
    run(alm_lanes_plain());
}

static void avx2(void **state)
{
    (void)state;
    run(alm_lanes_avx2());
}

static void avx512(void **state)
{
    (void)state;
    run(alm_lanes_avx512());
}

int main(int count, char **args)
{
    seed = alm_twin_seed();
    if (count > 1)
        times = (unsigned)strtoul(args[1], NULL, 10);
    const struct CMUnitTest tests[] = { cmocka_unit_test(plain), cmocka_unit_test(avx2),
                                        cmocka_unit_test(avx512),
                                        cmocka_unit_test(ten_thousand_changes_of_one_table) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
