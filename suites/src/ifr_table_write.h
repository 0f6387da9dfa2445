/* ifr_table_write.h - cases that write to a table of any kind. */
#ifndef SUITE_IFR_TABLE_WRITE_H
#define SUITE_IFR_TABLE_WRITE_H

#include "ifr_table_lookup.h"

enum { IFR_WRITE_RING = 1 << 16 /* writes of one batch */ };

/* A table with `flows` flows; a batch inserts more (or removes some of IFR_WRITE_RING more), and
 * what it did is verified and undone after it. */
struct ifr_write {
    const struct ifr_kind *kind;
    struct ifr_traffic traffic;
    void *table;
    uint8_t *keys;        /* [IFR_WRITE_RING * stride] of the flows after the traffic's */
    size_t done;          /* writes of this batch */
    bool is_full;         /* a batch was longer than the ring */
    uint64_t wrong;       /* writes that were not as they should be */
    uint64_t wrong_first; /* the flow of the first of these */
};

BASE_MUST_USE base_err ifr_write_setup(struct bench_env *env, const struct ifr_kind *kind,
                                       bool is_remove);
void ifr_write_insert(void *state, uint64_t count);
void ifr_write_remove(void *state, uint64_t count);
void ifr_write_undo_insert(void *state, double *series);
void ifr_write_undo_remove(void *state, double *series);
base_err ifr_write_check(void *state, struct base_why *why);
void ifr_write_teardown(void *state);

/* way: insert or remove */
#define IFR_WRITE_CASE(symbol, name_, doc_, peer_of_, kind_, way, ...)                             \
    static base_err symbol##_setup(struct bench_env *env)                                          \
    {                                                                                              \
        return ifr_write_setup(env, &kind_, ifr_write_##way == ifr_write_remove);                  \
    }                                                                                              \
    const struct bench_case symbol = {                                                             \
        .name = name_,                                                                             \
        .doc = doc_,                                                                               \
        .item = "flow",                                                                            \
        .params = { __VA_ARGS__ },                                                                 \
        .peer_of = peer_of_,                                                                       \
        .setup = symbol##_setup,                                                                   \
        .run = ifr_write_##way,                                                                    \
        .after = ifr_write_undo_##way,                                                             \
        .check = ifr_write_check,                                                                  \
        .teardown = ifr_write_teardown,                                                            \
    }

#define IFR_PARAM_FLOWS_MANY                                                                       \
    {                                                                                              \
        "flows", "1000000", "flows in the table"                                                   \
    }
#define IFR_WRITE_PEER(peer, doc_, kind_)                                                          \
    IFR_WRITE_CASE(suite_ifr_##peer##_insert, "ifr/insert." #peer, "a new flow: " doc_,            \
                   "ifr/insert", kind_, insert, IFR_PARAM_FLOWS_MANY, IFR_PARAM_KEY);              \
    IFR_WRITE_CASE(suite_ifr_##peer##_remove, "ifr/remove." #peer, "one flow less: " doc_,         \
                   "ifr/remove", kind_, remove, IFR_PARAM_FLOWS_MANY, IFR_PARAM_KEY)

#endif
