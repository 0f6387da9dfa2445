/* net_store.c - a ring of what is known, by age, found by a chained hash table; datagrams lie in a
 * second ring, and one is there as long as nothing newer was written over it. */
#include "net_store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = UINT32_MAX };

struct net_store {
    struct net_known *ring; /* [capacity] number i at i % capacity */
    uint32_t *chains;       /* [chain_count] a power of two */
    uint8_t *bytes;         /* [memory_size] */
    size_t capacity, chain_count, memory_size;
    uint64_t first, last; /* known are first .. last-1 */
    uint64_t written;     /* bytes, gaps included */
};

base_err net_store_new(size_t capacity, size_t memory_size, struct net_store **store)
{
    struct net_store *const s = calloc(1, sizeof *s);
    if (s == NULL)
        return BASE_ENOMEM;
    s->capacity = capacity;
    s->memory_size = memory_size;
    for (s->chain_count = 1; s->chain_count < capacity;)
        s->chain_count *= 2;
    s->ring = calloc(capacity, sizeof *s->ring);
    s->chains = malloc(s->chain_count * sizeof *s->chains);
    s->bytes = malloc(memory_size);
    if (s->ring == NULL || s->chains == NULL || s->bytes == NULL) {
        net_store_free(s);
        return BASE_ENOMEM;
    }
    memset(s->chains, 0xff, s->chain_count * sizeof *s->chains);
    *store = s;
    return BASE_OK;
}

void net_store_free(struct net_store *store)
{
    if (store == NULL)
        return;
    free(store->ring);
    free(store->chains);
    free(store->bytes);
    free(store);
}

static uint32_t *chain_of(const struct net_store *s, const struct net_fragment *id)
{
    uint64_t key =
        ((uint64_t)id->origin << 32 | id->sequence) + id->index * UINT64_C(0x9e3779b97f4a7c15);
    key = (key ^ key >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return &s->chains[(key ^ key >> 32) & (s->chain_count - 1)];
}

static bool is_same(const struct net_fragment *a, const struct net_fragment *b)
{
    return a->origin == b->origin && a->sequence == b->sequence && a->index == b->index;
}

struct net_known *net_store_find(struct net_store *store, const struct net_fragment *id)
{
    for (uint32_t i = *chain_of(store, id); i != NONE; i = store->ring[i].next)
        if (is_same(&store->ring[i].id, id))
            return &store->ring[i];
    return NULL;
}

static void forget_oldest(struct net_store *s)
{
    const uint32_t at = (uint32_t)(s->first++ % s->capacity);
    uint32_t *link = chain_of(s, &s->ring[at].id);
    while (*link != at)
        link = &s->ring[*link].next;
    *link = s->ring[at].next;
}

struct net_known *net_store_make(struct net_store *store, const struct net_fragment *id)
{
    struct net_known *const found = net_store_find(store, id);
    if (found != NULL)
        return found;
    if (store->last - store->first == store->capacity)
        forget_oldest(store);
    const uint32_t at = (uint32_t)(store->last++ % store->capacity);
    uint32_t *const chain = chain_of(store, id);
    store->ring[at] = (struct net_known){ .id = *id, .next = *chain };
    *chain = at;
    return &store->ring[at];
}

void net_store_keep(struct net_store *store, struct net_known *known, const uint8_t *data,
                    size_t size)
{
    assert(size <= store->memory_size);
    const size_t offset = (size_t)(store->written % store->memory_size);
    if (offset + size > store->memory_size)
        store->written += store->memory_size - offset;
    known->place = store->written;
    known->size = (uint32_t)size;
    known->is_here = true;
    memcpy(store->bytes + store->written % store->memory_size, data, size);
    store->written += size;
}

struct base_span net_store_datagram(const struct net_store *store, const struct net_known *known)
{
    if (!known->is_here || known->place + store->memory_size < store->written)
        return base_span_of(NULL, 0);
    return base_span_of(store->bytes + known->place % store->memory_size, known->size);
}

uint64_t net_store_count(const struct net_store *store)
{
    return store->last;
}

struct net_known *net_store_at(struct net_store *store, uint64_t i)
{
    return i >= store->first && i < store->last ? &store->ring[i % store->capacity] : NULL;
}

size_t net_store_memory(const struct net_store *store)
{
    const uint64_t bytes =
        store->written < store->memory_size ? store->written : store->memory_size;
    return (size_t)bytes + (size_t)(store->last - store->first) * sizeof *store->ring;
}
