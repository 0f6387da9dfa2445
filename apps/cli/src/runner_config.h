/* runner_config.h - the TOML configuration of benchmark-runner: every key is one row of a table.
 *
 * Threads   no shared state
 * Ownership texts of a configuration live in the arena it was read into
 */
#ifndef CLI_RUNNER_CONFIG_H
#define CLI_RUNNER_CONFIG_H

#include "cli.h"

enum { CLI_RUNNER_KEYS_MAX = 224 };

/* What a key's value is. */
enum cli_runner_kind {
    CLI_RUNNER_TEXT,
    CLI_RUNNER_WORD,    /* one of choices */
    CLI_RUNNER_WORDS,   /* a list of choices, at least one */
    CLI_RUNNER_COUNT,   /* a whole number low .. high */
    CLI_RUNNER_NUMBER,  /* a number low .. high */
    CLI_RUNNER_NUMBERS, /* a list of such, at least one */
    CLI_RUNNER_BOOL,
};

struct cli_runner_key {
    const char *section; /* "targets.layer1_ifr" */
    const char *key;
    enum cli_runner_kind kind;
    double low, high;
    const char *choices;  /* "lru,lfu" */
    const char *fallback; /* as it stands in a file, lists without brackets and quotes */
    const char *doc;      /* what it does here; NULL: nothing yet */
    const char *lack;     /* why it does nothing; NULL when doc is there */
};

/* In the order of the sections; the last row has no section. */
extern const struct cli_runner_key cli_runner_keys[];

struct cli_runner_setting {
    unsigned line;    /* of the file; 0: not said there */
    const char *text; /* of texts, words and lists (with commas between) */
    double number;
    bool is_true;
};

struct cli_runner_config {
    struct cli_runner_setting settings[CLI_RUNNER_KEYS_MAX]; /* as cli_runner_keys */
};

/* Every key at its default. */
void cli_runner_config_init(struct cli_runner_config *config);

/* Settings of a document on top.
 *
 *   path    for the sentences
 *   config  changed as far as was read when a mistake was found
 *   why     at: line; "bench.toml:14: execution.default_flow_count: 0 is not between 1 and
 * 100000000"
 *
 * Errors   ENOTFOUND (an unknown section or key; why names the nearest), EPARSE (not TOML, a value
 *          of another type), ERANGE, EINVALID (none of the choices), ENOMEM
 */
BASE_MUST_USE base_err cli_runner_config_parse(struct base_span text, const char *path,
                                               struct base_arena *arena,
                                               struct cli_runner_config *config,
                                               struct base_why *why);
/* The same for a file. Errors: as above; ENOTFOUND too when there is no such file, EIO */
BASE_MUST_USE base_err cli_runner_config_read(const char *path, struct base_arena *arena,
                                              struct cli_runner_config *config,
                                              struct base_why *why);

/* A setting by its whole name, "execution.default_flow_count"; unknown: a programmer error. */
const struct cli_runner_setting *cli_runner_setting(const struct cli_runner_config *config,
                                                    const char *name);

#endif
