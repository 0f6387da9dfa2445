/* ifr_registry.c - three shelves, one for each size of key; counters, samples of the latency, and
 * the service that commands reach all this by. */
#include "ifr_registry_internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* ---- options ---- */

struct mfn_ifr_registry_options mfn_ifr_registry_defaults(void)
{
    return (struct mfn_ifr_registry_options){
        .flow_count = 65536,
        .false_positive_rate = 0.01,
        .filter_bank = 1,
        .cache_count = 4096,
        .cache_policy = MFN_IFR_SIEVE,
    };
}

static base_err options_check(const struct mfn_ifr_registry_options *options, struct base_why *why)
{
    const struct mfn_ifr_filter_options filter = {
        .expected_count = options->flow_count,
        .false_positive_rate = options->false_positive_rate,
        .bank = options->filter_bank,
    };
    const struct mfn_ifr_cache_options cache = { .key_size = MFN_IFR_KEY_IPV4,
                                                 .capacity = options->cache_count,
                                                 .policy = options->cache_policy };
    if (options->flow_count < 1 || options->flow_count > MFN_IFR_REGISTRY_FLOWS_MAX)
        return base_fail(why, BASE_ERANGE, 0, "registry: %zu flows are not in 1 .. %zu",
                         options->flow_count, MFN_IFR_REGISTRY_FLOWS_MAX);
    if (options->flow_age_ns != 0 && options->flow_age_ns < MFN_IFR_REGISTRY_AGE_TICKS)
        return base_fail(why, BASE_ERANGE, 0, "registry: an age of %llu ns is not 0 or %d and more",
                         (unsigned long long)options->flow_age_ns, MFN_IFR_REGISTRY_AGE_TICKS);
    base_err err = options->filter_bank > 0 ? mfn_ifr_filter_check(&filter, why) : BASE_OK;
    if (err == BASE_OK && options->cache_count > 0)
        err = mfn_ifr_cache_check(&cache, why);
    return err;
}

/* ---- making ---- */

static uint64_t sample_gap(struct mfn_ifr_registry *registry)
{
    return 1 + base_rng_below(&registry->rng, 2 * MFN_IFR_REGISTRY_SAMPLE - 1);
}

base_err mfn_ifr_registry_new(const struct mfn_ifr_registry_options *options,
                              struct mfn_ifr_registry **out, struct base_why *why)
{
    const base_err err = options_check(options, why);
    if (err != BASE_OK)
        return err;
    struct mfn_ifr_registry *const registry = calloc(1, sizeof *registry);
    if (registry == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory for a registry");
    struct mfn_ifr_seed seed;
    mfn_ifr_seed_random(&seed);
    base_rng_init(&registry->rng, seed.k[0]);
    registry->options = *options;
    registry->has_times = options->cache_ttl_ns > 0 || options->flow_age_ns > 0;
    registry->until_sample = sample_gap(registry);
    *out = registry;
    return BASE_OK;
}

void mfn_ifr_registry_free(struct mfn_ifr_registry *registry)
{
    for (size_t i = 0; registry != NULL && i < IFR_SHELVES; i++)
        ifr_shelf_done(&registry->shelves[i]);
    free(registry);
}

static struct ifr_shelf *shelf_of(struct mfn_ifr_registry *registry, size_t key_size)
{
    switch (key_size) {
    case MFN_IFR_KEY_IPV4:
        return &registry->shelves[0];
    case MFN_IFR_KEY_HASHED:
        return &registry->shelves[1];
    case MFN_IFR_KEY_IPV6:
        return &registry->shelves[2];
    default:
        return NULL;
    }
}

static base_err shelf_make(struct mfn_ifr_registry *registry, struct ifr_shelf *shelf,
                           size_t key_size)
{
    if (ifr_shelf_is_made(shelf))
        return BASE_OK;
    return ifr_shelf_init(shelf, key_size, &registry->options);
}

base_err mfn_ifr_registry_reserve(struct mfn_ifr_registry *registry, size_t key_size)
{
    struct ifr_shelf *const shelf = shelf_of(registry, key_size);
    return shelf == NULL ? BASE_EINVALID : shelf_make(registry, shelf, key_size);
}

/* ---- finding ---- */

static bool find_timed(struct mfn_ifr_registry *registry, struct ifr_shelf *shelf, const void *key,
                       uint64_t now_ns, struct mfn_ifr_value *out)
{
    registry->until_sample = sample_gap(registry);
    const uint64_t begin_ns = clock_ns();
    const bool is_there = ifr_shelf_is_made(shelf) && ifr_shelf_find(shelf, key, now_ns, out);
    mfn_ifr_latency_add(&registry->lookup, clock_ns() - begin_ns);
    return is_there;
}

base_err mfn_ifr_registry_find(struct mfn_ifr_registry *registry, const void *key, size_t key_size,
                               uint64_t now_ns, struct mfn_ifr_value *out)
{
    struct ifr_shelf *const shelf = shelf_of(registry, key_size);
    if (shelf == NULL)
        return BASE_EINVALID;
    const bool is_there = --registry->until_sample == 0
                              ? find_timed(registry, shelf, key, now_ns, out)
                              : ifr_shelf_is_made(shelf) && ifr_shelf_find(shelf, key, now_ns, out);
    registry->hits += is_there;
    registry->misses += !is_there;
    return is_there ? BASE_OK : BASE_ENOTFOUND;
}

/* ---- changing ---- */

base_err mfn_ifr_registry_insert(struct mfn_ifr_registry *registry, const void *key,
                                 size_t key_size, uint64_t now_ns,
                                 const struct mfn_ifr_value *value)
{
    struct ifr_shelf *const shelf = shelf_of(registry, key_size);
    if (shelf == NULL)
        return BASE_EINVALID;
    base_err err = shelf_make(registry, shelf, key_size);
    if (err == BASE_OK)
        err = ifr_shelf_insert(shelf, key, now_ns, value);
    registry->registrations += err == BASE_OK;
    return err;
}

base_err mfn_ifr_registry_remove(struct mfn_ifr_registry *registry, const void *key,
                                 size_t key_size, uint64_t now_ns)
{
    struct ifr_shelf *const shelf = shelf_of(registry, key_size);
    if (shelf == NULL)
        return BASE_EINVALID;
    if (!ifr_shelf_is_made(shelf) || !ifr_shelf_remove(shelf, key, now_ns))
        return BASE_ENOTFOUND;
    registry->removals++;
    return BASE_OK;
}

static void time_seen(struct mfn_ifr_registry *registry, uint64_t now_ns)
{
    registry->now_ns = now_ns > registry->now_ns ? now_ns : registry->now_ns;
}

bool mfn_ifr_registry_step(struct mfn_ifr_registry *registry, uint64_t now_ns, size_t step_count)
{
    bool is_left = false;
    time_seen(registry, now_ns);
    for (size_t i = 0; i < IFR_SHELVES; i++)
        if (ifr_shelf_is_made(&registry->shelves[i]) &&
            ifr_shelf_step(&registry->shelves[i], now_ns, step_count))
            is_left = true;
    return is_left;
}

/* ---- numbers ---- */

unsigned ifr_registry_in_state(const struct mfn_ifr_registry *registry, enum mfn_ifr_state state)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < registry->components.count; i++)
        count += mfn_ifr_member_state(&registry->components.members[i], registry->now_ns) == state;
    return count;
}

void mfn_ifr_registry_stats(const struct mfn_ifr_registry *registry, struct mfn_ifr_counters *out)
{
    *out = (struct mfn_ifr_counters){
        .lookups = registry->hits + registry->misses,
        .hits = registry->hits,
        .misses = registry->misses,
        .registrations = registry->registrations,
        .removals = registry->removals,
        .component_count = ifr_registry_in_state(registry, MFN_IFR_STARTING) +
                           ifr_registry_in_state(registry, MFN_IFR_RUNNING),
        .memory_bytes = sizeof *registry,
    };
    for (size_t i = 0; i < IFR_SHELVES; i++) {
        const struct ifr_shelf *const shelf = &registry->shelves[i];
        out->cache_hits += shelf->cache_hits;
        out->filter_rejects += shelf->filter_rejects;
        out->active_flows += ifr_shelf_is_made(shelf) ? mfn_ifr_table_count(shelf->table) : 0;
        out->memory_bytes += ifr_shelf_size_bytes(shelf);
    }
}

void mfn_ifr_registry_more(const struct mfn_ifr_registry *registry,
                           struct mfn_ifr_registry_more *out)
{
    *out = (struct mfn_ifr_registry_more){ .lookup = registry->lookup,
                                           .coordination = registry->coordination };
    for (size_t i = 0; i < IFR_SHELVES; i++) {
        out->cache_asks += registry->shelves[i].cache_asks;
        out->expirations += registry->shelves[i].expirations;
        out->filter_passes += registry->shelves[i].filter_passes;
        out->filter_rebuilds += registry->shelves[i].rebuilds;
    }
}

struct mfn_ifr_components *mfn_ifr_registry_components(struct mfn_ifr_registry *registry)
{
    return &registry->components;
}

/* ---- the service ---- */

static uint64_t service_now(const struct mfn_ifr_registry *registry)
{
    return registry->has_times ? clock_ns() : 0;
}

static base_err service_find(void *context, const void *key, size_t key_size,
                             struct mfn_ifr_value *out)
{
    return mfn_ifr_registry_find(context, key, key_size, service_now(context), out);
}

static base_err service_insert(void *context, const void *key, size_t key_size,
                               const struct mfn_ifr_value *value)
{
    return mfn_ifr_registry_insert(context, key, key_size, service_now(context), value);
}

static base_err service_remove(void *context, const void *key, size_t key_size)
{
    return mfn_ifr_registry_remove(context, key, key_size, service_now(context));
}

static void service_stats(void *context, struct mfn_ifr_counters *out)
{
    time_seen(context, clock_ns());
    mfn_ifr_registry_stats(context, out);
}

static base_err service_metrics(void *context, const struct mfn_ifr_counters *server,
                                struct base_buf *out)
{
    time_seen(context, clock_ns());
    return mfn_ifr_registry_prometheus(context, server, out);
}

/* A component too many, or one that was forgotten, is served all the same. */
static void service_notice(void *context, const struct mfn_ifr_notice *notice)
{
    struct mfn_ifr_registry *const registry = context;
    struct mfn_ifr_components *const components = &registry->components;
    time_seen(registry, notice->now_ns);
    switch (notice->kind) {
    case MFN_IFR_NOTICE_ANNOUNCED:
        mfn_ifr_components_add(components, notice->component_id, notice->now_ns);
        break;
    case MFN_IFR_NOTICE_HEARD:
        mfn_ifr_components_heard(components, notice->component_id, notice->now_ns);
        if (notice->sent_ns > 0 && notice->sent_ns <= notice->now_ns)
            mfn_ifr_latency_add(&registry->coordination, notice->now_ns - notice->sent_ns);
        break;
    case MFN_IFR_NOTICE_ENDED:
        mfn_ifr_components_end(components, notice->component_id, notice->now_ns);
        break;
    }
}

struct mfn_ifr_service mfn_ifr_registry_service(struct mfn_ifr_registry *registry)
{
    return (struct mfn_ifr_service){
        .context = registry,
        .find = service_find,
        .insert = service_insert,
        .remove = service_remove,
        .stats = service_stats,
        .metrics = service_metrics,
        .notice = service_notice,
    };
}
