/* alm_arcs.c - rows are short: a sorted array, moved along. */
#include "alm_arcs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_MIN = 4 };

/* The first place whose node is not below `node`. */
static uint32_t place_of(const struct alm_arcs *arcs, uint32_t node)
{
    uint32_t low = 0, high = arcs->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (arcs->items[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

base_err alm_arcs_reserve(struct alm_arcs *arcs, size_t count)
{
    size_t capacity = arcs->capacity > 0 ? arcs->capacity : ROW_MIN;
    if (count <= arcs->capacity)
        return BASE_OK;
    while (capacity < count)
        capacity *= 2;
    struct mfn_alm_arc *const items = realloc(arcs->items, capacity * sizeof *items);
    if (items == NULL)
        return BASE_ENOMEM;
    arcs->items = items;
    arcs->capacity = (uint32_t)capacity;
    return BASE_OK;
}

uint32_t alm_arcs_weight(const struct alm_arcs *arcs, uint32_t node)
{
    const uint32_t at = place_of(arcs, node);
    return at < arcs->count && arcs->items[at].node == node ? arcs->items[at].weight : 0;
}

void alm_arcs_set(struct alm_arcs *arcs, uint32_t node, uint32_t weight)
{
    const uint32_t at = place_of(arcs, node);
    if (at == arcs->count || arcs->items[at].node != node) {
        assert(arcs->count < arcs->capacity);
        memmove(arcs->items + at + 1, arcs->items + at, (arcs->count - at) * sizeof *arcs->items);
        arcs->count++;
    }
    arcs->items[at] = (struct mfn_alm_arc){ node, weight };
}

void alm_arcs_remove(struct alm_arcs *arcs, uint32_t node)
{
    const uint32_t at = place_of(arcs, node);
    if (at == arcs->count || arcs->items[at].node != node)
        return;
    arcs->count--;
    memmove(arcs->items + at, arcs->items + at + 1, (arcs->count - at) * sizeof *arcs->items);
}
