/* ifr_cache_twin.c - see ifr_cache_twin.h. */
#include "ifr_cache_twin.h"

#include "ifr_zeroed.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW, PROBATION, PROTECTED };

void twin_open(struct twin *twin, const struct mfn_ifr_cache_options *options)
{
    memset(twin, 0, sizeof *twin);
    twin->capacity = options->capacity;
    twin->policy = options->policy;
    twin->ttl_ns = options->ttl_ns;
    ifr_sketch_init(&twin->sketch, options->capacity,
                    ifr_zeroed_new(ifr_sketch_size(options->capacity)));
}

void twin_close(struct twin *twin)
{
    free(twin->sketch.lines);
}

static bool is_expired(const struct twin *twin, const struct twin_item *item, uint64_t now_ns)
{
    return twin->ttl_ns > 0 && now_ns - item->put_ns >= twin->ttl_ns;
}

static size_t index_of(const struct twin *twin, uint32_t id)
{
    size_t i = 0;
    while (i < twin->count && twin->items[i].id != id)
        i++;
    return i;
}

static void drop(struct twin *twin, size_t at)
{
    twin->count--;
    memmove(&twin->items[at], &twin->items[at + 1], (twin->count - at) * sizeof twin->items[0]);
    /* The hand on the dropped item moves to the next younger one, which now has its index. */
    if (twin->hand > at)
        twin->hand--;
}

static size_t window_capacity(const struct twin *twin)
{
    return twin->capacity < 200 ? 1 : twin->capacity / 100;
}

static size_t part_count(const struct twin *twin, unsigned part)
{
    size_t count = 0;
    for (size_t i = 0; i < twin->count; i++)
        count += twin->items[i].part == part;
    return count;
}

/* The item of a part that was placed there longest ago; count when it is empty. */
static size_t part_last(const struct twin *twin, unsigned part)
{
    size_t last = twin->count;
    for (size_t i = 0; i < twin->count; i++)
        if (twin->items[i].part == part &&
            (last == twin->count || twin->items[i].placed < twin->items[last].placed))
            last = i;
    return last;
}

static void place(struct twin *twin, size_t at, unsigned part)
{
    twin->items[at].part = part;
    twin->items[at].placed = ++twin->clock;
}

static void use(struct twin *twin, size_t at)
{
    struct twin_item *const item = &twin->items[at];
    item->used = ++twin->clock;
    item->uses++;
    item->is_visited = true;
    if (twin->policy != MFN_IFR_TINYLFU)
        return;
    ifr_sketch_add(&twin->sketch, item->hash);
    place(twin, at, item->part == PROBATION ? PROTECTED : item->part);
    if (part_count(twin, PROTECTED) > (twin->capacity - window_capacity(twin)) * 8 / 10)
        place(twin, part_last(twin, PROTECTED), PROBATION);
}

static size_t least(const struct twin *twin,
                    bool (*is_less)(const struct twin_item *, const struct twin_item *))
{
    size_t best = 0;
    for (size_t i = 1; i < twin->count; i++)
        if (is_less(&twin->items[i], &twin->items[best]))
            best = i;
    return best;
}

static bool used_before(const struct twin_item *a, const struct twin_item *b)
{
    return a->used < b->used;
}

static bool used_less(const struct twin_item *a, const struct twin_item *b)
{
    return a->uses != b->uses ? a->uses < b->uses : a->used < b->used;
}

static bool put_before(const struct twin_item *a, const struct twin_item *b)
{
    return a->put < b->put;
}

static size_t sieve_victim(struct twin *twin)
{
    for (;;) {
        if (twin->hand >= twin->count)
            twin->hand = 0;
        if (!twin->items[twin->hand].is_visited)
            return twin->hand;
        twin->items[twin->hand++].is_visited = false;
    }
}

static size_t tinylfu_victim(struct twin *twin)
{
    const size_t candidate = part_last(twin, WINDOW);
    const size_t victim = part_last(twin, PROBATION);
    if (victim == twin->count || ifr_sketch_estimate(&twin->sketch, twin->items[candidate].hash) <=
                                     ifr_sketch_estimate(&twin->sketch, twin->items[victim].hash))
        return candidate;
    place(twin, candidate, PROBATION);
    return victim;
}

static size_t victim_of(struct twin *twin)
{
    switch (twin->policy) {
    case MFN_IFR_LRU:
        return least(twin, used_before);
    case MFN_IFR_LFU:
        return least(twin, used_less);
    case MFN_IFR_SIEVE:
        return sieve_victim(twin);
    case MFN_IFR_TINYLFU:
        return tinylfu_victim(twin);
    default:
        return 0;
    }
}

static void insert(struct twin *twin, uint32_t id, uint64_t hash)
{
    /* Where the hand stood beyond the youngest it begins anew, and not at the newcomer. */
    if (twin->hand >= twin->count)
        twin->hand = 0;
    const size_t at = twin->count;
    if (twin->policy == MFN_IFR_TINYLFU) {
        ifr_sketch_add(&twin->sketch, hash);
        if (part_count(twin, WINDOW) == window_capacity(twin))
            place(twin, part_last(twin, WINDOW), PROBATION);
    }
    twin->items[twin->count++] =
        (struct twin_item){ .id = id, .hash = hash, .used = ++twin->clock, .uses = 1 };
    place(twin, at, WINDOW);
    twin->stats.insertions++;
}

bool twin_peek(const struct twin *twin, uint32_t id, uint64_t now_ns, struct mfn_ifr_value *out)
{
    const size_t at = index_of(twin, id);
    if (at == twin->count || is_expired(twin, &twin->items[at], now_ns))
        return false;
    *out = twin->items[at].value;
    return true;
}

static size_t find_live(struct twin *twin, uint32_t id, uint64_t now_ns)
{
    const size_t at = index_of(twin, id);
    if (at == twin->count || !is_expired(twin, &twin->items[at], now_ns))
        return at;
    drop(twin, at);
    twin->stats.expirations++;
    return twin->count;
}

bool twin_find(struct twin *twin, uint32_t id, uint64_t now_ns, struct mfn_ifr_value *out)
{
    const size_t at = find_live(twin, id, now_ns);
    if (at == twin->count) {
        twin->stats.misses++;
        return false;
    }
    twin->stats.hits++;
    *out = twin->items[at].value;
    use(twin, at);
    return true;
}

bool twin_remove(struct twin *twin, uint32_t id)
{
    const size_t at = index_of(twin, id);
    if (at == twin->count)
        return false;
    drop(twin, at);
    return true;
}

void twin_put(struct twin *twin, uint32_t id, uint64_t hash, uint64_t now_ns,
              const struct mfn_ifr_value *value, size_t (*gone)(const struct twin *, void *),
              void *context)
{
    for (int i = 0; i < 2 && twin->count > 0; i++) {
        const size_t oldest = least(twin, put_before);
        if (!is_expired(twin, &twin->items[oldest], now_ns))
            break;
        drop(twin, oldest);
        twin->stats.expirations++;
    }
    size_t at = find_live(twin, id, now_ns);
    if (at < twin->count) {
        twin->stats.updates++;
        use(twin, at);
    } else {
        if (twin->count == twin->capacity) {
            drop(twin, twin->policy == MFN_IFR_RANDOM ? gone(twin, context) : victim_of(twin));
            twin->stats.evictions++;
        }
        insert(twin, id, hash);
        at = twin->count - 1;
    }
    twin->items[at].put = ++twin->clock;
    twin->items[at].put_ns = now_ns;
    twin->items[at].value = *value;
}
