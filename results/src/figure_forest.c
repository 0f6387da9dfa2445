/* figure_forest.c - a comparison at a glance: a row a case, the ratio with its interval, the band
 * within which times count as the same, and each pair's own ratio as a dot beneath. */
#include "figure_draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    WIDE_FROM = 600,
    LABEL_WIDTH = 270,
    VALUE_WIDTH = 205,
    ROW = 24,
    TALL_ROW = 40,
    TOP = 18,
    EDGE = 16
};
#define RATIO_MAX 1000.0

struct forest {
    const struct result_comparison *all;
    struct result_scale x;
    double width, foot;
    bool is_wide;
};

static enum result_role role_of(enum result_change change)
{
    switch (change) {
    case RESULT_CHANGE_SLOWER:
    case RESULT_CHANGE_BROKEN:
        return RESULT_ROLE_BAD;
    case RESULT_CHANGE_FASTER:
        return RESULT_ROLE_GOOD;
    case RESULT_CHANGE_SAME:
        return RESULT_ROLE_ACCENT;
    case RESULT_CHANGE_UNDECIDED:
    case RESULT_CHANGE_MISSING:
        return RESULT_ROLE_WARN;
    default:
        return RESULT_ROLE_MUTED;
    }
}

static void widen(struct result_scale *x, double ratio)
{
    if (!(ratio > 1 / RATIO_MAX && ratio < RATIO_MAX))
        return;
    x->low = fmin(x->low, ratio);
    x->high = fmax(x->high, ratio);
}

static void choose_scale(struct forest *forest)
{
    const struct result_comparison *all = forest->all;
    const double band = 1 + fmax(all->options.threshold, 0.005);
    struct result_scale *x = &forest->x;
    x->low = 1 / (band * 1.02);
    x->high = band * 1.02;
    x->is_log = true;
    for (size_t i = 0; i < all->count; i++) {
        widen(x, all->items[i].ratio.value);
        widen(x, all->items[i].ratio.low);
        widen(x, all->items[i].ratio.high);
    }
    const double margin = pow(x->high / x->low, 0.04);
    x->low /= margin;
    x->high *= margin;
    x->from = forest->is_wide ? LABEL_WIDTH : EDGE;
    x->to = forest->is_wide ? forest->width - VALUE_WIDTH : forest->width - EDGE;
}

static void put_axis(struct result_canvas *canvas, const struct forest *forest)
{
    const struct result_scale *x = &forest->x;
    double ticks[RESULT_TICKS_MAX];
    char text[32];
    const size_t count = result_scale_ticks(x, 44, ticks);
    const double step = count > 1 && x->high / x->low < 16 ? ticks[1] - ticks[0] : 0;
    const double band = 1 + forest->all->options.threshold;
    result_canvas_pen(canvas, RESULT_ROLE_ACCENT, RESULT_PEN_SOFT);
    result_canvas_rect(canvas, result_scale_at(x, 1 / band), TOP,
                       result_scale_at(x, band) - result_scale_at(x, 1 / band), forest->foot - TOP);
    result_canvas_pen(canvas, RESULT_ROLE_GRID, RESULT_PEN_HAIR);
    for (size_t i = 0; i < count; i++)
        result_canvas_segment(canvas, result_scale_at(x, ticks[i]), TOP,
                              result_scale_at(x, ticks[i]), forest->foot);
    result_canvas_pen(canvas, RESULT_ROLE_MUTED, RESULT_PEN_DASH);
    result_canvas_segment(canvas, result_scale_at(x, 1), TOP, result_scale_at(x, 1), forest->foot);
    result_canvas_pen_text(canvas, RESULT_ROLE_MUTED, RESULT_PEN_TEXT, RESULT_ANCHOR_MIDDLE);
    for (size_t i = 0; i < count; i++) {
        if (step > 0)
            result_scale_print(ticks[i], step, text);
        else
            snprintf(text, sizeof text, "%g", ticks[i]);
        result_canvas_text(canvas, result_scale_at(x, ticks[i]), forest->foot + 14, text);
    }
    result_canvas_pen_text(canvas, RESULT_ROLE_MUTED, RESULT_PEN_TEXT, RESULT_ANCHOR_END);
    result_canvas_text(canvas, result_scale_at(x, 1) - 6, TOP - 6, "\u2190 faster");
    result_canvas_pen_text(canvas, RESULT_ROLE_MUTED, RESULT_PEN_TEXT, RESULT_ANCHOR_START);
    result_canvas_text(canvas, result_scale_at(x, 1) + 6, TOP - 6, "slower \u2192");
}

static double clipped(const struct result_scale *x, double ratio)
{
    return result_scale_at(x, fmin(fmax(ratio, x->low), x->high));
}

static void put_ratio(struct result_canvas *canvas, const struct forest *forest,
                      const struct result_compared *item, double y)
{
    const struct result_scale *x = &forest->x;
    const enum result_role role = role_of(item->change);
    if (!(item->ratio.value > 0) || !isfinite(item->ratio.value))
        return;
    if (item->ln_ratios != NULL) {
        result_canvas_pen(canvas, role, RESULT_PEN_DOT);
        for (size_t i = 0; i < item->pairs; i++) {
            const double ratio = exp(item->ln_ratios[i]);
            if (ratio >= x->low && ratio <= x->high)
                result_canvas_dot(canvas, result_scale_at(x, ratio), y + 7);
        }
    }
    if (item->ratio.low > 0 && item->ratio.high >= item->ratio.low) {
        result_canvas_pen(canvas, role, RESULT_PEN_BOLD);
        result_canvas_segment(canvas, clipped(x, item->ratio.low), y,
                              fmax(clipped(x, item->ratio.high), clipped(x, item->ratio.low) + 1),
                              y);
    }
    result_canvas_pen(canvas, role, RESULT_PEN_SPOT);
    result_canvas_dot(canvas, clipped(x, item->ratio.value), y);
}

static void put_row(struct result_canvas *canvas, const struct forest *forest,
                    const struct result_compared *item, double y)
{
    char text[120] = "";
    const double label_y = forest->is_wide ? y + 4 : y - 11;
    const double room = forest->is_wide ? LABEL_WIDTH - 12 : forest->width - 122;
    if (isfinite(item->ratio.value) && forest->is_wide && isfinite(item->ratio.low))
        snprintf(text, sizeof text, "%.3f [%.3f, %.3f] ", item->ratio.value, item->ratio.low,
                 item->ratio.high);
    else if (isfinite(item->ratio.value))
        snprintf(text, sizeof text, "%.3f ", item->ratio.value);
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s",
             result_change_text(item->change));
    result_canvas_pen_text(canvas, RESULT_ROLE_INK, RESULT_PEN_TEXT, RESULT_ANCHOR_START);
    result_canvas_text_cut(canvas, 2, label_y, room, item->id);
    result_canvas_pen_text(canvas, role_of(item->change), RESULT_PEN_STRONG, RESULT_ANCHOR_END);
    result_canvas_text(canvas, forest->width - 2, label_y, text);
    put_ratio(canvas, forest, item, y);
}

base_err result_figure_forest(struct result_canvas *canvas,
                              const struct result_comparison *comparison, double width)
{
    struct forest forest = { .all = comparison, .width = width, .is_wide = width >= WIDE_FROM };
    const double row = forest.is_wide ? ROW : TALL_ROW;
    char note[300], title[300];
    if (comparison->count == 0)
        return BASE_ENOTFOUND;
    choose_scale(&forest);
    forest.foot = TOP + row * (double)comparison->count;
    snprintf(note, sizeof note,
             "ratio of the times, current over baseline, with its %g %% interval; shaded: the same "
             "within %g %%; small dots: pairs of processes; logarithmic axis",
             comparison->options.confidence * 100, comparison->options.threshold * 100);
    snprintf(title, sizeof title, "%.140s against %.140s",
             comparison->current_name != NULL ? comparison->current_name : "current",
             comparison->baseline_name != NULL ? comparison->baseline_name : "baseline");
    result_canvas_begin(canvas, &(struct result_figure_head){ width, forest.foot + 20, title,
                                                              "ratios of the times", note });
    put_axis(canvas, &forest);
    for (size_t i = 0; i < comparison->count; i++)
        put_row(canvas, &forest, &comparison->items[i],
                TOP + row * ((double)i + (forest.is_wide ? 0.45 : 0.65)));
    return result_canvas_end(canvas);
}
