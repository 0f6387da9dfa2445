/* sim_alm_balance.c - the policies in virtual time: Poisson arrivals of flows with favourites, 20
 * first-come-first-served servers with exponential service times, ten of them twice as fast and of
 * twice the weight. In the second scene one of the fast has a quarter of the speed that its weight
 * says; in the third that is so in the middle of the run only, and one server fails everything at
 * once for a while. Latencies, shares and imbalance are printed and bounded; the seed is fixed.
 *
 * Imbalance is the most any server has under way per weight, as an average over time, over the
 * mean of all: 1 is even.
 */
#include "unit.h"

#include <mfn/alm_balance.h>

#include <base/rng.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERVERS = 20, REQUESTS = 200000, UNDER_WAY_MAX = REQUESTS, SLOW = 4, BROKEN = 7 };

#define MS          1e6
#define RATE_PER_MS (0.7 * 30) /* of 30 */

enum scene { SCENE_AS_WEIGHTED, SCENE_ONE_SLOW, SCENE_TROUBLE };

struct completion {
    double at_ns;
    double started_ns;
    uint32_t server;
    bool is_good;
};

struct sim {
    enum scene scene;
    struct mfn_alm_pool *pool;
    struct base_rng rng;
    struct base_zipf flows;
    double now_ns, changed_ns[SERVERS];
    double free_at_ns[SERVERS];
    double area[SERVERS]; /* requests under way, over time */
    uint32_t active[SERVERS];
    uint64_t served[SERVERS];
    uint64_t failed;
    uint32_t under_way;
    struct completion *heap;
    double *latency_ms;
    uint32_t latency_count;
};

struct outcome {
    double mean_ms, p50_ms, p99_ms, imbalance, share_off, failed;
};

static uint32_t weight_of(uint32_t server)
{
    return server < SERVERS / 2 ? 2 : 1;
}

/* Is the run in its middle? */
static bool is_trouble(const struct sim *sim)
{
    const double end_ns = REQUESTS / RATE_PER_MS * MS;
    return sim->now_ns > 0.3 * end_ns && sim->now_ns < 0.5 * end_ns;
}

static double speed_of(const struct sim *sim, uint32_t server)
{
    const bool is_slow =
        sim->scene == SCENE_ONE_SLOW || (sim->scene == SCENE_TROUBLE && is_trouble(sim));
    return weight_of(server) * (server == SLOW && is_slow ? 0.25 : 1);
}

static void heap_push(struct sim *sim, struct completion added)
{
    uint32_t at = sim->under_way++;
    for (; at > 0 && sim->heap[(at - 1) / 2].at_ns > added.at_ns; at = (at - 1) / 2)
        sim->heap[at] = sim->heap[(at - 1) / 2];
    sim->heap[at] = added;
}

static struct completion heap_pop(struct sim *sim)
{
    const struct completion first = sim->heap[0];
    const struct completion last = sim->heap[--sim->under_way];
    uint32_t at = 0;
    for (uint32_t child = 1; child < sim->under_way; child = 2 * at + 1) {
        if (child + 1 < sim->under_way && sim->heap[child + 1].at_ns < sim->heap[child].at_ns)
            child++;
        if (sim->heap[child].at_ns >= last.at_ns)
            break;
        sim->heap[at] = sim->heap[child];
        at = child;
    }
    sim->heap[at] = last;
    return first;
}

static void count(struct sim *sim, uint32_t server, int change)
{
    sim->area[server] += sim->active[server] * (sim->now_ns - sim->changed_ns[server]);
    sim->changed_ns[server] = sim->now_ns;
    sim->active[server] += (uint32_t)change;
}

static void finish_until(struct sim *sim, double until_ns)
{
    while (sim->under_way > 0 && sim->heap[0].at_ns <= until_ns) {
        const struct completion done = heap_pop(sim);
        const double latency_ns = done.at_ns - done.started_ns;
        sim->now_ns = done.at_ns;
        count(sim, done.server, -1);
        mfn_alm_finished(sim->pool, done.server, (uint64_t)latency_ns, done.is_good,
                         (uint64_t)sim->now_ns);
        sim->failed += !done.is_good;
        if (done.is_good)
            sim->latency_ms[sim->latency_count++] = latency_ns / MS;
    }
}

static void arrive(struct sim *sim)
{
    const uint64_t flow = base_zipf_next(&sim->flows, &sim->rng) * UINT64_C(0x9e3779b97f4a7c15);
    const uint64_t hash = (flow ^ flow >> 32) * UINT64_C(0xd6e8feb86659fd93);
    const uint32_t server = mfn_alm_choose(sim->pool, hash, (uint64_t)sim->now_ns);
    assert_in_range(server, 0, SERVERS - 1);
    count(sim, server, 1);
    mfn_alm_started(sim->pool, server, (uint64_t)sim->now_ns);
    sim->served[server]++;
    struct completion done = { sim->now_ns + 0.01 * MS, sim->now_ns, server, false };
    if (sim->scene != SCENE_TROUBLE || server != BROKEN || !is_trouble(sim)) {
        const double begin_ns = fmax(sim->now_ns, sim->free_at_ns[server]);
        done.at_ns = begin_ns + base_rng_exponential(&sim->rng, MS / speed_of(sim, server));
        done.is_good = true;
        sim->free_at_ns[server] = done.at_ns;
    }
    heap_push(sim, done);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct outcome outcome_of(struct sim *sim)
{
    struct outcome out = { .failed = (double)sim->failed / REQUESTS };
    double most = 0;
    double sum = 0;
    for (uint32_t i = 0; i < SERVERS; i++) {
        count(sim, i, 0);
        const double load = sim->area[i] / weight_of(i);
        most = fmax(most, load);
        sum += load / SERVERS;
        const double share = weight_of(i) / 30.0 * REQUESTS;
        out.share_off = fmax(out.share_off, fabs((double)sim->served[i] / share - 1));
    }
    for (uint32_t i = 0; i < sim->latency_count; i++)
        out.mean_ms += sim->latency_ms[i] / sim->latency_count;
    qsort(sim->latency_ms, sim->latency_count, sizeof *sim->latency_ms, compare);
    out.imbalance = most / sum;
    out.p50_ms = sim->latency_ms[sim->latency_count / 2];
    out.p99_ms = sim->latency_ms[(uint32_t)(sim->latency_count * 0.99)];
    return out;
}

static struct outcome run(enum mfn_alm_policy policy, enum scene scene)
{
    const struct mfn_alm_pool_options options = {
        .policy = policy,
        .capacity = SERVERS,
        .seed = 1,
        .decay_ns = (uint64_t)(100 * MS),
        .breaker = { 20, 10, 0.5, (uint64_t)(200 * MS), 3 },
    };
    struct sim sim = { .scene = scene };
    base_rng_init(&sim.rng, 20261122);
    assert_int_equal(base_zipf_init(&sim.flows, 100000, 0.9), BASE_OK);
    assert_int_equal(mfn_alm_pool_new(&options, &sim.pool, NULL), BASE_OK);
    sim.heap = malloc(UNDER_WAY_MAX * sizeof *sim.heap);
    sim.latency_ms = malloc(REQUESTS * sizeof *sim.latency_ms);
    for (uint32_t i = 0; i < SERVERS; i++) {
        uint32_t server;
        assert_int_equal(mfn_alm_pool_add(sim.pool, i, weight_of(i), 0, &server), BASE_OK);
    }
    for (int i = 0; i < REQUESTS; i++) {
        const double next_ns = sim.now_ns + base_rng_exponential(&sim.rng, MS / RATE_PER_MS);
        finish_until(&sim, next_ns);
        sim.now_ns = next_ns;
        arrive(&sim);
    }
    finish_until(&sim, INFINITY);
    const struct outcome out = outcome_of(&sim);
    print_message("%-27s %8.2f %8.2f %8.2f %10.2f %9.1f%% %8.3f%%\n", mfn_alm_policy_name(policy),
                  out.mean_ms, out.p50_ms, out.p99_ms, out.imbalance, 100 * out.share_off,
                  100 * out.failed);
    mfn_alm_pool_free(sim.pool);
    free(sim.heap);
    free(sim.latency_ms);
    return out;
}

/* Measured with this seed, and room for another machine's rounding. Static policies have no upper
 * bound where they overload a server for ever: that they do is the lower one. */
struct bounds {
    double p99_ms_least, p99_ms_most, imbalance_most;
};

static void check_scene(enum scene scene, const char *title, const struct bounds *bounds)
{
    print_message("\n%s\n%-27s %8s %8s %8s %10s %10s %9s\n", title, "policy", "mean ms", "p50",
                  "p99", "imbalance", "share off", "failed");
    for (int policy = 0; policy < MFN_ALM_POLICY_COUNT; policy++) {
        const struct outcome out = run((enum mfn_alm_policy)policy, scene);
        assert_true(out.p99_ms >= bounds[policy].p99_ms_least);
        assert_true(out.p99_ms <= bounds[policy].p99_ms_most);
        assert_true(out.imbalance <= bounds[policy].imbalance_most);
        assert_true(out.failed < 0.002);
        if (policy == MFN_ALM_WEIGHTED_ROUND_ROBIN && scene != SCENE_TROUBLE)
            assert_true(out.share_off < 0.001);
    }
}

static void servers_as_fast_as_their_weights(void **state)
{
    (void)state;
    static const struct bounds bounds[MFN_ALM_POLICY_COUNT] = {
        [MFN_ALM_ROUND_ROBIN] = { 100, INFINITY, INFINITY },
        [MFN_ALM_WEIGHTED_ROUND_ROBIN] = { 5, 10, 1.6 },
        [MFN_ALM_LEAST_CONNECTIONS] = { 3, 6, 1.8 },
        [MFN_ALM_WEIGHTED_LEAST_CONNECTIONS] = { 2.5, 5, 1.6 },
        [MFN_ALM_TWO_CHOICES] = { 3, 6.5, 1.3 },
        [MFN_ALM_PEAK_EWMA] = { 3, 6.5, 1.4 },
        [MFN_ALM_MAGLEV] = { 50, INFINITY, INFINITY },
        [MFN_ALM_ADAPTIVE] = { 3, 6, 1.5 },
    };
    check_scene(SCENE_AS_WEIGHTED, "servers as fast as their weights say", bounds);
}

static void one_server_slower_than_its_weight(void **state)
{
    (void)state;
    static const struct bounds bounds[MFN_ALM_POLICY_COUNT] = {
        [MFN_ALM_ROUND_ROBIN] = { 1000, INFINITY, INFINITY },
        [MFN_ALM_WEIGHTED_ROUND_ROBIN] = { 1000, INFINITY, INFINITY },
        [MFN_ALM_LEAST_CONNECTIONS] = { 3, 6.5, 1.8 },
        [MFN_ALM_WEIGHTED_LEAST_CONNECTIONS] = { 3, 6.5, 1.9 },
        [MFN_ALM_TWO_CHOICES] = { 5, 12, 2.6 },
        [MFN_ALM_PEAK_EWMA] = { 3, 8, 1.4 },
        [MFN_ALM_MAGLEV] = { 1000, INFINITY, INFINITY },
        [MFN_ALM_ADAPTIVE] = { 3, 7.5, 1.5 },
    };
    check_scene(SCENE_ONE_SLOW, "one server at a quarter of its weight's speed", bounds);
}

static void trouble_that_passes(void **state)
{
    (void)state;
    static const struct bounds bounds[MFN_ALM_POLICY_COUNT] = {
        [MFN_ALM_ROUND_ROBIN] = { 100, INFINITY, INFINITY },
        [MFN_ALM_WEIGHTED_ROUND_ROBIN] = { 100, INFINITY, INFINITY },
        [MFN_ALM_LEAST_CONNECTIONS] = { 3, 6, 1.8 },
        [MFN_ALM_WEIGHTED_LEAST_CONNECTIONS] = { 2.5, 5.5, 1.7 },
        [MFN_ALM_TWO_CHOICES] = { 3, 7.5, 1.7 },
        [MFN_ALM_PEAK_EWMA] = { 3, 7.5, 1.5 },
        [MFN_ALM_MAGLEV] = { 100, INFINITY, INFINITY },
        [MFN_ALM_ADAPTIVE] = { 3, 6.5, 1.5 },
    };
    check_scene(SCENE_TROUBLE, "one slow and one failing, for a while", bounds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_as_fast_as_their_weights),
        cmocka_unit_test(one_server_slower_than_its_weight),
        cmocka_unit_test(trouble_that_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
