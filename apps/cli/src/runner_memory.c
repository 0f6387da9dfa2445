/* runner_memory.c - resident memory of a worker that runs one case again, looked at between
 * batches. It grows when the later half of the looks says so twice: by more than GROWTH_LEAST_BYTES
 * from its first to its last, and by a rank test of its order (Mann and Kendall, with ties), one
 * sided, at 1 in 1000. A case whose state grows by design, such as one that inserts, grows as well:
 * the report says what it saw, not why.
 * Source   Mann, Econometrica 13 (1945) 245; Kendall, Rank Correlation Methods (1970) 4.9 */
#include "runner.h"

#include <bench/clock.h>
#include <bench/observe.h>
#include <probe/process.h>
#include <stats/slope.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SAMPLES_MAX = 1000,
    SAMPLES_LEAST = 16,
    GROWTH_LEAST_BYTES = 1 << 20,
};
static const double trend_least = 3.09; /* of a standard normal: 1 in 1000 */
static const uint64_t watch_most_ns = 2000000000, watch_least_ns = 200000000;

struct watch {
    pid_t pid;
    uint64_t begin_ns, next_ns, interval_ns;
    size_t count;
    double seconds[SAMPLES_MAX], bytes[SAMPLES_MAX];
    double peak_bytes, items;
};

static bool look(struct watch *watch)
{
    struct probe_process process;
    struct base_why unused;
    const uint64_t now_ns = bench_clock_now_ns();
    if (watch->count == SAMPLES_MAX ||
        probe_process_read(NULL, (int)watch->pid, &process, &unused) != BASE_OK ||
        process.rss_bytes < 0)
        return false;
    watch->seconds[watch->count] = (double)(now_ns - watch->begin_ns) / 1e9;
    watch->bytes[watch->count++] = (double)process.rss_bytes;
    watch->peak_bytes = (double)process.peak_rss_bytes;
    watch->next_ns = now_ns + watch->interval_ns;
    return true;
}

static base_err begin(void *context, pid_t pid, struct base_why *why)
{
    struct watch *watch = context;
    watch->pid = pid;
    watch->begin_ns = bench_clock_now_ns();
    return look(watch) ? BASE_OK
                       : base_fail(why, BASE_EUNSUPPORTED, 0,
                                   "the kernel does not tell the memory of process %d", (int)pid);
}

static void running(void *context, bool is_running)
{
    struct watch *watch = context;
    if (!is_running && bench_clock_now_ns() >= watch->next_ns)
        (void)look(watch);
}

/* Fewer looks show nothing: no growth, and no lack of it. */
static bool has_enough(void *context)
{
    const struct watch *watch = context;
    return watch->count >= SAMPLES_LEAST;
}

static base_err end(void *context, double items, struct base_why *why)
{
    struct watch *watch = context;
    (void)why;
    watch->items = items;
    watch->count -= watch->count == SAMPLES_MAX; /* the last one is of the end */
    (void)look(watch);
    return BASE_OK;
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Kendall's S over its standard deviation without a trend; sorts the values. */
static double trend_of(double *values, size_t count)
{
    double s = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++)
            s += (values[k] > values[i]) - (values[k] < values[i]);
    const double n = (double)count;
    double variance = n * (n - 1) * (2 * n + 5);
    qsort(values, count, sizeof *values, compare_doubles);
    for (size_t i = 0, last = 0; i < count; i = last) {
        for (last = i; last < count && values[last] == values[i];)
            last++;
        const double t = (double)(last - i);
        variance -= t * (t - 1) * (2 * t + 5);
    }
    return variance > 0 && s > 0 ? (s - 1) / sqrt(variance / 18) : 0;
}

static void judge(const struct watch *watch, struct cli_runner_memory *out)
{
    double later[SAMPLES_MAX];
    const size_t half = watch->count / 2, count = watch->count - half;
    const double growth = watch->bytes[watch->count - 1] - watch->bytes[half];
    struct stats_slope slope;
    memcpy(later, watch->bytes + half, count * sizeof *later);
    out->is_judged = watch->count >= SAMPLES_LEAST;
    out->is_growing =
        out->is_judged && growth > GROWTH_LEAST_BYTES && trend_of(later, count) > trend_least;
    out->growth_bytes_per_s = NAN;
    if (watch->count >= 3 &&
        stats_slope_theil_sen(watch->seconds, watch->bytes, watch->count, &slope) == BASE_OK)
        out->growth_bytes_per_s = slope.slope;
}

static void take_counters(const struct bench_record *record, struct cli_runner_memory *out)
{
    out->kept_bytes = out->alloc_count = NAN;
    for (size_t i = 0; i < record->counter_count; i++) {
        if (strcmp(record->counters[i].name, "alloc_kept_bytes") == 0)
            out->kept_bytes = record->counters[i].per_item;
        if (strcmp(record->counters[i].name, "allocs") == 0)
            out->alloc_count = record->counters[i].per_item;
    }
}

/* An equal part of the time that was asked for, within what is worth looking at. */
static uint64_t watch_time(const struct cli_runner *runner)
{
    const uint64_t share_ns = runner->duration_ns / (runner->plan->job_count + 1);
    return share_ns < watch_least_ns  ? watch_least_ns
           : share_ns > watch_most_ns ? watch_most_ns
                                      : share_ns;
}

void cli_runner_watch(struct cli_runner *runner, const struct bench_plan *plan,
                      const struct bench_record *record)
{
    static struct watch watch; /* large */
    struct base_why why = { 0 };
    const struct bench_observer observer = {
        .context = &watch, .begin = begin, .running = running, .has_enough = has_enough, .end = end
    };
    const uint64_t duration_ns = watch_time(runner);
    struct cli_runner_memory *out = &runner->memory[runner->memory_count];
    if (record->err != BASE_OK || runner->memory_count == runner->plan->job_count)
        return;
    const double wanted_ns =
        1e6 * cli_runner_setting(&runner->config, "memory.profiling.sample_interval_ms")->number;
    const double most_ns = (double)duration_ns / (2 * SAMPLES_LEAST); /* or too few are seen */
    watch = (struct watch){ .interval_ns = (uint64_t)(wanted_ns < most_ns ? wanted_ns : most_ns) };
    const base_err err = bench_drive_observe(&runner->plan->launch, plan, &record->target,
                                             duration_ns, &observer, &why);
    if (err == BASE_EINTERRUPTED)
        return;
    *out = (struct cli_runner_memory){ .id = base_arena_text(&runner->arena, record->target.id) };
    take_counters(record, out);
    if (out->id == NULL)
        return;
    runner->memory_count++;
    if (err != BASE_OK) {
        out->why =
            base_arena_text(&runner->arena, why.text[0] != '\0' ? why.text : base_err_text(err));
        return;
    }
    out->start_bytes = watch.bytes[0];
    out->end_bytes = watch.bytes[watch.count - 1];
    out->seconds = watch.seconds[watch.count - 1];
    out->peak_bytes = watch.peak_bytes;
    out->items = watch.items;
    out->samples = watch.count;
    judge(&watch, out);
}
