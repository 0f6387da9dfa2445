#include "ifr_probe.h"

#include <stats/interval.h>

enum { ABSENT_COUNT = 1 << 20 };

uint64_t ifr_probe_hash(const struct ifr_probe *probe, uint64_t index)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    mfn_flow_make_key(&probe->query.make, index, key);
    return mfn_ifr_hash(&probe->query.seed, key, probe->query.key_size);
}

void ifr_probe_facts(struct bench_env *env, const struct ifr_probe *probe, uint64_t size_bytes)
{
    if (env->thread > 0)
        return;
    const uint64_t first = 2 * probe->query.flow_count; /* beyond those that the timed misses are */
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < ABSENT_COUNT; i++)
        wrong += probe->has(probe->filter, ifr_probe_hash(probe, first + i));
    const struct stats_interval rate = stats_interval_wilson(wrong, ABSENT_COUNT, 0.95);
    bench_env_fact(env, "false_positive_rate", rate.value, "1");
    bench_env_fact(env, "false_positive_rate_low", rate.low, "1");
    bench_env_fact(env, "false_positive_rate_high", rate.high, "1");
    bench_env_fact(env, "size_bytes", (double)size_bytes, "B");
    bench_env_fact(env, "bits_per_flow", 8.0 * (double)size_bytes / (double)probe->query.flow_count,
                   "bit");
}

/* How many of the first `count` requests are answered yes. */
static uint64_t count_yes(const struct ifr_probe *probe, uint64_t count)
{
    uint64_t yes = 0;
    for (uint64_t i = 0; i < count; i++)
        yes += probe->has(probe->filter, ifr_probe_hash(probe, ifr_query_index(&probe->query, i)));
    return yes;
}

base_err ifr_probe_check(void *opaque, struct base_why *why)
{
    const struct ifr_probe *const probe = opaque;
    const uint64_t round = probe->query.mask + 1, rounds = probe->asked / round;
    const uint64_t rest = count_yes(probe, probe->asked % round);
    const uint64_t expected = rest + (rounds > 0 ? rounds * count_yes(probe, round) : 0);
    if (probe->yes != expected)
        return base_fail(why, BASE_EWRONG, 0, "%llu of %llu flows were said to be known, not %llu",
                         (unsigned long long)probe->yes, (unsigned long long)probe->asked,
                         (unsigned long long)expected);
    if (!probe->query.is_miss && probe->yes != probe->asked)
        return base_fail(why, BASE_EWRONG, 0, "%llu of %llu flows that were added were denied",
                         (unsigned long long)(probe->asked - probe->yes),
                         (unsigned long long)probe->asked);
    return BASE_OK;
}
