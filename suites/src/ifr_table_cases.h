/* ifr_table_cases.h - the cases of flow tables and their peers, in the order they are shown. */
#ifndef SUITE_IFR_TABLE_CASES_H
#define SUITE_IFR_TABLE_CASES_H

#include <bench/case.h>

extern const struct bench_case suite_ifr_own_lookup, suite_ifr_lookup_dependent,
    suite_ifr_lookup_batch;
extern const struct bench_case suite_ifr_robin, suite_ifr_robin_lookup, suite_ifr_robin_dependent,
    suite_ifr_robin_batch, suite_ifr_robin_insert, suite_ifr_robin_remove, suite_ifr_robin_grow;
extern const struct bench_case suite_ifr_insert, suite_ifr_own_remove, suite_ifr_grow;
extern const struct bench_case suite_ifr_iterate, suite_ifr_expire, suite_ifr_shards;
extern const struct bench_case suite_ifr_under_writer, suite_ifr_locked_under_writer;
extern const struct bench_case suite_ifr_trace, suite_ifr_chained_trace;
extern const struct bench_case suite_ifr_chained_lookup, suite_ifr_chained_dependent,
    suite_ifr_chained_grow;
extern const struct bench_case suite_ifr_linear_lookup;

/* Peers that are installed. */

extern const struct bench_case suite_ifr_ck_lookup, suite_ifr_ck_dependent, suite_ifr_ck_insert,
    suite_ifr_ck_remove, suite_ifr_ck_grow;
#ifdef SUITE_HAS_CK
#define IFR_TABLE_CK                                                                               \
    &suite_ifr_ck_lookup, &suite_ifr_ck_dependent, &suite_ifr_ck_insert, &suite_ifr_ck_remove,     \
        &suite_ifr_ck_grow,
#else
#define IFR_TABLE_CK
#endif

/* liburcu is not built for the thread sanitizer, which then takes its grace periods for races. */
#if defined(__SANITIZE_THREAD__)
#define IFR_TABLE_NO_URCU
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define IFR_TABLE_NO_URCU
#endif
#endif

extern const struct bench_case suite_ifr_urcu_lookup, suite_ifr_urcu_dependent,
    suite_ifr_urcu_insert, suite_ifr_urcu_remove, suite_ifr_urcu_grow, suite_ifr_urcu_under_writer;
#if defined(SUITE_HAS_URCU) && !defined(IFR_TABLE_NO_URCU)
#define IFR_TABLE_URCU                                                                             \
    &suite_ifr_urcu_lookup, &suite_ifr_urcu_dependent, &suite_ifr_urcu_insert,                     \
        &suite_ifr_urcu_remove, &suite_ifr_urcu_grow, &suite_ifr_urcu_under_writer,
#else
#define IFR_TABLE_URCU
#endif

extern const struct bench_case suite_ifr_absl_lookup, suite_ifr_absl_dependent,
    suite_ifr_absl_batch, suite_ifr_absl_insert, suite_ifr_absl_remove, suite_ifr_absl_grow,
    suite_ifr_absl_trace;
#ifdef SUITE_HAS_ABSL
#define IFR_TABLE_ABSL                                                                             \
    &suite_ifr_absl_lookup, &suite_ifr_absl_dependent, &suite_ifr_absl_batch,                      \
        &suite_ifr_absl_insert, &suite_ifr_absl_remove, &suite_ifr_absl_grow,                      \
        &suite_ifr_absl_trace,
#else
#define IFR_TABLE_ABSL
#endif

extern const struct bench_case suite_ifr_dpdk_lookup, suite_ifr_dpdk_dependent,
    suite_ifr_dpdk_batch, suite_ifr_dpdk_insert, suite_ifr_dpdk_remove;
#ifdef SUITE_HAS_DPDK
#define IFR_TABLE_DPDK                                                                             \
    &suite_ifr_dpdk_lookup, &suite_ifr_dpdk_dependent, &suite_ifr_dpdk_batch,                      \
        &suite_ifr_dpdk_insert, &suite_ifr_dpdk_remove,
#else
#define IFR_TABLE_DPDK
#endif

#define IFR_TABLE_CASES                                                                            \
    &suite_ifr_own_lookup, &suite_ifr_lookup_dependent, &suite_ifr_lookup_batch,                   \
        &suite_ifr_insert, &suite_ifr_own_remove, &suite_ifr_grow, &suite_ifr_iterate,             \
        &suite_ifr_expire, &suite_ifr_shards, &suite_ifr_under_writer, &suite_ifr_trace,           \
        &suite_ifr_robin, &suite_ifr_robin_lookup, &suite_ifr_robin_dependent,                     \
        &suite_ifr_robin_batch, &suite_ifr_robin_insert, &suite_ifr_robin_remove,                  \
        &suite_ifr_robin_grow, &suite_ifr_chained_lookup, &suite_ifr_chained_dependent,            \
        &suite_ifr_chained_grow, &suite_ifr_chained_trace, &suite_ifr_locked_under_writer,         \
        &suite_ifr_linear_lookup, IFR_TABLE_CK IFR_TABLE_URCU IFR_TABLE_ABSL IFR_TABLE_DPDK

#endif
