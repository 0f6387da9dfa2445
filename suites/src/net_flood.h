/* net_flood.h - flooding over UDP: a node sends each datagram that it sees for the first time to
 * every neighbour but the one it came from. Nothing is asked for again, nothing waits. */
#ifndef SUITE_NET_FLOOD_H
#define SUITE_NET_FLOOD_H

#include "net_protocol.h"

extern const struct net_protocol net_flood;
/* No relays at all: each node sends to all others itself. */
extern const struct net_protocol net_direct;

#endif
