/* drive_open.c - getting a worker to the point where batches can be run, and running them. */
#define _GNU_SOURCE
#include "drive_internal.h"

#include <bench/clock.h>

#include <math.h>
#include <string.h>

enum { CALIBRATE_GROWTH = 8, CALIBRATE_SURE = 1000, CALIBRATE_LONG = 4, FLAT_BELOW = 3 };
#define COUNT_MAX (UINT64_C(1) << 30)

static void options_of(const struct drive *drive, const char *const *argv, const char *const *wrap,
                       struct wire_options *options)
{
    *options = (struct wire_options){ .argv = argv,
                                      .wrap = wrap,
                                      .cpus = drive->plan.cpus,
                                      .cpu_count = drive->plan.cpu_count,
                                      .memory_limit_bytes = drive->plan.memory_limit_bytes,
                                      .layout_seed = drive->plan.seed * 1000003u + drive->process,
                                      .deadline_ns = drive->deadline_ns,
                                      .interrupted = drive->plan.interrupted };
}

static const char *copy_text(struct bench_record *record, const json_t *value)
{
    const char *text = json_string_value(value);
    return base_arena_text(&record->arena, text != NULL ? text : "");
}

static double non_negative(const json_t *value)
{
    const double number = json_number_value(value);
    return isfinite(number) && number > 0 ? number : 0;
}

/* What the first process says of the case is kept; the others are only held to it. */
static void keep_description(struct drive *drive, const json_t *reply)
{
    struct bench_record *record = drive->record;
    record->bytes_per_item = non_negative(json_object_get(reply, "bytes_per_item"));
    record->parts_per_item = non_negative(json_object_get(reply, "parts_per_item"));
    record->clock = base_arena_text(&record->arena, drive->wire.clock);
    record->language = base_arena_text(&record->arena, drive->wire.language);
    record->clock_cost_ns = drive->wire.clock_cost_ns;
    record->clock_resolution_ns = drive->wire.clock_resolution_ns;
    const json_t *facts = json_object_get(reply, "facts");
    for (size_t i = 0; i < json_array_size(facts) && record->fact_count < BENCH_FACT_MAX; i++) {
        const json_t *fact = json_array_get(facts, i);
        record->facts[record->fact_count++] =
            (struct bench_fact){ copy_text(record, json_object_get(fact, "name")),
                                 json_number_value(json_object_get(fact, "value")),
                                 copy_text(record, json_object_get(fact, "unit")) };
    }
    const json_t *series = json_object_get(reply, "series");
    for (size_t i = 0; i < json_array_size(series) && i < BENCH_SERIES_MAX; i++)
        record->series[i] = copy_text(record, json_array_get(series, i));
}

static base_err open_case(struct drive *drive, bool is_first, struct base_why *why)
{
    json_t *reply = NULL;
    const base_err err = wire_open_case(&drive->wire, drive->target, drive->plan.threads,
                                        drive->plan.seed, &reply, why);
    if (err != BASE_OK)
        return err;
    if (is_first)
        keep_description(drive, reply);
    json_decref(reply);
    return BASE_OK;
}

static base_err open_companion(struct drive *drive, struct base_why *why)
{
    struct wire_options options;
    options_of(drive, drive->launch->reference_argv, NULL, &options);
    base_err err = wire_open(&drive->companion, &options, why);
    json_t *reply = NULL;
    if (err == BASE_OK)
        err =
            wire_ask(&drive->companion,
                     json_pack("{s:s, s:s}", "op", "open", "case", "reference/core"), &reply, why);
    json_decref(reply);
    return err == BASE_OK ? err : base_fail_prefix(why, err, "reference worker");
}

base_err drive_open(struct drive *drive, const char *const *wrap, bool is_first,
                    struct base_why *why)
{
    struct wire_options options;
    options_of(drive, drive->launch->argv, wrap, &options);
    base_err err = wire_open(&drive->wire, &options, why);
    if (err == BASE_OK)
        err = open_case(drive, is_first, why);
    const bool needs_companion = !drive->wire.has_references &&
                                 drive->launch->reference_argv != NULL && wrap == NULL &&
                                 !drive->plan.is_without_references;
    if (err == BASE_OK && needs_companion)
        err = open_companion(drive, why);
    if (err != BASE_OK)
        drive_close(drive, false);
    return err;
}

void drive_close(struct drive *drive, bool is_orderly)
{
    wire_close(&drive->wire, is_orderly);
    if (drive->companion.pid > 0)
        wire_close(&drive->companion, is_orderly);
}

/* One batch of the worker after one slice of each reference in the companion. */
static base_err batch_beside_companion(struct drive *drive, uint64_t items, struct base_why *why)
{
    static const char *const no_series[BENCH_SERIES_MAX] = { NULL };
    static const uint64_t one = 1;
    struct wire_batches slice = { 0 };
    base_err err = wire_run(&drive->companion, &one, 1, true, no_series, &slice, why);
    if (err == BASE_OK)
        err = wire_run(&drive->wire, &items, 1, false, drive->record->series, &drive->batches, why);
    if (err == BASE_OK) {
        drive->batches.core_ns[drive->batches.count - 1] = slice.core_ns[0];
        drive->batches.wide_ns[drive->batches.count - 1] = slice.wide_ns[0];
        drive->batches.cache_ns[drive->batches.count - 1] = slice.cache_ns[0];
        drive->batches.memory_ns[drive->batches.count - 1] = slice.memory_ns[0];
        drive->batches.memory_pages = wire_pages(drive->batches.memory_pages, slice.memory_pages);
    }
    wire_batches_done(&slice);
    return err;
}

base_err drive_batches(struct drive *drive, const uint64_t *counts, size_t count,
                       bool with_references, struct base_why *why)
{
    with_references = with_references && !drive->plan.is_without_references;
    if (!with_references || drive->companion.pid <= 0)
        return wire_run(&drive->wire, counts, count, with_references, drive->record->series,
                        &drive->batches, why);
    base_err err = BASE_OK;
    for (size_t i = 0; i < count && err == BASE_OK; i++)
        err = batch_beside_companion(drive, counts[i], why);
    return err;
}

static double target_ns(const struct drive *drive)
{
    return (double)drive->plan.batch_ns * (drive->plan.threads > 1 ? 10 : 1);
}

void drive_size_batches(struct drive *drive, double item_ns)
{
    const double items = item_ns > 0 ? target_ns(drive) / item_ns : (double)COUNT_MAX;
    drive->batch_items = drive->wire.is_exclusive || items < 1 ? 1
                         : items > (double)COUNT_MAX           ? COUNT_MAX
                                                               : items;
}

void drive_resize_batches(struct drive *drive, double item_ns)
{
    const double batch_ns = item_ns * drive->batch_items, target = target_ns(drive);
    if (drive->wire.is_exclusive || batch_ns >= target / CALIBRATE_LONG)
        return;
    const double growth =
        batch_ns * CALIBRATE_GROWTH > target ? target / batch_ns : (double)CALIBRATE_GROWTH;
    const double items = drive->batch_items * growth;
    drive->batch_items = items > (double)COUNT_MAX ? (double)COUNT_MAX : items;
    drive->is_flat = drive->batch_items < FLAT_BELOW;
}

/* Grow the batch until it is long enough to tell, twice in a row, then scale it to the target.
 * Sizes of 1 to 4 parts, 2.5 on average, are what is sampled (the slope needs them). */
base_err drive_calibrate(struct drive *drive, struct base_why *why)
{
    uint64_t items = 1;
    double ns = 0;
    for (bool was_long = false;;) {
        wire_batches_clear(&drive->batches);
        const base_err err = drive_batches(drive, &items, 1, false, why);
        if (err != BASE_OK)
            return err;
        ns = drive->batches.ns[0];
        const bool is_long = ns >= target_ns(drive) / CALIBRATE_LONG;
        if (drive->wire.is_exclusive || items >= COUNT_MAX || (is_long && was_long) ||
            ns >= target_ns(drive) * CALIBRATE_SURE)
            break;
        was_long = is_long; /* once is not enough: the first call of a case is cold */
        if (!is_long)
            items *= CALIBRATE_GROWTH;
    }
    drive->item_ns = ns / (double)items;
    drive_size_batches(drive, drive->item_ns);
    drive->is_flat = drive->batch_items < FLAT_BELOW;
    wire_batches_clear(&drive->batches);
    return BASE_OK;
}

bool drive_is_interrupted(const struct drive *drive)
{
    return drive->plan.interrupted != NULL && *drive->plan.interrupted != 0;
}
