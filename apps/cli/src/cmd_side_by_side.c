/* cmd_side_by_side.c - the command "compare": what the words are, and who then runs at once. */
#include "commands.h"
#include "exec_commands.h"
#include "load.h"
#include "option_rows.h"
#include "output.h"
#include "profile.h"
#include "revision.h"
#include "show.h"
#include "signals.h"
#include "versus.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct cli_option cli_side_by_side_options[] = {
    FLAG("exec", 0, "the words are whole commands; the first is the reference"),
    { .name = "vary",
      .kind = CLI_TEXT,
      .value_name = "NAME=VALUES",
      .doc = "compare values of a parameter, as in level=1,6: the words are PROGRAM [FILTER]; the "
             "first value is the reference. PROGRAM 'self' is this program" },
    { .name = "revision",
      .kind = CLI_TEXT,
      .value_name = "REV",
      .doc =
          "a git revision of the project in this folder, twice or more: each is built with "
          "--build in a worktree of its own, and its --program is a side; the words are [FILTER]" },
    { .name = "build",
      .kind = CLI_TEXT,
      .value_name = "COMMAND",
      .doc = "with --revision: shell command that builds a revision",
      .fallback = "nothing is built" },
    { .name = "program",
      .kind = CLI_FILE,
      .value_name = "PATH",
      .doc = "with --revision: the benchmark program, relative to this folder" },
    { .name = "also",
      .kind = CLI_FILE,
      .value_name = "PROGRAM",
      .doc = "one more program against the same reference; may be repeated" },
    { .name = "threshold",
      .kind = CLI_PERCENT,
      .value_name = "PERCENT",
      .doc = "a change that does not matter: slower and faster are beyond it, same is within",
      .fallback = "1.0, and 5.0 for stored runs" },
    { .name = "alpha",
      .kind = CLI_SHARE,
      .value_name = "LEVEL",
      .low = 0.000001,
      .high = 0.5,
      .doc = "chance that any verdict is wrong; intervals have the level 1 - LEVEL or more",
      .fallback = "0.01" },
    { .name = "significance",
      .kind = CLI_SHARE,
      .value_name = "LEVEL",
      .low = 0.0001,
      .high = 0.5,
      .doc = "the same as --alpha; of stored runs",
      .fallback = "0.01, and the newer run's for stored runs" },
    TIME("budget", "wall time of a case; it ends before when the answer is known",
         "2s, or as long as it takes to have enough pairs for a verdict"),
    FLAG("no-early-stop", 0, "use the whole budget even when the answer is known"),
    { .name = "correction",
      .kind = CLI_WORD,
      .value_name = "NAME",
      .choices = "holm,bh",
      .doc = "over many cases: holm (no wrong change at all) or bh (few among those found)",
      .fallback = "holm" },
    FLAG("instructions", 0,
         "compare instruction counts too (callgrind, exact, blind to memory); needs valgrind"),
    TEXT("profile", CLI_FILE, "FOLDER",
         "write flame graphs of all sides and of their difference into this folder"),
    TEXT("arg", CLI_TEXT, "NAME=VALUES",
         "values of a case's parameter in place of its sweep, on all sides; may be repeated"),
    COUNT("threads", 1, 1024, "threads that run a case at once", "1"),
    COUNT("seed", 0, 9.2e18, "seed of the data and of every random choice", "1"),
    TIME("timeout", "a case that takes longer has failed", "120s more than its budget"),
    { .name = "cpu-affinity",
      .kind = CLI_LIST,
      .value_name = "LIST",
      .doc = "use these processors in turn, as in 0,1 or 0-3",
      .fallback = "each pair where the scheduler has put it" },
    { .name = "name",
      .letter = 'n',
      .kind = CLI_TEXT,
      .value_name = "NAME",
      .doc = "with --exec: name of a command, in their order; may be repeated" },
    { .name = "prepare",
      .kind = CLI_TEXT,
      .value_name = "COMMAND",
      .doc = "with --exec: run this shell line before each run, outside the time" },
    { .name = "parameter",
      .letter = 'P',
      .kind = CLI_PAIR,
      .value_name = "NAME VALUES",
      .doc = "with --exec: put each of VALUES where a command says {NAME}; each is a side" },
    FLAG("shell", 0, "with --exec: run each command through /bin/sh -c"),
    FLAG("ignore-failure", 0, "with --exec: time a command though it fails"),
    { .name = "input",
      .letter = 'i',
      .kind = CLI_FILE,
      .value_name = "FILE",
      .doc = "with --exec: standard input of the commands",
      .fallback = "/dev/null" },
    { 0 },
};

struct request { /* what the command line asks for */
    const struct cli_args *args;
    struct cli_plan *plan; /* this program as a worker, and the commands */
    struct base_arena arena;
    struct cli_config config; /* only its processors */
    struct bench_arg given[BENCH_PARAM_MAX];
    struct cli_versus_side sides[BENCH_PAIR_SIDES_MAX];
    size_t side_count;
    struct cli_versus_options options;
    struct cli_progress progress;
    struct cli_revision revisions[BENCH_PAIR_SIDES_MAX];
    size_t revision_count;
};

/* --- sides --------------------------------------------------------------------------------- */

static base_err add_side(struct request *request, const struct cli_versus_side *side,
                         struct base_why *why)
{
    if (request->side_count == BENCH_PAIR_SIDES_MAX)
        return base_fail(why, BASE_EFULL, 0, "more than %d sides", BENCH_PAIR_SIDES_MAX);
    request->sides[request->side_count++] = *side;
    return BASE_OK;
}

/* A word that is no file is a command line: 'python3 -S bench.py'. */
static base_err argv_of(struct request *request, const char *word, const char *const **argv,
                        struct base_why *why)
{
    const char *joined = word;
    if (strcmp(word, "self") == 0 && access(word, F_OK) != 0)
        joined = request->plan->own_path;
    else if (access(word, F_OK) != 0)
        CLI_TRY(cli_words_split(word, &request->arena, &joined, why));
    size_t count = 1;
    for (const char *at = joined; *at != '\0'; at++)
        count += *at == CLI_WORD_SEPARATOR;
    char *text = base_arena_text(&request->arena, joined);
    const char **list = base_arena_array(&request->arena, count + 1, sizeof *list);
    if (text == NULL || list == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    for (size_t i = 0; i < count; i++) {
        list[i] = text;
        text = strchr(text, CLI_WORD_SEPARATOR);
        if (text != NULL)
            *text++ = '\0';
    }
    *argv = list;
    return BASE_OK;
}

static base_err add_program(struct request *request, const char *word, struct base_why *why)
{
    struct cli_versus_side side = { .name = word };
    CLI_TRY(argv_of(request, word, &side.argv, why));
    return add_side(request, &side, why);
}

static base_err add_programs(struct request *request, const char **filter, struct base_why *why)
{
    const struct cli_args *args = request->args;
    if (args->operand_count < 2 || args->operand_count > 3)
        return base_fail(why, BASE_EINVALID, 0,
                         "compare needs two programs and at most one filter; %zu words were given "
                         "(whole commands need --exec)",
                         args->operand_count);
    CLI_TRY(add_program(request, args->operands[0], why));
    CLI_TRY(add_program(request, args->operands[1], why));
    for (size_t i = 0; i < args->value_count; i++)
        if (strcmp(args->values[i].option->name, "also") == 0)
            CLI_TRY(add_program(request, args->values[i].text, why));
    *filter = args->operand_count == 3 ? args->operands[2] : NULL;
    return BASE_OK;
}

/* --vary NAME=V1,V2: one program, a side for each value. */
static base_err add_values(struct request *request, const char **filter, struct base_why *why)
{
    const struct cli_args *args = request->args;
    const char *text = cli_text(args, "vary", "");
    const size_t size = strcspn(text, "=");
    const char *const *argv = NULL;
    if (size == 0 || text[size] == '\0')
        return base_fail(why, BASE_EINVALID, 0, "--vary: '%s' is not NAME=VALUES, as in level=1,6",
                         text);
    if (args->operand_count < 1 || args->operand_count > 2)
        return base_fail(why, BASE_EINVALID, 0, "compare --vary needs PROGRAM [FILTER]");
    CLI_TRY(argv_of(request, args->operands[0], &argv, why));
    const char *name = base_arena_text_of(&request->arena, text, size);
    for (const char *at = text + size; at != NULL && *at != '\0'; at = strchr(at + 1, ',')) {
        struct bench_arg *arg = base_arena_array(&request->arena, 1, sizeof *arg);
        const size_t length = strcspn(at + 1, ",");
        if (arg == NULL || name == NULL)
            return base_fail(why, BASE_ENOMEM, 0, "out of memory");
        *arg = (struct bench_arg){ name, base_arena_text_of(&request->arena, at + 1, length) };
        const struct cli_versus_side side = { .name = base_arena_printf(&request->arena, "%s=%s",
                                                                        name, arg->value),
                                              .argv = argv,
                                              .args = arg,
                                              .arg_count = 1 };
        CLI_TRY(add_side(request, &side, why));
    }
    *filter = args->operand_count == 2 ? args->operands[1] : NULL;
    if (request->side_count < 2)
        return base_fail(why, BASE_EINVALID, 0, "--vary: '%s' has one value; two are needed", text);
    return BASE_OK;
}

static base_err add_revision(struct request *request, const char *revision, struct base_why *why)
{
    const struct cli_args *args = request->args;
    if (request->revision_count == BENCH_PAIR_SIDES_MAX)
        return base_fail(why, BASE_EFULL, 0, "more than %d revisions", BENCH_PAIR_SIDES_MAX);
    struct cli_revision *built = &request->revisions[request->revision_count];
    cli_progress_say(&request->progress, "building", revision);
    CLI_TRY(cli_revision_build(revision, cli_text(args, "build", NULL),
                               cli_text(args, "program", ""), built, why));
    request->revision_count++;
    const char **argv = base_arena_array(&request->arena, 2, sizeof *argv);
    const struct cli_versus_side side = {
        .name = base_arena_printf(&request->arena, "%s (%.12s)", revision, built->commit),
        .argv = argv,
    };
    if (argv == NULL || side.name == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    argv[0] = built->program;
    return add_side(request, &side, why);
}

static base_err add_revisions(struct request *request, const char **filter, struct base_why *why)
{
    const struct cli_args *args = request->args;
    size_t count = 0;
    for (size_t i = 0; i < args->value_count; i++)
        count += strcmp(args->values[i].option->name, "revision") == 0;
    if (count < 2 || !cli_has(args, "program") || args->operand_count > 1)
        return base_fail(
            why, BASE_EINVALID, 0,
            "compare --revision needs two revisions, --program and at most one filter, "
            "as in --revision main --revision HEAD --build make --program ./bench");
    for (size_t i = 0; i < args->value_count; i++)
        if (strcmp(args->values[i].option->name, "revision") == 0)
            CLI_TRY(add_revision(request, args->values[i].text, why));
    *filter = args->operand_count == 1 ? args->operands[0] : NULL;
    return BASE_OK;
}

/* --- running ------------------------------------------------------------------------------- */

/* The case's id without its number: "exec/command:2: gzip -7" to "gzip -7". */
static const char *command_name(const struct bench_target *target)
{
    const char *label = strchr(target->id, ':');
    const char *name = label != NULL ? strchr(label + 1, ':') : NULL;
    return name != NULL ? name + 2 : target->id;
}

static base_err compare_commands(struct request *request, struct result_comparison *out,
                                 struct base_why *why)
{
    struct cli_plan *plan = request->plan;
    struct cli_versus_case item = { .id = "exec/command" };
    CLI_TRY(cli_exec_add(plan, request->args, true, why));
    if (plan->job_count < 2)
        return base_fail(why, BASE_EINVALID, 0, "compare --exec needs two commands or more");
    for (size_t i = 0; i < plan->job_count; i++) {
        const struct cli_versus_side side = { .name = command_name(plan->jobs[i].target),
                                              .argv = plan->launch.argv };
        CLI_TRY(add_side(request, &side, why));
        item.targets[i] = plan->jobs[i].target;
    }
    if (request->side_count == 2)
        item.id = request->sides[1].name;
    request->progress.count = 1;
    return cli_versus_cases(request->sides, request->side_count, &item, 1, &request->options, out,
                            why);
}

static base_err read_options(struct request *request, struct base_why *why)
{
    const struct cli_args *args = request->args;
    struct cli_versus_options *options = &request->options;
    const struct cli_value *threshold = cli_value(args, "threshold");
    const struct cli_value *alpha = cli_value(args, "alpha");
    const struct cli_value *budget = cli_value(args, "budget");
    const struct cli_value *timeout = cli_value(args, "timeout");
    const struct cli_value *seed = cli_value(args, "seed");
    const struct cli_value *threads = cli_value(args, "threads");
    CLI_TRY(cli_config_cpus(args, &request->config, why));
    alpha = alpha != NULL ? alpha : cli_value(args, "significance");
    if (budget != NULL && budget->ns == 0)
        return base_fail(why, BASE_ERANGE, 0, "--budget: '%s' is no time at all", budget->text);
    *options = (struct cli_versus_options){
        .threshold = threshold != NULL ? threshold->number : -1,
        .alpha = alpha != NULL ? alpha->number : 0,
        .budget_ns = budget != NULL ? budget->ns : 0,
        .timeout_ns = timeout != NULL ? timeout->ns : 0,
        .seed = seed != NULL ? seed->count : 1,
        .threads = threads != NULL ? (uint32_t)threads->count : 1,
        .is_counting = cli_has(args, "instructions"),
        .profile_folder = cli_text(args, "profile", NULL),
        .is_full = cli_has(args, "no-early-stop"),
        .correction = strcmp(cli_text(args, "correction", "holm"), "bh") == 0
                          ? STATS_CORRECTION_BH
                          : STATS_CORRECTION_HOLM,
        .args = request->given,
        .cpus = request->config.plan.cpus,
        .cpu_count = request->config.plan.cpu_count,
        .interrupted = &cli_signals_interrupted,
        .progress = &request->progress,
    };
    return cli_plan_args(request->plan, args, request->given, &options->arg_count, why);
}

static base_err compare(struct request *request, struct result_comparison *out,
                        struct base_why *why)
{
    const struct cli_args *args = request->args;
    const char *filter = NULL;
    CLI_TRY(cli_plan_self(request->plan, why));
    CLI_TRY(read_options(request, why));
    cli_progress_open(&request->progress, args, 1);
    CLI_TRY(cli_show_check_binary(args, why));
    if (cli_has(args, "profile"))
        CLI_TRY(cli_profile_check(why));
    if (cli_has(args, "exec") && cli_has(args, "instructions"))
        return base_fail(why, BASE_EUNSUPPORTED, 0,
                         "--instructions counts in workers; a whole command's are not counted");
    if (cli_has(args, "exec"))
        return compare_commands(request, out, why);
    if (cli_has(args, "revision"))
        CLI_TRY(add_revisions(request, &filter, why));
    else if (cli_has(args, "vary"))
        CLI_TRY(add_values(request, &filter, why));
    else
        CLI_TRY(add_programs(request, &filter, why));
    return cli_versus_programs(request->sides, request->side_count, filter, &request->options, out,
                               why);
}

static int status_of(const struct result_comparison *comparison, base_err err)
{
    if (comparison->counts[RESULT_CHANGE_SLOWER] > 0)
        return CLI_REFUTED;
    if (err == BASE_EINTERRUPTED)
        return CLI_INTERRUPTED;
    return comparison->counts[RESULT_CHANGE_BROKEN] > 0 ? CLI_UNMEASURED : CLI_FINE;
}

static int show(const struct cli_args *args, const struct result_comparison *comparison, int status)
{
    const struct result_report_options page = cli_show_options(args);
    struct base_buf out = { 0 };
    const base_err err =
        result_comparison_write(comparison, cli_show_format(args), &page.page, &out);
    if (err == BASE_OK)
        return cli_output_finish(&out, cli_text(args, "output", NULL), status);
    base_buf_done(&out);
    return cli_complain(err, NULL);
}

/* In PATH, or with a slash. */
static bool is_program(const char *word)
{
    char path[4096];
    const char *list = getenv("PATH");
    if (strchr(word, '/') != NULL || strpbrk(word, " \t") != NULL || strcmp(word, "self") == 0)
        return true;
    for (const char *at = list; at != NULL && *at != '\0';) {
        const size_t size = strcspn(at, ":");
        snprintf(path, sizeof path, "%.*s/%s", (int)size, at, word);
        if (access(path, X_OK) == 0)
            return true;
        at += size + (at[size] == ':');
    }
    return false;
}

/* A file that holds a run or cannot be started, a folder of another tool's, or an id of the
 * history. */
static bool is_document(const char *word)
{
    if (cli_load_is_document(word))
        return true;
    if (access(word, F_OK) == 0)
        return access(word, X_OK) != 0;
    return !is_program(word);
}

static bool has_documents(const struct cli_args *args)
{
    return args->operand_count == 2 && !cli_has(args, "exec") && !cli_has(args, "vary") &&
           !cli_has(args, "revision") && is_document(args->operands[0]) &&
           is_document(args->operands[1]);
}

/* Options of programs say nothing of results that are there already. */
static base_err check_stored(const struct cli_args *args, struct base_why *why)
{
    static const char *const running[] = {
        "also",    "build",   "program", "budget", "no-early-stop", "instructions",
        "profile", "arg",     "threads", "seed",   "timeout",       "cpu-affinity",
        "name",    "prepare", "shell",   "input",  "parameter",     "ignore-failure",
    };
    for (size_t i = 0; i < sizeof running / sizeof running[0]; i++)
        if (cli_has(args, running[i]))
            return base_fail(why, BASE_EINVALID, 0,
                             "--%s: nothing is run, %s and %s are results that are there already",
                             running[i], args->operands[0], args->operands[1]);
    return BASE_OK;
}

int cli_cmd_side_by_side(const struct cli_args *args)
{
    static struct cli_plan plan;
    static struct request request;
    struct result_comparison comparison = { 0 };
    struct base_why why = { 0 };
    if (has_documents(args))
        return check_stored(args, &why) == BASE_OK ? cli_cmd_compare(args)
                                                   : cli_complain_usage(args, &why);
    request = (struct request){ .args = args, .plan = &plan };
    const base_err err = compare(&request, &comparison, &why);
    cli_progress_clear(&request.progress);
    const bool is_shown = err == BASE_OK || (err == BASE_EINTERRUPTED && comparison.count > 0);
    const int status =
        is_shown ? show(args, &comparison, status_of(&comparison, err)) : cli_complain(err, &why);
    result_comparison_done(&comparison);
    for (size_t i = 0; i < request.revision_count; i++)
        cli_revision_remove(&request.revisions[i]);
    cli_plan_done(&plan);
    base_arena_done(&request.arena);
    return status;
}
