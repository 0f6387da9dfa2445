/* ifr_array.c - linear probing over groups, with counted overflow.
 *
 * Linear, so that flows that went past their home are near it: homes move one by one, and what lies
 * well above the cursor is empty and can be given back. Moved from the last home down, because
 * overflow goes up: only the first groups above the cursor may still hold flows from below.
 */
#include "ifr_array.h"

enum {
    STEP_BYTES = 256 << 10,
    FILL_GROUPS = 8,    /* looked at after a removal, at most */
    MARGIN_GROUPS = 64, /* above the cursor, kept for overflow from below */
};

static size_t round_up(size_t size, size_t to)
{
    return (size + to - 1) / to * to;
}

base_err ifr_array_map(struct ifr_array *array, size_t group_count, bool want_large)
{
    const size_t tag_bytes = group_count * sizeof(struct ifr_group);
    const size_t slot_bytes = group_count * IFR_GROUP_SLOTS * sizeof(struct ifr_slot);
    const bool is_large = want_large && slot_bytes >= IFR_PAGES_LARGE_SIZE;
    const size_t step = is_large ? IFR_PAGES_LARGE_SIZE : STEP_BYTES;
    const size_t tags_end = round_up(tag_bytes, is_large ? step : IFR_PAGES_ALIGNMENT);
    const base_err err = ifr_pages_map(&array->pages, tags_end + slot_bytes, is_large);
    if (err != BASE_OK)
        return err;
    array->groups = (struct ifr_group *)array->pages.memory;
    array->slots = (struct ifr_slot *)(array->pages.memory + tags_end);
    array->group_count = group_count;
    atomic_store_explicit(&array->moves, 0, memory_order_relaxed);
    atomic_store_explicit(&array->cursor, group_count, memory_order_relaxed);
    array->kept_tag_bytes = tag_bytes;
    array->kept_slot_bytes = slot_bytes;
    array->step_bytes = step;
    return BASE_OK;
}

bool ifr_array_locate(const struct ifr_array *array, uint64_t hash, const uint64_t *key,
                      size_t key_words, struct ifr_place *place)
{
    const uint8_t tag = ifr_tag(hash);
    struct mfn_ifr_value value;
    size_t group = ifr_home(hash, array->group_count);
    for (size_t step = 0; step < array->group_count; step++) {
        const struct ifr_tags tags = ifr_group_load(&array->groups[group]);
        for (unsigned match = ifr_tags_match(tags, tag); match != 0; match &= match - 1) {
            const unsigned slot = (unsigned)__builtin_ctz(match);
            if (ifr_slot_read(ifr_array_slot(array, group, slot), key, key_words, &value)) {
                *place = (struct ifr_place){ group, slot };
                return true;
            }
        }
        if (ifr_tags_overflow(tags) == 0)
            return false;
        group = ifr_array_next(array, group);
    }
    return false;
}

void ifr_array_add(struct ifr_array *array, uint64_t hash, const uint64_t *key, size_t key_words,
                   const struct mfn_ifr_value *value)
{
    size_t group = ifr_home(hash, array->group_count);
    unsigned empty;
    while ((empty = ifr_tags_match(ifr_group_load(&array->groups[group]), 0)) == 0) {
        ifr_group_overflow_add(&array->groups[group], 1);
        group = ifr_array_next(array, group);
    }
    const unsigned slot = (unsigned)__builtin_ctz(empty);
    ifr_slot_write(ifr_array_slot(array, group, slot), key, key_words, value);
    ifr_group_set(&array->groups[group], slot, ifr_tag(hash));
}

void ifr_array_clear(struct ifr_array *array, uint64_t hash, struct ifr_place place)
{
    ifr_group_set(&array->groups[place.group], place.slot, 0);
    for (size_t group = ifr_home(hash, array->group_count); group != place.group;
         group = ifr_array_next(array, group))
        ifr_group_overflow_add(&array->groups[group], -1);
}

static size_t distance(const struct ifr_array *array, size_t from, size_t to)
{
    return to >= from ? to - from : to + array->group_count - from;
}

/* Bring the record back to an earlier group. Readers may see it twice, hence the odd number. */
static void move_back(struct ifr_array *array, struct ifr_place from, size_t to,
                      const uint64_t *key, size_t key_words, const struct mfn_ifr_value *value)
{
    struct ifr_group *const group = &array->groups[to];
    const unsigned slot = (unsigned)__builtin_ctz(ifr_tags_match(ifr_group_load(group), 0));
    const struct ifr_tags tags = ifr_group_load(&array->groups[from.group]);
    const uint64_t word = from.slot < 8 ? tags.low : tags.high;
    const size_t moves = ifr_array_moves(array);
    atomic_store_explicit(&array->moves, moves + 1, memory_order_release);
    ifr_slot_write(ifr_array_slot(array, to, slot), key, key_words, value);
    ifr_group_set(group, slot, (uint8_t)(word >> 8 * (from.slot % 8)));
    ifr_group_set(&array->groups[from.group], from.slot, 0);
    for (size_t past = to; past != from.group; past = ifr_array_next(array, past))
        ifr_group_overflow_add(&array->groups[past], -1);
    atomic_store_explicit(&array->moves, moves + 2, memory_order_release);
}

/* One of the flows in group `at` that went past group `to`, if there is one, moves there. */
static bool bring_back(struct ifr_array *array, size_t at, size_t to,
                       const struct mfn_ifr_seed *seed, size_t key_size)
{
    const size_t key_words = ifr_key_words(key_size);
    unsigned left = ifr_tags_occupied(ifr_group_load(&array->groups[at]));
    for (; left != 0; left &= left - 1) {
        const struct ifr_place place = { at, (unsigned)__builtin_ctz(left) };
        uint64_t key[IFR_KEY_WORDS_MAX];
        struct mfn_ifr_value value;
        (void)ifr_slot_copy(ifr_array_slot(array, at, place.slot), key, key_words, &value);
        const uint64_t hash = ifr_hash_words(seed, key, key_size);
        const size_t home = ifr_home(hash, array->group_count);
        if (distance(array, home, at) < distance(array, to, at))
            continue;
        move_back(array, place, to, key, key_words, &value);
        return true;
    }
    return false;
}

void ifr_array_fill(struct ifr_array *array, size_t group, const struct mfn_ifr_seed *seed,
                    size_t key_size)
{
    size_t hole = group, at = group;
    for (unsigned i = 0; i < FILL_GROUPS; i++) {
        if (ifr_tags_overflow(ifr_group_load(&array->groups[at])) == 0)
            return;
        at = ifr_array_next(array, at);
        if (at == hole)
            return;
        if (bring_back(array, at, hole, seed, key_size))
            hole = at;
    }
}

/* What the walk over one home's flows does with each: copy it to another array, or take it away. */
struct mover {
    struct ifr_array *from, *to; /* to NULL: take away */
    const struct mfn_ifr_seed *seed;
    size_t key_size, home;
};

static void visit(const struct mover *mover, struct ifr_place place)
{
    const size_t key_words = ifr_key_words(mover->key_size);
    uint64_t key[IFR_KEY_WORDS_MAX];
    struct mfn_ifr_value value;
    (void)ifr_slot_copy(ifr_array_slot(mover->from, place.group, place.slot), key, key_words,
                        &value);
    const uint64_t hash = ifr_hash_words(mover->seed, key, mover->key_size);
    if (ifr_home(hash, mover->from->group_count) != mover->home)
        return;
    if (mover->to != NULL)
        ifr_array_add(mover->to, hash, key, key_words, &value);
    else
        ifr_array_clear(mover->from, hash, place);
}

static void visit_home(const struct mover *mover)
{
    size_t group = mover->home;
    for (size_t step = 0; step < mover->from->group_count; step++) {
        const struct ifr_tags tags = ifr_group_load(&mover->from->groups[group]);
        for (unsigned at = ifr_tags_occupied(tags); at != 0; at &= at - 1)
            visit(mover, (struct ifr_place){ group, (unsigned)__builtin_ctz(at) });
        if (ifr_tags_overflow(tags) == 0)
            break;
        group = ifr_array_next(mover->from, group);
    }
}

void ifr_array_move(struct ifr_array *from, struct ifr_array *to, const struct mfn_ifr_seed *seed,
                    size_t key_size)
{
    const size_t home = atomic_load_explicit(&from->cursor, memory_order_relaxed) - 1;
    struct mover mover = { from, to, seed, key_size, home };
    visit_home(&mover);
    atomic_store_explicit(&from->cursor, home, memory_order_release);
    mover.to = NULL;
    visit_home(&mover);
}

/* Is nobody here, and went nobody past? */
static bool is_empty(const struct ifr_array *array, size_t first, size_t end)
{
    for (size_t group = first; group < end; group++) {
        const struct ifr_tags tags = ifr_group_load(&array->groups[group]);
        if ((tags.low | tags.high) != 0)
            return false;
    }
    return true;
}

/* The part of tags or slots, `unit` bytes a group, that is above the cursor and not given back. */
static size_t shed(const struct ifr_array *array, void *memory, size_t unit, size_t *kept)
{
    const size_t cursor = atomic_load_explicit(&array->cursor, memory_order_relaxed);
    const size_t begin =
        cursor == 0 ? 0 : round_up((cursor + MARGIN_GROUPS) * unit, array->step_bytes);
    if (begin >= *kept)
        return 0;
    const size_t end_group = (*kept + unit - 1) / unit;
    if (cursor != 0 && !is_empty(array, begin / unit, end_group))
        return 0;
    const size_t size = *kept - begin;
    ifr_pages_give_back((uint8_t *)memory + begin, size);
    *kept = begin;
    return size;
}

size_t ifr_array_shed(struct ifr_array *array)
{
    const size_t slot_size = IFR_GROUP_SLOTS * sizeof(struct ifr_slot);
    return shed(array, array->slots, slot_size, &array->kept_slot_bytes) +
           shed(array, array->groups, sizeof(struct ifr_group), &array->kept_tag_bytes);
}
