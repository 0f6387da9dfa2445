/* model_hermes_latency.c - what a flow promises, in virtual time, where it can be asserted: latency
 * and bytes on unloaded lossy links, throughput of a full one, and urgent messages beside bulk.
 * SEED in the environment repeats a run with another one; 1 unless told, so that an ordinary run is
 * always the same. Argument: messages a condition (20000; 1000 under a sanitizer). */
#include "unit.h"

#include "flow_pair.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND      1000000000ull
#define MILLISECOND 1000000ull

#ifdef BPI_SANITIZED
static size_t message_count = 1000;
enum { LOAD_SECONDS = 5 };
#else
static size_t message_count = 20000;
enum { LOAD_SECONDS = 23 };
#endif

static uint64_t seed(void)
{
    const char *const text = getenv("SEED");
    return text != NULL ? strtoull(text, NULL, 0) : 1;
}

/* What chance may add to a mean of few messages: three standard deviations of the 0.4 % that are
 * repaired, two delays each. Nothing for the full number: there the promise itself is asserted. */
static double chance(double count)
{
    return message_count < 20000 ? 3 * 2 * sqrt(0.004 / count) : 0;
}

struct condition {
    uint64_t delay_ns;
    double loss;
    size_t size;
    double mean_max, p99_max; /* of the delay */
    double bytes_max;         /* of what the data fragments cost: parity, repairs and acks beyond */
};

/* One message each 100 ms, after 500 in which the loss is learnt. */
static void check_unloaded(const struct condition *condition)
{
    const struct hermes_channel channel = { .delay_ns = condition->delay_ns,
                                            .loss = condition->loss };
    const struct hermes_flow_config config = flow_pair_config();
    struct flow_pair pair;
    flow_pair_init(&pair, &channel, &config, seed());
    size_t first = 0;
    uint64_t bytes = 0;
    struct hermes_flow_stats before = { 0 };
    for (size_t i = 0; i < 500 + message_count; i++) {
        if (i == 500) {
            first = pair.entry_count;
            bytes = pair.ways[0].bytes + pair.ways[1].bytes;
            before = hermes_flow_stats(pair.flows[0]);
        }
        assert_true(flow_pair_send(&pair, 0, BPI_HERMES_CONSENSUS, condition->size) != SIZE_MAX);
        flow_pair_run(&pair, pair.now_ns + 100 * MILLISECOND);
    }
    flow_pair_run(&pair, pair.now_ns + 3 * SECOND);
    const struct hermes_flow_stats stats = hermes_flow_stats(pair.flows[0]);
    size_t missed = 0;
    for (size_t i = first; i < pair.entry_count; i++) {
        assert_true(pair.entries[i].come_count <= 1);
        assert_true(pair.entries[i].done != 0);
        missed += pair.entries[i].come_count == 0 ? 1 : 0;
    }
    double mean;
    const double p99 = (double)flow_pair_quantile(&pair, first, 0, 0, 0.99, &mean);
    const double delay = (double)condition->delay_ns, count = (double)message_count;
    bytes = pair.ways[0].bytes + pair.ways[1].bytes - bytes;
    const uint64_t data =
        stats.fragments_sent - stats.fragments_parity - stats.fragments_repeated -
        (before.fragments_sent - before.fragments_parity - before.fragments_repeated);
    const double needed = count * (double)condition->size + 84.0 * (double)data;
    printf("%3.0f ms, %g %%, %4zu bytes: mean %.4f, p99 %.4f of the delay, missed %zu of %zu; "
           "bytes %.3f of the data fragments', %.3f of the payload\n",
           delay / 1e6, 100 * condition->loss, condition->size, mean / delay, p99 / delay, missed,
           message_count, (double)bytes / needed,
           (double)bytes / (count * (double)condition->size));
    assert_int_equal(pair.wrong + pair.malformed + pair.refused, 0);
    assert_int_equal(missed, 0);
    assert_true(mean <= (condition->mean_max + chance(count)) * delay + 50e3);
    assert_true(p99 <= condition->p99_max * delay);
    assert_true((double)bytes <= condition->bytes_max * needed);
    flow_pair_done(&pair);
}

static void unloaded(void **state)
{
    (void)state;
    static const struct condition conditions[] = {
        { 1 * MILLISECOND, 0, 1024, 1.0, 1.0, 1.11 },
        { 50 * MILLISECOND, 0.01, 2048, 1.01, 1.05, 1.27 },
        { 50 * MILLISECOND, 0.01, 4096, 1.01, 1.05, 1.27 },
        { 50 * MILLISECOND, 0.01, 8192, 1.01, 1.05, 1.27 },
        { 200 * MILLISECOND, 0.05, 2048, 1.01, 1.05, 1.55 },
        { 200 * MILLISECOND, 0.05, 4096, 1.01, 1.05, 1.55 },
        { 200 * MILLISECOND, 0.05, 8192, 1.01, 1.05, 1.55 },
        { 100 * MILLISECOND, 0.02, 8192, 1.01, 1.05, 1.4 },
    };
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++)
        check_unloaded(&conditions[i]);
}

/* The first four messages of many flows that know nothing yet. */
static void first_messages(void **state)
{
    (void)state;
    const uint64_t delay_ns = 200 * MILLISECOND;
    const struct hermes_channel channel = { .delay_ns = delay_ns, .loss = 0.05 };
    const struct hermes_flow_config config = flow_pair_config();
    const size_t flows = message_count / 10;
    size_t late = 0;
    double sum = 0;
    for (size_t i = 0; i < flows; i++) {
        struct flow_pair pair;
        flow_pair_init(&pair, &channel, &config, seed() * 1000000 + i);
        for (int j = 0; j < 4; j++) {
            flow_pair_send(&pair, 0, BPI_HERMES_CONSENSUS, 2048);
            flow_pair_run(&pair, pair.now_ns + 700 * MILLISECOND);
        }
        flow_pair_run(&pair, pair.now_ns + 2 * SECOND);
        for (size_t j = 0; j < pair.entry_count; j++) {
            assert_int_equal(pair.entries[j].come_count, 1);
            const uint64_t took_ns = pair.entries[j].come_ns - pair.entries[j].sent_ns;
            late += took_ns > delay_ns ? 1 : 0;
            sum += (double)took_ns;
        }
        flow_pair_done(&pair);
    }
    const double count = 4 * (double)flows;
    printf(
        "first messages of %zu flows at 200 ms, 5 %%: mean %.4f of the delay, %.2f %% repaired\n",
        flows, sum / count / (double)delay_ns, 100 * (double)late / count);
    assert_true(sum / count <= (1.01 + chance(count)) * (double)delay_ns + 50e3);
    assert_true((double)late <= 0.01 * count);
}

struct load {
    uint64_t rate_bits, delay_ns, queue_bytes;
    double loss;
    double rate_min;  /* share of the rate that the wire carries, headers included */
    double queue_max; /* mean wait in the queue, of the delay; 0: not looked at */
};

/* Bulk of class 2 whenever there is room, and with `is_urgent` 2 KiB of class 0 each 50 ms. */
static uint64_t run_load(const struct load *load, bool is_bulk, bool is_urgent, double *rate_share,
                         double *queue_share)
{
    const struct hermes_channel channel = { .delay_ns = load->delay_ns,
                                            .loss = load->loss,
                                            .rate_bits = load->rate_bits,
                                            .queue_bytes = load->queue_bytes };
    const struct hermes_flow_config config = flow_pair_config();
    const uint64_t warm_ns = 3 * SECOND, all_ns = LOAD_SECONDS * SECOND, begin_ns = SECOND;
    struct flow_pair pair;
    flow_pair_init(&pair, &channel, &config, seed());
    size_t first = 0, looks = 0;
    uint64_t bytes = 0, dropped = 0;
    double waits = 0;
    for (uint64_t t = 0; t < all_ns; t += MILLISECOND) {
        while (is_bulk && hermes_flow_has_room(pair.flows[0], 65536))
            flow_pair_send(&pair, 0, BPI_HERMES_SHADOW_DATA, 65536);
        if (t == warm_ns) {
            first = pair.entry_count;
            bytes = pair.ways[0].bytes;
            dropped = pair.ways[0].dropped;
        }
        if (is_urgent && t % (50 * MILLISECOND) == 0)
            flow_pair_send(&pair, 0, BPI_HERMES_CONSENSUS, 2048);
        flow_pair_run(&pair, begin_ns + t + MILLISECOND);
        if (t >= warm_ns && pair.ways[0].free_ns > pair.now_ns)
            waits += (double)(pair.ways[0].free_ns - pair.now_ns);
        looks += t >= warm_ns ? 1 : 0;
    }
    assert_int_equal(pair.wrong + pair.malformed, 0);
    bytes = pair.ways[0].bytes - bytes - (pair.ways[0].dropped - dropped) * 1500;
    if (rate_share != NULL)
        *rate_share =
            (double)bytes * 8 * 1e9 / ((double)(all_ns - warm_ns) * (double)load->rate_bits);
    if (queue_share != NULL)
        *queue_share = waits / (double)looks / (double)load->delay_ns;
    const uint64_t p99 =
        is_urgent ? flow_pair_quantile(&pair, first, 0, BPI_HERMES_CONSENSUS, 0.99, NULL) : 0;
    flow_pair_done(&pair);
    return p99;
}

static void throughput(void **state)
{
    (void)state;
    static const struct load loads[] = {
        { 10000000, 25 * MILLISECOND, 0, 0, 0.95, 0.2 },
        { 10000000, 25 * MILLISECOND, 0, 0.05, 0.9, 0.25 },
        { 10000000, 50 * MILLISECOND, 0, 0, 0.9, 0.2 },
        { 10000000, 25 * MILLISECOND, 6000, 0, 0.9, 0 },
        { 100000000, 25 * MILLISECOND, 0, 0, 0.95, 0.2 },
        { 100000000, 5 * MILLISECOND, 0, 0, 0.95, 0.2 },
        { 100000000, 50 * MILLISECOND, 0, 0.05, 0.9, 0.2 },
    };
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        const struct load *const load = &loads[i];
        double rate, queue;
        run_load(load, true, false, &rate, &queue);
        printf("%.0f Mbit/s, %.0f ms, loss %g: %.3f of the rate, queue %.3f of the delay\n",
               (double)load->rate_bits / 1e6, (double)load->delay_ns / 1e6, load->loss, rate,
               queue);
        assert_true(rate >= load->rate_min && rate <= 1.1);
        assert_true(load->queue_max <= 0 || queue <= load->queue_max);
    }
}

static void urgent_beside_bulk(void **state)
{
    (void)state;
    static const struct load loads[] = {
        { 10000000, 25 * MILLISECOND, 0, 0, 0, 0 },  { 10000000, 50 * MILLISECOND, 0, 0, 0, 0 },
        { 100000000, 25 * MILLISECOND, 0, 0, 0, 0 }, { 100000000, 50 * MILLISECOND, 0, 0.05, 0, 0 },
        { 100000000, 5 * MILLISECOND, 0, 0, 0, 0 },
    };
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        const uint64_t idle = run_load(&loads[i], false, true, NULL, NULL);
        const uint64_t busy = run_load(&loads[i], true, true, NULL, NULL);
        printf("%.0f Mbit/s, %.0f ms, loss %g: p99 of class 0 %.2f ms idle, %.2f ms beside bulk, "
               "%.3f times\n",
               (double)loads[i].rate_bits / 1e6, (double)loads[i].delay_ns / 1e6, loads[i].loss,
               (double)idle / 1e6, (double)busy / 1e6, (double)busy / (double)idle);
        assert_true(busy * 10 <= idle * 12);
    }
}

int main(int count, char **args)
{
    if (count > 1)
        message_count = strtoull(args[1], NULL, 10);
    printf("SEED=%llu\n", (unsigned long long)seed());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unloaded),
        cmocka_unit_test(first_messages),
        cmocka_unit_test(throughput),
        cmocka_unit_test(urgent_beside_bulk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
