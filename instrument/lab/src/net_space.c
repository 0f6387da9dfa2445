/* net_space.c - namespaces, made by the process that will be the emulator. It holds them by their
 * descriptors alone: when it and the caller are gone, the kernel takes them away. */
#define _GNU_SOURCE
#include "net_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static base_err file_write(const char *path, const char *text, struct base_why *why)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    const bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    const int error = errno;
    if (fd >= 0)
        close(fd);
    if (is_written)
        return BASE_OK;
    return base_fail(why, BASE_EUNSUPPORTED, 0, "%s: %s", path, strerror(error));
}

/* Everybody keeps the name they have; there is only this one user and this one group inside. */
static base_err user_space_open(struct lab_spaces *spaces, struct base_why *why)
{
    const unsigned user = geteuid(), group = getegid();
    if (unshare(CLONE_NEWUSER))
        return base_fail(why, BASE_EUNSUPPORTED, 0,
                         "this user may not make namespaces (%s): run as root, or let users do it "
                         "(sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, "
                         "kernel.apparmor_restrict_unprivileged_userns), or use the relay",
                         strerror(errno));
    char map[40];
    base_err err = file_write("/proc/self/setgroups", "deny", why);
    snprintf(map, sizeof map, "%u %u 1", user, user);
    if (!err)
        err = file_write("/proc/self/uid_map", map, why);
    snprintf(map, sizeof map, "%u %u 1", group, group);
    if (!err)
        err = file_write("/proc/self/gid_map", map, why);
    if (err)
        return err;
    spaces->user = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
    if (spaces->user < 0)
        return base_fail(why, BASE_EIO, 0, "/proc/self/ns/user: %s", strerror(errno));
    return BASE_OK;
}

/* Process 1 of the hosts' PID namespace: it does nothing but be there. What is left to it by its
 * parent is taken by the kernel (SIGCHLD is ignored). */
_Noreturn static void keeper_run(int pipe)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_NAME, "bpi-lab-keeper");
    signal(SIGCHLD, SIG_IGN);
    if (pipe != 3)
        (void)dup2(pipe, 3);
    (void)syscall(SYS_close_range, 4U, ~0U, 0U);
    char byte;
    ssize_t n;
    do
        n = read(3, &byte, 1);
    while (n > 0 || (n < 0 && errno == EINTR));
    _exit(0);
}

static base_err keeper_start(struct lab_spaces *spaces, struct base_why *why)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return base_fail(why, BASE_EIO, 0, "pipe: %s", strerror(errno));
    const pid_t pid = fork();
    if (pid == 0) {
        close(ends[1]);
        keeper_run(ends[0]);
    }
    const int error = errno;
    close(ends[0]);
    if (pid < 0) {
        close(ends[1]);
        return base_fail(why, BASE_EIO, 0, "fork: %s", strerror(error));
    }
    spaces->keeper_pipe = ends[1];
    spaces->keeper_pid = pid;
    spaces->keeper = (int)syscall(SYS_pidfd_open, pid, 0);
    spaces->pid = open("/proc/self/ns/pid_for_children", O_RDONLY | O_CLOEXEC);
    if (spaces->keeper < 0 || spaces->pid < 0)
        return base_fail(
            why, BASE_EUNSUPPORTED, 0,
            "the kernel has no pidfd_open or no /proc: %s (Linux 5.3 or later is needed)",
            strerror(errno));
    return BASE_OK;
}

static base_err net_space_open(const struct lab_net_config *config, uint32_t host,
                               struct lab_spaces *spaces, struct base_why *why)
{
    if (unshare(CLONE_NEWNET))
        return base_fail(why, BASE_EUNSUPPORTED, 0,
                         "host %u: no network namespace can be made: %s%s", host, strerror(errno),
                         errno == ENOSPC ? " (sysctl user.max_net_namespaces)" : "");
    spaces->nets[host] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (spaces->nets[host] < 0)
        return base_fail(why, BASE_EIO, 0, "/proc/self/ns/net: %s", strerror(errno));
    const uint32_t mtu_bytes = config->mtu_bytes ? config->mtu_bytes : 1500;
    base_err err;
    if (spaces->hub < 0)
        err = lab_tun_open(config->has_offload, &spaces->devices[host], why);
    else
        err = lab_veth_open(host, spaces->nets[host], spaces->hub, mtu_bytes,
                            &spaces->devices[host], &spaces->links[host], why);
    return err ? err : lab_device_set_up(host, mtu_bytes, spaces->user >= 0, why);
}

/* TUN, unless veth was asked for; where it cannot be had, but veth devices can, these. Without
 * either TUN's reason is said. */
static base_err net_spaces_open(const struct lab_net_config *config, bool has_veth,
                                uint32_t host_count, struct lab_spaces *spaces,
                                struct base_why *why)
{
    base_err err = has_veth ? lab_veth_hub(&spaces->hub, why) : BASE_OK;
    if (!err)
        err = net_space_open(config, 0, spaces, why);
    if (err == BASE_EUNSUPPORTED && !has_veth && spaces->nets[0] >= 0 && !config->has_offload) {
        close(spaces->nets[0]);
        const base_err other = lab_veth_hub(&spaces->hub, NULL);
        if (other || net_space_open(config, 0, spaces, NULL))
            return err;
        err = BASE_OK;
    }
    for (uint32_t i = 1; i < host_count && !err; i++)
        err = net_space_open(config, i, spaces, why);
    return err;
}

base_err lab_spaces_open(const struct lab_net_config *config, bool has_veth, uint32_t host_count,
                         struct lab_spaces *spaces, struct base_why *why)
{
    *spaces = (struct lab_spaces){
        .user = -1, .pid = -1, .keeper = -1, .keeper_pipe = -1, .hub = -1, .nets = { -1 }
    };
    base_err err = BASE_OK;
    if (unshare(CLONE_NEWPID)) { /* not as this user; in a user namespace of its own, perhaps */
        err = user_space_open(spaces, why);
        if (!err && unshare(CLONE_NEWPID))
            err = base_fail(why, BASE_EUNSUPPORTED, 0, "no PID namespace can be made: %s",
                            strerror(errno));
    }
    if (!err)
        err = keeper_start(spaces, why);
    return err ? err : net_spaces_open(config, has_veth, host_count, spaces, why);
}
