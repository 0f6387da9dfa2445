/* ifr_robin.h - a flow table by Robin Hood hashing, measured beside the default, ifr_table.h.
 *
 * Open addressing, one slot after the other. A new flow takes the slot of one that is nearer to its
 * home, which moves on; so all flows of one home stand together, ways are short and a search ends
 * early. Removal shifts the following flows back by one: no tombstones.
 * A slot has 16 bits beside its record, the distance from home and 8 bits of the hash.
 *
 * Load      at most 4/5 of the slots, 83 to 165 bytes a flow; none stands 255 slots from home or
 * more: growing tables grow, fixed ones answer EFULL (a few billions of flows do not get there)
 * Growth    all at once, to twice the size: one insert takes as long as all flows take to move
 * Threads   one table, one thread
 * Source    Celis, "Robin Hood hashing", thesis, Waterloo 1986; backward shift: Goossaert, 2013
 */
#ifndef MFN_IFR_ROBIN_H
#define MFN_IFR_ROBIN_H

#include <mfn/ifr_table.h>

struct mfn_ifr_robin;

/* Options, errors and costs as in ifr_table.h, but for growth. */
BASE_MUST_USE base_err mfn_ifr_robin_new(const struct mfn_ifr_table_options *options,
                                         struct mfn_ifr_robin **out);
void mfn_ifr_robin_free(struct mfn_ifr_robin *robin);
BASE_MUST_USE base_err mfn_ifr_robin_insert(struct mfn_ifr_robin *robin, const void *key,
                                            const struct mfn_ifr_value *value);
bool mfn_ifr_robin_find(const struct mfn_ifr_robin *robin, const void *key,
                        struct mfn_ifr_value *out);
size_t mfn_ifr_robin_find_batch(const struct mfn_ifr_robin *robin, const void *const *keys,
                                size_t count, struct mfn_ifr_value *out, uint64_t *found_bits);
bool mfn_ifr_robin_remove(struct mfn_ifr_robin *robin, const void *key);
size_t mfn_ifr_robin_count(const struct mfn_ifr_robin *robin);
size_t mfn_ifr_robin_size_bytes(const struct mfn_ifr_robin *robin);

/* The flows from slot *position on, which begins at 0; 0 at the end. Flows that are there while
 * nothing is inserted or removed are shown exactly once.
 *
 *   flows    [capacity]
 */
size_t mfn_ifr_robin_scan(const struct mfn_ifr_robin *robin, size_t *position,
                          struct mfn_ifr_flow *flows, size_t capacity);

#endif
