/* alm_weight.h - what an edge weighs, and which edges are refused. */
#ifndef ALM_WEIGHT_H
#define ALM_WEIGHT_H

#include <mfn/alm_graph.h>

struct alm_weigher {
    enum mfn_alm_metric metric;
    double factors[4]; /* of the mix: part / largest in the list */
    double heaviest;   /* the largest weight of the list; 0 without edges */
};

/* Look at every value of every edge, and learn what the weights need to know. */
base_err alm_weigher_init(struct alm_weigher *weigher, const struct mfn_alm_edge *edges,
                          size_t edge_count, size_t node_count, enum mfn_alm_metric metric,
                          const struct mfn_alm_mix *mix, struct base_why *why);

/* 0 or more, finite, in the metric's unit. */
double alm_weigh(const struct alm_weigher *weigher, const struct mfn_alm_edge *edge);

#endif
