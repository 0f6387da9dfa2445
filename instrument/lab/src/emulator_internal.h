/* emulator_internal.h - the process that moves packets: takes them from the hosts, puts them into
 * the fabric, and gives them out at their times. Where they come from and go to is its io's: TUN
 * devices (emulator_tun.c) or sockets on loopback (relay.c).
 *
 * Threads   the emulator is a process with one thread
 */
#ifndef LAB_EMULATOR_INTERNAL_H
#define LAB_EMULATOR_INTERNAL_H

#include "emulator_ahead.h"
#include "emulator_late.h"

#include <lab/fabric.h>

#include <sys/types.h>

enum {
    LAB_EMULATOR_BATCH = 16, /* packets taken from one host before others get their turn */
    LAB_MESSAGE_MAX = 128 * 1024,
    LAB_TRACES_MAX = 16 * 1024 * 1024, /* bytes of traces that changes brought along */
};

static const uint64_t lab_spin_default_ns = 300000, lab_late_max_ns = 1000000;

/* In memory shared with the caller: what is known when the emulator is killed. */
struct lab_emulator_stats {
    uint64_t begin_ns, last_ns, busy_ns;
    uint64_t packets, bytes; /* taken from hosts for other hosts */
    uint64_t no_host;        /* multicast, broadcast, elsewhere: not for the links */
    uint64_t no_route, dropped_memory;
    uint64_t refused;        /* no place for them here: too large, or the relay's are all taken */
    uint64_t dropped_socket; /* no room in front of the emulator (veth), or in the host's device */
    uint64_t waited;         /* taken perhaps more than 1 ms after they came, without their time */
    uint64_t too_big_answers;
    uint64_t window_ns, window_packets, window_packets_max;
    struct lab_late late;
    struct lab_link_counts total;
    uint64_t arrived_bytes; /* handed to hosts */
    char failure[160];      /* of a change that was due; "" */
};

/* What the caller may ask of a running emulator, in one message each. */
enum lab_request_kind {
    LAB_REQUEST_REPORT, /* bring `total` up to date */
    LAB_REQUEST_BEGIN,
    LAB_REQUEST_CHANGE,
    LAB_REQUEST_RELAY, /* a port for a pair of hosts */
    LAB_REQUEST_WATCH  /* end this program's group when the caller is gone (relay) */
};

struct lab_request {
    enum lab_request_kind kind;
    uint64_t number;          /* of this network's requests; lab_net_ask gives it */
    uint64_t at_ns;           /* BEGIN */
    struct lab_change change; /* CHANGE; side, jitter_trace and loss_trace follow in this order */
    uint32_t from, to;        /* RELAY */
    uint16_t port;
    bool is_tcp;
    pid_t pid; /* WATCH */
};

struct lab_reply {
    base_err err;
    uint64_t number; /* the request's */
    uint16_t port;
    char text[BASE_WHY_TEXT_SIZE];
};

struct lab_emulator;

struct lab_emulator_io {
    /* Take what waits at the descriptor of this tag, up to a batch. */
    void (*take)(struct lab_emulator *emulator, uint64_t tag);
    void (*give)(struct lab_emulator *emulator, const struct lab_arrival *arrival);
    /* Twice a second, and before a report: write out, count. */
    void (*flush)(struct lab_emulator *emulator);
    /* A request that is not the emulator's own. */
    base_err (*request)(struct lab_emulator *emulator, const struct lab_request *request,
                        struct lab_reply *reply, struct base_why *why);
};

struct lab_emulator {
    const struct lab_topology *topology;
    struct lab_fabric *fabric;
    struct lab_fabric *streams; /* of a relay: the same links without loss; else NULL */
    struct lab_emulator_stats *stats;
    const struct lab_emulator_io *io;
    void *context;           /* the io's */
    int control;             /* requests come, replies go; its end is the caller's */
    int caller;              /* pidfd of the caller; -1 where the kernel has none */
    int queue;               /* epoll */
    struct lab_ahead ahead;  /* begun by whoever makes the process */
    uint64_t spin_ns;        /* before something is due */
    uint64_t begun_ns;       /* of the changes' clock; UINT64_MAX: not yet */
    uint64_t tick_ns;        /* next time to keep the books */
    uint64_t total_ns;       /* when `total` was last brought up to date */
    uint64_t flush_ns;       /* next flush of captures */
    uint64_t looked_ns;      /* when it was last looked whether something has come */
    bool has_looked_late;    /* more than lab_late_max_ns after the time before */
    size_t change_next;      /* index */
    struct base_arena arena; /* traces of changes */
    bool is_over;
    _Alignas(16) uint8_t message[LAB_MESSAGE_MAX];
};

uint64_t lab_clock_ns(void);

/* Watch a descriptor: its io is called with the tag when it can be read. The tag's lower half is
 * below 2^31 - 1. A tag may still come after its descriptor was closed: events are taken in
 * bunches.
 */
BASE_MUST_USE base_err lab_emulator_watch(struct lab_emulator *emulator, int fd, uint64_t tag,
                                          struct base_why *why);
/* Wake for a descriptor when it can be read, written, both; or, with neither, not at all until this
 * is called again. */
void lab_emulator_interest(struct lab_emulator *emulator, int fd, uint64_t tag, bool reads,
                           bool writes);
void lab_emulator_forget(struct lab_emulator *emulator, int fd);
/* Set up what a zeroed emulator lacks: control, caller, topology, fabric, stats and io are given.
 */
BASE_MUST_USE base_err lab_emulator_init(struct lab_emulator *emulator, struct base_why *why);
/* Run until the caller has closed its end of control, or is gone. */
void lab_emulator_run(struct lab_emulator *emulator);

/* For an io: a packet goes from host to host; it is counted, and kept or dropped. */
void lab_emulator_push(struct lab_emulator *emulator, uint64_t now_ns, uint32_t from, uint32_t to,
                       const void *data, size_t size, size_t extra);

/* The same for a piece of a stream. Errors: as lab_fabric_push. */
base_err lab_emulator_push_stream(struct lab_emulator *emulator, uint64_t now_ns, uint32_t from,
                                  uint32_t to, const void *data, size_t size, size_t extra);

/* A packet could not be handed to its host. It is counted where the kernel had no room for it; a
 * host that has taken its device down, or a service that is not there, is a matter of its own. */
void lab_emulator_unsent(struct lab_emulator *emulator, int error);

/* Bring `total`, the processor's time and the wall's up to date. Cost O(links). */
void lab_emulator_account(struct lab_emulator *emulator);

/* emulator_control.c: read one message and answer it; is_over when there will be none. */
void lab_emulator_serve(struct lab_emulator *emulator);
/* Carry out the topology's changes whose time has come. */
void lab_emulator_changes(struct lab_emulator *emulator, uint64_t now_ns);
/* When the next one is due; UINT64_MAX: none. */
uint64_t lab_emulator_change_ns(const struct lab_emulator *emulator);

#endif
