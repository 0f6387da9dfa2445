/* figure_history.c - one case over the runs that measured it, at reference speed where every run
 * has it; between change points the level stands as a line, at a change its revision. */
#include "figure_draw.h"

#include <stats/summary.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEIGHT = 230, LEFT = 56, EDGE = 10, LABEL_WIDTH = 80, TOP = 26, FOOT = 190 };

struct history {
    const struct result_figure_trend *trend;
    struct result_scale x, y;
    bool is_normalised;
    double right; /* where the axis ends */
};

static const struct result_estimate *estimate_of(const struct history *history, size_t i)
{
    const struct result_history_point *point = &history->trend->points[i];
    return history->is_normalised ? &point->normalised_ns : &point->median_ns;
}

static void choose_scales(struct history *history)
{
    const struct result_figure_trend *trend = history->trend;
    history->is_normalised = true;
    for (size_t i = 0; i < trend->count; i++)
        if (!isfinite(trend->points[i].normalised_ns.value))
            history->is_normalised = false;
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < trend->count; i++) {
        const struct result_estimate *e = estimate_of(history, i);
        const double values[] = { e->value, e->low, e->high };
        for (size_t v = 0; v < 3; v++)
            if (isfinite(values[v])) {
                low = fmin(low, values[v]);
                high = fmax(high, values[v]);
            }
    }
    const double margin = high > low ? 0.06 * (high - low) : fmax(fabs(high) * 0.05, 1e-3);
    history->y = (struct result_scale){ low - margin, high + margin, FOOT, TOP, false };
    history->x =
        (struct result_scale){ -0.5, (double)trend->count - 0.5, LEFT, history->right, false };
}

static double x_of(const struct history *history, double index)
{
    return result_scale_at(&history->x, index);
}

static void put_points(struct result_canvas *canvas, const struct history *history)
{
    const size_t count = history->trend->count;
    result_canvas_pen(canvas, RESULT_ROLE_ACCENT, RESULT_PEN_HAIR);
    for (size_t i = 0; i < count; i++) {
        const struct result_estimate *e = estimate_of(history, i);
        if (isfinite(e->low) && isfinite(e->high))
            result_canvas_segment(canvas, x_of(history, (double)i),
                                  result_scale_at(&history->y, e->low), x_of(history, (double)i),
                                  result_scale_at(&history->y, e->high));
    }
    result_canvas_pen(canvas, RESULT_ROLE_ACCENT, count > 60 ? RESULT_PEN_DOT : RESULT_PEN_SPOT);
    for (size_t i = 0; i < count; i++)
        if (isfinite(estimate_of(history, i)->value))
            result_canvas_dot(canvas, x_of(history, (double)i),
                              result_scale_at(&history->y, estimate_of(history, i)->value));
}

/* The median of the points first .. last - 1; NaN when none has a value. Errors: ENOMEM */
static base_err level_of(const struct history *history, size_t first, size_t last, double *level)
{
    double *values = malloc((last - first + 1) * sizeof *values);
    size_t count = 0;
    if (values == NULL)
        return BASE_ENOMEM;
    for (size_t i = first; i < last; i++)
        if (isfinite(estimate_of(history, i)->value))
            values[count++] = estimate_of(history, i)->value;
    stats_sort(values, count);
    *level = stats_median_sorted(values, count);
    free(values);
    return BASE_OK;
}

static base_err put_levels(struct result_canvas *canvas, const struct history *history)
{
    const struct result_figure_trend *trend = history->trend;
    size_t first = 0;
    result_canvas_pen(canvas, RESULT_ROLE_INK, RESULT_PEN_LINE);
    for (size_t i = 0; i <= trend->change_count; i++) {
        const size_t last = i < trend->change_count ? trend->changes[i] : trend->count;
        double level = NAN;
        const base_err err = level_of(history, first, last, &level);
        if (err != BASE_OK)
            return err;
        if (isfinite(level))
            result_canvas_segment(
                canvas, x_of(history, (double)first - 0.4), result_scale_at(&history->y, level),
                x_of(history, (double)last - 0.6), result_scale_at(&history->y, level));
        first = last;
    }
    return BASE_OK;
}

static const char *label_of(const struct result_history_point *point, char out[24])
{
    const bool has_revision = point->revision != NULL && *point->revision != '\0';
    if (has_revision)
        snprintf(out, 24, "%.8s", point->revision);
    else
        snprintf(out, 24, "%.10s", point->started != NULL ? point->started : "");
    return out;
}

static void put_changes(struct result_canvas *canvas, const struct history *history)
{
    const struct result_figure_trend *trend = history->trend;
    char label[24];
    result_canvas_pen(canvas, RESULT_ROLE_WARN, RESULT_PEN_DASH);
    for (size_t i = 0; i < trend->change_count; i++)
        result_canvas_segment(canvas, x_of(history, (double)trend->changes[i] - 0.5), TOP - 8,
                              x_of(history, (double)trend->changes[i] - 0.5), FOOT);
    double right = 0; /* labels do not stand on each other */
    for (size_t i = 0; i < trend->change_count; i++) {
        const double x = x_of(history, (double)trend->changes[i] - 0.5);
        const bool is_late = x > history->right - 70;
        const double from = is_late ? x - 66 : x + 4;
        if (from < right)
            continue;
        result_canvas_pen_text(canvas, RESULT_ROLE_WARN, RESULT_PEN_STRONG,
                               is_late ? RESULT_ANCHOR_END : RESULT_ANCHOR_START);
        result_canvas_text(canvas, is_late ? x - 4 : x + 4, TOP - 10,
                           label_of(&trend->points[trend->changes[i]], label));
        right = from + 66;
    }
}

static void put_runs_axis(struct result_canvas *canvas, const struct history *history)
{
    const size_t count = history->trend->count;
    const size_t room = (size_t)((history->right - LEFT) / LABEL_WIDTH);
    const size_t every = room > 0 ? (count + room - 1) / room : count;
    char label[24];
    result_canvas_pen_text(canvas, RESULT_ROLE_MUTED, RESULT_PEN_TEXT, RESULT_ANCHOR_MIDDLE);
    for (size_t i = 0; i < count; i += every)
        result_canvas_text(canvas, x_of(history, (double)i), FOOT + 14,
                           label_of(&history->trend->points[i], label));
    result_canvas_text(canvas, (LEFT + history->right) / 2, FOOT + 30, "runs, oldest first");
}

/* Ascending and within the points: what else would be drawn elsewhere than it is. */
static bool is_valid(const struct result_figure_trend *trend)
{
    for (size_t i = 0; i < trend->change_count; i++)
        if (trend->changes[i] <= (i > 0 ? trend->changes[i - 1] : 0) ||
            trend->changes[i] >= trend->count)
            return false;
    return true;
}

base_err result_figure_history(struct result_canvas *canvas,
                               const struct result_figure_trend *trend, double width)
{
    struct history history = { .trend = trend, .right = width - EDGE };
    char note[200], title[400];
    if (trend->count < 2)
        return BASE_ENOTFOUND;
    if (!is_valid(trend))
        return BASE_EINVALID;
    choose_scales(&history);
    if (!isfinite(history.y.low) || !isfinite(history.y.high))
        return BASE_ENOTFOUND;
    snprintf(note, sizeof note, "%zu runs, %s; line: median between changes; %zu change point%s",
             trend->count, history.is_normalised ? "at reference speed" : "at the speed of the day",
             trend->change_count, trend->change_count == 1 ? "" : "s");
    snprintf(title, sizeof title, "%.350s: history", trend->case_id);
    result_canvas_begin(
        canvas, &(struct result_figure_head){ width, HEIGHT, title, "times over the runs", note });
    result_axis_time_y(canvas, &history.y, LEFT, history.right);
    put_runs_axis(canvas, &history);
    put_points(canvas, &history);
    const base_err err = put_levels(canvas, &history);
    put_changes(canvas, &history);
    const base_err end = result_canvas_end(canvas);
    return err == BASE_OK ? end : err;
}
