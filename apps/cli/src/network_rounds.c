/* network_rounds.c - within a round every protocol of a condition has its turn, in an order that is
 * drawn anew, so that what the machine does over time falls on all alike. A round whose laboratory
 * fell behind is made again, twice at most. */
#include "network_rounds.h"

#include "network_knee.h"
#include "signals.h"

#include <base/log.h>
#include <base/rng.h>
#include <base/units.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ATTEMPTS = 3, SAMPLES_MAX = 20000 };

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* ---- jobs ---- */

static const char *case_names[CLI_NETWORK_CASES] = { "net/%s", "net/delivery.%s" };

static struct bench_target *target_of(struct cli_plan *plan, const struct suite_net_plan *net,
                                      size_t which)
{
    struct bench_target *target = base_arena_alloc(&plan->arena, sizeof *target);
    char value[SUITE_NET_NAME_SIZE];
    if (target == NULL)
        return NULL;
    target->name = base_arena_printf(&plan->arena, case_names[which], net->protocol);
    if (target->name == NULL)
        return NULL;
    size_t used = (size_t)snprintf(target->id, sizeof target->id, "%s", target->name);
    for (size_t i = 0; suite_net_arg_name(i) != NULL; i++) {
        const char *text = base_arena_text(&plan->arena, suite_net_arg_value(net, i, value));
        if (text == NULL)
            return NULL;
        target->args[target->arg_count++] = (struct bench_arg){ suite_net_arg_name(i), text };
        used += (size_t)snprintf(target->id + used, sizeof target->id - used, "%c%s=%s",
                                 i == 0 ? ':' : ',', suite_net_arg_name(i), text);
        if (used >= sizeof target->id)
            return NULL;
    }
    return target;
}

base_err cli_network_jobs(struct cli_network *network, struct cli_plan *plan, struct base_why *why)
{
    static const char *const items[CLI_NETWORK_CASES] = { "round", "delivery" };
    _Static_assert(CLI_NETWORK_PLANS_MAX * CLI_NETWORK_CASES <= CLI_JOBS_MAX, "a job for each");
    CLI_TRY(cli_plan_self(plan, why));
    for (size_t i = 0; i < network->plan_count; i++)
        for (size_t which = 0; which < CLI_NETWORK_CASES; which++) {
            struct bench_target *target = target_of(plan, &network->plans[i], which);
            if (target == NULL)
                return base_fail(why, BASE_ENOMEM, 0, "out of memory");
            plan->jobs[plan->job_count++] =
                (struct cli_job){ .target = target, .item = items[which] };
        }
    const char *rounds =
        base_arena_printf(&plan->arena, "%u, protocols interleaved", network->runs);
    if (rounds == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    plan->notes[plan->note_count++] = (struct result_pair){ "rounds", rounds };
    return BASE_OK;
}

/* ---- rounds ---- */

static struct suite_net_results *results_at(const struct cli_network *network, size_t run,
                                            size_t plan)
{
    return &network->results[run * network->plan_count + plan];
}

static bool is_made(const struct cli_network *network, size_t run, size_t plan)
{
    return network->wall_ns[run * network->plan_count + plan] > 0;
}

/* Made, and its laboratory held its links: its times and rates are what they are. */
static bool is_good(const struct cli_network *network, size_t run, size_t plan)
{
    return is_made(network, run, plan) && results_at(network, run, plan)->lab.is_valid;
}

static void say(enum base_log_level level, const struct cli_network *network, size_t run,
                const struct suite_net_plan *plan, const struct suite_net_results *results)
{
    char avg[BASE_UNITS_TEXT_SIZE], p99[BASE_UNITS_TEXT_SIZE];
    base_log(level, "%s, round %zu of %u: %s %.4g messages/s, latency %s, p99 %s, %.4g %%",
             plan->conditions.name, run + 1, network->runs, plan->protocol, results->messages_per_s,
             base_units_print_time(results->latency_avg_ns, 4, avg),
             base_units_print_time(results->latency_p99_ns, 4, p99), 100 * results->success_rate);
}

/* One round of one plan, kept when it counts. */
static void make_round(struct cli_network *network, size_t run, size_t index)
{
    struct suite_net_plan plan = network->plans[index];
    struct base_why *why = &network->whys[index];
    base_err err = BASE_OK;
    plan.seed += run;
    for (int attempt = 0; attempt < ATTEMPTS && !cli_signals_interrupted; attempt++) {
        struct suite_net_results results;
        const double begin_ns = now_ns();
        err = suite_net_run(&plan, &results, why);
        if (err != BASE_OK)
            break;
        const double wall_ns = now_ns() - begin_ns;
        err = suite_net_judge(&results, why);
        if (results.wrong > 0) { /* not the laboratory's fault: a claim is refuted by it */
            base_log(BASE_LOG_ERROR, "%s, round %zu: %s", plan.protocol, run + 1, why->text);
            err = BASE_OK;
        }
        if (err == BASE_OK) {
            say(BASE_LOG_INFO, network, run, &plan, &results);
            *results_at(network, run, index) = results;
            network->wall_ns[run * network->plan_count + index] = wall_ns;
            return;
        }
        say(BASE_LOG_DEBUG, network, run, &plan, &results);
        suite_net_results_done(&results);
        network->repeated[index]++;
        base_log(BASE_LOG_WARNING, "%s, round %zu: this round does not count: %s", plan.protocol,
                 run + 1, why->text);
    }
    if (err != BASE_EINTERRUPTED && !cli_signals_interrupted)
        network->errs[index] = err;
}

static void shuffle(struct base_rng *rng, size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; i > 1; i--) {
        const size_t k = (size_t)base_rng_below(rng, i), other = order[k];
        order[k] = order[i - 1];
        order[i - 1] = other;
    }
}

static void make_rounds(struct cli_network *network)
{
    struct base_rng rng;
    size_t order[CLI_NETWORK_PROTOCOLS_MAX];
    base_rng_init(&rng, network->plans[0].seed);
    for (size_t g = 0; g < cli_network_groups(network); g++)
        for (size_t run = 0; run < network->runs; run++) {
            shuffle(&rng, order, network->protocol_count);
            for (size_t k = 0; k < network->protocol_count && !cli_signals_interrupted; k++) {
                const size_t index = g * network->protocol_count + order[k];
                if (network->errs[index] == BASE_OK)
                    make_round(network, run, index);
            }
        }
}

static void make_all(struct cli_network *network)
{
    const size_t count = (size_t)network->runs * network->plan_count;
    network->is_run = true;
    network->results = calloc(count, sizeof *network->results);
    network->wall_ns = calloc(count, sizeof *network->wall_ns);
    if (network->results == NULL || network->wall_ns == NULL) {
        for (size_t i = 0; i < network->plan_count; i++)
            network->errs[i] = base_fail(&network->whys[i], BASE_ENOMEM, 0, "out of memory");
        return;
    }
    make_rounds(network);
    if (network->wants_knee)
        cli_network_find_knees(network);
}

void cli_network_done(struct cli_network *network)
{
    for (size_t i = 0; network->results != NULL && i < (size_t)network->runs * network->plan_count;
         i++)
        suite_net_results_done(&network->results[i]);
    free(network->results);
    free(network->wall_ns);
    network->results = NULL;
    network->wall_ns = NULL;
}

/* ---- records ---- */

/* Of what nothing reached everybody with, as if one message had: the ratio is then a lower bound.
 */
static double rate_at_least(const struct suite_net_results *results)
{
    return results->messages_per_s > 0 ? results->messages_per_s : 1e9 / results->duration_ns;
}

/* Of one round: how many times what the other carried. 0: nothing, and the other something. */
static double rate_ratio(const struct suite_net_results *results,
                         const struct suite_net_results *other)
{
    const double a = results->messages_per_s, b = rate_at_least(other);
    if (a <= 0 && other->messages_per_s > 0)
        return 0;
    return a > 0 && b > 0 ? a / b : NAN;
}

static double cpu_ratio(const struct suite_net_results *results,
                        const struct suite_net_results *other)
{
    const double a = results->cpu_us_per_message, b = other->cpu_us_per_message;
    return a > 0 && b > 0 ? b / a : NAN;
}

/* Geometric mean of a ratio of two plans over the rounds of both that count. */
static struct stats_interval mean_ratio(const struct cli_network *network, size_t plan,
                                        size_t against, double confidence,
                                        double (*ratio)(const struct suite_net_results *results,
                                                        const struct suite_net_results *other))
{
    double logs[CLI_NETWORK_RUNS_MAX];
    size_t count = 0;
    for (size_t run = 0; network->results != NULL && run < network->runs; run++) {
        if (!is_good(network, run, plan) || !is_good(network, run, against))
            continue;
        const double one = ratio(results_at(network, run, plan), results_at(network, run, against));
        if (!(one > 0)) /* and so is the mean of all */
            return (struct stats_interval){ one, one, one };
        logs[count++] = log(one);
    }
    if (count == 0)
        return (struct stats_interval){ NAN, NAN, NAN };
    const struct stats_interval mean = stats_interval_t(logs, count, confidence);
    return (struct stats_interval){ exp(mean.value), exp(mean.low), exp(mean.high) };
}

struct stats_interval cli_network_ratio(const struct cli_network *network, size_t plan,
                                        size_t against, double confidence)
{
    return mean_ratio(network, plan, against, confidence, rate_ratio);
}

struct stats_interval cli_network_cpu_ratio(const struct cli_network *network, size_t plan,
                                            size_t against, double confidence)
{
    return mean_ratio(network, plan, against, confidence, cpu_ratio);
}

const struct suite_net_results *cli_network_last(const struct cli_network *network, size_t plan)
{
    for (size_t run = network->runs; network->results != NULL && run > 0; run--)
        if (is_made(network, run - 1, plan))
            return results_at(network, run - 1, plan);
    return NULL;
}

/* Memory for `count` batches of one item each. */
static bool make_batches(struct bench_record *record, struct bench_process *process, size_t count)
{
    process->batch_count = count;
    process->counts = base_arena_array(&record->arena, count, sizeof *process->counts);
    process->ns = base_arena_array(&record->arena, count, sizeof *process->ns);
    for (size_t i = 0; process->counts != NULL && i < count; i++)
        process->counts[i] = 1;
    process->context_switches = process->page_faults = process->migrations = -1;
    process->is_steady = true;
    return process->counts != NULL && process->ns != NULL;
}

static bool put_round(struct bench_record *record, const struct suite_net_results *results,
                      double wall_ns)
{
    struct bench_process *process = &record->processes[record->process_count];
    if (!make_batches(record, process, 1))
        return false;
    process->ns[0] = wall_ns;
    for (size_t i = 0; suite_net_field_at(i) != NULL; i++) {
        process->series[i] = base_arena_alloc(&record->arena, sizeof(double));
        if (process->series[i] == NULL)
            return false;
        *process->series[i] = suite_net_series_of(results, suite_net_field_at(i));
        record->series[i] = suite_net_field_at(i)->name;
    }
    record->process_count++;
    return true;
}

/* All latencies, or evenly chosen ones, the least and the greatest among them. */
static bool put_deliveries(struct bench_record *record, const struct suite_net_results *results)
{
    struct bench_process *process = &record->processes[record->process_count];
    const size_t all = results->latency_count, count = all < SAMPLES_MAX ? all : SAMPLES_MAX;
    if (count == 0 || !results->lab.is_valid)
        return true;
    if (!make_batches(record, process, count))
        return false;
    for (size_t i = 0; i < count; i++)
        process->ns[i] = results->latencies_ns[count > 1 ? i * (all - 1) / (count - 1) : 0];
    record->process_count++;
    return true;
}

static void put_fact(struct bench_record *record, const char *name, double value, const char *unit)
{
    if (isfinite(value) && record->fact_count < BENCH_FACT_MAX)
        record->facts[record->fact_count++] = (struct bench_fact){ name, value, unit };
}

/* The fact, and its ends as NAME_low and NAME_high. */
static void put_interval(struct bench_record *record, const char *const names[3],
                         struct stats_interval of, const char *unit)
{
    put_fact(record, names[0], of.value, unit);
    put_fact(record, names[1], of.low, unit);
    put_fact(record, names[2], of.high, unit);
}

#define INTERVAL(name) ((const char *const[]){ name, name "_low", name "_high" })

static void put_facts(const struct cli_network *network, size_t index, struct bench_record *record)
{
    const struct suite_net_plan *plan = &network->plans[index];
    const size_t first = index - index % network->protocol_count;
    put_fact(record, "node_count", plan->conditions.node_count, "1");
    put_fact(record, "message_size_bytes", plan->conditions.message_size, "B");
    put_fact(record, "messages_per_node", suite_net_messages(plan), "1");
    put_fact(record, "rounds_that_did_not_count", network->repeated[index], "1");
    put_interval(record, INTERVAL("knee_per_second"), cli_network_knee(network, index, 0.95), "/s");
    for (size_t k = first; k < first + network->protocol_count; k++)
        if (strcmp(network->plans[k].protocol, "flood") == 0 && k != index) {
            put_interval(record, INTERVAL("improvement"),
                         cli_network_ratio(network, index, k, 0.95), "1");
            put_interval(record, INTERVAL("improvement_at_knees"),
                         cli_network_knee_ratio(network, index, k, 0.95), "1");
            put_interval(record, INTERVAL("cpu_improvement"),
                         cli_network_cpu_ratio(network, index, k, 0.95), "1");
        }
}

static void describe(const struct cli_network *network, size_t index, bool is_delivery,
                     struct bench_record *record)
{
    const struct suite_net_plan *plan = &network->plans[index];
    record->item = is_delivery ? "delivery" : "round";
    record->threads = 1;
    record->clock = "monotonic";
    record->language = "C";
    record->clock_resolution_ns = 1;
    if (strcmp(plan->protocol, "hermes") != 0)
        record->peer_of = is_delivery ? "net/delivery.hermes" : "net/hermes";
    if (is_delivery) {
        record->bytes_per_item = plan->conditions.message_size;
        return;
    }
    record->parts_per_item = (double)plan->conditions.node_count * suite_net_messages(plan);
    put_facts(network, index, record);
}

static void fill(const struct cli_network *network, size_t index, bool is_delivery,
                 struct bench_record *record)
{
    record->processes = base_arena_array(&record->arena, network->runs, sizeof *record->processes);
    bool is_filled = record->processes != NULL;
    for (size_t run = 0; is_filled && run < network->runs; run++) {
        if (!is_made(network, run, index))
            continue;
        const struct suite_net_results *results = results_at(network, run, index);
        const double wall_ns = network->wall_ns[run * network->plan_count + index];
        is_filled =
            is_delivery ? put_deliveries(record, results) : put_round(record, results, wall_ns);
        record->elapsed_ns += (uint64_t)wall_ns;
    }
    record->is_interrupted = cli_signals_interrupted != 0;
    if (!is_filled)
        record->err = base_fail(&record->why, BASE_ENOMEM, 0, "out of memory");
    else if (record->process_count == 0)
        record->err = cli_signals_interrupted
                          ? base_fail(&record->why, BASE_EINTERRUPTED, 0, "interrupted")
                          : base_fail(&record->why, BASE_EWRONG, 0, "no message was delivered");
}

void cli_network_record(void *context, size_t index, struct bench_record *record)
{
    struct cli_network *network = context;
    const size_t plan = index / CLI_NETWORK_CASES;
    const bool is_delivery = index % CLI_NETWORK_CASES == 1;
    if (!network->is_run)
        make_all(network);
    describe(network, plan, is_delivery, record);
    if (network->errs[plan] == BASE_OK) {
        fill(network, plan, is_delivery, record);
        return;
    }
    record->err = network->errs[plan];
    record->why = network->whys[plan];
}
