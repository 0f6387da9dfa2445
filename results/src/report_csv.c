/* report_csv.c - RFC 4180: one table of columns, one row a case. Columns are only ever added at
 * the end, so that a script may count them. */
#include "report_formats_internal.h"
#include "report_internal.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

enum kind {
    KIND_TEXT,
    KIND_ARGS,
    KIND_NUMBER,
    KIND_U64,
    KIND_U32,
    KIND_BOOL,
    KIND_BATCHES,
    KIND_RATE
};

#define AT(member) offsetof(struct result_case, member)

static const struct csv_column {
    const char *name;
    enum kind kind;
    size_t offset;
} columns[] = {
    { "id", KIND_TEXT, AT(id) },
    { "suite", KIND_TEXT, AT(suite) },
    { "name", KIND_TEXT, AT(name) },
    { "args", KIND_ARGS, AT(args) },
    { "item", KIND_TEXT, AT(item) },
    { "peer_of", KIND_TEXT, AT(peer_of) },
    { "status", KIND_TEXT, AT(status) },
    { "why", KIND_TEXT, AT(why) },
    { "threads", KIND_U32, AT(threads) },
    { "is_at_floor", KIND_BOOL, AT(is_at_floor) },
    { "median_ns", KIND_NUMBER, AT(median_ns.value) },
    { "median_low_ns", KIND_NUMBER, AT(median_ns.low) },
    { "median_high_ns", KIND_NUMBER, AT(median_ns.high) },
    { "mean_ns", KIND_NUMBER, AT(mean_ns.value) },
    { "mean_low_ns", KIND_NUMBER, AT(mean_ns.low) },
    { "mean_high_ns", KIND_NUMBER, AT(mean_ns.high) },
    { "normalised_ns", KIND_NUMBER, AT(normalised_ns.value) },
    { "normalised_low_ns", KIND_NUMBER, AT(normalised_ns.low) },
    { "normalised_high_ns", KIND_NUMBER, AT(normalised_ns.high) },
    { "slope_ns", KIND_NUMBER, AT(slope_ns.value) },
    { "slope_low_ns", KIND_NUMBER, AT(slope_ns.low) },
    { "slope_high_ns", KIND_NUMBER, AT(slope_ns.high) },
    { "stddev_ns", KIND_NUMBER, AT(stddev_ns) },
    { "mad_ns", KIND_NUMBER, AT(mad_ns) },
    { "trimmed_mean_ns", KIND_NUMBER, AT(trimmed_mean_ns) },
    { "min_ns", KIND_NUMBER, AT(min_ns) },
    { "p05_ns", KIND_NUMBER, AT(p05_ns) },
    { "p25_ns", KIND_NUMBER, AT(p25_ns) },
    { "p75_ns", KIND_NUMBER, AT(p75_ns) },
    { "p95_ns", KIND_NUMBER, AT(p95_ns) },
    { "p99_ns", KIND_NUMBER, AT(p99_ns) },
    { "max_ns", KIND_NUMBER, AT(max_ns) },
    { "processes", KIND_U64, AT(process_count) },
    { "batches", KIND_BATCHES, 0 },
    { "effective_batches", KIND_NUMBER, AT(effective_batches) },
    { "low_severe_outliers", KIND_U64, AT(outliers.low_severe) },
    { "low_mild_outliers", KIND_U64, AT(outliers.low_mild) },
    { "high_mild_outliers", KIND_U64, AT(outliers.high_mild) },
    { "high_severe_outliers", KIND_U64, AT(outliers.high_severe) },
    { "drift_share", KIND_NUMBER, AT(drift_share) },
    { "residual_share", KIND_NUMBER, AT(residual_share) },
    { "memory_share", KIND_NUMBER, AT(memory_share) },
    { "wide_share", KIND_NUMBER, AT(shares.wide) },
    { "cache_share", KIND_NUMBER, AT(shares.cache) },
    { "reference", KIND_TEXT, AT(reference) },
    { "reference_explained_share", KIND_NUMBER, AT(reference_explained) },
    { "item_bytes", KIND_NUMBER, AT(bytes_per_item) },
    { "item_parts", KIND_NUMBER, AT(parts_per_item) },
    { "throughput_bytes_per_s", KIND_RATE, AT(bytes_per_item) },
    { "throughput_items_per_s", KIND_RATE, 0 },
    { "elapsed_ns", KIND_U64, AT(elapsed_ns) },
};
_Static_assert(sizeof(size_t) == sizeof(uint64_t), "process_count is read as 64 bits");

static void put_args(struct result_sink *sink, const struct result_pairs *args)
{
    struct base_buf text = { 0 };
    for (size_t i = 0; sink->err == BASE_OK && i < args->count; i++)
        sink->err = base_buf_printf(&text, "%s%s=%s", i > 0 ? ";" : "", args->items[i].name,
                                    args->items[i].value);
    const char *joined = base_buf_text(&text);
    if (sink->err == BASE_OK && joined == NULL)
        sink->err = BASE_ENOMEM;
    result_sink_csv(sink, joined);
    base_buf_done(&text);
}

static void put_number(struct result_sink *sink, double value)
{
    char text[RESULT_NUMBER_SIZE];
    result_sink_printf(sink, "%s", result_report_number(value, text));
}

static void put_rate(struct result_sink *sink, const struct result_case *one, double amount)
{
    if (!one->is_at_floor && one->median_ns.value > 0 && amount > 0)
        put_number(sink, amount * 1e9 / one->median_ns.value);
}

static void put_field(struct result_sink *sink, const struct result_case *one,
                      const struct csv_column *column)
{
    const void *at = (const char *)one + column->offset;
    switch (column->kind) {
    case KIND_TEXT:
        result_sink_csv(sink, *(const char *const *)at);
        break;
    case KIND_ARGS:
        put_args(sink, at);
        break;
    case KIND_NUMBER:
        put_number(sink, *(const double *)at);
        break;
    case KIND_U64:
        result_sink_printf(sink, "%llu", (unsigned long long)*(const uint64_t *)at);
        break;
    case KIND_U32:
        result_sink_printf(sink, "%u", *(const uint32_t *)at);
        break;
    case KIND_BOOL:
        result_sink_printf(sink, "%s", *(const bool *)at ? "true" : "false");
        break;
    case KIND_BATCHES:
        result_sink_printf(sink, "%llu", (unsigned long long)result_report_batches(one));
        break;
    case KIND_RATE:
        put_rate(sink, one, column->offset == 0 ? 1 : *(const double *)at);
        break;
    }
}

base_err result_report_csv(const struct result_run *run,
                           const struct result_report_options *options, struct base_buf *out)
{
    const size_t count = sizeof columns / sizeof columns[0];
    struct result_sink sink = { out, BASE_OK };
    (void)options;
    for (size_t i = 0; i < count; i++)
        result_sink_printf(&sink, "%s%s", i > 0 ? "," : "", columns[i].name);
    result_sink_printf(&sink, "\r\n");
    for (size_t row = 0; row < run->case_count; row++) {
        for (size_t i = 0; i < count; i++) {
            result_sink_printf(&sink, "%s", i > 0 ? "," : "");
            put_field(&sink, &run->cases[row], &columns[i]);
        }
        result_sink_printf(&sink, "\r\n");
    }
    return sink.err;
}
