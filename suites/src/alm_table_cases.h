/* alm_table_cases.h - tables of routes: asked, and kept right while the topology changes. */
#ifndef SUITE_ALM_TABLE_CASES_H
#define SUITE_ALM_TABLE_CASES_H

#include "alm_change.h"

#include <stdbool.h>

enum { ALM_PATH_NODES_MAX = 1024 };

struct alm_route_state {
    struct alm_world world;
    struct mfn_alm_routes *routes;
    uint64_t asked;
    size_t count; /* nodes of the last path; SIZE_MAX: it failed */
    uint32_t hop; /* the last */
    uint32_t nodes[ALM_PATH_NODES_MAX];
};

struct alm_adapt_state {
    struct alm_change change;
    struct mfn_alm_routes *routes;
    uint64_t changes; /* done; an even number: all is as before */
    base_err err;     /* of any */
};

/* A library's one to all, for all roots. */
struct alm_all_method {
    base_err (*open)(const struct mfn_alm_graph *graph, void **solver, struct base_why *why);
    bool (*run)(void *solver, uint32_t root, uint64_t *distances); /* [node_count] */
    void (*close)(void *solver);
};

extern const struct bench_case alm_case_route, alm_case_hop, alm_case_adapt, alm_case_update;
#ifdef SUITE_HAS_BOOST
extern const struct alm_all_method alm_all_boost;
extern const struct bench_case alm_case_adapt_boost;
#define ALM_TABLE_BOOST_CASES &alm_case_adapt_boost,
#else
#define ALM_TABLE_BOOST_CASES
#endif

#define ALM_TABLE_CASES                                                                            \
    &alm_case_route, &alm_case_hop, &alm_case_adapt, ALM_TABLE_BOOST_CASES &alm_case_update,

#endif
