/* cmd_network_exec.c - any program on each host of a network, its output by host, and what the
 * network did meanwhile. */
#define _GNU_SOURCE
#include "commands.h"
#include "netlab_programs.h"
#include "option_rows.h"
#include "output.h"
#include "signals.h"
#include "words.h"

#include <base/log.h>
#include <base/units.h>
#include <bench/clock.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define GRACE_NS UINT64_C(5000000000)

const struct cli_option cli_network_exec_options[] = {
    TEXT("node", CLI_TEXT, "N:'COMMAND'",
         "what runs on host N (a number or a name) in place of the words after --; may be "
         "repeated"),
    TEXT("only", CLI_TEXT, "N", "the words after -- run on this host alone; may be repeated"),
    TEXT("until", CLI_TEXT, "N",
         "the run ends when this host's program has ended, and the others are ended then; may be "
         "repeated"),
    TIME("duration", "the run ends after this, and what still runs is ended",
         "when all have ended"),
    TIME("timeout", "what still runs after this has failed", "none"),
    TEXT("report", CLI_FILE, "FILE", "write what was asked and achieved as JSON"),
    { 0 },
};

struct exec {
    const struct cli_args *args;
    struct cli_netlab lab;
    struct base_arena arena;
    struct cli_netlab_programs programs;
    const char *commands[CLI_NETLAB_NODES_MAX]; /* of --node, as typed; NULL: none */
    bool is_only[CLI_NETLAB_NODES_MAX], is_until[CLI_NETLAB_NODES_MAX];
    bool has_only, has_until;
};

/* ---- the command line ---- */

static base_err mark_host(struct exec *exec, const struct cli_value *value, bool *marks,
                          struct base_why *why)
{
    uint32_t host = 0;
    const base_err err = cli_netlab_host(&exec->lab.topology, value->text, &host, why);
    if (err != BASE_OK)
        return base_fail_prefix(why, err, "--%s", value->option->name);
    marks[host] = true;
    return BASE_OK;
}

/* "0:COMMAND" or "node0:COMMAND" */
static base_err read_node(struct exec *exec, const char *text, struct base_why *why)
{
    const char *const colon = strchr(text, ':');
    uint32_t host = 0;
    if (colon == NULL)
        return base_fail(why, BASE_EINVALID, 0, "--node: '%.60s' is not N:COMMAND", text);
    const char *const name = base_arena_text_of(&exec->arena, text, (size_t)(colon - text));
    if (name == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    const base_err err = cli_netlab_host(&exec->lab.topology, name, &host, why);
    if (err != BASE_OK)
        return base_fail_prefix(why, err, "--node");
    if (exec->commands[host] != NULL)
        return base_fail(why, BASE_EINVALID, 0, "--node: %s has a command already", name);
    exec->commands[host] = colon + 1;
    return BASE_OK;
}

static base_err read_options(struct exec *exec, struct base_why *why)
{
    const struct cli_args *const args = exec->args;
    exec->has_only = cli_has(args, "only");
    exec->has_until = cli_has(args, "until");
    for (size_t i = 0; i < args->value_count; i++) {
        const struct cli_value *const value = &args->values[i];
        if (strcmp(value->option->name, "node") == 0)
            CLI_TRY(read_node(exec, value->text, why));
        else if (strcmp(value->option->name, "only") == 0)
            CLI_TRY(mark_host(exec, value, exec->is_only, why));
        else if (strcmp(value->option->name, "until") == 0)
            CLI_TRY(mark_host(exec, value, exec->is_until, why));
    }
    if (exec->has_only && args->rest_count == 0)
        return base_fail(why, BASE_EINVALID, 0, "--only: there is no command after --");
    return BASE_OK;
}

static bool has_program(const struct exec *exec, uint32_t host)
{
    return exec->commands[host] != NULL ||
           (exec->args->rest_count > 0 && (!exec->has_only || exec->is_only[host]));
}

/* Which hosts run something, before any is up. */
static base_err plan_programs(struct exec *exec, struct base_why *why)
{
    const uint32_t hosts = exec->lab.topology.program_count;
    struct cli_netlab_programs *const programs = &exec->programs;
    if (hosts > CLI_NETLAB_NODES_MAX)
        return base_fail(why, BASE_ERANGE, 0, "%u hosts are more than %d", hosts,
                         CLI_NETLAB_NODES_MAX);
    CLI_TRY(read_options(exec, why));
    programs->items = base_arena_array(&exec->arena, hosts, sizeof *programs->items);
    if (programs->items == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    for (uint32_t host = 0; host < hosts; host++) {
        if (exec->is_until[host] && !has_program(exec, host))
            return base_fail(why, BASE_EINVALID, 0, "--until: nothing runs on %s",
                             exec->lab.topology.hosts[host].name);
        if (has_program(exec, host))
            programs->items[programs->count++] = (struct cli_netlab_program){
                .host = host, .is_awaited = !exec->has_until || exec->is_until[host]
            };
    }
    programs->lab = &exec->lab;
    programs->has_color[0] = cli_output_has_color(exec->args);
    programs->has_color[1] = programs->has_color[0] && isatty(STDERR_FILENO) == 1;
    return programs->count > 0
               ? BASE_OK
               : base_fail(why, BASE_EINVALID, 0,
                           "a command is missing: network exec ... -- COMMAND, or --node "
                           "N:'COMMAND'");
}

/* ---- words ---- */

static base_err fill_words(struct exec *exec, struct cli_netlab_program *program,
                           const char *const *words, size_t count, struct base_why *why)
{
    const char **const argv = base_arena_array(&exec->arena, count + 1, sizeof *argv);
    if (argv == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    for (size_t i = 0; i < count; i++)
        CLI_TRY(cli_netlab_fill(&exec->lab, program->host, words[i], &exec->arena, &argv[i], why));
    program->argv = argv;
    return BASE_OK;
}

/* A command of --node: its words stand with separators between. */
static base_err split_words(struct exec *exec, struct cli_netlab_program *program, const char *text,
                            struct base_why *why)
{
    const char *joined = NULL;
    size_t count = 1;
    CLI_TRY(cli_words_split(text, &exec->arena, &joined, why));
    char *const copy = base_arena_text(&exec->arena, joined);
    for (const char *at = joined; *at != '\0'; at++)
        count += *at == CLI_WORD_SEPARATOR;
    const char **const words = base_arena_array(&exec->arena, count, sizeof *words);
    if (copy == NULL || words == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    char *at = copy;
    for (size_t i = 0; i < count; i++) {
        words[i] = at;
        at += strcspn(at, (char[]){ CLI_WORD_SEPARATOR, '\0' });
        if (*at != '\0')
            *at++ = '\0';
    }
    return fill_words(exec, program, words, count, why);
}

static base_err make_words(struct exec *exec, struct base_why *why)
{
    for (size_t i = 0; i < exec->programs.count; i++) {
        struct cli_netlab_program *const program = &exec->programs.items[i];
        const char *const command = exec->commands[program->host];
        if (command != NULL)
            CLI_TRY(split_words(exec, program, command, why));
        else
            CLI_TRY(fill_words(exec, program, (const char *const *)exec->args->rest,
                               exec->args->rest_count, why));
    }
    return BASE_OK;
}

/* ---- the run ---- */

static uint64_t time_of(const struct cli_args *args, const char *name)
{
    const struct cli_value *const value = cli_value(args, name);
    return value != NULL ? value->ns : UINT64_MAX;
}

/* Until all that are awaited have ended, or something else ends it. Did --timeout? */
static bool run(struct exec *exec)
{
    const uint64_t start_ns = bench_clock_now_ns();
    const uint64_t duration_ns = time_of(exec->args, "duration"),
                   timeout_ns = time_of(exec->args, "timeout");
    while (cli_netlab_programs_run(&exec->programs) && !cli_signals_interrupted &&
           !exec->programs.is_output_gone) {
        const uint64_t now_ns = bench_clock_now_ns() - start_ns;
        if (now_ns >= duration_ns)
            return false;
        if (now_ns >= timeout_ns)
            return true;
        cli_netlab_programs_step(&exec->programs, 100);
        cli_netlab_say_changes(&exec->lab);
    }
    return false;
}

/* Says which programs failed. */
static int judge(const struct exec *exec, bool is_timeout)
{
    int status = CLI_FINE;
    char time[BASE_UNITS_TEXT_SIZE];
    for (size_t i = 0; i < exec->programs.count; i++) {
        const struct cli_netlab_program *const program = &exec->programs.items[i];
        const char *const name = exec->lab.topology.hosts[program->host].name;
        if (program->is_told && is_timeout && program->is_awaited)
            base_log(BASE_LOG_ERROR, "%s: '%s' still ran after %s", name, program->argv[0],
                     base_units_print_time_exact(time_of(exec->args, "timeout"), time));
        else if (program->is_told) {
            if (program->is_killed)
                base_log(BASE_LOG_WARNING, "%s: '%s' did not end within %s and was killed", name,
                         program->argv[0], base_units_print_time_exact(GRACE_NS, time));
            continue;
        } else if (program->exit_signal != 0)
            base_log(BASE_LOG_ERROR, "%s: '%s' was ended by SIG%s", name, program->argv[0],
                     sigabbrev_np(program->exit_signal));
        else if (program->exit_code != 0)
            base_log(BASE_LOG_ERROR, "%s: '%s' ended with status %d", name, program->argv[0],
                     program->exit_code);
        else
            continue;
        status = CLI_UNMEASURED;
    }
    return status;
}

/* Line by line, so that --quiet keeps it back. */
static void say_report(struct base_buf *text)
{
    char *at = (char *)base_buf_text(text);
    for (char *end; at != NULL && *at != '\0'; at = end) {
        end = at + strcspn(at, "\n");
        if (*end != '\0')
            *end++ = '\0';
        base_log(BASE_LOG_INFO, "%s", at);
    }
}

static int write_report(struct exec *exec, const struct lab_net_report *report)
{
    const char *const path = cli_text(exec->args, "report", NULL);
    struct base_buf out = { 0 };
    if (cli_netlab_report_text(&exec->lab, report, &out) == BASE_OK)
        say_report(&out);
    base_buf_clear(&out);
    if (path == NULL) {
        base_buf_done(&out);
        return CLI_FINE;
    }
    const base_err err = cli_netlab_put_json(&out, cli_netlab_report_json(&exec->lab, report));
    if (err != BASE_OK) {
        base_buf_done(&out);
        return cli_complain(err, NULL);
    }
    return cli_output_finish(&out, path, CLI_FINE);
}

static int finish(struct exec *exec, bool is_timeout)
{
    struct lab_net_report report = { 0 };
    cli_netlab_report(&exec->lab, &report);
    const int written = write_report(exec, &report);
    const int judged = judge(exec, is_timeout);
    const int valid = cli_netlab_judge(&report);
    if (exec->programs.is_pipe_closed)
        return CLI_PIPE_CLOSED;
    if (cli_signals_interrupted)
        return CLI_INTERRUPTED;
    if (exec->programs.is_output_gone)
        return CLI_UNMEASURED;
    return judged != CLI_FINE ? judged : valid != CLI_FINE ? valid : written;
}

static int exec_on_network(struct exec *exec)
{
    struct base_why why = { 0 };
    base_err err = cli_netlab_open(&exec->lab, &why);
    if (err != BASE_OK)
        return cli_netlab_complain(err, &why);
    err = make_words(exec, &why);
    if (err == BASE_OK)
        err = cli_netlab_programs_start(&exec->programs, &why);
    if (err == BASE_OK)
        err = cli_netlab_begin(&exec->lab, &why);
    const bool is_timeout = err == BASE_OK && run(exec);
    cli_netlab_programs_end(&exec->programs, err == BASE_OK ? GRACE_NS : 0);
    return err == BASE_OK ? finish(exec, is_timeout) : cli_netlab_complain(err, &why);
}

int cli_cmd_network_exec(const struct cli_args *args)
{
    static struct exec exec; /* large */
    struct base_why why = { 0 };
    int status;
    exec.args = args;
    base_err err = cli_netlab_plan(args, &exec.lab, &why);
    if (err == BASE_OK)
        err = plan_programs(&exec, &why);
    if (err == BASE_OK)
        status = exec_on_network(&exec);
    else
        status = err == BASE_EINVALID ? cli_complain_usage(args, &why) : cli_complain(err, &why);
    cli_netlab_close(&exec.lab);
    base_arena_done(&exec.arena);
    return status;
}
