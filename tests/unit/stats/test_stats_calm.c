/* test_stats_calm.c - simulated processes whose neighbour on the core comes and goes. */
#include "unit.h"

#include <base/rng.h>
#include <stats/calm.h>
#include <stats/summary.h>

#include <math.h>
#include <string.h>

enum { WINDOWS = 120 };
#define ALONE -0.48 /* ln w - ln c with nobody there */

struct process {
    double time[WINDOWS], wide[WINDOWS], cache[WINDOWS], memory[WINDOWS], scratch[WINDOWS];
    struct stats_share_windows windows;
};

/* Somebody is there in stretches of seven windows, every `period` of them, and costs the case
 * `cost`; the windows next to those show it in the time and not in wide. */
static void simulate(struct process *p, size_t period, double cost, struct base_rng *rng)
{
    p->windows = (struct stats_share_windows){ WINDOWS, p->time, { p->wide, p->cache, p->memory } };
    double load = 0;
    for (size_t i = 0; i < WINDOWS; i++) {
        const size_t at = i % period;
        const bool is_there = period < WINDOWS && at < 7;
        const bool is_near = period < WINDOWS && (at == 7 || at == period - 1);
        load = 0.9 * load + 0.02 * fabs(base_rng_normal(rng));
        p->wide[i] = ALONE + 0.004 * base_rng_normal(rng);
        p->wide[i] += is_there ? 0.6 + 0.1 * base_rng_uniform(rng) : 0;
        p->time[i] = 3 + 0.0005 * base_rng_normal(rng) + (is_there || is_near ? cost : 0);
        p->cache[i] = 0.02 * base_rng_normal(rng);
        p->memory[i] = load + 0.01 * base_rng_normal(rng);
    }
}

static bool place(const struct stats_shares *shares, struct process *p, double *time, double *speed)
{
    return stats_calm_place(shares, &p->windows, p->scratch, time, speed);
}

/* Whatever a neighbour costs, and though it is there in all but a sixth of the windows. */
static void what_a_neighbour_costs_is_not_seen(void **state)
{
    (void)state;
    static const double costs[] = { 0, 0.02, 0.35, 0.48 };
    static const size_t periods[] = { WINDOWS, 30, 15, 12 };
    const struct stats_shares shares = { .of = { 0.6, 0, 0 } };
    struct base_rng rng;
    struct process p;
    base_rng_init(&rng, 5);
    for (size_t c = 0; c < 4; c++)
        for (size_t r = 0; r < 4; r++) {
            double time = 0, speed[STATS_SHARES];
            simulate(&p, periods[r], costs[c], &rng);
            assert_true(place(&shares, &p, &time, speed));
            assert_float_equal(time, 3, 0.0005);
            assert_float_equal(speed[STATS_SHARE_WIDE], ALONE, 0.005);
        }
}

/* The case follows memory by 0.7, and where memory is busy by more: a straight line through all of
 * it is off, where it is calm it is not. */
static void memory_is_taken_where_it_is_calm(void **state)
{
    (void)state;
    const struct stats_shares shares = { .of = { 0, 0, 0.7 } };
    struct base_rng rng;
    struct process p;
    base_rng_init(&rng, 6);
    double all = 0, calm = 0;
    for (int round = 0; round < 20; round++) {
        double time = 0, speed[STATS_SHARES];
        simulate(&p, 15, 0, &rng);
        double load[WINDOWS], level = 0;
        for (size_t i = 0; i < WINDOWS; i++) {
            level = 0.95 * level + 0.05 * base_rng_exponential(&rng, 0.3);
            load[i] = level;
            p.memory[i] = level + 0.03 * base_rng_normal(&rng);
            p.time[i] = 3 + 0.7 * level + 0.8 * level * level;
        }
        stats_sort(load, WINDOWS);
        const double least = load[WINDOWS / 10];
        assert_true(place(&shares, &p, &time, speed));
        calm += time - 0.7 * speed[STATS_SHARE_MEMORY] - 3 - 0.8 * least * least;
        stats_shares_place(&shares, &p.windows, p.scratch, &time, speed);
        all += time - 0.7 * speed[STATS_SHARE_MEMORY] - 3 - 0.8 * least * least;
    }
    assert_true(fabs(calm) < fabs(all) / 2);
    assert_float_equal(calm / 20, 0, 0.02);
}

static void too_little_is_nothing(void **state)
{
    (void)state;
    const struct stats_shares shares = { .of = { 0.2, 0, 0.3 } };
    struct base_rng rng;
    struct process p;
    base_rng_init(&rng, 7);
    simulate(&p, WINDOWS, 0, &rng);
    double time = -1, speed[STATS_SHARES] = { -1, -1, -1 };
    for (size_t count = 0; count < 5; count++) { /* the first and the last have one neighbour */
        p.windows.count = count;
        assert_false(place(&shares, &p, &time, speed));
    }
    assert_true(time == -1 && speed[0] == -1);
    p.windows.count = 5;
    assert_true(place(&shares, &p, &time, speed));
    for (size_t i = 0; i < WINDOWS; i++) /* never three in a row */
        p.wide[i] = i % 3 == 0 ? 0.2 : ALONE;
    p.windows.count = WINDOWS;
    assert_false(place(&shares, &p, &time, speed));
    p.windows.speed[STATS_SHARE_WIDE] = NULL;
    assert_false(place(&shares, &p, &time, speed));
}

static void a_kernel_that_was_not_timed_stays_out(void **state)
{
    (void)state;
    const struct stats_shares shares = { .of = { 0.2, 0.3, 0.3 } };
    struct base_rng rng;
    struct process p;
    base_rng_init(&rng, 8);
    simulate(&p, 15, 0.1, &rng);
    p.windows.speed[STATS_SHARE_CACHE] = p.windows.speed[STATS_SHARE_MEMORY] = NULL;
    double time = 0, speed[STATS_SHARES];
    assert_true(place(&shares, &p, &time, speed));
    assert_float_equal(time, 3, 0.0005);
    assert_true(isnan(speed[STATS_SHARE_CACHE]) && isnan(speed[STATS_SHARE_MEMORY]));
}

/* A case that follows nothing but the neighbour, whom the cache and the memory show as well: a fit
 * of all windows gives them shares, that of the calm windows does not. One of the processes never
 * was alone, and its fastest windows are no calm ones. */
static void shares_are_fitted_where_nobody_was(void **state)
{
    (void)state;
    enum { PROCESSES = 10 };
    static struct process all[PROCESSES], calm[PROCESSES];
    struct stats_share_windows windows[PROCESSES], copy[PROCESSES];
    struct base_rng rng;
    base_rng_init(&rng, 10);
    for (size_t p = 0; p < PROCESSES; p++) {
        simulate(&calm[p], 15, 0.4, &rng);
        for (size_t i = 0; i < WINDOWS; i++) {
            const bool is_there = calm[p].wide[i] > ALONE + 0.3;
            calm[p].cache[i] += is_there ? 0.25 : 0.02 * base_rng_normal(&rng);
            calm[p].memory[i] += is_there ? 0.1 : 0;
            calm[p].wide[i] += p == 0 && !is_there ? 0.5 : 0;
            calm[p].time[i] += p == 0 ? calm[p].cache[i] : 0;
        }
        all[p] = calm[p];
        windows[p] = calm[p].windows;
        copy[p] = (struct stats_share_windows){ WINDOWS,
                                                all[p].time,
                                                { NULL, all[p].cache, all[p].memory } };
    }
    struct stats_shares out, of_all;
    assert_int_equal(stats_calm_fit(windows, PROCESSES, &out), BASE_OK);
    assert_true(out.noise > 0 && out.of[STATS_SHARE_WIDE] < 1e-6);
    assert_true(out.of[STATS_SHARE_CACHE] + out.of[STATS_SHARE_MEMORY] < 0.05);
    assert_true(stats_shares_is_known(&out));
    assert_int_equal(stats_shares_fit(copy, PROCESSES, &of_all), BASE_OK);
    assert_true(of_all.of[STATS_SHARE_CACHE] + of_all.of[STATS_SHARE_MEMORY] > 0.15);
    for (size_t p = 0; p < PROCESSES; p++)
        windows[p].count = 4; /* two calm windows at most */
    assert_int_equal(stats_calm_fit(windows, PROCESSES, &out), BASE_OK);
    assert_true(out.noise == 0);
    for (size_t p = 0; p < PROCESSES; p++)
        windows[p] = copy[p];
    assert_int_equal(stats_calm_fit(windows, PROCESSES, &out), BASE_OK);
    assert_true(out.noise == 0);
}

/* The same, with lists. */
struct list {
    size_t count;
    size_t items[WINDOWS];
};

static double twin_busy(const struct stats_shares *shares, const struct process *p, size_t i)
{
    return shares->of[STATS_SHARE_CACHE] * (p->cache[i - 1] + p->cache[i + 1]) / 2 +
           shares->of[STATS_SHARE_MEMORY] * (p->memory[i - 1] + p->memory[i + 1]) / 2;
}

static double twin_left(const struct stats_shares *shares, const struct process *p, size_t i)
{
    return p->time[i] - shares->of[STATS_SHARE_CACHE] * p->cache[i] -
           shares->of[STATS_SHARE_MEMORY] * p->memory[i];
}

static bool twin(const struct stats_shares *shares, const struct process *p, double *time,
                 double *wide)
{
    struct list alone = { 0 }, calm = { 0 };
    double values[WINDOWS], distance[WINDOWS];
    const size_t count = p->windows.count;
    memcpy(values, p->wide, count * sizeof *values);
    stats_sort(values, count);
    const double most = stats_quantile_sorted(values, count, 0.05, STATS_QUANTILE_LINEAR) + 0.04;
    for (size_t i = 1; i + 1 < count; i++)
        if (fmax(p->wide[i], fmax(p->wide[i - 1], p->wide[i + 1])) <= most)
            alone.items[alone.count++] = i;
    if (alone.count < 3)
        return false;
    for (size_t i = 0; i < alone.count; i++)
        values[i] = twin_busy(shares, p, alone.items[i]);
    stats_sort(values, alone.count);
    const bool is_memory = shares->of[STATS_SHARE_CACHE] + shares->of[STATS_SHARE_MEMORY] > 0.5;
    const size_t third = alone.count / 3 > 3 ? alone.count / 3 : 3;
    const double busiest = values[(is_memory ? third : alone.count) - 1];
    for (size_t i = 0; i < alone.count; i++)
        if (twin_busy(shares, p, alone.items[i]) <= busiest + 1e-12)
            calm.items[calm.count++] = alone.items[i];
    for (size_t i = 0; i < calm.count; i++)
        values[i] = twin_left(shares, p, calm.items[i]);
    stats_sort(values, calm.count);
    const double middle = stats_median_sorted(values, calm.count);
    for (size_t i = 0; i < calm.count; i++)
        distance[i] = fabs(values[i] - middle);
    stats_sort(distance, calm.count);
    const double near = 3 * STATS_MAD_SCALE * stats_median_sorted(distance, calm.count);
    double kept = 0, sum = 0, wide_sum = 0;
    for (size_t i = 0; i < calm.count; i++)
        if (fabs(twin_left(shares, p, calm.items[i]) - middle) <= near + 1e-12) {
            kept++;
            sum += p->time[calm.items[i]];
            wide_sum += p->wide[calm.items[i]];
        }
    *time = sum / kept;
    *wide = wide_sum / kept;
    return true;
}

static void as_a_naive_twin(void **state)
{
    (void)state;
    struct base_rng rng;
    struct process p;
    size_t calm = 0;
    base_rng_init(&rng, 9);
    for (int round = 0; round < 500; round++) {
        const struct stats_shares shares = { .of = { 0, base_rng_uniform(&rng) / 2,
                                                     base_rng_uniform(&rng) / 2 } };
        double time = 0, wide = 0, twin_time = 0, speed[STATS_SHARES];
        simulate(&p, 8 + base_rng_below(&rng, 20), base_rng_uniform(&rng), &rng);
        p.windows.count = 3 + base_rng_below(&rng, WINDOWS - 2);
        const bool is_calm = twin(&shares, &p, &twin_time, &wide);
        assert_int_equal(place(&shares, &p, &time, speed), is_calm);
        calm += is_calm;
        if (!is_calm)
            continue;
        assert_float_equal(time, twin_time, 1e-9);
        assert_float_equal(speed[STATS_SHARE_WIDE], wide, 1e-9);
    }
    assert_true(calm > 300 && calm < 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_neighbour_costs_is_not_seen),
        cmocka_unit_test(memory_is_taken_where_it_is_calm),
        cmocka_unit_test(too_little_is_nothing),
        cmocka_unit_test(a_kernel_that_was_not_timed_stays_out),
        cmocka_unit_test(shares_are_fitted_where_nobody_was),
        cmocka_unit_test(as_a_naive_twin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
