/* net_cores.h - a core for the emulator of a laboratory, the others for its nodes.
 *
 * The emulator comes before all other processes, so a node that the kernel puts on its core has
 * little of it, and that would be told as the node's latency. So the emulator is bound to the last
 * core that this process may use and that no other network test of this host has claimed, and the
 * nodes are kept off it. Where there is only one core, or none is free, all run where the kernel
 * puts them.
 *
 * Threads   binds the calling thread; what it forks inherits that
 * Source    sched_setaffinity(2); unix(7), abstract sockets
 */
#ifndef SUITE_NET_CORES_H
#define SUITE_NET_CORES_H

#include <stddef.h>

struct net_cores {
    void *before; /* cpu_set_t of this process; NULL: nothing is bound */
    size_t size;  /* its bytes */
    int emulator; /* core */
    int claim;    /* a socket whose name tells others that the core is taken */
};

/* Never fails: without a core, or memory, nothing is bound. */
void net_cores_open(struct net_cores *cores);
/* Before the emulator is started; after it, before the nodes are. */
void net_cores_go_emulator(const struct net_cores *cores);
void net_cores_go_nodes(const struct net_cores *cores);
/* Be where one was; a zeroed one is allowed. */
void net_cores_close(struct net_cores *cores);

#endif
