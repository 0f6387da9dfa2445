/* help.c - what --help and the help command show, from the table. */
#include "cli.h"
#include "commands.h"
#include "output.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 80, DOC_COLUMN = 26 };

base_err cli_wrap(struct base_buf *out, const char *text, size_t indent, size_t width)
{
    size_t column = indent;
    for (const char *at = text; *at != '\0';) {
        if (*at == '\n') {
            CLI_TRY(base_buf_printf(out, "\n%*s", at[1] == '\n' ? 0 : (int)indent, ""));
            column = indent;
            at++;
            continue;
        }
        const size_t size = strcspn(at, " \n");
        if (column > indent && column + 1 + size > width) {
            CLI_TRY(base_buf_printf(out, "\n%*s", (int)indent, ""));
            column = indent;
        } else if (column > indent) {
            CLI_TRY(base_buf_put(out, " ", 1));
            column++;
        }
        CLI_TRY(base_buf_put(out, at, size));
        column += size;
        at += size;
        at += *at == ' ';
    }
    return base_buf_put(out, "\n", 1);
}

/* Two columns: a term and its explanation. */
static base_err put_row(struct base_buf *out, const char *term, const char *doc)
{
    const int fill = DOC_COLUMN - 2 - (int)strlen(term);
    if (fill >= 2)
        CLI_TRY(base_buf_printf(out, "  %s%*s", term, fill, ""));
    else
        CLI_TRY(base_buf_printf(out, "  %s\n%*s", term, DOC_COLUMN, ""));
    return cli_wrap(out, doc, DOC_COLUMN, WIDTH);
}

static base_err put_option(struct base_buf *out, const struct cli_option *option)
{
    char term[96], letter[8] = "    ", doc[512];
    if (option->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(term, sizeof term, "%s--%s%s%s", letter, option->name,
             option->value_name != NULL ? " " : "",
             option->value_name != NULL ? option->value_name : "");
    if (option->fallback != NULL)
        snprintf(doc, sizeof doc, "%s [%s]", option->doc, option->fallback);
    else
        snprintf(doc, sizeof doc, "%s", option->doc);
    return put_row(out, term, doc);
}

static base_err put_options(struct base_buf *out, const struct cli_command *command,
                            const struct cli_option *table)
{
    for (; table != NULL && table->name != NULL; table++)
        if (command == NULL || cli_option_find(command, table->name) == table)
            CLI_TRY(put_option(out, table));
    return BASE_OK;
}

static base_err put_children(struct base_buf *out, const struct cli_command *parent)
{
    bool is_first = true;
    for (size_t i = 0; i < cli_command_count; i++) {
        const struct cli_command *row = &cli_commands[i];
        const bool is_shown =
            parent != NULL ? cli_is_child(row, parent) : strchr(row->name, ' ') == NULL;
        if (!is_shown || row->is_hidden)
            continue;
        if (is_first)
            CLI_TRY(base_buf_put_text(out, "\nCommands\n"));
        is_first = false;
        CLI_TRY(put_row(out, row->name, row->doc));
    }
    return BASE_OK;
}

static base_err put_examples(struct base_buf *out, const struct cli_command *command)
{
    if (command->examples[0].line == NULL)
        return BASE_OK;
    CLI_TRY(base_buf_put_text(out, "\nExamples\n"));
    for (size_t i = 0; i < CLI_EXAMPLES_MAX && command->examples[i].line != NULL; i++)
        CLI_TRY(base_buf_printf(out, "  # %s\n  %s\n", command->examples[i].doc,
                                command->examples[i].line));
    return BASE_OK;
}

static base_err put_exits(struct base_buf *out)
{
    CLI_TRY(base_buf_put_text(out, "\nExit status\n"));
    for (size_t i = 0; i < cli_exit_count; i++) {
        char term[16];
        snprintf(term, sizeof term, "%3d", cli_exit_table[i].status);
        CLI_TRY(base_buf_printf(out, "  %s  ", term));
        CLI_TRY(cli_wrap(out, cli_exit_table[i].doc, 7, WIDTH));
    }
    return BASE_OK;
}

static base_err put_whole_program(struct base_buf *out)
{
    CLI_TRY(base_buf_put_text(out, "bpi-perf - a performance laboratory\n\n"
                                   "Usage: bpi-perf COMMAND [OPTIONS]\n"));
    CLI_TRY(put_children(out, NULL));
    CLI_TRY(base_buf_put_text(out, "\nOptions of every command\n"));
    CLI_TRY(put_options(out, NULL, cli_common_options));
    CLI_TRY(put_exits(out));
    return base_buf_put_text(out, "\nbpi-perf help COMMAND says more about one of them.\n");
}

base_err cli_help_write(const struct cli_command *command, struct base_buf *out)
{
    if (command == NULL)
        return put_whole_program(out);
    const bool has_options = command->options[0] != NULL;
    CLI_TRY(base_buf_printf(out, "bpi-perf %s - ", command->name));
    CLI_TRY(cli_wrap(out, command->doc, 12 + strlen(command->name), WIDTH));
    CLI_TRY(base_buf_printf(out, "\nUsage: bpi-perf %s%s%s%s\n", command->name,
                            has_options ? " [OPTIONS]" : "", command->operands != NULL ? " " : "",
                            command->operands != NULL ? command->operands : ""));
    if (command->about != NULL) {
        CLI_TRY(base_buf_put_text(out, "\n"));
        CLI_TRY(cli_wrap(out, command->about, 0, WIDTH));
    }
    CLI_TRY(put_children(out, command));
    if (has_options)
        CLI_TRY(base_buf_put_text(out, "\nOptions\n"));
    for (size_t i = 0; i < CLI_OPTION_TABLES_MAX; i++)
        CLI_TRY(put_options(out, command, command->options[i]));
    CLI_TRY(base_buf_put_text(out, "\nOptions of every command\n"));
    CLI_TRY(put_options(out, NULL, cli_common_options));
    CLI_TRY(put_examples(out, command));
    return put_exits(out);
}

/* The command that the operands name; NULL with a complaint when there is none. */
static base_err named_command(const struct cli_args *args, const struct cli_command **command,
                              struct base_why *why)
{
    char name[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < args->operand_count && used < sizeof name; i++)
        used += (size_t)snprintf(name + used, sizeof name - used, "%s%s", i > 0 ? " " : "",
                                 args->operands[i]);
    *command = cli_command_find(name);
    if (*command != NULL || args->operand_count == 0)
        return BASE_OK;
    const char *words[64] = { 0 };
    for (size_t i = 0; i < cli_command_count && i < 63; i++)
        words[i] = cli_commands[i].name;
    const char *nearest = cli_nearest(name, words);
    return base_fail(why, BASE_ENOTFOUND, 0, "there is no command '%s'%s%s", name,
                     nearest != NULL ? "; the nearest is " : "", nearest != NULL ? nearest : "");
}

int cli_cmd_help(const struct cli_args *args)
{
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    const struct cli_command *command = NULL;
    if (named_command(args, &command, &why) != BASE_OK)
        return cli_complain_usage(args, &why);
    if (cli_help_write(command, &out) != BASE_OK)
        return cli_complain(BASE_ENOMEM, NULL);
    return cli_output_finish(&out, NULL, CLI_FINE);
}

static base_err write_page(const struct cli_command *command, const char *folder, const char *name,
                           struct base_why *why)
{
    struct base_buf out = { 0 };
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.1", folder, name);
    base_err err = cli_man_write(command, &out);
    if (err == BASE_OK)
        err = base_file_write(path, base_buf_span(&out), why);
    base_buf_done(&out);
    return err;
}

/* Page names join the words: bpi-perf-benchmark-cbor.1. A program has its page twice. */
static base_err write_command_page(const struct cli_command *command, const char *folder,
                                   struct base_why *why)
{
    char name[128];
    if (command->is_hidden)
        return BASE_OK;
    snprintf(name, sizeof name, "bpi-perf-%s", command->name);
    for (char *at = name; *at != '\0'; at++)
        *at = (char)(*at == ' ' ? '-' : *at);
    CLI_TRY(write_page(command, folder, name, why));
    return command->is_program ? write_page(command, folder, command->name, why) : BASE_OK;
}

static int write_pages(const char *folder)
{
    struct base_why why = { 0 };
    base_err err = base_folder_make(folder, &why);
    if (err == BASE_OK)
        err = write_page(NULL, folder, "bpi-perf", &why);
    for (size_t i = 0; err == BASE_OK && i < cli_command_count; i++)
        err = write_command_page(&cli_commands[i], folder, &why);
    return err == BASE_OK ? CLI_FINE : cli_complain(err, &why);
}

int cli_cmd_man(const struct cli_args *args)
{
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    const struct cli_command *command = NULL;
    if (cli_has(args, "folder"))
        return write_pages(cli_text(args, "folder", "."));
    if (named_command(args, &command, &why) != BASE_OK)
        return cli_complain_usage(args, &why);
    if (cli_man_write(command, &out) != BASE_OK)
        return cli_complain(BASE_ENOMEM, NULL);
    return cli_output_finish(&out, NULL, CLI_FINE);
}
