/* alm_constrain_cases.c - the cheapest path within limits. The check looks for a better one step by
 * step over all edges, leaving a walk as soon as what is left at the least, by Bellman and Ford for
 * each value alone, breaks a limit or makes it no better. */
#include "alm_traffic_cases.h"

#include <bench/keep.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { CHECKED = 24, STEPS_MAX = 300000 };

static const double slack = 1e-6; /* of sums of doubles in another order */

static void constrain_teardown(void *state)
{
    struct alm_constrain_state *const limited = state;
    if (limited == NULL)
        return;
    mfn_alm_constrain_free(limited->constrain);
    alm_world_done(&limited->world);
    free(limited);
}

static double latency_of(const struct mfn_alm_edge *edge)
{
    return edge->latency_ms;
}

static double loss_of(const struct mfn_alm_edge *edge)
{
    return -log(edge->reliability);
}

static double cost_of(const struct mfn_alm_edge *edge)
{
    return edge->cost;
}

/* The least sum of a value from each node to a target, over edges with enough bandwidth. */
static void least_to(const struct alm_world *world, uint32_t target, double bandwidth,
                     double (*value)(const struct mfn_alm_edge *), double *sums)
{
    for (uint32_t i = 0; i < world->node_count; i++)
        sums[i] = INFINITY;
    sums[target] = 0;
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (size_t i = 0; i < world->edge_count; i++) {
            const struct mfn_alm_edge *const edge = &world->edges[i];
            const double sum = sums[edge->to] + value(edge);
            if (edge->bandwidth_mbps >= bandwidth && sum < sums[edge->from]) {
                sums[edge->from] = sum;
                is_changed = true;
            }
        }
    }
}

/* The least cost within a latency that is up to twice the least, over edges with some bandwidth and
 * with a reliability that most paths have. */
static void draw_requests(struct alm_constrain_state *limited, struct base_rng *rng, double *sums)
{
    const struct alm_world *const world = &limited->world;
    for (size_t i = 0; i < ALM_PAIRS; i++) {
        const struct alm_pair_of_nodes ask = world->pairs[i];
        least_to(world, ask.to, 0, latency_of, sums);
        limited->requests[i] = (struct mfn_alm_request){
            .from = ask.from,
            .to = ask.to,
            .metric = MFN_ALM_COST,
            .bandwidth_mbps_min = 100 + (double)base_rng_below(rng, 1001),
            .latency_ms_max = sums[ask.from] * (1 + base_rng_uniform(rng)),
            .reliability_min = 0.3 + 0.3 * base_rng_uniform(rng),
            .priority = 1 + (uint32_t)base_rng_below(rng, MFN_ALM_PRIORITY_MAX),
        };
    }
}

static void answer(struct alm_constrain_state *limited, uint64_t index)
{
    limited->err = mfn_alm_constrain_find(limited->constrain, &limited->requests[index % ALM_PAIRS],
                                          &limited->way, NULL);
}

static base_err constrain_make(struct bench_env *env, struct alm_constrain_state *limited)
{
    const struct alm_world *const world = &limited->world;
    base_err err = mfn_alm_constrain_new(world->edges, world->edge_count, world->node_count, NULL,
                                         0, &limited->constrain, &env->why);
    if (err != BASE_OK)
        return err;
    double *const sums = malloc(world->node_count * sizeof *sums);
    if (sums == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for the requests");
    struct base_rng rng;
    base_rng_init(&rng, env->seed + 4);
    draw_requests(limited, &rng, sums);
    free(sums);
    size_t found = 0, proven = 0;
    for (size_t i = 0; i < ALM_PAIRS; i++) {
        answer(limited, i);
        found += limited->err == BASE_OK;
        proven +=
            limited->err == BASE_ENOTFOUND || (limited->err == BASE_OK && limited->way.is_proven);
    }
    bench_env_fact(env, "found_share", (double)found / ALM_PAIRS, "1");
    bench_env_fact(env, "proven_share", (double)proven / ALM_PAIRS, "1");
    return BASE_OK;
}

static base_err constrain_setup(struct bench_env *env)
{
    struct alm_constrain_state *const limited = calloc(1, sizeof *limited);
    if (limited == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    base_err err = alm_world_open(env, &limited->world);
    if (err == BASE_OK)
        err = constrain_make(env, limited);
    if (err == BASE_OK)
        env->state = limited;
    else
        constrain_teardown(limited);
    return err;
}

static void constrain_run(void *state, uint64_t count)
{
    struct alm_constrain_state *const limited = state;
    BENCH_LOOP(count) {
        answer(limited, limited->asked++);
        BENCH_KEEP(&limited->way);
    }
}

/* A walk that grows edge by edge, over the edges by the node that they leave. */
struct walk {
    const struct alm_world *world;
    const struct mfn_alm_request *request;
    size_t *first, *order; /* [node_count + 1], [edge_count] */
    double *rest[3];       /* [node_count] cost, latency, loss to the target at the least */
    uint8_t *is_on;        /* [node_count] */
    double least;          /* what must be beaten */
    size_t steps;
};

/* Is there a path from a node, with these sums so far, within the limits that costs less? */
static bool beats(struct walk *walk, uint32_t node, double cost, double latency, double loss)
{
    if (++walk->steps > STEPS_MAX || walk->is_on[node])
        return false;
    const struct mfn_alm_request *const ask = walk->request;
    if (!(cost + walk->rest[0][node] < walk->least) ||
        latency + walk->rest[1][node] > ask->latency_ms_max * (1 - slack) ||
        loss + walk->rest[2][node] > -log(ask->reliability_min) * (1 - slack))
        return false;
    if (node == ask->to)
        return true;
    bool is_beaten = false;
    walk->is_on[node] = 1;
    for (size_t i = walk->first[node]; !is_beaten && i < walk->first[node + 1]; i++) {
        const struct mfn_alm_edge *const edge = &walk->world->edges[walk->order[i]];
        is_beaten = edge->bandwidth_mbps >= ask->bandwidth_mbps_min &&
                    beats(walk, edge->to, cost + edge->cost, latency + edge->latency_ms,
                          loss + loss_of(edge));
    }
    walk->is_on[node] = 0;
    return is_beaten;
}

static bool walk_allocate(struct walk *walk)
{
    const struct alm_world *const world = walk->world;
    const size_t nodes = world->node_count;
    walk->first = calloc(nodes + 2, sizeof *walk->first);
    walk->order = malloc((world->edge_count + 1) * sizeof *walk->order);
    walk->is_on = calloc(nodes, 1);
    bool is_fine = walk->first != NULL && walk->order != NULL && walk->is_on != NULL;
    for (int i = 0; i < 3; i++)
        is_fine &= (walk->rest[i] = malloc(nodes * sizeof *walk->rest[i])) != NULL;
    if (!is_fine)
        return false;
    for (size_t i = 0; i < world->edge_count; i++)
        walk->first[world->edges[i].from + 2]++;
    for (size_t i = 1; i < nodes + 2; i++)
        walk->first[i] += walk->first[i - 1];
    for (size_t i = 0; i < world->edge_count; i++)
        walk->order[walk->first[world->edges[i].from + 1]++] = i;
    return true;
}

static void walk_free(struct walk *walk)
{
    free(walk->first);
    free(walk->order);
    free(walk->is_on);
    for (int i = 0; i < 3; i++)
        free(walk->rest[i]);
}

/* The path is one, and keeps its limits. */
static bool is_within(const struct alm_constrain_state *limited,
                      const struct mfn_alm_request *request)
{
    const struct mfn_alm_way *const way = &limited->way;
    double cost = 0, latency = 0, loss = 0;
    for (uint32_t i = 0; i < way->hop_count; i++) {
        if (way->edges[i] >= limited->world.edge_count)
            return false;
        const struct mfn_alm_edge *const edge = &limited->world.edges[way->edges[i]];
        if (edge->from != way->nodes[i] || edge->to != way->nodes[i + 1] ||
            edge->bandwidth_mbps < request->bandwidth_mbps_min)
            return false;
        cost += edge->cost;
        latency += edge->latency_ms;
        loss += loss_of(edge);
    }
    return way->nodes[0] == request->from && way->nodes[way->hop_count] == request->to &&
           fabs(cost - way->weight) <= slack * (1 + cost) &&
           latency <= request->latency_ms_max * (1 + slack) &&
           exp(-loss) >= request->reliability_min * (1 - slack);
}

/* *judged counts the answers that were looked at to the end. */
static base_err check_request(struct alm_constrain_state *limited, struct walk *walk,
                              const struct mfn_alm_request *request, size_t *judged,
                              struct base_why *why)
{
    if (limited->err == BASE_EFULL)
        return BASE_OK; /* it said that it does not know, which is no answer to count */
    if (limited->err != BASE_OK && limited->err != BASE_ENOTFOUND)
        return base_fail(why, BASE_EWRONG, request->from, "a request failed: %s",
                         base_err_text(limited->err));
    if (limited->err == BASE_OK && !is_within(limited, request))
        return base_fail(why, BASE_EWRONG, request->from,
                         "the path from node %" PRIu32 " to node %" PRIu32
                         " does not keep its limits",
                         request->from, request->to);
    double (*const values[])(const struct mfn_alm_edge *) = { cost_of, latency_of, loss_of };
    for (int i = 0; i < 3; i++)
        least_to(walk->world, request->to, request->bandwidth_mbps_min, values[i], walk->rest[i]);
    const bool is_found = limited->err == BASE_OK;
    walk->request = request;
    walk->steps = 0;
    walk->least = is_found ? limited->way.weight_least * (1 - slack) - slack : INFINITY;
    if (beats(walk, request->from, 0, 0, 0))
        return base_fail(why, BASE_EWRONG, request->from,
                         "there is a %s path from node %" PRIu32 " to node %" PRIu32
                         " within the limits",
                         is_found ? "cheaper" : "", request->from, request->to);
    *judged += walk->steps <= STEPS_MAX;
    return BASE_OK;
}

static base_err constrain_check(void *state, struct base_why *why)
{
    struct alm_constrain_state *const limited = state;
    if (limited->asked == 0)
        return BASE_OK;
    struct walk walk = { .world = &limited->world };
    base_err err =
        walk_allocate(&walk) ? BASE_OK : base_fail(why, BASE_ENOMEM, 0, "no memory for the check");
    size_t judged = 0;
    for (uint64_t i = 0; err == BASE_OK && i < CHECKED; i++) {
        const uint64_t index = limited->asked - 1 + i;
        if (i > 0)
            answer(limited, index);
        err = check_request(limited, &walk, &limited->requests[index % ALM_PAIRS], &judged, why);
    }
    if (err == BASE_OK && judged == 0)
        err = base_fail(why, BASE_EWRONG, 0,
                        "none of %d requests was answered in a way that could be judged", CHECKED);
    walk_free(&walk);
    return err;
}

const struct bench_case alm_case_constrain = {
    .name = "alm/constrain",
    .doc = "the cheapest path with enough bandwidth, within a latency and a reliability",
    .item = "request",
    .params = { ALM_PARAM_NODES, ALM_PARAM_DEGREE("4") },
    .setup = constrain_setup,
    .run = constrain_run,
    .check = constrain_check,
    .teardown = constrain_teardown,
};
