/* cmd_alm.c - the routing layer on graphs and servers of the user. */
#include "commands.h"
#include "option_rows.h"
#include "output.h"
#include "signals.h"

#include <suite/alm.h>

#define METRIC                                                                                     \
    {                                                                                              \
        .name = "metric", .letter = 'm', .kind = CLI_WORD, .value_name = "METRIC",                 \
        .choices = SUITE_ALM_METRICS, .fallback = "latency",                                       \
        .doc = "what is to be least: latency (ms), bandwidth (the sum of 1 / Mbit/s), "            \
               "reliability (of failing), cost, or balanced: .4, .3, .2 and .1 of these, each as " \
               "a share of the graph's largest"                                                    \
    }
#define UNDIRECTED FLAG("undirected", 'u', "every line of a list of edges is an edge both ways")

#define LIMIT(name_, place_, low_, high_, doc_)                                                    \
    {                                                                                              \
        .name = name_, .kind = CLI_SHARE, .value_name = place_, .doc = doc_, .fallback = "any",    \
        .low = low_, .high = high_                                                                 \
    }

/* As small and large as the graph's own figures may be. */
const struct cli_option cli_alm_route_options[] = {
    METRIC,
    UNDIRECTED,
    LIMIT("max-latency", "MS", 1e-9, 1e12, "latency of the path, at most this many ms"),
    LIMIT("min-bandwidth", "MBIT", 1e-6, 1e12, "bandwidth of every hop, at least this in Mbit/s"),
    LIMIT("min-reliability", "SHARE", 1e-9, 1, "reliability of the path, at least this"),
    LIMIT("max-cost", "COST", 1e-9, 1e12, "cost of the path, at most this"),
    COUNT("max-hops", 1, 1 << 28, "hops of the path, at most this many", "any"),
    FLAG("json", 'j', "as JSON"),
    { 0 },
};

const struct cli_option cli_alm_kpaths_options[] = {
    { .name = "paths",
      .letter = 'k',
      .kind = CLI_COUNT,
      .value_name = "N",
      .doc = "how many paths",
      .fallback = "4",
      .low = 1,
      .high = SUITE_ALM_PATHS_MAX },
    METRIC,
    UNDIRECTED,
    FLAG("json", 'j', "as JSON"),
    { 0 },
};

const struct cli_option cli_alm_balance_options[] = {
    { .name = "policy",
      .kind = CLI_WORDS,
      .value_name = "LIST",
      .choices = SUITE_ALM_POLICIES,
      .doc =
          "only these, with commas between: round_robin, weighted_round_robin, "
          "least_connections, weighted_least_connections, two_choices, latency, maglev, adaptive",
      .fallback = "all" },
    COUNT("servers", 1, SUITE_ALM_SERVERS_MAX, "so many equal servers, in place of a file",
          "the file's"),
    COUNT("requests", 1, SUITE_ALM_REQUESTS_MAX, "requests before and after a server goes down",
          "100000"),
    COUNT("clients", 1, SUITE_ALM_CLIENTS_MAX, "clients, each with one request under way",
          "4 a server"),
    TEXT("down", CLI_TEXT, "SERVER", "the server that goes down; else the first of the heaviest"),
    COUNT("seed", 0, 9.2e18, "seed of flows and random choices", "1"),
    FLAG("json", 'j', "as JSON, with the requests of every server"),
    { 0 },
};

/* What a failure of a suite's function means: a file or a name is not right, unless memory
 * was short or a search was given up. */
static int complain(base_err err, const struct base_why *why, struct base_buf *out)
{
    base_buf_done(out);
    (void)cli_complain(err, why);
    return err == BASE_ENOMEM || err == BASE_ETIMEOUT ? CLI_UNMEASURED : CLI_USAGE;
}

/* GRAPH FROM TO; names that begin with a dash stand after "--". */
static base_err question_of(const struct cli_args *args, struct suite_alm_question *question,
                            struct base_why *why)
{
    const char *words[3];
    if (args->operand_count + args->rest_count > 3)
        return base_fail(why, BASE_EINVALID, 0, "%s: '%s' is one word too many",
                         args->command->name, args->rest[3 - args->operand_count]);
    for (size_t i = 0; i < 3; i++)
        words[i] =
            i < args->operand_count ? args->operands[i] : args->rest[i - args->operand_count];
    *question = (struct suite_alm_question){
        .path = words[0],
        .from = words[1],
        .to = words[2],
        .metric = cli_text(args, "metric", "latency"),
        .is_undirected = cli_has(args, "undirected"),
        .is_json = cli_has(args, "json"),
        .nearest = cli_nearest,
    };
    return BASE_OK;
}

static double number_of(const struct cli_args *args, const char *name)
{
    const struct cli_value *const value = cli_value(args, name);
    return value != NULL ? value->number : 0;
}

static uint64_t count_of(const struct cli_args *args, const char *name, uint64_t fallback)
{
    const struct cli_value *const value = cli_value(args, name);
    return value != NULL ? value->count : fallback;
}

int cli_cmd_alm_route(const struct cli_args *args)
{
    struct suite_alm_question question;
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    size_t count = 0;
    if (question_of(args, &question, &why) != BASE_OK)
        return cli_complain_usage(args, &why);
    cli_signals_default();
    question.limits = (struct suite_alm_limits){
        .latency_ms_max = number_of(args, "max-latency"),
        .cost_max = number_of(args, "max-cost"),
        .bandwidth_mbps_min = number_of(args, "min-bandwidth"),
        .reliability_min = number_of(args, "min-reliability"),
        .hop_max = (uint32_t)count_of(args, "max-hops", 0),
    };
    const base_err err = suite_alm_route(&question, &out, &count, &why);
    if (err != BASE_OK)
        return complain(err, &why, &out);
    return cli_output_finish(&out, NULL, count > 0 ? CLI_FINE : CLI_REFUTED);
}

int cli_cmd_alm_kpaths(const struct cli_args *args)
{
    struct suite_alm_question question;
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    size_t count = 0;
    if (question_of(args, &question, &why) != BASE_OK)
        return cli_complain_usage(args, &why);
    cli_signals_default();
    question.path_count = count_of(args, "paths", 4);
    const base_err err = suite_alm_kpaths(&question, &out, &count, &why);
    if (err != BASE_OK)
        return complain(err, &why, &out);
    return cli_output_finish(&out, NULL, count > 0 ? CLI_FINE : CLI_REFUTED);
}

int cli_cmd_alm_balance(const struct cli_args *args)
{
    const struct suite_alm_balance balance = {
        .path = args->operand_count > 0 ? args->operands[0] : NULL,
        .server_count = (uint32_t)count_of(args, "servers", 0),
        .policies = cli_text(args, "policy", NULL),
        .request_count = count_of(args, "requests", 100000),
        .client_count = (uint32_t)count_of(args, "clients", 0),
        .down = cli_text(args, "down", NULL),
        .seed = count_of(args, "seed", 1),
        .is_json = cli_has(args, "json"),
        .is_verbose = cli_has(args, "verbose"),
        .nearest = cli_nearest,
    };
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    if ((balance.path != NULL) == cli_has(args, "servers")) {
        (void)base_fail(&why, BASE_EINVALID, 0,
                        "alm balance needs a file of servers or --servers N, and not both");
        return cli_complain_usage(args, &why);
    }
    cli_signals_default();
    const base_err err = suite_alm_balance(&balance, &out, &why);
    if (err != BASE_OK)
        return complain(err, &why, &out);
    return cli_output_finish(&out, NULL, CLI_FINE);
}
