/* alm_balance.h - which server gets the next request: a pool of servers and a policy.
 *
 *     const uint32_t server = mfn_alm_choose(pool, flow_hash, now_ns);
 *     mfn_alm_started(pool, server, now_ns);              the request is sent
 *     mfn_alm_finished(pool, server, latency_ns, is_good, now_ns);
 *
 * A server is *eligible* when it is not draining, its health checks say it is up and its breaker
 * admits a request. Only eligible servers are chosen, with one exception: when breakers alone
 * have excluded everyone, they are overruled, and every server that is not draining and is up is
 * chosen from. So breakers never leave a pool empty; health checks and draining do.
 *
 * Policies (w is a server's weight, a its requests under way):
 *
 *   round_robin                 in turn; weights are ignored
 *   weighted_round_robin        nginx's smooth weighted round robin, the same sequence; it starts
 *                               anew when the eligible servers or their weights change
 *   least_connections           least a; among equals the next in turn
 *   weighted_least_connections  least (a + 1) / w; among equals the next in turn
 *   two_choices                 two random servers, drawn by weight: the one with less (a + 1) / w
 *   latency                     two random servers, drawn by weight: the one with less (a + 1) / w
 *                               times its peak-sensitive latency, which decays with time
 *   maglev                      by flow hash, shares by weight. A flow moves only when its own
 *                               server is excluded, and comes back with it; adding, removing and
 *                               weighing servers moves few flows beside those that must
 *   adaptive                    by flow hash, weighted and load-aware, at Maglev's cost, see below
 *
 * adaptive is two things on one table. *Bound*: a server takes a flow while its a / w is less than
 * c (A + 1) / W, A and W being the sums over all eligible servers; else the flow goes to the next
 * slot's server that does. So after each start
 *
 *     a <= ceil(c (A + 1) w / W)          A before the start
 *
 * whatever the flows and latencies are (a change of the eligible servers or weights changes the
 * bound, not what is under way). *Drift*: every adapt_ns each server's share of slots moves
 * half way, in logarithms, from where it is to w L / l, l being its mean latency since (of 32
 * requests or more) and L the harmonic mean of all, so that requests under way become even in
 * weight; it stays within 1/8 .. 8 times w. Slots change hands when a share is off by more than an
 * eighth, and then no more of them than shares require. Between two such times and below the bound
 * a flow keeps its server. With equal latencies a server has slot_count w / W slots, to 2 + n w / W
 * (n servers).
 *
 * Time is an argument: nanoseconds of a clock that does not go back, up to MFN_ALM_TIME_MAX_NS.
 *
 * Cost      choose: round robins and table policies O(1) (weighted: O(servers) in its first cycle,
 *           which is recorded and replayed; cycles above 65536 are not recorded), least
 *           connections O(servers), adaptive O(1) below the bound. A change of the eligible
 *           servers costs the next choose a pass over the table; a change of servers or weights
 *           filling it anew: mfn_alm_pool_prepare does both early. Nothing is allocated after new
 * Threads   one pool, one thread
 * Source    weighted round robin: nginx, message of the commit "upstream: smooth weighted
 *           round-robin balancing" (2012); two choices: Mitzenmacher, IEEE TPDS 12 (2001) 1094;
 *           latency: the published description of Finagle's peak EWMA; Maglev: see alm_maglev.h;
 *           bound: Mirrokni, Thorup & Zadimoghaddam, "Consistent hashing with bounded loads",
 *           SODA 2018
 */
#ifndef MFN_ALM_BALANCE_H
#define MFN_ALM_BALANCE_H

#include <mfn/alm_health.h>
#include <mfn/alm_maglev.h>

/* X(name, word) */
#define MFN_ALM_POLICY_MAP(X)                                                                      \
    X(ROUND_ROBIN, "round_robin")                                                                  \
    X(WEIGHTED_ROUND_ROBIN, "weighted_round_robin")                                                \
    X(LEAST_CONNECTIONS, "least_connections")                                                      \
    X(WEIGHTED_LEAST_CONNECTIONS, "weighted_least_connections")                                    \
    X(TWO_CHOICES, "two_choices")                                                                  \
    X(PEAK_EWMA, "latency")                                                                        \
    X(MAGLEV, "maglev")                                                                            \
    X(ADAPTIVE, "adaptive")

enum mfn_alm_policy {
#define MFN_ALM_POLICY_ENUM(name, word) MFN_ALM_##name,
    MFN_ALM_POLICY_MAP(MFN_ALM_POLICY_ENUM)
#undef MFN_ALM_POLICY_ENUM
        MFN_ALM_POLICY_COUNT
};

/* The word of a policy; the policy of a word. Errors: ENOTFOUND, the sentence lists the words. */
const char *mfn_alm_policy_name(enum mfn_alm_policy policy);
BASE_MUST_USE base_err mfn_alm_policy_of(const char *word, enum mfn_alm_policy *out,
                                         struct base_why *why);

#define MFN_ALM_SERVER_NONE UINT32_MAX

struct mfn_alm_pool_options {
    enum mfn_alm_policy policy;
    uint32_t capacity;   /* servers, 1 .. MFN_ALM_SERVERS_MAX */
    uint32_t slot_count; /* of the table, made the next prime; 0: 4096, or 100 a server if more */
    uint64_t seed;       /* of the random choices */
    double load_bound;   /* adaptive's c, 1.01 .. 16; 0: 1.25 */
    uint64_t adapt_ns;   /* adaptive; 0: 100 ms */
    uint64_t decay_ns;   /* latency: time constant; 0: 10 s */
    uint64_t failure_ns; /* a failed request counts as that slow at least; 0: 1 s. Else a server
                            that fails at once would look the fastest */
    struct mfn_alm_breaker_options breaker; /* window 0: none */
    struct mfn_alm_health_options health;   /* interval 0: none */
};

struct mfn_alm_pool;

/* Errors: ERANGE with a sentence in why (may be NULL), ENOMEM. */
BASE_MUST_USE base_err mfn_alm_pool_new(const struct mfn_alm_pool_options *options,
                                        struct mfn_alm_pool **out, struct base_why *why);
void mfn_alm_pool_free(struct mfn_alm_pool *pool);

/* Add a server, which is up. Its index stays until it is removed and may then be given again.
 *
 *   id       its identity, for consistent hashing; not in the pool
 *   weight   1 .. MFN_ALM_WEIGHT_MAX
 *
 * Errors: ERANGE (weight), EEXIST (id), EFULL */
BASE_MUST_USE base_err mfn_alm_pool_add(struct mfn_alm_pool *pool, uint64_t id, uint32_t weight,
                                        uint64_t now_ns, uint32_t *server);

/* All below: `server` is the index of a server of the pool. Remove: requests under way are
 * forgotten, do not finish them. Errors of set_weight: ERANGE. */
void mfn_alm_pool_remove(struct mfn_alm_pool *pool, uint32_t server);
BASE_MUST_USE base_err mfn_alm_pool_set_weight(struct mfn_alm_pool *pool, uint32_t server,
                                               uint32_t weight);
void mfn_alm_pool_drain(struct mfn_alm_pool *pool, uint32_t server, bool is_draining);

/* Build what changes have made stale now, not in the next choose. */
void mfn_alm_pool_prepare(struct mfn_alm_pool *pool);

/* Internal: what the inline part of choose reads. */
struct mfn_alm_fast {
    const uint16_t *slots;
    uint64_t slot_count;
    double bound;
    double loads[MFN_ALM_SERVERS_MAX + 1]; /* infinite: not chosen from; the last is no server */
};

/* Internal: the rest of choose. */
uint32_t mfn_alm_choose_slow(struct mfn_alm_pool *pool, uint64_t flow_hash, uint64_t now_ns);

/* A server for the next request of a flow, or MFN_ALM_SERVER_NONE when no server is up.
 *
 *   flow_hash   of the flow; all 64 bits should be good, the high ones must be */
static inline uint32_t mfn_alm_choose(struct mfn_alm_pool *pool, uint64_t flow_hash,
                                      uint64_t now_ns)
{
    const struct mfn_alm_fast *const fast = (const struct mfn_alm_fast *)pool;
    const uint32_t server = fast->slots[mfn_alm_maglev_slot(flow_hash, fast->slot_count)];
    if (__builtin_expect(fast->loads[server] < fast->bound, 1))
        return server;
    return mfn_alm_choose_slow(pool, flow_hash, now_ns);
}

/* A request was sent to a server; it ended (without a start: nothing happens). */
void mfn_alm_started(struct mfn_alm_pool *pool, uint32_t server, uint64_t now_ns);
void mfn_alm_finished(struct mfn_alm_pool *pool, uint32_t server, uint64_t latency_ns, bool is_good,
                      uint64_t now_ns);

/* What is due by time: breakers and drift. choose, started and finished do it too, but a table
 * policy's choose: call it every now and then where requests are rare. */
void mfn_alm_pool_tick(struct mfn_alm_pool *pool, uint64_t now_ns);

/* A server to probe now, which counts as sent, or MFN_ALM_SERVER_NONE: call until then. */
uint32_t mfn_alm_pool_probe(struct mfn_alm_pool *pool, uint64_t now_ns);
void mfn_alm_pool_probed(struct mfn_alm_pool *pool, uint32_t server, bool is_good);

/* What is known of a server. */
struct mfn_alm_server {
    uint64_t id;
    uint32_t weight;
    uint32_t active; /* requests under way */
    uint32_t slots;  /* of the table last built that are its own; 0 without a table */
    bool is_draining;
    bool is_up;       /* by health checks */
    bool is_eligible; /* see above */
    enum mfn_alm_breaker_state breaker;
    double factor;     /* adaptive: its share is weight times this */
    double latency_ns; /* latency policy: peak-sensitive, as of its last request; 0: none yet */
};

/* False: there is no such server. */
bool mfn_alm_pool_server(const struct mfn_alm_pool *pool, uint32_t server,
                         struct mfn_alm_server *out);

/* Servers in the pool; those that choose picks from. */
uint32_t mfn_alm_pool_count(const struct mfn_alm_pool *pool);
uint32_t mfn_alm_pool_chosen_from(struct mfn_alm_pool *pool);

#endif
