/* ifr_prometheus.c - the registry's numbers in the text format 0.0.4. A failed put fails all that
 * follow, so only the last is looked at. */
#include "ifr_registry_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

struct page {
    struct base_buf *out;
    base_err err;
};

BASE_PRINTF(2, 3) static void say(struct page *page, const char *format, ...)
{
    char line[300];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (page->err == BASE_OK)
        page->err = base_buf_put_text(page->out, line);
}

static void head(struct page *page, const char *name, const char *type, const char *help)
{
    say(page, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void counter(struct page *page, const char *name, uint64_t value, const char *help)
{
    head(page, name, "counter", help);
    say(page, "%s %" PRIu64 "\n", name, value);
}

static void gauge(struct page *page, const char *name, double value, const char *help)
{
    head(page, name, "gauge", help);
    if (isnan(value))
        say(page, "%s NaN\n", name); /* never "-nan" */
    else
        say(page, "%s %.15g\n", name, value);
}

static double share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : (double)NAN;
}

static void histogram(struct page *page, const char *name, const struct mfn_ifr_latency *latency,
                      const char *help)
{
    head(page, name, "histogram", help);
    for (unsigned i = 0; i < MFN_IFR_LATENCY_BOUNDS; i++)
        say(page, "%s_bucket{le=\"%.9g\"} %" PRIu64 "\n", name,
            (double)mfn_ifr_latency_bound_ns(i) / 1e9, mfn_ifr_latency_up_to(latency, i));
    const uint64_t count = mfn_ifr_latency_up_to(latency, MFN_IFR_LATENCY_BOUNDS);
    say(page, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
    say(page, "%s_sum %" PRIu64 ".%09" PRIu64 "\n", name, latency->sum_ns / 1000000000,
        latency->sum_ns % 1000000000);
    say(page, "%s_count %" PRIu64 "\n", name, count);
}

static void lookups(struct page *page, const struct mfn_ifr_counters *counters,
                    const struct mfn_ifr_registry_more *more)
{
    counter(page, "ifr_lookup_total", counters->lookups, "Lookups answered.");
    counter(page, "ifr_lookup_hits_total", counters->hits, "Lookups that found a flow.");
    counter(page, "ifr_lookup_misses_total", counters->misses, "Lookups that found none.");
    histogram(page, "ifr_lookup_latency_seconds", &more->lookup,
              "Time of a lookup inside the registry, of 1 in 64 on average, about one reading of "
              "the clock included.");
    gauge(page, "ifr_cache_hit_rate", share(counters->cache_hits, more->cache_asks),
          "Share of the lookups that reached the cache which it answered; NaN before the first.");
    counter(page, "ifr_cache_hits_total", counters->cache_hits, "Lookups that the cache answered.");
    counter(page, "ifr_filter_rejects_total", counters->filter_rejects,
            "Misses that the filter was sure of.");
    counter(page, "ifr_filter_passes_total", more->filter_passes,
            "Misses that the filter let through.");
    counter(page, "ifr_filter_rebuilds_total", more->filter_rebuilds,
            "Filters made anew from the table.");
}

static void flows(struct page *page, const struct mfn_ifr_counters *counters,
                  const struct mfn_ifr_registry_more *more)
{
    gauge(page, "ifr_active_flows", (double)counters->active_flows, "Flows in the tables.");
    counter(page, "ifr_registrations_total", counters->registrations,
            "Registrations, of new flows and again.");
    counter(page, "ifr_removals_total", counters->removals, "Flows that were removed.");
    counter(page, "ifr_expirations_total", more->expirations, "Flows that grew old.");
    gauge(page, "ifr_memory_usage_bytes", (double)counters->memory_bytes,
          "Memory of the registry, mapped but not yet touched included.");
}

static void components(struct page *page, const struct mfn_ifr_registry *registry,
                       const struct mfn_ifr_registry_more *more)
{
    histogram(page, "ifr_coordination_latency_seconds", &more->coordination,
              "Time from a component's writing a frame to the server's reading it.");
    head(page, "ifr_components", "gauge", "Components by state.");
    for (unsigned i = 0; i < MFN_IFR_STATE_COUNT; i++)
        say(page, "ifr_components{state=\"%s\"} %u\n", mfn_ifr_state_name((enum mfn_ifr_state)i),
            ifr_registry_in_state(registry, (enum mfn_ifr_state)i));
}

static void transport(struct page *page, const struct mfn_ifr_counters *server)
{
    gauge(page, "ifr_uptime_seconds", (double)server->uptime_ns / 1e9,
          "Time since the server began.");
    gauge(page, "ifr_clients", (double)server->client_count, "Clients that are connected.");
    counter(page, "ifr_clients_accepted_total", server->clients_accepted,
            "Clients that were let in.");
    counter(page, "ifr_clients_refused_total", server->clients_refused,
            "Clients that were turned away.");
    counter(page, "ifr_frames_total", server->frames, "Frames and questions over rings received.");
    counter(page, "ifr_bad_frames_total", server->bad_frames, "Frames that broke the protocol.");
}

base_err mfn_ifr_registry_prometheus(const struct mfn_ifr_registry *registry,
                                     const struct mfn_ifr_counters *server, struct base_buf *out)
{
    struct page page = { .out = out };
    struct mfn_ifr_counters counters;
    struct mfn_ifr_registry_more more;
    mfn_ifr_registry_stats(registry, &counters);
    mfn_ifr_registry_more(registry, &more);
    lookups(&page, &counters, &more);
    flows(&page, &counters, &more);
    components(&page, registry, &more);
    if (server != NULL)
        transport(&page, server);
    return page.err;
}
