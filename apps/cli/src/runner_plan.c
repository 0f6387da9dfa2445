/* runner_plan.c - which cases are measured: those of the layers, with the settings that are their
 * parameters; or, for a check without named layers, those of what it is compared with. */
#include "runner.h"

#include "show.h"

#include <base/log.h>
#include <result/history.h>

#include <string.h>

/* ---- layers ---- */

static bool is_named(const char *list, const char *name)
{
    const size_t size = strlen(name);
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strcspn(at, ",") == size && strncmp(at, name, size) == 0)
            return true;
    }
    return false;
}

static bool has_suite(const struct cli_plan *plan, const char *suite)
{
    for (size_t i = 0; suite != NULL && i < plan->listed_count; i++)
        if (cli_plan_is_in(plan->listed[i].name, suite))
            return true;
    return false;
}

/* Nothing named: what is there. */
static void choose_layers(struct cli_runner *runner)
{
    const bool is_all = cli_has(runner->args, "all-layers");
    const char *list = cli_text(runner->args, "layers", NULL);
    runner->is_named = is_all || list != NULL;
    for (size_t i = 0; i < CLI_RUNNER_LAYERS; i++) {
        const struct cli_runner_layer *layer = &cli_runner_layers[i];
        const bool is_there = has_suite(runner->plan, layer->suite);
        runner->is_wanted[i] = runner->is_named ? is_all || is_named(list, layer->name) : is_there;
        runner->is_missing[i] = runner->is_wanted[i] && !is_there;
        if (runner->is_missing[i])
            base_log(BASE_LOG_WARNING, "%s", cli_runner_missing(layer, &runner->arena));
    }
}

/* Which key of the configuration is the value of which parameter of which cases. */
static const struct param {
    const char *cases; /* names that begin so */
    const char *key, *param;
    bool is_always; /* else only when it stands in the file */
} params[] = {
    { "ifr/", "execution.default_flow_count", "flows", true },
    { "ifr/filter", "layer1.bloom_filter.filter_count", "bank", false },
    { "ifr/cache", "layer1.cache.eviction_policy", "policy", false },
    { "alm/", "execution.default_flow_count", "flows", true },
    { "alm/", "layer3.routing.default_topology_size", "nodes", false },
    { "alm/", "layer3.routing.edge_density", "degree", false },
    { "alm/kpaths", "layer3.routing.k_shortest_paths", "k", true },
    { "alm/select", "layer3.load_balancing.algorithm", "policy", false },
    { "alm/select", "layer3.load_balancing.server_count", "servers", false },
    { "alm/cache", "layer3.caching.cache_size", "size", false },
    { "alm/cache", "layer3.caching.eviction_policy", "policy", false },
    { "baseline/", "execution.default_flow_count", "flows", true },
    { "baseline/", "baseline.system.node_count", "nodes", true },
    { "baseline/", "baseline.simulation.simulate_network", "network", true },
    { "baseline/", "baseline.simulation.simulate_database", "database", true },
    { "baseline/", "baseline.simulation.simulate_ml", "ml", true },
};
enum { PARAMS = sizeof params / sizeof params[0] };

/* Cases that have a size of their own: with 250 000 links alm/demand would make 158 000 demands. */
static bool is_row_of(const struct param *row, const char *name)
{
    static const char *const sized[] = { "alm/demand", "alm/recover" };
    const bool is_size = strcmp(row->param, "nodes") == 0 || strcmp(row->param, "degree") == 0;
    for (size_t i = 0; is_size && i < sizeof sized / sizeof sized[0]; i++)
        if (strncmp(name, sized[i], strlen(sized[i])) == 0)
            return false;
    return strncmp(row->cases, name, strlen(row->cases)) == 0;
}

static double flow_count(const struct cli_runner *runner, const struct cli_runner_setting *setting)
{
    const struct cli_value *value = cli_value(runner->args, "flow-count");
    return value != NULL ? (double)value->count : setting->number;
}

/* A setting as a case takes it; the option --flow-count wins over its key. */
static const char *value_of(struct cli_runner *runner, const struct param *row)
{
    const struct cli_runner_setting *setting = cli_runner_setting(&runner->config, row->key);
    if (setting->text != NULL)
        return setting->text;
    if (strncmp(row->cases, "baseline/", 9) == 0 && strstr(row->key, ".simulate_") != NULL)
        return setting->is_true ? "on" : "off";
    const double number =
        strcmp(row->param, "flows") == 0 ? flow_count(runner, setting) : setting->number;
    return base_arena_printf(&runner->arena, "%.10g", number);
}

static base_err add_case(struct cli_runner *runner, const char *name, struct base_why *why)
{
    struct bench_arg given[PARAMS];
    const char *filters[CLI_VALUES_MAX];
    struct cli_wanted wanted = { .name = name, .filters = filters, .args = given };
    for (size_t i = 0; i < runner->args->value_count; i++)
        if (strcmp(runner->args->values[i].option->name, "filter") == 0)
            filters[wanted.filter_count++] = runner->args->values[i].text;
    bool is_whole = true;
    for (size_t i = 0; is_whole && i < PARAMS; i++) {
        const struct param *row = &params[i];
        if (!is_row_of(row, name) ||
            (!row->is_always && cli_runner_setting(&runner->config, row->key)->line == 0))
            continue;
        const char *value = value_of(runner, row);
        given[wanted.arg_count++] = (struct bench_arg){ row->param, value };
        is_whole = value != NULL;
    }
    if (!is_whole)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    const base_err err = cli_plan_add(runner->plan, &wanted, why);
    return err == BASE_ENOTFOUND && wanted.filter_count > 0 ? BASE_OK : err;
}

/* What others have is measured with --baseline, or when a target speaks of it. */
static base_err add_suite(struct cli_runner *runner, const char *suite, struct base_why *why)
{
    for (size_t i = 0; i < runner->plan->listed_count; i++) {
        const struct bench_listed *listed = &runner->plan->listed[i];
        const bool is_wanted =
            listed->peer_of == NULL || runner->has_baseline || cli_runner_is_compared(listed->name);
        if (is_wanted && cli_plan_is_in(listed->name, suite))
            CLI_TRY(add_case(runner, listed->name, why));
    }
    return BASE_OK;
}

static base_err plan_layers(struct cli_runner *runner, struct base_why *why)
{
    bool is_there = false; /* one of them */
    for (size_t i = 0; i < CLI_RUNNER_LAYERS; i++) {
        if (!runner->is_wanted[i] || runner->is_missing[i])
            continue;
        is_there = true;
        CLI_TRY(add_suite(runner, cli_runner_layers[i].suite, why));
    }
    if (is_there && runner->has_baseline) {
        if (!has_suite(runner->plan, "baseline"))
            return base_fail(why, BASE_ECLOSED, 0,
                             "--baseline: the suite of the baseline is not there yet");
        CLI_TRY(add_suite(runner, "baseline", why));
    }
    if (is_there && runner->plan->job_count == 0)
        return base_fail(why, BASE_ENOTFOUND, 0, "--filter: no case of these layers matches '%s'",
                         cli_text(runner->args, "filter", ""));
    return BASE_OK;
}

/* ---- the check on regressions ---- */

static base_err add_value(struct cli_args *args, const char *name, const char *text, double number,
                          struct base_why *why)
{
    if (args->value_count == CLI_VALUES_MAX)
        return base_fail(why, BASE_EFULL, 0, "more than %d options", CLI_VALUES_MAX);
    args->values[args->value_count++] = (struct cli_value){
        .option = cli_option_find(args->command, name), .text = text, .number = number
    };
    return BASE_OK;
}

static bool has_kept(void)
{
    struct result_history *history = NULL;
    struct result_history_baseline *all = NULL;
    struct base_arena arena = { 0 };
    struct base_why unused;
    size_t count = 0;
    bool is_there = false;
    if (result_history_open(NULL, &history, &unused) == BASE_OK &&
        result_history_baselines(history, &arena, &all, &count, &unused) == BASE_OK)
        for (size_t i = 0; i < count; i++)
            is_there = is_there || strcmp(all[i].name, CLI_RUNNER_BASELINE) == 0;
    result_history_close(history);
    base_arena_done(&arena);
    return is_there;
}

/* Without a file: the run that is kept under our name; the first one gets it. */
static base_err find_baseline(struct cli_args *args, struct base_why *why)
{
    if (cli_has(args, "no-history"))
        return base_fail(why, BASE_EINVALID, 0,
                         "--regression-check needs --baseline-file, or a history");
    if (has_kept())
        return add_value(args, "baseline-file", CLI_RUNNER_BASELINE, 0, why);
    for (size_t i = 0; i < args->value_count; i++) /* there is nothing to check against */
        if (strcmp(args->values[i].option->name, "regression-check") == 0 ||
            strcmp(args->values[i].option->name, "threshold") == 0)
            args->values[i--] = args->values[--args->value_count];
    base_log(BASE_LOG_INFO, "--regression-check: there is no earlier run to compare with; this one "
                            "is kept as " CLI_RUNNER_BASELINE " for the next");
    return cli_has(args, "save-baseline")
               ? BASE_OK
               : add_value(args, "save-baseline", CLI_RUNNER_BASELINE, 0, why);
}

/* The options of the check as they hold, so that the engine finds them where it looks. */
static base_err settle_check(struct cli_runner *runner, struct cli_args *args, struct base_why *why)
{
    if (!cli_has(args, "regression-check"))
        return BASE_OK;
    if (!cli_runner_setting(&runner->config, "general.enable_regression_detection")->is_true)
        return base_fail(why, BASE_EINVALID, 0,
                         "--regression-check: general.enable_regression_detection is false");
    if (!cli_has(args, "threshold"))
        CLI_TRY(add_value(
            args, "threshold", "",
            cli_runner_setting(&runner->config, "general.performance_regression_threshold_percent")
                    ->number /
                100,
            why));
    if (!cli_has(args, "baseline-file"))
        CLI_TRY(find_baseline(args, why));
    if (!cli_has(args, "regression-check"))
        return BASE_OK;
    const char *which = cli_text(args, "baseline-file", "");
    const base_err err = cli_show_load(which, &runner->against, why);
    if (err == BASE_OK)
        return err;
    (void)base_fail_prefix(why, err, "--baseline-file");
    return strstr(which, "benchmark_data_") == NULL
               ? err
               : base_fail(why, err, 0,
                           "--baseline-file: %s has no processes to compare; the benchmark_run "
                           "file beside it has",
                           which);
}

/* A check that compares nothing would pass: that is a mistake, and found before measuring. */
static base_err check_common(const struct cli_runner *runner, const char *which,
                             struct base_why *why)
{
    const struct cli_plan *plan = runner->plan;
    for (size_t i = 0; i < plan->job_count; i++)
        if (result_run_find(&runner->against, plan->jobs[i].target->id) != NULL)
            return BASE_OK;
    return plan->job_count == 0
               ? BASE_OK
               : base_fail(why, BASE_EINVALID, 0,
                           "--baseline-file: %s has none of the %zu cases of this run, the first "
                           "of which is %s",
                           which, plan->job_count, plan->jobs[0].target->id);
}

/* ---- the plan ---- */

static base_err add_stored(struct cli_runner *runner, const struct result_case *one,
                           struct base_why *why)
{
    struct bench_arg args[BENCH_PARAM_MAX];
    struct cli_exact exact = { .case_name = one->name, .exact = args };
    for (size_t i = 0; i < one->args.count && i < BENCH_PARAM_MAX; i++)
        args[exact.exact_count++] =
            (struct bench_arg){ one->args.items[i].name, one->args.items[i].value };
    const base_err err = cli_plan_add_exact(runner->plan, &exact, why);
    if (err != BASE_ENOTFOUND)
        return err;
    base_log(BASE_LOG_WARNING, "%s is not measured: %s", one->id, why->text);
    return BASE_OK;
}

static bool is_filtered(const struct cli_args *args, const struct bench_target *target)
{
    bool has_filter = false;
    for (size_t i = 0; i < args->value_count; i++) {
        if (strcmp(args->values[i].option->name, "filter") != 0)
            continue;
        has_filter = true;
        if (bench_target_matches(target, args->values[i].text))
            return false;
    }
    return has_filter;
}

/* Of the stored cases those that --filter lets through. */
static base_err filter_stored(struct cli_runner *runner, const char *which, struct base_why *why)
{
    struct cli_plan *plan = runner->plan;
    size_t kept = 0;
    if (plan->job_count == 0)
        return base_fail(why, BASE_EINVALID, 0,
                         "--baseline-file: %s has no measured case that this program has", which);
    for (size_t i = 0; i < plan->job_count; i++)
        if (!is_filtered(runner->args, plan->jobs[i].target))
            plan->jobs[kept++] = plan->jobs[i];
    plan->job_count = kept;
    return kept > 0 ? BASE_OK
                    : base_fail(why, BASE_ENOTFOUND, 0, "--filter: no case of %s matches '%s'",
                                which, cli_text(runner->args, "filter", ""));
}

/* What the stored cases settle already. */
static void say_settled(const struct cli_runner *runner, const char *which)
{
    static const char *const names[] = { "baseline", "flow-count" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (cli_has(runner->args, names[i]))
            base_log(
                BASE_LOG_WARNING,
                "--%s adds and changes no case: a check without --layers measures those of %s, "
                "with their arguments",
                names[i], which);
}

/* Without named layers a check measures what it is compared with: the same cases, with the same
 * arguments. */
static base_err plan_stored(struct cli_runner *runner, const char *which, struct base_why *why)
{
    const struct result_run *run = &runner->against;
    for (size_t i = 0; i < run->case_count; i++)
        if (strcmp(run->cases[i].status, "ok") == 0)
            CLI_TRY(add_stored(runner, &run->cases[i], why));
    CLI_TRY(filter_stored(runner, which, why));
    say_settled(runner, which);
    for (size_t i = 0; i < CLI_RUNNER_LAYERS; i++) {
        runner->is_wanted[i] = false;
        for (size_t k = 0; k < runner->plan->job_count; k++)
            if (cli_runner_layers[i].suite != NULL &&
                cli_plan_is_in(runner->plan->jobs[k].target->name, cli_runner_layers[i].suite))
                runner->is_wanted[i] = true;
    }
    return BASE_OK;
}

base_err cli_runner_plan(struct cli_runner *runner, struct cli_args *args, struct base_why *why)
{
    CLI_TRY(settle_check(runner, args, why));
    CLI_TRY(cli_plan_list(runner->plan, why));
    choose_layers(runner);
    const bool is_check = cli_has(args, "regression-check");
    const char *which = cli_text(args, "baseline-file", "");
    CLI_TRY(is_check && !runner->is_named ? plan_stored(runner, which, why)
                                          : plan_layers(runner, why));
    return is_check ? check_common(runner, which, why) : BASE_OK;
}
