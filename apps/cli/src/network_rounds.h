/* network_rounds.h - rounds of an experiment, protocols interleaved in random order, as records of
 * cases: the engine collects, judges, keeps and shows them like any other.
 *
 * Each plan gives two cases: net/NAME, one item is a round and what it counted are its series (as
 * `bpi-perf run net/NAME` measures it), and net/delivery.NAME, one item is a delivery and its time
 * is the delivery's latency. A process of a case is one round: its nodes are new.
 */
#ifndef CLI_NETWORK_ROUNDS_H
#define CLI_NETWORK_ROUNDS_H

#include "engine.h"

#include <stats/interval.h>
#include <suite/network.h>

enum { /* all plans and cases fit into a struct cli_plan */
       CLI_NETWORK_CONDITIONS_MAX = 16,
       CLI_NETWORK_PROTOCOLS_MAX = 8,
       CLI_NETWORK_ATTACKS_MAX = 8,
       CLI_NETWORK_PLANS_MAX = CLI_NETWORK_CONDITIONS_MAX * CLI_NETWORK_PROTOCOLS_MAX,
       CLI_NETWORK_RUNS_MAX = 1000,
       CLI_NETWORK_CASES = 2, /* of a plan */
       CLI_NETWORK_KNEES_MAX = 10,
};

/* What the configuration file wants of the results. */
struct cli_network_targets {
    double improvement, success_rate, max_memory_mb, max_cpu_percent; /* NaN: nothing */
};

struct cli_network {
    const struct cli_args *args;
    struct suite_net_conditions conditions[CLI_NETWORK_CONDITIONS_MAX];
    size_t condition_count;
    const char *attacks[CLI_NETWORK_ATTACKS_MAX];
    size_t attack_count;
    const char *protocols[CLI_NETWORK_PROTOCOLS_MAX];
    size_t protocol_count;
    struct suite_net_plan plans[CLI_NETWORK_PLANS_MAX]; /* condition by attack by protocol */
    size_t plan_count;
    uint32_t runs;
    bool wants_knee;
    struct cli_network_targets targets;
    /* internal */
    bool is_run;                       /* rounds were made */
    struct suite_net_results *results; /* [runs][plan_count] */
    double *wall_ns;                   /* [runs][plan_count] of a round; 0: not made */
    double knees[CLI_NETWORK_KNEES_MAX][CLI_NETWORK_PLANS_MAX]; /* [knee_count] messages a second;
                                                                   NaN: not found */
    size_t knee_count;                                          /* searches; 0: none */
    uint32_t repeated[CLI_NETWORK_PLANS_MAX];                   /* rounds that did not count */
    base_err errs[CLI_NETWORK_PLANS_MAX];
    struct base_why whys[CLI_NETWORK_PLANS_MAX];
};

/* Jobs for all plans, and a note for the document. Errors: ENOMEM, those of cli_plan_self */
BASE_MUST_USE base_err cli_network_jobs(struct cli_network *network, struct cli_plan *plan,
                                        struct base_why *why);
/* An engine's `record`; the context is a struct cli_network. The first call makes all rounds. */
void cli_network_record(void *context, size_t index, struct bench_record *record);
void cli_network_done(struct cli_network *network);

/* What is the same for some plans, all of one group: condition and attack. */
static inline size_t cli_network_groups(const struct cli_network *network)
{
    return network->condition_count * network->attack_count;
}

/* Ratio of messages a second of one plan over another: geometric mean over rounds, both of a round
 * paired. NaN when there is none; ends NaN with one round; 0 when in a round nothing reached
 * everybody with `plan` and something did with `against`. */
struct stats_interval cli_network_ratio(const struct cli_network *network, size_t plan,
                                        size_t against, double confidence);
/* Likewise of messages that one processor of nodes would carry: the time that `against` takes for
 * one over that of `plan`. NaN when a round has none. */
struct stats_interval cli_network_cpu_ratio(const struct cli_network *network, size_t plan,
                                            size_t against, double confidence);
/* The results of the last round that counted; NULL: there is none. */
const struct suite_net_results *cli_network_last(const struct cli_network *network, size_t plan);

#endif
