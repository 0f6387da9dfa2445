/* ifr_shards.c - the shard is taken from bits 8 to 19 of the hash: tags use those below, homes
 * those above, so that within one shard both are spread as they are among all. */
#include <mfn/ifr_shards.h>

#include "ifr_key.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

enum { SHARD_SHIFT = 44 };

struct shard {
    _Alignas(64) pthread_mutex_t lock; /* of writers */
    struct mfn_ifr_table *table;
};

struct mfn_ifr_shards {
    struct mfn_ifr_seed seed;
    size_t key_size, count;
    struct shard shards[];
};

static size_t root_of(size_t number)
{
    size_t root = 0;
    for (size_t bit = (size_t)1 << 31; bit != 0; bit >>= 1)
        if ((root + bit) * (root + bit) <= number)
            root += bit;
    return root;
}

static size_t share_of(const struct mfn_ifr_shards_options *options)
{
    const size_t share = options->table.capacity / options->shard_count +
                         (options->table.capacity % options->shard_count != 0);
    return options->table.is_fixed && options->shard_count > 1 ? share + 8 * (root_of(share) + 1)
                                                               : share;
}

static base_err make_shards(struct mfn_ifr_shards *shards, size_t count,
                            const struct mfn_ifr_table_options *options)
{
    for (; shards->count < count; shards->count++) {
        struct shard *const shard = &shards->shards[shards->count];
        const base_err err = mfn_ifr_table_new(options, &shard->table);
        if (err != BASE_OK)
            return err;
        const int status = pthread_mutex_init(&shard->lock, NULL);
        assert(status == 0); /* a default mutex takes nothing that could be missing */
        (void)status;
    }
    return BASE_OK;
}

base_err mfn_ifr_shards_new(const struct mfn_ifr_shards_options *options,
                            struct mfn_ifr_shards **out)
{
    if (options->shard_count == 0 || options->shard_count > MFN_IFR_SHARDS_MAX ||
        (options->table.is_fixed && options->table.capacity == 0))
        return BASE_EINVALID;
    if (options->table.capacity > MFN_IFR_CAPACITY_MAX)
        return BASE_ERANGE;
    struct mfn_ifr_shards *const shards =
        aligned_alloc(_Alignof(struct mfn_ifr_shards),
                      sizeof *shards + options->shard_count * sizeof *shards->shards);
    if (shards == NULL)
        return BASE_ENOMEM;
    shards->seed = options->table.seed;
    shards->key_size = options->table.key_size;
    shards->count = 0;
    struct mfn_ifr_table_options one = options->table;
    one.capacity = share_of(options);
    const base_err err = make_shards(shards, options->shard_count, &one);
    if (err != BASE_OK) {
        mfn_ifr_shards_free(shards);
        return err;
    }
    *out = shards;
    return BASE_OK;
}

void mfn_ifr_shards_free(struct mfn_ifr_shards *shards)
{
    for (size_t i = 0; shards != NULL && i < shards->count; i++) {
        mfn_ifr_table_free(shards->shards[i].table);
        pthread_mutex_destroy(&shards->shards[i].lock);
    }
    free(shards);
}

static size_t shard_of(const struct mfn_ifr_shards *shards, const void *key)
{
    uint64_t words[IFR_KEY_WORDS_MAX];
    ifr_key_load(key, shards->key_size, words);
    const uint64_t hash = ifr_hash_words(&shards->seed, words, shards->key_size);
    return ifr_home(hash << SHARD_SHIFT, shards->count);
}

base_err mfn_ifr_shards_insert(struct mfn_ifr_shards *shards, const void *key,
                               const struct mfn_ifr_value *value)
{
    struct shard *const shard = &shards->shards[shard_of(shards, key)];
    pthread_mutex_lock(&shard->lock);
    const base_err err = mfn_ifr_table_insert(shard->table, key, value);
    pthread_mutex_unlock(&shard->lock);
    return err;
}

bool mfn_ifr_shards_find(const struct mfn_ifr_shards *shards, const void *key,
                         struct mfn_ifr_value *out)
{
    return mfn_ifr_table_find(shards->shards[shard_of(shards, key)].table, key, out);
}

bool mfn_ifr_shards_remove(struct mfn_ifr_shards *shards, const void *key)
{
    struct shard *const shard = &shards->shards[shard_of(shards, key)];
    pthread_mutex_lock(&shard->lock);
    const bool was_there = mfn_ifr_table_remove(shard->table, key);
    pthread_mutex_unlock(&shard->lock);
    return was_there;
}

size_t mfn_ifr_shards_count(const struct mfn_ifr_shards *shards)
{
    size_t count = 0;
    for (size_t i = 0; i < shards->count; i++)
        count += mfn_ifr_table_count(shards->shards[i].table);
    return count;
}

size_t mfn_ifr_shards_size_bytes(const struct mfn_ifr_shards *shards)
{
    size_t size = 0;
    for (size_t i = 0; i < shards->count; i++)
        size += mfn_ifr_table_size_bytes(shards->shards[i].table);
    return size;
}

size_t mfn_ifr_shards_scan(const struct mfn_ifr_shards *shards, struct mfn_ifr_shards_scan *scan,
                           struct mfn_ifr_flow *flows)
{
    for (; scan->shard < shards->count; scan->shard++) {
        const size_t count =
            mfn_ifr_table_scan(shards->shards[scan->shard].table, &scan->scan, flows);
        if (count > 0)
            return count;
        scan->scan = (struct mfn_ifr_scan){ 0 };
    }
    return 0;
}
