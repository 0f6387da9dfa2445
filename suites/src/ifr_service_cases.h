/* ifr_service_cases.h - the cases of filter, cache, registry and transports with their peers. */
#ifndef SUITE_IFR_SERVICE_CASES_H
#define SUITE_IFR_SERVICE_CASES_H

#include <bench/case.h>

extern const struct bench_case ifr_filter_case, ifr_filter_classic_case, ifr_filter_batch_case,
    ifr_filter_seed_case, ifr_cache_case, ifr_cache_belady_case, ifr_registry_case,
    ifr_registry_http_case, ifr_pipeline_case, ifr_socket_case, ifr_ring_case, ifr_ring_floor_case,
    ifr_socket_spin_case, ifr_calls_case, ifr_echo_case, ifr_broadcast_case;

#define IFR_SERVICE_CASES                                                                          \
    &ifr_filter_case, &ifr_filter_classic_case, &ifr_filter_batch_case, &ifr_filter_seed_case,     \
        &ifr_cache_case, &ifr_cache_belady_case, &ifr_registry_case, &ifr_registry_http_case,      \
        &ifr_pipeline_case, &ifr_socket_case, &ifr_ring_case, &ifr_ring_floor_case,                \
        &ifr_socket_spin_case, &ifr_calls_case, &ifr_echo_case, &ifr_broadcast_case,

#endif
