/* net_baselines.h - what HERMES-Lite is held against beside flooding: three ways to spread messages
 * over a network by rumour. All three work on fragments (net_wire.h): a datagram is what is passed
 * on, announced and asked for, so that no relay waits for a whole message.
 *
 * Neighbours: those of the configuration; else all others while they are few; else a graph that all
 * derive from the group's seed (net_view.h), in place of a membership protocol.
 */
#ifndef SUITE_NET_BASELINES_H
#define SUITE_NET_BASELINES_H

#include "net_protocol.h"

/* Push to ceil(ln n) + 2 nodes chosen at random, when a datagram is new and once more a round
 * later.
 *
 * Source   Kermarrec, Massoulie & Ganesh, "Probabilistic reliable dissemination in large-scale
 *          systems", IEEE TPDS 14 (2003) 248
 */
extern const struct net_protocol net_gossip;

/* A mesh of degree 8 that pushes, announcements to others (IHAVE, IWANT), and IDONTWANT. Parameters
 * are those of Ethereum's consensus layer. Left out: scores, flood publishing, explicit and
 * outbound peers, which are about attackers; topics, of which there is one. Datagrams get lost
 * where streams do not, so GRAFT is repeated with each heartbeat, and where hardly anybody is
 * outside the mesh its members are announced to.
 *
 * Source   libp2p specifications, pubsub/gossipsub v1.0, v1.1, v1.2; Vyzovitis et al., "GossipSub",
 *          arXiv:2007.02754 (2020); Ethereum consensus specifications, phase0/p2p-interface
 */
extern const struct net_protocol net_gossipsub;

/* Trees of eager links (one for each origin in groups of up to 64, else one), announcements over
 * the others, and repair by GRAFT. Time-outs follow the measured round trip; announcers are asked
 * again, up to five times.
 *
 * Source   Leitao, Pereira & Rodrigues, "Epidemic broadcast trees", SRDS 2007, 301
 */
extern const struct net_protocol net_plumtree;

#endif
