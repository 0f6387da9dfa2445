/* alm_demand_improve.c - what is done for demands that are in the ledger already: those that lost
 * their place are tried again, and those over the fullest edge are moved off it. */
#include "alm_demand_internal.h"

/* "Below" leaves this much, so that a move is one after rounding too. */
static const double below = 1 - 1e-9;

/* The pre-empted demand to be tried next after the one of that priority and sequence. */
static uint32_t next_preempted(const struct mfn_alm_demands *d, uint32_t priority,
                               uint64_t sequence)
{
    uint32_t next = MFN_ALM_DEMAND_NONE;
    for (uint32_t i = 0; i < d->record_count; i++) {
        const struct alm_record *const r = &d->records[i];
        if (r->is_used && r->paths == NULL && alm_priority_of(&r->request) == priority &&
            r->sequence > sequence &&
            (next == MFN_ALM_DEMAND_NONE || r->sequence < d->records[next].sequence))
            next = i;
    }
    return next;
}

base_err mfn_alm_demands_retry(struct mfn_alm_demands *demands, size_t *count)
{
    struct mfn_alm_demands *const d = demands;
    enum mfn_alm_reason reason;
    size_t carried = 0;
    for (uint32_t priority = MFN_ALM_PRIORITY_MAX; priority > 0; priority--) {
        uint64_t sequence = 0;
        for (;;) {
            const uint32_t id = next_preempted(d, priority, sequence);
            if (id == MFN_ALM_DEMAND_NONE)
                break;
            const base_err err = alm_record_carry(d, &d->records[id], &reason);
            if (err == BASE_ENOMEM)
                return err;
            carried += err == BASE_OK;
            sequence = d->records[id].sequence;
        }
    }
    if (count != NULL)
        *count = carried;
    return BASE_OK;
}

static bool is_movable(const struct alm_record *record, uint32_t edge)
{
    if (record->paths == NULL || record->paths->part_count != 1)
        return false;
    for (uint32_t i = 0; i < record->paths->parts[0].hop_count; i++)
        if (record->paths->edges[i] == edge)
            return true;
    return false;
}

/* Move one demand off the fullest edge. Errors: ENOTFOUND (none can be), ENOMEM */
static base_err move_one(struct mfn_alm_demands *d)
{
    size_t edge = 0;
    const double most = mfn_alm_demands_utilisation_max(d, &edge);
    for (uint32_t i = 0; i < d->record_count && most > 0; i++) {
        struct alm_record *const record = &d->records[i];
        if (!is_movable(record, (uint32_t)edge))
            continue;
        struct alm_paths *const before = alm_record_unload(d, record);
        const base_err err = alm_record_carry_below(d, record, most * below);
        if (err == BASE_OK) {
            free(before);
            return BASE_OK;
        }
        alm_record_restore(d, record, before);
        if (err != BASE_ENOTFOUND)
            return err;
    }
    return BASE_ENOTFOUND;
}

base_err mfn_alm_demands_balance(struct mfn_alm_demands *demands, size_t move_max, size_t *count)
{
    size_t moves = 0;
    for (; moves < move_max && !demands->options.is_plain; moves++) {
        const base_err err = move_one(demands);
        if (err == BASE_ENOTFOUND)
            break;
        if (err != BASE_OK)
            return err;
    }
    if (count != NULL)
        *count = moves;
    return BASE_OK;
}
