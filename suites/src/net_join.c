/* net_join.c - entries in a ring by age, found by a chained hash table; bytes in a second ring,
 * taken in the order of entries, so that the oldest bytes belong to the oldest entries and making
 * room is letting go of them in turn. */
#include "net_join.h"

#include <stdlib.h>
#include <string.h>

enum { NONE = UINT32_MAX };

struct entry {
    uint32_t origin, sequence;
    uint32_t next; /* in its chain; NONE: the last */
    uint32_t message_size;
    uint32_t repeats; /* fragments that came again */
    uint16_t fragment_count, missing;
    bool is_whole, has_bytes;
    uint64_t place; /* in the ring of bytes, counted without end: bitmap, then payload */
    uint64_t end;
};

struct net_join {
    struct entry *entries; /* [capacity] number i at i % capacity */
    uint32_t *chains;      /* [chain_count] first entry; a power of two */
    uint8_t *ring;         /* [ring_size] */
    size_t capacity, chain_count, ring_size;
    uint64_t first, last;  /* entries first .. last-1 are remembered */
    uint64_t oldest_bytes; /* the first entry that may have bytes */
    uint64_t ring_last;    /* where the next bytes go */
    struct net_join_counts counts;
};

base_err net_join_new(size_t capacity, size_t memory_size, struct net_join **join)
{
    struct net_join *made = calloc(1, sizeof *made);
    if (made == NULL)
        return BASE_ENOMEM;
    made->capacity = capacity;
    made->ring_size = memory_size;
    for (made->chain_count = 1; made->chain_count < capacity;)
        made->chain_count *= 2;
    made->entries = calloc(capacity, sizeof *made->entries);
    made->chains = malloc(made->chain_count * sizeof *made->chains);
    made->ring = malloc(memory_size);
    if (made->entries == NULL || made->chains == NULL || made->ring == NULL) {
        net_join_free(made);
        return BASE_ENOMEM;
    }
    memset(made->chains, 0xff, made->chain_count * sizeof *made->chains);
    *join = made;
    return BASE_OK;
}

void net_join_free(struct net_join *join)
{
    if (join == NULL)
        return;
    free(join->entries);
    free(join->chains);
    free(join->ring);
    free(join);
}

static uint32_t *chain_of(const struct net_join *join, uint32_t origin, uint32_t sequence)
{
    const uint64_t key = (uint64_t)origin << 32 | sequence;
    const uint64_t mixed = (key ^ key >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return &join->chains[(mixed ^ mixed >> 32) & (join->chain_count - 1)];
}

static struct entry *find(const struct net_join *join, uint32_t origin, uint32_t sequence)
{
    for (uint32_t i = *chain_of(join, origin, sequence); i != NONE; i = join->entries[i].next)
        if (join->entries[i].origin == origin && join->entries[i].sequence == sequence)
            return &join->entries[i];
    return NULL;
}

bool net_join_has(const struct net_join *join, uint32_t origin, uint32_t sequence)
{
    return find(join, origin, sequence) != NULL;
}

/* The entry keeps being known; it has no bytes any more. */
static void drop_bytes(struct net_join *join, struct entry *entry)
{
    join->counts.given_up += entry->has_bytes && !entry->is_whole;
    entry->has_bytes = false;
}

static void forget_oldest(struct net_join *join)
{
    struct entry *entry = &join->entries[join->first % join->capacity];
    uint32_t *link = chain_of(join, entry->origin, entry->sequence);
    while (*link != (uint32_t)(join->first % join->capacity))
        link = &join->entries[*link].next;
    *link = entry->next;
    drop_bytes(join, entry);
    join->first++;
    if (join->oldest_bytes < join->first)
        join->oldest_bytes = join->first;
}

static size_t bitmap_size(uint16_t fragment_count)
{
    return (fragment_count + 7u) / 8;
}

/* A contiguous place in the ring; older messages make room. */
static void take_bytes(struct net_join *join, struct entry *entry, size_t size)
{
    const size_t offset = (size_t)(join->ring_last % join->ring_size);
    if (offset + size > join->ring_size)
        join->ring_last += join->ring_size - offset;
    entry->place = join->ring_last;
    entry->end = join->ring_last + size;
    join->ring_last = entry->end;
    for (; join->oldest_bytes < join->last; join->oldest_bytes++) {
        struct entry *old = &join->entries[join->oldest_bytes % join->capacity];
        if (old->has_bytes && old->place + join->ring_size >= entry->end)
            break;
        drop_bytes(join, old);
    }
    entry->has_bytes = true;
    memset(join->ring + entry->place % join->ring_size, 0, bitmap_size(entry->fragment_count));
}

static struct entry *begin(struct net_join *join, const struct net_wire *wire)
{
    if (join->last - join->first == join->capacity)
        forget_oldest(join);
    const uint32_t at = (uint32_t)(join->last % join->capacity);
    struct entry *entry = &join->entries[at];
    uint32_t *chain = chain_of(join, wire->origin, wire->sequence);
    *entry = (struct entry){ .origin = wire->origin,
                             .sequence = wire->sequence,
                             .next = *chain,
                             .message_size = wire->message_size,
                             .fragment_count = wire->fragment_count,
                             .missing = wire->fragment_count };
    if (wire->fragment_count > 1)
        take_bytes(join, entry, bitmap_size(wire->fragment_count) + wire->message_size);
    *chain = at;
    join->last++;
    return entry;
}

static enum net_join_kind repeat(struct net_join *join, struct entry *entry,
                                 const struct net_wire *wire)
{
    entry->repeats++;
    join->counts.repeated_bytes += wire->payload.size;
    join->counts.repeated += entry->repeats % entry->fragment_count == 0;
    return NET_JOIN_REPEATED;
}

enum net_join_kind net_join_add(struct net_join *join, const struct net_wire *wire,
                                struct base_span *message)
{
    struct entry *entry = find(join, wire->origin, wire->sequence);
    if (entry == NULL)
        entry = begin(join, wire);
    else if (entry->fragment_count != wire->fragment_count ||
             entry->message_size != wire->message_size)
        return NET_JOIN_REFUSED;
    if (entry->is_whole)
        return repeat(join, entry, wire);
    if (wire->fragment_count == 1) {
        *message = wire->payload;
        entry->is_whole = true;
        return NET_JOIN_WHOLE;
    }
    if (!entry->has_bytes)
        return NET_JOIN_REFUSED;
    uint8_t *bitmap = join->ring + entry->place % join->ring_size;
    uint8_t *payload = bitmap + bitmap_size(entry->fragment_count);
    const uint8_t bit = (uint8_t)(1u << wire->fragment % 8);
    if ((bitmap[wire->fragment / 8] & bit) != 0)
        return repeat(join, entry, wire);
    const size_t place = wire->fragment + 1u == wire->fragment_count
                             ? entry->message_size - wire->payload.size
                             : wire->fragment * wire->payload.size;
    memcpy(payload + place, wire->payload.data, wire->payload.size); /* net_wire: it fits */
    bitmap[wire->fragment / 8] |= bit;
    if (--entry->missing > 0)
        return NET_JOIN_NEW;
    *message = base_span_of(payload, entry->message_size);
    entry->is_whole = true;
    return NET_JOIN_WHOLE;
}

struct net_join_counts net_join_counts(const struct net_join *join)
{
    return join->counts;
}

size_t net_join_memory(const struct net_join *join)
{
    size_t bytes = 0;
    for (uint64_t i = join->oldest_bytes; i < join->last; i++) {
        const struct entry *entry = &join->entries[i % join->capacity];
        if (entry->has_bytes && !entry->is_whole)
            bytes += entry->end - entry->place;
    }
    return bytes + (size_t)(join->last - join->first) * sizeof(struct entry);
}
