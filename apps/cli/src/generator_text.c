/* generator_text.c - the console of baseline-generator. */
#include "generator.h"

#include "show.h"

#include <base/units.h>
#include <result/table.h>

#include <math.h>
#include <stdio.h>

enum { DIGITS = 3 };

static const char *time_text(double ns, char *out)
{
    if (!isfinite(ns)) {
        snprintf(out, BASE_UNITS_TEXT_SIZE, "%s", "");
        return out;
    }
    return base_units_print_time(ns, DIGITS, out);
}

/* "2.91 .. 3.05 ms", or nothing. */
static const char *interval_text(struct result_estimate from, char *out, size_t size)
{
    char low[BASE_UNITS_TEXT_SIZE], high[BASE_UNITS_TEXT_SIZE];
    if (!isfinite(from.low) || !isfinite(from.high))
        snprintf(out, size, "%s", "");
    else
        snprintf(out, size, "%s .. %s", time_text(from.low, low), time_text(from.high, high));
    return out;
}

/* One flow alone has no interval. */
static base_err put_latency(const struct cli_generator_numbers *numbers, double confidence,
                            struct base_buf *out)
{
    char mean[BASE_UNITS_TEXT_SIZE], median[BASE_UNITS_TEXT_SIZE], p99[BASE_UNITS_TEXT_SIZE];
    char interval[2 * BASE_UNITS_TEXT_SIZE + 8];
    interval_text(numbers->mean_ns, interval, sizeof interval);
    CLI_TRY(base_buf_printf(out, "  latency     mean %s", time_text(numbers->mean_ns.value, mean)));
    if (interval[0] != '\0')
        CLI_TRY(base_buf_printf(out, " (%s with %.4g %%)", interval, 100 * confidence));
    return base_buf_printf(out, ", median %s, p99 %s\n",
                           time_text(numbers->flow->median_ns.value, median),
                           time_text(numbers->flow->p99_ns, p99));
}

static base_err put_head(const struct cli_generator *generator,
                         const struct cli_generator_numbers *numbers, double confidence,
                         struct base_buf *out)
{
    char success[BASE_UNITS_TEXT_SIZE];
    CLI_TRY(base_buf_printf(out, "conventional system, one flow after the other\n"));
    CLI_TRY(base_buf_printf(out, "  network     %s\n",
                            generator->has_network ? "a JSON service of its own process, over TCP"
                                                   : "off: a hash table in memory"));
    CLI_TRY(base_buf_printf(out, "  database    %s\n",
                            generator->has_database
                                ? "SQLite on a disk, a synced write a flow"
                                : "off: the topology in memory, routes are not kept"));
    CLI_TRY(base_buf_printf(out, "  ML          %s\n\n",
                            generator->has_ml ? "dense models, one flow at a time, no cache"
                                              : "off: cosine, and half of the last difference"));
    CLI_TRY(base_buf_printf(out, "  flows       %llu of %llu\n", (unsigned long long)numbers->total,
                            (unsigned long long)generator->flow_count));
    CLI_TRY(base_buf_printf(out, "  successful  %llu (%s)\n",
                            (unsigned long long)numbers->successful,
                            base_units_print_percent(numbers->success_rate, 4, success)));
    CLI_TRY(put_latency(numbers, confidence, out));
    return base_buf_printf(out, "  throughput  %.4g flows/s\n\n", numbers->per_second);
}

static base_err put_part(struct result_table *table, const struct cli_generator_part *part)
{
    char mean[BASE_UNITS_TEXT_SIZE], share[BASE_UNITS_TEXT_SIZE], alone[BASE_UNITS_TEXT_SIZE] = "";
    char ends[2 * BASE_UNITS_TEXT_SIZE + 8], alone_ends[2 * BASE_UNITS_TEXT_SIZE + 8] = "";
    if (part->alone != NULL) {
        time_text(part->alone->median_ns.value, alone);
        interval_text(part->alone->median_ns, alone_ends, sizeof alone_ends);
    }
    const struct result_cell cells[] = {
        { .text = part->name },
        { .text = time_text(part->mean_ns.value, mean) },
        { .text = interval_text(part->mean_ns, ends, sizeof ends) },
        { .text =
              isfinite(part->share) ? base_units_print_percent(part->share, DIGITS, share) : "" },
        { .text = alone },
        { .text = alone_ends },
    };
    return result_table_add(table, cells);
}

static base_err put_overhead(struct result_table *table,
                             const struct cli_generator_numbers *numbers)
{
    char mean[BASE_UNITS_TEXT_SIZE], share[BASE_UNITS_TEXT_SIZE];
    const double overhead_ns = numbers->overhead_ns > 0 ? numbers->overhead_ns : 0;
    const struct result_cell cells[6] = {
        { .text = "overhead" },
        { .text = time_text(overhead_ns, mean) },
        { .text = "" },
        { .text = base_units_print_percent(overhead_ns / numbers->mean_ns.value, DIGITS, share) },
    };
    return result_table_add(table, cells);
}

static base_err put_parts(const struct cli_generator *generator,
                          const struct cli_generator_numbers *numbers, struct base_buf *out)
{
    static const struct result_column columns[] = {
        { .title = "component" },
        { .title = "mean in a flow", .align = RESULT_RIGHT },
        { .title = "interval", .align = RESULT_RIGHT },
        { .title = "share", .align = RESULT_RIGHT },
        { .title = "alone, median", .align = RESULT_RIGHT, .drop = 1 },
        { .title = "interval", .align = RESULT_RIGHT, .drop = 2 },
    };
    const struct result_report_options options = cli_show_options(generator->args);
    struct result_table table;
    base_err err = BASE_OK;
    result_table_init(&table, columns, sizeof columns / sizeof columns[0], 2);
    for (size_t i = 0; i < CLI_GENERATOR_PARTS && err == BASE_OK; i++)
        err = put_part(&table, &numbers->parts[i]);
    if (err == BASE_OK)
        err = put_overhead(&table, numbers);
    if (err == BASE_OK)
        err = result_table_write(&table, &options.page, out);
    result_table_done(&table);
    return err;
}

base_err cli_generator_text(const struct cli_generator *generator,
                            const struct cli_generator_numbers *numbers, struct base_buf *out)
{
    const struct cli_value *confidence = cli_value(generator->args, "confidence");
    CLI_TRY(put_head(generator, numbers, confidence != NULL ? confidence->number : 0.95, out));
    CLI_TRY(put_parts(generator, numbers, out));
    return base_buf_printf(out,
                           "\n  calls a flow: %.4g network requests, %.4g database statements, "
                           "%.4g model runs\n",
                           numbers->calls[0], numbers->calls[1], numbers->calls[2]);
}
