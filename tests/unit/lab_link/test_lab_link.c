/* test_lab_link.c - what a link does to packets, against what was asked for.
 *
 * Shares are held to the exact binomial interval of a fixed seed's million packets: a test that
 * passes passes always, and a share that is off by a few thousandths of itself does not pass. */
#include "unit.h"

#include <lab/link.h>
#include <stats/interval.h>

#include <math.h>
#include <string.h>

#define MS     UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

enum { PACKETS = 1000000 };

static struct lab_link link_of(struct lab_link_config config, uint64_t seed)
{
    struct lab_link link;
    struct base_why why = { 0 };
    if (lab_link_init(&link, &config, seed, &why) != BASE_OK)
        fail_msg("%s", why.text);
    return link;
}

static void check_share(const char *what, uint64_t count, uint64_t trials, double share)
{
    const struct stats_interval i = stats_interval_clopper_pearson(count, trials, 0.999);
    if (!(i.low <= share && share <= i.high))
        fail_msg("%s: %llu of %llu is not %g", what, (unsigned long long)count,
                 (unsigned long long)trials, share);
}

static void check_conserved(const struct lab_link_counts *n)
{
    assert_int_equal(n->packets,
                     n->delivered + n->lost + n->queue_dropped + n->mtu_dropped + n->down_dropped);
}

static const uint8_t loss_trace[] = { 0, 1, 1, 0, 0 };
static const int64_t jitter_trace[] = { 0, 1000, -2000, 500 };

static void what_cannot_be_is_refused(void **state)
{
    static const int64_t days[] = { 1, INT64_C(90000000000000) };
    const struct {
        struct lab_link_config config;
        const char *sentence;
    } rows[] = {
        { { .loss = LAB_LOSS_BERNOULLI, .loss_share = 1.01 },
          "packet loss: 101% is not between 0% and 100%" },
        { { .loss_share = -0.01 }, "packet loss: -1% is not between 0% and 100%" },
        { { .loss_share = NAN }, "packet loss: nan% is not between" },
        { { .good_to_bad = 2 }, "good to bad: 200%" },
        { { .bad_to_good = INFINITY }, "bad to good: inf%" },
        { { .loss_good = 1.5 }, "when good: 150%" },
        { { .loss_bad = 1.5 }, "when bad: 150%" },
        { { .duplicate = 3 }, "duplication: 300%" },
        { { .corrupt = -3 }, "corruption: -300%" },
        { { .reorder = 1.25, .delay_ns = 1 }, "reordering: 125%" },
        { { .reorder = 0.1 }, "reordering needs a delay" },
        { { .delay_ns = 3601 * SECOND }, "delay: 3601s is more than an hour" },
        { { .jitter = LAB_JITTER_NORMAL, .jitter_ns = 7200 * SECOND },
          "jitter: 7200s is more than an hour" },
        { { .jitter = LAB_JITTER_TRACE }, "jitter: the trace is empty" },
        { { .jitter = LAB_JITTER_TRACE, .jitter_trace = days, .jitter_count = 2 },
          "value 2 of the trace" },
        { { .loss = LAB_LOSS_TRACE, .loss_trace = loss_trace }, "packet loss: the trace is empty" },
        { { .loss = LAB_LOSS_TRACE, .loss_count = 3 }, "packet loss: the trace is empty" },
        { { .rate_bits = 999 }, "bandwidth: 999 bit/s is not between 1 kbit/s and 10 Tbit/s" },
        { { .rate_bits = LAB_LINK_RATE_MAX + 1 }, "is not between 1 kbit/s and 10 Tbit/s" },
        { { .queue_bytes = 3000 }, "queue: 3000 bytes without a bandwidth" },
        { { .queue = LAB_QUEUE_CODEL }, "CoDel without a bandwidth" },
        { { .rate_bits = 1000, .queue_bytes = 450001 }, "is more than an hour" },
        { { .rate_bits = 1000, .codel_target_ns = 3601 * SECOND }, "CoDel target: 3601s" },
        { { .rate_bits = 1000, .codel_interval_ns = 3601 * SECOND }, "CoDel interval: 3601s" },
        { { .mtu_bytes = 67 }, "MTU: 67 bytes is below 68" },
        { { .jitter = (enum lab_jitter)9 }, "of no known kind" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct base_why why = { 0 };
        struct lab_link link;
        assert_int_equal(lab_link_init(&link, &rows[i].config, 1, &why), BASE_ERANGE);
        if (strstr(why.text, rows[i].sentence) == NULL)
            fail_msg("\"%s\" lacks \"%s\"", why.text, rows[i].sentence);
        assert_int_equal(lab_link_check(&rows[i].config, NULL), BASE_ERANGE);
        link = link_of((struct lab_link_config){ .delay_ns = 5 }, 1);
        assert_int_equal(lab_link_change(&link, &rows[i].config, NULL), BASE_ERANGE);
        assert_int_equal(link.config.delay_ns, 5);
    }
}

static void presets_have_names_and_are_possible(void **state)
{
    static const char *const wanted[] = { "local", "internet",  "poor", "large", "lan",
                                          "wan",   "satellite", "lte",  "wifi" };
    struct lab_link_config config;
    struct base_why why = { 0 };
    const char *doc = NULL;
    size_t count = 0;
    (void)state;
    for (; lab_link_preset_name(count, &doc) != NULL; count++) {
        assert_int_equal(lab_link_preset(lab_link_preset_name(count, NULL), &config, &why),
                         BASE_OK);
        assert_int_equal(lab_link_check(&config, &why), BASE_OK);
        assert_true(strlen(doc) > 3);
    }
    assert_int_equal(count, sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(lab_link_preset(wanted[i], &config, NULL), BASE_OK);
    assert_int_equal(lab_link_preset("poor", &config, NULL), BASE_OK);
    assert_int_equal(config.delay_ns, 200 * MS);
    assert_true(config.loss == LAB_LOSS_BERNOULLI && config.loss_share == 0.05);
    assert_int_equal(lab_link_preset("moon", &config, &why), BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "\"moon\"; there are local, internet, poor, large, lan, wan"));
}

static void a_zeroed_link_is_perfect(void **state)
{
    struct lab_link link = link_of((struct lab_link_config){ 0 }, 7);
    struct lab_fate fates[LAB_FATES_MAX];
    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(lab_link_send(&link, i, LAB_LINK_PACKET_MAX, fates), 1);
        assert_true(fates[0].at_ns == i && !fates[0].is_corrupt);
    }
    assert_int_equal(link.counts.delivered, 1000);
    assert_int_equal(link.counts.delivered_bytes, 1000 * (uint64_t)LAB_LINK_PACKET_MAX);
    assert_int_equal(link.counts.delay_sum_ns, 0);
}

static void cuts_and_large_packets_are_counted(void **state)
{
    struct lab_link link =
        link_of((struct lab_link_config){ .mtu_bytes = 1500, .delay_ns = MS }, 7);
    struct lab_fate fates[LAB_FATES_MAX];
    (void)state;
    assert_int_equal(lab_link_send(&link, 0, 1500, fates), 1);
    assert_int_equal(fates[0].at_ns, MS);
    assert_int_equal(lab_link_send(&link, 0, 1501, fates), 0);
    link.config.is_down = true;
    assert_int_equal(lab_link_send(&link, 1, 1501, fates), 0);
    assert_int_equal(lab_link_send(&link, 2, 100, fates), 0);
    assert_int_equal(link.counts.mtu_dropped, 1);
    assert_int_equal(link.counts.down_dropped, 2);
    assert_int_equal(link.counts.packets, 4);
    assert_int_equal(link.counts.bytes, 1500 + 1501 + 1501 + 100);
    check_conserved(&link.counts);
}

static void one_seed_is_one_history(void **state)
{
    const struct lab_link_config config = { .delay_ns = 10 * MS,
                                            .jitter = LAB_JITTER_PARETO,
                                            .jitter_ns = MS,
                                            .loss = LAB_LOSS_BERNOULLI,
                                            .loss_share = 0.2,
                                            .duplicate = 0.1,
                                            .corrupt = 0.1,
                                            .reorder = 0.1 };
    struct lab_link a = link_of(config, 5), b = link_of(config, 5), c = link_of(config, 6);
    unsigned others = 0;
    (void)state;
    for (uint64_t i = 0; i < 10000; i++) {
        struct lab_fate fa[2] = { 0 }, fb[2] = { 0 }, fc[2] = { 0 };
        const size_t count = lab_link_send(&a, i * MS, 100, fa);
        assert_int_equal(lab_link_send(&b, i * MS, 100, fb), count);
        assert_memory_equal(fa, fb, count * sizeof *fa);
        others += lab_link_send(&c, i * MS, 100, fc) != count || fa[0].at_ns != fc[0].at_ns;
    }
    assert_true(others > 5000);
    check_conserved(&a.counts);
}

static void bernoulli_loses_its_share(void **state)
{
    static const double shares[] = { 0.0001, 0.005, 0.01, 0.05, 0.5, 1 };
    struct lab_fate fates[LAB_FATES_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        struct lab_link link = link_of(
            (struct lab_link_config){ .loss = LAB_LOSS_BERNOULLI, .loss_share = shares[i] }, i);
        uint64_t after_loss = 0;
        bool was_lost = false;
        for (uint64_t k = 0; k < PACKETS; k++) {
            const bool is_lost = lab_link_send(&link, k, 1, fates) == 0;
            after_loss += was_lost && is_lost;
            was_lost = is_lost;
        }
        check_share("lost", link.counts.lost, PACKETS, shares[i]);
        if (shares[i] < 1)
            check_share("lost after a loss", after_loss, link.counts.lost, shares[i]);
    }
}

/* Runs of losses: the state is bad for a geometric time. */
static void gilbert_elliott_loses_in_bursts(void **state)
{
    const double to_bad = 0.01, to_good = 0.2;
    struct lab_link link = link_of((struct lab_link_config){ .loss = LAB_LOSS_GILBERT_ELLIOTT,
                                                             .good_to_bad = to_bad,
                                                             .bad_to_good = to_good,
                                                             .loss_bad = 1 },
                                   11);
    struct lab_fate fates[LAB_FATES_MAX];
    uint64_t bursts = 0, lengths[3] = { 0 }, length = 0;
    (void)state;
    for (uint64_t k = 0; k < PACKETS; k++) {
        if (lab_link_send(&link, k, 1, fates) == 0) {
            length++;
            continue;
        }
        bursts += length > 0;
        if (length >= 1 && length <= 3)
            lengths[length - 1]++;
        length = 0;
    }
    check_share("bursts", bursts, PACKETS - link.counts.lost, to_bad);
    for (int i = 0; i < 3; i++)
        check_share("bursts of a length", lengths[i], bursts, pow(1 - to_good, i) * to_good);
    /* Mean 5 with deviation sqrt(1 - p) / p each. */
    const double mean = (double)link.counts.lost / (double)bursts;
    assert_true(fabs(mean - 1 / to_good) <
                3.3 * sqrt(1 - to_good) / to_good / sqrt((double)bursts));
}

static void both_states_lose_their_shares(void **state)
{
    struct lab_link link = link_of((struct lab_link_config){ .loss = LAB_LOSS_GILBERT_ELLIOTT,
                                                             .good_to_bad = 0.5,
                                                             .bad_to_good = 0.5,
                                                             .loss_good = 0.1,
                                                             .loss_bad = 0.7 },
                                   12);
    struct lab_fate fates[LAB_FATES_MAX];
    (void)state;
    /* With these the states of two packets are independent: losses are, too. */
    for (uint64_t k = 0; k < PACKETS; k++)
        lab_link_send(&link, k, 1, fates);
    check_share("lost", link.counts.lost, PACKETS, 0.4);
}

static void traces_are_followed_and_begin_again(void **state)
{
    struct lab_link link = link_of((struct lab_link_config){ .delay_ns = 10000,
                                                             .loss = LAB_LOSS_TRACE,
                                                             .loss_trace = loss_trace,
                                                             .loss_count = 5,
                                                             .jitter = LAB_JITTER_TRACE,
                                                             .jitter_trace = jitter_trace,
                                                             .jitter_count = 4 },
                                   1);
    struct lab_fate fates[LAB_FATES_MAX];
    size_t sent = 0;
    (void)state;
    for (uint64_t k = 0; k < 5000; k++) {
        const size_t count = lab_link_send(&link, k * MS, 100, fates);
        assert_int_equal(count, loss_trace[k % 5] ? 0 : 1);
        if (count == 1)
            assert_int_equal(fates[0].at_ns, k * MS + 10000 + (uint64_t)jitter_trace[sent++ % 4]);
    }
}

struct moments {
    double mean, deviation, share_below; /* of the delay beyond delay_ns, in jitter_ns */
};

static struct moments jitter_of(enum lab_jitter jitter, double below)
{
    const uint64_t delay_ns = 100 * MS, jitter_ns = MS;
    struct lab_link link = link_of(
        (struct lab_link_config){ .delay_ns = delay_ns, .jitter = jitter, .jitter_ns = jitter_ns },
        21);
    struct lab_fate fates[LAB_FATES_MAX];
    double sum = 0, squares = 0;
    uint64_t count = 0;
    for (uint64_t k = 0; k < PACKETS; k++) {
        const uint64_t now = k * 2 * SECOND; /* so that keeping the order changes nothing */
        lab_link_send(&link, now, 100, fates);
        const double x = ((double)(fates[0].at_ns - now) - (double)delay_ns) / (double)jitter_ns;
        sum += x;
        squares += x * x;
        count += x < below;
    }
    const double mean = sum / PACKETS;
    return (struct moments){ mean, sqrt(squares / PACKETS - mean * mean), (double)count / PACKETS };
}

static void check_near(double value, double wanted, double tolerance)
{
    if (!(fabs(value - wanted) <= tolerance))
        fail_msg("%g is not %g +- %g", value, wanted, tolerance);
}

static void jitter_has_its_moments(void **state)
{
    (void)state;
    struct moments m = jitter_of(LAB_JITTER_UNIFORM, 0.5);
    check_near(m.mean, 0, 0.002);
    check_near(m.deviation, 1 / sqrt(3), 0.01 / sqrt(3));
    check_near(m.share_below, 0.75, 0.002);
    m = jitter_of(LAB_JITTER_NORMAL, 1);
    check_near(m.mean, 0, 0.004);
    check_near(m.deviation, 1, 0.01);
    check_near(m.share_below, 0.841345, 0.002);
    m = jitter_of(LAB_JITTER_PARETO, 2 * (cbrt(2) - 1));
    check_near(m.mean, 1, 0.01);
    check_near(m.share_below, 0.5, 0.002); /* the median */
}

static void a_delay_is_never_negative(void **state)
{
    struct lab_link link = link_of(
        (struct lab_link_config){ .delay_ns = 100, .jitter = LAB_JITTER_NORMAL, .jitter_ns = 1000 },
        3);
    struct lab_fate fates[LAB_FATES_MAX];
    unsigned at_once = 0;
    (void)state;
    for (uint64_t k = 0; k < 10000; k++) {
        lab_link_send(&link, k * MS, 100, fates);
        assert_true(fates[0].at_ns >= k * MS);
        at_once += fates[0].at_ns == k * MS;
    }
    assert_true(at_once > 4000 && at_once < 5200);
}

static void order_is_kept_under_jitter_and_change(void **state)
{
    struct lab_link_config config = {
        .delay_ns = 20 * MS, .jitter = LAB_JITTER_UNIFORM, .jitter_ns = 20 * MS, .duplicate = 0.1
    };
    struct lab_link link = link_of(config, 4);
    struct lab_fate fates[LAB_FATES_MAX];
    uint64_t last = 0;
    (void)state;
    for (uint64_t k = 0; k < 100000; k++) {
        const size_t count = lab_link_send(&link, k * 10000, 100, fates);
        for (size_t i = 0; i < count; i++) {
            assert_true(fates[i].at_ns >= last);
            last = fates[i].at_ns;
        }
        if (k % 1000 == 0) {
            config.delay_ns = k % 2000 == 0 ? MS : 30 * MS;
            assert_int_equal(lab_link_change(&link, &config, NULL), BASE_OK);
        }
    }
    assert_int_equal(link.counts.reordered, 0);
}

static void shares_of_other_faults_are_kept(void **state)
{
    struct lab_link link = link_of(
        (struct lab_link_config){
            .delay_ns = 5 * MS, .reorder = 0.02, .duplicate = 0.03, .corrupt = 0.04 },
        31);
    struct lab_fate fates[LAB_FATES_MAX];
    uint64_t copies = 0, ahead = 0, corrupt = 0, high_bits = 0;
    (void)state;
    for (uint64_t k = 0; k < PACKETS; k++) {
        const size_t count = lab_link_send(&link, k * 100, 125, fates);
        copies += count;
        ahead += fates[0].at_ns == k * 100;
        assert_true(fates[0].at_ns == k * 100 || fates[0].at_ns == k * 100 + 5 * MS);
        corrupt += fates[0].is_corrupt;
        if (fates[0].is_corrupt)
            assert_true(fates[0].corrupt_bit < 1000);
        high_bits += fates[0].is_corrupt && fates[0].corrupt_bit >= 750;
    }
    check_share("reordered", ahead, PACKETS, 0.02);
    check_share("doubled", copies - PACKETS, PACKETS, 0.03);
    check_share("corrupt", corrupt, PACKETS, 0.04);
    check_share("corrupt in the last quarter", high_bits, corrupt, 0.25);
    assert_int_equal(link.counts.reordered, ahead);
    assert_int_equal(link.counts.duplicated, copies - PACKETS);
    assert_int_equal(link.counts.corrupted, corrupt);
    assert_int_equal(link.counts.delivered, PACKETS);
}

/* Twice as much is offered as passes: what comes out is the rate. */
static void the_rate_is_held(void **state)
{
    static const struct {
        uint64_t rate_bits;
        size_t size;
    } rows[] = { { 100000000, 1500 },
                 { UINT64_C(40000000000), 64 },
                 { 1000000, 9000 },
                 { UINT64_C(9999999999991), 40 },
                 { 333333, 1 } };
    struct lab_fate fates[LAB_FATES_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lab_link link =
            link_of((struct lab_link_config){ .rate_bits = rows[i].rate_bits }, 1);
        const double each_ns = (double)rows[i].size * 8e9 / (double)rows[i].rate_bits;
        uint64_t last = 0;
        for (uint64_t k = 0; k < PACKETS; k++)
            if (lab_link_send(&link, (uint64_t)((double)k * each_ns / 2), rows[i].size, fates) > 0)
                last = fates[0].at_ns;
        const double bits = (double)link.counts.delivered_bytes * 8;
        check_near(bits * 1e9 / (double)last / (double)rows[i].rate_bits, 1, 1e-4);
        check_near((double)link.counts.busy_ns / (double)last, 1, 1e-4);
        check_conserved(&link.counts);
    }
}

static void a_full_queue_drops_the_newest(void **state)
{
    /* 1000 bytes take 1 ms; 3000 may wait. */
    struct lab_link link =
        link_of((struct lab_link_config){ .rate_bits = 8000000, .queue_bytes = 3000 }, 1);
    struct lab_fate fates[LAB_FATES_MAX];
    (void)state;
    for (unsigned k = 1; k <= 3; k++) {
        assert_int_equal(lab_link_send(&link, 0, 1000, fates), 1);
        assert_int_equal(fates[0].at_ns, k * MS);
    }
    assert_int_equal(lab_link_send(&link, 0, 1, fates), 0);
    assert_int_equal(lab_link_send(&link, MS / 2, 500, fates), 1);
    assert_int_equal(fates[0].at_ns, 3 * MS + MS / 2);
    assert_int_equal(lab_link_send(&link, MS / 2, 1, fates), 0);
    assert_int_equal(lab_link_send(&link, 10 * MS, 60000, fates), 1); /* a free wire takes any */
    assert_int_equal(fates[0].at_ns, 70 * MS);
    assert_int_equal(link.counts.queue_dropped, 2);
}

static void codel_keeps_the_queue_short(void **state)
{
    const struct lab_link_config config = { .rate_bits = 10000000,
                                            .queue = LAB_QUEUE_CODEL,
                                            .queue_bytes = 10000000 };
    struct lab_link link = link_of(config, 1);
    struct lab_fate fates[LAB_FATES_MAX];
    double waits = 0;
    uint64_t count = 0;
    (void)state;
    /* 5 % more than passes, for a minute; the last ten seconds count. */
    for (uint64_t now = 0; now < 60 * SECOND; now += 1142857)
        if (lab_link_send(&link, now, 1500, fates) > 0 && now > 50 * SECOND) {
            waits += (double)(fates[0].at_ns - now);
            count++;
        }
    assert_true(waits / (double)count < 60e6);
    assert_true(link.counts.queue_dropped > 1500);
    /* Below the rate nothing is dropped. */
    link = link_of(config, 1);
    for (uint64_t now = 0; now < 60 * SECOND; now += 1250000)
        assert_int_equal(lab_link_send(&link, now, 1500, fates), 1);
    /* A link that needs 12 ms for one packet is spared. */
    link = link_of((struct lab_link_config){ .rate_bits = 1000000, .queue = LAB_QUEUE_CODEL }, 1);
    for (uint64_t now = 0; now < 60 * SECOND; now += 24 * MS) {
        assert_int_equal(lab_link_send(&link, now, 1500, fates), 1);
        assert_int_equal(lab_link_send(&link, now, 500, fates), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(presets_have_names_and_are_possible),
        cmocka_unit_test(a_zeroed_link_is_perfect),
        cmocka_unit_test(cuts_and_large_packets_are_counted),
        cmocka_unit_test(one_seed_is_one_history),
        cmocka_unit_test(bernoulli_loses_its_share),
        cmocka_unit_test(gilbert_elliott_loses_in_bursts),
        cmocka_unit_test(both_states_lose_their_shares),
        cmocka_unit_test(traces_are_followed_and_begin_again),
        cmocka_unit_test(jitter_has_its_moments),
        cmocka_unit_test(a_delay_is_never_negative),
        cmocka_unit_test(order_is_kept_under_jitter_and_change),
        cmocka_unit_test(shares_of_other_faults_are_kept),
        cmocka_unit_test(the_rate_is_held),
        cmocka_unit_test(a_full_queue_drops_the_newest),
        cmocka_unit_test(codel_keeps_the_queue_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
