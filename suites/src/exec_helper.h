/* exec_helper.h - a tiny process that starts commands for the worker and waits for them.
 *
 * Why a process of its own: the kernel counts the memory of the process that forks into the peak
 * memory of the command, and a worker holds tens of MiB for its reference kernels. The helper is
 * forked before those exist and stays small.
 *
 * The helper and each command are process groups of their own. A command's group is killed as soon
 * as its first process has ended, so that nothing of it disturbs the next one; when the helper is
 * closed, gets SIGTERM, or its parent dies in any way, it kills the command that runs and ends.
 * A process that leaves the group (a daemon) is not followed.
 *
 * Threads   one helper, one thread at a time
 */
#ifndef SUITE_EXEC_HELPER_H
#define SUITE_EXEC_HELPER_H

#include <base/err.h>

#include <stdbool.h>
#include <sys/types.h>

enum exec_output { EXEC_OUTPUT_NULL, EXEC_OUTPUT_STDERR, EXEC_OUTPUT_FILE };

/* What to start; all texts are copied by the fork. */
struct exec_command {
    const char *const *argv;    /* NULL-terminated; argv[0] is looked up in PATH */
    const char *const *prepare; /* the same, or NULL */
    const char *input;          /* path */
    enum exec_output output;
    const char *output_path;
};

/* How one command went. */
struct exec_result {
    int problem; /* errno of starting it; 0: it was started */
    int status;  /* as wait gives it */
    uint64_t user_ns, system_ns, peak_rss_bytes;
};

struct exec_helper {
    pid_t pid;            /* 0: none */
    int socket;           /* to the helper */
    uint64_t floor_bytes; /* the helper's own memory: a command's peak cannot be seen below it */
};

/* Fork the helper. Errors: EIO (no socket, no process); why says which */
BASE_MUST_USE base_err exec_helper_open(struct exec_helper *helper,
                                        const struct exec_command *command, struct base_why *why);

/* Run the command, or with `is_prepare` the command before it, to its end.
 * Errors: ECRASHED (the helper is gone) */
BASE_MUST_USE base_err exec_helper_run(struct exec_helper *helper, bool is_prepare,
                                       struct exec_result *result);

/* Kill what runs and end the helper; accepts one that was never opened. */
void exec_helper_close(struct exec_helper *helper);

#endif
