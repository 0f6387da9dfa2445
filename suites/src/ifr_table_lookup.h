/* ifr_table_lookup.h - cases that ask a table of any kind for flows. */
#ifndef SUITE_IFR_TABLE_LOOKUP_H
#define SUITE_IFR_TABLE_LOOKUP_H

#include "ifr_table_traffic.h"

/* The state of such a case; a test spoils it. */
struct ifr_lookup {
    const struct ifr_kind *kind;
    ifr_ask *ask;
    void *table;
    bool is_guest; /* the table is thread 0's */
    struct ifr_traffic traffic;
    size_t start, at; /* in the asks: of this thread's first, of the next */
    uint64_t asked;
    struct ifr_answers answers;
};

BASE_MUST_USE base_err ifr_lookup_setup(struct bench_env *env, const struct ifr_kind *kind,
                                        ifr_ask *ask);
/* The same for a table of `size` slots of which the share `load` is used; the parameters say so. */
BASE_MUST_USE base_err ifr_lookup_setup_load(struct bench_env *env, const struct ifr_kind *kind,
                                             ifr_ask *ask);
void ifr_lookup_run(void *state, uint64_t count);
base_err ifr_lookup_check(void *state, struct base_why *why);
void ifr_lookup_teardown(void *state);

#define IFR_PARAM_FLOWS                                                                            \
    {                                                                                              \
        "flows", "10000,1000000", "flows in the table"                                             \
    }
#define IFR_PARAM_FLOWS_FEW                                                                        \
    {                                                                                              \
        "flows", "100,1000", "flows in the table"                                                  \
    }
#define IFR_PARAM_KEYS                                                                             \
    {                                                                                              \
        "keys", "uniform,zipf,miss", "who is asked for; zipf: exponent 0.99"                       \
    }
#define IFR_PARAM_KEYS_TWO                                                                         \
    {                                                                                              \
        "keys", "uniform,miss", "who is asked for; or zipf: exponent 0.99"                         \
    }
#define IFR_PARAM_KEYS_ONE                                                                         \
    {                                                                                              \
        "keys", "uniform", "who is asked for; or miss, or zipf: exponent 0.99"                     \
    }
#define IFR_PARAM_KEYS_HIT                                                                         \
    {                                                                                              \
        "keys", "uniform",                                                                         \
            "who is asked for; or zipf: exponent 0.99; a miss has no answer to "                   \
            "wait for"                                                                             \
    }
#define IFR_PARAM_KEY                                                                              \
    {                                                                                              \
        "key", "ipv4", "ipv4: 13 bytes, or ipv6: 37, or hashed: 32"                                \
    }
#define IFR_PARAM_PAGES                                                                            \
    {                                                                                              \
        "pages", "large", "of the table's memory, where the kernel has them; or normal"            \
    }

/* Peers double when they are full, too, and are told how many come. */
#define IFR_PARAM_SIZED                                                                            \
    {                                                                                              \
        "sized", "grown", "it doubled as flows came; or exact: room for these, as full as can be"  \
    }

/* One case. `way` is lookup, dependent or batch; params in braces. */
#define IFR_LOOKUP_CASE(symbol, name_, doc_, peer_of_, kind_, way, ...)                            \
    static base_err symbol##_setup(struct bench_env *env)                                          \
    {                                                                                              \
        return ifr_lookup_setup(env, &kind_, kind_.way);                                           \
    }                                                                                              \
    const struct bench_case symbol = {                                                             \
        .name = name_,                                                                             \
        .doc = doc_,                                                                               \
        .item = "lookup",                                                                          \
        .params = { __VA_ARGS__ },                                                                 \
        .peer_of = peer_of_,                                                                       \
        .setup = symbol##_setup,                                                                   \
        .run = ifr_lookup_run,                                                                     \
        .check = ifr_lookup_check,                                                                 \
        .teardown = ifr_lookup_teardown,                                                           \
    }

/* The two that every peer has: one by one, and each waiting for the last. */
#define IFR_LOOKUP_PEER(peer, doc_, kind_)                                                         \
    IFR_LOOKUP_CASE(suite_ifr_##peer##_lookup, "ifr/lookup." #peer, doc_, "ifr/lookup", kind_,     \
                    lookup, IFR_PARAM_FLOWS, IFR_PARAM_KEYS_TWO, IFR_PARAM_KEY);                   \
    IFR_LOOKUP_CASE(suite_ifr_##peer##_dependent, "ifr/lookup_dependent." #peer,                   \
                    doc_ "; each lookup waits for the last answer", "ifr/lookup_dependent", kind_, \
                    dependent, IFR_PARAM_FLOWS, IFR_PARAM_KEYS_HIT, IFR_PARAM_KEY)

#endif
