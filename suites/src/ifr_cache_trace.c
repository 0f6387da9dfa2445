#include "ifr_cache_trace.h"

#include <base/units.h>
#include <stats/interval.h>

#include <math.h>
#include <stdlib.h>

static const double exponent = 0.99;

static base_err read_params(struct bench_env *env, struct ifr_cache_trace *trace)
{
    uint64_t flows;
    double percent;
    base_err err = bench_env_count(env, "flows", 1, IFR_CACHE_FLOWS_MAX, &flows);
    if (err != BASE_OK)
        return err;
    err = base_units_parse_number(bench_env_text(env, "percent"), 1e-6, 100, &percent, &env->why);
    if (err != BASE_OK)
        return base_fail_prefix(&env->why, err, "percent");
    trace->flow_count = (uint32_t)flows;
    trace->capacity = (size_t)llround((double)flows * percent / 100);
    if (trace->capacity == 0)
        trace->capacity = 1;
    return BASE_OK;
}

/* What a cache that keeps the most wanted flows and never changes would hit. */
static double static_optimum(const struct ifr_cache_trace *trace)
{
    double kept = 0, all = 0;
    for (uint32_t rank = trace->flow_count; rank > 0; rank--) { /* small terms first */
        const double weight = pow(rank, -exponent);
        all += weight;
        kept += rank <= trace->capacity ? weight : 0;
    }
    return kept / all;
}

static void choose_counts(struct ifr_cache_trace *trace)
{
    unsigned log = IFR_CACHE_COUNTED_LOG_MIN;
    while (log < IFR_CACHE_COUNTED_LOG_MAX &&
           (UINT64_C(1) << log) < 4 * (uint64_t)trace->flow_count)
        log++;
    trace->counted = UINT32_C(1) << log;
    const uint64_t settle = IFR_CACHE_SETTLE * (uint64_t)trace->capacity + trace->counted / 4;
    trace->settle = settle < IFR_CACHE_SETTLE_MAX ? (uint32_t)settle : IFR_CACHE_SETTLE_MAX;
}

base_err ifr_cache_trace_open(struct bench_env *env, struct ifr_cache_trace *trace)
{
    *trace = (struct ifr_cache_trace){ 0 };
    base_err err = read_params(env, trace);
    if (err != BASE_OK)
        return err;
    const struct mfn_flow_make_options options = { trace->flow_count, exponent, MFN_FLOW_KEY_IPV4,
                                                   env->seed + env->thread };
    err = mfn_flow_make_init(&options, &trace->make, &env->why);
    if (err != BASE_OK)
        return err;
    choose_counts(trace);
    trace->optimum = static_optimum(trace);
    const size_t count = (size_t)trace->settle + trace->counted;
    trace->flows = malloc(count * sizeof *trace->flows);
    if (trace->flows == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for %zu requests", count);
    for (size_t i = 0; i < count; i++)
        trace->flows[i] = (uint32_t)mfn_flow_make_next(&trace->make);
    return BASE_OK;
}

void ifr_cache_trace_close(struct ifr_cache_trace *trace)
{
    free(trace->flows);
    trace->flows = NULL;
}

void ifr_cache_trace_facts(struct bench_env *env, const struct ifr_cache_trace *trace,
                           const uint32_t *hits)
{
    if (env->thread > 0)
        return;
    double ratios[IFR_CACHE_BLOCKS];
    for (int i = 0; i < IFR_CACHE_BLOCKS; i++)
        ratios[i] = (double)hits[i] * IFR_CACHE_BLOCKS / trace->counted;
    const struct stats_interval hit = stats_interval_t(ratios, IFR_CACHE_BLOCKS, 0.95);
    bench_env_fact(env, "hit_ratio", hit.value, "1");
    bench_env_fact(env, "hit_ratio_low", hit.low, "1");
    bench_env_fact(env, "hit_ratio_high", hit.high, "1");
    bench_env_fact(env, "miss_ratio", 1 - hit.value, "1");
    bench_env_fact(env, "miss_ratio_low", 1 - hit.high, "1");
    bench_env_fact(env, "miss_ratio_high", 1 - hit.low, "1");
    bench_env_fact(env, "static_optimum", trace->optimum, "1");
    bench_env_fact(env, "entries", (double)trace->capacity, "1");
}
