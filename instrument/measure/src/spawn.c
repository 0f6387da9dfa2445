/* spawn.c - the child gets one socket as its standard input and output, a pipe as its standard
 * error, its own process group, and dies with us. */
#define _GNU_SOURCE
#include "spawn_internal.h"

#include <base/rng.h>
#include <bench/clock.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGV_MAX = 256, LAYOUT_BYTES_MAX = 4096 };

struct ends { /* what the child is given, and the pipe on which it says why it could not start */
    int socket[2];
    int noise[2];
    int failure[2];
};

static void ends_close(struct ends *ends)
{
    int *all = (int *)ends;
    for (size_t i = 0; i < sizeof *ends / sizeof(int); i++)
        if (all[i] > 2)
            close(all[i]);
}

static base_err ends_open(struct ends *ends, struct base_why *why)
{
    memset(ends, -1, sizeof *ends);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends->socket) != 0 ||
        pipe2(ends->noise, O_CLOEXEC) != 0 || pipe2(ends->failure, O_CLOEXEC) != 0) {
        ends_close(ends);
        return base_fail(why, BASE_EIO, 0, "cannot make a socket pair: %s", strerror(errno));
    }
    return BASE_OK;
}

static bool build_argv(const struct wire_options *options, const char **argv)
{
    size_t count = 0;
    const char *const *const parts[] = { options->wrap, options->argv };
    for (size_t p = 0; p < 2; p++)
        for (size_t i = 0; parts[p] != NULL && parts[p][i] != NULL; i++) {
            if (count + 2 >= ARGV_MAX)
                return false;
            argv[count++] = parts[p][i];
        }
    argv[count++] = "--worker";
    argv[count] = NULL;
    return true;
}

/* An environment variable of random length moves the stack: layout is part of what differs between
 * processes (Mytkowicz et al., ASPLOS 2009), so every process gets another one. */
static void shift_layout(uint64_t seed)
{
    char padding[LAYOUT_BYTES_MAX + 1];
    struct base_rng rng;
    base_rng_init(&rng, seed);
    const size_t size = base_rng_below(&rng, LAYOUT_BYTES_MAX);
    memset(padding, 'x', size);
    padding[size] = '\0';
    setenv("BENCH_LAYOUT", padding, 1);
}

static void bind_cpus(const struct wire_options *options)
{
    if (options->cpu_count == 0)
        return;
    cpu_set_t set;
    CPU_ZERO(&set);
    for (size_t i = 0; i < options->cpu_count; i++)
        CPU_SET(options->cpus[i], &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        _exit(126);
}

/* Private memory that is mapped, not what is resident: a request beyond it fails at once, where the
 * case asks for it. */
static void limit_memory(const struct wire_options *options)
{
    const struct rlimit limit = { options->memory_limit_bytes, options->memory_limit_bytes };
    if (options->memory_limit_bytes > 0 && setrlimit(RLIMIT_DATA, &limit) != 0)
        _exit(126);
}

static void child_main(const struct wire_options *options, const char **argv, struct ends *ends,
                       pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(126);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    dup2(ends->socket[1], STDIN_FILENO);
    dup2(ends->socket[1], STDOUT_FILENO);
    dup2(ends->noise[1], STDERR_FILENO);
    bind_cpus(options);
    limit_memory(options);
    shift_layout(options->layout_seed);
    execvp(argv[0], (char *const *)argv);
    const int problem = errno;
    if (write(ends->failure[1], &problem, sizeof problem) < 0)
        _exit(126);
    _exit(127);
}

static base_err wait_for_exec(struct wire *wire, struct ends *ends, const char *program,
                              struct base_why *why)
{
    int problem = 0;
    ssize_t got = 0;
    do
        got = read(ends->failure[0], &problem, sizeof problem);
    while (got < 0 && errno == EINTR);
    if (got != sizeof problem)
        return BASE_OK; /* closed by a successful exec */
    waitpid(wire->pid, NULL, 0);
    wire->pid = 0;
    return base_fail(why, BASE_ENOTFOUND, 0, "cannot start '%s': %s", program, strerror(problem));
}

base_err spawn_worker(struct wire *wire, const struct wire_options *options, struct base_why *why)
{
    const char *argv[ARGV_MAX];
    if (options->argv == NULL || options->argv[0] == NULL || !build_argv(options, argv))
        return base_fail(why, BASE_EINVALID, 0, "a worker needs a program and fewer than %d words",
                         ARGV_MAX);
    struct ends ends;
    base_err err = ends_open(&ends, why);
    if (err != BASE_OK)
        return err;
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0)
        child_main(options, argv, &ends, parent);
    if (pid < 0) {
        ends_close(&ends);
        return base_fail(why, BASE_EIO, 0, "cannot fork: %s", strerror(errno));
    }
    setpgid(pid, pid); /* whoever is first, parent or child */
    wire->pid = pid;
    wire->channel = (struct channel){ .fd = ends.socket[0],
                                      .out_fd = ends.socket[0],
                                      .noise_fd = ends.noise[0] };
    ends.socket[0] = ends.noise[0] = -1;
    close(ends.failure[1]);
    ends.failure[1] = -1;
    err = wait_for_exec(wire, &ends, argv[0], why);
    ends_close(&ends);
    if (err != BASE_OK)
        channel_done(&wire->channel);
    return err;
}

void spawn_reap(struct wire *wire, int wait_ms, char *how, size_t how_size)
{
    int status = 0;
    pid_t ended = 0;
    snprintf(how, how_size, "did not end");
    for (int waited = 0; wire->pid > 0 && ended == 0; waited++) {
        ended = waitpid(wire->pid, &status, WNOHANG);
        if (ended != 0 || waited >= wait_ms)
            break;
        /* sleep: polling for the end of a child, bounded by wait_ms; nothing is timed here */
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    if (wire->pid > 0)
        kill(-wire->pid, SIGKILL);
    if (wire->pid > 0 && ended == 0)
        waitpid(wire->pid, NULL, 0);
    else if (ended > 0 && WIFSIGNALED(status))
        snprintf(how, how_size, "was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else if (ended > 0 && WIFEXITED(status))
        snprintf(how, how_size, "ended with status %d", WEXITSTATUS(status));
    wire->pid = 0;
}
