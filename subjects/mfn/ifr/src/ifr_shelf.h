/* ifr_shelf.h - the flows of one size of key: table, filter, cache and wheel, and how filter and
 * wheel are made anew from the table, a little with each insert.
 *
 * The filter holds every flow of the table, always: `added` keys went into it since it was new, it
 * is sized for `capacity`, and its follower takes over before the two are equal. Where that fails
 * for want of memory, there is no filter for a while. Inside the shelf:
 *
 *   rest      nothing is under way
 *   prepare   the next filter's memory is touched, a page with each insert
 *   fill      the table is walked; what is new goes into both filters (and both wheels)
 */
#ifndef IFR_SHELF_H
#define IFR_SHELF_H

#include <mfn/ifr_cache.h>
#include <mfn/ifr_filter.h>
#include <mfn/ifr_registry.h>
#include <mfn/ifr_table.h>
#include <mfn/ifr_wheel.h>

enum ifr_shelf_phase { IFR_SHELF_REST, IFR_SHELF_PREPARE, IFR_SHELF_FILL };

struct ifr_shelf {
    size_t key_size;
    const struct mfn_ifr_registry_options *options;
    struct mfn_ifr_table *table;
    struct mfn_ifr_filter *filter; /* NULL: none is wanted, or none could be made */
    struct mfn_ifr_cache *cache;   /* NULL: none is wanted */
    struct mfn_ifr_wheel *wheel;   /* NULL: nothing expires */
    struct mfn_ifr_seed seed;      /* of all of them */
    uint64_t added, capacity;      /* keys: put into the filter, and that it is sized for */
    size_t count_max;              /* most flows there were */

    enum ifr_shelf_phase phase;
    uint64_t patience; /* inserts until what failed for want of memory is tried again */
    struct mfn_ifr_filter *next_filter;
    struct mfn_ifr_wheel *next_wheel;
    uint64_t next_added, next_capacity;
    struct mfn_ifr_scan scan;
    struct mfn_ifr_filter *old_filter; /* given back piece by piece, as is */
    struct mfn_ifr_wheel *old_wheel;

    uint64_t expire_ns; /* before that the wheel has nothing to do */
    uint64_t cache_asks, cache_hits, filter_rejects, filter_passes, expirations, rebuilds;
};

/* Errors: ENOMEM; the shelf is then as ifr_shelf_done leaves it: zeroed. */
BASE_MUST_USE base_err ifr_shelf_init(struct ifr_shelf *shelf, size_t key_size,
                                      const struct mfn_ifr_registry_options *options);
void ifr_shelf_done(struct ifr_shelf *shelf); /* a zeroed one is done */

static inline bool ifr_shelf_is_made(const struct ifr_shelf *shelf)
{
    return shelf->table != NULL;
}

bool ifr_shelf_find(struct ifr_shelf *shelf, const void *key, uint64_t now_ns,
                    struct mfn_ifr_value *out);
BASE_MUST_USE base_err ifr_shelf_insert(struct ifr_shelf *shelf, const void *key, uint64_t now_ns,
                                        const struct mfn_ifr_value *value);
bool ifr_shelf_remove(struct ifr_shelf *shelf, const void *key, uint64_t now_ns);

/* Old flows go, in so many steps; what is under way goes on for about so many flows. Returns
 * whether something is left to do. */
bool ifr_shelf_step(struct ifr_shelf *shelf, uint64_t now_ns, size_t step_count);

size_t ifr_shelf_size_bytes(const struct ifr_shelf *shelf);

/* ---- ifr_refill.c ---- */

/* A first filter; a first wheel, which begins now, if one is wanted and there is none.
 * Errors: ENOMEM */
BASE_MUST_USE base_err ifr_refill_first(struct ifr_shelf *shelf);
BASE_MUST_USE base_err ifr_refill_first_wheel(struct ifr_shelf *shelf, uint64_t now_ns);

/* A flow is new in the table. */
void ifr_refill_added(struct ifr_shelf *shelf, const void *key, uint64_t hash,
                      uint64_t timestamp_ns);

/* Begin when it is time, and go on for so many groups of the table. */
void ifr_refill_step(struct ifr_shelf *shelf, uint64_t now_ns, size_t group_count);

/* Has a step something to go on with? */
bool ifr_refill_is_busy(const struct ifr_shelf *shelf);

void ifr_refill_done(struct ifr_shelf *shelf);

#endif
