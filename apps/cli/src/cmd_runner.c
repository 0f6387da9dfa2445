/* cmd_runner.c - benchmark-runner: from its options and its TOML file to a plan of the engine, and
 * from the run to its files and its summary. */
#include "baseline.h"
#include "commands.h"
#include "engine.h"
#include "option_rows.h"
#include "output.h"
#include "runner.h"
#include "show.h"

#include <base/log.h>
#include <base/units.h>

#include <stdio.h>
#include <string.h>

#define SECONDS(name_, doc_, fallback_)                                                            \
    {                                                                                              \
        .name = name_, .kind = CLI_SECONDS, .value_name = "SECONDS", .doc = doc_,                  \
        .fallback = fallback_                                                                      \
    }

const struct cli_option cli_runner_options[] = {
    FLAG("all-layers", 0, "measure every layer; those that are not there yet make the status 3"),
    { .name = "layers",
      .kind = CLI_WORDS,
      .value_name = "LIST",
      .choices = "layer1,layer2,layer3,layer4,integration",
      .doc = "measure these: layer1, layer2, layer3, layer4, integration, with commas between",
      .fallback = "those that are there" },
    TEXT("filter", CLI_TEXT, "FILTER", "only cases that match; may be repeated"),
    COUNT("flow-count", 1, 100000000,
          "flows in tables and caches; below 1000 or above 100000 single cases fail", "10000"),
    SECONDS("duration", "wall time of the whole run, shared among its cases: 60, or 10s", "60"),
    FLAG("baseline", 0,
         "measure the baseline and the peers of the layers too, and show what the layers are "
         "better by"),
    FLAG("report", 0, "write an HTML report, CSV and JSON into the folder of --output"),
    { .name = "output",
      .letter = 'o',
      .kind = CLI_FILE,
      .value_name = "FOLDER",
      .doc = "the folder of the files; to give it is to want them",
      .fallback = "./benchmark-results" },
    FLAG("regression-check", 0,
         "compare with --baseline-file after the report; status 1 when a case is slower or fails "
         "now"),
    TEXT("baseline-file", CLI_FILE, "RUN",
         "what --regression-check compares with: a benchmark_run file, the name of a baseline, or "
         "an id of the history; without it the run kept as " CLI_RUNNER_BASELINE
         ", which the first one becomes"),
    { .name = "threshold",
      .kind = CLI_PERCENT,
      .value_name = "PERCENT",
      .doc = "with --regression-check: slower is what is shown to be beyond this",
      .fallback = "5.0" },
    FLAG("memory-profile", 0,
         "run each case again and watch the memory of its worker: peak, growth, leaks"),
    COUNT("memory-limit", 16, 10000000,
          "MiB of private memory that a worker may map; a case that wants more has failed",
          "no limit"),
    FLAG("network-simulation", 0,
         "no access to a network: everything stays on the loopback of this machine, as it does "
         "without this option too"),
    SECONDS("timeout", "a case that takes longer has failed", "300"),
    COUNT("sample-size", 2, 1048576, "at least this many batches are timed in a case", "1000"),
    SECONDS(
        "warm-up",
        "upper bound of the warm-up of a case; it ends early when the case is steady; up to twice "
        "that for the batches of execution.warmup_iterations",
        "1"),
    { .name = "cpu-affinity",
      .kind = CLI_LIST,
      .value_name = "LIST",
      .doc = "bind the workers to these processors, as in 0,1 or 0-3",
      .fallback = "not bound" },
    { .name = "config",
      .letter = 'c',
      .kind = CLI_FILE,
      .value_name = "FILE",
      .doc = "settings from a TOML file (docs/runner.md); options on the command line win" },
    COUNT("processes", 1, 1000, "fresh worker processes for each case",
          "10, or fewer when the time is short"),
    COUNT("seed", 0, 9.2e18, "seed of the data and of every random choice", "1"),
    FLAG("no-history", 0, "do not keep the run in the history"),
    TEXT("save-baseline", CLI_TEXT, "NAME", "call the run NAME in the history"),
    { 0 },
};

/* ---- settings ---- */

static double number_of(const struct cli_runner *runner, const char *key)
{
    return cli_runner_setting(&runner->config, key)->number;
}

static bool is_on(const struct cli_runner *runner, const char *key)
{
    return cli_runner_setting(&runner->config, key)->is_true;
}

static uint64_t time_of(const struct cli_args *args, const char *name, double fallback_s)
{
    const struct cli_value *value = cli_value(args, name);
    return value != NULL ? value->ns : (uint64_t)(fallback_s * 1e9);
}

static double count_of(const struct cli_args *args, const char *name, double fallback)
{
    const struct cli_value *value = cli_value(args, name);
    return value != NULL ? (double)value->count : fallback;
}

/* The level of what is said, unless the command line says it. */
static void set_log(const struct cli_runner *runner)
{
    const char *level = cli_runner_setting(&runner->config, "general.log_level")->text;
    if (cli_has(runner->args, "quiet") || cli_has(runner->args, "verbose"))
        return;
    if (strcmp(level, "debug") == 0 || is_on(runner, "development.debug_mode") ||
        is_on(runner, "development.verbose_logging"))
        base_log_open("bpi-perf", BASE_LOG_DEBUG);
    else if (strcmp(level, "warn") == 0)
        base_log_open("bpi-perf", BASE_LOG_WARNING);
    else if (strcmp(level, "error") == 0)
        base_log_open("bpi-perf", BASE_LOG_ERROR);
}

/* Keys that stand in the file and change nothing. */
static void say_unused(const struct cli_runner *runner)
{
    for (size_t i = 0; cli_runner_keys[i].section != NULL; i++)
        if (runner->config.settings[i].line > 0 && cli_runner_keys[i].lack != NULL)
            base_log(BASE_LOG_DEBUG, "%s.%s is not used yet: %s", cli_runner_keys[i].section,
                     cli_runner_keys[i].key, cli_runner_keys[i].lack);
}

static base_err read_config(struct cli_runner *runner, struct base_why *why)
{
    cli_runner_config_init(&runner->config);
    if (cli_has(runner->args, "config"))
        CLI_TRY(cli_runner_config_read(cli_text(runner->args, "config", ""), &runner->arena,
                                       &runner->config, why));
    set_log(runner);
    say_unused(runner);
    return BASE_OK;
}

/* The confidence of whichever section says it. */
static double confidence_of(const struct cli_runner *runner)
{
    const struct cli_runner_setting *first =
        cli_runner_setting(&runner->config, "execution.statistical_confidence_level");
    return first->line > 0 ? first->number : number_of(runner, "statistical.confidence_level");
}

static base_err set_plan(struct cli_runner *runner, struct base_why *why)
{
    const struct cli_args *args = runner->args;
    struct cli_config *config = &runner->plan->config;
    struct bench_plan *plan = &config->plan;
    const double measured = number_of(runner, "execution.measurement_iterations");
    const double least = number_of(runner, "statistical.min_sample_size");
    const struct cli_runner_setting *limit =
        cli_runner_setting(&runner->config, "memory.profiling.memory_limit_mb");
    *config = (struct cli_config){ .confidence = confidence_of(runner),
                                   .significance = number_of(runner, "statistical.regression."
                                                                     "significance_level") };
    plan->warm_up_ns = time_of(args, "warm-up", 1);
    plan->warm_up_batches = (uint32_t)number_of(runner, "execution.warmup_iterations");
    plan->timeout_ns = time_of(args, "timeout", 300);
    plan->sample_size =
        (uint32_t)count_of(args, "sample-size", measured > least ? measured : least);
    plan->processes = (uint32_t)count_of(args, "processes", 0);
    plan->seed = (uint64_t)count_of(args, "seed", 1);
    plan->memory_limit_bytes =
        (uint64_t)(1048576 * count_of(args, "memory-limit", limit->line > 0 ? limit->number : 0));
    runner->duration_ns =
        time_of(args, "duration", number_of(runner, "execution.default_duration_seconds"));
    runner->plan->budget_ns = runner->duration_ns;
    runner->has_baseline = cli_has(args, "baseline");
    runner->has_memory =
        cli_has(args, "memory-profile") || is_on(runner, "memory.profiling.enabled");
    if (runner->duration_ns == 0 || plan->timeout_ns == 0 || plan->warm_up_ns == 0)
        return base_fail(why, BASE_ERANGE, 0,
                         "--duration, --timeout and --warm-up are longer than no time at all");
    return cli_config_cpus(args, config, why);
}

/* ---- the run ---- */

static void note(struct cli_plan *plan, const char *name, const char *value)
{
    if (value != NULL && plan->note_count < CLI_NOTES_MAX)
        plan->notes[plan->note_count++] = (struct result_pair){ name, value };
}

static void note_settings(struct cli_runner *runner)
{
    const char *layers = "", *missing = "";
    for (size_t i = 0; i < CLI_RUNNER_LAYERS; i++) {
        const char **list = runner->is_missing[i] ? &missing : &layers;
        if (runner->is_wanted[i])
            *list = base_arena_printf(&runner->arena, "%s%s%s", *list, **list != '\0' ? "," : "",
                                      cli_runner_layers[i].name);
        if (*list == NULL)
            *list = "";
    }
    note(runner->plan, "benchmark_name",
         cli_runner_setting(&runner->config, "general.benchmark_name")->text);
    note(runner->plan, "benchmark_version",
         cli_runner_setting(&runner->config, "general.version")->text);
    note(runner->plan, "layers", layers);
    if (*missing != '\0')
        note(runner->plan, "missing_layers", missing);
    note(runner->plan, "network", "loopback of this machine only");
}

static void measured(void *context, const struct bench_plan *plan,
                     const struct bench_record *record)
{
    struct cli_runner *runner = context;
    if (runner->has_memory)
        cli_runner_watch(runner, plan, record);
}

static base_err judge(void *context, struct result_run *run, struct base_why *why)
{
    return cli_runner_judge(context, run, why);
}

static bool has_missing(const struct cli_runner *runner)
{
    for (size_t i = 0; i < CLI_RUNNER_LAYERS; i++)
        if (runner->is_missing[i])
            return true;
    return false;
}

static base_err put_files(const struct cli_runner *runner, const struct result_run *run,
                          struct base_buf *out, struct base_why *why)
{
    if (runner->folder == NULL)
        return BASE_OK;
    CLI_TRY(base_buf_put_text(out, "\nFiles\n"));
    return cli_runner_files_write(runner, run, out, why);
}

/* The run without our own verdicts: they have their tables below. Shares the document's memory. */
static base_err without_own(const struct result_run *run, struct base_arena *arena,
                            struct result_run *out)
{
    *out = *run;
    out->verdict_count = 0;
    out->verdicts = base_arena_array(arena, run->verdict_count + 1, sizeof *out->verdicts);
    if (out->verdicts == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < run->verdict_count; i++)
        if (!cli_runner_is_own(&run->verdicts[i]))
            out->verdicts[out->verdict_count++] = run->verdicts[i];
    return BASE_OK;
}

static base_err put_console(const struct cli_runner *runner, const struct result_run *run,
                            const struct base_buf *after, struct base_buf *out)
{
    const struct result_report_options options = { .page = cli_show_page(runner->args),
                                                   .is_verbose = cli_has(runner->args, "verbose") };
    struct base_arena arena = { 0 };
    struct result_run plain;
    base_err err = without_own(run, &arena, &plain);
    if (err == BASE_OK)
        err = result_format_find("text")->write(&plain, &options, out);
    base_arena_done(&arena);
    CLI_TRY(err);
    CLI_TRY(base_buf_put(out, after->data, after->size));
    return cli_runner_summary_write(runner, run, &options.page, out);
}

static int show(void *context, const struct result_run *run, const struct base_buf *after,
                int status)
{
    const struct cli_runner *runner = context;
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    base_err err = put_console(runner, run, after, &out);
    if (err == BASE_OK)
        err = put_files(runner, run, &out, &why);
    if (err != BASE_OK) {
        (void)cli_complain(err, &why);
        status = status == CLI_INTERRUPTED ? status : CLI_UNMEASURED;
    }
    if (status == CLI_FINE && has_missing(runner))
        status = CLI_UNMEASURED;
    return cli_output_finish(&out, NULL, status);
}

static base_err prepare(struct cli_runner *runner, struct cli_args *args, struct base_why *why)
{
    CLI_TRY(read_config(runner, why));
    CLI_TRY(cli_plan_self(runner->plan, why));
    CLI_TRY(set_plan(runner, why));
    CLI_TRY(cli_runner_plan(runner, args, why));
    note_settings(runner);
    runner->memory =
        base_arena_array(&runner->arena, runner->plan->job_count + 1, sizeof *runner->memory);
    if (runner->memory == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    if (cli_has(args, "report") || cli_has(args, "output"))
        runner->folder = cli_text(
            args, "output", cli_runner_setting(&runner->config, "general.output_directory")->text);
    return cli_runner_files_check(runner, why);
}

int cli_cmd_benchmark_runner(const struct cli_args *args)
{
    static struct cli_plan plan; /* large, as the next two */
    static struct cli_runner runner;
    static struct cli_args settled;
    struct base_why why = { 0 };
    settled = *args;
    runner = (struct cli_runner){ .args = &settled, .plan = &plan };
    const struct cli_engine_face face = {
        .context = &runner, .measured = measured, .judge = judge, .show = show
    };
    const base_err err = prepare(&runner, &settled, &why);
    int status = CLI_UNMEASURED;
    if (err != BASE_OK)
        status = cli_complain(err, &why);
    else if (plan.job_count > 0)
        status = cli_engine_run_as(&settled, &plan, &face);
    else
        base_log(BASE_LOG_ERROR,
                 "none of the layers that are wanted is there: nothing was measured");
    cli_plan_done(&plan);
    result_run_done(&runner.against);
    base_arena_done(&runner.arena);
    return status;
}
