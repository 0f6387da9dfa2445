/* test_lab_spread.c - distributions of delay against their moments, their own quantiles, and what
 * links draw; and that one is not taken for another. */
#include "unit.h"

#include "../../tools/lab/lab_spread.h"

#include <stats/summary.h>

#include <math.h>

#define MS 1e6

enum { PACKETS = 100000 };

static const struct lab_link_config
    uniform = { .delay_ns = 20000000, .jitter = LAB_JITTER_UNIFORM, .jitter_ns = 2000000 },
    normal = { .delay_ns = 20000000, .jitter = LAB_JITTER_NORMAL, .jitter_ns = 2000000 },
    pareto = { .delay_ns = 20000000, .jitter = LAB_JITTER_PARETO, .jitter_ns = 2000000 },
    fixed = { .delay_ns = 20000000 };

static void moments_and_functions(void **state)
{
    static const struct {
        const struct lab_link_config *link;
        double mean_ms, deviation_ms, at_ms, share;
    } rows[] = {
        { &uniform, 20, 1.154700538, 19, 0.25 },
        { &uniform, 20, 1.154700538, 17.9, 0 },
        { &uniform, 20, 1.154700538, 22, 1 },
        { &normal, 20, 2, 22, 0.841344746 },
        { &normal, 20, 2, 20, 0.5 },
        { &pareto, 22, 3.464101615, 20, 0 },
        { &pareto, 22, 3.464101615, 24, 0.875 }, /* 1 - 2^-3 */
        { &fixed, 20, 0, 20, 0 },
        { &fixed, 20, 0, 20.1, 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct lab_spread spread = lab_spread_of(rows[i].link);
        assert_true(fabs(spread.mean_ns / MS - rows[i].mean_ms) < 1e-8);
        assert_true(fabs(spread.deviation_ns / MS - rows[i].deviation_ms) < 1e-8);
        assert_true(fabs(lab_spread_cdf(rows[i].link, rows[i].at_ms * MS) - rows[i].share) < 1e-8);
    }
    const struct lab_link_config trace = { .jitter = LAB_JITTER_TRACE };
    assert_true(isnan(lab_spread_of(&trace).mean_ns) && isnan(lab_spread_cdf(&trace, 1)));
}

static void distance_of_few(void **state)
{
    const double sorted[] = { 18 * MS, 20 * MS, 22 * MS }; /* 0, 1/2, 1 of the uniform one */
    (void)state;
    assert_true(fabs(lab_spread_distance(&uniform, sorted, 3) - 1. / 3) < 1e-12);
    assert_true(fabs(lab_spread_distance(&uniform, sorted + 1, 1) - 0.5) < 1e-12);
    assert_true(fabs(lab_spread_distance_by_chance(10000) - 0.013581) < 1e-9);
}

/* Packets that are further apart than the jitter reaches. */
static void draw(const struct lab_link_config *config, double delays_ns[PACKETS])
{
    struct lab_link link;
    struct lab_fate fates[LAB_FATES_MAX];
    const uint64_t apart_ns = lab_spread_reach_ns(config);
    assert_int_equal(lab_link_init(&link, config, 7, NULL), BASE_OK);
    for (uint64_t i = 0; i < PACKETS; i++) {
        assert_int_equal(lab_link_send(&link, i * apart_ns, 100, fates), 1);
        delays_ns[i] = (double)(fates[0].at_ns - i * apart_ns);
    }
    stats_sort(delays_ns, PACKETS);
}

static void links_draw_their_own_and_no_other(void **state)
{
    static const struct lab_link_config *const all[] = { &uniform, &normal, &pareto };
    static double delays_ns[PACKETS];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        draw(all[i], delays_ns);
        const struct lab_spread asked = lab_spread_of(all[i]);
        const double mean = stats_mean(delays_ns, PACKETS), root = sqrt(PACKETS);
        const double deviation = stats_stddev(delays_ns, PACKETS, mean);
        assert_true(fabs(mean - asked.mean_ns) < 4 * asked.deviation_ns / root);
        if (!isnan(asked.deviation_error))
            assert_true(fabs(deviation / asked.deviation_ns - 1) <
                        4 * asked.deviation_error / root);
        for (size_t k = 0; k < 3; k++) {
            const double distance = lab_spread_distance(all[k], delays_ns, PACKETS);
            if (k == i)
                assert_true(distance < 1.2 * lab_spread_distance_by_chance(PACKETS));
            else
                assert_true(distance > 0.1);
        }
    }
}

/* Order takes nothing of a distribution whose packets are as far apart as it reaches, and much of
 * one whose packets are not. */
static void order_is_seen(void **state)
{
    static double delays_ns[PACKETS];
    struct lab_link link;
    struct lab_fate fates[LAB_FATES_MAX];
    (void)state;
    assert_int_equal(lab_link_init(&link, &uniform, 7, NULL), BASE_OK);
    for (uint64_t i = 0; i < PACKETS; i++) {
        assert_int_equal(lab_link_send(&link, i * 20000, 100, fates), 1);
        delays_ns[i] = (double)(fates[0].at_ns - i * 20000);
    }
    stats_sort(delays_ns, PACKETS);
    assert_true(lab_spread_distance(&uniform, delays_ns, PACKETS) > 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_and_functions),
        cmocka_unit_test(distance_of_few),
        cmocka_unit_test(links_draw_their_own_and_no_other),
        cmocka_unit_test(order_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
