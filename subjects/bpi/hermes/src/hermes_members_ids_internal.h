/* hermes_members_ids_internal.h - an index from node ids to places in an array of the caller.
 *
 * The array's items begin with their struct bpi_hermes_id; the map keeps places only. Open
 * addressing, linear probing, backward-shift deletion (Knuth, TAOCP 3, 6.4 R); at most half full.
 * Hashes are salted, so that nobody can choose ids that collide.
 */
#ifndef BPI_HERMES_MEMBERS_IDS_INTERNAL_H
#define BPI_HERMES_MEMBERS_IDS_INTERNAL_H

#include <bpi/hermes.h>

enum { HERMES_NO_PLACE = 0xffffffff };

/* Zeroed: empty; stride and salt are the owner's to set. */
struct hermes_ids {
    uint32_t *slots; /* place + 1; 0: free */
    uint32_t capacity, count;
    size_t stride; /* of the items */
    uint64_t salt;
};

void hermes_ids_done(struct hermes_ids *map);
/* The place of an id; HERMES_NO_PLACE: none. */
uint32_t hermes_ids_find(const struct hermes_ids *map, const void *items,
                         const struct bpi_hermes_id *id);
/* items[place] is new and not in the map. Errors: ENOMEM (unchanged). */
BASE_MUST_USE base_err hermes_ids_add(struct hermes_ids *map, const void *items, uint32_t place);
/* Forget items[place]; before the item changes. */
void hermes_ids_remove(struct hermes_ids *map, const void *items, uint32_t place);
/* items[from] is about to be copied to items[to], which the map does not hold. */
void hermes_ids_move(struct hermes_ids *map, const void *items, uint32_t from, uint32_t to);

#endif
