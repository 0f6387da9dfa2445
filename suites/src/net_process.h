/* net_process.h - the child process of one host of a round. */
#ifndef SUITE_NET_PROCESS_H
#define SUITE_NET_PROCESS_H

#include "net_round.h"

#include <sys/types.h>

/* Move into the network of `door`, a socket that was made there (-1: stay), do the host's part of
 * the round until it is told to stop, and end the process. It ends with its parent, too. */
_Noreturn void net_process_main(const struct net_round *round, uint32_t host, int door,
                                pid_t parent);

#endif
