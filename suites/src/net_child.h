/* net_child.h - the child process of one host of a round. */
#ifndef SUITE_NET_CHILD_H
#define SUITE_NET_CHILD_H

#include "net_round.h"

#include <sys/types.h>

/* Move into the network of `door`, a socket that was made there, do the host's part of the round
 * until it is told to stop, and end the process. It ends with its parent, too. */
_Noreturn void net_child_main(const struct net_round *round, uint32_t host, int door, pid_t parent);

#endif
