/* figure_bars.c - numbers side by side, as bars from 0 on, each with its interval. */
#include "figure_draw.h"

#include <math.h>

enum { LEFT = 92, RIGHT = 280, TOP = 8, ROW = 24, BAR = 12, FOOT = 10 };

static double highest(const struct result_front_figure *figure)
{
    double most = 0;
    for (size_t i = 0; i < figure->mark_count; i++) {
        most = fmax(most, figure->marks[i].value.value);
        most = fmax(most, figure->marks[i].value.high);
    }
    return most;
}

static void put_bar(struct result_canvas *canvas, const struct result_scale *x,
                    const struct result_front_mark *mark, enum result_role role, double y)
{
    const struct result_estimate *value = &mark->value;
    result_canvas_pen_text(canvas, RESULT_ROLE_INK, RESULT_PEN_TEXT, RESULT_ANCHOR_END);
    result_canvas_text_cut(canvas, LEFT - 6, y + 4, LEFT - 8, mark->label);
    result_canvas_text(canvas, RESULT_FIGURE_WIDTH - 2, y + 4,
                       mark->text != NULL ? mark->text : "");
    if (!(value->value >= 0) || !isfinite(value->value))
        return;
    result_canvas_pen(canvas, role, RESULT_PEN_AREA);
    result_canvas_rect(canvas, LEFT, y - BAR / 2.0, result_scale_at(x, value->value) - LEFT, BAR);
    if (!isfinite(value->low) || !isfinite(value->high) || value->low >= value->high)
        return;
    result_canvas_pen(canvas, RESULT_ROLE_INK, RESULT_PEN_BOLD);
    result_canvas_segment(canvas, result_scale_at(x, fmax(value->low, 0)), y,
                          result_scale_at(x, value->high), y);
}

base_err result_figure_bars(struct result_canvas *canvas, const struct result_front_figure *figure)
{
    const double most = highest(figure), foot = TOP + ROW * (double)figure->mark_count;
    const struct result_scale x = { 0, most, LEFT, RIGHT, false };
    if (!(most > 0))
        return BASE_ENOTFOUND;
    result_canvas_begin(canvas,
                        &(struct result_figure_head){ RESULT_FIGURE_WIDTH, foot + FOOT,
                                                      figure->name, figure->name, figure->note });
    result_canvas_pen(canvas, RESULT_ROLE_MUTED, RESULT_PEN_HAIR);
    result_canvas_segment(canvas, LEFT, TOP - 4, LEFT, foot);
    for (size_t i = 0; i < figure->mark_count; i++)
        put_bar(canvas, &x, &figure->marks[i],
                (enum result_role)(RESULT_ROLE_SERIES + i % RESULT_SERIES_COUNT),
                TOP + ROW * ((double)i + 0.4));
    return result_canvas_end(canvas);
}
