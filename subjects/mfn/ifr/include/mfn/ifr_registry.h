/* ifr_registry.h - the flow registry: filter, cache and table, one after the other.
 *
 *     find    filter -> cache -> table; what the table has goes into the cache
 *     insert  table, filter; the cache only where it has the flow
 *     remove  table, cache; the filter goes on saying "perhaps"
 *
 * For each of the three sizes of key there is a shelf of its own with a table, a filter and a
 * cache; it is made with the first flow of that size (or by reserve), so that a registry of IPv4
 * flows has no memory for the others. A find computes one hash for all three parts.
 *
 * Filter    A registered flow is always found: nothing is forgotten by a rotation. A filter cannot
 *           drop a key, so what was removed passes it, at the price of a look at the table, until
 *           the next filter. When a filter has 15/16 of the keys it is sized for, the next one, for
 *           twice the flows there are then, is prepared and filled from the table, a few of them
 *           with each insert; new flows go into both; then it takes over, before the old one is
 *           full. So the rate of false answers never exceeds the wanted one. If there is no memory
 *           for the next filter, finds go without one until there is.
 * Age       With flow_age_ns a flow is found until that long after it was registered last, and
 *           never after. Its timestamp_ns is then the time of that registration (now_ns), whatever
 *           the caller gave; without an age it comes back as it was given. A timing wheel takes old
 *           flows out of the table, at most MFN_IFR_REGISTRY_STEPS looks with each insert and
 *           remove, more with step. A find does not renew a flow, and takes none out.
 * Latency   One of 64 finds, on average and at random, is timed by two readings of CLOCK_MONOTONIC
 *           (about 50 ns each 64 finds, which is less than 1 ns a find); nothing else is measured.
 * Stalls    No call but new and reserve (and the first insert of a size) does more than a bounded
 *           piece of work: see MFN_IFR_REGISTRY_STEPS. What the kernel takes for a page comes on
 *           top, up to a large page (about 0.2 ms) where these were wanted.
 * Time      now_ns is any clock that does not run backwards, the same in all calls; it matters only
 *           with cache_ttl_ns or flow_age_ns. The service uses CLOCK_MONOTONIC.
 * Threads   one registry, one thread at a time
 * Source    order of the parts: the seed's layer 1
 */
#ifndef MFN_IFR_REGISTRY_H
#define MFN_IFR_REGISTRY_H

#include <base/buf.h>
#include <mfn/ifr_cache.h>
#include <mfn/ifr_components.h>
#include <mfn/ifr_latency.h>
#include <mfn/ifr_service.h>

enum {
    MFN_IFR_REGISTRY_STEPS = 64,  /* flows looked at by a call on the way: to expire, to refill */
    MFN_IFR_REGISTRY_SAMPLE = 64, /* one of so many finds is timed */
    MFN_IFR_REGISTRY_AGE_TICKS = 1000, /* old flows leave the table within 2/1000 of their age */
};

#define MFN_IFR_REGISTRY_FLOWS_MAX ((size_t)1 << 32)

struct mfn_ifr_registry;

struct mfn_ifr_registry_options {
    size_t flow_count;          /* for each size of key, to begin with; it grows. 1 .. _FLOWS_MAX */
    double false_positive_rate; /* of the filter, see ifr_filter.h */
    uint32_t filter_bank;       /* filters in its bank, 1 .. 16: 1 is fastest; 0: no filter */
    size_t cache_count;         /* flows cached for each size of key; 0: no cache */
    enum mfn_ifr_policy cache_policy;
    uint64_t cache_ttl_ns; /* 0: cached flows do not expire */
    uint64_t flow_age_ns;  /* 0: flows do not expire; else 1000 ns or more */
    bool want_large_pages; /* for tables and filters, see ifr_table.h */
};

/* 65536 flows, 1 % false answers by one filter, 4096 flows cached by SIEVE, nothing expires, normal
 * pages. */
struct mfn_ifr_registry_options mfn_ifr_registry_defaults(void);

/* Errors   ERANGE  an option is out of range, one sentence; ENOMEM */
BASE_MUST_USE base_err mfn_ifr_registry_new(const struct mfn_ifr_registry_options *options,
                                            struct mfn_ifr_registry **out, struct base_why *why);
void mfn_ifr_registry_free(struct mfn_ifr_registry *registry); /* NULL is allowed */

/* Make the shelf of this size of key now, so that the first insert does not have to.
 * Cost     clears the filter and the cache
 * Errors   EINVALID (no such size of key), ENOMEM */
BASE_MUST_USE base_err mfn_ifr_registry_reserve(struct mfn_ifr_registry *registry, size_t key_size);

/* The value of a flow.
 *
 *   key   [key_size] 13, 32 or 37 bytes, any alignment
 *   out   written only on BASE_OK; NULL is not allowed
 *
 * Errors   ENOTFOUND; EINVALID (no such size of key)
 */
BASE_MUST_USE base_err mfn_ifr_registry_find(struct mfn_ifr_registry *registry, const void *key,
                                             size_t key_size, uint64_t now_ns,
                                             struct mfn_ifr_value *out);

/* Register a flow, or give one that is there a new value (and a new age).
 * Errors   ENOMEM (nothing changed); EINVALID (no such size of key) */
BASE_MUST_USE base_err mfn_ifr_registry_insert(struct mfn_ifr_registry *registry, const void *key,
                                               size_t key_size, uint64_t now_ns,
                                               const struct mfn_ifr_value *value);

/* Errors   ENOTFOUND; EINVALID (no such size of key) */
BASE_MUST_USE base_err mfn_ifr_registry_remove(struct mfn_ifr_registry *registry, const void *key,
                                               size_t key_size, uint64_t now_ns);

/* What waits to be done when nobody calls: old flows to go, a filter to be filled. Call it now and
 * then with as many steps as there is time for; answers whether some are left. */
bool mfn_ifr_registry_step(struct mfn_ifr_registry *registry, uint64_t now_ns, size_t step_count);

/* The first ten counters of MFN_IFR_COUNTER_MAP; the others become 0. lookups = hits + misses;
 * hits are finds that found, cache_hits those of them that the cache knew; filter_rejects are
 * misses that the filter was sure of. registrations are inserts that did not fail; removals are
 * removes that removed (a flow that grew old is none). active_flows are flows in the tables,
 * component_count components that run or start; memory_bytes is all that is mapped.
 * Cost     some microseconds */
void mfn_ifr_registry_stats(const struct mfn_ifr_registry *registry, struct mfn_ifr_counters *out);

/* Numbers that the counters have no place for. */
struct mfn_ifr_registry_more {
    uint64_t cache_asks;    /* finds that reached the cache */
    uint64_t expirations;   /* flows that grew old */
    uint64_t filter_passes; /* finds that the filter let through and the table did not know */
    uint64_t filter_rebuilds;
    struct mfn_ifr_latency lookup;       /* of the finds that were timed */
    struct mfn_ifr_latency coordination; /* from a component's writing a frame to its being read */
};
void mfn_ifr_registry_more(const struct mfn_ifr_registry *registry,
                           struct mfn_ifr_registry_more *out);

/* The components the registry knows; those that announce themselves to a server with this
 * registry's service come in by themselves. The caller may change them. */
struct mfn_ifr_components *mfn_ifr_registry_components(struct mfn_ifr_registry *registry);

/* The registry behind the commands of ifr_service.h; valid as long as the registry. */
struct mfn_ifr_service mfn_ifr_registry_service(struct mfn_ifr_registry *registry);

/* Append all as the text that Prometheus reads: ifr_lookup_total, ifr_lookup_latency_seconds,
 * ifr_cache_hit_rate, ifr_coordination_latency_seconds, ifr_memory_usage_bytes, ifr_active_flows
 * and more. Times are in seconds, buckets cumulative.
 *
 *   server   the transport's counters, whose lines are then there too; NULL: none
 *
 * Errors   ENOMEM, EFULL
 * Source   "Exposition formats", prometheus.io, text format 0.0.4
 */
BASE_MUST_USE base_err mfn_ifr_registry_prometheus(const struct mfn_ifr_registry *registry,
                                                   const struct mfn_ifr_counters *server,
                                                   struct base_buf *out);

#endif
