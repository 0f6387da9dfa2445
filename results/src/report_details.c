/* report_details.c - one case in full. The histogram runs from the smallest sample to the 98th
 * percentile, so that one preempted batch does not squeeze all others into one bin; its last bin
 * also holds what is above. */
#include "report_internal.h"

#include <base/units.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BIN_MAX = 32, BAR_MAX = 40, LABEL_WIDTH = 16, LEFT = 4 };

struct details {
    struct result_sink sink;
    const struct result_page *page;
    const struct result_case *one;
    result_report_detail_put *put; /* where the lines go */
    void *context;
};

static void put_line(struct details *details, const char *label, const char *text)
{
    if (details->sink.err == BASE_OK)
        details->put(details->context, label, text);
}

/* "    label           text", wrapped under the text. */
static void put_page_line(void *context, const char *label, const char *text)
{
    struct details *details = context;
    const size_t indent = LEFT + LABEL_WIDTH + 2;
    const size_t width = result_text_width(label);
    result_sink_printf(&details->sink, "%*s%s", LEFT, "",
                       result_style_begin(details->page, RESULT_DIM));
    if (details->sink.err == BASE_OK)
        details->sink.err = result_text_put_cut(details->sink.out, label, LABEL_WIDTH);
    result_sink_printf(&details->sink, "%s%*s", result_style_end(details->page, RESULT_DIM),
                       (int)(width < LABEL_WIDTH ? LABEL_WIDTH - width + 2 : 2), "");
    result_sink_wrapped(&details->sink, text, details->page->width, indent, indent);
    result_sink_printf(&details->sink, "\n");
}

static void put_estimate(struct details *details, const char *label,
                         const struct result_estimate *estimate)
{
    char text[3 * RESULT_SHORT_SIZE];
    if (!isnan(estimate->value))
        put_line(details, label, result_report_estimate(estimate, text));
}

static void put_quantiles(struct details *details)
{
    const struct result_case *one = details->one;
    const double values[] = { one->min_ns, one->p05_ns, one->p25_ns, one->p75_ns,
                              one->p95_ns, one->p99_ns, one->max_ns };
    static const char *const names[] = { "min", "5 %", "25 %", "75 %", "95 %", "99 %", "max" };
    char text[400] = "", number[BASE_UNITS_TEXT_SIZE];
    size_t used = 0;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (!isnan(values[i]))
            used +=
                (size_t)snprintf(text + used, sizeof text - used, "%s%s %s", used > 0 ? ", " : "",
                                 names[i], base_units_print_time(values[i], 4, number));
    if (used > 0)
        put_line(details, "batches", text);
}

static void put_counts(struct details *details)
{
    const struct result_case *one = details->one;
    const struct result_outliers *o = &one->outliers;
    char text[300];
    char worth[80] = "";
    if (one->effective_batches > 0)
        snprintf(worth, sizeof worth, ", worth %.0f independent ones", one->effective_batches);
    snprintf(text, sizeof text, "%zu process%s, %llu batches%s", one->process_count,
             one->process_count == 1 ? "" : "es", (unsigned long long)result_report_batches(one),
             worth);
    put_line(details, "measured", text);
    snprintf(text, sizeof text, "low %llu mild, %llu severe; high %llu mild, %llu severe",
             (unsigned long long)o->low_mild, (unsigned long long)o->low_severe,
             (unsigned long long)o->high_mild, (unsigned long long)o->high_severe);
    put_line(details, "outliers", text);
}

static void put_reference(struct details *details)
{
    const struct result_case *one = details->one;
    char text[240], explained[BASE_UNITS_TEXT_SIZE], drift[BASE_UNITS_TEXT_SIZE];
    size_t used = 0;
    if (one->reference == NULL)
        return;
    used = (size_t)snprintf(text, sizeof text, "%.40s", one->reference);
    if (strcmp(one->reference, "mixed") == 0 && one->shares.noise > 0)
        used += (size_t)snprintf(
            text + used, sizeof text - used, " (wide %.0f %%, cache %.0f %%, memory %.0f %%)",
            100 * one->shares.wide, 100 * one->shares.cache, 100 * one->shares.memory);
    if (isfinite(one->reference_explained) && strcmp(one->reference, "none") != 0)
        used += (size_t)snprintf(text + used, sizeof text - used, ", explains %s of the variance",
                                 base_units_print_percent(one->reference_explained, 2, explained));
    if (one->drift_share > 0)
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "; the host's drift is taken as %s",
                             base_units_print_percent(one->drift_share, 2, drift));
    if (one->residual_share > 0)
        snprintf(text + used, sizeof text - used, ", what the reference misses as %s",
                 base_units_print_percent(one->residual_share, 2, drift));
    put_line(details, "reference", text);
}

/* A number in the unit a reader wants: 2.19 MiB, 732.4 ms, 3. */
static void print_quantity(double value, const char *unit, char *out)
{
    if (unit != NULL && strcmp(unit, "ns") == 0)
        base_units_print_time(value, 4, out);
    else if (unit != NULL && strcmp(unit, "B") == 0 && fabs(value) >= 1e5)
        base_units_print_size(value, 4, out);
    else if (unit == NULL || *unit == '\0' || strcmp(unit, "1") == 0)
        snprintf(out, BASE_UNITS_TEXT_SIZE, "%.6g", value);
    else
        snprintf(out, BASE_UNITS_TEXT_SIZE, "%.6g %.15s", value, unit);
}

static void put_quantities(struct details *details, const char *label,
                           const struct result_quantities *list)
{
    struct base_buf text = { 0 };
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < list->count; i++) {
        char number[BASE_UNITS_TEXT_SIZE];
        print_quantity(list->items[i].value, list->items[i].unit, number);
        err = base_buf_printf(&text, "%s%s %s", i > 0 ? ", " : "", list->items[i].name, number);
    }
    const char *joined = base_buf_text(&text);
    if (err != BASE_OK || joined == NULL)
        details->sink.err = err != BASE_OK ? err : BASE_ENOMEM;
    else if (list->count > 0)
        put_line(details, label, joined);
    base_buf_done(&text);
}

static void put_series(struct details *details, const struct result_series *series)
{
    const double values[] = { series->median, series->mean, series->low, series->high };
    static const char *const names[] = { "median", "mean", "lowest", "highest" };
    char text[300] = "", number[BASE_UNITS_TEXT_SIZE];
    size_t used = 0;
    for (size_t i = 0; i < 4; i++) {
        print_quantity(values[i], series->unit, number);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s", i > 0 ? ", " : "",
                                 names[i], number);
    }
    put_line(details, series->name, text);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* All finite samples of all processes, sorted; NULL when there are none or no memory (*err). */
static double *sorted_samples(const struct result_case *one, size_t *count, base_err *err)
{
    size_t capacity = 0;
    *count = 0;
    for (size_t i = 0; i < one->process_count; i++)
        capacity += one->processes[i].sample_count;
    double *samples = capacity > 0 ? malloc(capacity * sizeof *samples) : NULL;
    if (samples == NULL) {
        *err = capacity > 0 ? BASE_ENOMEM : BASE_OK;
        return NULL;
    }
    for (size_t i = 0; i < one->process_count; i++)
        for (size_t j = 0; j < one->processes[i].sample_count; j++)
            if (isfinite(one->processes[i].ns[j]))
                samples[(*count)++] = one->processes[i].ns[j];
    qsort(samples, *count, sizeof *samples, by_value);
    return samples;
}

/* Blanks at the end go. */
static void put_bars(struct details *details, const char *label, const double *shares, size_t count)
{
    char bars[RESULT_BAR_SIZE * BAR_MAX + 1];
    result_text_bars(shares, count, details->page, bars);
    for (char *at = bars + strlen(bars); at > bars && at[-1] == ' ';)
        *--at = '\0';
    result_sink_printf(&details->sink, "%*s%s%-*s%s  %s\n", LEFT, "",
                       result_style_begin(details->page, RESULT_DIM), LABEL_WIDTH, label,
                       result_style_end(details->page, RESULT_DIM), bars);
}

/* The processes in their order, from the fastest (an eighth) to the slowest: a trend here is a host
 * that changed its speed. */
static void put_processes(struct details *details)
{
    const struct result_case *one = details->one;
    double shares[BAR_MAX], low = INFINITY, high = -INFINITY;
    char text[120], from[BASE_UNITS_TEXT_SIZE], to[BASE_UNITS_TEXT_SIZE];
    const size_t count = one->process_count;
    for (size_t i = 0; i < count; i++) {
        low = fmin(low, one->processes[i].median_ns);
        high = fmax(high, one->processes[i].median_ns);
    }
    if (count < 3 || count > BAR_MAX || !(low < high) || !isfinite(high - low))
        return;
    for (size_t i = 0; i < count; i++)
        shares[i] = 0.125 + 0.875 * (one->processes[i].median_ns - low) / (high - low);
    put_bars(details, "processes", shares, count);
    snprintf(text, sizeof text, "typical times from %s to %s, in their order",
             base_units_print_time(low, 4, from), base_units_print_time(high, 4, to));
    put_line(details, "", text);
}

static void put_histogram(struct details *details)
{
    size_t count = 0, bins[BIN_MAX] = { 0 };
    base_err err = BASE_OK;
    double *samples = sorted_samples(details->one, &count, &err);
    if (err != BASE_OK)
        details->sink.err = err;
    if (count < 2 || samples[0] == samples[count - 1])
        goto done;
    const double low = samples[0];
    double high = samples[(count - 1) * 98 / 100];
    if (high <= low)
        high = samples[count - 1];
    for (size_t i = 0; i < count; i++) {
        const double place = (samples[i] - low) / (high - low) * BIN_MAX;
        bins[place < BIN_MAX ? (size_t)place : BIN_MAX - 1]++;
    }
    char text[300], from[BASE_UNITS_TEXT_SIZE], to[BASE_UNITS_TEXT_SIZE];
    double shares[BIN_MAX];
    size_t most = 1;
    for (size_t i = 0; i < BIN_MAX; i++)
        most = bins[i] > most ? bins[i] : most;
    for (size_t i = 0; i < BIN_MAX; i++)
        shares[i] = (double)bins[i] / (double)most;
    put_bars(details, "histogram", shares, BIN_MAX);
    snprintf(text, sizeof text, "%zu batches from %s to %s%s", count,
             base_units_print_time(low, 4, from), base_units_print_time(high, 4, to),
             samples[count - 1] > high ? ", the last bar with all above" : "");
    put_line(details, "", text);
done:
    free(samples);
}

static void put_times(struct details *details)
{
    const struct result_case *one = details->one;
    put_estimate(details, "typical", &one->median_ns);
    put_estimate(details, "mean", &one->mean_ns);
    put_estimate(details, "at ref. speed", &one->normalised_ns);
    put_estimate(details, "slope", &one->slope_ns);
    put_reference(details);
    put_counts(details);
    put_quantiles(details);
}

static void put_lists(struct details *details)
{
    const struct result_case *one = details->one;
    put_quantities(details, "counters", &one->counters);
    put_quantities(details, "facts", &one->facts);
    for (size_t i = 0; i < one->series_count; i++)
        put_series(details, &one->series[i]);
}

base_err result_report_details_each(const struct result_case *one, result_report_detail_put *put,
                                    void *context)
{
    struct details details = { .one = one, .put = put, .context = context };
    put_times(&details);
    put_lists(&details);
    return details.sink.err;
}

base_err result_report_details(const struct result_case *one, const struct result_page *page,
                               struct base_buf *out)
{
    struct details details = {
        .sink = { out, BASE_OK }, .page = page, .one = one, .put = put_page_line
    };
    details.context = &details;
    result_sink_printf(&details.sink, "\n  %s", result_style_begin(page, RESULT_BOLD));
    result_sink_wrapped(&details.sink, one->id, page->width, 2, LEFT);
    result_sink_printf(&details.sink, "%s\n", result_style_end(page, RESULT_BOLD));
    put_times(&details);
    put_histogram(&details);
    put_processes(&details);
    put_lists(&details);
    return details.sink.err;
}
