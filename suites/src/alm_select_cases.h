/* alm_select_cases.h - which server gets the next request: all policies, and what others do. */
#ifndef SUITE_ALM_SELECT_CASES_H
#define SUITE_ALM_SELECT_CASES_H

#include "alm_balancers.h"

#include <bench/case.h>
#include <mfn/alm_balance.h>

enum { ALM_HASHES = 1024 }; /* flows, asked for in turn; a power of two */

struct alm_select_state {
    struct mfn_alm_pool *pool; /* ours, as a day at the servers left it */
    enum mfn_alm_policy policy;
    struct alm_table table;
    struct alm_smooth smooth;
    struct alm_ring ring;
    uint32_t count;
    uint64_t now_ns;
    uint64_t asked;
    uint32_t server; /* the last answer */
    uint64_t ids[ALM_BALANCED_MAX];
    uint32_t weights[ALM_BALANCED_MAX];
    uint64_t hashes[ALM_HASHES];
};

extern const struct bench_case alm_case_select, alm_case_select_maglev;
extern const struct bench_case alm_case_select_nginx, alm_case_select_ring;

#define ALM_SELECT_CASES                                                                           \
    &alm_case_select, &alm_case_select_maglev, &alm_case_select_nginx, &alm_case_select_ring,

#endif
