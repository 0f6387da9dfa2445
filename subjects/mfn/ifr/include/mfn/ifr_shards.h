/* ifr_shards.h - a flow table that many threads write: several tables, each with a lock for
 * writers.
 *
 * The hash of a key says in which shard it is; readers take no lock, as in ifr_table.h. Writers of
 * different shards do not meet, so give a few shards for each writer.
 *
 * Threads   all calls but new and free may come from any thread at any time
 */
#ifndef MFN_IFR_SHARDS_H
#define MFN_IFR_SHARDS_H

#include <mfn/ifr_table.h>

enum { MFN_IFR_SHARDS_MAX = 4096 };

struct mfn_ifr_shards;

struct mfn_ifr_shards_options {
    struct mfn_ifr_table_options table; /* of all shards together */
    size_t shard_count;                 /* 1 .. MFN_IFR_SHARDS_MAX */
};

/* With `table.is_fixed` each shard has its share of the capacity and 8 standard deviations more, so
 * that all together take at least `capacity` flows, but for a chance of less than 10^-12 a shard.
 * Errors   as mfn_ifr_table_new; EINVALID shard_count */
BASE_MUST_USE base_err mfn_ifr_shards_new(const struct mfn_ifr_shards_options *options,
                                          struct mfn_ifr_shards **out);
void mfn_ifr_shards_free(struct mfn_ifr_shards *shards);

/* As the functions of ifr_table.h. EFULL: the shard of this key is full. */
BASE_MUST_USE base_err mfn_ifr_shards_insert(struct mfn_ifr_shards *shards, const void *key,
                                             const struct mfn_ifr_value *value);
bool mfn_ifr_shards_find(const struct mfn_ifr_shards *shards, const void *key,
                         struct mfn_ifr_value *out);
bool mfn_ifr_shards_remove(struct mfn_ifr_shards *shards, const void *key);
size_t mfn_ifr_shards_count(const struct mfn_ifr_shards *shards);
size_t mfn_ifr_shards_size_bytes(const struct mfn_ifr_shards *shards);

/* A walk over all flows, shard by shard; begins zeroed, and is as mfn_ifr_table_scan. */
struct mfn_ifr_shards_scan {
    size_t shard;
    struct mfn_ifr_scan scan;
};

size_t mfn_ifr_shards_scan(const struct mfn_ifr_shards *shards, struct mfn_ifr_shards_scan *scan,
                           struct mfn_ifr_flow *flows);

#endif
