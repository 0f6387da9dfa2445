/* network_rounds.c - within a round every protocol of a condition has its turn, in an order that is
 * drawn anew, so that what the machine does over time falls on all alike. A round whose laboratory
 * fell behind is made again, twice at most. */
#include "network_rounds.h"

#include "signals.h"

#include <base/log.h>
#include <base/rng.h>
#include <base/units.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ATTEMPTS = 3, SAMPLES_MAX = 20000, KNEE_STEPS = 5, KNEE_DOUBLINGS = 16 };
#define KNEE_LOAD_MAX_NS 60e9 /* a load that takes longer is not tried when halving */

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
    for (size_t c = 0; c < network->condition_count; c++)
        for (size_t run = 0; run < network->runs; run++) {
            shuffle(&rng, order, network->protocol_count);
            for (size_t k = 0; k < network->protocol_count && !cli_signals_interrupted; k++) {
                const size_t index = c * network->protocol_count + order[k];
                if (network->errs[index] == BASE_OK)
                    make_round(network, run, index);
            }
        }
}

static void find_knees(struct cli_network *network)
{
    for (size_t i = 0; i < network->plan_count; i++) {
        struct base_why why = { 0 };
        network->knees[i] = NAN;
        if (!network->wants_knee || network->errs[i] != BASE_OK || cli_signals_interrupted)
            continue;
        network->knees[i] = cli_network_knee(&network->plans[i], &why);
        if (isnan(network->knees[i]))
            base_log(BASE_LOG_WARNING, "%s: no knee: %s", network->plans[i].protocol, why.text);
        else
            base_log(BASE_LOG_INFO, "%s keeps up with %.4g messages/s", network->plans[i].protocol,
                     network->knees[i]);
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
    find_knees(network);
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

/* ---- the knee ---- */

static double load_ns(const struct suite_net_plan *plan)
{
    return 1e9 * plan->conditions.node_count * plan->conditions.messages_per_node /
           plan->rate_per_s;
}

/* Enough messages for half a second of load. */
static struct suite_net_plan at_rate(const struct suite_net_plan *plan, double rate_per_s)
{
    struct suite_net_plan out = *plan;
    const double each = 0.5 * rate_per_s / plan->conditions.node_count;
    out.rate_per_s = rate_per_s;
    out.is_full = false;
    out.attack = NULL;
    if (each > out.conditions.messages_per_node)
        out.conditions.messages_per_node = (uint32_t)each;
    return out;
}

/* Does it keep up: nearly everything comes in time, and nothing piles up? Of a laboratory that fell
 * behind itself, nobody can tell: EWRONG. */
static base_err keeps_up(const struct suite_net_plan *base, double rate_per_s, bool *is_kept,
                         struct base_why *why)
{
    const struct suite_net_plan plan = at_rate(base, rate_per_s);
    const double load = load_ns(&plan);
    struct suite_net_results results;
    CLI_TRY(suite_net_run(&plan, &results, why));
    const double tail_ns = results.duration_ns - load - (double)plan.conditions.latency_ns;
    const base_err err = suite_net_judge(&results, why);
    *is_kept = results.success_rate >= 0.98 &&
               results.latency_p99_ns < 2 * (double)plan.conditions.latency_ns + 50e6 &&
               tail_ns < 0.1 * load + 20e6;
    base_log(BASE_LOG_DEBUG, "%s at %.4g/s: %s, %.4g %% in time", plan.protocol, rate_per_s,
             err != BASE_OK ? why->text
             : *is_kept     ? "keeps up"
                            : "does not keep up",
             100 * results.success_rate);
    suite_net_results_done(&results);
    return err;
}

/* Doubled or halved until it turns, then halved in ratio: within 3 %. */
double cli_network_knee(const struct suite_net_plan *plan, struct base_why *why)
{
    double low = 0, high = 0, rate = plan->rate_per_s;
    for (int i = 0; i < KNEE_DOUBLINGS && (!(low > 0) || !(high > 0)); i++) {
        bool is_kept = false;
        const struct suite_net_plan next = at_rate(plan, rate);
        if (high > 0 && load_ns(&next) > KNEE_LOAD_MAX_NS)
            break;
        if (keeps_up(plan, rate, &is_kept, why) != BASE_OK)
            return NAN;
        if (is_kept)
            low = rate;
        else
            high = rate;
        rate = is_kept ? rate * 2 : rate / 2;
    }
    if (!(low > 0) || !(high > 0)) {
        (void)base_fail(why, BASE_ERANGE, 0, "the load turned nowhere between %.4g/s and %.4g/s",
                        low, high);
        return NAN;
    }
    for (int i = 0; i < KNEE_STEPS; i++) {
        const double middle = sqrt(low * high);
        bool is_kept = false;
        if (keeps_up(plan, middle, &is_kept, why) != BASE_OK)
            return NAN;
        *(is_kept ? &low : &high) = middle;
    }
    return low;
}

/* ---- records ---- */

/* Of what nothing reached everybody with, as if one message had: the ratio is then a lower bound.
 */
static double rate_at_least(const struct suite_net_results *results)
{
    return results->messages_per_s > 0 ? results->messages_per_s : 1e9 / results->duration_ns;
}

struct stats_interval cli_network_ratio(const struct cli_network *network, size_t plan,
                                        size_t against, double confidence)
{
    double logs[CLI_NETWORK_RUNS_MAX];
    size_t count = 0;
    for (size_t run = 0; network->results != NULL && run < network->runs; run++) {
        if (!is_made(network, run, plan) || !is_made(network, run, against))
            continue;
        const double a = results_at(network, run, plan)->messages_per_s;
        const double b = rate_at_least(results_at(network, run, against));
        if (a <= 0 && results_at(network, run, against)->messages_per_s > 0)
            return (struct stats_interval){ 0, 0, 0 }; /* as the geometric mean of them is */
        if (!(a > 0) || !(b > 0))
            return (struct stats_interval){ NAN, NAN, NAN };
        logs[count++] = log(a / b);
    }
    if (count == 0)
        return (struct stats_interval){ NAN, NAN, NAN };
    const struct stats_interval mean = stats_interval_t(logs, count, confidence);
    return (struct stats_interval){ exp(mean.value), exp(mean.low), exp(mean.high) };
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
        *process->series[i] = suite_net_field_of(results, suite_net_field_at(i));
        record->series[i] = suite_net_field_at(i)->name;
    }
    record->process_count++;
    return true;
}

/* All latencies, or evenly chosen ones. */
static bool put_deliveries(struct bench_record *record, const struct suite_net_results *results)
{
    struct bench_process *process = &record->processes[record->process_count];
    const size_t all = results->latency_count, count = all < SAMPLES_MAX ? all : SAMPLES_MAX;
    if (count == 0)
        return true;
    if (!make_batches(record, process, count))
        return false;
    for (size_t i = 0; i < count; i++)
        process->ns[i] = results->latencies_ns[i * all / count];
    record->process_count++;
    return true;
}

static void put_fact(struct bench_record *record, const char *name, double value, const char *unit)
{
    if (isfinite(value) && record->fact_count < BENCH_FACT_MAX)
        record->facts[record->fact_count++] = (struct bench_fact){ name, value, unit };
}

static void put_facts(const struct cli_network *network, size_t index, struct bench_record *record)
{
    const struct suite_net_plan *plan = &network->plans[index];
    const size_t first = index - index % network->protocol_count;
    put_fact(record, "node_count", plan->conditions.node_count, "1");
    put_fact(record, "message_size_bytes", plan->conditions.message_size, "B");
    put_fact(record, "messages_per_node", suite_net_messages(plan), "1");
    put_fact(record, "rounds_that_did_not_count", network->repeated[index], "1");
    put_fact(record, "knee_per_second", network->knees[index], "/s");
    for (size_t k = first; k < first + network->protocol_count; k++)
        if (strcmp(network->plans[k].protocol, "flood") == 0 && k != index) {
            const struct stats_interval ratio = cli_network_ratio(network, index, k, 0.95);
            put_fact(record, "improvement", ratio.value, "1");
            put_fact(record, "improvement_low", ratio.low, "1");
            put_fact(record, "improvement_high", ratio.high, "1");
            put_fact(record, "improvement_at_knees", network->knees[index] / network->knees[k],
                     "1");
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
