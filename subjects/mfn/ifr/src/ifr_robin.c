/* ifr_robin.c - linear probing in the order of homes.
 *
 * A mark of 16 bits a slot: distance from home + 1 in the high byte, 8 bits of the hash in the low
 * one, 0 when empty. Flows stand in the order of their homes, so a search ends where a flow is
 * nearer to its home than the one looked for would be. The order is kept by shifting one slot on or
 * back. There are DISTANCE_MAX more slots than homes and an empty one behind them, so nothing goes
 * round.
 */
#include <mfn/ifr_robin.h>

#include "ifr_key.h"
#include "ifr_pages.h"

#include <stdlib.h>

enum {
    MARK_STEP = 1 << 8,
    DISTANCE_MAX = 254,
    HOMES_MIN = 16,
    BATCH = 32,
};

struct record {
    struct mfn_ifr_value value;
    uint64_t key[IFR_KEY_WORDS_MAX];
};

_Static_assert(sizeof(struct record) == 64, "a record is a cache line");

struct slots {
    struct record *records; /* [home_count + DISTANCE_MAX] */
    uint16_t *marks;        /* [home_count + DISTANCE_MAX + 1] */
    size_t home_count;
    struct ifr_pages pages;
};

struct mfn_ifr_robin {
    struct mfn_ifr_seed seed;
    size_t key_size, key_words;
    struct slots slots;
    size_t count, limit;
    bool is_fixed, want_large_pages;
};

static size_t limit_of(size_t home_count)
{
    return home_count / 5 * 4 + home_count % 5 * 4 / 5;
}

static size_t homes_for(size_t capacity)
{
    const size_t count = capacity / 4 * 5 + (capacity % 4 * 5 + 3) / 4;
    return count > HOMES_MIN ? count : HOMES_MIN;
}

static base_err slots_map(struct slots *slots, size_t home_count, bool want_large)
{
    const size_t count = home_count + DISTANCE_MAX;
    const size_t record_bytes = count * sizeof(struct record);
    const base_err err =
        ifr_pages_map(&slots->pages, record_bytes + (count + 1) * sizeof *slots->marks, want_large);
    if (err != BASE_OK)
        return err;
    slots->records = (struct record *)slots->pages.memory;
    slots->marks = (uint16_t *)(slots->pages.memory + record_bytes);
    slots->home_count = home_count;
    return BASE_OK;
}

base_err mfn_ifr_robin_new(const struct mfn_ifr_table_options *options, struct mfn_ifr_robin **out)
{
    if (!mfn_ifr_key_size_is_valid(options->key_size) ||
        (options->is_fixed && options->capacity == 0))
        return BASE_EINVALID;
    if (options->capacity > MFN_IFR_CAPACITY_MAX)
        return BASE_ERANGE;
    struct mfn_ifr_robin *const robin = calloc(1, sizeof *robin);
    if (robin == NULL)
        return BASE_ENOMEM;
    const base_err err =
        slots_map(&robin->slots, homes_for(options->capacity), options->want_large_pages);
    if (err != BASE_OK) {
        free(robin);
        return err;
    }
    robin->seed = options->seed;
    robin->key_size = options->key_size;
    robin->key_words = ifr_key_words(options->key_size);
    robin->limit = options->is_fixed ? options->capacity : limit_of(robin->slots.home_count);
    robin->is_fixed = options->is_fixed;
    robin->want_large_pages = options->want_large_pages;
    *out = robin;
    return BASE_OK;
}

void mfn_ifr_robin_free(struct mfn_ifr_robin *robin)
{
    if (robin != NULL)
        ifr_pages_unmap(&robin->slots.pages);
    free(robin);
}

IFR_INLINE bool is_key(const struct record *record, const uint64_t *key, size_t key_words)
{
    uint64_t difference = 0;
    for (size_t i = 0; i < key_words; i++)
        difference |= record->key[i] ^ key[i];
    return difference == 0;
}

/* The slot of a flow that is there, else SIZE_MAX. */
IFR_INLINE size_t locate(const struct slots *slots, uint64_t hash, const uint64_t *key,
                         size_t key_words)
{
    size_t at = ifr_home(hash, slots->home_count);
    for (uint32_t mark = MARK_STEP | ifr_tag(hash);; mark += MARK_STEP, at++) {
        const uint32_t here = slots->marks[at];
        if (here == mark && is_key(&slots->records[at], key, key_words))
            return at;
        if (here / MARK_STEP < mark / MARK_STEP)
            return SIZE_MAX;
    }
}

/* Where a flow that is not there goes, and the first empty slot from there; false when somebody
 * would come to stand further from home than a mark can say. */
static bool find_room(const struct slots *slots, size_t home, size_t *at, size_t *empty)
{
    size_t i = home;
    while (slots->marks[i] / MARK_STEP > i - home)
        i++;
    if (i - home > DISTANCE_MAX)
        return false;
    *at = i;
    for (; slots->marks[i] != 0; i++)
        if (slots->marks[i] / MARK_STEP > DISTANCE_MAX)
            return false;
    *empty = i;
    return true;
}

static bool add(struct slots *slots, uint64_t hash, const struct record *record)
{
    const size_t home = ifr_home(hash, slots->home_count);
    size_t at, empty;
    if (!find_room(slots, home, &at, &empty))
        return false;
    for (size_t i = empty; i > at; i--) {
        slots->records[i] = slots->records[i - 1];
        slots->marks[i] = (uint16_t)(slots->marks[i - 1] + MARK_STEP);
    }
    slots->records[at] = *record;
    slots->marks[at] = (uint16_t)((at - home + 1) * MARK_STEP | ifr_tag(hash));
    return true;
}

static bool add_all(const struct mfn_ifr_robin *robin, struct slots *to)
{
    const struct slots *const from = &robin->slots;
    for (size_t i = 0; i < from->home_count + DISTANCE_MAX; i++)
        if (from->marks[i] != 0 &&
            !add(to, ifr_hash_words(&robin->seed, from->records[i].key, robin->key_size),
                 &from->records[i]))
            return false;
    return true;
}

static base_err grow(struct mfn_ifr_robin *robin)
{
    for (size_t count = 2 * robin->slots.home_count;; count *= 2) {
        struct slots larger = { 0 };
        const base_err err = slots_map(&larger, count, robin->want_large_pages);
        if (err != BASE_OK)
            return err;
        if (add_all(robin, &larger)) {
            ifr_pages_unmap(&robin->slots.pages);
            robin->slots = larger;
            robin->limit = limit_of(count);
            return BASE_OK;
        }
        ifr_pages_unmap(&larger.pages);
    }
}

base_err mfn_ifr_robin_insert(struct mfn_ifr_robin *robin, const void *key,
                              const struct mfn_ifr_value *value)
{
    struct record record = { .value = *value };
    ifr_key_load(key, robin->key_size, record.key);
    const uint64_t hash = ifr_hash_words(&robin->seed, record.key, robin->key_size);
    const size_t at = locate(&robin->slots, hash, record.key, robin->key_words);
    if (at != SIZE_MAX) {
        robin->slots.records[at].value = *value;
        return BASE_OK;
    }
    while (robin->count >= robin->limit || !add(&robin->slots, hash, &record)) {
        const base_err err = robin->is_fixed ? BASE_EFULL : grow(robin);
        if (err != BASE_OK)
            return err;
    }
    robin->count++;
    return BASE_OK;
}

bool mfn_ifr_robin_remove(struct mfn_ifr_robin *robin, const void *key)
{
    uint64_t words[IFR_KEY_WORDS_MAX];
    ifr_key_load(key, robin->key_size, words);
    const uint64_t hash = ifr_hash_words(&robin->seed, words, robin->key_size);
    struct slots *const slots = &robin->slots;
    size_t at = locate(slots, hash, words, robin->key_words);
    if (at == SIZE_MAX)
        return false;
    for (; slots->marks[at + 1] / MARK_STEP > 1; at++) {
        slots->records[at] = slots->records[at + 1];
        slots->marks[at] = (uint16_t)(slots->marks[at + 1] - MARK_STEP);
    }
    slots->marks[at] = 0;
    robin->count--;
    return true;
}

IFR_INLINE bool find_words(const struct mfn_ifr_robin *robin, uint64_t hash, const uint64_t *key,
                           size_t key_words, struct mfn_ifr_value *out)
{
    const size_t at = locate(&robin->slots, hash, key, key_words);
    if (at == SIZE_MAX)
        return false;
    *out = robin->slots.records[at].value;
    return true;
}

IFR_INLINE bool find_sized(const struct mfn_ifr_robin *robin, const void *key, size_t key_size,
                           struct mfn_ifr_value *out)
{
    uint64_t words[IFR_KEY_WORDS_MAX];
    ifr_key_load(key, key_size, words);
    return find_words(robin, ifr_hash_words(&robin->seed, words, key_size), words,
                      ifr_key_words(key_size), out);
}

bool mfn_ifr_robin_find(const struct mfn_ifr_robin *robin, const void *key,
                        struct mfn_ifr_value *out)
{
    switch (robin->key_size) {
    case MFN_IFR_KEY_IPV4:
        return find_sized(robin, key, MFN_IFR_KEY_IPV4, out);
    case MFN_IFR_KEY_HASHED:
        return find_sized(robin, key, MFN_IFR_KEY_HASHED, out);
    default:
        return find_sized(robin, key, MFN_IFR_KEY_IPV6, out);
    }
}

/* The first slot whose mark agrees is asked for before any record is looked at. */
static void ask_for_record(const struct slots *slots, uint64_t hash)
{
    size_t at = ifr_home(hash, slots->home_count);
    uint32_t mark = MARK_STEP | ifr_tag(hash);
    for (; slots->marks[at] / MARK_STEP >= mark / MARK_STEP; mark += MARK_STEP, at++) {
        if (slots->marks[at] == mark) {
            __builtin_prefetch(&slots->records[at]);
            return;
        }
    }
}

static uint32_t find_some(const struct mfn_ifr_robin *robin, const void *const *keys, size_t count,
                          struct mfn_ifr_value *out)
{
    uint64_t words[BATCH][IFR_KEY_WORDS_MAX], hashes[BATCH];
    for (size_t i = 0; i < count; i++) {
        ifr_key_load(keys[i], robin->key_size, words[i]);
        hashes[i] = ifr_hash_words(&robin->seed, words[i], robin->key_size);
        __builtin_prefetch(&robin->slots.marks[ifr_home(hashes[i], robin->slots.home_count)]);
    }
    for (size_t i = 0; i < count; i++)
        ask_for_record(&robin->slots, hashes[i]);
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++)
        found |= (uint32_t)find_words(robin, hashes[i], words[i], robin->key_words, &out[i]) << i;
    return found;
}

size_t mfn_ifr_robin_find_batch(const struct mfn_ifr_robin *robin, const void *const *keys,
                                size_t count, struct mfn_ifr_value *out, uint64_t *found_bits)
{
    size_t found_count = 0;
    for (size_t i = 0; i < count; i += BATCH) {
        const size_t some = count - i < BATCH ? count - i : BATCH;
        const uint32_t found = find_some(robin, keys + i, some, out + i);
        found_count += (size_t)__builtin_popcount(found);
        if (i % 64 == 0)
            found_bits[i / 64] = 0;
        found_bits[i / 64] |= (uint64_t)found << i % 64;
    }
    return found_count;
}

size_t mfn_ifr_robin_count(const struct mfn_ifr_robin *robin)
{
    return robin->count;
}

size_t mfn_ifr_robin_size_bytes(const struct mfn_ifr_robin *robin)
{
    return robin->slots.pages.size;
}

size_t mfn_ifr_robin_scan(const struct mfn_ifr_robin *robin, size_t *position,
                          struct mfn_ifr_flow *flows, size_t capacity)
{
    const struct slots *const slots = &robin->slots;
    size_t count = 0, at = *position;
    for (; at < slots->home_count + DISTANCE_MAX && count < capacity; at++) {
        if (slots->marks[at] == 0)
            continue;
        ifr_key_store(slots->records[at].key, robin->key_size, flows[count].key);
        flows[count++].value = slots->records[at].value;
    }
    *position = at;
    return count;
}
