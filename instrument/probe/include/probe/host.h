/* host.h - what machine this is, as far as it changes what a measurement means.
 *
 * Everything comes from /proc, /sys and /etc below `root`, so that a copied tree of another machine
 * reads the same; only where the tree is the running machine's does CPUID name the hypervisor.
 * What a machine does not tell is absent: NULL, NaN, PROBE_UNKNOWN, and no fact. Nothing is
 * guessed.
 *
 * Ownership every pointer lives in host->arena
 * Threads   no shared state
 */
#ifndef PROBE_HOST_H
#define PROBE_HOST_H

#include <base/arena.h>
#include <base/err.h>

#include <stdbool.h>

enum {
    PROBE_UNKNOWN = -1,
    PROBE_PARANOID_UNKNOWN = 99, /* -1 is a level there */
    PROBE_FACT_MAX = 64,
    PROBE_CACHE_MAX = 8,
    PROBE_CPU_MAX = 8192,
    PROBE_HOST_ID_SIZE = 17,
};

struct probe_fact {
    const char *name; /* "cpu_model"; [a-z0-9_]; sizes in bytes say so in the value: "32 MiB" */
    const char *value;
};

struct probe_cache {
    int level;
    const char *type; /* "Data", "Instruction", "Unified" */
    uint64_t size_bytes;
    int shared_by; /* logical processors that share one */
};

struct probe_cpu {
    int id;
    int core; /* id of the first logical processor of the same core */
};

struct probe_host {
    struct base_arena arena;
    char
        id[PROBE_HOST_ID_SIZE]; /* 16 hex digits: FNV-1a (64 bit) of vendor, model, family,
                                   stepping, sockets, cores, processors, caches and /etc/machine-id.
                                   The same on every boot; not a secret and not collision-proof */
    const char *architecture;   /* "x86_64" */
    const char *vendor;
    const char *model_name;
    int family, model, stepping;
    const char *microcode;
    int sockets, cores, cpu_count; /* cpu_count: logical processors that are online */
    int cpus_allowed;              /* that this process may run on */
    int numa_nodes;
    struct probe_cpu *cpus; /* [cpu_count] */
    struct probe_cache caches[PROBE_CACHE_MAX];
    size_t cache_count;
    const char *isa;   /* flags that kernels here dispatch on: "avx2 avx512f sha_ni" */
    int invariant_tsc; /* 1, 0; PROBE_UNKNOWN where there is no TSC */
    const char *clocksource;
    const char *governor; /* "mixed" when the processors differ */
    const char *frequency_driver;
    int boost;                         /* 1: turbo on, 0: off */
    double mhz_low, mhz_high, mhz_max; /* now, over all processors; highest possible */
    const char *hypervisor;            /* "KVM"; "unknown" when one is there that has no name */
    uint64_t memory_bytes, available_bytes, swap_bytes, swap_used_bytes;
    const char *thp; /* transparent huge pages: "always", "madvise", "never" */
    int aslr;        /* 0 .. 2 */
    const char *kernel;
    const char *distribution;
    const char *kernel_options; /* of the command line, those that change speed: "isolcpus=2,3" */
    long page_bytes;
    double load_1, load_5, load_15;
    double steal_share; /* of all processor time since boot */
    int vulnerable_count, mitigated_count;
    bool is_mitigation_off;       /* "mitigations=off" on the command line */
    double cgroup_cpus;           /* quota in processors; NaN: none */
    uint64_t cgroup_memory_bytes; /* 0: none */
    const char *container;        /* "docker", "podman", "lxc", ... */
    const char *isolated_cpus;
    int perf_paranoid;                       /* -1 .. 4; PROBE_PARANOID_UNKNOWN */
    int has_pmu;                             /* 1, 0: hardware counters are offered by the kernel */
    int on_battery;                          /* 1, 0 */
    struct probe_fact facts[PROBE_FACT_MAX]; /* in the order they are shown */
    size_t fact_count;
};

/* Read the machine.
 *
 *   root   prefix of /proc, /sys, /etc, /run; NULL or "": the running machine
 *   host   out: valid for probe_host_done whatever the answer
 *
 * Missing and odd files are no error: what they would have said is absent.
 * Errors   ENOMEM
 */
BASE_MUST_USE base_err probe_host_read(const char *root, struct probe_host *host);
void probe_host_done(struct probe_host *host);

/* A fact's value; NULL when the machine does not tell. */
const char *probe_host_fact(const struct probe_host *host, const char *name);

#endif
