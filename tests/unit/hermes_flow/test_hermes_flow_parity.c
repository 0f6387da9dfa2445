/* test_hermes_flow_parity.c - blocks that grow: when they are closed, with how much parity, and
 * that they come to an end. */
#include "unit.h"

#include "flow_pair.h"
#include "hermes_flow_state_internal.h"

#define SECOND      1000000000ull
#define MILLISECOND 1000000ull

/* Losses known to be 5 %, as other flows saw them. */
static struct hermes_losses losses;

static void start(struct flow_pair *pair, const struct hermes_channel *channel)
{
    struct hermes_flow_config config = flow_pair_config();
    losses = (struct hermes_losses){ .lost = 50, .seen = 1000 };
    config.losses = &losses;
    config.rate_bits = channel->rate_bits;
    flow_pair_init(pair, channel, &config, 1);
    flow_pair_send(pair, 0, BPI_HERMES_CONSENSUS, 100);
    flow_pair_run(pair, pair->now_ns + SECOND);
}

/* However many wait behind it, nothing joins a block after a quarter of a round trip. */
static void a_queue_does_not_keep_it_open(void **state)
{
    (void)state;
    const struct hermes_channel slow = { .delay_ns = 150 * MILLISECOND, .rate_bits = 2000000 };
    struct flow_pair pair;
    start(&pair, &slow);
    const struct hermes_lane *const lane = &pair.flows[0]->lanes[BPI_HERMES_CONSENSUS];
    uint64_t latest_ns = 0, number = UINT64_MAX;
    unsigned count = 0, joined = 0;
    for (int i = 0; i < 4000; i++) {
        while (hermes_flow_stats(pair.flows[0]).queued_bytes < 40000)
            flow_pair_send(&pair, 0, BPI_HERMES_CONSENSUS, 2048);
        const uint64_t before_ns = hermes_flow_stats(pair.flows[0]).rtt_ns;
        flow_pair_run(&pair, pair.now_ns + MILLISECOND);
        const uint64_t after_ns = hermes_flow_stats(pair.flows[0]).rtt_ns;
        const struct hermes_block *const block = lane->growing;
        if (block != NULL && block->number == number && block->data_count > count) {
            const uint64_t rtt_ns = before_ns > after_ns ? before_ns : after_ns;
            const uint64_t age_ns = pair.now_ns - block->first_ns;
            assert_true(age_ns <= rtt_ns / 4 + MILLISECOND);
            latest_ns = age_ns > latest_ns ? age_ns : latest_ns;
            joined++;
        }
        number = block != NULL ? block->number : UINT64_MAX;
        count = block != NULL ? block->data_count : 0;
    }
    print_message("%u joined a block, the latest after %.1f ms\n", joined,
                  (double)latest_ns * 1e-6);
    assert_true(joined > 20);
    flow_pair_done(&pair);
}

/* A block of its own, growing, of batches of so many fragments each; all are sent. */
static struct hermes_block *grown(struct hermes_flow *flow, const unsigned *batches, size_t count)
{
    enum { STRIDE = 100 };
    struct hermes_lane *const lane = &flow->lanes[BPI_HERMES_CONSENSUS];
    struct hermes_block *const block =
        hermes_block_new(flow, BPI_HERMES_CONSENSUS, HERMES_FLOW_GROWN_MAX * STRIDE);
    assert_non_null(block);
    block->number = lane->next_number++;
    block->fragment_size = STRIDE;
    block->data_max = HERMES_FLOW_GROWN_MAX;
    block->is_growing = true;
    for (size_t i = 0; i < count; i++)
        hermes_block_lay(block, (size_t)batches[i] * STRIDE);
    block->sent_data = block->data_count;
    TAILQ_INSERT_TAIL(&lane->open, block, lane);
    lane->growing = block;
    return block;
}

/* Parity is for the message that is hurt most, wherever it is in the block. */
static void parity_is_for_the_largest(void **state)
{
    (void)state;
    static const struct {
        unsigned batches[3];
        size_t count;
        unsigned largest;
    } rows[] = {
        { { 12, 1 }, 2, 12 },  { { 1, 12 }, 2, 12 }, { { 1, 12, 1 }, 3, 12 },
        { { 3, 3, 3 }, 3, 3 }, { { 10, 1 }, 2, 10 },
    };
    const struct hermes_channel far = { .delay_ns = 100 * MILLISECOND, .rate_bits = 100000000 };
    unsigned different = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct flow_pair pair;
        start(&pair, &far);
        struct hermes_flow *const flow = pair.flows[0];
        struct hermes_block *const block = grown(flow, rows[i].batches, rows[i].count);
        const double loss = hermes_parity_loss(flow, block->class);
        const double failure = hermes_parity_failure(flow, block->class);
        block->in_flight = block->data_count;
        hermes_parity_close(flow, &flow->lanes[BPI_HERMES_CONSENSUS]);
        assert_int_equal(
            block->parity_due,
            hermes_fec_share(block->data_count, rows[i].largest, loss, failure).parity);
        different +=
            block->parity_due != hermes_fec_share(block->data_count, 1, loss, failure).parity;
        block->in_flight = 0;
        flow_pair_done(&pair);
    }
    assert_true(different > 0);
}

static void count_done(void *context, uint64_t ticket, bool is_delivered)
{
    (void)ticket;
    *(unsigned *)context += is_delivered;
}

/* All data were acknowledged while it grew: it ends when it is closed by the clock; and when it is
 * closed otherwise and its parity is lost, something more is sent that can be acknowledged. */
static void all_acked_before_it_closed(void **state)
{
    (void)state;
    const struct hermes_channel far = { .delay_ns = 100 * MILLISECOND, .rate_bits = 100000000 };
    static const unsigned batches[] = { 2, 2 };
    for (int is_by_clock = 0; is_by_clock < 2; is_by_clock++) {
        struct flow_pair pair;
        unsigned done = 0;
        const struct hermes_flow_sink sink = { .context = &done, .done = count_done };
        start(&pair, &far);
        struct hermes_flow *const flow = pair.flows[0];
        struct hermes_lane *const lane = &flow->lanes[BPI_HERMES_CONSENSUS];
        struct hermes_block *const block = grown(flow, batches, 2);
        block->acked_count = block->data_count;
        if (is_by_clock) {
            lane->close_ns = pair.now_ns;
            hermes_flow_timer(flow, pair.now_ns, &sink);
            assert_null(lane->growing);
            assert_true(TAILQ_EMPTY(&lane->open));
            flow_pair_done(&pair);
            continue;
        }
        hermes_parity_close(flow, lane);
        assert_true(lane->sending == block);
        lane->sending = NULL;
        block->parity_due = 0;
        block->in_flight = 1;
        hermes_sent_repair(flow, block);
        assert_false(block->is_repairing); /* the parity may still come */
        block->in_flight = 0;
        hermes_sent_repair(flow, block);
        assert_true(block->is_repairing && block->repair_due > 0);
        flow_pair_done(&pair);
    }
}

/* A class that only waits to send its parity keeps what it is owed; one with nothing does not. */
static void what_is_owed_is_kept_for_parity(void **state)
{
    (void)state;
    enum { OWED = 1000 };
    const struct hermes_channel far = { .delay_ns = 100 * MILLISECOND, .rate_bits = 100000000 };
    static const unsigned batches[] = { 2, 2 };
    for (int is_growing = 0; is_growing < 2; is_growing++) {
        struct flow_pair pair;
        start(&pair, &far);
        struct hermes_flow *const flow = pair.flows[0];
        struct hermes_lane *const lane = &flow->lanes[BPI_HERMES_CONSENSUS];
        if (is_growing) {
            (void)grown(flow, batches, 2);
            lane->close_ns = pair.now_ns + SECOND;
        }
        lane->credit = OWED;
        flow_pair_send(&pair, 0, BPI_HERMES_AUCTION, 500);
        assert_int_equal(lane->credit, is_growing ? OWED : 0);
        flow_pair_done(&pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queue_does_not_keep_it_open),
        cmocka_unit_test(parity_is_for_the_largest),
        cmocka_unit_test(all_acked_before_it_closed),
        cmocka_unit_test(what_is_owed_is_kept_for_parity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
