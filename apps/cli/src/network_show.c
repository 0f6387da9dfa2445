/* network_show.c - numbers come from the run's cases, so that what is shown is what is kept. */
#include "network_show.h"

#include "show.h"

#include <base/units.h>
#include <jansson.h>
#include <result/claim.h>
#include <result/table.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct result_estimate nothing = { NAN, NAN, NAN };

const struct result_case *cli_network_case(const struct cli_network *network,
                                           const struct result_run *run, size_t plan)
{
    char name[64], value[SUITE_NET_NAME_SIZE];
    snprintf(name, sizeof name, "net/%s", network->plans[plan].protocol);
    const char *condition = suite_net_arg_value(&network->plans[plan], 0, value);
    for (size_t i = 0; i < run->case_count; i++)
        if (strcmp(run->cases[i].name, name) == 0 && run->cases[i].args.count > 0 &&
            strcmp(run->cases[i].args.items[0].value, condition) == 0)
            return &run->cases[i];
    return NULL;
}

struct result_estimate cli_network_number(const struct result_case *one, const char *series)
{
    for (size_t i = 0; one != NULL && i < one->series_count; i++) {
        const struct result_series *found = &one->series[i];
        if (strcmp(found->name, series) != 0)
            continue;
        return isnan(found->typical.value) ? (struct result_estimate){ found->median, NAN, NAN }
                                           : found->typical;
    }
    return nothing;
}

static double fact_of(const struct result_case *one, const char *name)
{
    for (size_t i = 0; one != NULL && i < one->facts.count; i++)
        if (strcmp(one->facts.items[i].name, name) == 0)
            return one->facts.items[i].value;
    return NAN;
}

struct result_estimate cli_network_improvement(const struct result_case *one)
{
    return (struct result_estimate){ fact_of(one, "improvement"), fact_of(one, "improvement_low"),
                                     fact_of(one, "improvement_high") };
}

/* ---- text ---- */

static void print_number(double value, const char *unit, char *out, size_t size)
{
    char text[BASE_UNITS_TEXT_SIZE];
    if (isnan(value))
        snprintf(out, size, "-");
    else if (strcmp(unit, "ns") == 0)
        snprintf(out, size, "%s", base_units_print_time(value, 4, text));
    else if (strcmp(unit, "B") == 0)
        snprintf(out, size, "%s", base_units_print_size(value, 4, text));
    else if (strcmp(unit, "B/s") == 0)
        snprintf(out, size, "%s/s", base_units_print_size(value, 4, text));
    else if (strcmp(unit, "share") == 0)
        snprintf(out, size, "%.6g %%", 100 * value);
    else
        snprintf(out, size, "%.5g%s", value, strcmp(unit, "/s") == 0 ? "/s" : "");
}

/* "25.1 ms (25.0 ms .. 25.2 ms)" */
static void print_estimate(const struct result_estimate *estimate, const char *unit, char *out,
                           size_t size)
{
    char value[64], low[64], high[64];
    print_number(estimate->value, unit, value, sizeof value);
    print_number(estimate->low, unit, low, sizeof low);
    print_number(estimate->high, unit, high, sizeof high);
    const bool has_interval = isfinite(estimate->low) && strcmp(low, high) != 0;
    snprintf(out, size, has_interval ? "%s (%s .. %s)" : "%s", value, low, high);
}

static base_err put_conditions(const struct suite_net_plan *plan, uint32_t runs,
                               struct base_buf *out)
{
    char latency[BASE_UNITS_TEXT_SIZE], rate[BASE_UNITS_TEXT_SIZE];
    const struct suite_net_conditions *conditions = &plan->conditions;
    return base_buf_printf(
        out,
        "%s: %u nodes, %u messages of %u bytes each, %s one way, %.4g %% of packets lost, %s a "
        "host\n%.5g messages/s of class %s are offered; %u round%s%s\n\n",
        conditions->name, conditions->node_count, suite_net_messages(plan),
        conditions->message_size, base_units_print_time((double)conditions->latency_ns, 4, latency),
        100 * conditions->loss_share,
        conditions->bandwidth_bits > 0
            ? base_units_print_bitrate((double)conditions->bandwidth_bits, 4, rate)
            : "no limit",
        plan->rate_per_s, plan->class != NULL ? plan->class : "consensus", runs,
        runs == 1 ? "" : "s", plan->is_virtual ? ", in virtual time" : "");
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
    return has_any ? result_table_add(table, cells) : BASE_OK;
}

base_err cli_network_fields(const struct result_run *run, struct base_buf *out)
{
    const struct result_case *cases[RESULT_COLUMN_MAX];
    struct result_column columns[RESULT_COLUMN_MAX] = { { .title = "number" } };
    struct result_table table;
    size_t count = 0;
    base_err err = base_buf_put_text(out, "\n## Rounds\n\n");
    for (size_t i = 0; i < run->case_count && count + 1 < RESULT_COLUMN_MAX; i++)
        if (isfinite(cli_network_number(&run->cases[i], "success_rate").value)) {
            cases[count++] = &run->cases[i];
            columns[count] = (struct result_column){ .title = run->cases[i].id };
        }
    result_table_init(&table, columns, count + 1, 0);
    for (size_t f = 0; err == BASE_OK && suite_net_field_at(f) != NULL; f++) {
        const struct suite_net_field *field = suite_net_field_at(f);
        char texts[RESULT_COLUMN_MAX][200];
        struct result_cell cells[RESULT_COLUMN_MAX] = { { .text = field->name } };
        for (size_t i = 0; i < count; i++) {
            const struct result_estimate estimate = cli_network_number(cases[i], field->name);
            print_estimate(&estimate, field->unit, texts[i], sizeof texts[i]);
            cells[i + 1].text = texts[i];
        }
        err = result_table_add(&table, cells);
    }
    if (err == BASE_OK)
        err = result_table_write_markdown(&table, out);
    result_table_done(&table);
    return err;
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

/* The last round's: an attack's phases, and what the laboratory says. */
static base_err put_round(const struct cli_network *network, size_t plan, struct base_buf *out)
{
    static const char *const phases[] = { "before", "during", "after" };
    const struct suite_net_results *last = cli_network_last(network, plan);
    char avg[64], p99[64], late[64], memory[64];
    if (last == NULL)
        return BASE_OK;
    for (size_t i = 0; network->plans[plan].attack != NULL && i < SUITE_NET_PHASES; i++) {
        const struct suite_net_phase *phase = &last->phases[i];
        print_number(phase->latency_avg_ns, "ns", avg, sizeof avg);
        print_number(phase->latency_p99_ns, "ns", p99, sizeof p99);
        print_number(phase->memory_bytes, "B", memory, sizeof memory);
        CLI_TRY(base_buf_printf(out,
                                "  %s, %s the attack: %.4g messages/s, %.4g %% in time, latency "
                                "%s, p99 %s, memory %s\n",
                                network->plans[plan].protocol, phases[i], phase->messages_per_s,
                                100 * phase->success_rate, avg, p99, memory));
    }
    if (last->attack_packets > 0)
        CLI_TRY(base_buf_printf(out, "  the attacker sent %llu datagrams, %llu bytes\n",
                                (unsigned long long)last->attack_packets,
                                (unsigned long long)last->attack_bytes));
    if (isfinite(last->amplification))
        CLI_TRY(base_buf_printf(out, "  amplification: %.3g bytes at the victim for each sent\n",
                                last->amplification));
    CLI_TRY(base_buf_printf(out, "  %s: laboratory %s", network->plans[plan].protocol,
                            last->lab.back_end));
    print_number(last->lab.late_p99_ns, "ns", late, sizeof late);
    if (isfinite(last->lab.late_p99_ns))
        CLI_TRY(base_buf_printf(out, ", late p99 %s, its emulator %.3g %% of a processor", late,
                                100 * last->lab.cpu_share));
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
        const struct result_estimate ratio = cli_network_improvement(one);
        char text[200];
        const double knee = fact_of(one, "knee_per_second");
        if (isfinite(knee))
            CLI_TRY(base_buf_printf(out, "  %s keeps up with %.5g messages/s\n",
                                    network->plans[i].protocol, knee));
        const double at_knees = fact_of(one, "improvement_at_knees");
        if (isfinite(at_knees))
            CLI_TRY(base_buf_printf(out, "  %s over flooding, loads kept up with: %.4g\n",
                                    network->plans[i].protocol, at_knees));
        if (!isfinite(ratio.value))
            continue;
        print_estimate(&ratio, "1", text, sizeof text);
        CLI_TRY(base_buf_printf(out, "  %s over flooding, messages a second: %s\n",
                                network->plans[i].protocol, text));
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
        if (strcmp(verdict->state, "not run") != 0)
            CLI_TRY(base_buf_printf(out, "%-9s  %s: %s, %s\n", verdict->state, verdict->id,
                                    verdict->sentence, verdict->why));
    }
    return BASE_OK;
}

base_err cli_network_text(const struct cli_network *network, const struct result_run *run,
                          const char *test_id, struct base_buf *out)
{
    CLI_TRY(base_buf_printf(out, "%s\n", test_id != NULL ? test_id : "not kept in the history"));
    for (size_t c = 0; c < network->condition_count; c++) {
        const size_t first = c * network->protocol_count;
        CLI_TRY(put_conditions(&network->plans[first], network->runs, out));
        CLI_TRY(put_table(network, run, first, out));
        CLI_TRY(put_failures(network, first, out));
        CLI_TRY(put_improvements(network, run, first, out));
        for (size_t i = first; i < first + network->protocol_count; i++)
            CLI_TRY(put_round(network, i, out));
        CLI_TRY(base_buf_put_text(out, "\n"));
    }
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
    static const struct {
        const char *name, *series;
        double scale;
    } rows[] = {
        { "test_duration_ms", "test_duration_ns", 1e-6 },
        { "avg_latency_us", "avg_latency_ns", 1e-3 },
        { "p50_latency_us", "p50_latency_ns", 1e-3 },
        { "p95_latency_us", "p95_latency_ns", 1e-3 },
        { "p99_latency_us", "p99_latency_ns", 1e-3 },
        { "min_latency_us", "min_latency_ns", 1e-3 },
        { "max_latency_us", "max_latency_ns", 1e-3 },
        { "messages_per_second", "messages_per_second", 1 },
        { "bytes_per_second", "bytes_per_second", 1 },
        { "success_rate", "success_rate", 1 },
        { "memory_usage_mb", "memory_usage_bytes", 1e-6 },
        { "cpu_usage_percent", "cpu_usage", 100 },
        { "network_utilization", "network_utilization", 100 },
        { "redundant_messages", "redundant_messages", 1 },
    };
    json_t *out = json_object();
    json_object_set_new(out, "test_name",
                        json_sprintf("%s, %s", plan->protocol, plan->conditions.name));
    json_object_set_new(out, "node_count", json_integer(plan->conditions.node_count));
    json_object_set_new(
        out, "message_count",
        json_integer((json_int_t)plan->conditions.node_count * suite_net_messages(plan)));
    json_object_set_new(out, "message_size_bytes", json_integer(plan->conditions.message_size));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        set_number(out, rows[i].name,
                   cli_network_number(one, rows[i].series).value * rows[i].scale);
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
    set_number(lab, "packets", (double)last->lab.packets);
    set_number(lab, "packets_lost", (double)last->lab.lost);
    set_number(lab, "packets_dropped_in_queues", (double)last->lab.queue_dropped);
    json_object_set_new(out, "laboratory", lab);
    if (plan->attack == NULL)
        return out;
    json_t *attack = json_pack("{s:s}", "name", plan->attack);
    set_number(attack, "datagrams", (double)last->attack_packets);
    set_number(attack, "bytes", (double)last->attack_bytes);
    set_number(attack, "amplification", last->amplification);
    for (size_t i = 0; i < SUITE_NET_PHASES; i++) {
        json_t *phase = json_object();
        set_number(phase, "messages_per_second", last->phases[i].messages_per_s);
        set_number(phase, "success_rate", last->phases[i].success_rate);
        set_number(phase, "avg_latency_us", last->phases[i].latency_avg_ns / 1e3);
        set_number(phase, "p99_latency_us", last->phases[i].latency_p99_ns / 1e3);
        set_number(phase, "memory_usage_mb", last->phases[i].memory_bytes / (1 << 20));
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
        const struct result_estimate ratio = cli_network_improvement(one);
        if (!is_hermes || !isfinite(ratio.value))
            continue;
        set_number(out, "improvement_factor", ratio.value);
        json_object_set_new(out, "improvement_interval",
                            isfinite(ratio.low) ? json_pack("[f, f]", ratio.low, ratio.high)
                                                : json_null());
        json_object_set_new(out, "performance_target_met", json_boolean(ratio.low >= target));
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
    for (size_t c = 0; c < network->condition_count; c++) {
        json_t *one = network->condition_count == 1 ? root : json_object();
        const size_t first = c * network->protocol_count;
        json_object_set_new(one, "test_conditions", conditions_json(&network->plans[first]));
        put_protocols(network, run, first, one);
        if (one != root)
            json_array_append_new(list, one);
    }
    if (network->condition_count > 1)
        json_object_set(root, "tests", list);
    json_decref(list);
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    json_decref(root);
    const base_err err = text != NULL ? base_buf_printf(out, "%s\n", text) : BASE_ENOMEM;
    free(text);
    return err;
}
