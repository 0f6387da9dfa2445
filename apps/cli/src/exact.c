/* exact.c - targets whose values are no value lists: paths and command lines. */
#include "plan.h"

#include <stdio.h>
#include <string.h>

static const struct bench_arg *find_arg(const struct bench_arg *args, size_t count,
                                        const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(args[i].name, name) == 0)
            return &args[i];
    return NULL;
}

/* Append to an id, leaving out the beginning of a text that does not fit: ends of paths say most.
 * Control characters would break lines of reports. */
static void put_id(char id[2 * BENCH_NAME_SIZE], const char *text)
{
    const size_t used = strlen(id), room = 2 * BENCH_NAME_SIZE - 1 - used, size = strlen(text);
    const char *from = size > room ? text + (size - room) : text;
    snprintf(id + used, room + 1, "%s", from);
    for (char *at = id + used; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = ' ';
}

/* name:a=1,b=2 with the label in place of the exact arguments. */
static void name_target(struct bench_target *target, const struct cli_exact *exact,
                        const struct bench_listed *listed)
{
    char mark = ':';
    target->id[0] = '\0';
    put_id(target->id, target->name);
    if (exact->label != NULL) {
        put_id(target->id, ":");
        put_id(target->id, exact->label);
        mark = ',';
    }
    for (size_t i = 0; i < target->arg_count; i++) {
        const struct bench_arg *arg = &target->args[i];
        const bool is_exact = find_arg(exact->exact, exact->exact_count, arg->name) != NULL;
        const bool is_single = strpbrk(listed->params[i].values, ",.") == NULL &&
                               find_arg(exact->swept, exact->swept_count, arg->name) == NULL;
        if (exact->label != NULL && (is_exact || is_single))
            continue;
        char pair[BENCH_NAME_SIZE + 2];
        snprintf(pair, sizeof pair, "%c%s=", mark, arg->name);
        put_id(target->id, pair);
        put_id(target->id, arg->value);
        mark = ',';
    }
}

static base_err add_target(struct cli_plan *plan, const struct bench_listed *listed,
                           struct bench_target *target, const struct cli_exact *exact,
                           struct base_why *why)
{
    for (size_t i = 0; i < target->arg_count; i++) {
        const struct bench_arg *whole =
            find_arg(exact->exact, exact->exact_count, target->args[i].name);
        if (whole != NULL)
            target->args[i].value = whole->value;
    }
    name_target(target, exact, listed);
    for (size_t i = 0; i < plan->job_count; i++)
        if (strcmp(plan->jobs[i].target->id, target->id) == 0)
            return base_fail(why, BASE_EEXIST, 0, "'%s' is wanted twice; give it another name",
                             target->id);
    if (plan->job_count == CLI_JOBS_MAX)
        return base_fail(why, BASE_EFULL, 0, "more than %d cases are wanted", CLI_JOBS_MAX);
    plan->jobs[plan->job_count++] = (struct cli_job){
        .target = target,
        .item = listed->item,
        .iterations = cli_sections_iterations(&plan->config, listed->name),
    };
    return BASE_OK;
}

base_err cli_plan_add_exact(struct cli_plan *plan, const struct cli_exact *exact,
                            struct base_why *why)
{
    struct bench_arg given[BENCH_PARAM_MAX];
    struct bench_target *targets = NULL;
    size_t given_count = 0, count = 0;
    CLI_TRY(cli_plan_list(plan, why));
    const struct bench_listed *listed = cli_plan_find(plan, exact->case_name);
    if (listed == NULL)
        return base_fail(why, BASE_ENOTFOUND, 0, "there is no case %s", exact->case_name);
    for (size_t i = 0; i < exact->exact_count && given_count < BENCH_PARAM_MAX; i++) {
        if (!cli_plan_has_param(listed, exact->exact[i].name))
            return base_fail(why, BASE_ENOTFOUND, 0, "%s has no parameter '%s'", listed->name,
                             exact->exact[i].name);
        given[given_count++] = (struct bench_arg){ exact->exact[i].name, "x" };
    }
    for (size_t i = 0; i < exact->swept_count && given_count < BENCH_PARAM_MAX; i++)
        if (cli_plan_has_param(listed, exact->swept[i].name))
            given[given_count++] = exact->swept[i];
    cli_sections_values(&plan->config, listed, given, &given_count);
    CLI_TRY(bench_drive_expand(listed, given, given_count, &plan->arena, &targets, &count, why));
    for (size_t i = 0; i < count; i++)
        CLI_TRY(add_target(plan, listed, &targets[i], exact, why));
    return BASE_OK;
}
