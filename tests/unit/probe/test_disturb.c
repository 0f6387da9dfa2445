/* test_disturb.c - two written looks a second apart, and a child that disturbs for real. */
#include "unit.h"

#include <probe/disturb.h>

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct probe_finding *find(const struct probe_disturb *disturb, const char *id)
{
    for (size_t i = 0; i < disturb->finding_count; i++)
        if (strcmp(disturb->findings[i].id, id) == 0)
            return &disturb->findings[i];
    return NULL;
}

static void judge(struct probe_disturb *disturb, const struct probe_watch *watch, int own_pid)
{
    struct probe_look before;
    struct probe_look after;
    struct base_why why = { 0 };
    assert_int_equal(probe_look_take(TEST_DATA "/before", &before, &why), BASE_OK);
    assert_int_equal(probe_look_take(TEST_DATA "/after", &after, &why), BASE_OK);
    assert_int_equal(probe_disturb_judge(&before, &after, watch, own_pid, 100, disturb), BASE_OK);
    probe_look_done(&before);
    probe_look_done(&after);
}

/* Two processors for one second are 200 ticks: 80 idle, 10 stolen, 15 our own, 70 of a compiler, 3
 * and 4 of two that came, 18 of processes that came and went. */
static void two_looks_are_judged(void **state)
{
    (void)state;
    struct probe_disturb disturb;
    const struct probe_watch watch = {
        .elapsed_s = 1, .run_queue_mean = 2.5, .run_queue_max = 4, .mhz_low = 2000, .mhz_high = 3000
    };
    judge(&disturb, &watch, 11);
    assert_int_equal(disturb.cpu_count, 2);
    assert_float_equal(disturb.steal_share, 10.0 / 200, 1e-9);
    assert_float_equal(disturb.busy_cpus, 0.95, 1e-9);
    assert_float_equal(disturb.cpu_busy[0], 1, 1e-9);
    assert_float_equal(disturb.cpu_busy[1], 0.2, 1e-9);
    assert_int_equal(disturb.offender_count, 3);
    assert_int_equal(disturb.offenders[0].pid, 10);
    assert_string_equal(disturb.offenders[0].name, "cc1 (x)");
    assert_float_equal(disturb.offenders[0].cpus, 0.7, 1e-9);
    assert_int_equal(disturb.offenders[1].pid, 9);
    assert_int_equal(disturb.offenders[2].pid, 12); /* the pid was used again */
    assert_float_equal(disturb.offenders[2].cpus, 0.03, 1e-9);
    assert_float_equal(disturb.interrupts_per_s, 60000, 1e-6);
    assert_float_equal(disturb.switches_per_s, 2000, 1e-6);
    assert_float_equal(disturb.swap_pages_per_s, 5, 1e-9);
    assert_float_equal(disturb.major_faults_per_s, 4, 1e-9);
    assert_float_equal(disturb.pressure_cpu, 0.25, 1e-9);
    assert_float_equal(disturb.pressure_memory, 0.02, 1e-9);
    assert_float_equal(disturb.pressure_io, 0, 1e-9);
    static const struct {
        const char *id;
        enum probe_severity severity;
        const char *evidence;
    } rows[] = {
        { "steal", PROBE_BAD, "5.00 %" },
        { "busy", PROBE_WARNING, "0.95 of 2 processors" },
        { "run_queue", PROBE_WARNING, "2.5 others" },
        { "process", PROBE_WARNING, "cc1 (x) (process 10) used 0.70" },
        { "interrupts", PROBE_WARNING, "60000" },
        { "memory_pressure", PROBE_WARNING, "2.00 %" },
        { "swap", PROBE_WARNING, "5 pages" },
        { "frequency", PROBE_BAD, "2000 to 3000 MHz" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct probe_finding *found = find(&disturb, rows[i].id);
        assert_non_null(found);
        assert_int_equal(found->severity, rows[i].severity);
        assert_non_null(strstr(found->evidence, rows[i].evidence));
        assert_non_null(found->advice);
    }
    assert_null(find(&disturb, "io_pressure"));
    assert_null(find(&disturb, "calm"));
    for (size_t i = 1; i < disturb.finding_count; i++)
        assert_true(disturb.findings[i - 1].severity >= disturb.findings[i].severity);
    probe_disturb_done(&disturb);
    judge(&disturb, &watch, 0);
    assert_int_equal(disturb.offender_count, 4);
    assert_float_equal(disturb.busy_cpus, 1.10, 1e-9);
    probe_disturb_done(&disturb);
}

static void a_calm_machine_is_said_to_be_calm(void **state)
{
    (void)state;
    struct probe_look look;
    struct probe_disturb disturb;
    struct base_why why = { 0 };
    assert_int_equal(probe_look_take(TEST_DATA "/before", &look, &why), BASE_OK);
    const struct probe_watch watch = { 1, 0, 0, NAN, NAN };
    assert_int_equal(probe_disturb_judge(&look, &look, &watch, 0, 100, &disturb), BASE_OK);
    assert_int_equal(disturb.finding_count, 1);
    assert_int_equal(disturb.findings[0].severity, PROBE_OK);
    assert_string_equal(disturb.findings[0].id, "calm");
    probe_disturb_done(&disturb);
    const struct probe_watch never = { 0, 0, 0, NAN, NAN };
    assert_int_equal(probe_disturb_judge(&look, &look, &never, 0, 100, &disturb), BASE_ERANGE);
    probe_disturb_done(&disturb);
    probe_look_done(&look);
}

static void missing_and_odd_trees_are_survived(void **state)
{
    (void)state;
    struct probe_look look;
    struct base_why why = { 0 };
    assert_int_equal(probe_look_take(TEST_DATA "/no such tree", &look, &why), BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "/proc/stat"));
    assert_int_equal(probe_look_take(TEST_DATA "/odd", &look, &why), BASE_ENOTFOUND);
    assert_int_equal(probe_look_take(TEST_DATA "/laptop", &look, &why), BASE_OK);
    assert_int_equal(look.task_count, 0);
    assert_false(look.has_pressure);
    struct probe_disturb disturb;
    const struct probe_watch watch = { 1, NAN, NAN, NAN, NAN };
    assert_int_equal(probe_disturb_judge(&look, &look, &watch, 0, 100, &disturb), BASE_OK);
    assert_true(isnan(disturb.pressure_memory));
    probe_disturb_done(&disturb);
    probe_look_done(&look);
    assert_int_equal(probe_disturb_sample(NULL, 1, &disturb, &why), BASE_ERANGE);
    assert_non_null(strstr(why.text, "0.05 and 60 s"));
}

static void a_spinning_child_is_found(void **state)
{
    (void)state;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (volatile unsigned spin = 0;; spin++)
            ;
    }
    struct probe_disturb disturb;
    struct base_why why = { 0 };
    const base_err err = probe_disturb_sample(NULL, 500000000, &disturb, &why);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(err, BASE_OK);
    assert_true(disturb.elapsed_s >= 0.5);
    /* its fair share among those that are ready, give or take a factor of four */
    const double fair = fmin(1, (double)disturb.cpu_count / (disturb.run_queue_mean + 1));
    double cpus = 0;
    for (size_t i = 0; i < disturb.offender_count; i++)
        if (disturb.offenders[i].pid == child)
            cpus = disturb.offenders[i].cpus;
    if (cpus > 0)
        assert_true(cpus > fair / 4 && cpus < 1.2);
    else /* eight others used more: a very busy machine */
        assert_true(disturb.offender_count == PROBE_OFFENDER_MAX && disturb.run_queue_mean > 4);
    assert_true(disturb.busy_cpus >= 0.1);
    assert_true(disturb.busy_cpus < (double)disturb.cpu_count * 1.1);
    assert_true(disturb.run_queue_max >= 1);
    assert_null(find(&disturb, "calm"));
    probe_disturb_done(&disturb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_looks_are_judged),
        cmocka_unit_test(a_calm_machine_is_said_to_be_calm),
        cmocka_unit_test(missing_and_odd_trees_are_survived),
        cmocka_unit_test(a_spinning_child_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
