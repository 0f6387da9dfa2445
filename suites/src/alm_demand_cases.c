/* alm_demand_cases.c - demands are admitted to an empty network until its links should be loaded to
 * a share, and all released again. The check adds up the paths of all demands, edge by edge, and
 * looks for a path for each that was refused. */
#include "alm_traffic_cases.h"

#include <bench/keep.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HOPS = 4 /* of a path, roughly: how many demands load the links so far */ };

static void demand_teardown(void *state)
{
    struct alm_demand_state *const demand = state;
    if (demand == NULL)
        return;
    mfn_alm_demands_free(demand->demands);
    alm_world_done(&demand->world);
    free(demand->requests);
    free(demand->results);
    free(demand);
}

static void admit(struct alm_demand_state *demand)
{
    demand->err |= mfn_alm_demands_add_all(demand->demands, demand->requests, demand->count,
                                           demand->results, NULL);
}

static void release(struct alm_demand_state *demand)
{
    for (size_t i = 0; i < demand->count; i++)
        if (demand->results[i].id != MFN_ALM_DEMAND_NONE)
            demand->err |= mfn_alm_demands_release(demand->demands, demand->results[i].id);
}

/* 100 to 1100 Mbit/s of priority 1 to 5, as the seed has them. */
static base_err draw_demands(struct bench_env *env, struct alm_demand_state *demand, double load)
{
    const struct alm_world *const world = &demand->world;
    double room = 0;
    for (size_t i = 0; i < world->edge_count; i++)
        room += world->edges[i].bandwidth_mbps;
    demand->count = (size_t)(load * room / (600 * HOPS)) + 1;
    demand->requests = calloc(demand->count, sizeof *demand->requests);
    demand->results = calloc(demand->count, sizeof *demand->results);
    if (demand->requests == NULL || demand->results == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for %zu demands", demand->count);
    struct base_rng rng;
    base_rng_init(&rng, env->seed + 5);
    for (size_t i = 0; i < demand->count; i++) {
        const uint32_t from = (uint32_t)base_rng_below(&rng, world->node_count);
        const uint32_t to = (uint32_t)base_rng_below(&rng, world->node_count - 1);
        demand->requests[i] = (struct mfn_alm_request){
            .from = from,
            .to = to + (to >= from),
            .bandwidth_mbps_min = 100 + (double)base_rng_below(&rng, 1001),
            .priority = 1 + (uint32_t)base_rng_below(&rng, MFN_ALM_PRIORITY_MAX),
        };
    }
    return BASE_OK;
}

static base_err open_ledger(struct bench_env *env, struct alm_demand_state *demand, bool is_plain)
{
    const struct mfn_alm_demands_options options = { .capacity = (uint32_t)demand->count,
                                                     .is_plain = is_plain,
                                                     .is_preemptive = !is_plain };
    return mfn_alm_demands_new(demand->world.edges, demand->world.edge_count,
                               demand->world.node_count, NULL, &options, &demand->demands,
                               &env->why);
}

/* How full the links become, and how full if everyone took the shortest path; what is carried. */
static base_err state_facts(struct bench_env *env, struct alm_demand_state *demand)
{
    static const char *const names[] = { "utilisation_max", "shortest_path_utilisation_max" };
    base_err err = BASE_OK;
    for (int is_plain = 1; err == BASE_OK && is_plain >= 0; is_plain--) {
        mfn_alm_demands_free(demand->demands);
        demand->demands = NULL;
        err = open_ledger(env, demand, is_plain);
        if (err != BASE_OK)
            return err;
        admit(demand);
        bench_env_fact(env, names[is_plain], mfn_alm_demands_utilisation_max(demand->demands, NULL),
                       "1");
        size_t carried = 0;
        for (size_t i = 0; i < demand->count; i++)
            carried += demand->results[i].path_count > 0;
        if (!is_plain)
            bench_env_fact(env, "carried_share", (double)carried / (double)demand->count, "1");
        release(demand);
        err = demand->err;
    }
    return err;
}

static base_err read_load(struct bench_env *env, double *load)
{
    const char *const text = bench_env_text(env, "load");
    char *end;
    *load = strtod(text, &end);
    if (end != text && *end == '\0' && *load > 0 && *load <= 10)
        return BASE_OK;
    return base_fail(&env->why, BASE_ERANGE, 0, "load: \"%s\" is no share above 0 and up to 10",
                     text);
}

static base_err demand_setup(struct bench_env *env)
{
    double load;
    base_err err = read_load(env, &load);
    if (err != BASE_OK)
        return err;
    struct alm_demand_state *const demand = calloc(1, sizeof *demand);
    if (demand == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    err = alm_world_open(env, &demand->world);
    if (err == BASE_OK)
        err = draw_demands(env, demand, load);
    if (err == BASE_OK)
        err = state_facts(env, demand);
    env->parts_per_item = (double)demand->count;
    if (err == BASE_OK)
        env->state = demand;
    else
        demand_teardown(demand);
    return err;
}

static void demand_run(void *state, uint64_t count)
{
    struct alm_demand_state *const demand = state;
    BENCH_LOOP(count) {
        admit(demand);
        release(demand);
    }
    demand->rounds += count;
}

/* Add the paths of a demand to the loads; they must lead from end to end and carry all of it. */
static base_err add_paths(const struct alm_demand_state *demand, size_t index, double *loads,
                          struct base_why *why)
{
    const struct mfn_alm_request *const ask = &demand->requests[index];
    const struct mfn_alm_demand *const result = &demand->results[index];
    double carried = 0;
    bool is_fine = true;
    for (uint32_t i = 0; is_fine && i < result->path_count; i++) {
        struct mfn_alm_demand_path path;
        uint32_t node = ask->from;
        is_fine = mfn_alm_demands_path(demand->demands, result->id, i, &path) == BASE_OK;
        for (uint32_t hop = 0; is_fine && hop < path.hop_count; hop++) {
            const struct mfn_alm_edge *const edge = &demand->world.edges[path.edges[hop]];
            is_fine = edge->from == node;
            node = edge->to;
            loads[path.edges[hop]] += path.bandwidth_mbps;
        }
        is_fine &= node == ask->to;
        carried += is_fine ? path.bandwidth_mbps : 0;
    }
    const double expect = result->path_count > 0 ? ask->bandwidth_mbps_min : 0;
    if (is_fine && fabs(carried - expect) < 1e-3)
        return BASE_OK;
    return base_fail(why, BASE_EWRONG, index,
                     "demand %zu, from node %" PRIu32 " to node %" PRIu32
                     ", carries %g of %g Mbit/s, or elsewhere",
                     index, ask->from, ask->to, carried, expect);
}

static base_err check_loads(const struct alm_demand_state *demand, double *loads,
                            struct base_why *why)
{
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < demand->count; i++)
        err = add_paths(demand, i, loads, why);
    for (size_t i = 0; err == BASE_OK && i < demand->world.edge_count; i++)
        if (fabs(loads[i] - mfn_alm_demands_load_mbps(demand->demands, i)) > 1e-3 ||
            loads[i] > demand->world.edges[i].bandwidth_mbps + 1e-3)
            err = base_fail(why, BASE_EWRONG, i,
                            "edge %zu carries %g Mbit/s of %g, and %g by the ledger", i, loads[i],
                            demand->world.edges[i].bandwidth_mbps,
                            mfn_alm_demands_load_mbps(demand->demands, i));
    return err;
}

/* The edges by the node that they leave, and a breadth-first search over them. */
struct room {
    size_t *first, *order; /* [node_count + 2], [edge_count] */
    uint32_t *queue;       /* [node_count] */
    uint8_t *is_seen;      /* [node_count] */
};

static bool room_allocate(struct room *room, const struct alm_world *world)
{
    const size_t nodes = world->node_count;
    room->first = calloc(nodes + 2, sizeof *room->first);
    room->order = malloc((world->edge_count + 1) * sizeof *room->order);
    room->queue = malloc(nodes * sizeof *room->queue);
    room->is_seen = malloc(nodes);
    if (room->first == NULL || room->order == NULL || room->queue == NULL || room->is_seen == NULL)
        return false;
    for (size_t i = 0; i < world->edge_count; i++)
        room->first[world->edges[i].from + 2]++;
    for (size_t i = 1; i < nodes + 2; i++)
        room->first[i] += room->first[i - 1];
    for (size_t i = 0; i < world->edge_count; i++)
        room->order[room->first[world->edges[i].from + 1]++] = i;
    return true;
}

static void room_free(struct room *room)
{
    free(room->first);
    free(room->order);
    free(room->queue);
    free(room->is_seen);
}

/* Is there a path whose edges have all of the request's bandwidth left? */
static bool has_room(struct room *room, const struct alm_world *world, const double *loads,
                     const struct mfn_alm_request *ask)
{
    size_t count = 0;
    memset(room->is_seen, 0, world->node_count);
    room->queue[count++] = ask->from;
    room->is_seen[ask->from] = 1;
    for (size_t done = 0; done < count && !room->is_seen[ask->to]; done++) {
        const uint32_t node = room->queue[done];
        for (size_t i = room->first[node]; i < room->first[node + 1]; i++) {
            const struct mfn_alm_edge *const edge = &world->edges[room->order[i]];
            const double left = edge->bandwidth_mbps - loads[room->order[i]];
            if (room->is_seen[edge->to] || left < ask->bandwidth_mbps_min + 1e-3)
                continue;
            room->is_seen[edge->to] = 1;
            room->queue[count++] = edge->to;
        }
    }
    return room->is_seen[ask->to];
}

/* The ledger was empty, the highest priority came first, and nobody had to make way: loads only
 * grew, and who was refused finds no way in the end. */
static base_err check_refused(const struct alm_demand_state *demand, const double *loads,
                              struct base_why *why)
{
    struct room room = { 0 };
    base_err err = BASE_OK;
    if (!room_allocate(&room, &demand->world))
        err = base_fail(why, BASE_ENOMEM, 0, "no memory for the check");
    for (size_t i = 0; err == BASE_OK && i < demand->count; i++) {
        const struct mfn_alm_request *const ask = &demand->requests[i];
        if (demand->results[i].path_count == 0 && has_room(&room, &demand->world, loads, ask))
            err = base_fail(why, BASE_EWRONG, i,
                            "demand %zu, from node %" PRIu32 " to node %" PRIu32
                            ", was refused, but there is a path with %g Mbit/s left",
                            i, ask->from, ask->to, ask->bandwidth_mbps_min);
    }
    room_free(&room);
    return err;
}

static base_err demand_check(void *state, struct base_why *why)
{
    struct alm_demand_state *const demand = state;
    if (demand->rounds == 0)
        return BASE_OK;
    if (demand->err != BASE_OK || mfn_alm_demands_count(demand->demands) != 0)
        return base_fail(why, BASE_EWRONG, 0, "after all releases %zu demands are left: %s",
                         mfn_alm_demands_count(demand->demands), base_err_text(demand->err));
    double *const loads = calloc(demand->world.edge_count, sizeof *loads);
    if (loads == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the check");
    admit(demand);
    base_err err = check_loads(demand, loads, why);
    if (err == BASE_OK)
        err = check_refused(demand, loads, why);
    release(demand);
    free(loads);
    return err;
}

const struct bench_case alm_case_demand = {
    .name = "alm/demand",
    .doc = "demands of 100 to 1100 Mbit/s are admitted to a network and released",
    .item = "round",
    .params = { { "nodes", "100", "nodes of the graph" },
                ALM_PARAM_DEGREE("4"),
                { "load", "0.3,0.6,0.9", "of all links, if all were carried over some 4 hops" } },
    .setup = demand_setup,
    .run = demand_run,
    .check = demand_check,
    .teardown = demand_teardown,
};
