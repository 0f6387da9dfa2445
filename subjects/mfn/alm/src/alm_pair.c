/* alm_pair.c - bidirectional A* with landmarks.
 *
 * With P(v) = (bound from v to the target) - (bound from the source to v), the forward side orders
 * its nodes by 2 d(v) + P(v), the backward side by 2 d(v) - P(v): twice the averaged potentials of
 * Ikeda et al., so that all stays whole. Both see the same reduced arcs, none negative, and may
 * stop as soon as the two smallest keys sum up to twice the best path known. Of the landmarks a
 * question uses those few that bound its own distance best.
 *
 * Landmarks may be unable to say anything of a node (no path to or from them); then the bound is 0.
 * Arcs to such nodes may get a negative reduced weight, but only where the node lies on no path of
 * this question: from it nothing is reached that could be a part of the answer.
 */
#include "alm_heap.h"
#include "alm_landmarks.h"

#include <base/rng.h>

#include <assert.h>

enum {
    ACTIVE_MAX = 3,
    SAMPLES = 32,
    LED_COST = 2, /* what a node costs with potentials, over one without */
    FORWARD = 0,
    BACKWARD = 1
};

struct pair_label {
    uint64_t distance[2];
    int64_t potential;
    uint32_t parent[2];
    uint32_t stamp; /* of the question that wrote this */
    uint8_t is_done[2];
};

struct mfn_alm_pair {
    const struct mfn_alm_graph *graph;
    const struct mfn_alm_landmarks *landmarks;
    struct pair_label *labels; /* [node_count] */
    struct alm_heap heaps[2];
    bool is_led; /* the landmarks are used */
    uint32_t stamp;
    uint32_t active_count;
    uint32_t active[ACTIVE_MAX];
    struct alm_known source[ACTIVE_MAX], target[ACTIVE_MAX];
    uint64_t best;
    uint32_t meeting; /* MFN_ALM_NONE: no path */
    size_t settled;
};

base_err mfn_alm_pair_new(const struct mfn_alm_graph *graph,
                          const struct mfn_alm_landmarks *landmarks, struct mfn_alm_pair **out)
{
    struct mfn_alm_pair *const p = calloc(1, sizeof *p);
    if (p == NULL)
        return BASE_ENOMEM;
    p->graph = graph;
    p->landmarks = landmarks;
    p->is_led = landmarks != NULL;
    p->meeting = MFN_ALM_NONE;
    p->labels = calloc((size_t)graph->node_count + 1, sizeof *p->labels);
    if (p->labels == NULL || !alm_heap_init(&p->heaps[FORWARD], graph->node_count) ||
        !alm_heap_init(&p->heaps[BACKWARD], graph->node_count)) {
        mfn_alm_pair_free(p);
        return BASE_ENOMEM;
    }
    *out = p;
    return BASE_OK;
}

void mfn_alm_pair_free(struct mfn_alm_pair *pair)
{
    if (pair == NULL)
        return;
    free(pair->labels);
    alm_heap_done(&pair->heaps[FORWARD]);
    alm_heap_done(&pair->heaps[BACKWARD]);
    free(pair);
}

/* a - b where both are known and the difference says something; else 0. */
static inline uint64_t gap(uint64_t a, uint64_t b)
{
    return a != MFN_ALM_FAR && b != MFN_ALM_FAR && a > b ? a - b : 0;
}

/* No path from u to v is shorter than this. */
static inline uint64_t bound(const struct alm_known *u, const struct alm_known *v)
{
    const uint64_t by_to = gap(u->to, v->to), by_from = gap(v->from, u->from);
    return by_to > by_from ? by_to : by_from;
}

static const struct alm_known *known_of(const struct mfn_alm_landmarks *landmarks, uint32_t node)
{
    return landmarks->known + (size_t)node * landmarks->capacity;
}

/* Keep the landmarks that bound the question best. */
static void choose_active(struct mfn_alm_pair *p, uint32_t from, uint32_t to)
{
    uint64_t bounds[ACTIVE_MAX] = { 0 };
    p->active_count = 0;
    if (!p->is_led)
        return;
    const struct alm_known *const source = known_of(p->landmarks, from);
    const struct alm_known *const target = known_of(p->landmarks, to);
    for (uint32_t i = 0; i < p->landmarks->count; i++) {
        const uint64_t value = bound(&source[i], &target[i]);
        uint32_t at = p->active_count;
        for (; at > 0 && bounds[at - 1] < value; at--)
            if (at < ACTIVE_MAX) {
                bounds[at] = bounds[at - 1];
                p->active[at] = p->active[at - 1];
            }
        if (at < ACTIVE_MAX && value > 0) {
            bounds[at] = value;
            p->active[at] = i;
            p->active_count += p->active_count < ACTIVE_MAX;
        }
    }
    for (uint32_t i = 0; i < p->active_count; i++) {
        p->source[i] = source[p->active[i]];
        p->target[i] = target[p->active[i]];
    }
}

static int64_t potential(const struct mfn_alm_pair *p, uint32_t node)
{
    uint64_t ahead = 0, behind = 0;
    if (p->active_count == 0)
        return 0;
    const struct alm_known *const known = known_of(p->landmarks, node);
    for (uint32_t i = 0; i < p->active_count; i++) {
        const struct alm_known *const here = &known[p->active[i]];
        const uint64_t to_target = bound(here, &p->target[i]);
        const uint64_t from_source = bound(&p->source[i], here);
        ahead = to_target > ahead ? to_target : ahead;
        behind = from_source > behind ? from_source : behind;
    }
    return (int64_t)ahead - (int64_t)behind;
}

static inline struct pair_label *label_of(struct mfn_alm_pair *p, uint32_t node)
{
    struct pair_label *const label = &p->labels[node];
    if (label->stamp != p->stamp)
        *label = (struct pair_label){ .distance = { MFN_ALM_FAR, MFN_ALM_FAR },
                                      .potential = potential(p, node),
                                      .parent = { MFN_ALM_NONE, MFN_ALM_NONE },
                                      .stamp = p->stamp };
    return label;
}

static inline void reach(struct mfn_alm_pair *p, unsigned side, uint32_t node, uint64_t distance,
                         uint32_t parent)
{
    struct pair_label *const label = label_of(p, node);
    if (label->is_done[side] || distance >= label->distance[side])
        return;
    label->distance[side] = distance;
    label->parent[side] = parent;
    const int64_t key =
        2 * (int64_t)distance + (side == FORWARD ? label->potential : -label->potential);
    alm_heap_put(&p->heaps[side], node, key);
    const uint64_t other = label->distance[1 - side];
    if (other != MFN_ALM_FAR && distance + other < p->best) {
        p->best = distance + other;
        p->meeting = node;
    }
}

static void settle(struct mfn_alm_pair *p, unsigned side)
{
    const struct mfn_alm_rows *const rows = side == FORWARD ? &p->graph->out : &p->graph->in;
    const uint32_t node = alm_heap_take(&p->heaps[side]).node;
    const uint64_t distance = p->labels[node].distance[side];
    p->labels[node].is_done[side] = 1;
    p->settled++;
    for (uint32_t i = rows->first[node]; i < rows->first[node + 1]; i++)
        reach(p, side, rows->arcs[i].node, distance + rows->arcs[i].weight, node);
}

static void begin(struct mfn_alm_pair *p, uint32_t from, uint32_t to)
{
    if (++p->stamp == 0) {
        for (uint32_t i = 0; i < p->graph->node_count; i++)
            p->labels[i].stamp = 0;
        p->stamp = 1;
    }
    p->best = MFN_ALM_FAR;
    p->meeting = MFN_ALM_NONE;
    p->settled = 0;
    choose_active(p, from, to);
    reach(p, FORWARD, from, 0, MFN_ALM_NONE);
    reach(p, BACKWARD, to, 0, MFN_ALM_NONE);
}

uint64_t mfn_alm_pair_find(struct mfn_alm_pair *pair, uint32_t from, uint32_t to)
{
    assert(from < pair->graph->node_count && to < pair->graph->node_count);
    struct alm_heap *const ahead = &pair->heaps[FORWARD], *const behind = &pair->heaps[BACKWARD];
    begin(pair, from, to);
    while (ahead->count > 0 && behind->count > 0) {
        if (pair->best != MFN_ALM_FAR &&
            ahead->items[0].key + behind->items[0].key >= 2 * (int64_t)pair->best)
            break;
        settle(pair, ahead->count <= behind->count ? FORWARD : BACKWARD);
    }
    alm_heap_clear(ahead);
    alm_heap_clear(behind);
    return pair->best;
}

bool mfn_alm_pair_tune(struct mfn_alm_pair *pair)
{
    size_t settled[2] = { 0 };
    struct base_rng rng;
    if (pair->landmarks == NULL || pair->graph->node_count == 0)
        return false;
    base_rng_init(&rng, pair->graph->node_count);
    for (unsigned i = 0; i < SAMPLES; i++) {
        const uint32_t from = (uint32_t)base_rng_below(&rng, pair->graph->node_count);
        const uint32_t to = (uint32_t)base_rng_below(&rng, pair->graph->node_count);
        for (unsigned is_led = 0; is_led < 2; is_led++) {
            pair->is_led = is_led == 1;
            mfn_alm_pair_find(pair, from, to);
            settled[is_led] += pair->settled;
        }
    }
    pair->is_led = settled[1] * LED_COST < settled[0];
    return pair->is_led;
}

size_t mfn_alm_pair_settled(const struct mfn_alm_pair *pair)
{
    return pair->settled;
}

base_err mfn_alm_pair_path(const struct mfn_alm_pair *pair, uint32_t *nodes, size_t capacity,
                           size_t *count)
{
    if (pair->meeting == MFN_ALM_NONE)
        return BASE_ENOTFOUND;
    size_t before = 0, after = 0;
    for (uint32_t at = pair->meeting; at != MFN_ALM_NONE; at = pair->labels[at].parent[FORWARD])
        before++;
    for (uint32_t at = pair->meeting; at != MFN_ALM_NONE; at = pair->labels[at].parent[BACKWARD])
        after++;
    *count = before + after - 1;
    if (*count > capacity)
        return BASE_EFULL;
    size_t i = before;
    for (uint32_t at = pair->meeting; at != MFN_ALM_NONE; at = pair->labels[at].parent[FORWARD])
        nodes[--i] = at;
    i = before - 1;
    for (uint32_t at = pair->meeting; at != MFN_ALM_NONE; at = pair->labels[at].parent[BACKWARD])
        nodes[i++] = at;
    return BASE_OK;
}
