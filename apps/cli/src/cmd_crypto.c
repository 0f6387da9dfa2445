/* cmd_crypto.c - domain-separated hashing: chosen sizes and algorithms, and files of the user. */
#include "commands.h"
#include "engine.h"
#include "files.h"

#include <string.h>

/* Cases that are no `algorithm` parameter's choice: peers, which have one algorithm each. */
struct peer {
    const char *name;
    const char *algorithm;
    bool has_domain;
};

static const struct peer peers[] = {
    { "crypto/hash.openssl", "sha256", true },
    { "crypto/hash.blake3", "blake3", false },
};

static const struct peer *peer_of(const char *name)
{
    for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++)
        if (strcmp(peers[i].name, name) == 0)
            return &peers[i];
    return NULL;
}

/* What the predicate of cli_wanted needs to know; set before a plan is made. */
static const char *wanted_algorithms;
static bool is_without_domain;

static bool is_hashing(const struct bench_listed *listed)
{
    const struct peer *peer = peer_of(listed->name);
    if (!cli_plan_is_in(listed->name, "crypto") || cli_plan_has_param(listed, CLI_FILES_PARAM))
        return false;
    if (peer != NULL && wanted_algorithms != NULL &&
        strstr(wanted_algorithms, peer->algorithm) == NULL)
        return false;
    return !is_without_domain || (peer != NULL && !peer->has_domain);
}

static base_err sizes_of(struct cli_plan *plan, const struct cli_args *args, const char **sizes,
                         struct base_why *why)
{
    *sizes = plan->config.hash_sizes;
    if (!cli_has(args, "hash-size"))
        return BASE_OK;
    const base_err err =
        cli_config_sizes(cli_text(args, "hash-size", ""), &plan->arena, sizes, why);
    return err == BASE_OK ? err : base_fail_prefix(why, err, "--hash-size");
}

static base_err plan_messages(struct cli_plan *plan, const struct cli_args *args,
                              struct base_why *why)
{
    struct bench_arg given[BENCH_PARAM_MAX + 2];
    struct cli_wanted wanted = { .args = given, .is_wanted = is_hashing };
    const char *sizes = NULL;
    CLI_TRY(cli_plan_args(plan, args, given, &wanted.arg_count, why));
    CLI_TRY(sizes_of(plan, args, &sizes, why));
    const size_t own_count = wanted.arg_count;
    if (sizes != NULL)
        given[wanted.arg_count++] = (struct bench_arg){ "size", sizes };
    if (wanted_algorithms != NULL)
        given[wanted.arg_count++] = (struct bench_arg){ "algorithm", wanted_algorithms };
    if (sizes != NULL || wanted_algorithms != NULL)
        wanted.needs = "size"; /* a tree has neither */
    CLI_TRY(cli_plan_add(plan, &wanted, why));
    return cli_plan_check_args(plan, given, own_count, why);
}

static base_err plan_files(struct cli_plan *plan, const struct cli_args *args, struct base_why *why)
{
    const struct bench_arg algorithm = { "algorithm", wanted_algorithms };
    return cli_files_plan(plan, args, "crypto", wanted_algorithms != NULL ? &algorithm : NULL, NULL,
                          why);
}

static base_err plan_all(struct cli_plan *plan, const struct cli_args *args, struct base_why *why)
{
    CLI_TRY(cli_plan_open(plan, args, why));
    wanted_algorithms = cli_text(args, "algorithms", plan->config.algorithms);
    is_without_domain = plan->config.is_without_domain;
    CLI_TRY(cli_files_given(args) ? plan_files(plan, args, why) : plan_messages(plan, args, why));
    for (size_t i = 0; i < plan->job_count; i++)
        plan->jobs[i].iterations = plan->config.hash_iterations;
    return BASE_OK;
}

int cli_cmd_benchmark_crypto(const struct cli_args *args)
{
    static struct cli_plan plan;
    struct base_why why = { 0 };
    const base_err err = plan_all(&plan, args, &why);
    if (err != BASE_OK) {
        cli_plan_done(&plan);
        return cli_complain(err, &why);
    }
    const int status = cli_engine_run(args, &plan);
    cli_plan_done(&plan);
    return status;
}
