/* alm_recover.h - links and nodes fail: three ways to a path that does without them.
 *
 *   fast     a backup that was computed before the fault, for every node and target: as soon as
 *            the next hop is gone, the packet takes the backup, and nothing is searched
 *   local    a search that begins at the node whose next hop is gone, and ends as soon as it meets
 *            a node whose old route is untouched: it looks at the surroundings of the fault
 *   global   the table of routes is repaired (alm_routes.h), and all routes are the shortest again
 *
 * All three answer a path of what remains, without a circle, whenever there is one, and ENOTFOUND
 * otherwise. Only global promises the shortest; fast and local go as before up to the fault, and on
 * from there: local the shortest way, fast the backup. A backup avoids the next hop's node where
 * that is possible, else the link to it; so one failed link or node is always survived where it can
 * be. When faults meet a backup too, fast goes on with the search of local, and says so.
 *
 * A link is both its directions, as far as they are there; distances are quanta of the table,
 * mfn_alm_recover_quantum.
 *
 * Ownership the graph is only read by _new
 * Threads   one object, one thread
 * Source    the idea of alternates that are ready before the fault: RFC 5286 (loop-free
 *           alternates), RFC 7490 (backups that lead to a node behind the fault, and on from there
 *           by ordinary routes); the search: Hart, Nilsson & Raphael, IEEE Trans. Systems Science
 *           and Cybernetics 4 (1968) 100-107, with the distances before the fault as bounds
 */
#ifndef MFN_ALM_RECOVER_H
#define MFN_ALM_RECOVER_H

#include <mfn/alm_graph.h>

#include <stdbool.h>

/* The ways. X(name, word) */
#define MFN_ALM_RECOVERY_MAP(X)                                                                    \
    X(FAST, "fast")                                                                                \
    X(LOCAL, "local")                                                                              \
    X(GLOBAL, "global")

enum mfn_alm_recovery {
#define MFN_ALM_RECOVERY_ENUM(name, word) MFN_ALM_RECOVERY_##name,
    MFN_ALM_RECOVERY_MAP(MFN_ALM_RECOVERY_ENUM)
#undef MFN_ALM_RECOVERY_ENUM
        MFN_ALM_RECOVERY_COUNT
};

/* The word of a way; the way of a word. Errors: ENOTFOUND, the sentence lists the words. */
const char *mfn_alm_recovery_name(enum mfn_alm_recovery recovery);
BASE_MUST_USE base_err mfn_alm_recovery_of(const char *word, enum mfn_alm_recovery *out,
                                           struct base_why *why);

/* What fails: the link between two nodes, or a node. */
struct mfn_alm_fault {
    uint32_t from;
    uint32_t to; /* MFN_ALM_NONE: the node `from`, with all its links */
};

/* Of all pairs of different nodes between which there is a path. */
struct mfn_alm_protection {
    uint64_t pair_count;
    uint64_t node_count; /* pairs whose backup avoids the next hop's node, where that is not the
                            target itself; else the link to it */
    uint64_t link_count; /* pairs whose backup avoids only the link to the next hop */
    uint64_t bare_count; /* pairs without a backup: no path remains without that link */
    uint64_t near_count; /* pairs whose backup is a neighbour's ordinary route */
    size_t size_bytes;   /* of the backups */
};

/* How a path came about. */
enum mfn_alm_repair {
    MFN_ALM_REPAIR_NONE,   /* the route as before the faults */
    MFN_ALM_REPAIR_BACKUP, /* by backups alone */
    MFN_ALM_REPAIR_SEARCH, /* by a search */
    MFN_ALM_REPAIR_TABLE,  /* from the repaired table */
};

struct mfn_alm_recovered {
    enum mfn_alm_repair repair;
    uint64_t distance;        /* quanta of the table */
    uint64_t distance_before; /* of the shortest path when nothing has failed: the stretch by the
                                 fault is distance / distance_before; against the shortest that is
                                 left, ask global */
    size_t node_count;        /* of the path, both ends included */
    uint32_t backup_count;    /* backups that were taken */
    uint32_t settled_count;   /* nodes that the search looked at */
};

struct mfn_alm_recover;

/* Tables of routes of a graph without faults.
 * Cost: twice mfn_alm_routes_new, in memory and in time. Errors: as there (EFULL, ENOMEM) */
BASE_MUST_USE base_err mfn_alm_recover_new(const struct mfn_alm_graph *graph,
                                           struct mfn_alm_recover **out, struct base_why *why);
void mfn_alm_recover_free(struct mfn_alm_recover *recover);

/* Compute the backups, of the topology without faults. Without them fast is the same as local.
 *
 *   out   may be NULL
 *
 * Cost     one small search a pair of nodes, about 16 bytes a pair
 * Errors   EFULL (2^32 nodes of backups), ENOMEM: there are no backups then */
BASE_MUST_USE base_err mfn_alm_recover_protect(struct mfn_alm_recover *recover,
                                               struct mfn_alm_protection *out,
                                               struct base_why *why);

/* Let links and nodes fail, beside those that have already. This is what a router learns from its
 * interfaces, and all that fast and local need.
 *
 * Cost     O(count log degree), and a node's links
 * Errors   EINVALID (no such node; two nodes that are the same), ENOTFOUND (there is no link
 * between the two); why->at is the fault. None of them has failed then. ENOMEM */
BASE_MUST_USE base_err mfn_alm_recover_fail(struct mfn_alm_recover *recover,
                                            const struct mfn_alm_fault *faults, size_t count,
                                            struct base_why *why);

/* Repair the table by all faults since the last time: what global needs. Also after _heal.
 * Cost: mfn_alm_routes_change. Errors: ENOMEM, the table stays as it was */
BASE_MUST_USE base_err mfn_alm_recover_recompute(struct mfn_alm_recover *recover,
                                                 struct base_why *why);

/* Nothing has failed any more. The table of global is as it was until the next _recompute. */
void mfn_alm_recover_heal(struct mfn_alm_recover *recover);

/* A path from one node to another, both ends included, around all that has failed. Global answers
 * from the table as it was last recomputed, and is right when nothing has changed since.
 *
 *   nodes    [capacity]; as many as the graph has are always enough. Written only on BASE_OK
 *   out      written on BASE_OK; node_count also on EFULL
 *
 * Cost     fast: two loads a hop, and a look at each hop's link; does not allocate
 * Errors   EINVALID (no such node or way), ENOTFOUND (no path remains; an end that has failed has
 *          none, not even to itself), EFULL (longer than capacity) */
BASE_MUST_USE base_err mfn_alm_recover_route(struct mfn_alm_recover *recover,
                                             enum mfn_alm_recovery recovery, uint32_t from,
                                             uint32_t to, uint32_t *nodes, size_t capacity,
                                             struct mfn_alm_recovered *out);

/* A quantum in the graph's unit. */
double mfn_alm_recover_quantum(const struct mfn_alm_recover *recover);

#endif
