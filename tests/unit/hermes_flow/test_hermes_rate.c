/* test_hermes_rate.c - what others say of the path is believed only so far: a rate that is told,
 * and losses that another flow sees. */
#include "unit.h"

#include "flow_pair.h"
#include "hermes_rate_internal.h"

#define SECOND      1000000000ull
#define MILLISECOND 1000000ull

/* Bulk for ten seconds over 10 Mbit/s with a short queue; how many packets are dropped by it. */
static double dropped_share(uint64_t told_bits, uint64_t queue_bytes, double *rate_share)
{
    const struct hermes_channel shallow = { .delay_ns = 20 * MILLISECOND,
                                            .rate_bits = 10000000,
                                            .queue_bytes = queue_bytes };
    struct hermes_flow_config config = flow_pair_config();
    config.rate_bits = told_bits;
    struct flow_pair pair;
    flow_pair_init(&pair, &shallow, &config, 1);
    uint64_t packets = 0, dropped = 0, come = 0;
    for (int t = 0; t < 12000; t++) {
        while (hermes_flow_stats(pair.flows[0]).queued_bytes < 200000)
            flow_pair_send(&pair, 0, BPI_HERMES_SHADOW_DATA, 20000);
        flow_pair_run(&pair, pair.now_ns + MILLISECOND);
        if (t == 1999) {
            packets = pair.ways[0].packets;
            dropped = pair.ways[0].dropped;
            come = pair.come_bytes[BPI_HERMES_SHADOW_DATA];
        }
    }
    const double share =
        (double)(pair.ways[0].dropped - dropped) / (double)(pair.ways[0].packets - packets);
    *rate_share = (double)(pair.come_bytes[BPI_HERMES_SHADOW_DATA] - come) * 8 / 10 / 1e7;
    flow_pair_done(&pair);
    return share;
}

/* A flood ends the belief in what was told: losses after it are those of a rate told right.
 * A queue of three packets is shorter than any that is aimed at, and loses for both. */
static void a_rate_told_too_high_is_forgotten(void **state)
{
    (void)state;
    static const struct {
        uint64_t queue_bytes;
        double dropped_most;
    } rows[] = {
        { 5000, 0.15 }, { 12000, 0.002 }, { 25000, 0.002 }, { 60000, 0.002 }, { 200000, 0.002 }
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double high_rate, right_rate;
        const double high = dropped_share(100000000, rows[i].queue_bytes, &high_rate);
        const double right = dropped_share(10000000, rows[i].queue_bytes, &right_rate);
        print_message(
            "queue of %u bytes: %.4f dropped at %.3f of the rate; told right %.4f, %.3f\n",
            (unsigned)rows[i].queue_bytes, high, high_rate, right, right_rate);
        assert_true(high <= rows[i].dropped_most && right <= rows[i].dropped_most);
        assert_true(high_rate > right_rate - 0.02 && high_rate > 0.85);
    }
}

/* Of twenty packets two have come: the window that was told, after that. */
static double window_after(enum hermes_fate fate)
{
    struct hermes_rate rate;
    const struct hermes_rate_sample first = { .largest = 0,
                                              .next = 1,
                                              .rtt_ns = 200 * MILLISECOND };
    const struct hermes_rate_sample second = {
        .largest = 2, .next = 21, .rtt_ns = 200 * MILLISECOND, .arrived_us = 100000
    };
    hermes_rate_init(&rate, 1500, 5000000, 0);
    hermes_rate_sent(&rate, SECOND, 1500);
    hermes_rate_resolved(&rate, 1500, HERMES_FATE_CAME);
    hermes_rate_acked(&rate, SECOND + 200 * MILLISECOND, &first);
    for (unsigned i = 0; i < 20; i++)
        hermes_rate_sent(&rate, 2 * SECOND, 1500);
    for (unsigned i = 0; i < 20; i++)
        hermes_rate_resolved(&rate, 1500, i < 2 ? HERMES_FATE_CAME : fate);
    hermes_rate_acked(&rate, 2 * SECOND + 200 * MILLISECOND, &second);
    return rate.window;
}

/* Packets that seem lost because nothing comes any more may wait behind others' in the host's own
 * queue: only what later packets have overtaken is a flood. */
static void what_is_overdue_is_no_flood(void **state)
{
    (void)state;
    assert_true(window_after(HERMES_FATE_CAME) == 125000);
    assert_true(window_after(HERMES_FATE_OVERDUE) == 125000);
    assert_true(window_after(HERMES_FATE_LOST) < 20000);
}

/* 125000 bytes each 200 ms, which a start sends twice as fast: a packet of 1500 each 1.2 ms. Twenty
 * are under way, and turn by turn the next one's time has passed by `late_ns` before it is looked
 * at: so many leave at once in the last turn. */
static unsigned leave_at_once(uint64_t late_ns, unsigned turns, bool is_paced,
                              uint64_t rate_max_bits)
{
    struct hermes_rate rate;
    const struct hermes_rate_sample sample = { .next = 1, .rtt_ns = 200 * MILLISECOND };
    uint64_t now_ns = SECOND;
    hermes_rate_init(&rate, 1500, 5000000, rate_max_bits);
    hermes_rate_sent(&rate, now_ns, 1500);
    hermes_rate_resolved(&rate, 1500, HERMES_FATE_CAME);
    now_ns += 200 * MILLISECOND;
    hermes_rate_acked(&rate, now_ns, &sample);
    for (unsigned i = 0; i < 20; i++)
        hermes_rate_sent(&rate, now_ns, 1500);
    unsigned sent = 0;
    for (unsigned turn = 0; turn < turns; turn++) {
        for (; sent > 0; sent--) /* those of the turn before */
            hermes_rate_resolved(&rate, 1500, HERMES_FATE_CAME);
        hermes_rate_rest(&rate, is_paced);
        now_ns = hermes_rate_ready_ns(&rate, 1500, 0) + late_ns;
        for (; hermes_rate_ready_ns(&rate, 1500, 0) <= now_ns; sent++)
            hermes_rate_sent(&rate, now_ns, 1500);
    }
    return sent;
}

/* A timer that comes late does not lower the rate, within five packets: what nothing
 * waited for, or what the operator limits, is not caught up. */
static void a_late_timer_is_caught_up(void **state)
{
    (void)state;
    assert_int_equal(leave_at_once(0, 1, true, 0), 1);
    assert_int_equal(leave_at_once(0, 20, true, 0), 1);
    assert_int_equal(leave_at_once(5 * MILLISECOND, 1, true, 0), 6);
    assert_int_equal(leave_at_once(100 * MILLISECOND, 1, true, 0), 7);
    assert_int_equal(leave_at_once(100 * MILLISECOND, 20, false, 0), 1);
    assert_int_equal(leave_at_once(100 * MILLISECOND, 1, true, 50000000), 1);
    /* Late turn by turn: as many as are due until the next one, too. */
    assert_int_equal(leave_at_once(3 * MILLISECOND, 20, true, 0), 5);
    assert_int_equal(leave_at_once(100 * MILLISECOND, 20, true, 0), 10);
}

static void consensus_for(struct flow_pair *pair, uint64_t for_ns, uint64_t each_ns)
{
    for (const uint64_t end = pair->now_ns + for_ns; pair->now_ns < end;) {
        flow_pair_send(pair, 0, BPI_HERMES_CONSENSUS, 8000);
        flow_pair_run(pair, pair->now_ns + each_ns);
    }
}

/* A path that was slow becomes fast: class 0, which goes ahead of window and pace, makes the window
 * grow as bulk does. */
static void consensus_alone_finds_a_faster_path(void **state)
{
    (void)state;
    const struct hermes_channel slow = { .delay_ns = 50 * MILLISECOND, .rate_bits = 1000000 };
    const struct hermes_flow_config config = flow_pair_config();
    struct flow_pair pair;
    flow_pair_init(&pair, &slow, &config, 1);
    consensus_for(&pair, 5 * SECOND, 50 * MILLISECOND);
    pair.ways[0].channel.rate_bits = pair.ways[1].channel.rate_bits = 0;
    consensus_for(&pair, 5 * SECOND, 20 * MILLISECOND);
    const size_t first = pair.entry_count;
    consensus_for(&pair, 5 * SECOND, 20 * MILLISECOND);
    flow_pair_run(&pair, pair.now_ns + 2 * SECOND);
    assert_true(pair.entry_count - first == 250);
    for (size_t i = first; i < pair.entry_count; i++)
        assert_int_equal(pair.entries[i].done, 1);
    double mean;
    const uint64_t p99_ns = flow_pair_quantile(&pair, first, 0, BPI_HERMES_CONSENSUS, 0.99, &mean);
    assert_true(p99_ns < 60 * MILLISECOND);
    flow_pair_done(&pair);
}

static void resolve(struct hermes_rate *rate, unsigned count, unsigned lost_of_ten)
{
    for (unsigned i = 0; i < count; i++) {
        hermes_rate_sent(rate, i, 1500);
        hermes_rate_resolved(rate, 1500,
                             i % 10 < lost_of_ten ? HERMES_FATE_LOST : HERMES_FATE_CAME);
    }
}

/* One flow whose other side acknowledges every second packet only is one of ten for all others,
 * however much it sends, and nothing when it is gone. */
static void one_liar_is_one_of_many(void **state)
{
    (void)state;
    enum { HONEST = 9 };
    struct hermes_losses losses = { 0 };
    struct hermes_rate honest[HONEST], liar, fresh;
    for (unsigned i = 0; i < HONEST; i++) {
        hermes_rate_init(&honest[i], 1500, 0, 0);
        honest[i].losses = &losses;
        resolve(&honest[i], 500, 0);
    }
    hermes_rate_init(&liar, 1500, 0, 0);
    hermes_rate_init(&fresh, 1500, 0, 0);
    liar.losses = fresh.losses = &losses;
    resolve(&liar, 100000, 5);
    print_message("a fresh flow expects %.4f\n", hermes_rate_loss(&fresh));
    assert_true(hermes_rate_loss(&fresh) > 0.03 && hermes_rate_loss(&fresh) < 0.06);
    assert_true(hermes_rate_loss_own(&fresh) == 0.01);
    assert_true(hermes_rate_loss_own(&liar) > 0.45);
    hermes_rate_done(&liar);
    assert_true(hermes_rate_loss(&fresh) < 0.001);
    for (unsigned i = 0; i < HONEST; i++)
        hermes_rate_done(&honest[i]);
    assert_true(losses.seen < 1e-6 && losses.lost < 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_told_too_high_is_forgotten),
        cmocka_unit_test(what_is_overdue_is_no_flood),
        cmocka_unit_test(a_late_timer_is_caught_up),
        cmocka_unit_test(consensus_alone_finds_a_faster_path),
        cmocka_unit_test(one_liar_is_one_of_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
