/* ifr_table.c - insert, remove, growth; and the find of a single key.
 *
 * Growth starts an array of twice the size, and every write moves two homes there, so that it is
 * done long before the new one is full: it takes half as many writes as there were groups, and
 * these add at most half a flow a group to the old one, which keeps room for almost two. Old arrays
 * stay mapped, without pages, as readers may still look at them; they read empty groups there, and
 * find the cursor moved.
 */
#include "ifr_table_internal.h"

#include <assert.h>
#include <stdlib.h>

enum { MOVES_PER_WRITE = 2 };

/* Flows that so many groups take: 7/8 of their slots. */
static size_t limit_of(size_t group_count)
{
    return group_count * IFR_GROUP_SLOTS / 8 * 7 + group_count * IFR_GROUP_SLOTS % 8 * 7 / 8;
}

static size_t groups_for(size_t capacity)
{
    const size_t count = capacity / (IFR_GROUP_SLOTS * 7) * 8;
    const size_t rest = capacity % (IFR_GROUP_SLOTS * 7) * 8;
    const size_t all = count + (rest + IFR_GROUP_SLOTS * 7 - 1) / (IFR_GROUP_SLOTS * 7);
    return all > 0 ? all : 1;
}

static void size_add(struct mfn_ifr_table *table, size_t more, size_t less)
{
    const size_t size = atomic_load_explicit(&table->size_bytes, memory_order_relaxed);
    atomic_store_explicit(&table->size_bytes, size + more - less, memory_order_relaxed);
}

static void count_add(struct mfn_ifr_table *table, size_t by)
{
    const size_t count = atomic_load_explicit(&table->count, memory_order_relaxed);
    atomic_store_explicit(&table->count, count + by, memory_order_relaxed);
}

static base_err array_add(struct mfn_ifr_table *table, uint32_t i, size_t group_count)
{
    struct ifr_array *const array = &table->arrays[i];
    const base_err err = ifr_array_map(array, group_count, table->want_large_pages);
    if (err != BASE_OK)
        return err;
    table->last = i;
    table->limit = limit_of(group_count);
    size_add(table, array->kept_tag_bytes + array->kept_slot_bytes, 0);
    return BASE_OK;
}

base_err mfn_ifr_table_new(const struct mfn_ifr_table_options *options, struct mfn_ifr_table **out)
{
    if (!mfn_ifr_key_size_is_valid(options->key_size) ||
        (options->is_fixed && options->capacity == 0))
        return BASE_EINVALID;
    if (options->capacity > MFN_IFR_CAPACITY_MAX)
        return BASE_ERANGE;
    struct mfn_ifr_table *const table =
        aligned_alloc(_Alignof(struct mfn_ifr_table), sizeof *table);
    if (table == NULL)
        return BASE_ENOMEM;
    *table = (struct mfn_ifr_table){ .seed = options->seed,
                                     .key_size = options->key_size,
                                     .is_fixed = options->is_fixed,
                                     .want_large_pages = options->want_large_pages };
    const base_err err = array_add(table, 0, groups_for(options->capacity));
    if (err != BASE_OK) {
        free(table);
        return err;
    }
    if (options->is_fixed)
        table->limit = options->capacity;
    *out = table;
    return BASE_OK;
}

void mfn_ifr_table_free(struct mfn_ifr_table *table)
{
    for (size_t i = 0; table != NULL && i < IFR_ARRAYS_MAX; i++)
        ifr_pages_unmap(&table->arrays[i].pages);
    free(table);
}

static void move_some(struct mfn_ifr_table *table)
{
    const uint32_t first = atomic_load_explicit(&table->first, memory_order_relaxed);
    if (first == table->last)
        return;
    struct ifr_array *const from = &table->arrays[first];
    for (unsigned i = 0; i < MOVES_PER_WRITE && ifr_array_holds(from, 0); i++)
        ifr_array_move(from, &table->arrays[table->last], &table->seed, table->key_size);
    size_add(table, 0, ifr_array_shed(from));
    if (!ifr_array_holds(from, 0))
        atomic_store_explicit(&table->first, table->last, memory_order_release);
}

static struct ifr_array *array_of(struct mfn_ifr_table *table, uint64_t hash)
{
    struct ifr_array *array =
        &table->arrays[atomic_load_explicit(&table->first, memory_order_relaxed)];
    while (!ifr_array_holds(array, ifr_home(hash, array->group_count)))
        array++;
    return array;
}

/* Room for one more flow. */
static base_err make_room(struct mfn_ifr_table *table)
{
    if (mfn_ifr_table_count(table) < table->limit)
        return BASE_OK;
    if (table->is_fixed)
        return BASE_EFULL;
    assert(atomic_load_explicit(&table->first, memory_order_relaxed) == table->last);
    if (table->last + 1 == IFR_ARRAYS_MAX)
        return BASE_ENOMEM;
    return array_add(table, table->last + 1, 2 * table->arrays[table->last].group_count);
}

base_err mfn_ifr_table_insert(struct mfn_ifr_table *table, const void *key,
                              const struct mfn_ifr_value *value)
{
    const size_t key_words = ifr_key_words(table->key_size);
    uint64_t words[IFR_KEY_WORDS_MAX];
    ifr_key_load(key, table->key_size, words);
    const uint64_t hash = ifr_hash_words(&table->seed, words, table->key_size);
    move_some(table);
    struct ifr_array *const array = array_of(table, hash);
    struct ifr_place place;
    if (ifr_array_locate(array, hash, words, key_words, &place)) {
        ifr_slot_write(ifr_array_slot(array, place.group, place.slot), NULL, 0, value);
        return BASE_OK;
    }
    const base_err err = make_room(table);
    if (err != BASE_OK)
        return err;
    ifr_array_add(array, hash, words, key_words, value); /* nothing was moved since */
    count_add(table, 1);
    return BASE_OK;
}

bool mfn_ifr_table_remove(struct mfn_ifr_table *table, const void *key)
{
    uint64_t words[IFR_KEY_WORDS_MAX];
    ifr_key_load(key, table->key_size, words);
    const uint64_t hash = ifr_hash_words(&table->seed, words, table->key_size);
    move_some(table);
    struct ifr_array *const array = array_of(table, hash);
    struct ifr_place place;
    if (!ifr_array_locate(array, hash, words, ifr_key_words(table->key_size), &place))
        return false;
    ifr_array_clear(array, hash, place);
    ifr_array_fill(array, place.group, &table->seed, table->key_size);
    count_add(table, (size_t)-1);
    return true;
}

size_t mfn_ifr_table_count(const struct mfn_ifr_table *table)
{
    return atomic_load_explicit(&table->count, memory_order_relaxed);
}

size_t mfn_ifr_table_size_bytes(const struct mfn_ifr_table *table)
{
    return atomic_load_explicit(&table->size_bytes, memory_order_relaxed);
}

__attribute__((noinline)) bool ifr_table_search(const struct mfn_ifr_table *table, const void *key,
                                                uint64_t hash, struct mfn_ifr_value *out)
{
    const struct ifr_array *array =
        &table->arrays[atomic_load_explicit(&table->first, memory_order_acquire)];
    uint64_t words[IFR_KEY_WORDS_MAX] = { 0 };
    ifr_key_load(key, table->key_size, words);
    for (unsigned spins = 0;;) {
        const size_t home = ifr_home(hash, array->group_count);
        if (!ifr_array_holds(array, home)) {
            array++;
            continue;
        }
        const size_t moves = ifr_array_moves(array);
        if (ifr_array_find(array, home, ifr_tag(hash), words, ifr_key_words(table->key_size), out))
            return true;
        if (ifr_array_stood_still(array, moves) && ifr_array_holds(array, home))
            return false; /* it was not missed because it moved */
        ifr_slot_wait(&spins);
    }
}

IFR_INLINE bool find_sized(const struct mfn_ifr_table *table, const void *key, size_t key_size,
                           struct mfn_ifr_value *out)
{
    uint64_t words[IFR_KEY_WORDS_MAX];
    ifr_key_load(key, key_size, words);
    const uint64_t hash = ifr_hash_words(&table->seed, words, key_size);
    return ifr_table_find_words(table, key, words, key_size, hash, out);
}

bool mfn_ifr_table_find(const struct mfn_ifr_table *table, const void *key,
                        struct mfn_ifr_value *out)
{
    switch (table->key_size) {
    case MFN_IFR_KEY_IPV4:
        return find_sized(table, key, MFN_IFR_KEY_IPV4, out);
    case MFN_IFR_KEY_HASHED:
        return find_sized(table, key, MFN_IFR_KEY_HASHED, out);
    default:
        return find_sized(table, key, MFN_IFR_KEY_IPV6, out);
    }
}
