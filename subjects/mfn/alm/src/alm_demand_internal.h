/* alm_demand_internal.h - the ledger's parts. */
#ifndef ALM_DEMAND_INTERNAL_H
#define ALM_DEMAND_INTERNAL_H

#include "alm_constrain_internal.h"

#include <mfn/alm_demand.h>

struct alm_part {
    uint64_t bps;
    uint32_t first, hop_count; /* in edges */
};

/* Paths that carry a demand: one block of memory. NULL: it is not carried. */
struct alm_paths {
    uint32_t part_count;
    struct alm_part parts[MFN_ALM_DEMAND_PATHS_MAX];
    uint32_t edges[];
};

struct alm_record {
    struct mfn_alm_request request;
    uint64_t bps;
    uint64_t sequence; /* the later, the larger */
    struct alm_paths *paths;
    enum mfn_alm_reason reason;
    bool is_used;
};

/* A demand on its way out, and what it had. */
struct alm_victim {
    uint32_t id;
    struct alm_paths *before;
};

struct mfn_alm_demands {
    struct mfn_alm_constrain *search;
    struct mfn_alm_demands_options options;
    uint32_t edge_count;
    uint32_t *arcs; /* [edge_count]: the search's arc of an edge; MFN_ALM_NONE of a self loop */
    uint64_t *loads[MFN_ALM_PRIORITY_MAX + 1]; /* [p][arc]: by demands of priority p and more;
                                                  [1] is all, [0] is not there */
    struct alm_record *records;                /* [record_capacity] */
    uint32_t record_count, record_capacity;    /* up to record_count some may be unused */
    uint32_t used_count;
    uint32_t free_from; /* all records before are used */
    uint64_t sequence;
    struct alm_paths *draft; /* room for path_max paths of any length */
    uint32_t draft_edges;
    struct alm_victim *victims;
    uint32_t victim_count, victim_capacity;
};

static inline uint32_t alm_priority_of(const struct mfn_alm_request *request)
{
    return request->priority == 0 ? 1 : request->priority;
}

/* alm_demand_carry.c: load or unload what carries a demand of that priority. */
void alm_paths_load(struct mfn_alm_demands *d, const struct alm_paths *paths, uint32_t priority);
void alm_paths_unload(struct mfn_alm_demands *d, const struct alm_paths *paths, uint32_t priority);

/* Put a demand that is not carried onto a path with room for it. Errors: ENOMEM */
BASE_MUST_USE base_err alm_record_place(struct mfn_alm_demands *d, struct alm_record *record,
                                        const struct mfn_alm_way *way);

/* Put a demand that is not carried onto paths, by steps 1 and 2 of alm_demand.h, or as it is plain.
 * Errors: ENOTFOUND and a reason, ENOMEM: it is not carried */
BASE_MUST_USE base_err alm_record_carry(struct mfn_alm_demands *d, struct alm_record *record,
                                        enum mfn_alm_reason *reason);

/* Onto one path whose every edge then stays below a utilisation. Errors: the same */
BASE_MUST_USE base_err alm_record_carry_below(struct mfn_alm_demands *d, struct alm_record *record,
                                              double share);

/* Stop carrying it. The caller frees the answer, or puts it back by _restore. */
struct alm_paths *alm_record_unload(struct mfn_alm_demands *d, struct alm_record *record);
void alm_record_restore(struct mfn_alm_demands *d, struct alm_record *record,
                        struct alm_paths *paths);

/* alm_demand_preempt.c: step 3. preempted: demands that are not carried any more.
 * Errors: ENOTFOUND, ENOMEM: nothing is changed */
BASE_MUST_USE base_err alm_record_preempt(struct mfn_alm_demands *d, struct alm_record *record,
                                          uint32_t *preempted);

#endif
