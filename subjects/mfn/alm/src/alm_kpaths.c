/* alm_kpaths.c - Yen's algorithm with Lawler's partition and exact potentials.
 *
 * Every path found splits the paths that are left: those that share its first nodes up to a spur
 * and leave it there. The shortest of such a part is found by A* from the spur, with the distance
 * to the target in the whole graph as bound. As soon as the node on top has a way along the
 * shortest path tree that meets none of the barred nodes, its bound is the truth and the search is
 * over; in most parts that is after one row of arcs. A part whose bound is not below the K-th best
 * candidate is left.
 *
 * The tree's way from the top cannot meet the search's own path: a node on both would have been on
 * top before, and its way - an end of the same way - would have been free then.
 */
#include <mfn/alm_kpaths.h>

#include "alm_search_internal.h"

#include <assert.h>
#include <string.h>

struct spur_label {
    uint64_t distance; /* from the spur */
    uint32_t parent;
    uint32_t reached; /* stamp of the spur search that wrote distance and parent */
    uint32_t barred;  /* stamp of the path whose first nodes may not be used */
    uint32_t banned;  /* stamp of the spur search whose first step may not lead here */
};

struct candidate {
    uint64_t distance;
    size_t nodes; /* place in the pool */
    uint32_t count;
    uint32_t spur; /* index in the path of the node where it left the one it comes from */
};

struct mfn_alm_kpaths {
    const struct mfn_alm_graph *graph;
    struct mfn_alm_search *tree; /* to the target */
    struct spur_label *labels;   /* [node_count] */
    struct alm_heap heap;
    uint32_t stamp;
    struct candidate *found;      /* [k_max] */
    struct candidate *candidates; /* [k_max], by descending distance */
    size_t found_count, candidate_count, k_max, k;
    uint32_t *pool;
    size_t pool_count, pool_capacity;
    uint64_t *prefixes; /* [node_count]: distances along the path that is split */
};

enum { POOL_MIN = 1024 };

base_err mfn_alm_kpaths_new(const struct mfn_alm_graph *graph, size_t k_max,
                            struct mfn_alm_kpaths **out)
{
    if (k_max == 0 || k_max > MFN_ALM_KPATHS_MAX)
        return BASE_EINVALID;
    struct mfn_alm_kpaths *const kp = calloc(1, sizeof *kp);
    if (kp == NULL)
        return BASE_ENOMEM;
    const size_t nodes = graph->node_count;
    kp->graph = graph;
    kp->k_max = k_max;
    kp->pool_capacity = POOL_MIN;
    kp->labels = calloc(nodes + 1, sizeof *kp->labels);
    kp->found = malloc(k_max * sizeof *kp->found);
    kp->candidates = malloc(k_max * sizeof *kp->candidates);
    kp->pool = malloc(kp->pool_capacity * sizeof *kp->pool);
    kp->prefixes = malloc((nodes + 1) * sizeof *kp->prefixes);
    if (kp->labels == NULL || kp->found == NULL || kp->candidates == NULL || kp->pool == NULL ||
        kp->prefixes == NULL || !alm_heap_init(&kp->heap, graph->node_count) ||
        mfn_alm_search_new(graph, &kp->tree) != BASE_OK) {
        mfn_alm_kpaths_free(kp);
        return BASE_ENOMEM;
    }
    *out = kp;
    return BASE_OK;
}

void mfn_alm_kpaths_free(struct mfn_alm_kpaths *kpaths)
{
    if (kpaths == NULL)
        return;
    free(kpaths->labels);
    free(kpaths->found);
    free(kpaths->candidates);
    free(kpaths->pool);
    free(kpaths->prefixes);
    alm_heap_done(&kpaths->heap);
    mfn_alm_search_free(kpaths->tree);
    free(kpaths);
}

/* See to it that `count` more stamps are left. */
static void stamps_reserve(struct mfn_alm_kpaths *kp, uint32_t count)
{
    if (UINT32_MAX - kp->stamp > count)
        return;
    memset(kp->labels, 0, kp->graph->node_count * sizeof *kp->labels);
    kp->stamp = 0;
}

/* Room for `count` more node numbers at the end of the pool. */
static base_err pool_reserve(struct mfn_alm_kpaths *kp, size_t count)
{
    size_t capacity = kp->pool_capacity;
    while (capacity - kp->pool_count < count)
        capacity *= 2;
    if (capacity == kp->pool_capacity)
        return BASE_OK;
    uint32_t *const pool = realloc(kp->pool, capacity * sizeof *pool);
    if (pool == NULL)
        return BASE_ENOMEM;
    kp->pool = pool;
    kp->pool_capacity = capacity;
    return BASE_OK;
}

/* A candidate must be shorter than this to be one of the k. */
static uint64_t limit(const struct mfn_alm_kpaths *kp)
{
    const bool is_full = kp->candidate_count == kp->k - kp->found_count;
    return is_full ? kp->candidates[0].distance : MFN_ALM_FAR;
}

static void candidate_add(struct mfn_alm_kpaths *kp, const struct candidate *candidate)
{
    if (kp->candidate_count == kp->k - kp->found_count) {
        kp->candidate_count--;
        memmove(kp->candidates, kp->candidates + 1, kp->candidate_count * sizeof *candidate);
    }
    size_t low = 0, high = kp->candidate_count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (kp->candidates[middle].distance > candidate->distance)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(kp->candidates + low + 1, kp->candidates + low,
            (kp->candidate_count - low) * sizeof *candidate);
    kp->candidates[low] = *candidate;
    kp->candidate_count++;
}

/* Is the way along the tree free of barred nodes? */
static bool is_free(const struct mfn_alm_kpaths *kp, uint32_t node, uint32_t barred)
{
    for (; node != MFN_ALM_NONE; node = kp->tree->labels[node].parent)
        if (kp->labels[node].barred == barred)
            return false;
    return true;
}

/* One spur: where it is, what is barred, what the path weighs up to it. */
struct spur {
    uint32_t node, index;
    uint32_t barred, stamp;
    uint64_t prefix;
};

static void expand(struct mfn_alm_kpaths *kp, const struct spur *spur, uint32_t node,
                   uint64_t distance, uint64_t most)
{
    const struct mfn_alm_rows *const rows = &kp->graph->out;
    for (uint32_t i = rows->first[node]; i < rows->first[node + 1]; i++) {
        const struct mfn_alm_arc arc = rows->arcs[i];
        struct spur_label *const label = &kp->labels[arc.node];
        const uint64_t ahead = kp->tree->labels[arc.node].distance;
        if (label->barred == spur->barred || ahead == MFN_ALM_FAR ||
            (node == spur->node && label->banned == spur->stamp))
            continue;
        const uint64_t there = distance + arc.weight;
        if (spur->prefix + there + ahead >= most ||
            (label->reached == spur->stamp && there >= label->distance))
            continue;
        label->distance = there;
        label->parent = node;
        label->reached = spur->stamp;
        alm_heap_put(&kp->heap, arc.node, (int64_t)(there + ahead));
    }
}

/* The node from which the tree leads on; MFN_ALM_NONE when the part has no path below the limit. */
static uint32_t search(struct mfn_alm_kpaths *kp, const struct spur *spur)
{
    const uint64_t most = limit(kp);
    uint32_t last = MFN_ALM_NONE;
    expand(kp, spur, spur->node, 0, most);
    while (kp->heap.count > 0) {
        const uint32_t node = alm_heap_take(&kp->heap).node;
        if (is_free(kp, node, spur->barred)) {
            last = node;
            break;
        }
        expand(kp, spur, node, kp->labels[node].distance, most);
    }
    alm_heap_clear(&kp->heap);
    return last;
}

/* Write the path: the first nodes of `path` up to the spur, the search's way to `last`, the tree.
 */
static base_err candidate_take(struct mfn_alm_kpaths *kp, const struct candidate *path,
                               const struct spur *spur, uint32_t last)
{
    const struct alm_label *const tree = kp->tree->labels;
    uint32_t middle = 0, after = 0;
    for (uint32_t at = last; at != spur->node; at = kp->labels[at].parent)
        middle++;
    for (uint32_t at = tree[last].parent; at != MFN_ALM_NONE; at = tree[at].parent)
        after++;
    const struct candidate c = { .distance =
                                     spur->prefix + kp->labels[last].distance + tree[last].distance,
                                 .nodes = kp->pool_count,
                                 .count = spur->index + 1 + middle + after,
                                 .spur = spur->index };
    const base_err err = pool_reserve(kp, c.count);
    if (err != BASE_OK)
        return err;
    uint32_t *const nodes = kp->pool + kp->pool_count;
    memcpy(nodes, kp->pool + path->nodes, (spur->index + 1) * sizeof *nodes);
    uint32_t i = spur->index + middle;
    for (uint32_t at = last; at != spur->node; at = kp->labels[at].parent)
        nodes[i--] = at;
    i = spur->index + middle + 1;
    for (uint32_t at = tree[last].parent; at != MFN_ALM_NONE; at = tree[at].parent)
        nodes[i++] = at;
    kp->pool_count += c.count;
    candidate_add(kp, &c);
    return BASE_OK;
}

/* No first step along any path found that shares its first nodes with the newest up to `index`. */
static void ban(struct mfn_alm_kpaths *kp, const struct candidate *path, uint32_t index,
                uint32_t stamp)
{
    const uint32_t *const nodes = kp->pool + path->nodes;
    kp->labels[nodes[index + 1]].banned = stamp;
    if (index > path->spur)
        return; /* it is the only one that came this far */
    for (size_t i = 0; i + 1 < kp->found_count; i++) {
        const uint32_t *const other = kp->pool + kp->found[i].nodes;
        if (kp->found[i].count > index + 1 &&
            memcmp(other, nodes, (index + 1) * sizeof *nodes) == 0)
            kp->labels[other[index + 1]].banned = stamp;
    }
}

/* Split what is left by the newest path. */
static base_err split(struct mfn_alm_kpaths *kp)
{
    const struct candidate path = kp->found[kp->found_count - 1];
    stamps_reserve(kp, path.count + 1);
    const uint32_t barred = ++kp->stamp;
    kp->prefixes[0] = 0;
    for (uint32_t i = 0; i + 1 < path.count; i++) {
        const uint32_t node = kp->pool[path.nodes + i];
        kp->prefixes[i + 1] =
            kp->prefixes[i] + mfn_alm_graph_weight(kp->graph, node, kp->pool[path.nodes + i + 1]);
        kp->labels[node].barred = barred;
        if (i < path.spur)
            continue;
        const struct spur spur = { .node = node,
                                   .index = i,
                                   .barred = barred,
                                   .stamp = ++kp->stamp,
                                   .prefix = kp->prefixes[i] };
        ban(kp, &path, i, spur.stamp);
        const uint32_t last = search(kp, &spur);
        const base_err err =
            last == MFN_ALM_NONE ? BASE_OK : candidate_take(kp, &path, &spur, last);
        if (err != BASE_OK)
            return err;
    }
    return BASE_OK;
}

static base_err first_path(struct mfn_alm_kpaths *kp, uint32_t from)
{
    const struct alm_label *const tree = kp->tree->labels;
    struct candidate c = { .distance = tree[from].distance };
    if (c.distance == MFN_ALM_FAR)
        return BASE_OK;
    for (uint32_t at = from; at != MFN_ALM_NONE; at = tree[at].parent)
        c.count++;
    const base_err err = pool_reserve(kp, c.count);
    if (err != BASE_OK)
        return err;
    for (uint32_t at = from; at != MFN_ALM_NONE; at = tree[at].parent)
        kp->pool[kp->pool_count++] = at;
    candidate_add(kp, &c);
    return BASE_OK;
}

static int path_order(const struct mfn_alm_kpaths *kp, const struct candidate *a,
                      const struct candidate *b)
{
    if (a->distance != b->distance)
        return a->distance < b->distance ? -1 : 1;
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    const uint32_t *const x = kp->pool + a->nodes, *const y = kp->pool + b->nodes;
    for (uint32_t i = 0; i < a->count; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

/* They are found by distance already; only runs of equals are out of order. */
static void sort_equals(struct mfn_alm_kpaths *kp)
{
    for (size_t i = 1; i < kp->found_count; i++) {
        const struct candidate path = kp->found[i];
        size_t at = i;
        for (; at > 0 && path_order(kp, &kp->found[at - 1], &path) > 0; at--)
            kp->found[at] = kp->found[at - 1];
        kp->found[at] = path;
    }
}

base_err mfn_alm_kpaths_find(struct mfn_alm_kpaths *kpaths, uint32_t from, uint32_t to, size_t k,
                             size_t *count)
{
    struct mfn_alm_kpaths *const kp = kpaths;
    const uint32_t nodes = kp->graph->node_count;
    kp->found_count = kp->candidate_count = kp->pool_count = 0;
    if (k == 0 || k > kp->k_max || from >= nodes || to >= nodes)
        return BASE_EINVALID;
    kp->k = k;
    mfn_alm_search_run(kp->tree, to, MFN_ALM_TO);
    base_err err = first_path(kp, from);
    while (err == BASE_OK && kp->candidate_count > 0) {
        kp->found[kp->found_count++] = kp->candidates[--kp->candidate_count];
        if (kp->found_count == k)
            break;
        err = split(kp);
    }
    if (err != BASE_OK) {
        kp->found_count = 0;
        return err;
    }
    sort_equals(kp);
    *count = kp->found_count;
    return BASE_OK;
}

struct mfn_alm_path mfn_alm_kpaths_get(const struct mfn_alm_kpaths *kpaths, size_t index)
{
    assert(index < kpaths->found_count);
    const struct candidate *const c = &kpaths->found[index];
    return (struct mfn_alm_path){ c->distance, c->count, kpaths->pool + c->nodes };
}
