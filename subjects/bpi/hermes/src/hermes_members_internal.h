/* hermes_members_internal.h - who is there: ids, addresses, and the signed records that say so.
 *
 * What is learnt from others is bounded by members_max, per peer that told it, and, for public
 * addresses, per /24 (IPv4) or /64 (IPv6), so that one liar cannot fill the table (Sybil bound). A
 * full table lets every fourth newcomer take the place of a random member without a session, which
 * keeps a partial view moving.
 *
 * A member is moved only by a newer record with its own signature, or by a session with it.
 * Pointers to members are valid until the next call that may add or remove one.
 */
#ifndef BPI_HERMES_MEMBERS_INTERNAL_H
#define BPI_HERMES_MEMBERS_INTERNAL_H

#include "hermes_members_ids_internal.h"
#include "hermes_message_internal.h"

enum { HERMES_NO_SESSION = 0xffffffff };

struct hermes_member {
    struct bpi_hermes_id id; /* first: the map's key */
    struct base_address address;
    bool has_record, is_bootstrap;
    uint32_t introducer;
    uint32_t session; /* handle of a session or of an attempt */
    uint32_t failures;
    uint64_t retry_ns; /* no attempt before */
    uint64_t version;
    uint8_t signature[HERMES_SIGNATURE_SIZE];
};

struct hermes_members {
    struct hermes_ids ids;
    struct hermes_member *items; /* [count] */
    uint32_t count, capacity, capacity_max;
    uint32_t introducers;
    uint32_t *introduced; /* [introducers + 1]; the last: met, or bootstrap */
};

BASE_MUST_USE base_err hermes_members_init(struct hermes_members *members, uint32_t capacity_max,
                                           uint32_t introducers, uint64_t salt);
void hermes_members_done(struct hermes_members *members);
struct hermes_member *hermes_members_find(const struct hermes_members *members,
                                          const struct bpi_hermes_id *id);
/* A member by its own word over a session; NULL: no memory, or everybody has a session. */
struct hermes_member *hermes_members_meet(struct hermes_members *members,
                                          const struct bpi_hermes_id *id,
                                          const struct base_address *address, struct base_rng *rng);
/* Is a record worth checking its signature? */
bool hermes_members_wants(const struct hermes_members *members, const struct hermes_record *record,
                          uint32_t introducer, struct base_rng *rng);
/* Take a checked record that is wanted. Returns its member; NULL: no room after all. */
struct hermes_member *hermes_members_learn(struct hermes_members *members,
                                           const struct hermes_record *record, uint32_t introducer,
                                           struct base_rng *rng);
void hermes_members_remove(struct hermes_members *members, struct hermes_member *member);
/* Up to `most` different records of members, from a random place on; not the one of `except`. */
size_t hermes_members_sample(const struct hermes_members *members, struct base_rng *rng,
                             const struct bpi_hermes_id *except, struct hermes_record *out,
                             size_t most);
/* A random member without a session whose retry time has come; NULL: none. */
struct hermes_member *hermes_members_candidate(const struct hermes_members *members,
                                               struct base_rng *rng, uint64_t now_ns);
static inline size_t hermes_members_memory(const struct hermes_members *members)
{
    return members->capacity * sizeof *members->items + members->ids.capacity * sizeof(uint32_t);
}

#endif
