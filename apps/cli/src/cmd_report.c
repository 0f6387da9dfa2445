/* cmd_report.c - stored runs again: reports, the ledger of claims, signatures. */
#include "claims.h"
#include "commands.h"
#include "engine.h"
#include "extras.h"
#include "output.h"
#include "show.h"

#include <result/sign.h>

#include <stdio.h>
#include <string.h>

static int show(const struct cli_args *args, const struct result_run *run,
                const struct cli_extras *extras)
{
    struct result_report_options options = cli_show_options(args);
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    options.trends = extras->trends;
    options.trend_count = extras->trend_count;
    options.comparison = extras->has_comparison ? &extras->comparison : NULL;
    if (cli_option_find(args->command, "figure") == NULL || !cli_has(args, "figure"))
        return cli_show_run_with(args, run, &options, NULL, CLI_FINE);
    const base_err err = cli_extras_figure(args, run, extras, &out, &why);
    if (err == BASE_OK)
        return cli_output_finish(&out, cli_text(args, "output", NULL), CLI_FINE);
    base_buf_done(&out);
    return cli_complain(err, &why);
}

int cli_cmd_report(const struct cli_args *args)
{
    struct result_run run = { 0 };
    struct cli_extras extras = { 0 };
    struct base_why why = { 0 };
    base_err err = cli_show_check_binary(args, &why);
    if (err == BASE_OK)
        err = cli_show_load(args->operands[0], &run, &why);
    if (err == BASE_OK)
        err = cli_extras_load(args, &run, &extras, &why);
    const int status = err == BASE_OK ? show(args, &run, &extras) : cli_complain(err, &why);
    cli_extras_done(&extras);
    result_run_done(&run);
    return status;
}

/* A run without cases, so that every claim reads "not run": what --list shows. */
static base_err judge(const char *which, bool is_list, struct result_run *run, struct base_why *why)
{
    struct result_claim *claims = NULL;
    size_t count = 0;
    if (!is_list)
        CLI_TRY(cli_show_load(which, run, why));
    CLI_TRY(cli_claims_read(NULL, &run->arena, &claims, &count, why));
    if (is_list)
        run->command = run->started = run->state = "";
    return cli_claims_judge_on(run, claims, count, why);
}

static const struct result_column claim_columns[] = {
    { .title = "id" },
    { .title = "bound", .title_in = "bound" },
    { .title = "sentence", .width_least = 20 },
    { .title = "metric", .drop = 1, .width_least = 16 },
};

static base_err list_claims(const struct cli_args *args, const struct result_run *run,
                            struct base_buf *out)
{
    struct result_table table;
    base_err err = BASE_OK;
    result_table_init(&table, claim_columns, sizeof claim_columns / sizeof claim_columns[0], 0);
    for (size_t i = 0; err == BASE_OK && i < run->verdict_count; i++) {
        const struct result_verdict *verdict = &run->verdicts[i];
        const struct result_cell cells[] = { { .text = verdict->id },
                                             { .text = verdict->bound },
                                             { .text = verdict->sentence },
                                             { .text = verdict->metric } };
        err = result_table_add(&table, cells);
    }
    if (err == BASE_OK)
        err = cli_show_table(args, &table, out);
    result_table_done(&table);
    return err;
}

static base_err write_ledger(const struct cli_args *args, const struct result_run *run,
                             struct base_buf *out)
{
    struct result_report_options options = cli_show_options(args);
    const char *format = cli_show_format(args);
    options.is_detailed = true; /* here the claims are what was asked for */
    if (cli_has(args, "list"))
        return list_claims(args, run, out);
    if (strcmp(format, "markdown") == 0)
        return result_report_ledger_markdown(run, out);
    if (strcmp(format, "text") == 0)
        return result_report_ledger(run, &options, out);
    return cli_show_verdicts(args, run, out);
}

int cli_cmd_claims(const struct cli_args *args)
{
    struct result_run run = { 0 };
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    const bool is_list = cli_has(args, "list");
    base_err err = judge(cli_text(args, "run", "latest"), is_list, &run, &why);
    const struct result_ledger ledger = result_ledger_of(&run);
    const int status = !is_list && ledger.counts[RESULT_STATE_REFUTED] > 0 ? CLI_REFUTED : CLI_FINE;
    if (err == BASE_OK)
        err = write_ledger(args, &run, &out);
    result_run_done(&run);
    if (err != BASE_OK) {
        base_buf_done(&out);
        return cli_complain(err, &why);
    }
    return cli_output_finish(&out, cli_text(args, "output", NULL), status);
}

/* The status that one file means; what is right goes to `out`, what is not is said. A file that
 * cannot be read is usage, a document that is not what was signed is a refusal. */
static int verify_file(const char *path, struct base_buf *out)
{
    struct base_buf text = { 0 };
    struct base_why why = { 0 };
    struct result_verified verified;
    int status = CLI_USAGE;
    base_err err = base_buf_read_file(&text, path, RESULT_RUN_SIZE_MAX, &why);
    if (err == BASE_OK) {
        err = result_verify_text(base_buf_span(&text), path, &verified, &why);
        status = err == BASE_ENOMEM ? CLI_UNMEASURED : CLI_REFUTED;
    }
    base_buf_done(&text);
    if (err != BASE_OK) {
        (void)cli_complain(err, &why);
        return status;
    }
    err = base_buf_printf(out, "%s: run %s is as it was signed by %s%s\n", path, verified.id,
                          verified.key, verified.is_own_key ? " (your key)" : "");
    return err == BASE_OK ? CLI_FINE : CLI_UNMEASURED;
}

/* Every file is looked at; the worst of them is the status. */
int cli_cmd_verify(const struct cli_args *args)
{
    struct base_buf out = { 0 };
    int status = CLI_FINE;
    for (size_t i = 0; i < args->operand_count; i++) {
        const int one = verify_file(args->operands[i], &out);
        status = one > status ? one : status;
    }
    return cli_output_finish(&out, NULL, status);
}
