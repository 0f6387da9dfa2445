/* head.c - facts of host and build are the probe's; settings are written out with their units, so
 * that a reader of the document needs no defaults. */
#include "head.h"

#include "project.h"
#include "words.h"

#include <base/units.h>
#include <probe/build.h>
#include <probe/host.h>

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CONFIG_MAX = 40, BUILD_FACTS_MAX = 16 };

uint64_t cli_head_unix_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The command line as a shell would read it back. */
static base_err put_command(struct result_run *run, const struct cli_args *args)
{
    struct base_buf text = { 0 };
    const struct cli_command *started = cli_command_started(args->argv[0]);
    base_err err = base_buf_printf(&text, "bpi-perf%s%s", started != NULL ? " " : "",
                                   started != NULL ? started->name : "");
    for (int i = 1; err == BASE_OK && i < args->argc; i++) {
        err = base_buf_put(&text, " ", 1);
        if (err == BASE_OK)
            err = cli_words_quote(&text, args->argv[i]);
    }
    const char *whole = err == BASE_OK ? base_buf_text(&text) : NULL;
    run->command = whole != NULL ? base_arena_text(&run->arena, whole) : NULL;
    base_buf_done(&text);
    return run->command != NULL ? BASE_OK : BASE_ENOMEM;
}

static base_err put_fact(struct result_run *run, struct result_pairs *pairs, const char *name,
                         const char *value)
{
    struct result_pair *pair = &pairs->items[pairs->count++];
    pair->name = base_arena_text(&run->arena, name);
    pair->value = base_arena_text(&run->arena, value);
    return pair->name != NULL && pair->value != NULL ? BASE_OK : BASE_ENOMEM;
}

static base_err put_facts(struct result_run *run, struct result_pairs *pairs,
                          const struct probe_fact *facts, size_t count)
{
    pairs->items = base_arena_array(&run->arena, count + 2, sizeof *pairs->items);
    if (pairs->items == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < count; i++)
        CLI_TRY(put_fact(run, pairs, facts[i].name, facts[i].value));
    return BASE_OK;
}

static base_err put_host(struct result_run *run)
{
    struct probe_host host;
    char name[256] = "";
    base_err err = probe_host_read(NULL, &host);
    if (err == BASE_OK)
        err = put_facts(run, &run->host, host.facts, host.fact_count);
    if (err == BASE_OK && *cli_head_host(run, "name") == '\0' &&
        gethostname(name, sizeof name - 1) == 0)
        err = put_fact(run, &run->host, "name", name);
    probe_host_done(&host);
    return err;
}

/* Of a command that measures other programs: which revision of their project it was. put_facts left
 * room for two. */
static base_err put_project(struct result_run *run, const struct cli_args *args)
{
    char commit[CLI_REVISION_COMMIT_SIZE];
    bool is_dirty = false;
    const char *name = args->command->name;
    if ((strcmp(name, "worker") != 0 && strcmp(name, "exec") != 0) ||
        !cli_project_read(commit, &is_dirty))
        return BASE_OK;
    CLI_TRY(put_fact(run, &run->build, "project_revision", commit));
    return put_fact(run, &run->build, "project_dirty", is_dirty ? "yes" : "no");
}

base_err cli_head_write(struct result_run *run, const struct cli_args *args, struct base_why *why)
{
    char id[RESULT_ID_SIZE], started[RESULT_TIME_SIZE];
    const uint64_t now_ms = cli_head_unix_ms();
    struct probe_fact build[BUILD_FACTS_MAX];
    const size_t build_count = probe_build_facts(build, BUILD_FACTS_MAX);
    result_run_make_id(now_ms, id);
    result_run_print_time(now_ms, started);
    run->id = base_arena_text(&run->arena, id);
    run->started = base_arena_text(&run->arena, started);
    base_err err = run->id != NULL && run->started != NULL ? BASE_OK : BASE_ENOMEM;
    if (err == BASE_OK)
        err = put_command(run, args);
    if (err == BASE_OK)
        err = put_host(run);
    if (err == BASE_OK)
        err = put_facts(run, &run->build, build, build_count);
    if (err == BASE_OK)
        err = put_project(run, args);
    return err == BASE_OK ? err : base_fail(why, err, 0, "the head of the run: out of memory");
}

const char *cli_head_host(const struct result_run *run, const char *name)
{
    for (size_t i = 0; i < run->host.count; i++)
        if (strcmp(run->host.items[i].name, name) == 0)
            return run->host.items[i].value;
    return "";
}

struct settings {
    struct result_run *run;
    base_err err;
};

static void put(struct settings *settings, const char *name, const char *value)
{
    if (settings->err == BASE_OK && value == NULL)
        settings->err = BASE_ENOMEM;
    if (settings->err == BASE_OK)
        settings->err = put_fact(settings->run, &settings->run->config, name, value);
}

static void put_time(struct settings *settings, const char *name, uint64_t ns)
{
    char text[BASE_UNITS_TEXT_SIZE];
    put(settings, name, base_units_print_time_exact(ns, text));
}

static void put_count(struct settings *settings, const char *name, uint64_t count)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)count);
    put(settings, name, text);
}

static void put_number(struct settings *settings, const char *name, double number)
{
    char text[32];
    snprintf(text, sizeof text, "%.6g", number);
    put(settings, name, text);
}

static void put_cpus(struct settings *settings, const struct bench_plan *plan)
{
    struct base_buf text = { 0 };
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < plan->cpu_count; i++)
        err = base_buf_printf(&text, "%s%u", i > 0 ? "," : "", plan->cpus[i]);
    put(settings, "cpu_affinity",
        err != BASE_OK        ? NULL
        : plan->cpu_count > 0 ? base_buf_text(&text)
                              : "none");
    base_buf_done(&text);
}

static void put_speed(struct settings *settings, const struct cli_speed *speed)
{
    const struct {
        const char *step_name, *drift_name;
        double step_ns, drift;
    } rows[] = {
        { "reference_core_ns", "drift_core", speed->core_ns, speed->core_drift },
        { "reference_wide_ns", "drift_wide", speed->wide_ns, speed->wide_drift },
        { "reference_cache_ns", "drift_cache", speed->cache_ns, speed->cache_drift },
        { "reference_memory_ns", "drift_memory", speed->memory_ns, speed->memory_drift },
    };
    char text[64];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].step_ns > 0)
            put_number(settings, rows[i].step_name, rows[i].step_ns);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(text, sizeof text, "%.2f %% (%s)", 100 * rows[i].drift,
                 speed->is_assumed ? "assumed" : "measured");
        put(settings, rows[i].drift_name, text);
    }
    put_count(settings, "speed_entries", speed->entry_count);
}

base_err cli_head_write_config(struct result_run *run, const struct cli_plan *plan,
                               const struct bench_plan *first, const struct cli_speed *speed)
{
    struct settings settings = { .run = run };
    run->config.items = base_arena_array(&run->arena, CONFIG_MAX, sizeof *run->config.items);
    run->config.count = 0;
    if (run->config.items == NULL)
        return BASE_ENOMEM;
    if (plan->budget_ns > 0) /* the times below are then the first case's share */
        put_time(&settings, "budget", plan->budget_ns);
    put_time(&settings, "warm_up_time", first->warm_up_ns);
    put_time(&settings, "measurement_time", first->measurement_ns);
    put_count(&settings, "sample_size", first->sample_size);
    put_count(&settings, "iterations", first->iterations);
    put_count(&settings, "processes", first->processes);
    put_count(&settings, "threads", first->threads);
    put_time(&settings, "timeout", first->timeout_ns);
    put_time(&settings, "batch_time", first->batch_ns);
    put_count(&settings, "seed", first->seed);
    put_cpus(&settings, first);
    put_number(&settings, "confidence", plan->config.confidence);
    put_number(&settings, "significance", plan->config.significance);
    put(&settings, "references", first->is_without_references ? "no" : "yes");
    put(&settings, "instructions", first->is_counting_instructions ? "yes" : "no");
    put(&settings, "memory_tracking", plan->config.is_without_memory ? "no" : "yes");
    if (first->memory_limit_bytes > 0)
        put_count(&settings, "memory_limit_bytes", first->memory_limit_bytes);
    for (size_t i = 0; i < plan->note_count; i++)
        put(&settings, plan->notes[i].name, plan->notes[i].value);
    put(&settings, "worker", plan->launch.argv[0]);
    put_speed(&settings, speed);
    return settings.err;
}
