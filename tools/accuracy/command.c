/* command.c - the child leads a process group, so that what it started ends with it. */
#define _GNU_SOURCE
#include "command.h"

#include <bench/clock.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POLL_MS = 100, GRACE_MS = 2000, STREAMS = 2 };

struct pipes {
    int ends[STREAMS + 1][2]; /* output, errors, and the reason why it could not start */
};

static bool pipes_open(struct pipes *pipes)
{
    memset(pipes, -1, sizeof *pipes);
    for (int i = 0; i <= STREAMS; i++)
        if (pipe2(pipes->ends[i], O_CLOEXEC) != 0)
            return false;
    return true;
}

static void pipes_close(struct pipes *pipes)
{
    for (int i = 0; i <= STREAMS; i++)
        for (int k = 0; k < 2; k++)
            if (pipes->ends[i][k] >= 0)
                close(pipes->ends[i][k]);
}

static void child(const struct command *command, struct pipes *pipes, pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(126);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(pipes->ends[0][1], STDOUT_FILENO);
    dup2(pipes->ends[1][1], STDERR_FILENO);
    execvp(command->argv[0], (char *const *)command->argv);
    const int problem = errno;
    _exit(write(pipes->ends[STREAMS][1], &problem, sizeof problem) < 0 ? 126 : 127);
}

/* Read until both streams end. */
static base_err listen(const struct command *command, struct pipes *pipes, uint64_t start_ns,
                       struct command_end *end)
{
    struct pollfd fds[STREAMS] = { { pipes->ends[0][0], POLLIN, 0 },
                                   { pipes->ends[1][0], POLLIN, 0 } };
    struct base_buf *const streams[STREAMS] = { &end->output, &end->errors };
    for (int open_count = STREAMS; open_count > 0;) {
        if (command->interrupted != NULL && *command->interrupted)
            return BASE_EINTERRUPTED;
        if (bench_clock_now_ns() - start_ns > command->timeout_ns)
            return BASE_ETIMEOUT;
        if (poll(fds, STREAMS, POLL_MS) < 0 && errno != EINTR)
            return BASE_EIO;
        for (int i = 0; i < STREAMS; i++) {
            char part[4096];
            if (fds[i].fd < 0 || fds[i].revents == 0)
                continue;
            const ssize_t got = read(fds[i].fd, part, sizeof part);
            if (got > 0 && base_buf_put(streams[i], part, (size_t)got) != BASE_OK)
                return BASE_ENOMEM;
            if (got == 0 || (got < 0 && errno != EINTR)) {
                fds[i].fd = -1;
                open_count--;
            }
        }
    }
    return BASE_OK;
}

/* Politely first: what it started and made is for it to end and to remove. */
static void put_an_end(pid_t pid, int *status)
{
    kill(-pid, SIGTERM);
    for (int ms = 0; ms < GRACE_MS; ms += POLL_MS) {
        if (waitpid(pid, status, WNOHANG) == pid) {
            kill(-pid, SIGKILL);
            return;
        }
        poll(NULL, 0, POLL_MS); /* sleep: nothing is timed while it cleans up */
    }
    kill(-pid, SIGKILL);
    waitpid(pid, status, 0);
}

static base_err finish(const struct command *command, struct pipes *pipes, pid_t pid,
                       struct command_end *end, struct base_why *why)
{
    int problem = 0, status = 0;
    if (read(pipes->ends[STREAMS][0], &problem, sizeof problem) == (ssize_t)sizeof problem) {
        waitpid(pid, &status, 0);
        return base_fail(why, BASE_ENOTFOUND, 0, "cannot start '%s': %s", command->argv[0],
                         strerror(problem));
    }
    const uint64_t start_ns = bench_clock_now_ns();
    const base_err err = listen(command, pipes, start_ns, end);
    if (err == BASE_OK)
        waitpid(pid, &status, 0);
    else
        put_an_end(pid, &status);
    end->seconds = (double)(bench_clock_now_ns() - start_ns) * 1e-9;
    end->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return err == BASE_OK ? err
                          : base_fail(why, err, 0, "'%s' was ended: %s", command->argv[0],
                                      err == BASE_ETIMEOUT       ? "it took too long"
                                      : err == BASE_EINTERRUPTED ? "interrupted"
                                                                 : "its words could not be read");
}

base_err command_run(const struct command *command, struct command_end *end, struct base_why *why)
{
    *end = (struct command_end){ 0 };
    struct pipes pipes;
    const pid_t parent = getpid();
    const pid_t pid = pipes_open(&pipes) ? fork() : -1;
    if (pid == 0)
        child(command, &pipes, parent);
    base_err err = BASE_OK;
    if (pid < 0)
        err =
            base_fail(why, BASE_EIO, 0, "cannot start '%s': %s", command->argv[0], strerror(errno));
    for (int i = 0; pid > 0 && i <= STREAMS; i++) {
        close(pipes.ends[i][1]);
        pipes.ends[i][1] = -1;
    }
    if (pid > 0) {
        setpgid(pid, pid); /* whoever is first, parent or child */
        err = finish(command, &pipes, pid, end, why);
    }
    pipes_close(&pipes);
    return err;
}

void command_end_done(struct command_end *end)
{
    base_buf_done(&end->output);
    base_buf_done(&end->errors);
}
