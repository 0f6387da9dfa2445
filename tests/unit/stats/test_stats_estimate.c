/* test_stats_estimate.c - simulated hosts whose speed moves, and cases that follow core or memory.
 */
#include "unit.h"

#include <base/rng.h>
#include <stats/drift.h>
#include <stats/estimate.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PROCESSES = 10, BATCHES = 400, EXPERIMENTS = 300 };

struct world {           /* what is simulated */
    double memory_share; /* of the case */
    double core_drift;   /* of the run, as the log of the speed */
    double memory_drift;
    double memory_movement; /* within the run: deviation of a slow random walk's steps */
    double between_share;   /* deviation between processes */
    double noise_share;     /* of one batch */
    double reference_noise; /* of one slice of the memory reference */
};

struct data {
    uint64_t items[PROCESSES][BATCHES];
    double ns[PROCESSES][BATCHES], core_ns[PROCESSES][BATCHES], memory_ns[PROCESSES][BATCHES];
    struct stats_batches batches[PROCESSES];
};

#define TRUE_NS   1000.0
#define CORE_NS   1.6
#define MEMORY_NS 180.0

static void simulate(const struct world *world, struct base_rng *rng, struct data *data)
{
    for (size_t p = 0; p < PROCESSES; p++) {
        const double own = world->between_share * base_rng_normal(rng);
        double walk = 0;
        for (size_t i = 0; i < BATCHES; i++) {
            walk = 0.98 * walk + world->memory_movement * base_rng_normal(rng);
            const double memory = world->memory_drift + walk;
            const double time = own + (1 - world->memory_share) * world->core_drift +
                                world->memory_share * memory +
                                world->noise_share * base_rng_normal(rng);
            data->items[p][i] = 100 * (1 + base_rng_below(rng, 4));
            data->ns[p][i] = TRUE_NS * exp(time) * (double)data->items[p][i];
            data->core_ns[p][i] = CORE_NS * exp(world->core_drift);
            data->memory_ns[p][i] =
                MEMORY_NS * exp(memory + world->reference_noise * base_rng_normal(rng));
        }
        data->batches[p] = (struct stats_batches){ BATCHES, data->items[p], data->ns[p],
                                                   data->core_ns[p], data->memory_ns[p] };
    }
}

static const struct stats_estimate_options options = {
    .confidence = 0.95, .nominal_core_ns = CORE_NS, .nominal_memory_ns = MEMORY_NS, .seed = 1
};

static void the_share_is_found(void **state)
{
    (void)state;
    static const struct {
        double share;
        enum stats_reference reference;
    } rows[] = { { 0, STATS_REFERENCE_CORE },
                 { 0.5, STATS_REFERENCE_MIXED },
                 { 1, STATS_REFERENCE_MEMORY } };
    struct data *data = calloc(1, sizeof *data);
    struct base_rng rng;
    base_rng_init(&rng, 11);
    for (size_t r = 0; r < 3; r++) {
        const struct world world = { .memory_share = rows[r].share,
                                     .core_drift = 0.05,
                                     .memory_drift = 0.2,
                                     .memory_movement = 0.01,
                                     .between_share = 0.005,
                                     .noise_share = 0.005,
                                     .reference_noise = 0.05 };
        simulate(&world, &rng, data);
        struct stats_estimate out;
        assert_int_equal(stats_estimate_of(data->batches, PROCESSES, &options, NULL, &out),
                         BASE_OK);
        assert_int_equal(out.reference, rows[r].reference);
        assert_float_equal(out.memory_share, rows[r].share, 0.12);
        assert_float_equal(out.normalised_ns.value, TRUE_NS, 30);
        assert_true(out.median_ns.value > 1.04 * TRUE_NS);
        if (rows[r].share == 1)
            assert_true(out.reference_explained > 0.8);
        assert_float_equal(out.slope_ns.value, out.median_ns.value, 0.01 * out.median_ns.value);
    }
    free(data);
}

/* The interval at reference speed holds the truth wherever the host's speed is. */
static void the_interval_covers(void **state)
{
    (void)state;
    struct data *data = calloc(1, sizeof *data);
    struct base_rng rng;
    base_rng_init(&rng, 12);
    unsigned normalised = 0, raw = 0;
    for (int e = 0; e < EXPERIMENTS; e++) {
        const struct world world = { .memory_share = base_rng_uniform(&rng),
                                     .core_drift = 0.027 * base_rng_normal(&rng),
                                     .memory_drift = 0.06 * base_rng_normal(&rng),
                                     .memory_movement = 0.004,
                                     .between_share = 0.01,
                                     .noise_share = 0.01,
                                     .reference_noise = 0.05 };
        simulate(&world, &rng, data);
        struct stats_estimate_options with_drift = options;
        with_drift.drift_core_share = STATS_DRIFT_CORE_ASSUMED;
        with_drift.drift_memory_share = STATS_DRIFT_MEMORY_ASSUMED;
        struct stats_estimate out;
        assert_int_equal(stats_estimate_of(data->batches, PROCESSES, &with_drift, NULL, &out),
                         BASE_OK);
        normalised += out.normalised_ns.low <= TRUE_NS && TRUE_NS <= out.normalised_ns.high;
        raw += out.median_ns.low <= TRUE_NS && TRUE_NS <= out.median_ns.high;
        assert_true(out.normalised_ns.low < out.normalised_ns.high);
    }
    assert_in_range(normalised, EXPERIMENTS * 90 / 100, EXPERIMENTS * 99 / 100);
    assert_in_range(raw, EXPERIMENTS * 90 / 100, EXPERIMENTS);
    free(data);
}

static void one_process_and_few_batches(void **state)
{
    (void)state;
    static const uint64_t items[3] = { 1, 1, 1 };
    static const double ns[3] = { 5, 7, 6 };
    const struct stats_batches three = { .count = 3, .items = items, .ns = ns };
    struct stats_estimate out;
    assert_int_equal(stats_estimate_of(&three, 1, &options, NULL, &out), BASE_OK);
    assert_float_equal(out.median_ns.value, 6, 0);
    assert_true(isnan(out.median_ns.low)); /* three batches of one process promise nothing */
    assert_int_equal(out.reference, STATS_REFERENCE_NONE);
    assert_true(isnan(out.normalised_ns.value) && isnan(out.slope_ns.value));
    assert_float_equal(out.min_ns, 5, 0);
    assert_float_equal(out.max_ns, 7, 0);

    struct data *data = calloc(1, sizeof *data);
    struct base_rng rng;
    base_rng_init(&rng, 13);
    const struct world world = { .noise_share = 0.01 };
    simulate(&world, &rng, data);
    assert_int_equal(stats_estimate_of(data->batches, 1, &options, NULL, &out), BASE_OK);
    assert_true(out.median_ns.low < TRUE_NS && TRUE_NS < out.median_ns.high);
    assert_true(out.median_ns.high - out.median_ns.low < 0.01 * TRUE_NS);
    free(data);
}

static void bad_input_is_refused(void **state)
{
    (void)state;
    const uint64_t items[2] = { 1, 0 };
    const double ns[2] = { 1, 2 };
    const double negative[2] = { 1, -2 };
    const uint64_t fine[2] = { 1, 1 };
    struct stats_estimate out;
    const struct stats_batches rows[] = { { .count = 0 },
                                          { .count = 2, .items = items, .ns = ns },
                                          { .count = 2, .items = fine, .ns = negative } };
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(stats_estimate_of(&rows[i], 1, &options, NULL, &out), BASE_EINVALID);
    assert_int_equal(stats_estimate_of(rows, 0, &options, NULL, &out), BASE_EINVALID);
    struct stats_estimate_options bad = options;
    bad.confidence = 1;
    const struct stats_batches good = { .count = 2, .items = fine, .ns = ns };
    assert_int_equal(stats_estimate_of(&good, 1, &bad, NULL, &out), BASE_EINVALID);
    assert_int_equal(stats_estimate_of(&good, 1, &options, NULL, &out), BASE_OK);
}

static void the_empty_case_is_zero(void **state)
{
    (void)state;
    static uint64_t items[64];
    static double ns[64];
    for (size_t i = 0; i < 64; i++)
        items[i] = 1 << 20;
    const struct stats_batches zero = { .count = 64, .items = items, .ns = ns };
    const struct stats_batches twice[2] = { zero, zero };
    struct stats_estimate out;
    assert_int_equal(stats_estimate_of(twice, 2, &options, NULL, &out), BASE_OK);
    assert_float_equal(out.median_ns.value, 0, 0);
    assert_float_equal(out.median_ns.low, 0, 0);
    assert_float_equal(out.median_ns.high, 0, 0);
}

static void drift_is_learned(void **state)
{
    (void)state;
    double values[100];
    struct base_rng rng;
    base_rng_init(&rng, 14);
    for (int i = 0; i < 100; i++)
        values[i] = 5 * exp(0.03 * base_rng_normal(&rng)) * (i < 50 ? 1 : 1.5);
    assert_float_equal(stats_drift_share(values, 50, 9), 0.03, 0.008);
    assert_float_equal(stats_residual_share(values, 50, 9), 0.03, 0.008);
    assert_float_equal(stats_residual_share(values, 100, 9), 0.03, 0.008); /* not the step */
    assert_true(stats_drift_share(values, 100, 9) > 0.15);
    assert_float_equal(stats_drift_share(values, 7, 0.5), 0.5, 0);
    assert_float_equal(stats_residual_share(values, 7, 0.5), 0.5, 0);
}

/* Somebody was on the core in half of the windows, at a cost that wide does not tell: the figures
 * of a process say what it took while nobody was, at the core's speed of core_ns. */
static void what_a_process_takes_alone_is_kept(void **state)
{
    (void)state;
    struct data *data = calloc(1, sizeof *data);
    double(*wide)[BATCHES] = calloc(PROCESSES, sizeof *wide);
    struct stats_estimate out;
    struct stats_process_estimate each[PROCESSES];
    struct stats_estimate_options known = options;
    struct base_rng rng;
    base_rng_init(&rng, 17);
    simulate(&(struct world){ .noise_share = 0.002, .core_drift = 0.1 }, &rng, data);
    for (size_t p = 0; p < PROCESSES; p++) {
        data->batches[p].wide_ns = wide[p];
        for (size_t i = 0; i < BATCHES; i++) {
            const bool is_there = i / (BATCHES / 4) % 2 == 0;
            wide[p][i] = 1.1 * (is_there ? 2 : 1) * (1 + 0.01 * base_rng_uniform(&rng));
            data->ns[p][i] *= is_there ? 1.3 + 0.02 * (double)p : 1;
        }
    }
    assert_int_equal(stats_estimate_of(data->batches, PROCESSES, &known, each, &out), BASE_OK);
    assert_true(isnan(each[0].calm_ns) && isnan(each[0].calm_wide_ns)); /* no reference speed */
    known.nominal_wide_ns = 0.7;
    assert_int_equal(stats_estimate_of(data->batches, PROCESSES, &known, each, &out), BASE_OK);
    for (size_t p = 0; p < PROCESSES; p++) {
        assert_float_equal(each[p].calm_ns / each[p].core_ns, TRUE_NS / CORE_NS,
                           0.003 * TRUE_NS / CORE_NS);
        assert_float_equal(each[p].calm_wide_ns / each[p].core_ns, 1.1 / (CORE_NS * exp(0.1)),
                           0.01);
        assert_true(isnan(each[p].calm_cache_ns) && isfinite(each[p].calm_memory_ns));
    }
    free(wide);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_share_is_found),
        cmocka_unit_test(the_interval_covers),
        cmocka_unit_test(one_process_and_few_batches),
        cmocka_unit_test(bad_input_is_refused),
        cmocka_unit_test(the_empty_case_is_zero),
        cmocka_unit_test(drift_is_learned),
        cmocka_unit_test(what_a_process_takes_alone_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
