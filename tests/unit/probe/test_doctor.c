/* test_doctor.c - findings for written-down machines, and for changes to them one by one. */
#include "unit.h"

#include <probe/doctor.h>

#include <math.h>
#include <string.h>

static const struct probe_finding *find(const struct probe_report *report, const char *id)
{
    for (size_t i = 0; i < report->finding_count; i++)
        if (strcmp(report->findings[i].id, id) == 0)
            return &report->findings[i];
    return NULL;
}

static void assert_finding(const struct probe_report *report, const char *id,
                           enum probe_severity severity, const char *evidence)
{
    const struct probe_finding *found = find(report, id);
    if (found == NULL)
        fail_msg("no finding %s", id);
    if (found->severity != severity || strstr(found->evidence, evidence) == NULL)
        fail_msg("%s: %s: %s", probe_severity_name(found->severity), id, found->evidence);
    if (severity >= PROBE_WARNING)
        assert_non_null(found->advice);
}

static void a_laptop_is_examined(void **state)
{
    (void)state;
    struct probe_host host;
    struct probe_report report;
    assert_int_equal(probe_host_read(TEST_DATA "/laptop", &host), BASE_OK);
    const struct probe_floor floor = { 0.027, 0.5, 22, 1 };
    assert_int_equal(probe_doctor(&host, NULL, &floor, NULL, 0, &report), BASE_OK);
    assert_finding(&report, "memory_wander", PROBE_BAD, "50.00 %");
    assert_finding(&report, "core_wander", PROBE_NOTE, "2.70 %");
    assert_finding(&report, "clock", PROBE_OK, "22.0 ns");
    assert_finding(&report, "governor", PROBE_WARNING, "powersave");
    assert_finding(&report, "turbo", PROBE_NOTE, "boost is on");
    assert_finding(&report, "smt", PROBE_NOTE, "4 processors on 2 cores");
    assert_finding(&report, "tsc", PROBE_OK, "clock source hpet");
    assert_finding(&report, "clocksource", PROBE_WARNING, "hpet");
    assert_finding(&report, "steal_since_boot", PROBE_NOTE, "1.00 %");
    assert_finding(&report, "aslr", PROBE_NOTE, "is 2");
    assert_finding(&report, "thp", PROBE_NOTE, "always");
    assert_finding(&report, "load", PROBE_WARNING, "3.00 on 4");
    assert_finding(&report, "memory_short", PROBE_WARNING, "7.5 %");
    assert_finding(&report, "cgroup_cpus", PROBE_WARNING, "1.50 of 4");
    assert_finding(&report, "cgroup_memory", PROBE_NOTE, "4096 MiB");
    assert_finding(&report, "battery", PROBE_WARNING, "offline");
    assert_finding(&report, "perf_paranoid", PROBE_NOTE, "4");
    assert_finding(&report, "mitigations", PROBE_NOTE, "off");
    assert_int_equal(report.verdict, PROBE_BAD);
    assert_string_equal(report.findings[0].id, "memory_wander");
    for (size_t i = 1; i < report.finding_count; i++)
        assert_true(report.findings[i - 1].severity >= report.findings[i].severity);
    probe_report_done(&report);
    probe_report_done(&report);
    probe_host_done(&host);
}

static void a_well_kept_machine_is_fine(void **state)
{
    (void)state;
    struct probe_host host;
    struct probe_report report;
    assert_int_equal(probe_host_read(TEST_DATA "/laptop", &host), BASE_OK);
    host.governor = "performance";
    host.boost = 0;
    host.cores = host.cpu_count;
    host.clocksource = "tsc";
    host.steal_share = 0;
    host.aslr = PROBE_UNKNOWN;
    host.thp = "madvise";
    host.load_1 = 0.1;
    host.available_bytes = host.memory_bytes / 2;
    host.cgroup_cpus = NAN;
    host.cgroup_memory_bytes = 0;
    host.on_battery = 0;
    host.perf_paranoid = 1;
    host.is_mitigation_off = false;
    const struct probe_floor floor = { 0.002, 0.01, 22, 1 };
    assert_int_equal(probe_doctor(&host, NULL, &floor, NULL, 0, &report), BASE_OK);
    assert_int_equal(report.verdict, PROBE_OK);
    assert_true(report.finding_count >= 8);
    probe_report_done(&report);
    host.invariant_tsc = 0;
    host.has_pmu = 0;
    host.aslr = 0;
    const struct probe_floor unmeasured = { NAN, NAN, NAN, NAN };
    assert_int_equal(probe_doctor(&host, NULL, &unmeasured, NULL, 0, &report), BASE_OK);
    assert_finding(&report, "tsc", PROBE_WARNING, "constant_tsc");
    assert_finding(&report, "pmu", PROBE_NOTE, "no processor PMU");
    assert_finding(&report, "aslr", PROBE_NOTE, "is 0");
    assert_null(find(&report, "core_wander"));
    assert_null(find(&report, "clock"));
    probe_report_done(&report);
    probe_host_done(&host);
}

/* Processors 0 and 2 share a core, 1 and 3 the other. Only processor 2 is busy. */
static void the_sibling_that_matters_is_looked_at(void **state)
{
    (void)state;
    struct probe_host host;
    struct probe_report report;
    assert_int_equal(probe_host_read(TEST_DATA "/laptop", &host), BASE_OK);
    double busy[] = { 0, 0, 0.8, 0 };
    int ids[] = { 0, 1, 2, 3 };
    struct probe_disturb disturb = { .cpu_count = 4, .cpu_busy = busy, .cpu_ids = ids };
    disturb.findings[0] = (struct probe_finding){ PROBE_BAD, "steal", "w", "6.1 %", "a" };
    disturb.finding_count = 1;
    const int here[] = { 0 };
    assert_int_equal(probe_doctor(&host, &disturb, NULL, here, 1, &report), BASE_OK);
    assert_finding(&report, "smt_busy", PROBE_WARNING, "processor 2 was 80 % busy");
    assert_finding(&report, "steal", PROBE_BAD, "6.1 %");
    probe_report_done(&report);
    const int there[] = { 1 };
    assert_int_equal(probe_doctor(&host, &disturb, NULL, there, 1, &report), BASE_OK);
    assert_null(find(&report, "smt_busy"));
    assert_finding(&report, "smt", PROBE_NOTE, "4 processors");
    probe_report_done(&report);
    assert_int_equal(probe_doctor(&host, &disturb, NULL, NULL, 0, &report), BASE_OK);
    assert_non_null(find(&report, "smt_busy"));
    probe_report_done(&report);
    probe_host_done(&host);
}

static void an_unknown_machine_has_no_findings(void **state)
{
    (void)state;
    struct probe_host host;
    struct probe_report report;
    assert_int_equal(probe_host_read(TEST_DATA "/no such tree", &host), BASE_OK);
    assert_int_equal(probe_doctor(&host, NULL, NULL, NULL, 0, &report), BASE_OK);
    assert_int_equal(report.finding_count, 0);
    assert_int_equal(report.verdict, PROBE_OK);
    probe_report_done(&report);
    probe_host_done(&host);
    assert_int_equal(probe_host_read(TEST_DATA "/arm", &host), BASE_OK);
    assert_int_equal(probe_doctor(&host, NULL, NULL, NULL, 0, &report), BASE_OK);
    assert_finding(&report, "hypervisor", PROBE_NOTE, "KVM");
    assert_finding(&report, "container", PROBE_NOTE, "docker");
    assert_finding(&report, "cgroup_cpus", PROBE_WARNING, "0.50 of 2");
    assert_null(find(&report, "governor"));
    assert_null(find(&report, "battery"));
    probe_report_done(&report);
    probe_host_done(&host);
}

static void severities_have_names(void **state)
{
    (void)state;
    assert_string_equal(probe_severity_name(PROBE_OK), "ok");
    assert_string_equal(probe_severity_name(PROBE_BAD), "bad");
    assert_string_equal(probe_severity_name((enum probe_severity)17), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_laptop_is_examined),
        cmocka_unit_test(a_well_kept_machine_is_fine),
        cmocka_unit_test(the_sibling_that_matters_is_looked_at),
        cmocka_unit_test(an_unknown_machine_has_no_findings),
        cmocka_unit_test(severities_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
