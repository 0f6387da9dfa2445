/* ifr_table_internal.h - the table as its files know it: arrays in a row, each twice the last. */
#ifndef IFR_TABLE_INTERNAL_H
#define IFR_TABLE_INTERNAL_H

#include <mfn/ifr_table.h>

#include "ifr_array.h"

enum { IFR_ARRAYS_MAX = 40 /* doublings from one group to more than MFN_IFR_CAPACITY_MAX */ };

/* A flow is in arrays[first], or when its home was moved on, in the next, and so on. What readers
 * use is written before `first` or a cursor lets them in, and stays until the end. */
struct mfn_ifr_table {
    struct mfn_ifr_seed seed;
    size_t key_size;
    bool is_fixed, want_large_pages;
    _Atomic uint32_t first;
    struct ifr_array arrays[IFR_ARRAYS_MAX];
    _Alignas(64) uint32_t last; /* the writer's line: not looked at by find */
    size_t limit;               /* flows, then it grows or refuses */
    _Atomic size_t count, size_bytes;
};

/* For readers, whole: wherever the flow is, and however often it takes to see it stand still. The
 * nearly certain cases go before it, inline, and need a few registers only. */
bool ifr_table_search(const struct mfn_ifr_table *table, const void *key, uint64_t hash,
                      struct mfn_ifr_value *out);

#endif
