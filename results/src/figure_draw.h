/* figure_draw.h - the figures, each a function that draws one thing on a canvas.
 *
 * A figure says in its note what it shows and what it leaves out. What there is too little data for
 * is not drawn: the function then answers BASE_ENOTFOUND before it has touched the canvas.
 * Errors of all: ENOTFOUND, ENOMEM, those of the canvas.
 */
#ifndef RESULT_FIGURE_DRAW_H
#define RESULT_FIGURE_DRAW_H

#include "canvas.h"

#include <result/compare.h>
#include <result/figure.h>
#include <result/front.h>
#include <result/run.h>

enum {
    RESULT_FIGURE_WIDTH = 360, /* of the figures of one case */
    RESULT_FIGURE_HEIGHT = 190,
    RESULT_FIGURE_WIDE = 860, /* of those of many cases; below 600 labels stand over the marks */
    RESULT_FIGURE_NARROW = 340,
    RESULT_FIGURE_HISTORY_WIDTH = 700,
    RESULT_FIGURE_MARK_WIDTH = 150, /* of a mark in a table */
    RESULT_FIGURE_MARK_HEIGHT = 18,
};

BASE_MUST_USE base_err result_figure_density(struct result_canvas *canvas,
                                             const struct result_case *one);
BASE_MUST_USE base_err result_figure_slope(struct result_canvas *canvas,
                                           const struct result_case *one);
BASE_MUST_USE base_err result_figure_percentiles(struct result_canvas *canvas,
                                                 const struct result_case *one);
BASE_MUST_USE base_err result_figure_history(struct result_canvas *canvas,
                                             const struct result_figure_trend *trend, double width);
BASE_MUST_USE base_err result_figure_overview(struct result_canvas *canvas,
                                              const struct result_run *run, double width);
BASE_MUST_USE base_err result_figure_forest(struct result_canvas *canvas,
                                            const struct result_comparison *comparison,
                                            double width);

/* Of a report's front: result_figure_front is the one that its kind says. ENOTFOUND, too, when no
 * mark has a number. */
BASE_MUST_USE base_err result_figure_curves(struct result_canvas *canvas,
                                            const struct result_front_figure *figure);
BASE_MUST_USE base_err result_figure_bars(struct result_canvas *canvas,
                                          const struct result_front_figure *figure);
BASE_MUST_USE base_err result_figure_front(struct result_canvas *canvas,
                                           const struct result_front_figure *figure);

/* --- scales -------------------------------------------------------------------------------- */

struct result_scale {
    double low, high; /* of the data; high > low, both > 0 when logarithmic */
    double from, to;  /* of the canvas */
    bool is_log;
};

double result_scale_at(const struct result_scale *scale, double value);

enum { RESULT_TICKS_MAX = 16 };
/* Round values within the scale, about one in `gap` pixels; returns how many. */
size_t result_scale_ticks(const struct result_scale *scale, double gap,
                          double out[RESULT_TICKS_MAX]);

/* The unit that times up to `most` nanoseconds are best read in, and what one of it is. */
const char *result_scale_unit(double most, double *ns);

/* A number with as many decimals as tell ticks `step` apart. out [32] */
const char *result_scale_print(double value, double step, char *out);

/* Grid lines and numbers of an axis of times: along x at the foot `y1` of lines from `y0`, or along
 * y at the left `x0` of lines to `x1`. */
void result_axis_time_x(struct result_canvas *canvas, const struct result_scale *scale, double y0,
                        double y1, const char *what);
void result_axis_time_y(struct result_canvas *canvas, const struct result_scale *scale, double x0,
                        double x1);

/* Likewise of shares along x, the tail drawn out: the scale is in decades, log10(1 / (1 - p)), from
 * 0 on. */
void result_axis_share_x(struct result_canvas *canvas, const struct result_scale *scale, double y0,
                         double y1, const char *what);

/* --- marks of one case on an axis that all cases share -------------------------------------- */

/* Has the case a time that can stand on a logarithmic axis? */
bool result_figure_has_mark(const struct result_case *one);
/* The axis that all cases of the run fit on; false when none has a mark. from, to: the caller's */
bool result_figure_scale_of(const struct result_run *run, struct result_scale *scale);
void result_figure_mark(struct result_canvas *canvas, const struct result_scale *x,
                        const struct result_case *one, double y);

/* --- samples ------------------------------------------------------------------------------- */

/* All finite samples of a case, ascending. Caller frees; NULL with *count 0 when there are none.
 * Errors: ENOMEM */
BASE_MUST_USE base_err result_samples_of(const struct result_case *one, double **samples,
                                         size_t *count);

#endif
