/* fabric_pool.c - packets in chains of equal cells, and the heap of what happens when. Cells are
 * small so that a heartbeat does not take the room of a full packet; 1500 bytes are three. */
#include "fabric_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEAD_SIZE = sizeof(struct lab_packet),
    FIRST_DATA = LAB_CELL_SIZE - HEAD_SIZE,
    NEXT_DATA = LAB_CELL_SIZE - sizeof(uint32_t),
};
_Static_assert(LAB_CELL_SIZE % _Alignof(struct lab_packet) == 0, "cells are aligned");

void lab_pool_done(struct lab_pool *pool)
{
    for (uint32_t i = 0; i < pool->chunk_count; i++)
        free(pool->chunks[i]);
    free(pool->chunks);
    *pool = (struct lab_pool){ 0 };
}

/* Every cell begins with the number of the next, of the same packet or in the list of free ones. */
static uint32_t *next_of(const struct lab_pool *pool, uint32_t i)
{
    return lab_pool_cell(pool, i);
}

static bool add_chunk(struct lab_pool *pool)
{
    if (pool->chunk_count == pool->chunk_capacity) {
        const uint32_t capacity = 2 * pool->chunk_capacity + 16;
        uint8_t **const chunks = realloc(pool->chunks, capacity * sizeof *chunks);
        if (chunks == NULL)
            return false;
        pool->chunks = chunks;
        pool->chunk_capacity = capacity;
    }
    uint8_t *const chunk = malloc((size_t)LAB_CELLS_A_CHUNK * LAB_CELL_SIZE);
    if (chunk == NULL)
        return false;
    const uint32_t first = pool->chunk_count * LAB_CELLS_A_CHUNK;
    pool->chunks[pool->chunk_count++] = chunk;
    for (uint32_t i = LAB_CELLS_A_CHUNK; i-- > 0;) {
        *next_of(pool, first + i) = pool->free;
        pool->free = first + i;
    }
    return true;
}

static uint32_t take(struct lab_pool *pool)
{
    if (pool->used == pool->used_max || (pool->free == LAB_NONE && !add_chunk(pool)))
        return LAB_NONE;
    const uint32_t i = pool->free;
    pool->free = *next_of(pool, i);
    *next_of(pool, i) = LAB_NONE;
    pool->used++;
    return i;
}

void lab_pool_remove(struct lab_pool *pool, uint32_t i)
{
    while (i != LAB_NONE) {
        const uint32_t more = *next_of(pool, i);
        *next_of(pool, i) = pool->free;
        pool->free = i;
        pool->used--;
        i = more;
    }
}

static uint8_t *data_of(const struct lab_pool *pool, uint32_t i, bool is_first, size_t *room)
{
    *room = is_first ? FIRST_DATA : NEXT_DATA;
    return (uint8_t *)lab_pool_cell(pool, i) + (is_first ? HEAD_SIZE : sizeof(uint32_t));
}

uint32_t lab_pool_put(struct lab_pool *pool, const struct lab_packet *packet, const void *data)
{
    const uint32_t first = take(pool);
    if (first == LAB_NONE)
        return LAB_NONE;
    memcpy(lab_pool_cell(pool, first), packet, sizeof *packet);
    *next_of(pool, first) = LAB_NONE;
    const uint8_t *from = data;
    size_t left = packet->size;
    for (uint32_t i = first;;) {
        size_t room;
        uint8_t *const to = data_of(pool, i, i == first, &room);
        room = left < room ? left : room;
        if (room > 0)
            memcpy(to, from, room);
        from += room;
        left -= room;
        if (left == 0)
            return first;
        const uint32_t more = take(pool);
        if (more == LAB_NONE) {
            lab_pool_remove(pool, first);
            return LAB_NONE;
        }
        *next_of(pool, i) = more;
        i = more;
    }
}

void lab_pool_get(const struct lab_pool *pool, uint32_t i, uint8_t *data)
{
    size_t left = ((const struct lab_packet *)lab_pool_cell(pool, i))->size;
    for (bool is_first = true; left > 0; is_first = false) {
        size_t room;
        const uint8_t *const from = data_of(pool, i, is_first, &room);
        room = left < room ? left : room;
        memcpy(data, from, room);
        data += room;
        left -= room;
        i = *next_of(pool, i);
    }
}

void lab_pool_flip(const struct lab_pool *pool, uint32_t i, uint64_t bit)
{
    uint64_t at = bit / 8;
    size_t room;
    uint8_t *data = data_of(pool, i, true, &room);
    while (at >= room) {
        at -= room;
        i = *next_of(pool, i);
        data = data_of(pool, i, false, &room);
    }
    data[at] ^= (uint8_t)(1u << bit % 8);
}

static bool is_sooner(const struct lab_due *a, const struct lab_due *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->sequence < b->sequence;
}

void lab_agenda_done(struct lab_agenda *agenda)
{
    free(agenda->heap);
    *agenda = (struct lab_agenda){ 0 };
}

/* A heap of four children a node: fewer levels, and the four lie side by side. */
base_err lab_agenda_put(struct lab_agenda *agenda, struct lab_due due)
{
    if (agenda->count == agenda->capacity) {
        const uint32_t capacity = 2 * agenda->capacity + 256;
        struct lab_due *const heap = realloc(agenda->heap, capacity * sizeof *heap);
        if (heap == NULL)
            return BASE_ENOMEM;
        agenda->heap = heap;
        agenda->capacity = capacity;
    }
    uint32_t i = agenda->count++;
    for (; i > 0 && is_sooner(&due, &agenda->heap[(i - 1) / 4]); i = (i - 1) / 4)
        agenda->heap[i] = agenda->heap[(i - 1) / 4];
    agenda->heap[i] = due;
    return BASE_OK;
}

struct lab_due lab_agenda_remove(struct lab_agenda *agenda)
{
    const struct lab_due first = agenda->heap[0], last = agenda->heap[--agenda->count];
    uint32_t i = 0;
    for (uint32_t child = 1; child < agenda->count; child = 4 * i + 1) {
        uint32_t least = child;
        for (uint32_t k = child + 1; k < child + 4 && k < agenda->count; k++)
            if (is_sooner(&agenda->heap[k], &agenda->heap[least]))
                least = k;
        if (!is_sooner(&agenda->heap[least], &last))
            break;
        agenda->heap[i] = agenda->heap[least];
        i = least;
    }
    agenda->heap[i] = last;
    return first;
}
