/* topology_internal.h - what the files that make a topology share. */
#ifndef LAB_TOPOLOGY_INTERNAL_H
#define LAB_TOPOLOGY_INTERNAL_H

#include <lab/topology.h>

/* Return the error of a call that failed. */
#define LAB_TRY(call)                                                                              \
    do {                                                                                           \
        const base_err err_ = (call);                                                              \
        if (err_ != BASE_OK)                                                                       \
            return err_;                                                                           \
    } while (0)

/* Room for hosts, named node0 .. and switch0 .. ; edges are left alone. The arena stays. */
BASE_MUST_USE base_err lab_topology_hosts(struct lab_topology *topology, uint64_t program_count,
                                          uint64_t switch_count, struct base_why *why);
/* Room for links in both directions. */
BASE_MUST_USE base_err lab_topology_links(struct lab_topology *topology, uint64_t link_count,
                                          struct base_why *why);
/* One link, both directions alike, into that room. */
void lab_topology_join(struct lab_topology *topology, uint32_t a, uint32_t b,
                       const struct lab_link_config *config);

/* lab_topology_make into a topology whose arena may be in use. */
BASE_MUST_USE base_err lab_shape_make(struct lab_topology *topology, enum lab_shape shape,
                                      uint32_t count, uint32_t degree,
                                      const struct lab_link_config *link, uint64_t seed,
                                      struct base_why *why);
/* Links of a connected random regular graph; 2 <= degree < count, count * degree even. */
BASE_MUST_USE base_err lab_regular_make(struct lab_topology *topology, uint32_t degree,
                                        const struct lab_link_config *link, uint64_t seed,
                                        struct base_why *why);

/* Are all hosts in one piece, when links are taken both ways? Errors: ENOMEM. *apart is then a host
 * that host 0 has nothing to do with, or UINT32_MAX. */
BASE_MUST_USE base_err lab_topology_apart(const struct lab_topology *topology, uint32_t *apart);

/* Share of packets that a link loses, in the long run. */
double lab_link_loss(const struct lab_link_config *config);
/* Is it one of lab_link_set's keys? The i-th key, NULL past the last. */
bool lab_link_has_key(const char *key);
const char *lab_link_key_name(size_t i);

/* One sentence of a schedule. */
struct lab_sentence {
    const char *text; /* ends with a zero byte */
    unsigned line;    /* for why->at */
    uint64_t at_ns;   /* internal, as what follows */
    const char *rest;
    size_t order;
};
/* Add the changes of sentences; they are sorted. On failure the topology's list is as before and
 * why->at the line. */
BASE_MUST_USE base_err lab_changes_add(struct lab_topology *topology,
                                       struct lab_sentence *sentences, size_t count,
                                       struct base_why *why);
/* Is that a name for a host? Letters, digits, '_', '.', '-' within. */
bool lab_name_is_good(const char *name);

#endif
