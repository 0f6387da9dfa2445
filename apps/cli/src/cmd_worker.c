/* cmd_worker.c - any program that speaks the worker protocol. */
#include "commands.h"
#include "engine.h"
#include "output.h"

#include <string.h>

/* PROGRAM and its words, from before and after "--". */
static base_err launch(struct cli_plan *plan, const struct cli_args *args, struct base_why *why)
{
    const char *argv[2 * CLI_OPERANDS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < args->operand_count; i++)
        argv[count++] = args->operands[i];
    for (size_t i = 0; i < args->rest_count && i < CLI_OPERANDS_MAX; i++)
        argv[count++] = args->rest[i];
    return cli_plan_launch(plan, argv, count, why);
}

static bool is_no_reference(const struct cli_config *config, const struct bench_listed *listed)
{
    (void)config;
    return !cli_plan_is_in(listed->name, "reference");
}

static base_err add_all(struct cli_plan *plan, const struct cli_args *args, struct base_why *why)
{
    struct bench_arg given[BENCH_PARAM_MAX];
    struct cli_wanted wanted = { .args = given };
    bool has_filter = false;
    CLI_TRY(cli_plan_args(plan, args, given, &wanted.arg_count, why));
    for (size_t i = 0; i < args->value_count; i++) {
        if (strcmp(args->values[i].option->name, "filter") != 0)
            continue;
        has_filter = true;
        wanted.filters = &args->values[i].text;
        wanted.filter_count = 1;
        CLI_TRY(cli_plan_add(plan, &wanted, why));
    }
    wanted.is_wanted = is_no_reference;
    if (!has_filter)
        CLI_TRY(cli_plan_add(plan, &wanted, why));
    return cli_plan_check_args(plan, given, wanted.arg_count, why);
}

static int list(const struct cli_args *args, struct cli_plan *plan, struct base_why *why)
{
    static struct cli_args all; /* the words are the program's, not filters */
    struct base_buf out = { 0 };
    all = *args;
    all.operand_count = 0;
    const base_err err = cli_list_write(&all, plan, &out);
    return err == BASE_OK ? cli_output_finish(&out, NULL, CLI_FINE) : cli_complain(err, why);
}

int cli_cmd_worker(const struct cli_args *args)
{
    static struct cli_plan plan;
    struct base_why why = { 0 };
    int status = CLI_FINE;
    base_err err = cli_plan_open(&plan, args, &why);
    if (err == BASE_OK)
        err = launch(&plan, args, &why);
    if (err == BASE_OK)
        err = cli_plan_list(&plan, &why);
    if (err == BASE_OK && !cli_has(args, "list"))
        err = add_all(&plan, args, &why);
    if (err != BASE_OK)
        status = cli_complain(err, &why);
    else
        status = cli_has(args, "list") ? list(args, &plan, &why) : cli_engine_run(args, &plan);
    cli_plan_done(&plan);
    return status;
}
