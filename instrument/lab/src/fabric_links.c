/* fabric_links.c - the links of a fabric, made when first used: a mesh has a million, most of them
 * idle. Those of a topology's edges are found by slot, those of a uniform topology by a hash of the
 * pair. */
#include "fabric_internal.h"

#include <stdlib.h>

enum { LINKS_A_CHUNK = 64, PAIRS_FIRST = 256 };

uint64_t lab_link_seed(uint64_t seed, uint32_t from, uint32_t to)
{
    uint64_t z = seed + ((uint64_t)from << 32 | to) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 32)) * 0xd6e8feb86659fd93u;
    return z ^ (z >> 32);
}

/* Does what befalls a packet depend on the packets before it? */
static bool has_memory(const struct lab_link_config *c)
{
    return c->rate_bits > 0 || c->jitter != LAB_JITTER_NONE ||
           (c->loss != LAB_LOSS_NONE && c->loss != LAB_LOSS_BERNOULLI);
}

base_err lab_links_init(struct lab_links *links, const struct lab_topology *topology, uint64_t seed)
{
    *links = (struct lab_links){ .topology = topology, .seed = seed };
    links->of_slot = malloc((topology->edge_count + 1) * sizeof *links->of_slot);
    if (links->of_slot == NULL)
        return BASE_ENOMEM;
    links->is_shared =
        topology->is_uniform && !has_memory(&topology->uniform) &&
        (uint64_t)topology->host_count * topology->host_count > LAB_UNIFORM_LINKS_MAX;
    for (size_t i = 0; i < topology->edge_count; i++)
        links->of_slot[i] = LAB_NONE;
    return BASE_OK;
}

void lab_links_done(struct lab_links *links)
{
    for (uint32_t i = 0; i < links->chunk_count; i++)
        free(links->chunks[i]);
    free(links->chunks);
    free(links->of_slot);
    free(links->pairs);
    *links = (struct lab_links){ 0 };
}

struct lab_link *lab_links_at(const struct lab_links *links, uint32_t i)
{
    return &links->chunks[i / LINKS_A_CHUNK][i % LINKS_A_CHUNK];
}

static bool has_room(struct lab_links *links)
{
    if (links->count < links->chunk_count * LINKS_A_CHUNK)
        return true;
    struct lab_link **const chunks =
        realloc(links->chunks, (links->chunk_count + 1) * sizeof *chunks);
    if (chunks == NULL)
        return false;
    links->chunks = chunks;
    chunks[links->chunk_count] = calloc(LINKS_A_CHUNK, sizeof **chunks);
    if (chunks[links->chunk_count] == NULL)
        return false;
    links->chunk_count++;
    return true;
}

/* The configuration was checked when the fabric was made. */
static struct lab_link *make(struct lab_links *links, uint32_t from, uint32_t to,
                             const struct lab_link_config *config, uint32_t *index)
{
    if (!has_room(links))
        return NULL;
    struct lab_link *const link = lab_links_at(links, links->count);
    if (lab_link_init(link, config, lab_link_seed(links->seed, from, to), NULL) != BASE_OK)
        return NULL;
    *index = links->count++;
    return link;
}

struct lab_link *lab_links_of_slot(struct lab_links *links, uint32_t slot, uint32_t edge,
                                   bool is_made)
{
    const struct lab_edge *const e = &links->topology->edges[edge];
    if (links->of_slot[slot] != LAB_NONE)
        return lab_links_at(links, links->of_slot[slot]);
    return is_made ? make(links, e->from, e->to, &e->config, &links->of_slot[slot]) : NULL;
}

/* The pair's place, or the free one where it would be; the table is never full. */
static struct lab_pair *find_pair(struct lab_pair *pairs, uint32_t capacity, uint64_t key)
{
    uint32_t i = (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 32) & (capacity - 1);
    while (pairs[i].link != LAB_NONE && pairs[i].key != key)
        i = (i + 1) & (capacity - 1);
    return &pairs[i];
}

static bool grow_pairs(struct lab_links *links)
{
    const uint32_t capacity = links->pair_capacity > 0 ? 2 * links->pair_capacity : PAIRS_FIRST;
    struct lab_pair *const pairs = malloc(capacity * sizeof *pairs);
    if (pairs == NULL)
        return false;
    for (uint32_t i = 0; i < capacity; i++)
        pairs[i] = (struct lab_pair){ .link = LAB_NONE };
    for (uint32_t i = 0; i < links->pair_capacity; i++)
        if (links->pairs[i].link != LAB_NONE)
            *find_pair(pairs, capacity, links->pairs[i].key) = links->pairs[i];
    free(links->pairs);
    links->pairs = pairs;
    links->pair_capacity = capacity;
    return true;
}

struct lab_link *lab_links_of_pair(struct lab_links *links, uint32_t from, uint32_t to,
                                   bool is_made)
{
    const uint64_t key = (uint64_t)from << 32 | to;
    if (links->pair_capacity > 0) {
        const struct lab_pair *const pair = find_pair(links->pairs, links->pair_capacity, key);
        if (pair->link != LAB_NONE)
            return lab_links_at(links, pair->link);
    }
    if (!is_made || links->pair_count == LAB_UNIFORM_LINKS_MAX)
        return NULL;
    if (2 * (links->pair_count + 1) > links->pair_capacity && !grow_pairs(links))
        return NULL;
    struct lab_pair pair = { .key = key };
    struct lab_link *const link = make(links, from, to, &links->topology->uniform, &pair.link);
    if (link == NULL)
        return NULL;
    *find_pair(links->pairs, links->pair_capacity, key) = pair;
    links->pair_count++;
    return link;
}

struct lab_link *lab_links_on_way(struct lab_links *links, uint32_t from, uint32_t to)
{
    struct lab_link *const own = lab_links_of_pair(links, from, to, !links->is_shared);
    return own != NULL || !links->is_shared ? own : lab_links_of_pair(links, from, from, true);
}
