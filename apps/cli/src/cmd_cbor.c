/* cmd_cbor.c - canonical CBOR: the seed's structure at chosen sizes, files of the user, and
 * diagnostic notation. What --encode and --decode choose is told by the names of the cases. */
#include "commands.h"
#include "engine.h"
#include "files.h"
#include "output.h"

#include <suite/enc.h>

#include <string.h>

static bool has_word(const struct bench_listed *listed, const char *word)
{
    return strstr(listed->name, word) != NULL;
}

/* Files of the user are measured with --input alone. */
static bool is_structure(const struct bench_listed *listed)
{
    return cli_plan_is_in(listed->name, "enc") && !cli_plan_has_param(listed, CLI_FILES_PARAM);
}

static bool is_encode(const struct bench_listed *listed)
{
    return is_structure(listed) && has_word(listed, "encode");
}

static bool is_decode(const struct bench_listed *listed)
{
    return is_structure(listed) && has_word(listed, "decode");
}

/* The iterations of the configuration file, which names encoding and decoding apart. */
static void set_iterations(struct cli_plan *plan)
{
    for (size_t i = 0; i < plan->job_count; i++) {
        struct cli_job *job = &plan->jobs[i];
        if (strstr(job->target->name, "decode") != NULL)
            job->iterations = plan->config.decoding_iterations;
        else if (strstr(job->target->name, "encode") != NULL)
            job->iterations = plan->config.encoding_iterations;
    }
}

static base_err entries_of(struct cli_plan *plan, const struct cli_args *args, const char **entries,
                           struct base_why *why)
{
    *entries = plan->config.cbor_entries;
    if (!cli_has(args, "data-size"))
        return BASE_OK;
    const base_err err =
        cli_config_entries(cli_text(args, "data-size", ""), &plan->arena, entries, why);
    return err == BASE_OK ? err : base_fail_prefix(why, err, "--data-size");
}

static base_err plan_structure(struct cli_plan *plan, const struct cli_args *args,
                               struct base_why *why)
{
    struct bench_arg given[BENCH_PARAM_MAX + 1];
    struct cli_wanted wanted = { .args = given };
    const char *entries = NULL;
    const bool is_one_way = cli_has(args, "encode") || cli_has(args, "decode");
    CLI_TRY(cli_plan_args(plan, args, given, &wanted.arg_count, why));
    CLI_TRY(entries_of(plan, args, &entries, why));
    if (entries != NULL) {
        given[wanted.arg_count++] = (struct bench_arg){ "entries", entries };
        wanted.needs = "entries"; /* documents of other kinds have no size to choose */
    }
    wanted.is_wanted = is_encode;
    if (cli_has(args, "encode"))
        CLI_TRY(cli_plan_add(plan, &wanted, why));
    wanted.is_wanted = is_decode;
    if (cli_has(args, "decode"))
        CLI_TRY(cli_plan_add(plan, &wanted, why));
    wanted.is_wanted = is_structure;
    if (!is_one_way)
        CLI_TRY(cli_plan_add(plan, &wanted, why));
    return cli_plan_check_args(plan, given, wanted.arg_count, why);
}

static base_err plan_files(struct cli_plan *plan, const struct cli_args *args, struct base_why *why)
{
    const bool is_both = cli_has(args, "encode") == cli_has(args, "decode");
    return cli_files_plan(plan, args, "enc", NULL,
                          is_both                   ? NULL
                          : cli_has(args, "encode") ? "encode"
                                                    : "decode",
                          why);
}

int cli_cmd_benchmark_cbor(const struct cli_args *args)
{
    static struct cli_plan plan;
    struct base_why why = { 0 };
    base_err err = cli_plan_open(&plan, args, &why);
    if (err == BASE_OK)
        err = cli_files_given(args) ? plan_files(&plan, args, &why)
                                    : plan_structure(&plan, args, &why);
    if (err != BASE_OK) {
        cli_plan_done(&plan);
        return cli_complain(err, &why);
    }
    set_iterations(&plan);
    const int status = cli_engine_run(args, &plan);
    cli_plan_done(&plan);
    return status;
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
