/* test_network_rounds.c - ratios over rounds, and records, from numbers that are known. */
#include "unit.h"

#include "network_knee.h"
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
        results[i] = (struct suite_net_results){ .messages_per_s = rate,
                                                 .duration_ns = 1e9,
                                                 .lab = { .is_valid = true } };
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

/* Time for a message over time for a message, round by round. */
static void processor_bound_is_time_over_time(void **state)
{
    (void)state;
    static const struct {
        double ours[RUNS], floods[RUNS], value, low, high;
    } rows[] = {
        { { 50, 50, 50 }, { 200, 200, 200 }, 4, 4, 4 },
        { { 50, 100, 200 }, { 100, 200, 400 }, 2, 2, 2 }, /* a slow machine is slow for both */
        { { 50, NAN, 50 }, { 200, 200, 200 }, NAN, NAN, NAN },
        { { 50, 50, 50 }, { 0, 200, 200 }, NAN, NAN, NAN },
        { { -1, -1, 50 }, { 100, 100, 100 }, 2, NAN, NAN },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct cli_network network;
        struct suite_net_results results[2 * RUNS];
        double wall_ns[2 * RUNS];
        fill_rounds(&network, rows[i].ours, rows[i].floods, results, wall_ns);
        for (size_t k = 0; k < 2 * RUNS; k++)
            results[k].cpu_us_per_message = results[k].messages_per_s;
        const struct stats_interval ratio = cli_network_cpu_ratio(&network, 0, 1, 0.95);
        const double got[] = { ratio.value, ratio.low, ratio.high };
        const double wanted[] = { rows[i].value, rows[i].low, rows[i].high };
        for (size_t k = 0; k < 3; k++)
            if (isnan(wanted[k]) ? !isnan(got[k]) : !(fabs(got[k] - wanted[k]) < 1e-9))
                fail_msg("row %zu: %g (%g .. %g)", i, got[0], got[1], got[2]);
    }
}

/* Means over searches, and over those of both; a search that found nothing does not count. */
static void knees_are_means_of_searches(void **state)
{
    (void)state;
    static struct cli_network network;
    assert_true(isnan(cli_network_knee(&network, 0, 0.95).value));
    assert_true(isnan(cli_network_knee_ratio(&network, 0, 1, 0.95).value));
    network.knee_count = 1;
    network.knees[0][0] = 100;
    network.knees[0][1] = 10;
    assert_float_equal(cli_network_knee(&network, 0, 0.95).value, 100, 1e-9);
    assert_true(isnan(cli_network_knee(&network, 0, 0.95).low));
    assert_float_equal(cli_network_knee_ratio(&network, 0, 1, 0.95).value, 10, 1e-9);
    network.knee_count = 4;
    network.knees[1][0] = 400;
    network.knees[1][1] = 10;
    network.knees[2][0] = NAN;
    network.knees[2][1] = 1;
    network.knees[3][0] = 200;
    network.knees[3][1] = NAN;
    /* of 100, 400, 200 the mean of logarithms is log 200, their standard error log 4 / sqrt 12;
     * Student's 97.5 % of 2 degrees of freedom is 4.302652730 */
    const struct stats_interval knee = cli_network_knee(&network, 0, 0.95);
    assert_float_equal(knee.value, 200, 1e-9);
    assert_float_equal(knee.high, 200 * exp(4.302652730 * log(4) / sqrt(12)), 1e-5);
    assert_float_equal(knee.low * knee.high, 40000, 1e-6);
    const struct stats_interval ratio = cli_network_knee_ratio(&network, 0, 1, 0.95);
    assert_float_equal(ratio.value, 20, 1e-9);
    assert_true(ratio.low < 10 && ratio.high > 40);
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
    network.knee_count = 2;
    for (size_t i = 0; i < CLI_NETWORK_PROTOCOLS_MAX; i++) {
        network.plans[i].protocol = i == 0 ? "hermes" : "flood";
        network.plans[i].rate_per_s = 1;
        network.plans[i].conditions = (struct suite_net_conditions){ .node_count = 2 };
        network.knees[0][i] = 1 + (double)i;
        network.knees[1][i] = 2 + (double)i;
    }
    for (size_t i = 0; i < RUNS * CLI_NETWORK_PROTOCOLS_MAX; i++) {
        results[i] = (struct suite_net_results){ .messages_per_s = 1 + (double)i,
                                                 .lab = { .is_valid = true } };
        wall_ns[i] = 1e9;
    }
    cli_network_record(&network, 0, &record);
    assert_int_equal(record.err, BASE_OK);
    assert_int_equal(record.fact_count, BENCH_FACT_MAX);
    assert_int_equal(record.process_count, RUNS);
    bench_record_done(&record);
}

static double series_of(const struct bench_record *record, size_t run, const char *name)
{
    for (size_t i = 0; i < BENCH_SERIES_MAX && record->series[i] != NULL; i++)
        if (strcmp(record->series[i], name) == 0)
            return record->processes[run].series[i][0];
    fail_msg("no series %s", name);
    return NAN;
}

/* Of a round with a wrong delivery on links that were not held, only that counts; a latency below
 * the links' own is none. */
static void of_a_bad_laboratory_only_wrong_counts(void **state)
{
    (void)state;
    static struct cli_network network;
    struct suite_net_results results[2 * RUNS];
    double wall_ns[2 * RUNS];
    struct bench_record record = { 0 }, deliveries = { 0 };
    static double latencies_ns[] = { 1, 2, 3 };
    static const double rates[RUNS] = { 4, 400, 4 }, floods[RUNS] = { 2, 2, 2 };
    fill_rounds(&network, rates, floods, results, wall_ns);
    for (size_t i = 0; i < 2 * RUNS; i++) {
        results[i].latencies_ns = latencies_ns;
        results[i].latency_count = 3;
        results[i].added_avg_ns = -1;
    }
    results[2].lab.is_valid = false;
    results[2].wrong = results[2].forged = 1;
    cli_network_record(&network, 0, &record);
    cli_network_record(&network, 1, &deliveries);
    assert_int_equal(record.process_count, RUNS);
    assert_int_equal(deliveries.process_count, RUNS - 1);
    for (size_t run = 0; run < RUNS; run++) {
        const bool is_bad = run == 1;
        const double rate = series_of(&record, run, "messages_per_second");
        const double added = series_of(&record, run, "added_avg_latency_ns");
        assert_true(is_bad ? isnan(rate) && isnan(added) : rate == 4 && added == 0);
        assert_true(series_of(&record, run, "wrong_deliveries") == is_bad);
        assert_true(series_of(&record, run, "forged_accepted") == is_bad);
    }
    const struct stats_interval ratio = cli_network_ratio(&network, 0, 1, 0.95);
    assert_float_equal(ratio.value, 2, 1e-9);
    bench_record_done(&record);
    bench_record_done(&deliveries);
}

/* However many there are, the fastest and the slowest are kept. */
static void the_slowest_delivery_is_kept(void **state)
{
    (void)state;
    enum { MOST = 60001 };
    static struct cli_network network;
    static double latencies_ns[MOST];
    static const double rates[RUNS] = { 1, -1, -1 };
    static const size_t counts[] = { 1, 2, 20000, 20001, MOST };
    struct suite_net_results results[2 * RUNS];
    double wall_ns[2 * RUNS];
    for (size_t i = 0; i < MOST; i++)
        latencies_ns[i] = 1 + (double)i;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct bench_record record = { 0 };
        fill_rounds(&network, rates, rates, results, wall_ns);
        results[0].latencies_ns = latencies_ns;
        results[0].latency_count = counts[i];
        cli_network_record(&network, 1, &record);
        const struct bench_process *one = &record.processes[0];
        assert_int_equal(one->batch_count, counts[i] < 20000 ? counts[i] : 20000);
        assert_float_equal(one->ns[0], 1, 0);
        assert_float_equal(one->ns[one->batch_count - 1], (double)counts[i], 0);
        bench_record_done(&record);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratios_count_what_is_bad),
        cmocka_unit_test(processor_bound_is_time_over_time),
        cmocka_unit_test(knees_are_means_of_searches),
        cmocka_unit_test(facts_stay_within_their_room),
        cmocka_unit_test(of_a_bad_laboratory_only_wrong_counts),
        cmocka_unit_test(the_slowest_delivery_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
