/* ifr_filled.h - a registry with flows in it, as the cases ask it and as services stand behind
 * their transports. */
#ifndef SUITE_IFR_FILLED_H
#define SUITE_IFR_FILLED_H

#include "ifr_query.h"

#include <mfn/ifr_registry.h>

struct ifr_filled_options {
    uint64_t capacity;    /* flows the table has room for to begin with; 0: as many as there are */
    uint64_t cache_count; /* 0: a tenth of the flows */
    uint32_t bank;        /* filters; 0: as mfn_ifr_registry_defaults */
};

/* A registry that knows flows 0 .. flow_count - 1 of `query`, each with ifr_query_value.
 * Errors: ENOMEM, ERANGE */
BASE_MUST_USE base_err ifr_filled_new(const struct ifr_query *query,
                                      const struct ifr_filled_options *options,
                                      struct mfn_ifr_registry **out, struct base_why *why);

#endif
