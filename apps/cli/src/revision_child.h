/* revision_child.h - run a program to its end, for revision.c. */
#ifndef CLI_REVISION_CHILD_H
#define CLI_REVISION_CHILD_H

#include <base/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { CLI_CHILD_KEPT = 8192 }; /* bytes of the output's end that are kept */

struct cli_child {
    int status;  /* as waitpid has it */
    size_t size; /* of what was kept */
    bool is_cut; /* something before it was not */
    char output[CLI_CHILD_KEPT + 1];
};

struct cli_child_options {
    const char *const *argv;  /* argv[0] is looked up in PATH; ended by NULL */
    const char *folder;       /* where it runs; NULL: here */
    const char *const *unset; /* names taken out of its environment, ended by NULL */
    const char *temporary; /* its TMPDIR, so that what it leaves there goes with it; NULL: ours */
    bool is_plain;         /* messages in English: LC_ALL=C */
    int notify; /* told the number of the process group on start, an empty line at its end; < 0: no
                 */
};

/* Run with an empty standard input; standard output and error are kept together. The child leads a
 * process group, dies with this process, and is ended with its group on Ctrl-C
 * (cli_signals_interrupted). Processes it left in the background are not waited for.
 *
 * Errors   EUNSUPPORTED (there is no such program), EINTERRUPTED, EIO; a status that is not 0 is
 *          none */
BASE_MUST_USE base_err cli_child_run(const struct cli_child_options *options,
                                     struct cli_child *child, struct base_why *why);

bool cli_child_is_fine(const struct cli_child *child);

/* "status 2", "signal 9" */
void cli_child_how(const struct cli_child *child, char *out, size_t size);

/* The last lines of the output that fit into `size`, without an end of line after the last; control
 * characters are blanks. */
void cli_child_last_lines(const struct cli_child *child, char *out, size_t size);

/* A shell that reads its standard input to the end, deaf to the terminal's signals; it outlives
 * this process.
 *
 *   script   of sh -c; arguments are $1, ..
 *   input    out: the writing end of its standard input
 */
BASE_MUST_USE base_err cli_child_guard(const char *script, const char *first, const char *second,
                                       pid_t *guard, int *input, struct base_why *why);

#endif
