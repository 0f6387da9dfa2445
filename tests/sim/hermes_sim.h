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
 * and if o and d had a session when it was sent (direct), or were connected by mutual neighbour
 * links among honest living nodes that existed when it was sent and still exist at its deadline
 * (tree). A partition leaves sessions up: it only has to be over 4 s before the deadline, which it
 * always is;
 *   - a sender hears of the end of each message of classes 0 and 1 exactly once;
 *   - memory stays within its bound. */
#ifndef TESTS_HERMES_SIM_H
#define TESTS_HERMES_SIM_H

#include <base/rng.h>

#include <stdbool.h>

enum { HERMES_SIM_WHY_SIZE = 300 };

struct hermes_sim_result {
    char why[HERMES_SIM_WHY_SIZE]; /* "" when all held */
    uint64_t digest, steps;
    uint32_t nodes, evil, sent, delivered, owed; /* owed: class 0 deliveries that were checked */
    uint64_t rejected; /* forged, replayed, malformed, unknown, at honest nodes */
    bool is_tree, has_partition, has_crash;
};

/* Run the schedule of a seed. */
void hermes_sim_run(uint64_t seed, bool is_loud, struct hermes_sim_result *result);

#endif
