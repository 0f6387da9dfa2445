/* ifr_table_batch.c - many finds at once, in three stages, so that the lines of all come from
 * memory side by side: hash all and ask for their tags; compare tags and ask for the records;
 * compare keys.
 */
#include "ifr_table_internal.h"

enum { BATCH = 32 };

/* What the first two stages know of one key. */
struct ahead {
    uint64_t hash;
    const struct ifr_array *array;
    size_t home;
    const struct ifr_slot *slot; /* the first that may be it; NULL: none */
    bool is_missing;
};

IFR_INLINE const struct ifr_array *array_of(const struct mfn_ifr_table *table, uint64_t hash,
                                            size_t *home)
{
    const struct ifr_array *array =
        &table->arrays[atomic_load_explicit(&table->first, memory_order_acquire)];
    while (!ifr_array_holds(array, *home = ifr_home(hash, array->group_count)))
        array++;
    return array;
}

IFR_INLINE void look_at_tags(struct ahead *ahead)
{
    const struct ifr_array *const array = ahead->array;
    const struct ifr_tags tags = ifr_group_load(&array->groups[ahead->home]);
    const unsigned match = ifr_tags_match(tags, ifr_tag(ahead->hash));
    ahead->slot = NULL;
    ahead->is_missing = false;
    if (match != 0) {
        ahead->slot = ifr_array_slot(array, ahead->home, (unsigned)__builtin_ctz(match));
        __builtin_prefetch(ahead->slot);
    } else {
        ahead->is_missing = ifr_tags_overflow(tags) == 0 && ifr_array_holds(array, ahead->home);
    }
}

/* The first slot with the tag nearly always has the key, too; else start again. */
IFR_INLINE bool look_at_record(const struct mfn_ifr_table *table, const struct ahead *ahead,
                               const void *key, size_t key_size, struct mfn_ifr_value *out)
{
    if (ahead->is_missing)
        return false;
    uint64_t words[IFR_KEY_WORDS_MAX];
    ifr_key_load(key, key_size, words);
    return (ahead->slot != NULL &&
            ifr_slot_try(ahead->slot, words, ifr_key_words(key_size), out)) ||
           ifr_table_search(table, key, ahead->hash, out);
}

/* Bit i of the result: keys[i] is there. count <= BATCH */
IFR_INLINE uint32_t find_some(const struct mfn_ifr_table *table, const void *const *keys,
                              size_t count, size_t key_size, struct mfn_ifr_value *out)
{
    struct ahead ahead[BATCH];
    for (size_t i = 0; i < count; i++) {
        uint64_t words[IFR_KEY_WORDS_MAX];
        ifr_key_load(keys[i], key_size, words);
        ahead[i].hash = ifr_hash_words(&table->seed, words, key_size);
        ahead[i].array = array_of(table, ahead[i].hash, &ahead[i].home);
        __builtin_prefetch(&ahead[i].array->groups[ahead[i].home]);
    }
    for (size_t i = 0; i < count; i++)
        look_at_tags(&ahead[i]);
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++)
        found |= (uint32_t)look_at_record(table, &ahead[i], keys[i], key_size, &out[i]) << i;
    return found;
}

static uint32_t find_ipv4(const struct mfn_ifr_table *table, const void *const *keys, size_t count,
                          struct mfn_ifr_value *out)
{
    return find_some(table, keys, count, MFN_IFR_KEY_IPV4, out);
}

static uint32_t find_hashed(const struct mfn_ifr_table *table, const void *const *keys,
                            size_t count, struct mfn_ifr_value *out)
{
    return find_some(table, keys, count, MFN_IFR_KEY_HASHED, out);
}

static uint32_t find_ipv6(const struct mfn_ifr_table *table, const void *const *keys, size_t count,
                          struct mfn_ifr_value *out)
{
    return find_some(table, keys, count, MFN_IFR_KEY_IPV6, out);
}

size_t mfn_ifr_table_find_batch(const struct mfn_ifr_table *table, const void *const *keys,
                                size_t count, struct mfn_ifr_value *out, uint64_t *found_bits)
{
    uint32_t (*const find)(const struct mfn_ifr_table *, const void *const *, size_t,
                           struct mfn_ifr_value *) = table->key_size == MFN_IFR_KEY_IPV4 ? find_ipv4
                                                     : table->key_size == MFN_IFR_KEY_HASHED
                                                         ? find_hashed
                                                         : find_ipv6;
    size_t found_count = 0;
    for (size_t i = 0; i < count; i += BATCH) {
        const size_t some = count - i < BATCH ? count - i : BATCH;
        const uint32_t found = find(table, keys + i, some, out + i);
        found_count += (size_t)__builtin_popcount(found);
        if (i % 64 == 0)
            found_bits[i / 64] = 0;
        found_bits[i / 64] |= (uint64_t)found << i % 64;
    }
    return found_count;
}
