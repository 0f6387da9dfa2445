/* flow_pair.h - two flows of HERMES joined by a channel in virtual time: delay, loss, reordering,
 * duplication, and a rate with a drop-tail queue; one seed, one history. Keeps book of every
 * message: that it comes once, with the right bytes, or is reported as missed. */
#ifndef TESTS_FLOW_PAIR_H
#define TESTS_FLOW_PAIR_H

#include "hermes_flow_internal.h"

#include <base/rng.h>

struct hermes_channel {
    uint64_t delay_ns, jitter_ns; /* uniform 0 .. jitter; keeps no order */
    double loss, duplicate;
    double reorder;       /* share of packets that take no time */
    uint64_t rate_bits;   /* 0: none; counts FLOW_PAIR_HEADERS a packet */
    uint64_t queue_bytes; /* 0: 100 ms */
};

enum { FLOW_PAIR_HEADERS = 76, FLOW_PAIR_PACKET = 1420, FLOW_PAIR_MESSAGE_MIN = 8 };

struct hermes_way {
    struct hermes_channel channel;
    uint64_t free_ns;
    uint64_t packets, bytes, lost, dropped; /* bytes: with headers, of what was handed over */
    bool is_down;
};

struct flow_pair_packet {
    uint64_t at_ns, order;
    uint8_t *data;
    uint32_t size;
    uint8_t to;
};

/* One message. */
struct flow_pair_entry {
    uint64_t sent_ns, come_ns;
    uint32_t size;
    uint8_t from, class, come_count;
    int8_t done; /* 1 delivered, -1 given up, 0 neither yet */
};

struct flow_pair {
    struct hermes_flow *flows[2];
    struct hermes_way ways[2]; /* [from] */
    struct base_rng rng;
    uint64_t now_ns, order;
    struct flow_pair_packet *heap;
    size_t heap_count, heap_capacity;
    struct flow_pair_entry *entries;
    size_t entry_count, entry_capacity;
    uint64_t wrong;     /* messages whose bytes nobody sent */
    uint64_t refused;   /* EFULL */
    uint64_t malformed; /* EPROTOCOL */
    size_t memory_max;  /* seen at either flow, both directions together */
    uint64_t come_bytes[BPI_HERMES_CLASSES];
};

struct hermes_flow_config flow_pair_config(void);
/* Both ways alike; aborts when there is no memory. */
void flow_pair_init(struct flow_pair *pair, const struct hermes_channel *channel,
                    const struct hermes_flow_config *config, uint64_t seed);
void flow_pair_done(struct flow_pair *pair);
/* Send now; its number in entries, or SIZE_MAX when refused. size >= FLOW_PAIR_MESSAGE_MIN */
size_t flow_pair_send(struct flow_pair *pair, unsigned from, enum bpi_hermes_class class,
                      size_t size);
/* Let time pass. */
void flow_pair_run(struct flow_pair *pair, uint64_t until_ns);
/* Latency of class-`class` messages from `from` that have come: the q-quantile, and the mean;
 * entries first .. entry_count-1. */
uint64_t flow_pair_quantile(const struct flow_pair *pair, size_t first, unsigned from,
                            unsigned class, double q, double *mean);

#endif
