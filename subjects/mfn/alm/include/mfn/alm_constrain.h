/* alm_constrain.h - the best path that keeps limits: bandwidth, latency, reliability, cost, hops.
 *
 * One value is minimised, the others are limited. A bandwidth is the least of a path's edges,
 * latency, cost and hops are sums, a reliability is a product (a sum of -ln). All edges of the list
 * are considered, parallel ones too: the slow one may be the reliable one.
 *
 * With one limited sum the question is NP-hard already. It is answered by label setting: partial
 * paths in order of what they will weigh at least, without those that another one at the same node
 * beats in everything, without those that cannot keep a limit (distances to the target, by each
 * value alone, say so) or cannot beat the best path known. Answers are proven best unless labels
 * run out; then the answer says that it is not, and below which weight there is certainly none.
 *
 * A limit is kept to a part in 10^9, so that 0.1 + 0.2 keeps 0.3. Sums are sums of doubles.
 *
 * Ownership the list of edges is only read by _new
 * Threads   one workspace, one thread
 * Source    Joksch, J. Math. Analysis and Applications 14 (1966) 191-197 (the problem, labels);
 *           Handler & Zang, Networks 10 (1980) 293-309 (bounds from the unconstrained problem);
 *           Dumitrescu & Boland, Networks 42 (2003) 135-153 (label setting with distances to the
 *           target as bounds on value and resources, paths completed along them as incumbents)
 */
#ifndef MFN_ALM_CONSTRAIN_H
#define MFN_ALM_CONSTRAIN_H

#include <mfn/alm_graph.h>

#include <stdbool.h>

enum {
    MFN_ALM_LISTED_MAX = 16, /* nodes to avoid; nodes to prefer */
    MFN_ALM_PRIORITY_MAX = 5,
    MFN_ALM_LABELS_MAX = 1 << 26,
};

#define MFN_ALM_LIMIT_MAX 1e21 /* largest latency and cost of a path that can be asked for */

/* Why there is no such path. X(name, word) */
#define MFN_ALM_REASON_MAP(X)                                                                      \
    X(NONE, "none")               /* there is one */                                               \
    X(PATH, "no_path")            /* the edges do not lead there */                                \
    X(AVOID, "avoid")             /* only through nodes that are to be avoided */                  \
    X(BANDWIDTH, "bandwidth")     /* only over edges with less of it, or less of it left */        \
    X(LATENCY, "latency")         /* the fastest is too slow */                                    \
    X(RELIABILITY, "reliability") /* the most reliable is not reliable enough */                   \
    X(COST, "cost")               /* the cheapest is too dear */                                   \
    X(HOPS, "hops")               /* the shortest is too long */                                   \
    X(TOGETHER, "together")       /* each limit could be kept, but not all at once */              \
    X(LABELS, "labels")           /* labels ran out before one was found: there may be one */      \
    X(PREEMPTED, "preempted")     /* a demand of higher priority took its place, alm_demand.h */

enum mfn_alm_reason {
#define MFN_ALM_REASON_ENUM(name, word) MFN_ALM_REASON_##name,
    MFN_ALM_REASON_MAP(MFN_ALM_REASON_ENUM)
#undef MFN_ALM_REASON_ENUM
        MFN_ALM_REASON_COUNT
};

/* The word of a reason; never NULL. */
const char *mfn_alm_reason_name(enum mfn_alm_reason reason);

/* What is asked. All zero but the ends: the path of least latency. */
struct mfn_alm_request {
    uint32_t from, to;
    enum mfn_alm_metric metric; /* what is minimised */
    double bandwidth_mbps_min;  /* of every edge, up to MFN_ALM_VALUE_MAX; 0: any */
    double latency_ms_max;      /* of the path, up to MFN_ALM_LIMIT_MAX; 0: any */
    double reliability_min;     /* of the path, up to 1; 0: any */
    double cost_max;            /* of the path; 0: any */
    uint32_t hop_max;           /* edges of the path; 0: any */
    uint32_t priority;          /* 1 .. MFN_ALM_PRIORITY_MAX, the highest; 0: 1. Which request goes
                                   first when there is not enough for all: only alm_demand.h does */
    uint32_t avoid_count, prefer_count;
    uint32_t avoid[MFN_ALM_LISTED_MAX];  /* not through these; the ends are not among them */
    uint32_t prefer[MFN_ALM_LISTED_MAX]; /* edges to these weigh prefer_factor of their weight */
    double prefer_factor;                /* 0 .. 1, more than 0; 0: 0.5. Limits are not touched */
};

/* The path found. It lies in the workspace and is good until the next find. */
struct mfn_alm_way {
    uint32_t hop_count;    /* 0 when the ends are the same */
    const uint32_t *nodes; /* [hop_count + 1] from the first to the last, none twice */
    const uint32_t *edges; /* [hop_count] places in the list of edges */
    double weight;         /* what was minimised, with preferences */
    double weight_least;   /* no path that keeps the limits weighs less; weight when it is proven */
    bool is_proven;
    double latency_ms, reliability, cost;
    double bandwidth_mbps; /* the least of its edges; INFINITY without any */
    size_t label_count;    /* labels that were made; 0: the shortest path kept all limits */
};

struct mfn_alm_constrain;

/* edges      [edge_count], as for mfn_alm_graph_new: the same ranges, the same errors
 * mix        as there
 * label_max  1 .. MFN_ALM_LABELS_MAX, labels a question may make; 0: 65536
 *
 * Cost     64 bytes an edge, some 340 a node, 72 a label, all of it at once: find does not allocate
 * Errors   as mfn_alm_graph_new, and ERANGE (label_max) */
BASE_MUST_USE base_err mfn_alm_constrain_new(const struct mfn_alm_edge *edges, size_t edge_count,
                                             size_t node_count, const struct mfn_alm_mix *mix,
                                             size_t label_max, struct mfn_alm_constrain **out,
                                             struct base_why *why);
void mfn_alm_constrain_free(struct mfn_alm_constrain *constrain);

/* Is the request well-formed for a graph of that many nodes? Errors: EINVALID (a node, the metric,
 * a list that is too long, an end to be avoided), ERANGE (NaN, negative, out of range). */
BASE_MUST_USE base_err mfn_alm_request_check(const struct mfn_alm_request *request,
                                             size_t node_count, struct base_why *why);

/* Find the path.
 *
 * Cost     one search towards the target up to `from`, when the shortest path keeps all limits;
 *          else that of the whole graph, one for each limit, and the labels: each is compared with
 *          those of its node, O(labels^2) at the worst
 * Errors   as mfn_alm_request_check; ENOTFOUND (there is none: the sentence has the reason, and the
 *          best that could be had where it is one limit's); EFULL (labels ran out before any) */
BASE_MUST_USE base_err mfn_alm_constrain_find(struct mfn_alm_constrain *constrain,
                                              const struct mfn_alm_request *request,
                                              struct mfn_alm_way *out, struct base_why *why);

/* Why the last find found none: MFN_ALM_REASON_NONE after BASE_OK and after a malformed request. */
enum mfn_alm_reason mfn_alm_constrain_reason(const struct mfn_alm_constrain *constrain);

#endif
