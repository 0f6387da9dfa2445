/* figure_slope.c - time of a batch over its items. Batches of many sizes on one line: the slope is
 * the time of an item without what every batch costs once, which is where the line meets zero. */
#include "figure_draw.h"

#include <base/units.h>
#include <stats/summary.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LEFT = 46, RIGHT = 352, TOP = 14, FOOT = 150 };

struct slope {
    const struct result_case *one;
    struct result_scale x, y;
    double fixed_ns; /* where the line meets zero items */
    size_t count, above;
};

static bool is_usable(const struct result_process *p, size_t i)
{
    return isfinite(p->ns[i]) && p->counts[i] > 0;
}

/* Scales and the fixed cost: the median of what the slope leaves over.
 * Errors: ENOTFOUND (batches of one size: no slope), ENOMEM */
static base_err measure(struct slope *slope)
{
    const struct result_case *one = slope->one;
    uint64_t least = UINT64_MAX, most = 0;
    size_t capacity = 1;
    for (size_t p = 0; p < one->process_count; p++)
        capacity += one->processes[p].sample_count;
    double *rest = malloc(capacity * sizeof *rest);
    double *times = malloc(capacity * sizeof *times);
    for (size_t p = 0; rest != NULL && times != NULL && p < one->process_count; p++)
        for (size_t i = 0; i < one->processes[p].sample_count; i++) {
            const struct result_process *process = &one->processes[p];
            if (!is_usable(process, i))
                continue;
            const uint64_t items = process->counts[i];
            least = items < least ? items : least;
            most = items > most ? items : most;
            times[slope->count] = process->ns[i] * (double)items;
            rest[slope->count] = times[slope->count] - one->slope_ns.value * (double)items;
            slope->count++;
        }
    base_err err = rest == NULL || times == NULL                            ? BASE_ENOMEM
                   : slope->count < 3 || (double)most < 1.2 * (double)least ? BASE_ENOTFOUND
                                                                            : BASE_OK;
    if (err == BASE_OK) {
        stats_sort(rest, slope->count);
        stats_sort(times, slope->count);
        slope->fixed_ns = stats_median_sorted(rest, slope->count);
        slope->x.high = (double)most * 1.03;
        const double end = slope->fixed_ns + one->slope_ns.value * slope->x.high;
        const double tail = stats_quantile_sorted(times, slope->count, 0.98, STATS_QUANTILE_LINEAR);
        slope->y.high = fmax(end, fmin(tail, 2 * end)) * 1.03;
        for (size_t i = 0; i < slope->count; i++)
            slope->above += times[i] > slope->y.high;
    }
    free(rest);
    free(times);
    return err;
}

static void put_counts_axis(struct result_canvas *canvas, const struct result_scale *x)
{
    double ticks[RESULT_TICKS_MAX];
    char text[32];
    const size_t count = result_scale_ticks(x, 70, ticks);
    result_canvas_pen_text(canvas, RESULT_ROLE_MUTED, RESULT_PEN_TEXT, RESULT_ANCHOR_MIDDLE);
    for (size_t i = 0; i < count; i++) {
        if (ticks[i] >= 1e6)
            snprintf(text, sizeof text, "%gM", ticks[i] / 1e6);
        else
            snprintf(text, sizeof text, "%g", ticks[i]);
        result_canvas_text(canvas, result_scale_at(x, ticks[i]), FOOT + 13, text);
    }
    result_canvas_text(canvas, (LEFT + RIGHT) / 2.0, FOOT + 27, "items in the batch");
}

static void put_batches(struct result_canvas *canvas, const struct slope *slope)
{
    const struct result_case *one = slope->one;
    const size_t most =
        canvas->detail == 0 ? RESULT_SAMPLE_MAX : canvas->detail / 2 / one->process_count + 1;
    for (size_t p = 0; p < one->process_count; p++) {
        const struct result_process *process = &one->processes[p];
        const size_t shown = process->sample_count < most ? process->sample_count : most;
        for (size_t k = 0; k < shown; k++) {
            const size_t i = k * process->sample_count / shown;
            const double items = (double)process->counts[i], time = items * process->ns[i];
            if (is_usable(process, i) && time <= slope->y.high)
                result_canvas_dot(canvas, result_scale_at(&slope->x, items),
                                  result_scale_at(&slope->y, time));
        }
    }
}

static void put_line(struct result_canvas *canvas, const struct slope *slope)
{
    const double start = fmax(slope->fixed_ns, 0);
    const double end = slope->fixed_ns + slope->one->slope_ns.value * slope->x.high;
    result_canvas_pen(canvas, RESULT_ROLE_INK, RESULT_PEN_LINE);
    result_canvas_segment(canvas, LEFT, result_scale_at(&slope->y, start), RIGHT,
                          result_scale_at(&slope->y, fmin(end, slope->y.high)));
}

base_err result_figure_slope(struct result_canvas *canvas, const struct result_case *one)
{
    struct slope slope = { .one = one,
                           .x = { .from = LEFT, .to = RIGHT },
                           .y = { .from = FOOT, .to = TOP } };
    char note[300], title[400], above[40] = "";
    char item[BASE_UNITS_TEXT_SIZE], fixed[BASE_UNITS_TEXT_SIZE];
    if (!(one->slope_ns.value > 0) || one->process_count == 0)
        return BASE_ENOTFOUND;
    const base_err err = measure(&slope);
    if (err != BASE_OK)
        return err;
    if (slope.above > 0)
        snprintf(above, sizeof above, "; %zu above not shown", slope.above);
    snprintf(note, sizeof note, "line: %s an item and %s a batch, %zu batches%s",
             base_units_print_time(one->slope_ns.value, 4, item),
             base_units_print_time(slope.fixed_ns, 3, fixed), slope.count, above);
    snprintf(title, sizeof title, "%.350s: slope", one->id);
    result_canvas_begin(canvas,
                        &(struct result_figure_head){ RESULT_FIGURE_WIDTH, RESULT_FIGURE_HEIGHT,
                                                      title, "time of a batch by items", note });
    result_axis_time_y(canvas, &slope.y, LEFT, RIGHT);
    put_counts_axis(canvas, &slope.x);
    result_canvas_pen(canvas, RESULT_ROLE_ACCENT, RESULT_PEN_DOT);
    put_batches(canvas, &slope);
    put_line(canvas, &slope);
    return result_canvas_end(canvas);
}
