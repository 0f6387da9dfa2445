/* baseline_graph.c - rows of ascending links one after the other; the search numbers its runs, so
 * that nothing has to be cleared. */
#include "baseline_graph.h"

#include <base/rng.h>

#include <stdlib.h>
#include <string.h>

static uint32_t draw_row(struct base_rng *rng, uint32_t node_count, uint32_t from, uint32_t *to)
{
    uint32_t count = 0;
    for (uint32_t node = 0; node < node_count; node++)
        if (node != from && base_rng_uniform(rng) < BASELINE_DENSITY)
            to[count++] = node;
    return count;
}

base_err baseline_graph_make(struct baseline_graph *graph, uint32_t node_count, uint64_t seed)
{
    struct base_rng rng;
    *graph = (struct baseline_graph){ .node_count = node_count };
    graph->first = malloc((node_count + 1) * sizeof *graph->first);
    graph->to =
        malloc((size_t)node_count * node_count * sizeof *graph->to); /* the most there are */
    if (graph->first == NULL || graph->to == NULL) {
        baseline_graph_done(graph);
        return BASE_ENOMEM;
    }
    base_rng_init(&rng, seed);
    graph->first[0] = 0;
    for (uint32_t node = 0; node < node_count; node++)
        graph->first[node + 1] =
            graph->first[node] + draw_row(&rng, node_count, node, graph->to + graph->first[node]);
    return BASE_OK;
}

void baseline_graph_done(struct baseline_graph *graph)
{
    free(graph->first);
    free(graph->to);
    *graph = (struct baseline_graph){ 0 };
}

bool baseline_graph_has_link(const struct baseline_graph *graph, uint32_t from, uint32_t to)
{
    for (uint32_t i = graph->first[from]; i < graph->first[from + 1]; i++)
        if (graph->to[i] == to)
            return true;
    return false;
}

base_err baseline_graph_links(void *context, uint32_t node, const uint32_t **to, size_t *count)
{
    const struct baseline_graph *graph = context;
    *to = graph->to + graph->first[node];
    *count = graph->first[node + 1] - graph->first[node];
    return BASE_OK;
}

base_err baseline_search_open(struct baseline_search *search, uint32_t node_count)
{
    *search = (struct baseline_search){ .node_count = node_count };
    search->seen = calloc(node_count, sizeof *search->seen);
    search->parent = malloc(node_count * sizeof *search->parent);
    search->queue = malloc(node_count * sizeof *search->queue);
    search->path = malloc(node_count * sizeof *search->path);
    if (search->seen != NULL && search->parent != NULL && search->queue != NULL &&
        search->path != NULL)
        return BASE_OK;
    baseline_search_done(search);
    return BASE_ENOMEM;
}

void baseline_search_done(struct baseline_search *search)
{
    free(search->seen);
    free(search->parent);
    free(search->queue);
    free(search->path);
    *search = (struct baseline_search){ 0 };
}

static void begin(struct baseline_search *search, uint32_t start)
{
    if (++search->epoch == 0) { /* after 2^32 runs the numbers begin again */
        memset(search->seen, 0, search->node_count * sizeof *search->seen);
        search->epoch = 1;
    }
    search->seen[start] = search->epoch;
    search->queue[0] = start;
    search->path_count = 0;
}

static void trace(struct baseline_search *search, uint32_t start, uint32_t goal)
{
    uint32_t count = 1;
    for (uint32_t node = goal; node != start; node = search->parent[node])
        count++;
    search->path_count = count;
    for (uint32_t node = goal;; node = search->parent[node]) {
        search->path[--count] = node;
        if (count == 0)
            return;
    }
}

base_err baseline_search_run(struct baseline_search *search, baseline_links_fn *links,
                             void *context, uint32_t start, uint32_t goal)
{
    begin(search, start);
    for (uint32_t head = 0, tail = 1; head < tail && search->seen[goal] != search->epoch; head++) {
        const uint32_t node = search->queue[head];
        const uint32_t *to = NULL;
        size_t count = 0;
        const base_err err = links(context, node, &to, &count);
        if (err != BASE_OK)
            return err;
        for (size_t i = 0; i < count; i++) {
            if (search->seen[to[i]] == search->epoch)
                continue;
            search->seen[to[i]] = search->epoch;
            search->parent[to[i]] = node;
            search->queue[tail++] = to[i];
        }
    }
    if (search->seen[goal] == search->epoch)
        trace(search, start, goal);
    return BASE_OK;
}
