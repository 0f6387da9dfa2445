/* plan.c - from filters and arguments to a list of targets. */
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 10 }; /* of a network: each takes seconds, and is a sample of its own */

static base_err fail_memory(struct base_why *why)
{
    return base_fail(why, BASE_ENOMEM, 0, "out of memory");
}

base_err cli_plan_self(struct cli_plan *plan, struct base_why *why)
{
    char path[4096];
    const ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size < 0)
        return base_fail(why, BASE_EIO, 0, "/proc/self/exe: %s", strerror(errno));
    path[size] = '\0';
    plan->own_path = base_arena_text(&plan->arena, path);
    plan->own_argv[0] = plan->own_path;
    plan->launch = (struct bench_launch){ .argv = plan->own_argv };
    return plan->own_path != NULL ? BASE_OK : fail_memory(why);
}

base_err cli_plan_open(struct cli_plan *plan, const struct cli_args *args, struct base_why *why)
{
    CLI_TRY(cli_config_of(args, &plan->arena, &plan->config, why));
    return cli_plan_self(plan, why);
}

void cli_plan_done(struct cli_plan *plan)
{
    base_arena_done(&plan->arena);
    plan->job_count = plan->listed_count = plan->note_count = 0;
}

base_err cli_plan_launch(struct cli_plan *plan, const char *const *argv, size_t count,
                         struct base_why *why)
{
    const char **copy = base_arena_array(&plan->arena, count + 1, sizeof *copy);
    if (copy == NULL)
        return fail_memory(why);
    for (size_t i = 0; i < count; i++)
        copy[i] = argv[i];
    plan->launch = (struct bench_launch){ .argv = copy, .reference_argv = plan->own_argv };
    plan->listed_count = 0;
    return BASE_OK;
}

base_err cli_plan_list(struct cli_plan *plan, struct base_why *why)
{
    if (plan->listed_count > 0)
        return BASE_OK;
    return bench_drive_list(&plan->launch, &plan->arena, &plan->listed, &plan->listed_count, why);
}

const struct bench_listed *cli_plan_find(const struct cli_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->listed_count; i++)
        if (strcmp(plan->listed[i].name, name) == 0)
            return &plan->listed[i];
    return NULL;
}

bool cli_plan_is_in(const char *name, const char *suite)
{
    const size_t size = strlen(suite);
    return strncmp(name, suite, size) == 0 && name[size] == '/';
}

bool cli_plan_has_param(const struct bench_listed *listed, const char *name)
{
    for (size_t i = 0; i < listed->param_count; i++)
        if (strcmp(listed->params[i].name, name) == 0)
            return true;
    return false;
}

static bool is_match(const struct cli_wanted *wanted, const struct bench_target *target)
{
    for (size_t i = 0; i < wanted->filter_count; i++)
        if (bench_target_matches(target, wanted->filters[i]))
            return true;
    return wanted->filter_count == 0;
}

static base_err add_job(struct cli_plan *plan, const struct bench_listed *listed,
                        const struct bench_target *target, struct base_why *why)
{
    for (size_t i = 0; i < plan->job_count; i++)
        if (strcmp(plan->jobs[i].target->id, target->id) == 0)
            return BASE_OK;
    if (plan->job_count == CLI_JOBS_MAX)
        return base_fail(why, BASE_EFULL, 0,
                         "more than %d cases are wanted; choose fewer values or a narrower filter",
                         CLI_JOBS_MAX);
    plan->jobs[plan->job_count++] = (struct cli_job){
        .target = target,
        .item = listed->item,
        .iterations = cli_sections_iterations(&plan->config, listed->name),
        .sample_size = cli_plan_is_in(listed->name, "net") ? ROUNDS : 0,
    };
    return BASE_OK;
}

static base_err add_listed(struct cli_plan *plan, const struct bench_listed *listed,
                           const struct cli_wanted *wanted, struct base_why *why)
{
    struct bench_arg given[BENCH_PARAM_MAX];
    struct bench_target *targets = NULL;
    size_t given_count = 0, target_count = 0;
    for (size_t i = 0; i < wanted->arg_count && given_count < BENCH_PARAM_MAX; i++)
        if (cli_plan_has_param(listed, wanted->args[i].name))
            given[given_count++] = wanted->args[i];
    cli_sections_values(&plan->config, listed, given, &given_count);
    CLI_TRY(
        bench_drive_expand(listed, given, given_count, &plan->arena, &targets, &target_count, why));
    for (size_t i = 0; i < target_count; i++)
        if (is_match(wanted, &targets[i]))
            CLI_TRY(add_job(plan, listed, &targets[i], why));
    return BASE_OK;
}

/* "nothing matches": with the nearest name of a case, when one is near. */
static base_err fail_nothing(const struct cli_plan *plan, const struct cli_wanted *wanted,
                             struct base_why *why)
{
    const char *words[256] = { 0 };
    const char *filter = wanted->filter_count > 0 ? wanted->filters[0] : "";
    for (size_t i = 0; i < plan->listed_count && i < 255; i++)
        words[i] = plan->listed[i].name;
    const char *nearest = cli_nearest(filter, words);
    if (wanted->filter_count == 0)
        return base_fail(why, BASE_ENOTFOUND, 0, "%s has no such cases", plan->launch.argv[0]);
    return base_fail(why, BASE_ENOTFOUND, 0, "no case matches '%s'%s%s; 'benchmark list' shows all",
                     filter, nearest != NULL ? "; the nearest is " : "",
                     nearest != NULL ? nearest : "");
}

static base_err fail_unused(const struct cli_plan *plan, const char *name, struct base_why *why)
{
    const char *words[256] = { 0 };
    size_t count = 0;
    for (size_t i = 0; i < plan->job_count; i++) {
        const struct bench_target *target = plan->jobs[i].target;
        for (size_t k = 0; k < target->arg_count && count < 255; k++)
            words[count++] = target->args[k].name;
    }
    const char *nearest = cli_nearest(name, words);
    return base_fail(why, BASE_ENOTFOUND, 0, "none of the chosen cases has a parameter '%s'%s%s",
                     name, nearest != NULL ? "; the nearest is " : "",
                     nearest != NULL ? nearest : "");
}

base_err cli_plan_add(struct cli_plan *plan, const struct cli_wanted *wanted, struct base_why *why)
{
    const size_t before = plan->job_count;
    CLI_TRY(cli_plan_list(plan, why));
    for (size_t i = 0; i < plan->listed_count; i++)
        if ((wanted->is_wanted == NULL || wanted->is_wanted(&plan->config, &plan->listed[i])) &&
            (wanted->name == NULL || strcmp(wanted->name, plan->listed[i].name) == 0) &&
            (wanted->needs == NULL || cli_plan_has_param(&plan->listed[i], wanted->needs)))
            CLI_TRY(add_listed(plan, &plan->listed[i], wanted, why));
    return plan->job_count > before ? BASE_OK : fail_nothing(plan, wanted, why);
}

base_err cli_plan_check_args(const struct cli_plan *plan, const struct bench_arg *args,
                             size_t count, struct base_why *why)
{
    for (size_t i = 0; i < count; i++) {
        bool is_used = false;
        for (size_t k = 0; k < plan->job_count && !is_used; k++) {
            const struct bench_listed *listed = cli_plan_find(plan, plan->jobs[k].target->name);
            is_used = listed != NULL && cli_plan_has_param(listed, args[i].name);
        }
        if (!is_used)
            return fail_unused(plan, args[i].name, why);
    }
    return BASE_OK;
}

base_err cli_plan_args(struct cli_plan *plan, const struct cli_args *args,
                       struct bench_arg out[BENCH_PARAM_MAX], size_t *count, struct base_why *why)
{
    *count = 0;
    for (size_t i = 0; i < args->value_count; i++) {
        const char *text = args->values[i].text;
        if (strcmp(args->values[i].option->name, "arg") != 0)
            continue;
        const size_t size = strcspn(text, "=");
        if (size == 0 || text[size] == '\0')
            return base_fail(why, BASE_EINVALID, 0,
                             "--arg: '%s' is not NAME=VALUES, as in entries=10,100", text);
        if (*count == BENCH_PARAM_MAX)
            return base_fail(why, BASE_EFULL, 0, "--arg: more than %d of them", BENCH_PARAM_MAX);
        out[*count].name = base_arena_text_of(&plan->arena, text, size);
        out[*count].value = text + size + 1;
        if (out[(*count)++].name == NULL)
            return fail_memory(why);
    }
    return BASE_OK;
}
