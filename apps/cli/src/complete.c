/* complete.c - completion scripts, from the table.
 *
 * bash and zsh share one function over the words typed so far (zsh runs it through bashcompinit);
 * fish has its own list of rules. Names of cases come from "benchmark list --names" at the time of
 * completion, so a new case needs no new script. */
#include "cli.h"
#include "commands.h"
#include "output.h"

#include <string.h>

static const char bash_head[] =
    "_bpi_perf() {\n"
    "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
    "  local line='' word i subs='' options='' flags='' operand=''\n"
    "  case \"${COMP_WORDS[0]##*/}\" in\n";
static const char bash_words[] = ") line=${COMP_WORDS[0]##*/} ;;\n"
                                 "  esac\n"
                                 "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
                                 "    word=${COMP_WORDS[i]}\n"
                                 "    case \"$line${line:+ }$word\" in\n";
static const char bash_values[] =
    "  if [[ $cur == -* ]]; then\n"
    "    COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
    "    return\n"
    "  fi\n"
    "  case \"$operand\" in\n"
    "    case) subs+=\" $(bpi-perf benchmark list --names 2>/dev/null)\" ;;\n"
    "    file) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
    "    command) COMPREPLY=($(compgen -c -f -- \"$cur\")); return ;;\n"
    "    shell) subs+=' bash zsh fish' ;;\n"
    "  esac\n"
    "  COMPREPLY=($(compgen -W \"$subs\" -- \"$cur\"))\n"
    "}\n"
    "complete -o filenames -F _bpi_perf bpi-perf";

/* The names of the programs that are links to this one, each after `before`. */
static base_err put_programs(struct base_buf *out, const char *before)
{
    for (size_t i = 0; i < cli_command_count; i++)
        if (cli_commands[i].is_program)
            CLI_TRY(base_buf_printf(out, "%s%s", before, cli_commands[i].name));
    return BASE_OK;
}

static const char *operand_word(enum cli_operand operand)
{
    static const char *const words[] = { "", "case", "file", "command", "shell", "topic" };
    return words[operand];
}

/* The words that may follow a command (NULL: the program): "list run". */
static base_err put_child_words(struct base_buf *out, const struct cli_command *parent)
{
    const size_t skip = parent != NULL ? strlen(parent->name) + 1 : 0;
    for (size_t i = 0; i < cli_command_count; i++) {
        const struct cli_command *row = &cli_commands[i];
        if (row->is_hidden || (parent != NULL && !cli_is_child(row, parent)))
            continue;
        if (strchr(row->name + skip, ' ') == NULL)
            CLI_TRY(base_buf_printf(out, "%s ", row->name + skip));
    }
    return BASE_OK;
}

static base_err put_option_words(struct base_buf *out, const struct cli_option *table)
{
    for (; table != NULL && table->name != NULL; table++)
        CLI_TRY(base_buf_printf(out, "--%s ", table->name));
    return BASE_OK;
}

/* What takes no value here may take one elsewhere. */
static base_err put_flag_words(struct base_buf *out, const struct cli_option *table)
{
    for (; table != NULL && table->name != NULL; table++)
        if (table->kind == CLI_FLAG)
            CLI_TRY(base_buf_printf(out, "--%s ", table->name));
    return BASE_OK;
}

static base_err put_bash_command(struct base_buf *out, const struct cli_command *command)
{
    CLI_TRY(base_buf_printf(out, "    '%s') subs='", command != NULL ? command->name : ""));
    if (command == NULL || command->operand != CLI_A_TOPIC)
        CLI_TRY(put_child_words(out, command));
    else
        CLI_TRY(put_child_words(out, NULL));
    CLI_TRY(base_buf_put_text(out, "' options='"));
    for (size_t i = 0; command != NULL && i < CLI_OPTION_TABLES_MAX; i++)
        CLI_TRY(put_option_words(out, command->options[i]));
    CLI_TRY(put_option_words(out, cli_common_options));
    CLI_TRY(base_buf_put_text(out, "' flags=' "));
    for (size_t i = 0; command != NULL && i < CLI_OPTION_TABLES_MAX; i++)
        CLI_TRY(put_flag_words(out, command->options[i]));
    return base_buf_printf(out, "' operand='%s' ;;\n",
                           command != NULL ? operand_word(command->operand) : "");
}

/* One rule for each option with choices or a file; the same name means the same everywhere. */
static base_err put_bash_values(struct base_buf *out, const struct cli_option *table,
                                const struct base_buf *before)
{
    for (; table != NULL && table->name != NULL; table++) {
        char mark[80];
        struct base_buf name = { 0 };
        base_buf_init_fixed(&name, mark, sizeof mark);
        CLI_TRY(base_buf_printf(&name, "    --%s)", table->name));
        const bool is_known =
            out->size > before->size && strstr(base_buf_text(out) + before->size, mark) != NULL;
        if (is_known || table->kind == CLI_FLAG)
            continue;
        if (table->kind == CLI_FILE)
            CLI_TRY(base_buf_printf(out, "%s COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n",
                                    mark));
        else if (table->choices != NULL)
            CLI_TRY(base_buf_printf(out,
                                    "%s COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n",
                                    mark, table->choices));
        else
            CLI_TRY(base_buf_printf(out, "%s COMPREPLY=(); return ;;\n", mark));
    }
    return BASE_OK;
}

static base_err put_bash(struct base_buf *out)
{
    CLI_TRY(base_buf_put_text(out, bash_head));
    CLI_TRY(base_buf_put_text(out, "    -")); /* no program's name */
    CLI_TRY(put_programs(out, "|"));
    CLI_TRY(base_buf_put_text(out, bash_words));
    CLI_TRY(base_buf_put_text(out, "      "));
    for (size_t i = 0; i < cli_command_count; i++)
        if (!cli_commands[i].is_hidden)
            CLI_TRY(base_buf_printf(out, "%s'%s'", i > 0 ? "|" : "", cli_commands[i].name));
    CLI_TRY(base_buf_put_text(out, ") line=\"$line${line:+ }$word\" ;;\n    esac\n  done\n"
                                   "  case \"$line\" in\n"));
    CLI_TRY(put_bash_command(out, NULL));
    for (size_t i = 0; i < cli_command_count; i++)
        if (!cli_commands[i].is_hidden)
            CLI_TRY(put_bash_command(out, &cli_commands[i]));
    CLI_TRY(base_buf_put_text(out, "  esac\n  [[ $flags == *\" $prev \"* ]] && prev=\n"
                                   "  local IFS=$' \\t\\n,'\n  case \"$prev\" in\n"));
    const struct base_buf before = *out;
    for (size_t i = 0; i < cli_command_count; i++)
        for (size_t k = 0; k < CLI_OPTION_TABLES_MAX; k++)
            CLI_TRY(put_bash_values(out, cli_commands[i].options[k], &before));
    CLI_TRY(put_bash_values(out, cli_common_options, &before));
    CLI_TRY(base_buf_put_text(out, "  esac\n"));
    CLI_TRY(base_buf_put_text(out, bash_values));
    CLI_TRY(put_programs(out, " "));
    return base_buf_put_text(out, "\n");
}

/* Text inside '...' of fish: a quote and a backslash take a backslash. */
static base_err put_fish_text(struct base_buf *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        CLI_TRY(base_buf_printf(out, "%s%c", *at == '\'' || *at == '\\' ? "\\" : "", *at));
    return BASE_OK;
}

static base_err put_fish_option(struct base_buf *out, const char *program, const char *when,
                                const struct cli_option *option)
{
    CLI_TRY(base_buf_printf(out, "complete -c %s -n '%s' -l %s", program, when, option->name));
    if (option->letter != 0)
        CLI_TRY(base_buf_printf(out, " -s %c", option->letter));
    if (option->kind != CLI_FLAG)
        CLI_TRY(base_buf_put_text(out, option->kind == CLI_FILE ? " -r -F" : " -x"));
    if (option->choices != NULL)
        CLI_TRY(base_buf_printf(out, " -a '(string split , %s)'", option->choices));
    CLI_TRY(base_buf_put_text(out, " -d '"));
    CLI_TRY(put_fish_text(out, option->doc));
    return base_buf_put_text(out, "'\n");
}

/* A rule holds when the line begins with the command's words. */
static base_err put_fish_when(struct base_buf *when, const char *name)
{
    return base_buf_printf(when, "__bpi_perf_at %s", name);
}

static base_err put_fish_command(struct base_buf *out, const struct cli_command *command)
{
    struct base_buf when = { 0 };
    char memory[160];
    base_buf_init_fixed(&when, memory, sizeof memory);
    CLI_TRY(put_fish_when(&when, command->name));
    for (size_t i = 0; i < CLI_OPTION_TABLES_MAX; i++)
        for (const struct cli_option *row = command->options[i]; row != NULL && row->name != NULL;
             row++)
            if (cli_option_find(command, row->name) == row)
                CLI_TRY(put_fish_option(out, "bpi-perf", memory, row));
    if (command->operand == CLI_A_CASE)
        CLI_TRY(base_buf_printf(out,
                                "complete -c bpi-perf -n '%s' -a '(bpi-perf benchmark list --names "
                                "2>/dev/null)'\n",
                                memory));
    if (command->operand == CLI_A_FILE || command->operand == CLI_A_COMMAND)
        CLI_TRY(base_buf_printf(out, "complete -c bpi-perf -n '%s' -F\n", memory));
    if (command->operand == CLI_A_SHELL)
        CLI_TRY(base_buf_printf(out, "complete -c bpi-perf -n '%s' -a 'bash zsh fish'\n", memory));
    return BASE_OK;
}

/* A program that is this command: its options, and those of every command. */
static base_err put_fish_program(struct base_buf *out, const struct cli_command *command)
{
    CLI_TRY(base_buf_printf(out, "complete -c %s -f\n", command->name));
    for (size_t i = 0; i < CLI_OPTION_TABLES_MAX; i++)
        for (const struct cli_option *row = command->options[i]; row != NULL && row->name != NULL;
             row++)
            if (cli_option_find(command, row->name) == row)
                CLI_TRY(put_fish_option(out, command->name, "true", row));
    for (const struct cli_option *row = cli_common_options; row->name != NULL; row++)
        CLI_TRY(put_fish_option(out, command->name, "true", row));
    return BASE_OK;
}

/* The last word of a command is offered where its parents have been typed. */
static base_err put_fish_word(struct base_buf *out, const struct cli_command *command)
{
    const char *last = strrchr(command->name, ' ');
    const int parent_size = last != NULL ? (int)(last - command->name) : 0;
    CLI_TRY(base_buf_printf(out, "complete -c bpi-perf -n '__bpi_perf_at_end %.*s' -a %s -d '",
                            parent_size, command->name, last != NULL ? last + 1 : command->name));
    CLI_TRY(put_fish_text(out, command->doc));
    return base_buf_put_text(out, "'\n");
}

static base_err put_fish(struct base_buf *out)
{
    CLI_TRY(base_buf_put_text(out, "function __bpi_perf_words\n"
                                   "  commandline -opc | string match -v -- '-*'\n"
                                   "end\n"
                                   "function __bpi_perf_at\n"
                                   "  set -l words (__bpi_perf_words)[2..-1]\n"
                                   "  string match -q -- \"$argv*\" \"$words\"\n"
                                   "end\n"
                                   "function __bpi_perf_at_end\n"
                                   "  set -l words (__bpi_perf_words)[2..-1]\n"
                                   "  test \"$words\" = \"$argv\"\n"
                                   "end\n"
                                   "complete -c bpi-perf -f\n"));
    for (const struct cli_option *row = cli_common_options; row->name != NULL; row++)
        CLI_TRY(put_fish_option(out, "bpi-perf", "true", row));
    for (size_t i = 0; i < cli_command_count; i++) {
        if (cli_commands[i].is_hidden)
            continue;
        CLI_TRY(put_fish_word(out, &cli_commands[i]));
        CLI_TRY(put_fish_command(out, &cli_commands[i]));
        if (cli_commands[i].is_program)
            CLI_TRY(put_fish_program(out, &cli_commands[i]));
    }
    return BASE_OK;
}

base_err cli_complete_write(const char *shell, struct base_buf *out)
{
    static const char zsh_head[] = "\n"
                                   "autoload -U +X bashcompinit && bashcompinit\n";
    static const char zsh_tail[] = /* when this file is itself the function that was autoloaded */
        "if (( ${+compstate} )); then _bash_complete -o filenames -F _bpi_perf; fi\n";
    if (strcmp(shell, "fish") == 0)
        return put_fish(out);
    if (strcmp(shell, "zsh") == 0) {
        CLI_TRY(base_buf_put_text(out, "#compdef bpi-perf"));
        CLI_TRY(put_programs(out, " "));
        CLI_TRY(base_buf_put_text(out, zsh_head));
        CLI_TRY(put_bash(out));
        return base_buf_put_text(out, zsh_tail);
    }
    if (strcmp(shell, "bash") != 0)
        return BASE_ENOTFOUND;
    return put_bash(out);
}

int cli_cmd_completions(const struct cli_args *args)
{
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    const base_err err = cli_complete_write(args->operands[0], &out);
    if (err == BASE_ENOTFOUND) {
        (void)base_fail(&why, err, 0, "completions: '%s' is not one of bash, zsh, fish",
                        args->operands[0]);
        return cli_complain_usage(args, &why);
    }
    return err == BASE_OK ? cli_output_finish(&out, NULL, CLI_FINE) : cli_complain(err, NULL);
}
