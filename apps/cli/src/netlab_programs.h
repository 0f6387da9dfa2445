/* netlab_programs.h - programs on hosts: their output, line by line with the host's name before it,
 * and their end. */
#ifndef CLI_NETLAB_PROGRAMS_H
#define CLI_NETLAB_PROGRAMS_H

#include "netlab.h"

#include <sys/types.h>

/* What a program writes to one of its descriptors, until a line is whole. */
struct cli_netlab_stream {
    int fd; /* -1: closed */
    struct base_buf text;
};

struct cli_netlab_program {
    uint32_t host;
    const char *const *argv; /* [.., NULL] */
    bool is_awaited;         /* the run lasts until it has ended */
    pid_t pid;               /* 0: was not started */
    bool is_running;
    bool is_told; /* we ended it: how it ends is not judged */
    bool is_killed;
    int exit_code, exit_signal;          /* when it has ended; one of them is 0 */
    struct cli_netlab_stream streams[2]; /* output, error */
};

struct cli_netlab_programs {
    struct cli_netlab *lab;
    struct cli_netlab_program *items; /* [count] */
    size_t count;
    size_t name_width;   /* of the longest name, so that texts stand below each other */
    bool has_color[2];   /* standard output and error are terminals */
    bool is_output_gone; /* our own standard output has no reader or no room */
    bool is_pipe_closed; /* and it is the reader */
};

/* Start all of them. What was started is ended by cli_netlab_programs_end. Errors: those of
 * lab_net_spawn, EIO; why names the host. */
BASE_MUST_USE base_err cli_netlab_programs_start(struct cli_netlab_programs *programs,
                                                 struct base_why *why);
/* Wait for output or an end, at most so long, and pass lines on. */
void cli_netlab_programs_step(struct cli_netlab_programs *programs, int timeout_ms);
/* Does one still run that is awaited? */
bool cli_netlab_programs_run(const struct cli_netlab_programs *programs);
/* SIGTERM to what runs, SIGKILL after `grace_ns`, the last lines. Frees the streams. */
void cli_netlab_programs_end(struct cli_netlab_programs *programs, uint64_t grace_ns);

#endif
