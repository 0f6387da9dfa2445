/* alm_routes.c - a distance-vector table whose rows are vectors.
 *
 * A node's row is its distances to 32 targets; the row must equal the minimum over its arcs of the
 * neighbour's row plus the arc's weight, and a work list of rows is drained until all do. One step
 * of that is a handful of instructions for 32 targets, which is why the table is not made of 1000
 * separate searches. Repair is Ramalingam and Reps' in the same terms: lanes whose next hop leads
 * over an arc that became heavier are raised, and all that hang on them; then the work list begins
 * with these rows instead of all.
 */
#include "alm_routes_internal.h"

#include "alm_arcs.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of this share of arcs (1 / REBUILD_SHARE) and more that change, raising costs more than it saves.
 */
enum { REBUILD_SHARE = 250, REBUILD_MIN = 8, ORDER_CLASSES = 1024 };

static size_t block_size(const struct mfn_alm_routes *r)
{
    return (size_t)r->node_count * ALM_LANES;
}

static void *aligned_room(size_t size)
{
    return aligned_alloc(64, (size + 64) / 64 * 64);
}

static base_err targets_init(struct mfn_alm_routes *r, const struct mfn_alm_routes_options *options,
                             struct base_why *why)
{
    const bool is_all = options == NULL || options->targets == NULL;
    const size_t count = is_all ? r->node_count : options->target_count;
    if (count > r->node_count)
        return base_fail(why, BASE_EINVALID, 0, "%zu targets: there are %u nodes", count,
                         r->node_count);
    r->target_count = (uint32_t)count;
    r->block_count = (r->target_count + ALM_LANES - 1) / ALM_LANES;
    for (uint32_t i = 0; i < r->target_count; i++) {
        const uint32_t node = is_all ? i : options->targets[i];
        if (node >= r->node_count)
            return base_fail(why, BASE_EINVALID, i,
                             "target %u: there are %u nodes, numbered from 0", node, r->node_count);
        if (r->lanes[node] != MFN_ALM_NONE)
            return base_fail(why, BASE_EINVALID, i, "target %u is named twice", node);
        r->lanes[node] = i;
        r->targets[i] = node;
    }
    return BASE_OK;
}

static base_err quantum_init(struct mfn_alm_routes *r, const struct mfn_alm_graph *graph,
                             const struct mfn_alm_routes_options *options, struct base_why *why)
{
    const double largest = graph->weight_max * graph->quantum;
    const double asked = options != NULL ? options->weight_max : 0;
    if (!(asked == 0 || (asked >= largest && isfinite(asked))))
        return base_fail(why, BASE_ERANGE, 0,
                         "weight_max: %g is neither 0 nor %g, the graph's largest weight, or more",
                         asked, largest);
    const uint32_t limit = UINT32_MAX / (r->node_count + 2);
    r->weight_max = asked == 0 ? 4 * largest : asked;
    r->quantum = graph->quantum;
    while (r->weight_max / r->quantum > limit)
        r->quantum *= 2;
    r->work.far = UINT32_MAX - limit;
    return BASE_OK;
}

static uint32_t quanta_of(const struct mfn_alm_routes *r, double weight)
{
    const double quanta = nearbyint(weight / r->quantum);
    return quanta < 1 ? 1 : (uint32_t)quanta;
}

static base_err arcs_init(struct mfn_alm_routes *r, const struct mfn_alm_graph *graph)
{
    for (uint32_t node = 0; node < r->node_count; node++) {
        const struct mfn_alm_rows *const rows[2] = { &graph->out, &graph->in };
        struct alm_arcs *const mine[2] = { &r->out[node], &r->in[node] };
        for (unsigned side = 0; side < 2; side++) {
            const uint32_t begin = rows[side]->first[node], end = rows[side]->first[node + 1];
            if (end > begin && alm_arcs_reserve(mine[side], end - begin) != BASE_OK)
                return BASE_ENOMEM;
            for (uint32_t i = begin; i < end; i++) {
                const struct mfn_alm_arc arc = rows[side]->arcs[i];
                mine[side]->items[mine[side]->count++] =
                    (struct mfn_alm_arc){ arc.node, quanta_of(r, arc.weight * graph->quantum) };
            }
        }
    }
    r->arc_count = graph->arc_count;
    return BASE_OK;
}

/* What depends on the number of nodes alone. */
static base_err nodes_alloc(struct mfn_alm_routes *r)
{
    const size_t nodes = r->node_count;
    uint32_t queue = 1;
    while (queue <= nodes)
        queue *= 2;
    r->targets = malloc((nodes + 1) * sizeof *r->targets);
    r->lanes = malloc((nodes + 1) * sizeof *r->lanes);
    r->order = malloc((nodes + 1) * sizeof *r->order);
    r->out = calloc(nodes + 1, sizeof *r->out);
    r->in = calloc(nodes + 1, sizeof *r->in);
    r->work.queue = malloc(queue * sizeof *r->work.queue);
    r->work.queue_mask = queue - 1;
    r->work.is_queued = calloc(nodes + 1, 1);
    r->work.is_listed = calloc(nodes + 1, 1);
    r->work.is_pointed = calloc(nodes + 1, 1);
    r->work.rows = malloc((nodes + 1) * sizeof *r->work.rows);
    if (r->targets == NULL || r->lanes == NULL || r->order == NULL || r->out == NULL ||
        r->in == NULL || r->work.queue == NULL || r->work.is_queued == NULL ||
        r->work.is_listed == NULL || r->work.is_pointed == NULL || r->work.rows == NULL)
        return BASE_ENOMEM;
    memset(r->lanes, 0xff, (nodes + 1) * sizeof *r->lanes);
    r->work.out = r->out;
    r->work.in = r->in;
    return BASE_OK;
}

static base_err blocks_alloc(struct mfn_alm_routes *r)
{
    const size_t size = r->block_count * block_size(r) * sizeof *r->distances;
    r->distances = aligned_room(size);
    r->hops = aligned_room(size);
    if (r->distances == NULL || r->hops == NULL)
        return BASE_ENOMEM;
    memset(r->distances, 0xff, size);
    return BASE_OK;
}

static base_err routes_init(struct mfn_alm_routes *r, const struct mfn_alm_graph *graph,
                            const struct mfn_alm_routes_options *options, struct base_why *why)
{
    base_err err = nodes_alloc(r);
    if (err == BASE_OK)
        err = targets_init(r, options, why);
    if (err == BASE_OK)
        err = quantum_init(r, graph, options, why);
    if (err == BASE_OK)
        err = blocks_alloc(r);
    if (err == BASE_OK)
        err = arcs_init(r, graph);
    if (err == BASE_ENOMEM)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for routes of %u nodes", r->node_count);
    return err;
}

base_err mfn_alm_routes_new(const struct mfn_alm_graph *graph,
                            const struct mfn_alm_routes_options *options,
                            struct mfn_alm_routes **out, struct base_why *why)
{
    if (graph->node_count > MFN_ALM_ROUTES_NODE_MAX)
        return base_fail(why, BASE_EFULL, 0, "%u nodes: a table of routes holds %d at most",
                         graph->node_count, MFN_ALM_ROUTES_NODE_MAX);
    struct mfn_alm_routes *const r = calloc(1, sizeof *r);
    if (r == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a table of routes");
    r->node_count = graph->node_count;
    r->kernel = alm_lanes_best();
    const base_err err = routes_init(r, graph, options, why);
    if (err != BASE_OK) {
        mfn_alm_routes_free(r);
        return err;
    }
    mfn_alm_routes_rebuild(r);
    *out = r;
    return BASE_OK;
}

void mfn_alm_routes_free(struct mfn_alm_routes *routes)
{
    if (routes == NULL)
        return;
    for (uint32_t i = 0; i < routes->node_count; i++) {
        if (routes->out != NULL)
            free(routes->out[i].items);
        if (routes->in != NULL)
            free(routes->in[i].items);
    }
    free(routes->targets);
    free(routes->lanes);
    free(routes->order);
    free(routes->out);
    free(routes->in);
    free(routes->distances);
    free(routes->hops);
    free(routes->work.queue);
    free(routes->work.is_queued);
    free(routes->work.is_listed);
    free(routes->work.is_pointed);
    free(routes->work.rows);
    free(routes->records);
    free(routes);
}

static void block_open(struct mfn_alm_routes *r, uint32_t block)
{
    r->work.distances = r->distances + block * block_size(r);
    r->work.hops = r->hops + block * block_size(r);
}

/* All nodes, roughly by what the table says of their distance to the block's first target: out of
 * date or not, it is the order in which distances spread. */
static void order_rows(struct mfn_alm_routes *r)
{
    const uint32_t *const distances = r->work.distances;
    uint32_t starts[ORDER_CLASSES + 1] = { 0 };
    uint32_t most = 0;
    for (uint32_t i = 0; i < r->node_count; i++) {
        const uint32_t distance = distances[(size_t)i * ALM_LANES];
        most = distance < r->work.far && distance > most ? distance : most;
    }
    const uint32_t width = most / ORDER_CLASSES + 1;
    for (unsigned pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < r->node_count; i++) {
            const uint32_t distance = distances[(size_t)i * ALM_LANES];
            const uint32_t class = distance < r->work.far ? distance / width : ORDER_CLASSES - 1;
            if (pass == 0)
                starts[class + 1]++;
            else
                r->order[starts[class]++] = i;
        }
        for (unsigned k = 0; pass == 0 && k < ORDER_CLASSES; k++)
            starts[k + 1] += starts[k];
    }
}

static void block_rebuild(struct mfn_alm_routes *r, uint32_t block)
{
    struct alm_work *const work = &r->work;
    block_open(r, block);
    order_rows(r);
    for (size_t i = 0; i < block_size(r); i++)
        work->distances[i] = work->far;
    const uint32_t begin = block * ALM_LANES;
    for (uint32_t lane = 0; lane < ALM_LANES && begin + lane < r->target_count; lane++)
        work->distances[(size_t)r->targets[begin + lane] * ALM_LANES + lane] = 0;
    r->kernel->rebuild(work, r->order, r->node_count);
}

void mfn_alm_routes_rebuild(struct mfn_alm_routes *routes)
{
    for (uint32_t block = 0; block < routes->block_count; block++)
        block_rebuild(routes, block);
}

static void repair(struct mfn_alm_routes *r, size_t count)
{
    for (uint32_t block = 0; block < r->block_count; block++) {
        block_open(r, block);
        r->kernel->raise(&r->work, r->records, count);
        for (size_t i = 0; i < count; i++)
            alm_work_queue(&r->work, r->records[i].from);
        r->kernel->settle(&r->work);
    }
}

static base_err records_reserve(struct mfn_alm_routes *r, size_t count)
{
    if (count <= r->record_capacity)
        return BASE_OK;
    struct alm_arc_change *const records = realloc(r->records, count * sizeof *records);
    if (records == NULL)
        return BASE_ENOMEM;
    r->records = records;
    r->record_capacity = count;
    return BASE_OK;
}

static base_err change_check(const struct mfn_alm_routes *r, const struct mfn_alm_change *change,
                             size_t index, struct base_why *why)
{
    if (change->from >= r->node_count || change->to >= r->node_count)
        return base_fail(why, BASE_EINVALID, index,
                         "change %zu (%u to %u): there are %u nodes, numbered from 0", index,
                         change->from, change->to, r->node_count);
    if (change->from == change->to)
        return base_fail(why, BASE_EINVALID, index,
                         "change %zu (%u to %u): an arc leads to another node", index, change->from,
                         change->to);
    if (!change->is_removed && !(change->weight >= 0 && change->weight <= r->weight_max))
        return base_fail(
            why, BASE_ERANGE, index,
            "change %zu (%u to %u): the weight %g is not between 0 and %g, the largest "
            "that was foreseen",
            index, change->from, change->to, change->weight, r->weight_max);
    return BASE_OK;
}

/* Room in all rows for all arcs that may be new. */
static base_err rows_reserve(struct mfn_alm_routes *r, const struct mfn_alm_change *changes,
                             size_t count)
{
    base_err err = BASE_OK;
    size_t done = 0;
    for (; done < count && err == BASE_OK; done++) {
        struct alm_arcs *const out = &r->out[changes[done].from], *const in =
                                                                      &r->in[changes[done].to];
        if (changes[done].is_removed)
            continue;
        err = alm_arcs_reserve(out, (size_t)out->count + out->pending + 1);
        if (err == BASE_OK)
            err = alm_arcs_reserve(in, (size_t)in->count + in->pending + 1);
        out->pending++;
        in->pending++;
    }
    while (done-- > 0)
        r->out[changes[done].from].pending = r->in[changes[done].to].pending = 0;
    return err;
}

/* Change the rows; what really changed goes into the records. Answers how many. */
static size_t apply(struct mfn_alm_routes *r, const struct mfn_alm_change *changes, size_t count)
{
    size_t changed = 0;
    for (size_t i = 0; i < count; i++) {
        const uint32_t from = changes[i].from, to = changes[i].to;
        const uint32_t before = alm_arcs_weight(&r->out[from], to);
        const uint32_t after = changes[i].is_removed ? 0 : quanta_of(r, changes[i].weight);
        if (before == after)
            continue;
        if (after == 0) {
            alm_arcs_remove(&r->out[from], to);
            alm_arcs_remove(&r->in[to], from);
        } else {
            alm_arcs_set(&r->out[from], to, after);
            alm_arcs_set(&r->in[to], from, after);
        }
        r->arc_count += (before == 0) - (after == 0);
        r->records[changed++] = (struct alm_arc_change){ from, to, before, after };
    }
    return changed;
}

static void apply_and_repair(struct mfn_alm_routes *r, const struct mfn_alm_change *changes,
                             size_t count)
{
    const size_t changed = apply(r, changes, count);
    if (changed > r->arc_count / REBUILD_SHARE + REBUILD_MIN)
        mfn_alm_routes_rebuild(r);
    else if (changed > 0)
        repair(r, changed);
}

base_err mfn_alm_routes_change(struct mfn_alm_routes *routes, const struct mfn_alm_change *changes,
                               size_t count, struct base_why *why)
{
    for (size_t i = 0; i < count; i++) {
        const base_err err = change_check(routes, &changes[i], i, why);
        if (err != BASE_OK)
            return err;
    }
    if (records_reserve(routes, count) != BASE_OK ||
        rows_reserve(routes, changes, count) != BASE_OK)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %zu changes", count);
    apply_and_repair(routes, changes, count);
    return BASE_OK;
}

base_err mfn_alm_routes_remove_node(struct mfn_alm_routes *routes, uint32_t node,
                                    struct base_why *why)
{
    if (node >= routes->node_count)
        return base_fail(why, BASE_EINVALID, 0, "node %u: there are %u nodes, numbered from 0",
                         node, routes->node_count);
    const struct alm_arcs *const out = &routes->out[node], *const in = &routes->in[node];
    const size_t count = (size_t)out->count + in->count;
    struct mfn_alm_change *const changes = malloc((count + 1) * sizeof *changes);
    if (changes == NULL || records_reserve(routes, count) != BASE_OK) {
        free(changes);
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %zu changes", count);
    }
    size_t at = 0;
    for (uint32_t i = 0; i < out->count; i++)
        changes[at++] =
            (struct mfn_alm_change){ .from = node, .to = out->items[i].node, .is_removed = true };
    for (uint32_t i = 0; i < in->count; i++)
        changes[at++] =
            (struct mfn_alm_change){ .from = in->items[i].node, .to = node, .is_removed = true };
    apply_and_repair(routes, changes, count);
    free(changes);
    return BASE_OK;
}

/* Where the entry of two nodes is; false when the second is no target. */
static bool entry_of(const struct mfn_alm_routes *r, uint32_t from, uint32_t to, size_t *at)
{
    assert(from < r->node_count && to < r->node_count);
    const uint32_t lane = r->lanes[to];
    if (lane == MFN_ALM_NONE)
        return false;
    *at = (size_t)(lane / ALM_LANES) * block_size(r) + (size_t)from * ALM_LANES + lane % ALM_LANES;
    return true;
}

uint32_t mfn_alm_routes_next(const struct mfn_alm_routes *routes, uint32_t from, uint32_t to)
{
    size_t at = 0;
    return entry_of(routes, from, to, &at) ? routes->hops[at] : MFN_ALM_NONE;
}

uint64_t mfn_alm_routes_distance(const struct mfn_alm_routes *routes, uint32_t from, uint32_t to)
{
    size_t at = 0;
    if (!entry_of(routes, from, to, &at) || routes->distances[at] == routes->work.far)
        return MFN_ALM_FAR;
    return routes->distances[at];
}

uint32_t mfn_alm_routes_weight(const struct mfn_alm_routes *routes, uint32_t from, uint32_t to)
{
    assert(from < routes->node_count);
    return alm_arcs_weight(&routes->out[from], to);
}

double mfn_alm_routes_quantum(const struct mfn_alm_routes *routes)
{
    return routes->quantum;
}

size_t mfn_alm_routes_size_bytes(const struct mfn_alm_routes *routes)
{
    return 2 * routes->block_count * block_size(routes) * sizeof *routes->distances;
}

base_err mfn_alm_routes_path(const struct mfn_alm_routes *routes, uint32_t from, uint32_t to,
                             uint32_t *nodes, size_t capacity, size_t *count)
{
    if (mfn_alm_routes_distance(routes, from, to) == MFN_ALM_FAR)
        return BASE_ENOTFOUND;
    size_t length = 1;
    for (uint32_t at = from; at != to; at = mfn_alm_routes_next(routes, at, to))
        length++;
    *count = length;
    if (length > capacity)
        return BASE_EFULL;
    size_t i = 0;
    for (uint32_t at = from; at != to; at = mfn_alm_routes_next(routes, at, to))
        nodes[i++] = at;
    nodes[i] = to;
    return BASE_OK;
}
