/* interop_gbench.c - google/benchmark's JSON. Repetitions follow each other in one process, so they
 * are batches of one process; their aggregates are made anew from them and only read where a file
 * has nothing else. */
#include "interop_internal.h"

#include <stats/distribution.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TITLE "google/benchmark JSON"

/* Source   google/benchmark 1.7.1, src/json_reporter.cc */
static const struct {
    const char *name;
    double ns;
} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };

static bool is_like(struct base_span text)
{
    return result_json_has_key(text, 1, "benchmarks") &&
           (result_json_has_key(text, 1, "context") || result_json_has_key(text, 3, "real_time"));
}

/* --- import ----------------------------------------------------------------------------------- */

struct group {              /* what belongs to one case */
    size_t newest;          /* index of the last case of this name: "#2" and so on */
    double last_repetition; /* its index; NaN: none */
    size_t repetitions;
    const char *unit;
    double cpu_sum, cpu_low, cpu_high;
    const json_t *first;
    const json_t *mean, *median, *stddev; /* aggregates */
};

struct reader {
    struct result_import *import;
    struct group *groups; /* one a case, by index */
    size_t capacity;
};

static base_err group_at(struct reader *reader, size_t index, struct group **out)
{
    if (index >= reader->capacity) {
        const size_t capacity = 2 * index + 64;
        struct group *groups = realloc(reader->groups, capacity * sizeof *groups);
        if (groups == NULL)
            return result_import_fail(reader->import, BASE_ENOMEM, 0, "no memory for its contents");
        memset(groups + reader->capacity, 0, (capacity - reader->capacity) * sizeof *groups);
        reader->groups = groups;
        reader->capacity = capacity;
    }
    *out = &reader->groups[index];
    return BASE_OK;
}

static base_err new_case(struct reader *reader, const char *name, size_t *index)
{
    struct result_case *one;
    struct group *group;
    RESULT_TRY(result_import_case(reader->import, name, &one));
    one->item = "iteration";
    *index = result_import_count(reader->import) - 1;
    RESULT_TRY(group_at(reader, *index, &group));
    *group = (struct group){ .newest = *index, .last_repetition = NAN };
    return BASE_OK;
}

/* The case of an entry: that of its name, or a new one when the repetitions begin anew. */
static base_err find_case(struct reader *reader, const char *name, double repetition, size_t *index)
{
    struct group *base, *group;
    struct base_arena *arena = result_import_arena(reader->import);
    const char *clean = result_import_clean(arena, name);
    *index = clean != NULL ? result_import_index(reader->import, clean) : SIZE_MAX;
    if (*index == SIZE_MAX)
        return new_case(reader, name, index);
    const size_t first = *index;
    RESULT_TRY(group_at(reader, first, &base));
    *index = base->newest;
    RESULT_TRY(group_at(reader, *index, &group));
    if (isnan(repetition) || isnan(group->last_repetition) || repetition > group->last_repetition)
        return BASE_OK;
    RESULT_TRY(new_case(reader, name, index));
    reader->groups[first].newest = *index;
    return BASE_OK;
}

static base_err unit_of(const struct reader *reader, const json_t *entry, const char *name,
                        const char **unit, double *ns)
{
    RESULT_TRY(result_json_string(reader->import, entry, "time_unit", name, unit));
    for (size_t i = 0; *unit != NULL && i < sizeof units / sizeof units[0]; i++)
        if (strcmp(units[i].name, *unit) == 0) {
            *ns = units[i].ns;
            return BASE_OK;
        }
    return result_import_fail(reader->import, BASE_EINVALID, 0,
                              "%.100s: the time_unit is '%.20s', not ns, us, ms or s", name,
                              *unit != NULL ? *unit : "missing");
}

static base_err read_failure(struct reader *reader, const json_t *entry, const char *name,
                             size_t index)
{
    const char *message;
    struct result_case *one = result_import_at(reader->import, index);
    RESULT_TRY(result_json_string(reader->import, entry, "error_message", name, &message));
    one->status = "error";
    one->why = result_import_clean(result_import_arena(reader->import),
                                   message != NULL ? message : "it says no reason");
    return one->why != NULL ? BASE_OK
                            : result_import_fail(reader->import, BASE_ENOMEM, 0, "no memory");
}

static base_err put_time(struct reader *reader, const json_t *entry, const char *name, size_t index)
{
    const char *unit;
    double ns = 1, real = NAN, cpu = NAN, iterations = NAN;
    struct group *group;
    struct result_import *import = reader->import;
    RESULT_TRY(group_at(reader, index, &group));
    RESULT_TRY(unit_of(reader, entry, name, &unit, &ns));
    RESULT_TRY(result_json_number(import, entry, "real_time", name, &real));
    RESULT_TRY(result_json_number(import, entry, "cpu_time", name, &cpu));
    RESULT_TRY(result_json_number(import, entry, "iterations", name, &iterations));
    if (isnan(real))
        return result_import_fail(import, BASE_EINVALID, 0, "%.100s: it has no real_time", name);
    if (!(iterations >= 1 && iterations <= 9007199254740992.0))
        return result_import_fail(import, BASE_EINVALID, 0,
                                  "%.100s: iterations is %g, not a count of 1 or more", name,
                                  iterations);
    if (group->unit != NULL && strcmp(group->unit, unit) != 0)
        RESULT_TRY(result_import_note(import,
                                      "%.200s: its repetitions are in %s and in %s; both "
                                      "were converted",
                                      name, group->unit, unit));
    cpu = isnan(cpu) ? 0 : cpu * ns;
    group->unit = unit;
    group->cpu_sum += cpu;
    group->cpu_low = group->repetitions == 0 ? cpu : fmin(cpu, group->cpu_low);
    group->cpu_high = group->repetitions == 0 ? cpu : fmax(cpu, group->cpu_high);
    group->first = group->repetitions++ == 0 ? entry : group->first;
    return result_import_batch(import, index, (uint64_t)iterations, real * ns * iterations);
}

static base_err read_iteration(struct reader *reader, const json_t *entry, const char *name)
{
    size_t index;
    struct group *group;
    double repetition = NAN;
    RESULT_TRY(result_json_number(reader->import, entry, "repetition_index", name, &repetition));
    RESULT_TRY(find_case(reader, name, repetition, &index));
    RESULT_TRY(group_at(reader, index, &group));
    group->last_repetition = repetition;
    if (json_is_true(json_object_get(entry, "error_occurred")))
        return read_failure(reader, entry, name, index);
    return put_time(reader, entry, name, index);
}

static base_err read_aggregate(struct reader *reader, const json_t *entry, const char *name,
                               const char *aggregate)
{
    size_t index;
    struct group *group;
    if (strcmp(aggregate, "BigO") == 0 || strcmp(aggregate, "RMS") == 0)
        return result_import_note(reader->import, "fitted complexities (BigO, RMS) are left out");
    RESULT_TRY(find_case(reader, name, NAN, &index));
    RESULT_TRY(group_at(reader, index, &group));
    if (strcmp(aggregate, "mean") == 0)
        group->mean = entry;
    else if (strcmp(aggregate, "median") == 0)
        group->median = entry;
    else if (strcmp(aggregate, "stddev") == 0)
        group->stddev = entry;
    else if (strcmp(aggregate, "cv") != 0)
        return result_import_note(reader->import, "the statistic '%.100s' is left out", aggregate);
    return BASE_OK;
}

static base_err read_entry(struct reader *reader, const json_t *entry, size_t at)
{
    const char *name, *run_name, *type, *aggregate;
    char where[40];
    snprintf(where, sizeof where, "benchmarks[%zu]", at);
    if (!json_is_object(entry))
        return result_import_fail(reader->import, BASE_EINVALID, 0, "%s is not an object", where);
    RESULT_TRY(result_json_string(reader->import, entry, "name", where, &name));
    if (name == NULL)
        return result_import_fail(reader->import, BASE_EINVALID, 0, "%s has no name", where);
    RESULT_TRY(result_json_string(reader->import, entry, "run_name", name, &run_name));
    RESULT_TRY(result_json_string(reader->import, entry, "run_type", name, &type));
    RESULT_TRY(result_json_string(reader->import, entry, "aggregate_name", name, &aggregate));
    run_name = run_name != NULL ? run_name : name;
    if (type != NULL && strcmp(type, "aggregate") == 0)
        return read_aggregate(reader, entry, run_name, aggregate != NULL ? aggregate : "");
    return read_iteration(reader, entry, run_name);
}

/* --- what stands beside the times --- */

bool result_gbench_is_known(const char *key)
{
    static const char *const keys[] = {
        "name",
        "family_index",
        "per_family_instance_index",
        "run_name",
        "run_type",
        "repetitions",
        "repetition_index",
        "threads",
        "iterations",
        "real_time",
        "cpu_time",
        "time_unit",
        "aggregate_name",
        "aggregate_unit",
        "bytes_per_second",
        "items_per_second",
        "label",
        "error_occurred",
        "error_message",
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

/* Rates are over processor time, but over wall time where the name says so.
 * Source   google/benchmark 1.7.1, src/benchmark_runner.cc: CreateRunReport */
static base_err put_rates(struct reader *reader, const json_t *entry, struct result_case *one)
{
    const char *unit;
    double ns = 1, time = NAN, bytes = NAN, items = NAN;
    struct result_import *import = reader->import;
    const bool is_real =
        strstr(one->id, "/real_time") != NULL || strstr(one->id, "/manual_time") != NULL;
    RESULT_TRY(unit_of(reader, entry, one->id, &unit, &ns));
    RESULT_TRY(
        result_json_number(import, entry, is_real ? "real_time" : "cpu_time", one->id, &time));
    RESULT_TRY(result_json_number(import, entry, "bytes_per_second", one->id, &bytes));
    RESULT_TRY(result_json_number(import, entry, "items_per_second", one->id, &items));
    const double seconds = time * ns / 1e9;
    if (bytes * seconds > 0 && isfinite(bytes * seconds))
        one->bytes_per_item = bytes * seconds;
    if (items * seconds > 0 && isfinite(items * seconds))
        one->parts_per_item = items * seconds;
    return BASE_OK;
}

static base_err put_counters(struct reader *reader, const json_t *entry, size_t repetitions,
                             struct result_case *one)
{
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)entry, key, value)
    {
        if (result_gbench_is_known(key) || !json_is_number(value))
            continue;
        RESULT_TRY(result_import_counter(reader->import, one, key, json_number_value(value), "1"));
        if (repetitions > 1)
            RESULT_TRY(result_import_note(reader->import, "of user counters and rates the first "
                                                          "repetition's are kept"));
    }
    return BASE_OK;
}

static base_err put_cpu(struct reader *reader, const struct group *group, struct result_case *one)
{
    one->series = base_arena_array(result_import_arena(reader->import), 1, sizeof *one->series);
    if (one->series == NULL)
        return result_import_fail(reader->import, BASE_ENOMEM, 0, "no memory for its contents");
    if (!isfinite(group->cpu_sum))
        return BASE_OK;
    one->series[one->series_count++] =
        (struct result_series){ .name = "cpu_ns",
                                .unit = "ns",
                                .median = NAN,
                                .mean = group->cpu_sum / (double)group->repetitions,
                                .low = group->cpu_low,
                                .high = group->cpu_high,
                                .processes = NAN };
    return group->repetitions > 1
               ? result_import_note(reader->import, "of processor times the mean, the smallest and "
                                                    "the largest of the repetitions are kept")
               : BASE_OK;
}

static base_err put_threads(struct reader *reader, const json_t *entry, struct result_case *one)
{
    double threads = NAN;
    const char *label;
    RESULT_TRY(result_json_number(reader->import, entry, "threads", one->id, &threads));
    RESULT_TRY(result_json_string(reader->import, entry, "label", one->id, &label));
    if (threads >= 1 && threads <= 1e6)
        one->threads = (uint32_t)threads;
    return label != NULL ? result_import_arg(reader->import, one, "label", label) : BASE_OK;
}

/* --- a case that has aggregates only --- */

static base_err time_of(struct reader *reader, const json_t *entry, const char *name, double *out)
{
    const char *unit;
    double ns = 1;
    *out = NAN;
    if (entry == NULL)
        return BASE_OK;
    RESULT_TRY(unit_of(reader, entry, name, &unit, &ns));
    RESULT_TRY(result_json_number(reader->import, entry, "real_time", name, out));
    *out *= ns;
    return BASE_OK;
}

static base_err put_aggregates(struct reader *reader, const struct group *group,
                               struct result_case *one)
{
    double mean, median, stddev, count = NAN;
    RESULT_TRY(time_of(reader, group->mean, one->id, &mean));
    RESULT_TRY(time_of(reader, group->median, one->id, &median));
    RESULT_TRY(time_of(reader, group->stddev, one->id, &stddev));
    const json_t *any = group->median != NULL ? group->median : group->mean;
    if (any == NULL) {
        one->status = "error";
        one->why = "it has no times";
        return BASE_OK;
    }
    RESULT_TRY(result_json_number(reader->import, any, "repetitions", one->id, &count));
    const double half = count >= 2 && stddev >= 0
                            ? stats_student_quantile(0.975, count - 1) * stddev / sqrt(count)
                            : NAN;
    const double value = isnan(median) ? mean : median;
    RESULT_TRY(result_import_value(reader->import, one,
                                   (struct result_estimate){ value, value - half, value + half }));
    if (mean > 0 && isfinite(mean))
        one->mean_ns.value = mean;
    if (stddev >= 0 && isfinite(stddev))
        one->stddev_ns = stddev;
    RESULT_TRY(put_threads(reader, any, one));
    return result_import_note(reader->import, "some benchmarks have aggregates only: there are no "
                                              "samples, and the intervals are those of their "
                                              "standard deviation");
}

static base_err put_beside(struct reader *reader, size_t index)
{
    struct result_case *one = result_import_at(reader->import, index);
    const struct group *group = &reader->groups[index];
    if (strcmp(one->status, "ok") != 0)
        return BASE_OK;
    if (group->repetitions == 0)
        return put_aggregates(reader, group, one);
    RESULT_TRY(put_threads(reader, group->first, one));
    RESULT_TRY(put_rates(reader, group->first, one));
    RESULT_TRY(put_counters(reader, group->first, group->repetitions, one));
    return put_cpu(reader, group, one);
}

/* --- the context --- */

static base_err put_cache(struct result_import *import, const json_t *cache)
{
    const char *type = json_string_value(json_object_get(cache, "type"));
    char name[80], value[80];
    if (type == NULL)
        return BASE_OK;
    snprintf(name, sizeof name, "cache_l%d_%.20s",
             (int)json_integer_value(json_object_get(cache, "level")), type);
    snprintf(value, sizeof value, "%lld bytes, shared by %d",
             (long long)json_integer_value(json_object_get(cache, "size")),
             (int)json_integer_value(json_object_get(cache, "num_sharing")));
    return result_import_host(import, name, value);
}

static base_err put_context_item(struct result_import *import, const char *key, const json_t *value)
{
    static const char *const hosts[][2] = { { "host_name", "name" },
                                            { "num_cpus", "cpus" },
                                            { "mhz_per_cpu", "mhz_per_cpu" },
                                            { "cpu_scaling_enabled", "cpu_scaling_enabled" } };
    size_t i;
    const json_t *item;
    const char *shown = result_json_shown(result_import_arena(import), value);
    for (i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        if (strcmp(hosts[i][0], key) == 0)
            return result_import_host(import, hosts[i][1], shown);
    if (strcmp(key, "date") == 0) {
        result_import_date(import, result_import_time(json_string_value(value)));
        return BASE_OK;
    }
    if (strcmp(key, "load_avg") == 0)
        return result_import_host(
            import, "load",
            result_json_shown(result_import_arena(import), json_array_get(value, 0)));
    if (strcmp(key, "executable") == 0 || strstr(key, "build") != NULL ||
        strstr(key, "version") != NULL)
        return result_import_build(import, key, shown);
    if (strcmp(key, "caches") != 0)
        return result_import_config(import, key, shown);
    json_array_foreach((json_t *)value, i, item) RESULT_TRY(put_cache(import, item));
    return BASE_OK;
}

static base_err read_tree(struct reader *reader, const json_t *root)
{
    const json_t *list = json_object_get(root, "benchmarks");
    const char *key;
    const json_t *value;
    size_t i;
    if (!json_is_array(list))
        return result_import_fail(reader->import, BASE_EINVALID, 0, "'benchmarks' is not a list");
    json_object_foreach(json_object_get(root, "context"), key, value)
        RESULT_TRY(put_context_item(reader->import, key, value));
    json_array_foreach(list, i, value) RESULT_TRY(read_entry(reader, value, i));
    RESULT_TRY(result_import_settle(reader->import));
    for (i = 0; i < result_import_count(reader->import); i++)
        RESULT_TRY(put_beside(reader, i));
    return BASE_OK;
}

static base_err import_text(const struct result_import_source *source, struct result_run *run,
                            struct result_import_notes *notes, struct base_why *why)
{
    struct reader reader = { 0 };
    json_t *root = NULL;
    RESULT_TRY(result_import_open(source, TITLE, why, &reader.import));
    base_err err = result_json_parse(reader.import, source->text, NULL, &root);
    if (err == BASE_OK)
        err = read_tree(&reader, root);
    json_decref(root);
    free(reader.groups);
    if (err == BASE_OK)
        return result_import_finish(reader.import, run, notes);
    result_import_close(reader.import);
    return err;
}

const struct result_interop result_interop_gbench = {
    .name = "gbench",
    .title = TITLE,
    .extension = ".json",
    .doc = "google/benchmark's JSON, as its compare.py reads it",
    .is_like = is_like,
    .import = import_text,
    .export = result_gbench_write,
};
