/* generator_numbers.c - the case of whole flows has a batch for every flow, so its series are of
 * all flows; the run document has their means, the intervals come from the batches themselves. */
#include "generator.h"

#include <stats/estimate.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FLOW_CASE "baseline/flow"

static const struct part {
    const char *name, *series, *alone;
} parts[CLI_GENERATOR_PARTS] = {
    { "registration", "register_ns", "baseline/register" },
    { "similarity", "similarity_ns", "baseline/similarity" },
    { "routing", "route_ns", "baseline/route" },
    { "prediction", "predict_ns", "baseline/predict" },
};

static const char *const calls[CLI_GENERATOR_CALLS] = { "network_requests", "database_statements",
                                                        "model_runs" };

static size_t series_index(const struct bench_record *record, const char *name)
{
    for (size_t i = 0; i < BENCH_SERIES_MAX && record->series[i] != NULL; i++)
        if (strcmp(record->series[i], name) == 0)
            return i;
    return BENCH_SERIES_MAX;
}

static base_err estimate_part(const struct bench_record *record, size_t series,
                              const struct stats_estimate_options *options,
                              struct stats_batches *batches, struct stats_interval *out)
{
    struct stats_estimate estimate;
    for (size_t i = 0; i < record->process_count; i++)
        batches[i] = (struct stats_batches){ .count = record->processes[i].batch_count,
                                             .items = record->processes[i].counts,
                                             .ns = record->processes[i].series[series] };
    const base_err err =
        stats_estimate_of(batches, record->process_count, options, NULL, &estimate);
    if (err == BASE_OK)
        *out = estimate.mean_ns;
    return err;
}

void cli_generator_measured(void *context, const struct bench_plan *plan,
                            const struct bench_record *record)
{
    struct cli_generator *generator = context;
    const struct cli_value *confidence = cli_value(generator->args, "confidence");
    const struct stats_estimate_options options = {
        .confidence = confidence != NULL ? confidence->number : 0.95, .seed = plan->seed
    };
    if (strcmp(record->target.name, FLOW_CASE) != 0 || record->err != BASE_OK)
        return;
    struct stats_batches *batches = calloc(record->process_count, sizeof *batches);
    base_err err = batches != NULL ? BASE_OK : BASE_ENOMEM;
    for (size_t i = 0; i < CLI_GENERATOR_PARTS && err == BASE_OK; i++) {
        const size_t series = series_index(record, parts[i].series);
        err = series < BENCH_SERIES_MAX
                  ? estimate_part(record, series, &options, batches, &generator->parts_ns[i])
                  : BASE_ENOTFOUND;
    }
    free(batches);
    generator->has_parts = err == BASE_OK;
}

static const struct result_case *find_case(const struct result_run *run, const char *name)
{
    for (size_t i = 0; i < run->case_count; i++)
        if (strcmp(run->cases[i].name, name) == 0)
            return &run->cases[i];
    return NULL;
}

static bool has_numbers(const struct result_case *item)
{
    return item != NULL && item->process_count > 0;
}

static const struct result_series *find_series(const struct result_case *item, const char *name)
{
    static const struct result_series none = {
        .median = NAN, .mean = NAN, .low = NAN, .high = NAN
    };
    for (size_t i = 0; i < item->series_count; i++)
        if (strcmp(item->series[i].name, name) == 0)
            return &item->series[i];
    return &none;
}

/* A batch is one flow, so all of them together are the processes' means, weighed. The interval is
 * that of the case. */
static void count_flows(const struct result_case *flow, struct cli_generator_numbers *out)
{
    double sum_ns = 0;
    for (size_t i = 0; i < flow->process_count; i++) {
        out->total += flow->processes[i].batches;
        sum_ns += flow->processes[i].mean_ns * (double)flow->processes[i].batches;
    }
    out->mean_ns = (struct result_estimate){ sum_ns / (double)out->total, flow->mean_ns.low,
                                             flow->mean_ns.high };
    out->seconds = sum_ns / 1e9;
    out->per_second = (double)out->total / out->seconds;
}

static void count_part(const struct cli_generator *generator, const struct result_run *run,
                       size_t index, const struct cli_generator_numbers *numbers,
                       struct cli_generator_part *out)
{
    const struct result_case *flow = numbers->flow;
    const struct result_series *series = find_series(flow, parts[index].series);
    const struct result_case *alone = find_case(run, parts[index].alone);
    *out = (struct cli_generator_part){
        .name = parts[index].name,
        .mean_ns = { series->mean, NAN, NAN },
        .median_ns = series->median,
        .low_ns = series->low,
        .high_ns = series->high,
        .share = series->mean / numbers->mean_ns.value,
        .alone = has_numbers(alone) ? alone : NULL,
    };
    if (!generator->has_parts)
        return;
    out->mean_ns.low = generator->parts_ns[index].low;
    out->mean_ns.high = generator->parts_ns[index].high;
}

base_err cli_generator_count(const struct cli_generator *generator, const struct result_run *run,
                             struct cli_generator_numbers *out, struct base_why *why)
{
    const struct result_case *flow = find_case(run, FLOW_CASE);
    double sum_ns = 0;
    if (flow == NULL)
        return base_fail(why, BASE_ENOTFOUND, 0, "no flow was measured: %s",
                         strcmp(run->state, "interrupted") == 0 ? "it was interrupted before the "
                                                                  "first"
                                                                : "the case did not run");
    if (!has_numbers(flow))
        return base_fail(why, BASE_ENOTFOUND, 0, "no flow was measured: %s: %s", flow->status,
                         flow->why != NULL ? flow->why : "no reason is known");
    *out = (struct cli_generator_numbers){ .flow = flow };
    count_flows(flow, out);
    out->success_rate = find_series(flow, "success")->mean;
    out->successful = (uint64_t)llround(out->success_rate * (double)out->total);
    for (size_t i = 0; i < CLI_GENERATOR_PARTS; i++) {
        count_part(generator, run, i, out, &out->parts[i]);
        sum_ns += out->parts[i].mean_ns.value;
    }
    out->overhead_ns = out->mean_ns.value - sum_ns;
    for (size_t i = 0; i < CLI_GENERATOR_CALLS; i++) {
        out->call_names[i] = calls[i];
        out->calls[i] = find_series(flow, calls[i])->mean;
    }
    return BASE_OK;
}
