/* test_host.c - written-down machines, files that make no sense, and the machine that runs this. */
#include "unit.h"

#include <probe/build.h>
#include <probe/host.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void read_host(const char *root, struct probe_host *host)
{
    assert_int_equal(probe_host_read(root, host), BASE_OK);
}

static void a_laptop_is_read(void **state)
{
    (void)state;
    struct probe_host host;
    read_host(TEST_DATA "/laptop", &host);
    assert_string_equal(host.vendor, "GenuineIntel");
    assert_string_equal(host.model_name, "Intel(R) Core(TM) i7-8550U CPU @ 1.80GHz");
    assert_int_equal(host.family, 6);
    assert_int_equal(host.model, 142);
    assert_int_equal(host.stepping, 10);
    assert_int_equal(host.sockets, 1);
    assert_int_equal(host.cores, 2);
    assert_int_equal(host.cpu_count, 4);
    assert_int_equal(host.cpus[3].core, 1);
    assert_int_equal(host.cpus_allowed, 3);
    assert_int_equal(host.numa_nodes, 1);
    assert_string_equal(host.isolated_cpus, "3");
    assert_int_equal(host.cache_count, 4);
    assert_int_equal(host.caches[3].size_bytes, 8 << 20);
    assert_int_equal(host.caches[3].shared_by, 4);
    assert_string_equal(host.isa, "sse4_2 popcnt avx fma bmi2 adx avx2 aes pclmulqdq erms");
    assert_int_equal(host.invariant_tsc, 1);
    assert_string_equal(host.clocksource, "hpet");
    assert_string_equal(host.governor, "powersave");
    assert_string_equal(host.frequency_driver, "intel_pstate");
    assert_int_equal(host.boost, 1);
    assert_float_equal(host.mhz_low, 800, 1e-9);
    assert_float_equal(host.mhz_high, 1100, 1e-9);
    assert_float_equal(host.mhz_max, 4000, 1e-9);
    assert_null(host.hypervisor);
    assert_int_equal(host.memory_bytes, UINT64_C(16000000) * 1024);
    assert_int_equal(host.available_bytes, UINT64_C(1200000) * 1024);
    assert_int_equal(host.swap_used_bytes, UINT64_C(500000) * 1024);
    assert_string_equal(host.thp, "always");
    assert_int_equal(host.aslr, 2);
    assert_string_equal(host.kernel, "6.1.0-18-amd64");
    assert_string_equal(host.architecture, "x86_64");
    assert_string_equal(host.distribution, "Debian GNU/Linux 12 (bookworm)");
    assert_float_equal(host.load_5, 2.5, 1e-9);
    assert_float_equal(host.steal_share, 0.01, 1e-9);
    assert_int_equal(host.vulnerable_count, 2);
    assert_int_equal(host.mitigated_count, 1);
    assert_true(host.is_mitigation_off);
    assert_string_equal(host.kernel_options, "mitigations=off");
    assert_float_equal(host.cgroup_cpus, 1.5, 1e-9); /* of the group above its own */
    assert_int_equal(host.cgroup_memory_bytes, UINT64_C(4) << 30);
    assert_null(host.container);
    assert_int_equal(host.perf_paranoid, 4);
    assert_int_equal(host.has_pmu, 1);
    assert_int_equal(host.on_battery, 1);
    probe_host_done(&host);
    probe_host_done(&host);
}

static void an_arm_guest_is_read(void **state)
{
    (void)state;
    struct probe_host host;
    read_host(TEST_DATA "/arm", &host);
    assert_string_equal(host.vendor, "ARM");
    assert_string_equal(host.model_name, "Arm Neoverse-V1");
    assert_int_equal(host.family, PROBE_UNKNOWN);
    assert_int_equal(host.cpu_count, 2); /* from cpuinfo: /sys tells nothing */
    assert_int_equal(host.cores, 2);
    assert_int_equal(host.sockets, PROBE_UNKNOWN);
    assert_string_equal(host.isa, "aes asimd sha1 sha2 crc32 atomics asimddp sve");
    assert_int_equal(host.invariant_tsc, PROBE_UNKNOWN);
    assert_int_equal(host.boost, 0);
    assert_true(isnan(host.mhz_low));
    assert_string_equal(host.hypervisor, "KVM");
    assert_int_equal(host.aslr, 0);
    assert_float_equal(host.cgroup_cpus, 0.5, 1e-9);
    assert_int_equal(host.cgroup_memory_bytes, 0);
    assert_string_equal(host.container, "docker");
    assert_int_equal(host.perf_paranoid, -1);
    assert_int_equal(host.has_pmu, 1);
    assert_int_equal(host.on_battery, PROBE_UNKNOWN);
    assert_string_equal(host.distribution, "Alpine Linux v3.19");
    assert_null(host.governor);
    assert_null(probe_host_fact(&host, "frequency_governor"));
    assert_null(probe_host_fact(&host, "tsc_invariant"));
    assert_string_equal(probe_host_fact(&host, "perf_event_paranoid"), "-1");
    probe_host_done(&host);
}

/* Nothing there and nonsense there are the same: absent, and no crash. */
static void what_is_not_told_is_absent(void **state)
{
    (void)state;
    static const char *const roots[] = { TEST_DATA "/no such tree", TEST_DATA "/odd" };
    for (size_t i = 0; i < 2; i++) {
        struct probe_host host;
        read_host(roots[i], &host);
        assert_null(host.model_name);
        assert_int_equal(host.family, PROBE_UNKNOWN);
        assert_int_equal(host.memory_bytes, 0);
        assert_int_equal(host.available_bytes, 0);
        assert_int_equal(host.swap_used_bytes, 0);
        assert_true(isnan(host.load_1));
        assert_true(isnan(host.steal_share));
        assert_null(host.thp);
        assert_int_equal(host.aslr, PROBE_UNKNOWN);
        assert_true(isnan(host.cgroup_cpus));
        assert_null(host.distribution);
        assert_int_equal(host.cache_count, 0);
        assert_null(host.hypervisor);
        assert_int_equal(host.on_battery, PROBE_UNKNOWN);
        assert_int_equal(host.perf_paranoid, PROBE_PARANOID_UNKNOWN);
        assert_true(host.cpu_count >= 0 && host.cpu_count <= PROBE_CPU_MAX);
        assert_int_equal(host.cpus_allowed, PROBE_UNKNOWN);
        assert_non_null(probe_host_fact(&host, "host_id"));
        probe_host_done(&host);
    }
}

static void facts_are_in_order_and_once(void **state)
{
    (void)state;
    struct probe_host host;
    read_host(TEST_DATA "/laptop", &host);
    for (size_t i = 0; i < host.fact_count; i++) {
        assert_true(strlen(host.facts[i].value) > 0);
        assert_ptr_equal(probe_host_fact(&host, host.facts[i].name), host.facts[i].value);
    }
    assert_true(host.fact_count > 35 && host.fact_count < PROBE_FACT_MAX);
    assert_string_equal(host.facts[0].name, "host_id");
    static const struct {
        const char *name, *value;
    } rows[] = {
        { "cache_l1_data", "32.00 KiB shared by 2" },
        { "cache_l3", "8.000 MiB shared by 4" },
        { "smt", "on" },
        { "turbo", "on" },
        { "frequency_mhz", "800 to 1100" },
        { "memory", "15.26 GiB" },
        { "cgroup_cpus", "1.50" },
        { "cgroup_memory", "4.000 GiB" },
        { "steal_since_boot", "1.000 %" },
        { "load", "3.00 2.50 1.25" },
        { "mitigations", "1 active, 2 not mitigated, switched off" },
        { "on_battery", "yes" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(probe_host_fact(&host, rows[i].name), rows[i].value);
    assert_null(probe_host_fact(&host, "colour"));
    probe_host_done(&host);
}

static void the_id_is_of_the_machine(void **state)
{
    (void)state;
    struct probe_host a;
    struct probe_host b;
    read_host(TEST_DATA "/laptop", &a);
    read_host(TEST_DATA "/laptop", &b);
    assert_int_equal(strlen(a.id), 16);
    assert_string_equal(a.id, b.id);
    probe_host_done(&b);
    read_host(TEST_DATA "/arm", &b);
    assert_string_not_equal(a.id, b.id);
    probe_host_done(&a);
    probe_host_done(&b);
}

static void this_machine_is_plausible(void **state)
{
    (void)state;
    struct probe_host host;
    read_host(NULL, &host);
    assert_int_equal(host.cpu_count, sysconf(_SC_NPROCESSORS_ONLN));
    assert_true(host.cores >= 1 && host.cores <= host.cpu_count);
    assert_true(host.cpus_allowed >= 1 && host.cpus_allowed <= host.cpu_count);
    const uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)host.page_bytes;
    assert_float_equal((double)host.memory_bytes / (double)memory, 1, 0.01);
    assert_true(host.available_bytes > 0 && host.available_bytes <= host.memory_bytes);
    assert_non_null(host.kernel);
    assert_non_null(host.architecture);
    assert_non_null(host.model_name);
    assert_true(host.load_1 >= 0 && host.load_1 < 10000);
    assert_true(host.steal_share >= 0 && host.steal_share <= 1);
    assert_true(host.page_bytes >= 4096);
    for (size_t i = 0; i < host.cache_count; i++)
        assert_in_range(host.caches[i].size_bytes, 1 << 10, UINT64_C(1) << 32);
    if (!isnan(host.mhz_low))
        assert_true(host.mhz_low > 100 && host.mhz_high < 10000 && host.mhz_low <= host.mhz_high);
#if defined(__AVX2__) || defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        assert_non_null(strstr(host.isa, "avx2"));
#endif
    probe_host_done(&host);
}

static void the_build_tells_of_itself(void **state)
{
    (void)state;
    const struct probe_build *build = probe_build();
    assert_true(strlen(build->version) > 0);
    assert_true(strncmp(build->compiler, "GNU ", 4) == 0 ||
                strncmp(build->compiler, "Clang ", 6) == 0);
    assert_non_null(build->flags);
    if (build->revision != NULL)
        assert_int_equal(strspn(build->revision, "0123456789abcdef"), strlen(build->revision));
    else
        assert_int_equal(build->is_dirty, PROBE_UNKNOWN);
#if defined(__OPTIMIZE__)
    assert_true(build->is_optimized);
#endif
#if defined(BPI_SANITIZED)
    assert_true(build->is_sanitized);
#else
    assert_false(build->is_sanitized);
#endif
    struct probe_fact facts[10];
    const size_t count = probe_build_facts(facts, 10);
    assert_true(count >= 6 && count <= 10);
    assert_string_equal(facts[0].name, "version");
    assert_int_equal(probe_build_facts(facts, 2), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_laptop_is_read),           cmocka_unit_test(an_arm_guest_is_read),
        cmocka_unit_test(what_is_not_told_is_absent), cmocka_unit_test(facts_are_in_order_and_once),
        cmocka_unit_test(the_id_is_of_the_machine),   cmocka_unit_test(this_machine_is_plausible),
        cmocka_unit_test(the_build_tells_of_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
