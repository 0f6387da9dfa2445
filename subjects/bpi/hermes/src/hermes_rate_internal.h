/* hermes_rate_internal.h - how fast: round-trip times, losses, and a delay-based congestion window
 * with pacing.
 *
 * The window follows the queueing delay of the way there alone (receiver's time of arrival less
 * sender's time of sending, less the least such difference of the last one or two minutes), so acks
 * that wait do not count. As in LEDBAT++ the window grows slowly by addition below a target and
 * shrinks by multiplication above it; the target is small (3 % of a round trip, at least two
 * packets' time on the wire), because urgent messages wait in the same queue. Where the queue is
 * far from the target the window is set from the measured rate of arrivals times the round trip,
 * as BBR does. A start doubles each round (RFC 6928: 10 packets at first) until the queue is seen;
 * later a queue that stays empty makes the step of growth double each round, and the window itself
 * as long as it is below the rate that the operator told, which a flood of losses makes forgotten.
 * Random loss does not shrink the window; losses of more than 30 % of a round do, if packets sent
 * later have come. Once in ten seconds without an empty queue the window makes one round of room,
 * so that the least delay stays known.
 *
 * Threads   one object, one thread
 * Source    RTT: RFC 6298, RFC 9002; LEDBAT: RFC 6817 and draft-irtf-iccrg-ledbat-plus-plus; BBR:
 *           Cardwell et al., CACM 60 (2017) 58
 */
#ifndef BPI_HERMES_RATE_INTERNAL_H
#define BPI_HERMES_RATE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HERMES_RATE_WIRE = 76,         /* bytes of a packet beside what the flow writes */
    HERMES_RATE_BURST = 14600,     /* bytes at once: RFC 6928 */
    HERMES_RATE_PRIOR_PERCENT = 1, /* loss assumed at first, as if seen on so many packets: */
    HERMES_RATE_PRIOR_WEIGHT = 20,
    HERMES_RATE_SHARED_WEIGHT = 80,  /* most packets that other flows' losses count for */
    HERMES_RATE_LOSS_KNOWN = 400,    /* packets after which the measured loss is taken as it is */
    HERMES_RATE_LOSS_PACKETS = 2000, /* memory of the measured loss */
    HERMES_RATE_BACKOFF_MAX = 6,
};

/* The least value of the last one to two windows. */
struct hermes_low {
    int64_t now, before;
    uint64_t since_ns;
    bool is_known;
};

/* One round: from a packet's sending until it, or a later one, is acknowledged. */
struct hermes_round {
    uint64_t end; /* packet number */
    int64_t queue_us;
    double acked, lost;  /* bytes; what is overdue is in neither */
    double arrival_rate; /* the greatest, bytes per ns */
    bool is_limited;
};

/* Packets that all flows of one node saw, at most HERMES_RATE_SHARED_WEIGHT of each: its links are
 * rarely strangers to each other. */
struct hermes_losses {
    double lost, seen;
};

struct hermes_rate {
    double packet_bytes, start_rate, rate_max; /* bytes per ns; rate_max 0: none */
    uint64_t srtt_ns, rttvar_ns;               /* 0: unknown */
    struct hermes_low rtt_us, delay_us;
    double window, step, saved_window; /* bytes */
    double arrival_rate;               /* of the last whole round */
    int64_t span_queue_us[2];          /* least of this quarter of a round trip, and the last */
    double span_acked;                 /* bytes since span_us of the receiver's clock */
    double ack_gap_ns;                 /* between acknowledgements, in arrivals */
    uint32_t span_us, arrived_us;
    bool has_span;
    struct hermes_round round;
    unsigned queue_seen, stuck, rounds, empties;
    uint64_t empty_ns; /* when the queue was last seen empty */
    bool is_starting, is_held, is_draining;
    bool is_told;      /* start_rate is the operator's, no guess, and has not flooded the path */
    bool is_congested; /* so long a queue that losses are its overflow: parity would lengthen it */
    bool is_limited;   /* the window kept something waiting in the last round */
    bool was_limited;  /* and in the one before: what arrived in the last was sent in that one */
    bool is_unfit;     /* the start is over, and the path's rate not known yet */
    size_t in_flight;
    uint64_t pace_ns, sent_ns;
    uint64_t late_ns; /* smoothed: how late the driver comes for what waits for the pace */
    bool is_in_burst; /* something has been sent since it last rested */
    bool is_paced;    /* when it last rested, something waited for the pace alone */
    double lost, seen;
    struct hermes_losses *losses; /* of all flows, this one among them; NULL: of nobody */
    struct hermes_losses shared;  /* what of them is this one's */
    unsigned backoff;             /* probes without an answer */
};

/* What became of a packet. Overdue ones are lost, it seems, as nothing comes any more: but they may
 * wait in a queue behind packets to others, and then no queue has overflowed. */
enum hermes_fate { HERMES_FATE_CAME, HERMES_FATE_LOST, HERMES_FATE_OVERDUE };

/* What one acknowledgement says about its latest packet. */
struct hermes_rate_sample {
    uint64_t largest, next; /* packet numbers: acknowledged, and next to be sent */
    uint64_t rtt_ns;        /* without the wait at the receiver */
    int64_t delay_us;       /* one way, plus a constant */
    uint32_t arrived_us;    /* receiver's clock, modulo 2^32 */
};

/* rate_bits: of the path, as far as is known; 0: unknown, 10 Mbit/s until the first round trip. */
void hermes_rate_init(struct hermes_rate *rate, size_t packet_bytes, uint64_t rate_bits,
                      uint64_t rate_max_bits);
/* Its losses no longer count for other flows. */
void hermes_rate_done(struct hermes_rate *rate);
/* When `bytes` more may be sent; UINT64_MAX: not before an acknowledgement. `ahead`: bytes that may
 * go beyond window and pace, 0 .. HERMES_RATE_BURST. */
uint64_t hermes_rate_ready_ns(const struct hermes_rate *rate, size_t bytes, size_t ahead);
/* Do `bytes` more not fit into the window and the bytes `ahead` of it (0: into the window, which
 * has to grow for what waits then)? Always false while nothing is under way. */
bool hermes_rate_is_full(const struct hermes_rate *rate, size_t bytes, size_t ahead);
void hermes_rate_sent(struct hermes_rate *rate, uint64_t now_ns, size_t bytes);
/* Nothing more leaves now; is_paced: though something waits that fits into the window. What it
 * then waits longer than for the pace is the driver's delay: it is caught up, and as much as is
 * usual of it goes ahead of the pace in the same burst, each half of HERMES_RATE_BURST at most and
 * neither where a greatest rate is told. */
void hermes_rate_rest(struct hermes_rate *rate, bool is_paced);
/* A packet is no longer under way. */
void hermes_rate_resolved(struct hermes_rate *rate, size_t bytes, enum hermes_fate fate);
/* A packet that was counted as lost has come. */
void hermes_rate_unlost(struct hermes_rate *rate);
void hermes_rate_acked(struct hermes_rate *rate, uint64_t now_ns,
                       const struct hermes_rate_sample *sample);
/* Time without an answer after which to probe, backed off; wait_ns: acks may wait so long. */
uint64_t hermes_rate_probe_ns(const struct hermes_rate *rate, uint64_t wait_ns);
/* That time has passed. */
void hermes_rate_probed(struct hermes_rate *rate);
/* The measured share of packets lost, by what all flows saw where this one saw little; the same by
 * this one alone; and the one to plan parity for: so many standard deviations
 * above it while few packets have been seen. */
double hermes_rate_loss(const struct hermes_rate *rate);
double hermes_rate_loss_own(const struct hermes_rate *rate);
double hermes_rate_loss_feared(const struct hermes_rate *rate, double deviations);
uint64_t hermes_rate_bits(const struct hermes_rate *rate);

#endif
