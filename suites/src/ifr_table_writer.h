/* ifr_table_writer.h - cases in which one thread asks a table while another writes to it. */
#ifndef SUITE_IFR_TABLE_WRITER_H
#define SUITE_IFR_TABLE_WRITER_H

#include "ifr_table_lookup.h"

BASE_MUST_USE base_err ifr_reader_setup(struct bench_env *env, const struct ifr_kind *kind);
void ifr_reader_run(void *state, uint64_t count);
void ifr_reader_after(void *state, double *series);
base_err ifr_reader_check(void *state, struct base_why *why);
void ifr_reader_teardown(void *state);

#define IFR_READER_CASE(symbol, name_, doc_, peer_of_, kind_, ...)                                 \
    static base_err symbol##_setup(struct bench_env *env)                                          \
    {                                                                                              \
        return ifr_reader_setup(env, &kind_);                                                      \
    }                                                                                              \
    const struct bench_case symbol = {                                                             \
        .name = name_,                                                                             \
        .doc = doc_,                                                                               \
        .item = "round",                                                                           \
        .params = { __VA_ARGS__ },                                                                 \
        .peer_of = peer_of_,                                                                       \
        .series = { "p50_ns", "p99_ns", "p999_ns", "max_ns", "writes_per_second" },                \
        .is_exclusive = true,                                                                      \
        .setup = symbol##_setup,                                                                   \
        .run = ifr_reader_run,                                                                     \
        .after = ifr_reader_after,                                                                 \
        .check = ifr_reader_check,                                                                 \
        .teardown = ifr_reader_teardown,                                                           \
    }

#define IFR_READER_PARAMS                                                                          \
    { "flows", "1000000", "flows that are asked for" },                                            \
        { "writes", "100000,0", "inserts per second; 0: no writer" },                              \
        { "lookups", "1000", "lookups of a round; 100000 for the tail" },                          \
        { "reads", "1000000", "lookups per second that are due, done or not" }, IFR_PARAM_KEY
#define IFR_READER_DOC "a round of lookups, each timed from when it is due, while flows come"

#endif
