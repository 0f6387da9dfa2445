/* bpi_perf.c - from a command line to the command that does it; or, with --worker alone, a worker
 * for the cases of all suites. */
#include "cli.h"
#include "output.h"
#include "signals.h"

#include <base/log.h>
#include <bench/worker.h>
#include <suite/suite.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int serve(void)
{
    struct base_arena arena = { 0 };
    size_t count = 0, used = 0;
    for (size_t i = 0; i < suite_table_count; i++)
        count += suite_table[i]->case_count;
    const struct bench_case **cases = base_arena_array(&arena, count, sizeof *cases);
    if (cases == NULL)
        return CLI_UNMEASURED;
    for (size_t i = 0; i < suite_table_count; i++)
        for (size_t k = 0; k < suite_table[i]->case_count; k++)
            cases[used++] = suite_table[i]->cases[k];
    const int status = bench_worker_main("bpi-perf", cases, count);
    base_arena_done(&arena);
    return status;
}

static int show_help(const struct cli_args *args)
{
    struct base_buf out = { 0 };
    if (cli_help_write(args->command, &out) != BASE_OK)
        return cli_complain(BASE_ENOMEM, NULL);
    return cli_output_finish(&out, NULL, CLI_FINE);
}

static int show_version(void)
{
    struct base_buf out = { 0 };
    if (base_buf_put_text(&out, "bpi-perf " CLI_VERSION "\n") != BASE_OK)
        return cli_complain(BASE_ENOMEM, NULL);
    return cli_output_finish(&out, NULL, CLI_FINE);
}

static int complain_no_command(const struct cli_args *args)
{
    struct base_why why = { 0 };
    if (args->command == NULL)
        (void)base_fail(&why, BASE_EINVALID, 0, "a command is missing");
    else
        (void)base_fail(&why, BASE_EINVALID, 0, "%s needs a sub-command", args->command->name);
    return cli_complain_usage(args, &why);
}

/* A closed standard descriptor would be given to the next file that is opened. What takes its place
 * answers a write with an error, so that lost output is still noticed. */
static void fill_descriptors(void)
{
    for (int file = 0; file <= STDERR_FILENO; file++)
        if (fcntl(file, F_GETFD) < 0 &&
            open("/dev/null", file == STDERR_FILENO ? O_WRONLY : O_RDONLY) < 0)
            _exit(CLI_UNMEASURED);
}

int main(int argc, char **argv)
{
    static struct cli_args args; /* large */
    struct base_why why = { 0 };
    fill_descriptors();
    if (argc == 2 && strcmp(argv[1], "--worker") == 0)
        return serve();
    base_log_open("bpi-perf", BASE_LOG_INFO);
    cli_signals_open();
    if (cli_parse(argc, argv, &args, &why) != BASE_OK)
        return cli_complain_usage(&args, &why);
    if (cli_has(&args, "help"))
        return show_help(&args);
    if (cli_has(&args, "version"))
        return show_version();
    if (args.command == NULL || args.command->run == NULL)
        return complain_no_command(&args);
    base_log_open("bpi-perf", cli_has(&args, "quiet")     ? BASE_LOG_ERROR
                              : cli_has(&args, "verbose") ? BASE_LOG_DEBUG
                                                          : BASE_LOG_INFO);
    return args.command->run(&args);
}
