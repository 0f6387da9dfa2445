/* udp.h - one step machine on one real UDP socket, with batching: datagrams come by recvmmsg with
 * GRO, go by sendmmsg with GSO (equal sizes to one address in a row share one call and one skb).
 *
 * The driver is a loop of the caller's thread: bpi_udp_poll waits for the socket, the machine's
 * timer, or another descriptor of the caller's, and steps the machine. The socket takes IPv6 and
 * IPv4 (as ::ffff:a.b.c.d). Where the kernel or a device refuses GSO the driver goes on without.
 *
 * To be woken costs more than to take a datagram. Once datagrams wake it twice in a pause, on
 * average, the driver sleeps to the next multiple of a pause whatever comes or falls due, and does
 * it all together, until none have come for two: as a network card does that moderates its
 * interrupts. Processes of one machine wake together.
 *
 * To send together costs less, too, but has the first wait for the last: while datagrams wake it a
 * millisecond apart or more, on average, what goes to one address in a row leaves before the next
 * address's is made.
 *
 * What the kernel does not take at once waits, at most 1 MiB in 1024 runs of equal datagrams; what
 * finds no room is counted as send_failed, as are a port 0 and more than
 * BASE_STEP_DATAGRAM_MAX bytes. Otherwise memory is 2.2 MiB, of which quiet sockets touch little.
 *
 * Ownership the state is the caller's
 * Threads   one driver, one thread
 * Source    udp(7) UDP_SEGMENT, UDP_GRO; pauses: Mogul and Ramakrishnan, Eliminating receive
 * livelock in an interrupt-driven kernel, ACM TOCS 15 (1997) 217
 */
#ifndef BPI_UDP_H
#define BPI_UDP_H

#include <base/step.h>

struct bpi_udp;

struct bpi_udp_config {
    struct base_address listen; /* zeroed ip: every address; port 0: any */
    const struct base_step *step;
    void *state;
    void (*tell)(void *context, uint64_t now_ns, const void *event);
    void *context;
    uint64_t busy_poll_ns; /* spin this long before sleeping, and for the last 50 us before
                              a timer is due; 0: sleep at once, wake later by the thread's
                              timer slack (50 us unless PR_SET_TIMERSLACK was used) */
    uint64_t pause_ns;     /* while datagrams come one after another, sleep so long at a time;
                              0, or with busy_poll_ns: never. bpi_udp_pause_of knows how
                              long nobody minds */
    uint64_t seed;         /* of world->rng; 0: from the kernel */
    uint32_t socket_buffer_bytes; /* asked for; 0: 4 MiB */
    bool is_plain;                /* one datagram a call: no GSO, GRO, mmsg (for comparison) */
};

struct bpi_udp_stats {
    uint64_t sent, sent_bytes, received, received_bytes; /* datagrams */
    uint64_t send_calls, receive_calls;
    uint64_t pauses;      /* slept through, see pause_ns */
    uint64_t send_failed; /* datagrams the kernel did not take, after one retry */
    uint64_t overflowed;  /* buffers the socket dropped, as of now (the count of SO_RXQ_OVFL,
                             modulo 2^32); with GRO a buffer has up to 64 datagrams */
};

/* Errors: EIO (why names the address: in use, not ours), ENOMEM. `start` is called by the first
 * poll or world, whichever comes first. */
BASE_MUST_USE base_err bpi_udp_open(const struct bpi_udp_config *config, struct bpi_udp **udp,
                                    struct base_why *why);
void bpi_udp_close(struct bpi_udp *udp);
/* A fiftieth of the round trip to the nearest peer, at most 1 ms; 0 for less than 2.5 ms of it. */
uint64_t bpi_udp_pause_of(uint64_t round_trip_ns);
/* Another pause_ns from now on. */
void bpi_udp_set_pause(struct bpi_udp *udp, uint64_t pause_ns);
/* The address bound to. */
struct base_address bpi_udp_address(const struct bpi_udp *udp);
/* A world for a call of the machine's own functions (send a message, say); what it sends leaves
 * with the next poll or flush, if not before. Valid until either. */
struct base_step_world *bpi_udp_world(struct bpi_udp *udp);
void bpi_udp_flush(struct bpi_udp *udp);
/* Wait at most until `until_ns` (CLOCK_MONOTONIC; 0: do not wait) for something to do, and do it:
 * one batch of datagrams, a timer that is due, all sends. Returns after the first turn that had
 * something; the caller loops. What a pause sleeps through is done after it, or at until_ns.
 *
 *   other   a descriptor to wait for as well (epoll's, say), or -1
 *   is_other  out: it is readable; may be NULL
 *
 * Errors   EIO (the socket is broken), EINTERRUPTED (a signal came while it slept) */
BASE_MUST_USE base_err bpi_udp_poll(struct bpi_udp *udp, uint64_t until_ns, int other,
                                    bool *is_other);
struct bpi_udp_stats bpi_udp_stats(const struct bpi_udp *udp);

#endif
