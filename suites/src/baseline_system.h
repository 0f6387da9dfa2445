/* baseline_system.h - the conventional system: registry, similarity, routing, prediction, each
 * real or, switched off, its plain stand-in in memory.
 *
 * Threads   a system is used by one thread
 */
#ifndef BASELINE_SYSTEM_H
#define BASELINE_SYSTEM_H

#include "baseline_flow.h"
#include "baseline_graph.h"
#include "baseline_index.h"
#include "baseline_registry.h"

#include <bench/case.h>

enum { BASELINE_FLOWS_MAX = 10000000 };

/* What a case needs; the rest is not set up. */
enum baseline_part {
    BASELINE_REGISTER = 1,
    BASELINE_ROUTE = 2,
    BASELINE_MODELS = 4,
};

struct baseline_system {
    unsigned parts;
    bool has_network, has_database, has_ml;
    uint64_t seed;
    uint32_t node_count;
    uint64_t known_count; /* flows that were there before the first */
    uint64_t done_count;  /* flows that the run has had */
    uint64_t round;       /* new flows before the first of them comes again; 0: never */

    struct baseline_registry registry;
    struct baseline_graph graph;
    struct baseline_search search, twin; /* twin: for checks */
    struct baseline_index index;
    struct baseline_model model;

    struct baseline_flow flow; /* the one that is worked on */
    float similarity;
    float next[BASELINE_FEATURES];

    base_err err; /* the first failure, which ends all further work */
    struct base_why why;
};

/* Set up by the parameters flows, nodes, network, database, ml and journal, as far as the case has
 * them. The flows that are known already are registered and routed here.
 * Errors: those of the parameters and of the parts; env->why */
BASE_MUST_USE base_err baseline_system_open(struct bench_env *env, unsigned parts,
                                            struct baseline_system **out);
void baseline_system_close(struct baseline_system *system); /* accepts NULL */

/* The number of the next flow; flow->... is made of it. */
uint64_t baseline_system_next(const struct baseline_system *system);

/* One part for system->flow. A failure is kept in err and why, and further calls do nothing. */
void baseline_system_register(struct baseline_system *system); /* and look it up: as it was sent? */
void baseline_system_route(struct baseline_system *system); /* search.path_count 0: there is none */
/* Of any flow; into similarity and next. */
void baseline_system_similarity(struct baseline_system *system, const struct baseline_flow *flow);
void baseline_system_predict(struct baseline_system *system, const struct baseline_flow *flow);

/* Were the answers right? The last flow's are computed again another way, the registry and the
 * index hold as many flows as they were given. Errors: EWRONG, or the first failure */
BASE_MUST_USE base_err baseline_system_check(struct baseline_system *system, struct base_why *why);
/* The models alone, of system->flow. */
BASE_MUST_USE base_err baseline_system_check_models(const struct baseline_system *system,
                                                    bool has_similarity, bool has_prediction,
                                                    struct base_why *why);

#endif
