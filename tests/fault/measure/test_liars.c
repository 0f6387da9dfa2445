/* test_liars.c - workers that hang, crash, lie or flood: each ends its case with a sentence. */
#include "unit.h"

#include <bench/clock.h>
#include <bench/drive.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define TIMEOUT_NS UINT64_C(1500000000)

/* 64 MiB take their time where the host is busy. */
static uint64_t timeout_ns(const char *mode)
{
    return strcmp(mode, "flood") == 0 ? 40 * TIMEOUT_NS : TIMEOUT_NS;
}

static base_err measure(const char *mode, struct bench_record *record)
{
    const char *const argv[] = { LIAR, mode, NULL };
    const struct bench_launch launch = { argv, NULL };
    const struct bench_plan plan = { .measurement_ns = 20000000,
                                     .warm_up_ns = 5000000,
                                     .processes = 2,
                                     .sample_size = 10,
                                     .timeout_ns = timeout_ns(mode) };
    const struct bench_target target = { .name = "work", .id = "work" };
    return bench_drive_case(&launch, &plan, &target, NULL, NULL, record);
}

static void an_honest_worker_is_measured(void **state)
{
    (void)state;
    struct bench_record record;
    assert_int_equal(measure("honest", &record), BASE_OK);
    assert_int_equal(record.process_count, 2);
    for (size_t p = 0; p < 2; p++) {
        assert_true(record.processes[p].batch_count >= 5);
        for (size_t i = 0; i < record.processes[p].batch_count; i++)
            assert_true(record.processes[p].counts[i] >= 1 && record.processes[p].ns[i] > 0);
    }
    bench_record_done(&record);
}

static void liars_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *mode;
        base_err err;
        const char *sentence;
    } rows[] = {
        { "hang", BASE_ETIMEOUT, "did not answer 'run' in time" },
        { "crash", BASE_ECRASHED, "was killed by signal 11" },
        { "exit", BASE_ECRASHED,
          "ended with status 7 while it was asked to run; its standard error "
          "ends: out of workers" },
        { "flood", BASE_EPROTOCOL, "with a line of more than 64 MiB" },
        { "lines", BASE_EPROTOCOL, "no JSON object" },
        { "garbage", BASE_EPROTOCOL, "no JSON object: 'these are not the numbers" },
        { "array", BASE_EPROTOCOL, "no JSON object" },
        { "negative", BASE_EPROTOCOL, "ns[0] is -5" },
        { "nan", BASE_EPROTOCOL, "no JSON object" },
        { "text", BASE_EPROTOCOL, "a finite number of at least 0 is expected" },
        { "count", BASE_EPROTOCOL, "with 3 numbers in \"ns\", expected 1" },
        { "slow-claim", BASE_EPROTOCOL, "claims" },
        { "unasked", BASE_EPROTOCOL, "that nobody asked for" },
        { "protocol", BASE_EPROTOCOL, "speaks another protocol than 1" },
        { "wrong", BASE_EWRONG, "work: 41 is not 42" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench_record record;
        const uint64_t start = bench_clock_now_ns();
        const base_err err = measure(rows[i].mode, &record);
        const uint64_t spent = bench_clock_now_ns() - start;
        if (err != rows[i].err || strstr(record.why.text, rows[i].sentence) == NULL)
            print_error("%s: %s: %s\n", rows[i].mode, base_err_name(err), record.why.text);
        assert_int_equal(err, rows[i].err);
        assert_non_null(strstr(record.why.text, rows[i].sentence));
        assert_int_equal(record.process_count, 0);
        assert_true(spent < timeout_ns(rows[i].mode) + UINT64_C(5000000000));
        bench_record_done(&record);
    }
}

static void noise_does_not_block(void **state)
{
    (void)state;
    struct bench_record record;
    assert_int_equal(measure("noise", &record), BASE_OK);
    bench_record_done(&record);
}

static void missing_programs_are_named(void **state)
{
    (void)state;
    const char *const argv[] = { "/nowhere/worker", NULL };
    const struct bench_launch launch = { argv, NULL };
    struct base_arena arena = { 0 };
    struct bench_listed *listed = NULL;
    size_t count = 0;
    struct base_why why = { 0 };
    assert_int_equal(bench_drive_list(&launch, &arena, &listed, &count, &why), BASE_ENOTFOUND);
    assert_string_equal(why.text, "cannot start '/nowhere/worker': No such file or directory");
    const char *const not_a_worker[] = { "/bin/true", NULL };
    const struct bench_launch other = { not_a_worker, NULL };
    assert_int_equal(bench_drive_list(&other, &arena, &listed, &count, &why), BASE_ECRASHED);
    assert_non_null(strstr(why.text, "worker true ended with status 0"));
    base_arena_done(&arena);
}

static void nothing_is_left_behind(void **state)
{
    (void)state;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_worker_is_measured),
        cmocka_unit_test(liars_are_named),
        cmocka_unit_test(noise_does_not_block),
        cmocka_unit_test(missing_programs_are_named),
        cmocka_unit_test(nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
