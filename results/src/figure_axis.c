/* figure_axis.c - from values to places, and numbers on axes that people can read: steps of 1, 2 or
 * 5 (Heckbert, Nice numbers for graph labels, Graphics Gems (1990) 61), powers of ten on
 * logarithmic axes. */
#include "figure_draw.h"

#include <base/units.h>
#include <stats/summary.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

double result_scale_at(const struct result_scale *scale, double value)
{
    const double share = scale->is_log
                             ? (log(value) - log(scale->low)) / (log(scale->high) - log(scale->low))
                             : (value - scale->low) / (scale->high - scale->low);
    return scale->from + share * (scale->to - scale->from);
}

static double nice_step(double rough)
{
    const double power = pow(10, floor(log10(rough)));
    const double lead = rough / power;
    return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
}

static size_t linear_ticks(const struct result_scale *scale, double gap,
                           double out[RESULT_TICKS_MAX])
{
    double wanted = fabs(scale->to - scale->from) / gap;
    wanted = wanted < 1 ? 1 : wanted > RESULT_TICKS_MAX - 2 ? RESULT_TICKS_MAX - 2 : wanted;
    const double step = nice_step((scale->high - scale->low) / wanted);
    if (!(step > 0) || !isfinite(step) || fabs(scale->low) / step > 1e15)
        return 0;
    const double first = ceil(scale->low / step - 1e-9);
    size_t count = 0;
    for (double i = first; count < RESULT_TICKS_MAX && i * step <= scale->high + step * 1e-9; i++)
        out[count++] = i * step + 0.0; /* no -0 */
    return count;
}

/* Powers of ten, with 2 and 5 between them where there is room; below two decades, as linear. */
static size_t log_ticks(const struct result_scale *scale, double gap, double out[RESULT_TICKS_MAX])
{
    static const double leads[] = { 1, 2, 5 };
    const double decades = log10(scale->high) - log10(scale->low);
    const double room = fabs(scale->to - scale->from) / gap;
    size_t count = 0;
    if (!(decades >= 1.2 && decades < 700)) /* of doubles there are no more */
        return linear_ticks(scale, gap * 1.3, out);
    const int lead_count = decades * 3 <= room ? 3 : 1;
    const int every = lead_count == 3 ? 1 : (int)ceil(decades / (room < 1 ? 1 : room));
    for (int power = (int)floor(log10(scale->low)); power <= ceil(log10(scale->high)); power++)
        for (int l = 0; l < lead_count && count < RESULT_TICKS_MAX; l++) {
            const double value = leads[l] * pow(10, power);
            if (power % every == 0 && value >= scale->low * 0.999999 &&
                value <= scale->high * 1.000001)
                out[count++] = value;
        }
    return count;
}

size_t result_scale_ticks(const struct result_scale *scale, double gap,
                          double out[RESULT_TICKS_MAX])
{
    return scale->is_log ? log_ticks(scale, gap, out) : linear_ticks(scale, gap, out);
}

const char *result_scale_unit(double most, double *ns)
{
    static const struct {
        double ns;
        const char *name;
    } units[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" }, { 1, "ns" } };
    size_t i = 0;
    while (i < 3 && most < units[i].ns)
        i++;
    *ns = units[i].ns;
    return units[i].name;
}

const char *result_scale_print(double value, double step, char *out)
{
    int decimals = step > 0 ? (int)-floor(log10(step) + 1e-9) : 0;
    decimals = decimals < 0 ? 0 : decimals > 9 ? 9 : decimals;
    snprintf(out, 32, "%.*f", decimals, fabs(value) < step / 2 ? 0 : value);
    return out;
}

/* Numbers of a time axis: one unit for a linear one, said once; each its own on a logarithmic one.
 */
static const char *tick_text(const struct result_scale *scale, const double *ticks, size_t count,
                             size_t i, char out[BASE_UNITS_TEXT_SIZE])
{
    double ns = 1;
    if (scale->is_log && scale->high / scale->low >= 16)
        return base_units_print_time(ticks[i], 1, out);
    result_scale_unit(scale->high, &ns);
    const double step = count > 1 ? ticks[1] - ticks[0] : scale->high - scale->low;
    return result_scale_print(ticks[i] / ns, step / ns, out);
}

void result_axis_time_x(struct result_canvas *canvas, const struct result_scale *scale, double y0,
                        double y1, const char *what)
{
    double ticks[RESULT_TICKS_MAX], ns = 1;
    char text[BASE_UNITS_TEXT_SIZE], title[120];
    const size_t count = result_scale_ticks(scale, 62, ticks);
    result_canvas_pen(canvas, RESULT_ROLE_GRID, RESULT_PEN_HAIR);
    for (size_t i = 0; i < count; i++)
        result_canvas_segment(canvas, result_scale_at(scale, ticks[i]), y0,
                              result_scale_at(scale, ticks[i]), y1);
    result_canvas_pen_text(canvas, RESULT_ROLE_MUTED, RESULT_PEN_TEXT, RESULT_ANCHOR_MIDDLE);
    for (size_t i = 0; i < count; i++)
        result_canvas_text(canvas, result_scale_at(scale, ticks[i]), y1 + 13,
                           tick_text(scale, ticks, count, i, text));
    if (what == NULL)
        return;
    if (scale->is_log && scale->high / scale->low >= 16)
        snprintf(title, sizeof title, "%s", what);
    else
        snprintf(title, sizeof title, "%s, %s", what, result_scale_unit(scale->high, &ns));
    result_canvas_text(canvas, (scale->from + scale->to) / 2, y1 + 27, title);
}

void result_axis_time_y(struct result_canvas *canvas, const struct result_scale *scale, double x0,
                        double x1)
{
    double ticks[RESULT_TICKS_MAX], ns = 1;
    char text[BASE_UNITS_TEXT_SIZE];
    const size_t count = result_scale_ticks(scale, 30, ticks);
    result_canvas_pen(canvas, RESULT_ROLE_GRID, RESULT_PEN_HAIR);
    for (size_t i = 0; i < count; i++)
        result_canvas_segment(canvas, x0, result_scale_at(scale, ticks[i]), x1,
                              result_scale_at(scale, ticks[i]));
    result_canvas_pen_text(canvas, RESULT_ROLE_MUTED, RESULT_PEN_TEXT, RESULT_ANCHOR_END);
    for (size_t i = 0; i < count; i++)
        result_canvas_text(canvas, x0 - 4, result_scale_at(scale, ticks[i]) + 4,
                           tick_text(scale, ticks, count, i, text));
    if (!scale->is_log || scale->high / scale->low < 16)
        result_canvas_text(canvas, x0 - 4, 9, result_scale_unit(scale->high, &ns));
}

void result_axis_share_x(struct result_canvas *canvas, const struct result_scale *scale, double y0,
                         double y1, const char *what)
{
    static const struct {
        double decades;
        const char *text;
    } ticks[] = { { 0, "0" },      { 0.30103, "50 %" }, { 1, "90 %" },    { 2, "99 %" },
                  { 3, "99.9 %" }, { 4, "99.99 %" },    { 5, "99.999 %" } };
    result_canvas_pen(canvas, RESULT_ROLE_GRID, RESULT_PEN_HAIR);
    for (size_t i = 0; i < sizeof ticks / sizeof ticks[0]; i++)
        if (ticks[i].decades <= scale->high)
            result_canvas_segment(canvas, result_scale_at(scale, ticks[i].decades), y0,
                                  result_scale_at(scale, ticks[i].decades), y1);
    result_canvas_pen_text(canvas, RESULT_ROLE_MUTED, RESULT_PEN_TEXT, RESULT_ANCHOR_MIDDLE);
    for (size_t i = 0; i < sizeof ticks / sizeof ticks[0]; i++)
        if (ticks[i].decades <= scale->high && (i != 0 || scale->high < 3))
            result_canvas_text(canvas, result_scale_at(scale, ticks[i].decades), y1 + 13,
                               ticks[i].text);
    result_canvas_text(canvas, (scale->from + scale->to) / 2, y1 + 27, what);
}

base_err result_samples_of(const struct result_case *one, double **samples, size_t *count)
{
    size_t capacity = 0;
    *count = 0;
    *samples = NULL;
    for (size_t i = 0; i < one->process_count; i++)
        capacity += one->processes[i].sample_count;
    if (capacity == 0)
        return BASE_OK;
    *samples = malloc(capacity * sizeof **samples);
    if (*samples == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < one->process_count; i++)
        for (size_t j = 0; j < one->processes[i].sample_count; j++)
            if (isfinite(one->processes[i].ns[j]))
                (*samples)[(*count)++] = one->processes[i].ns[j];
    stats_sort(*samples, *count);
    return BASE_OK;
}
