/* alm_change.h - a topology before and after a change, and the change to and fro: so that each item
 * of a case is a change of the same size.
 */
#ifndef SUITE_ALM_CHANGE_H
#define SUITE_ALM_CHANGE_H

#include "alm_world.h"

#include <mfn/alm_routes.h>

enum { ALM_CHANGE_NODES_MAX = 2000 };

/* Latencies are in steps of 1/1024 ms, 0 where there is no link. */
struct alm_change {
    uint32_t node_count; /* those without a link before or after are among them */
    uint32_t *steps[2];  /* [node_count][node_count] before, after */
    struct mfn_alm_graph *graphs[2];
    struct mfn_alm_change *lists[2]; /* [count] that make it as before, as after */
    size_t count;                    /* arcs that are added, removed or weighed anew */
};

/* Change the share of all arcs that the parameter `change` says in percent, a quarter of it each by
 * removing nodes, adding nodes, adding links and weighing links anew; or, when the case has the
 * parameter `updates`, as many links, every other one by removing it, else by weighing it anew.
 *
 * Reads nodes and degree too and states the facts arcs and changed_arcs.
 */
BASE_MUST_USE base_err alm_change_open(struct bench_env *env, struct alm_change *change);
void alm_change_done(struct alm_change *change);

#endif
