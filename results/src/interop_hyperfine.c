/* interop_hyperfine.c - hyperfine's JSON: whole commands, in seconds. Every run is a fresh process,
 * so each time becomes a process with one batch of one run. */
#include "interop_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TITLE    "hyperfine JSON"
#define NS       1e9
#define RUNS_MAX 1000000

static bool is_like(struct base_span text)
{
    return result_json_has_key(text, 1, "results") &&
           (result_json_has_key(text, 3, "command") || result_json_has_key(text, 3, "mean") ||
            text.size < 64);
}

/* --- import ----------------------------------------------------------------------------------- */

static base_err put_times(struct result_import *import, struct result_case *one,
                          const json_t *times)
{
    const size_t count = json_array_size(times);
    size_t *ones = malloc(count * sizeof *ones);
    uint64_t *items = malloc(count * sizeof *items);
    double *ns = malloc(count * sizeof *ns);
    base_err err = ones != NULL && items != NULL && ns != NULL
                       ? BASE_OK
                       : result_import_fail(import, BASE_ENOMEM, 0, "no memory for its contents");
    for (size_t i = 0; err == BASE_OK && i < count; i++) {
        const json_t *time = json_array_get(times, i);
        if (!json_is_number(time))
            err = result_import_fail(import, BASE_EINVALID, 0, "%.100s: times[%zu] is not a number",
                                     one->id, i);
        ones[i] = 1;
        items[i] = 1;
        ns[i] = json_number_value(time) * NS;
    }
    const struct result_import_samples samples = { count, ones, items, ns };
    if (err == BASE_OK)
        err = result_import_sample(import, one, &samples);
    free(ones);
    free(items);
    free(ns);
    return err;
}

/* Without its times a command has a mean, whose error is not known: the number of runs is not
 * there. */
static base_err put_mean(struct result_import *import, struct result_case *one,
                         const json_t *result)
{
    double median, mean, stddev;
    RESULT_TRY(result_json_number(import, result, "median", one->id, &median));
    RESULT_TRY(result_json_number(import, result, "mean", one->id, &mean));
    RESULT_TRY(result_json_number(import, result, "stddev", one->id, &stddev));
    const double value = isnan(median) ? mean : median;
    if (isnan(value))
        return result_import_fail(import, BASE_EINVALID, 0,
                                  "%.100s: it has neither times nor a mean", one->id);
    RESULT_TRY(result_import_value(import, one, (struct result_estimate){ value * NS, NAN, NAN }));
    if (mean > 0)
        one->mean_ns.value = mean * NS;
    if (stddev >= 0)
        one->stddev_ns = stddev * NS;
    return result_import_note(import, "some commands have no times: their mean has no interval");
}

static base_err put_series(struct result_import *import, struct result_case *one, const char *name,
                           const char *unit, double value)
{
    enum { MOST = 4 };
    if (!isfinite(value) || value < 0)
        return BASE_OK;
    if (one->series == NULL)
        one->series = base_arena_array(result_import_arena(import), MOST, sizeof *one->series);
    if (one->series == NULL)
        return result_import_fail(import, BASE_ENOMEM, 0, "no memory for its contents");
    one->series[one->series_count++] = (struct result_series){
        .name = name,
        .unit = unit,
        .median = NAN,
        .mean = value,
        .low = NAN,
        .high = NAN,
        .typical = { NAN, NAN, NAN },
        .processes = NAN,
    };
    return BASE_OK;
}

static base_err put_memory(struct result_import *import, struct result_case *one,
                           const json_t *memory)
{
    double sum = 0, low = INFINITY, high = 0;
    const size_t count = json_array_size(memory);
    for (size_t i = 0; i < count; i++) {
        const double bytes = json_number_value(json_array_get(memory, i));
        sum += bytes;
        low = fmin(low, bytes);
        high = fmax(high, bytes);
    }
    if (count == 0)
        return BASE_OK;
    const size_t before = one->series_count;
    RESULT_TRY(put_series(import, one, "peak_rss_bytes", "B", sum / (double)count));
    if (one->series_count > before && low >= 0 && isfinite(high)) {
        one->series[before].low = low;
        one->series[before].high = high;
    }
    return result_import_note(import,
                              "of peak memory the mean, the smallest and the largest of the "
                              "runs are kept");
}

static base_err put_exit_codes(struct result_import *import, const struct result_case *one,
                               const json_t *codes)
{
    size_t failed = 0, i;
    const json_t *code;
    json_array_foreach((json_t *)codes, i, code) failed +=
        !json_is_integer(code) || json_integer_value(code) != 0;
    if (failed == 0)
        return BASE_OK;
    return result_import_note(import,
                              "'%.200s': %zu of %zu runs failed (exit code not 0); their "
                              "times count all the same, their exit codes are left out",
                              one->id, failed, json_array_size(codes));
}

static base_err put_parameters(struct result_import *import, struct result_case *one,
                               const json_t *parameters)
{
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)parameters, key, value) RESULT_TRY(
        result_import_arg(import, one, key, result_json_shown(result_import_arena(import), value)));
    return BASE_OK;
}

static base_err read_result(struct result_import *import, const json_t *result, size_t at)
{
    char where[40];
    const char *command;
    double user, system;
    struct result_case *one;
    snprintf(where, sizeof where, "results[%zu]", at);
    RESULT_TRY(result_json_string(import, result, "command", where, &command));
    if (command == NULL)
        return result_import_fail(import, BASE_EINVALID, 0, "%s has no command", where);
    const json_t *times = json_object_get(result, "times");
    if (times != NULL && !json_is_array(times) && !json_is_null(times))
        return result_import_fail(import, BASE_EINVALID, 0, "%.100s: 'times' is not a list",
                                  command);
    if (json_array_size(times) > RUNS_MAX)
        return result_import_fail(import, BASE_ERANGE, 0, "%.100s: more than %d times", command,
                                  RUNS_MAX);
    RESULT_TRY(result_import_case(import, command, &one));
    one->item = "run";
    RESULT_TRY(json_array_size(times) > 0 ? put_times(import, one, times)
                                          : put_mean(import, one, result));
    RESULT_TRY(result_json_number(import, result, "user", command, &user));
    RESULT_TRY(result_json_number(import, result, "system", command, &system));
    RESULT_TRY(put_series(import, one, "user_ns", "ns", user * NS));
    RESULT_TRY(put_series(import, one, "system_ns", "ns", system * NS));
    RESULT_TRY(put_memory(import, one, json_object_get(result, "memory_usage_byte")));
    RESULT_TRY(put_exit_codes(import, one, json_object_get(result, "exit_codes")));
    return put_parameters(import, one, json_object_get(result, "parameters"));
}

static base_err read_tree(struct result_import *import, const json_t *root)
{
    const json_t *list = json_object_get(root, "results");
    const json_t *result;
    size_t i;
    if (!json_is_array(list))
        return result_import_fail(import, BASE_EINVALID, 0, "'results' is not a list");
    json_array_foreach(list, i, result) RESULT_TRY(read_result(import, result, i));
    return BASE_OK;
}

static base_err import_text(const struct result_import_source *source, struct result_run *run,
                            struct result_import_notes *notes, struct base_why *why)
{
    return result_json_import(source, TITLE, read_tree, run, notes, why);
}

/* --- export ----------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void set_seconds(json_t *result, const char *key, double ns)
{
    json_object_set_new(result, key, isnan(ns) ? json_null() : json_real(ns / NS));
}

/* The summary hyperfine itself would make of the times. */
static base_err set_summary(json_t *result, const struct result_case *one,
                            const struct result_repetitions *times)
{
    const size_t n = times->count;
    double mean = 0, squares = 0;
    double *sorted = malloc((n + 1) * sizeof *sorted);
    if (sorted == NULL)
        return BASE_ENOMEM;
    memcpy(sorted, times->ns, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_value);
    for (size_t i = 0; i < n; i++)
        mean += sorted[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (sorted[i] - mean) * (sorted[i] - mean);
    const struct result_estimate best = result_best_of(one);
    set_seconds(result, "mean",
                n > 0                       ? mean
                : isnan(one->mean_ns.value) ? best.value
                                            : one->mean_ns.value);
    set_seconds(result, "stddev",
                n > 1    ? sqrt(squares / (double)(n - 1))
                : n == 0 ? one->stddev_ns
                         : NAN);
    set_seconds(result, "median", n > 0 ? (sorted[(n - 1) / 2] + sorted[n / 2]) / 2 : best.value);
    set_seconds(result, "user", result_series_mean(one, "user_ns"));
    set_seconds(result, "system", result_series_mean(one, "system_ns"));
    set_seconds(result, "min", n > 0 ? sorted[0] : one->min_ns);
    set_seconds(result, "max", n > 0 ? sorted[n - 1] : one->max_ns);
    free(sorted);
    return BASE_OK;
}

static void set_parameters(json_t *result, const struct result_case *one)
{
    json_t *parameters = json_object();
    for (size_t i = 0; i < one->args.count; i++)
        json_object_set_new(parameters, one->args.items[i].name,
                            result_json_text(one->args.items[i].value));
    json_object_set_new(result, "parameters", parameters);
}

/* A command that we timed is called as it was typed, as hyperfine would call it. */
static const char *command_of(const struct result_case *one)
{
    static const char prefix[] = "exec/command:";
    const bool is_command = strncmp(one->id, prefix, sizeof prefix - 1) == 0;
    return is_command && one->id[sizeof prefix - 1] != '\0' ? one->id + sizeof prefix - 1 : one->id;
}

static base_err put_case(json_t *list, const struct result_case *one)
{
    struct base_arena arena = { 0 };
    struct result_repetitions times;
    base_err err = result_repetitions_of(one, &arena, &times);
    if (err == BASE_OK) {
        json_t *result = json_object(), *seconds = json_array();
        json_object_set_new(result, "command", result_json_text(command_of(one)));
        err = set_summary(result, one, &times);
        for (size_t i = 0; i < times.count; i++)
            json_array_append_new(seconds, json_real(times.ns[i] / NS));
        json_object_set_new(result, "times", seconds);
        if (one->args.count > 0)
            set_parameters(result, one);
        json_array_append_new(list, result);
    }
    base_arena_done(&arena);
    return err;
}

static base_err export_text(const struct result_run *run, struct base_buf *out, size_t *left_out,
                            struct base_why *why)
{
    json_t *root = json_object(), *list = json_array();
    base_err err = root != NULL && list != NULL ? BASE_OK : BASE_ENOMEM;
    *left_out = 0;
    for (size_t i = 0; err == BASE_OK && i < run->case_count; i++) {
        if (result_is_exportable(&run->cases[i]))
            err = put_case(list, &run->cases[i]);
        else
            ++*left_out;
    }
    json_object_set_new(root, "results", list);
    if (err == BASE_OK)
        return result_json_end(root, out);
    json_decref(root);
    return base_fail(why, err, 0, "no memory for the export");
}

const struct result_interop result_interop_hyperfine = {
    .name = "hyperfine",
    .title = TITLE,
    .extension = ".json",
    .doc = "hyperfine's JSON (--export-json)",
    .is_like = is_like,
    .import = import_text,
    .export = export_text,
};
