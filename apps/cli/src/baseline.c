/* baseline.c - options first, so that a mistyped baseline does not cost a measurement. */
#include "baseline.h"

#include "residual.h"
#include "show.h"

#include <base/log.h>
#include <base/units.h>

#include <stdio.h>
#include <string.h>

static base_err check_options(const struct cli_args *args, struct base_why *why)
{
    static const char *const needing[] = { "baseline-file", "threshold" };
    if (cli_has(args, "save-baseline")) {
        if (cli_has(args, "no-history"))
            return base_fail(why, BASE_EINVALID, 0,
                             "--save-baseline names a run of the history; leave out --no-history");
        CLI_TRY(result_baseline_check(cli_text(args, "save-baseline", ""), why));
    }
    if (cli_has(args, "regression-check") && !cli_has(args, "baseline-file"))
        return base_fail(why, BASE_EINVALID, 0,
                         "--regression-check needs --baseline-file RUN: a file, the name of a "
                         "baseline, or an id of the history");
    for (size_t i = 0; i < sizeof needing / sizeof needing[0]; i++)
        if (cli_has(args, needing[i]) && !cli_has(args, "regression-check"))
            return base_fail(why, BASE_EINVALID, 0, "--%s is of use with --regression-check only",
                             needing[i]);
    return BASE_OK;
}

base_err cli_baseline_open(struct cli_baseline *stored, const struct cli_args *args,
                           struct base_why *why)
{
    if (cli_option_find(args->command, "regression-check") == NULL)
        return BASE_OK;
    CLI_TRY(check_options(args, why));
    stored->save_name = cli_text(args, "save-baseline", NULL);
    if (!cli_has(args, "regression-check"))
        return BASE_OK;
    const base_err err = cli_show_load(cli_text(args, "baseline-file", ""), &stored->baseline, why);
    if (err != BASE_OK)
        return base_fail_prefix(why, err, "--baseline-file");
    stored->is_checked = true;
    return BASE_OK;
}

void cli_baseline_done(struct cli_baseline *stored)
{
    result_run_done(&stored->baseline);
    *stored = (struct cli_baseline){ 0 };
}

static double significance_of(const struct cli_args *args, const struct result_run *run)
{
    static const char *const names[] = { "significance", "alpha" }; /* compare has both */
    const struct cli_value *value = NULL;
    double significance = 0.05;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (value == NULL && cli_option_find(args->command, names[i]) != NULL)
            value = cli_value(args, names[i]);
    for (size_t i = 0; i < run->config.count; i++)
        if (strcmp(run->config.items[i].name, "significance") == 0 &&
            base_units_parse_number(run->config.items[i].value, 0.0001, 0.5, &significance, NULL) ==
                BASE_OK)
            break;
    return value != NULL ? value->number : significance;
}

/* What the history has taught of a case, else what is assumed. Runs of less than an hour teach
 * nothing here: times at reference speed hold errors that a comparison of two runs does not have.
 * context: the history, or NULL */
static struct result_residual residual_of(void *context, const char *case_id)
{
    struct stats_estimate_options options = { 0 };
    if (!cli_residual_learn(context, case_id, &options))
        return (struct result_residual){ RESULT_RESIDUAL_CORE, RESULT_RESIDUAL_MEMORY,
                                         RESULT_RESIDUAL_PAGES };
    return (struct result_residual){ options.residual_core_share, options.residual_memory_share,
                                     0 };
}

base_err cli_baseline_compare(const struct cli_args *args, const struct result_run *baseline,
                              const struct result_run *current, struct result_comparison *out,
                              struct base_why *why)
{
    const struct cli_value *threshold = cli_value(args, "threshold");
    const bool has_choice = cli_option_find(args->command, "correction") != NULL;
    const char *correction = has_choice ? cli_text(args, "correction", "holm") : "holm";
    struct result_history *history = NULL;
    struct base_why unused;
    if (result_history_open(NULL, &history, &unused) != BASE_OK)
        history = NULL; /* files can be compared where no history can be kept */
    const struct result_compare_options options = {
        .threshold = threshold != NULL ? threshold->number : 0.05,
        .confidence = 1 - significance_of(args, current),
        .correction = strcmp(correction, "bh") == 0 ? STATS_CORRECTION_BH : STATS_CORRECTION_HOLM,
        .residual = residual_of,
        .residual_context = history,
    };
    const base_err err = result_compare(baseline, current, &options, out, why);
    result_history_close(history);
    out->options.residual = NULL;
    out->options.residual_context = NULL;
    return err;
}

bool cli_baseline_is_worse(const struct result_comparison *comparison)
{
    return comparison->counts[RESULT_CHANGE_SLOWER] + comparison->counts[RESULT_CHANGE_BROKEN] > 0;
}

/* The baseline with the cases that were measured now; shares the document's memory. */
static base_err choose_cases(const struct result_run *baseline, const struct result_run *current,
                             struct base_arena *arena, struct result_run *out)
{
    *out = *baseline;
    out->case_count = 0;
    out->cases = base_arena_array(arena, baseline->case_count + 1, sizeof *out->cases);
    if (out->cases == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < baseline->case_count; i++)
        if (result_run_find(current, baseline->cases[i].id) != NULL)
            out->cases[out->case_count++] = baseline->cases[i];
    return BASE_OK;
}

static base_err write_comparison(const struct cli_args *args,
                                 const struct result_comparison *comparison, struct base_buf *out)
{
    const struct result_report_options page = cli_show_options(args);
    const char *format = cli_show_format(args);
    const bool is_text = strcmp(format, "text") == 0;
    if (is_text || strcmp(format, "markdown") == 0) {
        CLI_TRY(base_buf_put_text(out, "\n"));
        return result_comparison_write(comparison, format, &page.page, out);
    }
    struct base_buf said = { 0 };
    const struct result_page plain = { 80, false };
    const base_err err = result_comparison_write(comparison, "text", &plain, &said);
    if (err == BASE_OK && !cli_has(args, "quiet"))
        (void)fwrite(said.data, 1, said.size, stderr);
    base_buf_done(&said);
    return err;
}

int cli_baseline_check(struct cli_baseline *stored, const struct cli_args *args,
                       const struct result_run *run, int status, struct base_buf *out)
{
    struct result_comparison comparison = { 0 };
    struct base_arena arena = { 0 };
    struct result_run baseline;
    struct base_why why = { 0 };
    if (!stored->is_checked)
        return status;
    base_err err = choose_cases(&stored->baseline, run, &arena, &baseline);
    if (err == BASE_OK)
        err = cli_baseline_compare(args, &baseline, run, &comparison, &why);
    if (err == BASE_OK)
        err = write_comparison(args, &comparison, out);
    stored->is_worse = err != BASE_OK || cli_baseline_is_worse(&comparison);
    result_comparison_done(&comparison);
    base_arena_done(&arena);
    if (status == CLI_INTERRUPTED)
        return status;
    if (err != BASE_OK) {
        (void)cli_complain(err, &why);
        return CLI_UNMEASURED;
    }
    return stored->is_worse ? CLI_REFUTED : status;
}
