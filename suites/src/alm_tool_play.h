/* alm_tool_play.h - requests played to servers in virtual time, and what became of them. */
#ifndef ALM_TOOL_PLAY_H
#define ALM_TOOL_PLAY_H

#include "alm_tool_servers.h"

#include <suite/alm.h>

#include <mfn/alm_balance.h>

#include <stdbool.h>

enum { ALM_TOOL_FLOWS = 65536 /* that requests are of, at random */ };

struct alm_tool_tally {
    uint64_t requests[SUITE_ALM_SERVERS_MAX]; /* of each server, in the order of the list */
    double latency_ms;                        /* mean of all requests */
    uint32_t peak;                            /* most requests under way at one server */
};

struct alm_tool_outcome {
    struct alm_tool_tally before, after;
    uint32_t lost;        /* requests under way at the server that went down */
    uint32_t flows_seen;  /* flows of other servers that came again */
    uint32_t flows_moved; /* those of them whose first request since went elsewhere */
};

/* Play request_count requests, take server `down` away, play as many again; with one server the
 * second half is not played.
 *
 *   client_count   1 .. SUITE_ALM_CLIENTS_MAX
 *   out            written only on BASE_OK
 *
 * Cost     see suite/alm.h
 * Errors   ENOMEM
 */
struct alm_tool_plan {
    const struct alm_tool_servers *servers;
    enum mfn_alm_policy policy;
    uint64_t request_count;
    uint32_t client_count;
    uint32_t down; /* index of the list */
    uint64_t seed;
};
BASE_MUST_USE base_err alm_tool_play(const struct alm_tool_plan *plan, struct alm_tool_outcome *out,
                                     struct base_why *why);

/* The busiest and the idlest server: requests as multiples of the fair share, by weight.
 *
 *   without   a server that is not looked at; UINT32_MAX: none */
struct alm_tool_spread {
    double busiest, idlest;
};
struct alm_tool_spread alm_tool_spread_of(const struct alm_tool_servers *servers,
                                          const struct alm_tool_tally *tally, uint32_t without);

#endif
