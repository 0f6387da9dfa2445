/* alm_tool_write.c - paths as tables for people and as JSON. */
#include "alm_tool.h"

static void put_name(struct alm_text *text, const struct alm_tool_graph *tool, uint32_t node)
{
    alm_text_json(text, mfn_alm_edges_name(&tool->edges, node));
}

void alm_tool_put_head(struct alm_text *text, const struct alm_tool_graph *tool,
                       const struct suite_alm_question *question, bool is_reachable)
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
    alm_text_put(text, ",\"is_reachable\":%s", is_reachable ? "true" : "false");
}

void alm_tool_put_path(struct alm_text *text, const struct alm_tool_graph *tool,
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

void alm_tool_write_route(struct alm_text *text, const struct alm_tool_graph *tool,
                          const struct suite_alm_question *question,
                          const struct alm_tool_path *path)
{
    if (question->is_json) {
        alm_text_put(text, ",\n");
        alm_tool_put_path(text, tool, path);
        put_hops(text, tool, path);
    } else {
        write_path(text, tool, path);
    }
}

void alm_tool_write_listed(struct alm_text *text, const struct alm_tool_graph *tool,
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

void alm_tool_write_list_head(struct alm_text *text, const struct alm_tool_graph *tool,
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
