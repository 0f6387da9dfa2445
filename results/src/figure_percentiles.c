/* figure_percentiles.c - the tail drawn out: 90 %, 99 %, 99.9 % at even distances, as far as the
 * samples go and no farther. With n samples the slowest stands for the share 1/(2n) above it
 * (plotting positions (i + 1/2) / n: Hazen 1914). */
#include "figure_draw.h"

#include <base/units.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LEFT = 52, RIGHT = 350, TOP = 14, FOOT = 150 };
#define DECADES_MAX 5.0 /* 99.999 % */

struct percentiles {
    const struct result_case *one;
    const double *samples; /* sorted */
    size_t count;
    double decades; /* how far the axis goes: log10(1 / (1 - p)) */
    struct result_scale x, y;
};

static double place_of(size_t index, size_t count)
{
    return -log10(1 - ((double)index + 0.5) / (double)count);
}

/* The slowest of all batches; above the samples when those were thinned. */
static void put_slowest(struct result_canvas *canvas, const struct percentiles *p)
{
    const double y = result_scale_at(&p->y, p->one->max_ns);
    if (!(p->one->max_ns > p->samples[p->count - 1]))
        return;
    result_canvas_pen(canvas, RESULT_ROLE_WARN, RESULT_PEN_DASH);
    result_canvas_segment(canvas, LEFT, y, RIGHT, y);
    result_canvas_pen_text(canvas, RESULT_ROLE_WARN, RESULT_PEN_TEXT, RESULT_ANCHOR_START);
    result_canvas_text(canvas, LEFT + 4, y + 12, "slowest of all");
}

static base_err put_curve(struct result_canvas *canvas, const struct percentiles *p)
{
    double *xy = malloc(2 * p->count * sizeof *xy);
    if (xy == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < p->count; i++) {
        xy[2 * i] = result_scale_at(&p->x, fmin(place_of(i, p->count), p->decades));
        xy[2 * i + 1] = result_scale_at(&p->y, p->samples[i]);
    }
    result_canvas_pen(canvas, RESULT_ROLE_ACCENT, RESULT_PEN_LINE);
    result_canvas_curve(canvas, xy, p->count);
    result_canvas_pen(canvas, RESULT_ROLE_ACCENT, RESULT_PEN_SPOT);
    result_canvas_dot(canvas, xy[2 * (p->count - 1)], xy[2 * (p->count - 1) + 1]);
    free(xy);
    return BASE_OK;
}

static uint64_t all_batches(const struct result_case *one)
{
    uint64_t batches = 0;
    for (size_t i = 0; i < one->process_count; i++)
        batches += one->processes[i].batches;
    return batches;
}

/* "99.97 %" with as many nines as there are. */
static void print_share(double decades, char out[32])
{
    const int digits = decades > 2 ? (int)ceil(decades) - 1 : 1;
    snprintf(out, 32, "%.*f %%", digits > 5 ? 5 : digits, 100 * (1 - pow(10, -decades)));
}

static void choose_scales(struct percentiles *p)
{
    const double slowest = fmax(p->samples[p->count - 1], p->one->max_ns);
    const double fastest = p->samples[0];
    p->decades = fmin(place_of(p->count - 1, p->count), DECADES_MAX);
    p->x = (struct result_scale){ 0, p->decades, LEFT, RIGHT, false };
    p->y = (struct result_scale){ fastest, isfinite(slowest) ? slowest : p->samples[p->count - 1],
                                  FOOT, TOP, false };
    p->y.is_log = fastest > 0 && p->y.high / fastest > 8;
    const double margin = p->y.is_log ? 0 : 0.05 * (p->y.high - p->y.low);
    p->y.low = p->y.low > margin ? p->y.low - margin : p->y.low;
    p->y.high = p->y.is_log ? p->y.high * 1.1 : p->y.high + margin;
}

base_err result_figure_percentiles(struct result_canvas *canvas, const struct result_case *one)
{
    struct percentiles p = { .one = one };
    double *samples = NULL;
    char note[300], title[400], share[32];
    base_err err = result_samples_of(one, &samples, &p.count);
    p.samples = samples;
    if (err == BASE_OK && (p.count < 10 || samples[0] >= samples[p.count - 1]))
        err = BASE_ENOTFOUND;
    if (err == BASE_OK) {
        choose_scales(&p);
        print_share(p.decades, share);
        snprintf(note, sizeof note, "to %s of the %zu batches kept of %llu measured", share,
                 p.count, (unsigned long long)all_batches(one));
        snprintf(title, sizeof title, "%.350s: percentiles", one->id);
        result_canvas_begin(canvas,
                            &(struct result_figure_head){ RESULT_FIGURE_WIDTH, RESULT_FIGURE_HEIGHT,
                                                          title, "times by percentile", note });
        result_axis_time_y(canvas, &p.y, LEFT, RIGHT);
        result_axis_share_x(canvas, &p.x, TOP, FOOT, "share of batches that are faster");
        put_slowest(canvas, &p);
        err = put_curve(canvas, &p);
        const base_err end = result_canvas_end(canvas);
        err = err == BASE_OK ? end : err;
    }
    free(samples);
    return err;
}
