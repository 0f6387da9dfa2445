/* figure_overview.c - all cases of a run on one logarithmic axis: the middle half of the batches as
 * a box, 5 % to 95 % as a line, the typical time with its interval on top. */
#include "figure.h"
#include "report_internal.h"

#include <base/units.h>

#include <math.h>
#include <stdio.h>

enum { WIDE_FROM = 600, LABEL_WIDTH = 290, VALUE_WIDTH = 78, ROW = 19, TALL_ROW = 32, TOP = 6 };

bool result_figure_has_mark(const struct result_case *one)
{
    return result_report_is_ok(one) && !one->is_at_floor && one->median_ns.value > 0 &&
           isfinite(one->median_ns.value);
}

bool result_figure_scale_of(const struct result_run *run, struct result_scale *scale)
{
    scale->low = INFINITY;
    scale->high = 0;
    for (size_t i = 0; i < run->case_count; i++) {
        const struct result_case *one = &run->cases[i];
        const double values[] = { one->p05_ns, one->p95_ns, one->median_ns.value,
                                  one->median_ns.low, one->median_ns.high };
        for (size_t v = 0; result_figure_has_mark(one) && v < 5; v++)
            if (values[v] > 0 && isfinite(values[v])) {
                scale->low = fmin(scale->low, values[v]);
                scale->high = fmax(scale->high, values[v]);
            }
    }
    if (!(scale->high > 0))
        return false;
    const double ratio = fmax(pow(scale->high / scale->low, 0.03), 1.02);
    scale->low /= ratio;
    scale->high *= ratio;
    scale->is_log = true;
    return true;
}

/* From a to b on the axis, clipped to it; nothing when one is not known. */
static void put_span(struct result_canvas *canvas, const struct result_scale *x, double a, double b,
                     double y, double height)
{
    if (!(a > 0) || !(b >= a))
        return;
    const double from = result_scale_at(x, fmax(a, x->low));
    const double to = result_scale_at(x, fmin(b, x->high));
    if (height > 0)
        result_canvas_rect(canvas, from, y - height / 2, fmax(to - from, 1), height);
    else
        result_canvas_segment(canvas, from, y, fmax(to, from + 1), y);
}

void result_figure_mark(struct result_canvas *canvas, const struct result_scale *x,
                        const struct result_case *one, double y)
{
    const enum result_role role = one->peer_of != NULL ? RESULT_ROLE_MUTED : RESULT_ROLE_ACCENT;
    result_canvas_pen(canvas, role, RESULT_PEN_HAIR);
    put_span(canvas, x, one->p05_ns, one->p95_ns, y, 0);
    result_canvas_pen(canvas, role, RESULT_PEN_SOFT);
    put_span(canvas, x, one->p25_ns, one->p75_ns, y, 10);
    result_canvas_pen(canvas, role, RESULT_PEN_BOLD);
    put_span(canvas, x, one->median_ns.low, one->median_ns.high, y, 0);
    result_canvas_pen(canvas, role, RESULT_PEN_SPOT);
    result_canvas_dot(canvas, result_scale_at(x, one->median_ns.value), y);
}

static void put_row(struct result_canvas *canvas, const struct result_scale *x,
                    const struct result_case *one, double y, double width)
{
    char value[BASE_UNITS_TEXT_SIZE];
    const bool is_wide = width >= WIDE_FROM;
    const double label_y = is_wide ? y + 4 : y - 10;
    result_canvas_pen_text(canvas, one->peer_of != NULL ? RESULT_ROLE_MUTED : RESULT_ROLE_INK,
                           RESULT_PEN_TEXT, RESULT_ANCHOR_START);
    result_canvas_text_cut(canvas, 2, label_y, is_wide ? LABEL_WIDTH - 10 : width - VALUE_WIDTH,
                           one->id);
    result_canvas_pen_text(canvas, RESULT_ROLE_INK, RESULT_PEN_TEXT, RESULT_ANCHOR_END);
    result_canvas_text(canvas, width - 2, label_y,
                       base_units_print_time(one->median_ns.value, 4, value));
    result_figure_mark(canvas, x, one, y);
}

base_err result_figure_overview(struct result_canvas *canvas, const struct result_run *run,
                                double width)
{
    struct result_scale x = { 0 };
    const bool is_wide = width >= WIDE_FROM;
    const double row = is_wide ? ROW : TALL_ROW;
    size_t count = 0, at = 0;
    char note[300], left_out[60] = "";
    if (!result_figure_scale_of(run, &x))
        return BASE_ENOTFOUND;
    for (size_t i = 0; i < run->case_count; i++)
        count += result_figure_has_mark(&run->cases[i]);
    x.from = is_wide ? LABEL_WIDTH : 6;
    x.to = is_wide ? width - VALUE_WIDTH : width - 6;
    if (count < run->case_count)
        snprintf(left_out, sizeof left_out, "; %zu without a time are not drawn",
                 run->case_count - count);
    snprintf(note, sizeof note,
             "dot: typical time of an item with its %g %% interval; box: the middle half of the "
             "batches, line: 5 %% to 95 %%; logarithmic axis; peers in grey%s",
             run->confidence * 100, left_out);
    const double foot = TOP + row * (double)count;
    result_canvas_begin(canvas, &(struct result_figure_head){ width, foot + 20, run->command,
                                                              "times of all cases", note });
    result_axis_time_x(canvas, &x, TOP, foot, NULL);
    for (size_t i = 0; i < run->case_count; i++)
        if (result_figure_has_mark(&run->cases[i]))
            put_row(canvas, &x, &run->cases[i], TOP + row * ((double)at++ + (is_wide ? 0.5 : 0.68)),
                    width);
    return result_canvas_end(canvas);
}
