/* ifr_table_traffic.c - keys are drawn into one run of memory, as a packet loop would have just
 * parsed them; the processor fetches them ahead, so that what is timed is the table. */
#include "ifr_table_traffic.h"

#include <probe/process.h>

#include <stdlib.h>
#include <string.h>

enum { ASKS_MIN = 1 << 15, ASKS_MAX = 1 << 20 };

static const double zipf_exponent = 0.99;

base_err ifr_traffic_key_size(struct bench_env *env, size_t *key_size)
{
    const char *const key = bench_env_text(env, "key");
    static const struct {
        const char *name;
        size_t size;
    } kinds[] = { { "ipv4", MFN_FLOW_KEY_IPV4 },
                  { "ipv6", MFN_FLOW_KEY_IPV6 },
                  { "hashed", MFN_FLOW_KEY_HASHED } };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, key) == 0 || (key[0] == '\0' && i == 0)) {
            *key_size = kinds[i].size;
            return BASE_OK;
        }
    return base_fail(&env->why, BASE_EINVALID, 0,
                     "key: \"%s\" is no kind of key; ipv4, ipv6 and hashed are", key);
}

base_err ifr_traffic_choice(struct bench_env *env, const char *name, const char *yes,
                            const char *no, bool *is_yes)
{
    const char *const value = bench_env_text(env, name);
    *is_yes = strcmp(value, yes) == 0;
    if (*is_yes || strcmp(value, no) == 0)
        return BASE_OK;
    return base_fail(&env->why, BASE_EINVALID, 0, "%s: \"%s\" is neither %s nor %s", name, value,
                     yes, no);
}

base_err ifr_traffic_one_thread(struct bench_env *env)
{
    if (env->threads <= 1)
        return BASE_OK;
    return base_fail(&env->why, BASE_EINVALID, 0,
                     "this case is of one thread, not %u; ifr/shards writes from several",
                     env->threads);
}

base_err ifr_traffic_one_thread_flows(struct bench_env *env, uint64_t least, uint64_t most,
                                      uint64_t *flow_count)
{
    const base_err err = ifr_traffic_one_thread(env);
    return err == BASE_OK ? bench_env_count(env, "flows", least, most, flow_count) : err;
}

static base_err read_keys(struct bench_env *env, struct mfn_flow_make_options *options,
                          bool *is_missing)
{
    const char *const keys = bench_env_text(env, "keys");
    *is_missing = strcmp(keys, "miss") == 0;
    if (strcmp(keys, "zipf") == 0)
        options->exponent = zipf_exponent;
    else if (!*is_missing && strcmp(keys, "uniform") != 0 && keys[0] != '\0')
        return base_fail(&env->why, BASE_EINVALID, 0,
                         "keys: \"%s\" is no mix; uniform, zipf and miss are", keys);
    return BASE_OK;
}

/* Four times the flows, within bounds: a few caches full for large tables, few enough keys not to
 * push a small table out of its cache. */
static size_t asks_for(uint64_t flow_count)
{
    size_t count = ASKS_MIN;
    while (count < ASKS_MAX && count < 4 * flow_count)
        count *= 2;
    return count;
}

static base_err draw(struct ifr_traffic *traffic)
{
    traffic->asks = calloc(traffic->ask_count, traffic->stride);
    traffic->flows = malloc(traffic->ask_count * sizeof *traffic->flows);
    if (traffic->asks == NULL || traffic->flows == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < traffic->ask_count; i++) {
        const uint64_t index = mfn_flow_make_next(&traffic->make);
        traffic->flows[i] = index + (traffic->is_missing ? traffic->flow_count : 0);
        ifr_traffic_key(traffic, traffic->flows[i], traffic->asks + i * traffic->stride);
    }
    return BASE_OK;
}

base_err ifr_traffic_init(struct bench_env *env, uint64_t flow_count, struct ifr_traffic *out)
{
    struct ifr_traffic traffic = { .flow_count = flow_count, .ask_count = asks_for(flow_count) };
    base_err err = ifr_traffic_key_size(env, &traffic.key_size);
    struct mfn_flow_make_options options = { .flow_count = flow_count,
                                             .key_size = traffic.key_size,
                                             .seed = env->seed };
    traffic.stride = traffic.key_size == MFN_FLOW_KEY_IPV4 ? 16 : (traffic.key_size + 7) / 8 * 8;
    if (err == BASE_OK)
        err = read_keys(env, &options, &traffic.is_missing);
    if (err == BASE_OK)
        err = mfn_flow_make_init(&options, &traffic.make, &env->why);
    if (err != BASE_OK)
        return err;
    if (draw(&traffic) != BASE_OK) {
        ifr_traffic_done(&traffic);
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for %zu keys", traffic.ask_count);
    }
    *out = traffic;
    return BASE_OK;
}

void ifr_traffic_done(struct ifr_traffic *traffic)
{
    free(traffic->asks);
    free(traffic->flows);
    *traffic = (struct ifr_traffic){ 0 };
}

struct ifr_answers ifr_traffic_expect(const struct ifr_traffic *traffic, size_t start,
                                      uint64_t count)
{
    struct ifr_answers round = { 0 }, rest = { 0 };
    if (traffic->is_missing)
        return rest;
    const uint64_t rounds = count / traffic->ask_count;
    const size_t left = (size_t)(count % traffic->ask_count);
    for (size_t i = 0; i < traffic->ask_count; i++) {
        const size_t at = (start + i) % traffic->ask_count;
        const uint64_t value = ifr_traffic_value(traffic->flows[at]);
        round.sum += value;
        rest.sum += i < left ? value : 0;
    }
    return (struct ifr_answers){ .found = count, .sum = rounds * round.sum + rest.sum };
}

uint8_t *ifr_traffic_keys(const struct ifr_traffic *traffic, uint64_t first, uint64_t count)
{
    uint8_t *const keys = calloc(count, traffic->stride);
    for (uint64_t i = 0; keys != NULL && i < count; i++)
        ifr_traffic_key(traffic, first + i, keys + i * traffic->stride);
    return keys;
}

base_err ifr_traffic_options(struct bench_env *env, uint64_t capacity, struct ifr_kind_options *out)
{
    *out = (struct ifr_kind_options){ .capacity = capacity, .seed = env->seed };
    bool is_exact = true;
    base_err err = ifr_traffic_key_size(env, &out->key_size);
    if (err == BASE_OK && bench_env_text(env, "pages")[0] != '\0')
        err = ifr_traffic_choice(env, "pages", "large", "normal", &out->want_large_pages);
    if (err == BASE_OK && bench_env_text(env, "sized")[0] != '\0')
        err = ifr_traffic_choice(env, "sized", "exact", "grown", &is_exact);
    if (!is_exact)
        out->capacity = 0;
    return err;
}

static int64_t rss_bytes(void)
{
    struct probe_process process;
    struct base_why unused;
    return probe_process_read(NULL, 0, &process, &unused) == BASE_OK ? process.rss_bytes : -1;
}

static void keep_size(const struct ifr_traffic *traffic, const struct ifr_kind *kind,
                      const void *table, int64_t before, struct bench_env *env)
{
    const double flows = (double)traffic->flow_count;
    const int64_t after = rss_bytes();
    if (kind->size_bytes != NULL)
        bench_env_fact(env, "bytes_per_flow", (double)kind->size_bytes(table) / flows, "B");
    if (before >= 0 && after >= before)
        bench_env_fact(env, "rss_bytes_per_flow", (double)(after - before) / flows, "B");
}

base_err ifr_traffic_fill(const struct ifr_traffic *traffic, const struct ifr_kind *kind,
                          uint64_t room, struct bench_env *env, void **table)
{
    struct ifr_kind_options options;
    const int64_t before = rss_bytes();
    void *opened = NULL;
    base_err err = ifr_traffic_options(env, traffic->flow_count + room, &options);
    if (err == BASE_OK)
        err = kind->open(&options, &opened, &env->why);
    for (uint64_t i = 0; err == BASE_OK && i < traffic->flow_count; i++) {
        uint8_t key[MFN_FLOW_KEY_IPV6];
        ifr_traffic_key(traffic, i, key);
        err = kind->insert(opened, key, ifr_traffic_value(i));
        if (err != BASE_OK)
            base_fail(&env->why, err, 0, "flow %llu of %llu is not taken: %s",
                      (unsigned long long)i, (unsigned long long)traffic->flow_count,
                      base_err_text(err));
    }
    if (err != BASE_OK) {
        kind->close(opened);
        return env->why.text[0] != '\0' ? err
                                        : base_fail(&env->why, err, 0, "%s", base_err_text(err));
    }
    keep_size(traffic, kind, opened, before, env);
    *table = opened;
    return BASE_OK;
}
