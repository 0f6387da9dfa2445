/* ifr_table_walk.c - all flows one after the other, and flows that leave by age. */
#include "ifr_table_cases.h"
#include "ifr_table_lookup.h"
#include "ifr_table_own.h"

#include <mfn/ifr_table.h>
#include <mfn/ifr_wheel.h>

#include <stdlib.h>

/* ifr/iterate: a walk over the table, as often as it takes. */

struct walk {
    struct ifr_traffic traffic;
    void *table;
    struct mfn_ifr_scan scan;
    struct mfn_ifr_flow flows[MFN_IFR_SCAN_MAX];
    size_t shown, next;     /* of flows, by the last call; not given out yet */
    uint64_t count, sum;    /* of this round */
    uint64_t rounds, wrong; /* complete ones; those that did not show all */
    uint64_t total;         /* what the values of all flows add up to */
};

static void iterate_teardown(void *state)
{
    struct walk *const walk = state;
    if (walk == NULL)
        return;
    ifr_kind_own.close(walk->table);
    ifr_traffic_done(&walk->traffic);
    free(walk);
}

static base_err iterate_setup(struct bench_env *env)
{
    uint64_t flow_count = 0;
    base_err err = bench_env_count(env, "flows", 1, IFR_FLOWS_MAX, &flow_count);
    if (err != BASE_OK)
        return err;
    struct walk *const walk = calloc(1, sizeof *walk);
    if (walk == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    err = ifr_traffic_init(env, flow_count, &walk->traffic);
    if (err == BASE_OK)
        err = ifr_traffic_fill(&walk->traffic, &ifr_kind_own, 0, env, &walk->table);
    if (err != BASE_OK) {
        iterate_teardown(walk);
        return err;
    }
    for (uint64_t i = 0; i < flow_count; i++)
        walk->total += ifr_traffic_value(i);
    env->state = walk;
    return BASE_OK;
}

/* The next few flows; after the last the first, and the round is judged. */
static void refill(struct walk *walk)
{
    walk->next = 0;
    while ((walk->shown = mfn_ifr_table_scan(walk->table, &walk->scan, walk->flows)) == 0) {
        walk->rounds++;
        walk->wrong += walk->count != walk->traffic.flow_count || walk->sum != walk->total;
        walk->scan = (struct mfn_ifr_scan){ 0 };
        walk->count = walk->sum = 0;
    }
}

static void iterate_run(void *state, uint64_t count)
{
    struct walk *const walk = state;
    while (count > 0) {
        if (walk->next == walk->shown)
            refill(walk);
        const size_t left = walk->shown - walk->next;
        const size_t some = count < left ? (size_t)count : left;
        for (size_t i = 0; i < some; i++)
            walk->sum += walk->flows[walk->next + i].value.timestamp_ns;
        walk->next += some;
        walk->count += some;
        count -= some;
    }
}

/* What is left of this round makes it whole. */
static base_err iterate_check(void *state, struct base_why *why)
{
    struct walk *const walk = state;
    if (walk->count > 0)
        for (const uint64_t rounds = walk->rounds; walk->rounds == rounds;)
            iterate_run(walk, 1);
    if (walk->wrong > 0)
        return base_fail(why, BASE_EWRONG, 0, "%llu of %llu walks did not show each flow once",
                         (unsigned long long)walk->wrong, (unsigned long long)walk->rounds);
    return BASE_OK;
}

const struct bench_case suite_ifr_iterate = {
    .name = "ifr/iterate",
    .doc = "a walk over all flows; an item is a flow shown",
    .item = "flow",
    .params = { IFR_PARAM_FLOWS, IFR_PARAM_KEY, IFR_PARAM_PAGES },
    .setup = iterate_setup,
    .run = iterate_run,
    .check = iterate_check,
    .teardown = iterate_teardown,
};

/* ifr/expire: each item is a new flow; the flow that came `flows` before it leaves by age. */

enum {
    TICKS_PER_AGE = 1000,
    TICKS_PER_SLOT = 256, /* of the wheel above the lowest */
    NS_PER_FLOW = 1000,   /* of the made time between two flows */
    STEPS_PER_FLOW = 8,   /* a flow is put to a lower wheel a few times before it is looked at */
};

#define EXPIRE_FLOWS_MAX UINT64_C(50000000)

struct expire {
    struct ifr_traffic traffic;
    struct mfn_ifr_wheel *wheel;
    void *table;
    uint8_t *keys;    /* [key_count * stride], used in turn */
    size_t key_count; /* twice the flows: a key is long gone before it comes again */
    uint64_t come;    /* flows that came, so that it is `come * NS_PER_FLOW` o'clock */
    uint64_t gone;    /* that left */
    base_err err;
};

static void expire_teardown(void *state)
{
    struct expire *const expire = state;
    if (expire == NULL)
        return;
    mfn_ifr_wheel_free(expire->wheel);
    ifr_kind_own.close(expire->table);
    ifr_traffic_done(&expire->traffic);
    free(expire->keys);
    free(expire);
}

static void expire_run(void *state, uint64_t count)
{
    struct expire *const expire = state;
    BENCH_LOOP(count) {
        const size_t at = (size_t)(expire->come % expire->key_count);
        const uint8_t *const key = expire->keys + at * expire->traffic.stride;
        const uint64_t now = expire->come++ * NS_PER_FLOW;
        const struct mfn_ifr_value value = { .component_id = (uint32_t)at, .timestamp_ns = now };
        expire->err |= mfn_ifr_table_insert(expire->table, key, &value);
        expire->err |= mfn_ifr_wheel_add(expire->wheel, key, now);
        expire->gone += mfn_ifr_wheel_expire(expire->wheel, expire->table, now, STEPS_PER_FLOW);
    }
}

static base_err expire_open(struct bench_env *env, struct expire *expire, uint64_t flow_count)
{
    struct ifr_kind_options options;
    base_err err = ifr_traffic_init(env, flow_count, &expire->traffic);
    if (err == BASE_OK)
        err = ifr_traffic_options(env, 2 * flow_count, &options);
    if (err == BASE_OK)
        err = ifr_kind_own.open(&options, &expire->table, &env->why);
    if (err != BASE_OK)
        return err;
    const uint64_t age = flow_count * NS_PER_FLOW;
    const struct mfn_ifr_wheel_options wheel = {
        .key_size = options.key_size,
        .age_ns = age,
        .tick_ns = age / TICKS_PER_AGE > 0 ? age / TICKS_PER_AGE : 1,
    };
    expire->key_count = (size_t)(2 * flow_count);
    expire->keys = ifr_traffic_keys(&expire->traffic, 0, expire->key_count);
    err = expire->keys == NULL ? BASE_ENOMEM : mfn_ifr_wheel_new(&wheel, &expire->wheel);
    if (err != BASE_OK)
        return base_fail(&env->why, err, 0, "no wheel of %llu flows: %s",
                         (unsigned long long)flow_count, base_err_text(err));
    expire_run(expire, 2 * flow_count); /* now as many leave as come */
    return BASE_OK;
}

static base_err expire_setup(struct bench_env *env)
{
    uint64_t flow_count = 0;
    base_err err = ifr_traffic_one_thread_flows(env, 1000, EXPIRE_FLOWS_MAX, &flow_count);
    if (err != BASE_OK)
        return err;
    struct expire *const expire = calloc(1, sizeof *expire);
    if (expire == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    err = expire_open(env, expire, flow_count);
    if (err != BASE_OK) {
        expire_teardown(expire);
        return err;
    }
    env->state = expire;
    return BASE_OK;
}

/* Younger than its age: there. Older by more than two ticks, and by as long as the flows of a
 * higher wheel's slot take to be put lower when each new flow pays for STEPS_PER_FLOW steps: gone.
 */
static base_err expire_check(void *state, struct base_why *why)
{
    const struct expire *const expire = state;
    const uint64_t flows = expire->traffic.flow_count;
    const uint64_t in_tick = flows / TICKS_PER_AGE + 1;
    const uint64_t slack = 3 * in_tick + TICKS_PER_SLOT * in_tick / (STEPS_PER_FLOW - 2);
    if (expire->err != BASE_OK)
        return base_fail(why, expire->err, 0, "a flow was not taken: %s",
                         base_err_text(expire->err));
    if (mfn_ifr_table_count(expire->table) != expire->come - expire->gone)
        return base_fail(why, BASE_EWRONG, 0, "%zu flows are left of %llu, of which %llu left",
                         mfn_ifr_table_count(expire->table), (unsigned long long)expire->come,
                         (unsigned long long)expire->gone);
    for (uint64_t back = 1; back <= expire->key_count && back <= expire->come; back++) {
        const size_t at = (size_t)((expire->come - back) % expire->key_count);
        const bool is_there =
            mfn_ifr_table_find(expire->table, expire->keys + at * expire->traffic.stride,
                               &(struct mfn_ifr_value){ 0 });
        if (is_there ? back > flows + slack : back < flows)
            return base_fail(why, BASE_EWRONG, at, "a flow that came %llu flows ago is %s",
                             (unsigned long long)back, is_there ? "still there" : "gone");
    }
    return BASE_OK;
}

const struct bench_case suite_ifr_expire = {
    .name = "ifr/expire",
    .doc = "a flow comes and is watched, and one leaves by age; `flows` live at any time",
    .item = "flow",
    .params = { { "flows", "100000", "flows that live at a time" },
                IFR_PARAM_KEY,
                IFR_PARAM_PAGES },
    .setup = expire_setup,
    .run = expire_run,
    .check = expire_check,
    .teardown = expire_teardown,
};
