/* ifr_table_shards.c - writers in several threads (`--threads`): each puts flows of its own in and
 * takes them out again, in turns of a ring of keys. */
#include "ifr_table_cases.h"
#include "ifr_table_lookup.h"
#include "ifr_table_own.h"

#include <mfn/ifr_shards.h>

#include <stdlib.h>

enum { RING = 1 << 14 };

struct sharing {
    struct mfn_ifr_shards *shards;
    bool is_guest; /* they are thread 0's */
    struct ifr_traffic traffic;
    uint64_t first_flow; /* of this thread's own */
    uint8_t *keys;       /* [RING * stride] */
    size_t at;
    bool is_removing;
    uint64_t wrong;
};

static void shards_teardown(void *state)
{
    struct sharing *const sharing = state;
    if (sharing == NULL)
        return;
    if (!sharing->is_guest)
        mfn_ifr_shards_free(sharing->shards);
    ifr_traffic_done(&sharing->traffic);
    free(sharing->keys);
    free(sharing);
}

static base_err fill(struct bench_env *env, struct sharing *sharing, uint64_t shard_count)
{
    struct ifr_kind_options options;
    base_err err = ifr_traffic_options(
        env, sharing->traffic.flow_count + (uint64_t)RING * env->threads, &options);
    if (err != BASE_OK)
        return err;
    struct mfn_ifr_shards_options own = { .table = { .key_size = options.key_size,
                                                     .capacity = options.capacity,
                                                     .want_large_pages = options.want_large_pages },
                                          .shard_count = shard_count };
    mfn_ifr_seed_random(&own.table.seed);
    err = mfn_ifr_shards_new(&own, &sharing->shards);
    for (uint64_t i = 0; err == BASE_OK && i < sharing->traffic.flow_count; i++) {
        uint8_t key[MFN_FLOW_KEY_IPV6];
        const struct mfn_ifr_value value = ifr_own_value(ifr_traffic_value(i));
        ifr_traffic_key(&sharing->traffic, i, key);
        err = mfn_ifr_shards_insert(sharing->shards, key, &value);
    }
    if (err != BASE_OK)
        return base_fail(&env->why, err, 0, "%llu shards were not filled: %s",
                         (unsigned long long)shard_count, base_err_text(err));
    bench_env_fact(env, "bytes_per_flow",
                   (double)mfn_ifr_shards_size_bytes(sharing->shards) /
                       (double)sharing->traffic.flow_count,
                   "B");
    return BASE_OK;
}

static base_err shards_open(struct bench_env *env, struct sharing *sharing, uint64_t flow_count,
                            uint64_t shard_count)
{
    base_err err = ifr_traffic_init(env, flow_count, &sharing->traffic);
    sharing->is_guest = env->thread > 0;
    if (err == BASE_OK && sharing->is_guest)
        sharing->shards = ((const struct sharing *)env->first)->shards;
    else if (err == BASE_OK)
        err = fill(env, sharing, shard_count);
    if (err != BASE_OK)
        return err;
    sharing->first_flow = flow_count + (uint64_t)RING * env->thread;
    sharing->keys = ifr_traffic_keys(&sharing->traffic, sharing->first_flow, RING);
    return sharing->keys != NULL ? BASE_OK
                                 : base_fail(&env->why, BASE_ENOMEM, 0, "no memory for keys");
}

static base_err shards_setup(struct bench_env *env)
{
    uint64_t flow_count = 0, shard_count = 0;
    base_err err = bench_env_count(env, "flows", 1, IFR_FLOWS_MAX, &flow_count);
    if (err == BASE_OK)
        err = bench_env_count(env, "shards", 1, MFN_IFR_SHARDS_MAX, &shard_count);
    if (err != BASE_OK)
        return err;
    struct sharing *const sharing = calloc(1, sizeof *sharing);
    if (sharing == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    err = shards_open(env, sharing, flow_count, shard_count);
    if (err != BASE_OK) {
        shards_teardown(sharing);
        return err;
    }
    env->state = sharing;
    return BASE_OK;
}

static void shards_run(void *state, uint64_t count)
{
    struct sharing *const sharing = state;
    BENCH_LOOP(count) {
        const uint8_t *const key = sharing->keys + sharing->at * sharing->traffic.stride;
        if (sharing->is_removing) {
            sharing->wrong += !mfn_ifr_shards_remove(sharing->shards, key);
        } else {
            const struct mfn_ifr_value value =
                ifr_own_value(ifr_traffic_value(sharing->first_flow + sharing->at));
            sharing->wrong += mfn_ifr_shards_insert(sharing->shards, key, &value) != BASE_OK;
        }
        if (++sharing->at == RING) {
            sharing->at = 0;
            sharing->is_removing = !sharing->is_removing;
        }
    }
}

/* Each flow of this thread's ring is there or not, as the turn says; the others are as before. */
static base_err shards_check(void *state, struct base_why *why)
{
    const struct sharing *const sharing = state;
    struct mfn_ifr_value value;
    if (sharing->wrong > 0)
        return base_fail(why, BASE_EWRONG, 0, "%llu writes were refused or found nothing",
                         (unsigned long long)sharing->wrong);
    for (size_t i = 0; i < RING; i++) {
        const uint64_t flow = sharing->first_flow + i;
        const bool is_there = mfn_ifr_shards_find(
            sharing->shards, sharing->keys + i * sharing->traffic.stride, &value);
        if (is_there != ((i < sharing->at) != sharing->is_removing) ||
            (is_there && value.timestamp_ns != ifr_traffic_value(flow)))
            return base_fail(why, BASE_EWRONG, flow, "flow %llu is not as it was written",
                             (unsigned long long)flow);
    }
    for (size_t i = 0; i < sharing->traffic.ask_count; i++) {
        const uint64_t flow = sharing->traffic.flows[i];
        if (!mfn_ifr_shards_find(sharing->shards,
                                 sharing->traffic.asks + i * sharing->traffic.stride, &value) ||
            value.timestamp_ns != ifr_traffic_value(flow))
            return base_fail(why, BASE_EWRONG, flow, "flow %llu was lost or changed",
                             (unsigned long long)flow);
    }
    return BASE_OK;
}

const struct bench_case suite_ifr_shards = {
    .name = "ifr/shards",
    .doc = "inserts and removals in turns, from as many threads as --threads says",
    .item = "write",
    .params = { IFR_PARAM_FLOWS,
                { "shards", "16", "tables, each with a lock for writers" },
                IFR_PARAM_KEY,
                IFR_PARAM_PAGES },
    .setup = shards_setup,
    .run = shards_run,
    .check = shards_check,
    .teardown = shards_teardown,
};
