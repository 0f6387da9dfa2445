/* alm_demand.h - traffic engineering: which demands are carried, and over which paths.
 *
 * A demand is a request (alm_constrain.h) whose bandwidth is taken from every edge of its path for
 * as long as it is carried. Nothing is ever carried over what is not there: the load of an edge
 * stays within its bandwidth. Bandwidths and loads are whole bit/s, so that what is released is
 * gone.
 *
 * A demand is tried in this order, and the first that works is it:
 *   1. one path with enough bandwidth left and within its limits: the one of least weight, where
 *      an edge weighs its metric times how much dearer its load makes it (see Source: 1 up to a
 *      third of its bandwidth, then 3, 10 from two thirds, 70 from nine tenths);
 *   2. up to path_max paths, each within the limits, that share it: each carries at least an equal
 *      share of what is left, and as much as fits. This may miss a way to share;
 *   3. one path as in 1, on which demands of lower priority are thought away. Those of them whose
 *      bandwidth is needed are pre-empted, the lowest priority first, among equals the one that
 *      came last. Each is then tried again by 1 and 2, the higher priority first; one that does not
 *      fit any more is kept as pre-empted and carries nothing.
 * Otherwise it is refused, with the reason why 1 failed, and nothing is changed. Demands of the
 * same or a higher priority are never touched.
 *
 * mfn_alm_demands_balance then lowers the utilisation of the fullest edge by moving demands.
 *
 * Ownership the list of edges is only read by _new
 * Threads   one ledger, one thread
 * Source    Fortz & Thorup, INFOCOM 2000, 519-528 (piecewise linear cost of load, slopes 1, 3, 10,
 *           70, 500, 5000; the last two are of overload, which is not admitted here);
 *           RFC 2702, sections 5.7 and 5.8 (priority and pre-emption of traffic trunks)
 */
#ifndef MFN_ALM_DEMAND_H
#define MFN_ALM_DEMAND_H

#include <mfn/alm_constrain.h>

enum { MFN_ALM_DEMANDS_MAX = 1 << 24, MFN_ALM_DEMAND_PATHS_MAX = 16 };

#define MFN_ALM_DEMAND_NONE UINT32_MAX

/* What became of a demand. X(name, word) */
#define MFN_ALM_DEMAND_STATE_MAP(X)                                                                \
    X(PLACED, "placed")       /* on one path */                                                    \
    X(SPLIT, "split")         /* on several */                                                     \
    X(PREEMPTED, "preempted") /* was carried, is not any more; is forgotten when released */       \
    X(REFUSED, "refused")     /* never was; it is not in the ledger */

enum mfn_alm_demand_state {
#define MFN_ALM_DEMAND_STATE_ENUM(name, word) MFN_ALM_DEMAND_##name,
    MFN_ALM_DEMAND_STATE_MAP(MFN_ALM_DEMAND_STATE_ENUM)
#undef MFN_ALM_DEMAND_STATE_ENUM
        MFN_ALM_DEMAND_STATE_COUNT
};

/* The word of a state; never NULL. */
const char *mfn_alm_demand_state_name(enum mfn_alm_demand_state state);

struct mfn_alm_demands_options {
    uint32_t capacity;  /* demands in the ledger, 1 .. MFN_ALM_DEMANDS_MAX; 0: 65536 */
    uint32_t path_max;  /* paths that share a demand, 1: none, .. MFN_ALM_DEMAND_PATHS_MAX; 0: 4 */
    size_t label_max;   /* as mfn_alm_constrain_new */
    bool is_plain;      /* for comparison: always the path of least metric within the limits,
                           whatever is loaded; loads may exceed bandwidths, nothing is split,
                           pre-empted or refused for want of bandwidth left */
    bool is_preemptive; /* false: step 3 is left out */
};

/* What became of one demand. */
struct mfn_alm_demand {
    uint32_t id;                     /* MFN_ALM_DEMAND_NONE: refused */
    enum mfn_alm_demand_state state; /* placed, split, pre-empted or refused */
    enum mfn_alm_reason reason;      /* of refused and pre-empted */
    uint32_t path_count;             /* that carry it; 0: it is not carried */
    uint32_t preempted_count;        /* demands that it pre-empted and that are not carried now;
                                        0 from _get */
    struct mfn_alm_request request;
};

/* One path of a demand; good until the ledger changes. */
struct mfn_alm_demand_path {
    double bandwidth_mbps; /* that it carries */
    uint32_t hop_count;
    const uint32_t *edges; /* [hop_count] places in the list of edges, in the order of travel */
};

struct mfn_alm_demands;

/* A ledger without demands. `mix` and errors as mfn_alm_constrain_new, and ERANGE (an option).
 * options may be NULL: the usual ones, not pre-emptive. Cost: 44 bytes an edge more than there. */
BASE_MUST_USE base_err mfn_alm_demands_new(const struct mfn_alm_edge *edges, size_t edge_count,
                                           size_t node_count, const struct mfn_alm_mix *mix,
                                           const struct mfn_alm_demands_options *options,
                                           struct mfn_alm_demands **out, struct base_why *why);
void mfn_alm_demands_free(struct mfn_alm_demands *demands);

/* Admit one demand, if it can be. Refused is an answer too, and BASE_OK.
 *
 * Cost     one find, up to path_max more, and as many for each demand that is pre-empted
 *          pre-emption looks through the ledger for each edge that is too full
 * Errors   as mfn_alm_request_check; ERANGE (no bandwidth is asked); EFULL (the ledger is full);
 *          ENOMEM. Nothing is changed then */
BASE_MUST_USE base_err mfn_alm_demands_add(struct mfn_alm_demands *demands,
                                           const struct mfn_alm_request *request,
                                           struct mfn_alm_demand *out, struct base_why *why);

/* Admit many, the highest priority first, among equals in their order. out[i] is what became of
 * requests[i] when the last was done.
 *
 *   out   [count]
 *
 * Errors   as _add, why->at is the request; all requests are looked at before the first is
 *          admitted. After ENOMEM and EFULL none of them is in the ledger; those whom they
 *          pre-empted stay pre-empted, see _retry */
BASE_MUST_USE base_err mfn_alm_demands_add_all(struct mfn_alm_demands *demands,
                                               const struct mfn_alm_request *requests, size_t count,
                                               struct mfn_alm_demand *out, struct base_why *why);

/* End a demand: what it loads is free again. Pre-empted ones are not tried again by themselves,
 * see _retry. Its id may be given again. Errors: ENOTFOUND (no such demand) */
BASE_MUST_USE base_err mfn_alm_demands_release(struct mfn_alm_demands *demands, uint32_t id);

/* Try the pre-empted demands again by 1 and 2, the highest priority first, among equals the one
 * that came first. count: how many are carried again, may be NULL. Errors: ENOMEM */
BASE_MUST_USE base_err mfn_alm_demands_retry(struct mfn_alm_demands *demands, size_t *count);

/* Move demands off the fullest edge, each to one path on which every edge stays below what the
 * fullest has now, until none can be moved or `move_max` were. Every move lowers the fullest edge's
 * load, and fills none up to it. Split demands are not moved. count: moves, may be NULL.
 *
 * Cost     a find for each demand over the fullest edge
 * Errors   ENOMEM (what was moved stays moved) */
BASE_MUST_USE base_err mfn_alm_demands_balance(struct mfn_alm_demands *demands, size_t move_max,
                                               size_t *count);

/* A demand of the ledger; one of its paths, index below path_count. Errors: ENOTFOUND */
BASE_MUST_USE base_err mfn_alm_demands_get(const struct mfn_alm_demands *demands, uint32_t id,
                                           struct mfn_alm_demand *out);
BASE_MUST_USE base_err mfn_alm_demands_path(const struct mfn_alm_demands *demands, uint32_t id,
                                            uint32_t index, struct mfn_alm_demand_path *out);

/* Demands in the ledger, pre-empted ones too. */
size_t mfn_alm_demands_count(const struct mfn_alm_demands *demands);

/* What is carried over an edge, by its place in the list; its share of the bandwidth. 0 for a place
 * that is none, and for self loops. */
double mfn_alm_demands_load_mbps(const struct mfn_alm_demands *demands, size_t edge);
double mfn_alm_demands_utilisation(const struct mfn_alm_demands *demands, size_t edge);

/* The largest utilisation of all edges, 0 without any; the edge that has it, may be NULL. Cost:
 * O(edges) */
double mfn_alm_demands_utilisation_max(const struct mfn_alm_demands *demands, size_t *edge);

#endif
