/* ifr_table_linear.c - no table at all: keys one after the other, compared one after the other. For
 * a few flows only; its time says how many flows a table is for. */
#include "ifr_table_cases.h"
#include "ifr_table_lookup.h"

#include <stdlib.h>
#include <string.h>

enum { FLOWS_MAX = 100000 };

struct linear {
    size_t key_size, count, capacity;
    uint8_t *keys;    /* [capacity * key_size] */
    uint64_t *values; /* [capacity] */
};

static void linear_close(void *table)
{
    struct linear *const linear = table;
    if (linear == NULL)
        return;
    free(linear->keys);
    free(linear->values);
    free(linear);
}

static base_err linear_open(const struct ifr_kind_options *options, void **table,
                            struct base_why *why)
{
    if (options->capacity > FLOWS_MAX)
        return base_fail(why, BASE_ERANGE, 0, "flows: a linear scan of %llu takes too long; %d do",
                         (unsigned long long)options->capacity, FLOWS_MAX);
    struct linear *const linear = calloc(1, sizeof *linear);
    if (linear == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory");
    *linear = (struct linear){ .key_size = options->key_size, .capacity = options->capacity };
    linear->keys = malloc(linear->capacity * linear->key_size);
    linear->values = malloc(linear->capacity * sizeof *linear->values);
    if (linear->keys == NULL || linear->values == NULL) {
        linear_close(linear);
        return base_fail(why, BASE_ENOMEM, 0, "no memory");
    }
    *table = linear;
    return BASE_OK;
}

IFR_ASK_INLINE size_t index_of(const struct linear *linear, const void *key, size_t key_size)
{
    const uint8_t *at = linear->keys;
    size_t i = 0;
    while (i < linear->count && memcmp(at, key, key_size) != 0) {
        at += key_size;
        i++;
    }
    return i;
}

static base_err linear_insert(void *table, const void *key, uint64_t value)
{
    struct linear *const linear = table;
    if (linear->count == linear->capacity)
        return BASE_EFULL;
    memcpy(linear->keys + linear->count * linear->key_size, key, linear->key_size);
    linear->values[linear->count++] = value;
    return BASE_OK;
}

IFR_ASK_INLINE bool find_sized(void *table, const void *key, size_t key_size, uint64_t *value)
{
    const struct linear *const linear = table;
    const size_t i = index_of(linear, key, key_size);
    if (i < linear->count)
        *value = linear->values[i];
    return i < linear->count;
}

static bool linear_find(void *table, const void *key, uint64_t *value)
{
    return find_sized(table, key, ((struct linear *)table)->key_size, value);
}

IFR_ASKS(find_sized)

static const struct ifr_kind kind_linear = {
    .open = linear_open,
    .close = linear_close,
    .insert = linear_insert,
    .find = linear_find,
    .lookup = ask_lookup,
    .dependent = ask_dependent,
};

IFR_LOOKUP_CASE(suite_ifr_linear_lookup, "ifr/lookup.linear",
                "no table: keys compared one after the other", "ifr/lookup", kind_linear, lookup,
                IFR_PARAM_FLOWS_FEW, IFR_PARAM_KEYS_TWO, IFR_PARAM_KEY);
