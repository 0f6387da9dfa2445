/* alm_service_cases.h - questions of users: which way from here to there? Answered in the process,
 * with a route cache and without, and by a service over HTTP.
 */
#ifndef SUITE_ALM_SERVICE_CASES_H
#define SUITE_ALM_SERVICE_CASES_H

#include "alm_heap_paths.h"
#include "alm_world.h"
#include "http_service.h"

#include <mfn/alm_cache.h>
#include <mfn/alm_pair.h>

enum {
    ALM_TRACE = 65536, /* questions, asked in turn; a power of two */
    ALM_CACHED_NODES = 8,
    ALM_SERVED_PAIRS = 20000, /* that questions are about, by Zipf with exponent 0.99 */
    ALM_SERVED_NODES = 1024,  /* nodes of a path */
};

struct alm_cache_state {
    struct mfn_alm_cache_options options;
    struct mfn_alm_cache *cache;
    uint32_t *trace; /* [ALM_TRACE] numbers of pairs */
    uint64_t asked;
    struct mfn_alm_cache_counts counted; /* before */
    bool is_hit;                         /* the last was, and found this */
    struct mfn_alm_cached_route route;
};

struct alm_answer {
    uint64_t distance; /* quanta of the graph; MFN_ALM_FAR: no path */
    size_t count;
    uint32_t nodes[ALM_SERVED_NODES];
};

/* What finds a path: our own search of a pair, or the textbook's. */
struct alm_finder {
    const struct mfn_alm_graph *graph;
    struct mfn_alm_landmarks *landmarks;
    struct mfn_alm_pair *search; /* NULL: the textbook's */
    struct alm_heap_search heap;
};

struct alm_service_state {
    struct alm_world world;
    struct alm_finder finder;
    struct alm_pair_of_nodes *trace; /* [ALM_TRACE] */
    uint64_t asked;
    struct alm_answer answer;    /* the last, of the process itself */
    struct mfn_alm_cache *cache; /* NULL: none */
    struct suite_http *http;
    char body[SUITE_HTTP_BODY_MAX + 1]; /* the last, of the service */
    size_t body_size;
    base_err err; /* of any question */
};

BASE_MUST_USE base_err alm_finder_init(struct alm_finder *finder, const struct mfn_alm_graph *graph,
                                       bool is_textbook, struct base_why *why);
void alm_finder_done(struct alm_finder *finder);
void alm_finder_find(struct alm_finder *finder, struct alm_pair_of_nodes ask,
                     struct alm_answer *out);

extern const struct bench_case alm_case_cache, alm_case_route_service, alm_case_route_http;

#define ALM_SERVICE_CASES &alm_case_cache, &alm_case_route_service, &alm_case_route_http,

#endif
