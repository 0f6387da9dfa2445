/* trend.c - which runs are compared, and what a change between two of them is called. */
#include <result/trend.h>

#include <stats/distribution.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static base_err fail_memory(struct base_why *why)
{
    return base_fail(why, BASE_ENOMEM, 0, "no memory for the trend");
}

/* The newest points of the newest point's host. */
static base_err take_points(const struct result_history_point *points, size_t count,
                            struct result_trend *out)
{
    size_t wanted = 0, first = count;
    out->host = count > 0 ? points[count - 1].host : "";
    while (first > 0 && wanted < STATS_CHANGEPOINT_MAX)
        wanted += strcmp(points[--first].host, out->host) == 0;
    out->points = base_arena_array(&out->arena, wanted + 1, sizeof *out->points);
    out->values = base_arena_array(&out->arena, wanted + 1, sizeof *out->values);
    out->is_left_out = base_arena_array(&out->arena, wanted + 1, sizeof *out->is_left_out);
    if (out->points == NULL || out->values == NULL || out->is_left_out == NULL)
        return BASE_ENOMEM;
    for (size_t i = first; i < count; i++) {
        if (strcmp(points[i].host, out->host) == 0)
            out->points[out->count++] = points[i];
        else
            out->other_hosts++;
    }
    return BASE_OK;
}

static void take_values(struct result_trend *out)
{
    size_t normalised = 0;
    for (size_t i = 0; i < out->count; i++)
        normalised += out->points[i].normalised_ns.value > 0;
    const bool is_normalised = normalised > 0 && 5 * normalised >= 4 * out->count;
    out->metric = is_normalised ? "normalised_ns" : "median_ns";
    for (size_t i = 0; i < out->count; i++)
        out->values[i] = is_normalised ? out->points[i].normalised_ns : out->points[i].median_ns;
}

/* Half an interval as a standard error of the logarithm; NaN without one. Intervals of one
 * confidence are proportional to it, and only proportions matter. */
static double error_of(const struct result_estimate *value)
{
    return value->low > 0 && value->high > value->low ? log(value->high / value->low) / 4 : NAN;
}

static base_err fit(struct result_trend *out, const struct result_trend_options *options)
{
    struct stats_changepoint *points = calloc(RESULT_TREND_CHANGES_MAX, sizeof *points);
    double *values = calloc(2 * out->count + 1, sizeof *values), *errors = values + out->count;
    out->segments =
        base_arena_array(&out->arena, RESULT_TREND_CHANGES_MAX + 1, sizeof *out->segments);
    out->changes = base_arena_array(&out->arena, RESULT_TREND_CHANGES_MAX, sizeof *out->changes);
    base_err err = points == NULL || values == NULL || out->segments == NULL || out->changes == NULL
                       ? BASE_ENOMEM
                       : BASE_OK;
    struct stats_changepoint_fit found = { .points = points,
                                           .segments = out->segments,
                                           .is_left_out = out->is_left_out,
                                           .capacity = RESULT_TREND_CHANGES_MAX };
    for (size_t i = 0; err == BASE_OK && i < out->count; i++) {
        values[i] = out->values[i].value;
        errors[i] = error_of(&out->values[i]);
    }
    const struct stats_changepoint_options how = { .significance = options->significance,
                                                   .confidence = options->confidence,
                                                   .seed = options->seed,
                                                   .errors = errors };
    if (err == BASE_OK)
        err = stats_changepoint_fit(values, out->count, &how, &found);
    for (size_t i = 0; err == BASE_OK && i < found.found; i++) {
        const struct stats_changepoint *point = &points[i];
        size_t before = point->first;
        do
            before--; /* the first value that is kept is before any change */
        while (before > 0 && out->is_left_out[before]);
        out->changes[out->change_count++] = (struct result_trend_change){
            .index = point->index,
            .before = before,
            .after = point->last,
            .ratio = { point->ratio, point->low, point->high },
            .p = point->p,
            .p_adjusted = NAN,
        };
    }
    out->segment_count = found.segment_count;
    out->outliers = found.outliers;
    out->missing = found.missing;
    out->noise = found.noise;
    out->correlation = found.correlation;
    free(values);
    free(points);
    return err;
}

static bool is_dirty_unknown(const char *run_id, void *context)
{
    (void)run_id;
    (void)context;
    return false;
}

base_err result_trend_of(const char *case_id, const struct result_history_point *points,
                         size_t count, const struct result_trend_options *options,
                         struct result_trend *out, struct base_why *why)
{
    const struct result_trend_options defaults = { 0 };
    out->case_id = base_arena_text(&out->arena, case_id);
    base_err err = out->case_id == NULL ? BASE_ENOMEM : take_points(points, count, out);
    if (err == BASE_OK) {
        take_values(out);
        err = fit(out, options == NULL ? &defaults : options);
    }
    if (err == BASE_OK)
        err = result_trend_remark(out, is_dirty_unknown, NULL);
    if (err == BASE_OK)
        return BASE_OK;
    result_trend_done(out);
    if (err == BASE_EINVALID)
        return base_fail(why, err, 0,
                         "the significance of a change is 0.0001 .. 0.5, the confidence of its "
                         "size 0.5 .. 0.9999");
    if (err == BASE_EFULL)
        return base_fail(why, err, 0, "%s changed more than %d times: that is no history of levels",
                         case_id, RESULT_TREND_CHANGES_MAX);
    return fail_memory(why);
}

void result_trend_done(struct result_trend *trend)
{
    base_arena_done(&trend->arena);
    *trend = (struct result_trend){ 0 };
}

base_err result_trend_remark(struct result_trend *trend,
                             bool (*is_dirty)(const char *run_id, void *context), void *context)
{
    for (size_t i = 0; i < trend->change_count; i++) {
        struct result_trend_change *change = &trend->changes[i];
        const struct result_history_point *before = &trend->points[change->before];
        const struct result_history_point *after = &trend->points[change->after];
        const bool is_one =
            before->revision[0] != '\0' && strcmp(before->revision, after->revision) == 0;
        const bool old_dirty = is_dirty(before->run_id, context);
        const bool new_dirty = is_dirty(after->run_id, context);
        const char *tree = old_dirty && new_dirty ? "both runs were of trees with changes that are "
                                                    "in no commit"
                           : old_dirty ? "the run before was of a tree with changes that "
                                         "are in no commit"
                           : new_dirty ? "the run after was of a tree with changes that "
                                         "are in no commit"
                                       : NULL;
        const char *same = tree == NULL ? "no commit lies between: the host or the build changed, "
                                          "or a file that is in no commit"
                                        : tree;
        change->remark = is_one ? same : tree;
        if (before->revision[0] == '\0' || after->revision[0] == '\0')
            change->remark = "not every run says of which revision it was";
    }
    return BASE_OK;
}

const char *result_trend_range(struct result_trend *trend, const struct result_trend_change *change)
{
    const char *from = trend->points[change->before].revision;
    const char *to = trend->points[change->after].revision;
    if (from[0] == '\0' && to[0] == '\0')
        return "no revision is known";
    if (strcmp(from, to) == 0)
        return base_arena_printf(&trend->arena, "%.12s", from);
    return base_arena_printf(&trend->arena, "%.12s .. %.12s", from[0] == '\0' ? "?" : from,
                             to[0] == '\0' ? "?" : to);
}
