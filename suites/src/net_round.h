/* net_round.h - one round of an experiment: who is there, on which links, under which load; and the
 * two worlds it can run in.
 *
 * Hosts 0 .. node_count-1 are the nodes that are measured; then come guests, members of the group
 * that have no load and may misbehave; then hosts of attackers that are no members.
 */
#ifndef SUITE_NET_ROUND_H
#define SUITE_NET_ROUND_H

#include "net_outcome.h"
#include "net_wire.h"

#include <lab/topology.h>

enum { NET_PORT = 9000, NET_LOOPBACK_PORT = 19000, NET_MTU_BYTES = 1500 };

enum net_attack {
    NET_ATTACK_NONE,
    NET_ATTACK_GARBAGE,   /* random bytes: a full line, or what half of a processor can send */
    NET_ATTACK_REPLAY,    /* datagrams of members once more, with their addresses */
    NET_ATTACK_SPOOF,     /* random bytes with addresses of members */
    NET_ATTACK_AMPLIFY,   /* first datagrams of members, with the address of a victim */
    NET_ATTACK_SLOW,      /* a guest that hardly listens */
    NET_ATTACK_BYZANTINE, /* a guest that drops and bends what it sends */
    NET_ATTACK_SYBIL,     /* as many guests as nodes, that say nothing while it lasts */
};

/* Between the processes of a round; what is not atomic is written before they begin. */
struct net_control {
    _Atomic uint64_t start_ns; /* of the load; 0: not yet */
    _Atomic uint32_t must_stop;
    _Atomic uint64_t attack_packets, attack_bytes, victim_bytes;
    uint64_t attack_from_ns, attack_until_ns; /* of the load's time */
};

struct net_round {
    const struct suite_net_plan *plan;
    const struct net_protocol *protocol;
    enum net_attack attack;
    struct net_load load;
    uint32_t member_count, host_count;
    uint64_t load_ns;     /* from the first to after the last intended time */
    uint64_t deadline_ns; /* of a message's class */
    uint64_t patience_ns; /* without any delivery after the load: nothing more will come */
    uint64_t settle_ns;   /* after the last delivery: what is under way comes, and is counted */
    struct lab_topology topology;
    struct base_address *addresses; /* [host_count] set by the world */
    struct net_record **records;    /* [member_count] in memory that processes share */
    struct net_control *control;
    void *shared; /* [shared_size] */
    size_t shared_size;
    struct net_outcome outcome;
    struct suite_net_lab lab;
};

/* The plan is checked. Errors: ENOMEM, those of lab_topology_make */
BASE_MUST_USE base_err net_round_open(struct net_round *round, const struct suite_net_plan *plan,
                                      struct base_why *why);
void net_round_close(struct net_round *round);
enum net_attack net_attack_find(const char *name); /* NULL: none */
bool net_attack_is_from_outside(enum net_attack attack);
/* The node of a member, ready for net_node_open with the configuration. */
struct net_node net_round_node(const struct net_round *round, uint32_t index,
                               struct net_node_config *config);
uint64_t net_round_delivered(const struct net_round *round); /* at all measured nodes */
uint64_t net_round_due(const struct net_round *round);       /* deliveries in all */
/* What a node gave up for. Errors: the node's; why names it */
BASE_MUST_USE base_err net_round_failed(const struct net_round *round, struct base_why *why);

/* Run it: fills outcome and lab. Errors: as suite_net_run */
BASE_MUST_USE base_err net_real_run(struct net_round *round, struct base_why *why);
BASE_MUST_USE base_err net_virtual_run(struct net_round *round, struct base_why *why);

/* In a child process inside an attacker's host: until must_stop. `which` 0: the attacker, 1: the
 * victim. */
void net_attacker_main(const struct net_round *round, uint32_t which);

#endif
