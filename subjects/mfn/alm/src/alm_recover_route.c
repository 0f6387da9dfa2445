/* alm_recover_route.c - a packet's way while something has failed: by old routes as long as they
 * hold, around what does not by a backup or a search, and where it came to a node twice, without
 * the circle in between. */
#include "alm_recover_internal.h"

#include <string.h>

/* More than this and it goes on by search: backups of several faults may point at each other. */
enum { BACKUPS_MAX = 8 };

static const struct alm_obstacle what_failed = { .is_supposed = false };

struct walk {
    struct mfn_alm_recover *recover;
    uint32_t to;
    uint32_t count; /* nodes in recover->path */
    struct mfn_alm_recovered out;
};

static uint32_t here(const struct walk *w)
{
    return w->recover->path[w->count - 1];
}

/* Go to a node; when it is on the path already, back to there. */
static void step(struct walk *w, uint32_t node)
{
    struct mfn_alm_recover *const r = w->recover;
    if (r->places[node] != MFN_ALM_NONE) {
        while (w->count - 1 > r->places[node])
            r->places[r->path[--w->count]] = MFN_ALM_NONE;
        return;
    }
    r->places[node] = w->count;
    r->path[w->count++] = node;
}

static void walk_clear(struct walk *w)
{
    while (w->count > 0)
        w->recover->places[w->recover->path[--w->count]] = MFN_ALM_NONE;
}

static bool is_open(const struct walk *w, uint32_t next)
{
    return !w->recover->is_failed[alm_recover_arc(w->recover, here(w), next)];
}

/* Follow the backup of this node, as far as it holds. False: there is none, or no more is to be
 * tried. */
static bool take_backup(struct walk *w)
{
    const struct mfn_alm_recover *const r = w->recover;
    if (r->backups == NULL || w->out.backup_count == BACKUPS_MAX)
        return false;
    const uint32_t place = r->backups[(size_t)w->to * r->node_count + here(w)];
    if (place == 0 || !is_open(w, r->pool[place + 1]))
        return false;
    w->out.backup_count++;
    w->out.repair = MFN_ALM_REPAIR_BACKUP;
    for (uint32_t i = 1; i <= r->pool[place]; i++) {
        if (!is_open(w, r->pool[place + i]))
            break;
        step(w, r->pool[place + i]);
    }
    return true;
}

/* From here to the end by a search; where a graph is directed, the packet may have gone into a dead
 * end, and the search is made from its beginning then. Errors: ENOTFOUND */
static base_err search(struct walk *w)
{
    struct mfn_alm_recover *const r = w->recover;
    uint32_t begin = here(w);
    w->out.repair = MFN_ALM_REPAIR_SEARCH;
    uint32_t last = alm_detour_find(r, &what_failed, begin, w->to);
    w->out.settled_count += r->detour.settled_count;
    if (last == MFN_ALM_NONE && begin != r->path[0]) {
        begin = r->path[0];
        walk_clear(w);
        step(w, begin);
        last = alm_detour_find(r, &what_failed, begin, w->to);
        w->out.settled_count += r->detour.settled_count;
    }
    if (last == MFN_ALM_NONE)
        return BASE_ENOTFOUND;
    const uint32_t count = alm_detour_count(r, begin, last);
    alm_detour_write(r, begin, last, r->way);
    for (uint32_t i = 0; i < count; i++)
        step(w, r->way[i]);
    while (here(w) != w->to)
        step(w, mfn_alm_routes_next(r->before, here(w), w->to));
    return BASE_OK;
}

static base_err walk_old_routes(struct walk *w, bool is_fast)
{
    while (here(w) != w->to) {
        const uint32_t next = mfn_alm_routes_next(w->recover->before, here(w), w->to);
        if (is_open(w, next))
            step(w, next);
        else if (!is_fast || !take_backup(w))
            return search(w);
    }
    return BASE_OK;
}

static base_err walk_table(struct walk *w)
{
    const struct mfn_alm_routes *const now = w->recover->now;
    w->out.repair = MFN_ALM_REPAIR_TABLE;
    if (mfn_alm_routes_distance(now, here(w), w->to) == MFN_ALM_FAR)
        return BASE_ENOTFOUND;
    while (here(w) != w->to)
        step(w, mfn_alm_routes_next(now, here(w), w->to));
    return BASE_OK;
}

static base_err walk(struct walk *w, enum mfn_alm_recovery recovery)
{
    if (recovery == MFN_ALM_RECOVERY_GLOBAL)
        return walk_table(w);
    if (mfn_alm_routes_distance(w->recover->before, here(w), w->to) == MFN_ALM_FAR)
        return BASE_ENOTFOUND;
    return walk_old_routes(w, recovery == MFN_ALM_RECOVERY_FAST);
}

static base_err walk_write(struct walk *w, uint32_t *nodes, size_t capacity,
                           struct mfn_alm_recovered *out)
{
    const struct mfn_alm_recover *const r = w->recover;
    w->out.node_count = w->count;
    w->out.distance_before = mfn_alm_routes_distance(r->before, r->path[0], w->to);
    if (w->count > capacity) {
        out->node_count = w->count;
        return BASE_EFULL;
    }
    for (uint32_t i = 0; i + 1 < w->count; i++)
        w->out.distance += mfn_alm_routes_weight(r->before, r->path[i], r->path[i + 1]);
    memcpy(nodes, r->path, w->count * sizeof *nodes);
    *out = w->out;
    return BASE_OK;
}

base_err mfn_alm_recover_route(struct mfn_alm_recover *recover, enum mfn_alm_recovery recovery,
                               uint32_t from, uint32_t to, uint32_t *nodes, size_t capacity,
                               struct mfn_alm_recovered *out)
{
    struct walk w = { .recover = recover, .to = to };
    if (from >= recover->node_count || to >= recover->node_count ||
        (unsigned)recovery >= MFN_ALM_RECOVERY_COUNT)
        return BASE_EINVALID;
    if (recover->is_down[from] || recover->is_down[to])
        return BASE_ENOTFOUND;
    step(&w, from);
    base_err err = walk(&w, recovery);
    if (err == BASE_OK)
        err = walk_write(&w, nodes, capacity, out);
    walk_clear(&w);
    return err;
}
