/* hermes_members.c - see hermes_members_internal.h. */
#include "hermes_members_internal.h"

#include "hermes_subnet_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    TOLD_MIN = 32,  /* members that a peer may tell of, however small the table */
    SUBNET_MIN = 64 /* members before subnets are bounded */
};

base_err hermes_members_init(struct hermes_members *members, uint32_t capacity_max,
                             uint32_t introducers, uint64_t salt)
{
    *members = (struct hermes_members){
        .ids = { .stride = sizeof(struct hermes_member), .salt = salt },
        .capacity_max = capacity_max,
        .introducers = introducers,
        .introduced = calloc(introducers + 1u, sizeof *members->introduced),
    };
    return members->introduced == NULL ? BASE_ENOMEM : BASE_OK;
}

void hermes_members_done(struct hermes_members *members)
{
    hermes_ids_done(&members->ids);
    free(members->items);
    free(members->introduced);
    *members = (struct hermes_members){ 0 };
}

struct hermes_member *hermes_members_find(const struct hermes_members *members,
                                          const struct bpi_hermes_id *id)
{
    const uint32_t place = hermes_ids_find(&members->ids, members->items, id);
    return place == HERMES_NO_PLACE ? NULL : &members->items[place];
}

void hermes_members_remove(struct hermes_members *members, struct hermes_member *member)
{
    const uint32_t place = (uint32_t)(member - members->items);
    members->introduced[member->introducer]--;
    hermes_ids_remove(&members->ids, members->items, place);
    const uint32_t last = --members->count;
    if (place == last)
        return;
    hermes_ids_move(&members->ids, members->items, last, place);
    *member = members->items[last];
}

static bool grow(struct hermes_members *members)
{
    uint32_t capacity = members->capacity == 0 ? 8 : members->capacity * 2;
    if (capacity > members->capacity_max)
        capacity = members->capacity_max;
    struct hermes_member *const items = realloc(members->items, capacity * sizeof *items);
    if (items == NULL)
        return false;
    members->items = items;
    members->capacity = capacity;
    return true;
}

static bool is_replaceable(const struct hermes_member *member)
{
    return member->session == HERMES_NO_SESSION && !member->is_bootstrap;
}

/* A full table: a random member without a session goes. */
static bool make_room(struct hermes_members *members, struct base_rng *rng)
{
    const uint32_t start = (uint32_t)base_rng_below(rng, members->count);
    for (uint32_t i = 0; i < members->count; i++) {
        struct hermes_member *const member = &members->items[(start + i) % members->count];
        if (is_replaceable(member)) {
            hermes_members_remove(members, member);
            return true;
        }
    }
    return false;
}

static struct hermes_member *add(struct hermes_members *members, const struct bpi_hermes_id *id,
                                 const struct base_address *address, uint32_t introducer,
                                 struct base_rng *rng)
{
    if (members->count == members->capacity_max && !make_room(members, rng))
        return NULL;
    if (members->count == members->capacity && !grow(members))
        return NULL;
    struct hermes_member *const member = &members->items[members->count];
    *member = (struct hermes_member){
        .id = *id, .address = *address, .introducer = introducer, .session = HERMES_NO_SESSION
    };
    if (hermes_ids_add(&members->ids, members->items, members->count) != BASE_OK)
        return NULL;
    members->count++;
    members->introduced[introducer]++;
    return member;
}

struct hermes_member *hermes_members_meet(struct hermes_members *members,
                                          const struct bpi_hermes_id *id,
                                          const struct base_address *address, struct base_rng *rng)
{
    struct hermes_member *const member = hermes_members_find(members, id);
    if (member == NULL)
        return add(members, id, address, members->introducers, rng);
    if (!base_address_is(&member->address, address)) {
        member->address = *address;
        member->has_record = false; /* it speaks of another place */
    }
    return member;
}

static bool subnet_has_room(const struct hermes_members *members,
                            const struct base_address *address)
{
    if (members->count < SUBNET_MIN || hermes_is_private(address->ip))
        return true;
    uint32_t count = 0;
    for (uint32_t i = 0; i < members->count; i++)
        count += hermes_is_same_subnet(members->items[i].address.ip, address->ip);
    return count < members->capacity_max / 16 + 8;
}

bool hermes_members_wants(const struct hermes_members *members, const struct hermes_record *record,
                          uint32_t introducer, struct base_rng *rng)
{
    const struct hermes_member *const member = hermes_members_find(members, &record->id);
    if (record->address.port == 0)
        return false;
    if (member != NULL)
        return record->version > member->version ||
               (!member->has_record && record->version == member->version);
    const uint32_t told_max =
        members->capacity_max / 8 > TOLD_MIN ? members->capacity_max / 8 : (uint32_t)TOLD_MIN;
    if (members->introduced[introducer] >= told_max || !subnet_has_room(members, &record->address))
        return false;
    return members->count < members->capacity_max || base_rng_below(rng, 4) == 0;
}

struct hermes_member *hermes_members_learn(struct hermes_members *members,
                                           const struct hermes_record *record, uint32_t introducer,
                                           struct base_rng *rng)
{
    struct hermes_member *member = hermes_members_find(members, &record->id);
    if (member == NULL)
        member = add(members, &record->id, &record->address, introducer, rng);
    if (member == NULL)
        return NULL;
    if (!base_address_is(&member->address, &record->address)) {
        member->address = record->address;
        member->failures = 0;
        member->retry_ns = 0;
    }
    member->version = record->version;
    member->has_record = true;
    memcpy(member->signature, record->signature, sizeof member->signature);
    return member;
}

/* All members once, in one of some orders: a stride that is a prime above every count has no
 * divisor in common with it. */
struct walk {
    uint32_t at, stride;
};

static struct walk walk_start(const struct hermes_members *members, struct base_rng *rng)
{
    static const uint32_t primes[4] = { 1000003, 1000033, 1000037, 1000039 };
    return (struct walk){ .at = (uint32_t)base_rng_below(rng, members->count),
                          .stride = primes[base_rng_below(rng, 4)] };
}

static struct hermes_member *walk_next(const struct hermes_members *members, struct walk *walk)
{
    struct hermes_member *const member = &members->items[walk->at];
    walk->at = (walk->at + walk->stride) % members->count;
    return member;
}

size_t hermes_members_sample(const struct hermes_members *members, struct base_rng *rng,
                             const struct bpi_hermes_id *except, struct hermes_record *out,
                             size_t most)
{
    if (members->count == 0)
        return 0;
    struct walk walk = walk_start(members, rng);
    size_t count = 0;
    for (uint32_t i = 0; i < members->count && count < most; i++) {
        const struct hermes_member *const member = walk_next(members, &walk);
        if (!member->has_record || member->failures > 1 || hermes_id_is(&member->id, except))
            continue;
        struct hermes_record *const record = &out[count++];
        record->id = member->id;
        record->version = member->version;
        record->address = member->address;
        memcpy(record->signature, member->signature, sizeof record->signature);
    }
    return count;
}

struct hermes_member *hermes_members_candidate(const struct hermes_members *members,
                                               struct base_rng *rng, uint64_t now_ns)
{
    if (members->count == 0)
        return NULL;
    struct walk walk = walk_start(members, rng);
    for (uint32_t i = 0; i < members->count; i++) {
        struct hermes_member *const member = walk_next(members, &walk);
        if (member->session == HERMES_NO_SESSION && member->retry_ns <= now_ns)
            return member;
    }
    return NULL;
}
