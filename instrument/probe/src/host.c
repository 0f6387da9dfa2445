/* host.c - puts the parts together, derives the id, and lists everything as facts. */
#include "host_internal.h"
#include "source_internal.h"

#include <base/units.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fact(struct probe_host *host, const char *name, const char *format, ...)
    BASE_PRINTF(3, 4);

static void fact(struct probe_host *host, const char *name, const char *format, ...)
{
    char text[2048];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    const char *value = base_arena_text(&host->arena, text);
    if (value != NULL && host->fact_count < PROBE_FACT_MAX)
        host->facts[host->fact_count++] = (struct probe_fact){ name, value };
}

static void fact_text(struct probe_host *host, const char *name, const char *value)
{
    if (value != NULL)
        fact(host, name, "%s", value);
}

static void fact_count(struct probe_host *host, const char *name, int value)
{
    if (value != PROBE_UNKNOWN)
        fact(host, name, "%d", value);
}

static void fact_size(struct probe_host *host, const char *name, uint64_t bytes)
{
    char text[BASE_UNITS_TEXT_SIZE];
    if (bytes > 0)
        fact(host, name, "%s", base_units_print_size((double)bytes, 4, text));
}

static void fact_yes_no(struct probe_host *host, const char *name, int value)
{
    if (value != PROBE_UNKNOWN)
        fact(host, name, "%s", value ? "yes" : "no");
}

static void cpu_facts(struct probe_host *host)
{
    fact_text(host, "cpu_model", host->model_name);
    fact_text(host, "cpu_vendor", host->vendor);
    fact_count(host, "cpu_family", host->family);
    fact_count(host, "cpu_model_number", host->model);
    fact_count(host, "cpu_stepping", host->stepping);
    fact_text(host, "cpu_microcode", host->microcode);
    fact_text(host, "architecture", host->architecture);
    fact_count(host, "sockets", host->sockets);
    if (host->cpu_count > 0) {
        fact(host, "cores", "%d", host->cores);
        fact(host, "cpus", "%d", host->cpu_count);
        fact(host, "smt", "%s", host->cpu_count > host->cores ? "on" : "off");
    }
    fact_count(host, "cpus_allowed", host->cpus_allowed);
    fact_count(host, "numa_nodes", host->numa_nodes);
    fact_text(host, "isolated_cpus", host->isolated_cpus);
    for (size_t i = 0; i < host->cache_count; i++) {
        const struct probe_cache *cache = &host->caches[i];
        char size[BASE_UNITS_TEXT_SIZE];
        const char *name = base_arena_printf(&host->arena, "cache_l%d%s", cache->level,
                                             *cache->type == 'D'   ? "_data"
                                             : *cache->type == 'I' ? "_instruction"
                                                                   : "");
        base_units_print_size((double)cache->size_bytes, 4, size);
        if (name != NULL && cache->shared_by > 0)
            fact(host, name, "%s shared by %d", size, cache->shared_by);
        else if (name != NULL)
            fact(host, name, "%s", size);
    }
    fact_text(host, "isa", host->isa);
}

static void clock_facts(struct probe_host *host)
{
    fact_yes_no(host, "tsc_invariant", host->invariant_tsc);
    fact_text(host, "clocksource", host->clocksource);
    fact_text(host, "frequency_governor", host->governor);
    fact_text(host, "frequency_driver", host->frequency_driver);
    if (host->boost != PROBE_UNKNOWN)
        fact(host, "turbo", "%s", host->boost ? "on" : "off");
    if (!isnan(host->mhz_low))
        fact(host, "frequency_mhz", "%.0f to %.0f", host->mhz_low, host->mhz_high);
    if (!isnan(host->mhz_max))
        fact(host, "frequency_mhz_max", "%.0f", host->mhz_max);
    fact_text(host, "hypervisor", host->hypervisor);
    if (!isnan(host->steal_share))
        fact(host, "steal_since_boot", "%.3f %%", host->steal_share * 100);
}

static void system_facts(struct probe_host *host)
{
    fact_size(host, "memory", host->memory_bytes);
    fact_size(host, "memory_available", host->available_bytes);
    fact_size(host, "swap", host->swap_bytes);
    fact_size(host, "swap_used", host->swap_used_bytes);
    fact(host, "page_size", "%ld B", host->page_bytes);
    fact_text(host, "transparent_huge_pages", host->thp);
    fact_count(host, "aslr", host->aslr);
    fact_text(host, "kernel", host->kernel);
    fact_text(host, "kernel_options", host->kernel_options);
    fact_text(host, "distribution", host->distribution);
    if (host->mitigated_count != PROBE_UNKNOWN)
        fact(host, "mitigations", "%d active, %d not mitigated%s", host->mitigated_count,
             host->vulnerable_count, host->is_mitigation_off ? ", switched off" : "");
    if (!isnan(host->load_1))
        fact(host, "load", "%.2f %.2f %.2f", host->load_1, host->load_5, host->load_15);
    if (!isnan(host->cgroup_cpus))
        fact(host, "cgroup_cpus", "%.2f", host->cgroup_cpus);
    fact_size(host, "cgroup_memory", host->cgroup_memory_bytes);
    fact_text(host, "container", host->container);
    if (host->perf_paranoid != PROBE_PARANOID_UNKNOWN)
        fact(host, "perf_event_paranoid", "%d", host->perf_paranoid);
    fact_yes_no(host, "pmu", host->has_pmu);
    fact_yes_no(host, "on_battery", host->on_battery);
}

/* Source: Fowler, Noll, Vo, FNV-1a (draft-eastlake-fnv), 64 bit */
static uint64_t fnv1a(uint64_t hash, const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    return (hash ^ 0x1f) * UINT64_C(0x100000001b3); /* ends a field */
}

static void identify(const char *root, struct probe_host *host)
{
    char text[160];
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    hash = fnv1a(hash, host->vendor != NULL ? host->vendor : "");
    hash = fnv1a(hash, host->model_name != NULL ? host->model_name : "");
    snprintf(text, sizeof text, "%d %d %d %d %d %d", host->family, host->model, host->stepping,
             host->sockets, host->cores, host->cpu_count);
    hash = fnv1a(hash, text);
    for (size_t i = 0; i < host->cache_count; i++) {
        snprintf(text, sizeof text, "%d %s %llu %d", host->caches[i].level, host->caches[i].type,
                 (unsigned long long)host->caches[i].size_bytes, host->caches[i].shared_by);
        hash = fnv1a(hash, text);
    }
    const char *machine = probe_source_text(root, &host->arena, "/etc/machine-id");
    hash = fnv1a(hash, machine != NULL ? machine : "");
    snprintf(host->id, sizeof host->id, "%016llx", (unsigned long long)hash);
}

static void forget(struct probe_host *host)
{
    *host = (struct probe_host){ .family = PROBE_UNKNOWN,
                                 .model = PROBE_UNKNOWN,
                                 .stepping = PROBE_UNKNOWN,
                                 .cpus_allowed = PROBE_UNKNOWN,
                                 .numa_nodes = PROBE_UNKNOWN,
                                 .invariant_tsc = PROBE_UNKNOWN,
                                 .boost = PROBE_UNKNOWN,
                                 .mhz_low = NAN,
                                 .mhz_high = NAN,
                                 .mhz_max = NAN,
                                 .aslr = PROBE_UNKNOWN,
                                 .load_1 = NAN,
                                 .load_5 = NAN,
                                 .load_15 = NAN,
                                 .steal_share = NAN,
                                 .vulnerable_count = PROBE_UNKNOWN,
                                 .mitigated_count = PROBE_UNKNOWN,
                                 .cgroup_cpus = NAN,
                                 .perf_paranoid = PROBE_PARANOID_UNKNOWN,
                                 .has_pmu = PROBE_UNKNOWN,
                                 .on_battery = PROBE_UNKNOWN };
}

base_err probe_host_read(const char *root, struct probe_host *host)
{
    forget(host);
    const base_err err = probe_host_read_cpu(root, host);
    if (err != BASE_OK)
        return err;
    probe_host_read_frequency(root, host);
    probe_host_read_hypervisor(root, host);
    probe_host_read_system(root, host);
    probe_host_read_limits(root, host);
    identify(root, host);
    fact(host, "host_id", "%s", host->id);
    cpu_facts(host);
    clock_facts(host);
    system_facts(host);
    return BASE_OK;
}

void probe_host_done(struct probe_host *host)
{
    base_arena_done(&host->arena);
    *host = (struct probe_host){ 0 };
}

const char *probe_host_fact(const struct probe_host *host, const char *name)
{
    for (size_t i = 0; i < host->fact_count; i++)
        if (strcmp(host->facts[i].name, name) == 0)
            return host->facts[i].value;
    return NULL;
}
