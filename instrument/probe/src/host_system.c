/* host_system.c - memory, kernel, load, mitigations; then the limits put on this process. */
#include "host_internal.h"
#include "source_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static uint64_t kib_value(const char *text, const char *key)
{
    int64_t kib = 0;
    return probe_source_value_number(text, key, &kib) && kib > 0 ? (uint64_t)kib * 1024 : 0;
}

static void read_memory(const char *root, struct probe_host *host)
{
    struct base_buf buf = { 0 };
    const char *info = probe_source_read(root, &buf, "/proc/meminfo");
    if (info != NULL) {
        host->memory_bytes = kib_value(info, "MemTotal");
        host->available_bytes = kib_value(info, "MemAvailable");
        host->swap_bytes = kib_value(info, "SwapTotal");
        host->swap_used_bytes = host->swap_bytes - kib_value(info, "SwapFree");
        if (host->swap_used_bytes > host->swap_bytes)
            host->swap_used_bytes = 0;
    }
    base_buf_done(&buf);
}

/* The word in brackets of "always [madvise] never". */
static const char *chosen_word(const char *root, struct base_arena *arena, const char *path)
{
    const char *text = probe_source_text(root, arena, "%s", path);
    const char *open = text != NULL ? strchr(text, '[') : NULL;
    const char *close = open != NULL ? strchr(open, ']') : NULL;
    return close != NULL ? base_arena_text_of(arena, open + 1, (size_t)(close - open) - 1) : NULL;
}

static const char *distribution_of(const char *root, struct base_arena *arena)
{
    static const char *const paths[] = { "/etc/os-release", "/usr/lib/os-release" };
    const char *name = NULL;
    for (size_t i = 0; name == NULL && i < 2; i++) {
        struct base_buf buf = { 0 };
        const char *text = probe_source_read(root, &buf, "%s", paths[i]);
        const char *at = text != NULL ? probe_source_value(text, "PRETTY_NAME") : NULL;
        if (at != NULL) {
            const size_t quote = *at == '"' || *at == '\'';
            const size_t size = strcspn(at + quote, "\"'\n");
            name = size > 0 ? base_arena_text_of(arena, at + quote, size) : NULL;
        }
        base_buf_done(&buf);
    }
    return name;
}

/* Of the command line only what changes speed: the rest may be private, and goes into no report. */
static const char *kernel_options_of(const char *root, struct base_arena *arena)
{
    static const char *const keys[] = {
        "mitigations",
        "isolcpus",
        "nohz_full",
        "rcu_nocbs",
        "nosmt",
        "idle",
        "tsc",
        "clocksource",
        "highres",
        "hugepages",
        "hugepagesz",
        "transparent_hugepage",
        "intel_pstate",
        "amd_pstate",
        "processor.max_cstate",
        "intel_idle.max_cstate",
        "cpuidle.off",
        "nokaslr",
        "norandmaps",
        "maxcpus",
        "nr_cpus",
        "numa",
        "preempt",
    };
    char list[512] = "";
    size_t size = 0;
    const char *at = probe_source_text(root, arena, "/proc/cmdline");
    while (at != NULL && *at != '\0' && strncmp(at, "-- ", 3) != 0) {
        const size_t span = strcspn(at, " ");
        const size_t name = strcspn(at, " =");
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
            if (strlen(keys[i]) == name && memcmp(keys[i], at, name) == 0 &&
                size + span + 2 < sizeof list)
                size += (size_t)sprintf(list + size, "%s%.*s", size > 0 ? " " : "", (int)span, at);
        at += span;
        at += strspn(at, " ");
    }
    return size > 0 ? base_arena_text_of(arena, list, size) : NULL;
}

static void read_kernel(const char *root, struct probe_host *host)
{
    struct base_arena *arena = &host->arena;
    host->kernel = probe_source_text(root, arena, "/proc/sys/kernel/osrelease");
    host->architecture = probe_source_text(root, arena, "/proc/sys/kernel/arch");
    struct utsname name;
    if (host->architecture == NULL && (root == NULL || *root == '\0') && uname(&name) == 0)
        host->architecture = base_arena_text(arena, name.machine); /* before Linux 6.1 */
    host->distribution = distribution_of(root, arena);
    host->kernel_options = kernel_options_of(root, arena);
    host->thp = chosen_word(root, arena, "/sys/kernel/mm/transparent_hugepage/enabled");
    host->clocksource = probe_source_text(
        root, arena, "/sys/devices/system/clocksource/clocksource0/current_clocksource");
    host->isolated_cpus = probe_source_text(root, arena, "/sys/devices/system/cpu/isolated");
    int64_t value = 0;
    if (probe_source_number(root, &value, "/proc/sys/kernel/randomize_va_space"))
        host->aslr = (int)value;
    if (probe_source_number(root, &value, "/proc/sys/kernel/perf_event_paranoid"))
        host->perf_paranoid = (int)value;
    const char *online = probe_source_text(root, arena, "/sys/devices/system/node/online");
    if (online != NULL)
        host->numa_nodes = (int)probe_source_list(online, NULL, PROBE_CPU_MAX);
    host->page_bytes = sysconf(_SC_PAGESIZE);
}

/* "cpu  user nice system idle iowait irq softirq steal ..." */
static double steal_share_of(const char *root)
{
    struct base_buf buf = { 0 };
    double share = NAN;
    const char *text = probe_source_read(root, &buf, "/proc/stat");
    const char *at = text != NULL ? probe_source_value(text, "cpu") : NULL;
    double sum = 0;
    double steal = NAN;
    for (int i = 0; at != NULL && i < 8; i++) {
        char *end = NULL;
        const double ticks = strtod(at, &end);
        if (end == at)
            break;
        sum += ticks;
        if (i == 7)
            steal = ticks;
        at = end;
    }
    if (sum > 0)
        share = steal / sum;
    base_buf_done(&buf);
    return share;
}

static void read_load(const char *root, struct probe_host *host)
{
    const char *load = probe_source_text(root, &host->arena, "/proc/loadavg");
    double a = 0;
    double b = 0;
    double c = 0;
    if (load != NULL && sscanf(load, "%lf %lf %lf", &a, &b, &c) == 3) {
        host->load_1 = a;
        host->load_5 = b;
        host->load_15 = c;
    }
    host->steal_share = steal_share_of(root);
}

static void read_mitigations(const char *root, struct probe_host *host)
{
    static const char folder[] = "/sys/devices/system/cpu/vulnerabilities";
    const char **names = NULL;
    size_t count = 0;
    if (probe_source_names(root, folder, &host->arena, &names, &count)) {
        host->vulnerable_count = 0;
        host->mitigated_count = 0;
    }
    for (size_t i = 0; i < count; i++) {
        const char *text = probe_source_text(root, &host->arena, "%s/%s", folder, names[i]);
        host->vulnerable_count += text != NULL && strncmp(text, "Vulnerable", 10) == 0;
        host->mitigated_count += text != NULL && strncmp(text, "Mitigation", 10) == 0;
    }
    host->is_mitigation_off = probe_source_has_word(host->kernel_options, "mitigations=off");
}

/* PMU devices are "cpu" (x86), "cpu_core" (x86 hybrid), "armv8_pmuv3_0" and the like. */
static void read_pmu(const char *root, struct probe_host *host)
{
    const char **names = NULL;
    size_t count = 0;
    if (!probe_source_names(root, "/sys/bus/event_source/devices", &host->arena, &names, &count))
        return;
    host->has_pmu = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], "cpu") == 0 || strcmp(names[i], "cpu_core") == 0 ||
            strncmp(names[i], "armv", 4) == 0)
            host->has_pmu = 1;
}

static void read_power(const char *root, struct probe_host *host)
{
    const char **names = NULL;
    size_t count = 0;
    bool has_battery = false;
    int64_t online = PROBE_UNKNOWN;
    if (!probe_source_names(root, "/sys/class/power_supply", &host->arena, &names, &count))
        return;
    for (size_t i = 0; i < count; i++) {
        const char *type =
            probe_source_text(root, &host->arena, "/sys/class/power_supply/%s/type", names[i]);
        has_battery = has_battery || (type != NULL && strcmp(type, "Battery") == 0);
        int64_t value = 0;
        if (type != NULL && strcmp(type, "Mains") == 0 &&
            probe_source_number(root, &value, "/sys/class/power_supply/%s/online", names[i]) &&
            online != 1)
            online = value;
    }
    if (has_battery && online != PROBE_UNKNOWN)
        host->on_battery = online == 0;
}

void probe_host_read_system(const char *root, struct probe_host *host)
{
    read_memory(root, host);
    read_kernel(root, host);
    read_load(root, host);
    read_mitigations(root, host);
    read_pmu(root, host);
    read_power(root, host);
}

/* The path of this process in the hierarchy of a controller: version 2 is the line "0::/path",
 * version 1 "5:cpu,cpuacct:/path". Copied; NULL: none. */
static const char *cgroup_path(struct base_arena *arena, const char *text, const char *controller)
{
    for (const char *line = text; line != NULL && *line != '\0';) {
        const char *names = strchr(line, ':');
        const char *path = names != NULL ? strchr(names + 1, ':') : NULL;
        const char *end = line + strcspn(line, "\n");
        if (path == NULL || path > end)
            return NULL;
        names++;
        const size_t size = (size_t)(path - names);
        bool is_match = *controller == '\0' && size == 0;
        for (const char *at = names; *controller != '\0' && at < path;) {
            const size_t span = strcspn(at, ",:");
            is_match = is_match || (span == strlen(controller) && !memcmp(at, controller, span));
            at += span + 1;
        }
        if (is_match)
            return base_arena_text_of(arena, path + 1, (size_t)(end - path) - 1);
        line = *end == '\n' ? end + 1 : NULL;
    }
    return NULL;
}

static void limit_cpus(struct probe_host *host, double quota, double period)
{
    if (quota > 0 && period > 0 && !(host->cgroup_cpus <= quota / period))
        host->cgroup_cpus = quota / period;
}

static void limit_memory(struct probe_host *host, int64_t bytes)
{
    const int64_t none = INT64_C(1) << 60; /* version 1 says "no limit" with a huge number */
    if (bytes > 0 && bytes < none &&
        (host->cgroup_memory_bytes == 0 || (uint64_t)bytes < host->cgroup_memory_bytes))
        host->cgroup_memory_bytes = (uint64_t)bytes;
}

static void read_level(const char *root, struct probe_host *host, const char *folder)
{
    double quota = 0;
    double period = 0;
    const char *max = probe_source_text(root, &host->arena, "%s/cpu.max", folder);
    if (max != NULL && sscanf(max, "%lf %lf", &quota, &period) == 2)
        limit_cpus(host, quota, period);
    int64_t q = 0;
    int64_t p = 0;
    if (probe_source_number(root, &q, "%s/cpu.cfs_quota_us", folder) &&
        probe_source_number(root, &p, "%s/cpu.cfs_period_us", folder))
        limit_cpus(host, (double)q, (double)p);
    int64_t bytes = 0;
    if (probe_source_number(root, &bytes, "%s/memory.max", folder) ||
        probe_source_number(root, &bytes, "%s/memory.limit_in_bytes", folder))
        limit_memory(host, bytes);
}

/* The tightest limit from the group up to its root. */
static void read_hierarchy(const char *root, struct probe_host *host, const char *mount,
                           const char *path)
{
    char folder[PROBE_PATH_SIZE];
    const int size = snprintf(folder, sizeof folder, "%s%s", mount, path);
    if (size < 0 || size >= (int)sizeof folder)
        return;
    const size_t top = strlen(mount);
    for (size_t end = (size_t)size; end >= top;) {
        while (end > top && folder[end - 1] == '/')
            end--;
        folder[end] = '\0';
        read_level(root, host, folder);
        if (end == top)
            return;
        while (end > top && folder[end - 1] != '/')
            end--;
    }
}

static void read_cgroup(const char *root, struct probe_host *host)
{
    static const struct {
        const char *controller, *mount;
    } rows[] = { { "", "/sys/fs/cgroup" },
                 { "", "/sys/fs/cgroup/unified" },
                 { "cpu", "/sys/fs/cgroup/cpu" },
                 { "memory", "/sys/fs/cgroup/memory" } };
    struct base_buf buf = { 0 };
    const char *text = probe_source_read(root, &buf, "/proc/self/cgroup");
    for (size_t i = 0; text != NULL && i < sizeof rows / sizeof rows[0]; i++) {
        const char *path = cgroup_path(&host->arena, text, rows[i].controller);
        if (path != NULL)
            read_hierarchy(root, host, rows[i].mount, path);
    }
    base_buf_done(&buf);
}

static const char *container_of(const char *root, struct base_arena *arena)
{
    static const char *const words[] = { "kubepods", "docker", "libpod", "lxc" };
    static const char *const names[] = { "kubernetes", "docker", "podman", "lxc" };
    const char *said = probe_source_text(root, arena, "/run/systemd/container");
    if (said != NULL)
        return said;
    struct base_buf buf = { 0 };
    const char *text = probe_source_read(root, &buf, "/proc/1/cgroup");
    const char *name = NULL;
    for (size_t i = 0; text != NULL && name == NULL && i < sizeof words / sizeof words[0]; i++)
        if (strstr(text, words[i]) != NULL)
            name = names[i];
    base_buf_done(&buf);
    if (name == NULL && probe_source_exists(root, "/run/.containerenv"))
        name = "podman";
    if (name == NULL && probe_source_exists(root, "/.dockerenv"))
        name = "docker";
    return name;
}

void probe_host_read_limits(const char *root, struct probe_host *host)
{
    read_cgroup(root, host);
    host->container = container_of(root, &host->arena);
    struct base_buf buf = { 0 };
    const char *status = probe_source_read(root, &buf, "/proc/self/status");
    const char *list = status != NULL ? probe_source_value(status, "Cpus_allowed_list") : NULL;
    const size_t count = probe_source_list(list, NULL, PROBE_CPU_MAX);
    if (count > 0)
        host->cpus_allowed = (int)count;
    base_buf_done(&buf);
}
