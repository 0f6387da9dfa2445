/* options.c - the options of measuring, on top of the --config file. */
#define _GNU_SOURCE
#include "config.h"

#include <base/units.h>

#include <sched.h>
#include <stdio.h>
#include <string.h>

static base_err add_cpus(struct cli_config *config, uint64_t first, uint64_t last,
                         struct base_why *why)
{
    for (uint64_t cpu = first; cpu <= last; cpu++) {
        for (size_t i = 0; i < config->plan.cpu_count; i++)
            if (config->cpus[i] == cpu)
                return base_fail(why, BASE_EINVALID, 0, "processor %llu stands twice",
                                 (unsigned long long)cpu);
        config->cpus[config->plan.cpu_count++] = (uint32_t)cpu;
    }
    return BASE_OK;
}

/* A worker that cannot be bound would only say that it ended. */
static base_err check_cpus(const struct cli_config *config, struct base_why *why)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return BASE_OK; /* more processors than a set holds: the worker will say it */
    for (size_t i = 0; i < config->plan.cpu_count; i++)
        if (!CPU_ISSET(config->cpus[i], &allowed))
            return base_fail(why, BASE_ERANGE, 0,
                             "this process may not use processor %u (it may use %d of them)",
                             config->cpus[i], CPU_COUNT(&allowed));
    return BASE_OK;
}

/* "0,2-3" */
static base_err parse_cpus(const char *text, struct cli_config *config, struct base_why *why)
{
    config->plan.cpu_count = 0;
    for (const char *at = text;; at++) {
        char word[32], *dash;
        const size_t size = strcspn(at, ",");
        uint64_t first = 0, last = 0;
        snprintf(word, sizeof word, "%.*s", (int)size, at);
        dash = strchr(word, '-');
        if (dash != NULL)
            *dash = '\0';
        CLI_TRY(base_units_parse_count(word, 0, CLI_CPUS_MAX - 1, &first, why));
        last = first;
        if (dash != NULL)
            CLI_TRY(base_units_parse_count(dash + 1, first, CLI_CPUS_MAX - 1, &last, why));
        CLI_TRY(add_cpus(config, first, last, why));
        at += size;
        if (*at == '\0')
            break;
    }
    config->plan.cpus = config->cpus;
    return check_cpus(config, why);
}

static void take_u32(const struct cli_args *args, const char *name, uint32_t *out)
{
    const struct cli_value *value = cli_value(args, name);
    if (value != NULL)
        *out = (uint32_t)value->count;
}

static void take_u64(const struct cli_args *args, const char *name, uint64_t *out)
{
    const struct cli_value *value = cli_value(args, name);
    if (value != NULL)
        *out = value->count;
}

static base_err take_time(const struct cli_args *args, const char *name, uint64_t *ns,
                          struct base_why *why)
{
    const struct cli_value *value = cli_value(args, name);
    if (value == NULL)
        return BASE_OK;
    *ns = value->ns;
    return *ns > 0
               ? BASE_OK
               : base_fail(why, BASE_ERANGE, 0, "--%s: '%s' is no time at all", name, value->text);
}

static void take_number(const struct cli_args *args, const char *name, double *out)
{
    const struct cli_value *value = cli_value(args, name);
    if (value != NULL)
        *out = value->number;
}

base_err cli_config_of(const struct cli_args *args, struct base_arena *arena,
                       struct cli_config *config, struct base_why *why)
{
    const struct cli_value *warm_up = cli_value(args, "warm-up");
    struct bench_plan *plan = &config->plan;
    *config = (struct cli_config){ .confidence = 0.95, .significance = 0.05 };
    plan->seed = 1;
    if (cli_has(args, "config"))
        CLI_TRY(cli_config_read(cli_text(args, "config", ""), arena, config, why));
    if (warm_up != NULL && (warm_up->option->kind == CLI_TIME || warm_up->is_time))
        CLI_TRY(take_time(args, "warm-up", &plan->warm_up_ns, why));
    CLI_TRY(take_time(args, "measurement-time", &plan->measurement_ns, why));
    CLI_TRY(take_time(args, "timeout", &plan->timeout_ns, why));
    take_u32(args, "sample-size", &plan->sample_size);
    take_u32(args, "processes", &plan->processes);
    take_u32(args, "threads", &plan->threads);
    take_u64(args, "iterations", &plan->iterations);
    take_u64(args, "seed", &plan->seed);
    take_number(args, "confidence", &config->confidence);
    take_number(args, "significance", &config->significance);
    plan->is_without_references = cli_has(args, "no-references");
    plan->is_counting_instructions = cli_has(args, "instructions");
    if (cli_has(args, "iterations"))
        config->encoding_iterations = config->decoding_iterations = config->hash_iterations = 0;
    return cli_config_cpus(args, config, why);
}

base_err cli_config_cpus(const struct cli_args *args, struct cli_config *config,
                         struct base_why *why)
{
    if (!cli_has(args, "cpu-affinity"))
        return BASE_OK;
    const base_err err = parse_cpus(cli_text(args, "cpu-affinity", ""), config, why);
    return err == BASE_OK ? err : base_fail_prefix(why, err, "--cpu-affinity");
}
