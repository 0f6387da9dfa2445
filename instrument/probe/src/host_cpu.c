/* host_cpu.c - processors, caches, frequency, hypervisor. x86 and ARM tell the same things under
 * different names in /proc/cpuinfo; the topology comes from /sys, where both agree. */
#include "host_internal.h"
#include "source_internal.h"

#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

static const char cpu_folder[] = "/sys/devices/system/cpu";

/* What the code of this project and its libraries dispatch on. */
static const char *const isa_words[] = {
    "sse4_2",     "popcnt",     "avx",          "fma",         "bmi2",        "adx",
    "avx2",       "avx_vnni",   "avx512f",      "avx512bw",    "avx512dq",    "avx512vl",
    "avx512ifma", "avx512vbmi", "avx512_vbmi2", "avx512_vnni", "avx512_bf16", "avx512_fp16",
    "amx_tile",   "amx_int8",   "aes",          "vaes",        "pclmulqdq",   "vpclmulqdq",
    "gfni",       "sha_ni",     "erms",         "fsrm",        "asimd",       "sha1",
    "sha2",       "sha3",       "sha512",       "crc32",       "atomics",     "asimddp",
    "sve",        "sve2",       "bf16",         "i8mm",
};

struct arm_part {
    const char *implementer, *part, *name;
};

/* Source: Arm, Main ID Register (MIDR_EL1) of the named cores' technical reference manuals */
static const struct arm_part arm_parts[] = {
    { "0x41", "0xd03", "Arm Cortex-A53" },  { "0x41", "0xd08", "Arm Cortex-A72" },
    { "0x41", "0xd0b", "Arm Cortex-A76" },  { "0x41", "0xd0c", "Arm Neoverse-N1" },
    { "0x41", "0xd40", "Arm Neoverse-V1" }, { "0x41", "0xd49", "Arm Neoverse-N2" },
    { "0x41", "0xd4f", "Arm Neoverse-V2" },
};

static const char *arm_name(struct base_arena *arena, const char *implementer, const char *part)
{
    for (size_t i = 0; i < sizeof arm_parts / sizeof arm_parts[0]; i++)
        if (strcmp(arm_parts[i].implementer, implementer) == 0 &&
            strcmp(arm_parts[i].part, part) == 0)
            return arm_parts[i].name;
    return base_arena_printf(arena, "implementer %s, part %s", implementer, part);
}

static int number_or_unknown(const char *text, const char *key)
{
    int64_t value = 0;
    const bool is_number = probe_source_value_number(text, key, &value);
    return is_number && value >= 0 && value <= INT32_MAX ? (int)value : PROBE_UNKNOWN;
}

static const char *isa_of(struct base_arena *arena, const char *flags)
{
    char list[512];
    size_t size = 0;
    for (size_t i = 0; i < sizeof isa_words / sizeof isa_words[0]; i++) {
        if (!probe_source_has_word(flags, isa_words[i]))
            continue;
        const int more =
            snprintf(list + size, sizeof list - size, "%s%s", size > 0 ? " " : "", isa_words[i]);
        size += (size_t)more; /* all words together are shorter than the list */
    }
    return size > 0 ? base_arena_text_of(arena, list, size) : NULL;
}

static void read_names(struct probe_host *host, const char *info)
{
    struct base_arena *arena = &host->arena;
    host->vendor = probe_source_value_text(arena, info, "vendor_id");
    host->model_name = probe_source_value_text(arena, info, "model name");
    host->family = number_or_unknown(info, "cpu family");
    host->model = number_or_unknown(info, "model");
    host->stepping = number_or_unknown(info, "stepping");
    host->microcode = probe_source_value_text(arena, info, "microcode");
    const char *implementer = probe_source_value_text(arena, info, "CPU implementer");
    const char *part = probe_source_value_text(arena, info, "CPU part");
    if (implementer != NULL && part != NULL) {
        host->vendor = strcmp(implementer, "0x41") == 0 ? "ARM" : implementer;
        if (host->model_name == NULL)
            host->model_name = arm_name(arena, implementer, part);
    }
    const char *flags = probe_source_value(info, "flags");
    if (flags != NULL)
        host->invariant_tsc = probe_source_has_word(flags, "constant_tsc") &&
                              probe_source_has_word(flags, "nonstop_tsc");
    host->isa = isa_of(arena, flags != NULL ? flags : probe_source_value(info, "Features"));
}

/* Processors that are online: /sys, else the "processor : n" lines. */
static size_t online_of(const char *root, const char *info, int *ids)
{
    struct base_buf buf = { 0 };
    const char *online = probe_source_read(root, &buf, "%s/online", cpu_folder);
    size_t count = online != NULL ? probe_source_list(online, ids, PROBE_CPU_MAX) : 0;
    base_buf_done(&buf);
    if (count > 0)
        return count;
    for (const char *at = info; at != NULL && count < PROBE_CPU_MAX;) {
        at = probe_source_value(at, "processor");
        if (at != NULL)
            ids[count++] = atoi(at);
    }
    return count;
}

/* The lowest processor in a topology list; `otherwise` when the list is missing. */
static int first_of(const char *root, int cpu, const char *name, int otherwise)
{
    struct base_buf buf = { 0 };
    int first = otherwise;
    const char *list = probe_source_read(root, &buf, "%s/cpu%d/topology/%s", cpu_folder, cpu, name);
    if (list == NULL || probe_source_list(list, &first, 1) == 0)
        first = otherwise;
    base_buf_done(&buf);
    return first;
}

static base_err read_topology(const char *root, struct probe_host *host, const int *ids,
                              size_t count)
{
    host->cpus = base_arena_array(&host->arena, count, sizeof *host->cpus);
    if (host->cpus == NULL)
        return BASE_ENOMEM;
    host->cpu_count = (int)count;
    bool has_sockets = true;
    for (size_t i = 0; i < count; i++) {
        host->cpus[i].id = ids[i];
        host->cpus[i].core = first_of(root, ids[i], "thread_siblings_list", ids[i]);
        host->cores += host->cpus[i].core == ids[i];
        const int package = first_of(root, ids[i], "core_siblings_list", PROBE_UNKNOWN);
        has_sockets = has_sockets && package != PROBE_UNKNOWN;
        host->sockets += package == ids[i];
    }
    if (!has_sockets)
        host->sockets = PROBE_UNKNOWN;
    return BASE_OK;
}

static uint64_t cache_bytes(const char *text)
{
    char *end = NULL;
    const unsigned long long size = strtoull(text, &end, 10);
    const unsigned shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
    return size < UINT64_C(1) << 30 ? (uint64_t)size << shift : 0;
}

static void read_caches(const char *root, struct probe_host *host, int cpu)
{
    for (int index = 0; host->cache_count < PROBE_CACHE_MAX; index++) {
        char folder[128];
        snprintf(folder, sizeof folder, "%s/cpu%d/cache/index%d", cpu_folder, cpu, index);
        int64_t level = 0;
        if (!probe_source_number(root, &level, "%s/level", folder))
            return;
        const char *type = probe_source_text(root, &host->arena, "%s/type", folder);
        const char *size = probe_source_text(root, &host->arena, "%s/size", folder);
        if (type == NULL || size == NULL || level < 1 || level > 9)
            continue;
        struct base_buf buf = { 0 };
        const char *list = probe_source_read(root, &buf, "%s/shared_cpu_list", folder);
        const size_t sharers = list != NULL ? probe_source_list(list, NULL, PROBE_CPU_MAX) : 0;
        base_buf_done(&buf);
        host->caches[host->cache_count++] =
            (struct probe_cache){ .level = (int)level,
                                  .type = type,
                                  .size_bytes = cache_bytes(size),
                                  .shared_by = sharers > 0 ? (int)sharers : PROBE_UNKNOWN };
    }
}

base_err probe_host_read_cpu(const char *root, struct probe_host *host)
{
    struct base_buf buf = { 0 };
    const char *info = probe_source_read(root, &buf, "/proc/cpuinfo");
    if (info != NULL)
        read_names(host, info);
    base_err err = BASE_ENOMEM;
    int *ids = base_arena_array(&host->arena, PROBE_CPU_MAX, sizeof *ids);
    if (ids != NULL) {
        const size_t count = online_of(root, info, ids);
        err = read_topology(root, host, ids, count);
        if (count > 0)
            read_caches(root, host, ids[0]);
    }
    base_buf_done(&buf);
    return err;
}

static void see_mhz(struct probe_host *host, double mhz)
{
    if (!(mhz > 0))
        return;
    if (!(host->mhz_low <= mhz))
        host->mhz_low = mhz;
    if (!(host->mhz_high >= mhz))
        host->mhz_high = mhz;
}

/* Frequencies from cpufreq; where there is none, the "cpu MHz" lines of cpuinfo. */
static void read_mhz(const char *root, struct probe_host *host)
{
    int64_t khz = 0;
    for (int i = 0; i < host->cpu_count; i++)
        if (probe_source_number(root, &khz, "%s/cpu%d/cpufreq/scaling_cur_freq", cpu_folder,
                                host->cpus[i].id))
            see_mhz(host, (double)khz / 1000);
    if (host->cpu_count > 0 && probe_source_number(root, &khz, "%s/cpu%d/cpufreq/cpuinfo_max_freq",
                                                   cpu_folder, host->cpus[0].id))
        host->mhz_max = (double)khz / 1000;
    if (!isnan(host->mhz_low))
        return;
    struct base_buf buf = { 0 };
    const char *at = probe_source_read(root, &buf, "/proc/cpuinfo");
    while (at != NULL && (at = probe_source_value(at, "cpu MHz")) != NULL)
        see_mhz(host, strtod(at, NULL));
    base_buf_done(&buf);
}

void probe_host_read_frequency(const char *root, struct probe_host *host)
{
    for (int i = 0; i < host->cpu_count; i++) {
        const char *governor = probe_source_text(
            root, &host->arena, "%s/cpu%d/cpufreq/scaling_governor", cpu_folder, host->cpus[i].id);
        if (governor == NULL)
            continue;
        if (host->governor != NULL && strcmp(host->governor, governor) != 0)
            governor = "mixed";
        host->governor = governor;
    }
    if (host->cpu_count > 0)
        host->frequency_driver = probe_source_text(
            root, &host->arena, "%s/cpu%d/cpufreq/scaling_driver", cpu_folder, host->cpus[0].id);
    int64_t value = 0;
    if (probe_source_number(root, &value, "%s/intel_pstate/no_turbo", cpu_folder))
        host->boost = value == 0;
    else if (probe_source_number(root, &value, "%s/cpufreq/boost", cpu_folder))
        host->boost = value != 0;
    read_mhz(root, host);
}

/* What firmware calls a virtual machine, and its usual name. */
static const struct {
    const char *word, *name;
} dmi_words[] = {
    { "KVM", "KVM" },
    { "QEMU", "QEMU" },
    { "VMware", "VMware" },
    { "VirtualBox", "VirtualBox" },
    { "Virtual Machine", "Hyper-V" },
    { "Xen", "Xen" },
    { "HVM domU", "Xen" },
    { "Google Compute Engine", "Google Compute Engine" },
    { "OpenStack", "OpenStack" },
    { "Bochs", "Bochs" },
};

static const char *hypervisor_of_dmi(const char *root, struct base_arena *arena)
{
    static const char *const files[] = { "product_name", "sys_vendor", "bios_vendor" };
    for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
        const char *text = probe_source_text(root, arena, "/sys/class/dmi/id/%s", files[f]);
        for (size_t i = 0; text != NULL && i < sizeof dmi_words / sizeof dmi_words[0]; i++)
            if (strstr(text, dmi_words[i].word) != NULL)
                return dmi_words[i].name;
    }
    return NULL;
}

/* CPUID leaf 0x40000000, of the machine this code runs on.
 * Source: Linux, Documentation/virt/kvm/x86/cpuid.rst; Microsoft, Hypervisor Top Level
 * Functional Specification, 2.4 */
static const char *hypervisor_of_cpuid(void)
{
#if defined(__x86_64__)
    static const struct {
        const char *signature, *name;
    } rows[] = { { "KVMKVMKVM", "KVM" },          { "Microsoft Hv", "Hyper-V" },
                 { "VMwareVMware", "VMware" },    { "XenVMMXenVMM", "Xen" },
                 { "TCGTCGTCGTCG", "QEMU TCG" },  { "bhyve bhyve ", "bhyve" },
                 { "VBoxVBoxVBox", "VirtualBox" } };
    unsigned regs[4] = { 0 };
    char signature[13] = { 0 };
    __cpuid(0x40000000, regs[0], regs[1], regs[2], regs[3]);
    memcpy(signature, &regs[1], 12);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(signature, rows[i].signature) == 0)
            return rows[i].name;
#endif
    return NULL;
}

void probe_host_read_hypervisor(const char *root, struct probe_host *host)
{
    struct base_buf buf = { 0 };
    const char *info = probe_source_read(root, &buf, "/proc/cpuinfo");
    const char *flags = info != NULL ? probe_source_value(info, "flags") : NULL;
    const bool is_flagged = probe_source_has_word(flags, "hypervisor");
    base_buf_done(&buf);
    const bool is_live = root == NULL || *root == '\0';
    if (is_live && is_flagged)
        host->hypervisor = hypervisor_of_cpuid();
    if (host->hypervisor == NULL)
        host->hypervisor = hypervisor_of_dmi(root, &host->arena);
    if (host->hypervisor == NULL)
        host->hypervisor = probe_source_text(root, &host->arena, "/sys/hypervisor/type");
    if (host->hypervisor == NULL && is_flagged)
        host->hypervisor = "unknown";
}
