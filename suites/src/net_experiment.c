/* net_experiment.c - suite/network.h: plans are checked here, so that the worlds need not. */
#include "net_round.h"

#include <lab/net.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The specification's production simulation, and the three conditions of its configuration with the
 * fourth that its earlier tool had. Hosts send 100 Mbit/s, as that tool took the network to be. */
static const struct suite_net_conditions conditions_table[] = {
    { "production", 10, 2048, 100, 25000000, 0.005, 100000000 },
    { "local", 5, 1024, 100, 1000000, 0, 100000000 },
    { "internet", 10, 4096, 50, 50000000, 0.01, 100000000 },
    { "poor", 8, 2048, 25, 200000000, 0.05, 100000000 },
    { "large", 20, 8192, 20, 100000000, 0.02, 100000000 },
    { .name = "loopback",
      .node_count = 10,
      .message_size = 2048,
      .messages_per_node = 100,
      .is_loopback = true },
};

base_err suite_net_conditions_find(const char *name, struct suite_net_conditions *conditions,
                                   struct base_why *why)
{
    for (size_t i = 0; i < sizeof conditions_table / sizeof conditions_table[0]; i++)
        if (strcmp(conditions_table[i].name, name) == 0) {
            *conditions = conditions_table[i];
            return BASE_OK;
        }
    return base_fail(why, BASE_ENOTFOUND, 0, "'%s' is not one of %s", name, SUITE_NET_CONDITIONS);
}

/* Is `word` one of the words of a list with commas? */
static bool is_word(const char *word, const char *list)
{
    const size_t size = strlen(word);
    for (const char *at = list; *at != '\0'; at += *at == ',') {
        const size_t length = strcspn(at, ",");
        if (length == size && strncmp(at, word, size) == 0)
            return true;
        at += length;
    }
    return false;
}

static base_err check_words(const struct suite_net_plan *plan, struct base_why *why)
{
    const struct {
        const char *what, *word, *list;
    } rows[] = {
        { "protocol", plan->protocol, SUITE_NET_PROTOCOLS },
        { "class", plan->class != NULL ? plan->class : "consensus", SUITE_NET_CLASSES },
        { "attack", plan->attack != NULL ? plan->attack : "none", SUITE_NET_ATTACKS },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!is_word(rows[i].word, rows[i].list))
            return base_fail(why, BASE_ENOTFOUND, 0, "%s '%s' is not one of %s", rows[i].what,
                             rows[i].word, rows[i].list);
    return BASE_OK;
}

static base_err check_range(const char *what, double value, double low, double high,
                            struct base_why *why)
{
    return value >= low && value <= high
               ? BASE_OK
               : base_fail(why, BASE_ERANGE, 0, "%s: %.10g is not within %.10g and %.10g", what,
                           value, low, high);
}

static base_err check_conditions(const struct suite_net_conditions *conditions,
                                 struct base_why *why)
{
    const struct {
        const char *what;
        double value, low, high;
    } rows[] = {
        { "nodes", conditions->node_count, 2, SUITE_NET_NODES_MAX },
        { "bytes of a message", conditions->message_size, SUITE_NET_SIZE_LEAST,
          SUITE_NET_SIZE_MAX },
        { "messages of a node", conditions->messages_per_node, 1, 1e7 },
        { "latency in ns", (double)conditions->latency_ns, 0, LAB_LINK_DELAY_MAX_S * 1e9 },
        { "share of packets lost", conditions->loss_share, 0, 1 },
        { "bandwidth in bit/s", (double)conditions->bandwidth_bits, 0, 1e12 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const base_err err =
            check_range(rows[i].what, rows[i].value, rows[i].low, rows[i].high, why);
        if (err != BASE_OK)
            return err;
    }
    return BASE_OK;
}

/* What only links and hosts can have, asked for where there are none. */
static base_err check_loopback(const struct suite_net_plan *plan, struct base_why *why)
{
    const struct suite_net_conditions *conditions = &plan->conditions;
    const enum net_attack attack = net_attack_find(plan->attack);
    const bool is_spoofing = net_attack_is_from_outside(attack) && attack != NET_ATTACK_GARBAGE;
    const char *lack =
        conditions->latency_ns > 0 || conditions->loss_share > 0 || conditions->bandwidth_bits > 0
            ? "latency, loss or bandwidth"
        : plan->is_full    ? "load that fills them"
        : plan->is_virtual ? "virtual time"
        : is_spoofing      ? "attack under addresses of others"
                           : NULL;
    return lack == NULL || !conditions->is_loopback
               ? BASE_OK
               : base_fail(why, BASE_EUNSUPPORTED, 0,
                           "condition loopback has no links, and so no %s", lack);
}

base_err suite_net_check(const struct suite_net_plan *plan, struct base_why *why)
{
    const struct suite_net_conditions *conditions = &plan->conditions;
    const enum net_attack attack = net_attack_find(plan->attack);
    base_err err = check_words(plan, why);
    if (err == BASE_OK)
        err = check_conditions(conditions, why);
    if (err == BASE_OK)
        err = check_range("messages a second", plan->rate_per_s, 0.001, 1e7, why);
    if (err == BASE_OK)
        err = check_loopback(plan, why);
    if (err != BASE_OK)
        return err;
    const double deliveries =
        (double)conditions->node_count * conditions->node_count * suite_net_messages(plan);
    if (deliveries > SUITE_NET_DELIVERIES_MAX)
        return base_fail(
            why, BASE_ERANGE, 0,
            "%.10g deliveries are more than the %d of one round: fewer nodes or messages",
            deliveries, SUITE_NET_DELIVERIES_MAX);
    if (plan->is_unauthenticated && strcmp(plan->protocol, "hermes") == 0)
        return base_fail(why, BASE_EUNSUPPORTED, 0, "hermes always authenticates; auth is on");
    if (plan->is_virtual && (net_attack_is_from_outside(attack) || attack == NET_ATTACK_SLOW))
        return base_fail(why, BASE_EUNSUPPORTED, 0,
                         "attack %s needs processes: in virtual time there are byzantine and sybil",
                         plan->attack);
    return BASE_OK;
}

static void collect_attack(const struct net_round *round, struct suite_net_results *results)
{
    const struct net_control *control = round->control;
    if (!net_attack_is_from_outside(round->attack))
        return;
    results->attack_packets = (double)atomic_load(&control->attack_packets);
    results->attack_bytes = (double)atomic_load(&control->attack_bytes);
    if (round->attack == NET_ATTACK_AMPLIFY && results->attack_bytes > 0)
        results->amplification =
            (double)atomic_load(&control->victim_bytes) / results->attack_bytes;
}

base_err suite_net_run(const struct suite_net_plan *plan, struct suite_net_results *results,
                       struct base_why *why)
{
    struct net_round round;
    base_err err = suite_net_check(plan, why);
    if (err == BASE_OK)
        err = net_round_open(&round, plan, why);
    if (err != BASE_OK)
        return err;
    err = plan->is_virtual ? net_virtual_run(&round, why) : net_real_run(&round, why);
    if (err == BASE_OK) {
        err = net_outcome_count(&round.outcome, results);
        if (err != BASE_OK)
            (void)base_fail(why, err, 0, "no memory for the latencies");
    }
    if (err == BASE_OK) {
        results->lab = round.lab;
        collect_attack(&round, results);
    }
    net_round_close(&round);
    return err;
}

base_err suite_net_judge(const struct suite_net_results *results, struct base_why *why)
{
    if (results->wrong > 0)
        return base_fail(why, BASE_EWRONG, 0, "%.0f deliveries came twice or from nobody",
                         results->wrong);
    if (!results->lab.is_valid)
        return base_fail(why, BASE_EWRONG, 0, "the laboratory could not hold its links: %s",
                         results->lab.reason);
    return BASE_OK;
}

void suite_net_results_done(struct suite_net_results *results)
{
    free(results->latencies_ns);
    *results = (struct suite_net_results){ 0 };
}

const struct suite_net_field *suite_net_field_at(size_t i)
{
    static const struct suite_net_field fields[] = {
#define FIELD_ROW(member, name, unit, doc)                                                         \
    { name, unit, doc, offsetof(struct suite_net_results, member) },
        SUITE_NET_FIELDS(FIELD_ROW) SUITE_NET_ATTACK_FIELDS(FIELD_ROW)
#undef FIELD_ROW
    };
    return i < sizeof fields / sizeof fields[0] ? &fields[i] : NULL;
}

double suite_net_field_of(const struct suite_net_results *results,
                          const struct suite_net_field *field)
{
    double value = NAN;
    memcpy(&value, (const char *)results + field->offset, sizeof value);
    return value;
}

static bool is_of_wrong(const struct suite_net_field *field)
{
    return field->offset == offsetof(struct suite_net_results, wrong) ||
           field->offset == offsetof(struct suite_net_results, forged) ||
           field->offset == offsetof(struct suite_net_results, replayed);
}

double suite_net_series_of(const struct suite_net_results *results,
                           const struct suite_net_field *field)
{
    const double value = suite_net_field_of(results, field);
    if (!results->lab.is_valid && !is_of_wrong(field))
        return NAN;
    return value < 0 ? 0 : value;
}

base_err suite_net_available(struct base_why *why)
{
    const struct lab_link_config link = { 0 };
    struct lab_topology topology = { 0 };
    struct lab_net *net = NULL;
    base_err err = lab_topology_make(&topology, LAB_MESH, 2, 0, &link, 1, why);
    if (err == BASE_OK) {
        const struct lab_net_config config = { .topology = &topology,
                                               .back_end = LAB_BACK_TUN,
                                               .core = -1 };
        err = lab_net_open(&config, &net, why);
    }
    if (net != NULL)
        lab_net_close(net);
    lab_topology_done(&topology);
    return err;
}
