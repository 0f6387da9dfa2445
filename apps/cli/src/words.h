/* words.h - a command line as one text, and as words; {NAME} in it. */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include "cli.h"

#include <bench/case.h>

/* Separates the words of the exec case's argv. */
#define CLI_WORD_SEPARATOR '\x1f'

/* Split at blanks; '...', "..." and backslashes as in a shell, but nothing is expanded.
 *
 *   joined   out: the words with CLI_WORD_SEPARATOR between, in the arena
 *
 * Errors   EPARSE (a quote that does not end, no word at all), EINVALID (holds the separator),
 *          ENOMEM
 */
BASE_MUST_USE base_err cli_words_split(const char *text, struct base_arena *arena,
                                       const char **joined, struct base_why *why);

/* `count` words with `separator` between. Errors: EINVALID (one holds the separator), ENOMEM */
BASE_MUST_USE base_err cli_words_join(char *const *words, size_t count, char separator,
                                      struct base_arena *arena, const char **joined,
                                      struct base_why *why);

/* Put the value of each argument where the text says {NAME}.
 *   used   [count] set where a name was found; others are left alone. Errors: ENOMEM */
BASE_MUST_USE base_err cli_words_fill(const char *text, const struct bench_arg *args, size_t count,
                                      bool *used, struct base_arena *arena, const char **filled);

/* The words as one text that a shell would read back: quotes where they are needed. */
BASE_MUST_USE base_err cli_words_quote(struct base_buf *out, const char *word);

#endif
