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

/* Those, and the search after them: nearly always the first slot with the tag has the key, or there
 * is no such tag and nobody went past the group: who has its home here is here then, or came or
 * went meanwhile.
 *
 *   words      [ifr_key_words(key_size)] the key's
 *   key_size   the table's; a constant where this is called
 *   hash       of the words, with the table's seed
 */
IFR_INLINE bool ifr_table_find_words(const struct mfn_ifr_table *table, const void *key,
                                     const uint64_t *words, size_t key_size, uint64_t hash,
                                     struct mfn_ifr_value *out)
{
    const struct ifr_array *const array =
        &table->arrays[atomic_load_explicit(&table->first, memory_order_acquire)];
    const size_t home = ifr_home(hash, array->group_count);
    if (__builtin_expect(ifr_array_holds(array, home), 1)) {
        const struct ifr_tags tags = ifr_group_load(&array->groups[home]);
        const unsigned match = ifr_tags_match(tags, ifr_tag(hash));
        if (match != 0) {
            const unsigned slot = (unsigned)__builtin_ctz(match);
            if (__builtin_expect(ifr_slot_try(ifr_array_slot(array, home, slot), words,
                                              ifr_key_words(key_size), out),
                                 1))
                return true;
        } else if (ifr_tags_overflow(tags) == 0 && ifr_array_holds(array, home)) {
            return false;
        }
    }
    return ifr_table_search(table, key, hash, out);
}

#endif
