/* alm_demand_carry.c - puts demands onto paths. A draft is loaded path by path, so that each sees
 * what those before it took; it becomes the demand's own when it carries all, and is unloaded when
 * it does not. */
#include "alm_demand_internal.h"

#include <math.h>
#include <string.h>

void alm_paths_load(struct mfn_alm_demands *d, const struct alm_paths *paths, uint32_t priority)
{
    for (uint32_t i = 0; i < paths->part_count; i++) {
        const struct alm_part *const part = &paths->parts[i];
        for (uint32_t k = 0; k < part->hop_count; k++)
            for (uint32_t p = 1; p <= priority; p++)
                d->loads[p][d->arcs[paths->edges[part->first + k]]] += part->bps;
    }
}

void alm_paths_unload(struct mfn_alm_demands *d, const struct alm_paths *paths, uint32_t priority)
{
    for (uint32_t i = 0; i < paths->part_count; i++) {
        const struct alm_part *const part = &paths->parts[i];
        for (uint32_t k = 0; k < part->hop_count; k++)
            for (uint32_t p = 1; p <= priority; p++)
                d->loads[p][d->arcs[paths->edges[part->first + k]]] -= part->bps;
    }
}

struct alm_paths *alm_record_unload(struct mfn_alm_demands *d, struct alm_record *record)
{
    struct alm_paths *const paths = record->paths;
    alm_paths_unload(d, paths, alm_priority_of(&record->request));
    record->paths = NULL;
    return paths;
}

void alm_record_restore(struct mfn_alm_demands *d, struct alm_record *record,
                        struct alm_paths *paths)
{
    alm_paths_load(d, paths, alm_priority_of(&record->request));
    record->paths = paths;
}

static void draft_begin(struct mfn_alm_demands *d)
{
    d->draft->part_count = d->draft_edges = 0;
}

static void draft_drop(struct mfn_alm_demands *d, const struct alm_record *record)
{
    alm_paths_unload(d, d->draft, alm_priority_of(&record->request));
    draft_begin(d);
}

/* Load one more path of the draft. */
static void draft_add(struct mfn_alm_demands *d, const struct alm_record *record,
                      const struct mfn_alm_way *way, uint64_t bps)
{
    struct alm_paths *const draft = d->draft;
    const struct alm_part part = { bps, d->draft_edges, way->hop_count };
    memcpy(draft->edges + part.first, way->edges, part.hop_count * sizeof *draft->edges);
    d->draft_edges += part.hop_count;
    draft->parts[draft->part_count++] = part;
    for (uint32_t i = 0; i < part.hop_count; i++)
        for (uint32_t p = 1; p <= alm_priority_of(&record->request); p++)
            d->loads[p][d->arcs[way->edges[i]]] += bps;
}

/* The draft, which is loaded, becomes the demand's. Errors: ENOMEM, it is dropped */
static base_err draft_keep(struct mfn_alm_demands *d, struct alm_record *record)
{
    const size_t size = sizeof *d->draft + d->draft_edges * sizeof *d->draft->edges;
    record->paths = malloc(size);
    if (record->paths == NULL) {
        draft_drop(d, record);
        return BASE_ENOMEM;
    }
    memcpy(record->paths, d->draft, size);
    record->reason = MFN_ALM_REASON_NONE;
    return BASE_OK;
}

base_err alm_record_place(struct mfn_alm_demands *d, struct alm_record *record,
                          const struct mfn_alm_way *way)
{
    draft_begin(d);
    draft_add(d, record, way, record->bps);
    return draft_keep(d, record);
}

/* A path that carries as much beside what is loaded. */
static base_err find(struct mfn_alm_demands *d, const struct alm_record *record, uint64_t bps,
                     double share, struct mfn_alm_way *way)
{
    const struct alm_loading loading = {
        .loads = d->options.is_plain ? NULL : d->loads[1],
        .bps = bps,
        .share = share,
        .is_priced = !d->options.is_plain,
    };
    const base_err err = alm_constrain_run(d->search, &record->request, &loading, way, NULL);
    return err == BASE_EFULL ? BASE_ENOTFOUND : err;
}

/* Bandwidth left on the narrowest edge of a path; UINT64_MAX without any. */
static uint64_t left_on(const struct mfn_alm_demands *d, const struct mfn_alm_way *way)
{
    uint64_t left = UINT64_MAX;
    for (uint32_t i = 0; i < way->hop_count; i++) {
        const uint32_t arc = d->arcs[way->edges[i]];
        const uint64_t here = d->search->links.capacities[arc] - d->loads[1][arc];
        left = here < left ? here : left;
    }
    return left;
}

/* Step 2: each path carries an equal share of what is left, or more. */
static base_err carry_split(struct mfn_alm_demands *d, struct alm_record *record)
{
    struct mfn_alm_way way;
    uint64_t bps = record->bps;
    draft_begin(d);
    for (uint32_t paths = d->options.path_max; paths > 0 && bps > 0; paths--) {
        const base_err err = find(d, record, (bps + paths - 1) / paths, (double)INFINITY, &way);
        if (err != BASE_OK) {
            draft_drop(d, record);
            return err;
        }
        const uint64_t left = left_on(d, &way);
        const uint64_t part = left < bps ? left : bps;
        draft_add(d, record, &way, part);
        bps -= part;
    }
    return draft_keep(d, record);
}

/* Loads of the comparison may exceed bandwidths, but must be counted. */
static bool is_countable(const struct mfn_alm_demands *d, const struct mfn_alm_way *way)
{
    for (uint32_t i = 0; i < way->hop_count; i++)
        if (d->loads[1][d->arcs[way->edges[i]]] > UINT64_MAX / 4)
            return false;
    return true;
}

base_err alm_record_carry(struct mfn_alm_demands *d, struct alm_record *record,
                          enum mfn_alm_reason *reason)
{
    struct mfn_alm_way way;
    const base_err err = find(d, record, record->bps, (double)INFINITY, &way);
    *reason = err == BASE_OK ? MFN_ALM_REASON_NONE : mfn_alm_constrain_reason(d->search);
    if (err == BASE_OK && d->options.is_plain && !is_countable(d, &way)) {
        *reason = MFN_ALM_REASON_BANDWIDTH;
        return BASE_ENOTFOUND;
    }
    if (err == BASE_OK)
        return alm_record_place(d, record, &way);
    if (err == BASE_ENOTFOUND && !d->options.is_plain && d->options.path_max > 1 &&
        *reason != MFN_ALM_REASON_PATH && *reason != MFN_ALM_REASON_AVOID)
        return carry_split(d, record);
    return err;
}

base_err alm_record_carry_below(struct mfn_alm_demands *d, struct alm_record *record, double share)
{
    struct mfn_alm_way way;
    const base_err err = find(d, record, record->bps, share, &way);
    return err == BASE_OK ? alm_record_place(d, record, &way) : err;
}
