/* alm_tool_route.c - one question to a user's graph: the best path, or the best few. */
#include "alm_tool.h"

#include <mfn/alm_kpaths.h>
#include <mfn/alm_pair.h>
#include <mfn/alm_search.h>

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
        alm_tool_put_head(text, tool, question, *found > 0);
    if (err == BASE_OK && !*found)
        err = write_far(text, tool, question, ends);
    if (err == BASE_OK && *found) {
        struct alm_tool_path path = { .nodes = nodes, .count = (uint32_t)count };
        alm_tool_figure(tool, &path, mfn_alm_graph_units(tool->graph, quanta));
        alm_tool_write_route(text, tool, question, &path);
    }
    free(nodes);
    return err;
}

/* Without limits: one search from both ends. */
static base_err route_free(struct alm_tool_graph *tool, const struct suite_alm_question *question,
                           const struct ends *ends, struct alm_text *text, size_t *found,
                           struct base_why *why)
{
    struct mfn_alm_pair *pair = NULL;
    base_err err = alm_tool_weigh(tool, why);
    if (err == BASE_OK)
        err = mfn_alm_pair_new(tool->graph, NULL, &pair);
    if (err == BASE_OK)
        err = write_route(text, tool, question, ends, pair, found);
    mfn_alm_pair_free(pair);
    return err;
}

static bool has_limits(const struct suite_alm_limits *limits)
{
    return limits->latency_ms_max > 0 || limits->cost_max > 0 || limits->bandwidth_mbps_min > 0 ||
           limits->reliability_min > 0 || limits->hop_max > 0;
}

base_err suite_alm_route(const struct suite_alm_question *question, struct base_buf *out,
                         size_t *count, struct base_why *why)
{
    struct alm_tool_graph tool;
    struct alm_text text = { .out = out };
    struct ends ends;
    size_t found = 0;
    const bool is_limited = has_limits(&question->limits);
    const size_t node_bytes = is_limited ? ALM_TOOL_WITHIN_NODE_BYTES : PAIR_NODE_BYTES;
    const size_t arc_bytes = is_limited ? ALM_TOOL_WITHIN_ARC_BYTES : 0;
    base_err err = alm_tool_open(question, node_bytes, arc_bytes, &tool, why);
    if (err == BASE_OK)
        err = find_ends(&tool, question, &ends, why);
    if (err == BASE_OK) {
        err = is_limited ? alm_tool_within(&tool, question, ends.from, ends.to, &text, &found, why)
                         : route_free(&tool, question, &ends, &text, &found, why);
        if (question->is_json)
            alm_text_put(&text, "}\n");
        if (err == BASE_OK)
            err = text.err;
        if (err == BASE_ENOMEM)
            err = alm_tool_no_memory(&tool, node_bytes, arc_bytes, why);
    }
    if (err == BASE_OK)
        *count = found;
    alm_tool_close(&tool);
    return err;
}

static base_err write_paths(struct alm_text *text, const struct alm_tool_graph *tool,
                            const struct suite_alm_question *question, const struct ends *ends,
                            const struct mfn_alm_kpaths *kpaths, size_t count)
{
    if (question->is_json)
        alm_tool_put_head(text, tool, question, count > 0);
    if (count == 0) {
        const base_err err = write_far(text, tool, question, ends);
        if (err != BASE_OK)
            return err;
    } else if (!question->is_json) {
        alm_tool_write_list_head(text, tool, question, count);
    }
    if (question->is_json)
        alm_text_put(text, ",\n\"paths\":[");
    for (size_t i = 0; i < count; i++) {
        const struct mfn_alm_path found = mfn_alm_kpaths_get(kpaths, i);
        struct alm_tool_path path = { .nodes = found.nodes, .count = found.count };
        alm_tool_figure(tool, &path, mfn_alm_graph_units(tool->graph, found.distance));
        if (!question->is_json) {
            alm_tool_write_listed(text, tool, &path, i + 1);
            continue;
        }
        alm_text_put(text, "%s\n{", i > 0 ? "," : "");
        alm_tool_put_path(text, tool, &path);
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
    size_t found = 0;
    base_err err = alm_tool_open(question, KPATHS_NODE_BYTES, KPATHS_ARC_BYTES, &tool, why);
    if (err == BASE_OK)
        err = find_ends(&tool, question, &ends, why);
    if (err == BASE_OK) {
        err = alm_tool_weigh(&tool, why);
        if (err == BASE_OK)
            err = mfn_alm_kpaths_new(tool.graph, question->path_count, &kpaths);
        if (err == BASE_OK)
            err = mfn_alm_kpaths_find(kpaths, ends.from, ends.to, question->path_count, &found);
        if (err == BASE_OK)
            err = write_paths(&text, &tool, question, &ends, kpaths, found);
        if (err == BASE_OK)
            err = text.err;
        if (err == BASE_ENOMEM)
            err = alm_tool_no_memory(&tool, KPATHS_NODE_BYTES, KPATHS_ARC_BYTES, why);
        else if (err == BASE_EINVALID)
            (void)base_fail(why, err, 0, "%zu paths are not 1 to %d", question->path_count,
                            MFN_ALM_KPATHS_MAX);
    }
    if (err == BASE_OK)
        *count = found;
    mfn_alm_kpaths_free(kpaths);
    alm_tool_close(&tool);
    return err;
}
