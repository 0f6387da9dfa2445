/* ifr_shelf.c - one key, through filter, cache and table. The three use one hash of it. */
#include "ifr_shelf.h"

#include "ifr_table_internal.h"

#include <assert.h>

enum { GROUPS_PER_INSERT = MFN_IFR_REGISTRY_STEPS / 8, GROUP_FLOWS = 8 };

static base_err cache_new(struct ifr_shelf *shelf)
{
    const struct mfn_ifr_cache_options options = {
        .key_size = shelf->key_size,
        .capacity = shelf->options->cache_count,
        .policy = shelf->options->cache_policy,
        .ttl_ns = shelf->options->cache_ttl_ns,
        .seed = shelf->seed,
    };
    return options.capacity > 0 ? mfn_ifr_cache_new(&options, &shelf->cache) : BASE_OK;
}

base_err ifr_shelf_init(struct ifr_shelf *shelf, size_t key_size,
                        const struct mfn_ifr_registry_options *options)
{
    *shelf = (struct ifr_shelf){ .key_size = key_size, .options = options };
    mfn_ifr_seed_random(&shelf->seed);
    const struct mfn_ifr_table_options table = {
        .key_size = key_size,
        .capacity = options->flow_count,
        .want_large_pages = options->want_large_pages,
        .seed = shelf->seed,
    };
    base_err err = mfn_ifr_table_new(&table, &shelf->table);
    if (err == BASE_OK)
        err = cache_new(shelf);
    if (err == BASE_OK)
        err = ifr_refill_first(shelf);
    if (err != BASE_OK)
        ifr_shelf_done(shelf);
    return err;
}

void ifr_shelf_done(struct ifr_shelf *shelf)
{
    ifr_refill_done(shelf);
    mfn_ifr_cache_free(shelf->cache);
    mfn_ifr_table_free(shelf->table);
    *shelf = (struct ifr_shelf){ 0 };
}

/* Timestamps are times of registration when there is an age, so never after now. */
static bool is_old(const struct ifr_shelf *shelf, const struct mfn_ifr_value *value,
                   uint64_t now_ns)
{
    const uint64_t age_ns = shelf->options->flow_age_ns;
    return age_ns > 0 && now_ns >= value->timestamp_ns && now_ns - value->timestamp_ns >= age_ns;
}

static bool find_cached(struct ifr_shelf *shelf, const void *key, uint64_t hash, uint64_t now_ns,
                        struct mfn_ifr_value *out)
{
    shelf->cache_asks++;
    if (!mfn_ifr_cache_find(shelf->cache, key, hash, now_ns, out))
        return false;
    shelf->cache_hits++;
    return true;
}

IFR_INLINE bool find_sized(struct ifr_shelf *shelf, const void *key, size_t key_size,
                           uint64_t now_ns, struct mfn_ifr_value *out)
{
    uint64_t words[IFR_KEY_WORDS_MAX];
    struct mfn_ifr_value value;
    ifr_key_load(key, key_size, words);
    const uint64_t hash = ifr_hash_words(&shelf->seed, words, key_size);
    if (shelf->filter != NULL && !mfn_ifr_filter_has(shelf->filter, hash)) {
        shelf->filter_rejects++;
        return false;
    }
    if (shelf->cache == NULL || !find_cached(shelf, key, hash, now_ns, &value)) {
        if (!ifr_table_find_words(shelf->table, key, words, key_size, hash, &value)) {
            shelf->filter_passes += shelf->filter != NULL;
            return false;
        }
        if (is_old(shelf, &value, now_ns))
            return false;
        if (shelf->cache != NULL)
            mfn_ifr_cache_put(shelf->cache, key, hash, now_ns, &value);
    } else if (is_old(shelf, &value, now_ns)) {
        shelf->cache_hits--; /* it is there, and of no use */
        (void)mfn_ifr_cache_remove(shelf->cache, key, hash);
        return false;
    }
    *out = value;
    return true;
}

bool ifr_shelf_find(struct ifr_shelf *shelf, const void *key, uint64_t now_ns,
                    struct mfn_ifr_value *out)
{
    switch (shelf->key_size) {
    case MFN_IFR_KEY_IPV4:
        return find_sized(shelf, key, MFN_IFR_KEY_IPV4, now_ns, out);
    case MFN_IFR_KEY_HASHED:
        return find_sized(shelf, key, MFN_IFR_KEY_HASHED, now_ns, out);
    default:
        return find_sized(shelf, key, MFN_IFR_KEY_IPV6, now_ns, out);
    }
}

/* Only what asks anew brings a flow into the cache; but what is there must be right. */
static void cache_update(struct ifr_shelf *shelf, const void *key, uint64_t hash, uint64_t now_ns,
                         const struct mfn_ifr_value *value)
{
    struct mfn_ifr_value before;
    if (shelf->cache != NULL && mfn_ifr_cache_peek(shelf->cache, key, hash, now_ns, &before))
        mfn_ifr_cache_put(shelf->cache, key, hash, now_ns, value);
}

/* As many looks at old flows as a call makes on the way; most calls make none. */
static void expire(struct ifr_shelf *shelf, uint64_t now_ns, size_t step_count)
{
    if (shelf->wheel == NULL || now_ns < shelf->expire_ns)
        return;
    shelf->expirations += mfn_ifr_wheel_expire(shelf->wheel, shelf->table, now_ns, step_count);
    if (!mfn_ifr_wheel_is_due(shelf->wheel, now_ns))
        shelf->expire_ns = now_ns + shelf->options->flow_age_ns / MFN_IFR_REGISTRY_AGE_TICKS;
}

base_err ifr_shelf_insert(struct ifr_shelf *shelf, const void *key, uint64_t now_ns,
                          const struct mfn_ifr_value *value)
{
    struct mfn_ifr_value kept = *value;
    if (shelf->options->flow_age_ns > 0)
        kept.timestamp_ns = now_ns;
    base_err err = ifr_refill_first_wheel(shelf, now_ns);
    if (err != BASE_OK)
        return err;
    expire(shelf, now_ns, MFN_IFR_REGISTRY_STEPS);
    const uint64_t hash = mfn_ifr_hash(&shelf->seed, key, shelf->key_size);
    const size_t before = mfn_ifr_table_count(shelf->table);
    err = mfn_ifr_table_insert(shelf->table, key, &kept);
    if (err != BASE_OK)
        return err;
    const bool is_new = mfn_ifr_table_count(shelf->table) != before;
    if (is_new && shelf->wheel != NULL)
        err = mfn_ifr_wheel_add(shelf->wheel, key, kept.timestamp_ns);
    if (err != BASE_OK) {
        const bool was_there = mfn_ifr_table_remove(shelf->table, key);
        assert(was_there);
        (void)was_there;
        return err;
    }
    if (is_new)
        ifr_refill_added(shelf, key, hash, kept.timestamp_ns);
    cache_update(shelf, key, hash, now_ns, &kept);
    ifr_refill_step(shelf, now_ns, GROUPS_PER_INSERT);
    return BASE_OK;
}

bool ifr_shelf_remove(struct ifr_shelf *shelf, const void *key, uint64_t now_ns)
{
    struct mfn_ifr_value value;
    expire(shelf, now_ns, MFN_IFR_REGISTRY_STEPS);
    const bool is_aging = shelf->wheel != NULL;
    const bool was_old =
        is_aging && mfn_ifr_table_find(shelf->table, key, &value) && is_old(shelf, &value, now_ns);
    const bool was_there = mfn_ifr_table_remove(shelf->table, key);
    if (was_there && shelf->cache != NULL)
        (void)mfn_ifr_cache_remove(shelf->cache, key,
                                   mfn_ifr_hash(&shelf->seed, key, shelf->key_size));
    shelf->expirations += was_old;
    return was_there && !was_old;
}

bool ifr_shelf_step(struct ifr_shelf *shelf, uint64_t now_ns, size_t step_count)
{
    expire(shelf, now_ns, step_count);
    if (ifr_refill_is_busy(shelf))
        ifr_refill_step(shelf, now_ns, step_count / GROUP_FLOWS + 1);
    return ifr_refill_is_busy(shelf) ||
           (shelf->wheel != NULL && mfn_ifr_wheel_is_due(shelf->wheel, now_ns));
}

static size_t filter_bytes(const struct mfn_ifr_filter *filter)
{
    struct mfn_ifr_filter_stats stats = { 0 };
    if (filter != NULL)
        mfn_ifr_filter_stats(filter, &stats);
    return stats.size_bytes;
}

static size_t wheel_bytes(const struct mfn_ifr_wheel *wheel)
{
    return wheel != NULL ? mfn_ifr_wheel_size_bytes(wheel) : 0;
}

size_t ifr_shelf_size_bytes(const struct ifr_shelf *shelf)
{
    struct mfn_ifr_cache_stats cache = { 0 };
    if (!ifr_shelf_is_made(shelf))
        return 0;
    if (shelf->cache != NULL)
        mfn_ifr_cache_stats(shelf->cache, &cache);
    return mfn_ifr_table_size_bytes(shelf->table) + sizeof(struct mfn_ifr_table) +
           cache.size_bytes + filter_bytes(shelf->filter) + filter_bytes(shelf->next_filter) +
           filter_bytes(shelf->old_filter) + wheel_bytes(shelf->wheel) +
           wheel_bytes(shelf->next_wheel) + wheel_bytes(shelf->old_wheel);
}
