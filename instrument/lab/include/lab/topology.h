/* topology.h - hosts and the links between them, as a plan: shapes, and what changes when.
 *
 * Ownership everything lives in the topology's arena
 * Threads   objects are not shared
 */
#ifndef LAB_TOPOLOGY_H
#define LAB_TOPOLOGY_H

#include <base/arena.h>
#include <base/buf.h>
#include <lab/link.h>

enum { LAB_HOSTS_MAX = 16384, LAB_NAME_SIZE = 32 };

/* One direction. A host that only forwards (a switch of a star or fat tree) is a host, too. */
struct lab_edge {
    uint32_t from, to;
    struct lab_link_config config;
};

enum lab_change_kind { LAB_CUT, LAB_HEAL, LAB_SET, LAB_PARTITION, LAB_HEAL_ALL };

/* "At 10 s cut A-B, at 20 s heal." */
struct lab_change {
    uint64_t at_ns;
    enum lab_change_kind kind;
    uint32_t a, b; /* CUT, HEAL, SET: both directions unless is_one_way (a to b) */
    bool is_one_way;
    struct lab_link_config config; /* SET */
    const uint8_t *side;           /* PARTITION: [host_count] which part each host is in */
};

struct lab_host {
    char name[LAB_NAME_SIZE];
    bool is_switch;     /* forwards only: no program runs there, no delay of its own */
    uint64_t rate_bits; /* of everything it sends; 0: no limit */
};

struct lab_topology {
    struct base_arena arena;
    struct lab_host *hosts; /* [host_count]; programs' hosts first, switches last */
    uint32_t host_count, program_count;
    struct lab_edge *edges; /* [edge_count] */
    size_t edge_count;
    struct lab_change *changes; /* [change_count] by time */
    size_t change_count;
    /* Every host has a link like `uniform` to every other, where `edges` has none: a full mesh of
     * any size, of which only the links in use take memory. */
    bool is_uniform;
    struct lab_link_config uniform;
};

enum lab_shape { LAB_MESH, LAB_STAR, LAB_RING, LAB_RANDOM_REGULAR, LAB_TREE, LAB_FAT_TREE };

/* What a shape is made of; every path between neighbours has `link` in each direction. In a star
 * half of the delay lies on each side of the switch, and loss and rate on the sender's side, so
 * that a pair of hosts sees `link` as in the mesh.
 *
 *   count   hosts with programs, 1 .. LAB_HOSTS_MAX (mesh: .. 1024)
 *   degree  random regular: neighbours of each, count * degree even; tree: children; fat tree: the
 *           even number of ports k with k^3/4 >= count. Else ignored
 *
 * Hosts are called node0 .. ; switches switch0 .. .
 * Errors   ERANGE, ENOMEM; why says what would be right
 * Source   random regular: Steger & Wormald, Comb. Prob. Comput. 8 (1999) 377; fat tree: Al-Fares
 * et al., SIGCOMM 2008
 */
BASE_MUST_USE base_err lab_topology_make(struct lab_topology *topology, enum lab_shape shape,
                                         uint32_t count, uint32_t degree,
                                         const struct lab_link_config *link, uint64_t seed,
                                         struct base_why *why);
BASE_MUST_USE base_err lab_shape_parse(const char *text, enum lab_shape *shape,
                                       struct base_why *why);
/* A topology from YAML text (docs/network-lab.md has the format): presets, shapes, single links,
 * changes. Errors: EPARSE, ERANGE with the line in why->at and in the sentence. */
BASE_MUST_USE base_err lab_topology_parse(struct lab_topology *topology, struct base_span text,
                                          struct base_why *why);
/* Index of a host by name; UINT32_MAX: none. */
uint32_t lab_topology_host(const struct lab_topology *topology, const char *name);
void lab_topology_done(struct lab_topology *topology);

#endif
