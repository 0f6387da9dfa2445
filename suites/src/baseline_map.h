/* baseline_map.h - flows by their id in a chained hash table: what an ordinary service keeps in
 * memory.
 *
 * Ownership the map owns its entries; a zeroed map is empty
 * Threads   objects are not shared
 */
#ifndef BASELINE_MAP_H
#define BASELINE_MAP_H

#include <base/err.h>

enum { BASELINE_ID_SIZE = 32 };

struct baseline_record {
    uint32_t component;
    uint64_t timestamp_ns;
};

struct baseline_map {
    struct baseline_entry **buckets; /* [bucket_count] a power of two */
    size_t bucket_count;
    size_t count;
};

void baseline_map_done(struct baseline_map *map);

/* Add a flow, or replace its record. Doubles the buckets when there are as many flows.
 * Errors: ENOMEM (the map is as before) */
BASE_MUST_USE base_err baseline_map_put(struct baseline_map *map,
                                        const uint8_t id[BASELINE_ID_SIZE],
                                        struct baseline_record record);

/* Errors: ENOTFOUND */
BASE_MUST_USE base_err baseline_map_find(const struct baseline_map *map,
                                         const uint8_t id[BASELINE_ID_SIZE],
                                         struct baseline_record *out);

#endif
