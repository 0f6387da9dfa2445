/* drive.c - one case from start to record: fresh process after fresh process, each warmed up until
 * it is steady and then sampled for its share of the time. */
#define _GNU_SOURCE
#include "drive_internal.h"

#include <base/rng.h>
#include <base/units.h>
#include <bench/clock.h>
#include <stats/steady.h>
#include <stats/summary.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WARM_UP_CHUNK = 6,                 /* batches between two looks at whether it is steady */
    SAMPLE_CHUNK_MAX = 64,             /* batches in one request */
    REQUEST_NS = 40 * 1000 * 1000,     /* one request's length: how long Ctrl-C can have to wait */
    COUNT_ITEMS_NS = 20 * 1000 * 1000, /* length of the counting batch */
    PROGRESS_SAMPLE = 101,             /* latest batches that the shown estimate is the median of */
};

void drive_defaults(struct bench_plan *plan)
{
#define OR(field, value) plan->field = plan->field != 0 ? plan->field : (value)
    OR(warm_up_ns, UINT64_C(1000000000));
    OR(measurement_ns, UINT64_C(3000000000));
    OR(sample_size, 100);
    OR(processes, 10);
    OR(threads, 1);
    OR(timeout_ns, UINT64_C(120000000000));
    OR(batch_ns, 150000);
    OR(seed, 1);
#undef OR
    if (plan->processes > BENCH_PROCESS_MAX)
        plan->processes = BENCH_PROCESS_MAX;
    if (plan->items_exact > 0 && plan->processes > plan->items_exact)
        plan->processes = (uint32_t)plan->items_exact;
}

/* Items of this process of a plan with an exact number of them. */
static uint64_t exact_share(const struct drive *drive)
{
    const struct bench_plan *plan = &drive->plan;
    return plan->items_exact / plan->processes +
           (drive->process < plan->items_exact % plan->processes);
}

static uint64_t items_kept(const struct bench_record *record)
{
    uint64_t items = 0;
    for (size_t i = 0; i < record->process_count; i++)
        items += record->processes[i].batch_count;
    return items;
}

/* From what the items so far have taken, set-ups included. */
static uint64_t exact_left_ns(const struct drive *drive, uint64_t spent_ns)
{
    const uint64_t done = items_kept(drive->record) + drive->batches.count;
    const uint64_t all = drive->plan.items_exact;
    return done > 0 && done < all
               ? (uint64_t)((double)spent_ns / (double)done * (double)(all - done))
               : 0;
}

void drive_progress(struct drive *drive, enum bench_phase phase)
{
    if (drive->progress == NULL)
        return;
    const uint64_t spent = bench_clock_now_ns() - drive->start_ns;
    const uint64_t budget = drive->plan.items_exact > 0
                                ? spent + exact_left_ns(drive, spent)
                                : drive->plan.warm_up_ns + drive->plan.measurement_ns;
    const struct bench_progress progress = { .id = drive->target->id,
                                             .phase = phase,
                                             .process = drive->process,
                                             .processes = drive->plan.processes,
                                             .item_ns = drive->item_ns,
                                             .spent_ns = spent,
                                             .left_ns = spent < budget ? budget - spent : 0 };
    drive->progress(drive->context, &progress);
}

/* Median time per item of the latest batches. */
static void update_estimate(struct drive *drive)
{
    double values[PROGRESS_SAMPLE];
    const struct wire_batches *batches = &drive->batches;
    const size_t count = batches->count < PROGRESS_SAMPLE ? batches->count : PROGRESS_SAMPLE;
    for (size_t i = 0; i < count; i++) {
        const size_t at = batches->count - count + i;
        values[i] = batches->ns[at] / (double)batches->counts[at];
    }
    stats_sort(values, count);
    if (count > 0)
        drive->item_ns = stats_median_sorted(values, count);
}

uint64_t drive_batch_items(const struct drive *drive, uint64_t size)
{
    const double share = drive->is_flat ? 1 : (double)size / DRIVE_SIZE_MEAN;
    const double items = round(drive->batch_items * share);
    return items < 1 ? 1 : (uint64_t)items;
}

/* Sizes in blocks of four, each a random order of all four. */
static void choose_counts(struct drive *drive, struct base_rng *rng, uint64_t *counts, size_t count)
{
    uint64_t block[4] = { 1, 2, 3, 4 };
    for (size_t i = 0; i < count; i++) {
        if (i % 4 == 0)
            for (size_t k = 3; k > 0; k--) {
                const size_t other = base_rng_below(rng, k + 1);
                const uint64_t held = block[k];
                block[k] = block[other];
                block[other] = held;
            }
        counts[i] = drive_batch_items(drive, block[i % 4]);
    }
}

/* How many batches fit into one request, at most `most`. */
static size_t chunk_size(const struct drive *drive, size_t most)
{
    const double batch_ns = drive->item_ns * drive->batch_items;
    const double fit = REQUEST_NS / (batch_ns + 30000); /* with its references */
    size_t size = fit > (double)most ? most : fit < 1 ? 1 : (size_t)fit;
    return size >= 4 ? size / 4 * 4 : size;
}

static bool is_steady(const struct wire_batches *batches)
{
    double values[STATS_STEADY_WINDOW_MAX];
    const size_t count =
        batches->count < STATS_STEADY_WINDOW_MAX ? batches->count : STATS_STEADY_WINDOW_MAX;
    for (size_t i = 0; i < count; i++) {
        const size_t at = batches->count - count + i;
        values[i] = batches->ns[at] / (double)batches->counts[at];
    }
    const struct stats_steady_options defaults = { 0 };
    return stats_steady_of(values, count, &defaults).is_steady;
}

static base_err warm_up(struct drive *drive, struct base_rng *rng, struct bench_process *out,
                        struct base_why *why)
{
    const uint64_t start = bench_clock_now_ns();
    const uint64_t processes = drive->plan.processes;
    const uint64_t budget = drive->plan.warm_up_ns / processes;
    const uint64_t least = (drive->plan.warm_up_batches + processes - 1) / processes;
    base_err err = BASE_OK;
    uint64_t spent = 0;
    while (err == BASE_OK && !drive_is_interrupted(drive) &&
           ((!out->is_steady && spent < budget) ||
            (drive->batches.count < least && spent < 2 * budget))) {
        uint64_t counts[WARM_UP_CHUNK];
        const size_t count = chunk_size(drive, WARM_UP_CHUNK);
        choose_counts(drive, rng, counts, count);
        err = drive_batches(drive, counts, count, true, why);
        if (err != BASE_OK)
            break;
        out->is_steady = is_steady(&drive->batches);
        update_estimate(drive);
        drive_progress(drive, BENCH_PHASE_WARM_UP);
        spent = bench_clock_now_ns() - start;
    }
    out->warm_up_ns = spent;
    if (err == BASE_OK && drive->batches.count > 0 && !drive->wire.is_exclusive)
        drive_size_batches(drive, drive->item_ns);
    wire_batches_clear(&drive->batches);
    return err;
}

static uint64_t items_of(const struct wire_batches *batches)
{
    uint64_t items = 0;
    for (size_t i = 0; i < batches->count; i++)
        items += batches->counts[i];
    return items;
}

/* Until this process's share of the time is used and its share of the batches is there (for which
 * as much time again may pass), and its share of the iterations, as long as these may take. */
static bool needs_more(const struct drive *drive, uint64_t spent)
{
    const struct bench_plan *plan = &drive->plan;
    const uint64_t share = plan->measurement_ns / plan->processes;
    const size_t least = (plan->sample_size + plan->processes - 1) / plan->processes;
    const size_t have = drive->batches.count;
    if (plan->items_exact > 0)
        return have < exact_share(drive);
    if (have == 0)
        return true;
    if (have >= BENCH_BATCH_MAX - SAMPLE_CHUNK_MAX)
        return false;
    if (spent < share || (have < least && spent < 2 * share))
        return true;
    if (plan->iterations_ns > 0 && spent > plan->iterations_ns / plan->processes)
        return false;
    return plan->iterations > 0 && items_of(&drive->batches) * plan->processes < plan->iterations;
}

/* Of an exact number, no request asks for more than is left. */
static size_t sample_chunk(const struct drive *drive)
{
    const size_t count = chunk_size(drive, SAMPLE_CHUNK_MAX);
    const uint64_t left =
        drive->plan.items_exact > 0 ? exact_share(drive) - drive->batches.count : SAMPLE_CHUNK_MAX;
    return count < left ? count : (size_t)left;
}

static base_err sample(struct drive *drive, struct base_rng *rng, struct base_why *why)
{
    const bool is_exact = drive->plan.items_exact > 0;
    const uint64_t start = bench_clock_now_ns();
    base_err err = BASE_OK;
    if (is_exact)
        drive->wire.interrupted = NULL; /* what was done is kept: the last answer is waited for */
    while (err == BASE_OK && needs_more(drive, bench_clock_now_ns() - start)) {
        if (drive_is_interrupted(drive) && is_exact && drive->batches.count > 0)
            return BASE_OK;
        if (drive_is_interrupted(drive))
            return base_fail(why, BASE_EINTERRUPTED, 0, "interrupted");
        uint64_t counts[SAMPLE_CHUNK_MAX];
        const size_t count = sample_chunk(drive);
        choose_counts(drive, rng, counts, count);
        err = drive_batches(drive, counts, count, true, why);
        update_estimate(drive);
        drive_progress(drive, BENCH_PHASE_SAMPLE);
    }
    return err;
}

static double *keep(struct bench_record *record, const double *values, size_t count)
{
    double *copy = base_arena_array(&record->arena, count, sizeof *copy);
    if (copy != NULL)
        memcpy(copy, values, count * sizeof *copy);
    return copy;
}

static base_err keep_process(struct drive *drive, struct bench_process *out)
{
    struct bench_record *record = drive->record;
    const struct wire_batches *from = &drive->batches;
    out->batch_count = from->count;
    out->counts = base_arena_array(&record->arena, from->count, sizeof *out->counts);
    out->ns = keep(record, from->ns, from->count);
    out->core_ns = keep(record, from->core_ns, from->count);
    out->wide_ns = keep(record, from->wide_ns, from->count);
    out->cache_ns = keep(record, from->cache_ns, from->count);
    out->memory_ns = keep(record, from->memory_ns, from->count);
    if (out->counts == NULL || out->ns == NULL || out->core_ns == NULL || out->wide_ns == NULL ||
        out->cache_ns == NULL || out->memory_ns == NULL)
        return BASE_ENOMEM;
    memcpy(out->counts, from->counts, from->count * sizeof *out->counts);
    for (size_t i = 0; i < BENCH_SERIES_MAX && record->series[i] != NULL; i++) {
        out->series[i] = keep(record, from->series[i], from->count);
        if (out->series[i] == NULL)
            return BASE_ENOMEM;
    }
    out->context_switches = from->context_switches;
    out->page_faults = from->page_faults;
    out->migrations = from->migrations;
    record->memory_pages = wire_pages(record->memory_pages, from->memory_pages);
    record->processes[record->process_count++] = *out;
    return BASE_OK;
}

/* A batch that is not timed, with every counter on. A worker without counters is no failure. */
static base_err count_events(struct drive *drive, struct base_why *why)
{
    struct bench_record *record = drive->record;
    double items = drive->item_ns > 0 ? COUNT_ITEMS_NS / drive->item_ns : 1;
    const double most = (double)drive_batch_items(drive, DRIVE_SIZE_MOST);
    items = drive->wire.is_exclusive || items < 1 ? 1 : items > most ? most : items;
    json_t *reply = NULL;
    const base_err err =
        wire_ask(&drive->wire, json_pack("{s:s, s:I}", "op", "count", "items", (json_int_t)items),
                 &reply, why);
    if (err != BASE_OK)
        return err == BASE_EUNSUPPORTED || err == BASE_EINVALID ? BASE_OK : err;
    const double done = json_number_value(json_object_get(reply, "items"));
    const json_t *counters = json_object_get(reply, "counters");
    for (size_t i = 0; i < json_array_size(counters) && done > 0; i++) {
        const json_t *counter = json_array_get(counters, i);
        const char *name = json_string_value(json_object_get(counter, "name"));
        const char *unit = json_string_value(json_object_get(counter, "unit"));
        const double value = json_number_value(json_object_get(counter, "value"));
        if (name == NULL || !isfinite(value) || record->counter_count >= BENCH_COUNTER_MAX)
            continue;
        record->counters[record->counter_count++] =
            (struct bench_counter){ base_arena_text(&record->arena, name), value / done,
                                    base_arena_text(&record->arena, unit != NULL ? unit : "1") };
    }
    json_decref(reply);
    return BASE_OK;
}

static base_err check_exact(const struct drive *drive, struct base_why *why)
{
    const uint64_t most = BENCH_BATCH_MAX - SAMPLE_CHUNK_MAX;
    if (!drive->wire.is_exclusive)
        return base_fail(why, BASE_EINVALID, 0,
                         "%s: an exact number of items needs a case that takes one item a batch",
                         drive->target->name);
    if (exact_share(drive) <= most)
        return BASE_OK;
    return base_fail(why, BASE_ERANGE, 0,
                     "%s: %llu items are more than %u processes can keep (%llu each)",
                     drive->target->name, (unsigned long long)drive->plan.items_exact,
                     drive->plan.processes, (unsigned long long)most);
}

static base_err measure_process(struct drive *drive, struct base_why *why)
{
    const bool is_first = drive->process == 0;
    struct bench_process process = { 0 };
    struct base_rng rng;
    base_rng_init(&rng, drive->plan.seed + drive->process);
    drive_progress(drive, BENCH_PHASE_START);
    base_err err = drive_open(drive, NULL, is_first, why);
    if (err != BASE_OK)
        return err;
    if (drive->plan.items_exact > 0)
        err = check_exact(drive, why);
    if (err == BASE_OK && !(drive->batch_items > 0))
        err = drive_calibrate(drive, why);
    if (err == BASE_OK)
        err = warm_up(drive, &rng, &process, why);
    if (err == BASE_OK)
        err = sample(drive, &rng, why);
    if (err == BASE_OK && is_first)
        err = count_events(drive, why);
    if (err == BASE_OK) {
        drive_progress(drive, BENCH_PHASE_CHECK);
        err = wire_tell(&drive->wire, "check", why);
    }
    if (err == BASE_OK)
        err = wire_tell(&drive->wire, "close", why);
    if (err == BASE_OK)
        err = keep_process(drive, &process);
    wire_batches_clear(&drive->batches);
    drive_close(drive, err == BASE_OK);
    return err;
}

static base_err measure_all(struct drive *drive, struct base_why *why)
{
    struct bench_record *record = drive->record;
    record->processes =
        base_arena_array(&record->arena, drive->plan.processes, sizeof record->processes[0]);
    if (record->processes == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %u processes", drive->plan.processes);
    base_err err = BASE_OK;
    for (; drive->process < drive->plan.processes && err == BASE_OK; drive->process++) {
        if (drive_is_interrupted(drive))
            err = base_fail(why, BASE_EINTERRUPTED, 0, "interrupted");
        else
            err = measure_process(drive, why);
    }
    if (err == BASE_OK && items_kept(record) < drive->plan.items_exact)
        err = base_fail(why, BASE_EINTERRUPTED, 0, "interrupted"); /* in the last process */
    if (err == BASE_OK && drive->plan.is_counting_instructions)
        err = drive_instructions(drive, why);
    return err;
}

/* A worker that could not get memory, or died of it, may have met its limit: that is said. */
static void say_limit(const struct drive *drive, base_err err, struct base_why *why)
{
    char limit[BASE_UNITS_TEXT_SIZE];
    if (drive->plan.memory_limit_bytes == 0 || (err != BASE_ENOMEM && err != BASE_ECRASHED))
        return;
    if (why->text[0] == '\0')
        (void)base_fail(why, err, 0, "%s", base_err_text(err));
    const size_t used = strlen(why->text);
    base_units_print_size_exact(drive->plan.memory_limit_bytes, limit);
    snprintf(why->text + used, sizeof why->text - used, "; its memory is limited to %s", limit);
}

/* After an interruption or a passed time limit, whole processes are still worth keeping. */
static base_err settle(struct bench_record *record, base_err err)
{
    record->is_interrupted = err == BASE_EINTERRUPTED;
    if (err == BASE_EINTERRUPTED && record->process_count > 0)
        err = BASE_OK;
    else if (err != BASE_OK)
        record->process_count = 0; /* half a failed case is no result */
    record->err = err;
    return err;
}

base_err bench_drive_case(const struct bench_launch *launch, const struct bench_plan *plan,
                          const struct bench_target *target, bench_progress_fn *progress,
                          void *context, struct bench_record *record)
{
    memset(record, 0, sizeof *record);
    record->target = *target;
    struct drive drive = { .launch = launch,
                           .plan = *plan,
                           .target = target,
                           .record = record,
                           .progress = progress,
                           .context = context,
                           .item_ns = NAN };
    drive_defaults(&drive.plan);
    record->threads = drive.plan.threads;
    drive.start_ns = bench_clock_now_ns();
    drive.deadline_ns = drive.start_ns + drive.plan.timeout_ns;
    const base_err err = measure_all(&drive, &record->why);
    say_limit(&drive, err, &record->why);
    drive_close(&drive, false);
    wire_batches_done(&drive.batches);
    record->elapsed_ns = bench_clock_now_ns() - drive.start_ns;
    return settle(record, err);
}

void bench_record_done(struct bench_record *record)
{
    base_arena_done(&record->arena);
    memset(record, 0, sizeof *record);
}
