/* hermes_sim.h - one random schedule of HERMES-Lite in virtual time, from one seed.
 *
 * A schedule is a few nodes, direct or in a tree, on links that delay, lose, reorder, double and
 * corrupt; up to a third of the nodes byzantine; perhaps a partition of at most 4 s that heals;
 * perhaps an honest node that crashes and starts again; some messages of all classes to one or all,
 * from honest nodes. What must hold:
 *
 *   - nothing crashes (sanitizers watch in their builds) and nothing runs for ever;
 *   - a message that an honest node delivers in the name of an honest node was sent by it, to that
 *     node, byte for byte, and is delivered once in each life of the receiver;
 *   - each message of class 0 (deadline 12 s) from an honest node o reaches each honest node d in
 *     time, if both live until the deadline and did not start again within 3 s before it was sent,
 *     and if o and d had a session when it was sent (direct), or were connected by mutual neighbour
 *     links among honest living nodes that existed when it was sent and still exist at its deadline
 *     (tree). A partition leaves sessions up: it only has to be over 4 s before the deadline, which
 *     it always is. Two that have different sessions with each other, one of them with an earlier
 *     life of the other, have none, but for at most 1.5 s in which nothing parts them;
 *   - a sender hears of the end of each message of classes 0 and 1 exactly once;
 *   - memory stays within its bound.
 *
 * A schedule has 26 s. Where every message has come to all that it could be owed to, and its end
 * was told, seven of eight stop 3 s after that.
 *
 * Who the nodes are and the secrets of their handshakes come from a small store, in an order that
 * is the seed's: they are as good as any, and crypto_memo.h need not work them out again. */
#ifndef TESTS_HERMES_SIM_H
#define TESTS_HERMES_SIM_H

#include "hermes_evil.h"

enum { HERMES_SIM_WHY_SIZE = 300 };

/* What a schedule held; sums over schedules say what they were made of. */
enum hermes_sim_count {
    HERMES_SIM_MEMBERS,
    HERMES_SIM_BYZANTINE,  /* of the members */
    HERMES_SIM_HAS_EVIL,   /* 0 or 1, as the next two */
    HERMES_SIM_IS_TREE,    /* relayed over neighbours, not sent directly */
    HERMES_SIM_PARTITIONS, /* that healed */
    HERMES_SIM_RESTARTS,   /* after a crash */
    HERMES_SIM_DATAGRAMS,  /* given to the links */
    HERMES_SIM_LOST,
    HERMES_SIM_DOUBLED,
    HERMES_SIM_OVERTAKEN,
    HERMES_SIM_CORRUPTED,
    HERMES_SIM_OVERFLOWN, /* dropped by queues */
    HERMES_SIM_PARTED,    /* dropped by partitions */
    HERMES_SIM_CRIMES,    /* the first of HERMES_CRIMES, in their order */
    HERMES_SIM_FORGED = HERMES_SIM_CRIMES + HERMES_CRIMES, /* rejected by honest nodes, as the next
                                                              three */
    HERMES_SIM_REPLAYED,
    HERMES_SIM_MALFORMED,
    HERMES_SIM_UNKNOWN,
    HERMES_SIM_SENT,      /* messages of honest nodes */
    HERMES_SIM_DELIVERED, /* compared with what was sent */
    HERMES_SIM_OWED,      /* deliveries of class 0 that had to be there at the deadline */
    HERMES_SIM_ENDS,      /* messages whose end had to be told, once */
    HERMES_SIM_SECONDS,   /* of virtual time */
    HERMES_SIM_STEPS,     /* calls of nodes */
    HERMES_SIM_COUNTS
};

struct hermes_sim_result {
    char why[HERMES_SIM_WHY_SIZE]; /* "" when all held */
    uint64_t digest;
    uint64_t counts[HERMES_SIM_COUNTS];
};

/* Run the schedule of a seed. */
void hermes_sim_run(uint64_t seed, bool is_loud, struct hermes_sim_result *result);

#endif
