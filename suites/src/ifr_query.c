/* ifr_query.c - as many requests as there are flows, so that a table larger than the caches is
 * asked all over, but no more than a million: their keys are read one after the other, which costs
 * little, and would be more than is asked for. */
#include "ifr_query.h"

#include <stdlib.h>
#include <string.h>

static const double zipf_exponent = 0.99;

static base_err read_flows(struct bench_env *env, struct ifr_query *query)
{
    query->flow_count = IFR_QUERY_FLOWS_WITHOUT;
    if (bench_env_text(env, "flows")[0] == '\0')
        return BASE_OK;
    return bench_env_count(env, "flows", 1, IFR_QUERY_FLOWS_MAX, &query->flow_count);
}

static base_err read_key(struct bench_env *env, struct ifr_query *query)
{
    static const struct {
        const char *name;
        size_t size;
    } kinds[] = { { "", MFN_IFR_KEY_IPV4 },
                  { "ipv4", MFN_IFR_KEY_IPV4 },
                  { "hashed", MFN_IFR_KEY_HASHED },
                  { "ipv6", MFN_IFR_KEY_IPV6 } };
    const char *const text = bench_env_text(env, "key");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(text, kinds[i].name) == 0) {
            query->key_size = kinds[i].size;
            return BASE_OK;
        }
    return base_fail(&env->why, BASE_EINVALID, 0, "key: \"%s\" is none of ipv4, hashed, ipv6",
                     text);
}

static base_err read_order(struct bench_env *env, struct ifr_query *query, double *exponent)
{
    const char *const text = bench_env_text(env, "keys");
    *exponent = strcmp(text, "zipf") == 0 ? zipf_exponent : 0;
    query->is_miss = strcmp(text, "miss") == 0;
    if (*exponent > 0 || query->is_miss || text[0] == '\0' || strcmp(text, "uniform") == 0)
        return BASE_OK;
    return base_fail(&env->why, BASE_EINVALID, 0, "keys: \"%s\" is none of uniform, zipf, miss",
                     text);
}

static base_err make_requests(struct bench_env *env, struct ifr_query *query)
{
    unsigned log = IFR_QUERY_LOG_MIN;
    while (log < IFR_QUERY_LOG_MAX && (UINT64_C(1) << log) < query->flow_count)
        log++;
    const size_t count = (size_t)1 << log;
    query->mask = count - 1;
    query->keys = malloc(count * query->key_size);
    query->indexes = malloc(count * sizeof *query->indexes);
    if (query->keys == NULL || query->indexes == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for %zu requests", count);
    for (size_t i = 0; i < count; i++) {
        const uint64_t next = mfn_flow_make_next(&query->make);
        query->indexes[i] = (uint32_t)(query->is_miss ? query->flow_count + next : next);
        mfn_flow_make_key(&query->make, query->indexes[i], query->keys + i * query->key_size);
    }
    return BASE_OK;
}

static void make_seed(uint64_t seed, struct mfn_ifr_seed *out)
{
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (size_t i = 0; i < sizeof out->k / sizeof out->k[0]; i++)
        out->k[i] = base_rng_u64(&rng);
}

base_err ifr_query_open(struct bench_env *env, struct ifr_query *query)
{
    double exponent;
    *query = (struct ifr_query){ 0 };
    base_err err = read_flows(env, query);
    if (err == BASE_OK)
        err = read_key(env, query);
    if (err == BASE_OK)
        err = read_order(env, query, &exponent);
    if (err != BASE_OK)
        return err;
    make_seed(env->seed, &query->seed);
    const struct mfn_flow_make_options options = { query->flow_count, exponent, query->key_size,
                                                   env->seed + env->thread };
    err = mfn_flow_make_init(&options, &query->make, &env->why);
    if (err == BASE_OK)
        err = make_requests(env, query);
    if (err != BASE_OK)
        ifr_query_close(query);
    return err;
}

void ifr_query_close(struct ifr_query *query)
{
    free(query->keys);
    free(query->indexes);
    query->keys = NULL;
    query->indexes = NULL;
}

struct mfn_ifr_value ifr_query_value(uint64_t index)
{
    return (struct mfn_ifr_value){ .component_id = (uint32_t)index + 1,
                                   .flow_type = (uint8_t)(index % 6),
                                   .priority = (uint8_t)(index % 8),
                                   .flags = (uint16_t)(index * 3),
                                   .timestamp_ns = index,
                                   .size = (uint32_t)index ^ 0x5a5a };
}

bool ifr_query_is_same(const struct mfn_ifr_value *value, uint64_t index)
{
    const struct mfn_ifr_value right = ifr_query_value(index);
    return value->component_id == right.component_id && value->flow_type == right.flow_type &&
           value->priority == right.priority && value->flags == right.flags &&
           value->timestamp_ns == right.timestamp_ns && value->size == right.size;
}
