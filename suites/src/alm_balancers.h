/* alm_balancers.h - other ways of choosing a server, our own code of what others published: Maglev
 * hashing, the smooth weighted round robin of nginx, a ring of points.
 *
 * Threads   one object, one thread
 */
#ifndef SUITE_ALM_BALANCERS_H
#define SUITE_ALM_BALANCERS_H

#include <base/err.h>

enum { ALM_BALANCED_MAX = 1000, ALM_RING_POINTS = 160 /* of a server, a unit of weight */ };

/* Maglev's table, looked up by multiply-high of the hash instead of its remainder.
 * Source: Eisenbud et al., "Maglev", NSDI 2016, 3.4; Lemire, ACM TOMACS 29 (2019) 3 */
struct alm_table {
    uint16_t *slots; /* [slot_count] */
    uint64_t slot_count;
};

/* The server of id `ids[i]` has weight `weights[i]`; slot_count is a prime. As mfn/alm_maglev.h
 * says it in words, written a second time. Errors: ENOMEM */
BASE_MUST_USE base_err alm_table_init(struct alm_table *table, const uint64_t *ids,
                                      const uint32_t *weights, uint32_t count, uint32_t slot_count);
void alm_table_done(struct alm_table *table);

static inline uint32_t alm_table_choose(const struct alm_table *table, uint64_t hash)
{
    return table->slots[(uint64_t)(((unsigned __int128)hash * table->slot_count) >> 64)];
}

/* Every server gains its weight; the one that has most is chosen and pays what all gained.
 * Source: nginx, message of the commit "upstream: smooth weighted round-robin balancing" (2012) */
struct alm_smooth {
    uint32_t count;
    int64_t total;
    int64_t weights[ALM_BALANCED_MAX], current[ALM_BALANCED_MAX];
};

void alm_smooth_init(struct alm_smooth *smooth, const uint32_t *weights, uint32_t count);

static inline uint32_t alm_smooth_choose(struct alm_smooth *smooth)
{
    uint32_t best = 0;
    for (uint32_t i = 0; i < smooth->count; i++) {
        smooth->current[i] += smooth->weights[i];
        if (smooth->current[i] > smooth->current[best])
            best = i;
    }
    smooth->current[best] -= smooth->total;
    return best;
}

/* Points of all servers on a circle; a hash belongs to the next point.
 * Source: Karger et al., "Consistent hashing and random trees", STOC 1997; 160 points a server as
 * in Ketama */
struct alm_ring_point {
    uint64_t at;
    uint32_t server;
};

struct alm_ring {
    struct alm_ring_point *points; /* [count] in order */
    size_t count;
};

/* Errors: ENOMEM */
BASE_MUST_USE base_err alm_ring_init(struct alm_ring *ring, const uint64_t *ids,
                                     const uint32_t *weights, uint32_t count);
void alm_ring_done(struct alm_ring *ring);

static inline uint32_t alm_ring_choose(const struct alm_ring *ring, uint64_t hash)
{
    size_t low = 0, high = ring->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (ring->points[middle].at < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return ring->points[low == ring->count ? 0 : low].server;
}

#endif
