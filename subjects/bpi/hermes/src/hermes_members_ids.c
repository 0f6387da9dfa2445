/* hermes_members_ids.c - see hermes_members_ids_internal.h. */
#include "hermes_members_ids_internal.h"

#include <stdlib.h>
#include <string.h>

static const struct bpi_hermes_id *id_at(const struct hermes_ids *map, const void *items,
                                         uint32_t place)
{
    return (const struct bpi_hermes_id *)((const uint8_t *)items + place * map->stride);
}

static uint32_t home(const struct hermes_ids *map, const struct bpi_hermes_id *id)
{
    uint64_t words[2];
    memcpy(words, id->bytes, sizeof words);
    uint64_t x = words[0] ^ map->salt;
    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd) + words[1];
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return (uint32_t)(x >> 32) & (map->capacity - 1);
}

void hermes_ids_done(struct hermes_ids *map)
{
    free(map->slots);
    map->slots = NULL;
    map->capacity = map->count = 0;
}

/* The slot of an id, or the free slot where it would be. */
static uint32_t slot_of(const struct hermes_ids *map, const void *items,
                        const struct bpi_hermes_id *id)
{
    uint32_t slot = home(map, id);
    while (map->slots[slot] != 0 &&
           memcmp(id_at(map, items, map->slots[slot] - 1), id, sizeof *id) != 0)
        slot = (slot + 1) & (map->capacity - 1);
    return slot;
}

uint32_t hermes_ids_find(const struct hermes_ids *map, const void *items,
                         const struct bpi_hermes_id *id)
{
    if (map->capacity == 0)
        return HERMES_NO_PLACE;
    const uint32_t slot = slot_of(map, items, id);
    return map->slots[slot] == 0 ? HERMES_NO_PLACE : map->slots[slot] - 1;
}

static base_err grow(struct hermes_ids *map, const void *items)
{
    struct hermes_ids larger = *map;
    larger.capacity = map->capacity == 0 ? 16 : map->capacity * 2;
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (larger.slots == NULL)
        return BASE_ENOMEM;
    for (uint32_t i = 0; i < map->capacity; i++)
        if (map->slots[i] != 0)
            larger.slots[slot_of(&larger, items, id_at(map, items, map->slots[i] - 1))] =
                map->slots[i];
    free(map->slots);
    *map = larger;
    return BASE_OK;
}

base_err hermes_ids_add(struct hermes_ids *map, const void *items, uint32_t place)
{
    if ((map->count + 1) * 2 > map->capacity) {
        const base_err err = grow(map, items);
        if (err != BASE_OK)
            return err;
    }
    map->slots[slot_of(map, items, id_at(map, items, place))] = place + 1;
    map->count++;
    return BASE_OK;
}

void hermes_ids_remove(struct hermes_ids *map, const void *items, uint32_t place)
{
    const uint32_t mask = map->capacity - 1;
    uint32_t hole = slot_of(map, items, id_at(map, items, place));
    for (uint32_t i = (hole + 1) & mask; map->slots[i] != 0; i = (i + 1) & mask) {
        /* What probes from at or before the hole may fill it. */
        const uint32_t from = home(map, id_at(map, items, map->slots[i] - 1));
        if (((i - from) & mask) >= ((i - hole) & mask)) {
            map->slots[hole] = map->slots[i];
            hole = i;
        }
    }
    map->slots[hole] = 0;
    map->count--;
}

void hermes_ids_move(struct hermes_ids *map, const void *items, uint32_t from, uint32_t to)
{
    map->slots[slot_of(map, items, id_at(map, items, from))] = to + 1;
}
