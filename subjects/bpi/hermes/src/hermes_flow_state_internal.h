/* hermes_flow_state_internal.h - what a flow is made of, and what its files do for each other.
 *
 * Sending: a message is copied into a block when it is submitted; messages that wait together share
 * one, a long one is cut into parts of a block each. The block is the unit of parity and repair.
 * When its turn comes it gets a number of its class and is sent as fragments, one a packet; each
 * packet has a number and a record (hermes_packet) until it is acknowledged or lost. A block is
 * finished when the other side has as many of its fragments as there are data fragments.
 *
 * A block is made of batches, each of which begins with a fragment: what waited together, or a part
 * of a long message. Most blocks are of one batch. But where messages follow each other closely and
 * losses call for parity, a block *grows*: its data are sent as they come, batch by batch, and it
 * is closed, and its parity sent, when it is large enough or nothing comes any more
 * (hermes_flow_parity.c). The receiver hands out each batch as soon as it is there, and learns from
 * the parity how large the block is.
 *
 * Receiving: a block is closed once, when whole, and a window of numbers remembers that. What must
 * be forgotten for want of memory is closed as `dropped` and no fragment of it is acknowledged any
 * more, so that its sender never takes it for delivered.
 *
 * Source    packet numbers, ranges, probes: RFC 9000, RFC 9002; lost by time: RFC 8985
 */
#ifndef BPI_HERMES_FLOW_STATE_INTERNAL_H
#define BPI_HERMES_FLOW_STATE_INTERNAL_H

#include "hermes_fec_internal.h"
#include "hermes_flow_internal.h"
#include "hermes_rate_internal.h"

#include <sys/queue.h>

/* clang-format off */
/* The wire. Integers are little-endian; v: 7 bits a byte, low first, with 128 when more follow.
 *
 *   packet    flags u8 [ack] [fragment]
 *     flags   class 2 bits, fragment 1, ack 1, repeated 1, wait 3
 *   ack       largest u24, its arrival u32 (us), 2 * wait of this ack (us) + is_quiet v,
 *             counts u8 (ranges 5 bits, finished 3), size of the first range less 1 v,
 *             (gap less 1 v, size less 1 v)..., (class u8, block u16)...
 *   fragment  packet number u24, block u16, code u8, end u8, the rest: its bytes
 *     code    0 .. 39     data that begin a batch, by their index
 *             40 .. 79    data that do not, by their index and 40 more
 *             80 .. 254   parity
 *     end     of data     where the batch ends, and 128 more if the block may be longer
 *             of parity   how many data fragments the block has
 *     bytes   of data     may be shorter than parity: zeros at the end are not sent
 *   batch     (piece)..., zeros up to the end of a fragment
 *     piece   2 * size + is_part v, [message (32 bits) v, size of all v, parts u8, part u8], bytes;
 *             what is in brackets is there if is_part
 */
/* clang-format on */

enum {
    HERMES_FLOW_MESSAGE_MAX = BPI_HERMES_MESSAGE_MAX + 256,
    HERMES_FLOW_FRAGMENT_HEAD = 8,                /* flags, packet number, block, code, end */
    HERMES_FLOW_PARITY = 2 * HERMES_FEC_DATA_MAX, /* index of the first parity fragment */
    HERMES_FLOW_GROWN_MAX = 32,                   /* data fragments of a block that grows */
    HERMES_FLOW_BATCH_MAX = 12,                   /* of a batch in it */
    HERMES_FLOW_ACK_ROOM = 20,        /* least room in which an ack is put beside a fragment */
    HERMES_FLOW_PIECE_HEAD = 16,      /* at most */
    HERMES_FLOW_BLOCK_FRAGMENTS = 32, /* of a long message */
    HERMES_FLOW_SHARED_FRAGMENTS = 8, /* of messages that wait together */
    HERMES_FLOW_PARTS_MAX = 64,
    HERMES_FLOW_LONG_MIN = 8192, /* smaller messages are never cut */
    HERMES_FLOW_WINDOW = 1024,   /* block numbers of a class that may be open at once */
    HERMES_FLOW_PACKETS_MAX = 8192,
    HERMES_FLOW_RANGES_MAX = 31,
    HERMES_FLOW_FINISHED_MAX = 7,
    HERMES_FLOW_BUCKETS = 64,
    HERMES_FLOW_DROPPED_MAX = 64,
    HERMES_FLOW_REPORTS = 4, /* acks that a range is in */
    HERMES_FLOW_ACK_PACKETS = 16,
    HERMES_FLOW_EMPTY = 255,
};

#define HERMES_NEVER UINT64_MAX

/* Set of fragment indices. */
struct hermes_indices {
    uint64_t bits[4];
};

static inline bool hermes_indices_has(const struct hermes_indices *set, unsigned i)
{
    return (set->bits[i / 64] >> (i % 64) & 1) != 0;
}

static inline void hermes_indices_add(struct hermes_indices *set, unsigned i)
{
    set->bits[i / 64] |= (uint64_t)1 << (i % 64);
}

/* ---- sending ---- */

struct hermes_message {
    TAILQ_ENTRY(hermes_message) live; /* in its lane until reported, in the order of deadlines */
    struct hermes_message *next;      /* in its block */
    uint64_t ticket, deadline_ns;
    uint32_t blocks; /* that carry it and are not gone */
    bool is_reported;
};

struct hermes_block {
    TAILQ_ENTRY(hermes_block) lane;   /* waiting, or open */
    TAILQ_ENTRY(hermes_block) repair; /* while is_repairing */
    struct hermes_message *messages;  /* parts > 0: the one message */
    uint64_t last_packet;             /* number of its latest record plus 1; 0: none */
    struct hermes_indices acked;
    size_t size, capacity; /* of bytes, without and with room for padding */
    uint64_t first_ns;     /* while it grows: when it began */
    uint64_t starts;       /* data fragments that begin a batch */
    uint32_t number;
    uint16_t fragment_size, acked_count, in_flight, repair_due;
    uint16_t parity_due;  /* planned and not sent */
    uint16_t next_parity; /* index of the next one, or above HERMES_FEC_INDEX_MAX */
    uint8_t class, parts;
    uint8_t data_count, data_max; /* that there are, and while it grows: can be */
    uint8_t sent_data;            /* how many were sent once */
    uint8_t again;                /* where the next search for data to repeat begins */
    bool is_repairing, is_growing;
    uint8_t ends[HERMES_FEC_DATA_MAX]; /* of each data fragment's batch */
    uint16_t sizes[HERMES_FEC_DATA_MAX];
    uint8_t bytes[];
};

TAILQ_HEAD(hermes_blocks, hermes_block);
TAILQ_HEAD(hermes_messages, hermes_message);

/* One class. */
struct hermes_lane {
    struct hermes_blocks waiting, open, repairs;
    struct hermes_messages live;
    struct hermes_block *sending; /* open, and not all planned fragments sent */
    struct hermes_block *growing; /* open, and takes more; the only one that is sent meanwhile */
    uint64_t close_ns;            /* when it is closed though nothing more came */
    uint64_t submitted_ns;        /* the last message; 0: none yet */
    uint64_t gap_ns;              /* between messages, as far as is known */
    uint32_t next_number;
    size_t credit; /* bytes that others owe it */
};

enum hermes_packet_state { HERMES_IN_FLIGHT, HERMES_ACKED, HERMES_LOST };

struct hermes_packet {
    uint64_t sent_ns;
    struct hermes_block *block; /* NULL: gone */
    uint32_t previous;          /* of its block: so many numbers before; 0: none */
    uint16_t size;              /* on the wire */
    uint8_t index, state;
};

/* Packets sent and not forgotten: numbers base .. next-1. */
struct hermes_sent {
    struct hermes_packet *ring; /* [capacity], a power of two; NULL at first */
    uint32_t capacity;
    uint64_t base, next;
    uint64_t acked_next; /* largest acknowledged plus 1 */
    uint64_t last_ns;
    uint64_t reorder_ns; /* packets may come later by this without being lost */
    unsigned probes;     /* may be sent whatever the window says */
    bool is_full;        /* no record was to be had; until the next ack or probe */
};

/* ---- receiving ---- */

struct hermes_range {
    uint64_t first, last;
};

struct hermes_finished {
    uint8_t class;
    uint16_t number;
};

/* What of the other side's packets is to be acknowledged, and when. */
struct hermes_acks {
    struct hermes_range ranges[HERMES_FLOW_RANGES_MAX]; /* [count], latest first */
    unsigned count;
    uint64_t largest_ns, last_ns, first_ns; /* arrivals: of the largest, the last, and the first
                                               that is not acknowledged */
    uint64_t at_ns, wait_ns, spacing_ns;
    unsigned waiting, repeats;
    bool has_gap;
    uint64_t reported[HERMES_FLOW_REPORTS]; /* largest of the last acks plus 1, latest first */
    struct hermes_finished finished[HERMES_FLOW_FINISHED_MAX];
    unsigned finished_count;
};

/* An ack that was read. */
struct hermes_ack {
    struct hermes_range ranges[HERMES_FLOW_RANGES_MAX];
    struct hermes_finished finished[HERMES_FLOW_FINISHED_MAX];
    unsigned count, finished_count;
    uint32_t arrived_us;
    uint64_t waited_ns;
    bool is_quiet; /* nothing has come for longer than packets are apart */
};

/* A block of which some has come. Data lie in slots of their own index, parity in slots of data
 * that are missing. */
struct hermes_incoming {
    LIST_ENTRY(hermes_incoming) bucket;
    TAILQ_ENTRY(hermes_incoming) age;
    struct hermes_indices seen;
    uint64_t number, until_ns;
    uint64_t starts, delivered; /* data fragments that begin a batch; that were handed out */
    uint8_t *bytes;             /* [capacity * stride] */
    uint16_t stride;            /* of the largest fragment so far */
    uint8_t class, capacity, got;
    uint8_t total;                      /* data fragments; 0: not known yet */
    uint8_t last;                       /* the greatest end so far */
    bool has_parity;                    /* stride is final */
    bool is_partial;                    /* something came that could not be handed out */
    uint8_t holds[HERMES_FEC_DATA_MAX]; /* index in each slot, or HERMES_FLOW_EMPTY */
    uint8_t ends[HERMES_FEC_DATA_MAX];  /* of the data that came */
};

/* A long message, some parts of which have come. */
struct hermes_half {
    TAILQ_ENTRY(hermes_half) age;
    uint64_t until_ns, parts_seen;
    uint32_t id, size;
    uint8_t class, parts;
    uint8_t bytes[];
};

TAILQ_HEAD(hermes_incomings, hermes_incoming);
TAILQ_HEAD(hermes_halves, hermes_half);
LIST_HEAD(hermes_bucket, hermes_incoming);

/* Numbers top - HERMES_FLOW_WINDOW .. top - 1 of one class. */
struct hermes_window {
    uint64_t top;
    uint64_t closed[HERMES_FLOW_WINDOW / 64], dropped[HERMES_FLOW_WINDOW / 64];
};

/* A long message that was dropped: its other parts must not be acknowledged. Zeroed: none. */
struct hermes_dropped {
    uint64_t until_ns; /* its sender has given it up by then */
    uint32_t id;
};

struct hermes_inbox {
    struct hermes_bucket buckets[HERMES_FLOW_BUCKETS];
    struct hermes_incomings incomings[BPI_HERMES_CLASSES];
    struct hermes_halves halves[BPI_HERMES_CLASSES];
    struct hermes_window windows[BPI_HERMES_CLASSES];
    struct hermes_dropped dropped[HERMES_FLOW_DROPPED_MAX];
    const struct hermes_incoming *taking; /* during hermes_inbox_take: not to be given up */
    unsigned partial_count;               /* of incomings: they may need a repair */
    size_t memory;
};

struct hermes_flow {
    struct hermes_flow_config config;
    size_t fragment_max;
    struct hermes_lane lanes[BPI_HERMES_CLASSES];
    size_t memory, queued; /* of blocks and messages to send; bytes of them not yet sent once */
    uint32_t next_id;
    struct hermes_sent sent;
    uint32_t clock_us; /* difference of the two clocks at first */
    bool has_clock;
    struct hermes_rate rate;
    struct hermes_acks acks;
    struct hermes_inbox inbox;
    struct hermes_flow_stats stats; /* the counts */
};

/* ---- wire ---- */

enum {
    HERMES_HAS_FRAGMENT = 4,
    HERMES_HAS_ACK = 8,
    HERMES_IS_REPEATED = 16,
    HERMES_WAIT_SHIFT = 5,
    HERMES_MORE_FOLLOW = 128, /* in `end` */
};

static inline void hermes_put(uint8_t *out, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static inline uint64_t hermes_get(const uint8_t *data, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)data[i] << (8 * i);
    return value;
}

/* v: at most 5 bytes, 32 bits. How many bytes; 0: malformed. */
static inline size_t hermes_put_v(uint8_t *out, uint32_t value)
{
    size_t size = 0;
    for (; value >= 128; value >>= 7)
        out[size++] = (uint8_t)(value | 128);
    out[size++] = (uint8_t)value;
    return size;
}

static inline size_t hermes_get_v(const uint8_t *data, size_t size, uint32_t *value)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < 5 && i < size; i++) {
        sum |= (uint64_t)(data[i] & 127) << (7 * i);
        if (data[i] < 128) {
            *value = (uint32_t)sum;
            return sum <= UINT32_MAX ? i + 1 : 0;
        }
    }
    return 0;
}

/* The number next to `near` whose low bits are these. */
static inline uint64_t hermes_expand(uint64_t near, uint64_t low, unsigned bits)
{
    const uint64_t range = (uint64_t)1 << bits;
    const uint64_t number = (near & ~(range - 1)) | low;
    if (number + range / 2 < near)
        return number + range;
    return number > near + range / 2 && number >= range ? number - range : number;
}

/* ---- hermes_flow_queue.c: messages, blocks and lanes ---- */

void hermes_lane_init(struct hermes_lane *lane);
void hermes_lane_done(struct hermes_lane *lane);
/* Number the first waiting block and plan its fragments, or put it into the one that grows, or
 * close that: what is to be sent from now. */
struct hermes_block *hermes_lane_start(struct hermes_flow *flow, uint64_t now_ns,
                                       struct hermes_lane *lane);
/* A block without messages, in no list; NULL: no memory. */
struct hermes_block *hermes_block_new(struct hermes_flow *flow, unsigned class, size_t size);
void hermes_block_free(struct hermes_flow *flow, struct hermes_block *block);
/* The `size` bytes behind its data fragments are its next batch. */
void hermes_block_lay(struct hermes_block *block, size_t size);
/* The other side has it: report its messages, forget it. */
void hermes_block_finish(struct hermes_flow *flow, struct hermes_block *block,
                         const struct hermes_flow_sink *sink);
/* Give up what is past its deadline. */
void hermes_lane_expire(struct hermes_flow *flow, struct hermes_lane *lane, uint64_t now_ns,
                        const struct hermes_flow_sink *sink);

/* ---- hermes_flow_parity.c: how much parity, and blocks that grow ---- */

/* The loss to plan for, and the share of messages that may need a repair, of a class. */
double hermes_parity_loss(const struct hermes_flow *flow, unsigned class);
double hermes_parity_failure(const struct hermes_flow *flow, unsigned class);
/* A message is submitted. */
void hermes_parity_note(const struct hermes_flow *flow, struct hermes_lane *lane, uint64_t now_ns);
/* The lane's first waiting block becomes one that grows, or goes into it, as a whole; false: it is
 * none for that. */
bool hermes_parity_take(struct hermes_flow *flow, uint64_t now_ns, struct hermes_lane *lane);
/* All data of the block that grows are sent: close it, or wait for more. */
void hermes_parity_wait(struct hermes_flow *flow, uint64_t now_ns, struct hermes_lane *lane);
/* It grows no more; its parity is to be sent. */
void hermes_parity_close(struct hermes_flow *flow, struct hermes_lane *lane);
/* When it is to be closed; HERMES_NEVER: it is being sent, or there is none. */
uint64_t hermes_parity_due_ns(const struct hermes_lane *lane);

/* ---- hermes_flow_sent.c: packets under way ---- */

void hermes_sent_init(struct hermes_sent *sent);
void hermes_sent_done(struct hermes_sent *sent);
/* Room for one more record; false: too many packets under way, or no memory. */
bool hermes_sent_has_room(struct hermes_flow *flow);
/* The number of the packet. */
uint64_t hermes_sent_add(struct hermes_flow *flow, uint64_t now_ns, struct hermes_block *block,
                         unsigned index, size_t size);
/* Send so many more fragments of a block that these, and those under way, suffice: at least one
 * under way as long as it is not finished. */
void hermes_sent_repair(struct hermes_flow *flow, struct hermes_block *block);
/* Its packets no longer name it. */
void hermes_sent_forget(struct hermes_flow *flow, struct hermes_block *block);
/* `ack` names only packets that were sent (hermes_ack_read). */
void hermes_sent_acked(struct hermes_flow *flow, uint64_t now_ns, const struct hermes_ack *ack,
                       const struct hermes_flow_sink *sink);
uint64_t hermes_sent_probe_ns(const struct hermes_flow *flow);
void hermes_sent_probe(struct hermes_flow *flow, uint64_t now_ns);
/* How long the other side may wait with its acks: the wire's 3 bits, and what they mean. */
unsigned hermes_sent_wait_code(const struct hermes_flow *flow);
uint64_t hermes_wait_ns(unsigned code);

/* ---- hermes_flow_send.c: whose turn it is ---- */

/* When the next packet may go; HERMES_NEVER: nothing waits, or only an ack opens the window. */
uint64_t hermes_send_ready_ns(const struct hermes_flow *flow);

/* ---- hermes_flow_ack.c: acks, written and read ---- */

void hermes_acks_init(struct hermes_acks *acks);
/* True: this packet had come before. */
bool hermes_acks_has(const struct hermes_acks *acks, uint64_t number);
/* A packet came; is_urgent: answer at once. */
void hermes_acks_add(struct hermes_flow *flow, uint64_t now_ns, uint64_t number, bool is_urgent);
void hermes_acks_finished(struct hermes_acks *acks, unsigned class, uint64_t number);
static inline bool hermes_acks_any(const struct hermes_acks *acks)
{
    return acks->at_ns != HERMES_NEVER;
}
/* Write what is to be acknowledged, at least HERMES_FLOW_ACK_ROOM bytes; the size. */
size_t hermes_acks_write(struct hermes_flow *flow, uint64_t now_ns, uint8_t *out, size_t room);
/* How many bytes it was; 0: malformed. next: number of the next packet that will be sent. */
size_t hermes_ack_read(const uint8_t *data, size_t size, uint64_t next, struct hermes_ack *ack);

/* ---- hermes_flow_inbox.c: what has come in part ---- */

struct hermes_fragment {
    uint64_t block;        /* the low 16 bits of its number */
    unsigned class, index; /* index from HERMES_FLOW_PARITY on: parity */
    unsigned end;          /* of the batch; of the block if is_last */
    const uint8_t *bytes;
    size_t size;
    bool is_start, is_last, is_repeated;
};

enum hermes_taken {
    HERMES_TAKEN,  /* acknowledge it */
    HERMES_CLOSED, /* had the whole block: acknowledge it */
    HERMES_REFUSED /* no room, or dropped before: not acknowledged */
};

void hermes_inbox_init(struct hermes_inbox *inbox);
void hermes_inbox_done(struct hermes_inbox *inbox);
/* Errors: EPROTOCOL. */
base_err hermes_inbox_take(struct hermes_flow *flow, uint64_t now_ns,
                           const struct hermes_fragment *fragment,
                           const struct hermes_flow_sink *sink, enum hermes_taken *taken);
uint64_t hermes_inbox_wake_ns(const struct hermes_flow *flow);
void hermes_inbox_expire(struct hermes_flow *flow, uint64_t now_ns);

/* ---- hermes_flow_half.c: long messages ---- */

/* Make `size` bytes of room, at the cost of blocks that wait for nothing but parity, and of lower
 * classes than `class`. */
bool hermes_inbox_make_room(struct hermes_flow *flow, uint64_t now_ns, unsigned class, size_t size);
/* Hand out the messages of whole batches, which lie in fragments of `stride` bytes. taken REFUSED:
 * a part has no room. Errors: EPROTOCOL. */
base_err hermes_half_deliver(struct hermes_flow *flow, uint64_t now_ns, unsigned class,
                             struct base_span batches, size_t stride,
                             const struct hermes_flow_sink *sink, enum hermes_taken *taken);
/* False: not dropped, since HERMES_FLOW_DROPPED_MAX are to be remembered already. */
bool hermes_half_drop(struct hermes_inbox *inbox, uint64_t now_ns, struct hermes_half *half);

#endif
