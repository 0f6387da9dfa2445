/* net_virtual.c - a round in virtual time: the same nodes on lab_sim. Processor time and memory of
 * processes do not exist here. */
#include "net_round.h"

#include <lab/sim.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const uint64_t step_ns = 5000000;             /* between looks at what has come */
static const uint64_t ready_limit_ns = 60000000000u; /* of virtual time */
static const uint64_t ahead_ns = 50000000;           /* of the load's first message */

struct world {
    struct net_round *round;
    struct lab_sim *sim;
    struct net_node *nodes; /* [member_count] */
    uint64_t start_ns;
};

static bool is_interrupted(const struct net_round *round)
{
    return round->plan->interrupted != NULL && *round->plan->interrupted != 0;
}

static base_err start_nodes(struct world *world, struct base_why *why)
{
    struct net_round *round = world->round;
    for (uint32_t i = 0; i < round->host_count; i++)
        round->addresses[i] = lab_sim_address(i);
    for (uint32_t i = 0; i < round->member_count; i++) {
        struct net_node_config config;
        world->nodes[i] = net_round_node(round, i, &config);
        base_err err = net_node_open(&world->nodes[i], &config, why);
        if (err == BASE_OK)
            err = lab_sim_start(world->sim, i, &net_node_step, &world->nodes[i]);
        if (err != BASE_OK)
            return base_fail_prefix(why, err, "node %u", i);
    }
    return BASE_OK;
}

static base_err wait_ready(struct world *world, struct base_why *why)
{
    const struct net_round *round = world->round;
    const uint64_t limit_ns = lab_sim_now(world->sim) + ready_limit_ns;
    uint32_t ready = 0;
    while (ready < round->member_count && lab_sim_now(world->sim) < limit_ns) {
        if (is_interrupted(round))
            return base_fail(why, BASE_EINTERRUPTED, 0, "interrupted");
        (void)lab_sim_run(world->sim, lab_sim_now(world->sim) + step_ns);
        for (ready = 0; ready < round->member_count; ready++)
            if (round->records[ready]->is_ready == 0)
                break;
    }
    return ready == round->member_count
               ? BASE_OK
               : base_fail(why, BASE_ETIMEOUT, 0, "node %u was not ready within a minute", ready);
}

static void begin(void *context, void *state, const struct base_step_world *world)
{
    const uint64_t *start_ns = context;
    (void)world;
    net_node_begin(state, *start_ns);
}

static struct lab_link_counts total(const struct world *world)
{
    return lab_fabric_total(lab_sim_fabric(world->sim));
}

static uint64_t arrived(const struct world *world)
{
    return lab_fabric_stats(lab_sim_fabric(world->sim)).arrived_bytes;
}

/* Until everything has come, or nothing more will. */
static base_err carry_load(struct world *world, uint64_t before_bytes, struct base_why *why)
{
    const struct net_round *round = world->round;
    const uint64_t due = net_round_due(round);
    struct net_outcome *const outcome = &world->round->outcome;
    uint64_t seen = 0, now_ns = lab_sim_now(world->sim), change_ns = 0;
    world->start_ns = now_ns + ahead_ns;
    for (uint32_t i = 0; i < round->member_count; i++)
        lab_sim_call(world->sim, i, begin, &world->start_ns);
    while (seen < due && (change_ns == 0 || now_ns < change_ns + round->patience_ns)) {
        if (is_interrupted(round))
            return base_fail(why, BASE_EINTERRUPTED, 0, "interrupted");
        now_ns += step_ns; /* a simulation without events does not move on by itself */
        (void)lab_sim_run(world->sim, now_ns);
        const uint64_t delivered = net_round_delivered(round);
        if (delivered != seen || now_ns < world->start_ns + round->load_ns)
            change_ns = now_ns;
        if (delivered != seen) {
            outcome->links_until_ns = now_ns;
            outcome->links_until_bytes = (double)(arrived(world) - before_bytes);
        }
        seen = delivered;
    }
    (void)lab_sim_run(world->sim, now_ns + round->settle_ns);
    return net_round_failed(round, why);
}

static struct lab_link_counts minus(struct lab_link_counts a, const struct lab_link_counts *b)
{
    a.packets -= b->packets;
    a.bytes -= b->bytes;
    a.delivered -= b->delivered;
    a.lost -= b->lost;
    a.queue_dropped -= b->queue_dropped;
    return a;
}

static void collect(struct world *world, const struct lab_link_counts *before)
{
    struct net_round *round = world->round;
    const struct lab_link_counts after = total(world);
    for (uint32_t i = 0; i < round->member_count; i++)
        net_node_end(&world->nodes[i]);
    round->outcome.start_ns = world->start_ns;
    round->outcome.links = minus(after, before);
    round->lab = (struct suite_net_lab){ .is_valid = true,
                                         .packets = round->outcome.links.packets,
                                         .lost = round->outcome.links.lost,
                                         .queue_dropped = round->outcome.links.queue_dropped,
                                         .late_p50_ns = NAN,
                                         .late_p99_ns = NAN,
                                         .late_max_ns = NAN,
                                         .cpu_share = NAN };
    snprintf(round->lab.back_end, sizeof round->lab.back_end, "virtual");
}

base_err net_virtual_run(struct net_round *round, struct base_why *why)
{
    struct world world = { .round = round };
    const struct lab_sim_config config = { .topology = &round->topology,
                                           .seed = round->plan->seed,
                                           .header_bytes = NET_WIRE_HEADERS_SIZE };
    world.nodes = calloc(round->member_count, sizeof *world.nodes);
    if (world.nodes == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %u nodes", round->member_count);
    base_err err = lab_sim_new(&config, &world.sim, why);
    if (err == BASE_OK)
        err = start_nodes(&world, why);
    if (err == BASE_OK)
        err = wait_ready(&world, why);
    if (err == BASE_OK) {
        const struct lab_link_counts before = total(&world);
        err = carry_load(&world, arrived(&world), why);
        if (err == BASE_OK)
            collect(&world, &before);
    }
    lab_sim_free(world.sim);
    for (uint32_t i = 0; i < round->member_count; i++)
        net_node_close(&world.nodes[i]);
    free(world.nodes);
    return err;
}
