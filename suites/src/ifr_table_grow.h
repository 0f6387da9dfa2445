/* ifr_table_grow.h - cases in which a table of any kind grows from nothing. */
#ifndef SUITE_IFR_TABLE_GROW_H
#define SUITE_IFR_TABLE_GROW_H

#include "ifr_table_lookup.h"

#include <bench/clock.h>
#include <bench/hist.h>

/* Times from one reading of the clock to the next in which the thread kept its core. */
struct ifr_stalls {
    uint64_t longest;  /* ticks */
    uint64_t over_1ms; /* how many took longer than that */
    long switches;     /* how often the thread lost its core, when last looked */
};

/* An item is the whole growth; each insert is timed by one reading of the clock. */
struct ifr_grow {
    const struct ifr_kind *kind;
    struct ifr_kind_options options;
    struct ifr_traffic traffic;
    uint8_t *keys; /* [flow_count * stride] */
    void *table;
    base_err err;
    struct bench_clock clock;
    struct bench_hist hist; /* of the inserts, ns */
    struct ifr_stalls stalls;
    uint64_t took; /* ticks, by the whole growth */
    bool is_grown;
};

BASE_MUST_USE base_err ifr_grow_setup(struct bench_env *env, const struct ifr_kind *kind);
void ifr_grow_before(void *state);
void ifr_grow_run(void *state, uint64_t count);
void ifr_grow_after(void *state, double *series);
base_err ifr_grow_check(void *state, struct base_why *why);
void ifr_grow_teardown(void *state);

#define IFR_GROW_CASE(symbol, name_, doc_, peer_of_, kind_, ...)                                   \
    static base_err symbol##_setup(struct bench_env *env)                                          \
    {                                                                                              \
        return ifr_grow_setup(env, &kind_);                                                        \
    }                                                                                              \
    const struct bench_case symbol = {                                                             \
        .name = name_,                                                                             \
        .doc = doc_,                                                                               \
        .item = "growth",                                                                          \
        .params = { __VA_ARGS__ },                                                                 \
        .peer_of = peer_of_,                                                                       \
        .series = { "p999_insert_ns", "longest_insert_ns", "longest_unswitched_ns",                \
                    "inserts_over_1ms", "longest_gap_ns", "gaps_over_1ms" },                       \
        .is_exclusive = true,                                                                      \
        .setup = symbol##_setup,                                                                   \
        .before = ifr_grow_before,                                                                 \
        .run = ifr_grow_run,                                                                       \
        .after = ifr_grow_after,                                                                   \
        .check = ifr_grow_check,                                                                   \
        .teardown = ifr_grow_teardown,                                                             \
    }

#define IFR_PARAM_FLOWS_GROWN                                                                      \
    {                                                                                              \
        "flows", "10000", "flows at the end; it begins with none"                                  \
    }
#define IFR_GROW_PEER(peer, doc_, kind_)                                                           \
    IFR_GROW_CASE(suite_ifr_##peer##_grow, "ifr/grow." #peer, "from nothing to `flows`: " doc_,    \
                  "ifr/grow", kind_, IFR_PARAM_FLOWS_GROWN, IFR_PARAM_KEY)

#endif
