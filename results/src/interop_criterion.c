/* interop_criterion.c - a target/criterion tree. Every benchmark has folders for its baselines
 * ("new", "base", a name), each with sample.json (iterations and total time of every batch, all of
 * one process) and estimates.json, which is only read where there is no sample. */
#define _GNU_SOURCE
#include "interop_internal.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TITLE   "criterion.rs folder"
#define CHANGES "change" /* a folder of comparisons, not of times */

enum { DEPTH_MAX = 12, BATCH_MAX = 1000000 };

/* --- import ----------------------------------------------------------------------------------- */

struct walk {
    struct result_import *import;
    char root[RESULT_CRITERION_PATH_SIZE];
    const char *baseline;
    struct base_buf all; /* of every file read, for the digest */
    size_t files;
    bool has_other; /* another baseline was seen */
    char other[256];
};

static base_err read_json(struct walk *walk, const char *folder, const char *name, json_t **root)
{
    char path[RESULT_CRITERION_PATH_SIZE];
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
    char path[RESULT_CRITERION_PATH_SIZE];
    for (size_t i = 0; i < 2; i++)
        if (snprintf(path, sizeof path, "%s/%s", folder, names[i]) < (int)sizeof path &&
            access(path, F_OK) == 0)
            return true;
    return false;
}

static base_err walk_folder(struct walk *walk, const char *folder, unsigned depth);

static base_err walk_entry(struct walk *walk, const char *folder, const char *name, unsigned depth)
{
    char path[RESULT_CRITERION_PATH_SIZE];
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

const char *result_criterion_baseline(char *path)
{
    struct stat what;
    char *at = strrchr(path, '@');
    if (at == NULL || (stat(path, &what) == 0 && S_ISDIR(what.st_mode)))
        return RESULT_CRITERION_NEWEST;
    *at = '\0';
    return at + 1;
}

static base_err read_all(struct walk *walk, const struct result_import_source *source)
{
    if (snprintf(walk->root, sizeof walk->root, "%s", source->path) >= (int)sizeof walk->root)
        return result_import_fail(walk->import, BASE_ERANGE, 0, "the path is too long");
    walk->baseline = result_criterion_baseline(walk->root);
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

const struct result_interop result_interop_criterion = {
    .name = "criterion",
    .title = TITLE,
    .extension = "",
    .doc = "a criterion.rs folder (target/criterion)",
    .is_folder = true,
    .import = import_folder,
    .export_folder = result_criterion_write,
};
