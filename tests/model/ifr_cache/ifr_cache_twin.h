/* ifr_cache_twin.h - every policy as naively as it can be written: one array, linear search, and a
 * clock that says who was first. The sketch of W-TinyLFU is the real one; it has a twin elsewhere.
 */
#ifndef TESTS_IFR_CACHE_TWIN_H
#define TESTS_IFR_CACHE_TWIN_H

#include <mfn/ifr_cache.h>

#include "ifr_sketch.h"

enum { TWIN_CAPACITY_MAX = 450 };

struct twin_item {
    uint32_t id;
    uint64_t hash, put_ns; /* when it was put last */
    struct mfn_ifr_value value;
    uint64_t came, placed, used, put; /* the clock, when that happened last */
    uint64_t uses;
    bool is_visited;
    unsigned part; /* W-TinyLFU: 0 window, 1 probation, 2 protected */
};

struct twin {
    struct twin_item items[TWIN_CAPACITY_MAX]; /* oldest first */
    size_t count, capacity;
    enum mfn_ifr_policy policy;
    uint64_t ttl_ns, clock;
    size_t hand; /* SIEVE: index of the next to look at; count: begin at the oldest */
    struct ifr_sketch sketch;
    struct mfn_ifr_cache_stats stats;
};

void twin_open(struct twin *twin, const struct mfn_ifr_cache_options *options);
void twin_close(struct twin *twin);
bool twin_peek(const struct twin *twin, uint32_t id, uint64_t now_ns, struct mfn_ifr_value *out);
bool twin_find(struct twin *twin, uint32_t id, uint64_t now_ns, struct mfn_ifr_value *out);
bool twin_remove(struct twin *twin, uint32_t id);

/* `gone` names the victim of the random policy: its index among `items`. */
void twin_put(struct twin *twin, uint32_t id, uint64_t hash, uint64_t now_ns,
              const struct mfn_ifr_value *value, size_t (*gone)(const struct twin *, void *),
              void *context);

#endif
