/* interop_criterion_write.c - a run as a criterion.rs folder, which criterion takes for one of its
 * baselines. Its estimates are made from the samples, as criterion makes them. */
#include "interop_internal.h"

#include <stats/bootstrap.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_SIZE = 64, RESAMPLES = 10000 };

/* A part of a path as criterion makes it; what would lead elsewhere is taken out.
 * Source   criterion.rs 0.3.6, src/report.rs: make_filename_safe */
static void put_safe(const char *part, char out[NAME_MAX_SIZE + 1])
{
    size_t used = 0;
    for (; *part != '\0' && used < NAME_MAX_SIZE; part++)
        out[used++] = strchr("?\"/\\*<>:|^", *part) != NULL || (uint8_t)*part < ' ' ? '_' : *part;
    while (used > 0 && ((uint8_t)out[used - 1] & 0xc0) == 0x80 && *part != '\0')
        used--; /* not in the middle of a character */
    if (used > 0 && (uint8_t)out[used - 1] >= 0xc0)
        used--;
    out[used] = '\0';
    if (used == 0 || strspn(out, ".") == used)
        snprintf(out, NAME_MAX_SIZE, "_");
}

struct place {
    const char *group, *function, *value; /* function and value: NULL when there are none */
    char folder[3 * (NAME_MAX_SIZE + 1) + 16];
};

struct target {
    char folder[RESULT_CRITERION_PATH_SIZE];
    const char *baseline;
};

static void find_place(const struct result_case *one, struct place *place)
{
    char part[NAME_MAX_SIZE + 1];
    *place = (struct place){ .group = NULL };
    for (size_t i = 0; i < one->args.count; i++) {
        const struct result_pair *pair = &one->args.items[i];
        if (strcmp(pair->name, "group") == 0)
            place->group = pair->value;
        else if (strcmp(pair->name, "function") == 0)
            place->function = pair->value;
        else if (strcmp(pair->name, "value") == 0)
            place->value = pair->value;
    }
    if (place->group == NULL) { /* not of criterion: the id is the whole name */
        place->group = one->id;
        place->function = place->value = NULL;
    }
    const char *const parts[] = { place->group, place->function, place->value };
    for (size_t i = 0; i < 3; i++)
        if (parts[i] != NULL) {
            put_safe(parts[i], part);
            strcat(strcat(place->folder, i > 0 ? "/" : ""), part);
        }
}

static json_t *estimate_json(const struct stats_bootstrap *from)
{
    const struct stats_interval interval = from->percentile;
    const bool is_bounded = isfinite(interval.low) && isfinite(interval.high);
    if (!isfinite(interval.value) || !is_bounded)
        return json_null();
    json_t *out = json_object(), *bounds = json_object();
    json_object_set_new(bounds, "confidence_level", json_real(0.95));
    json_object_set_new(bounds, "lower_bound", json_real(interval.low));
    json_object_set_new(bounds, "upper_bound", json_real(interval.high));
    json_object_set_new(out, "confidence_interval", bounds);
    json_object_set_new(out, "point_estimate", json_real(interval.value));
    json_object_set_new(out, "standard_error",
                        json_real(isfinite(from->standard_error) ? from->standard_error : 0));
    return out;
}

/* As criterion makes them: independent resamples, percentiles. The slope only where the counts of
 * iterations differ. */
static base_err make_estimates(const struct result_repetitions *times, bool is_linear, json_t **out)
{
    static const char *const keys[] = { [STATS_MEAN] = "mean",
                                        [STATS_MEDIAN] = "median",
                                        [STATS_STDDEV] = "std_dev",
                                        [STATS_MAD] = "median_abs_dev",
                                        [STATS_SLOPE] = "slope" };
    struct stats_bootstrap all[STATS_STATISTIC_COUNT];
    double *values = malloc(2 * times->count * sizeof *values);
    if (values == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < times->count; i++) {
        values[i] = times->ns[i] * (double)times->items[i];
        values[times->count + i] = (double)times->items[i];
    }
    const struct stats_source source = {
        .times = values, .items = values + times->count, .count = times->count, .block = 1
    };
    const struct stats_bootstrap_options options = { 0.95, RESAMPLES, 1 };
    const base_err err = stats_bootstrap_of(&source, &options, all);
    free(values);
    if (err != BASE_OK)
        return err;
    *out = json_object();
    for (size_t i = 0; i < STATS_STATISTIC_COUNT; i++)
        json_object_set_new(*out, keys[i],
                            i == STATS_SLOPE && !is_linear ? json_null() : estimate_json(&all[i]));
    return BASE_OK;
}

static json_t *make_about(const struct result_case *one, const struct place *place)
{
    json_t *about = json_object(), *throughput = json_null();
    const double amount = one->bytes_per_item > 0 ? one->bytes_per_item : one->parts_per_item;
    if (amount >= 1) {
        throughput = json_object();
        json_object_set_new(throughput, one->bytes_per_item > 0 ? "Bytes" : "Elements",
                            json_integer((json_int_t)llround(amount)));
    }
    json_object_set_new(about, "group_id", result_json_text(place->group));
    json_object_set_new(about, "function_id", result_json_text(place->function));
    json_object_set_new(about, "value_str", result_json_text(place->value));
    json_object_set_new(about, "throughput", throughput);
    json_object_set_new(about, "full_id", result_json_text(one->id));
    json_object_set_new(about, "directory_name", result_json_text(place->folder));
    json_object_set_new(about, "title", result_json_text(one->id));
    return about;
}

static json_t *make_sample(const struct result_repetitions *times, bool is_linear)
{
    json_t *sample = json_object(), *iters = json_array(), *totals = json_array();
    for (size_t i = 0; i < times->count; i++) {
        json_array_append_new(iters, json_real((double)times->items[i]));
        json_array_append_new(totals, json_real(times->ns[i] * (double)times->items[i]));
    }
    json_object_set_new(sample, "sampling_mode", json_string(is_linear ? "Linear" : "Flat"));
    json_object_set_new(sample, "iters", iters);
    json_object_set_new(sample, "times", totals);
    return sample;
}

static base_err write_json(const char *folder, const char *name, json_t *root, struct base_why *why)
{
    char path[RESULT_CRITERION_PATH_SIZE];
    struct base_buf out = { 0 };
    base_err err = result_json_end(root, &out);
    if (err == BASE_OK && snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        err = base_fail(why, BASE_ERANGE, 0, "%s: the path is too long", folder);
    else if (err == BASE_OK)
        err = base_file_write(path, base_buf_span(&out), why);
    else
        err = base_fail(why, err, 0, "%s: no memory for the export", folder);
    base_buf_done(&out);
    return err;
}

static base_err write_case(const struct result_case *one, const struct place *place,
                           const struct target *target, const struct result_repetitions *times,
                           struct base_why *why)
{
    char path[RESULT_CRITERION_PATH_SIZE];
    bool is_linear = false;
    json_t *estimates = NULL;
    for (size_t i = 1; i < times->count; i++)
        is_linear = is_linear || times->items[i] != times->items[0];
    if (snprintf(path, sizeof path, "%s/%s/%s", target->folder, place->folder, target->baseline) >=
        (int)sizeof path)
        return base_fail(why, BASE_ERANGE, 0, "%s: the path is too long", target->folder);
    if (make_estimates(times, is_linear, &estimates) != BASE_OK)
        return base_fail(why, BASE_ENOMEM, 0, "%s: no memory for the export", target->folder);
    base_err err = base_folder_make(path, why);
    if (err != BASE_OK)
        json_decref(estimates);
    else
        err = write_json(path, "estimates.json", estimates, why);
    if (err == BASE_OK)
        err = write_json(path, "sample.json", make_sample(times, is_linear), why);
    return err == BASE_OK ? write_json(path, "benchmark.json", make_about(one, place), why) : err;
}

/* Two names may become the same folder: the later one gets a number. */
static void make_unique(struct place *places, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(places[i].folder, places[at].folder) == 0) {
            const size_t size = strlen(places[at].folder);
            snprintf(places[at].folder + size, sizeof places[at].folder - size, "_%zu", at);
            return;
        }
}

base_err result_criterion_write(const struct result_run *run, const char *folder, size_t *left_out,
                                struct base_why *why)
{
    struct base_arena arena = { 0 };
    struct target target;
    if (snprintf(target.folder, sizeof target.folder, "%s", folder) >= (int)sizeof target.folder)
        return base_fail(why, BASE_ERANGE, 0, "%.100s...: the path is too long", folder);
    target.baseline = result_criterion_baseline(target.folder);
    if (*target.baseline == '\0' || strchr(target.baseline, '/') != NULL)
        return base_fail(why, BASE_EINVALID, 0, "%s: after the @ stands the name of a baseline",
                         folder);
    struct place *places = base_arena_array(&arena, run->case_count + 1, sizeof *places);
    base_err err = places != NULL ? BASE_OK : base_fail(why, BASE_ENOMEM, 0, "no memory");
    *left_out = 0;
    for (size_t i = 0; err == BASE_OK && i < run->case_count; i++) {
        const struct result_case *one = &run->cases[i];
        struct result_repetitions times = { 0 };
        find_place(one, &places[i]);
        make_unique(places, i);
        if (result_is_exportable(one) && result_repetitions_of(one, &arena, &times) != BASE_OK)
            err = base_fail(why, BASE_ENOMEM, 0, "no memory for the export");
        else if (times.count >= 2)
            err = write_case(one, &places[i], &target, &times, why);
        else
            ++*left_out;
    }
    base_arena_done(&arena);
    if (err == BASE_OK && *left_out == run->case_count)
        return base_fail(why, BASE_EINVALID, 0,
                         "no case of the run has two samples, which criterion's format needs");
    return err;
}
