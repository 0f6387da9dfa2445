/* ifr_table_grow.c - how long the longest insert takes while a table grows. The time from one
 * reading of the clock to the next is an insert's; one that takes long is looked at: when the
 * kernel gave the core to another meanwhile, the stall was not the table's. A switch that takes
 * less than LONG_NS is not seen when it happens, and would be blamed for the next long insert. What
 * a host takes away from the whole machine is not seen, so of several growths the smallest longest
 * says most. */
#define _GNU_SOURCE
#include "ifr_table_grow.h"

#include "ifr_table_cases.h"
#include "ifr_table_chained.h"
#include "ifr_table_own.h"

#include <stdlib.h>
#include <sys/resource.h>

enum { LONG_NS = 2000, STALL_NS = 1000000, DIGITS = 2 };

static const uint64_t hist_highest_ns = UINT64_C(600000000000);

void ifr_grow_teardown(void *state)
{
    struct ifr_grow *const grow = state;
    if (grow == NULL)
        return;
    grow->kind->close(grow->table);
    bench_hist_done(&grow->hist);
    ifr_traffic_done(&grow->traffic);
    free(grow->keys);
    free(grow);
}

static base_err prepare(struct bench_env *env, struct ifr_grow *grow, uint64_t flow_count)
{
    base_err err = ifr_traffic_init(env, flow_count, &grow->traffic);
    if (err == BASE_OK)
        err = ifr_traffic_options(env, 0, &grow->options);
    if (err != BASE_OK)
        return err;
    grow->keys = ifr_traffic_keys(&grow->traffic, 0, flow_count);
    if (grow->keys == NULL ||
        bench_hist_init(&grow->hist, 1, hist_highest_ns, DIGITS, NULL) != BASE_OK)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for %llu keys",
                         (unsigned long long)flow_count);
    bench_clock_open(&grow->clock);
    bench_env_fact(env, "clock_reading_ns", grow->clock.cost_ns / 2, "ns");
    return BASE_OK;
}

base_err ifr_grow_setup(struct bench_env *env, const struct ifr_kind *kind)
{
    uint64_t flow_count = 0;
    base_err err = ifr_traffic_one_thread_flows(env, 1, IFR_FLOWS_MAX, &flow_count);
    if (err != BASE_OK)
        return err;
    struct ifr_grow *const grow = calloc(1, sizeof *grow);
    if (grow == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    grow->kind = kind;
    err = prepare(env, grow, flow_count);
    if (err != BASE_OK) {
        ifr_grow_teardown(grow);
        return err;
    }
    env->parts_per_item = (double)flow_count;
    env->state = grow;
    return BASE_OK;
}

static long switches_now(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw + usage.ru_nvcsw : 0;
}

void ifr_grow_before(void *state)
{
    struct ifr_grow *const grow = state;
    grow->kind->close(grow->table);
    grow->table = NULL;
    if (grow->err == BASE_OK)
        grow->err = grow->kind->open(&grow->options, &grow->table, NULL);
    bench_hist_clear(&grow->hist);
    grow->is_grown = false;
}

static uint64_t ticks_of(const struct bench_clock *clock, uint64_t ns)
{
    return (uint64_t)((double)ns / clock->ns_per_tick);
}

/* What took `ticks` until `now` is judged; when it took long, that costs a system call, so the
 * clock is read again. The reading that the next thing begins at. */
static uint64_t stalls_add(struct ifr_stalls *stalls, const struct bench_clock *clock,
                           uint64_t long_ticks, uint64_t ticks, uint64_t now)
{
    if (__builtin_expect(ticks > long_ticks, 0)) {
        const long switches = switches_now();
        const bool is_own = switches == stalls->switches;
        stalls->switches = switches;
        now = bench_clock_stop(clock);
        if (!is_own)
            return now;
        stalls->over_1ms += ticks > ticks_of(clock, STALL_NS);
    }
    if (ticks > stalls->longest)
        stalls->longest = ticks;
    return now;
}

void ifr_grow_run(void *state, uint64_t count)
{
    struct ifr_grow *const grow = state;
    (void)count; /* one at a time */
    const struct ifr_traffic *const traffic = &grow->traffic;
    const uint64_t long_ticks = ticks_of(&grow->clock, LONG_NS);
    grow->stalls = (struct ifr_stalls){ .switches = switches_now() };
    const uint64_t start = bench_clock_stop(&grow->clock);
    uint64_t last = start;
    for (uint64_t i = 0; i < traffic->flow_count && grow->err == BASE_OK; i++) {
        grow->err =
            grow->kind->insert(grow->table, grow->keys + i * traffic->stride, ifr_traffic_value(i));
        const uint64_t now = bench_clock_stop(&grow->clock);
        const uint64_t ticks = now - last;
        const uint64_t ns = (uint64_t)((double)ticks * grow->clock.ns_per_tick);
        grow->err |= bench_hist_record(&grow->hist, ns);
        last = stalls_add(&grow->stalls, &grow->clock, long_ticks, ticks, now);
    }
    grow->took = last - start;
    grow->is_grown = true;
}

/* The same clock, for as long, with nothing between its readings. */
static struct ifr_stalls watch_gaps(const struct bench_clock *clock, uint64_t ticks)
{
    struct ifr_stalls gaps = { .switches = switches_now() };
    const uint64_t long_ticks = ticks_of(clock, LONG_NS), start = bench_clock_stop(clock);
    for (uint64_t last = start; last - start < ticks;) {
        const uint64_t now = bench_clock_stop(clock);
        last = stalls_add(&gaps, clock, long_ticks, now - last, now);
    }
    return gaps;
}

void ifr_grow_after(void *state, double *series)
{
    const struct ifr_grow *const grow = state;
    series[0] = (double)bench_hist_quantile(&grow->hist, 0.999);
    series[1] = (double)grow->hist.max_value;
    series[2] = (double)grow->stalls.longest * grow->clock.ns_per_tick;
    series[3] = (double)grow->stalls.over_1ms;
    const struct ifr_stalls gaps = watch_gaps(&grow->clock, grow->took);
    series[4] = (double)gaps.longest * grow->clock.ns_per_tick;
    series[5] = (double)gaps.over_1ms;
}

/* All flows are there, each with its value. */
base_err ifr_grow_check(void *state, struct base_why *why)
{
    const struct ifr_grow *const grow = state;
    const struct ifr_traffic *const traffic = &grow->traffic;
    if (grow->err != BASE_OK)
        return base_fail(why, grow->err, 0, "the table did not grow to %llu flows: %s",
                         (unsigned long long)traffic->flow_count, base_err_text(grow->err));
    for (uint64_t i = 0; grow->is_grown && i < traffic->flow_count; i++) {
        uint64_t value = 0;
        if (!grow->kind->find(grow->table, grow->keys + i * traffic->stride, &value) ||
            value != ifr_traffic_value(i))
            return base_fail(why, BASE_EWRONG, i, "flow %llu was lost or changed",
                             (unsigned long long)i);
    }
    return BASE_OK;
}

IFR_GROW_CASE(suite_ifr_grow, "ifr/grow",
              "from nothing to `flows` flows, each insert timed: no stall while it grows", NULL,
              ifr_kind_own, IFR_PARAM_FLOWS_GROWN, IFR_PARAM_KEY,
              { "pages", "normal", "of the table's memory; or large" });
IFR_GROW_PEER(robin, "the Robin Hood table moves all at once", ifr_kind_robin);
IFR_GROW_PEER(chained, "lists of nodes; all move at once", ifr_kind_chained);
