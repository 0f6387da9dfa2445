/* profile.c - the watcher of bench_drive_observe is a sampler; that of allocations only names. */
#include "profile.h"

#include <bench/observe.h>
#include <prof/sampler.h>
#include <prof/symbols.h>

#include <unistd.h>

struct watcher {
    struct prof_stacks *stacks;
    struct prof_sampler *sampler;
    struct prof_symbols *symbols;
    uint64_t duration_ns;
    base_err err; /* of collecting on the way */
    struct base_why why;
};

enum { WAITING_MAX = 128 << 20 };

static base_err begin_samples(void *context, pid_t pid, struct base_why *why)
{
    struct watcher *watcher = context;
    const struct prof_sampler_options defaults = { 0 };
    return prof_sampler_open((int)pid, &defaults, watcher->stacks, &watcher->sampler, why);
}

static void switch_samples(void *context, bool is_running)
{
    const struct watcher *watcher = context;
    prof_sampler_run(watcher->sampler, is_running);
}

/* Between batches: long before too much waits, it is named and released. */
static bool has_enough_samples(void *context)
{
    struct watcher *watcher = context;
    size_t waiting_size = 0;
    const double seen_ns = prof_sampler_seen_ns(watcher->sampler, &waiting_size);
    if (waiting_size > WAITING_MAX && watcher->err == BASE_OK)
        watcher->err = prof_sampler_collect(watcher->sampler, &watcher->why);
    return seen_ns >= 0.9 * (double)watcher->duration_ns || watcher->err != BASE_OK;
}

static base_err end_samples(void *context, double items, struct base_why *why)
{
    struct watcher *watcher = context;
    watcher->stacks->about.items = items;
    if (watcher->err == BASE_OK)
        return prof_sampler_collect(watcher->sampler, why);
    *why = watcher->why;
    return watcher->err;
}

base_err cli_profile_time(const struct bench_launch *launch, const struct bench_target *target,
                          const struct bench_plan *plan, uint64_t duration_ns,
                          struct prof_stacks *out, struct base_why *why)
{
    struct watcher watcher = { .stacks = out, .duration_ns = duration_ns };
    const struct bench_observer observer = { .context = &watcher,
                                             .begin = begin_samples,
                                             .running = switch_samples,
                                             .has_enough = has_enough_samples,
                                             .end = end_samples };
    if (prof_stacks_init(out) != BASE_OK)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a profile");
    const base_err err = bench_drive_observe(launch, plan, target, duration_ns, &observer, why);
    prof_sampler_close(watcher.sampler);
    if (err != BASE_OK)
        prof_stacks_done(out);
    return err;
}

base_err cli_profile_case(const struct bench_launch *launch, const struct bench_target *target,
                          const struct bench_plan *plan, struct prof_stacks *out,
                          struct base_why *why)
{
    return cli_profile_time(launch, target, plan, CLI_PROFILE_TIME_NS, out, why);
}

static base_err begin_names(void *context, pid_t pid, struct base_why *why)
{
    struct watcher *watcher = context;
    return prof_symbols_open((int)pid, watcher->stacks, &watcher->symbols, why);
}

static base_err add_allocation(void *context, const uint64_t *addresses, size_t count, double calls,
                               double bytes, struct base_why *why)
{
    const struct watcher *watcher = context;
    const double values[2] = { bytes, calls };
    const base_err err = prof_symbols_add(watcher->symbols, addresses, count, values);
    return err == BASE_OK
               ? err
               : base_fail(why, err, 0, "a stack cannot be kept: %s", base_err_text(err));
}

static base_err end_names(void *context, double items, struct base_why *why)
{
    (void)why;
    const struct watcher *watcher = context;
    watcher->stacks->about.items = items;
    return BASE_OK;
}

base_err cli_profile_allocations(const struct bench_launch *launch,
                                 const struct bench_target *target, const struct bench_plan *plan,
                                 struct prof_stacks *out, struct base_why *why)
{
    struct watcher watcher = { .stacks = out };
    const struct bench_observer observer = {
        .context = &watcher, .begin = begin_names, .allocated = add_allocation, .end = end_names
    };
    if (prof_stacks_init(out) != BASE_OK)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a profile");
    out->about.what = PROF_ALLOCATIONS;
    const base_err err = bench_drive_allocations(launch, plan, target, &observer,
                                                 &out->about.period, &out->about.lost, why);
    prof_symbols_close(watcher.symbols);
    if (err != BASE_OK)
        prof_stacks_done(out);
    return err;
}

base_err cli_profile_check(struct base_why *why)
{
    const struct prof_sampler_options defaults = { 0 };
    struct prof_stacks stacks;
    struct prof_sampler *sampler = NULL;
    if (prof_stacks_init(&stacks) != BASE_OK)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a profile");
    const base_err err = prof_sampler_open((int)getpid(), &defaults, &stacks, &sampler, why);
    prof_sampler_close(sampler);
    prof_stacks_done(&stacks);
    return err;
}
