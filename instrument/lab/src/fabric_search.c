/* fabric_search.c - shortest paths to one host: Dijkstra's algorithm backwards, with a binary heap
 * that may hold a host more than once, then for each host the links that lie on a shortest path; of
 * several the destination's number picks one, which spreads a fat tree's traffic.
 * Source: Dijkstra, Numer. Math. 1 (1959) 269 */
#include "fabric_internal.h"

#include <stdlib.h>

struct way {
    uint64_t delay_ns;
    uint32_t hops, host;
};

struct lab_search {
    struct way *heap; /* [edge_count + 1] */
    size_t count;
    struct way *best; /* [host_count] */
};

void lab_search_free(struct lab_search *search)
{
    if (search == NULL)
        return;
    free(search->heap);
    free(search->best);
    free(search);
}

struct lab_search *lab_search_new(const struct lab_topology *t)
{
    struct lab_search *const s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->heap = malloc((t->edge_count + 1) * sizeof *s->heap);
    s->best = malloc(t->host_count * sizeof *s->best);
    if (s->heap != NULL && s->best != NULL)
        return s;
    lab_search_free(s);
    return NULL;
}

static bool is_shorter(const struct way *a, const struct way *b)
{
    return a->delay_ns != b->delay_ns ? a->delay_ns < b->delay_ns : a->hops < b->hops;
}

static void put(struct lab_search *s, struct way way)
{
    size_t i = s->count++;
    for (; i > 0 && is_shorter(&way, &s->heap[(i - 1) / 2]); i = (i - 1) / 2)
        s->heap[i] = s->heap[(i - 1) / 2];
    s->heap[i] = way;
}

static struct way remove_least(struct lab_search *s)
{
    const struct way least = s->heap[0], last = s->heap[--s->count];
    size_t i = 0;
    for (size_t child = 1; child < s->count; child = 2 * i + 1) {
        if (child + 1 < s->count && is_shorter(&s->heap[child + 1], &s->heap[child]))
            child++;
        if (!is_shorter(&s->heap[child], &last))
            break;
        s->heap[i] = s->heap[child];
        i = child;
    }
    s->heap[i] = last;
    return least;
}

static struct way over(const struct lab_edge *edge, const struct way *rest)
{
    return (struct way){ rest->delay_ns + edge->config.delay_ns, rest->hops + 1, edge->from };
}

static void search(const struct lab_routes *r, struct lab_search *s, uint32_t to)
{
    const struct lab_topology *const t = r->topology;
    for (uint32_t h = 0; h < t->host_count; h++)
        s->best[h] = (struct way){ UINT64_MAX, UINT32_MAX, h };
    s->count = 0;
    s->best[to] = (struct way){ 0, 0, to };
    put(s, s->best[to]);
    while (s->count > 0) {
        const struct way way = remove_least(s);
        if (is_shorter(&s->best[way.host], &way))
            continue;
        for (uint32_t k = r->into[way.host]; k < r->into[way.host + 1]; k++) {
            const struct way longer = over(&t->edges[r->edges[r->backs[k]]], &way);
            if (!is_shorter(&longer, &s->best[longer.host]))
                continue;
            s->best[longer.host] = longer;
            put(s, longer);
        }
    }
}

/* The link to take at a host: of those on a shortest path the one whose turn it is. */
static uint16_t choose(const struct lab_routes *r, const struct lab_search *s, uint32_t at,
                       uint32_t to)
{
    const struct lab_topology *const t = r->topology;
    const uint32_t from = r->first[at], end = r->first[at + 1];
    uint32_t equals = 0;
    if (at == to || s->best[at].hops == UINT32_MAX)
        return UINT16_MAX;
    for (int pass = 0; pass < 2; pass++) {
        uint32_t left = pass == 0 ? 0 : (at + to) % equals;
        for (uint32_t k = from; k < end; k++) {
            const struct lab_edge *const e = &t->edges[r->edges[k]];
            if (s->best[e->to].hops == UINT32_MAX)
                continue;
            const struct way way = over(e, &s->best[e->to]);
            if (way.delay_ns != s->best[at].delay_ns || way.hops != s->best[at].hops)
                continue;
            if (pass == 1 && left-- == 0)
                return (uint16_t)(k - from);
            equals += pass == 0;
        }
    }
    return UINT16_MAX;
}

void lab_search_run(struct lab_routes *routes, uint32_t to, uint16_t *table)
{
    search(routes, routes->search, to);
    for (uint32_t h = 0; h < routes->topology->host_count; h++)
        table[h] = choose(routes, routes->search, h, to);
}
