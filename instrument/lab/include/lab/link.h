/* link.h - one direction of a network link, as a pure function of a seed: when does a packet that
 * is handed over now come out, if at all, how often, and in which state.
 *
 * A packet passes, in this order: the cut (is_down), the MTU, the queue in front of the wire
 * (bandwidth), loss, corruption, delay with jitter and reordering, duplication. Packets leave in
 * the order they came, however they jitter and after every change; only the share that `reorder`
 * picks goes without delay, and so ahead of the others.
 *
 * The wire is a first-in first-out server, so that how long a packet waits is known when it comes,
 * and what CoDel does with it, too. RFC 8289 lets a packet pass that leaves at most one packet
 * behind; that is not known yet then. In its place the target is never less than the time of one
 * full packet (the MTU, else 1500 bytes) on the wire, which spares the same slow links.
 *
 * Ownership a link borrows the traces of its configuration
 * Threads   one link, one thread at a time
 * Source    Gilbert, BSTJ 39 (1960) 1253; Elliott, BSTJ 42 (1963) 1977; CoDel: RFC 8289
 */
#ifndef LAB_LINK_H
#define LAB_LINK_H

#include <base/rng.h>

#include <stdbool.h>
#include <stddef.h>

enum {
    LAB_FATES_MAX = 2,
    LAB_LINK_DELAY_MAX_S = 3600,
    LAB_LINK_PACKET_MAX = 1 << 20, /* bytes of one packet */
    LAB_LINK_RATE_MIN = 1000,      /* bit/s */
    LAB_LINK_MTU_MIN = 68,         /* RFC 791, 3.2 */
};
#define LAB_LINK_RATE_MAX UINT64_C(10000000000000) /* bit/s */

enum lab_jitter {
    LAB_JITTER_NONE,
    LAB_JITTER_UNIFORM,
    LAB_JITTER_NORMAL,
    LAB_JITTER_PARETO,
    LAB_JITTER_TRACE
};
enum lab_loss { LAB_LOSS_NONE, LAB_LOSS_BERNOULLI, LAB_LOSS_GILBERT_ELLIOTT, LAB_LOSS_TRACE };
enum lab_queue { LAB_QUEUE_DROP_TAIL, LAB_QUEUE_CODEL };

/* A zeroed configuration is a perfect link: no delay, no loss, no limit. */
struct lab_link_config {
    uint64_t delay_ns; /* one way */
    enum lab_jitter jitter;
    /* Uniform: +- this; normal: standard deviation; Pareto: mean excess (type II, shape 3: the
     * deviation is sqrt 3 times the mean). A delay never gets below 0. */
    uint64_t jitter_ns;
    const int64_t
        *jitter_trace; /* [jitter_count] ns added to the delay, one after the other, again */
    size_t jitter_count;
    enum lab_loss loss;
    double loss_share; /* Bernoulli; 0 .. 1 */
    /* Gilbert-Elliott, per packet, 0 .. 1: the state changes, then the packet is lost or not. The
     * share of bad packets is good_to_bad / (good_to_bad + bad_to_good). Starts good. */
    double good_to_bad, bad_to_good, loss_good, loss_bad;
    const uint8_t *loss_trace; /* [loss_count] 0: kept, else lost; again from the start */
    size_t loss_count;
    uint64_t rate_bits; /* bits per second of whole IP packets; 0: no limit */
    /* Bytes not yet sent, the packet that comes included; a free wire takes any packet. 0: 100 ms
     * of the rate, at least 3000. What CoDel will drop does not count. */
    uint64_t queue_bytes;
    enum lab_queue queue;
    uint64_t codel_target_ns, codel_interval_ns; /* 0: 5 ms and 100 ms */
    double reorder;            /* share of packets that go without the delay of the others */
    double duplicate, corrupt; /* shares of packets; corrupt: one bit is flipped */
    uint32_t mtu_bytes;        /* larger packets are dropped; 0: no limit */
    bool is_down;              /* cut */
};

/* What a link did, since lab_link_init. packets = delivered + lost + queue_dropped + mtu_dropped +
 * down_dropped. */
struct lab_link_counts {
    uint64_t packets, bytes;             /* handed over */
    uint64_t delivered, delivered_bytes; /* second copies are in `duplicated` alone */
    uint64_t lost, queue_dropped, mtu_dropped, down_dropped;
    uint64_t corrupted, duplicated, reordered;
    uint64_t busy_ns;      /* of the wire, when it has a rate */
    uint64_t delay_sum_ns; /* of first copies, queueing included */
};
/* Add the counts of another link. */
void lab_link_counts_add(struct lab_link_counts *sum, const struct lab_link_counts *counts);

struct lab_fate {
    uint64_t at_ns; /* when the packet comes out; >= now */
    bool is_corrupt;
    uint64_t corrupt_bit; /* 0 .. 8 * size - 1 */
};

struct lab_link {
    struct lab_link_config config;
    struct lab_link_counts counts;
    struct base_rng rng;
    uint64_t free_ns;   /* internal: when the wire has sent all that waits */
    uint64_t free_rest; /* internal: and so many parts of rate_bits of a nanosecond */
    uint64_t last_ns;   /* internal: latest departure, for order */
    bool is_bad;        /* internal: Gilbert-Elliott's state */
    size_t jitter_at, loss_at;
    struct {
        uint64_t first_above_ns, next_drop_ns;
        uint32_t count, last_count;
        bool is_dropping;
        int asked; /* after a drop the next packet is asked for at once */
    } codel;
};

/* Errors: ERANGE (why names the field, its value and the range). */
BASE_MUST_USE base_err lab_link_check(const struct lab_link_config *config, struct base_why *why);
BASE_MUST_USE base_err lab_link_init(struct lab_link *link, const struct lab_link_config *config,
                                     uint64_t seed, struct base_why *why);
/* Other conditions from now on; what is under way arrives as it would have. */
BASE_MUST_USE base_err lab_link_change(struct lab_link *link, const struct lab_link_config *config,
                                       struct base_why *why);
/* Hand over one packet of `size` bytes (1 .. LAB_LINK_PACKET_MAX); now_ns never goes back. How many
 * copies come out: 0 (lost; the counts say why), 1 or 2. Cost O(1), no allocation. */
size_t lab_link_send(struct lab_link *link, uint64_t now_ns, size_t size,
                     struct lab_fate fates[LAB_FATES_MAX]);

/* Named conditions: "local", "internet", "poor", "large" (the specification's four), "lan", "wan",
 * "lte", "satellite", "wifi"; link_preset.c has the source of each figure. Errors: ENOTFOUND (why
 * lists the names). */
BASE_MUST_USE base_err lab_link_preset(const char *name, struct lab_link_config *config,
                                       struct base_why *why);
/* The presets one after the other; NULL past the last. */
const char *lab_link_preset_name(size_t i, const char **doc);

#endif
