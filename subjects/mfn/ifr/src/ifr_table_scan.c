/* ifr_table_scan.c - a walk in the order of hashes.
 *
 * Homes are in the order of hashes in every array, and growth divides each in two; so "hashes below
 * this are done" means the same before, during and after growth. One step shows one home; the rare
 * home with more than MFN_IFR_SCAN_MAX flows is cut at a hash, and the rest comes next.
 */
#include "ifr_table_internal.h"

struct range {
    uint64_t first, last; /* hashes, both included */
};

struct collection {
    struct range range;
    size_t count;
    uint64_t hashes[MFN_IFR_SCAN_MAX];
    struct mfn_ifr_flow *flows;
};

/* The last hash whose home is this. */
static uint64_t last_hash(size_t home, size_t group_count)
{
    const unsigned __int128 end = (unsigned __int128)(home + 1) << 64;
    return (uint64_t)((end + group_count - 1) / group_count - 1);
}

/* Make room by ending the range below the greatest hash. More than MFN_IFR_SCAN_MAX flows of one
 * 64-bit hash would have nothing left below; nobody can find such keys. */
static void cut(struct collection *collection)
{
    uint64_t greatest = 0;
    for (size_t i = 0; i < collection->count; i++)
        greatest = collection->hashes[i] > greatest ? collection->hashes[i] : greatest;
    if (greatest == collection->range.first)
        return;
    collection->range.last = greatest - 1;
    size_t kept = 0;
    for (size_t i = 0; i < collection->count; i++) {
        if (collection->hashes[i] == greatest)
            continue;
        collection->hashes[kept] = collection->hashes[i];
        collection->flows[kept++] = collection->flows[i];
    }
    collection->count = kept;
}

static void collect(struct collection *collection, const struct mfn_ifr_table *table,
                    const struct ifr_slot *slot)
{
    uint64_t words[IFR_KEY_WORDS_MAX];
    struct mfn_ifr_value value;
    if (!ifr_slot_copy(slot, words, ifr_key_words(table->key_size), &value))
        return;
    const uint64_t hash = ifr_hash_words(&table->seed, words, table->key_size);
    if (hash < collection->range.first || hash > collection->range.last)
        return;
    if (collection->count == MFN_IFR_SCAN_MAX)
        cut(collection);
    if (collection->count == MFN_IFR_SCAN_MAX || hash > collection->range.last)
        return;
    collection->hashes[collection->count] = hash;
    ifr_key_store(words, table->key_size, collection->flows[collection->count].key);
    collection->flows[collection->count++].value = value;
}

static void collect_home(struct collection *collection, const struct mfn_ifr_table *table,
                         const struct ifr_array *array, size_t home)
{
    size_t group = home;
    for (size_t step = 0; step < array->group_count; step++) {
        const struct ifr_tags tags = ifr_group_load(&array->groups[group]);
        for (unsigned at = ifr_tags_occupied(tags); at != 0; at &= at - 1)
            collect(collection, table, ifr_array_slot(array, group, (unsigned)__builtin_ctz(at)));
        if (ifr_tags_overflow(tags) == 0)
            return;
        group = ifr_array_next(array, group);
    }
}

/* The home that begins at or contains the hash scan->next, from the array that has it. */
size_t mfn_ifr_table_scan_step(const struct mfn_ifr_table *table, struct mfn_ifr_scan *scan,
                               struct mfn_ifr_flow *flows)
{
    struct collection collection;
    const struct ifr_array *array =
        &table->arrays[atomic_load_explicit(&table->first, memory_order_acquire)];
    for (unsigned spins = 0;;) {
        const size_t home = ifr_home(scan->next, array->group_count);
        if (!ifr_array_holds(array, home)) {
            array++;
            continue;
        }
        const size_t moves = ifr_array_moves(array);
        collection.range = (struct range){ scan->next, last_hash(home, array->group_count) };
        collection.count = 0;
        collection.flows = flows;
        collect_home(&collection, table, array, home);
        if (ifr_array_stood_still(array, moves) && ifr_array_holds(array, home))
            break; /* nobody was missed or seen twice because of a move */
        ifr_slot_wait(&spins);
    }
    scan->next = collection.range.last + 1;
    scan->is_done = collection.range.last == UINT64_MAX;
    return collection.count;
}

size_t mfn_ifr_table_scan(const struct mfn_ifr_table *table, struct mfn_ifr_scan *scan,
                          struct mfn_ifr_flow *flows)
{
    size_t count = 0;
    while (count == 0 && !scan->is_done)
        count = mfn_ifr_table_scan_step(table, scan, flows);
    return count;
}
