/* lab_traffic.h - timestamped datagrams at a rate, over one or several ways that take turns, from
 * and to sockets of this process.
 *
 * The time of sending is read before the system call that sends; that of arrival is the kernel's
 * (SO_TIMESTAMPNS), so that a reader that comes late does not count.
 */
#ifndef TOOLS_LAB_TRAFFIC_H
#define TOOLS_LAB_TRAFFIC_H

#include <base/err.h>

#include <sys/socket.h>

struct lab_flow {
    uint32_t from, to; /* hosts, for the caller's use */
    int socket;        /* sends */
    struct sockaddr_storage address;
    socklen_t address_size;
};

struct lab_traffic {
    uint64_t packets;
    double rate_pps;              /* of all flows together */
    size_t size;                  /* bytes of payload, 16 .. 1400 */
    const struct lab_flow *flows; /* [flow_count] packet i goes by flow i % flow_count */
    uint32_t flow_count;
    const int *readers; /* [reader_count] sockets where packets come */
    uint32_t reader_count;
    uint64_t apart_ns; /* packets of one flow are sent at least so far apart, also after a stall */
    uint64_t patience_ns; /* for what is still under way after the last */
};

struct lab_traffic_result {
    uint64_t *sent_ns, *came_ns; /* [packets] wall clock; came 0: it did not */
    uint64_t received, twice;
    uint64_t unread; /* came, but the reader's socket had no room: no fault of the network */
    double sent_pps, received_pps;
};

/* The result is written on OK only. Errors: EIO, ENOMEM. */
BASE_MUST_USE base_err lab_traffic_run(const struct lab_traffic *traffic,
                                       struct lab_traffic_result *result, struct base_why *why);
void lab_traffic_result_done(struct lab_traffic_result *result);

uint64_t lab_wall_ns(void);

#endif
