/* ifr_table_trace.h - the flows of a recorded trace, packet by packet. */
#ifndef SUITE_IFR_TABLE_TRACE_H
#define SUITE_IFR_TABLE_TRACE_H

#include "ifr_table_kind.h"

#include <bench/case.h>
#include <mfn/flow_packet.h>

/* The packets that have a flow, in their order. */
struct ifr_packets {
    struct mfn_flow_key *keys; /* [count] */
    uint32_t *flows;           /* [count] number of the packet's flow, from 0, by first packet */
    size_t count, flow_count;
    size_t ipv6_count;   /* packets over IPv6 */
    size_t packet_count; /* with those that have no flow */
};

/* Read a pcap or pcapng file; "veth" is the trace that is shipped.
 *
 * Errors   those of mfn_flow_trace_open and _next; ENOTFOUND (no packet has a flow), ERANGE (more
 *          than 2^30 packets), ENOMEM; why names the file
 */
BASE_MUST_USE base_err ifr_packets_read(const char *path, struct ifr_packets *out,
                                        struct base_why *why);
void ifr_packets_done(struct ifr_packets *packets);

BASE_MUST_USE base_err ifr_trace_setup(struct bench_env *env, const struct ifr_kind *kind);
void ifr_trace_run(void *state, uint64_t count);
base_err ifr_trace_check(void *state, struct base_why *why);
void ifr_trace_teardown(void *state);

#define IFR_TRACE_CASE(symbol, name_, doc_, peer_of_, kind_, ...)                                  \
    static base_err symbol##_setup(struct bench_env *env)                                          \
    {                                                                                              \
        return ifr_trace_setup(env, &kind_);                                                       \
    }                                                                                              \
    const struct bench_case symbol = {                                                             \
        .name = name_,                                                                             \
        .doc = doc_,                                                                               \
        .item = "packet",                                                                          \
        .params = { __VA_ARGS__ },                                                                 \
        .peer_of = peer_of_,                                                                       \
        .setup = symbol##_setup,                                                                   \
        .run = ifr_trace_run,                                                                      \
        .check = ifr_trace_check,                                                                  \
        .teardown = ifr_trace_teardown,                                                            \
    }

#define IFR_PARAM_FILE                                                                             \
    {                                                                                              \
        "file", "veth", "path of a pcap or pcapng file; \"veth\": the trace that is shipped"       \
    }

#endif
