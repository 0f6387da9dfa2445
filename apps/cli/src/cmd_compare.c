/* cmd_compare.c - two stored runs; the comparison itself is the results' business. */
#include "commands.h"
#include "output.h"
#include "show.h"

#include <base/units.h>
#include <result/compare.h>

#include <string.h>

struct pair {
    struct result_run baseline, current;
    struct result_comparison comparison;
};

static base_err load_named(const struct cli_args *args, struct pair *pair, struct base_why *why)
{
    static const char *const names[] = { "baseline", "current" };
    struct result_run *const runs[] = { &pair->baseline, &pair->current };
    for (size_t i = 0; i < 2; i++) {
        if (!cli_has(args, names[i]))
            return base_fail(why, BASE_EINVALID, 0,
                             "compare needs --baseline RUN and --current RUN; --%s is missing",
                             names[i]);
        const base_err err = cli_show_load(cli_text(args, names[i], ""), runs[i], why);
        if (err != BASE_OK)
            return base_fail_prefix(why, err, "--%s", names[i]);
    }
    return BASE_OK;
}

/* --significance, else what the newer run was told, else 0.05. */
static double significance_of(const struct cli_args *args, const struct result_run *run)
{
    const struct cli_value *value = cli_value(args, "significance");
    double significance = 0.05;
    for (size_t i = 0; i < run->config.count; i++)
        if (strcmp(run->config.items[i].name, "significance") == 0 &&
            base_units_parse_number(run->config.items[i].value, 0.0001, 0.5, &significance, NULL) ==
                BASE_OK)
            break;
    return value != NULL ? value->number : significance;
}

/* The two words, or --baseline and --current. */
static base_err load_both(const struct cli_args *args, struct pair *pair, struct base_why *why)
{
    if (cli_option_find(args->command, "baseline") != NULL)
        return load_named(args, pair, why);
    CLI_TRY(cli_show_load(args->operands[0], &pair->baseline, why));
    return cli_show_load(args->operands[1], &pair->current, why);
}

static base_err compare(const struct cli_args *args, struct pair *pair, struct base_buf *out,
                        struct base_why *why)
{
    const struct cli_value *threshold = cli_value(args, "threshold");
    CLI_TRY(load_both(args, pair, why));
    const struct result_compare_options options = {
        .threshold = threshold != NULL ? threshold->number : 0.05,
        .confidence = 1 - significance_of(args, &pair->current),
        .correction = strcmp(cli_text(args, "correction", "holm"), "bh") == 0
                          ? STATS_CORRECTION_BH
                          : STATS_CORRECTION_HOLM,
    };
    const struct result_report_options page = cli_show_options(args);
    CLI_TRY(result_compare(&pair->baseline, &pair->current, &options, &pair->comparison, why));
    return result_comparison_write(&pair->comparison, cli_show_format(args), &page.page, out);
}

int cli_cmd_compare(const struct cli_args *args)
{
    struct pair pair = { 0 };
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    const base_err err = compare(args, &pair, &out, &why);
    const size_t *counts = pair.comparison.counts;
    const size_t failed = counts[RESULT_CHANGE_SLOWER] + counts[RESULT_CHANGE_BROKEN];
    result_comparison_done(&pair.comparison);
    result_run_done(&pair.baseline);
    result_run_done(&pair.current);
    if (err != BASE_OK) {
        base_buf_done(&out);
        return cli_complain(err, &why);
    }
    return cli_output_finish(&out, cli_text(args, "output", NULL),
                             failed > 0 ? CLI_REFUTED : CLI_FINE);
}
