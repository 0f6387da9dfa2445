/* test_hermes_flow.c - one property of a flow at a time, over a channel in virtual time. */
#include "unit.h"

#include "flow_pair.h"
#include "hermes_rate_internal.h"

#include <stdlib.h>
#include <string.h>

#define SECOND      1000000000ull
#define MILLISECOND 1000000ull

static const struct hermes_channel plain = { .delay_ns = 20 * MILLISECOND };

static void start(struct flow_pair *pair, const struct hermes_channel *channel)
{
    const struct hermes_flow_config config = flow_pair_config();
    flow_pair_init(pair, channel, &config, 1);
}

static void need_all(const struct flow_pair *pair)
{
    assert_int_equal(pair->wrong + pair->malformed + pair->refused, 0);
    for (size_t i = 0; i < pair->entry_count; i++) {
        assert_int_equal(pair->entries[i].come_count, 1);
        assert_int_equal(pair->entries[i].done, 1);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(hermes_flow_stats(pair->flows[i]).memory_bytes, 0);
        assert_int_equal(hermes_flow_stats(pair->flows[i]).queued_bytes, 0);
    }
}

static void errors(void **state)
{
    (void)state;
    struct hermes_flow_config config = flow_pair_config();
    struct hermes_flow *flow = NULL;
    static uint8_t bytes[BPI_HERMES_MESSAGE_MAX + 257];
    config.packet_max = 447;
    assert_int_equal(hermes_flow_new(&config, 0, &flow), BASE_ERANGE);
    config.packet_max = 65536;
    assert_int_equal(hermes_flow_new(&config, 0, &flow), BASE_ERANGE);
    config = flow_pair_config();
    config.memory_bytes = 0;
    assert_int_equal(hermes_flow_new(&config, 0, &flow), BASE_ERANGE);
    assert_null(flow);
    config.memory_bytes = 100000;
    assert_int_equal(hermes_flow_new(&config, 0, &flow), BASE_OK);
    static const struct {
        unsigned class;
        size_t size;
        base_err err;
    } rows[] = {
        { 0, 0, BASE_ERANGE },  { 0, sizeof bytes, BASE_ERANGE },
        { 3, 10, BASE_ERANGE }, { 0, sizeof bytes - 1, BASE_EFULL },
        { 0, 1, BASE_OK },      { 2, 80000, BASE_EFULL },
        { 2, 60000, BASE_OK },  { 2, 30000, BASE_EFULL },
        { 1, 20000, BASE_OK },  { 1, 10000, BASE_EFULL },
        { 0, 10000, BASE_OK },  { 0, 20000, BASE_EFULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(hermes_flow_submit(flow, 0, (enum bpi_hermes_class)rows[i].class,
                                            (struct base_span){ bytes, rows[i].size }, i),
                         rows[i].err);
    assert_false(hermes_flow_has_room(flow, 1));
    assert_true(hermes_flow_stats(flow).memory_bytes <= 100000);
    hermes_flow_free(flow);
    hermes_flow_free(NULL);
}

static void would_take_is_what_submit_does(void **state)
{
    (void)state;
    static const uint8_t bytes[200000];
    struct base_rng rng;
    base_rng_init(&rng, 4);
    uint32_t taken = 0, refused = 0;
    for (int round = 0; round < 300; round++) {
        struct hermes_flow_config config = flow_pair_config();
        struct hermes_flow *flow = NULL;
        config.memory_bytes = 20000 + base_rng_below(&rng, 300000);
        assert_int_equal(hermes_flow_new(&config, 0, &flow), BASE_OK);
        for (int i = 0; i < 60; i++) {
            const enum bpi_hermes_class class = (enum bpi_hermes_class)base_rng_below(&rng, 3);
            const size_t most = i % 2 == 0 ? sizeof bytes : 2000;
            const size_t size = 1 + base_rng_below(&rng, most);
            const bool would = hermes_flow_would_take(flow, class, size);
            assert_int_equal(
                hermes_flow_submit(flow, 0, class, (struct base_span){ bytes, size }, 1),
                would ? BASE_OK : BASE_EFULL);
            taken += would;
            refused += !would;
        }
        hermes_flow_free(flow);
    }
    assert_true(taken > 1000 && refused > 1000);
}

static void idle_flow_sleeps(void **state)
{
    (void)state;
    struct flow_pair pair;
    start(&pair, &plain);
    assert_true(hermes_flow_wake_ns(pair.flows[0]) == UINT64_MAX);
    flow_pair_send(&pair, 0, BPI_HERMES_AUCTION, 300);
    flow_pair_run(&pair, pair.now_ns + 10 * SECOND);
    need_all(&pair);
    for (int i = 0; i < 2; i++)
        assert_true(hermes_flow_wake_ns(pair.flows[i]) == UINT64_MAX);
    flow_pair_done(&pair);
}

static void one_way_is_enough(void **state)
{
    (void)state;
    struct flow_pair pair;
    start(&pair, &plain);
    static const size_t sizes[] = { 8,    1400,  1412,  1413,   2048,
                                    8192, 45000, 46000, 300000, BPI_HERMES_MESSAGE_MAX + 256 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const size_t number = flow_pair_send(&pair, 0, (enum bpi_hermes_class)(i % 3), sizes[i]);
        flow_pair_run(&pair, pair.now_ns + 4 * SECOND);
        if (sizes[i] <= 8192)
            assert_int_equal(pair.entries[number].come_ns - pair.entries[number].sent_ns,
                             plain.delay_ns);
    }
    need_all(&pair);
    assert_int_equal(hermes_flow_stats(pair.flows[0]).fragments_repeated, 0);
    flow_pair_done(&pair);
}

/* Every size around the one that needs a second block, and the smallest packets. */
static void sizes_around_a_block(void **state)
{
    (void)state;
    static const size_t packets[] = { 448, 475, 1420 };
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        struct flow_pair pair;
        struct hermes_flow_config config = flow_pair_config();
        config.packet_max = packets[i];
        flow_pair_init(&pair, &plain, &config, 1);
        const size_t block = 32 * (packets[i] - 8);
        for (size_t size = block - 20; size < block + 20; size++) {
            flow_pair_send(&pair, 0, BPI_HERMES_CONSENSUS, size);
            flow_pair_run(&pair, pair.now_ns + SECOND);
        }
        for (size_t size = 8180; size < 8220; size++) {
            flow_pair_send(&pair, 0, BPI_HERMES_CONSENSUS, size);
            flow_pair_run(&pair, pair.now_ns + SECOND);
        }
        flow_pair_send(&pair, 0, BPI_HERMES_SHADOW_DATA, BPI_HERMES_MESSAGE_MAX + 256);
        flow_pair_run(&pair, pair.now_ns + 10 * SECOND);
        need_all(&pair);
        flow_pair_done(&pair);
    }
}

static void small_ones_share_packets(void **state)
{
    (void)state;
    const struct hermes_channel slow = { .delay_ns = 20 * MILLISECOND, .rate_bits = 10000000 };
    struct flow_pair pair;
    struct hermes_losses none = { .seen = 1000 };
    struct hermes_flow_config config = flow_pair_config();
    config.losses = &none;
    flow_pair_init(&pair, &slow, &config, 1);
    for (int i = 0; i < 1000; i++)
        flow_pair_send(&pair, 0, BPI_HERMES_AUCTION, 60);
    flow_pair_run(&pair, pair.now_ns + 4 * SECOND);
    need_all(&pair);
    /* Those that did not have to wait went alone: a burst and a half of 149 bytes on the wire. */
    assert_in_range(hermes_flow_stats(pair.flows[0]).fragments_sent, 44, 200);
    flow_pair_done(&pair);
}

static void first_burst_is_bounded(void **state)
{
    (void)state;
    struct flow_pair pair;
    start(&pair, &plain);
    flow_pair_send(&pair, 0, BPI_HERMES_SHADOW_DATA, 400000);
    assert_in_range(pair.ways[0].bytes, 10000, 14600);
    flow_pair_run(&pair, pair.now_ns + 20 * MILLISECOND);
    assert_in_range(pair.ways[0].bytes, 10000, 14600);
    flow_pair_run(&pair, pair.now_ns + 4 * SECOND);
    need_all(&pair);
    flow_pair_done(&pair);
}

/* A rate that is told is sent at after one round trip; else the first window is doubled. */
static void known_rate_is_used(void **state)
{
    (void)state;
    static const uint64_t rates[] = { 0, 100000000 };
    static const uint64_t least[] = { 29000, 400000 }, most[] = { 60000, 600000 };
    for (size_t i = 0; i < 2; i++) {
        struct hermes_flow_config config = flow_pair_config();
        config.rate_bits = rates[i];
        struct flow_pair pair;
        flow_pair_init(&pair, &plain, &config, 1);
        flow_pair_send(&pair, 0, BPI_HERMES_SHADOW_DATA, 1000000);
        flow_pair_run(&pair, pair.now_ns + 84 * MILLISECOND);
        assert_in_range(pair.ways[0].bytes, least[i], most[i]);
        flow_pair_done(&pair);
    }
}

/* A little, a pause, then more than a far link carries: its queue is seen before anything that
 * filled the link has been acknowledged, and the window must not be made for the little. */
static void full_after_a_pause(void **state)
{
    (void)state;
    const uint64_t rate_bits = 1500000;
    const struct hermes_channel far = { .delay_ns = 200 * MILLISECOND,
                                        .rate_bits = rate_bits,
                                        .loss = 0.05 };
    struct hermes_flow_config config = flow_pair_config();
    config.rate_bits = rate_bits;
    struct flow_pair pair;
    flow_pair_init(&pair, &far, &config, 1);
    for (int i = 0; i < 2; i++) {
        flow_pair_send(&pair, 0, BPI_HERMES_CONSENSUS, 100);
        flow_pair_run(&pair, pair.now_ns + 2 * SECOND);
    }
    const uint64_t before = pair.ways[0].bytes, begin_ns = pair.now_ns;
    for (int i = 0; pair.now_ns < begin_ns + 6 * SECOND; i++) {
        for (int j = 0; j < 6 && i % 12 == 0; j++)
            flow_pair_send(&pair, 0, BPI_HERMES_SHADOW_DATA, 2048);
        flow_pair_send(&pair, 1, BPI_HERMES_CONSENSUS, 8); /* acknowledgements go with it */
        flow_pair_run(&pair, pair.now_ns + 5 * MILLISECOND);
    }
    const double share = (double)(pair.ways[0].bytes - before) * 8 / 6 / (double)rate_bits;
    print_message("%.3f of the rate\n", share);
    assert_true(share > 0.85);
    flow_pair_done(&pair);
}

static void given_up_at_its_deadline(void **state)
{
    (void)state;
    struct flow_pair pair;
    start(&pair, &plain);
    pair.ways[0].is_down = true;
    static const uint64_t deadlines[] = { SECOND, 5 * SECOND, 30 * SECOND };
    for (unsigned class = 0; class < BPI_HERMES_CLASSES; class ++)
        flow_pair_send(&pair, 0, (enum bpi_hermes_class) class, 60000);
    const uint64_t begin_ns = pair.now_ns;
    for (unsigned class = 0; class < BPI_HERMES_CLASSES; class ++) {
        flow_pair_run(&pair, begin_ns + deadlines[class] - 1);
        assert_int_equal(pair.entries[class].done, 0);
        flow_pair_run(&pair, begin_ns + deadlines[class]);
        assert_int_equal(pair.entries[class].done, -1);
    }
    assert_int_equal(hermes_flow_stats(pair.flows[0]).expired, 3);
    assert_int_equal(hermes_flow_stats(pair.flows[0]).memory_bytes, 0);
    /* A dead link costs a probe now and then, not a flood. */
    assert_true(pair.ways[0].packets < 600);
    flow_pair_done(&pair);
}

/* Whatever was submitted while the link was dead comes soon after it heals. */
static void healed_link_is_found(void **state)
{
    (void)state;
    struct flow_pair pair;
    start(&pair, &plain);
    flow_pair_send(&pair, 0, BPI_HERMES_CONSENSUS, 500);
    flow_pair_run(&pair, pair.now_ns + SECOND);
    pair.ways[0].is_down = pair.ways[1].is_down = true;
    for (int i = 0; i < 40; i++)
        flow_pair_send(&pair, 0, BPI_HERMES_SHADOW_DATA, 60000);
    flow_pair_run(&pair, pair.now_ns + 10 * SECOND);
    const size_t number = flow_pair_send(&pair, 0, BPI_HERMES_CONSENSUS, 2000);
    flow_pair_run(&pair, pair.now_ns + 500 * MILLISECOND);
    pair.ways[0].is_down = pair.ways[1].is_down = false;
    flow_pair_run(&pair, pair.now_ns + 15 * SECOND);
    assert_int_equal(pair.entries[number].done, 1);
    need_all(&pair);
    flow_pair_done(&pair);
}

static void rate_max_is_kept(void **state)
{
    (void)state;
    struct hermes_flow_config config = flow_pair_config();
    config.rate_max_bits = 2000000;
    struct flow_pair pair;
    flow_pair_init(&pair, &plain, &config, 1);
    for (int i = 0; i < 40; i++)
        flow_pair_send(&pair, 0, BPI_HERMES_SHADOW_DATA, 50000);
    flow_pair_run(&pair, pair.now_ns + 4 * SECOND);
    assert_in_range(pair.ways[0].bytes, 900000, 1020000);
    flow_pair_done(&pair);
}

/* Class 0 alone could fill the link; both others get at least 1/16 of its bytes. */
static void nobody_starves(void **state)
{
    (void)state;
    const struct hermes_channel link = { .delay_ns = 10 * MILLISECOND, .rate_bits = 10000000 };
    struct hermes_flow_config config = flow_pair_config();
    for (unsigned i = 0; i < BPI_HERMES_CLASSES; i++)
        config.deadline_ns[i] = 60 * SECOND;
    struct flow_pair pair;
    flow_pair_init(&pair, &link, &config, 1);
    uint64_t given[BPI_HERMES_CLASSES] = { 0 };
    for (int t = 0; t < 20000; t++) {
        for (unsigned class = 0; class < BPI_HERMES_CLASSES; class ++)
            for (; given[class] < pair.come_bytes[class] + 500000; given[class] += 20000)
                flow_pair_send(&pair, 0, (enum bpi_hermes_class) class, 20000);
        flow_pair_run(&pair, pair.now_ns + MILLISECOND);
    }
    const uint64_t all = pair.come_bytes[0] + pair.come_bytes[1] + pair.come_bytes[2];
    print_message(
        "bytes of the classes: %.3f %.3f %.3f\n", (double)pair.come_bytes[0] / (double)all,
        (double)pair.come_bytes[1] / (double)all, (double)pair.come_bytes[2] / (double)all);
    assert_true(pair.come_bytes[1] * 17 >= all && pair.come_bytes[2] * 17 >= all);
    assert_true(pair.come_bytes[0] * 100 >= all * 83);
    flow_pair_done(&pair);
}

static void loss_is_measured(void **state)
{
    (void)state;
    const struct hermes_channel lossy = { .delay_ns = 20 * MILLISECOND, .loss = 0.05 };
    struct flow_pair pair;
    start(&pair, &lossy);
    assert_true(hermes_flow_stats(pair.flows[0]).loss_share == 0.01);
    for (int i = 0; i < 1000; i++) {
        flow_pair_send(&pair, 0, BPI_HERMES_CONSENSUS, 3000);
        flow_pair_run(&pair, pair.now_ns + 50 * MILLISECOND);
    }
    const struct hermes_flow_stats stats = hermes_flow_stats(pair.flows[0]);
    assert_true(stats.loss_share > 0.03 && stats.loss_share < 0.07);
    assert_in_range(stats.rtt_ns, 40 * MILLISECOND, 41 * MILLISECOND);
    assert_true(stats.fragments_parity > 0 && stats.fragments_repeated > 0);
    flow_pair_done(&pair);
}

/* What all flows of a node saw counts where little was seen, and not where much was. */
static void losses_are_shared(void **state)
{
    (void)state;
    const struct hermes_channel lossy = { .delay_ns = 20 * MILLISECOND, .loss = 0.2 };
    struct hermes_losses losses = { 0 };
    struct hermes_flow_config config = flow_pair_config();
    config.losses = &losses;
    struct flow_pair pair, other;
    flow_pair_init(&pair, &lossy, &config, 1);
    flow_pair_init(&other, &plain, &config, 1);
    assert_true(hermes_flow_stats(other.flows[0]).loss_share == 0.01);
    for (int i = 0; i < 200; i++) {
        flow_pair_send(&pair, 0, BPI_HERMES_CONSENSUS, 3000);
        flow_pair_run(&pair, pair.now_ns + 50 * MILLISECOND);
    }
    const double before = hermes_flow_stats(other.flows[0]).loss_share;
    print_message("another flow loses %.3f\n", before);
    assert_true(before > 0.15 && before < 0.25);
    for (int i = 0; i < 500; i++) {
        flow_pair_send(&other, 0, BPI_HERMES_CONSENSUS, 3000);
        flow_pair_run(&other, other.now_ns + 50 * MILLISECOND);
    }
    assert_true(hermes_flow_stats(other.flows[0]).loss_share < 0.02);
    flow_pair_done(&pair);
    flow_pair_done(&other);
}

/* Messages of 2 KiB, `count` of them, one each gap, on a path that loses 5 % and is known to. Bytes
 * of parity, of those of data. */
static double parity_of(struct flow_pair *pair, double loss, size_t count, uint64_t gap_ns)
{
    const struct hermes_channel far = { .delay_ns = 100 * MILLISECOND, .loss = loss };
    static struct hermes_losses losses;
    losses = (struct hermes_losses){ .lost = 50, .seen = 1000 };
    struct hermes_flow_config config = flow_pair_config();
    config.losses = &losses;
    config.rate_bits = 100000000;
    flow_pair_init(pair, &far, &config, 1);
    flow_pair_send(pair, 0, BPI_HERMES_CONSENSUS, 100);
    flow_pair_run(pair, pair->now_ns + SECOND);
    const struct hermes_flow_stats before = hermes_flow_stats(pair->flows[0]);
    for (size_t i = 0; i < count; i++) {
        assert_true(flow_pair_send(pair, 0, BPI_HERMES_CONSENSUS, 2048) != SIZE_MAX);
        flow_pair_run(pair, pair->now_ns + gap_ns);
    }
    const struct hermes_flow_stats after = hermes_flow_stats(pair->flows[0]);
    flow_pair_run(pair, pair->now_ns + 2 * SECOND);
    need_all(pair);
    const double parity = (double)(after.fragments_parity - before.fragments_parity);
    const double repeated = (double)(after.fragments_repeated - before.fragments_repeated);
    return parity / ((double)(after.fragments_sent - before.fragments_sent) - parity - repeated);
}

/* Close messages share parity: there is less of it, and what comes is handed out at once; what does
 * not comes with the parity and not with a repair. One that nothing follows has its own, at once.
 */
static void close_ones_share_parity(void **state)
{
    (void)state;
    const uint64_t delay_ns = 100 * MILLISECOND;
    struct flow_pair pair;
    const double alone = parity_of(&pair, 0, 4, 90 * MILLISECOND);
    flow_pair_done(&pair);
    const double shared = parity_of(&pair, 0, 40, 2 * MILLISECOND);
    for (size_t i = 0; i < pair.entry_count; i++)
        assert_int_equal(pair.entries[i].come_ns - pair.entries[i].sent_ns, delay_ns);
    flow_pair_done(&pair);
    print_message("parity, of the data: %.3f alone, %.3f shared\n", alone, shared);
    assert_true(alone >= 0.4 && shared > 0.1 && shared < 0.4);
    (void)parity_of(&pair, 0.05, 2000, 2 * MILLISECOND);
    size_t late = 0, recovered = 0;
    for (size_t i = 1; i < pair.entry_count; i++) {
        const uint64_t took_ns = pair.entries[i].come_ns - pair.entries[i].sent_ns;
        recovered += took_ns > delay_ns;
        late += took_ns > delay_ns + 60 * MILLISECOND;
    }
    print_message("%zu of %zu waited for parity, %zu for a repair\n", recovered, pair.entry_count,
                  late);
    assert_true(recovered > 100 && recovered < 400 && late < 10);
    flow_pair_done(&pair);
}

/* Reordering, late packets and copies made by the network are not taken for loss for long. */
static void disorder_is_no_loss(void **state)
{
    (void)state;
    const struct hermes_channel mixed = { .delay_ns = 20 * MILLISECOND,
                                          .jitter_ns = 10 * MILLISECOND,
                                          .duplicate = 0.1 };
    struct flow_pair pair;
    start(&pair, &mixed);
    for (int i = 0; i < 2000; i++) {
        flow_pair_send(&pair, 0, BPI_HERMES_AUCTION, 3000);
        flow_pair_run(&pair, pair.now_ns + 10 * MILLISECOND);
    }
    flow_pair_run(&pair, pair.now_ns + SECOND);
    need_all(&pair);
    assert_true(hermes_flow_stats(pair.flows[0]).loss_share < 0.01);
    assert_true(hermes_flow_stats(pair.flows[1]).duplicates > 0);
    flow_pair_done(&pair);
}

static void both_ways_at_once(void **state)
{
    (void)state;
    const struct hermes_channel link = { .delay_ns = 10 * MILLISECOND,
                                         .rate_bits = 20000000,
                                         .loss = 0.01 };
    struct flow_pair pair;
    start(&pair, &link);
    for (int i = 0; i < 60; i++)
        for (unsigned from = 0; from < 2; from++) {
            flow_pair_send(&pair, from, (enum bpi_hermes_class)(i % 3), 100 + 777 * (size_t)i);
            flow_pair_run(&pair, pair.now_ns + 10 * MILLISECOND);
        }
    flow_pair_run(&pair, pair.now_ns + 10 * SECOND);
    need_all(&pair);
    flow_pair_done(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors),
        cmocka_unit_test(would_take_is_what_submit_does),
        cmocka_unit_test(idle_flow_sleeps),
        cmocka_unit_test(one_way_is_enough),
        cmocka_unit_test(sizes_around_a_block),
        cmocka_unit_test(small_ones_share_packets),
        cmocka_unit_test(first_burst_is_bounded),
        cmocka_unit_test(known_rate_is_used),
        cmocka_unit_test(full_after_a_pause),
        cmocka_unit_test(given_up_at_its_deadline),
        cmocka_unit_test(healed_link_is_found),
        cmocka_unit_test(rate_max_is_kept),
        cmocka_unit_test(nobody_starves),
        cmocka_unit_test(loss_is_measured),
        cmocka_unit_test(losses_are_shared),
        cmocka_unit_test(close_ones_share_parity),
        cmocka_unit_test(disorder_is_no_loss),
        cmocka_unit_test(both_ways_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
