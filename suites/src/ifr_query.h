/* ifr_query.h - flows and the order in which they are asked for, made before anything is timed.
 *
 * Parameters of the case, where it has them:
 *
 *   flows   how many are registered, 1 .. 100000000; without it 1000
 *   key     ipv4 (13 bytes, also without it), hashed (32), ipv6 (37)
 *   keys    uniform (also without it): each registered flow as often as any other
 *           zipf: registered ones, the k-th most wanted in proportion to 1 / k^0.99
 *           miss: flows that are not registered
 *
 * Threads   one object, one thread; asking only reads
 */
#ifndef SUITE_IFR_QUERY_H
#define SUITE_IFR_QUERY_H

#include <bench/case.h>
#include <mfn/flow_make.h>
#include <mfn/ifr_hash.h>

enum {
    IFR_QUERY_FLOWS_MAX = 100000000,
    IFR_QUERY_FLOWS_WITHOUT = 1000,
    IFR_QUERY_LOG_MIN = 14, /* requests that are made, before they are repeated: a power of two */
    IFR_QUERY_LOG_MAX = 20,
};

struct ifr_query {
    uint64_t flow_count;
    size_t key_size;
    bool is_miss;
    uint64_t mask; /* requests that are made, less one */
    uint8_t *keys; /* [mask + 1][key_size] */
    uint32_t *indexes;
    struct mfn_flow_make make;
    struct mfn_ifr_seed seed; /* of hashes; from the run's seed */
};

/* Read the parameters and make the requests. Errors: EPARSE, ERANGE, EINVALID, ENOMEM */
BASE_MUST_USE base_err ifr_query_open(struct bench_env *env, struct ifr_query *query);
void ifr_query_close(struct ifr_query *query); /* a zeroed one is allowed */

/* The number and the key of the flow that request `at` asks for. */
static inline uint32_t ifr_query_index(const struct ifr_query *query, uint64_t at)
{
    return query->indexes[at & query->mask];
}

static inline const uint8_t *ifr_query_key(const struct ifr_query *query, uint64_t at)
{
    return query->keys + (at & query->mask) * query->key_size;
}

/* What is registered with flow `index`, and whether an answer is that. */
struct mfn_ifr_value ifr_query_value(uint64_t index);

static inline bool ifr_query_is_right(const struct mfn_ifr_value *value, uint64_t index)
{
    return value->timestamp_ns == index && value->component_id == (uint32_t)index + 1;
}

/* The whole value is that of the flow. */
bool ifr_query_is_same(const struct mfn_ifr_value *value, uint64_t index);

#endif
