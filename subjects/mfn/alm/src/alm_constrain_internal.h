/* alm_constrain_internal.h - the parts of a constrained search: arcs, what is asked, distances to
 * the target by each value (tails), and labels. */
#ifndef ALM_CONSTRAIN_INTERNAL_H
#define ALM_CONSTRAIN_INTERNAL_H

#include "alm_heap.h"

#include <mfn/alm_constrain.h>

/* What adds up along a path. */
enum alm_sum {
    ALM_SUM_WEIGHT, /* what is minimised */
    ALM_SUM_LATENCY,
    ALM_SUM_UNRELIABILITY,
    ALM_SUM_COST,
    ALM_SUM_HOPS,
    ALM_SUM_COUNT
};

struct alm_sums {
    double of[ALM_SUM_COUNT];
};

/* All edges but self loops, by their head; arc i leads from `from[i]` to `to[i]`. */
struct alm_links {
    uint32_t count;
    uint32_t *first;     /* [node_count + 1]: arcs to a node */
    uint32_t *out_first; /* [node_count + 1]: places in out_arcs, arcs from a node */
    uint32_t *out_arcs;  /* [count] */
    uint32_t *from, *to; /* [count] */
    uint32_t *edges;     /* [count]: places in the list */
    double *weights[MFN_ALM_METRIC_COUNT]; /* [count] each */
    double least[MFN_ALM_METRIC_COUNT];    /* what an arc weighs at least where load is priced */
    uint64_t *capacities;                  /* [count] bit/s */
};

/* What is loaded already, for the demands. */
struct alm_loading {
    const uint64_t *loads; /* [links.count] bit/s; NULL: nothing is */
    uint64_t bps;          /* what must fit beside it */
    double share;          /* utilisation stays below this; INFINITY: just no overload */
    bool is_priced;        /* an arc weighs more the fuller it gets */
};

/* The shortest ways to the target by one value, as far as they were looked for. */
struct alm_tail {
    double *distances;     /* [node_count]; INFINITY: none found */
    uint32_t *arcs;        /* [node_count]: the first of the way; MFN_ALM_NONE at the target */
    struct alm_sums *sums; /* [node_count] of the way; set where it is final */
};

struct alm_partial {
    struct alm_sums sums;
    uint32_t node, arc, parent;
    uint32_t next; /* another label settled at the node */
};

struct alm_partial_key {
    double key; /* what a path that begins so weighs at least */
    uint32_t label;
};

struct alm_labels {
    struct alm_partial *items; /* [capacity] */
    struct alm_partial_key *heap;
    uint32_t *settled; /* [node_count]: the label settled last, or MFN_ALM_NONE */
    uint32_t count, heap_count, capacity;
};

/* The best path known: a label and the tail it is completed by. */
struct alm_incumbent {
    double weight; /* INFINITY: none */
    uint32_t label;
    enum alm_sum tail;
};

struct alm_question {
    const struct mfn_alm_request *request;
    struct alm_loading loading;
    const double *weights;
    double limits[ALM_SUM_COUNT]; /* INFINITY: none */
    enum alm_sum limited[ALM_SUM_COUNT];
    unsigned limited_count;
    bool is_adjusted; /* weights are not those of the metric alone */
};

enum { ALM_NODE_AVOID = 1, ALM_NODE_PREFER = 2 };

struct mfn_alm_constrain {
    uint32_t node_count;
    struct alm_links links;
    struct alm_question question;
    uint8_t *flags; /* [node_count] */
    struct alm_tail tails[ALM_SUM_COUNT];
    struct alm_heap heaps[2]; /* of the weight's tail, which goes on later, and of the others */
    struct alm_labels labels;
    uint32_t *nodes, *edges, *chain; /* of the path, see alm_constrain_way.c */
    enum mfn_alm_reason reason;
};

/* alm_links.c */
BASE_MUST_USE base_err alm_links_init(struct alm_links *links, const struct mfn_alm_edge *edges,
                                      size_t edge_count, uint32_t node_count,
                                      const struct mfn_alm_mix *mix, struct base_why *why);
void alm_links_done(struct alm_links *links);
uint64_t alm_bps_of(double mbps);

/* What an arc's weight is multiplied by when so much more is loaded on it; 1 or more. */
double alm_load_price(uint64_t load, uint64_t more, uint64_t capacity);

/* May the arc be used, by bandwidth? */
static inline bool alm_arc_fits(const struct mfn_alm_constrain *c, uint32_t arc)
{
    const struct alm_loading *const l = &c->question.loading;
    const uint64_t load = l->bps + (l->loads != NULL ? l->loads[arc] : 0);
    const uint64_t capacity = c->links.capacities[arc];
    return l->bps == 0 || (load <= capacity && (double)load < l->share * (double)capacity);
}

/* What arcs add, [links.count]; NULL: it must be worked out. */
static inline const double *alm_arc_values(const struct mfn_alm_constrain *c, enum alm_sum sum)
{
    switch (sum) {
    case ALM_SUM_WEIGHT:
        return c->question.is_adjusted ? NULL : c->question.weights;
    case ALM_SUM_LATENCY:
        return c->links.weights[MFN_ALM_LATENCY];
    case ALM_SUM_UNRELIABILITY:
        return c->links.weights[MFN_ALM_RELIABILITY];
    case ALM_SUM_COST:
        return c->links.weights[MFN_ALM_COST];
    default:
        return NULL;
    }
}

double alm_arc_weight_adjusted(const struct mfn_alm_constrain *c, uint32_t arc);

/* What an arc adds. */
static inline double alm_arc_adds(const struct mfn_alm_constrain *c, enum alm_sum sum, uint32_t arc)
{
    const double *const values = alm_arc_values(c, sum);
    if (values != NULL)
        return values[arc];
    return sum == ALM_SUM_WEIGHT ? alm_arc_weight_adjusted(c, arc) : 1;
}

static inline struct alm_sums alm_sums_after(const struct mfn_alm_constrain *c,
                                             const struct alm_sums *sums, uint32_t arc)
{
    struct alm_sums after;
    for (unsigned i = 0; i < ALM_SUM_COUNT; i++)
        after.of[i] = sums->of[i] + alm_arc_adds(c, (enum alm_sum)i, arc);
    return after;
}

/* Are all limits kept by what was used and what is to come? */
static inline bool alm_sums_keep(const struct alm_question *q, const struct alm_sums *used,
                                 const struct alm_sums *to_come)
{
    for (unsigned i = 0; i < q->limited_count; i++) {
        const enum alm_sum sum = q->limited[i];
        if (used->of[sum] + to_come->of[sum] > q->limits[sum])
            return false;
    }
    return true;
}

/* alm_tails.c: begin a search to the target, and go on with it until the way of `until` is final
 * (MFN_ALM_NONE: of all), or nothing is left that is no farther than `most`. A node whose distance
 * is not more than that is final then. */
void alm_tail_begin(struct mfn_alm_constrain *c, enum alm_sum sum);
void alm_tail_run(struct mfn_alm_constrain *c, enum alm_sum sum, uint32_t until, double most);

/* alm_labels.c. best: what is known already; the weight's tail reaches as far as its weight.
 * least: no path weighs less. Answers whether the labels sufficed. */
bool alm_labels_run(struct mfn_alm_constrain *c, struct alm_incumbent *best, double *least);

/* alm_constrain_way.c: the path of a label and a tail; MFN_ALM_NONE as label: of the tail alone. */
void alm_way_write(struct mfn_alm_constrain *c, const struct alm_incumbent *path,
                   struct mfn_alm_way *out);

/* As mfn_alm_constrain_find, of a request that was checked; loading NULL: by bandwidth alone. */
BASE_MUST_USE base_err alm_constrain_run(struct mfn_alm_constrain *c,
                                         const struct mfn_alm_request *request,
                                         const struct alm_loading *loading, struct mfn_alm_way *out,
                                         struct base_why *why);

#endif
