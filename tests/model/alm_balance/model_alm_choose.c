/* model_alm_choose.c - random servers, weights and loads: every choice is the twin's; tables are
 * the naive ones; what random choices and disruption come to is measured, printed and bounded. SEED
 * in the environment repeats a run; an argument is the number of operations per policy. */
#include "unit.h"

#include "balance_twin.h"

#include <base/rng.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t seed;
static uint64_t operations = 400000;

static struct mfn_alm_pool *new_pool(struct mfn_alm_pool_options options)
{
    struct mfn_alm_pool *pool = NULL;
    assert_int_equal(mfn_alm_pool_new(&options, &pool, NULL), BASE_OK);
    return pool;
}

static uint32_t random_weight(struct base_rng *rng)
{
    static const uint32_t limits[] = { 1, 3, 10, 100, 65535 };
    return 1 + (uint32_t)base_rng_below(rng, limits[base_rng_below(rng, 5)]);
}

/* One change of the servers, the same for both. */
static void change(struct mfn_alm_pool *pool, struct balance_twin *twin, struct base_rng *rng)
{
    const uint32_t i = (uint32_t)base_rng_below(rng, twin->capacity);
    const uint32_t weight = random_weight(rng);
    if (!twin->servers[i].is_there) {
        uint32_t place = 0;
        uint32_t server;
        const uint64_t id = base_rng_u64(rng);
        while (twin->servers[place].is_there)
            place++;
        assert_int_equal(mfn_alm_pool_add(pool, id, weight, 0, &server), BASE_OK);
        assert_int_equal(server, place);
        twin->servers[place].is_there = true;
        twin->servers[place].is_draining = false;
        twin->servers[place].active = 0;
        twin->servers[place].weight = weight;
    } else if (base_rng_below(rng, 3) == 0) {
        mfn_alm_pool_remove(pool, i);
        twin->servers[i].is_there = false;
    } else if (base_rng_below(rng, 2) == 0) {
        assert_int_equal(mfn_alm_pool_set_weight(pool, i, weight), BASE_OK);
        if (weight == twin->servers[i].weight)
            return; /* no change, no new start */
        twin->servers[i].weight = weight;
    } else {
        twin->servers[i].is_draining = !twin->servers[i].is_draining;
        mfn_alm_pool_drain(pool, i, twin->servers[i].is_draining);
    }
    mfn_alm_pool_prepare(pool); /* a change and its opposite at once would be no change */
    balance_twin_changed(twin);
}

static void step(struct mfn_alm_pool *pool, struct balance_twin *twin, enum mfn_alm_policy policy,
                 struct base_rng *rng, uint64_t at)
{
    const uint32_t expect = balance_twin_choose(twin, policy);
    const uint32_t server = mfn_alm_choose(pool, base_rng_u64(rng), at);
    if (server != expect)
        fail_msg("seed %llu, %s, operation %llu: %u, not %u", (unsigned long long)seed,
                 mfn_alm_policy_name(policy), (unsigned long long)at, server, expect);
    if (server != MFN_ALM_SERVER_NONE && base_rng_below(rng, 4) != 0) {
        mfn_alm_started(pool, server, at);
        twin->servers[server].active++;
    }
    for (int k = 0; k < 2; k++) {
        const uint32_t i = (uint32_t)base_rng_below(rng, twin->capacity);
        if (!twin->servers[i].is_there || twin->servers[i].active == 0)
            continue;
        mfn_alm_finished(pool, i, base_rng_below(rng, 1000), base_rng_below(rng, 2) == 0, at);
        twin->servers[i].active--;
    }
}

static void choices_are_the_twins(void **state)
{
    (void)state;
    for (int policy = 0; policy <= MFN_ALM_WEIGHTED_LEAST_CONNECTIONS; policy++) {
        struct base_rng rng;
        base_rng_init(&rng, seed + (uint64_t)policy);
        struct balance_twin twin = { 0 };
        struct mfn_alm_pool *pool = NULL;
        for (uint64_t at = 0; at < operations; at++) {
            if (at % 50000 == 0) {
                mfn_alm_pool_free(pool);
                const uint32_t capacity = 1 + (uint32_t)base_rng_below(&rng, TWIN_SERVERS_MAX);
                pool = new_pool((struct mfn_alm_pool_options){
                    .policy = (enum mfn_alm_policy)policy, .capacity = capacity });
                twin = (struct balance_twin){ .capacity = capacity };
            }
            if (base_rng_below(&rng, at % 50000 < 10000 ? 10 : 2000) == 0)
                change(pool, &twin, &rng);
            step(pool, &twin, (enum mfn_alm_policy)policy, &rng, at);
        }
        mfn_alm_pool_free(pool);
    }
}

/* The lowest hash of a slot. */
static uint64_t hash_of_slot(uint32_t slot, uint32_t slot_count)
{
    const unsigned __int128 high = (unsigned __int128)slot << 64;
    return (uint64_t)((high + slot_count - 1) / slot_count);
}

static uint32_t random_members(struct mfn_alm_member *members, struct base_rng *rng, uint32_t most)
{
    const uint32_t count = 1 + (uint32_t)base_rng_below(rng, most);
    for (uint32_t i = 0; i < count; i++)
        members[i] = (struct mfn_alm_member){ base_rng_u64(rng), random_weight(rng) };
    return count;
}

static void the_table_is_the_naive_one(void **state)
{
    (void)state;
    static uint16_t ours[5000], naive[5000];
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (int i = 0; i < 200; i++) {
        struct mfn_alm_member members[TWIN_SERVERS_MAX];
        struct mfn_alm_turn work[TWIN_SERVERS_MAX];
        const uint32_t count = random_members(members, &rng, TWIN_SERVERS_MAX);
        const uint32_t slot_count =
            mfn_alm_maglev_size((uint32_t)base_rng_below(&rng, i < 20 ? 10 : 4900));
        if (base_rng_below(&rng, 4) == 0)
            members[base_rng_below(&rng, count)].weight = 0;
        mfn_alm_maglev_fill(members, count, work, ours, slot_count);
        balance_twin_maglev(members, count, naive, slot_count);
        assert_memory_equal(ours, naive, slot_count * sizeof *ours);
    }
}

/* The pool's choice against the naive table with the naive inheritance of the excluded. */
static void a_pool_chooses_by_the_naive_table(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, seed);
    static uint16_t naive[1009];
    for (int i = 0; i < 60; i++) {
        struct mfn_alm_member members[TWIN_SERVERS_MAX];
        const uint32_t count = random_members(members, &rng, 20);
        struct mfn_alm_pool *const pool = new_pool((struct mfn_alm_pool_options){
            .policy = MFN_ALM_MAGLEV, .capacity = count, .slot_count = 1009 });
        bool is_up[TWIN_SERVERS_MAX];
        uint32_t up_slots = 0;
        balance_twin_maglev(members, count, naive, 1009);
        for (uint32_t k = 0; k < count; k++) {
            uint32_t server;
            assert_int_equal(mfn_alm_pool_add(pool, members[k].id, members[k].weight, 0, &server),
                             BASE_OK);
            is_up[k] = base_rng_below(&rng, 3) != 0;
            mfn_alm_pool_drain(pool, k, !is_up[k]);
        }
        for (uint32_t slot = 0; slot < 1009; slot++)
            up_slots += is_up[naive[slot]];
        for (uint32_t slot = 0; slot < 1009 && up_slots > 0; slot++) {
            uint32_t at = slot;
            while (!is_up[naive[at]])
                at = (at + 1) % 1009;
            assert_int_equal(mfn_alm_choose(pool, hash_of_slot(slot, 1009), 0), naive[at]);
        }
        mfn_alm_pool_free(pool);
    }
}

static void shares_are_the_weights(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, seed);
    static uint16_t slots[70000];
    const uint32_t slot_count = mfn_alm_maglev_size(65537);
    double worst = 0;
    for (int i = 0; i < 100; i++) {
        struct mfn_alm_member members[TWIN_SERVERS_MAX];
        struct mfn_alm_turn work[TWIN_SERVERS_MAX];
        uint32_t owned[TWIN_SERVERS_MAX] = { 0 };
        const uint32_t count = random_members(members, &rng, TWIN_SERVERS_MAX);
        double total = 0;
        mfn_alm_maglev_fill(members, count, work, slots, slot_count);
        for (uint32_t k = 0; k < slot_count; k++)
            owned[slots[k]]++;
        for (uint32_t k = 0; k < count; k++)
            total += members[k].weight;
        for (uint32_t k = 0; k < count; k++) {
            const double share = members[k].weight / total;
            const double off = fabs(owned[k] - slot_count * share);
            worst = fmax(worst, off);
            assert_true(off <= 2 + count * share);
        }
    }
    print_message("slots off their share, at most: %.2f of %u\n", worst, slot_count);
}

struct disruption {
    double must, moved; /* shares of flows: of the server itself, of others that moved */
};

static struct disruption disruption_of(uint32_t count, uint32_t slot_count, struct base_rng *rng)
{
    struct mfn_alm_pool *const pool = new_pool((struct mfn_alm_pool_options){
        .policy = MFN_ALM_MAGLEV, .capacity = count, .slot_count = slot_count });
    const uint32_t size = mfn_alm_maglev_size(slot_count);
    uint32_t server;
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(mfn_alm_pool_add(pool, base_rng_u64(rng), 1, 0, &server), BASE_OK);
    const uint32_t gone = (uint32_t)base_rng_below(rng, count);
    uint32_t *const before = malloc(size * sizeof *before);
    for (uint32_t k = 0; k < size; k++)
        before[k] = mfn_alm_choose(pool, hash_of_slot(k, size), 0);
    /* Excluded: the flows of others stay; back: all is as before. */
    mfn_alm_pool_drain(pool, gone, true);
    for (uint32_t k = 0; k < size; k++) {
        const uint32_t now = mfn_alm_choose(pool, hash_of_slot(k, size), 0);
        assert_true(before[k] == gone ? now != gone : now == before[k]);
    }
    mfn_alm_pool_drain(pool, gone, false);
    for (uint32_t k = 0; k < size; k++)
        assert_int_equal(mfn_alm_choose(pool, hash_of_slot(k, size), 0), before[k]);
    /* Removed: a new table. */
    struct disruption out = { 0 };
    mfn_alm_pool_remove(pool, gone);
    for (uint32_t k = 0; k < size; k++) {
        const uint32_t now = mfn_alm_choose(pool, hash_of_slot(k, size), 0);
        out.must += before[k] == gone;
        out.moved += before[k] != gone && now != before[k];
    }
    out.must /= size;
    out.moved /= size;
    free(before);
    mfn_alm_pool_free(pool);
    return out;
}

static void few_flows_move(void **state)
{
    (void)state;
    static const struct {
        uint32_t count, slot_count;
        double moved_max;
    } rows[] = { { 5, 4096, 0.05 }, { 20, 4096, 0.05 }, { 20, 65537, 0.05 }, { 100, 65537, 0.05 } };
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (size_t r = 0; r < 4; r++) {
        struct disruption mean = { 0 };
        for (int i = 0; i < 10; i++) {
            const struct disruption one = disruption_of(rows[r].count, rows[r].slot_count, &rng);
            mean.must += one.must / 10;
            mean.moved += one.moved / 10;
        }
        print_message("%u servers, %u slots: one excluded moves its own %.2f%%, none other; one "
                      "removed moves %.2f%% of others too\n",
                      rows[r].count, rows[r].slot_count, 100 * mean.must, 100 * mean.moved);
        assert_true(fabs(mean.must * rows[r].count - 1) < 0.02);
        assert_true(mean.moved < rows[r].moved_max);
    }
}

/* Pearson's statistic of counts against probabilities. */
static double chi_square(const uint64_t *counts, const double *probabilities, uint32_t count)
{
    double total = 0;
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        total += (double)counts[i];
    for (uint32_t i = 0; i < count; i++) {
        const double expected = total * probabilities[i];
        sum += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
    }
    return sum;
}

enum { CHI_SERVERS = 10, CHI_CHOICES = 1000000 };

#define CHI_LIMIT 27.88 /* 9 degrees of freedom, 0.1 % */

static double chi_square_of(struct mfn_alm_pool *pool, const double *probabilities)
{
    struct base_rng rng;
    base_rng_init(&rng, 20261122); /* fixed: the statistic is the same in every run */
    uint64_t counts[CHI_SERVERS] = { 0 };
    for (int i = 0; i < CHI_CHOICES; i++)
        counts[mfn_alm_choose(pool, base_rng_u64(&rng), 0)]++;
    return chi_square(counts, probabilities, CHI_SERVERS);
}

static void hashed_choices_have_the_weights_distribution(void **state)
{
    (void)state;
    static const enum mfn_alm_policy policies[] = { MFN_ALM_MAGLEV, MFN_ALM_ADAPTIVE };
    for (int p = 0; p < 2; p++) {
        double probabilities[CHI_SERVERS];
        struct mfn_alm_pool *const pool = new_pool((struct mfn_alm_pool_options){
            .policy = policies[p], .capacity = CHI_SERVERS, .slot_count = 1000000 });
        for (uint32_t i = 0; i < CHI_SERVERS; i++) {
            uint32_t server;
            probabilities[i] = (i + 1) / 55.0;
            assert_int_equal(mfn_alm_pool_add(pool, i, i + 1, 0, &server), BASE_OK);
        }
        const double found = chi_square_of(pool, probabilities);
        print_message("%s: chi-square %.1f\n", mfn_alm_policy_name(policies[p]), found);
        assert_true(found < CHI_LIMIT);
        mfn_alm_pool_free(pool);
    }
}

/* Of two drawn from n with different loads the less loaded: rank k of n with 2 (n-1-k) / n (n-1).
 */
static void two_choices_have_their_distribution(void **state)
{
    (void)state;
    double probabilities[CHI_SERVERS];
    struct mfn_alm_pool *const pool = new_pool((struct mfn_alm_pool_options){
        .policy = MFN_ALM_TWO_CHOICES, .capacity = CHI_SERVERS, .slot_count = 1000000, .seed = 5 });
    for (uint32_t i = 0; i < CHI_SERVERS; i++) {
        uint32_t server;
        assert_int_equal(mfn_alm_pool_add(pool, i, 7, 0, &server), BASE_OK);
        for (uint32_t k = 0; k < i; k++)
            mfn_alm_started(pool, i, 0);
        /* The most loaded is chosen when it is drawn 33 times in a row: never. */
        probabilities[i] =
            fmax(2.0 * (CHI_SERVERS - 1 - i) / (CHI_SERVERS * (CHI_SERVERS - 1)), 1e-9);
    }
    const double found = chi_square_of(pool, probabilities);
    print_message("two_choices: chi-square %.1f\n", found);
    assert_true(found < CHI_LIMIT);
    mfn_alm_pool_free(pool);
}

int main(int argc, char **argv)
{
    const char *const given = getenv("SEED");
    seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    if (argc > 1)
        operations = strtoull(argv[1], NULL, 10);
    print_message("SEED=%llu\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices_are_the_twins),
        cmocka_unit_test(the_table_is_the_naive_one),
        cmocka_unit_test(a_pool_chooses_by_the_naive_table),
        cmocka_unit_test(shares_are_the_weights),
        cmocka_unit_test(few_flows_move),
        cmocka_unit_test(hashed_choices_have_the_weights_distribution),
        cmocka_unit_test(two_choices_have_their_distribution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
