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

extern const struct base_step hermes_evil_step;

/* The evil node of a host; `hosts` of the group may be written to. */
struct hermes_evil *hermes_evil_new(struct hermes_group *group, uint32_t host, uint64_t seed);
void hermes_evil_free(struct hermes_evil *evil);

#endif
