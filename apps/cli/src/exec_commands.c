/* exec_commands.c - a parameter is multiplied out by the same code that sweeps the parameters of
 * cases. */
#include "exec_commands.h"

#include "words.h"

#include <string.h>

enum { COMMANDS_MAX = 256 };

struct exec {
    const struct cli_args *args;
    struct cli_plan *plan;
    bool is_shell;
    bool is_numbered;
    const char *input;               /* whole path */
    struct bench_listed sweep;       /* its params are the --parameter options */
    bool used[BENCH_PARAM_MAX];      /* by some command */
    const char *names[COMMANDS_MAX]; /* -n, in order */
    size_t name_count, command_count;
};

static base_err gather(struct exec *exec, struct base_why *why)
{
    const struct cli_args *args = exec->args;
    exec->sweep.name = "exec/command";
    for (size_t i = 0; i < args->value_count; i++) {
        const struct cli_value *value = &args->values[i];
        if (strcmp(value->option->name, "name") == 0 && exec->name_count < COMMANDS_MAX)
            exec->names[exec->name_count++] = value->text;
        if (value->option->kind != CLI_PAIR)
            continue;
        if (exec->sweep.param_count == BENCH_PARAM_MAX)
            return base_fail(why, BASE_EFULL, 0, "--parameter: more than %d of them",
                             BENCH_PARAM_MAX);
        exec->sweep.params[exec->sweep.param_count++] =
            (struct bench_param){ .name = value->text, .values = value->second };
    }
    return BASE_OK;
}

/* What the report calls it: the words with blanks between. */
static const char *label_of(struct exec *exec, const char *argv)
{
    char *label = base_arena_text(&exec->plan->arena, argv);
    for (char *at = label; at != NULL && *at != '\0'; at++)
        *at = *at == CLI_WORD_SEPARATOR ? ' ' : *at;
    return label;
}

static const char *name_of(struct exec *exec, const struct bench_target *point, const char *argv)
{
    const size_t index = exec->command_count;
    const char *name = index < exec->name_count ? exec->names[index] : label_of(exec, argv);
    if (exec->is_numbered) {
        const size_t number = exec->plan->job_count + 1;
        name = base_arena_printf(&exec->plan->arena, "%zu: %s", number, name);
    }
    if (index >= exec->name_count)
        return name;
    for (size_t i = 0; name != NULL && i < point->arg_count; i++)
        name = base_arena_printf(&exec->plan->arena, "%s %s=%s", name, point->args[i].name,
                                 point->args[i].value);
    return name;
}

/* A command that does not use a parameter is measured at its first value only. */
static bool is_repeat(const bool *used, const struct bench_target *point,
                      const struct bench_target *first)
{
    for (size_t i = 0; i < point->arg_count; i++)
        if (!used[i] && strcmp(point->args[i].value, first->args[i].value) != 0)
            return true;
    return false;
}

/* One command at one point of the parameters. */
static base_err add_point(struct exec *exec, const char *argv, const struct bench_target *point,
                          const struct bench_target *first, struct base_why *why)
{
    bool used[BENCH_PARAM_MAX] = { false };
    const struct cli_args *args = exec->args;
    const char *filled = NULL, *prepare = NULL;
    struct base_arena *arena = &exec->plan->arena;
    CLI_TRY(cli_words_fill(argv, point->args, point->arg_count, used, arena, &filled));
    CLI_TRY(cli_words_fill(cli_text(args, "prepare", ""), point->args, point->arg_count, used,
                           arena, &prepare));
    if (is_repeat(used, point, first))
        return BASE_OK;
    for (size_t i = 0; i < point->arg_count; i++)
        exec->used[i] = exec->used[i] || used[i];
    const struct bench_arg exact[] = {
        { "argv", filled },
        { "shell", exec->is_shell ? "sh" : "none" },
        { "prepare", prepare },
        { "input", exec->input },
        { "output", "null" },
        { "failures", cli_has(args, "ignore-failure") ? "ignore" : "refuse" },
    };
    const struct cli_exact wanted = { .case_name = "exec/command",
                                      .exact = exact,
                                      .exact_count = sizeof exact / sizeof exact[0],
                                      .label = name_of(exec, point, filled) };
    if (wanted.label == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    return cli_plan_add_exact(exec->plan, &wanted, why);
}

static base_err add_command(struct exec *exec, const char *argv, struct base_why *why)
{
    struct bench_target *points = NULL;
    size_t count = 0;
    const base_err err =
        bench_drive_expand(&exec->sweep, NULL, 0, &exec->plan->arena, &points, &count, why);
    if (err != BASE_OK)
        return base_fail_prefix(why, err, "--parameter");
    for (size_t i = 0; i < count; i++)
        CLI_TRY(add_point(exec, argv, &points[i], &points[0], why));
    exec->command_count++;
    return BASE_OK;
}

/* Words after "--", up to the next one. */
static base_err add_rest(struct exec *exec, struct base_why *why)
{
    const struct cli_args *args = exec->args;
    for (size_t i = 0; i < args->rest_count;) {
        size_t count = 0;
        const char *argv = NULL;
        while (i + count < args->rest_count && strcmp(args->rest[i + count], "--") != 0)
            count++;
        if (count == 0)
            return base_fail(why, BASE_EINVALID, 0, "exec: a command is missing beside --");
        CLI_TRY(cli_words_join(args->rest + i, count, exec->is_shell ? ' ' : CLI_WORD_SEPARATOR,
                               &exec->plan->arena, &argv, why));
        CLI_TRY(add_command(exec, argv, why));
        i += count + 1;
    }
    return BASE_OK;
}

static base_err add_operands(struct exec *exec, struct base_why *why)
{
    for (size_t i = 0; i < exec->args->operand_count; i++) {
        const char *argv = exec->args->operands[i];
        if (!exec->is_shell)
            CLI_TRY(cli_words_split(argv, &exec->plan->arena, &argv, why));
        CLI_TRY(add_command(exec, argv, why));
    }
    return BASE_OK;
}

static base_err check_names(const struct exec *exec, struct base_why *why)
{
    if (exec->name_count > exec->command_count)
        return base_fail(why, BASE_EINVALID, 0, "--name: %zu names for %zu commands",
                         exec->name_count, exec->command_count);
    for (size_t i = 0; i < exec->sweep.param_count; i++)
        if (!exec->used[i])
            return base_fail(why, BASE_ENOTFOUND, 0, "--parameter %s: no command has {%s}",
                             exec->sweep.params[i].name, exec->sweep.params[i].name);
    return BASE_OK;
}

base_err cli_exec_add(struct cli_plan *plan, const struct cli_args *args, bool is_numbered,
                      struct base_why *why)
{
    static struct exec exec;
    exec = (struct exec){ .args = args, .plan = plan, .is_numbered = is_numbered };
    CLI_TRY(gather(&exec, why));
    exec.input = cli_text(args, "input", "/dev/null");
    exec.is_shell = cli_has(args, "shell");
    CLI_TRY(add_operands(&exec, why));
    CLI_TRY(add_rest(&exec, why));
    return check_names(&exec, why);
}
