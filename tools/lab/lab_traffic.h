/* lab_traffic.h - timestamped datagrams at a rate, from one socket to another, both of this
 * process.
 *
 * The time of sending is read before the system call that sends; that of arrival is the kernel's
 * (SO_TIMESTAMPNS), so that a reader that comes late does not count.
 */
#ifndef TOOLS_LAB_TRAFFIC_H
#define TOOLS_LAB_TRAFFIC_H

#include <base/err.h>

#include <sys/socket.h>

struct lab_traffic {
    uint64_t packets;
    double rate_pps;
    size_t size; /* bytes of payload, 16 .. 1400 */
    int from, to;
    struct sockaddr_storage address; /* of `to` */
    socklen_t address_size;
    uint64_t patience_ns; /* for what is still under way after the last */
};

struct lab_traffic_result {
    int64_t *delays_ns; /* [received] as they came; free() */
    uint64_t received, twice;
    double sent_pps, received_pps;
};

/* Errors: EIO, ENOMEM. */
BASE_MUST_USE base_err lab_traffic_run(const struct lab_traffic *traffic,
                                       struct lab_traffic_result *result, struct base_why *why);

uint64_t lab_wall_ns(void);

#endif
