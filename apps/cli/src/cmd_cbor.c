/* cmd_cbor.c - canonical CBOR: the seed's structure at chosen sizes, files of the user, and
 * diagnostic notation. What --encode and --decode choose is told by the names of the cases. */
#include "commands.h"
#include "engine.h"
#include "files.h"
#include "output.h"

#include <suite/enc.h>

#include <string.h>

/* Files of the user are measured with --input alone. */
static bool is_structure(const struct cli_config *config, const struct bench_listed *listed)
{
    (void)config;
    return cli_plan_is_in(listed->name, "enc") && !cli_plan_has_param(listed, CLI_FILES_PARAM);
}

static bool is_encode(const struct cli_config *config, const struct bench_listed *listed)
{
    return is_structure(config, listed) && strstr(listed->name, "encode") != NULL;
}

static bool is_decode(const struct cli_config *config, const struct bench_listed *listed)
{
    return is_structure(config, listed) && strstr(listed->name, "decode") != NULL;
}

static base_err plan_structure(struct cli_plan *plan, const struct cli_args *args,
                               struct base_why *why)
{
    struct bench_arg given[BENCH_PARAM_MAX];
    struct cli_wanted wanted = { .args = given };
    const bool has_encode = cli_has(args, "encode"), has_decode = cli_has(args, "decode");
    CLI_TRY(cli_plan_args(plan, args, given, &wanted.arg_count, why));
    if (plan->config.cbor_entries != NULL)
        wanted.needs = "entries"; /* documents of other kinds have no size to choose */
    wanted.is_wanted = is_encode;
    if (has_encode)
        CLI_TRY(cli_plan_add(plan, &wanted, why));
    wanted.is_wanted = is_decode;
    if (has_decode)
        CLI_TRY(cli_plan_add(plan, &wanted, why));
    wanted.is_wanted = is_structure;
    if (!has_encode && !has_decode)
        CLI_TRY(cli_plan_add(plan, &wanted, why));
    return cli_plan_check_args(plan, given, wanted.arg_count, why);
}

static base_err plan_files(struct cli_plan *plan, const struct cli_args *args, struct base_why *why)
{
    const bool has_encode = cli_has(args, "encode"), has_decode = cli_has(args, "decode");
    const char *word = has_encode == has_decode ? NULL : has_encode ? "encode" : "decode";
    return cli_files_plan(plan, args, "enc", word, why);
}

static base_err plan_all(struct cli_plan *plan, const struct cli_args *args, struct base_why *why)
{
    CLI_TRY(cli_plan_open(plan, args, why));
    if (cli_has(args, "data-size")) {
        const base_err err = cli_config_entries(cli_text(args, "data-size", ""), &plan->arena,
                                                &plan->config.cbor_entries, why);
        if (err != BASE_OK)
            return base_fail_prefix(why, err, "--data-size");
    }
    return cli_files_given(args) ? plan_files(plan, args, why) : plan_structure(plan, args, why);
}

int cli_cmd_benchmark_cbor(const struct cli_args *args)
{
    return cli_engine_plan_and_run(args, plan_all);
}

int cli_cmd_cbor_diag(const struct cli_args *args)
{
    struct base_buf text = { 0 };
    struct base_why why = { 0 };
    const base_err err = suite_enc_diag(args->operands[0], &text, &why);
    if (err == BASE_OK)
        return cli_output_finish(&text, NULL, CLI_FINE);
    base_buf_done(&text);
    (void)cli_complain(err, &why);
    return err == BASE_ENOMEM ? CLI_UNMEASURED : CLI_USAGE; /* the file is not right */
}
