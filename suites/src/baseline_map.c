/* baseline_map.c - separate chaining, one allocation a flow, FNV-1a over the whole id: the table
 * that the standard libraries of most languages have. */
#include "baseline_map.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS_FIRST = 64 };

struct baseline_entry {
    struct baseline_entry *next;
    struct baseline_record record;
    uint8_t id[BASELINE_ID_SIZE];
};

/* Source: Fowler, Noll and Vo; draft-eastlake-fnv */
static uint64_t hash_of(const uint8_t id[BASELINE_ID_SIZE])
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < BASELINE_ID_SIZE; i++)
        hash = (hash ^ id[i]) * UINT64_C(0x00000100000001b3);
    return hash ^ hash >> 32;
}

void baseline_map_done(struct baseline_map *map)
{
    for (size_t i = 0; i < map->bucket_count; i++)
        for (struct baseline_entry *entry = map->buckets[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            free(entry);
        }
    free(map->buckets);
    *map = (struct baseline_map){ 0 };
}

static base_err grow(struct baseline_map *map)
{
    const size_t count = map->bucket_count == 0 ? BUCKETS_FIRST : 2 * map->bucket_count;
    struct baseline_entry **buckets = calloc(count, sizeof *buckets);
    if (buckets == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < map->bucket_count; i++)
        for (struct baseline_entry *entry = map->buckets[i], *next; entry != NULL; entry = next) {
            struct baseline_entry **bucket = &buckets[hash_of(entry->id) & (count - 1)];
            next = entry->next;
            entry->next = *bucket;
            *bucket = entry;
        }
    free(map->buckets);
    map->buckets = buckets;
    map->bucket_count = count;
    return BASE_OK;
}

static struct baseline_entry *find(const struct baseline_map *map, uint64_t hash,
                                   const uint8_t id[BASELINE_ID_SIZE])
{
    if (map->bucket_count == 0)
        return NULL;
    struct baseline_entry *entry = map->buckets[hash & (map->bucket_count - 1)];
    while (entry != NULL && memcmp(entry->id, id, BASELINE_ID_SIZE) != 0)
        entry = entry->next;
    return entry;
}

base_err baseline_map_put(struct baseline_map *map, const uint8_t id[BASELINE_ID_SIZE],
                          struct baseline_record record)
{
    const uint64_t hash = hash_of(id);
    struct baseline_entry *entry = find(map, hash, id);
    if (entry != NULL) {
        entry->record = record;
        return BASE_OK;
    }
    if (map->count == map->bucket_count && grow(map) != BASE_OK)
        return BASE_ENOMEM;
    entry = malloc(sizeof *entry);
    if (entry == NULL)
        return BASE_ENOMEM;
    struct baseline_entry **bucket = &map->buckets[hash & (map->bucket_count - 1)];
    entry->next = *bucket;
    entry->record = record;
    memcpy(entry->id, id, BASELINE_ID_SIZE);
    *bucket = entry;
    map->count++;
    return BASE_OK;
}

base_err baseline_map_find(const struct baseline_map *map, const uint8_t id[BASELINE_ID_SIZE],
                           struct baseline_record *out)
{
    const struct baseline_entry *entry = find(map, hash_of(id), id);
    if (entry == NULL)
        return BASE_ENOTFOUND;
    *out = entry->record;
    return BASE_OK;
}
