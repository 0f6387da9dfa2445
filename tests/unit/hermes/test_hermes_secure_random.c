/* Random histories on bad networks: calls from both sides, closes, restarts, cuts, losses, copies,
 * delays. Never is anything received twice, changed, or in another's name (secure_net.c); and once
 * the network is well again and whoever has no session calls, everybody hears everybody.
 * Arguments: number of histories (300; 100 with sanitizers), the first seed (1). */
#include "secure_net.h"

#include "hermes_secure_state_internal.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef BPI_SANITIZED
static uint64_t histories = 100;
#else
static uint64_t histories = 300;
#endif
static uint64_t first_seed = 1;

static struct net net;

struct weather {
    bool is_deaf[NET_NODES_MAX][NET_NODES_MAX]; /* from, to */
};

static bool pass(struct net *on, struct net_packet *packet, void *context)
{
    const struct weather *const weather = context;
    const struct net_node *const from = net_at(on, &packet->from), *const to =
                                                                       net_at(on, &packet->to);
    return from == NULL || to == NULL || !weather->is_deaf[from->number][to->number];
}

static uint32_t other_than(struct base_rng *rng, uint32_t node)
{
    return (node + 1 + (uint32_t)base_rng_below(rng, net.node_count - 1)) % net.node_count;
}

static void weather_change(struct base_rng *rng, struct weather *weather, uint32_t a, uint32_t b)
{
    static const uint32_t lost[] = { 0, 0, 10, 100, 300, 600 };
    switch (base_rng_below(rng, 5)) {
    case 0:
        net.lost_permille = lost[base_rng_below(rng, sizeof lost / sizeof *lost)];
        break;
    case 1:
        net.twice_permille = (uint32_t)base_rng_below(rng, 2) * 300;
        break;
    case 2:
        net.delay_ns = base_rng_below(rng, 200) * NET_MS;
        net.jitter_ns = base_rng_below(rng, 3) * base_rng_below(rng, 500) * NET_MS;
        break;
    case 3:
        weather->is_deaf[a][b] = !weather->is_deaf[a][b];
        break;
    default:
        memset(weather, 0, sizeof *weather);
        break;
    }
}

static void wait_some(struct base_rng *rng)
{
    static const uint64_t longest_ns[] = { NET_MS, 100 * NET_MS, NET_S, 5 * NET_S, 40 * NET_S };
    net_wait(&net, base_rng_below(rng, longest_ns[base_rng_below(rng, 5)]));
}

static void act(struct base_rng *rng, struct weather *weather)
{
    const uint32_t a = (uint32_t)base_rng_below(rng, net.node_count), b = other_than(rng, a);
    const uint64_t what = base_rng_below(rng, 100);
    if (what < 15) {
        (void)net_call(&net, a, b, base_rng_below(rng, 2), NULL);
    } else if (what < 25) { /* at once, or nearly */
        (void)net_call(&net, a, b, base_rng_below(rng, 2), NULL);
        net_wait(&net, base_rng_below(rng, 2) * base_rng_below(rng, 300) * NET_MS);
        (void)net_call(&net, b, a, base_rng_below(rng, 2), NULL);
    } else if (what < 60) {
        net_say(&net, a, b, base_rng_below(rng, 2), 16 + base_rng_below(rng, 200));
    } else if (what < 65) {
        if (net_peer(&net, a, b) != HERMES_NO_PEER)
            net_close(&net, a, b);
    } else if (what < 68) {
        net_restart(&net, a);
    } else if (what < 75) {
        weather_change(rng, weather, a, b);
    } else {
        wait_some(rng);
    }
}

static void everybody_calls(void)
{
    for (uint32_t a = 0; a < net.node_count; a++)
        for (uint32_t b = 0; b < net.node_count; b++)
            if (a != b)
                (void)net_call(&net, a, b, true, NULL);
}

static void pair_check(uint64_t seed, uint32_t a, uint32_t b)
{
    if (!net_are_up(&net, a, b))
        fail_msg("seed %llu: no session between %u and %u", (unsigned long long)seed, a, b);
    const uint64_t heard = net.nodes[b].heard[a];
    for (int i = 0; i < 3; i++)
        net_say(&net, a, b, i == 0, 16);
    net_wait(&net, NET_S);
    if (net.nodes[b].heard[a] != heard + 3)
        fail_msg("seed %llu: %u does not hear %u", (unsigned long long)seed, b, a);
}

static void history(uint64_t seed)
{
    static const uint64_t rekey_ns[] = { 8 * NET_S, 20 * NET_S, 120 * NET_S };
    struct weather weather = { 0 };
    struct base_rng rng;
    base_rng_init(&rng, ~seed);
    net_init(&net, seed, 2 + (uint32_t)base_rng_below(&rng, 2), 6,
             rekey_ns[base_rng_below(&rng, 3)]);
    net.see = pass;
    net.context = &weather;
    for (uint64_t i = 0, count = base_rng_below(&rng, 150); i < count; i++)
        act(&rng, &weather);
    memset(&weather, 0, sizeof weather);
    net.lost_permille = net.twice_permille = 0;
    net.delay_ns = 20 * NET_MS;
    net.jitter_ns = 10 * NET_MS;
    everybody_calls(); /* calls under way may be those of closed sessions: */
    net_wait(&net, 40 * NET_S);
    everybody_calls(); /* again, for sessions that ended meanwhile */
    net_wait(&net, 5 * NET_S);
    for (uint32_t a = 0; a < net.node_count; a++)
        for (uint32_t b = 0; b < net.node_count; b++)
            if (a != b)
                pair_check(seed, a, b);
    net_done(&net);
}

static void histories_end_well(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < histories; i++)
        history(first_seed + i);
}

int main(int count, char **args)
{
    if (count > 1)
        histories = strtoull(args[1], NULL, 10);
    if (count > 2)
        first_seed = strtoull(args[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(histories_end_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
