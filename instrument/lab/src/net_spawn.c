/* net_spawn.c - programs on hosts.
 *
 * A forked go-between joins the host's namespaces and clones the program's process with
 * CLONE_PARENT: a child of the caller, which can wait for it and signal it as any other, but inside
 * the namespaces, where it dies with the keeper. The go-between may do only what is safe after a
 * fork in a program with threads, so everything that allocates is done before. */
#define _GNU_SOURCE
#include "net_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROGRAM_PATH_MAX = 4096, END_TIMEOUT_MS = 10000 };

/* What the go-between and the program's process say through a pipe that exec closes. */
struct note {
    pid_t pid;         /* of the program's process; 0: this is a failure */
    int error;         /* errno */
    const char *where; /* a string constant */
};

struct start {
    struct lab_net *net;
    uint32_t host;
    const char *path;
    const char *const *argv;
    int fds[3];
    int pipe;
    int gate[2]; /* with the relay: the program waits until the emulator knows of it */
};

int lab_net_join(const struct lab_net *net, uint32_t host, bool with_pids)
{
    if (!lab_back_end_has_spaces(net->back_end))
        return 0;
    if (net->user_space >= 0 && setns(net->user_space, CLONE_NEWUSER))
        return errno;
    if (setns(net->net_spaces[host], CLONE_NEWNET))
        return errno;
    if (with_pids && setns(net->pid_space, CLONE_NEWPID))
        return errno;
    return 0;
}

static bool is_program(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode) && access(path, X_OK) == 0;
}

/* As execvp looks for it. */
static base_err find(const char *name, char path[PROGRAM_PATH_MAX], struct base_why *why)
{
    const char *folder = getenv("PATH");
    const size_t size = strlen(name);
    if (strchr(name, '/'))
        folder = "";
    else if (!folder)
        folder = "/usr/local/bin:/usr/bin:/bin";
    for (;;) {
        const size_t head = strcspn(folder, ":");
        if (head + 1 + size + 1 <= PROGRAM_PATH_MAX) {
            memcpy(path, folder, head);
            path[head] = '/';
            memcpy(path + head + (head > 0), name, size + 1);
            if (is_program(path))
                return BASE_OK;
        }
        if (folder[head] == '\0')
            return base_fail(why, BASE_ENOTFOUND, 0, "%s: there is no such program%s", name,
                             strchr(name, '/') ? "" : " in PATH");
        folder += head + 1;
    }
}

_Noreturn static void fail(const struct start *start, const char *where, int error)
{
    const struct note note = { 0, error, where };
    (void)!write(start->pipe, &note, sizeof note);
    _exit(127);
}

/* In a user namespace of its own a program keeps its user, and may still do to its host what
 * concerns the network: ports below 1024, raw sockets, addresses and queues. */
static void capabilities_keep(void)
{
    static const int kept[] = { CAP_NET_BIND_SERVICE, CAP_NET_RAW, CAP_NET_ADMIN };
    struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2];
    if (geteuid() == 0 || syscall(SYS_capget, &head, data))
        return;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        data[0].inheritable |= data[0].permitted & (1u << kept[i]);
    if (syscall(SYS_capset, &head, data))
        return;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept[i], 0, 0);
}

/* Above the standard ones first, so that none is overwritten before it is used. */
static void descriptors_set(const struct start *start)
{
    int high[3];
    for (int i = 0; i < 3; i++) {
        int fd = start->fds[i];
        if (fd < 0 && i == 0)
            fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        high[i] = fcntl(fd < 0 ? i : fd, F_DUPFD_CLOEXEC, 3);
        if (high[i] < 0 && start->fds[i] >= 0)
            fail(start, "its descriptors", errno);
    }
    for (int i = 0; i < 3; i++)
        if (high[i] >= 0 && dup2(high[i], i) < 0)
            fail(start, "its descriptors", errno);
    (void)syscall(SYS_close_range, 3U, ~0U, 1U << 2); /* CLOSE_RANGE_CLOEXEC */
}

/* A caller that is killed before it opens the gate leaves a program that nobody would end. */
static void gate_wait(const struct start *start)
{
    char byte;
    ssize_t n;
    close(start->gate[1]);
    do
        n = read(start->gate[0], &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n != 1)
        _exit(127);
}

static base_err gate_open(struct start *start, pid_t pid, struct base_why *why)
{
    const struct lab_request request = { .kind = LAB_REQUEST_WATCH, .pid = pid };
    struct lab_reply reply;
    base_err err = lab_net_ask(start->net, &request, NULL, 0, &reply, why);
    if (!err && write(start->gate[1], "", 1) != 1)
        err = base_fail(why, BASE_EIO, 0, "write: %s", strerror(errno));
    close(start->gate[1]); /* without a byte it goes no further */
    start->gate[1] = -1;
    return err;
}

_Noreturn static void program_run(const struct start *start)
{
    (void)setpgid(0, 0);
    if (start->net->back_end == LAB_BACK_RELAY)
        gate_wait(start);
    if (start->net->user_space >= 0)
        capabilities_keep();
    descriptors_set(start);
    for (int i = 1; i < NSIG; i++) /* what was ignored stays ignored through exec, but for these */
        if (i == SIGPIPE || i == SIGINT || i == SIGTERM || i == SIGQUIT || i == SIGCHLD)
            signal(i, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv(start->path, (char *const *)start->argv);
    fail(start, start->path, errno);
}

/* fork, but the child is the caller's. A process with one thread that calls nothing which knows
 * its own thread needs no more than the bare system call. */
static pid_t clone_for_caller(void)
{
    return (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
}

_Noreturn static void go_between(const struct start *start)
{
    const int error = lab_net_join(start->net, start->host, true);
    if (error)
        fail(start, "its host's namespaces", error);
    const pid_t pid = clone_for_caller();
    if (pid == 0)
        program_run(start);
    if (pid < 0)
        fail(start, "clone", errno);
    const struct note note = { pid, 0, NULL };
    (void)!write(start->pipe, &note, sizeof note);
    _exit(0);
}

static void programs_prune(struct lab_net *net)
{
    size_t kept = 0;
    for (size_t i = 0; i < net->program_count; i++) {
        siginfo_t info = { 0 };
        const bool is_there =
            waitid(P_PIDFD, (id_t)net->programs[i].pidfd, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
        if (is_there)
            net->programs[kept++] = net->programs[i];
        else
            close(net->programs[i].pidfd);
    }
    net->program_count = kept;
}

static base_err programs_reserve(struct lab_net *net, struct base_why *why)
{
    programs_prune(net);
    if (net->program_count < net->program_capacity)
        return BASE_OK;
    const size_t capacity = 2 * net->program_capacity + 16;
    struct lab_program *const programs = realloc(net->programs, capacity * sizeof *programs);
    if (!programs)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a program");
    net->programs = programs;
    net->program_capacity = capacity;
    return BASE_OK;
}

/* With a relay there is no keeper: what leads a group is killed with its group. An emulator that
 * does not end its programs in time is killed, and its keeper with it. */
void lab_programs_done(struct lab_net *net)
{
    for (size_t i = 0; i < net->program_count; i++) {
        const struct lab_program *const program = &net->programs[i];
        siginfo_t info = { 0 };
        if (net->back_end == LAB_BACK_RELAY &&
            waitid(P_PIDFD, (id_t)program->pidfd, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
            kill(-program->pid, SIGKILL);
        struct pollfd wait = { program->pidfd, POLLIN, 0 };
        if (poll(&wait, 1, END_TIMEOUT_MS) == 0 && !lab_net_is_ended(net))
            lab_net_kill(net);
        while (waitid(P_PIDFD, (id_t)program->pidfd, &info, WEXITED) < 0 && errno == EINTR)
            ;
        close(program->pidfd);
    }
    net->program_count = 0;
}

/* Read what the two processes say until both have closed the pipe; the program's pid, or why not.
 */
static base_err notes_read(struct start *start, int pipe, pid_t *pid, struct base_why *why)
{
    struct note note, failure = { 0, 0, NULL };
    base_err err = BASE_OK;
    ssize_t n;
    *pid = 0;
    while ((n = read(pipe, &note, sizeof note)) == sizeof note || (n < 0 && errno == EINTR)) {
        if (n > 0 && note.pid > 0) {
            *pid = note.pid;
            if (start->net->back_end == LAB_BACK_RELAY)
                err = gate_open(start, note.pid, why);
        } else if (n > 0) {
            failure = note;
        }
    }
    if (!err && failure.where)
        err = base_fail(why, failure.error == ENOENT ? BASE_ENOTFOUND : BASE_EIO, 0,
                        "%s cannot be started: %s: %s", start->argv[0], failure.where,
                        failure.error == ENOMEM ? "the laboratory has ended"
                                                : strerror(failure.error));
    if (!err && *pid == 0)
        err = base_fail(why, BASE_EIO, 0, "%s cannot be started", start->argv[0]);
    return err;
}

static void reap(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* Fork the go-between and hear what became of it; *pid is the caller's to wait for even on failure
 * (0: there is none). */
static base_err start_run(struct start *start, pid_t *pid, struct base_why *why)
{
    int ends[2];
    *pid = 0;
    if (pipe2(ends, O_CLOEXEC))
        return base_fail(why, BASE_EIO, 0, "pipe: %s", strerror(errno));
    start->pipe = fcntl(ends[1], F_DUPFD_CLOEXEC, 3); /* out of the way of standard ones */
    int error = errno;
    close(ends[1]);
    if (start->pipe < 0) {
        close(ends[0]);
        return base_fail(why, BASE_EIO, 0, "a pipe's descriptor: %s", strerror(error));
    }
    const pid_t between = fork();
    if (between == 0)
        go_between(start);
    error = errno;
    close(start->pipe);
    base_err err = BASE_OK;
    if (between < 0)
        err = base_fail(why, BASE_EIO, 0, "fork: %s", strerror(error));
    else
        err = notes_read(start, ends[0], pid, why);
    close(ends[0]);
    if (between > 0)
        reap(between);
    return err;
}

static base_err start_gated(struct start *start, pid_t *pid, struct base_why *why)
{
    if (start->net->back_end != LAB_BACK_RELAY)
        return start_run(start, pid, why);
    *pid = 0;
    if (pipe2(start->gate, O_CLOEXEC))
        return base_fail(why, BASE_EIO, 0, "pipe: %s", strerror(errno));
    const base_err err = start_run(start, pid, why);
    close(start->gate[0]);
    if (start->gate[1] >= 0)
        close(start->gate[1]);
    return err;
}

static base_err program_add(struct lab_net *net, pid_t pid, struct base_why *why)
{
    const int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0)
        return base_fail(why, BASE_EIO, 0, "pidfd_open: %s", strerror(errno));
    net->programs[net->program_count++] = (struct lab_program){ pid, pidfd };
    return BASE_OK;
}

base_err lab_net_spawn(struct lab_net *net, uint32_t host, const char *const *argv,
                       const int fds[3], pid_t *out, struct base_why *why)
{
    if (host >= net->host_count)
        return base_fail(why, BASE_ERANGE, 0, "host %u is not one of %u", host, net->host_count);
    char path[PROGRAM_PATH_MAX];
    base_err err = find(argv[0], path, why);
    if (!err && lab_net_is_ended(net))
        err = base_fail(why, BASE_EIO, 0, "the emulator has ended");
    if (!err)
        err = programs_reserve(net, why);
    if (err)
        return err;
    struct start start = { .net = net, .host = host, .path = path, .argv = argv };
    for (int i = 0; i < 3; i++)
        start.fds[i] = fds ? fds[i] : -1;
    pid_t pid;
    err = start_gated(&start, &pid, why);
    if (!err)
        err = program_add(net, pid, why);
    if (err && pid > 0) {
        kill(pid, SIGKILL);
        reap(pid);
    }
    if (!err)
        *out = pid;
    return err;
}

base_err lab_net_socket(struct lab_net *net, uint32_t host, int family, int type, int protocol,
                        int *fd, struct base_why *why)
{
    if (!lab_back_end_has_spaces(net->back_end))
        return base_fail(why, BASE_EUNSUPPORTED, 0,
                         "with the relay a host is no place for a socket of its own");
    if (host >= net->host_count)
        return base_fail(why, BASE_ERANGE, 0, "host %u is not one of %u", host, net->host_count);
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        return base_fail(why, BASE_EIO, 0, "socketpair: %s", strerror(errno));
    const pid_t pid = fork();
    if (pid == 0) {
        int error = lab_net_join(net, host, false);
        const int made = error ? -1 : socket(family, type | SOCK_CLOEXEC, protocol);
        if (!error && made < 0)
            error = errno;
        _exit(lab_pass_send(ends[1], &error, sizeof error, &made, made >= 0, NULL) != BASE_OK);
    }
    close(ends[1]);
    int error = errno;
    size_t count = 1;
    base_err err = pid < 0 ? base_fail(why, BASE_EIO, 0, "fork: %s", strerror(error))
                           : lab_pass_receive(ends[0], &error, sizeof error, fd, &count, -1, why);
    if (!err && error)
        err = base_fail(why, BASE_EIO, 0, "host %u: socket: %s", host, strerror(error));
    close(ends[0]);
    if (pid > 0)
        reap(pid);
    return err;
}
