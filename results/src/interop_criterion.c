/* interop_criterion.c - a target/criterion tree. Every benchmark has folders for its baselines
 * ("new", "base", a name), each with sample.json (iterations and total time of every batch, all of
 * one process) and estimates.json, which is only read where there is no sample. */
#define _GNU_SOURCE
#include "interop_internal.h"

#include <stats/bootstrap.h>

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TITLE   "criterion.rs folder"
#define NEWEST  "new"
#define CHANGES "change" /* a folder of comparisons, not of times */

enum {
    PATH_SIZE = 4096,
    DEPTH_MAX = 12,
    NAME_MAX_SIZE = 64,
    RESAMPLES = 10000,
    BATCH_MAX = 1000000
};

/* --- import ----------------------------------------------------------------------------------- */

struct walk {
    struct result_import *import;
    char root[PATH_SIZE];
    const char *baseline;
    struct base_buf all; /* of every file read, for the digest */
    size_t files;
    bool has_other; /* another baseline was seen */
    char other[256];
};

static base_err read_json(struct walk *walk, const char *folder, const char *name, json_t **root)
{
    char path[PATH_SIZE];
    struct base_buf text = { 0 };
    struct base_why why = { 0 };
    *root = NULL;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return result_import_fail(walk->import, BASE_ERANGE, 0, "a path in it is too long");
    if (access(path, F_OK) != 0)
        return BASE_OK;
    if (++walk->files > RESULT_IMPORT_FILE_MAX)
        return result_import_fail(walk->import, BASE_ERANGE, 0, "it has more than %d files",
                                  RESULT_IMPORT_FILE_MAX);
    base_err err = base_buf_read_file(&text, path, RESULT_IMPORT_SIZE_MAX - walk->all.size, &why);
    if (err != BASE_OK)
        err = result_import_fail(walk->import, err, 0, "%s", why.text);
    else if (base_buf_put(&walk->all, text.data, text.size) != BASE_OK)
        err = result_import_fail(walk->import, BASE_ENOMEM, 0, "no memory for its contents");
    else
        err = result_json_parse(walk->import, base_buf_span(&text), path, root);
    base_buf_done(&text);
    return err;
}

static base_err put_batches(struct walk *walk, struct result_case *one, const json_t *sample)
{
    const json_t *iters = json_object_get(sample, "iters");
    const json_t *times = json_object_get(sample, "times");
    const size_t count = json_array_size(times), index = result_import_count(walk->import) - 1;
    if (count == 0 || count > BATCH_MAX || json_array_size(iters) != count)
        return result_import_fail(walk->import, BASE_EINVALID, 0,
                                  "%.100s: sample.json has %zu iters and %zu times; as many of "
                                  "both, 1 to %d, are right",
                                  one->id, json_array_size(iters), count, BATCH_MAX);
    for (size_t i = 0; i < count; i++) {
        const json_t *iter = json_array_get(iters, i), *time = json_array_get(times, i);
        const double items = json_number_value(iter);
        if (!json_is_number(iter) || !json_is_number(time) || !(items >= 1 && items < 9e15))
            return result_import_fail(walk->import, BASE_EINVALID, 0,
                                      "%.100s: sample.json: batch %zu is not a count of 1 or more "
                                      "iterations with a time",
                                      one->id, i);
        RESULT_TRY(
            result_import_batch(walk->import, index, (uint64_t)items, json_number_value(time)));
    }
    return BASE_OK;
}

static base_err estimate_of(struct walk *walk, const json_t *estimates, const char *key,
                            const char *where, struct result_estimate *out)
{
    const json_t *one = json_object_get(estimates, key);
    const json_t *interval = json_object_get(one, "confidence_interval");
    RESULT_TRY(result_json_number(walk->import, one, "point_estimate", where, &out->value));
    RESULT_TRY(result_json_number(walk->import, interval, "lower_bound", where, &out->low));
    return result_json_number(walk->import, interval, "upper_bound", where, &out->high);
}

static base_err put_estimates(struct walk *walk, struct result_case *one, const json_t *estimates)
{
    struct result_estimate median, mean, stddev;
    RESULT_TRY(estimate_of(walk, estimates, "median", one->id, &median));
    RESULT_TRY(estimate_of(walk, estimates, "mean", one->id, &mean));
    RESULT_TRY(estimate_of(walk, estimates, "std_dev", one->id, &stddev));
    RESULT_TRY(result_import_value(walk->import, one, isnan(median.value) ? mean : median));
    if (strcmp(one->status, "ok") == 0 && mean.value > 0 && isfinite(mean.value))
        one->mean_ns.value = mean.value;
    if (strcmp(one->status, "ok") == 0 && stddev.value >= 0 && isfinite(stddev.value))
        one->stddev_ns = stddev.value;
    return result_import_note(walk->import, "some benchmarks have no sample.json: their estimates "
                                            "are taken as they are, without samples");
}

/* {"Bytes": n}, {"BytesDecimal": n} or {"Elements": n} */
static void put_throughput(const json_t *throughput, struct result_case *one)
{
    const json_t *bytes = json_object_get(throughput, "Bytes");
    if (bytes == NULL)
        bytes = json_object_get(throughput, "BytesDecimal");
    const double size = json_number_value(bytes);
    const double parts = json_number_value(json_object_get(throughput, "Elements"));
    if (size > 0 && isfinite(size))
        one->bytes_per_item = size;
    if (parts > 0 && isfinite(parts))
        one->parts_per_item = parts;
}

/* The name in benchmark.json, else the path. */
static base_err name_of(struct walk *walk, const json_t *about, const char *folder,
                        struct result_case **one)
{
    static const char *const keys[][2] = { { "group_id", "group" },
                                           { "function_id", "function" },
                                           { "value_str", "value" } };
    const char *id, *text;
    RESULT_TRY(result_json_string(walk->import, about, "full_id", folder, &id));
    if (id == NULL) {
        const char *inside = folder + strlen(walk->root);
        char *path =
            base_arena_text(result_import_arena(walk->import), inside + strspn(inside, "/"));
        char *end = path != NULL ? strrchr(path, '/') : NULL;
        if (end != NULL)
            *end = '\0';
        id = end != NULL ? path : "benchmark";
    }
    RESULT_TRY(result_import_case(walk->import, id, one));
    (*one)->item = "iteration";
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        RESULT_TRY(result_json_string(walk->import, about, keys[i][0], id, &text));
        RESULT_TRY(result_import_arg(walk->import, *one, keys[i][1], text));
    }
    put_throughput(json_object_get(about, "throughput"), *one);
    return BASE_OK;
}

static base_err read_baseline(struct walk *walk, const char *folder)
{
    json_t *about = NULL, *sample = NULL, *estimates = NULL;
    struct result_case *one = NULL;
    base_err err = read_json(walk, folder, "benchmark.json", &about);
    if (err == BASE_OK)
        err = read_json(walk, folder, "sample.json", &sample);
    if (err == BASE_OK && sample == NULL)
        err = read_json(walk, folder, "estimates.json", &estimates);
    if (err == BASE_OK && (sample != NULL || estimates != NULL)) {
        err = name_of(walk, about, folder, &one);
        if (err == BASE_OK)
            err = sample != NULL ? put_batches(walk, one, sample)
                                 : put_estimates(walk, one, estimates);
    }
    json_decref(about);
    json_decref(sample);
    json_decref(estimates);
    return err;
}

static bool has_times(const char *folder)
{
    static const char *const names[] = { "estimates.json", "sample.json" };
    char path[PATH_SIZE];
    for (size_t i = 0; i < 2; i++)
        if (snprintf(path, sizeof path, "%s/%s", folder, names[i]) < (int)sizeof path &&
            access(path, F_OK) == 0)
            return true;
    return false;
}

static base_err walk_folder(struct walk *walk, const char *folder, unsigned depth);

static base_err walk_entry(struct walk *walk, const char *folder, const char *name, unsigned depth)
{
    char path[PATH_SIZE];
    struct stat what;
    if (name[0] == '.' || strcmp(name, "report") == 0 || strcmp(name, CHANGES) == 0)
        return BASE_OK;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return result_import_fail(walk->import, BASE_ERANGE, 0, "a path in it is too long");
    if (lstat(path, &what) != 0 || !S_ISDIR(what.st_mode)) /* links could lead out, or round */
        return BASE_OK;
    if (!has_times(path))
        return walk_folder(walk, path, depth + 1);
    if (strcmp(name, walk->baseline) == 0)
        return read_baseline(walk, path);
    walk->has_other = true;
    snprintf(walk->other, sizeof walk->other, "%s", name);
    return BASE_OK;
}

/* In the order of names, so that a folder always gives the same run. */
static base_err walk_folder(struct walk *walk, const char *folder, unsigned depth)
{
    struct dirent **entries = NULL;
    base_err err = BASE_OK;
    if (depth > DEPTH_MAX)
        return result_import_fail(walk->import, BASE_ERANGE, 0, "its folders are more than %d deep",
                                  DEPTH_MAX);
    const int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0)
        return result_import_fail(walk->import, BASE_EIO, 0, "the folder cannot be read");
    for (int i = 0; i < count; i++) {
        if (err == BASE_OK)
            err = walk_entry(walk, folder, entries[i]->d_name, depth);
        free(entries[i]);
    }
    free(entries);
    return err;
}

/* "FOLDER@NAME" is another baseline of the folder, unless there is a folder of that whole name.
 * Cuts the path; returns the name of the baseline. */
static const char *cut_baseline(char *path)
{
    struct stat what;
    char *at = strrchr(path, '@');
    if (at == NULL || (stat(path, &what) == 0 && S_ISDIR(what.st_mode)))
        return NEWEST;
    *at = '\0';
    return at + 1;
}

static base_err read_all(struct walk *walk, const struct result_import_source *source)
{
    if (snprintf(walk->root, sizeof walk->root, "%s", source->path) >= (int)sizeof walk->root)
        return result_import_fail(walk->import, BASE_ERANGE, 0, "the path is too long");
    walk->baseline = cut_baseline(walk->root);
    RESULT_TRY(has_times(walk->root) ? read_baseline(walk, walk->root)
                                     : walk_folder(walk, walk->root, 0));
    if (result_import_count(walk->import) == 0)
        return result_import_fail(
            walk->import, BASE_EINVALID, 0,
            "no criterion results: no folder '%.100s' in it has a sample.json "
            "or estimates.json%s%.100s%s",
            walk->baseline, walk->has_other ? "; there is a baseline '" : "", walk->other,
            walk->has_other ? "': write FOLDER@NAME" : "");
    if (walk->has_other)
        RESULT_TRY(result_import_note(walk->import,
                                      "only the baseline '%.100s' is read; there are "
                                      "others, such as '%.100s' (write FOLDER@NAME)",
                                      walk->baseline, walk->other));
    result_import_digest(walk->import, base_buf_span(&walk->all));
    RESULT_TRY(result_import_settle(walk->import));
    return result_import_note(walk->import,
                              "criterion's own estimates, changes and reports are left "
                              "out; numbers are made anew from the samples");
}

static base_err import_folder(const struct result_import_source *source, struct result_run *run,
                              struct result_import_notes *notes, struct base_why *why)
{
    struct walk *walk = calloc(1, sizeof *walk);
    if (walk == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "%s: no memory for its contents", source->path);
    base_err err = result_import_open(source, TITLE, why, &walk->import);
    if (err == BASE_OK)
        err = read_all(walk, source);
    if (err == BASE_OK)
        err = result_import_finish(walk->import, run, notes);
    else
        result_import_close(walk->import);
    base_buf_done(&walk->all);
    free(walk);
    return err;
}

/* --- export ----------------------------------------------------------------------------------- */

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
    char folder[PATH_SIZE];
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
    char path[PATH_SIZE];
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
    char path[PATH_SIZE];
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

static base_err export_folder(const struct result_run *run, const char *folder, size_t *left_out,
                              struct base_why *why)
{
    struct base_arena arena = { 0 };
    struct target target;
    if (snprintf(target.folder, sizeof target.folder, "%s", folder) >= (int)sizeof target.folder)
        return base_fail(why, BASE_ERANGE, 0, "%.100s...: the path is too long", folder);
    target.baseline = cut_baseline(target.folder);
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

const struct result_interop result_interop_criterion = {
    .name = "criterion",
    .title = TITLE,
    .extension = "",
    .doc = "a criterion.rs folder (target/criterion)",
    .is_folder = true,
    .import = import_folder,
    .export_folder = export_folder,
};
