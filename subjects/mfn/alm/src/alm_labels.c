/* alm_labels.c - label setting: partial paths from the source, those first whose shortest way to
 * the target makes the lightest whole.
 *
 * A label is given up when the least of what is to come breaks a limit or makes it no lighter than
 * the best path known, or when a label settled at its node has used no more of anything. Each is
 * completed along all tails at once. When the lightest tail keeps the limits, that is the best the
 * label can become, and it is not followed any further.
 */
#include "alm_constrain_internal.h"

#include <math.h>

static void heap_push(struct alm_labels *l, double key, uint32_t label)
{
    uint32_t at = l->heap_count++;
    for (; at > 0 && l->heap[(at - 1) / 2].key > key; at = (at - 1) / 2)
        l->heap[at] = l->heap[(at - 1) / 2];
    l->heap[at] = (struct alm_partial_key){ key, label };
}

static struct alm_partial_key heap_take(struct alm_labels *l)
{
    const struct alm_partial_key top = l->heap[0], last = l->heap[--l->heap_count];
    uint32_t at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= l->heap_count)
            break;
        child += child + 1 < l->heap_count && l->heap[child + 1].key < l->heap[child].key;
        if (l->heap[child].key >= last.key)
            break;
        l->heap[at] = l->heap[child];
        at = child;
    }
    l->heap[at] = last;
    return top;
}

/* Has a label that is settled there used no more of anything that counts? */
static bool is_dominated(const struct mfn_alm_constrain *c, const struct alm_partial *label)
{
    const struct alm_question *const q = &c->question;
    for (uint32_t i = c->labels.settled[label->node]; i != MFN_ALM_NONE;
         i = c->labels.items[i].next) {
        const struct alm_sums *const other = &c->labels.items[i].sums;
        bool is_less = other->of[ALM_SUM_WEIGHT] <= label->sums.of[ALM_SUM_WEIGHT];
        for (unsigned k = 0; k < q->limited_count && is_less; k++)
            is_less = other->of[q->limited[k]] <= label->sums.of[q->limited[k]];
        if (is_less)
            return true;
    }
    return false;
}

/* The least of what is to come breaks no limit. */
static bool is_hopeful(const struct mfn_alm_constrain *c, const struct alm_partial *label)
{
    const struct alm_question *const q = &c->question;
    for (unsigned i = 0; i < q->limited_count; i++) {
        const enum alm_sum sum = q->limited[i];
        if (label->sums.of[sum] + c->tails[sum].distances[label->node] > q->limits[sum])
            return false;
    }
    return true;
}

/* Complete the label, which is hopeful, by one tail. Is that a path within the limits? */
static bool complete(const struct mfn_alm_constrain *c, const struct alm_partial *label,
                     uint32_t index, enum alm_sum tail, struct alm_incumbent *best)
{
    const struct alm_sums *const to_come = &c->tails[tail].sums[label->node];
    if (!alm_sums_keep(&c->question, &label->sums, to_come))
        return false;
    const double weight = label->sums.of[ALM_SUM_WEIGHT] + to_come->of[ALM_SUM_WEIGHT];
    if (weight < best->weight)
        *best = (struct alm_incumbent){ weight, index, tail };
    return true;
}

/* Keep the label that was written behind the last one, if it can become something. */
static void label_add(struct mfn_alm_constrain *c, struct alm_incumbent *best)
{
    struct alm_labels *const l = &c->labels;
    const struct alm_question *const q = &c->question;
    const struct alm_partial *const label = &l->items[l->count];
    const double key =
        label->sums.of[ALM_SUM_WEIGHT] + c->tails[ALM_SUM_WEIGHT].distances[label->node];
    if (!(key < best->weight) || !is_hopeful(c, label) || is_dominated(c, label))
        return;
    const uint32_t index = l->count++;
    if (complete(c, label, index, ALM_SUM_WEIGHT, best))
        return;
    for (unsigned i = 0; i < q->limited_count; i++)
        complete(c, label, index, q->limited[i], best);
    heap_push(l, key, index);
}

/* Answers whether there was room for all. */
static bool expand(struct mfn_alm_constrain *c, uint32_t index, struct alm_incumbent *best)
{
    struct alm_labels *const labels = &c->labels;
    const struct alm_links *const l = &c->links;
    const uint32_t node = labels->items[index].node;
    for (uint32_t i = l->out_first[node]; i < l->out_first[node + 1]; i++) {
        const uint32_t arc = l->out_arcs[i];
        const double weight = labels->items[index].sums.of[ALM_SUM_WEIGHT] +
                              alm_arc_adds(c, ALM_SUM_WEIGHT, arc) +
                              c->tails[ALM_SUM_WEIGHT].distances[l->to[arc]];
        if (!(weight < best->weight) || !alm_arc_fits(c, arc))
            continue;
        if (labels->count == labels->capacity)
            return false;
        labels->items[labels->count] =
            (struct alm_partial){ .sums = alm_sums_after(c, &labels->items[index].sums, arc),
                                  .node = l->to[arc],
                                  .arc = arc,
                                  .parent = index };
        label_add(c, best);
    }
    return true;
}

static void settle(struct alm_labels *l, uint32_t index)
{
    struct alm_partial *const label = &l->items[index];
    label->next = l->settled[label->node];
    l->settled[label->node] = index;
}

bool alm_labels_run(struct mfn_alm_constrain *c, struct alm_incumbent *best, double *least)
{
    struct alm_labels *const l = &c->labels;
    for (uint32_t i = 0; i < c->node_count; i++)
        l->settled[i] = MFN_ALM_NONE;
    l->count = l->heap_count = 0;
    l->items[0] = (struct alm_partial){ .node = c->question.request->from,
                                        .arc = MFN_ALM_NONE,
                                        .parent = MFN_ALM_NONE };
    label_add(c, best);
    while (l->heap_count > 0) {
        const struct alm_partial_key top = heap_take(l);
        *least = top.key;
        if (top.key >= best->weight)
            return true;
        if (is_dominated(c, &l->items[top.label]))
            continue;
        settle(l, top.label);
        if (!expand(c, top.label, best))
            return false;
    }
    return true;
}
