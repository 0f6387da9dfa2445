/* collect.c - copies facts, estimates numbers, thins samples; a failed case keeps its sentence. */
#include "collect.h"

#include <stats/interval.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *status_of(const struct bench_record *record)
{
    if (record->err == BASE_OK)
        return record->is_interrupted ? "interrupted" : "ok";
    switch (record->err) {
    case BASE_EWRONG:
        return "wrong";
    case BASE_ECRASHED:
        return "crashed";
    case BASE_ETIMEOUT:
        return "timeout";
    case BASE_EINTERRUPTED:
        return "interrupted";
    default:
        return "error";
    }
}

static const char *copy(struct base_arena *arena, const char *text)
{
    return text != NULL ? base_arena_text(arena, text) : NULL;
}

static struct result_estimate no_estimate(void)
{
    return (struct result_estimate){ NAN, NAN, NAN };
}

static struct result_estimate estimate_of(struct stats_interval from)
{
    return (struct result_estimate){ from.value, from.low, from.high };
}

static base_err collect_names(const struct bench_record *record, struct base_arena *arena,
                              struct result_case *out)
{
    const struct bench_target *target = &record->target;
    out->id = copy(arena, target->id);
    out->name = copy(arena, target->name);
    out->suite = base_arena_text_of(arena, target->name, strcspn(target->name, "/"));
    out->item = copy(arena, record->item != NULL ? record->item : "item");
    out->peer_of = copy(arena, record->peer_of);
    out->status = status_of(record);
    out->threads = record->threads;
    out->elapsed_ns = record->elapsed_ns;
    out->args.items = base_arena_array(arena, target->arg_count + 1, sizeof *out->args.items);
    if (out->args.items == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < target->arg_count; i++)
        out->args.items[out->args.count++] =
            (struct result_pair){ copy(arena, target->args[i].name),
                                  copy(arena, target->args[i].value) };
    return BASE_OK;
}

static base_err collect_facts(const struct bench_record *record, struct base_arena *arena,
                              bool is_without_memory, struct result_case *out)
{
    out->facts.items = base_arena_array(arena, record->fact_count + 1, sizeof *out->facts.items);
    out->counters.items =
        base_arena_array(arena, record->counter_count + 1, sizeof *out->counters.items);
    if (out->facts.items == NULL || out->counters.items == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < record->fact_count; i++)
        out->facts.items[out->facts.count++] =
            (struct result_quantity){ copy(arena, record->facts[i].name), record->facts[i].value,
                                      copy(arena, record->facts[i].unit) };
    for (size_t i = 0; i < record->counter_count; i++) {
        const struct bench_counter *counter = &record->counters[i];
        if (is_without_memory && strncmp(counter->name, "alloc", 5) == 0)
            continue;
        out->counters.items[out->counters.count++] =
            (struct result_quantity){ copy(arena, counter->name), counter->per_item,
                                      copy(arena, counter->unit) };
    }
    out->bytes_per_item = record->bytes_per_item;
    out->parts_per_item = record->parts_per_item;
    return BASE_OK;
}

static struct result_shares no_shares(void)
{
    return (struct result_shares){ NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN };
}

static struct result_shares shares_of(const struct stats_shares *from)
{
    const double(*precision)[STATS_SHARES] = from->precision;
    return (struct result_shares){
        .wide = from->of[STATS_SHARE_WIDE],
        .cache = from->of[STATS_SHARE_CACHE],
        .memory = from->of[STATS_SHARE_MEMORY],
        .wide_wide = precision[STATS_SHARE_WIDE][STATS_SHARE_WIDE],
        .wide_cache = precision[STATS_SHARE_WIDE][STATS_SHARE_CACHE],
        .wide_memory = precision[STATS_SHARE_WIDE][STATS_SHARE_MEMORY],
        .cache_cache = precision[STATS_SHARE_CACHE][STATS_SHARE_CACHE],
        .cache_memory = precision[STATS_SHARE_CACHE][STATS_SHARE_MEMORY],
        .memory_memory = precision[STATS_SHARE_MEMORY][STATS_SHARE_MEMORY],
        .noise = from->noise,
    };
}

static void collect_numbers(const struct stats_estimate *from, struct result_case *out)
{
    static const char *const references[] = { "none", "core", "memory", "mixed", "wide", "cache" };
    out->median_ns = estimate_of(from->median_ns);
    out->mean_ns = estimate_of(from->mean_ns);
    out->normalised_ns = estimate_of(from->normalised_ns);
    out->slope_ns = estimate_of(from->slope_ns);
    out->stddev_ns = from->stddev_ns;
    out->mad_ns = from->mad_ns;
    out->trimmed_mean_ns = from->trimmed_mean_ns;
    out->min_ns = from->min_ns;
    out->max_ns = from->max_ns;
    out->p05_ns = from->p05_ns;
    out->p25_ns = from->p25_ns;
    out->p75_ns = from->p75_ns;
    out->p95_ns = from->p95_ns;
    out->p99_ns = from->p99_ns;
    out->effective_batches = from->effective_batches;
    out->drift_share = from->drift_share;
    out->reference = references[from->reference];
    out->reference_explained = from->reference_explained;
    out->memory_share = from->reference == STATS_REFERENCE_NONE ? NAN : from->memory_share;
    out->residual_share = from->residual_share;
    out->shares = from->shares.noise > 0 ? shares_of(&from->shares) : no_shares();
    out->calm_shares = from->calm_shares.noise > 0 ? shares_of(&from->calm_shares) : no_shares();
    out->outliers = (struct result_outliers){ from->low_severe, from->low_mild, from->high_mild,
                                              from->high_severe };
}

static void clear_numbers(struct result_case *out)
{
    out->median_ns = out->mean_ns = out->normalised_ns = out->slope_ns = no_estimate();
    out->stddev_ns = out->mad_ns = out->trimmed_mean_ns = out->min_ns = out->max_ns = NAN;
    out->p05_ns = out->p25_ns = out->p75_ns = out->p95_ns = out->p99_ns = NAN;
    out->effective_batches = 0;
    out->drift_share = 0;
    out->reference = "none";
    out->reference_explained = 0;
    out->memory_share = out->residual_share = NAN;
    out->shares = out->calm_shares = no_shares();
    out->memory_pages = NULL;
    out->interval = "";
}

/* The kernel that the samples are shown beside: the one that the case follows most. */
static const double *reference_of(const struct bench_process *process,
                                  const struct stats_estimate *estimate)
{
    if (estimate->reference == STATS_REFERENCE_NONE)
        return NULL;
    const double *share = estimate->shares.of;
    const double core =
        1 - share[STATS_SHARE_WIDE] - share[STATS_SHARE_CACHE] - share[STATS_SHARE_MEMORY];
    const double *most = process->core_ns;
    double most_share = estimate->reference == STATS_REFERENCE_MEMORY ? 0 : core;
    const double *const all[STATS_SHARES] = { process->wide_ns, process->cache_ns,
                                              process->memory_ns };
    for (size_t k = 0; k < STATS_SHARES; k++)
        if (share[k] > most_share) {
            most = all[k];
            most_share = share[k];
        }
    return most_share > 0 ? most : process->memory_ns;
}

/* Every batch, or evenly chosen ones. */
static base_err collect_samples(const struct bench_process *from,
                                const struct stats_estimate *estimate, struct base_arena *arena,
                                struct result_process *out)
{
    const size_t count =
        from->batch_count < RESULT_SAMPLE_MAX ? from->batch_count : RESULT_SAMPLE_MAX;
    const double *reference_ns = reference_of(from, estimate);
    out->counts = base_arena_array(arena, count + 1, sizeof *out->counts);
    out->ns = base_arena_array(arena, count + 1, sizeof *out->ns);
    if (out->counts == NULL || out->ns == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const size_t at = i * from->batch_count / count;
        if (reference_ns != NULL && !isfinite(reference_ns[at]))
            reference_ns = NULL; /* a gap: better none than a hole in the document */
        out->counts[i] = from->counts[at];
        out->ns[i] = from->ns[at] / (double)from->counts[at];
    }
    out->sample_count = count;
    if (reference_ns == NULL)
        return BASE_OK;
    out->reference_ns = base_arena_array(arena, count + 1, sizeof *out->reference_ns);
    if (out->reference_ns == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < count; i++)
        out->reference_ns[i] = reference_ns[i * from->batch_count / count];
    return BASE_OK;
}

static base_err collect_processes(const struct bench_record *record,
                                  const struct stats_process_estimate *each,
                                  const struct stats_estimate *estimate, struct base_arena *arena,
                                  struct result_case *out)
{
    out->processes = base_arena_array(arena, record->process_count + 1, sizeof *out->processes);
    if (out->processes == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < record->process_count; i++) {
        struct result_process *process = &out->processes[i];
        *process = (struct result_process){
            .batches = record->processes[i].batch_count,
            .median_ns = each[i].median_ns,
            .mean_ns = each[i].mean_ns,
            .normalised_ns = each[i].normalised_ns,
            .core_ns = each[i].core_ns,
            .memory_ns = each[i].memory_ns,
            .wide_ns = each[i].wide_ns,
            .cache_ns = each[i].cache_ns,
            .calm_ns = each[i].calm_ns,
            .calm_memory_ns = each[i].calm_memory_ns,
            .calm_wide_ns = each[i].calm_wide_ns,
            .calm_cache_ns = each[i].calm_cache_ns,
        };
        CLI_TRY(collect_samples(&record->processes[i], estimate, arena, process));
    }
    out->process_count = record->process_count;
    return BASE_OK;
}

static const char *unit_of(const char *name)
{
    static const struct {
        const char *ending, *unit;
    } rows[] = { { "_ns", "ns" },
                 { "_bytes", "B" },
                 { "bytes_per_second", "B/s" },
                 { "_per_second", "/s" },
                 { "_us_per_message", "us" } };
    const size_t size = strlen(name);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const size_t length = strlen(rows[i].ending);
        if (size >= length && strcmp(name + size - length, rows[i].ending) == 0)
            return rows[i].unit;
    }
    return "1";
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The finite values of one series in one process, sorted, in scratch memory. */
static size_t gather_process(const struct bench_process *process, size_t index, double *values)
{
    const double *series = process->series[index];
    size_t count = 0;
    for (size_t k = 0; series != NULL && k < process->batch_count; k++)
        if (isfinite(series[k]))
            values[count++] = series[k];
    qsort(values, count, sizeof *values, compare_doubles);
    return count;
}

/* The same of all processes. */
static size_t gather_series(const struct bench_record *record, size_t index, double *values)
{
    size_t count = 0;
    for (size_t i = 0; i < record->process_count; i++)
        count += gather_process(&record->processes[i], index, values + count);
    qsort(values, count, sizeof *values, compare_doubles);
    return count;
}

/* The medians of a series in each process, and what their spread says: of those processes that gave
 * any, which are counted. */
static void take_typical(const struct bench_record *record, size_t index, double confidence,
                         double *values, double *medians, struct result_series *out)
{
    size_t medians_count = 0;
    for (size_t i = 0; i < record->process_count; i++) {
        const size_t count = gather_process(&record->processes[i], index, values);
        if (count > 0)
            medians[medians_count++] = (values[(count - 1) / 2] + values[count / 2]) / 2;
    }
    const struct stats_interval typical = stats_interval_t(medians, medians_count, confidence);
    out->typical = (struct result_estimate){ typical.value, typical.low, typical.high };
    out->processes = (double)medians_count;
}

static base_err collect_series(const struct bench_record *record, double confidence,
                               struct base_arena *arena, struct result_case *out)
{
    size_t total = 0;
    for (size_t i = 0; i < record->process_count; i++)
        total += record->processes[i].batch_count;
    double *values = malloc((total + record->process_count + 1) * sizeof *values);
    out->series = base_arena_array(arena, BENCH_SERIES_MAX, sizeof *out->series);
    if (values == NULL || out->series == NULL) {
        free(values);
        return BASE_ENOMEM;
    }
    for (size_t i = 0; i < BENCH_SERIES_MAX && record->series[i] != NULL; i++) {
        const size_t count = gather_series(record, i, values);
        double sum = 0;
        for (size_t k = 0; k < count; k++)
            sum += values[k];
        if (count == 0)
            continue;
        struct result_series *series = &out->series[out->series_count++];
        *series = (struct result_series){
            .name = copy(arena, record->series[i]),
            .unit = unit_of(record->series[i]),
            .median = (values[(count - 1) / 2] + values[count / 2]) / 2,
            .mean = sum / (double)count,
            .low = values[0],
            .high = values[count - 1],
        };
        take_typical(record, i, confidence, values, values + total, series);
    }
    free(values);
    return BASE_OK;
}

/* What the intervals hold, in words. */
static const char *interval_words(const struct bench_record *record,
                                  const struct cli_collect_options *options,
                                  const struct stats_estimate *estimate, struct base_arena *arena)
{
    /* The shares differ from case to case and stand with each: the words are one line for all. */
    const char *drift = "";
    if (estimate->drift_share > 0)
        drift = base_arena_printf(arena, "; in raw times the drift of the host (%s)",
                                  options->is_assumed ? "assumed" : "measured");
    if (estimate->residual_share > 0 && drift != NULL)
        drift = base_arena_printf(arena, "%s; at reference speed what the reference misses (%s)",
                                  drift, options->is_residual_learned ? "measured" : "assumed");
    if (drift == NULL)
        return NULL;
    if (record->process_count == 1)
        return base_arena_printf(arena, "spread inside one process%s", drift);
    return base_arena_printf(arena, "spread between %zu processes%s", record->process_count, drift);
}

/* Below twice the clock's step for a batch, or 0.05 ns an item, a time cannot be told from none. */
static bool is_at_floor(const struct bench_record *record, const struct stats_estimate *estimate)
{
    const struct bench_process *first = &record->processes[0];
    const double items = (double)first->counts[first->batch_count / 2];
    const double step_ns = 2 * record->clock_resolution_ns / items;
    return estimate->median_ns.value <= (step_ns > 0.05 ? step_ns : 0.05);
}

static base_err collect_measured(const struct bench_record *record,
                                 const struct cli_collect_options *options,
                                 struct base_arena *arena, struct result_case *out)
{
    struct stats_estimate estimate;
    const size_t count = record->process_count;
    struct stats_batches *batches = base_arena_array(arena, count, sizeof *batches);
    struct stats_process_estimate *each = base_arena_array(arena, count, sizeof *each);
    if (batches == NULL || each == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < count; i++)
        batches[i] = (struct stats_batches){
            .count = record->processes[i].batch_count,
            .items = record->processes[i].counts,
            .ns = record->processes[i].ns,
            .core_ns = record->processes[i].core_ns,
            .memory_ns = record->processes[i].memory_ns,
            .wide_ns = record->processes[i].wide_ns,
            .cache_ns = record->processes[i].cache_ns,
        };
    CLI_TRY(stats_estimate_of(batches, count, &options->estimate, each, &estimate));
    collect_numbers(&estimate, out);
    out->memory_pages = copy(arena, record->memory_pages);
    out->is_at_floor = is_at_floor(record, &estimate);
    out->interval = interval_words(record, options, &estimate, arena);
    CLI_TRY(collect_processes(record, each, &estimate, arena, out));
    CLI_TRY(collect_series(record, options->estimate.confidence, arena, out));
    return out->interval != NULL ? BASE_OK : BASE_ENOMEM;
}

base_err cli_collect(const struct bench_record *record, const struct cli_collect_options *options,
                     struct base_arena *arena, struct result_case *out)
{
    *out = (struct result_case){ 0 };
    clear_numbers(out);
    CLI_TRY(collect_names(record, arena, out));
    CLI_TRY(collect_facts(record, arena, options->is_without_memory, out));
    if (record->err == BASE_OK && record->process_count > 0)
        CLI_TRY(collect_measured(record, options, arena, out));
    else
        out->why = copy(arena, record->why.text[0] != '\0' ? record->why.text
                                                           : base_err_text(record->err));
    if (record->err == BASE_OK && record->is_interrupted)
        out->why = "interrupted: this is what was complete";
    return BASE_OK;
}
