/* net_round.c - from a plan to hosts, members and memory that they share. */
#define _GNU_SOURCE
#include "net_round.h"

#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>

static const char *const attack_names[] = { "none",    "garbage", "replay",    "spoof",
                                            "amplify", "slow",    "byzantine", "sybil" };

enum net_attack net_attack_find(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof attack_names / sizeof attack_names[0]; i++)
        if (strcmp(attack_names[i], name) == 0)
            return (enum net_attack)i;
    return NET_ATTACK_NONE;
}

bool net_attack_is_from_outside(enum net_attack attack)
{
    return attack >= NET_ATTACK_GARBAGE && attack <= NET_ATTACK_AMPLIFY;
}

static uint32_t guests_of(enum net_attack attack, uint32_t nodes)
{
    if (attack == NET_ATTACK_SLOW || attack == NET_ATTACK_BYZANTINE)
        return 1;
    return attack == NET_ATTACK_SYBIL ? nodes : 0;
}

static uint32_t outsiders_of(enum net_attack attack)
{
    return attack == NET_ATTACK_AMPLIFY ? 2 : net_attack_is_from_outside(attack) ? 1 : 0;
}

static void set_load(struct net_round *round)
{
    static const uint64_t deadlines_ns[] = { 1000000000, 5000000000, 30000000000 };
    static const char *const classes[] = { "consensus", "auction", "shadow-data" };
    const struct suite_net_plan *plan = round->plan;
    const struct suite_net_conditions *conditions = &plan->conditions;
    uint32_t class = 0;
    for (uint32_t i = 0; plan->class != NULL && i < 3; i++)
        class = strcmp(plan->class, classes[i]) == 0 ? i : class;
    round->load = (struct net_load){
        .node_count = conditions->node_count,
        .messages = suite_net_messages(plan),
        .message_size = conditions->message_size,
        .class = class,
        .gap_ns = 1e9 / plan->rate_per_s,
        .seed = plan->seed,
    };
    round->load_ns = net_load_intended_ns(&round->load, net_load_total(&round->load));
    round->deadline_ns = deadlines_ns[class];
    round->patience_ns = 1000000000 + 8 * conditions->latency_ns;
    round->settle_ns = 20000000 + 3 * conditions->latency_ns;
    round->member_count = conditions->node_count + guests_of(round->attack, conditions->node_count);
    round->host_count = round->member_count + outsiders_of(round->attack);
}

/* Two messages to everybody, whole, wait at a host that sends slowly; a tenth of a second at one
 * that sends fast. Less would be lost by those that send at once, and not by those that pace. */
static uint64_t queue_bytes(const struct net_round *round)
{
    const struct suite_net_conditions *conditions = &round->plan->conditions;
    const struct net_wire_key key = { .is_used = true };
    const uint64_t fragments =
        net_wire_fragments(conditions->message_size, net_wire_fragment_size(NET_MTU_BYTES, &key));
    const uint64_t tenth = conditions->bandwidth_bits / 80;
    const uint64_t longest = conditions->bandwidth_bits / 8 * LAB_LINK_DELAY_MAX_S;
    const uint64_t two = 2 * (round->member_count - 1) * fragments * NET_MTU_BYTES;
    const uint64_t wanted = two > tenth ? two : tenth;
    return wanted < longest ? wanted : longest;
}

/* A full mesh; a member can send so much in all, an outsider as much as it likes. */
static base_err make_topology(struct net_round *round, struct base_why *why)
{
    const struct suite_net_conditions *conditions = &round->plan->conditions;
    const struct lab_link_config link = {
        .delay_ns = conditions->latency_ns,
        .loss = conditions->loss_share > 0 ? LAB_LOSS_BERNOULLI : LAB_LOSS_NONE,
        .loss_share = conditions->loss_share,
    };
    const base_err err = lab_topology_make(&round->topology, LAB_MESH, round->host_count, 0, &link,
                                           round->plan->seed, why);
    for (uint32_t i = 0; err == BASE_OK && i < round->member_count; i++) {
        round->topology.hosts[i].rate_bits = conditions->bandwidth_bits;
        round->topology.hosts[i].queue_bytes = queue_bytes(round);
    }
    return err;
}

static base_err share_memory(struct net_round *round, struct base_why *why)
{
    const size_t each = net_record_size(&round->load), head = (sizeof *round->control + 63) & ~63ul;
    round->shared_size = head + each * round->member_count;
    round->shared =
        mmap(NULL, round->shared_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    round->records = calloc(round->member_count, sizeof(struct net_record *));
    round->addresses = calloc(round->host_count, sizeof *round->addresses);
    if (round->shared == MAP_FAILED || round->records == NULL || round->addresses == NULL) {
        round->shared = round->shared == MAP_FAILED ? NULL : round->shared;
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %zu bytes of records",
                         round->shared_size);
    }
    round->control = round->shared;
    for (uint32_t i = 0; i < round->member_count; i++)
        round->records[i] = (void *)((uint8_t *)round->shared + head + each * i);
    if (round->attack != NET_ATTACK_NONE) {
        round->control->attack_from_ns = round->load_ns / SUITE_NET_PHASES;
        round->control->attack_until_ns = round->load_ns * 2 / SUITE_NET_PHASES;
    }
    return BASE_OK;
}

/* Outsiders have no limit: with them the links' counters do not say what members sent. */
static double capacity_bits(const struct net_round *round)
{
    return round->host_count > round->member_count
               ? 0
               : (double)round->plan->conditions.bandwidth_bits * round->member_count;
}

base_err net_round_open(struct net_round *round, const struct suite_net_plan *plan,
                        struct base_why *why)
{
    *round = (struct net_round){ .plan = plan,
                                 .protocol = net_protocol_find(plan->protocol),
                                 .attack = net_attack_find(plan->attack) };
    set_load(round);
    base_err err = share_memory(round, why);
    if (err == BASE_OK)
        err = make_topology(round, why);
    if (err != BASE_OK) {
        net_round_close(round);
        return err;
    }
    round->outcome = (struct net_outcome){ .load = &round->load,
                                           .conditions = &plan->conditions,
                                           .records = round->records,
                                           .deadline_ns = round->deadline_ns,
                                           .capacity_bits = capacity_bits(round),
                                           .cpu_ns = NAN,
                                           .memory_bytes = NAN,
                                           .has_phases = round->attack != NET_ATTACK_NONE };
    for (size_t i = 0; i < SUITE_NET_PHASES; i++)
        round->outcome.phase_memory_bytes[i] = NAN;
    return BASE_OK;
}

void net_round_close(struct net_round *round)
{
    lab_topology_done(&round->topology);
    if (round->shared != NULL)
        munmap(round->shared, round->shared_size);
    free(round->records);
    free(round->addresses);
    *round = (struct net_round){ 0 };
}

static enum net_behaviour behaviour_of(enum net_attack attack)
{
    return attack == NET_ATTACK_SLOW        ? NET_SLOW
           : attack == NET_ATTACK_BYZANTINE ? NET_BYZANTINE
           : attack == NET_ATTACK_SYBIL     ? NET_SILENT
                                            : NET_HONEST;
}

struct net_node net_round_node(const struct net_round *round, uint32_t index,
                               struct net_node_config *config)
{
    const bool is_guest = index >= round->load.node_count;
    *config = (struct net_node_config){ .index = index,
                                        .count = round->member_count,
                                        .addresses = round->addresses,
                                        .seed = round->plan->seed,
                                        .is_authenticated = !round->plan->is_unauthenticated,
                                        .mtu_bytes = NET_MTU_BYTES,
                                        .uplink_bits = round->topology.hosts[index].rate_bits };
    return (struct net_node){
        .protocol = round->protocol,
        .load = &round->load,
        .index = index,
        .behaviour = is_guest ? behaviour_of(round->attack) : NET_HONEST,
        .attack_from_ns = round->control->attack_from_ns,
        .attack_until_ns = round->control->attack_until_ns,
        .is_tapped = round->attack == NET_ATTACK_REPLAY || round->attack == NET_ATTACK_AMPLIFY,
        .record = round->records[index],
    };
}

uint64_t net_round_delivered(const struct net_round *round)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < round->load.node_count; i++)
        sum += atomic_load_explicit(&round->records[i]->delivered, memory_order_relaxed);
    return sum;
}

uint64_t net_round_due(const struct net_round *round)
{
    return net_load_total(&round->load) * (round->load.node_count - 1);
}

base_err net_round_failed(const struct net_round *round, struct base_why *why)
{
    for (uint32_t i = 0; i < round->member_count; i++)
        if (round->records[i]->err != BASE_OK)
            return base_fail(why, round->records[i]->err, 0, "node %u: %s", i,
                             round->records[i]->why);
    return BASE_OK;
}
