/* alm_demand_preempt.c - a demand takes the place of less important ones. What they had is kept
 * until all is done, so that a failed allocation undoes everything. */
#include "alm_demand_internal.h"

#include <math.h>

/* A path on which only demands of the same or a higher priority are in the way. */
static base_err find_place(struct mfn_alm_demands *d, const struct alm_record *record,
                           struct mfn_alm_way *way)
{
    const struct alm_loading loading = { .loads = d->loads[alm_priority_of(&record->request)],
                                         .bps = record->bps,
                                         .share = (double)INFINITY,
                                         .is_priced = true };
    const base_err err = alm_constrain_run(d->search, &record->request, &loading, way, NULL);
    return err == BASE_EFULL ? BASE_ENOTFOUND : err;
}

static bool uses(const struct alm_paths *paths, uint32_t edge)
{
    for (uint32_t i = 0; paths != NULL && i < paths->part_count; i++)
        for (uint32_t k = 0; k < paths->parts[i].hop_count; k++)
            if (paths->edges[paths->parts[i].first + k] == edge)
                return true;
    return false;
}

/* a goes before b. */
static bool is_lesser(const struct alm_record *a, const struct alm_record *b)
{
    const uint32_t x = alm_priority_of(&a->request), y = alm_priority_of(&b->request);
    return x != y ? x < y : a->sequence > b->sequence;
}

/* The least important demand over an edge: there is one below that priority. */
static uint32_t least_on(const struct mfn_alm_demands *d, uint32_t edge)
{
    uint32_t least = MFN_ALM_DEMAND_NONE;
    for (uint32_t i = 0; i < d->record_count; i++)
        if (uses(d->records[i].paths, edge) &&
            (least == MFN_ALM_DEMAND_NONE || is_lesser(&d->records[i], &d->records[least])))
            least = i;
    return least;
}

static bool victims_reserve(struct mfn_alm_demands *d)
{
    if (d->victim_count < d->victim_capacity)
        return true;
    const uint32_t capacity = d->victim_capacity == 0 ? 16 : 2 * d->victim_capacity;
    struct alm_victim *const victims = realloc(d->victims, capacity * sizeof *victims);
    if (victims == NULL)
        return false;
    d->victims = victims;
    d->victim_capacity = capacity;
    return true;
}

/* Make room on the path. Errors: ENOMEM */
static base_err clear_way(struct mfn_alm_demands *d, const struct alm_record *record,
                          const struct mfn_alm_way *way)
{
    for (uint32_t i = 0; i < way->hop_count; i++) {
        const uint32_t arc = d->arcs[way->edges[i]];
        while (d->search->links.capacities[arc] - d->loads[1][arc] < record->bps) {
            const uint32_t id = least_on(d, way->edges[i]);
            if (!victims_reserve(d))
                return BASE_ENOMEM;
            d->victims[d->victim_count++] =
                (struct alm_victim){ id, alm_record_unload(d, &d->records[id]) };
        }
    }
    return BASE_OK;
}

/* The most important ones first, so that they are tried again first. */
static void victims_sort(struct mfn_alm_demands *d)
{
    for (uint32_t i = 1; i < d->victim_count; i++) {
        const struct alm_victim victim = d->victims[i];
        uint32_t at = i;
        for (; at > 0 && is_lesser(&d->records[d->victims[at - 1].id], &d->records[victim.id]);
             at--)
            d->victims[at] = d->victims[at - 1];
        d->victims[at] = victim;
    }
}

static void undo(struct mfn_alm_demands *d, struct alm_record *record)
{
    if (record->paths != NULL)
        free(alm_record_unload(d, record));
    for (uint32_t i = 0; i < d->victim_count; i++)
        if (d->records[d->victims[i].id].paths != NULL)
            free(alm_record_unload(d, &d->records[d->victims[i].id]));
    for (uint32_t i = 0; i < d->victim_count; i++)
        alm_record_restore(d, &d->records[d->victims[i].id], d->victims[i].before);
}

/* Put the demand onto the cleared path, and the others onto what is left. */
static base_err settle(struct mfn_alm_demands *d, struct alm_record *record,
                       const struct mfn_alm_way *way)
{
    enum mfn_alm_reason reason;
    base_err err = alm_record_place(d, record, way);
    victims_sort(d);
    for (uint32_t i = 0; i < d->victim_count && err == BASE_OK; i++) {
        err = alm_record_carry(d, &d->records[d->victims[i].id], &reason);
        err = err == BASE_ENOTFOUND ? BASE_OK : err;
    }
    return err;
}

base_err alm_record_preempt(struct mfn_alm_demands *d, struct alm_record *record,
                            uint32_t *preempted)
{
    struct mfn_alm_way way;
    base_err err = find_place(d, record, &way);
    if (err != BASE_OK)
        return err;
    d->victim_count = 0;
    err = clear_way(d, record, &way);
    if (err == BASE_OK)
        err = settle(d, record, &way);
    if (err != BASE_OK) {
        undo(d, record);
        return err;
    }
    *preempted = 0;
    for (uint32_t i = 0; i < d->victim_count; i++) {
        struct alm_record *const victim = &d->records[d->victims[i].id];
        free(d->victims[i].before);
        if (victim->paths == NULL) {
            victim->reason = MFN_ALM_REASON_PREEMPTED;
            ++*preempted;
        }
    }
    return BASE_OK;
}
