/* ifr_array.h - one array of groups and their slots; a table is one, or two while it grows.
 *
 * A flow's home is the group that its hash says; it is in the first group from there on, round the
 * end, that had an empty slot when it came, and every full group before counts it. So a search ends
 * at a group that counts nobody.
 *
 * Flows move to the next array home by home, from the last home down: those of homes >= cursor are
 * in the next array, the others here. The order of the writer: copies into the next array, then the
 * cursor, then tags cleared here. So a reader that misses a flow here because it was moved sees the
 * cursor when it looks again.
 *
 * A flow that is removed makes room for one that went past; it moves back, so that ways stay short
 * however many come and go. A reader that found nobody looks again when one moved meanwhile.
 */
#ifndef IFR_ARRAY_H
#define IFR_ARRAY_H

#include "ifr_group.h"
#include "ifr_pages.h"
#include "ifr_slot.h"

struct ifr_array {
    _Alignas(64) struct ifr_group *groups; /* [group_count] */
    struct ifr_slot *slots;                /* [group_count * IFR_GROUP_SLOTS] */
    size_t group_count;
    _Atomic size_t cursor; /* group_count: nothing was moved yet; 0: everything was */
    _Atomic size_t moves;  /* odd while a flow moves from one group to another */
    struct ifr_pages pages;
    size_t kept_tag_bytes, kept_slot_bytes; /* not given back yet: from 0 up to here */
    size_t step_bytes;                      /* given back in steps of this size */
};

/* Where a record is. */
struct ifr_place {
    size_t group;
    unsigned slot;
};

/* Errors   ENOMEM */
BASE_MUST_USE base_err ifr_array_map(struct ifr_array *array, size_t group_count, bool want_large);

IFR_INLINE size_t ifr_array_next(const struct ifr_array *array, size_t group)
{
    return group + 1 == array->group_count ? 0 : group + 1;
}

IFR_INLINE struct ifr_slot *ifr_array_slot(const struct ifr_array *array, size_t group,
                                           unsigned slot)
{
    return &array->slots[group * IFR_GROUP_SLOTS + slot];
}

IFR_INLINE bool ifr_array_holds(const struct ifr_array *array, size_t home)
{
    return home < atomic_load_explicit(&array->cursor, memory_order_acquire);
}

/* For readers, before a search and after one that found nobody: whether flows stood still. */
IFR_INLINE size_t ifr_array_moves(const struct ifr_array *array)
{
    return atomic_load_explicit(&array->moves, memory_order_acquire);
}

IFR_INLINE bool ifr_array_stood_still(const struct ifr_array *array, size_t moves)
{
    return moves % 2 == 0 && ifr_array_moves(array) == moves;
}

/* For readers: the value of a flow whose home is here. */
IFR_INLINE bool ifr_array_find(const struct ifr_array *array, size_t home, uint8_t tag,
                               const uint64_t *key, size_t key_words, struct mfn_ifr_value *out)
{
    size_t group = home;
    for (size_t step = 0; step < array->group_count; step++) {
        const struct ifr_tags tags = ifr_group_load(&array->groups[group]);
        for (unsigned match = ifr_tags_match(tags, tag); match != 0; match &= match - 1)
            if (ifr_slot_read(ifr_array_slot(array, group, (unsigned)__builtin_ctz(match)), key,
                              key_words, out))
                return true;
        if (ifr_tags_overflow(tags) == 0)
            return false;
        group = ifr_array_next(array, group);
    }
    return false;
}

/* For the writer: where a flow is; add one that is not there while a slot is empty; take one away.
 */
bool ifr_array_locate(const struct ifr_array *array, uint64_t hash, const uint64_t *key,
                      size_t key_words, struct ifr_place *place);
void ifr_array_add(struct ifr_array *array, uint64_t hash, const uint64_t *key, size_t key_words,
                   const struct mfn_ifr_value *value);
void ifr_array_clear(struct ifr_array *array, uint64_t hash, struct ifr_place place);

/* Into the empty slot of `group` comes a flow that went past it, if one is near, and so on for the
 * slot that it leaves. */
void ifr_array_fill(struct ifr_array *array, size_t group, const struct mfn_ifr_seed *seed,
                    size_t key_size);

/* Move the flows of the home below the cursor, and the cursor. It is not 0. */
void ifr_array_move(struct ifr_array *from, struct ifr_array *to, const struct mfn_ifr_seed *seed,
                    size_t key_size);

/* Give memory above the cursor back, at most a step of slots and one of tags. Returns how much. */
size_t ifr_array_shed(struct ifr_array *array);

#endif
