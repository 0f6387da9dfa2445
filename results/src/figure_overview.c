/* figure_overview.c - all cases of a run on one logarithmic axis: the middle half of the batches as
 * a box, 5 % to 95 % as a line, the typical time with its interval on top. */
#include "figure_draw.h"
#include "report_internal.h"

#include <base/units.h>

#include <float.h>
#include <math.h>
#include <stdio.h>

enum {
    WIDE_FROM = 600,
    LABEL_WIDTH = 290,
    VALUE_WIDTH = 78,
    ROW = 19,
    TALL_ROW = 32,
    TOP = 6,
    EDGE = 20
};

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
    /* In logarithms: the ratio of two doubles need not be one. */
    const double margin = fmax(0.03 * (log(scale->high) - log(scale->low)), 0.02);
    scale->low = fmax(exp(log(scale->low) - margin), DBL_MIN);
    scale->high = fmin(exp(log(scale->high) + margin), DBL_MAX);
    scale->is_log = true;
    return true;
}

/* From a to b on the axis, clipped to it; nothing when one is not known or both are outside. */
static void put_span(struct result_canvas *canvas, const struct result_scale *x, double a, double b,
                     double y, double height)
{
    if (!(a > 0) || !(b >= a) || a > x->high || b < x->low)
        return;
    const double from = result_scale_at(x, fmax(a, x->low));
    const double to = result_scale_at(x, fmin(b, x->high));
    if (height > 0)
        result_canvas_rect(canvas, from, y - height / 2, fmax(to - from, 1), height);
    else
        result_canvas_segment(canvas, from, y, fmax(to, from + 1), y);
}

/* A mark is drawn in layers, so that one pen draws what all cases have of it. */
static const enum result_pen layers[] = { RESULT_PEN_HAIR, RESULT_PEN_SOFT, RESULT_PEN_BOLD };
enum { LAYERS = sizeof layers / sizeof layers[0], BOX_HEIGHT = 10 };

static void put_layer(struct result_canvas *canvas, const struct result_scale *x,
                      const struct result_case *one, double y, enum result_pen layer)
{
    if (layer == RESULT_PEN_HAIR)
        put_span(canvas, x, one->p05_ns, one->p95_ns, y, 0);
    else if (layer == RESULT_PEN_SOFT)
        put_span(canvas, x, one->p25_ns, one->p75_ns, y, BOX_HEIGHT);
    else
        put_span(canvas, x, one->median_ns.low, one->median_ns.high, y, 0);
}

void result_figure_mark(struct result_canvas *canvas, const struct result_scale *x,
                        const struct result_case *one, double y)
{
    const double middle = result_scale_at(x, one->median_ns.value);
    for (size_t i = 0; i < LAYERS; i++) {
        result_canvas_pen(canvas, RESULT_ROLE_ACCENT, layers[i]);
        put_layer(canvas, x, one, y, layers[i]);
    }
    result_canvas_pen(canvas, RESULT_ROLE_INK, RESULT_PEN_HAIR);
    result_canvas_segment(canvas, middle, y - BOX_HEIGHT / 2.0, middle, y + BOX_HEIGHT / 2.0);
}

struct overview {
    const struct result_run *run;
    struct result_scale x;
    double width, row;
    bool is_wide;
};

/* Where the n-th row that is drawn has its marks. */
static double row_y(const struct overview *overview, size_t n)
{
    return TOP + overview->row * ((double)n + (overview->is_wide ? 0.5 : 0.68));
}

static void put_marks(struct result_canvas *canvas, const struct overview *overview, bool is_peer,
                      enum result_pen pen)
{
    const struct result_run *run = overview->run;
    size_t row = 0;
    result_canvas_pen(canvas, is_peer ? RESULT_ROLE_MUTED : RESULT_ROLE_ACCENT, pen);
    for (size_t i = 0; i < run->case_count; i++) {
        const struct result_case *one = &run->cases[i];
        if (!result_figure_has_mark(one))
            continue;
        const double y = row_y(overview, row++);
        if ((one->peer_of != NULL) != is_peer)
            continue;
        if (pen == RESULT_PEN_SPOT)
            result_canvas_dot(canvas, result_scale_at(&overview->x, one->median_ns.value), y);
        else
            put_layer(canvas, &overview->x, one, y, pen);
    }
}

static void put_texts(struct result_canvas *canvas, const struct overview *overview, bool is_label)
{
    const struct result_run *run = overview->run;
    const double room = overview->is_wide ? LABEL_WIDTH - 10 : overview->width - VALUE_WIDTH;
    char value[BASE_UNITS_TEXT_SIZE];
    size_t row = 0;
    result_canvas_pen_text(canvas, RESULT_ROLE_INK, RESULT_PEN_TEXT,
                           is_label ? RESULT_ANCHOR_START : RESULT_ANCHOR_END);
    for (size_t i = 0; i < run->case_count; i++) {
        const struct result_case *one = &run->cases[i];
        if (!result_figure_has_mark(one))
            continue;
        const double y = row_y(overview, row++) + (overview->is_wide ? 4 : -10);
        if (is_label)
            result_canvas_text_cut(canvas, 2, y, room, one->id);
        else
            result_canvas_text(canvas, overview->width - 2, y,
                               base_units_print_time(one->median_ns.value, 4, value));
    }
}

base_err result_figure_overview(struct result_canvas *canvas, const struct result_run *run,
                                double width)
{
    struct overview o = { .run = run, .width = width, .is_wide = width >= WIDE_FROM };
    size_t count = 0;
    char note[300], left_out[60] = "";
    if (!result_figure_scale_of(run, &o.x))
        return BASE_ENOTFOUND;
    for (size_t i = 0; i < run->case_count; i++)
        count += result_figure_has_mark(&run->cases[i]);
    o.row = o.is_wide ? ROW : TALL_ROW;
    o.x.from = o.is_wide ? LABEL_WIDTH : EDGE;
    o.x.to = o.is_wide ? width - VALUE_WIDTH : width - EDGE;
    if (count < run->case_count)
        snprintf(left_out, sizeof left_out, "; %zu without a time are not drawn",
                 run->case_count - count);
    snprintf(
        note, sizeof note,
        "dot: typical time of an item, thick line: its %g %% interval; box: the middle half of "
        "the batches, thin line: 5 %% to 95 %%; logarithmic axis; peers in grey%s",
        run->confidence * 100, left_out);
    const double foot = TOP + o.row * (double)count;
    result_canvas_begin(canvas, &(struct result_figure_head){ width, foot + 20, run->command,
                                                              "times of all cases", note });
    result_axis_time_x(canvas, &o.x, TOP, foot, NULL);
    put_texts(canvas, &o, true);
    put_texts(canvas, &o, false);
    for (int is_peer = 0; is_peer < 2; is_peer++) {
        for (size_t i = 0; i < LAYERS; i++)
            put_marks(canvas, &o, is_peer == 1, layers[i]);
        put_marks(canvas, &o, is_peer == 1, RESULT_PEN_SPOT);
    }
    return result_canvas_end(canvas);
}
