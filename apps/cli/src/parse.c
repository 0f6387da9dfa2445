/* parse.c - a command line against the table of commands.
 *
 * Leading words pick the longest command name that matches; then options and words may mix until
 * "--". getopt_long is not used because it keeps its state in globals, cannot tell "unknown" from
 * "ambiguous" in a sentence, and knows nothing of values. */
#include "cli.h"

#include <base/units.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

const struct cli_command *cli_command_find(const char *name)
{
    for (size_t i = 0; i < cli_command_count; i++)
        if (strcmp(cli_commands[i].name, name) == 0)
            return &cli_commands[i];
    return NULL;
}

const struct cli_command *cli_command_started(const char *argv0)
{
    const char *slash = strrchr(argv0, '/');
    const struct cli_command *command = cli_command_find(slash != NULL ? slash + 1 : argv0);
    return command != NULL && command->is_program ? command : NULL;
}

bool cli_is_child(const struct cli_command *command, const struct cli_command *parent)
{
    const size_t size = strlen(parent->name);
    return strncmp(command->name, parent->name, size) == 0 && command->name[size] == ' ';
}

static const struct cli_option *find_in(const struct cli_option *table, const char *name,
                                        char letter)
{
    for (; table != NULL && table->name != NULL; table++)
        if (name != NULL ? strcmp(table->name, name) == 0 : table->letter == letter)
            return table;
    return NULL;
}

static const struct cli_option *find_option(const struct cli_command *command, const char *name,
                                            char letter)
{
    const struct cli_option *option = NULL;
    for (size_t i = 0; command != NULL && option == NULL && i < CLI_OPTION_TABLES_MAX; i++)
        option = find_in(command->options[i], name, letter);
    return option != NULL ? option : find_in(cli_common_options, name, letter);
}

const struct cli_option *cli_option_find(const struct cli_command *command, const char *name)
{
    return find_option(command, name, 0);
}

const struct cli_value *cli_value(const struct cli_args *args, const char *name)
{
    assert(cli_option_find(args->command, name) != NULL);
    for (size_t i = args->value_count; i > 0; i--)
        if (strcmp(args->values[i - 1].option->name, name) == 0)
            return &args->values[i - 1];
    return NULL;
}

bool cli_has(const struct cli_args *args, const char *name)
{
    return cli_value(args, name) != NULL;
}

const char *cli_text(const struct cli_args *args, const char *name, const char *fallback)
{
    const struct cli_value *value = cli_value(args, name);
    return value != NULL ? value->text : fallback;
}

/* Is `word` (of that size) one of the words in "a,b,c"? */
static bool is_choice(const char *choices, const char *word, size_t size)
{
    for (const char *at = choices; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strcspn(at, ",") == size && strncmp(at, word, size) == 0)
            return true;
    }
    return false;
}

static base_err check_words(const struct cli_option *option, const char *text, struct base_why *why)
{
    const char *at = text;
    do {
        const size_t size = option->kind == CLI_WORD ? strlen(at) : strcspn(at, ",");
        if (!is_choice(option->choices, at, size))
            return base_fail(why, BASE_EINVALID, 0, "'%.*s' is not one of %s", (int)size, at,
                             option->choices);
        at += size;
    } while (*at++ == ',');
    return BASE_OK;
}

static base_err check_size(const struct cli_option *option, struct cli_value *value,
                           struct base_why *why)
{
    const base_err err = base_units_parse_size(value->text, false, &value->count, why);
    if (err == BASE_OK &&
        ((double)value->count < option->low || (double)value->count > option->high))
        return base_fail(why, BASE_ERANGE, 0, "'%s' is not within %.0f and %.0f bytes", value->text,
                         option->low, option->high);
    return err;
}

static base_err check_time_or_count(struct cli_value *value, struct base_why *why)
{
    value->is_time = base_units_parse_time(value->text, &value->ns, NULL) == BASE_OK;
    if (value->is_time ||
        base_units_parse_count(value->text, 0, 1000000, &value->count, NULL) == BASE_OK)
        return BASE_OK;
    return base_fail(why, BASE_EPARSE, 0, "'%s' is neither a time (3s) nor a count (5)",
                     value->text);
}

static base_err check_seconds(struct cli_value *value, struct base_why *why)
{
    double seconds = 0;
    if (base_units_parse_time(value->text, &value->ns, NULL) == BASE_OK)
        return BASE_OK;
    if (base_units_parse_number(value->text, 0, 1e9, &seconds, NULL) != BASE_OK)
        return base_fail(why, BASE_EPARSE, 0, "'%s' is neither seconds (60) nor a time (10s)",
                         value->text);
    value->ns = (uint64_t)(seconds * 1e9);
    return BASE_OK;
}

static base_err check_value(struct cli_value *value, struct base_why *why)
{
    const struct cli_option *option = value->option;
    switch (option->kind) {
    case CLI_TIME:
        return base_units_parse_time(value->text, &value->ns, why);
    case CLI_SECONDS:
        return check_seconds(value, why);
    case CLI_TIME_OR_COUNT:
        return check_time_or_count(value, why);
    case CLI_COUNT:
        return base_units_parse_count(value->text, (uint64_t)option->low, (uint64_t)option->high,
                                      &value->count, why);
    case CLI_SIZE:
        return check_size(option, value, why);
    case CLI_SHARE:
        return base_units_parse_number(value->text, option->low, option->high, &value->number, why);
    case CLI_PERCENT:
        return base_units_parse_percent(value->text, &value->number, why);
    case CLI_WORD:
    case CLI_WORDS:
        return check_words(option, value->text, why);
    case CLI_FILE:
    case CLI_LIST:
        return *value->text != '\0' ? BASE_OK
                                    : base_fail(why, BASE_EPARSE, 0, "the value is empty");
    case CLI_FLAG:
    case CLI_TEXT:
    case CLI_PAIR:
        return BASE_OK;
    }
    return BASE_OK;
}

/* One option with the value that stands after '=' (or right after its letter), or in the next
 * words; *index moves over what was used. */
static base_err take_option(struct cli_args *args, const struct cli_option *option,
                            const char *attached, int *index, struct base_why *why)
{
    if (args->value_count == CLI_VALUES_MAX)
        return base_fail(why, BASE_EFULL, 0, "more than %d options", CLI_VALUES_MAX);
    struct cli_value value = { .option = option, .text = attached };
    if (option->kind == CLI_FLAG && attached != NULL)
        return base_fail(why, BASE_EINVALID, 0, "--%s takes no value, but has '%s'", option->name,
                         attached);
    if (option->kind != CLI_FLAG && attached == NULL) {
        if (*index + 1 >= args->argc)
            return base_fail(why, BASE_EINVALID, 0, "--%s needs a value: --%s %s", option->name,
                             option->name, option->value_name);
        value.text = args->argv[++*index];
    }
    if (option->kind == CLI_PAIR) {
        if (*index + 1 >= args->argc)
            return base_fail(why, BASE_EINVALID, 0, "--%s needs two values: --%s %s", option->name,
                             option->name, option->value_name);
        value.second = args->argv[++*index];
    }
    const base_err err = check_value(&value, why);
    if (err != BASE_OK)
        return base_fail_prefix(why, err, "--%s", option->name);
    args->values[args->value_count++] = value;
    return BASE_OK;
}

enum { WORDS_MAX = 128 };

static void add_names(const struct cli_option *table, const char **words, size_t *count)
{
    for (; table != NULL && table->name != NULL && *count + 1 < WORDS_MAX; table++)
        words[(*count)++] = table->name;
}

static base_err unknown_option(const struct cli_command *command, const char *typed, size_t size,
                               struct base_why *why)
{
    const char *words[WORDS_MAX] = { 0 };
    size_t count = 0;
    for (size_t i = 0; command != NULL && i < CLI_OPTION_TABLES_MAX; i++)
        add_names(command->options[i], words, &count);
    add_names(cli_common_options, words, &count);
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)size, typed);
    const char *nearest = cli_nearest(name, words);
    const char *of = command != NULL ? command->name : "bpi-perf";
    if (nearest != NULL)
        return base_fail(why, BASE_ENOTFOUND, 0, "%s has no option --%s; the nearest is --%s", of,
                         name, nearest);
    return base_fail(why, BASE_ENOTFOUND, 0, "%s has no option --%s", of, name);
}

static base_err take_long(struct cli_args *args, int *index, struct base_why *why)
{
    const char *typed = args->argv[*index] + 2;
    const size_t size = strcspn(typed, "=");
    char name[64];
    if (size < sizeof name) {
        snprintf(name, sizeof name, "%.*s", (int)size, typed);
        const struct cli_option *option = find_option(args->command, name, 0);
        if (option != NULL)
            return take_option(args, option, typed[size] == '=' ? typed + size + 1 : NULL, index,
                               why);
    }
    return unknown_option(args->command, typed, size, why);
}

/* "-qn NAME", "-nNAME": flags may be put together, the last may have a value. */
static base_err take_letters(struct cli_args *args, int *index, struct base_why *why)
{
    for (const char *at = args->argv[*index] + 1; *at != '\0'; at++) {
        const struct cli_option *option = find_option(args->command, NULL, *at);
        if (option == NULL)
            return base_fail(why, BASE_ENOTFOUND, 0, "%s has no option -%c",
                             args->command != NULL ? args->command->name : "bpi-perf", *at);
        const bool is_flag = option->kind == CLI_FLAG;
        const base_err err =
            take_option(args, option, is_flag || at[1] == '\0' ? NULL : at + 1, index, why);
        if (err != BASE_OK || !is_flag)
            return err;
    }
    return BASE_OK;
}

/* Extend the command by one word, when the longer name is a command too. */
static bool take_command_word(struct cli_args *args, const char *word)
{
    char name[128];
    if (args->command == NULL)
        snprintf(name, sizeof name, "%s", word);
    else
        snprintf(name, sizeof name, "%s %s", args->command->name, word);
    const struct cli_command *longer = cli_command_find(name);
    if (longer != NULL)
        args->command = longer;
    return longer != NULL;
}

/* The commands that could stand where `word` does: the children of `parent`. */
static base_err unknown_command(const struct cli_command *parent, const char *word,
                                struct base_why *why)
{
    const char *words[WORDS_MAX] = { 0 };
    size_t count = 0;
    for (size_t i = 0; i < cli_command_count && count + 1 < WORDS_MAX; i++) {
        const struct cli_command *row = &cli_commands[i];
        if (row->is_hidden || (parent != NULL && !cli_is_child(row, parent)))
            continue;
        const char *last = parent != NULL ? row->name + strlen(parent->name) + 1 : row->name;
        if (strchr(last, ' ') == NULL)
            words[count++] = last;
    }
    const char *nearest = cli_nearest(word, words);
    const char *of = parent != NULL ? parent->name : "bpi-perf";
    if (nearest != NULL)
        return base_fail(why, BASE_ENOTFOUND, 0, "%s has no command '%s'; the nearest is '%s'", of,
                         word, nearest);
    return base_fail(why, BASE_ENOTFOUND, 0, "%s has no command '%s'", of, word);
}

static bool has_children(const struct cli_command *command)
{
    for (size_t i = 0; i < cli_command_count; i++)
        if (cli_is_child(&cli_commands[i], command))
            return true;
    return false;
}

static base_err take_word(struct cli_args *args, const char *word, struct base_why *why)
{
    if (args->operand_count == 0 && take_command_word(args, word))
        return BASE_OK;
    if (args->command == NULL)
        return unknown_command(NULL, word, why);
    if (args->operand_count >= args->command->operand_max)
        return has_children(args->command)
                   ? unknown_command(args->command, word, why)
                   : base_fail(why, BASE_EINVALID, 0, "%s: '%s' is one word too many",
                               args->command->name, word);
    if (args->operand_count == CLI_OPERANDS_MAX)
        return base_fail(why, BASE_EFULL, 0, "more than %d words", CLI_OPERANDS_MAX);
    args->operands[args->operand_count++] = word;
    return BASE_OK;
}

static base_err check_whole(const struct cli_args *args, struct base_why *why)
{
    if (args->command == NULL || cli_has(args, "help") || cli_has(args, "version"))
        return BASE_OK;
    for (size_t i = 0; i < args->value_count; i++) /* an option may stand before a sub-command */
        if (cli_option_find(args->command, args->values[i].option->name) == NULL)
            return base_fail(why, BASE_ENOTFOUND, 0, "%s has no option --%s", args->command->name,
                             args->values[i].option->name);
    if (args->rest_count > 0 && !args->command->has_rest)
        return base_fail(why, BASE_EINVALID, 0, "%s takes no words after --", args->command->name);
    if (args->operand_count + args->rest_count < args->command->operand_min)
        return base_fail(why, BASE_EINVALID, 0, "%s needs %s", args->command->name,
                         args->command->operands);
    return BASE_OK;
}

base_err cli_parse(int argc, char **argv, struct cli_args *args, struct base_why *why)
{
    *args = (struct cli_args){ .argc = argc, .argv = argv };
    if (argc > 0)
        args->command = cli_command_started(argv[0]);
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        base_err err;
        if (strcmp(word, "--") == 0) {
            args->rest = argv + i + 1;
            args->rest_count = (size_t)(argc - i - 1);
            break;
        }
        if (strncmp(word, "--", 2) == 0)
            err = take_long(args, &i, why);
        else if (word[0] == '-' && word[1] != '\0')
            err = take_letters(args, &i, why);
        else
            err = take_word(args, word, why);
        if (err != BASE_OK)
            return err;
    }
    return check_whole(args, why);
}
