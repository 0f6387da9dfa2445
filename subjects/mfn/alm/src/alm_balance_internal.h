/* alm_balance_internal.h - the pool's memory, and what its files ask of each other. */
#ifndef MFN_ALM_BALANCE_INTERNAL_H
#define MFN_ALM_BALANCE_INTERNAL_H

#include <mfn/alm_balance.h>

#include <base/rng.h>

enum { ALM_SEQUENCE_MAX = 65536 }; /* steps of a cycle of weighted round robin that are recorded */

struct alm_server {
    uint64_t id;
    bool is_present, is_draining;
    bool is_eligible; /* as of the last review */
    struct mfn_alm_breaker breaker;
    struct mfn_alm_health health;
    double peak_ns; /* latency policy; 0: no sample yet */
    uint64_t peak_at_ns;
    double factor; /* adaptive: wanted, and what the table was built with */
    double factor_built;
    double latency_sum_ns; /* adaptive: since the last drift */
    uint32_t latency_count;
};

struct mfn_alm_pool {
    struct mfn_alm_fast fast; /* first: the inline part of choose casts */
    struct mfn_alm_pool_options options;
    uint64_t due_ns;       /* when a tick has something to do */
    uint64_t adapt_ns;     /* adaptive: when drift is due */
    uint64_t active_total; /* over those chosen from */
    double bound_factor;   /* the bound is that times active_total + 1 */
    uint32_t slot_count;
    uint32_t count;
    uint32_t up_count;
    uint32_t turn;                /* round robin, ties: where to go on in up[] */
    uint32_t probe_turn;          /* the server to look at next */
    bool is_stale;                /* up[], loads[] and the live table are not right */
    bool is_base_stale;           /* nor is the base table */
    uint32_t cycle, recorded, at; /* weighted round robin: steps of a cycle, known, next */
    uint16_t *base;               /* [slot_count] slots by weight, whoever is up */
    uint16_t *live;               /* [slot_count] the same, those of the excluded handed on */
    uint16_t *sequence;           /* [ALM_SEQUENCE_MAX] */
    struct base_rng rng;
    uint16_t up[MFN_ALM_SERVERS_MAX]; /* [up_count] chosen from, ascending */
    uint32_t active[MFN_ALM_SERVERS_MAX];
    uint32_t owned[MFN_ALM_SERVERS_MAX];   /* slots of the base table */
    uint32_t weights[MFN_ALM_SERVERS_MAX]; /* 0: no server here */
    int64_t currents[MFN_ALM_SERVERS_MAX]; /* weighted round robin */
    struct alm_server servers[MFN_ALM_SERVERS_MAX];
};

/* Something changed: the next choose builds up[] and tables (the base table too) anew. */
void alm_pool_stale(struct mfn_alm_pool *pool, bool is_base_stale);

/* What a server chosen from has to do, in the policy's measure. Divisions round correctly, so equal
 * fractions are equal doubles and, with less than 2^32 requests, others differ. */
static inline double alm_pool_load(const struct mfn_alm_pool *pool, uint32_t i)
{
    switch (pool->options.policy) {
    case MFN_ALM_LEAST_CONNECTIONS:
        return pool->active[i];
    case MFN_ALM_MAGLEV:
    case MFN_ALM_ADAPTIVE:
        return pool->active[i] / (double)pool->weights[i];
    default:
        return (pool->active[i] + 1.0) / pool->weights[i];
    }
}

/* Build what is stale. */
void alm_pool_refresh(struct mfn_alm_pool *pool);

static inline bool alm_pool_has_table(const struct mfn_alm_pool *pool)
{
    return pool->base != NULL;
}

/* Adaptive: fold the latencies since the last drift into the factors; stale when far off. */
void alm_pool_drift(struct mfn_alm_pool *pool);

/* Adaptive: give the base table the shares of the factors, moving no slot that may stay. */
void alm_pool_shift(struct mfn_alm_pool *pool);

#endif
