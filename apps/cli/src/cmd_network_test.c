/* cmd_network_test.c - network test-hermes and test-baseline: from options to rounds, through the
 * engine, to a run under a test id. */
#define _GNU_SOURCE
#include "commands.h"
#include "network_config.h"
#include "network_numbers.h"
#include "network_show.h"
#include "option_rows.h"
#include "output.h"
#include "show.h"
#include "signals.h"

#include <base/log.h>
#include <base/units.h>
#include <result/claim.h>
#include <result/history.h>

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define TEST_ID_PREFIX "network-test-"
enum { TEST_ID_FIRST = 10001, TEST_ID_SIZE = 40 };
enum { ROUNDS_LEAST = 10 }; /* of a verdict */

static const double rate_default_per_s = 3000;

const struct cli_option cli_network_test_options[] = {
    COUNT("nodes", 2, SUITE_NET_NODES_MAX, "nodes, one on each host", "10"),
    { .name = "message-size",
      .kind = CLI_SIZE,
      .value_name = "SIZE",
      .doc = "bytes of a message",
      .fallback = "2048",
      .low = SUITE_NET_SIZE_LEAST,
      .high = SUITE_NET_SIZE_MAX },
    COUNT("messages", 1, 10000000, "messages that each node sends to all others", "100"),
    TIME("latency", "one way, of every link", "25ms"),
    { .name = "packet-loss",
      .kind = CLI_PERCENT,
      .value_name = "PERCENT",
      .doc = "of the packets of every link",
      .fallback = "0.5%" },
    { .name = "bandwidth",
      .kind = CLI_TEXT,
      .value_name = "RATE",
      .doc = "what each host can send, or none for no limit",
      .fallback = "100Mbit/s" },
    { .name = "condition",
      .kind = CLI_WORDS,
      .value_name = "LIST",
      .choices = SUITE_NET_CONDITIONS,
      .doc = "named conditions; the options above change them; loopback: processes on this "
             "machine without any network, which only processors limit",
      .fallback = "production" },
    { .name = "rate",
      .kind = CLI_TEXT,
      .value_name = "RATE",
      .doc = "messages a second that all nodes together send, or full: what fills the hosts' "
             "bandwidth when each message goes once to each addressee, for 5 s or more",
      .fallback = "3000" },
    { .name = "class",
      .kind = CLI_WORD,
      .value_name = "CLASS",
      .choices = SUITE_NET_CLASSES,
      .doc = "traffic class of the messages; what comes later than 1 s, 5 s or 30 s is not in time",
      .fallback = "consensus" },
    { .name = "attack",
      .kind = CLI_WORDS,
      .value_name = "LIST",
      .choices = SUITE_NET_ATTACKS ",all",
      .doc = "send the load three times: before, during and after this attack; all: of each, one "
             "after the other",
      .fallback = "none" },
    { .name = "protocol",
      .kind = CLI_WORDS,
      .value_name = "LIST",
      .choices = SUITE_NET_PROTOCOLS,
      .doc = "measure these overlays instead" },
    { .name = "auth",
      .kind = CLI_WORD,
      .value_name = "WHEN",
      .choices = "on,off",
      .doc = "baselines with a keyed tag on every datagram, or without; HERMES-Lite always "
             "authenticates",
      .fallback = "on" },
    COUNT("runs", 1, CLI_NETWORK_RUNS_MAX, "rounds, each with new hosts and nodes; claims need 10",
          "1, with --comparison-mode 3"),
    FLAG("find-knee", 0,
         "also search for the highest load that is kept up with, as often as --runs, at most 10 "
         "times"),
    FLAG("virtual", 0, "in virtual time: no privileges, exactly repeatable, no processor time"),
    COUNT("seed", 0, 9.2e18, "of losses, keys and orders", "1"),
    TEXT("config", CLI_FILE, "FILE",
         "conditions and targets from the real_world_testing section of a YAML file"),
    { 0 },
};

const struct cli_option cli_network_baseline_options[] = {
    FLAG("comparison-mode", 0,
         "HERMES-Lite and the other overlays on the same links, in turns, and ratios"),
    { 0 },
};

/* ---- from options to plans ---- */

/* "a,b" into the arena's copies. */
static base_err split(const char *text, struct base_arena *arena, const char **words, size_t most,
                      size_t *count, struct base_why *why)
{
    *count = 0;
    for (const char *at = text; *at != '\0' && *count < most; at += *at == ',') {
        const size_t size = strcspn(at, ",");
        words[*count] = base_arena_text_of(arena, at, size);
        if (words[(*count)++] == NULL)
            return base_fail(why, BASE_ENOMEM, 0, "out of memory");
        at += size;
    }
    return BASE_OK;
}

static base_err take_options(const struct cli_args *args, struct suite_net_conditions *conditions,
                             struct base_why *why)
{
    const struct cli_value *nodes = cli_value(args, "nodes"),
                           *size = cli_value(args, "message-size"),
                           *messages = cli_value(args, "messages"),
                           *latency = cli_value(args, "latency"),
                           *loss = cli_value(args, "packet-loss");
    const char *bandwidth = cli_text(args, "bandwidth", NULL);
    struct suite_net_plan one = { .conditions = *conditions };
    if (bandwidth != NULL) {
        const base_err err = suite_net_take(&one, "bandwidth", bandwidth, why);
        if (err != BASE_OK)
            return base_fail_prefix(why, err, "--bandwidth");
        conditions->bandwidth_bits = one.conditions.bandwidth_bits;
    }
    conditions->node_count = nodes != NULL ? (uint32_t)nodes->count : conditions->node_count;
    conditions->message_size = size != NULL ? (uint32_t)size->count : conditions->message_size;
    conditions->messages_per_node =
        messages != NULL ? (uint32_t)messages->count : conditions->messages_per_node;
    conditions->latency_ns = latency != NULL ? latency->ns : conditions->latency_ns;
    conditions->loss_share = loss != NULL ? loss->number : conditions->loss_share;
    if (nodes != NULL || size != NULL || messages != NULL || latency != NULL || loss != NULL) {
        char name[SUITE_NET_NAME_SIZE]; /* the old one may not hold any more */
        one.conditions = *conditions;
        snprintf(conditions->name, sizeof conditions->name, "%s",
                 suite_net_arg_value(&one, 0, name));
    }
    return BASE_OK;
}

static base_err take_conditions(struct cli_network *network, struct base_arena *arena,
                                struct base_why *why)
{
    const struct cli_args *args = network->args;
    const char *words[CLI_NETWORK_CONDITIONS_MAX];
    CLI_TRY(split(cli_text(args, "condition", "production"), arena, words,
                  CLI_NETWORK_CONDITIONS_MAX, &network->condition_count, why));
    for (size_t i = 0; i < network->condition_count; i++)
        CLI_TRY(suite_net_conditions_find(words[i], &network->conditions[i], why));
    network->targets = (struct cli_network_targets){ NAN, NAN, NAN, NAN };
    if (cli_has(args, "config"))
        CLI_TRY(cli_network_config(cli_text(args, "config", ""), arena, network, why));
    for (size_t i = 0; i < network->condition_count; i++)
        CLI_TRY(take_options(args, &network->conditions[i], why));
    return BASE_OK;
}

static base_err make_plan(const struct cli_network *network,
                          const struct suite_net_conditions *conditions, const char *attack,
                          const char *protocol, struct suite_net_plan *plan, struct base_why *why)
{
    const struct cli_args *args = network->args;
    const struct cli_value *seed = cli_value(args, "seed");
    const char *rate = cli_text(args, "rate", NULL);
    *plan = (struct suite_net_plan){
        .conditions = *conditions,
        .protocol = protocol,
        .class = cli_text(args, "class", NULL),
        .attack = strcmp(attack, "none") != 0 ? attack : NULL,
        .rate_per_s = rate_default_per_s,
        .is_unauthenticated =
            strcmp(cli_text(args, "auth", "on"), "off") == 0 && strcmp(protocol, "hermes") != 0,
        .is_virtual = cli_has(args, "virtual"),
        .seed = seed != NULL ? seed->count : 1,
        .interrupted = &cli_signals_interrupted,
    };
    if (rate != NULL) {
        const base_err err = suite_net_take(plan, "load", rate, why);
        if (err != BASE_OK)
            return base_fail_prefix(why, err, "--rate");
    }
    return suite_net_check(plan, why);
}

/* All: those that there can be, and nothing beside it. */
static base_err take_attacks(struct cli_network *network, struct base_arena *arena,
                             struct base_why *why)
{
    const bool is_virtual = cli_has(network->args, "virtual");
    const char *words = cli_text(network->args, "attack", "none"), *all = strstr(words, "all");
    if (all != NULL && strcmp(words, "all") != 0)
        return base_fail(why, BASE_EINVALID, 0,
                         "attack 'all' stands alone, without '%s': for rounds without an attack "
                         "make another test",
                         words);
    if (all != NULL)
        words = is_virtual ? "byzantine,sybil" : strchr(SUITE_NET_ATTACKS, ',') + 1;
    CLI_TRY(split(words, arena, network->attacks, CLI_NETWORK_ATTACKS_MAX, &network->attack_count,
                  why));
    for (size_t i = 0; i < network->attack_count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(network->attacks[i], network->attacks[k]) == 0)
                return base_fail(why, BASE_EINVALID, 0, "attack '%s' is there twice",
                                 network->attacks[i]);
    if (cli_network_groups(network) * network->protocol_count > CLI_NETWORK_PLANS_MAX)
        return base_fail(why, BASE_EFULL, 0,
                         "%zu conditions, %zu attacks and %zu overlays are more than %d rounds of "
                         "a kind",
                         network->condition_count, network->attack_count, network->protocol_count,
                         CLI_NETWORK_PLANS_MAX);
    return BASE_OK;
}

/* The condition's protocols: HERMES first, flooding second, as the table of the suite has them. */
static const char *default_protocols(const struct cli_args *args, bool is_baseline)
{
    if (!is_baseline)
        return "hermes";
    return cli_has(args, "comparison-mode") ? SUITE_NET_OVERLAYS : "flood";
}

/* A case has one protocol and one set of conditions: with the same twice there would be two of one
 * name. */
static base_err check_twice(const struct cli_network *network, struct base_why *why)
{
    for (size_t i = 0; i < network->protocol_count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(network->protocols[i], network->protocols[k]) == 0)
                return base_fail(why, BASE_EINVALID, 0, "protocol '%s' is there twice",
                                 network->protocols[i]);
    for (size_t i = 0; i < network->condition_count; i++)
        for (size_t k = 0; k < i; k++) {
            char one[SUITE_NET_NAME_SIZE], other[SUITE_NET_NAME_SIZE];
            const size_t each = network->attack_count * network->protocol_count;
            (void)suite_net_arg_value(&network->plans[i * each], 0, one);
            (void)suite_net_arg_value(&network->plans[k * each], 0, other);
            if (strcmp(one, other) == 0)
                return base_fail(why, BASE_EINVALID, 0, "condition '%s' (%s) is there twice",
                                 network->conditions[i].name, one);
        }
    return BASE_OK;
}

static base_err read_options(struct cli_network *network, struct base_arena *arena,
                             bool is_baseline, struct base_why *why)
{
    const struct cli_args *args = network->args;
    const struct cli_value *runs = cli_value(args, "runs");
    const bool is_comparing = is_baseline && cli_has(args, "comparison-mode");
    network->runs = runs != NULL ? (uint32_t)runs->count : is_comparing ? 3 : 1;
    network->wants_knee = cli_has(args, "find-knee");
    CLI_TRY(split(cli_text(args, "protocol", default_protocols(args, is_baseline)), arena,
                  network->protocols, CLI_NETWORK_PROTOCOLS_MAX, &network->protocol_count, why));
    CLI_TRY(take_conditions(network, arena, why));
    CLI_TRY(take_attacks(network, arena, why));
    for (size_t g = 0; g < cli_network_groups(network); g++)
        for (size_t p = 0; p < network->protocol_count; p++)
            CLI_TRY(make_plan(network, &network->conditions[g / network->attack_count],
                              network->attacks[g % network->attack_count], network->protocols[p],
                              &network->plans[network->plan_count++], why));
    return check_twice(network, why);
}

/* ---- targets of the configuration file ---- */

struct target {
    const char *name, *sentence, *unit;
    bool is_most; /* the bound is the most that is good, else the least */
    double bound; /* NaN: not asked for */
    struct result_estimate measured;
};

/* On the whole interval, when there were rounds enough for one. */
static enum result_state state_of(const struct target *target, size_t rounds)
{
    const double low = target->measured.low, high = target->measured.high;
    const bool is_enough = isfinite(low) && isfinite(high) && rounds >= ROUNDS_LEAST;
    const bool is_kept = target->is_most ? high <= target->bound : low >= target->bound;
    const bool is_missed = target->is_most ? low > target->bound : high < target->bound;
    return isnan(target->measured.value) ? RESULT_STATE_NOT_RUN
           : !is_enough                  ? RESULT_STATE_UNDECIDED
           : is_kept                     ? RESULT_STATE_PROVEN
           : is_missed                   ? RESULT_STATE_REFUTED
                                         : RESULT_STATE_UNDECIDED;
}

/* "0.99 (0.98 .. 1) in local", or what is missing for a verdict. */
static const char *why_of(struct base_arena *arena, const struct suite_net_plan *plan,
                          const struct target *target, size_t rounds)
{
    const struct result_estimate *measured = &target->measured;
    const char *name = plan->conditions.name;
    if (rounds < ROUNDS_LEAST)
        return base_arena_printf(arena, "%.6g%s in %s, but it needs %d rounds, there were %zu",
                                 measured->value, target->unit, name, ROUNDS_LEAST, rounds);
    if (!isfinite(measured->low) || !isfinite(measured->high))
        return base_arena_printf(arena, "%.6g%s in %s, but it has no interval", measured->value,
                                 target->unit, name);
    return base_arena_printf(arena, "%.6g (%.6g .. %.6g)%s in %s", measured->value, measured->low,
                             measured->high, target->unit, name);
}

static base_err put_verdict(struct result_run *run, const struct suite_net_plan *plan,
                            const struct target *target, size_t rounds)
{
    struct result_verdict *verdict = &run->verdicts[run->verdict_count++];
    *verdict = (struct result_verdict){
        .id = base_arena_printf(&run->arena, "target.%s.%s%s%s", plan->conditions.name,
                                plan->attack != NULL ? plan->attack : "",
                                plan->attack != NULL ? "." : "", target->name),
        .sentence = target->sentence,
        .metric = base_arena_printf(&run->arena, "net/%s %s", plan->protocol, target->name),
        .bound = base_arena_printf(&run->arena, "%s %.10g%s",
                                   target->is_most ? "<=" : ">=", target->bound, target->unit),
        .state = result_state_text(state_of(target, rounds)),
        .why = why_of(&run->arena, plan, target, rounds),
        .measured = target->measured,
    };
    return verdict->id != NULL && verdict->metric != NULL && verdict->bound != NULL &&
                   verdict->why != NULL
               ? BASE_OK
               : BASE_ENOMEM;
}

static struct result_estimate scaled(struct result_estimate estimate, double scale)
{
    return (struct result_estimate){ estimate.value * scale, estimate.low * scale,
                                     estimate.high * scale };
}

/* Of HERMES in one condition. */
static base_err judge_condition(const struct cli_network *network, struct result_run *run,
                                size_t plan)
{
    const struct cli_network_targets *targets = &network->targets;
    const struct result_case *one = cli_network_case(network, run, plan);
    const struct target all[] = {
        { "hermes_lite_improvement", "HERMES-Lite over UDP flooding, messages a second", "", false,
          targets->improvement, cli_network_fact(one, "improvement") },
        { "success_rate", "share of deliveries that came in time", "", false, targets->success_rate,
          cli_network_number(one, "success_rate") },
        { "max_memory_mb", "memory of all nodes together", " MB", true, targets->max_memory_mb,
          scaled(cli_network_number(one, "memory_usage_bytes"), 1e-6) },
        { "max_cpu_percent", "processor time of the nodes", " %", true, targets->max_cpu_percent,
          scaled(cli_network_number(one, "cpu_usage"), 100) },
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (!isnan(all[i].bound))
            CLI_TRY(put_verdict(run, &network->plans[plan], &all[i],
                                one != NULL ? one->process_count : 0));
    return BASE_OK;
}

/* HERMES without an attack; where there are no such rounds, under each. */
static bool is_judged(const struct cli_network *network, const struct suite_net_plan *plan)
{
    bool has_calm = false;
    for (size_t i = 0; i < network->attack_count; i++)
        has_calm = has_calm || strcmp(network->attacks[i], "none") == 0;
    return strcmp(plan->protocol, "hermes") == 0 && (plan->attack == NULL || !has_calm);
}

static base_err judge(void *context, struct result_run *run, struct base_why *why)
{
    const struct cli_network *network = context;
    enum { TARGETS = 4 };
    struct result_verdict *all = base_arena_array(
        &run->arena, run->verdict_count + TARGETS * network->plan_count + 1, sizeof *all);
    if (all == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    if (run->verdict_count > 0)
        memcpy(all, run->verdicts, run->verdict_count * sizeof *all);
    run->verdicts = all;
    for (size_t i = 0; i < network->plan_count; i++)
        if (is_judged(network, &network->plans[i]) && judge_condition(network, run, i) != BASE_OK)
            return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    return BASE_OK;
}

/* ---- the test id ---- */

/* One process at a time gives an id: a lock beside the history, which a crash takes away. */
static int lock_ids(struct result_history *history)
{
    char path[4200];
    snprintf(path, sizeof path, "%s.tests", result_history_path(history));
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)flock(fd, LOCK_EX);
    return fd;
}

static base_err next_id(struct result_history *history, char out[TEST_ID_SIZE],
                        struct base_why *why)
{
    struct base_arena arena = { 0 };
    struct result_history_baseline *names = NULL;
    size_t count = 0;
    unsigned long next = TEST_ID_FIRST;
    const base_err err = result_history_baselines(history, &arena, &names, &count, why);
    for (size_t i = 0; err == BASE_OK && i < count; i++) {
        if (strncmp(names[i].name, TEST_ID_PREFIX, strlen(TEST_ID_PREFIX)) != 0)
            continue;
        const unsigned long number = strtoul(names[i].name + strlen(TEST_ID_PREFIX), NULL, 10);
        next = number >= next && number < 4000000000ul ? number + 1 : next;
    }
    base_arena_done(&arena);
    snprintf(out, TEST_ID_SIZE, TEST_ID_PREFIX "%05lu", next);
    return err;
}

/* The run is in the history already. */
static base_err give_id(const struct result_run *run, char out[TEST_ID_SIZE], struct base_why *why)
{
    struct result_history *history = NULL;
    CLI_TRY(result_history_open(NULL, &history, why));
    const int lock = lock_ids(history);
    base_err err = next_id(history, out, why);
    if (err == BASE_OK)
        err = result_history_set_baseline(history, out, run->id, why);
    if (lock >= 0)
        close(lock);
    result_history_close(history);
    return err;
}

/* ---- showing ---- */

static int show(void *context, const struct result_run *run, const struct base_buf *after,
                int status)
{
    const struct cli_network *network = context;
    const char *format = cli_show_format(network->args);
    char id[TEST_ID_SIZE];
    const char *test_id = NULL;
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    if (!cli_has(network->args, "no-history") && run->case_count > 0) {
        if (give_id(run, id, &why) == BASE_OK)
            test_id = id;
        else
            base_log(BASE_LOG_WARNING, "the run has no test id: %s", why.text);
    }
    const bool is_text = strcmp(format, "text") == 0;
    if (!is_text && test_id != NULL)
        base_log(BASE_LOG_INFO, "the test is kept as %s", test_id);
    if (!is_text && strcmp(format, "json") != 0)
        return cli_show_run(network->args, run, after, status);
    base_err err = is_text ? cli_network_text(network, run, test_id, &out)
                           : cli_network_json(network, run, test_id, &out);
    if (err == BASE_OK && is_text && after != NULL)
        err = base_buf_put(&out, after->data, after->size);
    if (err == BASE_OK)
        err = cli_show_save(network->args, run, &why);
    if (err != BASE_OK) {
        (void)base_fail(&why, err, 0, "%s", why.text[0] != '\0' ? why.text : base_err_text(err));
        base_buf_done(&out);
        (void)cli_complain(err, &why);
        return status == CLI_INTERRUPTED ? status : CLI_UNMEASURED;
    }
    return cli_output_finish(&out, cli_text(network->args, "output", NULL), status);
}

static int run_test(const struct cli_args *args, bool is_baseline)
{
    static struct cli_plan plan; /* both are large */
    static struct cli_network network;
    struct base_why why = { 0 };
    network.args = args;
    base_err err = read_options(&network, &plan.arena, is_baseline, &why);
    if (err != BASE_OK) {
        cli_plan_done(&plan);
        return err == BASE_ENOMEM ? cli_complain(err, &why) : cli_complain_usage(args, &why);
    }
    const struct cli_engine_face face = {
        .context = &network, .record = cli_network_record, .judge = judge, .show = show
    };
    plan.config = (struct cli_config){ .confidence = 0.95, .significance = 0.05 };
    plan.config.plan.is_without_references = true;
    plan.config.plan.processes = network.runs;
    plan.config.plan.seed = network.plans[0].seed;
    err = cli_network_jobs(&network, &plan, &why);
    const int status =
        err == BASE_OK ? cli_engine_run_as(args, &plan, &face) : cli_complain(err, &why);
    cli_network_done(&network);
    cli_plan_done(&plan);
    return status;
}

int cli_cmd_network_test_hermes(const struct cli_args *args)
{
    return run_test(args, false);
}

int cli_cmd_network_test_baseline(const struct cli_args *args)
{
    return run_test(args, true);
}
