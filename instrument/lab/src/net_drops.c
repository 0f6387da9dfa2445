/* net_drops.c - what the kernel dropped because a device's queue was full: the emulator never saw
 * it. Read in the namespaces by a forked child, so that the emulator is not disturbed. */
#define _GNU_SOURCE
#include "net_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIELD_SENT_DROPS = 11, TEXT_MAX = 8192 };

/* The twelfth number of lab0's line in /proc/net/dev (proc(5)). */
static uint64_t drops_of(const char *text)
{
    const char *at = strstr(text, LAB_DEVICE ":");
    if (!at)
        return 0;
    at += strlen(LAB_DEVICE ":");
    uint64_t value = 0;
    for (int i = 0; i <= FIELD_SENT_DROPS; i++) {
        char *end;
        value = strtoull(at, &end, 10);
        at = end;
    }
    return value;
}

static uint64_t drops_here(void)
{
    char text[TEXT_MAX];
    const int fd = open("/proc/self/net/dev", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    const ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return drops_of(text);
}

_Noreturn static void count(const struct lab_net *net, int socket)
{
    uint64_t sum = 0;
    int error = lab_net_join(net, 0, false);
    for (uint32_t i = 0; i < net->host_count && !error; i++) {
        if (i > 0 && setns(net->net_spaces[i], 0))
            error = errno;
        else
            sum += drops_here();
    }
    _exit(error || lab_pass_send(socket, &sum, sizeof sum, NULL, 0, NULL) ? 1 : 0);
}

base_err lab_net_device_drops(struct lab_net *net, uint64_t *drops, struct base_why *why)
{
    if (!lab_back_end_has_spaces(net->back_end)) {
        *drops = 0;
        return BASE_OK;
    }
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        return base_fail(why, BASE_EIO, 0, "socketpair: %s", strerror(errno));
    const pid_t pid = fork();
    if (pid == 0)
        count(net, ends[1]);
    close(ends[1]);
    uint64_t sum = 0;
    base_err err = pid < 0 ? base_fail(why, BASE_EIO, 0, "fork: %s", strerror(errno))
                           : lab_pass_receive(ends[0], &sum, sizeof sum, NULL, NULL, -1, why);
    close(ends[0]);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (err)
        return base_fail_prefix(why, BASE_EIO, "the devices' counts");
    *drops = sum;
    return BASE_OK;
}
