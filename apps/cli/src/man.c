/* man.c - manual pages in mdoc, from the table. */
#include "cli.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define MANUAL_DATE "November 21, 2026"

enum { LINE_LENGTH = 72 };

/* One character of text: backslashes are doubled, dashes stay dashes, a dot or quote that begins a
 * line is guarded. */
static base_err put_character(struct base_buf *out, char character, bool is_line_start)
{
    if (is_line_start && (character == '.' || character == '\''))
        CLI_TRY(base_buf_put_text(out, "\\&"));
    if (character == '\\')
        return base_buf_put_text(out, "\\e");
    if (character == '-')
        return base_buf_put_text(out, "\\-");
    return base_buf_put(out, &character, 1);
}

/* Text as roff reads it back: a sentence ends its line, a blank line begins a paragraph, long lines
 * are broken. */
static base_err put_text(struct base_buf *out, const char *text)
{
    size_t column = 0;
    for (const char *at = text; *at != '\0'; at++) {
        const bool ends_sentence = *at == ' ' && at > text && at[-1] == '.';
        const bool is_full = *at == ' ' && column + strcspn(at + 1, " \n") > LINE_LENGTH;
        if (at[0] == '\n' && at[1] == '\n') {
            CLI_TRY(base_buf_put_text(out, "\n.Pp\n"));
            at++;
            column = 0;
        } else if (ends_sentence || is_full || *at == '\n') {
            CLI_TRY(base_buf_put_text(out, "\n"));
            column = 0;
        } else {
            CLI_TRY(put_character(out, *at, column == 0));
            column += *at == '-' ? 2 : 1;
        }
    }
    return base_buf_put_text(out, "\n");
}

static base_err put_option(struct base_buf *out, const struct cli_option *option)
{
    CLI_TRY(base_buf_put_text(out, ".It "));
    if (option->letter != 0)
        CLI_TRY(base_buf_printf(out, "Fl %c , ", option->letter));
    CLI_TRY(base_buf_printf(out, "Fl \\-%s%s%s\n", option->name,
                            option->value_name != NULL ? " Ar " : "",
                            option->value_name != NULL ? option->value_name : ""));
    char doc[512];
    snprintf(doc, sizeof doc, "%s%s%s.", option->doc, option->fallback != NULL ? "; default: " : "",
             option->fallback != NULL ? option->fallback : "");
    doc[0] = (char)toupper((unsigned char)doc[0]);
    return put_text(out, doc);
}

static base_err put_options(struct base_buf *out, const struct cli_command *command)
{
    CLI_TRY(base_buf_put_text(out, "The options are:\n.Bl -tag -width Ds\n"));
    for (size_t i = 0; command != NULL && i < CLI_OPTION_TABLES_MAX; i++)
        for (const struct cli_option *row = command->options[i]; row != NULL && row->name != NULL;
             row++)
            if (cli_option_find(command, row->name) == row)
                CLI_TRY(put_option(out, row));
    for (const struct cli_option *row = cli_common_options; row->name != NULL; row++)
        CLI_TRY(put_option(out, row));
    return base_buf_put_text(out, ".El\n");
}

/* A page's name: words joined by dashes. */
static const char *page_of(const struct cli_command *command, char *name, size_t size)
{
    snprintf(name, size, "bpi-perf%s%s", command != NULL ? "-" : "",
             command != NULL ? command->name : "");
    for (char *at = name; *at != '\0'; at++)
        *at = (char)(*at == ' ' ? '-' : *at);
    return name;
}

static base_err put_children(struct base_buf *out, const struct cli_command *parent)
{
    bool is_first = true;
    for (size_t i = 0; i < cli_command_count; i++) {
        const struct cli_command *row = &cli_commands[i];
        if (row->is_hidden || (parent != NULL && !cli_is_child(row, parent)))
            continue;
        if (is_first)
            CLI_TRY(base_buf_put_text(out, "The commands are:\n.Bl -tag -width Ds\n"));
        is_first = false;
        CLI_TRY(base_buf_printf(out, ".It Cm %s\n", row->name));
        CLI_TRY(put_text(out, row->doc));
    }
    return is_first ? BASE_OK : base_buf_put_text(out, ".El\n.Pp\n");
}

static base_err put_see_also(struct base_buf *out, const struct cli_command *command)
{
    CLI_TRY(base_buf_put_text(out, ".Sh SEE ALSO\n"));
    if (command != NULL)
        return base_buf_put_text(out, ".Xr bpi-perf 1\n");
    const char *names[128];
    size_t count = 0;
    for (size_t i = 0; i < cli_command_count && count < 128; i++)
        if (!cli_commands[i].is_hidden && strchr(cli_commands[i].name, ' ') == NULL)
            names[count++] = cli_commands[i].name;
    for (size_t i = 1; i < count; i++) /* alphabetical, as manuals are */
        for (size_t j = i; j > 0 && strcmp(names[j - 1], names[j]) > 0; j--) {
            const char *swap = names[j];
            names[j] = names[j - 1];
            names[j - 1] = swap;
        }
    for (size_t i = 0; i < count; i++)
        CLI_TRY(base_buf_printf(out, ".Xr bpi-perf-%s 1%s\n", names[i], i + 1 < count ? " ," : ""));
    return BASE_OK;
}

static base_err put_examples(struct base_buf *out, const struct cli_command *command)
{
    if (command->examples[0].line == NULL)
        return BASE_OK;
    CLI_TRY(base_buf_put_text(out, ".Sh EXAMPLES\n.Bl -tag -width Ds\n"));
    for (size_t i = 0; i < CLI_EXAMPLES_MAX && command->examples[i].line != NULL; i++) {
        char doc[256];
        snprintf(doc, sizeof doc, "%s.", command->examples[i].doc);
        doc[0] = (char)toupper((unsigned char)doc[0]);
        CLI_TRY(base_buf_put_text(out, ".It Li "));
        const bool needs_quotes = strchr(command->examples[i].line, '|') != NULL;
        CLI_TRY(base_buf_put_text(out, needs_quotes ? "\"" : ""));
        for (const char *at = command->examples[i].line; *at != '\0'; at++)
            CLI_TRY(*at == '-' ? base_buf_put_text(out, "\\-") : base_buf_put(out, at, 1));
        CLI_TRY(base_buf_put_text(out, needs_quotes ? "\"\n" : "\n"));
        CLI_TRY(put_text(out, doc));
    }
    return base_buf_put_text(out, ".El\n");
}

static base_err put_surroundings(struct base_buf *out)
{
    return base_buf_put_text(
        out, ".Sh ENVIRONMENT\n.Bl -tag -width Ds\n.It Ev NO_COLOR\nNo colour in text.\n"
             ".It Ev BPI_PERF_STATE_DIR , XDG_STATE_HOME\n"
             "Where the history is kept; without them below\n.Pa ~/.local/state .\n"
             ".It Ev BPI_PERF_CONFIG_DIR , XDG_CONFIG_HOME\n"
             "Where the key that signs is kept; without them below\n.Pa ~/.config .\n.El\n");
}

static base_err put_exits(struct base_buf *out)
{
    CLI_TRY(base_buf_put_text(out, ".Sh EXIT STATUS\n.Bl -tag -width Ds\n"));
    for (size_t i = 0; i < cli_exit_count; i++) {
        CLI_TRY(base_buf_printf(out, ".It %d\n", cli_exit_table[i].status));
        CLI_TRY(put_text(out, cli_exit_table[i].doc));
    }
    return base_buf_put_text(out, ".El\n");
}

static base_err put_head(struct base_buf *out, const struct cli_command *command)
{
    char name[160], upper[160];
    snprintf(upper, sizeof upper, "%s", page_of(command, name, sizeof name));
    for (char *at = upper; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    CLI_TRY(base_buf_printf(out, ".Dd " MANUAL_DATE "\n.Dt %s 1\n.Os\n.Sh NAME\n.Nm %s\n.Nd ",
                            upper, name));
    CLI_TRY(put_text(out, command != NULL ? command->doc : "a performance laboratory"));
    CLI_TRY(base_buf_printf(out, ".Sh SYNOPSIS\n.Nm bpi-perf\n"));
    if (command == NULL)
        return base_buf_put_text(out, ".Ar COMMAND\n.Op Ar OPTIONS\n");
    CLI_TRY(base_buf_printf(out, ".Cm %s\n.Op Ar OPTIONS\n", command->name));
    return command->operands != NULL ? put_text(out, command->operands) : BASE_OK;
}

base_err cli_man_write(const struct cli_command *command, struct base_buf *out)
{
    CLI_TRY(put_head(out, command));
    CLI_TRY(base_buf_put_text(out, ".Sh DESCRIPTION\n"));
    if (command != NULL && command->about != NULL)
        CLI_TRY(put_text(out, command->about));
    else if (command != NULL)
        CLI_TRY(base_buf_printf(out, "Does what its name says: %s.\n", command->doc));
    else
        CLI_TRY(base_buf_put_text(out,
                                  "Measures programs in fresh worker processes, states times with "
                                  "confidence\nintervals, signs and keeps the runs, and judges "
                                  "them on claims.\n"));
    CLI_TRY(base_buf_put_text(out, ".Pp\n"));
    CLI_TRY(put_children(out, command));
    CLI_TRY(put_options(out, command));
    CLI_TRY(put_surroundings(out));
    CLI_TRY(put_exits(out));
    if (command != NULL)
        CLI_TRY(put_examples(out, command));
    return put_see_also(out, command);
}
