/* alm.h - what the command line asks of the routing layer beside its cases: a way through a graph
 * of the user, the best few of them, and how policies spread requests over servers of the user.
 *
 * A graph is a list of edges (mfn/alm_edges.h) or GraphML (mfn/alm_graphml.h), told by its content.
 * All figures of paths are those of the file: latencies and costs are added, reliabilities
 * multiplied, a path's bandwidth is the least of its hops'.
 *
 * Threads   no shared state
 */
#ifndef SUITE_ALM_H
#define SUITE_ALM_H

#include <base/buf.h>

#include <stdbool.h>

/* The words that `metric` and `policies` are made of, for the tables of options. */
#define SUITE_ALM_METRICS "latency,bandwidth,reliability,cost,balanced"
#define SUITE_ALM_POLICIES                                                                         \
    "round_robin,weighted_round_robin,least_connections,weighted_least_connections,two_choices,"   \
    "latency,maglev,adaptive"

enum {
    SUITE_ALM_PATHS_MAX = 1 << 12,
    SUITE_ALM_SERVERS_MAX = 1024,
    SUITE_ALM_REQUESTS_MAX = 100000000,
    SUITE_ALM_CLIENTS_MAX = 65536,
};

/* What a route must keep; 0: any. */
struct suite_alm_limits {
    double latency_ms_max, cost_max; /* of the path */
    double bandwidth_mbps_min;       /* of every hop */
    double reliability_min;          /* of the path */
    uint32_t hop_max;
};

struct suite_alm_question {
    const char *path;   /* of the graph; "-" is standard input */
    bool is_undirected; /* each edge of a list goes both ways; GraphML says it itself */
    const char *metric; /* one word of SUITE_ALM_METRICS; NULL: latency */
    const char *from, *to;
    struct suite_alm_limits limits; /* of suite_alm_route */
    size_t path_count;              /* of suite_alm_kpaths: 1 .. SUITE_ALM_PATHS_MAX */
    bool is_json;
    /* The word of a list (ended by NULL) that is nearest to what was typed, for the sentence about
     * a node that is not there; may be NULL. */
    const char *(*nearest)(const char *typed, const char *const *words);
};

/* The best path, appended to `out` as text or JSON.
 *
 *   count   written only on BASE_OK: 1, or 0 when there is none; then the answer says how far one
 *           comes, or which limit cannot be kept
 *
 * Errors   ENOTFOUND (the file, a node), EIO, EPARSE, ERANGE, EUNSUPPORTED, EFULL (of the file),
 *          EINVALID (is_undirected with GraphML), ENOMEM (the sentence says what is needed),
 *          ETIMEOUT (with limits: the search was given up before it was known whether there is one)
 */
BASE_MUST_USE base_err suite_alm_route(const struct suite_alm_question *question,
                                       struct base_buf *out, size_t *count, struct base_why *why);

/* The best path_count paths without a repeated node, in the same way. */
BASE_MUST_USE base_err suite_alm_kpaths(const struct suite_alm_question *question,
                                        struct base_buf *out, size_t *count, struct base_why *why);

struct suite_alm_balance {
    const char *path;      /* of lines "name weight [latency_ms]"; "-"; NULL: equal servers */
    uint32_t server_count; /* without a path: 1 .. SUITE_ALM_SERVERS_MAX */
    const char *policies;  /* words of SUITE_ALM_POLICIES with commas between; NULL: all */
    uint64_t request_count;
    uint32_t client_count; /* 0: four a server */
    const char *down;      /* the server that goes down; NULL: the first of the heaviest */
    uint64_t seed;
    bool is_json, is_verbose; /* verbose: the text shows every server */
    const char *(*nearest)(const char *typed, const char *const *words);
};

/* Play requests to the servers in virtual time, with each policy in turn: every client sends its
 * next request when the last one has ended, each of a random flow, and a server answers after its
 * latency, always. After request_count requests a server goes down and as many follow. Append to
 * `out` how requests were spread before and after, and which flows went elsewhere.
 *
 * Cost     about 100 ns a request and policy; least connections: and a nanosecond a server
 * Errors   as above; ENOTFOUND for `down`
 */
BASE_MUST_USE base_err suite_alm_balance(const struct suite_alm_balance *balance,
                                         struct base_buf *out, struct base_why *why);

#endif
