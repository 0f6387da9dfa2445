/* alm_recover.c - what has failed, the backups made before it does, and the table made after. */
#include "alm_recover_internal.h"

#include <assert.h>
#include <string.h>

enum { POOL_MIN = 1024 };

const char *mfn_alm_recovery_name(enum mfn_alm_recovery recovery)
{
    static const char *const names[MFN_ALM_RECOVERY_COUNT] = {
#define RECOVERY_NAME(name, word) word,
        MFN_ALM_RECOVERY_MAP(RECOVERY_NAME)
#undef RECOVERY_NAME
    };
    return (unsigned)recovery < MFN_ALM_RECOVERY_COUNT ? names[recovery] : "unknown";
}

base_err mfn_alm_recovery_of(const char *word, enum mfn_alm_recovery *out, struct base_why *why)
{
    for (unsigned i = 0; i < MFN_ALM_RECOVERY_COUNT; i++)
        if (strcmp(word, mfn_alm_recovery_name((enum mfn_alm_recovery)i)) == 0) {
            *out = (enum mfn_alm_recovery)i;
            return BASE_OK;
        }
    return base_fail(why, BASE_ENOTFOUND, 0,
                     "there is no recovery \"%s\"; there are fast, local and global", word);
}

static base_err recover_alloc(struct mfn_alm_recover *r)
{
    const size_t nodes = r->node_count;
    r->first = malloc((nodes + 1) * sizeof *r->first);
    r->is_down = calloc(nodes + 1, 1);
    r->path = malloc((nodes + 1) * sizeof *r->path);
    r->places = malloc((nodes + 1) * sizeof *r->places);
    r->way = malloc((nodes + 1) * sizeof *r->way);
    r->is_failed = calloc((size_t)r->arc_count + 1, 1);
    r->is_missing = calloc((size_t)r->arc_count + 1, 1);
    if (r->first == NULL || r->is_down == NULL || r->path == NULL || r->places == NULL ||
        r->way == NULL || r->is_failed == NULL || r->is_missing == NULL ||
        !alm_detour_init(&r->detour, r->node_count))
        return BASE_ENOMEM;
    memset(r->places, 0xff, (nodes + 1) * sizeof *r->places);
    r->first[0] = 0;
    for (uint32_t i = 0; i < r->node_count; i++)
        r->first[i + 1] = r->first[i] + r->before->out[i].count;
    return BASE_OK;
}

base_err mfn_alm_recover_new(const struct mfn_alm_graph *graph, struct mfn_alm_recover **out,
                             struct base_why *why)
{
    struct mfn_alm_recover *const r = calloc(1, sizeof *r);
    if (r == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for recovery");
    r->node_count = graph->node_count;
    r->arc_count = graph->arc_count;
    base_err err = mfn_alm_routes_new(graph, NULL, &r->before, why);
    if (err == BASE_OK)
        err = mfn_alm_routes_new(graph, NULL, &r->now, why);
    if (err == BASE_OK && recover_alloc(r) != BASE_OK)
        err = base_fail(why, BASE_ENOMEM, 0, "no memory for recovery among %u nodes",
                        graph->node_count);
    if (err != BASE_OK) {
        mfn_alm_recover_free(r);
        return err;
    }
    *out = r;
    return BASE_OK;
}

static void backups_drop(struct mfn_alm_recover *r)
{
    free(r->backups);
    free(r->pool);
    r->backups = r->pool = NULL;
    r->pool_count = r->pool_capacity = 0;
}

void mfn_alm_recover_free(struct mfn_alm_recover *recover)
{
    struct mfn_alm_recover *const r = recover;
    if (r == NULL)
        return;
    mfn_alm_routes_free(r->before);
    mfn_alm_routes_free(r->now);
    free(r->first);
    free(r->is_failed);
    free(r->is_missing);
    free(r->is_down);
    free(r->path);
    free(r->places);
    free(r->way);
    alm_detour_done(&r->detour);
    backups_drop(r);
    free(r);
}

uint32_t alm_recover_arc(const struct mfn_alm_recover *r, uint32_t from, uint32_t to)
{
    const struct alm_arcs *const row = &r->before->out[from];
    uint32_t low = 0, high = row->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (row->items[middle].node < to)
            low = middle + 1;
        else
            high = middle;
    }
    return low < row->count && row->items[low].node == to ? r->first[from] + low : MFN_ALM_NONE;
}

static base_err pool_reserve(struct mfn_alm_recover *r, size_t count)
{
    size_t capacity = r->pool_capacity == 0 ? POOL_MIN : r->pool_capacity;
    while (capacity - r->pool_count < count)
        capacity *= 2;
    if (r->pool_count + count > UINT32_MAX)
        return BASE_EFULL;
    if (capacity == r->pool_capacity)
        return BASE_OK;
    uint32_t *const pool = realloc(r->pool, capacity * sizeof *pool);
    if (pool == NULL)
        return BASE_ENOMEM;
    r->pool = pool;
    r->pool_capacity = capacity;
    return BASE_OK;
}

/* Find the backup of one pair and keep it. */
static base_err back_up(struct mfn_alm_recover *r, uint32_t from, uint32_t to,
                        struct mfn_alm_protection *p)
{
    const uint32_t next = mfn_alm_routes_next(r->before, from, to);
    const struct alm_obstacle node = { true, next, MFN_ALM_NONE, MFN_ALM_NONE };
    const struct alm_obstacle link = { true, MFN_ALM_NONE, from, next };
    uint32_t last = MFN_ALM_NONE;
    if (next == MFN_ALM_NONE)
        return BASE_OK;
    if (next != to)
        last = alm_detour_find(r, &node, from, to);
    const bool is_link = next != to && last == MFN_ALM_NONE;
    if (last == MFN_ALM_NONE)
        last = alm_detour_find(r, &link, from, to);
    p->pair_count++;
    if (last == MFN_ALM_NONE) {
        p->bare_count++;
        return BASE_OK;
    }
    const uint32_t count = alm_detour_count(r, from, last);
    const base_err err = pool_reserve(r, count + 1);
    if (err != BASE_OK)
        return err;
    r->backups[(size_t)to * r->node_count + from] = (uint32_t)r->pool_count;
    r->pool[r->pool_count] = count;
    alm_detour_write(r, from, last, r->pool + r->pool_count + 1);
    r->pool_count += count + 1;
    p->near_count += count == 1;
    *(is_link ? &p->link_count : &p->node_count) += 1;
    return BASE_OK;
}

static base_err back_up_all(struct mfn_alm_recover *r, struct mfn_alm_protection *p)
{
    const size_t nodes = r->node_count;
    r->backups = calloc(nodes * nodes + 1, sizeof *r->backups);
    base_err err = r->backups == NULL ? BASE_ENOMEM : pool_reserve(r, 1);
    r->pool_count = 1; /* place 0 is none */
    for (uint32_t to = 0; to < r->node_count && err == BASE_OK; to++)
        for (uint32_t from = 0; from < r->node_count && err == BASE_OK; from++)
            err = back_up(r, from, to, p);
    return err;
}

base_err mfn_alm_recover_protect(struct mfn_alm_recover *recover, struct mfn_alm_protection *out,
                                 struct base_why *why)
{
    struct mfn_alm_recover *const r = recover;
    struct mfn_alm_protection p = { 0 };
    backups_drop(r);
    const base_err err = back_up_all(r, &p);
    if (err != BASE_OK) {
        backups_drop(r);
        return base_fail(why, err, 0,
                         err == BASE_EFULL ? "backups of %u nodes: more than 2^32 nodes in all"
                                           : "no memory for backups of %u nodes",
                         r->node_count);
    }
    p.size_bytes = r->pool_capacity * sizeof *r->pool +
                   (size_t)r->node_count * r->node_count * sizeof *r->backups;
    if (out != NULL)
        *out = p;
    return BASE_OK;
}

static base_err fault_check(const struct mfn_alm_recover *r, const struct mfn_alm_fault *fault,
                            size_t index, struct base_why *why)
{
    const bool is_node = fault->to == MFN_ALM_NONE;
    const uint32_t wrong = fault->from >= r->node_count ? fault->from : fault->to;
    if (fault->from >= r->node_count || (!is_node && fault->to >= r->node_count))
        return base_fail(why, BASE_EINVALID, index,
                         "fault %zu: there is no node %u, but %u nodes, numbered from 0", index,
                         wrong, r->node_count);
    if (is_node)
        return BASE_OK;
    if (fault->from == fault->to)
        return base_fail(why, BASE_EINVALID, index,
                         "fault %zu: a link joins two nodes, not %u with itself", index,
                         fault->from);
    if (alm_recover_arc(r, fault->from, fault->to) == MFN_ALM_NONE &&
        alm_recover_arc(r, fault->to, fault->from) == MFN_ALM_NONE)
        return base_fail(why, BASE_ENOTFOUND, index, "fault %zu: there is no link from %u to %u",
                         index, fault->from, fault->to);
    return BASE_OK;
}

static void arc_fail(struct mfn_alm_recover *r, uint32_t from, uint32_t to)
{
    const uint32_t arc = alm_recover_arc(r, from, to);
    if (arc != MFN_ALM_NONE)
        r->is_failed[arc] = 1;
}

static void node_fail(struct mfn_alm_recover *r, uint32_t node)
{
    const struct alm_arcs *const in = &r->before->in[node];
    r->is_down[node] = 1;
    memset(r->is_failed + r->first[node], 1, r->first[node + 1] - r->first[node]);
    for (uint32_t i = 0; i < in->count; i++)
        arc_fail(r, in->items[i].node, node);
}

base_err mfn_alm_recover_fail(struct mfn_alm_recover *recover, const struct mfn_alm_fault *faults,
                              size_t count, struct base_why *why)
{
    for (size_t i = 0; i < count; i++) {
        const base_err err = fault_check(recover, &faults[i], i, why);
        if (err != BASE_OK)
            return err;
    }
    for (size_t i = 0; i < count; i++) {
        if (faults[i].to == MFN_ALM_NONE) {
            node_fail(recover, faults[i].from);
            continue;
        }
        arc_fail(recover, faults[i].from, faults[i].to);
        arc_fail(recover, faults[i].to, faults[i].from);
    }
    return BASE_OK;
}

void mfn_alm_recover_heal(struct mfn_alm_recover *recover)
{
    memset(recover->is_failed, 0, recover->arc_count);
    memset(recover->is_down, 0, recover->node_count);
}

/* What is to be changed in the table; NULL counts only. Answers how many. */
static size_t changes_write(const struct mfn_alm_recover *r, struct mfn_alm_change *changes)
{
    size_t count = 0;
    for (uint32_t node = 0; node < r->node_count; node++)
        for (uint32_t arc = r->first[node]; arc < r->first[node + 1]; arc++) {
            if (r->is_failed[arc] == r->is_missing[arc])
                continue;
            const struct mfn_alm_arc a = r->before->out[node].items[arc - r->first[node]];
            if (changes != NULL)
                changes[count] = (struct mfn_alm_change){ .from = node,
                                                          .to = a.node,
                                                          .is_removed = r->is_failed[arc],
                                                          .weight = a.weight * r->before->quantum };
            count++;
        }
    return count;
}

base_err mfn_alm_recover_recompute(struct mfn_alm_recover *recover, struct base_why *why)
{
    struct mfn_alm_recover *const r = recover;
    const size_t count = changes_write(r, NULL);
    if (count == 0)
        return BASE_OK;
    struct mfn_alm_change *const changes = malloc(count * sizeof *changes);
    if (changes == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %zu changes", count);
    changes_write(r, changes);
    const base_err err = mfn_alm_routes_change(r->now, changes, count, why);
    free(changes);
    if (err == BASE_OK)
        memcpy(r->is_missing, r->is_failed, r->arc_count);
    return err;
}

double mfn_alm_recover_quantum(const struct mfn_alm_recover *recover)
{
    return recover->before->quantum;
}
