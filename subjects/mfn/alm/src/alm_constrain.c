/* alm_constrain.c - asks the cheap questions first: the shortest path, when it keeps the limits, is
 * the answer; then the best by each limited value alone, which says whether there is an answer. */
#include "alm_constrain_internal.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { LABELS_USUAL = 65536 };

static const double tolerance = 1e-9;
static const struct alm_sums nothing;

const char *mfn_alm_reason_name(enum mfn_alm_reason reason)
{
    static const char *const names[MFN_ALM_REASON_COUNT] = {
#define REASON_NAME(name, word) word,
        MFN_ALM_REASON_MAP(REASON_NAME)
#undef REASON_NAME
    };
    return (unsigned)reason < MFN_ALM_REASON_COUNT ? names[reason] : "unknown";
}

static bool tails_alloc(struct mfn_alm_constrain *c, size_t nodes)
{
    bool is_there = true;
    for (unsigned i = 0; i < ALM_SUM_COUNT; i++) {
        struct alm_tail *const tail = &c->tails[i];
        tail->distances = malloc(nodes * sizeof *tail->distances);
        tail->arcs = malloc(nodes * sizeof *tail->arcs);
        tail->sums = malloc(nodes * sizeof *tail->sums);
        is_there &= tail->distances != NULL && tail->arcs != NULL && tail->sums != NULL;
    }
    return is_there;
}

static bool constrain_alloc(struct mfn_alm_constrain *c, size_t nodes, size_t label_max)
{
    c->flags = calloc(nodes, 1);
    c->nodes = malloc(nodes * sizeof *c->nodes);
    c->edges = malloc(nodes * sizeof *c->edges);
    c->chain = malloc(2 * nodes * sizeof *c->chain);
    c->labels.items = malloc(label_max * sizeof *c->labels.items);
    c->labels.heap = malloc(label_max * sizeof *c->labels.heap);
    c->labels.settled = malloc(nodes * sizeof *c->labels.settled);
    c->labels.capacity = (uint32_t)label_max;
    if (c->flags == NULL || c->nodes == NULL || c->edges == NULL || c->chain == NULL ||
        c->labels.items == NULL || c->labels.heap == NULL || c->labels.settled == NULL ||
        !tails_alloc(c, nodes) || !alm_heap_init(&c->heaps[0], c->node_count) ||
        !alm_heap_init(&c->heaps[1], c->node_count))
        return false;
    return true;
}

base_err mfn_alm_constrain_new(const struct mfn_alm_edge *edges, size_t edge_count,
                               size_t node_count, const struct mfn_alm_mix *mix, size_t label_max,
                               struct mfn_alm_constrain **out, struct base_why *why)
{
    assert(out != NULL && (edges != NULL || edge_count == 0));
    const size_t labels = label_max == 0 ? LABELS_USUAL : label_max;
    if (node_count > MFN_ALM_NODE_MAX || edge_count > MFN_ALM_EDGE_MAX)
        return base_fail(why, BASE_EFULL, 0,
                         "%zu nodes and %zu edges: at most %d and %d can be held", node_count,
                         edge_count, MFN_ALM_NODE_MAX, MFN_ALM_EDGE_MAX);
    if (labels > MFN_ALM_LABELS_MAX)
        return base_fail(why, BASE_ERANGE, 0, "label_max: %zu is not between 1 and %d, or 0",
                         label_max, MFN_ALM_LABELS_MAX);
    struct mfn_alm_constrain *const c = calloc(1, sizeof *c);
    if (c == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a search within limits");
    c->node_count = (uint32_t)node_count;
    base_err err = alm_links_init(&c->links, edges, edge_count, c->node_count, mix, why);
    if (err == BASE_OK && !constrain_alloc(c, node_count + 2, labels))
        err = base_fail(why, BASE_ENOMEM, 0, "no memory for %zu nodes and %zu labels", node_count,
                        labels);
    if (err != BASE_OK) {
        mfn_alm_constrain_free(c);
        return err;
    }
    *out = c;
    return BASE_OK;
}

void mfn_alm_constrain_free(struct mfn_alm_constrain *constrain)
{
    struct mfn_alm_constrain *const c = constrain;
    if (c == NULL)
        return;
    alm_links_done(&c->links);
    for (unsigned i = 0; i < ALM_SUM_COUNT; i++) {
        free(c->tails[i].distances);
        free(c->tails[i].arcs);
        free(c->tails[i].sums);
    }
    alm_heap_done(&c->heaps[0]);
    alm_heap_done(&c->heaps[1]);
    free(c->flags);
    free(c->nodes);
    free(c->edges);
    free(c->chain);
    free(c->labels.items);
    free(c->labels.heap);
    free(c->labels.settled);
    free(c);
}

static void limit_set(struct alm_question *q, enum alm_sum sum, double limit)
{
    q->limits[sum] = limit;
    q->limited[q->limited_count++] = sum;
}

static void question_init(struct mfn_alm_constrain *c, const struct mfn_alm_request *r,
                          const struct alm_loading *loading)
{
    struct alm_question *const q = &c->question;
    *q = (struct alm_question){
        .request = r,
        .weights = c->links.weights[r->metric],
        .loading = { .bps = alm_bps_of(r->bandwidth_mbps_min), .share = (double)INFINITY },
    };
    if (loading != NULL)
        q->loading = *loading;
    else if (r->bandwidth_mbps_min > 0 && q->loading.bps == 0)
        q->loading.bps = 1;
    q->is_adjusted = q->loading.is_priced || r->prefer_count > 0;
    if (r->latency_ms_max > 0)
        limit_set(q, ALM_SUM_LATENCY, r->latency_ms_max * (1 + tolerance));
    if (r->reliability_min > 0)
        limit_set(q, ALM_SUM_UNRELIABILITY, fmax(0, -log(r->reliability_min)) * (1 + tolerance));
    if (r->cost_max > 0)
        limit_set(q, ALM_SUM_COST, r->cost_max * (1 + tolerance));
    if (r->hop_max > 0)
        limit_set(q, ALM_SUM_HOPS, r->hop_max);
}

static void flags_set(struct mfn_alm_constrain *c, const struct mfn_alm_request *r, bool is_set)
{
    for (uint32_t i = 0; i < r->avoid_count; i++)
        c->flags[r->avoid[i]] = is_set ? ALM_NODE_AVOID : 0;
    for (uint32_t i = 0; i < r->prefer_count; i++)
        if ((c->flags[r->prefer[i]] & ALM_NODE_AVOID) == 0)
            c->flags[r->prefer[i]] = is_set ? ALM_NODE_PREFER : 0;
}

static base_err refuse(struct mfn_alm_constrain *c, enum mfn_alm_reason reason)
{
    c->reason = reason;
    return BASE_ENOTFOUND;
}

/* The target cannot be reached: because of what? Asks again with less in the way. */
static base_err explain_barred(struct mfn_alm_constrain *c, struct base_why *why)
{
    const struct mfn_alm_request *const r = c->question.request;
    const double asked = (double)c->question.loading.bps / 1e6;
    const bool is_loaded = c->question.loading.loads != NULL;
    const double *const distances = c->tails[ALM_SUM_HOPS].distances;
    c->question.loading = (struct alm_loading){ 0 };
    alm_tail_begin(c, ALM_SUM_HOPS);
    alm_tail_run(c, ALM_SUM_HOPS, r->from, (double)INFINITY);
    if (isfinite(distances[r->from])) {
        base_fail(why, BASE_ENOTFOUND, 0, "no path from %u to %u has %g Mbit/s%s", r->from, r->to,
                  asked, is_loaded ? " left" : "");
        return refuse(c, MFN_ALM_REASON_BANDWIDTH);
    }
    flags_set(c, r, false);
    alm_tail_begin(c, ALM_SUM_HOPS);
    alm_tail_run(c, ALM_SUM_HOPS, r->from, (double)INFINITY);
    if (isfinite(distances[r->from])) {
        base_fail(why, BASE_ENOTFOUND, 0,
                  "every path from %u to %u leads through a node that is to be avoided", r->from,
                  r->to);
        return refuse(c, MFN_ALM_REASON_AVOID);
    }
    base_fail(why, BASE_ENOTFOUND, 0, "no path leads from %u to %u", r->from, r->to);
    return refuse(c, MFN_ALM_REASON_PATH);
}

/* One limit cannot be kept, whatever else is given up. */
static base_err explain_limit(struct mfn_alm_constrain *c, enum alm_sum sum, struct base_why *why)
{
    const struct mfn_alm_request *const r = c->question.request;
    alm_tail_begin(c, sum);
    alm_tail_run(c, sum, r->from, (double)INFINITY);
    const double best = c->tails[sum].distances[r->from];
    switch (sum) {
    case ALM_SUM_LATENCY:
        base_fail(why, BASE_ENOTFOUND, 0, "the fastest path from %u to %u takes %g ms, not %g",
                  r->from, r->to, best, r->latency_ms_max);
        return refuse(c, MFN_ALM_REASON_LATENCY);
    case ALM_SUM_UNRELIABILITY:
        base_fail(why, BASE_ENOTFOUND, 0,
                  "the most reliable path from %u to %u has a reliability of %.9g, not %.9g",
                  r->from, r->to, exp(-best), r->reliability_min);
        return refuse(c, MFN_ALM_REASON_RELIABILITY);
    case ALM_SUM_COST:
        base_fail(why, BASE_ENOTFOUND, 0, "the cheapest path from %u to %u costs %g, not %g",
                  r->from, r->to, best, r->cost_max);
        return refuse(c, MFN_ALM_REASON_COST);
    default:
        base_fail(why, BASE_ENOTFOUND, 0, "the path of fewest hops from %u to %u has %g, not %u",
                  r->from, r->to, best, r->hop_max);
        return refuse(c, MFN_ALM_REASON_HOPS);
    }
}

static base_err explain_labels(struct mfn_alm_constrain *c, bool is_complete, struct base_why *why)
{
    const struct mfn_alm_request *const r = c->question.request;
    if (is_complete) {
        base_fail(why, BASE_ENOTFOUND, 0,
                  "no path from %u to %u keeps all limits at once, though each alone can be kept",
                  r->from, r->to);
        return refuse(c, MFN_ALM_REASON_TOGETHER);
    }
    c->reason = MFN_ALM_REASON_LABELS;
    return base_fail(why, BASE_EFULL, 0,
                     "%u labels were not enough to find a path from %u to %u within all limits; "
                     "there may be one",
                     c->labels.capacity, r->from, r->to);
}

/* Distances by each limited value, as far as its limit reaches; and the lightest path that is the
 * best by one of them and keeps all limits. */
static base_err tails_run(struct mfn_alm_constrain *c, struct alm_incumbent *best,
                          struct base_why *why)
{
    const struct alm_question *const q = &c->question;
    const uint32_t from = q->request->from;
    *best = (struct alm_incumbent){ .weight = (double)INFINITY, .label = MFN_ALM_NONE };
    for (unsigned i = 0; i < q->limited_count; i++) {
        const enum alm_sum sum = q->limited[i];
        const struct alm_sums *const way = &c->tails[sum].sums[from];
        alm_tail_begin(c, sum);
        alm_tail_run(c, sum, MFN_ALM_NONE, q->limits[sum]);
        if (isinf(c->tails[sum].distances[from]))
            return explain_limit(c, sum, why);
        if (alm_sums_keep(q, &nothing, way) && way->of[ALM_SUM_WEIGHT] < best->weight)
            *best = (struct alm_incumbent){ way->of[ALM_SUM_WEIGHT], MFN_ALM_NONE, sum };
    }
    return BASE_OK;
}

static base_err by_labels(struct mfn_alm_constrain *c, struct mfn_alm_way *out,
                          struct base_why *why)
{
    struct alm_incumbent best;
    double least = 0;
    const base_err err = tails_run(c, &best, why);
    if (err != BASE_OK)
        return err;
    alm_tail_run(c, ALM_SUM_WEIGHT, MFN_ALM_NONE, best.weight);
    const bool is_complete = alm_labels_run(c, &best, &least);
    if (isinf(best.weight))
        return explain_labels(c, is_complete, why);
    alm_way_write(c, &best, out);
    out->is_proven = is_complete;
    out->weight_least = is_complete ? out->weight : fmin(least, out->weight);
    out->label_count = c->labels.count;
    return BASE_OK;
}

static base_err solve(struct mfn_alm_constrain *c, struct mfn_alm_way *out, struct base_why *why)
{
    const struct alm_tail *const tail = &c->tails[ALM_SUM_WEIGHT];
    const uint32_t from = c->question.request->from;
    alm_tail_begin(c, ALM_SUM_WEIGHT);
    alm_tail_run(c, ALM_SUM_WEIGHT, from, (double)INFINITY);
    if (isinf(tail->distances[from]))
        return explain_barred(c, why);
    if (alm_sums_keep(&c->question, &nothing, &tail->sums[from])) {
        const struct alm_incumbent shortest = { .label = MFN_ALM_NONE, .tail = ALM_SUM_WEIGHT };
        alm_way_write(c, &shortest, out);
        out->is_proven = true;
        out->weight_least = out->weight;
        return BASE_OK;
    }
    return by_labels(c, out, why);
}

base_err alm_constrain_run(struct mfn_alm_constrain *c, const struct mfn_alm_request *request,
                           const struct alm_loading *loading, struct mfn_alm_way *out,
                           struct base_why *why)
{
    c->reason = MFN_ALM_REASON_NONE;
    question_init(c, request, loading);
    flags_set(c, request, true);
    const base_err err = solve(c, out, why);
    flags_set(c, request, false);
    return err;
}

base_err mfn_alm_constrain_find(struct mfn_alm_constrain *constrain,
                                const struct mfn_alm_request *request, struct mfn_alm_way *out,
                                struct base_why *why)
{
    constrain->reason = MFN_ALM_REASON_NONE;
    const base_err err = mfn_alm_request_check(request, constrain->node_count, why);
    return err != BASE_OK ? err : alm_constrain_run(constrain, request, NULL, out, why);
}

enum mfn_alm_reason mfn_alm_constrain_reason(const struct mfn_alm_constrain *constrain)
{
    return constrain->reason;
}
