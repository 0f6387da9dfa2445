/* extras.c - histories are read only for runs of the history: those of a file may be of another
 * machine. */
#include "extras.h"

#include "baseline.h"
#include "show.h"

#include <result/history.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    TREND_POINTS_MAX = 200,
    TREND_POINTS_MANY = 40, /* when the page has more than TREND_CASES_FEW cases */
    TREND_CASES_FEW = 10,
    TREND_CASES_MAX = 40, /* of a page; with more it would be too large to send around */
};

static bool has_option(const struct cli_args *args, const char *name)
{
    return cli_option_find(args->command, name) != NULL && cli_has(args, name);
}

static bool is_figure(const struct cli_args *args, enum result_figure figure)
{
    return has_option(args, "figure") &&
           strcmp(cli_text(args, "figure", ""), result_figure_text(figure)) == 0;
}

/* The newest of a trend's points, with the changes among them. */
static base_err draw(const struct result_trend *trend, size_t points_max, struct base_arena *arena,
                     struct result_figure_trend *out)
{
    const size_t first = trend->count > points_max ? trend->count - points_max : 0;
    size_t *changes = base_arena_array(arena, trend->change_count + 1, sizeof *changes);
    if (changes == NULL)
        return BASE_ENOMEM;
    *out = (struct result_figure_trend){ .case_id = trend->case_id,
                                         .points = trend->points + first,
                                         .count = trend->count - first,
                                         .changes = changes };
    for (size_t i = 0; i < trend->change_count; i++)
        if (trend->changes[i].index > first)
            changes[out->change_count++] = trend->changes[i].index - first;
    return BASE_OK;
}

static base_err add_trend(struct result_history *history, const char *case_id, size_t points_max,
                          struct cli_extras *extras, struct base_why *why)
{
    static const struct result_trend_options defaults;
    struct result_history_point *points = NULL;
    struct result_trend *trend = &extras->found[extras->trend_count];
    size_t count = 0;
    CLI_TRY(result_history_trend(history, case_id, &extras->arena, &points, &count, why));
    if (count < 2)
        return BASE_OK;
    CLI_TRY(result_trend_of(case_id, points, count, &defaults, trend, why));
    const base_err err =
        draw(trend, points_max, &extras->arena, &extras->trends[extras->trend_count]);
    if (err != BASE_OK || trend->count < 2) {
        result_trend_done(trend);
        return err == BASE_OK ? err : base_fail(why, err, 0, "no memory for the histories");
    }
    extras->trend_count++;
    return BASE_OK;
}

static base_err load_trends(const struct cli_args *args, const struct result_run *run,
                            struct cli_extras *extras, struct base_why *why)
{
    struct result_history *history = NULL;
    const char *only = is_figure(args, RESULT_FIGURE_HISTORY) ? cli_text(args, "case", "") : NULL;
    const bool is_many = only == NULL && run->case_count > TREND_CASES_FEW;
    extras->trends = base_arena_array(&extras->arena, run->case_count + 1, sizeof *extras->trends);
    extras->found = base_arena_array(&extras->arena, run->case_count + 1, sizeof *extras->found);
    if (extras->trends == NULL || extras->found == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the histories");
    CLI_TRY(result_history_open(NULL, &history, why));
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && only == NULL && i < run->case_count; i++)
        if (strcmp(run->cases[i].status, "ok") == 0)
            err = add_trend(history, run->cases[i].id,
                            is_many ? TREND_POINTS_MANY : TREND_POINTS_MAX, extras, why);
    if (only != NULL)
        err = add_trend(history, only, TREND_POINTS_MAX, extras, why);
    result_history_close(history);
    return err;
}

static base_err load_comparison(const struct cli_args *args, const struct result_run *run,
                                struct cli_extras *extras, struct base_why *why)
{
    const base_err err = cli_show_load(cli_text(args, "baseline", ""), &extras->baseline, why);
    if (err != BASE_OK)
        return base_fail_prefix(why, err, "--baseline");
    CLI_TRY(cli_baseline_compare(args, &extras->baseline, run, &extras->comparison, why));
    extras->has_comparison = true;
    return BASE_OK;
}

static base_err check(const struct cli_args *args, struct base_why *why)
{
    const char *format = cli_show_format(args);
    const bool is_drawn =
        strcmp(format, "svg") == 0 || strcmp(format, "pdf") == 0 || strcmp(format, "png") == 0;
    if (has_option(args, "figure") && !is_drawn)
        return base_fail(why, BASE_EINVALID, 0,
                         "--figure is written as svg, pdf or png; say which with --format");
    if (has_option(args, "case") && !has_option(args, "figure"))
        return base_fail(why, BASE_EINVALID, 0, "--case goes with --figure, which is missing");
    if (is_figure(args, RESULT_FIGURE_FOREST) && !has_option(args, "baseline"))
        return base_fail(why, BASE_EINVALID, 0,
                         "--figure forest needs --baseline RUN to compare with");
    return BASE_OK;
}

base_err cli_extras_load(const struct cli_args *args, const struct result_run *run,
                         struct cli_extras *extras, struct base_why *why)
{
    const char *format = cli_show_format(args);
    const bool is_page = strcmp(format, "html") == 0 || strcmp(format, "pdf") == 0;
    const bool is_kept =
        access(args->operands[0], F_OK) != 0 && strcmp(args->operands[0], "-") != 0;
    CLI_TRY(check(args, why));
    if (has_option(args, "baseline"))
        CLI_TRY(load_comparison(args, run, extras, why));
    if (is_figure(args, RESULT_FIGURE_HISTORY) ||
        (is_page && is_kept && run->case_count <= TREND_CASES_MAX && !has_option(args, "figure") &&
         !has_option(args, "no-trends")))
        CLI_TRY(load_trends(args, run, extras, why));
    return BASE_OK;
}

void cli_extras_done(struct cli_extras *extras)
{
    result_comparison_done(&extras->comparison);
    result_run_done(&extras->baseline);
    for (size_t i = 0; i < extras->trend_count; i++)
        result_trend_done(&extras->found[i]);
    base_arena_done(&extras->arena);
}

base_err cli_extras_figure(const struct cli_args *args, const struct result_run *run,
                           const struct cli_extras *extras, struct base_buf *out,
                           struct base_why *why)
{
    const enum result_figure figure = result_figure_of(cli_text(args, "figure", ""));
    const char *case_id = cli_text(args, "case", NULL);
    const bool is_of_case = figure != RESULT_FIGURE_OVERVIEW && figure != RESULT_FIGURE_FOREST;
    const struct result_figure_trend none = { .case_id = case_id };
    const struct result_figure_source source = {
        .run = run,
        .one = case_id != NULL ? result_run_find(run, case_id) : NULL,
        .trend = extras->trend_count > 0 ? &extras->trends[0] : &none,
        .comparison = extras->has_comparison ? &extras->comparison : NULL,
    };
    if (is_of_case && case_id == NULL)
        return base_fail(why, BASE_EINVALID, 0, "--figure %s is of one case; name it with --case",
                         result_figure_text(figure));
    if (is_of_case && source.one == NULL)
        return base_fail(why, BASE_ENOTFOUND, 0,
                         "--case: the run has no case '%s'; write its whole id, as reports show it",
                         case_id);
    return result_figure_write(figure, &source, cli_show_format(args), out, why);
}
