/* ifr_filter_classic.c - the peer: the filter of textbooks. Seven bits anywhere in one array, found
 * by double hashing, with ten bits a key: 9.585, the least that gives 1 %. What can be had for it
 * is done: products in place of remainders, and it stops at the first bit that is not set.
 *
 * Source   Bloom, CACM 13 (1970) 422; Kirsch & Mitzenmacher, "Less hashing, same performance", ESA
 *          2006; products for ranges: Lemire, ACM TOMACS 29 (2019) 3 */
#include "ifr_probe.h"
#include "ifr_service_cases.h"

#include <bench/keep.h>

#include <math.h>
#include <stdlib.h>

enum { HASHES = 7 };

struct classic {
    uint64_t bit_count;
    uint64_t *words;
};

static inline uint64_t place(const struct classic *classic, uint64_t hash)
{
    return (uint64_t)(((unsigned __int128)hash * classic->bit_count) >> 64);
}

static inline uint64_t second_hash(uint64_t hash)
{
    return (hash << 32 | hash >> 32) | 1;
}

static void classic_add(struct classic *classic, uint64_t hash)
{
    const uint64_t step = second_hash(hash);
    for (int i = 0; i < HASHES; i++, hash += step) {
        const uint64_t bit = place(classic, hash);
        classic->words[bit / 64] |= UINT64_C(1) << bit % 64;
    }
}

static inline bool classic_has(const struct classic *classic, uint64_t hash)
{
    const uint64_t step = second_hash(hash);
    for (int i = 0; i < HASHES; i++, hash += step) {
        const uint64_t bit = place(classic, hash);
        if ((classic->words[bit / 64] >> bit % 64 & 1) == 0)
            return false;
    }
    return true;
}

static bool has(const void *filter, uint64_t hash)
{
    return classic_has(filter, hash);
}

static base_err classic_new(uint64_t flow_count, struct classic **out)
{
    const double ln2 = 0.693147180559945309;
    struct classic *const classic = malloc(sizeof *classic);
    if (classic == NULL)
        return BASE_ENOMEM;
    classic->bit_count =
        (uint64_t)ceil(-(double)flow_count * log(IFR_PROBE_RATE) / (ln2 * ln2)) + 1;
    classic->words = calloc(classic->bit_count / 64 + 1, sizeof *classic->words);
    if (classic->words == NULL) {
        free(classic);
        return BASE_ENOMEM;
    }
    *out = classic;
    return BASE_OK;
}

static void classic_teardown(void *state)
{
    struct ifr_probe *const probe = state;
    if (probe == NULL)
        return;
    struct classic *const classic = probe->filter;
    if (classic != NULL)
        free(classic->words);
    free(classic);
    ifr_query_close(&probe->query);
    free(probe);
}

static base_err classic_setup(struct bench_env *env)
{
    struct ifr_probe *const probe = calloc(1, sizeof *probe);
    if (probe == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    struct classic *classic = NULL;
    base_err err = ifr_query_open(env, &probe->query);
    if (err == BASE_OK && classic_new(probe->query.flow_count, &classic) != BASE_OK)
        err = base_fail(&env->why, BASE_ENOMEM, 0, "no memory for the filter");
    if (err != BASE_OK) {
        classic_teardown(probe);
        return err;
    }
    probe->filter = classic;
    probe->has = has;
    for (uint64_t i = 0; i < probe->query.flow_count; i++)
        classic_add(classic, ifr_probe_hash(probe, i));
    ifr_probe_facts(env, probe, classic->bit_count / 8);
    env->state = probe;
    return BASE_OK;
}

static void classic_run(void *state, uint64_t count)
{
    struct ifr_probe *const probe = state;
    const struct classic *const classic = probe->filter;
    const size_t key_size = probe->query.key_size;
    uint64_t at = probe->asked, yes = 0;
    BENCH_LOOP(count) {
        yes += classic_has(
            classic, mfn_ifr_hash(&probe->query.seed, ifr_query_key(&probe->query, at), key_size));
        at++;
    }
    probe->asked = at;
    probe->yes += yes;
}

const struct bench_case ifr_filter_classic_case = {
    .name = "ifr/filter.classic",
    .doc = "the same by a classic Bloom filter: seven bits of one array, double hashing",
    .item = "lookup",
    .peer_of = "ifr/filter",
    .params = { { "flows", "10000,1000000,10000000", "flows in the filter" },
                { "keys", "miss,uniform", "who is asked for: unknown flows or known ones" },
                { "key", "ipv4", "ipv4: 13 bytes, or ipv6: 37, or hashed: 32" } },
    .setup = classic_setup,
    .run = classic_run,
    .check = ifr_probe_check,
    .teardown = classic_teardown,
};
