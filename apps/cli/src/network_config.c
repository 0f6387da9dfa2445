/* network_config.c - each key is one row: its name, its range, and where its number goes. */
#include "network_config.h"

#include "yaml.h"

#include <base/units.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

struct key {
    const char *name;
    double low, high;
    bool is_whole;
};

static base_err unknown_key(const char *path, const struct cli_yaml_node *node,
                            const struct key *keys, size_t count, struct base_why *why)
{
    const char *words[16] = { 0 };
    for (size_t i = 0; i < count && i < 15; i++)
        words[i] = keys[i].name;
    const char *nearest = cli_nearest(node->key, words);
    return base_fail(why, BASE_ENOTFOUND, node->line, "%s:%u: unknown key '%s'%s%s", path,
                     node->line, node->key, nearest != NULL ? "; the nearest is " : "",
                     nearest != NULL ? nearest : "");
}

static base_err take_number(const char *path, const struct cli_yaml_node *node,
                            const struct key *key, double *number, struct base_why *why)
{
    uint64_t whole = 0;
    base_err err = BASE_OK;
    if (node->kind != CLI_YAML_SCALAR)
        err = base_fail(why, BASE_EPARSE, node->line, "one value is expected here");
    else if (key->is_whole)
        err = base_units_parse_count(node->text, (uint64_t)key->low, (uint64_t)key->high, &whole,
                                     why);
    else
        err = base_units_parse_number(node->text, key->low, key->high, number, why);
    if (err != BASE_OK) {
        (void)base_fail_prefix(why, err, "%s:%u: %s", path, node->line, node->key);
        why->at = node->line;
    } else if (key->is_whole) {
        *number = (double)whole;
    }
    return err;
}

/* Every key of a map through its row. */
static base_err take_numbers(const char *path, const struct cli_yaml_node *map,
                             const struct key *keys, size_t count, double *numbers,
                             struct base_why *why)
{
    if (map->kind == CLI_YAML_EMPTY)
        return BASE_OK;
    if (map->kind != CLI_YAML_MAP)
        return base_fail(why, BASE_EPARSE, map->line, "%s:%u: keys with values are expected here",
                         path, map->line);
    for (size_t i = 0; i < map->kid_count; i++) {
        size_t k = 0;
        while (k < count && strcmp(keys[k].name, map->kids[i].key) != 0)
            k++;
        if (k == count)
            return unknown_key(path, &map->kids[i], keys, count, why);
        CLI_TRY(take_number(path, &map->kids[i], &keys[k], &numbers[k], why));
    }
    return BASE_OK;
}

static base_err take_condition(const char *path, const struct cli_yaml_node *node,
                               const struct suite_net_conditions *base, struct cli_network *network,
                               struct base_why *why)
{
    static const struct key keys[] = {
        { "node_count", 2, SUITE_NET_NODES_MAX, true },
        { "message_size", SUITE_NET_SIZE_LEAST, SUITE_NET_SIZE_MAX, true },
        { "messages_per_node", 1, 1e7, true },
        { "latency_ms", 0, 3600e3, false },
        { "packet_loss", 0, 100, false },
    };
    double numbers[] = { base->node_count, base->message_size, base->messages_per_node,
                         (double)base->latency_ns / 1e6, 100 * base->loss_share };
    if (network->condition_count == CLI_NETWORK_CONDITIONS_MAX)
        return base_fail(why, BASE_EFULL, node->line, "%s:%u: more than %d conditions", path,
                         node->line, CLI_NETWORK_CONDITIONS_MAX);
    CLI_TRY(take_numbers(path, node, keys, sizeof keys / sizeof keys[0], numbers, why));
    struct suite_net_conditions *one = &network->conditions[network->condition_count++];
    *one = *base;
    snprintf(one->name, sizeof one->name, "%s", node->key);
    one->node_count = (uint32_t)numbers[0];
    one->message_size = (uint32_t)numbers[1];
    one->messages_per_node = (uint32_t)numbers[2];
    one->latency_ns = (uint64_t)(numbers[3] * 1e6 + 0.5);
    one->loss_share = numbers[4] / 100;
    return BASE_OK;
}

/* The conditions that are there already give what a new one leaves out. */
static base_err take_conditions(const char *path, const struct cli_yaml_node *node,
                                struct cli_network *network, struct base_why *why)
{
    if (node->kind != CLI_YAML_MAP)
        return base_fail(why, BASE_EPARSE, node->line, "%s:%u: conditions are expected here", path,
                         node->line);
    const struct suite_net_conditions base = network->conditions[0];
    network->condition_count = 0;
    for (size_t i = 0; i < node->kid_count; i++)
        CLI_TRY(take_condition(path, &node->kids[i], &base, network, why));
    return BASE_OK;
}

static base_err take_targets(const char *path, const struct cli_yaml_node *node,
                             struct cli_network *network, struct base_why *why)
{
    static const struct key keys[] = {
        { "hermes_lite_improvement", 0, 1e6, false },
        { "success_rate", 0, 1, false },
        { "max_memory_mb", 0, 1e9, false },
        { "max_cpu_percent", 0, 100, false },
    };
    struct cli_network_targets *targets = &network->targets;
    double numbers[] = { targets->improvement, targets->success_rate, targets->max_memory_mb,
                         targets->max_cpu_percent };
    CLI_TRY(take_numbers(path, node, keys, sizeof keys / sizeof keys[0], numbers, why));
    *targets = (struct cli_network_targets){ numbers[0], numbers[1], numbers[2], numbers[3] };
    return BASE_OK;
}

base_err cli_network_config(const char *path, struct base_arena *arena, struct cli_network *network,
                            struct base_why *why)
{
    static const struct key keys[] = { { .name = "network_conditions" },
                                       { .name = "performance_targets" } };
    struct cli_yaml_node root;
    CLI_TRY(cli_yaml_read(path, arena, &root, why));
    bool is_there = false;
    for (size_t i = 0; root.kind == CLI_YAML_MAP && i < root.kid_count; i++) {
        const struct cli_yaml_node *section = &root.kids[i];
        if (strcmp(section->key, "real_world_testing") != 0)
            continue;
        is_there = true;
        for (size_t k = 0; k < section->kid_count; k++) {
            const struct cli_yaml_node *node = &section->kids[k];
            if (strcmp(node->key, keys[0].name) == 0)
                CLI_TRY(take_conditions(path, node, network, why));
            else if (strcmp(node->key, keys[1].name) == 0)
                CLI_TRY(take_targets(path, node, network, why));
            else
                return unknown_key(path, node, keys, 2, why);
        }
    }
    return is_there ? BASE_OK
                    : base_fail(why, BASE_EPARSE, 1, "%s has no section real_world_testing", path);
}
