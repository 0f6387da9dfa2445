/* alm_heap.h - a 4-ary heap of nodes by key, which knows where each node is so that a key can be
 * lowered in place: never more items than nodes, so its memory is fixed.
 *
 * Source   Johnson, Information Processing Letters 4 (1975) 53-57 (d-ary heaps)
 */
#ifndef ALM_HEAP_H
#define ALM_HEAP_H

#include <mfn/alm_graph.h>

#include <stdbool.h>
#include <stdlib.h>

struct alm_heap_item {
    int64_t key;
    uint32_t node;
};

struct alm_heap {
    struct alm_heap_item *items; /* [node_count] */
    uint32_t *places;            /* [node_count]; MFN_ALM_NONE: not in the heap */
    uint32_t count;
};

static inline void alm_heap_done(struct alm_heap *heap)
{
    free(heap->items);
    free(heap->places);
}

static inline bool alm_heap_init(struct alm_heap *heap, uint32_t node_count)
{
    *heap = (struct alm_heap){ .items = malloc(((size_t)node_count + 1) * sizeof *heap->items),
                               .places = malloc(((size_t)node_count + 1) * sizeof *heap->places) };
    if (heap->items == NULL || heap->places == NULL)
        return false;
    for (uint32_t i = 0; i < node_count; i++)
        heap->places[i] = MFN_ALM_NONE;
    return true;
}

static inline void alm_heap_clear(struct alm_heap *heap)
{
    for (uint32_t i = 0; i < heap->count; i++)
        heap->places[heap->items[i].node] = MFN_ALM_NONE;
    heap->count = 0;
}

static inline void alm_heap_rise(struct alm_heap *heap, uint32_t at, struct alm_heap_item item)
{
    while (at > 0) {
        const uint32_t parent = (at - 1) / 4;
        if (heap->items[parent].key <= item.key)
            break;
        heap->items[at] = heap->items[parent];
        heap->places[heap->items[at].node] = at;
        at = parent;
    }
    heap->items[at] = item;
    heap->places[item.node] = at;
}

/* Add the node, or lower its key; the new key is not larger than the one it has. */
static inline void alm_heap_put(struct alm_heap *heap, uint32_t node, int64_t key)
{
    const uint32_t place = heap->places[node];
    alm_heap_rise(heap, place == MFN_ALM_NONE ? heap->count++ : place,
                  (struct alm_heap_item){ key, node });
}

/* Take the item of the smallest key; the heap is not empty. */
static inline struct alm_heap_item alm_heap_take(struct alm_heap *heap)
{
    const struct alm_heap_item top = heap->items[0];
    const struct alm_heap_item last = heap->items[--heap->count];
    heap->places[top.node] = MFN_ALM_NONE;
    if (heap->count == 0)
        return top;
    uint32_t at = 0;
    for (;;) {
        const uint32_t child = 4 * at + 1;
        if (child >= heap->count)
            break;
        const uint32_t end = heap->count - child < 4 ? heap->count : child + 4;
        uint32_t best = child;
        for (uint32_t i = child + 1; i < end; i++)
            best = heap->items[i].key < heap->items[best].key ? i : best;
        if (heap->items[best].key >= last.key)
            break;
        heap->items[at] = heap->items[best];
        heap->places[heap->items[at].node] = at;
        at = best;
    }
    heap->items[at] = last;
    heap->places[last.node] = at;
    return top;
}

#endif
