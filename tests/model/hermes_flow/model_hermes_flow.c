/* model_hermes_flow.c - random histories against a book: every message comes once with its own
 * bytes, or its sender is told that it did not; what is reported as delivered was; memory stays
 * within its bound and is all given back. Argument: histories (60). SEED repeats a run. */
#include "unit.h"

#include "flow_pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SECOND      1000000000ull
#define MILLISECOND 1000000ull

#ifdef BPI_SANITIZED
static size_t history_count = 12;
#else
static size_t history_count = 60;
#endif

static struct hermes_channel random_channel(struct base_rng *rng)
{
    static const double losses[] = { 0, 0.01, 0.05, 0.2 };
    static const uint64_t rates[] = { 0, 0, 1000000, 10000000, 100000000 };
    return (struct hermes_channel){
        .delay_ns = base_rng_below(rng, 200 * MILLISECOND),
        .jitter_ns = base_rng_below(rng, 3) == 0 ? base_rng_below(rng, 50 * MILLISECOND) : 0,
        .loss = losses[base_rng_below(rng, 4)],
        .duplicate = base_rng_below(rng, 3) == 0 ? 0.1 : 0,
        .reorder = base_rng_below(rng, 4) == 0 ? 0.05 : 0,
        .rate_bits = rates[base_rng_below(rng, 5)],
    };
}

static size_t random_size(struct base_rng *rng)
{
    static const size_t most[] = { 100, 2048, 9000, 50000, 300000 };
    return FLOW_PAIR_MESSAGE_MIN + base_rng_below(rng, most[base_rng_below(rng, 5)]);
}

static void check_book(const struct flow_pair *pair, const struct hermes_flow_config *config)
{
    uint64_t delivered = 0;
    for (size_t i = 0; i < pair->entry_count; i++) {
        const struct flow_pair_entry *const entry = &pair->entries[i];
        assert_true(entry->come_count <= 1);
        assert_true(entry->done != 0);
        /* The other way round is allowed: it came, but no acknowledgement did in time. */
        assert_true(entry->done == -1 || entry->come_count == 1);
        delivered += entry->come_count;
        const uint64_t late_ns = 2 * config->deadline_ns[entry->class] + SECOND;
        assert_true(entry->come_count == 0 || entry->come_ns - entry->sent_ns <= late_ns);
    }
    assert_int_equal(pair->wrong + pair->malformed, 0);
    assert_true(pair->memory_max <= 2 * config->memory_bytes);
    for (int i = 0; i < 2; i++)
        assert_int_equal(hermes_flow_stats(pair->flows[i]).memory_bytes, 0);
    printf(" %llu of %zu came, %llu refused", (unsigned long long)delivered, pair->entry_count,
           (unsigned long long)pair->refused);
}

static void history(uint64_t seed)
{
    struct base_rng rng;
    base_rng_init(&rng, seed);
    struct hermes_flow_config config = flow_pair_config();
    config.memory_bytes = (size_t)60000 << base_rng_below(&rng, 7);
    config.packet_max = 448 + base_rng_below(&rng, 1000);
    config.rate_max_bits = base_rng_below(&rng, 5) == 0 ? 5000000 : 0;
    const struct hermes_channel channel = random_channel(&rng);
    struct flow_pair pair;
    flow_pair_init(&pair, &channel, &config, seed);
    const size_t count = 50 + base_rng_below(&rng, 400);
    const uint64_t pause_ns = 1 + base_rng_below(&rng, 60 * MILLISECOND);
    for (size_t i = 0; i < count; i++) {
        const unsigned from = (unsigned)base_rng_below(&rng, 2);
        flow_pair_send(&pair, from, (enum bpi_hermes_class)base_rng_below(&rng, 3),
                       random_size(&rng));
        if (base_rng_below(&rng, 60) == 0)
            pair.ways[from].is_down = !pair.ways[from].is_down;
        if (base_rng_below(&rng, 4) != 0)
            flow_pair_run(&pair, pair.now_ns + base_rng_below(&rng, pause_ns));
    }
    pair.ways[0].is_down = pair.ways[1].is_down = false;
    flow_pair_run(&pair, pair.now_ns + 100 * SECOND);
    printf("seed %llu: loss %g, %.0f ms, %.0f Mbit/s, %zu KiB:", (unsigned long long)seed,
           channel.loss, (double)channel.delay_ns / 1e6, (double)channel.rate_bits / 1e6,
           config.memory_bytes >> 10);
    check_book(&pair, &config);
    printf("\n");
    flow_pair_done(&pair);
}

static uint64_t first_seed;

static void histories(void **state)
{
    (void)state;
    for (size_t i = 0; i < history_count; i++)
        history(first_seed + i);
}

int main(int count, char **args)
{
    const char *const text = getenv("SEED");
    first_seed = text != NULL ? strtoull(text, NULL, 0) : (uint64_t)time(NULL);
    if (count > 1)
        history_count = strtoull(args[1], NULL, 10);
    printf("SEED=%llu\n", (unsigned long long)first_seed);
    const struct CMUnitTest tests[] = { cmocka_unit_test(histories) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
