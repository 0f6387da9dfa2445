/* cmd_compare.c - two stored runs; the comparison itself is the results' business. */
#include "commands.h"
#include "output.h"
#include "show.h"
#include "baseline.h"

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
    CLI_TRY(cli_show_check_binary(args, why));
    CLI_TRY(load_both(args, pair, why));
    const struct result_report_options page = cli_show_options(args);
    CLI_TRY(cli_baseline_compare(args, &pair->baseline, &pair->current, &pair->comparison, why));
    const base_err err =
        result_comparison_write(&pair->comparison, cli_show_format(args), &page.page, out);
    return err == BASE_ENOTFOUND
               ? base_fail(why, err, 0, "neither run has a case, so there is no figure")
               : err;
}

int cli_cmd_compare(const struct cli_args *args)
{
    struct pair pair = { 0 };
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    const base_err err = compare(args, &pair, &out, &why);
    const bool is_worse = err == BASE_OK && cli_baseline_is_worse(&pair.comparison);
    result_comparison_done(&pair.comparison);
    result_run_done(&pair.baseline);
    result_run_done(&pair.current);
    if (err != BASE_OK) {
        base_buf_done(&out);
        return cli_complain(err, &why);
    }
    return cli_output_finish(&out, cli_text(args, "output", NULL),
                             is_worse ? CLI_REFUTED : CLI_FINE);
}
