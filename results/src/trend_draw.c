/* trend_draw.c - the picture of a trend in cells of a terminal.
 *
 * Rows are times, columns are runs. A run is a mark at its time with its interval as a line through
 * it; levels are drawn where no mark is. When there are more runs than columns, a column holds
 * several: its mark is then the median of their times, and its line from the smaller of the
 * smallest time and the median lower limit to the same upwards. The scale is made for the runs that
 * are kept: an outlier beyond it stands at the edge.
 */
#include <result/trend.h>

#include "sink_internal.h"

#include <base/units.h>
#include <stats/summary.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WIDTH_DEFAULT = 80,
    WIDTH_LEAST = 30,
    ROWS = 12,
    LABEL = 10,      /* cells of the time beside a row, with the axis */
    SPREAD_MOST = 4, /* columns of one run when there are few */
    COLUMNS_MAX = 400,
};

#define SCALE_LEAST 0.01 /* times that differ by less are drawn close together */

enum mark { NOTHING, LEVEL, WHISKER, POINT, OUTLIER, MARKS };

static const char *const glyphs[2][MARKS] = { { " ", "─", "│", "●", "×" },
                                              { " ", "-", ":", "o", "x" } };
static const enum result_style styles[MARKS] = {
    [LEVEL] = RESULT_BOLD, [WHISKER] = RESULT_DIM, [OUTLIER] = RESULT_WARN
};

struct chart {
    const struct result_trend *trend;
    const struct result_page *page;
    size_t columns;
    double low, high; /* of the scale: logarithms */
    enum mark cells[ROWS][COLUMNS_MAX];
    double *scratch; /* [count] */
};

static size_t columns_of(const struct chart *chart, size_t width)
{
    const size_t room = width - LABEL < COLUMNS_MAX ? width - LABEL : COLUMNS_MAX;
    const size_t most = chart->trend->count * SPREAD_MOST;
    return most < room ? most : room;
}

/* The columns of a run: the first, and one past the last. */
static size_t column_of(const struct chart *chart, size_t run)
{
    return run * chart->columns / chart->trend->count;
}

static void widen(double value, double *low, double *high)
{
    if (!(value > 0) || !isfinite(value))
        return;
    *low = fmin(*low, log(value));
    *high = fmax(*high, log(value));
}

/* All kept times, and intervals that are not much wider than those. */
static void make_scale(struct chart *chart)
{
    const struct result_trend *trend = chart->trend;
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < trend->count; i++)
        if (!trend->is_left_out[i])
            widen(trend->values[i].value, &low, &high);
    for (size_t i = 0; low > high && i < trend->count; i++) /* nothing is kept */
        widen(trend->values[i].value, &low, &high);
    const double size = fmax(high - low, SCALE_LEAST);
    double wide_low = low, wide_high = high;
    for (size_t i = 0; i < trend->count; i++) {
        if (trend->is_left_out[i])
            continue;
        widen(trend->values[i].low, &wide_low, &wide_high);
        widen(trend->values[i].high, &wide_low, &wide_high);
    }
    chart->low = fmax(wide_low, low - size / 2) - size / 20;
    chart->high = fmin(wide_high, high + size / 2) + size / 20;
}

static size_t row_of(const struct chart *chart, double value)
{
    const double share = (chart->high - log(value)) / (chart->high - chart->low);
    return (size_t)fmax(0, fmin(ROWS - 1, floor(share * ROWS)));
}

static void put(struct chart *chart, size_t row, size_t column, enum mark mark)
{
    if (chart->cells[row][column] < mark)
        chart->cells[row][column] = mark;
}

static void put_whisker(struct chart *chart, size_t column, double low, double high)
{
    if (!(low > 0) || !(high >= low) || !isfinite(high))
        return;
    for (size_t row = row_of(chart, high); row <= row_of(chart, low); row++)
        put(chart, row, column, WHISKER);
}

static void put_levels(struct chart *chart)
{
    const struct result_trend *trend = chart->trend;
    for (size_t i = 0; i < trend->segment_count; i++) {
        const struct stats_segment *segment = &trend->segments[i];
        const size_t first = column_of(chart, segment->first);
        const size_t last = column_of(chart, segment->first + segment->count);
        for (size_t column = first; column < last; column++) {
            const double share =
                last - first > 1 ? (double)(column - first) / (double)(last - first - 1) : 0;
            const double level =
                segment->level_first * pow(segment->level_last / segment->level_first, share);
            if (level > 0 && isfinite(level))
                put(chart, row_of(chart, level), column, LEVEL);
        }
    }
}

/* The median lower or upper limit of the kept runs; NaN: none has an interval. */
static double limit_of(struct chart *chart, size_t first, size_t last, bool is_high)
{
    const struct result_trend *trend = chart->trend;
    size_t used = 0;
    for (size_t i = first; i < last; i++) {
        const double limit = is_high ? trend->values[i].high : trend->values[i].low;
        if (!trend->is_left_out[i] && limit > 0 && isfinite(limit))
            chart->scratch[used++] = limit;
    }
    stats_sort(chart->scratch, used);
    return used > 0 ? stats_median_sorted(chart->scratch, used) : NAN;
}

/* The runs of one column, first .. last - 1. */
static void put_column(struct chart *chart, size_t column, size_t first, size_t last)
{
    const struct result_trend *trend = chart->trend;
    size_t kept = 0;
    for (size_t i = first; i < last; i++) {
        const double value = trend->values[i].value;
        if (trend->is_left_out[i] && value > 0 && isfinite(value))
            put(chart, row_of(chart, value), column, OUTLIER);
        else if (!trend->is_left_out[i])
            chart->scratch[kept++] = value;
    }
    if (kept == 0)
        return;
    stats_sort(chart->scratch, kept);
    const double middle = stats_median_sorted(chart->scratch, kept);
    const double least = chart->scratch[0], most = chart->scratch[kept - 1];
    const double low = limit_of(chart, first, last, false);
    const double high = limit_of(chart, first, last, true);
    put_whisker(chart, column, fmin(least, low), fmax(most, high));
    put(chart, row_of(chart, middle), column, POINT);
}

static void put_runs(struct chart *chart)
{
    for (size_t first = 0; first < chart->trend->count;) {
        const size_t column = column_of(chart, first);
        size_t last = first + 1;
        while (last < chart->trend->count && column_of(chart, last) == column)
            last++;
        /* A run that has several columns stands in the middle of them. */
        const size_t end = column_of(chart, last);
        put_column(chart, (column + (end > column ? end - 1 : column)) / 2, first, last);
        first = last;
    }
}

static void write_rows(const struct chart *chart, struct result_sink *sink)
{
    const struct result_page *page = chart->page;
    for (size_t row = 0; row < ROWS; row++) {
        char label[BASE_UNITS_TEXT_SIZE] = "";
        const double share = ((double)row + 0.5) / ROWS;
        const double value = exp(chart->high - share * (chart->high - chart->low));
        size_t used = chart->columns;
        while (used > 0 && chart->cells[row][used - 1] == NOTHING)
            used--;
        if (row % 3 == 1 || row == ROWS - 1)
            base_units_print_time(value, 4, label);
        result_sink_printf(sink, "%*s%s", LABEL - 1, label, page->is_ascii ? "|" : "┤");
        enum result_style style = RESULT_PLAIN;
        for (size_t column = 0; column < used; column++) {
            const enum mark mark = chart->cells[row][column];
            if (styles[mark] != style)
                result_sink_printf(sink, "%s%s", result_style_end(page, style),
                                   result_style_begin(page, styles[mark]));
            style = styles[mark];
            result_sink_printf(sink, "%s", glyphs[page->is_ascii][mark]);
        }
        result_sink_printf(sink, "%s\n", result_style_end(page, style));
    }
}

/* Beneath the axis: where a change is, and its number. */
static void write_changes(const struct chart *chart, struct result_sink *sink)
{
    const struct result_trend *trend = chart->trend;
    const struct result_page *page = chart->page;
    static const char *const arrows[2][2] = { { "▲", "▼" }, { "^", "v" } };
    size_t at = 0;
    result_sink_printf(sink, "%*s", LABEL, "");
    for (size_t i = 0; i < trend->change_count; i++) {
        const size_t column = column_of(chart, trend->changes[i].index);
        const bool is_slower = trend->changes[i].ratio.value > 1;
        const enum result_style style = is_slower ? RESULT_BAD : RESULT_GOOD;
        char number[24];
        const int size = snprintf(number, sizeof number, "%zu", i + 1);
        if (column < at || column + 1 + (size_t)size > chart->columns + 4)
            continue; /* no room for it; the list has it */
        result_sink_printf(sink, "%*s%s%s%s%s", (int)(column - at), "",
                           result_style_begin(page, style), arrows[page->is_ascii][!is_slower],
                           number, result_style_end(page, style));
        at = column + 1 + (size_t)size;
    }
    result_sink_printf(sink, "\n");
}

static void write_axis(const struct chart *chart, struct result_sink *sink)
{
    enum { DATE = 10 };
    const struct result_trend *trend = chart->trend;
    const bool is_ascii = chart->page->is_ascii;
    result_sink_printf(sink, "%*s%s", LABEL - 1, "", is_ascii ? "+" : "└");
    for (size_t i = 0; i < chart->columns; i++)
        result_sink_printf(sink, "%s", is_ascii ? "-" : "─");
    result_sink_printf(sink, "\n");
    if (trend->change_count > 0)
        write_changes(chart, sink);
    const char *first = trend->points[0].started, *last = trend->points[trend->count - 1].started;
    result_sink_printf(sink, "%*s%.*s", LABEL, "", DATE, first);
    if (chart->columns > 2 * DATE && strncmp(first, last, DATE) != 0)
        result_sink_printf(sink, "%*s%.*s", (int)chart->columns - 2 * DATE, "", DATE, last);
    result_sink_printf(sink, "\n");
}

base_err result_trend_draw(const struct result_trend *trend, const struct result_page *page,
                           struct base_buf *out)
{
    struct result_sink sink = { out, BASE_OK };
    if (trend->count == trend->missing)
        return BASE_OK;
    struct chart *chart = calloc(1, sizeof *chart);
    double *scratch = calloc(trend->count, sizeof *scratch);
    if (chart != NULL && scratch != NULL) {
        const size_t width = page->width == 0 ? WIDTH_DEFAULT : page->width;
        *chart = (struct chart){ .trend = trend, .page = page, .scratch = scratch };
        chart->columns = columns_of(chart, width < WIDTH_LEAST ? WIDTH_LEAST : width);
        make_scale(chart);
        put_levels(chart);
        put_runs(chart);
        write_rows(chart, &sink);
        write_axis(chart, &sink);
    } else
        sink.err = BASE_ENOMEM;
    free(scratch);
    free(chart);
    return sink.err;
}
