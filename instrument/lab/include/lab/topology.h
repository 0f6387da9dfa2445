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

enum {
    LAB_HOSTS_MAX = 16384, /* switches included */
    LAB_EDGES_MAX = 1 << 21,
    LAB_CHANGES_MAX = 4096,
    LAB_NAME_SIZE = 32,
    LAB_TOPOLOGY_SIZE_MAX = 1 << 22, /* bytes of a text */
    LAB_TRACE_SIZE_MAX = 1 << 26,    /* bytes of a trace's file */
    LAB_CHANGE_TEXT_SIZE = 160,
    LAB_SIDE_ANY = 255, /* a switch in a partition: it serves all parts */
};

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
    const uint8_t *side;           /* PARTITION: [host_count] which part each host is in; hosts that
                                      no part names are one more part, switches LAB_SIDE_ANY */
};

struct lab_host {
    char name[LAB_NAME_SIZE];
    bool is_switch;       /* forwards only: no program runs there, no delay of its own */
    uint64_t rate_bits;   /* of everything it sends; 0: no limit */
    uint64_t queue_bytes; /* that wait for it; 0: what it sends in 100 ms. Needs a rate */
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
 * half of the delay lies on each side of the switch (all of it on the sender's with jitter or
 * reordering), and everything else on the sender's side, so that a pair of hosts sees `link` as in
 * the mesh.
 *
 *   count   hosts with programs, 1 .. LAB_HOSTS_MAX; switches come on top and count, too
 *   degree  random regular: neighbours of each, count * degree even; tree: children; fat tree: the
 *           even number of ports k with k^3/4 >= count; 0: 4 or what count allows, 2, the least k
 *           that is enough. Else ignored
 *
 * Hosts are called node0 .. ; switches switch0 .. . Every shape is connected; host 0 is the root of
 * a tree. A mesh has no edges: it is_uniform.
 * Cost     O(edges); random regular O(edges + count^2 / 64)
 * Errors   ERANGE, ENOMEM; why says what would be right
 * Source   random regular: swaps of edges from a circulant graph, Cooper, Dyer & Greenhill, Comb.
 *          Prob. Comput. 16 (2007) 557; fat tree: Al-Fares et al., SIGCOMM 2008
 */
BASE_MUST_USE base_err lab_topology_make(struct lab_topology *topology, enum lab_shape shape,
                                         uint32_t count, uint32_t degree,
                                         const struct lab_link_config *link, uint64_t seed,
                                         struct base_why *why);
BASE_MUST_USE base_err lab_shape_parse(const char *text, enum lab_shape *shape,
                                       struct base_why *why);
/* "mesh", "star", ...; one after the other, NULL past the last. */
const char *lab_shape_name(size_t i);
/* A topology from YAML text (docs/network-lab.md has the format): presets, shapes, single links,
 * changes. Errors: EPARSE, ERANGE with the line in why->at and in the sentence; ENOMEM. A text may
 * not name files of traces (EUNSUPPORTED). */
BASE_MUST_USE base_err lab_topology_parse(struct lab_topology *topology, struct base_span text,
                                          struct base_why *why);
/* The same from a file ("-": standard input), "FILE:LINE: " before the sentence. Traces are looked
 * for beside the file. Errors: also ENOTFOUND (no such file), EIO. */
BASE_MUST_USE base_err lab_topology_read(struct lab_topology *topology, const char *path,
                                         struct base_why *why);
/* Add changes, sentences with ';' between: "at 10s cut a-b; at 20s heal". A `set` keeps what it
 * does not name, as the link is then. On failure the topology is as before. Errors: EPARSE, ERANGE,
 * ENOTFOUND (no such host or link), EFULL, ENOMEM; why has the sentence. */
BASE_MUST_USE base_err lab_topology_schedule(struct lab_topology *topology, const char *text,
                                             struct base_why *why);
/* A change as it would be written, without its time: "cut a-b"; returned for use in one expression.
 * out [LAB_CHANGE_TEXT_SIZE] */
const char *lab_change_print(const struct lab_topology *topology, const struct lab_change *change,
                             char *out);
/* One setting of a link by its YAML key and value: ("latency", "25ms"), ("packet_loss", "0.5%").
 * "preset" replaces everything. Not checked as a whole (lab_link_check). Errors: ENOTFOUND (no such
 * key; why lists them), EPARSE, ERANGE. */
BASE_MUST_USE base_err lab_link_set(struct lab_link_config *config, const char *key,
                                    const char *value, struct base_why *why);

/* Share of packets that a link's losses take in the long run; queues, MTU and cuts are left out. */
double lab_link_loss(const struct lab_link_config *config);

/* What a packet meets on the quickest way (by delay, then links; where all have a link to all, that
 * link) between two hosts, as configured; changes, jitter and queues are left out. */
struct lab_path {
    uint32_t hops; /* links; 0: the same host */
    uint64_t delay_ns;
    uint64_t rate_bits; /* of the slowest link, the sender's host included; 0: no limit */
    double arrive;      /* share of the packets that no link loses, in the long run */
};
/* Cost O(hosts^2 + edges). Errors: ENOTFOUND (no way), ENOMEM. */
BASE_MUST_USE base_err lab_topology_path(const struct lab_topology *topology, uint32_t from,
                                         uint32_t to, struct lab_path *path);
/* The link from one host to another as configured, or NULL. Cost O(edges) */
const struct lab_link_config *lab_topology_link(const struct lab_topology *topology, uint32_t from,
                                                uint32_t to);
/* Index of a host by name; UINT32_MAX: none. */
uint32_t lab_topology_host(const struct lab_topology *topology, const char *name);
void lab_topology_done(struct lab_topology *topology);

#endif
