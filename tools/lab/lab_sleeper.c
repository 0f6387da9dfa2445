/* lab_sleeper.c - a queue, and a sleep until its first is due. */
#define _GNU_SOURCE
#include "lab_sleeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { DATA_MAX = 1472, BUFFER_BYTES = 32 << 20 };

struct held {
    uint64_t due_ns;
    size_t size;
    uint8_t data[DATA_MAX];
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

_Noreturn static void run(int in, const struct sockaddr_in *out, uint64_t delay_ns,
                          struct held *ring, size_t capacity)
{
    for (size_t first = 0, count = 0;;) {
        const uint64_t now = now_ns();
        for (; count > 0 && ring[first].due_ns <= now; first = (first + 1) % capacity, count--)
            (void)!sendto(in, ring[first].data, ring[first].size, 0, (const struct sockaddr *)out,
                          sizeof *out);
        const uint64_t wait_ns = count > 0 ? ring[first].due_ns - now : UINT64_MAX;
        const struct timespec timeout = { (time_t)(wait_ns / 1000000000),
                                          (long)(wait_ns % 1000000000) };
        struct pollfd wait = { in, POLLIN, 0 };
        if (ppoll(&wait, 1, count > 0 ? &timeout : NULL, NULL) != 1)
            continue;
        while (count < capacity) {
            struct held *const held = &ring[(first + count) % capacity];
            const ssize_t n = recv(in, held->data, sizeof held->data, MSG_DONTWAIT);
            if (n < 0)
                break;
            held->size = (size_t)n;
            /* after it came, never before: a packet of this round may have come during it */
            held->due_ns = now_ns() + delay_ns;
            count++;
        }
    }
}

base_err lab_sleeper_start(int in, const struct sockaddr_in *out, uint64_t delay_ns,
                           size_t packets_max, pid_t *pid, struct base_why *why)
{
    struct held *const ring = malloc(packets_max * sizeof *ring);
    if (!ring)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the relay that sleeps");
    const int bytes = BUFFER_BYTES; /* what it may lose is not what is compared */
    if (setsockopt(in, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes))
        (void)!setsockopt(in, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    const pid_t caller = getpid();
    *pid = fork();
    if (*pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != caller)
            _exit(1);
        run(in, out, delay_ns, ring, packets_max);
    }
    const int error = errno;
    free(ring);
    close(in);
    return *pid > 0 ? BASE_OK : base_fail(why, BASE_EIO, 0, "fork: %s", strerror(error));
}
