/* cmd_baseline.c - baseline-generator: the conventional system, measured flow by flow. */
#include "commands.h"
#include "engine.h"
#include "generator.h"
#include "option_rows.h"
#include "output.h"

#include <base/log.h>

#include <stdio.h>
#include <string.h>

enum {
    FLOWS_DEFAULT = 10000,
    FLOWS_MAX = 10000000,
    FLOWS_PER_PROCESS_MAX = 1000000,
    PROCESSES_DEFAULT = 10,
    SWITCHES = 4, /* arguments that the command's own options set */
};
#define FOLDER_DEFAULT "./baseline_measurements"

static const uint64_t part_default_ns = 1000000000; /* for each part by itself */
static const uint64_t timeout_least_ns = 120000000000, timeout_flow_ns = 50000000;

const struct cli_option cli_generator_options[] = {
    { .name = "flow-count",
      .letter = 'f',
      .kind = CLI_COUNT,
      .value_name = "N",
      .doc = "exactly so many new flows are measured, after a warm-up; as many are known to the "
             "system before",
      .fallback = "10000",
      .low = 1,
      .high = FLOWS_MAX },
    FLAG("simulate-network", 0,
         "flows are registered at a service of its own process, over TCP; without it (the default) "
         "in a hash table in memory"),
    FLAG("simulate-database", 0,
         "routes come from an SQLite index on a disk and are written with fsync; this is the "
         "default"),
    FLAG("no-simulate-database", 0, "routes come from a topology in memory and are not kept"),
    FLAG("simulate-ml", 0,
         "similarity and prediction come from dense models, without batches or a cache; this is "
         "the default"),
    FLAG("no-simulate-ml", 0, "similarity is a cosine, prediction half of the last difference"),
    FLAG("generate-report", 0, "also write baseline_report.html"),
    { .name = "output",
      .letter = 'o',
      .kind = CLI_FILE,
      .value_name = "FOLDER",
      .doc = "folder of baseline_results.json and baseline_summary.json; made when it is not there",
      .fallback = FOLDER_DEFAULT },
    FLAG("no-history", 0, "do not keep the run in the history"),
    TEXT("network-latency", CLI_TEXT, "MS", "refused: the latency is measured, not set"),
    TEXT("database-latency", CLI_TEXT, "MS", "refused: the latency is measured, not set"),
    TEXT("ml-latency", CLI_TEXT, "MS", "refused: the latency is measured, not set"),
    TEXT("error-rate", CLI_TEXT, "PERCENT", "refused: errors are counted, not made"),
    { 0 },
};

static base_err check_refused(const struct cli_args *args, struct base_why *why)
{
    static const char *const latencies[] = { "network-latency", "database-latency", "ml-latency" };
    for (size_t i = 0; i < sizeof latencies / sizeof latencies[0]; i++)
        if (cli_has(args, latencies[i]))
            return base_fail(why, BASE_EINVALID, 0,
                             "--%s %s: nothing sleeps here; the latency is measured, not set",
                             latencies[i], cli_text(args, latencies[i], ""));
    if (cli_has(args, "error-rate"))
        return base_fail(why, BASE_EINVALID, 0,
                         "--error-rate %s: no errors are made here; those that happen are counted",
                         cli_text(args, "error-rate", ""));
    if (cli_has(args, "iterations"))
        return base_fail(why, BASE_EINVALID, 0,
                         "--iterations: --flow-count says how many flows are measured");
    return BASE_OK;
}

/* On unless told off; told both is a mistake. */
static base_err read_switch(const struct cli_args *args, const char *on, const char *off,
                            bool *is_on, struct base_why *why)
{
    if (cli_has(args, on) && cli_has(args, off))
        return base_fail(why, BASE_EINVALID, 0, "--%s and --%s contradict each other", on, off);
    *is_on = !cli_has(args, off);
    return BASE_OK;
}

static base_err read_options(const struct cli_args *args, struct cli_generator *generator,
                             struct base_why *why)
{
    const struct cli_value *count = cli_value(args, "flow-count");
    *generator = (struct cli_generator){
        .args = args,
        .folder = cli_text(args, "output", FOLDER_DEFAULT),
        .flow_count = count != NULL ? count->count : FLOWS_DEFAULT,
        .has_network = cli_has(args, "simulate-network"),
    };
    CLI_TRY(check_refused(args, why));
    CLI_TRY(read_switch(args, "simulate-database", "no-simulate-database", &generator->has_database,
                        why));
    return read_switch(args, "simulate-ml", "no-simulate-ml", &generator->has_ml, why);
}

static base_err check_settings(const struct cli_plan *plan, const struct cli_generator *generator,
                               struct base_why *why)
{
    const struct bench_plan *settings = &plan->config.plan;
    const uint64_t processes = settings->processes > 0 ? settings->processes : PROCESSES_DEFAULT;
    if (settings->threads > 1)
        return base_fail(why, BASE_EINVALID, 0,
                         "--threads %u: flows are measured one after the other", settings->threads);
    if (generator->flow_count / processes > FLOWS_PER_PROCESS_MAX)
        return base_fail(why, BASE_ERANGE, 0,
                         "--flow-count %llu: more than %d for each of %llu processes; give more "
                         "--processes",
                         (unsigned long long)generator->flow_count, FLOWS_PER_PROCESS_MAX,
                         (unsigned long long)processes);
    return BASE_OK;
}

/* The arguments of all cases: ours, then those of --arg, which cannot change ours. */
static base_err plan_args(struct cli_plan *plan, const struct cli_generator *generator,
                          struct bench_arg out[BENCH_PARAM_MAX], size_t *count,
                          struct base_why *why)
{
    struct bench_arg given[BENCH_PARAM_MAX];
    size_t given_count = 0;
    const struct bench_arg ours[SWITCHES] = {
        { "flows",
          base_arena_printf(&plan->arena, "%llu", (unsigned long long)generator->flow_count) },
        { "network", generator->has_network ? "on" : "off" },
        { "database", generator->has_database ? "on" : "off" },
        { "ml", generator->has_ml ? "on" : "off" },
    };
    if (ours[0].value == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    CLI_TRY(cli_plan_args(plan, generator->args, given, &given_count, why));
    if (SWITCHES + given_count > BENCH_PARAM_MAX)
        return base_fail(why, BASE_EFULL, 0, "--arg: more than %d of them",
                         BENCH_PARAM_MAX - SWITCHES);
    memcpy(out, ours, sizeof ours);
    for (size_t i = 0; i < given_count; i++) {
        for (size_t k = 0; k < SWITCHES; k++)
            if (strcmp(given[i].name, ours[k].name) == 0)
                return base_fail(why, BASE_EINVALID, 0,
                                 "--arg %s: an option of baseline-generator sets it",
                                 given[i].name);
        out[SWITCHES + i] = given[i];
    }
    *count = SWITCHES + given_count;
    return BASE_OK;
}

/* Whole flows first: they are what was asked for. Then each part by itself, for comparisons. */
static base_err plan_all(struct cli_plan *plan, struct cli_generator *generator,
                         struct base_why *why)
{
    static const char *const filters[] = { "baseline/flow", "baseline/" };
    struct bench_arg args[BENCH_PARAM_MAX];
    struct cli_wanted wanted = { .args = args, .filter_count = 1 };
    CLI_TRY(cli_plan_open(plan, generator->args, why));
    CLI_TRY(check_settings(plan, generator, why));
    CLI_TRY(plan_args(plan, generator, args, &wanted.arg_count, why));
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
        wanted.filters = &filters[i];
        CLI_TRY(cli_plan_add(plan, &wanted, why));
        if (i == 0 && plan->job_count != 1)
            return base_fail(why, BASE_EINVALID, 0,
                             "--arg: one value each; the files are of one system");
    }
    CLI_TRY(cli_plan_check_args(plan, args, wanted.arg_count, why));
    plan->jobs[0].items_exact = generator->flow_count;
    for (size_t i = 1; i < plan->job_count && plan->config.plan.measurement_ns == 0; i++)
        plan->jobs[i].measurement_ns = part_default_ns;
    if (plan->config.plan.timeout_ns == 0)
        plan->config.plan.timeout_ns = timeout_least_ns + generator->flow_count * timeout_flow_ns;
    return BASE_OK;
}

/* Files first, then the text: what was measured is on the disk before a pipe can fail. */
static int show(void *context, const struct result_run *run, const struct base_buf *after,
                int status)
{
    const struct cli_generator *generator = context;
    struct cli_generator_numbers numbers;
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    (void)after; /* there is no --regression-check */
    const bool is_counted = cli_generator_count(generator, run, &numbers, &why) == BASE_OK;
    if (!is_counted)
        base_log(BASE_LOG_ERROR, "%s", why.text);
    if (!is_counted && status == CLI_FINE)
        status = CLI_UNMEASURED;
    if (run->case_count == 0)
        return status;
    base_err err = cli_generator_files(generator, run, is_counted ? &numbers : NULL, &why);
    if (err == BASE_OK && is_counted)
        err = cli_generator_text(generator, &numbers, &out);
    if (err != BASE_OK) {
        base_buf_done(&out);
        (void)cli_complain(err, &why);
        return status == CLI_INTERRUPTED ? status : CLI_UNMEASURED;
    }
    base_log(BASE_LOG_INFO, "the files are in %s", generator->folder);
    return cli_output_finish(&out, NULL, status);
}

int cli_cmd_baseline_generator(const struct cli_args *args)
{
    static struct cli_plan plan; /* large */
    struct cli_generator generator;
    const struct cli_engine_face face = { .context = &generator,
                                          .measured = cli_generator_measured,
                                          .show = show };
    struct base_why why = { 0 };
    base_err err = read_options(args, &generator, &why);
    if (err != BASE_OK)
        return cli_complain_usage(args, &why);
    err = plan_all(&plan, &generator, &why);
    if (err == BASE_OK)
        err = cli_generator_folder(generator.folder, &why);
    const int status =
        err == BASE_OK ? cli_engine_run_as(args, &plan, &face) : cli_complain(err, &why);
    cli_plan_done(&plan);
    return status;
}
