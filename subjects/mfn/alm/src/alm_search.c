/* alm_search.c - Dijkstra's algorithm on a ring of buckets.
 *
 * Distances are whole numbers, so a bucket is a shift away. Where a bucket is no wider than the
 * lightest arc, nothing that is found while it is open can fall into it: its nodes are final
 * together, and a plain list will do. Where that would need too many buckets they are wider, and a
 * node that improves while its bucket is open is scanned again, which is seldom. Weights so uneven
 * that it is often use up the entries; from then on the bucket that is open is a heap, and each
 * node is scanned once. Rows of few arcs are relaxed without a branch: whether a distance improves
 * is a coin toss there, and a wrong guess costs more than the whole relaxation.
 */
#include "alm_search_internal.h"

#include <assert.h>
#include <string.h>

enum {
    BUCKETS_MIN = 64,
    BUCKETS_WIDE = 1 << 7,    /* more, and passing empty ones costs more than scanning twice */
    BUCKETS_NARROW = 1 << 11, /* when it was scanned twice too often */
    LARGE_NODES = 1 << 16,    /* labels of 1 MiB */
    AHEAD_ARCS = 8,           /* places in the batch */
    AHEAD_LABELS = 4,
    AHEAD_DEGREE = 16,
    DENSE_DEGREE = 24, /* from here on most relaxations are in vain, and a branch knows it */
};

static uint32_t log2_of(uint32_t x)
{
    return 31 - (uint32_t)__builtin_clz(x);
}

/* The heaviest arc reaches (weight_max >> shift) + 1 buckets ahead at most. */
static uint32_t buckets_for(const struct mfn_alm_graph *graph, uint32_t shift)
{
    const uint64_t span = ((uint64_t)graph->weight_max >> shift) + 2;
    uint64_t buckets = BUCKETS_MIN;
    while (buckets < span)
        buckets *= 2;
    return buckets > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)buckets;
}

/* The narrowest buckets of which there are at most so many. */
static void choose_shift(struct mfn_alm_search *s, uint32_t buckets_max)
{
    s->shift = log2_of(s->graph->weight_min);
    while (buckets_for(s->graph, s->shift) > buckets_max)
        s->shift++;
    s->bucket_mask = buckets_for(s->graph, s->shift) - 1;
}

static void choose_buckets(struct mfn_alm_search *s)
{
    const struct mfn_alm_graph *const g = s->graph;
    s->is_exact = buckets_for(g, log2_of(g->weight_min)) <= BUCKETS_WIDE;
    s->is_large = g->node_count >= LARGE_NODES;
    s->is_dense = g->arc_count / DENSE_DEGREE >= g->node_count;
    choose_shift(s, BUCKETS_WIDE);
}

base_err mfn_alm_search_new(const struct mfn_alm_graph *graph, struct mfn_alm_search **out)
{
    struct mfn_alm_search *const s = calloc(1, sizeof *s);
    if (s == NULL)
        return BASE_ENOMEM;
    const size_t nodes = graph->node_count;
    s->graph = graph;
    choose_buckets(s);
    s->entry_capacity = graph->arc_count + (s->is_exact ? 1 : graph->node_count + 1);
    s->labels = aligned_alloc(64, (nodes * sizeof *s->labels + 64) / 64 * 64);
    s->batch = malloc((nodes + 1) * sizeof *s->batch);
    s->entries = malloc(((size_t)s->entry_capacity + 1) * sizeof *s->entries);
    s->heads = aligned_alloc(64, BUCKETS_NARROW * sizeof *s->heads);
    const bool has_heap = s->is_exact || alm_heap_init(&s->heap, graph->node_count);
    if (s->labels == NULL || s->batch == NULL || s->entries == NULL || s->heads == NULL ||
        !has_heap) {
        mfn_alm_search_free(s);
        return BASE_ENOMEM;
    }
    memset(s->heads, 0xff, BUCKETS_NARROW * sizeof *s->heads);
    for (size_t i = 0; i < nodes; i++)
        s->labels[i] = (struct alm_label){ .distance = MFN_ALM_FAR, .parent = MFN_ALM_NONE };
    s->root = MFN_ALM_NONE;
    *out = s;
    return BASE_OK;
}

void mfn_alm_search_free(struct mfn_alm_search *search)
{
    if (search == NULL)
        return;
    free(search->labels);
    free(search->batch);
    free(search->entries);
    free(search->heads);
    alm_heap_done(&search->heap);
    free(search);
}

/* `a` where the condition holds, else `b`, without a branch. */
static inline uint64_t pick(bool condition, uint64_t a, uint64_t b)
{
    return b ^ ((a ^ b) & -(uint64_t)condition);
}

/* Relax the arcs of `node`; answers how many entries there are then. One entry more is written than
 * counted. */
static inline uint32_t relax(struct mfn_alm_search *s, const struct mfn_alm_rows *rows,
                             uint32_t node, uint32_t count)
{
    struct alm_label *const labels = s->labels;
    struct alm_entry *const entries = s->entries;
    uint32_t *const heads = s->heads;
    const uint32_t shift = s->shift, mask = s->bucket_mask;
    const uint64_t base = labels[node].distance;
    const struct alm_label mine = { .parent = node };
    const struct mfn_alm_arc *arc = rows->arcs + rows->first[node];
    const struct mfn_alm_arc *const end = rows->arcs + rows->first[node + 1];
    for (; arc < end; arc++) {
        struct alm_label *const label = &labels[arc->node];
        const uint64_t distance = base + arc->weight;
        const uint64_t before = label->distance;
        const bool is_better = distance < before;
        const uint32_t bucket = (uint32_t)(distance >> shift) & mask;
        const uint32_t head = heads[bucket];
        label->distance = pick(is_better, distance, before);
        label->both = pick(is_better, mine.both, label->both);
        entries[count] = (struct alm_entry){ arc->node, head };
        heads[bucket] = (uint32_t)pick(is_better, count, head);
        count += is_better;
    }
    return count;
}

static inline uint32_t relax_dense(struct mfn_alm_search *s, const struct mfn_alm_rows *rows,
                                   uint32_t node, uint32_t count)
{
    const uint64_t base = s->labels[node].distance;
    const struct mfn_alm_arc *arc = rows->arcs + rows->first[node];
    const struct mfn_alm_arc *const end = rows->arcs + rows->first[node + 1];
    for (; arc < end; arc++) {
        struct alm_label *const label = &s->labels[arc->node];
        const uint64_t distance = base + arc->weight;
        if (__builtin_expect(distance >= label->distance, 1))
            continue;
        uint32_t *const head = &s->heads[(uint32_t)(distance >> s->shift) & s->bucket_mask];
        *label = (struct alm_label){ .distance = distance, .parent = node };
        s->entries[count] = (struct alm_entry){ arc->node, *head };
        *head = count++;
    }
    return count;
}

/* Move what is to be scanned from the bucket to the batch; answers how many there are. */
static inline uint32_t open_bucket(struct mfn_alm_search *s, const struct mfn_alm_rows *rows,
                                   uint32_t bucket, uint32_t *met)
{
    uint32_t count = 0;
    for (uint32_t i = s->heads[bucket]; i != MFN_ALM_NONE; i = s->entries[i].next) {
        const uint32_t node = s->entries[i].node;
        __builtin_prefetch(&rows->first[node]);
        s->batch[count] = node;
        count += !s->labels[node].is_done;
        s->labels[node].is_done = 1;
        ++*met;
    }
    s->heads[bucket] = MFN_ALM_NONE;
    return count;
}

/* The first bucket from `bucket` on that is not empty; there is one. */
static inline uint32_t next_bucket(const struct mfn_alm_search *s, uint32_t bucket)
{
    enum { STEP = 4 };
    while (bucket % STEP != 0) {
        if (s->heads[bucket] != MFN_ALM_NONE)
            return bucket;
        bucket++;
    }
    for (;; bucket += STEP) {
        const uint32_t *const heads = &s->heads[bucket &= s->bucket_mask];
        if ((heads[0] & heads[1] & heads[2] & heads[3]) != MFN_ALM_NONE)
            break;
    }
    while (s->heads[bucket] == MFN_ALM_NONE)
        bucket++;
    return bucket;
}

/* Graphs that no cache holds: ask for what the nodes after this one of the batch will touch. */
static inline void fetch_ahead(const struct mfn_alm_search *s, const struct mfn_alm_rows *rows,
                               uint32_t i, uint32_t batch)
{
    if (i + AHEAD_ARCS < batch)
        __builtin_prefetch(&rows->arcs[rows->first[s->batch[i + AHEAD_ARCS]]]);
    if (i + AHEAD_LABELS >= batch)
        return;
    const uint32_t node = s->batch[i + AHEAD_LABELS];
    const uint32_t begin = rows->first[node], end = rows->first[node + 1];
    for (uint32_t k = begin; k < end && k < begin + AHEAD_DEGREE; k++)
        __builtin_prefetch(&s->labels[rows->arcs[k].node], 1);
}

/* False when the entries were used up. */
static bool run_lists(struct mfn_alm_search *s, const struct mfn_alm_rows *rows)
{
    uint32_t count = 1, met = 0, bucket = 0;
    while (met < count) {
        bucket = next_bucket(s, bucket);
        const uint32_t batch = open_bucket(s, rows, bucket, &met);
        for (uint32_t i = 0; i < batch; i++) {
            const uint32_t node = s->batch[i];
            s->labels[node].is_done = 1;
            if (s->is_large)
                fetch_ahead(s, rows, i, batch);
            if (!s->is_exact &&
                rows->first[node + 1] - rows->first[node] > s->entry_capacity - count)
                return false;
            count = s->is_dense ? relax_dense(s, rows, node, count) : relax(s, rows, node, count);
        }
    }
    return true;
}

static void ordered_put(struct mfn_alm_search *s, uint32_t bucket, uint32_t node, uint32_t entry)
{
    s->entries[entry] = (struct alm_entry){ node, s->heads[bucket] };
    s->heads[bucket] = entry;
    s->words[bucket / 64] |= UINT64_C(1) << bucket % 64;
    s->full |= UINT64_C(1) << bucket / 64;
}

/* Take the first bucket that is not empty, from `bucket` on around the ring. */
static uint32_t ordered_take(struct mfn_alm_search *s, uint32_t bucket)
{
    const uint32_t word = bucket / 64;
    const uint64_t here = s->words[word] & ~UINT64_C(0) << bucket % 64;
    uint32_t at = word;
    if (here == 0) {
        const uint64_t later = word < 63 ? s->full & ~UINT64_C(0) << (word + 1) : 0;
        at = (uint32_t)__builtin_ctzll(later != 0 ? later : s->full);
    }
    const uint64_t bits = here != 0 ? here : s->words[at];
    const uint32_t bit = (uint32_t)__builtin_ctzll(bits);
    s->words[at] &= ~(UINT64_C(1) << bit);
    if (s->words[at] == 0)
        s->full &= ~(UINT64_C(1) << at);
    return at * 64 + bit;
}

/* Relax in exact order; what falls into the open bucket, `now`, goes to the heap. */
static uint32_t relax_ordered(struct mfn_alm_search *s, const struct mfn_alm_rows *rows,
                              uint32_t node, uint64_t now, uint32_t count)
{
    const uint64_t base = s->labels[node].distance;
    const struct mfn_alm_arc *arc = rows->arcs + rows->first[node];
    const struct mfn_alm_arc *const end = rows->arcs + rows->first[node + 1];
    for (; arc < end; arc++) {
        struct alm_label *const label = &s->labels[arc->node];
        const uint64_t distance = base + arc->weight;
        if (distance >= label->distance)
            continue;
        label->distance = distance;
        label->parent = node;
        if (distance >> s->shift == now)
            alm_heap_put(&s->heap, arc->node, (int64_t)distance);
        else
            ordered_put(s, (uint32_t)(distance >> s->shift) & s->bucket_mask, arc->node, count++);
    }
    return count;
}

static void run_ordered(struct mfn_alm_search *s, const struct mfn_alm_rows *rows, uint32_t root)
{
    uint32_t count = 1, met = 0, bucket = 0;
    ordered_put(s, 0, root, 0);
    while (met < count) {
        bucket = ordered_take(s, bucket);
        for (uint32_t i = s->heads[bucket]; i != MFN_ALM_NONE; i = s->entries[i].next, met++) {
            const uint32_t node = s->entries[i].node;
            if (!s->labels[node].is_done)
                alm_heap_put(&s->heap, node, (int64_t)s->labels[node].distance);
        }
        s->heads[bucket] = MFN_ALM_NONE;
        while (s->heap.count > 0) {
            const struct alm_heap_item item = alm_heap_take(&s->heap);
            s->labels[item.node].is_done = 1;
            count = relax_ordered(s, rows, item.node, (uint64_t)item.key >> s->shift, count);
        }
    }
}

static void begin(struct mfn_alm_search *s, uint32_t root)
{
    for (uint32_t i = 0; i < s->graph->node_count; i++)
        s->labels[i] = (struct alm_label){ .distance = MFN_ALM_FAR, .parent = MFN_ALM_NONE };
    s->labels[root].distance = 0;
}

void mfn_alm_search_run(struct mfn_alm_search *search, uint32_t root,
                        enum mfn_alm_direction direction)
{
    assert(root < search->graph->node_count);
    const struct mfn_alm_rows *const rows =
        direction == MFN_ALM_FROM ? &search->graph->out : &search->graph->in;
    search->root = root;
    search->direction = direction;
    begin(search, root);
    while (!search->is_ordered) {
        search->entries[0] = (struct alm_entry){ root, MFN_ALM_NONE };
        search->heads[0] = 0;
        if (run_lists(search, rows))
            return;
        search->is_ordered = search->bucket_mask + 1 > BUCKETS_WIDE;
        choose_shift(search, BUCKETS_NARROW);
        memset(search->heads, 0xff, BUCKETS_NARROW * sizeof *search->heads);
        begin(search, root);
    }
    run_ordered(search, rows, root);
}

uint64_t mfn_alm_search_distance(const struct mfn_alm_search *search, uint32_t node)
{
    assert(node < search->graph->node_count);
    return search->labels[node].distance;
}

uint32_t mfn_alm_search_parent(const struct mfn_alm_search *search, uint32_t node)
{
    assert(node < search->graph->node_count);
    return search->labels[node].parent;
}

base_err mfn_alm_search_path(const struct mfn_alm_search *search, uint32_t node, uint32_t *nodes,
                             size_t capacity, size_t *count)
{
    assert(node < search->graph->node_count);
    if (search->labels[node].distance == MFN_ALM_FAR)
        return BASE_ENOTFOUND;
    size_t length = 0;
    for (uint32_t at = node; at != MFN_ALM_NONE; at = search->labels[at].parent)
        length++;
    *count = length;
    if (length > capacity)
        return BASE_EFULL;
    size_t i = 0;
    for (uint32_t at = node; at != MFN_ALM_NONE; at = search->labels[at].parent, i++)
        nodes[search->direction == MFN_ALM_FROM ? length - 1 - i : i] = at;
    return BASE_OK;
}
