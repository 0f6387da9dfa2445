/* files.c - every process of a case reads the file anew, so it must have a name and stay there. */
#include "files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool cli_files_given(const struct cli_args *args)
{
    return cli_has(args, "input") || args->operand_count > 0;
}

static base_err check_file(const char *path, struct base_why *why)
{
    struct stat what;
    if (strcmp(path, "-") == 0)
        return base_fail(
            why, BASE_EINVALID, 0,
            "--input: several processes read the file, so it cannot be standard input");
    if (stat(path, &what) != 0 || access(path, R_OK) != 0)
        return base_fail(why, BASE_ENOTFOUND, 0, "--input: %s: %s", path, strerror(errno));
    if (!S_ISREG(what.st_mode))
        return base_fail(why, BASE_EINVALID, 0, "--input: %s is no regular file", path);
    if (what.st_size > CLI_FILES_SIZE_MAX)
        return base_fail(why, BASE_ERANGE, 0, "--input: %s is larger than %d bytes", path,
                         CLI_FILES_SIZE_MAX);
    return BASE_OK;
}

static base_err add_file(struct cli_plan *plan, const char *path, const struct cli_exact *like,
                         struct base_why *why)
{
    struct bench_arg exact = { CLI_FILES_PARAM, NULL };
    struct cli_exact one = *like;
    CLI_TRY(check_file(path, why));
    char *whole = realpath(path, NULL); /* a worker may have another working directory */
    exact.value = whole != NULL ? base_arena_text(&plan->arena, whole) : NULL;
    free(whole);
    one.exact = &exact;
    one.exact_count = 1;
    return exact.value != NULL ? cli_plan_add_exact(plan, &one, why)
                               : base_fail(why, BASE_ENOMEM, 0, "%s: out of memory", path);
}

static base_err add_inputs(struct cli_plan *plan, const struct cli_args *args,
                           const struct cli_exact *like, struct base_why *why)
{
    for (size_t i = 0; i < args->value_count; i++)
        if (strcmp(args->values[i].option->name, "input") == 0)
            CLI_TRY(add_file(plan, args->values[i].text, like, why));
    return BASE_OK;
}

static base_err add_files(struct cli_plan *plan, const struct cli_args *args,
                          const struct cli_exact *like, struct base_why *why)
{
    CLI_TRY(add_inputs(plan, args, like, why));
    for (size_t i = 0; i < args->operand_count; i++)
        CLI_TRY(add_file(plan, args->operands[i], like, why));
    return BASE_OK;
}

base_err cli_files_plan(struct cli_plan *plan, const struct cli_args *args, const char *suite,
                        const char *word, struct base_why *why)
{
    struct bench_arg given[BENCH_PARAM_MAX];
    size_t count = 0;
    if (!cli_has(args, "input"))
        return base_fail(why, BASE_EINVALID, 0,
                         "'%s' is one word too many; for a file write "
                         "--input %s",
                         args->operands[0], args->operands[0]);
    CLI_TRY(cli_plan_args(plan, args, given, &count, why));
    CLI_TRY(cli_plan_list(plan, why));
    for (size_t i = 0; i < plan->listed_count; i++) {
        const struct bench_listed *listed = &plan->listed[i];
        const struct cli_exact like = { .case_name = listed->name,
                                        .swept = given,
                                        .swept_count = count };
        if (cli_plan_is_in(listed->name, suite) && !cli_sections_skips(&plan->config, listed) &&
            cli_plan_has_param(listed, CLI_FILES_PARAM) &&
            (word == NULL || strstr(listed->name, word) != NULL))
            CLI_TRY(add_files(plan, args, &like, why));
    }
    return plan->job_count > 0
               ? BASE_OK
               : base_fail(why, BASE_ENOTFOUND, 0,
                           "the suite %s has no case for files that the settings allow", suite);
}

static base_err add_matches(struct cli_plan *plan, const struct cli_args *args, const char *filter,
                            const struct cli_exact *swept, struct base_why *why)
{
    const size_t before = plan->job_count;
    for (size_t i = 0; i < plan->listed_count; i++) {
        const struct bench_listed *listed = &plan->listed[i];
        struct bench_target target = { .name = listed->name };
        struct cli_exact like = *swept;
        snprintf(target.id, sizeof target.id, "%s:" CLI_FILES_PARAM "=", listed->name);
        like.case_name = listed->name;
        if (cli_plan_has_param(listed, CLI_FILES_PARAM) && bench_target_matches(&target, filter))
            CLI_TRY(add_inputs(plan, args, &like, why));
    }
    return plan->job_count > before
               ? BASE_OK
               : base_fail(why, BASE_ENOTFOUND, 0,
                           "--input: no case that takes a file matches '%s'", filter);
}

base_err cli_files_run(struct cli_plan *plan, const struct cli_args *args, struct base_why *why)
{
    struct bench_arg given[BENCH_PARAM_MAX];
    struct cli_exact swept = { .swept = given };
    CLI_TRY(cli_plan_args(plan, args, given, &swept.swept_count, why));
    CLI_TRY(cli_plan_list(plan, why));
    for (size_t i = 0; i < args->operand_count; i++)
        CLI_TRY(add_matches(plan, args, args->operands[i], &swept, why));
    return cli_plan_check_args(plan, given, swept.swept_count, why);
}
