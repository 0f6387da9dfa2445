/* alm_select_check.c - see alm_select_check.h. */
#include "alm_select_check.h"

#include <inttypes.h>
#include <stdlib.h>

enum { ROUNDS = 64, DRAWS = 8192 };

static const double load_bound = 1.25; /* adaptive's, as the pool has it without an option */

struct pool_view {
    struct alm_select_state *state;
    struct mfn_alm_server servers[ALM_BALANCED_MAX];
    uint64_t chosen[ALM_BALANCED_MAX]; /* how often */
    uint64_t weight_sum, active_sum;
    struct alm_table table; /* of maglev: a second one, filled by other code */
};

static double load_of(const struct mfn_alm_server *server, uint32_t more)
{
    return (double)(server->active + more) / server->weight;
}

/* Is this one choice what the policy says? */
static bool is_right(const struct pool_view *view, uint64_t hash, uint32_t chosen)
{
    const struct mfn_alm_server *const it = &view->servers[chosen];
    bool is_least = true, is_lightest = true;
    for (uint32_t i = 0; i < view->state->count; i++) {
        is_least &= it->active <= view->servers[i].active;
        is_lightest &= load_of(it, 1) <= load_of(&view->servers[i], 1);
    }
    switch (view->state->policy) {
    case MFN_ALM_LEAST_CONNECTIONS:
        return is_least;
    case MFN_ALM_WEIGHTED_LEAST_CONNECTIONS:
        return is_lightest;
    case MFN_ALM_MAGLEV:
        return chosen == alm_table_choose(&view->table, hash);
    case MFN_ALM_ADAPTIVE:
        return load_of(it, 0) <
               load_bound * (double)(view->active_sum + 1) / (double)view->weight_sum;
    default:
        return it->is_eligible;
    }
}

/* What is compared of two servers that are drawn: the load, or the load times the latency. A server
 * that has not answered yet is cheap until it has a request. */
static double cost_of(const struct pool_view *view, uint32_t index)
{
    const struct mfn_alm_server *const server = &view->servers[index];
    const double load = load_of(server, 1);
    if (view->state->policy == MFN_ALM_TWO_CHOICES)
        return load;
    if (server->latency_ns > 0)
        return load * server->latency_ns;
    return server->active == 0 ? 0 : load * 1e30;
}

/* The dearest of two is taken only when it is drawn twice, far less often than its share. By
 * latency it must lead by a tenth: how long ago the last answers came is not known here. */
static bool is_dearest_rare(const struct pool_view *view, uint64_t times)
{
    const double lead = view->state->policy == MFN_ALM_TWO_CHOICES ? 1 : 1.1;
    uint32_t dearest = 0;
    for (uint32_t i = 1; i < view->state->count; i++)
        if (cost_of(view, i) > cost_of(view, dearest))
            dearest = i;
    for (uint32_t i = 0; i < view->state->count; i++)
        if (i != dearest && !(cost_of(view, i) * lead < cost_of(view, dearest)))
            return true;
    const double share = (double)view->servers[dearest].weight / (double)view->weight_sum;
    return view->state->count < 4 || (double)view->chosen[dearest] < 0.7 * share * (double)times;
}

/* How often each server was chosen in all. */
static bool is_right_often(const struct pool_view *view, uint64_t times)
{
    for (uint32_t i = 0; i < view->state->count; i++) {
        const struct mfn_alm_server *const server = &view->servers[i];
        if (view->state->policy == MFN_ALM_ROUND_ROBIN &&
            view->chosen[i] * view->state->count != times)
            return false;
        if (view->state->policy == MFN_ALM_WEIGHTED_ROUND_ROBIN &&
            view->chosen[i] * view->weight_sum != times * server->weight)
            return false;
    }
    const bool is_drawn =
        view->state->policy == MFN_ALM_TWO_CHOICES || view->state->policy == MFN_ALM_PEAK_EWMA;
    return !is_drawn || is_dearest_rare(view, times);
}

static base_err choose_and_judge(struct pool_view *view, uint64_t times, struct base_why *why)
{
    struct alm_select_state *const state = view->state;
    for (uint64_t i = 0; i < times; i++) {
        const uint64_t hash = state->hashes[i % ALM_HASHES];
        const uint32_t chosen = mfn_alm_choose(state->pool, hash, state->now_ns);
        if (chosen >= state->count || !is_right(view, hash, chosen))
            return base_fail(why, BASE_EWRONG, i,
                             "%s chose server %" PRIu32 " of %" PRIu32 " for flow %016" PRIx64,
                             mfn_alm_policy_name(state->policy), chosen, state->count, hash);
        view->chosen[chosen]++;
    }
    return is_right_often(view, times)
               ? BASE_OK
               : base_fail(why, BASE_EWRONG, 0, "%s did not choose each server as often as it says",
                           mfn_alm_policy_name(state->policy));
}

base_err alm_select_check_pool(struct alm_select_state *state, struct base_why *why)
{
    struct pool_view *const view = calloc(1, sizeof *view);
    if (view == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the check");
    view->state = state;
    base_err err = BASE_OK;
    for (uint32_t i = 0; err == BASE_OK && i < state->count; i++) {
        if (!mfn_alm_pool_server(state->pool, i, &view->servers[i]))
            err = base_fail(why, BASE_EWRONG, i, "server %" PRIu32 " is not in the pool", i);
        view->weight_sum += view->servers[i].weight;
        view->active_sum += view->servers[i].active;
    }
    if (err == BASE_OK && state->policy == MFN_ALM_MAGLEV &&
        alm_table_init(&view->table, state->ids, state->weights, state->count,
                       (uint32_t)state->table.slot_count) != BASE_OK)
        err = base_fail(why, BASE_ENOMEM, 0, "no memory for the check");
    const uint64_t cycle = state->policy == MFN_ALM_ROUND_ROBIN ? state->count : view->weight_sum;
    const bool is_turn =
        state->policy == MFN_ALM_ROUND_ROBIN || state->policy == MFN_ALM_WEIGHTED_ROUND_ROBIN;
    if (err == BASE_OK)
        err = choose_and_judge(view, is_turn ? ROUNDS * cycle : DRAWS, why);
    alm_table_done(&view->table);
    free(view);
    return err;
}
