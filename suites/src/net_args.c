/* net_args.c - a plan as the arguments of a case, both ways. */
#include "net_round.h"

#include <base/units.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double reference_bits = 100e6; /* of a host without a limit */

enum arg { ARG_CONDITION, ARG_BANDWIDTH, ARG_LOAD, ARG_CLASS, ARG_ATTACK, ARG_AUTH, ARG_TIME };

static const char *const arg_names[] = { "condition", "bandwidth", "load", "class",
                                         "attack",    "auth",      "time" };

const char *suite_net_arg_name(size_t i)
{
    return i < sizeof arg_names / sizeof arg_names[0] ? arg_names[i] : NULL;
}

double suite_net_full_rate(const struct suite_net_conditions *conditions)
{
    const struct net_wire_key key = { .is_used = true };
    const size_t part = net_wire_fragment_size(NET_MTU_BYTES, &key);
    const double fragments = ceil((double)conditions->message_size / (double)part);
    const double bytes = conditions->message_size + fragments * (double)(NET_MTU_BYTES - part);
    const double bits =
        conditions->bandwidth_bits > 0 ? (double)conditions->bandwidth_bits : reference_bits;
    const double nodes = conditions->node_count;
    return bits * nodes / ((nodes - 1) * 8 * bytes);
}

uint32_t suite_net_messages(const struct suite_net_plan *plan)
{
    const double least = ceil(plan->rate_per_s * SUITE_NET_FULL_S / plan->conditions.node_count);
    const double own = plan->conditions.messages_per_node;
    const double messages = plan->is_full && least > own ? least : own;
    return (uint32_t)messages *
           (net_attack_find(plan->attack) == NET_ATTACK_NONE ? 1 : SUITE_NET_PHASES);
}

/* "10x2048x100@25ms/0.5%" */
static base_err parse_condition(const char *text, struct suite_net_conditions *out,
                                struct base_why *why)
{
    struct suite_net_conditions read = { .bandwidth_bits = out->bandwidth_bits };
    char latency[32], loss[32];
    int used = 0;
    if (sscanf(text, "%10ux%10ux%10u@loopback%n", &read.node_count, &read.message_size,
               &read.messages_per_node, &used) == 3 &&
        used > 0 && text[used] == '\0') {
        read.is_loopback = true;
        snprintf(read.name, sizeof read.name, "%.*s", SUITE_NET_NAME_SIZE - 1, text);
        *out = read;
        return BASE_OK;
    }
    used = 0;
    if (sscanf(text, "%10ux%10ux%10u@%31[^/]/%31s%n", &read.node_count, &read.message_size,
               &read.messages_per_node, latency, loss, &used) != 5 ||
        text[used] != '\0')
        return base_fail(why, BASE_EPARSE, 0,
                         "condition '%s' is not one of %s, nor NODESxBYTESxMESSAGES@LATENCY/LOSS",
                         text, SUITE_NET_CONDITIONS);
    base_err err = base_units_parse_time(latency, &read.latency_ns, why);
    if (err == BASE_OK)
        err = base_units_parse_percent(loss, &read.loss_share, why);
    if (err != BASE_OK)
        return err;
    snprintf(read.name, sizeof read.name, "%.*s", SUITE_NET_NAME_SIZE - 1, text);
    *out = read;
    return BASE_OK;
}

static base_err take_condition(struct suite_net_plan *plan, const char *text, struct base_why *why)
{
    struct base_why unused;
    if (suite_net_conditions_find(text, &plan->conditions, &unused) == BASE_OK)
        return BASE_OK;
    return parse_condition(text, &plan->conditions, why);
}

static base_err take_load(struct suite_net_plan *plan, const char *text, struct base_why *why)
{
    plan->is_full = strcmp(text, "full") == 0;
    if (!plan->is_full)
        return base_units_parse_rate(text, &plan->rate_per_s, why);
    plan->rate_per_s = suite_net_full_rate(&plan->conditions);
    return BASE_OK;
}

static base_err take_choice(const char *what, const char *text, const char *off, const char *on,
                            bool *is_on, struct base_why *why)
{
    *is_on = strcmp(text, on) == 0;
    return *is_on || strcmp(text, off) == 0
               ? BASE_OK
               : base_fail(why, BASE_EPARSE, 0, "%s '%s' is neither %s nor %s", what, text, on,
                           off);
}

base_err suite_net_take(struct suite_net_plan *plan, const char *name, const char *value,
                        struct base_why *why)
{
    size_t i = 0;
    while (suite_net_arg_name(i) != NULL && strcmp(arg_names[i], name) != 0)
        i++;
    switch (i) {
    case ARG_CONDITION:
        return take_condition(plan, value, why);
    case ARG_BANDWIDTH:
        if (strcmp(value, "none") != 0)
            return base_units_parse_bitrate(value, &plan->conditions.bandwidth_bits, why);
        plan->conditions.bandwidth_bits = 0;
        return BASE_OK;
    case ARG_LOAD:
        return take_load(plan, value, why);
    case ARG_CLASS:
        plan->class = value;
        return BASE_OK;
    case ARG_ATTACK:
        plan->attack = value;
        return BASE_OK;
    case ARG_AUTH:
        return take_choice(name, value, "on", "off", &plan->is_unauthenticated, why);
    case ARG_TIME:
        return take_choice(name, value, "real", "virtual", &plan->is_virtual, why);
    default:
        return base_fail(why, BASE_ENOTFOUND, 0, "a round has no '%s'", name);
    }
}

static bool is_same(const struct suite_net_conditions *a, const struct suite_net_conditions *b)
{
    return a->node_count == b->node_count && a->message_size == b->message_size &&
           a->messages_per_node == b->messages_per_node && a->latency_ns == b->latency_ns &&
           a->is_loopback == b->is_loopback && fabs(a->loss_share - b->loss_share) < 1e-9;
}

/* The name of conditions that have one, else all of them. */
static void print_condition(const struct suite_net_conditions *conditions, char *out)
{
    static const char *const names[] = { "production", "local", "internet",
                                         "poor",       "large", "loopback" };
    char latency[BASE_UNITS_TEXT_SIZE];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct suite_net_conditions named;
        if (suite_net_conditions_find(names[i], &named, NULL) == BASE_OK &&
            is_same(&named, conditions)) {
            snprintf(out, SUITE_NET_NAME_SIZE, "%s", names[i]);
            return;
        }
    }
    if (conditions->is_loopback) {
        snprintf(out, SUITE_NET_NAME_SIZE, "%ux%ux%u@loopback", conditions->node_count,
                 conditions->message_size, conditions->messages_per_node);
        return;
    }
    snprintf(out, SUITE_NET_NAME_SIZE, "%ux%ux%u@%s/%.6g%%", conditions->node_count,
             conditions->message_size, conditions->messages_per_node,
             base_units_print_time_exact(conditions->latency_ns, latency),
             100 * conditions->loss_share);
}

static void print_bandwidth(uint64_t bits, char *out)
{
    static const char *const prefixes[] = { "", "k", "M", "G" };
    size_t i = 0;
    if (bits == 0) {
        snprintf(out, SUITE_NET_NAME_SIZE, "none");
        return;
    }
    for (; i < 3 && bits % 1000 == 0; i++)
        bits /= 1000;
    snprintf(out, SUITE_NET_NAME_SIZE, "%llu%sbit/s", (unsigned long long)bits, prefixes[i]);
}

const char *suite_net_arg_value(const struct suite_net_plan *plan, size_t i, char *out)
{
    switch ((enum arg)i) {
    case ARG_CONDITION:
        print_condition(&plan->conditions, out);
        return out;
    case ARG_BANDWIDTH:
        print_bandwidth(plan->conditions.bandwidth_bits, out);
        return out;
    case ARG_LOAD:
        snprintf(out, SUITE_NET_NAME_SIZE, plan->is_full ? "full" : "%.10g", plan->rate_per_s);
        return out;
    case ARG_CLASS:
        snprintf(out, SUITE_NET_NAME_SIZE, "%s", plan->class != NULL ? plan->class : "consensus");
        return out;
    case ARG_ATTACK:
        snprintf(out, SUITE_NET_NAME_SIZE, "%s", plan->attack != NULL ? plan->attack : "none");
        return out;
    case ARG_AUTH:
        snprintf(out, SUITE_NET_NAME_SIZE, plan->is_unauthenticated ? "off" : "on");
        return out;
    case ARG_TIME:
        snprintf(out, SUITE_NET_NAME_SIZE, plan->is_virtual ? "virtual" : "real");
        return out;
    }
    return NULL;
}
