/* test_pace.c - the open loop in virtual time, where the right answer is known to the nanosecond,
 * and a short run on the real clock. */
#include "unit.h"

#include <bench/pace.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t ms = 1000000;

/* A server in virtual time: each call takes service_ns, call `stall_index` takes stall_ns. */
struct world {
    uint64_t now_ns;
    uint64_t service_ns;
    uint64_t stall_index;
    uint64_t stall_ns;
    uint64_t fail_index; /* 0: never */
    uint64_t calls;
    uint64_t *intended; /* [calls] */
    uint64_t *latency;  /* [calls] exact */
    volatile sig_atomic_t interrupted;
    uint64_t interrupt_at_ns;
};

static uint64_t world_now(void *context)
{
    return ((struct world *)context)->now_ns;
}

static void world_wait(void *context, uint64_t until_ns)
{
    struct world *world = context;
    if (world->interrupt_at_ns > 0 && until_ns > world->interrupt_at_ns) {
        world->interrupted = 1;
        return;
    }
    if (until_ns > world->now_ns)
        world->now_ns = until_ns;
}

static base_err serve(void *context, uint64_t index, uint64_t intended_ns)
{
    struct world *world = context;
    assert_int_equal(index, world->calls);
    assert_true(intended_ns <= world->now_ns);
    if (world->fail_index > 0 && index == world->fail_index)
        return BASE_EIO;
    world->now_ns += index == world->stall_index ? world->stall_ns : world->service_ns;
    world->intended[index] = intended_ns;
    world->latency[index] = world->now_ns - intended_ns;
    world->calls++;
    return BASE_OK;
}

enum { CALLS = 20000 };
static uint64_t intended[CALLS];
static uint64_t exact[CALLS];

static struct world world_of(uint64_t service_ns)
{
    return (struct world){ .now_ns = 5000 * ms,
                           .service_ns = service_ns,
                           .stall_index = UINT64_MAX,
                           .intended = intended,
                           .latency = exact };
}

static struct bench_pace_clock clock_of(struct world *world)
{
    return (struct bench_pace_clock){ .now = world_now, .wait = world_wait, .context = world };
}

static void two_hists(struct bench_hist *a, struct bench_hist *b)
{
    assert_int_equal(bench_hist_init(a, 1, 60000 * ms, 3, NULL), BASE_OK);
    assert_int_equal(bench_hist_init(b, 1, 60000 * ms, 3, NULL), BASE_OK);
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* 1000/s, 0.1 ms of service, one stall of 1 s. Behind the stall work is served back to back, so
 * the latency of the j-th piece after it is max(0.1 ms, 1000 ms - j * 0.9 ms), and the share of
 * pieces slower than x is known. A closed loop would have seen one slow piece in 20 000. */
static void a_stall_of_one_second_is_seen(void **state)
{
    (void)state;
    struct world world = world_of(ms / 10);
    world.stall_index = 5000;
    world.stall_ns = 1000 * ms;
    const struct bench_pace_clock clock = clock_of(&world);
    const struct bench_pace_plan plan = { .rate_per_s = 1000, .count = CALLS };
    struct bench_hist latency;
    struct bench_hist service;
    two_hists(&latency, &service);
    struct bench_pace_result result;
    struct base_why why = { 0 };
    assert_int_equal(
        bench_pace_run(&plan, &clock, serve, &world, &latency, &service, &result, &why), BASE_OK);
    assert_int_equal(result.done, CALLS);
    assert_int_equal(latency.total, CALLS);
    assert_int_equal(service.total, CALLS);
    static const unsigned ranks[] = { 1, 100, 500, 1000, 1100 }; /* j-th slowest */
    for (size_t i = 0; i < sizeof ranks / sizeof ranks[0]; i++) {
        const uint64_t analytic = 1000 * ms - (ranks[i] - 1) * 9 * ms / 10;
        const double q = (double)(CALLS - ranks[i] + 1) / CALLS;
        assert_int_equal(bench_hist_quantile(&latency, q), bench_hist_high(&latency, analytic));
    }
    /* 1000 / 0.9 pieces were late: all others took 0.1 ms */
    assert_int_equal(bench_hist_quantile(&latency, 0.94), bench_hist_high(&latency, ms / 10));
    assert_float_equal(bench_hist_mean(&latency),
                       (0.1 + 1112 * 0.5 * (1000 - 0.1) / CALLS) * (double)ms, 0.1 * (double)ms);
    assert_int_equal(bench_hist_quantile(&service, 0.9999), bench_hist_high(&service, ms / 10));
    assert_int_equal(bench_hist_max(&service), bench_hist_high(&service, 1000 * ms));
    assert_int_equal(result.late, 1110); /* 999 - 0.9 (j - 1) > 0.05 */
    assert_int_equal(result.late_max_ns, 999 * ms);
    qsort(exact, CALLS, sizeof exact[0], by_value);
    for (unsigned rank = 1; rank <= CALLS; rank += 7)
        assert_int_equal(bench_hist_quantile(&latency, (double)rank / CALLS),
                         bench_hist_high(&latency, exact[rank - 1]));
    bench_hist_done(&latency);
    bench_hist_done(&service);
}

/* Starts do not depend on the server: the same with and without a stall. */
static void intended_starts_belong_to_the_plan(void **state)
{
    (void)state;
    static uint64_t calm[CALLS];
    for (int arrival = BENCH_PACE_CONSTANT; arrival <= BENCH_PACE_POISSON; arrival++) {
        const struct bench_pace_plan plan = { .rate_per_s = 3333.333,
                                              .arrival = (enum bench_pace_arrival)arrival,
                                              .seed = 4,
                                              .count = CALLS };
        for (int is_stalled = 0; is_stalled < 2; is_stalled++) {
            struct world world = world_of(ms / 10);
            world.stall_index = is_stalled ? 100 : UINT64_MAX;
            world.stall_ns = 700 * ms;
            const struct bench_pace_clock clock = clock_of(&world);
            struct bench_pace_result result;
            assert_int_equal(
                bench_pace_run(&plan, &clock, serve, &world, NULL, NULL, &result, NULL), BASE_OK);
            if (!is_stalled)
                memcpy(calm, intended, sizeof calm);
        }
        assert_memory_equal(calm, intended, sizeof calm);
        assert_float_equal((double)(calm[CALLS - 1] - calm[0]) / 1e9, (CALLS - 1) / 3333.333,
                           arrival == BENCH_PACE_CONSTANT ? 1e-8 : 0.2);
        double squares = 0; /* constant gaps do not vary, exponential ones by their mean */
        for (unsigned i = 1; i < CALLS; i++)
            squares += pow((double)(calm[i] - calm[i - 1]) * 3333.333e-9 - 1, 2);
        assert_float_equal(squares / (CALLS - 1), arrival == BENCH_PACE_CONSTANT ? 0 : 1, 0.05);
    }
}

static void limits_end_the_loop(void **state)
{
    (void)state;
    struct world world = world_of(10);
    const struct bench_pace_clock clock = clock_of(&world);
    struct bench_pace_plan plan = { .rate_per_s = 1000, .duration_ns = 100 * ms };
    struct bench_pace_result result;
    assert_int_equal(bench_pace_run(&plan, &clock, serve, &world, NULL, NULL, &result, NULL),
                     BASE_OK);
    assert_int_equal(result.done, 100); /* due at 0, 1, ... 99 ms */
    assert_int_equal(result.elapsed_ns, 99 * ms + 10);
    world.calls = 0;
    plan.count = 7;
    assert_int_equal(bench_pace_run(&plan, &clock, serve, &world, NULL, NULL, &result, NULL),
                     BASE_OK);
    assert_int_equal(result.done, 7);
}

static void wrong_plans_are_refused(void **state)
{
    (void)state;
    struct world world = world_of(10);
    const struct bench_pace_clock clock = clock_of(&world);
    struct bench_pace_result result;
    struct base_why why = { 0 };
    const struct bench_pace_plan bad[] = { { .rate_per_s = 1000 },
                                           { .rate_per_s = 0, .count = 1 },
                                           { .rate_per_s = NAN, .count = 1 },
                                           { .rate_per_s = 2e9, .count = 1 } };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(bench_pace_run(&bad[i], &clock, serve, &world, NULL, NULL, &result, &why),
                         i == 0 ? BASE_EINVALID : BASE_ERANGE);
    assert_int_equal(world.calls, 0);
}

/* Twice the load that can be served: without a limit all starts are made, late; with one the loop
 * says what it owes. */
static void overload_is_never_hidden(void **state)
{
    (void)state;
    struct world world = world_of(2 * ms);
    const struct bench_pace_clock clock = clock_of(&world);
    struct bench_pace_plan plan = { .rate_per_s = 1000, .count = 1000 };
    struct bench_hist latency;
    struct bench_hist service;
    two_hists(&latency, &service);
    struct bench_pace_result result;
    assert_int_equal(
        bench_pace_run(&plan, &clock, serve, &world, &latency, &service, &result, NULL), BASE_OK);
    assert_int_equal(result.done, 1000);
    assert_int_equal(result.elapsed_ns, 2000 * ms);
    /* piece i ends at 2 (i + 1) ms and was due at i ms */
    assert_int_equal(bench_hist_quantile(&latency, 0.5), bench_hist_high(&latency, 501 * ms));
    assert_int_equal(bench_hist_quantile(&service, 0.5), bench_hist_high(&service, 2 * ms));
    world.calls = 0;
    plan.late_limit_ns = 100 * ms;
    struct base_why why = { 0 };
    assert_int_equal(bench_pace_run(&plan, &clock, serve, &world, NULL, NULL, &result, &why),
                     BASE_ETIMEOUT);
    assert_int_equal(result.done, 101); /* piece 101 would begin at 202 ms, due at 101 ms */
    assert_int_equal(result.owed, 102); /* 101 .. 202 */
    assert_non_null(strstr(why.text, "gave up after 101 starts, 102 were still owed"));
    bench_hist_done(&latency);
    bench_hist_done(&service);
}

static void failures_and_interruptions_keep_what_was_done(void **state)
{
    (void)state;
    struct world world = world_of(10);
    world.fail_index = 5;
    const struct bench_pace_clock clock = clock_of(&world);
    struct bench_pace_plan plan = { .rate_per_s = 1000, .count = 100 };
    struct bench_pace_result result;
    struct base_why why = { 0 };
    assert_int_equal(bench_pace_run(&plan, &clock, serve, &world, NULL, NULL, &result, &why),
                     BASE_EIO);
    assert_int_equal(result.done, 5);
    assert_non_null(strstr(why.text, "start 5 failed"));
    world = world_of(10);
    world.interrupt_at_ns = 5000 * ms + 50 * ms;
    plan.interrupted = &world.interrupted;
    assert_int_equal(bench_pace_run(&plan, &clock, serve, &world, NULL, NULL, &result, &why),
                     BASE_EINTERRUPTED);
    assert_int_equal(result.done, 51);
    assert_int_equal(result.owed, 0);
}

static void times_beyond_the_histogram_stay_in_the_sample(void **state)
{
    (void)state;
    struct world world = world_of(5 * ms);
    const struct bench_pace_clock clock = clock_of(&world);
    const struct bench_pace_plan plan = { .rate_per_s = 1, .count = 10 };
    struct bench_hist latency;
    assert_int_equal(bench_hist_init(&latency, 1, ms, 3, NULL), BASE_OK);
    struct bench_pace_result result;
    assert_int_equal(bench_pace_run(&plan, &clock, serve, &world, &latency, NULL, &result, NULL),
                     BASE_OK);
    assert_int_equal(result.over_range, 10);
    assert_int_equal(latency.total, 10);
    assert_int_equal(bench_hist_max(&latency), bench_hist_high(&latency, ms));
    bench_hist_done(&latency);
}

static base_err count_call(void *context, uint64_t index, uint64_t intended_ns)
{
    const struct bench_pace_clock clock = bench_pace_clock_real();
    assert_true(clock.now(clock.context) >= intended_ns);
    assert_int_equal(index, (*(uint64_t *)context)++);
    return BASE_OK;
}

/* Spinning hits the start within microseconds, unless another process holds the processor: one of
 * a few runs must be undisturbed for a quarter of its starts. */
static void the_real_clock_holds_the_rate(void **state)
{
    (void)state;
    const struct bench_pace_clock clock = bench_pace_clock_real();
    const struct bench_pace_plan plan = { .rate_per_s = 200, .duration_ns = 200 * ms };
    struct bench_hist latency;
    struct bench_hist service;
    two_hists(&latency, &service);
    bool is_close = false;
    for (int attempt = 0; attempt < 10 && !is_close; attempt++) {
        struct bench_pace_result result;
        uint64_t calls = 0;
        bench_hist_clear(&latency);
        assert_int_equal(
            bench_pace_run(&plan, &clock, count_call, &calls, &latency, &service, &result, NULL),
            BASE_OK);
        assert_int_equal(calls, 40);
        assert_true(result.elapsed_ns >= 195 * ms);
        is_close = bench_hist_quantile(&latency, 0.25) < ms / 20;
    }
    assert_true(is_close);
    bench_hist_done(&latency);
    bench_hist_done(&service);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stall_of_one_second_is_seen),
        cmocka_unit_test(intended_starts_belong_to_the_plan),
        cmocka_unit_test(limits_end_the_loop),
        cmocka_unit_test(wrong_plans_are_refused),
        cmocka_unit_test(overload_is_never_hidden),
        cmocka_unit_test(failures_and_interruptions_keep_what_was_done),
        cmocka_unit_test(times_beyond_the_histogram_stay_in_the_sample),
        cmocka_unit_test(the_real_clock_holds_the_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
