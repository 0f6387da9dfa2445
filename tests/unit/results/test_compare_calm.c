/* test_compare_calm.c - two runs, some of whose processes had their core to themselves. */
#include "unit.h"

#include "make_run.h"

#include <result/compare.h>
#include <stats/shares.h>

#include <math.h>

#define FOLLOWS 0.5 /* the share of the wide kernel */

struct pair {
    struct result_run runs[2];
    struct base_rng rng;
};

static struct result_case *add_case(struct pair *pair, size_t run, const char *id, double ns)
{
    struct result_case *one = make_empty_case(&pair->runs[run], id);
    make_processes(&pair->runs[run], one, 10, ns, 0.001, &pair->rng);
    one->shares = (struct result_shares){ FOLLOWS, 0, 0, 1e6, 0, 0, 1e6, 0, 1e6, 0.005 };
    one->calm_shares = (struct result_shares){ 0, 0, 0, 1e12, 0, 0, 1e6, 0, 1e6, 0.005 };
    for (size_t i = 0; i < 10; i++) {
        struct result_process *process = &one->processes[i];
        process->wide_ns = 1;
        process->cache_ns = process->calm_cache_ns = 40;
        process->memory_ns = process->calm_memory_ns = 90;
        process->calm_wide_ns = 1;
        process->calm_ns = process->median_ns;
    }
    return one;
}

/* Two runs of a case, the second one `ratio` slower. Somebody was there most of the time in all
 * processes: wide took twice as long, the case by `costs` longer. */
static void open_pair(struct pair *pair, double ratio, double cost_a, double cost_b)
{
    const double costs[] = { cost_a, cost_b };
    base_rng_init(&pair->rng, 21);
    for (size_t r = 0; r < 2; r++) {
        make_run(&pair->runs[r], r == 0 ? "A" : "B");
        struct result_case *one = add_case(pair, r, "s/x", r == 0 ? 100 : 100 * ratio);
        for (size_t i = 0; i < 10; i++) {
            one->processes[i].wide_ns *= 2;
            one->processes[i].median_ns *= 1 + costs[r];
        }
    }
}

static struct result_process *process_of(struct pair *pair, size_t run, size_t index)
{
    return &pair->runs[run].cases[0].processes[index];
}

/* Without that a process had its core to itself. */
static void never_alone(struct result_process *process)
{
    process->calm_ns = process->calm_wide_ns = process->calm_cache_ns = process->calm_memory_ns =
        NAN;
}

static struct result_residual residual_of_test(void *context, const char *case_id)
{
    (void)case_id;
    return *(struct result_residual *)context;
}

static struct result_compared compare_with(struct pair *pair, struct result_residual *residual)
{
    const struct result_compare_options options = { .residual =
                                                        residual != NULL ? residual_of_test : NULL,
                                                    .residual_context = residual };
    struct result_comparison all;
    struct base_why why = { 0 };
    if (result_compare(&pair->runs[0], &pair->runs[1], &options, &all, &why) != BASE_OK)
        fail_msg("%s", why.text);
    const struct result_compared item = all.items[0];
    result_comparison_done(&all);
    return item;
}

static struct result_compared compare_runs(struct pair *pair)
{
    return compare_with(pair, NULL);
}

static void close_pair(struct pair *pair)
{
    result_run_done(&pair->runs[0]);
    result_run_done(&pair->runs[1]);
}

static double half_width(const struct result_compared *item)
{
    return log(item->ratio.high / item->ratio.low) / 2;
}

/* One neighbour cost 41 %, the other 62 %, and wide showed the same of both: nothing can be said
 * of what they did, everything of where they were not. */
static void runs_meet_where_nobody_was(void **state)
{
    (void)state;
    const double assumed = 1.96 * sqrt(2) * RESULT_RESIDUAL_CORE;
    struct pair pair;
    open_pair(&pair, 1, 0.41, 0.62);
    struct result_compared item = compare_runs(&pair);
    assert_string_equal(item.metric, "at_baseline_speed_ns");
    assert_int_equal(item.change, RESULT_CHANGE_UNDECIDED);
    assert_float_equal(item.ratio.value, 1, 0.002);
    assert_float_equal(half_width(&item), assumed, 0.002);
    assert_float_equal(item.current_ns / item.baseline_ns, item.ratio.value, 1e-9);
    close_pair(&pair);
    open_pair(&pair, 1.02, 0.62, 0.41);
    item = compare_runs(&pair);
    assert_int_equal(item.change, RESULT_CHANGE_SLOWER);
    assert_float_equal(item.ratio.value, 1.02, 0.002);
    close_pair(&pair);
    open_pair(&pair, 1 / 1.02, 0.41, 0.41);
    item = compare_runs(&pair);
    assert_int_equal(item.change, RESULT_CHANGE_FASTER);
    close_pair(&pair);
}

/* Three on either side are enough, two are not. */
static void three_processes_are_needed(void **state)
{
    (void)state;
    struct pair pair;
    open_pair(&pair, 1.02, 0.41, 0.41);
    for (size_t i = 0; i < 7; i++)
        never_alone(process_of(&pair, 0, i));
    struct result_compared item = compare_runs(&pair);
    assert_float_equal(item.ratio.value, 1.02, 0.005);
    assert_true(half_width(&item) < 0.02);
    never_alone(process_of(&pair, 0, 7));
    const struct result_compared two = compare_runs(&pair);
    for (size_t i = 0; i < 20; i++)
        never_alone(process_of(&pair, i / 10, i % 10));
    const struct result_compared none = compare_runs(&pair);
    assert_true(two.ratio.value == none.ratio.value); /* of all the time ... */
    assert_true(half_width(&two) > 0.2);              /* ... when somebody was there, as is known */
    assert_true(half_width(&none) < 0.02);            /* here it is not */
    close_pair(&pair);
}

/* A process is alone by what others show of it, in this case or in another of the two runs. */
static void a_level_that_others_beat_is_not_calm(void **state)
{
    (void)state;
    struct pair pair;
    open_pair(&pair, 1, 0.41, 0.41);
    for (size_t i = 0; i < 5; i++) { /* at their calmest somebody was there */
        process_of(&pair, 0, i)->calm_wide_ns = 1.8;
        process_of(&pair, 0, i)->calm_ns *= 1.5;
        process_of(&pair, 1, i)->calm_wide_ns = 1.7;
        process_of(&pair, 1, i)->calm_ns *= 0.7;
    }
    struct result_compared item = compare_runs(&pair);
    assert_float_equal(item.ratio.value, 1, 0.003);
    assert_true(half_width(&item) < 0.02);
    for (size_t i = 0; i < 20; i++)
        process_of(&pair, i / 10, i % 10)->calm_wide_ns = 1.8;
    add_case(&pair, 1, "s/y", 100); /* only here: what it is with nobody there */
    item = compare_runs(&pair);
    for (size_t i = 0; i < 20; i++)
        never_alone(process_of(&pair, i / 10, i % 10));
    const struct result_compared none = compare_runs(&pair);
    assert_true(item.ratio.low == none.ratio.low && item.ratio.high == none.ratio.high);
    close_pair(&pair);
}

/* One that shows a wide kernel of its own, and neighbours that no reference saw. */
static void some_processes_stand_apart(void **state)
{
    (void)state;
    struct pair pair;
    open_pair(&pair, 1, 0.41, 0.41);
    process_of(&pair, 0, 0)->calm_wide_ns = 0.5;
    process_of(&pair, 0, 0)->calm_ns *= 0.5;
    process_of(&pair, 1, 1)->calm_wide_ns = 0.6;
    for (size_t i = 2; i < 6; i++)
        process_of(&pair, 1, i)->calm_ns *= 1.05 + 0.01 * (double)i;
    const struct result_compared item = compare_runs(&pair);
    assert_float_equal(item.ratio.value, 1, 0.003);
    assert_true(half_width(&item) < 0.02);
    close_pair(&pair);
}

/* How busy the neighbours of these two runs were says nothing of what a history has taught. */
static void what_was_learned_counts_whatever_the_neighbours_cost(void **state)
{
    (void)state;
    struct result_residual little = { 0.001, 0.001, 0 }, usual = { 0.06, 0.06, 0 };
    struct pair pair;
    open_pair(&pair, 1, 0.41, 0.62);
    process_of(&pair, 0, 0)->wide_ns = 1; /* the calmest: the others' neighbours are seen */
    struct result_compared item = compare_with(&pair, &little);
    assert_float_equal(half_width(&item), 1.96 * sqrt(2) * 0.001, 0.002);
    item = compare_with(&pair, &usual); /* 0.6 of what wide explains is more */
    assert_float_equal(half_width(&item), 1.96 * sqrt(2) * 0.06, 0.002);
    for (size_t i = 0; i < 20; i++) /* nobody was seen */
        process_of(&pair, i / 10, i % 10)->wide_ns = 1;
    item = compare_with(&pair, &usual);
    assert_float_equal(half_width(&item), 1.96 * sqrt(2) * 0.06, 0.002);
    close_pair(&pair);
    open_pair(&pair, 1.01, 0.41, 0.62); /* within what the history has seen */
    process_of(&pair, 0, 0)->wide_ns = 1;
    item = compare_with(&pair, &(struct result_residual){ 0.01, 0.01, 0 });
    assert_int_equal(item.change, RESULT_CHANGE_UNDECIDED);
    close_pair(&pair);
}

/* What follows memory is compared in all processes where memory was least busy, with what a
 * neighbour may have cost; by the shares of those windows, not by those of all. */
static void memory_is_compared_where_it_was_calm(void **state)
{
    (void)state;
    struct pair pair;
    open_pair(&pair, 1.05, 0, 0);
    for (size_t r = 0; r < 2; r++) {
        struct result_case *one = &pair.runs[r].cases[0];
        one->shares = (struct result_shares){ 0, 0, 0.5, 1e6, 0, 0, 1e6, 0, 1e6, 0.005 };
        one->facts = MAKE_QUANTITIES(&pair.runs[r], { "setup_rss_bytes", 2e6, "B" });
        one->calm_shares = (struct result_shares){ 0, 0, 0.8, 1e12, 0, 0, 1e6, 0, 1e6, 0.005 };
        for (size_t i = 0; i < 10; i++) {
            struct result_process *process = &one->processes[i];
            const double busy = i == 0 ? 1 : exp(0.3 * base_rng_uniform(&pair.rng));
            process->memory_ns *= 2 * busy; /* busy, and out of the line */
            process->median_ns *= 2;
            process->calm_memory_ns *= r == 0 ? 1 : 1.1;
            process->calm_ns *= r == 0 ? 1 : pow(1.1, 0.8);
            process->calm_wide_ns = i < 8 ? 2 : 1; /* somebody else on the core does not matter */
        }
    }
    const struct result_compared item = compare_runs(&pair);
    const double bend = STATS_SHARES_BEND_OTHER * 0.8 * log(1.1);
    const double residual =
        sqrt(2) * hypot(0.2 * RESULT_RESIDUAL_CORE, 0.8 * RESULT_RESIDUAL_MEMORY);
    assert_int_equal(item.change, RESULT_CHANGE_SLOWER);
    assert_float_equal(item.ratio.value, 1.05, 0.002);
    assert_float_equal(half_width(&item), 1.96 * hypot(bend, residual), 0.003);
    for (size_t r = 0; r < 2; r++) { /* nothing is known of those windows */
        pair.runs[r].cases[0].calm_shares.noise = NAN;
        const struct result_compared all = compare_runs(&pair);
        assert_true(half_width(&all) > half_width(&item));
        pair.runs[r].cases[0].calm_shares.noise = 0.005;
    }
    close_pair(&pair);
}

/* A side whose few calm processes say less than all of them do is compared by all. */
static void the_narrower_interval_is_taken(void **state)
{
    (void)state;
    struct pair pair;
    open_pair(&pair, 1, 0, 0);
    for (size_t i = 0; i < 20; i++) {
        struct result_process *process = process_of(&pair, i / 10, i % 10);
        process->wide_ns = 1;                           /* nobody was there ... */
        process->calm_ns *= 1 + 0.02 * (double)(i % 3); /* ... and the calm windows disagree */
        if (i % 10 >= 3)
            never_alone(process);
    }
    const struct result_compared item = compare_runs(&pair);
    assert_true(half_width(&item) < 0.01);
    assert_float_equal(item.ratio.value, 1, 0.003);
    close_pair(&pair);
}

/* How many of `experiments` intervals hold the truth where the processes' spread is all there is,
 * with `alone` calm processes on either side. */
static size_t covered_of(size_t experiments, size_t alone, double wide)
{
    struct result_residual none = { 0, 0, 0 };
    struct pair pair;
    size_t covered = 0;
    open_pair(&pair, 1, 0, 0);
    for (size_t i = 0; i < 20; i++)
        process_of(&pair, i / 10, i % 10)->wide_ns = wide;
    for (size_t i = 0; i < 2 * (10 - alone); i++)
        never_alone(process_of(&pair, i % 2, 9 - i / 2));
    for (size_t e = 0; e < experiments; e++) {
        for (size_t i = 0; i < 20; i++) {
            struct result_process *process = process_of(&pair, i / 10, i % 10);
            process->median_ns = 100 * exp(0.01 * base_rng_normal(&pair.rng));
            if (i % 10 < alone)
                process->calm_ns = 100 * exp(0.01 * base_rng_normal(&pair.rng));
        }
        const struct result_compared item = compare_with(&pair, &none);
        covered += item.ratio.low <= 1 && item.ratio.high >= 1;
    }
    close_pair(&pair);
    return covered;
}

/* Of few calm processes, and of the narrower of two intervals, which alone covers a little less. */
static void the_interval_holds_the_truth(void **state)
{
    (void)state;
    enum { EXPERIMENTS = 4000 };
    for (size_t alone = 3; alone <= 10; alone += alone == 5 ? 5 : 1) {
        const size_t calm = covered_of(EXPERIMENTS, alone, 2),
                     either = covered_of(EXPERIMENTS, alone, 1);
        assert_in_range(calm, EXPERIMENTS * 95 / 100, EXPERIMENTS);
        assert_in_range(either, EXPERIMENTS * 93 / 100, EXPERIMENTS);
    }
}

/* Numbers of a file need not fit together. */
static void strange_figures_are_left_out(void **state)
{
    (void)state;
    struct pair pair;
    open_pair(&pair, 1, 0.41, 0.41);
    process_of(&pair, 0, 0)->calm_ns = 1e308;
    process_of(&pair, 0, 0)->core_ns = 1e-308;
    process_of(&pair, 0, 1)->calm_wide_ns = 0;
    process_of(&pair, 0, 2)->calm_memory_ns = NAN; /* timed, and then not */
    process_of(&pair, 0, 3)->calm_ns = -1;
    process_of(&pair, 1, 0)->calm_memory_ns = 1e-320;
    process_of(&pair, 1, 0)->core_ns = 1e300;
    const struct result_compared item = compare_runs(&pair);
    assert_float_equal(item.ratio.value, 1, 0.003);
    assert_true(half_width(&item) < 0.02);
    close_pair(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_meet_where_nobody_was),
        cmocka_unit_test(three_processes_are_needed),
        cmocka_unit_test(a_level_that_others_beat_is_not_calm),
        cmocka_unit_test(some_processes_stand_apart),
        cmocka_unit_test(what_was_learned_counts_whatever_the_neighbours_cost),
        cmocka_unit_test(the_interval_holds_the_truth),
        cmocka_unit_test(memory_is_compared_where_it_was_calm),
        cmocka_unit_test(the_narrower_interval_is_taken),
        cmocka_unit_test(strange_figures_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
