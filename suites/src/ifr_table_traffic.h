/* ifr_table_traffic.h - the flows of a table's case, and the keys that are asked for, drawn before
 * anything is timed.
 *
 * Flow `index` (0 .. flow_count-1) is in the table with the value ifr_traffic_value(index); keys of
 * higher numbers are of flows that are not. What is asked repeats after ask_count keys, by then far
 * more memory was touched than caches hold when the table is larger than they are.
 */
#ifndef SUITE_IFR_TABLE_TRAFFIC_H
#define SUITE_IFR_TABLE_TRAFFIC_H

#include "ifr_table_kind.h"

#include <bench/case.h>
#include <mfn/flow_make.h>

#define IFR_FLOWS_MAX UINT64_C(400000000)

struct ifr_traffic {
    struct mfn_flow_make make;
    uint64_t flow_count;
    size_t key_size;
    size_t stride; /* bytes from one key to the next */
    bool is_missing;
    size_t ask_count;
    uint8_t *asks;   /* [ask_count * stride] keys */
    uint64_t *flows; /* [ask_count] whose keys */
};

/* The size of the keys that the parameter `key` names. Errors: EINVALID */
BASE_MUST_USE base_err ifr_traffic_key_size(struct bench_env *env, size_t *key_size);

/* Draw what is asked, by the parameters `key` (ipv4, ipv6, hashed) and `keys` (uniform, zipf, miss;
 * uniform when the case has none).
 *
 * Errors   EINVALID, ENOMEM; env->why says which and what would be right
 */
BASE_MUST_USE base_err ifr_traffic_init(struct bench_env *env, uint64_t flow_count,
                                        struct ifr_traffic *out);
void ifr_traffic_done(struct ifr_traffic *traffic);

/* out  [stride] */
static inline void ifr_traffic_key(const struct ifr_traffic *traffic, uint64_t index, void *out)
{
    mfn_flow_make_key(&traffic->make, index, out);
}

/* The 64 bits that are kept with a flow: any two differ (splitmix64's mix). */
static inline uint64_t ifr_traffic_value(uint64_t index)
{
    uint64_t z = index + UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* What `count` answers must be, from the start-th ask on. */
struct ifr_answers ifr_traffic_expect(const struct ifr_traffic *traffic, size_t start,
                                      uint64_t count);

/* Keys of the flows `first` .. `first + count - 1`, one after the other; NULL: no memory. Free it.
 */
uint8_t *ifr_traffic_keys(const struct ifr_traffic *traffic, uint64_t first, uint64_t count);

/* Open a table and put all flows in. Keeps the facts bytes_per_flow (what the table says) and
 * rss_bytes_per_flow (what the process grew by).
 *
 *   room    flows that may come beside those of the traffic
 *
 * Errors   those of the table; env->why names the flow
 */
BASE_MUST_USE base_err ifr_traffic_fill(const struct ifr_traffic *traffic,
                                        const struct ifr_kind *kind, uint64_t room,
                                        struct bench_env *env, void **table);

/* What a table is opened with: the parameters `key`, and when the case has them `pages` (large,
 * normal) and `sized` (exact, grown: it is not told how many come). Errors: EINVALID */
BASE_MUST_USE base_err ifr_traffic_options(struct bench_env *env, uint64_t capacity,
                                           struct ifr_kind_options *out);

/* One of two words of a parameter. Errors: EINVALID */
BASE_MUST_USE base_err ifr_traffic_choice(struct bench_env *env, const char *name, const char *yes,
                                          const char *no, bool *is_yes);

/* For cases whose state is one thread's. Errors: EINVALID */
BASE_MUST_USE base_err ifr_traffic_one_thread(struct bench_env *env);

/* The same, and how many `flows` it is given, least .. most. Errors: EINVALID, EPARSE, ERANGE */
BASE_MUST_USE base_err ifr_traffic_one_thread_flows(struct bench_env *env, uint64_t least,
                                                    uint64_t most, uint64_t *flow_count);

#endif
