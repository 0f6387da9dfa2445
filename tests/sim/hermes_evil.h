/* hermes_evil.h - a byzantine member: a true node with sessions and neighbours like any other, and
 * a machine around it that lies.
 *
 * To the network it is a host that drops, doubles, changes and repeats datagrams and sends garbage.
 * Inside its sessions it drops, changes and repeats what it should relay, forges messages of
 * others, announces and asks for what does not exist, moves others by false records, and breaks the
 * protocol. What it does, and how often, follows from a seed. */
#ifndef TESTS_HERMES_EVIL_H
#define TESTS_HERMES_EVIL_H

#include "hermes_group.h"

struct hermes_evil;

/* What it does; any sum of them. */
enum hermes_crime {
    HERMES_DROPS_DATAGRAMS = 1 << 0,
    HERMES_CHANGES_DATAGRAMS = 1 << 1,
    HERMES_REPEATS_DATAGRAMS = 1 << 2,
    HERMES_SENDS_GARBAGE = 1 << 3,
    HERMES_DROPS_RELAYED = 1 << 4,
    HERMES_CHANGES_RELAYED = 1 << 5,
    HERMES_REPEATS_RELAYED = 1 << 6,
    HERMES_FORGES = 1 << 7,
    HERMES_NAMES_FALSELY = 1 << 8,
    HERMES_FALSE_RECORDS = 1 << 9,
    HERMES_FALSE_VERBS = 1 << 10,
    HERMES_BREAKS_PROTOCOL = 1 << 11,
    HERMES_CRIMES = 12,
};

extern const struct base_step hermes_evil_step;

/* The evil node of a host; anybody in the group may be written to. crimes 0: three by chance. */
struct hermes_evil *hermes_evil_new(struct hermes_group *group, uint32_t host, uint64_t seed,
                                    uint32_t crimes);
void hermes_evil_free(struct hermes_evil *evil);
/* How often it has committed each so far, by the crime's bit [HERMES_CRIMES]. */
const uint64_t *hermes_evil_record(const struct hermes_evil *evil);

#endif
