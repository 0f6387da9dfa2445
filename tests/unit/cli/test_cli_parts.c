/* test_cli_parts.c - drift, budgets, words and suggestions: what the command line computes itself.
 */
#include "unit.h"

#include "budget.h"
#include "speed.h"
#include "words.h"

#include <base/rng.h>

#include <stats/drift.h>

#include <math.h>
#include <string.h>

static void drift_of_known_spread(void **state)
{
    (void)state;
    struct base_rng rng;
    double values[4000];
    base_rng_init(&rng, 7);
    for (size_t i = 0; i < 4000; i++)
        values[i] = 1.6 * exp(0.03 * base_rng_normal(&rng));
    const double drift = cli_speed_drift(values, 4000);
    assert_true(drift > 0.028 && drift < 0.032);
}

static void drift_sees_the_second_speed(void **state)
{
    (void)state;
    /* 16 of 20 at one speed: a median deviation would be 0. Student's factor is for 19 degrees. */
    double values[20];
    for (size_t i = 0; i < 20; i++)
        values[i] = i % 5 == 0 ? 1.8 : 1.6;
    const double drift = cli_speed_drift(values, 20);
    const double deviation = log(1.8 / 1.6) * sqrt(0.2 * 0.8 * 20 / 19);
    assert_true(fabs(drift - deviation * 2.093024 / 1.959964) < 1e-7);
}

static void drift_needs_entries(void **state)
{
    (void)state;
    double few[STATS_DRIFT_RUNS_LEAST] = { 1, 1.1, 1.2, 1.1, 1, NAN, 1.1, 1.2 };
    assert_true(isnan(cli_speed_drift(few, STATS_DRIFT_RUNS_LEAST)));
    assert_true(isnan(cli_speed_drift(few, 0)));
    double same[10] = { 2, 2, 2, 2, 2, 2, 2, 2, 2, 2 };
    assert_true(cli_speed_drift(same, 10) == 0);
}

static void speed_of_a_run_is_the_median_of_its_processes(void **state)
{
    (void)state;
    struct result_process first[] = { { .core_ns = 1, .memory_ns = 10 },
                                      { .core_ns = 2, .memory_ns = NAN } };
    struct result_process second[] = { { .core_ns = 9, .memory_ns = NAN } };
    struct result_case cases[] = { { .processes = first, .process_count = 2 },
                                   { .processes = second, .process_count = 1 } };
    const struct result_run run = { .cases = cases, .case_count = 2 };
    const struct result_history_speed speed = cli_speed_of_run(&run, 5);
    assert_true(speed.core_ns == 2 && speed.memory_ns == 10 && speed.when_ms == 5);
    const struct result_run empty = { 0 };
    assert_true(isnan(cli_speed_of_run(&empty, 0).core_ns));
}

static struct cli_plan plan; /* large */

static void plan_without_budget_has_the_defaults(void **state)
{
    (void)state;
    struct cli_budget budget;
    memset(&plan, 0, sizeof plan);
    plan.job_count = 2;
    plan.jobs[1].iterations = 77;
    plan.config.plan.seed = 3;
    cli_budget_open(&budget, 0, 1000);
    const struct bench_plan first = cli_budget_plan(&plan, 0, &budget, 5000);
    assert_true(first.warm_up_ns == 1000000000 && first.measurement_ns == 3000000000);
    assert_true(first.processes == 10 && first.sample_size == 100 && first.threads == 1);
    assert_true(first.timeout_ns == 120000000000 && first.iterations == 0 && first.seed == 3);
    assert_non_null(first.interrupted);
    plan.config.plan.iterations = 5;
    assert_int_equal(cli_budget_plan(&plan, 0, &budget, 0).iterations, 5);
    assert_int_equal(cli_budget_plan(&plan, 1, &budget, 0).iterations, 77);
}

/* Play a run: each job takes what it was given and an overhead for every process; what is done
 * beside it is not in the sum. */
static uint64_t play(size_t jobs, uint64_t budget_ns, uint64_t overhead_ns, uint64_t beside_ns)
{
    struct cli_budget budget;
    uint64_t now_ns = 1000000;
    memset(&plan, 0, sizeof plan);
    plan.job_count = jobs;
    cli_budget_open(&budget, budget_ns, now_ns);
    for (size_t i = 0; i < jobs; i++) {
        const struct bench_plan one = cli_budget_plan(&plan, i, &budget, now_ns);
        assert_true(one.processes >= 4 && one.measurement_ns >= 100000000);
        assert_true(one.measurement_ns <= 3000000000);
        const uint64_t took_ns = one.measurement_ns + one.warm_up_ns + one.processes * overhead_ns;
        cli_budget_learn(&budget, &one, took_ns);
        cli_budget_extend(&budget, beside_ns);
        now_ns += took_ns + beside_ns;
    }
    return now_ns - 1000000 - jobs * beside_ns;
}

static void budget_is_kept_and_used(void **state)
{
    (void)state;
    const uint64_t budget_ns = UINT64_C(240000000000);
    const uint64_t overheads_ns[] = { 30000000, 100000000, 250000000 };
    for (size_t i = 0; i < 3; i++) {
        const double used = (double)play(120, budget_ns, overheads_ns[i], 0) / (double)budget_ns;
        assert_true(used > 0.85 && used < 1.03);
        assert_true(play(120, budget_ns, overheads_ns[i], 2000000000) ==
                    play(120, budget_ns, overheads_ns[i], 0));
    }
    /* few cases: none gets more than the default */
    assert_true(play(3, budget_ns, 100000000, 0) < UINT64_C(20000000000));
}

static void words_are_split(void **state)
{
    (void)state;
    static const struct {
        const char *text, *joined; /* '|' for the separator */
        base_err err;
    } rows[] = {
        { "a b", "a|b", BASE_OK },
        { "  a\t b\n", "a|b", BASE_OK },
        { "echo 'a b' \"c d\"", "echo|a b|c d", BASE_OK },
        { "a\\ b 'c\\d' \"e\\\"f\"", "a b|c\\d|e\"f", BASE_OK },
        { "a'b'\"c\"", "abc", BASE_OK },
        { "x ''", "x|", BASE_OK },
        { "a\\", "a\\", BASE_OK },
        { "", NULL, BASE_EPARSE },
        { "   ", NULL, BASE_EPARSE },
        { "a 'b", NULL, BASE_EPARSE },
        { "a \"b", NULL, BASE_EPARSE },
        { "a\x1f"
          "b",
          NULL, BASE_EINVALID },
    };
    struct base_arena arena = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *joined = NULL;
        struct base_why why = { 0 };
        assert_int_equal(cli_words_split(rows[i].text, &arena, &joined, &why), rows[i].err);
        if (rows[i].err != BASE_OK) {
            assert_true(why.text[0] != '\0');
            continue;
        }
        assert_int_equal(strlen(joined), strlen(rows[i].joined));
        for (size_t k = 0; joined[k] != '\0'; k++)
            assert_int_equal(joined[k] == CLI_WORD_SEPARATOR ? '|' : joined[k], rows[i].joined[k]);
    }
    base_arena_done(&arena);
}

static void names_are_filled_in(void **state)
{
    (void)state;
    struct base_arena arena = { 0 };
    const struct bench_arg args[] = { { "n", "{m}" }, { "m", "7" }, { "unused", "x" } };
    bool used[3] = { false };
    const char *filled = NULL;
    assert_int_equal(cli_words_fill("{n}{m} {o} {n", args, 3, used, &arena, &filled), BASE_OK);
    assert_string_equal(filled, "{m}7 {o} {n"); /* values are not read again */
    assert_true(used[0] && used[1] && !used[2]);
    base_arena_done(&arena);
}

static void quotes_read_back(void **state)
{
    (void)state;
    static const struct {
        const char *word, *quoted;
    } rows[] = { { "a-b_c.d/e=1,2", "a-b_c.d/e=1,2" },
                 { "", "''" },
                 { "a b", "'a b'" },
                 { "it's", "'it'\\''s'" },
                 { "$x", "'$x'" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct base_buf out = { 0 };
        assert_int_equal(cli_words_quote(&out, rows[i].word), BASE_OK);
        assert_string_equal(base_buf_text(&out), rows[i].quoted);
        base_buf_done(&out);
    }
}

static void nearest_is_near(void **state)
{
    (void)state;
    static const char *const words[] = { "encode", "decode", "iterations", "run", "list", NULL };
    static const struct {
        const char *typed, *nearest;
    } rows[] = { { "encdoe", "encode" },
                 { "itterations", "iterations" },
                 { "iter", "iterations" },
                 { "rnu", "run" },
                 { "lits", "list" },
                 { "ecode", "encode" },
                 { "zzzzzz", NULL },
                 { "x", NULL },
                 { "", NULL },
                 { "a-word-of-another-kind", NULL } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *nearest = cli_nearest(rows[i].typed, words);
        if (rows[i].nearest == NULL)
            assert_null(nearest);
        else
            assert_string_equal(nearest, rows[i].nearest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drift_of_known_spread),
        cmocka_unit_test(drift_sees_the_second_speed),
        cmocka_unit_test(drift_needs_entries),
        cmocka_unit_test(speed_of_a_run_is_the_median_of_its_processes),
        cmocka_unit_test(plan_without_budget_has_the_defaults),
        cmocka_unit_test(budget_is_kept_and_used),
        cmocka_unit_test(words_are_split),
        cmocka_unit_test(names_are_filled_in),
        cmocka_unit_test(quotes_read_back),
        cmocka_unit_test(nearest_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
