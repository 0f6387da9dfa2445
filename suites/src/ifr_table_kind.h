/* ifr_table_kind.h - a flow table under test, ours or another's, behind one face; and the measured
 * loops, which are the same for all.
 *
 * The loops are inline and take the find of a table as a constant, so that a find that is inline is
 * inlined, one of a library is called, and nothing stands between. One call of an `ask` answers
 * many keys. All tables get the same keys and keep a 64-bit value for each.
 *
 * Also C++.
 */
#ifndef SUITE_IFR_TABLE_KIND_H
#define SUITE_IFR_TABLE_KIND_H

#include <base/err.h>
#include <bench/keep.h>

#include <stdbool.h>

struct ifr_kind_options {
    size_t key_size;       /* 13, 32 or 37 */
    uint64_t capacity;     /* flows that come; 0: not known, the table grows */
    bool want_large_pages; /* only of tables that map their memory themselves */
    uint64_t seed;
};

/* Keys that are asked for, one after the other in memory as a packet loop would have them. */
struct ifr_asked {
    const uint8_t *keys; /* [count] each `stride` bytes after the last */
    size_t stride, key_size;
    size_t count;
};

struct ifr_answers {
    uint64_t found;
    uint64_t sum; /* of the values found, modulo 2^64 */
};

typedef void ifr_ask(void *table, const struct ifr_asked *asked, struct ifr_answers *answers);

struct ifr_kind {
    base_err (*open)(const struct ifr_kind_options *options, void **table, struct base_why *why);
    void (*close)(void *table); /* NULL is allowed */
    /* A new flow, or a new value of one that is there. */
    base_err (*insert)(void *table, const void *key, uint64_t value);
    bool (*remove)(void *table, const void *key);
    bool (*find)(void *table, const void *key, uint64_t *value);
    ifr_ask *lookup;    /* one after the other, the processor may overlap them */
    ifr_ask *dependent; /* the place of the next key hangs on the last answer */
    ifr_ask *batch;     /* as many at once as the table can take; NULL: it has no such call */
    size_t (*size_bytes)(const void *table); /* NULL: it does not tell */
    void (*enter)(void);                     /* each thread that asks, before; NULL: not needed */
    void (*leave)(void);
    bool is_outrun; /* a peer's writer may do less than is due: measured, in its favour */
};

enum { IFR_BURST = 32 /* keys of one batch */ };

#define IFR_ASK_INLINE static inline __attribute__((always_inline))

/* `value` is written only when the key is there; key_size is a constant where that helps. */
typedef bool ifr_find(void *table, const void *key, size_t key_size, uint64_t *value);

IFR_ASK_INLINE void ifr_ask_each(ifr_find *find, void *table, const struct ifr_asked *asked,
                                 size_t key_size, struct ifr_answers *answers)
{
    uint64_t found = 0, sum = 0;
    const uint8_t *key = asked->keys;
    for (size_t i = 0; i < asked->count; i++, key += asked->stride) {
        uint64_t value = 0;
        found += find(table, key, key_size, &value);
        sum += value;
    }
    answers->found += found;
    answers->sum += sum;
}

/* `value & zero` is 0, which the compiler must not know and the processor waits for. */
IFR_ASK_INLINE void ifr_ask_chained(ifr_find *find, void *table, const struct ifr_asked *asked,
                                    size_t key_size, struct ifr_answers *answers)
{
    uint64_t found = 0, sum = 0, last = 0, zero = 0;
    BENCH_HIDE(zero);
    const uint8_t *key = asked->keys;
    for (size_t i = 0; i < asked->count; i++, key += asked->stride) {
        uint64_t value = 0;
        found += find(table, key + (last & zero), key_size, &value);
        sum += value;
        last = value;
    }
    answers->found += found;
    answers->sum += sum;
}

#define IFR_ASK_SIZED(name, loop, find)                                                            \
    static void name(void *table, const struct ifr_asked *asked, struct ifr_answers *answers)      \
    {                                                                                              \
        switch (asked->key_size) {                                                                 \
        case 13:                                                                                   \
            loop(find, table, asked, 13, answers);                                                 \
            break;                                                                                 \
        case 32:                                                                                   \
            loop(find, table, asked, 32, answers);                                                 \
            break;                                                                                 \
        default:                                                                                   \
            loop(find, table, asked, 37, answers);                                                 \
        }                                                                                          \
    }

/* ask_lookup and ask_dependent of a find. */
#define IFR_ASKS(find)                                                                             \
    IFR_ASK_SIZED(ask_lookup, ifr_ask_each, find)                                                  \
    IFR_ASK_SIZED(ask_dependent, ifr_ask_chained, find)

/* Bursts of IFR_BURST and a last shorter one: `some(table, keys, count, answers)` answers them. */
typedef void ifr_ask_some(void *table, const void *const *keys, size_t count,
                          struct ifr_answers *answers);

IFR_ASK_INLINE void ifr_ask_bursts(ifr_ask_some *some, void *table, const struct ifr_asked *asked,
                                   struct ifr_answers *answers)
{
    const uint8_t *key = asked->keys;
    for (size_t left = asked->count; left > 0;) {
        const void *keys[IFR_BURST];
        const size_t most = IFR_BURST, count = left < most ? left : most;
        for (size_t i = 0; i < count; i++, key += asked->stride)
            keys[i] = key;
        some(table, keys, count, answers);
        left -= count;
    }
}

#endif
