/* hermes_flow_internal.h - messages over one session: classes, fragments, parity, repair, pacing.
 *
 * Both directions of one pair of nodes. A message becomes k data and m parity fragments (systematic
 * Reed-Solomon over GF(2^8), ISA-L), m chosen from the measured loss and what a repair would cost
 * the class; messages that follow each other closely share parity, and small ones of one class that
 * wait together a packet (coalescing). The receiver asks for what is
 * missing (NACK) as soon as a later packet, or the expected end, shows a gap; acknowledgements end
 * the sender's hold. Order of sending: class 0 before 1 before 2, but a waiting lower class gets at
 * least 1/16 of the bytes. Rate: a delay-based window of the class of LEDBAT++
 * (hermes_rate_internal.h) with pacing, so that bulk builds no queue that urgent messages would
 * wait in. Duplicate fragments and messages are dropped. Memory of both directions is bounded; a
 * message past its deadline is given up.
 *
 * Memory: the flow itself is 4 KiB and a record of 24 bytes for each packet under way (at most
 * 8192); everything else counts against memory_bytes. One allocation a message and block, none a
 * packet.
 *
 * Pure: no sockets, no clock. Packets are the plain bytes inside a sealed packet.
 */
#ifndef BPI_HERMES_FLOW_INTERNAL_H
#define BPI_HERMES_FLOW_INTERNAL_H

#include <bpi/hermes.h>

struct hermes_flow;
struct hermes_losses;

struct hermes_flow_config {
    size_t packet_max;      /* bytes of one plain packet: MTU less all headers; 448 .. 65455 */
    size_t memory_bytes;    /* each direction */
    uint64_t rate_bits;     /* sent at from the first round trip on; 0: unknown, a slow start */
    uint64_t rate_max_bits; /* 0: none */
    uint64_t deadline_ns[BPI_HERMES_CLASSES];
    struct hermes_losses *losses; /* what all flows of the node saw; lives longer; NULL: alone */
};

/* Counts, and estimates of now. duplicates: packets that had come before (the network made a copy);
 * fragments_redundant: such as came when their block was whole, parity mostly. rate_bits,
 * loss_share: of what we send, with what other flows saw; loss_own_share: without. memory_bytes: of
 * both directions. */
struct hermes_flow_stats {
    uint64_t fragments_sent, fragments_repeated, fragments_parity, fragments_received,
        fragments_redundant;
    uint64_t expired, duplicates;
    uint64_t rtt_ns, rtt_deviation_ns, rate_bits;
    double loss_share, loss_own_share;
    size_t queued_bytes, memory_bytes;
};

/* What comes out of a received packet or of time: whole messages, and the ends of ours. Both may
 * submit to the same flow, and do nothing else with it; a message is valid during the call. */
struct hermes_flow_sink {
    void *context;
    void (*message)(void *context, enum bpi_hermes_class class, struct base_span message);
    void (*done)(void *context, uint64_t ticket, bool is_delivered); /* acknowledged, or given up */
};

/* Errors: ERANGE (packet_max, memory_bytes 0), ENOMEM. */
BASE_MUST_USE base_err hermes_flow_new(const struct hermes_flow_config *config, uint64_t now_ns,
                                       struct hermes_flow **flow);
void hermes_flow_free(struct hermes_flow *flow);
/* Queue a message (1 .. BPI_HERMES_MESSAGE_MAX + 256 bytes), copied. ticket comes back in `done`.
 * Class 2 may fill 3/4 of the memory, class 1 7/8. Errors: EFULL (no room now), ERANGE, ENOMEM. */
BASE_MUST_USE base_err hermes_flow_submit(struct hermes_flow *flow, uint64_t now_ns,
                                          enum bpi_hermes_class class, struct base_span message,
                                          uint64_t ticket);
/* Whether a message of any class would be taken. */
bool hermes_flow_has_room(const struct hermes_flow *flow, size_t size);
/* Whether submit would take a message of this class now; exactly what EFULL says. */
bool hermes_flow_would_take(const struct hermes_flow *flow, enum bpi_hermes_class class,
                            size_t size);
/* The next packet to send now, at most packet_max bytes into out; 0: none before wake_ns. Call
 * until 0. */
size_t hermes_flow_next(struct hermes_flow *flow, uint64_t now_ns, uint8_t *out,
                        enum bpi_hermes_class *class);
/* A plain packet from the other side. Errors: EPROTOCOL (malformed: counted by the caller). */
BASE_MUST_USE base_err hermes_flow_receive(struct hermes_flow *flow, uint64_t now_ns,
                                           const uint8_t *data, size_t size,
                                           const struct hermes_flow_sink *sink);
/* Deadlines, repair requests, probes; then call hermes_flow_next. */
void hermes_flow_timer(struct hermes_flow *flow, uint64_t now_ns,
                       const struct hermes_flow_sink *sink);
uint64_t hermes_flow_wake_ns(const struct hermes_flow *flow);
struct hermes_flow_stats hermes_flow_stats(const struct hermes_flow *flow);

#endif
