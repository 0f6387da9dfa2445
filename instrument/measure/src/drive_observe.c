/* drive_observe.c - a worker that is watched. The batches are those of measuring (same sizes, no
 * references between them), so that what is seen is what was timed. On a busy machine the calls
 * that a batch is sized by may have been held up, all of them; then batches would have an item or
 * two, and the watcher would see the worker wait for requests. So sizes are looked at again after
 * each request, by its median batch. */
#define _GNU_SOURCE
#include <bench/observe.h>

#include "drive_internal.h"

#include <bench/clock.h>
#include <stats/summary.h>

#include <math.h>
#include <string.h>

enum {
    BATCHES_MAX = 64,
    WARM_UP_NS = 200 * 1000 * 1000,
    REQUEST_NS = 40 * 1000 * 1000, /* how long Ctrl-C can have to wait, as in measuring */
    ALLOCATIONS_WANTED = 20000,
    ALLOCATIONS_NS = 500 * 1000 * 1000, /* of the batch, before looking at stacks slows it down */
    ADDRESSES_MAX = 1024,
};

static base_err open_watched(struct drive *drive, const struct bench_launch *launch,
                             const struct bench_plan *plan, const struct bench_target *target,
                             struct bench_record *record, struct base_why *why)
{
    memset(record, 0, sizeof *record);
    *drive = (struct drive){
        .launch = launch, .plan = *plan, .target = target, .record = record, .item_ns = NAN
    };
    drive_defaults(&drive->plan);
    drive->plan.is_without_references = true;
    drive->start_ns = bench_clock_now_ns();
    drive->deadline_ns = drive->start_ns + drive->plan.timeout_ns;
    base_err err = drive_open(drive, NULL, true, why);
    return err == BASE_OK ? drive_calibrate(drive, why) : err;
}

static void close_watched(struct drive *drive, bool is_orderly)
{
    drive_close(drive, is_orderly);
    wire_batches_done(&drive->batches);
    bench_record_done(drive->record);
}

/* What a request of batches of `size` items says of an item. */
static void learn(struct drive *drive, uint64_t size, size_t count)
{
    double values[BATCHES_MAX], ns = 0;
    for (size_t i = 0; i < count; i++) {
        values[i] = drive->batches.ns[i];
        ns += values[i];
    }
    stats_sort(values, count);
    drive->item_ns = ns / (double)count / (double)size;
    drive_resize_batches(drive, stats_median_sorted(values, count) / (double)size);
}

/* One request; adds to the time and the items of all. */
static base_err run_some(struct drive *drive, double *ns, double *items, struct base_why *why)
{
    uint64_t counts[BATCHES_MAX];
    const uint64_t size = drive_batch_items(drive, DRIVE_SIZE_MOST);
    const double batch_ns = drive->item_ns * (double)size;
    double fit = batch_ns > 0 ? REQUEST_NS / batch_ns : BATCHES_MAX;
    fit = fit < 1 ? 1 : fit > BATCHES_MAX ? BATCHES_MAX : fit;
    const size_t count = (size_t)fit;
    for (size_t i = 0; i < count; i++)
        counts[i] = size;
    if (drive_is_interrupted(drive))
        return base_fail(why, BASE_EINTERRUPTED, 0, "interrupted");
    const base_err err = drive_batches(drive, counts, count, false, why);
    for (size_t i = 0; i < count && err == BASE_OK; i++) {
        *ns += drive->batches.ns[i];
        *items += (double)size * drive->plan.threads;
    }
    if (err == BASE_OK)
        learn(drive, size, count);
    wire_batches_clear(&drive->batches);
    return err;
}

static base_err warm(struct drive *drive, struct base_why *why)
{
    const uint64_t start = bench_clock_now_ns();
    double ns = 0, items = 0;
    base_err err = BASE_OK;
    while (err == BASE_OK && bench_clock_now_ns() - start < WARM_UP_NS)
        err = run_some(drive, &ns, &items, why);
    return err;
}

static void tell(const struct bench_observer *observer, bool is_running)
{
    if (observer->running != NULL)
        observer->running(observer->context, is_running);
}

static base_err begin(const struct drive *drive, const struct bench_observer *observer,
                      struct base_why *why)
{
    return observer->begin != NULL ? observer->begin(observer->context, drive->wire.pid, why)
                                   : BASE_OK;
}

static bool has_enough(const struct bench_observer *observer)
{
    return observer->has_enough == NULL || observer->has_enough(observer->context);
}

static base_err watch(struct drive *drive, uint64_t duration_ns,
                      const struct bench_observer *observer, struct base_why *why)
{
    double ns = 0, items = 0;
    base_err err = warm(drive, why);
    if (err == BASE_OK)
        err = begin(drive, observer, why);
    const uint64_t start = bench_clock_now_ns();
    while (err == BASE_OK && (!has_enough(observer) || ns < (double)duration_ns) &&
           bench_clock_now_ns() - start < 3 * duration_ns) {
        tell(observer, true);
        err = run_some(drive, &ns, &items, why);
        tell(observer, false);
    }
    if (err == BASE_OK && observer->end != NULL)
        err = observer->end(observer->context, items, why);
    return err;
}

base_err bench_drive_observe(const struct bench_launch *launch, const struct bench_plan *plan,
                             const struct bench_target *target, uint64_t duration_ns,
                             const struct bench_observer *observer, struct base_why *why)
{
    struct drive drive;
    struct bench_record record;
    base_err err = open_watched(&drive, launch, plan, target, &record, why);
    if (err == BASE_OK)
        err = watch(&drive, duration_ns, observer, why);
    close_watched(&drive, err == BASE_OK);
    return err;
}

static base_err ask_allocations(struct drive *drive, uint64_t items, uint64_t interval,
                                json_t **reply, struct base_why *why)
{
    const base_err err = wire_ask(&drive->wire,
                                  json_pack("{s:s, s:I, s:I}", "op", "allocations", "items",
                                            (json_int_t)items, "interval", (json_int_t)interval),
                                  reply, why);
    return err == BASE_EUNSUPPORTED
               ? base_fail_prefix(why, err, "worker %s shows no allocations", drive->wire.name)
               : err;
}

/* A number of the reply that is finite and not negative. */
static base_err take_number(const struct drive *drive, const json_t *object, const char *name,
                            double *out, struct base_why *why)
{
    const json_t *value = json_object_get(object, name);
    *out = json_number_value(value);
    if (json_is_number(value) && isfinite(*out) && *out >= 0)
        return BASE_OK;
    return base_fail(why, BASE_EPROTOCOL, 0,
                     "worker %s answered 'allocations' without a number of at least 0 in \"%s\"",
                     drive->wire.name, name);
}

static base_err take_stack(const struct drive *drive, const json_t *stack,
                           const struct bench_observer *observer, struct base_why *why)
{
    uint64_t addresses[ADDRESSES_MAX];
    const json_t *array = json_object_get(stack, "addresses");
    const size_t count = json_array_size(array);
    double calls = 0, bytes = 0;
    if (!json_is_array(array) || count > ADDRESSES_MAX)
        return base_fail(why, BASE_EPROTOCOL, 0,
                         "worker %s answered 'allocations' with a stack that is not at most %d "
                         "addresses",
                         drive->wire.name, ADDRESSES_MAX);
    base_err err = take_number(drive, stack, "calls", &calls, why);
    if (err == BASE_OK)
        err = take_number(drive, stack, "bytes", &bytes, why);
    for (size_t i = 0; i < count; i++)
        addresses[i] = (uint64_t)json_integer_value(json_array_get(array, i));
    if (err == BASE_OK && observer->allocated != NULL)
        err = observer->allocated(observer->context, addresses, count, calls, bytes, why);
    return err;
}

/* How many items show enough allocations, and how many bytes apart they have to be looked at. */
static base_err choose_allocations(struct drive *drive, uint64_t *items, uint64_t *interval,
                                   struct base_why *why)
{
    json_t *reply = NULL;
    double calls = 0, bytes = 0;
    base_err err = ask_allocations(drive, 1, 0, &reply, why);
    if (err == BASE_OK)
        err = take_number(drive, reply, "calls", &calls, why);
    if (err == BASE_OK)
        err = take_number(drive, reply, "bytes", &bytes, why);
    json_decref(reply);
    double fit = drive->item_ns > 0 ? ALLOCATIONS_NS / drive->item_ns : 1;
    const double wanted = ALLOCATIONS_WANTED / (calls > 1 ? calls : 1);
    fit = fit > wanted ? wanted : fit;
    const double most = (double)drive_batch_items(drive, DRIVE_SIZE_MOST);
    fit = fit > most ? most : fit;
    *items = drive->wire.is_exclusive || fit < 1 ? 1 : (uint64_t)fit;
    *interval = calls > 2 * ALLOCATIONS_WANTED ? (uint64_t)(bytes / ALLOCATIONS_WANTED) : 0;
    return err;
}

static base_err watch_allocations(struct drive *drive, const struct bench_observer *observer,
                                  double *period, double *dropped, struct base_why *why)
{
    uint64_t items = 1, interval = 0;
    json_t *reply = NULL;
    double done = 0;
    if (drive->wire.is_exclusive)
        return base_fail(why, BASE_EUNSUPPORTED, 0,
                         "what a whole command allocates is not seen by the worker that starts it");
    base_err err = choose_allocations(drive, &items, &interval, why);
    if (err == BASE_OK)
        err = ask_allocations(drive, items, interval, &reply, why);
    if (err == BASE_OK)
        err = take_number(drive, reply, "items", &done, why);
    if (err == BASE_OK)
        err = take_number(drive, reply, "dropped", dropped, why);
    if (err == BASE_OK)
        err = begin(drive, observer, why);
    const json_t *stacks = json_object_get(reply, "stacks");
    for (size_t i = 0; i < json_array_size(stacks) && err == BASE_OK; i++)
        err = take_stack(drive, json_array_get(stacks, i), observer, why);
    json_decref(reply);
    if (err == BASE_OK && observer->end != NULL)
        err = observer->end(observer->context, done, why);
    *period = (double)interval;
    return err;
}

base_err bench_drive_allocations(const struct bench_launch *launch, const struct bench_plan *plan,
                                 const struct bench_target *target,
                                 const struct bench_observer *observer, double *period,
                                 double *dropped, struct base_why *why)
{
    struct drive drive;
    struct bench_record record;
    base_err err = open_watched(&drive, launch, plan, target, &record, why);
    if (err == BASE_OK)
        err = watch_allocations(&drive, observer, period, dropped, why);
    close_watched(&drive, err == BASE_OK);
    return err;
}
