/* test_pair.c - two programs side by side, through real workers (this program). */
#include "unit.h"

#include <bench/bench.h>
#include <bench/clock.h>
#include <bench/pair.h>
#include <bench/worker.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* --- cases: real work, so much of it as the argument says --- */

static base_err chain_setup(struct bench_env *env)
{
    uint64_t *steps = calloc(1, sizeof *steps);
    env->state = steps;
    const base_err err = bench_env_count(env, "steps", 1, 1000000000, steps);
    if (err != BASE_OK)
        free(steps);
    return err;
}

static void chain_steps(uint64_t count, uint64_t steps)
{
    uint64_t x = 88172645463325252u;
    for (uint64_t i = 0; i < count * steps; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    BENCH_KEEP(x);
}

static base_err always_wrong(void *state, struct base_why *why)
{
    (void)state;
    return base_fail(why, BASE_EWRONG, 0, "41 is not 42");
}

#define STEPS .params = { { "steps", "100", "work" } }, .setup = chain_setup, .teardown = free

BENCH(chain, STEPS)
{
    chain_steps(count, *(uint64_t *)state);
}

BENCH(whole, STEPS, .is_exclusive = true)
{
    chain_steps(count, *(uint64_t *)state);
}

BENCH(wrong, STEPS, .check = always_wrong)
{
    chain_steps(count, *(uint64_t *)state);
}

BENCH(dies, STEPS)
{
    (void)state;
    if (count > 100)
        abort();
}

/* --- helpers --- */

static char self[4096];
static const char *const argv_self[] = { self, NULL };

static struct bench_target target_of(const char *name, const char *steps)
{
    struct bench_target target = { .name = name, .args = { { "steps", steps } }, .arg_count = 1 };
    snprintf(target.id, sizeof target.id, "%s:steps=%s", name, steps);
    return target;
}

static base_err rounds(const char *name, const char *const *steps, size_t sides, size_t count,
                       struct bench_round *out, struct base_why *why)
{
    struct bench_target targets[BENCH_PAIR_SIDES_MAX];
    struct bench_pair_side pair_sides[BENCH_PAIR_SIDES_MAX];
    const struct bench_pair_options options = { .round_ns = 5000000, .batch_ns = 20000 };
    struct bench_pair *pair = NULL;
    for (size_t i = 0; i < sides; i++) {
        targets[i] = target_of(name, steps[i]);
        pair_sides[i] = (struct bench_pair_side){ argv_self, &targets[i] };
    }
    base_err err = bench_pair_new(pair_sides, sides, &options, &pair, why);
    for (size_t i = 0; i < count && err == BASE_OK; i++)
        err = bench_pair_round(pair, &out[i], why);
    bench_pair_free(pair);
    return err;
}

/* The middle of the rounds: one may have been disturbed. */
static double middle(const struct bench_round *all, size_t count, size_t side)
{
    double best = NAN;
    for (size_t i = 0; i < count; i++) {
        size_t below = 0;
        for (size_t k = 0; k < count; k++)
            below += all[k].ln_ratio[side] < all[i].ln_ratio[side];
        if (below <= count / 2)
            best = fmax(isnan(best) ? -INFINITY : best, all[i].ln_ratio[side]);
    }
    return best;
}

/* --- tests --- */

static void twice_the_work_takes_twice_the_time(void **state)
{
    static const char *const steps[] = { "1000", "2000", "1000", "20000" };
    struct bench_round all[5];
    struct base_why why = { 0 };
    (void)state;
    const int priority = getpriority(PRIO_PROCESS, 0);
    assert_int_equal(rounds("chain", steps, 4, 5, all, &why), BASE_OK);
    for (size_t i = 0; i < 5; i++) {
        assert_true(all[i].blocks >= 1);
        assert_true(all[i].ln_ratio[0] == 0);
        assert_true(all[i].item_ns[0] > 0 && all[i].elapsed_ns > 0);
    }
    assert_true(fabs(middle(all, 5, 1) - log(2)) < 0.2);
    assert_true(fabs(middle(all, 5, 2)) < 0.2);
    assert_true(fabs(middle(all, 5, 3) - log(20)) < 0.3); /* batches of different counts */
    assert_int_equal(getpriority(PRIO_PROCESS, 0), priority);
}

static void one_item_at_a_time(void **state)
{
    static const char *const steps[] = { "500000", "8000000" };
    struct bench_round all[5];
    struct base_why why = { 0 };
    (void)state;
    assert_int_equal(rounds("whole", steps, 2, 5, all, &why), BASE_OK);
    assert_true(fabs(middle(all, 5, 1) - log(16)) < 1.5); /* long batches share the core */
}

static void what_is_wrong_has_no_round(void **state)
{
    static const char *const steps[] = { "1000", "1000" };
    static const char *const bad[] = { "1000", "many" };
    struct bench_round round = { .blocks = 77 };
    struct base_why why = { 0 };
    (void)state;
    assert_int_equal(rounds("wrong", steps, 2, 1, &round, &why), BASE_EWRONG);
    assert_non_null(strstr(why.text, "41 is not 42"));
    assert_int_equal(rounds("dies", steps, 2, 1, &round, &why), BASE_ECRASHED);
    assert_non_null(strstr(why.text, "signal"));
    assert_int_not_equal(rounds("chain", bad, 2, 1, &round, &why), BASE_OK);
    assert_non_null(strstr(why.text, "many"));
    assert_int_not_equal(rounds("nobody", steps, 2, 1, &round, &why), BASE_OK);
    assert_non_null(strstr(why.text, "nobody"));
    assert_int_equal(round.blocks, 77); /* written on OK only */
}

static void an_interrupt_and_a_deadline_end_it(void **state)
{
    static volatile sig_atomic_t interrupted = 1;
    struct bench_target target = target_of("chain", "1000");
    const struct bench_pair_side sides[] = { { argv_self, &target }, { argv_self, &target } };
    struct bench_pair_options options = { .interrupted = &interrupted };
    struct bench_pair *pair = NULL;
    struct bench_round round;
    struct base_why why = { 0 };
    (void)state;
    assert_int_equal(bench_pair_new(sides, 2, &options, &pair, &why), BASE_OK);
    assert_int_equal(bench_pair_round(pair, &round, &why), BASE_EINTERRUPTED);
    bench_pair_free(pair);
    options = (struct bench_pair_options){ .deadline_ns = bench_clock_now_ns() };
    assert_int_equal(bench_pair_new(sides, 2, &options, &pair, &why), BASE_OK);
    assert_int_equal(bench_pair_round(pair, &round, &why), BASE_ETIMEOUT);
    bench_pair_free(pair);
    bench_pair_free(NULL);
}

int main(int argc, char **argv)
{
    static const struct bench_case *const cases[] = { &chain, &whole, &wrong, &dies };
    if (bench_worker_wanted(argc, argv))
        return bench_worker_main("test", cases, sizeof cases / sizeof cases[0]);
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twice_the_work_takes_twice_the_time),
        cmocka_unit_test(one_item_at_a_time),
        cmocka_unit_test(what_is_wrong_has_no_round),
        cmocka_unit_test(an_interrupt_and_a_deadline_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
