/* exec_helper.c - one request is one byte, one answer is one struct exec_result.
 *
 * Everything that allocates (attributes, file actions) is made before the fork: the worker may have
 * threads, and after the fork only simple calls are safe.
 */
#define _GNU_SOURCE
#include "exec_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { REQUEST_RUN = 'r', REQUEST_PREPARE = 'p', HELPER_SOCKET = 3 };

/* What posix_spawn needs, for the command and for its preparation. */
struct plan {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t command_files, prepare_files;
};

/* The process group that runs now, for the signal handler of the helper; 0: none. */
static volatile sig_atomic_t running_group;

static void on_term(int number)
{
    (void)number;
    if (running_group > 0)
        kill(-(pid_t)running_group, SIGKILL);
    _exit(0);
}

static int plan_files(posix_spawn_file_actions_t *files, const struct exec_command *command)
{
    int err = posix_spawn_file_actions_init(files);
    if (err == 0)
        err = posix_spawn_file_actions_addopen(files, STDIN_FILENO, command->input, O_RDONLY, 0);
    if (err == 0 && command->output == EXEC_OUTPUT_STDERR)
        err = posix_spawn_file_actions_adddup2(files, STDERR_FILENO, STDOUT_FILENO);
    else if (err == 0)
        err = posix_spawn_file_actions_addopen(
            files, STDOUT_FILENO,
            command->output == EXEC_OUTPUT_FILE ? command->output_path : "/dev/null",
            O_WRONLY | O_CREAT | O_TRUNC, 0666);
    return err;
}

/* A fresh group, no blocked signals, default actions: whatever the worker has set is undone. */
static int plan_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int err = posix_spawnattr_init(attributes);
    if (err == 0)
        err = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                       POSIX_SPAWN_SETSIGDEF);
    if (err == 0)
        err = posix_spawnattr_setpgroup(attributes, 0);
    if (err == 0)
        err = posix_spawnattr_setsigmask(attributes, &none);
    if (err == 0)
        err = posix_spawnattr_setsigdefault(attributes, &all);
    return err;
}

static void plan_done(struct plan *plan)
{
    posix_spawnattr_destroy(&plan->attributes);
    posix_spawn_file_actions_destroy(&plan->command_files);
    posix_spawn_file_actions_destroy(&plan->prepare_files);
}

static int plan_init(struct plan *plan, const struct exec_command *command)
{
    const struct exec_command quiet = { .input = "/dev/null" };
    int err = plan_attributes(&plan->attributes);
    if (err == 0)
        err = plan_files(&plan->command_files, command);
    if (err == 0)
        err = plan_files(&plan->prepare_files, &quiet);
    return err;
}

static uint64_t time_ns(struct timeval time)
{
    return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_usec * 1000;
}

/* Wait for the first process of the group. Its group is killed while its number cannot have been
 * given to anybody else: between its end and its burial. */
static void wait_for(pid_t pid, struct exec_result *result)
{
    siginfo_t info;
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        continue;
    kill(-pid, SIGKILL);
    running_group = 0;
    struct rusage usage;
    memset(&usage, 0, sizeof usage);
    while (wait4(pid, &result->status, 0, &usage) < 0 && errno == EINTR)
        continue;
    result->user_ns = time_ns(usage.ru_utime);
    result->system_ns = time_ns(usage.ru_stime);
    result->peak_rss_bytes = (uint64_t)usage.ru_maxrss * 1024;
}

/* SIGTERM is held back while the number of the group is not known yet. */
static struct exec_result start_and_wait(const char *const *argv,
                                         const posix_spawn_file_actions_t *files,
                                         const posix_spawnattr_t *attributes)
{
    struct exec_result result = { 0 };
    sigset_t term, before;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, &before);
    pid_t pid = 0;
    result.problem = posix_spawnp(&pid, argv[0], files, attributes, (char *const *)argv, environ);
    if (result.problem == 0)
        running_group = pid;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (result.problem == 0)
        wait_for(pid, &result);
    return result;
}

/* Keep standard error and the socket; the worker's other descriptors must not live on here. */
static void helper_descriptors(int socket)
{
    const int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        _exit(1);
    if (socket != HELPER_SOCKET && dup2(socket, HELPER_SOCKET) < 0)
        _exit(1);
    if (close_range(HELPER_SOCKET + 1, ~0U, 0) != 0 ||
        fcntl(HELPER_SOCKET, F_SETFD, FD_CLOEXEC) != 0)
        _exit(1);
}

static void helper_signals(pid_t parent)
{
    setpgid(0, 0); /* so that killing the worker's group leaves time to kill the command's */
    struct sigaction action = { .sa_handler = on_term };
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGINT, SIG_IGN); /* the worker says when it is over */
    signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(0);
}

static void helper_main(const struct exec_command *command, const struct plan *plan)
{
    struct exec_result hello = { 0 };
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    hello.peak_rss_bytes = (uint64_t)usage.ru_maxrss * 1024;
    if (write(HELPER_SOCKET, &hello, sizeof hello) != (ssize_t)sizeof hello)
        _exit(1);
    char request;
    while (read(HELPER_SOCKET, &request, 1) == 1) {
        const bool is_prepare = request == REQUEST_PREPARE;
        const struct exec_result result = start_and_wait(
            is_prepare ? command->prepare : command->argv,
            is_prepare ? &plan->prepare_files : &plan->command_files, &plan->attributes);
        if (write(HELPER_SOCKET, &result, sizeof result) != (ssize_t)sizeof result)
            break;
    }
    _exit(0);
}

static base_err helper_answer(const struct exec_helper *helper, struct exec_result *result)
{
    ssize_t size;
    do
        size = recv(helper->socket, result, sizeof *result, 0);
    while (size < 0 && errno == EINTR);
    return size == (ssize_t)sizeof *result ? BASE_OK : BASE_ECRASHED;
}

static base_err helper_fork(struct exec_helper *helper, const struct exec_command *command,
                            const struct plan *plan, struct base_why *why)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return base_fail(why, BASE_EIO, 0, "no socket for the helper: %s", strerror(errno));
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
        helper_descriptors(ends[1]);
        helper_signals(parent);
        helper_main(command, plan);
    }
    const int problem = errno;
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return base_fail(why, BASE_EIO, 0, "no process for the helper: %s", strerror(problem));
    }
    *helper = (struct exec_helper){ .pid = pid, .socket = ends[0] };
    struct exec_result hello;
    if (helper_answer(helper, &hello) != BASE_OK) {
        exec_helper_close(helper);
        return base_fail(why, BASE_ECRASHED, 0, "the helper that starts commands ended at once");
    }
    helper->floor_bytes = hello.peak_rss_bytes;
    return BASE_OK;
}

base_err exec_helper_open(struct exec_helper *helper, const struct exec_command *command,
                          struct base_why *why)
{
    struct plan plan;
    const int problem = plan_init(&plan, command);
    if (problem != 0)
        return base_fail(why, BASE_EIO, 0, "the command cannot be set up: %s", strerror(problem));
    const base_err err = helper_fork(helper, command, &plan, why);
    plan_done(&plan);
    return err;
}

base_err exec_helper_run(struct exec_helper *helper, bool is_prepare, struct exec_result *result)
{
    const char request = is_prepare ? REQUEST_PREPARE : REQUEST_RUN;
    if (send(helper->socket, &request, 1, MSG_NOSIGNAL) != 1)
        return BASE_ECRASHED;
    return helper_answer(helper, result);
}

void exec_helper_close(struct exec_helper *helper)
{
    if (helper->pid <= 0)
        return;
    close(helper->socket);
    kill(helper->pid, SIGTERM);
    while (waitpid(helper->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    helper->pid = 0;
}
