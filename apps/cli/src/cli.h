/* cli.h - the table of commands, and what a command is given.
 *
 * One row of cli_commands is one command. Parsing, --help, the manual pages and the shell
 * completions are all made from that row, so they cannot disagree.
 * Threads   the command line runs in one thread
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <base/arena.h>
#include <base/buf.h>
#include <base/err.h>

#include <stdbool.h>

/* Return the error of a call that failed. */
#define CLI_TRY(call)                                                                              \
    do {                                                                                           \
        const base_err err_ = (call);                                                              \
        if (err_ != BASE_OK)                                                                       \
            return err_;                                                                           \
    } while (0)

/* What the program ends with; the manual page lists the same (cli_exit_table). */
enum cli_exit {
    CLI_FINE = 0,
    CLI_REFUTED = 1,    /* a claim is refuted, a gate failed, a signature does not hold */
    CLI_USAGE = 2,      /* the command line or a file it names is not right */
    CLI_UNMEASURED = 3, /* a case could not be measured, or the output could not be written */
    CLI_INTERRUPTED = 130,
    CLI_PIPE_CLOSED = 141, /* the reader of standard output went away */
};

enum {
    CLI_OPTION_TABLES_MAX = 4,
    CLI_EXAMPLES_MAX = 5,
    CLI_VALUES_MAX = 256,   /* options on one command line */
    CLI_OPERANDS_MAX = 256, /* words on one command line that are not options */
};

/* What an option takes; the parser checks it and keeps the number. */
enum cli_kind {
    CLI_FLAG,          /* nothing */
    CLI_TEXT,          /* any text */
    CLI_FILE,          /* a path */
    CLI_TIME,          /* "10s": ns */
    CLI_SECONDS,       /* "60" or "10s": ns */
    CLI_TIME_OR_COUNT, /* "10s": ns, or "3": count */
    CLI_COUNT,         /* low .. high: count */
    CLI_SIZE,          /* "1024" or "64KiB": count, low .. high */
    CLI_SHARE,         /* a number low .. high: number */
    CLI_PERCENT,       /* "5.0" or "5%": number is 0.05 */
    CLI_LIST,          /* words with commas between */
    CLI_WORD,          /* one of choices */
    CLI_WORDS,         /* some of choices, with commas between */
    CLI_PAIR,          /* two words: NAME VALUES */
};

struct cli_option {
    const char *name; /* without "--"; NULL ends a table */
    char letter;      /* 0: none */
    enum cli_kind kind;
    const char *value_name; /* "TIME"; NULL for a flag */
    const char *doc;
    const char *fallback; /* what holds without it, in words; NULL: nothing to say */
    const char *choices;  /* of CLI_WORD, CLI_WORDS: "text,json,csv" */
    double low, high;     /* of CLI_COUNT, CLI_SIZE, CLI_SHARE */
};

/* What the words are, for completion. */
enum cli_operand {
    CLI_NO_OPERAND,
    CLI_A_CASE,
    CLI_A_FILE,
    CLI_A_COMMAND,
    CLI_A_SHELL,
    CLI_A_TOPIC
};

struct cli_args;

struct cli_example {
    const char *line;
    const char *doc;
};

struct cli_command {
    const char *name;     /* "benchmark cbor" */
    const char *operands; /* "FILTER...", as the synopsis shows it; NULL: none */
    enum cli_operand operand;
    unsigned operand_min, operand_max;
    bool has_rest;     /* words after "--" are kept apart */
    const char *doc;   /* one line, no full stop */
    const char *about; /* paragraphs with blank lines between; NULL: doc says it all */
    const struct cli_option *options[CLI_OPTION_TABLES_MAX];
    struct cli_example examples[CLI_EXAMPLES_MAX];
    bool is_hidden;
    bool is_program; /* a program of this name is this command: a link to bpi-perf */
    int (*run)(const struct cli_args *args); /* NULL: only its sub-commands do something */
};

/* All commands, in the order help shows them; a command comes before its sub-commands. */
extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;

/* Options of every command: --help, --version, --quiet, --verbose, --color. */
extern const struct cli_option cli_common_options[];

struct cli_exit_row {
    int status;
    const char *doc;
};
extern const struct cli_exit_row cli_exit_table[];
extern const size_t cli_exit_count;

struct cli_value {
    const struct cli_option *option;
    const char *text;   /* as typed; NULL for a flag */
    const char *second; /* of a CLI_PAIR */
    uint64_t ns;        /* of a time */
    uint64_t count;     /* of a count or size */
    double number;      /* of a share or percentage */
    bool is_time;       /* of CLI_TIME_OR_COUNT: which one it was */
};

struct cli_args {
    const struct cli_command *command;
    struct cli_value values[CLI_VALUES_MAX];
    size_t value_count;
    const char *operands[CLI_OPERANDS_MAX];
    size_t operand_count;
    char **rest; /* [rest_count] after the first "--" */
    size_t rest_count;
    int argc; /* the whole line, for the record */
    char **argv;
};

/* Parse a command line.
 *
 *   argv   [argc] as main got it; argv[0] may be the name of a command (cli_command_started)
 *   args   out: written also on failure as far as it was understood (command may be NULL)
 *
 * Errors   EINVALID, EPARSE, ERANGE, ENOTFOUND; why names the option, its value and what is right
 */
BASE_MUST_USE base_err cli_parse(int argc, char **argv, struct cli_args *args,
                                 struct base_why *why);

/* The last value given for an option of this command, or NULL. A name that the command does not
 * have is a programmer error (assert). */
const struct cli_value *cli_value(const struct cli_args *args, const char *name);
bool cli_has(const struct cli_args *args, const char *name);
/* The text, or `fallback`. */
const char *cli_text(const struct cli_args *args, const char *name, const char *fallback);

/* The command whose name a program was started under, by a link to it; NULL: none. */
const struct cli_command *cli_command_started(const char *argv0);

/* The command of that full name, or NULL; the option of a command (common ones too), or NULL. */
const struct cli_command *cli_command_find(const char *name);
const struct cli_option *cli_option_find(const struct cli_command *command, const char *name);
bool cli_is_child(const struct cli_command *command, const struct cli_command *parent);

/* The entry of a list of words (ended by NULL) that is nearest to what was typed, or NULL when none
 * is near. Source: Damerau, CACM 7 (1964) 171 (optimal string alignment) */
const char *cli_nearest(const char *typed, const char *const *words);

/* Made from the table, appended to a buffer. */
BASE_MUST_USE base_err cli_help_write(const struct cli_command *command, struct base_buf *out);
BASE_MUST_USE base_err cli_man_write(const struct cli_command *command, struct base_buf *out);
BASE_MUST_USE base_err cli_complete_write(const char *shell, struct base_buf *out);

/* Text broken at blanks to lines of at most `width` columns, each after `indent` blanks; a blank
 * line stays one. The first line is not indented. */
BASE_MUST_USE base_err cli_wrap(struct base_buf *out, const char *text, size_t indent,
                                size_t width);

/* Say an error on standard error ("bpi-perf: error: ...") and return the exit status it means. */
int cli_complain(base_err err, const struct base_why *why);
/* The same for a mistake on the command line, with where to read on; returns CLI_USAGE. */
int cli_complain_usage(const struct cli_args *args, const struct base_why *why);

#endif
