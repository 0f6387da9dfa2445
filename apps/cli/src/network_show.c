/* network_show.c - numbers come from the run's cases, so that what is shown is what is kept. */
#include "network_show.h"

#include "network_front.h"
#include "network_numbers.h"
#include "show.h"

#include <base/units.h>
#include <jansson.h>
#include <result/claim.h>
#include <result/table.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_of_plan(const struct result_case *one, const struct suite_net_plan *plan)
{
    for (size_t i = 0; suite_net_arg_name(i) != NULL; i++) {
        char value[SUITE_NET_NAME_SIZE];
        if (i >= one->args.count ||
            strcmp(one->args.items[i].value, suite_net_arg_value(plan, i, value)) != 0)
            return false;
    }
    return true;
}

const struct result_case *cli_network_case(const struct cli_network *network,
                                           const struct result_run *run, size_t plan)
{
    char name[64];
    snprintf(name, sizeof name, "net/%s", network->plans[plan].protocol);
    for (size_t i = 0; i < run->case_count; i++)
        if (strcmp(run->cases[i].name, name) == 0 &&
            is_of_plan(&run->cases[i], &network->plans[plan]))
            return &run->cases[i];
    return NULL;
}

/* ---- text ---- */

/* "25.1 ms (25.0 ms .. 25.2 ms)" */
static void print_estimate(const struct result_estimate *estimate, const char *unit, char *out,
                           size_t size)
{
    char value[64], low[64], high[64];
    cli_network_print(estimate->value, unit, value, sizeof value);
    cli_network_print(estimate->low, unit, low, sizeof low);
    cli_network_print(estimate->high, unit, high, sizeof high);
    const bool has_interval = isfinite(estimate->low) && strcmp(low, high) != 0;
    snprintf(out, size, has_interval ? "%s (%s .. %s)" : "%s", value, low, high);
}

static base_err put_conditions(const struct suite_net_plan *plan, uint32_t runs,
                               struct base_buf *out)
{
    char latency[BASE_UNITS_TEXT_SIZE], rate[BASE_UNITS_TEXT_SIZE];
    const struct suite_net_conditions *conditions = &plan->conditions;
    CLI_TRY(base_buf_printf(out, "%s: %u nodes, %u messages of %u bytes each, ", conditions->name,
                            conditions->node_count, suite_net_messages(plan),
                            conditions->message_size));
    if (conditions->is_loopback)
        CLI_TRY(base_buf_put_text(out, "without a network"));
    else
        CLI_TRY(base_buf_printf(
            out, "%s one way, %.4g %% of packets lost, %s a host",
            base_units_print_time((double)conditions->latency_ns, 4, latency),
            100 * conditions->loss_share,
            conditions->bandwidth_bits > 0
                ? base_units_print_bitrate((double)conditions->bandwidth_bits, 4, rate)
                : "no limit"));
    return base_buf_printf(out, "\n%.5g messages/s of class %s are offered; %u round%s%s%s%s\n\n",
                           plan->rate_per_s, plan->class != NULL ? plan->class : "consensus", runs,
                           runs == 1 ? "" : "s", plan->is_virtual ? ", in virtual time" : "",
                           plan->attack != NULL ? "; attack: " : "",
                           plan->attack != NULL ? plan->attack : "");
}

static base_err put_row(struct result_table *table, const struct cli_network *network,
                        const struct result_run *run, size_t first,
                        const struct suite_net_field *field)
{
    char texts[CLI_NETWORK_PROTOCOLS_MAX][200];
    struct result_cell cells[CLI_NETWORK_PROTOCOLS_MAX + 1] = { { .text = field->name } };
    bool has_any = false;
    for (size_t i = 0; i < network->protocol_count; i++) {
        const struct result_estimate estimate =
            cli_network_number(cli_network_case(network, run, first + i), field->name);
        print_estimate(&estimate, field->unit, texts[i], sizeof texts[i]);
        cells[i + 1].text = texts[i];
        has_any = has_any || isfinite(estimate.value);
    }
    return has_any && !cli_network_is_of_attack(field->name) ? result_table_add(table, cells)
                                                             : BASE_OK;
}

static base_err put_table(const struct cli_network *network, const struct result_run *run,
                          size_t first, struct base_buf *out)
{
    struct result_column columns[CLI_NETWORK_PROTOCOLS_MAX + 1] = { { .title = "" } };
    const struct result_page page = cli_show_page(network->args);
    struct result_table table;
    base_err err = BASE_OK;
    for (size_t i = 0; i < network->protocol_count; i++)
        columns[i + 1] = (struct result_column){ .title = network->protocols[i] };
    result_table_init(&table, columns, network->protocol_count + 1, 2);
    for (size_t i = 0; err == BASE_OK && suite_net_field_at(i) != NULL; i++)
        err = put_row(&table, network, run, first, suite_net_field_at(i));
    if (err == BASE_OK)
        err = result_table_write(&table, &page, out);
    result_table_done(&table);
    return err;
}

/* The last round's: what the laboratory says. */
static base_err put_round(const struct cli_network *network, size_t plan, struct base_buf *out)
{
    const struct suite_net_results *last = cli_network_last(network, plan);
    char late[64];
    if (last == NULL)
        return BASE_OK;
    if (network->plans[plan].conditions.is_loopback)
        return base_buf_printf(out, "  %s: no laboratory, on the loopback\n",
                               network->plans[plan].protocol);
    CLI_TRY(base_buf_printf(out, "  %s: laboratory %s", network->plans[plan].protocol,
                            last->lab.back_end));
    cli_network_print(last->lab.late_p99_ns, "ns", late, sizeof late);
    if (isfinite(last->lab.late_p99_ns))
        CLI_TRY(base_buf_printf(out, ", late p99 %s, its emulator %.3g %% of a processor", late,
                                100 * last->lab.cpu_share));
    if (last->lab.is_awake)
        CLI_TRY(base_buf_printf(out, ", cores kept awake"));
    return base_buf_printf(out, ", %llu packets, %llu lost, %llu dropped in queues\n",
                           (unsigned long long)last->lab.packets,
                           (unsigned long long)last->lab.lost,
                           (unsigned long long)last->lab.queue_dropped);
}

static base_err put_improvements(const struct cli_network *network, const struct result_run *run,
                                 size_t first, struct base_buf *out)
{
    for (size_t i = first; i < first + network->protocol_count; i++) {
        const struct result_case *one = cli_network_case(network, run, i);
        const struct result_estimate ratio = cli_network_fact(one, "improvement");
        char text[200];
        const struct result_estimate knee = cli_network_fact(one, "knee_per_second");
        if (isfinite(knee.value)) {
            print_estimate(&knee, "/s", text, sizeof text);
            CLI_TRY(base_buf_printf(out, "  %s keeps up with a load of %s\n",
                                    network->plans[i].protocol, text));
        }
        const struct result_estimate at_knees = cli_network_fact(one, "improvement_at_knees");
        if (isfinite(at_knees.value)) {
            print_estimate(&at_knees, "1", text, sizeof text);
            CLI_TRY(base_buf_printf(out, "  %s over flooding, loads kept up with: %s\n",
                                    network->plans[i].protocol, text));
        }
        if (isfinite(ratio.value)) {
            print_estimate(&ratio, "1", text, sizeof text);
            CLI_TRY(base_buf_printf(out, "  %s over flooding, messages a second: %s\n",
                                    network->plans[i].protocol, text));
        }
        const struct result_estimate bound = cli_network_fact(one, "cpu_improvement");
        if (isfinite(bound.value)) {
            print_estimate(&bound, "1", text, sizeof text);
            CLI_TRY(base_buf_printf(out, "  %s over flooding, processor-bound: %s\n",
                                    network->plans[i].protocol, text));
        }
    }
    return BASE_OK;
}

static base_err put_failures(const struct cli_network *network, size_t first, struct base_buf *out)
{
    for (size_t i = first; i < first + network->protocol_count; i++)
        if (network->errs[i] != BASE_OK)
            CLI_TRY(base_buf_printf(out, "  %s was not measured: %s\n", network->plans[i].protocol,
                                    network->whys[i].text));
    return BASE_OK;
}

static base_err put_verdicts(const struct result_run *run, struct base_buf *out)
{
    for (size_t i = 0; i < run->verdict_count; i++) {
        const struct result_verdict *verdict = &run->verdicts[i];
        if (strncmp(verdict->why, "the run has no case ", strlen("the run has no case ")) != 0)
            CLI_TRY(base_buf_printf(out, "%-9s  %s: %s, %s\n", verdict->state, verdict->id,
                                    verdict->sentence, verdict->why));
    }
    return BASE_OK;
}

/* All attacks in one table, as in the report. */
static base_err put_attacks(const struct cli_network *network, const struct result_run *run,
                            struct base_buf *out)
{
    const struct result_page page = cli_show_page(network->args);
    const struct result_front *front = NULL;
    struct base_arena arena = { 0 };
    const size_t before = out->size;
    base_err err = cli_network_front(run, &arena, &front);
    for (size_t i = 0; err == BASE_OK && front != NULL && i < front->table_count; i++)
        if (front->tables[i].title != NULL &&
            strncmp(front->tables[i].title, CLI_NETWORK_ATTACKS_TITLE,
                    strlen(CLI_NETWORK_ATTACKS_TITLE)) == 0)
            err = result_front_text(&front->tables[i], &page, out);
    if (err == BASE_OK && out->size > before)
        err = base_buf_put_text(out, "\n");
    base_arena_done(&arena);
    return err;
}

base_err cli_network_text(const struct cli_network *network, const struct result_run *run,
                          const char *test_id, struct base_buf *out)
{
    CLI_TRY(base_buf_printf(out, "%s\n", test_id != NULL ? test_id : "not kept in the history"));
    for (size_t g = 0; g < cli_network_groups(network); g++) {
        const size_t first = g * network->protocol_count;
        CLI_TRY(put_conditions(&network->plans[first], network->runs, out));
        CLI_TRY(put_table(network, run, first, out));
        CLI_TRY(put_failures(network, first, out));
        CLI_TRY(put_improvements(network, run, first, out));
        for (size_t i = first; i < first + network->protocol_count; i++)
            CLI_TRY(put_round(network, i, out));
        CLI_TRY(base_buf_put_text(out, "\n"));
    }
    CLI_TRY(put_attacks(network, run, out));
    return put_verdicts(run, out);
}

/* ---- JSON ---- */

static void set_number(json_t *object, const char *name, double value)
{
    json_object_set_new(object, name, isfinite(value) ? json_real(value) : json_null());
}

/* Every field of RealBenchmarkResults under its name and in its unit. */
static json_t *results_json(const struct suite_net_plan *plan, const struct result_case *one)
{
    json_t *out = json_object();
    json_object_set_new(out, "test_name",
                        json_sprintf("%s, %s", plan->protocol, plan->conditions.name));
    json_object_set_new(out, "node_count", json_integer(plan->conditions.node_count));
    json_object_set_new(
        out, "message_count",
        json_integer((json_int_t)plan->conditions.node_count * suite_net_messages(plan)));
    json_object_set_new(out, "message_size_bytes", json_integer(plan->conditions.message_size));
    for (size_t i = 0; cli_network_real_at(i) != NULL; i++) {
        const struct cli_network_real *real = cli_network_real_at(i);
        set_number(out, real->name, cli_network_number(one, real->series).value * real->scale);
    }
    set_number(out, "cpu_us_per_message", cli_network_number(one, "cpu_us_per_message").value);
    json_t *all = json_object();
    for (size_t i = 0; suite_net_field_at(i) != NULL; i++) {
        const struct suite_net_field *field = suite_net_field_at(i);
        const struct result_estimate estimate = cli_network_number(one, field->name);
        json_t *number = json_object();
        set_number(number, "value", estimate.value);
        set_number(number, "low", estimate.low);
        set_number(number, "high", estimate.high);
        json_object_set_new(all, field->name, number);
    }
    json_object_set_new(out, "estimates", all);
    return out;
}

static json_t *conditions_json(const struct suite_net_plan *plan)
{
    const struct suite_net_conditions *conditions = &plan->conditions;
    json_t *out =
        json_pack("{s:s, s:i, s:i, s:i}", "name", conditions->name, "node_count",
                  (int)conditions->node_count, "message_size", (int)conditions->message_size,
                  "messages_per_node", (int)conditions->messages_per_node);
    set_number(out, "artificial_latency_ms", (double)conditions->latency_ns / 1e6);
    set_number(out, "packet_loss_percent", 100 * conditions->loss_share);
    set_number(out, "bandwidth_bits_per_second", (double)conditions->bandwidth_bits);
    set_number(out, "offered_messages_per_second", plan->rate_per_s);
    if (plan->attack != NULL)
        json_object_set_new(out, "attack", json_string(plan->attack));
    return out;
}

/* Of the last round: what the laboratory says, and the phases of an attack. */
static json_t *round_json(const struct suite_net_plan *plan, const struct suite_net_results *last)
{
    static const char *const phases[] = { "before", "during", "after" };
    json_t *out = json_object(), *lab = json_object();
    json_object_set_new(lab, "back_end", json_string(last->lab.back_end));
    set_number(lab, "late_p50_us", last->lab.late_p50_ns / 1e3);
    set_number(lab, "late_p99_us", last->lab.late_p99_ns / 1e3);
    set_number(lab, "late_max_us", last->lab.late_max_ns / 1e3);
    set_number(lab, "emulator_cpu_percent", 100 * last->lab.cpu_share);
    json_object_set_new(lab, "cores_awake", json_boolean(last->lab.is_awake));
    set_number(lab, "packets", (double)last->lab.packets);
    set_number(lab, "packets_lost", (double)last->lab.lost);
    set_number(lab, "packets_dropped_in_queues", (double)last->lab.queue_dropped);
    json_object_set_new(out, "laboratory", lab);
    if (plan->attack == NULL)
        return out;
    json_t *attack = json_pack("{s:s}", "name", plan->attack);
    set_number(attack, "datagrams", last->attack_packets);
    set_number(attack, "bytes", last->attack_bytes);
    set_number(attack, "amplification", last->amplification);
    set_number(attack, "forged_accepted", last->forged);
    set_number(attack, "replayed_accepted", last->replayed);
    for (size_t i = 0; i < SUITE_NET_PHASES; i++) {
        json_t *phase = json_object();
        set_number(phase, "messages_per_second", last->phases[i].messages_per_s);
        set_number(phase, "success_rate", last->phases[i].success_rate);
        set_number(phase, "avg_latency_us", last->phases[i].latency_avg_ns / 1e3);
        set_number(phase, "p99_latency_us", last->phases[i].latency_p99_ns / 1e3);
        set_number(phase, "memory_usage_mb", last->phases[i].memory_bytes / 1e6);
        json_object_set_new(attack, phases[i], phase);
    }
    json_object_set_new(out, "attack", attack);
    return out;
}

/* hermes_lite_results, baseline_udp_results, and of the other overlays NAME_results. */
static void put_protocols(const struct cli_network *network, const struct result_run *run,
                          size_t first, json_t *out)
{
    const double target = isfinite(network->targets.improvement) ? network->targets.improvement : 3;
    for (size_t i = first; i < first + network->protocol_count; i++) {
        const struct suite_net_plan *plan = &network->plans[i];
        const struct result_case *one = cli_network_case(network, run, i);
        char key[64];
        const bool is_hermes = strcmp(plan->protocol, "hermes") == 0;
        snprintf(key, sizeof key, "%s_results",
                 is_hermes                              ? "hermes_lite"
                 : strcmp(plan->protocol, "flood") == 0 ? "baseline_udp"
                                                        : plan->protocol);
        json_t *results = network->errs[i] == BASE_OK
                              ? results_json(plan, one)
                              : json_pack("{s:s}", "error", network->whys[i].text);
        if (cli_network_last(network, i) != NULL)
            json_object_set_new(results, "last_round",
                                round_json(plan, cli_network_last(network, i)));
        json_object_set_new(out, key, results);
        const struct result_estimate ratio = cli_network_fact(one, "improvement");
        const struct result_estimate bound = cli_network_fact(one, "cpu_improvement");
        if (!is_hermes || !isfinite(ratio.value))
            continue;
        set_number(out, "improvement_factor", ratio.value);
        json_object_set_new(out, "improvement_interval",
                            isfinite(ratio.low) ? json_pack("[f, f]", ratio.low, ratio.high)
                                                : json_null());
        json_object_set_new(out, "performance_target_met", json_boolean(ratio.low >= target));
        set_number(out, "processor_bound_improvement_factor", bound.value);
        json_object_set_new(out, "processor_bound_improvement_interval",
                            isfinite(bound.low) ? json_pack("[f, f]", bound.low, bound.high)
                                                : json_null());
    }
}

base_err cli_network_json(const struct cli_network *network, const struct result_run *run,
                          const char *test_id, struct base_buf *out)
{
    json_t *root = json_object(), *list = json_array();
    json_object_set_new(root, "test_id", test_id != NULL ? json_string(test_id) : json_null());
    json_object_set_new(root, "run_id", json_string(run->id));
    json_object_set_new(root, "state", json_string(run->state));
    json_object_set_new(root, "rounds", json_integer(network->runs));
    const size_t groups = cli_network_groups(network);
    for (size_t g = 0; g < groups; g++) {
        json_t *one = groups == 1 ? root : json_object();
        const size_t first = g * network->protocol_count;
        json_object_set_new(one, "test_conditions", conditions_json(&network->plans[first]));
        put_protocols(network, run, first, one);
        if (one != root)
            json_array_append_new(list, one);
    }
    if (groups > 1)
        json_object_set(root, "tests", list);
    json_decref(list);
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    json_decref(root);
    const base_err err = text != NULL ? base_buf_printf(out, "%s\n", text) : BASE_ENOMEM;
    free(text);
    return err;
}
