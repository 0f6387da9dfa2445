/* lab_kernel.c - dumpcap says "File: NAME" when it captures and "Packets received/dropped on
 * interface 'lab0': N/M" when it ends. */
#define _GNU_SOURCE
#include "lab_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_MS = 10000, END_MS = 20000, TEXT_SIZE = 4096, PATH_SIZE = 4096 };

/* kernels hand over blocks of packets after at most a quarter of a second */
static const struct timespec held_time = { 0, 500000000 };

/* Read until the text has `wanted`, or to its end when that is NULL. */
static base_err hear(int fd, const char *wanted, int timeout_ms, char text[TEXT_SIZE],
                     struct base_why *why)
{
    size_t size = 0;
    text[0] = '\0';
    while (size + 1 < TEXT_SIZE) {
        struct pollfd wait = { fd, POLLIN, 0 };
        const int ready = poll(&wait, 1, timeout_ms);
        if (ready < 0 && errno == EINTR)
            continue;
        const ssize_t n = ready > 0 ? read(fd, text + size, TEXT_SIZE - 1 - size) : -1;
        if (ready == 0)
            return base_fail(why, BASE_ETIMEOUT, 0, "dumpcap says nothing more: %s", text);
        if (n <= 0)
            break;
        size += (size_t)n;
        text[size] = '\0';
        if (wanted && strstr(text, wanted))
            return BASE_OK;
    }
    return wanted ? base_fail(why, BASE_EIO, 0, "dumpcap: %s", text) : BASE_OK;
}

base_err lab_kernel_start(struct lab_net *net, uint32_t host, const char *folder,
                          const char *host_name, uint16_t port, struct lab_kernel *kernel,
                          struct base_why *why)
{
    char path[PATH_SIZE], filter[32], text[TEXT_SIZE];
    int ends[2];
    if (snprintf(path, sizeof path, "%s/%s.kernel.pcapng", folder, host_name) >= PATH_SIZE)
        return base_fail(why, BASE_EIO, 0, "%s: the path is too long", folder);
    snprintf(filter, sizeof filter, "udp port %u", port);
    if (pipe2(ends, O_CLOEXEC))
        return base_fail(why, BASE_EIO, 0, "pipe: %s", strerror(errno));
    const char *const argv[] = { "dumpcap", "-i",   "lab0", "-q", "-B", "64",
                                 "-f",      filter, "-w",   path, NULL };
    const int fds[3] = { -1, ends[1], ends[1] };
    base_err err = lab_net_spawn(net, host, argv, fds, &kernel->pid, why);
    close(ends[1]);
    if (!err)
        err = hear(ends[0], "File:", START_MS, text, why);
    if (err)
        close(ends[0]); /* the laboratory ends what runs */
    else
        kernel->said = ends[0];
    return err;
}

base_err lab_kernel_stop(struct lab_kernel *kernel, struct base_why *why)
{
    char text[TEXT_SIZE];
    unsigned long long received = 0, dropped = 0;
    int status = 0;
    nanosleep(&held_time, NULL);
    kill(kernel->pid, SIGINT);
    base_err err = hear(kernel->said, NULL, END_MS, text, why);
    if (err)
        kill(kernel->pid, SIGKILL);
    while (waitpid(kernel->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(kernel->said);
    if (err)
        return err;
    const char *const counts = strstr(text, "lab0': ");
    if (status != 0 || !counts || sscanf(counts, "lab0': %llu/%llu", &received, &dropped) != 2)
        return base_fail(why, BASE_EIO, 0, "dumpcap: status %d: %s", status, text);
    if (dropped > 0)
        return base_fail(why, BASE_EIO, 0, "the kernel's capture missed %llu of %llu packets",
                         dropped, received + dropped);
    return BASE_OK;
}
