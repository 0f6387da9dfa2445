/* topology.c - the lists of a topology, and the quickest way through them: Dijkstra's algorithm
 * without a heap, since it is asked of few hosts. */
#include "topology_internal.h"

#include <stdio.h>
#include <string.h>

void lab_topology_done(struct lab_topology *topology)
{
    base_arena_done(&topology->arena);
    *topology = (struct lab_topology){ 0 };
}

uint32_t lab_topology_host(const struct lab_topology *topology, const char *name)
{
    for (uint32_t i = 0; i < topology->host_count; i++)
        if (strcmp(topology->hosts[i].name, name) == 0)
            return i;
    return UINT32_MAX;
}

bool lab_name_is_good(const char *name)
{
    static const char inside[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    const size_t size = strlen(name);
    return size > 0 && size < LAB_NAME_SIZE && strspn(name, inside) == size && name[0] != '-' &&
           name[0] != '.' && name[size - 1] != '-';
}

base_err lab_topology_hosts(struct lab_topology *topology, uint64_t program_count,
                            uint64_t switch_count, struct base_why *why)
{
    const uint64_t count = program_count + switch_count;
    if (program_count == 0)
        return base_fail(why, BASE_ERANGE, 0, "a network needs at least one host");
    if (count > LAB_HOSTS_MAX)
        return base_fail(why, BASE_ERANGE, 0, "%llu hosts and %llu switches are more than %d",
                         (unsigned long long)program_count, (unsigned long long)switch_count,
                         LAB_HOSTS_MAX);
    topology->hosts = base_arena_array(&topology->arena, count, sizeof *topology->hosts);
    if (topology->hosts == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    topology->host_count = (uint32_t)count;
    topology->program_count = (uint32_t)program_count;
    for (uint32_t i = 0; i < count; i++) {
        struct lab_host *const host = &topology->hosts[i];
        host->is_switch = i >= program_count;
        if (host->is_switch)
            snprintf(host->name, sizeof host->name, "switch%u", i - topology->program_count);
        else
            snprintf(host->name, sizeof host->name, "node%u", i);
    }
    return BASE_OK;
}

base_err lab_topology_links(struct lab_topology *topology, uint64_t link_count,
                            struct base_why *why)
{
    if (link_count > LAB_EDGES_MAX / 2)
        return base_fail(why, BASE_ERANGE, 0, "%llu links are more than %d",
                         (unsigned long long)link_count, LAB_EDGES_MAX / 2);
    topology->edges =
        base_arena_array(&topology->arena, 2 * link_count + 1, sizeof *topology->edges);
    topology->edge_count = 0;
    return topology->edges != NULL ? BASE_OK : base_fail(why, BASE_ENOMEM, 0, "out of memory");
}

void lab_topology_join(struct lab_topology *topology, uint32_t a, uint32_t b,
                       const struct lab_link_config *config)
{
    topology->edges[topology->edge_count++] = (struct lab_edge){ a, b, *config };
    topology->edges[topology->edge_count++] = (struct lab_edge){ b, a, *config };
}

const struct lab_link_config *lab_topology_link(const struct lab_topology *topology, uint32_t from,
                                                uint32_t to)
{
    for (size_t i = 0; i < topology->edge_count; i++)
        if (topology->edges[i].from == from && topology->edges[i].to == to)
            return &topology->edges[i].config;
    return topology->is_uniform && from != to ? &topology->uniform : NULL;
}

static uint32_t piece_of(uint32_t *pieces, uint32_t i)
{
    while (pieces[i] != i)
        i = pieces[i] = pieces[pieces[i]];
    return i;
}

base_err lab_topology_apart(const struct lab_topology *topology, uint32_t *apart)
{
    struct base_arena scratch = { 0 };
    uint32_t *const pieces = base_arena_array(&scratch, topology->host_count, sizeof *pieces);
    if (pieces == NULL)
        return BASE_ENOMEM;
    for (uint32_t i = 0; i < topology->host_count; i++)
        pieces[i] = topology->is_uniform ? 0 : i;
    for (size_t i = 0; i < topology->edge_count; i++)
        pieces[piece_of(pieces, topology->edges[i].from)] = piece_of(pieces, topology->edges[i].to);
    *apart = UINT32_MAX;
    for (uint32_t i = 0; i < topology->host_count && *apart == UINT32_MAX; i++)
        if (piece_of(pieces, i) != piece_of(pieces, 0))
            *apart = i;
    base_arena_done(&scratch);
    return BASE_OK;
}

/* ---- the quickest way ---- */

/* What is known of a host while ways are looked for. */
struct mark {
    uint64_t delay_ns;
    uint32_t hops;
    const struct lab_edge *by; /* the last link of the way */
    bool is_reached, is_final;
};

struct search {
    struct base_arena scratch;
    const struct lab_topology *topology;
    struct mark *marks;          /* [host_count] */
    size_t *first;               /* [host_count + 1] of a host's links in `out` */
    const struct lab_edge **out; /* [edge_count] sorted by where they begin */
};

static base_err search_init(struct search *search, const struct lab_topology *topology)
{
    const size_t count = topology->host_count;
    *search = (struct search){ .topology = topology };
    search->marks = base_arena_array(&search->scratch, count, sizeof *search->marks);
    search->first = base_arena_array(&search->scratch, count + 2, sizeof *search->first);
    search->out = base_arena_array(&search->scratch, topology->edge_count + 1, sizeof *search->out);
    if (search->marks == NULL || search->first == NULL || search->out == NULL)
        return BASE_ENOMEM;
    /* Counting sort: first[h + 1] is where the next link of h goes, and in the end where h + 1
     * begins. */
    for (size_t i = 0; i < topology->edge_count; i++)
        search->first[topology->edges[i].from + 2]++;
    for (size_t i = 2; i < count + 2; i++)
        search->first[i] += search->first[i - 1];
    for (size_t i = 0; i < topology->edge_count; i++)
        search->out[search->first[topology->edges[i].from + 1]++] = &topology->edges[i];
    return BASE_OK;
}

static bool is_quicker(const struct mark *a, const struct mark *b)
{
    return !b->is_reached || a->delay_ns < b->delay_ns ||
           (a->delay_ns == b->delay_ns && a->hops < b->hops);
}

static void search_run(struct search *search, uint32_t from, uint32_t to)
{
    search->marks[from].is_reached = true;
    for (;;) {
        uint32_t at = UINT32_MAX;
        for (uint32_t i = 0; i < search->topology->host_count; i++)
            if (search->marks[i].is_reached && !search->marks[i].is_final &&
                (at == UINT32_MAX || is_quicker(&search->marks[i], &search->marks[at])))
                at = i;
        if (at == UINT32_MAX || at == to)
            return;
        search->marks[at].is_final = true;
        for (size_t i = search->first[at]; i < search->first[at + 1]; i++) {
            const struct lab_edge *const edge = search->out[i];
            const struct mark way = { .delay_ns =
                                          search->marks[at].delay_ns + edge->config.delay_ns,
                                      .hops = search->marks[at].hops + 1,
                                      .by = edge,
                                      .is_reached = true };
            if (!search->marks[edge->to].is_final && is_quicker(&way, &search->marks[edge->to]))
                search->marks[edge->to] = way;
        }
    }
}

static uint64_t least_rate(uint64_t a, uint64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

static void meet(struct lab_path *path, const struct lab_link_config *link)
{
    path->hops++;
    path->delay_ns += link->delay_ns;
    path->rate_bits = least_rate(path->rate_bits, link->rate_bits);
    path->arrive *= 1 - lab_link_loss(link);
}

static base_err search_path(const struct lab_topology *topology, uint32_t from, uint32_t to,
                            struct lab_path *path)
{
    struct search search;
    base_err err = search_init(&search, topology);
    if (err == BASE_OK) {
        search_run(&search, from, to);
        err = search.marks[to].is_reached ? BASE_OK : BASE_ENOTFOUND;
    }
    for (uint32_t at = to; err == BASE_OK && at != from; at = search.marks[at].by->from)
        meet(path, &search.marks[at].by->config);
    base_arena_done(&search.scratch);
    return err;
}

base_err lab_topology_path(const struct lab_topology *topology, uint32_t from, uint32_t to,
                           struct lab_path *path)
{
    struct lab_path way = { .arrive = 1 };
    if (from != to) {
        way.rate_bits = topology->hosts[from].rate_bits;
        if (topology->is_uniform)
            meet(&way, lab_topology_link(topology, from, to));
        else
            LAB_TRY(search_path(topology, from, to, &way));
    }
    *path = way;
    return BASE_OK;
}
