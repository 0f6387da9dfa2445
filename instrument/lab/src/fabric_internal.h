/* fabric_internal.h - the parts of a fabric: routes, links, packets, and when what happens. */
#ifndef LAB_FABRIC_INTERNAL_H
#define LAB_FABRIC_INTERNAL_H

#include <lab/fabric.h>

enum { LAB_NONE = UINT32_MAX, LAB_CELL_SIZE = 544, LAB_CELLS_A_CHUNK = 1024 };

/* The edges, by their host: those of h are the slots first[h] .. first[h + 1] - 1, by `to`. */
struct lab_routes {
    const struct lab_topology *topology;
    uint32_t *first;   /* [host_count + 1] */
    uint32_t *edges;   /* [edge_count] slot to the topology's edge */
    uint32_t *into;    /* [host_count + 1] the edges that end at a host are */
    uint32_t *backs;   /* [edge_count] the slots backs[into[h]] .. */
    uint64_t least_ns; /* delay of the fastest edge */
    uint16_t **tables; /* [host_count] by destination: of each host the slot, from first[h] on */
    uint32_t *held;    /* [held_max] destinations that have a table; the oldest goes first */
    uint32_t held_count, held_max, held_at;
    struct lab_search *search;
};

BASE_MUST_USE base_err lab_routes_init(struct lab_routes *routes,
                                       const struct lab_topology *topology, struct base_why *why);
void lab_routes_done(struct lab_routes *routes);
/* The slot of the edge between two hosts; LAB_NONE. */
uint32_t lab_routes_slot(const struct lab_routes *routes, uint32_t from, uint32_t to);
/* The slot to take at a host towards another; ENOTFOUND, ENOMEM. */
BASE_MUST_USE base_err lab_routes_next(struct lab_routes *routes, uint32_t at, uint32_t to,
                                       uint32_t *slot);
/* Shortest paths to one host, in a file of their own: table [host_count]. NULL: no memory. */
struct lab_search *lab_search_new(const struct lab_topology *topology);
void lab_search_run(struct lab_routes *routes, uint32_t to, uint16_t *table);
void lab_search_free(struct lab_search *search);

/* Links are made when they are first used; the seed of each is of its pair alone. */
struct lab_links {
    const struct lab_topology *topology;
    uint64_t seed;
    struct lab_link **chunks;
    uint32_t count, chunk_count;
    uint32_t *of_slot; /* [edge_count] */
    struct lab_pair {
        uint64_t key;
        uint32_t link;
    } * pairs; /* of a uniform topology; open addressing */
    uint32_t pair_count, pair_capacity;
    bool is_shared; /* links without memory, of more hosts than may have one for each pair */
};

BASE_MUST_USE base_err lab_links_init(struct lab_links *links, const struct lab_topology *topology,
                                      uint64_t seed);
void lab_links_done(struct lab_links *links);
struct lab_link *lab_links_at(const struct lab_links *links, uint32_t i);
/* NULL: not there (yet), or, when it is to be made, out of memory. */
struct lab_link *lab_links_of_slot(struct lab_links *links, uint32_t slot, uint32_t edge,
                                   bool is_made);
struct lab_link *lab_links_of_pair(struct lab_links *links, uint32_t from, uint32_t to,
                                   bool is_made);
/* The one that a packet takes: the pair's own, or that of all of the sender's pairs. */
struct lab_link *lab_links_on_way(struct lab_links *links, uint32_t from, uint32_t to);
uint64_t lab_link_seed(uint64_t seed, uint32_t from, uint32_t to);

/* A packet is a chain of cells; the first begins with this. */
struct lab_packet {
    uint32_t more;  /* next cell */
    uint32_t after; /* next packet that has arrived */
    uint32_t from, to;
    uint32_t at; /* host it is at, at at_ns */
    uint32_t size, extra;
    bool is_out; /* has passed the host's own limit */
    bool is_corrupt;
    uint64_t sent_ns, at_ns, sequence;
};

struct lab_pool {
    uint8_t **chunks;
    uint32_t chunk_count, chunk_capacity;
    uint32_t free; /* list of cells */
    uint32_t used, used_max;
};

void lab_pool_done(struct lab_pool *pool);
static inline void *lab_pool_cell(const struct lab_pool *pool, uint32_t i)
{
    return pool->chunks[i / LAB_CELLS_A_CHUNK] + (size_t)(i % LAB_CELLS_A_CHUNK) * LAB_CELL_SIZE;
}
/* LAB_NONE: no memory. data NULL: zeros. */
uint32_t lab_pool_put(struct lab_pool *pool, const struct lab_packet *packet, const void *data);
void lab_pool_get(const struct lab_pool *pool, uint32_t i, uint8_t *data);
void lab_pool_remove(struct lab_pool *pool, uint32_t i);
/* Bit 0 .. 8 * size - 1 of the data. */
void lab_pool_flip(const struct lab_pool *pool, uint32_t i, uint64_t bit);

struct lab_due {
    uint64_t at_ns, sequence;
    uint32_t packet;
};

struct lab_agenda {
    struct lab_due *heap;
    uint32_t count, capacity;
};

BASE_MUST_USE base_err lab_agenda_put(struct lab_agenda *agenda, struct lab_due due);
struct lab_due lab_agenda_remove(struct lab_agenda *agenda);
void lab_agenda_done(struct lab_agenda *agenda);

struct lab_fabric {
    const struct lab_topology *topology;
    struct lab_routes routes;
    struct lab_links links;
    struct lab_link *limits; /* [host_count] of the hosts; NULL: no host has a limit */
    uint8_t *side;           /* [host_count] of a partition */
    bool is_parted;
    struct lab_pool pool;
    struct lab_agenda agenda;
    uint32_t ready_first, ready_last; /* packets that have arrived */
    uint64_t sequence;
    struct lab_fabric_stats stats;
    uint8_t *out;    /* [LAB_PACKET_MAX] of the last pop */
    uint8_t *copied; /* [LAB_PACKET_MAX] while a packet is doubled */
};

/* Carry out what is due up to now_ns; what has arrived waits for a pop. */
void lab_fabric_settle(struct lab_fabric *fabric, uint64_t now_ns);
/* Is a change possible? Afterwards it cannot fail. */
BASE_MUST_USE base_err lab_change_prepare(struct lab_fabric *fabric,
                                          const struct lab_change *change, struct base_why *why);

#endif
