/* ifr_registry_internal.h - the registry as its files know it. */
#ifndef IFR_REGISTRY_INTERNAL_H
#define IFR_REGISTRY_INTERNAL_H

#include "ifr_shelf.h"

#include <base/rng.h>

enum { IFR_SHELVES = 3 };

struct mfn_ifr_registry {
    uint64_t until_sample; /* finds until one is timed */
    uint64_t hits, misses;
    bool has_times; /* something depends on now_ns */
    struct ifr_shelf shelves[IFR_SHELVES];
    struct mfn_ifr_registry_options options;
    struct base_rng rng;
    uint64_t registrations, removals;
    uint64_t now_ns; /* latest that steps and servers said, for the states of components */
    struct mfn_ifr_latency lookup, coordination;
    struct mfn_ifr_components components;
};

/* Components in this state, at registry->now_ns. */
unsigned ifr_registry_in_state(const struct mfn_ifr_registry *registry, enum mfn_ifr_state state);

#endif
