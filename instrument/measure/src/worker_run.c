/* worker_run.c - the batches. Before each one, where references are wanted: a slice of
 * every reference kernel, and a few untimed items that bring the case's
 * own lines back into the nearest cache. */
#define _GNU_SOURCE
#include "worker_internal.h"

#include <bench/allocs.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_include)
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define HAS_CALLGRIND 1
#endif
#endif

enum { SLICE_SHARE_NS = 4000000, SLICES_MAX = 256 };
enum { REWARM_SHARE = 32 }; /* one item in so many is run again, untimed, after the references */

struct batches { /* what one `run` request gives; one allocation */
    size_t count;
    double *ns, *core_ns, *wide_ns, *cache_ns, *memory_ns;
    double *series; /* [count][BENCH_SERIES_MAX] */
};

static base_err batches_open(struct batches *batches, size_t count)
{
    batches->count = count;
    batches->ns = calloc(count * (5 + BENCH_SERIES_MAX), sizeof(double));
    if (batches->ns == NULL)
        return BASE_ENOMEM;
    batches->core_ns = batches->ns + count;
    batches->wide_ns = batches->core_ns + count;
    batches->cache_ns = batches->wide_ns + count;
    batches->memory_ns = batches->cache_ns + count;
    batches->series = batches->memory_ns + count;
    return BASE_OK;
}

/* The first `warm` steps are not timed. */
static double time_reference(struct worker *worker,
                             void (*kernel)(struct bench_reference *, uint64_t), uint64_t warm,
                             uint64_t steps)
{
    kernel(&worker->reference, warm);
    const uint64_t start = bench_clock_start(&worker->clock);
    kernel(&worker->reference, steps);
    const uint64_t stop = bench_clock_stop(&worker->clock);
    return bench_clock_ns(&worker->clock, start, stop) / (double)steps;
}

/* A batch of a whole command is long: a slice of microseconds would say little of the host during
 * it, and be cold. The references take about one hundredth of the time, from one slice up. */
static uint64_t slices_beside(double batch_ns)
{
    const double slices = batch_ns / SLICE_SHARE_NS;
    return slices < 1 ? 1 : slices > SLICES_MAX ? SLICES_MAX : (uint64_t)slices;
}

static void run_batch(struct worker *worker, uint64_t items, bool with_references, size_t index,
                      struct batches *out)
{
    const struct bench_case *bench = worker->bench;
    void *state = worker->crew.members[0].env.state;
    if (with_references) {
        const uint64_t slices = slices_beside(worker->last_batch_ns);
        out->core_ns[index] =
            time_reference(worker, bench_reference_core, 0, slices * BENCH_REFERENCE_CORE_STEPS);
        out->wide_ns[index] =
            time_reference(worker, bench_reference_wide, 0, slices * BENCH_REFERENCE_WIDE_STEPS);
        out->cache_ns[index] =
            time_reference(worker, bench_reference_cache, BENCH_REFERENCE_CACHE_WARM,
                           slices * BENCH_REFERENCE_CACHE_STEPS);
        out->memory_ns[index] =
            time_reference(worker, bench_reference_memory, BENCH_REFERENCE_MEMORY_WARM,
                           slices * BENCH_REFERENCE_MEMORY_STEPS);
    }
    if (bench->before != NULL)
        bench->before(state);
    if (with_references && items >= REWARM_SHARE && !bench->is_exclusive)
        crew_run(&worker->crew, &worker->clock, items / REWARM_SHARE);
    out->ns[index] = crew_run(&worker->crew, &worker->clock, items);
    worker->last_batch_ns = out->ns[index];
    if (bench->after != NULL)
        bench->after(state, out->series + index * BENCH_SERIES_MAX);
}

static base_err check_counts(const struct worker *worker, const json_t *counts,
                             struct base_why *why)
{
    const size_t count = json_array_size(counts);
    if (count < 1 || count > WORKER_COUNTS_MAX)
        return base_fail(why, BASE_EPROTOCOL, 0, "counts: %zu batches, expected 1 to %d", count,
                         WORKER_COUNTS_MAX);
    for (size_t i = 0; i < count; i++) {
        const json_int_t items = json_integer_value(json_array_get(counts, i));
        if (items < 1)
            return base_fail(why, BASE_EPROTOCOL, 0, "counts[%zu] is not a whole number above 0",
                             i);
        if (items > 1 && worker->bench->is_exclusive)
            return base_fail(why, BASE_EPROTOCOL, 0, "counts[%zu] is %lld; %s takes one at a time",
                             i, (long long)items, worker->bench->name);
    }
    return BASE_OK;
}

static json_t *numbers(const double *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_real(isfinite(values[i]) ? values[i] : 0));
    return array;
}

/* One series; what the case does not know is null. */
static json_t *series_numbers(const struct batches *batches, size_t which)
{
    json_t *array = json_array();
    for (size_t i = 0; i < batches->count; i++) {
        const double value = batches->series[i * BENCH_SERIES_MAX + which];
        json_array_append_new(array, isfinite(value) ? json_real(value) : json_null());
    }
    return array;
}

static void describe_batches(const struct worker *worker, const struct batches *batches,
                             bool with_references, json_t *reply)
{
    json_object_set_new(reply, "ns", numbers(batches->ns, batches->count));
    if (with_references) {
        json_object_set_new(reply, "core_ns", numbers(batches->core_ns, batches->count));
        json_object_set_new(reply, "wide_ns", numbers(batches->wide_ns, batches->count));
        json_object_set_new(reply, "cache_ns", numbers(batches->cache_ns, batches->count));
        json_object_set_new(reply, "memory_ns", numbers(batches->memory_ns, batches->count));
        json_object_set_new(reply, "memory_pages",
                            json_string(worker->reference.has_large_pages ? "large" : "small"));
    }
    if (worker->bench->after == NULL)
        return;
    json_t *series = json_object();
    for (size_t i = 0; i < BENCH_SERIES_MAX && worker->bench->series[i] != NULL; i++)
        json_object_set_new(series, worker->bench->series[i], series_numbers(batches, i));
    json_object_set_new(reply, "series", series);
}

static void open_counters(struct worker *worker)
{
    if (!worker->has_counters)
        bench_counters_open(&worker->counters);
    worker->has_counters = true;
}

static void describe_kernel(struct worker *worker, json_t *reply)
{
    static const char *const kept[] = { "context_switches", "page_faults", "migrations" };
    struct bench_counted counted[BENCH_COUNTERS_MAX + 2];
    const size_t count = bench_counters_stop(&worker->counters, counted);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < sizeof kept / sizeof kept[0]; k++)
            if (strcmp(counted[i].name, kept[k]) == 0)
                json_object_set_new(reply, kept[k], json_integer((json_int_t)counted[i].value));
}

base_err worker_run(struct worker *worker, const json_t *request, json_t *reply,
                    struct base_why *why)
{
    if (!worker->is_open)
        return base_fail(why, BASE_EPROTOCOL, 0, "no case is open");
    const json_t *counts = json_object_get(request, "counts");
    const bool with_references = json_is_true(json_object_get(request, "references"));
    base_err err = check_counts(worker, counts, why);
    if (err == BASE_OK && with_references && worker->reference.nodes == NULL)
        err = bench_reference_open(&worker->reference);
    if (err != BASE_OK)
        return err;
    struct batches batches;
    if (batches_open(&batches, json_array_size(counts)) != BASE_OK)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %zu batches", json_array_size(counts));
    open_counters(worker);
    bench_counters_start(&worker->counters);
    for (size_t i = 0; i < batches.count; i++)
        run_batch(worker, (uint64_t)json_integer_value(json_array_get(counts, i)), with_references,
                  i, &batches);
    describe_kernel(worker, reply);
    describe_batches(worker, &batches, with_references, reply);
    free(batches.ns);
    return BASE_OK;
}

static base_err items_of(const struct worker *worker, const json_t *request, uint64_t *items,
                         struct base_why *why)
{
    if (!worker->is_open)
        return base_fail(why, BASE_EPROTOCOL, 0, "no case is open");
    const json_int_t given = json_integer_value(json_object_get(request, "items"));
    if (given < 1 || (given > 1 && worker->bench->is_exclusive))
        return base_fail(why, BASE_EPROTOCOL, 0, "items: %lld is not possible", (long long)given);
    *items = (uint64_t)given;
    return BASE_OK;
}

static void add_counter(json_t *counters, const char *name, double value, const char *unit)
{
    json_array_append_new(counters,
                          json_pack("{s:s, s:f, s:s}", "name", name, "value", value, "unit", unit));
}

base_err worker_count(struct worker *worker, const json_t *request, json_t *reply,
                      struct base_why *why)
{
    uint64_t items = 0;
    const base_err err = items_of(worker, request, &items, why);
    if (err != BASE_OK)
        return err;
    open_counters(worker);
    void *state = worker->crew.members[0].env.state;
    if (worker->bench->before != NULL)
        worker->bench->before(state);
    struct bench_counted counted[BENCH_COUNTERS_MAX + 2];
    const bool has_allocs = bench_allocs_start();
    bench_counters_start(&worker->counters);
    crew_run(&worker->crew, &worker->clock, items);
    const size_t count = bench_counters_stop(&worker->counters, counted);
    const struct bench_allocs allocs = bench_allocs_stop();
    double unused[BENCH_SERIES_MAX];
    if (worker->bench->after != NULL)
        worker->bench->after(state, unused);
    json_t *counters = json_array();
    for (size_t i = 0; i < count; i++)
        add_counter(counters, counted[i].name, counted[i].value, "1");
    if (has_allocs) {
        add_counter(counters, "allocs", (double)allocs.calls, "1");
        add_counter(counters, "alloc_bytes", (double)allocs.bytes, "B");
        add_counter(counters, "alloc_peak_bytes",
                    (double)allocs.peak_bytes * (double)(items * worker->crew.size), "B");
        add_counter(counters, "alloc_kept_bytes", (double)allocs.live_bytes, "B");
    }
    json_object_set_new(reply, "items", json_integer((json_int_t)(items * worker->crew.size)));
    json_object_set_new(reply, "counters", counters);
    return BASE_OK;
}

base_err worker_instructions(struct worker *worker, const json_t *request, json_t *reply,
                             struct base_why *why)
{
    uint64_t items = 0;
    const base_err err = items_of(worker, request, &items, why);
    if (err != BASE_OK)
        return err;
#ifdef HAS_CALLGRIND
    if (RUNNING_ON_VALGRIND) {
        crew_run(&worker->crew, &worker->clock, 1);
        CALLGRIND_START_INSTRUMENTATION;
        CALLGRIND_ZERO_STATS;
        worker->bench->run(worker->crew.members[0].env.state, items);
        CALLGRIND_DUMP_STATS;
        CALLGRIND_STOP_INSTRUMENTATION;
        json_object_set_new(reply, "items", json_integer((json_int_t)items));
        return BASE_OK;
    }
#endif
    (void)reply;
    return base_fail(why, BASE_EUNSUPPORTED, 0, "not running under callgrind");
}
