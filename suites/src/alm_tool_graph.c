/* alm_tool_graph.c - a file of the user to a graph of one metric, with the memory that it needs
 * looked at before it is asked for: a system that lends more than it has would end this process, or
 * another one, without a word. */
#define _GNU_SOURCE
#include "alm_tool.h"

#include <mfn/alm_graphml.h>

#include <base/units.h>
#include <probe/host.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GRAPH_ARC_BYTES = 40, /* of a graph while it is built, see alm_graph.h */
    GRAPH_NODE_BYTES = 16,
    LIST_EDGE_BYTES = 40, /* of a list of edges, with names as they usually are */
    LIST_NODE_BYTES = 40,
    LOOK_FROM_BYTES = 64 << 20, /* what is less is not worth looking for */
};

static const struct {
    const char *word, *unit;
    enum mfn_alm_metric metric;
} metrics[] = {
    { "latency", "ms", MFN_ALM_LATENCY },
    { "bandwidth", "s/Mbit", MFN_ALM_BANDWIDTH },
    { "reliability", "", MFN_ALM_RELIABILITY },
    { "cost", "", MFN_ALM_COST },
    { "balanced", "", MFN_ALM_MIX },
};

const char *alm_tool_metric_word(enum mfn_alm_metric metric)
{
    return metrics[metric].word;
}

const char *alm_tool_metric_unit(enum mfn_alm_metric metric)
{
    return metrics[metric].unit;
}

static base_err metric_of(const char *word, enum mfn_alm_metric *out, struct base_why *why)
{
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
        if (word == NULL || strcmp(metrics[i].word, word) == 0) {
            *out = metrics[i].metric;
            return BASE_OK;
        }
    return base_fail(why, BASE_EINVALID, 0, "'%s' is not one of " SUITE_ALM_METRICS, word);
}

static base_err read_graph(const struct suite_alm_question *question, struct base_span text,
                           struct alm_tool_graph *tool, struct base_why *why)
{
    tool->is_graphml = mfn_alm_graphml_is(text);
    if (!tool->is_graphml)
        return mfn_alm_edges_read(&tool->edges, text, question->is_undirected, why);
    if (question->is_undirected)
        return base_fail(why, BASE_EINVALID, 0,
                         "it is GraphML, which says itself whether edges are directed: leave "
                         "--undirected out");
    return mfn_alm_graphml_read(&tool->edges, text, why);
}

static double bytes_needed(const struct alm_tool_graph *tool, size_t node_bytes, size_t arc_bytes)
{
    return (double)tool->edges.count * (double)(GRAPH_ARC_BYTES + arc_bytes) +
           (double)tool->edges.node_count * (double)(GRAPH_NODE_BYTES + node_bytes);
}

base_err alm_tool_no_memory(const struct alm_tool_graph *tool, size_t node_bytes, size_t arc_bytes,
                            struct base_why *why)
{
    char needed[BASE_UNITS_TEXT_SIZE];
    base_units_print_size(bytes_needed(tool, node_bytes, arc_bytes), 3, needed);
    return base_fail(why, BASE_ENOMEM, 0,
                     "not enough memory: %s more are needed for %u nodes and %zu edges", needed,
                     tool->edges.node_count, tool->edges.count);
}

static base_err check_memory(const struct alm_tool_graph *tool, size_t node_bytes, size_t arc_bytes,
                             struct base_why *why)
{
    const double needed = bytes_needed(tool, node_bytes, arc_bytes);
    struct probe_host host;
    if (needed < LOOK_FROM_BYTES)
        return BASE_OK;
    base_err err = probe_host_read(NULL, &host);
    const double available = (double)host.available_bytes;
    if (err == BASE_OK && available > 0 && needed > available) {
        char there[BASE_UNITS_TEXT_SIZE];
        err = alm_tool_no_memory(tool, node_bytes, arc_bytes, why);
        if (why != NULL)
            snprintf(why->text + strlen(why->text), sizeof why->text - strlen(why->text),
                     ", and %s are available", base_units_print_size(available, 3, there));
    }
    probe_host_done(&host);
    return err;
}

static size_t count_of(struct base_span text, const char *word)
{
    const size_t size = strlen(word);
    size_t count = 0;
    for (const uint8_t *at = text.data, *const end = at + text.size;
         (at = memmem(at, (size_t)(end - at), word, size)) != NULL; at += size)
        count++;
    return count;
}

/* Memory ran out while the text was read: what would be needed if every edge had a node of its own,
 * with the list itself this time. */
static base_err no_memory_for_text(const struct alm_tool_graph *tool, struct base_span text,
                                   size_t node_bytes, size_t arc_bytes, struct base_why *why)
{
    const size_t count = count_of(text, tool->is_graphml ? "<edge" : "\n");
    char needed[BASE_UNITS_TEXT_SIZE];
    const size_t edge_bytes = LIST_EDGE_BYTES + GRAPH_ARC_BYTES + arc_bytes + LIST_NODE_BYTES +
                              GRAPH_NODE_BYTES + node_bytes;
    base_units_print_size((double)count * (double)edge_bytes, 2, needed);
    return base_fail(why, BASE_ENOMEM, 0,
                     "not enough memory: up to about %s are needed for its %zu edges", needed,
                     count);
}

base_err alm_tool_open(const struct suite_alm_question *question, size_t node_bytes,
                       size_t arc_bytes, struct alm_tool_graph *out, struct base_why *why)
{
    struct base_buf text = { 0 };
    *out = (struct alm_tool_graph){ .metric = MFN_ALM_LATENCY };
    base_err err = metric_of(question->metric, &out->metric, why);
    if (err == BASE_OK)
        err = base_buf_read_file(&text, question->path, MFN_ALM_TEXT_MAX_BYTES, why);
    if (err != BASE_OK) {
        base_buf_done(&text);
        return err;
    }
    err = read_graph(question, base_buf_span(&text), out, why);
    if (err == BASE_ENOMEM)
        err = no_memory_for_text(out, base_buf_span(&text), node_bytes, arc_bytes, why);
    base_buf_done(&text);
    if (err == BASE_OK)
        err = check_memory(out, node_bytes, arc_bytes, why);
    return err == BASE_OK ? err : base_fail_prefix(why, err, "%s", alm_text_source(question->path));
}

base_err alm_tool_weigh(struct alm_tool_graph *tool, struct base_why *why)
{
    return mfn_alm_graph_new(tool->edges.items, tool->edges.count, tool->edges.node_count,
                             tool->metric, NULL, &tool->graph, why);
}

void alm_tool_close(struct alm_tool_graph *tool)
{
    mfn_alm_graph_free(tool->graph);
    mfn_alm_edges_done(&tool->edges);
}

/* The nearest name of all; NULL when none is near, or there is no memory for their list. */
static const char *nearest_name(const struct alm_tool_graph *tool,
                                const struct suite_alm_question *question, const char *name)
{
    const uint32_t count = tool->edges.node_count;
    const char **const words = calloc((size_t)count + 1, sizeof *words);
    if (words == NULL || question->nearest == NULL) {
        free(words);
        return NULL;
    }
    for (uint32_t node = 0; node < count; node++)
        words[node] = mfn_alm_edges_name(&tool->edges, node);
    const char *const nearest = question->nearest(name, words);
    free(words);
    return nearest;
}

base_err alm_tool_node(const struct alm_tool_graph *tool, const struct suite_alm_question *question,
                       const char *name, uint32_t *node, struct base_why *why)
{
    *node = mfn_alm_edges_find(&tool->edges, name);
    if (*node != MFN_ALM_NONE)
        return BASE_OK;
    const char *const nearest = nearest_name(tool, question, name);
    if (nearest != NULL)
        return base_fail(why, BASE_ENOTFOUND, 0, "%s: no node '%.100s'; the nearest is '%s'",
                         alm_text_source(question->path), name, nearest);
    return base_fail(why, BASE_ENOTFOUND, 0, "%s: no node '%.100s' among %u",
                     alm_text_source(question->path), name, tool->edges.node_count);
}

const struct mfn_alm_edge *alm_tool_hop(const struct alm_tool_graph *tool,
                                        const struct alm_tool_path *path, uint32_t index)
{
    const uint32_t edge = path->edges != NULL ? path->edges[index]
                                              : mfn_alm_graph_edge(tool->graph, path->nodes[index],
                                                                   path->nodes[index + 1]);
    return &tool->edges.items[edge];
}

void alm_tool_figure(const struct alm_tool_graph *tool, struct alm_tool_path *path, double mixed)
{
    double seconds = 0, unreliable = 0;
    path->latency_ms = path->cost = 0;
    path->reliability = 1;
    path->bandwidth_mbps = INFINITY;
    for (uint32_t i = 0; i + 1 < path->count; i++) {
        const struct mfn_alm_edge *const hop = alm_tool_hop(tool, path, i);
        path->latency_ms += hop->latency_ms;
        path->cost += hop->cost;
        path->reliability *= hop->reliability;
        seconds += 1 / hop->bandwidth_mbps;
        unreliable += fmax(0, -log(hop->reliability)); /* not -0 */
        if (hop->bandwidth_mbps < path->bandwidth_mbps) {
            path->bandwidth_mbps = hop->bandwidth_mbps;
            path->bottleneck = i;
        }
    }
    const double distances[] = { path->latency_ms, seconds, unreliable, path->cost, mixed };
    path->distance = distances[tool->metric];
}
