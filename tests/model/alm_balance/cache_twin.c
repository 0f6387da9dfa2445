/* cache_twin.c - figure 4 of the ARC paper with arrays, and LRU and LFU by searching. */
#include "cache_twin.h"

#include <string.h>

static size_t place_of(const struct cache_twin_list *list, const struct mfn_alm_cache_key *key)
{
    size_t i = 0;
    while (i < list->count &&
           !(list->entries[i].key.from == key->from && list->entries[i].key.to == key->to &&
             list->entries[i].key.metric == key->metric &&
             list->entries[i].key.constraints == key->constraints))
        i++;
    return i;
}

static bool has(const struct cache_twin_list *list, const struct mfn_alm_cache_key *key)
{
    return place_of(list, key) < list->count;
}

static struct cache_twin_entry take(struct cache_twin_list *list, size_t at)
{
    const struct cache_twin_entry entry = list->entries[at];
    list->count--;
    memmove(list->entries + at, list->entries + at + 1, (list->count - at) * sizeof entry);
    return entry;
}

static void push(struct cache_twin_list *list, const struct cache_twin_entry *entry)
{
    memmove(list->entries + 1, list->entries, list->count * sizeof *entry);
    list->entries[0] = *entry;
    list->count++;
}

static void move_last(struct cache_twin_list *from, struct cache_twin_list *to)
{
    const struct cache_twin_entry entry = take(from, from->count - 1);
    push(to, &entry);
}

static struct cache_twin_list *list_of_resident(struct cache_twin *twin,
                                                const struct mfn_alm_cache_key *key)
{
    return has(&twin->t1, key) ? &twin->t1 : has(&twin->t2, key) ? &twin->t2 : NULL;
}

/* Use an entry: its uses, and the front of the list where it belongs. */
static struct cache_twin_entry *use(struct cache_twin *twin, struct cache_twin_list *list,
                                    size_t at)
{
    struct cache_twin_entry entry = take(list, at);
    entry.uses++;
    struct cache_twin_list *const to = twin->policy == MFN_ALM_CACHE_ARC ? &twin->t2 : &twin->t1;
    push(to, &entry);
    return &to->entries[0];
}

const struct cache_twin_entry *cache_twin_find(struct cache_twin *twin,
                                               const struct mfn_alm_cache_key *key, uint64_t now_ns)
{
    struct cache_twin_list *const list = list_of_resident(twin, key);
    if (list == NULL)
        return NULL;
    const size_t at = place_of(list, key);
    if (twin->ttl_ns != 0 && now_ns - list->entries[at].stored_ns >= twin->ttl_ns) {
        (void)take(list, at);
        return NULL;
    }
    return use(twin, list, at);
}

static void replace(struct cache_twin *twin, bool is_in_b2)
{
    if (twin->t1.count + twin->t2.count < twin->capacity)
        return;
    if (twin->t2.count == 0 || (twin->t1.count >= 1 && ((is_in_b2 && twin->t1.count == twin->p) ||
                                                        twin->t1.count > twin->p)))
        move_last(&twin->t1, &twin->b1);
    else
        move_last(&twin->t2, &twin->b2);
}

static size_t at_least_one(size_t x)
{
    return x > 1 ? x : 1;
}

static void put_ghost(struct cache_twin *twin, const struct cache_twin_entry *entry, bool is_in_b2)
{
    if (!is_in_b2) {
        twin->p += at_least_one(twin->b2.count / twin->b1.count);
        twin->p = twin->p > twin->capacity ? twin->capacity : twin->p;
    } else {
        const size_t less = at_least_one(twin->b1.count / twin->b2.count);
        twin->p = twin->p < less ? 0 : twin->p - less;
    }
    replace(twin, is_in_b2);
    struct cache_twin_list *const ghosts = is_in_b2 ? &twin->b2 : &twin->b1;
    (void)take(ghosts, place_of(ghosts, &entry->key));
    push(&twin->t2, entry);
}

static void put_new(struct cache_twin *twin, const struct cache_twin_entry *entry)
{
    const size_t c = twin->capacity;
    if (twin->t1.count + twin->b1.count == c) {
        if (twin->t1.count < c) {
            (void)take(&twin->b1, twin->b1.count - 1);
            replace(twin, false);
        } else {
            (void)take(&twin->t1, twin->t1.count - 1);
        }
    } else {
        if (twin->t1.count + twin->t2.count + twin->b1.count + twin->b2.count == 2 * c)
            (void)take(&twin->b2, twin->b2.count - 1);
        replace(twin, false);
    }
    push(&twin->t1, entry);
}

/* The least used, of equals the least recently used: t1 is in order of recency. */
static size_t least_used(const struct cache_twin_list *list)
{
    size_t least = 0;
    for (size_t i = 1; i < list->count; i++)
        if (list->entries[i].uses <= list->entries[least].uses)
            least = i;
    return least;
}

void cache_twin_put(struct cache_twin *twin, const struct cache_twin_entry *given)
{
    struct cache_twin_entry entry = *given;
    entry.uses = 1;
    struct cache_twin_list *const list = list_of_resident(twin, &entry.key);
    if (list != NULL) {
        struct cache_twin_entry *const used = use(twin, list, place_of(list, &entry.key));
        entry.uses = used->uses;
        *used = entry;
    } else if (twin->policy == MFN_ALM_CACHE_ARC) {
        if (has(&twin->b1, &entry.key) || has(&twin->b2, &entry.key))
            put_ghost(twin, &entry, has(&twin->b2, &entry.key));
        else
            put_new(twin, &entry);
    } else {
        if (twin->t1.count == twin->capacity)
            (void)take(&twin->t1, twin->policy == MFN_ALM_CACHE_LFU ? least_used(&twin->t1)
                                                                    : twin->t1.count - 1);
        push(&twin->t1, &entry);
    }
}

uint32_t cache_twin_drop(struct cache_twin *twin,
                         bool (*is_hit)(const struct cache_twin_entry *entry, const uint32_t *what),
                         const uint32_t *what)
{
    struct cache_twin_list *const lists[] = { &twin->t1, &twin->t2 };
    uint32_t dropped = 0;
    for (int l = 0; l < 2; l++) {
        for (size_t i = 0; i < lists[l]->count;) {
            if (is_hit(&lists[l]->entries[i], what)) {
                (void)take(lists[l], i);
                dropped++;
            } else {
                i++;
            }
        }
    }
    return dropped;
}
