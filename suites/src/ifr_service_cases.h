/* ifr_service_cases.h - the cases of filter, cache, registry and transports with their peers. */
#ifndef SUITE_IFR_SERVICE_CASES_H
#define SUITE_IFR_SERVICE_CASES_H

#include <bench/case.h>

extern const struct bench_case ifr_filter_case, ifr_filter_classic_case, ifr_filter_batch_case,
    ifr_filter_seed_case, ifr_cache_case, ifr_cache_belady_case;

#define IFR_SERVICE_CASES                                                                          \
    &ifr_filter_case, &ifr_filter_classic_case, &ifr_filter_batch_case, &ifr_filter_seed_case,     \
        &ifr_cache_case, &ifr_cache_belady_case,

#endif
