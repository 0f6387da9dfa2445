/* ifr_wire_cases.c - lookups between two processes: over the Unix socket, blocking or busy-polled,
 * through shared memory, and over HTTP. Throughput of one caller after the other, and the times of
 * single calls. */
#include "ifr_service_cases.h"
#include "ifr_way.h"

#include <bench/clock.h>
#include <bench/hist.h>

#include <stdlib.h>

enum { CALLS = 500 }; /* of one batch of single calls */

struct wired {
    struct ifr_query query;
    struct ifr_way way;
    uint64_t asked, wrong;
    base_err err; /* the first failure, after which nothing is asked any more */
    struct base_why why;
    struct bench_clock clock; /* of single calls */
    struct bench_hist hist;
};

static void wire_teardown(void *state)
{
    struct wired *const wired = state;
    if (wired == NULL)
        return;
    ifr_way_close(&wired->way);
    ifr_query_close(&wired->query);
    bench_hist_done(&wired->hist);
    free(wired);
}

static base_err wire_open(struct bench_env *env, const struct ifr_way_kind *kind)
{
    struct wired *const wired = calloc(1, sizeof *wired);
    if (wired == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    base_err err = ifr_query_open(env, &wired->query);
    if (err == BASE_OK)
        err = ifr_way_open(&wired->way, kind, env, &wired->query);
    if (err != BASE_OK) {
        wire_teardown(wired);
        return err;
    }
    env->state = wired;
    return BASE_OK;
}

static base_err socket_setup(struct bench_env *env)
{
    return wire_open(env, &ifr_way_socket);
}

static base_err spin_setup(struct bench_env *env)
{
    return wire_open(env, &ifr_way_spin);
}

static base_err ring_setup(struct bench_env *env)
{
    return wire_open(env, &ifr_way_ring);
}

static base_err http_setup(struct bench_env *env)
{
    return wire_open(env, &ifr_way_http);
}

/* The next lookup; keeps what was wrong with it. */
static inline void look_up(struct wired *wired)
{
    const uint64_t at = wired->asked++;
    struct mfn_ifr_value value;
    const base_err err = ifr_way_find(&wired->way, ifr_query_key(&wired->query, at),
                                      wired->query.key_size, &value, &wired->why);
    if (err == BASE_OK)
        wired->wrong +=
            wired->query.is_miss || !ifr_query_is_right(&value, ifr_query_index(&wired->query, at));
    else if (err != BASE_ENOTFOUND)
        wired->err = err;
    else
        wired->wrong += !wired->query.is_miss;
}

static void wire_run(void *state, uint64_t count)
{
    struct wired *const wired = state;
    for (uint64_t i = 0; i < count && wired->err == BASE_OK; i++)
        look_up(wired);
}

static base_err wire_check(void *state, struct base_why *why)
{
    struct wired *const wired = state;
    if (wired->err != BASE_OK)
        return base_fail(why, BASE_EWRONG, wired->asked, "lookup %llu: %s",
                         (unsigned long long)wired->asked, wired->why.text);
    if (wired->wrong > 0)
        return base_fail(why, BASE_EWRONG, 0, "%llu of %llu answers were not those of their flows",
                         (unsigned long long)wired->wrong, (unsigned long long)wired->asked);
    for (uint64_t i = 0; i < 100; i++) { /* each byte of some answers */
        struct mfn_ifr_value value;
        const uint32_t index = ifr_query_index(&wired->query, i);
        const base_err err = ifr_way_find(&wired->way, ifr_query_key(&wired->query, i),
                                          wired->query.key_size, &value, why);
        if (err != (wired->query.is_miss ? BASE_ENOTFOUND : BASE_OK))
            return base_fail(why, BASE_EWRONG, 0, "flow %u: %s", index, base_err_text(err));
        if (err == BASE_OK && !ifr_query_is_same(&value, index))
            return base_fail(why, BASE_EWRONG, 0, "flow %u has another value", index);
    }
    return BASE_OK;
}

/* ---- single calls ---- */

static base_err calls_setup(struct bench_env *env)
{
    const struct ifr_way_kind *kind;
    base_err err = ifr_way_of(env, bench_env_text(env, "via"), &kind);
    if (err == BASE_OK)
        err = wire_open(env, kind);
    if (err != BASE_OK)
        return err;
    struct wired *const wired = env->state;
    bench_clock_open(&wired->clock);
    if (bench_hist_init(&wired->hist, 1, UINT64_C(100000000000), 3, NULL) != BASE_OK) {
        wire_teardown(wired);
        env->state = NULL;
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for a histogram");
    }
    env->parts_per_item = CALLS;
    return BASE_OK;
}

static void calls_before(void *state)
{
    struct wired *const wired = state;
    bench_hist_clear(&wired->hist);
}

static void calls_run(void *state, uint64_t count)
{
    struct wired *const wired = state;
    for (uint64_t i = 0; i < count * CALLS && wired->err == BASE_OK; i++) {
        const uint64_t start = bench_clock_start(&wired->clock);
        look_up(wired);
        const uint64_t stop = bench_clock_stop(&wired->clock);
        const double ns = bench_clock_ns(&wired->clock, start, stop);
        if (bench_hist_record(&wired->hist, (uint64_t)(ns + 0.5)) != BASE_OK)
            wired->err = base_fail(&wired->why, BASE_ETIMEOUT, 0, "a call took %.0f s", ns / 1e9);
    }
}

static void calls_after(void *state, double *series)
{
    static const double shares[] = { 0.5, 0.9, 0.99, 1 };
    const struct wired *const wired = state;
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
        series[i] = (double)bench_hist_quantile(&wired->hist, shares[i]);
}

#define PARAM_FLOWS                                                                                \
    {                                                                                              \
        "flows", "10000,1000000", "registered flows"                                               \
    }
#define PARAM_KEYS                                                                                 \
    { "keys", "uniform", "who is asked for; or miss, or zipf: exponent 0.99" },                    \
    {                                                                                              \
        "key", "ipv4", "ipv4: 13 bytes, or ipv6: 37, or hashed: 32"                                \
    }

const struct bench_case ifr_socket_case = {
    .name = "ifr/socket",
    .doc = "a lookup in another process over the Unix socket, both ends sleep while they wait",
    .item = "lookup",
    .params = { PARAM_FLOWS,
                PARAM_KEYS,
                { "cores", "any,one,two", "processors of the two processes" } },
    .setup = socket_setup,
    .run = wire_run,
    .check = wire_check,
    .teardown = wire_teardown,
};

const struct bench_case ifr_socket_spin_case = {
    .name = "ifr/socket_spin",
    .doc = "the same with both ends looking for messages all the time, each on its processor",
    .item = "lookup",
    .peer_of = "ifr/ring",
    .params = { PARAM_FLOWS, PARAM_KEYS },
    .setup = spin_setup,
    .run = wire_run,
    .check = wire_check,
    .teardown = wire_teardown,
};

const struct bench_case ifr_ring_case = {
    .name = "ifr/ring",
    .doc = "a lookup in another process through memory that both share, each on its processor",
    .item = "lookup",
    .params = { PARAM_FLOWS, PARAM_KEYS },
    .setup = ring_setup,
    .run = wire_run,
    .check = wire_check,
    .teardown = wire_teardown,
};

const struct bench_case ifr_registry_http_case = {
    .name = "ifr/registry.http",
    .doc = "a lookup in the same registry behind HTTP/1.1 on a kept connection to this host",
    .item = "lookup",
    .peer_of = "ifr/registry",
    .params = { PARAM_FLOWS,
                { "keys", "uniform,zipf,miss", "who is asked for; zipf: exponent 0.99" },
                { "key", "ipv4", "ipv4: 13 bytes, or ipv6: 37, or hashed: 32" },
                { "cores", "any", "processors of the two processes: any, one, two" } },
    .setup = http_setup,
    .run = wire_run,
    .check = wire_check,
    .teardown = wire_teardown,
};

const struct bench_case ifr_calls_case = {
    .name = "ifr/calls",
    .doc = "500 lookups in another process, each timed by itself",
    .item = "batch",
    .params = { { "via", "socket,socket_spin,ring,http", "how the other process is asked" },
                { "flows", "1000000", "registered flows" },
                PARAM_KEYS,
                { "cores", "any", "processors of socket and http: any, one, two" } },
    .series = { "p50_ns", "p90_ns", "p99_ns", "max_ns" },
    .is_exclusive = true,
    .setup = calls_setup,
    .before = calls_before,
    .run = calls_run,
    .after = calls_after,
    .check = wire_check,
    .teardown = wire_teardown,
};
