/* figure_density.c - what the times of a case look like: the estimated density above, below it
 * every process as a row of its samples. Rows that lie apart are the spread between processes; a
 * density with two humps is two speeds. */
#include "figure_draw.h"

#include <base/units.h>
#include <stats/density.h>
#include <stats/summary.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LEFT = 10, RIGHT = 350, CURVE_TOP = 6, CURVE_FOOT = 92, ROWS_TOP = 100, ROWS_FOOT = 150 };
enum { GRID = 160 };

struct density {
    const struct result_case *one;
    const double *samples; /* sorted */
    size_t count;
    struct result_scale x;
    size_t below, above; /* samples that the axis does not reach */
    double bandwidth;
};

/* Three middle halves from the middle half; up to twelve when most of a tail lies there. */
static void find_range(struct density *density)
{
    const double *s = density->samples;
    const size_t count = density->count;
    const double p25 = stats_quantile_sorted(s, count, 0.25, STATS_QUANTILE_LINEAR);
    const double p75 = stats_quantile_sorted(s, count, 0.75, STATS_QUANTILE_LINEAR);
    const double p02 = stats_quantile_sorted(s, count, 0.02, STATS_QUANTILE_LINEAR);
    const double p98 = stats_quantile_sorted(s, count, 0.98, STATS_QUANTILE_LINEAR);
    const double half = p75 > p25 ? p75 - p25 : s[count - 1] - s[0];
    const double low = fmin(fmax(p02, p25 - 12 * half), p25 - 3 * half);
    const double high = fmax(fmin(p98, p75 + 12 * half), p75 + 3 * half);
    density->x.low = fmax(s[0], low);
    density->x.high = fmin(s[count - 1], high);
    if (density->x.high <= density->x.low)
        density->x.high = s[count - 1];
    const double margin = 0.03 * (density->x.high - density->x.low);
    density->x.low -= margin;
    density->x.high += margin;
    for (size_t i = 0; i < count; i++) {
        density->below += s[i] < density->x.low;
        density->above += s[i] > density->x.high;
    }
}

/* Samples of all magnitudes of a double have a spread that none can hold. */
static bool is_drawable(struct density *density)
{
    density->bandwidth = stats_density_bandwidth(density->samples, density->count);
    return density->bandwidth > 0 && isfinite(density->bandwidth) &&
           density->x.low < density->x.high && isfinite(density->x.high - density->x.low);
}

static void write_note(const struct density *density, char *out, size_t size)
{
    char below[60] = "", above[60] = "", bound[BASE_UNITS_TEXT_SIZE];
    if (density->below > 0)
        snprintf(below, sizeof below, "; %zu below %s not shown", density->below,
                 base_units_print_time(density->x.low, 3, bound));
    if (density->above > 0)
        snprintf(above, sizeof above, "; %zu above %s not shown", density->above,
                 base_units_print_time(density->x.high, 3, bound));
    snprintf(out, size, "%zu batches of %zu process%s, a row each%s%s", density->count,
             density->one->process_count, density->one->process_count == 1 ? "" : "es", below,
             above);
}

static void put_interval(struct result_canvas *canvas, const struct density *density)
{
    const struct result_estimate *e = &density->one->median_ns;
    const struct result_scale *x = &density->x;
    const double low = fmax(e->low, x->low), high = fmin(e->high, x->high);
    if (low < high) {
        result_canvas_pen(canvas, RESULT_ROLE_WARN, RESULT_PEN_SOFT);
        result_canvas_rect(canvas, result_scale_at(x, low), CURVE_TOP,
                           result_scale_at(x, high) - result_scale_at(x, low),
                           ROWS_FOOT - CURVE_TOP);
    }
    if (!(e->value >= x->low && e->value <= x->high))
        return;
    result_canvas_pen(canvas, RESULT_ROLE_INK, RESULT_PEN_HAIR);
    result_canvas_segment(canvas, result_scale_at(x, e->value), CURVE_TOP,
                          result_scale_at(x, e->value), ROWS_FOOT);
}

static void put_curve(struct result_canvas *canvas, const struct density *density)
{
    double values[GRID], xy[2 * GRID + 4], most = 0;
    const struct result_scale *x = &density->x;
    stats_density_of(density->samples, density->count, density->bandwidth, x->low, x->high, values,
                     GRID);
    for (size_t i = 0; i < GRID; i++)
        most = fmax(most, values[i]);
    for (size_t i = 0; i < GRID; i++) {
        xy[2 * i] = x->from + (x->to - x->from) * (double)i / (GRID - 1);
        xy[2 * i + 1] = CURVE_FOOT - (CURVE_FOOT - CURVE_TOP) * (most > 0 ? values[i] / most : 0);
    }
    result_canvas_pen(canvas, RESULT_ROLE_ACCENT, RESULT_PEN_AREA);
    result_canvas_curve(canvas, xy, GRID);
    result_canvas_line(canvas, x->to, CURVE_FOOT);
    result_canvas_line(canvas, x->from, CURVE_FOOT);
    result_canvas_close(canvas);
}

/* A place within -0.5 .. 0.5 that is the same at every run (the golden ratio's multiples lie evenly
 * however many they are). */
static double jitter(size_t index)
{
    const double place = (double)index * 0.6180339887498949;
    return place - floor(place) - 0.5;
}

/* At most `most` of the samples, evenly chosen. */
static void put_row(struct result_canvas *canvas, const struct density *density, size_t process,
                    size_t most)
{
    const struct result_process *p = &density->one->processes[process];
    const struct result_scale *x = &density->x;
    const double height = (double)(ROWS_FOOT - ROWS_TOP) / (double)density->one->process_count;
    const double middle = ROWS_TOP + height * ((double)process + 0.5);
    const size_t shown = p->sample_count < most ? p->sample_count : most;
    for (size_t i = 0; i < shown; i++) {
        const double ns = p->ns[i * p->sample_count / shown];
        if (ns >= x->low && ns <= x->high)
            result_canvas_dot(canvas, result_scale_at(x, ns), middle + jitter(i) * height * 0.8);
    }
}

static void put_rows(struct result_canvas *canvas, const struct density *density)
{
    const size_t processes = density->one->process_count;
    const size_t most = canvas->detail == 0 ? RESULT_SAMPLE_MAX : canvas->detail / processes + 1;
    for (size_t color = 0; color < RESULT_SERIES_COUNT; color++) { /* one pen after the other */
        if (color < processes)
            result_canvas_pen(canvas, (enum result_role)(RESULT_ROLE_SERIES + color),
                              RESULT_PEN_DOT);
        for (size_t i = color; i < processes; i += RESULT_SERIES_COUNT)
            put_row(canvas, density, i, most);
    }
}

base_err result_figure_density(struct result_canvas *canvas, const struct result_case *one)
{
    struct density density = { .one = one, .x = { .from = LEFT, .to = RIGHT } };
    double *samples = NULL;
    char note[200], title[400];
    base_err err = result_samples_of(one, &samples, &density.count);
    density.samples = samples;
    if (err == BASE_OK && (density.count < 2 || samples[0] >= samples[density.count - 1]))
        err = BASE_ENOTFOUND;
    if (err == BASE_OK) {
        find_range(&density);
        err = is_drawable(&density) ? BASE_OK : BASE_ENOTFOUND;
    }
    if (err == BASE_OK) {
        write_note(&density, note, sizeof note);
        snprintf(title, sizeof title, "%.350s: times", one->id);
        result_canvas_begin(canvas,
                            &(struct result_figure_head){ RESULT_FIGURE_WIDTH, RESULT_FIGURE_HEIGHT,
                                                          title, "times of batches", note });
        result_axis_time_x(canvas, &density.x, CURVE_TOP, ROWS_FOOT, "time of an item");
        put_interval(canvas, &density);
        put_curve(canvas, &density);
        put_rows(canvas, &density);
        err = result_canvas_end(canvas);
    }
    free(samples);
    return err;
}
