/* net_cores.c - a core is claimed by the name of an abstract socket (unix(7)): it ends with the
 * process, however that ends. */
#define _GNU_SOURCE
#include "net_cores.h"

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PROCESSORS_MAX = 8192 };

/* A socket, or -1: another laboratory has the core. */
static int claim(int core)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    const int length =
        snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "bpi-perf/emulator/%d", core);
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const socklen_t size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1) + (socklen_t)length;
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&name, size) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void forget(struct net_cores *cores)
{
    CPU_FREE(cores->before);
    *cores = (struct net_cores){ 0 };
}

void net_cores_open(struct net_cores *cores)
{
    *cores = (struct net_cores){ .before = CPU_ALLOC(PROCESSORS_MAX),
                                 .size = CPU_ALLOC_SIZE(PROCESSORS_MAX),
                                 .claim = -1 };
    cpu_set_t *const set = cores->before;
    if (set == NULL)
        return;
    CPU_ZERO_S(cores->size, set);
    const bool is_known = sched_getaffinity(0, cores->size, set) == 0;
    int left = is_known ? CPU_COUNT_S(cores->size, set) : 0;
    for (int i = PROCESSORS_MAX - 1; left > 1 && cores->claim < 0; i--)
        if (CPU_ISSET_S((size_t)i, cores->size, set)) {
            cores->emulator = i;
            cores->claim = claim(i);
            left--;
        }
    if (cores->claim < 0)
        forget(cores);
}

/* To the core alone, or to all others. What is refused, as the cores that may be used have changed,
 * is done without. */
static void go(const struct net_cores *cores, bool is_alone)
{
    cpu_set_t *const set = cores->before != NULL ? CPU_ALLOC(PROCESSORS_MAX) : NULL;
    if (set == NULL)
        return;
    CPU_ZERO_S(cores->size, set);
    CPU_SET_S((size_t)cores->emulator, cores->size, set);
    if (!is_alone)
        CPU_XOR_S(cores->size, set, set, (const cpu_set_t *)cores->before);
    (void)!sched_setaffinity(0, cores->size, set);
    CPU_FREE(set);
}

void net_cores_go_emulator(const struct net_cores *cores)
{
    go(cores, true);
}

void net_cores_go_nodes(const struct net_cores *cores)
{
    go(cores, false);
}

void net_cores_close(struct net_cores *cores)
{
    if (cores->before == NULL)
        return;
    (void)!sched_setaffinity(0, cores->size, cores->before);
    close(cores->claim);
    forget(cores);
}
