/* interop_bencher.c - Bencher Metric Format: benchmark, measure, value with optional bounds. There
 * are no samples, and the level of the bounds is not said. */
#include "interop_internal.h"

#include <math.h>
#include <string.h>

#define TITLE "Bencher Metric Format"
#define NS    1e9

static bool is_like(struct base_span text)
{
    return result_json_has_key(text, 3, "value");
}

/* --- import ----------------------------------------------------------------------------------- */

static base_err value_of(struct result_import *import, const json_t *measure, const char *where,
                         struct result_estimate *out)
{
    *out = (struct result_estimate){ NAN, NAN, NAN };
    if (!json_is_object(measure))
        return result_import_fail(import, BASE_EINVALID, 0,
                                  "%.100s: a measure is not an object with a value", where);
    RESULT_TRY(result_json_number(import, measure, "value", where, &out->value));
    RESULT_TRY(result_json_number(import, measure, "lower_value", where, &out->low));
    RESULT_TRY(result_json_number(import, measure, "upper_value", where, &out->high));
    if (isnan(out->value))
        return result_import_fail(import, BASE_EINVALID, 0, "%.100s: a measure has no value",
                                  where);
    return BASE_OK;
}

static base_err note_bounds(struct result_import *import, const struct result_estimate *value)
{
    if (isnan(value->low) || isnan(value->high))
        return result_import_note(import, "some values have no bounds: nothing tells their spread");
    return result_import_note(import, "the level of lower_value and upper_value is not said; 95 %% "
                                      "is taken");
}

static base_err put_latency(struct result_import *import, struct result_case *one,
                            struct result_estimate ns)
{
    RESULT_TRY(note_bounds(import, &ns));
    return result_import_value(import, one, ns);
}

/* Operations a second, where there is no latency: its inverse. */
static base_err put_throughput(struct result_import *import, struct result_case *one,
                               struct result_estimate rate)
{
    if (!(rate.value > 0)) {
        one->status = "error";
        one->why = "its throughput is not positive";
        return BASE_OK;
    }
    RESULT_TRY(
        result_import_note(import, "where there is no latency, time is made from throughput"));
    return put_latency(import, one,
                       (struct result_estimate){ NS / rate.value,
                                                 rate.high > 0 ? NS / rate.high : NAN,
                                                 rate.low > 0 ? NS / rate.low : NAN });
}

static base_err read_benchmark(struct result_import *import, const char *name,
                               const json_t *measures)
{
    struct result_case *one;
    const char *slug;
    const json_t *measure;
    struct result_estimate value;
    bool has_time = json_object_get(measures, "latency") != NULL;
    RESULT_TRY(result_import_case(import, name, &one));
    if (!json_is_object(measures))
        return result_import_fail(import, BASE_EINVALID, 0,
                                  "%.100s: it is not an object of measures", name);
    json_object_foreach((json_t *)measures, slug, measure)
    {
        RESULT_TRY(value_of(import, measure, name, &value));
        if (strcmp(slug, "latency") == 0)
            RESULT_TRY(put_latency(import, one, value));
        else if (strcmp(slug, "throughput") == 0 && !has_time)
            RESULT_TRY(put_throughput(import, one, value));
        else
            RESULT_TRY(result_import_counter(import, one, slug, value.value, "1"));
    }
    if (strcmp(one->status, "ok") != 0 || one->median_ns.value > 0)
        return BASE_OK;
    one->status = "error";
    one->why = "it has neither latency nor throughput";
    return BASE_OK;
}

static base_err read_tree(struct result_import *import, const json_t *root)
{
    const char *name;
    const json_t *measures;
    if (!json_is_object(root))
        return result_import_fail(import, BASE_EINVALID, 0, "it is not an object of benchmarks");
    json_object_foreach((json_t *)root, name, measures)
        RESULT_TRY(read_benchmark(import, name, measures));
    return BASE_OK;
}

static base_err import_text(const struct result_import_source *source, struct result_run *run,
                            struct result_import_notes *notes, struct base_why *why)
{
    return result_json_import(source, TITLE, read_tree, run, notes, why);
}

/* --- export ----------------------------------------------------------------------------------- */

static json_t *measure_of(struct result_estimate value)
{
    json_t *measure = json_object();
    json_object_set_new(measure, "value", json_real(value.value));
    if (isfinite(value.low) && isfinite(value.high)) {
        json_object_set_new(measure, "lower_value", json_real(value.low));
        json_object_set_new(measure, "upper_value", json_real(value.high));
    }
    return measure;
}

static void put_case(json_t *root, const struct result_case *one)
{
    json_t *measures = json_object();
    const struct result_estimate ns = result_best_of(one);
    const double instructions = result_counter_of(one, "instructions");
    json_object_set_new(measures, "latency", measure_of(ns));
    json_object_set_new(
        measures, "throughput",
        measure_of((struct result_estimate){ NS / ns.value, ns.high > 0 ? NS / ns.high : NAN,
                                             ns.low > 0 ? NS / ns.low : NAN }));
    if (!isnan(instructions))
        json_object_set_new(measures, "instructions",
                            measure_of((struct result_estimate){ instructions, NAN, NAN }));
    json_object_set_new(root, one->id, measures);
}

static base_err export_text(const struct result_run *run, struct base_buf *out, size_t *left_out,
                            struct base_why *why)
{
    json_t *root = json_object();
    *left_out = 0;
    for (size_t i = 0; root != NULL && i < run->case_count; i++) {
        if (result_is_exportable(&run->cases[i]))
            put_case(root, &run->cases[i]);
        else
            ++*left_out;
    }
    const base_err err = result_json_end(root, out);
    return err == BASE_OK ? err : base_fail(why, err, 0, "no memory for the export");
}

const struct result_interop result_interop_bencher = {
    .name = "bencher",
    .title = TITLE,
    .extension = ".json",
    .doc = "Bencher Metric Format (JSON)",
    .is_like = is_like,
    .import = import_text,
    .export = export_text,
};
