/* model_alm_adaptive.c - what the adaptive policy guarantees: the bound after every start, whatever
 * happens; the walk to the first server below it; drift that moves no more slots than shares
 * require and goes where it says.
 * SEED in the environment repeats a run; an argument is the number of requests. */
#include "unit.h"

#include <mfn/alm_balance.h>

#include <base/rng.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SERVERS = 24, SLOTS = 2003, UNDER_WAY_MAX = 4000 };

static uint64_t seed;
static uint64_t requests = 1000000;

static uint64_t hash_of_slot(uint32_t slot)
{
    const unsigned __int128 high = (unsigned __int128)slot << 64;
    return (uint64_t)((high + SLOTS - 1) / SLOTS);
}

static struct mfn_alm_pool *new_pool(uint32_t count, const uint32_t *weights, uint64_t adapt_ns)
{
    const struct mfn_alm_pool_options options = { .policy = MFN_ALM_ADAPTIVE,
                                                  .capacity = SERVERS,
                                                  .slot_count = SLOTS,
                                                  .adapt_ns = adapt_ns,
                                                  .breaker = { 16, 8, 0.9, 1000, 2 } };
    struct mfn_alm_pool *pool = NULL;
    assert_int_equal(mfn_alm_pool_new(&options, &pool, NULL), BASE_OK);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t server;
        assert_int_equal(mfn_alm_pool_add(pool, 100 + i, weights[i], 0, &server), BASE_OK);
    }
    return pool;
}

/* Those chosen from, by the rule in the header, and what they have to do. */
struct totals {
    bool is_up[SERVERS];
    uint64_t active, weight;
};

static struct totals totals_of(const struct mfn_alm_pool *pool)
{
    struct totals out = { 0 };
    bool is_any = false;
    struct mfn_alm_server server;
    for (uint32_t i = 0; i < SERVERS; i++)
        is_any |= mfn_alm_pool_server(pool, i, &server) && server.is_eligible;
    for (uint32_t i = 0; i < SERVERS; i++) {
        if (!mfn_alm_pool_server(pool, i, &server) || server.is_draining ||
            (is_any && !server.is_eligible))
            continue;
        out.is_up[i] = true;
        out.active += server.active;
        out.weight += server.weight;
    }
    return out;
}

/* a < 5/4 (A + 1) w / W, in integers. */
static bool is_below(const struct mfn_alm_server *server, const struct totals *totals)
{
    return 4 * (uint64_t)server->active * totals->weight <
           5 * (totals->active + 1) * server->weight;
}

struct under_way {
    uint32_t count;
    uint32_t servers[UNDER_WAY_MAX];
};

static void finish_one(struct mfn_alm_pool *pool, struct under_way *list, struct base_rng *rng,
                       uint64_t now_ns)
{
    const uint32_t at = (uint32_t)base_rng_below(rng, list->count);
    const uint32_t server = list->servers[at];
    list->servers[at] = list->servers[--list->count];
    /* The higher its number the slower a server, and some fail at times. */
    const bool is_good = server % 5 != 4 || (now_ns / 5000) % 2 == 0;
    mfn_alm_finished(pool, server, 10 * (1 + server) + base_rng_below(rng, 50), is_good, now_ns);
}

static void start_one(struct mfn_alm_pool *pool, struct under_way *list, uint64_t hash,
                      uint64_t now_ns)
{
    mfn_alm_pool_tick(pool, now_ns);
    mfn_alm_pool_prepare(pool);
    const struct totals totals = totals_of(pool);
    const uint32_t chosen = mfn_alm_choose(pool, hash, now_ns);
    if (totals.weight == 0) {
        assert_int_equal(chosen, MFN_ALM_SERVER_NONE);
        return;
    }
    struct mfn_alm_server server;
    assert_true(mfn_alm_pool_server(pool, chosen, &server));
    assert_true(totals.is_up[chosen]);
    if (!is_below(&server, &totals))
        fail_msg("SEED=%llu at %llu: server %u has %u, weight %u of %llu, %llu under way",
                 (unsigned long long)seed, (unsigned long long)now_ns, chosen, server.active,
                 server.weight, (unsigned long long)totals.weight,
                 (unsigned long long)totals.active);
    /* The promise in its own words. */
    const uint64_t least_above =
        (5 * (totals.active + 1) * server.weight + 4 * totals.weight - 1) / (4 * totals.weight);
    assert_true(server.active + 1 <= least_above);
    mfn_alm_started(pool, chosen, now_ns);
    list->servers[list->count++] = chosen;
}

/* Removing a server forgets its requests. */
static void remove_one(struct mfn_alm_pool *pool, struct under_way *list, uint32_t server)
{
    mfn_alm_pool_remove(pool, server);
    for (uint32_t i = 0; i < list->count;) {
        if (list->servers[i] == server)
            list->servers[i] = list->servers[--list->count];
        else
            i++;
    }
}

static void change_one(struct mfn_alm_pool *pool, struct under_way *list, struct base_rng *rng,
                       uint64_t now_ns)
{
    const uint32_t i = (uint32_t)base_rng_below(rng, SERVERS);
    const uint32_t weight = 1 + (uint32_t)base_rng_below(rng, base_rng_below(rng, 2) ? 10 : 65535);
    struct mfn_alm_server server;
    uint32_t added;
    if (!mfn_alm_pool_server(pool, i, &server))
        assert_int_equal(mfn_alm_pool_add(pool, base_rng_u64(rng), weight, now_ns, &added),
                         BASE_OK);
    else if (base_rng_below(rng, 4) == 0)
        remove_one(pool, list, i);
    else if (base_rng_below(rng, 2) == 0)
        assert_int_equal(mfn_alm_pool_set_weight(pool, i, weight), BASE_OK);
    else
        mfn_alm_pool_drain(pool, i, !server.is_draining);
}

static void the_bound_holds_after_every_start(void **state)
{
    (void)state;
    static struct under_way list;
    struct base_rng rng;
    struct base_zipf zipf;
    base_rng_init(&rng, seed);
    assert_int_equal(base_zipf_init(&zipf, 1000, 1.2), BASE_OK);
    const uint32_t weights[8] = { 1, 1, 2, 2, 5, 5, 100, 3 };
    struct mfn_alm_pool *const pool = new_pool(8, weights, 500);
    uint64_t wanted = 100;
    for (uint64_t now_ns = 0; now_ns < requests; now_ns++) {
        if (base_rng_below(&rng, 300) == 0)
            change_one(pool, &list, &rng, now_ns);
        if (base_rng_below(&rng, 1000) == 0)
            wanted = base_rng_below(&rng, base_rng_below(&rng, 2) ? 30 : UNDER_WAY_MAX);
        while (list.count > 0 && (list.count >= UNDER_WAY_MAX || list.count > wanted + 3))
            finish_one(pool, &list, &rng, now_ns);
        if (list.count > 0 && base_rng_below(&rng, wanted + 1) < list.count)
            finish_one(pool, &list, &rng, now_ns);
        /* Flows with favourites: without the bound a few servers would have most. */
        const uint64_t flow = base_zipf_next(&zipf, &rng);
        start_one(pool, &list, flow * UINT64_C(0x9e3779b97f4a7c15), now_ns);
    }
    mfn_alm_pool_free(pool);
}

static void the_first_below_the_bound_takes_it(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, seed);
    const uint32_t weights[8] = { 1, 1, 2, 2, 5, 5, 9, 3 };
    struct mfn_alm_pool *const pool = new_pool(8, weights, MFN_ALM_TIME_MAX_NS);
    uint32_t owners[SLOTS];
    for (uint32_t k = 0; k < SLOTS; k++) /* nothing under way: everyone is below */
        owners[k] = mfn_alm_choose(pool, hash_of_slot(k), 0);
    uint64_t walked = 0;
    for (int i = 0; i < 20000; i++) {
        const uint32_t slot = (uint32_t)base_rng_below(&rng, SLOTS);
        const struct totals totals = totals_of(pool);
        struct mfn_alm_server server;
        uint32_t at = slot;
        for (uint32_t steps = 0;; steps++, at = (at + 1) % SLOTS) {
            assert_true(steps < 64);
            assert_true(mfn_alm_pool_server(pool, owners[at], &server));
            if (is_below(&server, &totals))
                break;
            walked++;
        }
        assert_int_equal(mfn_alm_choose(pool, hash_of_slot(slot), 0), owners[at]);
        mfn_alm_started(pool, owners[at], 0);
        const uint32_t idle = (uint32_t)base_rng_below(&rng, 8);
        if (i > 500)
            mfn_alm_finished(pool, idle, 10, true, 0);
    }
    assert_true(walked > 100);
    mfn_alm_pool_free(pool);
}

static void owners_of(struct mfn_alm_pool *pool, uint64_t now_ns, uint32_t *owners, uint32_t *owned)
{
    memset(owned, 0, SERVERS * sizeof *owned);
    for (uint32_t k = 0; k < SLOTS; k++) {
        owners[k] = mfn_alm_choose(pool, hash_of_slot(k), now_ns);
        owned[owners[k]]++;
    }
}

/* Every server gets `count` requests of its latency. */
static void feed(struct mfn_alm_pool *pool, const double *latency_ns, uint32_t servers,
                 uint64_t now_ns)
{
    for (uint32_t i = 0; i < servers; i++) {
        for (int k = 0; k < 40; k++) {
            mfn_alm_started(pool, i, now_ns);
            mfn_alm_finished(pool, i, (uint64_t)latency_ns[i], true, now_ns);
        }
    }
}

static void check_shares(struct mfn_alm_pool *pool, uint32_t servers, const uint32_t *owned)
{
    double total = 0;
    struct mfn_alm_server server;
    for (uint32_t i = 0; i < servers; i++) {
        assert_true(mfn_alm_pool_server(pool, i, &server));
        assert_true(server.factor >= 0.125 && server.factor <= 8);
        total += server.factor * server.weight;
    }
    for (uint32_t i = 0; i < servers; i++) {
        assert_true(mfn_alm_pool_server(pool, i, &server));
        const double share = server.factor * server.weight / total * SLOTS;
        assert_true(owned[i] > share * (1 - 0.25) - 2 && owned[i] < share * (1 + 0.29) + 2);
        assert_int_equal(owned[i], server.slots);
    }
}

static void drift_moves_no_slot_in_vain(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, seed);
    uint32_t moves = 0;
    for (int pools = 0; pools < 20; pools++) {
        uint32_t weights[SERVERS];
        double latency_ns[SERVERS];
        uint32_t before[SLOTS], after[SLOTS], had[SERVERS], has[SERVERS];
        const uint32_t count = 2 + (uint32_t)base_rng_below(&rng, SERVERS - 1);
        for (uint32_t i = 0; i < count; i++)
            weights[i] = 1 + (uint32_t)base_rng_below(&rng, 10);
        struct mfn_alm_pool *const pool = new_pool(count, weights, 100);
        owners_of(pool, 0, before, had);
        for (uint64_t now_ns = 50; now_ns < 3000; now_ns += 100) {
            for (uint32_t i = 0; i < count; i++)
                latency_ns[i] = 1 + 1000 * pow(base_rng_uniform(&rng), 4);
            feed(pool, latency_ns, count, now_ns);
            mfn_alm_pool_tick(pool, now_ns + 50);
            owners_of(pool, now_ns + 50, after, has);
            check_shares(pool, count, has);
            uint32_t moved = 0;
            uint32_t lost = 0;
            for (uint32_t k = 0; k < SLOTS; k++)
                moved += before[k] != after[k];
            for (uint32_t i = 0; i < count; i++)
                lost += had[i] > has[i] ? had[i] - has[i] : 0;
            assert_int_equal(moved, lost);
            moves += moved;
            memcpy(before, after, sizeof before);
            memcpy(had, has, sizeof had);
        }
        mfn_alm_pool_free(pool);
    }
    assert_true(moves > 1000);
}

static void drift_goes_to_the_inverse_of_latency(void **state)
{
    (void)state;
    static const double latency_ns[4] = { 100, 200, 400, 100000 };
    static const uint32_t weights[4] = { 3, 1, 2, 1 };
    struct mfn_alm_pool *const pool = new_pool(4, weights, 100);
    uint32_t owners[SLOTS], owned[SERVERS];
    double speed = 0;
    for (int i = 0; i < 4; i++)
        speed += weights[i] / latency_ns[i];
    feed(pool, latency_ns, 4, 50);
    mfn_alm_pool_tick(pool, 100);
    struct mfn_alm_server first;
    assert_true(mfn_alm_pool_server(pool, 0, &first));
    assert_true(fabs(first.factor / sqrt(7 / speed / latency_ns[0]) - 1) < 1e-9); /* half way */
    for (uint64_t now_ns = 150; now_ns < 5000; now_ns += 100)
        feed(pool, latency_ns, 4, now_ns);
    owners_of(pool, 5000, owners, owned);
    for (uint32_t i = 0; i < 4; i++) {
        struct mfn_alm_server server;
        assert_true(mfn_alm_pool_server(pool, i, &server));
        const double expect = fmax(7 / speed / latency_ns[i], 0.125);
        assert_true(fabs(server.factor / expect - 1) < 1e-6);
    }
    assert_true(owned[3] > SLOTS / 7.0 / 64); /* the slow one keeps being measured */
    mfn_alm_pool_free(pool);
}

static void equal_latencies_move_nothing(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, seed);
    static const uint32_t weights[6] = { 1, 2, 3, 4, 5, 85 };
    double latency_ns[6];
    struct mfn_alm_pool *const pool = new_pool(6, weights, 100);
    uint32_t before[SLOTS], after[SLOTS], owned[SERVERS];
    owners_of(pool, 0, before, owned);
    for (uint32_t i = 0; i < 6; i++)
        assert_true(fabs(owned[i] - SLOTS * (weights[i] / 100.0)) <= 2 + 6 * (weights[i] / 100.0));
    for (uint64_t now_ns = 50; now_ns < 5000; now_ns += 100) {
        for (uint32_t i = 0; i < 6; i++)
            latency_ns[i] = 1000 + (double)base_rng_below(&rng, 100); /* within a tenth */
        feed(pool, latency_ns, 6, now_ns);
        owners_of(pool, now_ns, after, owned);
        assert_memory_equal(before, after, sizeof before);
    }
    mfn_alm_pool_free(pool);
}

int main(int argc, char **argv)
{
    const char *const given = getenv("SEED");
    seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    if (argc > 1)
        requests = strtoull(argv[1], NULL, 10);
    print_message("SEED=%llu\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bound_holds_after_every_start),
        cmocka_unit_test(the_first_below_the_bound_takes_it),
        cmocka_unit_test(drift_moves_no_slot_in_vain),
        cmocka_unit_test(drift_goes_to_the_inverse_of_latency),
        cmocka_unit_test(equal_latencies_move_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
