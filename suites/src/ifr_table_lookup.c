/* ifr_table_lookup.c - what is timed adds the values up; the check computes that sum by the flows'
 * numbers, and then asks again one by one, so that it can name what is wrong. */
#include "ifr_table_lookup.h"

#include <base/units.h>

#include <stdlib.h>

/* A Robin Hood table of that capacity has the slots that were asked for. */
enum { ROBIN_LOAD_PARTS = 4, ROBIN_LOAD_OF = 5 };

void ifr_lookup_teardown(void *state)
{
    struct ifr_lookup *const lookup = state;
    if (lookup == NULL)
        return;
    if (lookup->is_guest && lookup->kind->leave != NULL)
        lookup->kind->leave();
    if (!lookup->is_guest)
        lookup->kind->close(lookup->table);
    ifr_traffic_done(&lookup->traffic);
    free(lookup);
}

/* Threads after the first share its table and begin elsewhere in the asks. */
static base_err open_table(struct bench_env *env, struct ifr_lookup *lookup, uint64_t room)
{
    const struct ifr_lookup *const first = env->first;
    lookup->is_guest = env->thread > 0;
    if (!lookup->is_guest)
        return ifr_traffic_fill(&lookup->traffic, lookup->kind, room, env, &lookup->table);
    lookup->table = first->table;
    lookup->start = lookup->traffic.ask_count / env->threads * env->thread;
    if (lookup->kind->enter != NULL)
        lookup->kind->enter();
    return BASE_OK;
}

static base_err setup(struct bench_env *env, const struct ifr_kind *kind, ifr_ask *ask,
                      uint64_t flow_count, uint64_t room)
{
    struct ifr_lookup *const lookup = calloc(1, sizeof *lookup);
    if (lookup == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    lookup->kind = kind;
    lookup->ask = ask;
    base_err err = ifr_traffic_init(env, flow_count, &lookup->traffic);
    if (err == BASE_OK && lookup->traffic.is_missing && ask == kind->dependent)
        err = base_fail(&env->why, BASE_EINVALID, 0,
                        "keys: a miss has no answer to wait for; uniform and zipf have");
    if (err == BASE_OK)
        err = open_table(env, lookup, room);
    if (err != BASE_OK) {
        ifr_traffic_done(&lookup->traffic);
        free(lookup);
        return err;
    }
    lookup->at = lookup->start;
    env->state = lookup;
    return BASE_OK;
}

base_err ifr_lookup_setup(struct bench_env *env, const struct ifr_kind *kind, ifr_ask *ask)
{
    uint64_t flow_count = 0;
    const base_err err = bench_env_count(env, "flows", 1, IFR_FLOWS_MAX, &flow_count);
    return err == BASE_OK ? setup(env, kind, ask, flow_count, 0) : err;
}

base_err ifr_lookup_setup_load(struct bench_env *env, const struct ifr_kind *kind, ifr_ask *ask)
{
    uint64_t size = 0;
    double load = 0;
    base_err err = bench_env_count(env, "size", 16, IFR_FLOWS_MAX, &size);
    if (err == BASE_OK) {
        err = base_units_parse_number(bench_env_text(env, "load"), 0.01, 0.8, &load, &env->why);
        if (err != BASE_OK)
            base_fail_prefix(&env->why, err, "load");
    }
    if (err != BASE_OK)
        return err;
    const uint64_t most = size * ROBIN_LOAD_PARTS / ROBIN_LOAD_OF, used = (uint64_t)(load * size);
    const uint64_t flow_count = used < 1 ? 1 : used < most ? used : most;
    return setup(env, kind, ask, flow_count, most - flow_count);
}

void ifr_lookup_run(void *state, uint64_t count)
{
    struct ifr_lookup *const lookup = state;
    const struct ifr_traffic *const traffic = &lookup->traffic;
    lookup->asked += count;
    while (count > 0) {
        const size_t left = traffic->ask_count - lookup->at;
        const struct ifr_asked asked = { .keys = traffic->asks + lookup->at * traffic->stride,
                                         .stride = traffic->stride,
                                         .key_size = traffic->key_size,
                                         .count = count < left ? (size_t)count : left };
        lookup->ask(lookup->table, &asked, &lookup->answers);
        lookup->at = asked.count == left ? 0 : lookup->at + asked.count;
        count -= asked.count;
    }
}

static base_err check_each(const struct ifr_lookup *lookup, struct base_why *why)
{
    const struct ifr_traffic *const traffic = &lookup->traffic;
    for (size_t i = 0; i < traffic->ask_count; i++) {
        const unsigned long long flow = traffic->flows[i];
        uint64_t value = 0;
        const bool is_found =
            lookup->kind->find(lookup->table, traffic->asks + i * traffic->stride, &value);
        if (is_found == traffic->is_missing)
            return base_fail(why, BASE_EWRONG, flow, "flow %llu is %sin the table, but %sfound",
                             flow, is_found ? "not " : "", is_found ? "" : "not ");
        if (is_found && value != ifr_traffic_value(flow))
            return base_fail(why, BASE_EWRONG, flow, "flow %llu has the value %016llx, not %016llx",
                             flow, (unsigned long long)value,
                             (unsigned long long)ifr_traffic_value(flow));
    }
    return BASE_OK;
}

base_err ifr_lookup_check(void *state, struct base_why *why)
{
    const struct ifr_lookup *const lookup = state;
    const struct ifr_answers expect =
        ifr_traffic_expect(&lookup->traffic, lookup->start, lookup->asked);
    const base_err err = check_each(lookup, why);
    if (err != BASE_OK)
        return err;
    if (lookup->answers.found != expect.found)
        return base_fail(why, BASE_EWRONG, 0, "%llu of %llu lookups found a flow, not %llu",
                         (unsigned long long)lookup->answers.found,
                         (unsigned long long)lookup->asked, (unsigned long long)expect.found);
    if (lookup->answers.sum != expect.sum)
        return base_fail(why, BASE_EWRONG, 0, "the values found add up to %016llx, not %016llx",
                         (unsigned long long)lookup->answers.sum, (unsigned long long)expect.sum);
    return BASE_OK;
}
