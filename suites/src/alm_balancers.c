/* alm_balancers.c - see alm_balancers.h. */
#include "alm_balancers.h"

#include <stdlib.h>
#include <string.h>

enum { EMPTY = 0xffff };

/* Source: Steele, Lea & Flood, OOPSLA 2014 (splitmix64) */
static uint64_t mix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

struct walker {
    uint64_t at, skip, gathered;
};

/* Take the first free slot of the server's permutation. */
static void take(struct alm_table *table, struct walker *walker, uint32_t server)
{
    while (table->slots[walker->at] != EMPTY)
        walker->at = (walker->at + walker->skip) % table->slot_count;
    table->slots[walker->at] = (uint16_t)server;
}

static void fill(struct alm_table *table, struct walker *walkers, const uint32_t *weights,
                 uint32_t count)
{
    uint32_t heaviest = 0;
    for (uint32_t i = 0; i < count; i++)
        heaviest = weights[i] > heaviest ? weights[i] : heaviest;
    for (uint64_t taken = 0; taken < table->slot_count;)
        for (uint32_t i = 0; i < count && taken < table->slot_count; i++) {
            walkers[i].gathered += weights[i];
            if (walkers[i].gathered < heaviest)
                continue;
            walkers[i].gathered -= heaviest;
            take(table, &walkers[i], i);
            taken++;
        }
}

base_err alm_table_init(struct alm_table *table, const uint64_t *ids, const uint32_t *weights,
                        uint32_t count, uint32_t slot_count)
{
    struct walker *const walkers = calloc(count, sizeof *walkers);
    table->slots = malloc(slot_count * sizeof *table->slots);
    table->slot_count = slot_count;
    if (walkers == NULL || table->slots == NULL) {
        free(walkers);
        alm_table_done(table);
        return BASE_ENOMEM;
    }
    for (uint32_t i = 0; i < slot_count; i++)
        table->slots[i] = EMPTY;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t state = ids[i];
        walkers[i].at = mix(&state) % slot_count;
        walkers[i].skip = mix(&state) % (slot_count - 1) + 1;
    }
    fill(table, walkers, weights, count);
    free(walkers);
    return BASE_OK;
}

void alm_table_done(struct alm_table *table)
{
    free(table->slots);
    *table = (struct alm_table){ 0 };
}

void alm_smooth_init(struct alm_smooth *smooth, const uint32_t *weights, uint32_t count)
{
    *smooth = (struct alm_smooth){ .count = count };
    for (uint32_t i = 0; i < count; i++) {
        smooth->weights[i] = weights[i];
        smooth->total += weights[i];
    }
}

static int compare_points(const void *a, const void *b)
{
    const struct alm_ring_point *const left = a, *const right = b;
    return (left->at > right->at) - (left->at < right->at);
}

base_err alm_ring_init(struct alm_ring *ring, const uint64_t *ids, const uint32_t *weights,
                       uint32_t count)
{
    size_t total = 0;
    for (uint32_t i = 0; i < count; i++)
        total += (size_t)weights[i] * ALM_RING_POINTS;
    *ring = (struct alm_ring){ .points = malloc(total * sizeof *ring->points) };
    if (ring->points == NULL)
        return BASE_ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t state = ids[i];
        for (uint32_t k = 0; k < weights[i] * ALM_RING_POINTS; k++)
            ring->points[ring->count++] = (struct alm_ring_point){ mix(&state), i };
    }
    qsort(ring->points, ring->count, sizeof *ring->points, compare_points);
    return BASE_OK;
}

void alm_ring_done(struct alm_ring *ring)
{
    free(ring->points);
    *ring = (struct alm_ring){ 0 };
}
