/* hermes_flow_parity.c - how much parity, and blocks that grow.
 *
 * A message that needs a repair is late by a round trip R and a little. With the share q of
 * messages that do, the mean is late by q R; a class can bear that this is a small part of its
 * deadline: q R <= 3e-5 deadline. So a path of 2 ms with a deadline of a second needs no parity for
 * messages of one fragment and 1 % of loss, for a repair is there at once; one of 400 ms, which
 * would hardly have the time for two repairs, gets parity for q = 0.01 % where messages share it
 * and it is cheap (hermes_fec_share), and for no less than HERMES_FEC_FAILURE, 0.4 %, for a message
 * alone. For the same reason a loss that little is known of is feared the more, the larger a part
 * of the deadline a repair takes.
 *
 * Parity of one message is coarse: one fragment more for two is a half. Of messages that follow
 * each other closely several share it (RFC 8681 does so with a window that slides, here it is a
 * block that is closed, for a block can be repaired with any fragment of it). What that costs is
 * that a lost fragment comes with the parity, up to a quarter of a round trip, and the time to send
 * the batch that is being sent then, later instead of at once; and still sooner than by a repair. A
 * message that nothing follows is not made to wait.
 *
 * Parity adds to the load of a path that is full, and losses by overflow call for less and not for
 * more (RFC 9265): parity counts for the window and the pace like all else, and losses while the
 * queue is long are not counted for it (hermes_rate.c).
 *
 * Source    RFC 8681 (sliding window), RFC 8854 (loss and delay decide on the kind of repair),
 *           RFC 9265 (parity and congestion) */
#include "hermes_flow_state_internal.h"

#include <string.h>

static const double late_share = 3e-5;       /* mean lateness by repairs, of the deadline */
static const double fear = 5, fear_most = 2; /* standard deviations: of R / deadline, and at most */
static const uint64_t idle_least_ns = 1000000;

enum { GAPS_AHEAD = 3 }; /* a block grows if so many more messages would come in time */

/* How long a lost fragment may wait for parity. */
static uint64_t patience_ns(const struct hermes_flow *flow)
{
    return flow->rate.srtt_ns / 4;
}

/* A round trip, of the deadline. */
static double haste(const struct hermes_flow *flow, unsigned class)
{
    return (double)flow->rate.srtt_ns / (double)(flow->config.deadline_ns[class] + 1);
}

double hermes_parity_loss(const struct hermes_flow *flow, unsigned class)
{
    const bool is_known = flow->rate.srtt_ns > 0;
    const double deviations = is_known ? fear * haste(flow, class) : fear_most;
    return hermes_rate_loss_feared(&flow->rate, deviations < fear_most ? deviations : fear_most);
}

double hermes_parity_failure(const struct hermes_flow *flow, unsigned class)
{
    if (flow->rate.srtt_ns == 0)
        return HERMES_FEC_FAILURE;
    const double failure = late_share / haste(flow, class);
    return failure < 1 ? failure : 1;
}

/* Falls at once and rises slowly: one pause does not end a burst. */
void hermes_parity_note(const struct hermes_flow *flow, struct hermes_lane *lane, uint64_t now_ns)
{
    const uint64_t most = 2 * patience_ns(flow) + 1;
    const uint64_t since = lane->submitted_ns > 0 ? now_ns - lane->submitted_ns : most;
    const uint64_t gap = since < most ? since : most;
    lane->gap_ns = lane->submitted_ns == 0 ? most
                   : gap < lane->gap_ns    ? (lane->gap_ns + 3 * gap) / 4
                                           : (3 * lane->gap_ns + gap) / 4;
    lane->submitted_ns = now_ns;
}

static unsigned fragments_of(size_t size, size_t fragment)
{
    return (unsigned)((size + fragment - 1) / fragment);
}

/* Copy a waiting block behind what is there, and let go of it. */
static void join(struct hermes_flow *flow, struct hermes_lane *lane, struct hermes_block *block,
                 struct hermes_block *from)
{
    memcpy(block->bytes + (size_t)block->data_count * block->fragment_size, from->bytes,
           from->size);
    hermes_block_lay(block, from->size);
    while (from->messages != NULL) {
        struct hermes_message *const message = from->messages;
        from->messages = message->next;
        message->next = block->messages;
        block->messages = message;
    }
    flow->queued -= from->size;
    TAILQ_REMOVE(&lane->waiting, from, lane);
    hermes_block_free(flow, from);
    lane->sending = block;
}

/* Fragments there may be of a block that begins with this one; 0: it is to be sent alone. */
static unsigned room_of(const struct hermes_flow *flow, const struct hermes_lane *lane,
                        const struct hermes_block *first)
{
    const unsigned count = fragments_of(first->size, flow->fragment_max);
    if (first->parts > 0 || first->class == BPI_HERMES_SHADOW_DATA || flow->rate.srtt_ns == 0 ||
        count > HERMES_FLOW_BATCH_MAX)
        return 0;
    const double failure = hermes_parity_failure(flow, first->class);
    const double alone = hermes_fec_failure(count, 0, hermes_parity_loss(flow, first->class));
    if (alone <= failure || alone <= HERMES_FEC_FAILURE)
        return 0;
    if (TAILQ_NEXT(first, lane) != NULL)
        return HERMES_FLOW_GROWN_MAX;
    if (GAPS_AHEAD * lane->gap_ns > patience_ns(flow))
        return 0;
    const uint64_t messages = 2 + patience_ns(flow) / (lane->gap_ns + 1);
    const uint64_t room = count * messages;
    return room < HERMES_FLOW_GROWN_MAX ? (unsigned)room : HERMES_FLOW_GROWN_MAX;
}

static bool begin(struct hermes_flow *flow, uint64_t now_ns, struct hermes_lane *lane)
{
    struct hermes_block *const first = TAILQ_FIRST(&lane->waiting);
    const unsigned room = room_of(flow, lane, first);
    if (room == 0)
        return false;
    const size_t stride = (first->size + fragments_of(first->size, flow->fragment_max) - 1) /
                          fragments_of(first->size, flow->fragment_max);
    if (flow->memory + sizeof *first + room * stride > flow->config.memory_bytes / 2)
        return false;
    struct hermes_block *const block = hermes_block_new(flow, first->class, room * stride);
    if (block == NULL)
        return false;
    block->number = lane->next_number++;
    block->fragment_size = (uint16_t)stride;
    block->data_max = (uint8_t)room;
    block->first_ns = now_ns;
    block->is_growing = true;
    TAILQ_INSERT_TAIL(&lane->open, block, lane);
    lane->growing = block;
    join(flow, lane, block, first);
    return true;
}

/* In its fragments, which may be smaller than a packet has room for, it must not need many more;
 * and what is in the block must not wait for the parity any longer. */
static bool fits(const struct hermes_flow *flow, uint64_t now_ns, const struct hermes_block *block,
                 const struct hermes_block *from)
{
    const unsigned count = fragments_of(from->size, block->fragment_size);
    const unsigned least = fragments_of(from->size, flow->fragment_max);
    return now_ns <= block->first_ns + patience_ns(flow) && from->parts == 0 &&
           count <= least + least / 4 && count <= HERMES_FLOW_BATCH_MAX &&
           block->data_count + count <= block->data_max;
}

bool hermes_parity_take(struct hermes_flow *flow, uint64_t now_ns, struct hermes_lane *lane)
{
    struct hermes_block *const first = TAILQ_FIRST(&lane->waiting);
    if (lane->growing == NULL)
        return begin(flow, now_ns, lane);
    if (!fits(flow, now_ns, lane->growing, first))
        return false;
    join(flow, lane, lane->growing, first);
    return true;
}

static unsigned largest_batch(const struct hermes_block *block)
{
    unsigned largest = 0;
    for (unsigned first = 0; first < block->data_count; first = block->ends[first])
        if (block->ends[first] - first > largest)
            largest = block->ends[first] - first;
    return largest;
}

static struct hermes_fec_share share_of(const struct hermes_flow *flow,
                                        const struct hermes_block *block)
{
    return hermes_fec_share(block->data_count, largest_batch(block),
                            hermes_parity_loss(flow, block->class),
                            hermes_parity_failure(flow, block->class));
}

void hermes_parity_close(struct hermes_flow *flow, struct hermes_lane *lane)
{
    struct hermes_block *const block = lane->growing;
    const unsigned have = block->acked_count + block->in_flight;
    const unsigned unsent = block->data_count - block->sent_data;
    const unsigned lost = have + unsent < block->data_count ? block->data_count - have - unsent : 0;
    block->parity_due = (uint16_t)(share_of(flow, block).parity + lost);
    block->is_growing = false;
    lane->growing = NULL;
    lane->sending = block;
}

void hermes_parity_wait(struct hermes_flow *flow, uint64_t now_ns, struct hermes_lane *lane)
{
    const struct hermes_block *const block = lane->growing;
    const uint64_t end_ns = block->first_ns + patience_ns(flow);
    const bool is_queue = !TAILQ_EMPTY(&lane->waiting);
    if (share_of(flow, block).is_enough || block->data_count >= block->data_max ||
        now_ns + (is_queue ? 0 : lane->gap_ns) > end_ns) {
        hermes_parity_close(flow, lane);
        return;
    }
    const uint64_t idle_ns = now_ns + GAPS_AHEAD * lane->gap_ns + idle_least_ns;
    lane->close_ns = idle_ns < end_ns ? idle_ns : end_ns;
}

uint64_t hermes_parity_due_ns(const struct hermes_lane *lane)
{
    return lane->growing == NULL || lane->sending != NULL || !TAILQ_EMPTY(&lane->waiting)
               ? HERMES_NEVER
               : lane->close_ns;
}
