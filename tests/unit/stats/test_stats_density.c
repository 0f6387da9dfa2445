/* test_stats_density.c - the kernel density estimate against its definition, summed directly. */
#include "unit.h"

#include <base/rng.h>
#include <stats/density.h>
#include <stats/summary.h>

#include <math.h>

enum { COUNT = 500, GRID = 201 };

static double direct(const double *sample, size_t count, double h, double x)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += exp(-0.5 * (x - sample[i]) * (x - sample[i]) / (h * h));
    return sum / ((double)count * h * sqrt(2 * M_PI));
}

static void is_the_definition(void **state)
{
    (void)state;
    struct base_rng rng;
    double sample[COUNT], out[GRID], most = 0;
    base_rng_init(&rng, 8);
    for (size_t i = 0; i < COUNT; i++)
        sample[i] = base_rng_normal(&rng) + (i % 4 == 0 ? 6 : 0);
    stats_sort(sample, COUNT);
    const double h = stats_density_bandwidth(sample, COUNT);
    stats_density_of(sample, COUNT, h, -5, 11, out, GRID);
    double area = 0;
    for (size_t i = 0; i < GRID; i++) {
        const double want = direct(sample, COUNT, h, -5 + 16.0 * (double)i / (GRID - 1));
        most = fmax(most, want);
        area += out[i] * 16 / (GRID - 1);
        assert_true(fabs(out[i] - want) < 0.002 * 0.3); /* binning: second order in the step */
    }
    assert_true(most > 0.1);
    assert_true(fabs(area - 1) < 0.002);
}

/* What lies outside the grid is in the count, and reaches in as far as its kernel does. */
static void outside_counts(void **state)
{
    (void)state;
    const double sample[] = { 0, 1, 100 };
    double out[GRID];
    stats_density_of(sample, 3, 0.2, 0.5, 2.5, out, GRID);
    for (size_t i = 0; i < GRID; i += 10)
        assert_true(fabs(out[i] - direct(sample, 3, 0.2, 0.5 + 0.01 * (double)i)) < 2e-3);
}

static void bandwidth(void **state)
{
    (void)state;
    const double sample[] = { 1, 2, 3, 4, 10 };
    assert_true(fabs(stats_density_bandwidth(sample, 5) - 0.9 * 2 / 1.349 * pow(5, -0.2)) < 1e-12);
    const double tied[] = { 1, 1, 1, 1, 5 }; /* the quartiles say nothing, the deviation does */
    assert_true(fabs(stats_density_bandwidth(tied, 5) - 0.9 * sqrt(3.2) * pow(5, -0.2)) < 1e-12);
    const double equal[] = { 2, 2, 2 };
    assert_true(stats_density_bandwidth(equal, 3) == 0);
    assert_true(isnan(stats_density_bandwidth(equal, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_definition),
        cmocka_unit_test(outside_counts),
        cmocka_unit_test(bandwidth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
