/* network.h - what the command line asks of the network suite: one round of an experiment. A group
 * of nodes of one protocol on hosts of a network laboratory, an open load, and everything counted.
 *
 * Time counts from the moment a message was intended, whatever delayed its sending, to its delivery
 * at each addressee; one machine, one clock. Each round has fresh hosts, links and processes.
 *
 * Threads   no shared state; a round starts and ends child processes of the caller
 */
#ifndef SUITE_NETWORK_H
#define SUITE_NETWORK_H

#include <base/buf.h>

#include <signal.h>
#include <stdbool.h>

#define SUITE_NET_OVERLAYS   "hermes,flood,gossip,gossipsub,plumtree"
#define SUITE_NET_PROTOCOLS  SUITE_NET_OVERLAYS ",direct" /* the copies alone */
#define SUITE_NET_CLASSES    "consensus,auction,shadow-data"
#define SUITE_NET_ATTACKS    "none,garbage,replay,spoof,amplify,slow,byzantine,sybil"
#define SUITE_NET_CONDITIONS "production,local,internet,poor,large,loopback"

enum {
    SUITE_NET_NODES_MAX = 120,
    SUITE_NET_SIZE_LEAST = 24, /* bytes of a message */
    SUITE_NET_SIZE_MAX = 1 << 20,
    SUITE_NET_DELIVERIES_MAX = 1 << 24, /* of one round */
    SUITE_NET_NAME_SIZE = 64,
    SUITE_NET_PHASES = 3,
    SUITE_NET_FULL_S = 5,
};

/* The specification's NetworkTestConditions, and the links' rate. */
struct suite_net_conditions {
    char name[SUITE_NET_NAME_SIZE];
    uint32_t node_count;        /* 2 .. */
    uint32_t message_size;      /* bytes */
    uint32_t messages_per_node; /* 1 .. */
    uint64_t latency_ns;        /* one way, of every link */
    double loss_share;          /* of packets, 0 .. 1 */
    uint64_t bandwidth_bits;    /* that each host can send in a second; 0: no limit */
    bool is_loopback;           /* no hosts and no links: nodes at addresses of 127.0.0.0/8, which
                                   only their processors limit; latency, loss and bandwidth are 0 */
};

/* By a word of SUITE_NET_CONDITIONS: "production" is the specification's example of an API call,
 * "loopback" that without a network, the others those of its configuration. Errors: ENOTFOUND */
BASE_MUST_USE base_err suite_net_conditions_find(const char *name,
                                                 struct suite_net_conditions *conditions,
                                                 struct base_why *why);

struct suite_net_plan {
    struct suite_net_conditions conditions;
    const char *protocol; /* a word of SUITE_NET_PROTOCOLS; likewise below */
    const char *class;    /* NULL: consensus */
    const char *attack;   /* NULL: none. Otherwise the load is sent three times: before, during and
                             after the attack */
    double rate_per_s;    /* messages that all nodes together are to send */
    bool is_full;         /* rate_per_s is suite_net_full_rate's */
    bool is_unauthenticated; /* baselines without a keyed tag; HERMES always authenticates */
    bool is_virtual;         /* in virtual time */
    uint64_t seed;
    const volatile sig_atomic_t *interrupted; /* may be NULL */
};

/* Set one thing of a plan as the arguments of a case say it: condition (a word, or nodes x bytes x
 * messages @ latency / loss: "10x2048x100@25ms/0.5%", "10x2048x100@loopback"), bandwidth, load (a
 * rate, or "full"), class, attack, auth, time. The condition comes first, bandwidth before load;
 * texts are kept, not copied. Errors: EPARSE, ERANGE, ENOTFOUND */
BASE_MUST_USE base_err suite_net_take(struct suite_net_plan *plan, const char *name,
                                      const char *value, struct base_why *why);
/* The way back: the value for a case's id. out [SUITE_NET_NAME_SIZE]; returned. NULL past the last
 * name. */
const char *suite_net_arg_name(size_t i);
const char *suite_net_arg_value(const struct suite_net_plan *plan, size_t i, char *out);

/* Messages a second that fill what the hosts can send when each message goes once to each
 * addressee, headers counted; hosts without a limit are taken to send 100 Mbit/s. */
double suite_net_full_rate(const struct suite_net_conditions *conditions);
/* Messages of each node in a round: those of the conditions; under a full load as many as last
 * SUITE_NET_FULL_S seconds, so that what queues hold counts for little; with an attack three times
 * as many. */
uint32_t suite_net_messages(const struct suite_net_plan *plan);

/* Is a plan possible? Errors: ERANGE, ENOTFOUND, EUNSUPPORTED; why says what would be right */
BASE_MUST_USE base_err suite_net_check(const struct suite_net_plan *plan, struct base_why *why);

/* X(member, name, unit, doc): the numbers of a round, in the order they are shown; NaN: not known.
 * Fourteen of the first seventeen are those of the specification's RealBenchmarkResults, with units
 * of ours; the latencies without the links' delay and the time of a message are not in it. */
#define SUITE_NET_FIELDS(X)                                                                        \
    X(duration_ns, "test_duration_ns", "ns", "from the first intended time to the last delivery")  \
    X(latency_avg_ns, "avg_latency_ns", "ns", "mean, over all deliveries")                         \
    X(latency_p50_ns, "p50_latency_ns", "ns", "median")                                            \
    X(latency_p95_ns, "p95_latency_ns", "ns", "95th percentile")                                   \
    X(latency_p99_ns, "p99_latency_ns", "ns", "99th percentile")                                   \
    X(latency_min_ns, "min_latency_ns", "ns", "smallest")                                          \
    X(latency_max_ns, "max_latency_ns", "ns", "largest")                                           \
    X(added_avg_ns, "added_avg_latency_ns", "ns", "mean, without the links' own delay")            \
    X(added_p99_ns, "added_p99_latency_ns", "ns", "99th percentile, likewise")                     \
    X(messages_per_s, "messages_per_second", "/s", "those that reached all in time")               \
    X(bytes_per_s, "bytes_per_second", "B/s", "the same in bytes of payload")                      \
    X(success_rate, "success_rate", "share", "deliveries in time over those that were due")        \
    X(memory_bytes, "memory_usage_bytes", "B", "PSS of all nodes together, largest sum")           \
    X(cpu_share, "cpu_usage", "share",                                                             \
      "processor time of the nodes over wall time and processors, until the last delivery")        \
    X(cpu_us_per_message, "cpu_us_per_message", "us",                                              \
      "processor time of the nodes until the last delivery for each that reached all in time")     \
    X(utilization, "network_utilization", "share",                                                 \
      "bits that came through until the last look, soon before the last delivery if not at it, "   \
      "over what hosts could send till then")                                                      \
    X(redundant, "redundant_messages", "1",                                                        \
      "bytes that came and were not needed, parity too, in messages")                              \
    X(link_ratio, "link_bytes_ratio", "1", "bytes on the links over payload bytes due")            \
    X(parity_share, "parity_share", "share", "parity over bytes sent")                             \
    X(repeated_share, "repeated_share", "share", "repeated fragments over bytes sent")             \
    X(refused, "refused_sends", "1", "times that a full queue made a node wait")                   \
    X(wrong, "wrong_deliveries", "1", "messages delivered twice, or that nobody sent")             \
    X(forged, "forged_accepted", "1", "deliveries of what nobody sent")                            \
    X(replayed, "replayed_accepted", "1", "deliveries of what had been delivered")                 \
    X(held_share, "goodput_under_attack", "share",                                                 \
      "messages a second during an attack over before")                                            \
    X(rejected, "rejected_datagrams", "1", "forged, replayed or malformed, and thrown away")

struct suite_net_phase { /* of an attack: before, during, after */
    double messages_per_s, success_rate, latency_avg_ns, latency_p99_ns, memory_bytes;
};

/* Likewise of an attack and its three phases: of the messages intended then. */
#define SUITE_NET_PHASE_FIELDS(X, i, when)                                                         \
    X(phases[i].messages_per_s, when "_messages_per_second", "/s", "reached all in time, " when)   \
    X(phases[i].success_rate, when "_success_rate", "share", "in time, " when)                     \
    X(phases[i].latency_avg_ns, when "_avg_latency_ns", "ns", "mean, " when)                       \
    X(phases[i].latency_p99_ns, when "_p99_latency_ns", "ns", "99th percentile, " when)            \
    X(phases[i].memory_bytes, when "_memory_bytes", "B", "PSS of all nodes, largest sum, " when)
#define SUITE_NET_ATTACK_FIELDS(X)                                                                 \
    SUITE_NET_PHASE_FIELDS(X, 0, "before")                                                         \
    SUITE_NET_PHASE_FIELDS(X, 1, "during")                                                         \
    SUITE_NET_PHASE_FIELDS(X, 2, "after")                                                          \
    X(attack_packets, "attack_datagrams", "1", "that somebody from outside sent")                  \
    X(attack_bytes, "attack_sent_bytes", "B", "in them")                                           \
    X(amplification, "attack_amplification", "1", "bytes at the victim over bytes sent for them")

/* What the laboratory says of itself. */
struct suite_net_lab {
    char back_end[16]; /* "tun", "virtual", "loopback" */
    bool is_valid;
    char reason[160];                             /* why not */
    double late_p50_ns, late_p99_ns, late_max_ns; /* of the emulator; NaN without one */
    double cpu_share;                             /* of the emulator, of one processor */
    uint64_t packets, lost, queue_dropped;        /* on the links */
    bool is_awake;                                /* no core of the machine went to sleep */
};

struct suite_net_results {
    uint32_t node_count, message_size;
    uint64_t message_count; /* of all nodes */
#define SUITE_NET_MEMBER(member, name, unit, doc) double member;
    SUITE_NET_FIELDS(SUITE_NET_MEMBER)
#undef SUITE_NET_MEMBER
    double hops; /* mean, NaN when the protocol does not say */
    struct suite_net_lab lab;
    struct suite_net_phase phases[SUITE_NET_PHASES];    /* of an attack */
    double attack_packets, attack_bytes, amplification; /* NaN: nobody attacked from outside */
    double *latencies_ns; /* [latency_count] of all deliveries, ascending */
    size_t latency_count;
};

/* The numbers by index, as the table has them; NULL past the last. */
struct suite_net_field {
    const char *name, *unit, *doc;
    size_t offset; /* of a double in struct suite_net_results */
};
const struct suite_net_field *suite_net_field_at(size_t i);
double suite_net_field_of(const struct suite_net_results *results,
                          const struct suite_net_field *field);
/* The same as a case's series, which is not negative: 0 for a latency below the links' own delay.
 * Of a round whose laboratory fell behind only wrong deliveries count, forged and replayed; else
 * NaN. */
double suite_net_series_of(const struct suite_net_results *results,
                           const struct suite_net_field *field);

/* One round.
 *
 *   results   written on OK only; release with suite_net_results_done
 *
 * Cost     the load's duration, and what is under way after it; 0.3 s to set up; in virtual time
 *          some microseconds a packet
 * Errors   those of suite_net_check; EUNSUPPORTED (no laboratory here: why says what is missing),
 *          ECRASHED (a node; why says which), ETIMEOUT (nodes did not find each other),
 *          EINTERRUPTED, ENOMEM, EIO
 */
BASE_MUST_USE base_err suite_net_run(const struct suite_net_plan *plan,
                                     struct suite_net_results *results, struct base_why *why);
void suite_net_results_done(struct suite_net_results *results);

/* May the numbers be shown as what they are? Errors: EWRONG (a delivery that nobody sent, or twice;
 * the laboratory fell behind: why says which) */
BASE_MUST_USE base_err suite_net_judge(const struct suite_net_results *results,
                                       struct base_why *why);

/* Can there be a laboratory in real time here? Errors: EUNSUPPORTED, EIO; why says what is missing.
 * Cost: two hosts are made and removed */
BASE_MUST_USE base_err suite_net_available(struct base_why *why);

#endif
