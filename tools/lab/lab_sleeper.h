/* lab_sleeper.h - a peer for comparison: a relay of datagrams on loopback that holds each back for
 * a time and sleeps in between, as such relays usually do. */
#ifndef TOOLS_LAB_SLEEPER_H
#define TOOLS_LAB_SLEEPER_H

#include <base/err.h>

#include <netinet/in.h>
#include <sys/types.h>

/* Start it, for what comes at `in` (a socket that it takes over) and goes to `out`; it ends with
 * the caller, or by a kill. Errors: EIO. */
BASE_MUST_USE base_err lab_sleeper_start(int in, const struct sockaddr_in *out, uint64_t delay_ns,
                                         size_t packets_max, pid_t *pid, struct base_why *why);

#endif
