/* ifr_registry_cases.c - the whole lookup of the registry: filter, cache, table; and the seed's
 * "full pipeline". */
#include "ifr_filled.h"
#include "ifr_service_cases.h"

#include <bench/keep.h>

#include <stdlib.h>

struct asked {
    struct ifr_query query;
    struct mfn_ifr_registry *registry;
    uint64_t asked, found, wrong;
};

static void registry_teardown(void *state)
{
    struct asked *const asked = state;
    if (asked == NULL)
        return;
    mfn_ifr_registry_free(asked->registry);
    ifr_query_close(&asked->query);
    free(asked);
}

static void state_facts(struct bench_env *env, const struct asked *asked)
{
    struct mfn_ifr_counters counters;
    mfn_ifr_registry_stats(asked->registry, &counters);
    if (env->thread > 0)
        return;
    bench_env_fact(env, "size_bytes", (double)counters.memory_bytes, "B");
    bench_env_fact(env, "bytes_per_flow",
                   (double)counters.memory_bytes / (double)asked->query.flow_count, "B");
}

/* Only the first `few` flows are asked for. */
static void ask_few(struct ifr_query *query, uint32_t few)
{
    for (size_t i = 0; i <= query->mask; i++) {
        query->indexes[i] %= few;
        mfn_flow_make_key(&query->make, query->indexes[i], query->keys + i * query->key_size);
    }
}

static base_err open_registry(struct bench_env *env, const struct ifr_filled_options *options,
                              uint32_t few)
{
    struct asked *const asked = calloc(1, sizeof *asked);
    if (asked == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    base_err err = ifr_query_open(env, &asked->query);
    if (err == BASE_OK && asked->query.flow_count < few)
        err = base_fail(&env->why, BASE_ERANGE, 0, "flows: %llu is less than the %u asked for",
                        (unsigned long long)asked->query.flow_count, few);
    if (err == BASE_OK && few > 0)
        ask_few(&asked->query, few);
    if (err == BASE_OK)
        err = ifr_filled_new(&asked->query, options, &asked->registry, &env->why);
    if (err != BASE_OK) {
        registry_teardown(asked);
        return err;
    }
    state_facts(env, asked);
    env->state = asked;
    return BASE_OK;
}

static base_err registry_setup(struct bench_env *env)
{
    return open_registry(env, &(struct ifr_filled_options){ 0 }, 0);
}

static base_err pipeline_setup(struct bench_env *env)
{
    enum { CAPACITY = 1048576, CACHED = 10000, BANK = 16, FEW = 1000 };
    return open_registry(
        env,
        &(struct ifr_filled_options){ .capacity = CAPACITY, .cache_count = CACHED, .bank = BANK },
        FEW);
}

static void registry_run(void *state, uint64_t count)
{
    struct asked *const asked = state;
    struct mfn_ifr_registry *const registry = asked->registry;
    const size_t key_size = asked->query.key_size;
    uint64_t at = asked->asked, found = 0, wrong = 0;
    BENCH_LOOP(count) {
        struct mfn_ifr_value value;
        if (mfn_ifr_registry_find(registry, ifr_query_key(&asked->query, at), key_size, 0,
                                  &value) == BASE_OK) {
            found++;
            wrong += !ifr_query_is_right(&value, ifr_query_index(&asked->query, at));
        }
        at++;
    }
    asked->asked = at;
    asked->found += found;
    asked->wrong += wrong;
}

static base_err registry_check(void *state, struct base_why *why)
{
    const struct asked *const asked = state;
    const uint64_t expected = asked->query.is_miss ? 0 : asked->asked;
    if (asked->found != expected || asked->wrong > 0)
        return base_fail(why, BASE_EWRONG, 0,
                         "%llu of %llu flows were found, %llu should have been; %llu had the value "
                         "of another",
                         (unsigned long long)asked->found, (unsigned long long)asked->asked,
                         (unsigned long long)expected, (unsigned long long)asked->wrong);
    struct mfn_ifr_counters counters;
    mfn_ifr_registry_stats(asked->registry, &counters);
    if (counters.lookups != asked->asked || counters.hits != asked->found)
        return base_fail(why, BASE_EWRONG, 0,
                         "the registry counted %llu lookups and %llu hits, they were %llu and %llu",
                         (unsigned long long)counters.lookups, (unsigned long long)counters.hits,
                         (unsigned long long)asked->asked, (unsigned long long)asked->found);
    return BASE_OK;
}

const struct bench_case ifr_registry_case = {
    .name = "ifr/registry",
    .doc = "a lookup in the registry: filter, then a cache of a tenth of the flows, then the table",
    .item = "lookup",
    .params = { { "flows", "10000,1000000", "registered flows" },
                { "keys", "uniform,zipf,miss", "who is asked for; zipf: exponent 0.99" },
                { "key", "ipv4", "ipv4: 13 bytes, or ipv6: 37, or hashed: 32" } },
    .setup = registry_setup,
    .run = registry_run,
    .check = registry_check,
    .teardown = registry_teardown,
};

const struct bench_case ifr_pipeline_case = {
    .name = "ifr/pipeline",
    .doc = "the seed's full pipeline: room for 1 Mi flows, 16 filters, 10 000 cached, 1000 keys "
           "asked for",
    .item = "lookup",
    .params = { { "flows", "100000", "registered flows, at least 1000" },
                { "key", "ipv4", "ipv4: 13 bytes, or ipv6: 37, or hashed: 32" } },
    .setup = pipeline_setup,
    .run = registry_run,
    .check = registry_check,
    .teardown = registry_teardown,
};
