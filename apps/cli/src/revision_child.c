/* revision_child.c - the output is read while the child is watched for its end, because a build may
 * leave a server behind that keeps the pipe open, or close it and go on. */
#define _GNU_SOURCE
#include "revision_child.h"

#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POLL_MS = 20, GRACE_POLLS = 100, NOT_STARTED = 127 };

/* --- the child's side ---------------------------------------------------------------------- */

/* Only what may be called between fork and exec of a process with one thread. */
static void use_files(int input, int output)
{
    if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
        dup2(output, STDERR_FILENO) < 0)
        _exit(126);
}

static void forget_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        signal(numbers[i], SIG_DFL);
}

static void child_main(const struct cli_child_options *options, int output, int failure,
                       pid_t parent)
{
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* git tidies up on it */
    if (getppid() != parent)
        _exit(126);
    forget_signals();
    use_files(nothing, output);
    for (size_t i = 0; options->unset != NULL && options->unset[i] != NULL; i++)
        unsetenv(options->unset[i]);
    if (options->temporary != NULL)
        setenv("TMPDIR", options->temporary, 1);
    if (options->is_plain)
        setenv("LC_ALL", "C", 1);
    if (options->folder == NULL || chdir(options->folder) == 0)
        execvp(options->argv[0], (char *const *)options->argv);
    const int problem = errno;
    if (write(failure, &problem, sizeof problem) < 0)
        _exit(126);
    _exit(NOT_STARTED);
}

/* --- ours ---------------------------------------------------------------------------------- */

/* Keep the end: when the room is full, its older half goes. */
static void keep(struct cli_child *child, const char *data, size_t size)
{
    enum { HALF = CLI_CHILD_KEPT / 2 };
    while (size > 0) {
        if (child->size == CLI_CHILD_KEPT) {
            memmove(child->output, child->output + HALF, HALF);
            child->size = HALF;
            child->is_cut = true;
        }
        const size_t room = CLI_CHILD_KEPT - child->size;
        const size_t part = size < room ? size : room;
        memcpy(child->output + child->size, data, part);
        child->size += part;
        data += part;
        size -= part;
    }
}

/* What is there now; false at the end of the output. */
static bool drain(struct cli_child *child, int output)
{
    char data[4096];
    for (;;) {
        const ssize_t got = read(output, data, sizeof data);
        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        if (got == 0)
            return false;
        keep(child, data, (size_t)got);
    }
}

/* Ask the group to end, and insist later; git and make remove what is half done when asked. */
static void end_group(pid_t pid, int *polls)
{
    if ((*polls)++ == 0)
        kill(-pid, SIGTERM);
    else if (*polls >= GRACE_POLLS)
        kill(-pid, SIGKILL);
}

static base_err watch(pid_t pid, int output, struct cli_child *child, struct base_why *why)
{
    struct pollfd ready = { .fd = output, .events = POLLIN };
    int polls = 0;
    do {
        if (cli_signals_interrupted)
            end_group(pid, &polls);
        (void)poll(&ready, 1, POLL_MS); /* a signal ends it early, which is as good */
        if (ready.fd >= 0 && ready.revents != 0 && !drain(child, output))
            ready.fd = -1;
    } while (waitpid(pid, &child->status, WNOHANG) == 0);
    if (ready.fd >= 0)
        (void)drain(child, output);
    if (polls > 0)
        kill(-pid, SIGKILL); /* what is left of the group */
    return polls > 0 ? base_fail(why, BASE_EINTERRUPTED, 0, "interrupted") : BASE_OK;
}

static void close_both(const int *ends)
{
    for (size_t i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
}

static void tell(int notify, pid_t group)
{
    if (notify >= 0 && group != 0)
        (void)dprintf(notify, "%d\n", (int)group);
    else if (notify >= 0)
        (void)dprintf(notify, "\n");
}

/* 0, or why the program could not be started. */
static int start_problem(int failure)
{
    int problem = 0;
    ssize_t got = 0;
    do
        got = read(failure, &problem, sizeof problem);
    while (got < 0 && errno == EINTR);
    return got == sizeof problem ? problem : 0;
}

static base_err run_with(const struct cli_child_options *options, int *output, int *failure,
                         struct cli_child *child, struct base_why *why)
{
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0)
        child_main(options, output[1], failure[1], parent);
    if (pid < 0)
        return base_fail(why, BASE_EIO, 0, "cannot fork: %s", strerror(errno));
    (void)setpgid(pid, pid); /* both sides do it: whoever comes first */
    tell(options->notify, pid);
    close(output[1]);
    close(failure[1]);
    output[1] = failure[1] = -1;
    const int problem = start_problem(failure[0]);
    base_err err = BASE_OK;
    if (problem != 0) {
        (void)waitpid(pid, &child->status, 0);
        err = base_fail(why, problem == ENOENT ? BASE_EUNSUPPORTED : BASE_EIO, 0,
                        "cannot start '%s': %s", options->argv[0], strerror(problem));
    } else {
        err = watch(pid, output[0], child, why);
    }
    tell(options->notify, 0);
    return err;
}

base_err cli_child_run(const struct cli_child_options *options, struct cli_child *child,
                       struct base_why *why)
{
    int output[2] = { -1, -1 }, failure[2] = { -1, -1 };
    base_err err = BASE_OK;
    child->status = 0;
    child->size = 0;
    child->is_cut = false;
    if (pipe2(output, O_CLOEXEC) != 0 || pipe2(failure, O_CLOEXEC) != 0 ||
        fcntl(output[0], F_SETFL, O_NONBLOCK) != 0)
        err = base_fail(why, BASE_EIO, 0, "cannot make a pipe: %s", strerror(errno));
    if (err == BASE_OK)
        err = run_with(options, output, failure, child, why);
    close_both(output);
    close_both(failure);
    child->output[child->size] = '\0';
    return err;
}

bool cli_child_is_fine(const struct cli_child *child)
{
    return WIFEXITED(child->status) && WEXITSTATUS(child->status) == 0;
}

void cli_child_how(const struct cli_child *child, char *out, size_t size)
{
    if (WIFSIGNALED(child->status))
        snprintf(out, size, "signal %d", WTERMSIG(child->status));
    else
        snprintf(out, size, "status %d", WEXITSTATUS(child->status));
}

void cli_child_last_lines(const struct cli_child *child, char *out, size_t size)
{
    const char *end = child->output + child->size;
    while (end > child->output && (end[-1] == '\n' || end[-1] == ' '))
        end--;
    const char *begin = end;
    for (const char *at = end; at > child->output && (size_t)(end - at) + 1 < size;)
        if (*--at == '\n')
            begin = at + 1;
        else if (at == child->output)
            begin = at;
    if (begin == end) /* one line that does not fit: its end */
        begin = (size_t)(end - child->output) < size ? child->output : end - (size - 1);
    size_t used = 0;
    for (; begin < end; begin++)
        out[used++] =
            *begin != '\n' && ((unsigned char)*begin < 32 || *begin == 127) ? ' ' : *begin;
    out[used] = '\0';
}

/* --- the guard ----------------------------------------------------------------------------- */

static void guard_main(const char *script, const char *first, const char *second, int input)
{
    const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    setsid();
    use_files(input, nothing);
    close_range(STDERR_FILENO + 1, ~0U, 0);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_DFL);
    if (chdir("/") == 0)
        execlp("sh", "sh", "-c", script, "sh", first, second, (char *)NULL);
    _exit(NOT_STARTED);
}

base_err cli_child_guard(const char *script, const char *first, const char *second, pid_t *guard,
                         int *input, struct base_why *why)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return base_fail(why, BASE_EIO, 0, "cannot make a pipe: %s", strerror(errno));
    const pid_t pid = fork();
    if (pid == 0)
        guard_main(script, first, second, ends[0]);
    close(ends[0]);
    if (pid < 0) {
        close(ends[1]);
        return base_fail(why, BASE_EIO, 0, "cannot fork: %s", strerror(errno));
    }
    *guard = pid;
    *input = ends[1];
    return BASE_OK;
}
