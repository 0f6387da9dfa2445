/* worker_allocs.c - one batch with every allocation's stack looked at, or some of them. */
#include "worker_internal.h"

#include "alloc_stacks_internal.h"

#include <bench/allocs.h>

static json_t *describe_stack(const struct alloc_stack *stack)
{
    json_t *addresses = json_array();
    for (uint32_t i = 0; i < stack->depth; i++)
        json_array_append_new(addresses, json_integer((json_int_t)stack->addresses[i]));
    return json_pack("{s:o, s:f, s:f}", "addresses", addresses, "calls", stack->calls, "bytes",
                     stack->bytes);
}

static void describe(const struct alloc_stacks *stacks, const struct bench_allocs *allocs,
                     json_t *reply)
{
    json_t *array = json_array();
    for (size_t i = 0; i < stacks->count; i++)
        json_array_append_new(array, describe_stack(&stacks->items[i]));
    json_object_set_new(reply, "stacks", array);
    json_object_set_new(reply, "dropped", json_real(stacks->dropped));
    json_object_set_new(reply, "calls", json_integer((json_int_t)allocs->calls));
    json_object_set_new(reply, "bytes", json_integer((json_int_t)allocs->bytes));
}

base_err worker_allocations(struct worker *worker, const json_t *request, json_t *reply,
                            struct base_why *why)
{
    const json_int_t items = json_integer_value(json_object_get(request, "items"));
    const json_int_t interval = json_integer_value(json_object_get(request, "interval"));
    double unused[BENCH_SERIES_MAX];
    if (!worker->is_open)
        return base_fail(why, BASE_EPROTOCOL, 0, "no case is open");
    if (items < 1 || (items > 1 && worker->bench->is_exclusive) || interval < 0)
        return base_fail(why, BASE_EPROTOCOL, 0, "items: %lld, interval: %lld is not possible",
                         (long long)items, (long long)interval);
    void *state = worker->crew.members[0].env.state;
    if (worker->bench->before != NULL)
        worker->bench->before(state);
    if (alloc_stacks_start((uint64_t)interval) != BASE_OK)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for stacks of allocations");
    const bool is_possible = bench_allocs_start();
    crew_run(&worker->crew, &worker->clock, (uint64_t)items);
    const struct bench_allocs allocs = bench_allocs_stop();
    const struct alloc_stacks stacks = alloc_stacks_stop();
    if (worker->bench->after != NULL)
        worker->bench->after(state, unused);
    if (is_possible) {
        describe(&stacks, &allocs, reply);
        json_object_set_new(reply, "items", json_integer(items * (json_int_t)worker->crew.size));
    }
    alloc_stacks_done();
    return is_possible ? BASE_OK
                       : base_fail(why, BASE_EUNSUPPORTED, 0,
                                   "allocations are not seen in this build (a sanitizer, or a C "
                                   "library other than glibc)");
}
