/* suite_exec.c - whole commands, from start to end, as a user starts them.
 *
 * The measured time is that of a helper process starting the command and waiting for it, and of two
 * messages between the worker and the helper, which cost about 20 us. A command that fails has no
 * result, unless failures are ignored; one that cannot be started never has.
 */
#include <suite/suite.h>

#include "exec_helper.h"
#include "suite_claims.h"

#include <base/arena.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGV_MAX = 1024 };

#define WORD_SEPARATOR '\x1f'

struct running {
    struct base_arena arena;
    struct exec_command command;
    const char *text; /* the command, for sentences */
    bool is_ignoring_failures;
    struct exec_helper helper;
    struct exec_result last;
    uint64_t items;
    base_err err; /* the first failure, which ends all further work */
    struct base_why why;
};

static void exec_teardown(void *state)
{
    struct running *running = state;
    if (running == NULL)
        return;
    exec_helper_close(&running->helper);
    struct base_arena arena = running->arena;
    free(running);
    base_arena_done(&arena);
}

/* Cut the text at its separators into a list that ends with NULL; NULL when there is no word. */
static const char *const *exec_words(struct base_arena *arena, const char *text)
{
    const char **words = base_arena_array(arena, ARGV_MAX + 1, sizeof *words);
    char *rest = base_arena_text(arena, text);
    if (words == NULL || rest == NULL || rest[0] == '\0')
        return NULL;
    size_t count = 0;
    while (rest != NULL && count < ARGV_MAX) {
        words[count++] = rest;
        rest = strchr(rest, WORD_SEPARATOR);
        if (rest != NULL)
            *rest++ = '\0';
    }
    return rest == NULL ? words : NULL;
}

static const char *const *exec_shell(struct base_arena *arena, const char *line)
{
    const char **words = base_arena_array(arena, 4, sizeof *words);
    char *copy = base_arena_text(arena, line);
    if (words == NULL || copy == NULL)
        return NULL;
    words[0] = "/bin/sh";
    words[1] = "-c";
    words[2] = copy;
    return words;
}

/* One of two words, or an error that names both. */
static base_err exec_choice(struct bench_env *env, const char *name, const char *no,
                            const char *yes, bool *is_yes)
{
    const char *value = bench_env_text(env, name);
    *is_yes = strcmp(value, yes) == 0;
    if (*is_yes || strcmp(value, no) == 0)
        return BASE_OK;
    return base_fail(&env->why, BASE_EINVALID, 0, "%s: \"%s\" is neither %s nor %s", name, value,
                     no, yes);
}

static base_err exec_argv(struct bench_env *env, struct running *running)
{
    bool is_shell;
    const base_err err = exec_choice(env, "shell", "none", "sh", &is_shell);
    if (err != BASE_OK)
        return err;
    char *text = base_arena_text(&running->arena, bench_env_text(env, "argv"));
    for (char *at = text; at != NULL && (at = strchr(at, WORD_SEPARATOR)) != NULL;)
        *at = ' ';
    running->text = text;
    running->command.argv = is_shell && text != NULL && text[0] != '\0'
                                ? exec_shell(&running->arena, text)
                                : exec_words(&running->arena, bench_env_text(env, "argv"));
    if (running->command.argv != NULL)
        return BASE_OK;
    return base_fail(&env->why, BASE_EINVALID, 0, "argv: a command of 1 to %d words is needed",
                     ARGV_MAX);
}

static bool exec_can_write(const char *path)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    return file >= 0 && close(file) == 0;
}

static base_err exec_files(struct bench_env *env, struct running *running)
{
    struct exec_command *command = &running->command;
    const char *prepare = bench_env_text(env, "prepare");
    const char *output = bench_env_text(env, "output");
    if (prepare[0] != '\0')
        command->prepare = exec_shell(&running->arena, prepare);
    command->input = base_arena_text(&running->arena, bench_env_text(env, "input"));
    command->output_path = base_arena_text(&running->arena, output);
    command->output = EXEC_OUTPUT_FILE;
    if (strcmp(output, "null") == 0)
        command->output = EXEC_OUTPUT_NULL;
    else if (strcmp(output, "inherit-to-stderr") == 0)
        command->output = EXEC_OUTPUT_STDERR;
    if (command->input == NULL || command->output_path == NULL ||
        (prepare[0] != '\0' && command->prepare == NULL))
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for the command");
    if (access(command->input, R_OK) != 0)
        return base_fail(&env->why, BASE_ENOTFOUND, 0, "input: %s cannot be read", command->input);
    if (command->output == EXEC_OUTPUT_FILE && !exec_can_write(output))
        return base_fail(&env->why, BASE_EIO, 0, "output: %s cannot be written", output);
    return exec_choice(env, "failures", "refuse", "ignore", &running->is_ignoring_failures);
}

static base_err exec_setup(struct bench_env *env)
{
    struct running *running = calloc(1, sizeof *running);
    if (running == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    base_err err = exec_argv(env, running);
    if (err == BASE_OK)
        err = exec_files(env, running);
    if (err == BASE_OK)
        err = exec_helper_open(&running->helper, &running->command, &env->why);
    if (err != BASE_OK) {
        exec_teardown(running);
        return err;
    }
    env->state = running;
    bench_env_fact(env, "peak_rss_floor_bytes", (double)running->helper.floor_bytes, "B");
    return BASE_OK;
}

/* Keep the first failure, as a sentence; `what` is the command or its preparation. */
static void exec_judge(struct running *running, base_err err, const char *what, bool is_ignoring)
{
    const struct exec_result *last = &running->last;
    const unsigned long long run = running->items;
    if (err != BASE_OK)
        base_fail(&running->why, err, run, "the helper that starts commands is gone");
    else if (last->problem != 0)
        base_fail(&running->why, BASE_EWRONG, run, "\"%s\" cannot be started: %s", what,
                  strerror(last->problem));
    else if (!is_ignoring && WIFSIGNALED(last->status))
        base_fail(&running->why, BASE_EWRONG, run,
                  "\"%s\" was killed by signal %d (%s) in run %llu", what, WTERMSIG(last->status),
                  strsignal(WTERMSIG(last->status)), run);
    else if (!is_ignoring && WEXITSTATUS(last->status) != 0)
        base_fail(&running->why, BASE_EWRONG, run, "\"%s\" ended with status %d in run %llu", what,
                  WEXITSTATUS(last->status), run);
    running->err = running->why.err;
}

static void exec_before(void *state)
{
    struct running *running = state;
    if (running->command.prepare == NULL || running->err != BASE_OK)
        return;
    const base_err err = exec_helper_run(&running->helper, true, &running->last);
    exec_judge(running, err, running->command.prepare[2], false);
}

static void exec_run(void *state, uint64_t count)
{
    struct running *running = state;
    for (; count > 0 && running->err == BASE_OK; count--) {
        running->items++;
        const base_err err = exec_helper_run(&running->helper, false, &running->last);
        exec_judge(running, err, running->text, running->is_ignoring_failures);
    }
}

static void exec_after(void *state, double *series)
{
    const struct exec_result *last = &((const struct running *)state)->last;
    series[0] = (double)last->user_ns;
    series[1] = (double)last->system_ns;
    series[2] = (double)last->peak_rss_bytes;
    series[3] =
        WIFSIGNALED(last->status) ? 128 + WTERMSIG(last->status) : WEXITSTATUS(last->status);
}

static base_err exec_check(void *state, struct base_why *why)
{
    const struct running *running = state;
    if (running->err != BASE_OK && why != NULL)
        *why = running->why;
    return running->err;
}

static const struct bench_case case_command = {
    .name = "exec/command",
    .doc = "a whole command: start it and wait for its end",
    .item = "run",
    .params = { { "argv", "true", "the command's words, separated by the byte 0x1f" },
                { "shell", "none", "none, or sh: the words are a line for /bin/sh" },
                { "prepare", "", "a line for /bin/sh before each run, not timed" },
                { "input", "/dev/null", "file for standard input" },
                { "output", "null", "null, inherit-to-stderr, or a file for standard output" },
                { "failures", "refuse", "refuse: a failing command has no result; ignore" } },
    .series = { "user_ns", "system_ns", "peak_rss_bytes", "exit_code" },
    .is_exclusive = true,
    .setup = exec_setup,
    .before = exec_before,
    .run = exec_run,
    .after = exec_after,
    .check = exec_check,
    .teardown = exec_teardown,
};

static const struct bench_case *const exec_cases[] = { &case_command };

const struct suite suite_exec = {
    .name = "exec",
    .doc = "whole commands, with their processor time and peak memory",
    .cases = exec_cases,
    .case_count = SUITE_COUNT(exec_cases),
};
