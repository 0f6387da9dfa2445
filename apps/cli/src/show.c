/* show.c - picks format, page and place; the formats themselves are the results' business. */
#include "show.h"

#include "load.h"
#include "network_front.h"
#include "output.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *cli_show_format(const struct cli_args *args)
{
    const char *format = "text";
    for (size_t i = 0; i < args->value_count; i++) { /* the last one wins */
        const char *name = args->values[i].option->name;
        if (strcmp(name, "json") == 0 || strcmp(name, "csv") == 0 || strcmp(name, "markdown") == 0)
            format = name;
        else if (strcmp(name, "format") == 0)
            format = args->values[i].text;
    }
    return format;
}

/* Only where the environment says so: another charset, or a terminal without any features. */
static bool is_ascii_only(void)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    const char *locale = NULL, *term = getenv("TERM");
    for (size_t i = 0; i < 3 && (locale == NULL || *locale == '\0'); i++)
        locale = getenv(names[i]);
    const char *charset = locale != NULL ? strchr(locale, '.') : NULL;
    return (term != NULL && strcmp(term, "dumb") == 0) ||
           (charset != NULL && strncasecmp(charset, ".utf", 4) != 0);
}

struct result_page cli_show_page(const struct cli_args *args)
{
    struct result_page page = { 0 };
    struct winsize size = { 0 };
    if (isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        page.width = size.ws_col > 60 ? size.ws_col : 60;
    page.is_coloured = cli_output_has_color(args);
    page.is_ascii = is_ascii_only();
    return page;
}

struct result_report_options cli_show_options(const struct cli_args *args)
{
    struct result_report_options options = { .is_verbose = cli_has(args, "verbose") };
    if (strcmp(args->command->name, "exec") ==
        0) /* processor times and memory are in the details */
        options.is_detailed = true;
    if (cli_option_find(args->command, "statistical-analysis") != NULL)
        options.is_detailed = options.is_detailed || cli_has(args, "statistical-analysis");
    if (cli_option_find(args->command, "output") != NULL && cli_has(args, "output"))
        return options;
    options.page = cli_show_page(args);
    return options;
}

/* The document to --save, when the command has it and it was given. */
static base_err save(const struct cli_args *args, const struct result_run *run,
                     struct base_why *why)
{
    struct base_buf out = { 0 };
    if (cli_option_find(args->command, "save") == NULL || !cli_has(args, "save"))
        return BASE_OK;
    base_err err = result_run_write(run, &out);
    if (err == BASE_OK)
        err = cli_output_write(base_buf_span(&out), cli_text(args, "save", "-"), why);
    base_buf_done(&out);
    return err;
}

base_err cli_show_check_binary(const struct cli_args *args, struct base_why *why)
{
    const struct result_format *format = result_format_find(cli_show_format(args));
    if (format == NULL || !format->is_binary || isatty(STDOUT_FILENO) != 1 ||
        strcmp(cli_text(args, "output", "-"), "-") != 0)
        return BASE_OK;
    return base_fail(why, BASE_EINVALID, 0,
                     "--format %s: %s is not for a terminal; give it a file with --output FILE",
                     format->name, format->name);
}

base_err cli_show_check_report(const struct cli_args *args, struct base_why *why)
{
    const char *path = cli_option_find(args->command, "save-report") != NULL
                           ? cli_text(args, "save-report", NULL)
                           : NULL;
    const char *dot = path != NULL ? strrchr(path, '.') : NULL;
    if (path != NULL &&
        (dot == NULL || strchr(dot, '/') != NULL || result_format_find(dot + 1) == NULL))
        return base_fail(why, BASE_EINVALID, 0,
                         "--save-report: '%s' does not end in .html, .pdf, .md, .csv, .json, .txt, "
                         ".svg or .png",
                         path);
    return cli_show_check_binary(args, why);
}

/* Rounds of networks have a front. What the format is missing, when it is a figure. */
static base_err write_run(const struct result_format *format, const struct result_run *run,
                          const struct result_report_options *options, struct base_buf *out,
                          struct base_why *why)
{
    struct result_report_options with_front = *options;
    struct base_arena arena = { 0 };
    base_err err = cli_network_front(run, &arena, &with_front.front);
    if (err == BASE_OK)
        err = format->write(run, &with_front, out);
    base_arena_done(&arena);
    if (err == BASE_ENOTFOUND)
        return base_fail(why, err, 0,
                         "no case of the run has a time above the floor, so there is no figure");
    return err == BASE_OK ? err : base_fail(why, err, 0, "%s", base_err_text(err));
}

/* The report to --save-report, when the command has it and it was given. */
static base_err save_report(const struct cli_args *args, const struct result_run *run,
                            struct base_why *why)
{
    struct base_buf out = { 0 };
    const struct result_report_options options = { .is_detailed = true };
    if (cli_option_find(args->command, "save-report") == NULL || !cli_has(args, "save-report"))
        return BASE_OK;
    const char *path = cli_text(args, "save-report", "");
    const struct result_format *format = result_format_find(strrchr(path, '.') + 1);
    base_err err = write_run(format, run, &options, &out, why);
    if (err == BASE_OK)
        err = cli_output_write(base_buf_span(&out), path, why);
    base_buf_done(&out);
    return err;
}

base_err cli_show_save(const struct cli_args *args, const struct result_run *run,
                       struct base_why *why)
{
    const base_err err = save(args, run, why);
    return err == BASE_OK ? save_report(args, run, why) : err;
}

int cli_show_run(const struct cli_args *args, const struct result_run *run,
                 const struct base_buf *after, int status)
{
    const struct result_report_options options = cli_show_options(args);
    return cli_show_run_with(args, run, &options, after, status);
}

int cli_show_run_with(const struct cli_args *args, const struct result_run *run,
                      const struct result_report_options *options, const struct base_buf *after,
                      int status)
{
    const struct result_format *format = result_format_find(cli_show_format(args));
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    base_err err = write_run(format, run, options, &out, &why);
    if (err == BASE_OK && after != NULL)
        err = base_buf_put(&out, after->data, after->size);
    if (err != BASE_OK) {
        base_buf_done(&out);
        return cli_complain(err, &why);
    }
    err = cli_show_save(args, run, &why);
    if (err != BASE_OK) {
        (void)cli_complain(err, &why);
        status = status == CLI_INTERRUPTED ? status : CLI_UNMEASURED;
    }
    return cli_output_finish(&out, cli_text(args, "output", NULL), status);
}

base_err cli_show_table(const struct cli_args *args, const struct result_table *table,
                        struct base_buf *out)
{
    const struct result_report_options options = cli_show_options(args);
    const char *format = cli_show_format(args);
    if (strcmp(format, "json") == 0)
        return result_table_write_json(table, out);
    if (strcmp(format, "csv") == 0)
        return result_table_write_csv(table, out);
    if (strcmp(format, "markdown") == 0)
        return result_table_write_markdown(table, out);
    return result_table_write(table, &options.page, out);
}

static const struct result_column verdict_columns[] = {
    { .title = "id" },       { .title = "state" },  { .title = "bound" },
    { .title = "sentence" }, { .title = "metric" }, { .title = "why" },
};

base_err cli_show_verdicts(const struct cli_args *args, const struct result_run *run,
                           struct base_buf *out)
{
    struct result_table table;
    base_err err = BASE_OK;
    result_table_init(&table, verdict_columns, sizeof verdict_columns / sizeof verdict_columns[0],
                      0);
    for (size_t i = 0; err == BASE_OK && i < run->verdict_count; i++) {
        const struct result_verdict *verdict = &run->verdicts[i];
        const struct result_cell cells[] = {
            { .text = verdict->id },       { .text = verdict->state },  { .text = verdict->bound },
            { .text = verdict->sentence }, { .text = verdict->metric }, { .text = verdict->why },
        };
        err = result_table_add(&table, cells);
    }
    if (err == BASE_OK)
        err = cli_show_table(args, &table, out);
    result_table_done(&table);
    return err;
}

base_err cli_show_load(const char *which, struct result_run *run, struct base_why *why)
{
    struct cli_load_notes notes;
    const base_err err = cli_load_run(which, run, &notes, why);
    if (err == BASE_OK)
        cli_load_say(which, &notes);
    return err;
}

int cli_show_history(const struct cli_args *args, cli_show_history_fn *write)
{
    struct result_history *history = NULL;
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    base_err err = result_history_open(NULL, &history, &why);
    if (err == BASE_OK)
        err = write(args, history, &out, &why);
    result_history_close(history);
    if (err != BASE_OK) {
        base_buf_done(&out);
        return cli_complain(err, &why);
    }
    const bool has_output = cli_option_find(args->command, "output") != NULL;
    return cli_output_finish(&out, has_output ? cli_text(args, "output", NULL) : NULL, CLI_FINE);
}
