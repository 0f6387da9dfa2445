/* alm_load.h - a day at the servers: requests arrive at random at a pool and are served, in virtual
 * time, to see how evenly a way of choosing spreads them.
 *
 * A server of weight w serves 64 w requests at once and queues the others in order. Requests come
 * independently of each other (Poisson), at four fifths of what all servers together can do, each
 * with a new flow hash; serving takes a millisecond on average, exponentially distributed.
 */
#ifndef SUITE_ALM_LOAD_H
#define SUITE_ALM_LOAD_H

#include <base/err.h>

#include <stdbool.h>

enum { ALM_LOAD_REQUESTS = 100000, ALM_LOAD_SERVERS_MAX = 1000 };

struct alm_balancer {
    void *self;
    uint32_t (*choose)(void *self, uint64_t flow_hash, uint64_t now_ns);
    void (*started)(void *self, uint32_t server, uint64_t now_ns); /* NULL: it does not care */
    void (*finished)(void *self, uint32_t server, uint64_t latency_ns, uint64_t now_ns);
};

struct alm_load_result {
    double
        request_imbalance;   /* most requests of a server in all, a unit of weight, over the mean */
    double active_imbalance; /* most requests under way at once, the same, mean over arrivals */
    double latency_ms;       /* mean, queueing included: 1 without */
    uint64_t end_ns;         /* of virtual time; requests under way then stay unfinished */
};

/* weights [count]. Errors: ENOMEM, EWRONG (a server was chosen that there is not) */
BASE_MUST_USE base_err alm_load_run(const struct alm_balancer *balancer, const uint32_t *weights,
                                    uint32_t count, uint64_t seed, struct alm_load_result *out);

#endif
