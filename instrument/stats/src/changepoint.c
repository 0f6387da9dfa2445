/* changepoint.c - from PELT's boundaries to changes that are more than chance. */
#include "changepoint_internal.h"

#include <stats/distribution.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOW_STEP = STATS_CHANGEPOINT_WINDOW / 2,
    WINDOW_EDGE = STATS_CHANGEPOINT_WINDOW / 4,
    SEGMENT_MIN = 3,
    CURVE_MIN = 5, /* values on either side for a curve to be told from a jump */
    CURVE_HALF = 60,
};
#define CLIP           2.0
#define PLACE_QUANTILE 7.35
#define DRIFT_FACTOR   3.0 /* standard errors of a slope through all segments */

struct boundary {
    size_t at;          /* begins the segment behind it */
    double jump, error; /* in units of the noise, error with the correlation in it */
    double p;
    bool is_bend; /* kept, and no change */
};

struct work {
    struct change_series series;
    struct stats_changepoint_options options;
    size_t *ends; /* [count + 1] */
    size_t end_count;
    struct boundary *boundaries; /* [count + 1]; boundary i ends segment i */
    size_t boundary_count;
    struct change_null null;
    double price;
};

static base_err check(struct stats_changepoint_options *options, size_t count)
{
    options->significance = options->significance == 0 ? 0.01 : options->significance;
    options->confidence = options->confidence == 0 ? 0.95 : options->confidence;
    options->min_segment =
        options->min_segment == 0 ? STATS_CHANGEPOINT_SEGMENT : options->min_segment;
    if (!(options->significance >= 0.0001 && options->significance <= 0.5) ||
        !(options->confidence >= 0.5 && options->confidence <= 0.9999) ||
        options->min_segment < SEGMENT_MIN || options->min_segment > 1000)
        return BASE_EINVALID;
    return count > STATS_CHANGEPOINT_MAX ? BASE_ERANGE : BASE_OK;
}

/* --- boundaries ---------------------------------------------------------------------------- */

/* Part of a series as one of its own. */
static struct change_series part_of(const struct change_series *series, size_t first, size_t count)
{
    struct change_series part = *series;
    part.sums += first;
    part.count = count;
    return part;
}

/* One window's boundaries; those near its edges are left to the neighbouring window. */
static base_err split_window(struct work *work, size_t first, size_t count, size_t *ends)
{
    const struct change_series part = part_of(&work->series, first, count);
    const bool is_last = first + count == work->series.count;
    size_t end_count = 0;
    const base_err err =
        stats_change_split(&part, work->options.min_segment, work->price, ends, &end_count);
    for (size_t i = 0; err == BASE_OK && i + 1 < end_count; i++) {
        const size_t low = first == 0 ? 0 : WINDOW_EDGE;
        const size_t high = is_last ? count : count - WINDOW_EDGE;
        const size_t at = first + ends[i];
        const size_t before = work->end_count == 0 ? 0 : work->ends[work->end_count - 1];
        if (ends[i] >= low && ends[i] < high && at >= before + work->options.min_segment)
            work->ends[work->end_count++] = at;
    }
    return err;
}

static base_err split(struct work *work)
{
    const size_t count = work->series.count;
    const size_t window =
        count <= STATS_CHANGEPOINT_WINDOW ? count : (size_t)STATS_CHANGEPOINT_WINDOW;
    size_t *ends = calloc(window + 1, sizeof *ends);
    base_err err = ends == NULL ? BASE_ENOMEM : BASE_OK;
    for (size_t first = 0; err == BASE_OK; first += WINDOW_STEP) {
        const size_t size = first + window < count ? window : count - first;
        err = split_window(work, first, size, ends);
        if (first + size == count)
            break;
    }
    free(ends);
    if (err == BASE_OK)
        work->ends[work->end_count++] = count;
    return err;
}

static struct change_line segment_line(const struct work *work, size_t segment)
{
    const size_t first = segment == 0 ? 0 : work->ends[segment - 1];
    return stats_change_line(&work->series, first, work->ends[segment], work->price);
}

/* A line at t, and the variance of that. */
static double line_at(const struct change_line *line, double t, double *variance)
{
    const double off = t - line->middle;
    *variance += 1 / line->weight + (line->is_line ? off * off / line->spread : 0);
    return line->level + line->slope * off;
}

static void put_residuals(const struct work *work, double *residuals)
{
    const struct change_series *series = &work->series;
    size_t segment = 0;
    struct change_line line = segment_line(work, 0);
    for (size_t i = 0; i < series->count; i++) {
        if (i >= work->ends[segment])
            line = segment_line(work, ++segment);
        double unused = 0;
        residuals[i] = series->y[i] - line_at(&line, (double)i, &unused);
    }
}

/* The slope that all segments share, when it is more than chance; else 0. */
static double common_slope(const struct work *work)
{
    double on_y = 0, size = 0;
    for (size_t i = 0; i < work->end_count; i++) {
        const size_t first = i == 0 ? 0 : work->ends[i - 1];
        const struct change_line line = stats_change_line_of(&work->series, first, work->ends[i]);
        on_y += line.slope * line.spread;
        size += line.spread;
    }
    if (!(size > 0) || on_y * on_y / size < DRIFT_FACTOR * DRIFT_FACTOR * work->series.inflation)
        return 0;
    return on_y / size;
}

/* What the first split knows makes the second one better: a drift that goes through all segments is
 * taken out, and a run far from its segment counts as one CLIP standard deviations from it (as
 * Huber's estimator does), so that heavy tails do not hide a step. */
static base_err refine(struct work *work)
{
    struct change_series *series = &work->series;
    double *residuals = calloc(series->count, sizeof *residuals);
    if (residuals == NULL)
        return BASE_ENOMEM;
    const double slope = common_slope(work);
    put_residuals(work, residuals);
    for (size_t i = 0; i < series->count; i++) {
        const double most = CLIP * series->scale[i] / sqrt(1 - series->correlation);
        const double clipped = fmax(-most, fmin(most, residuals[i]));
        series->y[i] += clipped - residuals[i] - slope * (double)i;
    }
    series->slope += slope;
    stats_change_scales(series->y, series->base, series->count, residuals, series->scale);
    stats_change_sum(series);
    free(residuals);
    work->end_count = 0;
    return split(work);
}

/* --- jump or bend -------------------------------------------------------------------------- */

/* What a few functions of t leave of the weighted squares of y over first .. last - 1: columns are
 * made orthogonal one after the other. */
enum { TERMS = 4 };
enum shape { CUBIC, JUMP_OF_LINES, JUMP_OF_LEVELS };

static double rest_of(const struct change_series *series, size_t first, size_t last, size_t at,
                      enum shape shape)
{
    const size_t count = last - first;
    double rest = 0, columns[TERMS][2 * CURVE_HALF], y[2 * CURVE_HALF];
    for (size_t i = 0; i < count; i++) {
        const double w = 1 / series->scale[first + i];
        const double t = ((double)i - (double)(at - first) + 0.5) / CURVE_HALF;
        const double past = first + i >= at;
        const double shapes[][TERMS] = {
            [CUBIC] = { 1, t, t * t, t * t * t },
            [JUMP_OF_LINES] = { 1, t, past, past * t },
            [JUMP_OF_LEVELS] = { 1, past, 0, 0 },
        };
        for (size_t k = 0; k < TERMS; k++)
            columns[k][i] = w * shapes[shape][k];
        y[i] = w * series->y[first + i];
    }
    for (size_t k = 0; k < TERMS; k++) {
        double size = 0, on_y = 0;
        for (size_t i = 0; i < count; i++) {
            size += columns[k][i] * columns[k][i];
            on_y += columns[k][i] * y[i];
        }
        if (!(size > 1e-12))
            continue;
        for (size_t j = k + 1; j < TERMS; j++) {
            double on = 0;
            for (size_t i = 0; i < count; i++)
                on += columns[k][i] * columns[j][i];
            for (size_t i = 0; i < count; i++)
                columns[j][i] -= on / size * columns[k][i];
        }
        for (size_t i = 0; i < count; i++)
            y[i] -= on_y / size * columns[k][i];
    }
    for (size_t i = 0; i < count; i++)
        rest += y[i] * y[i];
    return rest;
}

/* Beside a line: does a cubic fit as well as two lines with a jump between? They have as many
 * parameters. Between two levels: does it fit better by more than its two parameters cost? */
static bool is_bend(const struct work *work, size_t before, size_t at, size_t after, bool has_line)
{
    const size_t first = at - before > CURVE_HALF ? at - CURVE_HALF : before;
    const size_t last = after - at > CURVE_HALF ? at + CURVE_HALF : after;
    if (at - first < CURVE_MIN || last - at < CURVE_MIN)
        return false;
    const double cubic = rest_of(&work->series, first, last, at, CUBIC);
    if (has_line)
        return cubic <= rest_of(&work->series, first, last, at, JUMP_OF_LINES);
    return cubic + work->price <= rest_of(&work->series, first, last, at, JUMP_OF_LEVELS);
}

/* --- significance -------------------------------------------------------------------------- */

static void judge(struct work *work, size_t i)
{
    struct boundary *boundary = &work->boundaries[i];
    const struct change_line left = segment_line(work, i), right = segment_line(work, i + 1);
    const double t = (double)work->ends[i] - 0.5;
    double variance = 0;
    const double from = line_at(&left, t, &variance);
    boundary->at = work->ends[i];
    boundary->jump = line_at(&right, t, &variance) - from;
    boundary->error = sqrt(variance * work->series.inflation);
    boundary->p = stats_change_p(&work->null, fabs(boundary->jump) / sqrt(variance));
    boundary->is_bend = is_bend(work, i == 0 ? 0 : work->ends[i - 1], work->ends[i],
                                work->ends[i + 1], left.is_line || right.is_line);
}

/* Does one segment in place of the two cost less than the price of a boundary? */
static bool is_one(const struct work *work, size_t i)
{
    const size_t first = i == 0 ? 0 : work->ends[i - 1];
    const struct change_line both =
        stats_change_line(&work->series, first, work->ends[i + 1], work->price);
    const struct change_line left = segment_line(work, i), right = segment_line(work, i + 1);
    const double gain = both.cost + (both.is_line ? work->price : 0) - left.cost - right.cost -
                        (left.is_line ? work->price : 0) - (right.is_line ? work->price : 0);
    /* Two levels whose jump is chance are one level. */
    return gain < work->price || !(left.is_line || right.is_line);
}

static void remove_boundary(struct work *work, size_t i)
{
    memmove(&work->ends[i], &work->ends[i + 1], (work->end_count - i - 1) * sizeof *work->ends);
    memmove(&work->boundaries[i], &work->boundaries[i + 1],
            (work->end_count - i - 1) * sizeof *work->boundaries);
    work->end_count--;
    if (i > 0)
        judge(work, i - 1);
    if (i + 1 < work->end_count)
        judge(work, i);
}

/* The least certain boundary goes first; one that is needed for the fit stays as a bend. */
static void eliminate(struct work *work)
{
    for (size_t i = 0; i + 1 < work->end_count; i++)
        judge(work, i);
    for (;;) {
        size_t worst = work->end_count;
        for (size_t i = 0; i + 1 < work->end_count; i++)
            if (!work->boundaries[i].is_bend &&
                (worst == work->end_count || work->boundaries[i].p > work->boundaries[worst].p))
                worst = i;
        if (worst == work->end_count || work->boundaries[worst].p <= work->options.significance)
            return;
        if (is_one(work, worst))
            remove_boundary(work, worst);
        else
            work->boundaries[worst].is_bend = true;
    }
}

static base_err make_null(struct work *work)
{
    const struct change_series *series = &work->series;
    double *residuals = calloc(series->count, sizeof *residuals);
    if (residuals == NULL)
        return BASE_ENOMEM;
    put_residuals(work, residuals);
    for (size_t i = 0; i < series->count; i++)
        residuals[i] /= series->scale[i];
    const base_err err =
        stats_change_null(residuals, series->count, series->correlation, work->options.min_segment,
                          work->options.seed, &work->null);
    free(residuals);
    return err;
}

/* --- what is found ------------------------------------------------------------------------- */

/* How far boundary i can be moved, to either side, before the fit is too much worse. */
static size_t move(const struct work *work, size_t i, bool is_back)
{
    const size_t begin = i == 0 ? 0 : work->ends[i - 1], end = work->ends[i + 1];
    const size_t at = work->ends[i];
    const struct change_line left = segment_line(work, i), right = segment_line(work, i + 1);
    const double most = left.cost + right.cost + PLACE_QUANTILE * work->series.inflation;
    size_t furthest = at;
    for (size_t to = is_back ? at - 1 : at + 1; to > begin + 1 && to + 1 < end;
         to += is_back ? (size_t)-1 : 1) {
        const struct change_line before =
            left.is_line ? stats_change_line_of(&work->series, begin, to)
                         : stats_change_line(&work->series, begin, to, INFINITY);
        const struct change_line after = right.is_line
                                             ? stats_change_line_of(&work->series, to, end)
                                             : stats_change_line(&work->series, to, end, INFINITY);
        if (before.cost + after.cost > most)
            break;
        furthest = to;
    }
    return furthest;
}

static void put_points(const struct work *work, struct stats_changepoint_fit *fit)
{
    const struct change_series *series = &work->series;
    /* Trimmed differences know a variance about as well as two thirds as many values. */
    const double degrees = fmax(2, 0.65 * (double)series->count - (double)work->end_count);
    const double t = stats_student_quantile((1 + work->options.confidence) / 2, degrees);
    for (size_t i = 0; i + 1 < work->end_count; i++) {
        const struct boundary *boundary = &work->boundaries[i];
        if (boundary->is_bend)
            continue;
        const double jump = series->noise * boundary->jump;
        const double half = series->noise * boundary->error * t;
        fit->points[fit->found++] = (struct stats_changepoint){
            .index = series->index[boundary->at],
            .first = series->index[move(work, i, true)],
            .last = series->index[move(work, i, false)],
            .ratio = exp(jump),
            .low = exp(jump - half),
            .high = exp(jump + half),
            .p = boundary->p,
        };
    }
}

/* A level of the fit in the unit of the values, with the drift that was taken out. */
static double level_at(const struct change_series *series, size_t at, double y)
{
    return exp(series->centre + series->noise * (y + series->slope * (double)at));
}

static void put_segments(const struct work *work, size_t count, struct stats_changepoint_fit *fit)
{
    const struct change_series *series = &work->series;
    for (size_t i = 0; i < work->end_count; i++) {
        const struct change_line line = segment_line(work, i);
        const size_t begin = i == 0 ? 0 : work->ends[i - 1];
        const size_t first = i == 0 ? 0 : series->index[begin];
        const size_t last = i + 1 == work->end_count ? count : series->index[work->ends[i]];
        double unused = 0;
        const double from = line_at(&line, (double)begin, &unused);
        const double to = line_at(&line, (double)work->ends[i] - 1, &unused);
        fit->segments[i] = (struct stats_segment){
            .first = first,
            .count = last - first,
            .level_first = level_at(series, begin, from),
            .level_last = level_at(series, work->ends[i] - 1, to),
            .is_drift = line.is_line || series->slope != 0,
            .is_bend = i > 0 && work->boundaries[i - 1].is_bend,
        };
    }
    fit->segment_count = work->end_count;
}

static base_err work_on(struct work *work)
{
    const size_t count = work->series.count;
    work->ends = calloc(count + 1, sizeof *work->ends);
    work->boundaries = calloc(count + 1, sizeof *work->boundaries);
    if (work->ends == NULL || work->boundaries == NULL)
        return BASE_ENOMEM;
    work->price = 2 * work->series.inflation * log((double)count);
    base_err err = BASE_OK;
    if (count < 2 * work->options.min_segment)
        work->ends[work->end_count++] = count;
    else
        err = split(work);
    if (err == BASE_OK && count >= 2 * work->options.min_segment)
        err = refine(work);
    if (err == BASE_OK && work->end_count > 1)
        err = make_null(work);
    if (err == BASE_OK && work->end_count > 1)
        eliminate(work);
    return err;
}

static double typical_scale(const struct change_series *series)
{
    double square = 0;
    for (size_t i = 0; i < series->count; i++)
        square += 1 / (series->scale[i] * series->scale[i]) / (double)series->count;
    return series->count < 2 ? NAN : sqrt(1 / square / (1 - series->correlation));
}

static base_err finish(struct work *work, size_t count, struct stats_changepoint_fit *fit)
{
    size_t found = 0;
    for (size_t i = 0; i + 1 < work->end_count; i++)
        found += !work->boundaries[i].is_bend;
    if (found > fit->capacity || (fit->segments != NULL && work->end_count > fit->capacity + 1))
        return BASE_EFULL;
    fit->found = 0;
    fit->segment_count = 0;
    fit->noise = work->series.noise * typical_scale(&work->series);
    fit->correlation = work->series.correlation;
    put_points(work, fit);
    if (fit->segments != NULL && work->series.count > 0)
        put_segments(work, count, fit);
    return BASE_OK;
}

base_err stats_changepoint_fit(const double *values, size_t count,
                               const struct stats_changepoint_options *options,
                               struct stats_changepoint_fit *fit)
{
    struct work work = { .options =
                             options == NULL ? (struct stats_changepoint_options){ 0 } : *options };
    base_err err = check(&work.options, count);
    if (err != BASE_OK)
        return err;
    bool *is_left_out = calloc(count + 1, sizeof *is_left_out);
    size_t outliers = 0;
    err = is_left_out == NULL ? BASE_ENOMEM
                              : stats_change_clean(values, count, work.options.errors, &work.series,
                                                   is_left_out, &outliers);
    if (err == BASE_OK)
        err = work_on(&work);
    if (err == BASE_OK)
        err = finish(&work, count, fit);
    if (err == BASE_OK) {
        fit->outliers = outliers;
        fit->missing = count - work.series.count - outliers;
        if (fit->is_left_out != NULL)
            memcpy(fit->is_left_out, is_left_out, count * sizeof *is_left_out);
    }
    stats_change_null_done(&work.null);
    stats_change_done(&work.series);
    free(work.ends);
    free(work.boundaries);
    free(is_left_out);
    return err;
}

base_err stats_changepoint_find(const double *values, size_t count,
                                const struct stats_changepoint_options *options,
                                struct stats_changepoint *points, size_t capacity, size_t *found)
{
    struct stats_changepoint_fit fit = { .points = points, .capacity = capacity };
    const base_err err = stats_changepoint_fit(values, count, options, &fit);
    if (err == BASE_OK)
        *found = fit.found;
    return err;
}
