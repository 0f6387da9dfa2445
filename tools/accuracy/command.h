/* command.h - run a program, keep what it says; end it when time is up or the user interrupts. */
#ifndef ACCURACY_COMMAND_H
#define ACCURACY_COMMAND_H

#include <base/buf.h>

#include <signal.h>

enum { COMMAND_WORDS_MAX = 64 };

struct command {
    const char *const *argv;                  /* NULL-terminated; looked up in PATH */
    uint64_t timeout_ns;                      /* then it is ended */
    const volatile sig_atomic_t *interrupted; /* nonzero: it is ended; may be NULL */
};

struct command_end {
    int status;             /* of its exit; 128 + signal when a signal ended it */
    double seconds;         /* wall time from start to end */
    struct base_buf output; /* standard output; base_buf_done by the caller */
    struct base_buf errors; /* standard error */
};

/* Errors: ENOTFOUND (no such program), ETIMEOUT, EINTERRUPTED, EIO; end is to be done anyway */
BASE_MUST_USE base_err command_run(const struct command *command, struct command_end *end,
                                   struct base_why *why);
void command_end_done(struct command_end *end);

#endif
