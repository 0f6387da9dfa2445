/* generator_files.c - the run document, the summary of the earlier tool, the page. */
#include "generator.h"

#include "output.h"

#include <result/report.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

base_err cli_generator_folder(const char *folder, struct base_why *why)
{
    char probe[4096];
    const int size = snprintf(probe, sizeof probe, "%s/.baseline-XXXXXX", folder);
    const base_err err = base_folder_make(folder, why);
    if (err != BASE_OK)
        return base_fail_prefix(why, err, "--output");
    const int file = size > 0 && (size_t)size < sizeof probe ? mkstemp(probe) : -1;
    if (file < 0)
        return base_fail(why, BASE_EIO, 0, "--output: %s: no file can be made in it: %s", folder,
                         strerror(errno));
    close(file);
    (void)unlink(probe);
    return BASE_OK;
}

/* What is not known is null. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *ms(double ns)
{
    return number(ns / 1e6);
}

static json_t *part_json(const struct cli_generator_part *part)
{
    json_t *alone = part->alone != NULL ? json_pack("{s:s, s:o, s:o, s:o}", "case", part->alone->id,
                                                    "median_ms", ms(part->alone->median_ns.value),
                                                    "low_ms", ms(part->alone->median_ns.low),
                                                    "high_ms", ms(part->alone->median_ns.high))
                                        : json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "mean_ms", ms(part->mean_ns.value),
                     "mean_low_ms", ms(part->mean_ns.low), "mean_high_ms", ms(part->mean_ns.high),
                     "median_ms", ms(part->median_ns), "least_ms", ms(part->low_ns), "most_ms",
                     ms(part->high_ns), "share", number(part->share), "alone", alone);
}

static const char *value_of(const struct result_pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->items[i].name, name) == 0)
            return pairs->items[i].value;
    return "";
}

static json_int_t whole_of(const struct result_pairs *pairs, const char *name)
{
    return strtoll(value_of(pairs, name), NULL, 10);
}

static json_t *config_json(const struct cli_generator *generator, const struct result_run *run,
                           const struct result_case *flow)
{
    return json_pack("{s:I, s:b, s:b, s:b, s:I, s:s, s:I, s:I, s:o}", "flow_count",
                     (json_int_t)generator->flow_count, "simulate_network",
                     (int)generator->has_network, "simulate_database", (int)generator->has_database,
                     "simulate_ml", (int)generator->has_ml, "nodes", whole_of(&flow->args, "nodes"),
                     "journal", value_of(&flow->args, "journal"), "processes",
                     (json_int_t)flow->process_count, "seed", whole_of(&run->config, "seed"),
                     "confidence", number(run->confidence));
}

base_err cli_generator_summary(const struct cli_generator *generator, const struct result_run *run,
                               const struct cli_generator_numbers *numbers, struct base_buf *out)
{
    json_t *breakdown = json_object(), *parts = json_object(), *calls = json_object();
    const struct result_case *flow = numbers->flow;
    for (size_t i = 0; i < CLI_GENERATOR_PARTS; i++) {
        const struct cli_generator_part *part = &numbers->parts[i];
        json_object_set_new(breakdown, part->name, ms(part->mean_ns.value));
        json_object_set_new(parts, part->name, part_json(part));
    }
    for (size_t i = 0; i < CLI_GENERATOR_CALLS; i++)
        json_object_set_new(calls, numbers->call_names[i], number(numbers->calls[i]));
    json_t *root = json_pack(
        "{s:s, s:s, s:s, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "timestamp", run->started, "run", run->id, "state", run->state, "config",
        config_json(generator, run, flow), "total", (json_int_t)numbers->total, "successful",
        (json_int_t)numbers->successful, "success_rate", number(numbers->success_rate), "seconds",
        number(numbers->seconds), "avg_latency_ms", ms(numbers->mean_ns.value),
        "avg_latency_low_ms", ms(numbers->mean_ns.low), "avg_latency_high_ms",
        ms(numbers->mean_ns.high), "median_latency_ms", ms(flow->median_ns.value), "p99_latency_ms",
        ms(flow->p99_ns), "avg_throughput", number(numbers->per_second), "component_breakdown",
        breakdown, "components", parts, "calls_per_flow", calls);
    json_object_set_new(root, "overhead_ms", ms(numbers->overhead_ns));
    char *text = root != NULL ? json_dumps(root, JSON_INDENT(2)) : NULL;
    const base_err err = text != NULL ? base_buf_printf(out, "%s\n", text) : BASE_ENOMEM;
    free(text);
    json_decref(root);
    return err;
}

static base_err write_file(const struct cli_generator *generator, const char *name,
                           const struct base_buf *text, struct base_why *why)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", generator->folder, name); /* its length was looked at */
    return cli_output_write(base_buf_span(text), path, why);
}

static base_err write_results(const struct cli_generator *generator, const struct result_run *run,
                              struct base_why *why)
{
    struct base_buf text = { 0 };
    base_err err = result_run_write_why(run, &text, why);
    if (err == BASE_OK)
        err = write_file(generator, "baseline_results.json", &text, why);
    base_buf_done(&text);
    return err;
}

static base_err write_summary(const struct cli_generator *generator, const struct result_run *run,
                              const struct cli_generator_numbers *numbers, struct base_why *why)
{
    struct base_buf text = { 0 };
    base_err err = cli_generator_summary(generator, run, numbers, &text);
    err = err == BASE_OK ? write_file(generator, "baseline_summary.json", &text, why)
                         : base_fail(why, err, 0, "the summary: %s", base_err_text(err));
    base_buf_done(&text);
    return err;
}

static base_err write_page(const struct cli_generator *generator, const struct result_run *run,
                           struct base_why *why)
{
    const struct result_report_options options = { .is_detailed = true };
    struct base_buf text = { 0 };
    base_err err = result_format_find("html")->write(run, &options, &text);
    err = err == BASE_OK ? write_file(generator, "baseline_report.html", &text, why)
                         : base_fail(why, err, 0, "the report: %s", base_err_text(err));
    base_buf_done(&text);
    return err;
}

/* A file of an earlier run would stand beside results that it does not belong to. */
static base_err remove_old(const struct cli_generator *generator, const char *name,
                           struct base_why *why)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", generator->folder, name); /* its length was looked at */
    if (unlink(path) == 0 || errno == ENOENT)
        return BASE_OK;
    return base_fail(why, BASE_EIO, 0, "--output: %s: %s", path, strerror(errno));
}

/* What this run has, and nothing older beside it. */
static base_err write_all(const struct cli_generator *generator, const struct result_run *run,
                          const struct cli_generator_numbers *numbers, struct base_why *why)
{
    const bool has_page = cli_has(generator->args, "generate-report");
    base_err err = BASE_OK;
    if (numbers == NULL)
        err = remove_old(generator, "baseline_summary.json", why);
    if (err == BASE_OK && !has_page)
        err = remove_old(generator, "baseline_report.html", why);
    if (err == BASE_OK)
        err = write_results(generator, run, why);
    if (err == BASE_OK && numbers != NULL)
        err = write_summary(generator, run, numbers, why);
    if (err == BASE_OK && has_page)
        err = write_page(generator, run, why);
    return err;
}

base_err cli_generator_files(const struct cli_generator *generator, const struct result_run *run,
                             const struct cli_generator_numbers *numbers, struct base_why *why)
{
    const int folder = open(generator->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || flock(folder, LOCK_EX) != 0) {
        const base_err err =
            base_fail(why, BASE_EIO, 0, "--output: %s: %s", generator->folder, strerror(errno));
        if (folder >= 0)
            close(folder);
        return err;
    }
    const base_err err = write_all(generator, run, numbers, why);
    close(folder);
    return err;
}
