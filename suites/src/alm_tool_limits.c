/* alm_tool_limits.c - the best path that keeps limits, or the reason why there is none. */
#include "alm_tool.h"

#include <mfn/alm_constrain.h>

#include <stdio.h>
#include <string.h>

enum { LABELS_MAX = 1 << 17 };

/* The library's sentences know nodes by their numbers: say their names. */
static void say_names(const struct suite_alm_question *question, uint32_t from, uint32_t to,
                      struct base_why *why)
{
    char numbers[48], text[BASE_WHY_TEXT_SIZE];
    snprintf(numbers, sizeof numbers, "from %u to %u", from, to);
    const char *const at = strstr(why->text, numbers);
    if (at == NULL)
        return;
    snprintf(text, sizeof text, "%.*sfrom %.100s to %.100s%s", (int)(at - why->text), why->text,
             question->from, question->to, at + strlen(numbers));
    memcpy(why->text, text, sizeof text);
}

static void write_way(const struct alm_tool_graph *tool, const struct suite_alm_question *question,
                      const struct mfn_alm_way *way, struct alm_text *text)
{
    struct alm_tool_path path = { .nodes = way->nodes,
                                  .edges = way->edges,
                                  .count = way->hop_count + 1 };
    char least[ALM_TEXT_NUMBER_SIZE];
    alm_tool_figure(tool, &path, way->weight);
    alm_text_sum(way->weight_least, least);
    if (question->is_json) {
        alm_tool_put_head(text, tool, question, true);
        alm_text_put(text, ",\"is_proven\":%s,\"distance_least\":%s",
                     way->is_proven ? "true" : "false", least);
    }
    alm_tool_write_route(text, tool, question, &path);
    if (!question->is_json && !way->is_proven)
        alm_text_put(text,
                     "not proven to be the best within these limits: none has a distance "
                     "below %s\n",
                     least);
}

static void write_none(const struct alm_tool_graph *tool, const struct suite_alm_question *question,
                       enum mfn_alm_reason reason, const struct base_why *why,
                       struct alm_text *text)
{
    if (!question->is_json) {
        alm_text_put(text, "%s\n", why->text);
        return;
    }
    alm_tool_put_head(text, tool, question, false);
    alm_text_put(text, ",\"reason\":\"%s\",\"sentence\":", mfn_alm_reason_name(reason));
    alm_text_json(text, why->text);
}

static struct mfn_alm_request request_of(const struct alm_tool_graph *tool,
                                         const struct suite_alm_limits *limits)
{
    return (struct mfn_alm_request){ .metric = tool->metric,
                                     .bandwidth_mbps_min = limits->bandwidth_mbps_min,
                                     .latency_ms_max = limits->latency_ms_max,
                                     .reliability_min = limits->reliability_min,
                                     .cost_max = limits->cost_max,
                                     .hop_max = limits->hop_max };
}

base_err alm_tool_within(const struct alm_tool_graph *tool,
                         const struct suite_alm_question *question, uint32_t from, uint32_t to,
                         struct alm_text *text, size_t *found, struct base_why *why)
{
    struct mfn_alm_request request = request_of(tool, &question->limits);
    struct mfn_alm_constrain *constrain = NULL;
    struct mfn_alm_way way;
    struct base_why reason = { 0 };
    base_err err = mfn_alm_constrain_new(tool->edges.items, tool->edges.count,
                                         tool->edges.node_count, NULL, LABELS_MAX, &constrain, why);
    if (err != BASE_OK)
        return err;
    request.from = from;
    request.to = to;
    err = mfn_alm_constrain_find(constrain, &request, &way, &reason);
    say_names(question, from, to, &reason);
    *found = err == BASE_OK;
    if (err == BASE_OK)
        write_way(tool, question, &way, text);
    else if (err == BASE_ENOTFOUND)
        write_none(tool, question, mfn_alm_constrain_reason(constrain), &reason, text);
    mfn_alm_constrain_free(constrain);
    if (err == BASE_OK || err == BASE_ENOTFOUND)
        return BASE_OK;
    return base_fail(why, err == BASE_EFULL ? BASE_ETIMEOUT : err, 0, "%s", reason.text);
}
