/* ifr_filter_cases.c - the registry's filter: one question and batches of them, one filter and a
 * bank of 16, and the grid of the seed.
 *
 * A question begins with the key, so its hash is part of the time; a batch is given hashes, as the
 * registry needs a key's hash for more than the filter. */
#include "ifr_probe.h"
#include "ifr_service_cases.h"

#include <bench/keep.h>
#include <mfn/ifr_filter.h>

#include <stdlib.h>

enum { BATCH = 32 };

static bool has(const void *filter, uint64_t hash)
{
    return mfn_ifr_filter_has(filter, hash);
}

static void filter_teardown(void *state)
{
    struct ifr_probe *const probe = state;
    if (probe == NULL)
        return;
    mfn_ifr_filter_free(probe->filter);
    ifr_query_close(&probe->query);
    free(probe->hashes);
    free(probe);
}

/* A probe with its requests, but without a filter. */
static base_err probe_new(struct bench_env *env, struct ifr_probe **out)
{
    struct ifr_probe *const probe = calloc(1, sizeof *probe);
    if (probe == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    probe->has = has;
    const base_err err = ifr_query_open(env, &probe->query);
    if (err != BASE_OK) {
        free(probe);
        return err;
    }
    *out = probe;
    return BASE_OK;
}

/* The filter of these options, with all flows in it. */
static base_err probe_fill(struct bench_env *env, struct ifr_probe *probe,
                           const struct mfn_ifr_filter_options *options)
{
    struct mfn_ifr_filter *filter;
    base_err err = mfn_ifr_filter_check(options, &env->why);
    if (err == BASE_OK)
        err = mfn_ifr_filter_new(options, &filter);
    if (err != BASE_OK)
        return env->why.text[0] != '\0' ? err
                                        : base_fail(&env->why, err, 0, "no memory for the filter");
    probe->filter = filter;
    for (uint64_t i = 0; i < probe->query.flow_count; i++)
        mfn_ifr_filter_add(filter, ifr_probe_hash(probe, i));
    struct mfn_ifr_filter_stats stats;
    mfn_ifr_filter_stats(filter, &stats);
    ifr_probe_facts(env, probe, stats.size_bytes);
    return BASE_OK;
}

static base_err filter_open(struct bench_env *env, struct ifr_probe **out)
{
    uint64_t bank;
    base_err err = bench_env_count(env, "bank", 1, MFN_IFR_FILTER_BANK_MAX, &bank);
    if (err == BASE_OK)
        err = probe_new(env, out);
    if (err != BASE_OK)
        return err;
    const struct mfn_ifr_filter_options options = { .expected_count = (*out)->query.flow_count,
                                                    .false_positive_rate = IFR_PROBE_RATE,
                                                    .bank = (uint32_t)bank };
    err = probe_fill(env, *out, &options);
    if (err != BASE_OK)
        filter_teardown(*out);
    return err;
}

static base_err filter_setup(struct bench_env *env)
{
    struct ifr_probe *probe;
    const base_err err = filter_open(env, &probe);
    if (err == BASE_OK)
        env->state = probe;
    return err;
}

static void filter_run(void *state, uint64_t count)
{
    struct ifr_probe *const probe = state;
    const struct mfn_ifr_filter *const filter = probe->filter;
    const size_t key_size = probe->query.key_size;
    uint64_t at = probe->asked, yes = 0;
    BENCH_LOOP(count) {
        yes += mfn_ifr_filter_has(
            filter, mfn_ifr_hash(&probe->query.seed, ifr_query_key(&probe->query, at), key_size));
        at++;
    }
    probe->asked = at;
    probe->yes += yes;
}

static base_err batch_setup(struct bench_env *env)
{
    struct ifr_probe *probe;
    const base_err err = filter_open(env, &probe);
    if (err != BASE_OK)
        return err;
    const size_t count = (size_t)probe->query.mask + 1;
    probe->batch = BATCH;
    probe->hashes = malloc(count * sizeof *probe->hashes);
    if (probe->hashes == NULL) {
        filter_teardown(probe);
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for %zu hashes", count);
    }
    for (size_t i = 0; i < count; i++)
        probe->hashes[i] = ifr_probe_hash(probe, ifr_query_index(&probe->query, i));
    env->parts_per_item = BATCH;
    env->state = probe;
    return BASE_OK;
}

static void batch_run(void *state, uint64_t count)
{
    struct ifr_probe *const probe = state;
    uint64_t at = probe->asked, yes = 0;
    BENCH_LOOP(count) {
        uint64_t bits;
        yes += mfn_ifr_filter_has_batch(probe->filter, probe->hashes + (at & probe->query.mask),
                                        BATCH, &bits);
        BENCH_KEEP(bits);
        at += BATCH;
    }
    probe->asked = at;
    probe->yes += yes;
}

/* ---- the seed's grid: 500 flows in, as many others asked for, filters of a given size ---- */

enum { SEED_FLOWS = 500, SEED_BITS_MAX = 1 << 24, BLOCK_BITS = 256 };

/* The bits of one filter of such a bank; 0: out of memory. */
static uint64_t bits_of(const struct mfn_ifr_filter_options *options)
{
    struct mfn_ifr_filter *filter;
    if (mfn_ifr_filter_new(options, &filter) != BASE_OK)
        return 0;
    struct mfn_ifr_filter_stats stats;
    mfn_ifr_filter_stats(filter, &stats);
    mfn_ifr_filter_free(filter);
    return stats.blocks * BLOCK_BITS;
}

/* The largest bank whose filters have at most `bits`. */
static base_err size_bank(struct bench_env *env, uint64_t bits,
                          struct mfn_ifr_filter_options *options)
{
    uint64_t low = 1, high = bits * options->bank; /* more than a bit a flow is always needed */
    while (low < high) {
        options->expected_count = low + (high - low + 1) / 2;
        const uint64_t got = bits_of(options);
        if (got == 0)
            return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for the filter");
        if (got <= bits)
            low = options->expected_count;
        else
            high = options->expected_count - 1;
    }
    options->expected_count = low;
    return BASE_OK;
}

/* Flows that are in and flows that are not, by turns at random. */
static void mix_requests(const struct bench_env *env, struct ifr_query *query)
{
    struct base_rng rng;
    base_rng_init(&rng, env->seed);
    for (size_t i = 0; i <= query->mask; i++) {
        query->indexes[i] = (uint32_t)base_rng_below(&rng, 2 * SEED_FLOWS);
        mfn_flow_make_key(&query->make, query->indexes[i], query->keys + i * query->key_size);
    }
    query->flow_count = SEED_FLOWS;
    query->is_miss = true; /* not every answer is yes */
}

static base_err seed_setup(struct bench_env *env)
{
    uint64_t filters, bits;
    struct ifr_probe *probe;
    base_err err = bench_env_count(env, "filters", 1, MFN_IFR_FILTER_BANK_MAX, &filters);
    if (err == BASE_OK)
        err = bench_env_count(env, "bits", BLOCK_BITS, SEED_BITS_MAX, &bits);
    if (err == BASE_OK)
        err = probe_new(env, &probe);
    if (err != BASE_OK)
        return err;
    mix_requests(env, &probe->query);
    struct mfn_ifr_filter_options options = { .false_positive_rate = IFR_PROBE_RATE,
                                              .bank = (uint32_t)filters };
    err = size_bank(env, bits, &options);
    if (err == BASE_OK)
        err = probe_fill(env, probe, &options);
    if (err != BASE_OK) {
        filter_teardown(probe);
        return err;
    }
    bench_env_fact(env, "bits_per_filter", (double)bits_of(&options), "bit");
    env->state = probe;
    return BASE_OK;
}

const struct bench_case ifr_filter_case = {
    .name = "ifr/filter",
    .doc = "is a flow surely unknown: its key is hashed and asked for in the filter, 1 % of false "
           "answers",
    .item = "lookup",
    .params = { { "flows", "10000,1000000,10000000", "flows in the filter" },
                { "keys", "miss,uniform", "who is asked for: unknown flows or known ones" },
                { "key", "ipv4", "ipv4: 13 bytes, or ipv6: 37, or hashed: 32" },
                { "bank", "1,16", "filters of the bank" } },
    .setup = filter_setup,
    .run = filter_run,
    .check = ifr_probe_check,
    .teardown = filter_teardown,
};

const struct bench_case ifr_filter_batch_case = {
    .name = "ifr/filter_batch",
    .doc = "32 hashes at once, with prefetch where the filter is larger than a cache",
    .item = "batch",
    .params = { { "flows", "10000,1000000,10000000", "flows in the filter" },
                { "keys", "miss", "who is asked for: unknown flows; or uniform, or zipf" },
                { "key", "ipv4", "ipv4: 13 bytes, or ipv6: 37, or hashed: 32" },
                { "bank", "1", "filters of the bank, up to 16" } },
    .setup = batch_setup,
    .run = batch_run,
    .check = ifr_probe_check,
    .teardown = filter_teardown,
};

const struct bench_case ifr_filter_seed_case = {
    .name = "ifr/filter_grid",
    .doc = "500 flows in a bank, 500 others asked for as often: the seed's grid",
    .item = "lookup",
    .params = { { "filters", "4,8,16", "filters of the bank" },
                { "bits", "65536,131072,262144", "of each filter" },
                { "key", "ipv4", "ipv4: 13 bytes, or ipv6: 37, or hashed: 32" } },
    .setup = seed_setup,
    .run = filter_run,
    .check = ifr_probe_check,
    .teardown = filter_teardown,
};
