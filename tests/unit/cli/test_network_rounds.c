/* test_network_rounds.c - ratios over rounds, and records, from numbers that are known. */
#include "unit.h"

#include "network_rounds.h"
#include "signals.h"

#include <math.h>
#include <string.h>

volatile sig_atomic_t cli_signals_interrupted;

base_err cli_plan_self(struct cli_plan *plan, struct base_why *why)
{
    (void)plan;
    (void)why;
    return BASE_OK;
}

enum { RUNS = 3 };

/* Two plans, the second of flooding; rates below zero: the round was not made. */
static void fill_rounds(struct cli_network *network, const double *ours, const double *floods,
                        struct suite_net_results *results, double *wall_ns)
{
    network->runs = RUNS;
    network->plan_count = network->protocol_count = 2;
    network->plans[0].protocol = "hermes";
    network->plans[1].protocol = "flood";
    network->results = results;
    network->wall_ns = wall_ns;
    network->is_run = true;
    for (size_t i = 0; i < 2 * RUNS; i++) {
        const double rate = i % 2 == 0 ? ours[i / 2] : floods[i / 2];
        results[i] = (struct suite_net_results){ .messages_per_s = rate, .duration_ns = 1e9 };
        wall_ns[i] = rate < 0 ? 0 : 1e9;
    }
}

static void ratios_count_what_is_bad(void **state)
{
    (void)state;
    static const struct {
        double ours[RUNS], floods[RUNS], value, low, high;
    } rows[] = {
        { { 4, 4, 4 }, { 2, 2, 2 }, 2, 2, 2 },
        { { 4, -1, 4 }, { 2, 2, 2 }, 2, 2, 2 },
        { { 4, -1, -1 }, { 2, 2, 2 }, 2, NAN, NAN },
        { { 0, 0, 0 }, { 2, 2, 2 }, 0, 0, 0 }, /* refutes any bound from below */
        { { 4, 0, 4 }, { 2, 2, 2 }, 0, 0, 0 },
        { { 0, 0, 0 }, { 0, 0, 0 }, NAN, NAN, NAN }, /* neither: no ratio */
        { { 4, 4, 4 }, { 0, 0, 0 }, 4, 4, 4 },       /* at least: as if one message had come */
        { { -1, -1, -1 }, { 2, 2, 2 }, NAN, NAN, NAN },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct cli_network network;
        struct suite_net_results results[2 * RUNS];
        double wall_ns[2 * RUNS];
        fill_rounds(&network, rows[i].ours, rows[i].floods, results, wall_ns);
        const struct stats_interval ratio = cli_network_ratio(&network, 0, 1, 0.95);
        const double got[] = { ratio.value, ratio.low, ratio.high };
        const double wanted[] = { rows[i].value, rows[i].low, rows[i].high };
        for (size_t k = 0; k < 3; k++)
            if (isnan(wanted[k]) ? !isnan(got[k]) : !(fabs(got[k] - wanted[k]) < 1e-9))
                fail_msg("row %zu: %g (%g .. %g)", i, got[0], got[1], got[2]);
    }
}

/* Flooding named many times would give more facts than a record has room for. */
static void facts_stay_within_their_room(void **state)
{
    (void)state;
    static struct cli_network network;
    struct suite_net_results results[RUNS * CLI_NETWORK_PROTOCOLS_MAX];
    double wall_ns[RUNS * CLI_NETWORK_PROTOCOLS_MAX];
    struct bench_record record = { 0 };
    network.runs = RUNS;
    network.plan_count = network.protocol_count = CLI_NETWORK_PROTOCOLS_MAX;
    network.results = results;
    network.wall_ns = wall_ns;
    network.is_run = true;
    for (size_t i = 0; i < CLI_NETWORK_PROTOCOLS_MAX; i++) {
        network.plans[i].protocol = i == 0 ? "hermes" : "flood";
        network.plans[i].rate_per_s = 1;
        network.plans[i].conditions = (struct suite_net_conditions){ .node_count = 2 };
        network.knees[i] = 1 + (double)i;
    }
    for (size_t i = 0; i < RUNS * CLI_NETWORK_PROTOCOLS_MAX; i++) {
        results[i] = (struct suite_net_results){ .messages_per_s = 1 + (double)i };
        wall_ns[i] = 1e9;
    }
    cli_network_record(&network, 0, &record);
    assert_int_equal(record.err, BASE_OK);
    assert_int_equal(record.fact_count, BENCH_FACT_MAX);
    assert_int_equal(record.process_count, RUNS);
    bench_record_done(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratios_count_what_is_bad),
        cmocka_unit_test(facts_stay_within_their_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
