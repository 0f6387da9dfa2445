/* alm_edges_internal.h - filling a list of edges, for readers of every format. */
#ifndef ALM_EDGES_INTERNAL_H
#define ALM_EDGES_INTERNAL_H

#include <mfn/alm_edges.h>

/* What an edge has beside its ends, in the order of struct mfn_alm_edge and of the metrics. */
enum { ALM_VALUE_COUNT = 4 };
extern const struct alm_value {
    const char *name;
    double low, high; /* what is allowed */
    double usual;     /* what an edge has that says nothing; the latency must be said */
} alm_values[ALM_VALUE_COUNT];

/* The number of the node of that name, a new one when there is none yet.
 *
 *   name   1 .. MFN_ALM_NAME_MAX bytes, none of them zero
 *
 * Errors: EFULL, ENOMEM; nothing changed */
base_err alm_edges_node(struct mfn_alm_edges *edges, struct base_span name, uint32_t *node);

/* Put an edge behind the others; undirected, its twin in the other direction behind it.
 *
 *   values   [ALM_VALUE_COUNT]
 *
 * Errors: EFULL, ENOMEM */
base_err alm_edges_add(struct mfn_alm_edges *edges, uint32_t from, uint32_t to,
                       const double *values, bool is_undirected);

#endif
