/* alm_demand.c - the ledger of demands: who is in it, and what each edge carries. */
#include "alm_demand_internal.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { CAPACITY_USUAL = 65536, PATHS_USUAL = 4, RECORDS_MIN = 16 };

const char *mfn_alm_demand_state_name(enum mfn_alm_demand_state state)
{
    static const char *const names[MFN_ALM_DEMAND_STATE_COUNT] = {
#define STATE_NAME(name, word) word,
        MFN_ALM_DEMAND_STATE_MAP(STATE_NAME)
#undef STATE_NAME
    };
    return (unsigned)state < MFN_ALM_DEMAND_STATE_COUNT ? names[state] : "unknown";
}

static base_err options_init(struct mfn_alm_demands *d,
                             const struct mfn_alm_demands_options *options, struct base_why *why)
{
    struct mfn_alm_demands_options *const o = &d->options;
    *o = options != NULL ? *options : (struct mfn_alm_demands_options){ 0 };
    o->capacity = o->capacity == 0 ? CAPACITY_USUAL : o->capacity;
    o->path_max = o->path_max == 0 ? PATHS_USUAL : o->path_max;
    if (o->capacity > MFN_ALM_DEMANDS_MAX)
        return base_fail(why, BASE_ERANGE, 0, "capacity: %u demands is not between 1 and %d, or 0",
                         o->capacity, MFN_ALM_DEMANDS_MAX);
    if (o->path_max > MFN_ALM_DEMAND_PATHS_MAX)
        return base_fail(why, BASE_ERANGE, 0, "path_max: %u is not between 1 and %d, or 0",
                         o->path_max, MFN_ALM_DEMAND_PATHS_MAX);
    return BASE_OK;
}

static bool demands_alloc(struct mfn_alm_demands *d, size_t edge_count, size_t node_count)
{
    const size_t arcs = (size_t)d->search->links.count + 1;
    bool is_there = true;
    for (unsigned p = 1; p <= MFN_ALM_PRIORITY_MAX; p++) {
        d->loads[p] = calloc(arcs, sizeof *d->loads[p]);
        is_there &= d->loads[p] != NULL;
    }
    d->arcs = malloc((edge_count + 1) * sizeof *d->arcs);
    d->draft = malloc(sizeof *d->draft +
                      (size_t)d->options.path_max * (node_count + 1) * sizeof *d->draft->edges);
    if (!is_there || d->arcs == NULL || d->draft == NULL)
        return false;
    memset(d->arcs, 0xff, edge_count * sizeof *d->arcs);
    for (uint32_t i = 0; i < d->search->links.count; i++)
        d->arcs[d->search->links.edges[i]] = i;
    d->edge_count = (uint32_t)edge_count;
    return true;
}

base_err mfn_alm_demands_new(const struct mfn_alm_edge *edges, size_t edge_count, size_t node_count,
                             const struct mfn_alm_mix *mix,
                             const struct mfn_alm_demands_options *options,
                             struct mfn_alm_demands **out, struct base_why *why)
{
    struct mfn_alm_demands *const d = calloc(1, sizeof *d);
    if (d == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a ledger of demands");
    base_err err = options_init(d, options, why);
    if (err == BASE_OK)
        err = mfn_alm_constrain_new(edges, edge_count, node_count, mix, d->options.label_max,
                                    &d->search, why);
    if (err == BASE_OK && !demands_alloc(d, edge_count, node_count))
        err = base_fail(why, BASE_ENOMEM, 0, "no memory for the loads of %zu edges", edge_count);
    if (err != BASE_OK) {
        mfn_alm_demands_free(d);
        return err;
    }
    *out = d;
    return BASE_OK;
}

void mfn_alm_demands_free(struct mfn_alm_demands *demands)
{
    struct mfn_alm_demands *const d = demands;
    if (d == NULL)
        return;
    for (uint32_t i = 0; i < d->record_count; i++)
        free(d->records[i].paths);
    for (unsigned p = 1; p <= MFN_ALM_PRIORITY_MAX; p++)
        free(d->loads[p]);
    free(d->records);
    free(d->victims);
    free(d->arcs);
    free(d->draft);
    mfn_alm_constrain_free(d->search);
    free(d);
}

/* A free record, not yet in use. Errors: EFULL, ENOMEM */
static base_err record_reserve(struct mfn_alm_demands *d, uint32_t *id, struct base_why *why)
{
    if (d->used_count == d->options.capacity)
        return base_fail(why, BASE_EFULL, 0, "the ledger holds %u demands already, its capacity",
                         d->used_count);
    for (*id = d->free_from; *id < d->record_count; ++*id)
        if (!d->records[*id].is_used)
            return BASE_OK;
    if (d->record_count == d->record_capacity) {
        const uint32_t capacity = d->record_capacity == 0 ? RECORDS_MIN : 2 * d->record_capacity;
        struct alm_record *const records = realloc(d->records, capacity * sizeof *records);
        if (records == NULL)
            return base_fail(why, BASE_ENOMEM, 0, "no memory for %u demands", capacity);
        d->records = records;
        d->record_capacity = capacity;
    }
    d->records[d->record_count++] = (struct alm_record){ 0 };
    return BASE_OK;
}

static base_err demand_check(const struct mfn_alm_demands *d, const struct mfn_alm_request *request,
                             struct base_why *why)
{
    const base_err err = mfn_alm_request_check(request, d->search->node_count, why);
    if (err == BASE_OK && alm_bps_of(request->bandwidth_mbps_min) == 0)
        return base_fail(why, BASE_ERANGE, 0,
                         "bandwidth_mbps_min: a demand of %g Mbit/s asks for less than %g",
                         request->bandwidth_mbps_min, MFN_ALM_BANDWIDTH_MIN);
    return err;
}

static void describe(const struct mfn_alm_demands *d, uint32_t id, struct mfn_alm_demand *out)
{
    const struct alm_record *const r = &d->records[id];
    const uint32_t paths = r->paths != NULL ? r->paths->part_count : 0;
    *out = (struct mfn_alm_demand){
        .id = id,
        .state = r->paths == NULL ? MFN_ALM_DEMAND_PREEMPTED
                 : paths > 1      ? MFN_ALM_DEMAND_SPLIT
                                  : MFN_ALM_DEMAND_PLACED,
        .reason = r->reason,
        .path_count = paths,
        .request = r->request,
    };
}

base_err mfn_alm_demands_add(struct mfn_alm_demands *demands, const struct mfn_alm_request *request,
                             struct mfn_alm_demand *out, struct base_why *why)
{
    struct mfn_alm_demands *const d = demands;
    enum mfn_alm_reason reason = MFN_ALM_REASON_NONE;
    uint32_t id = 0, preempted = 0;
    base_err err = demand_check(d, request, why);
    if (err == BASE_OK)
        err = record_reserve(d, &id, why);
    if (err != BASE_OK)
        return err;
    struct alm_record *const record = &d->records[id];
    *record = (struct alm_record){ .request = *request,
                                   .bps = alm_bps_of(request->bandwidth_mbps_min),
                                   .sequence = ++d->sequence };
    err = alm_record_carry(d, record, &reason);
    if (err == BASE_ENOTFOUND && d->options.is_preemptive && !d->options.is_plain)
        err = alm_record_preempt(d, record, &preempted);
    if (err == BASE_ENOMEM)
        return base_fail(why, err, 0, "no memory for the paths of a demand");
    if (err == BASE_ENOTFOUND) {
        *out = (struct mfn_alm_demand){ .id = MFN_ALM_DEMAND_NONE,
                                        .state = MFN_ALM_DEMAND_REFUSED,
                                        .reason = reason,
                                        .request = *request };
        return BASE_OK;
    }
    record->is_used = true;
    d->used_count++;
    d->free_from = id + 1;
    describe(d, id, out);
    out->preempted_count = preempted;
    return BASE_OK;
}

static base_err add_all(struct mfn_alm_demands *d, const struct mfn_alm_request *requests,
                        size_t count, struct mfn_alm_demand *out, struct base_why *why)
{
    for (uint32_t p = MFN_ALM_PRIORITY_MAX; p > 0; p--)
        for (size_t i = 0; i < count; i++) {
            if (alm_priority_of(&requests[i]) != p)
                continue;
            const base_err err = mfn_alm_demands_add(d, &requests[i], &out[i], why);
            if (err != BASE_OK) {
                if (why != NULL)
                    why->at = i;
                return err;
            }
        }
    return BASE_OK;
}

base_err mfn_alm_demands_add_all(struct mfn_alm_demands *demands,
                                 const struct mfn_alm_request *requests, size_t count,
                                 struct mfn_alm_demand *out, struct base_why *why)
{
    for (size_t i = 0; i < count; i++) {
        const base_err err = demand_check(demands, &requests[i], why);
        if (err != BASE_OK) {
            if (why != NULL)
                why->at = i;
            return base_fail_prefix(why, err, "demand %zu", i);
        }
    }
    for (size_t i = 0; i < count; i++)
        out[i].id = MFN_ALM_DEMAND_NONE;
    const base_err err = add_all(demands, requests, count, out, why);
    for (size_t i = 0; i < count && err != BASE_OK; i++)
        if (out[i].id != MFN_ALM_DEMAND_NONE &&
            mfn_alm_demands_release(demands, out[i].id) != BASE_OK)
            assert(!"a demand that was just added is not there");
    return err;
}

static struct alm_record *record_of(const struct mfn_alm_demands *d, uint32_t id)
{
    return id < d->record_count && d->records[id].is_used ? &d->records[id] : NULL;
}

base_err mfn_alm_demands_release(struct mfn_alm_demands *demands, uint32_t id)
{
    struct alm_record *const record = record_of(demands, id);
    if (record == NULL)
        return BASE_ENOTFOUND;
    if (record->paths != NULL)
        free(alm_record_unload(demands, record));
    record->is_used = false;
    demands->used_count--;
    demands->free_from = id < demands->free_from ? id : demands->free_from;
    return BASE_OK;
}

base_err mfn_alm_demands_get(const struct mfn_alm_demands *demands, uint32_t id,
                             struct mfn_alm_demand *out)
{
    if (record_of(demands, id) == NULL)
        return BASE_ENOTFOUND;
    describe(demands, id, out);
    return BASE_OK;
}

base_err mfn_alm_demands_path(const struct mfn_alm_demands *demands, uint32_t id, uint32_t index,
                              struct mfn_alm_demand_path *out)
{
    const struct alm_record *const record = record_of(demands, id);
    if (record == NULL || record->paths == NULL || index >= record->paths->part_count)
        return BASE_ENOTFOUND;
    const struct alm_part *const part = &record->paths->parts[index];
    *out = (struct mfn_alm_demand_path){ .bandwidth_mbps = (double)part->bps / 1e6,
                                         .hop_count = part->hop_count,
                                         .edges = record->paths->edges + part->first };
    return BASE_OK;
}

size_t mfn_alm_demands_count(const struct mfn_alm_demands *demands)
{
    return demands->used_count;
}

double mfn_alm_demands_load_mbps(const struct mfn_alm_demands *demands, size_t edge)
{
    if (edge >= demands->edge_count || demands->arcs[edge] == MFN_ALM_NONE)
        return 0;
    return (double)demands->loads[1][demands->arcs[edge]] / 1e6;
}

static double arc_utilisation(const struct mfn_alm_demands *d, uint32_t arc)
{
    return (double)d->loads[1][arc] / (double)d->search->links.capacities[arc];
}

double mfn_alm_demands_utilisation(const struct mfn_alm_demands *demands, size_t edge)
{
    if (edge >= demands->edge_count || demands->arcs[edge] == MFN_ALM_NONE)
        return 0;
    return arc_utilisation(demands, demands->arcs[edge]);
}

double mfn_alm_demands_utilisation_max(const struct mfn_alm_demands *demands, size_t *edge)
{
    double most = 0;
    uint32_t at = 0;
    for (uint32_t arc = 0; arc < demands->search->links.count; arc++)
        if (arc_utilisation(demands, arc) > most) {
            most = arc_utilisation(demands, arc);
            at = arc;
        }
    if (edge != NULL && demands->search->links.count > 0)
        *edge = demands->search->links.edges[at];
    return most;
}
