/* alm_tool_route.c - one question to a user's graph: the best path, or the best few. */
#include "alm_text.h"
#include "alm_tool.h"

#include <mfn/alm_kpaths.h>
#include <mfn/alm_pair.h>
#include <mfn/alm_search.h>

#include <math.h>
#include <stdlib.h>

/* Memory of a search, see alm_pair.h and alm_kpaths.h. */
enum { PAIR_NODE_BYTES = 80, KPATHS_NODE_BYTES = 95, KPATHS_ARC_BYTES = 8 };

struct ends {
    uint32_t from, to;
};

static base_err find_ends(const struct alm_tool_graph *tool,
                          const struct suite_alm_question *question, struct ends *ends,
                          struct base_why *why)
{
    const base_err err = alm_tool_node(tool, question, question->from, &ends->from, why);
    return err == BASE_OK ? alm_tool_node(tool, question, question->to, &ends->to, why) : err;
}

static void put_name(struct alm_text *text, const struct alm_tool_graph *tool, uint32_t node)
{
    alm_text_json(text, mfn_alm_edges_name(&tool->edges, node));
}

static void put_head(struct alm_text *text, const struct alm_tool_graph *tool,
                     const struct suite_alm_question *question, size_t count)
{
    alm_text_put(text, "{\"graph\":{\"file\":");
    alm_text_json(text, question->path);
    alm_text_put(text, ",\"format\":\"%s\",\"nodes\":%u,\"edges\":%zu},\n",
                 tool->is_graphml ? "graphml" : "edges", tool->edges.node_count, tool->edges.count);
    alm_text_put(text, "\"metric\":\"%s\",\"distance_unit\":\"%s\",\"from\":",
                 alm_tool_metric_word(tool->metric), alm_tool_metric_unit(tool->metric));
    alm_text_json(text, question->from);
    alm_text_put(text, ",\"to\":");
    alm_text_json(text, question->to);
    alm_text_put(text, ",\"is_reachable\":%s", count > 0 ? "true" : "false");
}

/* The members of a path's object, without its braces. */
static void put_path(struct alm_text *text, const struct alm_tool_graph *tool,
                     const struct alm_tool_path *path)
{
    char a[ALM_TEXT_NUMBER_SIZE], b[ALM_TEXT_NUMBER_SIZE], c[ALM_TEXT_NUMBER_SIZE],
        d[ALM_TEXT_NUMBER_SIZE];
    alm_text_put(text, "\"distance\":%s,\"latency_ms\":%s,\"reliability\":%s,\"cost\":%s,",
                 alm_text_sum(path->distance, a), alm_text_sum(path->latency_ms, b),
                 alm_text_sum(path->reliability, c), alm_text_sum(path->cost, d));
    if (path->count > 1) {
        alm_text_put(text, "\"bandwidth_mbps\":%s,\n\"bottleneck\":{\"from\":",
                     alm_text_number(path->bandwidth_mbps, a));
        put_name(text, tool, path->nodes[path->bottleneck]);
        alm_text_put(text, ",\"to\":");
        put_name(text, tool, path->nodes[path->bottleneck + 1]);
        alm_text_put(text, "},\n\"nodes\":[");
    } else {
        alm_text_put(text, "\"bandwidth_mbps\":null,\"bottleneck\":null,\n\"nodes\":[");
    }
    for (uint32_t i = 0; i < path->count; i++) {
        alm_text_put(text, i > 0 ? "," : "");
        put_name(text, tool, path->nodes[i]);
    }
    alm_text_put(text, "]");
}

static void put_hops(struct alm_text *text, const struct alm_tool_graph *tool,
                     const struct alm_tool_path *path)
{
    char a[ALM_TEXT_NUMBER_SIZE], b[ALM_TEXT_NUMBER_SIZE], c[ALM_TEXT_NUMBER_SIZE],
        d[ALM_TEXT_NUMBER_SIZE];
    alm_text_put(text, ",\n\"hops\":[");
    for (uint32_t i = 0; i + 1 < path->count; i++) {
        const struct mfn_alm_edge *const hop = alm_tool_hop(tool, path, i);
        alm_text_put(text, "%s\n{\"from\":", i > 0 ? "," : "");
        put_name(text, tool, path->nodes[i]);
        alm_text_put(text, ",\"to\":");
        put_name(text, tool, path->nodes[i + 1]);
        alm_text_put(text,
                     ",\"latency_ms\":%s,\"bandwidth_mbps\":%s,\"reliability\":%s,\"cost\":%s}",
                     alm_text_number(hop->latency_ms, a), alm_text_number(hop->bandwidth_mbps, b),
                     alm_text_number(hop->reliability, c), alm_text_number(hop->cost, d));
    }
    alm_text_put(text, "]");
}

static size_t name_width(const struct alm_tool_graph *tool, const struct alm_tool_path *path)
{
    size_t width = 4;
    for (uint32_t i = 0; i < path->count; i++) {
        const size_t own = alm_text_width(mfn_alm_edges_name(&tool->edges, path->nodes[i]));
        width = own > width ? own : width;
    }
    return width;
}

static void write_row(struct alm_text *text, const char *latency, const char *bandwidth,
                      const char *reliability, const char *cost)
{
    alm_text_put(text, "  %12s %17s %12s %9s\n", latency, bandwidth, reliability, cost);
}

static void write_hops(struct alm_text *text, const struct alm_tool_graph *tool,
                       const struct alm_tool_path *path)
{
    char a[ALM_TEXT_NUMBER_SIZE], b[ALM_TEXT_NUMBER_SIZE], c[ALM_TEXT_NUMBER_SIZE],
        d[ALM_TEXT_NUMBER_SIZE];
    const size_t width = name_width(tool, path);
    alm_text_put(text, "\n  hop  %-*s  %-*s", (int)width, "from", (int)width, "to");
    write_row(text, "latency ms", "bandwidth Mbit/s", "reliability", "cost");
    for (uint32_t i = 0; i + 1 < path->count; i++) {
        const struct mfn_alm_edge *const hop = alm_tool_hop(tool, path, i);
        alm_text_put(text, "%5u  ", i + 1);
        alm_text_name(text, mfn_alm_edges_name(&tool->edges, path->nodes[i]), width);
        alm_text_put(text, "  ");
        alm_text_name(text, mfn_alm_edges_name(&tool->edges, path->nodes[i + 1]), width);
        write_row(text, alm_text_number(hop->latency_ms, a),
                  alm_text_number(hop->bandwidth_mbps, b), alm_text_number(hop->reliability, c),
                  alm_text_number(hop->cost, d));
    }
    alm_text_put(text, "  all  %*s", (int)(2 * width + 2), "");
    write_row(text, alm_text_sum(path->latency_ms, a), alm_text_number(path->bandwidth_mbps, b),
              alm_text_sum(path->reliability, c), alm_text_sum(path->cost, d));
    alm_text_put(text, "\nbottleneck: %s -> %s, %s Mbit/s\n",
                 mfn_alm_edges_name(&tool->edges, path->nodes[path->bottleneck]),
                 mfn_alm_edges_name(&tool->edges, path->nodes[path->bottleneck + 1]), b);
}

static void write_path(struct alm_text *text, const struct alm_tool_graph *tool,
                       const struct alm_tool_path *path)
{
    char distance[ALM_TEXT_NUMBER_SIZE];
    const char *const unit = alm_tool_metric_unit(tool->metric);
    alm_text_put(text, "%s -> %s: %u hop%s by %s, distance %s%s%s\n",
                 mfn_alm_edges_name(&tool->edges, path->nodes[0]),
                 mfn_alm_edges_name(&tool->edges, path->nodes[path->count - 1]), path->count - 1,
                 path->count == 2 ? "" : "s", alm_tool_metric_word(tool->metric),
                 alm_text_sum(path->distance, distance), *unit != '\0' ? " " : "", unit);
    if (path->count > 1)
        write_hops(text, tool, path);
}

/* There is no path: how far does one come? */
static base_err write_far(struct alm_text *text, const struct alm_tool_graph *tool,
                          const struct suite_alm_question *question, const struct ends *ends)
{
    struct mfn_alm_search *search = NULL;
    const base_err err = mfn_alm_search_new(tool->graph, &search);
    if (err != BASE_OK)
        return err;
    uint32_t reached = 0;
    mfn_alm_search_run(search, ends->from, MFN_ALM_FROM);
    for (uint32_t node = 0; node < tool->edges.node_count; node++)
        reached += node != ends->from && mfn_alm_search_distance(search, node) != MFN_ALM_FAR;
    mfn_alm_search_free(search);
    if (question->is_json)
        alm_text_put(text, ",\"nodes_reached\":%u", reached);
    else
        alm_text_put(
            text, "no path from %s to %s: %u of the %u other nodes can be reached from %s\n",
            question->from, question->to, reached, tool->edges.node_count - 1, question->from);
    return BASE_OK;
}

/* The nodes of the pair's path: calloc'ed. */
static base_err nodes_of(const struct mfn_alm_pair *pair, uint32_t **nodes, size_t *count)
{
    *nodes = NULL;
    base_err err = mfn_alm_pair_path(pair, NULL, 0, count);
    if (err != BASE_EFULL)
        return err;
    uint32_t *const memory = calloc(*count, sizeof *memory);
    if (memory == NULL)
        return BASE_ENOMEM;
    err = mfn_alm_pair_path(pair, memory, *count, count);
    *nodes = memory;
    return err;
}

static base_err write_route(struct alm_text *text, const struct alm_tool_graph *tool,
                            const struct suite_alm_question *question, const struct ends *ends,
                            struct mfn_alm_pair *pair, size_t *found)
{
    uint32_t *nodes = NULL;
    size_t count = 0;
    const uint64_t quanta = mfn_alm_pair_find(pair, ends->from, ends->to);
    base_err err = quanta != MFN_ALM_FAR ? nodes_of(pair, &nodes, &count) : BASE_OK;
    *found = quanta != MFN_ALM_FAR;
    if (question->is_json)
        put_head(text, tool, question, *found);
    if (err == BASE_OK && !*found)
        err = write_far(text, tool, question, ends);
    if (err == BASE_OK && *found) {
        const struct alm_tool_path path = alm_tool_path_of(tool, nodes, (uint32_t)count, quanta);
        if (question->is_json) {
            alm_text_put(text, ",\n");
            put_path(text, tool, &path);
            put_hops(text, tool, &path);
        } else {
            write_path(text, tool, &path);
        }
    }
    if (question->is_json)
        alm_text_put(text, "}\n");
    free(nodes);
    return err;
}

base_err suite_alm_route(const struct suite_alm_question *question, struct base_buf *out,
                         size_t *count, struct base_why *why)
{
    struct alm_tool_graph tool;
    struct alm_text text = { .out = out };
    struct mfn_alm_pair *pair = NULL;
    struct ends ends;
    base_err err = alm_tool_open(question, PAIR_NODE_BYTES, 0, &tool, why);
    if (err == BASE_OK)
        err = find_ends(&tool, question, &ends, why);
    if (err == BASE_OK) {
        err = mfn_alm_pair_new(tool.graph, NULL, &pair);
        if (err == BASE_OK)
            err = write_route(&text, &tool, question, &ends, pair, count);
        if (err == BASE_OK)
            err = text.err;
        if (err == BASE_ENOMEM)
            err = alm_tool_no_memory(&tool, PAIR_NODE_BYTES, 0, why);
    }
    mfn_alm_pair_free(pair);
    alm_tool_close(&tool);
    return err;
}

static void write_listed(struct alm_text *text, const struct alm_tool_graph *tool,
                         const struct alm_tool_path *path, size_t number)
{
    char a[ALM_TEXT_NUMBER_SIZE], b[ALM_TEXT_NUMBER_SIZE], c[ALM_TEXT_NUMBER_SIZE],
        d[ALM_TEXT_NUMBER_SIZE], e[ALM_TEXT_NUMBER_SIZE];
    alm_text_put(text, "%5zu %12s %12s %17s %12s %9s %5u  ", number,
                 alm_text_sum(path->distance, a), alm_text_sum(path->latency_ms, b),
                 path->count > 1 ? alm_text_number(path->bandwidth_mbps, c) : "-",
                 alm_text_sum(path->reliability, d), alm_text_sum(path->cost, e), path->count - 1);
    for (uint32_t i = 0; i < path->count; i++)
        alm_text_put(text, "%s%s", i > 0 ? " -> " : "",
                     mfn_alm_edges_name(&tool->edges, path->nodes[i]));
    alm_text_put(text, "\n");
}

static void write_list_head(struct alm_text *text, const struct alm_tool_graph *tool,
                            const struct suite_alm_question *question, size_t count)
{
    const char *const unit = alm_tool_metric_unit(tool->metric);
    alm_text_put(text, "%zu path%s from %s to %s by %s%s%s%s\n\n", count, count == 1 ? "" : "s",
                 question->from, question->to, alm_tool_metric_word(tool->metric),
                 *unit != '\0' ? ", distance in " : "", unit,
                 count < question->path_count ? "; there are no more" : "");
    alm_text_put(text, "%5s %12s %12s %17s %12s %9s %5s  %s\n", "path", "distance", "latency ms",
                 "bandwidth Mbit/s", "reliability", "cost", "hops", "nodes");
}

static base_err write_paths(struct alm_text *text, const struct alm_tool_graph *tool,
                            const struct suite_alm_question *question, const struct ends *ends,
                            const struct mfn_alm_kpaths *kpaths, size_t count)
{
    if (question->is_json)
        put_head(text, tool, question, count);
    if (count == 0) {
        const base_err err = write_far(text, tool, question, ends);
        if (err != BASE_OK)
            return err;
    } else if (!question->is_json) {
        write_list_head(text, tool, question, count);
    }
    if (question->is_json)
        alm_text_put(text, ",\n\"paths\":[");
    for (size_t i = 0; i < count; i++) {
        const struct mfn_alm_path found = mfn_alm_kpaths_get(kpaths, i);
        const struct alm_tool_path path =
            alm_tool_path_of(tool, found.nodes, found.count, found.distance);
        if (!question->is_json) {
            write_listed(text, tool, &path, i + 1);
            continue;
        }
        alm_text_put(text, "%s\n{", i > 0 ? "," : "");
        put_path(text, tool, &path);
        alm_text_put(text, "}");
    }
    if (question->is_json)
        alm_text_put(text, "]}\n");
    return BASE_OK;
}

base_err suite_alm_kpaths(const struct suite_alm_question *question, struct base_buf *out,
                          size_t *count, struct base_why *why)
{
    struct alm_tool_graph tool;
    struct alm_text text = { .out = out };
    struct mfn_alm_kpaths *kpaths = NULL;
    struct ends ends;
    base_err err = alm_tool_open(question, KPATHS_NODE_BYTES, KPATHS_ARC_BYTES, &tool, why);
    if (err == BASE_OK)
        err = find_ends(&tool, question, &ends, why);
    if (err == BASE_OK) {
        err = mfn_alm_kpaths_new(tool.graph, question->path_count, &kpaths);
        if (err == BASE_OK)
            err = mfn_alm_kpaths_find(kpaths, ends.from, ends.to, question->path_count, count);
        if (err == BASE_OK)
            err = write_paths(&text, &tool, question, &ends, kpaths, *count);
        if (err == BASE_OK)
            err = text.err;
        if (err == BASE_ENOMEM)
            err = alm_tool_no_memory(&tool, KPATHS_NODE_BYTES, KPATHS_ARC_BYTES, why);
        else if (err == BASE_EINVALID)
            (void)base_fail(why, err, 0, "%zu paths are not 1 to %d", question->path_count,
                            MFN_ALM_KPATHS_MAX);
    }
    mfn_alm_kpaths_free(kpaths);
    alm_tool_close(&tool);
    return err;
}
