/* alm_tool_play.c - a closed loop: every client waits for its answer and asks again. A heap of
 * clients by the time when their answer comes is the clock; nothing is measured here. */
#include "alm_tool_play.h"

#include <base/rng.h>

#include <math.h>
#include <stdlib.h>

enum { NOBODY = 0xffff };

#define NS_PER_MS 1e6

struct client {
    uint64_t due_ns; /* when its answer comes, or it asks first */
    uint32_t number;
    uint16_t server; /* that its request is at; NOBODY: none */
};

struct play {
    const struct alm_tool_plan *plan;
    struct mfn_alm_pool *pool;
    struct base_rng rng;
    struct client *heap; /* [client_count] */
    uint64_t now_ns;
    uint32_t indices[SUITE_ALM_SERVERS_MAX]; /* a server's index in the pool */
    uint16_t places[SUITE_ALM_SERVERS_MAX];  /* and the other way round */
    uint32_t active[SUITE_ALM_SERVERS_MAX];
    uint16_t last[ALM_TOOL_FLOWS]; /* server that a flow was at last; NOBODY */
    bool is_second;                /* the second half: `last` is of the first */
    struct alm_tool_outcome outcome;
};

static bool is_sooner(const struct client *a, const struct client *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->number < b->number;
}

static void sift(struct client *heap, uint32_t count, uint32_t at)
{
    const struct client moving = heap[at];
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        child += child + 1 < count && is_sooner(&heap[child + 1], &heap[child]);
        if (!is_sooner(&heap[child], &moving))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moving;
}

static void heap_make(struct client *heap, uint32_t count)
{
    for (uint32_t at = count / 2; at-- > 0;)
        sift(heap, count, at);
}

static uint64_t latency_ns(const struct play *play, uint16_t server)
{
    return (uint64_t)llround(play->plan->servers->items[server].latency_ms * NS_PER_MS);
}

/* splitmix64's mixing: a flow's hash. */
static uint64_t mix(uint64_t x)
{
    x = (x + 0x9e3779b97f4a7c15U) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

static void flow_note(struct play *play, uint32_t flow, uint16_t server)
{
    uint16_t *const last = &play->last[flow];
    if (!play->is_second) {
        *last = server;
        return;
    }
    if (*last != NOBODY && *last != play->plan->down) {
        play->outcome.flows_seen++;
        play->outcome.flows_moved += *last != server;
    }
    *last = NOBODY; /* only the first request since is looked at */
}

static void answer(struct play *play, const struct client *client)
{
    if (client->server == NOBODY)
        return;
    play->active[client->server]--;
    mfn_alm_finished(play->pool, play->indices[client->server], latency_ns(play, client->server),
                     true, play->now_ns);
}

static void ask(struct play *play, struct client *client, struct alm_tool_tally *tally)
{
    const uint32_t flow = (uint32_t)base_rng_below(&play->rng, ALM_TOOL_FLOWS);
    const uint32_t index = mfn_alm_choose(play->pool, mix(flow ^ play->plan->seed), play->now_ns);
    const uint16_t server = play->places[index];
    mfn_alm_started(play->pool, index, play->now_ns);
    client->server = server;
    client->due_ns = play->now_ns + latency_ns(play, server);
    play->active[server]++;
    if (play->active[server] > tally->peak)
        tally->peak = play->active[server];
    tally->requests[server]++;
    tally->latency_ms += play->plan->servers->items[server].latency_ms;
    flow_note(play, flow, server);
}

static void half(struct play *play, struct alm_tool_tally *tally)
{
    for (uint64_t i = 0; i < play->plan->request_count; i++) {
        struct client *const client = &play->heap[0];
        play->now_ns = client->due_ns;
        mfn_alm_pool_tick(play->pool, play->now_ns);
        answer(play, client);
        ask(play, client, tally);
        sift(play->heap, play->plan->client_count, 0);
    }
    tally->latency_ms /= (double)play->plan->request_count;
}

/* The server is gone, and with it the requests under way: their clients ask again at once. */
static void go_down(struct play *play)
{
    const uint32_t down = play->plan->down;
    play->outcome.lost = play->active[down];
    play->active[down] = 0;
    mfn_alm_pool_remove(play->pool, play->indices[down]);
    for (uint32_t i = 0; i < play->plan->client_count; i++)
        if (play->heap[i].server == down) {
            play->heap[i].server = NOBODY;
            play->heap[i].due_ns = play->now_ns;
        }
    heap_make(play->heap, play->plan->client_count);
    play->is_second = true;
}

static base_err servers_add(struct play *play)
{
    const struct alm_tool_servers *const servers = play->plan->servers;
    for (uint32_t i = 0; i < servers->count; i++) {
        const base_err err = mfn_alm_pool_add(play->pool, servers->items[i].id,
                                              servers->items[i].weight, 0, &play->indices[i]);
        if (err != BASE_OK)
            return err;
        play->places[play->indices[i]] = (uint16_t)i;
    }
    return BASE_OK;
}

/* Clients do not begin all at once, but within the longest latency. */
static void clients_begin(struct play *play)
{
    uint64_t longest_ns = 1;
    for (uint32_t i = 0; i < play->plan->servers->count; i++) {
        const uint64_t own_ns = latency_ns(play, (uint16_t)i);
        longest_ns = own_ns > longest_ns ? own_ns : longest_ns;
    }
    for (uint32_t i = 0; i < play->plan->client_count; i++)
        play->heap[i] = (struct client){ base_rng_below(&play->rng, longest_ns), i, NOBODY };
    heap_make(play->heap, play->plan->client_count);
    for (uint32_t flow = 0; flow < ALM_TOOL_FLOWS; flow++)
        play->last[flow] = NOBODY;
}

base_err alm_tool_play(const struct alm_tool_plan *plan, struct alm_tool_outcome *out,
                       struct base_why *why)
{
    const struct mfn_alm_pool_options options = { .policy = plan->policy,
                                                  .capacity = plan->servers->count,
                                                  .seed = plan->seed };
    struct play *const play = calloc(1, sizeof *play);
    struct client *const heap = calloc(plan->client_count, sizeof *heap);
    base_err err = play != NULL && heap != NULL ? BASE_OK : BASE_ENOMEM;
    if (err == BASE_OK) {
        *play = (struct play){ .plan = plan, .heap = heap };
        err = mfn_alm_pool_new(&options, &play->pool, why);
    }
    if (err == BASE_OK)
        err = servers_add(play);
    if (err == BASE_OK) {
        base_rng_init(&play->rng, plan->seed);
        clients_begin(play);
        half(play, &play->outcome.before);
        go_down(play);
        if (plan->servers->count > 1)
            half(play, &play->outcome.after);
        *out = play->outcome;
    } else {
        (void)base_fail(why, err, 0, "%s: %s", mfn_alm_policy_name(plan->policy),
                        base_err_text(err));
    }
    if (play != NULL)
        mfn_alm_pool_free(play->pool);
    free(heap);
    free(play);
    return err;
}

struct alm_tool_spread alm_tool_spread_of(const struct alm_tool_servers *servers,
                                          const struct alm_tool_tally *tally, uint32_t without)
{
    struct alm_tool_spread spread = { 0, INFINITY };
    double requests = 0, weight = 0;
    for (uint32_t i = 0; i < servers->count; i++) {
        requests += (double)tally->requests[i];
        weight += i != without ? servers->items[i].weight : 0;
    }
    for (uint32_t i = 0; i < servers->count; i++) {
        if (i == without)
            continue;
        const double own =
            (double)tally->requests[i] / requests / (servers->items[i].weight / weight);
        spread.busiest = fmax(spread.busiest, own);
        spread.idlest = fmin(spread.idlest, own);
    }
    return spread;
}
