/* runner_files.c - the files of a run, all with one time stamp in their names. The document is
 * written first and holds everything; its name is taken before, so that two runs that end in the
 * same second do not write over each other. */
#include "runner.h"

#include "show.h"

#include <base/units.h>
#include <jansson.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STAMP_SIZE = 40, STAMP_TRIES = 1000, PATH_SIZE = 4096 };

base_err cli_runner_files_check(const struct cli_runner *runner, struct base_why *why)
{
    if (runner->folder == NULL)
        return BASE_OK;
    struct stat what;
    CLI_TRY(base_folder_make(runner->folder, why));
    if (stat(runner->folder, &what) == 0 && !S_ISDIR(what.st_mode))
        return base_fail(why, BASE_EIO, 0, "%s: is no folder", runner->folder);
    if (access(runner->folder, W_OK | X_OK) != 0)
        return base_fail(why, BASE_EIO, 0, "%s: cannot write into it: %s", runner->folder,
                         strerror(errno));
    return BASE_OK;
}

/* FOLDER/KIND_STAMP.EXTENSION */
static base_err path_of(const struct cli_runner *runner, const char *kind, const char *stamp,
                        const char *extension, char out[PATH_SIZE], struct base_why *why)
{
    const int size =
        snprintf(out, PATH_SIZE, "%s/benchmark_%s_%s.%s", runner->folder, kind, stamp, extension);
    return size < PATH_SIZE
               ? BASE_OK
               : base_fail(why, BASE_ERANGE, 0, "%s: the name is too long", runner->folder);
}

/* "20261122_101500", with "_2" and so on when that is taken; an empty file keeps it. */
static base_err take_stamp(const struct cli_runner *runner, char stamp[STAMP_SIZE],
                           struct base_why *why)
{
    char second[STAMP_SIZE], path[PATH_SIZE];
    const time_t now = time(NULL);
    struct tm tm;
    localtime_r(&now, &tm);
    strftime(second, sizeof second, "%Y%m%d_%H%M%S", &tm);
    for (int i = 1; i <= STAMP_TRIES; i++) {
        if (i == 1)
            snprintf(stamp, STAMP_SIZE, "%.20s", second);
        else
            snprintf(stamp, STAMP_SIZE, "%.20s_%d", second, i);
        CLI_TRY(path_of(runner, "run", stamp, "json", path, why));
        const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file >= 0)
            return close(file) == 0 ? BASE_OK
                                    : base_fail(why, BASE_EIO, 0, "%s: %s", path, strerror(errno));
        if (errno != EEXIST)
            return base_fail(why, BASE_EIO, 0, "%s: %s", path, strerror(errno));
    }
    return base_fail(why, BASE_EEXIST, 0, "%s: too many runs of one second", runner->folder);
}

/* ---- what a case has of the earlier framework's columns ---- */

/* Quantiles of single calls are known where each batch was one call; else they are not. */
static bool has_calls(const struct result_case *one)
{
    size_t count = 0;
    for (size_t i = 0; i < one->process_count; i++)
        for (size_t k = 0; k < one->processes[i].sample_count; k++, count++)
            if (one->processes[i].counts[k] != 1)
                return false;
    return count > 0;
}

static double fact_of(const struct result_case *one, const char *name)
{
    for (size_t i = 0; i < one->facts.count; i++)
        if (strcmp(one->facts.items[i].name, name) == 0)
            return one->facts.items[i].value;
    return NAN;
}

/* NaN: not measured. */
struct row {
    struct result_estimate mean; /* of a call, in ms */
    double duration_ms, p50_ms, p95_ms, p99_ms, rate, memory_mb, cpu_percent;
    bool is_good;
    enum result_state target;
};

/* NaN where the case was not measured. */
static struct result_estimate mean_of(const struct result_case *one)
{
    const double scale = cli_runner_is_good(one) ? 1e-6 / cli_runner_calls_of(one) : NAN;
    return (struct result_estimate){ .value = one->mean_ns.value * scale,
                                     .low = one->mean_ns.low * scale,
                                     .high = one->mean_ns.high * scale };
}

static base_err row_of(const struct cli_runner *runner, const struct result_run *run,
                       const struct result_case *one, struct base_arena *arena, struct row *out)
{
    const bool is_good = cli_runner_is_good(one);
    const bool is_timed = is_good && isfinite(cli_runner_series_of(one, "p50_ns"));
    const bool is_single = is_good && has_calls(one) && !(one->parts_per_item > 1);
    const struct result_estimate mean = mean_of(one);
    *out = (struct row){
        .duration_ms = (double)one->elapsed_ns / 1e6,
        .mean = mean,
        .p50_ms = is_timed ? cli_runner_series_of(one, "p50_ns") / 1e6 : NAN,
        .p95_ms = is_timed ? cli_runner_series_of(one, "p95_ns") / 1e6 : NAN,
        .p99_ms = is_timed ? cli_runner_series_of(one, "p99_ns") / 1e6 : NAN,
        .rate = mean.value > 0 ? 1e3 / mean.value : NAN,
        .memory_mb = fact_of(one, "setup_rss_bytes") / 1048576,
        .cpu_percent = NAN,
        .is_good = is_good,
    };
    if (is_single && !is_timed) {
        out->p50_ms = one->median_ns.value / 1e6;
        out->p95_ms = one->p95_ns / 1e6;
        out->p99_ms = one->p99_ns / 1e6;
    }
    return cli_runner_case_state(runner, run, one, arena, &out->target);
}

static const char *label_of(const struct result_case *one)
{
    const struct cli_runner_layer *layer = cli_runner_layer_of(one);
    return layer != NULL ? layer->label : "Baseline";
}

/* ---- CSV ---- */

static base_err put_number(struct base_buf *out, double value)
{
    return isfinite(value) ? base_buf_printf(out, ",%.9g", value) : base_buf_put_text(out, ",");
}

static base_err put_row(struct base_buf *out, const struct result_run *run,
                        const struct result_case *one, const struct row *row)
{
    const double numbers[] = {
        row->duration_ms, row->mean.value, row->p50_ms,    row->p95_ms,
        row->p99_ms,      row->rate,       row->memory_mb, row->cpu_percent
    };
    CLI_TRY(result_text_put_csv(out, one->id));
    CLI_TRY(base_buf_printf(out, ",%s,", label_of(one)));
    CLI_TRY(result_text_put_csv(out, one->name));
    CLI_TRY(base_buf_printf(out, ",%s", run->started));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        CLI_TRY(put_number(out, numbers[i]));
    const char *met = row->target == RESULT_STATE_PROVEN    ? "true"
                      : row->target == RESULT_STATE_REFUTED ? "false"
                                                            : "";
    return base_buf_printf(out, ",%s,%s\r\n", row->is_good ? "true" : "false", met);
}

static base_err put_csv(const struct cli_runner *runner, const struct result_run *run,
                        struct base_buf *out)
{
    struct base_arena arena = { 0 };
    struct row row;
    base_err err = base_buf_put_text(
        out, "id,layer,name,timestamp,duration_ms,latency_mean_ms,latency_p50_ms,latency_p95_ms,"
             "latency_p99_ms,throughput_ops_sec,memory_mb,cpu_percent,success,target_met\r\n");
    for (size_t i = 0; err == BASE_OK && i < run->case_count; i++) {
        err = row_of(runner, run, &run->cases[i], &arena, &row);
        if (err == BASE_OK)
            err = put_row(out, run, &run->cases[i], &row);
    }
    base_arena_done(&arena);
    return err;
}

/* ---- JSON ---- */

/* json_real does not take what is not finite: that is null. */
static json_t *real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *text(const char *value)
{
    json_t *string = value != NULL ? json_string(value) : NULL;
    return string != NULL ? string : json_null();
}

static json_t *estimate(const struct result_estimate *of, double scale)
{
    return json_pack("{s:o, s:o, s:o}", "value", real(of->value * scale), "lower",
                     real(of->low * scale), "upper", real(of->high * scale));
}

static json_t *met(enum result_state state)
{
    return state == RESULT_STATE_PROVEN || state == RESULT_STATE_REFUTED
               ? json_boolean(state == RESULT_STATE_PROVEN)
               : json_null();
}

static json_t *result_json(const struct result_run *run, const struct result_case *one,
                           const struct row *row)
{
    json_t *config = json_object();
    for (size_t i = 0; i < one->args.count; i++)
        json_object_set_new(config, one->args.items[i].name, text(one->args.items[i].value));
    json_t *metrics = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "latency_mean_ms", real(row->mean.value),
        "latency_mean_interval_ms", estimate(&row->mean, 1), "latency_p50_ms", real(row->p50_ms),
        "latency_p95_ms", real(row->p95_ms), "latency_p99_ms", real(row->p99_ms),
        "throughput_ops_sec", real(row->rate), "memory_mb", real(row->memory_mb), "cpu_percent",
        real(row->cpu_percent), "duration_ms", real(row->duration_ms));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "id", text(one->id), "name",
                     text(one->name), "layer", text(label_of(one)), "timestamp", text(run->started),
                     "config", config, "metrics", metrics, "success", row->is_good, "error",
                     text(one->why), "target_met", met(row->target));
}

static json_t *comparison_json(const struct cli_runner *runner, const struct result_run *run)
{
    json_t *list = json_array();
    if (!runner->has_baseline)
        return json_decref(list), json_null();
    for (size_t i = 0; i < run->verdict_count; i++) {
        const struct result_verdict *verdict = &run->verdicts[i];
        if (!cli_runner_is_comparison(verdict))
            continue;
        const struct result_estimate better = cli_runner_improvement(verdict);
        json_array_append_new(list,
                              json_pack("{s:o, s:o, s:o, s:o, s:o}", "layer",
                                        text(cli_runner_layer_of_verdict(verdict)->label),
                                        "compared", text(verdict->metric), "time_ratio",
                                        estimate(&verdict->measured, 1), "improvement_percent",
                                        estimate(&better, 100), "why", text(verdict->why)));
    }
    return list;
}

static json_t *statistics_json(const struct result_run *run)
{
    json_t *list = json_array();
    for (size_t i = 0; i < run->case_count; i++) {
        const struct result_case *one = &run->cases[i];
        const struct result_outliers *far = &one->outliers;
        json_array_append_new(
            list,
            json_pack(
                "{s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "id", text(one->id),
                "processes", (json_int_t)one->process_count, "mean_ns", estimate(&one->mean_ns, 1),
                "median_ns", estimate(&one->median_ns, 1), "normalised_ns",
                estimate(&one->normalised_ns, 1), "stddev_ns", real(one->stddev_ns), "min_ns",
                real(one->min_ns), "q1_ns", real(one->p25_ns), "q3_ns", real(one->p75_ns), "max_ns",
                real(one->max_ns), "effective_batches", real(one->effective_batches), "outliers",
                (json_int_t)(far->low_severe + far->low_mild + far->high_mild + far->high_severe)));
    }
    return json_pack("{s:f, s:s, s:o}", "confidence", run->confidence, "intervals",
                     "spread between fresh processes; none of the outliers is removed", "cases",
                     list);
}

static json_t *targets_json(const struct result_run *run)
{
    json_t *list = json_array();
    for (size_t i = 0; i < run->verdict_count; i++) {
        const struct result_verdict *verdict = &run->verdicts[i];
        if (cli_runner_is_target(verdict))
            json_array_append_new(
                list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "id", text(verdict->id), "bound",
                                text(verdict->bound), "metric", text(verdict->metric), "measured",
                                estimate(&verdict->measured, 1), "met",
                                met(result_state_of(verdict->state)), "why", text(verdict->why)));
    }
    return list;
}

static json_t *memory_json(const struct cli_runner *runner)
{
    json_t *list = json_array();
    const bool has_allocs =
        cli_runner_setting(&runner->config, "memory.profiling.track_allocations")->is_true;
    const bool has_verdict =
        cli_runner_setting(&runner->config, "memory.profiling.detect_leaks")->is_true;
    if (!runner->has_memory)
        return json_decref(list), json_null();
    for (size_t i = 0; i < runner->memory_count; i++) {
        const struct cli_runner_memory *one = &runner->memory[i];
        if (one->why != NULL) {
            json_array_append_new(
                list, json_pack("{s:o, s:o}", "id", text(one->id), "error", text(one->why)));
            continue;
        }
        json_array_append_new(
            list,
            json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o}", "id",
                      text(one->id), "start_rss_bytes", real(one->start_bytes), "end_rss_bytes",
                      real(one->end_bytes), "peak_rss_bytes", real(one->peak_bytes),
                      "growth_bytes_per_s", real(one->growth_bytes_per_s), "items",
                      real(one->items), "seconds", real(one->seconds), "allocations_per_item",
                      real(has_allocs ? one->alloc_count : NAN), "kept_bytes_per_item",
                      real(has_allocs ? one->kept_bytes : NAN), "samples", (json_int_t)one->samples,
                      "is_growing",
                      has_verdict && one->is_judged ? json_boolean(one->is_growing) : json_null()));
    }
    return list;
}

static json_t *missing_json(const struct cli_runner *runner)
{
    json_t *list = json_array();
    for (size_t i = 0; i < CLI_RUNNER_LAYERS; i++)
        if (runner->is_missing[i])
            json_array_append_new(list, text(cli_runner_layers[i].label));
    return list;
}

/* There is room for one number: the smallest improvement that a comparison shows. */
static double improvement_of(const struct result_run *run)
{
    double least = NAN;
    for (size_t i = 0; i < run->verdict_count; i++)
        if (cli_runner_is_comparison(&run->verdicts[i])) {
            const double one = 100 * cli_runner_improvement(&run->verdicts[i]).value;
            least = isnan(least) || one < least ? one : least;
        }
    return least;
}

static json_t *summary_json(const struct result_run *run)
{
    const struct cli_runner_totals totals = cli_runner_totals_of(run);
    const double judged = (double)(totals.met + totals.missed + totals.undecided);
    return json_pack(
        "{s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "total", (json_int_t)totals.cases,
        "successful", (json_int_t)totals.good, "targets_met", (json_int_t)totals.met,
        "success_rate", real(totals.cases > 0 ? (double)totals.good / (double)totals.cases : NAN),
        "target_achievement_rate", real(judged > 0 ? (double)totals.met / judged : NAN),
        "avg_latency_ms", real(totals.mean_latency_ms), "avg_throughput", real(totals.mean_rate),
        "improvement_percent", real(improvement_of(run)), "timestamp", text(run->ended));
}

static base_err put_json(const struct cli_runner *runner, const struct result_run *run,
                         struct base_buf *out)
{
    struct base_arena arena = { 0 };
    struct row row;
    json_t *results = json_array();
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < run->case_count; i++) {
        err = row_of(runner, run, &run->cases[i], &arena, &row);
        if (err == BASE_OK)
            json_array_append_new(results, result_json(run, &run->cases[i], &row));
    }
    json_t *root = json_pack(
        "{s:{s:o, s:o, s:o, s:o, s:o}, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "metadata", "timestamp",
        text(run->started), "version", text(CLI_VERSION), "framework", text("bpi-perf"), "name",
        text(cli_runner_setting(&runner->config, "general.benchmark_name")->text), "run",
        text(run->id), "results", results, "baseline_comparison", comparison_json(runner, run),
        "statistical_analysis", statistics_json(run), "targets", targets_json(run), "memory",
        memory_json(runner), "missing_layers", missing_json(runner), "summary", summary_json(run));
    char *dump = root != NULL ? json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) : NULL;
    if (err == BASE_OK)
        err = dump != NULL ? base_buf_printf(out, "%s\n", dump) : BASE_ENOMEM;
    free(dump);
    json_decref(root);
    base_arena_done(&arena);
    return err;
}

/* ---- all of them ---- */

static base_err put_html(const struct cli_runner *runner, const struct result_run *run,
                         struct base_buf *out)
{
    (void)runner;
    const struct result_report_options options = { .is_detailed = true };
    return result_format_find("html")->write(run, &options, out);
}

static base_err put_run(const struct cli_runner *runner, const struct result_run *run,
                        struct base_buf *out)
{
    (void)runner;
    return result_run_write(run, out);
}

static const struct file {
    const char *kind, *extension;
    const char *setting; /* that asks for it; NULL: always */
    base_err (*put)(const struct cli_runner *, const struct result_run *, struct base_buf *);
} files[] = {
    { "run", "json", NULL, put_run },
    { "report", "html", "reporting.generate_html", put_html },
    { "results", "csv", "reporting.generate_csv", put_csv },
    { "data", "json", "reporting.generate_json", put_json },
};

base_err cli_runner_files_write(const struct cli_runner *runner, const struct result_run *run,
                                struct base_buf *names, struct base_why *why)
{
    char stamp[STAMP_SIZE], path[PATH_SIZE];
    CLI_TRY(take_stamp(runner, stamp, why));
    base_err err = BASE_OK;
    bool is_written = false; /* the document, whose name is taken */
    for (size_t i = 0; err == BASE_OK && i < sizeof files / sizeof files[0]; i++) {
        const struct file *file = &files[i];
        struct base_buf out = { 0 };
        if (file->setting != NULL && !cli_runner_setting(&runner->config, file->setting)->is_true)
            continue;
        err = path_of(runner, file->kind, stamp, file->extension, path, why);
        if (err == BASE_OK && file->put(runner, run, &out) != BASE_OK)
            err = base_fail(why, BASE_ENOMEM, 0, "%s: out of memory", path);
        if (err == BASE_OK)
            err = base_file_write(path, base_buf_span(&out), why);
        is_written = is_written || err == BASE_OK;
        if (err == BASE_OK)
            err = base_buf_printf(names, "  %s\n", path);
        base_buf_done(&out);
    }
    struct base_why unused;
    if (!is_written && path_of(runner, "run", stamp, "json", path, &unused) == BASE_OK)
        (void)unlink(path); /* nothing is left behind that looks like a run */
    return err;
}
