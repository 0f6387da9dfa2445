/* report_part.c - numbers as texts, and the one table of cases that text and Markdown share. */
#include "report_internal.h"

#include <base/units.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double result_report_half_share(const struct result_estimate *estimate)
{
    const double below = estimate->value - estimate->low;
    const double above = estimate->high - estimate->value;
    if (!isfinite(below) || !isfinite(above) || estimate->value == 0)
        return NAN;
    return fabs((below > above ? below : above) / estimate->value);
}

const char *result_report_estimate(const struct result_estimate *estimate, char *out)
{
    char value[BASE_UNITS_TEXT_SIZE], low[BASE_UNITS_TEXT_SIZE], high[BASE_UNITS_TEXT_SIZE];
    base_units_print_time(estimate->value, 4, value);
    if (isnan(estimate->value))
        snprintf(out, 3 * RESULT_SHORT_SIZE, "-");
    else if (!isfinite(estimate->low) || !isfinite(estimate->high))
        snprintf(out, 3 * RESULT_SHORT_SIZE, "%s, no interval", value);
    else
        snprintf(out, 3 * RESULT_SHORT_SIZE, "%s [%s, %s]", value,
                 base_units_print_time(estimate->low, 4, low),
                 base_units_print_time(estimate->high, 4, high));
    return out;
}

const char *result_report_number(double value, char out[RESULT_NUMBER_SIZE])
{
    out[0] = '\0';
    for (int digits = 15; digits <= 17 && !isnan(value); digits++) {
        snprintf(out, RESULT_NUMBER_SIZE, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            break;
    }
    return out;
}

const char *result_report_throughput(const struct result_case *one, char out[RESULT_SHORT_SIZE])
{
    char text[BASE_UNITS_TEXT_SIZE];
    const double per_s = 1e9 / one->median_ns.value;
    out[0] = '\0';
    if (one->is_at_floor || !(one->median_ns.value > 0))
        return out;
    if (one->bytes_per_item > 0)
        snprintf(out, RESULT_SHORT_SIZE, "%s/s",
                 base_units_print_size(one->bytes_per_item * per_s, 3, text));
    else
        snprintf(out, RESULT_SHORT_SIZE, "%s",
                 base_units_print_rate((one->parts_per_item > 1 ? one->parts_per_item : 1) * per_s,
                                       3, text));
    return out;
}

bool result_report_is_ok(const struct result_case *one)
{
    return one->status != NULL && strcmp(one->status, "ok") == 0;
}

bool result_report_has_ok(const struct result_run *run)
{
    for (size_t i = 0; i < run->case_count; i++)
        if (result_report_is_ok(&run->cases[i]))
            return true;
    return false;
}

uint64_t result_report_batches(const struct result_case *one)
{
    uint64_t batches = 0;
    for (size_t i = 0; i < one->process_count; i++)
        batches += one->processes[i].batches;
    return batches;
}

static const char *arg_value(const struct result_pairs *args, const char *name)
{
    for (size_t i = 0; i < args->count; i++)
        if (strcmp(args->items[i].name, name) == 0)
            return args->items[i].value;
    return NULL;
}

bool result_report_is_peer(const struct result_case *peer, const struct result_case *one)
{
    if (peer->peer_of == NULL || strcmp(peer->peer_of, one->name) != 0)
        return false;
    for (size_t i = 0; i < peer->args.count; i++) {
        const char *value = arg_value(&one->args, peer->args.items[i].name);
        if (value != NULL && strcmp(value, peer->args.items[i].value) != 0)
            return false;
    }
    return true;
}

bool result_report_is_of_suite(const struct result_case *one, const char *suite)
{
    return strcmp(one->suite, suite) == 0;
}

bool result_report_is_suite_start(const struct result_run *run, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (result_report_is_of_suite(&run->cases[i], run->cases[index].suite))
            return false;
    return true;
}

bool result_report_is_new_interval(const struct result_run *run, size_t index)
{
    const char *words = run->cases[index].interval;
    if (words == NULL || *words == '\0')
        return false;
    for (size_t i = 0; i < index; i++)
        if (run->cases[i].interval != NULL && strcmp(run->cases[i].interval, words) == 0)
            return false;
    return true;
}

static bool has_peers(const struct result_run *run)
{
    for (size_t i = 0; i < run->case_count; i++)
        if (run->cases[i].peer_of != NULL)
            return true;
    return false;
}

const char *result_report_note(const struct result_run *run, size_t index)
{
    static const struct {
        const char *text;
        bool is_of_peers;
    } notes[] = {
        { "time/item: typical time of one item at the speed the host had; \u00b1: the larger half "
          "of its interval" },
        { "at ref. speed: what it would be with the host at the speed of the reference kernel" },
        { "ratio: time of the peer over the time of the case above it, at reference speed where "
          "both have it",
          true },
        { "spread: the middle half of the batches; outliers: mild+severe by Tukey's fences, none "
          "dropped" },
    };
    if (index >= sizeof notes / sizeof notes[0])
        return NULL;
    return notes[index].is_of_peers && !has_peers(run) ? "" : notes[index].text;
}

/* --- one row ------------------------------------------------------------------------------- */

const struct result_column result_report_columns[RESULT_REPORT_COLUMN_COUNT] = {
    [RESULT_REPORT_CASE] = { "case", RESULT_LEFT, 0, 20 },
    [RESULT_REPORT_TIME] = { "time/item", RESULT_RIGHT, 0 },
    [RESULT_REPORT_TIME_HALF] = { "\u00b1", RESULT_RIGHT, 0 },
    [RESULT_REPORT_REFERENCE] = { "at ref. speed", RESULT_RIGHT, 4 },
    [RESULT_REPORT_REFERENCE_HALF] = { "\u00b1", RESULT_RIGHT, 5 },
    [RESULT_REPORT_RATIO] = { "ratio", RESULT_RIGHT, 1 },
    [RESULT_REPORT_NOTE] = { "note", RESULT_LEFT, 2 },
    [RESULT_REPORT_THROUGHPUT] = { "throughput", RESULT_RIGHT, 6 },
    [RESULT_REPORT_SPREAD] = { "spread", RESULT_RIGHT, 7 },
    [RESULT_REPORT_OUTLIERS] = { "outliers", RESULT_RIGHT, 8 },
};

static void percent_text(double share, char *out)
{
    char text[BASE_UNITS_TEXT_SIZE];
    out[0] = '\0';
    if (isfinite(share))
        snprintf(out, RESULT_SHORT_SIZE, "%s", base_units_print_percent(share, 2, text));
}

static void time_text(double ns, int digits, char *out)
{
    char text[BASE_UNITS_TEXT_SIZE];
    out[0] = '\0';
    if (!isnan(ns))
        snprintf(out, RESULT_SHORT_SIZE, "%s", base_units_print_time(ns, digits, text));
}

/* Time of the peer over time of the case, at reference speed where both have one. */
static void ratio_text(const struct result_case *peer, const struct result_case *one, char *out)
{
    const bool has_both = peer->normalised_ns.value > 0 && one->normalised_ns.value > 0;
    const double ratio = has_both ? peer->normalised_ns.value / one->normalised_ns.value
                                  : peer->median_ns.value / one->median_ns.value;
    out[0] = '\0';
    if (!result_report_is_ok(peer) || !result_report_is_ok(one) || peer->is_at_floor ||
        one->is_at_floor || !isfinite(ratio))
        return;
    const int digits = ratio < 1 ? 3 : ratio < 10 ? 2 : ratio < 100 ? 1 : 0;
    snprintf(out, RESULT_SHORT_SIZE, "%.*f\u00d7", digits, ratio);
}

static void note_text(const struct result_case *one, char *out)
{
    char threads[24] = "";
    if (one->threads > 1)
        snprintf(threads, sizeof threads, "%u threads", one->threads);
    const char *const notes[] = {
        result_report_is_ok(one) ? NULL : one->status,
        one->is_at_floor ? "at the floor" : NULL,
        !result_report_is_ok(one) || one->process_count > 1 ? NULL
        : one->process_count == 1                           ? "one process"
                                                            : "no samples",
        threads[0] != '\0' ? threads : NULL,
    };
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++)
        if (notes[i] != NULL && used < RESULT_SHORT_SIZE)
            used += (size_t)snprintf(out + used, RESULT_SHORT_SIZE - used, "%s%.24s",
                                     used > 0 ? ", " : "", notes[i]);
}

static void outliers_text(const struct result_outliers *outliers, char *out)
{
    const uint64_t mild = outliers->low_mild + outliers->high_mild;
    const uint64_t severe = outliers->low_severe + outliers->high_severe;
    snprintf(out, RESULT_SHORT_SIZE, "%llu+%llu", (unsigned long long)mild,
             (unsigned long long)severe);
}

void result_report_row_fill(struct result_report_row *row, const struct result_case *one,
                            const struct result_case *host)
{
    const int digits = one->is_at_floor ? 2 : 4;
    time_text(one->median_ns.value, digits, row->texts[RESULT_REPORT_TIME]);
    percent_text(result_report_half_share(&one->median_ns), row->texts[RESULT_REPORT_TIME_HALF]);
    time_text(one->normalised_ns.value, digits, row->texts[RESULT_REPORT_REFERENCE]);
    percent_text(result_report_half_share(&one->normalised_ns),
                 row->texts[RESULT_REPORT_REFERENCE_HALF]);
    result_report_throughput(one, row->texts[RESULT_REPORT_THROUGHPUT]);
    note_text(one, row->texts[RESULT_REPORT_NOTE]);
    if (one->is_at_floor) /* shares of next to nothing say nothing */
        row->texts[RESULT_REPORT_TIME_HALF][0] = row->texts[RESULT_REPORT_REFERENCE_HALF][0] = '\0';
    else
        percent_text((one->p75_ns - one->p25_ns) / one->median_ns.value,
                     row->texts[RESULT_REPORT_SPREAD]);
    if (result_report_batches(one) > 0)
        outliers_text(&one->outliers, row->texts[RESULT_REPORT_OUTLIERS]);
    if (host != NULL)
        ratio_text(one, host, row->texts[RESULT_REPORT_RATIO]);
}

const char *result_report_label(const struct result_case *one, const struct result_case *host)
{
    const char *label = one->id;
    const size_t suite = strlen(one->suite);
    if (host != NULL) {
        const size_t name = strlen(host->name);
        const bool is_within = strncmp(label, host->name, name) == 0 && label[name] == '.';
        return label + (is_within ? name + 1 : 0);
    }
    if (strncmp(label, one->suite, suite) == 0 && label[suite] == '/' && label[suite + 1] != '\0')
        label += suite + 1;
    return label;
}

static base_err add_row(struct result_table *table, const struct result_case *one,
                        const struct result_case *host)
{
    struct result_report_row row = { 0 };
    struct result_cell cells[RESULT_REPORT_COLUMN_COUNT];
    const char *label = result_report_label(one, host);
    if (host != NULL)
        label = base_arena_printf(&table->arena, "- %s", label);
    if (label == NULL)
        return BASE_ENOMEM;
    result_report_row_fill(&row, one, host);
    for (size_t i = 0; i < RESULT_REPORT_COLUMN_COUNT; i++)
        cells[i] = (struct result_cell){ row.texts[i], host != NULL ? RESULT_DIM : RESULT_PLAIN };
    cells[RESULT_REPORT_CASE].text = label;
    if (host == NULL)
        cells[RESULT_REPORT_TIME].style = RESULT_BOLD;
    cells[RESULT_REPORT_NOTE].style = result_report_is_ok(one) ? RESULT_WARN : RESULT_BAD;
    return result_table_add(table, cells);
}

bool result_report_has_host(const struct result_run *run, const struct result_case *peer)
{
    for (size_t i = 0; i < run->case_count; i++)
        if (&run->cases[i] != peer && result_report_is_of_suite(&run->cases[i], peer->suite) &&
            result_report_is_peer(peer, &run->cases[i]))
            return true;
    return false;
}

static base_err add_with_peers(const struct result_run *run, struct result_table *table,
                               const struct result_case *one)
{
    base_err err = add_row(table, one, NULL);
    for (size_t i = 0; err == BASE_OK && i < run->case_count; i++)
        if (&run->cases[i] != one && result_report_is_of_suite(&run->cases[i], one->suite) &&
            result_report_is_peer(&run->cases[i], one))
            err = add_row(table, &run->cases[i], one);
    return err;
}

base_err result_report_table(const struct result_run *run, const char *suite,
                             struct result_table *table)
{
    base_err err = BASE_OK;
    result_table_init(table, result_report_columns, RESULT_REPORT_COLUMN_COUNT, 2);
    for (size_t i = 0; err == BASE_OK && i < run->case_count; i++) {
        const struct result_case *one = &run->cases[i];
        if (result_report_is_of_suite(one, suite) && !result_report_has_host(run, one))
            err = add_with_peers(run, table, one);
    }
    return err;
}
