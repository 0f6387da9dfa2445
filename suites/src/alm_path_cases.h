/* alm_path_cases.h - shortest paths: one to all, one pair, K paths, and their peers. */
#ifndef SUITE_ALM_PATH_CASES_H
#define SUITE_ALM_PATH_CASES_H

#include "alm_methods.h"
#include "alm_world.h"

/* What a case of one to all, of a pair and of K paths is made of. The states of the tests. */
struct alm_tree_state {
    struct alm_world world;
    const struct alm_tree_method *method;
    void *solver;
    uint64_t asked;
};

struct alm_pair_state {
    struct alm_world world;
    const struct alm_pair_method *method;
    void *solver;
    uint64_t asked;
    uint64_t distance; /* of the last question */
};

struct alm_kpaths_state {
    struct alm_world world;
    const struct alm_kpaths_method *method;
    void *solver;
    uint64_t asked;
    size_t k;
    size_t found; /* by the last question */
};

BASE_MUST_USE base_err alm_tree_open(struct bench_env *env, const struct alm_tree_method *method);
BASE_MUST_USE base_err alm_pair_open(struct bench_env *env, const struct alm_pair_method *method);
BASE_MUST_USE base_err alm_kpaths_open(struct bench_env *env,
                                       const struct alm_kpaths_method *method);

extern const struct bench_case alm_case_dijkstra, alm_case_dijkstra_heap, alm_case_file;
extern const struct bench_case alm_case_pair, alm_case_pair_heap;
extern const struct bench_case alm_case_kpaths, alm_case_kpaths_yen;
#ifdef SUITE_HAS_BOOST
extern const struct bench_case alm_case_dijkstra_boost, alm_case_pair_boost;
#define ALM_PATH_BOOST_CASES &alm_case_dijkstra_boost, &alm_case_pair_boost,
#else
#define ALM_PATH_BOOST_CASES
#endif
#ifdef SUITE_HAS_IGRAPH
extern const struct bench_case alm_case_dijkstra_igraph, alm_case_pair_igraph;
extern const struct bench_case alm_case_kpaths_igraph;
#define ALM_PATH_IGRAPH_CASES                                                                      \
    &alm_case_dijkstra_igraph, &alm_case_pair_igraph, &alm_case_kpaths_igraph,
#else
#define ALM_PATH_IGRAPH_CASES
#endif

#define ALM_PATH_CASES                                                                             \
    &alm_case_dijkstra, &alm_case_dijkstra_heap, &alm_case_pair, &alm_case_pair_heap,              \
        &alm_case_kpaths, &alm_case_kpaths_yen,                                                    \
        ALM_PATH_BOOST_CASES ALM_PATH_IGRAPH_CASES &alm_case_file,

#endif
