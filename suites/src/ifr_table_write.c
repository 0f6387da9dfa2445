/* ifr_table_write.c - inserts and removals, a batch of them at a time; undoing is not timed. */
#include "ifr_table_write.h"

#include "ifr_table_cases.h"
#include "ifr_table_own.h"

#include <stdlib.h>

void ifr_write_teardown(void *state)
{
    struct ifr_write *const write = state;
    if (write == NULL)
        return;
    write->kind->close(write->table);
    ifr_traffic_done(&write->traffic);
    free(write->keys);
    free(write);
}

static const uint8_t *key_at(const struct ifr_write *write, size_t i)
{
    return write->keys + i * write->traffic.stride;
}

static uint64_t flow_at(const struct ifr_write *write, size_t i)
{
    return write->traffic.flow_count + i;
}

static void note(struct ifr_write *write, size_t i, bool is_right)
{
    if (is_right)
        return;
    if (write->wrong++ == 0)
        write->wrong_first = flow_at(write, i);
}

/* The ring's flows come before anything is timed, so that no table grows during an insert. */
static base_err prepare(struct bench_env *env, struct ifr_write *write, uint64_t flow_count,
                        bool is_remove)
{
    base_err err = ifr_traffic_init(env, flow_count, &write->traffic);
    if (err == BASE_OK)
        err = ifr_traffic_fill(&write->traffic, write->kind, IFR_WRITE_RING, env, &write->table);
    if (err != BASE_OK)
        return err;
    write->keys = ifr_traffic_keys(&write->traffic, flow_count, IFR_WRITE_RING);
    if (write->keys == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for keys");
    for (size_t i = 0; i < IFR_WRITE_RING; i++) {
        err = write->kind->insert(write->table, key_at(write, i),
                                  ifr_traffic_value(flow_at(write, i)));
        if (err != BASE_OK)
            return base_fail(&env->why, err, 0, "a flow is not taken: %s", base_err_text(err));
    }
    for (size_t i = 0; !is_remove && i < IFR_WRITE_RING; i++)
        (void)write->kind->remove(write->table, key_at(write, i)); /* the check sees what stays */
    return BASE_OK;
}

base_err ifr_write_setup(struct bench_env *env, const struct ifr_kind *kind, bool is_remove)
{
    uint64_t flow_count = 0;
    base_err err = ifr_traffic_one_thread_flows(env, 1, IFR_FLOWS_MAX, &flow_count);
    if (err != BASE_OK)
        return err;
    struct ifr_write *const write = calloc(1, sizeof *write);
    if (write == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    write->kind = kind;
    err = prepare(env, write, flow_count, is_remove);
    if (err != BASE_OK) {
        ifr_write_teardown(write);
        return err;
    }
    env->state = write;
    return BASE_OK;
}

/* How many of `count` more writes the ring has. */
static size_t room_for(struct ifr_write *write, uint64_t count)
{
    const size_t left = IFR_WRITE_RING - write->done;
    write->is_full |= count > left;
    return count > left ? left : (size_t)count;
}

void ifr_write_insert(void *state, uint64_t count)
{
    struct ifr_write *const write = state;
    const size_t end = write->done + room_for(write, count);
    for (size_t i = write->done; i < end; i++)
        note(write, i,
             write->kind->insert(write->table, key_at(write, i),
                                 ifr_traffic_value(flow_at(write, i))) == BASE_OK);
    write->done = end;
}

void ifr_write_remove(void *state, uint64_t count)
{
    struct ifr_write *const write = state;
    const size_t end = write->done + room_for(write, count);
    for (size_t i = write->done; i < end; i++)
        note(write, i, write->kind->remove(write->table, key_at(write, i)));
    write->done = end;
}

void ifr_write_undo_insert(void *state, double *series)
{
    struct ifr_write *const write = state;
    (void)series;
    for (size_t i = 0; i < write->done; i++) {
        uint64_t value = 0;
        const bool is_found = write->kind->find(write->table, key_at(write, i), &value);
        note(write, i, is_found && value == ifr_traffic_value(flow_at(write, i)));
        note(write, i, write->kind->remove(write->table, key_at(write, i)));
    }
    write->done = 0;
}

void ifr_write_undo_remove(void *state, double *series)
{
    struct ifr_write *const write = state;
    (void)series;
    for (size_t i = 0; i < write->done; i++) {
        uint64_t value = 0;
        note(write, i, !write->kind->find(write->table, key_at(write, i), &value));
        note(write, i,
             write->kind->insert(write->table, key_at(write, i),
                                 ifr_traffic_value(flow_at(write, i))) == BASE_OK);
    }
    write->done = 0;
}

/* No write went wrong, and the flows that nobody wrote are as they were. */
base_err ifr_write_check(void *state, struct base_why *why)
{
    struct ifr_write *const write = state;
    if (write->is_full)
        return base_fail(why, BASE_ERANGE, 0, "a batch had more than %d writes; make it shorter",
                         IFR_WRITE_RING);
    if (write->wrong > 0)
        return base_fail(why, BASE_EWRONG, write->wrong_first,
                         "%llu writes went wrong, the first of flow %llu",
                         (unsigned long long)write->wrong, (unsigned long long)write->wrong_first);
    for (size_t i = 0; i < write->traffic.ask_count; i++) {
        const uint64_t flow = write->traffic.flows[i];
        uint64_t value = 0;
        if (!write->kind->find(write->table, write->traffic.asks + i * write->traffic.stride,
                               &value) ||
            value != ifr_traffic_value(flow))
            return base_fail(why, BASE_EWRONG, flow, "flow %llu was lost or changed",
                             (unsigned long long)flow);
    }
    return BASE_OK;
}

IFR_WRITE_CASE(suite_ifr_insert, "ifr/insert",
               "a new flow into a table that has room; `flows` are there before", NULL,
               ifr_kind_own, insert, IFR_PARAM_FLOWS, IFR_PARAM_KEY, IFR_PARAM_PAGES,
               IFR_PARAM_SIZED);
IFR_WRITE_CASE(suite_ifr_own_remove, "ifr/remove", "one flow less; `flows` stay at least", NULL,
               ifr_kind_own, remove, IFR_PARAM_FLOWS, IFR_PARAM_KEY, IFR_PARAM_PAGES,
               IFR_PARAM_SIZED);
IFR_WRITE_PEER(robin, "the Robin Hood table", ifr_kind_robin);
