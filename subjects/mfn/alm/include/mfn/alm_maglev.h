/* alm_maglev.h - Maglev's table: a flow hash to a server, with one multiplication and one load.
 *
 * Every server has a permutation of the table's slots that depends on its id alone. The servers
 * take turns; in a turn a server takes the first slot of its permutation that is still free. So
 * shares are even, and when a server comes or goes few other slots change hands. With weights, a
 * server gathers its weight in every round and takes a turn for each heaviest weight gathered: of
 * any number of rounds R it has floor(R weight / heaviest) slots.
 *
 * Source    Eisenbud et al., "Maglev", NSDI 2016, section 3.4; the reduction by multiply-high:
 *           Lemire, ACM TOMACS 29 (2019) 3
 */
#ifndef MFN_ALM_MAGLEV_H
#define MFN_ALM_MAGLEV_H

#include <base/err.h>

enum {
    MFN_ALM_SERVERS_MAX = 1024,
    MFN_ALM_WEIGHT_MAX = 65535,
    MFN_ALM_SLOTS_MAX = 1048573, /* a prime */
    MFN_ALM_SLOT_NONE = 0xffff,
};

struct mfn_alm_member {
    uint64_t id;     /* its identity: the same id has the same permutation everywhere */
    uint32_t weight; /* 0 .. 65535; 0 takes no slot */
};

/* Memory for filling; nothing in it needs to be set. */
struct mfn_alm_turn {
    uint32_t next, skip; /* of the server's permutation */
    uint64_t gathered;
};

/* The smallest prime that is at_least or more: the size a table must have. at_least up to
 * MFN_ALM_SLOTS_MAX; 3 at the smallest. */
uint32_t mfn_alm_maglev_size(uint32_t at_least);

/* A slot of the table for a hash whose high bits are good. */
static inline uint32_t mfn_alm_maglev_slot(uint64_t hash, uint64_t slot_count)
{
    return (uint32_t)(((unsigned __int128)hash * slot_count) >> 64);
}

/* Fill a table.
 *
 *   members     [count] up to MFN_ALM_SERVERS_MAX
 *   work        [count]
 *   slots       [slot_count] a prime number, see above; becomes indices of members, or all
 *               MFN_ALM_SLOT_NONE when no member has a weight
 *
 * A member whose share of the weight is less than a slot may be left without one.
 * Offset and skip of a permutation: with the two words a, b of splitmix64 seeded by the id, offset
 * = a mod slot_count, skip = b mod (slot_count - 1) + 1.
 *
 * Cost     O(slot_count log slot_count) for even weights (1 M slots: 0.1 s); O(slot_count count)
 *          when one weight outweighs all others by far
 */
void mfn_alm_maglev_fill(const struct mfn_alm_member *members, uint32_t count,
                         struct mfn_alm_turn *work, uint16_t *slots, uint32_t slot_count);

#endif
