/* ifr_cache_trace.h - requests to a cache: some to fill it and to let its policy settle, then those
 * that count.
 *
 * Parameters of the case:
 *
 *   flows     1 .. 10000000, asked for with Zipf's frequencies, exponent 0.99
 *   percent   what part of them the cache can keep: above 0, to 100; at least one flow
 *
 * Threads   one object, one thread; asking only reads
 */
#ifndef SUITE_IFR_CACHE_TRACE_H
#define SUITE_IFR_CACHE_TRACE_H

#include <bench/case.h>
#include <mfn/flow_make.h>

enum {
    IFR_CACHE_FLOWS_MAX = 10000000,
    IFR_CACHE_COUNTED_LOG_MIN = 16, /* requests that count: a power of two, some for each flow */
    IFR_CACHE_COUNTED_LOG_MAX = 20,
    IFR_CACHE_SETTLE = 20, /* requests before them for each flow that the cache can keep */
    IFR_CACHE_SETTLE_MAX = 1 << 24,
    IFR_CACHE_BLOCKS = 16, /* of counted requests; how much their ratios differ gives an interval */
};

struct ifr_cache_trace {
    uint32_t flow_count;
    size_t capacity; /* flows */
    double optimum;  /* share of requests for the `capacity` most wanted flows */
    uint32_t settle, counted;
    uint32_t *flows; /* [settle + counted] */
    struct mfn_flow_make make;
};

/* Errors: EPARSE, ERANGE, ENOMEM */
BASE_MUST_USE base_err ifr_cache_trace_open(struct bench_env *env, struct ifr_cache_trace *trace);
void ifr_cache_trace_close(struct ifr_cache_trace *trace);

/* State facts: "hit_ratio" and "miss_ratio" with their intervals, from the hits of each block, then
 * "static_optimum" and "entries". */
void ifr_cache_trace_facts(struct bench_env *env, const struct ifr_cache_trace *trace,
                           const uint32_t *hits);

/* The same in all cases of caches. */
#define IFR_CACHE_PARAMS                                                                           \
    { "flows", "10000,1000000", "flows that are asked for, by Zipf's law with exponent 0.99" },    \
    {                                                                                              \
        "percent", "10,1,0.1", "how many of them the cache can keep, per cent"                     \
    }

#endif
