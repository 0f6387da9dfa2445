/* cmd_crypto.c - domain-separated hashing: chosen sizes and algorithms, and files of the user. */
#include "commands.h"
#include "engine.h"
#include "files.h"

#include <string.h>

static bool is_hashing(const struct cli_config *config, const struct bench_listed *listed)
{
    return cli_plan_is_in(listed->name, "crypto") && !cli_plan_has_param(listed, CLI_FILES_PARAM) &&
           !cli_sections_skips(config, listed);
}

static base_err plan_messages(struct cli_plan *plan, const struct cli_args *args,
                              struct base_why *why)
{
    struct bench_arg given[BENCH_PARAM_MAX];
    struct cli_wanted wanted = { .args = given, .is_wanted = is_hashing };
    CLI_TRY(cli_plan_args(plan, args, given, &wanted.arg_count, why));
    if (plan->config.hash_sizes != NULL || plan->config.algorithms != NULL)
        wanted.needs = "size"; /* a tree has neither */
    CLI_TRY(cli_plan_add(plan, &wanted, why));
    return cli_plan_check_args(plan, given, wanted.arg_count, why);
}

static base_err plan_all(struct cli_plan *plan, const struct cli_args *args, struct base_why *why)
{
    struct cli_config *config = &plan->config;
    CLI_TRY(cli_plan_open(plan, args, why));
    config->algorithms = cli_text(args, "algorithms", config->algorithms);
    if (cli_has(args, "hash-size")) {
        const base_err err = cli_config_sizes(cli_text(args, "hash-size", ""), &plan->arena,
                                              &config->hash_sizes, why);
        if (err != BASE_OK)
            return base_fail_prefix(why, err, "--hash-size");
    }
    return cli_files_given(args) ? cli_files_plan(plan, args, "crypto", NULL, why)
                                 : plan_messages(plan, args, why);
}

int cli_cmd_benchmark_crypto(const struct cli_args *args)
{
    return cli_engine_plan_and_run(args, plan_all);
}
