/* runner_show.c - what stands below the report on the console: targets, the baseline, memory, one
 * line a layer, totals, and a chart of times. The chart's bars are logarithmic, because a filter
 * takes nanoseconds and a topology milliseconds; it says so. */
#include "runner.h"

#include <base/units.h>
#include <result/table.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RULE = 50, BAR = 30, LABEL_MAX = 90 };

static const char *print_time(double ns, char *out)
{
    return isfinite(ns) ? base_units_print_time(ns, 3, out) : "";
}

static const char *print_percent(double share, char *out, size_t size)
{
    if (!isfinite(share))
        return "";
    snprintf(out, size, "%.1f %%", 100 * share);
    return out;
}

static double seconds_of(const struct result_run *run)
{
    double ns = 0;
    for (size_t i = 0; i < run->case_count; i++)
        ns += (double)run->cases[i].elapsed_ns;
    return ns / 1e9;
}

static void count_target(struct cli_runner_totals *totals, enum result_state state)
{
    totals->targets++;
    totals->met += state == RESULT_STATE_PROVEN;
    totals->missed += state == RESULT_STATE_REFUTED;
    totals->undecided += state == RESULT_STATE_UNDECIDED;
    totals->unjudged += state == RESULT_STATE_NOT_RUN;
}

bool cli_runner_is_good(const struct result_case *one)
{
    return strcmp(one->status, "ok") == 0;
}

double cli_runner_series_of(const struct result_case *one, const char *name)
{
    for (size_t i = 0; i < one->series_count; i++)
        if (strcmp(one->series[i].name, name) == 0)
            return one->series[i].median;
    return NAN;
}

double cli_runner_calls_of(const struct result_case *one)
{
    return one->parts_per_item > 1 && isfinite(cli_runner_series_of(one, "p50_ns"))
               ? one->parts_per_item
               : 1;
}

struct cli_runner_totals cli_runner_totals_of(const struct result_run *run)
{
    struct cli_runner_totals totals = { .cases = run->case_count, .seconds = seconds_of(run) };
    double ms = 0, rate = 0, timed = 0;
    for (size_t i = 0; i < run->case_count; i++) {
        const struct result_case *one = &run->cases[i];
        const double mean_ns = one->mean_ns.value / cli_runner_calls_of(one);
        totals.good += cli_runner_is_good(one);
        if (!cli_runner_is_good(one) || !(mean_ns > 0))
            continue;
        timed++;
        ms += mean_ns / 1e6;
        rate += 1e9 / mean_ns;
    }
    totals.mean_latency_ms = timed > 0 ? ms / timed : NAN;
    totals.mean_rate = timed > 0 ? rate / timed : NAN;
    for (size_t i = 0; i < run->verdict_count; i++)
        if (cli_runner_is_target(&run->verdicts[i]))
            count_target(&totals, result_state_of(run->verdicts[i].state));
    return totals;
}

/* A table with its heading; without rows, nothing. Releases the table. */
static base_err put_table(struct result_table *table, const char *heading, base_err err,
                          const struct result_page *page, struct base_buf *out)
{
    if (err == BASE_OK && table->first != NULL) {
        err = base_buf_printf(out, "\n%s\n", heading);
        if (err == BASE_OK)
            err = result_table_write(table, page, out);
    }
    result_table_done(table);
    return err;
}

/* What a verdict on a target is called here. */
static struct result_cell state_cell(const struct result_verdict *verdict)
{
    switch (result_state_of(verdict->state)) {
    case RESULT_STATE_PROVEN:
        return (struct result_cell){ "met", RESULT_GOOD };
    case RESULT_STATE_REFUTED:
        return (struct result_cell){ "not met", RESULT_BAD };
    case RESULT_STATE_UNDECIDED:
        return (struct result_cell){ "undecided", RESULT_WARN };
    default:
        return (struct result_cell){ "not judged", RESULT_DIM };
    }
}

static base_err put_targets(const struct result_run *run, const struct result_page *page,
                            struct base_buf *out)
{
    static const struct result_column columns[] = {
        { .title = "target" },
        { .title = "" },
        { .title = "what is wanted", .drop = 1, .width_least = 20 },
        { .title = "why", .drop = 2, .width_least = 20 },
    };
    struct result_table table;
    base_err err = BASE_OK;
    result_table_init(&table, columns, sizeof columns / sizeof columns[0], 2);
    for (size_t i = 0; err == BASE_OK && i < run->verdict_count; i++) {
        const struct result_verdict *verdict = &run->verdicts[i];
        const struct result_cell cells[] = { { .text = verdict->id + strlen("targets.") },
                                             state_cell(verdict),
                                             { .text = verdict->sentence },
                                             { .text = verdict->why } };
        if (cli_runner_is_target(verdict))
            err = result_table_add(&table, cells);
    }
    return put_table(&table, "Targets", err, page, out);
}

static base_err put_comparisons(const struct cli_runner *runner, const struct result_run *run,
                                const struct result_page *page, struct base_buf *out)
{
    static const struct result_column columns[] = {
        { .title = "layer" },
        { .title = "improvement", .align = RESULT_RIGHT },
        { .title = "interval", .align = RESULT_RIGHT },
        { .title = "compared", .drop = 1, .width_least = 20 },
    };
    struct result_table table;
    base_err err = BASE_OK;
    if (!runner->has_baseline)
        return BASE_OK;
    result_table_init(&table, columns, sizeof columns / sizeof columns[0], 2);
    for (size_t i = 0; err == BASE_OK && i < run->verdict_count; i++) {
        const struct result_verdict *verdict = &run->verdicts[i];
        const struct result_estimate better = cli_runner_improvement(verdict);
        char value[32], low[32], high[32], interval[80] = "";
        if (!cli_runner_is_comparison(verdict))
            continue;
        if (isfinite(better.low) && isfinite(better.high))
            snprintf(interval, sizeof interval, "%s .. %s",
                     print_percent(better.low, low, sizeof low),
                     print_percent(better.high, high, sizeof high));
        const bool is_there = isfinite(better.value);
        const struct result_cell cells[] = {
            { .text = cli_runner_layer_of_verdict(verdict)->label },
            { .text = is_there ? print_percent(better.value, value, sizeof value) : "not known" },
            { .text = interval },
            { .text = is_there ? verdict->metric : verdict->why }
        };
        err = result_table_add(&table, cells);
    }
    return put_table(&table, "Against the baseline: (baseline - ours) / baseline, of typical times",
                     err, page, out);
}

static const char *print_bytes(double bytes, char *out)
{
    return isfinite(bytes) ? base_units_print_size(bytes, 3, out) : "";
}

static struct result_cell growth_cell(const struct cli_runner_memory *one)
{
    if (!one->is_judged)
        return (struct result_cell){ "too few looks", RESULT_WARN };
    return one->is_growing ? (struct result_cell){ "grows", RESULT_WARN }
                           : (struct result_cell){ "steady", RESULT_GOOD };
}

static base_err add_memory(const struct cli_runner *runner, const struct cli_runner_memory *one,
                           struct result_table *table)
{
    const bool has_verdict =
        cli_runner_setting(&runner->config, "memory.profiling.detect_leaks")->is_true;
    const bool has_allocs =
        cli_runner_setting(&runner->config, "memory.profiling.track_allocations")->is_true;
    char start[64], peak[64], growth[64], kept[64], calls[64] = "";
    if (has_allocs && isfinite(one->alloc_count))
        snprintf(calls, sizeof calls, "%.3g", one->alloc_count);
    if (one->why != NULL)
        return result_table_add(table, (struct result_cell[]){ { .text = one->id },
                                                               { 0 },
                                                               { 0 },
                                                               { 0 },
                                                               { 0 },
                                                               { 0 },
                                                               { one->why, RESULT_WARN } });
    const bool has_rate = isfinite(one->growth_bytes_per_s);
    const struct result_cell cells[] = {
        { .text = one->id },
        { .text = print_bytes(one->start_bytes, start) },
        { .text = print_bytes(one->peak_bytes, peak) },
        { .text = has_rate ? base_units_print_size(one->growth_bytes_per_s, 3, growth) : "" },
        { .text = calls },
        { .text = has_allocs ? print_bytes(one->kept_bytes, kept) : "" },
        has_verdict ? growth_cell(one) : (struct result_cell){ 0 },
    };
    return result_table_add(table, cells);
}

/* That no leak was seen is said only when every case was looked at. */
static base_err put_leaks(const struct cli_runner *runner, struct base_buf *out)
{
    size_t growing = 0, judged = 0;
    for (size_t i = 0; i < runner->memory_count; i++) {
        judged += runner->memory[i].is_judged;
        growing += runner->memory[i].is_growing;
    }
    if (growing > 0)
        return base_buf_printf(out, "  %zu of them grow: a leak, or a state that grows by design\n",
                               growing);
    if (judged == runner->memory_count)
        return base_buf_put_text(out, "  no case grows: no leak was seen\n");
    return base_buf_printf(out, "  %zu of %zu cases could not be judged; the others do not grow\n",
                           runner->memory_count - judged, runner->memory_count);
}

static base_err put_memory(const struct cli_runner *runner, const struct result_page *page,
                           struct base_buf *out)
{
    static const struct result_column columns[] = {
        { .title = "case", .width_least = 20 },
        { .title = "resident", .align = RESULT_RIGHT },
        { .title = "peak", .align = RESULT_RIGHT },
        { .title = "growth/s", .align = RESULT_RIGHT },
        { .title = "allocs/item", .align = RESULT_RIGHT, .drop = 1 },
        { .title = "kept/item", .align = RESULT_RIGHT, .drop = 2 },
        { .title = "" },
    };
    struct result_table table;
    base_err err = BASE_OK;
    result_table_init(&table, columns, sizeof columns / sizeof columns[0], 2);
    for (size_t i = 0; err == BASE_OK && i < runner->memory_count; i++)
        err = add_memory(runner, &runner->memory[i], &table);
    err = put_table(&table, "Memory of a worker while its case runs", err, page, out);
    if (err != BASE_OK || runner->memory_count == 0 ||
        !cli_runner_setting(&runner->config, "memory.profiling.detect_leaks")->is_true)
        return err;
    return put_leaks(runner, out);
}

static bool is_of(const struct result_case *one, const struct cli_runner_layer *layer)
{
    return cli_runner_layer_of(one) == layer;
}

static base_err put_layer(const struct cli_runner *runner, size_t index,
                          const struct result_run *run, struct base_buf *out)
{
    const struct cli_runner_layer *layer = &cli_runner_layers[index];
    struct cli_runner_totals totals = { 0 };
    if (!runner->is_wanted[index])
        return BASE_OK;
    if (runner->is_missing[index])
        return base_buf_printf(out, "  %-12s %s (%s) is not there yet\n", layer->label, layer->name,
                               layer->title);
    for (size_t i = 0; i < run->case_count; i++)
        if (is_of(&run->cases[i], layer)) {
            totals.cases++;
            totals.good += cli_runner_is_good(&run->cases[i]);
        }
    for (size_t i = 0; i < run->verdict_count; i++)
        if (cli_runner_is_target(&run->verdicts[i]) &&
            cli_runner_layer_of_verdict(&run->verdicts[i]) == layer)
            count_target(&totals, result_state_of(run->verdicts[i].state));
    return base_buf_printf(out,
                           "  %-12s %zu cases, %zu failed; targets: %zu met, %zu not met, "
                           "%zu undecided, %zu not judged\n",
                           layer->label, totals.cases, totals.cases - totals.good, totals.met,
                           totals.missed, totals.undecided, totals.unjudged);
}

static base_err put_totals(const struct cli_runner *runner, const struct result_run *run,
                           struct base_buf *out)
{
    const struct cli_runner_totals totals = cli_runner_totals_of(run);
    CLI_TRY(base_buf_printf(
        out, "\n%s: %s\n", cli_runner_setting(&runner->config, "general.benchmark_name")->text,
        strcmp(run->state, "complete") == 0 ? "complete" : "interrupted; what was finished"));
    for (size_t i = 0; i < CLI_RUNNER_LAYERS; i++)
        CLI_TRY(put_layer(runner, i, run, out));
    CLI_TRY(base_buf_printf(out, "  cases        %zu, %zu failed, in %.1f s\n", totals.cases,
                            totals.cases - totals.good, totals.seconds));
    return base_buf_printf(out,
                           "  targets      %zu of %zu met, %zu not met, %zu undecided, %zu not "
                           "judged\n",
                           totals.met, totals.targets, totals.missed, totals.undecided,
                           totals.unjudged);
}

/* Bars from a tenth of the shortest time on, in logarithms. */
struct chart {
    const struct result_page *page;
    size_t label; /* cells */
    double low, high;
};

static base_err put_bar(const struct result_case *one, const struct chart *chart,
                        struct base_buf *out)
{
    const bool is_ascii = chart->page->is_ascii;
    const char *full = is_ascii ? "#" : "\u2588", *empty = is_ascii ? "." : "\u2591";
    char time[BASE_UNITS_TEXT_SIZE];
    const double share = (log(one->median_ns.value) - chart->low) / (chart->high - chart->low);
    const int cells = (int)lround(share * BAR);
    const size_t width = result_text_width(one->id);
    CLI_TRY(base_buf_put_text(out, "  "));
    CLI_TRY(result_text_put_cut(out, one->id, chart->label));
    CLI_TRY(
        base_buf_printf(out, "%*s ", width < chart->label ? (int)(chart->label - width) : 0, ""));
    for (int i = 0; i < BAR; i++)
        CLI_TRY(base_buf_put_text(out, i < cells ? full : empty));
    return base_buf_printf(out, " %s\n", print_time(one->median_ns.value, time));
}

static base_err put_rule(struct base_buf *out, const struct result_page *page)
{
    for (int i = 0; i < RULE; i++)
        CLI_TRY(base_buf_put_text(out, page->is_ascii ? "=" : "\u2550"));
    return base_buf_put_text(out, "\n");
}

static bool is_drawn(const struct result_case *one)
{
    return strcmp(one->status, "ok") == 0 && one->median_ns.value > 0;
}

static base_err put_chart(const struct result_run *run, const struct result_page *page,
                          struct base_buf *out)
{
    const size_t room = page->width > 0 ? page->width - BAR - 16 : LABEL_MAX;
    struct chart chart = { .page = page, .low = INFINITY, .high = -INFINITY };
    for (size_t i = 0; i < run->case_count; i++) {
        const struct result_case *one = &run->cases[i];
        const size_t width = result_text_width(one->id);
        if (!is_drawn(one))
            continue;
        chart.label = width > chart.label ? width : chart.label;
        chart.low = fmin(chart.low, log(one->median_ns.value / 10));
        chart.high = fmax(chart.high, log(one->median_ns.value));
    }
    if (chart.label == 0)
        return BASE_OK;
    chart.label = chart.label > room ? room : chart.label;
    CLI_TRY(base_buf_put_text(out, "\nLatency: typical time of an item, on a logarithmic scale\n"));
    CLI_TRY(put_rule(out, page));
    for (size_t i = 0; i < run->case_count; i++)
        if (is_drawn(&run->cases[i]))
            CLI_TRY(put_bar(&run->cases[i], &chart, out));
    return put_rule(out, page);
}

base_err cli_runner_summary_write(const struct cli_runner *runner, const struct result_run *run,
                                  const struct result_page *page, struct base_buf *out)
{
    CLI_TRY(put_targets(run, page, out));
    CLI_TRY(put_comparisons(runner, run, page, out));
    CLI_TRY(put_memory(runner, page, out));
    if (cli_runner_setting(&runner->config, "reporting.generate_plots")->is_true)
        CLI_TRY(put_chart(run, page, out));
    return put_totals(runner, run, out);
}
