/* alm_search_internal.h - the labels of a search, for the algorithms that walk its tree. */
#ifndef ALM_SEARCH_INTERNAL_H
#define ALM_SEARCH_INTERNAL_H

#include "alm_heap.h"

#include <mfn/alm_search.h>

struct alm_label {
    uint64_t distance; /* MFN_ALM_FAR: not reached */
    union {
        struct {
            uint32_t parent;
            uint32_t is_done; /* scanned since the distance was written */
        };
        uint64_t both; /* to write them at once */
    };
};

/* An entry of a bucket's list; a node may have several, some of them stale. */
struct alm_entry {
    uint32_t node, next;
};

enum { ALM_ORDERED_WORDS = 64 }; /* of 64 buckets each: more than a ring ever has */

struct mfn_alm_search {
    const struct mfn_alm_graph *graph;
    struct alm_label *labels;  /* [node_count] */
    uint32_t *batch;           /* [node_count + 1]: nodes of the open bucket */
    struct alm_entry *entries; /* [entry_capacity + 1] */
    uint32_t *heads;           /* first entry of each bucket, or MFN_ALM_NONE */
    uint32_t entry_capacity;
    uint32_t bucket_mask;
    uint32_t shift; /* a bucket is 2^shift quanta wide */
    bool is_exact;  /* buckets are no wider than the lightest arc: nodes are final when met */
    bool is_dense;
    bool is_large;
    bool is_ordered; /* the heap decides inside a bucket */
    struct alm_heap heap;
    uint64_t full, words[ALM_ORDERED_WORDS]; /* ordered: words that are not 0, buckets not empty */
    uint32_t root;
    enum mfn_alm_direction direction;
};

#endif
