/* ifr_table_own.c - the flow table and its Robin Hood sibling, asked one by one, each waiting for
 * the last, and 32 at once. */
#include "ifr_table_own.h"

#include "ifr_table_cases.h"
#include "ifr_table_lookup.h"

#include <mfn/ifr_robin.h>
#include <mfn/ifr_table.h>

static struct mfn_ifr_table_options own_options(const struct ifr_kind_options *options)
{
    struct mfn_ifr_table_options out = { .key_size = options->key_size,
                                         .capacity = options->capacity,
                                         .want_large_pages = options->want_large_pages };
    mfn_ifr_seed_random(&out.seed);
    return out;
}

static base_err fail_open(base_err err, const struct ifr_kind_options *options,
                          struct base_why *why)
{
    return err == BASE_OK ? err
                          : base_fail(why, err, 0, "no table for %llu flows: %s",
                                      (unsigned long long)options->capacity, base_err_text(err));
}

/* The values of a burst that were found. */
static void add_up(const struct mfn_ifr_value *values, uint64_t bits, size_t count,
                   struct ifr_answers *answers)
{
    uint64_t sum = 0;
    if (bits == (UINT64_C(1) << count) - 1)
        for (size_t i = 0; i < count; i++)
            sum += values[i].timestamp_ns;
    else
        for (; bits != 0; bits &= bits - 1)
            sum += values[__builtin_ctzll(bits)].timestamp_ns;
    answers->sum += sum;
}

/* What the two libraries' functions look like from here: the same but for their names. */
#define OWN_KIND(name)                                                                             \
    static base_err name##_open(const struct ifr_kind_options *options, void **table,              \
                                struct base_why *why)                                              \
    {                                                                                              \
        const struct mfn_ifr_table_options own = own_options(options);                             \
        return fail_open(mfn_ifr_##name##_new(&own, (struct mfn_ifr_##name **)table), options,     \
                         why);                                                                     \
    }                                                                                              \
    static void name##_close(void *table)                                                          \
    {                                                                                              \
        mfn_ifr_##name##_free(table);                                                              \
    }                                                                                              \
    static base_err name##_insert(void *table, const void *key, uint64_t value)                    \
    {                                                                                              \
        const struct mfn_ifr_value record = ifr_own_value(value);                                  \
        return mfn_ifr_##name##_insert(table, key, &record);                                       \
    }                                                                                              \
    static bool name##_remove(void *table, const void *key)                                        \
    {                                                                                              \
        return mfn_ifr_##name##_remove(table, key);                                                \
    }                                                                                              \
    IFR_ASK_INLINE bool name##_find_sized(void *table, const void *key, size_t key_size,           \
                                          uint64_t *value)                                         \
    {                                                                                              \
        struct mfn_ifr_value record;                                                               \
        (void)key_size;                                                                            \
        const bool is_found = mfn_ifr_##name##_find(table, key, &record);                          \
        if (is_found)                                                                              \
            *value = record.timestamp_ns;                                                          \
        return is_found;                                                                           \
    }                                                                                              \
    static bool name##_find(void *table, const void *key, uint64_t *value)                         \
    {                                                                                              \
        struct mfn_ifr_value record;                                                               \
        if (!mfn_ifr_##name##_find(table, key, &record))                                           \
            return false;                                                                          \
        const struct mfn_ifr_value expect = ifr_own_value(record.timestamp_ns);                    \
        const bool is_whole =                                                                      \
            record.component_id == expect.component_id && record.size == expect.size;              \
        *value = is_whole ? record.timestamp_ns : 0;                                               \
        return true;                                                                               \
    }                                                                                              \
    IFR_ASK_INLINE void name##_find_some(void *table, const void *const *keys, size_t count,       \
                                         struct ifr_answers *answers)                              \
    {                                                                                              \
        struct mfn_ifr_value values[IFR_BURST];                                                    \
        uint64_t bits = 0;                                                                         \
        answers->found += mfn_ifr_##name##_find_batch(table, keys, count, values, &bits);          \
        add_up(values, bits, count, answers);                                                      \
    }                                                                                              \
    static void name##_lookup(void *table, const struct ifr_asked *asked,                          \
                              struct ifr_answers *answers)                                         \
    {                                                                                              \
        ifr_ask_each(name##_find_sized, table, asked, asked->key_size, answers);                   \
    }                                                                                              \
    static void name##_dependent(void *table, const struct ifr_asked *asked,                       \
                                 struct ifr_answers *answers)                                      \
    {                                                                                              \
        ifr_ask_chained(name##_find_sized, table, asked, asked->key_size, answers);                \
    }                                                                                              \
    static void name##_batch(void *table, const struct ifr_asked *asked,                           \
                             struct ifr_answers *answers)                                          \
    {                                                                                              \
        ifr_ask_bursts(name##_find_some, table, asked, answers);                                   \
    }                                                                                              \
    static size_t name##_size_bytes(const void *table)                                             \
    {                                                                                              \
        return mfn_ifr_##name##_size_bytes(table);                                                 \
    }

#define OWN_FUNCTIONS(name)                                                                        \
    {                                                                                              \
        .open = name##_open, .close = name##_close, .insert = name##_insert,                       \
        .remove = name##_remove, .find = name##_find, .lookup = name##_lookup,                     \
        .dependent = name##_dependent, .batch = name##_batch, .size_bytes = name##_size_bytes      \
    }

OWN_KIND(table)
OWN_KIND(robin)

const struct ifr_kind ifr_kind_own = OWN_FUNCTIONS(table);
const struct ifr_kind ifr_kind_robin = OWN_FUNCTIONS(robin);

IFR_LOOKUP_CASE(suite_ifr_own_lookup, "ifr/lookup", "flows by their keys, one by one", NULL,
                ifr_kind_own, lookup, IFR_PARAM_FLOWS, IFR_PARAM_KEYS, IFR_PARAM_KEY,
                IFR_PARAM_PAGES, IFR_PARAM_SIZED);
IFR_LOOKUP_CASE(suite_ifr_lookup_dependent, "ifr/lookup_dependent",
                "flows by their keys, each waiting for the last answer", NULL, ifr_kind_own,
                dependent, IFR_PARAM_FLOWS, IFR_PARAM_KEYS_HIT, IFR_PARAM_KEY, IFR_PARAM_PAGES,
                IFR_PARAM_SIZED);
IFR_LOOKUP_CASE(suite_ifr_lookup_batch, "ifr/lookup_batch",
                "flows by their keys, 32 at once; an item is one of them", NULL, ifr_kind_own,
                batch, IFR_PARAM_FLOWS, IFR_PARAM_KEYS_TWO, IFR_PARAM_KEY, IFR_PARAM_PAGES,
                IFR_PARAM_SIZED);

IFR_LOOKUP_CASE(suite_ifr_robin_lookup, "ifr/lookup.robin",
                "one by one in the Robin Hood table, the design that the registry began with",
                "ifr/lookup", ifr_kind_robin, lookup, IFR_PARAM_FLOWS, IFR_PARAM_KEYS_ONE,
                IFR_PARAM_KEY, IFR_PARAM_PAGES, IFR_PARAM_SIZED);
IFR_LOOKUP_CASE(suite_ifr_robin_dependent, "ifr/lookup_dependent.robin",
                "each waiting for the last answer, in the Robin Hood table", "ifr/lookup_dependent",
                ifr_kind_robin, dependent, IFR_PARAM_FLOWS, IFR_PARAM_KEYS_HIT, IFR_PARAM_KEY,
                IFR_PARAM_PAGES, IFR_PARAM_SIZED);
IFR_LOOKUP_CASE(suite_ifr_robin_batch, "ifr/lookup_batch.robin",
                "32 at once in the Robin Hood table", "ifr/lookup_batch", ifr_kind_robin, batch,
                IFR_PARAM_FLOWS, IFR_PARAM_KEYS_ONE, IFR_PARAM_KEY, IFR_PARAM_PAGES,
                IFR_PARAM_SIZED);

static base_err robin_setup(struct bench_env *env)
{
    return ifr_lookup_setup_load(env, &ifr_kind_robin, ifr_kind_robin.lookup);
}

const struct bench_case suite_ifr_robin = {
    .name = "ifr/robin",
    .doc = "the Robin Hood table at the sizes and loads of its first benchmarks, one by one",
    .item = "lookup",
    .params = { { "size", "1024,10240,102400,1048576", "slots of the table" },
                { "load", "0.25,0.5,0.75", "share of the slots that is used, to 0.8" },
                IFR_PARAM_KEYS_ONE,
                IFR_PARAM_KEY,
                IFR_PARAM_PAGES },
    .setup = robin_setup,
    .run = ifr_lookup_run,
    .check = ifr_lookup_check,
    .teardown = ifr_lookup_teardown,
};
