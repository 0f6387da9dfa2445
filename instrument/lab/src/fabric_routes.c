/* fabric_routes.c - which link next. A link straight to the destination that is at most twice as
 * slow as the fastest one cannot be beaten (any other way has two links, and more hops), which
 * answers most questions in meshes without a table; else the table of the destination does, made
 * when first asked for, the oldest being dropped when there are too many. */
#include "fabric_internal.h"

#include <stdlib.h>
#include <string.h>

enum { TABLES_BYTES_MAX = 256 << 20 };

static base_err check_edge(const struct lab_topology *t, size_t i, struct base_why *why)
{
    const struct lab_edge *const e = &t->edges[i];
    if (e->from >= t->host_count || e->to >= t->host_count || e->from == e->to)
        return base_fail(why, BASE_ERANGE, i,
                         "link %zu goes from host %u to host %u of %u: it needs two hosts", i,
                         e->from, e->to, t->host_count);
    const base_err err = lab_link_check(&e->config, why);
    if (err != BASE_OK)
        return base_fail_prefix(why, err, "link %s-%s", t->hosts[e->from].name,
                                t->hosts[e->to].name);
    return BASE_OK;
}

/* Counting sort by host: starts[h + 1] counts, then sums. */
static void sort_by(uint32_t *starts, uint32_t host_count, size_t count, const uint32_t *hosts,
                    uint32_t *out, const uint32_t *order)
{
    for (size_t i = 0; i < count; i++)
        starts[hosts[i] + 1]++;
    for (uint32_t h = 0; h < host_count; h++)
        starts[h + 1] += starts[h];
    for (size_t i = 0; i < count; i++) {
        const uint32_t k = order != NULL ? order[i] : (uint32_t)i;
        out[starts[hosts[k]]++] = k;
    }
    memmove(starts + 1, starts, host_count * sizeof *starts);
    starts[0] = 0;
}

/* Sorted by `to`, then, keeping that order, by `from`; the slots that end at a host on the way. */
static base_err sort_edges(struct lab_routes *r)
{
    const struct lab_topology *const t = r->topology;
    const size_t count = t->edge_count;
    uint32_t *const from = calloc(count + 1, sizeof *from);
    uint32_t *const to = calloc(count + 1, sizeof *to);
    uint32_t *const order = calloc(count + 1, sizeof *order);
    base_err err = from && to && order ? BASE_OK : BASE_ENOMEM;
    if (err == BASE_OK) {
        for (size_t i = 0; i < count; i++) {
            from[i] = t->edges[i].from;
            to[i] = t->edges[i].to;
        }
        sort_by(r->into, t->host_count, count, to, order, NULL);
        sort_by(r->first, t->host_count, count, from, r->edges, order);
        for (size_t i = 0; i < count; i++)
            to[i] = t->edges[r->edges[i]].to;
        memset(r->into, 0, (t->host_count + 1) * sizeof *r->into);
        sort_by(r->into, t->host_count, count, to, r->backs, NULL);
    }
    free(from);
    free(to);
    free(order);
    return err;
}

static base_err check_twins(const struct lab_routes *r, struct base_why *why)
{
    const struct lab_topology *const t = r->topology;
    for (size_t i = 1; i < t->edge_count; i++) {
        const struct lab_edge *const a = &t->edges[r->edges[i - 1]];
        const struct lab_edge *const b = &t->edges[r->edges[i]];
        if (a->from == b->from && a->to == b->to)
            return base_fail(why, BASE_ERANGE, r->edges[i], "two links from %s to %s",
                             t->hosts[a->from].name, t->hosts[a->to].name);
    }
    return BASE_OK;
}

static base_err make(struct lab_routes *r)
{
    const uint32_t hosts = r->topology->host_count;
    const size_t edges = r->topology->edge_count;
    r->held_max = (uint32_t)(TABLES_BYTES_MAX / (hosts * sizeof **r->tables));
    r->held_max = r->held_max > hosts ? hosts : r->held_max;
    r->first = calloc(hosts + 1, sizeof *r->first);
    r->into = calloc(hosts + 1, sizeof *r->into);
    r->edges = calloc(edges + 1, sizeof *r->edges);
    r->backs = calloc(edges + 1, sizeof *r->backs);
    r->tables = calloc(hosts, sizeof *r->tables);
    r->held = calloc(r->held_max, sizeof *r->held);
    return r->first && r->into && r->edges && r->backs && r->tables && r->held ? BASE_OK
                                                                               : BASE_ENOMEM;
}

base_err lab_routes_init(struct lab_routes *routes, const struct lab_topology *topology,
                         struct base_why *why)
{
    *routes = (struct lab_routes){ .topology = topology, .least_ns = UINT64_MAX };
    if (topology->host_count < 1 || topology->host_count > LAB_HOSTS_MAX)
        return base_fail(why, BASE_ERANGE, 0, "%u hosts; 1 to %d are possible",
                         topology->host_count, LAB_HOSTS_MAX);
    if (topology->edge_count >= LAB_NONE)
        return base_fail(why, BASE_ERANGE, 0, "too many links");
    for (size_t i = 0; i < topology->edge_count; i++) {
        const base_err err = check_edge(topology, i, why);
        if (err != BASE_OK)
            return err;
        if (topology->edges[i].config.delay_ns < routes->least_ns)
            routes->least_ns = topology->edges[i].config.delay_ns;
    }
    if (make(routes) != BASE_OK || sort_edges(routes) != BASE_OK)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the routes");
    return check_twins(routes, why);
}

void lab_routes_done(struct lab_routes *routes)
{
    for (uint32_t i = 0; routes->tables != NULL && i < routes->held_count; i++)
        free(routes->tables[routes->held[i]]);
    free(routes->first);
    free(routes->into);
    free(routes->edges);
    free(routes->backs);
    free(routes->tables);
    free(routes->held);
    lab_search_free(routes->search);
    *routes = (struct lab_routes){ 0 };
}

uint32_t lab_routes_slot(const struct lab_routes *routes, uint32_t from, uint32_t to)
{
    uint32_t low = routes->first[from], high = routes->first[from + 1];
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const uint32_t found = routes->topology->edges[routes->edges[middle]].to;
        if (found == to)
            return middle;
        if (found < to)
            low = middle + 1;
        else
            high = middle;
    }
    return LAB_NONE;
}

/* A free place for a table: a new one, or that of the oldest. NULL: no memory. */
static uint16_t *make_table(struct lab_routes *r, uint32_t to)
{
    uint16_t *table;
    if (r->held_count < r->held_max) {
        table = malloc(r->topology->host_count * sizeof *table);
        if (table == NULL)
            return NULL;
        r->held[r->held_count++] = to;
    } else {
        uint32_t *const oldest = &r->held[r->held_at];
        r->held_at = (r->held_at + 1) % r->held_max;
        table = r->tables[*oldest];
        r->tables[*oldest] = NULL;
        *oldest = to;
    }
    r->tables[to] = table;
    return table;
}

base_err lab_routes_next(struct lab_routes *routes, uint32_t at, uint32_t to, uint32_t *slot)
{
    const uint32_t straight = lab_routes_slot(routes, at, to);
    if (straight != LAB_NONE &&
        routes->topology->edges[routes->edges[straight]].config.delay_ns <= 2 * routes->least_ns) {
        *slot = straight;
        return BASE_OK;
    }
    if (routes->tables[to] == NULL) {
        if (routes->search == NULL)
            routes->search = lab_search_new(routes->topology);
        uint16_t *const table = routes->search != NULL ? make_table(routes, to) : NULL;
        if (table == NULL)
            return BASE_ENOMEM;
        lab_search_run(routes, to, table);
    }
    const uint16_t next = routes->tables[to][at];
    if (next == UINT16_MAX)
        return BASE_ENOTFOUND;
    *slot = routes->first[at] + next;
    return BASE_OK;
}
