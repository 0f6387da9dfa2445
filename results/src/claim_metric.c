/* claim_metric.c - one table of metrics; each row says how its number is taken from a case. */
#include "claim_internal.h"

#include <base/units.h>
#include <stats/interval.h>

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum kind { KIND_TIME, KIND_HERE, KIND_RATE, KIND_QUANTITY, KIND_SERIES, KIND_HIGHEST, KIND_RUN };

/* X(name, kind, unit, offset in struct result_case): of a time its estimate, of a rate the amount
 * of one item, of a quantity the list. A name that ends with a point goes on with a quantity's. */
#define METRIC_MAP(X)                                                                              \
    X("mean_ns", KIND_TIME, "ns", offsetof(struct result_case, mean_ns))                           \
    X("median_ns", KIND_TIME, "ns", offsetof(struct result_case, median_ns))                       \
    X("normalised_ns", KIND_TIME, "ns", offsetof(struct result_case, normalised_ns))               \
    X("here_ns", KIND_HERE, "ns", 0)                                                               \
    X("slope_ns", KIND_TIME, "ns", offsetof(struct result_case, slope_ns))                         \
    X("bytes_per_s", KIND_RATE, "B/s", offsetof(struct result_case, bytes_per_item))               \
    X("items_per_s", KIND_RATE, "/s", 0)                                                           \
    X("parts_per_s", KIND_RATE, "/s", offsetof(struct result_case, parts_per_item))                \
    X("fact.", KIND_QUANTITY, "", offsetof(struct result_case, facts))                             \
    X("counter.", KIND_QUANTITY, "", offsetof(struct result_case, counters))                       \
    X("series.", KIND_SERIES, "", 0)                                                               \
    X("highest.", KIND_HIGHEST, "", 0)                                                             \
    X("run.elapsed_ns", KIND_RUN, "ns", 0)

static const struct metric {
    const char *name;
    enum kind kind;
    const char *unit;
    size_t offset;
} metrics[] = {
#define METRIC_ROW(name, kind, unit, offset) { name, kind, unit, offset },
    METRIC_MAP(METRIC_ROW)
#undef METRIC_ROW
};

static bool has_name(const struct metric *metric)
{
    return metric->kind == KIND_QUANTITY || metric->kind == KIND_SERIES ||
           metric->kind == KIND_HIGHEST;
}

static const struct metric *metric_find(const char *name)
{
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        const size_t size = strlen(metrics[i].name);
        const bool is_open = has_name(&metrics[i]);
        if (is_open ? strncmp(name, metrics[i].name, size) == 0 && name[size] != '\0'
                    : strcmp(name, metrics[i].name) == 0)
            return &metrics[i];
    }
    return NULL;
}

bool result_metric_is_known(const char *name, bool *is_of_run)
{
    const struct metric *metric = metric_find(name);
    *is_of_run = metric != NULL && metric->kind == KIND_RUN;
    return metric != NULL;
}

const char *result_metric_unit(const char *name)
{
    const struct metric *metric = metric_find(name);
    return metric != NULL && !has_name(metric) ? metric->unit : NULL;
}

const char *result_metric_names(void)
{
    return "mean_ns, median_ns, normalised_ns, here_ns, slope_ns, bytes_per_s, items_per_s, "
           "parts_per_s, "
           "fact.NAME, counter.NAME, series.NAME, highest.NAME, run.elapsed_ns";
}

static bool has_interval(const struct result_estimate *estimate)
{
    return isfinite(estimate->low) && isfinite(estimate->high) && estimate->low <= estimate->high;
}

static struct result_reading lacking(const char *lack)
{
    return (struct result_reading){ .estimate = { NAN, NAN, NAN }, .unit = "1", .lack = lack };
}

static struct result_reading doubtful(double value, const char *unit, const char *doubt)
{
    return (struct result_reading){ .estimate = { value, NAN, NAN }, .unit = unit, .doubt = doubt };
}

static struct result_reading time_of(const struct result_case *one, size_t offset)
{
    const struct result_estimate *estimate = (const void *)((const char *)one + offset);
    if (isnan(estimate->value))
        return lacking(offset == offsetof(struct result_case, normalised_ns)
                           ? "there is no time at reference speed: no reference was measured"
                           : "the run does not have this number");
    if (one->process_count < 2)
        return doubtful(estimate->value, "ns",
                        "it was measured in one process, and the spread between processes is "
                        "not known");
    if (!has_interval(estimate))
        return doubtful(estimate->value, "ns", "it has no interval");
    return (struct result_reading){ .estimate = *estimate, .unit = "ns" };
}

/* The typical time of this very run: the spread between its processes, without the drift of the
 * host over hours. For what does not follow the host's speed, such as a known delay. */
static struct result_reading here_of(const struct result_case *one, double confidence)
{
    enum { PROCESSES_SEEN = 1000 };
    double medians[PROCESSES_SEEN];
    const size_t count = one->process_count < PROCESSES_SEEN ? one->process_count : PROCESSES_SEEN;
    for (size_t i = 0; i < count; i++)
        medians[i] = one->processes[i].median_ns;
    if (count < 2)
        return time_of(one, offsetof(struct result_case, median_ns));
    const struct stats_interval here = stats_interval_t(medians, count, confidence);
    return (struct result_reading){ .estimate = { here.value, here.low, here.high }, .unit = "ns" };
}

/* Amount over time: the largest rate is at the shortest time. */
static struct result_reading rate_of(const struct result_case *one, double amount, const char *unit)
{
    struct result_reading out = time_of(one, offsetof(struct result_case, median_ns));
    if (out.lack != NULL)
        return out;
    if (!(amount > 0))
        return lacking("an item of this case has no such amount");
    const struct result_estimate t = out.estimate;
    if (one->is_at_floor || !(t.value > 0))
        return lacking("the time is at the floor of what the clock can tell from nothing");
    out.unit = unit;
    out.estimate.value = amount * 1e9 / t.value;
    if (out.doubt == NULL && !(t.low > 0))
        return doubtful(out.estimate.value, unit, "the interval of the time reaches zero");
    out.estimate.low = amount * 1e9 / t.high;
    out.estimate.high = amount * 1e9 / t.low;
    return out;
}

static const struct result_quantity *quantity_find(const struct result_quantities *list,
                                                   const char *name, const char *suffix)
{
    char text[256];
    snprintf(text, sizeof text, "%s%s", name, suffix);
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, text) == 0)
            return &list->items[i];
    return NULL;
}

static const char *unit_or_one(const char *unit)
{
    return unit == NULL || *unit == '\0' ? "1" : unit;
}

static struct result_reading quantity_of(const struct result_quantities *list, const char *name,
                                         bool is_counter)
{
    const struct result_quantity *value = quantity_find(list, name, "");
    const struct result_quantity *low = quantity_find(list, name, "_low");
    const struct result_quantity *high = quantity_find(list, name, "_high");
    if (value == NULL || isnan(value->value))
        return lacking(is_counter ? "the case has no such counter" : "the case has no such fact");
    const char *unit = unit_or_one(value->unit);
    struct result_reading out = { .estimate = { value->value, value->value, value->value },
                                  .unit = unit };
    if (low != NULL && high != NULL) {
        out.estimate.low = low->value;
        out.estimate.high = high->value;
        return has_interval(&out.estimate) ? out
                                           : doubtful(value->value, unit, "it has no interval");
    }
    const bool is_count = strcmp(unit, "1") == 0 || strcmp(unit, "B") == 0;
    if (!is_count || (!is_counter && value->value != nearbyint(value->value)))
        return doubtful(value->value, unit, "it is not a count and has no interval");
    return out;
}

static const struct result_series *series_find(const struct result_case *one, const char *name)
{
    for (size_t i = 0; i < one->series_count; i++)
        if (strcmp(one->series[i].name, name) == 0)
            return &one->series[i];
    return NULL;
}

/* What the case measured itself in each batch: the processes' medians and their spread. */
static struct result_reading series_of(const struct result_series *series)
{
    if (series == NULL)
        return lacking("the case has no such series");
    const char *unit = unit_or_one(series->unit);
    if (isnan(series->typical.value))
        return doubtful(series->median, unit, "its spread between processes was not kept");
    if (!has_interval(&series->typical))
        return doubtful(series->typical.value, unit,
                        "it was measured in one process, and the spread between processes is "
                        "not known");
    return (struct result_reading){ .estimate = series->typical, .unit = unit };
}

/* The largest of all batches, which is what it is. */
static struct result_reading highest_of(const struct result_series *series)
{
    if (series == NULL || isnan(series->high))
        return lacking("the case has no such series");
    return (struct result_reading){ .estimate = { series->high, series->high, series->high },
                                    .unit = unit_or_one(series->unit),
                                    .is_highest = true };
}

/* A process may have given none of it. */
static size_t processes_of(const struct result_case *one, const struct result_series *series)
{
    if (one == NULL)
        return 0;
    return series != NULL && series->processes >= 0 ? (size_t)series->processes
                                                    : one->process_count;
}

/* "2026-11-21T10:00:00.000Z" in nanoseconds; NaN when it is not that. Source: RFC 3339 */
static double instant_ns(const char *text)
{
    struct tm tm = { 0 };
    double seconds = 0;
    int used = 0;
    if (text == NULL ||
        sscanf(text, "%4d-%2d-%2dT%2d:%2d:%lfZ%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
               &tm.tm_hour, &tm.tm_min, &seconds, &used) != 6 ||
        used == 0 || text[used] != '\0')
        return NAN;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return ((double)timegm(&tm) + seconds) * 1e9;
}

double result_metric_elapsed_ns(const struct result_run *run)
{
    const double elapsed = instant_ns(run->ended) - instant_ns(run->started);
    return elapsed >= 0 ? nearbyint(elapsed / 1e6) * 1e6 : NAN; /* instants are in milliseconds */
}

static struct result_reading run_elapsed(const struct result_run *run)
{
    if (run->state != NULL && strcmp(run->state, "interrupted") == 0)
        return lacking("the run was interrupted");
    const double ns = result_metric_elapsed_ns(run);
    if (isnan(ns))
        return lacking("the run does not say when it ended");
    return (struct result_reading){ .estimate = { ns, ns, ns }, .unit = "ns" };
}

base_err result_metric_read(const char *name, const struct result_run *run,
                            const struct result_case *one, struct base_arena *arena,
                            struct result_reading *out)
{
    const struct metric *metric = metric_find(name);
    const char *place = one != NULL ? (const char *)one + metric->offset : NULL;
    const bool is_series = metric->kind == KIND_SERIES || metric->kind == KIND_HIGHEST;
    const struct result_series *series =
        is_series ? series_find(one, name + strlen(metric->name)) : NULL;
    switch (metric->kind) {
    case KIND_TIME:
        *out = time_of(one, metric->offset);
        break;
    case KIND_HERE:
        *out = here_of(one, run->confidence);
        break;
    case KIND_RATE:
        *out = rate_of(one, metric->offset == 0 ? 1 : *(const double *)(const void *)place,
                       metric->unit);
        break;
    case KIND_QUANTITY:
        *out = quantity_of((const void *)place, name + strlen(metric->name),
                           metric->offset == offsetof(struct result_case, counters));
        break;
    case KIND_SERIES:
        *out = series_of(series);
        break;
    case KIND_HIGHEST:
        *out = highest_of(series);
        break;
    case KIND_RUN:
        *out = run_elapsed(run);
        break;
    }
    out->processes = processes_of(one, series);
    if (out->lack == NULL)
        return BASE_OK;
    out->lack = base_arena_printf(arena, "%s: %s", name, out->lack);
    return out->lack != NULL ? BASE_OK : BASE_ENOMEM;
}

struct result_reading result_metric_ratio(const struct result_reading *a,
                                          const struct result_reading *b)
{
    const struct result_estimate *x = &a->estimate, *y = &b->estimate;
    if (strcmp(a->unit, b->unit) != 0)
        return lacking("the two sides are in different units");
    if (!(x->value > 0) || !(y->value > 0))
        return lacking("a ratio needs two positive numbers");
    const double ratio = x->value / y->value;
    if (a->doubt != NULL || b->doubt != NULL)
        return doubtful(ratio, "1", a->doubt != NULL ? a->doubt : b->doubt);
    if (!(x->low > 0) || !(y->low > 0))
        return doubtful(ratio, "1", "an interval reaches zero");
    const double up = hypot(log(x->high / x->value), log(y->value / y->low));
    const double down = hypot(log(x->value / x->low), log(y->high / y->value));
    return (struct result_reading){ .estimate = { ratio, ratio * exp(-down), ratio * exp(up) },
                                    .unit = "1" };
}

const char *result_unit_print(double value, const char *unit, char *out, size_t size)
{
    char text[BASE_UNITS_TEXT_SIZE];
    if (isnan(value))
        snprintf(out, size, "-");
    else if (strcmp(unit, "ns") == 0)
        snprintf(out, size, "%s", base_units_print_time(value, 4, text));
    else if (strcmp(unit, "B") == 0 && value == nearbyint(value) && fabs(value) < 1e6)
        snprintf(out, size, "%.0f B", value);
    else if (strcmp(unit, "B") == 0)
        snprintf(out, size, "%s", base_units_print_size(value, 4, text));
    else if (strcmp(unit, "B/s") == 0)
        snprintf(out, size, "%s/s", base_units_print_size(value, 4, text));
    else if (strcmp(unit, "/s") == 0)
        snprintf(out, size, "%s", base_units_print_rate(value, 4, text));
    else if (strcmp(unit, "1") == 0)
        snprintf(out, size, "%.4g", value);
    else
        snprintf(out, size, "%.4g %s", value, unit);
    return out;
}
