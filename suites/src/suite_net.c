/* suite_net.c - overlays under the same load on the same links: one item is one round, from making
 * the hosts to taking them away. What a round counted are the series; its claims are on these.
 *
 * `bpi-perf network test-hermes` and `test-baseline` measure the same cases with rounds of all
 * protocols interleaved.
 */
#include <suite/network.h>
#include <suite/suite.h>

#include "suite_claims.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

SUITE_CLAIMS(net);

enum { ATTEMPTS = 3 };

struct rounds {
    struct suite_net_plan plan;
    struct suite_net_results last;
    bool has_last;
    base_err err; /* of the first round that failed */
    struct base_why why;
};

static base_err rounds_setup(struct bench_env *env, const char *protocol)
{
    struct rounds *rounds = calloc(1, sizeof *rounds);
    if (rounds == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    rounds->plan = (struct suite_net_plan){ .protocol = protocol, .seed = env->seed };
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < env->arg_count; i++)
        err = suite_net_take(&rounds->plan, env->args[i].name, env->args[i].value, &env->why);
    if (err == BASE_OK)
        err = suite_net_check(&rounds->plan, &env->why);
    /* The processes of a run have one seed; rounds that are alike say nothing of their spread. */
    if (!rounds->plan.is_virtual)
        rounds->plan.seed ^= (uint64_t)getpid() << 20;
    if (err == BASE_OK && !rounds->plan.is_virtual && !rounds->plan.conditions.is_loopback)
        err = suite_net_available(&env->why);
    if (err != BASE_OK) {
        free(rounds);
        return err;
    }
    env->parts_per_item =
        (double)rounds->plan.conditions.node_count * suite_net_messages(&rounds->plan);
    env->state = rounds;
    return BASE_OK;
}

/* A round whose laboratory fell behind is made again. One with wrong deliveries is a result: the
 * series says how many, and a claim is refuted by it. */
static void rounds_run(void *state, uint64_t count)
{
    struct rounds *rounds = state;
    (void)count; /* exclusive: one */
    if (rounds->err != BASE_OK)
        return;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        suite_net_results_done(&rounds->last);
        rounds->plan.seed++;
        rounds->err = suite_net_run(&rounds->plan, &rounds->last, &rounds->why);
        if (rounds->err != BASE_OK)
            return;
        if (rounds->last.wrong > 0)
            return;
        rounds->err = suite_net_judge(&rounds->last, &rounds->why);
        if (rounds->err == BASE_OK)
            return;
    }
}

static void rounds_after(void *state, double *series)
{
    const struct rounds *rounds = state;
    for (size_t i = 0; suite_net_field_at(i) != NULL; i++)
        series[i] = suite_net_series_of(&rounds->last, suite_net_field_at(i));
}

static base_err rounds_check(void *state, struct base_why *why)
{
    const struct rounds *rounds = state;
    if (rounds->err != BASE_OK)
        return base_fail(why, BASE_EWRONG, 0, "%s", rounds->why.text);
    return BASE_OK;
}

static void rounds_teardown(void *state)
{
    struct rounds *rounds = state;
    if (rounds == NULL)
        return;
    suite_net_results_done(&rounds->last);
    free(rounds);
}

#define NET_SERIES(member, name, unit, doc) name,

/* X(symbol, text, what it is held against) */
#define NET_CASES(X)                                                                               \
    X(hermes, "hermes", NULL, "HERMES-Lite: each message once to each node, with repair")          \
    X(flood, "flood", "net/hermes", "UDP flooding: what is new goes to every other neighbour")     \
    X(gossip, "gossip", "net/hermes", "gossip: what is new goes to nodes chosen at random")        \
    X(gossipsub, "gossipsub", "net/hermes",                                                        \
      "a gossipsub-like mesh: pushed to 8, announced to others")                                   \
    X(plumtree, "plumtree", "net/hermes", "Plumtree: pushed along a tree, announced beside it")    \
    X(direct, "direct", "net/hermes", "each datagram to each other node, once: what copies cost")

#define NET_CASE(symbol, text, peer, sentence)                                                     \
    static base_err symbol##_setup(struct bench_env *env)                                          \
    {                                                                                              \
        return rounds_setup(env, text);                                                            \
    }                                                                                              \
    static const struct bench_case case_##symbol = {                                               \
        .name = "net/" text,                                                                       \
        .doc = sentence,                                                                           \
        .item = "round",                                                                           \
        .params = { { "condition", "local,production,internet,poor,large",                         \
                      "nodes, sizes, links: docs/network-lab.md" },                                \
                    { "bandwidth", "100Mbit/s,10Mbit/s", "that each host can send" },              \
                    { "load", "1000,200,3000,40,full",                                             \
                      "messages a second of all nodes; full: what one copy for each addressee "    \
                      "fills, for 5 s" },                                                          \
                    { "class", "consensus,shadow-data", "of all messages" },                       \
                    { "attack", "none,garbage", "while the second third of the load is sent" },    \
                    { "auth", "on", "baselines with a keyed tag, or off" },                        \
                    { "time", "real,virtual",                                                      \
                      "virtual: exactly repeatable, no hosts; all processes are alike, so that "   \
                      "intervals mean nothing" } },                                                \
        .peer_of = peer,                                                                           \
        .series = { SUITE_NET_FIELDS(NET_SERIES) SUITE_NET_ATTACK_FIELDS(NET_SERIES) },            \
        .is_exclusive = true,                                                                      \
        .setup = symbol##_setup,                                                                   \
        .run = rounds_run,                                                                         \
        .after = rounds_after,                                                                     \
        .check = rounds_check,                                                                     \
        .teardown = rounds_teardown,                                                               \
    };

NET_CASES(NET_CASE)

#define NET_ROW(symbol, text, peer, sentence) &case_##symbol,

static const struct bench_case *const net_cases[] = { NET_CASES(NET_ROW) };

const struct suite suite_net = {
    .name = "net",
    .doc = "overlays in a network laboratory: HERMES-Lite and what it is held against",
    .cases = net_cases,
    .case_count = SUITE_COUNT(net_cases),
    .claims_yaml = suite_claims_net,
};
