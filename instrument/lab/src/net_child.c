/* net_child.c - the emulator's process, from its first breath to its last.
 *
 * It must end with its caller, however that ends: the kernel kills it when the thread that made it
 * is gone (PR_SET_PDEATHSIG, checked against a caller that was gone before), it watches the
 * caller's pidfd, and it sees the end of the control socket. What it holds ends with it. */
#define _GNU_SOURCE
#include "net_internal.h"
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONTROL = 3 }; /* where the control socket is, in this process */

/* Nothing of the caller's is kept: a copy of a descriptor here would keep a pipe open that somebody
 * else waits for the end of. Standard error stays, for what a sanitizer may have to say. */
static void inherited_close(int control)
{
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int high = fcntl(control, F_DUPFD, CONTROL + 1); /* it may be a standard one itself */
    if (null >= 0) {
        (void)dup2(null, STDIN_FILENO);
        (void)dup2(null, STDOUT_FILENO);
    }
    (void)dup2(high, CONTROL);
    if (syscall(SYS_close_range, CONTROL + 1U, ~0U, 0U) != 0)
        for (int fd = CONTROL + 1; fd < (int)sysconf(_SC_OPEN_MAX); fd++)
            close(fd);
    (void)fcntl(CONTROL, F_SETFD, FD_CLOEXEC);
}

static void signals_reset(void)
{
    for (int i = 1; i < NSIG; i++)
        if (i != SIGKILL && i != SIGSTOP)
            signal(i, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void become_own(const struct lab_child *child)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != child->caller)
        _exit(1);
    (void)prctl(PR_SET_NAME, "bpi-lab");
    (void)setsid(); /* Ctrl-C is for the caller, who then ends this */
    signals_reset();
    inherited_close(child->control);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)!setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static base_err captures_open(const struct lab_net_config *config, struct lab_tun *tun,
                              struct base_why *why)
{
    base_err err = BASE_OK;
    for (uint32_t i = 0; i < tun->host_count && config->capture_folder && !err; i++)
        err = lab_pcap_open(config->capture_folder, config->topology->hosts[i].name, &tun->pcaps[i],
                            why);
    return err;
}

_Noreturn static void hello_fail(base_err err, const struct base_why *why)
{
    struct lab_hello hello = { .err = err };
    memcpy(hello.text, why->text, sizeof hello.text);
    const base_err sent = lab_pass_send(CONTROL, &hello, sizeof hello, NULL, 0, NULL);
    _exit(sent ? 2 : 1);
}

static base_err hello_send(const struct lab_spaces *spaces, uint32_t host_count,
                           struct base_why *why)
{
    struct lab_hello hello = { .err = BASE_OK };
    if (!spaces)
        return lab_pass_send(CONTROL, &hello, sizeof hello, NULL, 0, why);
    int fds[LAB_DESCRIPTORS_MAX];
    size_t count = 0;
    fds[count++] = spaces->keeper;
    fds[count++] = spaces->pid;
    for (uint32_t i = 0; i < host_count; i++)
        fds[count++] = spaces->nets[i];
    hello.has_user_space = spaces->user >= 0;
    hello.has_veth = spaces->hub >= 0;
    if (hello.has_user_space)
        fds[count++] = spaces->user;
    return lab_pass_send(CONTROL, &hello, sizeof hello, fds, count, why);
}

static base_err run_hosts(const struct lab_child *child, struct lab_emulator *e,
                          const struct lab_spaces *spaces, struct base_why *why)
{
    static struct lab_tun tun; /* of this process, which does nothing else */
    tun.host_count = child->host_count;
    tun.head_size = child->config->has_offload ? LAB_VIRTIO_SIZE : 0;
    memcpy(tun.fds, spaces->devices, sizeof tun.fds);
    tun.links = spaces->hub >= 0 ? spaces->links : NULL;
    e->io = &lab_tun_io;
    e->context = &tun;
    base_err err = captures_open(child->config, &tun, why);
    if (!err)
        err = lab_tun_init(&tun, e, why);
    if (!err)
        err = hello_send(spaces, child->host_count, why);
    if (!err)
        lab_emulator_run(e);
    for (uint32_t i = 0; i < tun.host_count; i++)
        lab_pcap_close(tun.pcaps[i]);
    return err;
}

static base_err run_in_spaces(const struct lab_child *child, struct lab_emulator *e,
                              struct base_why *why)
{
    struct lab_spaces spaces;
    const bool has_veth = child->back_end == LAB_BACK_VETH;
    base_err err = lab_spaces_open(child->config, has_veth, child->host_count, &spaces, why);
    if (!err)
        err = run_hosts(child, e, &spaces, why);
    if (spaces.keeper_pipe >= 0) { /* the last that others wait for */
        close(spaces.keeper_pipe);
        (void)!waitpid(spaces.keeper_pid, NULL, 0);
    }
    return err;
}

static base_err run_relay(const struct lab_child *child, struct lab_emulator *e,
                          struct base_why *why)
{
    struct lab_relay *relay = NULL;
    base_err err = lab_relay_new(child->config, e, &relay, why);
    if (!err)
        err = hello_send(NULL, 0, why);
    if (!err) {
        if (e->caller >= 0) /* it sees the caller's end, and then has programs to end */
            (void)prctl(PR_SET_PDEATHSIG, 0);
        lab_emulator_run(e);
        lab_relay_end(relay);
    }
    return err;
}

_Noreturn void lab_net_child(const struct lab_child *child)
{
    static struct lab_emulator e;
    struct base_why why = { 0 };
    become_own(child);
    e.topology = child->config->topology;
    e.fabric = child->fabric;
    e.stats = child->stats;
    e.spin_ns = child->config->spin_ns;
    e.control = CONTROL;
    e.caller = (int)syscall(SYS_pidfd_open, child->caller, 0);
    if (getppid() != child->caller)
        _exit(1);
    base_err err = lab_ahead_begin(&e.ahead, child->config->core, &why);
    if (!err)
        err = lab_emulator_init(&e, &why);
    if (!err)
        err = lab_back_end_has_spaces(child->back_end) ? run_in_spaces(child, &e, &why)
                                                       : run_relay(child, &e, &why);
    if (err)
        hello_fail(err, &why);
    _exit(0);
}
