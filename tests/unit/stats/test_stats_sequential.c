/* test_stats_sequential.c - the schedule and the verdicts, then simulated comparisons: how often is
 * a verdict wrong when looks are many, does the reported interval hold the truth, and are real
 * changes found? Seeds are fixed; the tables are printed. */
#include "unit.h"

#include <base/rng.h>
#include <stats/sequential.h>

#include <math.h>
#include <string.h>

#if defined(BPI_SANITIZED) || !defined(__OPTIMIZE__)
enum { EXPERIMENTS = 250 };
#else
enum { EXPERIMENTS = 1500 };
#endif

enum { PAIRS = 60 };

/* --- worlds: pairs that are symmetric about 0, of scale 1 ---------------------------------- */

static double draw_normal(struct base_rng *rng)
{
    return base_rng_normal(rng);
}

/* Student's t with two degrees of freedom: no variance. */
static double draw_heavy(struct base_rng *rng)
{
    return base_rng_normal(rng) / sqrt(base_rng_exponential(rng, 1));
}

static double draw_laplace(struct base_rng *rng)
{
    return base_rng_exponential(rng, 1) - base_rng_exponential(rng, 1);
}

static double draw_bimodal(struct base_rng *rng)
{
    return (base_rng_below(rng, 2) ? 1 : -1) + 0.1 * base_rng_normal(rng);
}

/* One pair in ten was disturbed. */
static double draw_mixture(struct base_rng *rng)
{
    return base_rng_normal(rng) * (base_rng_below(rng, 10) == 0 ? 10 : 0.5);
}

/* A coarse clock: ties, and zeros. */
static double draw_coarse(struct base_rng *rng)
{
    return round(2 * base_rng_normal(rng)) / 2;
}

static const struct world {
    const char *name;
    double (*draw)(struct base_rng *rng);
    bool is_coarse;
} worlds[] = {
    { "normal", draw_normal, false },   { "t, 2 df", draw_heavy, false },
    { "Laplace", draw_laplace, false }, { "bimodal", draw_bimodal, false },
    { "mixture", draw_mixture, false }, { "coarse clock", draw_coarse, true },
};

enum { WORLD_COUNT = sizeof worlds / sizeof *worlds };

struct tally {
    size_t verdicts[STATS_VERDICT_COUNT];
    size_t missed; /* the reported interval did not hold the truth */
    double pairs;  /* mean */
};

static void run_one(struct stats_sequential *s, const struct world *world, double truth,
                    struct base_rng *rng)
{
    const double alpha = s->options.alpha / (double)s->options.tests;
    while (!s->look.is_over) {
        assert_int_equal(stats_sequential_add(s, truth + 0.01 * world->draw(rng)), BASE_OK);
        assert_int_equal(stats_sequential_look(s, s->count == PAIRS), BASE_OK);
    }
    const bool is_change =
        s->look.verdict == STATS_VERDICT_SLOWER || s->look.verdict == STATS_VERDICT_FASTER;
    assert_int_equal(s->look.p_change <= alpha, is_change);
    assert_int_equal(s->look.p_same <= alpha, s->look.verdict == STATS_VERDICT_SAME);
    assert_int_equal(isnan(s->look.needed), s->look.verdict != STATS_VERDICT_UNDECIDED);
}

/* A pair's scale is 1 %. */
static struct tally simulate(const struct world *world, double truth,
                             const struct stats_sequential_options *options, uint64_t seed)
{
    struct tally tally = { 0 };
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (int e = 0; e < EXPERIMENTS; e++) {
        static struct stats_sequential s;
        assert_int_equal(stats_sequential_init(&s, options), BASE_OK);
        run_one(&s, world, truth, &rng);
        tally.verdicts[s.look.verdict]++;
        tally.missed += s.look.low > truth || s.look.high < truth;
        tally.pairs += (double)s.look.count / EXPERIMENTS;
    }
    return tally;
}

static size_t changes_of(const struct tally *tally)
{
    return tally->verdicts[STATS_VERDICT_SLOWER] + tally->verdicts[STATS_VERDICT_FASTER];
}

/* What a share of `rate` in so many trials exceeds once in 30000 times. */
static size_t at_most_of(size_t trials, double rate)
{
    const double n = (double)trials;
    return (size_t)(n * rate + 4 * sqrt(n * rate * (1 - rate)) + 1);
}

static size_t at_most(double rate)
{
    return at_most_of(EXPERIMENTS, rate);
}

static double percent(size_t count)
{
    return 100 * (double)count / EXPERIMENTS;
}

/* --- simulations --------------------------------------------------------------------------- */

static void false_alarms(void **state)
{
    (void)state;
    static const double alphas[] = { 0.05, 0.01 };
    size_t all[2] = { 0 };
    print_message("A/A, threshold 0, %d comparisons of up to %d pairs\n", EXPERIMENTS, PAIRS);
    for (size_t w = 0; w < WORLD_COUNT; w++) {
        for (size_t a = 0; a < 2; a++) {
            const struct stats_sequential_options options = { .alpha = alphas[a] };
            const struct tally t = simulate(&worlds[w], 0, &options, 100 * w + a);
            print_message("  %-12s alpha %.2f: %.2f %% slower or faster, interval holds 0 in "
                          "%.2f %%\n",
                          worlds[w].name, alphas[a], percent(changes_of(&t)),
                          100 - percent(t.missed));
            assert_in_range(changes_of(&t), 0, at_most(alphas[a]));
            assert_int_equal(t.missed, changes_of(&t));
            assert_int_equal(t.verdicts[STATS_VERDICT_SAME], 0);
            if (!worlds[w].is_coarse)
                all[a] += changes_of(&t);
        }
    }
    /* Signed ranks do not know the distribution, so worlds without ties have one rate. Nor is much
     * of alpha thrown away: at least half of it is used. */
    const size_t trials = EXPERIMENTS * (WORLD_COUNT - 1);
    for (size_t a = 0; a < 2; a++)
        assert_in_range(all[a], (size_t)((double)trials * alphas[a] / 2),
                        at_most_of(trials, alphas[a]));
}

/* At a bound neither "same" nor the change beyond it is true enough to be said. */
static void truth_at_the_bound(void **state)
{
    (void)state;
    const struct stats_sequential_options options = { .alpha = 0.05, .threshold = 0.01 };
    print_message("truth at the bound of 1 %%, alpha 0.05\n");
    for (size_t w = 0; w < WORLD_COUNT; w++) {
        const double truth = w % 2 ? log1p(0.01) : -log1p(0.01);
        const struct tally t = simulate(&worlds[w], truth, &options, 1000 + w);
        print_message("  %-12s same %.2f %%, slower or faster %.2f %%, interval holds the truth "
                      "in %.2f %%\n",
                      worlds[w].name, percent(t.verdicts[STATS_VERDICT_SAME]),
                      percent(changes_of(&t)), 100 - percent(t.missed));
        assert_in_range(t.verdicts[STATS_VERDICT_SAME], 0, at_most(0.025));
        assert_in_range(changes_of(&t), 0, at_most(0.025));
        assert_in_range(t.missed, 0, at_most(0.05));
    }
}

static void coverage_under_stopping(void **state)
{
    (void)state;
    static const double truths[] = { 0.001, -0.004, 0.01, 0.05 };
    const struct stats_sequential_options options = { .alpha = 0.05, .threshold = 0.002 };
    print_message("interval of the deciding look, alpha 0.05: held the truth in\n");
    for (size_t w = 0; w < WORLD_COUNT; w++) {
        print_message("  %-12s", worlds[w].name);
        for (size_t i = 0; i < 4; i++) {
            const struct tally t = simulate(&worlds[w], truths[i], &options, 2000 + 10 * w + i);
            print_message(" %.2f %% at %+g", 100 - percent(t.missed), truths[i]);
            assert_in_range(t.missed, 0, at_most(0.05));
        }
        print_message("\n");
    }
}

static void changes_are_found(void **state)
{
    (void)state;
    const struct stats_sequential_options change = { .alpha = 0.01 };
    const struct stats_sequential_options same = { .alpha = 0.01, .threshold = 0.02 };
    print_message("alpha 0.01, one pair's scale 1 %%\n");
    for (size_t w = 0; w < WORLD_COUNT; w++) {
        const struct tally one = simulate(&worlds[w], 0.01, &change, 3000 + w);
        const struct tally five = simulate(&worlds[w], -0.05, &change, 3100 + w);
        const struct tally none = simulate(&worlds[w], 0, &same, 3200 + w);
        print_message("  %-12s +1 %%: %.1f %% slower after %.0f pairs; -5 %%: %.1f %% faster after "
                      "%.0f; 0: %.1f %% same within 2 %% after %.0f\n",
                      worlds[w].name, percent(one.verdicts[STATS_VERDICT_SLOWER]), one.pairs,
                      percent(five.verdicts[STATS_VERDICT_FASTER]), five.pairs,
                      percent(none.verdicts[STATS_VERDICT_SAME]), none.pairs);
        assert_true(one.verdicts[STATS_VERDICT_SLOWER] >= EXPERIMENTS * 0.9);
        assert_true(five.verdicts[STATS_VERDICT_FASTER] >= EXPERIMENTS * 0.995);
        assert_true(none.verdicts[STATS_VERDICT_SAME] >= EXPERIMENTS * 0.9);
        assert_true(five.pairs < 0.4 * PAIRS);
        assert_int_equal(one.verdicts[STATS_VERDICT_FASTER], 0);
        assert_int_equal(changes_of(&none), 0);
    }
}

/* --- schedule, verdicts, contract ---------------------------------------------------------- */

static void init(struct stats_sequential *s, double alpha, double threshold, size_t tests)
{
    const struct stats_sequential_options options = { alpha, threshold, tests };
    assert_int_equal(stats_sequential_init(s, &options), BASE_OK);
}

/* Alternating values never decide; looks are due at ceil(12 * 1.5^k) and have the levels said. */
static void looks_are_due(void **state)
{
    (void)state;
    static const size_t due[] = { 12, 18, 27, 41, 61, 92, 137, 206, 308, 462, 692 };
    static struct stats_sequential s;
    size_t looks = 0;
    init(&s, 0, 0, 0);
    assert_true(s.options.alpha == 0.01 && s.options.tests == 1);
    for (size_t n = 1; n <= STATS_PAIRED_MAX; n++) {
        assert_int_equal(stats_sequential_add(&s, n % 2 ? 1 : -1), BASE_OK);
        assert_int_equal(stats_sequential_look(&s, false), BASE_OK);
        if (looks < 11 && n == due[looks]) {
            assert_float_equal(s.look.alpha, 0.01 * 0.08 * pow(0.6, (double)looks), 1e-18);
            looks++;
            assert_int_equal(s.look.count, n);
        }
        assert_int_equal(s.look.looks, looks);
        assert_false(s.look.is_over);
    }
    assert_int_equal(looks, 11);
    assert_int_equal(stats_sequential_add(&s, 1), BASE_EFULL);
    assert_int_equal(stats_sequential_look(&s, true), BASE_OK);
    assert_float_equal(s.look.alpha, 0.008, 1e-18);
    assert_true(s.look.is_over && s.look.verdict == STATS_VERDICT_UNDECIDED);
    assert_int_equal(stats_sequential_add(&s, 1), BASE_ECLOSED);
    const struct stats_look last = s.look;
    assert_int_equal(stats_sequential_look(&s, true), BASE_OK);
    assert_memory_equal(&last, &s.look, sizeof last);
}

static void alpha_is_shared(void **state)
{
    (void)state;
    static struct stats_sequential s;
    init(&s, 0.05, 0, 1); /* 0.004: 2^-8 */
    assert_int_equal(s.next_due, 9);
    assert_int_equal(stats_sequential_least(&s), 6); /* 0.04: 2^-5 */
    init(&s, 0.05, 0, 100);                          /* 0.00004: 2^-15 */
    assert_int_equal(s.next_due, 16);
    assert_int_equal(stats_sequential_least(&s), 13); /* 0.0004: 2^-12 */
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(stats_sequential_add(&s, 0.001 * (double)(i + 1)), BASE_OK);
    assert_int_equal(stats_sequential_look(&s, false), BASE_OK);
    assert_int_equal(s.look.verdict, STATS_VERDICT_SLOWER);
    /* Decided with the smallest p there is; over looks it is divided by the weight. */
    assert_float_equal(s.look.p_equal, ldexp(1, -15) / 0.08, 1e-15);
    assert_true(s.look.p_change == s.look.p_equal && s.look.p_same == 1);
    /* A look that was passed over is lost, and with it its weight. */
    init(&s, 0.05, 0, 1);
    for (size_t i = 0; i < 15; i++)
        assert_int_equal(stats_sequential_add(&s, i % 2 ? 1 : -1), BASE_OK);
    assert_int_equal(stats_sequential_look(&s, false), BASE_OK);
    assert_int_equal(s.look.looks, 1);
    assert_int_equal(s.next, 2);
    assert_int_equal(s.next_due, 21);
}

static void verdicts_by_hand(void **state)
{
    (void)state;
    static const struct {
        double centre, threshold;
        enum stats_verdict verdict;
    } rows[] = {
        { 0.05, 0, STATS_VERDICT_SLOWER },
        { -0.05, 0, STATS_VERDICT_FASTER },
        { 0.05, 0.02, STATS_VERDICT_SLOWER },
        { -0.05, 0.02, STATS_VERDICT_FASTER },
        { 0, 0.02, STATS_VERDICT_SAME },
        { 0.01, 0.02, STATS_VERDICT_SAME },
        { 0.02, 0.02, STATS_VERDICT_UNDECIDED },
        { 0, 0, STATS_VERDICT_UNDECIDED },
        { -0.0197, 0.02, STATS_VERDICT_UNDECIDED },
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        static struct stats_sequential s;
        init(&s, 0.05, rows[r].threshold, 1);
        for (int i = -10; i <= 10; i++)
            assert_int_equal(stats_sequential_add(&s, rows[r].centre + 0.0005 * i), BASE_OK);
        assert_int_equal(stats_sequential_look(&s, true), BASE_OK);
        assert_int_equal(s.look.verdict, rows[r].verdict);
        assert_float_equal(s.look.estimate, rows[r].centre, 1e-15);
        assert_true(s.look.low <= s.look.estimate && s.look.estimate <= s.look.high);
        assert_true(s.look.is_over);
    }
    assert_string_equal(stats_verdict_text(STATS_VERDICT_SAME), "same");
}

static void projections(void **state)
{
    (void)state;
    static struct stats_sequential s;
    init(&s, 0.05, 0, 1);
    assert_int_equal(stats_sequential_look(&s, true), BASE_OK); /* nothing was measured */
    assert_true(s.look.is_over && isnan(s.look.estimate) && isnan(s.look.p_equal));
    assert_int_equal(s.look.verdict, STATS_VERDICT_UNDECIDED);
    init(&s, 0.05, 0, 1);
    for (int i = 0; i < 4; i++)
        assert_int_equal(stats_sequential_add(&s, 0.01), BASE_OK);
    assert_int_equal(stats_sequential_look(&s, true), BASE_OK);
    assert_true(s.look.low == -INFINITY && s.look.high == INFINITY && s.look.needed == 9);
    init(&s, 0.05, 0, 1);
    for (int i = -30; i <= 30; i++)
        assert_int_equal(stats_sequential_add(&s, 0.002 + 0.001 * i), BASE_OK);
    assert_int_equal(stats_sequential_look(&s, true), BASE_OK);
    const double half = (s.look.high - s.look.low) / 2;
    assert_float_equal(s.look.needed, ceil(61 * half / 0.002 * half / 0.002), 1e-9);
    init(&s, 0.05, 0, 1);
    for (int i = -10; i <= 10; i++)
        assert_int_equal(stats_sequential_add(&s, 0.001 * i), BASE_OK);
    assert_int_equal(stats_sequential_look(&s, true), BASE_OK);
    assert_true(s.look.needed == INFINITY);
}

static void refuses(void **state)
{
    (void)state;
    static const struct stats_sequential_options wrong[] = {
        { .alpha = -0.01 },
        { .alpha = 0.51 },
        { .alpha = NAN },
        { .threshold = -0.01 },
        { .threshold = 1.01 },
        { .threshold = NAN },
        { .tests = STATS_SEQUENTIAL_TESTS_MAX + 1 },
    };
    static struct stats_sequential s;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(stats_sequential_init(&s, &wrong[i]), BASE_ERANGE);
    init(&s, 0.5, 1, STATS_SEQUENTIAL_TESTS_MAX);
    static const double values[] = { NAN, INFINITY, -INFINITY, 1e300, -1e300 };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_int_equal(stats_sequential_add(&s, values[i]), BASE_EINVALID);
    assert_int_equal(s.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_are_due),
        cmocka_unit_test(alpha_is_shared),
        cmocka_unit_test(verdicts_by_hand),
        cmocka_unit_test(projections),
        cmocka_unit_test(refuses),
        cmocka_unit_test(false_alarms),
        cmocka_unit_test(truth_at_the_bound),
        cmocka_unit_test(coverage_under_stopping),
        cmocka_unit_test(changes_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
