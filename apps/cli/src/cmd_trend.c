/* cmd_trend.c - cases over time: one in a picture, all that moved by the commits between. */
#include "commands.h"
#include "option_rows.h"
#include "output.h"
#include "show.h"

#include <base/units.h>
#include <result/trend.h>
#include <stats/multiple.h>

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_RUNS_MAX = 12 }; /* so few runs are listed beneath the picture */

const struct cli_option cli_trend_options[] = {
    { .name = "significance",
      .kind = CLI_SHARE,
      .value_name = "LEVEL",
      .low = 0.0001,
      .high = 0.5,
      .doc = "chance that a history without a change shows one; of 'changes': that any case does",
      .fallback = "0.01" },
    { .name = "confidence",
      .kind = CLI_SHARE,
      .value_name = "LEVEL",
      .low = 0.5,
      .high = 0.9999,
      .doc = "level of the intervals of a change's size",
      .fallback = "0.95" },
    { 0 },
};

const struct cli_option cli_changes_options[] = {
    { .name = "correction",
      .kind = CLI_WORD,
      .value_name = "METHOD",
      .choices = "holm,bh",
      .doc = "for many cases: holm bounds the chance of any false change, bh (Benjamini-Hochberg) "
             "the expected share of false ones among those shown",
      .fallback = "holm" },
    { 0 },
};

/* --- what both need ------------------------------------------------------------------------- */

static struct result_trend_options options_of(const struct cli_args *args)
{
    const struct cli_value *significance = cli_value(args, "significance");
    const struct cli_value *confidence = cli_value(args, "confidence");
    return (struct result_trend_options){
        .significance = significance != NULL ? significance->number : 0,
        .confidence = confidence != NULL ? confidence->number : 0,
        .seed = 1,
    };
}

/* A run whose document says that the project (or else this program) was dirty; one that cannot be
 * read is not known to be. */
static bool is_dirty(const char *run_id, void *context)
{
    struct result_run run = { 0 };
    const char *own = "", *project = "";
    if (result_history_load(context, run_id, &run, NULL) != BASE_OK)
        return false;
    for (size_t i = 0; i < run.build.count; i++) {
        const struct result_pair *fact = &run.build.items[i];
        own = strcmp(fact->name, "git_dirty") == 0 ? fact->value : own;
        project = strcmp(fact->name, "project_dirty") == 0 ? fact->value : project;
    }
    const bool dirty = strcmp(project[0] != '\0' ? project : own, "yes") == 0;
    result_run_done(&run);
    return dirty;
}

static base_err trend_of(struct result_history *history, const char *case_id,
                         const struct result_trend_options *options, struct base_arena *arena,
                         struct result_trend *trend, struct base_why *why)
{
    struct result_history_point *points = NULL;
    size_t count = 0;
    CLI_TRY(result_history_trend(history, case_id, arena, &points, &count, why));
    if (count == 0)
        return base_fail(why, BASE_ENOTFOUND, 0,
                         "no run of the history has the case '%s'; write its whole id, as reports "
                         "show it",
                         case_id);
    CLI_TRY(result_trend_of(case_id, points, count, options, trend, why));
    return result_trend_remark(trend, is_dirty, history);
}

/* --- history trend -------------------------------------------------------------------------- */

static const struct result_column run_columns[] = {
    { .title = "started" },
    { .title = "time", .align = RESULT_RIGHT },
    { .title = "interval", .drop = 1 },
    { .title = "change", .align = RESULT_RIGHT },
    { .title = "revision", .drop = 2, .width_least = 8 },
    { .title = "run", .drop = 3 },
};

/* The change is from the first run that has a time. */
static base_err put_run(struct result_table *table, const struct result_trend *trend, size_t index,
                        double first)
{
    const struct result_estimate *value = &trend->values[index];
    char time[BASE_UNITS_TEXT_SIZE] = "", low[BASE_UNITS_TEXT_SIZE], high[BASE_UNITS_TEXT_SIZE];
    char interval[2 * BASE_UNITS_TEXT_SIZE + 8] = "", change[32] = "";
    if (isfinite(value->value))
        base_units_print_time(value->value, 4, time);
    if (isfinite(value->low) && isfinite(value->high))
        snprintf(interval, sizeof interval, "%s .. %s", base_units_print_time(value->low, 4, low),
                 base_units_print_time(value->high, 4, high));
    if (index > 0 && isfinite(value->value) && first > 0)
        snprintf(change, sizeof change, "%+.1f %%", 100 * (value->value / first - 1));
    const struct result_cell cells[] = {
        { .text = trend->points[index].started },
        { .text = time },
        { .text = interval },
        { .text = change },
        { .text = trend->points[index].revision },
        { .text = trend->points[index].run_id },
    };
    return result_table_add(table, cells);
}

static base_err write_runs(const struct result_trend *trend, const struct result_page *page,
                           struct base_buf *out)
{
    struct result_table table;
    double first = NAN;
    result_table_init(&table, run_columns, sizeof run_columns / sizeof run_columns[0], 0);
    base_err err = base_buf_put_text(out, "\n");
    for (size_t i = 0; err == BASE_OK && i < trend->count; i++) {
        first = isnan(first) ? trend->values[i].value : first;
        err = put_run(&table, trend, i, first);
    }
    if (err == BASE_OK)
        err = result_table_write(&table, page, out);
    result_table_done(&table);
    return err;
}

static base_err write_trend(const struct cli_args *args, struct result_history *history,
                            struct base_buf *out, struct base_why *why)
{
    const struct result_trend_options options = options_of(args);
    const struct result_page page = cli_show_options(args).page;
    struct result_trend trend = { 0 };
    struct base_arena arena = { 0 };
    base_err err = trend_of(history, args->operands[0], &options, &arena, &trend, why);
    if (err == BASE_OK)
        err = result_trend_write(&trend, cli_show_format(args), &page, out);
    const bool is_text = strcmp(cli_show_format(args), "text") == 0;
    if (err == BASE_OK && is_text && (trend.count <= TABLE_RUNS_MAX || cli_has(args, "verbose")))
        err = write_runs(&trend, &page, out);
    result_trend_done(&trend);
    base_arena_done(&arena);
    return err;
}

int cli_cmd_history_trend(const struct cli_args *args)
{
    return cli_show_history(args, write_trend);
}

/* --- history changes ------------------------------------------------------------------------ */

struct moved { /* one change of one case */
    const struct result_trend *trend;
    const struct result_trend_change *change;
    const char *range;
    double p;
};

struct survey {
    struct base_arena arena;
    struct result_trend *trends; /* [trend_count] */
    size_t trend_count, tests;
    struct moved *all; /* [count] */
    size_t count;
};

static bool is_wanted(const char *id, const struct cli_args *args)
{
    for (size_t i = 0; i < args->operand_count; i++) {
        const char *filter = args->operands[i];
        const bool is_pattern = strpbrk(filter, "*?[") != NULL;
        if (is_pattern ? fnmatch(filter, id, 0) == 0 : strstr(id, filter) != NULL)
            return true;
    }
    return args->operand_count == 0;
}

static base_err survey_cases(const struct cli_args *args, struct result_history *history,
                             struct survey *survey, struct base_why *why)
{
    const struct cli_value *given = cli_value(args, "significance");
    struct result_trend_options options = options_of(args);
    const char **ids = NULL;
    size_t count = 0;
    /* A case's own test is looser: the correction over all of them decides. */
    options.significance = fmax(0.05, given != NULL ? given->number : 0);
    CLI_TRY(result_history_cases(history, &survey->arena, &ids, &count, why));
    survey->trends = base_arena_array(&survey->arena, count + 1, sizeof *survey->trends);
    if (survey->trends == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the trends");
    for (size_t i = 0; i < count; i++)
        if (is_wanted(ids[i], args))
            CLI_TRY(trend_of(history, ids[i], &options, &survey->arena,
                             &survey->trends[survey->trend_count++], why));
    if (survey->trend_count == 0 && args->operand_count > 0)
        return base_fail(why, BASE_ENOTFOUND, 0, "no case of the history matches '%s'",
                         args->operands[0]);
    return BASE_OK;
}

/* All changes, and a p of 1 for each case that has none: it was tested too. */
static base_err correct(const struct cli_args *args, struct survey *survey, struct base_why *why)
{
    const struct cli_value *given = cli_value(args, "significance");
    const double alpha = given != NULL ? given->number : 0.01;
    size_t most = 0, tests = 0;
    for (size_t i = 0; i < survey->trend_count; i++)
        most += survey->trends[i].change_count + 1;
    double *p = base_arena_array(&survey->arena, most + 1, sizeof *p);
    survey->all = base_arena_array(&survey->arena, most + 1, sizeof *survey->all);
    if (p == NULL || survey->all == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the changes");
    for (size_t i = 0; i < survey->trend_count; i++) {
        const struct result_trend *trend = &survey->trends[i];
        for (size_t k = 0; k < trend->change_count; k++)
            p[tests++] = trend->changes[k].p;
        if (trend->change_count == 0)
            p[tests++] = 1;
    }
    const enum stats_correction correction = strcmp(cli_text(args, "correction", "holm"), "bh") == 0
                                                 ? STATS_CORRECTION_BH
                                                 : STATS_CORRECTION_HOLM;
    if (stats_adjust(p, tests, correction, &survey->tests) != BASE_OK)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the correction");
    tests = 0;
    for (size_t i = 0; i < survey->trend_count; i++) {
        struct result_trend *trend = &survey->trends[i];
        for (size_t k = 0; k < trend->change_count; k++) {
            trend->changes[k].p_adjusted = p[tests++];
            if (trend->changes[k].p_adjusted <= alpha)
                survey->all[survey->count++] = (struct moved){
                    .trend = trend,
                    .change = &trend->changes[k],
                    .range = result_trend_range(trend, &trend->changes[k]),
                    .p = trend->changes[k].p_adjusted,
                };
        }
        tests += trend->change_count == 0;
    }
    return BASE_OK;
}

static const char *started_after(const struct moved *one)
{
    return one->trend->points[one->change->after].started;
}

/* Newest first, then by commits, then by case. */
static int compare_moved(const void *left, const void *right)
{
    const struct moved *a = left, *b = right;
    int order = strcmp(started_after(b), started_after(a));
    if (order == 0)
        order = strcmp(a->range, b->range);
    return order != 0 ? order : strcmp(a->trend->case_id, b->trend->case_id);
}

static const struct result_column moved_columns[] = {
    { .title = "commits", .width_least = 18 },
    { .title = "case", .width_least = 14 },
    { .title = "change", .align = RESULT_RIGHT },
    { .title = "interval", .align = RESULT_RIGHT, .drop = 2 },
    { .title = "p adjusted", .align = RESULT_RIGHT, .drop = 3, .title_in = "p_adjusted" },
    { .title = "first run after", .drop = 1, .title_in = "after_run" },
    { .title = "started", .drop = 4, .width_least = 10 },
    { .title = "remark", .width_least = 12, .drop = 5 },
};

static base_err put_moved(struct result_table *table, const struct moved *one, bool is_repeated)
{
    const struct result_estimate *ratio = &one->change->ratio;
    const struct result_history_point *after = &one->trend->points[one->change->after];
    char change[32], interval[64], p[32];
    snprintf(change, sizeof change, "%+.2f %%", 100 * (ratio->value - 1));
    snprintf(interval, sizeof interval, "%+.2f .. %+.2f %%", 100 * (ratio->low - 1),
             100 * (ratio->high - 1));
    snprintf(p, sizeof p, one->p < 1e-4 ? "<0.0001" : "%.4f", one->p);
    const struct result_cell cells[] = {
        { .text = is_repeated ? NULL : one->range },
        { .text = one->trend->case_id },
        { .text = change, .style = ratio->value > 1 ? RESULT_BAD : RESULT_GOOD },
        { .text = interval },
        { .text = p },
        { .text = after->run_id },
        { .text = after->started },
        { .text = one->change->remark },
    };
    return result_table_add(table, cells);
}

static base_err write_survey(const struct cli_args *args, const struct survey *survey,
                             struct base_buf *out)
{
    const bool is_text = strcmp(cli_show_format(args), "text") == 0;
    const bool is_bh = strcmp(cli_text(args, "correction", "holm"), "bh") == 0;
    struct result_table table;
    base_err err = BASE_OK;
    qsort(survey->all, survey->count, sizeof *survey->all, compare_moved);
    result_table_init(&table, moved_columns, sizeof moved_columns / sizeof moved_columns[0], 0);
    for (size_t i = 0; err == BASE_OK && i < survey->count; i++) {
        const bool is_repeated =
            is_text && i > 0 && strcmp(survey->all[i].range, survey->all[i - 1].range) == 0;
        err = put_moved(&table, &survey->all[i], is_repeated);
    }
    if (err == BASE_OK)
        err = cli_show_table(args, &table, out);
    if (err == BASE_OK && is_text)
        err = base_buf_printf(
            out, "%s%zu change%s in %zu case%s; p after %s correction for %zu tests\n",
            survey->count > 0 ? "\n" : "", survey->count, survey->count == 1 ? "" : "s",
            survey->trend_count, survey->trend_count == 1 ? "" : "s",
            is_bh ? "Benjamini-Hochberg's" : "Holm's", survey->tests);
    result_table_done(&table);
    return err;
}

static base_err write_changes(const struct cli_args *args, struct result_history *history,
                              struct base_buf *out, struct base_why *why)
{
    struct survey survey = { 0 };
    base_err err = survey_cases(args, history, &survey, why);
    if (err == BASE_OK)
        err = correct(args, &survey, why);
    if (err == BASE_OK)
        err = write_survey(args, &survey, out);
    for (size_t i = 0; i < survey.trend_count; i++)
        result_trend_done(&survey.trends[i]);
    base_arena_done(&survey.arena);
    return err;
}

int cli_cmd_history_changes(const struct cli_args *args)
{
    return cli_show_history(args, write_changes);
}
