/* figure_curves.c - the times of several cases by percentile, the tail drawn out, on one
 * logarithmic axis. A curve goes as far as its samples do (plotting positions as in
 * figure_percentiles.c), and then straight to the slowest of all that were measured. */
#include "figure_draw.h"

#include <math.h>
#include <stdlib.h>

enum {
    LEFT = 52,
    RIGHT = 338,
    TOP = 14,
    FOOT = 150,
    LEGEND = FOOT + 46,
    LEGEND_ROW = 14,
    SAMPLES_LEAST = 10,
};
#define DECADES_MAX 5.0 /* 99.999 % */

struct curve {
    const struct result_front_mark *mark;
    enum result_role role;
    double *samples; /* [count] sorted; NULL: too few, and it is not drawn */
    size_t count;
    double end; /* decades, of the slowest of all */
    double slowest;
};

static double place_of(double index, double count)
{
    return fmin(-log10(1 - (index + 0.5) / count), DECADES_MAX);
}

static base_err read_curve(struct curve *curve)
{
    const struct result_case *one = curve->mark->one;
    double all = 0;
    const base_err err = result_samples_of(one, &curve->samples, &curve->count);
    if (err != BASE_OK)
        return err;
    if (curve->count < SAMPLES_LEAST || !(curve->samples[curve->count - 1] > 0)) {
        free(curve->samples);
        curve->samples = NULL;
        return BASE_OK;
    }
    for (size_t i = 0; i < one->process_count; i++)
        all += (double)one->processes[i].batches;
    curve->slowest = fmax(curve->samples[curve->count - 1], one->max_ns);
    curve->end = place_of(fmax(all, (double)curve->count) - 1, fmax(all, (double)curve->count));
    return BASE_OK;
}

/* What is not above 0 has no place on the axis: it stands at the smallest that is. */
static bool choose_scales(const struct curve *curves, size_t count, struct result_scale *x,
                          struct result_scale *y)
{
    *x = (struct result_scale){ 0, 0, LEFT, RIGHT, false };
    *y = (struct result_scale){ INFINITY, 0, FOOT, TOP, true };
    for (size_t i = 0; i < count; i++) {
        if (curves[i].samples == NULL)
            continue;
        for (size_t k = 0; k < curves[i].count; k++)
            if (curves[i].samples[k] > 0)
                y->low = fmin(y->low, curves[i].samples[k]);
        y->high = fmax(y->high, curves[i].slowest);
        x->high = fmax(x->high, curves[i].end);
    }
    y->low /= 1.1;
    y->high *= 1.1;
    return y->high > 0;
}

static base_err put_curve(struct result_canvas *canvas, const struct curve *curve,
                          const struct result_scale *x, const struct result_scale *y)
{
    double *xy = malloc(2 * (curve->count + 1) * sizeof *xy);
    if (xy == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < curve->count; i++) {
        xy[2 * i] = result_scale_at(x, place_of((double)i, (double)curve->count));
        xy[2 * i + 1] = result_scale_at(y, fmax(curve->samples[i], y->low));
    }
    xy[2 * curve->count] = result_scale_at(x, curve->end);
    xy[2 * curve->count + 1] = result_scale_at(y, curve->slowest);
    result_canvas_pen(canvas, curve->role, RESULT_PEN_LINE);
    result_canvas_curve(canvas, xy, curve->count + 1);
    result_canvas_pen(canvas, curve->role, RESULT_PEN_SPOT);
    result_canvas_dot(canvas, xy[2 * curve->count], xy[2 * curve->count + 1]);
    free(xy);
    return BASE_OK;
}

/* Names in their colours, in as many lines as they need; returns the height. */
static double put_legend(struct result_canvas *canvas, const struct curve *curves, size_t count,
                         bool is_drawn)
{
    double x = LEFT, y = LEGEND;
    for (size_t i = 0; i < count; i++) {
        const double width = 18 + 6.4 * (double)result_text_width(curves[i].mark->label) + 12;
        if (curves[i].samples == NULL)
            continue;
        if (x + width > RIGHT && x > LEFT) {
            x = LEFT;
            y += LEGEND_ROW;
        }
        if (is_drawn) {
            result_canvas_pen(canvas, curves[i].role, RESULT_PEN_BOLD);
            result_canvas_segment(canvas, x, y - 4, x + 14, y - 4);
            result_canvas_pen_text(canvas, RESULT_ROLE_INK, RESULT_PEN_TEXT, RESULT_ANCHOR_START);
            result_canvas_text(canvas, x + 18, y, curves[i].mark->label);
        }
        x += width;
    }
    return y + 6;
}

static base_err draw(struct result_canvas *canvas, const struct result_front_figure *figure,
                     const struct curve *curves)
{
    struct result_scale x, y;
    base_err err = BASE_OK;
    if (!choose_scales(curves, figure->mark_count, &x, &y))
        return BASE_ENOTFOUND;
    const double height = put_legend(canvas, curves, figure->mark_count, false);
    result_canvas_begin(canvas,
                        &(struct result_figure_head){ RESULT_FIGURE_WIDTH, height, figure->name,
                                                      figure->name, figure->note });
    result_axis_time_y(canvas, &y, LEFT, RIGHT);
    result_axis_share_x(canvas, &x, TOP, FOOT, figure->axis);
    for (size_t i = 0; err == BASE_OK && i < figure->mark_count; i++)
        if (curves[i].samples != NULL)
            err = put_curve(canvas, &curves[i], &x, &y);
    put_legend(canvas, curves, figure->mark_count, true);
    const base_err end = result_canvas_end(canvas);
    return err == BASE_OK ? end : err;
}

base_err result_figure_curves(struct result_canvas *canvas,
                              const struct result_front_figure *figure)
{
    struct curve curves[RESULT_FRONT_MARK_MAX] = { 0 };
    base_err err = BASE_OK;
    for (size_t i = 0; i < figure->mark_count; i++) {
        curves[i].mark = &figure->marks[i];
        curves[i].role = (enum result_role)(RESULT_ROLE_SERIES + i % RESULT_SERIES_COUNT);
        if (err == BASE_OK && figure->marks[i].one != NULL)
            err = read_curve(&curves[i]);
    }
    if (err == BASE_OK)
        err = draw(canvas, figure, curves);
    for (size_t i = 0; i < figure->mark_count; i++)
        free(curves[i].samples);
    return err;
}

base_err result_figure_front(struct result_canvas *canvas, const struct result_front_figure *figure)
{
    return figure->kind == RESULT_FRONT_CURVES ? result_figure_curves(canvas, figure)
                                               : result_figure_bars(canvas, figure);
}
